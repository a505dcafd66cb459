//! `report.html`: the main tables in one file that opens without a network.

use std::fmt::Write;

use super::about::About;
use super::labels::{NodeLabels, index_of};
use crate::error::is_hidden;
use crate::indicators::Indicator;
use crate::model::{ObsStatus, printed};
use crate::protect::{Method, Observation, Protected, ProtectedTable};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem}.warn{background:#fff3cd;border-left:4px solid #b8860b;padding:.5rem 1rem}\
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #ddd}\
th:first-child,td:first-child,.b{text-align:left}.q{color:#777}.bar{fill:#1f6f8b}caption{text-align:left;color:#555;padding:.3rem 0}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}.warn{background:#3a3217}th,td{border-color:#444}}";

/// What a browser may do with the report: show it. Neither a script nor anything from elsewhere is loaded, whatever is in
/// a title.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns the report of a release.
pub(super) fn html(protected: &Protected, about: &About<'_>) -> String {
    let language = about.languages.first().map_or("en", String::as_str);
    let mut out = String::new();
    let title = escape(&about.full_title());
    let direction = if language == "ar" { " dir=\"rtl\"" } else { "" };
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"{language}\"{direction}><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    );
    if about.synthetic {
        out.push_str("<p class=\"warn\">The records behind this report are made up. No figure says anything about any country.</p>\n");
    }
    let _ = writeln!(out, "<p class=\"warn\">{}</p>", escape(about.caveat));
    match protected.policy() {
        Some(policy) if policy.method == Method::Round => {
            let _ = writeln!(
                out,
                "<p>All counts are rounded, so that no table and no difference of tables reveals a small group. Small counts are \
                 multiples of {0}: a printed {0} stands for a few victims, and a printed 0 for none or a few. Totals of an area \
                 and year are exact from {1} on. The tables add up, because all of them are sums of the same rounded counts. \
                 Shares and rates are computed from rounded counts. <code>rounding.csv</code> shows how much counts changed. \
                 <span class=\"q\">&middot;</span> means not collected, &ndash; a share of zero persons.</p>",
                policy.base, policy.threshold
            );
        }
        Some(policy) => {
            let _ = writeln!(
                out,
                "<p>Counts below {} are not shown, nor are counts from which they could be computed. \
                 A hidden count is printed as an interval that follows from the other cells; a share of it likewise. \
                 <span class=\"q\">&middot;</span> means not collected, &ndash; a share of zero persons.</p>",
                policy.threshold
            );
        }
        None => out.push_str(
            "<p>The figures of countries are public already. A region is the sum of the countries that report what a figure \
             needs; their number is next to it. A count that a country suppresses or masks is an interval, and so are the \
             figures that rest on it.</p>\n",
        ),
    }
    if protected.is_masked() {
        out.push_str("<p>Some sources mask small counts themselves (such as &lt;5). A count that rests on them is printed as an interval as well: it adds the least and the greatest number that each mask leaves possible.</p>\n");
    }
    if let Some(share) = about.left_out {
        let _ = writeln!(out, "<p>Records that could not be read are left out. Their share: {}.</p>", escape(share));
    }
    for declared in about.declares {
        let _ = writeln!(out, "<p>Note: {}.</p>", escape(declared));
    }
    if !about.legibility.is_empty() {
        out.push_str("<h2>What is unknown, and why</h2>\n<p>A record counts as unknown (_U) in a dimension where its source has no value, and where the source has a text that was not understood. Shares are of persons. They are rounded to steps of at least 50 persons, and not shown for fewer than 100, so that they say nothing of one person.</p>\n<table><tr><th>Field</th><th class=\"b\">Unknown at the source</th><th class=\"b\">Not understood</th></tr>\n");
        for field in about.legibility {
            let [title, unknown, lost] = [&field.title, &field.unknown, &field.not_understood].map(|text| escape(text));
            let _ = writeln!(out, "<tr><td>{title}</td><td class=\"b\">{unknown}</td><td class=\"b\">{lost}</td></tr>");
        }
        out.push_str("</table>\n");
    }
    if !about.differences.is_empty() {
        out.push_str("<h2>Where sources differ in meaning</h2>\n<p>These dimensions are added up over sources that define them differently, or that do not all have them. Compare with care.</p>\n<table><tr><th>Dimension</th><th class=\"b\">Source</th><th class=\"b\">What it means there</th></tr>\n");
        for difference in about.differences {
            for (source, meaning) in &difference.meanings {
                let _ = writeln!(
                    out,
                    "<tr><td>{}</td><td class=\"b\">{}</td><td class=\"b\">{}</td></tr>",
                    escape(&difference.dimension),
                    escape(source),
                    escape(meaning)
                );
            }
        }
        out.push_str("</table>\n");
    }
    if !about.breaks.is_empty() {
        out.push_str("<h2>Breaks in series</h2>\n<p>From these years on, figures of the area mean something else than before. A figure of that year, of a region that holds the area, or a comparison over that year bears the status B: part of what it shows is the new meaning.</p>\n<table><tr><th>Area</th><th>From</th><th>Dimension</th><th class=\"b\">What has changed</th></tr>\n");
        for series in about.breaks {
            let dimension = if series.dimension.is_empty() { "all" } else { series.dimension.as_str() };
            let cells = [series.area.as_str(), dimension, &series.note].map(escape);
            let [area, dimension, note] = cells;
            let _ = writeln!(
                out,
                "<tr><td>{area}</td><td>{}</td><td>{dimension}</td><td class=\"b\">{note}</td></tr>",
                series.year
            );
        }
        out.push_str("</table>\n");
    }
    for table in protected.tables() {
        section(&mut out, table, about, language);
    }
    let _ = writeln!(
        out,
        "<hr><p class=\"q\">Release {}, made by {}. Tables, labels and digests are next to this file.</p>\n</body></html>",
        escape(about.release),
        escape(about.program)
    );
    out
}

/// Writes one table for all years together, or where no source reports that, for a late year that many areas report.
///
/// It shows the dimensions of the table's first share, in the widest area, or in each country where codes are those of the
/// country. A table without a share shows the areas themselves.
fn section(out: &mut String, table: &ProtectedTable, about: &About<'_>, language: &str) {
    let names = NodeLabels { table, about };
    let number = index_of(language);
    let indicator = table.indicator();
    let _ = writeln!(out, "<h2>{}</h2>", escape(Indicator::text(&indicator.title, language)));
    let note = Indicator::text(&indicator.note, language);
    if !note.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", escape(note));
    }
    for measure in &indicator.measures {
        let title = Indicator::text(&measure.title, language);
        let _ = writeln!(
            out,
            "<p class=\"q\"><b>{}</b> {} <code>{}</code> ({})</p>",
            escape(&measure.id),
            escape(title),
            escape(&measure.formula.to_string()),
            escape(&measure.unit)
        );
    }
    if table.observations().iter().all(|row| row.status == ObsStatus::NotCollected) {
        out.push_str("<p>No source collects what this table needs.</p>\n");
        return;
    }
    let dimensions = table.dimensions();
    let time = dimensions.iter().position(|d| d.dimension == "TIME_PERIOD");
    let share = indicator.measures.iter().position(|measure| measure.formula.share_of().is_some());
    let choices = share.and_then(|share| indicator.measures[share].formula.share_of()).map(|(_, whole)| whole);
    let choices = choices.unwrap_or_default();
    let over = |name: &String| choices.iter().any(|choice| choice.dimension == *name);
    let mut subjects: Vec<usize> = (0..dimensions.len()).filter(|&d| over(&dimensions[d].dimension)).collect();
    if subjects.is_empty() {
        subjects.push(0);
    }
    let has_country_codes = dimensions.iter().any(|d| d.nodes.iter().any(|node| node.only_area.is_some()));
    let areas = if has_country_codes { dimensions[0].nodes.len() } else { 1 };
    for area in 0..areas as u16 {
        // With one subject all its lines are shown, totals too; with more only the cells that have a share.
        let period = time.map_or(0, |time| period(table, time, area));
        let is_shown = |row: &Observation| {
            let is_of_area = subjects == [0] || row.nodes[0] == area;
            let is_of_totals = (1..dimensions.len()).all(|d| {
                let total = if Some(d) == time { period } else { 0 };
                subjects.contains(&d) || row.nodes[d] == total
            });
            is_of_area && is_of_totals && indicator.measures[row.measure].formula.is_count()
        };
        let share_of = |nodes: &[u16]| {
            let mut rows = table.observations().iter().filter(|row| Some(row.measure) == share);
            rows.find(|row| row.nodes == nodes)
        };
        let lines: Vec<(&Observation, Option<&Observation>)> = table
            .observations()
            .iter()
            .filter(|row| is_shown(row))
            .map(|row| (row, share_of(&row.nodes)))
            .filter(|(_, share)| subjects.len() == 1 || share.is_some())
            .collect();
        let parts = |d: usize| names.label(d, usize::from(area), number);
        let caption = match lines.first() {
            Some((row, _)) if subjects != [0] => match row.areas {
                Some(count) if count > 1 => format!("{}: {count} reporting areas", parts(0)),
                _ => parts(0),
            },
            _ => String::new(),
        };
        let caption = match time.filter(|_| period > 0) {
            Some(time) if caption.is_empty() => dimensions[time].nodes[usize::from(period)].code.clone(),
            Some(time) => format!("{}. {caption}", dimensions[time].nodes[usize::from(period)].code),
            None => caption,
        };
        let head = "<tr><th></th><th>N</th><th>%</th><th></th></tr>";
        let _ = writeln!(out, "<table><caption>{}</caption>{head}", escape(&caption));
        // Bars compare parts with parts: a total would flatten them.
        let is_part = |row: &Observation| subjects != [0] || row.nodes[0] != 0;
        let longest = lines.iter().filter(|(row, _)| is_part(row)).filter_map(|(row, _)| row.value).fold(1.0, f64::max);
        for (row, share) in lines {
            let labels = subjects.iter().map(|&d| names.label(d, usize::from(row.nodes[d]), number));
            let name = labels.collect::<Vec<_>>().join(", ");
            let percent = share.map(|row| text(row, "%")).unwrap_or_default();
            let width = row.value.map_or(0.0, |value| (value / longest * 160.0).min(160.0).round());
            let bar = format!(
                "<svg width=\"160\" height=\"12\" aria-hidden=\"true\"><rect class=\"bar\" width=\"{width}\" height=\"12\"/></svg>"
            );
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{percent}</td><td class=\"b\">{bar}</td></tr>",
                escape(&name),
                text(row, "")
            );
        }
        out.push_str("</table>\n");
    }
}

