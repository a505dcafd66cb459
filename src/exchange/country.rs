//! What multiple packages report of one country, and its figures of all years together.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::Subject;
use crate::indicators::Counting;
use crate::model::Interval;

/// For each country and year, the package that reports each breakdown.
pub(super) type Reports = BTreeMap<(Subject, u32, u16), BTreeMap<Vec<u32>, usize>>;

/// Figures of all years together, by package.
pub(super) type OfPackages = BTreeMap<usize, Interval>;

/// What packages report of one country, whether or not it was accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct CountryReports {
    /// The years of each package.
    pub years: BTreeMap<usize, BTreeSet<u16>>,
    /// Figures of all years together, by breakdown and codes.
    pub together: BTreeMap<Vec<u32>, BTreeMap<Box<[u32]>, OfPackages>>,
    /// The sums of the years that were left out, by breakdown and codes.
    pub left_out: BTreeMap<Vec<u32>, BTreeMap<Box<[u32]>, OfPackages>>,
}

/// The figures of single years of a country, in one breakdown.
#[derive(Debug, Default)]
pub(super) struct SingleYears {
    /// The accepted years of each package.
    pub accepted: BTreeMap<usize, BTreeSet<u16>>,
    /// The sums of the accepted years, by codes.
    pub sums: BTreeMap<Box<[u32]>, OfPackages>,
}

/// How the packages of a country count.
pub(super) struct PackageCounting<'a> {
    /// What their figures count.
    pub counting: Counting,
    /// Returns whether a package counted from records, so that it lists all codes.
    pub lists_all_codes: &'a dyn Fn(usize) -> bool,
}

impl CountryReports {
    /// Returns a figure of all years together where packages report the breakdown by years; none where it is
    /// reported only by packages without an accepted year.
    ///
    /// # Definition
    /// A package whose years were all accepted counts with its own figure of all years together, which holds those
    /// whose year is unknown. A package with a year that was left out counts with the sum of its accepted years. Those whose
    /// year is unknown may be persons of an earlier package, so they belong to the upper bound only.
    pub fn by_package(&self, dimensions: &[u32], codes: &[u32], years: &SingleYears) -> Option<Interval> {
        let figures = self.together.get(dimensions)?.get(codes)?;
        let left_out = self.left_out.get(dimensions);
        let is_left_out =
            |package: &usize| left_out.is_some_and(|cells| cells.values().any(|cell| cell.contains_key(package)));
        let nothing = Interval::exact(0);
        let mut sum: Option<Interval> = None;
        let mut add = |value: Interval| {
            sum = Some(sum.unwrap_or(nothing).checked_add(value).unwrap_or(Interval::open()));
        };
        for package in self.years.keys() {
            let accepted = years.sums.get(codes).and_then(|sums| sums.get(package)).copied();
            let published = figures.get(package).copied();
            match (years.accepted.contains_key(package), is_left_out(package), published) {
                (true, false, Some(published)) => add(published),
                (true, true, Some(published)) => {
                    let accepted = accepted.unwrap_or(nothing);
                    let left_out = left_out.and_then(|cells| cells.get(codes)?.get(package).copied());
                    let dated = accepted.lower.saturating_add(left_out.map_or(0, |sum| sum.lower));
                    let unknown = published.upper.map(|upper| upper.saturating_sub(dated));
                    let upper = accepted.upper.zip(unknown).and_then(|(a, b)| a.checked_add(b));
                    add(Interval { lower: accepted.lower, upper });
                }
                (true, _, None) => accepted.into_iter().for_each(&mut add),
                // The breakdown of all years together only: its persons may be those of the years of another package.
                (false, false, Some(published)) => {
                    let own_years = &self.years[package];
                    let apart =
                        !own_years.is_empty() && years.accepted.values().all(|years| years.is_disjoint(own_years));
                    add(Interval { lower: if apart { published.lower } else { 0 }, upper: published.upper });
                }
                (false, true, _) | (false, false, None) => {}
            }
        }
        sum
    }

    /// Returns a figure of all years together from those of several packages.
    ///
    /// Where their years are neither the same nor apart, or where different persons are counted, it is between the largest
    /// of them and the sum of all. Years in which no package reports the breakdown leave it without an upper bound.
    pub fn all_years(
        &self,
        cells: &BTreeMap<Box<[u32]>, OfPackages>,
        figures: &OfPackages,
        by: &PackageCounting<'_>,
    ) -> Interval {
        let mut seen: BTreeSet<u16> = BTreeSet::new();
        let mut sum: Option<Interval> = None;
        for (package, years) in &self.years {
            let reports = cells.values().any(|cell| cell.contains_key(package));
            // Without any year its persons may be those of another package, and others.
            let is_undated = years.is_empty();
            if !reports || (sum.is_some() && !is_undated && years.is_subset(&seen)) {
                continue;
            }
            let apart = !is_undated && years.is_disjoint(&seen);
            seen.extend(years);
            // A package that counted other codes of the breakdown counts zero here.
            let unlisted = if (by.lists_all_codes)(*package) { Interval::exact(0) } else { Interval::open() };
            let value = figures.get(package).copied().unwrap_or(unlisted);
            sum = Some(sum.map_or(value, |sum| {
                let both = sum.checked_add(value).unwrap_or(Interval::open());
                let lower = match (apart, by.counting) {
                    (false, _) => sum.lower,
                    (true, Counting::Victims) => both.lower,
                    (true, Counting::Persons) => sum.lower.max(value.lower),
                };
                Interval { lower, upper: both.upper }
            }));
        }
        let value = sum.unwrap_or(Interval::open());
        Interval { lower: value.lower, upper: value.upper.filter(|_| self.is_whole(cells)) }
    }

    /// Returns whether packages that report a breakdown of all years together have all years of the country.
    pub fn is_whole(&self, cells: &BTreeMap<Box<[u32]>, OfPackages>) -> bool {
        let reports = |package: &usize| cells.values().any(|cell| cell.contains_key(package));
        let dated = self.years.iter().filter(|(package, _)| reports(package)).flat_map(|(_, years)| years);
        let seen: BTreeSet<u16> = dated.copied().collect();
        self.years.values().all(|years| years.is_subset(&seen))
    }
}

/// Returns a sum to which up to so many persons may be added.
pub(super) fn more(sum: Interval, beyond: Option<u64>) -> Interval {
    Interval { lower: sum.lower, upper: sum.upper.zip(beyond).and_then(|(upper, more)| upper.checked_add(more)) }
}

pub(super) fn add_to(sums: &mut OfPackages, package: usize, value: Interval) {
    let sum = sums.entry(package).or_insert(Interval::exact(0));
    *sum = sum.checked_add(value).unwrap_or(Interval::open());
}
