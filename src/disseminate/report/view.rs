//! Which rows of a table a reader sees, and where they are.

use std::collections::BTreeMap;

use crate::aggregate::{Breakdown, NodeKind};
use crate::indicators::Measure;
use crate::model::ObsStatus;
use crate::protect::{Observation, ProtectedTable};

/// So many measures of areas stand next to each other.
const MOST_COLUMNS: usize = 4;

/// A table with its rows by measure and cell.
pub(super) struct TableView<'a> {
    pub table: &'a ProtectedTable,
    /// The position of the time.
    pub time: Option<usize>,
    /// The dimensions whose codes are the lines: those of the table's first share, or the areas.
    pub subjects: Vec<usize>,
    /// The measure that is a share.
    share: Option<usize>,
    rows: BTreeMap<(usize, &'a [u16]), &'a Observation>,
}

impl<'a> TableView<'a> {
    pub fn new(table: &'a ProtectedTable) -> Self {
        let (dimensions, measures) = (table.dimensions(), &table.indicator().measures);
        let share = measures.iter().position(|measure| measure.formula.share_of().is_some());
        let whole = share.and_then(|share| measures[share].formula.share_of()).map(|(_, whole)| whole);
        let is_subject = |d: &usize| {
            whole.is_some_and(|whole| whole.iter().any(|choice| choice.dimension == dimensions[*d].dimension))
        };
        let mut subjects: Vec<usize> = (0..dimensions.len()).filter(is_subject).collect();
        if subjects.is_empty() {
            subjects.push(0);
        }
        Self {
            table,
            time: dimensions.iter().position(|dimension| dimension.dimension == "TIME_PERIOD"),
            subjects,
            share,
            rows: table.observations().iter().map(|row| ((row.measure, row.nodes.as_slice()), row)).collect(),
        }
    }

