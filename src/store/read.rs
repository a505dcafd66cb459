//! A store is read back as codes, a row group at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt64Array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field as ArrowField, Schema, UInt16Type, UInt32Type, UInt64Type};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::columns::{CHECKSUM, COUNT, COUNT_UPPER, PERSON, set_bits};
use crate::confidential::confidential;
use crate::error::{Error, Result};
use crate::files;
use crate::guard::columns::{self, Batches};
use crate::guard::{Fault, pages};
use crate::schema::{Field, FieldType, Record};

/// So many rows are read at once.
const AT_ONCE: usize = 1 << 17;

/// One file of a store.
#[derive(Clone, Debug)]
pub struct Part {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// Whether another engine may have written it, so that nothing is believed that was not read.
    foreign: bool,
    /// The digest of its bytes, where it was compared.
    digest: Option<String>,
}

/// The codes of some fields in a run of rows.
#[derive(Default)]
pub struct RowGroup {
    /// A column for each requested field: an index of the code list, or for a set one bit a code.
    pub columns: Vec<Vec<u64>>,
    /// How many victims each row stands for, at least.
    pub counts: Vec<u32>,
    /// How many at most.
    pub most: Vec<u32>,
}

/// Rows as they stand in the file, without a copy.
pub struct Chunk<'a> {
    /// For each field, the different values and for each row the place of its value.
    pub fields: &'a [(Vec<u64>, &'a [u16])],
    /// How many victims each row stands for, at least and at most; nothing where that was not asked for.
    pub counts: Option<(&'a [u64], &'a [u64])>,
}

confidential!(RowGroup, Chunk<'_>);

/// What is read of one row group.
#[derive(Clone, Copy, Debug)]
pub struct RowsRequest<'a> {
    /// The type of the records.
    pub record: &'a Record,
    /// The fields, by their place in the type.
    pub fields: &'a [usize],
    /// The row group.
    pub row_group: usize,
    /// The columns of counts.
    pub counts: CountColumns,
}

/// What happens to the columns of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountColumns {
    /// Both are read.
    Read,
    /// They are left out.
    Left,
}

impl Part {
    /// Returns the number of rows of the file.
    pub fn all_rows(&self) -> u64 {
        (0..self.row_groups()).map(|group| self.rows(group)).sum()
    }

    /// The number of rows of a row group.
    pub fn rows(&self, row_group: usize) -> u64 {
        self.metadata.metadata().row_group(row_group).num_rows() as u64
    }

    /// Returns whether each row of a row group is one victim. What the end of the file says is a hint: it may be another's, so
    /// the pages are looked at as well.
    pub fn is_one(&self, row_group: usize) -> bool {
        let says_one = |name: &&str| match self.column(row_group, name).and_then(ColumnChunkMetaData::statistics) {
            Some(Statistics::Int32(bounds)) => bounds.min_opt() == Some(&1) && bounds.max_opt() == Some(&1),
            Some(Statistics::Int64(bounds)) => bounds.min_opt() == Some(&1) && bounds.max_opt() == Some(&1),
            _ => false,
        };
        !self.foreign && [COUNT, COUNT_UPPER].iter().all(says_one) && self.holds_ones(row_group)
    }

    /// The column of a row group that bears a name.
    fn column(&self, row_group: usize, name: &str) -> Option<&ColumnChunkMetaData> {
        let group = self.metadata.metadata().row_group(row_group);
        group.columns().iter().find(|column| column.column_path().string() == name)
    }

    /// The different values of some fields, each list ascending.
    ///
    /// A file that this program wrote has them in its dictionaries, so that its rows need not be read.
    pub fn values(&self, record: &Record, fields: &[usize]) -> Result<Vec<Vec<u64>>> {
        let mut values = vec![std::collections::BTreeSet::new(); fields.len()];
        let mut file = if self.is_ours() && !self.foreign { Some(files::open(&self.path)?) } else { None };
        for group in 0..self.row_groups() {
            for (&field, values) in fields.iter().zip(&mut values) {
                let known = match &mut file {
                    Some(file) => self.dictionary(file, &record.fields[field], group)?,
                    None => None,
                };
                let request = RowsRequest { record, fields: &[field], row_group: group, counts: CountColumns::Left };
                match known {
                    Some(known) => values.extend(known),
                    None => self.each(&request, |chunk| {
                        let (known, keys) = &chunk.fields[0];
                        let mut used = vec![false; known.len()];
                        keys.iter().for_each(|&key| used[usize::from(key)] = true);
                        values.extend(known.iter().zip(used).filter(|(_, used)| *used).map(|(&value, _)| value));
                        Ok(())
                    })?,
                }
            }
        }
        Ok(values.into_iter().map(|values| values.into_iter().collect()).collect())
    }

