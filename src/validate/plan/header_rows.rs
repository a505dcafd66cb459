//! Lines below the header that are headers too: files that were appended to each other, and tables below each other on a
//! sheet. Where their columns have another order, the values below them would be read in the wrong fields.

use std::collections::HashMap;

use super::source::{ScaleSource, SourceKind, Take};
use crate::ingest::RawRecords;
use crate::validate::values::{Answers, folded};

/// The headings of a file, by which another header is recognised.
#[derive(Debug)]
pub(crate) struct HeaderRows {
    /// The headings of the file in their order, without what makes no difference.
    columns: Vec<Box<str>>,
    /// The columns of years, dates and numbers.
    numbers: Vec<usize>,
    /// The same and those of the profile. A heading is certain where it is not a value of its own column.
    certain: HashMap<Box<str>, bool>,
    /// For each first byte in lower case, the lengths of the headings that begin with it, as bits.
    lengths: Box<[u64; 256]>,
}

/// How a line that is a header differs from that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderRow {
    /// It has the same headings at the same places, or is a row of HXL tags.
    Repeated,
    /// It has headings at other places.
    Other,
}

impl HeaderRows {
    /// Collects the headings of a file and those that its profile names. `is_value` says whether a heading is also a value of
    /// its column.
    pub fn new<'a>(
        header: &'a [String],
        named: impl Iterator<Item = &'a str>,
        is_value: impl Fn(usize, &str) -> bool,
        numbers: Vec<usize>,
    ) -> Self {
        let fold = |text: &str| folded(text).collect::<String>().into_boxed_str();
        let columns: Vec<Box<str>> = header.iter().map(|name| fold(name)).collect();
        let mut lengths = Box::new([0; 256]);
        let named: Vec<&str> = named.chain(header.iter().map(String::as_str)).filter(|name| !name.is_empty()).collect();
        for name in &named {
            for name in [name.to_lowercase(), name.to_uppercase()] {
                lengths[usize::from(name.as_bytes()[0].to_ascii_lowercase())] |= 1 << name.len().min(63);
            }
        }
        // A row of HXL tags, such as `#country`, stands below many headers.
        lengths[usize::from(b'#')] = u64::MAX;
        let mut certain: HashMap<Box<str>, bool> = named.iter().map(|name| (fold(name), false)).collect();
        for (column, name) in header.iter().enumerate() {
            certain.insert(fold(name), !is_value(column, name));
        }
        certain.remove("");
        Self { columns, numbers, certain, lengths }
    }

    /// Returns what a line is by all of its cells. For nearly every line the first one is enough.
    #[inline]
    pub fn kind(&self, records: &RawRecords<'_>) -> Option<HeaderRow> {
        let first = (0..records.len()).map(|column| records.cell(column)).find(|cell| !cell.is_empty())?;
        let lengths = self.lengths[usize::from(first[0].to_ascii_lowercase())];
        if lengths >> first.len().min(63) & 1 == 1 { self.kind_of_all(records) } else { None }
    }

    fn kind_of_all(&self, records: &RawRecords<'_>) -> Option<HeaderRow> {
        let cells = || {
            let cells = (0..records.len()).map(|column| (column, records.cell(column)));
            cells.filter(|(_, cell)| !cell.is_empty())
        };
        if cells().count() < 2 {
            return None;
        }
        if cells().all(|(_, cell)| is_tag(cell)) {
            return Some(HeaderRow::Repeated);
        }
        let (mut seen, mut is_certain, mut is_same) = (Vec::new(), false, true);
        for (column, cell) in cells() {
            let text: String = folded(std::str::from_utf8(cell).ok()?).collect();
            is_certain |= self.certain.get(text.as_str())?;
            is_same &= self.columns.get(column).is_some_and(|heading| **heading == *text);
            if seen.contains(&text) {
                return None;
            }
            seen.push(text);
        }
        let kind = if is_same { HeaderRow::Repeated } else { HeaderRow::Other };
        is_certain.then_some(kind)
    }

    /// Returns whether a rejected record consists of different words without a digit, where a number, a year or a date is expected
    /// as well: a header in words that neither the file nor its profile has. One value in four may be a heading, too.
    pub fn is_like(&self, records: &RawRecords<'_>, takes: &[(usize, Take)], answers: Option<&Answers>) -> bool {
        let (mut seen, mut values, mut is_number) = (Vec::new(), 0, false);
        for column in 0..records.len() {
            let Ok(cell) = std::str::from_utf8(records.cell(column)) else { return false };
            if cell.is_empty() {
                continue;
            }
            let text: String = folded(cell).collect();
            let is_word = text.chars().filter(|c| c.is_alphabetic()).count() > 1 && !cell.contains(char::is_numeric);
            if !is_word || seen.contains(&text) {
                return false;
            }
            seen.push(text);
            is_number |= self.numbers.contains(&column);
            values += usize::from(takes.iter().any(|(_, take)| is_value(take, column, cell, answers)));
        }
        is_number && seen.len() > 2 && 2 * seen.len() >= self.columns.len() && 4 * values <= seen.len()
    }

    /// Returns whether most cells of a rejected record are headings, and the others words: a header that differs in part.
    pub fn is_partly(&self, records: &RawRecords<'_>) -> bool {
        let (mut filled, mut known, mut is_certain, mut is_same) = (0, 0, false, true);
        for column in 0..records.len() {
            let Ok(cell) = std::str::from_utf8(records.cell(column)) else { return false };
            if cell.is_empty() {
                continue;
            }
            filled += 1;
            let text: String = folded(cell).collect();
            is_same &= self.columns.get(column).is_some_and(|heading| **heading == *text);
            match self.certain.get(text.as_str()) {
                Some(certain) => {
                    known += 1;
                    is_certain |= certain;
                }
                None if text.contains(|c: char| c.is_numeric()) => return false,
                None => {}
            }
        }
        known > 1 && 2 * known > filled && is_certain && !is_same
    }
}

/// Returns whether a heading is a value of its column as well, as where the columns of several answers repeat their headings.
pub(super) fn is_value(take: &Take, column: usize, heading: &str, answers: Option<&Answers>) -> bool {
    let Take::Sources(sources, _) = take else { return false };
    sources.iter().any(|source| match &source.kind {
        SourceKind::Cell(cell) if cell.column == column => {
            let is_word = || cell.words.as_ref().is_some_and(|words| words.resolve(heading).is_some());
            cell.lookup.get(heading.as_bytes()).is_some() || is_word()
        }
        SourceKind::Flags(flags) => {
            let is_flag = flags.iter().any(|(at, _)| *at == column);
            is_flag && answers.is_some_and(|answers| answers.get(heading.as_bytes()).is_some())
        }
        SourceKind::Scale(ScaleSource { columns, answers }) => {
            columns.contains(&column) && answers.iter().any(|(text, _)| **text == *heading.as_bytes())
        }
        _ => false,
    })
}

/// Returns whether a cell is a tag of HXL, such as `#affected+f`.
fn is_tag(cell: &[u8]) -> bool {
    let Some([first, rest @ ..]) = cell.strip_prefix(b"#") else { return false };
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+_ ".contains(byte);
    first.is_ascii_alphabetic() && rest.iter().all(is_part)
}
