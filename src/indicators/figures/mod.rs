//! Published figures of many countries, from which tables of regions are made.
//!
//! A figure is what somebody has told already: a cell of a release, with its bounds where it is blank, or a row of a
//! publisher's file. Nothing counted comes in here: a [`Cube`](crate::aggregate::Cube) has no way to a figure but through
//! `protect`.

mod additive;
mod asked;
mod cells;
mod complete;
mod derive;
mod finer;
mod overlap;
mod questions;
mod reconcile;
mod table;
mod totals;
mod wholes;
mod years;

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Counting;
use super::formula::TIME;
use crate::error::{Error, Result};
use crate::model::{Interval, ObsStatus};
pub use additive::NotAdditive;
pub use overlap::PassedOver;
pub(crate) use table::proper_parts;
pub use table::{Combined, CombinedTables, Scheme, combine};
pub(crate) use wholes::unlisted;

/// What figures count: records of a type, each of them or different persons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The record type, such as `victim`.
    pub record: String,
    /// What of them.
    pub counting: Counting,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Figure<'a> {
    /// The country.
    pub area: &'a str,
    /// The year; none for all years together.
    pub year: Option<u16>,
    /// Dimension and code, without those that are everybody, in the order of the dimensions' names.
    pub at: Vec<(&'a str, &'a str)>,
    /// The number of persons.
    pub value: Interval,
}

impl<'a> Figure<'a> {
    /// The figure of a group that has these codes, of the reporting area and of the time among them; nothing where it is not
    /// known which year it is of.
    pub fn of(codes: impl IntoIterator<Item = (&'a str, &'a str)>, value: Interval) -> Option<Self> {
        let (mut area, mut year, mut at) = (None, None, Vec::new());
        for (dimension, code) in codes {
            match (dimension, code) {
                (AREA, code) => area = Some(code),
                (_, "_T") => {}
                (TIME, code) => year = Some(code.parse().ok()?),
                _ => at.push((dimension, code)),
            }
        }
        at.sort_unstable();
        Some(Self { area: area?, year, at, value })
    }

    /// What an observation tells of a count: its value, or the bounds of a suppressed one.
    pub fn told(status: ObsStatus, value: Option<f64>, lower: Option<f64>, upper: Option<f64>) -> Option<Interval> {
        match (status, value) {
            (status, Some(value)) if status.has_value() => Some(Interval::exact(value as u64)),
            (ObsStatus::Suppressed, _) => {
                Some(Interval { lower: lower.unwrap_or(0.0) as u64, upper: upper.map(|upper| upper as u64) })
            }
            _ => None,
        }
    }
}

/// The dimension of the reporting area.
const AREA: &str = "REF_AREA";

/// What several figures of one and the same group mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// Each bounds the same number.
    Same,
    /// One may be the whole and others its parts, or all of them parts: publishers fold several groups into one label.
    Parts,
}

/// Where figures come from.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// How it is called in the combined release.
    pub name: String,
    /// Dimensions in which nobody is in two parts.
    pub exclusive: BTreeSet<String>,
    /// Dimensions of which the parts make up everybody: a country that tells only one of them tells nothing of the rest.
    pub complete: BTreeSet<String>,
    /// Whether its figures were counted from records: a zero of a code that only some sources ask for then says that no record
    /// has it, and not that the area asked.
    pub counted: bool,
    /// Areas of a combined release whose figures one of its packages counted from records.
    pub recorded: BTreeSet<String>,
    /// Area, year, dimension and code of which it declares that the area asked for the code: a zero is one.
    pub asked: BTreeSet<(String, u16, String, String)>,
}

/// Which package tells of a country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceRow {
    /// The record type.
    pub record: String,
    /// The country.
    pub area: String,
    /// Where its figures come from.
    pub package: String,
    /// Its first and last year; none where all years are told together.
    pub years: Option<[u16; 2]>,
}

/// Area, year (0 for all years together), and a code for each dimension of the group.
type Place = (u32, u16, Box<[u32]>);