    pub fn dimensions(&self) -> &'a [Breakdown] {
        self.table.dimensions()
    }

    fn measures(&self) -> &'a [Measure] {
        &self.table.indicator().measures
    }

    pub fn row(&self, measure: usize, nodes: &[u16]) -> Option<&'a Observation> {
        self.rows.get(&(measure, nodes)).copied()
    }

    /// Returns whether the lines are areas.
    pub fn is_of_areas(&self) -> bool {
        self.subjects == [0]
    }

    /// Returns whether no source collects what the table needs.
    pub fn is_uncollected(&self) -> bool {
        self.table.observations().iter().all(|row| row.status == ObsStatus::NotCollected)
    }

    fn count(&self) -> Option<usize> {
        self.measures().iter().position(|measure| measure.formula.is_count())
    }

    /// Returns the areas whose lines are shown: the widest, or each where codes are those of one country.
    pub fn areas(&self) -> std::ops::Range<u16> {
        let has_own_codes =
            self.dimensions().iter().any(|dimension| dimension.nodes.iter().any(|node| node.only_area.is_some()));
        0..if has_own_codes { self.dimensions()[0].nodes.len() as u16 } else { 1 }
    }

    /// Returns the node of all years together, or of a late year that many areas report: the last one of at least three quarters
    /// as many as any year. Rates and comparisons are of a year.
    pub fn period(&self, area: u16) -> u16 {
        let Some(time) = self.time else { return 0 };
        let is_of_year = |measure: &Measure| {
            measure.formula.has_population() || measure.formula.other_time().is_ok_and(|other| other.is_some())
        };
        let of_year = if self.is_of_areas() { self.measures().iter().position(is_of_year) } else { None };
        let measure = of_year.or(self.count()).unwrap_or(0);
        let rows = || self.table.observations().iter().filter(|row| row.measure == measure && row.nodes[0] == area);
        if of_year.is_none() && rows().any(|row| row.nodes[time] == 0) {
            return 0;
        }
        let max = rows().filter_map(|row| row.areas).max().unwrap_or(0);
        let many = rows().filter(|row| row.areas.is_some_and(|areas| 4 * areas >= 3 * max));
        many.map(|row| row.nodes[time]).max().unwrap_or(0)
    }

    /// Returns the cells of the lines of an area and a period. With one subject all its codes are shown, totals too. With more only
    /// the cells that have a share.
    pub fn lines(&self, area: u16, period: u16) -> Vec<&'a [u16]> {
        let is_line = |nodes: &[u16]| {
            let is_of_area = self.is_of_areas() || nodes[0] == area;
            is_of_area
                && (1..nodes.len()).all(|d| {
                    let total = if Some(d) == self.time { period } else { 0 };
                    self.subjects.contains(&d) || nodes[d] == total
                })
        };
        let shared = |nodes: &[u16]| self.share.is_some_and(|share| self.row(share, nodes).is_some());
        let mut lines: Vec<&[u16]> = self.rows.keys().map(|(_, nodes)| *nodes).filter(|nodes| is_line(nodes)).collect();
        lines.sort_unstable();
        lines.dedup();
        lines.retain(|nodes| self.subjects.len() == 1 || shared(nodes));
        lines
    }

    /// Returns the measures that stand next to the lines: the count and its share; for areas the count, rates, and comparisons.
    pub fn columns(&self, lines: &[&[u16]]) -> Vec<usize> {
        let rank = |measure: usize| {
            let formula = &self.measures()[measure].formula;
            match () {
                () if formula.is_count() => Some(0),
                () if Some(measure) == self.share => Some(1),
                () if formula.has_population() => Some(2),
                () if !self.is_of_areas() => None,
                () if self.measures()[measure].all_years => Some(5),
                () if formula.other_time().is_ok_and(|other| other.is_some()) => Some(3),
                () => Some(4),
            }
        };
        let has_rows = |measure: &usize| lines.iter().any(|nodes| self.row(*measure, nodes).is_some());
        let mut ranked: Vec<(i32, usize)> =
            (0..self.measures().len()).filter(has_rows).filter_map(|measure| Some((rank(measure)?, measure))).collect();
        ranked.sort_unstable();
        ranked.truncate(MOST_COLUMNS);
        ranked.into_iter().map(|(_, measure)| measure).collect()
    }

    /// Returns how deep a line lies below others, and whether it is a part of something: neither a total nor what is unknown.
    pub fn depth(&self, nodes: &[u16]) -> (usize, bool) {
        let [d] = self.subjects.as_slice() else { return (0, true) };
        let breakdown = &self.dimensions()[*d];
        let kind = |node: u16| breakdown.nodes[usize::from(node)].kind;
        let is_part = match kind(nodes[*d]) {
            NodeKind::Code(_) => true,
            NodeKind::Residual(_) | NodeKind::Region => *d > 0,
            NodeKind::Total | NodeKind::Known | NodeKind::Missing(_) => false,
        };
        let parent = |node: u16| {
            let family =
                breakdown.families.iter().find(|family| family.children.contains(&node) && family.parent != node);
            family
                .map(|family| family.parent)
                .filter(|parent| !matches!(kind(*parent), NodeKind::Total | NodeKind::Known))
        };
        let mut depth = 0;
        let mut node = nodes[*d];
        while let Some(above) = parent(node) {
            (depth, node) = (depth + 1, above);
        }
        (depth, is_part)
    }

    /// Returns whether other lines are parts of a line.
    pub fn is_group(&self, nodes: &[u16], lines: &[&[u16]]) -> bool {
        let [d] = self.subjects.as_slice() else { return false };
        let families = self.dimensions()[*d].families.iter().filter(|family| family.parent == nodes[*d]);
        let mut children = families.flat_map(|family| &family.children);
        children.any(|child| *child != nodes[*d] && lines.iter().any(|line| line[*d] == *child))
    }

    /// Returns the years of the table.
    pub fn years(&self) -> impl Iterator<Item = u16> + 'a {
        let nodes = self.time.map(|time| self.dimensions()[time].nodes.as_slice()).unwrap_or_default();
        let is_year = |node: &crate::aggregate::Node| matches!(node.kind, NodeKind::Code(_));
        nodes.iter().enumerate().filter(move |(_, node)| is_year(node)).map(|(at, _)| at as u16)
    }

    /// Returns the years of the table as they are printed, ascending.
    pub fn year_codes(&self) -> impl Iterator<Item = &'a str> {
        let dimensions = self.dimensions();
        let code = move |time: usize, year: u16| dimensions[time].nodes[usize::from(year)].code.as_str();
        self.time.into_iter().flat_map(move |time| self.years().map(move |year| code(time, year)))
    }

    /// Returns the countries of the table.
    pub fn countries(&self) -> impl Iterator<Item = u16> + 'a {
        let nodes = self.dimensions()[0].nodes.iter().enumerate();
        nodes.filter(|(_, node)| matches!(node.kind, NodeKind::Code(_))).map(|(at, _)| at as u16)
    }

    /// Returns the share of a line.
    pub fn share(&self) -> Option<usize> {
        self.share
    }
}
