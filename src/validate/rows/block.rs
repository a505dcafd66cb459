//! Many records at once, column by column, where nothing has to be said of them.
//!
//! Nearly every record of nearly every file is right in every cell: each is a code as it stands, and no rule is broken.
//! Such records are found here, and all others are left to [`Row`](super::row::Row), which knows what to say of them. What
//! counts as right must be what a row would accept without a finding, with the same codes.

use std::ops::Range;

use super::coded::CodedBatch;
use super::cross_rule::{CrossRule, Operand};
use super::row::{parts, person, place, tidy};
use crate::ingest::{Block, RawRecords, trimmed};
use crate::model::{Codelist, Missing};
use crate::schema::{Derived, FieldType, Unit};
use crate::validate::persons::{IdSample, Sampling};
use crate::validate::plan::{CellSource, Legibility, OwnCodes, PackSource, Plan, SourceKind, Take, missing};
use crate::validate::values::{Lookup, NoIds, Target, mixed};

/// The cell is not a code as it stands.
const NONE: u16 = Lookup::NONE;

/// How a column of the block is filled. `blank` is the code of an empty cell, where it has one.
enum FillStep<'a> {
    Cell { cell: &'a CellSource, column: usize, read: CountedColumn, blank: u16 },
    Pack { pack: Box<Own<'a>>, column: usize, read: CountedColumn },
    Derived { rule: &'a Derived, from: Operand, against: Operand, column: usize },
}

/// Where a column of the block is counted.
#[derive(Clone, Copy)]
struct CountedColumn {
    /// Among the columns that give codes.
    reader: usize,
    /// Among the fields of the plan.
    field: usize,
}

/// A column whose codes depend on the reporting area.
struct Own<'a> {
    cell: usize,
    area: Operand,
    /// The country's own codes, by area.
    codes: Vec<Option<&'a OwnCodes>>,
    prohibited: &'a [u16],
    missing: &'a [Box<[u8]>],
}

impl Own<'_> {
    fn code(&self, area: u16, bytes: &[u8], (start, end): (usize, usize)) -> u16 {
        let Some(codes) = self.codes.get(usize::from(area)) else { return NONE };
        if self.prohibited.contains(&area) {
            return NONE;
        }
        let cell = &bytes[start..end];
        if cell.is_empty() {
            return if codes.is_some() { Missing::Unknown.code() } else { Missing::NotCollected.code() };
        }
        if self.missing.iter().any(|text| **text == *cell) {
            return NONE;
        }
        if cell[0] == b'_' {
            let missing = Missing::ALL.into_iter().find(|missing| missing.id().as_bytes() == cell);
            return missing.map_or(NONE, Missing::code);
        }
        codes.map_or(NONE, |codes| codes.lookup.code_within(bytes, start, end))
    }
}

/// Codes of one column of which each may break some of the rules: nearly no code does.
struct Trigger {
    column: usize,
    /// For each code, the rules that have to be looked at.
    codes: Vec<Vec<usize>>,
}

/// A cell that holds several values, each a code as it stands. Its column has one of them.
struct ManyCodes {
    row: usize,
    column: usize,
    /// The values, as they are stored.
    bits: u64,
    /// Whether the record is right as far as rules across fields have no say.
    right: bool,
}

/// The codes of a block of records, a column for each field that varies.
pub(super) struct Blocks<'a> {
    plan: &'a Plan,
    steps: Vec<FillStep<'a>>,
    rules: Vec<CrossRule<'a>>,
    triggers: Vec<Trigger>,
    /// Rules without a trigger, which are looked at for every record.
    always: Vec<usize>,
    /// The column of person ids, and where area and time are found.
    person: Option<(usize, Operand, Operand)>,
    columns: Vec<Vec<u16>>,
    /// For each column, the part of each code in the digest of a row; empty where there are no persons.
    parts: Vec<Vec<u64>>,
    right: Vec<bool>,
    /// For each step that reads cells, which of them are empty and have a code nevertheless; nothing where none is.
    empty: Vec<Vec<bool>>,
    several: Vec<ManyCodes>,
    /// Digests of the rows that are accepted, and the codes of area and time of each.
    digests: Vec<u64>,
    places: Vec<u64>,
}

