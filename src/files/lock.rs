//! One writer an output: a lock that the system ends with its process.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::{disk, failure, shown, system};
use crate::error::{Error, Result};

/// A claim on an output. It ends when it is dropped, and with the process, however that ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
    /// The file, which is removed with the claim.
    path: Option<PathBuf>,
}

/// So often is a lock opened again that somebody else has just removed.
const ATTEMPTS: usize = 100;

impl Lock {
    /// Claims an output by the file of its lock; nothing where the disk knows no locks.
    ///
    /// # Errors
    /// Another run holds it, or the file cannot be made.
    pub fn claim(path: &Path, target: &Path) -> Result<Option<Self>> {
        for _ in 0..ATTEMPTS {
            // The owner is written into the file, so a link or a second name would overwrite somebody's.
            refuse_foreign(path)?;
            let mut file = match disk::open_lock(path) {
                Ok(file) => file,
                // Of another user, who works on the same output.
                Err(_) if fs::symlink_metadata(path).is_ok_and(|kind| kind.is_file()) && !is_ours(path) => {
                    return Err(in_use(target, None));
                }
                Err(cause) => return Err(failure("write into the folder", super::parent(target), cause)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(in_use(target, owner(file, path))),
                Err(TryLockError::Error(_)) => {
                    let _ = disk::remove_file(path);
                    return Ok(None);
                }
            }
            // The previous owner may have removed the file between the two steps.
            if is_same(&file, path) {
                refuse_foreign(path)?;
                let owner = format!("process {} on `{}`\n", std::process::id(), host());
                let mut apart =
                    note_of(path).filter(|note| !is_foreign(note)).and_then(|note| disk::open_lock(&note).ok());
                let note = apart.as_mut().unwrap_or(&mut file);
                let _ = note.set_len(0).and_then(|()| note.rewind()).and_then(|()| note.write_all(owner.as_bytes()));
                return Ok(Some(Self { _file: file, path: Some(path.to_path_buf()) }));
            }
        }
        Err(in_use(target, None))
    }

    /// Returns the files of the lock, where it has some of its own.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let note = self.path.as_deref().and_then(note_of);
        self.path.clone().into_iter().chain(note)
    }

    /// Returns whether what is locked vanishes with the stage that it is for.
    pub fn is_in_stage(&self) -> bool {
        self.path.is_none()
    }

    /// Locks a folder that vanishes with its process; nothing where another process holds it, or where the system cannot.
    pub fn of_folder(folder: &Path) -> Option<Self> {
        // Windows opens no folders.
        if cfg!(windows) { Self::in_folder(folder) } else { Self::of_file(File::open(folder).ok()?, folder) }
    }

    /// The same by a file in the folder.
    fn in_folder(folder: &Path) -> Option<Self> {
        let path = folder.join(".lock");
        Self::of_file(disk::open_lock(&path).ok()?, &path)
    }

    fn of_file(file: File, path: &Path) -> Option<Self> {
        file.try_lock().ok()?;
        is_same(&file, path).then_some(Self { _file: file, path: None })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only where a run can check whether the file that it has locked is still the one of this name.
        if cfg!(any(unix, windows)) {
            self.paths().for_each(|path| drop(disk::remove_file(&path)));
        }
    }
}

/// Returns the file that names the owner, where it is not that of the lock: Windows lets no other process read what is locked.
fn note_of(lock: &Path) -> Option<PathBuf> {
    (!cfg!(unix)).then(|| lock.with_extension("owner"))
}

fn in_use(target: &Path, owner: Option<String>) -> Error {
    let error = Error::failed("another run is writing this output").at(shown(target));
    let error = match owner {
        Some(owner) => error.with("owner", owner),
        None => error,
    };
    error.hint("wait until that run ends, then run the command again; nothing was changed")
}

/// The owner as the file of the lock names it, as far as that can be shown.
fn owner(locked: File, path: &Path) -> Option<String> {
    let mut bytes = [0; 200];
    let mut file = match note_of(path) {
        Some(note) => File::open(note).ok()?,
        None => locked,
    };
    let read = file.read(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..read]).trim().to_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || " `.-_".contains(c);
    (!text.is_empty() && text.chars().all(plain)).then_some(text)
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// Returns whether what is there is no file of its own: a link, a pipe, or a file with a second name.
fn is_foreign(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|kind| !kind.is_file() || system::has_other_names(path))
}

fn refuse_foreign(path: &Path) -> Result<()> {
    if !is_foreign(path) {
        return Ok(());
    }
    Err(Error::refused("folder/not-plain", "the file of the lock is a link or no plain file, so nothing was changed")
        .at(shown(path))
        .hint("find out who made it and where it leads, and remove it"))
}

/// Returns whether this process may use a file.
fn is_ours(path: &Path) -> bool {
    File::open(path).is_ok()
}

/// Returns whether an open file is the one of this name, as far as the system reports it.
fn is_same(file: &File, path: &Path) -> bool {
    system::identity_of(file) == system::identity(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_by_a_file_in_it_where_folders_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::in_folder(folder.path()).unwrap();
        assert!(Lock::in_folder(folder.path()).is_none());
        drop(first);
        assert!(Lock::in_folder(folder.path()).is_some());
        // It vanishes with its folder.
        assert!(folder.path().join(".lock").exists());
    }
}
