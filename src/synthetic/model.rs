//! A model: variables that are drawn one after another, each with weights that may depend on those before.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Draws;
use crate::error::{Error, Result, suggest};
use crate::schema::{FieldType, Kind, Record, Registry, parse};

type Weights = BTreeMap<String, u64>;
type Condition = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    #[serde(default, rename = "if")]
    is: Condition,
    #[serde(default)]
    if_not: Condition,
    weights: Weights,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    field: String,
    weights: Weights,
    #[serde(default)]
    second: f64,
    #[serde(default)]
    unknown: f64,
    #[serde(default)]
    when: Vec<When>,
}

/// A model of synthetic records.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name.
    pub id: String,
    /// The record type.
    pub record: String,
    /// One line, which says that nothing is real.
    pub title: String,
    #[serde(rename = "variable")]
    variables: Vec<Variable>,
}

/// The values of one record: field and code; a set's codes one after another.
pub(super) type Values<'a> = Vec<(&'a str, Vec<String>)>;

const CITIZEN: &str = "=area";

impl Model {
    /// Loads a model by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(Kind::Synthetic, name)?;
        parse(&text, &format!("synthetic/{name}.toml"))
    }

    /// Refuses fields and codes that the record type does not have.
    pub fn check(&self, record: &Record) -> Result<()> {
        let problem = |what: String| Error::refused("schema/check", what).at(format!("synthetic/{}.toml", self.id));
        for variable in &self.variables {
            let Some(index) = record.field(&variable.field) else {
                return Err(problem(format!("{} has no field `{}`", record.name(), variable.field)));
            };
            let Some(list) = &record.fields[index].codelist else { continue };
            let all = variable.when.iter().flat_map(|when| when.weights.keys()).chain(variable.weights.keys());
            for code in all.filter(|code| *code != CITIZEN) {
                if list.find(code).is_none() {
                    return Err(problem(format!("`{code}` is not a code of {}", list.id)));
                }
            }
            let draws = variable.weights.values().sum::<u64>() > 0 || record.fields[index].kind == FieldType::Person;
            if !draws || variable.when.iter().any(|when| when.weights.values().sum::<u64>() == 0) {
                return Err(problem(format!("`{}` has no weights", variable.field)));
            }
        }
        Ok(())
    }

    /// The model with some of its reporting areas only.
    pub(super) fn within(mut self, areas: &[String]) -> Result<Self> {
        if areas.is_empty() {
            return Ok(self);
        }
        let Some(variable) = self.variables.first_mut() else { return Ok(self) };
        for area in areas {
            if !variable.weights.contains_key(area) {
                let known: Vec<_> = variable.weights.keys().map(String::as_str).collect();
                return Err(
                    Error::failed(format!("the model has no reporting area `{area}`")).hint(suggest(area, &known))
                );
            }
        }
        variable.weights.retain(|area, _| areas.contains(area));
        Ok(self)
    }

    /// Whether the model says anything about a field.
    pub(super) fn draws(&self, field: &str) -> bool {
        self.variables.iter().any(|variable| variable.field == field)
    }

    /// Draws one record.
    pub(super) fn draw(&self, draws: &mut Draws, number: u64) -> Values<'_> {
        let mut values: Values<'_> = Vec::with_capacity(self.variables.len());
        for variable in &self.variables {
            if variable.weights.is_empty() {
                // A pseudonym: unique, and not in the order of the records.
                let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ draws.below(1 << 20);
                values.push((&variable.field, vec![format!("P{id:016x}")]));
                continue;
            }
            if draws.happens((variable.unknown * 1e6) as u64) {
                values.push((&variable.field, vec!["_U".into()]));
                continue;
            }
            let holds = |condition: &Condition| {
                condition.iter().all(|(field, codes)| {
                    let mut drawn = values.iter().filter(|(name, _)| name == field).flat_map(|(_, codes)| codes);
                    drawn.any(|drawn| codes.iter().any(|code| same(code, drawn, &values)))
                })
            };
            let when =
                variable.when.iter().find(|when| holds(&when.is) && (when.if_not.is_empty() || !holds(&when.if_not)));
            let weights = when.map_or(&variable.weights, |when| &when.weights);
            let mut codes = vec![pick(weights, draws, &values)];
            if variable.second > 0.0 && draws.happens((variable.second * 1e6) as u64) {
                let second = pick(weights, draws, &values);
                if !codes.contains(&second) {
                    codes.push(second);
                }
            }
            values.push((&variable.field, codes));
        }
        values
    }
}

fn area<'a>(values: &'a Values<'_>) -> &'a str {
    values.first().and_then(|(_, codes)| codes.first()).map_or("", String::as_str)
}

fn same(code: &str, drawn: &str, values: &Values<'_>) -> bool {
    drawn == if code == CITIZEN { area(values) } else { code }
}

fn pick(weights: &Weights, draws: &mut Draws, values: &Values<'_>) -> String {
    let mut left = draws.below(weights.values().sum());
    for (code, &weight) in weights {
        if left < weight {
            return if code == CITIZEN { area(values).to_owned() } else { code.clone() };
        }
        left -= weight;
    }
    unreachable!("the draw is below the sum of the weights")
}
