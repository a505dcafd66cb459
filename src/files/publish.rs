//! Folders appear by rename, and a former one stays whole until the new one stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{exists, failure, live, shown};
use crate::error::{Error, Result};

/// What publishing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// There was nothing before.
    New,
    /// A former folder was replaced.
    Replaced,
}

/// The refusal to overwrite.
pub(crate) fn exists_already(path: &Path) -> Error {
    Error::refused("release/exists", "the output exists already and was left as it is")
        .at(shown(path))
        .hint("choose another place with `--out`, or pass `--force` to replace it")
}

/// Who may read a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everybody: a release.
    All,
    /// The owner alone: what is confidential.
    Owner,
}

/// Renames a finished folder to its target.
///
/// A former target is first renamed aside, and renamed back if the second rename fails, so that at no moment
/// a reader finds a half-written folder. Only `force` lets a former target be replaced.
pub fn publish_folder(finished: &Path, target: &Path, readers: Readers, force: bool) -> Result<Published> {
    let_in(readers, finished, target)?;
    let _placing = live::placing();
    if !exists(target) {
        fs::rename(finished, target).map_err(|cause| failure("put the output into place", target, cause))?;
        return Ok(Published::New);
    }
    if !force {
        return Err(exists_already(target));
    }
    refuse_foreign(finished, target)?;
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let aside = target.with_file_name(format!(".{name}.former"));
    remove(&aside)?;
    fs::rename(target, &aside).map_err(|cause| failure("replace the former output", target, cause))?;
    if let Err(cause) = fs::rename(finished, target) {
        let _ = fs::rename(&aside, target);
        return Err(failure("put the output into place", target, cause));
    }
    remove(&aside)?;
    Ok(Published::Replaced)
}

/// Renames a finished file, which is for the owner alone, to its target, which is replaced only by `force`.
pub fn publish_file(finished: &Path, target: &Path, force: bool) -> Result<()> {
    if !force && exists(target) {
        return Err(exists_already(target));
    }
    #[cfg(unix)]
    set_mode(finished, 0o600, target)?;
    let _placing = live::placing();
    fs::rename(finished, target).map_err(|cause| failure("put the output into place", target, cause))
}

/// Puts a former folder back that a killed run had renamed aside.
pub fn restore(target: &Path) {
    let Some(name) = target.file_name() else { return };
    let aside = target.with_file_name(format!(".{}.former", name.to_string_lossy()));
    if exists(&aside) && !exists(target) {
        let _ = fs::rename(&aside, target);
    }
}

fn remove(path: &Path) -> Result<()> {
    if exists(path) {
        fs::remove_dir_all(path).map_err(|cause| failure("remove the former output", path, cause))?;
    }
    Ok(())
}

/// Refuses to replace a folder that holds what no output of this kind holds: somebody's own file would be lost with it.
fn refuse_foreign(finished: &Path, target: &Path) -> Result<()> {
    let kind = |path: &Path| path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let own: BTreeSet<_> = super::list(finished)?.iter().map(|path| kind(path)).collect();
    let is_foreign = |path: &PathBuf| !own.contains(&kind(path)) && !is_litter(path);
    match super::list(target)?.into_iter().find(is_foreign) {
        Some(name) => Err(foreign(target, &super::slashed(&name))),
        None => Ok(()),
    }
}

/// The refusal to replace a folder with a file that is not the program's.
pub(crate) fn foreign(target: &Path, name: &str) -> Error {
    Error::refused("release/exists", "the folder holds a file that is not the program's, so it is not replaced")
        .at(shown(target))
        .with("file", name.to_owned())
        .hint("choose another place with `--out`, or move the file away")
}

/// What file managers leave everywhere is nobody's.
pub(crate) fn is_litter(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    [".ds_store", "thumbs.db", "desktop.ini"].contains(&name.as_str())
}

/// What is not public is for the owner alone, each file of it as well, because files are moved and sent.
#[cfg(unix)]
fn let_in(readers: Readers, finished: &Path, target: &Path) -> Result<()> {
    if readers == Readers::All {
        return set_mode(finished, 0o755, target);
    }
    super::list(finished)?.iter().try_for_each(|file| set_mode(&finished.join(file), 0o600, target))?;
    set_mode(finished, 0o700, target)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32, target: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|cause| failure("set the permissions of the output", target, cause))
}

/// Windows gives a new folder the access list of its parent, which in a user's own folder is the user's.
#[cfg(not(unix))]
fn let_in(_readers: Readers, _finished: &Path, _target: &Path) -> Result<()> {
    Ok(())
}
