//! Stray quotation marks: quoted cells that swallowed the records of the lines between two marks.
//!
//! RFC 4180 lets a quoted cell hold line ends, so two stray marks make one cell of everything between them. What tells
//! such a cell from a note of several lines is what its lines look like when each is read alone: a line of a note seldom
//! has as many delimiters as the header, and a swallowed record has; and the cells of a record look like those of the file,
//! digits where it has digits. Where a line can be either, it is a record: an error about a note is seen, and a lost record
//! is not. Only cells that span lines are looked at.

use std::cmp::Ordering;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr3, memrchr};

/// Bytes that are looked at to decide whether a mark begins a note. More is no note.
const LOOK: usize = 1 << 16;

/// So many delimiters in the right places are no accident.
const MANY: usize = 3;

/// Lines of a file from which it is learned what the cells of a column look like.
const SAMPLE: u32 = 1000;

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

/// Delimiters of a record after which a blank follows in this file, a bit each. After others it tells punctuation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Blanks(u128);

impl Blanks {
    /// After any delimiter.
    const ALL: Self = Self(u128::MAX);

    /// After one delimiter, counted from 0. Behind so many columns no text is told from a record.
    fn after(ordinal: usize) -> Self {
        Self(u32::try_from(ordinal).ok().and_then(|bit| 1u128.checked_shl(bit)).unwrap_or(0))
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn hold(self, ordinal: usize) -> bool {
        ordinal >= u128::BITS as usize || self.0 & Self::after(ordinal).0 != 0
    }

    /// Looks at the header and the first lines of a file that have the header's number of delimiters.
    ///
    /// A line with a mark may be part of a text, and one in which a blank follows each delimiter is one as a rule.
    pub fn of(header: &[u8], records: &[u8], delimiter: u8, columns: usize) -> Self {
        if Spans::of(header, delimiter).blanks != Self::default() {
            return Self::ALL;
        }
        let shape = TextShape { delimiter, columns, blanks: Self::ALL, looks: Looks::default(), text: false };
        let mut seen = [0u32; u128::BITS as usize];
        let (mut all, mut lines, mut spaced) = (0, 0, 0);
        for line in records.split(|byte| *byte == b'\n') {
            let found = shape.read(line, true, 0..line.len());
            if found.all + 1 != columns {
                continue;
            }
            all += 1;
            if memchr(b'"', line).is_some() {
                continue;
            }
            if found.tight == 0 {
                spaced += 1;
                continue;
            }
            lines += 1;
            let cells = line.split(|byte| *byte == delimiter).skip(1);
            let blank = |cell: &[u8]| cell.first().is_none_or(|byte| *byte == b' ');
            cells.zip(&mut seen).filter(|(cell, _)| blank(cell)).for_each(|(_, seen)| *seen += 1);
        }
        if spaced * 4 > all {
            return Self::ALL;
        }
        // A line or two of a text that look like records say nothing about a large file.
        let known = seen.iter().enumerate().filter(|(_, seen)| **seen > lines / 64);
        known.fold(Self::default(), |blanks, (ordinal, _)| blanks.and(Self::after(ordinal)))
    }
}

/// What the cells of each column look like, a bit for each kind of cell. Behind so many columns nothing is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks([u8; 128]);

impl Default for Looks {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl Looks {
    /// A cell of several words. A column that has such cells is not compared.
    const WORDS: u8 = 1 << 5;
    const LOWER: u8 = 1 << 2;

    /// Looks at the first lines of a file that have the header's number of delimiters and no mark, or at those with marks
    /// where all have some.
    pub fn of(records: &[u8], delimiter: u8, columns: usize) -> Self {
        Self::learn(records, delimiter, columns, false)
            .or_else(|| Self::learn(records, delimiter, columns, true))
            .unwrap_or_default()
    }

    fn learn(records: &[u8], delimiter: u8, columns: usize, marked: bool) -> Option<Self> {
        let mut looks = Self::default();
        let mut seen = vec![[0u32; 6]; columns.min(looks.0.len())];
        let mut lines = 0;
        for line in records.split(|byte| *byte == b'\n') {
            let is_record = memchr_iter(delimiter, line).count() + 1 == columns;
            if !is_record || memchr(b'"', line).is_some() != marked {
                continue;
            }
            for (cell, seen) in line.split(|byte| *byte == delimiter).zip(&mut seen) {
                let kind = Self::kind(cell);
                (0..seen.len()).filter(|bit| kind >> bit & 1 == 1).for_each(|bit| seen[bit] += 1);
            }
            lines += 1;
            if lines == SAMPLE {
                break;
            }
        }
        for (look, seen) in looks.0.iter_mut().zip(&seen) {
            // A line of a text may be among them.
            let known = (0..seen.len()).filter(|bit| seen[*bit] > lines / 64);
            *look = known.fold(0, |look, bit| look | 1 << bit);
        }
        (lines > 0).then_some(looks)
    }

