//! What all figures of an area and a year say of places that they do not report.
//!
//! # Definition
//! A publisher lists the codes that have persons, so that a code without a figure next to others is zero. That holds as long as
//! no other figure of the area and the year says that there may be more. Persons of a cross are persons of each of its codes: of 4
//! women in forced labour, 4 are in forced labour. And a cross that lists fewer persons of a code than are reported of it lacks
//! some: where 5 are in forced labour and the cross with sex has 2 of them, women, men are no zero.

use std::collections::{BTreeMap, BTreeSet};

use super::cross::{CodesAbove, Cross, CrossIndex, DimensionSubset, Listed, find_tops};
use super::figure::{CodesPerPerson, Subject};
use super::figures::{FigurePlace, Figures, without};
use super::reconcile::KNOWN;
use crate::model::{Codelist, Interval, Missing};
use crate::schema::{FieldType, Record};

/// Places that may hold persons, each with how many there are at least, and at most by any one breakdown that says so.
type Places = BTreeMap<FigurePlace, Interval>;

/// Places that may hold persons, by breakdown. A place that is not here is not said to hold any person.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    places: BTreeMap<Vec<u32>, Places>,
    /// Breakdowns, areas and years whose figures add up to fewer persons than there are.
    short: BTreeSet<(Vec<u32>, u32, u16)>,
    above: CodesAbove,
}

/// What is known of the codes of figures.
struct Codes<'a> {
    figures: &'a Figures,
    subject: &'a Subject,
    record: &'a Record,
    above: CodesAbove,
    /// Codes that figures alone have, such as bands of ages: they may overlap with others.
    of_figures: BTreeSet<(u32, u32)>,
}

impl Evidence {
    /// Reads off figures where persons may be.
    pub fn of(figures: &Figures, subject: &Subject, record: &Record, figure: &Record) -> Self {
        let codes = Codes::new(figures, subject, record, figure);
        let mut evidence = Self::default();
        for ((_, dimensions), places) in figures.groups.iter().filter(|((other, _), _)| other == subject) {
            let to = evidence.places.entry(dimensions.clone()).or_default();
            to.extend(
                places
                    .iter()
                    .filter(|(_, value)| **value != Interval::exact(0))
                    .map(|(at, &value)| (at.clone(), value)),
            );
        }
        for ((_, dimensions), places) in figures.lacking.iter().filter(|((other, _), _)| other == subject) {
            let to = evidence.places.entry(dimensions.clone()).or_default();
            for at in places {
                to.entry(at.clone()).or_insert(Interval::open());
            }
        }
        let longest = evidence.places.keys().map(Vec::len).max().unwrap_or(0);
        for length in (1..=longest).rev() {
            let breakdowns: Vec<Vec<u32>> =
                evidence.places.keys().filter(|dimensions| dimensions.len() == length).cloned().collect();
            for dimensions in breakdowns {
                for at in 0..length {
                    let sums = codes.sums(&dimensions, &evidence.places[&dimensions], at);
                    let to = evidence.places.entry(without(&dimensions, at)).or_default();
                    for (place, sum) in sums {
                        let both = to.entry(place).or_insert(sum);
                        *both = both.larger(sum);
                    }
                }
            }
        }
        let crosses = figures.groups.iter().filter(|((other, dimensions), _)| other == subject && dimensions.len() > 1);
        let lacked: Vec<_> = crosses
            .map(|((_, dimensions), places)| {
                let crosses = codes.crosses(dimensions, places);
                (dimensions.clone(), codes.lacked(&evidence, dimensions, &crosses), short(&evidence, &crosses))
            })
            .collect();
        for (dimensions, places, short) in lacked {
            evidence.short.extend(short.into_iter().map(|(area, year)| (dimensions.clone(), area, year)));
            let to = evidence.places.entry(dimensions).or_default();
            for (at, value) in places {
                to.entry(at).or_insert(value);
            }
        }
        evidence.above = codes.above;
        evidence
    }

    /// Returns the breakdowns, each with what may be in its places.
    pub fn iter(&self) -> impl Iterator<Item = (&Vec<u32>, &Places)> {
        self.places.iter()
    }

