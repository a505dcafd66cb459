//! Totals that their own parts contradict.

use std::collections::BTreeMap;

use super::figure::Subject;
use super::figures::{FigurePlace, Figures, without};
use super::report::NotAdditive;
use crate::model::Interval;
use crate::schema::Record;

/// Figures by their place without the dimension that is added up: its codes and their values.
type FigureLines = BTreeMap<FigurePlace, Vec<(u32, Interval)>>;

impl Figures {
    /// Returns totals, and groups of a code list, that their parts contradict, and figures of one cell that contradict each
    /// other.
    ///
    /// # Definition
    /// A total is compared where all proper parts of a dimension whose parts make up the total are reported. Those of whom
    /// nothing is known are one figure for all dimensions together, so up to its size may be missing in the parts. A group is
    /// compared with each set of codes that makes it up, where all of them are reported.
    pub fn not_additive(&self, parts_of: &BTreeMap<String, Vec<String>>, figure: &Record) -> Vec<NotAdditive> {
        let mut out = self.contradictions.clone();
        for ((subject, dimensions), places) in &self.groups {
            for (at, &dimension) in dimensions.iter().enumerate() {
                let name = self.names.text(dimension);
                let lines = |is_own: &dyn Fn(&FigurePlace) -> bool| -> FigureLines {
                    let mut lines = FigureLines::new();
                    for (place, &value) in places.iter().filter(|(place, _)| is_own(place)) {
                        let codes = without(&place.2, at).into_boxed_slice();
                        lines.entry((place.0, place.1, codes)).or_default().push((place.2[at], value));
                    }
                    lines
                };
                let row = |place: &FigurePlace, group: Option<&str>, total: Interval, parts: Interval| {
                    let codes = without(dimensions, at).into_iter().zip(place.2.iter());
                    let codes = codes.map(|(dimension, code)| (self.text(dimension), self.text(*code)));
                    NotAdditive {
                        record: subject.record.clone(),
                        area: self.text(place.0),
                        year: (place.1 > 0).then_some(place.1),
                        at: codes.chain(group.map(|group| (name.to_owned(), group.to_owned()))).collect(),
                        dimension: name.to_owned(),
                        part: Vec::new(),
                        total,
                        parts,
                    }
                };
                let list = figure.dimension(name).map(|field| &**figure.fields[field].codes());
                let sets = list.into_iter().flat_map(|list| list.partitions.iter().map(move |set| (list, set)));
                let sets: Vec<(&str, Vec<&str>)> = sets
                    .map(|(list, (whole, set))| {
                        (list.id_of(*whole), set.iter().map(|&part| list.id_of(part)).collect())
                    })
                    .collect();
                for (place, codes) in lines(&|_| !sets.is_empty()) {
                    let value = |code: &str| {
                        codes.iter().find(|(number, _)| self.names.text(*number) == code).map(|(_, value)| *value)
                    };
                    for (whole, set) in &sets {
                        let parts: Option<Vec<Interval>> = set.iter().map(|part| value(part)).collect();
                        let sum = parts
                            .and_then(|parts| parts.into_iter().try_fold(Interval::exact(0), Interval::checked_add));
                        let both = value(whole).zip(sum).filter(|(whole, sum)| whole.and(*sum).is_none());
                        out.extend(both.map(|(total, sum)| row(&place, Some(whole), total, sum)));
                    }
                }
                let Some(proper) = parts_of.get(name) else { continue };
                let Some(totals) = self.groups.get(&(subject.clone(), without(dimensions, at))) else { continue };
                let is_complete = |place: &FigurePlace| {
                    let package = self.package_of(subject, dimensions, (place.0, place.1));
                    package.is_some_and(|package| self.packages[package].complete.contains(name))
                };
                for (place, parts) in lines(&is_complete) {
                    let Some(&total) = totals.get(&place) else { continue };
                    let is_reported = |code: &String| parts.iter().any(|(part, _)| self.names.text(*part) == code);
                    if !proper.iter().all(is_reported) {
                        continue;
                    }
                    let is_part =
                        |code: &str| ["_O", "_U", "_N", "_X"].contains(&code) || proper.iter().any(|part| part == code);
                    let mut parts = parts.iter().filter(|(code, _)| is_part(self.names.text(*code)));
                    let unknown = self.unknown(subject, &place);
                    let rest = Interval { lower: 0, upper: unknown.map_or(Some(0), |value| value.upper) };
                    let sum = parts.try_fold(rest, |sum, (_, part)| sum.checked_add(*part));
                    out.extend(sum.filter(|sum| total.and(*sum).is_none()).map(|sum| row(&place, None, total, sum)));
                }
            }
        }
        out.sort_by(|a, b| a.order().cmp(&b.order()));
        out
    }

    fn text(&self, number: u32) -> String {
        self.names.text(number).to_owned()
    }

    /// Returns the figure of those of whom nothing is known, next to a total.
    fn unknown(&self, subject: &Subject, total: &FigurePlace) -> Option<Interval> {
        let group = |dimensions: &[&str]| {
            let numbers: Option<Vec<u32>> = dimensions.iter().map(|d| self.names.numbers.get(*d).copied()).collect();
            self.groups.get(&(subject.clone(), numbers?))
        };
        let unknown = *self.names.numbers.get("_U")?;
        let codes = vec![unknown; 2].into_boxed_slice();
        if !total.2.is_empty() {
            return None;
        }
        group(&["AGE", "SEX"])?.get(&(total.0, total.1, codes)).copied()
    }
}
