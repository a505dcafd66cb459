//! The values before the search: every group has its total already.

use super::problem::{Groups, Problem};
use super::stream::{Purpose, Stream};

/// Values of units.
pub(super) struct Start {
    /// The value of each unit.
    pub values: Vec<u64>,
    /// Units that keep their value: at most one in a group, which carries what no other can.
    pub frozen: Vec<bool>,
}

impl Start {
    /// Gives every unit a value.
    pub fn new(problem: &Problem, groups: &Groups, key: &[u8; 32]) -> Self {
        let units = problem.counts.len();
        let mut start = Self { values: vec![0; units], frozen: vec![false; units] };
        let mut draws = Stream::new(key, Purpose::Start);
        for group in 0..groups.len() {
            start.fill(problem, groups.units(group), problem.totals[group], &mut draws);
        }
        start
    }

    /// Gives the units of one group values that add up to its total.
    fn fill(&mut self, problem: &Problem, group: &[u32], total: u64, draws: &mut Stream) {
        let units = || group.iter().map(|&unit| unit as usize);
        let mut large: Vec<usize> = units().filter(|&unit| !problem.is_small(unit)).collect();
        let small: Vec<usize> = units().filter(|&unit| problem.is_small(unit) && problem.counts[unit] > 0).collect();
        large.iter().for_each(|&unit| self.values[unit] = problem.counts[unit]);
        let mut rest = total - large.iter().map(|&unit| problem.counts[unit]).sum::<u64>();
        rest -= problem.base * self.mark(problem, &small, rest / problem.base, draws);
        draws.shuffle(&mut large);
        for _ in 1..problem.base {
            for &unit in large.iter().take(rest as usize) {
                self.values[unit] += 1;
            }
            rest -= rest.min(large.len() as u64);
        }
        if rest > 0 {
            // Only where no unit is large. Then at least one is marked, because the base is at most the threshold.
            let marked: Vec<usize> = small.into_iter().filter(|&unit| self.values[unit] > 0).collect();
            let carrier = marked[draws.below(marked.len() as u64) as usize];
            self.values[carrier] += rest;
            self.frozen[carrier] = true;
        }
    }

    /// Adds the base to small units so many times, and returns how often it could: one mark every so many persons, from a keyed
    /// offset. What a unit may not have goes to the next ones that may.
    fn mark(&mut self, problem: &Problem, small: &[usize], marks: u64, draws: &mut Stream) -> u64 {
        let persons: u64 = small.iter().map(|&unit| problem.counts[unit]).sum();
        if marks == 0 || persons == 0 {
            return 0;
        }
        let offset = draws.below(persons);
        let (mut before, mut due, mut placed) = (0, 0, 0);
        let mut give = |values: &mut [u64], unit: usize, due: u64| {
            while placed < due && values[unit] < problem.range(unit).upper {
                values[unit] += problem.base;
                placed += 1;
            }
        };
        for &unit in small {
            before += problem.counts[unit];
            // The mark of number i stands at the person (i persons + offset) / marks.
            while due < marks && due * persons + offset < before * marks {
                due += 1;
            }
            give(&mut self.values, unit, due);
        }
        small.iter().for_each(|&unit| give(&mut self.values, unit, marks));
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::super::incidence::Incidence;
    use super::super::problem::total;
    use super::*;

    #[test]
    fn every_group_has_its_total_and_every_unit_an_allowed_value() {
        let mut draws = Stream::new(&[9; 32], Purpose::Search);
        for round in 0..2000 {
            let units = 1 + draws.below(12);
            let (base, threshold) = [(5, 10), (5, 5), (10, 10), (3, 11)][round % 4];
            let most = [3, 12, 40][round % 3];
            let counts: Vec<u64> = (0..units).map(|_| draws.below(most)).collect();
            let sum = counts.iter().sum();
            let totals = vec![total(sum, base, threshold, &mut draws)];
            let groups = vec![0; counts.len()];
            let problem = Problem { counts, groups, totals, incidence: Incidence::default(), base, threshold };
            let start = Start::new(&problem, &Groups::new(&problem.groups), &[round as u8; 32]);
            assert_eq!(start.values.iter().sum::<u64>(), problem.totals[0]);
            assert!(start.values.iter().all(|&value| value == 0 || value >= base));
            assert!(start.frozen.iter().filter(|frozen| **frozen).count() <= 1);
            for (unit, &value) in start.values.iter().enumerate() {
                assert!(start.frozen[unit] || problem.range(unit).holds(value), "{:?} {unit}", problem.counts);
            }
        }
    }
}
