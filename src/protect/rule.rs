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

/// Returns whether a suppressed cell shows too much to a reader who does not know why it is suppressed.
///
/// A least count bounds a group from below only: that it is small, or known, says nothing of the group, but that it lies
/// between 0 and the threshold shows that a small count is not zero.
///
/// The attacker must not know that the group is smaller than the threshold `k`, nor know a group that may be smaller to
/// within less than `k`, nor learn more of its least size than the zeros that are shown say anyway (`start`). A group that
/// is known to be large needs no protection. The rule is the same for every suppressed cell: if only small counts kept to it, a
/// suppressed cell that does not would be known to be large.
pub(super) fn is_unsafe(policy: &Policy, side: BoundKind, start: u64, interval: Interval) -> bool {
    let k = policy.threshold;
    let Interval { lower, upper } = interval;
    if side == BoundKind::Lower {
        return lower < k && start < lower;
    }
    let small = upper.is_some_and(|upper| upper < k);
    let narrow = upper.is_some_and(|upper| upper - lower < k - 1);
    small || (lower < k && (narrow || start < lower))
}

/// Returns whether an interval shows that a difference of counts, which no table has, is small and not zero.
pub(super) fn is_small(policy: &Policy, side: BoundKind, interval: Interval) -> bool {
    side == BoundKind::Upper && interval.lower > 0 && interval.upper.is_some_and(|upper| upper < policy.threshold)
}

/// What the policy does with a zero in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZeroKind {
    /// It is shown, or the attacker knows it anyway.
    Shown,
    /// It is as confidential as a small count.
    Hidden,
}

/// Returns whether a count may not be shown.
pub(super) fn is_primary(policy: &Policy, count: u64, zero: ZeroKind) -> bool {
    (1..policy.threshold).contains(&count) || (count == 0 && zero == ZeroKind::Hidden)
}
