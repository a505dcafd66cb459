//! Figures of all years together, of countries that more than one package reports.

use std::collections::{BTreeMap, BTreeSet};

use super::country::{OfPackages, PackageCounting, SingleYears, add_to, more};
use super::figure::{Subject, TOGETHER};
use super::figures::{FigurePlace, Figures, of_year, without};
use super::reconcile::KNOWN;
use crate::indicators::Counting;
use crate::model::Interval;

impl Figures {
    /// Returns the figures of all years together that packages report of a country.
    pub(super) fn together(
        &mut self,
        (subject, dimensions): &(Subject, Vec<u32>),
        area: u32,
        codes: Box<[u32]>,
    ) -> &mut OfPackages {
        let country = self.countries.entry((subject.clone(), area)).or_default();
        country.together.entry(dimensions.clone()).or_default().entry(codes).or_default()
    }

    /// Computes figures of all years together, of countries that more than one package reports. Those that only have bounds are no
    /// larger than the cells in which they lie.
    pub(super) fn settle(&mut self) {
        let known = self.names.number(KNOWN);
        for ((subject, area), country) in &self.countries {
            // A person may be in two years, so different persons of two years are not added up.
            let adds = subject.counting == Counting::Victims && country.years.len() > 1;
            let mut breakdowns: Vec<_> = country.together.iter().collect();
            breakdowns.sort_by_key(|(dimensions, _)| dimensions.len());
            for (dimensions, cells) in breakdowns {
                let key = (subject.clone(), dimensions.clone());
                let reports = |year: u16| self.reports.get(&(subject.clone(), *area, year))?.get(dimensions).copied();
                let places = self.groups.get(&key).filter(|_| adds);
                let years = places.map(|places| by_years(places, *area, reports)).unwrap_or_default();
                let all: BTreeSet<u16> = country.years.values().flatten().copied().collect();
                let beyond = self.beyond(&key, *area, &all);
                let lists_all_codes = |package: usize| self.is_recorded(package, *area);
                let by = PackageCounting { counting: subject.counting, lists_all_codes: &lists_all_codes };
                let value = |codes: &[u32], figures: &OfPackages| {
                    let place = (*area, TOGETHER, codes.into());
                    let value = if years.accepted.is_empty() {
                        Some(country.all_years(cells, figures, &by))
                    } else {
                        let value = country.by_package(dimensions, codes, &years);
                        let value = value.map(|value| more(value, beyond));
                        value.map(|value| more(value, self.unlisted_years(&key, &place, &years)))
                    };
                    let value = value.map(|value| if adds { self.within_wholes(&key, &place, value) } else { value });
                    (place, value)
                };
                let values: Vec<_> = cells.iter().map(|(codes, figures)| value(codes, figures)).collect();
                // Persons of years without the breakdown may have a code that no package lists.
                let is_whole = if years.accepted.is_empty() { country.is_whole(cells) } else { beyond == Some(0) };
                if adds && !is_whole {
                    let unlisted = self.unlisted.entry(key.clone()).or_default();
                    for codes in cells.keys() {
                        unlisted.extend((0..codes.len()).map(|at| {
                            let mut codes = codes.clone();
                            codes[at] = known;
                            (*area, TOGETHER, codes)
                        }));
                    }
                }
                let to = self.groups.entry(key).or_default();
                for (place, value) in values {
                    match value {
                        Some(value) => drop(to.insert(place, value)),
                        None => drop(to.remove(&place)),
                    }
                }
            }
        }
    }

    /// Returns whether a package counted the figures of an area from records, so that it lists all codes.
    pub(super) fn is_recorded(&self, package: usize, area: u32) -> bool {
        let package = &self.packages[package];
        package.counted || package.recorded.contains(self.names.text(area))
    }

    /// Returns how many persons a cell has at most in years in which its breakdown is reported and its code is not; nothing where
    /// no figure with one dimension less says so.
    fn unlisted_years(&self, key: &(Subject, Vec<u32>), place: &FigurePlace, years: &SingleYears) -> Option<u64> {
        let lists = |year: u16| {
            self.groups.get(key).is_some_and(|places| places.contains_key(&(place.0, year, place.2.clone())))
        };
        let packages = years.accepted.iter().filter(|(package, _)| !self.is_recorded(**package, place.0));
        let mut silent = packages.flat_map(|(_, years)| years).filter(|year| !lists(**year));
        let upper = |year: u16| self.upper_of_wholes(key, &(place.0, year, place.2.clone()));
        silent.try_fold(0u64, |sum, &year| sum.checked_add(upper(year)?))
    }

    /// Narrows bounds to what the figures allow that have one dimension less. A figure that its whole contradicts stays.
    fn within_wholes(&self, key: &(Subject, Vec<u32>), place: &FigurePlace, value: Interval) -> Interval {
        if value.is_exact() {
            return value;
        }
        let upper = self.upper_of_wholes(key, place).filter(|upper| *upper >= value.lower);
        Interval { upper: value.upper.into_iter().chain(upper).min(), ..value }
    }

    /// Returns the lowest upper bound of the figures that have one dimension less and hold a place.
    fn upper_of_wholes(&self, (subject, dimensions): &(Subject, Vec<u32>), place: &FigurePlace) -> Option<u64> {
        let whole = |at: usize| {
            let places = self.groups.get(&(subject.clone(), without(dimensions, at)))?;
            places.get(&(place.0, place.1, without(&place.2, at).into_boxed_slice()))?.upper
        };
        (0..dimensions.len()).filter_map(whole).min()
    }

    /// Returns how many persons a country reports at most in years in which it does not report a breakdown; nothing where no
    /// total says so.
    fn beyond(&self, key: &(Subject, Vec<u32>), area: u32, years: &BTreeSet<u16>) -> Option<u64> {
        let reports =
            |year: u16| self.groups.get(key).is_some_and(|places| of_year(places, area, year).next().is_some());
        let totals = self.groups.get(&(key.0.clone(), Vec::new()));
        let mut without = years.iter().filter(|year| **year != TOGETHER && !reports(**year));
        without.try_fold(0u64, |sum, &year| sum.checked_add(totals?.get(&(area, year, Box::default()))?.upper?))
    }
}

/// Sums up the figures of single years of a country; `reports` returns the package of a year.
fn by_years(
    places: &BTreeMap<FigurePlace, Interval>,
    area: u32,
    reports: impl Fn(u16) -> Option<usize>,
) -> SingleYears {
    let mut years = SingleYears::default();
    let first = (area, TOGETHER + 1, Box::default());
    for ((_, year, codes), value) in places.range(first..).take_while(|(place, _)| place.0 == area) {
        let Some(package) = reports(*year) else { continue };
        years.accepted.entry(package).or_default().insert(*year);
        add_to(years.sums.entry(codes.clone()).or_default(), package, *value);
    }
    years
}
