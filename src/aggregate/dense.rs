//! One cuboid as an array that has a counter for every combination of classes.
//!
//! An addition does not look whether its counter is full: no cell holds more than all records together, and that sum is
//! checked before.

use super::rows::{DimensionClasses, RecordRun, RowWeights};

/// So many places are found before their counters are touched: they stay in the fastest cache.
const BLOCK: usize = 1024;

/// The numbers in which a cuboid counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Fewer than 2^32 victims in all.
    Narrow,
    /// More.
    Wide,
    /// Each count has a lower and an upper bound.
    Bounds,
}

impl Width {
    /// Returns whether a count has two bounds.
    pub fn has_bounds(self) -> bool {
        self == Self::Bounds
    }

    /// Bytes of a cell.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Narrow => 5,
            Self::Wide => 8,
            Self::Bounds => 16,
        }
    }

    /// Bytes of a cell that are touched by each row: what the caches must hold.
    pub fn hot(self) -> u64 {
        if self == Self::Narrow { 1 } else { self.bytes() }
    }
}

/// The counters, the last dimension fastest.
#[derive(Debug)]
pub(super) enum Counters {
    /// While rows are added: the lowest eight bits, and what they carried. The lowest bits of a large cuboid fit a cache in
    /// which whole counters would not.
    Split(Vec<u8>, Vec<u32>),
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
    Bounds(Vec<u64>, Vec<u64>),
}

impl Counters {
    fn new(width: Width, cells: usize) -> Self {
        match width {
            Width::Narrow => Self::Split(vec![0; cells], vec![0; cells]),
            Width::Wide => Self::Wide(vec![0; cells]),
            Width::Bounds => Self::Bounds(vec![0; cells], vec![0; cells]),
        }
    }

    /// Calls back with each cell that is not empty: its place, and the bounds of its count.
    pub fn each(&self, mut take: impl FnMut(usize, u64, u64)) {
        match self {
            Self::Split(..) => unreachable!("counters are whole when rows were added"),
            Self::Narrow(counts) => {
                let full = counts.iter().enumerate().filter(|(_, count)| **count > 0);
                full.for_each(|(at, &count)| take(at, count.into(), count.into()));
            }
            Self::Wide(counts) => {
                let full = counts.iter().enumerate().filter(|(_, count)| **count > 0);
                full.for_each(|(at, &count)| take(at, count, count));
            }
            // A masked count of `<5` may be zero, and is a cell nevertheless.
            Self::Bounds(lower, upper) => {
                let full = lower.iter().zip(upper).enumerate().filter(|(_, (_, upper))| **upper > 0);
                full.for_each(|(at, (&lower, &upper))| take(at, lower, upper));
            }
        }
    }
}

/// A cuboid: some dimensions, and the count of each combination of their classes.
#[derive(Debug)]
pub(super) struct Cuboid {
    pub dimensions: Vec<usize>,
    cards: Vec<u32>,
    pub counters: Counters,
}

impl Cuboid {
    /// Nothing is counted yet.
    pub fn new(dimensions: &[usize], cards: &[usize], width: Width) -> Self {
        let cards: Vec<u32> = dimensions.iter().map(|&dimension| cards[dimension] as u32).collect();
        let cells = cards.iter().map(|&card| card as usize).product();
        Self { dimensions: dimensions.to_vec(), cards, counters: Counters::new(width, cells) }
    }

