//! What a reader can infer: interval propagation over all sums, to a fixed point.
//!
//! The attacker knows what is published, how cells add up, and which zeros the policy hides. It knows no count, no reason
//! for a blank and no microdata, so an outsider can run it. The intervals that it finds are valid for every
//! table that agrees with the release; a finer method could find narrower ones.

use std::collections::{BTreeSet, VecDeque};

use super::System;
use crate::error::{Error, Result};
use crate::model::Interval;

/// Nothing bounds the value from above.
const OPEN: u64 = u64::MAX;

/// Bounds that creep by one may take long to settle; more steps than this a constraint is a defect.
const STEPS: usize = 10_000;

/// The interval of every cell: exact for published ones.
///
/// # Errors
/// The published cells contradict each other, or the bounds do not settle.
pub fn attack(system: &System, published: &[Option<u64>]) -> Result<Vec<Interval>> {
    let bounds = Bounds::settled(system, published)?;
    Ok((0..system.len()).map(|cell| bounds.interval(cell)).collect())
}

/// What is known of every cell so far; it can be narrowed step by step, and a step can be taken back.
#[derive(Clone)]
pub(super) struct Bounds<'a> {
    system: &'a System,
    lower: Vec<u64>,
    upper: Vec<u64>,
    waiting: VecDeque<u32>,
    queued: Vec<bool>,
    /// Former bounds of the cells that the present step has changed.
    undo: Vec<(u32, u64, u64)>,
    /// The constraint that narrowed each cell last.
    by: Vec<u32>,
}

/// No constraint has narrowed the cell.
const NOTHING: u32 = u32::MAX;

/// So many cells are looked at between a narrow cell and the published one that narrowed it.
const CHAIN: usize = 64;

impl<'a> Bounds<'a> {
    /// What the published cells and the zero policy say, before any sum is used.
    fn new(system: &'a System, published: &[Option<u64>]) -> Self {
        let lower = published.iter().zip(&system.hides_zero);
        Self {
            system,
            lower: lower.map(|(value, hides)| value.unwrap_or(u64::from(!hides))).collect(),
            upper: published.iter().map(|value| value.unwrap_or(OPEN)).collect(),
            waiting: VecDeque::new(),
            queued: vec![false; system.constraints.len()],
            undo: Vec::new(),
            by: vec![NOTHING; system.len()],
        }
    }

    /// What follows from the published cells.
    pub fn settled(system: &'a System, published: &[Option<u64>]) -> Result<Self> {
        let mut bounds = Self::new(system, published);
        for (index, constraint) in system.constraints.iter().enumerate() {
            let blank = |&cell: &u32| published[cell as usize].is_none();
            if blank(&constraint.parent) || constraint.children.iter().any(blank) {
                bounds.queue(index as u32);
            }
        }
        bounds.settle(|_, _| true)?;
        Ok(bounds)
    }

    /// What is known of a cell.
    pub fn interval(&self, cell: usize) -> Interval {
        let upper = self.upper[cell];
        Interval { lower: self.lower[cell], upper: (upper != OPEN).then_some(upper) }
    }

    /// Learns the count of a cell and all that follows from it, unless `safe` objects to what follows for some
    /// cell: then nothing was learnt. Says whether it was.
    pub fn learn(&mut self, cell: u32, count: u64, safe: impl Fn(u32, Interval) -> bool) -> Result<bool> {
        self.undo.clear();
        self.set(cell, count, count, NOTHING)?;
        if self.settle(|other, interval| other == cell || safe(other, interval))? {
            return Ok(true);
        }
        while let Some((cell, lower, upper)) = self.undo.pop() {
            (self.lower[cell as usize], self.upper[cell as usize]) = (lower, upper);
        }
        for index in self.waiting.drain(..) {
            self.queued[index as usize] = false;
        }
        Ok(false)
    }

