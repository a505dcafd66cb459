//! `cube` as a user runs it: the same bytes however it is counted, what it keeps, what it says.

use std::process::Command;

use crate::support::{Bench, contents, cube_cells, skipped};

/// Records of a generator of our own, so that the test can shuffle and split them.
fn records(count: usize) -> Vec<String> {
    let mut state = 79154u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let areas = ["KHM", "PHL", "VNM", "THA", "FRA", "DEU", "NGA", "BRA"];
    let forms = ["SEX", "LAB", "DOM", "BEG", "SEX;LAB", "LAB;BEG", ""];
    (0..count)
        .map(|_| {
            let [area, citizenship] = [(); 2].map(|()| areas[draw(8) as usize]);
            let (year, age, form) = (2015 + draw(8), 5 + draw(60), forms[draw(7) as usize]);
            let sex = ["F", "M", "_U"][draw(3) as usize];
            format!("{area},{year},{sex},{age},{form},{citizenship},{}", 1 + draw(3))
        })
        .collect()
}

const HEADER: &str = "area,year,sex,age,form,citizenship,count\n";

fn text(records: &[String]) -> String {
    format!("{HEADER}{}\n", records.join("\n"))
}

const DIMENSIONS: &str = "area@M49,year,sex,age@band,form:mix,citizenship";

/// 1, 2 and 8 threads, shuffled, in 37 files, a memory that holds little: the same bytes.
#[test]
fn the_same_records_give_the_same_bytes() {
    let mut all = records(6_000);
    let bench = Bench::new().file("a.csv", text(&all));
    bench.run("ingest a.csv --out one -q").succeeds();
    all.reverse();
    all.sort_by_key(|record| record.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())));
    for (at, part) in all.chunks(all.len().div_ceil(37)).enumerate() {
        bench.write(&format!("parts/{at:02}.csv"), text(part));
    }
    bench.run("ingest parts/*.csv --out many -q").succeeds();
    let cube = |store: &str, more: &str, out: &str| {
        bench.run(&format!("cube {store} --dims {DIMENSIONS} {more} --out {out} -q")).succeeds();
        std::fs::read(bench.path(out)).unwrap()
    };
    let expected = cube("one", "--threads 1", "1.parquet");
    assert!(expected.len() > 50_000, "{}", expected.len());
    for (at, (store, more)) in [
        ("one", "--threads 2"),
        ("one", "--threads 8"),
        ("many", "--threads 1"),
        ("many", "--threads 8"),
        ("many", "--memory 128MiB --threads 3"),
        ("many", "--keep kept"),
        ("many", "--keep kept --threads 8"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(cube(store, more, &format!("2-{at}.parquet")) == expected, "{store} {more}");
    }
}

