//! What figures do not report is not a zero: codes that only some sources ask for, values that are missing or not numbers of persons,
//! and parts without a reported total. Every expected number is computed by hand in a comment.

use std::collections::BTreeMap;

use crate::release_oracle::{Chance, seeds};
use crate::support::{Bench, Row, figure_profile, rows, value_or_bounds};

const HEADER: &str = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n";

/// Figures as the portal writes them: `AREA YEAR SEX VALUE`, or `AREA YEAR form FORM VALUE`.
fn file(lines: &[&str]) -> String {
    let mut text = HEADER.to_owned();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (area, year, value) = (words[0], words[1], words[words.len() - 1]);
        let (dimension, category, sex) = match &words[2..words.len() - 1] {
            ["form", "labour"] => ("by form of exploitation", "Forced labour", "Total"),
            ["form", "sexual"] => ("by form of exploitation", "Sexual exploitation", "Total"),
            [sex] => ("Total", "Total", *sex),
            other => panic!("{other:?}"),
        };
        let subject = "Detected trafficking victims";
        text.push_str(&format!("{area},{subject},{dimension},{category},{sex},Total,{year},Counts,\"{value}\"\n"));
    }
    text
}

fn combined(lines: &[&str], tables: &str, more: &str) -> Bench {
    let bench = Bench::new().file("in.csv", file(lines));
    bench.run(&format!("combine in.csv --profile unodc-glotip --tables {tables} --out out -q {more}")).succeeds();
    bench.run("verify out").succeeds();
    bench
}

/// The one row of a table with these codes, as its value or bounds, its status and its areas.
fn row(bench: &Bench, table: &str, measure: &str, at: &[(&str, &str)]) -> Option<Row> {
    row_in(bench, "out", table, measure, at)
}

fn row_in(bench: &Bench, folder: &str, table: &str, measure: &str, at: &[(&str, &str)]) -> Option<Row> {
    let mut found = rows(&bench.path(&format!("{folder}/tables/{table}.csv"))).into_iter().filter(|row| {
        row["INDICATOR"] == measure
            && ["REF_AREA", "TIME_PERIOD", "SEX", "AGE", "FORM"].iter().all(|name| {
                let code = at.iter().find(|(dimension, _)| dimension == name).map_or("_T", |(_, code)| *code);
                row.get(*name).is_none_or(|code_found| code_found == code)
            })
    });
    let first = found.next();
    assert!(found.next().is_none(), "{table} {measure} {at:?} is no key");
    first
}

fn shows(bench: &Bench, table: &str, measure: &str, at: &[(&str, &str)]) -> String {
    shows_in(bench, "out", table, measure, at)
}

fn shows_in(bench: &Bench, folder: &str, table: &str, measure: &str, at: &[(&str, &str)]) -> String {
    let Some(row) = row_in(bench, folder, table, measure, at) else { return "no row".into() };
    format!("{} of {}", value_or_bounds(&row), row["N_AREAS"])
}

/// Cambodia did not ask for another sex in 2020 and did in 2021, Thailand did in both.
#[test]
fn a_code_that_an_area_did_not_ask_for_is_no_zero() {
    let bench = combined(
        &[
            "KHM 2020 Total 120",
            "KHM 2020 Female 50",
            "KHM 2020 Male 50",
            "KHM 2021 Total 120",
            "KHM 2021 Female 50",
            "KHM 2021 Male 50",
            "KHM 2021 Other 20",
            "THA 2020 Total 110",
            "THA 2020 Female 60",
            "THA 2020 Male 40",
            "THA 2020 Other 10",
            "THA 2021 Total 110",
            "THA 2021 Female 60",
            "THA 2021 Male 40",
            "THA 2021 Other 10",
        ],
        "victims-by-profile",
        "",
    );
    let shows = |measure: &str, area: &str, year: &str, sex: &str| {
        shows(&bench, "victims-by-profile", measure, &[("REF_AREA", area), ("TIME_PERIOD", year), ("SEX", sex)])
    };
    assert_eq!(shows("DETV_N", "KHM", "2020", "_O"), "L of 0");
    // 120 - 50 - 50 persons may be of another sex, or of none that is known.
    assert_eq!(shows("DETV_N", "KHM", "2020", "_K"), "[100, 120] of 1");
    assert_eq!(shows("DETV_SEX_PT", "KHM", "2020", "F"), "[41.6666, 50] of 1");
    assert_eq!(shows("DETV_N", "KHM", "2021", "_O"), "20 of 1");
    assert_eq!(shows("DETV_N", "M49_035", "2020", "_O"), "10 of 1");
    assert_eq!(shows("DETV_N", "M49_035", "2021", "_O"), "30 of 2");
    // Thailand alone: 10 and 10.
    assert_eq!(shows("DETV_CH_PT", "M49_035", "2021", "_O"), "0 of 1");
    assert_eq!(shows("DETV_CH_PT", "KHM", "2021", "_O"), "no row");
    // 50 + 60 of [100, 120] + 110.
    assert_eq!(shows("DETV_SEX_PT", "M49_035", "2020", "F"), "[47.826, 52.381] of 2");
    assert_eq!(shows("DETV_CH_PT", "M49_035", "2021", "F"), "0 of 2");
}