    /// Published cells without which less would be known of a blank one, at most so many: of the constraint that narrowed it
    /// last those that are missed least, then of those that narrowed the other cells of that constraint.
    pub fn reasons(
        &self,
        cell: u32,
        most: usize,
        published: impl Fn(u32) -> bool,
        missed: impl Fn(u32) -> u64,
        out: &mut BTreeSet<u32>,
    ) {
        let (mut open, mut seen, mut found) = (VecDeque::from([cell]), vec![cell], 0);
        while let Some(at) = open.pop_front() {
            let Some(constraint) = self.system.constraints.get(self.by[at as usize] as usize) else { continue };
            let cells = || constraint.children.iter().copied().chain([constraint.parent]).filter(|&of| of != at);
            let mut shown: Vec<u32> = cells().filter(|&of| published(of)).collect();
            shown.sort_unstable_by_key(|&of| (missed(of), of));
            for of in shown {
                if found == most {
                    return;
                }
                found += 1;
                out.insert(of);
            }
            for of in cells().filter(|&of| self.by[of as usize] != NOTHING) {
                if seen.len() < CHAIN && !seen.contains(&of) {
                    seen.push(of);
                    open.push_back(of);
                }
            }
        }
    }

    /// Uses the waiting constraints until nothing changes, or until `safe` objects to a cell's interval.
    fn settle(&mut self, safe: impl Fn(u32, Interval) -> bool) -> Result<bool> {
        let mut steps = self.system.constraints.len().saturating_mul(STEPS);
        while let Some(index) = self.waiting.pop_front() {
            self.queued[index as usize] = false;
            let before = self.undo.len();
            self.narrow(index)?;
            for at in before..self.undo.len() {
                let cell = self.undo[at].0;
                if !safe(cell, self.interval(cell as usize)) {
                    return Ok(false);
                }
            }
            steps = steps.checked_sub(1).ok_or_else(|| {
                Error::failed("the attack on the release did not settle").hint("ask for fewer tables in one release")
            })?;
        }
        Ok(true)
    }
}

/// Sum of upper bounds, with the number of those that are open kept apart.
#[derive(Clone, Copy, Default)]
struct Sum {
    finite: u64,
    open: u32,
}

impl Sum {
    fn add(self, bound: u64) -> Self {
        if bound == OPEN {
            Self { open: self.open + 1, ..self }
        } else {
            Self { finite: self.finite.saturating_add(bound), ..self }
        }
    }

    /// The sum without one of its terms, if that is finite.
    fn without(self, bound: u64) -> Option<u64> {
        match (self.open, bound == OPEN) {
            (0, false) => Some(self.finite - bound),
            (1, true) => Some(self.finite),
            _ => None,
        }
    }

    fn all(self) -> Option<u64> {
        (self.open == 0).then_some(self.finite)
    }
}

