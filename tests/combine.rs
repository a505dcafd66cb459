//! Several countries' figures become tables of regions: every expected number is computed by hand in a comment.

use std::collections::BTreeMap;

use crate::support::{Bench, Row, contents, rows, value_or_bounds};

/// The header of the UNODC portal's file.
const HEADER: &str = "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE,Source\n";

const VICTIMS: &str = "Detected trafficking victims";

/// Figures as the portal writes them: `AREA YEAR SEX AGE VALUE`, or with a category after `form` or `from`.
fn portal(lines: &[&str]) -> String {
    let mut text = HEADER.to_owned();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (area, year, value) = (words[0], words[1], words[words.len() - 1]);
        let age = |word: &str| match word {
            "child" => "0 to 17 years".to_owned(),
            "adult" => "18 years or over".to_owned(),
            other => other.to_owned(),
        };
        let (subject, dimension, category, sex, age) = match &words[2..words.len() - 1] {
            ["form", form] => {
                let form = match *form {
                    "labour" => "Forced labour",
                    "sexual" => "Sexual exploitation",
                    _ => "Other forms of exploitation",
                };
                (VICTIMS, "by form of exploitation", form, "Total", "Total".to_owned())
            }
            ["from", country] => (VICTIMS, "by citizenship", *country, "Total", "Total".to_owned()),
            ["back", country] => (VICTIMS, "by country of repatriation", *country, "Total", "Total".to_owned()),
            ["prosecuted"] => ("Persons prosecuted", "Total", "Total", "Total", "Total".to_owned()),
            ["convicted"] => ("Persons convicted", "Total", "Total", "Total", "Total".to_owned()),
            [sex, group] => (VICTIMS, "Total", "Total", *sex, age(group)),
            other => panic!("{other:?}"),
        };
        text.push_str(&format!(
            "{area},,,,{subject},{dimension},{category},{sex},{age},{year},Counts,\"{value}\",GLOTIP\n"
        ));
    }
    text
}

/// A combined release that can be asked.
struct Release {
    bench: Bench,
}

impl Release {
    /// The row of an area, a year and other codes: its value, or its bounds as `[least, greatest]`, and its countries.
    fn find(&self, table: &str, measure: &str, at: &[(&str, &str)]) -> Option<Row> {
        let mut found = rows(&self.bench.path(&format!("out/tables/{table}.csv"))).into_iter().filter(|row| {
            row["INDICATOR"] == measure
                && at.iter().all(|(name, code)| row[*name] == *code)
                && row.iter().all(|(name, code)| {
                    let others = ["SEX", "AGE", "FORM", "CITIZENSHIP", "ORIGIN", "STAGE", "REPATRIATED_FROM"];
                    !others.contains(&name.as_str())
                        || code == "_T"
                        || at.iter().any(|(dimension, _)| dimension == name)
                })
        });
        let first = found.next();
        assert!(found.next().is_none(), "{table} {measure} {at:?} is no key");
        first
    }

    fn tells(&self, table: &str, measure: &str, area: &str, year: &str, at: &[(&str, &str)]) -> String {
        let at: Vec<_> = [("REF_AREA", area), ("TIME_PERIOD", year)].into_iter().chain(at.iter().copied()).collect();
        let Some(row) = self.find(table, measure, &at) else { return "no row".into() };
        format!("{} of {}", value_or_bounds(&row), row["N_AREAS"])
    }
}

fn combined(lines: &[&str], tables: &str) -> Release {
    let bench = Bench::new().file("in.csv", portal(lines));
    bench.run(&format!("combine in.csv --profile unodc-glotip --tables {tables} --out out -q")).succeeds();
    bench.run("verify out").succeeds();
    Release { bench }
}

