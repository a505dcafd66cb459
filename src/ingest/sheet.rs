//! Sheets of workbooks: Excel (`.xlsx`, `.xlsm`, `.xlsb`) and OpenDocument (`.ods`).
//!
//! A workbook is read into memory, because its format allows nothing else; the largest sheet has a million rows. Its
//! rows are handed on as delimited text, one physical line each, so that a place names the row of the sheet.
//!
//! A damaged workbook can hold two rows of one number. Both are read, and that is a finding: a spreadsheet shows one of
//! them. In OpenDocument rows have no numbers, so there it cannot happen.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::Arc;

use calamine::{Cell, Data, DataRef, Reader, SheetType, SheetVisible, Sheets, open_workbook_auto_from_rs};

use super::as_text::{SPREADSHEET, boolean, number, without_midnight};
use super::batch::{Lines, Note, RawBatch};
use super::biff::BiffCell;
use super::rows::{Room, SheetRow, SheetRows};
use super::shown::{BookLooks, MergedCells, MergedSpan, table_in};
use super::sniff;
use super::sniff::RequiredColumns;
use crate::error::{Error, Result, suggest};
use crate::finding::Rule;
use crate::guard::{book, guarded};
use crate::limits;

/// The first number for which the calendars of spreadsheets have no day.
const END_OF_DAYS: f64 = 2_957_004.0;

/// Rows of a batch.
const ROWS: usize = 8192;

/// One sheet of a workbook: its rows that hold anything, by their number.
pub struct SheetSource {
    pub(super) sheet: String,
    /// Other sheets that hold anything, and hidden ones with headings of the layout and rows below them.
    unread: Vec<String>,
    /// Merged cells of OpenDocument.
    pub(super) merged: Vec<MergedSpan>,
    /// Those of a binary workbook of Excel.
    pub(super) merged_cells: Vec<MergedCells>,
    /// Cells that the file has and that hold no value.
    pub(super) empty: BTreeSet<(u32, u32)>,
    pub(super) rows: Vec<SheetRow>,
    pub(super) header: Vec<String>,
    /// The row above the header, which may hold the headings of groups.
    above: Vec<String>,
    banner: u64,
    pub(super) next: usize,
    lines: Lines,
    /// Rows that bear the number of another one, as far as no batch has brought them.
    pub(super) notes: Vec<Note>,
    digest: String,
}

/// A sheet that is read.
struct SheetRequest<'a> {
    name: &'a str,
    /// The workbook, for messages.
    place: &'a str,
    digest: &'a str,
    required: &'a RequiredColumns<'a>,
    /// So many rows are read at most.
    largest: usize,
}

/// A workbook, and what its cells show.
pub(super) struct Workbook {
    pub sheets: Sheets<Cursor<Arc<[u8]>>>,
    looks: BookLooks,
}

impl SheetSource {
    /// Finds the sheet and its header.
    ///
    /// # Errors
    /// The file is not a workbook, is protected by a password, is too large, has no such sheet or several with the header, or
    /// names a column twice.
    pub fn new(
        input: Box<dyn Read + Send>,
        place: &str,
        sheet: Option<&str>,
        required: &RequiredColumns<'_>,
    ) -> Result<Self> {
        guarded(|| Self::open(input, place, sheet, required)).unwrap_or_else(|| {
            Err(Error::refused("file/not-text", "the workbook is damaged")
                .at(place)
                .hint("open it in a spreadsheet and save it again, or save the sheet as CSV in UTF-8"))
        })
    }

