//! Records with the count 0: they count zero victims, and declare that their area reported the year.

use crate::support::{Bench, contents, rows, slashed, store_rows};

/// Cambodia reports 2020 and 2021, Thailand 2020 only.
const GAP: &str = "area,year,sex,age,form,count\nKHM,2020,F,Y_GE18,SEX,100\nTHA,2020,F,Y_GE18,SEX,100\n\
    KHM,2021,F,Y_GE18,SEX,100\n";

/// Thailand looked for victims in 2021 and detected none.
const ZERO: &str = "THA,2021,,,,0\n";

const DECLARED: &str = "[[coverage]]\narea = \"THA\"\nyears = [2021]\n";

const TABLES: &str = "--id x --title x --tables victims-detected,victims-by-form,sdg-16-2-2";

fn bench(records: &str, policy: &str, more: &str) -> Bench {
    let config = format!(
        "[release]\nid = \"x\"\ntitle = \"x\"\npolicy = \"{policy}\"\n[[input]]\npath = \"in.csv\"\n[tables]\n\
         packs = [\"victims-detected\", \"victims-by-form\", \"sdg-16-2-2\"]\n{more}"
    );
    Bench::new().with_hidden_zeros().file("in.csv", records).file("tipstat.toml", config)
}

/// What a release shows: tables, panels, the SDMX file, and what the manifest declares.
fn shown(bench: &Bench, release: &str) -> (Vec<(String, Vec<u8>)>, serde_json::Value) {
    let folder = bench.path(release);
    let mut files = contents(&folder);
    files.retain(|(name, _)| ["tables/", "sdmx/", "panels.csv"].iter().any(|part| name.starts_with(part)));
    assert!(files.iter().any(|(name, _)| name == "panels.csv") && files.len() > 8);
    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    (files, manifest["coverage"].clone())
}

/// The number of an area, or of a region, in 2021.
fn published(bench: &Bench, release: &str, indicator: &str, area: &str) -> String {
    let found = rows(&bench.path(&format!("{release}/tables/victims-detected.csv")));
    let is_row = |row: &&crate::support::Row| {
        row["INDICATOR"] == indicator && row["REF_AREA"] == area && row["TIME_PERIOD"] == "2021"
    };
    let row = found.iter().find(is_row).unwrap_or_else(|| panic!("no {indicator} {area}"));
    format!("{} {}", row["OBS_VALUE"], row["OBS_STATUS"])
}

/// A record and the run file say the same, byte by byte, whatever the codes of the record are and under every policy.
#[test]
fn a_zero_record_declares_as_a_run_file_does() {
    for policy in ["default", "hidden"] {
        let declared = bench(GAP, policy, DECLARED);
        declared.run("run --schemas own").succeeds();
        let expected = shown(&declared, "out/release");
        assert_eq!(expected.1[0]["area"], "THA");
        for zero in [ZERO, "THA,2021,F,Y_GE18,SEX,0\n", "THA,2021,?,,romance scams,00\nTHA,2021,M,30,,0\n"] {
            let bench = bench(&format!("{GAP}{zero}"), policy, "");
            let ran = bench.run("run --schemas own");
            let n = 3 + zero.lines().count();
            ran.succeeds().says(&format!("{n} records read, {n} accepted, 0 rejected, 0 duplicates"));
            ran.says("warning[record/zero-declared]");
            assert!(shown(&bench, "out/release") == expected, "{policy} {zero}");
            // No person is stored.
            assert_eq!(store_rows(&bench.path("out/restricted"), &["area"]), ["KHM", "THA", "KHM"]);
        }
    }
}

#[test]
fn a_declared_zero_is_a_zero_and_stays_in_panels() {
    let bench = bench(&format!("{GAP}{ZERO}"), "default", "");
    bench.run("run").succeeds();
    for (indicator, area, expected) in [
        ("DETV_N", "THA", "0 A"),
        ("DETV_CH_PT", "THA", "-100 A"),
        ("DETV_N", "M49_035", "100 A"),
        ("DETV_CH_PT", "M49_035", "-50 A"),
        ("DETV_IX", "M49_035", "50 A"),
    ] {
        assert_eq!(published(&bench, "out/release", indicator, area), expected, "{indicator} {area}");
    }
    let panels = rows(&bench.path("out/release/panels.csv"));
    assert!(panels.iter().filter(|row| row["REF_AREA"] == "M49_035").all(|row| row["AREAS"] == "KHM;THA"));
}

