//! Plans the requested tables of a store and counts them.

use rayon::prelude::*;
use serde::Serialize;

use super::Dimension;
use super::budget::{Budget, BudgetRequest};
use super::cells::Cells;
use super::condense::Combiner;
use super::count::{CountTask, CountedTables, Counter, Runs};
use super::cuboids::{self, CuboidPlan, CuboidSource};
use super::dense::Width;
use super::persons::Persons;
use super::request::{CountMeasure, CountRequest};
use super::rows::{RecordRun, RunConsumer};
use crate::control::Control;
use crate::error::Result;
use crate::store::{COUNT_UPPER, CountColumns, NumberColumns, Part, RowsRequest};

/// A planned request: what is counted, and how. Confidential where it shows the number of records.
#[derive(Debug)]
pub struct PlannedCount<'a> {
    request: &'a CountRequest<'a>,
    groups: Vec<(&'a Part, usize)>,
    plan: CuboidPlan,
    passes: Vec<Vec<usize>>,
    width: Width,
    combine: bool,
    budget: Budget,
    rows: u64,
    kinds: u64,
}

/// A plan for a reader. Confidential: it shows the number of records.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// Rows of the store.
    pub rows: u64,
    /// Different rows, estimated from a sample.
    pub kinds: u64,
    /// True if rows that are alike are joined before they are counted.
    pub joined: bool,
    /// How often the store is read.
    pub passes: usize,
    /// What is counted directly.
    pub cuboids: Vec<ExplainedCuboid>,
    /// Tables that are too large for an array. Their cells are sorted.
    pub sorted: Vec<String>,
}

/// One cuboid of a plan.
#[derive(Debug, Serialize)]
pub struct ExplainedCuboid {
    /// Its dimensions.
    pub dimensions: String,
    /// Its counters.
    pub cells: u64,
    /// How many requested tables are summed up from it.
    pub tables: usize,
}

