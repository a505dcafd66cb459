//! A page that a statistician can read.

use std::fmt::Write;

use super::content::{MOST_CODES, given};
use crate::finding::Severity;
use crate::model::{Codelist, LANGUAGES};
use crate::schema::{Field, FieldType, OnInvalid, Record};

/// A record type: its fields, its codes, its checks.
pub(super) fn record(record: &Record) -> String {
    let mut out = format!("# {} (`{}`)\n\n{}\n\n## Fields\n\n", record.title, record.name(), record.caveat);
    out.push_str("| field | what it is | required | holds | an invalid value | paragraph of A/RES/79/154 |\n");
    out.push_str("|---|---|---|---|---|---|\n");
    for field in given(record) {
        let invalid = match field.on_invalid {
            OnInvalid::Reject => "rejects the record",
            OnInvalid::Unknown => "becomes `_U`",
        };
        let required = if field.required { "yes" } else { "no" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {required} | {} | {invalid} | {} |",
            field.id,
            cell(&field.title),
            holds(field),
            cell(&field.paragraph)
        );
    }
    out.push_str("\nEvery list also has `_U` (asked and not known), `_X` (not collected) and `_N` (not answered).\n");
    for (index, derived) in &record.derived {
        let [field, from, against] = [*index, derived.from, derived.against].map(|index| &record.fields[index]);
        let _ =
            writeln!(out, "\n`{}` ({}) is computed from `{}` and `{}`.", field.id, field.title, from.id, against.id);
    }
    out.push_str("\n## Codes\n");
    lists(record, &mut out);
    if !record.checks.is_empty() {
        out.push_str("\n## Checks across fields\n");
    }
    for check in &record.checks {
        let what = match check.rule.severity() {
            Severity::Error => "rejects the record",
            Severity::Duplicate => "sets the record aside",
            Severity::Warning => "is a warning",
        };
        let _ =
            writeln!(out, "\n- `{}` ({what}): {}. {}", check.rule.id(), check.rule.title(), cell(check.rule.text()));
    }
    out
}

/// Writes each list once, with the fields that use it.
fn lists(record: &Record, out: &mut String) {
    let mut used: Vec<(String, &Codelist, Vec<&str>)> = Vec::new();
    for field in given(record).filter(|field| field.kind != FieldType::Year) {
        let Some(list) = field.codelist.as_deref() else { continue };
        let name = format!("{}@{}", list.id, list.version);
        match used.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, fields)) => fields.push(&field.id),
            None => used.push((name, list, vec![&field.id])),
        }
    }
    for (name, list, fields) in used {
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        let _ = writeln!(out, "\n### {name}: {}\n\nUsed by {}.\n", list.title, fields.join(", "));
        if list.is_empty() {
            out.push_str("No country pack gives codes to this list.\n");
        } else if list.len() > MOST_CODES {
            let _ = writeln!(out, "{} codes; `tipstat schema show {name} --as markdown` names them.", list.len());
        } else {
            table(list, 2, out);
        }
    }
}

fn holds(field: &Field) -> String {
    let list = || field.codelist.as_ref().map(|list| format!("{}@{}", list.id, list.version)).unwrap_or_default();
    match field.kind {
        FieldType::Code if field.age_bands => format!("an age, a band such as `9-17`, or a code of {}", list()),
        FieldType::Code => format!("one code of {}", list()),
        FieldType::Set => format!("several codes of {}", list()),
        FieldType::Pack => format!("one code of the country's own list, in {}", list()),
        FieldType::Year => {
            let years = field.codelist.iter().flat_map(|list| list.known()).map(|(_, code)| code.id.to_string());
            let years: Vec<_> = years.collect();
            format!("a year, {} to {}", years.first().map_or("", |y| y), years.last().map_or("", |y| y))
        }
        FieldType::Count => "a number, or a mask such as `<5`".into(),
        FieldType::Value => "a number, a mask such as `<5`, or nothing".into(),
        FieldType::Person => "a pseudonym".into(),
    }
}

/// A code list with its labels in all languages.
pub(super) fn codelist(list: &Codelist) -> String {
    let mut out = format!("# {} (`{}@{}`)\n\n", list.title, list.id, list.version);
    let checked = if list.verified { "" } else { " Not checked against the source." };
    let _ = writeln!(out, "Source: {}.{checked}\n", list.source);
    table(list, LANGUAGES.len(), &mut out);
    out
}

/// Writes codes, their parents, and labels in the first languages.
fn table(list: &Codelist, languages: usize, out: &mut String) {
    let _ = writeln!(out, "| code | below | {} |", LANGUAGES[..languages].join(" | "));
    let _ = writeln!(out, "|---|---|{}", "---|".repeat(languages));
    for (_, code) in list.known() {
        let parent = code.parent.map(|parent| format!("`{}`", list.id_of(parent))).unwrap_or_default();
        let labels: Vec<_> = code.labels[..languages].iter().map(|l| cell(l.as_deref().unwrap_or_default())).collect();
        let _ = writeln!(out, "| `{}` | {parent} | {} |", code.id, labels.join(" | "));
    }
}

/// A text within one line of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
