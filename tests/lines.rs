//! Which lines tables have under suppression: unknown values in crosses, codes that are joined, main tables.

use std::collections::BTreeMap;
use std::path::Path;

use crate::rounding::records;
use crate::support::{Bench, Random, Row, rows};

/// A run of tables of records, under a policy with these keys.
fn bench(records: &str, packs: &str, keys: &str) -> Bench {
    let policy = |id: &str, keys: &str| {
        format!("id = \"{id}\"\ntitle = \"x\"\nsource = \"test\"\nverified = true\nthreshold = 10\nfloor = 5\n{keys}\n")
    };
    let run = |name: &str| {
        format!(
            "[release]\nid = \"x\"\ntitle = \"x\"\npolicy = \"{name}\"\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n\
             [tables]\npacks = [{packs}]\n"
        )
    };
    Bench::new()
        .file("in.csv", records)
        .file("own/policies/all.toml", policy("all", ""))
        .file("own/policies/fewer.toml", policy("fewer", keys))
        .file("tipstat.toml", run("fewer"))
        .file("all.toml", run("all"))
}

type Lines = BTreeMap<(String, BTreeMap<String, String>), Row>;

/// The rows of a table, by measure and codes without totals.
fn lines(release: &Path, table: &str) -> Lines {
    let columns = ["REF_AREA", "TIME_PERIOD", "SEX", "AGE", "FORM"];
    let key = |row: &Row| {
        let codes = columns.iter().filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone())));
        (row["INDICATOR"].clone(), codes.filter(|(_, code)| code != "_T" && !code.is_empty()).collect())
    };
    rows(&release.join(format!("tables/{table}.csv"))).into_iter().map(|row| (key(&row), row)).collect()
}

fn is_unknown(code: &str) -> bool {
    ["_K", "_U", "_X", "_N"].contains(&code)
}

/// Crosses have no lines of unknown and known values but the denominators of their shares; all other lines say the same.
#[test]
fn crosses_keep_denominators_and_no_other_unknown_lines() {
    let packs = "\"victims-by-profile\", \"victims-by-form-and-profile\"";
    let bench = bench(&records(&mut Random::new(5), 700), packs, "unknown_in_crosses = false");
    bench.run("run --schemas own --no-progress").succeeds();
    bench.run("run all.toml --schemas own --out all --no-progress").succeeds();
    let (mut left_out, mut kept) = (0, 0);
    for (table, named) in [("victims-by-profile", &["SEX", "AGE"][..]), ("victims-by-form-and-profile", &["FORM"][..])]
    {
        let (fewer, all) = (lines(&bench.path("out/release"), table), lines(&bench.path("all/release"), table));
        for (key, row) in &all {
            let codes: Vec<_> =
                key.1.iter().filter(|(name, _)| !["REF_AREA", "TIME_PERIOD"].contains(&name.as_str())).collect();
            let unknown: Vec<_> = codes.iter().filter(|(_, code)| is_unknown(code)).collect();
            let is_denominator = key.0 == "DETV_N"
                && unknown.len() == 1
                && unknown[0].1 == "_K"
                && named.contains(&unknown[0].0.as_str());
            let has_line = codes.len() < 2 || unknown.is_empty() || is_denominator;
            assert_eq!(fewer.contains_key(key), has_line, "{table} {key:?}");
            kept += usize::from(is_denominator && codes.len() > 1);
            left_out += usize::from(!has_line);
            let Some(other) = fewer.get(key) else { continue };
            assert_eq!(row, other, "{table} {key:?}");
        }
        assert!(fewer.keys().all(|key| all.contains_key(key)));
    }
    assert!(left_out > 500 && kept > 100, "{left_out} {kept}");
    let manifest = std::fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
    assert!(manifest.contains("\"lines\": \"no unknown in crosses\""), "{manifest}");
    bench.run("verify out/release").succeeds();
}

/// 50 women, of whom the age of 3 is unknown. No line shows the 3, and none lets them follow.
#[test]
fn a_line_that_is_left_out_does_not_follow() {
    let text = "area,year,sex,age,form,count\nKHM,2022,F,Y0T17,SEX,20\nKHM,2022,F,Y_GE18,SEX,27\nKHM,2022,F,_U,SEX,3\n\
        KHM,2022,M,Y0T17,SEX,40\nKHM,2022,M,Y_GE18,SEX,60\nKHM,2022,M,_U,SEX,30\n";
    let bench = bench(text, "\"victims-by-profile\"", "unknown_in_crosses = false");
    bench.run("run --schemas own --no-progress").succeeds();
    let lines = lines(&bench.path("out/release"), "victims-by-profile");
    let status = |codes: &[(&str, &str)]| {
        let key = codes.iter().chain(&[("REF_AREA", "KHM"), ("TIME_PERIOD", "2022")]);
        let key = key.map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect();
        lines.get(&("DETV_N".to_owned(), key)).map(|row| row["OBS_STATUS"].clone())
    };
    assert_eq!(status(&[("SEX", "F"), ("AGE", "_U")]), None);
    let women = [vec![("SEX", "F")], vec![("SEX", "F"), ("AGE", "_K")]];
    assert!(women.iter().any(|codes| status(codes).unwrap() == "Q"), "47 of 50 women");
    assert_eq!(status(&[("AGE", "_U")]).as_deref(), Some("A"));
}

