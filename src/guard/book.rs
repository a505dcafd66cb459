//! Workbooks of others: their parts are unpacked once to be counted before a library reads them.
//!
//! A part states to how many bytes it unpacks, and nothing holds it to that. A list of values states how many there are, and
//! an OpenDocument sheet how often a cell and a row are repeated. The library makes room for either.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::biff::BiffScan;
use crate::limits;

/// Why a workbook is not read.
#[derive(Debug)]
pub(crate) enum WorkbookFault {
    /// It is not an archive, or a part of it is damaged.
    Damaged(ZipError),
    /// A part is larger than its limit.
    TooLarge(&'static str),
}

/// What the parts of a workbook are once they are unpacked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WorkbookParts {
    /// Bytes of all of them.
    pub unpacked: u64,
    /// Whether a binary sheet has records that the library skips.
    pub has_skipped: bool,
}

/// Checks the parts of a workbook, and returns what they are once they are unpacked.
pub(crate) fn check(bytes: &[u8]) -> Result<WorkbookParts, WorkbookFault> {
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(WorkbookFault::Damaged)?;
    if parts.len() > limits::WORKBOOK_PARTS {
        return Err(WorkbookFault::TooLarge("more than 65,536 parts"));
    }
    let max = limits::WORKBOOK_UNPACKED.min(limits::WORKBOOK_RATIO * bytes.len() as u64 + limits::WORKBOOK_FREE);
    let mut all = WorkbookParts::default();
    for at in 0..parts.len() {
        // What cannot be unpacked is an error where it is needed.
        let Ok(mut part) = parts.by_index(at) else { continue };
        let mut look = Look::of(part.name().as_deref().unwrap_or_default());
        let mut buffer = [0; 1 << 14];
        while let Ok(read @ 1..) = part.read(&mut buffer) {
            all.unpacked += read as u64;
            if all.unpacked > max {
                return Err(WorkbookFault::TooLarge("parts that unpack to far more than they should"));
            }
            look.more(&buffer[..read])?;
        }
        all.has_skipped |= look.end()?;
    }
    Ok(all)
}

/// What is looked for in a part.
enum Look {
    Nothing,
    Texts(XmlScan<TextCount>),
    Formulas(XmlScan<Formulas>),
    Cells(XmlScan<RepeatedCells>),
    Binary(BiffScan),
}

impl Look {
    fn of(name: &str) -> Self {
        // As the library compares names.
        let name = name.replace('\\', "/").to_ascii_lowercase();
        if name.ends_with("sharedstrings.xml") {
            return Self::Texts(XmlScan::default());
        }
        if name.starts_with("xl/worksheets/") && name.ends_with(".xml") {
            return Self::Formulas(XmlScan::default());
        }
        if name.starts_with("xl/worksheets/") && !name.ends_with(".rels") {
            return Self::Binary(BiffScan::default());
        }
        if name == "content.xml" { Self::Cells(XmlScan::default()) } else { Self::Nothing }
    }

    fn more(&mut self, bytes: &[u8]) -> Result<(), WorkbookFault> {
        match self {
            Self::Nothing => Ok(()),
            Self::Texts(scan) => scan.more(bytes),
            Self::Formulas(scan) => scan.more(bytes),
            Self::Cells(scan) => scan.more(bytes),
            Self::Binary(scan) => {
                scan.more(bytes);
                Ok(())
            }
        }
    }

    /// Returns whether the part has records that the library skips.
    fn end(self) -> Result<bool, WorkbookFault> {
        match self {
            Self::Nothing => {}
            Self::Texts(scan) => scan.tags.end(scan.bytes)?,
            Self::Formulas(scan) => scan.tags.end(scan.bytes)?,
            Self::Cells(scan) => scan.tags.end(scan.bytes)?,
            Self::Binary(scan) => return Ok(scan.has_skipped),
        }
        Ok(false)
    }
}

/// The tags of a text in XML, with the bytes up to the next one.
#[derive(Default)]
struct XmlScan<T> {
    tags: T,
    bytes: u64,
    /// The beginning of the tag that is not finished, without its bracket.
    open: Option<Vec<u8>>,
    /// Bytes since that bracket.
    span: u64,
}

/// Bytes of a tag that are looked at: the attributes of a cell are fewer.
const TAG: usize = 1 << 12;

trait Tags {
    /// Takes a tag and what follows it, up to the next bracket.
    fn tag(&mut self, tag: &[u8], span: u64) -> Result<(), WorkbookFault>;
}

impl<T: Tags> XmlScan<T> {
    fn more(&mut self, mut bytes: &[u8]) -> Result<(), WorkbookFault> {
        self.bytes += bytes.len() as u64;
        loop {
            let bracket = memchr::memchr(b'<', bytes);
            let piece = &bytes[..bracket.unwrap_or(bytes.len())];
            self.span += piece.len() as u64;
            if let Some(open) = &mut self.open {
                let room = TAG - open.len();
                open.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            let Some(at) = bracket else { return Ok(()) };
            if let Some(open) = &self.open {
                self.tags.tag(open, self.span)?;
            }
            let mut open = self.open.take().unwrap_or_default();
            open.clear();
            (self.open, self.span) = (Some(open), 0);
            bytes = &bytes[at + 1..];
        }
    }
}

/// The number that an attribute holds: `None` where the tag lacks it.
fn attribute(tag: &[u8], name: &[u8]) -> Option<Result<u64, WorkbookFault>> {
    let at = memchr::memmem::find(tag, name)? + name.len();
    let rest = tag[at..].trim_ascii_start();
    let rest = rest.strip_prefix(b"=").map(<[u8]>::trim_ascii_start).and_then(|rest| rest.get(1..)).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_ended = rest.get(digits).is_some_and(|byte| matches!(byte, b'"' | b'\''));
    let number = std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse().ok());
    Some(number.filter(|_| is_ended).ok_or(WorkbookFault::TooLarge("a number of repetitions that is none")))
}