#[test]
fn totals_and_trends_rest_on_the_countries_that_tell_them() {
    let release = combined(
        &[
            "ALB 2019 Total Total 100",
            "ALB 2020 Total Total 80",
            "SRB 2019 Total Total <5",
            "SRB 2020 Total Total 40",
            "KHM 2019 Total Total 200",
            "THA 2020 Total Total 300",
            "VNM 2019 Total Total 50",
            "VNM 2020 Total Total 75",
            "AGO 2020 Total Total 9",
        ],
        "victims-detected",
    );
    let tells = |measure: &str, area: &str, year: &str| release.tells("victims-detected", measure, area, year, &[]);
    // 100 + [0, 4] + 200 + 50, and 80 + 40 + 300 + 75 + 9.
    assert_eq!(tells("DETV_N", "M49_001", "2019"), "[350, 354] of 4");
    assert_eq!(tells("DETV_N", "M49_001", "2020"), "504 of 5");
    assert_eq!(tells("DETV_N", "M49_039", "2020"), "120 of 2");
    assert_eq!(tells("DETV_MEAN", "M49_001", "2020"), "100.8 of 5");
    // Angola is alone in Africa: a region would repeat it.
    assert_eq!(tells("DETV_N", "M49_002", "2020"), "no row");
    // Albania, Serbia and Viet Nam report both years: 195 to [150, 154], though all countries rose from 354 to 504.
    assert_eq!(tells("DETV_IX", "M49_001", "2020"), "[126.6233, 130] of 3");
    assert_eq!(tells("DETV_CH_PT", "M49_001", "2020"), "[26.6233, 30] of 3");
    assert_eq!(tells("DETV_IX", "M49_035", "2020"), "150 of 1");
    // The year with which years are compared is 100, whatever the masked counts are.
    assert_eq!(tells("DETV_IX", "M49_001", "2019"), "100 of 4");
    assert_eq!(tells("DETV_IX", "KHM", "2020"), "no row");
    let panel = rows(&release.bench.path("out/panels.csv"));
    let panel = panel
        .iter()
        .find(|row| row["INDICATOR"] == "DETV_IX" && row["REF_AREA"] == "M49_001" && row["TIME_PERIOD"] == "2020");
    let mut members: Vec<&str> = panel.unwrap()["AREAS"].split(';').collect();
    members.sort_unstable();
    assert_eq!(members, ["ALB", "SRB", "VNM"]);
    let row = release.find("victims-detected", "DETV_N", &[("REF_AREA", "M49_039"), ("TIME_PERIOD", "2020")]).unwrap();
    assert_eq!(row["TOP_AREA_SHARE"], "0.666667");
    // Without Albania 115 to [50, 54], without Serbia 155 to 150, without Viet Nam 120 to [100, 104].
    let row = release.find("victims-detected", "DETV_IX", &[("REF_AREA", "M49_001"), ("TIME_PERIOD", "2020")]).unwrap();
    assert_eq!((row["MIN_WITHOUT_ONE"].as_str(), row["MAX_WITHOUT_ONE"].as_str()), ("103.3333", "230"));
}

