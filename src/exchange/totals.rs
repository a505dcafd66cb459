//! Totals that no figure reports and that follow from all of their parts.
//!
//! They are figures as others, so that each table has them, whether it has the dimension of the parts or not.

use std::collections::{BTreeMap, BTreeSet};

use super::combine::proper_parts;
use super::figure::{CodesPerPerson, Subject, TOGETHER};
use super::figures::{FigurePlace, Figures, of_year, without};
use super::reconcile::KNOWN;
use super::report::NotAdditive;
use crate::indicators::Counting;
use crate::model::{Codelist, Interval, Missing};
use crate::schema::{FieldType, Record};

/// Places and their totals.
type Totals = Vec<(FigurePlace, Interval)>;

/// Places and their totals over several dimensions.
type TotalsOver = BTreeMap<FigurePlace, Vec<(u32, Interval)>>;

/// The codes of one dimension that an area and year reports, where the codes of all other dimensions are the same.
type CodeLine<'a> = BTreeMap<&'a str, Interval>;

/// Some codes of a dimension.
struct CodesOf<'a> {
    dimension: u32,
    codes: &'a [&'a str],
}

impl Figures {
    /// Adds totals whose parts are all reported, those with an unknown dimension included.
    ///
    /// # Definition
    /// Known persons are the figure of all of them, or the sum of their codes; where a person may have several codes, they lie
    /// between the largest and the sum. A total is not added where a code is missing, where the list of codes does not hold all
    /// known persons or every code that other figures report, where a code of figures alone is reported, which may overlap with
    /// others, or where a wider total may hold persons of a code that only some sources ask for. It is added where those of all
    /// other codes are. A total that follows in several dimensions is what all of them allow.
    pub(super) fn total(&mut self, record: &Record, figure: &Record) {
        let subject = Subject { record: record.id.clone(), counting: Counting::Victims };
        let all = |figures: &Self| -> Vec<Vec<u32>> {
            figures
                .groups
                .keys()
                .filter(|(other, _)| *other == subject)
                .map(|(_, dimensions)| dimensions.clone())
                .collect()
        };
        let longest = all(self).iter().map(Vec::len).max().unwrap_or(0);
        // A total over one dimension may be a part over another one, also where no figure reports these parts.
        let mut is_new = true;
        for length in (1..=longest).rev() {
            if is_new {
                // What follows is a list like others, which may lack what other figures have.
                self.weigh(&subject, record, figure);
            }
            is_new = false;
            let mut totals: BTreeMap<Vec<u32>, TotalsOver> = BTreeMap::new();
            for dimensions in all(self).into_iter().filter(|dimensions| dimensions.len() == length) {
                for (at, &over) in dimensions.iter().enumerate() {
                    let places = totals.entry(without(&dimensions, at)).or_default();
                    for (place, value) in self.totals_of(record, &(subject.clone(), dimensions.clone()), at) {
                        places.entry(place).or_default().push((over, value));
                    }
                }
            }
            for (dimensions, totals) in totals.into_iter().filter(|(_, totals)| !totals.is_empty()) {
                let group = (subject.clone(), dimensions);
                for (place, values) in &totals {
                    self.contradict_totals(&group, place, values);
                }
                let of_place = |(place, values): (FigurePlace, Vec<(u32, Interval)>)| {
                    let value = self.no_fewer(&group, &place, of_all(&values));
                    (place, value)
                };
                let totals: BTreeMap<FigurePlace, Interval> = totals.into_iter().map(of_place).collect();
                is_new = true;
                self.groups.entry(group).or_default().extend(totals);
            }
        }
        if is_new {
            self.weigh(&subject, record, figure);
        }
    }

