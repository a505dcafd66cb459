//! The tables of codes under `schemas/`: a code, its parent, and a label in each UN language.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// One row of such a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub code: String,
    pub parent: String,
    #[serde(default)]
    en: String,
    #[serde(default)]
    fr: String,
    #[serde(default)]
    es: String,
    #[serde(default)]
    ar: String,
    #[serde(default)]
    zh: String,
    #[serde(default)]
    ru: String,
}

impl Row {
    /// Labels in [`crate::model::LANGUAGES`] order; empty where there is none.
    pub fn labels(&self) -> [&str; 6] {
        [&self.en, &self.fr, &self.es, &self.ar, &self.zh, &self.ru].map(String::as_str)
    }
}

/// Reads all rows of codes.
pub(super) fn rows(text: &str, place: &str) -> Result<Vec<Row>> {
    read(text, place, "a code, its parent and labels by language (`code,parent,en`)")
}

/// Reads all rows of a table whose rows are `what`.
pub(super) fn read<T: DeserializeOwned>(text: &str, place: &str, what: &str) -> Result<Vec<T>> {
    let rows: Result<_, csv::Error> = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect();
    rows.map_err(|cause| {
        let line = cause.position().map_or(1, csv::Position::line);
        Error::refused("schema/check", format!("the row is not {what}")).at(format!("{place}:{line}")).because(cause)
    })
}
