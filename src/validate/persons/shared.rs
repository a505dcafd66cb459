//! Person ids that stand in so many records that they name no one: `-99`, `999` or a word of the source for no id.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::ops::Bound;

use xxhash_rust::xxh3::xxh3_64;

use super::long_ids::{IdForm, Longs};
use crate::model::KeyHasher;
use crate::validate::values::{is_placeholder, is_shaped};

/// An id of so few records is not judged.
const FEW: u64 = 20;

/// One id in so many records of a file is a large share.
const SHARE: u64 = 20;

/// An id that is meant for a person has not so many times the records of the others.
const TIMES: u64 = 10;

/// Where not all ids are counted, one in so many is. The number is a prime, because records may come in groups of equal size.
const SAMPLED: u64 = 17;

/// So many different ids are held at once; what is frequent is among them.
const HELD: usize = 1 << 16;

/// One id of this form in so many records stands for no id.
const FEW_PLACEHOLDERS: u64 = 3;

/// A file with so few ids, and so many records of each, is not about so few persons.
const FEW_IDS: usize = 5;

/// In a register that has the numbers next to it as well, it is that of a person unless it has so many records, and so many
/// times those of the others.
const MANY_PLACEHOLDERS: u64 = 10;

/// An id that is hardly that of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedId {
    /// About how many records have it.
    pub records: u64,
    /// Whether its form is that of a mark for no id, and others hardly repeat.
    pub is_placeholder: bool,
    /// The line of the first record of a mark, and else that of the header.
    pub line: u64,
    /// The file of that record.
    pub source: u32,
}

/// The records of an id that looks like a mark for no id, or like a number next to one.
#[derive(Clone, Copy, Debug)]
struct Shaped {
    records: u64,
    /// Where the first of them is.
    line: u64,
    source: u32,
}

/// The records of one id.
#[derive(Clone, Copy, Debug)]
struct IdRecords {
    /// How many of them were seen where all ids are counted, and where a part of them is.
    seen: [u32; 2],
    form: IdForm,
}

impl IdRecords {
    /// How many records have it.
    fn records(&self) -> u64 {
        u64::from(self.seen[0]) + SAMPLED * u64::from(self.seen[1])
    }
}

/// Which records of a file an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    /// All ids are counted.
    All,
    /// One in [`SAMPLED`] is.
    Part,
}

impl Sampling {
    /// Of so many records one is counted.
    pub fn step(self) -> u64 {
        match self {
            Self::All => 1,
            Self::Part => SAMPLED,
        }
    }
}

/// The ids of a batch: digests of those that are counted, in the order of the records.
#[derive(Clone, Debug, Default)]
pub struct IdSample {
    ids: Vec<(u64, Sampling, IdForm)>,
    /// Each with its records, and the line of the first.
    shaped: BTreeMap<Box<[u8]>, (u64, u64)>,
}

impl IdSample {
    /// Adds the id of a record, and of its line.
    pub(crate) fn add(&mut self, id: &[u8], sampling: Sampling, line: u64) {
        if is_shaped(id) {
            return self.add_shaped(id, line);
        }
        self.ids.push((xxh3_64(id), sampling, IdForm::of(id)));
    }

    /// Adds an id that is counted in each record.
    fn add_shaped(&mut self, id: &[u8], line: u64) {
        match self.shaped.get_mut(id) {
            Some((count, _)) => *count += 1,
            None => drop(self.shaped.insert(id.into(), (1, line))),
        }
    }
}

/// How many records have each id: of all records where there are few, and else of a sample. Ids of a form that marks for no id
/// have, and the numbers next to them, are counted in all records. There are few of these.
#[derive(Clone, Debug, Default)]
pub struct IdCounts {
    counts: HashMap<u64, IdRecords, BuildHasherDefault<KeyHasher>>,
    shaped: BTreeMap<Box<[u8]>, Shaped>,
    records: u64,
    /// Whether rare ids were dropped.
    is_pruned: bool,
    /// The long ones of the dropped ids.
    dropped: Longs,
    /// How many ids were dropped, and how many of them were seen more than once.
    forgotten: [u64; 2],
}

impl IdCounts {
    /// Adds the ids of the following records of a file.
    pub fn add(&mut self, later: IdSample) {
        for (id, (records, line)) in later.shaped {
            self.shaped.entry(id).or_insert(Shaped { records: 0, line, source: 0 }).records += records;
            self.records += records;
        }
        for (id, sampling, form) in later.ids {
            let held = self.counts.entry(id).or_insert(IdRecords { seen: [0; 2], form });
            let seen = &mut held.seen[sampling as usize];
            *seen = seen.saturating_add(1);
            self.records += sampling.step();
        }
        self.prune();
    }

    /// Returns the counts as those of a file.
    pub fn of_file(mut self, source: u32) -> Self {
        self.shaped.values_mut().for_each(|shaped| shaped.source = source);
        self
    }