impl<'a> CountRequest<'a> {
    /// Reads what the plan depends on, and plans.
    ///
    /// # Errors
    /// The store cannot be read, its counts do not fit 64 bits, or the memory is too small.
    pub fn plan(&'a self) -> Result<PlannedCount<'a>> {
        let groups: Vec<(&Part, usize)> =
            self.parts.iter().flat_map(|part| (0..part.row_groups()).map(move |group| (part, group))).collect();
        let rows = groups.iter().map(|(part, group)| part.rows(*group)).sum();
        let width = self.width(&groups)?;
        let weights = if width == Width::Narrow { 0 } else { 32 };
        let bytes: u64 = self.dimensions.iter().map(|dimension| if dimension.card() <= 256 { 3 } else { 4 }).sum();
        let largest = groups.iter().map(|(part, group)| part.rows(*group)).max().unwrap_or(0);
        let persons = self.measure == CountMeasure::Persons;
        let group = largest.max(1 << 12) * (bytes + weights + if persons { 80 } else { 0 });
        let budget = BudgetRequest {
            memory: self.memory,
            threads: rayon::current_num_threads(),
            group,
            width,
            measure: self.measure,
        }
        .budget()?;
        let cards: Vec<usize> = self.dimensions.iter().map(Dimension::card).collect();
        let nodes: Vec<usize> = self.dimensions.iter().map(|dimension| dimension.nodes.len()).collect();
        let task = |rows: u64| cuboids::CuboidTask {
            cards: &cards,
            nodes: &nodes,
            tables: self.tables,
            rows,
            cell: width.bytes(),
            hot: width.hot(),
            memory: budget.counters,
        };
        let direct = task(rows).plan();
        let sample = self.sample(&groups, &budget, width)?;
        let mut out = PlannedCount {
            request: self,
            groups,
            plan: direct,
            passes: Vec::new(),
            width,
            combine: false,
            budget: budget.clone(),
            rows,
            kinds: sample.as_ref().map_or(rows, |sample| sample.kinds(rows)),
        };
        if let Some(sample) = sample {
            let left = sample.left(rows, (budget.slots / 2) as u64);
            let combined = task(left).plan();
            // What a look-up costs, in the planner's rough nanoseconds.
            if combined.cost + rows as f64 * 8.0 < out.plan.cost {
                out.plan = combined;
                out.combine = true;
            }
        }
        let cells = |cuboid: &Vec<usize>| cuboid.iter().map(|&d| cards[d] as u64).product::<u64>() * width.bytes();
        let mut room = 0;
        for (at, cuboid) in out.plan.cuboids.iter().enumerate() {
            let bytes = cells(cuboid);
            if out.passes.is_empty() || bytes > room {
                out.passes.push(Vec::new());
                room = budget.counters;
            }
            room -= bytes.min(room);
            out.passes.last_mut().expect("one was pushed").push(at);
        }
        if out.passes.is_empty() {
            out.passes.push(Vec::new());
        }
        Ok(out)
    }

    /// Returns the width of the counters. The counts are added up first, so that no counter can be too small.
    fn width(&self, groups: &[(&Part, usize)]) -> Result<Width> {
        let mut total = 0u64;
        let mut bounds = false;
        for (part, group) in groups {
            let victims = if part.is_one(*group) {
                part.rows(*group)
            } else {
                let mut sum = 0u64;
                let rows =
                    RowsRequest { record: self.record, fields: &[], row_group: *group, counts: CountColumns::Read };
                part.each(&rows, |chunk| {
                    let (lower, upper) = chunk.counts.unwrap_or_default();
                    bounds |= lower != upper;
                    for &count in upper {
                        sum = sum.saturating_add(count);
                    }
                    Ok(())
                })?;
                sum
            };
            // Other engines add up in signed numbers of 64 bits, and so do readers of what is written.
            total = total.saturating_add(victims);
            if i64::try_from(total).is_err() {
                return Err(part.no_count(*group, COUNT_UPPER, "the sum up to here is beyond 2^63"));
            }
        }
        Ok(match (bounds, u32::try_from(total)) {
            (true, _) => Width::Bounds,
            (false, Ok(_)) => Width::Narrow,
            (false, Err(_)) => Width::Wide,
        })
    }

    /// Samples how much the first rows repeat.
    fn sample(&self, groups: &[(&Part, usize)], budget: &Budget, width: Width) -> Result<Option<KindSample>> {
        let Some((part, group)) = groups.iter().max_by_key(|(part, group)| part.rows(*group)) else { return Ok(None) };
        let Some(mut combiner) = Combiner::new(self.dimensions, budget.slots, width) else { return Ok(None) };
        let rows = RecordRun::read(part, self.record, self.dimensions, *group)?;
        let (half, all) = combiner.sample(&rows);
        Ok(Some(KindSample { rows: rows.len().min(1 << 17) as u64, half, all }))
    }
}

/// How many kinds of rows there are among half of some rows, and among all of them.
#[derive(Debug)]
struct KindSample {
    rows: u64,
    half: u64,
    all: u64,
}

impl KindSample {
    /// The exponent with which kinds grow with rows, as words do with the length of a text (Heaps' law).
    fn exponent(&self) -> f64 {
        if self.half == 0 { 1.0 } else { (self.all as f64 / self.half as f64).log2().clamp(0.0, 1.0) }
    }

    fn kinds(&self, rows: u64) -> u64 {
        if self.rows == 0 {
            return rows;
        }
        ((self.all as f64 * (rows as f64 / self.rows as f64).powf(self.exponent())) as u64)
            .clamp(self.all.min(rows), rows)
    }

    /// How many rows come out of a table that holds so many kinds and is emptied when it is full.
    fn left(&self, rows: u64, room: u64) -> u64 {
        let kinds = self.kinds(rows);
        if kinds <= room {
            return kinds;
        }
        let grow = (room as f64 / self.all.max(1) as f64).powf(1.0 / self.exponent().max(0.05));
        let until_full = (self.rows as f64 * grow).max(room as f64);
        ((rows as f64 / until_full).ceil() * room as f64) as u64
    }
}

impl PlannedCount<'_> {
    /// Returns the columns of counts of a cube.
    pub fn number_columns(&self) -> NumberColumns {
        if self.is_masked() { NumberColumns::MaskedCube } else { NumberColumns::Cube }
    }

    /// Returns whether some counts are known by their bounds only.
    pub fn is_masked(&self) -> bool {
        self.width == Width::Bounds
    }

