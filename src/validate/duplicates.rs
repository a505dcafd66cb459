//! The same person twice.
//!
//! A record is a duplicate if person, area, year **and** every value are equal to those of another: then it does not
//! matter which of the two is kept, so the result does not depend on the order of the records. What happens to records
//! of one person that differ, a run declares.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use serde::Deserialize;

use super::coded::digest;
use super::row::of_name;
use super::{CodedBatch, Column, Person};
use crate::finding::{Finding, Place, Rule};
use crate::model::{Codelist, Interval, KeyHasher, Missing};
use crate::schema::Record;

/// What happens to records of one person, area and year that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conflicts {
    /// All are kept and counted, and the differences are reported.
    #[default]
    Keep,
    /// They become one record: values of a set are united, of two values of which one contains the other the finer one
    /// holds, a known value holds against a missing one, and where two exclude each other the field becomes `_U`.
    Merge,
}

/// Persons that were seen, as digests in memory only.
#[derive(Debug, Default)]
pub struct Persons {
    conflicts: Conflicts,
    /// The first row of each person.
    seen: HashMap<u128, u128, BuildHasherDefault<KeyHasher>>,
    /// Further rows of the few who have any.
    more: HashMap<u128, Vec<u128>>,
    merged: BTreeMap<u128, Merged>,
}

/// What is known of one person in one area and year.
#[derive(Debug)]
struct Merged {
    codes: Vec<u64>,
    value: Interval,
    person: Person,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Yes,
    Conflicting,
    Repeated,
}

impl Persons {
    /// Nobody has been seen yet.
    pub fn new(conflicts: Conflicts) -> Self {
        Self { conflicts, ..Self::default() }
    }

    /// Remembers the persons of a store: its columns of codes, the least and the most that each row stands for, and the
    /// pseudonyms.
    pub fn remember(
        &mut self,
        record: &Record,
        columns: &[Vec<u64>],
        least: &[u32],
        most: &[u32],
        names: &[Option<u128>],
    ) {
        let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
        let mut codes = vec![0; record.fields.len()];
        let (area, time) = (record.role("area"), record.role("time"));
        for (row, name) in names.iter().enumerate() {
            let Some(name) = *name else { continue };
            fields.iter().zip(columns).for_each(|(&field, column)| codes[field] = column[row]);
            let at = |role: Option<usize>| role.map_or(0, |field| codes[field]);
            let value = Interval { lower: least[row].into(), upper: Some(most[row].into()) };
            let here = of_name(name, at(area) << 16 | at(time));
            self.verdict(Some(Person { here, row: digest(&codes, value), name: Some(name) }));
        }
    }

    /// Removes rows that are not to be counted on their own; returns how many repeat another, and what was found.
    pub fn settle(&mut self, batch: &mut CodedBatch) -> (u64, Vec<Finding>) {
        let (repeated, conflict) = (Rule::named("record/duplicate"), Rule::named("record/person-conflict"));
        let merging = self.conflicts == Conflicts::Merge;
        if batch.persons.is_empty() {
            return (0, Vec::new());
        }
        let verdicts: Vec<_> = batch.persons.iter().map(|person| self.verdict(*person)).collect();
        let finding = |(kept, place): (&Kept, &Place)| match kept {
            Kept::Yes => None,
            Kept::Conflicting => Some(Finding::new(conflict, *place, None, None)),
            Kept::Repeated => Some(Finding::new(repeated, *place, None, None)),
        };
        let findings: Vec<_> = verdicts.iter().zip(&batch.places).filter_map(finding).collect();
        // Of records that become one, the first stands for all; the others are repetitions of it.
        let again = |kept: &Kept| *kept == Kept::Repeated || (merging && *kept == Kept::Conflicting);
        let count = verdicts.iter().filter(|kept| again(kept)).count() as u64;
        if merging {
            for (row, kept) in verdicts.iter().enumerate() {
                if let (Some(person), true) = (batch.persons[row], *kept != Kept::Repeated) {
                    self.merge(batch, row, person);
                }
            }
        }
        if count > 0 || (merging && batch.persons.iter().any(Option::is_some)) {
            let waits = |row: usize| merging && batch.persons[row].is_some();
            let keep: Vec<_> = (0..batch.len()).map(|row| !again(&verdicts[row]) && !waits(row)).collect();
            batch.retain(&keep);
        }
        (count, findings)
    }

    fn verdict(&mut self, person: Option<Person>) -> Kept {
        let Some(Person { here, row, .. }) = person else { return Kept::Yes };
        let first = match self.seen.entry(here) {
            Entry::Vacant(entry) => {
                entry.insert(row);
                return Kept::Yes;
            }
            Entry::Occupied(entry) => *entry.get(),
        };
        let more = self.more.entry(here).or_default();
        if first == row || more.contains(&row) {
            return Kept::Repeated;
        }
        more.push(row);
        Kept::Conflicting
    }