/// A base that was written gives the same bytes, and so does one that DuckDB made with the statement we print.
#[test]
fn a_base_is_the_seam_to_other_engines() {
    let bench = Bench::new().file("a.csv", text(&records(3_000))).file("b.csv", text(&records(500)));
    bench.run("ingest a.csv b.csv --out store -q").succeeds();
    bench.run(&format!("cube store --dims {DIMENSIONS} --out direct.parquet --base-out base.parquet -q")).succeeds();
    let direct = std::fs::read(bench.path("direct.parquet")).unwrap();
    bench.run(&format!("cube --from-base base.parquet --dims {DIMENSIONS} --out again.parquet -q")).succeeds();
    assert!(std::fs::read(bench.path("again.parquet")).unwrap() == direct);

    let sql = bench.run(&format!("cube store --dims {DIMENSIONS} --print-sql"));
    sql.succeeds().says("GROUP BY \"area\", \"year\"");
    let python = std::env::var("TIPSTAT_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = "import sys\ntry:\n import duckdb\nexcept ImportError:\n sys.exit(77)\nduckdb.sql(sys.argv[1])";
    let ran = Command::new(python).args(["-c", script, &sql.stdout]).current_dir(bench.path("store")).output();
    match ran {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() != Some(77) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        _ => return skipped("python with duckdb (`TIPSTAT_PYTHON` names one)"),
    }
    bench.run(&format!("cube --from-base store/base.parquet --dims {DIMENSIONS} --out theirs.parquet -q")).succeeds();
    assert!(std::fs::read(bench.path("theirs.parquet")).unwrap() == direct);
}

/// What was counted is kept by the content of each file: only the file that changed is counted again.
#[test]
fn a_file_that_did_not_change_is_not_counted_again() {
    let all = records(900);
    let bench = Bench::new();
    for (at, part) in all.chunks(300).enumerate() {
        bench.write(&format!("in/{at}.csv"), text(part));
    }
    bench.run("ingest in/*.csv --out store -q").succeeds();
    let cube = "cube store --dims area,sex,form --keep kept --force --out cube.parquet";
    let counted = |ran: &crate::support::Ran, counted: u32, kept: u32| {
        let line = format!("counted anew: {counted}; taken as they were kept: {kept}");
        assert!(ran.succeeds().stderr.contains(&line), "{}", ran.stderr);
    };
    counted(&bench.run(cube), 3, 0);
    counted(&bench.run(cube), 0, 3);
    bench.write("in/1.csv", text(&all[..400]));
    bench.run("ingest in/*.csv --out store --force -q").succeeds();
    counted(&bench.run(cube), 1, 2);
    // What was kept of the previous file is gone. Another question keeps its bases.
    assert_eq!(contents(&bench.path("kept")).len(), 3);
    counted(&bench.run(&cube.replace("form", "year")), 3, 0);
    assert_eq!(contents(&bench.path("kept")).len(), 6);
    counted(&bench.run(cube), 0, 3);
    let direct = bench.run("cube store --dims area,sex,form --out direct.parquet -q");
    direct.succeeds();
    assert!(std::fs::read(bench.path("direct.parquet")).unwrap() == std::fs::read(bench.path("cube.parquet")).unwrap());
}

/// A folder has a file a table, with the same cells as the one file.
#[test]
fn a_folder_of_tables_holds_the_same_cells() {
    let bench = Bench::new().file("a.csv", text(&records(500)));
    bench.run("ingest a.csv --out store -q").succeeds();
    bench.run("cube store --dims area,sex,age@group --max-order 2 --out cube.parquet -q").succeeds();
    bench.run("cube store --dims area,sex,age@group --max-order 2 --out cube -q").succeeds();
    let names: Vec<String> = contents(&bench.path("cube")).into_iter().map(|(name, _)| name).collect();
    let expected = ["_T", "age-group", "area-age-group", "area-sex", "area", "sex-age-group", "sex"];
    assert_eq!(names, expected.map(|name| format!("{name}.parquet")));
    let file = std::fs::File::open(bench.path("cube/area-sex.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let rows = reader.metadata().file_metadata().num_rows() as usize;
    let about = reader.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(about.iter().any(|entry| entry.key == "tipstat.confidential"));
    let cells = cube_cells(&bench.path("cube.parquet"));
    assert_eq!(rows, cells.keys().filter(|key| key.starts_with("area*sex|")).count());
    let total: u64 = records(500).iter().map(|record| record.rsplit(',').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(cells["_T"], (total, total));
    #[cfg(unix)]
    for path in ["cube.parquet", "cube/_T.parquet"] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(bench.path(path)).unwrap().permissions().mode() & 0o077, 0, "{path}");
    }
}

#[test]
fn a_plan_can_be_read() {
    let bench = Bench::new().file("a.csv", text(&records(500)));
    bench.run("ingest a.csv --out store -q").succeeds();
    bench
        .run("cube store --tables area*sex,area*year,_T --explain")
        .succeeds()
        .says("the store is read once\n1 cuboids are counted\n  area*sex*year")
        .says("3 tables");
    let ran = bench.run("cube store --dims area,sex --explain --format json");
    let plan: serde_json::Value = serde_json::from_str(&ran.succeeds().stdout).unwrap();
    assert_eq!(plan["passes"], 1);
    assert!(!bench.path("cube.parquet").exists());
}

#[test]
fn what_cannot_be_counted_is_said() {
    let bench = Bench::new().file("a.csv", text(&records(50)));
    bench.run("ingest a.csv --out store -q").succeeds();
    let fails = |line: &str, message: &str| {
        bench.run(line).fails(2, message);
    };
    fails(
        "cube --dims sex --out x.parquet",
        "error: no store is named\nhint: pass its folder, or `--from-base FILE`\n",
    );
    fails(
        "cube nowhere --dims sex --out x.parquet",
        "error: there is no store\n  --> nowhere\n\
         hint: make one with `tipstat ingest FILE --profile NAME --out STORE`; `tipstat run` makes one in `restricted`\n",
    );
    fails(
        "cube store --dims sexx --out x.parquet",
        "error: victim@1 has no dimension `sexx`\nhint: did you mean `sex`?\n",
    );
    fails(
        "cube store --dims age@grp --out x.parquet",
        "error: `age` has no level `grp`, and no scheme of regions is called so\nhint: did you mean `group`?\n",
    );
    fails(
        "cube store --dims sex:mix --out x.parquet",
        "error: a record has one `sex` only, so `sex:mix` means nothing\nhint: ask for `sex`\n",
    );
    fails(
        "cube store --dims sex",
        "error: no output is named\nhint: pass `--out FILE.parquet`, or `--out DIR` for a file a table\n",
    );
    fails(
        "cube store --dims sex --memory 64MiB --out x.parquet",
        "error: a cube needs 128 MiB of memory at least\nhint: pass `--memory 128MiB` or more\n",
    );
    fails(
        "cube store --dims sex --measure persons --keep kept --out x.parquet",
        "error: a base has no persons, so different ones cannot be counted\nhint: leave out `--keep`, or count victims\n",
    );
    bench.run("cube store --dims sex --out x.parquet -q").succeeds();
    bench.run("cube store --dims sex --out x.parquet").fails(
        1,
        "error[release/exists]: the output exists already and was left as it is\n  --> x.parquet\n\
         hint: choose another place, or pass `--force` to replace it\n",
    );
    bench.write("no.parquet", "no Parquet");
    bench.run("cube no.parquet --dims sex --out y.parquet").fails(
        1,
        "error[file/damaged]: a file of the store is damaged, or is no Parquet file\n  --> no.parquet\n\
         hint: it was cut short or changed: make it again\n",
    );
    // Nothing half-written stays.
    assert!(!bench.path("y.parquet").exists());
    let left: Vec<_> = std::fs::read_dir(bench.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

/// Three counts of 2^63 - 1 each do not fit together, and nothing wraps.
#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;
    let columns: [(&str, ArrayRef); 4] = [
        ("area", Arc::new(StringArray::from(vec!["KHM"; 3]))),
        ("sex", Arc::new(StringArray::from(vec!["F", "M", "_U"]))),
        ("count", Arc::new(Int64Array::from(vec![i64::MAX; 3]))),
        ("count_upper", Arc::new(Int64Array::from(vec![i64::MAX; 3]))),
    ];
    let batch = arrow::record_batch::RecordBatch::try_from_iter(columns).unwrap();
    let bench = Bench::new();
    let file = std::fs::File::create(bench.path("large.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bench.run("cube --from-base large.parquet --dims area,sex --out cube.parquet").fails(
        1,
        "error[base/not-a-count]: the column `count_upper` holds what is no count\n  \
         --> large.parquet, row group 1, column `count_upper`\n   = found: the sum up to here is beyond 2^63\n\
         hint: `count` and `count_upper` are whole numbers from 0 on, none of them missing, and together below 2^63\n\
         hint: `tipstat cube STORE --dims DIMENSIONS --print-sql` prints the statement that makes a base\n",
    );
}

/// Four victims: SEX; SEX and LAB; LAB and DOM; unknown. Each form counted, 2 + 2 + 1; one code a victim, 1 and twice
/// `MIX`; the first in the order of the list, 2 + 1; each set as it is, 1 + 1 + 1. The total is four under every rule.
#[test]
fn several_forms_under_each_counting_rule() {
    let text =
        "area,year,sex,age,form\nKHM,2022,F,17,SEX\nKHM,2022,F,17,SEX;LAB\nKHM,2022,F,17,LAB;DOM\nKHM,2022,F,17,_U\n";
    let bench = Bench::new().file("a.csv", text);
    bench.run("ingest a.csv --schema victim --out store -q").succeeds();
    let rules: [(&str, &[(&str, u64)]); 4] = [
        ("form", &[("SEX", 2), ("LAB", 2), ("DOM", 1), ("_U", 1)]),
        ("form:mix", &[("SEX", 1), ("MIX", 2), ("_U", 1)]),
        ("form:first", &[("SEX", 2), ("LAB", 1), ("_U", 1)]),
        ("form:sets", &[("SEX", 1), ("SEX;LAB", 1), ("LAB;DOM", 1), ("_U", 1)]),
    ];
    for (rule, expected) in rules {
        bench.run(&format!("cube store --dims {rule} --out c.parquet --force -q")).succeeds();
        let mut counts: std::collections::BTreeMap<String, (u64, u64)> =
            expected.iter().map(|(code, count)| (format!("{rule}|{code}"), (*count, *count))).collect();
        counts.insert("_T".to_owned(), (4, 4));
        assert_eq!(cube_cells(&bench.path("c.parquet")), counts, "{rule}");
    }
}
