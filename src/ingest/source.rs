//! A file of any format, from which batches are read.

use std::io::{Read, Seek, SeekFrom, stdin};
use std::path::Path;

use super::as_text::quote;
use super::batch::{Content, Form, Lines, Note, RawBatch};
use super::csv::CsvSource;
use super::dialect::Dialect;
use super::parquet::ParquetSource;
use super::sheet::SheetSource;
use super::sniff::{OLD_START, RequiredColumns, WORKBOOK, other_format, way_out};
use crate::error::{Error, Result};
use crate::files::{self, File};

/// A file that is read: text, a sheet of a workbook, or Parquet.
pub enum Source {
    /// Text: delimited, or one JSON object a line.
    Csv(Box<CsvSource>),
    /// A sheet.
    Sheet(Box<SheetSource>),
    /// A Parquet file.
    Parquet(Box<ParquetSource>),
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
        refuse_by_name(path)?;
        if path == Path::new("-") { Ok(Self::Stream(Box::new(stdin()))) } else { Ok(Self::File(files::open(path)?)) }
    }
}

/// Refuses files that programs leave next to those of a user, and that a pattern such as `*.xlsx` finds as well.
fn refuse_by_name(path: &Path) -> Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let (what, hint) = match () {
        () if name.starts_with("~$") => (
            "the file is the lock of a workbook that is open in Excel",
            "close the workbook, and name the workbook itself",
        ),
        () if name.starts_with(".~lock.") => {
            ("the file is the lock of a file that is open in LibreOffice", "close the file, and name the file itself")
        }
        () if name.starts_with("._") => (
            "the file is a hidden one of macOS, which holds no records",
            "name the file whose name is the rest of this one",
        ),
        () => return Ok(()),
    };
    Err(Error::refused("file/not-text", what).at(files::shown(path)).hint(hint))
}

/// How Parquet files begin.
const PARQUET: &[u8] = b"PAR1";

