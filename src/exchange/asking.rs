//! What countries asked for, and how they report the parts of each dimension.

use super::lower_bounds::LowerBounds;
use super::package::PartTraits;
use crate::aggregate::{Breakdown, NodeKind};
use crate::model::Missing;

/// What countries asked for.
pub(super) struct Asking<'a> {
    /// The node of the total of each dimension; none in those of areas and years.
    pub totals: Vec<Option<u16>>,
    /// Whether the country of a line asked in its year for all codes of the line.
    pub asks: &'a dyn Fn(&[u16]) -> bool,
    /// Whether the figures of a line were counted from records, so that a missing code without a row is zero.
    pub counted: &'a dyn Fn(&[u16]) -> bool,
    /// Whether only some sources ask for a node of a dimension.
    pub by_some: &'a dyn Fn(usize, u16) -> bool,
    /// Of how many persons the country of a line at least does not know a dimension in its year.
    pub unknown: &'a dyn Fn(&[u16], usize) -> u64,
    /// Lower bounds of what is reported in or below each place.
    pub lowers: LowerBounds,
    /// Whether a node may hold persons of whom no part is reported, so that no part of it in a dimension is an implied zero.
    pub open: &'a dyn Fn(&[u16], usize) -> bool,
    /// Whether a cell is reported only by some codes that are finer in another dimension than this one.
    pub partial: &'a dyn Fn(&[u16], usize) -> bool,
    /// The dimensions of the table.
    pub dimensions: &'a [Breakdown],
    /// How the parts of each dimension are reported.
    pub traits: &'a [PartTraits],
}

impl Asking<'_> {
    /// Returns whether only some sources ask for one of the codes of a cell.
    pub fn is_by_some(&self, line: &[u16]) -> bool {
        line.iter().enumerate().any(|(d, &node)| (self.by_some)(d, node))
    }

    /// Returns the places that have the total of multiple dimensions instead of the code of a line.
    pub fn wider(&self, line: &[u16]) -> impl Iterator<Item = Vec<u16>> {
        let totals = self.totals.iter().enumerate().filter_map(|(d, total)| Some((d, (*total)?)));
        let parts: Vec<(usize, u16)> = totals.filter(|(d, total)| line[*d] != *total).collect();
        (0u32..1 << parts.len()).filter(|mask| mask.count_ones() > 1).map(move |mask| {
            let mut at = line.to_vec();
            parts
                .iter()
                .enumerate()
                .filter(|(bit, _)| mask & (1 << bit) != 0)
                .for_each(|(_, (d, total))| at[*d] = *total);
            at
        })
    }
}

/// Returns the nodes of persons of whom a dimension is not known.
pub(super) fn missing_nodes(breakdown: &Breakdown) -> impl Iterator<Item = u16> {
    let missing = breakdown.nodes.iter().enumerate().filter(|(_, node)| matches!(node.kind, NodeKind::Missing(_)));
    missing.map(|(at, _)| at as u16)
}

/// Returns whether a node stands for persons of whom a dimension is unknown.
pub(super) fn is_unknown(breakdown: &Breakdown, node: u16) -> bool {
    breakdown.nodes[usize::from(node)].kind == NodeKind::Missing(Missing::Unknown)
}
