//! Which package reports what, where more than one reports a country.
//!
//! A country, a year and a breakdown (a *table*: the dimensions that a figure has) come from one package. So a newer
//! release takes the place of the years that it holds, and of no others.

use std::collections::{BTreeMap, BTreeSet};

use super::adding::{Adding, join};
use super::country::add_to;
use super::figure::{Subject, TOGETHER};
use super::figures::of_year;
use super::package::Overlap;
use super::report::{PassedOver, in_words};
use crate::error::{Error, Result};
use crate::model::Interval;

/// Figures of an area that two packages report.
type Twice = BTreeMap<u32, (usize, BTreeSet<u16>)>;

impl Adding<'_> {
    /// Leaves out what an earlier package reports, or refuses it.
    ///
    /// # Errors
    /// Two packages report the same country, year and breakdown, and the first one does not stand for both.
    pub(super) fn decide(&mut self) -> Result<()> {
        let index = self.figures.packages.len();
        let mut twice = Twice::new();
        self.note_years(index);
        for (key, dimensions) in self.reports() {
            let (subject, area, year) = &key;
            if let Some(by) = self.undated(subject, *area, index) {
                twice.entry(*area).or_insert((by, BTreeSet::new())).1.insert(TOGETHER);
            }
            if *year == TOGETHER {
                let known = self.figures.reports.entry(key.clone()).or_default();
                for breakdown in dimensions {
                    known.entry(breakdown).or_insert(index);
                }
                continue;
            }
            let known = self.figures.reports.get(&key).cloned().unwrap_or_default();
            let (again, mut new): (Vec<_>, Vec<_>) =
                dimensions.into_iter().partition(|breakdown| known.contains_key(breakdown));
            // Two packages that contradict each other hold other records: their breakdowns are not mixed.
            let contradicts =
                !known.is_empty() && new.iter().any(|breakdown| self.contradicts(&key, breakdown, &known));
            let mut left_out = again;
            if contradicts {
                left_out.append(&mut new);
            }
            if let (false, Some(&by)) = (left_out.is_empty(), known.values().next()) {
                twice.entry(*area).or_insert((by, BTreeSet::new())).1.insert(*year);
                left_out.iter().for_each(|breakdown| self.leave_out(&key, breakdown));
            }
            self.figures.reports.entry(key).or_default().extend(new.into_iter().map(|breakdown| (breakdown, index)));
        }
        if twice.is_empty() {
            return Ok(());
        }
        if self.figures.overlap == Overlap::Refuse {
            return Err(self.refusal(&twice));
        }
        for (area, (_, mut years)) in twice {
            // What is of all years together is not left out: it counts in the bounds of all years.
            years.remove(&TOGETHER);
            if years.is_empty() {
                continue;
            }
            let area = self.figures.names.text(area).to_owned();
            self.figures.passed_over.insert(PassedOver { area, package: self.package.name.clone(), years });
        }
        Ok(())
    }

    /// Returns the breakdowns of each country and year that the package reports.
    fn reports(&self) -> BTreeMap<(Subject, u32, u16), BTreeSet<Vec<u32>>> {
        let mut out: BTreeMap<_, BTreeSet<Vec<u32>>> = BTreeMap::new();
        for ((subject, dimensions), places) in &self.groups {
            let mut last = None;
            for &(area, year, _) in places.keys() {
                if last.replace((area, year)) != Some((area, year)) {
                    out.entry((subject.clone(), area, year)).or_default().insert(dimensions.clone());
                }
            }
        }
        out
    }

    fn note_years(&mut self, index: usize) {
        for ((subject, _), places) in &self.groups {
            for &(area, year, _) in places.keys() {
                let country = self.figures.countries.entry((subject.clone(), area)).or_default();
                let years = country.years.entry(index).or_default();
                if year != TOGETHER {
                    years.insert(year);
                }
            }
        }
    }

    /// Returns an earlier package that reports the area too, where it is not known of which years the figures of one of the two are:
    /// a release of tables without years does not say it.
    fn undated(&self, subject: &Subject, area: u32, index: usize) -> Option<usize> {
        let country = self.figures.countries.get(&(subject.clone(), area))?;
        let is_undated = country.years.values().any(BTreeSet::is_empty);
        country.years.keys().copied().find(|package| *package != index).filter(|_| is_undated)
    }

    /// Returns whether a breakdown cannot be of the same persons as what earlier packages report of the country and year: a
    /// part is larger than its whole.
    fn contradicts(&self, key: &(Subject, u32, u16), new: &[u32], known: &BTreeMap<Vec<u32>, usize>) -> bool {
        let (subject, area, year) = key;
        let mine = &self.groups[&(subject.clone(), new.to_vec())];
        let mine: Vec<(&[u32], Interval)> = mine
            .iter()
            .filter(|(place, _)| (place.0, place.1) == (*area, *year))
            .filter_map(|(place, values)| Some((&*place.2, join(values, self.repeated)?)))
            .collect();
        known.keys().any(|old| {
            let Some(places) = self.figures.groups.get(&(subject.clone(), old.clone())) else { return false };
            let theirs: Vec<(&[u32], Interval)> =
                of_year(places, *area, *year).map(|(place, &value)| (&*place.2, value)).collect();
            exceeds(new, &mine, old, &theirs) || exceeds(old, &theirs, new, &mine)
        })
    }

    fn leave_out(&mut self, (subject, area, year): &(Subject, u32, u16), dimensions: &[u32]) {
        let (area, year) = (*area, *year);
        let index = self.figures.packages.len();
        let Some(places) = self.groups.get_mut(&(subject.clone(), dimensions.to_vec())) else { return };
        let country = self.figures.countries.entry((subject.clone(), area)).or_default();
        let sums = country.left_out.entry(dimensions.to_vec()).or_default();
        places.retain(|place, values| {
            let is_kept = (place.0, place.1) != (area, year);
            if !is_kept {
                let value = join(values, self.repeated).unwrap_or(Interval::open());
                add_to(sums.entry(place.2.clone()).or_default(), index, value);
            }
            is_kept
        });
    }

    fn refusal(&self, twice: &Twice) -> Error {
        let text = |(area, (_, years)): (&u32, &(usize, BTreeSet<u16>))| {
            (self.figures.names.text(*area).to_owned(), in_words(years))
        };
        let mut all: Vec<(String, String)> = twice.iter().map(text).collect();
        all.sort();
        let by = twice.values().map(|(by, _)| *by).min().unwrap_or_default();
        let (area, years) = all.remove(0);
        let mut error = Error::refused("combine/overlap", format!("two packages report `{area}` for {years}"))
            .with("first", self.figures.packages[by].name.clone())
            .with("second", self.package.name.clone());
        if !all.is_empty() {
            let more: Vec<String> = all.iter().take(10).map(|(area, years)| format!("{area} {years}")).collect();
            let rest = all.len() - more.len();
            let rest = if rest > 0 { format!(", and {rest} more countries") } else { String::new() };
            error = error.with("also", format!("{}{rest}", more.join(", ")));
        }
        error.hint("victims would be counted twice: leave one of them out, or pass `--overlap first`, which uses the first one")
    }
}

