//! All counts of the attacked releases as unknown whole numbers, and every way in which they add up.

use std::collections::HashMap;

/// No bound: larger than any count, and small enough that sums of it do not overflow.
pub(super) const OPEN: i64 = 1 << 52;

/// What a cell stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// The count of a set of persons, by the number of its key.
    Count(u32),
    /// By how much some parts of a parent together exceed it, by parent and number of the set of parts.
    Overlap(u32, u32),
    /// The persons of a parent that are not in a child.
    Rest(u32, u32),
}

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SystemCell {
    pub meaning: Meaning,
    /// The published count; none where it is suppressed, or in no table.
    pub value: Option<i64>,
    /// What the release says of it: bounds that are printed, and that no count is negative.
    pub lower: i64,
    pub upper: i64,
    /// The threshold of the releases that suppress it; 0 where none does.
    pub threshold: i64,
    /// True where a suppressed cell may be 0, because zeros are hidden there.
    pub hides_zero: bool,
}

/// Why cells add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// Codes of a dimension add up to their parent in a table: table and dimension.
    Sum(u16, u16),
    /// Overlaps or rests add up over a dimension of a table.
    SumOfDifferences(u16, u16),
    /// What an overlap or a rest is.
    Definition(u16, u16),
    /// A code of a derived dimension stands for codes of its source: number of the pair of dimensions.
    Derived(u16),
}

/// Cells that add up to 0, each with a factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Equation {
    /// Cell and factor, ascending by cell.
    pub terms: Vec<(u32, i64)>,
    pub relation: Relation,
    /// True where it follows from other equations. Such ones make propagation sharper and say nothing to algebra.
    pub is_implied: bool,
}

/// Cells, equations, and what cells are called.
#[derive(Debug, Default)]
pub(super) struct EquationSystem {
    pub cells: Vec<SystemCell>,
    pub equations: Vec<Equation>,
    index: HashMap<Meaning, u32>,
    known: HashMap<Vec<(u32, i64)>, u32>,
    sets: HashMap<Vec<u32>, u32>,
    /// Sums of published counts alone. They say nothing of what is suppressed.
    pub published_sums: Vec<Vec<(u32, i64)>>,
    /// The first sum of published counts that does not hold.
    pub contradiction: Option<Equation>,
}

impl EquationSystem {
    /// Returns the cell of a meaning, which is new, open and not negative if there is none.
    pub fn cell(&mut self, meaning: Meaning) -> u32 {
        *self.index.entry(meaning).or_insert_with(|| {
            self.cells.push(SystemCell { meaning, value: None, lower: 0, upper: OPEN, threshold: 0, hides_zero: true });
            (self.cells.len() - 1) as u32
        })
    }

    /// Returns the number of a set of cells.
    pub fn set(&mut self, mut cells: Vec<u32>) -> u32 {
        cells.sort_unstable();
        let next = self.sets.len() as u32;
        *self.sets.entry(cells).or_insert(next)
    }

    /// Returns the cell of a meaning.
    pub fn find(&self, meaning: Meaning) -> Option<u32> {
        self.index.get(&meaning).copied()
    }

    /// Adds: these cells with these factors make 0. What published counts alone make is checked at once.
    pub fn add(&mut self, terms: Vec<(u32, i64)>, relation: Relation) {
        self.enter(Equation { terms, relation, is_implied: false });
    }

    /// Adds an equation that follows from others.
    pub fn add_implied(&mut self, terms: Vec<(u32, i64)>, relation: Relation) {
        self.enter(Equation { terms, relation, is_implied: true });
    }

    fn enter(&mut self, equation: Equation) {
        let Equation { mut terms, relation, is_implied } = equation;
        terms.sort_unstable();
        terms.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        terms.retain(|(_, factor)| *factor != 0);
        if terms.is_empty() {
            return;
        }
        let equation = Equation { terms, relation, is_implied };
        if equation.terms.iter().all(|(cell, _)| self.cells[*cell as usize].value.is_some()) {
            if self.published(&equation) != 0 && self.contradiction.is_none() {
                self.contradiction = Some(equation.clone());
            }
            self.published_sums.push(equation.terms);
            return;
        }
        match self.known.get(&equation.terms) {
            Some(&at) => self.equations[at as usize].is_implied &= is_implied,
            None => {
                self.known.insert(equation.terms.clone(), self.equations.len() as u32);
                self.equations.push(equation);
            }
        }
    }

    /// Adds a cell that is the sum of other cells, and cannot be negative. Returns it.
    pub fn define(&mut self, meaning: Meaning, parts: &[(u32, i64)], relation: Relation) -> u32 {
        if let Some(cell) = self.find(meaning) {
            return cell;
        }
        let cell = self.cell(meaning);
        let mut terms: Vec<(u32, i64)> = parts.to_vec();
        terms.push((cell, -1));
        let values: Option<i64> =
            parts.iter().map(|(part, factor)| Some(self.cells[*part as usize].value? * factor)).sum();
        match values {
            Some(value) => {
                if value < 0 && self.contradiction.is_none() {
                    self.contradiction = Some(Equation { terms, relation, is_implied: false });
                }
                self.cells[cell as usize].value = Some(value.max(0));
            }
            None => self.add(terms, relation),
        }
        cell
    }

    /// Returns what the published counts of an equation make.
    pub fn published(&self, equation: &Equation) -> i64 {
        let published =
            |(cell, factor): &(u32, i64)| self.cells[*cell as usize].value.map_or(0, |value| value * factor);
        equation.terms.iter().map(published).sum()
    }

    /// Returns the bounds of a cell that its release states.
    pub fn stated(&self, cell: u32) -> (i64, i64) {
        let SystemCell { value, lower, upper, .. } = self.cells[cell as usize];
        value.map_or((lower, upper), |value| (value, value))
    }
}
