//! Record types and code lists as JSON Schema and as Frictionless schemas.

use serde_json::{Value, json};

use super::content::{MOST_CODES, given};
use crate::model::{Codelist, LANGUAGES, Missing};
use crate::schema::{Field, FieldType, OnInvalid, Record};

fn ids(list: &Codelist) -> Vec<&str> {
    (0..list.len() as u16).map(|code| list.id_of(code)).collect()
}

fn missing() -> Vec<&'static str> {
    Missing::ALL.iter().map(|missing| missing.id()).collect()
}

/// Bands of years that are read as the code that holds them.
const AGES: &str = "^((120|1[01][0-9]|[1-9]?[0-9])([-–—]{1,2}(120|1[01][0-9]|[1-9]?[0-9])|\\+)?\
    |Y(120|1[01][0-9]|[1-9]?[0-9])(T(120|1[01][0-9]|[1-9]?[0-9]))?|Y_GE(120|1[01][0-9]|[1-9]?[0-9]))$";

/// A number of persons, or a mask such as `<5`, `≤10` and `1-3`.
const COUNT: &str = "^([1-9][0-9]*|(<=?|≤) ?[1-9][0-9]*|[0-9]+[-–—][1-9][0-9]*)$";

/// A year as text, as delimited files have it.
const YEAR: &str = "^[0-9]{4}$";

const CODE: &str = "^[A-Z0-9_]+$";

/// What a reader of the field has to know, in one line.
fn description(field: &Field) -> String {
    let about = match field.kind {
        FieldType::Set => "; several codes",
        FieldType::Pack => "; a code of the reporting country's own list, with the country as prefix",
        FieldType::Person => "; any text that names no person",
        _ => "",
    };
    let invalid = match field.on_invalid {
        OnInvalid::Reject => "an invalid value rejects the record",
        OnInvalid::Unknown => "an invalid value becomes `_U`",
    };
    format!("{}{about}; {invalid}; A/RES/79/154, paragraph {}", field.title, field.paragraph)
}

/// One record as an object.
pub(super) fn json_schema(record: &Record) -> Value {
    let fields = given(record).map(|field| (field.id.clone(), property(field)));
    let properties: serde_json::Map<_, _> = fields.chain(answers(record)).collect();
    let required: Vec<_> = given(record).filter(|field| field.required).map(|field| &field.id).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:tipstat:record:{}", record.name()),
        "title": record.title,
        "description": record.caveat,
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// Columns with answers on a scale, which replace a field.
fn answers(record: &Record) -> impl Iterator<Item = (String, Value)> + '_ {
    given(record).filter_map(|field| Some((field, field.scale.as_ref()?))).flat_map(|(field, scale)| {
        let answers: Vec<&String> = scale.codes.keys().collect();
        let about = format!("an answer on a scale, used for `{}`: the highest answer decides", field.id);
        let empty = [String::new()];
        let values: Vec<String> = answers.into_iter().cloned().chain(empty).collect();
        scale
            .columns
            .iter()
            .map(move |column| (column.clone(), json!({ "description": about, "type": "string", "enum": values })))
    })
}

/// The form of several codes in one cell.
fn joined(list: &Codelist) -> String {
    let one = format!("({})", ids(list).join("|"));
    format!("^{one}(;{one})*$")
}

fn property(field: &Field) -> Value {
    let mut out = json!({ "title": field.title, "description": description(field) });
    let values = match (field.kind, &field.codelist) {
        (FieldType::Set, Some(list)) => {
            let array = json!({ "type": "array", "items": codes(list), "uniqueItems": true });
            json!({ "anyOf": [array, { "type": "string", "pattern": joined(list) }] })
        }
        // A country's own codes are read with and without the country, and by the words of its pack.
        (FieldType::Pack, _) => json!({ "type": "string" }),
        (FieldType::Year, Some(list)) => {
            let years: Vec<i64> = list.known().filter_map(|(_, code)| code.id.parse().ok()).collect();
            let range = json!({ "type": "integer", "minimum": years.iter().min(), "maximum": years.iter().max() });
            json!({ "anyOf": [range, { "type": "string", "pattern": YEAR }, { "enum": missing() }] })
        }
        (_, Some(list)) if field.age_bands => {
            let age = json!({ "type": "integer", "minimum": 0, "maximum": 120 });
            json!({ "anyOf": [codes(list), age, { "type": "string", "pattern": AGES }] })
        }
        (_, Some(list)) => codes(list),
        (FieldType::Count, None) => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "string", "pattern": COUNT }] })
        }
        (FieldType::Value, None) => json!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }] }),
        (_, None) => json!({ "type": "string" }),
    };
    // An empty cell means not known where the field is not required; an empty count means nothing.
    let values = if field.required || field.kind == FieldType::Count {
        values
    } else {
        json!({ "anyOf": [values, { "const": "" }] })
    };
    join(&mut out, values);
    out
}

