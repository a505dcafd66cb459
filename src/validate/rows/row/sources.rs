//! The value of one field: its sources, in the order of the profile, and what each of them says.

use super::state::Row;
use crate::finding::ShownCell;
use crate::ingest::{RawRecords, trimmed};
use crate::model::{Codelist, Missing};
use crate::schema::{FieldType, Unit};
use crate::validate::plan::{BirthSource, CellSource, FieldSource, SourceKind, placed};
use crate::validate::values::{Answer, Date, Lookup, Target, are_met};

/// Where a field gets its value from.
pub(super) struct FieldSources<'a> {
    /// The field.
    pub field: usize,
    /// The place of its first column among those that give codes.
    pub reader: usize,
    /// Its sources, in the order of the profile.
    pub sources: &'a [FieldSource],
    /// The value where none of them applies.
    pub otherwise: u64,
}

/// What one source says of a field.
struct SourceValue {
    /// The value, as it is stored.
    value: u64,
    /// Whether the source holds a text that was not understood, and no known value.
    refused: bool,
    /// The column of an empty cell that no word for missing covers.
    empty: Option<usize>,
}

/// Why a field has no known value.
#[derive(Clone, Copy, Debug)]
enum Lack {
    /// The cell of this column is empty.
    EmptyCell(usize),
    /// No source applies.
    NoSource,
}