/// The number of values that a list states.
#[derive(Default)]
struct TextCount(u64);

impl Tags for TextCount {
    fn tag(&mut self, tag: &[u8], _span: u64) -> Result<(), WorkbookFault> {
        if let Some(Ok(count)) = attribute(tag, b"uniqueCount") {
            self.0 = self.0.max(count);
        }
        Ok(())
    }
}

impl TextCount {
    /// Refuses a list of more values than fit. A value takes five bytes or more.
    fn end(self, bytes: u64) -> Result<(), WorkbookFault> {
        if self.0 > bytes { Err(WorkbookFault::TooLarge("a list of fewer texts than it says")) } else { Ok(()) }
    }
}

/// The largest number of a shared formula: room is made for all up to it.
#[derive(Default)]
struct Formulas(u64);

impl Tags for Formulas {
    fn tag(&mut self, tag: &[u8], _span: u64) -> Result<(), WorkbookFault> {
        let name = tag.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b':').unwrap_or(tag.len());
        if (tag[..name].ends_with(b":f") || tag[..name] == *b"f")
            && let Some(Ok(number)) = attribute(&tag[name..], b"si")
        {
            self.0 = self.0.max(number);
        }
        Ok(())
    }
}

impl Formulas {
    /// Refuses more shared formulas than fit. One takes 32 bytes or more.
    fn end(self, bytes: u64) -> Result<(), WorkbookFault> {
        let max = limits::SHARED_FORMULAS + bytes / 32;
        if self.0 > max { Err(WorkbookFault::TooLarge("fewer formulas than it numbers")) } else { Ok(()) }
    }
}

/// What an OpenDocument sheet takes in memory.
#[derive(Default)]
struct RepeatedCells {
    /// Rows up to the last one that holds anything, and with those after it.
    rows: [u64; 2],
    /// Cells of the open row likewise.
    cells: [u64; 2],
    /// How often the open row and the open cell are repeated.
    repeated: u64,
    times: u64,
    widest: u64,
    /// Bytes of the cells of all rows, and of the open one.
    weights: [u64; 2],
    /// The largest rectangle of a sheet so far.
    largest: u64,
}

/// What a cell costs aside of its text.
const CELL: u64 = 64;

impl Tags for RepeatedCells {
    fn tag(&mut self, tag: &[u8], span: u64) -> Result<(), WorkbookFault> {
        let repeated = |name: &[u8]| attribute(tag, name).unwrap_or(Ok(1));
        if tag.starts_with(b"table:table-row") {
            self.end_row();
            self.repeated = repeated(b"number-rows-repeated")?;
        } else if tag.starts_with(b"table:table-cell") || tag.starts_with(b"table:covered-table-cell") {
            let times = repeated(b"number-columns-repeated")?.min(limits::SHEET_COLUMNS.into());
            self.cells[1] = self.cells[1].saturating_add(times);
            let head = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
            let has = |name: &[u8]| memchr::memmem::find(head, name).is_some();
            if has(b"office:") || has(b"calcext:") || has(b"formula") || head.len() == TAG {
                self.cells[0] = self.cells[1];
                self.weights[1] = self.weights[1].saturating_add(times.saturating_mul(CELL + span));
            }
            self.times = times;
        } else if tag.starts_with(b"/table:table-row") {
            self.end_row();
        } else if tag.starts_with(b"table:table ") || tag.starts_with(b"/table:table>") {
            self.end_sheet();
        } else {
            // The text of a cell is in tags of its own.
            self.weights[1] = self.weights[1].saturating_add(span.saturating_mul(self.times));
        }
        Ok(())
    }
}

impl RepeatedCells {
    fn end_row(&mut self) {
        self.rows[1] = self.rows[1].saturating_add(self.repeated);
        if self.cells[0] > 0 {
            self.rows[0] = self.rows[1];
            self.widest = self.widest.max(self.cells[0]);
            self.weights[0] = self.weights[0].saturating_add(self.weights[1].saturating_mul(self.repeated.max(1)));
        }
        (self.cells, self.weights[1], self.repeated, self.times) = ([0, 0], 0, 0, 0);
    }

    fn end_sheet(&mut self) {
        self.end_row();
        self.largest = self.largest.max(self.rows[0].saturating_mul(self.widest));
        (self.rows, self.widest) = ([0, 0], 0);
    }

    fn end(mut self, bytes: u64) -> Result<(), WorkbookFault> {
        self.end_sheet();
        if self.largest > limits::SHEET_CELLS + bytes / limits::SHEET_BYTES_A_CELL
            || self.weights[0] > limits::SHEET_FREE + limits::SHEET_RATIO * bytes
        {
            return Err(WorkbookFault::TooLarge("cells that are repeated more often than they should"));
        }
        Ok(())
    }
}
