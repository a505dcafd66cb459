//! The years of a table, and which of them its figures compare.

use crate::aggregate::{Breakdown, NodeKind};
use crate::indicators::Measure;
use crate::protect::silence::period;

/// The years of a table.
pub(super) struct ComparedYears<'a> {
    dimensions: &'a [Breakdown],
    /// The dimension of the time.
    pub time: usize,
    /// The year of each node of the time.
    years: Vec<Option<u16>>,
}

impl<'a> ComparedYears<'a> {
    /// Reads the years; nothing where the table has none.
    pub fn of(dimensions: &'a [Breakdown]) -> Option<Self> {
        let time = period(dimensions)?;
        let years = dimensions[time].nodes.iter().map(|node| node.code.parse().ok()).collect();
        Some(Self { dimensions, time, years })
    }

    /// The year of a node of the time.
    pub fn year(&self, node: u16) -> Option<u16> {
        self.years[usize::from(node)]
    }

    /// Returns the node of the time with which a figure is compared; nothing where it is with none but its own.
    pub fn other(&self, measure: &Measure, nodes: &[u16]) -> Option<u16> {
        let first = self.years.iter().flatten().min().copied();
        let other = measure.compared_with(self.year(nodes[self.time])?, first)?;
        let node = self.years.iter().position(|year| *year == Some(other))? as u16;
        Some(node).filter(|node| *node != nodes[self.time])
    }

    /// Returns the dimensions in which a cell is only a part of its area and year.
    pub fn parts(&self, nodes: &[u16]) -> impl Iterator<Item = usize> {
        let is_part = |d: &usize| {
            let breakdown = &self.dimensions[*d];
            *d != self.time
                && breakdown.nodes.len() > 1
                && breakdown.nodes[usize::from(nodes[*d])].kind != NodeKind::Total
        };
        (1..self.dimensions.len()).filter(is_part)
    }
}
