//! Tables with too many possible cells for an array: the cells that occur, sorted, in memory or spilled to the disk.
//!
//! A *run* holds ascending keys with their counts, as differences in as few bytes as they need. A file without a name
//! takes the runs for which there is no room; at the end all runs of a table are read side by side.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::files::{self, File};

/// One cell: its packed nodes, and how many victims it holds at least and at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PackedCell {
    pub key: u64,
    pub lower: u64,
    pub upper: u64,
}

/// Bytes that are read at once from a spilled run.
const AT_ONCE: usize = 1 << 16;

/// Where the bytes of a run are.
#[derive(Debug)]
enum RunPlace {
    Memory(Vec<u8>),
    Disk { start: u64, length: u64 },
}

/// Ascending cells, packed.
#[derive(Debug)]
pub(super) struct PackedRun {
    place: RunPlace,
    /// How many there are.
    pub cells: u64,
}

impl PackedRun {
    /// Sorts cells, adds up those with the same key and packs them.
    pub fn of(cells: &mut [PackedCell]) -> Self {
        cells.sort_unstable_by_key(|cell| cell.key);
        let mut pack = CellPacker::default();
        for same in cells.chunk_by(|a, b| a.key == b.key) {
            let sum = same.iter().fold(PackedCell { key: same[0].key, lower: 0, upper: 0 }, |sum, cell| sum.and(cell));
            pack.push(sum);
        }
        pack.end()
    }

    /// Sorts keys of one victim each, adds up the same ones and packs them.
    pub fn of_keys(keys: &mut [u64]) -> Self {
        keys.sort_unstable();
        let mut pack = CellPacker::default();
        for same in keys.chunk_by(|a, b| a == b) {
            let count = same.len() as u64;
            pack.push(PackedCell { key: same[0], lower: count, upper: count });
        }
        pack.end()
    }

    /// Bytes in memory.
    pub fn held(&self) -> u64 {
        match &self.place {
            RunPlace::Memory(bytes) => bytes.len() as u64,
            RunPlace::Disk { .. } => 0,
        }
    }
}

impl PackedCell {
    /// The sum of two counts of one cell; the sum over all cells is checked elsewhere.
    fn and(self, other: &Self) -> Self {
        let (lower, upper) = (self.lower.wrapping_add(other.lower), self.upper.wrapping_add(other.upper));
        Self { key: self.key, lower, upper }
    }
}

/// Packs ascending cells.
#[derive(Default)]
pub(super) struct CellPacker {
    bytes: Vec<u8>,
    last: u64,
    cells: u64,
}

impl CellPacker {
    pub fn push(&mut self, cell: PackedCell) {
        // The lowest bit says whether the count is one number, which it nearly always is.
        let exact = cell.lower == cell.upper;
        let step = u128::from(cell.key - self.last) << 1 | u128::from(!exact);
        varint(step, &mut self.bytes);
        varint(cell.lower.into(), &mut self.bytes);
        if !exact {
            varint(cell.upper.into(), &mut self.bytes);
        }
        self.last = cell.key;
        self.cells += 1;
    }

    pub fn end(mut self) -> PackedRun {
        self.bytes.shrink_to_fit();
        PackedRun { place: RunPlace::Memory(self.bytes), cells: self.cells }
    }
}

fn varint(mut value: u128, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The file of spilled runs.
#[derive(Debug, Default)]
pub(super) struct Aside {
    file: Option<Mutex<File>>,
    end: u64,
}

impl Aside {
    /// Lays runs aside.
    pub fn take<'a>(&mut self, runs: impl Iterator<Item = &'a mut PackedRun>) -> Result<()> {
        for run in runs {
            let RunPlace::Memory(bytes) = &run.place else { continue };
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(Mutex::new(files::nameless().map_err(problem)?)),
            };
            let file = file.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.end)).and_then(|_| file.write_all(bytes)).map_err(problem)?;
            let length = bytes.len() as u64;
            run.place = RunPlace::Disk { start: self.end, length };
            self.end += length;
        }
        Ok(())
    }

    /// The cells of some runs in the order of their keys, those with the same key added up.
    pub fn merged<'a>(&'a self, runs: &'a [PackedRun]) -> Result<MergedRuns<'a>> {
        let mut merged = MergedRuns { runs: Vec::new(), heap: BinaryHeap::new() };
        for run in runs {
            let mut reader =
                RunReader { aside: self, run, at: 0, buffer: Vec::new(), start: 0, last: 0, left: run.cells };
            if let Some(cell) = reader.next()? {
                merged.heap.push(Reverse((cell, merged.runs.len())));
            }
            merged.runs.push(reader);
        }
        Ok(merged)
    }
}

