//! One code per dimension, packed into an integer whose order is the order of every output.

use std::hash::Hasher;

use crate::error::{Error, Result};

/// A packed key: equal keys mean equal codes in every dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

/// How many bits each dimension takes in a [`Key`]; the first dimension is the most significant.
#[derive(Clone, Debug)]
pub struct KeyLayout {
    shifts: Vec<(u32, u32)>,
}

impl KeyLayout {
    /// A layout for dimensions that take so many bits each.
    pub fn new(widths: &[u32]) -> Result<Self> {
        let total: u32 = widths.iter().sum();
        if total > u128::BITS {
            return Err(Error::failed(format!(
                "the tables need {total} bits for the codes of one record, and 128 is the most"
            ))
            .hint("ask for fewer dimensions in one run: `[tables] packs` names the tables"));
        }
        let mut left = total;
        let shifts = widths
            .iter()
            .map(|&width| {
                left -= width;
                (left, width)
            })
            .collect();
        Ok(Self { shifts })
    }

    /// Bits that hold a number below `count`.
    pub fn bits(count: usize) -> u32 {
        usize::BITS - count.saturating_sub(1).leading_zeros()
    }

    /// The part of a key that one dimension takes.
    pub fn get(&self, key: Key, dimension: usize) -> u64 {
        let (shift, width) = self.shifts[dimension];
        if width == 0 {
            return 0;
        }
        ((key.0 >> shift) & (u128::MAX >> (u128::BITS - width))) as u64
    }

    /// The part of a key for one dimension's value; parts are joined with `|`.
    pub fn part(&self, dimension: usize, value: u64) -> u128 {
        let (shift, width) = self.shifts[dimension];
        debug_assert!(width >= 64 || value >> width == 0, "value fits its dimension");
        if width == 0 { 0 } else { u128::from(value) << shift }
    }

    /// A key that keeps some dimensions of another layout's key.
    pub fn project(&self, from: &Self, key: Key, dimensions: &[usize]) -> Key {
        let parts = dimensions.iter().enumerate().map(|(to, &dimension)| self.part(to, from.get(key, dimension)));
        Key(parts.fold(0, |all, part| all | part))
    }
}

/// Mixes packed keys and codes; they are not chosen by an adversary.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ (mixed >> 32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_reversible_and_ordered() {
        let layout = KeyLayout::new(&[3, 0, 18, 64]).unwrap();
        let pack = |a: u64, b: u64, c: u64| Key(layout.part(0, a) | layout.part(2, b) | layout.part(3, c));
        let key = pack(5, 200_000, u64::MAX);
        assert_eq!([0, 1, 2, 3].map(|d| layout.get(key, d)), [5, 0, 200_000, u64::MAX]);
        assert!(pack(1, 9, 9) < pack(2, 0, 0));
        assert_eq!([1, 2, 3, 8, 9].map(KeyLayout::bits), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn too_many_bits_is_an_error_and_not_a_wrap() {
        assert!(KeyLayout::new(&[64, 64]).is_ok());
        assert!(KeyLayout::new(&[64, 64, 1]).is_err());
    }
}
