//! Small changes of the disk, outside a stage.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::path::parent;
use super::read::failure;
use super::{disk, system};
use crate::error::Result;

/// Makes a file without a name for its owner alone. It vanishes with the program.
pub fn nameless() -> io::Result<File> {
    disk::nameless()
}

/// Gives a file a second name, or makes a copy of it where the disk knows no second names.
///
/// A file that has further names is copied: what is done to the second name would be done to files elsewhere.
///
/// # Errors
/// It is not a plain file: what a link leads to is somewhere else, and not the caller's.
pub fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> io::Result<()> {
        if !fs::symlink_metadata(from)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
        }
        if system::is_single(from) && disk::link(from, to).is_ok() {
            return Ok(());
        }
        io::copy(&mut File::open(from)?, &mut disk::create(to)?).map(drop)
    };
    copy().map_err(|cause| failure("copy the file", from, cause))
}

/// Makes a folder for its owner alone, and closes one that is there.
///
/// A disk without permissions, and a folder of somebody else's, stay as they are: `unprotected` finds them.
pub fn make_closed(folder: &Path) -> Result<()> {
    disk::make_parents(parent(folder), 0o755)
        .and_then(|_| disk::make_parents(folder, 0o700))
        .and_then(|made| made.iter().try_for_each(|made| disk::sync_folder(parent(made))))
        .and_then(|()| close(folder))
        .map_err(|cause| failure("make the folder", folder, cause))
}

#[cfg(unix)]
fn close(folder: &Path) -> io::Result<()> {
    match disk::set_mode(folder, 0o700) {
        Err(cause) if matches!(cause.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => Ok(()),
        closed => closed,
    }
}

#[cfg(not(unix))]
fn close(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<()> {
    disk::remove_file(path).map_err(|cause| failure("remove the file", path, cause))
}
