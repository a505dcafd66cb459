//! What figures of two dimensions say of each other, where one is derived from the other.
//!
//! # Definition
//! What a package does not list is zero, as long as its other dimension lists no more persons. A masked figure may be all that
//! it allows. A list that does not hold all of them is open: what it does not list may be anything that the totals leave. A
//! list that holds all of them stays exact, and what follows from it is exact.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Codelist, Interval};
use crate::schema::Derived;

/// The code of all persons of whom a dimension is known.
pub(super) const KNOWN: &str = "_K";

/// Two dimensions, one derived from the other.
pub(super) struct Pair<'a> {
    pub rule: &'a Derived,
    /// The codes of the derived dimension in records.
    pub groups: &'a Codelist,
    /// Those in figures, which may have more.
    pub wider: &'a Codelist,
    /// The codes from which they are derived.
    pub origins: &'a Codelist,
}

/// The figures of an area and a year in one dimension, by code. The codes of the other dimensions are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct DimensionLine {
    pub values: BTreeMap<String, Interval>,
    /// Codes whose value is missing or was dropped.
    pub lacking: BTreeSet<String>,
}

impl DimensionLine {
    pub fn has(&self, code: &str) -> bool {
        self.values.contains_key(code) || self.lacking.contains(code)
    }
}

/// What follows for one dimension from the other.
#[derive(Debug)]
pub(super) struct Following {
    /// Codes that have no figure of their own.
    pub values: BTreeMap<String, Interval>,
    /// All known persons.
    pub known: Interval,
    /// Whether a code may hold persons from whom nothing follows.
    pub is_open: bool,
}

/// Two figures of one cell that contradict each other.
#[derive(Debug)]
pub(super) struct Contradiction {
    /// The derived code.
    pub code: String,
    /// The code of the other dimension that is the same; none for the sum of all that belong to the derived one.
    pub origin: Option<String>,
    /// The figure of the derived code, and that of the other dimension.
    pub values: [Interval; 2],
}

fn add(a: Interval, b: Interval) -> Interval {
    a.checked_add(b).unwrap_or(Interval { lower: a.lower.max(b.lower), upper: None })
}

