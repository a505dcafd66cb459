//! A model prepared for many records: codes become symbols, weights become sums, conditions become tables.
//!
//! What is drawn is what a reading of the model record by record would draw, number by number: a seed gives the same bytes.

use std::collections::HashMap;

use super::draws::Draws;
use super::model::{CITIZEN, CodeCondition, Model, Weights};
use crate::error::{Error, Result};

/// A text of the model.
pub(super) type Symbol = u32;

/// The value of one variable in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DrawnValue {
    /// One code, or two.
    Codes(Symbol, Option<Symbol>),
    /// A pseudonym, which is written as a number.
    Person(u64),
}

impl DrawnValue {
    /// Returns the codes of the value: none of a pseudonym.
    pub fn codes(self) -> impl Iterator<Item = Symbol> {
        let codes = match self {
            Self::Codes(first, second) => [Some(first), second],
            Self::Person(_) => [None, None],
        };
        codes.into_iter().flatten()
    }
}

/// The codes that symbols stand for.
#[derive(Debug, Default)]
pub(super) struct SymbolTexts<'a> {
    symbols: Vec<&'a str>,
    known: HashMap<&'a str, Symbol>,
}

impl<'a> SymbolTexts<'a> {
    fn intern(&mut self, text: &'a str) -> Symbol {
        let symbols = &mut self.symbols;
        *self.known.entry(text).or_insert_with(|| {
            symbols.push(text);
            symbols.len() as Symbol - 1
        })
    }

    /// Returns the symbol of a text, where the model has it.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.known.get(text).copied()
    }

    /// Returns the text of a symbol.
    pub fn get(&self, symbol: Symbol) -> &'a str {
        self.symbols[symbol as usize]
    }

    /// Returns the number of symbols.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }
}

/// A model that is ready to draw.
pub(super) struct PreparedModel<'a> {
    pub symbols: SymbolTexts<'a>,
    variables: Vec<PreparedVariable<'a>>,
    values: Vec<DrawnValue>,
    unknown: Symbol,
    /// Stands for the code of the reporting area.
    citizen: Symbol,
    /// The reporting area where none was drawn yet.
    nowhere: Symbol,
}

struct PreparedVariable<'a> {
    field: &'a str,
    /// In millionths.
    unknown: u64,
    /// In millionths.
    second: u64,
    /// The weights; none of a pseudonym.
    weights: Option<WeightedCodes>,
    when: Vec<PreparedCondition>,
}

struct PreparedCondition {
    is: Vec<Clause>,
    if_not: Vec<Clause>,
    weights: WeightedCodes,
}

/// Variables, one of them with one of some codes.
struct Clause {
    variables: Vec<usize>,
    /// For each symbol, whether it is one of them.
    codes: Vec<bool>,
}

/// Codes with weights.
struct WeightedCodes {
    modulus: Modulus,
    /// For each code, the sum of the weights up to it.
    up_to: Vec<u64>,
    codes: Vec<Symbol>,
}

/// A number by which others are divided, with what makes that a multiplication.
struct Modulus {
    divisor: u64,
    inverse: u64,
}

impl Modulus {
    fn new(divisor: u64) -> Self {
        Self { divisor, inverse: u64::MAX / divisor }
    }

    /// Returns `number % self.divisor`.
    fn rest(&self, number: u64) -> u64 {
        // The estimate is never too large, and at most two too small.
        let quotient = ((u128::from(number) * u128::from(self.inverse)) >> 64) as u64;
        let mut rest = number - quotient * self.divisor;
        while rest >= self.divisor {
            rest -= self.divisor;
        }
        rest
    }
}

impl<'a> PreparedModel<'a> {
    /// Prepares a model.
    ///
    /// # Errors
    /// A variable has no weights, or their sum does not fit 64 bits.
    pub fn new(model: &'a Model) -> Result<Self> {
        let mut symbols = SymbolTexts::default();
        let [unknown, citizen, nowhere] = ["_U", CITIZEN, ""].map(|text| symbols.intern(text));
        let all = model.variables.iter();
        for weights in all.flat_map(|variable| variable.when.iter().map(|w| &w.weights).chain([&variable.weights])) {
            for code in weights.keys() {
                symbols.intern(code);
            }
        }
        let mut variables: Vec<PreparedVariable<'a>> = Vec::new();
        for variable in &model.variables {
            let clauses = |condition: &CodeCondition| -> Vec<Clause> {
                let drawn = |field: &String| (0..variables.len()).filter(|&at| variables[at].field == field).collect();
                let codes = |codes: &[String]| {
                    let mut table = vec![false; symbols.len()];
                    codes.iter().filter_map(|code| symbols.find(code)).for_each(|code| table[code as usize] = true);
                    table
                };
                condition
                    .iter()
                    .map(|(field, of_field)| Clause { variables: drawn(field), codes: codes(of_field) })
                    .collect()
            };
            let choice = |weights: &Weights| {
                WeightedCodes::new(weights, &symbols).ok_or_else(|| {
                    Error::refused("schema/check", format!("`{}` has no weights", variable.field))
                        .at(format!("synthetic/{}.toml", model.id))
                })
            };
            let mut when = Vec::new();
            for case in &variable.when {
                let (is, if_not) = (clauses(&case.is), clauses(&case.if_not));
                when.push(PreparedCondition { is, if_not, weights: choice(&case.weights)? });
            }
            let weights = (!variable.weights.is_empty()).then(|| choice(&variable.weights)).transpose()?;
            let [unknown, second] = [variable.unknown, variable.second].map(|share| (share * 1e6) as u64);
            // A share below a millionth is drawn and never happens.
            let second = if variable.second > 0.0 { second } else { NEVER };
            variables.push(PreparedVariable { field: &variable.field, unknown, second, weights, when });
        }
        let values = Vec::with_capacity(variables.len());
        Ok(Self { symbols, variables, values, unknown, citizen, nowhere })
    }

