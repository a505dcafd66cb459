//! Person ids that stand in so many records that they name no one: `-99`, `999` or a word of the source for no id.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::KeyHasher;
use crate::validate::values::{KEPT, beyond_kept};

/// An id of so few records is not judged.
const FEW: u64 = 20;

/// One id in so many records of a file is a large share.
const SHARE: u64 = 20;

/// An id that is meant for a person has not so many times the records of the others.
const TIMES: u64 = 10;

/// So many different ids are held at once; what is frequent is among them.
const HELD: usize = 1 << 16;

/// One id of this form in so many records stands for no id.
const FEW_PLACEHOLDERS: u64 = 3;

/// A file with so few ids, and so many records of each, is not about so few persons.
const FEW_IDS: usize = 5;

/// What an id looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    /// A number below zero, nines or eights, or a date of nothing.
    Placeholder,
    /// More digits than a spreadsheet keeps.
    Long,
    /// The same, with so many zeros in the place of the others.
    Zeros(u8),
}

impl Form {
    fn of(id: &[u8]) -> Self {
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        match id {
            [b'-', rest @ ..] if digits(rest) => return Self::Placeholder,
            [first @ (b'8' | b'9'), rest @ ..] if !rest.is_empty() && rest.iter().all(|byte| byte == first) => {
                return Self::Placeholder;
            }
            b"1970-01-01" | b"9999-12-31" => return Self::Placeholder,
            _ if id.len() <= KEPT || !id[0].is_ascii_digit() || id.iter().any(u8::is_ascii_alphabetic) => {
                return Self::Plain;
            }
            _ => {}
        }
        let (mut more, mut zeros) = (0u8, 0u8);
        for digit in beyond_kept(id) {
            more = more.saturating_add(1);
            zeros = zeros.saturating_add(u8::from(*digit == b'0'));
        }
        match more {
            0 => Self::Plain,
            _ if zeros == more => Self::Zeros(more),
            _ => Self::Long,
        }
    }
}

/// The records of one id.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// How many records have it.
    records: u64,
    /// How many of them were seen.
    seen: u64,
    form: Form,
}

/// Different ids of more digits than a spreadsheet keeps.
#[derive(Clone, Copy, Debug, Default)]
struct Longs {
    ids: u64,
    rounded: u64,
    /// The zeros at the end of all rounded ones.
    zeros: u64,
}

impl Longs {
    fn add(&mut self, form: Form) {
        if let Form::Zeros(zeros) = form {
            self.rounded += 1;
            self.zeros += u64::from(zeros);
        }
        self.ids += u64::from(matches!(form, Form::Long | Form::Zeros(_)));
    }
}

/// How many records have each id: of all records where there are few, and else of a sample.
#[derive(Clone, Debug, Default)]
pub struct IdCounts {
    counts: HashMap<u64, Held, BuildHasherDefault<KeyHasher>>,
    records: u64,
    /// Whether rare ids were dropped.
    is_pruned: bool,
    /// The long ones of the dropped ids.
    dropped: Longs,
}

impl IdCounts {
    /// Adds an id of a record that stands for so many records.
    pub(crate) fn add(&mut self, id: &[u8], records: u64) {
        let held = self.counts.entry(xxh3_64(id));
        let held = held.or_insert_with(|| Held { records: 0, seen: 0, form: Form::of(id) });
        held.records += records;
        held.seen += 1;
        self.records += records;
    }

    /// Adds the counts of the following records.
    pub fn append(&mut self, later: Self) {
        self.records += later.records;
        for (id, other) in later.counts {
            let held = self.counts.entry(id).or_insert(Held { records: 0, seen: 0, ..other });
            held.records += other.records;
            held.seen += other.seen;
        }
        if self.counts.len() > HELD {
            let least = self.records / 1000;
            let dropped = &mut self.dropped;
            self.counts.retain(|_, held| {
                let is_kept = held.records > least;
                if !is_kept {
                    dropped.add(held.form);
                }
                is_kept
            });
            self.is_pruned = true;
        }
    }

    /// Returns about how many records share an id that is hardly that of one person. It has more than 20, one in 20 of all, and
    /// ten times as many as most ids have; or it looks like what stands for no id, and has 3 and more, and more than twice as
    /// many as most others; or it is one of few ids of many records.
    pub fn shared(&self) -> Option<u64> {
        let mut counts: Vec<u64> = self.counts.values().map(|held| held.records).collect();
        counts.sort_unstable();
        let most = *counts.last()?;
        let is_alone = self.is_pruned || counts.len() <= 3;
        let is_large = most > FEW && most * SHARE > self.records;
        let are_few = !self.is_pruned && counts.len() <= FEW_IDS && self.records >= FEW * counts.len().max(2) as u64;
        if is_large && (is_alone || are_few || most >= TIMES * counts[counts.len() / 2]) {
            return Some(most);
        }
        self.placeholder().or_else(|| Some(most).filter(|_| are_few))
    }

    /// Returns about how many records have the most frequent id that looks like what stands for no id.
    fn placeholder(&self) -> Option<u64> {
        let (doubtful, others): (Vec<&Held>, Vec<&Held>) =
            self.counts.values().partition(|held| held.form == Form::Placeholder);
        let most = doubtful.iter().filter(|held| held.seen >= FEW_PLACEHOLDERS).map(|held| held.records).max()?;
        let mut others: Vec<u64> = others.iter().map(|held| held.records).collect();
        others.sort_unstable();
        let usual = others.get(others.len() / 2).copied().unwrap_or_default();
        (most > 2 * usual).then_some(most)
    }

    /// Tells whether most ids of more digits than a spreadsheet keeps have zeros in the place of the others, by more than
    /// chance: one zero at the end of one id says nothing.
    pub fn are_rounded(&self) -> bool {
        let mut longs = self.dropped;
        self.counts.values().for_each(|held| longs.add(held.form));
        longs.zeros >= 2 && 2 * longs.rounded >= longs.ids
    }
}

/// Records whose ids have zeros in the place of digits that a spreadsheet does not keep.
#[derive(Clone, Copy, Debug, Default)]
pub struct LongIds {
    records: u64,
    line: Option<u64>,
}

impl LongIds {
    /// Adds a record of such an id.
    pub fn add(&mut self, line: u64) {
        self.records += 1;
        self.line.get_or_insert(line);
    }

    /// Returns the line of the first one, where there are two records and more.
    pub fn line(&self) -> Option<u64> {
        self.line.filter(|_| self.records >= 2)
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
        // Few ids of many records.
        assert_eq!(shared(&[20; 5]), Some(20));
    }

    fn counted(ids: &[(&str, u64)]) -> IdCounts {
        let mut all = IdCounts::default();
        ids.iter().for_each(|(id, count)| (0..*count).for_each(|_| all.add(id.as_bytes(), 1)));
        all
    }

    #[test]
    fn a_placeholder_is_shared_by_three() {
        for id in ["-1", "-99", "99", "888", "1970-01-01", "9999-12-31"] {
            assert_eq!(counted(&[(id, 3), ("a", 1), ("b", 1)]).shared(), Some(3), "{id}");
            // Twice may be one person, and so may be as often as others.
            assert_eq!(counted(&[(id, 2), ("a", 1), ("b", 1)]).shared(), None, "{id}");
            assert_eq!(counted(&[(id, 3), ("a", 2), ("b", 2)]).shared(), None, "{id}");
        }
        for id in ["9", "8", "98", "-", "-a", "A99", "2020-01-01"] {
            assert_eq!(counted(&[(id, 3), ("a", 1), ("b", 1)]).shared(), None, "{id}");
        }
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
