//! The one place that writes to the terminal: answers to stdout, everything else to stderr.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::json;
use tipstat::{Error, Verdict};

use super::args::{Color, Common, Format};

/// Prints answers, notes and errors.
pub struct Printer {
    format: Format,
    quiet: bool,
    verbose: bool,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const PLACE: Style = AnsiColor::Blue.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Printer {
    /// A printer as the flags say.
    pub fn new(common: &Common) -> Self {
        match common.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self { format: common.format, quiet: common.quiet, verbose: common.verbose }
    }

    /// Whether the answer is to be JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints the answer. A reader that has closed the pipe has seen enough.
    pub fn answer(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints the answer as JSON.
    pub fn json(&self, value: &impl serde::Serialize) {
        let mut text = serde_json::to_string_pretty(value).expect("plain data");
        text.push('\n');
        self.answer(&text);
    }

    /// Prints a line to stderr, unless the user wants quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        }
    }

    /// Prints an error: what, where, by which rule, the way out.
    pub fn error(&self, error: &Error) {
        if self.is_json() {
            let details: Vec<_> = error.details().map(|(name, text)| json!({ "name": name, "text": text })).collect();
            let hints: Vec<_> = error.hints().collect();
            let value = json!({ "error": {
                "message": error.to_string(), "rule": error.rule(), "place": error.place(), "details": details, "hints": hints,
            }});
            let _ = writeln!(io::stderr().lock(), "{value}");
            return;
        }
        let mut text = String::new();
        let word = if error.verdict() == Verdict::Interrupted { "stopped" } else { "error" };
        let rule = error.rule().map(|rule| format!("[{rule}]")).unwrap_or_default();
        let _ = writeln!(text, "{ERROR}{word}{rule}{ERROR:#}: {error}");
        if let Some(place) = error.place() {
            let _ = writeln!(text, "  {PLACE}-->{PLACE:#} {place}");
        }
        for (name, detail) in error.details() {
            let _ = writeln!(text, "   = {name}: {detail}");
        }
        if self.verbose {
            let mut cause = std::error::Error::source(error);
            while let Some(because) = cause {
                let _ = writeln!(text, "   = because: {because}");
                cause = because.source();
            }
        }
        for hint in error.hints() {
            let _ = writeln!(text, "{HINT}hint{HINT:#}: {hint}");
        }
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }
}
