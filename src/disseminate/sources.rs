//! What a combined release rests on, and where its sources contradict themselves.

use crate::error::Result;
use crate::exchange::{NotAdditive, SourceRow};
use crate::files::{CsvWriter, Stage};
use crate::model::Interval;

/// Writes `sources.csv`: which source reports which country.
pub fn sources(stage: &Stage, rows: &[SourceRow]) -> Result<()> {
    let mut writer = CsvWriter::new(Vec::new());
    let head = ["RECORD", "REF_AREA", "PACKAGE", "FIRST_YEAR", "LAST_YEAR"];
    writer.row(head).map_err(super::csv::problem)?;
    for row in rows {
        let year = |at: usize| row.years.map(|years| years[at].to_string()).unwrap_or_default();
        writer.row([&*row.record, &row.area, &row.package, &year(0), &year(1)]).map_err(super::csv::problem)?;
    }
    finish(stage, "sources.csv", writer)
}

/// Writes `not-additive.csv`: totals that their parts contradict, whatever the masked figures are.
pub fn not_additive(stage: &Stage, rows: &[NotAdditive]) -> Result<()> {
    let mut writer = CsvWriter::new(Vec::new());
    let head = [
        "RECORD",
        "DIMENSION",
        "REF_AREA",
        "TIME_PERIOD",
        "OF",
        "TOTAL_LOWER",
        "TOTAL_UPPER",
        "PARTS_LOWER",
        "PARTS_UPPER",
        "PART",
    ];
    writer.row(head).map_err(super::csv::problem)?;
    for row in rows {
        let text = |codes: &[(String, String)]| {
            let codes: Vec<String> = codes.iter().map(|(dimension, code)| format!("{dimension}={code}")).collect();
            codes.join(";")
        };
        let year = row.year.map_or("_T".to_owned(), |year| year.to_string());
        let bounds = |interval: Interval| {
            [interval.lower.to_string(), interval.upper.map(|upper| upper.to_string()).unwrap_or_default()]
        };
        let ([total_lower, total_upper], [lower, upper]) = (bounds(row.total), bounds(row.parts));
        writer
            .row([
                &*row.record,
                &row.dimension,
                &row.area,
                &year,
                &text(&row.at),
                &total_lower,
                &total_upper,
                &lower,
                &upper,
                &text(&row.part),
            ])
            .map_err(super::csv::problem)?;
    }
    finish(stage, "not-additive.csv", writer)
}

fn finish(stage: &Stage, name: &str, writer: CsvWriter<Vec<u8>>) -> Result<()> {
    stage.write(name, &writer.finish().map_err(super::csv::problem)?)
}
