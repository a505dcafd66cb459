//! Tables of protected counts: formulas, and what is said next to each figure.

use std::collections::BTreeSet;

use super::breaks::TableYears;
use super::collected::CollectedShares;
use super::parallel;
use super::protected::{Observation, Protected, ProtectedTable};
use super::unasked::SomeCodes;
use crate::aggregate::{Breakdown, NodeKind};
use crate::error::Result;
use crate::indicators::{Draft, Formula, Indicator, Reporting, Seen, Setting, Shown, Uncollected, evaluate};
use crate::model::ObsStatus;
use crate::protect::lines::TableLines;
use crate::protect::pattern::NONE;
use crate::protect::silence::Silence;
use crate::protect::{Policy, SafeCounts};

impl SafeCounts {
    /// Evaluates the tables of a release on what may be published of their counts, and on nothing else.
    ///
    /// # Errors
    /// A formula names what its table does not have.
    pub fn evaluate(self, setting: &Setting<'_>) -> Result<Protected> {
        let Self { drafts, cells, shown, policy, audit, masked, rounding } = self;
        let reporting = &drafts.reporting;
        let silent = drafts.not_collected.into_iter().map(uncollected);
        let by = Publication { shown: &shown, policy: &policy, reporting, setting };
        let drafts = drafts.tables.into_iter().zip(&cells).collect();
        let mut tables = parallel::map(drafts, |(draft, cells)| by.finish(draft, cells))?;
        tables.extend(silent);
        tables.sort_by(|one: &ProtectedTable, other| one.indicator.id.cmp(&other.indicator.id));
        Ok(Protected { tables, policy: Some(policy), audit, masked, rounding })
    }
}

/// What is published of all tables of a release.
#[derive(Clone, Copy)]
struct Publication<'a> {
    /// What is shown of each count.
    shown: &'a [Shown<u64>],
    policy: &'a Policy,
    reporting: &'a Reporting,
    setting: &'a Setting<'a>,
}

impl Publication<'_> {
    /// Returns the rows of one table: its measures, evaluated on protected counts.
    fn finish(&self, draft: Draft, cells: &[u32]) -> Result<ProtectedTable> {
        let Self { shown, policy, reporting, setting } = *self;
        let lines = TableLines::of(&draft, policy);
        let has_line =
            |cell: usize| cells[cell] != NONE && lines.as_ref().is_none_or(|lines| lines.has(&draft.cube.nodes(cell)));
        let existing: Vec<usize> = (0..draft.cube.len()).filter(|&cell| has_line(cell)).collect();
        let Draft { indicator, cube } = draft;
        let setting = &Setting { limited: reporting.limits(&cube.dimensions), ..*setting };
        let silence = Silence::new(&cube, reporting);
        let see = |&cell: &usize| {
            let nodes = cube.nodes(cell);
            let present = !silence.is_silent(cell, &nodes);
            let asked = present && !silence.is_asked_in_part(&nodes);
            Seen { nodes, shown: shown[cells[cell] as usize], present, asked, is_open: false }
        };
        let seen: Vec<Seen> = existing.iter().map(see).collect();
        let uncollected: Vec<bool> = seen.iter().map(|cell| !cell.present).collect();
        let at = |nodes: &[u16]| {
            let variable = cells[cube.cell(nodes)];
            (variable != NONE).then(|| shown[variable as usize])
        };
        let some = SomeCodes::of(&cube.dimensions, &seen, reporting);
        let rows = TableCells { seen: &seen, uncollected: &uncollected, unsaid: &[], at: &at, some: some.as_ref() };
        let mut table = observe(indicator, cube.dimensions.clone(), &rows, setting)?;
        if let Some(lines) = lines {
            let is_count: Vec<bool> =
                table.indicator.measures.iter().map(|measure| measure.formula.is_count()).collect();
            table.observations.retain(|row| is_count[row.measure] || !lines.is_denominator(&row.nodes));
        }
        Ok(table)
    }
}

/// The cells of a table, and what is to be said of them.
pub(super) struct TableCells<'a> {
    /// The cells.
    pub seen: &'a [Seen],
    /// Which of them no source reported; empty where all are reported.
    pub uncollected: &'a [bool],
    /// Of which of them no figure is shown that rests on their own count; empty where all are shown.
    pub unsaid: &'a [bool],
    /// What is public of the cell with these nodes.
    pub at: &'a dyn Fn(&[u16]) -> Option<Shown<u64>>,
    /// Codes that only some areas ask for, where the table has any.
    pub some: Option<&'a SomeCodes<'a>>,
}