    /// Counts rows.
    pub fn add(&mut self, rows: &RecordRun) {
        let mut places = [0u32; BLOCK];
        for start in (0..rows.len).step_by(BLOCK) {
            let end = rows.len.min(start + BLOCK);
            let places = &mut places[..end - start];
            self.find(rows, start, places);
            match (&mut self.counters, &rows.weights) {
                (Counters::Split(low, high), RowWeights::Ones) => one(low, high, places),
                (Counters::Split(low, high), RowWeights::Exact(weights)) => {
                    for (&place, &weight) in places.iter().zip(&weights[start..end]) {
                        let low = &mut low[place as usize];
                        let sum = u64::from(*low).wrapping_add(weight);
                        *low = sum as u8;
                        if sum > 0xff {
                            let high = &mut high[place as usize];
                            *high = high.wrapping_add((sum >> 8) as u32);
                        }
                    }
                }
                (Counters::Narrow(_), _) => unreachable!("counters are whole when all rows were added"),
                (Counters::Wide(counts), RowWeights::Ones) => places.iter().for_each(|&place| {
                    let count = &mut counts[place as usize];
                    *count = count.wrapping_add(1);
                }),
                (Counters::Wide(counts), RowWeights::Exact(weights)) => many(counts, places, &weights[start..end]),
                (Counters::Bounds(lower, upper), RowWeights::Bounds(low, high)) => {
                    many(lower, places, &low[start..end]);
                    many(upper, places, &high[start..end]);
                }
                (Counters::Bounds(lower, upper), RowWeights::Exact(weights)) => {
                    many(lower, places, &weights[start..end]);
                    many(upper, places, &weights[start..end]);
                }
                (Counters::Bounds(lower, upper), RowWeights::Ones) => places.iter().for_each(|&place| {
                    lower[place as usize] = lower[place as usize].wrapping_add(1);
                    upper[place as usize] = upper[place as usize].wrapping_add(1);
                }),
                (Counters::Split(..) | Counters::Wide(_), RowWeights::Bounds(..)) => {
                    unreachable!("the counters were made for rows without bounds")
                }
            }
        }
    }

    /// Makes the counters whole, when all rows were added.
    pub fn end(mut self) -> Self {
        if let Counters::Split(low, mut high) = self.counters {
            high.iter_mut().zip(low).for_each(|(high, low)| *high = *high << 8 | u32::from(low));
            self.counters = Counters::Narrow(high);
        }
        self
    }

    /// The place of each row's counter.
    ///
    /// Neighbouring dimensions are joined in 16 bits as long as they fit: of these a processor multiplies twice as many at
    /// once, and the oldest ones know no other multiplication of many numbers.
    fn find(&self, rows: &RecordRun, start: usize, places: &mut [u32]) {
        places.fill(0);
        let mut part = [0u16; BLOCK];
        let part = &mut part[..places.len()];
        let mut at = 0;
        while at < self.dimensions.len() {
            let (first, mut size) = (at, 1u32);
            while at < self.cards.len() && size.saturating_mul(self.cards[at]) <= 1 << 16 {
                size *= self.cards[at];
                let codes = &rows.codes[self.dimensions[at]];
                let range = start..start + places.len();
                match (codes, at == first) {
                    (DimensionClasses::Narrow(codes), true) => begin(part, &codes[range]),
                    (DimensionClasses::Wide(codes), true) => begin(part, &codes[range]),
                    (DimensionClasses::Narrow(codes), false) => join(part, &codes[range], self.cards[at]),
                    (DimensionClasses::Wide(codes), false) => join(part, &codes[range], self.cards[at]),
                }
                at += 1;
            }
            if first == 0 {
                places.iter_mut().zip(&*part).for_each(|(place, &part)| *place = part.into());
            } else {
                let next = |place: u32, part: u16| place.wrapping_mul(size).wrapping_add(part.into());
                places.iter_mut().zip(&*part).for_each(|(place, &part)| *place = next(*place, part));
            }
        }
    }

    /// The most bytes of the sums on the way to fewer dimensions: the first and the second of them are there together.
    pub fn largest_sum(&self, dimensions: &[usize]) -> u64 {
        let bytes = match &self.counters {
            Counters::Narrow(counts) | Counters::Split(_, counts) => counts.len() as u64 * 4,
            Counters::Wide(counts) => counts.len() as u64 * 8,
            Counters::Bounds(lower, _) => lower.len() as u64 * 16,
        };
        let cards = self.dimensions.iter().zip(&self.cards);
        let mut gone: Vec<u64> =
            cards.filter(|(at, _)| !dimensions.contains(at)).map(|(_, &card)| u64::from(card.max(1))).collect();
        gone.sort_unstable_by_key(|&card| std::cmp::Reverse(card));
        match gone.as_slice() {
            [] => bytes,
            [only] => bytes / only,
            [first, second, ..] => bytes / first + bytes / first / second,
        }
    }

