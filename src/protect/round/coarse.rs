//! Units that the requested tables count alike, taken together.
//!
//! Tables that are requested later separate more units than those of the first release. A unit of one person is 0 or the base,
//! so a sum of such units is a multiple of the base, and could be far from its count. So the sums are rounded first, as if they
//! were the units. Then the units get values that add up to them: one keyed *carrier* of each large sum takes what is left.

use std::collections::HashMap;

use super::incidence::{DistinctCells, Incidence};
use super::problem::{Groups, Problem, Range};
use super::stream::{Stream, StreamPurpose};

/// Units that the requested tables count alike.
pub(super) struct Coarse {
    /// Their sums, and the cells of the requested tables.
    pub problem: Problem,
    /// The units of each sum.
    pub members: Groups,
    /// The sum of each unit.
    pub sum_of: Vec<u32>,
}

impl Coarse {
    /// Takes units together, and lets the carriers have their values. Returns nothing where the requested tables separate nearly all
    /// apart.
    pub fn new(problem: &mut Problem, cells: &DistinctCells, threshold: u64, key: &[u8; 32]) -> Option<Self> {
        let units = problem.counts.len();
        let mut numbers: HashMap<(u32, Vec<u32>), u32> = HashMap::new();
        let mut lists: Vec<Vec<u32>> = Vec::new();
        let (mut sum_of, mut groups) = (Vec::with_capacity(units), Vec::new());
        let requested = |cell: &&u32| cells.requested[**cell as usize] > 0;
        let limit = problem.incidence.len() / 2;
        let mut looked = 0;
        for unit in 0..units {
            let list: Vec<u32> = problem.incidence.cells(unit).iter().filter(requested).copied().collect();
            let group = problem.groups[unit];
            let number = *numbers.entry((group, list)).or_insert_with_key(|(_, list)| {
                looked += list.len();
                lists.push(list.clone());
                groups.push(group);
                lists.len() as u32 - 1
            });
            if looked > limit {
                return None;
            }
            sum_of.push(number);
        }
        drop(numbers);
        let members = Groups::new(&sum_of);
        let mut counts = vec![0; members.len()];
        sum_of.iter().zip(&problem.counts).for_each(|(&number, count)| counts[number as usize] += count);
        let mut draws = Stream::new(key, StreamPurpose::Carriers);
        let ranges = (0..members.len())
            .map(|number| problem.range_of_sum(members.units(number), threshold, &mut draws))
            .collect();
        let (totals, incidence) = (problem.totals.clone(), Incidence::of(&lists));
        Some(Self {
            problem: Problem { counts, groups, totals, incidence, ranges, base: problem.base },
            members,
            sum_of,
        })
    }
}

