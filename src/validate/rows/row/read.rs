//! One record: every cell looked up, nothing allocated per cell that is right.

use super::person::{person, place};
use super::sources::{FieldSources, direct};
use super::state::Row;
use crate::finding::{Severity, ShownCell};
use crate::ingest::RawRecords;
use crate::model::{Codelist, Interval};
use crate::schema::Unit;
use crate::validate::plan::{Fixed, Take};
use crate::validate::values::{IdKind, number};

/// A mask that stands for more numbers hides no small one.
const MASKED: u64 = 500;

impl Row<'_> {
    /// Codes and checks a record; of a row of several figures, one of them.
    pub fn read(&mut self, records: &RawRecords<'_>, series: Option<&Fixed>) {
        let plan = self.plan;
        if series.is_some() {
            self.codes.copy_from_slice(&plan.start);
        }
        self.value = Interval::exact(1);
        self.person = None;
        (self.has_long_id, self.id_column) = (false, None);
        self.flag = None;
        if let Some(status) = &plan.status {
            self.codes[status.field] = plan.start[status.field];
        }
        let (mut person, mut numbers) = (None, None);
        self.legibility.records += 1;
        self.lost_fields.clear();
        for (at, &(index, ref take)) in plan.takes.iter().enumerate() {
            let (first, before) = (plan.first_reader[at], self.found.len());
            self.lost = false;
            self.codes[index] = match take {
                Take::Sources(sources, otherwise) => match direct(sources, records) {
                    Some(value) => {
                        self.legibility.columns[first].filled += 1;
                        value
                    }
                    None => {
                        let united = FieldSources { field: index, reader: first, sources, otherwise: *otherwise };
                        self.sources(&united, records)
                    }
                },
                Take::Pack(pack) => {
                    let area = self.codes[plan.area] as u16;
                    let code = match pack.prohibited.contains(&area) {
                        true => self.prohibited(pack.column, records),
                        false => {
                            self.count_cell(first, records.cell(pack.column));
                            self.pack(pack, pack.by_area.get(&area), records)
                        }
                    };
                    self.count_lost(first);
                    u64::from(code)
                }
                Take::Derived(derived) => u64::from(self.derived(*derived)),
                Take::Number(sources) => {
                    numbers = Some(sources);
                    0
                }
                Take::Person(column) => {
                    person = Some(*column);
                    0
                }
            };
            if matches!(take, Take::Sources(..) | Take::Pack(_)) {
                let known = self.codes[index] >= plan.record.stored(index, Codelist::FIRST_KNOWN);
                let is_rejected = self.found[before..].iter().any(|finding| finding.severity == Severity::Error);
                let field = &mut self.legibility.fields[at];
                if self.lost {
                    field.lost += 1;
                    self.lost_fields.push(at);
                }
                field.unknown += u64::from(!self.lost && !known && !is_rejected);
            }
        }
        for (code, fixed) in self.codes.iter_mut().zip(series.iter().flat_map(|series| &series.values)) {
            *code = fixed.unwrap_or(*code);
        }
        match (series.map(|series| series.column), numbers) {
            (Some(column), _) => self.read_number(column, records),
            (None, Some(sources)) => match self.number(sources, records) {
                Some(column) => self.read_number(column, records),
                // Rows of figures to which no map applies are skipped.
                None => self.found(self.rules.missing, None, None),
            },
            (None, None) => {}
        }
        if let Some(status) = &plan.status {
            self.settle_status(status.field);
        }
        if let Some(column) = person {
            self.read_person(column, records);
        }
        for check in &plan.checks {
            if !check.holds(&self.codes) {
                self.found(check.rule, None, None);
            }
        }
        self.weigh();
    }

    /// Counts the record as often as it stands for a person, at most. What is rejected hides nothing, however large it is.
    fn weigh(&mut self) {
        let Some(sum) = &mut self.weighed else { return };
        let is_rejected = self.found.iter().any(|finding| finding.severity == Severity::Error);
        sum.add_times(&self.legibility, if is_rejected { 1 } else { self.value.upper.unwrap_or(1) });
        self.legibility.clear();
    }

    fn read_number(&mut self, column: usize, records: &RawRecords<'_>) {
        let plan = self.plan;
        let cell = records.cell(column);
        let missing = cell.is_empty() || plan.missing.iter().any(|text| **text == *cell);
        if missing && plan.record.unit == Unit::Figure {
            self.value = Interval::open();
            self.found(self.rules.no_value, Some(column), None);
            return;
        }
        if plan.is_ambiguous()
            && let Some(mark) = number::mark(cell, plan.numbers)
        {
            self.marks.entry(column as u32 + 1).or_default().add(mark, self.place.line);
        }
        let persons = plan.record.unit == Unit::Person;
        let largest = u64::from(u32::MAX);
        // A zero that declares that its area reported was read before; any other one was something else in its source.
        let fits = |read: &Interval| !persons || (read.upper.is_some_and(|upper| (1..=largest).contains(&upper)));
        match number::interval(cell, plan.numbers, plan.record.decimals()).filter(fits) {
            Some(read) => {
                let wide = MASKED * 10u64.pow(plan.record.decimals());
                if !read.is_exact() && read.upper.is_some_and(|upper| upper - read.lower > wide) {
                    self.found(self.rules.wide_mask, Some(column), None);
                }
                self.value = read;
            }
            None => match self.flagged(cell) {
                Some((value, code)) => {
                    self.value = value;
                    self.flag = Some(code);
                    if value == Interval::open() {
                        self.found(self.rules.no_value, Some(column), None);
                    }
                }
                None => self.found(self.rules.not_a_count, Some(column), Some(ShownCell::length_of(cell))),
            },
        }
    }

    fn read_person(&mut self, column: usize, records: &RawRecords<'_>) {
        let cell = records.cell(column);
        let kind = self.plan.id_kind(cell);
        match kind {
            IdKind::Error => return self.found(self.rules.error_id, Some(column), None),
            IdKind::Rounded => return self.found(self.rules.rounded_id, Some(column), None),
            IdKind::Object => return self.found(self.rules.object_id, Some(column), None),
            IdKind::Id | IdKind::LongId | IdKind::NoId => {}
        }
        let time = self.plan.time.map_or(0, |time| self.codes[time]);
        self.person = person(self.plan, cell, place(self.codes[self.plan.area], time));
        self.id_column = self.person.map(|_| column);
        self.has_long_id = self.person.is_some() && kind == IdKind::LongId;
    }
}
