//! Checks certificates by addition. Nothing here searches, and nothing here solves.

use std::collections::BTreeMap;

use super::attack::terms_of;
use super::bounds::{Side, Step};
use super::certificate::{Certificates, Claim};
use super::rule::{Demand, Known};
use super::system::{EquationSystem, OPEN};

/// What is wrong with certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CertificateFault {
    /// A table breaks a sum: number of the table, and of the equation.
    Sum(u32, u32),
    /// A table has a count outside of what the release states: number of the table, and the cell.
    Stated(u32, u32),
    /// A table has no count for a cell.
    NoCount(u32),
    /// A step does not follow from its sum and the steps before it.
    Step(u32),
    /// A cell has no claim, or one that its certificate does not show.
    Claim(u32),
}

/// The checked counts of cells: published ones, and those of a table.
struct CheckedCounts {
    base: Vec<i64>,
}

/// Checks that every judged cell has a certificate, and that each certificate is right.
pub(super) fn check(
    system: &EquationSystem,
    demands: &BTreeMap<u32, Demand>,
    found: &Certificates,
) -> Vec<CertificateFault> {
    let mut faults = Vec::new();
    let counts = base(system, found, &mut faults);
    let tables = counts.map_or_else(Vec::new, |counts| check_tables(system, &counts, (found, &mut faults)));
    let bounds = check_steps(system, &found.steps, &mut faults);
    for (&cell, &demand) in demands {
        let holds = match found.claims.get(&cell) {
            Some(&Claim::Safe { low, high }) => {
                let counts =
                    [low, high].map(|table| Some(*tables.get(table as usize)?.get(&cell).unwrap_or(&tables[0][&cell])));
                let goals = demand.goals();
                let meets =
                    |at: usize, goal: (i64, i64)| counts[at].is_some_and(|count| (goal.0..=goal.1).contains(&count));
                if demand.needs_both() {
                    meets(0, goals[0]) && meets(1, goals[1])
                } else {
                    meets(0, goals[0]) || meets(0, goals[1])
                }
            }
            Some(Claim::Harmless) => demand.judge(bounds[cell as usize]) == Known::Harmless,
            Some(Claim::Unsafe) => demand.judge(bounds[cell as usize]) == Known::Broken,
            Some(Claim::Undecided) => true,
            None => false,
        };
        if !holds {
            faults.push(CertificateFault::Claim(cell));
        }
    }
    let is_extra = |cell: &&u32| !demands.contains_key(*cell);
    faults.extend(found.claims.keys().filter(is_extra).map(|&cell| CertificateFault::Claim(cell)));
    faults
}

/// Reads the base, and checks it; nothing where there is none.
fn base(system: &EquationSystem, found: &Certificates, faults: &mut Vec<CertificateFault>) -> Option<CheckedCounts> {
    if found.base.is_empty() {
        return None;
    }
    let mut counts = Vec::with_capacity(system.cells.len());
    for (cell, entry) in system.cells.iter().enumerate() {
        let count = entry.value.or_else(|| found.base.get(&(cell as u32)).copied());
        if count.is_none() {
            faults.push(CertificateFault::NoCount(cell as u32));
        }
        counts.push(count.unwrap_or(0));
        let (lower, upper) = system.stated(cell as u32);
        if !(lower..=upper).contains(&counts[cell]) {
            faults.push(CertificateFault::Stated(0, cell as u32));
        }
    }
    for (at, equation) in system.equations.iter().enumerate() {
        if sum(&equation.terms, |cell| counts[cell as usize]) != 0 {
            faults.push(CertificateFault::Sum(0, at as u32));
        }
    }
    Some(CheckedCounts { base: counts })
}

fn sum(terms: &[(u32, i64)], count: impl Fn(u32) -> i64) -> i128 {
    terms.iter().map(|(cell, factor)| i128::from(count(*cell)) * i128::from(*factor)).sum()
}