    /// The values of a dictionary; nothing where a row may have another value.
    fn dictionary(&self, file: &mut files::File, field: &Field, row_group: usize) -> Result<Option<Vec<u64>>> {
        let column = self.column(row_group, &field.id).ok_or_else(|| self.lacks(&field.id))?;
        let texts = pages::dictionary(file, column).map_err(|fault| self.damaged(fault))?;
        let Some((bytes, count)) = texts else { return Ok(None) };
        let Some(texts) = pages::entries(&bytes, count) else { return Ok(None) };
        let mut values = Vec::new();
        for text in texts {
            let text = std::str::from_utf8(text).unwrap_or_default();
            let value = meaning(field, text);
            values.push(value.ok_or_else(|| self.foreign(field))?);
        }
        Ok(Some(values))
    }

    /// Returns whether the dictionaries of both counts of a row group hold 1 alone.
    fn holds_ones(&self, row_group: usize) -> bool {
        let Ok(mut file) = files::open(&self.path) else { return false };
        [COUNT, COUNT_UPPER].iter().all(|name| {
            let dictionary =
                self.column(row_group, name).and_then(|column| pages::dictionary(&mut file, column).ok().flatten());
            dictionary.is_some_and(|(bytes, count)| {
                count == 1 && matches!(bytes[..], [1, 0, 0, 0] | [1, 0, 0, 0, 0, 0, 0, 0])
            })
        })
    }

