//! What was wrong with the data, and where.
//!
//! A finding is counted exactly and sampled sparsely: a file in which every cell is wrong must neither fill
//! the memory nor the screen. Text is made only when a finding is printed.

mod report;
mod rule;

pub use report::{Sample, Tally, Total};
pub use rule::{Rule, Severity};

/// Where a finding was made. Lines and fields count from 1; the byte counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The input, in the order of the run.
    pub source: u32,
    /// The record within the source, the header not counted.
    pub record: u64,
    /// The physical line on which the record begins.
    pub line: u64,
    /// The byte at which the record begins.
    pub byte: u64,
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// What it does to the record; a run can make a warning an error.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// The column, counted from 1, where the finding is about one.
    pub column: Option<u32>,
    /// What was found: the value where the schema lets it be shown, else only its shape.
    pub found: Option<Shown>,
}

impl Finding {
    /// A broken rule, as severe as the rule is by itself.
    pub fn new(rule: Rule, place: Place, column: Option<u32>, found: Option<Shown>) -> Self {
        Self { rule, severity: rule.severity(), place, column, found }
    }
}

/// What may be said about a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A short value of a field that the schema marks printable.
    Value(Box<str>),
    /// The number of characters only.
    Length(usize),
    /// The physical line with which it ends, where it is about several lines.
    LastLine(u64),
}

impl Shown {
    /// Longest value that is ever printed: codes are short.
    pub const LONGEST: usize = 4;

    /// Decides what may be reported about a cell.
    ///
    /// A shifted column can put a name into any field, so a value is shown only where the schema permits it
    /// **and** it cannot be a name: surnames have two letters and more, such as `Li`.
    pub fn of(cell: &[u8], printable: bool) -> Self {
        match std::str::from_utf8(cell) {
            Ok(text) => {
                let length = text.chars().count();
                let letters = text.chars().filter(|c| c.is_alphabetic()).count();
                let plain = text.chars().all(|c| c.is_ascii_graphic()) && letters <= 1;
                if printable && plain && length <= Self::LONGEST {
                    Self::Value(text.into())
                } else {
                    Self::Length(length)
                }
            }
            Err(_) => Self::Length(cell.len()),
        }
    }

    /// The physical line with which it ends, where it is about several lines.
    pub fn last_line(&self) -> Option<u64> {
        match self {
            Self::LastLine(line) => Some(*line),
            Self::Value(_) | Self::Length(_) => None,
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => write!(f, "`{value}`"),
            Self::Length(0) => write!(f, "an empty cell"),
            Self::Length(1) => write!(f, "1 character (not shown)"),
            Self::Length(length) => write!(f, "{length} characters (not shown)"),
            Self::LastLine(line) => write!(f, "lines up to {line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn long_or_unprintable_values_are_never_shown() {
        assert_eq!(Shown::of(b"X", true).to_string(), "`X`");
        assert_eq!(Shown::of(b"LI", true).to_string(), "2 characters (not shown)");
        assert_eq!(Shown::of(b"O'B.", true).to_string(), "4 characters (not shown)");
        assert_eq!(Shown::of(b"1899", true).to_string(), "`1899`");
        assert_eq!(Shown::of(b"Maria", true).to_string(), "5 characters (not shown)");
        assert_eq!(Shown::of(b"X", false).to_string(), "1 character (not shown)");
        assert_eq!(Shown::of(b"\xff\xfe", true).to_string(), "2 characters (not shown)");
    }
}
