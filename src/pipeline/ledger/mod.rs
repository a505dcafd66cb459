//! The ledger of a store: what was published of its records, by which method and key, and which rounded counts were chosen.
//!
//! It is confidential, and alongside the records. It holds fingerprints of records, sealed by the key of rounding, and rounded
//! counts. It holds no exact count.

mod books;
mod joint;
mod plan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(super) use self::books::{Books, Request};
pub(super) use self::joint::joint_audit;
use crate::error::{Error, Result};
use crate::files;
use crate::indicators::Indicator;
use crate::limits;
use crate::pipeline::release::json;
use crate::protect::{Method, Policy, RoundingKey};

/// The name of the file.
pub(super) const LEDGER: &str = "ledger.json";

/// The format of the file.
const FORMAT: u32 = 1;

/// What is in the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    confidential: String,
    format: u32,
    /// Keys fingerprints of suppressed records. Those of rounded records are keyed by the key of rounding.
    salt: String,
    /// The fields of the units.
    fields: Vec<String>,
    /// What was published, in its order.
    releases: Vec<Published>,
    /// Each area and year, in their order.
    areas: Vec<AreaYear>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    release: String,
    program: String,
    /// A fingerprint of all records of the release.
    records: String,
    #[serde(flatten)]
    shape: Shape,
    /// Why it was published in spite of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overridden: Option<Overridden>,
}

/// What makes two releases of the same records show the same counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    method: String,
    threshold: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    zeros_hidden: Vec<String>,
    /// The id of the key of rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    regions: String,
    /// The dimensions of each table, with their levels and the codes of its universe.
    tables: BTreeMap<String, String>,
}

/// The records of an area and year.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaYear {
    area: String,
    year: String,
    /// The fingerprint of the records that were published.
    print: String,
    /// The releases in which these records are, by their places in the list.
    releases: Vec<usize>,
    /// How the records were rounded; nothing where they were suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounded: Option<Choices>,
}

/// Rounded counts of an area and year.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    /// The id of the key.
    key: String,
    threshold: u64,
    base: u64,
    /// How many times the records of this area and year were rounded with other choices.
    draws: u32,
    /// The records, which only the key opens.
    sealed: String,
    /// The units that are published: their codes, separated by tabs, and their rounded count.
    units: Vec<(String, u64)>,
}

/// A rule that a release was published in spite of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overridden {
    /// The rules.
    pub rules: Vec<String>,
    /// The reason, as the user gave it.
    pub reason: String,
}

/// What the ledger has to say about a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Ledgers that were begun with this release, although the store was there before.
    pub begun: Vec<String>,
    /// Areas and years that keep their previous figures, because few of their records came or went.
    pub waits: Vec<String>,
    /// Areas and years that were drawn three times or more, with the number of draws.
    pub draws: Vec<(String, u32)>,
    /// Rules that the release was published in spite of, and the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
}

impl LedgerReport {
    /// Joins what multiple ledgers have to say.
    pub(super) fn of_all<'a>(reports: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for report in reports {
            all.begun.extend(report.begun.iter().cloned());
            all.waits.extend(report.waits.iter().cloned());
            all.draws.extend(report.draws.iter().cloned());
            let rules = report.overridden.iter().flat_map(|of| of.rules.clone());
            match &mut all.overridden {
                Some(known) => known.rules.extend(rules),
                None => all.overridden.clone_from(&report.overridden),
            }
        }
        if let Some(of) = &mut all.overridden {
            of.rules.sort();
            of.rules.dedup();
        }
        all
    }
}

/// The file: the ledger and a digest by which damage is seen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    ledger: Ledger,
    checksum: String,
}

