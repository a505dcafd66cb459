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

/// Whether a blank tells too much to somebody who does not know why it is blank.
///
/// The attacker must not know that the group is smaller than the threshold `k`, nor know a group that may be smaller to
/// within less than `k`. A group that is known to be large needs no protection, and shields others while it is blank.
pub(super) fn is_narrow(policy: &Policy, interval: Interval) -> bool {
    let k = policy.threshold;
    let Interval { lower, upper } = interval;
    upper.is_some_and(|upper| upper < k || (lower < k && upper - lower < k - 1))
}

/// Whether the interval of a small count tells too much: it is narrow, or it says more of its least size than the
/// zeros that are shown say anyway.
pub(super) fn is_unsafe(policy: &Policy, least: u64, interval: Interval) -> bool {
    is_narrow(policy, interval) || least < interval.lower
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

/// How a cell that is blank is looked at while others are offered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// A count that may not be shown.
    Small,
    /// A larger count that would be blank and narrow, so it is guarded from the start.
    Large,
    /// A larger count that may yet be published.
    Open,
}

/// Finds a pattern of blanks that the attacker cannot narrow, and to which no cell can be added.
///
/// At first only zeros that the policy shows are published, so that nothing is narrow. Then every count that is large
/// enough is offered, totals before details and large ones before small ones; the attacker learns it and all that
/// follows, and where it would narrow a guarded blank too far, the cell stays blank instead. A larger count that ends
/// blank and narrow could be taken for a small one, so it is guarded as well and the offers begin again; as guards
/// only grow, that ends.
pub fn suppress(system: &System, counts: &[u64], implied: &[bool], policy: &Policy) -> Result<Pattern> {
    let mut guards: Vec<_> = (0..system.len())
        .map(|cell| match is_primary(policy, system.hides_zero[cell], implied[cell], counts[cell]) {
            true => Guard::Small,
            false => Guard::Open,
        })
        .collect();
    let zeros: Vec<_> =
        counts.iter().zip(&guards).map(|(&count, &guard)| (count == 0 && guard == Guard::Open).then_some(0)).collect();
    let least = conceded(system, &zeros)?;
    let mut offers: Vec<u32> = (0..system.len() as u32).filter(|&cell| zeros[cell as usize].is_none()).collect();
    offers.sort_by_key(|&cell| (system.detail[cell as usize], Reverse(counts[cell as usize]), cell));
    loop {
        let pattern = offer(system, counts, &zeros, &least, &offers, &guards, policy)?;
        let mut grown = false;
        for (cell, guard) in guards.iter_mut().enumerate() {
            let narrow = pattern.published[cell].is_none() && is_narrow(policy, pattern.intervals[cell]);
            if narrow && *guard == Guard::Open {
                *guard = Guard::Large;
                grown = true;
            }
        }
        if !grown {
            return Ok(pattern);
        }
    }
}

/// Offers counts one after another and publishes those that narrow no guarded blank.
fn offer(
    system: &System,
    counts: &[u64],
    zeros: &[Option<u64>],
    least: &[u64],
    offers: &[u32],
    guards: &[Guard],
    policy: &Policy,
) -> Result<Pattern> {
    let mut published = zeros.to_vec();
    let mut bounds = Bounds::settled(system, zeros)?;
    let safe = |cell: u32, interval| match guards[cell as usize] {
        Guard::Small => !is_unsafe(policy, least[cell as usize], interval),
        Guard::Large => !is_narrow(policy, interval),
        Guard::Open => true,
    };
    for &cell in offers.iter().filter(|&&cell| guards[cell as usize] == Guard::Open) {
        let count = counts[cell as usize];
        if bounds.learn(cell, count, safe)? {
            published[cell as usize] = Some(count);
        }
    }
    let intervals = (0..system.len()).map(|cell| bounds.interval(cell)).collect();
    Ok(Pattern { published, intervals })
}
