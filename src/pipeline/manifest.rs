//! What a run tells about itself: to the public, and to the house.

use serde::{Deserialize, Serialize};

use super::InputReport;
use crate::disseminate::Incomparable;

/// `manifest.json` of a release: hashes, versions, policy. No clock, no path, no count of persons.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseManifest {
    /// The sentence that stands on every output.
    pub caveat: String,
    /// Whether the records are made up.
    pub synthetic: bool,
    /// The release.
    pub release: String,
    /// Its title.
    pub title: String,
    /// Licence, where one was given.
    pub licence: Option<String>,
    /// The program and its version.
    pub program: String,
    /// The record type.
    pub record: String,
    /// Digest of all schemas.
    pub schemas: String,
    /// The region scheme.
    pub regions: String,
    /// What profiles change in the meaning of the figures.
    pub declares: Vec<String>,
    /// How much of the sources was left out because it could not be read, roughly: exact numbers stay in the house.
    #[serde(default)]
    pub left_out: Option<String>,
    /// Where the sources do not mean the same.
    #[serde(default)]
    pub differences: Vec<Incomparable>,
    /// Lists, schemes and packs whose source was not seen.
    pub unverified: Vec<String>,
    /// The policy.
    pub policy: PolicyManifest,
    /// What the attacker found.
    pub audit: AuditManifest,
    /// Tables that were not made because no source collects a dimension.
    pub not_collected: Vec<NotCollected>,
    /// Every file of the release but this one.
    pub files: Vec<FileEntry>,
}

/// The disclosure policy as it was applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyManifest {
    /// The name.
    pub id: String,
    /// The method.
    pub method: String,
    /// Only counts of at least so many are published.
    pub threshold: u64,
    /// Dimensions in which zeros are hidden.
    pub zeros_hidden: Vec<String>,
}

/// The audit of the release.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditManifest {
    /// What the attacker knows and does.
    pub attacker: String,
    /// Groups that the tables show.
    pub cells: usize,
    /// Sums that link them.
    pub constraints: usize,
    /// Blank groups, whatever the reason.
    pub blank: usize,
    /// Blank groups that were narrowed more than the policy allows.
    pub narrowed: usize,
}

/// A table that was not made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotCollected {
    /// The table.
    pub table: String,
    /// The dimension that no source collects.
    pub dimension: String,
}

/// A file of the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The name, with `/` between folders.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its BLAKE3 digest.
    pub blake3: String,
}

/// `run.json`, restricted: what was read, and what became of it.
#[derive(Debug, Serialize)]
pub(super) struct RunManifest<'a> {
    pub confidential: &'static str,
    pub release: &'a str,
    pub program: &'a str,
    pub schemas: &'a str,
    pub records: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub duplicates: u64,
    pub inputs: &'a [InputReport],
}
