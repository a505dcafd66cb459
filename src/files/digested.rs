//! The digest of what is written, made while it is written.

use std::io::{self, Write};

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
