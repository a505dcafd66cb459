//! Stray quotation marks: quoted cells that swallowed the records of the lines between two marks.
//!
//! RFC 4180 lets a quoted cell hold line ends, so two stray marks make one cell of everything between them. What tells
//! such a cell from a note of several lines is what its lines look like when each is read alone: a line of a note seldom
//! has as many delimiters as the header, and a swallowed record always has. Only cells that span lines are looked at.

use std::ops::Range;

use memchr::{memchr, memchr3, memrchr};

/// Bytes that are looked at to decide whether a mark begins a note. More is no note.
const LOOK: usize = 1 << 16;

/// How the records of a file are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// What separates fields.
    pub delimiter: u8,
    /// How many fields the header has.
    pub columns: usize,
    /// Whether a space follows delimiters in this file. Otherwise a delimiter with a space after it is punctuation.
    pub spaced: bool,
    /// Whether the lines of a quoted cell are its text, whatever they look like.
    pub text: bool,
}

/// What was done about a record of several lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// It is a record, as far as its quotation marks go.
    Right,
    /// It held other records. Its marks are no longer there: they were at `open` and at or before `last`.
    Stray {
        /// The mark that opened the cell.
        open: usize,
        /// A byte of the last line of the cell.
        last: usize,
    },
    /// The bytes that follow decide.
    Undecided,
}

/// Finds the first quoted cell that swallowed records, and blanks its stray marks.
///
/// `bytes` begin with the record, which is `length` bytes long, and go on with what follows. A mark becomes a space, so
/// that no byte moves. The cell's closing mark stays where it belongs to its own line.
pub(super) fn mend(bytes: &mut [u8], length: usize, shape: Shape, last: bool) -> Mended {
    if shape.text {
        return Mended::Right;
    }
    let record = &bytes[..length];
    let spans = Spans::of(record, shape.delimiter);
    let shape = Shape { spaced: shape.spaced || spans.spaced, ..shape };
    let closed = spans.cells.into_iter().filter_map(|(open, close)| Some((open, close?)));
    for (open, close) in closed {
        if !shape.swallowed(record, open, close) {
            continue;
        }
        match shape.closing_mark(bytes, close, last) {
            Mark::Undecided => return Mended::Undecided,
            Mark::Stray => blank(bytes, close, shape.delimiter),
            Mark::Right => {}
        }
        blank(bytes, open, shape.delimiter);
        return Mended::Stray { open, last: close };
    }
    Mended::Right
}

/// Does the same for the first `records` of a file, before its header is known. Returns the places of `open` and `last`.
pub(super) fn mend_start(bytes: &mut [u8], records: usize, delimiter: u8) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut start, mut done) = (0, 0);
    while start < bytes.len() && done < records {
        if matches!(bytes[start], b'\n' | b'\r') {
            start += 1;
            continue;
        }
        let spans = Spans::of(&bytes[start..], delimiter);
        let record = &bytes[start..start + spans.length];
        let stray =
            spans.cells.iter().find(|(open, close)| swallowed_at_start(record, &spans, *open, *close, delimiter));
        let Some(&(open, close)) = stray else {
            start += spans.length;
            done += 1;
            continue;
        };
        let end = spans.length;
        if let Some(close) = close {
            // The shape of the file is not known: the line in which the cell opens has to do.
            let columns = Delimiters::raw(&record[line_of(record, open)], delimiter).tight + 1;
            let shape = Shape { delimiter, columns, spaced: spans.spaced, text: false };
            if shape.closing_mark(&bytes[start..start + end], close, true) == Mark::Stray {
                blank(bytes, start + close, delimiter);
            }
        }
        blank(bytes, start + open, delimiter);
        found.push((start + open, start + close.unwrap_or(end.saturating_sub(2))));
    }
    found
}

fn blank(bytes: &mut [u8], at: usize, delimiter: u8) {
    bytes[at] = if delimiter == b' ' { b'\t' } else { b' ' };
}

