//! Which package reports which country and year.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::{Subject, TOGETHER};
use super::figures::Figures;
use super::report::{PassedOver, SourceRow};

impl Figures {
    /// Returns the years of each country with anything reported, with how many persons each has at most where a total
    /// says so.
    pub(super) fn years_of(&self, subject: &Subject) -> BTreeMap<u32, BTreeMap<u16, Option<u64>>> {
        let mut years: BTreeMap<u32, BTreeMap<u16, Option<u64>>> = BTreeMap::new();
        for ((_, dimensions), places) in self.groups.iter().filter(|((other, _), _)| other == subject) {
            for (place, value) in places.iter().filter(|(place, _)| place.1 != TOGETHER) {
                let upper = years.entry(place.0).or_default().entry(place.1).or_default();
                *upper = upper.or(value.upper.filter(|_| dimensions.is_empty()));
            }
        }
        // A figure without a value is not a zero of its year.
        let lacking = self.lacking.iter().filter(|((other, _), _)| other == subject).flat_map(|(_, places)| places);
        for &(area, year, _) in lacking.filter(|(_, year, _)| *year != TOGETHER) {
            years.entry(area).or_default().entry(year).or_default();
        }
        for (_, area, year) in self.stated_years.iter().filter(|(record, ..)| *record == subject.record) {
            years.entry(*area).or_default().entry(*year).or_default();
        }
        years
    }

    /// Returns the package that reports a breakdown of a country in a year; what was derived comes from a package that
    /// reports the country in that year.
    pub(super) fn package_of(&self, subject: &Subject, dimensions: &[u32], (area, year): (u32, u16)) -> Option<usize> {
        let reports = self.reports.get(&(subject.clone(), area, year))?;
        reports.get(dimensions).or_else(|| reports.values().next()).copied()
    }

    /// Returns the packages that report a country.
    pub(super) fn packages_of(&self, subject: &Subject, area: u32) -> BTreeSet<usize> {
        let years = (subject.clone(), area, TOGETHER)..=(subject.clone(), area, u16::MAX);
        self.reports.range(years).flat_map(|(_, reports)| reports.values().copied()).collect()
    }

    /// Returns the areas and years whose figures all packages counted from records.
    pub(super) fn counted(&self, subject: &Subject) -> BTreeSet<(u32, u16)> {
        let first = (subject.clone(), 0, 0)..=(subject.clone(), u32::MAX, u16::MAX);
        let counted =
            |reports: &BTreeMap<Vec<u32>, usize>| reports.values().all(|package| self.packages[*package].counted);
        let all = self.reports.range(first).filter(|(_, reports)| counted(reports));
        all.map(|((_, area, year), _)| (*area, *year)).collect()
    }

    /// Returns the years of countries that were left out, because an earlier package reports them.
    pub fn passed_over(&self) -> Vec<PassedOver> {
        self.passed_over.iter().cloned().collect()
    }

    /// Returns which package reports which country, and which years. A package has several rows for a country where
    /// another one reports the years between.
    pub fn sources(&self) -> Vec<SourceRow> {
        let mut years: BTreeMap<(&str, u32), BTreeMap<u16, BTreeSet<usize>>> = BTreeMap::new();
        for ((subject, area, year), reports) in &self.reports {
            let packages = reports.values().copied();
            years.entry((&subject.record, *area)).or_default().entry(*year).or_default().extend(packages);
        }
        let mut rows = Vec::new();
        for ((record, area), years) in years {
            let row = |package: usize, years: Option<[u16; 2]>| SourceRow {
                record: record.to_owned(),
                area: self.names.text(area).to_owned(),
                package: self.packages[package].name.clone(),
                years,
            };
            let all: BTreeSet<usize> = years.values().flatten().copied().collect();
            for package in all {
                let mut run: Option<[u16; 2]> = None;
                let mut found = false;
                for (&year, packages) in years.iter().filter(|(year, _)| **year != TOGETHER) {
                    match (packages.contains(&package), run) {
                        (true, run_) => {
                            found = true;
                            run = Some([run_.map_or(year, |[first, _]| first), year]);
                        }
                        (false, Some(_)) => rows.push(row(package, run.take())),
                        (false, None) => {}
                    }
                }
                if run.is_some() || !found {
                    rows.push(row(package, run));
                }
            }
        }
        rows.sort();
        rows
    }
}
