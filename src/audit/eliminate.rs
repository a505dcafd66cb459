//! Sparse elimination modulo a prime: which counts the sums alone determine, and what the others depend on.

use super::bounds::{CellBounds, SumRow};
use super::fraction::common;
use super::modular::{PRIME, fraction, inverse, multiply, residue, subtract};
use super::system::EquationSystem;

/// One cell as a sum of others: `divisor * cell = constant + terms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Solved {
    pub cell: u32,
    pub divisor: i64,
    pub constant: i64,
    /// Ascending by cell.
    pub terms: Vec<(u32, i64)>,
}

/// A sum modulo the prime: terms and constant make 0.
#[derive(Clone, Debug, Default)]
struct ModRow {
    terms: Vec<(u32, u64)>,
    constant: u64,
    /// The equations that it is made of, with their factors.
    history: Vec<(u32, u64)>,
}

/// A choice: rows keep the equations that they are made of, or drop them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    Kept,
    Dropped,
}

/// Reduced equations: each is solved for a cell that no other one has.
pub(super) struct ReducedEquations {
    rows: Vec<ModRow>,
    /// The row that is solved for each cell.
    solved_in: Vec<u32>,
}

const NONE: u32 = u32::MAX;

/// Room for the sum of two rows.
struct RowScratch {
    terms: Scratch,
    history: Scratch,
}

/// A vector that is zero almost everywhere.
struct Scratch {
    values: Vec<u64>,
    touched: Vec<u32>,
}

impl Scratch {
    fn new(len: usize) -> Self {
        Self { values: vec![0; len], touched: Vec::new() }
    }

    /// Subtracts a multiple of some terms.
    fn subtract(&mut self, factor: u64, terms: &[(u32, u64)]) {
        for &(at, value) in terms {
            let place = &mut self.values[at as usize];
            // A place whose value has become 0 again may be listed twice, which `take` accepts.
            if *place == 0 {
                self.touched.push(at);
            }
            *place = subtract(*place, multiply(factor, value));
        }
    }

    /// Returns what is not 0, ascending, and is zero afterwards.
    fn take(&mut self) -> Vec<(u32, u64)> {
        self.touched.sort_unstable();
        self.touched.dedup();
        let values = &mut self.values;
        let found = self.touched.drain(..).filter_map(|at| {
            let value = std::mem::take(&mut values[at as usize]);
            (value != 0).then_some((at, value))
        });
        found.collect()
    }
}

/// Returns the equations that algebra uses as rows: what is known is part of the constant.
fn rows(system: &EquationSystem, bounds: &CellBounds, history: History) -> Vec<ModRow> {
    let mut found = Vec::new();
    for (at, equation) in system.equations.iter().enumerate().filter(|(_, equation)| !equation.is_implied) {
        let mut row = ModRow::default();
        let mut constant = 0;
        for &(cell, factor) in &equation.terms {
            if bounds.is_exact(cell) {
                constant += factor * bounds.lower[cell as usize];
            } else {
                row.terms.push((cell, residue(factor)));
            }
        }
        row.constant = residue(constant);
        if history == History::Kept {
            row.history.push((at as u32, 1));
        }
        if !row.terms.is_empty() {
            found.push(row);
        }
    }
    found.sort_by_key(|row| row.terms.len());
    found
}

