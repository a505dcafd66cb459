//! A profile: how one publisher's layout becomes a record type.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Kind, Record, Registry, parse};
use crate::error::Result;

/// How one column, or a group of flags, becomes a field. Later maps of a field stand in where earlier ones are missing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The field of the record type.
    pub field: String,
    /// The column's heading.
    #[serde(default)]
    pub column: Option<String>,
    /// Whether the file is refused without the column.
    #[serde(default)]
    pub required: bool,
    /// Value to code; the field's own codes hold beside it.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// A file of `crosswalks/` to use.
    #[serde(default)]
    pub crosswalk: Option<String>,
    /// What separates several values in one cell.
    #[serde(default)]
    pub separator: Option<String>,
    /// Yes/no columns, each with the codes that a yes adds.
    #[serde(default)]
    pub flags: BTreeMap<String, Vec<String>>,
}

/// Columns that are known and passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// Headings.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Beginnings of headings.
    #[serde(default)]
    pub prefixes: Vec<String>,
}

/// A publisher's layout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name.
    pub id: String,
    /// Whose layout it is.
    pub title: String,
    /// Where the layout is known from.
    pub source: String,
    /// The record type it leads to.
    pub record: String,
    /// The delimiter, where it is not to be found out.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// The encoding of its files, where it is not UTF-8.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Cell texts that mean asked and not known.
    #[serde(default)]
    pub missing: Vec<String>,
    /// What the mapping changes in the meaning of the figures; the manifest repeats it.
    #[serde(default)]
    pub declares: Vec<String>,
    /// The maps.
    #[serde(rename = "map")]
    pub maps: Vec<Map>,
    /// Known columns that are not read.
    #[serde(default)]
    pub ignore: Ignore,
}

impl Profile {
    /// Loads a profile by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(Kind::Profiles, name)?;
        parse(&text, &format!("profiles/{name}.toml"))
    }

    /// Whether a heading is read, or known and passed over.
    pub fn knows(&self, heading: &str) -> bool {
        self.maps.iter().any(|map| map.column.as_deref() == Some(heading) || map.flags.contains_key(heading))
            || self.ignore.columns.iter().any(|column| column == heading)
            || self.ignore.prefixes.iter().any(|prefix| heading.starts_with(prefix.as_str()))
    }

    /// Whether a header has every column that the profile needs.
    pub fn fits(&self, header: &[String]) -> bool {
        let mut needed = self.maps.iter().filter(|map| map.required).filter_map(|map| map.column.as_ref());
        needed.all(|column| header.contains(column))
    }

    /// The layout whose columns bear the record type's own names.
    ///
    /// A required field needs its column and a value in every record; elsewhere an empty cell means not known.
    pub fn identity(record: &Record) -> Self {
        let derived = |index| record.derived.iter().any(|(field, _)| *field == index);
        let given = record.fields.iter().enumerate().filter(|(index, _)| !derived(*index));
        let maps = given.map(|(_, field)| Map {
            field: field.id.clone(),
            column: Some(field.id.clone()),
            required: field.required,
            codes: BTreeMap::new(),
            crosswalk: None,
            separator: Some(";".into()),
            flags: BTreeMap::new(),
        });
        Self {
            id: record.name(),
            title: format!("the columns of {}", record.name()),
            source: record.name(),
            record: record.name(),
            delimiter: None,
            encoding: None,
            missing: Vec::new(),
            declares: Vec::new(),
            maps: maps.collect(),
            ignore: Ignore::default(),
        }
    }
}

/// A code-to-code map. Its id, source and mark are required, so that a copied file tells what it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crosswalk {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "verified")]
    _verified: bool,
    map: BTreeMap<String, String>,
}

/// Loads the pairs of a crosswalk by name.
pub(crate) fn crosswalk(registry: &Registry, name: &str) -> Result<BTreeMap<String, String>> {
    let (name, text) = registry.text(Kind::Crosswalks, name)?;
    parse(&text, &format!("crosswalks/{name}.toml")).map(|file: Crosswalk| file.map)
}
