//! What each change of a record type, a profile or a pack asks.

use toml::{Table, Value};

use super::change::Change;
use super::change::Class::{self, Breaking, Compatible, NeedsCrosswalk};
use super::tables::{KeyRule, about, either, entries, key, pairs, text};

const RECORD: [KeyRule; 4] =
    [key("id", Breaking), key("unit", Breaking), key("title", Compatible), key("caveat", Compatible)];

const FIELD: [KeyRule; 13] = [
    key("type", Breaking),
    either("required", Breaking, Compatible),
    key("codelist", NeedsCrosswalk),
    // Records that were kept are rejected, or rejected records are kept.
    key("on_invalid", Breaking),
    either("dimension", Compatible, NeedsCrosswalk),
    key("role", Breaking),
    // Only `pooled = false` has an effect.
    either("pooled", Breaking, Compatible),
    either("age_bands", Compatible, Breaking),
    key("oldest", Breaking),
    either("total", Compatible, NeedsCrosswalk),
    key("printable", Compatible),
    key("title", Compatible),
    key("paragraph", Compatible),
];

const DERIVED: [KeyRule; 12] = [
    key("codelist", NeedsCrosswalk),
    key("dimension", NeedsCrosswalk),
    key("from", NeedsCrosswalk),
    key("against", NeedsCrosswalk),
    key("same", NeedsCrosswalk),
    key("other", NeedsCrosswalk),
    key("scheme", NeedsCrosswalk),
    key("level", NeedsCrosswalk),
    key("special", NeedsCrosswalk),
    key("regions", NeedsCrosswalk),
    key("title", Compatible),
    key("paragraph", Compatible),
];

/// Compares record types.
pub(super) fn records(a: &Table, b: &Table, out: &mut Vec<Change>) {
    about("record type", out).keys(a, b, &RECORD);
    // A file with such a column was read, and is refused now.
    let empty = Table::new();
    let [previous, current] =
        [a, b].map(|text| text.get("identifiers").and_then(|value| value.as_table()).unwrap_or(&empty));
    for list in ["headings", "words", "name_words", "person_words"] {
        about("record type", out).members([previous, current], list, [Breaking, Compatible]);
    }
    for (id, previous, current) in pairs(entries(a, "field", "id"), entries(b, "field", "id")) {
        let subject = format!("field `{id}`");
        match (previous, current) {
            (Some(previous), Some(current)) => {
                about(&subject, out).keys(previous, current, &FIELD);
                years(&subject, previous, current, out);
            }
            (Some(_), None) => about(&subject, out).report(Breaking, "is gone"),
            (None, Some(new)) if is_true(new, "required") => {
                about(&subject, out).report(Breaking, "is new and required")
            }
            (None, _) => about(&subject, out).report(Compatible, "is new and optional"),
        }
    }
    order(a, b, out);
    for (id, previous, current) in pairs(entries(a, "derived", "id"), entries(b, "derived", "id")) {
        let subject = format!("derived field `{id}`");
        match (previous, current) {
            (Some(previous), Some(current)) => about(&subject, out).keys(previous, current, &DERIVED),
            (Some(_), None) => about(&subject, out).report(Breaking, "is gone"),
            (None, _) => about(&subject, out).report(Compatible, "is new"),
        }
    }
    for (id, previous, current) in pairs(entries(a, "check", "id"), entries(b, "check", "id")) {
        check(&format!("`{id}`"), previous, current, out);
    }
    for (id, previous, current) in pairs(entries(a, "sum", "field"), entries(b, "sum", "field")) {
        if previous != current {
            about(&format!("sum of `{id}`"), out).report(Compatible, "has changed: other contradictions are found");
        }
    }
}

/// Compares years: further years are new codes, and fewer are lost ones.
fn years(subject: &str, a: &Table, b: &Table, out: &mut Vec<Change>) {
    let year = |table: &Table, name: &str| table.get(name).and_then(Value::as_integer);
    for (name, sign) in [("first", 1), ("last", -1)] {
        if let (Some(previous), Some(current)) = (year(a, name), year(b, name))
            && previous != current
        {
            let class = if (current - previous) * sign > 0 { NeedsCrosswalk } else { Compatible };
            about(subject, out).report(class, format!("the {name} year was {previous} and is {current}"));
        }
    }
}