/// Returns the node of all years together, or the last year that at least three quarters as many areas report as any year.
fn period(table: &ProtectedTable, time: usize, area: u16) -> u16 {
    let counts = || {
        let measures = &table.indicator().measures;
        table.observations().iter().filter(|row| row.nodes[0] == area && measures[row.measure].formula.is_count())
    };
    if counts().any(|row| row.nodes[time] == 0) {
        return 0;
    }
    let max = counts().filter_map(|row| row.areas).max().unwrap_or(0);
    let many = counts().filter(|row| row.areas.is_some_and(|areas| 4 * areas >= 3 * max));
    many.map(|row| row.nodes[time]).max().unwrap_or(0)
}

fn text(row: &Observation, unit: &str) -> String {
    match (row.status, row.value) {
        (status, Some(value)) if status.has_value() && unit.is_empty() => value.to_string(),
        (status, Some(value)) if status.has_value() => format!("{value:.1}"),
        (ObsStatus::NotCollected, _) => "<span class=\"q\">&middot;</span>".into(),
        (ObsStatus::Missing | ObsStatus::NotExisting, _) => "&ndash;".into(),
        _ => {
            let [lower, upper] = printed(row.lower, row.upper).map(|bound| bound.unwrap_or("&hellip;".into()));
            format!("<span class=\"q\">[{lower}, {upper}]</span>")
        }
    }
}

/// Returns a text in HTML. Hidden characters are escaped as in messages.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if is_hidden(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}
