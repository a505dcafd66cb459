//! Who reported: an area-year without a record is not a zero, and a comparison of years rests on the areas that have both.

use crate::support::{Bench, Row, rows};

/// Cambodia reports 2020 and 2021, Thailand 2020 only.
const GAP: &str = "area,year,sex,age,form,count\nKHM,2020,F,Y_GE18,SEX,100\nTHA,2020,F,Y_GE18,SEX,100\n\
    KHM,2021,F,Y_GE18,SEX,100\n";

/// Thailand looked for victims in 2021 and detected none.
const DECLARED: &str = "[[coverage]]\narea = \"THA\"\nyears = [2021]\n";

fn run_file(packs: &str, more: &str) -> String {
    format!("[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [{packs}]\n{more}")
}

fn bench(records: &str, packs: &str, more: &str) -> Bench {
    Bench::new().file("in.csv", records).file("tipstat.toml", run_file(packs, more))
}

/// The row of a measure with these codes; every other dimension is a total.
#[track_caller]
fn row(bench: &Bench, table: &str, indicator: &str, codes: &[(&str, &str)]) -> Row {
    let found = rows(&bench.path(table));
    let measures: Vec<&str> = vec![
        "TABLE",
        "INDICATOR",
        "OBS_VALUE",
        "OBS_STATUS",
        "CONF_STATUS",
        "LOWER_BOUND",
        "UPPER_BOUND",
        "UNIT_MEASURE",
        "N_AREAS",
        "AREAS_WITHOUT_TOTAL",
        "KNOWN_SHARE",
        "TOP_AREA_SHARE",
        "POP_COVERAGE",
        "MIN_WITHOUT_ONE",
        "MAX_WITHOUT_ONE",
    ];
    let fits = |row: &&Row| {
        row["INDICATOR"] == indicator
            && row.iter().filter(|(name, _)| !measures.contains(&name.as_str())).all(|(name, code)| {
                codes.iter().find(|(dimension, _)| dimension == name).map_or(code == "_T", |(_, wanted)| code == wanted)
            })
    };
    let mut fitting = found.iter().filter(fits);
    fitting.next().cloned().unwrap_or_else(|| panic!("no {indicator} {codes:?} in {table}"))
}

/// Value and status of a row.
#[track_caller]
fn published(bench: &Bench, table: &str, indicator: &str, area: &str, year: &str) -> String {
    let row = row(bench, table, indicator, &[("REF_AREA", area), ("TIME_PERIOD", year)]);
    assert_eq!((&*row["LOWER_BOUND"], &*row["UPPER_BOUND"]), ("", ""), "{indicator} {area} {year}");
    format!("{} {}", row["OBS_VALUE"], row["OBS_STATUS"])
}

const DETECTED: &str = "out/release/tables/victims-detected.csv";

/// The region's own count of 2020 holds Thailand, which is not in the panel of 2021: the change is that of Cambodia.
#[test]
fn a_change_rests_on_the_same_areas_in_both_years() {
    let bench = bench(GAP, "\"victims-detected\", \"victims-by-form\", \"victims-by-profile\"", "");
    bench.run("run").succeeds();
    let region = |indicator| published(&bench, DETECTED, indicator, "M49_035", "2021");
    assert_eq!(region("DETV_CH_PT"), "0 A");
    assert_eq!(region("DETV_IX"), "100 A");
    assert_eq!(region("DETV_IX_ALL"), "100 A");
    assert_eq!(region("DETV_N"), "100 A");
    for table in ["victims-by-form", "victims-by-profile"] {
        let file = format!("out/release/tables/{table}.csv");
        assert_eq!(published(&bench, &file, "DETV_CH_PT", "M49_035", "2021"), "0 A", "{table}");
    }
    for panel in rows(&bench.path("out/release/panels.csv")) {
        let expected =
            if panel["TIME_PERIOD"] == "2021" || panel["INDICATOR"] == "DETV_IX_ALL" { "KHM" } else { "KHM;THA" };
        assert_eq!(panel["AREAS"], expected, "{panel:?}");
    }
    // The same of the store, byte by byte.
    bench.run("tabulate out/restricted --id x --title x --tables victims-detected,victims-by-form,victims-by-profile --out again").succeeds();
    for file in ["panels.csv", "tables/victims-detected.csv", "tables/victims-by-form.csv"] {
        let [one, other] =
            ["out/release", "again"].map(|folder| std::fs::read(bench.path(&format!("{folder}/{file}"))).unwrap());
        assert!(one == other, "{file}");
    }
    // A region that is made of the release is the same.
    bench.run("combine again --tables victims-detected --out all").succeeds();
    for indicator in ["DETV_N", "DETV_CH_PT", "DETV_IX", "DETV_IX_ALL"] {
        for year in ["2020", "2021"].into_iter().skip(usize::from(indicator == "DETV_CH_PT")) {
            let all = published(&bench, "all/tables/victims-detected.csv", indicator, "M49_035", year);
            assert_eq!(all, published(&bench, DETECTED, indicator, "M49_035", year), "{indicator} {year}");
        }
    }
}

