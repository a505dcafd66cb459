//! Records of an area and year, sealed: with the key one can find how many came or went since, and without it nothing.

use std::collections::BTreeMap;

use super::RoundingKey;
use super::stream::{Stream, StreamPurpose};
use crate::aggregate::Units;

/// Sealed units are filled up to a multiple of this, so that their number shows no count of a small group.
const BLOCK: usize = 64;

/// Digits of a number. A unit has two: its keyed hash and its count.
const DIGITS: usize = 16;

/// How many records came to an area and year, and how many went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    /// Records that are new.
    pub came: u64,
    /// Records that are there no longer.
    pub went: u64,
}

impl Came {
    /// Returns whether at least so many came, or at least so many went.
    pub fn is_at_least(self, threshold: u64) -> bool {
        self.came.max(self.went) >= threshold
    }
}

/// The units of one area and year.
#[derive(Clone, Copy, Debug)]
pub struct PlaceUnits<'a> {
    /// All units.
    pub units: &'a Units,
    /// Those of the area and year.
    pub members: &'a [usize],
    /// The fingerprint of the units that are sealed.
    pub print: &'a str,
}

impl RoundingKey {
    /// Returns the key of fingerprints of records.
    pub fn prints(&self) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, b"tipstat: fingerprints of records").as_bytes()
    }

    /// Seals the units of one area and year.
    pub fn seal(&self, sealed: &PlaceUnits<'_>) -> String {
        let print = sealed.print;
        let mut filling = self.stream(print, b"filling");
        let mut list: Vec<(u64, u64)> = self.hashed(sealed).into_iter().collect();
        while list.is_empty() || !list.len().is_multiple_of(BLOCK) {
            list.push((filling.bits(), 0));
        }
        list.sort_unstable();
        let mut draws = self.stream(print, b"seal");
        let numbers = list.into_iter().flat_map(|(hash, count)| [hash, count]);
        numbers.map(|number| format!("{:016x}", number ^ draws.bits())).collect()
    }

    /// Returns how many records came and went since units were sealed; nothing where this key did not seal them.
    pub fn came(&self, sealed: &str, present: &PlaceUnits<'_>) -> Option<Came> {
        if !sealed.is_ascii() || !sealed.len().is_multiple_of(2 * DIGITS) {
            return None;
        }
        let mut draws = self.stream(present.print, b"seal");
        let number = |at: usize| u64::from_str_radix(&sealed[DIGITS * at..DIGITS * (at + 1)], 16).ok();
        let numbers: Option<Vec<u64>> = (0..sealed.len() / DIGITS).map(|at| Some(number(at)? ^ draws.bits())).collect();
        let list: Vec<(u64, u64)> = numbers?.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        if !list.is_sorted() {
            return None;
        }
        let mut former: BTreeMap<u64, u64> = list.into_iter().collect();
        let mut came = Came { came: 0, went: 0 };
        for (hash, count) in self.hashed(present) {
            let before = former.remove(&hash).unwrap_or(0);
            came.came += count.saturating_sub(before);
            came.went += before.saturating_sub(count);
        }
        came.went = former.values().fold(came.went, |went, &count| went.saturating_add(count));
        Some(came)
    }

    /// Returns a keyed hash of each unit, and its count.
    fn hashed(&self, place: &PlaceUnits<'_>) -> BTreeMap<u64, u64> {
        let units = place.units;
        let hash = |&unit: &usize| {
            let text = units.texts(unit).join("\t");
            let bytes = blake3::keyed_hash(&self.0, text.as_bytes());
            let hash = u64::from_le_bytes(bytes.as_bytes()[..8].try_into().expect("8 of 32"));
            (hash, units.counts()[unit])
        };
        place.members.iter().map(hash).collect()
    }

    fn stream(&self, print: &str, purpose: &[u8]) -> Stream {
        let key = blake3::keyed_hash(&self.0, &[purpose, b" ", print.as_bytes()].concat());
        Stream::new(key.as_bytes(), StreamPurpose::Seal)
    }
}
