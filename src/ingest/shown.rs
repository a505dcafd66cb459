//! What workbooks show and the library that reads them does not say: cells that show another text than their value, and merged
//! cells of OpenDocument. Errors of OpenDocument keep a zero as their value, and a format may show `<5` for 5.
//!
//! What cannot be understood shows its value. Entities are not expanded, but for those of XML itself.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::biff::{self, BiffSheet};
use super::excel_formats::formats;
use super::number_format::{DIGITS, NumberFormat, shows_more};
use crate::guard::book::WorkbookParts;
use crate::limits;

type WorkbookArchive = zip::ZipArchive<Cursor<Arc<[u8]>>>;

/// What a workbook says of how its cells look.
pub(super) enum BookLooks {
    /// What the sheets of OpenDocument show, by their names.
    OpenDocument(BTreeMap<String, SheetLooks>),
    /// The parts of Excel, and the styles that show more than a number.
    Excel(WorkbookArchive, BTreeMap<usize, NumberFormat>),
    /// The same of a binary workbook, and whether its sheets have cells that the library skips.
    Binary(WorkbookArchive, BTreeMap<usize, NumberFormat>, bool),
}

impl BookLooks {
    /// Reads what a workbook says.
    ///
    /// # Errors
    /// It is not an archive, or its `content.xml` cannot be unpacked.
    pub fn of(bytes: Arc<[u8]>, archive: &WorkbookParts) -> Result<Self, zip::result::ZipError> {
        let mut parts = zip::ZipArchive::new(Cursor::new(bytes))?;
        if parts.index_for_name("content.xml").is_some() {
            return Ok(Self::OpenDocument(of_open_document(&unpacked(&mut parts, "content.xml")?)));
        }
        if index_of(&parts, "xl/workbook.bin").is_some() {
            let styles = unpacked(&mut parts, "xl/styles.bin").map(|styles| biff::formats(&styles));
            return Ok(Self::Binary(parts, styles.unwrap_or_default(), archive.has_skipped));
        }
        let styles = unpacked(&mut parts, "xl/styles.xml").map(|styles| formats(&styles));
        Ok(Self::Excel(parts, styles.unwrap_or_default()))
    }

    /// Returns what a sheet shows.
    pub fn shown(&mut self, sheet: &str) -> SheetLooks {
        match self {
            Self::OpenDocument(sheets) => sheets.remove(sheet).unwrap_or_default(),
            // Few workbooks have such a style, and the sheets of others are read once.
            Self::Excel(_, styles) if styles.is_empty() => SheetLooks::default(),
            Self::Excel(parts, styles) => {
                let mut part = |name: &str| unpacked(parts, name).unwrap_or_default();
                let [book, relations] = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"].map(&mut part);
                let sheet = part_of(sheet, &book, &relations).map(|name| part(&name)).unwrap_or_default();
                SheetLooks { texts: of_excel(&sheet, styles), merged: Vec::new() }
            }
            Self::Binary(..) => SheetLooks::default(),
        }
    }

    /// Returns the cells of a binary sheet, where the library does not say all of them or they may show more than their values.
    ///
    /// # Errors
    /// The part of the sheet is missing or damaged.
    pub fn binary(&mut self, sheet: &str) -> Result<Option<BiffSheet>, zip::result::ZipError> {
        let Self::Binary(parts, styles, has_skipped) = self else { return Ok(None) };
        if styles.is_empty() && !*has_skipped {
            return Ok(None);
        }
        let [book, relations] = ["xl/workbook.bin", "xl/_rels/workbook.bin.rels"].map(|name| unpacked(parts, name));
        let target = biff::part_id(sheet, &book?).and_then(|id| target_of(&id, &relations.unwrap_or_default()));
        let sheet = unpacked(parts, &target.ok_or(zip::result::ZipError::FileNotFound)?)?;
        Ok(Some(BiffSheet::new(sheet, styles.clone())))
    }
}

/// Returns the name of a table of text within a ZIP file that is not a workbook.
pub(super) fn table_in(bytes: &[u8]) -> Option<String> {
    let parts = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let is_table = |name: &str| {
        let name = name.to_lowercase();
        !name.starts_with("xl/")
            && [".csv", ".tsv", ".txt", ".json", ".ndjson", ".xlsx", ".ods"].iter().any(|ending| name.ends_with(ending))
    };
    parts.file_names().filter_map(|name| name.ok()).find(|name| is_table(name)).map(|name| name.to_string())
}

