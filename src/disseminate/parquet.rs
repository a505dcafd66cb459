//! Tables as Parquet: dictionaries, statistics, and the release's metadata in the file.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::about::About;
use crate::error::{Error, Result};
use crate::files;
use crate::guard::columns::RowSelection;
use crate::guard::{Fault, columns};
use crate::protect::ProtectedTable;

/// A table that is written as Parquet.
pub(super) struct ParquetTable<'a> {
    pub table: &'a ProtectedTable,
    /// Its rows.
    pub batch: &'a RecordBatch,
}

impl ParquetTable<'_> {
    /// Writes the table.
    pub fn write(&self, output: impl Write + Send, about: &About<'_>) -> Result<()> {
        let indicator = self.table.indicator();
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
        entries.extend(about.rounded.map(|attribute| ("tipstat.sdc", attribute.to_owned())));
        entries.extend(indicator.note.get("en").map(|note| ("tipstat.note", note.clone())));
        let entries = entries.into_iter().map(|(key, value)| KeyValue::new(key.into(), value)).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("level 3 exists")))
            .set_created_by(about.program.to_owned())
            .set_key_value_metadata(Some(entries))
            .build();
        let problem =
            |cause: ParquetError| Error::failed(format!("cannot write the table `{}`", indicator.id)).because(cause);
        let mut writer = ArrowWriter::try_new(output, self.batch.schema(), Some(properties)).map_err(problem)?;
        writer.write(self.batch).map_err(problem)?;
        writer.close().map_err(problem)?;
        Ok(())
    }
}

/// Rows of a table that are read at once.
const ROWS: usize = 8192;

/// Opens a table: the rows, a batch at a time.
pub(super) fn open(path: &Path) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
    open_with_schema(path).map(|(_, batches)| batches)
}

/// Opens a table: its columns with the release's metadata, and the rows, a batch at a time.
pub(super) fn open_with_schema(path: &Path) -> Result<(SchemaRef, impl Iterator<Item = Result<RecordBatch>>)> {
    let place = files::shown(path);
    let mut file = files::open(path)?;
    let refused = move |fault: Fault| {
        let error = Error::refused("file/damaged", "a table of the release is damaged, or is not a Parquet file")
            .hint("get the release again from its publisher; `tipstat verify` names the files that differ");
        fault.error(error, &place)
    };
    let metadata = columns::metadata(&mut file).map_err(&refused)?;
    let batches = columns::batches(file, &metadata, RowSelection::all(ROWS)).map_err(&refused)?;
    Ok((Arc::clone(metadata.schema()), batches.map(move |batch| batch.map_err(&refused))))
}
