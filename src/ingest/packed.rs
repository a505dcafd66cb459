//! Compressed files are unpacked while they are read.
//!
//! Nothing of a file is kept but the batch at hand, so that one which unpacks to more than any disk holds costs time and
//! no memory. Compression within compression is not looked for.

use std::io::{Cursor, Read, Result};

use flate2::read::MultiGzDecoder;

/// The text of a file, and the name of its compression where it has one.
pub(super) fn unpack(mut input: Box<dyn Read + Send>) -> Result<(Box<dyn Read + Send>, Option<&'static str>)> {
    let mut start = Vec::new();
    input.by_ref().take(4).read_to_end(&mut start)?;
    let (gzip, zstandard) = (start.starts_with(b"\x1f\x8b"), start == b"\x28\xb5\x2f\xfd");
    let input = Cursor::new(start).chain(input);
    Ok(match (gzip, zstandard) {
        // A file of several members is one text, as `cat a.gz b.gz` makes it.
        (true, _) => (Box::new(MultiGzDecoder::new(input)), Some("gzip")),
        (_, true) => (Box::new(zstd::stream::read::Decoder::new(input)?), Some("zstandard")),
        _ => (Box::new(input), None),
    })
}
