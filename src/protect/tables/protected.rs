//! Tables that may be published.

use std::collections::BTreeSet;

use super::unasked::NotSeen;
use crate::aggregate::{Breakdown, Node, NodeKind};
use crate::indicators::{Indicator, Panels, Reporting};
use crate::model::ObsStatus;
use crate::protect::{Audit, Policy};
use crate::schema::Region;

/// One row of a released table.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Index of the measure.
    pub measure: usize,
    /// Index of the node in each dimension.
    pub nodes: Vec<u16>,
    /// The value; none where it is suppressed, not collected or not defined.
    pub value: Option<f64>,
    /// Why there is a value, or none.
    pub status: ObsStatus,
    /// For a suppressed value, the least that a reader can infer.
    pub lower: Option<f64>,
    /// For a suppressed value, the most that a reader can infer; none where nothing bounds it.
    pub upper: Option<f64>,
    /// Reporting areas that contribute.
    pub areas: Option<u32>,
    /// Of the contributing areas those that do not report each whole in which the cell lies, or a smaller one; none where there is
    /// no such area.
    pub without_total: Option<u32>,
    /// Share of the people of whom the dimensions of a share are known.
    pub known_share: Option<f64>,
    /// Share of the largest contributing area.
    pub top_area_share: Option<f64>,
    /// Of a region's figure, the share of its population that lives in the contributing areas.
    pub coverage: Option<f64>,
    /// Of a region's ratio, the least and the greatest that it becomes without one of its areas.
    pub without_one: Option<[f64; 2]>,
}

/// A table that may be published.
#[derive(Debug)]
pub struct ProtectedTable {
    pub(super) indicator: Indicator,
    pub(super) dimensions: Vec<Breakdown>,
    pub(super) observations: Vec<Observation>,
    /// By measure.
    pub(super) panels: Vec<Panels>,
    pub(super) not_seen: BTreeSet<NotSeen>,
}

/// How rounding changed the counts of a release. It holds no count of persons.
#[derive(Clone, Debug, PartialEq)]
pub struct Rounding {
    /// Small counts are multiples of it.
    pub base: u64,
    /// The change over all counts where the true or the printed one is not 0; none where they are few.
    pub all: Option<RoundingChange>,
    /// The change by table and size of the printed count, where enough counts are of the size.
    pub changes: Vec<(String, Size, RoundingChange)>,
}

/// Printed counts from `lower` to `upper`.
pub type Size = (u64, Option<u64>);

/// How much counts changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundingChange {
    /// A limit of the mean of the absolute change, in steps.
    pub mean: f64,
    /// A limit of the absolute change that 95 percent of the counts do not exceed, in steps.
    pub p95: u64,
    /// At least so many percent of the printed counts hold somebody, in steps; none where fewer than half do.
    pub real: Option<u64>,
}

/// All tables of a release, protected together. Only [`SafeCounts::evaluate`](crate::protect::SafeCounts::evaluate) makes
/// one, and tables of public figures.
#[derive(Debug)]
pub struct Protected {
    pub(super) tables: Vec<ProtectedTable>,
    pub(super) policy: Option<Policy>,
    pub(super) audit: Audit,
    /// Whether some counts rest on sources that mask small ones.
    pub(super) masked: bool,
    pub(super) rounding: Option<Rounding>,
}

impl Protected {
    /// The tables, in the order of their names.
    pub fn tables(&self) -> &[ProtectedTable] {
        &self.tables
    }

    /// Areas and years that leave open whether an area asked for a code, so that comparisons of its regions are not published.
    pub fn not_seen(&self) -> Vec<NotSeen> {
        let all: BTreeSet<&NotSeen> = self.tables.iter().flat_map(|table| &table.not_seen).collect();
        all.into_iter().cloned().collect()
    }