impl Bounds<'_> {
    fn queue(&mut self, constraint: u32) {
        if !std::mem::replace(&mut self.queued[constraint as usize], true) {
            self.waiting.push_back(constraint);
        }
    }

    /// Tightens the bounds of one cell and wakes the other constraints that hold it.
    fn set(&mut self, cell: u32, lower: u64, upper: u64, by: u32) -> Result<()> {
        let index = cell as usize;
        let (lower, upper) = (lower.max(self.lower[index]), upper.min(self.upper[index]));
        if lower > upper {
            return Err(Error::failed("the published cells contradict each other")
                .hint("this is a defect of the program: please report it"));
        }
        if (lower, upper) != (self.lower[index], self.upper[index]) {
            self.undo.push((cell, self.lower[index], self.upper[index]));
            (self.lower[index], self.upper[index]) = (lower, upper);
            self.by[index] = by;
            let system = self.system;
            for &constraint in &system.of[index] {
                self.queue(constraint);
            }
        }
        Ok(())
    }

    fn narrow(&mut self, index: u32) -> Result<()> {
        let system = self.system;
        let constraint = &system.constraints[index as usize];
        let (mut least, mut most, mut largest) = (0u64, Sum::default(), 0);
        for &child in &constraint.children {
            least = least.saturating_add(self.lower[child as usize]);
            largest = largest.max(self.lower[child as usize]);
            most = most.add(self.upper[child as usize]);
        }
        let parent = constraint.parent;
        let at_least = if constraint.partition { least } else { largest };
        self.set(parent, at_least, most.all().unwrap_or(OPEN), index)?;
        let (parent_lower, parent_upper) = (self.lower[parent as usize], self.upper[parent as usize]);
        for &child in &constraint.children {
            let (lower, upper) = (self.lower[child as usize], self.upper[child as usize]);
            let new_upper = match (parent_upper, constraint.partition) {
                (OPEN, _) => OPEN,
                (total, true) => total.saturating_sub(least - lower),
                (total, false) => total,
            };
            let new_lower = most.without(upper).map_or(0, |others| parent_lower.saturating_sub(others));
            self.set(child, new_lower, new_upper, index)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Constraint;
    use super::*;

    fn system(cells: usize, zero: bool, sums: &[(u32, &[u32], bool)]) -> System {
        let constraints = sums
            .iter()
            .map(|&(parent, children, partition)| Constraint { parent, children: children.to_vec(), partition })
            .collect();
        System::new(vec![zero; cells], vec![1; cells], constraints)
    }

    fn bounds(intervals: &[Interval]) -> Vec<(u64, Option<u64>)> {
        intervals.iter().map(|i| (i.lower, i.upper)).collect()
    }

    /// F = 100, M blank, T = 100: the blank is 0, although zeros are hidden.
    #[test]
    fn one_blank_in_a_sum_is_found_by_subtraction() {
        let system = system(3, true, &[(0, &[1, 2], true)]);
        let found = attack(&system, &[Some(100), Some(100), None]).unwrap();
        assert_eq!(bounds(&found)[2], (0, Some(0)));
    }

    /// 15 = 10 + 3 + x + x with zeros shown: both are 1.
    #[test]
    fn two_singletons_are_found_when_zeros_are_shown() {
        let system = system(5, false, &[(0, &[1, 2, 3, 4], true)]);
        let found = attack(&system, &[Some(15), Some(10), Some(3), None, None]).unwrap();
        assert_eq!(bounds(&found)[3..], [(1, Some(1)), (1, Some(1))]);
    }

    /// 15 = 10 + 5 + x + x: both are 0, because counts are not negative.
    #[test]
    fn zeros_are_found_when_nothing_is_left() {
        let system = system(5, true, &[(0, &[1, 2, 3, 4], true)]);
        let found = attack(&system, &[Some(15), Some(10), Some(5), None, None]).unwrap();
        assert_eq!(bounds(&found)[3..], [(0, Some(0)), (0, Some(0))]);
    }

    /// A 2 x 2 table with a blanked inside: rows 20 and 30, columns 25 and 25, zeros hidden.
    /// a + b = 20, c + d = 30, a + c = 25, b + d = 25, so a in [0, 20] and d = 5 + a in [5, 25].
    #[test]
    fn a_square_of_blanks_gives_intervals() {
        let sums: &[(u32, &[u32], bool)] =
            &[(4, &[0, 1], true), (5, &[2, 3], true), (6, &[0, 2], true), (7, &[1, 3], true)];
        let system = system(8, true, sums);
        let published = [None, None, None, None, Some(20), Some(30), Some(25), Some(25)];
        let found = attack(&system, &published).unwrap();
        assert_eq!(bounds(&found)[..4], [(0, Some(20)), (0, Some(20)), (5, Some(25)), (5, Some(25))]);
    }

    /// Several forms a person: a part is at most the whole, and the parts together at least the whole.
    #[test]
    fn overlapping_parts_bound_each_other_more_loosely() {
        let system = system(4, true, &[(0, &[1, 2, 3], false)]);
        let found = attack(&system, &[Some(50), Some(30), Some(5), None]).unwrap();
        assert_eq!(bounds(&found)[3], (15, Some(50)));
    }

    #[test]
    fn contradictions_are_an_error() {
        let system = system(3, true, &[(0, &[1, 2], true)]);
        assert!(attack(&system, &[Some(10), Some(20), None]).is_err());
    }
}
