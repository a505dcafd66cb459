//! A simplex tableau without an objective: is there a solution within bounds? Bounds may come and go between questions.
//!
//! # Reference
//! B. Dutertre, L. de Moura, "A fast linear-arithmetic solver for DPLL(T)", CAV 2006. Rows are exact: whole numbers over a
//! divisor.

use std::collections::BTreeSet;

use super::bounds::Side;
use super::eliminate::Solved;
use super::fraction::{Fraction, TooLarge, common_small};

/// The answer to whether there is a solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Feasibility {
    /// The values are one.
    Yes,
    /// There is none. Where one row alone shows it, that row.
    No(Option<Solved>),
    /// The question was given up: it took too many steps, or a number became too large.
    Open,
}

/// Where whole numbers are searched for, the bounds that are tried on the way.
#[derive(Clone, Copy, Debug)]
struct TriedBounds {
    at: usize,
    bounds: (i64, i64),
}

/// Cells, numbered from 0. Some are sums of the others.
#[derive(Clone, Debug)]
pub(super) struct Tableau {
    /// Each is solved for its cell, whose bounds may be broken. The other cells are within their bounds.
    rows: Vec<Solved>,
    row_of: Vec<u32>,
    /// Rows that hold a cell, and some that did.
    columns: Vec<Vec<u32>>,
    lower: Vec<i64>,
    upper: Vec<i64>,
    values: Vec<Fraction>,
    broken: BTreeSet<u32>,
    /// Steps that are left for the question.
    steps: u64,
}

const NONE: u32 = u32::MAX;

/// After so many exchanges for one answer, cells are chosen by their number only, which ends in every case.
const CHOOSY: u32 = 400;

/// Which of the cells that can move enters a row.
#[derive(Clone, Copy, Debug)]
enum EnteringCell {
    /// The one with the lowest number.
    First,
    /// The one that the fewest rows hold.
    LeastUsed,
}

impl Tableau {
    /// Makes a tableau of solved cells, from bounds in which a solution may or may not be.
    ///
    /// # Errors
    /// A number is too large.
    pub fn new(rows: Vec<Solved>, bounds: Vec<(i64, i64)>) -> Result<Self, TooLarge> {
        let cells = bounds.len();
        let (lower, upper): (Vec<i64>, Vec<i64>) = bounds.into_iter().unzip();
        let mut tableau = Self {
            row_of: vec![NONE; cells],
            columns: vec![Vec::new(); cells],
            values: lower.iter().map(|&bound| Fraction::whole(bound)).collect(),
            broken: BTreeSet::new(),
            steps: 0,
            rows,
            lower,
            upper,
        };
        for (at, row) in tableau.rows.iter().enumerate() {
            tableau.row_of[row.cell as usize] = at as u32;
            let mut value = Fraction::whole(0).plus(Fraction::whole(row.constant), (1, row.divisor))?;
            for &(cell, factor) in &row.terms {
                value = value.plus(tableau.values[cell as usize], (factor, row.divisor))?;
                tableau.columns[cell as usize].push(at as u32);
            }
            tableau.values[row.cell as usize] = value;
        }
        (0..cells as u32).for_each(|cell| tableau.note(cell));
        Ok(tableau)
    }

    /// Returns the bounds of a cell.
    pub fn bounds(&self, cell: u32) -> (i64, i64) {
        (self.lower[cell as usize], self.upper[cell as usize])
    }

    /// Returns the whole part of the value of a cell.
    pub fn value(&self, cell: u32) -> i64 {
        self.values[cell as usize].floor()
    }

    /// Changes the bounds of a cell.
    ///
    /// # Errors
    /// A number is too large.
    pub fn bind(&mut self, cell: u32, (lower, upper): (i64, i64)) -> Result<(), TooLarge> {
        let at = cell as usize;
        (self.lower[at], self.upper[at]) = (lower, upper);
        if self.row_of[at] == NONE && lower <= upper {
            let value = self.values[at];
            let to = if value.is_below(lower) { Some(lower) } else { value.is_above(upper).then_some(upper) };
            if let Some(to) = to {
                self.shift(cell, value.way_to(to, (1, 1))?)?;
            }
        }
        self.note(cell);
        Ok(())
    }

