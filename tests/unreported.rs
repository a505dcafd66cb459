//! Codes that an area did not ask for: in a release of a partner, and where records alone cannot show it.

use crate::support::{Bench, Row, rows};

fn run_file(pack: &str, more: &str) -> String {
    format!(
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"{pack}\"]\n{more}"
    )
}

/// Value, status and number of areas of the one row of the region with these codes.
#[track_caller]
fn shows(bench: &Bench, table: &str, measure: &str, at: &[(&str, &str)]) -> String {
    let rows = rows(&bench.path(table));
    let is = |row: &&Row| row["INDICATOR"] == measure && at.iter().all(|(name, code)| row[*name] == *code);
    let found: Vec<&Row> = rows.iter().filter(is).collect();
    let [row] = found[..] else { panic!("{} rows of {measure} {at:?}", found.len()) };
    format!("{} {} {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"]).trim_start().to_owned()
}

/// A table with an index by sex, which no pack of the program has.
const INDEX_BY_SEX: &str = r#"
id = "index-by-sex"
catalogue = "own"
paragraph = "own"
packs = ["glotip"]
dimensions = ["REF_AREA", "TIME_PERIOD", "SEX"]
title = { en = "Index by sex" }

[[measure]]
id = "IX"
formula = "100 * count / count[TIME_PERIOD=first]"
unit = "IX"
title = { en = "Index, first year = 100" }
"#;

/// Cambodia asked for forced labour in 2020 and not in 2021: its 2021 is in no sum, change or share of that form, in its own
/// release, in a region of the release, in one of the store, and in a region of that region.
#[test]
fn a_code_that_a_release_does_not_report_is_no_zero() {
    let records: String = [
        "KHM,2020,SEX",
        "KHM,2020,LAB",
        "KHM,2021,SEX",
        "THA,2020,SEX",
        "THA,2020,LAB",
        "THA,2021,SEX",
        "THA,2021,LAB",
    ]
    .iter()
    .map(|area| format!("{area},F,Y_GE18,50\n"))
    .collect();
    let declared = "[[coverage]]\narea = \"KHM\"\nyears = [2021]\ncodes = { FORM = [\"FG_SEXUAL\"] }\n";
    let bench = Bench::new()
        .file("in.csv", format!("area,year,form,sex,age,count\n{records}"))
        .file("tipstat.toml", run_file("victims-by-form", declared));
    bench.run("run -q").succeeds();
    bench.run("combine out/release --tables victims-by-form --out once -q").succeeds();
    bench.run("combine out/restricted --tables victims-by-form --out store -q").succeeds();
    bench.run("combine once --tables victims-by-form --out twice -q").succeeds();
    for folder in ["out/release", "once", "store", "twice"] {
        let table = format!("{folder}/tables/victims-by-form.csv");
        let region = |measure, form| {
            shows(
                &bench,
                &table,
                measure,
                &[("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021"), ("FORM", form), ("SEX", "_T")],
            )
        };
        assert_eq!(region("DETV_N", "FG_LABOUR"), "50 A 1", "{folder}");
        assert_eq!(region("DETV_CH_PT", "FG_LABOUR"), "0 A 1", "{folder}");
        assert_eq!(region("DETV_FORM_PT_MEAN", "FG_LABOUR"), "50 A 1", "{folder}");
        assert_eq!(region("DETV_FORM_PT", "FG_LABOUR"), "50 A 1", "{folder}");
        assert_eq!(region("DETV_N", "FG_SEXUAL"), "100 A 2", "{folder}");
        let khm = [("REF_AREA", "KHM"), ("TIME_PERIOD", "2021"), ("FORM", "FG_LABOUR"), ("SEX", "_T")];
        assert_eq!(shows(&bench, &table, "DETV_N", &khm), "L 0", "{folder}");
    }
}

/// Cambodia has zero victims of another sex in 2020 and 20 in 2021, Thailand 10 in both: either the question is new, or the change
/// is 200 %. Only a declaration decides.
const NEW: &str = "area,year,sex,age,form,count\nKHM,2020,F,Y_GE18,SEX,50\nKHM,2020,M,Y_GE18,SEX,50\n\
    KHM,2020,_U,Y_GE18,SEX,20\nKHM,2021,F,Y_GE18,SEX,50\nKHM,2021,M,Y_GE18,SEX,50\nKHM,2021,_O,Y_GE18,SEX,20\n\
    THA,2020,_O,Y_GE18,SEX,10\nTHA,2021,_O,Y_GE18,SEX,10\n";

