//! The rule: which counts may not be shown, and which intervals a reader may not learn.

use super::Policy;
use crate::model::Interval;

/// Which counts a system holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// Exact ones, or the greatest that masked sources leave possible.
    Upper,
    /// The least that masked sources leave possible, where they differ from the others.
    Lower,
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
pub(super) fn is_unsafe(policy: &Policy, side: BoundKind, least: u64, interval: Interval) -> bool {
    let k = policy.threshold;
    let Interval { lower, upper } = interval;
    if side == BoundKind::Lower {
        return lower < k && least < lower;
    }
    let small = upper.is_some_and(|upper| upper < k);
    let narrow = upper.is_some_and(|upper| upper - lower < k - 1);
    small || (lower < k && (narrow || least < lower))
}

/// Whether a count may not be shown.
pub(super) fn is_primary(policy: &Policy, hides_zero: bool, implied: bool, count: u64) -> bool {
    (1..policy.threshold).contains(&count) || (count == 0 && hides_zero && !implied)
}