    /// Notes whether a solved cell is out of its bounds.
    fn note(&mut self, cell: u32) {
        let at = cell as usize;
        let value = self.values[at];
        let is_out = value.is_below(self.lower[at]) || value.is_above(self.upper[at]);
        if is_out && self.row_of[at] != NONE {
            self.broken.insert(cell);
        } else {
            self.broken.remove(&cell);
        }
    }

    fn factor(&self, row: u32, cell: u32) -> Option<i64> {
        let terms = &self.rows[row as usize].terms;
        terms.binary_search_by_key(&cell, |(unknown, _)| *unknown).ok().map(|at| terms[at].1)
    }

    /// Moves a cell that is not solved, and all that depend on it.
    fn shift(&mut self, cell: u32, by: Fraction) -> Result<(), TooLarge> {
        self.values[cell as usize] = self.values[cell as usize].plus(by, (1, 1))?;
        let mut column = std::mem::take(&mut self.columns[cell as usize]);
        column.sort_unstable();
        column.dedup();
        column.retain(|&row| self.factor(row, cell).is_some());
        for &row in &column {
            let factor = self.factor(row, cell).unwrap_or_default();
            let Solved { cell: solved, divisor, .. } = self.rows[row as usize];
            self.values[solved as usize] = self.values[solved as usize].plus(by, (factor, divisor))?;
            self.note(solved);
            self.steps = self.steps.saturating_sub(1);
        }
        self.columns[cell as usize] = column;
        Ok(())
    }

    /// Searches for a solution in whole numbers. `steps` limits the work.
    pub fn solve(&mut self, steps: u64) -> Feasibility {
        self.steps = steps;
        let mut held = Vec::new();
        let answer = self.search(&mut held, 0).unwrap_or(Feasibility::Open);
        for TriedBounds { at, bounds } in held.into_iter().rev() {
            if self.bind(at as u32, bounds).is_err() {
                return Feasibility::Open;
            }
        }
        answer
    }

    /// Searches by cases, where a cell is a fraction: it is at most the whole number below, or at least the one above.
    fn search(&mut self, held: &mut Vec<TriedBounds>, depth: u32) -> Result<Feasibility, TooLarge> {
        match self.relax()? {
            Feasibility::Yes => {}
            other => return Ok(other),
        }
        let Some(at) = (0..self.values.len()).find(|&at| !self.values[at].is_whole()) else {
            return Ok(Feasibility::Yes);
        };
        if depth > 60 {
            return Ok(Feasibility::Open);
        }
        let (below, bounds, place) = (self.values[at].floor(), self.bounds(at as u32), held.len());
        let mut is_open = false;
        for case in [(bounds.0, below), (below + 1, bounds.1)] {
            held.push(TriedBounds { at, bounds });
            self.bind(at as u32, case)?;
            match self.search(held, depth + 1)? {
                Feasibility::Yes => return Ok(Feasibility::Yes),
                Feasibility::No(_) => {}
                Feasibility::Open => is_open = true,
            }
            for TriedBounds { at, bounds } in held.drain(place..).rev().collect::<Vec<_>>() {
                self.bind(at as u32, bounds)?;
            }
        }
        Ok(if is_open { Feasibility::Open } else { Feasibility::No(None) })
    }

