//! What a combined release says of its sources.

use std::collections::BTreeSet;

use super::figure::TOGETHER;
use crate::model::Interval;

/// A country, and the package that reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceRow {
    /// The record type.
    pub record: String,
    /// The country.
    pub area: String,
    /// Where its figures come from.
    pub package: String,
    /// Its first and last year; none where only all years together are reported.
    pub years: Option<[u16; 2]>,
}

/// A total that its parts contradict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAdditive {
    /// The record type.
    pub record: String,
    /// The country.
    pub area: String,
    /// The year; none for all years together.
    pub year: Option<u16>,
    /// Dimension and code of the total, next to the one that is added up.
    pub at: Vec<(String, String)>,
    /// The dimension.
    pub dimension: String,
    /// Dimension and code of the part that is above the total; empty where it is the sum of the parts.
    pub part: Vec<(String, String)>,
    /// The total.
    pub total: Interval,
    /// The sum of its parts, with those of whom nothing is known.
    pub parts: Interval,
}

impl NotAdditive {
    /// Returns by what rows are ordered.
    pub(super) fn order(&self) -> impl Ord {
        let Self { record, dimension, area, year, at, part, .. } = self;
        (record, dimension, area, year, at, part)
    }
}

/// Years of a country that were not accepted, because an earlier package reports them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOver {
    /// The country.
    pub area: String,
    /// The package whose figures were left out.
    pub package: String,
    /// The years; 0 stands for all years together.
    pub years: BTreeSet<u16>,
}

impl PassedOver {
    /// Returns the country and its years in words: `KHM 2018 to 2020`.
    pub fn text(&self) -> String {
        format!("{} {}", self.area, in_words(&self.years))
    }
}

/// Writes years as `2018 to 2020, 2022`.
pub(super) fn in_words(years: &BTreeSet<u16>) -> String {
    let mut runs: Vec<[u16; 2]> = Vec::new();
    for &year in years.iter().filter(|year| **year != TOGETHER) {
        match runs.last_mut() {
            Some(run) if run[1] + 1 == year => run[1] = year,
            _ => runs.push([year; 2]),
        }
    }
    let mut texts: Vec<String> = runs
        .into_iter()
        .map(|[first, last]| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect();
    if years.contains(&TOGETHER) {
        texts.push("all years together".to_owned());
    }
    texts.join(", ")
}
