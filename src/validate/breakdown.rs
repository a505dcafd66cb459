//! Columns of published figures that nothing reads, and that separate figures of one cell.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::values::{Extents, KeyParts, UnreadFigure, UnreadTexts};
use super::{CodedBatch, Plan};
use crate::finding::{Finding, Place, Rule};

/// The rule of a column that breaks figures down and is not read.
pub(crate) const UNKNOWN_BREAKDOWN: &str = "figure/unknown-breakdown";

/// What the unread columns of all files of a layout hold, by what their figures are figures of.
///
/// # Definition
/// Figures of one area, year and codes are of one cell. Where two of them differ in a column that gives no field and is not
/// ignored by name, each is of a part that the layout does not know: national, north and south, say. All of them together
/// report a cell multiple times, so the file is refused. It makes no difference whether they are in one file or in several, nor
/// in which order; a file without the column says no more than an empty cell.
#[derive(Debug)]
pub struct UnreadColumns {
    /// Whether there are several files.
    several: bool,
    /// Headings of unread columns of all files.
    headings: Vec<String>,
    /// The first figure of each cell.
    first: BTreeMap<Vec<u64>, First>,
    /// The texts under each heading.
    texts: Vec<UnreadTexts>,
    /// What shows a breakdown.
    extents: Option<Arc<Extents>>,
    parts: KeyParts,
    found: BTreeSet<(Place, usize)>,
}

/// The first figure of a cell.
#[derive(Debug)]
struct First {
    place: Place,
    texts: Vec<UnreadText>,
}

/// A cell of an unread column.
#[derive(Clone, Copy, Debug)]
struct UnreadText {
    /// Where the heading stands among all.
    heading: usize,
    /// The column in its own file.
    column: usize,
    digest: u64,
}

/// The unread columns of one file.
#[derive(Debug)]
pub struct Unread {
    /// Where the heading stands among those of all files, and the column.
    columns: Vec<(usize, usize)>,
    /// Whether no filter and no condition reads the column.
    unfiltered: Vec<bool>,
}

impl UnreadColumns {
    /// Begins with so many files.
    pub fn new(files: usize) -> Self {
        Self {
            several: files > 1,
            headings: Vec::new(),
            first: BTreeMap::new(),
            texts: Vec::new(),
            extents: None,
            parts: KeyParts::default(),
            found: BTreeSet::new(),
        }
    }

    /// Begins with a file. Headings are the same in any case.
    pub fn begin(&mut self, plan: &Plan) -> Unread {
        let mut place = |&column: &usize| {
            let heading = plan.heading(column as u32 + 1).unwrap_or_default().to_lowercase();
            let known = self.headings.iter().position(|known| *known == heading);
            let at = known.unwrap_or(self.headings.len());
            if known.is_none() {
                self.headings.push(heading);
            }
            (at, column)
        };
        let columns = plan.unread.iter().map(&mut place).collect();
        self.texts.resize_with(self.headings.len(), UnreadTexts::default);
        if plan.extents.is_some() {
            self.extents.clone_from(&plan.extents);
        }
        let at = |field: Option<usize>| plan.record.coded().position(|(index, _)| Some(index) == field);
        self.parts =
            KeyParts { area: at(Some(plan.area)), year: at(plan.time), subject: at(plan.record.field("subject")) };
        Unread { columns, unfiltered: plan.unread.iter().map(|column| !plan.read.contains(column)).collect() }
    }

    /// Adds the figures of a batch of a file, which begins after so many records.
    pub fn add(&mut self, file: &Unread, batch: &CodedBatch, records: u64) {
        let width = file.columns.len();
        if width == 0 && !self.several {
            return;
        }
        let empty = xxhash_rust::xxh3::xxh3_64(b"");
        for row in 0..batch.len() {
            let mut place = batch.places[row];
            place.record += records;
            let digests = &batch.unread[row * width..(row + 1) * width];
            let text = |(&(heading, column), &digest)| UnreadText { heading, column, digest };
            let texts = file.columns.iter().zip(digests).map(text);
            let key = batch.key(row);
            for (text, _) in texts.clone().zip(&file.unfiltered).filter(|(_, unfiltered)| **unfiltered) {
                let UnreadText { heading, column, digest } = text;
                self.texts[heading].add(&self.parts, &UnreadFigure { key: &key, digest, place, column });
            }
            let first = match self.first.entry(key) {
                Entry::Occupied(first) => first.into_mut(),
                Entry::Vacant(cell) => {
                    cell.insert(First { place, texts: texts.collect() });
                    continue;
                }
            };
            for text in texts {
                let before = first.texts.iter().find(|before| before.heading == text.heading);
                if before.map_or(empty, |before| before.digest) != text.digest {
                    self.found.insert((place, text.column));
                }
            }
            // A column that this file does not have.
            let is_missing = |text: &&UnreadText| !file.columns.iter().any(|(heading, _)| *heading == text.heading);
            for text in first.texts.iter().filter(is_missing).filter(|text| text.digest != empty) {
                self.found.insert((first.place, text.column));
            }
        }
    }

    /// Returns a finding for each figure that differs from the first one of its cell in a column, and one for each other
    /// column that breaks figures down.
    pub fn findings(mut self) -> impl Iterator<Item = Finding> {
        if let Some(extents) = &self.extents {
            let known: BTreeSet<(u32, usize)> =
                self.found.iter().map(|(place, column)| (place.source, *column)).collect();
            let columns = self.headings.iter().zip(&self.texts);
            let others = columns.filter_map(|(heading, texts)| texts.breakdown(heading, extents, &self.parts));
            self.found.extend(others.filter(|(place, column)| !known.contains(&(place.source, *column))));
        }
        let rule = Rule::named(UNKNOWN_BREAKDOWN);
        let finding = move |(place, column): (Place, usize)| Finding::new(rule, place, Some(column as u32 + 1), None);
        self.found.into_iter().map(finding)
    }
}
