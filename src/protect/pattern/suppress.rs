//! Which cells are suppressed: the small ones, and every other one that would let the attacker narrow a suppressed cell.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::bounds::Bounds;
use super::reduce::{self, Reduced};
use super::system::{NONE, System};
use crate::confidential::confidential;
use crate::error::Result;
use crate::model::Interval;
use crate::protect::Policy;
use crate::protect::rule::{BoundKind, ZeroKind, is_primary, is_small, is_unsafe};

/// Which cells are published, and what the attacker makes of the suppressed cells.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The count of each cell, or nothing where it is suppressed.
    pub published: Vec<Option<u64>>,
    /// The attacker's interval of each cell.
    pub intervals: Vec<Interval>,
}

/// Rounds that begin again are tried where there are at most so many counts to offer.
const LARGE: usize = 50_000;

/// So many of them, before they are given up.
const ROUNDS: usize = 50;

/// Counts that are offered at once to begin with: the coarse totals. Almost all of them may be published.
const AT_ONCE: usize = 256;

/// Counts that are probed side by side before those that fit are learnt.
const BLOCK: usize = 32_768;

/// So many probe at the same time.
const PROBERS: usize = 4;

/// Cells with their counts and the relations between them. Confidential.
#[derive(Clone, Copy)]
pub struct CountSystem<'a> {
    /// The relations.
    pub system: &'a System,
    /// The count of each cell.
    pub counts: &'a [u64],
    /// Whether the attacker knows a zero of each cell anyway.
    pub implied: &'a [bool],
}

confidential!(CountSystem<'_>);

/// What a search needs to know of each cell.
struct Offers<'a> {
    counts: &'a [u64],
    primary: &'a [bool],
    /// Returns whether a count may be published if nothing else forbids it.
    offered: &'a dyn Fn(usize) -> bool,
}

/// What is looked for: the cells, what may be published of them, and the order in which they are offered.
struct PatternSearch<'a> {
    system: &'a System,
    counts: Vec<u64>,
    policy: &'a Policy,
    side: BoundKind,
    /// Small counts: never published.
    primary: Vec<bool>,
    /// What follows from the zeros alone, which are shown in any case.
    start: Bounds<'a>,
    /// The lower bound of each cell that follows from them alone.
    least: Vec<u64>,
    /// Larger counts, totals before details and large ones before small ones.
    offers: Vec<u32>,
}

/// What is published so far, and what the attacker makes of it.
struct SearchState<'a> {
    published: Vec<bool>,
    bounds: Bounds<'a>,
}

/// Finds a pattern of suppressed cells that the attacker cannot narrow, and to which no cell can be added.
///
/// At first only zeros that the policy shows are published, so that nothing is narrow, and cells that they make the same
/// number are taken for one. Then every count that is large enough is offered, totals before details and large ones before
/// small ones; the attacker learns it and all that follows, and where it would narrow a protected cell too far, the cell stays
/// suppressed instead, and is protected from then on. A larger count that ends suppressed and narrow could be taken for a small one: such
/// cells are guarded from the beginning of a further round, until there are none. At last all that is suppressed is offered once
/// more, with every suppressed cell guarded; of a large release, for which rounds take too long, nothing was published before.
///
/// Only cells that are `allowed` are published; all are where nothing is said.
pub fn suppress(
    cells: &CountSystem<'_>,
    policy: &Policy,
    side: BoundKind,
    allowed: Option<&[bool]>,
) -> Result<Pattern> {
    let CountSystem { system, counts, implied } = *cells;
    let zero = |cell: usize| match system.hides_zero[cell] && !implied[cell] {
        true => ZeroKind::Hidden,
        false => ZeroKind::Shown,
    };
    let is_guarded = |cell: usize| match system.hidden[cell] {
        true => system.difference[cell] && is_primary(policy, counts[cell], ZeroKind::Shown),
        false => is_primary(policy, counts[cell], zero(cell)),
    };
    let mut primary: Vec<bool> = (0..system.len()).map(is_guarded).collect();
    let allowed = |cell: usize| !system.hidden[cell] && allowed.is_none_or(|allowed| allowed[cell]);
    let zero = |cell: usize| (counts[cell] == 0 && !primary[cell] && allowed(cell)).then_some(0);
    let mut zeros: Vec<Option<u64>> = (0..system.len()).map(zero).collect();
    // A zero that follows from those that are shown is not a secret, over however many sums it follows.
    let is_zero = reduce::zeros(system, &zeros.iter().map(Option::is_some).collect::<Vec<_>>());
    for cell in (0..system.len()).filter(|&cell| is_zero[cell] && allowed(cell)) {
        zeros[cell] = Some(0);
        primary[cell] = false;
    }
    let reduced = Reduced::new(system, &is_zero);
    let offered = |cell: usize| counts[cell] >= policy.threshold && allowed(cell);
    let search = PatternSearch::new(&reduced, Offers { counts, primary: &primary, offered: &offered }, policy, side)?;

    let state = search.run()?;
    let (mut published, mut intervals) = (zeros, Vec::with_capacity(system.len()));
    for (cell, &class) in reduced.of.iter().enumerate() {
        intervals.push(if class == NONE { Interval::exact(0) } else { state.bounds.interval(class as usize) });
        if class != NONE && state.published[class as usize] && allowed(cell) {
            published[cell] = Some(counts[cell]);
        }
    }
    Ok(Pattern { published, intervals })
}

