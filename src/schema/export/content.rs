//! What every form shows of a schema.

use crate::schema::{Field, Record};

/// A longer list is described instead of being written out.
pub(super) const MOST_CODES: usize = 300;

/// Fields that a file can hold: those that are computed are left out.
pub(super) fn given(record: &Record) -> impl Iterator<Item = &Field> {
    let derived = |index: usize| record.derived.iter().any(|(field, _)| *field == index);
    record.fields.iter().enumerate().filter(move |(index, _)| !derived(*index)).map(|(_, field)| field)
}
