//! Accepted rows as codes, on their way to the store.

use std::sync::Arc;

use crate::finding::Place;
use crate::model::Interval;
use crate::schema::{FieldType, Record};

/// Codes of one field, a row each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Indices into the field's code list.
    Codes(Vec<u16>),
    /// One bit for each index of the field's code list.
    Sets(Vec<u64>),
}

/// Accepted rows as codes.
#[derive(Debug)]
pub struct CodedBatch {
    /// The record type.
    pub record: Arc<Record>,
    /// One column for each coded field, in the order of [`Record::coded`].
    pub columns: Vec<Column>,
    /// How many victims each row stands for, or the figure in the record type's decimals.
    pub values: Vec<Interval>,
    /// Who each row is about, where the source has person ids.
    pub persons: Vec<Option<Person>>,
    /// Where each row was read.
    pub places: Vec<Place>,
}

/// Digests that tell one person from another. None of them can be turned back without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Of person, area and year.
    pub here: u128,
    /// Of the whole row.
    pub row: u128,
    /// Of the person alone, under the run's key: the pseudonym, where there is a key.
    pub name: Option<u128>,
}

impl CodedBatch {
    /// No rows of a record type.
    pub fn new(record: &Arc<Record>) -> Self {
        let columns = record.coded().map(|(_, field)| match field.kind {
            FieldType::Set => Column::Sets(Vec::new()),
            _ => Column::Codes(Vec::new()),
        });
        Self {
            record: Arc::clone(record),
            columns: columns.collect(),
            values: Vec::new(),
            persons: Vec::new(),
            places: Vec::new(),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds a row; `coded` are the fields that are stored, in their order.
    pub(super) fn push(
        &mut self,
        coded: &[usize],
        codes: &[u64],
        value: Interval,
        person: Option<(u128, Option<u128>)>,
    ) {
        for (column, &index) in self.columns.iter_mut().zip(coded) {
            match column {
                Column::Codes(column) => column.push(codes[index] as u16),
                Column::Sets(column) => column.push(codes[index]),
            }
        }
        self.values.push(value);
        self.persons.push(person.map(|(here, name)| Person { here, row: digest(codes, value), name }));
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: &[bool]) {
        fn only<T>(rows: &mut Vec<T>, keep: &[bool]) {
            let mut keep = keep.iter();
            rows.retain(|_| *keep.next().expect("one verdict a row"));
        }
        for column in &mut self.columns {
            match column {
                Column::Codes(rows) => only(rows, keep),
                Column::Sets(rows) => only(rows, keep),
            }
        }
        only(&mut self.values, keep);
        only(&mut self.persons, keep);
        only(&mut self.places, keep);
    }

    /// Moves the rows of another batch to the end of this one.
    pub fn append(&mut self, mut other: Self) {
        for (column, more) in self.columns.iter_mut().zip(&mut other.columns) {
            match (column, more) {
                (Column::Codes(rows), Column::Codes(more)) => rows.append(more),
                (Column::Sets(rows), Column::Sets(more)) => rows.append(more),
                _ => unreachable!("both batches are of one record type"),
            }
        }
        self.values.append(&mut other.values);
        self.persons.append(&mut other.persons);
        self.places.append(&mut other.places);
    }
}

/// A digest of 128 bits of a row, to compare rows of one person in memory; nobody chooses rows so that they collide.
fn digest(codes: &[u64], value: Interval) -> u128 {
    let all = codes.iter().copied().chain([value.lower, value.upper.unwrap_or(u64::MAX)]);
    let (mut a, mut b) = (0x243f_6a88_85a3_08d3u64, 0x1319_8a2e_0370_7344u64);
    for code in all {
        a = (a ^ code).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        a ^= a >> 32;
        b = (b.rotate_left(23) ^ code).wrapping_mul(0xd6e8_feb8_6659_fd93);
        b ^= b >> 29;
    }
    u128::from(a) << 64 | u128::from(b)
}
