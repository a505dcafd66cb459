//! Reading, and what the disk says of a file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::path::{shown, slashed};
use crate::error::{Error, Result};
use crate::limits;

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

/// Opens a file for reading; a folder has its own message, because the system's words for it are not clear.
pub fn open(path: &Path) -> Result<File> {
    let kind = fs::metadata(path).map_err(|cause| failure("read the file", path, cause))?;
    if kind.is_dir() {
        return Err(Error::failed("cannot read the file: it is a folder")
            .at(shown(path))
            .hint(format!("name the files in it, or use a pattern such as `{}`", shown(&path.join("*.csv")))));
    }
    File::open(path).map_err(|cause| failure("read the file", path, cause))
}

/// Reads a small text file: UTF-8, or what Notepad and PowerShell write, which is UTF-16 with a mark or Windows-1252.
///
/// # Errors
/// It cannot be read, is too large, or is not a text.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = read(path)?;
    let (text, damaged) = match encoding_rs::Encoding::for_bom(&bytes) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(&bytes[mark..]),
        None if std::str::from_utf8(&bytes).is_err() && !bytes.contains(&0) => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes)
        }
        None => encoding_rs::UTF_8.decode_without_bom_handling(&bytes),
    };
    if damaged {
        return Err(failure("read the file", path, io::Error::other("stream did not contain valid UTF-8")));
    }
    Ok(text.into_owned())
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
pub fn read_within(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open(path)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|cause| failure("read the file", path, cause))?;
    if bytes.len() as u64 > limit {
        return Err(Error::refused("file/too-large", format!("the file has more than {} mebibytes", limit >> 20))
            .at(shown(path))
            .hint("it is another one than its name says: make it again"));
    }
    Ok(bytes)
}

/// What shows whether a file has been changed; nothing for what is not a plain file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
}

/// What a file looks like now.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let kind = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Stamp { size: kind.len(), modified: kind.modified().ok() })
}

/// The size of a file, for progress.
pub fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|kind| kind.len())
}

/// Returns whether something of this name exists.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Returns whether this is a folder.
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

/// BLAKE3 digest of some bytes, in hexadecimal.
pub fn digest_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// BLAKE3 digest of a file, in hexadecimal.
pub fn digest(path: &Path) -> Result<String> {
    digest_of_start(path, u64::MAX)
}

/// BLAKE3 digest of the first bytes of a file, or of all where it has fewer, in hexadecimal.
pub fn digest_of_start(path: &Path, bytes: u64) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = open(path)?.take(bytes);
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