    fn open(
        input: Box<dyn Read + Send>,
        place: &str,
        sheet: Option<&str>,
        required: &RequiredColumns<'_>,
    ) -> Result<Self> {
        let mut bytes = Vec::new();
        let problem = |cause| crate::files::failure("read the file", place.as_ref(), cause);
        input.take(limits::WORKBOOK + 1).read_to_end(&mut bytes).map_err(problem)?;
        let too_large = |what: &str| {
            Error::refused("file/too-large", format!("the workbook holds {what}"))
                .at(place)
                .hint("save the sheet as CSV in UTF-8")
        };
        if bytes.len() as u64 > limits::WORKBOOK {
            return Err(too_large("more than a gibibyte"));
        }
        let unreadable = || {
            Error::refused("file/not-text", "the file is a ZIP file, and no workbook that can be read")
                .at(place)
                .hint("take away its password, or save the sheet as CSV in UTF-8")
        };
        // A few megabytes can unpack to more than any memory holds.
        let parts = book::check(&bytes).map_err(|fault| match fault {
            book::WorkbookFault::Damaged(cause) => unreadable().because(cause),
            book::WorkbookFault::TooLarge(what) => too_large(what),
        })?;
        let mut room = Room::of(parts.unpacked);
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let bytes: Arc<[u8]> = Arc::from(bytes);
        let looks = BookLooks::of(Arc::clone(&bytes), &parts).map_err(|cause| unreadable().because(cause))?;
        let book = open_workbook_auto_from_rs(Cursor::new(Arc::clone(&bytes)));
        let book = book.map_err(|cause| match table_in(&bytes) {
            Some(name) => Error::refused("file/not-text", "the file is a ZIP file, which holds other files")
                .at(place)
                .with("found", format!("`{name}`"))
                .hint("unpack it, and name the file that is in it"),
            None => unreadable().because(cause),
        })?;
        let mut book = Workbook { sheets: book, looks };
        let visible: Vec<String> = book
            .sheets
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect();
        let all: Vec<String> = book
            .sheets
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect();
        let chosen = match sheet {
            None => visible.clone(),
            Some(required) => {
                let names = book.sheets.sheet_names();
                if !names.iter().any(|name| name == required) {
                    let known: Vec<_> = names.iter().map(String::as_str).collect();
                    return Err(Error::refused("file/not-text", format!("the workbook has no sheet `{required}`"))
                        .at(place)
                        .hint(suggest(required, &known)));
                }
                vec![required.to_owned()]
            }
        };
        let mut sources = Vec::new();
        let request = |name, largest| SheetRequest { name, place, digest: &digest, required, largest };
        for name in &chosen {
            sources.extend(Self::read(&mut book, &request(name.as_str(), usize::MAX), &mut room)?);
        }
        let names = sniff::ColumnNames::new(required);
        let known = |source: &Self| names.known(&source.header);
        let fits = |source: &&Self| known(source) > 1 && names.all_required(&source.header);
        let has_rows = |source: &Self| source.rows.len() > source.next;
        let fitting = sources.iter().filter(fits).filter(|source| has_rows(source)).count();
        if fitting > 1 {
            return Err(Error::refused("file/several-sheets", "several sheets of the workbook have the header")
                .at(place)
                .with("found", format!("{fitting} sheets"))
                .hint("name one with `--sheet` or `sheet` in the run file, and give the workbook once for each"));
        }
        // Where no layout is named, a table differs from a cover by its size as well.
        let size = |source: &Self| if required.required.is_empty() { source.size() } else { 0 };
        let rank = |source: &Self| (fits(&source), has_rows(source), known(source), size(source));
        let best = sources.iter().enumerate().rev().max_by_key(|(_, source)| rank(source));
        let Some((best, _)) = best else {
            return Err(Error::refused("file/empty", "the workbook is empty: there is not even a header")
                .at(place)
                .hint("make the export again, or take the file out of the run"));
        };
        let mut source = sources.remove(best);
        let mut unread: Vec<String> = Vec::new();
        for other in sources.iter().filter(|other| has_rows(other) || known(other) < 2) {
            if sheet.is_none() && other.is_as_wide_as(source.header.len()) {
                return Err(Error::refused("file/several-sheets", "another sheet has rows as wide as the table")
                    .at(format!("{place}, sheet `{}`", other.sheet))
                    .with("read", format!("the sheet `{}`", source.sheet))
                    .hint("if they are records, give the sheet the header, and read the workbook once for each sheet")
                    .hint(format!("if they are none, name the sheet to read: `--sheet '{}'`", source.sheet)));
            }
            unread.push(other.sheet.clone());
        }
        for name in all.iter().filter(|name| !chosen.contains(name)) {
            // The first rows are enough. A sheet that cannot be read has none.
            let first = request(name.as_str(), sniff::LOOKED_AT + 1);
            let first = Self::read(&mut book, &first, &mut room).unwrap_or_default();
            // What is out of sight is mostly a list of codes.
            let is_listed =
                |other: &Self| has_rows(other) && known(other) > 1 || visible.contains(name) && known(other) < 2;
            unread.extend(first.filter(is_listed).map(|other| other.sheet));
        }
        for (index, name) in source.header.iter().enumerate() {
            if !name.is_empty() && source.header[..index].contains(name) {
                return Err(Error::refused("file/repeated-column", "two columns have the same name")
                    .at(format!("{place}, sheet `{}`, column {}", source.sheet, index + 1))
                    .hint("rename or remove one of them"));
            }
        }
        unread.retain(|name| *name != source.sheet);
        source.unread = unread;
        source.note_merged(&mut book);
        source.note_formulas(&mut book);
        source.notes.sort_by_key(|note| note.line);
        Ok(source)
    }

