//! From drafts of rounded units to counts that may be published.

use std::collections::HashMap;

use super::Rounded;
use super::incidence::CellNumbering;
use crate::aggregate::Cube;
use crate::error::{Error, Result};
use crate::indicators::{Draft, Drafts, Shown};
use crate::protect::pattern::{Constraint, NONE, link};
use crate::protect::{Audit, Policy, Rounding, RoundingChange, SafeCounts, Size};

/// Sizes of printed counts for which changes are published.
const SIZES: [Size; 4] = [(1, Some(9)), (10, Some(49)), (50, Some(199)), (200, None)];

/// The fewest counts over which a change is published: of a few counts, a mean is nearly the change of each.
const FEWEST: usize = 100;

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
    if let Some(broken) = linked.system.constraints.iter().position(|of| !holds(of, counts)) {
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
fn holds(of: &Constraint, counts: &[u64]) -> bool {
    let parent = counts[of.parent as usize];
    let parts = of.children.iter().map(|&child| counts[child as usize]);
    let sum: u64 = parts.clone().sum();
    if of.partition { sum == parent } else { sum >= parent && parts.max().unwrap_or(0) <= parent }
}

/// Returns how much the counts changed. `cells` numbers the counts of the drafts.
fn changes(drafts: &Drafts, truth: &Drafts, cells: &[Vec<u32>], base: u64) -> Rounding {
    let mut all: HashMap<u32, u64> = HashMap::new();
    let mut changes = Vec::new();
    for (draft, cells) in drafts.tables.iter().zip(cells) {
        let truth = truth.tables.iter().find(|table| table.indicator.id == draft.indicator.id);
        let truth = Truth::new(draft, truth);
        let mut sizes: [Vec<u64>; SIZES.len()] = Default::default();
        for (cell, &number) in cells.iter().enumerate().filter(|(_, number)| **number != NONE) {
            let (count, exact) = (draft.cube.lower(cell), truth.count(&draft.cube.nodes(cell)));
            if count == 0 && exact == 0 {
                continue;
            }
            let change = count.abs_diff(exact);
            all.insert(number, change);
            let is_of = |(lower, upper): &Size| count >= *lower && upper.is_none_or(|upper| count <= upper);
            if let Some(size) = SIZES.iter().position(is_of) {
                sizes[size].push(change);
            }
        }
        let of = sizes.into_iter().zip(SIZES).filter_map(|(of, size)| Some((size, change(of)?)));
        changes.extend(of.map(|(size, change)| (draft.indicator.id.clone(), size, change)));
    }
    Rounding { base, all: change(all.into_values().collect()), changes }
}

/// Returns the mean and the 95th percentile; nothing for a few.
fn change(mut changes: Vec<u64>) -> Option<RoundingChange> {
    if changes.len() < FEWEST {
        return None;
    }
    changes.sort_unstable();
    let mean = changes.iter().sum::<u64>() as f64 / changes.len() as f64;
    let p95 = changes[changes.len() * 95 / 100];
    Some(RoundingChange { mean: (mean * 10.0).round() / 10.0, p95 })
}

/// The true counts of a table, by the nodes of the rounded one.
struct Truth<'a> {
    cube: Option<&'a Cube>,
    /// For each dimension and node its node among the true ones, which may be more.
    nodes: Vec<Vec<Option<u16>>>,
}

impl<'a> Truth<'a> {
    fn new(rounded: &Draft, truth: Option<&'a Draft>) -> Self {
        let cube = truth.map(|truth| &truth.cube);
        let dimensions = rounded.cube.dimensions.iter().zip(cube.into_iter().flat_map(|cube| &cube.dimensions));
        let nodes = dimensions
            .map(|(to, from)| to.nodes.iter().map(|node| from.find(&node.code).map(|node| node as u16)).collect());
        Self { cube, nodes: nodes.collect() }
    }

    fn count(&self, nodes: &[u16]) -> u64 {
        let Some(cube) = self.cube else { return 0 };
        let nodes = nodes.iter().zip(&self.nodes).map(|(&node, of)| of[usize::from(node)]);
        let nodes: Option<Vec<u16>> = nodes.collect();
        nodes.map_or(0, |nodes| cube.lower(cube.cell(&nodes)))
    }
}
