//! A closed folder alongside the target, in which an output is made before it is put into place.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{self, DiskFile};
use super::heal;
use super::live::ListedStage;
use super::lock::Lock;
use super::name::{PREFIX, refuse_unusable, stays_below};
use super::read::failure;
use crate::error::{Error, Result};

/// A folder that vanishes unless its contents are published. Only its owner can look into it.
///
/// It is on the same disk as the target, so that a rename is atomic. Where it is made for a target, it holds the lock of that
/// target: no other run writes there, and what killed runs left behind is removed or put into place first.
#[derive(Debug)]
pub struct Stage {
    /// What vanishes; nothing where it is a part of another stage.
    root: PathBuf,
    folder: PathBuf,
    locks: Vec<Lock>,
    /// Folders above the target that were missing.
    parents: Vec<PathBuf>,
    listed: ListedStage,
}

/// The name of a stage that is made for no target.
const PLAIN: &str = "part";

/// The name of a stage in the folder for temporary files.
const TEMPORARY: &str = "temporary";

/// Names of files may take 255 bytes, and a stage adds some to that of its target.
const LONGEST: usize = 150;

impl Stage {
    /// Claims an output, and makes a stage for it in the same folder, which is made where it is missing.
    ///
    /// # Errors
    /// Another run is writing the output, its name is one of the program's own, or the folder cannot be written.
    pub fn next_to(target: &Path) -> Result<Self> {
        Self::next_to_all(&[target])
    }

    /// Claims outputs of one folder that are put into place together.
    ///
    /// # Errors
    /// As [`Stage::next_to`].
    pub fn next_to_all(targets: &[&Path]) -> Result<Self> {
        targets.iter().try_for_each(|target| refuse_unusable(target))?;
        Self::claim(targets)
    }

    /// Claims an output where [`super::current`] found it, be it among work in progress.
    ///
    /// # Errors
    /// As [`Stage::next_to`].
    pub fn next_to_current(found: &Path) -> Result<Self> {
        Self::claim(&[found])
    }

    fn claim(targets: &[&Path]) -> Result<Self> {
        let parent = super::parent(targets[0]);
        let unwritable = |cause| failure("write into the folder", parent, cause);
        // What is made up to an error is taken away when the stage is dropped.
        let mut stage = Self::empty();
        let unmade = |cause| failure("make the folder", parent, cause);
        stage.make_parents(parent, 0o755).map_err(unmade)?;
        // An output is lost with its folder.
        stage.parents.iter().try_for_each(|made| disk::sync_folder(super::parent(made))).map_err(unmade)?;
        for target in targets {
            let claim = || Lock::claim(&hidden(target, ".lock"), target);
            let lock = stage.listed.make(claim, |lock, parts| parts.locks.extend(lock.iter().flat_map(Lock::paths)))?;
            let Some(lock) = lock else { continue };
            stage.locks.push(lock);
            sweep(parent, &name(target));
        }
        for target in targets {
            heal::heal(target)?;
            heal::refuse_read_only(target)?;
        }
        stage.make_root(parent, &name(targets[0])).map_err(unwritable)?;
        stage.folder = stage.root.join("new");
        disk::make_folder(&stage.folder).map_err(unwritable)?;
        Ok(stage)
    }

    /// Makes a stage within a folder, such as another stage, without any claim.
    pub fn within(folder: &Path) -> Result<Self> {
        let mut stage = Self::empty();
        stage.make_parents(folder, 0o700).map_err(|cause| failure("make the folder", folder, cause))?;
        let unwritable = |cause| failure("write into the folder", folder, cause);
        stage.make_root(folder, OsStr::new(PLAIN)).map_err(unwritable)?;
        Ok(stage)
    }

    fn empty() -> Self {
        let listed = ListedStage::new();
        Self { root: PathBuf::new(), folder: PathBuf::new(), locks: Vec::new(), parents: Vec::new(), listed }
    }

    /// Makes the missing folders one by one, so that each is listed before the next one is waited for.
    fn make_parents(&mut self, folder: &Path, mode: u32) -> io::Result<()> {
        for missing in disk::missing(folder) {
            let make = || disk::make_missing(&missing, mode);
            let made = self.listed.make(make, |made, parts| parts.parents.extend(made.clone()))?;
            self.parents.extend(made);
        }
        Ok(())
    }

    fn make_root(&mut self, parent: &Path, name: &OsStr) -> io::Result<()> {
        self.root = self.listed.make(|| make_root(parent, name), |made, parts| parts.root.clone_from(made))?;
        self.folder.clone_from(&self.root);
        Ok(())
    }

    /// Makes a part of the stage: a folder of its own in it, which is put into place or vanishes with it.
    pub fn part(&self, name: &str) -> Result<Self> {
        let folder = self.folder.join(name);
        disk::make_folder(&folder).map_err(|cause| failure("make the folder", &folder, cause))?;
        let mut part = Self::empty();
        part.folder = folder;
        Ok(part)
    }

    /// Makes a stage in the system's folder for temporary files. Nothing of it is published. Those that killed runs of the
    /// same user left there are removed.
    pub fn temporary() -> Result<Self> {
        let folder = std::env::temp_dir();
        let unwritable = |cause| failure("write into the folder for temporary files", &folder, cause);
        sweep_temporary(&folder);
        let mut stage = Self::empty();
        stage.make_root(&folder, OsStr::new(TEMPORARY)).map_err(unwritable)?;
        stage.locks.extend(Lock::of_folder(&stage.root));
        Ok(stage)
    }

