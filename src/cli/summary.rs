//! What commands print when they are done.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use tipstat::internals::disseminate::Incomparable;
use tipstat::internals::error::visible;
use tipstat::internals::finding::Rule;
use tipstat::internals::ingest::Lines;
use tipstat::internals::pipeline::{AuditManifest, InputReport, LedgerReport, NotCollected, Placement};
use tipstat::internals::protect::NotSeen;

use super::columns::{align, counted, number};
use super::printer::Printer;

/// Adds how much of the tables is suppressed.
pub fn audited(out: &mut String, tables: usize, audit: &AuditManifest) {
    if let Some(chosen) = &audit.chosen {
        let _ = writeln!(out, "method: {}", visible(chosen));
    }
    if let Some(rounded) = &audit.rounded {
        let _ = write!(
            out,
            "{} of {} cells, all shown; small counts are multiples of {}",
            counted(tables as u64, "table", "tables"),
            number(audit.cells as u64),
            rounded.base
        );
        if let (Some(mean), Some(p95)) = (rounded.mean_change, rounded.p95_change) {
            let _ = write!(out, ", the mean change is at most {mean}, and 95 % change by at most {p95}");
        }
        out.push('\n');
        return;
    }
    let share = 100.0 * audit.blank as f64 / audit.cells.max(1) as f64;
    let _ = writeln!(
        out,
        "{} of {} cells, {} of them suppressed ({share:.1} %); audit by interval propagation: {} unsafe",
        counted(tables as u64, "table", "tables"),
        number(audit.cells as u64),
        number(audit.blank as u64),
        audit.narrowed
    );
}

/// Adds tables that no source can fill, and dimensions that sources define differently.
pub fn remarks(out: &mut String, missing: &[NotCollected], differences: &[Incomparable]) {
    for missing in missing {
        let _ = writeln!(out, "skipped {}: no source reports {}", visible(&missing.table), visible(&missing.dimension));
    }
    if !differences.is_empty() {
        let names: Vec<_> = differences.iter().map(|difference| difference.dimension.as_str()).collect();
        let _ = writeln!(
            out,
            "defined differently by sources: {}; the report has the definitions",
            visible(&names.join(", "))
        );
    }
}

/// Adds the digest by which a release is known.
pub fn digest(out: &mut String, sha256: &str) {
    let _ = writeln!(out, "manifest:   SHA-256 {sha256}");
}

/// Warns of codes for which records do not show whether an area asked for them, one line each.
pub fn not_seen(out: &mut String, found: &[NotSeen]) {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in found {
        codes.entry(format!("{}={}", one.dimension, one.code)).or_default().push(format!("{} {}", one.area, one.year));
    }
    for (code, places) in codes {
        let more = if places.len() > 5 { format!(", and {} more", places.len() - 5) } else { String::new() };
        let _ = writeln!(
            out,
            "warning[coverage/code-not-seen]: {code} has no record in {}{more}: comparisons of their regions have no value; \
             name the codes that were asked for in `[[coverage]]`",
            places[..places.len().min(5)].join(", ")
        );
    }
}

/// Warns of persons whose area is not known.
pub fn unknown_area(out: &mut String) {
    out.push_str(
        "warning[coverage/area-unknown]: persons whose area is not known count in the world, and in no other region and no \
         panel; `tipstat explain coverage/area-unknown` says where\n",
    );
}

/// Warns of areas that no region of the scheme holds.
pub fn areas_without_region(out: &mut String, areas: &[String]) {
    if !areas.is_empty() {
        let _ = writeln!(
            out,
            "warning[coverage/area-without-region]: no region of the scheme holds {}: their figures are in no sum of areas, not \
             even in that of all areas; add them to the scheme, or choose another one with `--regions`",
            visible(&areas.join(", "))
        );
    }
}

/// Warns of codes with counts that a declaration excludes.
pub fn against_coverage(out: &mut String, found: &[String]) {
    if !found.is_empty() {
        let more = if found.len() > 5 { format!(", and {} more", found.len() - 5) } else { String::new() };
        let _ = writeln!(
            out,
            "warning[coverage/contradicted]: records have codes that `[[coverage]]` says were not asked for: {}{more}; add them \
             to the declaration, or correct the records",
            visible(&found[..found.len().min(5)].join(", "))
        );
    }
}

/// Adds what the ledgers of the stores have to say. What waits shows that few records came or went, so it is in no file.
pub fn ledger(out: &mut String, ledger: &LedgerReport) {
    let listed = |names: &[String]| {
        let more = if names.len() > 5 { format!(", and {} more", names.len() - 5) } else { String::new() };
        format!("{}{more}", visible(&names[..names.len().min(5)].join(", ")))
    };
    for path in &ledger.begun {
        let _ = writeln!(
            out,
            "note[ledger/begun]: a ledger was begun in {path}: earlier releases of these records are not known to it"
        );
    }
    if !ledger.waits.is_empty() {
        let _ = writeln!(
            out,
            "note[ledger/waits]: {} keep their previous figures until more records come or go: {} (confidential)",
            counted(ledger.waits.len() as u64, "area and year", "areas and years"),
            listed(&ledger.waits)
        );
    }
    if !ledger.draws.is_empty() {
        let draws: Vec<String> = ledger.draws.iter().map(|(place, number)| format!("{place} ({number})")).collect();
        let _ = writeln!(
            out,
            "warning[ledger/draws]: rounded three times or more: {}; the average of multiple draws is close to the true counts",
            listed(&draws)
        );
    }
    if let Some(overridden) = &ledger.overridden {
        let _ = writeln!(
            out,
            "warning[{}]: published in spite of this rule; the manifest names the reason: {}",
            visible(&overridden.rules.join(", ")),
            visible(&overridden.reason)
        );
    }
}

