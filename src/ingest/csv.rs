//! Delimited text: header, batches of whole records, and the records of a batch.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use memchr::{memchr, memchr_iter};

use super::packed::unpack;
use super::split::cut;
use super::{Content, RawBatch, Wanted, sniff};
use crate::error::{Error, Result};
use crate::finding::Rule;

/// Bytes of a batch. Large enough that threads are busy, small enough that memory stays bounded.
const BATCH: usize = 1 << 18;

/// No record is longer than this.
const LONGEST: usize = 1 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A source of delimited text.
pub struct CsvSource {
    input: Box<dyn Read + Send>,
    place: String,
    buffer: Vec<u8>,
    /// Memory of former batches.
    spare: Vec<Vec<u8>>,
    ended: bool,
    bare_cr: bool,
    line: u64,
    byte: u64,
    delimiter: u8,
    header: Vec<String>,
    banner: u64,
    packed: Option<&'static str>,
    raw: Arc<Mutex<Raw>>,
    encoding: &'static Encoding,
}

/// What is known of the bytes as they stand in the file, before they are decoded.
struct Raw {
    hasher: blake3::Hasher,
    progress: Box<dyn FnMut(u64) + Send>,
}

/// Hashes and counts the bytes of a file while they are read.
struct Watched {
    input: Box<dyn Read + Send>,
    raw: Arc<Mutex<Raw>>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        raw.hasher.update(&buffer[..read]);
        (raw.progress)(read as u64);
        Ok(read)
    }
}

/// An encoding by its name, such as `windows-1252` or `utf-16le`.
pub fn encoding(name: &str) -> Result<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes()).ok_or_else(|| {
        let known = [
            "utf-8",
            "windows-1252",
            "iso-8859-1",
            "utf-16le",
            "utf-16be",
            "windows-1250",
            "windows-1251",
            "windows-1256",
        ];
        Error::failed(format!("there is no encoding `{name}`")).hint(crate::error::suggest(name, &known))
    })
}

impl CsvSource {
    /// Reads the header. `wanted` names the columns that help to find it, and the delimiter where it is not given.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is not text, or names a column twice.
    pub fn new(
        input: Box<dyn Read + Send>,
        place: &str,
        delimiter: Option<u8>,
        encoding: Option<&'static Encoding>,
        wanted: &Wanted<'_>,
    ) -> Result<Self> {
        let raw = Arc::new(Mutex::new(Raw { hasher: blake3::Hasher::new(), progress: Box::new(|_| {}) }));
        let problem = |cause| crate::files::failure("read the file", place.as_ref(), cause);
        let (mut input, packed) = unpack(Box::new(Watched { input, raw: Arc::clone(&raw) })).map_err(problem)?;
        let mut start = Vec::new();
        input.by_ref().take(3).read_to_end(&mut start).map_err(problem)?;
        // A byte order mark is certain; without one nothing is guessed, and what is no UTF-8 becomes a finding.
        let marked = Encoding::for_bom(&start).map(|(encoding, _)| encoding);
        let used = marked.or(encoding).unwrap_or(encoding_rs::UTF_8);
        let input = std::io::Cursor::new(start).chain(input);
        let input: Box<dyn Read + Send> = if used == encoding_rs::UTF_8 {
            Box::new(input)
        } else {
            Box::new(DecodeReaderBytesBuilder::new().encoding(Some(used)).bom_override(true).build(input))
        };
        let mut source = Self {
            input,
            place: place.to_owned(),
            buffer: Vec::new(),
            spare: Vec::new(),
            ended: false,
            bare_cr: false,
            line: 1,
            byte: 0,
            delimiter: b',',
            header: Vec::new(),
            banner: 0,
            packed,
            raw,
            encoding: used,
        };
        source.fill(1 << 16)?;
        if let Some(format) = sniff::other_format(&source.buffer) {
            return Err(Error::refused("file/not-text", format!("the file is {format}, not delimited text"))
                .at(place)
                .hint("save it as CSV in UTF-8"));
        }
        if source.buffer.starts_with(BYTE_ORDER_MARK) {
            source.skip(BYTE_ORDER_MARK.len());
        }
        source.bare_cr = memchr(b'\n', &source.buffer).is_none() && memchr(b'\r', &source.buffer).is_some();
        if source.bare_cr {
            source.buffer.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        source.read_header(delimiter, wanted)?;
        Ok(source)
    }

    /// Tells the bytes that were read, for progress.
    pub fn on_progress(&mut self, progress: impl FnMut(u64) + Send + 'static) {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).progress = Box::new(progress);
    }

    /// How the file is compressed.
    pub fn packed(&self) -> Option<&'static str> {
        self.packed
    }

    /// How the text is encoded.
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// Headings, without spaces around them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many records stand above the header.
    pub fn banner(&self) -> u64 {
        self.banner
    }