    /// Returns the variable of a field.
    pub fn variable(&self, field: &str) -> Option<usize> {
        self.variables.iter().position(|variable| variable.field == field)
    }

    /// Returns the value of a variable in the record that was drawn last.
    pub fn value(&self, variable: usize) -> DrawnValue {
        self.values[variable]
    }

    /// Draws one record: a value for each variable.
    pub fn draw(&mut self, draws: &mut Draws, number: u64) {
        self.values.clear();
        for variable in &self.variables {
            let Some(weights) = &variable.weights else {
                // A pseudonym: unique, and not in the order of the records.
                let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ draws.below(1 << 20);
                self.values.push(DrawnValue::Person(id));
                continue;
            };
            if draws.happens(variable.unknown) {
                self.values.push(DrawnValue::Codes(self.unknown, None));
                continue;
            }
            let area = self.values.first().and_then(|value| value.codes().next()).unwrap_or(self.nowhere);
            let hold = |clauses: &[Clause]| clauses.iter().all(|clause| clause.holds(&self.values, area, self.citizen));
            let when = variable.when.iter().find(|w| hold(&w.is) && (w.if_not.is_empty() || !hold(&w.if_not)));
            let weights = when.map_or(weights, |when| &when.weights);
            let pick = |draws: &mut Draws| match weights.pick(draws) {
                code if code == self.citizen => area,
                code => code,
            };
            let first = pick(draws);
            let mut second = None;
            if variable.second != NEVER && draws.happens(variable.second) {
                second = Some(pick(draws)).filter(|second| *second != first);
            }
            self.values.push(DrawnValue::Codes(first, second));
        }
    }
}

/// The share of a variable that has no second code, for which nothing is drawn.
const NEVER: u64 = u64::MAX;

impl Clause {
    fn holds(&self, values: &[DrawnValue], area: Symbol, citizen: Symbol) -> bool {
        let is_one = |code: Symbol| self.codes[code as usize] || (code == area && self.codes[citizen as usize]);
        self.variables.iter().any(|&variable| match values[variable] {
            DrawnValue::Codes(first, second) => is_one(first) || second.is_some_and(is_one),
            DrawnValue::Person(_) => false,
        })
    }
}

impl WeightedCodes {
    /// Returns nothing where the weights have no sum that a number holds, or none at all.
    fn new(weights: &Weights, symbols: &SymbolTexts<'_>) -> Option<Self> {
        let mut sum = 0u64;
        let mut up_to = Vec::with_capacity(weights.len());
        for weight in weights.values() {
            sum = sum.checked_add(*weight)?;
            up_to.push(sum);
        }
        let codes = weights.keys().filter_map(|code| symbols.find(code)).collect();
        (sum > 0).then(|| Self { modulus: Modulus::new(sum), up_to, codes })
    }

    fn pick(&self, draws: &mut Draws) -> Symbol {
        let draw = self.modulus.rest(draws.number());
        // Most lists are short, and to count is quicker than to guess branches.
        let at = match self.up_to.len() {
            ..=32 => self.up_to.iter().map(|&up_to| usize::from(up_to <= draw)).sum(),
            _ => self.up_to.partition_point(|&up_to| up_to <= draw),
        };
        self.codes[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_a_division() {
        let numbers = [0, 1, 2, 99, 100, 101, u64::MAX / 3, u64::MAX / 2 + 1, u64::MAX - 1, u64::MAX];
        for divisor in
            [1, 2, 3, 7, 100, 1_000_000, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX]
        {
            let modulus = Modulus::new(divisor);
            for number in numbers.into_iter().chain((0..1000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15))) {
                assert_eq!(modulus.rest(number), number % divisor, "{number} % {divisor}");
            }
        }
    }
}
