//! An earlier release by suppression and a new one, attacked together.

use super::books::{Earlier, LedgerRequest};
use super::file::dimensions;
use crate::control::Control;
use crate::error::Result;
use crate::indicators::{self, Indicator, RecordSource, draft};
use crate::protect::{SafeCounts, are_safe_together, protect};

/// Attacks a release together with an earlier one of the same records, which is made once more. Returns whether the two are safe
/// together.
pub(in crate::pipeline) fn joint_audit(
    source: &RecordSource<'_>,
    request: &LedgerRequest<'_>,
    earlier: &Earlier,
    safe: &SafeCounts,
    control: &Control,
) -> Result<bool> {
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
    are_safe_together(&draft(source, &all, control)?, &[safe, &before], request.policy)
}