/// Adds that some records repeat one of another store.
pub fn repeated(out: &mut String) {
    out.push_str("records that repeat one of another store count once\n");
}

/// Warns of records that contradict one of another store.
pub fn conflicts(out: &mut String, conflicts: &[String]) {
    if let (false, Some(rule)) = (conflicts.is_empty(), Rule::find("record/person-conflict")) {
        let _ = writeln!(
            out,
            "warning[{}]: {}\n   = stores: {}, and one named earlier\nhint: `tipstat explain {}` says what is counted",
            rule.id(),
            rule.title(),
            visible(&conflicts.join(", ")),
            rule.id()
        );
    }
}

/// Adds that the records are synthetic.
pub fn synthetic(out: &mut String) {
    out.push_str("SYNTHETIC DATA: no figure says anything about any country\n\n");
}

pub fn placed(out: &mut String, placed: &Placement, sha256: &str) {
    match &placed.folder {
        Some(folder) => {
            let replaced = if placed.replaced { ", replacing a previous one" } else { "" };
            let report = PathBuf::from(folder).join("report.html");
            let _ = writeln!(
                out,
                "the release is in {folder}{replaced}; open {}",
                tipstat::internals::files::shown(&report)
            );
            digest(out, sha256);
        }
        None => out.push_str("nothing was written (--dry-run)\n"),
    }
}

/// Prints the result of each file.
pub fn report(inputs: &[InputReport], printer: &Printer) {
    if printer.is_json() {
        printer.json(&inputs);
        return;
    }
    printer.answer(&inputs.iter().map(one).collect::<String>());
}

/// Returns the result of one file as text.
pub fn one(input: &InputReport) -> String {
    let mut out = format!(
        "{}: {} records read, {} accepted, {} rejected, {} duplicates\n",
        input.file,
        number(input.records),
        number(input.accepted),
        number(input.rejected),
        number(input.duplicates)
    );
    out.push_str(&lines(&input.lines));
    if input.encoding != "UTF-8" {
        out.push_str(&format!("  the text is encoded as {}\n", input.encoding));
    }
    if let Some(name) = input.compression {
        out.push_str(&format!("  the file is compressed ({name})\n"));
    }
    if let Some(sheet) = &input.sheet {
        out.push_str(&format!("  the sheet is `{}`\n", visible(sheet)));
    }
    match input.delimiter.as_str() {
        "," => {}
        "JSON" => out.push_str("  the records are JSON objects, one a line\n"),
        "\t" => out.push_str("  the fields are separated by a tab\n"),
        delimiter => out.push_str(&format!("  the fields are separated by `{}`\n", visible(delimiter))),
    }
    if !input.not_collected.is_empty() {
        out.push_str(&format!("  not collected: {}\n", input.not_collected.join(", ")));
    }
    // The findings below name every cell. Only columns that a reader should look at are named here.
    for column in input.columns.iter().filter(|column| column.percent() >= 1.0) {
        out.push_str(&format!(
            "  not understood in `{}` (field `{}`): {}\n",
            visible(&column.column),
            column.field,
            column.share("the filled cells")
        ));
    }
    let rows = input.findings.iter().filter(|finding| finding.rule != "file/absent-column").map(|finding| {
        let column = match (&finding.column, finding.column_number) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(number)) => format!("column {number}"),
            (None, None) => String::new(),
        };
        let last = finding.last_lines.iter().map(Some).chain(std::iter::repeat(None));
        let span = |(first, last): (&u64, Option<&u64>)| match last {
            Some(last) if last > first => format!("{first} to {last}"),
            _ => first.to_string(),
        };
        let lines: Vec<_> = finding.lines.iter().zip(last).map(span).collect();
        let mut found = finding.found.clone();
        found.dedup();
        let found = if found.is_empty() { String::new() } else { format!("; found {}", found.join(", ")) };
        vec![
            format!("  {}[{}]", finding.severity, finding.rule),
            number(finding.count),
            column,
            format!("line {}{found}", lines.join(", ")),
        ]
    });
    out.push_str(&align(&rows.collect::<Vec<_>>()));
    out
}

/// Lines by what they hold, as far as there are any.
fn lines(lines: &Lines) -> String {
    let parts = [
        (lines.titles, "of titles"),
        (lines.header, "of the header"),
        (lines.records, "of records"),
        (lines.skipped, "skipped by the profile"),
        (lines.blank, "blank"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(count, _)| *count > 0).collect();
    let parts: Vec<_> = parts.iter().map(|(count, what)| format!("{} {what}", number(*count))).collect();
    format!("  {} lines: {}\n", number(lines.read), parts.join(", "))
}
