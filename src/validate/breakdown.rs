//! Columns of published figures that nothing reads, and that tell figures of one and the same cell apart.

use std::collections::BTreeMap;

use super::{CodedBatch, Plan};
use crate::finding::{Finding, Place, Rule};

/// The rule of a column that breaks figures down and is not read.
pub(crate) const UNKNOWN_BREAKDOWN: &str = "figure/unknown-breakdown";

/// What the unread columns of a file hold, by what its figures are figures of.
///
/// # Definition
/// Figures of one area, year and codes are of one cell. Where two of them differ in a column that gives no field and is not
/// ignored by name, each is of a part that the layout does not know: national, north and south, say. All of them together
/// tell a cell several times, so the file is refused.
#[derive(Debug)]
pub struct Breakdowns {
    columns: Vec<usize>,
    /// Digests of the unread cells of the first figure.
    first: BTreeMap<Vec<u64>, Vec<u64>>,
    found: Vec<(usize, Place)>,
}

impl Breakdowns {
    /// Begins with a file.
    pub fn new(plan: &Plan) -> Self {
        Self { columns: plan.unread.clone(), first: BTreeMap::new(), found: Vec::new() }
    }

    /// Adds the figures of a batch that begins after so many records.
    pub fn add(&mut self, batch: &CodedBatch, records: u64) {
        let width = self.columns.len();
        if width == 0 {
            return;
        }
        for (row, cells) in batch.unread.chunks_exact(width).enumerate() {
            let first = self.first.entry(batch.key(row)).or_insert_with(|| cells.to_vec());
            let mut place = batch.places[row];
            place.record += records;
            let differing = (0..width).filter(|&at| first[at] != cells[at]);
            self.found.extend(differing.map(|at| (self.columns[at], place)));
        }
    }

    /// Returns a finding for each figure that differs from the first one of its cell in a column.
    pub fn findings(self) -> Vec<Finding> {
        let rule = Rule::named(UNKNOWN_BREAKDOWN);
        let found = self.found.into_iter();
        found.map(|(column, place)| Finding::new(rule, place, Some(column as u32 + 1), None)).collect()
    }
}
