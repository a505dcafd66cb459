//! The tables of a store that are to be counted.

use super::Dimension;
use crate::schema::Record;
use crate::store::Part;

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountMeasure {
    /// Victims: each record counts as many as it stands for.
    #[default]
    Victims,
    /// Different persons: a person with multiple records once in each cell. Records without a pseudonym count as victims.
    Persons,
}

/// Tables of a store.
#[derive(Clone, Debug)]
pub struct CountRequest<'a> {
    /// The record type.
    pub record: &'a Record,
    /// The files of the store.
    pub parts: &'a [Part],
    /// The dimensions.
    pub dimensions: &'a [Dimension],
    /// The wanted tables, each as its dimensions in ascending order.
    pub tables: &'a [Vec<usize>],
    /// What is counted.
    pub measure: CountMeasure,
    /// Bytes of memory that may be used.
    pub memory: u64,
}
