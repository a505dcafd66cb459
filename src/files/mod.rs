//! The only user of `std::fs`: reading, digests, and outputs that appear whole or not at all.
//!
//! `RELIABILITY.md` says what is promised. `disk` makes every change, `lock` sees to one writer an output, `stage` is where an
//! output is made, and `publish` puts it into its place.

mod apart;
mod cell;
mod digested;
mod disk;
#[cfg(debug_assertions)]
mod fault;
mod live;
mod lock;
mod mark;
mod name;
mod pattern;
mod plain;
mod publish;
mod stage;
mod system;

use std::ffi::OsStr;
use std::fs;
pub use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use apart::{Meeting, meeting};
pub use cell::CsvWriter;
pub use digested::{Digested, Digests, digests, sha256_of};
pub use disk::Output;
pub use live::{abandon, placed};
pub use mark::{begins_with, is_marked};
pub use name::{is_device, is_name};
pub use pattern::Pattern;
pub(crate) use plain::is_stage;
pub use plain::{is_link, list_plain, read_plain};
pub use publish::{
    Published, Readers, current, publish_file, publish_folder, publish_together, unprotected, write_file,
};
pub(crate) use publish::{exists_already, foreign, is_litter};
pub use stage::Stage;

use crate::error::{Error, Result, visible};
use crate::limits;

/// A path as it may be shown: as the user typed it, and never an absolute one.
pub fn shown(path: &Path) -> String {
    // `\\folder` has a root on Windows and is not absolute, and `C:folder` has a drive.
    let shortened = if path.has_root() || matches!(path.components().next(), Some(std::path::Component::Prefix(_))) {
        let here = std::env::current_dir().ok();
        match here.as_deref().and_then(|here| path.strip_prefix(here).ok()) {
            Some(relative) => relative.to_path_buf(),
            None => path.file_name().map(PathBuf::from).unwrap_or_default(),
        }
    } else {
        path.to_path_buf()
    };
    let parts: Vec<_> = shortened
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
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

/// An error of the operating system, with the way out for the usual ones.
pub fn failure(doing: &str, path: &Path, cause: io::Error) -> Error {
    let error = match cause.kind() {
        io::ErrorKind::NotFound => {
            Error::failed(format!("cannot {doing}: there is no such file")).hint("check the name and the folder")
        }
        io::ErrorKind::PermissionDenied => Error::failed(format!("cannot {doing}: permission denied"))
            .hint("choose a file or folder that you may use, or ask for the right"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::failed(format!("cannot {doing}")),
        _ => Error::failed(format!("cannot {doing}: {}", lower(&cause.to_string()))),
    };
    error.at(shown(path)).because(cause)
}

fn lower(text: &str) -> String {
    let text = text.split(" (os error").next().unwrap_or(text);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Opens a file for reading; a folder is told apart, because the system's own words for it are not clear.
pub fn open(path: &Path) -> Result<File> {
    let kind = fs::metadata(path).map_err(|cause| failure("read the file", path, cause))?;
    if kind.is_dir() {
        return Err(Error::failed("cannot read the file: it is a folder")
            .at(shown(path))
            .hint(format!("name the files in it, or use a pattern such as `{}`", shown(&path.join("*.csv")))));
    }
    File::open(path).map_err(|cause| failure("read the file", path, cause))
}

/// Reads a small text file.
pub fn read_text(path: &Path) -> Result<String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| failure("read the file", path, io::Error::other("stream did not contain valid UTF-8")))
}

/// Reads a small file.
///
/// # Errors
/// It cannot be read, or is larger than what describes anything.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    read_within(path, limits::NOTE)
}

/// Reads a file of at most so many bytes.
///
/// # Errors
/// It cannot be read, or is larger.
pub fn read_within(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open(path)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|cause| failure("read the file", path, cause))?;
    if bytes.len() as u64 > most {
        return Err(Error::refused("file/too-large", format!("the file has more than {} mebibytes", most >> 20))
            .at(shown(path))
            .hint("it is another one than its name says: make it again"));
    }
    Ok(bytes)
}

/// Whether a path lies within a folder once links are followed. What does not exist cannot be read, and counts as within.
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
            std::path::Component::CurDir => {}
            // The path so far has no link in it, so its parent is the folder above.
            std::path::Component::ParentDir => drop(out.pop()),
            component => {
                out.push(component);
                out = canonical(out);
            }
        }
    }
    out
}

/// What shows whether a file has been changed; nothing for what is no plain file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified: Option<std::time::SystemTime>,
}

/// What a file looks like now.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let kind = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Stamp { size: kind.len(), modified: kind.modified().ok() })
}

/// Makes a file without a name for its owner alone. It vanishes with the program.
pub fn nameless() -> io::Result<File> {
    disk::nameless()
}

/// Gives a file a second name, or makes a copy of it where the disk knows no second names.
///
/// A file that has further names is copied: what is done to the second name would be done to files elsewhere.
///
/// # Errors
/// It is no plain file: what a link leads to is somewhere else, and not the caller's.
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

/// The folder in which something lies.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// The size of a file, for progress.
pub fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|kind| kind.len())
}

/// Whether something of this name exists.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether this is a folder.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Files below a folder, relative to it, sorted by their name with `/`.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    fn walk(folder: &Path, prefix: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = prefix.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &name, found)?;
            } else {
                found.push(name);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(folder, Path::new(""), &mut found).map_err(|cause| failure("list the folder", folder, cause))?;
    found.sort_by_key(|path| slashed(path));
    Ok(found)
}

/// A relative path written with `/` on every system, for manifests.
pub fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// BLAKE3 digest of some bytes, in hexadecimal.
pub fn digest_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Makes a folder for its owner alone, where there is none.
pub fn make_closed(folder: &Path) -> Result<()> {
    disk::make_parents(parent(folder), 0o755)
        .and_then(|_| disk::make_parents(folder, 0o700))
        .and_then(|made| made.iter().try_for_each(|made| disk::sync_folder(parent(made))))
        .map_err(|cause| failure("make the folder", folder, cause))
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<()> {
    disk::remove_file(path).map_err(|cause| failure("remove the file", path, cause))
}

/// BLAKE3 digest of a file, in hexadecimal.
pub fn digest(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = open(path)?;
    // Large pieces are hashed on all threads.
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().to_hex().to_string()),
            Ok(read) => {
                if read < 1 << 17 {
                    hasher.update(&buffer[..read])
                } else {
                    hasher.update_rayon(&buffer[..read])
                };
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(failure("read the file", path, cause)),
        }
    }
}
