//! Interval propagation: bounds follow from one sum at a time, until no sum narrows any further.

use std::collections::VecDeque;

use super::system::{EquationSystem, Meaning, OPEN};

/// Which bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Lower,
    Upper,
}

/// A bound that follows from one sum and earlier bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub cell: u32,
    pub side: Side,
    pub bound: i64,
    /// Equations with their factors, which together are the sum.
    pub sum: Vec<(u32, i64)>,
}

/// A sum of cells that is 0, with the equations that it is made of.
#[derive(Clone, Debug)]
pub(super) struct SumRow {
    pub terms: Vec<(u32, i64)>,
    /// What the terms make together with a published part: the terms are the negative of it.
    pub constant: i64,
    pub sum: Vec<(u32, i64)>,
}

/// The interval of every cell.
#[derive(Clone, Debug)]
pub(super) struct CellBounds {
    pub lower: Vec<i64>,
    pub upper: Vec<i64>,
    /// How each bound was found, in order.
    pub steps: Vec<Step>,
}

/// The releases contradict each other: no counts agree with all that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoSolution {
    pub cell: u32,
}

impl CellBounds {
    /// The bounds that releases state.
    pub fn stated(system: &EquationSystem) -> Self {
        let (lower, upper) = (0..system.cells.len() as u32).map(|cell| system.stated(cell)).unzip();
        Self { lower, upper, steps: Vec::new() }
    }

    pub fn is_exact(&self, cell: u32) -> bool {
        self.lower[cell as usize] == self.upper[cell as usize]
    }

    /// Narrows the bounds by some sums, until none narrows any further.
    ///
    /// # Errors
    /// No whole numbers satisfy them.
    pub fn settle(&mut self, rows: &[SumRow]) -> Result<(), NoSolution> {
        let mut users: Vec<Vec<u32>> = vec![Vec::new(); self.lower.len()];
        for (at, row) in rows.iter().enumerate() {
            row.terms.iter().for_each(|(cell, _)| users[*cell as usize].push(at as u32));
        }
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by_key(|&at| rows[at as usize].terms.len());
        let mut queue: VecDeque<u32> = order.into();
        let mut waits = vec![true; rows.len()];
        let mut changed = Vec::new();
        while let Some(at) = queue.pop_front() {
            waits[at as usize] = false;
            self.narrow(&rows[at as usize], &mut changed)?;
            for cell in changed.drain(..) {
                for &user in &users[cell as usize] {
                    if !std::mem::replace(&mut waits[user as usize], true) {
                        queue.push_back(user);
                    }
                }
            }
        }
        Ok(())
    }

    /// Narrows the bounds by one sum.
    ///
    /// # Errors
    /// No whole numbers satisfy it.
    pub fn learn(&mut self, row: &SumRow) -> Result<(), NoSolution> {
        let mut changed = Vec::new();
        loop {
            self.narrow(row, &mut changed)?;
            if changed.is_empty() {
                return Ok(());
            }
            changed.clear();
        }
    }

    /// The lower end of a term, or nothing where it has none; with `Side::Upper` the upper end.
    fn end(&self, (cell, factor): (u32, i64), side: Side) -> Option<i64> {
        let bound =
            if (factor > 0) == (side == Side::Lower) { self.lower[cell as usize] } else { self.upper[cell as usize] };
        (bound < OPEN).then_some(factor * bound)
    }

    /// Narrows the bounds of the cells of one sum, and lists the cells.
    fn narrow(&mut self, row: &SumRow, changed: &mut Vec<u32>) -> Result<(), NoSolution> {
        for side in [Side::Lower, Side::Upper] {
            let (mut total, mut open) = (row.constant, 0);
            for &term in &row.terms {
                match self.end(term, side) {
                    Some(end) => total += end,
                    None => open += 1,
                }
            }
            if open > 1 {
                continue;
            }
            if open == 0 && (side == Side::Lower && total > 0 || side == Side::Upper && total < 0) {
                return Err(NoSolution { cell: row.terms[0].0 });
            }
            for &(cell, factor) in &row.terms {
                let others = match self.end((cell, factor), side) {
                    Some(end) if open == 0 => total - end,
                    None => total,
                    Some(_) => continue,
                };
                // The term is at most (lower ends) or at least (upper ends) the negative of the others.
                let found = if (factor > 0) == (side == Side::Lower) { Side::Upper } else { Side::Lower };
                let bound = divided(-others, factor, found);
                self.improve(row, (cell, found, bound), changed)?;
            }
        }
        Ok(())
    }

