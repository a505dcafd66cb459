//! The attack: what a reader of the public files can work out, the cheap ways first.

use super::bounds::{CellBounds, NoSolution, Step, SumRow, conceded, rows};
use super::eliminate::{History, ReducedEquations, Solved, eliminate, is_complete, row_of};
use super::relations::{LinkedReleases, contradiction};
use super::rule::{Demand, Known};
use super::search::{AttackSearch, CellVerdict, Component, Judged, Origin};
use super::system::{EquationSystem, Meaning};
use crate::error::{Error, Result};

/// What the attack found, with what shows it.
pub(super) struct Attacked {
    /// Suppressed cells and differences, ascending by cell.
    pub judged: Vec<Judged>,
    /// Bounds, and how they follow from the public files.
    pub bounds: CellBounds,
    pub components: Vec<Component>,
    /// Independent sums, and cells that are free to move.
    pub rank: usize,
    pub free: usize,
}

/// Finds the equations that a row is made of. Elimination is done once more for it, and only if a row asks.
struct Equations<'a> {
    system: &'a EquationSystem,
    /// The bounds from which the rows were eliminated.
    bounds: CellBounds,
    reduced: Option<ReducedEquations>,
}

impl<'a> Equations<'a> {
    fn new(system: &'a EquationSystem, bounds: &CellBounds) -> Self {
        let bounds = CellBounds { steps: Vec::new(), ..bounds.clone() };
        Self { system, bounds, reduced: None }
    }
}

impl Origin for Equations<'_> {
    fn trace(&mut self, row: SumRow) -> Option<SumRow> {
        let reduced = self.reduced.get_or_insert_with(|| eliminate(self.system, &self.bounds, History::Kept));
        let (_, sum) = reduced.combination(self.system, &row.terms)?;
        Some(SumRow { terms: terms_of(self.system, &sum)?, constant: 0, sum })
    }
}

/// Returns what equations with factors make together.
pub(super) fn terms_of(system: &EquationSystem, sum: &[(u32, i64)]) -> Option<Vec<(u32, i64)>> {
    let mut terms: Vec<(u32, i64)> = Vec::new();
    for &(at, by) in sum {
        for &(cell, factor) in &system.equations.get(at as usize)?.terms {
            terms.push((cell, factor.checked_mul(by)?));
        }
    }
    terms.sort_unstable();
    let mut found: Vec<(u32, i64)> = Vec::new();
    for (cell, factor) in terms {
        match found.last_mut() {
            Some(last) if last.0 == cell => last.1 = last.1.checked_add(factor)?,
            _ => found.push((cell, factor)),
        }
    }
    found.retain(|(_, factor)| *factor != 0);
    Some(found)
}

/// Attacks a system. `threshold` is the highest of the releases.
///
/// # Errors
/// The releases contradict themselves.
pub(super) fn attack(linked: &LinkedReleases, threshold: i64) -> Result<Attacked> {
    let system = &linked.system;
    let impossible = |fault: NoSolution| -> Error {
        contradiction("no counts agree with all that is published").with("cell", linked.describe(fault.cell))
    };
    let conceded = conceded(system).map_err(impossible)?;
    let mut bounds = CellBounds::stated(system);
    let all = rows(system);
    bounds.settle(&all).map_err(impossible)?;
    let reduced = solve(system, &mut bounds, &all).map_err(impossible)?;
    let rank = reduced.rank();
    let solved: Option<Vec<Solved>> = reduced.solved().into_iter().collect();
    let solved = solved.filter(|solved| is_complete(system, &bounds, solved));
    let judged = Demand::all(system, &conceded, threshold).map(|(cell, demand)| {
        let verdict = match demand.judge_cell(&bounds, cell) {
            Known::Harmless => CellVerdict::Harmless,
            Known::Broken => CellVerdict::Unsafe,
            Known::Open => CellVerdict::Undecided,
        };
        Judged { cell, demand, verdict }
    });
    let judged = judged.collect();
    let open = (0..system.cells.len() as u32).filter(|&cell| !bounds.is_exact(cell)).count();
    let mut attacked = Attacked { judged, bounds, components: Vec::new(), rank, free: open.saturating_sub(rank) };
    if let Some(solved) = solved {
        attacked.search(system, solved);
    }
    Ok(attacked)
}

