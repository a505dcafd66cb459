//! A finding and its place.

use super::rule::{Rule, Severity};
use super::shown::ShownCell;

/// Where a finding was made. Lines and fields count from 1; the byte counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The input, in the order of the run.
    pub source: u32,
    /// The record within the source, the header not counted.
    pub record: u64,
    /// The physical line on which the record begins.
    pub line: u64,
    /// The byte at which the record begins.
    pub byte: u64,
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// What it does to the record; a run can make a warning an error.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// The column, counted from 1, where the finding is about one.
    pub column: Option<u32>,
    /// What was found: the value where the schema lets it be shown, else only its shape.
    pub found: Option<ShownCell>,
}

impl Finding {
    /// A broken rule, as severe as the rule is by itself.
    pub fn new(rule: Rule, place: Place, column: Option<u32>, found: Option<ShownCell>) -> Self {
        Self { rule, severity: rule.severity(), place, column, found }
    }
}
