//! What the library does not read of Excel's binary workbooks: formats of numbers, errors of formulas, texts with formats within
//! them, and merged cells. Its cells and these are read side by side, record by record.

use std::collections::BTreeMap;
use std::ops::Range;

use super::excel_formats::own_format;
use super::number_format::NumberFormat;
use super::shown::MergedCells;
use crate::guard::biff::{FORMULA_ERROR, MERGED, RICH_TEXT, head, is_short};

/// Rows of a sheet are no more: the library ends a sheet there.
const ROWS: u32 = 0x0010_0000;

/// Reads the record that begins at a place of a part: its kind and where its body is. `None` at the end, and where it is cut.
fn record(part: &[u8], at: usize) -> Option<(u16, Range<usize>)> {
    let (kind, length, start) = head(part.get(at..)?)?;
    let start = at.checked_add(start)?;
    let end = start.checked_add(length).filter(|end| *end <= part.len())?;
    Some((kind, start..end))
}

/// Returns the records of a part, up to its end or to one that is cut.
fn records(part: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (kind, body) = record(part, at)?;
        at = body.end;
        Some((kind, &part[body]))
    })
}

fn number_16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number_32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Reads a text, and returns it with what follows it.
fn wide_text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let length = usize::try_from(number_32(bytes, 0)?).ok()?.checked_mul(2)?;
    let units = bytes.get(4..length.checked_add(4)?)?;
    let units: Vec<u16> = units.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Some((String::from_utf16_lossy(&units), &bytes[4 + length..]))
}

/// Returns the styles of `styles.bin` that show more than a number.
pub(super) fn formats(styles: &[u8]) -> BTreeMap<usize, NumberFormat> {
    let mut formats: BTreeMap<u16, NumberFormat> = BTreeMap::new();
    let mut out = BTreeMap::new();
    let (mut is_cells, mut at) = (false, 0);
    for (kind, body) in records(styles) {
        match kind {
            // BrtFmt
            0x2C => {
                let text = body.get(2..).and_then(wide_text);
                let format = text.and_then(|(code, _)| NumberFormat::read(&code));
                formats.extend(number_16(body, 0).zip(format));
            }
            // BrtBeginCellXFs and BrtEndCellXFs
            0x0269 => is_cells = true,
            0x026A => is_cells = false,
            // BrtXF
            0x2F if is_cells => {
                let format = number_16(body, 2).and_then(|id| formats.get(&id).cloned().or_else(|| own_format(id)));
                out.extend(format.map(|format| (at, format)));
                at += 1;
            }
            _ => {}
        }
    }
    out
}

/// Returns the id of the part of a sheet, as `workbook.bin` says it.
pub(super) fn part_id(sheet: &str, book: &[u8]) -> Option<String> {
    records(book).filter(|(kind, _)| *kind == 0x9C).find_map(|(_, body)| {
        let (id, rest) = wide_text(body.get(8..)?)?;
        (wide_text(rest)?.0 == sheet).then_some(id)
    })
}

/// A cell of a binary sheet.
#[derive(Debug, PartialEq)]
pub(super) enum BiffCell {
    /// One that the library reads as well, and what it shows if that is not its value.
    Read(Option<String>),
    /// One that it skips: its row, its column and its text.
    Skipped(u32, u32, String),
    /// One of a kind that is not read.
    Short,
}

/// The cells of a binary sheet.
pub(super) struct BiffSheet {
    bytes: Vec<u8>,
    at: usize,
    row: u32,
    styles: BTreeMap<usize, NumberFormat>,
}

impl BiffSheet {
    /// Begins before the first cell of a sheet.
    pub fn new(bytes: Vec<u8>, styles: BTreeMap<usize, NumberFormat>) -> Self {
        let mut sheet = Self { bytes, at: 0, row: 0, styles };
        // BrtBeginSheetData
        while sheet.next_record().is_some_and(|(kind, _)| kind != 0x91) {}
        sheet
    }

    fn next_record(&mut self) -> Option<(u16, Range<usize>)> {
        let (kind, body) = record(&self.bytes, self.at)?;
        self.at = body.end;
        Some((kind, body))
    }

    /// Returns the next cell that holds anything.
    pub fn next_cell(&mut self) -> Option<BiffCell> {
        loop {
            let begin = self.at;
            let (kind, body) = self.next_record()?;
            let body = &self.bytes[body];
            match kind {
                0 => self.row = number_32(body, 0).filter(|row| *row <= ROWS)?,
                2 | 5 | 9 => {
                    let format = style(body).and_then(|style| self.styles.get(&style));
                    return Some(BiffCell::Read(
                        format.zip(number(kind, body)).and_then(|(shape, value)| shape.shown(value)),
                    ));
                }
                3 | 4 | 6..=8 | 0x0A => return Some(BiffCell::Read(None)),
                FORMULA_ERROR => {
                    let text = body.get(8).map_or(UNKNOWN, |code| error(*code)).to_owned();
                    return Some(BiffCell::Skipped(self.row, number_32(body, 0)?, text));
                }
                RICH_TEXT => {
                    let (text, _) = body.get(9..).and_then(wide_text)?;
                    return Some(BiffCell::Skipped(self.row, number_32(body, 0)?, text));
                }
                // BrtEndSheetData
                0x92 => {
                    self.at = begin;
                    return None;
                }
                kind if is_short(kind) => return Some(BiffCell::Short),
                _ => {}
            }
        }
    }

