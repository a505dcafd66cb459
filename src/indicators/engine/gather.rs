//! Countries become regions: sums over the same countries, means and medians, and what a region is without one of them.

use polars::prelude::*;

use super::super::formula::{Formula, Gather, Operator};
use super::average::{AverageNames, averages};
use super::codes::{self, AreaRange};
use super::interval::{PARTS, compute, nothing, only, part, whole_sum};
use super::layout::FrameLayout;
use super::leaf::{columns, found, has_own_cell, is_whole};
use super::names::{dimension, open, same};
use crate::error::Result;

/// The region of a row that stands for a country in it.
pub(super) const REGION: &str = "of_region";

/// The part of a leaf that says that some area is in it.
const RESTS: &str = "rests";

/// Returns the rows of countries on which regional figures may rest, with a column for each region that contains them.
pub(super) fn countries(layout: &FrameLayout<'_>, full: &LazyFrame) -> LazyFrame {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for (region, below) in layout.below.iter().enumerate() {
        pairs.extend(
            below
                .iter()
                .filter(|&&country| usize::from(country) != region)
                .map(|&country| (u32::from(country), region as u32)),
        );
    }
    let (members, regions): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
    let height = members.len();
    let membership = DataFrame::new(
        height,
        vec![Column::new(dimension(0).as_str().into(), members), Column::new(REGION.into(), regions)],
    );
    let membership = membership.map(DataFrame::lazy).unwrap_or_default();
    let mut rows = full.clone().filter(col("country"));
    if let (true, Some((time, years))) = (layout.measure.all_years, &layout.time) {
        // In a panel of all years, a country that misses one is in none.
        let mut keys: Vec<Expr> = vec![col(dimension(0))];
        keys.extend((1..layout.dimensions.len()).filter(|d| d != time).map(|d| col(dimension(d))));
        let is_year = years.iter().enumerate().filter(|(_, year)| year.is_some());
        let is_year: Vec<Expr> = is_year.map(|(node, _)| col(dimension(*time)).eq(lit(node as u32))).collect();
        let needed = is_year.len() as u32;
        let in_years = is_year.into_iter().reduce(Expr::or).unwrap_or(lit(false));
        let counted =
            rows.clone().filter(col("present").and(in_years)).group_by(keys.clone()).agg([len().alias("years")]);
        rows = rows
            .join(counted, keys.clone(), keys, JoinArgs::new(JoinType::Left))
            .with_columns([col("years").gt_eq(lit(needed)).fill_null(lit(false)).alias("in_panel")]);
    } else {
        rows = rows.with_columns([lit(true).alias("in_panel")]);
    }
    let by = [col(dimension(0))];
    rows.with_columns([is_whole(layout).and(col("in_panel")).alias("whole")]).join(
        membership,
        by.clone(),
        by,
        JoinArgs::new(JoinType::Inner),
    )
}

pub(super) fn region_keys(layout: &FrameLayout<'_>) -> Vec<Expr> {
    [vec![col(REGION)], other_dimensions(layout)].concat()
}

pub(super) fn row_keys(layout: &FrameLayout<'_>) -> Vec<Expr> {
    [vec![col(dimension(0))], other_dimensions(layout)].concat()
}

