//! Parquet files of others: what they say of their sizes is compared with what is there before it is believed.
//!
//! The library makes room for what the end of a file and the heads of its pages announce. So the end is walked before
//! it is parsed, and the heads of all pages that will be read before the first of them is unpacked. How many rows are
//! read at once follows from the longest values, because 8,192 values of a mebibyte fit no memory.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::fault::Fault;
use super::guarded::guarded;
use super::{pages, thrift};
use crate::files::File;
use crate::limits;

/// Reads the end of a file, which lists its columns and row groups.
pub(crate) fn metadata(file: &mut File) -> Result<ArrowReaderMetadata, Fault> {
    guarded(|| read_metadata(file)).unwrap_or(Err(Fault::Damaged(None)))
}

fn read_metadata(file: &mut File) -> Result<ArrowReaderMetadata, Fault> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut tail = [0; 8];
    file.seek(SeekFrom::Start(length.checked_sub(12).ok_or(Fault::Damaged(None))? + 4))?;
    file.read_exact(&mut tail)?;
    let size = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if tail[4..] != *b"PAR1" || size > length - 12 {
        return Err(Fault::Damaged(None));
    }
    if size > limits::FOOTER {
        return Err(Fault::TooLarge("a list of row groups of more than 64 mebibytes"));
    }
    let mut footer = vec![0; size as usize];
    file.seek(SeekFrom::Start(length - 8 - size))?;
    file.read_exact(&mut footer)?;
    let mut tree = SchemaTree::default();
    thrift::walk(&footer, &mut tree).map_err(|_| Fault::Damaged(None))?;
    tree.check()?;
    let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
    check_groups(&metadata, length)?;
    let metadata = Arc::new(metadata);
    let metadata = match ArrowReaderMetadata::try_new(Arc::clone(&metadata), Default::default()) {
        Ok(metadata) => metadata,
        Err(cause) => return Err(own_types(metadata).unwrap_or(Fault::Damaged(Some(cause)))),
    };
    let fields = metadata.schema().fields();
    if !fields.iter().all(|field| is_small(field, 0)) {
        return Err(Fault::TooLarge("values of a fixed length of more than 4,096"));
    }
    Ok(metadata)
}

/// Finds the columns of a type that only the writer knows, where the file can be read without the writer's types.
fn own_types(metadata: Arc<ParquetMetaData>) -> Option<Fault> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::try_new(metadata, options).ok()?;
    let fields = metadata.schema().fields().iter();
    let unknown = fields.filter(|field| *field.data_type() == DataType::FixedSizeBinary(16));
    Some(Fault::Type(unknown.map(|field| field.name().clone()).collect()))
}

/// How many parts each group of the schema has, in the order of the tree.
#[derive(Default)]
struct SchemaTree {
    children: Vec<i64>,
    lengths: Vec<i64>,
}

impl thrift::Visit for SchemaTree {
    fn element(&mut self, path: &[i16]) {
        if *path == [2] {
            self.children.push(0);
        }
    }

    fn number(&mut self, path: &[i16], value: i64) {
        match path {
            [2, 2] => self.lengths.push(value),
            [2, 5] => self.children.last_mut().into_iter().for_each(|last| *last = value),
            _ => {}
        }
    }
}

impl SchemaTree {
    /// Checks that the groups hold the parts that are there, and are only a few deep: the library follows them by recursion.
    fn check(&self) -> Result<(), Fault> {
        if self.children.len() > limits::COLUMNS {
            return Err(Fault::TooLarge("more than 16,384 columns"));
        }
        if self.lengths.iter().any(|length| *length > limits::FIXED.into()) {
            return Err(Fault::TooLarge("values of a fixed length of more than 4,096"));
        }
        let mut open: Vec<i64> = vec![1];
        for &children in &self.children {
            while open.last() == Some(&0) {
                open.pop();
            }
            let Some(rest) = open.last_mut() else { return Err(Fault::Damaged(None)) };
            *rest -= 1;
            if children < 0 || children > self.children.len() as i64 {
                return Err(Fault::Damaged(None));
            }
            if children > 0 {
                open.push(children);
            }
            if open.len() > limits::DEPTH {
                return Err(Fault::TooLarge("groups within groups within groups"));
            }
        }
        if open.iter().any(|rest| *rest != 0) { Err(Fault::Damaged(None)) } else { Ok(()) }
    }
}

