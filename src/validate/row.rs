//! One record: every cell looked up, nothing allocated per cell that is right.

use std::collections::BTreeMap;

use super::answers::Answer;
use super::condition::{When, are_met};
use super::dates::{Date, looks_like_date};
use super::legibility::{Legibility, placed};
use super::lookup::Lookup;
use super::number::{self, Marks};
use super::plan::{Cell, Fixed, Plan, Source, SourceKind, Take, Target};
use super::words::Words;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::finding::{Finding, Place, Rule, Severity, Shown};
use crate::ingest::RawRecords;
use crate::model::{Codelist, Interval, Missing};
use crate::schema::{FieldType, OnInvalid, Unit};

mod groups;
mod zero;

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

/// What one source says of a field.
struct Said {
    /// The value, as it is stored.
    value: u64,
    /// Whether the source holds a text that was not understood, and no known value.
    refused: bool,
    /// The column of an empty cell that no word for missing covers.
    empty: Option<usize>,
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
                    None => self.sources(index, first, sources, *otherwise, records),
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

    /// The first source that applies and says something; later ones are looked at for contradictions only. The maps of a
    /// set unite.
    fn sources(
        &mut self,
        index: usize,
        first: usize,
        sources: &[Source],
        otherwise: u64,
        records: &RawRecords<'_>,
    ) -> u64 {
        let field = &self.plan.record.fields[index];
        if field.kind == FieldType::Set {
            return self.united(index, first, sources, otherwise, records);
        }
        let mut value: Option<u16> = None;
        let mut empty = None;
        for (reader, source) in placed(sources, first).filter(|(_, source)| applies(source, records)) {
            if let Some(first) = value.filter(|value| Codelist::is_known(*value)) {
                if let SourceKind::Cell(cell) = &source.kind
                    && let Some(other) = peek(cell, records.cell(cell.column))
                    && Codelist::is_known(other)
                    && !field.codes().nested(first, other)
                {
                    self.found(self.rules.contradiction, Some(cell.column), None);
                }
                continue;
            }
            let said = self.say(index, reader, &source.kind, records);
            let next = said.value as u16;
            if said.refused {
                // What was refused here is not looked for elsewhere.
                return said.value;
            }
            empty = empty.or(said.empty);
            value = Some(value.map_or(next, |first| if Codelist::is_known(next) { next } else { first }));
        }
        let applied = value.is_some();
        let value = value.map_or(otherwise, u64::from);
        if !Codelist::is_known(value as u16) {
            if let (Some(default), true) = (field.default, empty.is_some()) {
                return default.into();
            }
            self.lacks(index, applied, empty);
        }
        value
    }

    /// The codes of all sources that apply. A constant without a condition stands in where they give none.
    fn united(
        &mut self,
        index: usize,
        first: usize,
        sources: &[Source],
        otherwise: u64,
        records: &RawRecords<'_>,
    ) -> u64 {
        let known = |value: u64| value >> Codelist::FIRST_KNOWN != 0;
        let is_fallback = |source: &&Source| source.when.is_empty() && matches!(source.kind, SourceKind::Constant(_));
        let (mut value, mut missing, mut empty, mut refused) = (0, None, None, false);
        let own = placed(sources, first).filter(|(_, source)| !is_fallback(source) && applies(source, records));
        for (reader, source) in own {
            let said = self.say(index, reader, &source.kind, records);
            empty = empty.or(said.empty);
            refused |= said.refused;
            // A value of which a part was not understood keeps that part.
            if known(said.value) || said.refused {
                value |= said.value;
            } else {
                missing = missing.or(Some(said.value));
            }
        }
        let mut value = if value == 0 { missing } else { Some(tidy(value)) };
        for source in sources.iter().filter(is_fallback) {
            // What was refused here is not made up from what the user says of all records.
            if !value.is_some_and(known) && !refused {
                value = Some(self.say(index, first, &source.kind, records).value);
            }
        }
        let applied = value.is_some();
        let value = value.unwrap_or(otherwise);
        if !known(value) {
            self.lacks(index, applied, empty);
        }
        value
    }

    /// What one source says of a field.
    fn say(&mut self, index: usize, reader: usize, kind: &SourceKind, records: &RawRecords<'_>) -> Said {
        let plan = self.plan;
        let stored = |code: u16| plan.record.stored(index, code);
        let unknown = stored(Missing::Unknown.code());
        let value = match kind {
            SourceKind::Constant(constant) => *constant,
            SourceKind::Flags(flags) => tidy(self.flags(reader, flags, records)),
            SourceKind::Scale { columns, answers } => stored(self.scale(reader, columns, answers, records)),
            SourceKind::Born { birth, event, ages } => {
                let before = std::mem::take(&mut self.lost);
                let code = self.age(index, *birth, *event, ages, records);
                self.count(reader, !records.cell(*birth).is_empty(), self.lost);
                self.lost |= before;
                stored(code)
            }
            SourceKind::Cell(cell) => {
                let raw = records.cell(cell.column);
                self.count(reader, !raw.is_empty(), false);
                // Nearly every cell is a code, and no code is a word for missing.
                match cell.lookup.get(raw) {
                    Some(Target::Code(code)) => stored(code),
                    Some(Target::No) => unknown,
                    _ if self.is_missing(raw) => {
                        let empty = !plan.missing.iter().any(|text| **text == *raw);
                        return Said { value: unknown, refused: false, empty: empty.then_some(cell.column) };
                    }
                    _ => {
                        let before = std::mem::take(&mut self.lost);
                        let said = self.cell(index, cell, raw);
                        self.count(reader, false, self.lost);
                        self.lost |= before;
                        return said;
                    }
                }
            }
        };
        Said { value, refused: false, empty: None }
    }