/// Returns whether a cell of a finer breakdown is larger than the cell of the coarser one that holds it.
fn exceeds(finer: &[u32], parts: &[(&[u32], Interval)], coarser: &[u32], wholes: &[(&[u32], Interval)]) -> bool {
    let at: Option<Vec<usize>> =
        coarser.iter().map(|dimension| finer.iter().position(|other| other == dimension)).collect();
    let Some(at) = at else { return false };
    parts.iter().any(|(codes, part)| {
        let within = |whole: &[u32]| at.iter().zip(whole).all(|(&at, code)| codes[at] == *code);
        wholes.iter().any(|(codes, whole)| within(codes) && whole.upper.is_some_and(|upper| part.lower > upper))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Figure, Figures, Package, Repeated};
    use super::*;
    use crate::indicators::Counting;

    fn subject() -> Subject {
        Subject { record: "victim".into(), counting: Counting::Victims }
    }

    /// A figure: year (0 for all years together), `DIMENSION=CODE` or nothing, and the number.
    type TestFigure = (u16, Option<(&'static str, &'static str)>, u64);

    fn add(figures: &mut Figures, name: &str, lines: &[TestFigure]) -> Result<()> {
        let figure = |&(year, at, value): &TestFigure| {
            let year = (year != TOGETHER).then_some(year);
            let at = at.into_iter().collect();
            (subject(), Figure { area: "KHM", year, at, value: Interval::exact(value) })
        };
        let package = Package { name: name.into(), ..Package::default() };
        figures.add(package, Repeated::Same, lines.iter().map(figure))
    }

    fn cell(figures: &Figures, year: u16, at: Option<(&str, &str)>) -> Option<Interval> {
        let number = |text: &str| figures.names.numbers.get(text).copied();
        let dimensions: Vec<u32> = at.iter().filter_map(|(dimension, _)| number(dimension)).collect();
        let codes: Box<[u32]> = at.iter().filter_map(|(_, code)| number(code)).collect();
        figures.groups.get(&(subject(), dimensions))?.get(&(number("KHM")?, year, codes)).copied()
    }

    /// The newer release holds 2020 and 2021; of the older one 2019 stays, and its forms of 2020, which the newer one has not.
    #[test]
    fn the_first_package_stands_for_its_own_years_and_breakdowns() {
        let newer = [(2020, None, 110), (2021, None, 50), (0, None, 160)];
        let form = Some(("FORM", "SEX"));
        let older = [(2019, None, 30), (2020, None, 100), (2020, form, 70), (0, None, 130), (0, form, 70)];
        let mut figures = Figures::new(Overlap::First, None);
        add(&mut figures, "newer", &newer).unwrap();
        add(&mut figures, "older", &older).unwrap();
        let total = |year| cell(&figures, year, None).map(|value| (value.lower, value.upper));
        assert_eq!([2019, 2020, 2021].map(total), [30, 110, 50].map(|count| Some((count, Some(count)))));
        // All years together are 2019 of the one and 2020 and 2021 of the other.
        assert_eq!(total(TOGETHER), Some((190, Some(190))));
        assert_eq!(cell(&figures, 2020, form), Some(Interval::exact(70)));
        // Of 30 persons of 2019 and 50 of 2021 no form is reported.
        assert_eq!(cell(&figures, TOGETHER, form), Some(Interval { lower: 70, upper: Some(150) }));
        let left_out: Vec<String> = figures.passed_over().iter().map(PassedOver::text).collect();
        assert_eq!(left_out, ["KHM 2020"]);
        let rows = figures.sources();
        let rows: Vec<_> = rows.iter().map(|row| (&*row.package, row.years.unwrap())).collect();
        assert_eq!(rows, [("newer", [2020, 2021]), ("older", [2019, 2020])]);

        let mut figures = Figures::new(Overlap::Refuse, None);
        add(&mut figures, "newer", &newer).unwrap();
        let refused = add(&mut figures, "older", &older).unwrap_err();
        assert_eq!(refused.to_string(), "two packages report `KHM` for 2020");
    }

    /// Persons whose year is unknown are in the figure of all years together only.
    #[test]
    fn persons_of_an_unknown_year_stay_in_all_years_together() {
        let sex = Some(("SEX", "F"));
        let first = [(2020, None, 100), (0, None, 130), (2020, sex, 60), (0, sex, 80)];
        let total = |second: &[TestFigure], at| {
            let mut figures = Figures::new(Overlap::First, None);
            add(&mut figures, "a", &first).unwrap();
            add(&mut figures, "b", second).unwrap();
            cell(&figures, TOGETHER, at).map(|value| (value.lower, value.upper))
        };
        let later = [(2021, None, 50), (0, None, 50), (2021, sex, 20), (0, sex, 20)];
        assert_eq!(total(&later, None), Some((180, Some(180))));
        assert_eq!(total(&later, sex), Some((100, Some(100))));
        // A package that is left out entirely changes nothing.
        assert_eq!(total(&[(2020, None, 90), (0, None, 95)], None), Some((130, Some(130))));
        // 2021 of the second package is added, and up to 7 of an unknown year.
        let both = [(2020, None, 90), (2021, None, 50), (0, None, 147)];
        assert_eq!(total(&both, None), Some((180, Some(187))));
    }

    /// Forms of a package that counts more persons of one form than the other counts persons are of other records.
    #[test]
    fn packages_that_contradict_each_other_are_not_mixed() {
        let form = Some(("FORM", "SEX"));
        let mut figures = Figures::new(Overlap::First, None);
        add(&mut figures, "newer", &[(2020, None, 60)]).unwrap();
        add(&mut figures, "older", &[(2020, None, 100), (2020, form, 70), (2019, form, 70)]).unwrap();
        assert_eq!(cell(&figures, 2020, form), None);
        assert_eq!(cell(&figures, 2019, form), Some(Interval::exact(70)));
    }

    /// Releases of different years are no overlap; what they report of all years together is added up.
    #[test]
    fn years_apart_are_added_up() {
        let income = Some(("INCOME", "LOW"));
        let mut figures = Figures::new(Overlap::Refuse, None);
        add(&mut figures, "a", &[(2020, None, 10), (0, None, 10), (0, income, 4)]).unwrap();
        add(&mut figures, "b", &[(2021, None, 20), (0, None, 20), (0, income, 5)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, None), Some(Interval::exact(30)));
        assert_eq!(cell(&figures, TOGETHER, income), Some(Interval::exact(9)));
        // A third one without the income: at least 9 have a low one.
        add(&mut figures, "c", &[(2022, None, 5), (0, None, 5)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, income), Some(Interval { lower: 9, upper: Some(35) }));
        // Where years are the same, it is not known which of the persons are.
        let mut figures = Figures::new(Overlap::First, None);
        add(&mut figures, "a", &[(2020, None, 10), (0, income, 4)]).unwrap();
        add(&mut figures, "b", &[(2020, None, 9), (2021, None, 20), (0, income, 5)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, income), Some(Interval { lower: 4, upper: Some(9) }));
        // A package that adds no year adds no person.
        let mut figures = Figures::new(Overlap::First, None);
        add(&mut figures, "a", &[(2020, None, 10), (0, income, 4)]).unwrap();
        add(&mut figures, "b", &[(2020, None, 10), (0, income, 4)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, income), Some(Interval::exact(4)));
        // Without any year it is not known whether the persons are the same.
        let mut figures = Figures::new(Overlap::Refuse, None);
        add(&mut figures, "a", &[(0, income, 4)]).unwrap();
        let refused = add(&mut figures, "b", &[(2020, None, 10), (0, income, 4)]).unwrap_err();
        assert_eq!(refused.to_string(), "two packages report `KHM` for all years together");
    }

    /// Two releases share 2020, and their breakdown has no years: the total of all years holds all of its persons.
    #[test]
    fn a_part_of_all_years_is_no_larger_than_the_total() {
        let known = Some(("CITIZENSHIP", "_K"));
        let mut figures = Figures::new(Overlap::First, None);
        add(&mut figures, "a", &[(2019, None, 20), (2020, None, 40), (0, None, 60), (0, known, 60)]).unwrap();
        add(&mut figures, "b", &[(2020, None, 44), (2021, None, 60), (0, None, 104), (0, known, 104)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, None), Some(Interval::exact(120)));
        assert_eq!(cell(&figures, TOGETHER, known), Some(Interval { lower: 60, upper: Some(120) }));
    }

    /// 200 victims of 2019, of whom 100 are of the country, and 1,000 of 2020, of whom no citizenship is reported.
    #[test]
    fn years_without_a_breakdown_leave_its_sum_open() {
        let domestic = Some(("CITIZENSHIP", "DOM"));
        let mut figures = Figures::new(Overlap::Refuse, None);
        let first = [(2019, None, 200), (2019, domestic, 100), (0, None, 200), (0, domestic, 100)];
        add(&mut figures, "a", &first).unwrap();
        add(&mut figures, "b", &[(2020, None, 1000), (0, None, 1000)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, None), Some(Interval::exact(1200)));
        assert_eq!(cell(&figures, TOGETHER, domestic), Some(Interval { lower: 100, upper: Some(1100) }));
        // Nor is a total of 2021.
        add(&mut figures, "c", &[(2021, Some(("FORM", "SEX")), 5)]).unwrap();
        assert_eq!(cell(&figures, TOGETHER, domestic), Some(Interval { lower: 100, upper: None }));
    }

    #[test]
    fn a_package_has_a_row_for_each_run_of_its_years() {
        let mut figures = Figures::new(Overlap::First, None);
        add(&mut figures, "new", &[(2019, None, 1), (2021, None, 1)]).unwrap();
        add(&mut figures, "old", &[(2017, None, 1), (2018, None, 1), (2020, None, 1), (2021, None, 1)]).unwrap();
        let rows = figures.sources();
        let rows: Vec<_> = rows.iter().map(|row| (&*row.package, row.years.unwrap())).collect();
        assert_eq!(rows, [("new", [2019, 2019]), ("new", [2021, 2021]), ("old", [2017, 2018]), ("old", [2020, 2020])]);
    }
}