/// 11 of other sex, and 3,094 women who need not be suppressed for them.
#[test]
fn joined_codes_are_one_line() {
    let mut text = "area,year,sex,age,form,count\n".to_owned();
    for (sex, count) in [("F", 3094), ("M", 9963), ("_O", 8), ("_U", 15)] {
        text += &format!("KHM,2022,{sex},30,SEX,{count}\n");
    }
    let bench = bench(&text, "\"victims-by-profile\"", "join = { SEX = [\"_O\", \"_U\"] }");
    bench.run("run --schemas own --no-progress").succeeds();
    bench.run("run all.toml --schemas own --out all --no-progress").succeeds();
    let value = |release: &str, sex: &str| {
        let lines = lines(&bench.path(release), "victims-by-profile");
        let mut codes = BTreeMap::from([("REF_AREA", "KHM"), ("TIME_PERIOD", "2022"), ("SEX", sex)]);
        codes.retain(|_, code| *code != "_T");
        let key = codes.into_iter().map(|(name, code)| (name.to_owned(), code.to_owned())).collect();
        lines.get(&("DETV_N".to_owned(), key)).map(|row| row["OBS_VALUE"].clone())
    };
    let values = |release: &str| ["_T", "_K", "F", "M", "_O", "_U"].map(|sex| value(release, sex));
    let shown = |value: &str| Some(value.to_owned());
    assert_eq!(
        values("out/release"),
        [shown("13080"), shown("13057"), shown("3094"), shown("9963"), None, shown("23")]
    );
    let before = values("all/release");
    assert!(before[2..].iter().filter(|value| **value == shown("")).count() > 1, "{before:?}");
    // The line says what it counts, and the policy that it does.
    let labels = std::fs::read_to_string(bench.path("out/release/labels.csv")).unwrap();
    assert!(labels.contains("SEX,_U,unknown / other"), "{labels}");
    let manifest = std::fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
    assert!(manifest.contains("\"lines\": \"SEX: _O+_U\""), "{manifest}");
    bench.run("policy show fewer --schemas own").says("SEX: _O is counted in _U.");
    bench.run("verify out/release").succeeds();
}

/// A joined set has each person once, and other joins are refused.
#[test]
fn joins_are_of_the_same_group() {
    let text = "area,year,sex,age,form,count\nKHM,2022,F,30,BEG;OTH,12\nKHM,2022,F,30,BEG,20\nKHM,2022,F,30,SEX,50\n";
    let forms = bench(text, "\"victims-by-form-detail\"", "join = { FORM = [\"OTH\", \"BEG\"] }");
    forms.run("run --schemas own --no-progress").succeeds();
    let rows = lines(&forms.path("out/release"), "victims-by-form-detail");
    let rows_of = |code: &str| {
        let key = BTreeMap::from([("REF_AREA", "KHM"), ("FORM", code)]);
        let key = key.into_iter().map(|(name, code)| (name.to_owned(), code.to_owned())).collect();
        rows.get(&("DETV_N".to_owned(), key)).map(|row| row["OBS_VALUE"].clone())
    };
    assert_eq!([rows_of("BEG"), rows_of("OTH")], [Some("32".to_owned()), None]);
    for (packs, keys, why) in [
        ("victims-by-form-detail", "join = { FORM = [\"OTH\", \"SEX\"] }", "not of the same group"),
        ("victims-by-form-detail", "join = { FORM = [\"FG_OTHER\", \"_U\"] }", "has codes below it"),
        ("victims-by-form-detail", "join = { FORM = [\"NONE\", \"BEG\"] }", "`NONE` is not a code of FORM"),
        ("victims-by-profile", "join = { SEX = [\"M\", \"_U\"] }", "a formula of the table `victims-by-profile` needs"),
        ("victims-by-profile", "join = { SEX = [\"_U\"] }", "two codes or more"),
        ("victims-by-profile", "method = \"auto\"\njoin = { SEX = [\"_O\", \"_U\"] }", "and the policy rounds"),
    ] {
        let refused = bench(text, &format!("\"{packs}\""), keys);
        refused.run("run --schemas own --no-progress").refuses("policy/join").refuses(why);
    }
}

/// Counts of main tables are suppressed last.
#[test]
fn main_tables_are_published_first() {
    let packs = "\"victims-by-profile\", \"victims-by-form-and-profile\", \"victims-by-citizenship\"";
    let suppressed = |keys: &str, table: &str| {
        let bench = bench(&records(&mut Random::new(8), 500), packs, keys);
        bench.run("run --schemas own --no-progress").succeeds();
        lines(&bench.path("out/release"), table).values().filter(|row| row["OBS_STATUS"] == "Q").count()
    };
    let table = "victims-by-form-and-profile";
    let (before, after) = (suppressed("", table), suppressed(&format!("main_tables = [\"{table}\"]"), table));
    assert!(after < before, "{before} {after}");
}
