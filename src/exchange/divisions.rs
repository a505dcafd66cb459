//! Packages that divide the same persons by different codes.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Basis, KnownCells};
use crate::aggregate::{Breakdown, NodeKind};
use crate::error::Result;
use crate::indicators::{division, others};
use crate::model::Interval;
use crate::schema::Record;

/// Leaves open what areas have of codes that divide their persons in another way than the one they use. Returns these cells, of
/// which the areas have no share.
///
/// An area may change its division from one year to the next. Its counts of all years are then of some years each, so they stay as
/// they are and have no share.
///
/// # Errors
/// An area uses several divisions in one year, which overlap.
pub(super) fn divide(
    cells: &mut KnownCells,
    dimensions: &[Breakdown],
    record: &Record,
    time: Option<usize>,
) -> Result<BTreeSet<Vec<u16>>> {
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
        let place = |line: &[u16]| (line[0], time.map(|at| line[at]));
        let mut used: BTreeMap<(u16, Option<u16>), BTreeSet<&str>> = BTreeMap::new();
        for (line, known) in cells.iter() {
            if known.basis == Basis::Reported && known.value.upper != Some(0) {
                used.entry(place(line)).or_default().insert(code(line[d]));
            }
        }
        let (mut unasked, mut changed) = (BTreeMap::new(), BTreeSet::new());
        for ((area, year), codes) in used {
            let area_code = &dimensions[0].nodes[usize::from(area)].code;
            let year_node = year.zip(time).map(|(year, at)| &dimensions[at].nodes[usize::from(year)]);
            let year_code = year_node.filter(|node| node.kind != NodeKind::Total).map(|node| &node.code);
            let name = year_code.map_or_else(|| area_code.clone(), |year| format!("{area_code} in {year}"));
            match division(list, codes, &name) {
                Ok(None) => {}
                Ok(Some(division)) => {
                    let codes: BTreeSet<&str> = others(list, division).map(|code| list.id_of(code)).collect();
                    unasked.insert((area, year), codes);
                }
                Err(_) if year_code.is_none() => {
                    changed.insert((area, year));
                }
                Err(overlap) => return Err(overlap),
            }
        }
        let in_division = |node: u16| list.find(code(node)).is_some_and(|code| list.division(code).is_some());
        for (line, known) in cells.iter_mut() {
            if unasked.get(&place(line)).is_some_and(|codes| codes.contains(code(line[d]))) {
                (known.basis, known.value) = (Basis::Unasked, Interval::open());
                divided.insert(line.clone());
            } else if changed.contains(&place(line)) && in_division(line[d]) {
                divided.insert(line.clone());
            }
        }
    }
    Ok(divided)
}
