//! A file becomes raw batches with places.
//!
//! A batch is a run of whole records. Where records begin is decided here, in one pass and by one thread, with respect
//! for quotation marks; what the records say is decided by `validate`, on all threads.

mod columns;
mod csv;
mod decode;
mod ends;
mod json;
#[cfg(test)]
mod marks;
mod packed;
mod records;
mod rows;
mod sheet;
mod sniff;
mod spans;
mod split;
mod stray;
mod text;

use std::io::{Read, Seek, SeekFrom, stdin};
use std::path::Path;
use std::sync::Arc;

pub(crate) use self::csv::without_line_end;
pub use self::csv::{CsvSource, encoding};
pub use columns::ColumnsSource;
pub use records::{Block, RawRecords};
pub use sheet::SheetSource;
pub use sniff::delimiter;

use serde::Serialize;

use crate::confidential::confidential;
use crate::error::Result;
use crate::files::{self, File};
use crate::finding::{Finding, Place, Rule, Shown};

/// What to look for where the header may not be the first line.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Columns that the layout knows.
    pub columns: Vec<&'a str>,
    /// Columns without which the file is refused.
    pub required: Vec<&'a str>,
}

/// How a file is written, as far as a layout says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dialect<'a> {
    /// What separates fields.
    pub delimiter: Option<u8>,
    /// How the text is encoded.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// The sheet of a workbook; the first one that has the header, where nothing is said.
    pub sheet: Option<&'a str>,
    /// Whether lines within a quoted cell are its text even where each of them looks like a record.
    pub quoted_text: bool,
}

/// What the physical lines of a file hold, or the rows of a workbook. `read` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// Lines that were read.
    pub read: u64,
    /// Lines above the header.
    pub titles: u64,
    /// Lines of the header.
    pub header: u64,
    /// Lines of records, whatever became of them.
    pub records: u64,
    /// Lines of rows that the profile skips.
    pub skipped: u64,
    /// Lines without anything.
    pub blank: u64,
}

impl Lines {
    /// Whether every line that was read is in one of the parts.
    pub fn add_up(&self) -> bool {
        self.read == self.titles + self.header + self.records + self.skipped + self.blank
    }
}

/// An error about lines of a file that rejects no record by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// The rule that was broken.
    pub rule: Rule,
    /// The first physical line.
    pub line: u64,
    /// The last physical line.
    pub last: u64,
    /// The byte at which it begins.
    pub byte: u64,
}

impl Note {
    /// The finding in the file that is the source of this number.
    pub fn finding(&self, source: u32) -> Finding {
        let place = Place { source, record: 0, line: self.line, byte: self.byte };
        Finding::new(self.rule, place, None, Some(Shown::LastLine(self.last)))
    }
}

/// A file that is read: text, a sheet of a workbook, or columns.
pub enum Source {
    /// Text: delimited, or one JSON object a line.
    Csv(Box<CsvSource>),
    /// A sheet.
    Sheet(Box<SheetSource>),
    /// Columns.
    Columns(Box<ColumnsSource>),
}

/// Where a file comes from.
pub enum Input {
    /// A file, which can be read at any place.
    File(File),
    /// A stream, which is read once.
    Stream(Box<dyn Read + Send>),
}

impl Input {
    /// Opens the file, or standard input where the path is `-`.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") { Ok(Self::Stream(Box::new(stdin()))) } else { Ok(Self::File(files::open(path)?)) }
    }
}

/// How Parquet files begin.
const PARQUET: &[u8] = b"PAR1";

