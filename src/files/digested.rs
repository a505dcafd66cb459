//! Digests of what is written and of what was written.

use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{failure, open};
use crate::error::Result;

/// A writer that keeps the BLAKE3 digest of all bytes that pass through it.
#[derive(Debug)]
pub struct Digested<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Digested<W> {
    /// Begins with the first byte.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: blake3::Hasher::new() }
    }

    /// Returns the digest, in hexadecimal.
    pub fn digest(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The digests of a file, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// By which a manifest lists it.
    pub blake3: String,
    /// By which every system can compare it.
    pub sha256: String,
}

/// Reads a file once for both of its digests.
pub fn digests(path: &Path) -> Result<Digests> {
    let mut file = open(path)?;
    let (mut blake3, mut sha256) = (blake3::Hasher::new(), Sha256::new());
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                blake3.update(&buffer[..read]);
                sha256.update(&buffer[..read]);
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(failure("read the file", path, cause)),
        }
    }
    Ok(Digests { blake3: blake3.finalize().to_hex().to_string(), sha256: hex(&sha256.finalize()) })
}

/// Returns the SHA-256 digest of some bytes, in hexadecimal.
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    /// The digest of `abc` in FIPS 180-4.
    #[test]
    fn sha256_is_that_of_the_standard() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::sha256_of(b"abc"), expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let digests = super::digests(file.path()).unwrap();
        assert_eq!((digests.sha256.as_str(), digests.blake3), (expected, crate::files::digest_of(b"abc")));
    }
}
