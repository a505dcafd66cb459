//! Outputs appear by one rename, and a previous one stays whole until the new one is on the disk.
//!
//! The order is always the same: permissions, then every file and folder is synced, then the rename, then the folder above
//! is synced, and only then the previous output is removed.
//!
//! A folder takes the place of a previous one by an exchange. Where the system has none, the previous one is first renamed to
//! `.tipstat-NAME.previous`. Outputs that belong together are renamed as one folder, `.tipstat-commit`: from then on they are what is
//! there, even if the program is killed before each is in its place. [`super::current`] finds them for readers, and `heal`
//! completes what was begun.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::heal::{COMMIT, aside, place_committed, remove_previous};
use super::path::{parent, shown};
use super::read::{exists, failure};
use super::stage::Stage;
use super::{disk, live};
use crate::error::{Error, Result};

/// What publishing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// There was nothing before.
    New,
    /// A previous folder was replaced.
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
    /// All users: a release.
    All,
    /// The owner alone: what is confidential.
    Owner,
}

/// What happens to a previous output in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It stays, and the new output is refused.
    Kept,
    /// It is replaced.
    Replaced,
}

impl From<bool> for Previous {
    /// Reads a flag such as `--force`.
    fn from(force: bool) -> Self {
        if force { Self::Replaced } else { Self::Kept }
    }
}

/// Puts a finished folder into its place.
pub fn publish_folder(finished: &Path, target: &Path, readers: Readers, previous: Previous) -> Result<Published> {
    if exists(target) {
        if previous == Previous::Kept {
            return Err(exists_already(target));
        }
        refuse_foreign(finished, target)?;
    }
    prepare(finished, target, readers)?;
    let _placing = live::placing();
    let misplaced = |cause| failure("put the output into place", target, cause);
    if !exists(target) {
        disk::rename(finished, target).map_err(misplaced)?;
        sync_above(finished, target)?;
        return Ok(Published::New);
    }
    if disk::exchange(finished, target).is_ok() {
        sync_above(finished, target)?;
        remove_previous(finished, target)?;
        return Ok(Published::Replaced);
    }
    let aside = aside(target);
    disk::rename(target, &aside).map_err(|cause| failure("replace the previous output", target, cause))?;
    if let Err(cause) = disk::rename(finished, target) {
        let _ = disk::rename(&aside, target);
        return Err(misplaced(cause));
    }
    sync_above(finished, target)?;
    remove_previous(&aside, target)?;
    Ok(Published::Replaced)
}

/// Puts finished folders of a stage into their places, all of them by one rename. `outputs` are their names, in the stage and
/// in the folder of the target, and who may read them.
pub fn publish_together(
    stage: &Stage,
    folder: &Path,
    outputs: &[(&str, Readers)],
    previous: Previous,
) -> Result<Published> {
    let mut published = Published::New;
    for (name, readers) in outputs {
        let (finished, target) = (stage.path().join(name), folder.join(name));
        if exists(&target) {
            if previous == Previous::Kept {
                return Err(exists_already(&target));
            }
            refuse_foreign(&finished, &target)?;
            published = Published::Replaced;
        }
        prepare(&finished, &target, *readers)?;
    }
    let misplaced = |cause| failure("put the output into place", folder, cause);
    disk::sync_folder(stage.path()).map_err(misplaced)?;
    let commit = folder.join(COMMIT);
    let _placing = live::placing();
    disk::rename(stage.path(), &commit).map_err(misplaced)?;
    let placed = disk::sync_folder(folder)
        .map_err(misplaced)
        .and_then(|()| outputs.iter().try_for_each(|(name, _)| place_committed(&folder.join(name))));
    placed.map_err(|error| {
        error.hint("the new output is complete, and the next command that writes there puts it into its place")
    })?;
    Ok(published)
}

/// Puts a finished file, which is for the owner alone, into its place.
pub fn publish_file(finished: &Path, target: &Path, previous: Previous) -> Result<()> {
    publish_file_for(Readers::Owner, finished, target, previous)
}

