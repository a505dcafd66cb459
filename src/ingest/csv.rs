//! Text: header, and batches of whole records, delimited or one JSON object a line.

use std::io::{ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::{memchr, memchr_iter};

use super::batch::{Content, Form, Lines, Note, RawBatch};
use super::compression::unpack;
use super::decode::Decode;
use super::dialect::Dialect;
use super::hashed::{Hashed, Hasher, Raw, Watched};
use super::looks::{Blanks, Looks};
use super::sniff::RequiredColumns;
use super::split::{Cut, InputEnd, Swallowed, cut, end_of_lines};
use super::stray::TextShape;
use super::text::TextBuffer;
use super::{json, sniff};
use crate::error::{Error, Result};
use crate::finding::Rule;

/// Bytes of a batch. Large enough that threads are busy, small enough that it stays in a fast memory.
const BATCH: usize = 1 << 18;

/// Bytes that are looked at for the header.
const START: usize = BATCH;

/// No record is longer than this.
const LONGEST: usize = 1 << 20;

/// So far the mark is looked for that closes a quoted cell: two stray marks can have most of a file between them.
const SPAN: usize = 1 << 24;

/// A source of text.
pub struct CsvSource {
    input: Decode,
    pub(super) place: String,
    pub(super) buffer: TextBuffer,
    /// Bytes of the buffer that were handed on.
    at: usize,
    /// Memory of previous batches.
    spare: Vec<Vec<u8>>,
    pub(super) ended: bool,
    /// Whether a carriage return without a line feed ends a line. Between the parts of a JSON object it is a blank.
    lone_cr: bool,
    /// Whether a carriage return was read. The next byte decides what it is.
    held_cr: bool,
    pub(super) line: u64,
    byte: u64,
    pub(super) form: Form,
    pub(super) header: Vec<String>,
    /// The record above the header, which may hold the headings of groups, and the line of the header.
    pub(super) above: Vec<String>,
    pub(super) header_line: u64,
    /// The header as it stands in the file, without its line end.
    pub(super) header_text: Vec<u8>,
    pub(super) banner: u64,
    /// Physical lines that were read.
    pub(super) lines: Lines,
    /// How records are written, as far as quotation marks go.
    pub(super) shape: TextShape,
    /// What was found about lines of the next batch.
    notes: Vec<Note>,
    packed: Option<&'static str>,
    raw: Arc<Mutex<Raw>>,
    /// Where the file is compressed, the digest of what it unpacks to.
    unpacked: Option<Hasher>,
}

impl CsvSource {
    /// Reads the header. `required` names the columns that help to find it, and the delimiter where `dialect` does not.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is not text, or names a column twice.
    pub fn new(
        input: Box<dyn Read + Send>,
        place: &str,
        dialect: Dialect<'_>,
        required: &RequiredColumns<'_>,
    ) -> Result<Self> {
        let raw = Arc::new(Mutex::new(Raw { hasher: blake3::Hasher::new(), progress: Box::new(|_| {}) }));
        let unpacked = unpack(Box::new(Watched { input, raw: Arc::clone(&raw) }));
        let (mut input, packed) = unpacked.map_err(|cause| unreadable(place, None, cause))?;
        let hasher = packed.map(|_| Hasher::default());
        if let Some(hasher) = &hasher {
            input = Box::new(Hashed { input, hasher: Arc::clone(hasher) });
        }
        let input = Decode::new(input, dialect.encoding).map_err(|cause| unreadable(place, packed, cause))?;
        let mut source = Self {
            byte: input.mark() as u64,
            input,
            place: place.to_owned(),
            buffer: TextBuffer::default(),
            at: 0,
            spare: Vec::new(),
            ended: false,
            lone_cr: false,
            held_cr: false,
            line: 1,
            form: Form::Delimited(b','),
            header: Vec::new(),
            above: Vec::new(),
            header_line: 1,
            header_text: Vec::new(),
            banner: 0,
            lines: Lines::default(),
            shape: TextShape {
                delimiter: b',',
                columns: 0,
                blanks: Blanks::default(),
                looks: Looks::default(),
                text: dialect.quoted_text,
            },
            notes: Vec::new(),
            packed,
            raw,
            unpacked: hasher,
        };
        source.fill(START)?;
        if let Some(format) = sniff::other_format(&source.buffer) {
            return Err(Error::refused("file/not-text", format!("the file is {format}, not delimited text"))
                .at(place)
                .hint(sniff::way_out(format)));
        }
        let is_json = matches!(source.buffer.trim_ascii_start().first(), Some(b'{' | b'['));
        source.lone_cr = !is_json || memchr(b'\n', &source.buffer).is_none();
        source.end_lines_at_lone_cr(0);
        source.skip_empty_lines();
        if source.buffer.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::refused("file/empty", "the file is empty: there is not even a header")
                .at(place)
                .hint("make the export again, or take the file out of the run"));
        }
        match source.buffer.trim_ascii_start().first() {
            Some(b'{') => {
                source.header = json::keys(&source.buffer, source.input_end(), place)?;
                source.check_width(0)?;
                source.form = Form::Json(source.header.as_slice().into());
            }
            Some(b'[') if json::is_array(&source.buffer) => {
                return Err(Error::refused("file/not-text", "the file is one JSON array")
                    .at(place)
                    .hint("write one record a line, without commas between them: `jq -c '.[]' FILE` does so"));
            }
            _ => source.read_header(dialect.delimiter, required)?,
        }
        Ok(source)
    }

    /// Reports the bytes that are read, for progress.
    pub fn on_progress(&mut self, progress: impl FnMut(u64) + Send + 'static) {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).progress = Box::new(progress);
    }

    /// How the file is compressed.
    pub fn packed(&self) -> Option<&'static str> {
        self.packed
    }

    /// How the text is encoded.
    pub fn encoding(&self) -> &'static str {
        self.input.encoding().name()
    }

    /// Returns whether the encoding was guessed.
    pub fn guessed(&self) -> bool {
        self.input.guessed()
    }

    /// The header as it stands in the file; nothing where every record bears its keys.
    pub fn header_text(&self) -> &[u8] {
        &self.header_text
    }

    /// Headings, without spaces around them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The record above the header.
    pub fn above(&self) -> &[String] {
        &self.above
    }

    /// The line of the header, counted from 1.
    pub fn header_line(&self) -> u64 {
        self.header_line
    }

    /// What the physical lines hold that are no records, and how many were read.
    pub fn lines(&self) -> Lines {
        self.lines
    }

    /// What was found about lines and came with no batch.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How many records stand above the header.
    pub fn banner(&self) -> u64 {
        self.banner
    }

    /// How records are written.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Digest of everything that was read; of the whole file once `next_batch` has returned `None`.
    pub fn digest(&self) -> String {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).hasher.finalize().to_hex().to_string()
    }

    /// Returns the digest of what a compressed file unpacks to, as far as it was read.
    pub fn unpacked_digest(&self) -> Option<String> {
        let hasher = self.unpacked.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(hasher.finalize().to_hex().to_string())
    }

    /// Takes back the memory of previous batches.
    pub fn recycle(&mut self, batches: impl Iterator<Item = Vec<u8>>) {
        self.spare.extend(batches);
    }

    /// The next run of whole records.
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>> {
        self.fill(BATCH)?;
        loop {
            let input_end = self.input_end();
            let rest = &mut self.buffer[self.at..];
            let length = rest.len();
            if length == 0 {
                return Ok(None);
            }
            let found = match &self.form {
                Form::Delimited(_) => cut(rest, self.shape, LONGEST, input_end),
                Form::Json(_) => lines(rest, input_end),
            };
            found.swallowed.iter().for_each(|swallowed| self.note(swallowed));
            if found.end > 0 {
                let batch = self.take(found.end, Content::Records);
                return Ok(Some(RawBatch { quoted: found.quoted, ..batch }));
            }
            if found.broken {
                return Ok(Some(self.take_line("record/unclosed-quote")));
            }
            // A quotation mark that stays open for so long was forgotten; without one the line is not a record.
            let quoted = found.open && memchr(b'\n', &self.buffer[self.at..]).is_some();
            if length > if quoted { SPAN } else { LONGEST } {
                let rule = if quoted { "record/unclosed-quote" } else { "record/too-long" };
                self.fill_to_line_end()?;
                return Ok(Some(self.take_line(rule)));
            }
            // What is open is looked through anew each time, so each time there is much more of it.
            self.fill(length + length.max(BATCH))?;
        }
    }

    fn input_end(&self) -> InputEnd {
        if self.ended { InputEnd::Reached } else { InputEnd::Ahead }
    }

    pub(super) fn note(&mut self, swallowed: &Swallowed) {
        let rule = Rule::named("record/quoted-lines");
        let (line, last) = (self.line + swallowed.first, self.line + swallowed.last);
        self.notes.push(Note { rule, line, last, byte: self.byte + swallowed.byte as u64 });
    }

    fn take(&mut self, end: usize, content: impl FnOnce(Vec<u8>) -> Content) -> RawBatch {
        let mut bytes = TextBuffer::over(self.spare.pop().unwrap_or_default());
        let rest = self.at + end..self.buffer.len();
        if self.at == 0 && rest.len() <= end {
            // The smaller part is copied.
            bytes.extend_from_slice(&self.buffer[rest]);
            self.buffer.truncate(end);
            std::mem::swap(&mut self.buffer, &mut bytes);
        } else {
            bytes.extend_from_slice(&self.buffer[self.at..rest.start]);
            self.at = rest.start;
        }
        let bytes = bytes.into_vec();
        let ends = memchr_iter(b'\n', &bytes).count() as u64;
        let partial = self.at == self.buffer.len() && self.ended && !bytes.ends_with(b"\n");
        let (line, byte, form) = (self.line, self.byte, self.form.clone());
        self.line += ends;
        self.byte += end as u64;
        let lines = ends + u64::from(partial);
        self.lines.read += lines;
        let (lines, notes) = (lines as usize, std::mem::take(&mut self.notes));
        let lone_cr = !self.lone_cr;
        RawBatch { line, byte, form, lines, partial, quoted: true, lone_cr, notes, content: content(bytes) }
    }

    fn take_line(&mut self, rule: &'static str) -> RawBatch {
        let rest = &self.buffer[self.at..];
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.take(end, |bytes| Content::Broken(Rule::named(rule), bytes))
    }

    /// Drops the inside of an overlong line, so that memory stays bounded while its end is looked for.
    fn fill_to_line_end(&mut self) -> Result<()> {
        while memchr(b'\n', &self.buffer[self.at..]).is_none() && !self.ended {
            self.byte += (self.buffer.len() - self.at) as u64;
            self.buffer.clear();
            self.at = 0;
            self.fill(BATCH)?;
            if self.buffer.is_empty() {
                self.buffer.push(b'\n');
            }
        }
        Ok(())
    }

    /// Drops the first bytes of the buffer, which hold so many line ends.
    pub(super) fn skip(&mut self, count: usize, lines: u64) {
        self.buffer.drop_first(count);
        self.byte += count as u64;
        self.line += lines;
        self.lines.read += lines;
    }

    /// Reads until the buffer holds `required` bytes that were not handed on, or the input ends.
    fn fill(&mut self, required: usize) -> Result<()> {
        if !self.ended && self.buffer.len() - self.at < required {
            self.buffer.drop_first(std::mem::take(&mut self.at));
            let start = self.buffer.len();
            if std::mem::take(&mut self.held_cr) {
                self.buffer.push(b'\r');
            }
            let filled = self.input.fill(&mut self.buffer, required);
            self.ended = !filled.map_err(|cause| unreadable(&self.place, self.packed, cause))?;
            self.end_lines_at_lone_cr(start);
        }
        Ok(())
    }

    /// Makes each carriage return without a line feed a line feed, from a place in the buffer on. The rest of the program
    /// then knows one end of a line, within quotation marks too, and no byte moves.
    fn end_lines_at_lone_cr(&mut self, start: usize) {
        if !self.lone_cr {
            return;
        }
        if !self.ended && self.buffer[start..].ends_with(b"\r") {
            self.buffer.truncate(self.buffer.len() - 1);
            self.held_cr = true;
        }
        let mut at = start;
        while let Some(step) = memchr(b'\r', &self.buffer[at..]) {
            at += step + 1;
            if self.buffer.get(at) != Some(&b'\n') {
                self.buffer[at - 1] = b'\n';
            }
        }
    }

    fn skip_empty_lines(&mut self) {
        let empty = self.buffer.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let lines = memchr_iter(b'\n', &self.buffer[..empty]).count() as u64;
        self.lines.blank += lines;
        self.skip(empty, lines);
    }
}

