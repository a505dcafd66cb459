//! How many persons the reported parts of a whole leave for another part.

use std::collections::BTreeSet;

use super::asking::{Asking, is_unknown, missing_nodes};
use super::complete::Along;
use super::known::{Basis, KnownCells};
use crate::aggregate::{Family, FamilyKind};

/// A whole of at most so many persons, of whom its other parts hold at least so many.
#[derive(Clone, Copy, Debug)]
struct Whole {
    upper: u64,
    held: u64,
}

impl Along<'_> {
    /// Returns how many persons the reported parts of a family leave for another part at most; none where no total says so.
    pub fn rest(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> Option<u64> {
        self.wholes(cells, family, line).into_iter().map(|whole| whole.upper.saturating_sub(whole.held)).min()
    }

    /// As [`Along::rest`]. A total that is below its parts leaves nothing, and says nothing of another part.
    pub fn rest_of_sound(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> Option<u64> {
        self.wholes(cells, family, line).into_iter().filter_map(|whole| whole.upper.checked_sub(whole.held)).min()
    }

    /// Returns the wholes that contain a part of a family.
    fn wholes(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> Vec<Whole> {
        let (d, breakdown, asking) = (self.d, self.breakdown(), self.asking);
        let mut at = line.to_vec();
        let lower = |at: &mut Vec<u16>, node: u16| {
            at[d] = node;
            cells.get(at as &[u16]).filter(|known| known.basis != Basis::Unasked).map_or(0, |known| known.value.lower)
        };
        // Only in parts that exclude each other is no person counted twice.
        let parts = family.children.iter().filter(|_| family.kind == FamilyKind::Partition);
        let reported = parts.map(|&child| lower(&mut at, child)).fold(0, u64::saturating_add);
        let mut wholes = Vec::new();
        let mut add = |upper: Option<u64>, held: u64| wholes.extend(upper.map(|upper| Whole { upper, held }));
        let upper = |at: &[u16]| cells.get(at).and_then(|known| known.value.upper);
        at[d] = family.parent;
        add(upper(&at), reported);
        // Of a group that is not reported, there are no more than the groups above it leave.
        let (mut node, mut others) = (family.parent, reported);
        while let Some(above) = breakdown.families.iter().find(|above| above.children.contains(&node)) {
            if Some(above.parent) == asking.totals[d] {
                break;
            }
            if above.kind == FamilyKind::Partition {
                let siblings = above.children.iter().filter(|child| **child != node);
                others = siblings.map(|&child| lower(&mut at, child)).fold(others, u64::saturating_add);
            }
            node = above.parent;
            at[d] = node;
            add(upper(&at), others);
        }
        if let Some(total) = asking.totals[d].filter(|total| *total != family.parent) {
            let missing = missing_nodes(breakdown).map(|node| lower(&mut at, node).max(self.unknown(line, node)));
            let held = missing.fold(reported, u64::saturating_add);
            at[d] = total;
            add(upper(&at), held);
        }
        // Of a group that has no total of its own, there are no more than in the total. Of a code that only some sources ask for,
        // these are without those of other groups.
        let by_some = asking.is_by_some(line);
        for (e, total) in asking.totals.iter().enumerate().filter(|(e, _)| *e != d) {
            if let Some(total) = total.filter(|total| *total != line[e]) {
                let mut wider = line.to_vec();
                wider[e] = total;
                add(upper(&wider), if by_some { in_others(cells, e, line, asking) } else { 0 });
            }
        }
        if by_some {
            asking.wider(line).for_each(|at| add(upper(&at), 0));
        }
        wholes
    }

    /// Returns of how many persons at least the country does not know the dimension, where a line has the totals of
    /// all others and the node stands for them.
    fn unknown(&self, line: &[u16], node: u16) -> u64 {
        let totals = self.asking.totals.iter().enumerate().filter(|(e, _)| *e != self.d);
        let is_of_all = totals.filter_map(|(e, total)| Some((e, (*total)?))).all(|(e, total)| line[e] == total);
        if is_of_all && is_unknown(self.breakdown(), node) { (self.asking.unknown)(line, self.d) } else { 0 }
    }
}

/// Returns how many persons are at least in the other parts of a dimension, and among those of whom nothing is known.
fn in_others(cells: &KnownCells, e: usize, line: &[u16], asking: &Asking<'_>) -> u64 {
    let breakdown = &asking.dimensions[e];
    let of_line = |family: &&Family| family.kind == FamilyKind::Partition && family.children.contains(&line[e]);
    let siblings = breakdown.families.iter().filter(of_line).flat_map(|family| &family.children).copied();
    let nodes: BTreeSet<u16> = siblings.chain(missing_nodes(breakdown)).collect();
    let mut at = line.to_vec();
    let lower = |node: u16| {
        at[e] = node;
        cells.get(&at).filter(|known| known.basis == Basis::Reported).map_or(0, |known| known.value.lower)
    };
    nodes.into_iter().filter(|node| *node != line[e]).map(lower).fold(0, u64::saturating_add)
}
