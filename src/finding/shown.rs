//! What messages may show of a cell.

/// What a message may show of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownCell {
    /// A short value of a field that the schema marks printable.
    Value(Box<str>),
    /// The number of characters only.
    Length(usize),
    /// The physical line with which it ends, where it has more than one line.
    LastLine(u64),
    /// That more records than this share it.
    MoreThan(u64),
}

impl ShownCell {
    /// Longest value that is ever printed: codes are short.
    pub const LONGEST: usize = 4;

    /// Reports the number of characters of a cell, and nothing else.
    pub fn length_of(cell: &[u8]) -> Self {
        Self::Length(std::str::from_utf8(cell).map_or(cell.len(), |text| text.chars().count()))
    }

    /// Decides what may be reported about a cell of a field that the schema marks printable.
    ///
    /// A shifted column can put a name into any field, so a value is shown only if it
    /// cannot be a name as well: surnames have two letters and more, such as `Li`.
    pub fn of_printable(cell: &[u8]) -> Self {
        let is_code = |text: &&str| {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            letters <= 1 && text.len() <= Self::LONGEST && text.chars().all(|c| c.is_ascii_graphic())
        };
        match std::str::from_utf8(cell).ok().filter(is_code) {
            Some(text) => Self::Value(text.into()),
            None => Self::length_of(cell),
        }
    }

    /// Returns the physical line with which it ends, where it has more than one line.
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
        assert_eq!(ShownCell::of_printable(b"X").to_string(), "`X`");
        assert_eq!(ShownCell::of_printable(b"LI").to_string(), "2 characters (not shown)");
        assert_eq!(ShownCell::of_printable(b"O'B.").to_string(), "4 characters (not shown)");
        assert_eq!(ShownCell::of_printable(b"1899").to_string(), "`1899`");
        assert_eq!(ShownCell::of_printable(b"Maria").to_string(), "5 characters (not shown)");
        assert_eq!(ShownCell::length_of(b"X").to_string(), "1 character (not shown)");
        assert_eq!(ShownCell::of_printable(b"\xff\xfe").to_string(), "2 characters (not shown)");
    }
}
