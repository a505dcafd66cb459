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

/// Returns the rule of a key whose changes all mean the same.
pub(super) const fn key(name: &'static str, class: Class) -> KeyRule {
    KeyRule { name, added: class, removed: class, changed: class }
}

/// Returns the rule of a key whose changes mean what its loss means.
pub(super) const fn either(name: &'static str, added: Class, removed: Class) -> KeyRule {
    KeyRule { name, added, removed, changed: removed }
}

/// What is compared, and the changes that were found so far.
pub(super) struct ComparedSchemas<'a> {
    name: &'a str,
    changes: &'a mut Vec<Change>,
}

/// Returns a subject whose changes are added to `changes`.
pub(super) fn about<'a>(name: &'a str, changes: &'a mut Vec<Change>) -> ComparedSchemas<'a> {
    ComparedSchemas { name, changes }
}

impl ComparedSchemas<'_> {
    /// Adds one change.
    pub fn report(&mut self, class: Class, what: impl Into<String>) {
        self.changes.push(Change { class, subject: self.name.to_owned(), what: what.into() });
    }

    /// Compares the keys that are named. Others are compared elsewhere, or are the version itself.
    pub fn keys(&mut self, a: &Table, b: &Table, rules: &[KeyRule]) {
        for rule in rules {
            let name = rule.name;
            match (effective(a, name), effective(b, name)) {
                (None, Some(value)) => self.report(rule.added, format!("`{name}` is new{}", shown(value))),
                (Some(value), None) => self.report(rule.removed, format!("`{name}` is gone{}", shown(value))),
                (Some(previous), Some(current)) if previous != current => {
                    let what = match (short(previous), short(current)) {
                        (Some(previous), Some(current)) => format!("`{name}` was {previous} and is {current}"),
                        _ => format!("`{name}` has changed"),
                    };
                    self.report(rule.changed, what);
                }
                _ => {}
            }
        }
    }

    /// Compares lists of words.
    pub fn members(&mut self, [a, b]: [&Table; 2], name: &str, [added, removed]: [Class; 2]) {
        let words = |table: &Table| -> BTreeSet<String> {
            array(table, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (a, b) = (words(a), words(b));
        a.difference(&b).for_each(|word| self.report(removed, format!("`{name}`: `{word}` is gone")));
        b.difference(&a).for_each(|word| self.report(added, format!("`{name}`: `{word}` is new")));
    }

    /// Compares a table of values, such as the codes of a map: added, removed, changed.
    pub fn entries(&mut self, [a, b]: [&Table; 2], name: &str, [added, removed, changed]: [Class; 3]) {
        let empty = Table::new();
        let [a, b] = [a, b].map(|side| side.get(name).and_then(Value::as_table).unwrap_or(&empty));
        let subject = format!("{}, `{name}`", self.name);
        let mut subject = about(&subject, self.changes);
        for (word, value) in a {
            match b.get(word) {
                None => subject.report(removed, format!("`{word}` is gone")),
                Some(other) if other != value => match (short(value), short(other)) {
                    (Some(a), Some(b)) => subject.report(changed, format!("`{word}` was {a} and is {b}")),
                    _ => subject.report(changed, format!("`{word}` has changed")),
                },
                Some(_) => {}
            }
        }
        for (word, value) in b.iter().filter(|(word, _)| !a.contains_key(*word)) {
            subject.report(added, format!("`{word}` is new{}", shown(value)));
        }
    }
}

/// Returns a value that means something else than its absence does.
fn effective<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    table.get(name).filter(|value| match value {
        // Only `pooled` is true where it is absent.
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

/// Returns a value that fits into a line.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("`{text}`")).filter(|_| text.len() <= 60 && !text.contains('\n')),
        Value::Array(_) | Value::Table(_) => None,
        value => Some(format!("`{value}`")),
    }
}

/// Returns the members of an array of tables with their names. A name that occurs again gets a number.
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

/// Returns the same entries of both sides next to each other, in the order of the previous and then the current.
pub(super) fn pairs<'a>(
    a: Vec<(String, &'a Table)>,
    b: Vec<(String, &'a Table)>,
) -> Vec<(String, Option<&'a Table>, Option<&'a Table>)> {
    let find =
        |list: &[(String, &'a Table)], name: &str| list.iter().find(|(id, _)| id == name).map(|(_, entry)| *entry);
    let new: Vec<_> = b.iter().filter(|(id, _)| find(&a, id).is_none()).cloned().collect();
    let previous = a.into_iter().map(|(id, entry)| {
        let current = find(&b, &id);
        (id, Some(entry), current)
    });
    previous.chain(new.into_iter().map(|(id, entry)| (id, None, Some(entry)))).collect()
}

/// Returns an array, empty where there is none.
pub(super) fn array<'a>(table: &'a Table, name: &str) -> &'a [Value] {
    table.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns a text, empty where there is none.
pub(super) fn text<'a>(table: &'a Table, name: &str) -> &'a str {
    table.get(name).and_then(Value::as_str).unwrap_or_default()
}
