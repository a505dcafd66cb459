//! Counts as a Parquet file: columns of codes, and columns of numbers. Confidential.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;

use super::chunk::{EncodedChunk, counts, optional, texts};
use super::columns::{CHECKSUM, COUNT, COUNT_UPPER, problem};
use super::indexed::{Indexed, RowRun};
use crate::error::Result;
use crate::files::Digested;

/// Rows of a row group.
const ROW_GROUP: usize = 1 << 17;

/// The codes of one column in some rows, as places in the column's list.
#[derive(Clone, Debug)]
pub enum CodePlaces {
    /// The same in all rows.
    Same(u16),
    /// One a row.
    Each(Vec<u16>),
}

/// Some rows.
#[derive(Clone, Debug)]
pub struct CountRows {
    /// For each column of codes, the code of each row.
    pub places: Vec<CodePlaces>,
    /// The least count of each row.
    pub lower: Vec<u64>,
    /// The greatest, where it is not the same.
    pub upper: Option<Vec<u64>>,
}

/// Which columns of numbers a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberColumns {
    /// `count`, `lower` and `upper`, of which all are exact.
    Cube,
    /// The same, of sources that mask small counts: `count` is missing where it is not exact.
    MaskedCube,
    /// `count` and `count_upper`, as a store has them.
    Store,
}

impl NumberColumns {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Cube | Self::MaskedCube => &["count", "lower", "upper"],
            Self::Store => &[COUNT, COUNT_UPPER],
        }
    }
}

/// Writes counts.
pub struct CountWriter<W: Write + Send> {
    lists: Vec<Vec<String>>,
    numbers: NumberColumns,
    columns: Vec<ColumnDescPtr>,
    writer: SerializedFileWriter<Digested<W>>,
    waiting: Vec<CountRows>,
    rows: usize,
    written: u64,
}

impl<W: Write + Send> CountWriter<W> {
    /// Begins a file. Each column of codes has a heading and the list of its codes.
    pub fn new(
        output: W,
        codes: Vec<(String, Vec<String>)>,
        numbers: NumberColumns,
        metadata: &[(&str, &str)],
    ) -> Result<Self> {
        // pandas reads no dictionary whose indices have no sign.
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields: Vec<_> = codes.iter().map(|(name, _)| Field::new(name, dictionary.clone(), false)).collect();
        for name in numbers.names() {
            let missing = numbers == NumberColumns::MaskedCube && *name == "count";
            fields.push(Field::new(*name, DataType::UInt64, missing));
        }
        let schema = Schema::new(fields);
        let entries_of_program = [
            ("tipstat.version", env!("CARGO_PKG_VERSION")),
            ("tipstat.confidential", "yes: exact unprotected counts, not for publication"),
        ];
        let entries = entries_of_program
            .iter()
            .chain(metadata)
            .map(|(key, value)| KeyValue::new((*key).into(), (*value).to_owned()));
        let mut properties = WriterProperties::builder()
            .set_created_by(format!("tipstat {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(entries.collect()))
            .build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let described = ArrowSchemaConverter::new().convert(&schema).map_err(|cause| problem("write", cause))?;
        let writer =
            SerializedFileWriter::new(Digested::new(output), described.root_schema_ptr(), Arc::new(properties))
                .map_err(|cause| problem("write", cause))?;
        let (lists, columns) = (codes.into_iter().map(|(_, list)| list).collect(), described.columns().to_vec());
        Ok(Self { lists, numbers, columns, writer, waiting: Vec::new(), rows: 0, written: 0 })
    }

    /// Adds rows. Row groups have the same number of rows, however they came.
    pub fn write(&mut self, mut rows: CountRows) -> Result<()> {
        loop {
            let room = ROW_GROUP - self.rows;
            let all = rows.lower.len();
            if all < room {
                self.rows += all;
                self.waiting.push(rows);
                return Ok(());
            }
            let rest = CountRows {
                places: rows.places.iter_mut().map(|places| split(places, room)).collect(),
                lower: rows.lower.split_off(room),
                upper: rows.upper.as_mut().map(|upper| upper.split_off(room)),
            };
            self.waiting.push(rows);
            self.flush()?;
            rows = rest;
        }
    }

    /// Ends the file, and returns the number of its rows. Nothing lists the file, so it bears its own checksum.
    pub fn finish(mut self) -> Result<u64> {
        self.flush()?;
        self.writer.flush().map_err(|cause| problem("write", cause.into()))?;
        let checksum = format!("{} {}", self.writer.bytes_written(), self.writer.inner().digest());
        self.writer.append_key_value_metadata(KeyValue::new(CHECKSUM.into(), checksum));
        self.writer.close().map_err(|cause| problem("write", cause))?;
        Ok(self.written)
    }

    fn flush(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.rows = 0;
        let lower: Vec<u64> = waiting.iter().flat_map(|rows| rows.lower.iter().copied()).collect();
        if lower.is_empty() {
            return Ok(());
        }
        let upper_counts = |rows: &'_ CountRows| rows.upper.clone().unwrap_or_else(|| rows.lower.clone());
        let masked = waiting.iter().any(|rows| rows.upper.as_ref().is_some_and(|upper| *upper != rows.lower));
        let upper: Option<Vec<u64>> = masked.then(|| waiting.iter().flat_map(upper_counts).collect());
        let indexed = Indexed::of_numbers(&lower);
        let indexed_most = upper.as_ref().map(|upper| Indexed::of_numbers(upper));
        let encode = |(at, column): (usize, &ColumnDescPtr)| -> parquet::errors::Result<EncodedChunk> {
            if let Some(list) = self.lists.get(at) {
                let runs = waiting.iter().map(|rows| match &rows.places[at] {
                    CodePlaces::Same(place) => RowRun::Same(*place, rows.lower.len()),
                    CodePlaces::Each(places) => RowRun::Each(places),
                });
                let runs: Vec<RowRun<'_, u16>> = runs.collect();
                return texts(column, &Indexed::of_codes(&runs, list.len()), |place| &list[usize::from(place)]);
            }
            let first = at - self.lists.len();
            if column.max_def_level() > 0 {
                let upper = upper.as_ref().unwrap_or(&lower);
                let present: Vec<bool> = lower.iter().zip(upper).map(|(lower, upper)| lower == upper).collect();
                let exact = lower.iter().zip(&present).filter(|(_, present)| **present);
                return optional(column, &present, exact.flat_map(|(count, _)| count.to_le_bytes()).collect());
            }
            let upper = first + 1 == self.numbers.names().len();
            counts(column, indexed_most.as_ref().filter(|_| upper).unwrap_or(&indexed))
        };
        let chunks: parquet::errors::Result<Vec<EncodedChunk>> =
            self.columns.par_iter().enumerate().map(encode).collect();
        self.written += lower.len() as u64;
        let append = |writer: &mut SerializedFileWriter<Digested<W>>| -> parquet::errors::Result<()> {
            let mut group = writer.next_row_group()?;
            for chunk in chunks? {
                group.append_column(&chunk.bytes, chunk.close)?;
            }
            group.close().map(drop)
        };
        append(&mut self.writer).map_err(|cause| problem("write", cause))
    }
}

fn split(places: &mut CodePlaces, at: usize) -> CodePlaces {
    match places {
        CodePlaces::Same(place) => CodePlaces::Same(*place),
        CodePlaces::Each(places) => CodePlaces::Each(places.split_off(at)),
    }
}
