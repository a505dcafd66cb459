//! Numbers of a partner's release, before anything is added up: what no count can be is refused with its place.

use crate::disseminate::Told;
use crate::error::{Error, Result};
use crate::model::ObsStatus;

/// Whole numbers up to here are exact in a file of floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Refuses a row of a table whose numbers are none; `is_count` says that they are numbers of persons.
pub(super) fn check(told: &Told<'_>, is_count: bool, path: &str) -> Result<()> {
    let columns = [("OBS_VALUE", told.value), ("LOWER_BOUND", told.lower), ("UPPER_BOUND", told.upper)];
    let no_count = |column: &str, what: &str| {
        Error::refused("release/not-a-count", "a table of the release holds a value that is not a number of persons")
            .at(format!("{path}, row {}, column `{column}`", told.row))
            .with("found", what.to_owned())
            .hint("get the release again from its publisher, or leave the package out")
    };
    for (column, number) in columns {
        let Some(number) = number else { continue };
        let wrong = match number {
            number if !number.is_finite() => Some("no number"),
            number if is_count && number < 0.0 => Some("a negative number"),
            number if is_count && number.fract() != 0.0 => Some("a fraction"),
            number if is_count && number > EXACT => Some("a number beyond 2^53"),
            _ => None,
        };
        if let Some(what) = wrong {
            return Err(no_count(column, what));
        }
    }
    if !is_count {
        return Ok(());
    }
    if told.lower.zip(told.upper).is_some_and(|(lower, upper)| lower > upper) {
        return Err(no_count("LOWER_BOUND", "a lower bound above the upper one"));
    }
    let outside =
        |value: f64| told.lower.is_some_and(|lower| value < lower) || told.upper.is_some_and(|upper| value > upper);
    if told.value.is_some_and(outside) {
        return Err(no_count("OBS_VALUE", "a value outside of its bounds"));
    }
    match ObsStatus::find(told.status) {
        None => Err(no_count("OBS_STATUS", "a status that is none")),
        Some(status) if status.has_value() && told.value.is_none() => {
            Err(no_count("OBS_VALUE", "no value, and the status of one"))
        }
        Some(_) => Ok(()),
    }
}