/// The stores of a run, of an ingest and of two ingests know it, and `combine` as well.
#[test]
fn stores_keep_what_their_records_declare() {
    let bench = bench(&format!("{GAP}{ZERO}"), "default", "");
    bench.run("run").succeeds();
    let expected = shown(&bench, "out/release");
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.write("first.csv", GAP);
    bench.write("second.csv", format!("area,year,sex,age,form,count\n{ZERO}"));
    bench.run("ingest first.csv --schema victim --out twice").succeeds();
    let ran = bench.run("ingest second.csv --schema victim --out twice --append");
    ran.succeeds().says("1 records read, 1 accepted, 0 rejected");
    // Zeros first: a store without a row, to which records are added.
    bench.run("ingest second.csv --schema victim --out turned").succeeds();
    bench.run("ingest first.csv --schema victim --out turned --append").succeeds();
    bench.run("ingest second.csv --schema victim --out alone").succeeds();
    bench.run("ingest first.csv --schema victim --out others").succeeds();
    for (release, stores) in [
        ("a", "out/restricted"),
        ("b", "store"),
        ("c", "twice"),
        ("d", "turned"),
        ("e", "alone others"),
        ("f", "others alone"),
    ] {
        bench.run(&format!("tabulate {stores} {TABLES} --out {release}")).succeeds();
        assert!(shown(&bench, release) == expected, "{stores}");
    }
    for (release, package) in [("g", "out/restricted"), ("h", "twice"), ("i", "out/release")] {
        bench.run(&format!("combine {package} --tables victims-detected --out {release}")).succeeds();
        for (indicator, value) in [("DETV_N", "100 A"), ("DETV_CH_PT", "-50 A"), ("DETV_IX", "50 A")] {
            assert_eq!(published(&bench, release, indicator, "M49_035"), value, "{package} {indicator}");
        }
        assert_eq!(published(&bench, release, "DETV_N", "THA"), "0 A");
    }
}

/// A file that holds nothing but zeros is a report too.
#[test]
fn a_file_of_zeros_alone_is_a_release() {
    let records = format!("area,year,sex,age,form,count\n{ZERO}{ZERO}");
    // A policy that hides zeros hides this one.
    for (policy, expected) in [("hidden", " Q"), ("default", "0 A")] {
        let bench = bench(&records, policy, "");
        bench.run("run --schemas own").succeeds().says("2 records read, 2 accepted, 0 rejected, 0 duplicates");
        assert_eq!(published(&bench, "out/release", "DETV_N", "THA"), expected);
    }
    let bench = bench(&records, "default", "");
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --id x --title x --tables victims-detected --out out2").succeeds();
    assert_eq!(published(&bench, "out2", "DETV_N", "THA"), "0 A");
}

/// The women of Thailand were not read, so that there were no men does not make a zero of all.
#[test]
fn a_zero_next_to_a_rejected_record_declares_nothing() {
    let expected = bench(GAP, "default", "");
    expected.run("run").succeeds();
    let expected = shown(&expected, "out/release");
    let lines = "THA,2021,M,,SEX,0\nTHA,2021,F,30,SEX,many\n";
    let limit = "[limits]\nmax_rejects = 1\n";
    let one = bench(&format!("{GAP}{lines}"), "default", limit);
    one.run("run").succeeds().says("5 records read, 4 accepted, 1 rejected");
    assert!(shown(&one, "out/release") == expected);
    let nothing = bench(&format!("{}\n{lines}", GAP.lines().next().unwrap()), "default", limit);
    nothing.run("run").refuses("error[limit/nothing-accepted]: the files hold no record");
    assert_eq!(published(&one, "out/release", "DETV_N", "THA"), " L");
    // In two files, and where the rejected record is of another year.
    let header = GAP.lines().next().unwrap();
    let split = bench(&format!("{GAP}THA,2021,M,,SEX,0\n"), "default", limit);
    split.write("in2.csv", format!("{header}\nTHA,2021,F,30,SEX,many\n"));
    let config = std::fs::read_to_string(split.path("tipstat.toml")).unwrap();
    split.write("tipstat.toml", config.replace("in.csv", "in*.csv"));
    split.run("run").succeeds();
    assert!(shown(&split, "out/release") == expected);
    split.write("in2.csv", format!("{header}\nTHA,2020,F,30,SEX,many\n"));
    split.run("run --force").succeeds();
    assert_eq!(published(&split, "out/release", "DETV_N", "THA"), "0 A");
}