/// Checks each table, and returns the cells in which it differs from the base. The first is the base, with all cells.
fn check_tables(
    system: &EquationSystem,
    counts: &CheckedCounts,
    (found, faults): (&Certificates, &mut Vec<CertificateFault>),
) -> Vec<BTreeMap<u32, i64>> {
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); system.cells.len()];
    for (at, equation) in system.equations.iter().enumerate() {
        equation.terms.iter().for_each(|(cell, _)| users[*cell as usize].push(at as u32));
    }
    let mut tables = vec![counts.base.iter().enumerate().map(|(cell, count)| (cell as u32, *count)).collect()];
    for (at, changes) in found.tables.iter().enumerate() {
        let number = at as u32 + 1;
        let changed: BTreeMap<u32, i64> = changes.iter().copied().collect();
        let mut touched = Vec::new();
        for (&cell, &count) in &changed {
            let Some(users) = users.get(cell as usize) else {
                faults.push(CertificateFault::Stated(number, cell));
                continue;
            };
            let (lower, upper) = system.stated(cell);
            if !(lower..=upper).contains(&count) {
                faults.push(CertificateFault::Stated(number, cell));
            }
            touched.extend(users);
        }
        touched.sort_unstable();
        touched.dedup();
        let count = |cell: u32| changed.get(&cell).copied().unwrap_or(counts.base[cell as usize]);
        let broken = touched.into_iter().filter(|&at| sum(&system.equations[at as usize].terms, count) != 0);
        faults.extend(broken.map(|at| CertificateFault::Sum(number, at)));
        tables.push(changed);
    }
    tables
}

/// Checks steps one after another, and returns the bounds that they show.
fn check_steps(system: &EquationSystem, steps: &[Step], faults: &mut Vec<CertificateFault>) -> Vec<(i64, i64)> {
    let mut bounds: Vec<(i64, i64)> = (0..system.cells.len() as u32).map(|cell| system.stated(cell)).collect();
    for (at, step) in steps.iter().enumerate() {
        let terms = terms_of(system, &step.sum).unwrap_or_default();
        if !follows(&terms, step, &bounds) {
            faults.push(CertificateFault::Step(at as u32));
            continue;
        }
        let (lower, upper) = &mut bounds[step.cell as usize];
        match step.side {
            Side::Lower => *lower = step.bound.max(*lower),
            Side::Upper => *upper = step.bound.min(*upper),
        }
    }
    bounds
}

/// Returns whether a bound follows from a sum that is 0: one more (or less) would need others beyond their bounds.
fn follows(terms: &[(u32, i64)], step: &Step, bounds: &[(i64, i64)]) -> bool {
    let Some(&(_, coefficient)) = terms.iter().find(|(cell, _)| *cell == step.cell) else { return false };
    let out = if step.side == Side::Upper { 1 } else { -1 };
    let beyond = i128::from(step.bound) + i128::from(out);
    // With the cell beyond its bound, the sum is away from 0 in the direction of this sign, however small the others are.
    let sign = coefficient.signum() * out;
    let mut nearest = i128::from(coefficient) * beyond * i128::from(sign);
    for &(cell, factor) in terms.iter().filter(|(cell, _)| *cell != step.cell) {
        let (lower, upper) = bounds[cell as usize];
        let end = if factor.signum() * sign > 0 { lower } else { upper };
        if end >= OPEN {
            return false;
        }
        nearest += i128::from(factor) * i128::from(end) * i128::from(sign);
    }
    nearest > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_to_the_end_of_numbers_is_judged() {
        let step = |side, bound| Step { cell: 0, side, bound, sum: Vec::new() };
        for (side, bound) in [(Side::Upper, i64::MAX), (Side::Lower, i64::MIN)] {
            assert!(follows(&[(0, 1)], &step(side, bound), &[(0, 5)]));
        }
        // The others of the sum may be as large as they like.
        assert!(!follows(&[(0, 1), (1, i64::MIN)], &step(Side::Upper, i64::MAX), &[(0, 5), (0, OPEN)]));
    }
}
