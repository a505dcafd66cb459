//! A model: variables that are drawn one after another, each with weights that may depend on those before.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result, suggest};
use crate::schema::{FieldType, Record, Registry, SchemaKind, parse};

/// Codes with the weights by which they are drawn.
pub(super) type Weights = BTreeMap<String, u64>;
/// Fields, each with codes. A field must have one of its codes.
pub(super) type CodeCondition = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrawCondition {
    #[serde(default, rename = "if")]
    pub is: CodeCondition,
    #[serde(default)]
    pub if_not: CodeCondition,
    pub weights: Weights,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub field: String,
    pub weights: Weights,
    #[serde(default)]
    pub second: f64,
    #[serde(default)]
    pub unknown: f64,
    #[serde(default)]
    pub when: Vec<DrawCondition>,
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
    pub(super) variables: Vec<Variable>,
}

/// The code that stands for the reporting area.
pub(super) const CITIZEN: &str = "=area";

impl Model {
    /// Loads a model by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Synthetic, name)?;
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

    /// Returns whether the model says anything about a field.
    pub(super) fn draws(&self, field: &str) -> bool {
        self.variables.iter().any(|variable| variable.field == field)
    }
}