/// The same gap among suspects and convicts, and in every scheme of regions.
#[test]
fn the_same_for_other_records_and_schemes() {
    let justice = "area,year,stage,sex,age,count\nKHM,2020,CONVICTED,F,Y_GE18,100\nTHA,2020,CONVICTED,F,Y_GE18,100\n\
        KHM,2021,CONVICTED,F,Y_GE18,100\n";
    let config = run_file("\"justice\"", "").replace("path = \"in.csv\"", "path = \"in.csv\"\nschema = \"justice\"");
    let bench = Bench::new().file("in.csv", justice).file("tipstat.toml", config);
    bench.run("run").succeeds();
    let found = rows(&bench.path("out/release/tables/proceedings-by-stage.csv"));
    let mut changes = 0;
    for row in found.iter().filter(|row| row["INDICATOR"].ends_with("_CH_PT") && !row["OBS_VALUE"].is_empty()) {
        assert_eq!((row["OBS_VALUE"].as_str(), row["OBS_STATUS"].as_str()), ("0", "A"), "{row:?}");
        changes += usize::from(row["REF_AREA"] == "M49_035");
    }
    assert!(changes > 0);
    for scheme in ["GLOTIP@2016", "GLOTIP@2018", "SDG", "WB_INCOME"] {
        let config = run_file("\"victims-detected\"", &format!("regions = \"{scheme}\"\n"));
        let text = GAP.replace("THA", "LAO");
        let text = if scheme == "WB_INCOME" { text } else { GAP.to_owned() };
        let bench = Bench::new().file("in.csv", text).file("tipstat.toml", config);
        bench.run("run").succeeds();
        let found = rows(&bench.path(DETECTED));
        let regions = found.iter().filter(|row| row["REF_AREA"].len() != 3 && row["TIME_PERIOD"] == "2021");
        let changes: Vec<&Row> = regions.filter(|row| row["INDICATOR"] == "DETV_CH_PT").collect();
        assert!(!changes.is_empty() && changes.iter().all(|row| row["OBS_VALUE"] == "0"), "{scheme}: {changes:?}");
    }
}

/// Nothing of Thailand in 2021: no count, no rate, no change, no share, and no observation in the SDMX file.
#[test]
fn an_area_that_sent_nothing_is_no_zero() {
    let bench = bench(GAP, "\"glotip\", \"sdg-16-2-2\"", "");
    bench.run("run").succeeds();
    let mut silent = 0;
    let tables = crate::support::files_below(&bench.path("out/release/tables"));
    for table in tables.iter().filter(|path| path.extension().is_some_and(|ending| ending == "csv")) {
        for row in rows(&bench.path("out/release/tables").join(table)) {
            if row["REF_AREA"] == "THA" && row["TIME_PERIOD"] == "2021" {
                let cells = ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND"].map(|name| row[name].as_str());
                assert_eq!(cells, ["", "L", "", ""], "{row:?}");
                silent += 1;
            }
        }
    }
    assert!(silent > 100, "{silent}");
    let series = rows(&bench.path("out/release/sdmx/sdg-16-2-2.csv"));
    let thailand: Vec<&Row> =
        series.iter().filter(|row| row["REF_AREA"] == "764" && row["TIME_PERIOD"] == "2021").collect();
    assert!(!thailand.is_empty());
    assert!(thailand.iter().all(|row| row["OBS_VALUE"].is_empty() && row["OBS_STATUS"] == "L"), "{thailand:?}");
    // Half of the people of Thailand and Cambodia would have made the rate of the region too low.
    let rate = row(
        &bench,
        "out/release/tables/victims-rate.csv",
        "DETV_RATE",
        &[("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021")],
    );
    assert_eq!(rate["N_AREAS"], "1");
    let of_area = row(
        &bench,
        "out/release/tables/victims-rate.csv",
        "DETV_RATE",
        &[("REF_AREA", "KHM"), ("TIME_PERIOD", "2021")],
    );
    assert_eq!(rate["OBS_VALUE"], of_area["OBS_VALUE"]);
}