    /// Returns the kind of a cell: digits, letters by their case, other characters, words. An empty cell has none.
    fn kind(cell: &[u8]) -> u8 {
        let marked = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'"';
        let start = cell.iter().position(|byte| !marked(byte)).unwrap_or(cell.len());
        let end = cell.iter().rposition(|byte| !marked(byte)).map_or(start, |end| end + 1);
        let cell = &cell[start..end];
        let all = |is: fn(&u8) -> bool| cell.iter().all(is);
        match cell {
            [] => 0,
            _ if cell.contains(&b' ') => Self::WORDS,
            _ if all(u8::is_ascii_digit) => 1,
            _ if all(u8::is_ascii_uppercase) => 1 << 1,
            _ if all(|byte| byte.is_ascii_lowercase() || !byte.is_ascii()) => Self::LOWER,
            _ if all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) => 1 << 3,
            _ => 1 << 4,
        }
    }

    /// Counts the cells that look like those of their columns, and the others.
    fn compare<'a>(&self, cells: impl Iterator<Item = (usize, &'a [u8])>) -> (usize, usize) {
        let (mut alike, mut other) = (0, 0);
        for (column, cell) in cells {
            let (kind, look) = (Self::kind(cell), self.0.get(column).copied().unwrap_or(0));
            if look == 0 || look & Self::WORDS != 0 || kind == 0 {
                continue;
            }
            if look & kind != 0 { alike += 1 } else { other += 1 }
        }
        (alike, other)
    }

    /// Tells whether the texts of a column cannot be taken for words.
    fn is_code(&self, column: usize) -> bool {
        self.0.get(column).is_some_and(|look| look & (Self::WORDS | Self::LOWER) == 0 && *look != 0)
    }
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
pub(super) fn mend(bytes: &mut [u8], length: usize, shape: TextShape, last: bool) -> Mended {
    if shape.text {
        return Mended::Right;
    }
    let record = &bytes[..length];
    let spans = Spans::of(record, shape.delimiter);
    let shape = TextShape { blanks: shape.blanks.and(spans.blanks), ..shape };
    let closed = spans.cells.into_iter().filter_map(|(open, close)| Some((open, close?)));
    for (open, close) in closed {
        if !shape.swallowed(record, open, close) {
            continue;
        }
        match shape.closing_mark(bytes, close, last) {
            ClosingMark::Undecided => return Mended::Undecided,
            ClosingMark::Stray => blank(bytes, close, shape.delimiter),
            ClosingMark::Right => {}
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
            let line = &record[line_of(record, open)];
            let columns = line.iter().filter(|byte| **byte == delimiter).count() + 1;
            let shape = TextShape { delimiter, columns, blanks: spans.blanks, looks: Looks::default(), text: false };
            if shape.closing_mark(&bytes[start..start + end], close, true) == ClosingMark::Stray {
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
    /// After which delimiters outside of quoted cells a blank follows.
    blanks: Blanks,
    length: usize,
}

impl Spans {
    /// Looks through the record that `bytes` begin with.
    fn of(bytes: &[u8], delimiter: u8) -> Self {
        let mut spans = Self { cells: Vec::new(), fields: 1, blanks: Blanks::default(), length: bytes.len() };
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
            if bytes.get(at) == Some(&b' ') {
                spans.blanks = spans.blanks.and(Blanks::after(spans.fields - 1));
            }
            spans.fields += 1;
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
    /// Those within the part of the line that is looked at.
    inside: usize,
    /// Those of the part without a blank or the line's end after them.
    tight: usize,
    /// Those of the part, as far as a record goes, with a blank where records of the file have none.
    misplaced: usize,
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
enum ClosingMark {
    Stray,
    /// It is part of a cell of its own line, or opens a note.
    Right,
    Undecided,
}

impl TextShape {
    /// Counts the delimiters of a physical line, and those in a part of it.
    ///
    /// A mark that the line does not close is a character; where the line is read `raw`, each is.
    fn read(&self, line: &[u8], raw: bool, part: Range<usize>) -> Delimiters {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut at, mut found) = (0, Delimiters::default());
        loop {
            if !raw && line.get(at) == Some(&b'"') {
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
        [false, true].map(|raw| self.read(line, raw, part.clone()))
    }

    /// Whether a line reads like a record, by the part of it that is the text of a cell.
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

    /// Whether the lines of a cell are records, or no program wrote the cell.
    fn swallowed(&self, record: &[u8], open: usize, close: usize) -> bool {
        if is_malformed(record, close, self.delimiter) {
            return true;
        }
        let (first, last) = (line_of(record, open), line_of(record, close));
        let (opens_text, closes_text) = (&record[first.clone()], &record[last.start..=close]);
        let begin = open - first.start;
        let before = self.read(&opens_text[..begin], false, 0..begin).all;
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
        // Where the cells of the record and those of the line are the same ones, only those within the text can tell.
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

    /// Tells whether at least two cells look like those of their columns, and none like another. Of two columns one is enough.
    fn are_alike<'a>(&self, cells: impl Iterator<Item = (usize, &'a [u8])>) -> bool {
        let (alike, other) = self.looks.compare(cells);
        alike > usize::from(self.columns > 2) && other == 0
    }

    /// Tells whether the last cells of a line look like those of a record behind the column of a text.
    fn ends_record<'a>(&self, cells: impl Iterator<Item = &'a [u8]>, text: usize) -> bool {
        let cells: Vec<_> = cells.collect();
        self.are_alike((text + 1..self.columns).rev().zip(cells.into_iter().rev()))
    }

    /// Tells whether a line has the header's number of cells, and some of them look like those of the file. One may be
    /// another.
    fn fits(&self, line: &[u8], is_compared: impl Fn(usize) -> bool) -> bool {
        let compared = self.cells(line).enumerate().filter(|(column, _)| is_compared(*column));
        let (alike, other) = self.looks.compare(compared);
        alike > other && other < 2 && self.cells(line).count() == self.columns
    }

    fn closing_mark(&self, bytes: &[u8], close: usize, last: bool) -> ClosingMark {
        let line = line_of(bytes, close);
        let mut at = line.start;
        loop {
            if bytes[..line.end].get(at) == Some(&b'"') {
                match closing(&bytes[..line.end], at) {
                    Some(end) if close <= end => return ClosingMark::Right,
                    Some(end) => at = end + 1,
                    None if at == close => return self.opening_mark(bytes, line.start, close, last),
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

    /// Whether a mark that its own line does not close opens a note of several lines.
    fn opening_mark(&self, bytes: &[u8], line: usize, open: usize, last: bool) -> ClosingMark {
        let rest = &bytes[line..bytes.len().min(open + LOOK)];
        let is_all = last && rest.len() == bytes.len() - line;
        let missing = if is_all || open + LOOK <= bytes.len() { ClosingMark::Stray } else { ClosingMark::Undecided };
        let open = open - line;
        let Some(close) = closing(rest, open) else { return missing };
        if memchr(b'\n', &rest[close..]).is_none() && !is_all {
            return missing;
        }
        if self.swallowed(rest, open, close) { ClosingMark::Stray } else { ClosingMark::Right }
    }
}

/// Whether lines that follow each other have the same number of delimiters, though the header is not known yet.
fn swallowed_at_start(record: &[u8], spans: &Spans, open: usize, close: Option<usize>, delimiter: u8) -> bool {
    let shape =
        TextShape { delimiter, columns: spans.fields, blanks: spans.blanks, looks: Looks::default(), text: false };
    let read = |line: &[u8]| shape.read(line, false, 0..line.len());
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

    fn shape(columns: usize) -> TextShape {
        TextShape { delimiter: b',', columns, blanks: Blanks::default(), looks: Looks::default(), text: false }
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
            // Nothing but the last line tells.
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
            // Punctuation is no delimiter, though there are as many.
            "a,b,\"one\ntwo, three, four\nfive\"\n",
            "a,b,\"one\n\ntwo\"\n",
        ] {
            assert_eq!(mended(text, 3), (Mended::Right, text.to_owned()));
        }
        assert_eq!(mended("\"a\nb\",\"c\nd\"\n", 2).0, Mended::Right);
        assert_eq!(mended("a,\"one,\ntwo, three\",c,d\n", 4).0, Mended::Right);
        assert_eq!(mended("\"one, two\nthree\",b,c,d\n", 4).0, Mended::Right);
        // Of two columns nothing tells a text from a record: a lost record is worse.
        assert_eq!(mended("1,\"Hello\nWorld, of\"\n", 2).0, Mended::Stray { open: 2, last: 18 });
        // The profile says that lines are text.
        let mut bytes = b"a,b,\"x\nc,d,e\nf,g,\"x\n".to_vec();
        let length = bytes.len();
        assert_eq!(mend(&mut bytes, length, TextShape { text: true, ..shape(3) }, true), Mended::Right);
    }

    /// Where counts of delimiters do not tell, cells that look like those of the file do.
    #[test]
    fn cells_that_look_like_a_record_are_one() {
        let file = "KHM,x y,2020,M,1\nTHA,,2021,F,2\nVNM,ok,2020,F,30\n";
        let looks = Looks::of(file.as_bytes(), b',', 5);
        let mended = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let length = Spans::of(&bytes, b',').length;
            mend(&mut bytes, length, TextShape { looks, ..shape(5) }, true)
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
