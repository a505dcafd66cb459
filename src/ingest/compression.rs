//! Compressed files are unpacked while they are read.
//!
//! Nothing of a file is kept but the batch at hand, so a large one costs time and no memory. One that unpacks to hundreds
//! of times its size was made to cost that time, and is refused. Compression within compression is not looked for.

use std::io::{Cursor, Error, ErrorKind, Read, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

/// Text of any length may be unpacked from so many times fewer bytes: records repeat, but not like this.
const RATIO: u64 = 400;

/// Below this size the ratio does not matter.
const HARMLESS: u64 = 1 << 28;

/// The text of a file, and the name of its compression where it has one.
pub(super) fn unpack(mut input: Box<dyn Read + Send>) -> Result<(Box<dyn Read + Send>, Option<&'static str>)> {
    let mut start = Vec::new();
    input.by_ref().take(4).read_to_end(&mut start)?;
    let (gzip, zstandard) = (start.starts_with(b"\x1f\x8b"), start == b"\x28\xb5\x2f\xfd");
    let input = Cursor::new(start).chain(input);
    if !gzip && !zstandard {
        return Ok((Box::new(input), None));
    }
    let packed = Arc::new(AtomicU64::new(0));
    let input = CountedInput { input, read: Arc::clone(&packed) };
    // A file of several members is one text, as `cat a.gz b.gz` makes it.
    let (unpacked, name): (Box<dyn Read + Send>, _) = if gzip {
        (Box::new(MultiGzDecoder::new(input)), "gzip")
    } else {
        (Box::new(zstd::stream::read::Decoder::new(input)?), "zstandard")
    };
    Ok((Box::new(Bounded { unpacked, read: 0, packed }), Some(name)))
}

struct CountedInput<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for CountedInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

struct Bounded {
    unpacked: Box<dyn Read + Send>,
    read: u64,
    packed: Arc<AtomicU64>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.unpacked.read(buffer)?;
        self.read += read as u64;
        if self.read > HARMLESS && self.read / RATIO > self.packed.load(Ordering::Relaxed) {
            let what = format!("it unpacks to more than {RATIO} times its size, as no file of records does");
            return Err(Error::new(ErrorKind::FileTooLarge, what));
        }
        Ok(read)
    }
}
