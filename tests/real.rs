//! The real file of CTDC against a naive loop. Skipped, and said so, where the file is not at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::{Bench, counted, drafts, exact};

fn file() -> Option<PathBuf> {
    let folder = std::env::var_os("TIPSTAT_REAL_DATA")?;
    Some(PathBuf::from(folder).join("ctdc").join("ctdc_kanon_2021_until_2015.csv"))
}

macro_rules! real_file {
    () => {
        match file() {
            Some(path) => path,
            None => {
                eprintln!("skipped: TIPSTAT_REAL_DATA is not set");
                return;
            }
        }
    };
}

struct Rows {
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    fn read(path: &PathBuf) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        Self { header, rows: reader.records().map(Result::unwrap).collect() }
    }

    fn count_by(&self, columns: &[&str]) -> BTreeMap<Vec<String>, u64> {
        let at: Vec<_> = columns.iter().map(|name| self.header.iter().position(|h| h == name).unwrap()).collect();
        let mut counts = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(at.iter().map(|&c| row[c].to_owned()).collect()).or_default() += 1;
        }
        counts
    }
}

/// Sex and majority, year, and country of exploitation.
#[test]
fn simple_totals_equal_a_naive_count() {
    let path = real_file!();
    let rows = Rows::read(&path);
    assert_eq!(rows.rows.len(), 26_513);
    let (record, base) = counted(&std::fs::read_to_string(&path).unwrap(), Some("ctdc-kanon"));
    assert_eq!(base.total(), 26_513);
    let drafts = drafts(&record, &base, &["victims-detected", "victims-by-profile"]);
    let [detected, profile] = ["victims-detected", "victims-by-profile"]
        .map(|name| &drafts.iter().find(|draft| draft.indicator.id == name).unwrap().cube);
    let by = |names: &[&str]| rows.count_by(names);
    for (key, count) in by(&["gender", "majorityStatus"]) {
        let sex = match key[0].as_str() {
            "Female" => "F",
            "Male" => "M",
            _ => "_U",
        };
        let age = match key[1].as_str() {
            "Minor" => "Y0T17",
            "Adult" => "Y_GE18",
            _ => "_U",
        };
        assert_eq!(exact(profile, &["M49_001", "_T", sex, age]), count, "{key:?}");
    }
    for (key, count) in by(&["yearOfRegistration"]) {
        let year = if key[0].is_empty() { "_U" } else { &key[0] };
        assert_eq!(exact(detected, &["M49_001", year]), count, "{key:?}");
    }
    let registry = tipstat::schema::Registry::built_in();
    let crosswalk = registry.source(tipstat::schema::Kind::Crosswalks, "ISO2--CL_AREA").unwrap().remove(0).1;
    for (key, count) in by(&["CountryOfExploitation"]) {
        let line = crosswalk.lines().find_map(|line| line.strip_prefix(&format!("{} = \"", key[0])));
        let area = line.map_or("_U", |rest| rest.trim_end_matches('"'));
        assert_eq!(exact(detected, &[area, "_T"]), count, "{key:?}");
    }
}

/// Forms, counted among persons with at least one flag of yes.
#[test]
fn forms_equal_a_naive_count() {
    let path = real_file!();
    let rows = Rows::read(&path);
    let (record, base) = counted(&std::fs::read_to_string(&path).unwrap(), Some("ctdc-kanon"));
    let drafts = drafts(&record, &base, &["victims-by-form"]);
    let cube = &drafts[0].cube;
    let groups: [(&str, &[&str]); 3] = [
        ("FG_SEXUAL", &["isSexualExploit"]),
        ("FG_LABOUR", &["isForcedLabour", "isSlaveryAndPractices"]),
        ("FG_OTHER", &["isOtherExploit", "isForcedMarriage", "isForcedMilitary", "isOrganRemoval"]),
    ];
    for sex in ["_T", "F", "M"] {
        let gender = rows.header.iter().position(|h| h == "gender").unwrap();
        let wanted = |row: &csv::StringRecord| match sex {
            "F" => &row[gender] == "Female",
            "M" => &row[gender] == "Male",
            _ => true,
        };
        let yes = |row: &csv::StringRecord, names: &[&str]| {
            names.iter().any(|name| &row[rows.header.iter().position(|h| h == name).unwrap()] == "1")
        };
        let count = |names: &[&str]| rows.rows.iter().filter(|row| wanted(row) && yes(row, names)).count() as u64;
        let mut all = Vec::new();
        for (group, names) in groups {
            assert_eq!(exact(cube, &["M49_001", "_T", group, sex]), count(names), "{group} {sex}");
            all.extend_from_slice(names);
        }
        assert_eq!(exact(cube, &["M49_001", "_T", "_K", sex]), count(&all), "known {sex}");
    }
}

/// A release of the real file: every record is accounted for, and the attacker narrows nothing.
#[test]
fn the_real_file_makes_a_release() {
    let path = real_file!();
    let run = format!(
        "[release]\nid = \"ctdc\"\ntitle = \"CTDC\"\npolicy = \"ctdc\"\n[[input]]\npath = '{}'\nprofile = \"ctdc-kanon\"\n",
        path.canonicalize().unwrap().display()
    );
    let bench = Bench::new().file("tipstat.toml", run);
    let ran = bench.run("run");
    ran.succeeds()
        .says("26 513 records read = 26 513 accepted + 0 rejected + 0 duplicates")
        .says("the attacker narrowed 0");
    bench.run("verify out").succeeds();
}
