//! One column of one row group as Parquet pages, written from codes.
//!
//! A general writer hashes every value to find it in its dictionary. Here the dictionary is the code list and the values
//! are indices already, so a column is the texts of the codes that occur and one run of packed bits. It is not compressed:
//! packed codes hold little more than they must, and are read by any tool without unpacking.

use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::indexed::{Bits, Indexed};

/// An encoded column.
pub(super) struct EncodedChunk {
    /// Its pages.
    pub bytes: bytes::Bytes,
    /// What the file's end says of it.
    pub close: ColumnCloseResult,
}

/// A column of texts that are few, none of them missing.
pub(super) fn texts<'a, T: Copy>(
    column: &ColumnDescPtr,
    indexed: &Indexed<'_, T>,
    text: impl Fn(T) -> &'a str,
) -> Result<EncodedChunk> {
    let values: Vec<&str> = indexed.values.iter().map(|&value| text(value)).collect();
    let mut plain = Vec::new();
    for value in &values {
        plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
        plain.extend_from_slice(value.as_bytes());
    }
    let bound = |value: Option<&&str>| value.map(|value| ByteArray::from(*value));
    let (lower, upper) = (bound(values.iter().min()), bound(values.iter().max()));
    let statistics = Statistics::byte_array(lower, upper, Some(values.len() as u64), Some(0), false);
    dictionary(column, plain, indexed, statistics)
}

/// A column of whole numbers, none of them missing.
pub(super) fn numbers(column: &ColumnDescPtr, indexed: &Indexed<'_, u32>) -> Result<EncodedChunk> {
    let plain = indexed.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    // The file keeps unsigned numbers as signed ones of the same bits, so bounds would mislead above 2^31.
    let fits = indexed.values.last().is_none_or(|largest| i32::try_from(*largest).is_ok());
    let bound = |value: Option<&u32>| value.filter(|_| fits).map(|value| *value as i32);
    let (lower, upper) = (bound(indexed.values.first()), bound(indexed.values.last()));
    let statistics = Statistics::int32(lower, upper, Some(indexed.values.len() as u64), Some(0), false);
    dictionary(column, plain, indexed, statistics)
}

/// A column of counts, none of them missing.
pub(super) fn counts(column: &ColumnDescPtr, indexed: &Indexed<'_, u64>) -> Result<EncodedChunk> {
    let plain = indexed.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let fits = indexed.values.last().is_none_or(|largest| i64::try_from(*largest).is_ok());
    let bound = |value: Option<&u64>| value.filter(|_| fits).map(|value| *value as i64);
    let (lower, upper) = (bound(indexed.values.first()), bound(indexed.values.last()));
    let statistics = Statistics::int64(lower, upper, Some(indexed.values.len() as u64), Some(0), false);
    dictionary(column, plain, indexed, statistics)
}

/// A column of values of their own, of which some are missing: `plain` holds those that are there.
pub(super) fn optional(column: &ColumnDescPtr, present: &[bool], plain: Vec<u8>) -> Result<EncodedChunk> {
    let mut levels = Vec::new();
    let mut bits = Bits::begin(present.len(), 1, &mut levels);
    present.iter().for_each(|&present| bits.push(present.into()));
    bits.end();
    let mut page = (levels.len() as u32).to_le_bytes().to_vec();
    page.append(&mut levels);
    page.extend_from_slice(&plain);
    let nulls = present.iter().filter(|present| !**present).count() as u64;
    let statistics = Statistics::byte_array(None, None, None, Some(nulls), false);
    let statistics = match column.physical_type() {
        parquet::basic::Type::DOUBLE => Statistics::double(None, None, None, Some(nulls), false),
        parquet::basic::Type::INT64 => Statistics::int64(None, None, None, Some(nulls), false),
        _ => statistics,
    };
    write(column, None, PageValues { page, encoding: Encoding::PLAIN, rows: present.len() }, statistics)
}

fn dictionary<T>(
    column: &ColumnDescPtr,
    plain: Vec<u8>,
    indexed: &Indexed<'_, T>,
    statistics: Statistics,
) -> Result<EncodedChunk> {
    let values = indexed.values.len();
    let mut page = vec![indexed.width() as u8];
    indexed.pack(&mut page);
    let data = PageValues { page, encoding: Encoding::RLE_DICTIONARY, rows: indexed.rows };
    write(column, Some((plain, values)), data, statistics)
}

/// The values of a column, as a page holds them.
struct PageValues {
    page: Vec<u8>,
    encoding: Encoding,
    rows: usize,
}

fn write(
    column: &ColumnDescPtr,
    dictionary: Option<(Vec<u8>, usize)>,
    values: PageValues,
    statistics: Statistics,
) -> Result<EncodedChunk> {
    let PageValues { page: data, encoding, rows } = values;
    let mut sink = TrackedWrite::new(Vec::new());
    let mut pages = SerializedPageWriter::new(&mut sink);
    let mut first = None;
    let mut size = 0;
    if let Some((plain, values)) = dictionary {
        let length = plain.len();
        let page = Page::DictionaryPage {
            buf: plain.into(),
            num_values: values as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let spec = pages.write_page(CompressedPage::new(page, length))?;
        first = Some(spec.offset as i64);
        size += spec.uncompressed_size;
    }
    let length = data.len();
    let page = Page::DataPage {
        buf: data.into(),
        num_values: rows as u32,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let spec = pages.write_page(CompressedPage::new(page, length))?;
    size += spec.uncompressed_size;
    let bytes = sink.into_inner()?;
    let metadata = ColumnChunkMetaData::builder(column.clone())
        .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, encoding])
        .set_compression(Compression::UNCOMPRESSED)
        .set_num_values(rows as i64)
        .set_total_compressed_size(size as i64)
        .set_total_uncompressed_size(size as i64)
        .set_data_page_offset(spec.offset as i64)
        .set_dictionary_page_offset(first)
        .set_statistics(statistics)
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok(EncodedChunk { bytes: bytes.into(), close })
}
