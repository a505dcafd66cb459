//! Arithmetic on values, some known by their bounds only, column by column.
//!
//! A value is three columns: the number itself where it is known, and its bounds. A null bound means that nothing bounds the
//! value on that side. Every step has columns of its own: an expression that holds its operands several times would
//! double in size with each step.

use polars::prelude::*;

use super::super::formula::{Formula, Operator};
use super::layout::FrameLayout;
use super::names::open;

/// The suffixes of the parts of a value.
pub(super) const PARTS: [&str; 3] = ["v", "l", "u"];

/// Returns the name of a part of a value in a frame.
pub(super) fn part(name: &str, part: &str) -> String {
    format!("{name}_{part}")
}

pub(super) fn nothing() -> Expr {
    lit(NULL).cast(DataType::Float64)
}

/// Returns a column that is null where a condition does not hold.
pub(super) fn only(condition: Expr, value: Expr) -> Expr {
    when(condition).then(value).otherwise(nothing())
}

fn columns_of(name: &str) -> [Expr; 3] {
    PARTS.map(|this| col(part(name, this)))
}

fn set(frame: LazyFrame, name: &str, parts: [Expr; 3]) -> LazyFrame {
    let columns: Vec<Expr> = parts.into_iter().zip(PARTS).map(|(expr, this)| expr.alias(part(name, this))).collect();
    frame.with_columns(columns)
}

fn sure(condition: Expr) -> Expr {
    condition.fill_null(lit(false))
}

/// Adds a formula as the columns `out_v`, `out_l` and `out_u`, and whether a divisor is zero for certain (`out_certain`)
/// or possibly (`out_possible`).
pub(super) fn compute(layout: &FrameLayout<'_>, frame: LazyFrame, formula: &Formula, out: &str) -> LazyFrame {
    let flags = [lit(false).alias(part(out, "certain")), lit(false).alias(part(out, "possible"))];
    add(layout, frame.with_columns(flags), formula, FormulaOutput { out, flags: out })
}

/// The name of a result, and that of the columns that note its divisors.
#[derive(Clone, Copy)]
struct FormulaOutput<'a> {
    out: &'a str,
    flags: &'a str,
}

fn add(layout: &FrameLayout<'_>, frame: LazyFrame, formula: &Formula, output: FormulaOutput<'_>) -> LazyFrame {
    let FormulaOutput { out, flags } = output;
    if let Some((factor, whole)) = formula.share_of() {
        let count = layout.leaf(&Formula::Count(Vec::new()));
        let named = layout.leaf(&Formula::Count(whole.to_vec()));
        let is_open = layout.is_whole(&named).then(|| open(&named));
        let parts = ShareParts { count: &count, whole: &named, others: layout.others(whole), is_open };
        let frame = share(frame, parts, out);
        let frame = divides(frame, &named, flags);
        let [value, lower, upper] = columns_of(out);
        return set(frame, out, [value * lit(factor), lower * lit(factor), upper * lit(factor)]);
    }
    match formula {
        Formula::Number(number) => set(frame, out, [lit(*number), lit(*number), lit(*number)]),
        Formula::Join(operator, left, right) => {
            let (a, b) = (format!("{out}a"), format!("{out}b"));
            let frame = add(layout, frame, left, FormulaOutput { out: &a, flags });
            let frame = add(layout, frame, right, FormulaOutput { out: &b, flags });
            match (operator, left.as_ref()) {
                (Operator::Multiply, Formula::Number(factor)) => scaled(frame, *factor, &b, out),
                (Operator::Multiply, _) => product(frame, &a, &b, out),
                (Operator::Divide, _) => {
                    let inverse = format!("{out}i");
                    let frame = inverted(divides(frame, &b, flags), &b, &inverse);
                    let frame = product(frame, &a, &inverse, out);
                    let Some(factor) = left.multiple_of_count() else { return frame };
                    // In the year with which years are compared, the count is divided by itself.
                    let Some(is_same) = layout.same(right) else { return frame };
                    // A count that may be 0 may have no quotient.
                    let [_, lower, _] = columns_of(&b);
                    let is_one = col(is_same).and(sure(lower.gt(lit(0.0))));
                    let one = columns_of(out).map(|part| when(is_one.clone()).then(lit(factor)).otherwise(part));
                    set(frame, out, one)
                }
                (Operator::Add, _) => {
                    let ([av, al, au], [bv, bl, bu]) = (columns_of(&a), columns_of(&b));
                    set(frame, out, [av + bv, al + bl, au + bu])
                }
                (Operator::Subtract, _) => {
                    let ([av, al, au], [bv, bl, bu]) = (columns_of(&a), columns_of(&b));
                    let frame = set(frame, out, [av - bv, al - bu, au - bl]);
                    if !layout.contains(left, right) {
                        return frame;
                    }
                    // What a whole has apart from its part is at least zero.
                    let [value, lower, upper] = columns_of(out);
                    let clamped = when(sure(lower.clone().gt(lit(0.0)))).then(lower).otherwise(lit(0.0));
                    set(frame, out, [value, clamped, upper])
                }
            }
        }
        leaf => set(frame, out, columns_of(&layout.leaf(leaf))),
    }
}