#[test]
fn a_share_needs_all_of_its_whole() {
    let release = combined(
        &[
            // All four.
            "ALB 2020 Female adult 30",
            "ALB 2020 Male adult 10",
            "ALB 2020 Female child 30",
            "ALB 2020 Male child <5",
            // Sex only, age only, adults only, and nothing known.
            "SRB 2020 Female Total 25",
            "SRB 2020 Male Total 15",
            "THA 2020 Total child 100",
            "THA 2020 Total adult 200",
            "VNM 2020 Female adult 40",
            "VNM 2020 Male adult 20",
            "MMR 2020 Total Total 7",
            "MMR 2020 Unknown Unknown 7",
            "VNM 2020 Total Total 50",
            "VNM 2020 Female Total 10",
            "VNM 2020 Male Total 20",
        ],
        "victims-by-profile",
    );
    let tells =
        |measure: &str, area: &str, at: &[(&str, &str)]| release.tells("victims-by-profile", measure, area, "2020", at);
    let profile = |sex, age| tells("DETV_PROFILE_PT", "M49_001", &[("SEX", sex), ("AGE", age)]);
    // Albania alone reports all four: 30 of 70 to 74, 10 of 70 to 74, [0, 4] of 70 to 74.
    assert_eq!(profile("F", "Y_GE18"), "[40.5405, 42.8572] of 1");
    assert_eq!(profile("F", "Y0T17"), "[40.5405, 42.8572] of 1");
    assert_eq!(profile("M", "Y_GE18"), "[13.5135, 14.2858] of 1");
    assert_eq!(profile("M", "Y0T17"), "[0, 5.4055] of 1");
    assert_eq!(tells("DETV_PROFILE_PT", "VNM", &[("SEX", "F"), ("AGE", "Y_GE18")]), "no row");
    // 25 + 10 of 40 + [30, 50] women and girls, where sex is reported: Viet Nam did not ask for another sex, and 20 of its 50 victims
    // are neither female nor male. 100 of 300 children, where age is reported.
    assert_eq!(tells("DETV_SEX_PT", "M49_001", &[("SEX", "F")]), "[38.8888, 50] of 2");
    assert_eq!(tells("DETV_AGE_PT", "M49_001", &[("AGE", "Y0T17")]), "33.3333 of 1");
    // No sex is known in Myanmar.
    assert_eq!(tells("DETV_SEX_PT", "MMR", &[("SEX", "F")]), "no row");
    assert_eq!(tells("DETV_N", "MMR", &[("SEX", "_U"), ("AGE", "_U")]), "7 of 1");
    // 10 + 20 are not 50, and there are no unknown persons. What does not add up is listed, and used as reported.
    let all = rows(&release.bench.path("out/not-additive.csv"));
    let (listed, parts): (Vec<_>, Vec<_>) = all.into_iter().partition(|row| row["PART"].is_empty());
    assert_eq!(listed.len(), 1);
    // 40 women of 10 women and girls.
    assert!(parts.iter().any(|row| row["OF"] == "SEX=F" && row["PART"] == "AGE=Y_GE18" && row["PARTS_LOWER"] == "40"));
    let row: Vec<&str> = ["REF_AREA", "DIMENSION", "OF", "TOTAL_LOWER", "PARTS_UPPER"]
        .iter()
        .map(|name| listed[0][*name].as_str())
        .collect();
    assert_eq!(row, ["VNM", "SEX", "", "50", "30"]);
}

