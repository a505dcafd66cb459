//! The cells of all tables as one system, and how one is found from another.

use std::collections::HashMap;

use super::suppress::CountSystem;
use super::system::System;
use crate::aggregate::Breakdown;
use crate::confidential::confidential;
use crate::indicators::Drafts;
use crate::model::Key;

/// A system with the counts of its cells, and where each table's cells are in it. Confidential.
#[derive(Clone)]
pub(in crate::protect) struct Linked {
    pub system: System,
    pub counts: Vec<u64>,
    /// For each table and each cell, its variable.
    pub cells: Vec<Vec<u32>>,
    /// Zeros that follow from a zero that is shown.
    pub implied: Vec<bool>,
}

confidential!(Linked);

impl Linked {
    /// Returns the counts with their relations.
    pub fn counts(&self) -> CountSystem<'_> {
        CountSystem { system: &self.system, counts: &self.counts, implied: &self.implied }
    }

    /// Adds a count that no table shows, as detailed as another one.
    pub fn hide(&mut self, count: u64, like: u32) -> u32 {
        self.counts.push(count);
        self.implied.push(false);
        self.system.hides_zero.push(true);
        self.system.detail.push(self.system.detail[like as usize]);
        (self.counts.len() - 1) as u32
    }
}

/// The keys of all cells, and the variables that have them.
pub(super) struct KnownKeys<'a> {
    pub drafts: &'a Drafts,
    /// For each table, dimension and node, its part of a key.
    pub keys: &'a [Vec<Vec<u128>>],
    pub variables: &'a HashMap<Key, u32>,
    pub part: &'a dyn Fn(&str, &str) -> Option<u128>,
}

impl KnownKeys<'_> {
    /// Returns the key of a cell of a table without one dimension.
    pub fn without(&self, (table, cell): (usize, usize), without: usize) -> u128 {
        let nodes = self.drafts.tables[table].cube.nodes(cell);
        let parts = nodes.iter().enumerate().filter(|(d, _)| *d != without);
        parts.fold(0, |key, (d, &node)| key | self.keys[table][d][usize::from(node)])
    }

    /// Returns the variable of a cell of a table with another code in a dimension; without a code, of all persons.
    pub fn with_code(&self, place: (usize, usize), d: usize, code: Option<&str>) -> Option<u32> {
        let dimension = &self.drafts.tables[place.0].cube.dimensions[d].dimension;
        let part = code.map_or(Some(0), |code| (self.part)(dimension, code))?;
        self.variables.get(&Key(self.without(place, d) | part)).copied()
    }
}

/// How many cells lie between two neighbours along a dimension.
pub(super) fn stride(dimensions: &[Breakdown], d: usize) -> usize {
    dimensions[d + 1..].iter().map(|d| d.nodes.len()).product()
}

/// The node of a cell in a dimension.
pub(super) fn node_of(cell: usize, dimensions: &[Breakdown], d: usize) -> u16 {
    ((cell / stride(dimensions, d)) % dimensions[d].nodes.len()) as u16
}

/// Where a cell of a table is, with another node in one dimension.
pub(super) fn moved(dimensions: &[Breakdown], cell: usize, (d, node): (usize, u16)) -> usize {
    let stride = stride(dimensions, d);
    cell + usize::from(node) * stride - usize::from(node_of(cell, dimensions, d)) * stride
}