/// Notes whether a divisor is zero.
fn divides(frame: LazyFrame, divisor: &str, flags: &str) -> LazyFrame {
    let [_, lower, upper] = columns_of(divisor);
    let (certain, possible) = (part(flags, "certain"), part(flags, "possible"));
    frame.with_columns([
        col(certain.clone()).or(sure(upper.eq(lit(0.0)))).alias(certain),
        col(possible.clone()).or(lower.lt_eq(lit(0.0)).fill_null(lit(true))).alias(possible),
    ])
}

fn scaled(frame: LazyFrame, factor: f64, of_name: &str, out: &str) -> LazyFrame {
    let [value, lower, upper] = columns_of(of_name).map(|part| part * lit(factor));
    set(frame, out, if factor < 0.0 { [value, upper, lower] } else { [value, lower, upper] })
}

fn product(frame: LazyFrame, a: &str, b: &str, out: &str) -> LazyFrame {
    let ([av, al, au], [bv, bl, bu]) = (columns_of(a), columns_of(b));
    // Counts and populations are not negative: then an open end stays the only open end.
    let plain = sure(al.clone().gt_eq(lit(0.0)).and(bl.clone().gt_eq(lit(0.0))));
    let corner = |at: usize| part(out, &format!("corner{at}"));
    let corners = [al.clone() * bl.clone(), al.clone() * bu.clone(), au.clone() * bl.clone(), au.clone() * bu.clone()];
    let named: Vec<Expr> = corners.into_iter().enumerate().map(|(at, product)| product.alias(corner(at))).collect();
    let frame = frame.with_columns(named);
    let pair = |first: &str, second: &str, least: bool| {
        let (first, second) = (col(first.to_owned()), col(second.to_owned()));
        let is_first = if least { first.clone().lt_eq(second.clone()) } else { first.clone().gt_eq(second.clone()) };
        let known = first.clone().is_not_null().and(second.clone().is_not_null());
        (known, is_first, first, second)
    };
    let pick = |(known, is_first, first, second): (Expr, Expr, Expr, Expr)| {
        only(known, when(is_first).then(first).otherwise(second))
    };
    let step = |name: &str| part(out, name);
    let frame = frame.with_columns([
        pick(pair(&corner(0), &corner(1), true)).alias(step("low0")),
        pick(pair(&corner(2), &corner(3), true)).alias(step("low1")),
        pick(pair(&corner(0), &corner(1), false)).alias(step("high0")),
        pick(pair(&corner(2), &corner(3), false)).alias(step("high1")),
    ]);
    let lower = when(plain.clone()).then(al * bl).otherwise(pick(pair(&step("low0"), &step("low1"), true)));
    let upper = when(plain).then(au * bu).otherwise(pick(pair(&step("high0"), &step("high1"), false)));
    set(frame, out, [av * bv, lower, upper])
}

/// Adds one divided by it: nothing where it is zero, without an upper bound where it may be.
fn inverted(frame: LazyFrame, divisor: &str, out: &str) -> LazyFrame {
    let [value, lower, upper] = columns_of(divisor);
    let positive = |bound: &Expr| sure(bound.clone().gt(lit(0.0)));
    let is_positive = positive(&lower);
    let over = |bound: Expr| only(positive(&bound), lit(1.0) / bound);
    // Where the divisor has no upper bound, the quotient comes as near to zero as one likes.
    let low = only(sure(lower.clone().gt_eq(lit(0.0))), over(upper).fill_null(lit(0.0)));
    let high = only(is_positive, lit(1.0) / lower);
    set(frame, out, [only(value.clone().neq(lit(0.0)), lit(1.0) / value), low, high])
}