/// The quoted cells of one record that span lines.
struct Spans {
    /// Where each opens and closes, if it does.
    cells: Vec<(usize, Option<usize>)>,
    fields: usize,
    /// Whether a space follows a delimiter outside of quoted cells.
    spaced: bool,
    length: usize,
}

impl Spans {
    /// Looks through the record that `bytes` begin with.
    fn of(bytes: &[u8], delimiter: u8) -> Self {
        let mut spans = Self { cells: Vec::new(), fields: 1, spaced: false, length: bytes.len() };
        let mut at = 0;
        loop {
            if bytes.get(at) == Some(&b'"') {
                let close = closing(bytes, at);
                let end = close.unwrap_or(bytes.len());
                if memchr(b'\n', &bytes[at..end]).is_some() {
                    spans.cells.push((at, close));
                }
                at = (end + 1).min(bytes.len());
            }
            let Some(step) = memchr3(delimiter, b'\n', b'\r', &bytes[at..]) else { return spans };
            at += step + 1;
            if bytes[at - 1] != delimiter {
                spans.length = at;
                return spans;
            }
            spans.fields += 1;
            spans.spaced |= bytes.get(at) == Some(&b' ');
        }
    }
}

/// The mark that closes the quoted cell which opens here.
fn closing(bytes: &[u8], open: usize) -> Option<usize> {
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
fn line_of(bytes: &[u8], at: usize) -> Range<usize> {
    let start = memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    start..memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end)
}

/// The delimiters of a physical line.
#[derive(Clone, Copy, Default)]
struct Delimiters {
    all: usize,
    /// Those without a space after them. A space follows punctuation.
    tight: usize,
}

impl Delimiters {
    /// Counts them in a line that is read alone. A mark that the line does not close is a character.
    fn of(line: &[u8], delimiter: u8) -> Self {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut at, mut found) = (0, Self::default());
        loop {
            if line.get(at) == Some(&b'"') {
                at = closing(line, at).unwrap_or(at) + 1;
            }
            let Some(step) = memchr(delimiter, &line[at..]) else { return found };
            at += step + 1;
            found.all += 1;
            found.tight += usize::from(line.get(at) != Some(&b' '));
        }
    }

    /// Counts them in a line in which every mark is a character.
    fn raw(line: &[u8], delimiter: u8) -> Self {
        let after = || line.split(|byte| *byte == delimiter).skip(1);
        Self { all: after().count(), tight: after().filter(|text| !text.starts_with(b" ")).count() }
    }
}

/// Whether a mark that closes a cell is followed by more text of the cell, which no program writes.
fn is_malformed(record: &[u8], close: usize, delimiter: u8) -> bool {
    let rest = &record[close + 1..];
    let next = rest.iter().find(|byte| **byte != b' ');
    next.is_some_and(|byte| *byte != delimiter && !matches!(byte, b'\n' | b'\r'))
}

/// The lines between the first and the last of a cell.
fn between<'a>(record: &'a [u8], first: &Range<usize>, last: &Range<usize>) -> impl Iterator<Item = &'a [u8]> {
    record.get(first.end + 1..last.start).unwrap_or_default().split(|byte| *byte == b'\n')
}

/// A mark that closed a cell, when its line is read alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Stray,
    /// It is part of a cell of its own line, or opens a note.
    Right,
    Undecided,
}

impl Shape {
    /// Whether a physical line has the header's number of fields, and reads like a record.
    fn alike(&self, line: &[u8]) -> bool {
        let right = self.columns - 1;
        let is_record = |found: Delimiters| found.tight == right || self.spaced && found.all == right;
        // A line with a mark in the wrong place can have the right number of delimiters only where marks are characters.
        !line.trim_ascii().is_empty()
            && (is_record(Delimiters::of(line, self.delimiter)) || is_record(Delimiters::raw(line, self.delimiter)))
    }

