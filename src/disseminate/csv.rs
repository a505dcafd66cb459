//! Tables as CSV, for people without Parquet.

use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, UInt32Type};
use arrow::record_batch::RecordBatch;

use crate::error::{Error, Result};
use crate::files::CsvWriter;

/// Writes one table; numbers in their shortest form, an empty cell for no value.
pub(super) fn write(output: impl Write, batch: &RecordBatch) -> Result<()> {
    let mut writer = CsvWriter::new(output);
    let head: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    writer.row(head).map_err(problem)?;
    let columns: Vec<Box<dyn Fn(usize) -> String + '_>> = batch.columns().iter().map(|c| cells(c)).collect();
    for row in 0..batch.num_rows() {
        writer.row(columns.iter().map(|cell| cell(row))).map_err(problem)?;
    }
    writer.finish().map_err(problem).map(drop)
}

pub(super) fn problem(cause: std::io::Error) -> Error {
    Error::failed("cannot write a table as CSV").because(cause)
}

fn cells(array: &dyn Array) -> Box<dyn Fn(usize) -> String + '_> {
    if let Some(array) = array.as_dictionary_opt::<Int32Type>() {
        let values = array.values().as_string::<i32>();
        return Box::new(move |row| values.value(array.keys().value(row) as usize).to_owned());
    }
    if let Some(array) = array.as_primitive_opt::<Float64Type>() {
        return Box::new(move |row| if array.is_null(row) { String::new() } else { array.value(row).to_string() });
    }
    let array = array.as_primitive::<UInt32Type>();
    Box::new(move |row| if array.is_null(row) { String::new() } else { array.value(row).to_string() })
}
