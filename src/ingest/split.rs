//! Where records end: the state machine of RFC 4180 without the contents.

use memchr::{memchr, memchr2, memchr3, memrchr};

/// Up to where a buffer holds whole records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// End of the last whole record.
    pub end: usize,
    /// Whether the physical line that begins at `end` is broken by a quotation mark that is not closed.
    pub broken: bool,
    /// Whether there is a quotation mark.
    pub quoted: bool,
}

/// Finds the end of the last whole record in a buffer that begins with a record.
///
/// `last` says that nothing follows the buffer. A quoted field may hold line ends, but a record of several lines that
/// has not the header's number of fields was not meant to be one: a quotation mark was forgotten in its first line.
pub(super) fn cut(bytes: &[u8], delimiter: u8, columns: usize, last: bool) -> Cut {
    if memchr(b'"', bytes).is_none() {
        let end = if last { bytes.len() } else { memrchr(b'\n', bytes).map_or(0, |at| at + 1) };
        return Cut { end, broken: false, quoted: false };
    }
    let mut start = 0;
    while start < bytes.len() {
        match record(&bytes[start..], delimiter, last) {
            Record::Whole { length, fields, lines } => {
                if lines > 1 && fields != columns {
                    return Cut { end: start, broken: true, quoted: true };
                }
                start += length;
            }
            Record::Open => return Cut { end: start, broken: last, quoted: true },
            Record::Partial => break,
        }
    }
    Cut { end: start, broken: false, quoted: true }
}

enum Record {
    /// A record with its line end.
    Whole { length: usize, fields: usize, lines: usize },
    /// A quotation mark is open at the end of the buffer.
    Open,
    /// The buffer ends within the record.
    Partial,
}

fn record(bytes: &[u8], delimiter: u8, last: bool) -> Record {
    let (mut at, mut fields, mut lines) = (0, 1, 1);
    loop {
        // Here a field begins.
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(step) = memchr2(b'"', b'\n', &bytes[at..]) else { return Record::Open };
                at += step + 1;
                if bytes[at - 1] == b'\n' {
                    lines += 1;
                } else if bytes.get(at) == Some(&b'"') {
                    at += 1;
                } else if at == bytes.len() && !last {
                    // The next byte decides whether the quotation mark closes the field.
                    return Record::Open;
                } else {
                    break;
                }
            }
        }
        match memchr3(delimiter, b'\n', b'\n', &bytes[at..]) {
            Some(step) => {
                at += step + 1;
                if bytes[at - 1] == b'\n' {
                    return Record::Whole { length: at, fields, lines };
                }
                fields += 1;
            }
            None if last => return Record::Whole { length: bytes.len(), fields, lines },
            None => return Record::Partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, last: bool) -> (usize, bool) {
        let cut = cut(text.as_bytes(), b',', 2, last);
        (cut.end, cut.broken)
    }

    #[test]
    fn records_end_at_line_ends_outside_quotes() {
        assert_eq!(at("a,b\nc", false), (4, false));
        assert_eq!(at("a,b\nc", true), (5, false));
        assert_eq!(at("a,\"b\nc\"\nd,e\n", false), (12, false));
        assert_eq!(at("a,\"b\"\"\nc\"\n", false), (10, false));
        assert_eq!(at("a,\"b\nc", false), (0, false));
    }

    #[test]
    fn a_forgotten_quotation_mark_breaks_one_line_only() {
        // Open to the end of the file.
        assert_eq!(at("a,b\nc,\"d\ne,f\n", true), (4, true));
        // Closed by the next quoted field, several lines below: three fields and not two.
        assert_eq!(at("a,\"b\nc,\"d\",e\nf,g\n", true), (0, true));
    }

    #[test]
    fn a_quotation_mark_at_the_end_of_the_buffer_waits_for_the_next_byte() {
        assert_eq!(at("a,\"b\"", false), (0, false));
        assert_eq!(at("a,\"b\"", true), (5, false));
    }

    #[test]
    fn a_quotation_mark_within_a_field_is_a_character() {
        assert_eq!(at("a,5\" pipe\nc,d\n", false), (14, false));
    }
}