    /// Adds the counts of the following file.
    pub fn append(&mut self, later: Self) {
        // Most runs read one file.
        if self.records == 0 {
            *self = later;
            return;
        }
        self.records += later.records;
        for (id, later) in later.shaped {
            self.shaped.entry(id).or_insert(Shaped { records: 0, ..later }).records += later.records;
        }
        for (id, other) in later.counts {
            let held = self.counts.entry(id).or_insert(IdRecords { seen: [0; 2], ..other });
            held.seen = [0, 1].map(|at| held.seen[at].saturating_add(other.seen[at]));
        }
        self.is_pruned |= later.is_pruned;
        self.dropped.append(&later.dropped);
        self.forgotten = [0, 1].map(|at| self.forgotten[at] + later.forgotten[at]);
        self.prune();
    }

    /// Drops rare ids where too many are held.
    fn prune(&mut self) {
        if self.counts.len() > HELD {
            let lower = self.records / 1000;
            let (dropped, forgotten) = (&mut self.dropped, &mut self.forgotten);
            self.counts.retain(|_, held| {
                let is_kept = held.records() > lower;
                if !is_kept {
                    dropped.add(held.form);
                    forgotten[0] += 1;
                    forgotten[1] += u64::from(held.seen[1] > 1);
                }
                is_kept
            });
            self.is_pruned = true;
        }
    }

    /// Returns an id that is hardly that of one person. It has more than 20 records, one in 20 of all, and ten times as many as
    /// most ids have; or it looks like what stands for no id, and has 3 and more, and more than twice as many as most others;
    /// or it is one of few ids of many records.
    pub fn shared(&self) -> Option<SharedId> {
        let placeholder = self.placeholder();
        if placeholder.is_some_and(|found| found.is_placeholder) {
            return placeholder;
        }
        let counts = self.counts.values().map(IdRecords::records);
        let mut counts: Vec<u64> = counts.chain(self.shaped.values().map(|shaped| shaped.records)).collect();
        counts.sort_unstable();
        let largest = *counts.last()?;
        let is_alone = self.is_pruned || counts.len() <= 3;
        let is_large = largest > FEW && largest * SHARE > self.records;
        let are_few = !self.is_pruned && counts.len() <= FEW_IDS && self.records >= FEW * counts.len().max(2) as u64;
        let plain = SharedId { records: largest, is_placeholder: false, line: 1, source: 0 };
        if is_large && (is_alone || are_few || largest >= TIMES * counts[counts.len() / 2]) {
            return Some(plain);
        }
        placeholder.or(if are_few { Some(plain) } else { None })
    }

    /// Returns a mark for no id, of whatever file: one that has few records in each of several files has many in all of them.
    pub fn mark(&self) -> Option<SharedId> {
        self.placeholder().filter(|found| found.is_placeholder)
    }

    /// Returns the most frequent id that looks like what stands for no id.
    fn placeholder(&self) -> Option<SharedId> {
        let frequent =
            self.shaped.iter().filter(|(id, shaped)| shaped.records >= FEW_PLACEHOLDERS && is_placeholder(id));
        let found = frequent.filter_map(|(id, &Shaped { records, line, source })| {
            let usual = self.usual(id);
            let is_of_register = self.has_neighbours(id) && records < MANY_PLACEHOLDERS * usual.max(1);
            (records > 2 * usual).then_some(SharedId { records, is_placeholder: !is_of_register, line, source })
        });
        found.max_by_key(|found| (found.is_placeholder, found.records))
    }

    /// Returns about how many records most other ids have.
    fn usual(&self, id: &[u8]) -> u64 {
        let middle = |mut counts: Vec<u64>| {
            counts.sort_unstable();
            counts.get(counts.len() / 2).copied().unwrap_or_default()
        };
        let others = || self.counts.values();
        // Another mark says nothing of persons.
        let is_other = |other: &[u8]| other != id && !is_placeholder(other);
        let shaped = self.shaped.iter().filter(|(other, _)| is_other(other)).map(|(_, shaped)| shaped.records);
        let seen = |at: usize| others().map(move |held| u64::from(held.seen[at])).filter(|seen| *seen > 0);
        let first: Vec<u64> = seen(0).chain(shaped).collect();
        let sample: Vec<u64> = seen(1).collect();
        if sample.is_empty() {
            return middle(first);
        }
        // Of an id that is seen in one record in 17, each further record is seen with the same chance.
        let several = sample.iter().filter(|seen| **seen > 1).count() as u64 + self.forgotten[1];
        let all = sample.len() as u64 + self.forgotten[0];
        let further = (2 * SAMPLED * several).div_ceil(all);
        middle(first).max(match middle(sample) {
            0 | 1 => 1 + further,
            seen => SAMPLED * seen,
        })
    }

    /// Returns whether the file has numbers next to an id as well, as registers have that number their persons.
    fn has_neighbours(&self, id: &[u8]) -> bool {
        let Some((_, stem)) = id.split_last().filter(|_| id[0].is_ascii_digit()) else { return false };
        let is_next = |other: &[u8]| *other != *id && other.len() == id.len() && other.starts_with(stem);
        self.shaped
            .range::<[u8], _>((Bound::Included(stem), Bound::Unbounded))
            .map(|(other, _)| other)
            .take_while(|other| other.starts_with(stem))
            .filter(|other| is_next(other))
            .count()
            > 1
    }

