//! On which countries each row of a region rests.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::super::value::{Panel, Panels, Seen, Value};
use super::gather::{region_keys, row_keys};
use super::layout::FrameLayout;
use super::names::dimension;
use super::problem::problem;
use crate::aggregate::NodeKind;
use crate::error::Result;

/// Pairs the cell of each row of a region with each country on which it rests.
pub(super) fn members(layout: &FrameLayout<'_>, rows: &LazyFrame, countries: &LazyFrame) -> LazyFrame {
    let there = countries.clone().filter(col("whole"));
    let there = there.select([region_keys(layout), vec![col(dimension(0)).alias("member")]].concat());
    rows.clone()
        .filter(col("region"))
        .select([row_keys(layout), vec![col("cell")]].concat())
        .join(there, row_keys(layout), region_keys(layout), JoinArgs::new(JoinType::Inner))
        .select([col("cell"), col("member")])
        .sort(["cell", "member"], SortMultipleOptions::default())
}

/// Brings the rows of each region and year that rest on the same countries together.
///
/// # Definition
/// The panel that holds for all rows that no other names is that of all persons together. All shares of one dimension rest on
/// one whole, so it is the panel of most of them. Ties go to the one of more countries.
pub(super) fn panels(layout: &FrameLayout<'_>, cells: &[Seen], values: &[Value], pairs: LazyFrame) -> Result<Panels> {
    let time = layout.time.as_ref().map(|(time, _)| *time);
    let frame = pairs.collect().map_err(problem)?;
    let cell = frame.column("cell").and_then(|c| c.u64().cloned()).map_err(problem)?;
    let member = frame.column("member").and_then(|c| c.u32().cloned()).map_err(problem)?;
    let mut pairs = cell.into_no_null_iter().zip(member.into_no_null_iter()).peekable();
    let shared: Vec<usize> = layout.whole_targets().into_iter().flatten().map(|(d, _)| d).collect();
    let of_all = |nodes: &[u16]| {
        (1..nodes.len()).filter(|&d| Some(d) != time && !shared.contains(&d)).all(|d| {
            let breakdown = &layout.dimensions[d];
            breakdown.nodes.len() == 1 || breakdown.nodes[usize::from(nodes[d])].kind == NodeKind::Total
        })
    };
    let mut found: BTreeMap<(u16, Option<u16>), BTreeMap<Vec<u16>, PanelRows>> = BTreeMap::new();
    for value in values {
        let Some(nodes) = cells.get(value.cell).map(|cell| &cell.nodes) else { continue };
        let at = value.cell as u64;
        while pairs.next_if(|(cell, _)| *cell < at).is_some() {}
        let members: Vec<u16> =
            std::iter::from_fn(|| pairs.next_if(|(cell, _)| *cell == at)).map(|(_, member)| member as u16).collect();
        if layout.below[usize::from(nodes[0])] == [nodes[0]] {
            continue;
        }
        let rows = found.entry((nodes[0], time.map(|time| nodes[time]))).or_default().entry(members).or_default();
        rows.of_all += usize::from(of_all(nodes));
        rows.nodes.push(nodes.clone());
    }
    let mut panels = Vec::new();
    for (nodes, by_members) in found {
        let rank = |(members, rows): &(&Vec<u16>, &PanelRows)| (rows.of_all, rows.nodes.len(), members.len());
        let Some(main) = by_members.iter().max_by_key(rank).map(|(members, _)| members.clone()) else { continue };
        let others = by_members.into_iter().filter(|(members, _)| *members != main);
        let others: Vec<Panel> = others.map(|(members, rows)| Panel { nodes, members, rows: rows.nodes }).collect();
        panels.push(Panel { nodes, members: main, rows: Vec::new() });
        panels.extend(others);
    }
    Ok(Panels::new(time, panels))
}

/// Rows that rest on the same countries.
#[derive(Default)]
struct PanelRows {
    nodes: Vec<Vec<u16>>,
    /// How many of them are of all persons.
    of_all: usize,
}
