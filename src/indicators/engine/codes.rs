//! How many codes of a dimension any person has, and how many countries of a region have any person.
//!
//! Persons of whom only a region or a group of codes is known have one of its codes, and it is not known which: the number is
//! then known by its bounds only.

use polars::prelude::*;

use super::gather::{REGION, region_keys, row_keys};
use super::interval::{nothing, only, part};
use super::layout::FrameLayout;
use super::names::{dimension, open};
use crate::aggregate::{Breakdown, CoarseNode, NodeKind};
use crate::error::Result;

/// Adds the number of codes of a dimension as the columns of a leaf.
///
/// # Definition
/// At least, the codes that a person has for certain, and one more for each group of codes of which a person has one and none of
/// them is counted already. At most, the codes that a person may have, and for each person of whom only a group is known one
/// more, as far as the group has others. In an open list each person beyond those of certain codes may have any code of the list.
pub(super) fn count(layout: &FrameLayout<'_>, rows: LazyFrame, name: &str, leaf: &str) -> Result<LazyFrame> {
    let d = layout.codes_position(name)?;
    let breakdown = &layout.dimensions[d];
    let column = |what: &str| part(leaf, what);
    let is_any = |nodes: &[u32]| is_any(d, nodes);
    let nodes = layout.finest(d);
    let named = is_any(&nodes);
    let sure = || col("c0_l").gt(lit(0.0)).fill_null(lit(false));
    let maybe = || col("c0_u").gt(lit(0.0)).fill_null(lit(true));
    let number = |flag: Expr| flag.cast(DataType::Float64).sum();
    let known = "known_least";
    let mut sums = vec![
        number(named.clone().and(sure())).alias(column("l")),
        number(named.clone().and(maybe())).alias(column("u")),
        only(named.clone(), col("c0_l")).sum().alias(column(known)),
    ];
    let mut counted_nodes = named;
    for (at, coarse) in breakdown.coarse.iter().enumerate() {
        let is_group = is_any(&[u32::from(coarse.node)]);
        let within = is_any(&within(breakdown, coarse, &nodes));
        counted_nodes = counted_nodes.or(is_group.clone());
        // Of a set each person may have several codes.
        let persons = if breakdown.is_set() {
            only(maybe(), lit(f64::INFINITY))
        } else {
            col("c0_u").fill_null(lit(f64::INFINITY))
        };
        sums.extend([
            number(is_group.clone().and(sure())).alias(column(&format!("some{at}"))),
            only(is_group, persons).sum().alias(column(&format!("persons{at}"))),
            number(within.clone().and(sure())).alias(column(&format!("sure{at}"))),
            number(within.and(maybe())).alias(column(&format!("maybe{at}"))),
        ]);
    }
    let keys: Vec<Expr> =
        (0..layout.dimensions.len()).filter(|&other| other != d).map(|other| col(dimension(other))).collect();
    let counted = rows.clone().filter(counted_nodes).group_by(keys.clone()).agg(sums);
    let rows = rows.join(counted, keys.clone(), keys, JoinArgs::new(JoinType::Left));
    let sure_of_codes = col(column("l"));
    let (rows, [lower, mut upper]) = with_coarse(rows, &breakdown.coarse, leaf, OnePerson::IsEnough);
    if !breakdown.coarse.is_empty() {
        let listed = lit(breakdown.listed as f64);
        upper = when(upper.clone().gt(listed.clone())).then(listed).otherwise(upper);
    }
    if let Some(known_of) = layout.known_of(name) {
        let more = sure_of_codes + col(part(&known_of, "u")) - col(column(known));
        // A person may have several codes of a set.
        let more = if breakdown.is_set() { nothing() } else { more };
        upper = upper_of_codes(&known_of, upper, more, breakdown.listed);
    }
    let bounds = [lower.alias(column("l")), upper.alias(column("u"))];
    let [lower, upper] = ["l", "u"].map(|this| col(column(this)));
    // Published parts may be more than what is known.
    let upper = when(upper.clone().lt(lower.clone())).then(lower.clone()).otherwise(upper);
    let rows = rows.with_columns(bounds).with_columns([upper.clone().alias(column("u"))]);
    Ok(rows.with_columns([only(lower.clone().eq(col(column("u"))), lower).alias(column("v"))]))
}

