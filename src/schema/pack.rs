//! A country pack: the lists of race, ethnicity and local traits that a country uses.
//!
//! The documentation of its keys is what editors show: `schema show pack --as json-schema`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Registry, SchemaKind, parse};
use crate::error::Result;

/// One code of a country's list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackCode {
    /// The code, without the country.
    pub code: String,
    /// English label.
    pub en: String,
    /// French label.
    #[serde(default)]
    pub fr: Option<String>,
    /// The label in the country's language.
    #[serde(default)]
    pub local: Option<String>,
    /// Its parent code in the same list.
    #[serde(default)]
    pub parent: Option<String>,
    /// The code of a common list that means the same, where there is one.
    #[serde(default)]
    pub common: Option<String>,
    /// Words for the code in the country's files.
    #[serde(default)]
    pub words: Vec<String>,
}

/// How many answers a list allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PackType {
    /// One answer.
    #[default]
    Code,
    /// Multiple answers. A record with more than one is counted under the code `SEVERAL`.
    Set,
}

/// A country's list for one field.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
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
    /// The code of a record with multiple answers.
    ///
    /// Countries that allow multiple answers publish such a category, and one code per person keeps every table a partition.
    pub const SEVERAL: &str = "SEVERAL";
}

/// A country's lists, and what the country may not collect.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// ISO 3166-1 alpha-3.
    pub area: String,
    /// The country.
    pub title: String,
    /// Where the lists come from.
    pub source: String,
    /// Whether the lists were compared with the source.
    pub verified: bool,
    /// From which date the lists are valid.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// Fields whose collection the country's law does not permit.
    #[serde(default)]
    pub collection_prohibited: Vec<String>,
    /// Heading of the country's files to field. Used for drafts of profiles, and never applied silently.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// The lists.
    #[serde(default, rename = "list")]
    pub lists: Vec<PackList>,
}

impl Pack {
    /// All packs, by country.
    pub fn load_all(registry: &Registry) -> Result<Vec<Self>> {
        let names = registry.names(SchemaKind::Packs)?;
        names.iter().map(|name| Self::load(registry, name)).collect()
    }

    /// The pack of one country.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Packs, name)?;
        parse(&text, &format!("packs/{name}.toml"))
    }
}
