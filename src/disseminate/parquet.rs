//! Tables as Parquet: dictionaries, statistics, and the release's metadata in the file.

use std::io::Write;
use std::path::Path;

use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::About;
use crate::error::{Error, Result};
use crate::files;
use crate::protect::ProtectedTable;

/// Writes one table.
pub(super) fn write(
    output: impl Write + Send,
    batch: &RecordBatch,
    table: &ProtectedTable,
    about: &About<'_>,
) -> Result<()> {
    let indicator = table.indicator();
    let title = indicator.title.get("en").cloned().unwrap_or_default();
    let title = if about.synthetic { format!("SYNTHETIC DATA: {title}") } else { title };
    let mut entries = vec![
        ("tipstat.program", about.program.to_owned()),
        ("tipstat.release", about.release.to_owned()),
        ("tipstat.schemas", about.schemas.to_owned()),
        ("tipstat.table", indicator.id.clone()),
        ("tipstat.title", title),
        ("tipstat.caveat", about.caveat.to_owned()),
        ("tipstat.synthetic", about.synthetic.to_string()),
    ];
    entries.extend(about.licence.map(|licence| ("tipstat.licence", licence.to_owned())));
    entries.extend(indicator.note.get("en").map(|note| ("tipstat.note", note.clone())));
    let entries = entries.into_iter().map(|(key, value)| KeyValue::new(key.into(), value)).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("level 3 exists")))
        .set_created_by(about.program.to_owned())
        .set_key_value_metadata(Some(entries))
        .build();
    let problem =
        |cause: ParquetError| Error::failed(format!("cannot write the table `{}`", indicator.id)).because(cause);
    let mut writer = ArrowWriter::try_new(output, batch.schema(), Some(properties)).map_err(problem)?;
    writer.write(batch).map_err(problem)?;
    writer.close().map_err(problem)?;
    Ok(())
}

/// The rows of a table, a batch at a time.
pub(super) type Batches = ParquetRecordBatchReader;

/// Opens a table.
pub(super) fn open(path: &Path) -> Result<Batches> {
    let problem = |cause: ParquetError| Error::failed("cannot read the table").at(files::shown(path)).because(cause);
    let builder = ParquetRecordBatchReaderBuilder::try_new(files::open(path)?).map_err(problem)?;
    builder.build().map_err(problem)
}