impl<'a> PatternSearch<'a> {
    fn new(reduced: &'a Reduced, cells: Offers<'_>, policy: &'a Policy, side: BoundKind) -> Result<Self> {
        let system = &reduced.system;
        let (mut class_counts, mut guarded, mut offered) =
            (vec![0; system.len()], vec![false; system.len()], vec![false; system.len()]);
        for (cell, &class) in reduced.of.iter().enumerate().filter(|(_, class)| **class != NONE) {
            class_counts[class as usize] = cells.counts[cell];
            guarded[class as usize] |= cells.primary[cell];
            offered[class as usize] |= (cells.offered)(cell);
        }
        let start = Bounds::settled(system, &vec![None; system.len()])?;
        let least = (0..system.len()).map(|cell| start.interval(cell).lower).collect();
        let mut offers: Vec<u32> = (0..system.len() as u32).filter(|&cell| offered[cell as usize]).collect();
        offers.sort_by_key(|&cell| (system.detail[cell as usize], Reverse(class_counts[cell as usize]), cell));
        Ok(Self { system, counts: class_counts, policy, side, primary: guarded, start, least, offers })
    }

    fn is_unsafe(&self, cell: usize, interval: Interval) -> bool {
        match self.system.hidden[cell] {
            true => self.system.difference[cell] && is_small(self.policy, self.side, interval),
            false => is_unsafe(self.policy, self.side, self.least[cell], interval),
        }
    }

    /// Returns whether an interval may be known, with these suppressed cells guarded.
    fn is_fine(&self, guards: &[bool], cell: u32, interval: Interval) -> bool {
        !guards[cell as usize] || !self.is_unsafe(cell as usize, interval)
    }

    /// Blanks that the attacker knows too well.
    fn narrow(&self, state: &SearchState<'_>) -> Vec<usize> {
        (0..self.system.len())
            .filter(|&cell| !state.published[cell])
            .filter(|&cell| self.is_unsafe(cell, state.bounds.interval(cell)))
            .collect()
    }

    /// Offers cells in their order. Returns those that stay suppressed, and the protected cell that objected.
    ///
    /// Most may be published, so many are learnt at once; where that is too much, the first that must stay suppressed is
    /// searched for by halves.
    fn offer(&self, state: &mut SearchState<'a>, offers: &[u32], guards: &mut [bool]) -> Result<Vec<(u32, u32)>> {
        let mut refused = Vec::new();
        let (mut at, mut many) = (0, AT_ONCE);
        // The end of a stretch in which one stays suppressed.
        let mut bad: Option<usize> = None;
        while at < offers.len() {
            let end = bad.map_or(at + many, |end| at + (end - at).div_ceil(2)).min(offers.len());
            let batch: Vec<(u32, u64)> =
                offers[at..end].iter().map(|&cell| (cell, self.counts[cell as usize])).collect();
            let objects = state.bounds.learn(&batch, |cell, interval| self.is_fine(guards, cell, interval))?;
            match (objects, batch.as_slice()) {
                (None, _) => {
                    batch.iter().for_each(|&(cell, _)| state.published[cell as usize] = true);
                    at = end;
                    many = if bad.is_none() { many * 2 } else { many };
                    bad = bad.filter(|&end| end > at);
                }
                (Some(by), &[(cell, _)]) => {
                    refused.push((cell, by));
                    // It stays suppressed, so what comes later must not make it look small.
                    let index = cell as usize;
                    guards[index] |= !self.is_unsafe(index, state.bounds.interval(index));
                    at = end;
                    bad = None;
                }
                (Some(_), batch) => {
                    many = batch.len().div_ceil(2);
                    bad = Some(end);
                }
            }
        }
        Ok(refused)
    }

