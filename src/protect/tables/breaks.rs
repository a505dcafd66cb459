//! Where the figures of a table begin to mean something else.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Breakdown, NodeKind};
use crate::indicators::{Measure, Panels, Seen, Setting};
use crate::protect::silence::period;
use crate::schema::Breaks;

/// The years of a table, and where its figures begin to mean something else.
pub(super) struct TableYears<'a> {
    dimensions: &'a [Breakdown],
    countries: &'a [Vec<u16>],
    breaks: Option<&'a Breaks>,
    time: Option<usize>,
    first: Option<u16>,
    /// The years that each country reports.
    reported: BTreeMap<u16, BTreeSet<u16>>,
}

impl<'a> TableYears<'a> {
    pub fn of(dimensions: &'a [Breakdown], countries: &'a [Vec<u16>], seen: &[Seen], setting: &Setting<'a>) -> Self {
        let time = period(dimensions);
        let years: Vec<Option<u16>> =
            time.iter().flat_map(|&at| &dimensions[at].nodes).map(|node| node.code.parse().ok()).collect();
        let breaks = setting.breaks.filter(|breaks| !breaks.all().is_empty());
        let mut reported: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
        if let (Some(_), Some(time)) = (breaks, time) {
            for cell in seen.iter().filter(|cell| cell.present) {
                let year = years[usize::from(cell.nodes[time])];
                reported.entry(cell.nodes[0]).or_default().extend(year);
            }
        }
        Self { dimensions, countries, breaks, time, first: years.into_iter().flatten().min(), reported }
    }

    /// Returns whether a break lies between a figure and the one before it that its country reports, or the one with which it is
    /// compared. `panels` are the countries on which comparisons of regions rest.
    pub fn cross(&self, measure: &Measure, nodes: &[u16], panels: &Panels) -> bool {
        let (Some(breaks), Some(time)) = (self.breaks, self.time) else { return false };
        let node = |d: usize| &self.dimensions[d].nodes[usize::from(nodes[d])];
        let Ok(year) = node(time).code.parse::<u16>() else { return false };
        let concerns = |dimension: &str| {
            let at = self.dimensions.iter().position(|breakdown| breakdown.dimension == dimension);
            // Areas and years are part of every figure.
            at.is_some_and(|d| d == 0 || d == time || node(d).kind != NodeKind::Total)
        };
        let other = measure.compared_with(year, self.first);
        let before = |country: &u16| {
            let years = self.reported.get(country).filter(|years| years.contains(&year))?;
            years.range(..year).next_back().copied()
        };
        let countries = panels.of(nodes).unwrap_or(&self.countries[usize::from(nodes[0])]);
        countries.iter().any(|country| {
            let code = &self.dimensions[0].nodes[usize::from(*country)].code;
            let other = other.or_else(|| before(country));
            other.is_some_and(|other| breaks.between(code, [year.min(other), year.max(other)], concerns))
        })
    }
}
