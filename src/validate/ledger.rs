//! Who was read where, for any number of persons in a bounded memory.
//!
//! Whether a record repeats another is known when all have been read, so for each one only a few numbers are noted. They
//! are spread over buckets by the person's digest, and a full notebook is laid aside in a file without a name, which
//! vanishes with the run and holds no id: its digests begin with a number that only this run knows. At the end one bucket
//! after another is looked through.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, BuildHasherDefault};
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::files::{self, File};
use crate::finding::Rule;
use crate::model::KeyHasher;

/// Numbers of one record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// Digest of person, area and year.
    pub person: u64,
    /// Digest of the row.
    pub row: u64,
    /// Which input, and which of its rows.
    pub at: u64,
    /// The line on which it stands.
    pub line: u64,
}

/// A record that is not the first of its person, area and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Later {
    /// Which input.
    pub source: u32,
    /// Which of its accepted rows, counted from 0.
    pub row: u64,
    /// The line on which it stands.
    pub line: u64,
    /// Whether it says what an earlier one says already; else it says something else.
    pub repeats: bool,
}

impl Later {
    /// The rule that it breaks.
    pub fn rule(&self) -> Rule {
        Rule::named(if self.repeats { "record/duplicate" } else { "record/person-conflict" })
    }
}

/// So many bits of [`Note::at`] are those of the row.
const ROW_BITS: u32 = 40;

/// A bucket of a thousand millions of persons fits in memory.
const BUCKETS: usize = 1 << 10;

/// So many notes are held before they are laid aside: 8 MiB.
const HELD: usize = 1 << 18;

/// Bytes of a note.
const NOTE: usize = 32;

/// Notes of all records that bear a person id.
#[derive(Debug)]
pub(super) struct Ledger {
    buckets: Vec<Vec<Note>>,
    held: usize,
    limit: usize,
    aside: Option<Aside>,
    secret: u64,
}

/// Notes that were laid aside.
#[derive(Debug)]
struct Aside {
    file: File,
    /// For each full notebook, where each bucket begins; the last number is its end.
    begins: Vec<Vec<u64>>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::holding(HELD)
    }
}

impl Ledger {
    fn holding(limit: usize) -> Self {
        let secret = RandomState::new().hash_one(0u64);
        Self { buckets: vec![Vec::new(); BUCKETS], held: 0, limit, aside: None, secret }
    }

    /// The place of a row, as it is noted.
    pub fn at(source: u32, row: u64) -> u64 {
        u64::from(source) << ROW_BITS | row
    }

    /// Notes a record.
    pub fn add(&mut self, mut note: Note) -> Result<()> {
        note.person = (note.person ^ self.secret).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        note.row = note.row.wrapping_add(self.secret);
        self.buckets[(note.person >> 54) as usize].push(note);
        self.held += 1;
        if self.held < self.limit {
            return Ok(());
        }
        self.lay_aside().map_err(problem)
    }

    fn lay_aside(&mut self) -> std::io::Result<()> {
        let aside = match &mut self.aside {
            Some(aside) => aside,
            None => self.aside.insert(Aside { file: files::nameless()?, begins: Vec::new() }),
        };
        let start = aside.file.seek(SeekFrom::End(0))?;
        let mut begins = vec![start];
        let mut bytes = Vec::with_capacity(self.held * NOTE);
        for bucket in &mut self.buckets {
            for note in bucket.drain(..) {
                [note.person, note.row, note.at, note.line]
                    .iter()
                    .for_each(|n| bytes.extend_from_slice(&n.to_le_bytes()));
            }
            begins.push(start + bytes.len() as u64);
        }
        aside.file.write_all(&bytes)?;
        aside.begins.push(begins);
        self.held = 0;
        Ok(())
    }

    /// The records that are not the first of theirs, in the order in which they were noted.
    pub fn later(self) -> Result<Vec<Later>> {
        let (file, begins) = match self.aside {
            Some(aside) => (Some(Mutex::new(aside.file)), aside.begins),
            None => (None, Vec::new()),
        };
        let found = self.buckets.into_par_iter().enumerate().map(|(bucket, held)| {
            let mut notes = Vec::new();
            if let Some(file) = &file {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                for begins in &begins {
                    read(&mut file, begins[bucket], begins[bucket + 1], &mut notes)?;
                }
            }
            notes.extend(held);
            Ok(look_through(&notes))
        });
        let found: std::io::Result<Vec<Vec<Later>>> = found.collect();
        let mut later = found.map_err(problem)?.concat();
        later.par_sort_unstable();
        Ok(later)
    }
}

fn read(file: &mut File, begin: u64, end: u64, notes: &mut Vec<Note>) -> std::io::Result<()> {
    let mut bytes = vec![0; (end - begin) as usize];
    file.seek(SeekFrom::Start(begin))?;
    file.read_exact(&mut bytes)?;
    notes.extend(bytes.chunks_exact(NOTE).map(|chunk| {
        let number = |at: usize| u64::from_le_bytes(chunk[at..at + 8].try_into().unwrap_or_default());
        Note { person: number(0), row: number(8), at: number(16), line: number(24) }
    }));
    Ok(())
}

/// The later records of one bucket, whose notes are in the order of the records.
fn look_through(notes: &[Note]) -> Vec<Later> {
    let mut seen: HashMap<u64, u64, BuildHasherDefault<KeyHasher>> =
        HashMap::with_capacity_and_hasher(notes.len(), BuildHasherDefault::default());
    let mut more: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut later = Vec::new();
    for note in notes {
        let repeats = match seen.entry(note.person) {
            Entry::Vacant(entry) => {
                entry.insert(note.row);
                continue;
            }
            Entry::Occupied(first) => {
                let more = more.entry(note.person).or_default();
                let repeats = *first.get() == note.row || more.contains(&note.row);
                if !repeats {
                    more.push(note.row);
                }
                repeats
            }
        };
        let (source, row) = ((note.at >> ROW_BITS) as u32, note.at & ((1 << ROW_BITS) - 1));
        later.push(Later { source, row, line: note.line, repeats });
    }
    later
}

fn problem(cause: std::io::Error) -> Error {
    Error::failed("cannot keep track of persons on the disk")
        .hint("the folder for temporary files needs 32 bytes a record: `TMPDIR` (`TEMP` on Windows) names it")
        .because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However little is held in memory, the same records are found.
    #[test]
    fn what_is_laid_aside_is_found_again() {
        let records: Vec<Note> = (0..5000u64)
            .map(|at| Note {
                person: at * 7 % 1000,
                row: at % 3,
                at: Ledger::at((at / 2000) as u32, at % 2000),
                line: at + 2,
            })
            .collect();
        let found = |limit: usize| {
            let mut ledger = Ledger::holding(limit);
            records.iter().for_each(|note| ledger.add(*note).unwrap());
            ledger.later().unwrap()
        };
        let all = found(usize::MAX);
        for limit in [1, 7, 1000] {
            assert_eq!(found(limit), all);
        }
        // Five records a person: 1000 is no multiple of 3, so their rows go 0, 1, 2, 0, 1 in some order; the last two repeat.
        assert_eq!(all.len(), 4000);
        assert_eq!(all.iter().filter(|later| later.repeats).count(), 2000);
        assert_eq!(all[0], Later { source: 0, row: 1000, line: 1002, repeats: false });
        assert!(all.is_sorted());
    }
}