    /// What a filled cell says that is no code as it stands.
    fn cell(&mut self, index: usize, cell: &Cell, raw: &[u8]) -> Said {
        let stored = |row: &Self, code: u16| row.plan.record.stored(index, code);
        if let Some(yes) = cell.yes.filter(|_| meaning(cell, raw).is_none())
            && let Some((answer, damaged)) = self.plan.answer(raw)
        {
            if damaged {
                self.found(self.rules.damaged, Some(cell.column), None);
            }
            let code = if answer == Answer::Yes { yes } else { Missing::Unknown.code() };
            return Said { value: stored(self, code), refused: false, empty: None };
        }
        let before = self.found.len();
        let value = if cell.set {
            self.set(index, cell, raw)
        } else if let Some(code) = self.several(index, cell, raw) {
            u64::from(code)
        } else {
            u64::from(self.code(index, cell.column, raw, &cell.lookup, cell.words.as_deref()))
        };
        let known = if cell.set { value >> Codelist::FIRST_KNOWN != 0 } else { Codelist::is_known(value as u16) };
        Said { value, refused: !known && self.found.len() > before, empty: None }
    }

    /// Notes that a field has no value where it needs one: where no map applies, or the cell is empty. Of a figure, an empty
    /// cell may mean the total, and only the profile can say so.
    fn lacks(&mut self, index: usize, applied: bool, empty: Option<usize>) {
        let required = self.plan.record.fields[index].required;
        if required && (empty.is_some() || !applied) {
            self.found(self.rules.missing, empty, None);
        } else if empty.is_some() && self.plan.record.unit == Unit::Figure {
            self.found(self.rules.blank, empty, None);
        }
    }

    /// Of several values where one is counted: that of the reporting area, or else the first one that is known.
    ///
    /// It applies where the cell as a whole means nothing and each of its parts means something.
    fn several(&mut self, index: usize, cell: &Cell, raw: &[u8]) -> Option<u16> {
        // The names of two countries are no longer than this.
        if raw.len() > 200 || !cell.separators.iter().any(|by| memchr::memmem::find(raw, by).is_some()) {
            return None;
        }
        if meaning(cell, raw).is_some() {
            return None;
        }
        let here = self.here(index);
        let code = |text: &[u8]| match meaning(cell, text)? {
            Target::Code(code) => Some(code),
            Target::Area => Some(here),
            Target::No | Target::Refused(_) => None,
        };
        let codes: Vec<u16> = if cell.separators.iter().any(|separator| **separator == *b" ") {
            // Words hold blanks themselves, so there must be exactly one way to part them in two.
            let cuts = memchr::memchr_iter(b' ', raw).filter_map(|at| Some([code(&raw[..at])?, code(&raw[at + 1..])?]));
            match cuts.collect::<Vec<_>>().as_slice() {
                [only] => only.to_vec(),
                _ => return None,
            }
        } else {
            parts(raw, &cell.separators).filter(|part| !part.is_empty()).map(code).collect::<Option<_>>()?
        };
        let known: Vec<u16> = codes.iter().copied().filter(|code| Codelist::is_known(*code)).collect();
        if known.len() > 1 {
            self.found(self.rules.several, Some(cell.column), None);
        }
        known.iter().copied().find(|code| *code == here).or(known.first().copied()).or(codes.first().copied())
    }

    /// Age in full years at an event. Of several possible ages the code is taken that holds them all.
    fn age(&mut self, index: usize, birth: usize, event: usize, ages: &Lookup, records: &RawRecords<'_>) -> u16 {
        let cell = records.cell(birth);
        if self.is_missing(cell) {
            if cell.is_empty() && self.plan.record.fields[index].required && self.plan.missing.is_empty() {
                self.found(self.rules.missing, Some(birth), None);
            }
            return Missing::Unknown.code();
        }
        let of_event = records.cell(event);
        if self.is_missing(of_event) {
            return Missing::Unknown.code();
        }
        let date = |cell| Date::or_year(std::str::from_utf8(cell).ok()?, self.plan.dates);
        let (born, at) = match (date(cell), date(of_event)) {
            (Some(born), Some(at)) => (born, at),
            (born, _) => {
                let (column, cell) = if born.is_some() { (event, of_event) } else { (birth, cell) };
                self.not_understood(self.rules.not_a_date, column, Some(Shown::of(cell, false)));
                return Missing::Unknown.code();
            }
        };
        for (column, date) in [(birth, born), (event, at)] {
            if date.either_order {
                self.found(self.rules.date_order, Some(column), None);
            }
        }
        // Who was born in the year of the event is not younger than nothing; who was born after it has no age.
        let found = match born.ages_at(&at) {
            (_, to) if to < 0 => None,
            (from, to) if from.max(0) == to => ages.get(to.to_string().as_bytes()),
            (from, to) => ages.get(format!("{}-{to}", from.max(0)).as_bytes()),
        };
        match found {
            Some(Target::Code(code)) => code,
            Some(Target::Refused(rule)) => {
                self.not_understood(rule, birth, None);
                Missing::Unknown.code()
            }
            _ => {
                self.not_understood(self.rules.recoded, birth, Some(Shown::of(cell, false)));
                Missing::Unknown.code()
            }
        }
    }