/// Whole lines: a JSON object holds no line end but as an escape.
fn lines(bytes: &[u8], input_end: InputEnd) -> Cut {
    let end = end_of_lines(bytes, input_end);
    Cut { end, broken: false, open: false, quoted: true, swallowed: Vec::new() }
}

/// Why a file cannot be read on, with what a user can do.
fn unreadable(place: &str, packed: Option<&'static str>, cause: std::io::Error) -> Error {
    let error = match (packed, cause.kind()) {
        (Some(_), ErrorKind::UnexpectedEof) => {
            Error::failed("the compressed file ends too early").hint("it was cut off: copy or download it again")
        }
        (Some(_), ErrorKind::FileTooLarge) => Error::failed(format!("the compressed file was not read: {cause}"))
            .hint("unpack it yourself and look at it; the unpacked text is read without this limit"),
        (Some(name), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other) => {
            Error::failed(format!("the compressed file ({name}) is damaged")).hint("copy or download it again")
        }
        _ => return crate::files::failure("read the file", place.as_ref(), cause),
    };
    error.at(place).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required() -> RequiredColumns<'static> {
        RequiredColumns { columns: vec!["a", "b"], required: vec!["a"] }
    }

    fn read(text: &str) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
        let input = std::io::Cursor::new(text.as_bytes().to_vec());
        let mut source = CsvSource::new(Box::new(input), "test.csv", Dialect::default(), &required()).unwrap();
        let mut found = Vec::new();
        while let Some(batch) = source.next_batch().unwrap() {
            if let Content::Broken(rule, _) = batch.content {
                found.push((batch.line, vec![rule.id().to_owned()]));
            }
            let mut records = batch.records();
            while let Some((line, _)) = records.advance() {
                let cells = (0..records.len()).map(|c| String::from_utf8_lossy(records.cell(c)).into_owned());
                found.push((line, cells.collect()));
            }
        }
        (source.header().to_vec(), found)
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn line_ends_marks_and_delimiters_do_not_change_what_is_read() {
        let expected = (vec!["a".to_owned(), "b".to_owned()], vec![row(2, &["1", "x"]), row(3, &["2", "y"])]);
        for text in [
            "a,b\n1,x\n2,y\n",
            "a,b\r\n1,x\r\n2,y\r\n",
            "a,b\r1,x\r2,y",
            "\u{feff}a,b\n1,x\n2,y",
            "a;b\n1;x\n2;y\n",
            "\"a\"\t\"b\"\n 1\t\"x\"\n2 \ty\n",
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_are_physical_lines_also_after_embedded_line_ends() {
        let (_, found) = read("a,b\n1,\"x\ny\"\n2,z\n");
        assert_eq!(found, [row(2, &["1", "x\ny"]), row(4, &["2", "z"])]);
    }

    #[test]
    fn an_unclosed_quote_costs_one_line() {
        let (_, found) = read("a,b\n1,\"x\n2,y\n3,z\n");
        assert_eq!(found, [row(2, &["record/unclosed-quote"]), row(3, &["2", "y"]), row(4, &["3", "z"])]);
    }

    #[test]
    fn an_overlong_line_is_one_broken_line() {
        let (_, found) = read(&format!("a,b\n{}\n1,x\n", "z".repeat(5 << 20)));
        assert_eq!(found, [row(2, &["record/too-long"]), row(3, &["1", "x"])]);
    }
}
