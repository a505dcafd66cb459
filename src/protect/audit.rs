//! The attack on what would be published, from nothing but that.

use super::Policy;
use super::pattern::{Bounds, System};
use super::rule::{BoundKind, is_small, is_unsafe};
use crate::error::Result;
use crate::model::Interval;

/// What the attacker found in a finished release. It holds no count of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Different groups that the tables show.
    pub cells: usize,
    /// Sums that link them.
    pub constraints: usize,
    /// Groups that are suppressed, for whatever reason.
    pub blank: usize,
    /// Blank groups that the attacker can narrow more than the policy allows.
    pub unsafe_cells: usize,
}

/// The interval of every cell: exact for published ones.
///
/// # Errors
/// The published cells contradict each other, or the bounds do not settle.
pub fn attack(system: &System, published: &[Option<u64>]) -> Result<Vec<Interval>> {
    let bounds = Bounds::settled(system, published)?;
    Ok((0..system.len()).map(|cell| bounds.interval(cell)).collect())
}

/// The lower bound of each cell that follows from the shown zeros alone.
///
/// Where zeros are shown, a suppressed cell is at least 1, and a suppressed total at least the number of its suppressed parts. That much is
/// conceded by the policy; what the other published cells add to it is not.
fn conceded(system: &System, published: &[Option<u64>]) -> Result<Vec<u64>> {
    let zeros: Vec<_> = published.iter().map(|count| count.filter(|&count| count == 0)).collect();
    Ok(attack(system, &zeros)?.into_iter().map(|interval| interval.lower).collect())
}

/// Attacks what would be published, from nothing but that.
pub(super) fn audit(system: &System, published: &[Option<u64>], policy: &Policy, side: BoundKind) -> Result<Audit> {
    let (intervals, least) = rayon::join(|| attack(system, published), || conceded(system, published));
    let (intervals, least) = (intervals?, least?);
    let blanks = (0..system.len()).filter(|&cell| published[cell].is_none() && !system.hidden[cell]);
    let unsafe_cells = blanks.clone().filter(|&cell| is_unsafe(policy, side, least[cell], intervals[cell]));
    let differences = (0..system.len()).filter(|&cell| system.difference[cell]);
    let small = differences.filter(|&cell| is_small(policy, side, intervals[cell]));
    Ok(Audit {
        cells: (0..system.len()).filter(|&cell| !system.hidden[cell] && !system.left_out[cell]).count(),
        constraints: system.constraints.len(),
        unsafe_cells: unsafe_cells.count() + small.count(),
        blank: blanks.filter(|&cell| !system.left_out[cell]).count(),
    })
}
