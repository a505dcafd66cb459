//! Lower bounds of the persons in each place of a table.

use std::collections::BTreeMap;

use super::known::KnownCells;
use super::package::PartTraits;
use crate::aggregate::{Breakdown, FamilyKind};
use crate::model::Interval;

/// Lower bounds of the persons in places, by what is reported in or below them, in any dimension.
///
/// A place that is not here has nothing but zeros below it. A place with a masked figure is here, also where its bound is 0.
#[derive(Debug, Default)]
pub(super) struct LowerBounds {
    places: BTreeMap<Vec<u16>, u64>,
    /// The same with what all figures say of cells that nothing in the table reports.
    all: BTreeMap<Vec<u16>, u64>,
    /// What they say.
    outside: BTreeMap<Vec<u16>, Interval>,
}

impl LowerBounds {
    /// Adds up what is reported, with what `finer` figures say and what all figures say of cells that it does not report
    /// (`outside`). Dimensions of areas and years come without traits: their parts are not added up.
    pub fn of(
        cells: &KnownCells,
        finer: &BTreeMap<Vec<u16>, u64>,
        outside: BTreeMap<Vec<u16>, Interval>,
        dimensions: &[(&Breakdown, Option<PartTraits>)],
    ) -> Self {
        let reported = cells.iter().filter(|(_, known)| known.value != Interval::exact(0));
        let mut places = finer.clone();
        for (nodes, known) in reported {
            let lower = places.entry(nodes.clone()).or_default();
            *lower = known.value.lower.max(*lower);
        }
        let mut all = BTreeMap::new();
        if !outside.is_empty() {
            all.clone_from(&places);
            for (nodes, value) in &outside {
                let lower: &mut u64 = all.entry(nodes.clone()).or_default();
                *lower = value.lower.max(*lower);
            }
            add_up(&mut all, dimensions);
        }
        add_up(&mut places, dimensions);
        Self { places, all, outside }
    }

    /// Returns how many persons are at least in a place.
    pub fn get(&self, line: &[u16]) -> u64 {
        self.places.get(line).copied().unwrap_or(0)
    }

    /// Returns whether a place may have more than so many persons, by any figures.
    pub fn may_exceed(&self, line: &[u16], limit: u64) -> bool {
        let outside = self.outside.get(line).is_some_and(|value| value.upper.is_none_or(|upper| upper > limit));
        outside || self.get(line) > limit
    }

    /// Returns whether a place has nothing but zeros in and below it.
    pub fn is_zero(&self, line: &[u16]) -> bool {
        !self.places.contains_key(line) && !self.all.contains_key(line)
    }

    /// Returns the lower bound of a place for which the totals leave no more than `upper`. Figures outside the dimensions of
    /// the table that contradict the totals are ignored.
    pub fn below(&self, line: &[u16], upper: Option<u64>) -> u64 {
        let fits = |lower: &&u64| upper.is_none_or(|upper| **lower <= upper);
        self.all.get(line).filter(fits).copied().unwrap_or_else(|| self.get(line))
    }
}

/// Adds up what is in the parts of each place, children first.
fn add_up(places: &mut BTreeMap<Vec<u16>, u64>, dimensions: &[(&Breakdown, Option<PartTraits>)]) {
    for (d, (breakdown, traits)) in dimensions.iter().enumerate() {
        let Some(traits) = traits else { continue };
        for family in &breakdown.families {
            let adds = family.kind == FamilyKind::Partition || traits.exclusive;
            let mut parents: BTreeMap<Vec<u16>, u64> = BTreeMap::new();
            for (nodes, &lower) in places.iter().filter(|(nodes, _)| family.children.contains(&nodes[d])) {
                let mut parent = nodes.clone();
                parent[d] = family.parent;
                let bound = parents.entry(parent).or_default();
                *bound = if adds { bound.saturating_add(lower) } else { lower.max(*bound) };
            }
            for (parent, lower) in parents {
                let bound = places.entry(parent).or_default();
                *bound = lower.max(*bound);
            }
        }
    }
}
