//! The records of a batch, one after another or a block of them at once.

use memchr::{memchr, memchr_iter};

use super::batch::{Content, Form, RawBatch};
use super::blanks::trimmed;
use super::json::JsonLines;
use super::split::without_line_end;
use super::unquoted::{Block, Plain, Span};
use crate::finding::Rule;

impl RawBatch {
    /// The records of the batch, one after another.
    pub fn records(&self) -> RawRecords<'_> {
        let bytes = match &self.content {
            Content::Records(bytes) => bytes.as_slice(),
            Content::Broken(..) => &[],
        };
        let lone = |at: usize| bytes.get(at + 1) != Some(&b'\n');
        let unquoted = || !self.quoted || memchr(b'"', bytes).is_none();
        let is_plain = || unquoted() && !(self.lone_cr && memchr_iter(b'\r', bytes).any(lone));
        let split = match &self.form {
            Form::Json(keys) => Split::Json(Box::new(JsonLines::new(keys))),
            Form::Delimited(delimiter) if is_plain() => Split::Plain(Plain::new(*delimiter)),
            Form::Delimited(delimiter) => {
                let mut reader = ::csv::ReaderBuilder::new();
                let reader = reader.has_headers(false).flexible(true).delimiter(*delimiter).from_reader(bytes);
                Split::Quoted(Box::new(Quoted { reader, record: ::csv::ByteRecord::new(), start: 0, end: 0, blank: 0 }))
            }
        };
        RawRecords { split, line: self.line, byte: self.byte, bytes, partial: self.partial }
    }
}

/// Reads the records of a batch, one after another in the same place.
pub struct RawRecords<'a> {
    split: Split<'a>,
    bytes: &'a [u8],
    /// The line on which the batch begins; without quotation marks, the line of the next record.
    line: u64,
    byte: u64,
    /// Whether the last line has no line end.
    partial: bool,
}

/// How a batch is split into fields.
enum Split<'a> {
    /// Without quotation marks every delimiter and line end is one: nothing is copied.
    Plain(Plain),
    /// With quotation marks a reader unquotes into a buffer.
    Quoted(Box<Quoted<'a>>),
    /// A JSON object a line.
    Json(Box<JsonLines<'a>>),
}

struct Quoted<'a> {
    reader: ::csv::Reader<&'a [u8]>,
    record: ::csv::ByteRecord,
    /// Where the record begins.
    start: usize,
    /// Where it ends, line end included.
    end: usize,
    /// Line ends between records.
    blank: u64,
}

