//! Figures that are public already: out of a protected release, and into tables of regions.
//!
//! A sum of published bounds, or a formula over them, shows nothing that they do not show, so nothing is suppressed here.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{TableCells, observe};
use super::parallel;
use super::protected::{Observation, Protected, ProtectedTable};
use super::unasked::SomeCodes;
use crate::aggregate::NodeKind;
use crate::error::Result;
use crate::exchange::{Combined, Figure};
use crate::indicators::{Indicator, Seen, Setting, Shown};
use crate::model::{Interval, ObsStatus};

/// Makes a release of tables of published figures.
pub fn publish(tables: Vec<Combined>, setting: &Setting<'_>) -> Result<Protected> {
    let setting = Setting { summed: true, ..*setting };
    let tables = parallel::map(tables, |table| {
        let Combined { indicator, dimensions, cells, implied, without, marks, without_total, by_some, stated } = table;
        let shown: BTreeMap<&[u16], Shown<u64>> =
            cells.iter().map(|cell| (cell.nodes.as_slice(), cell.shown)).collect();
        let at = |nodes: &[u16]| shown.get(nodes).copied();
        let some = SomeCodes::of_public(&dimensions, &cells, by_some, &stated);
        let rows = TableCells { seen: &cells, uncollected: &[], unsaid: &implied, at: &at, some: some.as_ref() };
        let mut made = observe(indicator, dimensions.clone(), &rows, &setting)?;
        let silent = cells.iter().zip(without).filter_map(|(cell, status)| Some((cell.nodes.as_slice(), status?)));
        explain(&mut made, silent);
        flag(&mut made, &cells, &marks);
        compare_with_total(&mut made, &without_total);
        Ok(made)
    })?;
    // A table without a row says nothing.
    let tables: Vec<ProtectedTable> = tables.into_iter().filter(|table| !table.observations().is_empty()).collect();
    Ok(Protected::of_public(tables))
}

/// Gives the counts that publishers flag their status, and to a comparison over a break the status of the break. What
/// is flagged of a country is flagged of each figure of a region that rests on it.
fn flag(table: &mut ProtectedTable, cells: &[Seen], marks: &BTreeMap<Vec<u16>, ObsStatus>) {
    if marks.is_empty() {
        return;
    }
    let measures = &table.indicator.measures;
    let countries = table.dimensions[0].countries();
    let present: BTreeSet<&[u16]> =
        cells.iter().filter(|cell| cell.present).map(|cell| cell.nodes.as_slice()).collect();
    for row in table.observations.iter_mut().filter(|row| row.status == ObsStatus::Normal) {
        let panel = table.panels.get(row.measure).and_then(|panels| panels.of(&row.nodes));
        let members = panel.unwrap_or(&countries[usize::from(row.nodes[0])]);
        let mut nodes = row.nodes.clone();
        let flags = members.iter().filter_map(|&country| {
            nodes[0] = country;
            marks.get(&nodes).filter(|mark| mark.has_value() && present.contains(nodes.as_slice()))
        });
        // The first of them matters most.
        let Some(&mark) = flags.min() else { continue };
        if measures[row.measure].formula.is_count() || mark == ObsStatus::Break {
            row.status = mark;
        }
    }
}

/// Counts for each count that is a part on how many areas it rests that do not report its whole, or a smaller one: there it
/// may be above its whole.
fn compare_with_total(table: &mut ProtectedTable, without_total: &BTreeSet<Vec<u16>>) {
    let countries = table.dimensions[0].countries();
    for row in &mut table.observations {
        if !table.indicator.measures[row.measure].formula.is_count() || row.areas == Some(0) {
            continue;
        }
        let mut nodes = row.nodes.clone();
        let lacks = countries[usize::from(row.nodes[0])].iter().filter(|&&country| {
            nodes[0] = country;
            without_total.contains(&nodes)
        });
        row.without_total = Some(lacks.count() as u32).filter(|&number| number > 0);
    }
}

/// Adds a row without a value to the counts for each cell in which a country has no number, and why.
fn explain<'a>(table: &mut ProtectedTable, silent: impl Iterator<Item = (&'a [u16], ObsStatus)>) {
    let measures = table.indicator.measures.iter().enumerate().filter(|(_, measure)| measure.formula.is_count());
    let counts: Vec<usize> = measures.map(|(at, _)| at).collect();
    for (nodes, status) in silent {
        table.observations.extend(counts.iter().map(|&measure| Observation {
            measure,
            nodes: nodes.to_vec(),
            value: None,
            status,
            lower: None,
            upper: None,
            areas: Some(0),
            without_total: None,
            known_share: None,
            top_area_share: None,
            coverage: None,
            without_one: None,
        }));
    }
    table.observations.sort_by(|a, b| (a.measure, &a.nodes).cmp(&(b.measure, &b.nodes)));
}

impl Protected {
    /// The figures of countries that the release publishes, each with its table, its bounds, and its status, which says where
    /// there is no number.
    pub fn figures(&self) -> impl Iterator<Item = (&Indicator, Figure<'_>, ObsStatus)> {
        self.tables().iter().flat_map(|table| {
            let counts =
                table.observations().iter().filter(|row| table.indicator().measures[row.measure].formula.is_count());
            counts.filter_map(|row| figure(table, row)).map(|(figure, status)| (table.indicator(), figure, status))
        })
    }
}

fn figure<'a>(table: &'a ProtectedTable, row: &Observation) -> Option<(Figure<'a>, ObsStatus)> {
    let nodes = || {
        row.nodes
            .iter()
            .zip(table.dimensions())
            .map(|(&node, breakdown)| (breakdown, &breakdown.nodes[usize::from(node)]))
    };
    let (_, area) = nodes().next()?;
    if !matches!(area.kind, NodeKind::Code(_)) || area.code.len() != 3 {
        return None;
    }
    let value = Figure::bounds(row.status, row.value, row.lower, row.upper).unwrap_or(Interval::open());
    let figure =
        Figure::of(nodes().map(|(breakdown, node)| (breakdown.dimension.as_str(), node.code.as_str())), value)?;
    Some((figure, row.status))
}