/// Thailand declares 2021: then zero is a number, which stays in panels.
#[test]
fn a_declared_zero_is_a_zero() {
    let bench = bench(GAP, "\"victims-detected\", \"victims-rate\", \"sdg-16-2-2\"", DECLARED);
    bench.run("run").succeeds();
    assert_eq!(published(&bench, DETECTED, "DETV_N", "THA", "2021"), "0 A");
    assert_eq!(published(&bench, DETECTED, "DETV_CH_PT", "THA", "2021"), "-100 A");
    assert_eq!(published(&bench, DETECTED, "DETV_CH_PT", "M49_035", "2021"), "-50 A");
    assert_eq!(published(&bench, DETECTED, "DETV_MEAN", "M49_035", "2021"), "50 A");
    assert_eq!(row(&bench, DETECTED, "DETV_N", &[("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021")])["N_AREAS"], "2");
    assert_eq!(published(&bench, "out/release/tables/victims-rate.csv", "DETV_RATE", "THA", "2021"), "0 A");
    let panels = rows(&bench.path("out/release/panels.csv"));
    assert!(panels.iter().filter(|row| row["REF_AREA"] == "M49_035").all(|row| row["AREAS"] == "KHM;THA"));
    let series = rows(&bench.path("out/release/sdmx/sdg-16-2-2.csv"));
    let zero = |row: &&Row| row["REF_AREA"] == "764" && row["TIME_PERIOD"] == "2021" && row["SERIES"] == "VC_HTF_DETV";
    assert!(series.iter().filter(zero).all(|row| row["OBS_VALUE"] == "0" && row["OBS_STATUS"] == "A"));
    assert!(series.iter().any(|row| zero(&row)));
    let manifest = std::fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
    assert!(manifest.contains("\"coverage\""));
    // The store knows it, and a file of declarations says the same of another store.
    bench.run("tabulate out/restricted --id x --title x --tables victims-detected --out again").succeeds();
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.write("c.csv", "REF_AREA,TIME_PERIOD\nTHA,2021\n");
    bench.run("tabulate store --coverage c.csv --id x --title x --tables victims-detected --out third").succeeds();
    bench.run("tabulate store --config tipstat.toml --tables victims-detected --out fourth").succeeds();
    let read = |folder: &str| std::fs::read(bench.path(&format!("{folder}/tables/victims-detected.csv"))).unwrap();
    for folder in ["again", "third", "fourth"] {
        assert!(read(folder) == read("out/release"), "{folder}");
    }
}

/// An area without any record, and years without a record of any area.
#[test]
fn an_area_may_be_declared_that_has_no_record_at_all() {
    let more = "[[coverage]]\narea = \"VNM\"\nyears = \"2019-2021\"\n";
    let bench = bench(GAP, "\"victims-detected\"", more);
    bench.run("run").succeeds();
    for year in ["2019", "2020", "2021"] {
        assert_eq!(published(&bench, DETECTED, "DETV_N", "VNM", year), "0 A");
    }
    assert_eq!(published(&bench, DETECTED, "DETV_N", "KHM", "2019"), " L");
    assert_eq!(published(&bench, DETECTED, "DETV_N", "M49_035", "2019"), "0 A");
    // The change of a zero is not a number, and that of Cambodia has no year before it.
    assert_eq!(published(&bench, DETECTED, "DETV_CH_PT", "VNM", "2020"), " O");
    assert_eq!(published(&bench, DETECTED, "DETV_CH_PT", "KHM", "2020"), " L");
}

/// Thailand did not ask for other sexes than two, so it has none of them; Cambodia did, and found none.
#[test]
fn a_code_that_was_not_asked_for_is_no_zero() {
    let records = "area,year,sex,age,count\nKHM,2020,F,30,50\nKHM,2020,_O,30,20\nKHM,2021,F,30,50\nTHA,2020,F,30,40\n\
        THA,2020,_O,30,10\nTHA,2021,F,30,40\n";
    let more = "[[coverage]]\narea = \"THA\"\nyears = [2021]\ncodes = { SEX = [\"F\", \"M\"] }\n\
        [[coverage]]\narea = \"KHM\"\nyears = [2021]\ncodes = { SEX = [\"F\", \"M\", \"_O\"] }\n";
    let bench = bench(records, "\"victims-by-profile\"", more);
    bench.run("run").succeeds();
    let table = "out/release/tables/victims-by-profile.csv";
    let value_of = |indicator: &str, area: &str, year: &str, sex: &str| {
        let row = row(&bench, table, indicator, &[("REF_AREA", area), ("TIME_PERIOD", year), ("SEX", sex)]);
        format!("{} {}", row["OBS_VALUE"], row["OBS_STATUS"])
    };
    assert_eq!(value_of("DETV_N", "THA", "2021", "_O"), " L");
    assert_eq!(value_of("DETV_N", "KHM", "2021", "_O"), "0 A");
    assert_eq!(value_of("DETV_N", "THA", "2021", "F"), "40 A");
    // The change rests on Cambodia alone: from 20 to none.
    assert_eq!(value_of("DETV_CH_PT", "M49_035", "2021", "_O"), "-100 A");
    assert_eq!(value_of("DETV_CH_PT", "THA", "2021", "_O"), " L");
}

