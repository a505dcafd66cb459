//! What the records of a file look like: its blanks after delimiters, and the kinds of cells of each column.

use memchr::{memchr, memchr_iter};

use super::spans::Spans;
use super::stray::{QuoteMarks, TextShape};

/// Lines of a file from which it is learned what the cells of a column look like.
const SAMPLE: u32 = 1000;

/// The lines from which the look of cells is learned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SampledLines {
    /// Those without a quotation mark.
    Unmarked,
    /// Those with quotation marks.
    Marked,
}

/// Delimiters of a record after which a blank follows in this file, a bit each. After others it shows punctuation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Blanks(u128);

impl Blanks {
    /// After any delimiter.
    pub const ALL: Self = Self(u128::MAX);

    /// After one delimiter, counted from 0. Behind so many columns a text looks like a record.
    pub fn after(ordinal: usize) -> Self {
        Self(u32::try_from(ordinal).ok().and_then(|bit| 1u128.checked_shl(bit)).unwrap_or(0))
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn hold(self, ordinal: usize) -> bool {
        ordinal >= u128::BITS as usize || self.0 & Self::after(ordinal).0 != 0
    }

    /// Looks at the header and the first lines of a file that have the header's number of delimiters.
    ///
    /// A line with a mark may be part of a text, and one in which a blank follows each delimiter is one as a rule.
    pub fn of(header: &[u8], records: &[u8], delimiter: u8, columns: usize) -> Self {
        if Spans::of(header, delimiter).blanks != Self::default() {
            return Self::ALL;
        }
        let shape = TextShape { delimiter, columns, blanks: Self::ALL, looks: Looks::default(), text: false };
        let mut seen = [0u32; u128::BITS as usize];
        let (mut all, mut lines, mut spaced) = (0, 0, 0);
        for line in records.split(|byte| *byte == b'\n') {
            let found = shape.read(line, QuoteMarks::Text, 0..line.len());
            if found.all + 1 != columns {
                continue;
            }
            all += 1;
            if memchr(b'"', line).is_some() {
                continue;
            }
            if found.tight == 0 {
                spaced += 1;
                continue;
            }
            lines += 1;
            let cells = line.split(|byte| *byte == delimiter).skip(1);
            let blank = |cell: &[u8]| cell.first().is_none_or(|byte| *byte == b' ');
            cells.zip(&mut seen).filter(|(cell, _)| blank(cell)).for_each(|(_, seen)| *seen += 1);
        }
        if spaced * 4 > all {
            return Self::ALL;
        }
        // A line or two of a text that look like records say nothing about a large file.
        let known = seen.iter().enumerate().filter(|(_, seen)| **seen > lines / 64);
        known.fold(Self::default(), |blanks, (ordinal, _)| blanks.and(Self::after(ordinal)))
    }
}

/// What the cells of each column look like, a bit for each kind of cell. Behind so many columns nothing is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks([u8; 128]);

impl Default for Looks {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl Looks {
    /// A cell of several words. A column that has such cells is not compared.
    const WORDS: u8 = 1 << 5;
    const LOWER: u8 = 1 << 2;

    /// Looks at the first lines of a file that have the header's number of delimiters and no mark, or at those with marks
    /// where all have some.
    pub fn of(records: &[u8], delimiter: u8, columns: usize) -> Self {
        Self::learn(records, delimiter, columns, SampledLines::Unmarked)
            .or_else(|| Self::learn(records, delimiter, columns, SampledLines::Marked))
            .unwrap_or_default()
    }

    fn learn(records: &[u8], delimiter: u8, columns: usize, lines: SampledLines) -> Option<Self> {
        let mut looks = Self::default();
        let mut seen = vec![[0u32; 6]; columns.min(looks.0.len())];
        let mut count = 0;
        for line in records.split(|byte| *byte == b'\n') {
            let is_record = memchr_iter(delimiter, line).count() + 1 == columns;
            let is_marked = memchr(b'"', line).is_some();
            if !is_record || is_marked != (lines == SampledLines::Marked) {
                continue;
            }
            for (cell, seen) in line.split(|byte| *byte == delimiter).zip(&mut seen) {
                let kind = Self::kind(cell);
                (0..seen.len()).filter(|bit| kind >> bit & 1 == 1).for_each(|bit| seen[bit] += 1);
            }
            count += 1;
            if count == SAMPLE {
                break;
            }
        }
        for (look, seen) in looks.0.iter_mut().zip(&seen) {
            // A line of a text may be among them.
            let known = (0..seen.len()).filter(|bit| seen[*bit] > count / 64);
            *look = known.fold(0, |look, bit| look | 1 << bit);
        }
        (count > 0).then_some(looks)
    }

    /// Returns the kind of a cell: digits, letters by their case, other characters, words. An empty cell has none.
    fn kind(cell: &[u8]) -> u8 {
        let marked = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'"';
        let start = cell.iter().position(|byte| !marked(byte)).unwrap_or(cell.len());
        let end = cell.iter().rposition(|byte| !marked(byte)).map_or(start, |end| end + 1);
        let cell = &cell[start..end];
        let all = |is: fn(&u8) -> bool| cell.iter().all(is);
        match cell {
            [] => 0,
            _ if cell.contains(&b' ') => Self::WORDS,
            _ if all(u8::is_ascii_digit) => 1,
            _ if all(u8::is_ascii_uppercase) => 1 << 1,
            _ if all(|byte| byte.is_ascii_lowercase() || !byte.is_ascii()) => Self::LOWER,
            _ if all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) => 1 << 3,
            _ => 1 << 4,
        }
    }

    /// Counts the cells that look like those of their columns, and the others.
    pub fn compare<'a>(&self, cells: impl Iterator<Item = (usize, &'a [u8])>) -> (usize, usize) {
        let (mut alike, mut other) = (0, 0);
        for (column, cell) in cells {
            let (kind, look) = (Self::kind(cell), self.0.get(column).copied().unwrap_or(0));
            if look == 0 || look & Self::WORDS != 0 || kind == 0 {
                continue;
            }
            if look & kind != 0 { alike += 1 } else { other += 1 }
        }
        (alike, other)
    }

    /// Returns whether the values of a column cannot be taken for words.
    pub fn is_code(&self, column: usize) -> bool {
        self.0.get(column).is_some_and(|look| look & (Self::WORDS | Self::LOWER) == 0 && *look != 0)
    }
}