/// Checks that row groups have as many rows as they say, within what is possible, and that their bytes are in the file.
fn check_groups(metadata: &ParquetMetaData, length: u64) -> Result<(), Fault> {
    let columns = metadata.file_metadata().schema_descr().num_columns();
    let mut rows = 0i64;
    for group in metadata.row_groups() {
        if group.num_rows() < 0 || group.num_columns() != columns {
            return Err(Fault::Damaged(None));
        }
        if group.num_rows() > limits::GROUP_ROWS {
            return Err(Fault::TooLarge("a row group of more than 67,108,864 rows"));
        }
        rows = rows.checked_add(group.num_rows()).ok_or(Fault::Damaged(None))?;
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            let is_inside = end.is_some_and(|end| u64::try_from(end).is_ok_and(|end| end <= length));
            let is_flat = column.column_descr().max_rep_level() == 0;
            if start < 4 || column.compressed_size() < 0 || !is_inside || column.num_values() < 0 {
                return Err(Fault::Damaged(None));
            }
            if is_flat && column.num_values() != group.num_rows() {
                return Err(Fault::Damaged(None));
            }
        }
    }
    Ok(())
}

/// Returns whether no value of a type has a large fixed length: room is made for those that are missing as well.
fn is_small(field: &Field, depth: usize) -> bool {
    let fits = |length: i32| (0..=limits::FIXED).contains(&length);
    depth <= limits::DEPTH
        && match field.data_type() {
            DataType::FixedSizeBinary(length) => fits(*length),
            DataType::FixedSizeList(field, length) => fits(*length) && is_small(field, depth + 1),
            DataType::List(field)
            | DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field)
            | DataType::Map(field, _) => is_small(field, depth + 1),
            DataType::Struct(fields) => fields.iter().all(|field| is_small(field, depth + 1)),
            _ => true,
        }
}

/// Rows of some columns of some row groups, a batch at a time.
#[derive(Debug)]
pub(crate) struct Batches {
    reader: Option<ParquetRecordBatchReader>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        let read = guarded(|| reader.next());
        let batch = match read {
            Some(Some(Ok(batch))) => return Some(Ok(batch)),
            Some(None) => None,
            Some(Some(Err(cause))) => Some(Err(Fault::from(ParquetError::from(cause)))),
            None => Some(Err(Fault::Damaged(None))),
        };
        // What fell over must not be used again.
        self.reader = None;
        batch
    }
}

/// Columns and row groups that are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowSelection<'a> {
    /// The columns: all of them where nothing is named.
    pub columns: Option<&'a [&'a str]>,
    /// The row group: all of them where nothing is named.
    pub group: Option<usize>,
    /// The largest number of rows that are read at once.
    pub at_once: usize,
}

impl RowSelection<'_> {
    /// Selects all columns of all row groups.
    pub fn all(at_once: usize) -> Self {
        Self { columns: None, group: None, at_once }
    }
}

/// Opens some columns of some row groups.
pub(crate) fn batches(
    mut file: File,
    metadata: &ArrowReaderMetadata,
    selection: RowSelection<'_>,
) -> Result<Batches, Fault> {
    let RowSelection { columns, group, at_once } = selection;
    let open = || {
        let parquet = metadata.metadata();
        let schema = parquet.file_metadata().schema_descr();
        let mask = match columns {
            None => ProjectionMask::all(),
            Some(names) => ProjectionMask::columns(schema, names.iter().copied()),
        };
        let groups: Vec<usize> = match group {
            None => (0..parquet.num_row_groups()).collect(),
            Some(group) => vec![group],
        };
        let mut widths = vec![0u64; schema.num_columns()];
        for &group in &groups {
            for (at, width) in widths.iter_mut().enumerate().filter(|(at, _)| mask.leaf_included(*at)) {
                *width = (*width).max(pages::check(&mut file, parquet.row_group(group).column(at))?.width);
            }
        }
        let width = widths.iter().fold(1u64, |sum, width| sum.saturating_add(*width));
        let rows = usize::try_from(limits::BATCH / width).unwrap_or(at_once).clamp(1, at_once);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        let reader = builder.with_projection(mask).with_row_groups(groups).with_batch_size(rows).build()?;
        Ok(Batches { reader: Some(reader) })
    };
    guarded(open).unwrap_or(Err(Fault::Damaged(None)))
}
