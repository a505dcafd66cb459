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
    alone: FieldCondition,
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

    /// Returns the known values that are not meant.
    fn others(&self, field: &Field) -> Self {
        let mut others = self.clone();
        others.codes.iter_mut().for_each(|meant| *meant = !*meant);
        others.codes[..usize::from(Codelist::FIRST_KNOWN)].fill(false);
        others.set_bits(field);
        others
    }

    fn set_bits(&mut self, field: &Field) {
        let codes = self.codes.iter().enumerate();
        let bits = || codes.fold(0, |bits, (code, &meant)| bits | u64::from(meant) << code);
        self.bits = (field.kind == FieldType::Set).then(bits);
    }
}

/// A rule across fields: where all of `when` hold, all of `expect` must and none of `exclude` may, or years must not decrease.
#[derive(Clone, Debug)]
pub struct Check {
    /// What is found where it is broken.
    pub rule: Rule,
    /// When it applies.
    pub when: Vec<Values>,
    /// What it asks.
    pub expect: Vec<Values>,
    /// What it forbids.
    pub exclude: Vec<Values>,
    /// Fields whose codes must not decrease, such as years in the order of the events.
    pub order: Vec<usize>,
}

impl Check {
    pub(super) fn load(text: CheckText, fields: &[Field]) -> Result<Self> {
        let problem = |what: String| Error::refused("schema/check", format!("check `{}`: {what}", text.id));
        if !text.id.starts_with("check/") {
            return Err(problem("its id begins with `check/`".into()));
        }
        let kinds = [!text.order.is_empty(), !text.when.is_empty() && !text.expect.is_empty(), !text.alone.is_empty()];
        if kinds.into_iter().filter(|&kind| kind).count() != 1 {
            return Err(problem("it needs either `when` and `expect`, or `alone`, or `order`".into()));
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
        let (mut when, mut exclude) = (values(&text.when)?, Vec::new());
        for alone in values(&text.alone)? {
            let field = &fields[alone.field];
            if field.kind != FieldType::Set {
                return Err(problem(format!("`{}` has one value, which is always alone", field.id)));
            }
            exclude.push(alone.others(field));
            when.push(alone);
        }
        let mut expect = values(&text.expect)?;
        for (values, meant) in expect.iter_mut().zip(text.expect.values()) {
            values.accept_missing(&fields[values.field], meant);
        }
        let order: Result<Vec<_>> = text.order.iter().map(|id| find(id)).collect();
        let rule = Rule::register(&text.id, text.severity, &text.title, &text.text);
        Ok(Self { rule, when, expect, exclude, order: order? })
    }

    /// Returns whether the rule can be broken where some fields have the same value in every record. `same` returns that
    /// value.
    pub fn can_apply(&self, same: impl Fn(usize) -> Option<u64>) -> bool {
        let possible = |values: &Values| same(values.field).is_none_or(|value| values.hold(value));
        let certain = |values: &Values| same(values.field).is_some_and(|value| values.hold(value));
        let can_fail = !self.order.is_empty() || !self.expect.iter().all(certain) || self.exclude.iter().any(possible);
        self.when.iter().all(possible) && can_fail
    }

    /// Returns whether a record keeps to the rule. `codes` are its stored values by field.
    pub fn holds(&self, codes: &[u64]) -> bool {
        if !self.order.is_empty() {
            let known = self.order.iter().map(|&field| codes[field]).filter(|&code| Codelist::is_known(code as u16));
            return known.is_sorted();
        }
        let holds = |values: &Values| values.hold(codes[values.field]);
        let keeps = || self.expect.iter().all(holds) && !self.exclude.iter().any(holds);
        !self.when.iter().all(holds) || keeps()
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