    fn totals_of(&self, record: &Record, group: &(Subject, Vec<u32>), at: usize) -> Totals {
        let name = self.names.text(group.1[at]);
        let (Some(field), Some(unknown)) = (record.dimension(name), self.names.numbers.get(Missing::Unknown.id()))
        else {
            return Vec::new();
        };
        let split = |place: &FigurePlace| (place.0, place.1, without(&place.2, at).into_boxed_slice());
        let mut lines: BTreeMap<FigurePlace, CodeLine<'_>> = BTreeMap::new();
        let places = self.groups.get(group).into_iter().flatten();
        let years: BTreeSet<(u32, u16)> =
            places.clone().filter(|(place, _)| place.2[at] == *unknown).map(|(place, _)| (place.0, place.1)).collect();
        if years.is_empty() {
            return Vec::new();
        }
        for (place, value) in places.filter(|(place, _)| years.contains(&(place.0, place.1))) {
            lines.entry(split(place)).or_default().insert(self.names.text(place.2[at]), *value);
        }
        let whole = (group.0.clone(), without(&group.1, at));
        let has = |place: &FigurePlace| {
            self.groups.get(&whole).is_some_and(|places| places.contains_key(place))
                || self.lacking.get(&whole).is_some_and(|places| places.contains(place))
        };
        let lacking: BTreeSet<FigurePlace> = self.lacking.get(group).into_iter().flatten().map(split).collect();
        let unlisted = self.unlisted.get(group).into_iter().flatten();
        let mut incomplete: BTreeSet<FigurePlace> = lacking.iter().cloned().chain(unlisted.map(split)).collect();
        // Other figures of the area and the year have persons of a code that the line does not list.
        let evidence = self.evidence.get(&group.0);
        for (place, _) in evidence.into_iter().flat_map(|evidence| evidence.of_breakdown(&group.1)) {
            let rest = split(place);
            let code = place.2[at];
            let is_listed = |line: &CodeLine<'_>| {
                let numbers = line.keys().filter_map(|text| self.names.numbers.get(*text));
                let nested =
                    |&listed: &u32| listed == code || evidence.is_some_and(|all| all.nested(group.1[at], listed, code));
                self.names.text(code) == KNOWN || numbers.copied().any(|listed| nested(&listed))
            };
            if lines.get(&rest).is_some_and(|line| !is_listed(line)) {
                incomplete.insert(rest);
            }
        }
        let is_short =
            |place: &FigurePlace| evidence.is_some_and(|evidence| evidence.is_short(&group.1, (place.0, place.1)));
        incomplete.extend(lines.keys().filter(|place| is_short(place)).cloned());
        let list = record.fields[field].codes();
        let proper = proper_parts(record, name);
        // A code that only some sources ask for is zero where it is never used and no wider total leaves more.
        let by_some: Vec<&str> = list
            .known()
            .map(|(code, _)| code)
            .filter(|&code| list.is_asked_by_some(code))
            .map(|code| list.id_of(code))
            .collect();
        let is_reported = |place: &FigurePlace, line: &CodeLine<'_>| {
            by_some.iter().all(|code| line.contains_key(code))
                || !(self.uses(&group.0, place, &CodesOf { dimension: group.1[at], codes: &by_some })
                    || self.has_wider(&whole, place))
        };
        let total = |place: &FigurePlace, line: &CodeLine<'_>| {
            let package = &self.packages[self.package_of(&group.0, &group.1, (place.0, place.1))?];
            let is_multiple = record.fields[field].kind == FieldType::Set && !package.exclusive.contains(name);
            let per_person = if is_multiple { CodesPerPerson::Multiple } else { CodesPerPerson::One };
            let is_whole =
                !package.complete.contains(name) || proper.iter().all(|code| line.contains_key(code.as_str()));
            let known = line.get(KNOWN).copied().or_else(|| known(list, line, per_person).filter(|_| is_whole))?;
            let missing = Missing::ALL.iter().filter_map(|missing| line.get(missing.id()));
            missing.copied().try_fold(known, Interval::checked_add)
        };
        // Where one total does not follow, the others would say that it is zero.
        let mut totals: BTreeMap<(u32, u16), Option<Totals>> = BTreeMap::new();
        totals.extend(lacking.iter().filter(|place| !has(place)).map(|place| ((place.0, place.1), None)));
        for (place, line) in lines.iter().filter(|(place, _)| !has(place)) {
            let follows =
                line.contains_key(Missing::Unknown.id()) && !incomplete.contains(place) && is_reported(place, line);
            let total = if follows { total(place, line) } else { None };
            let of_year = totals.entry((place.0, place.1)).or_insert_with(|| Some(Vec::new()));
            match (of_year.as_mut(), total) {
                (Some(all), Some(total)) => all.push((place.clone(), total)),
                (Some(_), None) if line.values().any(|value| *value != Interval::exact(0)) => *of_year = None,
                _ => {}
            }
        }
        totals.into_values().flatten().flatten().collect()
    }

    /// Widens a total that follows from parts to the persons that other figures have in it.
    fn no_fewer(&self, (subject, dimensions): &(Subject, Vec<u32>), place: &FigurePlace, value: Interval) -> Interval {
        let lower = self.evidence.get(subject).map_or(0, |all| all.lower(dimensions, place));
        Interval { lower: value.lower, upper: value.upper.map(|upper| upper.max(lower)) }
    }

    /// Lists the totals over several dimensions that contradict the one over the first.
    fn contradict_totals(
        &mut self,
        (subject, dimensions): &(Subject, Vec<u32>),
        place: &FigurePlace,
        values: &[(u32, Interval)],
    ) {
        let Some((&(over, total), others)) = values.split_first() else { return };
        let lower = self.evidence.get(subject).map_or(0, |all| all.lower(dimensions, place));
        let text = |number: u32| self.names.text(number).to_owned();
        let row = |&(over, parts): &(u32, Interval)| NotAdditive {
            record: subject.record.clone(),
            area: text(place.0),
            year: (place.1 != TOGETHER).then_some(place.1),
            at: dimensions.iter().zip(&place.2).map(|(dimension, code)| (text(*dimension), text(*code))).collect(),
            dimension: text(over),
            part: Vec::new(),
            total,
            parts,
        };
        let mut found: Vec<NotAdditive> =
            others.iter().filter(|(_, parts)| total.and(*parts).is_none()).map(row).collect();
        if found.is_empty() && total.upper.is_some_and(|upper| upper < lower) {
            found.push(NotAdditive { total: Interval { lower, upper: None }, ..row(&(over, total)) });
        }
        self.contradictions.extend(found);
    }

    /// Returns whether an area reports one of some codes of a dimension in a year.
    fn uses(&self, subject: &Subject, place: &FigurePlace, asked: &CodesOf<'_>) -> bool {
        self.groups.iter().filter(|((counted, _), _)| counted == subject).any(|((_, dimensions), places)| {
            let Some(at) = dimensions.iter().position(|name| *name == asked.dimension) else { return false };
            of_year(places, place.0, place.1).any(|(other, _)| asked.codes.contains(&self.names.text(other.2[at])))
        })
    }

    /// Returns whether an area reports a total in a year, or one of a part that holds a place.
    fn has_wider(&self, (subject, dimensions): &(Subject, Vec<u32>), place: &FigurePlace) -> bool {
        let codes: BTreeMap<u32, u32> = dimensions.iter().copied().zip(place.2.iter().copied()).collect();
        let is_wider =
            |part: &[u32]| part.len() < dimensions.len() && part.iter().all(|dimension| codes.contains_key(dimension));
        self.groups.iter().filter(|((counted, part), _)| counted == subject && is_wider(part)).any(
            |((_, part), places)| {
                of_year(places, place.0, place.1).any(|(other, _)| {
                    part.iter().zip(other.2.iter()).all(|(dimension, code)| codes[dimension] == *code)
                })
            },
        )
    }
}