    /// Returns what may be in the places of a breakdown.
    pub fn of_breakdown(&self, dimensions: &[u32]) -> impl Iterator<Item = (&FigurePlace, Interval)> {
        self.places.get(dimensions).into_iter().flatten().map(|(place, value)| (place, *value))
    }

    /// Returns how many persons are in a place at least.
    pub fn lower(&self, dimensions: &[u32], place: &FigurePlace) -> u64 {
        self.places.get(dimensions).and_then(|places| places.get(place)).map_or(0, |value| value.lower)
    }

    /// Returns whether the figures of a breakdown add up to fewer persons than an area has in a year.
    pub fn is_short(&self, dimensions: &[u32], (area, year): (u32, u16)) -> bool {
        self.short.contains(&(dimensions.to_vec(), area, year))
    }

    /// Returns whether one of two codes is within the other.
    pub fn nested(&self, dimension: u32, a: u32, b: u32) -> bool {
        self.above.lies_in(dimension, a, b) || self.above.lies_in(dimension, b, a)
    }
}

impl<'a> Codes<'a> {
    fn new(figures: &'a Figures, subject: &'a Subject, record: &'a Record, figure: &Record) -> Self {
        let mut codes = Self { figures, subject, record, above: CodesAbove::default(), of_figures: BTreeSet::new() };
        let groups = figures.groups.iter().map(|(key, places)| (key, places.keys().collect::<Vec<_>>()));
        let lacking = figures.lacking.iter().map(|(key, places)| (key, places.iter().collect()));
        let mut seen: BTreeSet<(u32, u32)> = BTreeSet::new();
        for ((_, dimensions), places) in groups.chain(lacking).filter(|((other, _), _)| other == subject) {
            let pairs =
                |place: &&FigurePlace| dimensions.iter().copied().zip(place.2.iter().copied()).collect::<Vec<_>>();
            seen.extend(places.iter().flat_map(pairs));
        }
        for (dimension, code) in seen {
            let name = figures.names.text(dimension);
            let lists =
                [record, figure].map(|record| record.dimension(name).map(|field| &**record.fields[field].codes()));
            let text = figures.names.text(code);
            if lists[0].is_some_and(|list| list.find_or_group(text).is_none()) && text != KNOWN {
                codes.of_figures.insert((dimension, code));
            }
            let mut above: BTreeSet<&str> = BTreeSet::new();
            for list in lists.into_iter().flatten() {
                let Some((found, is_group)) = list.find_or_group(text).filter(|(found, _)| Codelist::is_known(*found))
                else {
                    continue;
                };
                above.extend(is_group.then_some(list.id_of(found)));
                above.extend(list.ancestors(found).map(|above| list.id_of(above)));
                above.insert(KNOWN);
            }
            let above = above.into_iter().filter_map(|code| figures.names.numbers.get(code).copied());
            codes.above.0.insert((dimension, code), above.collect());
        }
        codes
    }

    /// Adds up the codes of one dimension.
    fn sums(&self, dimensions: &[u32], places: &Places, at: usize) -> Places {
        let mut lines: BTreeMap<FigurePlace, Vec<(u32, Interval)>> = BTreeMap::new();
        for (place, &value) in places {
            let rest = (place.0, place.1, without(&place.2, at).into_boxed_slice());
            lines.entry(rest).or_default().push((place.2[at], value));
        }
        let name = self.figures.names.text(dimensions[at]);
        let is_set = self.record.dimension(name).is_some_and(|field| self.record.fields[field].kind == FieldType::Set);
        let per_person = |place: &FigurePlace| {
            let package = self.figures.package_of(self.subject, dimensions, (place.0, place.1));
            let is_exclusive = |package: usize| self.figures.packages[package].exclusive.contains(name);
            if is_set && !package.is_some_and(is_exclusive) { CodesPerPerson::Multiple } else { CodesPerPerson::One }
        };
        let sum = |(place, line): (FigurePlace, Vec<(u32, Interval)>)| {
            let sum = self.sum(dimensions[at], &line, per_person(&place));
            (place, sum)
        };
        lines.into_iter().map(sum).collect()
    }