    /// Returns the merged cells, which follow the last cell.
    pub fn merged(&self) -> Vec<MergedCells> {
        let corners = |body: &[u8]| {
            let [first, last, left, right] = [0, 4, 8, 12].map(|at| number_32(body, at));
            Some(MergedCells { start: (first?, left?), end: (last?, right?) })
        };
        let following = records(&self.bytes[self.at..]);
        following.filter(|(kind, _)| *kind == MERGED).filter_map(|(_, body)| corners(body)).collect()
    }
}

/// Returns the style of a cell: three bytes after its column.
fn style(cell: &[u8]) -> Option<usize> {
    Some(number_32(cell, 4)? as usize & 0x00FF_FFFF)
}

/// Returns the number of a cell: four bytes in a form of their own, or eight.
fn number(kind: u16, cell: &[u8]) -> Option<f64> {
    if kind != 2 {
        return Some(f64::from_le_bytes(cell.get(8..16)?.try_into().ok()?));
    }
    let packed = number_32(cell, 8)?;
    let value = match packed & 2 {
        0 => f64::from_bits(u64::from(packed & !3) << 32),
        _ => f64::from(packed.cast_signed() >> 2),
    };
    Some(if packed & 1 == 1 { value / 100.0 } else { value })
}

/// An error without a name of its own.
const UNKNOWN: &str = "#ERROR!";

/// Returns the text of an error.
fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#DATA!",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_each_form() {
        let packed = |value: u32| [&[0; 8][..], &value.to_le_bytes()].concat();
        assert_eq!(number(2, &packed(5 << 2 | 2)), Some(5.0));
        assert_eq!(number(2, &packed(((-5i32) << 2).cast_unsigned() | 2)), Some(-5.0));
        assert_eq!(number(2, &packed(1234 << 2 | 3)), Some(12.34));
        assert_eq!(number(2, &packed((2.5f64.to_bits() >> 32) as u32)), Some(2.5));
        assert_eq!(number(5, &[&[0; 8][..], &0.1f64.to_le_bytes()].concat()), Some(0.1));
        assert_eq!([number(2, &[0; 9]), number(9, &[0; 15])], [None, None]);
    }

    #[test]
    fn what_is_cut_ends_a_sheet() {
        let all = [0x91, 0x01, 0, 0, 4, 7, 0, 0, 0, 11, 9, 2, 0, 0, 0, 0, 0, 0, 0, 0x2A, 0x92, 0x01, 0];
        for end in 0..all.len() {
            let mut sheet = BiffSheet::new(all[..end].to_vec(), BTreeMap::new());
            while sheet.next_cell().is_some() {}
            assert_eq!(sheet.merged(), []);
        }
        let mut sheet = BiffSheet::new(all.to_vec(), BTreeMap::new());
        assert_eq!(sheet.next_cell(), Some(BiffCell::Skipped(7, 2, "#N/A".to_owned())));
        assert_eq!(sheet.next_cell(), None);
        assert_eq!(wide_text(&[0xFF; 8]), None);
    }

    /// Any byte of a sheet, of its styles and of the list of sheets may be another one.
    #[test]
    fn what_is_damaged_is_read_or_ends() {
        let text = |text: &str| -> Vec<u8> {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            [&(units.len() as u32 / 2).to_le_bytes()[..], &units].concat()
        };
        let record = |kind: &[u8], body: &[u8]| [kind, &[body.len() as u8], body].concat();
        let cell = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &5f64.to_le_bytes()].concat();
        let sheet = [
            record(&[0x91, 1], &[]),
            record(&[0], &[0; 17]),
            record(&[5], &cell),
            record(&[2], &[1, 0, 0, 0, 0, 0, 0, 0, 22, 0, 0, 0]),
            record(&[0x3E], &[&[0; 9][..], &text("KHM")].concat()),
            record(&[11], &[&[0; 8][..], &[0x2A, 0, 0]].concat()),
            record(&[0x92, 1], &[]),
            record(&[0xB0, 1], &[0; 16]),
        ];
        let styles = [
            record(&[0x2C], &[&[164, 0][..], &text("\"<\"0")].concat()),
            record(&[0xE9, 4], &[1, 0, 0, 0]),
            record(&[0x2F], &[0, 0, 164, 0, 0, 0]),
        ];
        let book = record(&[0x9C, 1], &[&[0; 8][..], &text("rId1"), &text("Cases")].concat());
        assert_eq!(part_id("Cases", &book).as_deref(), Some("rId1"));
        let known = formats(&styles.concat());
        let cells = |sheet: Vec<u8>| {
            let mut sheet = BiffSheet::new(sheet, known.clone());
            let cells: Vec<BiffCell> = std::iter::from_fn(|| sheet.next_cell()).collect();
            (cells, sheet.merged().len())
        };
        let read = |text: &str| BiffCell::Read(Some(text.to_owned()));
        let skipped = |text: &str| BiffCell::Skipped(0, 0, text.to_owned());
        assert_eq!(cells(sheet.concat()), (vec![read("<5"), read("<5"), skipped("KHM"), skipped("#N/A")], 1));
        for part in [sheet.concat(), styles.concat(), book] {
            for at in 0..part.len() {
                for byte in 0..=u8::MAX {
                    let mut part = part.clone();
                    part[at] = byte;
                    let _ = (part_id("Cases", &part), formats(&part));
                    assert!(cells(part).0.len() < 99);
                }
            }
        }
    }
}