/// Both parts of a ratio rest on the areas that asked for both: Cambodia reports prosecutions alone.
#[test]
fn a_ratio_rests_on_areas_that_asked_for_both_parts() {
    let records = "area,year,stage,sex,age,form,citizenship,count\nKHM,2020,PROSECUTED,F,30,SEX,KHM,100\n\
        THA,2020,PROSECUTED,F,30,SEX,THA,50\nTHA,2020,CONVICTED,F,30,SEX,THA,25\n";
    let more = "[[coverage]]\narea = \"KHM\"\nyears = [2020]\ncodes = { STAGE = [\"PROSECUTED\"] }\n";
    let justice = bench(records, "\"justice\"", more);
    let config = std::fs::read_to_string(justice.path("tipstat.toml")).unwrap();
    justice.write("tipstat.toml", config.replace("\n[tables]", "\nschema = \"justice\"\n[tables]"));
    justice.run("run").succeeds();
    let table = "out/release/tables/proceedings-ratios.csv";
    let ratio = row(&justice, table, "PROSECUTED_CONVICTED_RO", &[("REF_AREA", "M49_035"), ("TIME_PERIOD", "2020")]);
    assert_eq!([&ratio["OBS_VALUE"], &ratio["OBS_STATUS"], &ratio["N_AREAS"]], ["2", "A", "1"]);

    // Cambodia asked for sexual exploitation alone in 2020: the share of forced labour is that of Thailand.
    let records = "area,year,sex,age,form,count\nKHM,2020,F,20,SEX,100\nKHM,2021,F,20,SEX,100\nKHM,2021,F,20,LAB,200\n\
        THA,2020,F,20,SEX,100\nTHA,2020,F,20,LAB,100\nTHA,2021,F,20,SEX,100\nTHA,2021,F,20,LAB,100\n";
    let more = "[[coverage]]\narea = \"KHM\"\nyears = [2020]\ncodes = { FORM = [\"FG_SEXUAL\"] }\n";
    let victims = bench(records, "\"victims-by-form\"", more);
    victims.run("run").succeeds();
    let table = "out/release/tables/victims-by-form.csv";
    for (year, expected) in [("2020", ["50", "A", "1"]), ("2021", ["60", "A", "2"])] {
        let key = [("REF_AREA", "M49_035"), ("TIME_PERIOD", year), ("FORM", "FG_LABOUR"), ("SEX", "_T")];
        let share = row(&victims, table, "DETV_FORM_PT", &key);
        assert_eq!([&share["OBS_VALUE"], &share["OBS_STATUS"], &share["N_AREAS"]], expected, "{year}");
    }
}

