//! What countries asked for, by the nodes of a table.

use std::collections::{BTreeMap, BTreeSet};

use super::codes_in_use::CodesInUse;
use super::figure::{Subject, TOGETHER};
use super::figures::Figures;
use super::known::{Basis, KnownCells};
use super::layout::TableLayout;
use super::positions::Positions;
use crate::aggregate::{Breakdown, NodeKind};

/// What countries asked for, by the nodes of a table.
pub(super) struct Questions {
    asked: CodesInUse,
    /// For each dimension its number, and the numbers of its nodes that only some sources ask for.
    some: Vec<(Option<u32>, BTreeMap<u16, u32>)>,
    /// The numbers of the areas.
    areas: Vec<Option<u32>>,
    /// The position of the time, and the years of its nodes.
    time: Option<(usize, Vec<u16>)>,
    /// Cells that areas did not report, as they say.
    pub silent: BTreeSet<Vec<u16>>,
    /// Area, dimension and node of codes for which an area says that it did not ask in a year that it reported.
    in_part: BTreeSet<(u16, usize, u16)>,
    /// The node of the total of each dimension but those of areas and years.
    pub totals: Vec<Option<u16>>,
    /// Areas and years whose figures were all counted from records.
    counted: BTreeSet<(u32, u16)>,
}

impl Questions {
    pub fn new(layout: &TableLayout<'_>, dimensions: &[Breakdown]) -> Self {
        let TableLayout { figures, subject, record, groups, area_time, .. } = *layout;
        let time = area_time[1];
        let positions = Positions::new(figures, dimensions, area_time);
        let has_years = dimensions.iter().any(|breakdown| breakdown.dimension == time);
        let silent = groups.iter().flat_map(|group| {
            let silent = group.silent.iter().filter(|(_, year, _)| has_years || *year == TOGETHER);
            silent.filter_map(|place| positions.of(&group.dimensions, place))
        });
        let silent = silent.collect();
        let in_part = unasked_in_a_year(layout, dimensions);
        let number = |text: &str| figures.names.numbers.get(text).copied();
        let some = dimensions.iter().map(|breakdown| {
            let list = record.fields[breakdown.field].codes();
            let is_some = |kind| match kind {
                NodeKind::Code(code) | NodeKind::Residual(code) => list.is_asked_by_some(code),
                _ => false,
            };
            let nodes = breakdown.nodes.iter().enumerate().filter(|(_, node)| is_some(node.kind));
            // A code that no figure has is used by no area.
            let nodes = nodes.map(|(at, node)| (at as u16, number(&node.code).unwrap_or(u32::MAX)));
            (number(&breakdown.dimension), nodes.collect::<BTreeMap<_, _>>())
        });
        let some: Vec<_> = some.collect();
        let codes = some.iter().filter_map(|(dimension, nodes)| Some(((*dimension)?, nodes)));
        let codes = codes.flat_map(|(dimension, nodes)| nodes.values().map(move |&code| (dimension, code))).collect();
        let position = dimensions.iter().position(|breakdown| breakdown.dimension == time);
        let total = |(d, breakdown): (usize, &Breakdown)| {
            let total = breakdown.nodes.iter().position(|node| node.kind == NodeKind::Total);
            total.filter(|_| d > 0 && Some(d) != position).map(|at| at as u16)
        };
        let years = |at: usize| dimensions[at].nodes.iter().map(|node| node.code.parse().unwrap_or(0)).collect();
        Self {
            asked: CodesInUse::of(figures, subject, &codes),
            some,
            areas: dimensions[0].nodes.iter().map(|node| number(&node.code)).collect(),
            time: position.map(|at| (at, years(at))),
            silent,
            in_part,
            totals: dimensions.iter().enumerate().map(total).collect(),
            counted: figures.counted(subject),
        }
    }

    /// Returns whether all figures of the area and year of a cell were counted from records.
    pub fn is_counted(&self, line: &[u16]) -> bool {
        let area = self.area(line);
        area.is_some_and(|area| self.counted.contains(&(area, self.year(line).unwrap_or(TOGETHER))))
    }

    /// Returns whether the area of a cell says that it did not report it, or one of its codes by itself.
    pub fn is_silent(&self, line: &[u16]) -> bool {
        if self.silent.is_empty() {
            return false;
        }
        let totals = &self.totals;
        let alone = |d: usize| {
            let others =
                totals.iter().enumerate().map(|(e, total)| if e == d { line[e] } else { total.unwrap_or(line[e]) });
            others.collect::<Vec<u16>>()
        };
        let codes = totals.iter().enumerate().filter(|(d, total)| total.is_some_and(|total| total != line[*d]));
        let mut codes = codes.map(|(d, _)| d).peekable();
        codes.peek().is_some() && (self.silent.contains(line) || codes.any(|d| self.silent.contains(&alone(d))))
    }