impl Ledger {
    fn new(salt: String) -> Self {
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
    fn read(path: &Path) -> Result<Option<(Self, String)>> {
        let found = files::current(path);
        if !files::exists(&found) {
            return Ok(None);
        }
        let bytes = files::read_plain(&found, limits::LEDGER)?;
        let whole: Whole = serde_json::from_slice(&bytes).map_err(|_| damaged(path))?;
        if whole.checksum != checksum(&whole.ledger) || !whole.ledger.is_consistent() {
            return Err(damaged(path));
        }
        Ok(Some((whole.ledger, files::digest_of(&bytes))))
    }

    fn is_consistent(&self) -> bool {
        let is_known = |of: &AreaYear| of.releases.iter().all(|&release| release < self.releases.len());
        self.format == FORMAT
            && self.areas.iter().all(is_known)
            && self.areas.is_sorted_by(|a, b| (&a.area, &a.year) < (&b.area, &b.year))
    }

    /// Returns the bytes of the file.
    fn bytes(&self) -> Vec<u8> {
        json(&Whole { ledger: self.clone(), checksum: checksum(self) })
    }
}

impl Shape {
    /// Describes how tables are published.
    fn new(policy: &Policy, key: Option<&RoundingKey>, regions: &str, tables: &[Indicator]) -> Self {
        let rounds = policy.method == Method::Round;
        Self {
            method: if rounds { "round" } else { "suppress" }.to_owned(),
            threshold: policy.threshold,
            base: rounds.then_some(policy.base),
            zeros_hidden: if rounds { Vec::new() } else { policy.zeros.hidden.clone() },
            key: key.map(RoundingKey::fingerprint),
            regions: regions.to_owned(),
            tables: tables.iter().map(|table| (table.id.clone(), dimensions(table))).collect(),
        }
    }

    /// Returns whether the same counts would be suppressed under both, if the tables were the same.
    fn is_like(&self, other: &Self) -> bool {
        let parts = |of: &Self| (of.method.clone(), of.threshold, of.zeros_hidden.clone(), of.regions.clone());
        parts(self) == parts(other)
    }
}

/// Describes the cells of a table.
fn dimensions(table: &Indicator) -> String {
    let level = |id: &String| table.levels.get(id).map_or(String::new(), |level| format!("@{level}"));
    let of = table.all_dimensions().map(|id| match table.universe.get(id) {
        Some(code) => format!("{id}={code}"),
        None => format!("{id}{}", level(id)),
    });
    let counting = format!("{:?}", table.counting).to_lowercase();
    format!("{counting} by {}", of.collect::<Vec<_>>().join(", "))
}

fn checksum(ledger: &Ledger) -> String {
    files::digest_of(&serde_json::to_vec(ledger).expect("plain data"))
}

fn damaged(path: &Path) -> Error {
    Error::refused("ledger/damaged", "the ledger of the store is damaged, so nothing was published")
        .at(files::shown(path))
        .hint("put a copy back that was made before; `tipstat explain ledger/damaged` says what to do where there is none")
}

/// Returns what the ledger of a store says about exact counts of its records; nothing where nothing was rounded.
///
/// # Errors
/// The ledger is damaged.
pub fn rounded_records(store: &Path) -> Result<Option<String>> {
    let folder = files::current(store);
    let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == super::parts::STORE));
    let root = [Some(folder.as_path()), above].into_iter().flatten().find(|root| files::exists(&root.join(LEDGER)));
    let Some((ledger, _)) = root.map(|root| Ledger::read(&root.join(LEDGER))).transpose()?.flatten() else {
        return Ok(None);
    };
    let names = ledger.releases.iter().filter(|of| of.shape.method == "round").map(|of| of.release.as_str());
    let names: std::collections::BTreeSet<&str> = names.collect();
    Ok((!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(", ")))
}

/// Copies the ledger of a store into the stage of a store that takes its place.
///
/// # Errors
/// It cannot be copied.
pub fn keep_ledger(store: &Path, stage: &files::Stage) -> Result<()> {
    let from: PathBuf = files::current(&store.join(LEDGER));
    if files::exists(&from) { files::link_or_copy(&from, &stage.file(LEDGER)?) } else { Ok(()) }
}
