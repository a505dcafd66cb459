//! Coded batches become a Parquet file.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float64Array, StringArray, UInt16Array, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, UInt16Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{COUNT, COUNT_UPPER, FIGURE, PERSON, problem, set_text};
use crate::error::{Error, Result};
use crate::model::{Codelist, Interval, ObsStatus};
use crate::schema::{Record, Unit};
use crate::validate::{CodedBatch, Column};

/// Rows of a row group: large enough to compress, small enough that several fit the cache of codes.
const ROW_GROUP: usize = 1 << 17;

/// Writes the rows of one input.
pub struct StoreWriter<W: Write + Send> {
    record: Arc<Record>,
    schema: Arc<Schema>,
    writer: ArrowWriter<W>,
    waiting: CodedBatch,
    pseudonyms: bool,
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
        let schema = Arc::new(Schema::new(fields));
        let name = record.name();
        let own = [
            ("tipstat.version", env!("CARGO_PKG_VERSION")),
            ("tipstat.record", &name),
            ("tipstat.confidential", "yes: records of persons, not for publication"),
        ];
        let entries = own.iter().chain(metadata).map(|(key, value)| KeyValue::new((*key).into(), (*value).to_owned()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("level 1 exists")))
            .set_created_by(format!("tipstat {}", env!("CARGO_PKG_VERSION")))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_key_value_metadata(Some(entries.collect()))
            .build();
        let writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties))
            .map_err(|cause| problem("write", cause))?;
        Ok(Self { record: Arc::clone(record), schema, writer, waiting: CodedBatch::new(record), pseudonyms, rows: 0 })
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
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.columns.len() + 1);
        for (column, (_, field)) in batch.columns.into_iter().zip(self.record.coded()) {
            columns.push(match column {
                Column::Codes(codes) => {
                    let list = field.codes();
                    let ids = (0..list.len() as u16).map(|code| list.id_of(code));
                    dictionary(codes, StringArray::from_iter_values(ids))
                }
                Column::Sets(sets) => sets_array(field.codes(), &sets)?,
            });
        }
        match self.record.unit {
            Unit::Person => {
                let least = batch.values.iter().map(|value| value.lower as u32);
                let most = batch.values.iter().map(|value| value.upper.unwrap_or(u64::MAX) as u32);
                columns.push(Arc::new(UInt32Array::from_iter_values(least)));
                columns.push(Arc::new(UInt32Array::from_iter_values(most)));
            }
            Unit::Figure => columns.extend(figures(&batch.values, self.record.decimals())),
        }
        if self.pseudonyms {
            let names = batch.persons.iter().map(|person| person.and_then(|person| person.name));
            columns.push(Arc::new(StringArray::from_iter(names.map(|name| name.map(|name| format!("{name:032x}"))))));
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).expect("columns as the schema says");
        self.writer.write(&batch).map_err(|cause| problem("write", cause))
    }
}

/// Figures as numbers: a masked one has bounds and no single value, a missing one has neither.
fn figures(values: &[Interval], decimals: u32) -> [ArrayRef; 3] {
    let scale = 10f64.powi(decimals as i32);
    let number = |value: u64| value as f64 / scale;
    let missing = |value: &Interval| *value == Interval::open();
    let lower = values.iter().map(|value| (!missing(value)).then(|| number(value.lower)));
    let upper = values.iter().map(|value| value.upper.map(number));
    let status = values.iter().map(|value| match value {
        value if missing(value) => ObsStatus::Missing,
        value if value.is_exact() => ObsStatus::Normal,
        _ => ObsStatus::Suppressed,
    });
    [
        Arc::new(Float64Array::from_iter(lower)),
        Arc::new(Float64Array::from_iter(upper)),
        Arc::new(StringArray::from_iter_values(status.map(ObsStatus::id))),
    ]
}

fn dictionary(codes: Vec<u16>, values: StringArray) -> ArrayRef {
    let keys = UInt16Array::from(codes);
    Arc::new(DictionaryArray::<UInt16Type>::try_new(keys, Arc::new(values)).expect("codes are indices of the list"))
}

/// Each set that occurs becomes one value; the values are ordered by their bits.
fn sets_array(list: &Codelist, sets: &[u64]) -> Result<ArrayRef> {
    let mut values: BTreeMap<u64, u16> = sets.iter().map(|&bits| (bits, 0)).collect();
    if values.len() > usize::from(u16::MAX) {
        return Err(Error::failed(format!("more than 65,535 different sets of {} in one block of records", list.id)));
    }
    for (index, value) in values.values_mut().enumerate() {
        *value = index as u16;
    }
    let texts = StringArray::from_iter_values(values.keys().map(|&bits| set_text(list, bits)));
    Ok(dictionary(sets.iter().map(|bits| values[bits]).collect(), texts))
}
