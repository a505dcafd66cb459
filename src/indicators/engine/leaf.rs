//! The cells that a formula names, next to the cell of each row.

use polars::prelude::*;

use super::super::formula::Formula;
use super::interval::{PARTS, only, part, whole_sum};
use super::layout::{FrameLayout, Leaf, LeafTarget, within};
use super::names::{dimension, moved, nowhere, open};

/// Returns the column of how many cells of a leaf are reported.
pub(super) fn found(leaf: &str) -> String {
    part(leaf, "n")
}

/// Returns the column of how many cells of a leaf the table has, reported or not.
fn named(leaf: &str) -> String {
    part(leaf, "of")
}

/// Adds the columns of all leaves.
pub(super) fn attach(layout: &FrameLayout<'_>, base: LazyFrame) -> LazyFrame {
    let mut rows = base.clone();
    for (at, leaf) in layout.leaves.iter().enumerate() {
        let name = format!("c{at}");
        rows = match &leaf.formula {
            Formula::Count(choices) if choices.is_empty() => {
                let count = PARTS.map(|this| col(this).alias(part(&name, this)));
                rows.with_columns(count).with_columns([col("present").cast(DataType::UInt32).alias(found(&name))])
            }
            Formula::Count(_) => attach_cells(layout, rows, &base, at),
            Formula::Population(_) => {
                let people = col(format!("p{at}"));
                rows.with_columns(PARTS.map(|this| people.clone().alias(part(&name, this))))
                    .with_columns([people.is_not_null().cast(DataType::UInt32).alias(found(&name))])
            }
            _ => rows,
        };
    }
    for (at, leaf) in layout.leaves.iter().enumerate() {
        if let Some(bounds) = within(&leaf.formula) {
            rows = bounded(rows, at, leaf, bounds.map(|formula| layout.leaf(&formula)));
        }
    }
    for [whole, parts, cells] in layout.wholes_and_parts() {
        let [whole, parts] = [whole, parts].map(|at| format!("c{at}"));
        if layout.is_whole(&whole) {
            // A part that has no cell may hold any person.
            let lacks_part = col(named(&parts)).fill_null(lit(0u32)).lt(lit(cells as u32));
            let is_open = col(open(&whole)).fill_null(lit(true));
            rows = rows.with_columns([is_open.or(lacks_part).alias(open(&whole))]);
        }
    }
    rows
}

/// Gives the leaf bounds where the area is in no region: it holds the area itself, and no more than all that is known.
fn bounded(rows: LazyFrame, at: usize, leaf: &Leaf, [home, known]: [String; 2]) -> LazyFrame {
    let name = format!("c{at}");
    let is_nowhere = col(nowhere(at)).and(col(found(&known)).gt(lit(0u32)).fill_null(lit(false)));
    let lower = col(part(&home, "l")).fill_null(lit(0.0));
    let upper = col(part(&known, "u"));
    let exact = only(upper.clone().eq(lower.clone()).fill_null(lit(false)), upper.clone());
    let with =
        |name: String, bound: Expr| when(is_nowhere.clone()).then(bound).otherwise(col(name.clone())).alias(name);
    let all = lit(leaf.cells().max(1) as u32);
    rows.with_columns([
        with(part(&name, "v"), exact),
        with(part(&name, "l"), lower),
        with(part(&name, "u"), upper),
        with(found(&name), all.clone()),
        with(named(&name), all),
    ])
}

/// Adds the cell, or the sum of the cells, to which a leaf points.
fn attach_cells(layout: &FrameLayout<'_>, rows: LazyFrame, base: &LazyFrame, at: usize) -> LazyFrame {
    let leaf = &layout.leaves[at];
    let name = format!("c{at}");
    let target = |d: usize| leaf.targets.iter().find(|(other, _)| *other == d).map(|(_, target)| target);
    let (mut row_keys, mut cell_keys) = (Vec::new(), Vec::new());
    let mut chosen = lit(true);
    for d in 0..layout.dimensions.len() {
        match target(d) {
            Some(LeafTarget::Sum(nodes)) => {
                let any = nodes.iter().map(|&node| col(dimension(d)).eq(lit(node))).reduce(Expr::or);
                chosen = chosen.and(any.unwrap_or(lit(false)));
            }
            Some(LeafTarget::Each(_)) => chosen = chosen.and(col(moved(at, d)).is_not_null()),
            Some(LeafTarget::Moved(..)) => {
                row_keys.push(col(moved(at, d)));
                cell_keys.push(col(dimension(d)));
            }
            None => {
                row_keys.push(col(dimension(d)));
                cell_keys.push(col(dimension(d)));
            }
        }
    }
    let sums = PARTS.map(|this| whole_sum(this).alias(part(&name, this)));
    let mut counted = col("present").cast(DataType::UInt32);
    for (d, target) in &leaf.targets {
        if let LeafTarget::Each(_) = target {
            // Codes besides the first have no cell where no person has them.
            counted = counted.filter(col(moved(at, *d)).eq(lit(0u32)));
        }
    }
    let mut counts = vec![counted.sum().alias(found(&name)), len().alias(named(&name))];
    if layout.is_whole(&name) {
        counts.push(col("open").any(true).alias(open(&name)));
    }
    let cells = base.clone().filter(chosen).group_by(cell_keys.clone()).agg([sums.as_slice(), &counts].concat());
    rows.join(cells, row_keys, cell_keys, JoinArgs::new(JoinType::Left))
}

