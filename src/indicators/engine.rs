//! Formulas over protected counts, evaluated by polars: the only module that knows it.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::Measure;
use crate::aggregate::Breakdown;
use crate::error::{Error, Result};

/// A protected count as a formula sees it: known, or only bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown<T> {
    /// The value, where it is published.
    pub value: Option<T>,
    /// The least that it can be.
    pub lower: Option<T>,
    /// The most that it can be.
    pub upper: Option<T>,
}

/// A share in percent, and the share of the table's people of whom the dimensions are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share with its bounds; nothing where the denominator is nobody.
    pub share: Shown<f64>,
    /// Whether the denominator is known to be nobody.
    pub of_nobody: bool,
    /// Denominator by all, where both are published.
    pub known_share: Option<f64>,
}

/// Evaluates a share for every cell.
///
/// # Definition
/// `100 · y / Σ y'`, where `y'` runs over the cells whose codes in the dimensions of `over` are the listed ones and
/// whose other codes are those of `y`. Bounds divide the least numerator by the greatest denominator and the
/// greatest by the least; both are rounded outwards at the fourth decimal.
///
/// # Reference
/// Denominators are known values: CTDC Global Synthetic Dataset codebook, section 6; UNODC Global Report.
pub fn evaluate(measure: &Measure, dimensions: &[Breakdown], cells: &[(Vec<u16>, Shown<u64>)]) -> Result<Vec<Share>> {
    let frame = frame(dimensions.len(), cells)?;
    let over: BTreeMap<usize, Vec<u32>> = over(measure, dimensions)?;
    let totals: BTreeMap<usize, Vec<u32>> = over.keys().map(|&d| (d, vec![0])).collect();
    let rest: Vec<_> = (0..dimensions.len()).filter(|d| !over.contains_key(d)).map(|d| col(name(d))).collect();
    let denominators = sums(&frame, &over, &rest, "den");
    let all = sums(&frame, &totals, &rest, "all");
    let join =
        |left: LazyFrame, right: LazyFrame| left.join(right, rest.clone(), rest.clone(), JoinArgs::new(JoinType::Left));
    let number = |name: &str| col(name.to_owned()).cast(DataType::Float64);
    let ratio = |top: &str, bottom: &str| {
        when(col(bottom.to_owned()).gt(lit(0u64)))
            .then(lit(100.0) * number(top) / number(bottom))
            .otherwise(lit(NULL).cast(DataType::Float64))
    };
    let columns = [
        ratio("value", "den_value").alias("share"),
        ratio("lower", "den_upper").alias("share_lower"),
        ratio("upper", "den_lower").alias("share_upper"),
        (ratio("den_value", "all_value") / lit(100.0)).alias("known_share"),
        col("den_value").eq(lit(0u64)).alias("of_nobody"),
    ];
    let result = join(join(frame, denominators), all)
        .with_columns(columns)
        // A join promises no order; the cell's number does.
        .sort(["cell"], SortMultipleOptions::default())
        .select([col("share"), col("share_lower"), col("share_upper"), col("known_share"), col("of_nobody")])
        .collect()
        .map_err(problem)?;
    let numbers = |name: &str| -> Result<Vec<Option<f64>>> {
        Ok(result.column(name).and_then(|c| c.f64().cloned()).map_err(problem)?.iter().collect())
    };
    let (share, lower, upper) = (numbers("share")?, numbers("share_lower")?, numbers("share_upper")?);
    let known = numbers("known_share")?;
    let nobody = result.column("of_nobody").and_then(|c| c.bool().cloned()).map_err(problem)?;
    let rows = share.into_iter().zip(lower).zip(upper).zip(known).zip(nobody.iter());
    Ok(rows
        .map(|((((value, lower), upper), known_share), nobody)| Share {
            share: Shown {
                value: value.map(|x| (x * 1e4).round() / 1e4),
                lower: Some(lower.map_or(0.0, |x| (x * 1e4).floor() / 1e4)),
                upper: Some(upper.map_or(100.0, |x| ((x * 1e4).ceil() / 1e4).min(100.0))),
            },
            of_nobody: nobody.unwrap_or(false),
            known_share: known_share.map(|x| (x * 1e6).round() / 1e6),
        })
        .collect())
}

fn name(dimension: usize) -> String {
    format!("d{dimension}")
}

fn problem(cause: PolarsError) -> Error {
    Error::failed("cannot evaluate a formula").because(cause)
}

fn over(measure: &Measure, dimensions: &[Breakdown]) -> Result<BTreeMap<usize, Vec<u32>>> {
    let mut over = BTreeMap::new();
    for (dimension, codes) in &measure.over {
        let missing = |what: &str| {
            Error::refused(
                "schema/check",
                format!("`{}` is a share over `{what}`, which the table has not", measure.id),
            )
        };
        let index = dimensions.iter().position(|d| d.dimension == *dimension).ok_or_else(|| missing(dimension))?;
        let nodes: Result<Vec<_>> = codes
            .iter()
            .map(|code| dimensions[index].find(code).map(|node| node as u32).ok_or_else(|| missing(code)))
            .collect();
        over.insert(index, nodes?);
    }
    Ok(over)
}

fn frame(dimensions: usize, cells: &[(Vec<u16>, Shown<u64>)]) -> Result<LazyFrame> {
    let mut columns: Vec<Column> = (0..dimensions)
        .map(|d| Column::new(name(d).into(), cells.iter().map(|(nodes, _)| u32::from(nodes[d])).collect::<Vec<_>>()))
        .collect();
    columns.push(Column::new("cell".into(), (0..cells.len() as u64).collect::<Vec<_>>()));
    for (name, part) in [
        ("value", cells.iter().map(|(_, shown)| shown.value).collect::<Vec<_>>()),
        ("lower", cells.iter().map(|(_, shown)| shown.lower).collect()),
        ("upper", cells.iter().map(|(_, shown)| shown.upper).collect()),
    ] {
        columns.push(Column::new(name.into(), part));
    }
    Ok(DataFrame::new(cells.len(), columns).map_err(problem)?.lazy())
}

/// Sums of the cells that have the listed codes; null where one of them is not known.
fn sums(frame: &LazyFrame, over: &BTreeMap<usize, Vec<u32>>, rest: &[Expr], prefix: &str) -> LazyFrame {
    let listed = over.iter().map(|(&dimension, nodes)| {
        let any = nodes.iter().map(|&node| col(name(dimension)).eq(lit(node))).reduce(Expr::or);
        any.unwrap_or(lit(false))
    });
    let listed = listed.reduce(Expr::and).unwrap_or(lit(true));
    let sum = |part: &str| {
        when(col(part.to_owned()).null_count().eq(lit(0u32)))
            .then(col(part.to_owned()).sum())
            .otherwise(lit(NULL).cast(DataType::UInt64))
            .alias(format!("{prefix}_{part}"))
    };
    frame.clone().filter(listed).group_by(rest).agg([sum("value"), sum("lower"), sum("upper")])
}
