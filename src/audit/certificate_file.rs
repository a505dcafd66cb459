//! `certificates.parquet`: certificates as a table.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, Int64Array, StringArray, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int8Type, Int64Type, UInt32Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::bounds::{Side, Step};
use super::certificate::{Certificates, Claim};
use crate::error::{Error, Result};
use crate::files;
use crate::guard::columns::RowSelection;
use crate::guard::{Fault, columns};

impl Certificates {
    /// Writes the file. `name` describes a cell.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, output: impl Write + Send, name: impl Fn(u32) -> String) -> Result<()> {
        let mut columns = Columns::default();
        for (&cell, claim) in &self.claims {
            let tables = if let Claim::Safe { low, high } = *claim { [Some(low), Some(high)] } else { [None; 2] };
            columns.add(CertificateRow {
                kind: kind_of(*claim),
                table: tables[0],
                cell,
                value: tables[1].map(i64::from),
                name: Some(name(cell)),
            });
        }
        for (&cell, &count) in &self.base {
            columns.add(CertificateRow::numbered("table", 0, cell, count));
        }
        for (at, table) in self.tables.iter().enumerate() {
            for &(cell, count) in table {
                columns.add(CertificateRow::numbered("table", at as u32 + 1, cell, count));
            }
        }
        for (at, step) in self.steps.iter().enumerate() {
            let kind = if step.side == Side::Lower { "lower" } else { "upper" };
            columns.add(CertificateRow::numbered(kind, at as u32, step.cell, step.bound));
            for &(equation, factor) in &step.sum {
                columns.add(CertificateRow::numbered("sum", at as u32, equation, factor));
            }
        }
        let batch = columns.batch()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("level 3 exists")))
            .set_created_by("tipstat".to_owned())
            .build();
        let problem = |cause: ParquetError| Error::failed("cannot write the certificates").because(cause);
        let mut writer = ArrowWriter::try_new(output, batch.schema(), Some(properties)).map_err(problem)?;
        writer.write(&batch).map_err(problem)?;
        writer.close().map_err(problem)?;
        Ok(())
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It is not a file of certificates.
    pub fn read(path: &Path) -> Result<Self> {
        let place = files::shown(path);
        let damaged =
            || Error::refused("file/damaged", "the file has no certificates, or is damaged").at(place.clone());
        let refused = |fault: Fault| fault.error(damaged(), &place);
        let mut file = files::open(path)?;
        let metadata = columns::metadata(&mut file).map_err(refused)?;
        let mut found = Self::default();
        for batch in columns::batches(file, &metadata, RowSelection::all(8192)).map_err(refused)? {
            let batch = batch.map_err(refused)?;
            let column = |name: &str| batch.column_by_name(name).ok_or_else(damaged);
            let kinds = cast(column("kind")?, &DataType::Utf8).map_err(|cause| damaged().because(cause))?;
            let kinds: &StringArray = kinds.as_string_opt().ok_or_else(damaged)?;
            let numbers = column("table")?.as_primitive_opt::<UInt32Type>().ok_or_else(damaged)?;
            let cells = column("cell")?.as_primitive_opt::<UInt32Type>().ok_or_else(damaged)?;
            let values = column("value")?.as_primitive_opt::<Int64Type>().ok_or_else(damaged)?;
            for row in 0..batch.num_rows() {
                let number = (!numbers.is_null(row)).then(|| numbers.value(row));
                let value = (!values.is_null(row)).then(|| values.value(row));
                found.line(kinds.value(row), (number, cells.value(row)), value).ok_or_else(damaged)?;
            }
        }
        Ok(found)
    }

    /// Adds a line of the file; nothing if it makes no sense.
    fn line(&mut self, kind: &str, (number, cell): (Option<u32>, u32), value: Option<i64>) -> Option<()> {
        match kind {
            "safe" => {
                let (low, high) = (number?, u32::try_from(value?).ok()?);
                self.claims.insert(cell, Claim::Safe { low, high });
            }
            "harmless" => drop(self.claims.insert(cell, Claim::Harmless)),
            "unsafe" => drop(self.claims.insert(cell, Claim::Unsafe)),
            "undecided" => drop(self.claims.insert(cell, Claim::Undecided)),
            "table" if number? == 0 => drop(self.base.insert(cell, value?)),
            "table" => {
                let at = number? as usize - 1;
                // Tables come in order, each with a change.
                (at <= self.tables.len()).then_some(())?;
                if at == self.tables.len() {
                    self.tables.push(Vec::new());
                }
                self.tables[at].push((cell, value?));
            }
            "lower" | "upper" => {
                let side = if kind == "lower" { Side::Lower } else { Side::Upper };
                self.steps.push(Step { cell, side, bound: value?, sum: Vec::new() });
            }
            "sum" => self.steps.last_mut()?.sum.push((cell, value?)),
            _ => return None,
        }
        Some(())
    }
}

fn kind_of(claim: Claim) -> &'static str {
    match claim {
        Claim::Safe { .. } => "safe",
        Claim::Harmless => "harmless",
        Claim::Unsafe => "unsafe",
        Claim::Undecided => "undecided",
    }
}

/// One row of the file.
struct CertificateRow {
    kind: &'static str,
    /// The number of a table or of a step.
    table: Option<u32>,
    /// The number of a cell or of an equation.
    cell: u32,
    value: Option<i64>,
    name: Option<String>,
}

impl CertificateRow {
    fn numbered(kind: &'static str, table: u32, cell: u32, value: i64) -> Self {
        Self { kind, table: Some(table), cell, value: Some(value), name: None }
    }
}

/// The columns of the file.
#[derive(Default)]
struct Columns {
    kinds: Vec<&'static str>,
    tables: Vec<Option<u32>>,
    cells: Vec<Option<u32>>,
    values: Vec<Option<i64>>,
    names: Vec<Option<String>>,
}

impl Columns {
    fn add(&mut self, row: CertificateRow) {
        self.kinds.push(row.kind);
        self.tables.push(row.table);
        self.cells.push(Some(row.cell));
        self.values.push(row.value);
        self.names.push(row.name);
    }

    fn batch(self) -> Result<RecordBatch> {
        let kinds: DictionaryArray<Int8Type> = self.kinds.into_iter().collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("kind", Arc::new(kinds)),
            ("table", Arc::new(UInt32Array::from(self.tables))),
            ("cell", Arc::new(UInt32Array::from(self.cells))),
            ("value", Arc::new(Int64Array::from(self.values))),
            ("name", Arc::new(StringArray::from(self.names))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
            .map_err(|cause| Error::failed("cannot write the certificates").because(cause))
    }
}
