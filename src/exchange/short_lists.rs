//! Lists of codes that hold fewer persons than their total leaves for them.

use std::collections::BTreeSet;

use super::asking::{is_unknown, missing_nodes};
use super::known::{Basis, KnownCells};
use crate::aggregate::{Breakdown, Family, NodeKind};

/// Returns the cells of all known persons whose codes in the figures are not all of them.
///
/// # Definition
/// A publisher lists the codes that have persons, and a total that is larger counts persons of whom the code is not known. That
/// does not hold for a list whose publisher says how many these are, where they and the codes are fewer than the total: some
/// persons have a code that is not listed.
///
/// `totals` has the total of each dimension, and `counted` says whether the figures of a line were counted from records.
pub(super) fn short_lists(
    cells: &KnownCells,
    dimensions: &[Breakdown],
    totals: &[Option<u16>],
    counted: &dyn Fn(&[u16]) -> bool,
) -> BTreeSet<Vec<u16>> {
    let mut short = BTreeSet::new();
    for (d, breakdown) in dimensions.iter().enumerate() {
        let known = breakdown.nodes.iter().position(|node| node.kind == NodeKind::Known).map(|at| at as u16);
        let Some((known, total)) = known.zip(totals[d]) else { continue };
        for line in cells.keys().filter(|line| line[d] == total) {
            let list = List { cells, d, breakdown, line };
            // A package that counted all persons has a row of all known ones.
            if list.reported(known).is_none() && list.is_short(known) && !counted(line) {
                short.insert(list.at(known));
            }
        }
    }
    short
}

/// The codes of one dimension, where those of all others are the same.
struct List<'a> {
    cells: &'a KnownCells,
    d: usize,
    breakdown: &'a Breakdown,
    /// The total.
    line: &'a [u16],
}

impl List<'_> {
    fn at(&self, node: u16) -> Vec<u16> {
        let mut at = self.line.to_vec();
        at[self.d] = node;
        at
    }

    /// Returns the lower and the upper bound of a node that is reported.
    fn reported(&self, node: u16) -> Option<(u64, Option<u64>)> {
        let cell = self.cells.get(&self.at(node)).filter(|cell| cell.basis == Basis::Reported)?;
        Some((cell.value.lower, cell.value.upper))
    }

    /// Returns whether the codes, and those of whom none is known, are fewer persons than the total.
    fn is_short(&self, known: u16) -> bool {
        let Some((total, _)) = self.reported(self.line[self.d]) else { return false };
        let mut listed = BTreeSet::new();
        self.listed(known, &mut listed);
        let missing: Vec<u16> = missing_nodes(self.breakdown).filter(|&node| self.reported(node).is_some()).collect();
        if listed.is_empty() || !missing.iter().any(|&node| is_unknown(self.breakdown, node)) {
            return false;
        }
        let all = listed.iter().chain(&missing).map(|&node| self.reported(node).and_then(|(_, upper)| upper));
        let upper = all.into_iter().try_fold(0u64, |sum, upper| sum.checked_add(upper?));
        upper.is_some_and(|upper| upper < total)
    }

    /// Collects the reported codes in a node, without those below another one.
    fn listed(&self, node: u16, listed: &mut BTreeSet<u16>) {
        let families = self.breakdown.families.iter().filter(|family: &&Family| family.parent == node);
        let parts: BTreeSet<u16> = families.flat_map(|family| &family.children).copied().collect();
        for part in parts {
            if self.reported(part).is_some() {
                listed.insert(part);
            } else {
                self.listed(part, listed);
            }
        }
    }
}