impl Source {
    /// Reads the header; what the file is, its first bytes say.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is of a format that is not read, or names a column twice.
    pub fn open(
        input: Input,
        place: &str,
        dialect: Dialect<'_>,
        wanted: &Wanted<'_>,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Self> {
        let mut start = Vec::new();
        let problem = |cause| files::failure("read the file", place.as_ref(), cause);
        let input: Box<dyn Read + Send> = match input {
            Input::Stream(stream) => stream,
            Input::File(mut file) => {
                (&mut file).take(4).read_to_end(&mut start).map_err(problem)?;
                if start == PARQUET {
                    file.seek(SeekFrom::Start(0)).map_err(problem)?;
                    return ColumnsSource::new(file, place).map(|source| Self::Columns(Box::new(source)));
                }
                // A pipe that bears the name of a file is read once, so its first bytes are put before the rest.
                Box::new(std::io::Cursor::new(std::mem::take(&mut start)).chain(file))
            }
        };
        let mut input = input;
        input.by_ref().take(4).read_to_end(&mut start).map_err(problem)?;
        let workbook = start == sniff::WORKBOOK;
        let input: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(start).chain(input));
        if workbook {
            return SheetSource::new(input, place, dialect.sheet, wanted).map(|source| Self::Sheet(Box::new(source)));
        }
        let mut source = CsvSource::new(input, place, dialect, wanted)?;
        source.on_progress(progress);
        Ok(Self::Csv(Box::new(source)))
    }

    /// Headings, without spaces around them.
    pub fn header(&self) -> &[String] {
        match self {
            Self::Csv(source) => source.header(),
            Self::Sheet(source) => source.header(),
            Self::Columns(source) => source.header(),
        }
    }

    /// What the physical lines, or rows, hold that are no records, and how many were read so far.
    pub fn lines(&self) -> Lines {
        match self {
            Self::Csv(source) => source.lines(),
            Self::Sheet(source) => source.lines(),
            Self::Columns(source) => source.lines(),
        }
    }

    /// What was found about lines, and came with no batch because none was left.
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Csv(source) => source.notes(),
            Self::Sheet(source) => source.notes(),
            Self::Columns(_) => &[],
        }
    }

    /// How many lines or rows stand above the header.
    pub fn banner(&self) -> u64 {
        match self {
            Self::Csv(source) => source.banner(),
            Self::Sheet(source) => source.banner(),
            Self::Columns(_) => 0,
        }
    }

    /// How the text is encoded; for a workbook, which sheet it is.
    pub fn encoding(&self) -> String {
        match self {
            Self::Csv(source) => source.encoding().to_owned(),
            Self::Sheet(_) | Self::Columns(_) => "UTF-8".to_owned(),
        }
    }

    /// How the file is compressed.
    pub fn packed(&self) -> Option<&'static str> {
        match self {
            Self::Csv(source) => source.packed(),
            Self::Sheet(_) | Self::Columns(_) => None,
        }
    }

    /// The sheet of a workbook.
    pub fn sheet(&self) -> Option<&str> {
        match self {
            Self::Csv(_) | Self::Columns(_) => None,
            Self::Sheet(source) => Some(source.sheet()),
        }
    }

    /// Other sheets of a workbook with headings of the layout and rows below them.
    pub fn unread_sheets(&self) -> &[String] {
        match self {
            Self::Csv(_) | Self::Columns(_) => &[],
            Self::Sheet(source) => source.unread(),
        }
    }

    /// How records are written, as they are handed on.
    pub fn form(&self) -> Form {
        match self {
            Self::Csv(source) => source.form().clone(),
            Self::Sheet(_) | Self::Columns(_) => Form::Delimited(b','),
        }
    }

    /// Whether nobody said how the text is encoded, and it makes a difference.
    pub fn guessed(&self) -> bool {
        match self {
            Self::Csv(source) => source.guessed(),
            Self::Sheet(_) | Self::Columns(_) => false,
        }
    }

    /// The header as a line of its own; nothing where every record bears its keys.
    pub fn header_text(&self) -> Vec<u8> {
        match self {
            Self::Csv(source) => source.header_text().to_vec(),
            Self::Sheet(_) | Self::Columns(_) => {
                let mut line = Vec::new();
                for (at, name) in self.header().iter().enumerate() {
                    if at > 0 {
                        line.push(b',');
                    }
                    text::quote(&mut line, name);
                }
                line
            }
        }
    }

    /// Digest of the file's bytes; of all of them once `next_batch` has returned `None`.
    pub fn digest(&self) -> String {
        match self {
            Self::Csv(source) => source.digest(),
            Self::Sheet(source) => source.digest().to_owned(),
            Self::Columns(source) => source.digest().to_owned(),
        }
    }

    /// Returns the digest of what a compressed file unpacks to; of all of it once `next_batch` has returned `None`.
    pub fn unpacked_digest(&self) -> Option<String> {
        match self {
            Self::Csv(source) => source.unpacked_digest(),
            Self::Sheet(_) | Self::Columns(_) => None,
        }
    }

    /// Takes batches back that nobody needs any more, so that their memory is used again.
    pub fn recycle(&mut self, batches: Vec<RawBatch>) {
        if let Self::Csv(source) = self {
            let bytes = batches.into_iter().filter_map(|batch| match batch.content {
                Content::Records(bytes) => Some(bytes),
                Content::Broken(..) => None,
            });
            source.recycle(bytes);
        }
    }

    /// The next run of whole records.
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>> {
        match self {
            Self::Csv(source) => source.next_batch(),
            Self::Sheet(source) => Ok(source.next_batch()),
            Self::Columns(source) => source.next_batch(),
        }
    }
}

/// How records are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A record a line, with this byte between its fields.
    Delimited(u8),
    /// A JSON object a line; these keys were seen in the first of them, in this order.
    Json(Arc<[String]>),
}

impl Form {
    /// Its name, for a report.
    pub fn name(&self) -> String {
        match self {
            Self::Delimited(delimiter) => char::from(*delimiter).to_string(),
            Self::Json(_) => "JSON".to_owned(),
        }
    }
}

/// What a raw batch holds.
#[derive(Debug)]
pub enum Content {
    /// Whole records as they stand in the source.
    Records(Vec<u8>),
    /// One physical line that is no record, with the rule that it breaks, as far as it was kept.
    Broken(Rule, Vec<u8>),
}

/// A run of whole records, and where it begins.
pub struct RawBatch {
    /// The bytes.
    pub content: Content,
    /// The physical line on which the batch begins, counted from 1.
    pub line: u64,
    /// The byte at which it begins.
    pub byte: u64,
    /// How the records are written.
    pub form: Form,
    /// How many physical lines it holds, so that room is made for as many records.
    pub lines: usize,
    /// Whether its last line has no line end, because the file ends there.
    pub partial: bool,
    /// What was found about its lines.
    pub notes: Vec<Note>,
    /// Whether it may hold a quotation mark.
    pub quoted: bool,
    /// Whether it may hold a carriage return without a line feed.
    pub lone_cr: bool,
}

confidential!(RawBatch);