/// A run file and a file of declarations mean the same: codes of a dimension leave the other dimensions collected, and a
/// dimension alone is one of those that were collected.
#[test]
fn both_forms_of_a_declaration_mean_the_same() {
    let records = "area,year,sex,age,form,count\nKHM,2020,F,30,SEX,50\nKHM,2020,M,30,SEX,40\n";
    for (more, rows_of_file, of_form, of_age) in [
        ("codes = { SEX = [\"F\", \"M\"] }\n", "KHM,2020,SEX,F+M\n", false, false),
        ("dimensions = [\"SEX\", \"FORM\"]\n", "KHM,2020,SEX,\nKHM,2020,FORM,\n", false, true),
        (
            "dimensions = [\"FORM\"]\ncodes = { SEX = [\"F\", \"M\"] }\n",
            "KHM,2020,FORM,\nKHM,2020,SEX,F+M\n",
            false,
            true,
        ),
        ("dimensions = [\"SEX\"]\n", "KHM,2020,SEX,\n", true, true),
    ] {
        let more = format!("[[coverage]]\narea = \"KHM\"\nyears = 2020\n{more}");
        let bench = bench(records, "\"victims-by-form\", \"victims-by-profile\"", &more);
        bench.run("run").succeeds();
        bench.run("ingest in.csv --schema victim --out store").succeeds();
        bench.write("c.csv", format!("REF_AREA,TIME_PERIOD,DIMENSION,CODES\n{rows_of_file}"));
        bench
            .run("tabulate store --coverage c.csv --id x --title x --tables victims-by-form,victims-by-profile --out again")
            .succeeds();
        for folder in ["out/release", "again"] {
            let is_silent = |table: &str, dimension: &str, code: &str| {
                let place = format!("{folder}/tables/{table}.csv");
                let codes = [("REF_AREA", "KHM"), ("TIME_PERIOD", "2020"), (dimension, code)];
                row(&bench, &place, "DETV_N", &codes)["OBS_STATUS"] == "L"
            };
            assert_eq!(is_silent("victims-by-form", "FORM", "FG_LABOUR"), of_form, "{folder}, {more}");
            assert_eq!(is_silent("victims-by-profile", "AGE", "Y0T17"), of_age, "{folder}, {more}");
        }
        for table in ["victims-by-form", "victims-by-profile"] {
            let read = |folder: &str| std::fs::read(bench.path(&format!("{folder}/tables/{table}.csv"))).unwrap();
            assert!(read("again") == read("out/release"), "{table}, {more}");
        }
    }
}

/// What is mistyped would hold nowhere, so it is refused.
#[test]
fn unknown_areas_and_years_are_refused() {
    for (more, message) in [
        ("[[coverage]]\narea = \"TAH\"\nyears = [2021]\n", "the coverage names an unknown area `TAH`"),
        ("[[coverage]]\narea = \"THA\"\nyears = [2121]\n", "names an unknown year 2121"),
        ("[[coverage]]\narea = \"THA\"\nyears = []\n", "names no year"),
        ("[[coverage]]\narea = \"THA\"\nyears = \"soon\"\n", "`soon` is neither a year nor a range"),
        ("[[coverage]]\narea = \"THA\"\nyear = [2021]\n", "unknown key `year`"),
        ("[coverage]\narea = \"THA\"\nyears = 2021\ndimensions = [\"SEKS\"]\n", "unknown dimension `SEKS`"),
    ] {
        let bench = bench(GAP, "\"victims-detected\"", more);
        let ran = bench.run("run");
        assert!(ran.stderr.contains(message), "{message}: {}", ran.stderr);
        assert!(ran.code != Some(0) && !bench.path("out").exists());
    }
}

/// In 2021 no area of South-Eastern Asia reports: its count is not reported, and a mean over no area is not defined.
#[test]
fn a_mean_over_no_area_is_not_defined() {
    let records = "area,year,sex,age,form,count\nKHM,2020,F,30,SEX,40\nTHA,2020,F,30,SEX,60\nFRA,2020,F,30,SEX,40\n\
        FRA,2021,F,30,SEX,40\nDEU,2021,F,30,SEX,60\n";
    let bench = bench(records, "\"victims-detected\", \"victims-by-form\"", "");
    bench.run("run").succeeds();
    assert_eq!(published(&bench, DETECTED, "DETV_N", "M49_035", "2021"), " L");
    assert_eq!(published(&bench, DETECTED, "DETV_MEAN", "M49_035", "2021"), " O");
    assert_eq!(published(&bench, DETECTED, "DETV_CH_PT", "M49_035", "2021"), " O");
    assert_eq!(published(&bench, DETECTED, "AREAS_N", "M49_035", "2021"), " L");
    let table = "out/release/tables/victims-by-form.csv";
    let codes = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021"), ("FORM", "FG_SEXUAL")];
    for (indicator, status) in [("DETV_FORM_PT", "L"), ("DETV_FORM_PT_MEAN", "O"), ("DETV_FORM_PT_MEDIAN", "O")] {
        assert_eq!(row(&bench, table, indicator, &codes)["OBS_STATUS"], status, "{indicator}");
    }
    // Areas report, but none of them knows a form: the share is of zero persons in each.
    let records = "area,year,sex,age,form,count\nKHM,2020,F,30,_U,40\nTHA,2020,F,30,_U,60\nFRA,2020,F,30,SEX,40\n";
    let bench = self::bench(records, "\"victims-by-form\"", "");
    bench.run("run").succeeds();
    let codes = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2020"), ("FORM", "FG_SEXUAL")];
    assert_eq!(row(&bench, table, "DETV_FORM_PT_MEAN", &codes)["OBS_STATUS"], "O");
}

