//! One record: every cell looked up, nothing allocated per cell that is right.

use std::collections::BTreeMap;

use crate::validate::persons::of_name;
use crate::validate::plan::{Fixed, Legibility, Plan, Source, SourceKind, Take};
use crate::validate::values::{Date, Lookup, Marks, Target, When, Words, are_met, looks_like_date, number};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::finding::{Finding, Place, Rule, Severity, Shown};
use crate::ingest::RawRecords;
use crate::model::{Codelist, Interval, Missing};
use crate::schema::{FieldType, OnInvalid, Unit};

mod groups;
mod sources;
mod zero;

use sources::FieldSources;
pub(super) use sources::{parts, tidy};
use zero::Zeros;

/// A mask that stands for more numbers hides no small one.
const MASKED: u64 = 500;

/// Rules that a cell can break, looked up once.
pub(super) struct Rules {
    missing: Rule,
    not_in_codelist: Rule,
    recoded: Rule,
    damaged: Rule,
    no_value: Rule,
    blank: Rule,
    pub no_value_by_flag: Rule,
    several: Rule,
    passed_over: Rule,
    not_in_pack: Rule,
    prohibited: Rule,
    not_a_flag: Rule,
    not_a_count: Rule,
    not_a_date: Rule,
    date_order: Rule,
    wide_mask: Rule,
    zero_declared: Rule,
    not_utf8: Rule,
    contradiction: Rule,
    pub ragged: Rule,
    pub empty: Rule,
}

impl Rules {
    pub fn new() -> Self {
        Self {
            missing: Rule::named("cell/missing"),
            not_in_codelist: Rule::named("cell/not-in-codelist"),
            recoded: Rule::named("cell/recoded-unknown"),
            damaged: Rule::named("cell/damaged-text"),
            no_value: Rule::named("cell/no-figure"),
            blank: Rule::named("figure/blank"),
            no_value_by_flag: Rule::named("figure/flagged-missing"),
            several: Rule::named("cell/several"),
            passed_over: Rule::named("record/passed-over"),
            not_in_pack: Rule::named("cell/not-in-pack"),
            prohibited: Rule::named("cell/collection-prohibited"),
            not_a_flag: Rule::named("cell/not-a-flag"),
            not_a_count: Rule::named("cell/not-a-count"),
            not_a_date: Rule::named("cell/not-a-date"),
            date_order: Rule::named("cell/date-order"),
            wide_mask: Rule::named("cell/wide-mask"),
            zero_declared: Rule::named("record/zero-declared"),
            not_utf8: Rule::named("cell/not-utf8"),
            contradiction: Rule::named("record/contradiction"),
            ragged: Rule::named("record/ragged"),
            empty: Rule::named("record/empty"),
        }
    }
}

/// The record that is being read, one after another in the same place.
pub(super) struct Row<'a> {
    plan: &'a Plan,
    rules: &'a Rules,
    /// Where it would hold a zero, if the file can.
    zeros: Option<Zeros<'a>>,
    /// Where it is.
    pub place: Place,
    /// Its values by field, as they are stored.
    pub codes: Vec<u64>,
    /// How many it stands for, or its figure.
    pub value: Interval,
    /// The flag in the cell of a figure.
    pub(super) flag: Option<u16>,
    /// Digests of the person here and of the person alone.
    pub person: Option<(u128, Option<u128>)>,
    /// What was found.
    pub found: Vec<Finding>,
    /// Texts that mean no code, by column.
    pub unresolved: Vec<(u32, String)>,
    /// How much of each column was understood: of all records so far, or of this one alone where records are weighed.
    legibility: Legibility,
    /// The same of the records before, where each counts as often as it stands for a person.
    weighed: Option<Legibility>,
    /// Whether a cell of the field was not understood.
    lost: bool,
    /// The fields of the record that were not understood, by their place in the plan.
    pub lost_fields: Vec<usize>,
    /// The decimal marks of the numbers of each column, where they may group thousands.
    pub marks: BTreeMap<u32, Marks>,
}