/// Compares the order of fields, which is the order of keys, and so of rows.
fn order(a: &Table, b: &Table, out: &mut Vec<Change>) {
    let names = |table, other: &Table| -> Vec<String> {
        let both = entries(other, "field", "id");
        let ids = entries(table, "field", "id").into_iter().map(|(id, _)| id);
        ids.filter(|id| both.iter().any(|(other, _)| other == id)).collect()
    };
    if names(a, b) != names(b, a) {
        about("record type", out).report(Compatible, "its fields are in another order, and so are rows of tables");
    }
}

/// Compares a check. One that rejects records changes what is accepted, and one that warns does not.
fn check(subject: &str, a: Option<&Table>, b: Option<&Table>, out: &mut Vec<Change>) {
    let severity = |table: Option<&Table>| table.map_or("", |table| text(table, "severity")).to_owned();
    let rejects = severity(a) == "error" || severity(b) == "error";
    let class = if rejects { Breaking } else { Compatible };
    match (a, b) {
        (Some(a), Some(b)) => {
            let severity = key("severity", class);
            let conditions = [severity, key("when", class), key("expect", class), key("order", class)];
            about(subject, out).keys(a, b, &conditions);
            about(subject, out).keys(a, b, &[key("title", Compatible), key("text", Compatible)]);
        }
        (Some(_), None) => about(subject, out).report(class, "is gone"),
        (None, _) if rejects => about(subject, out).report(class, "is new and rejects records"),
        (None, _) => about(subject, out).report(class, "is new and warns"),
    }
}

const PROFILE: [KeyRule; 6] = [
    key("title", Compatible),
    key("source", Compatible),
    key("declares", Compatible),
    // Files in the previous layout may be misread.
    either("delimiter", Breaking, Compatible),
    either("encoding", Breaking, Compatible),
    either("sheet", Breaking, Compatible),
];

const MAP: [KeyRule; 8] = [
    either("required", Breaking, Compatible),
    key("column", NeedsCrosswalk),
    key("crosswalk", NeedsCrosswalk),
    key("separator", NeedsCrosswalk),
    key("flags", NeedsCrosswalk),
    key("constant", NeedsCrosswalk),
    key("when", NeedsCrosswalk),
    key("born_before", NeedsCrosswalk),
];

/// Compares profiles.
pub(super) fn profiles(a: &Table, b: &Table, out: &mut Vec<Change>) {
    about("profile", out).keys(a, b, &PROFILE);
    about("profile", out).keys(a, b, &[key("numbers", Breaking), key("dates", Breaking)]);
    let base = |table| text(table, "record").split('@').next().unwrap_or_default().to_owned();
    let class = if base(a) == base(b) { NeedsCrosswalk } else { Breaking };
    about("profile", out).keys(a, b, &[key("record", class)]);
    about("profile", out).members([a, b], "missing", [Compatible, NeedsCrosswalk]);
    about("profile", out).entries([a, b], "meanings", [Compatible, Compatible, NeedsCrosswalk]);
    for (id, previous, current) in pairs(entries(a, "map", "field"), entries(b, "map", "field")) {
        let subject = format!("map of `{id}`");
        match (previous, current) {
            (Some(previous), Some(current)) => {
                about(&subject, out).keys(previous, current, &MAP);
                about(&subject, out).entries(
                    [previous, current],
                    "codes",
                    [Compatible, NeedsCrosswalk, NeedsCrosswalk],
                );
            }
            (Some(_), None) if id.contains(" (") => {
                about(&subject, out).report(NeedsCrosswalk, "is gone, and others are used instead")
            }
            (Some(_), None) => about(&subject, out).report(Breaking, "is gone: the field is not read any more"),
            (None, Some(new)) if is_true(new, "required") => {
                about(&subject, out).report(Breaking, "is new and required")
            }
            (None, _) if id.contains(" (") => {
                about(&subject, out).report(NeedsCrosswalk, "is used where others are missing")
            }
            (None, _) => about(&subject, out).report(Compatible, "is new and optional"),
        }
    }
    for (array, noun) in [("series", "series"), ("levels", "levels of")] {
        for (id, previous, current) in pairs(entries(a, array, "column"), entries(b, array, "column")) {
            let subject = format!("{noun} `{id}`");
            match (previous, current) {
                (Some(previous), Some(current)) => {
                    about(&subject, out).keys(previous, current, &[either("required", Breaking, Compatible)]);
                    about(&subject, out).entries([previous, current], "codes", [NeedsCrosswalk; 3]);
                }
                (Some(_), None) => about(&subject, out).report(Breaking, "is gone"),
                (None, _) => about(&subject, out).report(Compatible, "is new"),
            }
        }
    }
    // A file with a column that is no longer dropped is refused. A column no longer ignored is reported as unknown.
    for (name, removed) in [("drop", Breaking), ("ignore", Compatible)] {
        let empty = Table::new();
        let [a, b] = [a, b].map(|side| side.get(name).and_then(Value::as_table).unwrap_or(&empty));
        about(&format!("`[{name}]`"), out).members([a, b], "columns", [Compatible, removed]);
        about(&format!("`[{name}]`"), out).members([a, b], "prefixes", [Compatible, removed]);
    }
}

