//! Re-hashes a release against its manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ReleaseManifest;
use crate::error::{Error, Result};
use crate::files;

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

/// What a verification found.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The release.
    pub release: String,
    /// Files that were hashed.
    pub files: usize,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// Re-hashes every file of a release, and looks for files that are not part of it.
pub fn verify(folder: &Path) -> Result<Verified> {
    let Some(folder) = &release_of(folder) else {
        return Err(Error::failed("there is no release here: `manifest.json` is missing")
            .at(files::shown(folder))
            .hint("name the folder `release` that `tipstat run` made"));
    };
    let manifest = manifest_of(folder)?;
    let mut there: BTreeMap<String, _> =
        files::list(folder)?.into_iter().map(|path| (files::slashed(&path), path)).collect();
    there.remove("manifest.json");
    let mut differences = Vec::new();
    let count = manifest.files.len();
    for file in manifest.files {
        match there.remove(&file.path) {
            None => differences.push(Difference::Missing { path: file.path }),
            Some(path) if files::digest(&folder.join(&path))? != file.blake3 => {
                differences.push(Difference::Changed { path: file.path });
            }
            Some(_) => {}
        }
    }
    differences.extend(there.into_keys().map(|path| Difference::Unknown { path }));
    Ok(Verified { release: manifest.release, files: count, differences })
}

/// Refuses to replace a release beside whose files somebody keeps others, which its manifest does not name.
pub(super) fn refuse_unnamed(folder: &Path) -> Result<()> {
    if !files::exists(&folder.join("manifest.json")) {
        return Ok(());
    }
    // A manifest that cannot be read names nothing.
    let named = manifest_of(folder).map(|of| of.files).unwrap_or_default();
    let named: BTreeSet<String> = named.into_iter().map(|file| file.path).collect();
    let there = files::list(folder)?.into_iter().filter(|path| !files::is_litter(path));
    let mut there = there.map(|path| files::slashed(&path)).filter(|name| name != "manifest.json");
    match there.find(|name| !named.contains(name)) {
        Some(name) => Err(files::foreign(folder, &name)),
        None => Ok(()),
    }
}

/// What a release says of itself.
fn manifest_of(folder: &Path) -> Result<ReleaseManifest> {
    let path = folder.join("manifest.json");
    serde_json::from_slice(&files::read(&path)?).map_err(|cause| {
        Error::refused("release/differs", "the manifest cannot be read").at(files::shown(&path)).because(cause)
    })
}

/// The folder of a release: the one that is named, or the one in the folder of a run.
pub(super) fn release_of(folder: &Path) -> Option<PathBuf> {
    let inner = folder.join("release");
    [inner, folder.to_path_buf()].into_iter().find(|folder| files::exists(&folder.join("manifest.json")))
}
