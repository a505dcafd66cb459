//! A column as the different values that it holds and the place of each row's value among them.

use std::collections::BTreeMap;

/// Rows that follow each other.
pub(super) enum RowRun<'a, T> {
    /// So many of one value.
    Same(T, usize),
    /// Each with its own.
    Each(&'a [T]),
}

impl<T: Copy> RowRun<'_, T> {
    fn len(&self) -> usize {
        match self {
            Self::Same(_, rows) => *rows,
            Self::Each(values) => values.len(),
        }
    }

    /// Takes the value of each row; of rows with one value, once and with their number.
    fn each(&self, mut take: impl FnMut(T, usize)) {
        match self {
            Self::Same(value, rows) => take(*value, *rows),
            Self::Each(values) => values.iter().for_each(|&value| take(value, 1)),
        }
    }
}

/// Values as indices of the different ones, which are in ascending order.
pub(super) struct Indexed<'a, T> {
    /// The different values.
    pub values: Vec<T>,
    /// The number of rows.
    pub rows: usize,
    at: At<'a>,
}

/// For each row, which of the different values it has.
enum At<'a> {
    /// There is at most one.
    One,
    /// As codes, and the place of each code.
    Codes(&'a [RowRun<'a, u16>], Vec<u32>),
    /// As places.
    Places(Vec<u32>),
}

impl<T> Indexed<'_, T> {
    /// Bits in which the values differ.
    pub fn width(&self) -> u32 {
        usize::BITS - self.values.len().saturating_sub(1).leading_zeros()
    }

    /// Appends which value each row has, packed.
    pub fn pack(&self, out: &mut Vec<u8>) {
        let mut bits = Bits::begin(self.rows, self.width(), out);
        match &self.at {
            At::One => {}
            At::Places(places) => places.iter().for_each(|&place| bits.push(place)),
            At::Codes(column, place) => {
                let at = |code: u16| place[usize::from(code)];
                for run in *column {
                    match run {
                        RowRun::Same(code, rows) => (0..*rows).for_each(|_| bits.push(at(*code))),
                        RowRun::Each(codes) => bits.extend(codes, at),
                    }
                }
            }
        }
        bits.end();
    }
}

impl<'a> Indexed<'a, u16> {
    /// Finds the different codes of a column, all of them below `codes`.
    pub fn of_codes(column: &'a [RowRun<'a, u16>], codes: usize) -> Self {
        // With a place for each number of 16 bits, no code needs a check.
        let mut used = vec![false; 1 << u16::BITS];
        if let Some(used) = used.first_chunk_mut::<{ 1 << u16::BITS }>() {
            column.iter().for_each(|run| run.each(|code, _| used[usize::from(code)] = true));
        }
        let values: Vec<u16> = (0..codes as u16).filter(|&code| used[usize::from(code)]).collect();
        let rows = column.iter().map(RowRun::len).sum();
        if values.len() < 2 {
            return Self { values, rows, at: At::One };
        }
        let mut place = vec![0; codes];
        values.iter().zip(0..).for_each(|(&code, to)| place[usize::from(code)] = to);
        Self { values, rows, at: At::Codes(column, place) }
    }
}

/// Counts below this are found in a table.
const USUAL: u64 = 1 << 16;

impl Indexed<'_, u64> {
    /// Finds the different numbers of a column, of which most are small.
    pub fn of_numbers(numbers: &[u64]) -> Self {
        let usual = numbers.iter().filter(|&&number| number < USUAL).max().map_or(0, |&largest| largest as usize + 1);
        let mut place = vec![0; usual];
        let mut large = Vec::new();
        for &number in numbers {
            match place.get_mut(number as usize) {
                Some(place) if number < USUAL => *place = 1,
                _ => large.push(number),
            }
        }
        large.sort_unstable();
        large.dedup();
        let mut values = Vec::new();
        for (number, place) in place.iter_mut().enumerate().filter(|(_, place)| **place > 0) {
            *place = values.len() as u32;
            values.push(number as u64);
        }
        let small = values.len();
        let find = |number: u64| match place.get(number as usize) {
            Some(&place) if number < USUAL => place,
            _ => (small + large.partition_point(|&other| other < number)) as u32,
        };
        let at = if small + large.len() < 2 {
            At::One
        } else {
            At::Places(numbers.iter().map(|&number| find(number)).collect())
        };
        values.extend_from_slice(&large);
        Self { values, rows: numbers.len(), at }
    }
}

impl<T: Copy + Ord + Into<u64>> Indexed<'_, T> {
    /// Finds the different values of a column.
    pub fn of(column: &[RowRun<'_, T>]) -> Self {
        let rows = column.iter().map(RowRun::len).sum();
        if let [RowRun::Same(first, _), rest @ ..] = column
            && rest.iter().all(|run| matches!(run, RowRun::Same(value, _) if value == first))
        {
            return Self { values: vec![*first], rows, at: At::One };
        }
        let mut values = Vec::new();
        let mut at: Vec<u32> = Vec::new();
        // Most sets hold one code, so their bits are a power of two.
        let mut single = [None; u64::BITS as usize];
        let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
        for run in column {
            run.each(|value, rows| {
                let mut new = || {
                    values.push(value);
                    (values.len() - 1) as u32
                };
                let bits = value.into();
                let place = if bits.is_power_of_two() {
                    *single[bits.trailing_zeros() as usize].get_or_insert_with(new)
                } else {
                    *seen.entry(bits).or_insert_with(&mut new)
                };
                if rows == 1 { at.push(place) } else { at.resize(at.len() + rows, place) }
            });
        }
        // In the order of the values and not of the rows, so that a reader sees the order of the code list.
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        order.sort_unstable_by_key(|&at| values[at as usize]);
        let mut place = vec![0; values.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from as usize] = to as u32);
        at.iter_mut().for_each(|row| *row = place[*row as usize]);
        let at = if values.len() < 2 { At::One } else { At::Places(at) };
        Self { values: order.into_iter().map(|at| values[at as usize]).collect(), rows, at }
    }
}

