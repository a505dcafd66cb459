//! What a reader can infer: interval propagation over all sums, to a fixed point.
//!
//! The attacker knows what is published, how cells add up, and which zeros the policy hides. It knows no count, no reason
//! for a suppressed cell and no microdata, so an outsider can run it. The intervals that it finds are valid for every
//! table that agrees with the release; a finer method could find narrower ones.

use std::collections::VecDeque;

use super::constraint_sum::{ConstraintParts, ConstraintSum, OPEN};
use super::system::{Constraint, System};
use crate::error::{Error, Result};
use crate::model::Interval;

/// Bounds that creep by one may take long to settle; more steps than this a constraint is a defect.
const STEPS: usize = 10_000;

/// What is known of every cell so far; it can be narrowed step by step, and a step can be taken back.
#[derive(Clone)]
pub(in crate::protect) struct Bounds<'a> {
    system: &'a System,
    /// The least and the greatest value of each cell.
    range: Vec<[u64; 2]>,
    /// What each constraint says of its parts together.
    sums: Vec<ConstraintSum>,
    /// Whether the parts of each constraint exclude each other: as the system says, but close together in memory.
    partition: Vec<bool>,
    /// The parts of each constraint that are not known for good: they alone need be looked at.
    parts: ConstraintParts,
    waiting: VecDeque<u32>,
    queued: Vec<bool>,
    /// Previous bounds of the cells that the present step has changed.
    undo: Vec<(u32, [u64; 2])>,
    /// Previous widths of the widest parts of constraints.
    undo_widest: Vec<(u32, u64)>,
}

impl<'a> Bounds<'a> {
    /// What follows from the published cells.
    pub fn settled(system: &'a System, published: &[Option<u64>]) -> Result<Self> {
        let range: Vec<[u64; 2]> = published
            .iter()
            .zip(&system.hides_zero)
            .map(|(value, hides)| value.map_or([u64::from(!hides), OPEN], |value| [value, value]))
            .collect();
        let parts = ConstraintParts::new(system, &range);
        let together = |constraint: &Constraint| {
            ConstraintSum::new(constraint.parent, constraint.children.iter().map(|&child| range[child as usize]))
        };
        let sums = system.constraints.iter().map(together).collect();
        let mut bounds = Self {
            system,
            range,
            sums,
            parts,
            waiting: VecDeque::new(),
            queued: vec![false; system.constraints.len()],
            undo: Vec::new(),
            undo_widest: Vec::new(),
            partition: system.constraints.iter().map(|constraint| constraint.partition).collect(),
        };
        for (index, constraint) in system.constraints.iter().enumerate() {
            if published[constraint.parent as usize].is_none() || bounds.parts.len[index] > 0 {
                bounds.queue(index as u32);
            }
        }
        bounds.settle(|_, _| true)?;
        Ok(bounds)
    }

    /// What is known of a cell.
    pub fn interval(&self, cell: usize) -> Interval {
        let [lower, upper] = self.range[cell];
        Interval { lower, upper: (upper != OPEN).then_some(upper) }
    }

    /// Learns counts of cells and all that follows from them, unless that is too much for some cell: then nothing was
    /// learnt, and that cell is returned.
    pub fn learn(&mut self, counts: &[(u32, u64)], fine: impl Fn(u32, Interval) -> bool) -> Result<Option<u32>> {
        let objects = self.step(counts, fine)?;
        if objects.is_some() {
            self.take_back();
            return Ok(objects);
        }
        for &(cell, count) in counts {
            for &constraint in self.system.part_of.of(cell as usize) {
                self.parts.retire(constraint, cell, count);
            }
        }
        Ok(None)
    }

    /// Returns the cell that would be known too closely if a count were learnt. The count is not learnt.
    pub fn probe(&mut self, cell: u32, count: u64, fine: impl Fn(u32, Interval) -> bool) -> Result<Option<u32>> {
        let objects = self.step(&[(cell, count)], fine)?;
        self.take_back();
        Ok(objects)
    }

    /// Sets counts and all that follows from them, in a way that can be taken back.
    fn step(&mut self, counts: &[(u32, u64)], fine: impl Fn(u32, Interval) -> bool) -> Result<Option<u32>> {
        self.undo.clear();
        self.undo_widest.clear();
        for &(cell, count) in counts {
            self.set(cell, [count, count])?;
        }
        self.settle(fine)
    }

