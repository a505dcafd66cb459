//! Published figures are read back, each with its bounds.

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;

use super::columns::FIGURE;
use super::read::{CountColumns, Part, RowsRequest};
use crate::error::{Error, Result};
use crate::schema::Record;

/// One published figure of a store.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFigure {
    /// Its codes, in the order of the fields that were asked for.
    pub codes: Vec<u16>,
    /// Its lower and upper bound, infinite where nothing bounds it above; none where the publisher reports nothing.
    pub bounds: Option<[f64; 2]>,
}

impl Part {
    /// All figures of a file, with the codes of some fields.
    ///
    /// # Errors
    /// The file cannot be read, or lacks a field.
    pub fn figures(&self, record: &Record, fields: &[usize]) -> Result<Vec<StoredFigure>> {
        let mut out: Vec<StoredFigure> = Vec::new();
        for group in 0..self.row_groups() {
            let first = out.len();
            let request = RowsRequest { record, fields, row_group: group, counts: CountColumns::Left };
            self.each(&request, |chunk| {
                let rows = chunk.fields.first().map_or(0, |(_, keys)| keys.len());
                for row in 0..rows {
                    let code = |(values, keys): &(Vec<u64>, &[u16])| values[usize::from(keys[row])] as u16;
                    let codes = chunk.fields.iter().map(code).collect();
                    out.push(StoredFigure { codes, bounds: None });
                }
                Ok(())
            })?;
            let mut at = first;
            for batch in self.columns(&FIGURE[..2], group)? {
                let batch = batch.map_err(|fault| self.damaged(fault))?;
                let mut bounds = Vec::new();
                for name in &FIGURE[..2] {
                    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Float64Type>());
                    bounds.push(column.cloned().ok_or_else(|| self.lacks(name))?);
                }
                for row in 0..batch.num_rows() {
                    let value = |bound: usize| (!bounds[bound].is_null(row)).then(|| bounds[bound].value(row));
                    let figure =
                        out.get_mut(at).ok_or_else(|| Error::failed("the columns of a file differ in length"))?;
                    figure.bounds = value(0).map(|lower| [lower, value(1).unwrap_or(f64::INFINITY)]);
                    at += 1;
                }
            }
        }
        Ok(out)
    }
}