    /// The cells of the rows that are as wide as the header, where that has two headings at least.
    fn size(&self) -> usize {
        let headings = self.header.iter().filter(|heading| !heading.is_empty()).count();
        let rows = self.rows.iter().skip(self.next).filter(|row| 2 * row.filled() > headings).count();
        if headings > 1 { rows * headings } else { 0 }
    }

    /// Returns whether a row may be a record of a table with so many columns: its cells are as far apart, and most are filled.
    fn is_as_wide_as(&self, columns: usize) -> bool {
        columns > 2 && self.rows.iter().any(|row| row.width() >= columns && 2 * row.filled() > columns)
    }

    /// Returns whether a row holds anything.
    pub(super) fn is_record(&self, row: u32) -> bool {
        self.rows.binary_search_by_key(&row, |row| row.number).is_ok()
    }

    /// Returns whether a cell holds anything.
    pub(super) fn is_filled(&self, (row, column): (u32, u32)) -> bool {
        self.rows.binary_search_by_key(&row, |row| row.number).is_ok_and(|at| self.rows[at].is_filled(column))
    }

    /// The rows of a sheet, or the first ones; none where it is empty.
    fn read(book: &mut Workbook, request: &SheetRequest<'_>, room: &mut Room) -> Result<Option<Self>> {
        let &SheetRequest { name, place, digest, required, largest } = request;
        let unreadable = || Error::refused("file/not-text", "a sheet of the workbook cannot be read").at(place);
        let problem = |cause: calamine::Error| unreadable().because(cause);
        // Cell by cell: a stray one far away would otherwise cost the memory of all between, and one of two rows with the
        // same number would be lost.
        let full = || {
            Error::refused("file/too-large", "the workbook holds cells that take far more memory than its size")
                .at(place)
                .hint("save the sheet as CSV in UTF-8")
        };
        let mut rows = SheetRows::new(room);
        let mut merged_cells = Vec::new();
        let looks = book.looks.shown(name);
        let binary = book.looks.binary(name);
        let shown = |row, column, value: &Data| looks.texts.get(row, column).map_or_else(|| text(value), str::to_owned);
        let add = |rows: &mut SheetRows<'_>, cell: &Cell<DataRef<'_>>| {
            let (row, column) = cell.get_position();
            let added = match cell.get_value() {
                DataRef::Empty => rows.add_empty(row, column),
                value => rows.add(row, column, shown(row, column, &Data::from(value.clone()))),
            };
            added.ok_or_else(full)
        };
        match &mut book.sheets {
            Sheets::Xlsx(book) => {
                let problem = |cause: calamine::XlsxError| problem(cause.into());
                let mut reader = book.worksheet_cells_reader(name).map_err(problem)?;
                while rows.len() <= largest
                    && let Some(cell) = reader.next_cell().map_err(problem)?
                {
                    add(&mut rows, &cell)?;
                }
            }
            Sheets::Xlsb(book) => {
                let mut binary = binary.map_err(|cause| unreadable().because(cause))?;
                let problem = |cause: calamine::XlsbError| problem(cause.into());
                let mut reader = book.worksheet_cells_reader(name).map_err(problem)?;
                while rows.len() <= largest {
                    // What the library skips comes before the cell that it reads next.
                    let mut shown = None;
                    while let Some(binary) = &mut binary {
                        match binary.next_cell() {
                            Some(BiffCell::Skipped(row, column, text)) => {
                                rows.add(row, column, text).ok_or_else(full)?
                            }
                            Some(BiffCell::Short) => return Err(short_cells(place)),
                            Some(BiffCell::Read(text)) => {
                                shown = text;
                                break;
                            }
                            None => break,
                        }
                    }
                    let Some(cell) = reader.next_cell().map_err(problem)? else { break };
                    match shown {
                        Some(text) => rows.add(cell.get_position().0, cell.get_position().1, text).ok_or_else(full)?,
                        None => add(&mut rows, &cell)?,
                    }
                }
                merged_cells = binary.map(|binary| binary.merged()).unwrap_or_default();
            }
            book => {
                let range = book.worksheet_range(name).map_err(problem)?;
                let (top, left) = range.start().unwrap_or_default();
                for (row, column, value) in range.used_cells() {
                    let (row, column) = (top + row as u32, left + column as u32);
                    rows.add(row, column, shown(row, column, value)).ok_or_else(full)?;
                }
            }
        }
        let (rows, empty) = rows.sorted();
        let first: Vec<Vec<String>> = rows.iter().take(sniff::LOOKED_AT).map(SheetRow::texts).collect();
        let at = sniff::header(&first, required);
        let Some(mut header) = first.get(at).cloned() else { return Ok(None) };
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        let above = at.checked_sub(1).map(|above| first[above].clone()).unwrap_or_default();
        let (sheet, digest) = (name.to_owned(), digest.to_owned());
        let repeated = rows.windows(2).filter(|pair| pair[0].number == pair[1].number);
        let repeated = repeated.map(|pair| u64::from(pair[1].number) + 1);
        let rule = Rule::named("record/repeated-row");
        let notes: Vec<_> = repeated.map(|line| Note { rule, line, last: line, byte: 0 }).collect();
        let last = rows.last().map_or(0, |last| u64::from(last.number) + 1);
        let (read, filled) = (last + notes.len() as u64, rows.len() as u64);
        let lines = Lines { read, titles: at as u64, header: 1, blank: read - filled, ..Lines::default() };
        Ok(Some(Self {
            sheet,
            unread: Vec::new(),
            merged: looks.merged,
            merged_cells,
            empty,
            rows,
            header,
            above,
            banner: at as u64,
            next: at + 1,
            lines,
            notes,
            digest,
        }))
    }

