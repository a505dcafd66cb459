//! Counts all requested tables from rows, within a bounded memory.

use rayon::prelude::*;

use super::Dimension;
use super::budget::Budget;
use super::cells::{Cells, Emitter, Radix};
use super::condense::Combiner;
use super::cuboids::{CuboidPlan, CuboidSource};
use super::dense::{Counters, Cuboid, Width};
use super::rows::{RecordRun, RowWeights};
use super::sorted::{Aside, CellPacker, PackedCell, PackedRun};
use crate::error::{Error, Result};

/// Bytes of an array in which the cells of a table are expanded: beyond that, sorting them is faster.
const EXPANDED: u64 = 1 << 26;

/// What is counted, and how.
#[derive(Debug)]
pub(super) struct CountTask<'a> {
    pub dimensions: &'a [Dimension],
    pub tables: &'a [Vec<usize>],
    pub plan: &'a CuboidPlan,
    /// The cuboids of this pass.
    pub cuboids: &'a [usize],
    /// True if this pass counts the tables that are sorted.
    pub sorts: bool,
    pub width: Width,
    /// True if rows that are alike are joined first.
    pub combine: bool,
    pub budget: &'a Budget,
}

/// The counts of one pass while rows are added.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    task: &'a CountTask<'a>,
    cuboids: Vec<(usize, Cuboid)>,
    sorted: Vec<Sorter>,
    combiners: Vec<Combiner>,
}

/// The cells of one table that is too large for an array.
#[derive(Debug)]
struct Sorter {
    table: usize,
    radix: Radix,
    width: Width,
    runs: Vec<PackedRun>,
}

/// Runs of tables, and the file of those that do not fit into memory.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// For each table, its runs.
    pub by_table: Vec<Vec<PackedRun>>,
    pub aside: Aside,
}

impl Runs {
    pub fn new(tables: usize) -> Self {
        Self { by_table: (0..tables).map(|_| Vec::new()).collect(), aside: Aside::default() }
    }

    /// Spills everything if more than this is held.
    pub fn bound(&mut self, bytes: u64) -> Result<()> {
        let held: u64 = self.by_table.iter().flatten().map(PackedRun::held).sum();
        if held > bytes { self.aside.take(self.by_table.iter_mut().flatten()) } else { Ok(()) }
    }
}

impl<'a> Counter<'a> {
    /// Nothing is counted yet.
    pub fn new(task: &'a CountTask<'a>) -> Result<Self> {
        let cards: Vec<usize> = task.dimensions.iter().map(Dimension::card).collect();
        let cuboids =
            task.cuboids.iter().map(|&at| (at, Cuboid::new(&task.plan.cuboids[at], &cards, task.width))).collect();
        let mut sorted = Vec::new();
        for (table, source) in task.plan.sources.iter().enumerate() {
            if *source == CuboidSource::Sorted && task.sorts {
                let radix = radix(task.dimensions, &task.tables[table])?;
                sorted.push(Sorter { table, radix, width: task.width, runs: Vec::new() });
            }
        }
        let threads = rayon::current_num_threads();
        let combiner = || Combiner::new(task.dimensions, task.budget.slots, task.width);
        let combiners = if task.combine { (0..threads).map_while(|_| combiner()).collect() } else { Vec::new() };
        Ok(Self { task, cuboids, sorted, combiners })
    }

    /// Counts rows.
    pub fn take(&mut self, window: &[RecordRun], runs: &mut Runs) -> Result<()> {
        if self.combiners.is_empty() {
            return self.count(window, runs);
        }
        let dimensions = self.task.dimensions;
        let share = window.len().div_ceil(self.combiners.len());
        let full = self.combiners.par_iter_mut().zip(window.par_chunks(share.max(1))).map(|(combiner, window)| {
            let mut out = Vec::new();
            window.iter().for_each(|rows| combiner.take(rows, dimensions, &mut out));
            out
        });
        let full: Vec<RecordRun> = full.collect::<Vec<_>>().into_iter().flatten().collect();
        if full.is_empty() {
            return Ok(());
        }
        self.count(&full, runs)?;
        // Where records hardly repeat, looking for repetitions costs more than it saves.
        let (taken, given) = self.combiners.iter().map(Combiner::repeats).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        if given * 2 > taken { self.give_up(runs) } else { Ok(()) }
    }

