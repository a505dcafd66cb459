//! Who was read where, for any number of persons in a bounded memory.
//!
//! Whether a record repeats another is known when all have been read, so for each one 16 bytes are noted. A full notebook is
//! sorted into buckets by the person's digest and spilled to a file without a name, which vanishes with the run and holds no
//! id: its digests begin with a number that only this run knows. At the end one bucket after another is looked through. What
//! is found is spilled too, so that memory grows neither with the persons nor with their records.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use rayon::prelude::*;

use super::later::{Inputs, Laters};
use super::notes::{BUCKET_BITS, BUCKETS, LaterScan, NOTE, PersonTable, note};
use super::sorter::{RecordSorter, numbers, problem};
use crate::error::Result;
use crate::files::{self, File};

/// So many notes are held before they are sorted into buckets: 2 MiB.
const HELD: usize = 1 << 17;

/// So many notes in buckets wait in memory before the first of them are spilled: 16 MiB.
const WAITING: usize = 1 << 20;

/// So many notes are read together: neighbouring buckets that stay in a cache.
const READ: usize = 1 << 16;

/// A bucket of more notes is not held in memory. It is one of thousands of millions of records, or of a few persons who
/// have millions of records each.
const LARGEST: usize = 1 << 18;

/// Notes of all records that bear a person id.
#[derive(Debug)]
pub(super) struct PersonLedger {
    /// The digests of persons and rows.
    held: Vec<[u64; 2]>,
    /// From which of them on the records have these numbers, one after another.
    numbers: Vec<(usize, u64)>,
    limits: MemoryLimits,
    spilled: Spilled,
    secret: u64,
    inputs: Inputs,
}

/// How much is held in memory.
#[derive(Clone, Copy, Debug)]
struct MemoryLimits {
    held: usize,
    waiting: usize,
    read: usize,
    largest: usize,
}

/// Notebooks that are full.
#[derive(Debug, Default)]
struct Spilled {
    /// Those that are on the disk: all but the last ones, which wait in memory.
    file: Option<File>,
    /// For each notebook, the number of notes before each bucket; the last number is that of all.
    notebooks: Vec<Vec<u32>>,
    /// The last ones of them, as bytes.
    waiting: VecDeque<Vec<u8>>,
}

impl Default for PersonLedger {
    fn default() -> Self {
        Self::holding(MemoryLimits { held: HELD, waiting: WAITING, read: READ, largest: LARGEST })
    }
}

fn bucket(person: u64) -> usize {
    (person >> (u64::BITS - BUCKET_BITS)) as usize
}

/// Where records that follow each other begin.
#[derive(Clone, Copy)]
pub(crate) struct SeenAt {
    /// The place of the first one among the accepted rows.
    pub row: u64,
    /// Its line. Each record has a line.
    pub line: u64,
}

impl PersonLedger {
    fn holding(limits: MemoryLimits) -> Self {
        let secret = RandomState::new().hash_one(0u64);
        Self {
            held: Vec::new(),
            numbers: Vec::new(),
            limits,
            spilled: Spilled::default(),
            secret,
            inputs: Inputs::default(),
        }
    }

    /// Begins the records of an input, or goes on with those of the last one. Without a number it is a store to which
    /// records are added: none of them is later than another.
    pub fn input(&mut self, source: Option<u32>) {
        self.inputs.begin(source);
    }

    /// Notes records of the input that follow each other: the digests of the person and of the row of each. Rows are noted in
    /// their order.
    pub fn add(&mut self, mut records: &[[u64; 2]], mut at: SeenAt) -> Result<()> {
        while !records.is_empty() {
            if self.held.len() >= self.limits.held {
                self.spill().map_err(problem)?;
            }
            let (now, later) = records.split_at(records.len().min(self.limits.held - self.held.len()));
            let (number, follows) = self.inputs.number(at, now.len() as u64)?;
            if !follows || self.held.is_empty() {
                self.numbers.push((self.held.len(), number));
            }
            let secret = self.secret;
            self.held.extend(now.iter().map(|[person, row]| {
                let person = (person ^ secret).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                [person, row.wrapping_add(secret).wrapping_mul(0x9e37_79b9_7f4a_7c15)]
            }));
            at = SeenAt { row: at.row + now.len() as u64, line: at.line + now.len() as u64 };
            records = later;
        }
        Ok(())
    }

