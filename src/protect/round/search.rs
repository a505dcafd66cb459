//! The search for the values that change the published cells least.
//!
//! Everything is an integer, the number of steps is fixed, and one keyed stream makes all choices. So the same problem and
//! key give the same result on every machine and at any number of threads.

use super::problem::{Groups, Problem};
use super::start::Start;
use super::stream::{Stream, StreamPurpose, energies};
use crate::control::Control;
use crate::error::Result;

/// Pairs of units that are tried for each unit.
const PAIRS: u64 = 350;

/// Pairs that are tried for each unit and for each cell of a unit, where units are in few cells.
const PAIRS_OF_CELL: u64 = 20;

/// Cells that are looked at so many times for each unit, where units are in few cells.
const LOOKS: u64 = 400_000;

/// Partners that are tried for one change.
const PARTNERS: usize = 3;

/// Units that are drawn until one may change by the opposite.
const TRIES: usize = 64;

/// Changes between two looks at whether the run was stopped.
const UNASKED: u64 = 1 << 12;

/// How one search is done.
pub(super) struct Phase {
    /// How hot it begins, in thousandths of the mean weight of a unit times the square of the base.
    heat: u128,
    /// Units of 100 that are drawn among those that are free to have any number: they are few, and fit each other only.
    free: u64,
    /// Its work, in percent.
    work: u64,
}

impl Phase {
    /// So hot that the values before it hardly matter. On the sample's three packs the mean change is 2.60 from 5 on, 2.53 from
    /// 10, 2.48 from 20 and 2.46 from 40.
    pub const FULL: Self = Self { heat: 30, free: 10, work: 100 };
    /// Of sums of units. They are few and in few cells, so four times the work costs little: with it the sums of the sample's
    /// `glotip` change by 1.05 on average, and without it by 1.13.
    pub const SUMS: Self = Self { work: 400, ..Self::FULL };
    /// Within sums that stay as they are.
    pub const WITHIN: Self = Self { heat: 30, free: 0, work: 60 };
    /// So hot that sums of the requested tables stay near what they are, while the other cells come nearer to their counts.
    pub const NEAR: Self = Self { heat: 2, free: 10, work: 60 };
}

/// A search for the values of the units of a problem.
pub(super) struct RoundingSearch<'a> {
    pub problem: &'a Problem,
    /// The group of each unit, whose sum stays as it is.
    pub groups: &'a [u32],
    /// What a change of each cell costs.
    pub weights: &'a [u32],
    /// The key of all choices.
    pub key: &'a [u8; 32],
    /// The work, in percent.
    pub effort: u64,
    pub control: &'a Control,
}

