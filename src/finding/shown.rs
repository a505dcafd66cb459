//! What of a cell may be shown.

/// What may be said about a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownCell {
    /// A short value of a field that the schema marks printable.
    Value(Box<str>),
    /// The number of characters only.
    Length(usize),
    /// The physical line with which it ends, where it is about several lines.
    LastLine(u64),
    /// That more records than this share it.
    MoreThan(u64),
}

impl ShownCell {
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
            Self::Value(_) | Self::Length(_) | Self::MoreThan(_) => None,
        }
    }
}

impl std::fmt::Display for ShownCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => write!(f, "`{value}`"),
            Self::Length(0) => write!(f, "an empty cell"),
            Self::Length(1) => write!(f, "1 character (not shown)"),
            Self::Length(length) => write!(f, "{length} characters (not shown)"),
            Self::MoreThan(records) => write!(f, "more than {records} records"),
            Self::LastLine(line) => write!(f, "lines up to {line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ShownCell;

    #[test]
    fn long_or_unprintable_values_are_never_shown() {
        assert_eq!(ShownCell::of(b"X", true).to_string(), "`X`");
        assert_eq!(ShownCell::of(b"LI", true).to_string(), "2 characters (not shown)");
        assert_eq!(ShownCell::of(b"O'B.", true).to_string(), "4 characters (not shown)");
        assert_eq!(ShownCell::of(b"1899", true).to_string(), "`1899`");
        assert_eq!(ShownCell::of(b"Maria", true).to_string(), "5 characters (not shown)");
        assert_eq!(ShownCell::of(b"X", false).to_string(), "1 character (not shown)");
        assert_eq!(ShownCell::of(b"\xff\xfe", true).to_string(), "2 characters (not shown)");
    }
}
