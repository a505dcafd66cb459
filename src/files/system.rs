//! What the system reports of a file besides its contents: which one it is, how many names it has, and whose it is.

use std::fs::File;
use std::path::Path;

/// Returns what the system calls a file or folder, whatever its names are. Links are followed.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<[u64; 2]> {
    std::fs::metadata(path).ok().map(|found| numbers(&found))
}

/// Returns what the system calls an open file.
#[cfg(unix)]
pub(super) fn identity_of(file: &File) -> Option<[u64; 2]> {
    file.metadata().ok().map(|found| numbers(&found))
}

#[cfg(unix)]
fn numbers(found: &std::fs::Metadata) -> [u64; 2] {
    use std::os::unix::fs::MetadataExt;
    [found.dev(), found.ino()]
}

/// Returns whether a file has no further name, as far as the system reports it.
#[cfg(unix)]
pub(super) fn is_single(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(path).is_ok_and(|kind| kind.nlink() == 1)
}

/// Returns whether a file has a further name. One that has just been removed has none.
#[cfg(unix)]
pub(super) fn has_other_names(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(path).is_ok_and(|kind| kind.nlink() > 1)
}

/// Returns the number of the user who has a file or folder. Links are not followed.
#[cfg(unix)]
fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(path).ok().map(|found| found.uid())
}

/// Returns whether a file or folder belongs to another user than that of this process.
#[cfg(unix)]
pub(super) fn is_of_another(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    use std::sync::LazyLock;
    // Whom new files belong to. The standard library does not say who the process runs for.
    static OURS: LazyLock<Option<u32>> =
        LazyLock::new(|| super::disk::nameless().and_then(|file| file.metadata()).ok().map(|found| found.uid()));
    owner(path).is_some_and(|owner| OURS.is_some_and(|ours| ours != owner))
}

/// Returns whether what is found where a run keeps what it has begun may come from somebody else: it belongs neither to this
/// user, nor to whoever has the output, nor to whoever has the folder in which it is, and could change anything there.
#[cfg(unix)]
pub(super) fn is_planted(found: &Path, target: &Path) -> bool {
    let whose = owner(found);
    whose.is_some() && is_of_another(found) && whose != owner(super::parent(target)) && whose != owner(target)
}

/// Windows shows no owner without calls of its own: access there follows the folder above.
#[cfg(not(unix))]
pub(super) fn is_planted(_found: &Path, _target: &Path) -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn has_other_names(path: &Path) -> bool {
    !is_single(path) && std::fs::symlink_metadata(path).is_ok()
}

#[cfg(windows)]
pub(super) fn identity(path: &Path) -> Option<[u64; 2]> {
    // Windows opens folders only where it is asked for them.
    let handle = winapi_util::Handle::from_path_any(path).ok()?;
    identity_of(handle.as_file())
}

#[cfg(windows)]
pub(super) fn identity_of(file: &File) -> Option<[u64; 2]> {
    let found = winapi_util::file::information(file).ok()?;
    Some([found.volume_serial_number(), found.file_index()])
}

#[cfg(windows)]
pub(super) fn is_single(path: &Path) -> bool {
    let found = winapi_util::Handle::from_path_any(path).and_then(winapi_util::file::information);
    found.is_ok_and(|found| found.number_of_links() == 1)
}

#[cfg(not(any(unix, windows)))]
pub(super) fn identity(_path: &Path) -> Option<[u64; 2]> {
    None
}

#[cfg(not(any(unix, windows)))]
pub(super) fn identity_of(_file: &File) -> Option<[u64; 2]> {
    None
}

#[cfg(not(any(unix, windows)))]
pub(super) fn is_single(_path: &Path) -> bool {
    true
}
