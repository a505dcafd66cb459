//! Records of an area and year, sealed: with the key one can find how many came or went since, and without it nothing.

use std::collections::BTreeMap;

use super::RoundingKey;
use super::stream::{Stream, StreamPurpose};
use crate::aggregate::Units;
use crate::confidential::confidential;

/// Sealed records are filled up to a multiple of so many bytes, so that their length shows no count of a small group.
const BLOCK: usize = 8192;

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
}

impl PlaceUnits<'_> {
    /// Returns the codes of each unit, separated by tabs, and its count.
    fn counts(&self) -> BTreeMap<String, u64> {
        self.members.iter().map(|&unit| (self.units.texts(unit).join("\t"), self.units.counts()[unit])).collect()
    }
}

/// The units of an area and year as they were when they were sealed, each with its true count.
pub struct Unsealed(BTreeMap<String, u64>);

confidential!(Unsealed);

impl Unsealed {
    /// Returns how many records came and went since.
    pub fn came(&self, present: &PlaceUnits<'_>) -> Came {
        let mut former = self.0.clone();
        let mut came = Came { came: 0, went: 0 };
        for (codes, count) in present.counts() {
            let before = former.remove(&codes).unwrap_or(0);
            came.came += count.saturating_sub(before);
            came.went += before.saturating_sub(count);
        }
        came.went = former.values().fold(came.went, |went, &count| went.saturating_add(count));
        came
    }

    /// Returns the codes of each unit, separated by tabs, and its count.
    pub fn rows(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(codes, &count)| (codes.as_str(), count))
    }

    /// Reads the text that was sealed; nothing where it is another one.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let row = |line: &str| {
            line.rsplit_once('\t').and_then(|(codes, count)| Some((codes.to_owned(), count.parse().ok()?)))
        };
        let rows: Option<Vec<(String, u64)>> = text.trim_end_matches('\n').lines().map(row).collect();
        rows.filter(|rows| rows.is_sorted_by(|(one, _), (other, _)| one < other))
            .map(|rows| Self(rows.into_iter().collect()))
    }
}

impl RoundingKey {
    /// Returns the key of fingerprints of records.
    pub fn prints(&self) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, b"tipstat: fingerprints of records").as_bytes()
    }

    /// Seals the units of one area and year, whose fingerprint is `print`.
    pub fn seal(&self, sealed: &PlaceUnits<'_>, print: &str) -> String {
        let rows = sealed.counts().into_iter().map(|(codes, count)| format!("{codes}\t{count}\n"));
        let mut bytes = rows.collect::<String>().into_bytes();
        bytes.resize(bytes.len().next_multiple_of(BLOCK).max(BLOCK), b'\n');
        self.mask(&mut bytes, print);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Opens sealed units with this fingerprint; nothing where this key did not seal them.
    pub fn unseal(&self, sealed: &str, print: &str) -> Option<Unsealed> {
        if !sealed.is_ascii() || !sealed.len().is_multiple_of(2 * BLOCK) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&sealed[2 * at..2 * at + 2], 16).ok();
        let mut bytes = (0..sealed.len() / 2).map(byte).collect::<Option<Vec<u8>>>()?;
        self.mask(&mut bytes, print);
        Unsealed::read(&bytes)
    }

    /// Adds the stream of a fingerprint to bytes; a second time takes it away.
    fn mask(&self, bytes: &mut [u8], print: &str) {
        let key = blake3::keyed_hash(&self.0, &[b"seal ", print.as_bytes()].concat());
        let mut stream = Stream::new(key.as_bytes(), StreamPurpose::Seal);
        for word in bytes.chunks_mut(8) {
            word.iter_mut().zip(stream.bits().to_le_bytes()).for_each(|(byte, mask)| *byte ^= mask);
        }
    }
}
