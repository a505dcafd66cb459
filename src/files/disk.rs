//! Every change to the disk, one function each, so that a test can make each of them fail.
//!
//! What is made here is for its owner alone from the first byte, whatever the umask.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes a change. In a release build there is nothing between the change and the system.
#[cfg(not(debug_assertions))]
fn watched<T>(_: &str, _: &Path, _: Option<&Path>, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    make()
}

#[cfg(debug_assertions)]
use super::fault::watched;

/// A file that is being written.
#[derive(Debug)]
pub struct DiskFile {
    file: File,
    #[cfg(debug_assertions)]
    path: PathBuf,
}

impl Write for DiskFile {
    #[cfg(debug_assertions)]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        watched("write", &self.path, None, || self.file.write(bytes))
    }

    #[cfg(not(debug_assertions))]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Makes a new file, for its owner alone.
pub(super) fn create(path: &Path) -> io::Result<DiskFile> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    close(&mut options);
    let file = watched("create", path, None, || options.open(path))?;
    Ok(DiskFile {
        file,
        #[cfg(debug_assertions)]
        path: path.to_path_buf(),
    })
}

/// Opens the file of a lock, which may be there.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    close(&mut options);
    watched("create", path, None, || options.open(path))
}

#[cfg(unix)]
fn close(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(if keeps_modes() { 0o600 } else { 0o644 });
}

#[cfg(not(unix))]
fn close(_options: &mut OpenOptions) {}

#[cfg(all(unix, debug_assertions))]
fn keeps_modes() -> bool {
    super::fault::keeps_modes()
}

#[cfg(all(unix, not(debug_assertions)))]
fn keeps_modes() -> bool {
    true
}

/// Makes a folder for its owner alone.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    make(path, 0o700)
}

/// Makes the folders above an output where they are missing, and returns those that were.
pub(super) fn make_parents(path: &Path, mode: u32) -> io::Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    for folder in missing(path) {
        made.extend(make_missing(&folder, mode)?);
    }
    Ok(made)
}

/// Returns a folder and those above it that are missing, the outermost first.
pub(super) fn missing(path: &Path) -> Vec<PathBuf> {
    let is_missing = |path: &&Path| *path != Path::new("") && fs::symlink_metadata(path).is_err();
    let mut missing: Vec<PathBuf> = path.ancestors().take_while(is_missing).map(Path::to_path_buf).collect();
    missing.reverse();
    missing
}

/// Makes a folder and returns it; nothing where another run was faster.
pub(super) fn make_missing(folder: &Path, mode: u32) -> io::Result<Option<PathBuf>> {
    match make(folder, mode) {
        Ok(()) => Ok(Some(folder.to_path_buf())),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn make(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::DirBuilderExt;
        let mut builder = fs::DirBuilder::new();
        builder.mode(if keeps_modes() { mode } else { 0o755 });
        builder
    };
    #[cfg(not(unix))]
    let builder = {
        let _ = mode;
        fs::DirBuilder::new()
    };
    watched("folder", path, None, || builder.create(path))
}

/// Waits until the contents of a file are on the disk.
pub(super) fn sync_file(path: &Path) -> io::Result<()> {
    // Windows writes through a handle only if it may write.
    watched("sync", path, None, || OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.sync_all())
}

/// Waits until the names in a folder are on the disk. Windows has no such call.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    watched("sync", path, None, || match File::open(path)?.sync_all() {
        // Some file systems of the network do not sync folders.
        Err(cause) if matches!(cause.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        done => done,
    })
}

/// Renames a file or folder.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    watched("rename", from, Some(to), || fs::rename(from, to))
}

/// Exchanges two folders in one step, where the system and the disk can.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(debug_assertions)]
    if !super::fault::exchanges() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    watched("exchange", one, Some(other), || exchange_now(one, other))
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange_now(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange_now(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes a file without a name. Where Linux makes it so from the start, its permissions follow the umask until they are set.
pub(super) fn nameless() -> io::Result<File> {
    let file = tempfile::tempfile()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Gives a file a second name.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    watched("link", from, Some(to), || fs::hard_link(from, to))
}

/// Sets the permissions of a file or folder, and of nothing that a link leads to.
#[cfg(unix)]
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let kind = fs::symlink_metadata(path)?;
    if kind.file_type().is_symlink() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a link"));
    }
    if !keeps_modes() || kind.permissions().mode() & 0o7777 == mode {
        return Ok(());
    }
    watched("mode", path, None, || fs::set_permissions(path, fs::Permissions::from_mode(mode)))
}

/// Removes a file.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    #[cfg(debug_assertions)]
    if let Some(held) = super::fault::held() {
        return watched("remove", path, Some(&held), || fs::rename(path, &held));
    }
    watched("remove", path, None, || fs::remove_file(path))
}

/// Removes an empty folder.
pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    watched("remove-folder", path, None, || fs::remove_dir(path))
}

/// Removes a folder and all that is in it. What a link leads to stays.
pub(super) fn remove_all(folder: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(folder)?.is_dir() {
        return remove_file(folder);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { remove_all(&entry.path())? } else { remove_file(&entry.path())? }
    }
    remove_folder(folder)
}
