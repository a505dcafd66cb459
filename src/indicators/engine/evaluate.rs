//! One measure, evaluated for every cell of a table.

use polars::prelude::*;

use super::interval::part;
use super::layout::FrameLayout;
use super::problem::problem;
use super::{fill, gather, interval, leaf, panels, plain};
use crate::aggregate::Breakdown;
use crate::error::Result;
use crate::indicators::Measure;
use crate::indicators::formula::{Formula, Operator};
use crate::indicators::value::{Evaluated, Panels, Seen, Setting, Shown, Value};
use crate::model::{lower_at, nearest_at, upper_at};

/// Evaluates a measure for every cell of a table.
///
/// # Definition
/// The formula, on intervals: a value is exact where all that it rests on is published, and its bounds hold for every way
/// in which the counts can lie between theirs. They are rounded outwards at the fourth decimal, those of rates at the
/// sixth. A regional figure that compares years, or divides by populations, adds up the countries that have all parts of
/// it, the same ones above and below the line. Where regions are sums of published figures (`summed`), that holds for every
/// measure, and a country that lacks a cell which the formula names has no figure.
///
/// # Reference
/// Denominators are known values: CTDC Global Synthetic Dataset codebook, section 6; UNODC Global Report. Panels of the same
/// countries: UNODC Global Report, trends. Rates: metadata of SDG indicator 16.2.2.
pub fn evaluate(
    measure: &Measure,
    dimensions: &[Breakdown],
    cells: &[Seen],
    setting: &Setting<'_>,
) -> Result<Evaluated> {
    let layout = FrameLayout::new(measure, dimensions, setting)?;
    if let Some(columns) = plain::counts(&layout, cells) {
        return Ok(Evaluated { values: columns.values(measure), panels: Panels::default() });
    }
    let base = layout.frame(&fill::filled(&layout, cells))?;
    let plan = plan(&layout, base)?;
    let result = plan.values.collect().map_err(problem)?;
    let numbers = |name: &str| -> Result<Vec<Option<f64>>> {
        Ok(result.column(name).and_then(|c| c.f64().cloned()).map_err(problem)?.iter().collect())
    };
    let flags = |name: &str| -> Result<Vec<bool>> {
        let column = result.column(name).and_then(|c| c.bool().cloned()).map_err(problem)?;
        Ok(column.iter().map(|flag| flag.unwrap_or(false)).collect())
    };
    let cell = result.column("cell").and_then(|c| c.u64().cloned()).map_err(problem)?;
    let columns = EvaluatedColumns {
        cell: cell.iter().map(|cell| cell.unwrap_or_default() as usize).collect(),
        value: numbers("out_v")?,
        lower: numbers("out_l")?,
        upper: numbers("out_u")?,
        known: numbers("known")?,
        areas: numbers("areas")?,
        coverage: numbers("coverage")?,
        without_lower: numbers("without_lower")?,
        without_upper: numbers("without_upper")?,
        undefined: flags("undefined")?,
        no_person: flags("no_person")?,
        unreported: flags("unreported")?,
    };
    let values = columns.values(measure);
    let panels = plan.panels.map(|plan| panels::panels(&layout, cells, &values, plan)).transpose()?.unwrap_or_default();
    Ok(Evaluated { values, panels })
}

/// What was computed, each a column, before it is rounded.
#[derive(Default)]
pub(super) struct EvaluatedColumns {
    pub cell: Vec<usize>,
    pub value: Vec<Option<f64>>,
    pub lower: Vec<Option<f64>>,
    pub upper: Vec<Option<f64>>,
    pub known: Vec<Option<f64>>,
    pub areas: Vec<Option<f64>>,
    pub coverage: Vec<Option<f64>>,
    pub without_lower: Vec<Option<f64>>,
    pub without_upper: Vec<Option<f64>>,
    pub undefined: Vec<bool>,
    pub no_person: Vec<bool>,
    pub unreported: Vec<bool>,
}

