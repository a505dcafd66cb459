//! Reads the tables of a release, as everyone can who has it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;

use super::parquet::{self, open};
use super::table::MEASURES;
use crate::error::{Error, Result};
use crate::files;
use crate::limits;

/// One row of a published table.
#[derive(Clone, Debug)]
pub struct PublishedRow<'a> {
    /// The row: of a Parquet file counted from 1, of a CSV file its line.
    pub row: u64,
    /// The measure.
    pub indicator: &'a str,
    /// Dimension and code, reporting area and time included.
    pub at: Vec<(&'a str, &'a str)>,
    /// The value.
    pub value: Option<f64>,
    /// `OBS_STATUS`.
    pub status: &'a str,
    /// The lower bound.
    pub lower: Option<f64>,
    /// The upper bound.
    pub upper: Option<f64>,
}

/// Reads a table, row by row.
///
/// # Errors
/// The file cannot be read, or is not a table of a release.
pub fn read(path: &Path, take: &mut dyn FnMut(&PublishedRow<'_>) -> Result<()>) -> Result<()> {
    let foreign = || Error::failed("the file is not a table of a release").at(files::shown(path));
    let mut first = 1;
    for batch in open(path)? {
        let batch = batch?;
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let column = |name: &str| -> Result<&ArrayRef> {
            names.iter().position(|heading| *heading == name).map(|at| batch.column(at)).ok_or_else(foreign)
        };
        let strings = |array: &ArrayRef| -> Result<StringArray> {
            let array = cast(array, &DataType::Utf8).map_err(|cause| foreign().because(cause))?;
            array.as_string_opt::<i32>().cloned().ok_or_else(foreign)
        };
        let numbers = |name: &str| column(name)?.as_primitive_opt::<Float64Type>().cloned().ok_or_else(foreign);
        let mut dimensions = Vec::new();
        for name in names.iter().copied().filter(|name| is_dimension(name)) {
            dimensions.push((name, strings(column(name)?)?));
        }
        let max = most_rows(dimensions.len(), path)?;
        let (indicators, statuses) = (strings(column("INDICATOR")?)?, strings(column("OBS_STATUS")?)?);
        let [values, lower, upper] = [numbers("OBS_VALUE")?, numbers("LOWER_BOUND")?, numbers("UPPER_BOUND")?];
        for row in 0..batch.num_rows() {
            let number = |column: &arrow::array::Float64Array| (!column.is_null(row)).then(|| column.value(row));
            refuse_beyond(max, first + row as u64, path)?;
            take(&PublishedRow {
                row: first + row as u64,
                indicator: indicators.value(row),
                at: dimensions.iter().map(|(name, codes)| (*name, codes.value(row))).collect(),
                value: number(&values),
                status: statuses.value(row),
                lower: number(&lower),
                upper: number(&upper),
            })?;
        }
        first += batch.num_rows() as u64;
    }
    Ok(())
}

/// Reads a table as a whole.
///
/// # Errors
/// The file cannot be read.
pub fn read_batch(path: &Path) -> Result<RecordBatch> {
    let (schema, batches) = parquet::open_with_schema(path)?;
    let batches = batches.collect::<Result<Vec<_>>>()?;
    concat_batches(&schema, &batches).map_err(|cause| {
        Error::refused("file/damaged", "a table of the release is damaged").at(files::shown(path)).because(cause)
    })
}

/// Reads a table as CSV, row by row. A value that is not a number is read as one that is not finite.
///
/// # Errors
/// The file cannot be read, or is not a table of a release.
pub fn read_csv(path: &Path, take: &mut dyn FnMut(&PublishedRow<'_>) -> Result<()>) -> Result<()> {
    let foreign = || Error::failed("the file is not a table of a release").at(files::shown(path));
    let text = files::read_within(path, limits::TABLE)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let head = reader.headers().map_err(|cause| foreign().because(cause))?.clone();
    let at = |name: &str| head.iter().position(|heading| heading == name).ok_or_else(foreign);
    let (indicator, status) = (at("INDICATOR")?, at("OBS_STATUS")?);
    let numbers = [at("OBS_VALUE")?, at("LOWER_BOUND")?, at("UPPER_BOUND")?];
    let dimensions: Vec<usize> = (0..head.len()).filter(|&at| is_dimension(&head[at])).collect();
    let max = most_rows(dimensions.len(), path)?;
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(|cause| foreign().because(cause))? {
        let number = |at: usize| match &row[at] {
            "" => None,
            text => Some(text.parse().unwrap_or(f64::NAN)),
        };
        let [value, lower, upper] = numbers.map(number);
        let line = row.position().map_or(0, csv::Position::line);
        refuse_beyond(max, line, path)?;
        take(&PublishedRow {
            row: line,
            indicator: &row[indicator],
            at: dimensions.iter().map(|&at| (&head[at], &row[at])).collect(),
            value,
            status: &row[status],
            lower,
            upper,
        })?;
    }
    Ok(())
}

/// Reads the record types, areas and years of `not-additive.csv` in a release; none where it has no such file.
///
/// # Errors
/// The file cannot be read, or is not such a list.
pub fn read_not_additive(folder: &Path) -> Result<BTreeSet<[String; 3]>> {
    read_list(&folder.join("not-additive.csv"), ["RECORD", "REF_AREA", "TIME_PERIOD"])
}

/// A record type, an area, and the years that a source reports of it.
pub type SourceYears = (String, String, RangeInclusive<u16>);

/// Reads what each source of a combined release reports, each once; nothing where there is no such list.
///
/// # Errors
/// The file cannot be read, or is not such a list.
pub fn read_sources(folder: &Path) -> Result<Vec<SourceYears>> {
    let path = folder.join("sources.csv");
    let rows = read_list(&path, ["RECORD", "REF_AREA", "FIRST_YEAR", "LAST_YEAR"])?;
    // Figures of all years together have no years.
    let dated = rows.into_iter().filter(|[_, _, first, _]| !first.is_empty());
    let years = |[record, area, first, last]: [String; 4]| {
        let [first, last] = [first, last].map(|year| year.parse::<u16>().ok().filter(|year| *year < 3000));
        let (first, last) = first.zip(last).ok_or_else(|| unreadable(&path))?;
        Ok((record, area, first..=last))
    };
    dated.map(years).collect()
}

/// Reads some columns of a list of a release, each different row once; none where the release has no such file.
fn read_list<const N: usize>(path: &Path, names: [&str; N]) -> Result<BTreeSet<[String; N]>> {
    if !files::exists(path) {
        return Ok(BTreeSet::new());
    }
    let text = files::read(path)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let head = reader.headers().map_err(|cause| unreadable(path).because(cause))?.clone();
    let at = names.map(|name| head.iter().position(|heading| heading == name));
    if at.contains(&None) {
        return Err(unreadable(path));
    }
    let at = at.map(Option::unwrap_or_default);
    let mut out = BTreeSet::new();
    for row in reader.records() {
        let row = row.map_err(|cause| unreadable(path).because(cause))?;
        out.insert(at.map(|at| row[at].to_owned()));
    }
    Ok(out)
}

fn unreadable(path: &Path) -> Error {
    Error::refused("release/differs", "a list of the release cannot be read").at(files::shown(path))
}

/// Returns how many rows a table with so many dimensions may have.
fn most_rows(dimensions: usize, path: &Path) -> Result<u64> {
    // Area and time are in every table, and no set of dimensions is without them.
    let sets = dimensions.saturating_sub(2);
    if sets > limits::DIMENSIONS {
        let what = format!("the table has more than {} dimensions next to area and time", limits::DIMENSIONS);
        return Err(too_large(&what, path));
    }
    Ok(limits::ROW_SETS >> sets)
}

fn refuse_beyond(max: u64, row: u64, path: &Path) -> Result<()> {
    if row <= max { Ok(()) } else { Err(too_large(&format!("the table has more than {max} rows"), path)) }
}

fn too_large(what: &str, path: &Path) -> Error {
    Error::refused("file/too-large", what.to_owned())
        .at(files::shown(path))
        .hint("ask its publisher for a release of smaller tables")
}

fn is_dimension(name: &str) -> bool {
    !["TABLE", "INDICATOR"].contains(&name) && !MEASURES.iter().any(|(measure, _)| *measure == name)
}
