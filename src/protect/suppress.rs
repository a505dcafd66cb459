//! Which cells are blanked: the small ones, and every other one that would let the attacker narrow a blank.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeSet;

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

/// Rounds that begin again are tried on releases with at most so many offers.
const SMALL: usize = 12_000;

/// So many of them, before they are given up.
const ROUNDS: usize = 50;

/// What is looked for: the cells, what may be told of them, and the order in which they are offered.
struct Search<'a> {
    system: &'a System,
    counts: &'a [u64],
    policy: &'a Policy,
    side: Side,
    /// Small counts: never published.
    primary: Vec<bool>,
    /// The zeros that are shown in any case.
    zeros: Vec<Option<u64>>,
    /// What they alone tell.
    start: Bounds<'a>,
    /// How large they alone tell that each cell is.
    least: Vec<u64>,
    /// Larger counts, totals before details and large ones before small ones.
    offers: Vec<u32>,
}

/// What is published so far, and what the attacker makes of it.
struct State<'a> {
    published: Vec<Option<u64>>,
    bounds: Bounds<'a>,
}

/// Finds a pattern of blanks that the attacker cannot narrow, and to which no cell can be added.
///
/// At first only zeros that the policy shows are published, so that nothing is narrow. Then every count that is large
/// enough is offered, totals before details and large ones before small ones; the attacker learns it and all that
/// follows, and where it would narrow a guarded blank too far, the cell stays blank instead, and is guarded from then on.
/// A larger count that ends blank and narrow could be taken for a small one. Either such cells are guarded from the beginning
/// of a further round, or what narrowed them is withdrawn, until no blank is narrow. At last all that is blank is offered
/// once more, with every blank guarded. Rounds take long, so a large release is mended only; elsewhere both are tried, and
/// the pattern that shows more is taken.
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
    let mut primary: Vec<bool> = (0..system.len())
        .map(|cell| !system.hidden[cell] && is_primary(policy, system.hides_zero[cell], implied[cell], counts[cell]))
        .collect();
    let allowed = |cell: usize| !system.hidden[cell] && allowed.is_none_or(|allowed| allowed[cell]);
    let zero = |cell: usize| (counts[cell] == 0 && !primary[cell] && allowed(cell)).then_some(0);
    let mut zeros: Vec<Option<u64>> = (0..system.len()).map(zero).collect();
    // A zero that follows from those that are shown is no secret, over however many sums it follows.
    for (cell, interval) in attack(system, &zeros)?.into_iter().enumerate() {
        if interval.upper == Some(0) && allowed(cell) {
            zeros[cell] = Some(0);
            primary[cell] = false;
        }
    }
    let start = Bounds::settled(system, &zeros)?;
    let least = (0..system.len()).map(|cell| start.interval(cell).lower).collect();
    let mut offers: Vec<u32> = (0..system.len() as u32)
        .filter(|&cell| counts[cell as usize] >= policy.threshold && allowed(cell as usize))
        .collect();
    offers.sort_by_key(|&cell| (system.detail[cell as usize], Reverse(counts[cell as usize]), cell));
    let search = Search { system, counts, policy, side, primary, zeros, start, least, offers };

    let first = search.round(&search.primary)?;
    // Neither way is the better one on every release.
    let mut found: Vec<State<'_>> = search.rounds(&first)?.into_iter().chain([search.mend(first)?]).collect();
    found.iter_mut().try_for_each(|state| search.lift(state))?;
    let shown = |state: &State<'_>| state.published.iter().filter(|count| count.is_some_and(|count| count > 0)).count();
    let best = (0..found.len()).max_by_key(|&at| (shown(&found[at]), Reverse(at))).unwrap_or(0);
    let state = found.swap_remove(best);
    let intervals = (0..system.len()).map(|cell| state.bounds.interval(cell)).collect();
    Ok(Pattern { published: state.published, intervals })
}

impl<'a> Search<'a> {
    fn is_unsafe(&self, cell: usize, interval: Interval) -> bool {
        is_unsafe(self.policy, self.side, self.least[cell], interval)
    }