impl RawRecords<'_> {
    /// Moves to the next record and says on which line and at which byte it begins.
    pub fn advance(&mut self) -> Option<(u64, u64)> {
        let bytes = self.bytes;
        match &mut self.split {
            Split::Plain(plain) => {
                if plain.done == plain.rows.len() {
                    plain.fill(bytes);
                }
                let row = plain.rows.get(plain.done)?;
                plain.done += 1;
                let line = self.line + u64::from(row.empty);
                self.line = line + 1;
                Some((line, self.byte + u64::from(row.start)))
            }
            Split::Quoted(quoted) => {
                let Quoted { reader, record, start, end, blank } = &mut **quoted;
                // Reading bytes from memory into a flexible record cannot fail.
                if !reader.read_byte_record(record).unwrap_or(false) {
                    let rest = &bytes[std::mem::replace(end, bytes.len())..];
                    *blank += line_ends(rest) + u64::from(self.partial && !rest.is_empty());
                    return None;
                }
                let (mut line, mut byte) = record.position().map_or((1, 0), |at| (at.line(), at.byte()));
                // The reader's position is where the previous record ended: within its line end, or before empty lines.
                while let Some(end @ (b'\r' | b'\n')) = bytes.get(byte as usize) {
                    line += u64::from(*end == b'\n');
                    byte += 1;
                }
                *start = byte as usize;
                *blank += line_ends(&bytes[*end..*start]);
                *end = reader.position().byte() as usize;
                // The reader stops between the two bytes of a line end.
                *end += usize::from(bytes[..*end].ends_with(b"\r") && bytes.get(*end) == Some(&b'\n'));
                Some((self.line + line - 1, self.byte + byte))
            }
            Split::Json(lines) => {
                let (line, byte) = lines.advance(bytes)?;
                Some((self.line + line, self.byte + byte))
            }
        }
    }

    /// How many physical lines the record takes up.
    pub fn lines(&self) -> u64 {
        match &self.split {
            Split::Plain(_) | Split::Json(_) => 1,
            Split::Quoted(quoted) => {
                let text = &self.bytes[quoted.start..quoted.end];
                let is_open = quoted.end == self.bytes.len() && self.partial;
                line_ends(text) + u64::from(is_open && !text.ends_with(b"\n"))
            }
        }
    }

    /// How many empty lines were passed, which are all of the batch's once there is no further record.
    pub fn blank(&self) -> u64 {
        match &self.split {
            Split::Plain(plain) => plain.blank,
            Split::Quoted(quoted) => quoted.blank,
            Split::Json(lines) => lines.blank(),
        }
    }

    /// The rule that the record breaks as a whole, so that it has no cells.
    pub fn broken(&self) -> Option<Rule> {
        match &self.split {
            Split::Json(lines) => lines.broken(),
            Split::Plain(_) | Split::Quoted(_) => None,
        }
    }

    /// The record as it stands in the batch, without its line end.
    pub fn text(&self) -> &[u8] {
        let range = match &self.split {
            Split::Plain(plain) => plain.current().map_or(0..0, |row| {
                let last = row.first as usize + row.fields as usize;
                row.start as usize..plain.bounds[last] as usize - 1
            }),
            Split::Quoted(quoted) => quoted.start..quoted.reader.position().byte() as usize,
            Split::Json(lines) => lines.range(),
        };
        without_line_end(&self.bytes[range])
    }

    /// The records that follow and were split together; `None` where records are split one by one, and after the last.
    pub fn block(&mut self) -> Option<Block<'_>> {
        let Split::Plain(plain) = &mut self.split else { return None };
        if plain.done == plain.rows.len() {
            plain.fill(self.bytes);
        }
        plain.block(self.bytes)
    }

    /// Moves past records of the block.
    pub fn pass(&mut self, records: usize) {
        let Split::Plain(plain) = &mut self.split else { return };
        let end = plain.rows.len().min(plain.done + records);
        let passed = &plain.rows[plain.done..end];
        self.line += passed.iter().map(|row| u64::from(row.empty) + 1).sum::<u64>();
        plain.done = end;
    }

    /// Moves past records of the block, and returns of each the line on which it begins and its cell of a column, without the
    /// blanks around it.
    pub fn pass_each(&mut self, records: usize, column: usize) -> impl Iterator<Item = (u64, &[u8])> {
        let (bytes, first_line) = (self.bytes, self.line);
        let (passed, bounds): (&[Span], &[u32]) = match &mut self.split {
            Split::Plain(plain) => {
                let first = plain.done;
                plain.done = plain.rows.len().min(first + records);
                (&plain.rows[first..plain.done], &plain.bounds)
            }
            Split::Quoted(_) | Split::Json(_) => (&[], &[]),
        };
        self.line += passed.iter().map(|row| u64::from(row.empty) + 1).sum::<u64>();
        passed.iter().scan(first_line, move |next, row| {
            let line = *next + u64::from(row.empty);
            *next = line + 1;
            let cell = match bounds.get(row.first as usize + column..) {
                Some([start, next, ..]) if column < row.fields as usize => &bytes[*start as usize..*next as usize - 1],
                _ => &[],
            };
            Some((line, trimmed(cell)))
        })
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        match &self.split {
            Split::Plain(plain) => plain.current().map_or(0, |row| row.fields as usize),
            Split::Quoted(quoted) => quoted.record.len(),
            Split::Json(lines) => lines.len(),
        }
    }

    /// Returns whether the record has no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A cell as it stands: a text, and where in it the cell begins and ends.
    #[inline]
    pub fn untrimmed(&self, column: usize) -> Option<(&[u8], usize, usize)> {
        match &self.split {
            Split::Plain(plain) => {
                let row = plain.current().filter(|row| column < row.fields as usize)?;
                let at = row.first as usize + column;
                Some((self.bytes, plain.bounds[at] as usize, plain.bounds[at + 1] as usize - 1))
            }
            Split::Quoted(quoted) => {
                let range = quoted.record.range(column)?;
                Some((quoted.record.as_slice(), range.start, range.end))
            }
            Split::Json(lines) => lines.cell(column),
        }
    }

    /// A cell without the blanks around it; empty where the record is too short.
    pub fn cell(&self, column: usize) -> &[u8] {
        let cell = self.untrimmed(column).map(|(bytes, start, end)| &bytes[start..end]);
        trimmed(cell.unwrap_or_default())
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways of splitting give the same fields at the same places, whatever stands between quotation marks' absence.
    #[test]
    fn both_ways_of_splitting_agree() {
        let pieces = ["a", "", " b ", "1", ",", ",", "\n", "\r\n", "\n\n", "é", ";"];
        // A small generator of its own, so that the test needs no crate: 4,000 texts.
        let mut state = 79u64;
        for _ in 0..4000 {
            let mut text = Vec::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.extend_from_slice(pieces[(state >> 33) as usize % pieces.len()].as_bytes());
            }
            let batch = |bytes: Vec<u8>| RawBatch {
                content: Content::Records(bytes),
                line: 5,
                byte: 100,
                form: Form::Delimited(b','),
                lines: 0,
                partial: false,
                quoted: true,
                lone_cr: true,
                notes: Vec::new(),
            };
            let read = |batch: &RawBatch, expected: bool| {
                let mut records = batch.records();
                assert_eq!(matches!(records.split, Split::Plain(_)), expected);
                let mut out = Vec::new();
                while let Some(place) = records.advance() {
                    out.push((place, (0..records.len()).map(|cell| records.cell(cell).to_vec()).collect::<Vec<_>>()));
                }
                out
            };
            let plain = read(&batch(text.clone()), true);
            // A last record with a quotation mark sends the whole batch the other way.
            if !text.ends_with(b"\n") {
                text.push(b'\n');
            }
            text.extend_from_slice(b"\"q\"\n");
            let mut quoted = read(&batch(text.clone()), false);
            assert_eq!(quoted.pop().map(|(_, cells)| cells), Some(vec![b"q".to_vec()]));
            assert_eq!(plain, quoted, "{:?}", String::from_utf8_lossy(&text));
        }
    }
}
