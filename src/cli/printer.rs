//! The one place that writes to the terminal: answers to stdout, everything else to stderr.

use std::cell::OnceCell;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::json;
use tipstat::internals::error::{visible, visible_json, visible_lines};
use tipstat::internals::finding::Rule;
use tipstat::{Error, Verdict};

use super::common::{Color, CommonArgs, Format};

/// Prints answers, notes and errors. What cannot be printed on stderr is not printed: a run never fails for it.
pub struct Printer {
    format: Format,
    quiet: bool,
    verbose: bool,
    /// Why stdout could not be written, where it could not.
    lost: OnceCell<io::Error>,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const PLACE: Style = AnsiColor::Blue.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Printer {
    /// A printer where the flags are not known.
    pub fn plain() -> Self {
        Self { format: Format::Human, quiet: false, verbose: false, lost: OnceCell::new() }
    }

    /// A printer as the flags say.
    pub fn new(common: &CommonArgs) -> Self {
        match common.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self { format: common.format, quiet: common.quiet, verbose: common.verbose, lost: OnceCell::new() }
    }

    /// Returns whether the answer is JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints the answer, with hidden characters of foreign values escaped.
    pub fn answer(&self, text: &str) {
        self.write(&visible_lines(text));
    }

    /// Prints a text that its reader may want to copy: as it is, unless it goes to a terminal.
    pub fn document(&self, text: &str) {
        if io::stdout().is_terminal() {
            self.answer(&text.replace("\r\n", "\n").replace('\t', "    "));
        } else {
            self.write(text);
        }
    }

    /// Prints the answer as JSON.
    pub fn json(&self, value: &impl serde::Serialize) {
        let mut text = serde_json::to_string_pretty(value).expect("plain data");
        text.push('\n');
        self.write(&visible_json(&text));
    }

    fn write(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        if let Err(cause) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            self.lose(cause);
        }
    }

    /// Notes that stdout could not be written. A reader that has closed the pipe has seen enough.
    fn lose(&self, cause: io::Error) {
        if cause.kind() != io::ErrorKind::BrokenPipe {
            let _ = self.lost.set(cause);
        }
    }

    /// Returns the error of an answer that could not be printed.
    pub fn finish(&self) -> Result<(), Error> {
        match self.lost.get() {
            Some(cause) => Err(unprintable(cause)),
            None => Ok(()),
        }
    }

    /// Prints a line to stderr, unless the user has asked for quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            line(text);
        }
    }

    /// Prints a line to stderr that says that something means another thing than usual, which quiet does not hide.
    pub fn warn(&self, text: &str) {
        line(&format!("warning: {text}"));
    }

    /// Prints where something confidential is, and whether others can read it.
    pub fn confidential(&self, text: &str, path: &Path) {
        self.note(&format!("{text} (confidential)"));
        self.unprotected(path);
    }

    /// Prints that others can read something confidential, where the system or the disk lets them.
    pub fn unprotected(&self, path: &Path) {
        if let Some(why) = tipstat::internals::files::unprotected(path) {
            let shown = tipstat::internals::files::shown(path);
            self.note(&format!("warning: not protected: others can read {shown}, because {why}\nhint: move it to a folder that only you can open"));
        }
    }

    /// Prints an error: what, where, by which rule, the way out.
    pub fn error(&self, error: &Error) {
        let next = explanation(error);
        if self.is_json() {
            let details: Vec<_> = error.details().map(|(name, text)| json!({ "name": name, "text": text })).collect();
            let hints: Vec<&str> = error.hints().chain(next.as_deref()).collect();
            let value = json!({ "error": {
                "message": error.to_string(), "rule": error.rule(), "place": error.place(), "details": details, "hints": hints,
            }});
            line(&visible_json(&value.to_string()));
            return;
        }
        let mut text = String::new();
        let word = if error.verdict() == Verdict::Interrupted { "stopped" } else { "error" };
        let rule = error.rule().map(|rule| format!("[{rule}]")).unwrap_or_default();
        let _ = writeln!(text, "{ERROR}{word}{rule}{ERROR:#}: {}", visible(&error.to_string()));
        if let Some(place) = error.place() {
            let _ = writeln!(text, "  {PLACE}-->{PLACE:#} {}", visible(place));
        }
        for (name, detail) in error.details() {
            let _ = writeln!(text, "   = {name}: {}", visible(detail));
        }
        if self.verbose {
            let mut cause = std::error::Error::source(error);
            while let Some(because) = cause {
                let _ = writeln!(text, "   = because: {}", visible_lines(&because.to_string()));
                cause = because.source();
            }
        }
        for hint in error.hints().chain(next.as_deref()) {
            let _ = writeln!(text, "{HINT}hint{HINT:#}: {}", visible(hint));
        }
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }
}

/// Returns the command that explains the rule of an error, where none of its hints names a command.
fn explanation(error: &Error) -> Option<String> {
    let rule = error.rule().filter(|rule| Rule::find(rule).is_some())?;
    let names_command = error.hints().any(|hint| hint.contains("`tipstat "));
    (!names_command).then(|| format!("`tipstat explain {rule}` describes the rule and the ways out"))
}

/// Returns the error of an answer that could not be printed, and why.
pub fn unprintable(cause: &io::Error) -> Error {
    Error::failed("cannot print the answer").because(io::Error::from(cause.kind()))
}

/// Prints lines to stderr. Where it is full or closed they are lost, because a run must not fail for a message.
pub fn line(text: &str) {
    let mut text = visible_lines(text).into_owned();
    text.push('\n');
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}
