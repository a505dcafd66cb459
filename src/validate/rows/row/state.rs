//! The record that is being read, and what a cell of it means.

use std::collections::BTreeMap;

use super::rules::CellRules;
use super::zeros::ZeroColumns;
use crate::finding::{Finding, Place, Rule, Severity, ShownCell};
use crate::ingest::RawRecords;
use crate::model::{Interval, Missing};
use crate::schema::{FieldType, OnInvalid, Unit};
use crate::validate::persons::Sampling;
use crate::validate::plan::{CellSource, Legibility, Plan};
use crate::validate::values::{Conditions, Date, Marks, Target, are_met, is_shaped, looks_like_date};

/// The record that is being read, one after another in the same place.
pub(in crate::validate::rows) struct Row<'a> {
    pub(super) plan: &'a Plan,
    pub(super) rules: &'a CellRules,
    /// Where it would hold a zero, if the file can.
    pub(super) zeros: Option<ZeroColumns<'a>>,
    /// Where it is.
    pub place: Place,
    /// Its values by field, as they are stored.
    pub codes: Vec<u64>,
    /// How many it stands for, or its figure.
    pub value: Interval,
    /// Whether all of its cells are headings, at other places than those of the header.
    pub(in crate::validate::rows) is_other_header: bool,
    /// The flag in the cell of a figure.
    pub(in crate::validate::rows) flag: Option<u16>,
    /// Digests of the person here and of the person alone.
    pub person: Option<(u128, Option<u128>)>,
    /// Whether the id has zeros in the place of digits that a spreadsheet does not keep.
    pub has_long_id: bool,
    /// The column of the id, where the record has one.
    pub(super) id_column: Option<usize>,
    /// The ids of one record in so many are counted.
    pub sampling: Sampling,
    /// What was found.
    pub found: Vec<Finding>,
    /// Texts that mean no code, by column.
    pub unresolved: Vec<(u32, String)>,
    /// How much of each column was understood: of all records so far, or of this one alone where records are weighed.
    pub(super) legibility: Legibility,
    /// The same of the records before, where each counts as often as it stands for a person.
    pub(super) weighed: Option<Legibility>,
    /// Whether a cell of the field was not understood.
    pub(super) lost: bool,
    /// The fields of the record that were not understood, by their place in the plan.
    pub lost_fields: Vec<usize>,
    /// The decimal marks of the numbers of each column, where they may group thousands.
    pub marks: BTreeMap<u32, Marks>,
}

impl<'a> Row<'a> {
    pub fn new(plan: &'a Plan, rules: &'a CellRules) -> Self {
        Self {
            plan,
            rules,
            zeros: ZeroColumns::of(plan),
            place: Place { source: plan.source, record: 0, line: 0, byte: 0 },
            codes: plan.start.clone(),
            value: Interval::exact(1),
            is_other_header: false,
            flag: None,
            person: None,
            has_long_id: false,
            id_column: None,
            sampling: Sampling::All,
            found: Vec::new(),
            unresolved: Vec::new(),
            legibility: plan.legibility(),
            weighed: plan.weighs().then(|| plan.legibility()),
            lost: false,
            lost_fields: Vec::new(),
            marks: BTreeMap::new(),
        }
    }

