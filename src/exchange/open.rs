//! Lists of codes that do not hold all known persons of an area.
//!
//! A table has a node for each code that any source names. Where a list is open, a person may have a code that no source names.

use std::collections::BTreeSet;

use super::complete::Along;
use super::known::KnownCells;
use crate::aggregate::{Family, NodeKind};

/// Returns the cells of all known persons of a dimension whose codes in the table may not hold all of them.
///
/// # Definition
/// A list is open where nothing is known of a code of it, or of a group in it, where its parts are fewer persons than the whole,
/// and where figures outside of it say so.
pub(super) fn open_lists(cells: &KnownCells, along: Along<'_>) -> BTreeSet<Vec<u16>> {
    let Along { d, asking } = along;
    let breakdown = along.breakdown();
    let Some(known) = breakdown.nodes.iter().position(|node| node.kind == NodeKind::Known).map(|at| at as u16) else {
        return BTreeSet::new();
    };
    let families: Vec<&Family> =
        breakdown.families.iter().filter(|family| breakdown.lies_in(family.parent, known)).collect();
    let is_open = |line: &Vec<u16>| {
        (asking.open)(line, d)
            || families.iter().any(|family| {
                let mut at = line.clone();
                at[d] = family.parent;
                let has_persons = cells.get(&at).is_some_and(|cell| cell.value.upper != Some(0));
                has_persons
                    && ((asking.open)(&at, d)
                        || lacks_part(cells, d, family, &at)
                        || along.is_unlisted(cells, family, &at))
            })
    };
    cells.keys().filter(|line| line[d] == known).filter(|line| is_open(line)).cloned().collect()
}

/// Returns whether nothing is known of a code of a group.
fn lacks_part(cells: &KnownCells, d: usize, family: &Family, line: &[u16]) -> bool {
    let mut at = line.to_vec();
    family.children.iter().any(|&child| {
        at[d] = child;
        !cells.contains_key(&at)
    })
}
