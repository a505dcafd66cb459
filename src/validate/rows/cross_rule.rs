//! Rules across fields, for many records at once.

use crate::model::Codelist;
use crate::schema::{Check, Values};
use crate::validate::plan::Plan;

/// Where a field's code is found.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    /// In a column of the block.
    Column(usize),
    /// It is the same in every record.
    Same(u16),
}

/// A rule across fields, without what is the same in every record.
pub(super) struct CrossRule<'a> {
    pub when: Vec<(usize, &'a Values)>,
    expect: Vec<(usize, &'a Values)>,
    exclude: Vec<(usize, &'a Values)>,
    /// What is the same in every record breaks the rule where `when` holds.
    fails: bool,
    order: Vec<Operand>,
}

impl<'a> CrossRule<'a> {
    /// Returns the rule; nothing where it cannot be broken.
    pub fn new(check: &'a Check, plan: &Plan, column: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let same = |values: &Values| plan.same[values.field].map(|value| values.hold(value));
        let split = |all: &'a [Values]| -> Vec<(usize, &'a Values)> {
            all.iter().filter_map(|values| Some((column(values.field)?, values))).collect()
        };
        if check.when.iter().any(|values| same(values) == Some(false)) {
            return None;
        }
        let order = check.order.iter().map(|&field| match column(field) {
            Some(column) => Operand::Column(column),
            None => Operand::Same(plan.same[field].unwrap_or_default() as u16),
        });
        let known = |operand: &Operand| !matches!(operand, Operand::Same(code) if !Codelist::is_known(*code));
        let order: Vec<_> = order.filter(known).collect();
        if !check.order.is_empty() && order.len() < 2 {
            return None;
        }
        let fails = check.expect.iter().any(|values| same(values) == Some(false))
            || check.exclude.iter().any(|values| same(values) == Some(true));
        let (when, expect, exclude) = (split(&check.when), split(&check.expect), split(&check.exclude));
        Some(Self { when, expect, exclude, fails, order })
    }

    /// Returns whether a record breaks the rule, of which the first conditions are known to hold.
    #[inline]
    pub fn is_broken(&self, known: usize, get: impl Fn(Operand) -> u16) -> bool {
        if !self.order.is_empty() {
            return !self
                .order
                .iter()
                .map(|&operand| get(operand))
                .filter(|&code| Codelist::is_known(code))
                .is_sorted();
        }
        let means = |(column, values): &(usize, &Values)| values.mean(get(Operand::Column(*column)));
        self.when[known..].iter().all(means)
            && (self.fails || !self.expect.iter().all(means) || self.exclude.iter().any(means))
    }
}
