//! A region scheme: which country belongs to which region, in a named edition.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::table::{TableRow, read_of_user, rows};
use super::{Registry, SchemaKind, parse};
use crate::error::{Error, Result};
use crate::model::Codelist;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionHeader {
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
    /// True if the source was seen.
    pub verified: bool,
    /// Names of the levels, the coarsest first.
    pub levels: Vec<String>,
    parents: BTreeMap<String, String>,
    labels: BTreeMap<String, [String; 6]>,
}

/// More regions above an area are no scheme, and everything that follows paths would take as many steps for each area.
const MOST_LEVELS: usize = 64;

/// The total of a user's scheme that names none.
const ALL: &str = "OWN_ALL";

impl Region {
    /// Loads a scheme by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text, table, place) = registry.with_table(SchemaKind::Regions, name)?;
        let header: RegionHeader = parse(&text, &format!("regions/{name}.toml"))?;
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
        region.fill(rows(&table, &place)?, &place)?;
        Ok(region)
    }

    /// A user's own scheme: a table with the columns `code`, `parent` and labels by language, which may be missing. Whoever
    /// has no parent is a region, and whoever has none below it is an area of `areas`.
    ///
    /// # Errors
    /// An area is not known, regions lie in each other, or there are more than three levels of them.
    pub fn of_user(text: &str, place: &str, name: &str, areas: &Codelist) -> Result<Self> {
        let mut region = Self {
            name: format!("{name} (own scheme)"),
            title: name.to_owned(),
            source: "a scheme of whoever made the release".to_owned(),
            verified: false,
            levels: Vec::new(),
            parents: BTreeMap::new(),
            labels: BTreeMap::new(),
        };
        let refuse = |what: String| Error::refused("schema/check", what).at(place);
        let mut rows: Vec<TableRow> =
            read_of_user(text, place, "a code, its parent and labels by language", "code,parent,en")?;
        let parents: BTreeSet<&str> = rows.iter().map(|row| row.parent.as_str()).collect();
        for (at, row) in rows.iter().enumerate() {
            let refuse = |what: String| Err(Error::refused("schema/check", what).at(format!("{place}:{}", at + 2)));
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if row.code.is_empty() || row.code.starts_with('_') || !row.code.chars().all(plain) {
                return refuse(format!(
                    "`{}` cannot be a code: it needs letters, digits, `_` and `-`, and no `_` at the beginning",
                    row.code
                ));
            }
            let is_region = row.parent.is_empty() || parents.contains(row.code.as_str());
            if is_region && areas.find(&row.code).is_some() {
                return refuse(format!("the region `{}` has the code of a country", row.code));
            }
        }
        let roots = rows.iter().filter(|row| row.parent.is_empty()).count();
        if roots > 1 {
            // Tables have one total.
            rows.iter_mut().filter(|row| row.parent.is_empty()).for_each(|row| row.parent = ALL.to_owned());
            rows.push(TableRow::of_code(ALL, "All regions of the scheme"));
        }
        region.fill(rows, place)?;
        let countries: Vec<&str> = region.leaves().collect();
        if let Some(unknown) = countries.iter().find(|code| areas.find(code).is_none()) {
            return Err(refuse(format!("`{unknown}` is neither an area nor the parent of one"))
                .hint("areas are named by their ISO 3166-1 alpha-3 code, such as `KHM`"));
        }
        let depth = countries.iter().map(|code| region.path(code).len()).max().unwrap_or(0);
        let levels: &[&str] = match depth {
            0 => {
                return Err(
                    refuse("no area is in a region".into()).hint("a row of an area names its region as `parent`")
                );
            }
            1 => &["region", "country"],
            2 => &["world", "region", "country"],
            3 => &["world", "region", "subregion", "country"],
            _ => return Err(refuse("there are more than three levels of regions".into())),
        };
        region.levels = levels.iter().map(|&level| level.to_owned()).collect();
        Ok(region)
    }

    fn fill(&mut self, rows: Vec<TableRow>, place: &str) -> Result<()> {
        for (at, row) in rows.into_iter().enumerate() {
            let labels = row.labels().map(str::to_owned);
            if self.labels.insert(row.code.clone(), labels).is_some() {
                let twice = format!("`{}` occurs twice: it can be in one region only", row.code);
                return Err(Error::refused("schema/check", twice).at(format!("{place}:{}", at + 2)));
            }
            if !row.parent.is_empty() {
                self.parents.insert(row.code, row.parent);
            }
        }
        // How many regions contain each code, so that no path is followed twice.
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        for (child, parent) in &self.parents {
            let refuse = |what: String| Err(Error::refused("schema/check", what).at(place));
            if !self.labels.contains_key(parent) {
                return refuse(format!("`{child}` is in `{parent}`, which is not a region"));
            }
            let mut path = Vec::new();
            let mut at = child.as_str();
            while let Some(above) = self.parents.get(at).filter(|_| !depths.contains_key(at)) {
                path.push(at);
                at = above;
                if path.len() > self.labels.len() {
                    return refuse(format!("a cycle of regions at `{child}`"));
                }
            }
            let above = depths.get(at).copied().unwrap_or(0);
            depths.extend(path.iter().rev().copied().zip(above + 1..));
            if above + path.len() > MOST_LEVELS {
                return refuse(format!("more than {MOST_LEVELS} regions contain `{child}`"));
            }
        }
        Ok(())
    }

    /// The regions that contain a code, the nearest first.
    pub fn path(&self, code: &str) -> Vec<&str> {
        let limit = self.labels.len() + 1;
        std::iter::successors(self.parents.get(code), |parent| self.parents.get(*parent))
            .take(limit)
            .map(String::as_str)
            .collect()
    }

    /// The areas that lie in a region, directly or not.
    pub fn areas(&self, region: &str) -> impl Iterator<Item = &str> {
        self.leaves().filter(move |code| self.path(code).contains(&region))
    }

    /// Returns the codes that hold no others.
    fn leaves(&self) -> impl Iterator<Item = &str> {
        let above: BTreeSet<&String> = self.parents.values().collect();
        self.parents.keys().filter(move |code| !above.contains(code)).map(String::as_str)
    }

    /// Returns whether no region holds this one.
    pub fn is_root(&self, code: &str) -> bool {
        !self.parents.contains_key(code)
    }

    /// The region at a named level that contains a code.
    pub fn at_level(&self, code: &str, level: &str) -> Option<&str> {
        let depth = self.levels.iter().position(|name| name == level)?;
        let path = self.path(code);
        path.len().checked_sub(depth + 1).map(|index| path[index])
    }

    /// Returns the regions of a named level that contain an area.
    pub fn at(&self, level: &str) -> impl Iterator<Item = &str> {
        let found: BTreeSet<&str> = self.leaves().filter_map(|area| self.at_level(area, level)).collect();
        found.into_iter()
    }

    /// Label of a region in a language, where there is one.
    pub fn label(&self, code: &str, language: usize) -> Option<&str> {
        self.labels.get(code).map(|labels| labels[language].as_str()).filter(|label| !label.is_empty())
    }
}
