//! Heads of the pages of a Parquet column.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use parquet::basic::{Compression, Type};
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::fault::Fault;
use super::guarded::guarded;
use super::thrift;
use crate::files::File;
use crate::limits;

/// What the pages of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    /// Bytes that a row takes at most, on the average of any page.
    pub width: u64,
    /// True if each value is an index of the dictionary.
    pub coded: bool,
}

/// The head of a page, as far as sizes follow from it.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    kind: i64,
    unpacked: i64,
    packed: i64,
    values: i64,
    encoding: i64,
    /// Bytes before those that are packed.
    levels: i64,
}

const DATA: i64 = 0;
const INDEX: i64 = 1;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

/// Encodings by their number in the format.
const PLAIN_DICTIONARY: i64 = 2;
const DELTA_LENGTH: i64 = 6;
const DELTA_TEXT: i64 = 7;
const RLE_DICTIONARY: i64 = 8;

impl thrift::Visit for Head {
    fn number(&mut self, path: &[i16], value: i64) {
        match path {
            [1] => self.kind = value,
            [2] => self.unpacked = value,
            [3] => self.packed = value,
            [5 | 7 | 8, 1] => self.values = value,
            [5 | 7, 2] | [8, 4] => self.encoding = value,
            [8, 5 | 6] => self.levels = self.levels.saturating_add(value),
            _ => {}
        }
    }
}

/// Checks all pages of a column.
pub(crate) fn check(file: &mut File, column: &ColumnChunkMetaData) -> Result<Pages, Fault> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let (mut at, mut left) = (start as u64, column.compressed_size());
    let (mut values, mut dictionary, mut widest, mut coded) = (0, None, fixed_width(column).unwrap_or(0), true);
    let (mut has_delta, mut is_first) = (false, true);
    while left > 0 {
        let (length, head) = head(file, at, left as u64)?;
        let data = at + length;
        left -= length as i64;
        if head.packed < 0 || head.packed > left || head.unpacked < 0 || head.values < 0 {
            return Err(Fault::Damaged(None));
        }
        check_size(file, data, column, &head)?;
        (at, left) = (data + head.packed as u64, left - head.packed);
        match head.kind {
            DATA | DATA_2 => {
                values += head.values;
                coded &= [PLAIN_DICTIONARY, RLE_DICTIONARY].contains(&head.encoding);
                has_delta |= [DELTA_LENGTH, DELTA_TEXT].contains(&head.encoding);
                if fixed_width(column).is_none() {
                    let average = head.unpacked as u64 / (head.values as u64).max(1) + 1;
                    // A value may repeat the one before it, and then holds its length only.
                    widest = widest.max(if head.encoding == DELTA_TEXT { head.unpacked as u64 } else { average });
                }
            }
            DICTIONARY if is_first => {
                let least = fixed_width(column).unwrap_or(4).max(1);
                if (head.values as u64).checked_mul(least).is_none_or(|bytes| bytes > head.unpacked as u64) {
                    return Err(Fault::Damaged(None));
                }
                dictionary = Some(head.unpacked as u64);
            }
            INDEX => {}
            _ => return Err(Fault::Damaged(None)),
        }
        is_first = false;
    }
    if values != column.num_values() {
        return Err(Fault::Damaged(None));
    }
    if let (Some(bytes), None) = (dictionary, fixed_width(column)) {
        widest = widest.max(if bytes < 4096 { bytes } else { longest(file, column)? });
    }
    if has_delta {
        check_deltas(file, column)?;
    }
    // A row of a list may hold all its values.
    if column.column_descr().max_rep_level() > 0 && (widest + 8).saturating_mul(values as u64) > limits::LISTS {
        return Err(Fault::TooLarge("lists of more than 256 mebibytes in one row group"));
    }
    Ok(Pages { width: widest + 8, coded: coded && dictionary.is_some() })
}

/// Reads the head at a place, and returns the number of its bytes too.
fn head(file: &mut File, at: u64, left: u64) -> Result<(u64, Head), Fault> {
    let mut size = 256;
    loop {
        let mut bytes = Vec::with_capacity(size);
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(left.min(size as u64)).read_to_end(&mut bytes)?;
        let mut head = Head { kind: -1, unpacked: -1, packed: -1, values: 0, encoding: -1, levels: 0 };
        match thrift::walk(&bytes, &mut head) {
            Ok(length) => return Ok((length as u64, head)),
            Err(thrift::Stop::Cut) if bytes.len() == size && size < limits::PAGE_HEAD => size *= 8,
            Err(_) => return Err(Fault::Damaged(None)),
        }
    }
}

fn check_size(file: &mut File, at: u64, column: &ColumnChunkMetaData, head: &Head) -> Result<(), Fault> {
    let large = Fault::TooLarge("a page that unpacks to more than it may");
    if head.unpacked > limits::PAGE
        || head.unpacked > limits::PAGE_FREE && head.unpacked / limits::PAGE_RATIO > head.packed
    {
        return Err(large);
    }
    let Some(ratio) = ratio(column.compression()) else { return Ok(()) };
    if head.packed.saturating_mul(ratio) <= limits::PAGE {
        return Ok(());
    }
    // The library unpacks these to their end, whatever their head says, so they are unpacked once to be counted.
    if ratio == 255 || head.levels > head.packed {
        return Err(large);
    }
    file.seek(SeekFrom::Start(at + head.levels as u64))?;
    let packed = file.by_ref().take((head.packed - head.levels) as u64);
    let unpacked = flate2::read::MultiGzDecoder::new(io::BufReader::new(packed)).take(head.unpacked as u64 + 1);
    let bytes = io::copy(&mut { unpacked }, &mut io::sink())?;
    if bytes > head.unpacked as u64 { Err(large) } else { Ok(()) }
}

