//! Runs of whole records, as they are handed to `validate`.

use std::sync::Arc;

use serde::Serialize;

use crate::confidential::confidential;
use crate::finding::{Finding, Place, Rule, ShownCell};

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
    /// One physical line that is not a record, with the rule that it breaks, as far as it was kept.
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

impl RawBatch {
    /// Returns rows of cells, written as records with commas and quotation marks.
    pub(super) fn of_cells(bytes: Vec<u8>, line: u64, lines: usize, notes: Vec<Note>) -> Self {
        Self {
            content: Content::Records(bytes),
            line,
            byte: 0,
            form: Form::Delimited(b','),
            lines,
            partial: false,
            notes,
            quoted: true,
            lone_cr: true,
        }
    }
}

confidential!(RawBatch);

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
    /// Returns whether every line that was read is in one of the parts.
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
        Finding::new(self.rule, place, None, Some(ShownCell::LastLine(self.last)))
    }
}
