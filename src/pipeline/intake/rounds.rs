//! Corrections of rejected records, round after round: each rejected record may be corrected once.
//!
//! A note next to a file says what the file corrects (`quarantine.json`). It can be false, so it is believed only up to what
//! that file rejected.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::schema::{Record, Unit};
use crate::store::Part;

/// Rejected records that are not corrected yet, by the digest of their source.
#[derive(Default)]
pub(super) struct Rejected {
    open: BTreeMap<String, u64>,
    /// The source of a corrected file: what that file rejects again are still records of the source.
    sources: BTreeMap<String, String>,
}

/// Records of a corrected file.
pub(super) struct Corrected {
    /// Those that stand for rejected ones.
    pub records: u64,
    /// Those above what was rejected.
    pub surplus: u64,
}

impl Rejected {
    /// Adds the next file, in the order of the runs: what it corrects, and what it rejects itself.
    pub fn add(&mut self, input: &Value) -> Corrected {
        let records = input["records"].as_u64().unwrap_or(0);
        let digest = input["digest"].as_str().unwrap_or_default();
        let corrects = input["corrects"]["digest"].as_str();
        let source = corrects.and_then(|digest| self.source(digest)).map(str::to_owned);
        let mut corrected = 0;
        if let Some(open) = source.as_ref().and_then(|source| self.open.get_mut(source)) {
            corrected = records.min(*open);
            *open -= corrected;
        }
        let source = source.unwrap_or_else(|| digest.to_owned());
        self.sources.insert(digest.to_owned(), source.clone());
        *self.open.entry(source).or_default() += input["rejected"].as_u64().unwrap_or(0);
        Corrected { records: corrected, surplus: if corrects.is_some() { records - corrected } else { 0 } }
    }

    /// Returns the digest of the file in which the records of this one were at first, if it was read.
    fn source(&self, digest: &str) -> Option<&str> {
        self.sources.get(digest).map(String::as_str)
    }

    fn open(&self, digest: &str) -> u64 {
        self.source(digest).and_then(|source| self.open.get(source)).copied().unwrap_or(0)
    }
}

/// The codes of a record, and how many persons it stands for.
type RoundRow = (Vec<u64>, u32, u32);

/// What earlier rounds corrected.
pub(super) struct Rounds<'a> {
    record: &'a Record,
    rejected: Rejected,
    /// Accepted corrections, by the file that they correct.
    accepted: BTreeMap<String, BTreeSet<RoundRow>>,
}

impl<'a> Rounds<'a> {
    /// Begins without any round.
    pub fn new(record: &'a Record) -> Self {
        Self { record, rejected: Rejected::default(), accepted: BTreeMap::new() }
    }

    /// Adds the next file, whose accepted records are in a part of the store.
    pub fn add(&mut self, input: &Value, part: Option<&Part>) -> Result<Corrected> {
        let corrected = self.rejected.add(input);
        if let (Some(digest), Some(part), true) = (input["corrects"]["digest"].as_str(), part, corrected.records > 0) {
            let rows = rows(part, self.record)?;
            self.accepted.entry(digest.to_owned()).or_default().extend(rows.into_iter().map(|(row, _)| row));
        }
        Ok(corrected)
    }

    /// Refuses a file that holds a correction which an earlier round accepted.
    ///
    /// A record has no name of its own, so it is known by its codes. Rejected records of an earlier round are in a folder of
    /// their own if `--quarantine` kept them; there a repetition is another person.
    ///
    /// # Errors
    /// There is such a record, or there are more records than are left to correct.
    pub fn refuse_again(&self, input: &Value, part: &Part) -> Result<()> {
        let digest = input["corrects"]["digest"].as_str().unwrap_or_default();
        let Some(accepted) = self.accepted.get(digest) else { return Ok(()) };
        let again = |what: &str| {
            Error::refused("store/already-there", what.to_owned())
                .hint("leave out what an earlier round accepted: it would be counted twice")
                .hint("records that a round rejects are kept by themselves with `--quarantine DIR`: correct that file")
        };
        let records = input["records"].as_u64().unwrap_or(0);
        if records > self.rejected.open(digest) {
            return Err(again("the file holds more records than are left to correct"));
        }
        // Persons with an id were compared with those of the store already.
        let is_again = |(row, named): &(RoundRow, bool)| !named && accepted.contains(row);
        match rows(part, self.record)?.iter().filter(|row| is_again(row)).count() {
            0 => Ok(()),
            _ => Err(again("a record of the file is in the store already, from an earlier round of corrections")
                .hint("another person with the same codes is fed from a file in another folder")),
        }
    }
}

/// Returns the records of a part, each with whether it names its person. Figures have no persons: a cell that is there twice is
/// found when they are compared.
fn rows(part: &Part, record: &Record) -> Result<Vec<(RoundRow, bool)>> {
    let mut rows = Vec::new();
    if record.unit == Unit::Figure {
        return Ok(rows);
    }
    let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
    for group in 0..part.row_groups() {
        let read = part.read(record, &fields, group)?;
        let persons = if part.has_persons() { part.persons(group)? } else { Vec::new() };
        for (at, (count, upper)) in read.counts.iter().zip(&read.most).enumerate() {
            let codes = read.columns.iter().map(|column| column[at]).collect();
            rows.push(((codes, *count, *upper), persons.get(at).is_some_and(Option::is_some)));
        }
    }
    Ok(rows)
}
