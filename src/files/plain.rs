//! Folders and files that came from elsewhere: plain files only, and none larger than it may be.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{failure, shown, slashed};
use crate::error::{Error, Result};

/// Folders within folders beyond this depth are not made by the program, and each open one costs a handle.
const DEPTH: usize = 32;

/// More files than this are in no folder that the program makes.
const MOST_FILES: usize = 100_000;

const UNENDING: &str = "a pipe, a socket or a device";

/// Lists the files below a folder, relative to it, sorted by their name with `/`.
///
/// A link leads out of the folder, and a pipe or a device never ends. Neither is followed or opened.
///
/// # Errors
/// The folder cannot be read, or holds anything but plain files and folders.
pub fn list_plain(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(folder, Path::new(""), 0, &mut found)?;
    found.sort_by_key(|path| slashed(path));
    Ok(found)
}

fn walk(folder: &Path, prefix: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let problem = |cause| failure("list the folder", &folder.join(prefix), cause);
    for entry in fs::read_dir(folder.join(prefix)).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        let name = prefix.join(entry.file_name());
        // The type of the entry itself: a link or a junction is not followed.
        let kind = entry.file_type().map_err(problem)?;
        if kind.is_dir() && depth < DEPTH {
            walk(folder, &name, depth + 1, found)?;
        } else if kind.is_file() && found.len() < MOST_FILES {
            found.push(name);
        } else {
            let what = match kind {
                kind if kind.is_symlink() => "a link",
                kind if kind.is_dir() => "folders that lie too deep",
                kind if kind.is_file() => "too many files",
                _ => UNENDING,
            };
            return Err(not_plain(&folder.join(name), what));
        }
    }
    Ok(())
}

/// Reads a file that must be plain and no larger than `limit` bytes.
///
/// # Errors
/// It cannot be read, is a link or no plain file, or is larger.
pub fn read_plain(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let problem = |cause: io::Error| failure("read the file", path, cause);
    let kind = fs::symlink_metadata(path).map_err(problem)?;
    if !kind.is_file() {
        return Err(not_plain(path, if kind.is_symlink() { "a link" } else { "what is no file" }));
    }
    let mut bytes = Vec::new();
    // One byte more than may be there: a file can grow after it was measured.
    fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(problem)?;
    if bytes.len() as u64 > limit {
        return Err(Error::refused("folder/not-plain", format!("the file is larger than {limit} bytes"))
            .at(shown(path))
            .hint("the program writes no such file that large: get it again from where it came"));
    }
    Ok(bytes)
}

/// Refuses what was found in a folder and never ends: a pipe, a socket or a device. A link to a file is one.
///
/// # Errors
/// It is neither a file nor a folder.
pub(crate) fn refuse_unending(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(kind) if !kind.is_file() && !kind.is_dir() => Err(not_plain(path, UNENDING)),
        // What cannot be read is reported by who reads it.
        _ => Ok(()),
    }
}

/// Returns whether a file, named within its folder, is part of a stage that a killed run left there.
pub(crate) fn is_stage(name: &Path) -> bool {
    name.components().next().is_some_and(|first| first.as_os_str().to_string_lossy().starts_with(super::name::PREFIX))
}

/// Returns whether a path is a link or a junction.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|kind| kind.is_symlink())
}

fn not_plain(path: &Path, what: &str) -> Error {
    Error::refused("folder/not-plain", "the folder holds something else than plain files, so nothing in it was read")
        .at(shown(path))
        .with("found", what.to_owned())
        .hint("remove it, or put the file itself in its place; `tipstat explain folder/not-plain` says why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_plain(&path, 5).unwrap(), b"12345");
        assert_eq!(read_plain(&path, 4).unwrap_err().rule(), Some("folder/not-plain"));
        assert!(read_plain(folder.path(), 4).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/x"), "x").unwrap();
        assert_eq!(list_plain(folder.path()).unwrap(), [PathBuf::from("a/x")]);
        std::os::unix::fs::symlink("a", folder.path().join("b")).unwrap();
        assert_eq!(list_plain(folder.path()).unwrap_err().rule(), Some("folder/not-plain"));
        assert!(read_plain(&folder.path().join("b/../b"), 9).is_err() && is_link(&folder.path().join("b")));
    }

    #[test]
    fn a_folder_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..DEPTH + 1).fold(folder.path().to_path_buf(), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(list_plain(folder.path()).unwrap_err().rule(), Some("folder/not-plain"));
    }
}
