//! The search for tables that show a cell to be safe: whole numbers that agree with all that is published.

use super::bounds::{CellBounds, SumRow};
use super::eliminate::{Solved, row_of};
use super::fraction::TooLarge;
use super::rule::{Demand, Known};
use super::tableau::{Feasibility, Tableau};

/// Cells that depend on each other, and the tables that were found for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Component {
    /// Ascending.
    pub cells: Vec<u32>,
    /// The first table that was found: a count for each cell.
    pub base: Vec<i64>,
    /// Further tables: for each, the cells (by their place) with another count.
    pub others: Vec<Vec<(u32, i64)>>,
}

/// A table of a component; 0 is its base.
pub(super) type TableNumber = u32;

/// What the search says of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellVerdict {
    /// Two tables of a component meet its demand.
    Safe { component: u32, tables: [TableNumber; 2] },
    /// Bounds show that it needs no protection.
    Harmless,
    /// Bounds show that its demand is not met.
    Unsafe,
    /// Neither was shown.
    Undecided,
}

/// A judged cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub cell: u32,
    pub demand: Demand,
    pub verdict: CellVerdict,
}

/// Finds the sum that a row is made of, from its terms.
pub(super) trait Origin {
    /// Returns a row whose sum is known.
    fn trace(&mut self, row: SumRow) -> Option<SumRow>;
}

/// How much work a question may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Steps for the first table of a component.
    pub base: u64,
    /// Steps for each further one.
    pub each: u64,
    /// Questions of a component that may be given up before the others are not asked.
    pub given_up: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self { base: 200_000_000, each: 3_000_000, given_up: 20 }
    }
}

/// The search in one component.
pub(super) struct AttackSearch<'a, O> {
    pub bounds: &'a mut CellBounds,
    pub origin: &'a mut O,
    pub effort: Effort,
    tableau: Tableau,
    component: Component,
    number: u32,
}

impl<'a, O: Origin> AttackSearch<'a, O> {
    /// Prepares the search. `rows` are solved for cells of the component, and name no others.
    ///
    /// # Errors
    /// A number is too large.
    pub fn new(
        (number, cells): (u32, Vec<u32>),
        rows: &[Solved],
        bounds: &'a mut CellBounds,
        origin: &'a mut O,
    ) -> Result<Self, TooLarge> {
        let place = |cell: u32| cells.binary_search(&cell).unwrap_or_default() as u32;
        let local = |row: &Solved| {
            let mut terms: Vec<(u32, i64)> = row.terms.iter().map(|(cell, factor)| (place(*cell), *factor)).collect();
            terms.sort_unstable();
            Solved { cell: place(row.cell), terms, ..*row }
        };
        let limits = cells.iter().map(|&cell| (bounds.lower[cell as usize], bounds.upper[cell as usize])).collect();
        let tableau = Tableau::new(rows.iter().map(local).collect(), limits)?;
        let component = Component { cells, ..Component::default() };
        Ok(Self { bounds, origin, effort: Effort::default(), tableau, component, number })
    }

    /// Judges cells of the component.
    pub fn judge(mut self, judged: &mut [Judged]) -> Component {
        if self.tableau.solve(self.effort.base) != Feasibility::Yes {
            judged.iter_mut().for_each(|entry| entry.verdict = CellVerdict::Undecided);
            return self.component;
        }
        self.component.base = (0..self.component.cells.len() as u32).map(|at| self.tableau.value(at)).collect();
        let mut met: Vec<[Option<TableNumber>; 2]> = vec![[None; 2]; judged.len()];
        let base = self.component.base.clone();
        self.note(judged, &mut met, (0, &base));
        let mut given_up = 0;
        for at in 0..judged.len() {
            let Judged { cell, demand, .. } = judged[at];
            for (side, goal) in demand.goals().into_iter().enumerate() {
                let is_enough = !demand.needs_both() && met[at].iter().any(Option::is_some);
                if is_enough || met[at][side].is_some() || demand.judge_cell(self.bounds, cell) != Known::Open {
                    continue;
                }
                if given_up < self.effort.given_up && self.ask(cell, goal, (&*judged, &mut met)) == Feasibility::Open {
                    given_up += 1;
                }
            }
        }
        for (judged, met) in judged.iter_mut().zip(met) {
            judged.verdict = self.verdict(judged, met);
        }
        self.component
    }

