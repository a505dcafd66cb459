//! The figures of all packages.

use std::collections::{BTreeMap, BTreeSet};

use super::country::{CountryReports, Reports};
use super::evidence::Evidence;
use super::figure::Subject;
use super::names::NameNumbers;
use super::package::{Overlap, Package};
use super::report::{NotAdditive, PassedOver};
use crate::indicators::Counting;
use crate::model::{Interval, ObsStatus};

/// Area, year (0 for all years together), and a code for each dimension of the group.
pub(super) type FigurePlace = (u32, u16, Box<[u32]>);

/// All figures, by what they count and the dimensions that they have.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub(super) names: NameNumbers,
    pub(super) groups: BTreeMap<(Subject, Vec<u32>), BTreeMap<FigurePlace, Interval>>,
    /// Where the value of a figure is missing or was dropped: nothing is known there, which is not a zero.
    pub(super) lacking: BTreeMap<(Subject, Vec<u32>), BTreeSet<FigurePlace>>,
    /// What publishers flag as something else than a normal value.
    pub(super) marks: BTreeMap<(Subject, Vec<u32>), BTreeMap<FigurePlace, ObsStatus>>,
    /// Cells that the area did not report, as a package says, and the package.
    pub(super) silent: BTreeMap<(Subject, Vec<u32>), BTreeMap<FigurePlace, usize>>,
    /// What follows for cells without a figure from those of another dimension that counts the same persons.
    pub(super) following: BTreeMap<(Subject, Vec<u32>), BTreeMap<FigurePlace, Interval>>,
    /// Places of all known persons of a dimension whose figures do not hold all of them: no code without a figure is zero there.
    pub(super) unlisted: BTreeMap<(Subject, Vec<u32>), BTreeSet<FigurePlace>>,
    pub(super) packages: Vec<Package>,
    /// The package that reports each breakdown of each country and year.
    pub(super) reports: Reports,
    /// What packages report of each country.
    pub(super) countries: BTreeMap<(Subject, u32), CountryReports>,
    /// What happens where two packages report the same area and year.
    pub(super) overlap: Overlap,
    /// The first and the last year that are accepted.
    pub(super) years: Option<[u16; 2]>,
    /// The years that were skipped.
    pub(super) passed_over: BTreeSet<PassedOver>,
    /// What all figures say of places that they do not report.
    pub(super) evidence: BTreeMap<Subject, Evidence>,
    /// Record type, area and year that a source of a package reports, as the package states, whatever its tables show.
    pub(super) stated_years: BTreeSet<(String, u32, u16)>,
    /// Figures of one cell that contradict each other, so that bounds hold both.
    pub(super) contradictions: Vec<NotAdditive>,
}

impl Figures {
    /// Creates a set without figures.
    ///
    /// With `years`, the first and the last, figures of other years and of all years together are not accepted.
    pub fn new(overlap: Overlap, years: Option<[u16; 2]>) -> Self {
        Self { overlap, years, ..Self::default() }
    }

    /// Notes that an area reports a year. A table may show nothing of it.
    pub fn state_year(&mut self, record: &str, area: &str, year: u16) {
        let [first, last] = self.years.unwrap_or([0, u16::MAX]);
        if (first..=last).contains(&year) {
            let area = self.names.number(area);
            self.stated_years.insert((record.to_owned(), area, year));
        }
    }

    /// Returns whether another package than this one reports the breakdown of a place.
    pub(super) fn is_of_other(
        &self,
        (subject, dimensions): &(Subject, Vec<u32>),
        place: &FigurePlace,
        package: usize,
    ) -> bool {
        let reports = self.reports.get(&(subject.clone(), place.0, place.1));
        reports.and_then(|reports| reports.get(dimensions)).is_some_and(|reporter| *reporter != package)
    }

    /// Returns the cells of a breakdown that areas did not report, by the package that reports the area and the year.
    pub(super) fn silent<'a>(&'a self, group: &'a (Subject, Vec<u32>)) -> impl Iterator<Item = &'a FigurePlace> {
        self.silent.get(group).into_iter().flatten().filter_map(move |(place, &package)| {
            // Where a package reports nothing of an area and a year, it says nothing of its codes either.
            let reports = self.reports.get(&(group.0.clone(), place.0, place.1))?;
            let is_own =
                reports.values().any(|reporter| *reporter == package) && !self.is_of_other(group, place, package);
            is_own.then_some(place)
        })
    }

    /// Returns the codes of a dimension with any figure that is more than zero or missing.
    pub(super) fn codes_of(&self, subject: &Subject, dimension: &str) -> BTreeSet<u32> {
        let position = |dimensions: &[u32]| dimensions.iter().position(|&number| self.names.text(number) == dimension);
        let of_group = |key: &(Subject, Vec<u32>), at: usize| {
            let reported = self.groups.get(key).into_iter().flatten();
            let places = reported.filter(|(_, value)| **value != Interval::exact(0)).map(|(place, _)| place);
            let codes = places.chain(self.lacking.get(key).into_iter().flatten()).map(|place| place.2[at]);
            codes.collect::<BTreeSet<u32>>()
        };
        let groups = self.groups.keys().chain(self.lacking.keys()).filter(|(other, _)| other == subject);
        groups.filter_map(|key| Some(of_group(key, position(&key.1)?))).flatten().collect()
    }

    /// Returns whether there is any figure of such records.
    pub fn has_figures(&self, record: &str, counting: Counting) -> bool {
        self.groups.keys().any(|(subject, _)| subject.record == record && subject.counting == counting)
    }
}

pub(super) fn without(items: &[u32], at: usize) -> Vec<u32> {
    items.iter().enumerate().filter(|(position, _)| *position != at).map(|(_, &item)| item).collect()
}

/// Returns the figures of an area and year.
pub(super) fn of_year(
    places: &BTreeMap<FigurePlace, Interval>,
    area: u32,
    year: u16,
) -> impl Iterator<Item = (&FigurePlace, &Interval)> {
    places.range((area, year, Box::default())..).take_while(move |(place, _)| (place.0, place.1) == (area, year))
}