    fn merge(&mut self, batch: &CodedBatch, row: usize, person: Person) {
        let codes: Vec<u64> = batch.columns.iter().map(|column| column.get(row)).collect();
        let value = batch.values.get(row);
        let Some(known) = self.merged.get_mut(&person.here) else {
            self.merged.insert(person.here, Merged { codes, value, person, place: batch.places[row] });
            return;
        };
        let fields = batch.record.coded().map(|(_, field)| field);
        for (((mine, other), field), column) in known.codes.iter_mut().zip(codes).zip(fields).zip(&batch.columns) {
            *mine = match column {
                Column::Sets(_) => unite(*mine, other),
                Column::Codes(_) => agree(field.codes(), *mine, other),
            };
        }
        known.value.lower = known.value.lower.max(value.lower);
        known.value.upper = known.value.upper.max(value.upper);
    }

    /// How many persons wait to be stored as one record each.
    pub fn waiting(&self) -> u64 {
        self.merged.len() as u64
    }

    /// The records of persons that waited for the last of their kind, in the order of their digests.
    ///
    /// A field that is computed from two others is computed again from what they have become.
    pub fn take(&mut self, record: &Arc<Record>) -> CodedBatch {
        let mut out = CodedBatch::new(record);
        for mut merged in std::mem::take(&mut self.merged).into_values() {
            let coded: Vec<usize> = record.coded().map(|(index, _)| index).collect();
            let unknown = u64::from(Missing::Unknown.code());
            merged.codes.iter_mut().filter(|code| **code == CONFLICT).for_each(|code| *code = unknown);
            let mut codes = vec![0; record.fields.len()];
            coded.iter().zip(&merged.codes).for_each(|(&index, &code)| codes[index] = code);
            for (index, derived) in &record.derived {
                codes[*index] = u64::from(derived.code(codes[derived.from] as u16, codes[derived.against] as u16));
            }
            coded.iter().zip(&mut merged.codes).for_each(|(&index, code)| *code = codes[index]);
            out.push_person(&merged.codes, merged.value, merged.person, merged.place);
        }
        out
    }
}

/// Several values of one person are all of them; what is known stands before what is missing.
fn unite(a: u64, b: u64) -> u64 {
    let known = |bits: u64| bits >> Codelist::FIRST_KNOWN << Codelist::FIRST_KNOWN;
    match known(a) | known(b) {
        0 => 1 << a.trailing_zeros().min(b.trailing_zeros()),
        union => union,
    }
}

/// Two records exclude each other here: that stays, whatever a third one says.
const CONFLICT: u64 = u64::MAX;

/// The value on which two records agree. The result does not depend on the order of the records.
fn agree(list: &Codelist, a: u64, b: u64) -> u64 {
    if a == CONFLICT || b == CONFLICT {
        return CONFLICT;
    }
    let above = |of: u64, code: u64| list.ancestors(of as u16).any(|above| u64::from(above) == code);
    match (Codelist::is_known(a as u16), Codelist::is_known(b as u16)) {
        (true, false) => a,
        (false, true) => b,
        (false, false) => a.min(b),
        (true, true) if a == b || above(a, b) => a,
        (true, true) if above(b, a) => b,
        (true, true) => CONFLICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Code;

    #[test]
    fn what_records_agree_on_does_not_depend_on_their_order() {
        let mut list = Codelist::new("CL_AGE", 1);
        let child = list.push(Code { id: "Y0T17".into(), ..Code::default() }).unwrap();
        let band = list.push(Code { id: "Y9T17".into(), parent: Some(child), ..Code::default() }).unwrap();
        let adult = list.push(Code { id: "Y_GE18".into(), ..Code::default() }).unwrap();
        let [child, band, adult, unknown] = [child, band, adult, 0].map(u64::from);
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for (records, expected) in
            [([child, band, unknown], band), ([child, adult, child], CONFLICT), ([unknown, unknown, adult], adult)]
        {
            for order in orders {
                let [a, b, c] = order.map(|index| records[index]);
                assert_eq!(agree(&list, agree(&list, a, b), c), expected, "{records:?} {order:?}");
            }
        }
        // Sets: 3 and 4 are known codes, bit 0 is unknown.
        assert_eq!(unite(0b01000, 0b10000), 0b11000);
        assert_eq!(unite(0b00001, 0b10000), 0b10000);
        assert_eq!(unite(0b00001, 0b00010), 0b00001);
    }
}
