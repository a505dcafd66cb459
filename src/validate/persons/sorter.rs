//! Sorting any number of small records in a bounded memory.
//!
//! What does not fit is spilled to a file without a name in sorted runs, which are merged when they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::error::Error;
use crate::files::{self, File};

/// Bytes of all runs that are held while they are merged.
const MERGED: usize = 4 << 20;

/// Records of `N` numbers that are to be sorted.
#[derive(Debug)]
pub(super) struct RecordSorter<const N: usize> {
    held: Vec<[u64; N]>,
    /// So many are held before they are spilled.
    limit: usize,
    file: Option<File>,
    /// Where each run begins and ends, in records.
    runs: Vec<(u64, u64)>,
}

impl<const N: usize> RecordSorter<N> {
    /// A sorter that holds up to so many records.
    pub fn holding(limit: usize) -> Self {
        Self { held: Vec::new(), limit: limit.max(1), file: None, runs: Vec::new() }
    }

    /// Adds a record.
    pub fn push(&mut self, record: [u64; N]) -> io::Result<()> {
        if self.held.len() == self.limit {
            self.spill()?;
        }
        self.held.push(record);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let mut bytes = Vec::with_capacity(self.held.len() * N * 8);
        self.held.iter().flatten().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(files::nameless()?),
        };
        file.write_all(&bytes)?;
        let begin = self.runs.last().map_or(0, |(_, end)| *end);
        self.runs.push((begin, begin + self.held.len() as u64));
        self.held.clear();
        Ok(())
    }

    /// Returns the records in ascending order.
    pub fn sorted(mut self) -> io::Result<Sorted<N>> {
        let Some(mut file) = self.file.take() else {
            self.held.sort_unstable();
            return Ok(Sorted { held: self.held.into_iter(), merge: None });
        };
        if !self.held.is_empty() {
            self.file = Some(file);
            self.spill()?;
            file = self.file.take().expect("it was put there");
        }
        let room = (MERGED / (N * 8) / self.runs.len()).clamp(64, 1 << 16);
        let mut merge = Merge { file, room, runs: Vec::new(), next: BinaryHeap::new() };
        for (begin, end) in self.runs {
            merge.runs.push(SortedRun { begin, end, held: Vec::new() });
            merge.advance(merge.runs.len() - 1)?;
        }
        Ok(Sorted { held: Vec::new().into_iter(), merge: Some(merge) })
    }
}

/// Records in ascending order.
#[derive(Debug)]
pub(super) struct Sorted<const N: usize> {
    held: std::vec::IntoIter<[u64; N]>,
    merge: Option<Merge<N>>,
}

impl<const N: usize> Iterator for Sorted<N> {
    type Item = io::Result<[u64; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(merge) = &mut self.merge else { return self.held.next().map(Ok) };
        let Reverse((record, run)) = merge.next.pop()?;
        Some(merge.advance(run).map(|()| record))
    }
}

#[derive(Debug)]
struct Merge<const N: usize> {
    file: File,
    /// So many records of a run are held.
    room: usize,
    runs: Vec<SortedRun<N>>,
    next: BinaryHeap<Reverse<([u64; N], usize)>>,
}

/// A run: where its rest is, and the records that were read of it, the last one first.
#[derive(Debug)]
struct SortedRun<const N: usize> {
    begin: u64,
    end: u64,
    held: Vec<[u64; N]>,
}

impl<const N: usize> Merge<N> {
    /// Puts the next record of a run among those that come next.
    fn advance(&mut self, at: usize) -> io::Result<()> {
        let run = &mut self.runs[at];
        if run.held.is_empty() && run.begin < run.end {
            let count = (run.end - run.begin).min(self.room as u64);
            let mut bytes = vec![0; count as usize * N * 8];
            self.file.seek(SeekFrom::Start(run.begin * N as u64 * 8))?;
            self.file.read_exact(&mut bytes)?;
            run.begin += count;
            run.held.extend(bytes.chunks_exact(N * 8).rev().map(numbers));
        }
        if let Some(record) = run.held.pop() {
            self.next.push(Reverse((record, at)));
        }
        Ok(())
    }
}

/// Returns the numbers that some bytes hold.
pub(super) fn numbers<const N: usize>(bytes: &[u8]) -> [u64; N] {
    std::array::from_fn(|at| u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().expect("eight bytes")))
}

/// Returns the error of spilled records that could not be written or read.
pub(super) fn problem(cause: io::Error) -> Error {
    Error::failed("cannot keep track of persons on the disk")
        .hint("the folder for temporary files needs 16 bytes a record, and 8 more for each that repeats or contradicts another: `TMPDIR` (`TEMP` on Windows) names it")
        .because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_little_is_held_the_order_is_the_same() {
        let records: Vec<[u64; 2]> =
            (0..10_000u64).map(|at| [at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 977, at]).collect();
        let mut expected = records.clone();
        expected.sort_unstable();
        for limit in [1, 7, 1000, 9_999, 10_000, 20_000] {
            let mut sorter = RecordSorter::holding(limit);
            records.iter().for_each(|record| sorter.push(*record).unwrap());
            let sorted: Vec<[u64; 2]> = sorter.sorted().unwrap().map(Result::unwrap).collect();
            assert_eq!(sorted, expected, "{limit}");
        }
    }
}