    /// What is published, and what the attacker makes of it.
    fn run(&self) -> Result<SearchState<'a>> {
        let rounds = if self.offers.len() > LARGE { None } else { self.rounds()? };
        let mut state = rounds.unwrap_or_else(|| self.nothing());
        self.lift(&mut state)?;
        Ok(state)
    }

    /// Nothing but the zeros is published.
    fn nothing(&self) -> SearchState<'a> {
        SearchState { published: vec![false; self.system.len()], bounds: self.start.clone() }
    }

    /// Offers every cell that is not guarded, and begins again with more guards until no suppressed cell is narrow. Returns nothing where
    /// that takes too many rounds.
    fn rounds(&self) -> Result<Option<SearchState<'a>>> {
        let mut guarded = self.primary.clone();
        for _ in 0..ROUNDS {
            let offers: Vec<u32> = self.offers.iter().copied().filter(|&cell| !guarded[cell as usize]).collect();
            let mut state = self.nothing();
            self.offer(&mut state, &offers, &mut guarded.clone())?;
            let narrow = self.narrow(&state);
            if narrow.is_empty() {
                return Ok(Some(state));
            }
            narrow.into_iter().for_each(|cell| guarded[cell] = true);
        }
        Ok(None)
    }

    /// Offers all that is suppressed, with every suppressed cell guarded, until nothing more is published: what one suppressed cell forbade may be
    /// published once that suppressed cell is, or is known to be large.
    fn lift(&self, state: &mut SearchState<'a>) -> Result<()> {
        let System { hidden, difference, .. } = self.system;
        let mut guards: Vec<bool> =
            hidden.iter().zip(difference).map(|(hidden, guarded)| !hidden || *guarded).collect();
        // Which suppressed cell objected to each offer.
        let mut objects: Vec<(u32, u32)> = Vec::new();
        let mut offers: Vec<u32> =
            self.offers.iter().copied().filter(|&cell| !state.published[cell as usize]).collect();
        while !offers.is_empty() {
            // While little is published, much follows from each count, so the first ones are not probed one by one.
            let first = if state.published.contains(&true) { 0 } else { AT_ONCE.min(offers.len()) };
            let (unprobed, mut rest) = offers.split_at(first);
            objects.extend(self.offer(state, unprobed, &mut guards)?);
            let mut block = AT_ONCE;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(block.min(rest.len()));
                let probed = self.probe(state, now, &guards)?;
                let by = now.iter().copied().zip(&probed);
                let fit: Vec<u32> = by.clone().filter(|(_, by)| by.is_none()).map(|(cell, _)| cell).collect();
                objects.extend(by.filter_map(|(cell, by)| Some((cell, (*by)?))));
                objects.extend(self.offer(state, &fit, &mut guards)?);
                (rest, block) = (later, (block * 2).min(BLOCK));
            }
            let gone = |by: u32| {
                let by = by as usize;
                state.published[by] || state.bounds.interval(by).lower >= self.policy.threshold
            };
            offers = objects.iter().filter(|(_, by)| gone(*by)).map(|(cell, _)| *cell).collect();
            objects.retain(|(_, by)| !gone(*by));
        }
        Ok(())
    }

    /// Which suppressed cell would object to each offer, if it were the only one. Most are refused, and that can be found out side by
    /// side.
    fn probe(&self, state: &SearchState<'a>, offers: &[u32], guards: &[bool]) -> Result<Vec<Option<u32>>> {
        // Each of them needs bounds of its own, which are most of what the search holds in memory.
        let probers = rayon::current_num_threads().min(PROBERS);
        let share = offers.len().div_ceil(probers).max(1);
        let probed: Result<Vec<Vec<Option<u32>>>> = offers
            .par_chunks(share)
            .map(|offers| {
                let mut bounds = state.bounds.clone();
                let fine = |cell, interval| self.is_fine(guards, cell, interval);
                offers.iter().map(|&cell| bounds.probe(cell, self.counts[cell as usize], fine)).collect()
            })
            .collect();
        Ok(probed?.concat())
    }
}