const PACK: [KeyRule; 5] = [
    key("area", Breaking),
    key("title", Compatible),
    key("source", Compatible),
    key("verified", Compatible),
    key("valid_from", Compatible),
];

const CODE: [KeyRule; 5] = [
    key("en", Compatible),
    key("fr", Compatible),
    key("local", Compatible),
    key("parent", NeedsCrosswalk),
    either("common", Compatible, NeedsCrosswalk),
];

/// Compares country packs.
pub(super) fn packs(a: &Table, b: &Table, out: &mut Vec<Change>) {
    about("pack", out).keys(a, b, &PACK);
    about("pack", out).members([a, b], "collection_prohibited", [Breaking, Compatible]);
    about("pack", out).entries([a, b], "columns", [Compatible; 3]);
    for (id, previous, current) in pairs(entries(a, "list", "field"), entries(b, "list", "field")) {
        let subject = format!("list of `{id}`");
        match (previous, current) {
            (Some(previous), Some(current)) => {
                about(&subject, out).keys(previous, current, &[key("type", Breaking), key("question", Compatible)]);
                pack_codes(&subject, previous, current, out);
            }
            (Some(_), None) => about(&subject, out).report(Breaking, "is gone"),
            (None, _) => about(&subject, out).report(Compatible, "is new"),
        }
    }
}

fn pack_codes(subject: &str, a: &Table, b: &Table, out: &mut Vec<Change>) {
    let both = pairs(entries(a, "codes", "code"), entries(b, "codes", "code"));
    let new: Vec<_> = both.iter().filter(|(_, previous, _)| previous.is_none()).collect();
    for (id, previous, current) in &both {
        let subject = format!("{subject}, code `{id}`");
        match (previous, current) {
            (Some(previous), Some(current)) => {
                about(&subject, out).keys(previous, current, &CODE);
                about(&subject, out).members([previous, current], "words", [Compatible, NeedsCrosswalk]);
            }
            (Some(previous), None) => {
                let renamed = new
                    .iter()
                    .find(|(_, _, other)| other.is_some_and(|other| text(other, "en") == text(previous, "en")));
                gone(&subject, renamed.map(|(id, ..)| id.as_str()), out);
            }
            (None, _) => about(&subject, out).report(Compatible, "is new"),
        }
    }
}

/// Reports a code that is lost, or has another name.
pub(super) fn gone(subject: &str, renamed: Option<&str>, out: &mut Vec<Change>) {
    match renamed {
        Some(name) => about(subject, out).report(NeedsCrosswalk, format!("is gone; `{name}` has its label")),
        None => about(subject, out).report(NeedsCrosswalk, "is gone"),
    }
}

fn is_true(table: &Table, name: &str) -> bool {
    table.get(name).and_then(Value::as_bool) == Some(true)
}

/// Compares the keys of a code list's head.
pub(super) fn head(a: &Table, b: &Table, out: &mut Vec<Change>) {
    const HEAD: [(&str, Class); 7] = [
        ("id", Breaking),
        ("levels", NeedsCrosswalk),
        ("title", Compatible),
        ("source", Compatible),
        ("verified", Compatible),
        ("translation", Compatible),
        ("valid_from", Compatible),
    ];
    HEAD.iter().for_each(|(name, class)| about("code list", out).keys(a, b, &[key(name, *class)]));
}
