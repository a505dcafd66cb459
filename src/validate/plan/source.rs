//! Where the values of a field come from in one file.

use std::collections::HashMap;
use std::sync::Arc;

use crate::validate::values::{Conditions, Lookup, WordTable};

/// One column that gives codes of a field.
#[derive(Debug)]
pub(crate) struct CellSource {
    pub column: usize,
    /// Whether a record may have several codes.
    pub set: bool,
    pub lookup: Lookup,
    /// Texts whose case, accents and punctuation make no difference.
    pub words: Option<Arc<WordTable>>,
    pub separators: Vec<Box<[u8]>>,
    /// The code of a yes, where the column answers yes or no: then words for no are answers, not values.
    pub yes: Option<u16>,
    /// Whether the profile names its own word for no, next to which the usual ones are answers.
    pub no: bool,
}

/// One way in which a field gets its value.
#[derive(Debug)]
pub(crate) struct FieldSource {
    pub when: Conditions,
    pub kind: SourceKind,
}

/// Where a value comes from.
#[derive(Debug)]
pub(crate) enum SourceKind {
    /// A column.
    Cell(CellSource),
    /// Yes/no columns, each with the codes of a yes as bits.
    Flags(Vec<(usize, u64)>),
    /// The same for every record, as it is stored.
    Constant(u64),
    /// Columns with answers on a scale.
    Scale(ScaleSource),
    /// A column with the date or year of birth, and one with that of the event.
    Born(BirthSource),
}

/// Columns with answers on a scale.
#[derive(Debug)]
pub(crate) struct ScaleSource {
    pub columns: Vec<usize>,
    /// Answers with their codes, the greatest last.
    pub answers: Vec<(Box<[u8]>, u16)>,
}

/// The columns that give an age.
#[derive(Debug)]
pub(crate) struct BirthSource {
    /// The date or year of birth.
    pub birth: usize,
    /// The date or year of the event.
    pub event: usize,
    /// The codes of ages.
    pub ages: Lookup,
}

/// A column whose codes depend on the reporting area.
#[derive(Debug)]
pub(crate) struct PackSource {
    pub column: usize,
    pub separators: Vec<Box<[u8]>>,
    /// The codes of each area that has some of its own.
    pub by_area: HashMap<u16, OwnCodes>,
    /// Areas whose law forbids to collect the field.
    pub prohibited: Vec<u16>,
}

/// A country's own codes.
#[derive(Debug)]
pub(crate) struct OwnCodes {
    /// Codes as they stand, with and without the country.
    pub lookup: Lookup,
    pub words: WordTable,
    /// The code of several answers, where several are allowed.
    pub several: Option<u16>,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(crate) enum Take {
    /// The first source that applies and is not missing; the other value where none applies.
    Sources(Vec<FieldSource>, u64),
    /// A column whose codes depend on the reporting area.
    Pack(PackSource),
    /// Columns with a number or a mask: the first that applies and is not missing.
    Number(Vec<(Conditions, usize)>),
    /// A column with a person id.
    Person(usize),
    /// Computed from other fields.
    Derived(usize),
}

/// The status of a figure, and its flags.
#[derive(Debug)]
pub(crate) struct Flags {
    /// The field of the status.
    pub field: usize,
    /// Flags that may stand in the cell of the value, with their codes.
    pub words: HashMap<Box<[u8]>, u16>,
}

/// One column of figures, with the values that it fixes, by field.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub column: usize,
    pub values: Vec<Option<u64>>,
}

/// What is known of a field before its absent columns are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// A column or a constant gives it.
    Taken,
    /// Columns of figures give it, or it is reported as not collected.
    Settled,
    /// Nothing gives it, and nothing is reported of it.
    Silent,
}
