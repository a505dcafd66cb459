//! What validation needs to know of one file: where each field's value comes from.

use std::sync::Arc;

use super::header_rows::HeaderRows;
use super::legibility::{Legibility, ReadColumn};
use super::source::{FieldSource, Fixed, Flags, SourceKind, Take};
use crate::error::{Error, Result};
use crate::finding::{Finding, Place, Rule};
use crate::ingest::RawRecords;
use crate::schema::{Check, DateOrder, Numbers, Record, Unit};
use crate::validate::persons::PersonKey;
use crate::validate::values::{
    Answer, Answers, Conditions, Extents, IdKind, NoIds, are_met, fits, may_be_value, suspicious,
};

/// How strictly a file is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many examples of a finding are kept.
    pub samples: usize,
    /// Warnings that reject a record in this run.
    pub deny: Vec<Rule>,
    /// The key under which person ids become pseudonyms; without one no pseudonym is stored.
    pub person_key: Option<PersonKey>,
    /// Whether rejected records are kept as they stand.
    pub keep: bool,
    /// Whether records of one person become one. Then persons wait in the order of their digests, which have 128 bits.
    pub merge: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 5, deny: Vec::new(), person_key: None, keep: false, merge: false }
    }
}

/// What [`crate::validate::validate`] needs to know of one file.
#[derive(Debug)]
pub struct Plan {
    pub(crate) record: Arc<Record>,
    /// Where the fields get their values that are not the same in every record, in the order of the fields.
    pub(crate) takes: Vec<(usize, Take)>,
    /// Columns that give codes, and for each of `takes` the place of its first one.
    pub(crate) readers: Vec<ReadColumn>,
    pub(crate) first_reader: Vec<usize>,
    /// The values of a record before any of its cells is read.
    pub(crate) start: Vec<u64>,
    /// The value of a field that is the same in every record, by field.
    pub(crate) same: Vec<Option<u64>>,
    /// Fields that are stored and differ from record to record: their column and their index.
    pub(crate) varying: Vec<(usize, usize)>,
    /// The part of a row's digest that is the same in every record.
    pub(crate) digest: u64,
    /// Whether a column says how many victims a record stands for, or its figure.
    pub(crate) counts: bool,
    /// The status of published figures.
    pub(crate) status: Option<Flags>,
    /// Whether a column says who a record is about.
    pub(crate) persons: bool,
    /// Words for no id, where a column says who a record is about.
    pub(crate) no_ids: Option<Arc<NoIds>>,
    /// Rules across fields that can be broken in this file.
    pub(crate) checks: Vec<Check>,
    pub(crate) series: Vec<Fixed>,
    /// The headings, by which another header within the file is recognised.
    pub(crate) headers: HeaderRows,
    /// A row is skipped where one of these columns holds one of these texts.
    pub(crate) skip: Conditions,
    /// A row is skipped unless each of these columns holds one of these texts.
    pub(crate) only: Conditions,
    /// The conditions of the maps of a published figure, where each has one.
    pub(crate) figures: Vec<Conditions>,
    /// Of published figures, the columns that give no field and are not ignored by name.
    pub(crate) unread: Vec<usize>,
    /// Words for what those columns are, where there are any.
    pub(crate) extents: Option<Arc<Extents>>,
    pub(crate) missing: Vec<Box<[u8]>>,
    /// Words of yes/no columns, where the file has one.
    pub(crate) answers: Option<Arc<Answers>>,
    pub(crate) numbers: Numbers,
    /// The order of day and month, where the profile states one.
    pub(crate) dates: Option<DateOrder>,
    pub(crate) columns: usize,
    pub(crate) source: u32,
    pub(crate) options: Options,
    pub(crate) area: usize,
    /// The field of the time, where there is one.
    pub(crate) time: Option<usize>,
    /// Within what person ids are unique; empty where they are everywhere.
    pub(crate) person_scope: Arc<str>,
    /// Columns that the layout reads, each once.
    pub(crate) read: Vec<usize>,
    /// Columns that the layout does not know.
    pub(crate) unknown: Vec<usize>,
    /// The headings of all columns, and behind them those of absent columns that findings name.
    pub(crate) headings: Vec<String>,
    /// Findings about the header.
    pub findings: Vec<Finding>,
    /// Fields that the file does not hold: they count as not collected.
    pub absent: Vec<String>,
}

impl Plan {
    /// Refuses a file in which a column that the layout does not know looks like a direct identifier.
    ///
    /// # Errors
    /// There is such a column in the batch, which should be the first of the file.
    pub fn refuse_identifiers(&self, batch: &crate::ingest::RawBatch, place: &str) -> Result<()> {
        match suspicious(batch, &self.unknown) {
            Some((column, kind)) => Err(identifier(place, &[column], &format!("a column seems to hold {kind}"))),
            None => Ok(()),
        }
    }

    /// Hides the headings of columns that the layout does not know where they may be values, such as those of a record
    /// that is glued to the header. `first` is the first batch of the file.
    pub fn hide_headings(&mut self, first: Option<&crate::ingest::RawBatch>) {
        if self.record.unit == Unit::Figure || self.unknown.is_empty() {
            return;
        }
        let is_header = !self.read.is_empty() && first.is_some_and(|batch| fits(batch, self.columns));
        for &column in &self.unknown {
            if !is_header || may_be_value(&self.headings[column]) {
                self.headings[column].clear();
            }
        }
    }