    /// Undoes the present step.
    fn take_back(&mut self) {
        while let Some((cell, range)) = self.undo.pop() {
            self.change(cell, range);
        }
        while let Some((constraint, widest)) = self.undo_widest.pop() {
            self.sums[constraint as usize].widest = widest;
        }
        for index in self.waiting.drain(..) {
            self.queued[index as usize] = false;
        }
    }

    /// Changes the bounds of a cell, and with them the sums that it is a part of.
    fn change(&mut self, cell: u32, range: [u64; 2]) {
        let former = std::mem::replace(&mut self.range[cell as usize], range);
        for &constraint in self.system.part_of.of(cell as usize) {
            self.sums[constraint as usize].change(former, range);
        }
    }

    /// Uses the waiting constraints until nothing changes, or until too much is known of a cell. Returns that cell.
    fn settle(&mut self, fine: impl Fn(u32, Interval) -> bool) -> Result<Option<u32>> {
        let mut steps = self.system.constraints.len().saturating_mul(STEPS);
        while let Some(index) = self.waiting.pop_front() {
            self.queued[index as usize] = false;
            let before = self.undo.len();
            self.narrow(index)?;
            for at in before..self.undo.len() {
                let cell = self.undo[at].0;
                if !fine(cell, self.interval(cell as usize)) {
                    return Ok(Some(cell));
                }
            }
            steps = steps.checked_sub(1).ok_or_else(|| {
                Error::failed("the attack on the release did not settle").hint("ask for fewer tables in one release")
            })?;
        }
        Ok(None)
    }
}