impl EvaluatedColumns {
    fn values(&self, measure: &Measure) -> Vec<Value> {
        let decimals = if measure.formula.has_population() { 6 } else { 4 };
        // What is whole but for the last bit of a double is not rounded away from itself.
        let noise = 1e-7 / 10f64.powi(decimals);
        let near = |x: f64| nearest_at(x, decimals);
        let down = |x: f64| lower_at(x + noise, decimals).min(x.max(near(x)));
        let up = |x: f64| upper_at(x - noise, decimals).max(x.min(near(x)));
        let value = |row: usize| {
            let undefined = self.undefined[row] || self.no_person[row] || self.unreported[row];
            let defined = |x: Option<f64>| x.filter(|x| !undefined && x.is_finite());
            Value {
                cell: self.cell[row],
                shown: Shown {
                    value: defined(self.value[row]).map(near),
                    lower: defined(self.lower[row]).map(down),
                    upper: defined(self.upper[row]).map(up),
                },
                undefined,
                has_no_person: self.no_person[row],
                unreported: self.unreported[row],
                // Published parts may exceed their total: then no share of it is known.
                known_share: self.known[row].filter(|x| *x <= 1.0).map(|x| (x * 1e6).round() / 1e6),
                areas: self.areas[row].unwrap_or(0.0) as u32,
                coverage: self.coverage[row].map(|x| (x * 1e6).round() / 1e6),
                without_one: self.without_lower[row]
                    .zip(self.without_upper[row])
                    .map(|(lower, upper)| [down(lower), up(upper)]),
            }
        };
        (0..self.cell.len()).map(value).collect()
    }
}

/// What polars is asked to do.
pub(super) struct FramePlan {
    pub values: LazyFrame,
    pub panels: Option<LazyFrame>,
}

pub(super) fn plan(layout: &FrameLayout<'_>, base: LazyFrame) -> Result<FramePlan> {
    let full = settled(leaf::attach(layout, base))?;
    let countries = settled(gather::countries(layout, &full))?;
    let rows = settled(gather::regions(layout, full, &countries))?;
    let is_shown = if layout.setting.summed {
        when(col("region"))
            .then(col("areas").gt(lit(0.0)))
            .otherwise(leaf::has_own_cell(layout).and(leaf::is_whole(layout)))
    } else {
        lit(true)
    };
    let rows = settled(gather::over(layout, rows, &countries)?.filter(col("keep").and(is_shown)))?;
    let panels = layout.has_panels().then(|| panels::members(layout, &rows, &countries));
    let rows = settled(gather::without_one(layout, rows, &countries))?;
    let rows = interval::compute(layout, rows, &layout.measure.formula, "out");
    let known = match layout.known() {
        Some([known, all]) => {
            let [known, all] = [known, all].map(|leaf| col(part(&leaf, "v")));
            when(all.clone().gt(lit(0.0))).then(known / all).otherwise(interval::nothing())
        }
        None => interval::nothing(),
    };
    // A reporting area that is not a region, such as a country, or `R150` where a source knows no more than Europe.
    let area = || col("region").not();
    let (years, others) = leaf::lacking(layout);
    let values = rows
        .with_columns([
            known.alias("known"),
            col("out_certain").or(area().and(others)).alias("undefined"),
            col("region").and(gather::without_person(layout)).alias("no_person"),
            area().and(years.or(leaf::lacks_question(layout))).alias("unreported"),
        ])
        .select(
            [
                "cell",
                "out_v",
                "out_l",
                "out_u",
                "known",
                "undefined",
                "no_person",
                "unreported",
                "areas",
                "coverage",
                "without_lower",
                "without_upper",
            ]
            .map(col),
        )
        .sort(["cell"], SortMultipleOptions::default());
    Ok(FramePlan { values, panels })
}

impl FrameLayout<'_> {
    /// Returns the value alone, where all that it rests on is known.
    pub(super) fn triple_value(&self, formula: &Formula) -> Expr {
        match formula {
            Formula::Number(number) => lit(*number),
            Formula::Join(operator, left, right) => {
                let (left, right) = (self.triple_value(left), self.triple_value(right));
                match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => {
                        when(right.clone().neq(lit(0.0))).then(left / right).otherwise(interval::nothing())
                    }
                }
            }
            leaf => col(part(&self.leaf(leaf), "v")),
        }
    }
}

/// Evaluates a frame: one plan for everything would be deeper than the stack of a thread.
fn settled(frame: LazyFrame) -> Result<LazyFrame> {
    #[cfg(test)]
    has_no_cross_join(&frame);
    frame.collect().map(DataFrame::lazy).map_err(problem)
}

/// Every plan of every test is looked at, those on the way too.
#[cfg(test)]
pub(super) fn has_no_cross_join(frame: &LazyFrame) {
    for text in [frame.describe_plan().unwrap(), frame.describe_optimized_plan().unwrap()] {
        let upper = text.to_uppercase();
        assert!(!upper.contains("CROSS") && !upper.contains("NESTED"), "{text}");
    }
}