    /// What separates fields.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Digest of everything that was read; of the whole file once `next_batch` has returned `None`.
    pub fn digest(&self) -> String {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).hasher.finalize().to_hex().to_string()
    }

    /// Takes back the memory of former batches.
    pub fn recycle(&mut self, batches: impl Iterator<Item = Vec<u8>>) {
        self.spare.extend(batches);
    }

    /// The next run of whole records.
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>> {
        self.fill(BATCH)?;
        loop {
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let found = cut(&self.buffer, self.delimiter, self.header.len(), self.ended);
            if found.end > 0 {
                return Ok(Some(self.take(found.end, Content::Records)));
            }
            if found.broken {
                return Ok(Some(self.take_line("record/unclosed-quote")));
            }
            if self.buffer.len() > LONGEST {
                // A quotation mark that stays open for a mebibyte was forgotten; without one the line is no record.
                let quoted = memchr(b'"', &self.buffer).is_some() && memchr(b'\n', &self.buffer).is_some();
                let rule = if quoted { "record/unclosed-quote" } else { "record/too-long" };
                self.fill_to_line_end()?;
                return Ok(Some(self.take_line(rule)));
            }
            let more = self.buffer.len() + BATCH;
            self.fill(more)?;
        }
    }

    fn take(&mut self, end: usize, content: impl FnOnce(Vec<u8>) -> Content) -> RawBatch {
        let mut rest = self.spare.pop().unwrap_or_default();
        rest.clear();
        rest.extend_from_slice(&self.buffer[end..]);
        self.buffer.truncate(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let lines = memchr_iter(b'\n', &bytes).count() as u64;
        let (line, byte, delimiter) = (self.line, self.byte, self.delimiter);
        let batch = RawBatch { line, byte, delimiter, lines: lines as usize, content: content(bytes) };
        self.line += lines;
        self.byte += end as u64;
        batch
    }

    fn take_line(&mut self, rule: &'static str) -> RawBatch {
        let end = memchr(b'\n', &self.buffer).map_or(self.buffer.len(), |at| at + 1);
        self.take(end, |_| Content::Broken(Rule::named(rule)))
    }

    /// Drops the inside of an overlong line, so that memory stays bounded while its end is looked for.
    fn fill_to_line_end(&mut self) -> Result<()> {
        while memchr(b'\n', &self.buffer).is_none() && !self.ended {
            let length = self.buffer.len();
            self.byte += length as u64;
            self.buffer.clear();
            self.fill(BATCH)?;
            if self.buffer.is_empty() {
                self.buffer.push(b'\n');
            }
        }
        Ok(())
    }

    fn skip(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.byte += count as u64;
    }

    /// Reads until the buffer holds `wanted` bytes or the input ends.
    fn fill(&mut self, wanted: usize) -> Result<()> {
        while self.buffer.len() < wanted && !self.ended {
            let start = self.buffer.len();
            self.buffer.resize(wanted, 0);
            let read = self.input.read(&mut self.buffer[start..]);
            let length = *read.as_ref().unwrap_or(&0);
            self.buffer.truncate(start + length);
            match read {
                Ok(0) => self.ended = true,
                Ok(_) => {
                    if self.bare_cr {
                        self.buffer[start..].iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
                    }
                }
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => {
                    return Err(crate::files::failure("read the file", self.place.as_ref(), cause));
                }
            }
        }
        Ok(())
    }

    fn read_header(&mut self, delimiter: Option<u8>, wanted: &Wanted<'_>) -> Result<()> {
        while self.buffer.first().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line += u64::from(self.buffer[0] == b'\n');
            self.skip(1);
        }
        if self.buffer.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::refused("file/empty", "the file is empty: there is not even a header")
                .at(&*self.place)
                .hint("make the export again, or take the file out of the run"));
        }
        let start = String::from_utf8_lossy(&self.buffer).into_owned();
        self.delimiter = delimiter.unwrap_or_else(|| sniff::delimiter(&start, wanted));
        self.banner = sniff::header(&first_records(&self.buffer, self.delimiter), wanted) as u64;
        // A heading may hold a line end, so the header ends where its record does.
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(self.buffer.as_slice());
        let mut record = ::csv::ByteRecord::new();
        for _ in 0..=self.banner {
            reader
                .read_byte_record(&mut record)
                .map_err(|cause| Error::failed("cannot read the header").at(&*self.place).because(cause))?;
        }
        let length = reader.position().byte() as usize;
        self.header = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        for (index, name) in self.header.iter().enumerate() {
            if !name.is_empty() && self.header[..index].contains(name) {
                return Err(Error::refused("file/repeated-column", "two columns bear the same name")
                    .at(format!(
                        "{}:{}, columns {} and {}",
                        self.place,
                        self.line,
                        self.header.iter().position(|other| other == name).unwrap_or(0) + 1,
                        index + 1
                    ))
                    .hint("rename or remove one of them"));
            }
        }
        self.line += memchr_iter(b'\n', &self.buffer[..length]).count() as u64;
        self.skip(length);
        if self.buffer.first() == Some(&b'\n') {
            // The reader stops between the two bytes of a line end.
            self.line += 1;
            self.skip(1);
        }
        Ok(())
    }
}

/// The first records of a text, for finding the delimiter and the header.
pub(super) fn first_records(text: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
    let records = reader.into_byte_records().take(sniff::LOOKED_AT).map_while(Result::ok);
    records.map(|record| record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted<'static> {
        Wanted { columns: vec!["a", "b"], required: vec!["a"] }
    }

    fn read(text: &str) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
        let input = std::io::Cursor::new(text.as_bytes().to_vec());
        let mut source = CsvSource::new(Box::new(input), "test.csv", None, None, &wanted()).unwrap();
        let mut found = Vec::new();
        while let Some(batch) = source.next_batch().unwrap() {
            if let Content::Broken(rule) = batch.content {
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
