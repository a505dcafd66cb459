//! Stray quotation marks: quoted cells that swallowed the records of the lines between two marks.
//!
//! RFC 4180 lets a quoted cell hold line ends, so two stray marks make one cell of everything between them. Such a
//! cell differs from a note of multiple lines by what its lines look like when each is read alone: a line of a note seldom
//! has as many delimiters as the header, and a swallowed record has; and the cells of a record look like those of the file,
//! digits where it has digits. Where a line can be either, it is a record: an error about a note is seen, and a lost record
//! is not. Only cells that span lines are looked at.

use std::cmp::Ordering;
use std::ops::Range;

use memchr::memchr;

use super::looks::{Blanks, Looks};
use super::spans::{Spans, closing, line_of};
use super::split::InputEnd;

/// Bytes that are looked at to decide whether a mark begins a note. More is not a note.
pub(super) const LOOK: usize = 1 << 16;

/// So many delimiters in the right places are no accident.
const MANY: usize = 3;

/// How the records of a file are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextShape {
    /// What separates fields.
    pub delimiter: u8,
    /// How many fields the header has.
    pub columns: usize,
    /// After which delimiters of a record a blank may follow.
    pub blanks: Blanks,
    /// What the cells of each column look like.
    pub looks: Looks,
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
pub(super) fn mend(bytes: &mut [u8], length: usize, shape: TextShape, input_end: InputEnd) -> Mended {
    if shape.text {
        return Mended::Right;
    }
    let record = &bytes[..length];
    let spans = Spans::of(record, shape.delimiter);
    let shape = TextShape { blanks: shape.blanks.and(spans.blanks), ..shape };
    let closed = spans.cells.into_iter().filter_map(|cell| Some((cell.open, cell.close?)));
    for (open, close) in closed {
        if !shape.swallowed(record, open, close) {
            continue;
        }
        match shape.closing_mark(bytes, close, input_end) {
            ClosingMark::Undecided => return Mended::Undecided,
            ClosingMark::Stray => blank(bytes, close, shape.delimiter),
            ClosingMark::Right => {}
        }
        blank(bytes, open, shape.delimiter);
        return Mended::Stray { open, last: close };
    }
    Mended::Right
}

pub(super) fn blank(bytes: &mut [u8], at: usize, delimiter: u8) {
    bytes[at] = if delimiter == b' ' { b'\t' } else { b' ' };
}

/// What quotation marks do in a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum QuoteMarks {
    /// They enclose cells.
    Quote,
    /// They are characters of the text.
    Text,
}

/// The delimiters of a physical line.
#[derive(Clone, Copy, Default)]
pub(super) struct Delimiters {
    pub all: usize,
    /// Those within the part of the line that is looked at.
    pub inside: usize,
    /// Those of the part without a blank or the line's end after them.
    pub tight: usize,
    /// Those of the part, as far as a record goes, with a blank where records of the file have none.
    pub misplaced: usize,
}

/// Returns whether a mark that closes a cell is followed by more text of the cell, which no program writes.
pub(super) fn is_malformed(record: &[u8], close: usize, delimiter: u8) -> bool {
    let rest = &record[close + 1..];
    let next = rest.iter().find(|byte| **byte != b' ');
    next.is_some_and(|byte| *byte != delimiter && !matches!(byte, b'\n' | b'\r'))
}

/// The lines between the first and the last of a cell.
pub(super) fn between<'a>(
    record: &'a [u8],
    first: &Range<usize>,
    last: &Range<usize>,
) -> impl Iterator<Item = &'a [u8]> {
    record.get(first.end + 1..last.start).unwrap_or_default().split(|byte| *byte == b'\n')
}

/// A mark that closed a cell, when its line is read alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ClosingMark {
    Stray,
    /// It is part of a cell of its own line, or opens a note.
    Right,
    Undecided,
}

