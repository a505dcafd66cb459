//! The tables of codes under `schemas/`: a code, its parent, and a label in each UN language.

use serde::Deserialize;

use crate::error::{Error, Result};

/// One row of such a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub code: String,
    pub parent: String,
    en: String,
    fr: String,
    es: String,
    ar: String,
    zh: String,
    ru: String,
}

impl Row {
    /// Labels in [`crate::model::LANGUAGES`] order; empty where there is none.
    pub fn labels(&self) -> [&str; 6] {
        [&self.en, &self.fr, &self.es, &self.ar, &self.zh, &self.ru].map(String::as_str)
    }
}

/// Reads all rows.
pub(super) fn rows(text: &str, place: &str) -> Result<Vec<Row>> {
    let rows: Result<_, csv::Error> = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect();
    rows.map_err(|cause| {
        let line = cause.position().map_or(1, csv::Position::line);
        Error::refused("schema/check", "the row is not a code, its parent and six labels")
            .at(format!("{place}:{line}"))
            .because(cause)
    })
}
