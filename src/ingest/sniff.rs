//! Which delimiter a header uses, where the header is, and what is plainly no delimited text.

use std::collections::HashSet;

use memchr::memchr2;

use super::blanks::trimmed_text;
use super::stray_start::mend_start;

/// Delimiters that are tried, in order of preference.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Delimiters that stand in plain texts as well, so that only columns which are known speak for them.
const RARE: [u8; 4] = [b'^', b'~', b':', b'\x1f'];

/// Records that are looked at for the header: banners are short.
pub(super) const LOOKED_AT: usize = 30;

/// Columns by which the header is found where it may not be the first line.
#[derive(Clone, Debug, Default)]
pub struct RequiredColumns<'a> {
    /// Columns that the layout knows.
    pub columns: Vec<&'a str>,
    /// Columns without which the file is refused.
    pub required: Vec<&'a str>,
}

/// Names of columns, whatever their case.
pub(super) struct ColumnNames {
    columns: HashSet<String>,
    required: Vec<String>,
}

impl ColumnNames {
    pub fn new(required: &RequiredColumns<'_>) -> Self {
        let lower = |name: &&str| name.to_lowercase();
        Self {
            columns: required.columns.iter().map(lower).collect(),
            required: required.required.iter().map(lower).collect(),
        }
    }

    /// How many cells of a record name a column.
    pub fn known(&self, record: &[String]) -> usize {
        record.iter().filter(|name| self.columns.contains(&name.to_lowercase())).count()
    }

    /// Returns whether a record names all columns without which a file is refused.
    pub fn all_required(&self, record: &[String]) -> bool {
        let lower: HashSet<String> = record.iter().map(|name| name.to_lowercase()).collect();
        self.required.iter().all(|name| lower.contains(name))
    }
}

/// The delimiter that finds most of the required columns in one of the first records; the comma where all are equal.
pub fn delimiter(start: &[u8], required: &RequiredColumns<'_>) -> u8 {
    let names = ColumnNames::new(required);
    let found = |delimiter: u8| {
        let records = first_records(start, delimiter);
        let known = records.iter().map(|record| names.known(record)).max().unwrap_or(0);
        (known, records.first().map_or(0, Vec::len))
    };
    // `max_by_key` keeps the last of equals, so the preferred one is looked at last.
    let usual = CANDIDATES.into_iter().rev().max_by_key(|&delimiter| found(delimiter)).unwrap_or(b',');
    let rare = RARE.into_iter().rev().max_by_key(|&delimiter| found(delimiter)).unwrap_or(b',');
    let (known, _) = found(rare);
    if known > found(usual).0.max(1) { rare } else { usual }
}

/// Which of the first records is the header: the first one that names all required columns, or else the one that names
/// most of the known columns, if it names at least two; the first record where none does.
pub(super) fn header(records: &[Vec<String>], required: &RequiredColumns<'_>) -> usize {
    let names = ColumnNames::new(required);
    let whole = |record: &Vec<String>| !required.required.is_empty() && names.all_required(record);
    let best = || {
        let best = records.iter().enumerate().rev().max_by_key(|(_, record)| names.known(record));
        best.filter(|(_, record)| names.known(record) >= 2).map(|(at, _)| at)
    };
    let filled = |record: &Vec<String>| record.iter().filter(|cell| !cell.is_empty()).count();
    // Where no name is known, titles are rows with a cell or two among rows with many.
    let widest = records.iter().map(filled).max().unwrap_or(0);
    let wide = || {
        let nameless = required.required.is_empty() && widest > 3;
        nameless.then(|| records.iter().position(|record| filled(record) * 2 > widest)).flatten()
    };
    let at = records.iter().position(whole).or_else(best).or_else(wide).unwrap_or(0);
    // Lines above a header are titles, with a cell or two. A line with half as many cells is a record or another header,
    // and records are never passed over.
    let titles = records[..at].iter().all(|record| filled(record) * 2 < filled(&records[at]).max(3));
    if titles { at } else { 0 }
}

/// How workbooks begin: they are ZIP files.
pub(super) const WORKBOOK: &[u8] = b"PK\x03\x04";

/// How such a workbook begins.
pub(super) const OLD_START: &[u8] = b"\xd0\xcf\x11\xe0";

/// A workbook in the format before `.xlsx`, or one under a password, which begins alike.
const OLD_WORKBOOK: &str = "an old Excel workbook (`.xls`), or a workbook under a password";

/// What some programs save as `.xls`.
const PAGE: &str = "a web page, as some programs save tables under the ending `.xls`";

/// What to do with a file of another format.
pub(super) fn way_out(format: &str) -> &'static str {
    match format {
        OLD_WORKBOOK => {
            "open it in a spreadsheet, take away its password, and save it as `.xlsx`, `.ods` or CSV in UTF-8"
        }
        PAGE => "open it in a spreadsheet, and save it as `.xlsx`, `.ods` or CSV in UTF-8",
        _ => "save it as CSV in UTF-8",
    }
}

