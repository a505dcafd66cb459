//! All files of a release but its manifest.

use super::about::About;
use super::parquet::ParquetTable;
use super::{csv, definitions, labels, package, panels, report, rounding, sdmx, structure, table};
use crate::error::Result;
use crate::files::Stage;
use crate::protect::Protected;

/// Writes the tables, the labels, the report and the data package of a release.
pub fn write(stage: &Stage, protected: &Protected, about: &About<'_>) -> Result<()> {
    for table in protected.tables() {
        let batch = table::batch(table);
        let name = &table.indicator().id;
        let output = stage.create(&format!("tables/{name}.parquet"))?;
        ParquetTable { table, batch: &batch }.write(output, about)?;
        csv::write(stage.create(&format!("tables/{name}.csv"))?, &batch)?;
    }
    stage.write("labels.csv", &labels::csv(protected, about)?)?;
    if let Some(series) = sdmx::csv(protected, about)? {
        stage.write("sdmx/sdg-16-2-2.csv", &series)?;
    }
    stage.write("definitions.csv", &definitions::csv(protected, about)?)?;
    if let Some(rounding) = protected.rounding() {
        stage.write("rounding.csv", &rounding::csv(rounding)?)?;
    }
    stage.write("structure.csv", &structure::csv(protected, about)?)?;
    if let Some(derived) = structure::derived_csv(protected, about)? {
        stage.write("derived.csv", &derived)?;
    }
    stage.write("panels.csv", &panels::csv(protected)?)?;
    stage.write("report.html", report::html(protected, about).as_bytes())?;
    stage.write("datapackage.json", &package::json(protected, about))
}