/// Runs that are read side by side.
pub(super) struct MergedRuns<'a> {
    runs: Vec<RunReader<'a>>,
    heap: BinaryHeap<Reverse<(PackedCell, usize)>>,
}

impl MergedRuns<'_> {
    /// The next cell.
    pub fn next(&mut self) -> Result<Option<PackedCell>> {
        let Some(Reverse((mut cell, run))) = self.heap.pop() else { return Ok(None) };
        self.refill(run)?;
        while let Some(Reverse((other, run))) = self.heap.peek().copied()
            && other.key == cell.key
        {
            self.heap.pop();
            cell = cell.and(&other);
            self.refill(run)?;
        }
        Ok(Some(cell))
    }

    fn refill(&mut self, run: usize) -> Result<()> {
        if let Some(cell) = self.runs[run].next()? {
            self.heap.push(Reverse((cell, run)));
        }
        Ok(())
    }
}

/// A run that is unpacked.
struct RunReader<'a> {
    aside: &'a Aside,
    run: &'a PackedRun,
    /// How many bytes were read from the disk.
    at: u64,
    buffer: Vec<u8>,
    /// The first byte of the buffer that was not used yet.
    start: usize,
    last: u64,
    left: u64,
}

impl RunReader<'_> {
    fn next(&mut self) -> Result<Option<PackedCell>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let step = self.number()?;
        self.last += (step >> 1) as u64;
        let lower = self.number()? as u64;
        let upper = if step & 1 == 0 { lower } else { self.number()? as u64 };
        Ok(Some(PackedCell { key: self.last, lower, upper }))
    }

    fn number(&mut self) -> Result<u128> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    #[inline]
    fn byte(&mut self) -> Result<u8> {
        match &self.run.place {
            RunPlace::Memory(bytes) => {
                self.start += 1;
                Ok(bytes[self.start - 1])
            }
            RunPlace::Disk { start, length } => {
                if self.start == self.buffer.len() {
                    self.buffer.resize(AT_ONCE.min((length - self.at) as usize), 0);
                    let file = self.aside.file.as_ref().ok_or_else(|| Error::failed("a file was not made"))?;
                    let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    file.seek(SeekFrom::Start(start + self.at))
                        .and_then(|_| file.read_exact(&mut self.buffer))
                        .map_err(problem)?;
                    self.at += self.buffer.len() as u64;
                    self.start = 0;
                }
                self.start += 1;
                Ok(self.buffer[self.start - 1])
            }
        }
    }
}

fn problem(cause: std::io::Error) -> Error {
    Error::failed("cannot lay counts aside on the disk")
        .hint("`TMPDIR` (`TEMP` on Windows) names the folder for temporary files; more `--memory` needs less of it")
        .because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the cells are spread over runs, and wherever these are, their sums are the same.
    #[test]
    fn runs_add_up_in_memory_and_on_the_disk() {
        let cell = |key, lower, upper| PackedCell { key, lower, upper };
        let mut a = vec![cell(7, 1, 1), cell(0, 2, 5), cell(7, 3, 3), cell(u64::MAX, 1, 1)];
        let mut b = vec![cell(300, 1, 2), cell(7, 1, 9)];
        let expected = vec![cell(0, 2, 5), cell(7, 5, 13), cell(300, 1, 2), cell(u64::MAX, 1, 1)];
        for aside_of in 0..4usize {
            let mut runs = vec![PackedRun::of(&mut a), PackedRun::of(&mut b), PackedRun::of(&mut [])];
            let mut aside = Aside::default();
            aside.take(runs.iter_mut().take(aside_of)).unwrap();
            let mut merged = aside.merged(&runs).unwrap();
            let mut found = Vec::new();
            while let Some(cell) = merged.next().unwrap() {
                found.push(cell);
            }
            assert_eq!(found, expected);
        }
        assert_eq!(PackedRun::of_keys(&mut [5, 1, 5]).cells, 2);
    }

    /// Larger than what is read at once, so that numbers lie across two reads.
    #[test]
    fn long_runs_are_read_in_pieces() {
        let mut cells: Vec<PackedCell> =
            (0..100_000u64).map(|at| PackedCell { key: at * at, lower: at % 300, upper: at % 301 + 300 }).collect();
        let mut runs = vec![PackedRun::of(&mut cells)];
        let mut aside = Aside::default();
        aside.take(runs.iter_mut()).unwrap();
        assert!(aside.end > 2 * AT_ONCE as u64 && runs[0].held() == 0);
        let mut merged = aside.merged(&runs).unwrap();
        for cell in &cells {
            assert_eq!(merged.next().unwrap(), Some(*cell));
        }
        assert_eq!(merged.next().unwrap(), None);
    }
}