/// Solves the equations of a system. Rows are used shortest first, and each is reduced in both directions at once. A row is
/// solved for the cell that the fewest reduced rows hold.
pub(super) fn eliminate(system: &EquationSystem, bounds: &CellBounds, history: History) -> ReducedEquations {
    let rows = rows(system, bounds, history);
    let cells = system.cells.len();
    let mut degree = vec![0u64; cells];
    rows.iter().flat_map(|row| &row.terms).for_each(|(cell, _)| degree[*cell as usize] += 1);
    let mut reduced = ReducedEquations { rows: Vec::new(), solved_in: vec![NONE; cells] };
    // Rows that hold a cell, and some that did.
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); cells];
    let mut scratch = RowScratch { terms: Scratch::new(cells), history: Scratch::new(system.equations.len()) };
    for row in rows {
        let row = reduced.reduce(row, &mut scratch);
        let weight = |cell: u32| (16 * users[cell as usize].len() as u64 + degree[cell as usize], cell);
        let Some(pivot) = row.terms.iter().map(|(cell, _)| *cell).min_by_key(|&cell| weight(cell)) else { continue };
        let number = reduced.rows.len() as u32;
        let row = row.solved_for(pivot);
        for owner in std::mem::take(&mut users[pivot as usize]) {
            let other = &reduced.rows[owner as usize];
            let Ok(place) = other.terms.binary_search_by_key(&pivot, |(cell, _)| *cell) else { continue };
            let factor = other.terms[place].1;
            let news = row.terms.iter().map(|(cell, _)| *cell).filter(|&cell| cell != pivot && !other.has(cell));
            news.for_each(|cell| users[cell as usize].push(owner));
            let other = std::mem::take(&mut reduced.rows[owner as usize]);
            let changed = other.less(factor, &row, &mut scratch);
            reduced.rows[owner as usize] = changed;
        }
        for &(cell, _) in row.terms.iter().filter(|(cell, _)| *cell != pivot) {
            users[cell as usize].push(number);
        }
        reduced.solved_in[pivot as usize] = number;
        reduced.rows.push(row);
    }
    reduced
}

impl ModRow {
    fn has(&self, cell: u32) -> bool {
        self.terms.binary_search_by_key(&cell, |(cell, _)| *cell).is_ok()
    }

    /// Returns the row less a multiple of another one.
    fn less(self, factor: u64, other: &Self, scratch: &mut RowScratch) -> Self {
        let RowScratch { terms, history } = scratch;
        terms.subtract(PRIME - 1, &self.terms);
        terms.subtract(factor, &other.terms);
        history.subtract(PRIME - 1, &self.history);
        history.subtract(factor, &other.history);
        let constant = subtract(self.constant, multiply(factor, other.constant));
        Self { terms: terms.take(), constant, history: history.take() }
    }

    /// Returns the multiple of the row in which a cell has the factor 1.
    fn solved_for(self, cell: u32) -> Self {
        let at = self.terms.iter().position(|(unknown, _)| *unknown == cell);
        let by = inverse(at.map_or(1, |at| self.terms[at].1));
        let times = |terms: Vec<(u32, u64)>| terms.into_iter().map(|(at, value)| (at, multiply(value, by))).collect();
        Self { terms: times(self.terms), constant: multiply(self.constant, by), history: times(self.history) }
    }
}

impl ReducedEquations {
    /// Returns a row without the cells that rows are solved for.
    fn reduce(&self, row: ModRow, scratch: &mut RowScratch) -> ModRow {
        let RowScratch { terms, history } = scratch;
        terms.subtract(PRIME - 1, &row.terms);
        history.subtract(PRIME - 1, &row.history);
        let mut constant = row.constant;
        for &(cell, factor) in &row.terms {
            let at = self.solved_in[cell as usize];
            if at != NONE {
                let solved = &self.rows[at as usize];
                terms.subtract(factor, &solved.terms);
                history.subtract(factor, &solved.history);
                constant = subtract(constant, multiply(factor, solved.constant));
            }
        }
        ModRow { terms: terms.take(), constant, history: history.take() }
    }

    /// Returns how many independent sums link the cells.
    pub fn rank(&self) -> usize {
        self.rows.len()
    }

    /// Returns the solved cells as fractions of whole numbers; none for a row whose numbers are too large for that.
    pub fn solved(&self) -> Vec<Option<Solved>> {
        let cells = self.solved_in.iter().enumerate().filter(|(_, row)| **row != NONE);
        let mut found: Vec<Option<Solved>> = vec![None; self.rows.len()];
        for (cell, &row) in cells {
            found[row as usize] = self.rows[row as usize].whole(cell as u32);
        }
        found
    }

