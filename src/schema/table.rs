//! The tables of codes under `schemas/`: a code, its parent, and a label in each UN language.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// One row of such a table.
#[derive(Default, Deserialize)]
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
    /// A root with a label in English.
    pub fn of_code(code: &str, en: &str) -> Self {
        Self { code: code.to_owned(), en: en.to_owned(), ..Self::default() }
    }

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
    read_by(b',', text, place, what)
}

/// Reads a table that a user made with whatever program: with a mark at its beginning, and with commas, semicolons or tabs.
pub(super) fn read_of_user<T: DeserializeOwned>(text: &str, place: &str, what: &str, columns: &str) -> Result<Vec<T>> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let delimiter =
        *b",;\t".iter().max_by_key(|&&by| (head.bytes().filter(|&b| b == by).count(), by == b',')).unwrap_or(&b',');
    let rows: Vec<T> = read_by(delimiter, text, place, what).map_err(|error| {
        error.hint(format!("the first line names the columns, as they are written here: {columns}"))
    })?;
    if rows.is_empty() {
        return Err(Error::refused("schema/check", "the table has no row")
            .at(place)
            .hint(format!("its columns are {columns}")));
    }
    Ok(rows)
}

fn read_by<T: DeserializeOwned>(delimiter: u8, text: &str, place: &str, what: &str) -> Result<Vec<T>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let rows: Result<_, csv::Error> = reader.deserialize().collect();
    rows.map_err(|cause| {
        let line = cause.position().map_or(1, csv::Position::line);
        Error::refused("schema/check", format!("the row is not {what}")).at(format!("{place}:{line}")).because(cause)
    })
}