    /// Returns whether `1.000` may be one or a thousand: the record type has decimals, and the profile names no mark of thousands.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.numbers.thousands.is_none() && self.record.decimals() > 0
    }

    /// Returns the answer of a cell of a yes/no column, and whether its text had to be repaired.
    pub(crate) fn answer(&self, cell: &[u8]) -> Option<(Answer, bool)> {
        self.answers.as_ref()?.get(cell)
    }

    /// Returns whether a cell is empty, or a word for missing of the profile.
    #[inline]
    fn is_no_id_here(&self, cell: &[u8]) -> bool {
        cell.is_empty() || self.missing.iter().any(|text| **text == *cell)
    }

    /// Returns whether no map of the figure applies to a row. It is a row of another table: as a figure that is missing it would
    /// hide that of its cell.
    pub(crate) fn has_no_figure(&self, records: &RawRecords<'_>) -> bool {
        !self.figures.is_empty() && !self.figures.iter().any(|when| are_met(when, records))
    }

    /// Returns whether a rejected record looks like a header in other words.
    pub(crate) fn is_like_header(&self, records: &RawRecords<'_>) -> bool {
        self.headers.is_like(records, &self.takes, self.answers.as_deref())
    }

    /// Returns the column of person ids.
    pub fn id_column(&self) -> Option<usize> {
        self.takes.iter().find_map(|(_, take)| if let Take::Person(column) = take { Some(*column) } else { None })
    }

    /// Returns the number of the first column that gives a field.
    pub fn column_of(&self, field: usize) -> Option<u32> {
        let sources = self.takes.iter().filter(|(taken, _)| *taken == field).filter_map(|(_, take)| match take {
            Take::Sources(sources, _) => Some(sources),
            _ => None,
        });
        let cell =
            |source: &FieldSource| if let SourceKind::Cell(cell) = &source.kind { Some(cell.column) } else { None };
        sources.flatten().find_map(cell).map(|column| column as u32 + 1)
    }

    /// Returns what a cell of the column of person ids is.
    pub(crate) fn id_kind(&self, cell: &[u8]) -> IdKind {
        if self.is_no_id_here(cell) {
            return IdKind::NoId;
        }
        self.no_ids.as_ref().map_or(IdKind::Id, |words| words.kind(cell))
    }

    /// Returns whether a cell of the column of person ids is empty or a word for no id.
    #[inline]
    pub(crate) fn is_no_id(&self, cell: &[u8]) -> bool {
        self.is_no_id_here(cell) || self.no_ids.as_ref().is_some_and(|words| words.is_no_id(cell))
    }

    /// The columns that give codes, each with the field that it gives.
    pub fn readers(&self) -> &[ReadColumn] {
        &self.readers
    }

    /// The fields that columns give, in the order in which records are counted by field.
    pub fn fields(&self) -> impl Iterator<Item = usize> {
        self.takes.iter().map(|(field, _)| *field)
    }

    /// Returns whether records stand for several persons, so that a cell can weigh more than another.
    pub fn weighs(&self) -> bool {
        self.counts && self.record.unit == Unit::Person
    }

    /// Counts of a file before anything is read.
    pub fn legibility(&self) -> Legibility {
        Legibility::new(self.readers.len(), self.takes.len())
    }

    /// The file's place among those of the run.
    pub fn source(&self) -> u32 {
        self.source
    }

    /// Returns whether one row can hold several records.
    pub fn shares_rows(&self) -> bool {
        !self.series.is_empty()
    }

    /// Returns whether a column says who a record is about.
    pub fn has_persons(&self) -> bool {
        self.persons
    }

    /// Returns whether records have person ids, and nothing of them is stored.
    pub fn names_nobody(&self) -> bool {
        self.persons && self.options.person_key.is_none()
    }

    /// Adds a finding about the file that names something else than a column, such as a sheet.
    pub fn add_finding(&mut self, rule: Rule, name: &str) {
        self.headings.push(name.to_owned());
        let place = Place { source: self.source, record: 0, line: 1, byte: 0 };
        self.findings.push(Finding::new(rule, place, Some(self.headings.len() as u32), None));
    }

    /// The headings of all columns, and behind them those of absent columns that findings name.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The heading of a column, counted from 1.
    pub fn heading(&self, column: u32) -> Option<&str> {
        self.headings.get(column as usize - 1).map(String::as_str)
    }
}

/// The refusal of a file for some of its columns.
pub(crate) fn identifier(place: &str, columns: &[usize], what: &str) -> Error {
    let numbers: Vec<_> = columns.iter().map(|column| (column + 1).to_string()).collect();
    let word = if columns.len() == 1 { "column" } else { "columns" };
    Error::refused("file/direct-identifier", format!("{what}; the file was not read"))
        .at(format!("{place}:1, {word} {}", numbers.join(", ")))
        .hint(format!(
            "remove the {word} where the file is made: names, contacts and identity numbers never leave the case system"
        ))
        .hint(format!(
            "where the {word} must stay in the file, list the headings under `[drop] columns` of a profile: then nothing of \
             them is read"
        ))
}
