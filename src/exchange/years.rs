//! Sums over years, in tables that have none.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::TOGETHER;
use super::known::{Basis, KnownCells, KnownValue};
use super::lower_bounds::LowerBounds;
use super::questions::Questions;
use super::wholes::NodesAbove;
use crate::aggregate::{Breakdown, Family, FamilyKind};
use crate::indicators::Counting;
use crate::model::Interval;

/// The cells of all years.
#[derive(Debug, Default)]
pub(super) struct YearSums {
    pub cells: KnownCells,
    /// Areas and dimensions with a year that is not known: no part is an implied zero.
    pub partial: BTreeSet<(u16, usize)>,
}

/// What is known of a cell in each year.
type CellYears = BTreeMap<u16, KnownValue>;

/// The cells of areas by year, which comes last in each line.
pub(super) struct ByYear<'a> {
    pub cells: &'a KnownCells,
    /// Lower bounds of places without a cell.
    pub lowers: &'a LowerBounds,
    pub asked: &'a Questions,
}

impl ByYear<'_> {
    /// Adds up years; `reporting` has those in which an area reports anything, with how many persons it has at most.
    ///
    /// # Definition
    /// A year in which an area reports something, but not a cell, has as many persons in it as the cells that contain it leave.
    /// Where no year reports a person in a cell, and some year does not say that it is zero, there is no sum. Different persons of
    /// several years may be the same.
    pub fn sums(
        &self,
        dimensions: &[Breakdown],
        reporting: &BTreeMap<u32, BTreeMap<u16, Option<u64>>>,
        counting: Counting,
    ) -> YearSums {
        let mut lines: BTreeMap<&[u16], CellYears> = BTreeMap::new();
        // Figures of all years together are no year.
        let mut nodes: BTreeMap<u16, u16> = BTreeMap::new();
        for (line, known) in self.cells {
            let Some((&node, cell)) = line.split_last() else { continue };
            if let Some(year) = self.asked.year(line).filter(|year| *year != TOGETHER) {
                nodes.insert(year, node);
                lines.entry(cell).or_default().insert(year, *known);
            }
        }
        let around = Around { dimensions, above: NodesAbove::new(dimensions, None), lines: &lines };
        let mut sums = YearSums::default();
        let nothing = BTreeMap::new();
        let totals = &self.asked.totals;
        for (&cell, years) in &lines {
            let reporting = self.asked.area(cell).and_then(|area| reporting.get(&area)).unwrap_or(&nothing);
            let is_whole = reporting.keys().all(|year| years.contains_key(year));
            let is_silent =
                |known: &KnownValue| matches!(known.basis, Basis::Implied | Basis::Unasked) && known.value.lower == 0;
            let parts = (1..cell.len()).filter(|&d| totals[d].is_some_and(|total| total != cell[d]));
            let parts = parts.map(|d| (cell[0], d));
            if !is_whole && years.values().all(is_silent) {
                sums.partial.extend(parts);
                continue;
            }
            let uppers = if is_whole { BTreeMap::new() } else { around.uppers(cell) };
            let missing = |year: u16| {
                let total = reporting.get(&year).copied().flatten();
                let lower = nodes.get(&year).map_or(0, |&node| self.lowers.get(&[cell, &[node]].concat()));
                let upper = uppers.get(&year).copied().into_iter().chain(total).min().map(|upper| upper.max(lower));
                KnownValue { value: Interval { lower, upper }, basis: Basis::Implied }
            };
            let mut sum: Option<KnownValue> = None;
            let all: BTreeSet<u16> = reporting.keys().chain(years.keys()).copied().collect();
            for year in all {
                let known = years.get(&year).copied().unwrap_or_else(|| missing(year));
                if !years.contains_key(&year) && known.value != Interval::exact(0) {
                    sums.partial.extend(parts.clone());
                }
                sum = Some(sum.map_or(known, |sum| add(sum, known, counting)));
            }
            sums.cells.extend(sum.map(|sum| (cell.to_vec(), sum)));
        }
        sums
    }
}

/// The cells that contain others, and their other parts.
struct Around<'a> {
    dimensions: &'a [Breakdown],
    above: NodesAbove,
    lines: &'a BTreeMap<&'a [u16], CellYears>,
}

impl Around<'_> {
    /// Returns how many persons a cell has at most in each year, by the cells that contain it and what their other parts leave.
    fn uppers(&self, cell: &[u16]) -> BTreeMap<u16, u64> {
        let mut uppers: BTreeMap<u16, u64> = BTreeMap::new();
        let mut bound = |year: u16, upper: u64| {
            let lowest = uppers.entry(year).or_insert(upper);
            *lowest = upper.min(*lowest);
        };
        let years = |at: &[u16]| self.lines.get(at).into_iter().flatten();
        for at in std::iter::once(cell.to_vec()).chain(self.above.of(cell)) {
            years(&at).for_each(|(&year, known)| known.value.upper.into_iter().for_each(|upper| bound(year, upper)));
        }
        let mut at = cell.to_vec();
        for (d, breakdown) in self.dimensions.iter().enumerate().skip(1) {
            let is_own = |family: &&Family| family.kind == FamilyKind::Partition && family.children.contains(&cell[d]);
            for family in breakdown.families.iter().filter(is_own) {
                let mut others: BTreeMap<u16, u64> = BTreeMap::new();
                for &child in family.children.iter().filter(|child| **child != cell[d]) {
                    at[d] = child;
                    for (&year, known) in years(&at).filter(|(_, known)| known.basis != Basis::Unasked) {
                        let sum = others.entry(year).or_default();
                        *sum = sum.saturating_add(known.value.lower);
                    }
                }
                at[d] = family.parent;
                for (&year, known) in years(&at) {
                    // A whole below its parts says nothing of another part.
                    let others = others.get(&year).copied().unwrap_or(0);
                    let rest = known.value.upper.and_then(|upper| upper.checked_sub(others));
                    rest.into_iter().for_each(|upper| bound(year, upper));
                }
            }
            at[d] = cell[d];
        }
        uppers
    }
}

fn add(a: KnownValue, b: KnownValue, counting: Counting) -> KnownValue {
    let upper = a.value.upper.zip(b.value.upper).and_then(|(a, b)| a.checked_add(b));
    let lower = match counting {
        Counting::Victims => a.value.lower.saturating_add(b.value.lower),
        Counting::Persons => a.value.lower.max(b.value.lower),
    };
    // A value that is missing in a year is missing in the sum; a year that did not ask adds to what others report.
    let order = [Basis::Unknown, Basis::Dropped, Basis::Reported, Basis::Unasked, Basis::Implied];
    let basis = order.into_iter().find(|basis| [a.basis, b.basis].contains(basis)).unwrap_or(Basis::Implied);
    KnownValue { value: Interval { lower, upper }, basis }
}
