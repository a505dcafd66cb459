//! All cells of one table, with every total. Confidential.

use std::collections::HashMap;

use super::base::Bounds;
use super::{Base, Breakdown, NodeKind};
use crate::error::{Error, Result};

/// A table larger than this is refused: nobody can read it, and it would not be published anyway.
const MOST_CELLS: usize = 50_000_000;

/// Counts of every combination of nodes, the last dimension fastest.
///
/// Exact and unprotected, so it can be neither serialised nor displayed; `Debug` prints its shape only.
pub struct Cube {
    /// The dimensions.
    pub dimensions: Vec<Breakdown>,
    counts: Vec<u64>,
    /// The greatest possible counts, where a source is masked.
    most: Option<Vec<u64>>,
}

impl std::fmt::Debug for Cube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shape: Vec<_> = self.dimensions.iter().map(|d| (d.dimension.as_str(), d.nodes.len())).collect();
        write!(f, "Cube {shape:?}")
    }
}

/// Counts one table from the base.
///
/// A record is counted once in every cell whose nodes it belongs to. With a field of several values a person is
/// counted once in each of the values and once in their total.
pub fn roll_up(base: &Base, dimensions: Vec<Breakdown>) -> Result<Cube> {
    let size = dimensions.iter().try_fold(1usize, |size, d| size.checked_mul(d.nodes.len()));
    let size = size.filter(|&size| size <= MOST_CELLS).ok_or_else(|| {
        Error::failed(format!("a table has more than {MOST_CELLS} cells"))
            .hint("take a dimension out of it, or a coarser level")
    })?;
    let mut counts = vec![Bounds::default(); size];
    let fields: Vec<_> = dimensions.iter().map(|d| d.field).collect();
    let mut known: Vec<HashMap<u64, Vec<u16>>> = vec![HashMap::new(); dimensions.len()];
    let mut cells = Vec::new();
    let mut next = Vec::new();
    base.project(&fields, |values, count| {
        cells.clear();
        cells.push(0usize);
        for ((dimension, &value), known) in dimensions.iter().zip(values).zip(&mut known) {
            let nodes = known.entry(value).or_insert_with(|| dimension.nodes_of(value));
            let stride = dimension.nodes.len();
            next.clear();
            next.extend(cells.iter().flat_map(|cell| nodes.iter().map(move |&node| cell * stride + usize::from(node))));
            std::mem::swap(&mut cells, &mut next);
        }
        for &cell in &cells {
            counts[cell].add(count)?;
        }
        Ok(())
    })?;
    let masked = counts.iter().any(|count| count.least != count.most);
    let most = masked.then(|| counts.iter().map(|count| count.most).collect());
    Ok(Cube { dimensions, counts: counts.iter().map(|count| count.least).collect(), most })
}

impl Cube {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The exact count of a cell; where sources are masked, the least that it can be.
    pub fn count(&self, cell: usize) -> u64 {
        self.counts[cell]
    }

    /// The greatest that the count of a cell can be.
    pub fn most(&self, cell: usize) -> u64 {
        self.most.as_ref().map_or(self.counts[cell], |most| most[cell])
    }

    /// Whether some count is known by its bounds only.
    pub fn is_masked(&self) -> bool {
        self.most.is_some()
    }

    /// The nodes of a cell, one index a dimension.
    pub fn nodes(&self, mut cell: usize) -> Vec<u16> {
        let mut nodes = vec![0; self.dimensions.len()];
        for (node, dimension) in nodes.iter_mut().zip(&self.dimensions).rev() {
            *node = (cell % dimension.nodes.len()) as u16;
            cell /= dimension.nodes.len();
        }
        nodes
    }

    /// The cell with the given nodes.
    pub fn cell(&self, nodes: &[u16]) -> usize {
        let pairs = nodes.iter().zip(&self.dimensions);
        pairs.fold(0, |cell, (&node, dimension)| cell * dimension.nodes.len() + usize::from(node))
    }

    /// Whether a cell can hold anybody: a code of a country's own list exists in that country only.
    pub fn exists(&self, nodes: &[u16]) -> bool {
        let area = |nodes: &[u16]| {
            self.dimensions.iter().zip(nodes).find_map(|(d, &node)| match d.nodes[usize::from(node)].kind {
                NodeKind::Code(code) if d.dimension == "REF_AREA" => Some(code),
                _ => None,
            })
        };
        self.dimensions.iter().zip(nodes).all(|(d, &node)| {
            let only = d.nodes[usize::from(node)].only_area;
            only.is_none() || only == area(nodes)
        })
    }
}
