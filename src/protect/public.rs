//! Figures that are public already: out of a protected release, and into tables of regions.
//!
//! A sum of published bounds, or a formula over them, tells nothing that they do not tell, so nothing is blanked here.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::evaluate::{Rows, observe};
use super::protected::{Observation, Protected, ProtectedTable};
use crate::aggregate::NodeKind;
use crate::error::Result;
use crate::indicators::{Combined, Figure, Setting, Shown, Subject};
use crate::model::ObsStatus;

/// Makes a release of tables of published figures.
pub fn publish(tables: Vec<Combined>, setting: &Setting<'_>) -> Result<Protected> {
    let setting = Setting { summed: true, ..*setting };
    let tables: Result<Vec<ProtectedTable>> = tables
        .into_par_iter()
        .map(|table| {
            let Combined { indicator, dimensions, cells, implied } = table;
            let shown: BTreeMap<&[u16], Shown<u64>> =
                cells.iter().map(|cell| (cell.nodes.as_slice(), cell.shown)).collect();
            let at = |nodes: &[u16]| shown.get(nodes).copied();
            let rows = Rows { seen: &cells, uncollected: &[], unsaid: &implied, at: &at };
            observe(indicator, dimensions, &rows, &setting)
        })
        .collect();
    // A table without a row says nothing.
    let tables: Vec<ProtectedTable> = tables?.into_iter().filter(|table| !table.observations().is_empty()).collect();
    let masked = tables.iter().flat_map(ProtectedTable::observations).any(|row| row.status == ObsStatus::Suppressed);
    Ok(Protected::of_public(tables, masked))
}

impl Protected {
    /// The figures of countries that the release tells, each with its bounds.
    pub fn figures(&self) -> impl Iterator<Item = (Subject, Figure<'_>)> {
        self.tables().iter().flat_map(|table| {
            let counts =
                table.observations().iter().filter(|row| table.indicator().measures[row.measure].formula.is_count());
            counts.filter_map(|row| figure(table, row))
        })
    }
}

fn figure<'a>(table: &'a ProtectedTable, row: &Observation) -> Option<(Subject, Figure<'a>)> {
    let nodes = || row.nodes.iter().zip(table.dimensions()).map(|(&node, of)| (of, &of.nodes[usize::from(node)]));
    let (_, area) = nodes().next()?;
    if !matches!(area.kind, NodeKind::Code(_)) || area.code.len() != 3 {
        return None;
    }
    let value = Figure::told(row.status, row.value, row.lower, row.upper)?;
    let figure = Figure::of(nodes().map(|(of, node)| (of.dimension.as_str(), node.code.as_str())), value)?;
    let subject = Subject { record: table.indicator().record.clone(), counting: table.indicator().counting };
    Some((subject, figure))
}
