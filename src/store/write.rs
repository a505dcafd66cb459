//! Coded batches become a Parquet file.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;

use super::chunk::{Chunk, numbers, optional, texts};
use super::{COUNT, COUNT_UPPER, FIGURE, PERSON, problem, set_text};
use crate::error::Result;
use crate::model::{Indexed, Interval, ObsStatus};
use crate::schema::{Record, Unit};
use crate::validate::{CodedBatch, Column};

/// Rows of a row group: large enough that its codes are written once for many rows, small enough to wait in memory.
const ROW_GROUP: usize = 1 << 17;

/// Writes the rows of one input.
pub struct StoreWriter<W: Write + Send> {
    record: Arc<Record>,
    columns: Vec<ColumnDescPtr>,
    writer: SerializedFileWriter<W>,
    waiting: CodedBatch,
    rows: u64,
}

impl<W: Write + Send> StoreWriter<W> {
    /// Begins a file. `metadata` is written beside the program's own entries; `pseudonyms` says whether persons are named.
    pub fn new(output: W, record: &Arc<Record>, pseudonyms: bool, metadata: &[(&str, &str)]) -> Result<Self> {
        let dictionary = DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::Utf8));
        let mut fields: Vec<_> =
            record.coded().map(|(_, field)| Field::new(&field.id, dictionary.clone(), false)).collect();
        match record.unit {
            Unit::Person => {
                fields.extend([COUNT, COUNT_UPPER].map(|name| Field::new(name, DataType::UInt32, false)));
            }
            Unit::Figure => {
                let [lower, upper, status] = FIGURE;
                fields.extend([lower, upper].map(|name| Field::new(name, DataType::Float64, true)));
                fields.push(Field::new(status, DataType::Utf8, false));
            }
        }
        if pseudonyms {
            fields.push(Field::new(PERSON, DataType::Utf8, true));
        }
        let schema = Schema::new(fields);
        let name = record.name();
        let own = [
            ("tipstat.version", env!("CARGO_PKG_VERSION")),
            ("tipstat.record", &name),
            ("tipstat.confidential", "yes: records of persons, not for publication"),
        ];
        let entries = own.iter().chain(metadata).map(|(key, value)| KeyValue::new((*key).into(), (*value).to_owned()));
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
        Ok(Self { record: Arc::clone(record), columns, writer, waiting: CodedBatch::new(record), rows: 0 })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: CodedBatch) -> Result<()> {
        self.rows += batch.len() as u64;
        self.waiting.append(batch);
        if self.waiting.len() >= ROW_GROUP { self.flush() } else { Ok(()) }
    }

    /// Ends the file and returns the number of its rows.
    pub fn finish(mut self) -> Result<u64> {
        self.flush()?;
        self.writer.close().map_err(|cause| problem("write", cause))?;
        Ok(self.rows)
    }

    fn flush(&mut self) -> Result<()> {
        let batch = std::mem::replace(&mut self.waiting, CodedBatch::new(&self.record));
        if batch.is_empty() {
            return Ok(());
        }
        let chunks: parquet::errors::Result<Vec<Chunk>> = {
            let record = &self.record;
            self.columns.par_iter().enumerate().map(|(at, column)| encode(record, &batch, at, column)).collect()
        };
        self.append(chunks).map_err(|cause| problem("write", cause))
    }

    fn append(&mut self, chunks: parquet::errors::Result<Vec<Chunk>>) -> parquet::errors::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks? {
            group.append_column(&chunk.bytes, chunk.close)?;
        }
        group.close().map(drop)
    }
}

/// One column of a row group; the columns after those of codes are the value's and the person's.
fn encode(record: &Record, batch: &CodedBatch, at: usize, column: &ColumnDescPtr) -> parquet::errors::Result<Chunk> {
    let least = |value: &Interval| value.lower as u32;
    let most = |value: &Interval| value.upper.unwrap_or(u64::MAX) as u32;
    if let Some((_, field)) = record.coded().nth(at) {
        let list = field.codes();
        return match &batch.columns[at] {
            Column::Codes(codes) => {
                let indexed = Indexed::of(codes);
                let ids: Vec<_> = indexed.values.iter().map(|&code| list.id_of(code)).collect();
                texts(column, &ids, &indexed.rows)
            }
            Column::Sets(sets) => {
                let indexed = Indexed::of(sets);
                let ids: Vec<_> = indexed.values.iter().map(|&bits| set_text(list, bits)).collect();
                texts(column, &ids.iter().map(String::as_str).collect::<Vec<_>>(), &indexed.rows)
            }
        };
    }
    let scale = 10f64.powi(record.decimals() as i32);
    match column.name() {
        COUNT => numbers(column, &Indexed::of(&batch.values.iter().map(least).collect::<Vec<_>>())),
        COUNT_UPPER => numbers(column, &Indexed::of(&batch.values.iter().map(most).collect::<Vec<_>>())),
        PERSON => {
            let names = || batch.persons.iter().map(|person| person.and_then(|person| person.name));
            let mut plain = Vec::new();
            for name in names().flatten() {
                plain.extend_from_slice(&32u32.to_le_bytes());
                plain.extend_from_slice(format!("{name:032x}").as_bytes());
            }
            optional(column, &names().map(|name| name.is_some()).collect::<Vec<_>>(), plain)
        }
        name if name == FIGURE[2] => {
            let statuses: Vec<_> = batch.values.iter().map(|value| status(value).id()).collect();
            let mut ids = statuses.clone();
            ids.sort_unstable();
            ids.dedup();
            let at = |id: &&str| ids.iter().position(|other| other == id).unwrap_or(0) as u32;
            texts(column, &ids, &statuses.iter().map(at).collect::<Vec<_>>())
        }
        // A masked figure has bounds and no single value, a missing one has neither.
        name => {
            let is_lower = name == FIGURE[0];
            let bound = |value: &Interval| match status(value) {
                ObsStatus::Missing => None,
                _ if is_lower => Some(value.lower),
                _ => value.upper,
            };
            let bounds: Vec<_> = batch.values.iter().map(bound).collect();
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