/// Flows are seen in M49, in whatever regions the areas are grouped.
#[test]
fn flows_have_figures_under_every_scheme() {
    let records = "area,year,sex,age,citizenship,count\nKHM,2020,F,30,KHM,40\nKHM,2020,F,30,VNM,30\nTHA,2020,F,30,CHN,50\n\
        THA,2020,F,30,NGA,60\nFRA,2020,F,30,NGA,70\nFRA,2020,F,30,ITA,20\n";
    let flows = |scheme: &str| {
        let bench = bench(records, "\"flows\"", &format!("regions = \"{scheme}\"\n"));
        bench.run("run").succeeds();
        let measures = ["FLOW_DOMESTIC_N", "FLOW_SUBREGION_N", "FLOW_REGION_N", "FLOW_TRANSREGIONAL_N"];
        let found = rows(&bench.path("out/release/tables/flows.csv"));
        let mut out: Vec<[String; 4]> = Vec::new();
        for row in found.iter().filter(|row| measures.contains(&row["INDICATOR"].as_str())) {
            let area = match row["REF_AREA"].as_str() {
                "M49_001" | "GLO_W" | "GLO16_W" => "world",
                area if area.len() == 3 => area,
                _ => continue,
            };
            out.push([area, &row["INDICATOR"], &row["OBS_VALUE"], &row["OBS_STATUS"]].map(str::to_owned));
        }
        out.sort();
        out
    };
    let m49 = flows("M49");
    for (area, share) in
        [("KHM", ["40", "30", "0", "0"]), ("THA", ["0", "0", "50", "60"]), ("FRA", ["0", "0", "20", "70"])]
    {
        let regions: Vec<&str> = m49.iter().filter(|row| row[0] == area).map(|row| row[2].as_str()).collect();
        // In the order of names: domestic, region, subregion, transregional.
        assert_eq!(regions, [share[0], share[2], share[1], share[3]], "{area}");
    }
    assert!(m49.iter().all(|row| row[3] == "A"));
    assert_eq!(flows("GLOTIP@2018"), m49);
    assert_eq!(flows("GLOTIP@2016"), m49);
}

/// Under a policy that hides all zeros, a suppressed total of an area that reported is certain not to be zero, unless
/// the area is declared. What is not reported is not suppressed.
#[test]
fn what_the_status_says_is_known_under_every_policy() {
    let records = "area,year,sex,age,form,count\nKHM,2020,F,30,SEX,100\nTHA,2020,F,30,SEX,2\nVNM,2020,F,30,SEX,3\n\
        KHM,2021,F,30,SEX,100\n";
    for (more, lower, status) in [("", "1", "L"), ("[[coverage]]\narea = \"THA\"\nyears = [2020, 2021]\n", "0", "Q")] {
        let bench = bench(records, "\"victims-detected\", \"victims-by-form\"", more).with_hidden_zeros();
        let config = std::fs::read_to_string(bench.path("tipstat.toml")).unwrap();
        bench.write("tipstat.toml", config.replace("title = \"x\"", "title = \"x\"\npolicy = \"hidden\""));
        bench.run("run --schemas own").succeeds();
        let row_of = |year: &str| row(&bench, DETECTED, "DETV_N", &[("REF_AREA", "THA"), ("TIME_PERIOD", year)]);
        assert_eq!((row_of("2020")["OBS_STATUS"].as_str(), row_of("2020")["LOWER_BOUND"].as_str()), ("Q", lower));
        assert_eq!(row_of("2021")["OBS_STATUS"], status);
        let viet_nam = row(&bench, DETECTED, "DETV_N", &[("REF_AREA", "VNM"), ("TIME_PERIOD", "2021")]);
        assert_eq!((viet_nam["OBS_STATUS"].as_str(), viet_nam["UPPER_BOUND"].as_str()), ("L", ""));
    }
}