/// All figures, by what they count and the dimensions that they have.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    names: Names,
    groups: BTreeMap<(Subject, Vec<u32>), BTreeMap<Place, Interval>>,
    /// Where the value of a figure is missing or was dropped: nothing is known there, which is no zero.
    lacking: BTreeMap<(Subject, Vec<u32>), BTreeSet<Place>>,
    /// What publishers flag as something else than a normal value.
    marks: BTreeMap<(Subject, Vec<u32>), BTreeMap<Place, ObsStatus>>,
    /// Cells of which a package says that the area did not report them, and the package.
    silent: BTreeMap<(Subject, Vec<u32>), BTreeMap<Place, usize>>,
    /// What follows for cells without a figure from those of another dimension that tells about the same.
    following: BTreeMap<(Subject, Vec<u32>), BTreeMap<Place, Interval>>,
    /// Places of all known persons of a dimension of which the figures do not hold all: no code without a figure is zero there.
    unlisted: BTreeMap<(Subject, Vec<u32>), BTreeSet<Place>>,
    packages: Vec<Package>,
    /// Which package reports which breakdown of which country and year.
    reports: overlap::Reports,
    /// What packages report of each country.
    countries: BTreeMap<(Subject, u32), overlap::Country>,
    /// Whether the first package stands where several tell of an area.
    first: bool,
    /// The first and the last year that are taken.
    years: Option<[u16; 2]>,
    /// Where that was so.
    passed_over: BTreeSet<PassedOver>,
    /// Figures of one cell that contradict each other, so that bounds hold both.
    contradictions: Vec<NotAdditive>,
}

/// A package whose figures are taken.
pub struct Adding<'f> {
    figures: &'f mut Figures,
    package: Package,
    repeated: Repeated,
    groups: BTreeMap<(Subject, Vec<u32>), BTreeMap<Place, Vec<Interval>>>,
    lacking: BTreeMap<(Subject, Vec<u32>), BTreeSet<Place>>,
    marks: BTreeMap<(Subject, Vec<u32>), BTreeMap<Place, ObsStatus>>,
    silent: BTreeMap<(Subject, Vec<u32>), BTreeSet<Place>>,
}

impl Adding<'_> {
    /// Accepts a figure. It is compared with those of other packages at the end.
    pub fn take(&mut self, subject: &Subject, figure: &Figure<'_>) {
        if let Some((dimensions, place)) = self.place(figure) {
            let places = self.groups.entry((subject.clone(), dimensions)).or_default();
            places.entry(place).or_default().push(figure.value);
        }
    }

    /// Notes a figure whose value is missing or cannot be a number of persons, so that its cell has none.
    pub fn lack(&mut self, subject: &Subject, figure: &Figure<'_>) {
        if let Some((dimensions, place)) = self.place(figure) {
            self.lacking.entry((subject.clone(), dimensions)).or_default().insert(place);
        }
    }

    /// Notes a cell of which the package says that its area did not report it.
    pub fn not_report(&mut self, subject: &Subject, figure: &Figure<'_>) {
        if let Some((dimensions, place)) = self.place(figure) {
            self.silent.entry((subject.clone(), dimensions)).or_default().insert(place);
        }
    }

    /// Notes what the publisher of a figure flags. Of several flags of one cell the one that matters most stands.
    pub fn mark(&mut self, subject: &Subject, figure: &Figure<'_>, status: ObsStatus) {
        if let Some((dimensions, place)) = self.place(figure) {
            let mark = self.marks.entry((subject.clone(), dimensions)).or_default().entry(place).or_insert(status);
            if (!status.has_value(), std::cmp::Reverse(status)) > (!mark.has_value(), std::cmp::Reverse(*mark)) {
                *mark = status;
            }
        }
    }

    /// The dimensions and the place of a figure; none where its year is left out.
    fn place(&mut self, figure: &Figure<'_>) -> Option<(Vec<u32>, Place)> {
        let Figures { names, years, .. } = &mut *self.figures;
        let within = |[first, last]: [u16; 2]| figure.year.is_some_and(|year| (first..=last).contains(&year));
        if !years.is_none_or(within) {
            return None;
        }
        let dimensions = figure.at.iter().map(|(dimension, _)| names.number(dimension)).collect();
        let codes = figure.at.iter().map(|(_, code)| names.number(code)).collect();
        Some((dimensions, (names.number(figure.area), figure.year.unwrap_or(overlap::TOGETHER), codes)))
    }

    /// Adds the figures that were accepted.
    ///
    /// # Errors
    /// Another package reports the same countries and years, or two figures of one cell contradict each other.
    pub fn finish(mut self) -> Result<()> {
        self.decide()?;
        let Self { figures, package, repeated, mut groups, lacking, marks, silent } = self;
        let own = figures.packages.len();
        for (group, places) in silent {
            figures.silent.entry(group).or_default().extend(places.into_iter().map(|place| (place, own)));
        }
        for (group, places) in marks {
            let is_own = |place: &Place| place.1 != overlap::TOGETHER && !figures.is_of_other(&group, place, own);
            let marks: Vec<_> = places.into_iter().filter(|(place, _)| is_own(place)).collect();
            figures.marks.entry(group).or_default().extend(marks);
        }
        for (group, places) in lacking {
            // A cell of which one value is not known has none, whatever the others are.
            if let Some(of) = groups.get_mut(&group) {
                of.retain(|place, _| !places.contains(place));
            }
            let is_own = |place: &Place| !figures.is_of_other(&group, place, own);
            let places: BTreeSet<Place> = places.into_iter().filter(is_own).collect();
            figures.groups.entry(group.clone()).or_default();
            figures.lacking.entry(group).or_default().extend(places);
        }
        for (group, places) in groups {
            for (place, values) in places {
                let value = join(&values, repeated).ok_or_else(|| {
                    Error::refused("combine/contradiction", "two tables of a package contradict each other")
                        .at(&*package.name)
                        .with("area", figures.names.text(place.0).to_owned())
                        .hint("`tipstat verify` tells whether the release is as its publisher made it")
                })?;
                if place.1 == overlap::TOGETHER {
                    figures.together(&group, (place.0, place.2), own, value);
                } else {
                    figures.groups.entry(group.clone()).or_default().insert(place, value);
                }
            }
        }
        figures.packages.push(package);
        figures.settle();
        Ok(())
    }
}

