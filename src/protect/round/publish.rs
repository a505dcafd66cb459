//! From drafts of rounded units to counts that may be published.

use super::Rounded;
use super::change::changes;
use super::incidence::CellNumbering;
use crate::aggregate::Cube;
use crate::error::{Error, Result};
use crate::indicators::{Drafts, Shown};
use crate::protect::pattern::{Constraint, link};
use crate::protect::{Audit, Policy, SafeCounts};

/// Lets all counts of tables be published that are counted over rounded units. `truth` has the same tables with the true counts.
///
/// # Errors
/// The tables are not sums of these units, a relation among the counts does not hold, or a count is between 0 and the base: defects
/// of the program.
pub fn publish_rounded(drafts: Drafts, rounded: &Rounded, truth: &Drafts, policy: &Policy) -> Result<SafeCounts> {
    policy.check()?;
    let tables: Vec<_> = drafts.tables.iter().map(|draft| &*draft.cube.dimensions).collect();
    let sums = CellNumbering::new(&tables, &rounded.units).sums(&rounded.units, &rounded.counts);
    let counted = drafts.tables.iter().flat_map(|draft| (0..draft.cube.len()).map(|cell| draft.cube.lower(cell)));
    if !counted.eq(sums) {
        return Err(defect("a table is no sum of the rounded counts"));
    }
    let linked = link(&drafts, policy, Cube::lower)?;
    let counts = &linked.counts;
    if let Some(broken) = linked.system.constraints.iter().position(|constraint| !holds(constraint, counts)) {
        return Err(defect("rounded counts do not add up").with("sum", broken.to_string()));
    }
    let printed = linked.system.hidden.iter().zip(counts).filter(|(hidden, _)| !**hidden).map(|(_, &count)| count);
    if printed.clone().any(|count| count > 0 && count < policy.base) {
        return Err(defect("a rounded count lies between 0 and the base"));
    }
    let audit =
        Audit { cells: printed.count(), constraints: linked.system.constraints.len(), blank: 0, unsafe_cells: 0 };
    let exact = |&count: &u64| Shown { value: Some(count), lower: Some(count), upper: Some(count) };
    let shown = counts.iter().map(exact).collect();
    let rounding = Some(changes(&drafts, truth, &linked.cells, policy.base));
    Ok(SafeCounts { drafts, cells: linked.cells, shown, policy: policy.clone(), audit, masked: false, rounding })
}

fn defect(what: &str) -> Error {
    Error::refused("policy/disclosure", what).hint("this is a defect of the program: please report it")
}

/// Returns whether counts add up as they must.
fn holds(constraint: &Constraint, counts: &[u64]) -> bool {
    let parent = counts[constraint.parent as usize];
    let parts = constraint.children.iter().map(|&child| counts[child as usize]);
    let sum: u64 = parts.clone().sum();
    if constraint.partition { sum == parent } else { sum >= parent && parts.max().unwrap_or(0) <= parent }
}