    /// Counts what the combiners hold, and does without them.
    fn give_up(&mut self, runs: &mut Runs) -> Result<()> {
        let dimensions = self.task.dimensions;
        let mut combiners = std::mem::take(&mut self.combiners).into_iter();
        let Some(mut first) = combiners.next() else { return Ok(()) };
        let mut rows = Vec::new();
        combiners.for_each(|other| first.merge(other, dimensions, &mut rows));
        rows.push(first.drain(dimensions));
        self.count(&rows, runs)
    }

    fn count(&mut self, rows: &[RecordRun], runs: &mut Runs) -> Result<()> {
        let task = self.task;
        let (cuboids, sorted) = (&mut self.cuboids, &mut self.sorted);
        let of_cuboids =
            || cuboids.par_iter_mut().for_each(|(_, cuboid)| rows.iter().for_each(|rows| cuboid.add(rows)));
        let limit = task.budget.sorting;
        let of_sorted = || sorted.par_iter_mut().for_each(|sorter| sorter.add(rows, task, limit));
        rayon::join(of_cuboids, of_sorted);
        if self.sorted.is_empty() {
            return Ok(());
        }
        self.sorted.iter_mut().for_each(|sorter| runs.by_table[sorter.table].append(&mut sorter.runs));
        runs.bound(task.budget.runs)
    }

    /// The counts, when all rows were added.
    pub fn end(mut self, runs: &mut Runs) -> Result<Vec<(usize, Cuboid)>> {
        self.give_up(runs)?;
        Ok(self.cuboids.into_par_iter().map(|(at, cuboid)| (at, cuboid.end())).collect())
    }
}

pub(super) fn radix(dimensions: &[Dimension], table: &[usize]) -> Result<Radix> {
    Radix::of(dimensions, table).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|&dimension| dimensions[dimension].id.as_str()).collect();
        Error::failed(format!("the table {} has more than 2^64 possible cells", names.join(" x ")))
            .hint("leave a dimension out, ask for a coarser level, or for a lower `--max-order`")
    })
}

impl Sorter {
    fn add(&mut self, window: &[RecordRun], task: &CountTask<'_>, limit: usize) {
        let table = &task.tables[self.table];
        let dimensions: Vec<&Dimension> = table.iter().map(|&at| &task.dimensions[at]).collect();
        let plain = dimensions.iter().all(|dimension| dimension.is_plain());
        let ones = window.iter().all(|rows| matches!(rows.weights, RowWeights::Ones));
        let (mut keys, mut cells) = (Vec::new(), Vec::new());
        let (mut of_row, mut spare) = (Vec::new(), Vec::new());
        for rows in window {
            for row in 0..rows.len {
                let classes = table.iter().map(|&dimension| rows.codes[dimension].get(row));
                if plain {
                    of_row.clear();
                    let sizes = dimensions.iter().map(|dimension| dimension.nodes.len() as u64);
                    of_row.push(classes.zip(sizes).fold(0, |key, (class, size)| key * size + u64::from(class)));
                } else {
                    let nodes =
                        classes.zip(&dimensions).map(|(class, dimension)| &dimension.classes[usize::from(class)][..]);
                    self.radix.keys(nodes, &mut of_row, &mut spare);
                }
                if ones {
                    keys.extend_from_slice(&of_row);
                } else {
                    let (lower, upper) = rows.weight(row);
                    let full = of_row.iter().filter(|_| upper > 0);
                    cells.extend(full.map(|&key| PackedCell {
                        key,
                        lower,
                        upper: if self.width.has_bounds() { upper } else { lower },
                    }));
                }
                if keys.len() >= limit || cells.len() * 3 >= limit {
                    self.end_run(&mut keys, &mut cells);
                }
            }
        }
        self.end_run(&mut keys, &mut cells);
    }

