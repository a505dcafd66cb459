//! Which cuboids are counted, so that every wanted table can be summed up from one of them.
//!
//! A cuboid over more dimensions serves more tables, and costs a slower memory. Several bounds on the size of a cuboid are
//! tried, and the cheapest cover is taken. Costs are rough nanoseconds of one thread; only their order matters.

/// Where a table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CuboidSource {
    /// From this cuboid.
    Cuboid(usize),
    /// It is too large for an array, and its cells are sorted.
    Sorted,
}

/// What is to be planned for.
#[derive(Clone, Debug)]
pub(super) struct CuboidTask<'a> {
    /// Classes of each dimension.
    pub cards: &'a [usize],
    /// Nodes of each dimension.
    pub nodes: &'a [usize],
    /// The wanted tables, each as its dimensions in ascending order.
    pub tables: &'a [Vec<usize>],
    /// Records, or kinds of records where these are known to repeat.
    pub rows: u64,
    /// Bytes of a counter.
    pub cell: u64,
    /// Bytes of a counter that every row touches.
    pub hot: u64,
    /// Bytes that all counters of one pass may take.
    pub memory: u64,
}

/// What is counted, and how every table comes of it.
#[derive(Clone, Debug, Default)]
pub(super) struct CuboidPlan {
    /// The dimensions of each cuboid.
    pub cuboids: Vec<Vec<usize>>,
    /// For each table, where it comes from.
    pub sources: Vec<CuboidSource>,
    /// What counting and summing up costs, in rough nanoseconds.
    pub cost: f64,
}

/// An array of this size is always worth its zeros.
const SMALL: u64 = 1 << 20;

/// Tables whose expanded cells are more than this are sorted.
const MOST_NODES: u64 = 1 << 24;

impl CuboidTask<'_> {
    fn cells(&self, sizes: &[usize], dimensions: impl Iterator<Item = usize>) -> u64 {
        dimensions.fold(1u64, |cells, dimension| cells.saturating_mul(sizes[dimension] as u64))
    }

    fn fits(&self, cells: u64) -> bool {
        cells <= SMALL.max(self.rows.saturating_mul(4)) && cells.saturating_mul(self.cell) <= self.memory / 2
    }

    /// The cheapest plan.
    pub fn plan(&self) -> CuboidPlan {
        let masks: Vec<u64> = self.tables.iter().map(|table| table.iter().fold(0, |mask, d| mask | 1 << d)).collect();
        let dense: Vec<bool> = self
            .tables
            .iter()
            .map(|table| {
                let nodes = self.cells(self.nodes, table.iter().copied());
                self.fits(self.cells(self.cards, table.iter().copied())) && nodes <= MOST_NODES
            })
            .collect();
        let bounds = (14..=24).step_by(2).map(|bits| 1u64 << bits);
        let plans = bounds.map(|bound| self.cover(&masks, &dense, bound));
        plans.min_by(|a, b| a.cost.total_cmp(&b.cost)).unwrap_or_default()
    }

    /// Covers the tables by cuboids of at most so many cells, or of one table that is larger.
    fn cover(&self, masks: &[u64], dense: &[bool], bound: u64) -> CuboidPlan {
        let cells_of = |mask: u64| self.cells(self.cards, dimensions_of(mask));
        let mut open: Vec<u64> = masks.iter().zip(dense).filter(|(_, dense)| **dense).map(|(mask, _)| *mask).collect();
        // The largest tables have the least choice.
        open.sort_by_key(|&mask| (std::cmp::Reverse(cells_of(mask)), mask));
        open.dedup();
        let mut cuboids = Vec::new();
        while let Some(&first) = open.first() {
            let seeds = open.iter().copied().take(4);
            let grown = seeds.map(|seed| {
                let mask = self.grow(seed, &open, bound);
                let covered = open.iter().filter(|&&table| table & !mask == 0).count();
                (mask, covered as f64 / self.per_row(cells_of(mask), mask.count_ones()))
            });
            let best = grown.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(first, |(mask, _)| mask);
            open.retain(|&table| table & !best != 0);
            cuboids.push(best);
        }
        // The first ones were chosen before the last ones were known.
        let needed = |cuboid: u64, others: &[u64]| {
            let tables = masks.iter().zip(dense).filter(|(mask, dense)| **dense && **mask & !cuboid == 0);
            tables.fold(0, |needed, (&mask, _)| {
                if others.iter().any(|&other| other != cuboid && mask & !other == 0) { needed } else { needed | mask }
            })
        };
        for at in 0..cuboids.len() {
            cuboids[at] = needed(cuboids[at], &cuboids);
        }
        let scalar = masks.iter().zip(dense).any(|(mask, dense)| *dense && *mask == 0);
        cuboids.retain(|&mask| mask != 0);
        if scalar && cuboids.is_empty() {
            cuboids.push(0);
        }
        cuboids.sort_by_key(|&mask| (std::cmp::Reverse(cells_of(mask)), mask));
        cuboids.dedup();
        let source = |mask: u64, dense: bool| {
            let all = cuboids.iter().enumerate().filter(|(_, cuboid)| dense && mask & !**cuboid == 0);
            let smallest = all.min_by_key(|(at, cuboid)| (cells_of(**cuboid), *at));
            smallest.map_or(CuboidSource::Sorted, |(at, _)| CuboidSource::Cuboid(at))
        };
        let sources: Vec<CuboidSource> = masks.iter().zip(dense).map(|(&mask, &dense)| source(mask, dense)).collect();
        let count = cuboids.iter().map(|&mask| self.rows as f64 * self.per_row(cells_of(mask), mask.count_ones()));
        let zero = cuboids.iter().map(|&mask| cells_of(mask) as f64 * 0.5);
        let sum = sources.iter().map(|source| match source {
            CuboidSource::Cuboid(at) => cells_of(cuboids[*at]) as f64 * 0.4,
            CuboidSource::Sorted => self.rows as f64 * 60.0,
        });
        let cost = count.chain(zero).chain(sum).sum();
        CuboidPlan { cuboids: cuboids.iter().map(|&mask| dimensions_of(mask).collect()).collect(), sources, cost }
    }

    /// Adds the dimensions that serve most further tables, as long as the cells stay below the bound.
    fn grow(&self, seed: u64, open: &[u64], bound: u64) -> u64 {
        let mut mask = seed;
        let mut cells = self.cells(self.cards, dimensions_of(mask));
        loop {
            let candidates = (0..self.cards.len()).filter(|&d| {
                mask >> d & 1 == 0 && cells.saturating_mul(self.cards[d] as u64) <= bound && self.cards[d] > 0
            });
            let gains = candidates.map(|d| {
                let with = mask | 1 << d;
                let gain = open.iter().filter(|&&table| table & !with == 0 && table & !mask != 0).count();
                (gain as f64 / (2.0 + (self.cards[d] as f64).log2()), d)
            });
            let best = gains.filter(|(gain, _)| *gain > 0.0).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((_, d)) = best else { return mask };
            mask |= 1 << d;
            cells *= self.cards[d] as u64;
        }
    }

    /// What one row costs in a cuboid: its place, and the access to a counter in a faster or slower memory.
    fn per_row(&self, cells: u64, dimensions: u32) -> f64 {
        let bytes = cells.saturating_mul(self.hot) as f64;
        let near = (bytes / 32_768.0).log2().clamp(0.0, 6.0);
        let far = (bytes / 2_097_152.0).log2().max(0.0);
        0.8 + 0.2 * f64::from(dimensions) + 0.1 * near + 1.2 * far
    }
}

