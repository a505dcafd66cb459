//! How much of each column was understood: exactly for the office that holds the files, in rounded shares for the public.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::disseminate::FieldLegibility;
use crate::finding::{Severity, ShownCell, Tally};
use crate::schema::Record;
use crate::validate::{By, Legibility, PlaceCounts, Plan};

/// How many cells of one column were understood, each as often as its record stands for a person. Confidential: the counts are
/// exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnReport {
    /// The field that is read from the column.
    pub field: String,
    /// The column's heading.
    pub column: String,
    /// The column's number, counted from 1.
    pub column_number: u32,
    /// Cells that hold anything.
    pub filled: u64,
    /// Filled cells that were not understood and became unknown.
    pub not_understood: u64,
    /// True if records stand for multiple persons, so that cells differ in weight.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_persons: bool,
    /// The rule that most of these cells break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// The most frequent of these cells, where the schema lets them be shown and many records share them.
    #[serde(skip)]
    pub frequent: Vec<String>,
}

/// How many records have no value of one field, and why, each as often as it stands for a person. Confidential: the counts are
/// exact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldReport {
    /// The field.
    pub field: String,
    /// Records that were read.
    pub records: u64,
    /// Records for which the source itself has no value, or reports that it does not know.
    pub unknown: u64,
    /// Records with a text that was not understood.
    pub not_understood: u64,
}

/// An area or a year in which most of a field was not understood. Confidential: the counts are exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceReport {
    /// The field.
    pub field: String,
    /// `area` or `year`.
    pub by: &'static str,
    /// The area or the year.
    pub place: String,
    /// Persons with a value in the field, an upper bound.
    pub filled: u64,
    /// Persons whose value was not understood.
    pub not_understood: u64,
}

/// How often a value occurs in a file of persons before it is listed. Names rarely do.
pub(super) const SHARED: u64 = 10;

/// An area or a year of fewer persons is not judged by itself: a few odd cells are most of it.
const JUDGED: u64 = 20;

/// Reports areas and years in which more than half of a field was not understood.
pub(super) fn places(plan: &Plan, record: &Record, places: &PlaceCounts) -> Vec<PlaceReport> {
    let fields: Vec<usize> = plan.fields().collect();
    let bad = places.iter().filter(|place| place.filled >= JUDGED && 2 * place.lost > place.filled);
    let report = |place: crate::validate::UnknownPlace| {
        let (by, role) = match place.by {
            By::Area => ("area", "area"),
            By::Year => ("year", "time"),
        };
        let codes = record.fields[record.role(role)?].codes();
        Some(PlaceReport {
            field: record.fields[fields[place.take]].id.clone(),
            by,
            place: codes.id_of(place.code).to_owned(),
            filled: place.filled,
            not_understood: place.lost,
        })
    };
    bad.filter_map(report).collect()
}

/// Rules of cells that are kept and become unknown.
const RULES: [&str; 11] = [
    "cell/placeholder-date",
    "cell/too-old",
    "cell/not-a-date",
    "cell/recoded-unknown",
    "cell/not-a-flag",
    "cell/not-in-pack",
    "cell/ambiguous",
    "cell/not-a-country",
    "cell/straddles",
    "cell/questionnaire-remnant",
    "cell/pseudo-area",
];

/// The number of values that a message names.
const NAMED: usize = 3;

/// What was found in the cells of a file that were not understood.
pub(super) struct UnknownCells<'a> {
    pub tally: &'a Tally,
    /// Values that match no code, by the number of their column.
    pub unresolved: &'a BTreeMap<(u32, String), u64>,
}

impl UnknownCells<'_> {
    /// Reports the columns of a file. A column that is read for one field in multiple ways is reported once.
    pub fn columns(&self, plan: &Plan, record: &Record, legibility: &Legibility) -> Vec<ColumnReport> {
        let mut cells: BTreeMap<(usize, usize), (u64, u64)> = BTreeMap::new();
        for (reader, column) in plan.readers().iter().zip(&legibility.columns) {
            let sum = cells.entry((reader.field, reader.column)).or_default();
            *sum = (sum.0 + column.filled, sum.1 + column.lost);
        }
        let report = |((field, column), (filled, lost))| {
            let number = column as u32 + 1;
            let field: &crate::schema::Field = &record.fields[field];
            ColumnReport {
                field: field.id.clone(),
                column: plan.heading(number).unwrap_or_default().to_owned(),
                column_number: number,
                filled,
                not_understood: lost,
                by_persons: plan.weighs(),
                rule: if lost > 0 { self.most_broken(number) } else { None },
                frequent: if field.printable && lost > 0 { self.frequent(number) } else { Vec::new() },
            }
        };
        cells.into_iter().map(report).collect()
    }

    /// Returns the rule that most cells of a column break without being rejected.
    fn most_broken(&self, number: u32) -> Option<&'static str> {
        let broken = self.tally.totals().filter(|(_, rule, severity, column, _)| {
            *severity == Severity::Warning && *column == Some(number) && RULES.contains(&rule.id())
        });
        broken
            .max_by_key(|(_, rule, .., total)| (total.count, std::cmp::Reverse(rule.id())))
            .map(|(_, rule, ..)| rule.id())
    }

    /// Returns the most frequent values of a column whose field is printable: short ones that many records share.
    fn frequent(&self, number: u32) -> Vec<String> {
        let shared = self.unresolved.iter().filter(|((column, _), count)| *column == number && **count >= SHARED);
        let shown = |((_, text), count): (&(u32, String), &u64)| match ShownCell::of_printable(text.as_bytes()) {
            ShownCell::Value(value) => Some((std::cmp::Reverse(*count), value)),
            ShownCell::Length(_) | ShownCell::LastLine(_) | ShownCell::MoreThan(_) => None,
        };
        let mut values: Vec<_> = shared.filter_map(shown).collect();
        values.sort();
        values.into_iter().take(NAMED).map(|(_, value)| format!("`{value}`")).collect()
    }
}

