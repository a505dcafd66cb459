//! Records without quotation marks, split a block at a time.

use memchr::{memchr, memchr_iter};

use super::field_ends::{self, Ends, list_starts};

/// Records of a block: their fields' ends and codes stay in the fastest memory together.
const BLOCK: usize = 512;

/// After records of different numbers of fields, so many blocks are split record by record.
const UNEVEN: u32 = 16;

/// Where the records of a text are, a block of them at a time.
pub(super) struct Plain {
    delimiter: u8,
    /// Where the next block begins.
    at: usize,
    /// The records of the block.
    pub rows: Vec<Span>,
    /// Where the fields of the block begin; a field ends one byte before the next one begins.
    pub bounds: Vec<u32>,
    /// How far apart the bounds of two records are, where all have the same number of fields.
    stride: usize,
    /// How many records of the block were handed out.
    pub done: usize,
    /// Empty lines in all blocks so far.
    pub blank: u64,
    /// So many blocks are still split record by record.
    uneven: u32,
}

/// Where a record of a block is.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// Its first byte.
    pub start: u32,
    /// Empty lines before it.
    pub empty: u32,
    /// Its first field among the bounds.
    pub first: u32,
    /// How many fields it has.
    pub fields: u32,
}

/// Records that were split but not handed out yet.
pub struct Block<'a> {
    bytes: &'a [u8],
    rows: &'a [Span],
    bounds: &'a [u32],
    /// How many fields the first record has.
    fields: usize,
    /// How far apart the bounds of two records are, where all have as many fields; else 0.
    stride: usize,
}

impl<'a> Block<'a> {
    /// The number of records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many fields a record has.
    pub fn fields(&self, row: usize) -> usize {
        self.rows[row].fields as usize
    }

    /// The text in which the cells stand.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where each record's cell of a column begins and ends, where all records have the same number of fields.
    pub fn even(&self, column: usize) -> Option<impl ExactSizeIterator<Item = (usize, usize)> + '_> {
        // Records of a block stand one behind another, and so do their bounds: at least two a record.
        let first = self.rows.first().filter(|_| self.stride > 0 && column < self.fields)?.first as usize;
        let bounds = self.bounds[first + column..].chunks(self.stride).take(self.rows.len());
        Some(bounds.map(|bounds| (bounds[0] as usize, bounds[1] as usize - 1)))
    }

    /// Where each record's cell of a column begins and ends; a record that is too short has an empty one.
    pub fn cells(&self, column: usize) -> impl ExactSizeIterator<Item = (usize, usize)> + '_ {
        (0..self.len()).map(move |row| self.cell(row, column))
    }

    /// Where a record's cell of a column begins and ends; a record that is too short has an empty one.
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> (usize, usize) {
        let row = &self.rows[row];
        match self.bounds.get(row.first as usize + column..) {
            Some([start, next, ..]) if column < row.fields as usize => (*start as usize, *next as usize - 1),
            _ => (0, 0),
        }
    }
}