impl<'a> Blocks<'a> {
    /// Nothing, where a file cannot be read in blocks.
    pub fn new(plan: &'a Plan) -> Option<Self> {
        // Figures are compared with each other, so each needs its place.
        let figures = plan.record.unit == Unit::Figure;
        if figures || !plan.series.is_empty() || !plan.skip.is_empty() || !plan.only.is_empty() {
            return None;
        }
        let column = |field: usize| plan.varying.iter().position(|(_, varying)| *varying == field);
        let operand = |field: usize| match column(field) {
            Some(column) => Operand::Column(column),
            None => Operand::Same(plan.same[field].unwrap_or_default() as u16),
        };
        // A record is empty where each of its columns is; one of them may not be.
        let is_required =
            |(field, take): &(usize, Take)| plan.record.fields[*field].required && matches!(take, Take::Sources(..));
        let takes_blanks = plan.takes.iter().any(is_required) && plan.missing.iter().all(|text| !text.is_empty());
        let blank = |field: usize| {
            let definition = &plan.record.fields[field];
            match definition.default.filter(|_| definition.kind != FieldType::Set) {
                _ if definition.required || !takes_blanks => NONE,
                default => default.unwrap_or(Missing::Unknown.code()),
            }
        };
        let mut steps = Vec::new();
        let mut who = None;
        for (at, (field, take)) in plan.takes.iter().enumerate() {
            let read = CountedColumn { reader: plan.first_reader[at], field: at };
            match take {
                Take::Sources(sources, _) => match sources.as_slice() {
                    // What the profile says of an empty cell is looked up for each of them.
                    [source] if source.when.is_empty() => match &source.kind {
                        SourceKind::Cell(cell) if cell.lookup.get(b"").is_none() => {
                            steps.push(FillStep::Cell { cell, column: column(*field)?, read, blank: blank(*field) });
                        }
                        _ => return None,
                    },
                    _ => return None,
                },
                Take::Derived(derived) => {
                    let (_, rule) = &plan.record.derived[*derived];
                    let (from, against) = (operand(rule.from), operand(rule.against));
                    steps.push(FillStep::Derived { rule, from, against, column: column(*field)? });
                }
                Take::Person(cell) => {
                    who = Some((*cell, operand(plan.area), plan.time.map_or(Operand::Same(0), operand)));
                }
                Take::Pack(PackSource { column: cell, by_area, prohibited, .. }) => {
                    let areas = plan.record.fields[plan.area].codes().len() as u16;
                    let codes = (0..areas).map(|area| by_area.get(&area)).collect();
                    let (area, missing) = (operand(plan.area), plan.missing.as_slice());
                    let pack = Box::new(Own { cell: *cell, area, codes, prohibited, missing });
                    steps.push(FillStep::Pack { pack, column: column(*field)?, read });
                }
                Take::Number(_) => return None,
            }
        }
        let rules: Vec<CrossRule<'a>> =
            plan.checks.iter().filter_map(|check| CrossRule::new(check, plan, column)).collect();
        let (mut triggers, mut always): (Vec<Trigger>, _) = (Vec::new(), Vec::new());
        for (index, rule) in rules.iter().enumerate() {
            let Some((column, values)) = rule.when.first() else {
                always.push(index);
                continue;
            };
            let list = plan.record.fields[values.field].codes().len();
            let at = triggers.iter().position(|trigger| trigger.column == *column).unwrap_or_else(|| {
                triggers.push(Trigger { column: *column, codes: vec![Vec::new(); list] });
                triggers.len() - 1
            });
            let means = triggers[at].codes.iter_mut().zip(0..).filter(|(_, code)| values.mean(*code));
            means.for_each(|(rules, _)| rules.push(index));
        }
        let part = |field: usize| {
            let codes = 0..plan.record.fields[field].codes().len() as u16;
            codes.map(|code| mixed(field, plan.record.stored(field, code))).collect()
        };
        let parts = plan.varying.iter().filter(|_| who.is_some()).map(|(_, field)| part(*field)).collect();
        let columns = vec![Vec::new(); plan.varying.len()];
        let cells = steps.iter().filter(|step| !matches!(step, FillStep::Derived { .. })).count();
        Some(Self {
            plan,
            steps,
            rules,
            triggers,
            always,
            person: who,
            columns,
            parts,
            right: Vec::new(),
            empty: vec![Vec::new(); cells],
            several: Vec::new(),
            digests: Vec::new(),
            places: Vec::new(),
        })
    }

