//! Bytes to target, for the cells of a file: one probe a cell, nothing allocated.
//!
//! Nearly every code is at most 15 bytes long, so its bytes and its length are one integer, and a table of integers is
//! probed. Longer texts are hashed as they are.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::Xxh3Default;

use super::plan::Target;

/// Longest text that is packed into an integer together with its length.
const PACKED: usize = 15;

/// A finished table of texts.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    /// A power of two of slots, at most half of them filled; 0 is no packed text, because its length is part of it.
    slots: Vec<(u128, Option<Target>)>,
    long: HashMap<Box<[u8]>, Target, BuildHasherDefault<Xxh3Default>>,
    empty: Option<Target>,
}

/// Texts that are collected, the later ones over the earlier ones.
pub(super) type Texts = HashMap<Box<[u8]>, Target>;

impl Lookup {
    /// A table of all texts.
    pub fn new(texts: Texts) -> Self {
        let short = texts.keys().filter(|text| text.len() <= PACKED).count();
        let slots = (2 * short).next_power_of_two().max(2);
        let mut lookup = Self { slots: vec![(0, None); slots], long: HashMap::default(), empty: None };
        for (text, target) in texts {
            match pack(&text) {
                None => drop(lookup.long.insert(text, target)),
                Some(0) => lookup.empty = Some(target),
                Some(key) => {
                    let at = lookup.probe(key);
                    lookup.slots[at] = (key, Some(target));
                }
            }
        }
        lookup
    }

    /// What a text means.
    #[inline]
    pub fn get(&self, text: &[u8]) -> Option<Target> {
        match pack(text) {
            None => self.long.get(text).copied(),
            Some(0) => self.empty,
            Some(key) => self.slots[self.probe(key)].1,
        }
    }

    /// The slot of a key, or the free one where it would stand.
    #[inline]
    fn probe(&self, key: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mixed = ((key as u64) ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (mixed >> 32) as usize & mask;
        while self.slots[at].0 != key && self.slots[at].0 != 0 {
            at = (at + 1) & mask;
        }
        at
    }
}

/// A short text and its length as one integer; 0 for the empty text.
#[inline]
fn pack(text: &[u8]) -> Option<u128> {
    let mut bytes = [0u8; 16];
    let length = text.len();
    if length > PACKED {
        return None;
    }
    bytes[..length].copy_from_slice(text);
    bytes[15] = length as u8;
    Some(u128::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_finds_itself_and_nothing_else() {
        let mut texts = Texts::new();
        for n in 0..5000u16 {
            texts.insert(format!("{n}").into_bytes().into(), Target::Code(n));
            texts.insert(format!("a longer text, number {n}").into_bytes().into(), Target::Code(n));
        }
        texts.insert(b"F\0"[..].into(), Target::Code(7));
        let lookup = Lookup::new(texts);
        for n in 0..5000u16 {
            assert_eq!(lookup.get(format!("{n}").as_bytes()), Some(Target::Code(n)));
            assert_eq!(lookup.get(format!("a longer text, number {n}").as_bytes()), Some(Target::Code(n)));
            assert_eq!(lookup.get(format!("{n} ").as_bytes()), None);
        }
        // A byte of zero is not the end of a text.
        assert_eq!((lookup.get(b"F"), lookup.get(b"F\0"), lookup.get(b"F\0\0")), (None, Some(Target::Code(7)), None));
        assert_eq!((lookup.get(b""), Lookup::new(Texts::new()).get(b"x")), (None, None));
    }
}