impl Plain {
    pub fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            at: 0,
            rows: Vec::with_capacity(BLOCK),
            bounds: Vec::new(),
            stride: 0,
            done: 0,
            blank: 0,
            uneven: 0,
        }
    }

    /// The record that was handed out last.
    pub fn current(&self) -> Option<&Span> {
        self.rows.get(self.done.wrapping_sub(1))
    }

    /// The records of the block that were not handed out yet.
    pub fn block<'a>(&'a self, bytes: &'a [u8]) -> Option<Block<'a>> {
        let rows = &self.rows[self.done..];
        let fields = rows.first()?.fields as usize;
        Some(Block { bytes, rows, bounds: &self.bounds, fields, stride: self.stride })
    }

    /// Splits the next block.
    pub fn fill(&mut self, bytes: &[u8]) {
        self.rows.clear();
        self.done = 0;
        if self.uneven > 0 {
            self.uneven -= 1;
        } else if self.fill_evenly(bytes).is_none() {
            self.uneven = UNEVEN;
        }
        if self.rows.is_empty() {
            self.fill_by_record(bytes);
        }
    }

    /// Splits the next block where its records have as many fields as the first one, with a line feed after each: then the ends
    /// of all fields are listed at once, and every so many of them is that of a record. Nothing, where most records are others.
    fn fill_evenly(&mut self, bytes: &[u8]) -> Option<()> {
        let text = &bytes[self.at..];
        let line = &text[..memchr(b'\n', text)?];
        let fields = memchr_iter(self.delimiter, line).count() + 1;
        if fields < 2 || line.ends_with(b"\r") {
            return None;
        }
        // A record of a million fields says nothing of the others.
        let count = self.list_bounds(bytes, (BLOCK * fields).min(text.len()));
        let mut end = self.at as u32;
        for next in self.bounds[fields..].chunks(fields).take(BLOCK.min(count / fields)) {
            let start = std::mem::replace(&mut end, next[0]);
            if !matches!(bytes[..end as usize], [.., before, b'\n'] if before != b'\r') {
                end = start;
                break;
            }
            let first = (self.rows.len() * fields) as u32;
            self.rows.push(Span { start, empty: 0, first, fields: fields as u32 });
        }
        let (rows, end) = (self.rows.len(), end as usize);
        // Blocks are as long as those of other records, and no record has another line end.
        let is_whole = rows == BLOCK || end == bytes.len();
        if rows == 0 || !is_whole || memchr_iter(b'\n', &bytes[self.at..end]).count() != rows {
            self.rows.clear();
            return None;
        }
        (self.at, self.stride) = (end, fields);
        Some(())
    }

    /// Lists where the next fields begin, at least so many where there are as many, and returns how many of them end.
    fn list_bounds(&mut self, bytes: &[u8], fields: usize) -> usize {
        let room = 1 + fields + field_ends::BLOCK;
        if self.bounds.len() < room {
            self.bounds.resize(room, 0);
        }
        self.bounds[0] = self.at as u32;
        let (mut count, mut from) = (0, self.at);
        while count < fields && from < bytes.len() {
            count += list_starts(&bytes[from..], self.delimiter, from as u32 + 1, &mut self.bounds[1 + count..]);
            from += field_ends::BLOCK;
        }
        count
    }

    /// Splits the next block, a record after another.
    fn fill_by_record(&mut self, bytes: &[u8]) {
        self.bounds.clear();
        // What changes with every field is held apart from the rest, where it stays in registers.
        let mut ends = Ends::new(self.delimiter, self.at);
        let mut empty = 0;
        while self.rows.len() < BLOCK && self.at < bytes.len() {
            let (start, first) = (self.at, self.bounds.len());
            let mut from = start;
            self.bounds.push(start as u32);
            let end = loop {
                let end = ends.next(bytes);
                if bytes.get(end).is_none_or(|byte| *byte == b'\n') {
                    break end;
                }
                from = end + 1;
                self.bounds.push(from as u32);
            };
            self.at = end + 1;
            let carriage = usize::from(end > from && bytes[end - 1] == b'\r');
            self.bounds.push((end - carriage) as u32 + 1);
            let fields = self.bounds.len() - first - 1;
            if fields == 1 && end - carriage == start {
                self.bounds.truncate(first);
                empty += 1;
                self.blank += 1;
                continue;
            }
            self.rows.push(Span { start: start as u32, empty, first: first as u32, fields: fields as u32 });
            empty = 0;
        }
        let fields = self.rows.first().map_or(0, |row| row.fields);
        let is_even = self.rows.iter().all(|row| row.fields == fields);
        self.stride = if is_even { fields as usize + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wide_record_takes_no_more_memory_than_its_text() {
        let text = format!("{}\na,b\n", ",".repeat(1 << 20));
        let mut plain = Plain::new(b',');
        plain.fill(text.as_bytes());
        assert_eq!(plain.rows.iter().map(|row| row.fields).collect::<Vec<_>>(), [(1 << 20) + 1, 2]);
        assert!(plain.bounds.capacity() < 4 << 20, "{}", plain.bounds.capacity());
    }

    /// Both ways of splitting give the same records, whatever breaks the evenness of a text, and at whatever place.
    #[test]
    fn even_records_are_split_as_others() {
        let mut state = 79u64;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        let mut even = 0;
        for number in 0..300 {
            let columns = 1 + below(5);
            let odd = ["a", "", "a,b,c,d,e,f", "a\rb,c", "a,b\r", "\n", ",", "a,b\n\n"];
            let mut text = String::new();
            for _ in 0..below(1500) {
                let cells: Vec<String> =
                    (0..columns).map(|_| "KHM2020 ".repeat(2)[below(9)..][..below(8)].to_owned()).collect();
                text.push_str(&cells.join(","));
                text.push_str(if number % 7 == 0 { "\r\n" } else { "\n" });
                if number % 3 > 0 && below(700) == 0 {
                    text.push_str(odd[below(odd.len())]);
                    text.push('\n');
                }
            }
            text.truncate(text.len() - if text.is_empty() { 0 } else { below(2) });
            let mut read = |uneven: u32| {
                let mut plain = Plain::new(b',');
                let mut records = Vec::new();
                while plain.at < text.len() {
                    plain.uneven = plain.uneven.max(uneven);
                    plain.fill(text.as_bytes());
                    even += u32::from(plain.rows.first().is_some_and(|row| row.fields as usize == plain.stride));
                    let Some(block) = plain.block(text.as_bytes()) else { break };
                    let cells: Vec<Vec<_>> = (0..7).map(|column| block.cells(column).collect()).collect();
                    for (column, cells) in cells.iter().enumerate() {
                        assert!(block.even(column).is_none_or(|even| even.eq(cells.iter().copied())));
                    }
                    for (row, span) in plain.rows.iter().enumerate() {
                        let cells: Vec<_> = cells.iter().map(|column| column[row]).take(span.fields as usize).collect();
                        records.push((span.start, span.empty, span.fields, cells));
                    }
                }
                (records, plain.blank)
            };
            assert!(read(0) == read(1), "text {number}");
        }
        assert!(even > 100, "{even} blocks were split evenly");
    }
}