    /// The plan for a reader.
    pub fn explain(&self) -> Explained {
        let dimensions = self.request.dimensions;
        let name = |table: &[usize]| {
            let names: Vec<&str> = table.iter().map(|&dimension| dimensions[dimension].id.as_str()).collect();
            if names.is_empty() { "_T".to_owned() } else { names.join("*") }
        };
        let cuboids = self.plan.cuboids.iter().enumerate().map(|(at, cuboid)| ExplainedCuboid {
            dimensions: name(cuboid),
            cells: cuboid.iter().map(|&d| dimensions[d].card() as u64).product(),
            tables: self.plan.sources.iter().filter(|source| **source == CuboidSource::Cuboid(at)).count(),
        });
        let sorted = self.request.tables.iter().zip(&self.plan.sources);
        Explained {
            rows: self.rows,
            kinds: self.kinds,
            joined: self.combine,
            passes: self.passes.len(),
            cuboids: cuboids.collect(),
            sorted: sorted
                .filter(|(_, source)| **source == CuboidSource::Sorted)
                .map(|(table, _)| name(table))
                .collect(),
        }
    }

    /// Reads and counts, and hands on the cells table by table, in the order of their keys.
    pub fn count(&self, control: &Control, take: &mut dyn FnMut(Cells) -> Result<()>) -> Result<()> {
        let request = self.request;
        let persons = match request.measure {
            CountMeasure::Victims => None,
            CountMeasure::Persons => Some(Persons::read(request, &self.groups, &self.budget, control)?),
        };
        self.count_from(
            &mut |twice, take| match &persons {
                None => self.read(control, take),
                Some(persons) => persons.each(twice, take),
            },
            &mut |cells| {
                control.go_on()?;
                take(cells)
            },
        )
    }

    /// Reads all rows, for [`PlannedCount::count_loaded`].
    pub fn load(&self) -> Result<Vec<RecordRun>> {
        let read = |(part, group): &(&Part, usize)| {
            RecordRun::read(part, self.request.record, self.request.dimensions, *group)
        };
        self.groups.par_iter().map(read).collect()
    }

    /// Counts victims in rows that are in memory already.
    pub fn count_loaded(&self, rows: &[RecordRun], take: &mut dyn FnMut(Cells) -> Result<()>) -> Result<()> {
        self.count_from(&mut |_, take| rows.chunks(self.budget.window).try_for_each(&mut *take), take)
    }

    fn count_from(
        &self,
        read: &mut dyn FnMut(Option<&mut Runs>, RunConsumer<'_>) -> Result<()>,
        take: &mut dyn FnMut(Cells) -> Result<()>,
    ) -> Result<()> {
        let request = self.request;
        let mut counted = CountedTables {
            dimensions: request.dimensions,
            tables: request.tables,
            plan: &self.plan,
            width: self.width,
            budget: &self.budget,
            cuboids: Vec::new(),
            runs: Runs::new(request.tables.len()),
            twice: Runs::new(request.tables.len()),
        };
        for (pass, cuboids) in self.passes.iter().enumerate() {
            let task = CountTask {
                dimensions: request.dimensions,
                tables: request.tables,
                plan: &self.plan,
                cuboids,
                sorts: pass == 0,
                width: self.width,
                combine: self.combine,
                budget: &self.budget,
            };
            let mut counter = Counter::new(&task)?;
            let twice = (pass == 0).then_some(&mut counted.twice);
            read(twice, &mut |window| counter.take(window, &mut counted.runs))?;
            counted.cuboids = counter.end(&mut counted.runs)?;
            if self.passes.len() > 1 {
                counted.pack()?;
            }
        }
        counted.each(take)
    }

    /// Reads windows of row groups, each while the one before is counted.
    fn read(&self, control: &Control, take: RunConsumer<'_>) -> Result<()> {
        let read = |groups: &[(&Part, usize)]| -> Result<Vec<RecordRun>> {
            groups
                .par_iter()
                .map(|(part, group)| RecordRun::read(part, self.request.record, self.request.dimensions, *group))
                .collect()
        };
        let mut windows = self.groups.chunks(self.budget.window);
        let mut window = windows.next().map_or(Ok(Vec::new()), read)?;
        while !window.is_empty() {
            control.go_on()?;
            let next = windows.next();
            let (next, counted) = rayon::join(|| next.map_or(Ok(Vec::new()), read), || take(&window));
            counted?;
            window = next?;
        }
        Ok(())
    }
}
