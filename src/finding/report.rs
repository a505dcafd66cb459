//! Exact counts of findings, and a few samples of each.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity};

/// What is known of one rule in one column of one source.
#[derive(Clone, Debug, Default)]
pub struct Total {
    /// How often, exactly.
    pub count: u64,
    /// The first ones, in the order of the records.
    pub samples: Vec<Sample>,
}

/// A finding that is kept as an example.
pub type Sample = Finding;

/// The findings of a batch, a file or a run. Adding is associative and keeps the order of the records.
#[derive(Clone, Debug)]
pub struct Tally {
    keep: usize,
    totals: BTreeMap<(u32, Rule, Severity, Option<u32>), Total>,
}

impl Tally {
    /// A tally that keeps up to `keep` samples of each rule and column.
    pub fn new(keep: usize) -> Self {
        Self { keep, totals: BTreeMap::new() }
    }

    /// Counts a finding.
    pub fn add(&mut self, finding: Finding) {
        let key = (finding.place.source, finding.rule, finding.severity, finding.column);
        let total = self.totals.entry(key).or_default();
        total.count += 1;
        if total.samples.len() < self.keep {
            total.samples.push(finding);
        }
    }

    /// Adds the findings of the records that follow; their record numbers begin at `record`.
    pub fn append(&mut self, other: Self, record: u64) {
        for (key, mut more) in other.totals {
            let total = self.totals.entry(key).or_default();
            total.count += more.count;
            let room = self.keep.saturating_sub(total.samples.len());
            more.samples.truncate(room);
            for mut sample in more.samples {
                sample.place.record += record;
                total.samples.push(sample);
            }
        }
    }

    /// Totals by source, rule, severity and column.
    pub fn totals(&self) -> impl Iterator<Item = (u32, Rule, Severity, Option<u32>, &Total)> {
        self.totals.iter().map(|(&(source, rule, severity, column), total)| (source, rule, severity, column, total))
    }

    /// How often a rule was broken in all sources and columns.
    pub fn count_of(&self, rule: Rule) -> u64 {
        self.totals.iter().filter(|((_, r, ..), _)| *r == rule).map(|(_, total)| total.count).sum()
    }

    /// Returns whether there are no findings.
    pub fn is_empty(&self) -> bool {
        self.totals.is_empty()
    }
}