    /// Sums over all dimensions but some of its own, which are in the same order.
    pub fn project(&self, dimensions: &[usize]) -> Counters {
        let mut kept: Vec<(bool, usize)> = self
            .dimensions
            .iter()
            .zip(&self.cards)
            .map(|(dimension, &card)| (dimensions.contains(dimension), card as usize))
            .collect();
        // The widest of those that go, first: then the next ones have less to add up.
        let mut sum: Option<Counters> = None;
        while let Some(at) = (0..kept.len()).filter(|&at| !kept[at].0).max_by_key(|&at| kept[at].1) {
            let (_, card) = kept.remove(at);
            let inner: usize = kept[at..].iter().map(|(_, card)| card).product();
            sum = Some(match sum.as_ref().unwrap_or(&self.counters) {
                Counters::Split(..) => unreachable!("counters are whole when rows were added"),
                Counters::Narrow(counts) => Counters::Narrow(sum_out(counts, card, inner, u32::wrapping_add)),
                Counters::Wide(counts) => Counters::Wide(sum_out(counts, card, inner, u64::wrapping_add)),
                Counters::Bounds(lower, upper) => Counters::Bounds(
                    sum_out(lower, card, inner, u64::wrapping_add),
                    sum_out(upper, card, inner, u64::wrapping_add),
                ),
            });
        }
        sum.unwrap_or_else(|| match &self.counters {
            Counters::Narrow(counts) | Counters::Split(_, counts) => Counters::Narrow(counts.clone()),
            Counters::Wide(counts) => Counters::Wide(counts.clone()),
            Counters::Bounds(lower, upper) => Counters::Bounds(lower.clone(), upper.clone()),
        })
    }
}

/// Computes the places among one dimension.
#[inline]
fn begin<T: Copy + Into<u16>>(places: &mut [u16], codes: &[T]) {
    places.iter_mut().zip(codes).for_each(|(place, &code)| *place = code.into());
}

/// Computes the places among one dimension more from those among the previous ones.
#[inline]
fn join<T: Copy + Into<u16>>(places: &mut [u16], codes: &[T], card: u32) {
    // A dimension of 65,536 classes is alone in its cuboid.
    let card = card as u16;
    let next = |place: u16, code: u16| place.wrapping_mul(card).wrapping_add(code);
    places.iter_mut().zip(codes).for_each(|(place, &code)| *place = next(*place, code.into()));
}

fn one(low: &mut [u8], high: &mut [u32], places: &[u32]) {
    for &place in places {
        let count = &mut low[place as usize];
        *count = count.wrapping_add(1);
        if *count == 0 {
            let high = &mut high[place as usize];
            *high = high.wrapping_add(1);
        }
    }
}

fn many(counts: &mut [u64], places: &[u32], weights: &[u64]) {
    for (&place, &weight) in places.iter().zip(weights) {
        let count = &mut counts[place as usize];
        *count = count.wrapping_add(weight);
    }
}

/// Sums over one dimension of `card` classes, after which come `inner` cells.
fn sum_out<T: Copy + Default>(counts: &[T], card: usize, inner: usize, add: impl Fn(T, T) -> T) -> Vec<T> {
    if inner == 1 {
        return counts
            .chunks_exact(card)
            .map(|counts| counts.iter().fold(T::default(), |sum, &count| add(sum, count)))
            .collect();
    }
    let mut sums = vec![T::default(); counts.len() / card];
    for (block, sums) in counts.chunks_exact(card * inner).zip(sums.chunks_exact_mut(inner)) {
        for counts in block.chunks_exact(inner) {
            sums.iter_mut().zip(counts).for_each(|(sum, &count)| *sum = add(*sum, count));
        }
    }
    sums
}
