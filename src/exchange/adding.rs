//! How the figures of a package are added to those of others.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::{Figure, Subject, TOGETHER};
use super::figures::{FigurePlace, Figures};
use super::package::{Package, Repeated};
use super::reconcile::KNOWN;
use crate::error::{Error, Result};
use crate::model::{Interval, ObsStatus};

/// A package whose figures are being added.
pub struct Adding<'f> {
    pub(super) figures: &'f mut Figures,
    pub(super) package: Package,
    pub(super) repeated: Repeated,
    pub(super) groups: BTreeMap<(Subject, Vec<u32>), BTreeMap<FigurePlace, Vec<Interval>>>,
    lacking: BTreeMap<(Subject, Vec<u32>), BTreeSet<FigurePlace>>,
    marks: BTreeMap<(Subject, Vec<u32>), BTreeMap<FigurePlace, ObsStatus>>,
    silent: BTreeMap<(Subject, Vec<u32>), BTreeSet<FigurePlace>>,
    unlisted: BTreeMap<(Subject, Vec<u32>), BTreeSet<FigurePlace>>,
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

    /// Notes a cell that its area did not report, as the package says.
    pub fn not_report(&mut self, subject: &Subject, figure: &Figure<'_>) {
        if let Some((dimensions, place)) = self.place(figure) {
            self.silent.entry((subject.clone(), dimensions)).or_default().insert(place);
        }
    }

    /// Notes that a figure is one of a table of one code of a dimension: other codes of the dimension are not zero because this one
    /// is reported.
    pub fn list_only(&mut self, subject: &Subject, figure: &Figure<'_>, dimension: &str) {
        let Some((dimensions, (area, year, mut codes))) = self.place(figure) else { return };
        let Some(at) = figure.at.iter().position(|(name, _)| *name == dimension) else { return };
        codes[at] = self.figures.names.number(KNOWN);
        self.unlisted.entry((subject.clone(), dimensions)).or_default().insert((area, year, codes));
    }

    /// Notes what the publisher of a figure flags. Of multiple flags of one cell the one that matters most is kept.
    pub fn mark(&mut self, subject: &Subject, figure: &Figure<'_>, status: ObsStatus) {
        if let Some((dimensions, place)) = self.place(figure) {
            let mark = self.marks.entry((subject.clone(), dimensions)).or_default().entry(place).or_insert(status);
            if (!status.has_value(), std::cmp::Reverse(status)) > (!mark.has_value(), std::cmp::Reverse(*mark)) {
                *mark = status;
            }
        }
    }

    /// Returns the dimensions and the place of a figure; none where its year is left out.
    fn place(&mut self, figure: &Figure<'_>) -> Option<(Vec<u32>, FigurePlace)> {
        let Figures { names, years, .. } = &mut *self.figures;
        let within = |[first, last]: [u16; 2]| figure.year.is_some_and(|year| (first..=last).contains(&year));
        if !years.is_none_or(within) {
            return None;
        }
        let dimensions = figure.at.iter().map(|(dimension, _)| names.number(dimension)).collect();
        let codes = figure.at.iter().map(|(_, code)| names.number(code)).collect();
        Some((dimensions, (names.number(figure.area), figure.year.unwrap_or(TOGETHER), codes)))
    }

    /// Adds the figures that were accepted.
    ///
    /// # Errors
    /// Another package reports the same countries and years, or two figures of one cell contradict each other.
    pub fn finish(mut self) -> Result<()> {
        self.decide()?;
        let Self { figures, package, repeated, mut groups, lacking, marks, silent, unlisted } = self;
        let index = figures.packages.len();
        for (group, places) in silent {
            figures.silent.entry(group).or_default().extend(places.into_iter().map(|place| (place, index)));
        }
        for (group, places) in unlisted {
            let is_own = |place: &FigurePlace| !figures.is_of_other(&group, place, index);
            let places: Vec<FigurePlace> = places.into_iter().filter(is_own).collect();
            figures.unlisted.entry(group).or_default().extend(places);
        }
        for (group, places) in marks {
            let is_own = |place: &FigurePlace| place.1 != TOGETHER && !figures.is_of_other(&group, place, index);
            let marks: Vec<_> = places.into_iter().filter(|(place, _)| is_own(place)).collect();
            figures.marks.entry(group).or_default().extend(marks);
        }
        for (group, places) in lacking {
            // A cell with one value that is not known has none, whatever the others are.
            if let Some(accepted) = groups.get_mut(&group) {
                accepted.retain(|place, _| !places.contains(place));
            }
            let is_own = |place: &FigurePlace| !figures.is_of_other(&group, place, index);
            let places: BTreeSet<FigurePlace> = places.into_iter().filter(is_own).collect();
            figures.groups.entry(group.clone()).or_default();
            figures.lacking.entry(group).or_default().extend(places);
        }
        for (group, places) in groups {
            for (place, values) in places {
                let value = join(&values, repeated).ok_or_else(|| {
                    Error::refused("combine/contradiction", "two tables of a package contradict each other")
                        .at(&*package.name)
                        .with("area", figures.names.text(place.0).to_owned())
                        .hint("`tipstat verify` checks that the release is as its publisher made it")
                })?;
                if place.1 == TOGETHER {
                    figures.together(&group, place.0, place.2).insert(index, value);
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

impl Figures {
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

    /// Begins with a package, whose figures are accepted one by one.
    pub fn begin(&mut self, package: Package, repeated: Repeated) -> Adding<'_> {
        Adding {
            figures: self,
            package,
            repeated,
            groups: BTreeMap::new(),
            lacking: BTreeMap::new(),
            marks: BTreeMap::new(),
            silent: BTreeMap::new(),
            unlisted: BTreeMap::new(),
        }
    }
}

/// Returns the bounds of a figure that is reported more than once; none where they contradict each other.
pub(super) fn join(values: &[Interval], repeated: Repeated) -> Option<Interval> {
    let first = *values.first()?;
    let lowers = values.iter().map(|value| value.lower);
    match repeated {
        Repeated::Same => {
            let lower = lowers.max().unwrap_or(0);
            let upper = values.iter().filter_map(|value| value.upper).min();
            upper.is_none_or(|upper| lower <= upper).then_some(Interval { lower, upper })
        }
        // The same exact number again is a repetition; the same mask again may be of another part.
        Repeated::Parts if first.is_exact() && values.iter().all(|value| *value == first) => Some(first),
        Repeated::Parts => {
            let upper = values.iter().try_fold(0u64, |sum, value| sum.checked_add(value.upper?));
            Some(Interval { lower: lowers.min().unwrap_or(0), upper })
        }
    }
}