/// The names of the columns from which a share is computed.
struct ShareParts<'a> {
    count: &'a str,
    whole: &'a str,
    /// The sum of all exclusive parts of the whole, and whether the row is one of them.
    others: Option<(String, String)>,
    /// Whether the whole may hold persons of none of its parts.
    is_open: Option<String>,
}

/// Adds a part of a whole that contains it, divided by it: `y / (y + rest)`, which grows with `y` and falls with the rest.
///
/// # Definition
/// With `y` in `[a, b]`, the whole in `[c, d]` and the other parts together in `[e, f]`, the rest is between
/// `max(c - b, e, 0)` and `min(d - a, f)`, and the share between `a / (a + upper rest)` and `b / (b + lower rest)`. Where the
/// whole may hold persons of none of its parts, `is_open`, nothing is known of `f`.
fn share(frame: LazyFrame, parts: ShareParts<'_>, out: &str) -> LazyFrame {
    let ShareParts { count, whole, others, is_open } = parts;
    let ([value, lower, upper], [whole_value, whole_lower, whole_upper]) = (columns_of(count), columns_of(whole));
    let step = |name: &str| part(out, name);
    let named = |name: &str| col(step(name));
    let (mut rest_lower, mut rest_upper) = (nothing(), nothing());
    if let Some((leaf, is_part)) = others {
        // The sum of all parts holds the part itself where the row is one of them.
        let [_, sum_lower, sum_upper] = columns_of(&leaf);
        let pick = |yes: &Expr, no: &Expr| when(col(is_part.clone())).then(yes.clone()).otherwise(no.clone());
        rest_lower = sum_lower - pick(&lower, &upper);
        rest_upper = sum_upper - pick(&upper, &lower);
        if let Some(is_open) = is_open {
            rest_upper = only(col(is_open).fill_null(lit(true)).not(), rest_upper);
        }
    }
    let frame = frame.with_columns([
        (whole_lower - upper.clone()).alias(step("least0")),
        rest_lower.alias(step("least1")),
        (whole_upper - lower.clone()).alias(step("most0")),
        rest_upper.alias(step("most1")),
    ]);
    let better = |a: &str, b: &str, least: bool| {
        let (a, b) = (named(a), named(b));
        let first = if least { a.clone().gt_eq(b.clone()) } else { a.clone().lt_eq(b.clone()) };
        when(a.clone().is_null()).then(b.clone()).when(b.clone().is_null().or(first)).then(a).otherwise(b)
    };
    let frame = frame.with_columns([
        better("least0", "least1", true).fill_null(lit(0.0)).alias(step("least")),
        better("most0", "most1", false).alias(step("most")),
    ]);
    let frame = frame.with_columns([
        when(named("least").lt(lit(0.0))).then(lit(0.0)).otherwise(named("least")).alias(step("least")),
        when(sure(named("most").lt(lit(0.0)))).then(lit(0.0)).otherwise(named("most")).alias(step("most")),
    ]);
    let ratio = |part: &Expr, rest: Expr| {
        let sum = part.clone() + rest;
        only(sure(sum.clone().gt(lit(0.0))), part.clone() / sum)
    };
    // Without an upper bound of its own, the part may be the whole; and so it may be where no person is certain.
    // Where the part is zero for certain, its share is at most zero.
    let whole = when(sure(upper.clone().eq(lit(0.0)))).then(lit(0.0)).otherwise(lit(1.0));
    let upper_share = ratio(&upper, named("least")).fill_null(whole);
    let lower_share = ratio(&lower, named("most")).fill_null(lit(0.0));
    let exact = only(sure(whole_value.clone().gt(lit(0.0))), value / whole_value);
    set(frame, out, [exact, lower_share, upper_share])
}

/// Returns a sum that is null where one of its parts is.
pub(super) fn whole_sum(name: &str) -> Expr {
    when(col(name.to_owned()).null_count().eq(lit(0u32))).then(col(name.to_owned()).sum()).otherwise(nothing())
}