    /// Sorts what is held into buckets, in which the order stays, over the bytes of a notebook that is not needed any more.
    fn bucketed(&self, bytes: &mut Vec<u8>) -> Vec<u32> {
        let mut begins = vec![0u32; BUCKETS + 1];
        self.held.iter().for_each(|[person, _]| begins[bucket(*person) + 1] += 1);
        (0..BUCKETS).for_each(|at| begins[at + 1] += begins[at]);
        let mut next = begins.clone();
        let size = self.held.len() * NOTE;
        // New memory is zero already, and is not written twice.
        if bytes.is_empty() {
            *bytes = vec![0; size]
        } else {
            bytes.resize(size, 0)
        }
        let ends = self.numbers.iter().skip(1).map(|(first, _)| *first).chain([self.held.len()]);
        for (&(first, number), end) in self.numbers.iter().zip(ends) {
            for (&[person, row], number) in self.held[first..end].iter().zip(number..) {
                let next = &mut next[bucket(person)];
                let to = &mut bytes[*next as usize * NOTE..][..NOTE];
                let [upper, lower] = note(person, row, number);
                to[..8].copy_from_slice(&upper.to_le_bytes());
                to[8..].copy_from_slice(&lower.to_le_bytes());
                *next += 1;
            }
        }
        begins
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut spilled = std::mem::take(&mut self.spilled);
        let mut bytes = Vec::new();
        if (spilled.waiting.len() + 1) * self.limits.held > self.limits.waiting
            && let Some(first) = spilled.waiting.pop_front()
        {
            let file = match &mut spilled.file {
                Some(file) => file,
                none => none.insert(files::nameless()?),
            };
            file.write_all(&first)?;
            bytes = first;
        }
        spilled.notebooks.push(self.bucketed(&mut bytes));
        spilled.waiting.push_back(bytes);
        self.spilled = spilled;
        self.held.clear();
        self.numbers.clear();
        Ok(())
    }

    /// Returns the records that are not the first of theirs, in the order in which they were noted.
    pub fn later(mut self) -> Result<Laters> {
        let Spilled { file, mut notebooks, waiting } = std::mem::take(&mut self.spilled);
        let on_disk = notebooks.len() - waiting.len();
        let mut last = Vec::new();
        notebooks.push(self.bucketed(&mut last));
        self.held = Vec::new();
        let in_memory = waiting.into_iter().chain([last]).collect();
        let read =
            BucketReader { file: file.map(Mutex::new), on_disk, notebooks, in_memory, largest: self.limits.largest };
        let all: usize = read.notebooks.iter().map(|begins| begins[BUCKETS] as usize).sum();
        // So many buckets have about as many notes as are read together.
        let width = (BUCKETS * self.limits.read / all.max(1)).clamp(1, BUCKETS.div_ceil(rayon::current_num_threads()));
        let found = Mutex::new(LaterRecords::new(self.limits.held, self.inputs));
        let groups: Vec<usize> = (0..BUCKETS).step_by(width).collect();
        groups
            .into_par_iter()
            .try_for_each(|first| read.look_through(first, width.min(BUCKETS - first), &found))
            .map_err(problem)?;
        let LaterRecords { sorter, inputs, repeated, conflicts } =
            found.into_inner().unwrap_or_else(PoisonError::into_inner);
        Laters::new(inputs, sorter.sorted().map_err(problem)?, repeated, conflicts)
    }
}

/// Later records of all buckets.
struct LaterRecords {
    sorter: RecordSorter<1>,
    inputs: Inputs,
    /// Records that repeat another, for each input.
    repeated: Vec<u64>,
    /// Records that contradict another.
    conflicts: u64,
}

impl LaterRecords {
    fn new(held: usize, inputs: Inputs) -> Self {
        let repeated = vec![0; inputs.len()];
        Self { sorter: RecordSorter::holding(held), inputs, repeated, conflicts: 0 }
    }

    fn add(&mut self, later: &[(u64, bool)]) -> io::Result<()> {
        for &(number, repeats) in later {
            let input = self.inputs.input(number);
            if self.inputs.is_former(input) {
                continue;
            }
            if repeats {
                self.repeated[input] += 1
            } else {
                self.conflicts += 1
            }
            self.sorter.push([number << 1 | u64::from(repeats)])?;
        }
        Ok(())
    }
}

/// All notes, in buckets.
struct BucketReader {
    file: Option<Mutex<File>>,
    /// So many of the notebooks are in the file, and the others in memory.
    on_disk: usize,
    notebooks: Vec<Vec<u32>>,
    in_memory: Vec<Vec<u8>>,
    largest: usize,
}

