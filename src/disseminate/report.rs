//! `report.html`: the main tables in one file that opens without a network.

use std::fmt::Write;

use super::About;
use super::labels::{index_of, label};
use crate::indicators::MeasureKind;
use crate::model::ObsStatus;
use crate::protect::{Observation, Protected, ProtectedTable};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem}.warn{background:#fff3cd;border-left:4px solid #b8860b;padding:.5rem 1rem}\
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #ddd}\
th:first-child,td:first-child{text-align:left}.q{color:#777}.bar{fill:#1f6f8b}.none{fill:#ccc}caption{text-align:left;color:#555;padding:.3rem 0}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}.warn{background:#3a3217}th,td{border-color:#444}}";

/// The report of a release.
pub(super) fn html(protected: &Protected, about: &About<'_>) -> String {
    let language = about.languages.first().map_or("en", String::as_str);
    let mut out = String::new();
    let title = escape(&about.full_title());
    let direction = if language == "ar" { " dir=\"rtl\"" } else { "" };
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"{language}\"{direction}><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    );
    if about.synthetic {
        out.push_str("<p class=\"warn\">The records behind this report are made up. No figure says anything about any country.</p>\n");
    }
    let _ = writeln!(out, "<p class=\"warn\">{}</p>", escape(about.caveat));
    let policy = protected.policy();
    let _ = writeln!(
        out,
        "<p>Counts below {} are not shown, nor are counts from which they could be computed. \
         A hidden count is printed as the interval that a reader could infer at best; a share of it likewise. \
         <span class=\"q\">&middot;</span> stands for not collected, &ndash; for a share of nobody.</p>",
        policy.threshold
    );
    for declared in about.declares {
        let _ = writeln!(out, "<p>Note: {}.</p>", escape(declared));
    }
    for table in protected.tables() {
        section(&mut out, table, about, index_of(language), language);
    }
    let _ = writeln!(
        out,
        "<hr><p class=\"q\">Release {}, made by {}. Tables, labels and digests lie beside this file.</p>\n</body></html>",
        escape(about.release),
        escape(about.program)
    );
    out
}

/// One table for the widest area: the first measure, and its first share; by year where the table has years.
fn section(out: &mut String, table: &ProtectedTable, about: &About<'_>, language: usize, name: &str) {
    let indicator = table.indicator();
    let title = indicator.title.get(name).or_else(|| indicator.title.get("en")).map_or("", String::as_str);
    let _ = writeln!(out, "<h2>{}</h2>", escape(title));
    if let Some(note) = &indicator.note {
        let _ = writeln!(out, "<p>{}</p>", escape(note));
    }
    let dimensions = table.dimensions();
    // Rows: areas where there is nothing else to tell apart, else the third dimension in the widest area.
    let time = dimensions.iter().position(|d| d.dimension == "TIME_PERIOD");
    let subject = (1..dimensions.len()).find(|&d| Some(d) != time).unwrap_or(0);
    // Codes of a country's own list exist in that country only, so such a table is told country by country.
    let own = dimensions[subject].nodes.iter().any(|node| node.only_area.is_some());
    let areas = if own { dimensions[0].nodes.len() } else { 1 };
    for area in 0..if subject == 0 { 1 } else { areas } {
        let pick = |row: &&Observation| {
            row.nodes
                .iter()
                .enumerate()
                .all(|(d, &node)| d == subject || (d == 0 && usize::from(node) == area) || (d != 0 && node == 0))
        };
        let kind = |row: &&Observation| indicator.measures[row.measure].kind;
        let count = |node: u16| {
            let mut rows = table.observations().iter().filter(|row| kind(row) == MeasureKind::Count);
            rows.find(|row| row.nodes[subject] == node && pick(row))
        };
        let share = |node: u16| {
            let mut rows = table.observations().iter().filter(|row| kind(row) == MeasureKind::Share);
            rows.find(|row| row.nodes[subject] == node && pick(row))
        };
        let caption = if subject == 0 { String::new() } else { label(&dimensions[0], area, about, language) };
        let _ = writeln!(
            out,
            "<table><caption>{}</caption><tr><th></th><th>N</th><th>%</th><th></th></tr>",
            escape(&caption)
        );
        let nodes = || 0..dimensions[subject].nodes.len() as u16;
        let most =
            nodes().filter(|&node| subject != 0 || node != 0).filter_map(|node| count(node)?.value).fold(1.0, f64::max);
        for node in nodes() {
            let Some(row) = count(node) else { continue };
            let name = label(&dimensions[subject], node.into(), about, language);
            let percent = share(node).map(|row| text(row, "%")).unwrap_or_default();
            let bar = row.value.map(|value| {
                let width = (value / most * 160.0).min(160.0).round();
                format!("<svg width=\"160\" height=\"12\" role=\"img\" aria-hidden=\"true\"><rect class=\"bar\" width=\"{width}\" height=\"12\"/></svg>")
            });
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{percent}</td><td style=\"text-align:left\">{}</td></tr>",
                escape(&name),
                text(row, ""),
                bar.unwrap_or_default()
            );
        }
        out.push_str("</table>\n");
    }
}

fn text(row: &Observation, unit: &str) -> String {
    match (row.status, row.value) {
        (ObsStatus::Normal, Some(value)) if unit.is_empty() => value.to_string(),
        (ObsStatus::Normal, Some(value)) => format!("{value:.1}"),
        (ObsStatus::NotCollected, _) => "<span class=\"q\">&middot;</span>".into(),
        (ObsStatus::Missing, _) => "&ndash;".into(),
        _ => {
            let bound =
                |bound: Option<f64>| bound.map_or("&hellip;".into(), |b| ((b * 10.0).round() / 10.0).to_string());
            format!("<span class=\"q\">[{}, {}]</span>", bound(row.lower), bound(row.upper))
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
