//! What formulas see, and what they give.

use std::collections::BTreeMap;

use crate::schema::{Breaks, Populations, Region};

/// A value as formulas see it: known, or only bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown<T> {
    /// The value, where it is published.
    pub value: Option<T>,
    /// Its lower bound.
    pub lower: Option<T>,
    /// Its upper bound.
    pub upper: Option<T>,
}

/// A cell of a table as formulas see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its node in each dimension.
    pub nodes: Vec<u16>,
    /// What is public of its count.
    pub shown: Shown<u64>,
    /// Whether the area reported the period and asked for the codes: then zero is a number.
    pub present: bool,
    /// Whether the area has a share of the cell. An area that says that it did not ask for the code in a year has none, nor of all
    /// years together.
    pub asked: bool,
    /// Whether it counts all known persons of a dimension, and some of them may have a code that is not a node.
    pub is_open: bool,
}

/// How the figures of regions come about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting<'a> {
    /// The populations for rates.
    pub populations: Option<&'a Populations>,
    /// Whether some area did not ask for all codes that the tables show.
    pub limited: bool,
    /// The scheme of the regions, for their populations.
    pub regions: Option<&'a Region>,
    /// From which years on figures mean something else.
    pub breaks: Option<&'a Breaks>,
    /// Whether a region is nothing but the sum of its countries: of those that have every cell which a formula names.
    pub summed: bool,
}

/// What a formula gives for one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Which cell.
    pub cell: usize,
    /// The value and its bounds.
    pub shown: Shown<f64>,
    /// Whether it is a division by zero, or has no area to be computed from.
    pub undefined: bool,
    /// Whether it is brought together from areas of a region, and none of them has all that the formula names.
    pub has_no_person: bool,
    /// Whether the area did not report a year that the formula names.
    pub unreported: bool,
    /// For a share, the denominator by all, where both are published.
    pub known_share: Option<f64>,
    /// Countries on which it rests.
    pub areas: u32,
    /// Their share of the population of the region, where the table has years.
    pub coverage: Option<f64>,
    /// The lowest and the highest value without one of its countries, where all of them are published.
    pub without_one: Option<[f64; 2]>,
}

/// The countries on which rows of a region and a year rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// Node of the region, and of the year; none in a table without years.
    pub nodes: (u16, Option<u16>),
    /// Nodes of the countries, ascending.
    pub members: Vec<u16>,
    /// Nodes of the rows that rest on them; empty for the panel of all rows that no other panel of the region and year names.
    pub rows: Vec<Vec<u16>>,
}

/// The panels of a measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panels {
    /// The position of the time, where the table has it.
    time: Option<usize>,
    /// By region and year; of these, the panel of all other rows comes first.
    panels: Vec<Panel>,
    /// Where the panel of all other rows of a region and year is.
    shared: BTreeMap<(u16, Option<u16>), usize>,
    /// Where the panel of a row is that rests on others.
    by_row: BTreeMap<Vec<u16>, usize>,
}

impl Panels {
    /// Indexes panels; of those of one region and year, that without `rows` comes first.
    #[cfg(feature = "polars")]
    pub(super) fn new(time: Option<usize>, panels: Vec<Panel>) -> Self {
        let shared = panels.iter().enumerate().filter(|(_, panel)| panel.rows.is_empty());
        let shared = shared.map(|(at, panel)| (panel.nodes, at)).collect();
        let by_row =
            panels.iter().enumerate().flat_map(|(at, panel)| panel.rows.iter().map(move |row| (row.clone(), at)));
        Self { time, shared, by_row: by_row.collect(), panels }
    }

    /// Returns all panels, by region and year.
    pub fn all(&self) -> &[Panel] {
        &self.panels
    }

    /// Returns the countries on which a row of a region rests, where the measure names them.
    pub fn of(&self, nodes: &[u16]) -> Option<&[u16]> {
        let shared = || self.shared.get(&(nodes[0], self.time.map(|time| nodes[time])));
        let at = self.by_row.get(nodes).or_else(shared)?;
        Some(&self.panels[*at].members)
    }
}

/// A formula evaluated for all cells of a table.
#[derive(Clone, Debug, Default)]
pub struct Evaluated {
    /// In the order of the cells; cells for which the measure means nothing are left out.
    pub values: Vec<Value>,
    /// Of a comparison of years, a share or a rate, on whom its rows rest.
    pub panels: Panels,
}
