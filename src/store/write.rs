//! Coded batches become a Parquet file.

use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;

use super::chunk::{EncodedChunk, numbers, optional, texts};
use super::columns::{COUNT, COUNT_UPPER, FIGURE, PERSON, problem, set_text};
use super::indexed::{Indexed, RowRun};
use super::read::Part;
use crate::error::Result;
use crate::model::{Interval, ObsStatus};
use crate::schema::{Record, Unit};
use crate::validate::{CodedBatch, Column, Rows};

/// Rows of a row group: large enough that its codes are written once for many rows, small enough to wait in memory.
const ROW_GROUP: usize = 1 << 17;

/// Writes the rows of one input.
pub struct StoreWriter<W: Write + Send> {
    record: Arc<Record>,
    columns: Vec<ColumnDescPtr>,
    writer: SerializedFileWriter<W>,
    /// Rows that wait for their row group: batches, and the first row of each that was not written yet.
    batches: VecDeque<(CodedBatch, usize)>,
    waiting: usize,
    rows: u64,
}

/// What a store says of persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonColumn {
    /// A pseudonym of each.
    Written,
    /// Nothing.
    Left,
}

impl<W: Write + Send> StoreWriter<W> {
    /// Begins a file. `metadata` is written after the program's own entries.
    pub fn new(output: W, record: &Arc<Record>, persons: PersonColumn, metadata: &[(&str, &str)]) -> Result<Self> {
        // pandas reads no dictionary whose indices have no sign.
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields: Vec<_> =
            record.coded().map(|(_, field)| Field::new(&field.id, dictionary.clone(), false)).collect();
        match record.unit {
            Unit::Person => {
                fields.extend([COUNT, COUNT_UPPER].map(|name| Field::new(name, DataType::UInt32, false)));
            }
            Unit::Figure => {
                let [lower, upper, status] = FIGURE;
                fields.extend([lower, upper].map(|name| Field::new(name, DataType::Float64, true)));
                // Where the record type has it as a field, it is a column of codes.
                if !record.coded().any(|(_, field)| field.id == status) {
                    fields.push(Field::new(status, DataType::Utf8, false));
                }
            }
        }
        if persons == PersonColumn::Written {
            fields.push(Field::new(PERSON, DataType::Utf8, true));
        }
        let schema = Schema::new(fields);
        let name = record.name();
        let entries_of_program = [
            ("tipstat.version", env!("CARGO_PKG_VERSION")),
            ("tipstat.record", &name),
            ("tipstat.confidential", "yes: records of persons, not for publication"),
        ];
        let entries = entries_of_program
            .iter()
            .chain(metadata)
            .map(|(key, value)| KeyValue::new((*key).into(), (*value).to_owned()));
        let mut properties = WriterProperties::builder()
            .set_created_by(format!("tipstat {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(entries.collect()))
            .build();
        // So that readers of Arrow get dictionaries back.
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let described = ArrowSchemaConverter::new().convert(&schema).map_err(|cause| problem("write", cause))?;
        let writer = SerializedFileWriter::new(output, described.root_schema_ptr(), Arc::new(properties))
            .map_err(|cause| problem("write", cause))?;
        let columns = described.columns().to_vec();
        Ok(Self { record: Arc::clone(record), columns, writer, batches: VecDeque::new(), waiting: 0, rows: 0 })
    }

    /// Adds rows.
    ///
    /// Row groups have the same number of rows, however they came, so that the same rows give the same bytes.
    pub fn write(&mut self, batch: CodedBatch) -> Result<()> {
        self.rows += batch.len() as u64;
        self.waiting += batch.len();
        if !batch.is_empty() {
            self.batches.push_back((batch, 0));
        }
        while self.waiting >= ROW_GROUP {
            self.flush(ROW_GROUP)?;
        }
        Ok(())
    }

    /// Ends the file and returns the number of its rows.
    pub fn finish(self) -> Result<u64> {
        self.end().map(|(rows, _)| rows)
    }

    /// Ends the file and returns the number of its rows, and the output.
    pub fn end(mut self) -> Result<(u64, W)> {
        self.flush(self.waiting)?;
        let mut output = self.writer.into_inner().map_err(|cause| problem("write", cause))?;
        output.flush().map_err(|cause| problem("write", cause.into()))?;
        Ok((self.rows, output))
    }

    /// Writes a row group of so many of the waiting rows.
    fn flush(&mut self, rows: usize) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let mut left = rows;
        let mut pieces = Vec::new();
        for (batch, start) in &self.batches {
            let take = left.min(batch.len() - start);
            pieces.push(Piece { batch, rows: *start..start + take });
            left -= take;
            if left == 0 {
                break;
            }
        }
        let chunks: parquet::errors::Result<Vec<EncodedChunk>> = {
            let record = &self.record;
            self.columns.par_iter().enumerate().map(|(at, column)| encode(record, &pieces, at, column)).collect()
        };
        self.waiting -= rows;
        let last = pieces.last().map_or(0, |piece| piece.rows.end);
        let whole = pieces.len() - 1;
        self.batches.drain(..whole);
        if let Some((batch, start)) = self.batches.front_mut() {
            *start = last;
            if *start == batch.len() {
                self.batches.pop_front();
            }
        }
        self.append(chunks).map_err(|cause| problem("write", cause))
    }

    fn append(&mut self, chunks: parquet::errors::Result<Vec<EncodedChunk>>) -> parquet::errors::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks? {
            group.append_column(&chunk.bytes, chunk.close)?;
        }
        group.close().map(drop)
    }
}