/// Finds a part by its name, as the library does: letters in either case, and either slash.
fn index_of(parts: &WorkbookArchive, name: &str) -> Option<usize> {
    let is_same = |other: &str| other.len() == name.len() && other.replace('\\', "/").eq_ignore_ascii_case(name);
    parts.index_for_name(name).or_else(|| parts.file_names().position(|other| other.is_ok_and(|other| is_same(&other))))
}

fn unpacked(parts: &mut WorkbookArchive, name: &str) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut bytes = Vec::new();
    let index = index_of(parts, name).ok_or(zip::result::ZipError::FileNotFound)?;
    parts.by_index(index)?.take(limits::WORKBOOK_UNPACKED).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a sheet shows.
#[derive(Debug, Default)]
pub(super) struct SheetLooks {
    pub texts: ShownTexts,
    /// Merged cells of OpenDocument.
    pub merged: Vec<MergedSpan>,
}

/// Cells of Excel that are merged, from one corner to the other: row and column, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MergedCells {
    pub start: (u32, u32),
    pub end: (u32, u32),
}

/// A merged cell that holds something: its first and last row, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MergedSpan {
    pub first: u32,
    pub last: u32,
}

/// The last row of a run of equal rows, and the texts of its cells by their first and last column.
type ShownRun = (u32, Vec<(u32, u32, String)>);

/// Texts of the cells of a sheet that show something else than their value.
#[derive(Debug, Default)]
pub(super) struct ShownTexts {
    /// By the first row of each run.
    rows: BTreeMap<u32, ShownRun>,
}

impl ShownTexts {
    /// Returns the text of a cell, if it is not its value.
    pub fn get(&self, row: u32, column: u32) -> Option<&str> {
        let (_, (last, cells)) = self.rows.range(..=row).next_back()?;
        let mut cells_of_row = cells.iter().filter(|_| *last >= row);
        cells_of_row.find(|(first, last, _)| (*first..=*last).contains(&column)).map(|(.., text)| text.as_str())
    }

    fn add(&mut self, rows: [u32; 2], columns: [u32; 2], text: String) {
        let (_, cells) = self.rows.entry(rows[0]).or_insert((rows[1], Vec::new()));
        cells.push((columns[0], columns[1], text));
    }
}

/// The events of a part, up to its end or to what is no XML.
pub(super) struct Events<'a>(Reader<&'a [u8]>);

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        self.0.read_event().ok().filter(|event| !matches!(event, Event::Eof))
    }
}

impl<'a> Events<'a> {
    pub fn of(part: &'a [u8]) -> Self {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().check_end_names = false;
        Self(reader)
    }

    /// Returns the text up to the end of an element, without that of remarks; of an Excel cell, that of its value. Long texts
    /// show no number and no error.
    fn text_within(&mut self, element: &str) -> String {
        let (mut text, mut is_left_out) = (String::new(), element == "c");
        for event in self.by_ref() {
            let piece = match &event {
                Event::End(end) if end.name().0 == element || end.local_name().into_inner() == element => break,
                Event::Start(tag) => {
                    match tag.local_name().into_inner() {
                        "annotation" => is_left_out = true,
                        "v" => is_left_out = false,
                        _ => {}
                    }
                    continue;
                }
                Event::End(tag) => {
                    match tag.local_name().into_inner() {
                        "annotation" => is_left_out = false,
                        "v" => is_left_out = true,
                        _ => {}
                    }
                    continue;
                }
                Event::Empty(tag) if tag.local_name().into_inner() == "s" => " ".to_owned(),
                Event::Text(piece) => piece.xml10_content().into_owned(),
                Event::CData(piece) => piece.xml10_content().into_owned(),
                Event::GeneralRef(name) => {
                    let sign = || quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned);
                    let letter = name.resolve_char_ref().ok().flatten();
                    letter.map(String::from).or_else(sign).unwrap_or_default()
                }
                _ => continue,
            };
            if !is_left_out && text.len() <= 4 * DIGITS {
                text.push_str(&piece);
            }
        }
        text.trim_ascii().to_owned()
    }
}

