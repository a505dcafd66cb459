//! A country pack: the lists of race, ethnicity and local traits that a country itself uses.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Kind, Registry, parse};
use crate::error::Result;

/// One code of a country's list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackCode {
    /// The code, without the country.
    pub code: String,
    /// English label.
    pub en: String,
    /// French label.
    #[serde(default)]
    pub fr: Option<String>,
    /// The label in the country's own language.
    #[serde(default)]
    pub local: Option<String>,
    /// The code above it in the same list.
    #[serde(default)]
    pub parent: Option<String>,
    /// The code of a common list that means the same, where there is one.
    #[serde(default)]
    pub common: Option<String>,
    /// Words that stand for the code in the country's files.
    #[serde(default)]
    pub words: Vec<String>,
}

/// How many answers a list allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackType {
    /// One.
    #[default]
    Code,
    /// Several; a record that gives more than one is counted under one code of its own.
    Set,
}

/// A country's list for one field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackList {
    /// The field of the record type.
    pub field: String,
    /// How many answers it allows.
    #[serde(default)]
    pub r#type: PackType,
    /// How the country asks.
    #[serde(default)]
    pub question: Option<String>,
    /// The codes.
    pub codes: Vec<PackCode>,
}

impl PackList {
    /// The code of a record with several answers.
    ///
    /// Countries that allow several answers publish such a group, and one code a person keeps every table a partition.
    pub const SEVERAL: &str = "SEVERAL";
}

/// What one country collects of its own, and what it may not collect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// ISO 3166-1 alpha-3.
    pub area: String,
    /// The country.
    pub title: String,
    /// Where the lists come from.
    pub source: String,
    /// Whether the source was seen.
    pub verified: bool,
    /// From when the lists hold.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// Fields whose collection the country's law does not permit.
    #[serde(default)]
    pub collection_prohibited: Vec<String>,
    /// Headings of the country's files and the fields that they mean; for drafts of profiles, never applied silently.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// The lists.
    #[serde(default, rename = "list")]
    pub lists: Vec<PackList>,
}

impl Pack {
    /// All packs, by country.
    pub fn load_all(registry: &Registry) -> Result<Vec<Self>> {
        let names = registry.names(Kind::Packs)?;
        names.iter().map(|name| Self::load(registry, name)).collect()
    }

    /// The pack of one country.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(Kind::Packs, name)?;
        parse(&text, &format!("packs/{name}.toml"))
    }
}
