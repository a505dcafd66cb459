//! Comparing tables of TOML by their keys.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::change::{Change, Class};

/// What it means that a key appears, vanishes, or changes its value.
pub(super) struct KeyRule {
    pub name: &'static str,
    pub added: Class,
    pub removed: Class,
    pub changed: Class,
}

/// A key of which every change means the same.
pub(super) const fn key(name: &'static str, class: Class) -> KeyRule {
    KeyRule { name, added: class, removed: class, changed: class }
}

/// A key of which a change means what its loss means.
pub(super) const fn either(name: &'static str, added: Class, removed: Class) -> KeyRule {
    KeyRule { name, added, removed, changed: removed }
}

/// Adds one change.
pub(super) fn tell(out: &mut Vec<Change>, class: Class, subject: &str, what: impl Into<String>) {
    out.push(Change { class, subject: subject.to_owned(), what: what.into() });
}

/// Compares the keys that are named; others are compared elsewhere, or are the version itself.
pub(super) fn keys(subject: &str, a: &Table, b: &Table, rules: &[KeyRule], out: &mut Vec<Change>) {
    for rule in rules {
        let name = rule.name;
        match (said(a, name), said(b, name)) {
            (None, Some(value)) => tell(out, rule.added, subject, format!("`{name}` is new{}", shown(value))),
            (Some(value), None) => tell(out, rule.removed, subject, format!("`{name}` is gone{}", shown(value))),
            (Some(former), Some(latter)) if former != latter => {
                let what = match (short(former), short(latter)) {
                    (Some(former), Some(latter)) => format!("`{name}` was {former} and is {latter}"),
                    _ => format!("`{name}` has changed"),
                };
                tell(out, rule.changed, subject, what);
            }
            _ => {}
        }
    }
}

/// A value that says more than its absence does.
fn said<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    table.get(name).filter(|value| match value {
        // Only `pooled` is true where nothing is said.
        Value::Boolean(yes) => *yes != (name == "pooled"),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Table(table) => !table.is_empty(),
        _ => true,
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::Boolean(_) => String::new(),
        value => short(value).map(|text| format!(": {text}")).unwrap_or_default(),
    }
}

/// A value that fits into a line.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("`{text}`")).filter(|_| text.len() <= 60 && !text.contains('\n')),
        Value::Array(_) | Value::Table(_) => None,
        value => Some(format!("`{value}`")),
    }
}

/// Members of an array of tables with what each is called; a name that occurs again gets a number.
pub(super) fn entries<'a>(table: &'a Table, name: &str, id: &str) -> Vec<(String, &'a Table)> {
    let mut out: Vec<(String, &Table)> = Vec::new();
    for entry in array(table, name).iter().filter_map(Value::as_table) {
        let id = text(entry, id).to_owned();
        let before = out.iter().filter(|(other, _)| other.split(" (").next() == Some(&id)).count();
        let called = if before == 0 { id } else { format!("{id} ({})", before + 1) };
        out.push((called, entry));
    }
    out
}

/// The same entries of both sides, beside each other, in the order of the former and then the latter.
pub(super) fn pairs<'a>(
    a: Vec<(String, &'a Table)>,
    b: Vec<(String, &'a Table)>,
) -> Vec<(String, Option<&'a Table>, Option<&'a Table>)> {
    let find =
        |list: &[(String, &'a Table)], name: &str| list.iter().find(|(id, _)| id == name).map(|(_, entry)| *entry);
    let new: Vec<_> = b.iter().filter(|(id, _)| find(&a, id).is_none()).cloned().collect();
    let former = a.into_iter().map(|(id, entry)| {
        let latter = find(&b, &id);
        (id, Some(entry), latter)
    });
    former.chain(new.into_iter().map(|(id, entry)| (id, None, Some(entry)))).collect()
}

/// Compares lists of words.
pub(super) fn members(
    subject: &str,
    [a, b]: [&Table; 2],
    name: &str,
    [added, removed]: [Class; 2],
    out: &mut Vec<Change>,
) {
    let words = |table: &Table| -> BTreeSet<String> {
        array(table, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    a.difference(&b).for_each(|word| tell(out, removed, subject, format!("`{name}`: `{word}` is gone")));
    b.difference(&a).for_each(|word| tell(out, added, subject, format!("`{name}`: `{word}` is new")));
}

/// Compares a table of texts, such as the codes of a map: added, removed, changed.
pub(super) fn texts(subject: &str, [a, b]: [&Table; 2], name: &str, classes: [Class; 3], out: &mut Vec<Change>) {
    let empty = Table::new();
    let [a, b] = [a, b].map(|side| side.get(name).and_then(Value::as_table).unwrap_or(&empty));
    let [added, removed, changed] = classes;
    for (word, value) in a {
        let subject = format!("{subject}, `{name}`");
        match b.get(word) {
            None => tell(out, removed, &subject, format!("`{word}` is gone")),
            Some(other) if other != value => match (short(value), short(other)) {
                (Some(a), Some(b)) => tell(out, changed, &subject, format!("`{word}` was {a} and is {b}")),
                _ => tell(out, changed, &subject, format!("`{word}` has changed")),
            },
            Some(_) => {}
        }
    }
    for (word, value) in b.iter().filter(|(word, _)| !a.contains_key(*word)) {
        tell(out, added, &format!("{subject}, `{name}`"), format!("`{word}` is new{}", shown(value)));
    }
}

/// An array, empty where there is none.
pub(super) fn array<'a>(table: &'a Table, name: &str) -> &'a [Value] {
    table.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text, empty where there is none.
pub(super) fn text<'a>(table: &'a Table, name: &str) -> &'a str {
    table.get(name).and_then(Value::as_str).unwrap_or_default()
}