/// Reports the fields that columns of a file give.
pub(super) fn fields(plan: &Plan, record: &Record, legibility: &Legibility) -> Vec<FieldReport> {
    let is_coded = |field: &usize| record.fields[*field].is_coded();
    let derived = |field: &usize| record.derived.iter().any(|(derived, _)| derived == field);
    let fields = plan.fields().zip(&legibility.fields).filter(|(field, _)| is_coded(field) && !derived(field));
    let report = |(field, lost): (usize, &crate::validate::LostRecords)| FieldReport {
        field: record.fields[field].id.clone(),
        records: legibility.records,
        unknown: lost.unknown,
        not_understood: lost.lost,
    };
    fields.map(report).collect()
}

impl ColumnReport {
    /// Returns the share of the filled cells that were not understood, in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.not_understood as f64 / self.filled.max(1) as f64
    }

    /// Returns the share of the filled cells that were not understood, in words. `cells` names all of them.
    pub fn share(&self, cells: &str) -> String {
        let persons = if self.by_persons { ", weighed by the number of persons" } else { "" };
        format!("{} of {cells}{persons}", self.share_alone())
    }

    pub(super) fn share_alone(&self) -> String {
        match self.percent() {
            0.0..0.1 if self.not_understood > 0 => "less than 0.1 percent".to_owned(),
            100.0 => "all".to_owned(),
            percent => format!("{percent:.1} percent"),
        }
    }
}

/// A step of a share is at least so many records wide, so that it says nothing of a few persons.
const NARROWEST: u64 = 50;

/// Returns how much of each field the sources do not know, and how much was not understood, in rounded shares.
pub(in crate::pipeline) fn rounded<'a>(
    record: &Record,
    fields: &[usize],
    reports: impl Iterator<Item = &'a FieldReport>,
) -> Vec<FieldLegibility> {
    let mut sums: BTreeMap<usize, FieldReport> = BTreeMap::new();
    // What is computed from a field is as unknown as that field.
    let is_counted = |field: &usize| {
        let from = |(derived, rule): &(usize, crate::schema::Derived)| rule.from == *field && fields.contains(derived);
        fields.contains(field) || record.derived.iter().any(from)
    };
    for report in reports {
        let Some(field) = record.field(&report.field).filter(is_counted) else { continue };
        let sum = sums.entry(field).or_default();
        sum.records += report.records;
        sum.unknown += report.unknown;
        sum.not_understood += report.not_understood;
    }
    let class = |(field, sum): (usize, FieldReport)| FieldLegibility {
        field: record.fields[field].id.clone(),
        title: record.fields[field].title.clone(),
        unknown: class(sum.unknown, sum.records),
        not_understood: class(sum.not_understood, sum.records),
    };
    sums.into_iter().map(class).collect()
}

/// Steps of a share in percent.
const STEPS: [u64; 4] = [1, 2, 5, 10];

/// Returns a share in steps of percent, each at least [`NARROWEST`] records wide. Few records have two steps or none.
/// No step separates none from a few, so the share says nothing of a record.
fn class(part: u64, all: u64) -> String {
    if all < 2 * NARROWEST {
        return "not shown: the sources are too small".to_owned();
    }
    let Some(step) = STEPS.into_iter().find(|step| step * all >= 100 * NARROWEST) else {
        return if 2 * part < all { "less than half" } else { "half or more" }.to_owned();
    };
    let lower = (100 * part / all / step * step).min(100 - step);
    if lower == 0 { format!("less than {step} percent") } else { format!("{lower} to {} percent", lower + step) }
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn shares_are_steps_of_many_records() {
        assert_eq!(class(0, 0), "not shown: the sources are too small");
        assert_eq!(class(99, 99), "not shown: the sources are too small");
        assert_eq!((class(0, 100), class(49, 100)), (class(30, 499), class(1, 499)));
        assert_eq!([class(50, 100), class(49, 100)], ["half or more", "less than half"]);
        assert_eq!(
            [class(0, 500), class(49, 500), class(50, 500)],
            ["less than 10 percent", "less than 10 percent", "10 to 20 percent"]
        );
        assert_eq!([class(49, 1000), class(51, 1000)], ["less than 5 percent", "5 to 10 percent"]);
        assert_eq!([class(120, 2500), class(120, 5000)], ["4 to 6 percent", "2 to 3 percent"]);
        assert_eq!([class(1, 90_000), class(90_000, 90_000)], ["less than 1 percent", "99 to 100 percent"]);
        // Each step stands for many numbers of records, and none and one are the same.
        for whole in [100, 499, 500, 999, 1000, 2499, 2500, 4999, 5000, 12_345] {
            let shares: Vec<String> = (0..=whole).map(|part| class(part, whole)).collect();
            let narrowest = shares.chunk_by(|a, b| a == b).map(<[String]>::len).min();
            assert!(narrowest >= Some(49) && shares[0] == shares[1], "{whole}: {narrowest:?}");
        }
    }
}