    /// Whether the lines of a cell are records, or no program wrote the cell.
    fn swallowed(&self, record: &[u8], open: usize, close: usize) -> bool {
        let (first, last) = (line_of(record, open), line_of(record, close));
        is_malformed(record, close, self.delimiter)
            || between(record, &first, &last).any(|line| self.alike(line))
            || self.alike(&record[first]) && self.alike(&record[last])
    }

    fn closing_mark(&self, bytes: &[u8], close: usize, last: bool) -> Mark {
        let line = line_of(bytes, close);
        let mut at = line.start;
        loop {
            if bytes[..line.end].get(at) == Some(&b'"') {
                match closing(&bytes[..line.end], at) {
                    Some(end) if close <= end => return Mark::Right,
                    Some(end) => at = end + 1,
                    None if at == close => return self.opening_mark(bytes, line.start, close, last),
                    None => at += 1,
                }
            }
            let end = memchr(self.delimiter, &bytes[at..line.end]).map_or(line.end, |step| at + step);
            if close < end {
                // At the end of a cell the mark closes nothing. Within a cell it is a character.
                let is_last = bytes[close + 1..end].trim_ascii().is_empty();
                return if is_last { Mark::Stray } else { Mark::Right };
            }
            at = end + 1;
        }
    }

    /// Whether a mark that its own line does not close opens a note of several lines.
    fn opening_mark(&self, bytes: &[u8], line: usize, open: usize, last: bool) -> Mark {
        let rest = &bytes[line..bytes.len().min(open + LOOK)];
        let is_all = last && rest.len() == bytes.len() - line;
        let missing = if is_all || open + LOOK <= bytes.len() { Mark::Stray } else { Mark::Undecided };
        let open = open - line;
        let Some(close) = closing(rest, open) else { return missing };
        if memchr(b'\n', &rest[close..]).is_none() && !is_all {
            return missing;
        }
        if self.swallowed(rest, open, close) { Mark::Stray } else { Mark::Right }
    }
}

