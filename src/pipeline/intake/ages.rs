//! Ages that many surveys use as codes: 99 for unknown, 98 for refused, 88 and 77 for others.

use crate::schema::Record;
use crate::validate::{CodedBatch, Column, Rows};

/// Ages that are such codes.
const CODES: [usize; 5] = [77, 88, 97, 98, 99];

/// So many years before and after a code are its neighbours.
const NEAR: usize = 4;

/// An age of fewer records is not judged.
const FEW: u64 = 3;

/// How many records of a file have each age.
#[derive(Debug, Default)]
pub(super) struct AgeCounts {
    /// The field of ages, and its place among the coded ones.
    field: Option<(usize, usize)>,
    /// Records by the code of their age.
    records: Vec<u64>,
    /// The age in years of each code; none for a band.
    years: Vec<Option<usize>>,
}

impl AgeCounts {
    pub fn new(record: &Record) -> Self {
        let mut coded = record.coded().map(|(field, _)| field).enumerate();
        let Some((at, field)) = coded.find(|(_, field)| record.fields[*field].age_bands) else {
            return Self::default();
        };
        let list = record.fields[field].codes();
        let mut years = vec![None; list.len()];
        for (code, entry) in list.known() {
            years[usize::from(code)] = entry.id.strip_prefix('Y').and_then(|year| year.parse().ok());
        }
        Self { field: Some((field, at)), records: vec![0; years.len()], years }
    }

    /// The field of ages.
    pub fn field(&self) -> Option<usize> {
        self.field.map(|(field, _)| field)
    }

    /// Adds the records of a batch. Where all have one age, it is that of a constant.
    pub fn add(&mut self, batch: &CodedBatch) {
        let Some((_, at)) = self.field else { return };
        if let Column::Codes(Rows::Each(codes)) = &batch.columns[at] {
            codes.iter().for_each(|&code| self.records[usize::from(code)] += 1);
        }
    }

    /// Returns how many records have an age that is hardly one: more of them than of all ages near it.
    pub fn suspicious(&self) -> Option<u64> {
        let records = |age: usize| {
            let at = self.years.iter().position(|year| *year == Some(age));
            at.map_or(0, |at| self.records[at])
        };
        let is_code = |age: usize| {
            let near = (age - NEAR..=age + NEAR).filter(|near| !CODES.contains(near)).map(records).sum::<u64>();
            records(age) >= FEW && records(age) > near
        };
        let found: u64 = CODES.into_iter().filter(|&age| is_code(age)).map(records).sum();
        (found > 0).then_some(found)
    }
}