/// Returns whether a country has what a formula needs. For a share of published figures that is the whole: what a country leaves open
/// within it has bounds (`fill`). A country that did not ask for the code has no share of it.
pub(super) fn is_whole(layout: &FrameLayout<'_>) -> Expr {
    let is_open = layout.setting.summed && layout.measure.formula.share_of().is_some();
    let base = if is_open { col("asked") } else { has_own_cell(layout).and(lacks_question(layout).not()) };
    needs(layout).into_iter().fold(base, |whole, (_, lacks)| whole.and(lacks.not()))
}

/// Returns whether a row is a share of a cell for which the area did not ask in all that the row holds.
pub(super) fn lacks_question(layout: &FrameLayout<'_>) -> Expr {
    let is_share = !layout.setting.summed && layout.measure.formula.share_of().is_some();
    if is_share { col("asked").not() } else { lit(false) }
}

/// Returns whether an area reports the cell of a row, where its figure needs that.
pub(super) fn has_own_cell(layout: &FrameLayout<'_>) -> Expr {
    if layout.needs_own_cell() { col("present") } else { lit(true) }
}

/// Returns whether an area did not report something that a formula names, and whether it lacks anything else: a population, or
/// a region that contains it.
pub(super) fn lacking(layout: &FrameLayout<'_>) -> (Expr, Expr) {
    let any = |unreported: bool| {
        let lacks = needs(layout).into_iter().map(|(is_unreported, lacks)| {
            let is_unreported = if unreported { is_unreported } else { is_unreported.not() };
            lacks.and(is_unreported)
        });
        lacks.reduce(Expr::or).unwrap_or(lit(false))
    };
    (any(true), any(false))
}

/// Returns for each leaf that a country must have: whether it is one that areas report, and whether the country lacks it.
fn needs(layout: &FrameLayout<'_>) -> Vec<(Expr, Expr)> {
    let mut needs = Vec::new();
    let is_open = layout.setting.summed && layout.measure.formula.share_of().is_some();
    for (at, leaf) in layout.leaves.iter().enumerate() {
        let moves = |(_, target): &(usize, LeafTarget)| !matches!(target, LeafTarget::Sum(_));
        let name = format!("c{at}");
        let cells = || col(named(&name)).fill_null(lit(0u32));
        let (is_reported, needed) = match &leaf.formula {
            Formula::Population(_) => (lit(false), lit(1u32)),
            Formula::Count(choices) if is_open && choices.is_empty() => continue,
            // What is not reported in published figures is not known.
            Formula::Count(_) if layout.setting.summed && leaf.named => (lit(true), lit(leaf.cells().max(1) as u32)),
            // The other year must be there. An area in no region has no cell of it.
            Formula::Count(_) if layout.is_of_year(at) => (lit(true), lit(1u32)),
            Formula::Count(_) if leaf.named && leaf.targets.iter().any(moves) => (cells().gt(lit(0u32)), lit(1u32)),
            // A code for which the country did not ask is not zero. A cell that the table does not have is.
            Formula::Count(choices) if !choices.is_empty() && leaf.named => (lit(true), cells()),
            _ => continue,
        };
        // A country without any such cell has found none of them.
        let lacks = col(found(&name)).fill_null(lit(0u32)).lt(needed);
        needs.push((is_reported, lacks));
    }
    needs
}

/// Returns the columns of all leaves that are cells or populations.
pub(super) fn columns(layout: &FrameLayout<'_>) -> Vec<String> {
    let cells = layout.leaves.iter().enumerate();
    let cells = cells.filter(|(_, leaf)| matches!(leaf.formula, Formula::Count(_) | Formula::Population(_)));
    cells.flat_map(|(at, _)| PARTS.map(|this| part(&format!("c{at}"), this))).collect()
}
