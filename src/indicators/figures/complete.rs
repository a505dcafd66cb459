//! What follows from the figures of one country: nodes that nobody told, from their parts.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Breakdown, Family, FamilyKind, NodeKind};
use crate::model::Interval;

/// What is known of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub value: Interval,
    /// Whether it follows only from others being told: it takes part in sums and is not shown.
    pub implied: bool,
}

pub(super) type Cells = BTreeMap<Vec<u16>, Known>;

/// How the parts of a dimension are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// A part that is not told where another one is, is not known; elsewhere it is nobody.
    pub complete: bool,
    /// Nobody is in two parts.
    pub exclusive: bool,
}

/// Fills in what follows along one dimension.
///
/// # Definition
/// Where any part of a family is told, the others are nobody; in a dimension whose parts make up everybody only what is left
/// over (`_O`) is, and only where all proper codes are told. A parent that is not told is the sum of its parts, or where a
/// person may be in several, between the largest and the sum of them.
pub(super) fn complete(cells: &mut Cells, d: usize, of: &Breakdown, telling: Telling) {
    // Families are listed children first.
    for family in &of.families {
        let is_total = of.nodes[usize::from(family.parent)].kind == NodeKind::Total;
        let mut lines: BTreeSet<Vec<u16>> = BTreeSet::new();
        let member = |node: u16| node == family.parent || family.children.contains(&node);
        for nodes in cells.keys().filter(|nodes| member(nodes[d])) {
            let mut line = nodes.clone();
            line[d] = family.parent;
            lines.insert(line);
        }
        for mut line in lines {
            if !is_total {
                fill(cells, d, of, family, &mut line, telling.complete);
            }
            line[d] = family.parent;
            if !cells.contains_key(&line)
                && let Some(parent) = parent(cells, d, family, &line, telling.exclusive)
            {
                cells.insert(line, parent);
            }
        }
    }
}

/// Adds the parts that are nobody because others are told.
fn fill(cells: &mut Cells, d: usize, of: &Breakdown, family: &Family, line: &mut [u16], complete: bool) {
    let mut told = |node: u16| {
        line[d] = node;
        cells.contains_key(line as &[u16])
    };
    let left_over = |node: u16| {
        let node = &of.nodes[usize::from(node)];
        node.code.starts_with('_') || matches!(node.kind, NodeKind::Residual(_))
    };
    let any = family.children.iter().any(|&child| told(child));
    let proper = family.children.iter().all(|&child| left_over(child) || told(child));
    if !any || (complete && !proper) {
        return;
    }
    for &child in &family.children {
        line[d] = child;
        let nobody = Known { value: Interval::exact(0), implied: true };
        cells.entry(line.to_vec()).or_insert(nobody);
    }
}

/// What the parts tell of their parent, where all of them are there.
fn parent(cells: &Cells, d: usize, family: &Family, line: &[u16], exclusive: bool) -> Option<Known> {
    let mut at = line.to_vec();
    let mut sum = Known { value: Interval::exact(0), implied: true };
    let mut largest = 0;
    for &child in &family.children {
        at[d] = child;
        let part = cells.get(&at)?;
        largest = largest.max(part.value.lower);
        sum = Known { value: sum.value.checked_add(part.value)?, implied: sum.implied && part.implied };
    }
    if family.kind == FamilyKind::Cover && !exclusive {
        sum.value.lower = largest;
    }
    Some(sum)
}