#[test]
fn forms_flows_convictions_and_returns() {
    let release = combined(
        &[
            "ALB 2020 Total Total 80",
            "VNM 2020 Total Total 75",
            "LAO 2020 Total Total 9",
            "ALB 2020 form labour 20",
            "ALB 2020 form sexual <5",
            "VNM 2020 form sexual 60",
            "LAO 2020 form labour 0",
            "LAO 2020 form sexual 0",
            "LAO 2020 form other 0",
            // Two groups that were folded into one label.
            "THA 2020 form other <5",
            "THA 2020 form other <5",
            "THA 2020 form labour 7",
            "THA 2020 form labour 7",
            "ALB 2020 from Nationals 50",
            "ALB 2020 from Serbia 20",
            "ALB 2020 from China 10",
            "ALB 2020 convicted 12",
            "VNM 2020 convicted <5",
            "ALB 2020 prosecuted 30",
            "VNM 2020 prosecuted 10",
            "THA 2020 prosecuted 99",
            "VNM 2020 back China 30",
            "VNM 2020 back Malaysia 10",
        ],
        "glotip,justice,sdg-16-2-2",
    );
    let form = |measure: &str, area: &str, form: &str| {
        release.tells("victims-by-form", measure, area, "2020", &[("FORM", form)])
    };
    assert_eq!(form("DETV_N", "THA", "FG_OTHER"), "[0, 8] of 1");
    assert_eq!(form("DETV_N", "THA", "FG_LABOUR"), "7 of 1");
    // A form that is not reported where another one is, is zero: 27 labour, [60, 64] sexual, [0, 8] other, and zero in Laos.
    assert_eq!(form("DETV_FORM_PT", "M49_001", "FG_LABOUR"), "[27.2727, 31.0345] of 4");
    assert_eq!(form("DETV_FORM_PT", "M49_001", "FG_SEXUAL"), "[63.1578, 70.3297] of 4");
    assert_eq!(form("DETV_FORM_PT", "M49_001", "FG_OTHER"), "[0, 8.4211] of 4");
    assert_eq!(form("DETV_N", "VNM", "FG_OTHER"), "no row");
    assert_eq!(form("DETV_FORM_PT", "LAO", "FG_LABOUR"), "O of 1");
    // 50 of 80 are citizens, 20 from the subregion, 10 from elsewhere.
    let citizens =
        release.tells("victims-by-citizenship", "DETV_CITIZENSHIP_PT", "ALB", "2020", &[("CITIZENSHIP", "DOM")]);
    assert_eq!(citizens, "62.5 of 1");
    let flow = |measure: &str| release.tells("flows", measure, "ALB", "_T", &[]);
    assert_eq!(
        ["FLOW_DOMESTIC_N", "FLOW_SUBREGION_N", "FLOW_REGION_N", "FLOW_TRANSREGIONAL_N"].map(flow),
        ["50 of 1", "20 of 1", "0 of 1", "10 of 1"]
    );
    let convicted = |measure: &str| release.tells("convictions", measure, "M49_001", "2020", &[("STAGE", "CONVICTED")]);
    assert_eq!(convicted("PERSONS_N"), "[12, 16] of 2");
    assert_eq!(["AREAS_1T9_N", "AREAS_10T50_N"].map(convicted), ["[0, 1] of 2", "1 of 2"]);
    // 40 prosecuted for [12, 16] convicted; Thailand does not report its convictions.
    let ratio = release.tells("proceedings-ratios", "PROSECUTED_CONVICTED_RO", "M49_001", "2020", &[]);
    assert_eq!(ratio, "[2.5, 3.3334] of 2");
    let back =
        |from| release.tells("victims-repatriated", "REPATRIATED_N", "VNM", "2020", &[("REPATRIATED_FROM", from)]);
    assert_eq!([back("CHN"), back("_K")], ["30 of 1", "40 of 1"]);
    assert_eq!(release.tells("victims-detected", "DETV_N", "VNM", "2020", &[]), "75 of 1");

    // The series of the global database: 80 victims of 2,877,800 people in Albania, whose number is 8.
    let series = rows(&release.bench.path("out/sdmx/sdg-16-2-2.csv"));
    let find = |series_: &str, area: &str| {
        series.iter().find(|row| {
            row["SERIES"] == series_
                && row["REF_AREA"] == area
                && row["TIME_PERIOD"] == "2020"
                && row["SEX"] == "_T"
                && row["AGE"] == "_T"
        })
    };
    assert_eq!(find("VC_HTF_DETV", "8").unwrap()["OBS_VALUE"], "80");
    assert_eq!(find("VC_HTF_DETVR", "8").unwrap()["OBS_VALUE"], "2.779901");
    let masked = find("VC_HTF_DETVSX", "8").unwrap();
    assert_eq!(
        ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND", "UNIT_MEASURE", "UNIT_MULT"]
            .map(|name| masked[name].as_str()),
        ["", "Q", "0", "4", "NUMBER", "0"]
    );
    assert!(find("VC_HTF_DETV", "1").is_some(), "the world");
}