/// What none are left for is zero: all 100 victims are women and men.
#[test]
fn a_code_that_was_not_asked_leaves_shares_exact_where_the_parts_are_the_total() {
    let bench = combined(
        &["KHM 2020 Total 100", "KHM 2020 Female 60", "KHM 2020 Male 30", "KHM 2020 Unknown 10", "THA 2020 Total 5"],
        "victims-by-profile",
        "",
    );
    let at = [("REF_AREA", "KHM"), ("TIME_PERIOD", "2020"), ("SEX", "F")];
    // 60 of 60 + 30.
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_SEX_PT", &at), "66.6667 of 1");
    let at = [("REF_AREA", "KHM"), ("TIME_PERIOD", "2020"), ("SEX", "_O")];
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at), "L of 0");
}

/// One of two values of a cell is a rate: the cell has no number. It is not the other value, and not 0 because other forms are
/// reported.
#[test]
fn a_number_with_a_fraction_leaves_no_exact_figure() {
    let lines = [
        "KHM 2020 Total 100",
        "KHM 2020 form labour 5.8",
        "KHM 2020 form labour 0",
        "KHM 2020 form sexual 40",
        "THA 2020 Total 50",
        "THA 2020 form labour 20",
        "THA 2020 form sexual 30",
    ];
    let bench = combined(&lines, "victims-by-form", "");
    bench
        .run("validate in.csv --profile unodc-glotip")
        .succeeds()
        .says("warning[figure/looks-like-rate]")
        .says("line 3");
    let at = |area: &'static str, form: &'static str| [("REF_AREA", area), ("TIME_PERIOD", "2020"), ("FORM", form)];
    let count = |area, form| shows(&bench, "victims-by-form", "DETV_N", &at(area, form));
    assert_eq!(count("KHM", "FG_LABOUR"), "O of 0");
    assert_eq!(count("KHM", "FG_SEXUAL"), "40 of 1");
    assert_eq!(count("KHM", "_K"), "no row");
    assert_eq!(count("M49_035", "FG_LABOUR"), "20 of 1");
    assert_eq!(count("M49_035", "FG_SEXUAL"), "70 of 2");
    // Thailand alone has a whole.
    let share = |area, form| shows(&bench, "victims-by-form", "DETV_FORM_PT", &at(area, form));
    assert_eq!(share("M49_035", "FG_LABOUR"), "40 of 1");
    assert_eq!(share("KHM", "FG_SEXUAL"), "no row");
    let manifest = std::fs::read_to_string(bench.path("out/manifest.json")).unwrap();
    assert!(manifest.contains("1 figure is not a whole number of persons"), "{manifest}");
}

/// Viet Nam reports forms and no total: in the region 90 persons of one form are more than 60 of all.
#[test]
fn a_part_above_its_total_is_flagged_and_can_be_left_out() {
    let lines = [
        "KHM 2020 Total 60",
        "KHM 2020 form sexual 10",
        "THA 2020 form sexual <5",
        "THA 2020 form labour <5",
        "VNM 2020 form sexual 80",
        "VNM 2020 form labour 20",
        "PHL 2020 Total 30",
    ];
    let bench = combined(&lines, "victims-by-form", "");
    let validated = bench.run("validate in.csv --profile unodc-glotip");
    validated.succeeds().says("warning[figure/part-above-total]  2").says("warning[figure/all-masked]        1");
    let at = |form: &'static str| [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2020"), ("FORM", form)];
    let flag = |bench: &Bench, form| {
        row(bench, "victims-by-form", "DETV_N", &at(form)).unwrap()["AREAS_WITHOUT_TOTAL"].clone()
    };
    let count = |bench: &Bench, form| shows(bench, "victims-by-form", "DETV_N", &at(form));
    assert_eq!(count(&bench, "_T"), "90 of 2");
    assert_eq!(count(&bench, "FG_SEXUAL"), "[90, 94] of 3");
    assert_eq!([flag(&bench, "_T"), flag(&bench, "FG_SEXUAL")], ["", "2"]);
    let manifest = std::fs::read_to_string(bench.path("out/manifest.json")).unwrap();
    assert!(manifest.contains("counts rest on areas that report no total"));

    let bench = combined(&lines, "victims-by-form", "--only-with-total");
    assert_eq!(count(&bench, "_T"), "90 of 2");
    assert_eq!(count(&bench, "FG_SEXUAL"), "10 of 1");
    assert_eq!(flag(&bench, "FG_SEXUAL"), "");
}