    /// Returns whether most ids of more digits than a spreadsheet keeps have zeros in the place of the others, by more than
    /// chance: one zero at the end of one id says nothing.
    pub fn are_rounded(&self) -> bool {
        let mut longs = self.dropped;
        self.counts.values().for_each(|held| longs.add(held.form));
        longs.zeros >= 2 && 2 * longs.rounded >= longs.ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids of letters, so that none looks like a mark.
    fn shared(counts: &[u64]) -> Option<u64> {
        let mut all = IdSample::default();
        for (id, count) in counts.iter().enumerate() {
            (0..*count).for_each(|_| all.add(format!("p{id}").as_bytes(), Sampling::All, 2));
        }
        let mut sum = IdCounts::default();
        sum.add(all);
        sum.shared().map(|found| found.records)
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
        // Few ids of many records.
        assert_eq!(shared(&[20; 5]), Some(20));
    }

    fn counted(ids: &[(&str, u64)]) -> IdCounts {
        let mut all = IdSample::default();
        ids.iter().for_each(|(id, count)| (0..*count).for_each(|_| all.add(id.as_bytes(), Sampling::All, 2)));
        let mut sum = IdCounts::default();
        sum.add(all);
        sum
    }

    fn placeholder(ids: &[(&str, u64)]) -> Option<u64> {
        counted(ids).shared().filter(|found| found.is_placeholder).map(|found| found.records)
    }

    #[test]
    fn a_placeholder_is_shared_by_three() {
        for id in ["-1", "-99", "99", "888", "777", "1111", "1970-01-01", "9999-12-31"] {
            assert_eq!(placeholder(&[(id, 3), ("a", 1), ("b", 1)]), Some(3), "{id}");
            // Twice may be one person, and so may be as often as others.
            assert_eq!(placeholder(&[(id, 2), ("a", 1), ("b", 1)]), None, "{id}");
            assert_eq!(placeholder(&[(id, 3), ("a", 2), ("b", 2)]), None, "{id}");
        }
        for id in ["9", "8", "98", "-", "-a", "A99", "2020-01-01"] {
            assert_eq!(placeholder(&[(id, 3), ("a", 1), ("b", 1)]), None, "{id}");
        }
        // In a register 999 is a person, unless it has far more records than others.
        let register = |count| [("999", count), ("998", 1), ("997", 1), ("a", 1)];
        assert_eq!(placeholder(&register(3)), None);
        assert_eq!(
            counted(&register(3)).shared(),
            Some(SharedId { records: 3, is_placeholder: false, line: 2, source: 0 })
        );
        assert_eq!(placeholder(&register(10)), Some(10));
        // One number next to it may be another mark.
        assert_eq!(placeholder(&[("999", 3), ("998", 3), ("a", 1), ("b", 1), ("c", 1)]), Some(3));
    }

    #[test]
    fn placeholders_of_large_files_are_counted_in_all_records() {
        let persons = |each: u64| {
            let mut all = IdSample::default();
            let person = |at: u64| xxh3_64(&at.to_le_bytes()) % (300_000 / each);
            let records = (0..300_000).map(|at| (at, format!("p{}", if each == 1 { at } else { person(at) })));
            let is_seen = |at: u64| at < 4096 || at.is_multiple_of(SAMPLED);
            records
                .filter(|(at, _)| is_seen(*at))
                .for_each(|(at, id)| all.add(id.as_bytes(), if at < 4096 { Sampling::All } else { Sampling::Part }, 2));
            all
        };
        let found = |each, count| {
            let mut all = persons(each);
            (0..count).for_each(|_| all.add(b"999", Sampling::Part, 2));
            let mut sum = IdCounts::default();
            sum.add(all);
            sum.shared().filter(|found| found.is_placeholder).map(|found| found.records)
        };
        assert_eq!(found(1, 5), Some(5));
        // Persons with many records are no marks, even if the sample sees each of them once.
        assert_eq!([found(3, 5), found(10, 20), found(100, 150)], [None, None, None]);
        assert_eq!([found(3, 30), found(100, 1000)], [Some(30), Some(1000)]);
    }

    #[test]
    fn ids_are_rounded_where_most_long_ones_end_with_zeros() {
        let (zeros, other) = ("202000000000000000", "202000000000000017");
        for ids in [&[(zeros, 2)][..], &[(zeros, 1), (other, 9)], &[("2020000000000010", 1), ("2020000000000020", 1)]] {
            assert!(counted(ids).are_rounded(), "{ids:?}");
        }
        for ids in [
            &[(zeros, 20), (other, 1), ("202000000000000018", 1)][..],
            &[("2020000000000010", 2)],
            &[("KH202000000000000000", 9)],
            &[("p1", 2), (other, 2)],
        ] {
            assert!(!counted(ids).are_rounded(), "{ids:?}");
        }
        assert!(counted(&[("202\u{a0}000\u{a0}000\u{a0}000\u{a0}000\u{a0}000", 2)]).are_rounded());
    }
}