    /// Returns whether a cell is of all years together, and its area did not ask for one of its codes in some of them.
    pub fn is_asked_in_part(&self, line: &[u16]) -> bool {
        !self.in_part.is_empty()
            && self.year(line).is_none_or(|year| year == TOGETHER)
            && (1..line.len()).any(|d| self.in_part.contains(&(line[0], d, line[d])))
    }

    /// Returns the number of the area of a cell.
    pub fn area(&self, line: &[u16]) -> Option<u32> {
        self.areas[usize::from(line[0])]
    }

    /// Returns the year of a cell, 0 for all years together; none in a table without years.
    pub fn year(&self, line: &[u16]) -> Option<u16> {
        self.time.as_ref().map(|(at, years)| years[usize::from(line[*at])])
    }

    fn asks(&self, line: &[u16], d: usize) -> bool {
        let (dimension, some) = &self.some[d];
        let Some(&code) = some.get(&line[d]) else { return true };
        let (Some(dimension), Some(area)) = (*dimension, self.area(line)) else { return false };
        self.asked.uses([dimension, code], area, self.year(line))
    }

    /// Returns whether the area of a cell asked for all of its codes.
    pub fn asks_all(&self, line: &[u16]) -> bool {
        (1..line.len()).all(|d| self.asks(line, d)) && !self.is_silent(line)
    }

    /// Returns the dimensions and nodes that only some sources ask for.
    pub fn by_some(&self) -> BTreeSet<(usize, u16)> {
        self.some.iter().enumerate().flat_map(|(d, (_, some))| some.keys().map(move |&node| (d, node))).collect()
    }

    /// Returns of which such codes alone a number is reported that shows that the area asked for them in the year: area, time,
    /// dimension and node.
    pub fn stated(&self, figures: &Figures, subject: &Subject, cells: &KnownCells) -> BTreeSet<(u16, u16, usize, u16)> {
        let Some((time, years)) = &self.time else { return BTreeSet::new() };
        let stated = cells.iter().filter(|(_, known)| known.basis == Basis::Reported).filter_map(|(line, _)| {
            let mut parts = (1..line.len()).filter(|&d| self.totals[d].is_some_and(|total| total != line[d]));
            let d = parts.next().filter(|_| parts.next().is_none())?;
            let (dimension, &code) = (self.some[d].0?, self.some[d].1.get(&line[d])?);
            let place = (self.area(line)?, years[usize::from(line[*time])]);
            figures.states(subject, place, [dimension, code]).then_some((line[0], line[*time], d, line[d]))
        });
        stated.collect()
    }

    /// Returns whether only some sources ask for a node of a dimension.
    pub fn is_by_some(&self, d: usize, node: u16) -> bool {
        self.some[d].1.contains_key(&node)
    }

    pub fn unknown(&self, line: &[u16], d: usize) -> u64 {
        let time = self.time.as_ref().map(|(time, _)| *time);
        // Where all persons in the table have one code, those of the area may have another one.
        let is_of_all = (1..line.len()).all(|e| Some(e) == time || self.totals[e].is_some());
        let (Some(dimension), Some(area), true) = (self.some[d].0, self.area(line), is_of_all) else { return 0 };
        self.year(line).map_or(0, |year| self.asked.unknown(dimension, area, year))
    }
}

/// Returns area, dimension and node of codes of which an area says that it did not ask for them in a year of which it reports the
/// total.
fn unasked_in_a_year(layout: &TableLayout<'_>, dimensions: &[Breakdown]) -> BTreeSet<(u16, usize, u16)> {
    let TableLayout { figures, subject, groups, .. } = *layout;
    let node = |d: usize, code: u32| {
        let code = figures.names.text(code);
        dimensions[d].nodes.iter().position(|node| node.code == code).map(|node| node as u16)
    };
    let totals = figures.groups.get(&(subject.clone(), Vec::new()));
    let mut out = BTreeSet::new();
    for group in groups {
        let [name] = group.dimensions.as_slice() else { continue };
        let Some(d) = dimensions.iter().position(|breakdown| breakdown.dimension == *name) else { continue };
        for (area, year, codes) in &group.silent {
            let is_reported = totals.is_some_and(|totals| totals.contains_key(&(*area, *year, Box::default())));
            if *year != TOGETHER && is_reported {
                out.extend(node(0, *area).zip(node(d, codes[0])).map(|(area, code)| (area, d, code)));
            }
        }
    }
    out
}