    /// What is known of the file.
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The rules that a cell or a record can break.
    pub fn rules(&self) -> &'a CellRules {
        self.rules
    }

    /// The finding that a record is none of those that are read.
    pub fn passed_over(&self) -> Finding {
        Finding::new(self.rules.passed_over, self.place, None, None)
    }

    /// The finding that a record repeats the header.
    pub fn repeated_header(&self) -> Finding {
        Finding::new(self.rules.repeated_header, self.place, None, None)
    }

    /// Returns the id of the record, where it is one of those that are counted: one in so many, and each that may be a mark for
    /// no id.
    pub fn counted_id<'r>(&self, records: &'r RawRecords<'_>) -> Option<&'r [u8]> {
        let id = records.cell(self.id_column?);
        (self.place.record.is_multiple_of(self.sampling.step()) || is_shaped(id)).then_some(id)
    }

    /// Returns how much of each column was understood, of all records.
    pub fn counted(self) -> Legibility {
        let Some(mut sum) = self.weighed else { return self.legibility };
        sum.add(&self.legibility);
        sum
    }

    /// Notes a broken rule.
    pub fn found(&mut self, rule: Rule, column: Option<usize>, shown: Option<ShownCell>) {
        let mut finding = Finding::new(rule, self.place, column.map(|column| column as u32 + 1), shown);
        if self.plan.options.deny.contains(&rule) {
            finding.severity = Severity::Error;
        }
        self.found.push(finding);
    }

    /// Notes that a text of a field was not understood. A record that is rejected for it does not count as unknown.
    pub(super) fn not_understood(&mut self, rule: Rule, column: usize, shown: Option<ShownCell>) {
        self.found(rule, Some(column), shown);
        self.lost |= self.found.last().is_some_and(|finding| finding.severity != Severity::Error);
    }

    /// Counts a cell of a column that gives codes, if it is filled.
    pub(super) fn count_cell(&mut self, reader: usize, cell: &[u8]) {
        self.legibility.columns[reader].filled += u64::from(!cell.is_empty());
    }

    /// Counts a cell of a column that gives codes, if it was not understood.
    pub(super) fn count_lost(&mut self, reader: usize) {
        self.legibility.columns[reader].lost += u64::from(self.lost);
    }

    /// Returns whether every column that is read is empty: a numbered line of a form is no person. Who writes that nothing is known
    /// has somebody in mind.
    pub fn is_empty(&self, records: &RawRecords<'_>) -> bool {
        self.plan.read.iter().all(|&column| records.cell(column).is_empty())
    }

    /// Returns whether a cell says that nothing is known, in the profile's words or by being empty.
    pub(super) fn is_missing(&self, cell: &[u8]) -> bool {
        cell.is_empty() || self.plan.missing.iter().any(|text| **text == *cell)
    }

    /// Returns the code of a value, or notes that there is none.
    pub(super) fn code(&mut self, index: usize, source: &CellSource, cell: &[u8]) -> u16 {
        let column = source.column;
        let field = &self.plan.record.fields[index];
        let shown =
            |printable| Some(if printable { ShownCell::of_printable(cell) } else { ShownCell::length_of(cell) });
        let mut target = source.lookup.get(cell).or_else(|| source.lookup.get(whole(cell)?));
        if let (None, Some(words), Ok(text)) = (target, &source.words, std::str::from_utf8(cell)) {
            let meaning = words.resolve(text);
            target = meaning.map(|meaning| meaning.target);
            if meaning.is_some_and(|meaning| meaning.damaged) {
                self.found(self.rules.damaged, Some(column), None);
            }
        }
        if let (None, FieldType::Year, Ok(text)) = (target, field.kind, std::str::from_utf8(cell)) {
            // The year is certain in any order of day and month.
            let date = Date::read(text, self.plan.dates);
            target = date.and_then(|date| field.codes().find(&date.year().to_string())).map(Target::Code);
            if date.is_none() && looks_like_date(text) {
                target = Some(Target::Refused(self.rules.not_a_date));
            }
        }
        match target {
            Some(Target::Code(code)) => code,
            Some(Target::Area) => self.here(index),
            Some(Target::No) => Missing::Unknown.code(),
            Some(Target::Refused(rule)) => {
                // A figure of which a dimension is not certain is not a figure of anything, and a day that does not exist may
                // be of another year.
                let severe = self.plan.record.unit == Unit::Figure || rule == self.rules.not_a_date;
                if severe && field.on_invalid == OnInvalid::Reject {
                    self.found(rule, Some(column), shown(field.printable));
                    if let Some(finding) = self.found.last_mut() {
                        finding.severity = Severity::Error;
                    }
                } else {
                    self.not_understood(rule, column, shown(field.printable));
                }
                self.unresolved(column, cell);
                Missing::Unknown.code()
            }
            None => {
                // Another encoding spoils a whole column, so it is never passed over as unknown.
                let rule = match field.on_invalid {
                    _ if std::str::from_utf8(cell).is_err() => self.rules.not_utf8,
                    OnInvalid::Reject => self.rules.not_in_codelist,
                    OnInvalid::Unknown => self.rules.recoded,
                };
                self.not_understood(rule, column, shown(field.printable));
                self.unresolved(column, cell);
                Missing::Unknown.code()
            }
        }
    }

    pub(super) fn unresolved(&mut self, column: usize, cell: &[u8]) {
        if let Ok(text) = std::str::from_utf8(cell) {
            self.unresolved.push((column as u32 + 1, text.to_owned()));
        }
    }

    /// The code of the reporting area in another field's list.
    pub(super) fn here(&self, index: usize) -> u16 {
        let area = self.codes[self.plan.area] as u16;
        let id = self.plan.record.fields[self.plan.area].codes().id_of(area);
        self.plan.record.fields[index].codes().find(id).unwrap_or(Missing::Unknown.code())
    }

    pub(super) fn derived(&self, derived: usize) -> u16 {
        let (_, rule) = &self.plan.record.derived[derived];
        rule.code(self.codes[rule.from] as u16, self.codes[rule.against] as u16)
    }

    /// The column of the number: the first that applies and is not missing, or else the first that applies.
    pub(super) fn number(&self, sources: &[(Conditions, usize)], records: &RawRecords<'_>) -> Option<usize> {
        let mut applying = sources.iter().filter(|(when, _)| are_met(when, records)).map(|(_, column)| *column);
        let first = applying.next()?;
        let all = std::iter::once(first).chain(applying);
        Some(all.into_iter().find(|&column| !self.is_missing(records.cell(column))).unwrap_or(first))
    }
}

/// The digits of a whole number with decimals, such as `2023.0`, which programs write where a column has empty cells.
fn whole(cell: &[u8]) -> Option<&[u8]> {
    let point = cell.iter().position(|byte| *byte == b'.')?;
    let (digits, decimals) = (&cell[..point], &cell[point + 1..]);
    let is_whole = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    (is_whole && !decimals.is_empty() && decimals.iter().all(|byte| *byte == b'0')).then_some(digits)
}
