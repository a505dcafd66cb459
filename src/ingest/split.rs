//! Where records end: the state machine of RFC 4180 without the contents.

use memchr::{memchr, memchr_iter, memchr2, memchr3, memrchr};

use super::stray::{self, Mended, TextShape};

/// Up to where a buffer holds whole records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// End of the last whole record.
    pub end: usize,
    /// Whether the physical line that begins at `end` is broken by a quotation mark that is not closed.
    pub broken: bool,
    /// Whether a quotation mark is open at the end of the buffer.
    pub open: bool,
    /// Whether there is a quotation mark.
    pub quoted: bool,
    /// Lines that stray quotation marks had made one cell.
    pub swallowed: Vec<Swallowed>,
}

/// Where the input ends, seen from a buffer of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputEnd {
    /// At the end of the buffer.
    Reached,
    /// Not known yet: more bytes may follow.
    Ahead,
}

/// Lines of a buffer that a pair of stray quotation marks had made one cell, counted from 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Swallowed {
    /// The first line.
    pub first: u64,
    /// The last line.
    pub last: u64,
    /// Where the first mark was.
    pub byte: usize,
}

/// Finds the end of the last whole record in a buffer that begins with a record.
///
/// A quoted field may hold line ends. Where its lines are records, it was
/// made by two stray marks: they are blanked, and the lines are read again. Any other record of several lines that has
/// not the header's number of fields was not meant to be one: a quotation mark was forgotten in its first line.
pub(super) fn cut(bytes: &mut [u8], shape: TextShape, longest: usize, input_end: InputEnd) -> Cut {
    let mut swallowed = Vec::new();
    if memchr(b'"', bytes).is_none() {
        return Cut { end: end_of_lines(bytes, input_end), broken: false, open: false, quoted: false, swallowed };
    }
    let mut start = 0;
    let mut lines = LineCounter::default();
    while start < bytes.len() {
        let (length, closed, spans_lines, fields) = match record(&bytes[start..], shape.delimiter, input_end) {
            RecordEnd::Whole { length, fields, lines } => (length, true, lines > 1, fields),
            RecordEnd::Open if input_end == InputEnd::Reached => (bytes.len() - start, false, true, 0),
            RecordEnd::Open => return Cut { end: start, broken: false, open: true, quoted: true, swallowed },
            RecordEnd::Partial => break,
        };
        if spans_lines {
            match stray::mend(&mut bytes[start..], length, shape, input_end) {
                Mended::Right if closed && fields == shape.columns && length <= longest => {}
                Mended::Right => return Cut { end: start, broken: true, open: false, quoted: true, swallowed },
                Mended::Undecided => return Cut { end: start, broken: false, open: true, quoted: true, swallowed },
                Mended::Stray { open, last } => {
                    let byte = start + open;
                    let first = lines.before(bytes, byte);
                    let within = memchr_iter(b'\n', &bytes[byte..start + last]).count() as u64;
                    swallowed.push(Swallowed { first, last: first + within, byte });
                    continue;
                }
            }
        }
        start += length;
    }
    Cut { end: start, broken: false, open: false, quoted: true, swallowed }
}

/// Returns the end of the last whole line of a buffer in which each line is a record.
pub(super) fn end_of_lines(bytes: &[u8], input_end: InputEnd) -> usize {
    match input_end {
        InputEnd::Reached => bytes.len(),
        InputEnd::Ahead => memrchr(b'\n', bytes).map_or(0, |at| at + 1),
    }
}

/// Counts the lines before places that mostly come one after another.
#[derive(Default)]
struct LineCounter {
    at: usize,
    lines: u64,
}

impl LineCounter {
    fn before(&mut self, bytes: &[u8], at: usize) -> u64 {
        let count = |range| memchr_iter(b'\n', &bytes[range]).count() as u64;
        // When one cell of a record is mended, an earlier one may prove to be stray too.
        self.lines = if at < self.at { self.lines - count(at..self.at) } else { self.lines + count(self.at..at) };
        self.at = at;
        self.lines
    }
}

