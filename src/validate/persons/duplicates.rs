//! The same person twice.
//!
//! A record is a duplicate if person, area, year **and** every value are equal to those of another: then it does not
//! matter which of the two is kept, so the result does not depend on the order of the records. What happens to records
//! of one person that differ, a run declares.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::key::of_name;
use super::later::Laters;
use super::ledger::{PersonLedger, SeenAt};
use crate::confidential::confidential;
use crate::error::Result;
use crate::finding::{Finding, Place, Rule};
use crate::model::{Codelist, Interval, KeyHasher, Missing};
use crate::schema::Record;
use crate::validate::rows::{CodedBatch, Column, Person};
use crate::validate::values::{digest_of_value, mixed};

/// What happens to records of one person, area and year that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Conflicts {
    /// All are kept and counted, and the differences are reported.
    #[default]
    Keep,
    /// They become one record: values of a set are united, of two values of which one contains the other the finer one
    /// holds, a known value holds against a missing one, and where two exclude each other the field becomes `_U`.
    Merge,
}

/// Persons that were seen, as digests only.
#[derive(Debug)]
pub struct SeenPersons {
    conflicts: Conflicts,
    /// Where all records are kept: what was noted of each.
    ledger: PersonLedger,
    /// Records of a store that were noted.
    remembered: u64,
    /// Where they are merged: the rows of each person that were seen.
    seen: HashMap<u128, Vec<u64>, BuildHasherDefault<KeyHasher>>,
    merged: BTreeMap<u128, Merged>,
}

/// What is known of one person in one area and year.
#[derive(Debug)]
struct Merged {
    codes: Vec<u64>,
    value: Interval,
    name: Option<u128>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeptPerson {
    Yes,
    Conflicting,
    Repeated,
}

/// Persons in rows of a store.
#[derive(Clone, Copy)]
pub struct StoredPersons<'a> {
    /// The columns of codes.
    pub columns: &'a [Vec<u64>],
    /// The lower bound of the victims of each row.
    pub lower: &'a [u32],
    /// The upper bound.
    pub upper: &'a [u32],
    /// The pseudonyms.
    pub names: &'a [Option<u128>],
}