/// Returns an attribute, as it was meant.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let value = tag.try_get_attribute(name).ok()??;
    value.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// Returns a number of repetitions, which is 1 where nothing is said.
fn times(tag: &BytesStart<'_>, name: &str) -> u32 {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// Reads the `content.xml` of an OpenDocument workbook, by the names of its sheets.
fn of_open_document(content: &[u8]) -> BTreeMap<String, SheetLooks> {
    let (mut all, mut sheet) = (BTreeMap::new(), String::new());
    let (mut rows, mut column) = ([0u32, 0], 0u32);
    let mut events = Events::of(content);
    while let Some(event) = events.next() {
        let (tag, is_empty) = match event {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            _ => continue,
        };
        match tag.name().0 {
            "table:table" => (sheet, rows) = (attribute(&tag, "table:name").unwrap_or_default(), [0, 0]),
            "table:table-row" => {
                (rows, column) = ([rows[1], rows[1].saturating_add(times(&tag, "table:number-rows-repeated"))], 0);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let first = column;
                column = column.saturating_add(times(&tag, "table:number-columns-repeated"));
                if is_empty {
                    continue;
                }
                let looks: &mut SheetLooks = match all.get_mut(&sheet) {
                    Some(looks) => looks,
                    None => all.entry(sheet.clone()).or_default(),
                };
                let spanned = times(&tag, "table:number-rows-spanned");
                let is_merged = spanned > 1 || times(&tag, "table:number-columns-spanned") > 1;
                if is_merged && tag.name().0 == "table:table-cell" {
                    looks.merged.push(MergedSpan { first: rows[0], last: rows[0].saturating_add(spanned - 1) });
                }
                if attribute(&tag, "office:value-type").is_none_or(|kind| kind == "string") {
                    continue;
                }
                let text = events.text_within(tag.name().0);
                let is_error = || attribute(&tag, "calcext:value-type").as_deref() == Some("error");
                let value = || attribute(&tag, "office:value")?.parse().ok();
                let text = if looks_like_error(&text) || value().is_some_and(|value| shows_more(&text, value)) {
                    text
                } else if is_error() {
                    "#ERROR!".to_owned()
                } else {
                    continue;
                };
                looks.texts.add([rows[0], rows[1] - 1], [first, column - 1], text);
            }
            _ => {}
        }
    }
    all
}

/// Finds the texts of a sheet of an Excel workbook with these styles.
fn of_excel(sheet: &[u8], styles: &BTreeMap<usize, NumberFormat>) -> ShownTexts {
    let mut out = ShownTexts::default();
    let (mut row, mut column) = (0u32, 0u32);
    let mut events = Events::of(sheet);
    while let Some(event) = events.next() {
        let (tag, is_empty) = match event {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            _ => continue,
        };
        match tag.local_name().into_inner() {
            "row" => {
                let number = attribute(&tag, "r").and_then(|text| text.parse().ok());
                (row, column) = (number.unwrap_or(row.saturating_add(1)), 0);
            }
            "c" => {
                let place = attribute(&tag, "r").and_then(|text| place(text.as_bytes()));
                (column, row) = place.unwrap_or((column.saturating_add(1), row));
                let style = attribute(&tag, "s").and_then(|text| text.parse().ok());
                let format = style.and_then(|style: usize| styles.get(&style));
                let is_number = || attribute(&tag, "t").is_none_or(|kind| kind == "n");
                let Some(format) = format.filter(|_| !is_empty && is_number()) else { continue };
                let shown = events.text_within("c").parse().ok().and_then(|value| format.shown(value));
                if let (Some(text), Some(row), Some(column)) = (shown, row.checked_sub(1), column.checked_sub(1)) {
                    out.add([row, row], [column, column], text);
                }
            }
            _ => {}
        }
    }
    out
}

fn tags(part: &[u8]) -> impl Iterator<Item = BytesStart<'_>> {
    Events::of(part).filter_map(|event| match event {
        Event::Start(tag) | Event::Empty(tag) => Some(tag),
        _ => None,
    })
}

/// Returns the part of an Excel workbook that holds a sheet.
fn part_of(sheet: &str, book: &[u8], relations: &[u8]) -> Option<String> {
    let is_sheet = |tag: &BytesStart<'_>| {
        tag.local_name().into_inner() == "sheet" && attribute(tag, "name").as_deref() == Some(sheet)
    };
    let id = tags(book).find(is_sheet).and_then(|tag| attribute(&tag, "r:id"));
    target_of(&id?, relations)
}