/// A number of countries: those whose count is in a range.
pub(super) struct AreaRange<'a> {
    pub from: f64,
    /// The end of the range, which is in it; none where there is no end.
    pub to: Option<f64>,
    /// The leaf of the number.
    pub leaf: &'a str,
}

/// Adds the number of countries of a region whose count is at least, and at most, so much, as the columns of a leaf.
///
/// # Definition
/// Where an area is known by its region only, its persons may be those of any country in it: one country more may reach the
/// lower limit for each of them. A region that is the sum of its countries does not hold such areas.
pub(super) fn areas(
    layout: &FrameLayout<'_>,
    rows: LazyFrame,
    countries: &LazyFrame,
    range: &AreaRange<'_>,
) -> LazyFrame {
    let AreaRange { from, to, leaf } = *range;
    let coarse: &[CoarseNode] = if layout.setting.summed { &[] } else { &layout.dimensions[0].coarse };
    let column = |what: &str| part(leaf, what);
    let below = to.map_or(lit(true), |to| col("u").lt_eq(lit(to)).fill_null(lit(false)));
    let sure = col("l").gt_eq(lit(from)).and(below);
    let reaches = col("u").gt_eq(lit(from)).fill_null(lit(true));
    let maybe = reaches.and(to.map_or(lit(true), |to| col("l").lt_eq(lit(to))));
    let number = |flag: Expr| flag.cast(DataType::Float64).sum();
    let mut sums = vec![number(col("sure")).alias(column("l")), number(col("maybe")).alias(column("u"))];
    let nodes = layout.finest(0);
    for (at, group) in coarse.iter().enumerate() {
        let within = is_any(0, &within(&layout.dimensions[0], group, &nodes));
        sums.extend(
            ["sure", "maybe"].map(|what| number(within.clone().and(col(what))).alias(column(&format!("{what}{at}")))),
        );
    }
    let present = || countries.clone().filter(col("present"));
    let counted = present().with_columns([sure.alias("sure"), maybe.alias("maybe")]);
    let counted = counted.group_by(region_keys(layout)).agg(sums);
    let left = |rows: LazyFrame, sums: LazyFrame| {
        rows.join(sums, row_keys(layout), region_keys(layout), JoinArgs::new(JoinType::Left))
    };
    let mut rows = left(rows, counted);
    if !coarse.is_empty() {
        rows = left(rows.clone(), coarse_areas(layout, rows, coarse, leaf));
        // Some region may have no country that reports, or no area whose region alone is known.
        let any = (0..coarse.len()).map(|at| column(&format!("persons{at}")));
        let is_there = any.fold(col(column("l")).is_not_null(), |all, name| all.or(col(name).is_not_null()));
        let names = ["l", "u"].map(str::to_owned).into_iter();
        let of_groups =
            (0..coarse.len()).flat_map(|at| ["some", "persons", "sure", "maybe"].map(|what| format!("{what}{at}")));
        let filled = names.chain(of_groups).map(|name| {
            let name = column(&name);
            when(is_there.clone()).then(col(name.clone()).fill_null(lit(0.0))).otherwise(col(name.clone())).alias(name)
        });
        rows = rows.with_columns(filled.collect::<Vec<_>>());
    }
    let one_person = if to.is_none() && from <= 1.0 { OnePerson::IsEnough } else { OnePerson::MayBeTooFew };
    let (rows, [mut lower, upper]) = with_coarse(rows, coarse, leaf, one_person);
    if to.is_some() {
        // Further persons may bring a country above the upper limit.
        for at in 0..coarse.len() {
            let [persons, sure] = ["persons", "sure"].map(|this| col(column(&format!("{this}{at}"))));
            lower = lower - when(persons.gt(lit(0.0))).then(sure).otherwise(lit(0.0));
        }
        lower = when(lower.clone().lt(lit(0.0))).then(lit(0.0)).otherwise(lower);
    }
    let rows = rows.with_columns([lower.alias(column("l")), upper.alias(column("u"))]);
    let [lower, upper] = ["l", "u"].map(|this| col(column(this)));
    rows.with_columns([only(lower.clone().eq(upper), lower).alias(column("v"))])
}

