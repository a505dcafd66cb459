//! Method and sources, at the end of a report.

use maud::{Markup, html};

use super::text::{ByLanguage, EscapedText, Reader, TEXTS};
use super::view::TableView;
use crate::protect::{Method, Protected};

/// Returns the annex.
pub(super) fn annex(protected: &Protected, views: &[TableView<'_>], reader: Reader<'_>) -> Markup {
    html! {
        section aria-labelledby="method" {
            h2 id="method" { (reader.say(&TEXTS.method)) }
            (protection(protected, reader))
            p { (reader.say(&TEXTS.bars)) " " (reader.say(&TEXTS.signs)) }
            (sources(reader))
            (unknown(reader))
            (differences(reader))
            (breaks(reader))
            (formulas(views, reader))
        }
    }
}

fn protection(protected: &Protected, reader: Reader<'_>) -> Markup {
    let text = match protected.policy() {
        Some(policy) if policy.method == Method::Round => {
            reader.fill(&TEXTS.rounded, &[&policy.base.to_string(), &policy.threshold.to_string()])
        }
        Some(policy) => reader.fill(&TEXTS.hidden, &[&policy.threshold.to_string()]),
        None => reader.say(&TEXTS.public).to_owned(),
    };
    html! {
        h3 { (reader.say(&TEXTS.protection)) }
        p { (text) }
        @if protected.is_masked() { p { (reader.say(&TEXTS.masked)) } }
    }
}

fn sources(reader: Reader<'_>) -> Markup {
    let about = reader.about;
    if about.left_out.is_none() && about.declares.is_empty() {
        return html! {};
    }
    html! {
        h3 { (reader.say(&TEXTS.notes)) }
        @if let Some(share) = about.left_out {
            @let (before, after) = reader.say(&TEXTS.left_out).split_once("{0}").unwrap_or_default();
            p { (before) (reader.english(share)) (after) }
        }
        @if !about.declares.is_empty() { ul { @for declared in about.declares { li { (reader.english(declared)) "." } } } }
    }
}

/// Returns the heads of columns.
fn columns(heads: &[&ByLanguage], reader: Reader<'_>) -> Markup {
    html! { @for head in heads { th scope="col" { (reader.say(head)) } } }
}

fn unknown(reader: Reader<'_>) -> Markup {
    if reader.about.legibility.is_empty() {
        return html! {};
    }
    let heads = [&TEXTS.field, &TEXTS.unknown_at_source, &TEXTS.not_understood];
    html! {
        h3 { (reader.say(&TEXTS.unknown)) }
        p { (reader.say(&TEXTS.unknown_text)) }
        table.text {
            thead { tr { (columns(&heads, reader)) } }
            tbody { @for field in reader.about.legibility { tr {
                th scope="row" { (reader.english(&field.title)) }
                td { (reader.english(&field.unknown)) }
                td { (reader.english(&field.not_understood)) }
            } } }
        }
    }
}

fn differences(reader: Reader<'_>) -> Markup {
    if reader.about.differences.is_empty() {
        return html! {};
    }
    let heads = [&TEXTS.dimension, &TEXTS.source_name, &TEXTS.meaning];
    html! {
        h3 { (reader.say(&TEXTS.differences)) }
        p { (reader.say(&TEXTS.differences_text)) }
        table.text {
            thead { tr { (columns(&heads, reader)) } }
            tbody { @for difference in reader.about.differences { @for (source, meaning) in &difference.meanings { tr {
                td { (EscapedText(&difference.dimension)) }
                td { (EscapedText(source)) }
                td { (reader.english(meaning)) }
            } } } }
        }
    }
}

fn breaks(reader: Reader<'_>) -> Markup {
    if reader.about.breaks.is_empty() {
        return html! {};
    }
    let heads = [&TEXTS.area, &TEXTS.from, &TEXTS.dimension, &TEXTS.changed];
    html! {
        h3 { (reader.say(&TEXTS.breaks)) }
        p { (reader.say(&TEXTS.breaks_text)) }
        table.text {
            thead { tr { (columns(&heads, reader)) } }
            tbody { @for series in reader.about.breaks { tr {
                th scope="row" { (EscapedText(&series.area)) }
                td { (series.year) }
                td { @if series.dimension.is_empty() { (reader.say(&TEXTS.all)) } @else { (EscapedText(&series.dimension)) } }
                td { (reader.english(&series.note)) }
            } } }
        }
    }
}

fn formulas(views: &[TableView<'_>], reader: Reader<'_>) -> Markup {
    let heads = [&TEXTS.measure, &TEXTS.formula, &TEXTS.unit];
    html! {
        h3 { (reader.say(&TEXTS.formulas)) }
        @for view in views {
            @let indicator = view.table.indicator();
            div.scroll role="region" tabindex="0" aria-label=(indicator.id) { table.text {
                caption { code { (EscapedText(&indicator.id)) } ": " (reader.schema_text(&indicator.title)) }
                thead { tr { th scope="col" { "INDICATOR" } (columns(&heads, reader)) } }
                tbody { @for measure in &indicator.measures { tr {
                    th scope="row" { code { (EscapedText(&measure.id)) } }
                    td { (reader.schema_text(&measure.title)) }
                    td { bdi dir="ltr" { code { (EscapedText(&measure.formula.to_string())) } } }
                    td { (EscapedText(&measure.unit)) }
                } } }
            } }
        }
    }
}