fn dimensions_of(mask: u64) -> impl Iterator<Item = usize> {
    (0..u64::BITS as usize).filter(move |dimension| mask >> dimension & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns all tables of up to `max` dimensions.
    fn all(dimensions: usize, max: u32) -> Vec<Vec<usize>> {
        let masks = (0..1u64 << dimensions).filter(|mask| mask.count_ones() <= max);
        masks.map(|mask| dimensions_of(mask).collect()).collect()
    }

    fn check(task: &CuboidTask<'_>) -> CuboidPlan {
        let plan = task.plan();
        assert_eq!(plan.sources.len(), task.tables.len());
        for (table, source) in task.tables.iter().zip(&plan.sources) {
            match source {
                CuboidSource::Cuboid(at) => {
                    let cuboid = &plan.cuboids[*at];
                    assert!(table.iter().all(|d| cuboid.contains(d)), "{table:?} is not in {cuboid:?}");
                    let cells = task.cells(task.cards, cuboid.iter().copied());
                    assert!(cells * task.cell <= task.memory / 2);
                }
                CuboidSource::Sorted => {
                    let cells = task.cells(task.cards, table.iter().copied());
                    let nodes = task.cells(task.nodes, table.iter().copied());
                    assert!(!task.fits(cells) || nodes > MOST_NODES, "{table:?} could be counted");
                }
            }
        }
        plan
    }

    #[test]
    fn every_table_has_a_source() {
        for (cards, rows, memory) in [
            (vec![150usize, 150, 20, 20, 12, 15, 6, 4, 6, 4, 4], 10_000_000, 1 << 28),
            (vec![150, 150, 20, 20, 12, 15, 6, 4, 6, 4, 4], 100, 1 << 20),
            (vec![5000, 3000, 9, 1, 1], 1_000_000, 1 << 26),
            (vec![1], 0, 1 << 20),
            (vec![65_535, 65_535, 65_535, 65_535], u64::MAX, 1 << 30),
        ] {
            for max in 0..=4 {
                let tables = all(cards.len(), max);
                check(&CuboidTask { cards: &cards, nodes: &cards, tables: &tables, rows, cell: 5, hot: 1, memory });
            }
        }
        // No table at all.
        assert!(
            check(&CuboidTask { cards: &[3], nodes: &[3], tables: &[], rows: 1, cell: 5, hot: 1, memory: 1 << 20 })
                .cuboids
                .is_empty()
        );
    }

    /// 165 tables of three dimensions: a cuboid for each would be no plan.
    #[test]
    fn cuboids_serve_many_tables() {
        let cards = [150, 150, 20, 20, 12, 15, 6, 4, 6, 4, 4];
        let tables = all(11, 3);
        let task = CuboidTask {
            cards: &cards,
            nodes: &cards,
            tables: &tables,
            rows: 10_000_000,
            cell: 5,
            hot: 1,
            memory: 1 << 28,
        };
        let plan = check(&task);
        assert!(plan.cuboids.len() < 45, "{} cuboids: {:?}", plan.cuboids.len(), plan.cuboids);
    }
}
