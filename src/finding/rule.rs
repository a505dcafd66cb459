//! The registry of rules: id, severity, and the pages that `explain` prints.

use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard};

use serde::Deserialize;

/// What a broken rule does to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The record, or the file, is rejected.
    Error,
    /// The record is set aside as a repetition of another.
    Duplicate,
    /// The record is kept.
    Warning,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    severity: Severity,
    title: String,
    text: String,
}

/// The rules of the program, and after them those that record types bring along.
static RULES: LazyLock<RwLock<Vec<&'static Entry>>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        rule: Vec<Entry>,
    }
    let file: File = toml::from_str(include_str!("rules.toml")).expect("rules.toml is part of the program");
    RwLock::new(file.rule.into_iter().map(|entry| &*Box::leak(Box::new(entry))).collect())
});

fn rules() -> RwLockReadGuard<'static, Vec<&'static Entry>> {
    RULES.read().unwrap_or_else(PoisonError::into_inner)
}

/// A rule of the registry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule(u16);

impl Rule {
    /// The rule that bears this id.
    pub fn find(id: &str) -> Option<Self> {
        let index = rules().iter().position(|rule| rule.id == id)?;
        Some(Self(u16::try_from(index).expect("fewer than 65,536 rules")))
    }

    /// A rule that the program itself names.
    pub(crate) fn named(id: &'static str) -> Self {
        Self::find(id).unwrap_or_else(|| panic!("rule `{id}` is not in rules.toml"))
    }

    /// A rule that a record type defines. The same rule, loaded again, is the same.
    ///
    /// It is kept until the program ends, as the built-in rules are.
    pub(crate) fn register(id: &str, severity: Severity, title: &str, text: &str) -> Self {
        let mut rules = RULES.write().unwrap_or_else(PoisonError::into_inner);
        let same = |rule: &&Entry| rule.id == id && rule.severity == severity && rule.title == title;
        let index = rules.iter().position(same).unwrap_or_else(|| {
            let [id, title, text] = [id, title, text].map(str::to_owned);
            let entry = Entry { id, severity, title, text };
            rules.push(Box::leak(Box::new(entry)));
            rules.len() - 1
        });
        Self(u16::try_from(index).expect("fewer than 65,536 rules"))
    }

    /// All rules, in the order of the registry.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..rules().len()).map(|index| Self(index as u16))
    }

    fn entry(self) -> &'static Entry {
        rules()[self.0 as usize]
    }

    /// The id, such as `cell/not-in-codelist`.
    pub fn id(self) -> &'static str {
        &self.entry().id
    }

    /// What the rule does to a record, where no run says otherwise.
    pub fn severity(self) -> Severity {
        self.entry().severity
    }

    /// One line.
    pub fn title(self) -> &'static str {
        &self.entry().title
    }

    /// The long text.
    pub fn text(self) -> &'static str {
        self.entry().text.trim()
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