/// What the first bytes say the file is, if it is not delimited text in UTF-8.
pub(super) fn other_format(start: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 6] = [
        (WORKBOOK, "a ZIP file"),
        (b"PAR1", "a Parquet file, which can be read from a file and not from a stream"),
        (b"\x1f\x8b", "a gzip file within another"),
        (OLD_START, OLD_WORKBOOK),
        (b"%PDF", "a PDF document"),
        (b"\x7fELF", "a program"),
    ];
    let magic = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name);
    let page = || {
        let text = start.trim_ascii_start();
        let is_page = [&b"<html"[..], b"<!doctype html", b"<table", b"<meta"]
            .iter()
            .any(|tag| text.len() >= tag.len() && text[..tag.len()].eq_ignore_ascii_case(tag));
        is_page.then_some(PAGE)
    };
    magic.or_else(page).or_else(|| start.iter().take(4096).any(|&byte| byte == 0).then_some("binary data"))
}

/// The first records of a text, for finding the delimiter and the header.
pub(super) fn first_records(text: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    first_lines(text, delimiter).unwrap_or_else(|| first_of_any(text, delimiter))
}

fn cell(text: &[u8]) -> String {
    trimmed_text(&String::from_utf8_lossy(text)).to_owned()
}

/// The same, where each of these records is a line without quotation marks.
fn first_lines(text: &[u8], delimiter: u8) -> Option<Vec<Vec<String>>> {
    // A reader drops a mark of the encoding.
    if text.starts_with("\u{feff}".as_bytes()) {
        return None;
    }
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(LOOKED_AT);
    let cells = |line: &[u8]| {
        let is_plain = memchr2(b'"', b'\r', line).is_none();
        is_plain.then(|| line.split(|byte| *byte == delimiter).map(cell).collect())
    };
    lines.map(cells).collect()
}

fn first_of_any(text: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut text = text.to_vec();
    mend_start(&mut text, LOOKED_AT, delimiter);
    let reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_slice());
    let records = reader.into_byte_records().take(LOOKED_AT).map_while(Result::ok);
    records.map(|record| record.iter().map(cell).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_that_finds_the_columns_wins() {
        let required = RequiredColumns { columns: vec!["area", "sex"], required: vec!["area"] };
        assert_eq!(delimiter(b"area;\"sex\";note, long", &required), b';');
        assert_eq!(delimiter(b"area\tsex", &required), b'\t');
        assert_eq!(delimiter(b"area,sex", &required), b',');
        assert_eq!(delimiter(b"nothing known", &required), b',');
        assert_eq!(delimiter(b"AREA;Sex;a,b,c,d,e,f", &required), b';');
    }

    #[test]
    fn a_header_is_found_below_banners() {
        let required = RequiredColumns { columns: vec!["area", "sex"], required: vec!["area", "sex"] };
        let records = |text: &str| first_records(text.as_bytes(), b',');
        assert_eq!(header(&records("Office,\n2023,\narea,sex,age\nKHM,F,9\n"), &required), 2);
        assert_eq!(header(&records("area,sex\nKHM,F\n"), &required), 0);
        // A line that may be a record is never passed over.
        assert_eq!(header(&records("Area,Sex\nKHM,F\narea,sex\nKHM,M\n"), &required), 0);
        // Case makes no difference, below a banner neither.
        assert_eq!(header(&records("Office,\n2023,\nArea,SEX,age\nKHM,F,9\n"), &required), 2);
        // A layout that requires nothing and knows no heading sees the first wide line.
        let free = RequiredColumns { columns: vec!["x"], required: Vec::new() };
        assert_eq!(header(&records("Oficina\n\nPaís,Año,Sexo,Edad\nPRY,2022,F,9\n"), &free), 1);
        assert_eq!(header(&records("País,Año,Sexo,Edad\nPRY,2022,F,9\n"), &free), 0);
        // Without the required columns nothing is passed over, so that the message names the first line.
        assert_eq!(header(&records("x,y\n1,2\n"), &required), 0);
    }

    #[test]
    fn lines_without_quotation_marks_are_the_records() {
        let long = "a,b\n".repeat(LOOKED_AT) + "\"c\",d\n";
        for text in [&b""[..], b"\n", b"a", b"a,b\n\n, x ,\xe9\n", b"\n\na;b\n,\n \nc", long.as_bytes()] {
            assert_eq!(first_lines(text, b','), Some(first_of_any(text, b',')), "{text:?}");
        }
        for text in [&b"a\r\nb"[..], b"a\rb", b"a,\"b\"\n", b"\xef\xbb\xbfa\n"] {
            assert_eq!(first_lines(text, b','), None, "{text:?}");
        }
    }

    #[test]
    fn other_formats_are_told_by_their_first_bytes() {
        assert!(other_format(b"PK\x03\x04rest").is_some());
        assert!(other_format(b"a\0r\0e\0a\0").is_some());
        assert!(other_format("año,sexo".as_bytes()).is_none());
    }
}