/// What is shown of counts and shares of all areas and years, without what no area reports.
fn shown(bench: &Bench, folder: &str, table: &str) -> Vec<String> {
    let columns = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "FORM"];
    let values = ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND", "N_AREAS"];
    let rows = rows(&bench.path(&format!("{folder}/tables/{table}.csv")));
    let text = |row: &Row, names: &[&str]| {
        names.iter().map(|name| row.get(*name).map_or("", String::as_str)).collect::<Vec<_>>().join(" ")
    };
    rows.iter().map(|row| format!("{}: {}", text(row, &columns), text(row, &values))).collect()
}

/// A missing figure and an explicit zero mean in a combined release what they mean in the publisher's file.
#[test]
fn a_release_that_is_combined_again_shows_the_same() {
    let lines = [
        "KHM 2020 Total 100",
        "KHM 2020 Female 60",
        "KHM 2020 Male 40",
        "KHM 2020 Other 0",
        "KHM 2020 form labour 5.8",
        "KHM 2020 form sexual 40",
        "THA 2020 Total 50",
        "THA 2020 Female 20",
        "THA 2020 Male 20",
        "THA 2020 Other 10",
        "THA 2020 form labour 20",
        "THA 2020 form sexual 30",
    ];
    let tables = "victims-by-form,victims-by-profile";
    let bench = combined(&lines, tables, "");
    bench.run(&format!("combine out --tables {tables} --out again -q")).succeeds();
    for table in tables.split(',') {
        let first = shown(&bench, "out", table);
        assert!(first.len() > 5, "{first:?}");
        assert_eq!(first, shown(&bench, "again", table), "{table}");
    }
    let at = [("REF_AREA", "KHM"), ("TIME_PERIOD", "2020"), ("FORM", "FG_LABOUR")];
    assert_eq!(shows(&bench, "victims-by-form", "DETV_N", &at), "O of 0");
    let at = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2020"), ("SEX", "_O")];
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at), "10 of 2");
}

/// Combines figures in the layout of the record type, and the release again.
fn combined_twice(lines: &[String], tables: &str) -> Bench {
    let fields = ["area", "year", "subject", "unit", "sex", "age", "form", "value"];
    let bench = Bench::new()
        .file("sch/profiles/fig.toml", figure_profile(&fields))
        .file("in.csv", format!("{}\n{}\n", fields.join(","), lines.join("\n")));
    bench
        .run(&format!("combine in.csv --profile fig --schemas sch --tables {tables} --max-rejects 100% --out out -q"))
        .succeeds();
    bench.run(&format!("combine out --tables {tables} --out again -q")).succeeds();
    bench
}

/// Returns the exact figures of a year that a release made of another one shows and the other does not.
fn invented(bench: &Bench, tables: &str) -> Vec<String> {
    let measured = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "AGE", "FORM"];
    let mut faults = Vec::new();
    for table in tables.split(',') {
        let key = |row: &Row| measured.map(|name| row.get(name).cloned().unwrap_or_default());
        let rows_of = |folder: &str| rows(&bench.path(&format!("{folder}/tables/{table}.csv")));
        let first: BTreeMap<_, String> =
            rows_of("out").iter().map(|row| (key(row), row["OBS_VALUE"].clone())).collect();
        // Sums of all years are in a yearly table where another table of the release has them.
        let is_exact = |row: &&Row| row["TIME_PERIOD"] != "_T" && !row["OBS_VALUE"].is_empty();
        for row in rows_of("again").iter().filter(is_exact) {
            let before = first.get(&key(row)).map_or("no row", String::as_str);
            if before != row["OBS_VALUE"] {
                faults.push(format!("{table} {:?}: {} after {before:?}", key(row), row["OBS_VALUE"]));
            }
        }
    }
    faults
}

