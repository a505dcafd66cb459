//! Records that are alike become one with a weight, before they are counted in every cuboid.
//!
//! Real records repeat: victims of one case, in one place and year, differ in little. The table of those seen holds a
//! bounded number; when it is full its content is added to the cuboids and it starts afresh, so its memory does not grow.

use super::Dimension;
use super::dense::Width;
use super::rows::{DimensionClasses, RecordRun, RowWeights};
use crate::model::KeyLayout;

/// So many rows are packed before they are looked up.
const BLOCK: usize = 256;

/// Bits of half a key.
const HALF: u32 = u32::BITS;

/// Slots of the front.
const FRONT: usize = 1 << 14;

/// Slots at first; the table grows as it fills.
const START: usize = 1 << 16;

/// One kind of record that was seen: its packed classes and one more, so that 0 is an empty slot, and its weight.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: u64,
    lower: u64,
}

/// Records that were seen, each kind once.
#[derive(Debug)]
pub(super) struct Combiner {
    shifts: Vec<u32>,
    slots: Vec<Slot>,
    /// The kinds that were seen last, in the fastest memory: few kinds are most of the records.
    front: Vec<Slot>,
    /// Those that left the front and are not among the others yet.
    waiting: Vec<Slot>,
    /// The upper bounds of weights, where they differ from the lower ones.
    upper: Option<Vec<u64>>,
    used: usize,
    limit: usize,
    rows_in: u64,
    rows_out: u64,
}

impl Combiner {
    /// Returns a table of at most so many slots, a power of two. Returns nothing where the classes do not fit 63 bits.
    pub fn new(dimensions: &[Dimension], limit: usize, width: Width) -> Option<Self> {
        let mut shifts = Vec::new();
        let mut bits = 0;
        for dimension in dimensions {
            let width = KeyLayout::bits(dimension.card());
            // Halves are packed separately, because a processor does more of them at once. No class is in both.
            if bits < HALF && bits + width > HALF {
                bits = HALF;
            }
            shifts.push(bits);
            bits += width;
        }
        let upper = width.has_bounds().then(|| vec![0; START.min(limit)]);
        let front = if width.has_bounds() { 0 } else { FRONT.min(limit / 4) };
        (bits < u64::BITS).then(|| Self {
            shifts,
            front: vec![Slot::default(); front],
            waiting: Vec::with_capacity(BLOCK),
            slots: vec![Slot::default(); START.min(limit)],
            upper,
            used: 0,
            limit,
            rows_in: 0,
            rows_out: 0,
        })
    }

    /// Bytes of a full table.
    pub fn bytes(limit: usize, width: Width) -> u64 {
        // While it grows, the previous half-sized table exists too.
        FRONT as u64 * 16 + limit as u64 * if width.has_bounds() { 24 } else { 16 } * 3 / 2
    }

    /// Returns how many rows were read, and how many kinds were written.
    pub fn repeats(&self) -> (u64, u64) {
        (self.rows_in, self.rows_out + self.used as u64)
    }

    /// How many kinds there are among half of some rows, and among all of them; of many rows, the first ones.
    pub fn sample(&mut self, rows: &RecordRun) -> (u64, u64) {
        let mut half = 0;
        let seen = rows.len.min(1 << 17);
        for row in 0..seen {
            if row * 2 >= seen && half == 0 {
                half = self.used;
            }
            let classes = rows.codes.iter().zip(&self.shifts).map(|(codes, &shift)| u64::from(codes.get(row)) << shift);
            self.add(1 + classes.sum::<u64>(), 1, 1);
            if self.used * 2 > self.slots.len() {
                self.grow();
            }
        }
        (half as u64, self.used as u64)
    }

    /// Takes rows. What did not fit any more is appended to `out`.
    pub fn take(&mut self, rows: &RecordRun, dimensions: &[Dimension], out: &mut Vec<RecordRun>) {
        let mut keys = [0u64; BLOCK];
        self.rows_in += rows.len as u64;
        for start in (0..rows.len).step_by(BLOCK) {
            let end = rows.len.min(start + BLOCK);
            if self.used + BLOCK > self.slots.len() / 2 {
                if self.slots.len() < self.limit {
                    self.grow();
                } else {
                    out.push(self.drain(dimensions));
                }
            }
            let mut halves = [[0u32; BLOCK]; 2];
            for (codes, &shift) in rows.codes.iter().zip(&self.shifts) {
                let half = &mut halves[(shift / HALF) as usize][..end - start];
                match codes {
                    DimensionClasses::Narrow(codes) => pack(half, &codes[start..end], shift % HALF),
                    DimensionClasses::Wide(codes) => pack(half, &codes[start..end], shift % HALF),
                }
            }
            let keys = &mut keys[..end - start];
            let [low, high] = &halves;
            for ((key, &low), &high) in keys.iter_mut().zip(low).zip(high) {
                *key = (u64::from(high) << HALF | u64::from(low)) + 1;
            }
            match &rows.weights {
                RowWeights::Ones if !self.front.is_empty() => {
                    keys.iter().for_each(|&key| self.seen(key));
                    self.settle();
                }
                RowWeights::Ones => keys.iter().for_each(|&key| self.add(key, 1, 1)),
                RowWeights::Exact(counts) => {
                    keys.iter().zip(&counts[start..end]).for_each(|(&key, &count)| self.add(key, count, count));
                }
                RowWeights::Bounds(lower, upper) => {
                    let weights = lower[start..end].iter().zip(&upper[start..end]);
                    keys.iter().zip(weights).for_each(|(&key, (&lower, &upper))| self.add(key, lower, upper));
                }
            }
        }
    }

