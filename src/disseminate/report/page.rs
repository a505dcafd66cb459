//! The page: head, main figures, contents, sections.

use std::collections::BTreeSet;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::section::Section;
use super::text::{EscapedText, Reader, TEXTS, span};
use super::view::TableView;
use super::{chart, notes, order, sentences};
use crate::disseminate::about::About;
use crate::protect::Protected;

const STYLE: &str = include_str!("style.css");

/// What a browser may do with the report: show it. Neither a script nor anything from elsewhere is loaded, whatever is in
/// a title.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns the report of a release.
pub(in crate::disseminate) fn html(protected: &Protected, about: &About<'_>) -> String {
    let reader = Reader::new(about);
    let mut tables: Vec<_> = protected.tables().iter().collect();
    tables.sort_by_cached_key(|table| order::place(table.indicator()));
    let views: Vec<TableView<'_>> = tables.into_iter().map(TableView::new).collect();
    let title = about.full_title();
    let page = html! {
        (DOCTYPE)
        html lang=(reader.language) dir=[(reader.language == "ar").then_some("rtl")] {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(PreEscaped(POLICY));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (EscapedText(&title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (chart::patterns())
                (head(&views, reader))
                (contents(&views, reader))
                main {
                    @for (at, view) in views.iter().enumerate() { (Section { view, reader, number: at + 1 }.html()) }
                    (notes::annex(protected, &views, reader))
                }
                footer { p.q { (EscapedText(&reader.fill(&TEXTS.made_by, &[about.release, about.program]))) } }
            }
        }
    };
    page.into_string()
}

/// Returns the title, what the report rests on, its main figures, and how it is cited.
fn head(views: &[TableView<'_>], reader: Reader<'_>) -> Markup {
    let about = reader.about;
    let title = about.full_title();
    let figures = sentences::main_figures(views, reader);
    html! {
        header {
            h1 { (EscapedText(&title)) }
            @if about.synthetic { p.warn { (reader.say(&TEXTS.synthetic)) } }
            p.warn { (reader.english(about.caveat)) }
            @if let Some(facts) = facts(views, reader) { p { (facts) } }
            @if !figures.is_empty() {
                h2 { (reader.say(&TEXTS.main_figures)) }
                ul.main { @for figure in &figures { li { (EscapedText(figure)) } } }
            }
            p.q {
                (reader.say(&TEXTS.citation)) ": " bdi { (EscapedText(&title)) ". " (EscapedText(about.release)) ". " (EscapedText(about.program)) "." }
                @if let Some(licence) = about.licence { " " (reader.say(&TEXTS.licence)) ": " bdi { (EscapedText(licence)) } "." }
            }
        }
    }
}

/// Returns the years of the tables, and how many countries have a figure in them.
fn facts(views: &[TableView<'_>], reader: Reader<'_>) -> Option<String> {
    let mut years: BTreeSet<&str> = BTreeSet::new();
    let mut countries: BTreeSet<&str> = BTreeSet::new();
    for view in views {
        let areas = &view.dimensions()[0].nodes;
        years.extend(view.year_codes());
        let reporting: BTreeSet<u16> = view.countries().collect();
        let with_figure = view.table.observations().iter().filter(|row| row.value.is_some() || row.lower.is_some());
        let with_figure: BTreeSet<u16> = with_figure.map(|row| row.nodes[0]).collect();
        countries.extend(reporting.intersection(&with_figure).map(|&area| areas[usize::from(area)].code.as_str()));
    }
    let period = span(years.into_iter())?;
    match countries.len() {
        0 => None,
        1 => Some(reader.fill(&TEXTS.fact_of_one, &[&period])),
        number => Some(reader.fill(&TEXTS.facts, &[&period, &number.to_string()])),
    }
}

fn contents(views: &[TableView<'_>], reader: Reader<'_>) -> Markup {
    html! {
        nav aria-labelledby="contents" {
            h2 id="contents" { (reader.say(&TEXTS.contents)) }
            ol {
                @for view in views {
                    @let indicator = view.table.indicator();
                    li { a href=(format!("#h-{}", indicator.id)) { (reader.schema_text(&indicator.title)) } }
                }
            }
            p { a href="#method" { (reader.say(&TEXTS.method)) } }
        }
    }
}
