//! All cells of one table, with every total. Confidential.

use std::collections::{BTreeMap, BTreeSet};

use super::{Breakdown, CountMeasure, CountRequest, Dimension, NodeKind};
use crate::confidential::confidential;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::schema::Record;
use crate::store::Part;

/// The largest number of cells of a table. No reader has a use for more, and they would not be published.
const MOST_CELLS: usize = 50_000_000;

/// Accepted records that are counted.
#[derive(Clone, Copy, Debug)]
pub struct Microdata<'a> {
    /// Their record type.
    pub record: &'a Record,
    /// The files of their store.
    pub parts: &'a [Part],
    /// Bytes of memory that counting may use in addition to the tables.
    pub memory: u64,
}

impl Microdata<'_> {
    /// The different values of some fields, each list ascending.
    pub fn values(&self, fields: &[usize]) -> Result<BTreeMap<usize, Vec<u64>>> {
        let mut values = vec![BTreeSet::new(); fields.len()];
        for part in self.parts {
            for (all, more) in values.iter_mut().zip(part.values(self.record, fields)?) {
                all.extend(more);
            }
        }
        Ok(fields.iter().copied().zip(values.into_iter().map(|values| values.into_iter().collect())).collect())
    }
}

/// Counts of every combination of nodes, the last dimension fastest.
///
/// Exact and unprotected, so it can be neither serialised nor displayed. `Debug` prints its shape only.
pub struct Cube {
    /// The dimensions.
    pub dimensions: Vec<Breakdown>,
    lowers: Vec<u64>,
    /// The upper bounds, where a source is masked.
    uppers: Option<Vec<u64>>,
}

confidential!(Cube);

/// Tables of accepted records that are counted with every total.
#[derive(Clone, Debug)]
pub struct CountWithTotals<'a> {
    /// The records.
    pub microdata: &'a Microdata<'a>,
    /// The values of the fields that are counted, as [`Microdata::values`] returns them.
    pub values: &'a BTreeMap<usize, Vec<u64>>,
    /// The tables, each given by its dimensions.
    pub tables: Vec<Vec<Breakdown>>,
    /// What is counted.
    pub measure: CountMeasure,
}

impl CountWithTotals<'_> {
    /// Counts the tables in one pass of the records.
    ///
    /// A record is counted once in every cell whose nodes it belongs to. With a field of multiple values a person is
    /// counted once in each of the values and once in their total.
    ///
    /// # Errors
    /// A table has more than 50,000,000 cells, a file cannot be read, or a count does not fit 64 bits.
    pub fn count(self, control: &Control) -> Result<Vec<Cube>> {
        cubes(self, control)
    }
}

fn cubes(request: CountWithTotals<'_>, control: &Control) -> Result<Vec<Cube>> {
    let CountWithTotals { microdata, values, tables, measure } = request;
    let mut dimensions: Vec<Dimension> = Vec::new();
    let mut known: Vec<&Breakdown> = Vec::new();
    let mut places: Vec<Vec<usize>> = Vec::new();
    let mut cubes = Vec::new();
    for table in &tables {
        let size = table.iter().try_fold(1usize, |size, d| size.checked_mul(d.nodes.len()));
        let size = size.filter(|&size| size <= MOST_CELLS).ok_or_else(|| {
            Error::failed(format!("a table has more than {MOST_CELLS} cells"))
                .hint("take a dimension out of it, or a coarser level")
        })?;
        cubes.push((vec![0u64; size], None::<Vec<u64>>));
        let mut place = Vec::new();
        for breakdown in table {
            let at = known.iter().position(|other| *other == breakdown);
            place.push(match at {
                Some(at) => at,
                None => {
                    let values = values.get(&breakdown.field).map_or(&[][..], Vec::as_slice);
                    dimensions.push(Dimension::with_total(breakdown, values)?);
                    known.push(breakdown);
                    known.len() - 1
                }
            });
        }
        places.push(place);
    }
    // Counting needs the dimensions of a table in ascending order.
    let sorted: Vec<Vec<usize>> = places
        .iter()
        .map(|place| {
            let mut sorted = place.clone();
            sorted.sort_unstable();
            sorted
        })
        .collect();
    let mut distinct = sorted.clone();
    distinct.sort();
    distinct.dedup();
    let request = CountRequest {
        record: microdata.record,
        parts: microdata.parts,
        dimensions: &dimensions,
        tables: &distinct,
        measure,
        memory: microdata.memory,
    };
    let plan = request.plan()?;
    plan.count(control, &mut |cells| {
        for (table, ascending) in sorted.iter().enumerate().filter(|(_, table)| **table == distinct[cells.table]) {
            let strides: Vec<usize> = ascending
                .iter()
                .map(|dimension| {
                    let at = places[table].iter().position(|place| place == dimension).unwrap_or_default();
                    tables[table][at + 1..].iter().map(|d| d.nodes.len()).product()
                })
                .collect();
            let (counts, upper) = &mut cubes[table];
            for row in 0..cells.len() {
                let nodes = cells.nodes.iter().zip(&strides);
                let cell: usize = nodes.map(|(nodes, stride)| usize::from(nodes[row]) * stride).sum();
                counts[cell] = cells.lower[row];
                if let Some(uppers) = &cells.upper {
                    let len = counts.len();
                    upper.get_or_insert_with(|| vec![0; len])[cell] = uppers[row];
                }
            }
        }
        Ok(())
    })?;
    Ok(tables
        .into_iter()
        .zip(cubes)
        .map(|(dimensions, (counts, upper))| {
            let masked = upper.as_ref().is_some_and(|upper| *upper != counts);
            Cube { dimensions, lowers: counts, uppers: upper.filter(|_| masked) }
        })
        .collect())
}

impl Cube {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.lowers.len()
    }

    /// Returns whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.lowers.is_empty()
    }

    /// Returns the exact count of a cell, or its lower bound where sources are masked.
    pub fn lower(&self, cell: usize) -> u64 {
        self.lowers[cell]
    }

    /// Returns the upper bound of the count of a cell.
    pub fn upper(&self, cell: usize) -> u64 {
        self.uppers.as_ref().map_or(self.lowers[cell], |upper| upper[cell])
    }

    /// Returns whether a count is known by its bounds only.
    pub fn is_masked(&self) -> bool {
        self.uppers.is_some()
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

    /// Returns whether a cell can hold a person: a code of a country's list exists in that country only.
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