/// Writes the rows of a file of a store once more, without some of them, whose numbers are in ascending order, and returns
/// how many there are, and the output.
pub fn without<W: Write + Send>(
    part: &Part,
    output: W,
    record: &Arc<Record>,
    mut left_out: impl Iterator<Item = Result<u64>>,
) -> Result<(u64, W)> {
    let persons = if part.has_persons() { PersonColumn::Written } else { PersonColumn::Left };
    let mut writer = StoreWriter::new(output, record, persons, &[])?;
    let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
    let (mut first, mut next) = (0, left_out.next().transpose()?);
    for group in 0..part.row_groups() {
        let rows = part.read(record, &fields, group)?;
        let names = if part.has_persons() { part.persons(group)? } else { Vec::new() };
        let count = rows.counts.len();
        let mut batch = CodedBatch::stored(record, rows.columns, [&rows.counts, &rows.most], names);
        let mut keep = vec![true; count];
        while let Some(row) = next.filter(|row| *row < first + count as u64) {
            keep[(row - first) as usize] = false;
            next = left_out.next().transpose()?;
        }
        batch.retain(&keep);
        writer.write(batch)?;
        first += count as u64;
    }
    writer.end()
}

/// Rows of a batch that belong to the row group.
struct Piece<'a> {
    batch: &'a CodedBatch,
    rows: Range<usize>,
}

/// One column of a row group; the columns after those of codes are the value's and the person's.
fn encode(
    record: &Record,
    pieces: &[Piece<'_>],
    at: usize,
    column: &ColumnDescPtr,
) -> parquet::errors::Result<EncodedChunk> {
    let lower = |value: Interval| value.lower as u32;
    let upper = |value: Interval| value.upper.unwrap_or(u64::MAX) as u32;
    if let Some((_, field)) = record.coded().nth(at) {
        let list = field.codes();
        let mut codes = Vec::new();
        let mut sets = Vec::new();
        for Piece { batch, rows } in pieces {
            match &batch.columns[at] {
                Column::Codes(Rows::Same(code)) => codes.push(RowRun::Same(*code, rows.len())),
                Column::Codes(Rows::Each(each)) => codes.push(RowRun::Each(&each[rows.clone()])),
                Column::Sets(Rows::Same(bits)) => sets.push(RowRun::Same(*bits, rows.len())),
                Column::Sets(Rows::Each(each)) => sets.push(RowRun::Each(&each[rows.clone()])),
            }
        }
        return if sets.is_empty() {
            texts(column, &Indexed::of_codes(&codes, list.len()), |code| list.id_of(code))
        } else {
            let indexed = Indexed::of(&sets);
            let ids: Vec<_> = indexed.values.iter().map(|&bits| set_text(list, bits)).collect();
            texts(column, &indexed, |bits| &ids[indexed.values.iter().position(|other| *other == bits).unwrap_or(0)])
        };
    }
    let values = || pieces.iter().flat_map(|piece| piece.batch.values.range(piece.rows.clone()));
    let scale = 10f64.powi(record.decimals() as i32);
    let whole = |part: fn(Interval) -> u32| {
        let same = |piece: &Piece<'_>| match piece.batch.values {
            Rows::Same(value) => Some(RowRun::Same(part(value), piece.rows.len())),
            Rows::Each(_) => None,
        };
        match pieces.iter().map(same).collect::<Option<Vec<_>>>() {
            Some(runs) => numbers(column, &Indexed::of(&runs)),
            None => numbers(column, &Indexed::of(&[RowRun::Each(&values().map(part).collect::<Vec<_>>())])),
        }
    };
    match column.name() {
        COUNT => whole(lower),
        COUNT_UPPER => whole(upper),
        PERSON => {
            let mut present = Vec::new();
            let mut plain = Vec::new();
            for Piece { batch, rows } in pieces {
                for row in rows.clone() {
                    let name = batch.names.get(row).copied().flatten();
                    present.push(name.is_some());
                    if let Some(name) = name {
                        plain.extend_from_slice(&32u32.to_le_bytes());
                        plain.extend_from_slice(format!("{name:032x}").as_bytes());
                    }
                }
            }
            optional(column, &present, plain)
        }
        name if name == FIGURE[2] => {
            // In the order of their names, as the codes of a list are in the list's.
            let mut statuses = [ObsStatus::Missing, ObsStatus::Normal, ObsStatus::Suppressed];
            statuses.sort_by_key(|status| status.id());
            let at = |value| statuses.iter().position(|other| *other == status(&value)).unwrap_or(0) as u16;
            let codes: Vec<u16> = values().map(at).collect();
            texts(column, &Indexed::of_codes(&[RowRun::Each(&codes)], 3), |code| statuses[usize::from(code)].id())
        }
        // A masked figure has bounds and no single value, a missing one has neither.
        name => {
            let is_lower = name == FIGURE[0];
            let bound = |value: Interval| match status(&value) {
                ObsStatus::Missing => None,
                _ if is_lower => Some(value.lower),
                _ => value.upper,
            };
            let bounds: Vec<_> = values().map(bound).collect();
            let plain = bounds.iter().flatten().flat_map(|&bound| (bound as f64 / scale).to_le_bytes()).collect();
            optional(column, &bounds.iter().map(Option::is_some).collect::<Vec<_>>(), plain)
        }
    }
}

/// Why a figure has a value, or none.
fn status(value: &Interval) -> ObsStatus {
    match value {
        value if *value == Interval::open() => ObsStatus::Missing,
        value if value.is_exact() => ObsStatus::Normal,
        _ => ObsStatus::Suppressed,
    }
}
