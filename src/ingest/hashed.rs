//! Readers that hash and count what passes through them.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the bytes as they stand in the file, before they are decoded.
pub(super) struct Raw {
    pub hasher: blake3::Hasher,
    pub progress: Box<dyn FnMut(u64) + Send>,
}

/// Hashes and counts the bytes of a file while they are read.
pub(super) struct Watched {
    pub input: Box<dyn Read + Send>,
    pub raw: Arc<Mutex<Raw>>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        raw.hasher.update(&buffer[..read]);
        (raw.progress)(read as u64);
        Ok(read)
    }
}

/// The digest of what passes through a reader.
pub(super) type Hasher = Arc<Mutex<blake3::Hasher>>;

/// Hashes what a compressed file unpacks to.
pub(super) struct Hashed {
    pub input: Box<dyn Read + Send>,
    pub hasher: Hasher,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hasher.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..read]);
        Ok(read)
    }
}
