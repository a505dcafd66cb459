//! How many instructions counting takes a record, by callgrind: the same on any machine, however busy it is.
//!
//! Two stores of different size are counted into the same few cells, so that the difference is what records cost: they are
//! read and counted. The program is the one that `TIPSTAT_RELEASE` names, as `.ci/run` does: an unoptimised one says
//! nothing.

use std::process::Command;

use crate::support::{Bench, project, skipped};

const FEW: u64 = 40_000;
const MANY: u64 = 240_000;

/// `hard` records hardly repeat; `real` ones are drawn from 600 kinds.
fn records(kind: &str, count: u64) -> String {
    let mut text = "area,year,sex,age,form,citizenship,migratory_status\n".to_owned();
    let mut state = 154u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let areas = ["KHM", "PHL", "VNM", "THA", "FRA", "DEU", "NGA", "BRA", "COL", "ESP"];
    let forms = ["SEX", "LAB", "DOM", "BEG", "CRIM", "SEX;LAB", ""];
    let statuses = ["NAT_RES", "FOR_IRREG", "ASYLUM", "REFUGEE", ""];
    for _ in 0..count {
        let mut number = if kind == "real" {
            (draw() % 600).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16
        } else {
            draw().wrapping_mul(draw())
        };
        let mut digit = |below: u64| {
            let digit = number % below;
            number /= below;
            digit as usize
        };
        let (area, year, sex) = (areas[digit(10)], 2010 + digit(10), ["F", "M"][digit(2)]);
        let (age, form) = (10 + digit(30), forms[digit(7)]);
        text.push_str(&format!("{area},{year},{sex},{age},{form},{},{}\n", areas[digit(10)], statuses[digit(5)]));
    }
    text
}

/// Instructions of `cube` over so many records.
fn measured(program: &str, kind: &str, count: u64) -> Option<u64> {
    let bench = Bench::new().file("in.csv", records(kind, count));
    bench.run("ingest in.csv --out store -q").succeeds();
    let dimensions = "area,year,sex,age@band,form@group,citizenship,migratory_status";
    let cube = format!("cube store --dims {dimensions} --max-order 3 --threads 1 --out cube.parquet -q --no-progress");
    instructions(program, &bench, &cube)
}

/// Returns the instructions of a command, nothing without valgrind.
fn instructions(program: &str, bench: &Bench, command: &str) -> Option<u64> {
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=out", program])
        .args(command.split(' '))
        .current_dir(bench.path(""))
        .output()
        .ok()?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let output = String::from_utf8(ran.stderr).unwrap();
    let line = output.lines().find(|line| line.contains("Collected :")).expect("callgrind says what it collected");
    line.rsplit(' ').next().unwrap().parse().ok()
}

/// Whoever makes trial data does not wait longer for it than twice as long as for its validation.
#[test]
fn generating_records_takes_at_most_twice_the_instructions_of_reading_them() {
    let Ok(program) = std::env::var("TIPSTAT_RELEASE") else {
        return skipped("release program (`TIPSTAT_RELEASE` names one)");
    };
    let program = std::fs::canonicalize(program).unwrap().to_string_lossy().into_owned();
    let bench = Bench::new();
    let ingest =
        |count: u64| format!("ingest {count}.csv --schema victim --threads 1 --out store --force -q --no-progress");
    let measured = [FEW, MANY].map(|count| {
        let made = instructions(&program, &bench, &format!("generate records --records {count} --out {count}.csv -q"))?;
        Some((made, instructions(&program, &bench, &ingest(count))?))
    });
    let [Some((made_few, read_few)), Some((made_many, read_many))] = measured else {
        return skipped("valgrind");
    };
    let a_record = |few: u64, many: u64| (many - few) as f64 / (MANY - FEW) as f64;
    let (made, read) = (a_record(made_few, made_many), a_record(read_few, read_many));
    eprintln!("{made:.0} instructions to generate a record, {read:.0} to read it");
    assert!(made <= 2.0 * read, "{made:.0} instructions to generate a record, {read:.0} to read it");
}

#[test]
fn counting_takes_no_more_instructions_than_were_recorded() {
    let Ok(program) = std::env::var("TIPSTAT_RELEASE") else {
        return skipped("release program (`TIPSTAT_RELEASE` names one)");
    };
    let program = std::fs::canonicalize(program).unwrap().to_string_lossy().into_owned();
    let file = project().join("benches").join("instructions.json");
    let recorded: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let version = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8(version).unwrap();
    if !version.contains(recorded["rustc"].as_str().unwrap()) {
        return skipped(&format!("rustc {}, with which instructions were recorded", recorded["rustc"]));
    }
    for kind in ["hard", "real"] {
        let (Some(few), Some(many)) = (measured(&program, kind, FEW), measured(&program, kind, MANY)) else {
            return skipped("valgrind");
        };
        let a_record = (many - few) as f64 / (MANY - FEW) as f64;
        let expected = recorded[kind].as_f64().unwrap();
        eprintln!("{kind}: {a_record:.1} instructions a record, {expected} recorded");
        assert!(
            (a_record / expected - 1.0).abs() <= 0.1,
            "{kind}: {a_record:.1} instructions a record, {expected} recorded in benches/instructions.json: find out why"
        );
    }
}