impl Bounds<'_> {
    fn queue(&mut self, constraint: u32) {
        if !std::mem::replace(&mut self.queued[constraint as usize], true) {
            self.waiting.push_back(constraint);
        }
    }

    /// Tightens the bounds of one cell and wakes the other constraints that hold it.
    fn set(&mut self, cell: u32, [lower, upper]: [u64; 2]) -> Result<()> {
        let index = cell as usize;
        let former = self.range[index];
        let range = [lower.max(former[0]), upper.min(former[1])];
        if range[0] > range[1] {
            return Err(Error::failed("the published cells contradict each other")
                .hint("this is a defect of the program: please report it"));
        }
        if range != former {
            self.undo.push((cell, former));
            self.change(cell, range);
            let system = self.system;
            for &constraint in system.part_of.of(index).iter().chain(system.total_of.of(index)) {
                if self.can_narrow(constraint) {
                    self.queue(constraint);
                }
            }
        }
        Ok(())
    }

    /// Returns whether a constraint may narrow its total or one of its parts.
    fn can_narrow(&self, index: u32) -> bool {
        if !self.partition[index as usize] {
            return true;
        }
        let ConstraintSum { least, finite, widest, open, parent } = self.sums[index as usize];
        let [lower, upper] = self.range[parent as usize];
        let total = least > lower || (open == 0 && finite < upper);
        // A part is narrowed from above if it is wider than what the total leaves over the least of all parts, and from
        // below if it is wider than what all parts together can exceed the total.
        let above = upper != OPEN && upper.saturating_sub(least) < widest;
        let below = match open {
            0 => finite.saturating_sub(lower) < widest,
            1 => lower > finite,
            _ => false,
        };
        total || above || below
    }

    fn narrow(&mut self, index: u32) -> Result<()> {
        if !self.can_narrow(index) {
            return Ok(());
        }
        let partition = self.partition[index as usize];
        let sums = self.sums[index as usize];
        let ConstraintSum { least, widest, parent, .. } = sums;
        let at_least = if partition {
            least
        } else {
            let parts = self.parts.cells[self.parts.of(index)].iter();
            parts.fold(self.parts.largest[index as usize], |largest, &part| self.range[part as usize][0].max(largest))
        };
        self.set(parent, [at_least, sums.most().unwrap_or(OPEN)])?;
        let [parent_lower, parent_upper] = self.range[parent as usize];
        let mut now_widest = 0;
        for at in self.parts.of(index) {
            let child = self.parts.cells[at];
            let [lower, upper] = self.range[child as usize];
            let new_upper = match (parent_upper, partition) {
                (OPEN, _) => OPEN,
                (total, true) => total.saturating_sub(least - lower),
                (total, false) => total,
            };
            let new_lower = sums.others(upper).map_or(0, |others| parent_lower.saturating_sub(others));
            if new_lower > lower || new_upper < upper {
                self.set(child, [new_lower, new_upper])?;
            }
            let [lower, upper] = self.range[child as usize];
            now_widest = now_widest.max(upper - lower);
        }
        if now_widest < widest {
            self.undo_widest.push((index, widest));
            self.sums[index as usize].widest = now_widest;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protect::attack;

    /// Whether zeros may be shown.
    #[derive(PartialEq)]
    enum Zeros {
        Hidden,
        Shown,
    }

    fn system(cells: usize, zeros: Zeros, sums: &[(u32, &[u32], bool)]) -> System {
        let constraints = sums
            .iter()
            .map(|&(parent, children, partition)| Constraint { parent, children: children.to_vec(), partition })
            .collect();
        System::new(vec![zeros == Zeros::Hidden; cells], vec![1; cells], constraints)
    }

    fn bounds(intervals: &[Interval]) -> Vec<(u64, Option<u64>)> {
        intervals.iter().map(|i| (i.lower, i.upper)).collect()
    }

    /// F = 100, M suppressed, T = 100: M is 0, although zeros are hidden.
    #[test]
    fn one_blank_in_a_sum_is_found_by_subtraction() {
        let system = system(3, Zeros::Hidden, &[(0, &[1, 2], true)]);
        let found = attack(&system, &[Some(100), Some(100), None]).unwrap();
        assert_eq!(bounds(&found)[2], (0, Some(0)));
    }

    /// 15 = 10 + 3 + x + x with zeros shown: both are 1.
    #[test]
    fn two_singletons_are_found_when_zeros_are_shown() {
        let system = system(5, Zeros::Shown, &[(0, &[1, 2, 3, 4], true)]);
        let found = attack(&system, &[Some(15), Some(10), Some(3), None, None]).unwrap();
        assert_eq!(bounds(&found)[3..], [(1, Some(1)), (1, Some(1))]);
    }

    /// 15 = 10 + 5 + x + x: both are 0, because counts are not negative.
    #[test]
    fn zeros_are_found_when_nothing_is_left() {
        let system = system(5, Zeros::Hidden, &[(0, &[1, 2, 3, 4], true)]);
        let found = attack(&system, &[Some(15), Some(10), Some(5), None, None]).unwrap();
        assert_eq!(bounds(&found)[3..], [(0, Some(0)), (0, Some(0))]);
    }

    /// A 2 x 2 table whose inner cells are suppressed: rows 20 and 30, columns 25 and 25, zeros hidden.
    /// a + b = 20, c + d = 30, a + c = 25, b + d = 25, so a in [0, 20] and d = 5 + a in [5, 25].
    #[test]
    fn a_square_of_blanks_gives_intervals() {
        let sums: &[(u32, &[u32], bool)] =
            &[(4, &[0, 1], true), (5, &[2, 3], true), (6, &[0, 2], true), (7, &[1, 3], true)];
        let system = system(8, Zeros::Hidden, sums);
        let published = [None, None, None, None, Some(20), Some(30), Some(25), Some(25)];
        let found = attack(&system, &published).unwrap();
        assert_eq!(bounds(&found)[..4], [(0, Some(20)), (0, Some(20)), (5, Some(25)), (5, Some(25))]);
    }

    /// Several forms a person: a part is at most the whole, and the parts together at least the whole.
    #[test]
    fn overlapping_parts_bound_each_other_more_loosely() {
        let system = system(4, Zeros::Hidden, &[(0, &[1, 2, 3], false)]);
        let found = attack(&system, &[Some(50), Some(30), Some(5), None]).unwrap();
        assert_eq!(bounds(&found)[3], (15, Some(50)));
    }

    /// All sums in turn, each looked at whole, until nothing changes.
    fn naive(system: &System, published: &[Option<u64>]) -> Vec<(u64, Option<u64>)> {
        let mut bounds: Vec<(u64, Option<u64>)> = published
            .iter()
            .zip(&system.hides_zero)
            .map(|(value, hides)| value.map_or((u64::from(!hides), None), |value| (value, Some(value))))
            .collect();
        loop {
            let before = bounds.clone();
            for constraint in &system.constraints {
                let children: Vec<usize> = constraint.children.iter().map(|&child| child as usize).collect();
                let parent = constraint.parent as usize;
                let lower_sum = |but: Option<usize>, range: &[(u64, Option<u64>)]| {
                    children.iter().filter(|&&child| Some(child) != but).map(|&child| range[child].0).sum::<u64>()
                };
                let upper_sum = |but: Option<usize>, range: &[(u64, Option<u64>)]| {
                    let mut others = children.iter().filter(|&&child| Some(child) != but);
                    others.try_fold(0, |sum, &child| Some(sum + range[child].1?))
                };
                let min = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
                let largest = children.iter().map(|&child| bounds[child].0).max().unwrap_or(0);
                let at_least = if constraint.partition { lower_sum(None, &bounds) } else { largest };
                bounds[parent] = (bounds[parent].0.max(at_least), min(bounds[parent].1, upper_sum(None, &bounds)));
                for &child in &children {
                    let (lower, upper) = bounds[parent];
                    let others = upper_sum(Some(child), &bounds);
                    let at_least = others.map_or(0, |others| lower.saturating_sub(others));
                    let rest = if constraint.partition { lower_sum(Some(child), &bounds) } else { 0 };
                    let at_most = upper.map(|upper| upper.saturating_sub(rest));
                    bounds[child] = (bounds[child].0.max(at_least), min(bounds[child].1, at_most));
                }
            }
            if bounds == before {
                return bounds;
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// A table of rows and columns with totals: some rows overlap, some cells are published, and some steps are
        /// taken back.
        #[test]
        fn the_attacker_finds_what_a_naive_one_finds(
            counts in proptest::collection::vec(0u64..12, 12),
            shown in proptest::collection::vec(proptest::bool::weighted(0.5), 20),
            hides in proptest::bool::ANY,
            cover in proptest::bool::ANY,
        ) {
            // Twelve cells, four rows, three columns, the total.
            let mut all = counts.clone();
            let mut sums = Vec::new();
            for row in 0..4usize {
                let children: Vec<u32> = (0..3).map(|column| (row * 3 + column) as u32).collect();
                let total: u64 = children.iter().map(|&cell| counts[cell as usize]).sum();
                let largest = children.iter().map(|&cell| counts[cell as usize]).max().unwrap();
                let overlaps = cover && row == 0;
                all.push(if overlaps { (largest + total) / 2 } else { total });
                sums.push(Constraint { parent: 12 + row as u32, children, partition: !overlaps });
            }
            for column in 0..3usize {
                let children: Vec<u32> = (0..4).map(|row| (row * 3 + column) as u32).collect();
                all.push(children.iter().map(|&cell| counts[cell as usize]).sum());
                sums.push(Constraint { parent: 16 + column as u32, children, partition: true });
            }
            all.push(counts.iter().sum());
            sums.push(Constraint { parent: 19, children: vec![16, 17, 18], partition: true });
            let system = System::new(vec![hides; 20], vec![1; 20], sums);
            // Where zeros are shown, a suppressed cell is at least 1.
            let published: Vec<Option<u64>> =
                (0..20).map(|cell| (shown[cell] || (!hides && all[cell] == 0)).then_some(all[cell])).collect();
            let expected = naive(&system, &published);
            proptest::prop_assert_eq!(&bounds(&attack(&system, &published).unwrap()), &expected);

            // The same, learnt one by one, between steps that are refused.
            let zeros: Vec<Option<u64>> =
                all.iter().map(|&count| (!hides && count == 0).then_some(0)).collect();
            let mut learnt = Bounds::settled(&system, &zeros).unwrap();
            for cell in 0..20u32 {
                let count = all[cell as usize];
                if learnt.interval(cell as usize) != Interval::exact(count) {
                    let objects = learnt.learn(&[(cell, count)], |_, _| false).unwrap().is_some();
                    if objects && published[cell as usize].is_some() {
                        proptest::prop_assert_eq!(learnt.learn(&[(cell, count)], |_, _| true).unwrap(), None);
                    }
                }
            }
            let stepwise: Vec<Interval> = (0..20).map(|cell| learnt.interval(cell)).collect();
            let published_now: Vec<Option<u64>> = stepwise.iter().map(|known| known.is_exact().then_some(known.lower)).collect();
            for (cell, (found, (lower, upper))) in stepwise.iter().zip(&expected).enumerate() {
                let learnt_too = published_now[cell].is_some() && published[cell].is_none();
                proptest::prop_assert!(learnt_too || (found.lower >= *lower && found.upper.unwrap_or(u64::MAX) <= upper.unwrap_or(u64::MAX)));
            }
            proptest::prop_assert_eq!(bounds(&stepwise), naive(&system, &published_now));
        }
    }

    #[test]
    fn contradictions_are_an_error() {
        let system = system(3, Zeros::Hidden, &[(0, &[1, 2], true)]);
        assert!(attack(&system, &[Some(10), Some(20), None]).is_err());
    }
}
