//! What follows from the figures of one country: nodes that nobody told, from their parts.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Breakdown, Family, FamilyKind, NodeKind};
use crate::model::{Interval, Missing};

/// Where a cell comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// A figure, or the sum of figures.
    Reported,
    /// Other figures alone: it takes part in sums and is not shown.
    Implied,
    /// The country did not ask for the code. What it may be counts in the sums above it, and in nothing else.
    Unasked,
    /// A figure whose value is missing or was dropped.
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
pub(super) struct Known {
    pub value: Interval,
    pub basis: Basis,
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

/// What countries asked for.
pub(super) struct Asking<'a> {
    /// The node of everybody in each dimension; none in those of areas and years.
    pub totals: Vec<Option<u16>>,
    /// Whether the country of a line asked in its year for all codes of the line.
    pub asks: &'a dyn Fn(&[u16]) -> bool,
    /// Of how many persons the country of a line at least does not know a dimension in its year.
    pub unknown: &'a dyn Fn(&[u16], usize) -> u64,
}

/// Fills in what follows along one dimension.
///
/// # Definition
/// Where any part of a family is told, the others are nobody; in a dimension whose parts make up everybody only what is left
/// over (`_O`) is, and only where all proper codes are told. Of a total of 0 every part is 0. A code that only some sources ask
/// for is nobody only where the country asked for it in that year: elsewhere it is what the total leaves. A parent that is not
/// told is the sum of its parts, or where a person may be in several, between the largest and the sum of them.
pub(super) fn complete(cells: &mut Cells, d: usize, of: &Breakdown, telling: Telling, asking: &Asking<'_>) {
    zeros(cells, d, of, asking);
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
                fill(cells, d, of, family, &mut line, telling.complete, asking);
            }
            line[d] = family.parent;
            if !cells.contains_key(&line)
                && let Some(mut parent) = parent(cells, d, family, &line, telling.exclusive)
            {
                if parent.basis.is_number() && !(asking.asks)(&line) {
                    parent.basis = Basis::Unasked;
                }
                cells.insert(line, parent);
            }
        }
    }
}

/// Adds the parts of totals that are 0. A code that was not asked for has a place only below a total that was reported.
fn zeros(cells: &mut Cells, d: usize, of: &Breakdown, asking: &Asking<'_>) {
    let Some(total) = asking.totals[d] else { return };
    let zero = |(nodes, known): &(&Vec<u16>, &Known)| {
        nodes[d] == total && known.basis.is_number() && known.value == Interval::exact(0)
    };
    let lines: Vec<_> = cells.iter().filter(zero).map(|(nodes, known)| (nodes.clone(), known.basis)).collect();
    for (mut line, of_total) in lines {
        for node in (0..of.nodes.len() as u16).filter(|node| *node != total) {
            line[d] = node;
            let basis = match (asking.asks)(&line) {
                true => Basis::Implied,
                false if of_total == Basis::Reported => Basis::Unasked,
                false => continue,
            };
            cells.entry(line.clone()).or_insert(Known { value: Interval::exact(0), basis });
        }
    }
}

/// Adds the parts that are nobody because others are told, and those for which the country did not ask.
fn fill(
    cells: &mut Cells,
    d: usize,
    of: &Breakdown,
    family: &Family,
    line: &mut [u16],
    complete: bool,
    asking: &Asking<'_>,
) {
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
        if cells.contains_key(line as &[u16]) {
            continue;
        }
        let known = if (asking.asks)(line) {
            Known { value: Interval::exact(0), basis: Basis::Implied }
        } else {
            Known { value: rest(cells, d, of, family, line, asking), basis: Basis::Unasked }
        };
        cells.insert(line.to_vec(), known);
    }
}

/// What the told parts of a family leave for those of whom the country did not ask: nobody, or up to the rest of their total.
fn rest(cells: &Cells, d: usize, of: &Breakdown, family: &Family, line: &[u16], asking: &Asking<'_>) -> Interval {
    let mut at = line.to_vec();
    let least = |at: &mut Vec<u16>, node: u16| {
        at[d] = node;
        cells.get(at as &[u16]).filter(|known| known.basis != Basis::Unasked).map_or(0, |known| known.value.lower)
    };
    let parts = family.children.iter().map(|&child| least(&mut at, child)).collect::<Vec<_>>();
    // Nobody is counted twice in parts that exclude each other only.
    let told: u64 = if family.kind == FamilyKind::Partition {
        parts.iter().fold(0, |sum, part| sum.saturating_add(*part))
    } else {
        0
    };
    let mut most: Option<u64> = None;
    let mut bound = |upper: Option<u64>, taken: u64| {
        if let Some(upper) = upper {
            let rest = upper.saturating_sub(taken);
            most = Some(most.map_or(rest, |most| most.min(rest)));
        }
    };
    at[d] = family.parent;
    bound(cells.get(&at).and_then(|known| known.value.upper), told);
    if let Some(total) = asking.totals[d].filter(|total| *total != family.parent) {
        let missing = of.nodes.iter().enumerate().filter(|(_, node)| matches!(node.kind, NodeKind::Missing(_)));
        let mut taken = told;
        for (node, kind) in missing {
            let mut number = least(&mut at, node as u16);
            if kind.kind == NodeKind::Missing(Missing::Unknown) {
                let elsewhere = asking.totals.iter().enumerate().filter(|(e, _)| *e != d);
                let all = elsewhere.filter_map(|(e, total)| Some((e, (*total)?))).all(|(e, total)| line[e] == total);
                number = number.max(if all { (asking.unknown)(line, d) } else { 0 });
            }
            taken = taken.saturating_add(number);
        }
        at[d] = total;
        bound(cells.get(&at).and_then(|known| known.value.upper), taken);
    }
    // Of a group that has no total of its own, there are no more than of everybody.
    for (e, total) in asking.totals.iter().enumerate().filter(|(e, _)| *e != d) {
        if let Some(total) = total.filter(|total| *total != line[e]) {
            let mut wider = line.to_vec();
            wider[e] = total;
            bound(cells.get(&wider).and_then(|known| known.value.upper), 0);
        }
    }
    Interval { lower: 0, upper: Some(most.unwrap_or(0)) }
}

/// What the parts tell of their parent, where all of them are there.
fn parent(cells: &Cells, d: usize, family: &Family, line: &[u16], exclusive: bool) -> Option<Known> {
    let mut at = line.to_vec();
    let mut sum = Interval::exact(0);
    let mut largest = 0;
    let mut basis = Basis::Implied;
    let (mut unasked, mut others) = (Some(0u64), Some(0u64));
    for &child in &family.children {
        at[d] = child;
        let part = cells.get(&at)?;
        largest = largest.max(part.value.lower);
        sum = sum.checked_add(part.value)?;
        basis = match (basis, part.basis) {
            (Basis::Unknown, _) | (_, Basis::Dropped | Basis::Unknown) => Basis::Unknown,
            (Basis::Reported, _) | (_, Basis::Reported) => Basis::Reported,
            _ => Basis::Implied,
        };
        // What is left over is one number, however many codes share it.
        if part.basis == Basis::Unasked {
            unasked = unasked.zip(part.value.upper).map(|(a, b)| a.max(b));
        } else {
            others = others.zip(part.value.upper).and_then(|(a, b)| a.checked_add(b));
        }
    }
    sum.upper = others.zip(unasked).and_then(|(a, b)| a.checked_add(b));
    if basis == Basis::Unknown {
        return Some(Known { value: Interval::open(), basis });
    }
    if family.kind == FamilyKind::Cover && !exclusive {
        sum.lower = largest;
    }
    Some(Known { value: sum, basis })
}