    /// Searches for a solution in fractions.
    fn relax(&mut self) -> Result<Feasibility, TooLarge> {
        if (0..self.lower.len()).any(|at| self.lower[at] > self.upper[at]) {
            return Ok(Feasibility::No(None));
        }
        let mut exchanges = 0;
        while let Some(&cell) = self.broken.first() {
            if self.steps == 0 {
                return Ok(Feasibility::Open);
            }
            exchanges += 1;
            let at = cell as usize;
            let row = self.row_of[at];
            let side = if self.values[at].is_below(self.lower[at]) { Side::Lower } else { Side::Upper };
            let choice = if exchanges > CHOOSY { EnteringCell::First } else { EnteringCell::LeastUsed };
            let Some(entering) = self.entering(row, side, choice) else {
                return Ok(Feasibility::No(Some(self.rows[row as usize].clone())));
            };
            let to = if side == Side::Lower { self.lower[at] } else { self.upper[at] };
            let (factor, divisor) = (self.factor(row, entering).unwrap_or(1), self.rows[row as usize].divisor);
            let by = self.values[at].way_to(to, (divisor, factor))?;
            self.shift(entering, by)?;
            self.exchange(row, entering)?;
            self.note(cell);
            self.note(entering);
        }
        Ok(Feasibility::Yes)
    }

    /// Returns a cell of a row that can move the solved cell towards its bound.
    fn entering(&self, row: u32, side: Side, choice: EnteringCell) -> Option<u32> {
        let can_move = |&&(cell, factor): &&(u32, i64)| {
            let at = cell as usize;
            if (factor > 0) == (side == Side::Lower) {
                self.values[at].is_below(self.upper[at])
            } else {
                self.values[at].is_above(self.lower[at])
            }
        };
        let cells = self.rows[row as usize].terms.iter().filter(can_move).map(|(cell, _)| *cell);
        match choice {
            EnteringCell::First => cells.min(),
            EnteringCell::LeastUsed => cells.min_by_key(|&cell| (self.columns[cell as usize].len(), cell)),
        }
    }

    /// Solves a row for another of its cells, and puts that into all other rows.
    fn exchange(&mut self, row: u32, entering: u32) -> Result<(), TooLarge> {
        let old = std::mem::replace(
            &mut self.rows[row as usize],
            Solved { cell: entering, divisor: 1, constant: 0, terms: Vec::new() },
        );
        let leaving = old.cell;
        let new = solved_for(old, entering)?;
        self.row_of[leaving as usize] = NONE;
        self.row_of[entering as usize] = row;
        self.broken.remove(&leaving);
        for owner in std::mem::take(&mut self.columns[entering as usize]) {
            if owner == row || self.factor(owner, entering).is_none() {
                continue;
            }
            let changed = with(&self.rows[owner as usize], &new)?;
            self.steps = self.steps.saturating_sub(1 + changed.terms.len() as u64 / 4);
            for &(cell, _) in &new.terms {
                if self.factor(owner, cell).is_none() {
                    self.columns[cell as usize].push(owner);
                }
            }
            self.rows[owner as usize] = changed;
        }
        self.columns[leaving as usize].push(row);
        self.rows[row as usize] = new;
        Ok(())
    }
}

/// Solves a row for another of its cells.
fn solved_for(row: Solved, cell: u32) -> Result<Solved, TooLarge> {
    let Solved { cell: leaving, divisor, constant, terms } = row;
    let by = terms.iter().find(|(unknown, _)| *unknown == cell).map_or(1, |(_, factor)| *factor);
    let sign = by.signum();
    let mut terms: Vec<(u32, i64)> = terms
        .into_iter()
        .filter(|(unknown, _)| *unknown != cell)
        .map(|(unknown, factor)| (unknown, -factor * sign))
        .collect();
    terms.push((leaving, divisor * sign));
    terms.sort_unstable_by_key(|(unknown, _)| *unknown);
    lowest(Solved { cell, divisor: by.checked_abs().ok_or(TooLarge)?, constant: -constant * sign, terms })
}