impl Row<'_> {
    /// The first source that applies and says something; later ones are looked at for contradictions only. The maps of a
    /// set unite.
    pub(super) fn sources(&mut self, group: &FieldSources<'_>, records: &RawRecords<'_>) -> u64 {
        let index = group.field;
        let field = &self.plan.record.fields[index];
        if field.kind == FieldType::Set {
            return self.united(group, records);
        }
        let mut value: Option<u16> = None;
        let mut empty = None;
        for (reader, source) in placed(group.sources, group.reader).filter(|(_, source)| applies(source, records)) {
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
            let answer = self.value_of(index, (reader, &source.kind), records);
            let next = answer.value as u16;
            if answer.refused {
                // What was refused here is not looked for elsewhere.
                return answer.value;
            }
            empty = empty.or(answer.empty);
            value = Some(value.map_or(next, |first| if Codelist::is_known(next) { next } else { first }));
        }
        let lack = empty.map(Lack::EmptyCell).or(value.is_none().then_some(Lack::NoSource));
        let value = value.map_or(group.otherwise, u64::from);
        if !Codelist::is_known(value as u16) {
            if let (Some(default), true) = (field.default, empty.is_some()) {
                return default.into();
            }
            self.lacks(index, lack);
        }
        value
    }

    /// The codes of all sources that apply. A constant without a condition stands in where they give none.
    fn united(&mut self, group: &FieldSources<'_>, records: &RawRecords<'_>) -> u64 {
        let index = group.field;
        let known = |value: u64| value >> Codelist::FIRST_KNOWN != 0;
        let is_fallback =
            |source: &&FieldSource| source.when.is_empty() && matches!(source.kind, SourceKind::Constant(_));
        let (mut value, mut missing, mut empty, mut refused) = (0, None, None, false);
        let applying =
            placed(group.sources, group.reader).filter(|(_, source)| !is_fallback(source) && applies(source, records));
        for (reader, source) in applying {
            let answer = self.value_of(index, (reader, &source.kind), records);
            empty = empty.or(answer.empty);
            refused |= answer.refused;
            // A value of which a part was not understood keeps that part.
            if known(answer.value) || answer.refused {
                value |= answer.value;
            } else {
                missing = missing.or(Some(answer.value));
            }
        }
        let mut value = if value == 0 { missing } else { Some(tidy(value)) };
        for source in group.sources.iter().filter(is_fallback) {
            // What was refused here is not made up from what the user says of all records.
            if !value.is_some_and(known) && !refused {
                value = Some(self.value_of(index, (group.reader, &source.kind), records).value);
            }
        }
        let lack = empty.map(Lack::EmptyCell).or(value.is_none().then_some(Lack::NoSource));
        let value = value.unwrap_or(group.otherwise);
        if !known(value) {
            self.lacks(index, lack);
        }
        value
    }

    /// Returns what one source reports of a field. A source comes with the place of its first column among those that give
    /// codes.
    fn value_of(
        &mut self,
        index: usize,
        (reader, kind): (usize, &SourceKind),
        records: &RawRecords<'_>,
    ) -> SourceValue {
        let plan = self.plan;
        let stored = |code: u16| plan.record.stored(index, code);
        let unknown = stored(Missing::Unknown.code());
        let value = match kind {
            SourceKind::Constant(constant) => *constant,
            SourceKind::Flags(flags) => tidy(self.flags(reader, flags, records)),
            SourceKind::Scale(scale) => stored(self.scale(reader, scale, records)),
            SourceKind::Born(source) => {
                let before = std::mem::take(&mut self.lost);
                let code = self.age(index, source, records);
                self.count_cell(reader, records.cell(source.birth));
                self.count_lost(reader);
                self.lost |= before;
                stored(code)
            }
            SourceKind::Cell(cell) => {
                let raw = records.cell(cell.column);
                self.count_cell(reader, raw);
                // Nearly every cell is a code, and no code is a word for missing.
                match cell.lookup.get(raw) {
                    Some(Target::Code(code)) => stored(code),
                    Some(Target::No) => unknown,
                    _ if self.is_missing(raw) => {
                        let empty = !plan.missing.iter().any(|text| **text == *raw);
                        return SourceValue { value: unknown, refused: false, empty: empty.then_some(cell.column) };
                    }
                    _ => {
                        let before = std::mem::take(&mut self.lost);
                        let answer = self.cell(index, cell, raw);
                        self.count_lost(reader);
                        self.lost |= before;
                        return answer;
                    }
                }
            }
        };
        SourceValue { value, refused: false, empty: None }
    }

    /// What a filled cell says that is not a code as it stands.
    fn cell(&mut self, index: usize, cell: &CellSource, raw: &[u8]) -> SourceValue {
        let stored = |row: &Self, code: u16| row.plan.record.stored(index, code);
        if (cell.no || cell.yes.is_some())
            && meaning(cell, raw).is_none()
            && let Some((answer, damaged)) = self.plan.answer(raw)
            && let Some(yes) = cell.yes.or((answer == Answer::No).then_some(Missing::Unknown.code()))
        {
            if damaged {
                self.found(self.rules.damaged, Some(cell.column), None);
            }
            let code = if answer == Answer::Yes { yes } else { Missing::Unknown.code() };
            return SourceValue { value: stored(self, code), refused: false, empty: None };
        }
        let before = self.found.len();
        let value = if cell.set {
            self.set(index, cell, raw)
        } else if let Some(code) = self.several(index, cell, raw) {
            u64::from(code)
        } else {
            u64::from(self.code(index, cell, raw))
        };
        let known = if cell.set { value >> Codelist::FIRST_KNOWN != 0 } else { Codelist::is_known(value as u16) };
        SourceValue { value, refused: !known && self.found.len() > before, empty: None }
    }

    /// Notes that a field has no value where it needs one: where no map applies, or the cell is empty. Of a figure, an empty
    /// cell may mean the total, and only the profile can say so.
    fn lacks(&mut self, index: usize, lack: Option<Lack>) {
        let required = self.plan.record.fields[index].required;
        match lack {
            Some(Lack::EmptyCell(column)) if required => self.found(self.rules.missing, Some(column), None),
            Some(Lack::NoSource) if required => self.found(self.rules.missing, None, None),
            Some(Lack::EmptyCell(column)) if self.plan.record.unit == Unit::Figure => {
                self.found(self.rules.blank, Some(column), None);
            }
            _ => {}
        }
    }

    /// Of several values where one is counted: that of the reporting area, or else the first one that is known.
    ///
    /// It applies where the cell as a whole means nothing and each of its parts means something.
    fn several(&mut self, index: usize, cell: &CellSource, raw: &[u8]) -> Option<u16> {
        // The names of two countries are no longer than this.
        if raw.len() > 200 || !cell.separators.iter().any(|by| memchr::memmem::find(raw, by).is_some()) {
            return None;
        }
        if meaning(cell, raw).is_some() {
            return None;
        }
        let area = self.here(index);
        let code = |text: &[u8]| match meaning(cell, text)? {
            Target::Code(code) => Some(code),
            Target::Area => Some(area),
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
        known.iter().copied().find(|code| *code == area).or(known.first().copied()).or(codes.first().copied())
    }

    /// Age in full years at an event. Of several possible ages the code is taken that holds them all.
    fn age(&mut self, index: usize, source: &BirthSource, records: &RawRecords<'_>) -> u16 {
        let BirthSource { birth, event, ages } = source;
        let (birth, event) = (*birth, *event);
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
                self.not_understood(self.rules.not_a_date, column, Some(ShownCell::length_of(cell)));
                return Missing::Unknown.code();
            }
        };
        for (column, date) in [(birth, born), (event, at)] {
            if date.either_order {
                self.found(self.rules.date_order, Some(column), None);
            }
        }
        if born.is_placeholder() {
            self.not_understood(self.rules.placeholder_date, birth, None);
            return Missing::Unknown.code();
        }
        // Who was born in the year of the event is not younger than nothing; who was born after it has no age.
        let possible = born.ages_at(&at);
        if self.plan.record.fields[index].oldest.is_some_and(|oldest| i64::from(possible.0) > i64::from(oldest)) {
            self.not_understood(self.rules.too_old, birth, None);
            return Missing::Unknown.code();
        }
        let found = match possible {
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
                self.not_understood(self.rules.recoded, birth, Some(ShownCell::length_of(cell)));
                Missing::Unknown.code()
            }
        }
    }

    /// Several values in one cell. `_U` stands next to those that are known where a part was not understood.
    fn set(&mut self, index: usize, cell: &CellSource, raw: &[u8]) -> u64 {
        let mut bits = 0u64;
        let is_no = |part: &[u8]| meaning(cell, part) == Some(Target::No);
        for part in parts(raw, &cell.separators).filter(|part| !part.is_empty() && !is_no(part)) {
            bits |= 1 << self.code(index, cell, part);
        }
        tidy(bits)
    }
}

