//! The main figures of a release, a sentence each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::cell::{NumberKind, number};
use super::text::{ByLanguage, Reader, TEXTS, interval, span};
use super::view::TableView;
use crate::protect::Observation;
use crate::schema::parse;

/// So many sentences are shown.
const MOST: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    sentence: Vec<Sentence>,
}

/// A sentence about some cells of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    /// Of one group one sentence is shown.
    group: String,
    table: String,
    cells: Vec<Cell>,
    text: ByLanguage,
}

/// A cell of the widest area.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell {
    measure: String,
    /// Dimension to code; others are their totals.
    #[serde(default)]
    at: BTreeMap<String, String>,
}

static SENTENCES: LazyLock<Sentences> =
    LazyLock::new(|| parse(include_str!("sentences.toml"), "sentences.toml").expect("sentences of the report"));

/// Returns the main figures of the tables.
pub(super) fn main_figures(views: &[TableView<'_>], reader: Reader<'_>) -> Vec<String> {
    let mut groups: BTreeSet<&str> = BTreeSet::new();
    let mut out = Vec::new();
    for sentence in &SENTENCES.sentence {
        let view = views.iter().find(|view| view.table.indicator().id == sentence.table);
        let Some(view) = view.filter(|_| !groups.contains(&*sentence.group)) else { continue };
        if let Some(text) = sentence.text(view, reader) {
            groups.insert(&sentence.group);
            out.push(text);
        }
    }
    out.truncate(MOST);
    out
}

impl Sentence {
    /// Returns the sentence; nothing where one of its cells has no figure.
    fn text(&self, view: &TableView<'_>, reader: Reader<'_>) -> Option<String> {
        let period = self.cells.first().and_then(|cell| cell.period(view))?;
        let rows: Option<Vec<(&Observation, String)>> =
            self.cells.iter().map(|cell| cell.figure(view, period)).collect();
        let rows = rows?;
        let figures: Vec<&str> = rows.iter().map(|(_, figure)| figure.as_str()).collect();
        let areas = rows.first().and_then(|(row, _)| row.areas).unwrap_or(1);
        let text = reader.fill(&self.text, &figures).replace("{areas}", &areas.to_string());
        Some(text.replace("{period}", &period_text(view, period, reader)))
    }
}

impl Cell {
    /// Returns all years together where the cell has a figure of them, and else a late year.
    fn period(&self, view: &TableView<'_>) -> Option<u16> {
        let late = view.years().collect::<Vec<_>>().into_iter().rev();
        std::iter::once(0)
            .chain(std::iter::once(view.period(0)))
            .chain(late)
            .find(|period| self.figure(view, *period).is_some())
    }

    /// Returns the row of the cell and its figure: a number, or an interval with both bounds.
    fn figure<'v>(&self, view: &'v TableView<'_>, period: u16) -> Option<(&'v Observation, String)> {
        let measures = &view.table.indicator().measures;
        let measure = measures.iter().position(|measure| measure.id == self.measure)?;
        let mut nodes = vec![0u16; view.dimensions().len()];
        view.time.into_iter().for_each(|time| nodes[time] = period);
        for (dimension, code) in &self.at {
            let d = view.dimensions().iter().position(|known| known.dimension == *dimension)?;
            nodes[d] = view.dimensions()[d].find(code)? as u16;
        }
        let row = view.row(measure, &nodes)?;
        let figure = match row.value.filter(|_| row.status.has_value()) {
            Some(value) if measures[measure].formula.is_count() => number(value, NumberKind::Count),
            Some(value) => number(value, NumberKind::Measured),
            None => interval(Some(row.lower?), Some(row.upper?)),
        };
        Some((row, figure))
    }
}

fn period_text(view: &TableView<'_>, period: u16, reader: Reader<'_>) -> String {
    match view.time {
        Some(time) if period > 0 => view.dimensions()[time].nodes[usize::from(period)].code.clone(),
        _ => span(view.year_codes()).unwrap_or_else(|| reader.say(&TEXTS.all_years).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Indicator;
    use crate::schema::Registry;

    #[test]
    fn every_sentence_names_what_there_is() {
        let registry = Registry::built_in();
        for sentence in &SENTENCES.sentence {
            let table = Indicator::load(&registry, &sentence.table).unwrap();
            for cell in &sentence.cells {
                assert!(table.measures.iter().any(|measure| measure.id == cell.measure), "{}", cell.measure);
                assert!(cell.at.keys().all(|name| table.all_dimensions().any(|known| known == name)), "{:?}", cell.at);
            }
        }
    }
}
