//! What is found about cells of a sheet: merged ones, and formulas without a value.

use calamine::Sheets;

use super::batch::Note;
use super::sheet::{SheetSource, Workbook};
use super::shown::{MergedCells, MergedSpan};
use crate::finding::Rule;

impl SheetSource {
    /// Notes cells below the header that are merged: their value is in the first of them, and the others are empty.
    pub(super) fn note_merged(&mut self, book: &mut Workbook) {
        // The library says which cells are merged for one format of Excel only.
        let merged: Vec<MergedSpan> = match &mut book.sheets {
            Sheets::Xlsx(book) => {
                let regions = book.merge_cells_by_sheet_name(&self.sheet).unwrap_or_default();
                self.spans(regions.iter().map(|region| MergedCells { start: region.start, end: region.end }))
            }
            Sheets::Xlsb(_) => self.spans(self.merged_cells.iter().copied()),
            _ => std::mem::take(&mut self.merged),
        };
        let header = self.next.checked_sub(1).and_then(|at| self.rows.get(at)).map_or(0, |row| row.number);
        let rule = Rule::named("record/merged-cells");
        let below = merged.iter().filter(|span| span.first > header && self.is_record(span.first));
        let note =
            |span: &MergedSpan| Note { rule, line: u64::from(span.first) + 1, last: u64::from(span.last) + 1, byte: 0 };
        let notes: Vec<_> = below.map(note).collect();
        self.notes.extend(notes);
    }

    /// Returns the rows of merged cells that hold anything.
    fn spans(&self, all: impl Iterator<Item = MergedCells>) -> Vec<MergedSpan> {
        let filled = all.filter(|cells| cells.end != cells.start && self.is_filled(cells.start));
        filled.map(|cells| MergedSpan { first: cells.start.0, last: cells.end.0 }).collect()
    }

    /// Notes formulas without a value in the file: a program wrote them, and no spreadsheet has computed them.
    pub(super) fn note_formulas(&mut self, book: &mut Workbook) {
        let Some(header) = self.next.checked_sub(1).and_then(|at| self.rows.get(at)) else { return };
        let (header, columns) = (header.number, self.header.len() as u32);
        let mut empty = std::mem::take(&mut self.empty);
        // Rows of a form that were never filled in are not records, whatever formulas they have.
        empty.retain(|(row, column)| *row > header && *column < columns && self.is_record(*row));
        if empty.is_empty() {
            return;
        }
        let rule = Rule::named("record/formula-without-value");
        let mut note = |(row, column): (u32, u32), formula: &str| {
            if !formula.is_empty() && empty.contains(&(row, column)) {
                let line = u64::from(row) + 1;
                self.notes.push(Note { rule, line, last: line, byte: 0 });
            }
        };
        // The sheet was read to its end before, so an error here says nothing new.
        match &mut book.sheets {
            Sheets::Xlsx(book) => {
                let Ok(mut reader) = book.worksheet_cells_reader(&self.sheet) else { return };
                while let Ok(Some(cell)) = reader.next_formula() {
                    note(cell.get_position(), cell.get_value());
                }
            }
            Sheets::Xlsb(book) => {
                let Ok(mut reader) = book.worksheet_cells_reader(&self.sheet) else { return };
                while let Ok(Some(cell)) = reader.next_formula() {
                    note(cell.get_position(), cell.get_value());
                }
            }
            _ => {}
        }
    }
}
