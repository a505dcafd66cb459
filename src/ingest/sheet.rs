//! Sheets of workbooks: Excel (`.xlsx`, `.xlsm`, `.xlsb`) and OpenDocument (`.ods`).
//!
//! A workbook is read into memory, because its format allows nothing else; the largest sheet has a million rows. Its
//! rows are handed on as delimited text, one physical line each, so that a place names the row of the sheet.

use std::io::{Cursor, Read};

use calamine::{Data, Range, Reader, Sheets, open_workbook_auto_from_rs};

use super::{Content, RawBatch, Wanted, sniff};
use crate::error::{Error, Result, suggest};

/// A workbook larger than this is no table of records.
const LARGEST: u64 = 1 << 30;

/// Rows of a batch.
const ROWS: usize = 8192;

/// One sheet of a workbook.
pub struct SheetSource {
    sheet: String,
    rows: Range<Data>,
    header: Vec<String>,
    banner: u64,
    next: usize,
    digest: String,
}

impl SheetSource {
    /// Finds the sheet and its header.
    ///
    /// # Errors
    /// The file is no workbook, is protected by a password, has no such sheet, or names a column twice.
    pub fn new(input: Box<dyn Read + Send>, place: &str, sheet: Option<&str>, wanted: &Wanted<'_>) -> Result<Self> {
        let mut bytes = Vec::new();
        let problem = |cause| crate::files::failure("read the file", place.as_ref(), cause);
        input.take(LARGEST + 1).read_to_end(&mut bytes).map_err(problem)?;
        if bytes.len() as u64 > LARGEST {
            return Err(Error::refused("file/not-text", "the workbook is larger than a gibibyte")
                .at(place)
                .hint("save the sheet as CSV in UTF-8"));
        }
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|cause| {
            Error::refused("file/not-text", "the file is a ZIP file, and no workbook that can be read")
                .at(place)
                .hint("take away its password, or save the sheet as CSV in UTF-8")
                .because(cause)
        })?;
        let names = book.sheet_names();
        let names = match sheet {
            None => names,
            Some(wanted) => match names.iter().find(|name| *name == wanted) {
                Some(name) => vec![name.clone()],
                None => {
                    let known: Vec<_> = names.iter().map(String::as_str).collect();
                    return Err(Error::refused("file/not-text", format!("the workbook has no sheet `{wanted}`"))
                        .at(place)
                        .hint(suggest(wanted, &known)));
                }
            },
        };
        let mut best: Option<(usize, Self)> = None;
        for name in names {
            let source = Self::read(&mut book, &name, place, &digest, wanted)?;
            let known = source.header.iter().filter(|name| wanted.columns.contains(&name.as_str())).count();
            if best.as_ref().is_none_or(|(most, _)| known > *most) {
                best = Some((known, source));
            }
        }
        let (_, source) = best.filter(|(_, source)| !source.header.is_empty()).ok_or_else(|| {
            Error::refused("file/empty", "the workbook is empty: there is not even a header")
                .at(place)
                .hint("make the export again, or take the file out of the run")
        })?;
        for (index, name) in source.header.iter().enumerate() {
            if !name.is_empty() && source.header[..index].contains(name) {
                return Err(Error::refused("file/repeated-column", "two columns bear the same name")
                    .at(format!("{place}, sheet `{}`, column {}", source.sheet, index + 1))
                    .hint("rename or remove one of them"));
            }
        }
        Ok(source)
    }

    fn read(
        book: &mut Sheets<Cursor<Vec<u8>>>,
        name: &str,
        place: &str,
        digest: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Self> {
        let rows = book.worksheet_range(name).map_err(|cause| {
            Error::refused("file/not-text", "a sheet of the workbook cannot be read").at(place).because(cause)
        })?;
        let texts = |row: &[Data]| -> Vec<String> { row.iter().map(|cell| text(cell).trim().to_owned()).collect() };
        let first: Vec<_> = rows.rows().take(sniff::LOOKED_AT).map(texts).collect();
        let filled = |row: &Vec<String>| row.iter().any(|cell| !cell.is_empty());
        let mut at = sniff::header(&first, wanted);
        if first.get(at).is_some_and(|row| !filled(row)) {
            at = first.iter().position(filled).unwrap_or(at);
        }
        let mut header = first.get(at).cloned().unwrap_or_default();
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        let banner = at as u64;
        Ok(Self { sheet: name.to_owned(), rows, header, banner, next: at + 1, digest: digest.to_owned() })
    }

    /// Headings, without spaces around them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many rows stand above the header.
    pub fn banner(&self) -> u64 {
        self.banner
    }

    /// The name of the sheet.
    pub fn sheet(&self) -> &str {
        &self.sheet
    }

    /// Digest of the file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The next rows that hold anything, as delimited text.
    pub fn next_batch(&mut self) -> Option<RawBatch> {
        let (height, width) = self.rows.get_size();
        let top = self.rows.start().map_or(0, |(row, _)| u64::from(row));
        // Empty rows are passed over, and a batch ends before them, so that lines can be counted within it.
        let is_empty =
            |row: usize| (0..width).all(|column| self.rows.get((row, column)).is_none_or(|c| *c == Data::Empty));
        while self.next < height && is_empty(self.next) {
            self.next += 1;
        }
        let start = self.next;
        let mut bytes = Vec::new();
        while self.next < height && self.next - start < ROWS && !is_empty(self.next) {
            // Cells to the right of the header belong to no column; a filled one makes the row ragged.
            let beyond = (self.header.len()..width)
                .rev()
                .find(|&c| self.rows.get((self.next, c)).is_some_and(|cell| *cell != Data::Empty));
            let cells = beyond.map_or(self.header.len(), |last| last + 1);
            for column in 0..cells {
                if column > 0 {
                    bytes.push(b',');
                }
                quote(&mut bytes, &self.rows.get((self.next, column)).map(text).unwrap_or_default());
            }
            bytes.push(b'\n');
            self.next += 1;
        }
        let line = top + start as u64 + 1;
        (!bytes.is_empty()).then_some(RawBatch { content: Content::Records(bytes), line, byte: 0, delimiter: b',' })
    }
}

/// A cell as the sheet shows it, whole numbers without decimals and dates in ISO 8601.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Bool(true) => "1".to_owned(),
        Data::Bool(false) => "0".to_owned(),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    }
}

/// One cell of delimited text, on one line.
fn quote(bytes: &mut Vec<u8>, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        bytes.extend_from_slice(text.as_bytes());
        return;
    }
    bytes.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => bytes.extend_from_slice(b"\"\""),
            b'\n' | b'\r' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    bytes.push(b'"');
}
