//! What a run file says of persons, of edit rules, and of when the run is refused.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::allowance::Allowance;
use super::limit::Limit;
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Rule;
use crate::validate::{Conflicts, PersonKey};

/// How records of one person are found.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonsConfig {
    /// What happens to records of one person, area and year that differ: `keep` or `merge`.
    #[serde(default)]
    pub conflicts: Conflicts,
    /// A file with the secret under which person ids become pseudonyms, relative to the run file.
    #[serde(default)]
    pub key_file: Option<String>,
}

/// How edit rules are applied.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Rules that are warnings otherwise and reject a record in this run.
    #[serde(default)]
    pub reject: Vec<String>,
}

impl Rules {
    /// Returns the rules by their names.
    pub fn rejecting(&self) -> Result<Vec<Rule>> {
        self.reject.iter().map(|id| rule(id)).collect()
    }
}

/// A rule by its name, among those that can reject a record.
pub fn rule(id: &str) -> Result<Rule> {
    let found = Rule::find(id);
    // Other rules are about a file, or about records together, when the record is stored already.
    let rejects = |rule: &Rule| {
        let is_of_record = ["cell/", "check/"].iter().any(|start| rule.id().starts_with(start));
        is_of_record || ["record/contradiction", "record/zero-declared"].contains(&rule.id())
    };
    if found.is_some_and(|rule| !rejects(&rule)) {
        return Err(Error::failed(format!("the rule `{id}` is not about a single record, so it cannot reject one"))
            .hint(
                "rules that begin with `cell/` or `check/` can, and `record/contradiction` and `record/zero-declared`",
            ));
    }
    found.ok_or_else(|| {
        let known: Vec<_> = Rule::all().map(Rule::id).collect();
        Error::failed(format!("there is no rule `{id}`")).hint(match crate::error::nearest(id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`tipstat explain` lists all rules".to_owned(),
        })
    })
}

/// A secret for pseudonyms, from a file.
///
/// # Errors
/// The file cannot be read, or holds fewer than 16 characters: such a secret can be guessed.
pub fn person_key(path: &Path) -> Result<PersonKey> {
    secret(files::read_text(path)?.trim(), &files::shown(path))
}

/// A secret for pseudonyms, from a text such as a variable of the environment.
pub fn secret(text: &str, place: &str) -> Result<PersonKey> {
    if text.chars().count() < 16 {
        return Err(Error::failed("the secret for pseudonyms is shorter than 16 characters")
            .at(place)
            .hint("a guessed secret shows who is in the store: use 32 random characters, and keep them"));
    }
    Ok(PersonKey::derive(text.as_bytes()))
}

/// When the run is refused.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How many records may be rejected: a number, or a percentage such as `"0.5%"`.
    #[serde(default)]
    pub max_rejects: Option<Limit>,
    /// The share of a column's filled cells that may be not understood: `"5%"`, or limits by field, with `all` for the
    /// others.
    #[serde(default)]
    pub max_not_understood: Allowance,
}
