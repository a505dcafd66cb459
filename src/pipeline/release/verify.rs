//! Re-hashes a release against its manifest: the one reader of releases that come from elsewhere.
//!
//! A partner's folder is checked before anything of it is used: plain files only, the files of the list and no others, sizes
//! before contents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::manifest::{MANIFEST, ReleaseManifest, SUMS};
use super::signature::{SIGNATURE, SignerKey, signer};
use crate::error::{Error, Result};
use crate::pipeline::parts::read_run_mark;
use crate::schema::Override;
use crate::{files, limits};

/// How a file differs from the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "kebab-case")]
pub enum Difference {
    /// The file's bytes are others.
    Changed {
        /// The file.
        path: String,
    },
    /// The manifest names a file that is not there.
    Missing {
        /// The file.
        path: String,
    },
    /// A file is there that the manifest does not name.
    Unknown {
        /// The file.
        path: String,
    },
}

impl Difference {
    /// The file that differs, by its name within the release.
    pub fn path(&self) -> &str {
        match self {
            Self::Changed { path } | Self::Missing { path } | Self::Unknown { path } => path,
        }
    }
}

/// Result of [`verify`].
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The release.
    pub release: String,
    /// Files that were hashed.
    pub files: usize,
    /// Schemas of the release that took the place of built-in ones, such as a policy with a lower threshold.
    pub overrides: Vec<Override>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// The SHA-256 digest of the manifest, which its publisher can announce.
    pub manifest_sha256: String,
    /// The same digest of the release in the place that was named, where that one is about to be replaced by the other: a run was
    /// killed, or is going on.
    pub previous_sha256: Option<String>,
    /// True if there is a signature next to the manifest.
    pub has_signature: bool,
    /// The id of the key that signed the manifest, where a key was given to check it.
    pub signed_by: Option<String>,
    /// What the release says of itself.
    #[serde(skip)]
    pub manifest: ReleaseManifest,
}

/// Re-hashes every file of a release, and looks for files that are not part of it. With a key, its signature is checked first.
///
/// # Errors
/// The folder is not a release, its manifest cannot be read or lists no table, or it holds anything but plain files. With a key:
/// there is no signature, or it is not of this key and this manifest.
pub fn verify(folder: &Path, key: Option<&SignerKey>) -> Result<Verified> {
    let named = folder;
    let folder = &*files::current(named);
    let checked = Checked::open(folder)?;
    // Whoever reads the place that was named finds this one there. It must hold as well: it could be a forged one, and the
    // other one a genuine one that is shown for it.
    let previous = if folder != named && files::exists(named) { Some(Checked::open(named)?) } else { None };
    let store = files::current(&folder.with_file_name("restricted"));
    // Whoever may not read the store cannot compare it.
    if let Some(run) = read_run_mark(&store).ok().flatten() {
        refuse_different(folder, checked.manifest.run.as_deref(), run["run"].as_str())?;
    }
    let signed_by = key.map(|key| signer(folder, &checked.bytes, [key])).transpose()?.map(|key| key.id().to_owned());
    let mut differences = checked.differences(folder)?;
    if let Some(previous) = &previous {
        key.map(|key| signer(named, &previous.bytes, [key])).transpose()?;
        differences.extend(previous.differences(named)?);
    }
    Ok(Verified {
        release: checked.manifest.release.clone(),
        files: checked.manifest.files.len(),
        overrides: checked.manifest.overrides.clone(),
        differences,
        manifest_sha256: files::sha256_of(&checked.bytes),
        previous_sha256: previous.map(|previous| files::sha256_of(&previous.bytes)),
        has_signature: checked.there.contains_key(SIGNATURE),
        signed_by,
        manifest: checked.manifest,
    })
}

/// A release whose manifest was read and whose files were listed.
pub(in crate::pipeline) struct Checked {
    /// The manifest.
    pub manifest: ReleaseManifest,
    /// The bytes of the manifest.
    pub bytes: Vec<u8>,
    /// The files that are there, by their name with `/`.
    there: BTreeMap<String, PathBuf>,
}

impl Checked {
    /// Reads the manifest of this very folder, and lists its files.
    pub fn open(folder: &Path) -> Result<Self> {
        if !is_release(folder) {
            let error = Error::failed("there is no release here: `manifest.json` is missing").at(files::shown(folder));
            let inner = folder.join("release");
            return Err(if is_release(&inner) {
                error.hint(format!("name the folder of the release itself: `{}`", files::shown(&inner)))
            } else {
                error.hint("name the folder `release` that `tipstat run` made")
            });
        }
        let there = files::list_plain(folder)?.into_iter().map(|path| (files::slashed(&path), path)).collect();
        let (manifest, bytes) = manifest_of(folder)?;
        if !manifest.files.iter().any(|file| file.path.starts_with("tables/")) {
            return Err(Error::refused(
                "release/differs",
                "the manifest lists no table, so it says nothing of any figure",
            )
            .at(files::shown(&folder.join(MANIFEST)))
            .hint("do not use the release; get it again from its publisher"));
        }
        Ok(Self { manifest, bytes, there })
    }

