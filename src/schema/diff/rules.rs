//! What each change of a record type, a profile or a pack asks.

use toml::{Table, Value};

use super::change::Change;
use super::change::Class::{self, Breaking, Compatible, NeedsCrosswalk};
use super::tables::{KeyRule, either, entries, key, keys, members, pairs, tell, text, texts};

const RECORD: [KeyRule; 4] =
    [key("id", Breaking), key("unit", Breaking), key("title", Compatible), key("caveat", Compatible)];

const FIELD: [KeyRule; 13] = [
    key("type", Breaking),
    either("required", Breaking, Compatible),
    key("codelist", NeedsCrosswalk),
    // Records that were kept are rejected, or the other way round.
    key("on_invalid", Breaking),
    either("dimension", Compatible, NeedsCrosswalk),
    key("role", Breaking),
    // Only `pooled = false` says something.
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
    keys("record type", a, b, &RECORD, out);
    // A file with such a column was read, and is refused now.
    let empty = Table::new();
    let [former, latter] =
        [a, b].map(|text| text.get("identifiers").and_then(|value| value.as_table()).unwrap_or(&empty));
    for list in ["headings", "words", "name_words", "person_words"] {
        members("record type", [former, latter], list, [Breaking, Compatible], out);
    }
    for (id, former, latter) in pairs(entries(a, "field", "id"), entries(b, "field", "id")) {
        let subject = format!("field `{id}`");
        match (former, latter) {
            (Some(former), Some(latter)) => {
                keys(&subject, former, latter, &FIELD, out);
                years(&subject, former, latter, out);
            }
            (Some(_), None) => tell(out, Breaking, &subject, "is gone"),
            (None, Some(new)) if is_true(new, "required") => tell(out, Breaking, &subject, "is new and required"),
            (None, _) => tell(out, Compatible, &subject, "is new and optional"),
        }
    }
    order(a, b, out);
    for (id, former, latter) in pairs(entries(a, "derived", "id"), entries(b, "derived", "id")) {
        let subject = format!("derived field `{id}`");
        match (former, latter) {
            (Some(former), Some(latter)) => keys(&subject, former, latter, &DERIVED, out),
            (Some(_), None) => tell(out, Breaking, &subject, "is gone"),
            (None, _) => tell(out, Compatible, &subject, "is new"),
        }
    }
    for (id, former, latter) in pairs(entries(a, "check", "id"), entries(b, "check", "id")) {
        check(&format!("`{id}`"), former, latter, out);
    }
    for (id, former, latter) in pairs(entries(a, "sum", "field"), entries(b, "sum", "field")) {
        if former != latter {
            tell(out, Compatible, &format!("sum of `{id}`"), "has changed: other contradictions are found");
        }
    }
}

/// Further years are new codes, and fewer are lost ones.
fn years(subject: &str, a: &Table, b: &Table, out: &mut Vec<Change>) {
    let year = |table: &Table, name: &str| table.get(name).and_then(Value::as_integer);
    for (name, sign) in [("first", 1), ("last", -1)] {
        if let (Some(former), Some(latter)) = (year(a, name), year(b, name))
            && former != latter
        {
            let class = if (latter - former) * sign > 0 { NeedsCrosswalk } else { Compatible };
            tell(out, class, subject, format!("the {name} year was {former} and is {latter}"));
        }
    }
}

/// The order of fields is the order of keys, and so of rows.
fn order(a: &Table, b: &Table, out: &mut Vec<Change>) {
    let names = |table, other: &Table| -> Vec<String> {
        let both = entries(other, "field", "id");
        let ids = entries(table, "field", "id").into_iter().map(|(id, _)| id);
        ids.filter(|id| both.iter().any(|(other, _)| other == id)).collect()
    };
    if names(a, b) != names(b, a) {
        tell(out, Compatible, "record type", "its fields are in another order, and so are rows of tables");
    }
}

/// A check that rejects records changes what is accepted; one that warns does not.
fn check(subject: &str, a: Option<&Table>, b: Option<&Table>, out: &mut Vec<Change>) {
    let severity = |table: Option<&Table>| table.map_or("", |table| text(table, "severity")).to_owned();
    let rejects = severity(a) == "error" || severity(b) == "error";
    let class = if rejects { Breaking } else { Compatible };
    match (a, b) {
        (Some(a), Some(b)) => {
            let severity = key("severity", class);
            let conditions = [severity, key("when", class), key("expect", class), key("order", class)];
            keys(subject, a, b, &conditions, out);
            keys(subject, a, b, &[key("title", Compatible), key("text", Compatible)], out);
        }
        (Some(_), None) => tell(out, class, subject, "is gone"),
        (None, _) if rejects => tell(out, class, subject, "is new and rejects records"),
        (None, _) => tell(out, class, subject, "is new and warns"),
    }
}

