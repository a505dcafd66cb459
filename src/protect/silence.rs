//! What no source reported: an area without a record in a year, a dimension that it does not collect, a code for which it did not
//! ask.
//!
//! Such a cell is not a zero. It is printed as not reported (`L`), which is public: every reader knows that it adds nothing to a
//! sum. Every other cell of an area and a year says that the area reported, so without a declaration it holds somebody.

use crate::aggregate::{Breakdown, Cube, NodeKind};
use crate::indicators::Reporting;
use crate::model::Missing;

/// Which cells of a table no source reported.
pub(super) struct Silence<'a> {
    cube: &'a Cube,
    reporting: &'a Reporting,
    time: Option<usize>,
    /// For each area and period, whether anybody reported, and whether that follows from records alone.
    reported: Vec<[bool; 2]>,
    countries: Vec<Vec<u16>>,
}

impl<'a> Silence<'a> {
    pub fn new(cube: &'a Cube, reporting: &'a Reporting) -> Self {
        let time = period(&cube.dimensions);
        let periods: Vec<&str> = match time {
            Some(time) => cube.dimensions[time].nodes.iter().map(|node| node.code.as_str()).collect(),
            None => vec!["_T"],
        };
        let pairs =
            cube.dimensions[0].nodes.iter().flat_map(|area| periods.iter().map(|period| (&*area.code, *period)));
        let reported = pairs.map(|(area, period)| {
            let reports = reporting.reports(area, period);
            [reports, reports && !reporting.is_declared(area, period)]
        });
        let reported = reported.collect();
        Self { cube, reporting, time, reported, countries: cube.dimensions[0].countries() }
    }

    fn of_area(&self, nodes: &[u16]) -> [bool; 2] {
        let periods = self.time.map_or(1, |time| self.cube.dimensions[time].nodes.len());
        let period = self.time.map_or(0, |time| usize::from(nodes[time]));
        self.reported[usize::from(nodes[0]) * periods + period]
    }

    /// Returns whether no source reported a cell.
    pub fn is_silent(&self, cell: usize, nodes: &[u16]) -> bool {
        let [reports, _] = self.of_area(nodes);
        !reports
            || (self.cube.upper(cell) == 0
                && (is_uncollected(self.cube, nodes)
                    || self.lacks_universe(nodes)
                    || self.is_unasked(nodes)
                    || self.is_silent_everywhere(nodes)))
    }

    /// Returns whether a cell belongs to a region and none of its areas reported it: one collects the sex and another the age, and
    /// none collects both.
    fn is_silent_everywhere(&self, nodes: &[u16]) -> bool {
        let areas = self.countries[usize::from(nodes[0])].iter().filter(|area| **area != nodes[0]);
        let mut at = nodes.to_vec();
        let mut areas = areas.map(|&area| {
            at[0] = area;
            self.is_silent(self.cube.cell(&at), &at)
        });
        areas.next().is_some_and(|first| first && areas.all(|silent| silent))
    }

    /// Returns whether a dimension in which all persons of the table have one code is not collected: the table itself does not count
    /// of whom it is not.
    fn lacks_universe(&self, nodes: &[u16]) -> bool {
        let code = |d: usize| self.cube.dimensions[d].nodes[usize::from(nodes[d])].code.as_str();
        let year = self.time.map_or("_T", code);
        (1..nodes.len()).filter(|&d| Some(d) != self.time && self.cube.dimensions[d].nodes.len() == 1).any(|d| {
            let dimension = &self.cube.dimensions[d].dimension;
            self.reporting.is_uncollected(code(0), year, dimension)
        })
    }

    /// Returns whether a cell is of all years together, and its area asked for all of its codes in some of its years only: then it
    /// is not a part of what the area knows of the other years.
    pub fn is_asked_in_part(&self, nodes: &[u16]) -> bool {
        let code = |d: usize| &self.cube.dimensions[d].nodes[usize::from(nodes[d])];
        self.reporting.is_limited()
            && self.time.is_none_or(|time| code(time).kind == NodeKind::Total)
            && (1..nodes.len()).filter(|d| Some(*d) != self.time).any(|d| {
                let (dimension, node) = (&self.cube.dimensions[d], code(d));
                node.kind != NodeKind::Total && self.reporting.asks_in_part(&code(0).code, &dimension.dimension, node)
            })
    }

