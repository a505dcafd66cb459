//! The marks by which the program knows its own files again.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::limits;

/// Begins the names of the metadata that the program writes into Parquet.
const MARK: &[u8] = b"tipstat.";

/// Returns whether a file is Parquet with the program's own metadata. Nothing of it is decoded.
pub fn is_marked(path: &Path) -> bool {
    footer(path).is_ok_and(|footer| memchr::memmem::find(&footer, MARK).is_some())
}

/// Reads the end of a Parquet file: its metadata, their length in four bytes, `PAR1`.
fn footer(path: &Path) -> io::Result<Vec<u8>> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let mut file = plain(path)?;
    let size = file.metadata()?.len();
    let mut end = [0; 8];
    file.seek(SeekFrom::Start(size.checked_sub(8).ok_or_else(invalid)?))?;
    file.read_exact(&mut end)?;
    let [a, b, c, d, magic @ ..] = end;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if magic != *b"PAR1" || length > limits::FOOTER {
        return Err(invalid());
    }
    file.seek(SeekFrom::Start(size.checked_sub(8 + length).ok_or_else(invalid)?))?;
    let mut footer = Vec::new();
    file.take(length).read_to_end(&mut footer)?;
    Ok(footer)
}

/// Returns whether a file begins with a text, a byte order mark aside.
pub fn begins_with(path: &Path, text: &str) -> bool {
    let mut start = Vec::new();
    let read = plain(path).and_then(|file| file.take(text.len() as u64 + 3).read_to_end(&mut start));
    read.is_ok() && start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start).starts_with(text.as_bytes())
}

/// Opens a plain file; a pipe would never end.
fn plain(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_in_the_footer() {
        let folder = tempfile::tempdir().unwrap();
        let is = |bytes: &[u8]| {
            let path = folder.path().join("a.parquet");
            fs::write(&path, bytes).unwrap();
            is_marked(&path)
        };
        let file = |body: &str, footer: &str, length: u32| {
            [b"PAR1", body.as_bytes(), footer.as_bytes(), &length.to_le_bytes(), b"PAR1"].concat()
        };
        assert!(is(&file("x", "..tipstat.version..", 19)));
        assert!(!is(&file("tipstat.version", "..other..", 9)));
        for damaged in [file("x", "tipstat.", 8_000), file("x", "tipstat.", u32::MAX), b"PAR1".to_vec(), Vec::new()] {
            assert!(!is(&damaged));
        }
        assert!(!is_marked(folder.path()) && !is_marked(&folder.path().join("none")));
    }

    #[test]
    fn a_text_is_known_by_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        for (text, begins) in [("file,column\nx", true), ("\u{feff}file,column", true), ("file", false), ("", false)] {
            fs::write(&path, text).unwrap();
            assert_eq!(begins_with(&path, "file,column"), begins, "{text}");
        }
    }
}
