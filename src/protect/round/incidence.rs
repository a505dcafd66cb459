//! Which published cells each unit is counted in, and what a change of each cell costs.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::stream::{Stream, StreamPurpose};
use crate::aggregate::{Breakdown, NodeKind, Units};

/// The cells of each unit, all in one list.
#[derive(Default)]
pub(super) struct Incidence {
    starts: Vec<usize>,
    cells: Vec<u32>,
}

impl Incidence {
    /// Returns the cells of a unit.
    pub fn cells(&self, unit: usize) -> &[u32] {
        &self.cells[self.starts[unit]..self.starts[unit + 1]]
    }

    /// Returns the number of cells of all units.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Joins the lists of all units.
    pub fn of(lists: &[Vec<u32>]) -> Self {
        let mut starts = vec![0];
        let mut cells = Vec::with_capacity(lists.iter().map(Vec::len).sum());
        for list in lists {
            cells.extend_from_slice(list);
            starts.push(cells.len());
        }
        Self { starts, cells }
    }
}

/// One table: for each dimension the column of units that it counts, and for each value the nodes, as steps between cells.
struct UnitTable {
    first: u64,
    dimensions: Vec<(usize, Vec<Vec<u64>>)>,
    /// For each dimension, a number that names each node; 0 for totals. Cells of the same group have the same sum.
    names: Vec<Vec<u64>>,
}

/// The cells of all tables, numbered one after the other.
pub(super) struct CellNumbering {
    tables: Vec<UnitTable>,
    cells: u64,
}

/// The cells that differ by their members.
pub(super) struct DistinctCells {
    /// The cells of each unit.
    pub incidence: Incidence,
    /// What a change of each cell costs in the tables that are requested; 0 for cells of other tables.
    pub requested: Vec<u32>,
    /// What it costs in all tables. The requested ones are dearer.
    pub weights: Vec<u32>,
    /// What it costs in all tables, where none is dearer.
    pub plain: Vec<u32>,
}

impl CellNumbering {
    /// Places the cells of the tables.
    pub fn new(tables: &[&[Breakdown]], units: &Units) -> Self {
        let mut placed = Vec::new();
        let mut first = 0;
        for table in tables {
            let cells: u64 = table.iter().map(|dimension| dimension.nodes.len() as u64).product();
            let mut step = cells;
            let mut dimensions = Vec::new();
            for breakdown in *table {
                step /= breakdown.nodes.len() as u64;
                let column = units.position(breakdown.field).expect("units have all fields of the tables");
                let steps = |&value: &u64| -> Vec<u64> {
                    breakdown.nodes_of(value).into_iter().map(|node| u64::from(node) * step).collect()
                };
                dimensions.push((column, units.values(column).iter().map(steps).collect()));
            }
            placed.push(UnitTable { first, dimensions, names: table.iter().map(names).collect() });
            first += cells;
        }
        Self { tables: placed, cells: first }
    }

    /// Lists the cells in which a unit is counted.
    fn cells_of(&self, places: &[u16], cells: &mut Vec<u64>, scratch: &mut Vec<u64>) {
        cells.clear();
        for table in &self.tables {
            scratch.clear();
            scratch.push(table.first);
            for (column, nodes) in &table.dimensions {
                let nodes = &nodes[usize::from(places[*column])];
                let before = scratch.len();
                for at in 0..before {
                    let from = scratch[at];
                    scratch.extend(nodes.iter().map(|node| from + node));
                }
                scratch.drain(..before);
            }
            cells.append(scratch);
        }
    }

    /// Adds up counts of units in every cell of the tables.
    pub fn sums(&self, units: &Units, counts: &[u64]) -> Vec<u64> {
        let mut sums = vec![0; self.cells as usize];
        let (mut cells, mut scratch) = (Vec::new(), Vec::new());
        for unit in (0..units.len()).filter(|&unit| counts[unit] > 0) {
            self.cells_of(&units.places(unit), &mut cells, &mut scratch);
            cells.iter().for_each(|&cell| sums[cell as usize] += counts[unit]);
        }
        sums
    }