fn reader(file: &File, column: &ColumnChunkMetaData) -> Result<SerializedPageReader<File>, Fault> {
    let rows = usize::try_from(column.num_values()).unwrap_or(0);
    Ok(SerializedPageReader::new(Arc::new(file.try_clone()?), column, rows, None)?)
}

/// Returns the length of the longest text of the dictionary.
fn longest(file: &File, column: &ColumnChunkMetaData) -> Result<u64, Fault> {
    let Some(Page::DictionaryPage { buf, num_values, .. }) = reader(file, column)?.get_next_page()? else {
        return Err(Fault::Damaged(None));
    };
    let values = entries(&buf, num_values).ok_or(Fault::Damaged(None))?;
    Ok(values.map(|text| text.len() as u64).max().unwrap_or(0))
}

/// Reads the dictionary of a column, with the number of its values; nothing where a row may have another value.
pub(crate) fn dictionary(file: &mut File, column: &ColumnChunkMetaData) -> Result<Option<(bytes::Bytes, u32)>, Fault> {
    let read = || {
        if !check(file, column)?.coded {
            return Ok(None);
        }
        Ok(match reader(file, column)?.get_next_page()? {
            Some(Page::DictionaryPage { buf, num_values, .. }) => Some((buf, num_values)),
            _ => None,
        })
    };
    guarded(read).unwrap_or(Err(Fault::Damaged(None)))
}

/// Returns the values of a dictionary.
pub(crate) fn entries(bytes: &[u8], count: u32) -> Option<impl Iterator<Item = &[u8]>> {
    fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (text, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        *rest = after;
        Some(text)
    }
    let mut rest = bytes;
    (0..count).try_for_each(|_| next(&mut rest).map(drop))?;
    let mut rest = bytes;
    Some((0..count).map_while(move |_| next(&mut rest)))
}

/// Checks pages of values whose lengths are differences: room is made for as many as they state.
fn check_deltas(file: &File, column: &ColumnChunkMetaData) -> Result<(), Fault> {
    let mut reader = reader(file, column)?;
    while let Some(page) = reader.get_next_page()? {
        let (levels, encoding) = match &page {
            Page::DictionaryPage { .. } => continue,
            Page::DataPage { buf, encoding, def_level_encoding, rep_level_encoding, .. } => {
                let descr = column.column_descr();
                let mut at = 0;
                for (levels, level_encoding) in
                    [(descr.max_rep_level(), rep_level_encoding), (descr.max_def_level(), def_level_encoding)]
                {
                    if levels == 0 {
                        continue;
                    }
                    let length = buf.get(at..).and_then(|rest| rest.first_chunk::<4>());
                    let length = length
                        .filter(|_| *level_encoding == parquet::basic::Encoding::RLE)
                        .ok_or(Fault::Damaged(None))?;
                    at += 4 + u32::from_le_bytes(*length) as usize;
                }
                (at, *encoding)
            }
            Page::DataPageV2 { encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                ((*def_levels_byte_len as usize).saturating_add(*rep_levels_byte_len as usize), *encoding)
            }
        };
        let runs = match encoding {
            parquet::basic::Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            parquet::basic::Encoding::DELTA_BYTE_ARRAY => 2,
            _ => continue,
        };
        let mut rest = page.buffer().get(levels..).ok_or(Fault::Damaged(None))?;
        for _ in 0..runs {
            let (count, end) = deltas(rest).ok_or(Fault::Damaged(None))?;
            if count > u64::from(page.num_values()) {
                return Err(Fault::Damaged(None));
            }
            rest = rest.get(end..).ok_or(Fault::Damaged(None))?;
        }
    }
    Ok(())
}

/// Returns how many differences a run holds as it says, and where it ends.
fn deltas(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut at = 0;
    let number = |at: &mut usize| {
        let mut value = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = *bytes.get(*at)?;
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    };
    let [block, parts, count, _] = [number(&mut at)?, number(&mut at)?, number(&mut at)?, number(&mut at)?];
    if block > 1 << 20 || parts == 0 || parts > block {
        return None;
    }
    let part = block / parts;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        number(&mut at)?;
        let widths = bytes.get(at..)?.get(..parts as usize)?;
        at += widths.len();
        for width in widths {
            at += if left == 0 { 0 } else { usize::from(*width) * part as usize / 8 };
            left = left.saturating_sub(part);
        }
    }
    Some((count, at))
}

/// The longest value of a column of this kind, in bytes, where its length is fixed.
fn fixed_width(column: &ColumnChunkMetaData) -> Option<u64> {
    match column.column_type() {
        Type::BOOLEAN => Some(1),
        Type::INT32 | Type::FLOAT => Some(4),
        Type::INT64 | Type::DOUBLE => Some(8),
        Type::INT96 => Some(12),
        Type::FIXED_LEN_BYTE_ARRAY => Some(u64::try_from(column.column_descr().type_length()).unwrap_or(0)),
        Type::BYTE_ARRAY => None,
    }
}

/// How many times its packed size a page can be, where the library unpacks without comparing with what its head says.
fn ratio(compression: Compression) -> Option<i64> {
    match compression {
        Compression::GZIP(_) => Some(1032),
        Compression::LZ4 => Some(255),
        _ => None,
    }
}
