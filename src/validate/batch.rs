//! One batch: every cell looked up, every record accepted or rejected, nothing allocated per cell.

use std::sync::Arc;

use super::compile::{Cell, Lookup, Plan, STRADDLES, Take};
use super::rejects::Reject;
use crate::finding::{Finding, Place, Rule, Severity, Shown, Tally};
use crate::ingest::{Content, RawBatch, RawRecords};
use crate::model::{Codelist, Missing};
use crate::schema::{FieldType, OnInvalid, Record};

/// Codes of one field, a row each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Indices into the field's code list.
    Codes(Vec<u16>),
    /// One bit for each index of the field's code list.
    Sets(Vec<u64>),
}

/// Accepted rows as codes.
#[derive(Debug)]
pub struct CodedBatch {
    /// The record type.
    pub record: Arc<Record>,
    /// One column for each coded field, in the order of [`Record::coded`].
    pub columns: Vec<Column>,
    /// How many victims each row stands for.
    pub counts: Vec<u32>,
    /// Digest of person, area and year, and digest of the whole row, where the source has person ids.
    pub persons: Vec<Option<(u128, u128)>>,
    /// Where each row was read.
    pub places: Vec<Place>,
}

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
}

/// Rules that a cell can break, looked up once.
struct Rules {
    missing: Rule,
    not_in_codelist: Rule,
    recoded: Rule,
    straddles: Rule,
    not_in_pack: Rule,
    prohibited: Rule,
    not_a_flag: Rule,
    not_a_count: Rule,
    not_utf8: Rule,
    contradiction: Rule,
    ragged: Rule,
}

struct Row<'a> {
    plan: &'a Plan,
    rules: &'a Rules,
    place: Place,
    codes: Vec<u64>,
    count: u32,
    person: Option<u128>,
    found: Vec<Finding>,
}

/// Codes and checks a batch.
pub fn validate(plan: &Plan, batch: &RawBatch) -> Validated {
    let rules = Rules {
        missing: Rule::named("cell/missing"),
        not_in_codelist: Rule::named("cell/not-in-codelist"),
        recoded: Rule::named("cell/recoded-unknown"),
        straddles: Rule::named("cell/straddles"),
        not_in_pack: Rule::named("cell/not-in-pack"),
        prohibited: Rule::named("cell/collection-prohibited"),
        not_a_flag: Rule::named("cell/not-a-flag"),
        not_a_count: Rule::named("cell/not-a-count"),
        not_utf8: Rule::named("cell/not-utf8"),
        contradiction: Rule::named("record/contradiction"),
        ragged: Rule::named("record/ragged"),
    };
    let mut out = Validated {
        accepted: CodedBatch::new(&plan.record),
        records: 0,
        rejected: 0,
        rejects: Vec::new(),
        tally: Tally::new(plan.samples),
    };
    let place = |record, line, byte| Place { source: plan.source, record, line, byte };
    if let Content::Broken(rule) = batch.content {
        out.records = 1;
        out.reject(Finding { rule, place: place(1, batch.line, batch.byte), column: None, found: None });
        out.rejected = 1;
        return out;
    }
    let mut row = Row {
        plan,
        rules: &rules,
        place: place(0, 0, 0),
        codes: vec![0; plan.record.fields.len()],
        count: 1,
        person: None,
        found: Vec::new(),
    };
    let mut records = batch.records();
    while let Some((line, byte)) = records.advance() {
        out.records += 1;
        row.place = place(out.records, line, byte);
        if records.len() == plan.columns {
            row.read(&records);
        } else {
            row.found.push(Finding { rule: rules.ragged, place: row.place, column: None, found: None });
        }
        let rejected = row.found.iter().any(|finding| finding.rule.severity() == Severity::Error);
        for finding in row.found.drain(..) {
            if finding.rule.severity() == Severity::Error { out.reject(finding) } else { out.tally.add(finding) }
        }
        if rejected {
            out.rejected += 1;
        } else {
            out.accepted.push(&row.codes, row.count, row.person, plan);
            out.accepted.places.push(row.place);
        }
    }
    out
}

impl Validated {
    fn reject(&mut self, finding: Finding) {
        self.rejects.push(Reject { place: finding.place, column: finding.column, rule: finding.rule });
        self.tally.add(finding);
    }
}