    fn improve(
        &mut self,
        row: &SumRow,
        (cell, side, bound): (u32, Side, i64),
        changed: &mut Vec<u32>,
    ) -> Result<(), NoSolution> {
        let at = cell as usize;
        let (known, is_news) = match side {
            Side::Upper => {
                let is_news = bound < self.upper[at];
                (&mut self.upper[at], is_news)
            }
            Side::Lower => {
                let is_news = bound > self.lower[at];
                (&mut self.lower[at], is_news)
            }
        };
        if !is_news {
            return Ok(());
        }
        *known = bound;
        self.steps.push(Step { cell, side, bound, sum: row.sum.clone() });
        changed.push(cell);
        if self.lower[at] > self.upper[at] { Err(NoSolution { cell }) } else { Ok(()) }
    }
}

/// Divides and rounds down for an upper bound, up for a lower one.
fn divided(number: i64, by: i64, side: Side) -> i64 {
    let (number, by) = if by < 0 { (-number, -by) } else { (number, by) };
    match side {
        Side::Upper => number.div_euclid(by),
        Side::Lower => -((-number).div_euclid(by)),
    }
}

/// Returns all equations of a system, implied ones included, as rows for propagation.
pub(super) fn rows(system: &EquationSystem) -> Vec<SumRow> {
    let row = |(at, terms): (usize, &Vec<(u32, i64)>)| SumRow {
        terms: terms.clone(),
        constant: 0,
        sum: vec![(at as u32, 1)],
    };
    system.equations.iter().map(|equation| &equation.terms).enumerate().map(row).collect()
}

/// Returns the least that shown zeros alone concede of each cell: a count is at least 1 where zeros are shown, and a total is at
/// least the number of its parts that are.
pub(super) fn conceded(system: &EquationSystem) -> Result<Vec<i64>, NoSolution> {
    let bounds = |cell: &super::system::SystemCell| match cell.value {
        Some(0) if matches!(cell.meaning, Meaning::Count(_)) => (0, 0),
        _ if cell.hides_zero => (0, OPEN),
        _ => (1, OPEN),
    };
    let (lower, upper) = system.cells.iter().map(bounds).unzip();
    let mut bounds = CellBounds { lower, upper, steps: Vec::new() };
    let mut rows = rows(system);
    rows.extend(system.published_sums.iter().map(|terms| SumRow {
        terms: terms.clone(),
        constant: 0,
        sum: Vec::new(),
    }));
    bounds.settle(&rows)?;
    Ok(bounds.lower)
}

#[cfg(test)]
mod tests {
    use super::super::system::Relation;
    use super::*;

    /// A system of counts from their published values, none for suppressed ones.
    fn system(values: &[Option<i64>], sums: &[&[(u32, i64)]]) -> EquationSystem {
        let mut system = EquationSystem::default();
        for (at, value) in values.iter().enumerate() {
            let cell = system.cell(Meaning::Count(at as u32));
            system.cells[cell as usize].value = *value;
        }
        sums.iter().for_each(|terms| system.add(terms.to_vec(), Relation::Sum(0, 0)));
        system
    }

    #[test]
    fn a_sum_bounds_its_parts() {
        let system = system(&[Some(20), Some(15), None, None], &[&[(0, -1), (1, 1), (2, 1), (3, 1)]]);
        let mut bounds = CellBounds::stated(&system);
        bounds.settle(&rows(&system)).unwrap();
        assert_eq!((bounds.lower[2], bounds.upper[2]), (0, 5));
        assert_eq!(bounds.steps.len(), 2);
    }

    #[test]
    fn factors_round_to_whole_numbers() {
        let system = system(&[Some(7), None, None], &[&[(0, -1), (1, 2), (2, 3)]]);
        let mut bounds = CellBounds::stated(&system);
        bounds.settle(&rows(&system)).unwrap();
        assert_eq!([bounds.upper[1], bounds.upper[2]], [2, 1]);
        assert_eq!([bounds.lower[1], bounds.lower[2]], [2, 1]);
    }

    #[test]
    fn counts_without_a_solution_are_found() {
        let system = system(&[Some(7), None, Some(9)], &[&[(0, -1), (1, 1), (2, 1)]]);
        assert!(CellBounds::stated(&system).settle(&rows(&system)).is_err());
    }
}
