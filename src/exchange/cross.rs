//! The figures of one area and year in one breakdown, and what they lack of wider places.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Interval;

/// The codes that contain each code of a dimension.
#[derive(Clone, Debug, Default)]
pub(super) struct CodesAbove(pub BTreeMap<(u32, u32), Vec<u32>>);

impl CodesAbove {
    pub fn of(&self, dimension: u32, code: u32) -> &[u32] {
        self.0.get(&(dimension, code)).map_or(&[], Vec::as_slice)
    }

    /// Returns whether a code is within another one.
    pub fn lies_in(&self, dimension: u32, code: u32, above: u32) -> bool {
        self.of(dimension, code).contains(&above)
    }

    /// Returns a place, and then the places that contain it.
    pub fn containing(&self, dimensions: &[u32], codes: &[u32]) -> Vec<Vec<u32>> {
        let mut places: Vec<Vec<u32>> = vec![Vec::new()];
        for (dimension, code) in dimensions.iter().zip(codes) {
            let all = std::iter::once(code).chain(self.of(*dimension, *code));
            places = all.flat_map(|code| places.iter().map(|head| [&head[..], &[*code]].concat())).collect();
        }
        places
    }
}

/// The figures of one area and year in one breakdown.
pub(super) type Cross = BTreeMap<Box<[u32]>, Listed>;

/// A figure of a cross.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub value: Interval,
    /// Whether it is within no other figure of the cross.
    pub is_top: bool,
}

/// Notes of each figure of a cross whether it is within another one.
pub(super) fn find_tops(cross: &mut Cross, dimensions: &[u32], above: &CodesAbove) {
    let is_within =
        |codes: &[u32]| above.containing(dimensions, codes).iter().skip(1).any(|wider| cross.contains_key(&wider[..]));
    let within: Vec<Box<[u32]>> = cross.keys().filter(|codes| is_within(codes)).cloned().collect();
    for codes in within {
        cross.entry(codes).and_modify(|listed| listed.is_top = false);
    }
}

/// Some dimensions of a breakdown, one bit for each.
#[derive(Clone, Copy)]
pub(super) struct DimensionSubset<'a> {
    pub dimensions: &'a [u32],
    pub mask: u32,
}

impl DimensionSubset<'_> {
    fn has(self, at: usize) -> bool {
        self.mask & (1 << at) != 0
    }

    /// Returns what belongs to its dimensions.
    pub fn select(self, items: &[u32]) -> Vec<u32> {
        (0..items.len()).filter(|&at| self.has(at)).map(|at| items[at]).collect()
    }

    /// Returns what belongs to the others.
    fn rest(self, items: &[u32]) -> Vec<u32> {
        (0..items.len()).filter(|&at| !self.has(at)).map(|at| items[at]).collect()
    }

    /// Returns a place of the breakdown.
    fn join(self, picked: &[u32], rest: &[u32]) -> Box<[u32]> {
        let (mut picked, mut rest) = (picked.iter(), rest.iter());
        let next = |at: usize| if self.has(at) { picked.next() } else { rest.next() };
        (0..self.dimensions.len()).filter_map(next).copied().collect()
    }
}

/// The figures of a cross by the wider places in which they are, so that no place is compared with each figure.
pub(super) struct CrossIndex<'a> {
    part: DimensionSubset<'a>,
    dimensions: Vec<u32>,
    above: &'a CodesAbove,
    within: BTreeMap<Vec<u32>, FiguresWithin>,
    /// The codes of the other dimensions that the cross lists.
    rests: BTreeSet<Vec<u32>>,
}

/// The figures within a place of some dimensions.
#[derive(Default)]
struct FiguresWithin {
    /// How many persons they have at least.
    listed: u64,
    /// Their codes of the other dimensions.
    rests: BTreeSet<Vec<u32>>,
    /// For each figure, in which dimensions it has the code of the place itself.
    equal: BTreeSet<u32>,
}

impl<'a> CrossIndex<'a> {
    pub fn new(cross: &Cross, part: DimensionSubset<'a>, above: &'a CodesAbove) -> Self {
        let mut index = Self {
            part,
            dimensions: part.select(part.dimensions),
            above,
            within: BTreeMap::new(),
            rests: BTreeSet::new(),
        };
        for (codes, figure) in cross {
            let (picked, rest) = (part.select(codes), part.rest(codes));
            for place in above.containing(&index.dimensions, &picked) {
                let equal = equal(&place, &picked);
                let within = index.within.entry(place).or_default();
                within.listed = within.listed.saturating_add(if figure.is_top { figure.value.lower } else { 0 });
                within.rests.insert(rest.clone());
                within.equal.insert(equal);
            }
            index.rests.insert(rest);
        }
        index
    }

    /// Returns the codes that the cross does not list for a place of at most so many persons, where it lists fewer.
    pub fn unlisted(&self, place: &[u32], upper: Option<u64>) -> Vec<Box<[u32]>> {
        // In some dimensions a figure has the wider code, and in the others a code of the place or within it.
        let has_wider = |wider: &Vec<u32>| {
            let differing = !equal(wider, place) & ((1 << place.len()) - 1);
            let within = self.within.get(wider);
            within.is_some_and(|within| within.equal.iter().any(|equal| equal & differing == differing))
        };
        if self.above.containing(&self.dimensions, place).iter().skip(1).any(has_wider) {
            return Vec::new();
        }
        let (empty, within) = (BTreeSet::new(), self.within.get(place));
        let (listed, rests) = within.map_or((0, &empty), |within| (within.listed, &within.rests));
        if upper.is_some_and(|upper| upper <= listed) {
            return Vec::new();
        }
        self.rests.difference(rests).map(|rest| self.part.join(place, rest)).collect()
    }
}

/// Returns in which positions two lists of codes are equal, one bit for each.
fn equal(one: &[u32], other: &[u32]) -> u32 {
    one.iter().zip(other).enumerate().map(|(at, (one, other))| u32::from(one == other) << at).sum()
}