/// Returns the part that a relation of a workbook names.
fn target_of(id: &str, relations: &[u8]) -> Option<String> {
    let target = tags(relations).find(|tag| attribute(tag, "Id").as_deref() == Some(id));
    let target = attribute(&target?, "Target")?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

/// Returns whether a text of a number is what a spreadsheet shows where a formula found no value: `#N/A`, or `Err:502` in the
/// language of its user. `#5` may be a number in a format.
fn looks_like_error(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('#') {
        return rest.starts_with(|c: char| !c.is_ascii_digit());
    }
    let is_error = |(word, number): (&str, &str)| {
        word.len() > 1
            && word.chars().all(char::is_alphabetic)
            && number.len() == 3
            && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split_once(':').is_some_and(is_error)
}

/// Column and row of a place such as `AB12`, each counted from 1.
fn place(text: &[u8]) -> Option<(u32, u32)> {
    let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let add = |sum: u32, byte: &u8| sum.checked_mul(26)?.checked_add(u32::from(byte - b'A') + 1);
    let column = text[..letters].iter().try_fold(0u32, add)?;
    Some((column, std::str::from_utf8(&text[letters..]).ok()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_last_number_are_read() {
        let sheet = b"<row r=\"4294967295\"/><row><c s=\"1\"><v>7</v></c></row>";
        let shown = of_excel(sheet, &BTreeMap::from([(1, NumberFormat::read("00").unwrap())]));
        assert_eq!(shown.get(u32::MAX - 1, 0), Some("07"));
        assert_eq!(place(b"AB12"), Some((28, 12)));
    }

    #[test]
    fn cells_of_open_document_show_errors_and_zeros() {
        let cell = |attributes: &str, text: &str| {
            format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
        };
        let float = |value: &str, text: &str| {
            cell(&format!("office:value-type=\"float\" office:value=\"{value}\" calcext:value-type=\"float\""), text)
        };
        let row = |cells: &str| format!("<table:table-row table:number-rows-repeated=\"2\">{cells}</table:table-row>");
        let empty = "<table:table-cell table:number-columns-repeated=\"2\"/>";
        let first = row(&format!("{empty}{}{}", float("0", "#N/A"), float("7", "0007")));
        let plain =
            [float("7", "7"), float("0.5", "0.5"), float("5", "#5"), cell("office:value-type=\"string\"", "#N/A")];
        let text = format!(
            "<table:table table:name=\"A\">{first}{}{}</table:table>",
            row(&plain.concat()),
            row(&float("1", "Err:502"))
        );
        let all = of_open_document(text.as_bytes());
        let shown = &all["A"].texts;
        let get = |row, column| shown.get(row, column);
        assert_eq!(
            [get(0, 2), get(1, 2), get(1, 3), get(4, 0)],
            [Some("#N/A"), Some("#N/A"), Some("0007"), Some("Err:502")]
        );
        assert!((0..4).all(|column| get(2, column).is_none() && get(3, column).is_none()));
        assert_eq!([get(0, 0), get(6, 0)], [None, None]);
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn merged_cells_have_rows() {
        let cell = |more: &str| format!("<table:table-cell{more}><text:p>x</text:p></table:table-cell>");
        let spanned = cell(" table:number-columns-spanned=\"1\" table:number-rows-spanned=\"3\"");
        let empty = "<table:table-cell table:number-rows-spanned=\"2\"/>";
        let sheet = format!(
            "<table:table-row table:number-rows-repeated=\"2\">{plain}</table:table-row><table:table-row/>\
             <table:table-row>{plain}{empty}</table:table-row><table:table-row>{spanned}</table:table-row>",
            plain = cell("")
        );
        let content = format!(
            "<x><table:table table:name=\"A\">{sheet}</table:table><table:table table:name=\"B\"><table:table-row>{plain}\
             </table:table-row></table:table></x>",
            plain = cell("")
        );
        let all = of_open_document(content.as_bytes());
        assert_eq!(all["A"].merged, [MergedSpan { first: 4, last: 6 }]);
        assert_eq!(all["B"].merged, []);
        assert!(of_open_document(b"<table:table table:name=\"A\"><table:table-row").is_empty());
    }
}