    /// Finds which cells have the same members, and lists the cells of each unit, equal ones once. Cells of the first so many
    /// tables are dearer than those of the others.
    ///
    /// Cells are equal where a keyed sum over their members is: two others agree by chance once in 2^64 pairs.
    pub fn merged(&self, units: &Units, key: &[u8; 32], first: usize) -> DistinctCells {
        let mut draws = Stream::new(key, StreamPurpose::Cells);
        let mut sums = vec![(0u64, 0u64); self.cells as usize];
        let (mut cells, mut scratch) = (Vec::new(), Vec::new());
        for unit in 0..units.len() {
            let mark = draws.bits();
            self.cells_of(&units.places(unit), &mut cells, &mut scratch);
            for &cell in &cells {
                let (marks, count) = &mut sums[cell as usize];
                *marks = marks.wrapping_add(mark);
                *count += units.counts()[unit];
            }
        }
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let mut seen: HashSet<(u32, u64)> = HashSet::new();
        let (mut requested, mut plain): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut merged = vec![u32::MAX; sums.len()];
        for (at, table) in self.tables.iter().enumerate() {
            let is_requested = at < first;
            for cell in 0..table.names.iter().map(|names| names.len() as u64).product() {
                let at = (table.first + cell) as usize;
                let (marks, count) = sums[at];
                if marks == 0 {
                    continue;
                }
                let number = *numbers.entry(marks).or_insert_with(|| {
                    requested.push(0);
                    plain.push(0);
                    plain.len() as u32 - 1
                });
                merged[at] = number;
                // The same group counts once, in however many tables it is printed.
                if seen.insert((number, table.name(cell))) {
                    plain[number as usize] += weight(count);
                    requested[number as usize] += if is_requested { weight(count) } else { 0 };
                }
            }
        }
        drop((sums, numbers, seen));
        let list = |(cells, scratch): &mut (Vec<u64>, Vec<u64>), unit| {
            self.cells_of(&units.places(unit), cells, scratch);
            let mut list: Vec<u32> = cells.iter().map(|&cell| merged[cell as usize]).collect();
            list.sort_unstable();
            list.dedup();
            list
        };
        let mut lists: Vec<_> = (0..units.len()).into_par_iter().map_init(Default::default, list).collect();
        let [requested, plain] = in_order_of_units(&mut lists, [requested, plain]);
        let weights = plain.iter().zip(&requested).map(|(plain, requested)| plain + (DEARER - 1) * requested).collect();
        DistinctCells { incidence: Incidence::of(&lists), requested, weights, plain }
    }
}

/// Numbers cells anew, in the order in which units have them. Units next to each other are of one area and year, so the search
/// finds the cells of a unit close together in memory. Returns the costs of the cells in their new order.
fn in_order_of_units(lists: &mut [Vec<u32>], costs: [Vec<u32>; 2]) -> [Vec<u32>; 2] {
    let (mut numbers, mut old) = (vec![u32::MAX; costs[0].len()], Vec::with_capacity(costs[0].len()));
    for list in lists {
        for cell in list.iter_mut() {
            let number = &mut numbers[*cell as usize];
            if *number == u32::MAX {
                *number = old.len() as u32;
                old.push(*cell);
            }
            *cell = *number;
        }
        list.sort_unstable();
    }
    costs.map(|costs| old.iter().map(|&cell| costs[cell as usize]).collect())
}

impl UnitTable {
    /// Returns a number that is the same for cells of the same group.
    fn name(&self, mut cell: u64) -> u64 {
        let mut name = 0u64;
        for names in self.names.iter().rev() {
            name = name.wrapping_add(names[(cell % names.len() as u64) as usize]);
            cell /= names.len() as u64;
        }
        name
    }
}

/// Returns a number for each node of a dimension.
fn names(breakdown: &Breakdown) -> Vec<u64> {
    let name =
        |text: String| u64::from_le_bytes(blake3::hash(text.as_bytes()).as_bytes()[..8].try_into().expect("8 of 32"));
    let node = |code: &str| name(format!("{}={code}", breakdown.dimension));
    breakdown.nodes.iter().map(|known| if known.kind == NodeKind::Total { 0 } else { node(&known.code) }).collect()
}

/// How much dearer cells of the requested tables are than those of other tables. With 1 the `glotip` tables of the sample
/// would change as much as in a release of all tables.
const DEARER: u32 = 40;

/// Returns what a change of a count costs: less for larger counts, by their square root.
fn weight(count: u64) -> u32 {
    (10_000 / count.max(4)).isqrt().clamp(1, 50) as u32
}