fn publish_file_for(readers: Readers, finished: &Path, target: &Path, previous: Previous) -> Result<()> {
    if previous == Previous::Kept && exists(target) {
        return Err(exists_already(target));
    }
    let misplaced = |cause| failure("put the output into place", target, cause);
    #[cfg(unix)]
    disk::set_mode(finished, mode(readers).0).map_err(misplaced)?;
    #[cfg(not(unix))]
    let _ = readers;
    disk::sync_file(finished).map_err(misplaced)?;
    let _placing = live::placing();
    disk::rename(finished, target).map_err(misplaced)?;
    disk::sync_folder(parent(target)).map_err(misplaced)
}

/// One file that appears whole or not at all.
#[derive(Clone, Copy, Debug)]
pub struct FileOutput<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Who may read it.
    pub readers: Readers,
    /// What happens to a previous one.
    pub previous: Previous,
}

impl FileOutput<'_> {
    /// Writes the file by a stage that was made for it.
    pub fn write(&self, stage: &Stage, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut writer = stage.create("file")?;
        fill(&mut writer)?;
        writer.into_inner().map_err(|cause| failure("write the file", self.path, cause.into_error()))?;
        publish_file_for(self.readers, &stage.file("file")?, self.path, self.previous)
    }
}

/// Makes a finished folder ready: its permissions are those of its readers, and all of it is on the disk.
fn prepare(finished: &Path, target: &Path, readers: Readers) -> Result<()> {
    let names = super::list(finished)?;
    let mut folders: BTreeSet<PathBuf> =
        names.iter().flat_map(|name| name.ancestors().skip(1)).map(|name| finished.join(name)).collect();
    folders.insert(finished.to_path_buf());
    let ready = || -> std::io::Result<()> {
        #[cfg(unix)]
        {
            let (file, folder) = mode(readers);
            names.iter().try_for_each(|name| disk::set_mode(&finished.join(name), file))?;
            // From the deepest one up, so that nothing is open before all that is in it.
            folders.iter().rev().try_for_each(|path| disk::set_mode(path, folder))?;
        }
        #[cfg(not(unix))]
        let _ = readers;
        names.iter().try_for_each(|name| disk::sync_file(&finished.join(name)))?;
        folders.iter().rev().try_for_each(|path| disk::sync_folder(path))
    };
    ready().map_err(|cause| failure("write the output", target, cause))
}

/// Waits until a rename is on the disk.
fn sync_above(from: &Path, to: &Path) -> Result<()> {
    let sync = |path: &Path| disk::sync_folder(parent(path));
    sync(to).and_then(|()| sync(from)).map_err(|cause| failure("put the output into place", to, cause))
}

/// Refuses to replace a folder that holds what no output of this kind holds: somebody's own file would be lost with it.
fn refuse_foreign(finished: &Path, target: &Path) -> Result<()> {
    let kind = |path: &Path| path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let kinds: BTreeSet<_> = super::list(finished)?.iter().map(|path| kind(path)).collect();
    let is_foreign = |path: &PathBuf| !kinds.contains(&kind(path)) && !is_litter(path);
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

/// What file managers leave everywhere belongs to no output.
pub(crate) fn is_litter(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    [".ds_store", "thumbs.db", "desktop.ini"].contains(&name.as_str())
}

/// The permissions of files and of folders. What is confidential is for the owner alone, each file of it as well, because
/// files are moved and sent. Windows gives a new folder the access list of its parent instead.
#[cfg(unix)]
fn mode(readers: Readers) -> (u32, u32) {
    match readers {
        Readers::All => (0o644, 0o755),
        Readers::Owner => (0o600, 0o700),
    }
}

/// Returns why others can read what is confidential, where the system or the disk keeps no permissions.
pub fn unprotected(path: &Path) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::symlink_metadata(path).is_ok_and(|kind| kind.permissions().mode() & 0o077 != 0);
        let why = if super::system::is_of_another(path) {
            "it belongs to another user"
        } else {
            "this disk keeps no permissions"
        };
        open.then_some(why)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Some("this system keeps no permissions that tipstat sets")
    }
}
