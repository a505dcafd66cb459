//! A crosswalk: words and codes of others, and the codes that they mean.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::codelist::load_codelist;
use super::table::read;
use super::{Registry, SchemaKind, parse};
use crate::error::Result;
use crate::model::Codelist;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrosswalkText {
    id: String,
    source: String,
    verified: bool,
    #[serde(default)]
    normalised: bool,
    #[serde(default)]
    labels_of: Option<String>,
    /// Another crosswalk whose rows hold here too, those of some kinds.
    #[serde(default)]
    extends: Option<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    map: BTreeMap<String, String>,
}

/// One row of the table that a crosswalk may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrosswalkRow {
    text: String,
    code: String,
    #[serde(rename = "language")]
    _language: String,
    kind: String,
}

/// A map from values to codes.
///
/// A target is a code; `=area`, the code of the reporting area; `=no`, an answer that adds no code; or `!rule`, the rule
/// by which the text is refused.
#[derive(Clone, Debug)]
pub struct Crosswalk {
    /// The name.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// True if the source was seen.
    pub verified: bool,
    /// True if case, accents and punctuation make no difference.
    pub normalised: bool,
    /// Text and target.
    pub pairs: Vec<(String, String)>,
    /// Labels of a code list in all languages, with their codes. A pair comes before them.
    pub labels: Vec<(String, String)>,
}

impl Crosswalk {
    /// What begins the target of a text that is refused.
    pub const REFUSED: char = '!';
    /// The target that means the reporting area.
    pub const AREA: &str = "=area";
    /// The target of an answer that gives no value, such as the `No` of a yes/no column.
    pub const NO: &str = "=no";

    /// Loads a crosswalk by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Crosswalks, name)?;
        let text: CrosswalkText = parse(&text, &format!("crosswalks/{name}.toml"))?;
        let mut pairs: Vec<_> = text.map.into_iter().collect();
        pairs.extend(rows(registry, &name)?.into_iter().map(|row| (row.text, row.code)));
        if let Some(other) = &text.extends {
            let extended = rows(registry, other)?.into_iter().filter(|row| text.kinds.contains(&row.kind));
            pairs.extend(extended.map(|row| (row.text, row.code)));
        }
        let labels = match &text.labels_of {
            Some(list) => labels(&load_codelist(registry, list)?),
            None => Vec::new(),
        };
        let crosswalk = Self {
            id: text.id,
            source: text.source,
            verified: text.verified,
            normalised: text.normalised,
            pairs,
            labels,
        };
        Ok(crosswalk)
    }
}

/// Returns the rows of the table of a crosswalk, none where it has no table.
fn rows(registry: &Registry, name: &str) -> Result<Vec<CrosswalkRow>> {
    match registry.read(SchemaKind::Crosswalks, &format!("{name}.csv"))? {
        Some(text) => read(&text, &format!("crosswalks/{name}.csv"), "`text,code,language,kind`"),
        None => Ok(Vec::new()),
    }
}

fn labels(list: &Codelist) -> Vec<(String, String)> {
    let labels_of = |code: &crate::model::Code| {
        let id = code.id.to_string();
        code.labels.iter().flatten().map(|label| (label.to_string(), id.clone())).collect::<Vec<_>>()
    };
    list.known().flat_map(|(_, code)| labels_of(code)).collect()
}