    fn verdict(&self, judged: &Judged, met: [Option<TableNumber>; 2]) -> CellVerdict {
        let Judged { cell, demand, .. } = *judged;
        let component = self.number;
        match (demand.judge_cell(self.bounds, cell), met) {
            (Known::Harmless, _) => CellVerdict::Harmless,
            (Known::Broken, _) => CellVerdict::Unsafe,
            (_, [Some(low), Some(high)]) => CellVerdict::Safe { component, tables: [low, high] },
            (_, [Some(one), None] | [None, Some(one)]) if !demand.needs_both() => {
                CellVerdict::Safe { component, tables: [one, one] }
            }
            _ => CellVerdict::Undecided,
        }
    }

    /// Notes which goals a table meets.
    fn note(&self, judged: &[Judged], met: &mut [[Option<TableNumber>; 2]], (number, table): (u32, &[i64])) -> bool {
        let mut is_news = false;
        for (judged, met) in judged.iter().zip(met) {
            let count = table[self.place(judged.cell)];
            for (goal, met) in judged.demand.goals().into_iter().zip(met) {
                if met.is_none() && (goal.0..=goal.1).contains(&count) {
                    *met = Some(number);
                    is_news = true;
                }
            }
        }
        is_news
    }

    fn place(&self, cell: u32) -> usize {
        self.component.cells.binary_search(&cell).unwrap_or_default()
    }

    /// Asks for a table in which a cell lies in an interval. Every table answers for other cells, too.
    fn ask(
        &mut self,
        cell: u32,
        (low, high): (i64, i64),
        (judged, met): (&[Judged], &mut Vec<[Option<TableNumber>; 2]>),
    ) -> Feasibility {
        let at = self.place(cell) as u32;
        let (lower, upper) = self.tableau.bounds(at);
        if self.tableau.bind(at, (lower.max(low), upper.min(high))).is_err() {
            return Feasibility::Open;
        }
        let answer = self.tableau.solve(self.effort.each);
        match &answer {
            Feasibility::Yes => {
                let table: Vec<i64> = (0..self.component.cells.len() as u32).map(|at| self.tableau.value(at)).collect();
                let number = self.component.others.len() as u32 + 1;
                if self.note(judged, met, (number, &table)) {
                    let changed = table.iter().zip(&self.component.base).enumerate();
                    let changed =
                        changed.filter(|(_, (one, base))| one != base).map(|(at, (one, _))| (at as u32, *one));
                    self.component.others.push(changed.collect());
                }
            }
            Feasibility::No(Some(row)) => self.learn(row),
            Feasibility::No(None) | Feasibility::Open => {}
        }
        let at = self.place(cell);
        let cell = self.component.cells[at] as usize;
        let (lower, upper) = (lower.max(self.bounds.lower[cell]), upper.min(self.bounds.upper[cell]));
        match self.tableau.bind(at as u32, (lower, upper)) {
            Ok(()) => answer,
            Err(TooLarge) => Feasibility::Open,
        }
    }

    /// Learns the bounds that a row without a solution shows.
    fn learn(&mut self, row: &Solved) {
        let cells = &self.component.cells;
        let terms = row.terms.iter().map(|&(at, factor)| (cells[at as usize], factor)).collect();
        let global = Solved { cell: cells[row.cell as usize], terms, ..*row };
        let Some(row) = self.origin.trace(row_of(&global)) else { return };
        let first = self.bounds.steps.len();
        if self.bounds.learn(&row).is_err() {
            return;
        }
        let changed: Vec<u32> = self.bounds.steps[first..].iter().map(|step| step.cell).collect();
        for cell in changed {
            let Ok(at) = self.component.cells.binary_search(&cell) else { continue };
            let limits = (self.bounds.lower[cell as usize], self.bounds.upper[cell as usize]);
            let _ = self.tableau.bind(at as u32, limits);
        }
    }
}
