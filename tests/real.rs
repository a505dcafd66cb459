//! Real files of publishers against naive loops. Skipped, and said so, where the file is not at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::{Bench, counted, drafts, exact, real_data, store_rows};

macro_rules! real_file {
    () => {
        real_file!("ctdc/ctdc_kanon_2021_until_2015.csv")
    };
    ($name:expr) => {
        match real_data($name) {
            Some(path) => path,
            None => return,
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
    let registry = tipstat::internals::schema::Registry::built_in();
    let crosswalk =
        registry.source(tipstat::internals::schema::SchemaKind::Crosswalks, "ISO2--CL_AREA").unwrap().remove(0).1;
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
        let is_counted = |row: &csv::StringRecord| match sex {
            "F" => &row[gender] == "Female",
            "M" => &row[gender] == "Male",
            _ => true,
        };
        let yes = |row: &csv::StringRecord, names: &[&str]| {
            names.iter().any(|name| &row[rows.header.iter().position(|h| h == name).unwrap()] == "1")
        };
        let count = |names: &[&str]| rows.rows.iter().filter(|row| is_counted(row) && yes(row, names)).count() as u64;
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
        "[release]\nid = \"ctdc\"\ntitle = \"CTDC\"\npolicy = \"ctdc\"\n[[input]]\npath = '{}'\nprofile = \"ctdc-kanon\"\n\
         [tables]\npacks = [\"victims-detected\", \"victims-by-profile\", \"victims-by-form\", \"victims-by-citizenship\", \
         \"victims-by-age-band\", \"victims-by-nationality\"]\n",
        path.canonicalize().unwrap().display()
    );
    let bench = Bench::new().file("tipstat.toml", run);
    let ran = bench.run("run --allow-outside");
    ran.succeeds()
        .says("26 513 records read = 26 513 accepted + 0 rejected + 0 duplicates")
        .says("audit by interval propagation: 0 unsafe");
    bench.run("verify out/release").succeeds();
}

/// Every published file goes through with a shipped profile: how many figures, and how many of them are accepted.
#[test]
fn every_published_file_has_a_profile() {
    let files = [
        ("ctdc/CTDC_VPsynthetic_condensed.csv", "ctdc-vp", 21_195, 21_195),
        ("unodc/data_glotip_20230530.csv", "unodc-glotip", 46_556, 45_526),
        ("unodc/data_glotip_20230530.xlsx", "unodc-glotip", 46_556, 45_526),
        ("sdg/unsd_vc_htf_detv.csv", "sdg-unsd", 998, 998),
        ("sdg/unsd_vc_htf_detvfl.csv", "sdg-unsd", 1_873, 1_873),
        ("sdg/unsd_vc_htf_detvog.csv", "sdg-unsd", 1_083, 1_083),
        ("sdg/unsd_vc_htf_detvop.csv", "sdg-unsd", 1_664, 1_664),
        ("sdg/unsd_vc_htf_detvsx.csv", "sdg-unsd", 386, 386),
        ("national/national_ARM.csv", "sdg-national-arm", 42, 42),
        ("national/national_CAN.csv", "sdg-national-can", 10, 10),
        ("national/national_HRV.csv", "sdg-national-hrv", 96, 96),
        ("national/national_JAM.csv", "sdg-national-jam", 35, 35),
        ("national/national_MLT.csv", "sdg-national-mlt", 84, 84),
        ("national/national_USA.csv", "sdg-national-usa", 15, 15),
    ];
    for (name, profile, records, accepted) in files {
        let bench = Bench::new();
        std::fs::copy(real_file!(name), bench.path(name.rsplit('/').next().unwrap())).unwrap();
        let file = name.rsplit('/').next().unwrap();
        let ran = bench.run(&format!("validate {file} --profile {profile} --max-rejects 100% --format json"));
        let report: serde_json::Value = serde_json::from_str(&ran.succeeds().stdout).unwrap();
        assert_eq!((&report[0]["records"], &report[0]["accepted"]), (&records.into(), &accepted.into()), "{name}");
    }
}

/// The portal's file against a naive reading of its columns: every mask that is accepted is [0, 4], every number is itself,
/// and at least 95 % of the rows by citizenship have a citizenship, a national one, or are reported as unknown.
#[test]
fn the_portal_file_against_a_naive_reading() {
    let path = real_file!("unodc/data_glotip_20230530.csv");
    let bench = Bench::new();
    std::fs::copy(&path, bench.path("in.csv")).unwrap();
    let ran = bench.run("ingest in.csv --profile unodc-glotip --out store --max-rejects 100%");
    ran.succeeds();
    let rejected: std::collections::BTreeSet<u64> = {
        let file = std::fs::File::open(bench.path("store/rejects.parquet")).unwrap();
        let reader =
            parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        reader
            .flat_map(|batch| {
                let batch = batch.unwrap();
                let lines: &arrow::array::UInt64Array =
                    batch.column_by_name("LINE").unwrap().as_any().downcast_ref().unwrap();
                lines.values().to_vec()
            })
            .collect()
    };
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(&path).unwrap();
    let (mut expected, mut by_citizenship, mut resolved) = (Vec::new(), 0, 0);
    // No cell of this file holds a line end, so records are lines.
    for (line, record) in (1..).zip(reader.into_byte_records()).skip(3) {
        let record = record.unwrap();
        let cell = |at: usize| String::from_utf8_lossy(&record[at]).into_owned();
        let kept = !rejected.contains(&line);
        if cell(5) == "by citizenship" {
            by_citizenship += 1;
            resolved += u32::from(kept);
        }
        if kept {
            let value = cell(11).replace(',', "");
            expected.push(if value == "<5" { "0|4|Q".to_owned() } else { format!("{value}|{value}|A") });
        }
    }
    assert_eq!(expected.len(), 45_526);
    assert!(expected == store_rows(&bench.path("store"), &["lower", "upper", "status"]));
    assert!(resolved * 100 >= by_citizenship * 95, "{resolved} of {by_citizenship}");
}

/// Two releases of one publisher in one store: where their meanings agree they are counted together, and the report says
/// where they do not. The victim-perpetrator file has 9,589 women and girls, the k-anonymised one 17,311.
#[test]
fn two_releases_are_counted_together() {
    let bench = Bench::new();
    for name in ["ctdc_kanon_2021_until_2015.csv", "CTDC_VPsynthetic_condensed.csv"] {
        std::fs::copy(real_file!(&format!("ctdc/{name}")), bench.path(name)).unwrap();
    }
    let females = |name: &str, column: &str| -> u64 {
        let rows = Rows::read(&bench.path(name));
        rows.count_by(&[column]).get(&vec!["Female".to_owned()]).copied().unwrap_or_default()
    };
    let expected =
        females("ctdc_kanon_2021_until_2015.csv", "gender") + females("CTDC_VPsynthetic_condensed.csv", "gender");
    bench.write(
        "tipstat.toml",
        "[release]\nid = \"two\"\ntitle = \"two\"\npolicy = \"ctdc\"\n\
         [[input]]\npath = \"ctdc_kanon_2021_until_2015.csv\"\nprofile = \"ctdc-kanon\"\n\
         [[input]]\npath = \"CTDC_VPsynthetic_condensed.csv\"\nprofile = \"ctdc-vp\"\n\
         [tables]\npacks = [\"victims-by-profile\"]\n",
    );
    bench.run("run").succeeds().says(
        "defined differently by sources: REF_AREA, TIME_PERIOD, AGE, age_reference; the report has the definitions",
    );
    let table = std::fs::read_to_string(bench.path("out/release/tables/victims-by-profile.csv")).unwrap();
    let row = format!("victims-by-profile,DETV_N,M49_001,_T,F,_T,{expected},A,");
    assert!(table.contains(&row), "{row}");
    let report = std::fs::read_to_string(bench.path("out/release/report.html")).unwrap();
    assert!(report.contains("Where sources differ in meaning"));
    assert!(report.contains("majority status, without a band; the moment is not told"));
    assert!(!report.contains("<td>SEX</td>"), "both sources mean the same by sex");
}
