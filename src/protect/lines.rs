//! The lines that a table has.
//!
//! In crosses of attributes most lines are about what is not known: women of unknown age, by form. They say little, and most
//! suppressed cells are among them. A policy may leave them out (`unknown_in_crosses = false`).
//!
//! # Protection
//! Which lines there are depends on the tables and the policy alone, so a line that is not there reveals nothing. Its count may
//! follow from other lines, so all counts are protected as if every line were printed. A release with fewer lines reveals no more.

use crate::aggregate::{Breakdown, NodeKind};
use crate::indicators::{Draft, Formula};
use crate::protect::policy::{Method, Policy};
use crate::protect::silence::period;

/// The lines that a table has.
pub(super) struct TableLines {
    /// For each dimension and node, what it is in a cross; areas, years and what is the same for all are no attributes.
    parts: Vec<Vec<CrossRole>>,
    /// For each count that a formula names, the nodes of unknown and known that it chooses, by dimension.
    denominators: Vec<Vec<(usize, u16)>>,
}

/// What a node is in a cross of attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CrossRole {
    /// No attribute, or the total of one.
    Total,
    /// A code.
    Code,
    /// All known values, or an unknown one.
    Unknown,
}

impl TableLines {
    /// Returns the lines of a table under a policy; nothing where every cell has a line.
    ///
    /// # Definition
    /// A cell has no line where it crosses two attributes or more, and one of them is unknown or all known values. Where a formula
    /// of the table names that node, the line is kept: without its denominator a share could not be published.
    pub fn of(draft: &Draft, policy: &Policy) -> Option<Self> {
        if policy.unknown_in_crosses || policy.method != Method::Suppress {
            return None;
        }
        let dimensions = &draft.cube.dimensions;
        let time = period(dimensions);
        let is_attribute = |d: usize| d > 0 && Some(d) != time && dimensions[d].nodes.len() > 1;
        let parts = |(d, breakdown): (usize, &Breakdown)| {
            breakdown
                .nodes
                .iter()
                .map(|node| if is_attribute(d) { CrossRole::of(node.kind) } else { CrossRole::Total })
                .collect()
        };
        let parts: Vec<Vec<CrossRole>> = dimensions.iter().enumerate().map(parts).collect();
        let mut denominators = Vec::new();
        for measure in &draft.indicator.measures {
            measure.formula.each(&mut |formula| {
                let Formula::Count(choices) = formula else { return };
                let mut named = Vec::new();
                for choice in choices {
                    let Some(d) = dimensions.iter().position(|breakdown| breakdown.dimension == choice.dimension)
                    else {
                        continue;
                    };
                    let nodes = choice.codes.iter().filter_map(|code| dimensions[d].find(code));
                    named.extend(
                        nodes.filter(|&node| parts[d][node] == CrossRole::Unknown).map(|node| (d, node as u16)),
                    );
                }
                if !named.is_empty() {
                    denominators.push(named);
                }
            });
        }
        Some(Self { parts, denominators })
    }

    /// Returns whether a cell has a line.
    pub fn has(&self, nodes: &[u16]) -> bool {
        let is_named =
            |denominator: &Vec<(usize, u16)>| self.unknown(nodes).all(|d| denominator.contains(&(d, nodes[d])));
        !self.is_cross_of_unknown(nodes) || self.denominators.iter().any(is_named)
    }

    /// Returns whether the line of a cell is there as a denominator only: it has its count, and no share of its own.
    pub fn is_denominator(&self, nodes: &[u16]) -> bool {
        self.is_cross_of_unknown(nodes)
    }

    fn is_cross_of_unknown(&self, nodes: &[u16]) -> bool {
        let crossed = (0..nodes.len()).filter(|&d| self.part(nodes, d) != CrossRole::Total).count();
        crossed > 1 && self.unknown(nodes).next().is_some()
    }

    fn unknown(&self, nodes: &[u16]) -> impl Iterator<Item = usize> {
        (0..nodes.len()).filter(|&d| self.part(nodes, d) == CrossRole::Unknown)
    }

    fn part(&self, nodes: &[u16], d: usize) -> CrossRole {
        self.parts[d][usize::from(nodes[d])]
    }
}

impl CrossRole {
    fn of(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Total => Self::Total,
            NodeKind::Known | NodeKind::Missing(_) => Self::Unknown,
            NodeKind::Code(_) | NodeKind::Residual(_) | NodeKind::Region => Self::Code,
        }
    }
}