/// What a reader of SDMX-CSV 2.0 relies on.
#[test]
fn an_sdmx_file_keeps_the_rules_of_its_format() {
    let bench = Bench::new().with_sample();
    bench.write(
        "run.toml",
        std::fs::read_to_string(bench.path("tipstat.toml")).unwrap().replace("\"victims-rate\"", "\"sdg-16-2-2\""),
    );
    bench.run("run run.toml -q").succeeds();
    let file = bench.path("out/release/sdmx/sdg-16-2-2.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,"));
    let series = rows(&file);
    let mut keys = std::collections::BTreeSet::new();
    let dimensions = [
        "FREQ",
        "REPORTING_TYPE",
        "SERIES",
        "REF_AREA",
        "SEX",
        "AGE",
        "URBANISATION",
        "INCOME_WEALTH_QUANTILE",
        "EDUCATION_LEV",
        "OCCUPATION",
        "CUST_BREAKDOWN",
        "COMPOSITE_BREAKDOWN",
        "DISABILITY_STATUS",
        "ACTIVITY",
        "PRODUCT",
        "TIME_PERIOD",
    ];
    let mut of_table: BTreeMap<(String, String, String, String), String> = BTreeMap::new();
    for row in &series {
        assert_eq!(
            [&*row["STRUCTURE"], &*row["STRUCTURE_ID"], &*row["ACTION"]],
            ["datastructure", "IAEG-SDGs:SDG(1.4)", "I"]
        );
        assert!(keys.insert(dimensions.map(|name| row[name].clone())), "a key occurs twice");
        assert!(dimensions.iter().all(|name| !row[*name].is_empty()));
        let area: u32 = row["REF_AREA"].parse().unwrap();
        assert_eq!(area.to_string(), row["REF_AREA"], "no leading zeros");
        assert_eq!(row["TIME_PERIOD"].len(), 4);
        assert!(["_T", "F", "M", "_O", "_U", "_N", "_X"].contains(&&*row["SEX"]));
        assert!(["_T", "Y0T17", "Y_GE18", "_U", "_X"].contains(&&*row["AGE"]), "{}", row["AGE"]);
        match row["OBS_STATUS"].as_str() {
            "A" => assert!(row["OBS_VALUE"].parse::<f64>().is_ok() && row["LOWER_BOUND"].is_empty()),
            "Q" => assert!(row["OBS_VALUE"].is_empty() && !row["LOWER_BOUND"].is_empty()),
            other => assert!(["L", "O"].contains(&other) && row["OBS_VALUE"].is_empty(), "{other}"),
        }
        let unit = if row["SERIES"].ends_with('R') { "PER_100000_POP" } else { "NUMBER" };
        assert_eq!(row["UNIT_MEASURE"], unit);
        assert!(row["COMMENT_OBS"].starts_with("SYNTHETIC DATA"));
        if row["SERIES"] == "VC_HTF_DETV" {
            let key = ["REF_AREA", "TIME_PERIOD", "SEX", "AGE"].map(|name| row[name].clone());
            of_table.insert(key.into(), row["OBS_VALUE"].clone());
        }
    }
    // The same figures as in the table: Cambodia is 116.
    let table = rows(&bench.path("out/release/tables/sdg-detv.csv"));
    let rows_of_country = table
        .iter()
        .filter(|row| row["INDICATOR"] == "DETV_N" && row["REF_AREA"] == "KHM" && row["TIME_PERIOD"] != "_T");
    let mut compared = 0;
    for row in rows_of_country.filter(|row| row["SEX"] != "_K" && row["AGE"] != "_K") {
        let key = ("116".to_owned(), row["TIME_PERIOD"].clone(), row["SEX"].clone(), row["AGE"].clone());
        assert_eq!(of_table[&key], row["OBS_VALUE"], "{key:?}");
        compared += 1;
    }
    assert!(compared > 20);
}

