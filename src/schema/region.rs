//! A region scheme: which country belongs to which region, in a named edition.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::rows;
use super::{Kind, Registry, parse};
use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    id: String,
    edition: String,
    title: String,
    source: String,
    verified: bool,
    levels: Vec<String>,
}

/// A hierarchy of areas, as (child, parent) pairs, with the regions' labels.
#[derive(Clone, Debug)]
pub struct Region {
    /// The id and edition, such as `M49@1`.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// Whether the source was seen.
    pub verified: bool,
    /// Names of the levels, the coarsest first.
    pub levels: Vec<String>,
    parents: BTreeMap<String, String>,
    labels: BTreeMap<String, [String; 6]>,
}

impl Region {
    /// Loads a scheme by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text, table, place) = registry.with_table(Kind::Regions, name)?;
        let header: Header = parse(&text, &format!("regions/{name}.toml"))?;
        let mut region = Self {
            name,
            title: header.title,
            source: header.source,
            verified: header.verified,
            levels: header.levels,
            parents: BTreeMap::new(),
            labels: BTreeMap::new(),
        };
        debug_assert_eq!(region.name, format!("{}@{}", header.id, header.edition));
        for row in rows(&table, &place)? {
            if !row.parent.is_empty() {
                region.parents.insert(row.code.clone(), row.parent.clone());
            }
            let labels = row.labels().map(str::to_owned);
            region.labels.insert(row.code, labels);
        }
        for (child, parent) in &region.parents {
            if !region.labels.contains_key(parent) {
                return Err(Error::refused(
                    "schema/check",
                    format!("`{child}` lies in `{parent}`, which is no region"),
                )
                .at(place));
            }
            if region.path(child).len() > region.labels.len() {
                return Err(Error::refused("schema/check", format!("a cycle of regions at `{child}`")).at(place));
            }
        }
        Ok(region)
    }

    /// The regions that contain a code, the nearest first.
    pub fn path(&self, code: &str) -> Vec<&str> {
        let limit = self.labels.len() + 1;
        std::iter::successors(self.parents.get(code), |parent| self.parents.get(*parent))
            .take(limit)
            .map(String::as_str)
            .collect()
    }

    /// Whether a region lies in no other.
    pub fn is_root(&self, code: &str) -> bool {
        !self.parents.contains_key(code)
    }

    /// The region at a named level that contains a code.
    pub fn at_level(&self, code: &str, level: &str) -> Option<&str> {
        let depth = self.levels.iter().position(|name| name == level)?;
        let path = self.path(code);
        path.len().checked_sub(depth + 1).map(|index| path[index])
    }

    /// Label of a region in a language, where there is one.
    pub fn label(&self, code: &str, language: usize) -> Option<&str> {
        self.labels.get(code).map(|labels| labels[language].as_str()).filter(|label| !label.is_empty())
    }
}