impl Pair<'_> {
    /// Returns how many persons have each derived code, with the codes that contain it.
    pub fn derived(&self, origins: &DimensionLine, area: u16) -> BTreeMap<String, Interval> {
        let mut sums: BTreeMap<String, Interval> = BTreeMap::new();
        for (origin, value) in &origins.values {
            for code in self.codes_of(origin, area) {
                let sum = sums.entry(self.groups.id_of(code).to_owned()).or_insert(Interval::exact(0));
                *sum = add(*sum, *value);
            }
        }
        sums
    }

    /// Returns the derived codes with an origin whose figure is missing, with the codes that contain them.
    pub fn lacking(&self, origins: &DimensionLine, area: u16) -> impl Iterator<Item = String> {
        let codes: BTreeSet<u16> = origins.lacking.iter().flat_map(|origin| self.codes_of(origin, area)).collect();
        let known = origins.lacking.contains(KNOWN).then(|| KNOWN.to_owned());
        codes.into_iter().map(|code| self.groups.id_of(code).to_owned()).chain(known)
    }

    /// Returns the derived code of an origin, and the codes that contain it; nothing for what is not a code.
    fn codes_of(&self, origin: &str, area: u16) -> impl Iterator<Item = u16> {
        let code = self.origins.find(origin).map(|origin| self.rule.code(origin, area));
        let known = code.filter(|code| Codelist::is_known(*code));
        code.into_iter().chain(known.into_iter().flat_map(|code| self.groups.ancestors(code)))
    }

    /// Widens figures of one and the same cell that contradict each other, so that they hold both. Returns them as they were.
    pub fn widen(&self, groups: &mut DimensionLine, origins: &mut DimensionLine, area: u16) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let same = self.groups.id_of(self.rule.same).to_owned();
        if let Some(code) = self.code_of_area(area)
            && let (Some(a), Some(b)) = (groups.values.get_mut(&same), origins.values.get_mut(code))
            && a.and(*b).is_none()
        {
            found.push(Contradiction { code: same.clone(), origin: Some(code.to_owned()), values: [*a, *b] });
            *a = a.hull(*b);
            *b = *a;
        }
        for (code, sum) in self.derived(origins, area) {
            let is_known = self.groups.find(&code).is_some_and(Codelist::is_known) && code != same;
            if let Some(value) = groups.values.get_mut(&code).filter(|_| is_known)
                && value.upper.is_some_and(|upper| upper < sum.lower)
            {
                found.push(Contradiction { code, origin: None, values: [*value, sum] });
                value.upper = Some(sum.lower);
            }
        }
        found
    }

    /// Returns what follows for the derived dimension, and for the one from which it is derived.
    pub fn reconcile(&self, groups: &DimensionLine, origins: &DimensionLine, area: u16) -> [Following; 2] {
        let mut sums = self.derived(origins, area);
        sums.retain(|code, _| self.groups.find(code).is_some_and(Codelist::is_known));
        let listed = [self.listed(groups), self.listed_origins(origins)];
        let together = self.tops().map(|top| self.lower(top, groups, &sums)).fold(0, u64::saturating_add);
        let lower = listed.iter().map(|listed| listed.lower).fold(together, u64::max);
        // A list is closed where it holds all persons of each code that the other one lists, whatever the masked figures are.
        let none = BTreeMap::new();
        let holds = |lower: u64, other: Option<u64>| other.is_some_and(|other| other <= lower);
        let codes = || self.groups.known().filter_map(|(_, code)| Some((&*code.id, self.wider.find(&code.id)?)));
        let of_origins = |code: &str| sums.get(code).copied().unwrap_or(Interval::exact(0));
        let all = [
            codes().all(|(id, code)| holds(self.lower(code, groups, &none), of_origins(id).upper)),
            !origins.lacking.is_empty()
                || codes().all(|(id, code)| holds(of_origins(id).lower, self.upper_listed(code, groups))),
        ];
        let closed = [0, 1].map(|side| all[side] && listed[side].upper.is_none_or(|upper| lower <= upper));
        let of_closed = [0, 1].into_iter().filter(|&side| closed[side]);
        let upper = of_closed.filter_map(|side| listed[side].upper).min();
        let known = Interval { lower, upper };
        let mut following = closed.map(|closed| Following { values: BTreeMap::new(), known, is_open: !closed });
        if !closed[0] {
            let new = sums.into_iter().filter(|(code, _)| !groups.has(code));
            let is_exact = closed[1] && origins.lacking.is_empty();
            let bounds = |sum: Interval| Interval { lower: sum.lower, upper: sum.upper.filter(|_| is_exact) };
            following[0].values.extend(new.map(|(code, sum)| (code, bounds(sum))));
            following[0].is_open = !closed[1];
        }
        if !closed[1] {
            let same = self.groups.id_of(self.rule.same);
            let value = groups.values.get(same).copied();
            let zero = (closed[0] && !groups.lacking.contains(same)).then_some(Interval::exact(0));
            if let Some((code, value)) = self.code_of_area(area).filter(|code| !origins.has(code)).zip(value.or(zero)) {
                following[1].values.insert(code.to_owned(), value);
            }
        }
        following
    }

    /// Returns all known persons that a line of the derived dimension lists.
    pub fn listed(&self, groups: &DimensionLine) -> Interval {
        if let Some(known) = groups.values.get(KNOWN) {
            return *known;
        }
        let none = BTreeMap::new();
        let parts =
            self.tops().map(|top| Interval { lower: self.lower(top, groups, &none), upper: self.upper(top, groups) });
        parts.fold(Interval::exact(0), add)
    }

    /// Returns all known persons that a line of the other dimension lists.
    pub fn listed_origins(&self, origins: &DimensionLine) -> Interval {
        if let Some(known) = origins.values.get(KNOWN) {
            return *known;
        }
        let is_missing = |code: &str| self.origins.find(code).is_some_and(|code| !Codelist::is_known(code));
        let known = origins.values.iter().filter(|(code, _)| !is_missing(code));
        let mut sum = known.map(|(_, value)| *value).fold(Interval::exact(0), add);
        sum.upper = sum.upper.filter(|_| origins.lacking.iter().all(|code| is_missing(code)));
        sum
    }

    /// Returns the code of an area itself.
    fn code_of_area(&self, area: u16) -> Option<&str> {
        let (_, counterpart) =
            self.origins.known().find(|(code, _)| self.rule.counterpart[usize::from(*code)] == Some(area))?;
        Some(&counterpart.id)
    }

    fn tops(&self) -> impl Iterator<Item = u16> {
        self.wider.known().filter(|(_, code)| code.parent.is_none()).map(|(code, _)| code)
    }

    /// Returns the codes below a code: those that records have, and those of figures alone, which overlap with them.
    fn below(&self, code: u16) -> [Vec<u16>; 2] {
        let below = self.wider.known().filter(|(_, below)| below.parent == Some(code)).map(|(below, _)| below);
        let (recorded, others) = below.partition(|&below| self.groups.find(self.wider.id_of(below)).is_some());
        [recorded, others]
    }

    /// Returns the sets of codes that make up a code, other than those below it that records have.
    fn sets(&self, code: u16) -> impl Iterator<Item = &Vec<u16>> {
        self.wider.partitions.iter().filter(move |(whole, _)| *whole == code).map(|(_, set)| set)
    }

    /// Returns how many persons have a code at least, by its own figures and by `sums` of the other dimension.
    fn lower(&self, code: u16, line: &DimensionLine, sums: &BTreeMap<String, Interval>) -> u64 {
        let id = self.wider.id_of(code);
        let lower_of = |code: u16| self.lower(code, line, sums);
        let all = |codes: &[u16]| codes.iter().map(|&code| lower_of(code)).fold(0, u64::saturating_add);
        let [recorded, others] = self.below(code);
        // Some persons may have the code and none below it.
        let mut lower = all(&recorded).max(sums.get(id).map_or(0, |sum| sum.lower));
        lower = others.into_iter().map(lower_of).chain(self.sets(code).map(|set| all(set))).fold(lower, u64::max);
        line.values.get(id).map_or(lower, |value| value.lower.max(lower))
    }

    /// Returns how many persons at most a line lists of a code, in or below it. Codes that it does not list add no person.
    fn upper_listed(&self, code: u16, line: &DimensionLine) -> Option<u64> {
        let id = self.wider.id_of(code);
        if line.lacking.contains(id) {
            return None;
        }
        if let Some(value) = line.values.get(id) {
            return value.upper;
        }
        let all =
            |codes: &[u16]| codes.iter().try_fold(0u64, |sum, &code| sum.checked_add(self.upper_listed(code, line)?));
        let [recorded, others] = self.below(code);
        let upper = others.iter().map(|&code| self.upper_listed(code, line)).chain(self.sets(code).map(|set| all(set)));
        upper.chain([all(&recorded)]).try_fold(0, |largest, upper| Some(largest.max(upper?)))
    }

    /// Returns how many persons a line lists of a code at most.
    fn upper(&self, code: u16, line: &DimensionLine) -> Option<u64> {
        let id = self.wider.id_of(code);
        if line.lacking.contains(id) {
            return None;
        }
        if let Some(value) = line.values.get(id) {
            return value.upper;
        }
        let all = |codes: &[u16]| codes.iter().try_fold(0u64, |sum, &code| sum.checked_add(self.upper(code, line)?));
        let has = |code: &u16| line.has(self.wider.id_of(*code));
        let [recorded, others] = self.below(code);
        let set = self.sets(code).filter(|set| set.iter().all(has)).filter_map(|set| all(set)).min();
        if set.is_some() || (others.iter().any(has) && !recorded.iter().any(has)) { set } else { all(&recorded) }
    }
}
