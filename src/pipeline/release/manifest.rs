//! What a run reports about itself: to the public, and to the office.

use serde::{Deserialize, Serialize};

use crate::disseminate::{FieldLegibility, Incomparable};
use crate::pipeline::intake::KnownInput;
use crate::pipeline::ledger::Overridden;
use crate::pipeline::parts::PartEntry;
use crate::protect::{Method, Policy, Rounding};
use crate::schema::{Break, Declared, Override};

/// The file in which a release describes itself.
pub(in crate::pipeline) const MANIFEST: &str = "manifest.json";

/// The SHA-256 digests of all files of a release, the manifest's among them, for `sha256sum -c`.
pub(in crate::pipeline) const SUMS: &str = "SHA256SUMS";

/// `manifest.json` of a release: hashes, versions, policy. No clock, no path, no count of persons.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseManifest {
    /// The sentence that is on every output.
    pub caveat: String,
    /// True if the records are synthetic.
    pub synthetic: bool,
    /// True if it is a draft, which is not for publication.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// The release.
    pub release: String,
    /// The number of the run that made it, and a store alongside: a digest of all that this manifest says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
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
    /// Files of `--schemas` that took the place of built-in ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// The region scheme.
    pub regions: String,
    /// The edition of populations, where a table divides by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub populations: Option<String>,
    /// What profiles change in the meaning of the figures.
    pub declares: Vec<String>,
    /// How much of the sources was left out because it could not be read, roughly: exact numbers are confidential.
    #[serde(default)]
    pub left_out: Option<String>,
    /// How much of each field is unknown at the source, and how much was not understood, in rounded shares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legibility: Vec<FieldLegibility>,
    /// Where the sources do not mean the same.
    #[serde(default)]
    pub differences: Vec<Incomparable>,
    /// Breaks in series, by area.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Break>,
    /// Who is declared to have reported which years, where records cannot show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<Declared>,
    /// Lists, schemes and packs whose source was not seen.
    pub unverified: Vec<String>,
    /// The policy.
    pub policy: PolicyManifest,
    /// What the attacker found.
    pub audit: AuditManifest,
    /// Tables without figures, because no source collects a dimension.
    pub not_collected: Vec<NotCollected>,
    /// The releases, stores and files that it combines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceManifest>,
    /// Rules on earlier releases of the same records that it was published in spite of, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<Overridden>,
    /// The file of SHA-256 digests of all files, this one among them; it is not in the list. Earlier versions wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<String>,
    /// Every file of the release but this one and that of the checksums.
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
    /// Of rounded counts, the base: small ones are multiples of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// Which lines tables do not have, which codes are joined, and which tables are published first; empty where none are.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lines: String,
}

impl PolicyManifest {
    /// A policy, or none where the figures are public already.
    pub(in crate::pipeline) fn of(policy: Option<&Policy>) -> Self {
        match policy {
            Some(policy) => {
                let (method, zeros_hidden, base) = match policy.method {
                    Method::Suppress | Method::Auto => ("suppression", policy.zeros.hidden.clone(), None),
                    Method::Round => ("rounding", Vec::new(), Some(policy.base)),
                };
                let lines = if policy.method == Method::Round { String::new() } else { policy.lines() };
                let (id, threshold) = (policy.id.clone(), policy.threshold);
                Self { id, method: method.into(), threshold, zeros_hidden, base, lines }
            }
            None => Self {
                id: "none".into(),
                method: "sums of figures that are public already".into(),
                threshold: 0,
                zeros_hidden: Vec::new(),
                base: None,
                lines: String::new(),
            },
        }
    }
}

/// What a release combines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceManifest {
    /// Its name: the id of a release, or the name of a store or file, without its folder.
    pub package: String,
    /// `release`, `records` that were protected first, or `figures` of a publisher.
    pub kind: String,
    /// The digest of its manifest or of its file, where that is public. A digest of confidential records would confirm a
    /// guess about a small file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// The id of the key that signed it, where a keyring was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// The policy under which its counts were published, and its threshold.
    pub policy: String,
    /// Of rounded counts, the bases: small ones are multiples of one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<u64>,
    /// How many of its figures could not be read, where any could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Its countries.
    pub areas: Vec<String>,
    /// Its first and its last year.
    pub years: Option<[u16; 2]>,
}

impl SourceManifest {
    /// Names a package, its kind and its policy.
    pub fn new(package: &str, kind: &str, policy: String) -> Self {
        Self {
            package: package.to_owned(),
            kind: kind.to_owned(),
            blake3: None,
            signed_by: None,
            policy,
            bases: Vec::new(),
            left_out: None,
            areas: Vec::new(),
            years: None,
        }
    }
}

/// Returns the bases of all rounded counts of a release, in ascending order: its own, and those of the releases that it combines.
pub(in crate::pipeline) fn bases(base: Option<u64>, sources: &[SourceManifest]) -> Vec<u64> {
    let mut all: Vec<u64> = sources.iter().flat_map(|source| source.bases.iter().copied()).chain(base).collect();
    all.sort_unstable();
    all.dedup();
    all
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
    /// Suppressed cells, whatever the reason.
    pub blank: usize,
    /// Suppressed cells that were narrowed more than the policy allows.
    pub narrowed: usize,
    /// How rounding changed the counts. The largest change is not shown: it would narrow every count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounded: Option<RoundedManifest>,
    /// The method and why it was chosen, where the policy leaves it to the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
}

/// How rounding changed the counts of a release.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoundedManifest {
    /// Small counts are multiples of it.
    pub base: u64,
    /// A limit of the mean of the absolute change, in steps; none where few counts are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_change: Option<f64>,
    /// A limit of the absolute change that 95 percent of the counts do not exceed, in steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_change: Option<u64>,
}

impl RoundedManifest {
    pub(in crate::pipeline) fn of(rounding: &Rounding) -> Self {
        let Rounding { base, all, .. } = rounding;
        Self { base: *base, mean_change: all.map(|change| change.mean), p95_change: all.map(|change| change.p95) }
    }
}

/// A table without figures.
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

/// `run.json`, confidential: what was read, and the result.
#[derive(Debug, Serialize)]
pub(in crate::pipeline) struct RunManifest<'a> {
    pub confidential: &'static str,
    pub release: &'a str,
    /// The number of the run, which the manifest of its release holds too.
    pub run: Option<&'a str>,
    pub program: &'a str,
    pub synthetic: bool,
    pub schemas: &'a str,
    #[serde(skip_serializing_if = "<[Override]>::is_empty")]
    pub overrides: &'a [Override],
    pub records: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub duplicates: u64,
    /// The fingerprint of the key under which persons bear pseudonyms.
    pub person_key: Option<String>,
    /// The files of the store.
    pub parts: &'a [PartEntry],
    pub inputs: Vec<KnownInput<'a>>,
    /// A release made of the store must know who reported.
    #[serde(skip_serializing_if = "<[Declared]>::is_empty")]
    pub coverage: &'a [Declared],
    /// The breaks in series that the run file declares, for the same reason.
    #[serde(skip_serializing_if = "<[Break]>::is_empty")]
    pub breaks: &'a [Break],
}