const PROFILE: [KeyRule; 6] = [
    key("title", Compatible),
    key("source", Compatible),
    key("declares", Compatible),
    // Files in the former layout may be misread.
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
    keys("profile", a, b, &PROFILE, out);
    keys("profile", a, b, &[key("numbers", Breaking), key("dates", Breaking)], out);
    let base = |table| text(table, "record").split('@').next().unwrap_or_default().to_owned();
    let class = if base(a) == base(b) { NeedsCrosswalk } else { Breaking };
    keys("profile", a, b, &[key("record", class)], out);
    members("profile", [a, b], "missing", [Compatible, NeedsCrosswalk], out);
    texts("profile", [a, b], "meanings", [Compatible, Compatible, NeedsCrosswalk], out);
    for (id, former, latter) in pairs(entries(a, "map", "field"), entries(b, "map", "field")) {
        let subject = format!("map of `{id}`");
        match (former, latter) {
            (Some(former), Some(latter)) => {
                keys(&subject, former, latter, &MAP, out);
                texts(&subject, [former, latter], "codes", [Compatible, NeedsCrosswalk, NeedsCrosswalk], out);
            }
            (Some(_), None) if id.contains(" (") => {
                tell(out, NeedsCrosswalk, &subject, "is gone, and others are used instead")
            }
            (Some(_), None) => tell(out, Breaking, &subject, "is gone: the field is not read any more"),
            (None, Some(new)) if is_true(new, "required") => tell(out, Breaking, &subject, "is new and required"),
            (None, _) if id.contains(" (") => tell(out, NeedsCrosswalk, &subject, "is used where others are missing"),
            (None, _) => tell(out, Compatible, &subject, "is new and optional"),
        }
    }
    for (array, noun) in [("series", "series"), ("levels", "levels of")] {
        for (id, former, latter) in pairs(entries(a, array, "column"), entries(b, array, "column")) {
            let subject = format!("{noun} `{id}`");
            match (former, latter) {
                (Some(former), Some(latter)) => {
                    keys(&subject, former, latter, &[either("required", Breaking, Compatible)], out);
                    texts(&subject, [former, latter], "codes", [NeedsCrosswalk; 3], out);
                }
                (Some(_), None) => tell(out, Breaking, &subject, "is gone"),
                (None, _) => tell(out, Compatible, &subject, "is new"),
            }
        }
    }
    // A column that is no longer dropped makes the file refused; one no longer ignored is told as unknown.
    for (name, removed) in [("drop", Breaking), ("ignore", Compatible)] {
        let empty = Table::new();
        let [a, b] = [a, b].map(|side| side.get(name).and_then(Value::as_table).unwrap_or(&empty));
        members(&format!("`[{name}]`"), [a, b], "columns", [Compatible, removed], out);
        members(&format!("`[{name}]`"), [a, b], "prefixes", [Compatible, removed], out);
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
    keys("pack", a, b, &PACK, out);
    members("pack", [a, b], "collection_prohibited", [Breaking, Compatible], out);
    texts("pack", [a, b], "columns", [Compatible; 3], out);
    for (id, former, latter) in pairs(entries(a, "list", "field"), entries(b, "list", "field")) {
        let subject = format!("list of `{id}`");
        match (former, latter) {
            (Some(former), Some(latter)) => {
                keys(&subject, former, latter, &[key("type", Breaking), key("question", Compatible)], out);
                own_codes(&subject, former, latter, out);
            }
            (Some(_), None) => tell(out, Breaking, &subject, "is gone"),
            (None, _) => tell(out, Compatible, &subject, "is new"),
        }
    }
}

fn own_codes(subject: &str, a: &Table, b: &Table, out: &mut Vec<Change>) {
    let both = pairs(entries(a, "codes", "code"), entries(b, "codes", "code"));
    let new: Vec<_> = both.iter().filter(|(_, former, _)| former.is_none()).collect();
    for (id, former, latter) in &both {
        let subject = format!("{subject}, code `{id}`");
        match (former, latter) {
            (Some(former), Some(latter)) => {
                keys(&subject, former, latter, &CODE, out);
                members(&subject, [former, latter], "words", [Compatible, NeedsCrosswalk], out);
            }
            (Some(former), None) => {
                let renamed =
                    new.iter().find(|(_, _, other)| other.is_some_and(|other| text(other, "en") == text(former, "en")));
                gone(&subject, renamed.map(|(id, ..)| id.as_str()), out);
            }
            (None, _) => tell(out, Compatible, &subject, "is new"),
        }
    }
}

/// A code that is lost, or stands there under another name.
pub(super) fn gone(subject: &str, renamed: Option<&str>, out: &mut Vec<Change>) {
    match renamed {
        Some(name) => tell(out, NeedsCrosswalk, subject, format!("is gone; `{name}` has its label")),
        None => tell(out, NeedsCrosswalk, subject, "is gone"),
    }
}

fn is_true(table: &Table, name: &str) -> bool {
    table.get(name).and_then(Value::as_bool) == Some(true)
}

/// The keys of a code list's head.
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
    HEAD.iter().for_each(|(name, class)| keys("code list", a, b, &[key(name, *class)], out));
}