/// Thailand does not note citizenships, and reports one year only; of some victims a source knows no more than Europe.
/// `N_AREAS` counts the areas that report all that a formula names, in `run` and in `combine`, in rows of areas too.
#[test]
fn a_figure_rests_on_areas_that_report_all_that_its_formula_names() {
    let bench = Bench::new()
        .file(
            "a.csv",
            "area,year,sex,age,citizenship,count\nKHM,2020,F,20,KHM,60\nKHM,2021,F,20,LAO,70\nVNM,2021,F,20,VNM,50\n",
        )
        .file("b.csv", "area,year,sex,age,count\nTHA,2021,F,20,90\nR150,2021,F,20,80\n")
        .file(
            "tipstat.toml",
            "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"*.csv\"\nschema = \"victim\"\n[tables]\n\
             packs = [\"flows\", \"victims-rate\", \"victims-detected\"]\n",
        );
    bench.run("run -q").succeeds();
    bench.run("combine out/release --tables flows,victims-rate,victims-detected --out combined -q").succeeds();
    let shows = |folder: &str, table: &str, measure: &str, area: &str, year: &str| {
        let all = rows(&bench.path(&format!("{folder}/tables/{table}.csv")));
        let is_total = |row: &&Row| {
            ["SEX", "AGE", "ORIGIN"].iter().all(|name| row.get(*name).is_none_or(|code| code == "_T"))
                && [&row["INDICATOR"], &row["REF_AREA"], &row["TIME_PERIOD"]] == [measure, area, year]
        };
        let found = all.iter().find(is_total);
        found.map(|row| format!("{} {} of {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"]))
    };
    let shown = |value: &str| Some(value.to_owned());
    for folder in ["out/release", "combined"] {
        let asia = |table, measure, year| shows(folder, table, measure, "M49_035", year);
        assert_eq!(asia("flows", "FLOW_DOMESTIC_N", "_T"), shown("110 A of 2"), "{folder}");
        assert_eq!(asia("flows", "DETV_N", "_T"), shown("270 A of 3"), "{folder}");
        assert_eq!(asia("victims-detected", "DETV_N", "2021"), shown("210 A of 3"), "{folder}");
        assert_eq!(asia("victims-detected", "DETV_CH_PT", "2021"), shown("16.6667 A of 1"), "{folder}");
        let khm = |measure, year| shows(folder, "victims-detected", measure, "KHM", year);
        assert_eq!(khm("DETV_CH_PT", "2021"), shown("16.6667 A of 1"), "{folder}");
    }
    // `combine` has no row where an area lacks something.
    let run = |table, measure, area, year| shows("out/release", table, measure, area, year);
    assert_eq!(run("flows", "FLOW_DOMESTIC_N", "THA", "_T"), shown(" L of 0"));
    assert_eq!(run("victims-detected", "DETV_CH_PT", "THA", "2021"), shown(" L of 0"));
    // An area that is neither a country nor a region of the scheme.
    assert_eq!(run("victims-detected", "DETV_N", "R150", "2021"), shown("80 A of 1"));
    assert_eq!(run("victims-detected", "DETV_CH_PT", "R150", "2021"), shown(" L of 0"));
    assert_eq!(run("victims-rate", "DETV_RATE", "R150", "2021"), shown(" O of 0"));
}

/// Records of a code that a declaration excludes are named.
#[test]
fn records_that_contradict_a_declaration_are_named() {
    let records = "area,year,sex,age,form,count\nKHM,2020,_O,20,SEX,20\nKHM,2020,F,20,SEX,30\nKHM,2021,_O,20,SEX,20\n";
    let declared = |codes: &str| format!("[[coverage]]\narea = \"KHM\"\nyears = [2020]\n{codes}\n");
    let warning = "warning[coverage/contradicted]: records have codes that `[[coverage]]` says were not asked for: ";
    for (codes, found) in [
        ("codes = { SEX = [\"F\", \"M\"] }", Some("SEX=_O in KHM 2020;")),
        ("dimensions = [\"AGE\", \"FORM\"]", Some("SEX=F in KHM 2020, SEX=_O in KHM 2020;")),
        ("codes = { SEX = [\"F\", \"M\", \"_O\"] }", None),
        ("", None),
    ] {
        let bench = bench(records, "\"glotip\"", &declared(codes));
        let ran = bench.run("run -q");
        ran.succeeds();
        match found {
            Some(found) => assert!(ran.stdout.contains(&format!("{warning}{found}")), "{codes}: {}", ran.stdout),
            None => assert!(!ran.stdout.contains("coverage/contradicted"), "{codes}: {}", ran.stdout),
        }
    }
}