impl RoundingSearch<'_> {
    /// Returns the rounded count of each unit.
    ///
    /// Two units of a group change by opposite numbers, so that its total stays. The cost is the sum of the weight of each cell
    /// times the square of its change. A change that costs more is accepted at random, ever more rarely.
    pub fn values(&self, start: Start, phase: &Phase) -> Result<Start> {
        let Self { problem, groups: group_of, weights, .. } = *self;
        let Start { mut values, frozen } = start;
        let groups = Groups::new(group_of);
        let units = problem.counts.len();
        let mut pulls = Pulls { of: vec![0; weights.len()], weights };
        for (unit, (&value, &count)) in values.iter().zip(&problem.counts).enumerate() {
            pulls.change(problem.incidence.cells(unit), value as i64 - count as i64);
        }
        let sum =
            |unit| problem.incidence.cells(unit).iter().map(|&cell| i64::from(weights[cell as usize])).sum::<i64>();
        let total: Vec<i64> = (0..units).map(sum).collect();
        let can_move = |&unit: &usize| !frozen[unit] && groups.units(group_of[unit] as usize).len() > 1;
        let movable: Vec<usize> = (0..units).filter(can_move).collect();
        if movable.is_empty() {
            return Ok(Start { values, frozen });
        }
        let is_free = |unit: &usize| problem.ranges[*unit].is_free();
        let free: Vec<usize> = movable.iter().copied().filter(is_free).collect();
        let mut free_of: Vec<Vec<u32>> = vec![Vec::new(); groups.len()];
        free.iter().for_each(|&unit| free_of[group_of[unit] as usize].push(unit as u32));
        let mean = total.iter().map(|&size| size as u128).sum::<u128>() / units as u128;
        let schedule = Schedule::new(problem, mean, phase, self.effort);
        let energies = energies();
        let mut draws = Stream::new(self.key, StreamPurpose::Search);
        let (mut pairs, mut step) = (0, 0u64);
        while pairs < schedule.pairs {
            if step.is_multiple_of(UNASKED) {
                self.control.go_on()?;
            }
            step += 1;
            let from = if !free.is_empty() && draws.below(100) < phase.free { &free } else { &movable };
            let one = from[draws.below(from.len() as u64) as usize];
            let Some(new) = problem.ranges[one].other(values[one], &mut draws) else {
                pairs += 1;
                continue;
            };
            let change = new as i64 - values[one] as i64;
            // The change is made, and taken back where no partner fits: then what the two have in common is counted rightly.
            let cells = problem.incidence.cells(one);
            let cost = 2 * change * pulls.sum(cells) + change * change * total[one];
            pulls.change(cells, change);
            let group = group_of[one] as usize;
            // Units that are not free change by multiples of the base.
            let is_multiple = change % problem.base as i64 == 0;
            let among = if is_multiple { groups.units(group) } else { &free_of[group] };
            let mut found = None;
            for _ in 0..PARTNERS {
                pairs += 1;
                let fits = |other: usize| {
                    let value = values[other].checked_add_signed(-change);
                    other != one && !frozen[other] && value.is_some_and(|value| problem.ranges[other].holds(value))
                };
                let mut drawn = (0..TRIES).map(|_| among[draws.below(among.len() as u64) as usize] as usize);
                let Some(other) = drawn.find(|&other| fits(other)) else { break };
                let cost =
                    cost - 2 * change * pulls.sum(problem.incidence.cells(other)) + change * change * total[other];
                if cost <= 0 || schedule.accepts(cost, pairs, energies[(draws.bits() >> 48) as usize]) {
                    found = Some(other);
                    break;
                }
            }
            let Some(other) = found else {
                pulls.change(cells, -change);
                continue;
            };
            pulls.change(problem.incidence.cells(other), -change);
            values[one] = new;
            values[other] = (values[other] as i64 - change) as u64;
        }
        Ok(Start { values, frozen })
    }
}

/// For each cell, its weight times the change of its count.
struct Pulls<'a> {
    of: Vec<i64>,
    weights: &'a [u32],
}

impl Pulls<'_> {
    fn sum(&self, cells: &[u32]) -> i64 {
        cells.iter().map(|&cell| self.of[cell as usize]).sum()
    }

    fn change(&mut self, cells: &[u32], change: i64) {
        for &cell in cells {
            self.of[cell as usize] += change * i64::from(self.weights[cell as usize]);
        }
    }
}

/// Which increases of the cost are accepted at which time.
struct Schedule {
    pairs: u64,
    start: u128,
}

impl Schedule {
    /// `mean` is the mean weight of all cells of a unit.
    fn new(problem: &Problem, mean: u128, phase: &Phase, effort: u64) -> Self {
        let start = mean * u128::from(problem.base * problem.base) * phase.heat / 1000;
        let (units, cells) = (problem.counts.len() as u64, problem.incidence.len() as u64);
        // A change in few cells is quickly tried, so more are: the mean change of the sample's `glotip` falls by a quarter.
        let each = (cells / units).max(1);
        let pairs = PAIRS.max((PAIRS_OF_CELL * each).min(LOOKS / each));
        Self { pairs: pairs * units * effort / 100 * phase.work / 100, start }
    }

    /// Returns the temperature: that of the start times the square of what is left of 92 percent of the work.
    fn temperature(&self, pairs: u64) -> u128 {
        let end = (self.pairs * 92 / 100).max(1);
        let left = (u128::from(end.saturating_sub(pairs)) << 16) / u128::from(end);
        (self.start * left * left) >> 32
    }

    fn accepts(&self, cost: i64, pairs: u64, energy: u32) -> bool {
        (cost as u128) << 16 <= self.temperature(pairs) * u128::from(energy)
    }
}
