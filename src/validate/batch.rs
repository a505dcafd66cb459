//! One batch: every record accepted or rejected, with its findings.

use std::collections::BTreeMap;

use super::coded::CodedBatch;
use super::plan::Plan;
use super::rejects::Reject;
use super::row::{Row, Rules};
use crate::finding::{Finding, Place, Severity, Tally};
use crate::ingest::{Content, RawBatch};

/// So many different texts that mean no code are kept of one batch.
const MOST_TEXTS: usize = 1000;

/// What a batch gave: rows and findings, never an error.
#[derive(Debug)]
pub struct Validated {
    /// The rows that were accepted.
    pub accepted: CodedBatch,
    /// Records that were read.
    pub records: u64,
    /// Records that were rejected.
    pub rejected: u64,
    /// One entry for each reason for which a record was rejected.
    pub rejects: Vec<Reject>,
    /// What was found.
    pub tally: Tally,
    /// Texts that mean no code, by column, with how often they occur. Confidential: any text can be a name.
    pub unresolved: BTreeMap<(u32, String), u64>,
}

/// Codes and checks a batch.
pub fn validate(plan: &Plan, batch: &RawBatch) -> Validated {
    let rules = Rules::new();
    let mut out = Validated {
        accepted: CodedBatch::new(&plan.record),
        records: 0,
        rejected: 0,
        rejects: Vec::new(),
        tally: Tally::new(plan.options.samples),
        unresolved: BTreeMap::new(),
    };
    let place = |record, line, byte| Place { source: plan.source, record, line, byte };
    if let Content::Broken(rule) = batch.content {
        out.records = 1;
        out.reject(Finding::new(rule, place(1, batch.line, batch.byte), None, None));
        out.rejected = 1;
        return out;
    }
    let mut row = Row::new(plan, &rules);
    let mut records = batch.records();
    while let Some((line, byte)) = records.advance() {
        if plan.skip.iter().any(|(column, texts)| texts.iter().any(|text| **text == *records.cell(*column))) {
            out.tally.add(Finding::new(rules.passed_over, place(out.records + 1, line, byte), None, None));
            continue;
        }
        out.records += 1;
        row.place = place(out.records, line, byte);
        if records.len() != plan.columns {
            row.found(rules.ragged, None, None);
            out.settle(&mut row);
        } else if row.is_empty(&records) {
            row.found(rules.empty, None, None);
            out.settle(&mut row);
        } else if plan.series.is_empty() {
            row.read(&records, None);
            out.settle(&mut row);
        } else {
            // A row of several figures is several records.
            for (index, fixed) in plan.series.iter().enumerate() {
                out.records += u64::from(index > 0);
                row.place.record = out.records;
                row.read(&records, Some(fixed));
                out.settle(&mut row);
            }
        }
    }
    out
}

impl Validated {
    /// Accepts or rejects the record that was read.
    fn settle(&mut self, row: &mut Row<'_>) {
        let rejected = row.found.iter().any(|finding| finding.severity == Severity::Error);
        for finding in row.found.drain(..) {
            if finding.severity == Severity::Error { self.reject(finding) } else { self.tally.add(finding) }
        }
        for text in row.unresolved.drain(..) {
            if self.unresolved.len() < MOST_TEXTS || self.unresolved.contains_key(&text) {
                *self.unresolved.entry(text).or_default() += 1;
            }
        }
        if rejected {
            self.rejected += 1;
        } else {
            self.accepted.push(row.plan().coded.as_slice(), &row.codes, row.value, row.person);
            self.accepted.places.push(row.place);
        }
    }

    fn reject(&mut self, finding: Finding) {
        self.rejects.push(Reject { place: finding.place, column: finding.column, rule: finding.rule });
        self.tally.add(finding);
    }
}
