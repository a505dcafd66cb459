//! How much of each field was understood in each area and in each year.
//!
//! A column that is understood in most of a file can be unreadable for one area of it. Cells that are not understood are rare,
//! so they are noted one by one. What they are compared with is counted once a batch: all records of an area, and only in
//! batches in which a field of the area was not understood, the records with a known value of it.

use std::collections::BTreeMap;

use super::coded::{CodedBatch, Column, Rows};
use super::row::Row;
use crate::model::{Codelist, Interval, Missing};
use crate::schema::{Record, Unit};
use crate::validate::plan::Plan;

/// What records are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The reporting area.
    Area,
    /// The year.
    Year,
}

/// Records of one area or year of which one field was not understood, each as often as it stands for a person.
#[derive(Clone, Copy, Debug, Default)]
struct UnknownPart {
    lost: u64,
    /// Records with a known value, in batches in which the field was not understood for some of the area.
    known: u64,
    /// All records of the area in these batches.
    records: u64,
}

/// Counts by area and by year, of a batch or of a file.
#[derive(Clone, Debug, Default)]
pub struct PlaceCounts {
    /// All accepted records, by the code of their area and by that of their year.
    records: [Vec<u64>; 2],
    /// By the place of a field in the plan, and the code of an area or a year.
    parts: BTreeMap<(usize, By, u16), UnknownPart>,
}

/// An area or a year in which a field was not understood.
#[derive(Clone, Copy, Debug)]
pub struct UnknownPlace {
    /// The place of the field in the plan.
    pub take: usize,
    /// What the code is one of.
    pub by: By,
    /// The code of the area or the year.
    pub code: u16,
    /// Records of which the field was not understood.
    pub lost: u64,
    /// Records of which the source says anything, at most.
    pub filled: u64,
}

impl PlaceCounts {
    /// Notes an accepted record of which a field was not understood.
    pub(super) fn lose(&mut self, row: &Row<'_>, take: usize) {
        for (by, field) in fields(row.plan()) {
            self.parts.entry((take, by, row.codes[field] as u16)).or_default().lost += weight(row.value);
        }
    }

    /// Counts the accepted records of a batch, once all of them are read.
    pub(super) fn count(&mut self, plan: &Plan, batch: &CodedBatch) {
        if plan.record.unit != Unit::Person {
            return;
        }
        for (by, field) in fields(plan) {
            let Some(Column::Codes(codes)) = column(&plan.record, batch, field) else { continue };
            let records = &mut self.records[by as usize];
            count(records, codes, batch, |_| true);
            let mut takes: Vec<usize> = self.parts.keys().filter(|key| key.1 == by).map(|key| key.0).collect();
            takes.dedup();
            for take in takes {
                let Some(read) = column(&plan.record, batch, plan.takes[take].0) else { continue };
                let mut known = Vec::new();
                count(&mut known, codes, batch, |row| is_known(read, row));
                for ((_, _, code), part) in self.parts.range_mut((take, by, 0)..=(take, by, u16::MAX)) {
                    let count_of = |counts: &[u64]| counts.get(usize::from(*code)).copied().unwrap_or(0);
                    (part.known, part.records) = (count_of(&known), count_of(records));
                }
            }
        }
    }

    /// Adds the counts of another batch of the same file.
    pub fn add(&mut self, other: &Self) {
        for (sums, other) in self.records.iter_mut().zip(&other.records) {
            sums.resize(sums.len().max(other.len()), 0);
            sums.iter_mut().zip(other).for_each(|(sum, other)| *sum = sum.saturating_add(*other));
        }
        for (key, other) in &other.parts {
            let part = self.parts.entry(*key).or_default();
            part.lost = part.lost.saturating_add(other.lost);
            part.known = part.known.saturating_add(other.known);
            part.records = part.records.saturating_add(other.records);
        }
    }

    /// Returns the areas and years in which a field was not understood. In batches where all of an area was understood, each of
    /// its records counts as filled.
    pub fn iter(&self) -> impl Iterator<Item = UnknownPlace> {
        self.parts.iter().map(|(&(take, by, code), part)| {
            let all = self.records[by as usize].get(usize::from(code)).copied().unwrap_or(0);
            let filled = all.saturating_sub(part.records).saturating_add(part.lost).saturating_add(part.known);
            UnknownPlace { take, by, code, lost: part.lost, filled }
        })
    }
}

/// The fields of the area and of the year.
fn fields(plan: &Plan) -> impl Iterator<Item = (By, usize)> {
    [(By::Area, Some(plan.area)), (By::Year, plan.time)].into_iter().filter_map(|(by, field)| Some((by, field?)))
}

fn column<'a>(record: &Record, batch: &'a CodedBatch, field: usize) -> Option<&'a Column> {
    batch.columns.get(record.coded().position(|(index, _)| index == field)?)
}

/// Adds up the records of each code, those that are counted.
fn count(sums: &mut Vec<u64>, codes: &Rows<u16>, batch: &CodedBatch, is_counted: impl Fn(usize) -> bool) {
    let largest = match codes {
        Rows::Same(code) => *code,
        Rows::Each(codes) => codes.iter().copied().max().unwrap_or(0),
    };
    sums.resize(sums.len().max(usize::from(largest) + 1), 0);
    // Nearly every file has a record for each person.
    if let (Rows::Each(codes), Rows::Same(_)) = (codes, &batch.values) {
        let is_counted = codes.iter().enumerate().filter(|(row, _)| is_counted(*row));
        is_counted.for_each(|(_, code)| sums[usize::from(*code)] += 1);
        return;
    }
    for row in 0..batch.len() {
        let persons = match &batch.values {
            Rows::Same(_) => 1,
            Rows::Each(values) => weight(values[row]),
        };
        if is_counted(row) {
            let sum = &mut sums[usize::from(codes.get(row))];
            *sum = sum.saturating_add(persons);
        }
    }
}

/// How many persons a record stands for, at most.
fn weight(value: Interval) -> u64 {
    value.upper.unwrap_or(1)
}

/// Returns whether a field has a value. A set of which a part was not understood has none here: it is counted as lost.
fn is_known(column: &Column, row: usize) -> bool {
    match column {
        Column::Codes(codes) => Codelist::is_known(codes.get(row)),
        Column::Sets(sets) => {
            let bits = sets.get(row);
            bits >> Codelist::FIRST_KNOWN != 0 && bits >> Missing::Unknown.code() & 1 == 0
        }
    }
}
