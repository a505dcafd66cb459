//! Stray quotation marks above and in the header, before it is known what records look like.

use super::looks::Blanks;
use super::looks::Looks;
use super::spans::{QuotedCell, Spans, line_of};
use super::split::InputEnd;
use super::stray::{ClosingMark, LOOK, QuoteMarks, TextShape, between, blank, is_malformed};

/// Mends the first `records` of a file. Returns the places of the mark that opened a cell and of its last line.
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
        let stray = spans.cells.iter().find(|cell| swallowed_at_start(record, &spans, **cell, delimiter));
        let Some(&QuotedCell { open, close }) = stray else {
            start += spans.length;
            done += 1;
            continue;
        };
        let end = spans.length;
        if let Some(close) = close {
            // The shape of the file is not known: the line in which the cell opens has to do.
            let line = &record[line_of(record, open)];
            let columns = line.iter().filter(|byte| **byte == delimiter).count() + 1;
            let shape = TextShape { delimiter, columns, blanks: spans.blanks, looks: Looks::default(), text: false };
            if shape.closing_mark(&bytes[start..start + end], close, InputEnd::Reached) == ClosingMark::Stray {
                blank(bytes, start + close, delimiter);
            }
        }
        blank(bytes, start + open, delimiter);
        found.push((start + open, start + close.unwrap_or(end.saturating_sub(2))));
    }
    found
}

/// Returns whether lines that follow each other have the same number of delimiters, though the header is not known yet.
fn swallowed_at_start(record: &[u8], spans: &Spans, cell: QuotedCell, delimiter: u8) -> bool {
    let QuotedCell { open, close } = cell;
    let shape =
        TextShape { delimiter, columns: spans.fields, blanks: spans.blanks, looks: Looks::default(), text: false };
    let read = |line: &[u8]| shape.read(line, QuoteMarks::Quote, 0..line.len());
    let spaced = spans.blanks != Blanks::default();
    // Where a blank follows every delimiter, they are punctuation.
    let count = |line: &[u8]| Some(read(line)).filter(|found| spaced || found.tight > 0).map_or(0, |found| found.all);
    let first = line_of(record, open);
    let last = close.map_or(record.len()..record.len(), |close| line_of(record, close));
    let inner = || between(record, &first, &last).take(LOOK);
    let counts: Vec<usize> = inner().map(count).collect();
    if counts.windows(2).any(|pair| pair[0] > 0 && pair[0] == pair[1]) {
        return true;
    }
    let opens = count(&record[first.clone()]);
    let like_first = |line: &[u8]| opens > 0 && if opens == 1 { read(line).all == 1 } else { count(line) == opens };
    let Some(close) = close else { return inner().any(like_first) };
    let alike = inner().any(like_first) || like_first(&record[last.clone()]);
    alike && (opens + 1 == spans.fields || is_malformed(record, close, delimiter))
        || spans.fields > 1 && shape.swallowed(record, open, close)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // Blanks, and a delimiter too many.
            ("a,b,\"note\nc,d, e\nf,g, x\"\n", "a,b, note\nc,d, e\nf,g, x \n"),
            ("a,b,\"note, long\nf,g,\"\n", "a,b, note, long\nf,g, \n"),
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
