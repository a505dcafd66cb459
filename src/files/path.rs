//! Paths: how they are shown, and where they lead.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::visible;

/// A path as it may be shown: as the user typed it, and never an absolute one.
pub fn shown(path: &Path) -> String {
    // `\\folder` has a root on Windows and is not absolute, and `C:folder` has a drive.
    let shortened = if path.has_root() || matches!(path.components().next(), Some(Component::Prefix(_))) {
        let folder = std::env::current_dir().ok();
        match folder.as_deref().and_then(|folder| path.strip_prefix(folder).ok()) {
            Some(relative) => relative.to_path_buf(),
            None => path.file_name().map(PathBuf::from).unwrap_or_default(),
        }
    } else {
        path.to_path_buf()
    };
    let parts: Vec<_> = shortened
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| name_shown(part.as_os_str()))
        .collect();
    if parts.is_empty() { ".".into() } else { parts.join("/") }
}

/// A name as it may be shown: hidden characters are escaped, and so are bytes that are no text, such as `\xf1`.
fn name_shown(name: &OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(&visible(chunk.valid()));
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out
}

/// Returns whether a path lies within a folder once links are followed. What does not exist cannot be read, and counts as within.
pub fn is_within(path: &Path, folder: &Path) -> bool {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    match (fs::canonicalize(path), fs::canonicalize(folder)) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        // Some disks of Windows do not say where a path leads.
        _ => fs::metadata(path).is_err(),
    }
}

/// A path with links followed, and `.` and `..` resolved, as far as it exists and beyond.
pub fn resolved(path: &Path) -> PathBuf {
    let canonical = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
    let mut out = if path.is_absolute() { PathBuf::new() } else { canonical(PathBuf::from(".")) };
    for component in path.components() {
        match component {
            Component::CurDir => {}
            // The path so far has no link in it, so its parent is the folder above.
            Component::ParentDir => drop(out.pop()),
            component => {
                out.push(component);
                out = canonical(out);
            }
        }
    }
    out
}

/// The folder in which something lies.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// A relative path written with `/` on every system, for manifests.
pub fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}
