//! How much of each column was understood.
//!
//! A filled cell that means no code makes its field unknown. Where that is so of much of a column, the rest is no
//! picture of the whole, so these cells are counted by column, and the records by field. A record that stands for several
//! persons counts as many times: one cell that is not understood can be most of a file.

use super::source::{FieldSource, SourceKind, Take};
use crate::model::Codelist;

/// Cells of one column that were read as one field, each as often as its record stands for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCells {
    /// Cells that hold anything.
    pub filled: u64,
    /// Filled cells that were not understood, of records that were not rejected for it.
    pub lost: u64,
}

/// Records of which one field is missing, each as often as it stands for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostRecords {
    /// The source itself has no value, or says that it does not know.
    pub unknown: u64,
    /// The source has a text that was not understood.
    pub lost: u64,
}

/// A column that is read as a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadColumn {
    /// The index of the field.
    pub field: usize,
    /// The column, counted from 0.
    pub column: usize,
}

/// The counts of a batch or of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legibility {
    /// Records that were read, each as often as it stands for a person.
    pub records: u64,
    /// By column that gives codes, in the order of [`super::Plan::readers`].
    pub columns: Vec<ReadCells>,
    /// By field, in the order of the plan.
    pub fields: Vec<LostRecords>,
}

impl Legibility {
    /// Nothing read yet.
    pub(crate) fn new(columns: usize, fields: usize) -> Self {
        Self { records: 0, columns: vec![ReadCells::default(); columns], fields: vec![LostRecords::default(); fields] }
    }

    /// Adds the counts of another batch of the same file.
    pub fn add(&mut self, other: &Self) {
        self.add_times(other, 1);
    }

    /// Adds the counts of a record that stands for so many persons.
    pub(crate) fn add_times(&mut self, other: &Self, persons: u64) {
        let add = |sum: &mut u64, other: u64| *sum = sum.saturating_add(other.saturating_mul(persons));
        add(&mut self.records, other.records);
        for (sum, other) in self.columns.iter_mut().zip(&other.columns) {
            add(&mut sum.filled, other.filled);
            add(&mut sum.lost, other.lost);
        }
        for (sum, other) in self.fields.iter_mut().zip(&other.fields) {
            add(&mut sum.unknown, other.unknown);
            add(&mut sum.lost, other.lost);
        }
    }

    /// Begins again with nothing.
    pub(crate) fn clear(&mut self) {
        self.records = 0;
        self.columns.fill(ReadCells::default());
        self.fields.fill(LostRecords::default());
    }
}

/// The columns that give codes, one after another, and for each field of the plan the place of its first one.
pub(crate) fn readers(takes: &[(usize, Take)]) -> (Vec<ReadColumn>, Vec<usize>) {
    let (mut readers, mut first) = (Vec::new(), Vec::new());
    for (field, take) in takes {
        first.push(readers.len());
        let columns: Vec<usize> = match take {
            Take::Sources(sources, _) => sources.iter().flat_map(|source| source.kind.columns()).collect(),
            Take::Pack(pack) => vec![pack.column],
            Take::Number(_) | Take::Person(_) | Take::Derived(_) => Vec::new(),
        };
        readers.extend(columns.into_iter().map(|column| ReadColumn { field: *field, column }));
    }
    (readers, first)
}

impl SourceKind {
    /// The columns that a source reads.
    fn columns(&self) -> Vec<usize> {
        match self {
            Self::Cell(cell) => vec![cell.column],
            Self::Flags(flags) => flags.iter().map(|(column, _)| *column).collect(),
            Self::Scale(scale) => scale.columns.clone(),
            Self::Born(source) => vec![source.birth],
            Self::Constant(_) => Vec::new(),
        }
    }

    /// How many columns a source reads.
    fn width(&self) -> usize {
        match self {
            Self::Cell(_) | Self::Born(_) => 1,
            Self::Flags(flags) => flags.len(),
            Self::Scale(scale) => scale.columns.len(),
            Self::Constant(_) => 0,
        }
    }
}

/// The sources of a field, each with the place of its first column among all.
pub(crate) fn placed(sources: &[FieldSource], first: usize) -> impl Iterator<Item = (usize, &FieldSource)> {
    sources.iter().scan(first, |next, source| {
        let at = *next;
        *next += source.kind.width();
        Some((at, source))
    })
}

/// How many codes mean that nothing is known.
pub(crate) fn missing(codes: &[u16]) -> u64 {
    // Short sums of 16 bits: the loop adds many at once, and none of them can overflow.
    let missing_in =
        |codes: &[u16]| codes.iter().fold(0u16, |sum, code| sum.wrapping_add(u16::from(*code < Codelist::FIRST_KNOWN)));
    codes.chunks(1 << 14).map(|codes| u64::from(missing_in(codes))).sum()
}