    /// Returns whether persons are counted whose area is not known.
    pub fn has_unknown_area(&self) -> bool {
        self.tables.iter().any(|table| {
            let is_missing =
                |node: u16| matches!(table.dimensions[0].nodes[usize::from(node)].kind, NodeKind::Missing(_));
            let counts = |measure: usize| table.indicator.measures[measure].formula.is_count();
            let mut counted = table.observations.iter().filter(|row| counts(row.measure) && is_missing(row.nodes[0]));
            counted.any(|row| row.status == ObsStatus::Suppressed || row.value.is_some_and(|value| value > 0.0))
        })
    }

    /// Returns the areas with counts that no region of a scheme holds.
    pub fn areas_without_region(&self, regions: &Region) -> Vec<String> {
        let mut found = BTreeSet::new();
        for table in &self.tables {
            let areas = &table.dimensions[0].nodes;
            let is_outside =
                |node: &Node| matches!(node.kind, NodeKind::Code(_)) && regions.path(&node.code).is_empty();
            let outside: Vec<bool> = areas.iter().map(is_outside).collect();
            let counts = |row: &&Observation| row.status == ObsStatus::Suppressed || row.value.is_some();
            let rows = table.observations.iter().filter(|row| outside[usize::from(row.nodes[0])]).filter(counts);
            found.extend(rows.map(|row| areas[usize::from(row.nodes[0])].code.clone()));
        }
        found.into_iter().collect()
    }

    /// Returns codes with counts that a declaration says an area did not ask for, or of dimensions that it did not collect, such
    /// as `SEX=_O in KHM 2020`.
    pub fn against_coverage(&self, declared: &Reporting) -> Vec<String> {
        let mut found = BTreeSet::new();
        if !declared.is_limited() {
            return Vec::new();
        }
        for table in &self.tables {
            let counts = |row: &&Observation| {
                let has_value = row.status == ObsStatus::Suppressed || row.value.is_some_and(|value| value > 0.0);
                has_value && table.indicator.measures[row.measure].formula.is_count()
            };
            let node = |row: &Observation, d: usize| &table.dimensions[d].nodes[usize::from(row.nodes[d])];
            let time = table.dimensions.iter().position(|breakdown| breakdown.dimension == "TIME_PERIOD");
            let Some(time) = time else { continue };
            for row in table.observations.iter().filter(counts) {
                let (area, year) = (&node(row, 0).code, &node(row, time).code);
                let others =
                    (1..row.nodes.len()).filter(|d| *d != time).map(|d| (&table.dimensions[d].dimension, node(row, d)));
                let codes = others.filter(|(_, node)| matches!(node.kind, NodeKind::Code(_)));
                let unasked =
                    codes.filter(|(dimension, node)| year != "_T" && !declared.asks((area, year), dimension, node));
                found.extend(unasked.map(|(dimension, node)| format!("{dimension}={} in {area} {year}", node.code)));
            }
        }
        found.into_iter().collect()
    }

    /// The policy that was applied; none where the tables are made of figures that are public already.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Returns how rounding changed the counts; none where they are not rounded.
    pub fn rounding(&self) -> Option<&Rounding> {
        self.rounding.as_ref()
    }

    /// Returns whether some counts rest on sources that mask small ones, so that they are intervals whatever the policy says.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    /// What the attacker found.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Tables of figures that are public already: sums and formulas over them show nothing that they do not.
    pub(super) fn of_public(tables: Vec<ProtectedTable>) -> Self {
        let rows = || tables.iter().flat_map(|table| &table.observations);
        let blank = rows().filter(|row| row.status == ObsStatus::Suppressed).count();
        let masked = blank > 0;
        let audit = Audit { cells: rows().count(), constraints: 0, blank, unsafe_cells: 0 };
        Self { tables, policy: None, audit, masked, rounding: None }
    }
}

impl ProtectedTable {
    /// The definition.
    pub fn indicator(&self) -> &Indicator {
        &self.indicator
    }

    /// The dimensions.
    pub fn dimensions(&self) -> &[Breakdown] {
        &self.dimensions
    }

    /// The rows, in the order of measure and key.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// For each measure, the areas on which its regional comparisons of years, shares and rates rest.
    pub fn panels(&self) -> &[Panels] {
        &self.panels
    }
}