    /// Returns how many persons the codes of a line say that there are.
    fn sum(&self, dimension: u32, line: &[(u32, Interval)], per_person: CodesPerPerson) -> Interval {
        let text = |code: u32| self.figures.names.text(code);
        let is_listed = |code: &u32| line.iter().any(|(listed, _)| listed == code) && text(*code) != KNOWN;
        let lies_in_listed = |code: u32| self.above.of(dimension, code).iter().any(is_listed);
        let (mut known, mut missing, mut largest) = (Interval::exact(0), Interval::exact(0), Interval::exact(0));
        let add = |a: Interval, b: Interval| a.checked_add(b).unwrap_or(Interval::open());
        for &(code, value) in line {
            largest = largest.larger(value);
            if Missing::find(text(code)).is_some() {
                missing = add(missing, value);
            } else if text(code) != KNOWN && !self.of_figures.contains(&(dimension, code)) && !lies_in_listed(code) {
                let lower = known.lower.max(value.lower);
                known = add(known, value);
                known.lower = if per_person == CodesPerPerson::Multiple { lower } else { known.lower };
            }
        }
        add(known, missing).larger(largest)
    }

    /// Returns the figures of a breakdown by area and year.
    fn crosses(&self, dimensions: &[u32], places: &Places) -> BTreeMap<(u32, u16), Cross> {
        let mut crosses: BTreeMap<(u32, u16), Cross> = BTreeMap::new();
        let lacking = self.figures.lacking.get(&(self.subject.clone(), dimensions.to_vec()));
        let lacking = lacking.into_iter().flatten().map(|place| (place, Interval::open()));
        for (place, value) in places.iter().map(|(place, value)| (place, *value)).chain(lacking) {
            let cross = crosses.entry((place.0, place.1)).or_default();
            cross.entry(place.2.clone()).or_insert(Listed { value, is_top: true });
        }
        crosses.values_mut().for_each(|cross| find_tops(cross, dimensions, &self.above));
        crosses
    }

    /// Returns the places that a cross does not list although figures of some of its dimensions leave persons for them.
    fn lacked(&self, evidence: &Evidence, dimensions: &[u32], crosses: &BTreeMap<(u32, u16), Cross>) -> Places {
        let mut found = Places::new();
        for mask in 1..(1u32 << dimensions.len()) - 1 {
            let part = DimensionSubset { dimensions, mask };
            let wider = part.select(dimensions);
            let Some(of_wider) = evidence.places.get(&wider) else { continue };
            let reported = self.figures.groups.get(&(self.subject.clone(), wider));
            let mut index: Option<((u32, u16), CrossIndex<'_>)> = None;
            for (place, value) in of_wider {
                let area_year = (place.0, place.1);
                let Some(cross) = crosses.get(&area_year) else { continue };
                let value = reported.and_then(|places| places.get(place)).unwrap_or(value);
                // Places of one area and year stand next to each other.
                let (_, index) = match index.take() {
                    Some(known) if known.0 == area_year => index.insert(known),
                    _ => index.insert((area_year, CrossIndex::new(cross, part, &self.above))),
                };
                let lacked = index.unlisted(&place.2, value.upper);
                found.extend(lacked.into_iter().map(|codes| ((place.0, place.1, codes), Interval::open())));
            }
        }
        found
    }
}

/// Returns the areas and years in which a cross lists fewer persons than there are.
fn short(evidence: &Evidence, crosses: &BTreeMap<(u32, u16), Cross>) -> Vec<(u32, u16)> {
    let is_short = |(place, cross): &(&(u32, u16), &Cross)| {
        let lower = evidence.lower(&[], &(place.0, place.1, Box::default()));
        let mut tops = cross.values().filter(|listed| listed.is_top);
        let listed = tops.try_fold(0u64, |sum, listed| sum.checked_add(listed.value.upper?));
        listed.is_some_and(|listed| listed < lower)
    };
    crosses.iter().filter(is_short).map(|(place, _)| *place).collect()
}