    /// Compares the files of the folder with the list.
    ///
    /// Only a name that was found in the folder is opened, so no name leads out of it.
    pub fn differences(&self, folder: &Path) -> Result<Vec<Difference>> {
        let mut there = self.there.clone();
        there.remove(MANIFEST);
        there.remove(SIGNATURE);
        let mut out = Vec::new();
        let mut sums = BTreeMap::from([(MANIFEST, files::sha256_of(&self.bytes))]);
        for file in &self.manifest.files {
            let path = file.path.clone();
            let Some(name) = there.remove(&path) else {
                out.push(Difference::Missing { path });
                continue;
            };
            let full = folder.join(name);
            // What has another size is not read.
            let digests = match files::size(&full) == Some(file.bytes) {
                true => Some(files::digests(&full)?).filter(|digests| digests.blake3 == file.blake3),
                false => None,
            };
            match digests {
                Some(digests) => drop(sums.insert(&file.path, digests.sha256)),
                None => out.push(Difference::Changed { path }),
            }
        }
        if self.manifest.checksums.as_deref() == Some(SUMS) {
            let path = SUMS.to_owned();
            let expected = sums_of(&sums);
            let is_right = || {
                let full = folder.join(SUMS);
                Ok(files::size(&full) == Some(expected.len() as u64)
                    && files::read_plain(&full, expected.len() as u64)? == expected.as_bytes())
            };
            // A changed file is named once, and not again because of its line.
            match there.remove(SUMS) {
                None => out.push(Difference::Missing { path }),
                Some(_) if out.is_empty() && !is_right()? => out.push(Difference::Changed { path }),
                Some(_) => {}
            }
        }
        out.extend(there.into_keys().map(|path| Difference::Unknown { path }));
        Ok(out)
    }
}

/// Returns the text of `SHA256SUMS`: a digest and a name a line.
pub(in crate::pipeline) fn sums_of(sums: &BTreeMap<&str, String>) -> String {
    sums.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
}

/// Returns the names of all files of a release that the program made, or nothing where a folder is none. Other programs have
/// a `manifest.json` as well.
pub(in crate::pipeline) fn own_files(folder: &Path) -> Option<BTreeSet<String>> {
    let (manifest, _) = manifest_of(folder).ok().filter(|(stated, _)| stated.program.starts_with("tipstat "))?;
    let listed = manifest.files.into_iter().map(|file| file.path);
    Some(listed.chain([MANIFEST, SUMS, SIGNATURE].map(str::to_owned)).collect())
}

/// Refuses a store next to the release of another run: neither says anything about the other.
pub(in crate::pipeline) fn refuse_other_run(store: &Path, run: &Value) -> Result<()> {
    let release = files::current(&store.with_file_name("release"));
    let of_release = is_release(&release).then(|| manifest_of(&release).ok()?.0.run).flatten();
    refuse_different(store, of_release.as_deref(), run["run"].as_str())
}

/// A store of `ingest` has no number, and neither has a release of an earlier version.
fn refuse_different(place: &Path, release: Option<&str>, store: Option<&str>) -> Result<()> {
    match release.zip(store) {
        Some((release, store)) if release != store => Err(Error::refused(
            "release/other-run",
            "the release and the store alongside it were made by different runs",
        )
        .at(files::shown(place))
        .hint("make both again: `tipstat run --force`")),
        _ => Ok(()),
    }
}

/// Reads what a release says of itself, with its bytes.
fn manifest_of(folder: &Path) -> Result<(ReleaseManifest, Vec<u8>)> {
    let path = folder.join(MANIFEST);
    let bytes = files::read_plain(&path, limits::NOTE)?;
    let manifest = serde_json::from_slice(&bytes).map_err(|cause| {
        Error::refused("release/differs", "the manifest cannot be read")
            .at(files::shown(&path))
            .because(cause)
            .hint("do not use the release; get it again from its publisher")
    })?;
    Ok((manifest, bytes))
}

/// Returns whether a folder has the manifest of a release.
fn is_release(folder: &Path) -> bool {
    files::exists(&folder.join(MANIFEST))
}

/// Returns the folder of a package that is a release: the one that is named, or else the one that a run made in it.
///
/// The named folder comes first. What is checked is then what is used, whatever is below it.
pub(in crate::pipeline) fn release_of(folder: &Path) -> Option<PathBuf> {
    [folder.to_path_buf(), folder.join("release")]
        .map(|folder| files::current(&folder))
        .into_iter()
        .find(|folder| is_release(folder))
}
