//! Figures by citizenship, seen from the country that reports them.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::figure::{Subject, TOGETHER};
use super::figures::{FigurePlace, Figures, without};
use super::names::NameNumbers;
use super::reconcile::{Contradiction, DimensionLine, Following, KNOWN, Pair};
use super::report::NotAdditive;
use crate::indicators::Counting;
use crate::model::{Codelist, Interval, Missing};
use crate::schema::Record;

/// Area, year, and the codes of the dimensions that both breakdowns have.
type PairKey = (u32, u16, Vec<u32>);

/// Two breakdowns that differ in one dimension, which comes at these positions: the derived one first.
struct DerivedPair {
    groups: [(Subject, Vec<u32>); 2],
    at: [usize; 2],
}

impl Figures {
    /// Adds the figures of derived fields, such as domestic and cross-border, where a package reports only that from which
    /// they are derived, and what figures of both say of each other. Figures that a package reports are kept, unless two of one
    /// and the same cell contradict each other.
    pub fn derive<'a>(&mut self, records: impl IntoIterator<Item = &'a Record>, figure: &Record) {
        for record in records {
            let subject = Subject { record: record.id.clone(), counting: Counting::Victims };
            if !record.derived.is_empty() {
                self.weigh(&subject, record, figure);
            }
            for (field, rule) in &record.derived {
                let dimensions = [*field, rule.from].map(|index| record.fields[index].dimension.clone());
                let [Some(derived), Some(from)] = dimensions else { continue };
                let list = |index: usize| &**record.fields[index].codes();
                let wider = figure.dimension(&derived).map(|field| &**figure.fields[field].codes());
                let wider = wider.unwrap_or(list(*field));
                let pair = Pair { rule, groups: list(*field), wider, origins: list(rule.from) };
                let numbers = [derived, from].map(|name| self.names.number(&name));
                for breakdowns in self.breakdowns(&subject, numbers) {
                    self.derive_one(&pair, list(rule.against), &breakdowns);
                }
            }
            self.total(record, figure);
            let others = self
                .groups
                .keys()
                .map(|(other, _)| other)
                .filter(|other| other.record == record.id && **other != subject);
            for other in others.cloned().collect::<BTreeSet<_>>() {
                self.weigh(&other, record, figure);
            }
        }
    }

    /// Reads anew what all figures say of places that they do not report.
    pub(super) fn weigh(&mut self, subject: &Subject, record: &Record, figure: &Record) {
        let evidence = Evidence::of(self, subject, record, figure);
        self.evidence.insert(subject.clone(), evidence);
    }

    /// Returns the breakdowns that have the dimension from which another one is derived, each with that of the other one.
    fn breakdowns(&self, subject: &Subject, [derived_number, from]: [u32; 2]) -> Vec<DerivedPair> {
        let name = |number: u32| self.names.text(number);
        let groups =
            self.groups.keys().filter(|(other, dimensions)| other == subject && !dimensions.contains(&derived_number));
        let breakdowns = groups.filter_map(|(_, dimensions)| {
            let at = dimensions.iter().position(|&other| other == from)?;
            // The names of the dimensions are in order, and so they must stay.
            let mut derived = without(dimensions, at);
            let to = derived.iter().position(|&other| name(other) > name(derived_number)).unwrap_or(derived.len());
            derived.insert(to, derived_number);
            Some(DerivedPair {
                groups: [derived, dimensions.clone()].map(|names| (subject.clone(), names)),
                at: [to, at],
            })
        });
        breakdowns.collect()
    }

    fn derive_one(&mut self, pair: &Pair<'_>, areas: &Codelist, breakdowns: &DerivedPair) {
        let mut derived = self.lines(breakdowns, 0);
        let mut following: [BTreeMap<PairKey, Following>; 2] = Default::default();
        let mut unlisted = self.unlisted_origins(breakdowns);
        for (key, mut origins) in self.lines(breakdowns, 1) {
            let Some(area) = areas.find(self.names.text(key.0)) else { continue };
            let unlisted = unlisted.remove(&key).into_iter().flatten();
            let unlisted: Vec<_> = unlisted.filter(|(code, _)| !origins.has(code)).collect();
            origins.values.extend(unlisted);
            let groups = derived.entry(key.clone()).or_default();
            // A group with a missing origin has no number, unless it is reported itself.
            let lacking: Vec<String> = pair.lacking(&origins, area).filter(|code| !groups.has(code)).collect();
            for code in lacking {
                let place = breakdowns.side(0).place(&mut self.names, &key, &code);
                self.lacking.entry(breakdowns.groups[0].clone()).or_default().insert(place);
                groups.lacking.insert(code);
            }
            if groups.values.is_empty() {
                let mut sums = pair.derived(&origins, area);
                sums.retain(|code, _| !groups.lacking.contains(code));
                self.insert(breakdowns.side(0), &key, sums);
            } else if !self.is_one_count(breakdowns, &key) {
                for found in pair.widen(groups, &mut origins, area) {
                    let value =
                        |line: &DimensionLine, code: &String| line.values.get(code).map(|&value| (code.clone(), value));
                    self.insert(breakdowns.side(0), &key, value(groups, &found.code));
                    self.insert(
                        breakdowns.side(1),
                        &key,
                        found.origin.as_ref().and_then(|origin| value(&origins, origin)),
                    );
                    self.contradict(breakdowns, &key, found);
                }
                let [one, other] = pair.reconcile(groups, &origins, area);
                following[0].insert(key.clone(), one);
                following[1].insert(key, other);
            }
        }
        for (side, following) in following.into_iter().enumerate() {
            let open = following.iter().filter(|(_, follows)| follows.is_open);
            let open: BTreeSet<(u32, Vec<u32>)> = open.map(|(key, _)| (key.0, key.2.clone())).collect();
            let is_open = |(area, _, others): &PairKey| open.contains(&(*area, others.clone()));
            for (key, follows) in following {
                let place = |names: &mut NameNumbers, code: &str| breakdowns.side(side).place(names, &key, code);
                if follows.is_open {
                    let place = place(&mut self.names, KNOWN);
                    self.unlisted.entry(breakdowns.groups[side].clone()).or_default().insert(place);
                }
                let known = is_open(&key).then(|| (KNOWN.to_owned(), follows.known));
                for (code, value) in follows.values.into_iter().chain(known) {
                    let place = place(&mut self.names, &code);
                    self.following.entry(breakdowns.groups[side].clone()).or_default().insert(place, value);
                }
            }
        }
    }

    /// Lists two figures of one cell that contradict each other.
    fn contradict(&mut self, breakdowns: &DerivedPair, (area, year, others): &PairKey, found: Contradiction) {
        let [(subject, derived), (_, from)] = &breakdowns.groups;
        let text = |number: u32| self.names.text(number).to_owned();
        let [whole, part] = [text(derived[breakdowns.at[0]]), text(from[breakdowns.at[1]])];
        let others = without(from, breakdowns.at[1])
            .into_iter()
            .zip(others)
            .map(|(dimension, code)| (text(dimension), text(*code)));
        self.contradictions.push(NotAdditive {
            record: subject.record.clone(),
            area: text(*area),
            year: (*year != TOGETHER).then_some(*year),
            at: others.chain([(whole, found.code)]).collect(),
            part: found.origin.map(|origin| (part.clone(), origin)).into_iter().collect(),
            dimension: part,
            total: found.values[0],
            parts: found.values[1],
        });
    }

    /// Returns whether one package counted both breakdowns from the same records, so that they agree.
    fn is_one_count(&self, breakdowns: &DerivedPair, (area, year, _): &PairKey) -> bool {
        let package =
            |(subject, dimensions): &(Subject, Vec<u32>)| self.package_of(subject, dimensions, (*area, *year));
        let [one, other] = breakdowns.groups.each_ref().map(package);
        one == other && one.is_some_and(|package| self.packages[package].counted)
    }

    /// Returns the figures of a breakdown by all but the one dimension.
    fn lines(&self, breakdowns: &DerivedPair, side: usize) -> BTreeMap<PairKey, DimensionLine> {
        let mut lines: BTreeMap<PairKey, DimensionLine> = BTreeMap::new();
        let split = |(area, year, codes): &FigurePlace| {
            let code = self.names.text(codes[breakdowns.at[side]]).to_owned();
            ((*area, *year, without(codes, breakdowns.at[side])), code)
        };
        for (place, value) in self.groups.get(&breakdowns.groups[side]).into_iter().flatten() {
            let (key, code) = split(place);
            lines.entry(key).or_default().values.insert(code, *value);
        }
        for place in self.lacking.get(&breakdowns.groups[side]).into_iter().flatten() {
            let (key, code) = split(place);
            lines.entry(key).or_default().lacking.insert(code);
        }
        lines
    }

    /// Returns the codes from which others are derived that other figures report, with how many persons they have at least. Persons
    /// of whom the code is unknown are none of them: a list to which they were added would have a total.
    fn unlisted_origins(&self, breakdowns: &DerivedPair) -> BTreeMap<PairKey, BTreeMap<String, Interval>> {
        let (subject, dimensions) = &breakdowns.groups[1];
        let mut lines: BTreeMap<PairKey, BTreeMap<String, Interval>> = BTreeMap::new();
        let evidence = self.evidence.get(subject).into_iter().flat_map(|evidence| evidence.of_breakdown(dimensions));
        for (place, value) in evidence {
            let code = self.names.text(place.2[breakdowns.at[1]]);
            if code != KNOWN && Missing::find(code).is_none() {
                let key = (place.0, place.1, without(&place.2, breakdowns.at[1]));
                let open = Interval { lower: value.lower, upper: None };
                lines.entry(key).or_default().insert(code.to_owned(), open);
            }
        }
        lines
    }

    fn insert(&mut self, side: PairSide<'_>, key: &PairKey, values: impl IntoIterator<Item = (String, Interval)>) {
        for (code, value) in values {
            let place = side.place(&mut self.names, key, &code);
            self.groups.entry(side.group.clone()).or_default().insert(place, value);
        }
    }
}

impl DerivedPair {
    /// Returns the derived breakdown (0), or that from which it is derived (1).
    fn side(&self, side: usize) -> PairSide<'_> {
        PairSide { group: &self.groups[side], at: self.at[side] }
    }
}

/// One of the two breakdowns of a pair.
#[derive(Clone, Copy)]
struct PairSide<'a> {
    group: &'a (Subject, Vec<u32>),
    /// The position of the dimension in which the two differ.
    at: usize,
}

impl PairSide<'_> {
    fn place(self, names: &mut NameNumbers, (area, year, others): &PairKey, code: &str) -> FigurePlace {
        let mut codes = others.clone();
        codes.insert(self.at, names.number(code));
        (*area, *year, codes.into_boxed_slice())
    }
}