    /// Reads some fields of one row group, and hands on what it read piece by piece.
    ///
    /// # Errors
    /// The file lacks a field, or holds a text that is not a code of the field's list.
    pub fn each(&self, rows: &RowsRequest<'_>, mut take: impl FnMut(&Chunk<'_>) -> Result<()>) -> Result<()> {
        let RowsRequest { record, fields, row_group, counts } = *rows;
        let weights = if counts == CountColumns::Read { &[COUNT, COUNT_UPPER][..] } else { &[] };
        let names = fields.iter().map(|&field| record.fields[field].id.as_str()).chain(weights.iter().copied());
        for batch in self.columns(&names.collect::<Vec<_>>(), row_group)? {
            let batch = batch.map_err(|fault| self.damaged(fault))?;
            let mut arrays = Vec::new();
            for &field in fields {
                let field = &record.fields[field];
                let column = batch.column_by_name(&field.id).ok_or_else(|| self.lacks(&field.id))?;
                arrays.push(self.as_codes(column, field)?);
            }
            let mut read = Vec::new();
            for (&field, array) in fields.iter().zip(&arrays) {
                let field = &record.fields[field];
                let foreign = || self.foreign(field);
                let array = array.as_dictionary_opt::<UInt16Type>().ok_or_else(foreign)?;
                let texts: &StringArray = array.values().as_string_opt().ok_or_else(foreign)?;
                let values: Option<Vec<u64>> =
                    texts.iter().map(|text| meaning(field, text.unwrap_or_default())).collect();
                let (values, keys) = (values.ok_or_else(foreign)?, &array.keys().values()[..]);
                // The library compares keys with their values only where there is a value.
                if keys.iter().copied().max().is_some_and(|largest| usize::from(largest) >= values.len()) {
                    return Err(self.damaged(Fault::Damaged(None)));
                }
                read.push((values, keys));
            }
            let mut numbers = Vec::new();
            for name in weights {
                let column = batch.column_by_name(name).ok_or_else(|| self.lacks(name))?;
                numbers.push(self.as_numbers(column, name, row_group)?);
            }
            let number = |at: usize| numbers[at].as_primitive::<UInt64Type>().values();
            let counts = (counts == CountColumns::Read).then(|| (&number(0)[..], &number(1)[..]));
            if let Some((lower, upper)) = counts
                && lower.iter().zip(upper).any(|(lower, upper)| lower > upper)
            {
                return Err(self.no_count(row_group, COUNT_UPPER, "`count_upper` is below `count`"));
            }
            take(&Chunk { fields: &read, counts })?;
        }
        Ok(())
    }

    /// A column of codes, which another engine may have written as plain texts.
    fn as_codes(&self, array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
        if array.null_count() > 0 {
            return Err(self.foreign(field));
        }
        let wanted = DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::Utf8));
        if *array.data_type() == wanted {
            return Ok(ArrayRef::clone(array));
        }
        cast_with_options(array, &wanted, &CastOptions { safe: false, ..Default::default() })
            .map_err(|_| self.foreign(field))
    }

    /// Reads a column of counts, which another engine may have written as any kind of number.
    fn as_numbers(&self, array: &ArrayRef, name: &str, row_group: usize) -> Result<ArrayRef> {
        let bad = |what: &str| self.no_count(row_group, name, what);
        if array.null_count() > 0 {
            return Err(bad("a value is missing"));
        }
        if !array.data_type().is_numeric() {
            return Err(bad("the values are no numbers"));
        }
        // The program's own stores have these two, and a store has a count for each record.
        match array.data_type() {
            DataType::UInt64 => return Ok(ArrayRef::clone(array)),
            DataType::UInt32 => {
                let numbers: UInt64Array = array.as_primitive::<UInt32Type>().unary(u64::from);
                return Ok(Arc::new(numbers));
            }
            _ => {}
        }
        let options = CastOptions { safe: false, ..Default::default() };
        let cast = |array: &ArrayRef, to: &DataType| cast_with_options(array, to, &options);
        let what = "a value is negative, larger than 64 bits, or no number";
        let numbers = cast(array, &DataType::UInt64).map_err(|_| bad(what))?;
        // A cast of 5.8 is 5, so what is not a whole number does not come back as it was.
        if !array.data_type().is_integer() {
            let back = cast(&numbers, array.data_type()).map_err(|_| bad(what))?;
            if back.to_data() != array.to_data() {
                return Err(bad("a value is no whole number"));
            }
        }
        Ok(numbers)
    }

    /// Returns the refusal of a count, with its row group, counted from 1, and its column.
    pub fn no_count(&self, row_group: usize, column: &str, what: &str) -> Error {
        Error::refused("base/not-a-count", format!("the column `{column}` holds what is no count"))
            .at(format!("{}, row group {}, column `{column}`", files::shown(&self.path), row_group + 1))
            .with("found", what.to_owned())
            .hint(
                "`count` and `count_upper` are whole numbers from 0 on, none of them missing, and together below 2^63",
            )
            .hint("`tipstat cube STORE --dims DIMENSIONS --print-sql` prints the statement that makes a base")
    }

    pub(super) fn lacks(&self, column: &str) -> Error {
        Error::failed(format!("the store has no column `{column}`"))
            .at(files::shown(&self.path))
            .hint("it was made by another version: ingest the files again")
    }

    fn foreign(&self, field: &Field) -> Error {
        let list = field.codelist.as_ref().map_or("its list", |list| &list.id);
        Error::failed(format!("the store holds codes of `{}` that {list} has not", field.id))
            .at(files::shown(&self.path))
            .hint("it was made with other schemas: ingest the files again")
    }

    /// Opens a file that another engine may have written: of its end nothing is believed.
    ///
    /// # Errors
    /// The file cannot be read, or this program wrote it, and its rows are others now.
    pub fn base(path: &Path) -> Result<Self> {
        let part = Self { foreign: true, ..Self::open(path)? };
        if part.is_ours() && part.was_changed()? {
            return Err(Error::refused("file/damaged", "the base was changed since it was written")
                .at(files::shown(path))
                .hint("make it again: `tipstat cube STORE --dims DIMENSIONS --base-out FILE`"));
        }
        Ok(part)
    }

    /// Returns whether the file says that this program wrote it. Other engines copy the entries of a file that they filter, and
    /// name themselves.
    fn is_ours(&self) -> bool {
        self.metadata.metadata().file_metadata().created_by().is_some_and(|by| by.starts_with("tipstat"))
    }

    /// Returns whether the bytes before the end are others than those that were written. A file without a checksum, as earlier
    /// versions wrote bases, shows no change.
    fn was_changed(&self) -> Result<bool> {
        let Some(stated) = self.entry(CHECKSUM) else { return Ok(false) };
        let Some((bytes, digest)) = stated.split_once(' ') else { return Ok(true) };
        let Ok(bytes) = bytes.parse() else { return Ok(true) };
        Ok(files::digest_of_start(&self.path, bytes)? != digest)
    }

    /// Returns an entry of the metadata.
    fn entry(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.metadata().file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }

    /// Opens a file of a store whose bytes have this digest.
    ///
    /// # Errors
    /// The file cannot be read. `None` where its bytes are others.
    pub fn listed(path: &Path, digest: &str) -> Result<Option<Self>> {
        if files::digest(path)? != digest {
            return Ok(None);
        }
        Ok(Some(Self { digest: Some(digest.to_owned()), ..Self::open(path)? }))
    }

    /// Returns the digest of its bytes.
    pub fn digest(&self) -> Result<String> {
        self.digest.clone().map_or_else(|| files::digest(&self.path), Ok)
    }

    /// Opens a file that this program has just written.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let metadata = columns::metadata(&mut files::open(path)?).map_err(|fault| damaged(path, fault))?;
        let metadata = with_short_keys(metadata);
        Ok(Self { path: path.to_path_buf(), metadata, foreign: false, digest: None })
    }

    pub(super) fn damaged(&self, fault: Fault) -> Error {
        damaged(&self.path, fault)
    }

    /// Returns whether the rows name persons by pseudonyms.
    pub fn has_persons(&self) -> bool {
        self.metadata.schema().column_with_name(PERSON).is_some()
    }

    /// Returns whether the file has a column of this name.
    pub fn holds(&self, column: &str) -> bool {
        self.metadata.schema().column_with_name(column).is_some()
    }

    /// The pseudonyms of one row group.
    pub fn persons(&self, row_group: usize) -> Result<Vec<Option<u128>>> {
        let mut names = Vec::new();
        for batch in self.columns(&[PERSON], row_group)? {
            let batch = batch.map_err(|fault| self.damaged(fault))?;
            let texts = batch.column(0).as_string_opt::<i32>().into_iter().flatten();
            names.extend(texts.map(|text| u128::from_str_radix(text?, 16).ok()));
        }
        Ok(names)
    }

    /// Some columns of one row group, as they stand in the file.
    pub(super) fn columns(&self, names: &[&str], row_group: usize) -> Result<Batches> {
        let selection = columns::RowSelection { columns: Some(names), group: Some(row_group), at_once: AT_ONCE };
        columns::batches(files::open(&self.path)?, &self.metadata, selection).map_err(|fault| self.damaged(fault))
    }

    /// The record type that the file says it holds.
    pub fn record(&self) -> Option<String> {
        self.entry("tipstat.record").map(str::to_owned)
    }

    /// The number of row groups.
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Reads the codes of some fields in one row group, in columns of their own.
    ///
    /// # Errors
    /// The file lacks a field, or holds a text that is not a code of the field's list.
    pub fn read(&self, record: &Record, fields: &[usize], row_group: usize) -> Result<RowGroup> {
        let mut out = RowGroup { columns: vec![Vec::new(); fields.len()], counts: Vec::new(), most: Vec::new() };
        let too_many =
            || Error::failed("a row stands for more than 4,294,967,295 victims").at(files::shown(&self.path));
        self.each(&RowsRequest { record, fields, row_group, counts: CountColumns::Read }, |chunk| {
            for ((values, keys), column) in chunk.fields.iter().zip(&mut out.columns) {
                column.extend(keys.iter().map(|&key| values[usize::from(key)]));
            }
            let (lower, upper) = chunk.counts.unwrap_or_default();
            for (from, to) in [(lower, &mut out.counts), (upper, &mut out.most)] {
                for &number in from {
                    to.push(u32::try_from(number).map_err(|_| too_many())?);
                }
            }
            Ok(())
        })?;
        Ok(out)
    }
}

fn damaged(path: &Path, fault: Fault) -> Error {
    let what = "a file of the store is damaged, or is no Parquet file";
    let error = Error::refused("file/damaged", what).hint("it was cut short or changed: make it again");
    fault.error(error, &files::shown(path))
}

fn meaning(field: &Field, text: &str) -> Option<u64> {
    let list = field.codes();
    if field.kind == FieldType::Set { set_bits(list, text) } else { list.find(text).map(u64::from) }
}

/// Returns the metadata of a file by which columns of codes are read with keys of 16 bits, as they are counted. The file names
/// keys of 32 bits, which other programs read.
fn with_short_keys(metadata: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let codes = |keys: DataType| DataType::Dictionary(Box::new(keys), Box::new(DataType::Utf8));
    let (long, short) = (codes(DataType::Int32), codes(DataType::UInt16));
    let original = metadata.schema();
    let shortened = |field: &Arc<ArrowField>| match *field.data_type() == long {
        true => Arc::new(field.as_ref().clone().with_data_type(short.clone())),
        false => Arc::clone(field),
    };
    let fields: Vec<Arc<ArrowField>> = original.fields().iter().map(shortened).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, original.metadata().clone()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata)
}