impl TextShape {
    /// Counts the delimiters of a physical line, and those in a part of it.
    ///
    /// A mark that the line does not close is a character.
    pub(super) fn read(&self, line: &[u8], marks: QuoteMarks, part: Range<usize>) -> Delimiters {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut at, mut found) = (0, Delimiters::default());
        loop {
            if marks == QuoteMarks::Quote && line.get(at) == Some(&b'"') {
                at = closing(line, at).unwrap_or(at) + 1;
            }
            let Some(step) = memchr(self.delimiter, &line[at..]) else { return found };
            at += step + 1;
            if part.contains(&(at - 1)) {
                let blank = line.get(at).is_none_or(|byte| *byte == b' ');
                found.inside += 1;
                found.tight += usize::from(!blank);
                found.misplaced += usize::from(blank && found.all + 1 < self.columns && !self.blanks.hold(found.all));
            }
            found.all += 1;
        }
    }

    /// Both ways to read a line: one with a mark in the wrong place can be a record only where marks are characters.
    fn readings(&self, line: &[u8], part: Range<usize>) -> [Delimiters; 2] {
        [QuoteMarks::Quote, QuoteMarks::Text].map(|marks| self.read(line, marks, part.clone()))
    }

    /// Returns whether a line reads like a record, by the part of it that is the text of a cell.
    fn is_record(&self, found: Delimiters) -> bool {
        let right = self.columns - 1;
        found.inside > 0
            && match found.all.cmp(&right) {
                Ordering::Equal => right == 1 || found.tight > 0 || found.misplaced == 0,
                // A delimiter too many, such as an empty cell at the end or a comma of a text without marks.
                Ordering::Greater => found.tight > 0 && found.misplaced == 0,
                Ordering::Less => found.all + 1 == right && found.tight >= MANY && found.misplaced == 0,
            }
    }

    /// Returns whether the lines of a cell are records, or no program wrote the cell.
    pub(super) fn swallowed(&self, record: &[u8], open: usize, close: usize) -> bool {
        if is_malformed(record, close, self.delimiter) {
            return true;
        }
        let (first, last) = (line_of(record, open), line_of(record, close));
        let (opens_text, closes_text) = (&record[first.clone()], &record[last.start..=close]);
        let begin = open - first.start;
        let before = self.read(&opens_text[..begin], QuoteMarks::Quote, 0..begin).all;
        // Cells of the record before the first line, where that begins within a text, and after the last one.
        let text = Spans::of(&record[..open], self.delimiter).fields - 1;
        let after = Spans::of(&record[close + 1..], self.delimiter).fields - 1;
        // A text may begin with a blank in its own column.
        let margin = before.checked_sub(1).map_or(Blanks::default(), Blanks::after);
        let shape = Self { blanks: self.blanks.and(margin), ..*self };
        let is_line = |line: &[u8]| {
            let found = shape.readings(line, 0..line.len());
            let is_record = found.into_iter().any(|found| shape.is_record(found));
            is_record || shape.fits(line, |column| column != text) || shape.ends_record(shape.cells(line), text)
        };
        if between(record, &first, &last).any(is_line) {
            return true;
        }
        // The first and the last line hold other cells of the same record too. A note in the first column leaves all
        // delimiters to its last line, and one in the last column leaves them to its first, so what counts is the text.
        let opens = shape.readings(opens_text, begin..opens_text.len());
        let closes = shape.readings(closes_text, 0..closes_text.len());
        let closes = closes.map(|found| Delimiters { all: found.all + after, ..found });
        let full = |found: &Delimiters| found.all + text.saturating_sub(before) + 1 >= self.columns;
        let (opens_full, closes_full) = (opens.iter().any(full), closes.iter().any(full));
        if closes.into_iter().any(|found| shape.is_record(found) && (opens_full || found.inside >= MANY))
            || closes_full && opens.into_iter().any(|found| shape.is_record(found))
        {
            return true;
        }
        // Cells of the first line look like the rest of a record, from the text on or up to the end.
        let rest = || self.cells(&opens_text[begin..]).skip(1);
        if self.are_alike((text + 1..).zip(rest())) || self.ends_record(rest(), text) {
            return true;
        }
        // Where the cells of the record and those of the line are the same ones, only those within the text can show it.
        let last = &record[line_of(record, close)];
        let is_own = self.cells(closes_text).count() == text + 1;
        if shape.fits(last, |column| column < text + usize::from(self.looks.is_code(text)) || !is_own) {
            return true;
        }
        let is_own = self.cells(&opens_text[..begin]).count() == text + 1;
        closes_full && shape.fits(opens_text, |column| column > text || !is_own)
    }

    /// The cells of a line in which each mark is a character.
    fn cells<'a>(&self, line: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let delimiter = self.delimiter;
        line.strip_suffix(b"\r").unwrap_or(line).split(move |byte| *byte == delimiter)
    }

    /// Returns whether at least two cells look like those of their columns, and none like another. Of two columns one is enough.
    fn are_alike<'a>(&self, cells: impl Iterator<Item = (usize, &'a [u8])>) -> bool {
        let (alike, other) = self.looks.compare(cells);
        alike > usize::from(self.columns > 2) && other == 0
    }

    /// Returns whether the last cells of a line look like those of a record behind the column of a text.
    fn ends_record<'a>(&self, cells: impl Iterator<Item = &'a [u8]>, text: usize) -> bool {
        let cells: Vec<_> = cells.collect();
        self.are_alike((text + 1..self.columns).rev().zip(cells.into_iter().rev()))
    }

    /// Returns whether a line has the header's number of cells, and some of them look like those of the file. One may be
    /// another.
    fn fits(&self, line: &[u8], is_compared: impl Fn(usize) -> bool) -> bool {
        let compared = self.cells(line).enumerate().filter(|(column, _)| is_compared(*column));
        let (alike, other) = self.looks.compare(compared);
        alike > other && other < 2 && self.cells(line).count() == self.columns
    }

    pub(super) fn closing_mark(&self, bytes: &[u8], close: usize, input_end: InputEnd) -> ClosingMark {
        let line = line_of(bytes, close);
        let mut at = line.start;
        loop {
            if bytes[..line.end].get(at) == Some(&b'"') {
                match closing(&bytes[..line.end], at) {
                    Some(end) if close <= end => return ClosingMark::Right,
                    Some(end) => at = end + 1,
                    None if at == close => {
                        return self.opening_mark(&bytes[line.start..], close - line.start, input_end);
                    }
                    None => at += 1,
                }
            }
            let end = memchr(self.delimiter, &bytes[at..line.end]).map_or(line.end, |step| at + step);
            if close < end {
                // At the end of a cell the mark closes nothing. Within a cell it is a character.
                let is_last = bytes[close + 1..end].trim_ascii().is_empty();
                return if is_last { ClosingMark::Stray } else { ClosingMark::Right };
            }
            at = end + 1;
        }
    }

    /// Returns whether a mark that its own line does not close opens a note of several lines.
    /// `bytes` begin with the line.
    fn opening_mark(&self, bytes: &[u8], open: usize, input_end: InputEnd) -> ClosingMark {
        let rest = &bytes[..bytes.len().min(open + LOOK)];
        let is_all = input_end == InputEnd::Reached && rest.len() == bytes.len();
        let missing = if is_all || open + LOOK <= bytes.len() { ClosingMark::Stray } else { ClosingMark::Undecided };
        let Some(close) = closing(rest, open) else { return missing };
        if memchr(b'\n', &rest[close..]).is_none() && !is_all {
            return missing;
        }
        if self.swallowed(rest, open, close) { ClosingMark::Stray } else { ClosingMark::Right }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(columns: usize) -> TextShape {
        TextShape { delimiter: b',', columns, blanks: Blanks::default(), looks: Looks::default(), text: false }
    }

    fn mended(text: &str, columns: usize) -> (Mended, String) {
        let mut bytes = text.as_bytes().to_vec();
        let length = Spans::of(&bytes, b',').length;
        let mended = mend(&mut bytes, length, shape(columns), InputEnd::Reached);
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
            // A blank after a delimiter, or after each where the record is written so.
            ("a,b,\"x\nc,d, e\nf,g, x\"\n", "a,b, x\nc,d, e\nf,g, x \n"),
            ("a, b,\"x\nc, d, e\nf, g, x\"\n", "a, b, x\nc, d, e\nf, g, x \n"),
            // A delimiter too many in the first line, and in the others.
            ("a,b,\"x,y\nf,g,\"\n", "a,b, x,y\nf,g, \n"),
            ("a,b,\"x\nc,d,e,\nf,g,x,y\"\n", "a,b, x\nc,d,e,\nf,g,x,y \n"),
            // In the middle, with other cells after the text.
            ("a,\"b,x\nc, d,e\nf, g\",h\n", "a, b,x\nc, d,e\nf, g ,h\n"),
            ("a,\"b,x\nf,g\",h\n", "a, b,x\nf,g ,h\n"),
            // The closing line goes on with a note of two lines.
            ("a,\"b,c\nf,g\",\"one\ntwo\"\n", "a, b,c\nf,g ,\"one\ntwo\"\n"),
            // Only the last line shows it.
            ("a,b,\"x\ntext\nf,g, x\"\n", "a,b, x\ntext\nf,g, x \n"),
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
            // Punctuation is not a delimiter, though there are as many.
            "a,b,\"one\ntwo, three, four\nfive\"\n",
            "a,b,\"one\n\ntwo\"\n",
        ] {
            assert_eq!(mended(text, 3), (Mended::Right, text.to_owned()));
        }
        assert_eq!(mended("\"a\nb\",\"c\nd\"\n", 2).0, Mended::Right);
        assert_eq!(mended("a,\"one,\ntwo, three\",c,d\n", 4).0, Mended::Right);
        assert_eq!(mended("\"one, two\nthree\",b,c,d\n", 4).0, Mended::Right);
        // With two columns a text looks like a record: a lost record is worse.
        assert_eq!(mended("1,\"Hello\nWorld, of\"\n", 2).0, Mended::Stray { open: 2, last: 18 });
        // The profile says that lines are text.
        let mut bytes = b"a,b,\"x\nc,d,e\nf,g,\"x\n".to_vec();
        let length = bytes.len();
        assert_eq!(mend(&mut bytes, length, TextShape { text: true, ..shape(3) }, InputEnd::Reached), Mended::Right);
    }

    /// Where counts of delimiters are not enough, cells that look like those of the file decide.
    #[test]
    fn cells_that_look_like_a_record_are_one() {
        let file = "KHM,x y,2020,M,1\nTHA,,2021,F,2\nVNM,ok,2020,F,30\n";
        let looks = Looks::of(file.as_bytes(), b',', 5);
        let mended = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let length = Spans::of(&bytes, b',').length;
            mend(&mut bytes, length, TextShape { looks, ..shape(5) }, InputEnd::Reached)
        };
        for text in [
            // The line in which the cell opens ends a note.
            "KHM,\"one\ntwo\",\"2022,F,46\nKHM,,2020\",M,47\n",
            // Blanks, where the file has none.
            "KHM,\"x, 2022, F, 1\nKHM, , 2020, M, 2\nKHM,\",2020,M,3\n",
            // The first column, of a line with a cell too few.
            "\"KHM,,2022,F\nKHM\",x,2020,M,4\n",
            // The closing line has a delimiter within marks.
            "KHM,x,2022,\"F,1\nKHM,\",2020,\"M,1\"\n",
        ] {
            assert!(matches!(mended(text), Mended::Stray { .. }), "{text:?}");
        }
        for text in [
            "KHM,\"one, two,\nthree, four\",2020,M,1\n",
            "KHM,\"one\ntwo, three, four, five, six\nseven\",2020,M,1\n",
            "KHM,\"in Phnom Penh, 2021, one\nfour\",2020,M,1\n",
        ] {
            assert_eq!(mended(text), Mended::Right, "{text:?}");
        }
    }
}