/// A missing or dropped value of one form leaves its group without a value, in the release and in what is made of it.
#[test]
fn a_missing_figure_of_a_finer_code_stays_missing() {
    let line = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        format!("{},2020,VICTIMS,NUMBER,{},{},{},{}", words[0], words[1], words[2], words[3], words[4])
    };
    let tables = "victims-by-form,victims-by-form-and-profile,victims-by-form-detail";
    for value in [":", "5.8"] {
        let missing = [format!("KHM _T _T LAB {value}"), format!("KHM F Y_GE18 LAB {value}")];
        let others =
            "KHM _T _T _T 100;KHM _T _T SEX 40;KHM F Y_GE18 _T 70;KHM F Y_GE18 SEX 30;THA _T _T _T 50;THA _T _T SEX 50";
        let lines: Vec<String> = others.split(';').map(line).chain(missing.iter().map(|text| line(text))).collect();
        let bench = combined_twice(&lines, tables);
        let at = |area: &'static str, form: &'static str| [("REF_AREA", area), ("TIME_PERIOD", "2020"), ("FORM", form)];
        for folder in ["out", "again"] {
            let count = |area, form| shows_in(&bench, folder, "victims-by-form", "DETV_N", &at(area, form));
            assert_eq!(count("KHM", "FG_LABOUR"), "O of 0", "{folder} {value}");
            assert_eq!(count("KHM", "FG_SEXUAL"), "40 of 1", "{folder} {value}");
            assert_eq!(count("KHM", "_K"), "no row", "{folder} {value}");
            // Thailand alone has a whole.
            assert_eq!(count("M49_035", "_K"), "50 of 1", "{folder} {value}");
            let share = shows_in(&bench, folder, "victims-by-form", "DETV_FORM_PT", &at("KHM", "FG_SEXUAL"));
            assert_eq!(share, "no row", "{folder} {value}");
            let [area, _, form] = at("KHM", "FG_LABOUR");
            let women = [area, form, ("SEX", "F"), ("AGE", "Y_GE18")];
            let women = shows_in(&bench, folder, "victims-by-form-and-profile", "DETV_N", &women);
            assert_eq!(women, "O of 0", "{folder} {value}");
        }
        assert_eq!(invented(&bench, tables), Vec::<String>::new(), "{value}");
    }
}

/// Whatever figures of random codes are missing, masked, rates, or above their total.
#[test]
fn no_number_is_made_of_what_a_release_does_not_show() {
    let tables = "victims-by-form,victims-by-form-detail,victims-by-profile";
    let mut faults = Vec::new();
    for seed in seeds(0..6) {
        let chance = &mut Chance(seed);
        let mut lines = Vec::new();
        for (area, year) in [("KHM", 2020), ("KHM", 2021), ("THA", 2020), ("THA", 2021), ("DEU", 2020)] {
            let mut line = |codes: &str, value: &str| {
                lines.push(format!("{area},{year},VICTIMS,NUMBER,{codes},{value}"));
            };
            line("_T,_T,_T", chance.of::<&str>(&["100", "100", "60", ":", "<5"]));
            for code in ["F", "M", "_O"].iter().filter(|_| chance.in_ten(6)).collect::<Vec<_>>() {
                line(&format!("{code},_T,_T"), chance.of::<&str>(&["30", "20", "0", ":", "<5", "2.5"]));
            }
            let forms = ["FG_SEXUAL", "FG_LABOUR", "FG_OTHER", "SEX", "LAB", "DOM", "ORG", "CRIM", "OTH", "CHILD_LAB"];
            for code in forms.iter().filter(|_| chance.in_ten(3)).collect::<Vec<_>>() {
                line(&format!("_T,_T,{code}"), chance.of::<&str>(&["30", "20", "7", "0", ":", ":", "<5", "5.8"]));
            }
        }
        let bench = combined_twice(&lines, tables);
        faults.extend(invented(&bench, tables).into_iter().map(|fault| format!("seed {seed}, {fault}")));
    }
    let some: Vec<&str> = faults.iter().step_by(1 + faults.len() / 12).map(String::as_str).collect();
    assert!(faults.is_empty(), "{} numbers are made:\n{}", faults.len(), some.join("\n"));
}
