//! Where the header of delimited text is, and what its records look like.

use memchr::memchr_iter;

use super::batch::Form;
use super::blanks::trimmed_text;
use super::csv::CsvSource;
use super::looks::{Blanks, Looks};
use super::sniff;
use super::sniff::RequiredColumns;
use super::split::{Swallowed, without_line_end};
use super::stray::TextShape;
use super::stray_start::mend_start;
use crate::error::{Error, Result};

/// No table has as many columns as this.
const WIDEST: usize = 1 << 14;

impl CsvSource {
    /// Refuses a header that ends far away.
    pub(super) fn check_width(&self, length: usize) -> Result<()> {
        let endless = !self.ended && length >= self.buffer.len();
        if self.header.len() <= WIDEST && !endless {
            return Ok(());
        }
        Err(Error::refused("file/too-wide", format!("the header has more than {WIDEST} columns, or no end"))
            .at(&*self.place)
            .hint("check the delimiter, or export the columns that are needed"))
    }

    pub(super) fn read_header(&mut self, delimiter: Option<u8>, required: &RequiredColumns<'_>) -> Result<()> {
        let delimiter = delimiter.unwrap_or_else(|| sniff::delimiter(&self.buffer, required));
        self.form = Form::Delimited(delimiter);
        self.banner = sniff::header(&sniff::first_records(&self.buffer, delimiter), required) as u64;
        if !self.shape.text {
            let mended = mend_start(&mut self.buffer, self.banner as usize + 1, delimiter);
            for (open, last) in mended {
                let count = |range| memchr_iter(b'\n', &self.buffer[range]).count() as u64;
                let (first, within) = (count(0..open), count(open..last.max(open)));
                self.note(&Swallowed { first, last: first + within, byte: open });
            }
        }
        let heading = |name: &[u8]| trimmed_text(&String::from_utf8_lossy(name)).to_owned();
        // A heading may hold a line end, so the header ends where its record does.
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(&self.buffer[..]);
        let mut record = ::csv::ByteRecord::new();
        let (mut begin, mut length, mut ends) = (0, 0, 0);
        for at in 0..=self.banner {
            if at > 0 {
                self.above = record.iter().map(heading).collect();
            }
            let blank = |byte: &&u8| matches!(**byte, b'\n' | b'\r');
            begin = length + self.buffer[length..].iter().take_while(blank).count();
            self.lines.blank += memchr_iter(b'\n', &self.buffer[length..begin]).count() as u64;
            reader
                .read_byte_record(&mut record)
                .map_err(|cause| Error::failed("cannot read the header").at(&*self.place).because(cause))?;
            length = (reader.position().byte() as usize).max(begin);
            // The reader stops between the two bytes of a line end.
            length += usize::from(self.buffer[..length].ends_with(b"\r") && self.buffer.get(length) == Some(&b'\n'));
            ends = memchr_iter(b'\n', &self.buffer[begin..length]).count() as u64;
            self.lines.titles += ends;
        }
        self.lines.titles -= ends;
        self.header_text = without_line_end(&self.buffer[begin..length]).to_vec();
        self.header = record.iter().map(heading).collect();
        self.header_line = self.line + memchr_iter(b'\n', &self.buffer[..begin]).count() as u64;
        self.check_width(length)?;
        for (index, name) in self.header.iter().enumerate() {
            if !name.is_empty() && self.header[..index].contains(name) {
                return Err(Error::refused("file/repeated-column", "two columns have the same name")
                    .at(format!(
                        "{}:{}, columns {} and {}",
                        self.place,
                        self.header_line,
                        self.header.iter().position(|other| other == name).unwrap_or(0) + 1,
                        index + 1
                    ))
                    .hint("rename or remove one of them"));
            }
        }
        self.lines.header = ends;
        if self.ended && length == self.buffer.len() && !self.buffer.ends_with(b"\n") {
            // The header is all there is, without a line end.
            self.lines.header += 1;
            self.lines.read += 1;
        }
        let columns = self.header.len();
        let blanks = Blanks::of(&self.header_text, &self.buffer[length..], delimiter, columns);
        let looks = Looks::of(&self.buffer[length..], delimiter, columns);
        self.shape = TextShape { delimiter, columns, blanks, looks, ..self.shape };
        let ends = memchr_iter(b'\n', &self.buffer[..length]).count() as u64;
        self.skip(length, ends);
        Ok(())
    }
}
