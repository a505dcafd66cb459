//! Which cells are blanked: the small ones, and every other one that would let the attacker narrow a blank.

use std::cmp::Reverse;

use super::attack::{Bounds, attack};
use super::{Policy, System};
use crate::error::Result;
use crate::model::Interval;

/// Which cells are published, and what the attacker makes of the blanks.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The count of each cell, or nothing where it is blank.
    pub published: Vec<Option<u64>>,
    /// The attacker's interval of each cell.
    pub intervals: Vec<Interval>,
}

/// Which counts a system holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Exact ones, or the greatest that masked sources leave possible.
    Most,
    /// The least that masked sources leave possible, where they differ from the others.
    Least,
}

/// Whether a blank tells too much to somebody who does not know why it is blank.
///
/// A least count bounds a group from below only: that it is small, or known, says nothing of the group, but that it lies
/// between 0 and the threshold tells of a small group that somebody is in it.
///
/// The attacker must not know that the group is smaller than the threshold `k`, nor know a group that may be smaller to
/// within less than `k`, nor learn more of its least size than the zeros that are shown say anyway (`least`). A group that
/// is known to be large needs no protection. The rule is the same for every blank: if only small counts kept to it, a
/// blank that does not would be known to be large.
pub(super) fn is_unsafe(policy: &Policy, side: Side, least: u64, interval: Interval) -> bool {
    let k = policy.threshold;
    let Interval { lower, upper } = interval;
    if side == Side::Least {
        return lower < k && least < lower;
    }
    let small = upper.is_some_and(|upper| upper < k);
    let narrow = upper.is_some_and(|upper| upper - lower < k - 1);
    small || (lower < k && (narrow || least < lower))
}

/// What the shown zeros alone tell of each cell: that it is at least so large.
///
/// Where zeros are shown, a blank is at least 1, and a blank total at least the number of its blank parts. That much is
/// conceded by the policy; what the other published cells add to it is not.
pub(super) fn conceded(system: &System, published: &[Option<u64>]) -> Result<Vec<u64>> {
    let zeros: Vec<_> = published.iter().map(|count| count.filter(|&count| count == 0)).collect();
    Ok(attack(system, &zeros)?.into_iter().map(|interval| interval.lower).collect())
}

/// Whether a count may not be shown.
fn is_primary(policy: &Policy, hides_zero: bool, implied: bool, count: u64) -> bool {
    (1..policy.threshold).contains(&count) || (count == 0 && hides_zero && !implied)
}

/// Finds a pattern of blanks that the attacker cannot narrow, and to which no cell can be added.
///
/// At first only zeros that the policy shows are published, so that nothing is narrow. Then every count that is large
/// enough is offered, totals before details and large ones before small ones; the attacker learns it and all that
/// follows, and where it would narrow a guarded blank too far, the cell stays blank instead. A larger count that ends
/// blank and unsafe could be taken for a small one, so it is guarded as well and the offers begin again; as guards
/// only grow, that ends.
///
/// Only cells that are `allowed` are published; all are where nothing is said.
pub fn suppress(
    system: &System,
    counts: &[u64],
    implied: &[bool],
    policy: &Policy,
    allowed: Option<&[bool]>,
    side: Side,
) -> Result<Pattern> {
    let mut guarded: Vec<_> = (0..system.len())
        .map(|cell| !system.hidden[cell] && is_primary(policy, system.hides_zero[cell], implied[cell], counts[cell]))
        .collect();
    let allowed = |cell: usize| !system.hidden[cell] && allowed.is_none_or(|allowed| allowed[cell]);
    let zeros: Vec<_> =
        (0..system.len()).map(|cell| (counts[cell] == 0 && !guarded[cell] && allowed(cell)).then_some(0)).collect();
    let least = conceded(system, &zeros)?;
    let mut offers: Vec<u32> = (0..system.len() as u32)
        .filter(|&cell| counts[cell as usize] >= policy.threshold && allowed(cell as usize))
        .collect();
    offers.sort_by_key(|&cell| (system.detail[cell as usize], Reverse(counts[cell as usize]), cell));
    loop {
        let mut published = zeros.clone();
        let mut bounds = Bounds::settled(system, &zeros)?;
        let safe =
            |cell: u32, interval| !guarded[cell as usize] || !is_unsafe(policy, side, least[cell as usize], interval);
        for &cell in offers.iter().filter(|&&cell| !guarded[cell as usize]) {
            let count = counts[cell as usize];
            if bounds.learn(cell, count, safe)? {
                published[cell as usize] = Some(count);
            }
        }
        let intervals: Vec<_> = (0..system.len()).map(|cell| bounds.interval(cell)).collect();
        let more: Vec<usize> = (0..system.len())
            .filter(|&cell| published[cell].is_none() && !system.hidden[cell] && !guarded[cell])
            .filter(|&cell| is_unsafe(policy, side, least[cell], intervals[cell]))
            .collect();
        if !more.is_empty() {
            more.into_iter().for_each(|cell| guarded[cell] = true);
            continue;
        }
        // A guard that turned out not to be needed, or whose count is known anyway, is lifted; now every blank is guarded.
        for &cell in &offers {
            let count = counts[cell as usize];
            let safe = |other: u32, interval| {
                let other = other as usize;
                published[other].is_some() || system.hidden[other] || !is_unsafe(policy, side, least[other], interval)
            };
            if published[cell as usize].is_none() && bounds.learn(cell, count, safe)? {
                published[cell as usize] = Some(count);
            }
        }
        let intervals = (0..system.len()).map(|cell| bounds.interval(cell)).collect();
        return Ok(Pattern { published, intervals });
    }
}