/// What the run file says of dimensions holds: a zero declares the year alone.
#[test]
fn a_zero_does_not_undo_the_dimensions_of_a_declaration() {
    let limited = "[[coverage]]\narea = \"THA\"\nyears = [2021]\ndimensions = [\"SEX\"]\n";
    let without = bench(GAP, "default", limited);
    without.run("run").succeeds();
    let with = bench(&format!("{GAP}{ZERO}"), "default", limited);
    with.run("run").succeeds();
    let expected = shown(&without, "out/release");
    assert!(shown(&with, "out/release") == expected);
    with.run("ingest in.csv --schema victim --out store").succeeds();
    with.run("tabulate store --config tipstat.toml --out again").succeeds();
    assert!(shown(&with, "again") == expected);
    with.run(&format!("tabulate out/restricted {TABLES} --out third")).succeeds();
    assert!(shown(&with, "third") == expected);
}

/// A zero that declares nothing is not a count, as before.
#[test]
fn other_zeros_are_rejected() {
    let header = "person_id,area,year,sex,age,form,count\n";
    for (row, rule) in [
        ("p1,THA,2021,F,30,SEX,0", "error[cell/not-a-count]"),
        (",THA,2021,F,30,SEX,<1", "error[cell/not-a-count]"),
        (",THA,2021,F,30,SEX,0.0", "error[cell/not-a-count]"),
        (",THA,2021,F,30,SEX,-0", "error[cell/not-a-count]"),
        (",THA,2021,F,30,SEX,", "error[cell/not-a-count]"),
        (",_U,2021,F,30,SEX,0", "error[cell/not-a-count]"),
        (",R150,2021,F,30,SEX,0", "error[cell/not-a-count]"),
        (",THA,_U,F,30,SEX,0", "error[cell/not-a-count]"),
        (",Tahiland,2021,F,30,SEX,0", "error[cell/not-in-codelist]"),
        (",THA,2121,F,30,SEX,0", "error[cell/not-in-codelist]"),
        (",,2021,F,30,SEX,0", "error[cell/missing]"),
        (",THA,,F,30,SEX,0", "error[cell/missing]"),
        (",THA,2021,F,30,SEX,0,", "error[record/ragged]"),
    ] {
        let bench = Bench::new().file("in.csv", format!("{header}{row}\n"));
        let ran = bench.run("validate in.csv");
        ran.code_is(1).says("1 records read, 0 accepted, 1 rejected").says(rule);
        assert!(!ran.stdout.contains("zero-declared"), "{row}");
    }
    // A mask is a count that is not known, and a word for no id names no person.
    let bench = Bench::new().file("in.csv", format!("{header},THA,2021,F,30,SEX,<5\nunknown,THA,2020,,,,0\n"));
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["area", "year"]), ["THA|2021"]);
    bench.run("validate in.csv --deny record/zero-declared").code_is(1).says("error[record/zero-declared]  1");
    // A profile for which 0 is a word for missing, and one that skips such rows.
    let layout = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\nMORE[[map]]\nfield = \"area\"\ncolumn = \"area\"\n\
        [[map]]\nfield = \"year\"\ncolumn = \"year\"\n[[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\ncolumn = \"age\"\n[[map]]\nfield = \"count\"\n\
        column = \"count\"\n[ignore]\ncolumns = [\"form\", \"person_id\"]\n";
    for (more, says) in [
        ("missing = [\"0\"]\n", "error[cell/not-a-count]"),
        ("[skip]\ncount = [\"0\"]\n", "warning[record/passed-over]"),
        ("", "warning[record/zero-declared]"),
    ] {
        bench.write("s/profiles/p.toml", layout.replace("MORE", more));
        bench.run("validate in.csv --schemas s --profile p").says(says);
    }
}

