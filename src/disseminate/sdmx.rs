//! The series of SDG indicator 16.2.2 as SDMX-CSV 2.0, under the global SDG data structure.
//!
//! Reference: SDMX-CSV field guide 2.0.0; IAEG-SDGs:SDG 1.4, in which form of exploitation is part of the series, and a
//! suppressed value is empty with status `Q` and its bounds.

use std::collections::BTreeMap;

use super::about::About;
use crate::aggregate::NodeKind;
use crate::error::Result;
use crate::files::CsvWriter;
use crate::model::ObsStatus;
use crate::protect::{Observation, Protected, ProtectedTable};

/// The data structure.
const STRUCTURE: [&str; 3] = ["datastructure", "IAEG-SDGs:SDG(1.4)", "I"];

/// Its dimensions, in its order.
const DIMENSIONS: [&str; 16] = [
    "FREQ",
    "REPORTING_TYPE",
    "SERIES",
    "REF_AREA",
    "SEX",
    "AGE",
    "URBANISATION",
    "INCOME_WEALTH_QUANTILE",
    "EDUCATION_LEV",
    "OCCUPATION",
    "CUST_BREAKDOWN",
    "COMPOSITE_BREAKDOWN",
    "DISABILITY_STATUS",
    "ACTIVITY",
    "PRODUCT",
    "TIME_PERIOD",
];

/// The columns after the value.
const ATTRIBUTES: [&str; 7] =
    ["OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE", "NATURE", "LOWER_BOUND", "UPPER_BOUND", "COMMENT_OBS"];

/// The file, where a table has a series of the global database.
pub(super) fn csv(protected: &Protected, about: &About<'_>) -> Result<Option<Vec<u8>>> {
    let mut rows: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    let mut any = false;
    for table in protected.tables() {
        for row in table.observations() {
            let Some(series) = &table.indicator().measures[row.measure].series else { continue };
            any = true;
            if let Some(key) = key(table, row, series, about) {
                rows.insert(key, values(table, row, about));
            }
        }
    }
    if !any {
        return Ok(None);
    }
    let mut writer = CsvWriter::new(Vec::new());
    let head = ["STRUCTURE", "STRUCTURE_ID", "ACTION"].into_iter().chain(DIMENSIONS).chain(["OBS_VALUE"]);
    writer.row(head.chain(ATTRIBUTES)).map_err(super::csv::problem)?;
    for (key, values) in rows {
        let row = STRUCTURE.into_iter().chain(key.iter().chain(&values).map(String::as_str));
        writer.row(row).map_err(super::csv::problem)?;
    }
    writer.finish().map(Some).map_err(super::csv::problem)
}

/// Returns the key of an observation, or nothing where the structure has no code for it, as for an area without a number in M49, for
/// all years together, or for all whose sex is known.
fn key(table: &ProtectedTable, row: &Observation, series: &str, about: &About<'_>) -> Option<Vec<String>> {
    let (mut area, mut kind, mut time) = (None, "N", None);
    let (mut sex, mut age) = ("_T", "_T");
    for (dimension, &node) in table.dimensions().iter().zip(&row.nodes) {
        let node = &dimension.nodes[usize::from(node)];
        match dimension.dimension.as_str() {
            "REF_AREA" if matches!(node.kind, NodeKind::Region | NodeKind::Total) => {
                kind = "G";
                area = node.code.strip_prefix("M49_").map(|number| number.trim_start_matches('0').to_owned());
            }
            "REF_AREA" => area = about.numbers.get(&node.code).cloned(),
            "TIME_PERIOD" => time = matches!(node.kind, NodeKind::Code(_)).then_some(node.code.as_str()),
            _ if node.kind == NodeKind::Known => return None,
            "SEX" => sex = &node.code,
            "AGE" => age = &node.code,
            // All persons have the code of the table's universe, and the series states it.
            name if table.indicator().universe.contains_key(name) => {}
            _ if node.kind == NodeKind::Total => {}
            _ => return None,
        }
    }
    let (area, time) = (area?, time?);
    let code = |name: &str| match name {
        "FREQ" => "A",
        "REPORTING_TYPE" => kind,
        "SERIES" => series,
        "REF_AREA" => &area,
        "SEX" => sex,
        "AGE" => age,
        "TIME_PERIOD" => time,
        _ => "_T",
    };
    Some(DIMENSIONS.map(|name| code(name).to_owned()).into())
}

fn values(table: &ProtectedTable, row: &Observation, about: &About<'_>) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|number| number.to_string()).unwrap_or_default();
    let is_region = table.dimensions()[0].nodes[usize::from(row.nodes[0])].code.len() != 3;
    let mut comment = match row.status {
        ObsStatus::Suppressed => "not published: the value is between the bounds".to_owned(),
        ObsStatus::NotCollected => "not reported, or not collected".to_owned(),
        ObsStatus::Break => "means something else than in the years before".to_owned(),
        _ => String::new(),
    };
    if about.synthetic {
        comment = format!("SYNTHETIC DATA {comment}").trim_end().to_owned();
    }
    vec![
        number(row.value),
        row.status.id().to_owned(),
        "0".to_owned(),
        table.indicator().measures[row.measure].unit.clone(),
        if is_region { "G" } else { "C" }.to_owned(),
        number(row.lower),
        number(row.upper),
        comment,
    ]
}
