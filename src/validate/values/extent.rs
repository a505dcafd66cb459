//! What an unread column of published figures is: a label, a source, notes, or a breakdown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use xxhash_rust::xxh3::xxh3_64;

use super::answers::capitalised;
use super::words::normal;
use crate::error::Result;
use crate::finding::Place;
use crate::schema::{Crosswalk, Registry};

/// The crosswalk that holds the words.
const CROSSWALK: &str = "WORDS--EXTENT";

/// A column of more texts than this holds notes or ids.
const MOST: usize = 1 << 12;

/// Words that mark parts of a country, and not labels.
#[derive(Debug)]
pub(crate) struct Extents {
    /// Headings of columns of parts, in their normal form.
    parts: BTreeSet<String>,
    /// Digests of texts for the whole country, and whether labels of codes hold them too.
    wholes: HashMap<u64, bool>,
}

impl Extents {
    /// Loads the words of the schemas.
    ///
    /// # Errors
    /// There is no such crosswalk.
    pub fn load(registry: &Registry) -> Result<Self> {
        let (mut parts, mut wholes) = (BTreeSet::new(), HashMap::new());
        for (text, target) in &Crosswalk::load(registry, CROSSWALK)?.pairs {
            if target == "PART" {
                parts.insert(normal(text));
                continue;
            }
            // Cells are known by their digests only.
            let title = text.split(' ').map(capitalised).collect::<Vec<_>>().join(" ");
            let spelled = [text.to_lowercase(), text.to_uppercase(), capitalised(text), title];
            wholes.extend(spelled.map(|text| (xxh3_64(text.as_bytes()), target == "TOTAL")));
        }
        Ok(Self { parts, wholes })
    }

    /// Returns whether a heading names parts of a country.
    pub fn is_part(&self, heading: &str) -> bool {
        self.parts.contains(&normal(heading))
    }

    /// Returns whether a text stands for a whole, and if so whether labels of codes hold it too.
    fn whole(&self, digest: u64) -> Option<bool> {
        self.wholes.get(&digest).copied()
    }
}

/// Texts of an unread column by what their figures are figures of.
#[derive(Debug, Default)]
pub(crate) struct UnreadTexts {
    /// The first text.
    first: Option<u64>,
    /// The first figure with another one, and its column.
    other: Option<(Place, usize)>,
    /// How often each text occurs.
    counts: HashMap<u64, u64>,
    /// The texts of each code of each field.
    by_code: Vec<KeyTexts>,
    by_area: KeyTexts,
    /// Of area, year and what is counted.
    by_source: KeyTexts,
    /// There are too many texts.
    is_text: bool,
}

/// The texts that go with each key.
#[derive(Debug, Default)]
struct KeyTexts {
    texts: BTreeMap<Vec<u64>, (u64, u64)>,
    keys: HashMap<u64, Vec<u64>>,
    /// Whether a key has several texts.
    is_split: bool,
    /// Whether a text has several keys.
    is_shared: bool,
}

impl KeyTexts {
    fn add(&mut self, key: &[u64], digest: u64) {
        if self.is_split {
            return;
        }
        let (text, count) = self.texts.entry(key.to_vec()).or_insert((digest, 0));
        *count += 1;
        self.is_split = *text != digest;
        self.is_shared |= self.keys.entry(digest).or_insert_with(|| key.to_vec()) != key;
    }

    /// Returns whether each key has one text.
    fn is_function(&self) -> bool {
        !self.is_split
    }

    /// Returns whether each text has one key, too.
    fn is_label(&self) -> bool {
        self.is_function() && !self.is_shared
    }

    /// Returns whether each key occurs several times, so that having one text is not an accident.
    fn is_proven(&self) -> bool {
        self.texts.values().all(|(_, count)| *count > 1)
    }
}

/// The fields of a key that have a part of their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyParts {
    pub area: Option<usize>,
    pub year: Option<usize>,
    pub subject: Option<usize>,
}

/// A cell of an unread column, next to a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnreadFigure<'a> {
    /// The codes of the figure.
    pub key: &'a [u64],
    /// The digest of the text.
    pub digest: u64,
    pub place: Place,
    pub column: usize,
}

impl UnreadTexts {
    /// Adds the text of a figure.
    pub fn add(&mut self, parts: &KeyParts, figure: &UnreadFigure<'_>) {
        let UnreadFigure { key, digest, place, column } = *figure;
        if self.is_text {
            return;
        }
        if *self.first.get_or_insert(digest) != digest && self.other.is_none() {
            self.other = Some((place, column));
        }
        *self.counts.entry(digest).or_default() += 1;
        self.by_code.resize_with(key.len(), KeyTexts::default);
        for (at, relation) in self.by_code.iter_mut().enumerate() {
            relation.add(&key[at..=at], digest);
        }
        let codes_at = |parts: &[Option<usize>]| parts.iter().flatten().map(|at| key[*at]).collect::<Vec<_>>();
        self.by_area.add(&codes_at(&[parts.area]), digest);
        self.by_source.add(&codes_at(&[parts.area, parts.year, parts.subject]), digest);
        if self.counts.len() > MOST {
            *self = Self { is_text: true, ..Self::default() };
        }
    }

    /// Returns the first figure that another text separates from those before it, where the column is a breakdown.
    ///
    /// # Definition
    /// A column of which each area has one text says nothing of a figure, nor does a label of a code. Of the others a column
    /// breaks figures down if its heading names parts of a country, if one of its texts stands for the whole, or if texts
    /// that occur again differ within one area, year and subject.
    pub fn breakdown(&self, heading: &str, extents: &Extents, parts: &KeyParts) -> Option<(Place, usize)> {
        let found = self.other?;
        if self.by_area.is_function() {
            return None;
        }
        if extents.is_part(heading) {
            return Some(found);
        }
        let fields = || {
            let is_field = |at: &usize| Some(*at) != parts.area && Some(*at) != parts.year;
            (0..self.by_code.len()).filter(is_field).map(|at| &self.by_code[at])
        };
        let is_label = fields().any(KeyTexts::is_label);
        let is_proven = fields().any(|field| field.is_label() && field.is_proven());
        let mut wholes = self.counts.keys().filter_map(|digest| extents.whole(*digest));
        if wholes.any(|of_labels| !(is_proven || of_labels && is_label)) {
            return Some(found);
        }
        let is_grouped = fields().any(|field| field.is_function() && field.is_proven());
        if is_label || is_grouped || self.by_source.is_function() {
            return None;
        }
        let empty = xxh3_64(b"");
        let filled = self.counts.iter().filter(|(digest, _)| **digest != empty);
        let (texts, figures) = filled.fold((0, 0), |(texts, figures), (_, count)| (texts + 1, figures + count));
        (figures > texts && 2 * texts <= figures + 1).then_some(found)
    }
}