enum RecordEnd {
    /// A record with its line end.
    Whole { length: usize, fields: usize, lines: usize },
    /// A quotation mark is open at the end of the buffer.
    Open,
    /// The buffer ends within the record.
    Partial,
}

fn record(bytes: &[u8], delimiter: u8, input_end: InputEnd) -> RecordEnd {
    let is_last = input_end == InputEnd::Reached;
    let (mut at, mut fields, mut lines) = (0, 1, 1);
    loop {
        // Here a field begins.
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(step) = memchr2(b'"', b'\n', &bytes[at..]) else { return RecordEnd::Open };
                at += step + 1;
                if bytes[at - 1] == b'\n' {
                    lines += 1;
                } else if bytes.get(at) == Some(&b'"') {
                    at += 1;
                } else if at == bytes.len() && !is_last {
                    // The next byte decides whether the quotation mark closes the field.
                    return RecordEnd::Open;
                } else {
                    break;
                }
            }
        }
        match memchr3(delimiter, b'\n', b'\r', &bytes[at..]) {
            Some(step) => {
                at += step + 1;
                match (bytes[at - 1], bytes.get(at)) {
                    (b'\n', _) => return RecordEnd::Whole { length: at, fields, lines },
                    (b'\r', Some(b'\n')) => return RecordEnd::Whole { length: at + 1, fields, lines },
                    // The reader ends a record at a lone carriage return too.
                    (b'\r', Some(_)) => return RecordEnd::Whole { length: at, fields, lines },
                    (b'\r', None) if is_last => return RecordEnd::Whole { length: at, fields, lines },
                    (b'\r', None) => return RecordEnd::Partial,
                    _ => fields += 1,
                }
            }
            None if is_last => return RecordEnd::Whole { length: bytes.len(), fields, lines },
            None => return RecordEnd::Partial,
        }
    }
}

/// A line without its line end.
pub(crate) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::super::looks::{Blanks, Looks};
    use super::*;

    fn at(text: &str, input_end: InputEnd) -> (usize, bool) {
        let (blanks, looks) = (Blanks::default(), Looks::default());
        let shape = TextShape { delimiter: b',', columns: 2, blanks, looks, text: false };
        let cut = cut(&mut text.as_bytes().to_vec(), shape, 1 << 20, input_end);
        (cut.end, cut.broken)
    }

    #[test]
    fn records_end_at_line_ends_outside_quotes() {
        assert_eq!(at("a,b\nc", InputEnd::Ahead), (4, false));
        assert_eq!(at("a,b\nc", InputEnd::Reached), (5, false));
        assert_eq!(at("a,\"b\nc\"\nd,e\n", InputEnd::Ahead), (12, false));
        assert_eq!(at("a,\"b\"\"\nc\"\n", InputEnd::Ahead), (10, false));
        assert_eq!(at("a,\"b\nc", InputEnd::Ahead), (0, false));
    }

    #[test]
    fn a_forgotten_quotation_mark_breaks_one_line_only() {
        // Open to the end of the file.
        assert_eq!(at("a,b\nc,\"d\ne,f\n", InputEnd::Reached), (4, true));
        // Closed by a quoted field of another line, with other text after it, or with too many fields.
        assert_eq!(at("a,\"b\nc,\"d\",e\nf,g\n", InputEnd::Reached), (17, false));
        assert_eq!(at("a,\"b\nc\",d,e\nf,g\n", InputEnd::Reached), (0, true));
    }

    #[test]
    fn a_quotation_mark_at_the_end_of_the_buffer_waits_for_the_next_byte() {
        assert_eq!(at("a,\"b\"", InputEnd::Ahead), (0, false));
        assert_eq!(at("a,\"b\"", InputEnd::Reached), (5, false));
    }

    #[test]
    fn a_quotation_mark_within_a_field_is_a_character() {
        assert_eq!(at("a,5\" pipe\nc,d\n", InputEnd::Ahead), (14, false));
    }
}