    /// Returns the folder in which the output is made.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Returns a path within the stage; its folders are made.
    ///
    /// # Errors
    /// The name leads out of the stage, or a folder cannot be made.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        if !stays_below(name) {
            return Err(Error::failed("the name of a file leads out of the output, so it is not written")
                .with("file", name.to_owned())
                .hint("rename the table, schema or file from which the name comes"));
        }
        let path = name.split('/').fold(self.path().to_path_buf(), |path, part| path.join(part));
        let parent = super::parent(&path);
        disk::make_parents(parent, 0o700).map_err(|cause| failure("make the folder", parent, cause))?;
        Ok(path)
    }

    /// Opens a new file within the stage.
    pub fn create(&self, name: &str) -> Result<BufWriter<DiskFile>> {
        let path = self.file(name)?;
        let file = disk::create(&path).map_err(|cause| failure("write the file", Path::new(name), cause))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    /// Writes a small file within the stage.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write_all(bytes)
            .and_then(|()| file.into_inner().map_err(io::IntoInnerError::into_error).map(drop))
            .map_err(|cause| failure("write the file", Path::new(name), cause))
    }

    /// Puts a file of the stage in the place of another one of it.
    pub fn replace(&self, from: &str, to: &Path) -> Result<()> {
        disk::rename(&self.file(from)?, to).map_err(|cause| failure("write the file", to, cause))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Windows keeps the name of a file that is open, and with it the folder that it is in.
        self.locks.retain(|lock| !lock.is_in_stage());
        if !self.root.as_os_str().is_empty() {
            let _ = disk::remove_all(&self.root);
        }
        self.locks.clear();
        // A folder in which something was published is not empty, and stays.
        for folder in self.parents.iter().rev() {
            if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()) {
                let _ = disk::remove_folder(folder);
            }
        }
    }
}

/// Makes a closed folder whose name no other process uses.
fn make_root(parent: &Path, name: &OsStr) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut hidden_name = OsString::from(PREFIX);
        hidden_name.push(name);
        hidden_name.push(format!("-{}-{number}", std::process::id()));
        let root = parent.join(hidden_name);
        match disk::make_folder(&root) {
            Ok(()) => return Ok(root),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    }
}

/// Returns the name of a target as those of its hidden companions hold it.
fn name(target: &Path) -> OsString {
    let name = target.file_name().unwrap_or(OsStr::new("output"));
    let bytes = name.as_encoded_bytes();
    if bytes.len() > LONGEST { super::digest_of(bytes)[..32].into() } else { name.to_owned() }
}

/// Returns the path of a hidden companion of a target.
pub(super) fn hidden(target: &Path, ending: &str) -> PathBuf {
    let mut hidden_name = OsString::from(PREFIX);
    hidden_name.push(name(target));
    hidden_name.push(ending);
    target.with_file_name(hidden_name)
}

/// Returns whether a folder is a stage of this name, whichever process made it.
fn is_stage(entry: &OsStr, name: &OsStr) -> bool {
    let rest = entry.as_encoded_bytes().strip_prefix(PREFIX.as_bytes());
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix(name.as_encoded_bytes())) else { return false };
    let Some(rest) = rest.strip_prefix(b"-") else { return false };
    let numbers: Vec<&[u8]> = rest.split(|byte| *byte == b'-').collect();
    numbers.len() == 2 && numbers.iter().all(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

/// Removes the stages that killed runs left. Whoever calls holds the lock, so no run is making anything in them.
fn sweep(parent: &Path, name: &OsStr) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| is_stage(&entry.file_name(), name)) {
        let _ = disk::remove_all(&entry.path());
    }
}

/// Removes temporary stages whose process has ended: each is its own lock.
fn sweep_temporary(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| is_stage(&entry.file_name(), OsStr::new(TEMPORARY))) {
        if Lock::of_folder(&entry.path()).is_some() {
            let _ = disk::remove_all(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_known_by_the_name_of_its_target() {
        let is = |entry: &str, name: &str| is_stage(OsStr::new(entry), OsStr::new(name));
        assert!(is(".tipstat-store-12-0", "store") && is(".tipstat-a-5-77-0", "a-5"));
        assert!(!is(".tipstat-a-5-77-0", "a") && !is(".tipstat-store.lock", "store") && !is("store", "store"));
        assert!(!is(".tipstat-store-x-0", "store") && !is(".tipstat-store-1-", "store"));
    }

    #[test]
    fn a_second_claim_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b/store");
        let first = Stage::next_to(&target).unwrap();
        let error = Stage::next_to(&target).unwrap_err();
        assert_eq!(error.to_string(), "another run is writing this output");
        assert!(error.details().any(|(name, text)| name == "owner" && text.contains("process")));
        assert!(Stage::next_to(&target.with_file_name("other")).is_ok());
        drop(first);
        assert!(!folder.path().join("a").exists(), "folders that were made for nothing are removed");
        drop(Stage::next_to(&target).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_stage_is_closed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::next_to(&folder.path().join("store")).unwrap();
        stage.write("a/b.txt", b"x").unwrap();
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([&*stage.root, stage.path(), &stage.file("a").unwrap()].map(mode), [0o700; 3]);
        assert_eq!(mode(&stage.file("a/b.txt").unwrap()), 0o600);
        let temporary = Stage::temporary().unwrap();
        assert_eq!(mode(temporary.path()), 0o700);
        // What is spilled has no name, and no other user may open it either.
        assert_eq!(crate::files::nameless().unwrap().metadata().unwrap().permissions().mode() & 0o077, 0);
    }
}
