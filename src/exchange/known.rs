//! What is known of the cells of a table.

use std::collections::BTreeMap;

use crate::model::Interval;

/// Where a cell comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// A figure, or the sum of figures.
    Reported,
    /// Other figures alone: it takes part in sums and is not shown.
    Implied,
    /// The country did not ask for the code. What it may be counts in the sums above it, and in nothing else.
    Unasked,
    /// A figure whose value is missing or was dropped, or that others contradict. It has a row without a value.
    Dropped,
    /// A part of it was dropped.
    Unknown,
}

impl Basis {
    /// Returns whether the country has a number here.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Reported | Self::Implied)
    }
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownValue {
    pub value: Interval,
    pub basis: Basis,
}

impl KnownValue {
    /// Returns a cell whose number of persons follows from other figures only.
    pub fn implied(value: Interval) -> Self {
        Self { value, basis: Basis::Implied }
    }
}

/// Cells by their nodes, one for each dimension.
pub(super) type KnownCells = BTreeMap<Vec<u16>, KnownValue>;
