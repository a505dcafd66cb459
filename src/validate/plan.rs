//! What validation needs to know of one file: where each field's value comes from.

use std::collections::HashMap;
use std::sync::Arc;

use super::legibility::{Legibility, Reader};
use super::persons::PersonKey;
use super::values::{Answer, Answers, Extents, Lookup, When, Words, fits, may_be_value, suspicious};
use crate::error::{Error, Result};
use crate::finding::{Finding, Place, Rule};
use crate::schema::{Check, DateOrder, Numbers, Record, Unit};

/// One column that gives codes of a field.
#[derive(Debug)]
pub(super) struct Cell {
    pub column: usize,
    /// Whether a record may have several codes.
    pub set: bool,
    pub lookup: Lookup,
    /// Texts whose case, accents and punctuation make no difference.
    pub words: Option<Arc<Words>>,
    pub separators: Vec<Box<[u8]>>,
    /// The code of a yes, where the column answers yes or no: then words for no are answers, not values.
    pub yes: Option<u16>,
    /// Whether the profile names its own word for no, next to which the usual ones are answers.
    pub no: bool,
}

/// One way in which a field gets its value.
#[derive(Debug)]
pub(super) struct Source {
    pub when: When,
    pub kind: SourceKind,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum SourceKind {
    /// A column.
    Cell(Cell),
    /// Yes/no columns, each with the codes of a yes as bits.
    Flags(Vec<(usize, u64)>),
    /// The same for every record, as it is stored.
    Constant(u64),
    /// Columns with answers on a scale, and answers with their codes, the greatest last.
    Scale { columns: Vec<usize>, answers: Vec<(Box<[u8]>, u16)> },
    /// A column with the date or year of birth, and one with that of the event.
    Born { birth: usize, event: usize, ages: Lookup },
}

/// A country's own codes.
#[derive(Debug)]
pub(super) struct OwnCodes {
    /// Codes as they stand, with and without the country.
    pub lookup: Lookup,
    pub words: Words,
    /// The code of several answers, where several are allowed.
    pub several: Option<u16>,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(super) enum Take {
    /// The first source that applies and is not missing; the other value where none applies.
    Sources(Vec<Source>, u64),
    /// A column whose codes depend on the reporting area.
    Pack { column: usize, separators: Vec<Box<[u8]>>, by_area: HashMap<u16, OwnCodes>, prohibited: Vec<u16> },
    /// Columns with a number or a mask: the first that applies and is not missing.
    Number(Vec<(When, usize)>),
    /// A column with a person id.
    Person(usize),
    /// Computed from other fields.
    Derived(usize),
}

/// The status of a figure, and its flags.
#[derive(Debug)]
pub(super) struct Flags {
    /// The field of the status.
    pub field: usize,
    /// Flags that may stand in the cell of the value, with their codes.
    pub words: HashMap<Box<[u8]>, u16>,
}

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
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 5, deny: Vec::new(), person_key: None, keep: false }
    }
}

/// One column of figures, with the values that it fixes, by field.
#[derive(Debug)]
pub(super) struct Fixed {
    pub column: usize,
    pub values: Vec<Option<u64>>,
}

/// What [`crate::validate::validate`] needs to know of one file.
#[derive(Debug)]
pub struct Plan {
    pub(super) record: Arc<Record>,
    /// Where the fields get their values that are not the same in every record, in the order of the fields.
    pub(super) takes: Vec<(usize, Take)>,
    /// Columns that give codes, and for each of `takes` the place of its first one.
    pub(super) readers: Vec<Reader>,
    pub(super) first_reader: Vec<usize>,
    /// The values of a record before any of its cells is read.
    pub(super) start: Vec<u64>,
    /// The value of a field that is the same in every record, by field.
    pub(super) same: Vec<Option<u64>>,
    /// Fields that are stored and differ from record to record: their column and their index.
    pub(super) varying: Vec<(usize, usize)>,
    /// The part of a row's digest that is the same in every record.
    pub(super) digest: u64,
    /// Whether a column says how many victims a record stands for, or its figure.
    pub(super) counts: bool,
    /// The status of published figures.
    pub(super) status: Option<Flags>,
    /// Whether a column says who a record is about.
    pub(super) persons: bool,
    /// Rules across fields that can be broken in this file.
    pub(super) checks: Vec<Check>,
    pub(super) series: Vec<Fixed>,
    /// A row is skipped where one of these columns holds one of these texts.
    pub(super) skip: When,
    /// A row is skipped unless each of these columns holds one of these texts.
    pub(super) only: When,
    /// Of published figures, the columns that give no field and are not ignored by name.
    pub(super) unread: Vec<usize>,
    /// Words that tell what those columns are, where there is any.
    pub(super) extents: Option<Arc<Extents>>,
    pub(super) missing: Vec<Box<[u8]>>,
    /// Words of yes/no columns, where the file has one.
    pub(super) answers: Option<Arc<Answers>>,
    pub(super) numbers: Numbers,
    /// The order of day and month, where the profile states one.
    pub(super) dates: Option<DateOrder>,
    pub(super) columns: usize,
    pub(super) source: u32,
    pub(super) options: Options,
    pub(super) area: usize,
    /// The field of the time, where there is one.
    pub(super) time: Option<usize>,
    /// Within what person ids are unique; empty where they are everywhere.
    pub(super) person_scope: Arc<str>,
    /// Columns that the layout reads, each once.
    pub(super) read: Vec<usize>,
    /// Columns that the layout does not know.
    pub(super) unknown: Vec<usize>,
    /// The headings of all columns, and behind them those of absent columns that findings name.
    pub(super) headings: Vec<String>,
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

    /// Tells whether `1.000` may be one or a thousand: the record type has decimals, and the profile names no mark of thousands.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.numbers.thousands.is_none() && self.record.decimals() > 0
    }

    /// Returns the answer of a cell of a yes/no column, and whether its text had to be repaired.
    pub(super) fn answer(&self, cell: &[u8]) -> Option<(Answer, bool)> {
        self.answers.as_ref()?.get(cell)
    }

    /// The columns that give codes, each with the field that it gives.
    pub fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// The fields that columns give, in the order in which records are counted by field.
    pub fn fields(&self) -> impl Iterator<Item = usize> {
        self.takes.iter().map(|(field, _)| *field)
    }

    /// Tells whether records stand for several persons, so that a cell can weigh more than another.
    pub fn weighs(&self) -> bool {
        self.counts && self.record.unit == Unit::Person
    }

    /// Counts of a file of which nothing was read yet.
    pub fn legibility(&self) -> Legibility {
        Legibility::new(self.readers.len(), self.takes.len())
    }

    /// The file's place among those of the run.
    pub fn source(&self) -> u32 {
        self.source
    }

    /// Whether one row can hold several records.
    pub fn shares_rows(&self) -> bool {
        !self.series.is_empty()
    }

    /// Tells whether a column says who a record is about.
    pub fn has_persons(&self) -> bool {
        self.persons
    }

    /// Whether records have person ids, and nothing of them is stored.
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
pub(super) fn identifier(place: &str, columns: &[usize], what: &str) -> Error {
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
