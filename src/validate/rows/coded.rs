//! Accepted rows as codes, on their way to the store.

use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;

use crate::confidential::confidential;
use crate::finding::Place;
use crate::model::Interval;
use crate::schema::{FieldType, Record, Unit};
use crate::validate::plan::Plan;
use crate::validate::values::{digest_of_value, mixed};

/// One value for each row; kept once where all rows have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows<T> {
    /// All rows have this one.
    Same(T),
    /// Each row has its own.
    Each(Vec<T>),
}

impl<T: Copy> Rows<T> {
    /// The value of a row.
    pub fn get(&self, row: usize) -> T {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values[row],
        }
    }

    /// The values of some rows, one after another.
    pub fn range(&self, rows: Range<usize>) -> impl Iterator<Item = T> {
        rows.map(|row| self.get(row))
    }

    fn push(&mut self, value: T) {
        // Where all rows have the same, the value is known before the rows are.
        if let Self::Each(values) = self {
            values.push(value);
        }
    }

    fn retain(&mut self, keep: &[bool]) {
        if let Self::Each(values) = self {
            only(values, keep);
        }
    }
}

/// Codes of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Indices into the field's code list.
    Codes(Rows<u16>),
    /// One bit for each index of the field's code list.
    Sets(Rows<u64>),
}

impl Column {
    /// The stored value of a row.
    pub fn get(&self, row: usize) -> u64 {
        match self {
            Self::Codes(codes) => codes.get(row).into(),
            Self::Sets(sets) => sets.get(row),
        }
    }

    fn push(&mut self, value: u64) {
        match self {
            Self::Codes(codes) => codes.push(value as u16),
            Self::Sets(sets) => sets.push(value),
        }
    }
}

/// Accepted rows as codes.
pub struct CodedBatch {
    /// The record type.
    pub record: Arc<Record>,
    /// One column for each coded field, in the order of [`Record::coded`].
    pub columns: Vec<Column>,
    /// How many victims each row stands for, or the figure in the record type's decimals.
    pub values: Rows<Interval>,
    /// Who each row is about, where the source has person ids and records of one person are merged; else empty.
    pub persons: Vec<Option<Person>>,
    /// The same in short, where all records are kept.
    pub digests: PersonDigests,
    /// Pseudonyms of those persons, where there is a key; empty where there is none.
    pub names: Vec<Option<u128>>,
    /// Where each row was read, where rows are published figures.
    pub places: Vec<Place>,
    /// Of published figures, digests of the cells that are not read, so many a row as there are such columns.
    pub unread: Vec<u64>,
    rows: usize,
}

confidential!(CodedBatch);

/// Digests that differ between persons. None of them can be turned back without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Of person, area and year. It is never 0, so that a row without a person takes no more room.
    pub here: NonZero<u128>,
    /// Of the whole row.
    pub row: u64,
    /// The line on which the row begins.
    pub line: u64,
}

/// Digests of a person in an area and a year and of the row, for each row: the first is 0 for a row without a person.
#[derive(Clone, Debug, Default)]
pub struct PersonDigests {
    rows: Vec<[u64; 2]>,
    /// From which row on lines follow each other, and the line on which that row begins.
    lines: Vec<(usize, u64)>,
    next: u64,
}

impl PersonDigests {
    #[inline]
    fn push(&mut self, person: Option<u128>, row: u64, line: u64) {
        if line != self.next || self.rows.is_empty() {
            self.lines.push((self.rows.len(), line));
        }
        self.next = line + 1;
        self.rows.push([person.map_or(0, |person| (person as u64).max(1)), row]);
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns runs of rows: the first row, the line on which it begins, and the digests of each.
    pub fn runs(&self) -> impl Iterator<Item = (usize, u64, &[[u64; 2]])> {
        let ends = self.lines.iter().skip(1).map(|(row, _)| *row).chain([self.rows.len()]);
        self.lines.iter().zip(ends).map(|(&(row, line), end)| (row, line, &self.rows[row..end]))
    }
}

/// A row on its way into a batch: its values by field, its number or figure, and who it is about.
pub(super) struct Taken<'a> {
    pub codes: &'a [u64],
    pub value: Interval,
    pub person: Option<(u128, Option<u128>)>,
    pub place: Place,
    pub unread: &'a [u64],
}

impl CodedBatch {
    /// No rows of a record type, each with values of its own.
    pub fn new(record: &Arc<Record>) -> Self {
        Self::with(record, |_| None, Rows::Each(Vec::new()), 0)
    }

    /// No rows of a file in which some fields have the same value in all rows, with room for so many.
    pub(super) fn planned(plan: &Plan, room: usize) -> Self {
        let values = if plan.counts { Rows::Each(Vec::with_capacity(room)) } else { Rows::Same(Interval::exact(1)) };
        let mut out = Self::with(&plan.record, |field| plan.same[field], values, room);
        if plan.persons && plan.options.merge {
            out.persons.reserve(room);
        } else if plan.persons {
            out.digests.rows.reserve(room);
        }
        out
    }

    fn with(record: &Arc<Record>, same: impl Fn(usize) -> Option<u64>, values: Rows<Interval>, room: usize) -> Self {
        fn rows<T>(same: Option<T>, room: usize) -> Rows<T> {
            same.map_or_else(|| Rows::Each(Vec::with_capacity(room)), Rows::Same)
        }
        let columns = record.coded().map(|(index, field)| match field.kind {
            FieldType::Set => Column::Sets(rows(same(index), room)),
            _ => Column::Codes(rows(same(index).map(|code| code as u16), room)),
        });
        let columns = columns.collect();
        Self {
            record: Arc::clone(record),
            columns,
            values,
            persons: Vec::new(),
            digests: PersonDigests::default(),
            names: Vec::new(),
            places: Vec::new(),
            unread: Vec::new(),
            rows: 0,
        }
    }

