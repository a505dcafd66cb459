//! One figure: a number, an interval, or a sign for what is not there.

use maud::{Markup, html};

use super::text::{grouped, interval};
use crate::model::ObsStatus;
use crate::protect::Observation;

/// The unit of what is counted.
const NUMBER: &str = "NUMBER";

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberKind {
    /// Persons or areas.
    Count,
    /// A share, a rate, or a mean.
    Measured,
}

impl NumberKind {
    /// Returns the kind of a measure with a unit.
    pub fn of_unit(unit: &str) -> Self {
        if unit == NUMBER { Self::Count } else { Self::Measured }
    }
}

/// Returns a figure. A whole number of persons or areas has no decimals.
pub(super) fn figure(row: Option<&Observation>, kind: NumberKind) -> Markup {
    let Some(row) = row else { return html! {} };
    match (row.status, row.value) {
        (status, Some(value)) if status.has_value() => html! {
            (number(value, kind))
            @if status != ObsStatus::Normal { sup { (status.id()) } }
        },
        (ObsStatus::NotCollected, _) => html! { span.q { "·" } },
        (ObsStatus::Missing | ObsStatus::NotExisting, _) => html! { "–" },
        _ => html! { bdi dir="ltr" { (interval(row.lower, row.upper)) } },
    }
}

/// Returns a number with as many digits as a reader needs: one decimal, or two digits that are not zeros.
pub(super) fn number(value: f64, kind: NumberKind) -> String {
    if kind == NumberKind::Count && value.fract() == 0.0 {
        return grouped(&format!("{value:.0}"));
    }
    let decimals = if value != 0.0 && value.abs() < 1.0 { (1 - value.abs().log10().floor() as i32).min(6) } else { 1 };
    grouped(&format!("{value:.*}", decimals as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_a_reader_needs() {
        for (value, kind, expected) in [
            (20487.0, NumberKind::Count, "20\u{202f}487"),
            (33.333, NumberKind::Measured, "33.3"),
            (0.0123, NumberKind::Measured, "0.012"),
            (0.0, NumberKind::Measured, "0.0"),
        ] {
            assert_eq!(number(value, kind), expected);
        }
    }
}
