//! A country pack: the lists of race, ethnicity and local traits that a country itself uses.

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
}

/// A country's list for one field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackList {
    /// The field of the record type.
    pub field: String,
    /// The codes.
    pub codes: Vec<PackCode>,
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
    /// Fields whose collection the country's law does not permit.
    #[serde(default)]
    pub collection_prohibited: Vec<String>,
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
