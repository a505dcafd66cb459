//! Sums over years, in tables that have none: a year may report a code, another one only a group of it or parts of it.

use std::collections::{BTreeMap, BTreeSet};

use super::complete::{Basis, Known};
use crate::aggregate::{Breakdown, NodeKind};
use crate::model::Interval;

/// The cells of areas by year, each with the number of its area.
pub(super) type ByYear = BTreeMap<(Vec<u16>, u16), (u32, Known)>;

/// One dimension of figures.
pub(super) struct Yearly<'a> {
    /// The position of the dimension.
    pub d: usize,
    pub of: &'a Breakdown,
    /// Whether a person may have several codes of the dimension.
    pub several: bool,
    /// Whether a code that is not reported where another one is, is not known.
    pub complete: bool,
    /// Areas and years of which the codes do not hold all known persons.
    pub open: BTreeSet<(u32, u16)>,
    /// Whether only some sources ask for a code, so that it is no zero elsewhere.
    pub is_asked_by_some: &'a dyn Fn(u16) -> bool,
}

/// What a year reports of each node.
type Reported = BTreeMap<u16, Interval>;

impl Yearly<'_> {
    /// Returns what years say of codes that other years of the area report and they do not, as far as it is not zero.
    pub fn missing(&self, cells: &ByYear) -> ByYear {
        let mut lines: BTreeMap<Vec<u16>, BTreeMap<(u16, u32), Reported>> = BTreeMap::new();
        for ((at, year), (area, known)) in cells.iter().filter(|((_, year), _)| *year != super::overlap::TOGETHER) {
            let mut line = at.clone();
            line[self.d] = 0;
            lines.entry(line).or_default().entry((*year, *area)).or_default().insert(at[self.d], known.value);
        }
        let mut missing = ByYear::new();
        for (mut line, years) in lines {
            let nodes: BTreeSet<u16> = years.values().flat_map(|of| of.keys().copied()).collect();
            for ((year, area), reported) in &years {
                for &node in nodes.iter().filter(|node| !reported.contains_key(node) && self.is_code(**node)) {
                    let value = self.bounds(node, reported, self.open.contains(&(*area, *year)));
                    if value != Interval::exact(0) {
                        line[self.d] = node;
                        missing.insert((line.clone(), *year), (*area, Known { value, basis: Basis::Reported }));
                    }
                }
            }
        }
        missing
    }

    fn is_code(&self, node: u16) -> bool {
        match self.of.nodes[usize::from(node)].kind {
            NodeKind::Total | NodeKind::Missing(_) => false,
            NodeKind::Code(code) | NodeKind::Residual(code) => !(self.is_asked_by_some)(code),
            NodeKind::Known | NodeKind::Region => true,
        }
    }

    /// Returns the reported nodes within a node, without those that lie in another one of them.
    fn within(&self, node: u16, reported: &Reported) -> Vec<u16> {
        let below = |of: u16, above: u16| of != above && self.of.lies_in(of, above);
        let inside: Vec<u16> = reported.keys().copied().filter(|&of| below(of, node)).collect();
        inside.iter().copied().filter(|&of| !inside.iter().any(|&other| below(of, other))).collect()
    }

    /// Returns how many persons a year has of a node that it does not report.
    fn bounds(&self, node: u16, reported: &Reported, mut open: bool) -> Interval {
        let upper = |nodes: &[u16]| nodes.iter().try_fold(0u64, |sum, node| sum.checked_add(reported[node].upper?));
        let lower = |nodes: &[u16]| {
            let lowers = nodes.iter().map(|node| reported[node].lower);
            if self.several { lowers.max().unwrap_or(0) } else { lowers.fold(0, u64::saturating_add) }
        };
        let inside = self.within(node, reported);
        let mut most: Option<u64> = None;
        for (&above, value) in reported.iter().filter(|(above, _)| self.of.lies_in(node, **above)) {
            let parts = self.within(above, reported);
            open |= upper(&parts).is_some_and(|upper| upper < value.lower);
            let apart = |part: &u16| !self.of.lies_in(*part, node) && !self.of.lies_in(node, *part);
            let apart: Vec<u16> = parts.into_iter().filter(apart).collect();
            let others = if self.several { 0 } else { lower(&apart) };
            most = most.into_iter().chain(value.upper.map(|upper| upper.saturating_sub(others))).min();
        }
        let family = self.of.families.iter().find(|family| family.children.contains(&node));
        open |= self.complete
            && inside.is_empty()
            && family.is_some_and(|family| {
                let is_code = |child: &&u16| !self.of.nodes[usize::from(**child)].code.starts_with('_');
                family.children.iter().filter(is_code).any(|child| !reported.contains_key(child))
            });
        let least = lower(&inside);
        let most = if open { most } else { upper(&inside).map(|upper| most.map_or(upper, |most| most.min(upper))) };
        Interval { lower: least, upper: most.map(|most| most.max(least)) }
    }
}
