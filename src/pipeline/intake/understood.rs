//! What is refused because too little of it was understood.

use super::legibility::{ColumnReport, PlaceReport};
use super::report::InputReport;
use crate::error::{Error, Result};
use crate::pipeline::{Allowance, Limit};

/// Refuses files with a column that was not understood: the rest would be published as if it were the whole.
///
/// Each column of each file is judged by itself, so that a bad file does not hide behind good ones.
pub(super) fn check(inputs: &[InputReport], allowance: &Allowance) -> Result<()> {
    let columns = inputs.iter().flat_map(|input| input.columns.iter().map(move |column| (input, column)));
    let exceeds = |column: &ColumnReport| !allowance.allows(&column.field, column.not_understood, column.filled);
    let mut bad: Vec<_> = columns.filter(|(_, column)| exceeds(column)).collect();
    // The most persons first; the sort keeps the order of files and columns among equals.
    bad.sort_by_key(|(_, column)| std::cmp::Reverse(column.not_understood));
    let Some((input, worst)) = bad.first() else { return check_places(inputs, allowance) };
    let what = format!("the column `{}` was not understood: {}", worst.column, worst.share("its filled cells"));
    let mut error = Error::refused("limit/not-understood", what)
        .at(format!("{}:1, column {}", input.file, worst.column_number))
        .with("field", format!("`{}`", worst.field));
    if let Some(rule) = worst.rule {
        error = error.with("rule", rule);
    }
    if !worst.frequent.is_empty() {
        error = error.with("most frequent", worst.frequent.join(", "));
    }
    error =
        error.with("limit", in_words(allowance.of(&worst.field), if worst.by_persons { "persons" } else { "cells" }));
    for (input, column) in bad.iter().skip(1).take(5) {
        let text =
            format!("`{}` of {} (field `{}`): {}", column.column, input.file, column.field, column.share_alone());
        error = error.with("also", text);
    }
    if bad.len() > 6 {
        error = error.with("and", format!("{} further columns", bad.len() - 6));
    }
    let way_out = if worst.rule == Some("cell/not-in-pack") {
        format!("`tipstat schema infer {} --pack ISO3 --pack-out PACK.toml` drafts the country's own list", input.file)
    } else {
        format!("`tipstat schema infer {} --out PROFILE.toml` drafts codes for the words of the column", input.file)
    };
    Err(error.hint(way_out).hint(format!(
        "`tipstat validate` with `--unresolved values.csv` lists the words; if they may stay unknown, pass \
         `--max-not-understood {}=100%`",
        worst.field
    )))
}

/// Refuses files in which most of one area or year was not understood, though it is little of the whole column.
fn check_places(inputs: &[InputReport], allowance: &Allowance) -> Result<()> {
    let places = inputs.iter().flat_map(|input| input.places.iter().map(move |place| (input, place)));
    let exceeds = |place: &PlaceReport| !allowance.allows(&place.field, place.not_understood, place.filled);
    let mut bad: Vec<_> = places.filter(|(_, place)| exceeds(place)).collect();
    bad.sort_by_key(|(_, place)| std::cmp::Reverse(place.not_understood));
    let Some((input, worst)) = bad.first() else { return Ok(()) };
    let what = format!(
        "the field `{}` was not understood for more than half of the persons of the {} `{}`",
        worst.field, worst.by, worst.place
    );
    let mut error = Error::refused("limit/not-understood", what).at(&*input.file);
    for (input, place) in bad.iter().skip(1).take(5) {
        error = error.with("also", format!("`{}` of {}, {} `{}`", place.field, input.file, place.by, place.place));
    }
    Err(error.hint(format!(
        "`tipstat validate` with `--unresolved values.csv` lists the words; if they may stay unknown, pass \
         `--max-not-understood {}=100%`",
        worst.field
    )))
}

fn in_words(limit: Limit, unit: &str) -> String {
    match limit {
        Limit::Count(count) => format!("{count} {unit}"),
        Limit::Percent(percent) => format!("{percent} percent of the filled cells"),
    }
}