/// One file has the citizenship and another the location: no source sees a cross of both, in one year or over all years.
#[test]
fn a_cross_that_no_source_sees_is_no_zero() {
    let bench = Bench::new()
        .file("a.csv", "area,year,sex,age,citizenship,count\nKHM,2020,F,20,VNM,60\nTHA,2020,F,20,VNM,20\n")
        .file("b.csv", "area,year,sex,age,location,count\nKHM,2021,F,20,U,40\n")
        .file("c.csv", "area,year,sex,age,location,citizenship,count\nTHA,2020,F,20,U,LAO,30\n")
        .file(
            "run.toml",
            "[release]\nid = \"x\"\ntitle = \"x\"\nsynthetic = true\n\
             [[input]]\npath = \"a.csv\"\n[[input]]\npath = \"b.csv\"\n[[input]]\npath = \"c.csv\"\n\
             [tables]\npacks = [\"cross-citizenship-location\"]\n",
        );
    bench.run("run run.toml --out out -q").succeeds();
    let table = rows(&bench.path("out/release/tables/cross-citizenship-location.csv"));
    let cell = |area: &str, citizenship: &str, location: &str| {
        let is_it = |row: &&Row| {
            row["INDICATOR"] == "DETV_N"
                && row["REF_AREA"] == area
                && row["CITIZENSHIP"] == citizenship
                && row["LOCATION"] == location
        };
        let row = table.iter().find(is_it).unwrap();
        format!("{} {} of {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"])
    };
    for (citizenship, location) in [("CROSS", "U"), ("_K", "_K"), ("DOM", "R"), ("_K", "U")] {
        assert_eq!(cell("KHM", citizenship, location), " L of 0", "{citizenship} {location}");
    }
    assert_eq!(cell("KHM", "CROSS", "_T"), "60 A of 1");
    assert_eq!(cell("KHM", "_T", "U"), "40 A of 1");
    // Thailand collects both of 30 victims, so its zeros are zeros, and the region rests on it alone.
    assert_eq!(cell("THA", "CROSS", "U"), "30 A of 1");
    assert_eq!(cell("THA", "CROSS", "R"), "0 A of 1");
    assert_eq!(cell("M49_035", "CROSS", "U"), "30 A of 1");
}

/// A code that was asked for in one of two years has no share of all years: the other year has persons who were not asked.
#[test]
fn a_code_that_was_asked_for_in_some_years_has_no_share_of_all_years() {
    let records = "area,year,sex,age,count\nKHM,2020,F,20,60\nKHM,2021,F,20,60\nKHM,2021,M,20,40\nKHM,2021,_O,20,50\n";
    let published = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n\
        VNM,Detected trafficking victims,Total,Total,Total,Total,2021,Counts,100\n\
        VNM,Detected trafficking victims,Total,Total,Female,Total,2021,Counts,50\n\
        VNM,Detected trafficking victims,Total,Total,Male,Total,2021,Counts,40\n\
        VNM,Detected trafficking victims,Total,Total,Other,Total,2021,Counts,10\n";
    let bench = Bench::new().file("in.csv", records).file("published.csv", published).file(
        "run.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"in.csv\"\n\
         [tables]\npacks = [\"victims-by-profile\"]\n\
         [[coverage]]\narea = \"KHM\"\nyears = [2020]\ncodes = { SEX = [\"F\", \"M\"] }\n",
    );
    bench.run("run run.toml --out out -q").succeeds();
    let cell = |table: &str, measure: &str, area: &str, [period, sex, age]: [&str; 3]| {
        let rows = rows(&bench.path(&format!("{table}/tables/victims-by-profile.csv")));
        let is_it = |row: &&Row| {
            let at = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "AGE"].map(|name| &*row[name]);
            at == [measure, area, period, sex, age]
        };
        let Some(row) = rows.iter().find(is_it) else { return "no row".to_owned() };
        format!("{} {} of {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"])
    };
    let run = |measure: &str, at: [&str; 3]| cell("out/release", measure, "KHM", at);
    assert_eq!(run("DETV_N", ["_T", "_O", "_T"]), "50 A of 1");
    assert_eq!(run("DETV_SEX_PT", ["_T", "_O", "_T"]), " L of 0");
    assert_eq!(run("DETV_SEX_PT", ["2021", "_O", "_T"]), "33.3333 A of 1");
    assert_eq!(run("DETV_SEX_PT", ["_T", "F", "_T"]), "57.1429 A of 1");
    // Of the fifty the year is one in which it asked.
    assert_eq!(run("DETV_AGE_PT", ["_T", "_O", "Y_GE18"]), "100 A of 1");
    for package in ["out/release", "out/restricted"] {
        let line = "--profile unodc-glotip --tables victims-by-profile --synthetic --out both --force -q";
        bench.run(&format!("combine {package} published.csv {line} --override tests-of-one-store")).succeeds();
        assert_eq!(cell("both", "DETV_N", "M49_035", ["_T", "_O", "_T"]), "60 A of 2", "{package}");
        assert_eq!(cell("both", "DETV_SEX_PT", "M49_035", ["_T", "_O", "_T"]), "10 A of 1", "{package}");
        assert_eq!(cell("both", "DETV_SEX_PT", "M49_035", ["2021", "_O", "_T"]), "24 A of 2", "{package}");
    }
}