impl<'a> Row<'a> {
    pub fn new(plan: &'a Plan, rules: &'a Rules) -> Self {
        Self {
            plan,
            rules,
            zeros: Zeros::of(plan),
            place: Place { source: plan.source, record: 0, line: 0, byte: 0 },
            codes: plan.start.clone(),
            value: Interval::exact(1),
            flag: None,
            person: None,
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
    pub fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// The finding that a record is none of those that are read.
    pub fn passed_over(&self) -> Finding {
        Finding::new(self.rules.passed_over, self.place, None, None)
    }

    /// Codes and checks a record; of a row of several figures, one of them.
    pub fn read(&mut self, records: &RawRecords<'_>, series: Option<&Fixed>) {
        let plan = self.plan;
        if series.is_some() {
            self.codes.copy_from_slice(&plan.start);
        }
        self.value = Interval::exact(1);
        self.person = None;
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
                        let of = FieldSources { field: index, reader: first, sources, otherwise: *otherwise };
                        self.sources(&of, records)
                    }
                },
                Take::Pack { column, separators, by_area, prohibited } => {
                    let area = self.codes[plan.area] as u16;
                    let own = by_area.get(&area);
                    let prohibited = prohibited.contains(&area);
                    let code = self.pack(*column, separators, own, prohibited, records);
                    self.count(first, !prohibited && !records.cell(*column).is_empty(), self.lost);
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
            if matches!(take, Take::Sources(..) | Take::Pack { .. }) {
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
                None => self.no_number(),
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

    /// Returns how much of each column was understood, of all records.
    pub fn counted(self) -> Legibility {
        let Some(mut sum) = self.weighed else { return self.legibility };
        sum.add(&self.legibility);
        sum
    }

    /// Notes a broken rule.
    pub fn found(&mut self, rule: Rule, column: Option<usize>, shown: Option<Shown>) {
        let mut finding = Finding::new(rule, self.place, column.map(|column| column as u32 + 1), shown);
        if self.plan.options.deny.contains(&rule) {
            finding.severity = Severity::Error;
        }
        self.found.push(finding);
    }

    /// Notes that a text of a field was not understood. A record that is rejected for it does not count as unknown.
    fn not_understood(&mut self, rule: Rule, column: usize, shown: Option<Shown>) {
        self.found(rule, Some(column), shown);
        self.lost |= self.found.last().is_some_and(|finding| finding.severity != Severity::Error);
    }

    /// Counts a cell of a column that gives codes.
    fn count(&mut self, reader: usize, filled: bool, lost: bool) {
        let cells = &mut self.legibility.columns[reader];
        cells.filled += u64::from(filled);
        cells.lost += u64::from(lost);
    }

    /// Whether every column that is read is empty: a numbered line of a form is no person. Who writes that nothing is known
    /// has somebody in mind.
    pub fn is_empty(&self, records: &RawRecords<'_>) -> bool {
        self.plan.read.iter().all(|&column| records.cell(column).is_empty())
    }

    /// Whether a cell says that nothing is known, in the profile's words or by being empty.
    fn is_missing(&self, cell: &[u8]) -> bool {
        cell.is_empty() || self.plan.missing.iter().any(|text| **text == *cell)
    }

    /// The code of a value, or the finding that there is none.
    fn code(&mut self, index: usize, column: usize, cell: &[u8], lookup: &Lookup, words: Option<&Words>) -> u16 {
        let field = &self.plan.record.fields[index];
        let shown = |printable| Some(Shown::of(cell, printable));
        let mut target = lookup.get(cell);
        if let (None, Some(words), Ok(text)) = (target, words, std::str::from_utf8(cell)) {
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
                // A figure of which a dimension is not certain is no figure of anything, and a day that does not exist may
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

    fn unresolved(&mut self, column: usize, cell: &[u8]) {
        if let Ok(text) = std::str::from_utf8(cell) {
            self.unresolved.push((column as u32 + 1, text.to_owned()));
        }
    }

    /// The code of the reporting area in another field's list.
    fn here(&self, index: usize) -> u16 {
        let area = self.codes[self.plan.area] as u16;
        let id = self.plan.record.fields[self.plan.area].codes().id_of(area);
        self.plan.record.fields[index].codes().find(id).unwrap_or(Missing::Unknown.code())
    }

    fn derived(&self, derived: usize) -> u16 {
        let (_, rule) = &self.plan.record.derived[derived];
        rule.code(self.codes[rule.from] as u16, self.codes[rule.against] as u16)
    }

    /// The column of the number: the first that applies and is not missing, or else the first that applies.
    fn number(&self, sources: &[(When, usize)], records: &RawRecords<'_>) -> Option<usize> {
        let mut applying = sources.iter().filter(|(when, _)| are_met(when, records)).map(|(_, column)| *column);
        let first = applying.next()?;
        let all = std::iter::once(first).chain(applying);
        Some(all.into_iter().find(|&column| !self.is_missing(records.cell(column))).unwrap_or(first))
    }

    /// Notes that no map of the number applies.
    fn no_number(&mut self) {
        if self.plan.record.unit == Unit::Figure {
            self.value = Interval::open();
            self.found(self.rules.no_value, None, None);
        } else {
            self.found(self.rules.missing, None, None);
        }
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
        let most = u64::from(u32::MAX);
        // A zero that declares that its area reported was read before; any other one was something else in its source.
        let fits = |read: &Interval| !persons || (read.upper.is_some_and(|upper| (1..=most).contains(&upper)));
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
                None => self.found(self.rules.not_a_count, Some(column), Some(Shown::of(cell, false))),
            },
        }
    }

    fn read_person(&mut self, column: usize, records: &RawRecords<'_>) {
        let cell = records.cell(column);
        let time = self.plan.time.map_or(0, |time| self.codes[time]);
        self.person = person(self.plan, cell, place(self.codes[self.plan.area], time));
    }
}

/// The codes of an area and a time as one number. Codes are below 2^16, so area and year never share one.
#[inline]
pub(super) fn place(area: u64, time: u64) -> u64 {
    area << 16 | time
}

/// Digests of a person in an area and a time, and of the person alone.
#[inline]
pub(super) fn person(plan: &Plan, cell: &[u8], place: u64) -> Option<(u128, Option<u128>)> {
    if cell.is_empty() || plan.missing.iter().any(|text| **text == *cell) || is_placeholder(cell) {
        return None;
    }
    // In memory a fast digest is enough; what is stored is a keyed one that nobody can repeat.
    let name = plan.options.person_key.as_ref().map(|key| key.name(&plan.person_scope, cell));
    let here = match name {
        // A store keeps pseudonyms and no ids, and whoever adds to it must find its persons again.
        Some(name) => of_name(name, place),
        None => {
            let scope = plan.person_scope.as_bytes();
            let seed = if scope.is_empty() { place } else { xxh3_64_with_seed(scope, place) };
            // The ledger looks at no more than 64 bits.
            if plan.options.merge { xxh3_128_with_seed(cell, seed) } else { xxh3_64_with_seed(cell, seed).into() }
        }
    };
    Some((here, name))
}

/// Whether a person id is a word for none: persons who share it are not one person.
fn is_placeholder(id: &[u8]) -> bool {
    // Nearly every id is longer than the longest of the words.
    const LONGEST: usize = 11;
    const WORDS: [&[u8]; 14] = [
        b"unknown",
        b"n/a",
        b"na",
        b"none",
        b"null",
        b"nil",
        b"nan",
        b"missing",
        b"desconocido",
        b"inconnu",
        b"sin dato",
        b"s/d",
        b"true",
        b"false",
    ];
    (id.len() <= LONGEST && WORDS.iter().any(|word| word.eq_ignore_ascii_case(id)))
        || id.iter().all(|byte| matches!(byte, b'0' | b'-' | b'_' | b'.' | b'?' | b'*' | b'#' | b'/' | b' '))
}

/// The value where one column alone is asked and its cell is a code as it stands, which is so of nearly every cell.
#[inline]
fn direct(sources: &[Source], records: &RawRecords<'_>) -> Option<u64> {
    let [Source { when, kind: SourceKind::Cell(cell) }] = sources else { return None };
    if !when.is_empty() {
        return None;
    }
    // An empty cell may have a code and is not a filled one.
    let (bytes, start, end) = records.untrimmed(cell.column).filter(|(_, start, end)| start < end)?;
    match cell.lookup.code_within(bytes, start, end) {
        Lookup::NONE => None,
        code => Some(if cell.set { 1 << code } else { code.into() }),
    }
}