/// Eliminates, learns the cells that the sums determine, and propagates again, until there is nothing to learn.
fn solve(system: &EquationSystem, bounds: &mut CellBounds, all: &[SumRow]) -> Result<ReducedEquations, NoSolution> {
    loop {
        let reduced = eliminate(system, bounds, History::Dropped);
        let solved = reduced.solved();
        let determined: Vec<Solved> =
            solved.into_iter().flatten().filter(|equation| equation.terms.is_empty()).collect();
        if determined.is_empty() {
            return Ok(reduced);
        }
        let before = CellBounds { steps: Vec::new(), ..bounds.clone() };
        let mut equations = Equations::new(system, &before);
        for solved in &determined {
            if solved.constant % solved.divisor != 0 {
                return Err(NoSolution { cell: solved.cell });
            }
            if let Some(row) = equations.trace(row_of(solved)) {
                bounds.learn(&row)?;
            }
        }
        if determined.iter().all(|equation| !bounds.is_exact(equation.cell)) {
            return Ok(reduced);
        }
        bounds.settle(all)?;
    }
}

impl Attacked {
    /// Searches each component for tables that show its cells to be safe.
    fn search(&mut self, system: &EquationSystem, solved: Vec<Solved>) {
        let mut equations = Equations::new(system, &self.bounds);
        let components = components(system, &self.bounds, solved);
        let mut number = vec![u32::MAX; system.cells.len()];
        for (at, (cells, _)) in components.iter().enumerate() {
            cells.iter().for_each(|&cell| number[cell as usize] = at as u32);
        }
        let mut open: Vec<Vec<usize>> = vec![Vec::new(); components.len()];
        for (at, judged) in
            self.judged.iter().enumerate().filter(|(_, cell_verdict)| cell_verdict.verdict == CellVerdict::Undecided)
        {
            if let Some(open) = open.get_mut(number[judged.cell as usize] as usize) {
                open.push(at);
            }
        }
        for ((cells, rows), at) in components.into_iter().zip(open) {
            let number = self.components.len() as u32;
            let mut judged: Vec<Judged> = at.iter().map(|&at| self.judged[at]).collect();
            let Ok(search) = AttackSearch::new((number, cells), &rows, &mut self.bounds, &mut equations) else {
                self.components.push(Component::default());
                continue;
            };
            self.components.push(search.judge(&mut judged));
            at.into_iter().zip(judged).for_each(|(at, judged)| self.judged[at] = judged);
        }
    }

    /// Returns the steps that lead to the bounds of some cells, in order.
    pub fn steps_to(&self, cells: impl Iterator<Item = u32>, system: &EquationSystem) -> Vec<Step> {
        let mut needed = vec![[false; 2]; system.cells.len()];
        cells.for_each(|cell| needed[cell as usize] = [true; 2]);
        let mut kept = Vec::new();
        for step in self.bounds.steps.iter().rev() {
            let at = &mut needed[step.cell as usize][step.side as usize];
            if !std::mem::take(at) {
                continue;
            }
            for (cell, _) in terms_of(system, &step.sum).unwrap_or_default() {
                if cell != step.cell {
                    needed[cell as usize] = [true; 2];
                }
            }
            kept.push(step.clone());
        }
        kept.reverse();
        kept
    }

    /// Returns the judged cells of a verdict.
    pub fn cells(&self, is_chosen: impl Fn(&CellVerdict) -> bool) -> impl Iterator<Item = &Judged> {
        self.judged.iter().filter(move |judged| is_chosen(&judged.verdict))
    }
}

/// Returns whether a cell is a count that a table shows.
pub(super) fn is_count(system: &EquationSystem, cell: u32) -> bool {
    matches!(system.cells[cell as usize].meaning, Meaning::Count(_))
}

/// Returns the cells that depend on each other, ascending, with the rows that link them.
fn components(system: &EquationSystem, bounds: &CellBounds, solved: Vec<Solved>) -> Vec<(Vec<u32>, Vec<Solved>)> {
    let mut root: Vec<u32> = (0..system.cells.len() as u32).collect();
    fn find(root: &mut [u32], mut cell: u32) -> u32 {
        while root[cell as usize] != cell {
            root[cell as usize] = root[root[cell as usize] as usize];
            cell = root[cell as usize];
        }
        cell
    }
    for row in &solved {
        for &(cell, _) in &row.terms {
            let (one, other) = (find(&mut root, row.cell), find(&mut root, cell));
            root[one.max(other) as usize] = one.min(other);
        }
    }
    let mut number = vec![u32::MAX; system.cells.len()];
    let mut found: Vec<(Vec<u32>, Vec<Solved>)> = Vec::new();
    for cell in (0..system.cells.len() as u32).filter(|&cell| !bounds.is_exact(cell)) {
        let at = &mut number[find(&mut root, cell) as usize];
        if *at == u32::MAX {
            *at = found.len() as u32;
            found.push((Vec::new(), Vec::new()));
        }
        found[*at as usize].0.push(cell);
    }
    for row in solved {
        let at = number[find(&mut root, row.cell) as usize];
        if let Some((_, rows)) = found.get_mut(at as usize) {
            rows.push(row);
        }
    }
    found
}
