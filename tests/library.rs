//! The library as other programs call it.

use tipstat::arrow::array::AsArray;
use tipstat::arrow::datatypes::Float64Type;
use tipstat::{Control, Release, Run, Validator, Verdict};

use crate::support::{Bench, project};

const HEADER: &str = "area,year,sex,age,form\n";

const RUN: &str = r#"
[release]
id = "khm-2023"
title = "Detected victims, 2023"

[[input]]
path = "records.csv"
schema = "victim"

[tables]
packs = ["victims-detected"]
"#;

fn bench() -> Bench {
    let records = HEADER.to_owned() + &"KHM,2023,F,15,FG_SEXUAL\n".repeat(12) + "KHM,2023,nobody,15,FG_SEXUAL\n";
    Bench::new().file("records.csv", records).file("tipstat.toml", RUN.to_owned() + "[limits]\nmax_rejects = \"10%\"\n")
}

#[test]
fn a_run_file_becomes_tables_of_arrow() {
    let bench = bench();
    let run = Run::read(bench.path("tipstat.toml")).unwrap().into_folder(bench.path("out"));
    let counts = run.rehearse().unwrap();
    assert_eq!((counts.read, counts.accepted, counts.rejected, counts.duplicates), (13, 12, 1, 0));
    assert!(!bench.path("out").exists(), "a rehearsal writes nothing");
    let release = run.execute().unwrap();
    assert_eq!((release.id(), release.title(), release.tables().len()), ("khm-2023", "Detected victims, 2023", 1));
    let table = release.table("victims-detected").unwrap().to_arrow().unwrap();
    let values = table.column_by_name("OBS_VALUE").unwrap().as_primitive::<Float64Type>();
    assert!(values.iter().flatten().any(|value| value == 12.0), "{values:?}");
    assert_eq!(table.schema().metadata()["tipstat.release"], "khm-2023");
    let refused = run.execute().unwrap_err();
    assert_eq!((refused.verdict(), refused.rule()), (Verdict::Refused, Some("release/exists")));
    run.replacing().execute().unwrap();
}

#[test]
fn a_release_of_another_office_is_compared_with_its_digests() {
    let expected = Release::read(project().join("sample-data/expected")).unwrap();
    assert!(expected.is_synthetic() && expected.tables().len() > 5);
    let bench = bench();
    let release = Run::read(bench.path("")).unwrap().into_folder(bench.path("out")).execute().unwrap();
    std::fs::write(release.folder().join("labels.csv"), "forged").unwrap();
    let refused = Release::read(release.folder()).unwrap_err();
    assert_eq!(refused.rule(), Some("release/differs"));
    assert!(refused.place().unwrap().ends_with("labels.csv"));
}

/// The name of a stream is for messages. A file of that name has nothing to do with it.
#[test]
fn records_from_any_reader_are_validated() {
    let text = HEADER.to_owned() + "KHM,2023,F,15,FG_SEXUAL\nKHM,2023,X,15,FG_SEXUAL\n";
    let checked = Validator::for_schema("victim").validate("Cargo.toml", std::io::Cursor::new(text)).unwrap();
    let finding = checked.findings().iter().find(|finding| finding.severity == "error").unwrap();
    assert_eq!((finding.rule, finding.count, &*finding.lines), ("cell/not-in-codelist", 1, &[3][..]));
    assert!(!checked.is_clean());
    let without_area = "year,sex,age\n2023,F,15\n".as_bytes();
    let checked = Validator::for_schema("victim").with_area("KHM").validate("a", without_area).unwrap();
    assert!(checked.is_clean() && checked.not_collected().contains(&"form".to_owned()));
}

#[test]
fn a_validation_stops_when_it_is_asked_to() {
    let control = Control::default();
    control.stop_flag().store(true, std::sync::atomic::Ordering::Relaxed);
    let validator = Validator::for_schema("victim").controlled_by(&control);
    let text = HEADER.to_owned() + "KHM,2023,F,15,FG_SEXUAL\n";
    let stopped = validator.validate("a", std::io::Cursor::new(text)).unwrap_err();
    assert_eq!(stopped.verdict(), Verdict::Interrupted);
}
