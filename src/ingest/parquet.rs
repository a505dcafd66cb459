//! Parquet files: rows are handed on as delimited text, so that places, findings and look-ups have one form.

use std::borrow::Cow;
use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_empty_array};
use arrow::datatypes::{
    DataType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::as_text::{DOUBLE, HALF, SINGLE, boolean, number, quote, without_midnight};
use super::batch::{Lines, RawBatch};
use super::blanks::trimmed_text;
use super::sniff::RequiredColumns;
use crate::error::{Error, Result};
use crate::files::File;
use crate::guard::columns::{self, Batches};
use crate::guard::{Fault, guarded};

/// Rows of a batch.
const ROWS: usize = 8192;

/// A Parquet file.
pub struct ParquetSource {
    reader: Batches,
    header: Vec<String>,
    place: String,
    next: u64,
    digest: String,
}

impl ParquetSource {
    /// Reads the names of the columns.
    ///
    /// # Errors
    /// The file is damaged or encrypted, names a column twice, or a column that the layout knows has a type that is not read.
    pub fn new(mut file: File, place: &str, required: &RequiredColumns<'_>) -> Result<Self> {
        let unreadable = |cause| crate::files::failure("read the file", place.as_ref(), cause);
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&mut file).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        guarded(|| Self::read(file, place, required, &hasher)).unwrap_or_else(|| Err(spoilt(place)))
    }

    fn read(mut file: File, place: &str, required: &RequiredColumns<'_>, hasher: &blake3::Hasher) -> Result<Self> {
        let refused = |fault: Fault| fault.error(spoilt(place), place);
        let metadata = columns::metadata(&mut file).map_err(refused)?;
        let header: Vec<String> =
            metadata.schema().fields().iter().map(|field| trimmed_text(field.name()).to_owned()).collect();
        for (index, name) in header.iter().enumerate() {
            if header[..index].contains(name) {
                return Err(Error::refused("file/repeated-column", "two columns have the same name")
                    .at(format!("{place}, column {}", index + 1))
                    .hint("rename or remove one of them"));
            }
        }
        for (at, field) in metadata.schema().fields().iter().enumerate() {
            let is_known = required.columns.iter().any(|known| known.eq_ignore_ascii_case(&header[at]));
            if is_known && let Some(hint) = unreadable(field.data_type()) {
                return Err(Error::refused(
                    "file/column-type",
                    format!("the column `{}` has a type that is not read", header[at]),
                )
                .at(format!("{place}, column {}", at + 1))
                .with("type", field.data_type().to_string())
                .hint(hint));
            }
        }
        let reader = columns::batches(file, &metadata, columns::RowSelection::all(ROWS)).map_err(refused)?;
        let digest = hasher.finalize().to_hex().to_string();
        Ok(Self { reader, header, place: place.to_owned(), next: 2, digest })
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many rows were read.
    pub fn lines(&self) -> Lines {
        Lines { read: self.next - 2, ..Lines::default() }
    }

    /// Digest of the file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The next rows as delimited text. The first row is on line 2, as it would be below a header.
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>> {
        let Some(rows) = self.reader.next() else { return Ok(None) };
        let rows = rows.map_err(|fault| fault.error(spoilt(&self.place), &self.place))?;
        let text = guarded(|| self.text(&rows)).ok_or_else(|| spoilt(&self.place))?;
        let bytes = text.map_err(|cause| spoilt(&self.place).because(cause))?;
        let lines = rows.num_rows();
        let line = self.next;
        self.next += lines as u64;
        Ok(Some(RawBatch::of_cells(bytes, line, lines, Vec::new())))
    }

    fn text(&self, rows: &RecordBatch) -> Result<Vec<u8>, arrow::error::ArrowError> {
        // Within a list a value that is not there is not understood; as a cell it is empty.
        let options = FormatOptions::default().with_null("null");
        let zones: Vec<Option<&str>> = rows.columns().iter().map(|column| zone(column.data_type())).collect();
        let columns: Vec<ArrayRef> =
            rows.columns().iter().zip(&zones).map(|(column, zone)| without_zone(column, *zone)).collect();
        // A type that cannot be written is of no use to any field, and no harm in a column that nothing reads.
        let formatters: Vec<_> =
            columns.iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).ok()).collect();
        let mut bytes = Vec::new();
        for row in 0..rows.num_rows() {
            for (at, (column, formatter)) in columns.iter().zip(&formatters).enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                if column.is_null(row) {
                    continue;
                }
                let Some(formatter) = formatter else {
                    quote(&mut bytes, &format!("(a value of the type {})", column.data_type()));
                    continue;
                };
                match column.data_type() {
                    DataType::Float64 => {
                        quote(&mut bytes, &number(column.as_primitive::<Float64Type>().value(row), DOUBLE));
                    }
                    DataType::Float32 => {
                        quote(&mut bytes, &number(column.as_primitive::<Float32Type>().value(row).into(), SINGLE));
                    }
                    DataType::Float16 => {
                        quote(&mut bytes, &number(column.as_primitive::<Float16Type>().value(row).into(), HALF));
                    }
                    DataType::Boolean => bytes.extend_from_slice(boolean(column.as_boolean().value(row)).as_bytes()),
                    DataType::List(_) | DataType::LargeList(_) => {
                        // `[SEX, LAB]` is `SEX;LAB`.
                        let text = formatter.value(row).to_string();
                        let items = text.trim_start_matches('[').trim_end_matches(']').replace(", ", ";");
                        quote(&mut bytes, &items);
                    }
                    DataType::Timestamp(..) => {
                        let text = formatter.value(row).to_string();
                        match zones[at] {
                            // The day at the place is not known, so this is not a date.
                            Some(zone) if !is_utc(zone) => quote(&mut bytes, &format!("{zone} {text}Z")),
                            _ => quote(&mut bytes, without_midnight(&text)),
                        }
                    }
                    _ => match plain(column, row) {
                        Some(text) => quote(&mut bytes, &text),
                        None => quote(&mut bytes, &formatter.value(row).to_string()),
                    },
                }
            }
            bytes.push(b'\n');
        }
        // A row of one column that is null would be an empty line, which is not a record.
        if rows.num_columns() == 1 {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            bytes = lines.flat_map(|line| if line == b"\n" { &b"\"\"\n"[..] } else { line }).copied().collect();
        }
        Ok(bytes)
    }
}

