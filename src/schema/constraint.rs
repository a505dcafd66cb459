//! Rules across the fields of a record, as data.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::field::{Field, FieldType};
use crate::error::{Error, Result};
use crate::finding::{Rule, Severity};
use crate::model::{Codelist, Missing};

type FieldCondition = BTreeMap<String, Vec<String>>;

/// A rule as a record type's file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckText {
    id: String,
    severity: Severity,
    title: String,
    text: String,
    #[serde(default)]
    when: FieldCondition,
    #[serde(default)]
    expect: FieldCondition,
    #[serde(default)]
    order: Vec<String>,
}

/// A set of values of one field.
#[derive(Clone, Debug)]
pub struct Values {
    /// The field.
    pub field: usize,
    /// For each code of its list, true if it is meant.
    codes: Vec<bool>,
    /// The same as bits, for a field of multiple values.
    bits: Option<u64>,
}

impl Values {
    /// Returns whether a stored value is one of those meant, or for multiple values whether one of them is.
    pub fn hold(&self, value: u64) -> bool {
        match self.bits {
            Some(bits) => bits & value != 0,
            None => self.codes[value as usize],
        }
    }

    /// Returns whether a single code is one of those meant.
    pub fn mean(&self, code: u16) -> bool {
        self.codes[usize::from(code)]
    }

    /// Accepts missing values in what a rule expects. What a source does not collect breaks no rule. What is not known breaks
    /// only a rule that expects `_K`.
    fn accept_missing(&mut self, field: &Field, meant: &[String]) {
        self.codes[usize::from(Missing::NotCollected.code())] = true;
        if !meant.iter().any(|id| id == KNOWN) {
            Missing::ALL.iter().for_each(|missing| self.codes[usize::from(missing.code())] = true);
        }
        self.set_bits(field);
    }

    fn set_bits(&mut self, field: &Field) {
        let codes = self.codes.iter().enumerate();
        let bits = || codes.fold(0, |bits, (code, &meant)| bits | u64::from(meant) << code);
        self.bits = (field.kind == FieldType::Set).then(bits);
    }
}

/// A rule across fields: where all of `when` hold, all of `expect` must, or years must not decrease.
#[derive(Clone, Debug)]
pub struct Check {
    /// What is found where it is broken.
    pub rule: Rule,
    /// When it applies.
    pub when: Vec<Values>,
    /// What it asks.
    pub expect: Vec<Values>,
    /// Fields whose codes must not decrease, such as years in the order of the events.
    pub order: Vec<usize>,
}

impl Check {
    pub(super) fn load(text: CheckText, fields: &[Field]) -> Result<Self> {
        let problem = |what: String| Error::refused("schema/check", format!("check `{}`: {what}", text.id));
        if !text.id.starts_with("check/") {
            return Err(problem("its id begins with `check/`".into()));
        }
        if text.order.is_empty() == (text.when.is_empty() || text.expect.is_empty()) {
            return Err(problem("it needs either `when` and `expect`, or `order`".into()));
        }
        let find = |id: &str| {
            let found = fields.iter().position(|field| field.id == id && field.is_coded());
            found.ok_or_else(|| problem(format!("no coded field `{id}`")))
        };
        let values = |condition: &FieldCondition| -> Result<Vec<Values>> {
            let one = |(id, meant): (&String, &Vec<String>)| {
                let field = find(id)?;
                values(field, &fields[field], meant).map_err(problem)
            };
            condition.iter().map(one).collect()
        };
        let when = values(&text.when)?;
        let mut expect = values(&text.expect)?;
        for (values, meant) in expect.iter_mut().zip(text.expect.values()) {
            values.accept_missing(&fields[values.field], meant);
        }
        let order: Result<Vec<_>> = text.order.iter().map(|id| find(id)).collect();
        let rule = Rule::register(&text.id, text.severity, &text.title, &text.text);
        Ok(Self { rule, when, expect, order: order? })
    }

    /// Returns whether the rule can be broken where some fields have the same value in every record. `same` returns that
    /// value.
    pub fn can_apply(&self, same: impl Fn(usize) -> Option<u64>) -> bool {
        let possible = |values: &Values| same(values.field).is_none_or(|value| values.hold(value));
        let certain = |values: &Values| same(values.field).is_some_and(|value| values.hold(value));
        self.when.iter().all(possible) && (self.expect.is_empty() || !self.expect.iter().all(certain))
    }

    /// Returns whether a record keeps to the rule. `codes` are its stored values by field.
    pub fn holds(&self, codes: &[u64]) -> bool {
        if !self.order.is_empty() {
            let known = self.order.iter().map(|&field| codes[field]).filter(|&code| Codelist::is_known(code as u16));
            return known.is_sorted();
        }
        let all = |values: &[Values]| values.iter().all(|values| values.hold(codes[values.field]));
        !all(&self.when) || all(&self.expect)
    }
}

/// The word of a condition for everything that is known.
const KNOWN: &str = "_K";

/// Returns the codes that a list of words means: a code and all below it, `_K` for all that is known.
fn values(index: usize, field: &Field, meant: &[String]) -> Result<Values, String> {
    let list = field.codes();
    let mut codes = vec![false; list.len()];
    for id in meant {
        if id == KNOWN {
            codes[usize::from(Codelist::FIRST_KNOWN)..].fill(true);
            continue;
        }
        let code = list.find(id).ok_or_else(|| format!("`{id}` is not a code of {}", list.id))?;
        codes[usize::from(code)] = true;
        for (below, _) in list.known() {
            if list.ancestors(below).any(|above| above == code) {
                codes[usize::from(below)] = true;
            }
        }
    }
    let mut values = Values { field: index, codes, bits: None };
    values.set_bits(field);
    Ok(values)
}
