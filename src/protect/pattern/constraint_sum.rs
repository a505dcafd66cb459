//! What propagation keeps of each constraint: the sum of its parts, and those that are not known for good.

use super::system::System;

/// Nothing bounds the value from above.
pub(super) const OPEN: u64 = u64::MAX;

/// A constraint as it is looked at most often: its parts together.
#[derive(Clone, Copy)]
pub(super) struct ConstraintSum {
    /// The sum of the least values.
    pub least: u64,
    /// The sum of the greatest values, of those parts that have one.
    pub finite: u64,
    /// No part is wider: what cannot narrow so wide a part narrows none.
    pub widest: u64,
    /// How many parts have no greatest value.
    pub open: u32,
    pub parent: u32,
}

impl ConstraintSum {
    pub fn new(parent: u32, parts: impl Iterator<Item = [u64; 2]>) -> Self {
        let mut sums = Self { least: 0, finite: 0, widest: 0, open: 0, parent };
        for [lower, upper] in parts {
            sums.least += lower;
            sums.widest = sums.widest.max(upper - lower);
            sums.add(upper);
        }
        sums
    }

    #[inline]
    fn add(&mut self, upper: u64) {
        if upper == OPEN {
            self.open += 1;
        } else {
            self.finite += upper;
        }
    }

    /// The bounds of a part have changed.
    #[inline]
    pub fn change(&mut self, former: [u64; 2], range: [u64; 2]) {
        self.least = self.least - former[0] + range[0];
        if former[1] == OPEN {
            self.open -= 1;
        } else {
            self.finite -= former[1];
        }
        self.add(range[1]);
    }

    /// The greatest sum of all parts, if there is one.
    #[inline]
    pub fn most(&self) -> Option<u64> {
        (self.open == 0).then_some(self.finite)
    }

    /// The greatest sum of all parts but one, if there is one.
    #[inline]
    pub fn others(&self, upper: u64) -> Option<u64> {
        match (self.open, upper) {
            (1, OPEN) => Some(self.finite),
            (0, _) => Some(self.finite - upper),
            _ => None,
        }
    }
}

/// The parts of all constraints in one list.
#[derive(Clone)]
pub(super) struct ConstraintParts {
    /// Where the parts of each constraint begin.
    pub start: Vec<usize>,
    /// How many of them are still looked at.
    pub len: Vec<u32>,
    pub cells: Vec<u32>,
    /// The largest of the others.
    pub largest: Vec<u64>,
}

impl ConstraintParts {
    pub fn new(system: &System, range: &[[u64; 2]]) -> Self {
        let constraints = system.constraints.len();
        let mut parts = Self {
            start: Vec::with_capacity(constraints),
            len: Vec::with_capacity(constraints),
            cells: Vec::new(),
            largest: Vec::with_capacity(constraints),
        };
        for constraint in &system.constraints {
            let start = parts.cells.len();
            let mut largest = 0;
            for &child in &constraint.children {
                match range[child as usize] {
                    [lower, upper] if lower == upper => largest = lower.max(largest),
                    _ => parts.cells.push(child),
                }
            }
            parts.start.push(start);
            parts.len.push((parts.cells.len() - start) as u32);
            parts.largest.push(largest);
        }
        parts
    }

    #[inline]
    pub fn of(&self, constraint: u32) -> std::ops::Range<usize> {
        let start = self.start[constraint as usize];
        start..start + self.len[constraint as usize] as usize
    }

    /// A part is known for good.
    pub fn retire(&mut self, constraint: u32, cell: u32, value: u64) {
        let range = self.of(constraint);
        let Some(at) = self.cells[range.clone()].iter().position(|&part| part == cell) else { return };
        self.cells.swap(range.start + at, range.end - 1);
        let index = constraint as usize;
        self.len[index] -= 1;
        self.largest[index] = self.largest[index].max(value);
    }
}