/// Repeated records are found by their place among the rows that are stored.
#[test]
fn zeros_do_not_shift_the_places_of_duplicates() {
    let records = "person_id,area,year,sex,age,form,count\n,THA,2021,,,,0\np1,KHM,2021,F,30,SEX,1\n,THA,2021,,,,0\n\
        p1,KHM,2021,F,30,SEX,1\np2,KHM,2021,M,30,LAB,1\n,THA,2020,,,,0\np2,KHM,2021,M,30,LAB,1\n";
    for conflicts in ["keep", "merge"] {
        let bench = Bench::new().file("in.csv", records);
        let ran = bench.run(&format!("ingest in.csv --schema victim --conflicts {conflicts} --out store"));
        ran.succeeds().says("7 records read, 5 accepted, 0 rejected, 2 duplicates");
        let mut stored = store_rows(&bench.path("store"), &["area", "sex"]);
        stored.sort();
        assert_eq!(stored, ["KHM|F", "KHM|M"]);
    }
}

/// Other records and formats, and how much of each field is known, in which zeros have no part.
#[test]
fn zeros_of_other_records_and_formats() {
    let bench = Bench::new()
        .file("j.csv", "area,year,stage,sex,age,count\nTHA,2021,,,,0\nKHM,2021,CONVICTED,F,Y_GE18,3\n")
        .file("r.csv", "area,year,repatriated_from,sex,age,count\nTHA,2021,,,,0\n")
        .file("v.jsonl", "{\"area\":\"THA\",\"year\":2021,\"sex\":null,\"age\":null,\"count\":0}\n");
    for (file, schema) in [("j.csv", "justice"), ("r.csv", "repatriation"), ("v.jsonl", "victim")] {
        let ran = bench.run(&format!("validate {file} --schema {schema}"));
        ran.succeeds().says("warning[record/zero-declared]  1");
    }
    let ran = bench.run("validate j.csv --schema justice --format json");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report[0]["accepted"], &report[0]["declarations"]), (&2.into(), &1.into()));
    let fields = report[0]["fields"].as_array().unwrap();
    assert!(!fields.is_empty());
    // The zero has no part in them, and a record weighs its three persons.
    for field in fields {
        assert_eq!((&field["records"], &field["unknown"]), (&3.into(), &0.into()), "{field}");
    }
}

/// One area for the whole file, and columns of counts of one sex each.
#[test]
fn zeros_of_wide_tables_and_of_one_area() {
    let profile = "id = \"w\"\ntitle = \"w\"\nsource = \"w\"\nrecord = \"victim@1\"\n[[map]]\nfield = \"area\"\nconstant = \"THA\"\n\
        [[map]]\nfield = \"year\"\ncolumn = \"year\"\n[[map]]\nfield = \"age\"\nconstant = \"_U\"\n[[series]]\ncolumn = \"women\"\n\
        codes = { sex = \"F\" }\n[[series]]\ncolumn = \"men\"\ncodes = { sex = \"M\" }\n";
    let bench = Bench::new().file("s/profiles/w.toml", profile).file("w.csv", "year,women,men\n2020,12,0\n2021,0,0\n");
    let ran = bench.run("ingest w.csv --schemas s --profile w --out store");
    ran.succeeds().says("4 records read, 4 accepted, 0 rejected").says("warning[record/zero-declared]  1  `women`");
    assert_eq!(store_rows(&bench.path("store"), &["area", "year", "sex"]), ["THA|2020|F"]);
    let run = std::fs::read_to_string(bench.path("store/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["coverage"], serde_json::json!([{ "area": "THA", "years": [2020, 2021] }]));
    assert!(crate::support::files_below(&bench.path("store")).iter().any(|path| slashed(path) == "run.json"));
}