confidential!(StoredPersons<'_>);

impl SeenPersons {
    /// No person has been seen yet.
    pub fn new(conflicts: Conflicts) -> Self {
        Self {
            conflicts,
            ledger: PersonLedger::default(),
            remembered: 0,
            seen: HashMap::default(),
            merged: BTreeMap::new(),
        }
    }

    /// Remembers the persons of a store.
    pub fn remember(&mut self, record: &Record, rows: &StoredPersons<'_>) -> Result<()> {
        self.note(None, record, rows)
    }

    /// Takes note of persons in rows of a store, so that [`SeenPersons::later`] finds which of them repeat others: the number of
    /// the file and of its first row, and otherwise as [`SeenPersons::remember`].
    pub fn note(&mut self, place: Option<(u32, u64)>, record: &Record, rows: &StoredPersons<'_>) -> Result<()> {
        let StoredPersons { columns, lower, upper, names } = *rows;
        let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
        let column = |role: &str| fields.iter().position(|field| Some(*field) == record.role(role));
        let (area, time) = (column("area"), column("time"));
        self.ledger.input(place.map(|(source, _)| source));
        let first = match place {
            Some((_, first)) => first,
            None => self.remembered,
        };
        self.remembered += if place.is_none() { names.len() as u64 } else { 0 };
        for (row, name) in names.iter().enumerate() {
            let Some(name) = *name else { continue };
            let at = |column: Option<usize>| column.map_or(0, |column| columns[column][row]);
            let value = Interval { lower: lower[row].into(), upper: Some(upper[row].into()) };
            let codes = fields.iter().zip(columns).map(|(&field, column)| mixed(field, column[row]));
            let digest = codes.fold(digest_of_value(value), u64::wrapping_add);
            let person = of_name(name, at(area) << 16 | at(time)) as u64;
            let at = first + row as u64;
            self.ledger.add(&[[person, digest]], SeenAt { row: at, line: at })?;
        }
        Ok(())
    }

    /// Takes note of the persons of a batch; its first row is this one of its input.
    ///
    /// Where records are merged, rows that are not to be counted on their own are removed, and their number and what was
    /// found is returned. Where all are kept, [`SeenPersons::later`] returns it at the end.
    pub fn settle(&mut self, batch: &mut CodedBatch, source: u32, first: u64) -> Result<(u64, Vec<Finding>)> {
        if batch.persons.is_empty() && batch.digests.is_empty() {
            return Ok((0, Vec::new()));
        }
        if self.conflicts == Conflicts::Keep {
            self.ledger.input(Some(source));
            // Batches wait to be stored, and no one asks again who is in them.
            let digests = std::mem::take(&mut batch.digests);
            for (begin, line, rows) in digests.runs() {
                let mut at = SeenAt { row: first + begin as u64, line };
                // Rows of nobody are left out.
                for named in rows.split(|[person, _]| *person == 0) {
                    self.ledger.add(named, at)?;
                    let passed = named.len() as u64 + 1;
                    at = SeenAt { row: at.row + passed, line: at.line + passed };
                }
            }
            return Ok((0, Vec::new()));
        }
        let verdicts: Vec<_> = batch.persons.iter().map(|person| self.verdict(*person)).collect();
        let finding = |(kept, person): (&KeptPerson, &Option<Person>)| {
            let rule = match kept {
                KeptPerson::Yes => return None,
                KeptPerson::Conflicting => "record/person-conflict",
                KeptPerson::Repeated => "record/duplicate",
            };
            let place = Place { source, record: 0, line: person.map_or(0, |person| person.line), byte: 0 };
            Some(Finding::new(Rule::named(rule), place, None, None))
        };
        let findings: Vec<_> = verdicts.iter().zip(&batch.persons).filter_map(finding).collect();
        for (row, kept) in verdicts.iter().enumerate() {
            if let (Some(person), true) = (batch.persons[row], *kept != KeptPerson::Repeated) {
                self.merge(batch, row, person);
            }
        }
        // Persons wait for the last of their records.
        let keep: Vec<_> = batch.persons.iter().map(Option::is_none).collect();
        batch.retain(&keep);
        Ok((findings.len() as u64, findings))
    }

    /// The records that are not the first of their person, area and year, where all are kept.
    pub fn later(&mut self) -> Result<Laters> {
        std::mem::take(&mut self.ledger).later()
    }

    fn verdict(&mut self, person: Option<Person>) -> KeptPerson {
        let Some(Person { here: fingerprint, row, .. }) = person else { return KeptPerson::Yes };
        let rows = self.seen.entry(fingerprint.get()).or_default();
        match rows.as_slice() {
            [] => {
                rows.push(row);
                KeptPerson::Yes
            }
            rows if rows.contains(&row) => KeptPerson::Repeated,
            _ => {
                rows.push(row);
                KeptPerson::Conflicting
            }
        }
    }

    fn merge(&mut self, batch: &CodedBatch, row: usize, person: Person) {
        let codes: Vec<u64> = batch.columns.iter().map(|column| column.get(row)).collect();
        let value = batch.values.get(row);
        let Some(known) = self.merged.get_mut(&person.here.get()) else {
            let name = batch.names.get(row).copied().flatten();
            self.merged.insert(person.here.get(), Merged { codes, value, name });
            return;
        };
        let fields = batch.record.coded().map(|(_, field)| field);
        for (((mine, other), field), column) in known.codes.iter_mut().zip(codes).zip(fields).zip(&batch.columns) {
            *mine = match column {
                Column::Sets(_) => unite(*mine, other),
                Column::Codes(_) => agree(field.codes(), *mine, other),
            };
        }
        // It is not known which of two counts is right, so the record stands for any number between them.
        known.value.lower = known.value.lower.min(value.lower);
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
            out.push_person(&merged.codes, merged.value, merged.name);
        }
        out
    }
}

/// Several values of one person are all of them; what is known stands before what is missing.
///
/// A record of which nothing is known adds nothing. `_U` next to a known code is a value of its own and stays.
fn unite(a: u64, b: u64) -> u64 {
    let known = |bits: u64| bits >> Codelist::FIRST_KNOWN != 0;
    match (known(a), known(b)) {
        (true, true) => a | b,
        (true, false) => a,
        (false, true) => b,
        (false, false) => 1 << a.trailing_zeros().min(b.trailing_zeros()),
    }
}

/// Two records exclude each other here: that stays, whatever a third one says.
const CONFLICT: u64 = u64::MAX;

/// The value on which two records agree. The result does not depend on the order of the records.
fn agree(list: &Codelist, a: u64, b: u64) -> u64 {
    if a == CONFLICT || b == CONFLICT {
        return CONFLICT;
    }
    let above = |lower: u64, code: u64| list.ancestors(lower as u16).any(|above| u64::from(above) == code);
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
        // `_U` next to a known code is what one record did not say in words that are known.
        assert_eq!(unite(0b01001, 0b10000), 0b11001);
        assert_eq!(unite(0b00001, unite(0b10000, 0b01001)), unite(unite(0b00001, 0b10000), 0b01001));
    }
}