    /// Blanks that the attacker knows too well.
    fn narrow(&self, state: &State<'_>) -> Vec<usize> {
        (0..self.system.len())
            .filter(|&cell| state.published[cell].is_none() && !self.system.hidden[cell])
            .filter(|&cell| self.is_unsafe(cell, state.bounds.interval(cell)))
            .collect()
    }

    /// Offers every cell that is not guarded.
    fn round(&self, guarded: &[bool]) -> Result<State<'a>> {
        let mut published = self.zeros.clone();
        let mut bounds = self.start.clone();
        let guards: Vec<Cell<bool>> = guarded.iter().copied().map(Cell::new).collect();
        let safe = |cell: u32, interval| !guards[cell as usize].get() || !self.is_unsafe(cell as usize, interval);
        for &cell in self.offers.iter().filter(|&&cell| !guarded[cell as usize]) {
            let index = cell as usize;
            if bounds.learn(cell, self.counts[index], safe)?.is_none() {
                published[index] = Some(self.counts[index]);
            } else if !self.is_unsafe(index, bounds.interval(index)) {
                // It stays blank, so what comes later must not make it look small.
                guards[index].set(true);
            }
        }
        Ok(State { published, bounds })
    }

    /// Begins again with more guards until no blank is narrow; nothing where none is, or where that takes too long.
    fn rounds(&self, first: &State<'a>) -> Result<Option<State<'a>>> {
        let mut guarded = self.primary.clone();
        let mut narrow = self.narrow(first);
        let rounds = if narrow.is_empty() || self.offers.len() > SMALL { 0 } else { ROUNDS };
        for _ in 0..rounds {
            narrow.into_iter().for_each(|cell| guarded[cell] = true);
            let state = self.round(&guarded)?;
            narrow = self.narrow(&state);
            if narrow.is_empty() {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    /// Withdraws what narrows blanks, more of it each time, until none is narrow.
    fn mend(&self, mut state: State<'a>) -> Result<State<'a>> {
        let mut most = 1;
        loop {
            let narrow = self.narrow(&state);
            if narrow.is_empty() {
                return Ok(state);
            }
            let shown = |cell: u32| state.published[cell as usize].is_some_and(|count| count > 0);
            // Details are missed least, and among them small counts.
            let missed = |cell: u32| (Reverse(self.system.detail[cell as usize]), self.counts[cell as usize]);
            let mut withdrawn = BTreeSet::new();
            for cell in narrow {
                state.bounds.reasons(cell as u32, most, shown, missed, &mut withdrawn);
            }
            if withdrawn.is_empty() {
                // No chain leads back to what narrowed them.
                withdrawn.extend(self.offers.iter().copied().filter(|&cell| shown(cell)));
            }
            if withdrawn.is_empty() {
                // The audit refuses what is narrow where nothing is told.
                return Ok(state);
            }
            withdrawn.into_iter().for_each(|cell| state.published[cell as usize] = None);
            state.bounds = Bounds::settled(self.system, &state.published)?;
            most = most.saturating_mul(2);
        }
    }

    /// Offers all that is blank, with every blank guarded, until nothing more is published: what one blank forbade may be
    /// published once that blank is, or is known to be large.
    fn lift(&self, state: &mut State<'a>) -> Result<()> {
        let State { published, bounds } = state;
        // Which blank objected to each offer.
        let mut objects: Vec<(u32, u32)> = Vec::new();
        let mut offers: Vec<u32> =
            self.offers.iter().copied().filter(|&cell| published[cell as usize].is_none()).collect();
        while !offers.is_empty() {
            for cell in std::mem::take(&mut offers) {
                let index = cell as usize;
                let safe = |other: u32, interval| {
                    let other = other as usize;
                    published[other].is_some() || self.system.hidden[other] || !self.is_unsafe(other, interval)
                };
                match bounds.learn(cell, self.counts[index], safe)? {
                    None => published[index] = Some(self.counts[index]),
                    Some(other) => objects.push((cell, other)),
                }
            }
            objects.retain(|&(cell, by)| {
                let by = by as usize;
                let gone = published[by].is_some() || bounds.interval(by).lower >= self.policy.threshold;
                if gone {
                    offers.push(cell);
                }
                !gone
            });
        }
        Ok(())
    }
}
