//! A hidden folder beside the target, in which an output is made before it is renamed into place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{failure, live, open};
use crate::error::Result;

/// A folder that vanishes unless its contents are published.
///
/// It lies on the same disk as the target, so that a rename is atomic. A killed run leaves it behind; the next
/// run over the same target removes it.
#[derive(Debug)]
pub struct Stage {
    /// Nothing once it is removed.
    folder: Option<tempfile::TempDir>,
    path: PathBuf,
    /// Folders above the target that were missing.
    parents: Vec<PathBuf>,
}

pub(super) const PREFIX: &str = ".tipstat-";

impl Stage {
    /// A new stage within `parent`, which is created where it is missing.
    pub fn within(parent: &Path) -> Result<Self> {
        let missing = |path: &&Path| *path != Path::new("") && !super::exists(path);
        let mut parents: Vec<PathBuf> = parent.ancestors().take_while(missing).map(Path::to_path_buf).collect();
        parents.reverse();
        fs::create_dir_all(parent).map_err(|cause| failure("make the folder", parent, cause))?;
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent)
            .map_err(|cause| failure("write into the folder", parent, cause))?;
        live::list(folder.path(), Vec::new(), &parents);
        Ok(Self { path: folder.path().to_path_buf(), folder: Some(folder), parents })
    }

    /// Removes the stages that killed runs left in `parent`.
    ///
    /// A stage younger than a day may belong to a run that is still going on, and is left alone.
    pub fn sweep(parent: &Path) {
        let day = std::time::Duration::from_secs(24 * 60 * 60);
        let Ok(entries) = fs::read_dir(parent) else { return };
        for entry in entries.flatten() {
            let old = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            if entry.file_name().to_string_lossy().starts_with(PREFIX) && old.is_some_and(|age| age > day) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// The stage's own folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path within the stage; its folders are made.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        let path = name.split('/').fold(self.path().to_path_buf(), |path, part| path.join(part));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|cause| failure("make the folder", parent, cause))?;
        }
        Ok(path)
    }

    /// Opens a new file within the stage.
    pub fn create(&self, name: &str) -> Result<BufWriter<File>> {
        let path = self.file(name)?;
        let file = File::create(&path).map_err(|cause| failure("write the file", Path::new(name), cause))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    /// Writes a small file within the stage.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write_all(bytes)
            .and_then(|()| file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all())
            .map_err(|cause| failure("write the file", Path::new(name), cause))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.folder.take();
        // A folder in which something was published is not empty, and stays.
        self.parents.iter().rev().for_each(|folder| drop(fs::remove_dir(folder)));
        live::unlist(&self.path);
    }
}

/// Writes one file that is not confidential, atomically: it appears whole or not at all.
pub fn write_file(path: &Path, force: bool, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if !force && super::exists(path) {
        return Err(super::publish::exists_already(path));
    }
    let stage = Stage::within(parent)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let temporary = builder.tempfile_in(stage.path());
    let temporary = temporary.map_err(|cause| failure("write into the folder", parent, cause))?;
    let mut writer = BufWriter::with_capacity(1 << 16, temporary);
    fill(&mut writer)?;
    let temporary = writer.into_inner().map_err(|cause| failure("write the file", path, cause.into_error()))?;
    temporary.as_file().sync_all().map_err(|cause| failure("write the file", path, cause))?;
    let _placing = live::placing();
    temporary.persist(path).map_err(|cause| failure("write the file", path, cause.error))?;
    open(path).map(drop)
}
