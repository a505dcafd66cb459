//! The tables of codes under `schemas/`: a code, its parent, and a label in each UN language.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// One row of such a table.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableRow {
    pub code: String,
    pub parent: String,
    #[serde(default)]
    en: String,
    #[serde(default)]
    fr: String,
    #[serde(default)]
    es: String,
    #[serde(default)]
    ar: String,
    #[serde(default)]
    zh: String,
    #[serde(default)]
    ru: String,
}

impl TableRow {
    /// A root with a label in English.
    pub fn of_code(code: &str, en: &str) -> Self {
        Self { code: code.to_owned(), en: en.to_owned(), ..Self::default() }
    }

    /// Labels in [`crate::model::LANGUAGES`] order; empty where there is none.
    pub fn labels(&self) -> [&str; 6] {
        [&self.en, &self.fr, &self.es, &self.ar, &self.zh, &self.ru].map(String::as_str)
    }
}

/// Reads all rows of codes.
pub(super) fn rows(text: &str, place: &str) -> Result<Vec<TableRow>> {
    read(text, place, "a code, its parent and labels by language (`code,parent,en`)")
}

/// Reads all rows of a table whose rows are `what`.
pub(super) fn read<T: DeserializeOwned>(text: &str, place: &str, what: &str) -> Result<Vec<T>> {
    read_by(b',', text, place, what)
}

/// Reads a table that a user made with whatever program: with a mark at its beginning, and with commas, semicolons or tabs.
pub(super) fn read_of_user<T: DeserializeOwned>(text: &str, place: &str, what: &str, columns: &str) -> Result<Vec<T>> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let delimiter =
        *b",;\t".iter().max_by_key(|&&by| (head.bytes().filter(|&b| b == by).count(), by == b',')).unwrap_or(&b',');
    let rows: Vec<T> = read_by(delimiter, text, place, what).map_err(|error| {
        error.hint(format!("the first line names the columns, as they are written here: {columns}"))
    })?;
    if rows.is_empty() {
        return Err(Error::refused("schema/check", "the table has no row")
            .at(place)
            .hint(format!("its columns are {columns}")));
    }
    Ok(rows)
}

/// The records of a table in which each is a line, all have as many cells, and quotation marks stand around whole cells. To
/// build a reader takes longer than to read most of the built-in tables.
fn plain_records(delimiter: u8, text: &str) -> Option<Vec<csv::StringRecord>> {
    if text.contains('\r') {
        return None;
    }
    let lines = text.lines().filter(|line| !line.is_empty());
    let records = lines.map(|line| plain_record(delimiter.into(), line)).collect::<Option<Vec<_>>>()?;
    let columns = records.first()?.len();
    records.iter().all(|record| record.len() == columns).then_some(records)
}

fn plain_record(delimiter: char, line: &str) -> Option<csv::StringRecord> {
    if !line.contains('"') {
        return Some(line.split(delimiter).collect());
    }
    let (mut record, mut rest) = (csv::StringRecord::new(), line);
    loop {
        let (cell, end) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(['"', delimiter]).unwrap_or(rest.len())),
        };
        record.push_field(cell);
        match end.strip_prefix(delimiter) {
            Some(next) => rest = next,
            None => return end.is_empty().then_some(record),
        }
    }
}

fn read_by<T: DeserializeOwned>(delimiter: u8, text: &str, place: &str, what: &str) -> Result<Vec<T>> {
    if let Some(records) = plain_records(delimiter, text)
        && let Some((head, rows)) = records.split_first()
        && let Ok(rows) = rows.iter().map(|row| row.deserialize(Some(head))).collect()
    {
        return Ok(rows);
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let at = |line: u64| format!("{place}:{line}");
    let problem = |cause: csv::Error| {
        let line = cause.position().map_or(1, csv::Position::line);
        Error::refused("schema/check", format!("the row is not {what}")).at(at(line)).because(cause)
    };
    // Two stray quotation marks make one cell of all rows between them.
    let on_one_line = |record: &csv::StringRecord| match record.iter().any(|cell| cell.contains('\n')) {
        false => Ok(()),
        true => Err(Error::refused("schema/check", "a quoted cell of the table spans lines")
            .at(at(record.position().map_or(1, csv::Position::line)))
            .hint("remove the quotation mark, or the line end from the cell")),
    };
    let head = reader.headers().map_err(problem)?.clone();
    on_one_line(&head)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(problem)?;
        on_one_line(&record)?;
        rows.push(record.deserialize(Some(&head)).map_err(problem)?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The short way and the reader give the same records, or the short way leaves them to the reader.
    #[test]
    fn lines_are_read_as_a_reader_reads_them() {
        let pieces = ["a", "b c", "", ",", ",", "\"", "\"", "\n", "é"];
        let mut state = 79u64;
        let mut quoted = 0;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            if let Some(records) = plain_records(b',', &text) {
                quoted += u32::from(text.contains('"'));
                let expected = reader.records().collect::<std::result::Result<Vec<_>, _>>().unwrap();
                assert_eq!(records, expected, "{text:?}");
            }
        }
        assert!(quoted > 100, "{quoted} texts with quotation marks were read in the short way");
    }

    #[test]
    fn stray_quotation_marks_swallow_no_row() {
        #[derive(Debug, serde::Deserialize)]
        struct SizeRow {
            area: String,
            size: u64,
        }
        let read = |text: &str| read_of_user::<SizeRow>(text, "sizes.csv", "an area", "`size`, `area`");
        let error = read("size,area\n1,\"KHM\n2,THA\n3,\"VNM\n").unwrap_err().to_string();
        assert!(error.contains("a quoted cell of the table spans lines"), "{error}");
        let rows = read("size,area\n1,\"KHM\"\n2,THA\n").unwrap();
        assert_eq!(rows.iter().map(|row| (row.area.as_str(), row.size)).collect::<Vec<_>>(), [("KHM", 1), ("THA", 2)]);
    }
}