    /// Returns the equations, with whole factors, that make a multiple of a sum, and the multiple. `terms` and `constant` make 0.
    pub fn combination(&self, system: &EquationSystem, terms: &[(u32, i64)]) -> Option<(i64, Vec<(u32, i64)>)> {
        let mut scratch =
            RowScratch { terms: Scratch::new(self.solved_in.len()), history: Scratch::new(system.equations.len()) };
        let row = terms.iter().map(|&(cell, factor)| (cell, residue(factor))).collect();
        let row = self.reduce(ModRow { terms: row, ..ModRow::default() }, &mut scratch);
        if !row.terms.is_empty() {
            return None;
        }
        // What was subtracted is the sum itself.
        let history: Vec<(u32, u64)> = row.history.into_iter().map(|(at, value)| (at, subtract(0, value))).collect();
        let fractions: Option<Vec<(u32, (i64, i64))>> =
            history.into_iter().map(|(at, value)| Some((at, fraction(value)?))).collect();
        let fractions = fractions?;
        let multiple = fractions.iter().try_fold(1i64, |all, (_, (_, bottom))| common_multiple(all, *bottom))?;
        let factors = fractions.iter().map(|(at, (top, bottom))| Some((*at, top.checked_mul(multiple / bottom)?)));
        Some((multiple, factors.collect::<Option<_>>()?))
    }
}

impl ModRow {
    fn whole(&self, cell: u32) -> Option<Solved> {
        let constant = fraction(subtract(0, self.constant))?;
        let others = self.terms.iter().filter(|(unknown, _)| *unknown != cell);
        let terms: Option<Vec<(u32, (i64, i64))>> =
            others.map(|&(unknown, value)| Some((unknown, fraction(subtract(0, value))?))).collect();
        let terms = terms?;
        let bottoms = terms.iter().map(|(_, (_, bottom))| *bottom).chain([constant.1]);
        let divisor = bottoms.into_iter().try_fold(1i64, common_multiple)?;
        let times = |(top, bottom): (i64, i64)| top.checked_mul(divisor / bottom);
        let constant = times(constant)?;
        let terms: Option<Vec<(u32, i64)>> =
            terms.into_iter().map(|(unknown, value)| Some((unknown, times(value)?))).collect();
        Some(Solved { cell, divisor, constant, terms: terms? })
    }
}

/// Returns the least common multiple; nothing where it is too large.
fn common_multiple(one: i64, other: i64) -> Option<i64> {
    let factor = i128::from(one) / common(one.into(), other.into());
    i64::try_from(factor * i128::from(other)).ok()
}

/// Returns whether solved cells satisfy every equation of algebra, whatever the other cells are.
///
/// # Proof
/// Elimination modulo a prime may drop a sum that is none, if the prime divides a determinant. A sum that still follows from the
/// solved ones, in whole numbers, says nothing new; so if all do, the solved ones say what all say.
pub(super) fn is_complete(system: &EquationSystem, bounds: &CellBounds, solved: &[Solved]) -> bool {
    let mut at = vec![NONE; system.cells.len()];
    solved.iter().enumerate().for_each(|(number, row)| at[row.cell as usize] = number as u32);
    let mut sums: Vec<(u32, i128)> = Vec::new();
    system.equations.iter().filter(|equation| !equation.is_implied).all(|equation| {
        let rows = equation.terms.iter().filter(|(cell, _)| at[*cell as usize] != NONE);
        let divisors = rows.map(|(cell, _)| solved[at[*cell as usize] as usize].divisor);
        let all = divisors.map(i128::from).fold(1i128, |all, divisor| all / common(all, divisor) * divisor);
        let mut constant = 0i128;
        sums.clear();
        for &(cell, factor) in &equation.terms {
            let factor = i128::from(factor);
            match at[cell as usize] {
                _ if bounds.is_exact(cell) => constant += factor * all * i128::from(bounds.lower[cell as usize]),
                NONE => sums.push((cell, factor * all)),
                row => {
                    let row = &solved[row as usize];
                    let factor = factor * (all / i128::from(row.divisor));
                    constant += factor * i128::from(row.constant);
                    sums.extend(row.terms.iter().map(|(unknown, value)| (*unknown, factor * i128::from(*value))));
                }
            }
        }
        sums.sort_unstable_by_key(|(cell, _)| *cell);
        let is_zero = sums
            .chunk_by(|one, other| one.0 == other.0)
            .all(|equal| equal.iter().map(|(_, value)| value).sum::<i128>() == 0);
        constant == 0 && is_zero
    })
}

/// Returns a solved cell as a sum that is 0, made of the equations of the system.
pub(super) fn row_of(solved: &Solved) -> SumRow {
    let mut terms: Vec<(u32, i64)> = solved.terms.clone();
    terms.push((solved.cell, -solved.divisor));
    SumRow { terms, constant: solved.constant, sum: Vec::new() }
}