/// Returns for each region and each of its areas whose region alone is known whether it has any person, and how many at most.
fn coarse_areas(layout: &FrameLayout<'_>, rows: LazyFrame, coarse: &[CoarseNode], leaf: &str) -> LazyFrame {
    let breakdown = &layout.dimensions[0];
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for group in coarse {
        let above =
            (0..breakdown.nodes.len() as u16).filter(|&node| node != group.node && breakdown.lies_in(group.node, node));
        pairs.extend(above.map(|region| (u32::from(group.node), u32::from(region))));
    }
    let (members, regions): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
    let columns = vec![Column::new(dimension(0).as_str().into(), &members), Column::new(REGION.into(), regions)];
    let membership = DataFrame::new(members.len(), columns).map(DataFrame::lazy).unwrap_or_default();
    let mut sums = Vec::new();
    for (at, group) in coarse.iter().enumerate() {
        let is_group = is_any(0, &[u32::from(group.node)]);
        let some = is_group.clone().and(col("l").gt(lit(0.0)).fill_null(lit(false)));
        let persons = only(is_group, col("u").fill_null(lit(f64::INFINITY)));
        sums.push(some.cast(DataType::Float64).sum().alias(part(leaf, &format!("some{at}"))));
        sums.push(persons.sum().alias(part(leaf, &format!("persons{at}"))));
    }
    let by = [col(dimension(0))];
    let names: Vec<Expr> = row_keys(layout).into_iter().chain(["l", "u"].map(col)).collect();
    rows.filter(col("present"))
        .select(names)
        .join(membership, by.clone(), by, JoinArgs::new(JoinType::Inner))
        .group_by(region_keys(layout))
        .agg(sums)
}

/// Whether one person more makes one code, or one country, more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnePerson {
    IsEnough,
    MayBeTooFew,
}

/// Returns the bounds of a number of codes together with those that persons of whom only a group is known may have. Columns of
/// the leaf say for each group whether it has `some`, how many `persons` at most, and how many of its codes are in the bounds.
/// A group adds to the lower bound only where one person is enough for that.
fn with_coarse(
    mut rows: LazyFrame,
    coarse: &[CoarseNode],
    leaf: &str,
    one_person: OnePerson,
) -> (LazyFrame, [Expr; 2]) {
    let column = |what: &str, at: usize| part(leaf, &format!("{what}{at}"));
    let [mut lower, mut upper] = ["l", "u"].map(|this| col(part(leaf, this)));
    for (at, group) in coarse.iter().enumerate() {
        let number = |what: &str| col(column(what, at));
        if one_person == OnePerson::IsEnough {
            // One code more, unless one of the group, or a group that shares codes with it, is counted already.
            let shares = |other: &CoarseNode| other.codes.iter().any(|code| group.codes.binary_search(code).is_ok());
            let earlier = coarse.iter().take(at).enumerate().filter(|(_, other)| shares(other));
            let is_uncounted = earlier.map(|(other, _)| col(column("more", other)).eq(lit(0.0)));
            let is_more = number("some").gt(lit(0.0)).and(number("sure").eq(lit(0.0)));
            let is_more = is_uncounted.fold(is_more, Expr::and).cast(DataType::Float64);
            rows = rows.with_columns([is_more.alias(column("more", at))]);
            lower = lower + number("more");
        }
        let free = lit(group.codes.len() as f64) - number("maybe");
        let persons = number("persons");
        upper = upper + when(persons.clone().lt(free.clone())).then(persons).otherwise(free);
    }
    (rows, [lower, upper])
}

/// Returns the condition that a row is one of some nodes of a dimension.
fn is_any(d: usize, nodes: &[u32]) -> Expr {
    nodes.iter().map(|&node| col(dimension(d)).eq(lit(node))).reduce(Expr::or).unwrap_or(lit(false))
}

/// Returns the nodes of those that are counted which a group of codes holds.
fn within(breakdown: &Breakdown, coarse: &CoarseNode, nodes: &[u32]) -> Vec<u32> {
    let is_within = |node: &u32| match breakdown.nodes[*node as usize].kind {
        NodeKind::Code(code) => coarse.codes.binary_search(&code).is_ok(),
        _ => false,
    };
    nodes.iter().copied().filter(is_within).collect()
}

/// Returns how many codes any person has at most: those of the table that may have a person, and in an open list any that are
/// `listed`. Each beyond those that a person has for certain needs one of the other persons: there are no `more`.
fn upper_of_codes(known: &str, of_table: Expr, more: Expr, listed: usize) -> Expr {
    let codes = when(col(open(known)).fill_null(lit(true))).then(lit(listed as f64)).otherwise(of_table);
    when(more.clone().lt(codes.clone()).fill_null(lit(false))).then(more).otherwise(codes)
}
