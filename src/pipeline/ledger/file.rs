//! The file of the ledger.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::report::Overridden;
use crate::error::{Error, Result};
use crate::files;
use crate::indicators::Indicator;
use crate::limits;
use crate::pipeline::document::json;
use crate::protect::{Method, Policy, RoundingKey};

/// The format of the file.
const FORMAT: u32 = 1;

/// What is in the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ledger {
    pub confidential: String,
    pub format: u32,
    /// Keys fingerprints of suppressed records. Those of rounded records are keyed by the key of rounding.
    pub salt: String,
    /// The fields of the units.
    pub fields: Vec<String>,
    /// What was published, in its order.
    pub releases: Vec<PublishedRelease>,
    /// Each area and year, in their order.
    pub areas: Vec<AreaYear>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishedRelease {
    pub release: String,
    pub program: String,
    /// A fingerprint of all records of the release.
    pub records: String,
    #[serde(flatten)]
    pub shape: ReleaseShape,
    /// Why it was published in spite of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
}

/// What makes two releases of the same records show the same counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReleaseShape {
    pub method: String,
    pub threshold: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zeros_hidden: Vec<String>,
    /// What the policy says of the lines of tables; empty where all tables have all lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lines: String,
    /// The id of the key of rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub regions: String,
    /// The dimensions of each table, with their levels and the codes of its universe.
    pub tables: BTreeMap<String, String>,
}

/// The records of an area and year.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AreaYear {
    pub area: String,
    pub year: String,
    /// The fingerprint of the records that were published.
    pub print: String,
    /// The releases in which these records are, by their places in the list.
    pub releases: Vec<usize>,
    /// How the records were rounded; nothing where they were suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounded: Option<Choices>,
}

/// Rounded counts of an area and year.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choices {
    /// The id of the key.
    pub key: String,
    pub threshold: u64,
    pub base: u64,
    /// How many times the records of this area and year were rounded with other choices.
    pub draws: u32,
    /// The records, which only the key opens.
    pub sealed: String,
    /// The units that are published: their codes, separated by tabs, and their rounded count.
    pub units: Vec<(String, u64)>,
}

/// The file: the ledger and a digest by which damage is seen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckedLedger {
    ledger: Ledger,
    checksum: String,
}

impl Ledger {
    pub fn new(salt: String) -> Self {
        Self {
            confidential: "fingerprints of records and rounded counts: not for publication".to_owned(),
            format: FORMAT,
            salt,
            fields: Vec::new(),
            releases: Vec::new(),
            areas: Vec::new(),
        }
    }

    /// Reads the ledger of a store, with the digest of its file; nothing where there is none.
    ///
    /// # Errors
    /// It is damaged, or of a later version of the program.
    pub fn read(path: &Path) -> Result<Option<(Self, String)>> {
        let found = files::current(path);
        if !files::exists(&found) {
            return Ok(None);
        }
        let bytes = files::read_plain(&found, limits::LEDGER)?;
        let checked: CheckedLedger = serde_json::from_slice(&bytes).map_err(|_| damaged(path))?;
        if checked.checksum != checksum(&checked.ledger) || !checked.ledger.is_consistent() {
            return Err(damaged(path));
        }
        Ok(Some((checked.ledger, files::digest_of(&bytes))))
    }

    pub fn is_consistent(&self) -> bool {
        let is_known = |entry: &AreaYear| entry.releases.iter().all(|&release| release < self.releases.len());
        self.format == FORMAT
            && self.areas.iter().all(is_known)
            && self.areas.is_sorted_by(|a, b| (&a.area, &a.year) < (&b.area, &b.year))
    }

    /// Returns the bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        json(&CheckedLedger { ledger: self.clone(), checksum: checksum(self) })
    }
}

impl ReleaseShape {
    /// Describes how tables are published.
    pub fn new(policy: &Policy, key: Option<&RoundingKey>, regions: &str, tables: &[Indicator]) -> Self {
        let rounds = policy.method == Method::Round;
        Self {
            method: if rounds { "round" } else { "suppress" }.to_owned(),
            threshold: policy.threshold,
            base: rounds.then_some(policy.base),
            zeros_hidden: if rounds { Vec::new() } else { policy.zeros.hidden.clone() },
            key: key.map(RoundingKey::fingerprint),
            regions: regions.to_owned(),
            tables: tables.iter().map(|table| (table.id.clone(), dimensions(table))).collect(),
            lines: if rounds { String::new() } else { policy.lines() },
        }
    }

    /// Returns whether the same counts would be suppressed under both, if the tables were the same.
    pub fn is_like(&self, other: &Self) -> bool {
        let parts =
            |shape: &Self| (shape.method.clone(), shape.threshold, shape.zeros_hidden.clone(), shape.regions.clone());
        parts(self) == parts(other) && self.lines == other.lines
    }
}

/// Describes the cells of a table.
pub(super) fn dimensions(table: &Indicator) -> String {
    let level = |id: &String| table.levels.get(id).map_or(String::new(), |level| format!("@{level}"));
    let dimensions = table.all_dimensions().map(|id| match table.universe.get(id) {
        Some(code) => format!("{id}={code}"),
        None => format!("{id}{}", level(id)),
    });
    let counting = format!("{:?}", table.counting).to_lowercase();
    format!("{counting} by {}", dimensions.collect::<Vec<_>>().join(", "))
}

pub(super) fn checksum(ledger: &Ledger) -> String {
    files::digest_of(&serde_json::to_vec(ledger).expect("plain data"))
}

pub(super) fn damaged(path: &Path) -> Error {
    Error::refused("ledger/damaged", "the ledger of the store is damaged, so nothing was published")
        .at(files::shown(path))
        .hint("put a copy back that was made before; `tipstat explain ledger/damaged` says what to do where there is none")
}
