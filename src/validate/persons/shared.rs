//! Person ids that stand in so many records that they name no one: `-99`, `999` or a word of the source for no id.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::KeyHasher;

/// An id of so few records is not judged.
const FEW: u64 = 20;

/// One id in so many records of a file is a large share.
const SHARE: u64 = 20;

/// An id that is meant for a person has not so many times the records of the others.
const TIMES: u64 = 10;

/// So many different ids are held at once; what is frequent is among them.
const HELD: usize = 1 << 16;

/// How many records have each id: of all records where there are few, and else of a sample.
#[derive(Clone, Debug, Default)]
pub struct IdCounts {
    counts: HashMap<u64, u64, BuildHasherDefault<KeyHasher>>,
    records: u64,
    /// Whether rare ids were dropped.
    is_pruned: bool,
}

impl IdCounts {
    /// Adds an id of a record that stands for so many records.
    pub(crate) fn add(&mut self, id: &[u8], records: u64) {
        *self.counts.entry(xxh3_64(id)).or_default() += records;
        self.records += records;
    }

    /// Adds the counts of the following records.
    pub fn append(&mut self, later: Self) {
        self.records += later.records;
        later.counts.into_iter().for_each(|(id, records)| *self.counts.entry(id).or_default() += records);
        if self.counts.len() > HELD {
            let least = self.records / 1000;
            self.counts.retain(|_, records| *records > least);
            self.is_pruned = true;
        }
    }

    /// Returns about how many records share an id that is hardly that of one person: more than 20, one in 20 of all, and ten
    /// times as many as most ids have.
    pub fn shared(&self) -> Option<u64> {
        let mut counts: Vec<u64> = self.counts.values().copied().collect();
        counts.sort_unstable();
        let most = *counts.last()?;
        let is_alone = self.is_pruned || counts.len() <= 3;
        let is_large = most > FEW && most * SHARE > self.records;
        (is_large && (is_alone || most >= TIMES * counts[counts.len() / 2])).then_some(most)
    }
}

/// Ids of more digits than a spreadsheet keeps, with zeros in the place of the others. Where they repeat, they were different ids.
#[derive(Clone, Debug, Default)]
pub struct LongIds {
    /// Digests of the persons.
    seen: HashMap<u64, (), BuildHasherDefault<KeyHasher>>,
    records: u64,
    repeated: u64,
    /// The line of the first one that repeats.
    line: Option<u64>,
}

impl LongIds {
    /// Adds a record of a person.
    pub fn add(&mut self, person: u64, line: u64) {
        self.records += 1;
        if self.seen.len() < HELD && self.seen.insert(person, ()).is_some() {
            self.repeated += 1;
            self.line.get_or_insert(line);
        }
    }

    /// Returns the line of the first repetition, where more than one id in ten repeats.
    pub fn rounded(&self) -> Option<u64> {
        self.line.filter(|_| 10 * self.repeated > self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(counts: &[u64]) -> Option<u64> {
        let mut all = IdCounts::default();
        for (id, count) in counts.iter().enumerate() {
            (0..*count).for_each(|_| all.add(id.to_string().as_bytes(), 1));
        }
        let mut sum = IdCounts::default();
        sum.append(all);
        sum.shared()
    }

    #[test]
    fn an_id_of_many_records_is_none_of_a_person() {
        let ones = |count: usize| vec![1; count];
        assert_eq!(shared(&[vec![21], ones(10)].concat()), Some(21));
        assert_eq!(shared(&[vec![30, 30], ones(10)].concat()), Some(30));
        assert_eq!(shared(&[30]), Some(30));
        // Few records, a small share, and a register of services, in which each person has many records.
        for counts in [vec![20], [vec![21], ones(500)].concat(), vec![30; 10], vec![25, 20, 3, 4, 12]] {
            assert_eq!(shared(&counts), None, "{counts:?}");
        }
        assert_eq!(shared(&[vec![10_000], ones(100_000)].concat()), Some(10_000));
    }
}
