//! Numbers of a partner's release, before anything is added up: what cannot be a count is refused with its place.

use crate::disseminate::PublishedRow;
use crate::error::{Error, Result};
use crate::model::ObsStatus;

/// Whole numbers up to here are exact in a file of floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Refuses a row of a table with a value that is not a number.
pub(super) fn check(row: &PublishedRow<'_>, path: &str) -> Result<()> {
    check_numbers(row, path, not_a_number)
}

/// Refuses a row of a table whose values are not numbers of persons.
pub(super) fn check_count(row: &PublishedRow<'_>, path: &str) -> Result<()> {
    check_numbers(row, path, not_a_count)?;
    if row.lower.zip(row.upper).is_some_and(|(lower, upper)| lower > upper) {
        return Err(refused(row, path, "LOWER_BOUND", "a lower bound above the upper one"));
    }
    let outside =
        |value: f64| row.lower.is_some_and(|lower| value < lower) || row.upper.is_some_and(|upper| value > upper);
    if row.value.is_some_and(outside) {
        return Err(refused(row, path, "OBS_VALUE", "a value outside of its bounds"));
    }
    match ObsStatus::find(row.status) {
        None => Err(refused(row, path, "OBS_STATUS", "a status that is none")),
        Some(status) if status.has_value() && row.value.is_none() => {
            Err(refused(row, path, "OBS_VALUE", "no value, and the status of one"))
        }
        Some(_) => Ok(()),
    }
}

fn check_numbers(row: &PublishedRow<'_>, path: &str, fault: fn(f64) -> Option<&'static str>) -> Result<()> {
    for (column, number) in [("OBS_VALUE", row.value), ("LOWER_BOUND", row.lower), ("UPPER_BOUND", row.upper)] {
        if let Some(what) = number.and_then(fault) {
            return Err(refused(row, path, column, what));
        }
    }
    Ok(())
}

fn not_a_number(number: f64) -> Option<&'static str> {
    (!number.is_finite()).then_some("no number")
}

fn not_a_count(number: f64) -> Option<&'static str> {
    match number {
        number if !number.is_finite() => not_a_number(number),
        number if number < 0.0 => Some("a negative number"),
        number if number.fract() != 0.0 => Some("a fraction"),
        number if number > EXACT => Some("a number beyond 2^53"),
        _ => None,
    }
}

fn refused(row: &PublishedRow<'_>, path: &str, column: &str, what: &str) -> Error {
    Error::refused("release/not-a-count", "a table of the release holds a value that is not a number of persons")
        .at(format!("{path}, row {}, column `{column}`", row.row))
        .with("found", what.to_owned())
        .hint("get the release again from its publisher, or leave the package out")
}
