//! Bytes that are read and handed on, over memory that is written once.

use std::io::{ErrorKind, Read, Result};
use std::ops::{Deref, DerefMut};

/// Bytes at the beginning of a buffer. What was read over them before stays behind them: so a buffer that is used again is not
/// filled with zeros each time.
#[derive(Debug, Default)]
pub(super) struct TextBuffer {
    buffer: Vec<u8>,
    length: usize,
}

impl TextBuffer {
    /// No bytes, over the memory of others.
    pub fn over(buffer: Vec<u8>) -> Self {
        Self { buffer, length: 0 }
    }

    /// Returns the bytes alone.
    pub fn into_vec(mut self) -> Vec<u8> {
        self.buffer.truncate(self.length);
        self.buffer
    }

    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        match self.buffer.get_mut(self.length..self.length + bytes.len()) {
            Some(room) => room.copy_from_slice(bytes),
            None => {
                self.buffer.truncate(self.length);
                self.buffer.extend_from_slice(bytes);
            }
        }
        self.length += bytes.len();
    }

    pub fn push(&mut self, byte: u8) {
        self.extend_from_slice(&[byte]);
    }

    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Removes the first bytes.
    pub fn drop_first(&mut self, count: usize) {
        self.buffer.copy_within(count..self.length, 0);
        self.length -= count;
    }

    /// Appends up to so many bytes of an input, and returns whether there was any.
    pub fn read_some(&mut self, input: &mut dyn Read, limit: usize) -> Result<bool> {
        let end = self.length + limit;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        loop {
            match input.read(&mut self.buffer[self.length..end]) {
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                read => {
                    let read = read?;
                    self.length += read;
                    return Ok(read > 0);
                }
            }
        }
    }
}

impl Deref for TextBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl DerefMut for TextBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_is_not_seen_again() {
        let mut text = TextBuffer::default();
        assert!(text.read_some(&mut &b"records of others"[..], 99).unwrap());
        let mut text = TextBuffer::over(text.into_vec());
        assert_eq!(&*text, b"");
        text.extend_from_slice(b"ab");
        assert!(text.read_some(&mut &b"cdef"[..], 3).unwrap());
        assert_eq!(&*text, b"abcde");
        text.drop_first(1);
        text.truncate(3);
        assert_eq!(&*text, b"bcd");
        text.push(b'x');
        text.truncate(9);
        text.extend_from_slice(b"a longer text than what was read at first");
        assert_eq!(&*text, b"bcdxa longer text than what was read at first");
        assert!(!text.read_some(&mut &b""[..], 3).unwrap());
        text.truncate(2);
        assert_eq!(text.into_vec(), b"bc");
    }
}