impl Source {
    /// Reads the header; what the file is, its first bytes say.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is of a format that is not read, or names a column twice.
    pub fn open(input: Input, place: &str, dialect: Dialect<'_>, required: &RequiredColumns<'_>) -> Result<Self> {
        let mut start = Vec::new();
        let problem = |cause| files::failure("read the file", place.as_ref(), cause);
        let input: Box<dyn Read + Send> = match input {
            Input::Stream(stream) => stream,
            Input::File(mut file) => {
                (&mut file).take(4).read_to_end(&mut start).map_err(problem)?;
                if start == PARQUET {
                    file.seek(SeekFrom::Start(0)).map_err(problem)?;
                    return ParquetSource::new(file, place, required).map(|source| Self::Parquet(Box::new(source)));
                }
                // A pipe that bears the name of a file is read once, so its first bytes are put before the rest.
                Box::new(std::io::Cursor::new(std::mem::take(&mut start)).chain(file))
            }
        };
        let mut input = input;
        input.by_ref().take(4).read_to_end(&mut start).map_err(problem)?;
        // Its bytes are not those of any text, so this is found before they are decoded.
        if let Some(format) = other_format(&start).filter(|_| start.starts_with(OLD_START)) {
            return Err(Error::refused("file/not-text", format!("the file is {format}"))
                .at(place)
                .hint(way_out(format)));
        }
        let workbook = start == WORKBOOK;
        let input: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(start).chain(input));
        if workbook {
            return SheetSource::new(input, place, dialect.sheet, required).map(|source| Self::Sheet(Box::new(source)));
        }
        CsvSource::new(input, place, dialect, required).map(|source| Self::Csv(Box::new(source)))
    }

    /// Reports the bytes that are read, where a file is read bit by bit.
    pub fn on_progress(&mut self, progress: impl FnMut(u64) + Send + 'static) {
        if let Self::Csv(source) = self {
            source.on_progress(progress);
        }
    }

    /// Headings, without spaces around them.
    pub fn header(&self) -> &[String] {
        match self {
            Self::Csv(source) => source.header(),
            Self::Sheet(source) => source.header(),
            Self::Parquet(source) => source.header(),
        }
    }

    /// What the physical lines, or rows, hold that are no records, and how many were read so far.
    pub fn lines(&self) -> Lines {
        match self {
            Self::Csv(source) => source.lines(),
            Self::Sheet(source) => source.lines(),
            Self::Parquet(source) => source.lines(),
        }
    }

    /// What was found about lines, and came with no batch because none was left.
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Csv(source) => source.notes(),
            Self::Sheet(source) => source.notes(),
            Self::Parquet(_) => &[],
        }
    }

    /// How many lines or rows stand above the header.
    pub fn banner(&self) -> u64 {
        match self {
            Self::Csv(source) => source.banner(),
            Self::Sheet(source) => source.banner(),
            Self::Parquet(_) => 0,
        }
    }

    /// The line or row above the header, which may hold the headings of groups.
    pub fn above(&self) -> &[String] {
        match self {
            Self::Csv(source) => source.above(),
            Self::Sheet(source) => source.above(),
            Self::Parquet(_) => &[],
        }
    }

    /// The line or row of the header, counted from 1.
    pub fn header_line(&self) -> u64 {
        match self {
            Self::Csv(source) => source.header_line(),
            Self::Sheet(source) => source.header_line(),
            Self::Parquet(_) => 1,
        }
    }

    /// How the text is encoded; for a workbook, which sheet it is.
    pub fn encoding(&self) -> String {
        match self {
            Self::Csv(source) => source.encoding().to_owned(),
            Self::Sheet(_) | Self::Parquet(_) => "UTF-8".to_owned(),
        }
    }

    /// How the file is compressed.
    pub fn packed(&self) -> Option<&'static str> {
        match self {
            Self::Csv(source) => source.packed(),
            Self::Sheet(_) | Self::Parquet(_) => None,
        }
    }

    /// The sheet of a workbook.
    pub fn sheet(&self) -> Option<&str> {
        match self {
            Self::Csv(_) | Self::Parquet(_) => None,
            Self::Sheet(source) => Some(source.sheet()),
        }
    }

    /// Other sheets of a workbook that hold anything, and hidden ones with headings of the layout and rows below them.
    pub fn unread_sheets(&self) -> &[String] {
        match self {
            Self::Csv(_) | Self::Parquet(_) => &[],
            Self::Sheet(source) => source.unread(),
        }
    }

    /// How records are written, as they are handed on.
    pub fn form(&self) -> Form {
        match self {
            Self::Csv(source) => source.form().clone(),
            Self::Sheet(_) | Self::Parquet(_) => Form::Delimited(b','),
        }
    }

    /// Returns whether the encoding of the text was guessed, and it makes a difference.
    pub fn guessed(&self) -> bool {
        match self {
            Self::Csv(source) => source.guessed(),
            Self::Sheet(_) | Self::Parquet(_) => false,
        }
    }

    /// The header as a line of its own; nothing where every record bears its keys.
    pub fn header_text(&self) -> Vec<u8> {
        match self {
            Self::Csv(source) => source.header_text().to_vec(),
            Self::Sheet(_) | Self::Parquet(_) => {
                let mut line = Vec::new();
                for (at, name) in self.header().iter().enumerate() {
                    if at > 0 {
                        line.push(b',');
                    }
                    quote(&mut line, name);
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
            Self::Parquet(source) => source.digest().to_owned(),
        }
    }

    /// Returns the digest of what a compressed file unpacks to; of all of it once `next_batch` has returned `None`.
    pub fn unpacked_digest(&self) -> Option<String> {
        match self {
            Self::Csv(source) => source.unpacked_digest(),
            Self::Sheet(_) | Self::Parquet(_) => None,
        }
    }

    /// Takes back batches that are done, so that their memory is used again.
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
            Self::Parquet(source) => source.next_batch(),
        }
    }
}
