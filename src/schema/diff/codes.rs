//! Comparing code lists: codes, parents, labels and order.

use std::collections::HashMap;

use toml::Table;

use super::change::{Change, Class};
use super::rules::{gone, head};
use super::side::SchemaSide;
use super::tables::{about, text};
use crate::error::{Error, Result};
use crate::files;
use crate::model::LANGUAGES;
use crate::schema::table::{TableRow, rows};
use crate::schema::{Registry, SchemaKind, parse};

/// Returns all codes of a list, those of the list that it extends first.
pub(super) fn load(registry: &Registry, side: &SchemaSide) -> Result<Vec<TableRow>> {
    match &side.path {
        None => registered(registry, &side.name),
        Some(path) => {
            let table = path.with_extension("csv");
            let codes = rows(&files::read_text(&table)?, &files::shown(&table))?;
            with_base(registry, &side.table, codes)
        }
    }
}

fn registered(registry: &Registry, name: &str) -> Result<Vec<TableRow>> {
    let (name, head) = registry.text(SchemaKind::Codelists, name)?;
    let place = format!("codelists/{name}.csv");
    let codes = registry
        .read(SchemaKind::Codelists, &format!("{name}.csv"))?
        .ok_or_else(|| Error::refused("schema/check", "the list has no table of codes").at(&*place))?;
    with_base(registry, &parse(&head, &format!("codelists/{name}.toml"))?, rows(&codes, &place)?)
}

fn with_base(registry: &Registry, head: &Table, codes: Vec<TableRow>) -> Result<Vec<TableRow>> {
    let base = text(head, "extends");
    let mut all = if base.is_empty() { Vec::new() } else { registered(registry, base)? };
    all.extend(codes);
    Ok(all)
}

/// Compares two lists.
pub(super) fn compare(heads: [&Table; 2], lists: &[Vec<TableRow>; 2], out: &mut Vec<Change>) {
    head(heads[0], heads[1], out);
    let [a, b] = lists;
    let [known, current] =
        [a, b].map(|list| list.iter().map(|row| (row.code.as_str(), row)).collect::<HashMap<_, _>>());
    for row in a {
        let subject = format!("code `{}`", row.code);
        match current.get(row.code.as_str()) {
            Some(other) => code(&subject, row, other, out),
            None => {
                let same = |other: &&TableRow| !known.contains_key(other.code.as_str()) && shares_label(row, other);
                gone(&subject, b.iter().find(same).map(|other| other.code.as_str()), out);
            }
        }
    }
    for row in b.iter().filter(|row| !known.contains_key(row.code.as_str())) {
        about(&format!("code `{}`", row.code), out).report(Class::Compatible, "is new");
    }
    let order = |list: &[TableRow], other: &HashMap<&str, &TableRow>| -> Vec<String> {
        list.iter().filter(|row| other.contains_key(row.code.as_str())).map(|row| row.code.clone()).collect()
    };
    if order(a, &current) != order(b, &known) {
        about("code list", out).report(Class::Compatible, "its codes are in another order, and so are rows of tables");
    }
}

fn code(subject: &str, a: &TableRow, b: &TableRow, out: &mut Vec<Change>) {
    let place = |parent: &str| if parent.is_empty() { "at the top".to_owned() } else { format!("below `{parent}`") };
    if a.parent != b.parent {
        let what = format!("was {} and is {}", place(&a.parent), place(&b.parent));
        about(subject, out).report(Class::NeedsCrosswalk, what);
    }
    for ((language, previous), current) in LANGUAGES.iter().zip(a.labels()).zip(b.labels()) {
        match (previous, current) {
            (previous, current) if previous == current => {}
            ("", _) => about(subject, out).report(Class::Compatible, format!("has a label in `{language}`")),
            (_, "") => about(subject, out).report(Class::Compatible, format!("has no label in `{language}` any more")),
            _ => {
                let what = format!("its label in `{language}` was `{previous}` and is `{current}`");
                about(subject, out).report(Class::Compatible, what);
            }
        }
    }
}

/// Returns whether two codes bear the same label in one language.
fn shares_label(a: &TableRow, b: &TableRow) -> bool {
    a.labels().iter().zip(b.labels()).any(|(one, other)| !one.is_empty() && *one == other)
}
