//! What a killed run left at the place of an output.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk;
use super::path::{parent, shown};
use super::plain::is_link;
use super::read::{exists, failure};
use super::stage::hidden;
use super::system::is_planted;
use crate::error::{Error, Result};

/// The folder in which outputs that belong together wait for their places.
pub(super) const COMMIT: &str = ".tipstat-commit";

/// In that folder, the folder of the outputs that were there before.
const PREVIOUS: &str = ".tipstat-previous";

/// Returns where an output is read: in its place, or where a run that is going on or was killed has put it. The same holds for
/// what is in an output.
pub fn current(path: &Path) -> PathBuf {
    let whereabouts = |path: &Path| {
        // The program makes no links, so one is somebody's, and leads elsewhere.
        let is_there = |found: &Path| exists(found) && !is_link(found) && !is_planted(found, path);
        let commit = path.file_name().map(|name| (path.with_file_name(COMMIT), name));
        let committed = commit.filter(|(commit, _)| is_there(commit)).map(|(commit, name)| commit.join(name));
        if let Some(committed) = committed.filter(|committed| is_there(committed)) {
            return Some(committed);
        }
        let previous = path.file_name().map(|_| aside(path));
        previous.filter(|previous| !exists(path) && is_there(previous))
    };
    let found = path.ancestors().take_while(|path| path.file_name().is_some()).find_map(|above| {
        let rest = path.strip_prefix(above).ok()?;
        whereabouts(above).map(|found| if rest == Path::new("") { found } else { found.join(rest) })
    });
    found.unwrap_or_else(|| path.to_path_buf())
}

/// Completes what a killed run began at a target: the previous or the new output is put into its place, and nothing else is
/// kept. Whoever calls holds the lock.
pub(super) fn heal(target: &Path) -> Result<()> {
    place_committed(target)?;
    let previous = aside(target);
    if !exists(&previous) {
        return Ok(());
    }
    refuse_foreign(&previous, target)?;
    if exists(target) {
        return remove_previous(&previous, target);
    }
    disk::rename(&previous, target).map_err(|cause| failure("put the previous output back", target, cause))?;
    disk::sync_folder(parent(target)).map_err(|cause| failure("put the previous output back", target, cause))
}

/// Refuses to replace a folder that its owner has made read-only, or that holds such a folder: the new output would be in its
/// place, and the previous one could not be removed.
#[cfg(unix)]
pub(super) fn refuse_read_only(target: &Path) -> Result<()> {
    fn read_only(path: &Path) -> Option<PathBuf> {
        let kind = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_dir)?;
        if kind.permissions().readonly() {
            return Some(path.to_path_buf());
        }
        fs::read_dir(path).ok()?.flatten().find_map(|entry| read_only(&entry.path()))
    }
    let Some(folder) = read_only(target) else { return Ok(()) };
    Err(Error::failed("the previous output is read-only, so nothing was written")
        .at(shown(&folder))
        .hint("choose another place, or let its owner write into it: `chmod -R u+w FOLDER`"))
}

/// Windows keeps that mark for folders with a picture, and removes them.
#[cfg(not(unix))]
pub(super) fn refuse_read_only(_target: &Path) -> Result<()> {
    Ok(())
}

/// Puts an output that was committed into its place, and ends the commit with the last of them.
pub(super) fn place_committed(target: &Path) -> Result<()> {
    let commit = target.with_file_name(COMMIT);
    let Some(name) = target.file_name().filter(|_| exists(&commit)) else { return Ok(()) };
    let misplaced = |cause| failure("put the output into place", target, cause);
    let waiting = commit.join(name);
    // The previous output, which may be confidential, would be moved to where a link leads.
    [&commit, &commit.join(PREVIOUS), &waiting].into_iter().try_for_each(|path| refuse_foreign(path, target))?;
    if exists(&waiting) {
        let previous = commit.join(PREVIOUS).join(name);
        disk::make_parents(parent(&previous), 0o700).map_err(misplaced)?;
        if exists(target) {
            disk::rename(target, &previous).map_err(misplaced)?;
        }
        disk::rename(&waiting, target).map_err(misplaced)?;
    }
    let is_last = fs::read_dir(&commit).map_err(misplaced)?.flatten().all(|entry| entry.file_name() == PREVIOUS);
    if !is_last {
        return Ok(());
    }
    // The names that came before those that went, so that at no moment neither is on the disk.
    disk::sync_folder(parent(target)).map_err(misplaced)?;
    disk::sync_folder(&commit).map_err(misplaced)?;
    remove_previous(&commit, target)
}

/// Refuses what has a name that the program gives what it has begun, and is a link, which the program never makes, or belongs
/// to somebody else, who could so choose what the output is.
fn refuse_foreign(path: &Path, target: &Path) -> Result<()> {
    let foreign = |what: &str| {
        let what = format!("{what} has a name of the program's own, so nothing was read or changed");
        Error::refused("folder/not-plain", what).at(shown(path))
    };
    if is_link(path) {
        return Err(foreign("a link").hint("find out who made it and where it leads, and remove it"));
    }
    if is_planted(path, target) {
        return Err(foreign("what belongs to another user").hint("find out who made it, and remove it"));
    }
    Ok(())
}

/// Where a previous output is while a new one takes its place.
pub(super) fn aside(target: &Path) -> PathBuf {
    hidden(target, ".previous")
}

pub(super) fn remove_previous(path: &Path, target: &Path) -> Result<()> {
    disk::remove_all(path).map_err(|cause| {
        failure("remove the previous output", target, cause)
            .hint("the new output is in its place; the next command that writes there removes what is left")
    })
}