impl BucketReader {
    /// Finds the later records of some buckets.
    fn look_through(&self, first: usize, width: usize, found: &Mutex<LaterRecords>) -> io::Result<()> {
        let count = |begins: &Vec<u32>, from: usize, to: usize| (begins[to] - begins[from]) as usize;
        let all: usize = self.notebooks.iter().map(|begins| count(begins, first, first + width)).sum();
        if all > self.largest {
            return self.look_through_sorted(first, width, found);
        }
        let mut pieces: Vec<(Cow<'_, [u8]>, &[u32])> = Vec::new();
        for (at, begins) in self.notebooks.iter().enumerate() {
            pieces.push((self.read(at, first..first + width)?, begins));
        }
        let mut persons = PersonTable::default();
        let (mut notes, mut later) = (Vec::new(), Vec::new());
        for bucket in first..first + width {
            notes.clear();
            for (bytes, begins) in &pieces {
                let at = |bucket: usize| (begins[bucket] - begins[first]) as usize * NOTE;
                notes.extend(bytes[at(bucket)..at(bucket + 1)].chunks_exact(NOTE).map(numbers::<2>));
            }
            let again = persons.again(&mut notes);
            again.sort_unstable();
            let mut scan = LaterScan::default();
            again.iter().for_each(|note| later.extend(scan.next(*note)));
        }
        found.lock().unwrap_or_else(PoisonError::into_inner).add(&later)
    }

    /// Returns the notes of some buckets of the notebook with this number.
    fn read(&self, at: usize, buckets: std::ops::Range<usize>) -> io::Result<Cow<'_, [u8]>> {
        let begins = &self.notebooks[at];
        let (from, to) = (begins[buckets.start] as usize, begins[buckets.end] as usize);
        match (&self.file, at.checked_sub(self.on_disk)) {
            (Some(file), None) => {
                let begin: u64 = self.notebooks[..at].iter().map(|before| u64::from(before[BUCKETS])).sum();
                let mut bytes = vec![0; (to - from) * NOTE];
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start((begin + from as u64) * NOTE as u64))?;
                file.read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
            (_, at) => Ok(self.in_memory[at.unwrap_or(0)][from * NOTE..to * NOTE].into()),
        }
    }

    /// The same of buckets that are not held in memory: their notes are sorted on the disk.
    fn look_through_sorted(&self, first: usize, width: usize, found: &Mutex<LaterRecords>) -> io::Result<()> {
        let mut sorter: RecordSorter<2> = RecordSorter::holding(self.largest);
        for at in 0..self.notebooks.len() {
            let bytes = self.read(at, first..first + width)?;
            bytes.chunks_exact(NOTE).try_for_each(|note| sorter.push(numbers(note)))?;
        }
        let (mut scan, mut later) = (LaterScan::default(), Vec::new());
        let add = |later: &[(u64, bool)]| found.lock().unwrap_or_else(PoisonError::into_inner).add(later);
        for note in sorter.sorted()? {
            later.extend(scan.next(note?));
            if later.len() >= READ {
                add(&later)?;
                later.clear();
            }
        }
        add(&later)
    }
}

#[cfg(test)]
mod tests {
    use super::super::later::Later;
    use super::*;

    fn all(mut later: Laters, sources: u32) -> Vec<Later> {
        let mut found = Vec::new();
        for source in 0..sources {
            let before = found.len();
            while let Some(later) = later.next_of(source).unwrap() {
                found.push(later);
            }
            let repeated = found[before..].iter().filter(|later: &&Later| later.repeats).count();
            assert_eq!(repeated as u64, later.repeated(source));
        }
        found
    }

    /// However little is held in memory, the same records are found.
    #[test]
    fn what_is_spilled_is_found_again() {
        let found = |limits: MemoryLimits| {
            let mut ledger = PersonLedger::holding(limits);
            for at in 0..5000u64 {
                ledger.input(Some((at / 2000) as u32));
                ledger.add(&[[at * 7 % 1000, at % 3]], SeenAt { row: at % 2000, line: at + 2 }).unwrap();
            }
            all(ledger.later().unwrap(), 3)
        };
        let found_in_memory = found(MemoryLimits { held: 1 << 20, waiting: 1 << 20, read: READ, largest: LARGEST });
        for (held, read, largest) in [(70, 3000, 2), (500, 1, 100_000), (1000, 10, 3), (4999, 1, 4), (1000, 5000, 10)] {
            for waiting in [0, held, 3 * held, 10_000] {
                let limits = MemoryLimits { held, waiting, read, largest };
                assert!(found(limits) == found_in_memory, "{limits:?}");
            }
        }
        // Five records a person: 1000 is not a multiple of 3, so their rows go 0, 1, 2, 0, 1 in some order; the last two repeat.
        assert_eq!(found_in_memory.len(), 4000);
        assert_eq!(found_in_memory.iter().filter(|later| later.repeats).count(), 2000);
        assert_eq!(found_in_memory[0], Later { source: 0, row: 1000, line: 1002, repeats: false });
        assert!(found_in_memory.is_sorted());
    }

    /// Every record is one of the same person: half of them repeat, the others contradict.
    #[test]
    fn one_person_with_all_records_takes_no_more_memory() {
        let mut ledger = PersonLedger::holding(MemoryLimits { held: 100, waiting: 300, read: 100, largest: 100 });
        ledger.input(None);
        ledger.add(&[[5, u64::MAX]], SeenAt { row: 0, line: 0 }).unwrap();
        ledger.input(Some(0));
        let records: Vec<_> = (0..10_000u64).map(|at| [5, at / 2]).collect();
        ledger.add(&records, SeenAt { row: 0, line: 2 }).unwrap();
        let found = all(ledger.later().unwrap(), 1);
        let expected = (0..10_000u64).map(|at| Later { source: 0, row: at, line: at + 2, repeats: at % 2 == 1 });
        assert!(found.into_iter().eq(expected));
    }
}