impl CodedBatch {
    /// No rows of a record type.
    pub fn new(record: &Arc<Record>) -> Self {
        let columns = record.coded().map(|(_, field)| match field.kind {
            FieldType::Set => Column::Sets(Vec::new()),
            _ => Column::Codes(Vec::new()),
        });
        Self {
            record: Arc::clone(record),
            columns: columns.collect(),
            counts: Vec::new(),
            persons: Vec::new(),
            places: Vec::new(),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn push(&mut self, codes: &[u64], count: u32, person: Option<u128>, plan: &Plan) {
        for (column, (index, _)) in self.columns.iter_mut().zip(plan.record.coded()) {
            match column {
                Column::Codes(column) => column.push(codes[index] as u16),
                Column::Sets(column) => column.push(codes[index]),
            }
        }
        self.counts.push(count);
        self.persons.push(person.map(|person| {
            let mut hasher = blake3::Hasher::new();
            for code in codes {
                hasher.update(&code.to_le_bytes());
            }
            hasher.update(&count.to_le_bytes());
            (person, short(&hasher))
        }));
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: &[bool]) {
        fn only<T>(rows: &mut Vec<T>, keep: &[bool]) {
            let mut keep = keep.iter();
            rows.retain(|_| *keep.next().expect("one verdict a row"));
        }
        for column in &mut self.columns {
            match column {
                Column::Codes(rows) => only(rows, keep),
                Column::Sets(rows) => only(rows, keep),
            }
        }
        only(&mut self.counts, keep);
        only(&mut self.persons, keep);
        only(&mut self.places, keep);
    }

    /// Moves the rows of another batch to the end of this one.
    pub fn append(&mut self, mut other: Self) {
        for (column, more) in self.columns.iter_mut().zip(&mut other.columns) {
            match (column, more) {
                (Column::Codes(rows), Column::Codes(more)) => rows.append(more),
                (Column::Sets(rows), Column::Sets(more)) => rows.append(more),
                _ => unreachable!("both batches are of one record type"),
            }
        }
        self.counts.append(&mut other.counts);
        self.persons.append(&mut other.persons);
        self.places.append(&mut other.places);
    }
}

/// The first half of a digest; 128 bits are enough to tell persons apart.
fn short(hasher: &blake3::Hasher) -> u128 {
    u128::from_le_bytes(*hasher.finalize().as_bytes().first_chunk().expect("a digest has 32 bytes"))
}

impl Row<'_> {
    fn read(&mut self, records: &RawRecords<'_>) {
        self.count = 1;
        self.person = None;
        let mut person = None;
        for (index, take) in self.plan.takes.iter().enumerate() {
            self.codes[index] = match take {
                Take::Constant(code) if self.plan.record.fields[index].kind == FieldType::Set => 1 << code,
                Take::Constant(code) => u64::from(*code),
                Take::Cells(cells) => self.cells(index, cells, records),
                Take::Flags(flags) => self.flags(flags, records),
                Take::Pack { column, by_area, prohibited } => {
                    let area = self.codes[self.plan.area] as u16;
                    let lookup = by_area.get(&area);
                    u64::from(self.pack(index, *column, lookup, prohibited.contains(&area), records))
                }
                Take::Derived(derived) => u64::from(self.derived(*derived)),
                Take::Count(column) => {
                    self.read_count(index, *column, records);
                    0
                }
                Take::Person(column) => {
                    person = Some(*column);
                    0
                }
            };
        }
        if let Some(column) = person {
            self.read_person(column, records);
        }
    }

    fn found(&mut self, rule: Rule, column: usize, shown: Option<Shown>) {
        let column = Some(column as u32 + 1);
        self.found.push(Finding { rule, place: self.place, column, found: shown });
    }

    /// The missing code of a cell, if it is missing; a required cell that is empty is an error of its own.
    fn missing(&mut self, index: usize, column: usize, cell: &[u8]) -> Option<u16> {
        if self.plan.missing.iter().any(|text| &**text == cell) {
            return Some(Missing::Unknown.code());
        }
        if cell.is_empty() {
            if self.plan.record.fields[index].required {
                self.found(self.rules.missing, column, None);
            }
            return Some(Missing::Unknown.code());
        }
        None
    }

    /// The code of a value, or the finding that there is none.
    fn code(&mut self, index: usize, column: usize, cell: &[u8], lookup: &Lookup) -> u16 {
        let field = &self.plan.record.fields[index];
        match lookup.get(cell) {
            Some(&STRADDLES) => {
                self.found(self.rules.straddles, column, Some(Shown::of(cell, field.printable)));
                Missing::Unknown.code()
            }
            Some(&code) => code,
            None => {
                // Another encoding spoils a whole column, so it is never passed over as unknown.
                let rule = match field.on_invalid {
                    _ if std::str::from_utf8(cell).is_err() => self.rules.not_utf8,
                    OnInvalid::Reject => self.rules.not_in_codelist,
                    OnInvalid::Unknown => self.rules.recoded,
                };
                self.found(rule, column, Some(Shown::of(cell, field.printable)));
                Missing::Unknown.code()
            }
        }
    }

    fn cells(&mut self, index: usize, cells: &[Cell], records: &RawRecords<'_>) -> u64 {
        let set = self.plan.record.fields[index].kind == FieldType::Set;
        let mut value: Option<u16> = None;
        for cell in cells {
            let raw = records.cell(cell.column);
            if let Some(missing) = self.missing(index, cell.column, raw) {
                value = value.or(Some(missing));
                continue;
            }
            if set {
                return self.set(index, cell, raw);
            }
            let code = self.code(index, cell.column, raw, &cell.lookup);
            value = match value {
                Some(first) if Codelist::is_known(first) => {
                    let list = self.plan.record.fields[index].codes();
                    if Codelist::is_known(code) && !list.nested(first, code) {
                        self.found(self.rules.contradiction, cell.column, None);
                    }
                    Some(first)
                }
                _ => Some(code),
            };
        }
        let code = value.unwrap_or(Missing::Unknown.code());
        if set { 1 << code } else { u64::from(code) }
    }

    /// Several values in one cell. Known ones hold; a set of which nothing is known is missing.
    fn set(&mut self, index: usize, cell: &Cell, raw: &[u8]) -> u64 {
        let mut bits = 0u64;
        let mut add = |row: &mut Self, part: &[u8]| {
            if !part.is_empty() {
                bits |= 1 << row.code(index, cell.column, part, &cell.lookup);
            }
        };
        match &cell.separator {
            Some(separator) => {
                let mut rest = raw;
                while let Some(at) = memchr::memmem::find(rest, separator) {
                    add(self, rest[..at].trim_ascii());
                    rest = &rest[at + separator.len()..];
                }
                add(self, rest.trim_ascii());
            }
            None => add(self, raw),
        }
        tidy(bits)
    }

    fn flags(&mut self, flags: &[(usize, u64)], records: &RawRecords<'_>) -> u64 {
        let mut bits = 0;
        for &(column, yes) in flags {
            match records.cell(column) {
                b"1" => bits |= yes,
                b"0" | b"" => {}
                cell if self.plan.missing.iter().any(|text| &**text == cell) => {}
                cell => self.found(self.rules.not_a_flag, column, Some(Shown::of(cell, false))),
            }
        }
        tidy(bits)
    }

    fn pack(
        &mut self,
        index: usize,
        column: usize,
        lookup: Option<&Lookup>,
        prohibited: bool,
        records: &RawRecords<'_>,
    ) -> u16 {
        let cell = records.cell(column);
        if prohibited {
            if !cell.is_empty() {
                self.found(self.rules.prohibited, column, None);
            }
            return Missing::NotCollected.code();
        }
        if let Some(missing) = self.missing(index, column, cell) {
            // A country without a list of its own does not collect the dimension.
            return if lookup.is_some() { missing } else { Missing::NotCollected.code() };
        }
        if let Some(missing) = Missing::ALL.into_iter().find(|missing| missing.id().as_bytes() == cell) {
            return missing.code();
        }
        match lookup.and_then(|lookup| lookup.get(cell)) {
            Some(&code) => code,
            None => {
                self.found(self.rules.not_in_pack, column, Some(Shown::of(cell, false)));
                Missing::Unknown.code()
            }
        }
    }

    fn derived(&self, derived: usize) -> u16 {
        let (_, rule) = &self.plan.record.derived[derived];
        let (from, against) = (self.codes[rule.from] as u16, self.codes[rule.against] as u16);
        if !Codelist::is_known(from) {
            return from;
        }
        if !Codelist::is_known(against) {
            return Missing::Unknown.code();
        }
        if rule.counterpart[from as usize] == Some(against) { rule.same } else { rule.otherwise[from as usize] }
    }

    fn read_count(&mut self, index: usize, column: usize, records: &RawRecords<'_>) {
        let cell = records.cell(column);
        // A leading plus sign or zeros parse as numbers, and have been something else in the source.
        let digits = !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
        let count = std::str::from_utf8(cell).ok().filter(|_| digits).and_then(|text| text.parse::<u32>().ok());
        match count {
            Some(count) if count > 0 => self.count = count,
            _ => {
                let printable = self.plan.record.fields[index].printable;
                self.found(self.rules.not_a_count, column, Some(Shown::of(cell, printable)));
            }
        }
    }

    fn read_person(&mut self, column: usize, records: &RawRecords<'_>) {
        let cell = records.cell(column);
        if cell.is_empty() || self.plan.missing.iter().any(|text| &**text == cell) {
            return;
        }
        let mut hasher = blake3::Hasher::new();
        for role in ["area", "time"] {
            let code = self.plan.record.role(role).map_or(0, |index| self.codes[index]);
            hasher.update(&code.to_le_bytes());
        }
        hasher.update(cell);
        self.person = Some(short(&hasher));
    }
}

/// Known codes win over missing ones; of the missing ones the first stays; nothing at all is unknown.
fn tidy(bits: u64) -> u64 {
    let missing = (1 << Codelist::FIRST_KNOWN) - 1;
    match (bits & !missing, bits & missing) {
        (0, 0) => 1 << Missing::Unknown.code(),
        (0, missing) => missing & missing.wrapping_neg(),
        (known, _) => known,
    }
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn a_set_is_known_or_missing_and_never_both() {
        assert_eq!(tidy(0), 0b1);
        assert_eq!(tidy(0b110), 0b10);
        assert_eq!(tidy(0b101_001), 0b101_000);
    }
}