/// A release and a store of records: the one as it was published, the other protected first.
#[test]
fn countries_are_combined_without_their_records() {
    let records = |rows: &[(usize, &str)]| {
        let rows = rows.iter().map(|(count, row)| format!("{row}\n").repeat(*count)).collect::<String>();
        format!("area,year,sex,age\n{rows}")
    };
    let run = |name: &str| {
        format!(
            "[release]\nid = \"{name}\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"{name}.csv\"\n\
             [tables]\npacks = [\"victims-by-profile\", \"victims-detected\"]\n"
        )
    };
    let bench = Bench::new()
        .file("khm.csv", records(&[(40, "KHM,2022,F,20"), (3, "KHM,2022,M,20")]))
        .file("tha.csv", records(&[(25, "THA,2022,F,20"), (15, "THA,2022,M,20")]))
        .file("khm.toml", run("khm"));
    bench.run("run khm.toml --out khm -q").succeeds();
    bench.run("ingest tha.csv --schema victim --out tha -q").succeeds();
    let before = contents(&bench.path("khm"));
    let ran = bench.run("combine khm tha --tables glotip --out out");
    ran.succeeds().says("khm (release): 1 country,").says("tha (records): 1 country,").says("SYNTHETIC DATA");
    assert_eq!(contents(&bench.path("khm")), before);
    bench.run("verify out").succeeds();
    let release = Release { bench };
    let tells = |area: &str, at: &[(&str, &str)]| release.tells("victims-by-profile", "DETV_N", area, "2022", at);
    assert_eq!(tells("M49_035", &[]), "83 of 2");
    assert_eq!(tells("THA", &[("SEX", "F")]), "25 of 1");
    // 3 men in Cambodia are hidden, and with them the women: the region knows no more than its parts.
    let hidden = tells("KHM", &[("SEX", "M")]);
    let region = tells("M49_035", &[("SEX", "M")]);
    let bounds = |text: &str| -> Vec<f64> {
        let inner = text.trim_start_matches('[').split(']').next().unwrap().to_owned();
        inner.split(", ").map(|number| number.parse().unwrap()).collect()
    };
    let (hidden, region) = (bounds(&hidden), bounds(&region));
    assert_eq!(region, [hidden[0] + 15.0, hidden[1] + 15.0]);
    assert!(hidden[0] <= 3.0 && 3.0 <= hidden[1] && hidden[1] >= 10.0, "{hidden:?}");

    let Release { bench } = release;
    bench.run("combine khm khm/restricted --tables glotip --out twice").fails(
        1,
        "error[combine/overlap]: two packages report `KHM` for 2022\n   = first: khm\n   = second: restricted\n\
         hint: victims would be counted twice: leave one of them out, or pass `--overlap first`, which uses the first one\n",
    );
    bench
        .run("combine khm khm/restricted --tables glotip --out twice --overlap first")
        .succeeds()
        .says("reported by an earlier package already, and left out: KHM 2022 (of restricted)\n");
    bench.run("combine khm tha --tables glotip --out out").fails(
        1,
        "error[release/exists]: the output exists already and was left as it is\n  --> out\n\
         hint: choose another place with `--out`, or pass `--force` to replace it\n",
    );
    bench.run("combine khm tha --tables convictions --out no").fails(
        2,
        "error: none of the tables is counted from records of `victim`\n  --> tha\n\
         hint: `tipstat indicator list` shows the record type of each table\n",
    );
    bench.run("combine nowhere --out no").fails(
        2,
        "error: there is no such package\n  --> nowhere\n\
         hint: a package is a release, a store that `tipstat ingest` made, or a publisher's file with `--profile NAME`\n",
    );
    bench.run("combine khm.csv --out no").fails(
        2,
        "error: the layout of the file is not named\n  --> khm.csv\n\
         hint: pass `--profile NAME`; `tipstat profile list` names the layouts\n",
    );
    bench.write("khm/release/tables/victims-detected.csv", "changed");
    bench.run("combine khm tha --tables glotip --out no").fails(
        1,
        "error[release/differs]: the release is not what its manifest says\n  --> khm/release\n\
         hint: `tipstat verify` names the files that differ; get the release again from its publisher\n",
    );
    assert!(!bench.path("no").exists());
}

/// A store gives the tables that a run gives.
#[test]
fn a_store_is_tabulated_like_a_run() {
    let bench = Bench::new().with_sample();
    bench.run("run tipstat.toml -q").succeeds();
    bench.run("tabulate out/restricted --config tipstat.toml --out again -q").succeeds();
    bench.run("verify again").succeeds();
    let tables = |folder: &str| contents(&bench.path(folder));
    assert_eq!(tables("out/release"), tables("again"));

    bench.write("in.csv", portal(&["ALB 2020 Total Total 80"]));
    bench.run("ingest in.csv --profile unodc-glotip --out figures -q").succeeds();
    bench.run("tabulate figures --out no").fails(
        2,
        "error: the store holds published figures, and tables are counted from records of persons\n  --> figures\n\
         hint: `tipstat combine` makes tables of figures\n",
    );
    bench.run("tabulate out/restricted out/restricted --config tipstat.toml --out no").code_is(1);
    bench.run("combine figures --tables victims-detected --out ok -q").succeeds();

    // A store is known by its files as well, and what was made up stays so.
    let twice = "tabulate out/restricted out/restricted/store --config tipstat.toml --out no";
    bench.run(twice).code_is(1);
    bench.run("combine in.csv in.csv --profile unodc-glotip --tables victims-detected --out no").fails(
        1,
        "error[store/already-there]: the same file is named twice\n  --> in.csv\n\
         hint: leave one of them out: its figures would be taken for parts of each other\n",
    );
    bench.run("tabulate out/restricted/store --tables victims-detected --out mark").succeeds().says("SYNTHETIC DATA");
    assert!(!bench.path("no").exists());
}

