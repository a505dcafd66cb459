//! One batch: every record accepted or rejected, with its findings.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Blocks;
use super::coded::{CodedBatch, Taken};
use super::places::PlaceCounts;
use super::rejects::Reject;
use super::row::{CellRules, Row};
use crate::finding::{Finding, Place, Severity, Tally};
use crate::ingest::{Content, Lines, Note, RawBatch, RawRecords, without_line_end};
use crate::validate::persons::{IdSample, Sampling};
use crate::validate::plan::{Fixed, HeaderRow, Legibility, Plan};
use crate::validate::values::{Marks, are_met};

/// So many different texts that mean no code are kept of one batch.
const MOST_TEXTS: usize = 1000;

/// All ids are counted in batches that begin before this line.
const COUNTED: u64 = 4096;

/// What a batch gave: rows and findings, never an error.
#[derive(Debug)]
pub struct Validated {
    /// The rows that were accepted.
    pub accepted: CodedBatch,
    /// Records that were read.
    pub records: u64,
    /// Records that were rejected.
    pub rejected: u64,
    /// Accepted records that count zero persons: they are not rows.
    pub zeros: u64,
    /// The codes of area and year of which such records declare that the area reported.
    pub declared: BTreeSet<(u16, u16)>,
    /// The codes of area and year of rejected records, where a file can declare: there, something was not read.
    pub doubted: BTreeSet<(u16, u16)>,
    /// One entry for each reason for which a record was rejected.
    pub rejects: Vec<Reject>,
    /// Rejected records as they stand in the source, a line each, where they are kept. Confidential.
    pub kept: Vec<u8>,
    /// Physical lines by what they hold.
    pub lines: Lines,
    /// Errors about lines, which reject no record by themselves.
    pub notes: Vec<Note>,
    /// The line of the first record that is a header with other columns: what follows it is in other fields.
    pub other_header: Option<u64>,
    /// Rejected records that look like headers in words that neither the file nor its profile has. A few are kept.
    pub header_like: Vec<HeaderLike>,
    /// What was found.
    pub tally: Tally,
    /// How much of each column was understood.
    pub legibility: Legibility,
    /// How much of each area and year was understood.
    pub legibility_by_place: PlaceCounts,
    /// What the decimal marks of numbers may be, by column, where the profile does not say it.
    pub marks: BTreeMap<u32, Marks>,
    /// The ids of the records, of all or of some.
    pub ids: IdSample,
    /// Lines of ids with zeros in the place of digits that a spreadsheet does not keep.
    pub long_ids: Vec<u64>,
    /// Texts that mean no code, by column, with how often they occur. Confidential: any text can be a name.
    pub unresolved: BTreeMap<(u32, String), u64>,
}

/// A rejected record that looks like a header.
#[derive(Clone, Copy, Debug)]
pub struct HeaderLike {
    /// Its line.
    pub line: u64,
    /// How many records of the batch were accepted before it.
    pub before: usize,
}

/// So many of them are kept of one batch.
const HEADERS: usize = 8;

/// Codes and checks a batch.
pub fn validate(plan: &Plan, batch: &RawBatch) -> Validated {
    let rules = CellRules::new();
    let mut out = Validated {
        accepted: CodedBatch::planned(plan, batch.lines),
        records: 0,
        rejected: 0,
        zeros: 0,
        declared: BTreeSet::new(),
        doubted: BTreeSet::new(),
        rejects: Vec::new(),
        kept: Vec::new(),
        lines: Lines::default(),
        notes: batch.notes.clone(),
        other_header: None,
        header_like: Vec::new(),
        tally: Tally::new(plan.options.samples),
        legibility: plan.legibility(),
        legibility_by_place: PlaceCounts::default(),
        marks: BTreeMap::new(),
        ids: IdSample::default(),
        long_ids: Vec::new(),
        unresolved: BTreeMap::new(),
    };
    let place = |record, line, byte| Place { source: plan.source, record, line, byte };
    batch.notes.iter().for_each(|note| out.tally.add(note.finding(plan.source)));
    if let Content::Broken(rule, bytes) = &batch.content {
        let rule = *rule;
        out.records = 1;
        if plan.options.keep {
            // Delimiters at the end of a line can be tabs.
            out.kept.extend_from_slice(without_line_end(bytes));
            out.kept.push(b'\n');
        }
        out.lines.records = batch.lines as u64;
        out.reject(Finding::new(rule, place(1, batch.line, batch.byte), None, None));
        out.rejected = 1;
        return out;
    }
    // All ids of the first records are counted, and later one in so many.
    let sampling = if batch.line < COUNTED { Sampling::All } else { Sampling::Part };
    let mut row = Row::new(plan, &rules);
    row.sampling = sampling;
    let mut records = batch.records();
    let mut blocks = Blocks::new(plan);
    loop {
        let Some((blocks, block)) = blocks.as_mut().and_then(|blocks| Some((blocks, records.block()?))) else {
            if out.one(&mut row, &mut records) { continue } else { break }
        };
        blocks.read(&block);
        blocks.count_ids(&block, sampling, &mut out.ids);
        let (mut at, end) = (0, block.len());
        while at < end {
            let right = blocks.run(at);
            if right == 0 {
                out.one(&mut row, &mut records);
                at += 1;
                continue;
            }
            blocks.accept(at..at + right, &mut records, &mut out.accepted);
            blocks.count(at..at + right, &mut out.legibility);
            out.records += right as u64;
            out.lines.records += right as u64;
            at += right;
        }
    }
    out.lines.blank = records.blank();
    out.legibility_by_place.count(plan, &out.accepted);
    out.marks = std::mem::take(&mut row.marks);
    out.legibility.add(&row.counted());
    out
}

