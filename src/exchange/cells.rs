//! The cells of countries in a table: what figures report, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use super::asking::Asking;
use super::complete::Along;
use super::evidence::Evidence;
use super::figure::TOGETHER;
use super::figures::FigurePlace;
use super::finer::{Below, DimensionLists, Finer, FinerFigures, narrow};
use super::known::{Basis, KnownCells, KnownValue};
use super::layout::TableLayout;
use super::lower_bounds::LowerBounds;
use super::open::open_lists;
use super::package::PartTraits;
use super::positions::{Group, Positions};
use super::questions::Questions;
use super::short_lists::short_lists;
use super::years::{ByYear, YearSums};
use crate::aggregate::{Breakdown, NodeKind};
use crate::model::Interval;

/// The cells of countries in a table, with all that follows from their figures.
pub(super) struct Completed {
    pub cells: KnownCells,
    /// What countries asked for.
    pub asked: Questions,
    /// Lower bounds of places without a cell.
    lowers: LowerBounds,
    /// Cells of all known persons of a dimension whose codes in the table may not hold all of them.
    pub open: BTreeSet<Vec<u16>>,
}

impl TableLayout<'_> {
    /// Completes the cells of countries.
    ///
    /// # Definition
    /// A table without years adds up the cells that each year has in the same table with years, so that what follows within a
    /// year does. What is reported of all years together takes precedence over such a sum.
    pub fn cells(&self, dimensions: &[Breakdown], traits: &[PartTraits]) -> Completed {
        let time = self
            .record
            .role("time")
            .filter(|_| dimensions.iter().all(|breakdown| breakdown.dimension != self.area_time[1]));
        let years: BTreeSet<u16> = self.groups.iter().flat_map(Group::years).collect();
        let Some(time) = time.filter(|_| !years.is_empty()) else {
            let mut all = self.completed(dimensions, traits, YearSums::default());
            self.add_all_years(&mut all, dimensions, traits);
            return all;
        };
        let list = self.record.fields[time].codes();
        let years: Vec<u16> = years.iter().filter_map(|year| list.find(&year.to_string())).collect();
        let mut by_year = dimensions.to_vec();
        by_year.push(Breakdown::years(self.record, time, &years));
        let mut of_years = traits.to_vec();
        of_years.push(PartTraits { complete: false, exclusive: true });
        let of_years = self.completed(&by_year, &of_years, YearSums::default());
        let of_areas = ByYear { cells: &of_years.cells, lowers: &of_years.lowers, asked: &of_years.asked };
        let sums = of_areas.sums(dimensions, &self.figures.years_of(self.subject), self.subject.counting);
        let mut all = self.completed(dimensions, traits, sums);
        // What is open in a year is open in the sum.
        all.open.extend(of_years.open.into_iter().map(|mut line| {
            line.pop();
            line
        }));
        all
    }

    /// Adds the line of all years together to a table with years, for the countries that do not report it, where another one
    /// does: a region would rest on that one alone.
    fn add_all_years(&self, all: &mut Completed, dimensions: &[Breakdown], traits: &[PartTraits]) {
        let time = dimensions.iter().position(|breakdown| breakdown.dimension == self.area_time[1]);
        let total = |at: usize| dimensions[at].nodes.iter().position(|node| node.kind == NodeKind::Total);
        let Some((at, total)) = time.and_then(|at| Some((at, total(at)? as u16))) else { return };
        if all.cells.keys().all(|line| line[at] != total) {
            return;
        }
        let (mut others, mut their_traits) = (dimensions.to_vec(), traits.to_vec());
        others.remove(at);
        their_traits.remove(at);
        let Completed { cells, open, .. } = self.cells(&others, &their_traits);
        let with_total = |mut line: Vec<u16>| {
            line.insert(at, total);
            line
        };
        let reported: BTreeSet<u16> = all.cells.keys().filter(|line| line[at] == total).map(|line| line[0]).collect();
        let is_missing = |line: &Vec<u16>| !reported.contains(&line[0]);
        all.open.extend(open.into_iter().filter(is_missing).map(with_total));
        all.cells.extend(
            cells.into_iter().filter(|(line, _)| is_missing(line)).map(|(line, known)| (with_total(line), known)),
        );
    }

    /// Completes the cells that are reported, with `sums` of years where none is.
    fn completed(&self, dimensions: &[Breakdown], traits: &[PartTraits], sums: YearSums) -> Completed {
        let time = self.area_time[1];
        let asked = Questions::new(self, dimensions);
        let lists = DimensionLists::new(self.record, self.figure, dimensions, traits);
        let (mut cells, mut finer) = self.reported(dimensions, &lists);
        // A release shows zeros for every code of its dimensions.
        cells.retain(|line, known| known.value != Interval::exact(0) || asked.asks_all(line));
        for (line, known) in sums.cells {
            cells.entry(line).or_insert(known);
        }
        let (asks, unknown) = (|line: &[u16]| asked.asks_all(line), |line: &[u16], d: usize| asked.unknown(line, d));
        let add_up = dimensions.iter().enumerate().zip(traits);
        let add_up: Vec<_> = add_up
            .map(|((d, breakdown), traits)| (breakdown, (d > 0 && breakdown.dimension != time).then_some(*traits)))
            .collect();
        for line in short_lists(&cells, dimensions, &asked.totals, &|line| asked.is_counted(line)) {
            finer.open_known(&line, dimensions);
        }
        let outside = self.outside(&cells, dimensions, &lists);
        let lowers = LowerBounds::of(&cells, &finer.lower, outside, &add_up);
        let is_open = |line: &[u16], d: usize| finer.open.contains(line) || sums.partial.contains(&(line[0], d));
        let is_partial = |line: &[u16], d: usize| finer.is_partial(line, d);
        let by_some = |d: usize, node: u16| asked.is_by_some(d, node);
        let counted = |line: &[u16]| asked.is_counted(line);
        let asking = Asking {
            totals: asked.totals.clone(),
            asks: &asks,
            counted: &counted,
            by_some: &by_some,
            unknown: &unknown,
            lowers,
            open: &is_open,
            partial: &is_partial,
            dimensions,
            traits,
        };
        narrow(&mut cells, &finer, &asking);
        let codes = || (1..dimensions.len()).filter(|&d| dimensions[d].dimension != time);
        codes().for_each(|d| Along { d, asking: &asking }.complete(&mut cells));
        let open = codes().flat_map(|d| open_lists(&cells, Along { d, asking: &asking })).collect();
        // An area that says that it did not ask has no number there, also where its total is 0.
        for (line, known) in cells.iter_mut().filter(|(_, known)| known.basis == Basis::Implied) {
            if asked.is_silent(line) {
                known.basis = Basis::Unasked;
            }
        }
        for line in &asked.silent {
            let unasked = KnownValue { value: Interval::open(), basis: Basis::Unasked };
            cells.entry(line.clone()).or_insert(unasked);
        }
        let Asking { lowers, .. } = asking;
        Completed { cells, asked, lowers, open }
    }

    /// Returns the cells that figures report themselves, also those with reported parts alone that are not nodes of the
    /// table. A table without years has those of all years together.
    fn reported(&self, dimensions: &[Breakdown], lists: &DimensionLists<'_>) -> (KnownCells, Finer) {
        let figures = self.figures;
        let positions = Positions::new(figures, dimensions, self.area_time);
        let has_years = dimensions.iter().any(|breakdown| breakdown.dimension == self.area_time[1]);
        let (mut cells, mut finer) = (KnownCells::new(), Finer::default());
        for group in self.groups {
            let reported =
                group.places.iter().map(|(place, &value)| (place, KnownValue { value, basis: Basis::Reported }));
            let nothing = KnownValue { value: Interval::open(), basis: Basis::Dropped };
            let lacking = group.lacking.into_iter().flatten().filter(|place| !group.places.contains_key(*place));
            let lacking = lacking.map(|place| (place, nothing));
            let mut below: BTreeMap<Vec<u16>, Below<'_>> = BTreeMap::new();
            // A figure is in a cell of the table, or below one.
            let mut sort = |to: &mut KnownCells, place: &FigurePlace, known: KnownValue| {
                if !has_years && place.1 != TOGETHER {
                    return;
                }
                if let Some(at) = positions.of(&group.dimensions, place) {
                    to.insert(at, known);
                } else if let Some(at) = positions.above(&group.dimensions, place, &|d, code| lists.node_above(d, code))
                {
                    let codes = place.2.iter().map(|&code| figures.names.text(code)).collect();
                    below.entry(at).or_default().push((codes, known));
                }
            };
            let mut group_cells = KnownCells::new();
            reported.chain(lacking).for_each(|(place, known)| sort(&mut group_cells, place, known));
            // What follows from figures of another dimension counts where there is no figure.
            let mut bounds = KnownCells::new();
            for (place, &value) in group.following.into_iter().flatten() {
                sort(&mut bounds, place, KnownValue { value, basis: Basis::Reported });
            }
            let named: Vec<Option<usize>> = group
                .dimensions
                .iter()
                .map(|name| dimensions.iter().position(|breakdown| breakdown.dimension == *name))
                .collect();
            for (at, below) in below {
                if let Some(known) =
                    lists.resolve(&FinerFigures { nodes: &at, at: &named, figures: &below }, &mut finer)
                {
                    // A group with fewer persons than one of its codes was reported without that code.
                    let is_smaller = |group: &KnownValue| group.value.upper.is_some_and(|all| all < known.value.lower);
                    if group_cells.get(&at).is_some_and(is_smaller) {
                        group_cells.remove(&at);
                    }
                    let bound = bounds.entry(at).or_insert(known);
                    if bound.basis == known.basis {
                        bound.value = bound.value.and(known.value).unwrap_or(bound.value);
                    }
                }
            }
            for (at, bound) in bounds {
                group_cells.entry(at).or_insert_with_key(|at| {
                    finer.cells.insert(at.clone());
                    bound
                });
            }
            let unlisted = group.unlisted.into_iter().flatten().filter(|place| has_years || place.1 == TOGETHER);
            for at in unlisted.filter_map(|place| positions.of(&group.dimensions, place)) {
                finer.open_known(&at, dimensions);
            }
            cells.append(&mut group_cells);
        }
        (cells, finer)
    }

    /// Returns how many persons all figures say to be in cells that nothing in the table reports. A masked or missing figure may be
    /// of persons. A figure of a finer code is of some of the persons of its cell.
    fn outside(
        &self,
        cells: &KnownCells,
        dimensions: &[Breakdown],
        lists: &DimensionLists<'_>,
    ) -> BTreeMap<Vec<u16>, Interval> {
        let Self { figures, indicator, .. } = *self;
        let positions = Positions::new(figures, dimensions, self.area_time);
        let mut outside: BTreeMap<Vec<u16>, Interval> = BTreeMap::new();
        for (breakdown, places) in figures.evidence.get(self.subject).into_iter().flat_map(Evidence::iter) {
            let names: Vec<&str> = breakdown.iter().map(|&name| figures.names.text(name)).collect();
            let is_inside = names.iter().all(|name| indicator.all_dimensions().any(|dimension| dimension == name));
            if !is_inside || !indicator.universe.keys().all(|dimension| names.contains(&dimension.as_str())) {
                continue;
            }
            for (place, &value) in places {
                let listed = positions.of(&names, place).map(|at| (at, value));
                let found = listed.or_else(|| {
                    let above = |d: usize, code: &str| lists.node_above(d, code);
                    let at = positions.above(&names, place, &above)?;
                    Some((at, Interval { upper: None, ..value }))
                });
                let Some((at, value)) = found.filter(|(at, _)| !cells.contains_key(at)) else { continue };
                let both = outside.entry(at).or_insert(value);
                *both = both.larger(value);
            }
        }
        outside
    }
}
