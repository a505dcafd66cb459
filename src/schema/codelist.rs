//! Loading a code list: a header in TOML, the codes in CSV.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::rows;
use super::{Registry, SchemaKind, parse};
use crate::error::{Error, Result};
use crate::model::{Code, Codelist};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodelistHeader {
    id: String,
    version: u32,
    title: String,
    source: String,
    verified: bool,
    #[serde(rename = "translation")]
    _translation: String,
    #[serde(default, rename = "valid_from")]
    _valid_from: Option<String>,
    levels: Vec<String>,
    /// Codes that only some sources ask for.
    #[serde(default)]
    asked_by_some: Vec<String>,
    /// Codes that have a row only where they occur.
    #[serde(default)]
    where_present: Vec<String>,
    /// Codes that make up a code, where the list has several such sets.
    #[serde(default)]
    partitions: BTreeMap<String, Vec<Vec<String>>>,
    /// Sets of codes by which sources divide the same persons, each in its own way.
    #[serde(default)]
    divisions: Vec<Vec<String>>,
    extends: Option<String>,
}

/// Loads a code list by name; one that extends another begins with the other's codes.
pub fn load_codelist(registry: &Registry, name: &str) -> Result<Codelist> {
    let (name, text) = registry.text(SchemaKind::Codelists, name)?;
    let header: CodelistHeader = parse(&text, &format!("codelists/{name}.toml"))?;
    let mut list = match &header.extends {
        Some(base) => load_codelist(registry, base)?,
        None => Codelist::new(&header.id, header.version),
    };
    list.id = header.id;
    list.version = header.version;
    list.title = header.title;
    list.source = header.source;
    list.verified = header.verified;
    list.levels = header.levels;
    let place = format!("codelists/{name}.csv");
    let table = registry
        .read(SchemaKind::Codelists, &format!("{name}.csv"))?
        .ok_or_else(|| Error::refused("schema/check", "the list has no table of codes").at(&*place))?;
    let mut parents = Vec::new();
    for row in rows(&table, &place)? {
        let labels = row.labels().map(|label| (!label.is_empty()).then(|| label.into()));
        let code = list.push(Code { id: row.code.as_str().into(), parent: None, labels })?;
        if !row.parent.is_empty() {
            parents.push((code, row.parent));
        }
    }
    for (code, parent) in parents {
        let Some(parent) = list.find(&parent) else {
            let what = format!("`{}` has the parent `{parent}`, which is not in the list", list.id_of(code));
            return Err(Error::refused("schema/check", what).at(place));
        };
        list.set_parent(code, parent);
    }
    let known = |key: &str, codes: Vec<String>| -> Result<Vec<u16>> {
        let index = |code: String| {
            list.find(&code).filter(|index| Codelist::is_known(*index)).ok_or_else(|| {
                let what = format!("`{key}` names `{code}`, which is not a known code of the list");
                Error::refused("schema/check", what).at(format!("codelists/{name}.toml"))
            })
        };
        codes.into_iter().map(index).collect()
    };
    let asked_by_some = known("asked_by_some", header.asked_by_some)?;
    let where_present = known("where_present", header.where_present)?;
    let mut partitions = Vec::new();
    for (parent, sets) in header.partitions {
        let parent = known("partitions", vec![parent])?;
        for parts in sets {
            let parts = known("partitions", parts)?;
            if let Some(&part) = parts.iter().find(|part| list.ancestors(**part).all(|above| above != parent[0])) {
                let what = format!("`partitions`: `{}` is not inside `{}`", list.id_of(part), list.id_of(parent[0]));
                return Err(Error::refused("schema/check", what).at(format!("codelists/{name}.toml")));
            }
            partitions.push((parent[0], parts));
        }
    }
    let divisions = header.divisions.into_iter().map(|codes| known("divisions", codes)).collect::<Result<_>>()?;
    (list.divisions, list.asked_by_some, list.where_present, list.partitions) =
        (divisions, asked_by_some, where_present, partitions);
    list.check()?;
    Ok(list)
}
