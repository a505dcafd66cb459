//! Quoted cells of a record that span lines.

use std::ops::Range;

use memchr::{memchr, memchr3, memrchr};

use super::looks::Blanks;

/// The quoted cells of one record that span lines.
pub(super) struct Spans {
    pub cells: Vec<QuotedCell>,
    pub fields: usize,
    /// After which delimiters outside of quoted cells a blank follows.
    pub blanks: Blanks,
    pub length: usize,
}

/// The marks of a quoted cell.
#[derive(Clone, Copy)]
pub(super) struct QuotedCell {
    /// The place of the mark that opens it.
    pub open: usize,
    /// The place of the mark that closes it, where one does.
    pub close: Option<usize>,
}

impl Spans {
    /// Looks through the record that `bytes` begin with.
    pub fn of(bytes: &[u8], delimiter: u8) -> Self {
        let mut spans = Self { cells: Vec::new(), fields: 1, blanks: Blanks::default(), length: bytes.len() };
        let mut at = 0;
        loop {
            if bytes.get(at) == Some(&b'"') {
                let close = closing(bytes, at);
                let end = close.unwrap_or(bytes.len());
                if memchr(b'\n', &bytes[at..end]).is_some() {
                    spans.cells.push(QuotedCell { open: at, close });
                }
                at = (end + 1).min(bytes.len());
            }
            let Some(step) = memchr3(delimiter, b'\n', b'\r', &bytes[at..]) else { return spans };
            at += step + 1;
            if bytes[at - 1] != delimiter {
                spans.length = at;
                return spans;
            }
            if bytes.get(at) == Some(&b' ') {
                spans.blanks = spans.blanks.and(Blanks::after(spans.fields - 1));
            }
            spans.fields += 1;
        }
    }
}

/// The mark that closes the quoted cell which opens here.
pub(super) fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr(b'"', bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// The physical line that holds a byte, without its line end.
pub(super) fn line_of(bytes: &[u8], at: usize) -> Range<usize> {
    let start = memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    start..memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end)
}
