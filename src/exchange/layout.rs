//! The inputs of a table of countries: its figures, and the dimensions of areas and years.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::Subject;
use super::figures::Figures;
use super::package::PartTraits;
use super::positions::{Group, Positions};
use crate::aggregate::Breakdown;
use crate::indicators::Indicator;
use crate::model::{Codelist, ObsStatus};
use crate::schema::Record;

/// The inputs of a table's cells.
pub(super) struct TableLayout<'a> {
    pub figures: &'a Figures,
    pub subject: &'a Subject,
    pub indicator: &'a Indicator,
    pub record: &'a Record,
    /// The record type of figures, whose lists may have more codes.
    pub figure: &'a Record,
    /// The figures that belong to the table.
    pub groups: &'a [Group<'a>],
    /// The dimensions of areas and years.
    pub area_time: [&'a str; 2],
}

impl TableLayout<'_> {
    /// Returns the codes of a field that figures report, also figures that have more dimensions than the table.
    ///
    /// Where all of them are codes that figures alone have, these are the codes that contain them.
    pub fn codes(&self, field: usize) -> Vec<u16> {
        let Self { figures, subject, record, figure, groups, area_time, .. } = *self;
        let list = record.fields[field].codes();
        let dimension = record.fields[field].dimension.as_deref().unwrap_or_default();
        let mut found: BTreeSet<u16> = BTreeSet::new();
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        for group in groups {
            let at = group.dimensions.iter().position(|name| *name == dimension);
            let following = group.following.into_iter().flat_map(BTreeMap::keys);
            for (area, year, codes) in group.places.keys().chain(group.lacking.into_iter().flatten()).chain(following) {
                if dimension == area_time[1] {
                    found.extend(list.find(&year.to_string()));
                } else if dimension == area_time[0] {
                    seen.insert(*area);
                } else if let Some(at) = at {
                    seen.insert(codes[at]);
                }
            }
        }
        if dimension != area_time[0] && dimension != area_time[1] {
            seen.extend(figures.codes_of(subject, dimension));
        }
        for code in &seen {
            let text = figures.names.text(*code);
            found.extend(list.find_or_group(text).map(|(code, _)| code));
        }
        if found.is_empty() {
            let wider = figure.dimension(dimension).map(|field| figure.fields[field].codes());
            let above = |code: &u32| {
                let wider = wider?;
                let code = wider.find(figures.names.text(*code)).filter(|code| Codelist::is_known(*code))?;
                wider.ancestors(code).find_map(|above| list.find(wider.id_of(above)))
            };
            found.extend(seen.iter().filter_map(above));
        }
        found.into_iter().collect()
    }

    /// Returns how all packages of the table report the parts of each dimension.
    pub fn part_traits(&self, dimensions: &[Breakdown]) -> Vec<PartTraits> {
        let Self { figures, subject, groups, .. } = *self;
        let mut packages: BTreeSet<usize> = BTreeSet::new();
        for (area, ..) in groups.iter().flat_map(|group| group.places.keys()) {
            packages.extend(figures.packages_of(subject, *area));
        }
        let traits = |breakdown: &Breakdown| PartTraits {
            complete: packages.iter().any(|&package| figures.packages[package].complete.contains(&breakdown.dimension)),
            exclusive: packages
                .iter()
                .all(|&package| figures.packages[package].exclusive.contains(&breakdown.dimension)),
        };
        dimensions.iter().map(traits).collect()
    }

    /// Returns what publishers flag in a table that has years.
    pub fn flagged(&self, dimensions: &[Breakdown]) -> BTreeMap<Vec<u16>, ObsStatus> {
        let Self { figures, groups, area_time, .. } = *self;
        let positions = Positions::new(figures, dimensions, area_time);
        let mut marks = BTreeMap::new();
        if dimensions.iter().all(|breakdown| breakdown.dimension != area_time[1]) {
            return marks;
        }
        for group in groups {
            for (place, status) in group.marks.into_iter().flatten() {
                marks.extend(positions.of(&group.dimensions, place).map(|nodes| (nodes, *status)));
            }
        }
        marks
    }
}
