//! Why a run could not be carried out, or was refused.
//!
//! Bad rows are never an [`Error`]: they are findings. An error has what happened, where, by which rule and what to do
//! next, because the reader is a statistician with a deadline and not a programmer.

mod visible;

use std::fmt;

pub use visible::{is_hidden, visible, visible_json, visible_lines};

use crate::limits;

/// The result of every fallible function of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no result. It decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The data or the policy refuses it (exit code 1).
    Refused,
    /// The run could not be carried out (exit code 2).
    Failed,
    /// The user stopped the run (exit code 130).
    Interrupted,
}

/// One failure, with its place, its rule, its way out and its cause.
pub struct Error(Box<Inner>);

struct Inner {
    verdict: Verdict,
    rule: Option<&'static str>,
    what: String,
    place: Option<String>,
    details: Vec<(&'static str, String)>,
    hints: Vec<String>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    fn new(verdict: Verdict, what: String) -> Self {
        Self(Box::new(Inner {
            verdict,
            rule: None,
            what,
            place: None,
            details: Vec::new(),
            hints: Vec::new(),
            cause: None,
        }))
    }

    /// Makes an error of the data or the policy.
    #[doc(hidden)]
    pub fn refused(rule: &'static str, what: impl Into<String>) -> Self {
        let mut error = Self::new(Verdict::Refused, what.into());
        error.0.rule = Some(rule);
        error
    }

    /// Makes an error of a run that could not be carried out.
    #[doc(hidden)]
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(Verdict::Failed, what.into())
    }

    /// Makes an error of a run that the user stopped.
    #[doc(hidden)]
    pub fn interrupted() -> Self {
        Self::new(Verdict::Interrupted, "before the end; nothing was published".into())
    }

    /// Adds the place: a file as the user named it, with a line or a key.
    #[doc(hidden)]
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = Some(place.into());
        self
    }

    /// Adds one detail line, such as `found` or `valid`.
    #[doc(hidden)]
    #[must_use]
    pub fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.0.details.push((name, text.into()));
        self
    }

    /// Adds the next step.
    #[doc(hidden)]
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Keeps the cause, for the chain that `-v` prints.
    ///
    /// A full disk hides deep in the chain and has one way out, wherever it is met.
    #[doc(hidden)]
    #[must_use]
    pub fn because(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        if is_full_disk(&cause) {
            self.0.what.push_str(": the disk is full");
            self = self.hint("free some space, or choose another disk for the output; nothing half-written was kept");
        }
        self.0.cause = Some(Box::new(cause));
        self
    }

    /// Returns why there is no result.
    pub fn verdict(&self) -> Verdict {
        self.0.verdict
    }

    /// Returns the id of the rule that refused, where one did. `tipstat explain RULE` describes it.
    pub fn rule(&self) -> Option<&'static str> {
        self.0.rule
    }

    /// Returns the place, as the user named it.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// Returns detail lines: name and text.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.details.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// Returns what to do next.
    pub fn hints(&self) -> impl Iterator<Item = &str> {
        self.0.hints.iter().map(String::as_str)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.verdict, self.0.what)?;
        if let Some(place) = &self.0.place {
            write!(f, " at {place}")?;
        }
        if let Some(cause) = &self.0.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

/// Some writers keep the system's error as a text only, so the text is looked at as well.
fn is_full_disk(cause: &(dyn std::error::Error + 'static)) -> bool {
    let full = |kind| matches!(kind, std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
    std::iter::successors(Some(cause), |cause| cause.source()).any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|cause| full(cause.kind()))
            || cause.to_string().contains("No space left on device")
    })
}

/// Returns in how many letters two words differ. A long text is far from any word.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    if left.len().max(right.len()) > limits::WORD {
        return usize::MAX / 2;
    }
    strsim::damerau_levenshtein(left, right)
}

/// The valid name that the user most likely meant.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(letters, name)| *letters <= 2.max(name.len().min(word.len()) / 3))
        // Case is weighed last: `FORM` is nearer to `form` than `FOR` is.
        .min_by_key(|(letters, name)| (*letters, distance(word, name), *name))
        .map(|(_, name)| name)
}

/// The hint for a word that is not among the valid names: the nearest, or all when they are few.
pub(crate) fn suggest(word: &str, names: &[&str]) -> String {
    match nearest(word, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let list: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("valid: {}", list.join(", "))
        }
    }
}
