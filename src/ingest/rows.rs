//! Rows of a sheet in memory: only cells that hold anything take room, wherever in the row they are.

use std::collections::BTreeSet;

use super::as_text::quote;
use super::blanks::trimmed_text;
use crate::limits;

/// A row by its number. The first is 0.
#[derive(Clone, Debug, Default)]
pub(super) struct SheetRow {
    pub number: u32,
    /// Cells that hold anything, each with its column, in ascending order.
    cells: Vec<(u32, Box<str>)>,
}

impl SheetRow {
    /// Returns whether a cell holds anything.
    pub fn is_filled(&self, column: u32) -> bool {
        self.cells.binary_search_by_key(&column, |(at, _)| *at).is_ok()
    }

    /// Returns how many cells hold anything.
    pub fn filled(&self) -> usize {
        self.cells.len()
    }

    /// Returns how many columns there are from the first cell that holds anything to the last one.
    pub fn width(&self) -> usize {
        let [first, last] = [self.cells.first(), self.cells.last()].map(|cell| cell.map_or(0, |(column, _)| *column));
        if self.cells.is_empty() { 0 } else { (last - first) as usize + 1 }
    }

    /// Returns the text of each cell up to the last one, without spaces around it.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = vec![String::new(); self.cells.last().map_or(0, |(column, _)| *column as usize + 1)];
        self.cells.iter().for_each(|(column, text)| texts[*column as usize] = trimmed_text(text).to_owned());
        texts
    }

    /// Writes the row as delimited text with at least so many fields.
    ///
    /// A cell to the right of them belongs to no column and makes the row ragged. It follows at once: 16,000 empty fields
    /// in each of a million rows would be 16 gigabytes.
    pub fn write(&self, bytes: &mut Vec<u8>, fields: usize) {
        let mut cells = self.cells.iter().peekable();
        for column in 0..fields {
            if column > 0 {
                bytes.push(b',');
            }
            if let Some((_, text)) = cells.next_if(|(at, _)| *at as usize == column) {
                quote(bytes, text);
            }
        }
        for (_, text) in cells {
            bytes.push(b',');
            quote(bytes, text);
        }
        bytes.push(b'\n');
    }
}

/// Memory that the cells of a workbook may still take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    bytes: u64,
    cells: u64,
}

impl Room {
    /// Returns the room of a workbook whose parts have so many bytes.
    pub fn of(unpacked: u64) -> Self {
        // A cell is at least four bytes of its part, where it is not repeated. Several sheets may be one part.
        Self { bytes: limits::SHEET_FREE + limits::SHEET_RATIO * unpacked, cells: unpacked + limits::SHEET_CELLS }
    }

    /// Takes room for a cell, with what it costs aside of its text.
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.bytes = self.bytes.checked_sub(bytes as u64)?;
        Some(())
    }
}

/// Rows that are read one cell after another.
pub(super) struct SheetRows<'a> {
    rows: Vec<SheetRow>,
    /// Cells that the file has and that hold no value.
    empty: BTreeSet<(u32, u32)>,
    room: &'a mut Room,
}

impl<'a> SheetRows<'a> {
    pub fn new(room: &'a mut Room) -> Self {
        Self { rows: Vec::new(), empty: BTreeSet::new(), room }
    }

    /// Adds a cell. `None` where the workbook holds more than it has room for.
    pub fn add(&mut self, number: u32, column: u32, text: String) -> Option<()> {
        self.room.cells = self.room.cells.checked_sub(1)?;
        if trimmed_text(&text).is_empty() || column >= limits::SHEET_COLUMNS {
            return Some(());
        }
        self.room.take(32 + text.len())?;
        // A cell that is there already begins a further row of the same number.
        let place = |row: &SheetRow| row.cells.binary_search_by_key(&column, |(at, _)| *at);
        match self.rows.last_mut().filter(|row| row.number == number).map(|row| (place(row), row)) {
            Some((Err(at), row)) => row.cells.insert(at, (column, text.into())),
            _ => {
                self.room.take(64)?;
                self.rows.push(SheetRow { number, cells: vec![(column, text.into())] });
            }
        }
        Some(())
    }

    /// Adds a cell without a value. `None` as for other cells.
    pub fn add_empty(&mut self, number: u32, column: u32) -> Option<()> {
        self.room.cells = self.room.cells.checked_sub(1)?;
        if column < limits::SHEET_COLUMNS {
            self.room.take(16)?;
            self.empty.insert((number, column));
        }
        Some(())
    }

    /// Returns how many rows there are so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the rows by their number, and the cells without a value.
    pub fn sorted(mut self) -> (Vec<SheetRow>, BTreeSet<(u32, u32)>) {
        self.rows.sort_by_key(|row| row.number);
        (self.rows, self.empty)
    }
}
