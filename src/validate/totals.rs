//! Published figures against each other: the same one twice, and parts against their total.
//!
//! A figure may be a total of others, so nothing is added up for publication here; sums are only compared. Masked
//! figures are compared by their bounds, so that a finding is certain.

use std::collections::BTreeMap;

use super::CodedBatch;
use crate::finding::{Finding, Place, Rule};
use crate::model::{Codelist, Interval, Missing};
use crate::schema::{Parts, Record};

/// The figures of one file, by what they are figures of.
#[derive(Debug, Default)]
pub struct FileFigures {
    seen: BTreeMap<Vec<u64>, Vec<(Interval, Place)>>,
}

/// Returns whether a figure, in units of `one`, is the number of its own year, or of the one before or after: as if typed into the
/// wrong cell.
pub fn looks_like_year(value: Interval, one: u64, year: u16) -> bool {
    value.is_exact() && value.lower.is_multiple_of(one) && (value.lower / one).abs_diff(u64::from(year)) <= 1
}

/// One field along which figures are compared with their total.
struct Comparison<'a> {
    parts: Parts,
    /// Where the field stands in a key.
    at: usize,
    list: &'a Codelist,
    /// The code of the total.
    total: u64,
    /// Other fields whose parts make up the total: their places, and their codes of the total.
    others: Vec<(usize, u64)>,
}

impl FileFigures {
    /// Remembers the figures of a batch that begins after so many records.
    pub fn add(&mut self, batch: &CodedBatch, records: u64) {
        for row in 0..batch.len() {
            let mut place = batch.places[row];
            place.record += records;
            self.seen.entry(batch.key(row)).or_default().push((batch.values.get(row), place));
        }
    }

    /// What is wrong among the figures of one file.
    pub fn findings(self, record: &Record) -> Vec<Finding> {
        let mut out = Vec::new();
        let (again, differs) = (Rule::named("figure/repeated"), Rule::named("figure/contradiction"));
        for figures in self.seen.values() {
            for &(value, place) in &figures[1..] {
                // A missing figure contradicts nothing.
                if [value, figures[0].0].contains(&Interval::open()) {
                    continue;
                }
                let rule = if value == figures[0].0 { again } else { differs };
                out.push(Finding::new(rule, place, None, None));
            }
        }
        let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
        let time = record.role("time").and_then(|time| fields.iter().position(|&index| index == time));
        if let Some(at) = time {
            let list = record.fields[fields[at]].codes();
            let one = 10u64.pow(record.decimals());
            let year = |key: &[u64]| list.id_of(u16::try_from(key[at]).ok()?).parse().ok();
            let dated = self.seen.iter().filter_map(|(key, figures)| Some((year(key)?, figures)));
            let like = dated
                .flat_map(|(year, figures)| figures.iter().filter(move |figure| looks_like_year(figure.0, one, year)));
            out.extend(like.map(|(_, place)| Finding::new(Rule::named("figure/looks-like-year"), *place, None, None)));
        }
        self.among_groups(record, &fields, &mut out);
        for sum in &record.sums {
            let Some(at) = fields.iter().position(|&index| record.fields[index].id == sum.field) else { continue };
            let list = record.fields[fields[at]].codes();
            let Some(total) = list.find("_T") else { continue };
            // Fields whose total is all persons, and in which the same persons may be unknown.
            let others = record.sums.iter().filter(|other| other.parts == Parts::All && other.field != sum.field);
            let others = others.filter_map(|other| {
                let at = fields.iter().position(|&index| record.fields[index].id == other.field)?;
                Some((at, u64::from(record.fields[fields[at]].codes().find("_T")?)))
            });
            let only: Vec<(usize, Vec<u64>)> = sum
                .only
                .iter()
                .filter_map(|(field, codes)| {
                    let at = fields.iter().position(|&index| record.fields[index].id == *field)?;
                    let list = record.fields[fields[at]].codes();
                    Some((at, codes.iter().filter_map(|code| list.find(code).map(u64::from)).collect()))
                })
                .collect();
            let compared = |key: &[u64]| only.iter().all(|(at, codes)| codes.contains(&key[*at]));
            let comparison = Comparison { parts: sum.parts, at, list, total: total.into(), others: others.collect() };
            self.compare(&comparison, compared, &mut out);
        }
        out.sort_by_key(|finding| finding.place);
        out
    }

