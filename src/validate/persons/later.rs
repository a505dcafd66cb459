//! Records that are not the first of their person, area and year, one after another.

use std::iter;

use super::ledger::SeenAt;
use super::sorter::{RecordSorter, Sorted, problem};
use crate::error::{Error, Result};
use crate::finding::Rule;

/// A record that is not the first of its person, area and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Later {
    /// Which input.
    pub source: u32,
    /// Which of its accepted rows, counted from 0.
    pub row: u64,
    /// The line on which it begins.
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

/// All later records of a run, in the order of the inputs and of their rows.
///
/// They are read from the disk as they are needed, because there can be as many as records.
#[derive(Debug)]
pub struct Laters {
    inputs: Inputs,
    sorted: Sorted<1>,
    /// From which number on lines are how much further, in ascending order.
    jumps: Sorted<2>,
    /// The last of them that was read, and the next one.
    further: i64,
    jump: Option<[u64; 2]>,
    /// Records that repeat another, for each input.
    repeated: Vec<u64>,
    conflicts: u64,
    /// The one that comes next, where it was looked at.
    next: Option<Later>,
}

impl Laters {
    pub(super) fn new(mut inputs: Inputs, sorted: Sorted<1>, repeated: Vec<u64>, conflicts: u64) -> Result<Self> {
        let mut jumps = std::mem::replace(&mut inputs.jumps, RecordSorter::holding(1)).sorted().map_err(problem)?;
        let jump = jumps.next().transpose().map_err(problem)?;
        Ok(Self { inputs, sorted, jumps, further: 0, jump, repeated, conflicts, next: None })
    }

    /// Returns how many records of an input repeat another.
    pub fn repeated(&self, source: u32) -> u64 {
        let of_source =
            self.inputs.begins.iter().zip(&self.repeated).filter(|((_, origin), _)| *origin == Some(source));
        of_source.map(|(_, repeated)| repeated).sum()
    }

    /// Returns how many records contradict another.
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Returns the next later record of an input; those of inputs before it are skipped.
    pub fn next_of(&mut self, source: u32) -> Result<Option<Later>> {
        loop {
            let next = match self.next.take() {
                Some(next) => next,
                None => {
                    let Some(next) = self.sorted.next().transpose().map_err(problem)? else { return Ok(None) };
                    self.later(next)?
                }
            };
            if next.source == source {
                return Ok(Some(next));
            }
            if next.source > source {
                self.next = Some(next);
                return Ok(None);
            }
        }
    }

    fn later(&mut self, [next]: [u64; 1]) -> Result<Later> {
        let (number, repeats) = (next >> 1, next & 1 == 1);
        while let Some([_, further]) = self.jump.filter(|[from, _]| *from <= number) {
            self.further = further as i64;
            self.jump = self.jumps.next().transpose().map_err(problem)?;
        }
        let (begin, source) = self.inputs.begins[self.inputs.input(number)];
        let line = (number as i64 + self.further) as u64;
        Ok(Later { source: source.unwrap_or_default(), row: number - begin, line, repeats })
    }

    /// Returns the rows of an input that repeat others; `look` is shown every later record of it.
    pub fn rows(
        &mut self,
        source: u32,
        mut look: impl FnMut(&Later) -> Result<()>,
    ) -> impl Iterator<Item = Result<u64>> {
        let mut next = move || -> Result<Option<u64>> {
            while let Some(later) = self.next_of(source)? {
                look(&later)?;
                if later.repeats {
                    return Ok(Some(later.row));
                }
            }
            Ok(None)
        };
        iter::from_fn(move || next().transpose())
    }
}

/// Bits of the number of a record. Records are numbered through all inputs.
pub(super) const NUMBER_BITS: u32 = 40;

/// So many jumps are held before they are spilled: 1 MiB.
const HELD: usize = 1 << 16;

/// The inputs of a run, and what turns the number of a record into its row and line.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The number of the first record of each input, and which it is; nothing for a store to which records are added.
    begins: Vec<(u64, Option<u32>)>,
    /// From which number on lines are how much further: that changes only where a line is not an accepted record, or a record has
    /// several lines.
    jumps: RecordSorter<2>,
    further: i64,
    /// The number of the first record of the last input.
    begin: u64,
    /// The number after the last record.
    end: u64,
}

impl Default for Inputs {
    fn default() -> Self {
        Self { begins: Vec::new(), jumps: RecordSorter::holding(HELD), further: 0, begin: 0, end: 0 }
    }
}

impl Inputs {
    /// Begins an input, unless it is the last one.
    pub fn begin(&mut self, source: Option<u32>) {
        if self.begins.last().is_none_or(|(_, last)| *last != source) {
            self.begin = self.end;
            self.begins.push((self.end, source));
        }
    }

    /// Returns the number of inputs.
    pub fn len(&self) -> usize {
        self.begins.len()
    }

    /// Returns the number of the first of so many rows of the last input, and whether it follows that of the row before.
    pub fn number(&mut self, at: SeenAt, rows: u64) -> Result<(u64, bool)> {
        let number = self.begin + at.row;
        let follows = number == self.end;
        self.end = number + rows;
        if self.end > 1 << NUMBER_BITS {
            return Err(Error::failed("more than 1,000,000,000,000 records are read at once")
                .hint("read them in several runs: `--append` adds files to a store"));
        }
        let further = at.line as i64 - number as i64;
        if further != self.further {
            self.further = further;
            self.jumps.push([number, further as u64]).map_err(problem)?;
        }
        Ok((number, follows))
    }

    /// Returns which of the inputs a record is in.
    pub fn input(&self, number: u64) -> usize {
        self.begins.partition_point(|(begin, _)| *begin <= number) - 1
    }

    /// Returns whether an input is a store to which records are added.
    pub fn is_former(&self, input: usize) -> bool {
        self.begins[input].1.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_row_and_its_line() {
        let mut inputs = Inputs::default();
        let (mut sorter, mut expected) = (RecordSorter::holding(3), Vec::new());
        for (source, rows) in [
            (None, vec![(0, 0), (1, 0), (2, 0)]),
            (Some(0), vec![(0, 2), (1, 3), (3, 17_000_000), (4, 17_000_001), (9, 5_000_000_000)]),
            (Some(1), vec![]),
            (Some(2), vec![(0, 2), (70_000_000, 70_000_002), (70_000_001, 70_000_002)]),
        ] {
            inputs.begin(source);
            for (row, line) in rows {
                let (number, _) = inputs.number(SeenAt { row, line }, 1).unwrap();
                sorter.push([number << 1]).unwrap();
                expected.push(Later { source: source.unwrap_or(0), row, line, repeats: false });
            }
        }
        let mut later = Laters::new(inputs, sorter.sorted().unwrap(), Vec::new(), 0).unwrap();
        let found: Vec<Later> = (0..3)
            .flat_map(|source| std::iter::from_fn(|| later.next_of(source).unwrap()).collect::<Vec<_>>())
            .collect();
        assert_eq!(found, expected);
    }
}