    fn end_run(&mut self, keys: &mut Vec<u64>, cells: &mut Vec<PackedCell>) {
        if !keys.is_empty() {
            self.runs.push(PackedRun::of_keys(keys));
        }
        if !cells.is_empty() {
            self.runs.push(PackedRun::of(cells));
        }
        keys.clear();
        cells.clear();
    }
}

/// All counts, ready to be read table by table.
#[derive(Debug)]
pub(super) struct CountedTables<'a> {
    pub dimensions: &'a [Dimension],
    pub tables: &'a [Vec<usize>],
    pub plan: &'a CuboidPlan,
    pub width: Width,
    pub budget: &'a Budget,
    /// The cuboids that are there, by their number.
    pub cuboids: Vec<(usize, Cuboid)>,
    pub runs: Runs,
    /// How often persons were counted twice.
    pub twice: Runs,
}

impl CountedTables<'_> {
    /// Calls back with the cells of all tables, table by table and in the order of their keys.
    pub fn each(&self, take: &mut dyn FnMut(Cells) -> Result<()>) -> Result<()> {
        let tables: Vec<usize> = (0..self.tables.len()).collect();
        for together in self.groups(&tables) {
            if let [table] = *together {
                self.table(table, take)?;
                continue;
            }
            let made = together.par_iter().map(|&table| {
                let mut made = Vec::new();
                self.table(table, &mut |cells| {
                    made.push(cells);
                    Ok(())
                })?;
                Ok(made)
            });
            for cells in made.collect::<Result<Vec<_>>>()?.into_iter().flatten() {
                take(cells)?;
            }
        }
        Ok(())
    }

    /// Tables that are made side by side: as many as there is room for, or one.
    fn groups<'a>(&self, tables: &'a [usize]) -> Vec<&'a [usize]> {
        let (mut groups, mut first, mut bytes) = (Vec::new(), 0, 0u64);
        for (at, &table) in tables.iter().enumerate() {
            let more = self.bytes(table);
            if at > first && bytes.saturating_add(more) > self.budget.out {
                groups.push(&tables[first..at]);
                (first, bytes) = (at, 0);
            }
            bytes = bytes.saturating_add(more);
        }
        if first < tables.len() {
            groups.push(&tables[first..]);
        }
        groups
    }

    fn cuboid(&self, table: usize) -> Option<&Cuboid> {
        let CuboidSource::Cuboid(source) = self.plan.sources[table] else { return None };
        self.cuboids.iter().find(|(at, _)| *at == source).map(|(_, cuboid)| cuboid)
    }

    /// The most memory that the cells of a table, and what they are made of, can take.
    fn bytes(&self, table: usize) -> u64 {
        let dimensions = &self.tables[table];
        let cell = 2 * dimensions.len() as u64 + if self.width == Width::Bounds { 16 } else { 8 };
        let product = |size: &dyn Fn(&Dimension) -> usize| {
            dimensions.iter().fold(1u64, |all, &at| all.saturating_mul(size(&self.dimensions[at]).max(1) as u64))
        };
        let nodes = product(&|dimension| dimension.nodes.len());
        match self.cuboid(table) {
            // The counters dimensions the table, their sums on the way from the cuboid, and the cells that come dimensions them.
            Some(cuboid) => nodes.saturating_mul(cell + 16).saturating_add(cuboid.largest_sum(dimensions)),
            None => self.runs.by_table[table].iter().map(|run| run.cells).sum::<u64>().min(nodes).saturating_mul(cell),
        }
    }

    fn table(&self, table: usize, take: &mut dyn FnMut(Cells) -> Result<()>) -> Result<()> {
        let radix = radix(self.dimensions, &self.tables[table])?;
        let twice = self.twice.by_table.get(table).filter(|runs| !runs.is_empty());
        let twice = twice.map(|runs| self.twice.aside.merged(runs)).transpose()?;
        let cells = Cells::new(table, self.tables[table].len(), self.width);
        let mut emitter = Emitter::new(cells, radix, twice, take)?;
        match self.cuboid(table) {
            Some(cuboid) => self.summed(table, cuboid, &mut |key, lower, upper| emitter.push(key, lower, upper))?,
            None => {
                let mut merged = self.runs.aside.merged(&self.runs.by_table[table])?;
                while let Some(cell) = merged.next()? {
                    emitter.push(cell.key, cell.lower, cell.upper)?;
                }
            }
        }
        emitter.end()
    }

    /// Sums a table up from its cuboid.
    fn summed(&self, table: usize, cuboid: &Cuboid, take: &mut dyn FnMut(u64, u64, u64) -> Result<()>) -> Result<()> {
        let radix = radix(self.dimensions, &self.tables[table])?;
        let counters = cuboid.project(&self.tables[table]);
        let dimensions: Vec<&Dimension> = self.tables[table].iter().map(|&at| &self.dimensions[at]).collect();
        let mut done = Ok(());
        let mut pass_on = |key: u64, lower: u64, upper: u64| {
            if done.is_ok() {
                done = take(key, lower, upper);
            }
        };
        if dimensions.iter().all(|dimension| dimension.is_plain()) {
            counters.each(|at, lower, upper| pass_on(at as u64, lower, upper));
            return done;
        }
        let (mut classes, mut keys, mut spare) = (vec![0; dimensions.len()], Vec::new(), Vec::new());
        let mut expand = |mut at: usize, each: &mut dyn FnMut(u64)| {
            for (class, dimension) in classes.iter_mut().zip(&dimensions).rev() {
                *class = at % dimension.card();
                at /= dimension.card();
            }
            let nodes = dimensions
                .iter()
                .zip(&classes)
                .map(|(dimension, &class)| dimension.classes.get(class).map_or(&[][..], Vec::as_slice));
            radix.keys(nodes, &mut keys, &mut spare);
            keys.iter().for_each(|&key| each(key));
        };
        let nodes = dimensions.iter().fold(1usize, |all, dimension| all.saturating_mul(dimension.nodes.len()));
        if nodes as u64 * 16 <= EXPANDED.min(self.budget.out) {
            let (mut lower_of, mut upper_of) = (vec![0u64; nodes], vec![0u64; nodes]);
            counters.each(|at, lower, upper| {
                expand(at, &mut |key| {
                    lower_of[key as usize] = lower_of[key as usize].wrapping_add(lower);
                    upper_of[key as usize] = upper_of[key as usize].wrapping_add(upper);
                });
            });
            Counters::Bounds(lower_of, upper_of).each(|at, lower, upper| pass_on(at as u64, lower, upper));
            return done;
        }
        let mut runs = Runs::new(1);
        let (mut cells, mut full) = (Vec::new(), Ok(()));
        counters.each(|at, lower, upper| {
            expand(at, &mut |key| cells.push(PackedCell { key, lower, upper }));
            if cells.len() * 3 >= self.budget.sorting && full.is_ok() {
                runs.by_table[0].push(PackedRun::of(&mut cells));
                cells.clear();
                full = runs.bound(self.budget.out / 2);
            }
        });
        full?;
        drop(counters);
        runs.by_table[0].push(PackedRun::of(&mut cells));
        drop(cells);
        let mut merged = runs.aside.merged(&runs.by_table[0])?;
        while let Some(cell) = merged.next()? {
            take(cell.key, cell.lower, cell.upper)?;
        }
        Ok(())
    }

    /// Packs the tables of this pass, so that the next one has their room.
    pub fn pack(&mut self) -> Result<()> {
        let of_pass: Vec<usize> = (0..self.tables.len()).filter(|&table| self.cuboid(table).is_some()).collect();
        for together in self.groups(&of_pass) {
            let made = together.par_iter().map(|&table| {
                let cuboid = self.cuboid(table).ok_or_else(|| Error::failed("a cuboid was not counted"))?;
                let mut pack = CellPacker::default();
                self.summed(table, cuboid, &mut |key, lower, upper| {
                    pack.push(PackedCell { key, lower, upper });
                    Ok(())
                })?;
                Ok(pack.end())
            });
            let packed = made.collect::<Result<Vec<_>>>()?;
            together.iter().zip(packed).for_each(|(&table, run)| self.runs.by_table[table].push(run));
            self.runs.bound(self.budget.runs)?;
        }
        self.cuboids.clear();
        Ok(())
    }
}