/// Returns whether the conditions of a source are met.
fn applies(source: &FieldSource, records: &RawRecords<'_>) -> bool {
    are_met(&source.when, records)
}

/// What an undamaged text means, without any finding.
fn meaning(cell: &CellSource, raw: &[u8]) -> Option<Target> {
    let words = || {
        let meaning = cell.words.as_ref()?.resolve(std::str::from_utf8(raw).ok()?)?;
        (!meaning.damaged).then_some(meaning.target)
    };
    cell.lookup.get(raw).or_else(words)
}

/// The code of a value, if it is one.
fn peek(cell: &CellSource, raw: &[u8]) -> Option<u16> {
    match meaning(cell, raw)? {
        Target::Code(code) => Some(code),
        Target::Area | Target::No | Target::Refused(_) => None,
    }
}

/// The values in a cell, without the blanks around them.
pub(in crate::validate) fn parts<'a>(raw: &'a [u8], separators: &'a [Box<[u8]>]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(raw);
    std::iter::from_fn(move || {
        let text = rest?;
        let next = separators.iter().filter_map(|by| Some((memchr::memmem::find(text, by)?, by.len()))).min();
        rest = next.map(|(at, length)| &text[at + length..]);
        Some(trimmed(&text[..next.map_or(text.len(), |(at, _)| at)]))
    })
}

/// The codes of a set as it is stored. A missing code next to known ones becomes `_U`: the source holds more than was
/// understood. Of missing codes alone the first stays, and nothing at all is unknown.
pub(in crate::validate) fn tidy(bits: u64) -> u64 {
    let missing = (1 << Codelist::FIRST_KNOWN) - 1;
    let unknown = 1 << Missing::Unknown.code();
    match (bits & !missing, bits & missing) {
        (0, 0) => unknown,
        (0, missing) => missing & missing.wrapping_neg(),
        (known, 0) => known,
        (known, _) => known | unknown,
    }
}

/// The value where one column alone is asked and its cell is a code as it stands, which is so of nearly every cell.
#[inline]
pub(super) fn direct(sources: &[FieldSource], records: &RawRecords<'_>) -> Option<u64> {
    let [FieldSource { when, kind: SourceKind::Cell(cell) }] = sources else { return None };
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