    /// Codes the records of a block and finds out which of them are right.
    pub fn read(&mut self, block: &Block<'_>) {
        self.several.clear();
        self.right.clear();
        self.right.extend((0..block.len()).map(|row| block.fields(row) == self.plan.columns));
        let mut empty = std::mem::take(&mut self.empty);
        empty.iter_mut().for_each(Vec::clear);
        let mut empties = empty.iter_mut();
        for step in &self.steps {
            match step {
                FillStep::Cell { cell, column, blank, .. } => {
                    let codes = &mut self.columns[*column];
                    codes.resize(block.len(), NONE);
                    match block.even(cell.column) {
                        Some(cells) => look_up(codes, &cell.lookup, block.bytes(), cells),
                        None => look_up(codes, &cell.lookup, block.bytes(), block.cells(cell.column)),
                    }
                    if let Some(empty) = empties.next().filter(|_| *blank != NONE && codes.contains(&NONE)) {
                        empty.extend(block.cells(cell.column).map(|(start, end)| start == end));
                        let blanks = codes.iter_mut().zip(&*empty).filter(|(_, empty)| **empty);
                        blanks.for_each(|(code, _)| *code = *blank);
                    }
                    // An answer of yes or no is not a list of values.
                    if cell.set && !cell.no && cell.yes.is_none() {
                        let found = find_several(codes, cell, self.plan, block);
                        self.several.extend(found.map(|(row, bits)| ManyCodes {
                            row,
                            column: *column,
                            bits,
                            right: false,
                        }));
                    }
                    self.right.iter_mut().zip(codes).for_each(|(right, code)| *right &= *code != NONE);
                }
                FillStep::Pack { pack, column, .. } => {
                    if let Some(empty) = empties.next() {
                        empty.extend(block.cells(pack.cell).map(|(start, end)| start == end));
                    }
                    let mut codes = std::mem::take(&mut self.columns[*column]);
                    codes.clear();
                    let code = |(row, cell)| pack.code(self.get(pack.area, row), block.bytes(), cell);
                    codes.extend(block.cells(pack.cell).enumerate().map(code));
                    self.right.iter_mut().zip(&codes).for_each(|(right, code)| *right &= *code != NONE);
                    self.columns[*column] = codes;
                }
                FillStep::Derived { rule, from, against, column } => {
                    let mut codes = std::mem::take(&mut self.columns[*column]);
                    codes.clear();
                    codes.extend((0..block.len()).map(|row| match (self.get(*from, row), self.get(*against, row)) {
                        (NONE, _) | (_, NONE) => NONE,
                        (from, against) => rule.code(from, against),
                    }));
                    self.columns[*column] = codes;
                }
            }
        }
        self.empty = empty;
        let mut right = std::mem::take(&mut self.right);
        if let Some((cell, ..)) = self.person {
            match block.even(cell) {
                Some(ids) => doubt(&mut right, block.bytes(), ids),
                None => doubt(&mut right, block.bytes(), block.cells(cell)),
            }
        }
        self.several.iter_mut().for_each(|several| several.right = right[several.row]);
        let mut look = |row: usize, rules: &[usize], known: usize| {
            let is_broken = |&rule: &usize| self.rules[rule].is_broken(known, |operand| self.get(operand, row));
            if right[row] && rules.iter().any(is_broken) {
                right[row] = false;
            }
        };
        for trigger in &self.triggers {
            for (row, &code) in self.columns[trigger.column].iter().enumerate() {
                if let Some(rules) = trigger.codes.get(usize::from(code)).filter(|rules| !rules.is_empty()) {
                    look(row, rules, 1);
                }
            }
        }
        if !self.always.is_empty() {
            (0..block.len()).for_each(|row| look(row, &self.always, 0));
        }
        // Rules were looked at for one of several values.
        for several in &self.several {
            right[several.row] = several.right && self.keeps_rules(several.row);
        }
        self.right = right;
    }