    /// Returns the stored values of a row that say what it is about: all but the status of a figure, which is 0.
    pub fn key(&self, row: usize) -> Vec<u64> {
        let status = self.record.role("status");
        let fields = self.record.coded().map(|(index, _)| index);
        let value = |(column, field): (&Column, usize)| if Some(field) == status { 0 } else { column.get(row) };
        self.columns.iter().zip(fields).map(value).collect()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Adds a row of a file.
    pub(super) fn push(&mut self, plan: &Plan, taken: &Taken<'_>) {
        for &(column, field) in &plan.varying {
            self.columns[column].push(taken.codes[field]);
        }
        self.values.push(taken.value);
        if plan.persons {
            let varying = plan.varying.iter().map(|&(_, field)| mixed(field, taken.codes[field]));
            let mut row = varying.fold(plan.digest, u64::wrapping_add);
            if plan.counts {
                row = row.wrapping_add(digest_of_value(taken.value));
            }
            self.extend_names(plan, std::iter::once((taken.person, row, taken.place.line)));
        }
        if plan.record.unit == Unit::Figure {
            self.places.push(taken.place);
        }
        self.unread.extend_from_slice(taken.unread);
        self.rows += 1;
    }

    /// Notes who the last rows are about: digests of the person, that of the row, and the line on which the row begins.
    #[inline]
    pub(super) fn extend_names(
        &mut self,
        plan: &Plan,
        persons: impl Iterator<Item = (Option<(u128, Option<u128>)>, u64, u64)>,
    ) {
        let non_zero = |non_zero| NonZero::new(non_zero).unwrap_or(NonZero::<u128>::MIN);
        let is_keyed = plan.options.person_key.is_some();
        for (person, row, line) in persons {
            if is_keyed {
                self.names.push(person.and_then(|(_, name)| name));
            }
            let digest = person.map(|(digest, _)| digest);
            if plan.options.merge {
                self.persons.push(digest.map(|digest| Person { here: non_zero(digest), row, line }));
            } else {
                self.digests.push(digest, row, line);
            }
        }
    }

    /// Adds rows of a file that has no numbers, without their persons: a column of codes for each field that varies.
    pub(super) fn extend(&mut self, plan: &Plan, codes: &[Vec<u16>], rows: Range<usize>) {
        for (&(column, _), codes) in plan.varying.iter().zip(codes) {
            let codes = &codes[rows.clone()];
            match &mut self.columns[column] {
                Column::Codes(Rows::Each(column)) => column.extend_from_slice(codes),
                Column::Sets(Rows::Each(column)) => column.extend(codes.iter().map(|code| 1 << code)),
                _ => unreachable!("the field varies"),
            }
        }
        self.rows += rows.len();
    }

    /// Replaces a value of a field that holds several.
    pub(super) fn set(&mut self, column: usize, row: usize, bits: u64) {
        if let Column::Sets(Rows::Each(rows)) = &mut self.columns[column] {
            rows[row] = bits;
        }
    }

    /// Adds a person whose records have become one, with the stored values of the coded fields.
    pub(crate) fn push_person(&mut self, codes: &[u64], value: Interval, name: Option<u128>) {
        self.columns.iter_mut().zip(codes).for_each(|(column, &code)| column.push(code));
        self.values.push(value);
        self.names.push(name);
        self.rows += 1;
    }

    /// Rows as they were read back from a store: a column of stored values for each coded field, the least and the most
    /// that a row stands for, and the pseudonyms, where it has any.
    pub fn stored(record: &Arc<Record>, columns: Vec<Vec<u64>>, counts: [&[u32]; 2], names: Vec<Option<u128>>) -> Self {
        let mut out = Self::new(record);
        for (to, from) in out.columns.iter_mut().zip(columns) {
            match to {
                Column::Codes(rows) => *rows = Rows::Each(from.into_iter().map(|code| code as u16).collect()),
                Column::Sets(rows) => *rows = Rows::Each(from),
            }
        }
        let [lower, upper] = counts;
        let value = |(lower, upper): (&u32, &u32)| Interval { lower: (*lower).into(), upper: Some((*upper).into()) };
        out.values = Rows::Each(lower.iter().zip(upper).map(value).collect());
        (out.rows, out.names) = (lower.len(), names);
        out
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: &[bool]) {
        for column in &mut self.columns {
            match column {
                Column::Codes(rows) => rows.retain(keep),
                Column::Sets(rows) => rows.retain(keep),
            }
        }
        self.values.retain(keep);
        only(&mut self.persons, keep);
        only(&mut self.names, keep);
        only(&mut self.places, keep);
        let width = self.unread.len() / keep.len().max(1);
        let mut at = 0;
        self.unread.retain(|_| {
            at += 1;
            keep[(at - 1) / width]
        });
        self.rows = keep.iter().filter(|keep| **keep).count();
    }
}

fn only<T>(rows: &mut Vec<T>, keep: &[bool]) {
    // Where a file has no persons, there is nothing to keep.
    let mut keep = keep.iter();
    rows.retain(|_| *keep.next().expect("one verdict a row"));
}