/// Whether lines that follow each other have the same number of delimiters, though the header is not known yet.
fn swallowed_at_start(record: &[u8], spans: &Spans, open: usize, close: Option<usize>, delimiter: u8) -> bool {
    let count = |line: &[u8]| match Delimiters::of(line, delimiter) {
        found if spans.spaced => found.all + 1,
        found => found.tight + 1,
    };
    let first = line_of(record, open);
    let last = close.map_or(record.len()..record.len(), |close| line_of(record, close));
    let inner: Vec<usize> = between(record, &first, &last).take(LOOK).map(count).collect();
    let opens = count(&record[first]);
    let rows = |pair: &[usize]| pair[0] > 1 && pair[0] == pair[1];
    if inner.windows(2).any(rows) {
        return true;
    }
    let Some(close) = close else { return opens > 1 && inner.contains(&opens) };
    let closes = count(&record[last]);
    let alike = opens > 1 && (inner.contains(&opens) || closes == opens);
    alike && (opens == spans.fields || is_malformed(record, close, delimiter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(columns: usize) -> Shape {
        Shape { delimiter: b',', columns, spaced: false, text: false }
    }

    fn mended(text: &str, columns: usize) -> (Mended, String) {
        let mut bytes = text.as_bytes().to_vec();
        let length = Spans::of(&bytes, b',').length;
        let mended = mend(&mut bytes, length, shape(columns), true);
        (mended, String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_pair_of_stray_marks_is_blanked() {
        for (text, expected) in [
            ("a,b,\"x\nc,d,e\nf,g,\"x\n", "a,b, x\nc,d,e\nf,g, x\n"),
            // Two lines only, and each way to close.
            ("a,b,\"x\nf,g,\"x\n", "a,b, x\nf,g, x\n"),
            ("a,b,\"x\nf,g,x\"\n", "a,b, x\nf,g,x \n"),
            ("a,b,\"x\nf,g,\"\n", "a,b, x\nf,g, \n"),
            // In the first column, and in different ones.
            ("\"a,b,x\nc,d,e\n\"f,g,x\n", " a,b,x\nc,d,e\n f,g,x\n"),
            ("a,\"b,x\nc,d,e\nf,g,\"x\n", "a, b,x\nc,d,e\nf,g, x\n"),
            // The closing mark belongs to its own line.
            ("a,b,\"x\nc,d,e\nf,g,\"ok\"\n", "a,b, x\nc,d,e\nf,g,\"ok\"\n"),
            ("a,b,\"x\nc,d,e\nf,g,\"one\ntwo\"\n", "a,b, x\nc,d,e\nf,g,\"one\ntwo\"\n"),
            // Quoted cells of the lines between are doubled marks.
            ("a,b,\"x\nc,d,\"\"\nf,g,\"x\n", "a,b, x\nc,d,\"\"\nf,g, x\n"),
            // Marks within a note that are not doubled: no program writes them so.
            ("a,b,\"one\n\"two\" three\"\n", "a,b, one\n\"two\" three\"\n"),
            // A text with a delimiter was not closed: its own line stays ragged.
            ("a,b,\"x,y\nc,d,e\nf,g,\"z\"\n", "a,b, x,y\nc,d,e\nf,g,\"z\"\n"),
        ] {
            let (mended, bytes) = mended(text, 3);
            assert!(matches!(mended, Mended::Stray { .. }), "{text:?}: {mended:?}");
            assert_eq!(bytes, expected);
        }
    }

    #[test]
    fn notes_of_several_lines_stay() {
        for text in [
            "a,b,\"one\ntwo\"\n",
            "a,b,\"one\ntwo, three\nfour\"\n",
            "\"one\ntwo\",b,c\n",
            "a,\"one\ntwo\",c\n",
            "a,\"one\ntwo\",\"three\nfour\"\n",
            // Punctuation is no delimiter, though there are as many.
            "a,b,\"one\ntwo, three, four\nfive\"\n",
            "a,b,\"one\n\ntwo\"\n",
        ] {
            assert_eq!(mended(text, 3), (Mended::Right, text.to_owned()));
        }
        assert_eq!(mended("\"a\nb\",\"c\nd\"\n", 2).0, Mended::Right);
        assert_eq!(mended("1,\"Hello\nWorld, of\"\n", 2).0, Mended::Right);
        // The profile says that lines are text.
        let mut bytes = b"a,b,\"x\nc,d,e\nf,g,\"x\n".to_vec();
        let length = bytes.len();
        assert_eq!(mend(&mut bytes, length, Shape { text: true, ..shape(3) }, true), Mended::Right);
    }

    #[test]
    fn headings_are_mended_before_they_are_known() {
        let start = |text: &str, records: usize| {
            let mut bytes = text.as_bytes().to_vec();
            let found = mend_start(&mut bytes, records, b',');
            (found.len(), String::from_utf8(bytes).unwrap())
        };
        for (text, expected) in [
            ("a,b,\"note\nc,d,e\nf,g,\"x\n", "a,b, note\nc,d,e\nf,g, x\n"),
            ("a,b,\"note\nf,g,\"x\n", "a,b, note\nf,g, x\n"),
            // It is never closed.
            ("a,b,\"note\nf,g,x\nf,g,x\n", "a,b, note\nf,g,x\nf,g,x\n"),
            // In a title above the header.
            ("\"Title\na,b,c\nf,g,x\nf,g,\"x\n", " Title\na,b,c\nf,g,x\nf,g, x\n"),
        ] {
            assert_eq!(start(text, 2), (1, expected.to_owned()), "{text:?}");
        }
        for text in ["a,\"Year of\ndetection\",c\nd,e,f\n", "\"a\nb\",\"c\nd\"\n", "\"A note\nof two lines\",\nd,e\n"] {
            assert_eq!(start(text, 1), (0, text.to_owned()));
        }
    }
}
