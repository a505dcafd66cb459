//! The same person twice.
//!
//! A record is a duplicate if person, area, year **and** every value are equal to those of another: then it does not
//! matter which of the two is kept, so the result does not depend on the order of the records. Two records of one
//! person that differ are both kept and reported.

use std::collections::HashMap;

use super::CodedBatch;
use crate::finding::{Finding, Place, Rule};

/// Persons that were seen, as digests in memory only.
#[derive(Debug, Default)]
pub struct Duplicates {
    seen: HashMap<u128, Vec<u128>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Yes,
    Conflicting,
    Repeated,
}

impl Duplicates {
    /// Removes repeated rows from a batch; returns how many, and what was found.
    pub fn settle(&mut self, batch: &mut CodedBatch) -> (u64, Vec<Finding>) {
        let (repeated, conflict) = (Rule::named("record/duplicate"), Rule::named("record/person-conflict"));
        let verdicts: Vec<_> = batch
            .persons
            .iter()
            .map(|digests| {
                let Some((person, row)) = *digests else { return Kept::Yes };
                let rows = self.seen.entry(person).or_default();
                if rows.contains(&row) {
                    return Kept::Repeated;
                }
                rows.push(row);
                if rows.len() > 1 { Kept::Conflicting } else { Kept::Yes }
            })
            .collect();
        let finding = |(kept, place): (&Kept, &Place)| {
            let rule = match kept {
                Kept::Yes => return None,
                Kept::Conflicting => conflict,
                Kept::Repeated => repeated,
            };
            Some(Finding { rule, place: *place, column: None, found: None })
        };
        let findings: Vec<_> = verdicts.iter().zip(&batch.places).filter_map(finding).collect();
        let count = verdicts.iter().filter(|kept| **kept == Kept::Repeated).count() as u64;
        if count > 0 {
            let keep: Vec<_> = verdicts.iter().map(|kept| *kept != Kept::Repeated).collect();
            batch.retain(&keep);
        }
        (count, findings)
    }
}