    /// Returns whether a cell is known not to be empty, because its area reported and no declaration says so.
    pub fn holds_somebody(&self, nodes: &[u16]) -> bool {
        let [_, has_records] = self.of_area(nodes);
        let is_total = |d: usize| {
            d == 0 || Some(d) == self.time || {
                let node = &self.cube.dimensions[d].nodes[usize::from(nodes[d])];
                node.kind == NodeKind::Total
            }
        };
        let is_country = matches!(self.cube.dimensions[0].nodes[usize::from(nodes[0])].kind, NodeKind::Code(_));
        has_records && is_country && (0..nodes.len()).all(is_total)
    }

    /// Returns whether no area of a cell that reported has asked for one of its codes.
    fn is_unasked(&self, nodes: &[u16]) -> bool {
        if !self.reporting.is_limited() {
            return false;
        }
        let code = |d: usize| &self.cube.dimensions[d].nodes[usize::from(nodes[d])];
        let year = self.time.map_or("_T", |time| code(time).code.as_str());
        let asks = |area: &str| {
            (1..nodes.len()).filter(|d| Some(*d) != self.time).all(|d| {
                let (breakdown, node) = (&self.cube.dimensions[d], code(d));
                node.kind == NodeKind::Total || self.reporting.asks((area, year), &breakdown.dimension, node)
            })
        };
        let areas = self.countries[usize::from(nodes[0])].iter();
        let mut areas = areas.map(|&area| self.cube.dimensions[0].nodes[usize::from(area)].code.as_str()).peekable();
        areas.peek().is_some() && areas.all(|area| !self.reporting.reports(area, year) || !asks(area))
    }
}

/// Returns whether an area collects of no person in the period all dimensions that a cell names: then a zero would say something that is not
/// known. One source may have the sex and another the age, so that none sees a cross of both.
fn is_uncollected(cube: &Cube, nodes: &[u16]) -> bool {
    let named = (1..nodes.len()).filter_map(|d| {
        let breakdown = &cube.dimensions[d];
        let says = matches!(
            breakdown.nodes[usize::from(nodes[d])].kind,
            NodeKind::Code(_) | NodeKind::Residual(_) | NodeKind::Region | NodeKind::Known
        );
        breakdown.find("_K").filter(|_| says)?;
        Some((d, breakdown.find(Missing::NotCollected.id())? as u16))
    });
    let named: Vec<(usize, u16)> = named.collect();
    // The same area and period, everything else summed.
    let all: Vec<u16> = nodes
        .iter()
        .zip(&cube.dimensions)
        .enumerate()
        .map(|(i, (&node, dimension))| if i == 0 || dimension.find("_K").is_none() { node } else { 0 })
        .collect();
    // Of whom none of some dimensions is collected. A masked record has the same upper bound in each of these cells.
    let without = |some: usize| {
        let mut at = all.clone();
        named.iter().enumerate().filter(|(bit, _)| some >> bit & 1 == 1).for_each(|(_, &(d, node))| at[d] = node);
        i128::from(cube.upper(cube.cell(&at)))
    };
    let is_collected_of_all = (0..named.len()).all(|bit| without(1 << bit) == 0);
    if is_collected_of_all || without(0) == 0 {
        return false;
    }
    let signed = |some: usize| if some.count_ones().is_multiple_of(2) { without(some) } else { -without(some) };
    (0..1usize << named.len()).map(signed).sum::<i128>() == 0
}

/// The dimension of time.
pub(super) fn period(dimensions: &[Breakdown]) -> Option<usize> {
    dimensions.iter().position(|breakdown| breakdown.dimension == "TIME_PERIOD")
}
