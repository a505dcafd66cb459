//! What the search sees: counts, groups and cells without names.

use super::incidence::Incidence;
use super::stream::Stream;
use crate::error::{Error, Result};

/// Counts to round, and the published cells in which they are added up.
pub(super) struct Problem {
    /// The true count of each unit; 0 for a candidate.
    pub counts: Vec<u64>,
    /// The group of each unit: an area and year.
    pub groups: Vec<u32>,
    /// The sum that the values of each group must have.
    pub totals: Vec<u64>,
    /// The cells of each unit.
    pub incidence: Incidence,
    /// The values that each unit may have.
    pub ranges: Vec<Range>,
    /// The multiple to which small units are rounded.
    pub base: u64,
}

/// The values that a unit may have: from `lower` to `upper` in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub lower: u64,
    pub upper: u64,
    pub step: u64,
}

impl Range {
    /// Returns whether a value is one of them.
    pub fn holds(self, value: u64) -> bool {
        (self.lower..=self.upper).contains(&value) && (value - self.lower).is_multiple_of(self.step)
    }

    /// Returns the values that a unit of so many may have.
    ///
    /// A small unit has multiples of the base only: otherwise values from the base to the threshold would mostly be true
    /// counts. No value lies between 0 and the base, so no sum of them does.
    pub fn of(count: u64, base: u64, threshold: u64) -> Self {
        match count {
            0 => Self { lower: 0, upper: base, step: base },
            _ if count < threshold => Self { lower: 0, upper: count.div_ceil(base) * base, step: base },
            _ => Self { lower: (count + 1 - base).max(base), upper: count + base - 1, step: 1 },
        }
    }

    /// Returns the values of a carrier: a unit below the base, none of whose values is its count.
    pub fn of_carrier(base: u64) -> Self {
        Self { lower: base, upper: 2 * base - 1, step: 1 }
    }

    /// Returns whether these are all numbers between two, and not multiples only.
    pub fn is_free(self) -> bool {
        self.step == 1
    }

    /// Draws one of them that is not `value`; nothing where there is no other.
    pub fn other(self, value: u64, draws: &mut Stream) -> Option<u64> {
        let others = (self.upper - self.lower) / self.step;
        if others == 0 {
            return None;
        }
        let drawn = self.lower + self.step * draws.below(others);
        // The values from the present one on move up by one place.
        Some(if drawn >= value { drawn + self.step } else { drawn })
    }
}

impl Problem {
    /// Checks that every group has its sum.
    pub fn check(&self, values: &[u64]) -> Result<()> {
        let mut sums = vec![0; self.totals.len()];
        self.groups.iter().zip(values).for_each(|(&group, value)| sums[group as usize] += value);
        if sums == self.totals {
            return Ok(());
        }
        Err(Error::failed("the rounded counts of an area and year do not add up to its total")
            .hint("this is a defect of the program: please report it"))
    }
}

/// Returns the sum that a group of so many must have: exact from the threshold on, below it the multiple of the base below or
/// above, so that many small groups together are neither too many nor too few.
pub(super) fn total(count: u64, base: u64, threshold: u64, draws: &mut Stream) -> u64 {
    if count >= threshold {
        return count;
    }
    let (lower, rest) = (count / base * base, count % base);
    lower + if draws.below(base) < rest { base } else { 0 }
}

/// The units of each group, similar ones next to each other.
pub(super) struct Groups {
    starts: Vec<usize>,
    units: Vec<u32>,
}

impl Groups {
    /// Sorts units into their groups. They keep their order, which is that of their codes.
    pub fn new(groups: &[u32]) -> Self {
        let count = groups.iter().max().map_or(0, |&last| last as usize + 1);
        let mut starts = vec![0; count + 1];
        groups.iter().for_each(|&group| starts[group as usize + 1] += 1);
        for group in 0..count {
            starts[group + 1] += starts[group];
        }
        let (mut next, mut units) = (starts.clone(), vec![0; groups.len()]);
        for (unit, &group) in groups.iter().enumerate() {
            units[next[group as usize]] = unit as u32;
            next[group as usize] += 1;
        }
        Self { starts, units }
    }

    /// Returns the number of groups.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the units of a group.
    pub fn units(&self, group: usize) -> &[u32] {
        &self.units[self.starts[group]..self.starts[group + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::StreamPurpose;
    use super::*;

    #[test]
    fn allowed_values_leave_a_gap_below_the_base() {
        let range = |count| Range::of(count, 5, 10);
        assert_eq!(range(0), Range { lower: 0, upper: 5, step: 5 });
        assert_eq!(range(1), Range { lower: 0, upper: 5, step: 5 });
        assert_eq!(range(9), Range { lower: 0, upper: 10, step: 5 });
        assert_eq!(range(10), Range { lower: 6, upper: 14, step: 1 });
        assert_eq!(range(5000), Range { lower: 4996, upper: 5004, step: 1 });
        for count in 0..40 {
            let range = range(count);
            assert!((1..5).all(|value| !range.holds(value)), "{count}");
            let mut draws = Stream::new(&[3; 32], StreamPurpose::Search);
            let value = range.upper;
            assert!((0..50).all(|_| range.other(value, &mut draws).is_some_and(|v| v != value && range.holds(v))));
        }
    }

    #[test]
    fn small_totals_are_multiples_and_right_on_average() {
        let mut draws = Stream::new(&[1; 32], StreamPurpose::Totals);
        assert_eq!((total(10, 5, 10, &mut draws), total(777, 5, 10, &mut draws)), (10, 777));
        for count in 0..10 {
            let totals: Vec<u64> = (0..4000).map(|_| total(count, 5, 10, &mut draws)).collect();
            assert!(totals.iter().all(|total| total % 5 == 0 && total.abs_diff(count) < 5));
            let mean = totals.iter().sum::<u64>() as f64 / 4000.0;
            assert!((mean - count as f64).abs() < 0.2, "{count} {mean}");
        }
    }

    #[test]
    fn groups_hold_each_unit_once() {
        let groups = Groups::new(&[1, 0, 1, 2]);
        let all: Vec<_> = (0..groups.len()).map(|group| groups.units(group).to_vec()).collect();
        assert_eq!(all, [vec![1], vec![0, 2], vec![3]]);
    }
}