    #[inline]
    fn add(&mut self, key: u64, lower: u64, upper: u64) {
        let at = self.find(key);
        let slot = &mut self.slots[at];
        self.used += usize::from(slot.key == 0);
        slot.key = key;
        slot.lower = slot.lower.wrapping_add(lower);
        if let Some(all) = &mut self.upper {
            all[at] = all[at].wrapping_add(upper);
        }
    }

    /// Counts one more of a kind. The kind that was in its place at the front moves to the others.
    #[inline]
    fn seen(&mut self, key: u64) {
        let at = hash(key) & (self.front.len() - 1);
        let slot = &mut self.front[at];
        if slot.key == key {
            slot.lower = slot.lower.wrapping_add(1);
            return;
        }
        let previous = std::mem::replace(slot, Slot { key, lower: 1 });
        if previous.key != 0 {
            self.waiting.push(previous);
        }
    }

    /// Brings those that wait to the others.
    ///
    /// Their slots are far away in memory. Looking at all of them first lets the processor fetch many at once.
    fn settle(&mut self) {
        let mask = self.slots.len() - 1;
        let looked = self.waiting.iter().fold(0, |looked, slot| looked ^ self.slots[hash(slot.key) & mask].key);
        std::hint::black_box(looked);
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.drain(..).for_each(|slot| self.add(slot.key, slot.lower, slot.lower));
        self.waiting = waiting;
    }

    /// Brings the front to the others.
    fn flush(&mut self) {
        for at in 0..self.front.len() {
            let slot = std::mem::take(&mut self.front[at]);
            if slot.key != 0 {
                self.add(slot.key, slot.lower, slot.lower);
            }
        }
    }

    #[inline]
    fn find(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash(key) & mask;
        while self.slots[at].key != key && self.slots[at].key != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let slots = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        let upper = self.upper.as_mut().map(|upper| std::mem::replace(upper, vec![0; size]));
        self.used = 0;
        for (at, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.key != 0) {
            self.add(slot.key, slot.lower, upper.as_ref().map_or(slot.lower, |upper| upper[at]));
        }
    }

    /// Takes over what another has seen.
    pub fn merge(&mut self, mut other: Self, dimensions: &[Dimension], out: &mut Vec<RecordRun>) {
        let rows = other.drain(dimensions);
        let (rows_in, rows_out) = (self.rows_in, self.rows_out);
        self.take(&rows, dimensions, out);
        self.rows_in = rows_in + other.rows_in;
        self.rows_out = rows_out.max(self.rows_out);
    }

    /// The kinds that were seen, as rows with weights; nothing is left.
    pub fn drain(&mut self, dimensions: &[Dimension]) -> RecordRun {
        // Half of the table is empty, so that there is room for all of the front.
        self.flush();
        let mut rows = RecordRun::empty(dimensions, self.used);
        let (mut lower, mut upper) = (Vec::with_capacity(self.used), Vec::new());
        for (at, slot) in self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.key != 0) {
            let key = slot.key - 1;
            for ((codes, dimension), &shift) in rows.codes.iter_mut().zip(dimensions).zip(&self.shifts) {
                let mask = (1u64 << KeyLayout::bits(dimension.card())) - 1;
                codes.push((key >> shift & mask) as u16);
            }
            lower.push(slot.lower);
            if let Some(all) = &mut self.upper {
                upper.push(std::mem::take(&mut all[at]));
            }
            *slot = Slot::default();
        }
        rows.len = lower.len();
        rows.weights = if self.upper.is_some() { RowWeights::Bounds(lower, upper) } else { RowWeights::Exact(lower) };
        self.rows_out += rows.len as u64;
        self.used = 0;
        rows
    }
}

#[inline]
fn hash(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

#[inline]
fn pack<T: Copy + Into<u32>>(half: &mut [u32], codes: &[T], shift: u32) {
    half.iter_mut().zip(codes).for_each(|(half, &code)| *half |= code.into() << shift);
}