const WARNING: &str = "warning[coverage/code-not-seen]: SEX=_O has no record in KHM 2020: comparisons of their regions have \
    no value; name the codes that were asked for in `[[coverage]]`\n";

#[test]
fn a_change_that_may_be_a_new_question_has_no_value() {
    let bench = Bench::new().file("in.csv", NEW).file("own/indicators/index-by-sex.toml", INDEX_BY_SEX);
    let declared =
        |codes: &str| format!("[[coverage]]\narea = \"KHM\"\nyears = [2020]\ncodes = {{ SEX = [{codes}] }}\n");
    let all_codes = declared("\"F\", \"M\", \"_O\"");
    let not_asked = declared("\"F\", \"M\"");
    // The change and the index of the region in 2021, and the change that a region of the release shows.
    let cases = [
        ("", "L 2", "L 2", "L 2"),
        (&all_codes, "200 A 2", "300 A 2", "200 A 2"),
        (&not_asked, "0 A 1", "100 A 1", "0 A 1"),
    ];
    for (declared, change, index, combined) in cases {
        bench.write("tipstat.toml", run_file("glotip", declared));
        let ran = bench.run("run --force --schemas own");
        ran.succeeds();
        assert_eq!(ran.stdout.contains(WARNING), declared.is_empty(), "{}", ran.stdout);
        let at = |sex| [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021"), ("SEX", sex), ("AGE", "_T")];
        let table = "out/release/tables/victims-by-profile.csv";
        assert_eq!(shows(&bench, table, "DETV_CH_PT", &at("_O")), change, "{declared}");
        // What every source asks for is compared as before.
        assert_eq!(shows(&bench, table, "DETV_CH_PT", &at("F")), "0 A 2");
        assert_eq!(shows(&bench, table, "DETV_N", &at("_O")), "30 A 2");
        let khm = [("REF_AREA", "KHM"), ("TIME_PERIOD", "2020"), ("SEX", "_O"), ("AGE", "_T")];
        let of_area = if declared == not_asked { "L 0" } else { "0 A 1" };
        assert_eq!(shows(&bench, table, "DETV_N", &khm), of_area);
        let by_sex = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021"), ("SEX", "_O")];
        assert_eq!(shows(&bench, "out/release/tables/index-by-sex.csv", "IX", &by_sex), index, "{declared}");
        // The same of the store.
        bench.run("tabulate out/restricted --id x --title x --tables glotip --out again --force --override test-of-other-tables").succeeds();
        let [one, other] = ["out/release", "again"]
            .map(|release| std::fs::read(bench.path(&format!("{release}/tables/victims-by-profile.csv"))).unwrap());
        assert!(one == other);
        for (at, package) in ["out/release", "out/restricted"].iter().enumerate() {
            let ran = bench.run(&format!(
                "combine {package} --tables victims-by-profile --out all{at} --force --override other-tables"
            ));
            ran.succeeds();
            assert_eq!(ran.stdout.contains(WARNING), declared.is_empty(), "{}", ran.stdout);
            // A region of that region rests on the same declarations.
            bench.run(&format!("combine all{at} --tables victims-by-profile --out again{at} --force -q")).succeeds();
            for folder in [format!("all{at}"), format!("again{at}")] {
                let table = format!("{folder}/tables/victims-by-profile.csv");
                let at = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021"), ("SEX", "_O"), ("AGE", "_T")];
                assert_eq!(shows(&bench, &table, "DETV_CH_PT", &at), combined, "{folder} {declared}");
                assert_eq!(shows(&bench, &table, "DETV_N", &at), "30 A 2", "{folder}");
                // The published zero is a number, in the region as well.
                assert_eq!(shows(&bench, &table, "DETV_N", &khm), of_area, "{folder} {declared}");
                let region = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2020"), ("SEX", "_O"), ("AGE", "_T")];
                let sum = if declared == not_asked { "10 A 1" } else { "10 A 2" };
                assert_eq!(shows(&bench, &table, "DETV_N", &region), sum, "{folder} {declared}");
            }
        }
    }
}

/// Nothing is refused where the answer changes nothing: an area that has none in both years, or some in both.
#[test]
fn an_area_without_the_code_in_both_years_changes_no_comparison() {
    let records = NEW.replace("KHM,2021,_O,Y_GE18,SEX,20\n", "");
    let bench = Bench::new().file("in.csv", records).file("tipstat.toml", run_file("victims-by-profile", ""));
    let ran = bench.run("run");
    ran.succeeds();
    assert!(!ran.stdout.contains("code-not-seen"), "{}", ran.stdout);
    let at = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021"), ("SEX", "_O"), ("AGE", "_T")];
    assert_eq!(shows(&bench, "out/release/tables/victims-by-profile.csv", "DETV_CH_PT", &at), "0 A 2");
}

/// A suppressed count of the other year is a new question as well: bounds would be those of an area that may not have asked.
#[test]
fn a_comparison_with_a_suppressed_count_has_no_bounds() {
    let records = NEW.replace("KHM,2021,_O,Y_GE18,SEX,20\n", "KHM,2021,_O,Y_GE18,SEX,3\n");
    let bench = Bench::new().file("in.csv", records).file("tipstat.toml", run_file("victims-by-profile", ""));
    bench.run("run -q").succeeds();
    bench.run("combine out/release --tables victims-by-profile --out once -q").succeeds();
    bench.run("combine out/restricted --tables victims-by-profile --out store -q").succeeds();
    for folder in ["out/release", "once", "store"] {
        let table = format!("{folder}/tables/victims-by-profile.csv");
        let at = |area, year| [("REF_AREA", area), ("TIME_PERIOD", year), ("SEX", "_O"), ("AGE", "_T")];
        assert!(shows(&bench, &table, "DETV_N", &at("KHM", "2021")).starts_with('Q'), "{folder}");
        assert_eq!(shows(&bench, &table, "DETV_CH_PT", &at("M49_035", "2021")), "L 2", "{folder}");
    }
}

/// A zero that a publisher reports says that the area asked. Where it reports nothing of the code, the area is not compared.
#[test]
fn a_zero_of_a_publisher_is_a_zero() {
    let title = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n";
    let figures = |zero: &str| {
        let row = |area: &str, sex: &str, year: u16, value: u64| {
            format!("{area},Detected trafficking victims,Total,Total,{sex},Total,{year},Counts,{value}\n")
        };
        let all = [("KHM", 2020, 100), ("KHM", 2021, 120), ("THA", 2020, 110), ("THA", 2021, 110)];
        let all = all.map(|(area, year, value)| row(area, "Total", year, value)).concat();
        let other = [("KHM", 2021, 20), ("THA", 2020, 10), ("THA", 2021, 10)];
        let other = other.map(|(area, year, value)| row(area, "Other", year, value)).concat();
        format!("{title}{all}{other}{zero}")
    };
    let zero = "KHM,Detected trafficking victims,Total,Total,Other,Total,2020,Counts,0\n";
    for (zero, sum, change) in [(zero, "10 A 2", "200 A 2"), ("", "10 A 1", "0 A 1")] {
        let bench = Bench::new().file("in.csv", figures(zero));
        bench.run("combine in.csv --profile unodc-glotip --tables victims-by-profile --out once -q").succeeds();
        bench.run("combine once --tables victims-by-profile --out twice -q").succeeds();
        for folder in ["once", "twice"] {
            let table = format!("{folder}/tables/victims-by-profile.csv");
            let at = |year| [("REF_AREA", "M49_035"), ("TIME_PERIOD", year), ("SEX", "_O"), ("AGE", "_T")];
            assert_eq!(shows(&bench, &table, "DETV_N", &at("2020")), sum, "{folder}");
            assert_eq!(shows(&bench, &table, "DETV_CH_PT", &at("2021")), change, "{folder}");
        }
    }
}

/// Where zeros are hidden, nothing public shows in which year the code is new. Every exact comparison that may be
/// one is refused, and the same rows are refused for records that do have a few of the code: the status reveals no zero.
#[test]
fn a_refused_comparison_reveals_no_hidden_zero() {
    let mut refused = Vec::new();
    for some in ["", "KHM,2020,_O,Y_GE18,SEX,3\n"] {
        let config = run_file("victims-by-profile", "").replace("title = \"x\"", "title = \"x\"\npolicy = \"hidden\"");
        let bench = Bench::new().with_hidden_zeros();
        let bench = bench.file("in.csv", format!("{NEW}{some}")).file("tipstat.toml", config);
        bench.run("run --schemas own -q").succeeds();
        let rows = rows(&bench.path("out/release/tables/victims-by-profile.csv"));
        let of_code = rows.iter().filter(|row| row["SEX"] == "_O" && row["TIME_PERIOD"] != "_T");
        let changes: Vec<&Row> =
            of_code.filter(|row| row["INDICATOR"] == "DETV_CH_PT" && row["REF_AREA"] == "M49_035").collect();
        assert!(!changes.is_empty());
        // None of them is exact, and none is a zero that a reader could recognise.
        assert!(changes.iter().all(|row| row["OBS_VALUE"].is_empty()), "{changes:?}");
        refused.push(changes.iter().map(|row| row["OBS_STATUS"].clone()).collect::<Vec<_>>());
    }
    assert_eq!(refused[0], refused[1]);
}

/// An index of a count that may be zero is 0/0 or 100: no value. One that is at least 1 is 100.
#[test]
fn an_index_of_a_count_that_may_be_zero_has_no_value() {
    let records = "area,year,sex,age,count\nKHM,2021,F,20,40\nTHA,2020,F,20,40\nTHA,2021,F,20,40\nVNM,2020,F,20,2\nVNM,2021,F,20,40\n";
    let declared = "[[coverage]]\narea = \"KHM\"\nyears = [2020]\n";
    let config = run_file("victims-detected", declared).replace("title = \"x\"", "title = \"x\"\npolicy = \"hidden\"");
    let bench = Bench::new().with_hidden_zeros().file("in.csv", records).file("tipstat.toml", config);
    bench.run("run --schemas own -q").succeeds();
    let index = |area| {
        shows(
            &bench,
            "out/release/tables/victims-detected.csv",
            "DETV_IX",
            &[("REF_AREA", area), ("TIME_PERIOD", "2020")],
        )
    };
    assert_eq!([index("KHM"), index("THA"), index("VNM")], ["Q 1", "100 A 1", "100 A 1"]);
}

/// Laos did not ask for citizenships, so it has not found none of them, and the region rests on Cambodia alone: as records, as
/// files of two offices, as a release and as a store.
#[test]
fn citizenships_that_an_area_did_not_ask_for_are_not_counted() {
    let khm = "area,year,sex,age,citizenship,count\nKHM,2020,F,Y_GE18,KHM,100\n";
    let lao = "area,year,sex,age,count\nLAO,2020,F,Y_GE18,70\n";
    let run = run_file("flows", "") + "[[input]]\npath = \"lao.csv\"\n";
    let both = Bench::new().file("in.csv", khm).file("lao.csv", lao).file("tipstat.toml", run);
    both.run("run -q").succeeds();
    let one = Bench::new()
        .file("in.csv", format!("{khm}LAO,2020,F,Y_GE18,_X,70\n"))
        .file("tipstat.toml", run_file("flows", ""));
    one.run("run -q").succeeds();
    for release in ["out/release", "out/restricted"] {
        both.run(&format!("combine {release} --tables flows --out both --force -q")).succeeds();
        for (bench, table) in [(&both, "out/release"), (&one, "out/release"), (&both, "both")] {
            let table = format!("{table}/tables/flows.csv");
            let origins = |area| shows(bench, &table, "ORIGINS_N", &[("REF_AREA", area), ("ORIGIN", "_T")]);
            assert_eq!((origins("KHM"), origins("M49_035")), ("1 A 1".into(), "1 A 1".into()), "{table}");
            let rows = rows(&bench.path(&table));
            let lao = rows.iter().find(|row| row["INDICATOR"] == "ORIGINS_N" && row["REF_AREA"] == "LAO");
            assert!(lao.is_none_or(|row| row["OBS_STATUS"] == "L" && row["N_AREAS"] == "0"), "{table}: {lao:?}");
        }
    }
}