/// Evaluates the measures of a table on what is public.
pub(super) fn observe(
    indicator: Indicator,
    dimensions: Vec<Breakdown>,
    rows: &TableCells<'_>,
    setting: &Setting<'_>,
) -> Result<ProtectedTable> {
    let countries = dimensions[0].countries();
    let breaks = TableYears::of(&dimensions, &countries, rows.seen, setting);
    let collected = CollectedShares::of(&dimensions, rows.seen);
    let is = |flags: &[bool], cell: usize| flags.get(cell).copied().unwrap_or(false);
    let (mut observations, mut panels, mut not_seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (measure, definition) in indicator.measures.iter().enumerate() {
        let evaluated = evaluate(definition, &dimensions, rows.seen, setting)?;
        let rests = definition.formula.any(|part| part.is_count() || matches!(part, Formula::Areas(..)));
        for value in evaluated.values.into_iter().filter(|value| !rests || !is(rows.unsaid, value.cell)) {
            let cell = &rows.seen[value.cell];
            let is_region = countries[usize::from(cell.nodes[0])] != [cell.nodes[0]];
            let open = rows.some.filter(|_| is_region && !value.undefined && !value.unreported);
            let open = open.map_or(Vec::new(), |some| some.open(definition, &cell.nodes, &evaluated.panels));
            let is_broken = || {
                let differ = |shares: &CollectedShares<'_>| {
                    let area = usize::from(cell.nodes[0]);
                    let areas = evaluated.panels.of(&cell.nodes).unwrap_or(&countries[area]);
                    shares.differ(definition, &cell.nodes, areas)
                };
                breaks.cross(definition, &cell.nodes, &evaluated.panels) || collected.as_ref().is_some_and(differ)
            };
            let status = match value.shown.value {
                _ if !open.is_empty() => ObsStatus::NotCollected,
                _ if definition.formula.is_count() && is(rows.uncollected, value.cell) => ObsStatus::NotCollected,
                _ if value.has_no_person => ObsStatus::Missing,
                _ if value.unreported || is(rows.uncollected, value.cell) => ObsStatus::NotCollected,
                _ if value.undefined => ObsStatus::Missing,
                Some(_) if is_broken() => ObsStatus::Break,
                Some(_) => ObsStatus::Normal,
                None => ObsStatus::Suppressed,
            };
            let blank = status == ObsStatus::Suppressed;
            let below = &countries[usize::from(cell.nodes[0])];
            let total = value.shown.value.filter(|_| definition.formula.is_count());
            observations.push(Observation {
                measure,
                nodes: cell.nodes.clone(),
                value: value.shown.value.filter(|_| status.has_value()),
                status,
                lower: value.shown.lower.filter(|_| blank),
                upper: value.shown.upper.filter(|_| blank),
                areas: Some(value.areas),
                without_total: None,
                known_share: value.known_share,
                top_area_share: total.and_then(|total| largest(below, &cell.nodes, total, rows.at)),
                coverage: value.coverage,
                without_one: value.without_one.filter(|_| open.is_empty()),
            });
            not_seen.extend(open);
        }
        panels.push(evaluated.panels);
    }
    Ok(ProtectedTable { indicator, dimensions, observations, panels, not_seen })
}

/// The largest country's share of a regional count, where published figures show it.
fn largest(countries: &[u16], nodes: &[u16], total: f64, at: &dyn Fn(&[u16]) -> Option<Shown<u64>>) -> Option<f64> {
    if total <= 0.0 || countries.len() < 2 {
        return None;
    }
    let mut cell = nodes.to_vec();
    let shown: Vec<_> = countries
        .iter()
        .filter_map(|&country| {
            cell[0] = country;
            at(&cell)
        })
        .collect();
    let largest = shown.iter().filter_map(|shown| shown.value).max()?;
    let certain = shown.iter().all(|shown| shown.upper.is_some_and(|upper| upper <= largest));
    certain.then(|| (largest as f64 / total * 1e6).round() / 1e6)
}

/// The rows of a table without figures: for each area, that the dimension is not collected. That is not confidential.
fn uncollected(table: Uncollected) -> ProtectedTable {
    let Uncollected { indicator, dimensions, missing } = table;
    let node = |breakdown: &Breakdown| {
        let known = breakdown.nodes.iter().position(|node| node.kind == NodeKind::Known);
        let total = breakdown.nodes.iter().position(|node| node.kind == NodeKind::Total);
        if breakdown.dimension == missing { known } else { total }.unwrap_or(0) as u16
    };
    let rest: Vec<u16> = dimensions.iter().skip(1).map(node).collect();
    let mut observations = Vec::new();
    for measure in 0..indicator.measures.len() {
        for area in 0..dimensions[0].nodes.len() as u16 {
            observations.push(Observation {
                measure,
                nodes: std::iter::once(area).chain(rest.iter().copied()).collect(),
                value: None,
                status: ObsStatus::NotCollected,
                lower: None,
                upper: None,
                areas: None,
                without_total: None,
                known_share: None,
                top_area_share: None,
                coverage: None,
                without_one: None,
            });
        }
    }
    ProtectedTable { indicator, dimensions, observations, panels: Vec::new(), not_seen: BTreeSet::new() }
}