    /// Counts the ids of one right record in so many.
    pub fn count_ids(&self, block: &Block<'_>, sampling: Sampling, ids: &mut IdSample) {
        let Some((cell, ..)) = self.person else { return };
        for row in (0..block.len()).step_by(sampling.step() as usize).filter(|row| self.right[*row]) {
            let (start, end) = block.cell(row, cell);
            let id = trimmed(&block.bytes()[start..end]);
            if !self.plan.is_no_id(id) {
                // Those of which the line is shown are in no block.
                ids.add(id, sampling, 1);
            }
        }
    }

    /// Returns whether a record with several values in a cell breaks no rule across fields.
    fn keeps_rules(&self, row: usize) -> bool {
        let mut codes = self.plan.start.clone();
        for (column, (_, field)) in self.plan.varying.iter().enumerate() {
            codes[*field] = self.plan.record.stored(*field, self.columns[column][row]);
        }
        for several in self.several.iter().filter(|several| several.row == row) {
            codes[self.plan.varying[several.column].1] = several.bits;
        }
        self.plan.checks.iter().all(|check| check.holds(&codes))
    }

    #[inline]
    fn get(&self, operand: Operand, row: usize) -> u16 {
        match operand {
            Operand::Column(column) => self.columns[column][row],
            Operand::Same(code) => code,
        }
    }

    /// How many records from this one on are right.
    pub fn run(&self, from: usize) -> usize {
        self.right[from..].iter().take_while(|right| **right).count()
    }

    /// Moves past right records and adds them to a batch.
    pub fn accept(&mut self, rows: Range<usize>, records: &mut RawRecords<'_>, out: &mut CodedBatch) {
        let first = out.len();
        out.extend(self.plan, &self.columns, rows.clone());
        for several in self.several.iter().filter(|several| rows.contains(&several.row)) {
            out.set(self.plan.varying[several.column].0, first + several.row - rows.start, several.bits);
        }
        let Some((cell, area, time)) = self.person else { return records.pass(rows.len()) };
        self.digest(rows.clone());
        let mut places = std::mem::take(&mut self.places);
        places.clear();
        places.extend(rows.clone().map(|row| place(self.get(area, row).into(), self.get(time, row).into())));
        let (plan, about) = (self.plan, self.digests.iter().zip(&places));
        let cells = records.pass_each(rows.len(), cell).zip(about);
        let persons = cells.map(|((line, id), (row, place))| (person(plan, id, *place), *row, line));
        out.extend_names(plan, persons);
        self.places = places;
    }

    /// Finds the digests of some rows: the sums of what their codes give.
    fn digest(&mut self, rows: Range<usize>) {
        let digests = &mut self.digests;
        digests.clear();
        digests.resize(rows.len(), self.plan.digest);
        let mut columns = self.columns.iter().map(|codes| &codes[rows.clone()]).zip(&self.parts);
        // Four columns at once, because the sums are read and written for each time.
        while let Some(first) = columns.next() {
            let others = [columns.next(), columns.next(), columns.next()];
            if let [Some(second), Some(third), Some(fourth)] = others {
                let all = given(first).zip(given(second)).zip(given(third)).zip(given(fourth));
                for (digest, (((a, b), c), d)) in digests.iter_mut().zip(all) {
                    *digest = digest.wrapping_add(a).wrapping_add(b).wrapping_add(c).wrapping_add(d);
                }
                continue;
            }
            for column in [Some(first)].into_iter().chain(others).flatten() {
                digests.iter_mut().zip(given(column)).for_each(|(digest, part)| *digest = digest.wrapping_add(part));
            }
        }
        for several in self.several.iter().filter(|several| rows.contains(&several.row)) {
            let (column, field) = (several.column, self.plan.varying[several.column].1);
            let part = self.parts[column][usize::from(self.columns[column][several.row])];
            let digest = &mut digests[several.row - rows.start];
            *digest = digest.wrapping_sub(part).wrapping_add(mixed(field, several.bits));
        }
    }