/// Puts a solved cell into a row.
fn with(row: &Solved, solved: &Solved) -> Result<Solved, TooLarge> {
    let factor = row.terms.iter().find(|(unknown, _)| *unknown == solved.cell).map_or(0, |(_, factor)| *factor);
    let by = common_small(factor, solved.divisor);
    let (weight, other) = (solved.divisor / by, factor / by);
    let sum = |one: i64, two: i64| -> Result<i64, TooLarge> {
        let one = one.checked_mul(weight).ok_or(TooLarge)?;
        one.checked_add(two.checked_mul(other).ok_or(TooLarge)?).ok_or(TooLarge)
    };
    let mut terms = Vec::with_capacity(row.terms.len() + solved.terms.len());
    let (mut left, mut right) = (row.terms.iter().peekable(), solved.terms.iter().peekable());
    loop {
        let (cell, value) = match (left.peek(), right.peek()) {
            (Some(&&(one, factor)), Some(&&(two, added))) if one == two => {
                left.next();
                right.next();
                (one, sum(factor, added)?)
            }
            (Some(&&(one, factor)), next) if next.is_none_or(|(two, _)| one < *two) => {
                left.next();
                (one, if one == solved.cell { 0 } else { sum(factor, 0)? })
            }
            (_, Some(&&(two, added))) => {
                right.next();
                (two, sum(0, added)?)
            }
            _ => break,
        };
        if value != 0 {
            terms.push((cell, value));
        }
    }
    let divisor = row.divisor.checked_mul(weight).ok_or(TooLarge)?;
    lowest(Solved { cell: row.cell, divisor, constant: sum(row.constant, solved.constant)?, terms })
}

/// Returns the row in lowest terms.
fn lowest(row: Solved) -> Result<Solved, TooLarge> {
    if row.divisor == 1 {
        return Ok(row);
    }
    let by =
        row.terms.iter().fold(common_small(row.divisor, row.constant), |by, (_, factor)| common_small(by, *factor));
    if by <= 1 {
        return Ok(row);
    }
    let terms = row.terms.into_iter().map(|(cell, factor)| (cell, factor / by)).collect();
    Ok(Solved { cell: row.cell, divisor: row.divisor / by, constant: row.constant / by, terms })
}

#[cfg(test)]
mod tests {
    use super::super::system::OPEN;
    use super::*;

    fn row(cell: u32, constant: i64, terms: &[(u32, i64)]) -> Solved {
        Solved { cell, divisor: 1, constant, terms: terms.to_vec() }
    }

    /// Two rows and two columns that add up to 10 each: cells 1 to 3 follow from cell 0.
    fn square() -> Tableau {
        let rows = vec![row(1, 10, &[(0, -1)]), row(2, 10, &[(0, -1)]), row(3, 0, &[(0, 1)])];
        Tableau::new(rows, vec![(0, OPEN); 4]).unwrap()
    }

    #[test]
    fn bounds_come_and_go() {
        let mut tableau = square();
        assert_eq!(tableau.solve(1000), Feasibility::Yes);
        tableau.bind(3, (7, OPEN)).unwrap();
        assert_eq!(tableau.solve(1000), Feasibility::Yes);
        assert_eq!((tableau.value(0), tableau.value(1)), (7, 3));
        tableau.bind(1, (4, OPEN)).unwrap();
        assert!(matches!(tableau.solve(1000), Feasibility::No(Some(_))));
        tableau.bind(3, (0, OPEN)).unwrap();
        assert_eq!(tableau.solve(1000), Feasibility::Yes);
        assert!(tableau.value(1) >= 4);
    }

    /// 2a + 2b = 5 has solutions, and none in whole numbers.
    #[test]
    fn fractions_are_no_counts() {
        let half = Solved { cell: 1, divisor: 2, constant: 5, terms: vec![(0, -2)] };
        let mut tableau = Tableau::new(vec![half], vec![(0, OPEN); 2]).unwrap();
        assert_eq!(tableau.solve(1000), Feasibility::No(None));
    }

    #[test]
    fn a_search_can_be_given_up() {
        let mut tableau = square();
        tableau.bind(1, (3, 3)).unwrap();
        assert_eq!(tableau.solve(0), Feasibility::Open);
        assert_eq!(tableau.solve(1000), Feasibility::Yes);
    }
}
