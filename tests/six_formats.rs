//! The same records in each format that is read: the same store and the same findings.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use serde_json::Value;

use crate::binary_sheets::xlsb;
use crate::support::{Bench, store_rows};
use crate::typed_cells::{error, number, ods, xlsx};

const HEADER: [&str; 8] = ["area", "year", "sex", "age", "form", "person_id", "citizenship", "note"];

/// Thirty records with what goes wrong in files: errors, blanks that cannot be seen, ids with zeros, words for nothing, several
/// values, and cells that are not understood.
fn records() -> Vec<[&'static str; 8]> {
    let mut out = vec![
        ["KHM", "2020", "F", "17", "SEX", "0007", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX", "7", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX", "7", "KHM", "twice"],
        ["KHM", "2020", "M", "17", "SEX", "7", "KHM", "in conflict"],
        ["KHM", "2020", "F", "17", "SEX;LAB", "#N/A", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX;LAB", "#N/A", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX", "#REF!", "#N/A", ""],
        ["\u{a0}KHM", "2020", " F\u{200b}", "17", "SEX", "\u{a0}", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX", "p1\u{a0}", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX", "n/a", "KHM", ""],
        ["KHM", "2020", "F", "17", "SEX", "N°", "KHM", ""],
        ["KHM", "2020", "F", "_U", "romance scams", "p2", "VNM", ""],
        ["KHM", "2020", "F", "Y0T17", "SEX;romance scams", "p3", "Viet Nam", ""],
        ["KHM", "2020", "F", "-", "SEX", "p4", "", ""],
        ["KHM", "2020", "F", "12-17", "SEX", "p5", "KHM", "a, \"quoted\" note"],
        ["KHM", "2020", "F", "18+", "SEX", "p6", "KHM", ""],
        ["KHM", "2020", "F", "true", "SEX", "p7", "KHM", ""],
        ["Cambodia", "2020", "F", "17", "SEX", "p8", "KHM", ""],
        ["THA", "2021", "_O", "30", "", "p9", "THA", ""],
        ["THA", "2021", "F", "30", "SEX", "2.02E+19", "THA", ""],
    ];
    out.extend(
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|id| ["THA", "2021", "F", "30", "LAB", id, "LAO", ""]),
    );
    out
}

/// The files of the records by their names.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let records = records();
    let quoted = |text: &&str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: &[&str; 8]| cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
    let csv: String = std::iter::once(&HEADER).chain(&records).map(line).collect();
    let object = |cells: &[&str; 8]| {
        let pairs = HEADER.iter().zip(cells).map(|(name, text)| ((*name).to_owned(), Value::from(*text)));
        Value::Object(pairs.collect()).to_string() + "\n"
    };
    let ndjson: String = records.iter().map(object).collect();
    // Numbers and errors have types in workbooks.
    let is_number = |text: &str| text.parse::<u32>().is_ok_and(|value| value.to_string() == text);
    let typed = |text: &&str| match *text {
        text if text.starts_with('#') => error(text),
        text if is_number(text) => number(text, 0),
        text => text.to_owned(),
    };
    let rows: Vec<Vec<String>> =
        std::iter::once(&HEADER).chain(&records).map(|cells| cells.iter().map(typed).collect()).collect();
    let of_ods = |text: &&str| match *text {
        text if text.starts_with('#') => format!("0={text}"),
        // A number that is shown with more.
        text @ ("12-17" | "18+") => format!("{}={text}", &text[..2]),
        text => text.to_owned(),
    };
    let texts: Vec<Vec<String>> =
        std::iter::once(&HEADER).chain(&records).map(|cells| cells.iter().map(of_ods).collect()).collect();
    let texts: Vec<Vec<&str>> = texts.iter().map(|cells| cells.iter().map(String::as_str).collect()).collect();
    let texts: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
    let column = |at: usize| Arc::new(StringArray::from_iter_values(records.iter().map(|cells| cells[at]))) as ArrayRef;
    let batch = RecordBatch::try_from_iter(HEADER.iter().enumerate().map(|(at, name)| (*name, column(at)))).unwrap();
    let mut parquet = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let escaped = |row: &Vec<String>| {
        row.iter().map(|cell| if cell.starts_with('<') { cell.clone() } else { cell.replace('"', "&quot;") }).collect()
    };
    vec![
        ("in.csv", csv.into_bytes()),
        ("in.ndjson", ndjson.into_bytes()),
        ("in.parquet", parquet),
        ("in.xlsx", xlsx(&[("Cases", "visible", rows.iter().map(escaped).collect())])),
        ("in.xlsb", xlsb(&rows, &[])),
        ("in.ods", ods(&texts)),
    ]
}

#[test]
fn six_formats_give_the_same_store_and_the_same_findings() {
    let mut first: Option<(Value, Vec<String>)> = None;
    for (name, bytes) in files() {
        let bench = Bench::new().file(name, bytes);
        let more = "--max-rejects 100% --max-not-understood 100%";
        let ran = bench.run(&format!("ingest {name} --out s {more}"));
        ran.succeeds().says("30 records read");
        let report = bench.run(&format!("validate {name} {more} --format json"));
        let report: Value = serde_json::from_str(&report.succeeds().stdout).unwrap();
        let findings = report[0]["findings"].as_array().unwrap().iter();
        let findings: Vec<Value> = findings
            .map(|finding| {
                serde_json::json!([finding["rule"], finding["column"], finding["severity"], finding["count"]])
            })
            .collect();
        let counts = ["records", "accepted", "rejected", "duplicates"].map(|key| report[0][key].clone());
        let found = serde_json::json!({ "findings": findings, "counts": counts, "columns": report[0]["columns"], "fields": report[0]["fields"] });
        let stored = store_rows(&bench.path("s"), &["area", "year", "sex", "age", "form", "citizenship"]);
        match &first {
            None => {
                assert_eq!(counts, [30, 25, 4, 1].map(Value::from), "{found:#}");
                first = Some((found, stored));
            }
            Some((expected, rows)) => {
                assert_eq!(&stored, rows, "{name}");
                assert_eq!(format!("{found:#}"), format!("{expected:#}"), "{name}");
            }
        }
    }
}
