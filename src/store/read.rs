//! A store is read back as codes, a row group at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::{UInt16Type, UInt32Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};

use super::{COUNT, COUNT_UPPER, PERSON, problem, set_bits};
use crate::error::{Error, Result};
use crate::files;
use crate::model::Codelist;
use crate::schema::{FieldType, Record};

/// One file of a store.
#[derive(Clone, Debug)]
pub struct Part {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

/// The codes of some fields in a run of rows.
#[derive(Debug, Default)]
pub struct RowGroup {
    /// A column for each wanted field: an index of the code list, or for a set one bit a code.
    pub columns: Vec<Vec<u64>>,
    /// How many victims each row stands for, at least.
    pub counts: Vec<u32>,
    /// How many at most.
    pub most: Vec<u32>,
}

impl Part {
    /// Opens a file of a store.
    pub fn open(path: &Path) -> Result<Self> {
        let file = files::open(path)?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(|cause| problem("read", cause).at(files::shown(path)))?;
        Ok(Self { path: path.to_path_buf(), metadata })
    }

    /// Whether the rows name persons by pseudonyms.
    pub fn has_persons(&self) -> bool {
        self.metadata.schema().column_with_name(PERSON).is_some()
    }

    /// The pseudonyms of one row group.
    pub fn persons(&self, row_group: usize) -> Result<Vec<Option<u128>>> {
        let problem = |cause| problem("read", cause).at(files::shown(&self.path));
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(files::open(&self.path)?, self.metadata.clone());
        let mask = ProjectionMask::columns(builder.parquet_schema(), [PERSON]);
        let reader = builder.with_projection(mask).with_row_groups(vec![row_group]).build().map_err(problem)?;
        let mut names = Vec::new();
        for batch in reader {
            let batch = batch.map_err(|cause| problem(cause.into()))?;
            let texts = batch.column(0).as_string_opt::<i32>().into_iter().flatten();
            names.extend(texts.map(|text| u128::from_str_radix(text?, 16).ok()));
        }
        Ok(names)
    }

    /// The number of row groups.
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Reads the codes of some fields in one row group.
    ///
    /// # Errors
    /// The file lacks a field, or holds a text that is no code of the field's list.
    pub fn read(&self, record: &Record, fields: &[usize], row_group: usize) -> Result<RowGroup> {
        let problem = |cause| problem("read", cause).at(files::shown(&self.path));
        let file = files::open(&self.path)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let names: Vec<_> =
            fields.iter().map(|&field| record.fields[field].id.as_str()).chain([COUNT, COUNT_UPPER]).collect();
        let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
        let reader = builder
            .with_projection(mask)
            .with_row_groups(vec![row_group])
            .with_batch_size(1 << 16)
            .build()
            .map_err(problem)?;
        let mut out = RowGroup { columns: vec![Vec::new(); fields.len()], counts: Vec::new(), most: Vec::new() };
        for batch in reader {
            let batch = batch.map_err(|cause| problem(cause.into()))?;
            let column = |name: &str| {
                batch.column_by_name(name).ok_or_else(|| {
                    Error::failed(format!("the store has no column `{name}`"))
                        .at(files::shown(&self.path))
                        .hint("it was made by another version: ingest the files again")
                })
            };
            for (&field, codes) in fields.iter().zip(&mut out.columns) {
                let field = &record.fields[field];
                let array = column(&field.id)?;
                let foreign = || {
                    Error::failed(format!("the store holds codes of `{}` that {} has not", field.id, field.codes().id))
                        .at(files::shown(&self.path))
                        .hint("it was made with other schemas: ingest the files again")
                };
                let array = array.as_dictionary_opt::<UInt16Type>().ok_or_else(foreign)?;
                let values: &StringArray = array.values().as_string_opt().ok_or_else(foreign)?;
                let set = field.kind == FieldType::Set;
                let meanings: Option<Vec<u64>> =
                    values.iter().map(|text| meaning(field.codes(), set, text.unwrap_or_default())).collect();
                let meanings = meanings.ok_or_else(foreign)?;
                codes.extend(array.keys().values().iter().map(|&key| meanings[usize::from(key)]));
            }
            for (name, counts) in [(COUNT, &mut out.counts), (COUNT_UPPER, &mut out.most)] {
                let array = column(name)?.as_primitive_opt::<UInt32Type>().ok_or_else(|| {
                    Error::failed(format!("the store's column `{name}` holds no counts")).at(files::shown(&self.path))
                })?;
                counts.extend(array.values());
            }
        }
        Ok(out)
    }
}

fn meaning(list: &Arc<Codelist>, set: bool, text: &str) -> Option<u64> {
    if set { set_bits(list, text) } else { list.find(text).map(u64::from) }
}
