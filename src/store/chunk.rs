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

use crate::model::Indexed;

/// An encoded column.
pub(super) struct Chunk {
    /// Its pages.
    pub bytes: bytes::Bytes,
    /// What the file's end says of it.
    pub close: ColumnCloseResult,
}

/// A column of texts that are few, none of them missing.
pub(super) fn texts(column: &ColumnDescPtr, values: &[&str], rows: &[u32]) -> Result<Chunk> {
    let mut plain = Vec::new();
    for value in values {
        plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
        plain.extend_from_slice(value.as_bytes());
    }
    let bound = |value: Option<&&str>| value.map(|value| ByteArray::from(*value));
    let (least, most) = (bound(values.iter().min()), bound(values.iter().max()));
    let statistics = Statistics::byte_array(least, most, Some(values.len() as u64), Some(0), false);
    dictionary(column, plain, values.len(), rows, statistics)
}

/// A column of whole numbers, none of them missing.
pub(super) fn numbers(column: &ColumnDescPtr, indexed: &Indexed<u32>) -> Result<Chunk> {
    let plain = indexed.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    // The file keeps unsigned numbers as signed ones of the same bits, so bounds would mislead above 2^31.
    let fits = indexed.values.last().is_none_or(|most| i32::try_from(*most).is_ok());
    let bound = |value: Option<&u32>| value.filter(|_| fits).map(|value| *value as i32);
    let (least, most) = (bound(indexed.values.first()), bound(indexed.values.last()));
    let statistics = Statistics::int32(least, most, Some(indexed.values.len() as u64), Some(0), false);
    dictionary(column, plain, indexed.values.len(), &indexed.rows, statistics)
}

/// A column of values of their own, of which some are missing: `plain` holds those that are there.
pub(super) fn optional(column: &ColumnDescPtr, present: &[bool], plain: Vec<u8>) -> Result<Chunk> {
    let mut levels = Vec::new();
    let bits = present.iter().map(|&present| u32::from(present));
    pack(bits, present.len(), 1, &mut levels);
    let mut page = (levels.len() as u32).to_le_bytes().to_vec();
    page.append(&mut levels);
    page.extend_from_slice(&plain);
    let nulls = present.iter().filter(|present| !**present).count() as u64;
    let statistics = Statistics::byte_array(None, None, None, Some(nulls), false);
    let statistics = if column.physical_type() == parquet::basic::Type::DOUBLE {
        Statistics::double(None, None, None, Some(nulls), false)
    } else {
        statistics
    };
    write(column, None, page, Encoding::PLAIN, present.len(), statistics)
}

fn dictionary(
    column: &ColumnDescPtr,
    plain: Vec<u8>,
    values: usize,
    rows: &[u32],
    statistics: Statistics,
) -> Result<Chunk> {
    let width = usize::BITS - values.saturating_sub(1).leading_zeros();
    let mut page = vec![width as u8];
    pack(rows.iter().copied(), rows.len(), width, &mut page);
    write(column, Some((plain, values)), page, Encoding::RLE_DICTIONARY, rows.len(), statistics)
}

/// One run of values of `width` bits: of one value repeated where there are no bits, else packed from the least bit on.
fn pack(values: impl Iterator<Item = u32>, count: usize, width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        varint((count as u64) << 1, out);
        return;
    }
    let groups = count.div_ceil(8);
    varint((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * width as usize;
    out.reserve(end - out.len() + 8);
    let (mut waiting, mut bits) = (0u64, 0);
    for value in values {
        waiting |= u64::from(value) << bits;
        bits += width;
        if bits >= 32 {
            out.extend_from_slice(&(waiting as u32).to_le_bytes());
            waiting >>= 32;
            bits -= 32;
        }
    }
    out.extend_from_slice(&waiting.to_le_bytes());
    // The last group is filled up with zeros.
    out.resize(end, 0);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn write(
    column: &ColumnDescPtr,
    dictionary: Option<(Vec<u8>, usize)>,
    data: Vec<u8>,
    encoding: Encoding,
    rows: usize,
    statistics: Statistics,
) -> Result<Chunk> {
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
    Ok(Chunk { bytes: bytes.into(), close })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five values of three bits, by hand: 1, 2, 3, 4, 5 are 001 010 011 100 101, the first in the lowest bits; the group
    /// of eight is filled up with zeros, so the run has one group and three bytes.
    #[test]
    fn bits_are_packed_from_the_lowest_on() {
        let mut out = Vec::new();
        pack([1, 2, 3, 4, 5].into_iter(), 5, 3, &mut out);
        assert_eq!(out, [0b11, 0b1101_0001, 0b0101_1000, 0]);
        let mut out = Vec::new();
        pack([0; 300].into_iter(), 300, 0, &mut out);
        // 300 repetitions: 600 as a varint, and no byte for a value of no bits.
        assert_eq!(out, [0xd8, 0x04]);
    }
}