    /// Counts what right records say. Each is one person, because files with a count are not read in blocks. Every filled cell
    /// of theirs is understood.
    pub fn count(&self, rows: Range<usize>, legibility: &mut Legibility) {
        let all = rows.len() as u64;
        legibility.records += all;
        let mut empties = self.empty.iter();
        for step in &self.steps {
            let (FillStep::Cell { read, column, .. } | FillStep::Pack { read, column, .. }) = step else { continue };
            let empty = empties.next().and_then(|empty| empty.get(rows.clone())).unwrap_or_default();
            let empty = empty.iter().filter(|empty| **empty).count();
            legibility.columns[read.reader].filled += all - empty as u64;
            legibility.fields[read.field].unknown += missing(&self.columns[*column][rows.clone()]);
        }
    }
}

/// What the codes of a column give to the digests of their rows.
fn given<'a>((codes, parts): (&'a [u16], &'a Vec<u64>)) -> impl Iterator<Item = u64> + 'a {
    codes.iter().map(|code| parts[usize::from(*code)])
}

/// Finds the codes of cells. Each of the two ways in which cells are found has a loop of its own, which holds the look-up: as a
/// closure that is called for each cell it takes three times the instructions.
fn look_up(codes: &mut [u16], lookup: &Lookup, bytes: &[u8], cells: impl Iterator<Item = (usize, usize)>) {
    for (code, (start, end)) in codes.iter_mut().zip(cells) {
        *code = lookup.code_within(bytes, start, end);
    }
}

/// Leaves the records to be looked at one by one of which the id may be an error or a rounded number.
fn doubt(right: &mut [bool], bytes: &[u8], ids: impl Iterator<Item = (usize, usize)>) {
    for (right, (start, end)) in right.iter_mut().zip(ids) {
        *right &= !NoIds::may_be_doubtful(trimmed(&bytes[start..end]));
    }
}

/// Finds the cells of a set that hold several values, each a code as it stands, and gives their rows one of these codes.
/// Returns the rows with all codes as they are stored.
fn find_several<'a>(
    codes: &'a mut [u16],
    cell: &'a CellSource,
    plan: &'a Plan,
    block: &'a Block<'_>,
) -> impl Iterator<Item = (usize, u64)> + 'a {
    let rows = codes.iter_mut().zip(block.cells(cell.column)).enumerate();
    rows.filter(|(_, (code, _))| **code == NONE).filter_map(move |(row, (code, (start, end)))| {
        let (first, bits) = several(cell, plan, &block.bytes()[start..end])?;
        *code = first;
        Some((row, bits))
    })
}

/// Returns a known code of a cell with several values, and all of them as they are stored.
fn several(cell: &CellSource, plan: &Plan, text: &[u8]) -> Option<(u16, u64)> {
    let text = trimmed(text);
    if text.is_empty() || cell.lookup.get(text).is_some() || plan.missing.iter().any(|missing| **missing == *text) {
        return None;
    }
    let mut bits = 0u64;
    for part in parts(text, &cell.separators).filter(|part| !part.is_empty()) {
        let Some(Target::Code(code)) = cell.lookup.get(part) else { return None };
        bits |= 1 << code;
    }
    let known = bits >> Codelist::FIRST_KNOWN << Codelist::FIRST_KNOWN;
    (known != 0).then(|| (known.trailing_zeros() as u16, tidy(bits)))
}
