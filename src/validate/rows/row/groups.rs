//! Columns that answer together: flags, scales of answers, and a country's own lists.

use super::sources::parts;
use super::state::Row;
use crate::finding::ShownCell;
use crate::ingest::RawRecords;
use crate::model::Missing;
use crate::schema::Unit;
use crate::validate::plan::{OwnCodes, PackSource, ScaleSource};
use crate::validate::values::{Answer, Target};

impl Row<'_> {
    /// The code of the greatest answer; not known where an answer that is missing could change it.
    pub(super) fn scale(&mut self, reader: usize, source: &ScaleSource, records: &RawRecords<'_>) -> u16 {
        let ScaleSource { columns, answers } = source;
        let mut greatest = None;
        let mut complete = true;
        for (at, &column) in columns.iter().enumerate() {
            let cell = records.cell(column);
            let answer = answers.iter().position(|(answer, _)| **answer == *cell);
            let is_lost = answer.is_none() && !self.is_missing(cell);
            self.count_cell(reader + at, cell);
            if is_lost {
                self.not_understood(self.rules.recoded, column, Some(ShownCell::length_of(cell)));
                self.count_lost(reader + at);
            }
            complete &= answer.is_some();
            greatest = greatest.max(answer);
        }
        let code = |answer: usize| answers[answer].1;
        match greatest {
            Some(greatest) if complete || answers[greatest..].iter().all(|(_, other)| *other == code(greatest)) => {
                code(greatest)
            }
            _ => Missing::Unknown.code(),
        }
    }

    /// Returns the codes of all flags that say yes, as bits; 0 where none does.
    pub(super) fn flags(&mut self, reader: usize, flags: &[(usize, u64)], records: &RawRecords<'_>) -> u64 {
        let mut bits = 0;
        for (&(column, yes), cells) in flags.iter().zip(reader..) {
            let cell = records.cell(column);
            self.legibility.columns[cells].filled += u64::from(!cell.is_empty());
            match cell {
                b"1" => bits |= yes,
                b"0" | b"" => {}
                _ if self.plan.missing.iter().any(|text| &**text == cell) => {}
                _ => {
                    let before = std::mem::take(&mut self.lost);
                    bits |= self.flag(column, cell, yes);
                    self.count_lost(cells);
                    self.lost |= before;
                }
            }
        }
        bits
    }

    /// The codes of a flag that is written in words.
    fn flag(&mut self, column: usize, cell: &[u8], yes: u64) -> u64 {
        match self.plan.answer(cell) {
            Some((answer, damaged)) => {
                if damaged {
                    self.found(self.rules.damaged, Some(column), None);
                }
                if answer == Answer::Yes { yes } else { 0 }
            }
            None => {
                let rule = if std::str::from_utf8(cell).is_err() { self.rules.not_utf8 } else { self.rules.not_a_flag };
                self.not_understood(rule, column, Some(ShownCell::length_of(cell)));
                self.unresolved(column, cell);
                // It says no more than an empty flag does.
                0
            }
        }
    }

    /// Returns the code of a field that the country may not collect.
    pub(super) fn prohibited(&mut self, column: usize, records: &RawRecords<'_>) -> u16 {
        if !records.cell(column).is_empty() {
            self.found(self.rules.prohibited, Some(column), None);
        }
        Missing::NotCollected.code()
    }

    /// Returns the code of a country's own list.
    pub(super) fn pack(&mut self, source: &PackSource, codes: Option<&OwnCodes>, records: &RawRecords<'_>) -> u16 {
        let column = source.column;
        let cell = records.cell(column);
        if self.is_missing(cell) {
            if cell.is_empty()
                && self.plan.record.unit == Unit::Figure
                && self.plan.missing.iter().all(|text| !text.is_empty())
            {
                self.found(self.rules.blank, Some(column), None);
            }
            // A country without a list of its own does not collect the dimension.
            return if codes.is_some() { Missing::Unknown.code() } else { Missing::NotCollected.code() };
        }
        if let Some(missing) = Missing::ALL.into_iter().find(|missing| missing.id().as_bytes() == cell) {
            return missing.code();
        }
        let code = |text: &[u8]| {
            if let Some(Target::Code(code)) = codes?.lookup.get(text) {
                return Some(code);
            }
            let meaning = codes?.words.resolve(std::str::from_utf8(text).ok()?)?;
            if let Target::Code(code) = meaning.target { Some(code) } else { None }
        };
        let several = codes.and_then(|codes| codes.several);
        let mut answers: Vec<Option<u16>> = match (code(cell), several) {
            (None, Some(_)) => parts(cell, &source.separators).filter(|part| !part.is_empty()).map(code).collect(),
            (found, _) => vec![found],
        };
        answers.sort_unstable();
        answers.dedup();
        match (answers.as_slice(), several) {
            ([Some(code)], _) => *code,
            ([Some(_), _, ..], Some(several)) => several,
            _ => {
                self.not_understood(self.rules.not_in_pack, column, Some(ShownCell::length_of(cell)));
                self.unresolved(column, cell);
                Missing::Unknown.code()
            }
        }
    }
}
