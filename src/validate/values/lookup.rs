//! Bytes to target, for the cells of a file: one probe a cell, nothing allocated.
//!
//! Nearly every code is at most 7 or at most 15 bytes long, so its bytes and its length are one integer, and a table of
//! integers is probed. Longer texts are hashed as they are.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::Xxh3Default;

use super::ages::Bands;
use super::target::Target;

/// A finished table of texts.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    /// Texts of 1 to 7 bytes.
    short: ProbeTable<u64>,
    /// Texts of 8 to 15 bytes.
    middle: ProbeTable<u128>,
    long: HashMap<Box<[u8]>, Target, BuildHasherDefault<Xxh3Default>>,
    empty: Option<Target>,
    /// Ages and bands of ages that are no texts of the table.
    bands: Option<Bands>,
}

/// Texts that are collected, the later ones over the earlier ones.
pub(crate) type TextTargets = HashMap<Box<[u8]>, Target, BuildHasherDefault<Xxh3Default>>;

/// Longest text that is packed into an integer together with its length.
const MIDDLE: usize = 15;

/// Longest text that is packed into a small integer.
const SHORT: usize = 7;

/// The bytes of a packed text of each length.
const MASKS: [u128; MIDDLE + 1] = {
    let mut masks = [0; MIDDLE + 1];
    let mut length = 1;
    while length <= MIDDLE {
        masks[length] = masks[length - 1] << 8 | 0xff;
        length += 1;
    }
    masks
};

impl Lookup {
    /// No code list is as long as this.
    pub const NONE: u16 = u16::MAX;

    /// A table of all texts.
    pub fn new(texts: TextTargets, bands: Option<Bands>) -> Self {
        let empty = texts.get(&b""[..]).copied();
        let packed = |low: usize, high: usize| {
            let texts = texts.iter().filter(move |(text, _)| (low..=high).contains(&text.len()));
            texts.map(|(text, target)| (pack(text), *target))
        };
        let short = ProbeTable::new(packed(1, SHORT).map(|(key, target)| (short(key), target)).collect());
        let middle = ProbeTable::new(packed(SHORT + 1, MIDDLE).collect());
        let long = texts.into_iter().filter(|(text, _)| text.len() > MIDDLE).collect();
        Self { short, middle, long, empty, bands }
    }

    /// What a text means.
    pub fn get(&self, text: &[u8]) -> Option<Target> {
        let found = match text.len() {
            0 => self.empty,
            1..=SHORT => self.short.targets[self.short.probe(short(pack(text)))],
            8..=MIDDLE => self.middle.targets[self.middle.probe(pack(text))],
            _ => self.long.get(text).copied(),
        };
        found.or_else(|| self.bands.as_ref()?.get(text))
    }

    /// The code that a part of a text means, or [`Lookup::NONE`]. What follows the part is read with it and masked away,
    /// which is faster than to copy a number of bytes that is different each time.
    #[inline(always)]
    pub fn code_within(&self, bytes: &[u8], start: usize, end: usize) -> u16 {
        let length = end.wrapping_sub(start);
        match bytes.get(start..).and_then(|rest| rest.first_chunk::<16>()) {
            Some([a, b, c, d, e, f, g, h, ..]) if length.wrapping_sub(1) < SHORT => {
                let bytes = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                self.short.code(bytes & MASKS[length] as u64 | (length as u64) << 56)
            }
            Some(chunk) if length.wrapping_sub(1) < MIDDLE => {
                let key = u128::from_le_bytes(*chunk) & MASKS[length] | (length as u128) << 120;
                self.middle.code(key)
            }
            _ => self.code(&bytes[start..end]),
        }
    }

    /// The same of any text. It is a function of its own, so that a loop over cells stays small.
    #[inline(never)]
    fn code(&self, text: &[u8]) -> u16 {
        match self.get(text) {
            Some(Target::Code(code)) => code,
            _ => Self::NONE,
        }
    }
}

/// A table that is probed from a key's place on.
#[derive(Clone, Debug)]
struct ProbeTable<K> {
    /// A power of two of slots, at most a quarter of them filled: a key, and the code of its text or [`Lookup::NONE`]. No
    /// packed text is 0, because its length is part of it.
    slots: Vec<(K, u16)>,
    /// What the text of each slot means.
    targets: Vec<Option<Target>>,
    /// What mixes the keys, chosen so that few of them meet.
    factor: u64,
}

/// An integer that holds a text and its length.
trait Packed: Copy + Ord + Default {
    /// The integer in 64 bits, as different as may be.
    fn folded(self) -> u64;
}