/// Adds to each row on how many countries it rests; regions take the sums of their countries where they must.
pub(super) fn regions(layout: &FrameLayout<'_>, full: LazyFrame, countries: &LazyFrame) -> LazyFrame {
    let names = columns(layout);
    let renamed = |name: &str| format!("{name}_sum");
    let left = |rows: LazyFrame, sums: LazyFrame| {
        rows.join(sums, row_keys(layout), region_keys(layout), JoinArgs::new(JoinType::Left))
    };
    let number = |flag: Expr| flag.cast(DataType::UInt32).sum();
    let mut everyone = vec![number(col("present")).alias("everyone")];
    // Such a leaf has areas of its own, whether they report the cell of the row or not.
    let of_others = || (0..layout.leaves.len()).filter(|&at| layout.is_of_others(at)).map(|at| format!("c{at}"));
    let some = |leaf: &str| col(found(leaf)).gt(lit(0u32)).fill_null(lit(false));
    everyone.extend(of_others().map(|leaf| number(some(&leaf)).alias(part(&leaf, "everyone"))));
    let everyone = countries.clone().group_by(region_keys(layout)).agg(everyone);
    let rows = left(full, everyone);
    let gathers = layout.gathers();
    let mut sums = vec![len().alias("members"), col("people").sum().alias("people_of_members")];
    if gathers {
        sums.extend(names.iter().map(|name| whole_sum(name).alias(renamed(name))));
        let is_open = |leaf: String| col(open(&leaf)).fill_null(lit(true)).any(true).alias(renamed(&open(&leaf)));
        sums.extend(layout.wholes().map(is_open));
    }
    let rows = left(rows, countries.clone().filter(col("whole")).group_by(region_keys(layout)).agg(sums));
    // A region's own cell is known better than the sum of its countries. It is the same number only where every cell that the
    // formula names, in every year, holds the records of these countries and of no others.
    let same = |everyone: String| col("members").eq(col(everyone));
    let is_same_number = of_others().fold(col("closed").and(same("everyone".to_owned())), |is_same_number, leaf| {
        is_same_number.and(same(part(&leaf, "everyone")))
    });
    let is_same_number = if layout.setting.summed { lit(false) } else { is_same_number.fill_null(lit(false)) };
    let mut out = vec![
        when(col("region"))
            .then(col("members").cast(DataType::Float64).fill_null(lit(0.0)))
            .otherwise(has_own_cell(layout).and(is_whole(layout)).cast(DataType::Float64))
            .alias("areas"),
        only(
            col("region").and(col("members").gt(lit(0u32))).and(col("of_people").gt(lit(0.0)).fill_null(lit(false))),
            col("people_of_members") / col("of_people"),
        )
        .alias("coverage"),
    ];
    if gathers {
        for (at, leaf) in layout.leaves.iter().enumerate() {
            if !matches!(leaf.formula, Formula::Count(_) | Formula::Population(_)) {
                continue;
            }
            let keeps_own =
                if matches!(leaf.formula, Formula::Population(_)) { lit(false) } else { is_same_number.clone() };
            for this in PARTS {
                let name = part(&format!("c{at}"), this);
                let sum = col(renamed(&name));
                out.push(
                    when(col("region").and(keeps_own.clone().not())).then(sum).otherwise(col(name.clone())).alias(name),
                );
            }
        }
        for leaf in layout.wholes() {
            let name = open(&leaf);
            out.push(when(col("region")).then(col(renamed(&name))).otherwise(col(name.clone())).alias(name));
        }
        // A country that lacks a part of the formula has no figure either.
        rows.with_columns(out)
    } else {
        rows.with_columns(out)
    }
}

/// Adds means, medians and sums over countries, numbers of countries and of codes.
pub(super) fn over(layout: &FrameLayout<'_>, mut rows: LazyFrame, countries: &LazyFrame) -> Result<LazyFrame> {
    let left = |rows: LazyFrame, sums: LazyFrame, keys: Vec<Expr>, there: Vec<Expr>| {
        rows.join(sums, keys, there, JoinArgs::new(JoinType::Left))
    };
    for (at, leaf) in layout.leaves.iter().enumerate() {
        let name = |what: &str| part(&format!("c{at}"), what);
        match &leaf.formula {
            Formula::Over(gather, inner) => {
                let of_country = countries.clone().filter(col("whole"));
                let of_country = compute(layout, of_country, inner, "e").filter(col("e_certain").not());
                let sums = if *gather == Gather::Sum {
                    let gathered = PARTS.map(|this| whole_sum(&part("e", this)).alias(name(this)));
                    let number = len().cast(DataType::UInt32).alias(name(RESTS));
                    of_country.group_by(region_keys(layout)).agg([gathered.as_slice(), &[number]].concat())
                } else {
                    let keys: Vec<String> =
                        std::iter::once(REGION.to_owned()).chain((1..layout.dimensions.len()).map(dimension)).collect();
                    let names = AverageNames { values: "e", average: &format!("c{at}") };
                    let averages = averages(of_country, &keys, &names, *gather)?;
                    averages.with_columns([lit(1u32).alias(name(RESTS))])
                };
                rows = left(rows, sums, row_keys(layout), region_keys(layout));
                if *gather == Gather::Sum {
                    // Of one country the sum is its own value.
                    let alone = PARTS.map(|this| {
                        when(col("country")).then(col(part("e", this))).otherwise(col(name(this))).alias(name(this))
                    });
                    rows = compute(layout, rows, inner, "e").with_columns(alone);
                }
            }
            Formula::Areas(from, to) => {
                let reached = AreaRange { from: *from, to: *to, leaf: &format!("c{at}") };
                rows = codes::areas(layout, rows, countries, &reached);
            }
            Formula::Codes(dimension) => rows = codes::count(layout, rows, dimension, &format!("c{at}"))?,
            _ => {}
        }
    }
    Ok(rows)
}