impl Problem {
    /// Returns the values that the sum of some units may have. A large sum of small units gets a carrier: one of those below the
    /// base, or a candidate, so that a value that is not a multiple of the base does not prove that a unit has anybody.
    fn range_of_sum(&mut self, units: &[u32], threshold: u64, draws: &mut Stream) -> Range {
        let base = self.base;
        let count: u64 = units.iter().map(|&unit| self.counts[unit as usize]).sum();
        if count < threshold {
            return Range::of(count, base, threshold);
        }
        let units: Vec<usize> = units.iter().map(|&unit| unit as usize).collect();
        if units.iter().all(|&unit| !self.ranges[unit].is_free()) {
            let may: Vec<usize> = units.iter().copied().filter(|&unit| self.counts[unit] < base).collect();
            if may.is_empty() {
                return Range { lower: 0, upper: count.div_ceil(base) * base, step: base };
            }
            self.ranges[may[draws.below(may.len() as u64) as usize]] = Range::of_carrier(base);
        }
        let sum = |end: fn(&Range) -> u64| units.iter().map(|&unit| end(&self.ranges[unit])).sum::<u64>();
        let Range { lower, upper, step } = Range::of(count, base, threshold);
        Range { lower: lower.max(sum(|range| range.lower)), upper: upper.min(sum(|range| range.upper)), step }
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::total;
    use super::super::start::Start;
    use super::*;

    /// Units with two cells each: one that a requested table counts, and one of their own.
    fn problem(counts: Vec<u64>, requested: &[u32], (base, threshold): (u64, u64)) -> (Problem, DistinctCells) {
        let first_unit = requested.iter().max().unwrap() + 1;
        let lists: Vec<Vec<u32>> = (0..).zip(requested).map(|(unit, &cell)| vec![cell, first_unit + unit]).collect();
        let weights: Vec<u32> =
            (0..first_unit + counts.len() as u32).map(|cell| u32::from(cell < first_unit)).collect();
        let cells = DistinctCells {
            incidence: Incidence::default(),
            requested: weights.clone(),
            weights: weights.clone(),
            plain: weights,
        };
        let mut draws = Stream::new(&[5; 32], StreamPurpose::Totals);
        let totals = vec![total(counts.iter().sum(), base, threshold, &mut draws)];
        let ranges = counts.iter().map(|&count| Range::of(count, base, threshold)).collect();
        let (groups, incidence) = (vec![0; counts.len()], Incidence::of(&lists));
        (Problem { counts, groups, totals, incidence, ranges, base }, cells)
    }

    /// Whatever the sums are, the units add up to them, and each has a value that it may have.
    #[test]
    fn units_add_up_to_any_sums() {
        let mut draws = Stream::new(&[9; 32], StreamPurpose::Search);
        let (mut carriers, mut frozen) = (0, 0);
        for round in 0..3000 {
            let (base, threshold) = [(5, 10), (5, 5), (10, 10), (3, 11)][round % 4];
            let limit = [2, 7, 12, 40][round / 4 % 4];
            let counts: Vec<u64> = (0..4 + draws.below(30)).map(|_| draws.below(limit)).collect();
            let requested: Vec<u32> = counts.iter().map(|_| draws.below(1 + counts.len() as u64 / 4) as u32).collect();
            let (mut problem, cells) = problem(counts, &requested, (base, threshold));
            let Some(coarse) = Coarse::new(&mut problem, &cells, threshold, &[round as u8; 32]) else { continue };
            carriers += (0..problem.counts.len())
                .filter(|&unit| problem.counts[unit] < base && problem.ranges[unit].is_free())
                .count();
            let sums = &coarse.problem;
            let mut start = Start::new(sums, &Groups::new(&sums.groups), &sums.totals, &[7; 32]);
            // Pairs of sums move, as they do in the search.
            for _ in 0..200 {
                let [one, other] = [(); 2].map(|()| draws.below(sums.counts.len() as u64) as usize);
                let Some(new) = sums.ranges[one].other(start.values[one], &mut draws) else { continue };
                let change = new as i64 - start.values[one] as i64;
                let opposite = start.values[other].checked_add_signed(-change);
                let fits = opposite.is_some_and(|value| sums.ranges[other].holds(value));
                if one != other && fits && !start.frozen[one] && !start.frozen[other] {
                    (start.values[one], start.values[other]) = (new, opposite.unwrap());
                }
            }
            sums.check(&start.values).unwrap();
            let units = Start::new(&problem, &coarse.members, &start.values, &[8; 32]);
            for number in 0..coarse.members.len() {
                let sum: u64 = coarse.members.units(number).iter().map(|&unit| units.values[unit as usize]).sum();
                assert_eq!(sum, start.values[number], "{:?}", problem.counts);
            }
            for (unit, &value) in units.values.iter().enumerate() {
                assert!(value == 0 || value >= base);
                assert!(units.frozen[unit] || problem.ranges[unit].holds(value), "{:?} {unit}", problem.counts);
            }
            frozen += units.frozen.iter().filter(|frozen| **frozen).count();
            assert!(units.frozen.iter().filter(|frozen| **frozen).count() <= 1);
        }
        assert!(carriers > 500 && frozen > 10, "{carriers} {frozen}");
    }

    /// No value of a carrier is its count, and a candidate may be one.
    #[test]
    fn a_large_sum_of_small_units_has_one_carrier_that_proves_nothing() {
        let mut empty = 0;
        for key in 0..40 {
            let (mut problem, cells) =
                problem(vec![1, 2, 0, 9, 1, 0, 3, 12, 1, 8], &[0, 0, 0, 0, 0, 1, 1, 2, 2, 3], (5, 10));
            Coarse::new(&mut problem, &cells, 10, &[key; 32]).unwrap();
            let free: Vec<usize> = (0..10).filter(|&unit| problem.ranges[unit].is_free()).collect();
            // The sum of 13 has one; that of 3 is small, that of 13 has a large unit, and that of 8 is small.
            assert!(free.len() == 2 && free[1] == 7, "{free:?}");
            assert!(problem.counts[free[0]] < 5 && problem.ranges[free[0]] == Range { lower: 5, upper: 9, step: 1 });
            empty += usize::from(problem.counts[free[0]] == 0);
        }
        assert!(empty > 0);
    }
}