impl Packed for u64 {
    fn folded(self) -> u64 {
        self
    }
}

impl Packed for u128 {
    fn folded(self) -> u64 {
        self as u64 ^ ((self >> 64) as u64).rotate_left(29)
    }
}

/// So many factors are tried.
const ATTEMPTS: u64 = 16;

/// A table of more texts does not fit the fastest memory, and gains nothing from a better factor.
const SMALL: usize = 1000;

impl<K: Packed> ProbeTable<K> {
    fn new(mut texts: Vec<(K, Target)>) -> Self {
        // So that the same texts make the same table.
        texts.sort_unstable_by_key(|(key, _)| *key);
        let slots = (4 * texts.len()).next_power_of_two().max(2);
        let empty = || Self { slots: vec![(K::default(), Lookup::NONE); slots], targets: vec![None; slots], factor: 0 };
        let (mut best, mut fewest) = (empty(), usize::MAX);
        for attempt in 0..if texts.len() < SMALL { ATTEMPTS } else { 1 } {
            let mut table = empty();
            table.factor = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(2 * attempt + 1);
            let mut met = 0;
            for &(key, target) in &texts {
                let at = table.probe(key);
                met += usize::from(at != table.slot(key));
                let code = if let Target::Code(code) = target { code } else { Lookup::NONE };
                (table.slots[at], table.targets[at]) = ((key, code), Some(target));
            }
            if met < fewest {
                (best, fewest) = (table, met);
            }
            if met == 0 {
                break;
            }
        }
        best
    }

    /// Where a key should stand.
    #[inline]
    fn slot(&self, key: K) -> usize {
        (key.folded().wrapping_mul(self.factor) >> 32) as usize & (self.slots.len() - 1)
    }

    /// The slot of a key, or the free one where it would stand.
    fn probe(&self, key: K) -> usize {
        let mut at = self.slot(key);
        while self.slots[at].0 != key && self.slots[at].0 != K::default() {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    /// The code of a key. A free slot has none, so nearly always the first slot decides.
    #[inline]
    fn code(&self, key: K) -> u16 {
        let (found, code) = self.slots[self.slot(key)];
        if found == key || found == K::default() { code } else { self.slots[self.probe(key)].1 }
    }
}

/// A text of at most 15 bytes and its length as one integer.
fn pack(text: &[u8]) -> u128 {
    let mut bytes = [0u8; 16];
    bytes[..text.len()].copy_from_slice(text);
    bytes[15] = text.len() as u8;
    u128::from_le_bytes(bytes)
}

/// The same of a text of at most 7 bytes.
fn short(packed: u128) -> u64 {
    packed as u64 | (packed >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_finds_itself_and_nothing_else() {
        let mut texts = TextTargets::default();
        for n in 0..5000u16 {
            texts.insert(format!("{n}").into_bytes().into(), Target::Code(n));
            texts.insert(format!("middle{n}").into_bytes().into(), Target::Code(n));
            texts.insert(format!("a longer text, number {n}").into_bytes().into(), Target::Code(n));
        }
        texts.insert(b"F\0"[..].into(), Target::Code(7));
        let lookup = Lookup::new(texts, None);
        for n in 0..5000u16 {
            assert_eq!(lookup.get(format!("{n}").as_bytes()), Some(Target::Code(n)));
            assert_eq!(lookup.get(format!("middle{n}").as_bytes()), Some(Target::Code(n)));
            assert_eq!(lookup.code_within(format!("-middle{n}{n:16}").as_bytes(), 1, 7 + n.to_string().len()), n);
            assert_eq!(lookup.get(format!("a longer text, number {n}").as_bytes()), Some(Target::Code(n)));
            assert_eq!(lookup.get(format!("{n} ").as_bytes()), None);
            // Within a text, with and without room for a whole chunk behind it.
            let text = format!("x{n}y                ");
            let end = 1 + n.to_string().len();
            assert_eq!(lookup.code_within(text.as_bytes(), 1, end), n);
            assert_eq!(lookup.code_within(&text.as_bytes()[..=end], 1, end), n);
            assert_eq!(lookup.code_within(text.as_bytes(), 1, end + 1), Lookup::NONE);
        }
        // A byte of zero is not the end of a text.
        assert_eq!((lookup.get(b"F"), lookup.get(b"F\0"), lookup.get(b"F\0\0")), (None, Some(Target::Code(7)), None));
        assert_eq!((lookup.get(b""), Lookup::new(TextTargets::default(), None).get(b"x")), (None, None));
    }
}