    /// Headings, without spaces around them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The row above the header.
    pub fn above(&self) -> &[String] {
        &self.above
    }

    /// The number of the row of the header, counted from 1.
    pub fn header_line(&self) -> u64 {
        self.rows.get(self.banner as usize).map_or(1, |row| u64::from(row.number) + 1)
    }

    /// What the rows hold that are no records, and how many there are.
    pub fn lines(&self) -> Lines {
        self.lines
    }

    /// Rows that bear the number of another one, as far as no batch has brought them.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How many rows stand above the header.
    pub fn banner(&self) -> u64 {
        self.banner
    }

    /// The name of the sheet.
    pub fn sheet(&self) -> &str {
        &self.sheet
    }

    /// Other sheets that hold anything, and hidden ones with headings of the layout and rows below them.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Digest of the file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The next rows as delimited text. Rows of a batch follow each other, so that lines can be counted within it.
    pub fn next_batch(&mut self) -> Option<RawBatch> {
        let start = self.next;
        let first = self.rows.get(start)?.number;
        let mut bytes = Vec::new();
        while let Some(row) = self.rows.get(self.next)
            && self.next - start < ROWS
            && bytes.len() < limits::SHEET_BATCH
            && u64::from(row.number) == u64::from(first) + (self.next - start) as u64
        {
            row.write(&mut bytes, self.header.len());
            self.next += 1;
        }
        let (line, lines) = (u64::from(first) + 1, self.next - start);
        Some(RawBatch::of_cells(bytes, line, lines, std::mem::take(&mut self.notes)))
    }
}

/// A sheet whose cells have no columns: the library would leave all but the first of each row empty.
fn short_cells(place: &str) -> Error {
    Error::refused("file/not-text", "the workbook has cells in a short form that is not read")
        .at(place)
        .hint("open it in a spreadsheet and save it as `.xlsx`, or save the sheet as CSV in UTF-8")
}

/// A number. Three decimals are written as four, because text such as `1.234` may be a number with a group of thousands.
fn typed(value: f64) -> String {
    let text = number(value, SPREADSHEET);
    let three = text.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 3);
    if three { text + "0" } else { text }
}

/// A cell as the sheet shows it, whole numbers without decimals and dates in ISO 8601, with the time where there is one.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        // An error of a formula is not an empty cell: it is not a code of any list, and so becomes a finding.
        Data::Error(error) => error.to_string(),
        Data::Float(value) => typed(*value),
        Data::Bool(value) => boolean(*value).to_owned(),
        // A number that is not a day shows as a row of signs. It may be an id.
        Data::DateTime(date) if date.is_datetime() && !(0.0..END_OF_DAYS).contains(&date.as_f64()) => {
            typed(date.as_f64())
        }
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
            // The day before the first one, which an empty cell becomes, is in no calendar. Spreadsheets show it like this.
            let is_none = date.as_f64() < 1.0 && year < 1904;
            let day = if is_none { "1900-01-00".to_owned() } else { format!("{year:04}-{month:02}-{day:02}") };
            match (hour, minute, second, milli) {
                (0, 0, 0, 0) => day,
                (.., 0) => format!("{day}T{hour:02}:{minute:02}:{second:02}"),
                _ => format!("{day}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
            }
        }
        Data::DateTimeIso(text) => without_midnight(text).to_owned(),
        other => other.to_string(),
    }
}
