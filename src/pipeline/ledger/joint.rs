//! An earlier release by suppression and a new one, attacked together.

use super::books::{Earlier, LedgerRequest};
use super::file::dimensions;
use crate::control::Control;
use crate::error::Result;
use crate::indicators::{self, Indicator, RecordSource, draft};
use crate::protect::{SafeCounts, are_safe_together, protect};

/// A new release that is attacked together with earlier ones of the same records.
pub(in crate::pipeline) struct JointAudit<'a> {
    pub source: &'a RecordSource<'a>,
    pub request: &'a LedgerRequest<'a>,
    /// The protected counts of the new release.
    pub safe: &'a SafeCounts,
    pub control: &'a Control,
}

impl JointAudit<'_> {
    /// Makes an earlier release once more, and returns whether the two are safe together.
    pub fn is_safe_with(&self, earlier: &Earlier) -> Result<bool> {
        let Self { source, request, safe, control } = self;
        let ids: Vec<String> = earlier.tables.keys().cloned().collect();
        // A table that is not known any more, or that has other cells by now, cannot be made once more.
        let Ok(tables) = indicators::select(source.registry, &ids) else { return Ok(false) };
        if !tables.iter().all(|table| earlier.tables.get(&table.id) == Some(&dimensions(table))) {
            return Ok(false);
        }
        let tables: Vec<Indicator> =
            tables.into_iter().map(|table| Indicator { join: request.policy.join.clone(), ..table }).collect();
        let before = protect(draft(source, &tables, control)?, request.policy)?;
        let new = request.tables.iter().filter(|table| !earlier.tables.contains_key(&table.id));
        let all: Vec<_> = tables.iter().chain(new).cloned().collect();
        are_safe_together(&draft(source, &all, control)?, &[*safe, &before], request.policy)
    }
}