/// Returns a text or a whole number as it stands; nothing for other types, which the library formats. Nearly all cells are of these
/// types, and the library takes longer.
fn plain(column: &ArrayRef, row: usize) -> Option<Cow<'_, str>> {
    Some(match column.data_type() {
        DataType::Utf8 => Cow::Borrowed(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cow::Borrowed(column.as_string::<i64>().value(row)),
        DataType::Utf8View => Cow::Borrowed(column.as_string_view().value(row)),
        DataType::Int8 => column.as_primitive::<Int8Type>().value(row).to_string().into(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(row).to_string().into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string().into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string().into(),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().value(row).to_string().into(),
        DataType::UInt16 => column.as_primitive::<UInt16Type>().value(row).to_string().into(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(row).to_string().into(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string().into(),
        _ => return None,
    })
}

/// Returns what to do about a column of a type that is not read: a moment in a zone whose rules are not known is of no certain
/// day, and some types have no text.
fn unreadable(kind: &DataType) -> Option<&'static str> {
    if zone(kind).is_some_and(|zone| !is_utc(zone)) {
        return Some(
            "write the local time without its zone: in polars `.dt.replace_time_zone(None)`, in pandas `.dt.tz_localize(None)`",
        );
    }
    let empty = without_zone(&new_empty_array(kind), zone(kind));
    let has_no_text = ArrayFormatter::try_new(&*empty, &FormatOptions::default()).is_err();
    has_no_text.then_some("write the column as text")
}

/// The zone of a column of moments that the library has no rules for: all but offsets such as `+07:00`.
fn zone(kind: &DataType) -> Option<&str> {
    match kind {
        DataType::Timestamp(_, Some(zone)) if !zone.starts_with(['+', '-']) => Some(zone),
        _ => None,
    }
}

fn is_utc(zone: &str) -> bool {
    ["utc", "etc/utc", "gmt", "z"].contains(&zone.to_lowercase().as_str())
}

/// A column of moments as they are in UTC.
fn without_zone(column: &ArrayRef, zone: Option<&str>) -> ArrayRef {
    let (DataType::Timestamp(unit, _), true) = (column.data_type(), zone.is_some()) else { return Arc::clone(column) };
    match unit {
        TimeUnit::Second => Arc::new(column.as_primitive::<TimestampSecondType>().clone().with_timezone_opt(NO_ZONE)),
        TimeUnit::Millisecond => {
            Arc::new(column.as_primitive::<TimestampMillisecondType>().clone().with_timezone_opt(NO_ZONE))
        }
        TimeUnit::Microsecond => {
            Arc::new(column.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(NO_ZONE))
        }
        TimeUnit::Nanosecond => {
            Arc::new(column.as_primitive::<TimestampNanosecondType>().clone().with_timezone_opt(NO_ZONE))
        }
    }
}

const NO_ZONE: Option<Arc<str>> = None;

fn spoilt(place: &str) -> Error {
    Error::refused("file/not-text", "the Parquet file is damaged or encrypted")
        .at(place)
        .hint("write it again, without encryption, or give the file as CSV")
}
