//! Packages that divide the same persons by different codes.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Basis, KnownCells};
use crate::aggregate::Breakdown;
use crate::error::Result;
use crate::indicators::{division, others};
use crate::model::Interval;
use crate::schema::Record;

/// Leaves open what areas have of codes that divide their persons in another way than the one they use. Returns these cells, of
/// which the areas have no share.
///
/// # Errors
/// An area uses several divisions, which overlap.
pub(super) fn divide(cells: &mut KnownCells, dimensions: &[Breakdown], record: &Record) -> Result<BTreeSet<Vec<u16>>> {
    let mut divided = BTreeSet::new();
    for (d, breakdown) in dimensions.iter().enumerate().skip(1) {
        let Some(list) =
            record.dimension(&breakdown.dimension).and_then(|field| record.fields[field].codelist.as_ref())
        else {
            continue;
        };
        if list.divisions.len() < 2 {
            continue;
        }
        let code = |node: u16| breakdown.nodes[usize::from(node)].code.as_str();
        let mut used: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for (line, known) in cells.iter() {
            if known.basis == Basis::Reported && known.value.upper != Some(0) {
                used.entry(line[0]).or_default().insert(code(line[d]));
            }
        }
        let mut unasked: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for (area, codes) in used {
            let place = &dimensions[0].nodes[usize::from(area)].code;
            if let Some(division) = division(list, codes, place)? {
                unasked.insert(area, others(list, division).map(|code| list.id_of(code)).collect());
            }
        }
        for (line, known) in cells.iter_mut() {
            if unasked.get(&line[0]).is_some_and(|codes| codes.contains(code(line[d]))) {
                (known.basis, known.value) = (Basis::Unasked, Interval::open());
                divided.insert(line.clone());
            }
        }
    }
    Ok(divided)
}
