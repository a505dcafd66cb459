//! JSON Schemas of the files that users write: they have the keys that the program accepts, and no others.

use std::collections::BTreeSet;

use serde_json::Value;
use tipstat::Error;
use tipstat::internals::indicators::Indicator;
use tipstat::internals::pipeline::{Config, UserFile};
use tipstat::internals::protect::Policy;
use tipstat::internals::schema::{Pack, Profile, Registry};

use crate::support::{Bench, files_below, project};

fn schema(file: UserFile) -> Value {
    serde_json::from_str(&file.json_schema()).unwrap()
}

/// Follows a reference within the schema.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Compares a value with the part of draft 7 that these schemas use, and names the first place that does not fit.
fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if schema["$ref"].is_string() {
        check(root, resolved(root, schema), value, place)?;
    }
    for key in ["anyOf", "oneOf"] {
        let Some(choices) = schema[key].as_array() else { continue };
        let failed: Vec<_> = choices.iter().filter_map(|choice| check(root, choice, value, place).err()).collect();
        if failed.len() == choices.len() {
            return Err(failed.join(", "));
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(root, part, value, place)?;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.contains(&type_of(value)) {
        return Err(format!("{place} is of the type {}", type_of(value)));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value))
        || (!schema["const"].is_null() && schema["const"] != *value)
    {
        return Err(format!("{place} is {value}"));
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            check(root, &schema["items"], item, &format!("{place}[{at}]"))?;
        }
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return Err(format!("{place} is no key")),
            (Value::Null, other) if other.is_object() => check(root, other, item, &place)?,
            (Value::Null, _) => {}
            (property, _) => check(root, property, item, &place)?,
        }
    }
    let missing =
        schema["required"].as_array().into_iter().flatten().find(|key| value.get(key.as_str().unwrap()).is_none());
    missing.filter(|_| value.is_object()).map_or(Ok(()), |key| Err(format!("{place} lacks {key}")))
}

fn toml(text: &str) -> Value {
    let table: toml::Value = toml::from_str(text).unwrap();
    serde_json::to_value(table).unwrap()
}

#[test]
fn shipped_files_name_their_schema_and_fit_it() {
    let mut files: Vec<(String, UserFile)> = vec![("sample-data/tipstat.toml".into(), UserFile::RunFile)];
    for (folder, file) in [
        ("profiles", UserFile::Profile),
        ("packs", UserFile::Pack),
        ("indicators", UserFile::Indicator),
        ("policies", UserFile::Policy),
    ] {
        let names = files_below(&project().join("schemas").join(folder));
        let names = names.iter().map(|path| path.to_string_lossy().into_owned()).filter(|name| name.ends_with(".toml"));
        files.extend(names.map(|name| (format!("schemas/{folder}/{name}"), file)));
    }
    assert!(files.len() > 60, "{}", files.len());
    for (path, file) in files {
        let path = project().join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.lines().next().unwrap().strip_prefix("#:schema ").expect("the first line names the schema");
        let schema_file = path.parent().unwrap().join(named);
        assert!(named.ends_with(&format!("json/{}.json", file.name())), "{}", path.display());
        let written = std::fs::read_to_string(&schema_file).unwrap_or_default();
        assert_eq!(written, file.json_schema(), "{}: renew it with `just key-schemas`", schema_file.display());
        let root = schema(file);
        assert_eq!(check(&root, &root, &toml(&text), ""), Ok(()), "{}", path.display());
    }
}

/// The keys that the program offers instead of an unknown one are those of the schema.
#[test]
fn the_program_accepts_the_keys_of_the_schema_and_no_others() {
    let bench = Bench::new().file("tipstat.toml", "nonsense = 1\n");
    for folder in ["profiles", "packs", "indicators", "policies"] {
        bench.write(&format!("{folder}/ZZZ.toml"), "nonsense = 1\n");
    }
    let registry = Registry::with_folder(bench.path("")).unwrap();
    let errors: [(UserFile, Error); 5] = [
        (UserFile::RunFile, Config::read(&bench.path("tipstat.toml")).unwrap_err()),
        (UserFile::Profile, Profile::load(&registry, "ZZZ").unwrap_err()),
        (UserFile::Pack, Pack::load(&registry, "ZZZ").unwrap_err()),
        (UserFile::Indicator, Indicator::load(&registry, "ZZZ").unwrap_err()),
        (UserFile::Policy, Policy::load(&registry, "ZZZ").unwrap_err()),
    ];
    for (file, error) in errors {
        let valid = error.details().find(|(name, _)| *name == "valid").unwrap().1;
        let accepted: BTreeSet<&str> = valid.split(", ").map(|key| key.trim_matches('`')).collect();
        let schema = schema(file);
        let listed: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(accepted, listed, "{}", file.name());
    }
}

#[test]
fn every_object_of_a_schema_refuses_other_keys() {
    fn objects<'a>(value: &'a Value, into: &mut Vec<&'a Value>) {
        match value {
            Value::Object(map) => {
                if map.contains_key("properties") && map.contains_key("type") {
                    into.push(value);
                }
                map.values().for_each(|value| objects(value, into));
            }
            Value::Array(values) => values.iter().for_each(|value| objects(value, into)),
            _ => {}
        }
    }
    for file in UserFile::ALL {
        let schema = schema(file);
        let mut found = Vec::new();
        objects(&schema, &mut found);
        assert!(!found.is_empty());
        for object in found {
            assert_eq!(object["additionalProperties"], false, "{}: {object}", file.name());
            for (key, property) in object["properties"].as_object().unwrap() {
                let described = resolved(&schema, property);
                let text = property["description"].as_str().or(described["description"].as_str());
                assert!(text.is_some(), "{}: `{key}` has no description", file.name());
            }
        }
    }
}

#[test]
fn a_wrong_key_and_a_wrong_value_do_not_fit() {
    let root = schema(UserFile::RunFile);
    let check = |text: &str| check(&root, &root, &toml(text), "").unwrap_err();
    assert_eq!(check("release = { id = \"a\", title = \"b\", polcy = \"c\" }"), ".release.polcy is no key");
    assert_eq!(check("release = { id = \"a\" }"), ".release lacks \"title\"");
    assert_eq!(check("release = { id = 1, title = \"b\" }"), ".release.id is of the type integer");
}

#[test]
fn a_schema_is_shown_by_the_name_of_the_file() {
    let bench = Bench::new();
    let shown = bench.run("schema show run-file --as json-schema");
    assert_eq!(shown.succeeds().stdout, UserFile::RunFile.json_schema());
    bench.run("schema show policy").fails(
        2,
        "error: `policy` is a kind of file, and is shown as JSON Schema only\nhint: `tipstat schema show policy --as json-schema`\n",
    );
}
