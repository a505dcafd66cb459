//! A partner's release: numbers that are none are refused, with table, row and column.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;

use crate::support::{Bench, rows};

/// A release of KHM with one table.
fn partner() -> Bench {
    let rows = "KHM,2021,F,20\n".repeat(40) + &"KHM,2022,F,20\n".repeat(30);
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age\n{rows}")).file(
        "tipstat.toml",
        "[release]\nid = \"khm\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"in.csv\"\n\
         [tables]\npacks = [\"victims-detected\"]\n",
    );
    bench.run("run --out khm -q").succeeds();
    bench
}

const TABLE: &str = "khm/release/tables/victims-detected";

/// Writes the manifest anew, so that the release verifies.
fn signed(bench: &Bench, changed: &str) {
    let path = bench.path("khm/release/manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let files = manifest["files"].as_array_mut().unwrap();
    files.retain(|file| bench.path("khm/release").join(file["path"].as_str().unwrap()).exists());
    for file in files.iter_mut().filter(|file| file["path"] == changed) {
        let bytes = std::fs::read(bench.path("khm/release").join(changed)).unwrap();
        file["bytes"] = bytes.len().into();
        file["blake3"] = blake3::hash(&bytes).to_hex().to_string().into();
    }
    // Like the manifest of an earlier version, it names no checksums.
    manifest["checksums"] = serde_json::Value::Null;
    let _ = std::fs::remove_file(bench.path("khm/release/SHA256SUMS"));
    std::fs::write(path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    bench.run("verify khm/release").succeeds();
}

/// The place of the row of KHM's count in 2021, counted from 0.
fn row(bench: &Bench) -> usize {
    let rows = rows(&bench.path(&format!("{TABLE}.csv")));
    let is = |row: &crate::support::Row| {
        row["REF_AREA"] == "KHM" && row["TIME_PERIOD"] == "2021" && row["INDICATOR"] == "DETV_N"
    };
    rows.iter().position(is).unwrap()
}

/// Sets cells of one row of the table, in Parquet.
fn set_parquet(bench: &Bench, at: usize, cells: &[(&str, Option<f64>)]) {
    let path = bench.path(&format!("{TABLE}.parquet"));
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap());
    let batch = reader.unwrap().build().unwrap().next().unwrap().unwrap();
    let mut columns = batch.columns().to_vec();
    for (name, value) in cells {
        let (index, _) = batch.schema().column_with_name(name).unwrap();
        let mut values: Vec<Option<f64>> = columns[index].as_primitive::<Float64Type>().iter().collect();
        values[at] = *value;
        columns[index] = Arc::new(Float64Array::from(values)) as ArrayRef;
    }
    let batch = arrow::record_batch::RecordBatch::try_new(batch.schema(), columns).unwrap();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    signed(bench, "tables/victims-detected.parquet");
}

/// Sets cells of one row of the table, in CSV.
fn set_csv(bench: &Bench, at: usize, cells: &[(&str, &str)]) {
    let path = bench.path(&format!("{TABLE}.csv"));
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let head = reader.headers().unwrap().clone();
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    for (name, value) in cells {
        rows[at][head.iter().position(|heading| heading == *name).unwrap()] = (*value).to_owned();
    }
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(&head).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
    drop(writer);
    signed(bench, "tables/victims-detected.csv");
}

const COMBINE: &str = "combine khm --tables victims-detected --out out";

/// Columns with their values, the column that is named, and what is said of it.
type Case<'a> = (&'a [(&'a str, Option<f64>)], &'a str, &'a str);

#[test]
fn numbers_that_are_none_are_refused_in_parquet() {
    let (value, lower, upper) = ("OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND");
    let cases: [Case<'_>; 9] = [
        (&[(value, Some(f64::NAN))], value, "no number"),
        (&[(value, Some(f64::INFINITY))], value, "no number"),
        (&[(value, Some(-5.0))], value, "a negative number"),
        (&[(value, Some(12.7))], value, "a fraction"),
        (&[(value, Some(1e300))], value, "a number beyond 2^53"),
        (&[(lower, Some(-1.0))], lower, "a negative number"),
        (&[(lower, Some(50.0)), (upper, Some(30.0))], lower, "a lower bound above the upper one"),
        (&[(lower, Some(50.0)), (upper, Some(60.0))], value, "a value outside of its bounds"),
        (&[(value, None)], value, "no value, and the status of one"),
    ];
    let bench = partner();
    let at = row(&bench);
    let saved: Vec<_> = ["tables/victims-detected.parquet", "manifest.json", "SHA256SUMS"]
        .map(|name| (name, std::fs::read(bench.path("khm/release").join(name)).unwrap()))
        .into();
    for (cells, column, found) in cases {
        set_parquet(&bench, at, cells);
        bench.run(COMBINE).fails(
            1,
            &format!(
                "error[release/not-a-count]: a table of the release holds a value that is not a number of persons\n  \
                 --> {TABLE}.parquet, row {}, column `{column}`\n   = found: {found}\n\
                 hint: get the release again from its publisher, or leave the package out\n",
                at + 1
            ),
        );
        saved.iter().for_each(|(name, bytes)| std::fs::write(bench.path("khm/release").join(name), bytes).unwrap());
    }
    bench.run(COMBINE).succeeds();
}

#[test]
fn numbers_that_are_none_are_refused_in_csv() {
    let bench = partner();
    let at = row(&bench);
    let text = std::fs::read(bench.path(&format!("{TABLE}.csv"))).unwrap();
    for (column, wrong, found) in [
        ("OBS_VALUE", "NaN", "no number"),
        ("OBS_VALUE", "forty", "no number"),
        ("OBS_VALUE", "-5", "a negative number"),
        ("OBS_VALUE", "12.7", "a fraction"),
        ("UPPER_BOUND", "1e300", "a number beyond 2^53"),
    ] {
        set_csv(&bench, at, &[(column, wrong)]);
        bench
            .run(COMBINE)
            .refuses(&format!("  --> {TABLE}.csv, row {}, column `{column}`\n   = found: {found}\n", at + 2));
        bench.write(&format!("{TABLE}.csv"), &text);
    }
    // Without the Parquet file the other one reports the same.
    signed(&bench, "tables/victims-detected.csv");
    bench.run(COMBINE).succeeds();
    std::fs::remove_file(bench.path(&format!("{TABLE}.parquet"))).unwrap();
    signed(&bench, "tables/victims-detected.csv");
    bench.run(&COMBINE.replace("out out", "out again")).succeeds();
    let table = |out: &str| std::fs::read(bench.path(out).join("tables/victims-detected.csv")).unwrap();
    assert!(table("out") == table("again"));
}

/// A mask that hides no small number is a finding, in records and in figures.
#[test]
fn a_mask_that_says_nothing_is_a_finding() {
    let bench = Bench::new().file(
        "in.csv",
        "area,year,sex,age,count\nKHM,2022,F,20,<4294967295\nKHM,2022,F,20,<5\nKHM,2022,F,20,≤500\nKHM,2022,F,20,<502\n",
    );
    bench.run("validate in.csv").succeeds().says("warning[cell/wide-mask]  2  `count`  line 2, 5");
    bench.run("validate in.csv --deny cell/wide-mask").code_is(1);
}

/// A count that was edited is above its whole, or its parts are fewer than it: the message names table and row.
#[test]
fn a_part_that_does_not_fit_its_whole_is_refused() {
    let refuse = |bench: &Bench, path: &str, row: usize, part: &str, whole: &str| {
        bench.run(&format!("{COMBINE} --force")).fails(
            1,
            &format!(
                "error[release/not-additive]: a table of the release holds a part that does not fit its whole\n  \
                 --> {path}, row {row}\n   = part: {part}\n   = whole: {whole}\n\
                 hint: get the release again from its publisher, or leave the package out\n"
            ),
        );
    };
    // Of 70 in all years 80 cannot be of 2021.
    let bench = partner();
    let at = row(&bench);
    set_parquet(&bench, at, &[("OBS_VALUE", Some(80.0))]);
    let parquet = format!("{TABLE}.parquet");
    refuse(&bench, &parquet, at + 1, "REF_AREA=KHM, TIME_PERIOD=2021", "REF_AREA=KHM, TIME_PERIOD=_T");
    // 39 and 30 are not 70.
    set_parquet(&bench, at, &[("OBS_VALUE", Some(39.0))]);
    let total = rows(&bench.path(&format!("{TABLE}.csv"))).iter().position(|row| row["TIME_PERIOD"] == "_T").unwrap();
    refuse(&bench, &parquet, total + 1, "2021 + 2022 of TIME_PERIOD", "REF_AREA=KHM, TIME_PERIOD=_T");
    set_parquet(&bench, at, &[("OBS_VALUE", Some(40.0))]);
    bench.run(COMBINE).succeeds();
    // The same of the CSV file, where it is alone.
    std::fs::remove_file(bench.path(&parquet)).unwrap();
    set_csv(&bench, at, &[("OBS_VALUE", "80")]);
    refuse(&bench, &format!("{TABLE}.csv"), at + 2, "REF_AREA=KHM, TIME_PERIOD=2021", "REF_AREA=KHM, TIME_PERIOD=_T");
}

/// Women above all persons, a form above the known ones, and masks: only what is certain is refused.
#[test]
fn parts_are_compared_in_every_dimension() {
    let records = "KHM,2021,F,20,SEX,30\nKHM,2021,M,20,LAB,20\nKHM,2022,F,15,SEX;LAB,40\nKHM,2022,_U,15,_U,<5\n";
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age,form,count\n{records}")).file(
        "tipstat.toml",
        "[release]\nid = \"khm\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"in.csv\"\n\
         [tables]\npacks = [\"glotip\", \"victims-by-form-detail\"]\n",
    );
    bench.run("run --out khm -q").succeeds();
    bench.run("combine khm --tables glotip --out all -q").succeeds();
    let table = "khm/release/tables/victims-by-form";
    std::fs::remove_file(bench.path(&format!("{table}.parquet"))).unwrap();
    let text = std::fs::read_to_string(bench.path(&format!("{table}.csv"))).unwrap();
    let found = rows(&bench.path(&format!("{table}.csv")));
    let mut tried = 0;
    for (at, row) in found.iter().enumerate() {
        let is_part = row["INDICATOR"] == "DETV_N" && row["OBS_STATUS"] == "A" && row["TIME_PERIOD"] == "2021";
        if !is_part || (row["FORM"] == "_T" && row["SEX"] == "_T") {
            continue;
        }
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[at + 1].split(',').collect();
        let value = text.lines().next().unwrap().split(',').position(|name| name == "OBS_VALUE").unwrap();
        cells[value] = "51";
        lines[at + 1] = cells.join(",");
        bench.write(&format!("{table}.csv"), lines.join("\n") + "\n");
        signed(&bench, "tables/victims-by-form.csv");
        bench.run("combine khm --tables glotip --out again -q").refuses("error[release/not-additive]");
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}