/// Returns the condition that a region has no area from which its figure is brought together.
pub(super) fn without_person(layout: &FrameLayout<'_>) -> Expr {
    let leaves = layout.leaves.iter().enumerate();
    let over = leaves.filter(|(_, leaf)| matches!(leaf.formula, Formula::Over(..)));
    let none = over.map(|(at, _)| col(part(&format!("c{at}"), RESTS)).is_null());
    let panel = layout.gathers().then(|| col("areas").eq(lit(0.0)));
    none.chain(panel).reduce(Expr::or).unwrap_or(lit(false))
}

/// Adds the lowest and the highest value of a ratio of a region without one of its countries.
pub(super) fn without_one(layout: &FrameLayout<'_>, rows: LazyFrame, countries: &LazyFrame) -> LazyFrame {
    let formula = &layout.measure.formula;
    let is_ratio = formula.any(|inner| matches!(inner, Formula::Join(Operator::Divide, ..)));
    let gathered = |inner: &Formula| matches!(inner, Formula::Over(..) | Formula::Areas(..) | Formula::Codes(_));
    if !is_ratio || formula.any(gathered) {
        return rows.with_columns([nothing().alias("without_lower"), nothing().alias("without_upper")]);
    }
    // A region that is the sum of its countries is known without one of them as well as with it, by its bounds too.
    let summed = layout.setting.summed;
    let names: Vec<String> = columns(layout).into_iter().filter(|name| summed || name.ends_with("_v")).collect();
    let left_out = |name: &str| format!("{name}_one");
    let ones: Vec<Expr> = names.iter().map(|name| col(name.clone()).alias(left_out(name))).collect();
    let one = countries.clone().filter(col("whole")).select([region_keys(layout), ones].concat());
    let rest: Vec<Expr> =
        names.iter().map(|name| (col(name.clone()) - col(left_out(name))).alias(name.clone())).collect();
    let regions = rows.clone().filter(col("region"));
    let parts = (0..layout.leaves.len()).flat_map(|at| [format!("c{at}_part"), same(at)]);
    let kept: Vec<Expr> =
        names.iter().cloned().chain(parts).chain(layout.wholes().map(|leaf| open(&leaf))).map(col).collect();
    let pairs = regions
        .select([row_keys(layout), vec![col("cell")], kept].concat())
        .join(one, row_keys(layout), region_keys(layout), JoinArgs::new(JoinType::Inner))
        .with_columns(rest);
    let (pairs, [lower, upper]) = if summed {
        // Where nothing is left to divide by, there is no ratio.
        let pairs = compute(layout, pairs, formula, "rest");
        let defined = |name: &str| only(col("rest_certain").not(), col(name.to_owned())).alias(name.to_owned());
        (pairs.with_columns([defined("rest_l"), defined("rest_u")]), ["rest_l", "rest_u"])
    } else {
        (pairs.with_columns([layout.triple_value(formula).alias("rest")]), ["rest", "rest"])
    };
    let of_all = |name: &str, extreme: Expr| {
        let all = col(name.to_owned()).null_count().eq(lit(0u32));
        when(all.and(len().gt(lit(1u32)))).then(extreme).otherwise(nothing())
    };
    let pairs = pairs.group_by([col("cell")]).agg([
        of_all(lower, col(lower).min()).alias("without_lower"),
        of_all(upper, col(upper).max()).alias("without_upper"),
    ]);
    rows.join(pairs, [col("cell")], [col("cell")], JoinArgs::new(JoinType::Left))
}

/// Returns the columns of all dimensions but the reporting area.
fn other_dimensions(layout: &FrameLayout<'_>) -> Vec<Expr> {
    (1..layout.dimensions.len()).map(|d| col(dimension(d))).collect()
}
