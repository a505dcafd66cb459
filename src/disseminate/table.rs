//! A protected table as columns, in the order that every release has.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;

use crate::model::ConfStatus;
use crate::protect::{Observation, ProtectedTable};

/// One column of a release: its name, and what it holds.
pub(super) const MEASURES: [(&str, &str); 13] = [
    ("OBS_VALUE", "the observation; empty where it is suppressed, not reported or not defined"),
    (
        "OBS_STATUS",
        "A normal, B break in series, Q suppressed, L not reported or not collected, M cannot exist, O missing or not defined (a share of zero persons); D, E, F, G, I, N, P, S, U, V as the publisher of a figure flags it, in the codes of SDMX CL_OBS_STATUS",
    ),
    ("CONF_STATUS", "F free, C confidential; every suppressed cell bears the same code"),
    (
        "LOWER_BOUND",
        "of a suppressed value: a lower bound that follows from the published cells; of a count that sources mask: the least",
    ),
    (
        "UPPER_BOUND",
        "of a suppressed value: an upper bound that follows from the published cells; of a count that sources mask: the greatest; empty where there is none",
    ),
    ("UNIT_MEASURE", "NUMBER of victims, PT percent, PER_100000_POP per 100,000 population, IX index, RO ratio"),
    (
        "N_AREAS",
        "areas on which the figure rests: they reported the period with every cell that the formula names, and all years and populations that a comparison needs; of a row of one area 1, or 0 where it lacks one of them",
    ),
    (
        "AREAS_WITHOUT_TOTAL",
        "areas of `N_AREAS` that report no total: the figure is not comparable with the total and may be above it; empty where there is none",
    ),
    ("KNOWN_SHARE", "share of the victims of whom the dimensions of a share are known, 0 to 1"),
    ("TOP_AREA_SHARE", "share of the largest area in a regional count, 0 to 1, where it is certain"),
    ("POP_COVERAGE", "share of the region's population that lives in the areas of `N_AREAS`, 0 to 1"),
    ("MIN_WITHOUT_ONE", "the least that a regional ratio becomes when one of its areas is left out"),
    ("MAX_WITHOUT_ONE", "the greatest that a regional ratio becomes when one of its areas is left out"),
];

/// Names of the columns before the measures.
pub(super) fn dimensions(table: &ProtectedTable) -> Vec<&str> {
    let mut names = vec!["TABLE", "INDICATOR", "REF_AREA", "TIME_PERIOD"];
    let others = table.dimensions().iter().map(|d| d.dimension.as_str());
    names.extend(others.filter(|name| !["REF_AREA", "TIME_PERIOD"].contains(name)));
    names
}

/// The rows of a table.
pub(super) fn batch(table: &ProtectedTable) -> RecordBatch {
    let rows = table.observations();
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    let mut text = |name: &str, keys: Vec<u16>, values: Vec<&str>| {
        // pandas reads no dictionary whose indices have no sign.
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        fields.push(Field::new(name, dictionary, false));
        let values = Arc::new(StringArray::from(values));
        let keys = keys.into_iter().map(i32::from).collect::<Int32Array>();
        let array = DictionaryArray::<Int32Type>::try_new(keys, values);
        columns.push(Arc::new(array.expect("keys are indices of the values")));
    };
    for name in dimensions(table) {
        match name {
            "TABLE" => text(name, vec![0; rows.len()], vec![&table.indicator().id]),
            "INDICATOR" => {
                let ids = table.indicator().measures.iter().map(|measure| measure.id.as_str());
                text(name, rows.iter().map(|row| row.measure as u16).collect(), ids.collect());
            }
            _ => match table.dimensions().iter().position(|d| d.dimension == name) {
                Some(d) => {
                    let codes = table.dimensions()[d].nodes.iter().map(|node| node.code.as_str());
                    text(name, rows.iter().map(|row| row.nodes[d]).collect(), codes.collect());
                }
                // A table of all years together.
                None => text(name, vec![0; rows.len()], vec!["_T"]),
            },
        }
    }
    for (name, _) in MEASURES {
        match name {
            "OBS_STATUS" => statuses(&mut text, name, rows, |row| row.status.id()),
            "CONF_STATUS" => statuses(&mut text, name, rows, |row| ConfStatus::of(row.status).id()),
            "UNIT_MEASURE" => {
                let units = table.indicator().measures.iter().map(|measure| measure.unit.as_str());
                text(name, rows.iter().map(|row| row.measure as u16).collect(), units.collect());
            }
            _ => {}
        }
    }
    // Columns of numbers are between those of codes, so the columns are put in order at the end.
    let numbers: [(&str, ArrayRef); 10] = [
        ("OBS_VALUE", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.value)))),
        ("LOWER_BOUND", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.lower)))),
        ("UPPER_BOUND", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.upper)))),
        ("N_AREAS", Arc::new(UInt32Array::from_iter(rows.iter().map(|row| row.areas)))),
        ("AREAS_WITHOUT_TOTAL", Arc::new(UInt32Array::from_iter(rows.iter().map(|row| row.without_total)))),
        ("KNOWN_SHARE", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.known_share)))),
        ("TOP_AREA_SHARE", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.top_area_share)))),
        ("POP_COVERAGE", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.coverage)))),
        ("MIN_WITHOUT_ONE", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.without_one.map(|x| x[0]))))),
        ("MAX_WITHOUT_ONE", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.without_one.map(|x| x[1]))))),
    ];
    for (name, array) in numbers {
        fields.push(Field::new(name, array.data_type().clone(), true));
        columns.push(array);
    }
    let order = dimensions(table).into_iter().chain(MEASURES.map(|(name, _)| name));
    let order: Vec<_> = order.map(|name| fields.iter().position(|f| f.name() == name).expect("made above")).collect();
    let schema = Schema::new(order.iter().map(|&at| fields[at].clone()).collect::<Vec<_>>());
    let columns = order.iter().map(|&at| Arc::clone(&columns[at])).collect();
    RecordBatch::try_new(Arc::new(schema), columns).expect("columns of one length")
}

fn statuses<'a>(
    text: &mut impl FnMut(&str, Vec<u16>, Vec<&'a str>),
    name: &str,
    rows: &[Observation],
    status: impl Fn(&Observation) -> &'static str,
) {
    let mut values: Vec<&str> = rows.iter().map(&status).collect();
    values.sort_unstable();
    values.dedup();
    let keys = rows.iter().map(|row| values.iter().position(|value| *value == status(row)).unwrap_or(0) as u16);
    text(name, keys.collect(), values.clone());
}