fn join(object: &mut Value, other: Value) {
    if let (Value::Object(object), Value::Object(other)) = (object, other) {
        object.extend(other);
    }
}

/// The codes of a list, or what they look like where there are too many.
fn codes(list: &Codelist) -> Value {
    if list.len() <= MOST_CODES {
        return json!({ "type": "string", "enum": ids(list) });
    }
    let about = format!("a code of {}@{}, which has {} codes", list.id, list.version, list.len());
    json!({ "type": "string", "pattern": CODE, "description": about })
}

/// The columns of a file in the record type's own layout.
pub(super) fn frictionless(record: &Record) -> Value {
    let answer = |(name, about): (String, Value)| {
        let values: Vec<_> =
            about["enum"].as_array().into_iter().flatten().filter(|value| **value != "").cloned().collect();
        json!({ "name": name, "type": "string", "description": about["description"], "constraints": { "enum": values } })
    };
    let fields: Vec<_> = given(record).map(column).chain(answers(record).map(answer)).collect();
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "title": record.title,
        "description": record.caveat,
        "fields": fields,
        "missingValues": [""],
    })
}

fn column(field: &Field) -> Value {
    let (r#type, constraint) = match (field.kind, &field.codelist) {
        (FieldType::Set, Some(list)) => ("string", json!({ "pattern": joined(list) })),
        // An age may be written as a band that is not a code itself.
        (_, Some(list)) if field.age_bands => {
            ("string", json!({ "pattern": format!("^({}|{})$", ids(list).join("|"), AGES.trim_matches(['^', '$'])) }))
        }
        (FieldType::Pack, _) => ("string", json!({})),
        (_, Some(list)) if list.len() <= MOST_CODES => ("string", json!({ "enum": ids(list) })),
        (_, Some(_)) => ("string", json!({ "pattern": CODE })),
        (FieldType::Count, None) => ("string", json!({ "pattern": COUNT })),
        (_, None) => ("string", json!({})),
    };
    let mut constraints = json!({});
    if field.required {
        constraints = json!({ "required": true });
    }
    join(&mut constraints, constraint);
    let several = if field.kind == FieldType::Set { ", joined by `;`" } else { "" };
    json!({
        "name": field.id,
        "title": field.title,
        "type": r#type,
        "description": format!("{}{several}", description(field)),
        "constraints": constraints,
    })
}

/// The labels of a list, by code and language.
fn labels(list: &Codelist) -> Value {
    let labels_of = |code: &crate::model::Code| -> Value {
        let pairs = LANGUAGES.iter().zip(&code.labels);
        let known = pairs.filter_map(|(language, label)| Some(((*language).to_owned(), json!(label.as_ref()?))));
        Value::Object(known.collect())
    };
    Value::Object(list.known().map(|(_, code)| (code.id.to_string(), labels_of(code))).collect())
}

pub(super) fn list_json_schema(list: &Codelist) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:tipstat:codelist:{}@{}", list.id, list.version),
        "title": list.title,
        "description": list.source,
        "type": "string",
        "enum": ids(list),
        "x-labels": labels(list),
    })
}

pub(super) fn list_frictionless(list: &Codelist) -> Value {
    let label = |code: u16| list.code(code).labels[0].as_deref().unwrap_or_else(|| list.id_of(code)).to_owned();
    let categories: Vec<_> =
        (0..list.len() as u16).map(|code| json!({ "value": list.id_of(code), "label": label(code) })).collect();
    json!({
        "name": list.id,
        "title": list.title,
        "type": "string",
        "description": list.source,
        "constraints": { "enum": ids(list) },
        "categories": categories,
    })
}
