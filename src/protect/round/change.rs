//! How far the counts of a rounded release are from the true ones, as far as that may be published.
//!
//! Exact figures of the change would undo the rounding. A mean of 0.0 over all counts of one size proves that each of them is true;
//! a mean of the base less one proves that a printed 5 is 1 or 9. So each figure is a limit in wide steps: no step says that
//! nothing changed, and of counts near the base none is narrower than what the method can do to one of them.

use std::collections::HashMap;

use crate::aggregate::Cube;
use crate::indicators::{Draft, Drafts};
use crate::protect::pattern::NONE;
use crate::protect::{Rounding, RoundingChange, Size};

/// The fewest counts over which a change is published: of a few counts, a mean is nearly the change of each.
const FEWEST: usize = 100;

/// Shares in percent of counts that hold somebody.
const SHARES: [u64; 3] = [50, 75, 90];

/// Printed counts up to here may stand for small ones, or for sums of few of them.
const NEAR: u64 = 49;

/// Returns how much the counts changed. `cells` numbers the counts of the drafts.
pub(super) fn changes(drafts: &Drafts, truth: &Drafts, cells: &[Vec<u32>], base: u64) -> Rounding {
    let sizes = sizes(base);
    let mut all: HashMap<u32, Compared> = HashMap::new();
    let mut changes = Vec::new();
    for (draft, cells) in drafts.tables.iter().zip(cells) {
        let truth = truth.tables.iter().find(|table| table.indicator.id == draft.indicator.id);
        let truth = TrueCounts::new(draft, truth);
        let mut of_size: Vec<Vec<Compared>> = vec![Vec::new(); sizes.len()];
        for (cell, &number) in cells.iter().enumerate().filter(|(_, number)| **number != NONE) {
            let compared = Compared { printed: draft.cube.lower(cell), exact: truth.count(&draft.cube.nodes(cell)) };
            if compared.printed == 0 && compared.exact == 0 {
                continue;
            }
            all.insert(number, compared);
            let holds = |(lower, upper): &Size| {
                compared.printed >= *lower && upper.is_none_or(|upper| compared.printed <= upper)
            };
            if let Some(size) = sizes.iter().position(holds) {
                of_size[size].push(compared);
            }
        }
        for (size, compared) in sizes.iter().zip(of_size) {
            let change = limits(&compared, base);
            changes.extend(change.map(|change| (draft.indicator.id.clone(), *size, change)));
        }
    }
    let all: Vec<Compared> = all.into_values().collect();
    Rounding { base, all: limits(&all, base), changes }
}

/// Returns the sizes of printed counts for which changes are published: the base alone, and wider ones.
fn sizes(base: u64) -> Vec<Size> {
    let from = [base + 1, NEAR + 1, 200];
    let upto = [Some(NEAR), Some(199), None];
    let wider = from.into_iter().zip(upto).filter(|(lower, upper)| upper.is_none_or(|upper| *lower <= upper));
    std::iter::once((base, Some(base))).chain(wider).collect()
}

/// A printed count and the true one.
#[derive(Clone, Copy)]
struct Compared {
    printed: u64,
    exact: u64,
}

/// Returns what may be published of the change of these counts; nothing of a few.
fn limits(compared: &[Compared], base: u64) -> Option<RoundingChange> {
    if compared.len() < FEWEST {
        return None;
    }
    let mut changes: Vec<u64> = compared.iter().map(|pair| pair.printed.abs_diff(pair.exact)).collect();
    changes.sort_unstable();
    let count = changes.len() as u64;
    let sum: u64 = changes.iter().sum();
    let is_near = compared.iter().any(|pair| pair.printed <= NEAR);
    let is_base = compared.iter().all(|pair| pair.printed == base);
    // Half a person is the least that is said of a mean, and two of printed bases.
    let steps = |least: u64| std::iter::successors(Some(least), |step| Some(step * 2));
    let twice_mean = steps(if is_base { 4 } else { 1 }).find(|step| 2 * sum <= step * count)?;
    let p95 = changes[changes.len() * 95 / 100];
    let p95 = steps(1).find(|step| p95 <= *step && (!is_near || base <= step + 1))?;
    let real = 100 * compared.iter().filter(|pair| pair.printed > 0 && pair.exact > 0).count() as u64;
    let printed = compared.iter().filter(|pair| pair.printed > 0).count() as u64;
    let real = SHARES.into_iter().rev().find(|share| share * printed <= real);
    Some(RoundingChange { mean: twice_mean as f64 / 2.0, p95, real })
}

/// The true counts of a table, by the nodes of the rounded one.
struct TrueCounts<'a> {
    cube: Option<&'a Cube>,
    /// For each dimension and node its node among the true ones, which may be more.
    nodes: Vec<Vec<Option<u16>>>,
}

impl<'a> TrueCounts<'a> {
    fn new(rounded: &Draft, truth: Option<&'a Draft>) -> Self {
        let cube = truth.map(|truth| &truth.cube);
        let dimensions = rounded.cube.dimensions.iter().zip(cube.into_iter().flat_map(|cube| &cube.dimensions));
        let nodes = dimensions
            .map(|(to, from)| to.nodes.iter().map(|node| from.find(&node.code).map(|node| node as u16)).collect());
        Self { cube, nodes: nodes.collect() }
    }

    fn count(&self, nodes: &[u16]) -> u64 {
        let Some(cube) = self.cube else { return 0 };
        let nodes = nodes.iter().zip(&self.nodes).map(|(&node, numbers)| numbers[usize::from(node)]);
        let nodes: Option<Vec<u16>> = nodes.collect();
        nodes.map_or(0, |nodes| cube.lower(cube.cell(&nodes)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Compared, limits, sizes};
    use crate::protect::RoundingChange;

    fn of(pairs: &[(u64, u64)]) -> Option<RoundingChange> {
        let compared: Vec<Compared> = pairs.iter().map(|&(printed, exact)| Compared { printed, exact }).collect();
        limits(&compared, 5)
    }

    /// Counts that are all true, and counts that are all 1, print the same as many others.
    #[test]
    fn no_limit_tells_a_count() {
        let all = |printed, exact| of(&[(printed, exact); 200]).map(|change| (change.mean, change.p95, change.real));
        assert_eq!(all(5, 5), Some((2.0, 4, Some(90))));
        assert_eq!(all(5, 1), Some((4.0, 4, Some(90))));
        let mixed: Vec<(u64, u64)> = (0..200).map(|at| (5, 1 + at % 4)).collect();
        assert_eq!(of(&mixed).map(|change| change.mean), Some(4.0));
        assert_eq!(all(300, 300), Some((0.5, 1, Some(90))));
        assert_eq!(all(5, 0), Some((8.0, 8, None)));
        assert_eq!(of(&[(5, 5); 99]), None);
    }

    #[test]
    fn sizes_begin_at_the_base() {
        assert_eq!(sizes(5), [(5, Some(5)), (6, Some(49)), (50, Some(199)), (200, None)]);
        assert_eq!(sizes(60)[1..], [(50, Some(199)), (200, None)]);
    }
}
