//! One figure: a number, an interval, or a sign for what is not there.

use maud::{Markup, html};

use super::text::{grouped, interval};
use crate::model::ObsStatus;
use crate::protect::Observation;

/// Returns a figure. A whole number of persons or areas has no decimals.
pub(super) fn figure(row: Option<&Observation>, is_count: bool) -> Markup {
    let Some(row) = row else { return html! {} };
    match (row.status, row.value) {
        (status, Some(value)) if status.has_value() => html! {
            (number(value, is_count))
            @if status != ObsStatus::Normal { sup { (status.id()) } }
        },
        (ObsStatus::NotCollected, _) => html! { span.q { "·" } },
        (ObsStatus::Missing | ObsStatus::NotExisting, _) => html! { "–" },
        _ => html! { bdi dir="ltr" { (interval(row.lower, row.upper)) } },
    }
}

/// Returns a number with as many digits as a reader needs: one decimal, or two digits that are not zeros.
pub(super) fn number(value: f64, is_count: bool) -> String {
    if is_count && value.fract() == 0.0 {
        return grouped(&format!("{value:.0}"));
    }
    let decimals = if value != 0.0 && value.abs() < 1.0 { (1 - value.abs().log10().floor() as i32).min(6) } else { 1 };
    grouped(&format!("{value:.*}", decimals as usize))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_have_the_digits_that_a_reader_needs() {
        for (value, is_count, expected) in
            [(20487.0, true, "20\u{202f}487"), (33.333, false, "33.3"), (0.0123, false, "0.012"), (0.0, false, "0.0")]
        {
            assert_eq!(number(value, is_count), expected);
        }
    }
}
