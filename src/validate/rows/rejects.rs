//! The list of rejected records: where and why, and never what.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Result};
use crate::finding::{Place, Rule};

/// One reason for which a record was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Where.
    pub place: Place,
    /// The column, counted from 1.
    pub column: Option<u32>,
    /// The rule that was broken.
    pub rule: Rule,
}

/// Writes rejects as Parquet, batch by batch: `FILE`, `RECORD`, `LINE`, `BYTE`, `COLUMN`, `RULE`.
pub struct RejectsWriter<W: Write + Send> {
    schema: Arc<Schema>,
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> RejectsWriter<W> {
    /// Begins a list.
    pub fn new(output: W) -> Result<Self> {
        let schema = Arc::new(Schema::new(vec![
            Field::new("FILE", DataType::Utf8, false),
            Field::new("RECORD", DataType::UInt64, false),
            Field::new("LINE", DataType::UInt64, false),
            Field::new("BYTE", DataType::UInt64, false),
            Field::new("COLUMN", DataType::UInt32, true),
            Field::new("RULE", DataType::Utf8, false),
        ]));
        // Places grow evenly, so that their differences take a bit or two each.
        let mut properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        for name in ["RECORD", "LINE", "BYTE"] {
            let column = ColumnPath::from(name);
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
        // By which the program knows its own file again.
        let version = KeyValue::new("tipstat.version".into(), env!("CARGO_PKG_VERSION").to_owned());
        properties = properties.set_key_value_metadata(Some(vec![version]));
        let writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties.build())).map_err(problem)?;
        Ok(Self { schema, writer })
    }

    /// Adds the rejects of a batch of one file, whose records begin after `record`.
    pub fn write(&mut self, file: &str, record: u64, rejects: &[Reject]) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rejects.iter().map(|_| file))),
            Arc::new(UInt64Array::from_iter_values(rejects.iter().map(|r| r.place.record + record))),
            Arc::new(UInt64Array::from_iter_values(rejects.iter().map(|r| r.place.line))),
            Arc::new(UInt64Array::from_iter_values(rejects.iter().map(|r| r.place.byte))),
            Arc::new(UInt32Array::from_iter(rejects.iter().map(|r| r.column))),
            Arc::new(StringArray::from_iter_values(rejects.iter().map(|r| r.rule.id()))),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).expect("columns of one length");
        self.writer.write(&batch).map_err(problem)
    }

    /// Ends the list.
    pub fn finish(self) -> Result<()> {
        self.writer.close().map_err(problem).map(drop)
    }
}

fn problem(cause: parquet::errors::ParquetError) -> Error {
    Error::failed("cannot write the list of rejects").because(cause)
}
