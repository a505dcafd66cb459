//! What a country leaves open within a whole that it reports.
//!
//! Publishers report some origins by country and some by continent only. If each share rested on the countries that happen to
//! report its own code, a part could have a larger share than its whole. So all shares of one dimension rest on the countries
//! that report the whole, and what one of them does not report is bounded by what it reports above it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::layout::{FrameLayout, LeafTarget};
use crate::aggregate::{Breakdown, FamilyKind};
use crate::indicators::value::{Seen, Shown};

/// A lower and an upper bound; without an upper one nothing bounds the number.
type NumberBounds = (u64, Option<u64>);

/// Returns the cells, and for a share of published figures also those that countries leave open, none of them present.
pub(super) fn filled<'a>(layout: &FrameLayout<'_>, cells: &'a [Seen]) -> Cow<'a, [Seen]> {
    let Some(whole) = layout.whole_targets().filter(|_| layout.setting.summed) else { return Cow::Borrowed(cells) };
    let known: BTreeMap<&[u16], &Seen> = cells.iter().map(|cell| (cell.nodes.as_slice(), cell)).collect();
    // The codes that regions show, by all that they do not share.
    let mut shown: BTreeMap<Vec<u16>, BTreeSet<Vec<u16>>> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| layout.below[usize::from(cell.nodes[0])] != [cell.nodes[0]]) {
        if layout.keeps(&cell.nodes) {
            let codes = whole.iter().map(|(d, _)| cell.nodes[*d]).collect();
            let mut rest = cell.nodes.clone();
            rest[0] = 0;
            whole.iter().for_each(|(d, _)| rest[*d] = 0);
            shown.entry(rest).or_default().insert(codes);
        }
    }
    let countries = (0..layout.below.len() as u16).filter(|&area| layout.below[usize::from(area)] == [area]);
    let mut open = Vec::new();
    for country in countries {
        for (rest, codes) in &shown {
            let mut at = rest.clone();
            at[0] = country;
            let Some(whole_upper) = upper(&known, &whole, &mut at) else { continue };
            // Now in the whole of the country.
            let is_open = known.get(at.as_slice()).is_some_and(|cell| cell.is_open);
            let mut line = CountryLine { known: &known, at: at.clone(), found: BTreeMap::new(), is_open, whole_upper };
            for code in codes {
                whole.iter().zip(code).for_each(|((d, _), &node)| at[*d] = node);
                if known.contains_key(at.as_slice()) {
                    continue;
                }
                let (lower, upper) = match whole.as_slice() {
                    [(d, _)] => line.bounds(*d, &layout.dimensions[*d], code[0]),
                    _ => (0, whole_upper),
                };
                let value = upper.filter(|&upper| upper == lower);
                let shown = Shown { value, lower: Some(lower), upper };
                open.push(Seen { nodes: at.clone(), shown, present: false, asked: true, is_open: false });
            }
        }
    }
    if open.is_empty() { Cow::Borrowed(cells) } else { Cow::Owned([cells, &open].concat()) }
}

/// Returns the upper bound of the whole, where the country reports all cells of it.
fn upper(known: &BTreeMap<&[u16], &Seen>, whole: &[(usize, LeafTarget)], at: &mut [u16]) -> Option<Option<u64>> {
    let Some(((d, target), others)) = whole.split_first() else {
        return known.get(&*at).filter(|cell| cell.present).map(|cell| cell.shown.upper);
    };
    let LeafTarget::Sum(nodes) = target else { return None };
    let mut sum = Some(0u64);
    for &node in nodes {
        at[*d] = node as u16;
        let part = upper(known, others, at)?;
        sum = sum.zip(part).and_then(|(a, b)| a.checked_add(b));
    }
    Some(sum)
}

/// The cells of one country along one dimension.
struct CountryLine<'a> {
    known: &'a BTreeMap<&'a [u16], &'a Seen>,
    at: Vec<u16>,
    found: BTreeMap<u16, NumberBounds>,
    /// Whether persons of the whole may have a code that is not a node.
    is_open: bool,
    /// The upper bound of the whole.
    whole_upper: Option<u64>,
}

impl CountryLine<'_> {
    fn reported(&mut self, d: usize, node: u16) -> Option<NumberBounds> {
        self.at[d] = node;
        let cell = self.known.get(self.at.as_slice())?;
        Some((cell.shown.lower.unwrap_or(0), cell.shown.upper))
    }

    /// Returns what a country leaves for a node: what its group holds less the reported parts of it.
    fn bounds(&mut self, d: usize, breakdown: &Breakdown, node: u16) -> NumberBounds {
        if let Some(known) = self.reported(d, node).or_else(|| self.found.get(&node).copied()) {
            return known;
        }
        let family = breakdown.families.iter().find(|family| family.children.contains(&node) && family.parent != node);
        let bounds = match family {
            None => (0, self.whole_upper),
            Some(family) => {
                let (lower, upper) = self.bounds(d, breakdown, family.parent);
                let siblings = family.children.iter().filter(|child| **child != node);
                let siblings: Vec<Option<NumberBounds>> = siblings.map(|&child| self.reported(d, child)).collect();
                if family.kind == FamilyKind::Partition {
                    let others: u64 = siblings.iter().flatten().map(|(lower, _)| lower).sum();
                    let all: Option<u64> =
                        siblings.iter().map(|sibling| sibling.and_then(|(_, upper)| upper)).sum::<Option<u64>>();
                    let upper = upper.map(|upper| upper.saturating_sub(others));
                    let lower = all.filter(|_| !self.is_open).map_or(0, |all| lower.saturating_sub(all));
                    (upper.map_or(lower, |upper| lower.min(upper)), upper)
                } else {
                    (0, upper)
                }
            }
        };
        self.found.insert(node, bounds);
        bounds
    }
}
