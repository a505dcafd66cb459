//! Reading a schema or configuration file, with unknown keys as errors that name the nearest known key.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result, nearest};

/// One value, or a list of them. The list comes first: a value of any type may be a list.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMore<T> {
    /// The list.
    More(Vec<T>),
    /// The value.
    One(T),
}

impl<T> From<OneOrMore<T>> for Vec<T> {
    fn from(values: OneOrMore<T>) -> Self {
        match values {
            OneOrMore::One(value) => vec![value],
            OneOrMore::More(values) => values,
        }
    }
}

/// Parses TOML. `place` is the file as the user knows it.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, place: &str) -> Result<T> {
    toml::from_str(text).map_err(|cause| {
        let message = cause.message().to_owned();
        let line = cause.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let place = line.map_or_else(|| place.to_owned(), |line| format!("{place}:{line}"));
        let quoted: Vec<_> = message.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        if message.starts_with("unknown field")
            && let Some((unknown, known)) = quoted.split_first()
        {
            let error = Error::failed(format!("unknown key `{unknown}`")).at(place);
            let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            let error = error.with("valid", names.join(", "));
            return match nearest(unknown, known.iter().map(String::as_str)) {
                Some(name) => error.hint(format!("did you mean `{name}`?")),
                None => error,
            };
        }
        let mut first = message.lines().next().unwrap_or_default().to_owned();
        if first.is_empty() {
            first = "the file is not valid TOML".into();
        }
        let is_escape = first.contains("escape") || first.contains("unicode");
        let error = Error::failed(first).at(place).because(cause);
        match is_escape {
            true => error.hint("a backslash begins an escape in TOML: write `/`, or put the path in single quotes"),
            false => error,
        }
    })
}
