//! Where figures are in a table.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::TOGETHER;
use super::figures::{FigurePlace, Figures};
use crate::aggregate::{Breakdown, NodeKind};
use crate::model::{Interval, ObsStatus};

/// The figures of one group of dimensions, as far as they belong to a table.
pub(super) struct Group<'a> {
    pub dimensions: Vec<&'a str>,
    pub places: &'a BTreeMap<FigurePlace, Interval>,
    pub lacking: Option<&'a BTreeSet<FigurePlace>>,
    pub silent: Vec<&'a FigurePlace>,
    pub following: Option<&'a BTreeMap<FigurePlace, Interval>>,
    pub unlisted: Option<&'a BTreeSet<FigurePlace>>,
    pub marks: Option<&'a BTreeMap<FigurePlace, ObsStatus>>,
}

impl Group<'_> {
    /// Returns the years of its figures.
    pub fn years(&self) -> impl Iterator<Item = u16> {
        let following = self.following.into_iter().flat_map(BTreeMap::keys);
        let places = self.places.keys().chain(self.lacking.into_iter().flatten()).chain(following);
        places.map(|place| place.1).filter(|year| *year != TOGETHER)
    }
}

/// Where the figures of a table are in it.
pub(super) struct Positions<'a> {
    figures: &'a Figures,
    dimensions: &'a [Breakdown],
    nodes: Vec<BTreeMap<&'a str, u16>>,
    time: &'a str,
}

impl<'a> Positions<'a> {
    pub fn new(figures: &'a Figures, dimensions: &'a [Breakdown], area_time: [&'a str; 2]) -> Self {
        let nodes = |breakdown: &'a Breakdown| {
            breakdown.nodes.iter().enumerate().map(|(at, node)| (node.code.as_str(), at as u16)).collect()
        };
        Self { figures, dimensions, nodes: dimensions.iter().map(nodes).collect(), time: area_time[1] }
    }

    /// Returns the nodes of a figure by dimensions of these names; none where the table has no place for it.
    pub fn of(&self, names: &[&str], place: &FigurePlace) -> Option<Vec<u16>> {
        self.above(names, place, &|_, _| None)
    }

    /// Returns the nodes of a figure; for codes that are not nodes, those that `above` names.
    pub fn above(
        &self,
        names: &[&str],
        (area, year, codes): &FigurePlace,
        above: &dyn Fn(usize, &str) -> Option<u16>,
    ) -> Option<Vec<u16>> {
        let total = |breakdown: &Breakdown| match breakdown.nodes.as_slice() {
            // In a table whose persons all have one code, that code.
            [_] => Some(0),
            nodes => nodes.iter().position(|node| node.kind == NodeKind::Total).map(|at| at as u16),
        };
        let find = |(d, breakdown): (usize, &Breakdown)| -> Option<u16> {
            if d == 0 {
                return self.nodes[0].get(self.figures.names.text(*area)).copied();
            }
            if breakdown.dimension == self.time {
                return match year {
                    0 => total(breakdown),
                    year => self.nodes[d].get(year.to_string().as_str()).copied(),
                };
            }
            match names.iter().position(|name| *name == breakdown.dimension) {
                Some(at) => {
                    let code = self.figures.names.text(codes[at]);
                    self.nodes[d].get(code).copied().or_else(|| above(d, code))
                }
                None => total(breakdown),
            }
        };
        self.dimensions.iter().enumerate().map(find).collect()
    }
}