/// Returns what several dimensions say of one total. Where they contradict each other, it is from the lowest to the highest.
fn of_all(values: &[(u32, Interval)]) -> Interval {
    let values = || values.iter().map(|(_, value)| *value);
    let common = values().try_fold(Interval::open(), Interval::and);
    common.or_else(|| values().reduce(Interval::hull)).unwrap_or(Interval::open())
}

/// Returns how many persons have a known code, by codes that do not contain each other.
fn known(list: &Codelist, line: &CodeLine<'_>, per_person: CodesPerPerson) -> Option<Interval> {
    let listed: BTreeSet<u16> = line.keys().filter_map(|code| list.find(code)).collect();
    let mut sum: Option<Interval> = None;
    for (code, value) in line.iter().filter(|(code, _)| Missing::find(code).is_none()) {
        let (found, is_group) = list.find_or_group(code).filter(|(found, _)| Codelist::is_known(*found))?;
        if is_group.then_some(found).into_iter().chain(list.ancestors(found)).any(|above| listed.contains(&above)) {
            continue;
        }
        let both = sum.unwrap_or(Interval::exact(0)).checked_add(*value)?;
        let lower = sum.map_or(value.lower, |sum| sum.lower.max(value.lower));
        sum = Some(if per_person == CodesPerPerson::Multiple { Interval { lower, ..both } } else { both });
    }
    sum
}