/// `--force` replaces a release and nothing else, and no output spoils an input.
#[test]
fn an_output_takes_the_place_of_nothing_but_a_release() {
    let bench = Bench::new().file("in.csv", portal(&["ALB 2020 Total Total 80"])).file("docs/mine.txt", "mine");
    let combine = |out: &str| {
        bench.run(&format!("combine in.csv --profile unodc-glotip --tables victims-detected --force --out {out}"))
    };
    combine("out").succeeds();
    combine("out").succeeds().says("replacing a previous one");
    for place in ["docs", "docs/mine.txt"] {
        combine(place).fails(
            1,
            &format!(
                "error[release/exists]: what is there is no release, so it is not replaced\n  --> {place}\n\
                 hint: choose another place, or remove it yourself\n"
            ),
        );
    }
    assert_eq!(std::fs::read_to_string(bench.path("docs/mine.txt")).unwrap(), "mine");
    combine("out/inner").code_is(1);
    bench.run("combine out --tables victims-detected --force --out out").code_is(1);
    bench.run("verify out").succeeds();
}

/// Persons in proceedings are records of their own, and a stage is one of several that a person reached.
#[test]
fn proceedings_are_counted_by_stage() {
    let mut text = "area,year,stage,sex,citizenship\n".to_owned();
    text.push_str(&"KHM,2022,PROSECUTED;CONVICTED,M,KHM\n".repeat(30));
    text.push_str(&"KHM,2022,PROSECUTED,F,VNM\n".repeat(20));
    let bench = Bench::new().file("in.csv", text);
    bench.run("ingest in.csv --schema justice --out store -q").succeeds();
    bench.run("tabulate store --tables justice --synthetic --out out").succeeds();
    let release = Release { bench };
    let stage = |stage, at: &[(&str, &str)]| {
        let at: Vec<_> = [("STAGE", stage)].into_iter().chain(at.iter().copied()).collect();
        release.tells("proceedings-by-stage", "PERSONS_N", "KHM", "2022", &at)
    };
    assert_eq!([stage("PROSECUTED", &[]), stage("CONVICTED", &[])], ["50 of 1", "30 of 1"]);
    assert_eq!(stage("PROSECUTED", &[("SEX", "F")]), "20 of 1");
    let domestic = release.tells(
        "proceedings-by-citizenship",
        "PERSONS_CITIZENSHIP_PT",
        "KHM",
        "2022",
        &[("STAGE", "PROSECUTED"), ("CITIZENSHIP", "DOM")],
    );
    assert_eq!(domestic, "60 of 1");
    // 50 prosecuted for 30 convicted.
    let ratio = release.tells("proceedings-ratios", "PROSECUTED_CONVICTED_RO", "KHM", "2022", &[]);
    assert_eq!(ratio, "1.6667 of 1");
    release.bench.run("tabulate store --tables glotip --synthetic --out no").fails(
        2,
        "error: the tables `glotip` are counted from records of the type `victim`\n   = found: records of the type `justice`\n\
         hint: `tipstat indicator list` shows the record type of each table\n",
    );
}

/// The same table in another order has another digest; its masks would be taken for parts of each other.
#[test]
fn the_same_figures_in_two_files_are_refused() {
    let lines = ["KHM 2020 Total Total <5", "THA 2020 Total Total 9"];
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    let bench = Bench::new().file("a.csv", portal(&lines)).file("b.csv", portal(&reversed));
    let run = "combine a.csv b.csv --profile unodc-glotip --tables victims-detected --out rel";
    bench.run(run).refuses("error[store/already-there]: two of the files report the same figures");
    bench.write("b.csv", portal(&["VNM 2020 Total Total 9"]));
    bench.run(run).succeeds();
}
