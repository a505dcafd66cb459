//! Columns of published figures that nothing reads, and that tell figures of one and the same cell apart.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::{CodedBatch, Plan};
use crate::finding::{Finding, Place, Rule};

/// The rule of a column that breaks figures down and is not read.
pub(crate) const UNKNOWN_BREAKDOWN: &str = "figure/unknown-breakdown";

/// What the unread columns of all files of a layout hold, by what their figures are figures of.
///
/// # Definition
/// Figures of one area, year and codes are of one cell. Where two of them differ in a column that gives no field and is not
/// ignored by name, each is of a part that the layout does not know: national, north and south, say. All of them together
/// tell a cell several times, so the file is refused. It makes no difference whether they are in one file or in several, nor
/// in which order; a file without the column says no more than an empty cell.
#[derive(Debug)]
pub struct Breakdowns {
    /// Whether there are several files.
    several: bool,
    /// Headings of unread columns of all files.
    headings: Vec<String>,
    /// The first figure of each cell.
    first: BTreeMap<Vec<u64>, First>,
    found: BTreeSet<(Place, usize)>,
}

/// The first figure of a cell.
#[derive(Debug)]
struct First {
    place: Place,
    texts: Vec<Text>,
}

/// A cell of an unread column.
#[derive(Clone, Copy, Debug)]
struct Text {
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
}

impl Breakdowns {
    /// Begins with one file or several.
    pub fn new(several: bool) -> Self {
        Self { several, headings: Vec::new(), first: BTreeMap::new(), found: BTreeSet::new() }
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
        Unread { columns: plan.unread.iter().map(&mut place).collect() }
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
            let text = |(&(heading, column), &digest)| Text { heading, column, digest };
            let texts = file.columns.iter().zip(digests).map(text);
            let first = match self.first.entry(batch.key(row)) {
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
            let is_missing = |text: &&Text| !file.columns.iter().any(|(heading, _)| *heading == text.heading);
            for text in first.texts.iter().filter(is_missing).filter(|text| text.digest != empty) {
                self.found.insert((first.place, text.column));
            }
        }
    }

    /// Returns a finding for each figure that differs from the first one of its cell in a column.
    pub fn findings(self) -> impl Iterator<Item = Finding> {
        let rule = Rule::named(UNKNOWN_BREAKDOWN);
        let finding = move |(place, column): (Place, usize)| Finding::new(rule, place, Some(column as u32 + 1), None);
        self.found.into_iter().map(finding)
    }
}
