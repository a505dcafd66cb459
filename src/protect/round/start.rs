//! The values before the search: every group has its total already.

use super::problem::{Groups, Problem};
use super::stream::{Stream, StreamPurpose};

/// Values of units.
pub(super) struct Start {
    /// The value of each unit.
    pub values: Vec<u64>,
    /// Units that keep their value: at most one in a group, which carries what no other can.
    pub frozen: Vec<bool>,
}

impl Start {
    /// Gives every unit a value, so that those of each group have its total.
    pub fn new(problem: &Problem, groups: &Groups, totals: &[u64], key: &[u8; 32]) -> Self {
        let units = problem.counts.len();
        let start = Self { values: vec![0; units], frozen: vec![false; units] };
        let mut filling = Filling { problem, start, draws: Stream::new(key, StreamPurpose::Start) };
        for (group, &total) in totals.iter().enumerate() {
            filling.fill(groups.units(group), total);
        }
        filling.start
    }
}

/// A start whose groups are filled one after another.
struct Filling<'a> {
    problem: &'a Problem,
    start: Start,
    draws: Stream,
}

impl Filling<'_> {
    /// Gives the units of one group values that add up to its total.
    fn fill(&mut self, group: &[u32], total: u64) {
        let problem = self.problem;
        let units = || group.iter().map(|&unit| unit as usize);
        let (base, ranges) = (problem.base, &problem.ranges);
        let mut free: Vec<usize> = units().filter(|&unit| ranges[unit].is_free()).collect();
        let small: Vec<usize> = units().filter(|&unit| !ranges[unit].is_free() && problem.counts[unit] > 0).collect();
        free.iter().for_each(|&unit| self.start.values[unit] = problem.counts[unit].max(ranges[unit].lower));
        let sum = free.iter().map(|&unit| self.start.values[unit]).sum::<u64>();
        let mut rest = total.saturating_sub(sum);
        rest -= base * self.mark(&small, rest / base);
        if rest >= base {
            // These units are zero, or have all that they may have.
            let mut empty: Vec<usize> =
                units().filter(|&unit| !ranges[unit].is_free() && problem.counts[unit] == 0).collect();
            self.draws.shuffle(&mut empty);
            for unit in empty.into_iter().take((rest / base) as usize) {
                self.start.values[unit] = base;
                rest -= base;
            }
        }
        self.draws.shuffle(&mut free);
        let mut over = sum.saturating_sub(total);
        for _ in 1..base {
            for &unit in &free {
                if rest > 0 && self.start.values[unit] < ranges[unit].upper {
                    self.start.values[unit] += 1;
                    rest -= 1;
                }
                if over > 0 && self.start.values[unit] > ranges[unit].lower {
                    self.start.values[unit] -= 1;
                    over -= 1;
                }
            }
        }
        if rest > 0 {
            // Only where no unit is free. Then at least one is marked, because the base is at most the threshold.
            let marked: Vec<usize> = small.into_iter().filter(|&unit| self.start.values[unit] > 0).collect();
            let carrier = marked[self.draws.below(marked.len() as u64) as usize];
            self.start.values[carrier] += rest;
            self.start.frozen[carrier] = true;
        }
    }

    /// Adds the base to small units so many times, and returns how often it could: one mark every so many persons, from a keyed
    /// offset. What a unit may not have goes to the next ones that may.
    fn mark(&mut self, small: &[usize], marks: u64) -> u64 {
        let problem = self.problem;
        let persons: u64 = small.iter().map(|&unit| problem.counts[unit]).sum();
        if marks == 0 || persons == 0 {
            return 0;
        }
        let offset = self.draws.below(persons);
        let (mut before, mut due, mut placed) = (0, 0, 0);
        let mut give = |values: &mut [u64], unit: usize, due: u64| {
            while placed < due && values[unit] < problem.ranges[unit].upper {
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
            give(&mut self.start.values, unit, due);
        }
        small.iter().for_each(|&unit| give(&mut self.start.values, unit, marks));
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::super::incidence::Incidence;
    use super::super::problem::{Range, total};
    use super::*;

    #[test]
    fn every_group_has_its_total_and_every_unit_an_allowed_value() {
        let mut draws = Stream::new(&[9; 32], StreamPurpose::Search);
        for round in 0..2000 {
            let units = 1 + draws.below(12);
            let (base, threshold) = [(5, 10), (5, 5), (10, 10), (3, 11)][round % 4];
            let limit = [3, 12, 40][round % 3];
            let counts: Vec<u64> = (0..units).map(|_| draws.below(limit)).collect();
            let sum = counts.iter().sum();
            let totals = vec![total(sum, base, threshold, &mut draws)];
            let groups = vec![0; counts.len()];
            let ranges = counts.iter().map(|&count| Range::of(count, base, threshold)).collect();
            let problem = Problem { counts, groups, totals, incidence: Incidence::default(), ranges, base };
            let start = Start::new(&problem, &Groups::new(&problem.groups), &problem.totals, &[round as u8; 32]);
            assert_eq!(start.values.iter().sum::<u64>(), problem.totals[0]);
            assert!(start.values.iter().all(|&value| value == 0 || value >= base));
            assert!(start.frozen.iter().filter(|frozen| **frozen).count() <= 1);
            for (unit, &value) in start.values.iter().enumerate() {
                assert!(start.frozen[unit] || problem.ranges[unit].holds(value), "{:?} {unit}", problem.counts);
            }
        }
    }
}