    /// Several values in one cell. `_U` stands next to those that are known where a part was not understood.
    fn set(&mut self, index: usize, cell: &Cell, raw: &[u8]) -> u64 {
        let mut bits = 0u64;
        let is_no = |part: &[u8]| meaning(cell, part) == Some(Target::No);
        for part in parts(raw, &cell.separators).filter(|part| !part.is_empty() && !is_no(part)) {
            bits |= 1 << self.code(index, cell.column, part, &cell.lookup, cell.words.as_deref());
        }
        tidy(bits)
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
        self.person = person(self.plan, cell, self.codes[self.plan.area], time);
    }
}

/// Digests of a person in an area and a time, and of the person alone.
pub(super) fn person(plan: &Plan, cell: &[u8], area: u64, time: u64) -> Option<(u128, Option<u128>)> {
    if cell.is_empty() || plan.missing.iter().any(|text| **text == *cell) || is_placeholder(cell) {
        return None;
    }
    // In memory a fast digest of 128 bits is enough; what is stored is a keyed one that nobody can repeat.
    let name = plan.options.person_key.as_ref().map(|key| key.name(&plan.person_scope, cell));
    // Codes are below 2^16, so area and year never share a seed.
    let place = area << 16 | time;
    let here = match name {
        // A store keeps pseudonyms and no ids, and whoever adds to it must find its persons again.
        Some(name) => of_name(name, place),
        None => {
            let scope = plan.person_scope.as_bytes();
            let seed = if scope.is_empty() { place } else { xxh3_64_with_seed(scope, place) };
            xxh3_128_with_seed(cell, seed)
        }
    };
    Some((here, name))
}

/// The digest of a pseudonym in an area and a time.
pub(super) fn of_name(name: u128, place: u64) -> u128 {
    xxh3_128_with_seed(&name.to_le_bytes(), place)
}

/// Whether a person id is a word for none: persons who share it are not one person.
fn is_placeholder(id: &[u8]) -> bool {
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
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(id)) || id.iter().all(|byte| b"0-_.?*#/ ".contains(byte))
}

/// Whether the conditions of a source are met.
fn applies(source: &Source, records: &RawRecords<'_>) -> bool {
    are_met(&source.when, records)
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

/// What an undamaged text means, without any finding.
fn meaning(cell: &Cell, raw: &[u8]) -> Option<Target> {
    let words = || {
        let meaning = cell.words.as_ref()?.resolve(std::str::from_utf8(raw).ok()?)?;
        (!meaning.damaged).then_some(meaning.target)
    };
    cell.lookup.get(raw).or_else(words)
}

/// The code of a value, if it is one.
fn peek(cell: &Cell, raw: &[u8]) -> Option<u16> {
    match meaning(cell, raw)? {
        Target::Code(code) => Some(code),
        Target::Area | Target::No | Target::Refused(_) => None,
    }
}

/// The values in a cell, without the spaces around them.
fn parts<'a>(raw: &'a [u8], separators: &'a [Box<[u8]>]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(raw);
    std::iter::from_fn(move || {
        let text = rest?;
        let next = separators.iter().filter_map(|by| Some((memchr::memmem::find(text, by)?, by.len()))).min();
        rest = next.map(|(at, length)| &text[at + length..]);
        Some(text[..next.map_or(text.len(), |(at, _)| at)].trim_ascii())
    })
}

/// The codes of a set as it is stored. A missing code next to known ones becomes `_U`: the source holds more than was
/// understood. Of missing codes alone the first stays, and nothing at all is unknown.
fn tidy(bits: u64) -> u64 {
    let missing = (1 << Codelist::FIRST_KNOWN) - 1;
    let unknown = 1 << Missing::Unknown.code();
    match (bits & !missing, bits & missing) {
        (0, 0) => unknown,
        (0, missing) => missing & missing.wrapping_neg(),
        (known, 0) => known,
        (known, _) => known | unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn a_set_keeps_that_a_part_of_it_is_not_known() {
        assert_eq!(tidy(0), 0b1);
        assert_eq!(tidy(0b110), 0b10);
        assert_eq!(tidy(0b101_000), 0b101_000);
        assert_eq!(tidy(0b101_001), 0b101_001);
        assert_eq!(tidy(0b101_110), 0b101_001);
    }
}