/// Texts as numbers.
#[derive(Clone, Debug, Default)]
struct Names {
    numbers: BTreeMap<std::sync::Arc<str>, u32>,
    texts: Vec<std::sync::Arc<str>>,
}

impl Names {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let text: std::sync::Arc<str> = text.into();
        let number = self.texts.len() as u32;
        self.numbers.insert(text.clone(), number);
        self.texts.push(text);
        number
    }

    fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}

impl Figures {
    /// No figures yet; `first` says that the first package stands where several report the same country and year. With `years`, the
    /// first and the last, figures of others and of all years together are not taken.
    pub fn new(first: bool, years: Option<[u16; 2]>) -> Self {
        Self { first, years, ..Self::default() }
    }

    /// Adds the figures of a package.
    ///
    /// # Errors
    /// As [`Adding::finish`].
    pub fn add<'a>(
        &mut self,
        package: Package,
        repeated: Repeated,
        figures: impl IntoIterator<Item = (Subject, Figure<'a>)>,
    ) -> Result<()> {
        let mut adding = self.begin(package, repeated);
        figures.into_iter().for_each(|(subject, figure)| adding.take(&subject, &figure));
        adding.finish()
    }

    /// Returns whether another package than this one reports the breakdown of a place.
    fn is_of_other(&self, (subject, dimensions): &(Subject, Vec<u32>), place: &Place, package: usize) -> bool {
        let reports = self.reports.get(&(subject.clone(), place.0, place.1));
        reports.and_then(|reports| reports.get(dimensions)).is_some_and(|of| *of != package)
    }

    /// Begins with a package, whose figures are taken one by one.
    pub fn begin(&mut self, package: Package, repeated: Repeated) -> Adding<'_> {
        Adding {
            figures: self,
            package,
            repeated,
            groups: BTreeMap::new(),
            lacking: BTreeMap::new(),
            marks: BTreeMap::new(),
            silent: BTreeMap::new(),
        }
    }

    /// Returns the cells of a breakdown that areas did not report, by the package that reports the area and the year.
    fn silent<'a>(&'a self, group: &'a (Subject, Vec<u32>)) -> impl Iterator<Item = &'a Place> {
        self.silent.get(group).into_iter().flatten().filter_map(move |(place, &package)| {
            // Where a package reports nothing of an area and a year, it says nothing of its codes either.
            let reports = self.reports.get(&(group.0.clone(), place.0, place.1))?;
            let is_own = reports.values().any(|of| *of == package) && !self.is_of_other(group, place, package);
            is_own.then_some(place)
        })
    }

    /// Whether there is any figure of such records.
    pub fn tell_of(&self, record: &str, counting: Counting) -> bool {
        self.groups.keys().any(|(subject, _)| subject.record == record && subject.counting == counting)
    }
}

fn without(of: &[u32], at: usize) -> Vec<u32> {
    of.iter().enumerate().filter(|(here, _)| *here != at).map(|(_, &of)| of).collect()
}

/// The bounds of a figure that is told several times.
fn join(values: &[Interval], repeated: Repeated) -> Option<Interval> {
    let first = *values.first()?;
    let least = values.iter().map(|of| of.lower);
    match repeated {
        Repeated::Same => {
            let lower = least.max().unwrap_or(0);
            let upper = values.iter().filter_map(|of| of.upper).min();
            upper.is_none_or(|upper| lower <= upper).then_some(Interval { lower, upper })
        }
        // The same exact number again is a repetition; the same mask again may be of another part.
        Repeated::Parts if first.is_exact() && values.iter().all(|of| *of == first) => Some(first),
        Repeated::Parts => {
            let upper = values.iter().try_fold(0u64, |sum, of| sum.checked_add(of.upper?));
            Some(Interval { lower: least.min().unwrap_or(0), upper })
        }
    }
}