    /// Finds what is wrong with all figures of one area, year and subject together, and numbers that look like rates.
    fn among_groups(&self, record: &Record, fields: &[usize], out: &mut Vec<Finding>) {
        let find = |id: &str, code: &str| {
            let at = fields.iter().position(|&index| record.fields[index].id == id)?;
            Some((at, u64::from(record.fields[fields[at]].codes().find(code)?)))
        };
        let Some((unit, number)) = find("unit", "NUMBER") else { return };
        let one = 10u64.pow(record.decimals());
        let totals: Vec<(usize, u64)> = record.sums.iter().filter_map(|sum| find(&sum.field, "_T")).collect();
        let mut groups: BTreeMap<Vec<u64>, Vec<(Interval, Place)>> = BTreeMap::new();
        for (key, figures) in self.seen.iter().filter(|(key, _)| key[unit] == number) {
            let is_whole = |bound: u64| bound.is_multiple_of(one);
            let rates = figures.iter().filter(|(value, _)| !is_whole(value.lower) || !value.upper.is_none_or(is_whole));
            out.extend(rates.map(|(_, place)| Finding::new(Rule::named("figure/looks-like-rate"), *place, None, None)));
            let mut group = key.clone();
            totals.iter().for_each(|&(at, total)| group[at] = total);
            // A missing figure reports nothing.
            groups.entry(group).or_default().extend(figures.iter().filter(|(value, _)| *value != Interval::open()));
        }
        for (total, mut figures) in groups.into_iter().filter(|(_, figures)| !figures.is_empty()) {
            figures.sort_by_key(|(_, place)| *place);
            let mut find = |rule: &'static str| out.push(Finding::new(Rule::named(rule), figures[0].1, None, None));
            let is_reported =
                |figures: &Vec<(Interval, Place)>| figures.iter().any(|(value, _)| *value != Interval::open());
            if !self.seen.get(&total).is_some_and(is_reported) {
                find("figure/part-above-total");
            }
            if figures.len() > 1 && figures.iter().all(|(value, _)| !value.is_exact()) {
                find("figure/all-masked");
            }
        }
    }

    /// Compares every total with its parts along one field.
    ///
    /// Publishers give one figure of all of whom something is not known, sex or age or both. It is not a part along one field
    /// alone, so up to its size may be missing in the parts.
    fn compare(&self, comparison: &Comparison<'_>, compared: impl Fn(&[u64]) -> bool, out: &mut Vec<Finding>) {
        let Comparison { parts, at, list, total, ref others } = *comparison;
        let unknown = u64::from(Missing::Unknown.code());
        let (exceeds, differs) = (Rule::named("figure/exceeds-total"), Rule::named("figure/not-additive"));
        let mut groups: BTreeMap<Vec<u64>, Vec<(u64, Interval, Place)>> = BTreeMap::new();
        for (key, figures) in self.seen.iter().filter(|(key, _)| compared(key)) {
            let mut group = key.clone();
            group[at] = total;
            // Of a repeated figure the first one stands; the repetition is a finding of its own.
            let (value, place) = figures[0];
            groups.entry(group).or_default().push((key[at], value, place));
        }
        for (key, figures) in &groups {
            let Some(&(_, whole, place)) = figures.iter().find(|(code, ..)| *code == total) else { continue };
            // A part below another part is in its sum already.
            let is_top = |code: u64| {
                let code = code as u16;
                !Codelist::is_known(code)
                    || !list.ancestors(code).any(|up| figures.iter().any(|(c, ..)| *c == u64::from(up)))
            };
            let parts_of: Vec<_> = figures.iter().filter(|(code, ..)| *code != total && is_top(*code)).collect();
            let limit = whole.upper.unwrap_or(u64::MAX);
            let mut single = false;
            for (_, part, place) in &parts_of {
                if part.lower > limit {
                    single = true;
                    out.push(Finding::new(exceeds, *place, None, None));
                }
            }
            if parts == Parts::Each || single || parts_of.is_empty() {
                continue;
            }
            let mut all_unknown = key.clone();
            all_unknown[at] = unknown;
            others
                .iter()
                .filter(|(other, total)| key[*other] == *total)
                .for_each(|(other, _)| all_unknown[*other] = unknown);
            let alone = parts_of.iter().any(|(code, ..)| *code == unknown);
            let joint = self.seen.get(&all_unknown).filter(|_| !alone).and_then(|figures| figures[0].0.upper);
            let rest = Interval { lower: 0, upper: Some(joint.unwrap_or(0)) };
            let sum = parts_of.iter().try_fold(rest, |sum, (_, part, _)| sum.checked_add(*part));
            let Some(sum) = sum else { continue };
            let too_many = sum.lower > limit;
            let too_few = parts == Parts::All && sum.upper.is_some_and(|upper| upper < whole.lower);
            if too_many || too_few {
                out.push(Finding::new(differs, place, None, None));
            }
        }
    }
}