impl Validated {
    /// Reads the next record, with everything there is to say of it; whether there was one.
    fn one(&mut self, row: &mut Row<'_>, records: &mut RawRecords<'_>) -> bool {
        let plan = row.plan();
        let Some((line, byte)) = records.advance() else { return false };
        row.place = Place { source: plan.source, record: self.records + 1, line, byte };
        let header = plan.headers.kind(records);
        if header == Some(HeaderRow::Repeated) {
            self.tally.add(row.repeated_header());
            self.lines.header += records.lines();
            return true;
        }
        let is_skipped = plan.skip.iter().any(|condition| condition.is_met(records));
        if is_skipped || !are_met(&plan.only, records) || plan.has_no_figure(records) {
            self.tally.add(row.passed_over());
            self.lines.skipped += records.lines();
            // What a filter passes over may be a header too.
            if header.is_some() {
                self.other_header.get_or_insert(line);
            }
            return true;
        }
        self.lines.records += records.lines();
        self.records += 1;
        row.is_other_header = header.is_some();
        if let Some(rule) = records.broken() {
            row.found(rule, None, None);
            self.settle(row, records, None);
        } else if records.len() != plan.columns {
            row.found(row.rules().ragged, None, None);
            self.settle(row, records, None);
        } else if row.is_empty(records) {
            row.found(row.rules().empty, None, None);
            self.settle(row, records, None);
        } else if plan.series.is_empty() {
            self.record(row, records, None);
        } else {
            // A row of several figures is several records.
            for (index, fixed) in plan.series.iter().enumerate() {
                self.records += u64::from(index > 0);
                row.place.record = self.records;
                self.record(row, records, Some(fixed));
            }
        }
        true
    }

    /// Reads a record that is whole, or one figure of it, as a declaration or as what it counts.
    fn record(&mut self, row: &mut Row<'_>, records: &RawRecords<'_>, series: Option<&Fixed>) {
        let declared = row.declaration(records, series);
        if declared.is_none() {
            row.read(records, series);
        }
        let before = self.rejected;
        self.settle(row, records, declared);
        if self.rejected > before && declared.is_none() {
            self.doubted.extend(row.place_in_time());
        }
    }

    /// Accepts or rejects the record that was read. One that declares something is accepted without a row.
    fn settle(&mut self, row: &mut Row<'_>, records: &RawRecords<'_>, declared: Option<(u16, u16)>) {
        let rejected = row.found.iter().any(|finding| finding.severity == Severity::Error);
        if !row.found.is_empty() {
            let is_header = row.is_other_header || rejected && row.plan().headers.is_partly(records);
            if is_header {
                self.other_header.get_or_insert(row.place.line);
            }
            if rejected && !is_header && self.header_like.len() < HEADERS && row.plan().is_like_header(records) {
                self.header_like.push(HeaderLike { line: row.place.line, before: self.accepted.len() });
            }
        }
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
            if row.plan().options.keep {
                self.kept.extend_from_slice(records.text());
                self.kept.push(b'\n');
            }
        } else if let Some(declared) = declared {
            self.zeros += 1;
            self.declared.insert(declared);
        } else {
            for &take in &row.lost_fields {
                self.legibility_by_place.lose(row, take);
            }
            let unread: Vec<u64> =
                row.plan().unread.iter().map(|&column| xxhash_rust::xxh3::xxh3_64(records.cell(column))).collect();
            if let Some(id) = row.counted_id(records) {
                self.ids.add(id, row.sampling, row.place.line);
            }
            self.long_ids.extend(row.has_long_id.then_some(row.place.line));
            let taken =
                Taken { codes: &row.codes, value: row.value, person: row.person, place: row.place, unread: &unread };
            self.accepted.push(row.plan(), &taken);
        }
    }

    fn reject(&mut self, finding: Finding) {
        self.rejects.push(Reject { place: finding.place, column: finding.column, rule: finding.rule });
        self.tally.add(finding);
    }
}