/// One run of values of some bits in Parquet's way: of one value repeated where there are no bits, else packed from the
/// least bit on.
pub(super) struct Bits<'a> {
    width: u32,
    waiting: u64,
    held: u32,
    end: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Bits<'a> {
    /// Begins a run of so many values.
    pub fn begin(count: usize, width: u32, out: &'a mut Vec<u8>) -> Self {
        if width == 0 {
            varint((count as u64) << 1, out);
        }
        let groups = count.div_ceil(8);
        if width > 0 {
            varint((groups as u64) << 1 | 1, out);
        }
        let end = out.len() + groups * width as usize;
        out.reserve(end - out.len() + 8);
        Self { width, waiting: 0, held: 0, end, out }
    }

    /// Adds a value.
    #[inline]
    pub fn push(&mut self, value: u32) {
        self.add(value.into(), self.width);
    }

    /// Adds the values of codes, four together where four fit.
    fn extend(&mut self, codes: &[u16], value: impl Fn(u16) -> u32) {
        let width = self.width;
        let mut fours = codes.chunks_exact(4);
        if width <= 8 {
            for four in &mut fours {
                let at = |index: usize| u64::from(value(four[index])) << (index as u32 * width);
                self.add(at(0) | at(1) | at(2) | at(3), 4 * width);
            }
        } else {
            fours = [].chunks_exact(4);
            codes.iter().for_each(|&code| self.push(value(code)));
        }
        fours.remainder().iter().for_each(|&code| self.push(value(code)));
    }

    /// Adds at most 32 bits.
    #[inline]
    fn add(&mut self, bits: u64, width: u32) {
        self.waiting |= bits << self.held;
        self.held += width;
        if self.held >= 32 {
            self.out.extend_from_slice(&(self.waiting as u32).to_le_bytes());
            self.waiting >>= 32;
            self.held -= 32;
        }
    }

    /// Fills the last group up with zeros.
    pub fn end(self) {
        if self.width > 0 {
            self.out.extend_from_slice(&self.waiting.to_le_bytes());
            self.out.resize(self.end, 0);
        }
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader of Parquet makes of the packed bits.
    fn unpacked<T>(indexed: &Indexed<'_, T>) -> Vec<u32> {
        let mut out = Vec::new();
        indexed.pack(&mut out);
        let (width, bytes) = (indexed.width() as usize, &out[1..]);
        let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
        (0..indexed.rows).map(|row| (0..width).map(|place| bit(row * width + place) << place).sum()).collect()
    }

    #[test]
    fn different_values_are_in_their_own_order() {
        let runs = [RowRun::Each(&[7u32, 3]), RowRun::Same(7, 2), RowRun::Each(&[9, 3])];
        let indexed = Indexed::of(&runs);
        assert_eq!((unpacked(&indexed), indexed.values, indexed.rows), (vec![1, 0, 1, 1, 2, 0], vec![3, 7, 9], 6));
        let runs = [RowRun::Each(&[7, 3]), RowRun::Same(7, 2), RowRun::Each(&[9, 3])];
        let indexed = Indexed::of_codes(&runs, 10);
        assert_eq!((unpacked(&indexed), indexed.values, indexed.rows), (vec![1, 0, 1, 1, 2, 0], vec![3, 7, 9], 6));
        // Where there is one value, no row needs to say which.
        let same = Indexed::of(&[RowRun::Each(&[5u64; 3])]);
        assert_eq!((same.width(), same.values, same.rows), (0, vec![5], 3));
        let runs = [RowRun::Same(5, 3)];
        let same = Indexed::of_codes(&runs, 6);
        assert_eq!((same.width(), same.values, same.rows), (0, vec![5], 3));
        assert!(Indexed::<u32>::of(&[]).values.is_empty());
        let numbers = [70_000, 2, u64::MAX, 0, 2, 70_000];
        let indexed = Indexed::of_numbers(&numbers);
        assert_eq!((unpacked(&indexed), indexed.values), (vec![2, 1, 3, 0, 1, 2], vec![0, 2, 70_000, u64::MAX]));
        assert_eq!(Indexed::of_numbers(&[9, 9]).values, [9]);
    }

    /// Five values of three bits, by hand: 1, 2, 3, 4, 5 are 001 010 011 100 101, the first in the lowest bits; the group
    /// of eight is filled up with zeros, so the run has one group and three bytes.
    #[test]
    fn bits_are_packed_from_the_lowest_on() {
        let packed = |add: &dyn Fn(&mut Bits<'_>)| {
            let mut out = Vec::new();
            let mut bits = Bits::begin(5, 3, &mut out);
            add(&mut bits);
            bits.end();
            out
        };
        assert_eq!(packed(&|bits| (1..=5).for_each(|value| bits.push(value))), [0b11, 0b1101_0001, 0b0101_1000, 0]);
        assert_eq!(packed(&|bits| bits.extend(&[1, 2, 3, 4, 5], u32::from)), [0b11, 0b1101_0001, 0b0101_1000, 0]);
        let mut out = Vec::new();
        Bits::begin(300, 0, &mut out).end();
        // 300 repetitions: 600 as a varint, and no byte for a value of no bits.
        assert_eq!(out, [0xd8, 0x04]);
    }
}
