//! Years from which on figures mean something else: `OBS_STATUS` `B`.

use crate::support::{Bench, Row, project, rows};

/// Twenty women in each of two countries and three years.
fn records() -> String {
    let mut text = "area,year,sex,age\n".to_owned();
    for area in ["KHM", "THA"] {
        for year in [2020, 2021, 2022] {
            text.push_str(&format!("{area},{year},F,30\n").repeat(20));
        }
    }
    text
}

fn status(rows: &[Row], indicator: &str, area: &str, year: &str, sex: &str) -> String {
    let found = rows.iter().find(|row| {
        let is = |column: &str, code: &str| row.get(column).is_none_or(|code_found| code_found == code);
        is("INDICATOR", indicator)
            && is("REF_AREA", area)
            && is("TIME_PERIOD", year)
            && is("SEX", sex)
            && is("AGE", "_T")
    });
    found.map_or("none".to_owned(), |row| row["OBS_STATUS"].clone())
}

/// Cambodia changes its definition in 2021: that year differs from the one before, and every comparison that reaches over
/// it, of the region too. Thailand and the years before and after are as they were.
#[test]
fn a_break_is_flagged_where_it_lies_within_a_figure() {
    let bench = Bench::new().file("in.csv", records()).file(
        "breaks.csv",
        "\u{feff}REF_AREA,TIME_PERIOD,DIMENSION,NOTE\nKHM,2021,,\"counts presumed victims, too\"\n",
    );
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --tables victims-detected --breaks breaks.csv --out rel").succeeds();
    let found = rows(&bench.path("rel/tables/victims-detected.csv"));
    let at = |indicator: &str, area: &str, year: &str| status(&found, indicator, area, year, "_T");
    for (area, expected) in [("KHM", ["A", "B", "A"]), ("THA", ["A", "A", "A"]), ("M49_035", ["A", "B", "A"])] {
        assert_eq!(["2020", "2021", "2022"].map(|year| at("DETV_N", area, year)), expected, "{area}");
    }
    // An index compares with 2020, so it stays on the other side of the break.
    assert_eq!(["2020", "2021", "2022"].map(|year| at("DETV_IX", "KHM", year)), ["A", "B", "B"]);
    assert_eq!(at("DETV_IX", "THA", "2022"), "A");
    let report = std::fs::read_to_string(bench.path("rel/report.html")).unwrap();
    assert!(report.contains("Breaks in series") && report.contains("counts presumed victims, too"));
    let manifest = std::fs::read_to_string(bench.path("rel/manifest.json")).unwrap();
    assert!(manifest.contains("\"breaks\""));

    // A release carries its breaks into what is made of it.
    bench.run("combine rel --tables victims-detected --out all").succeeds();
    let found = rows(&bench.path("all/tables/victims-detected.csv"));
    assert_eq!(status(&found, "DETV_N", "M49_035", "2021", "_T"), "B");
    assert_eq!(status(&found, "DETV_N", "M49_035", "2022", "_T"), "A");
}

/// A store remembers the breaks that the run file declares: releases of it and regions made of it are flagged alike.
#[test]
fn a_store_keeps_declared_breaks() {
    let config = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n\
        [tables]\npacks = [\"victims-detected\"]\nbreaks = \"breaks.csv\"\n";
    let bench = Bench::new()
        .file("in.csv", records())
        .file("tipstat.toml", config)
        .file("breaks.csv", "REF_AREA,TIME_PERIOD,DIMENSION,NOTE\nKHM,2021,,a new law\n");
    bench.run("run tipstat.toml --out out").succeeds();
    bench.run("tabulate out/restricted --tables victims-detected --out again --id x --title x").succeeds();
    bench.run("combine out/restricted --tables victims-detected --out all").succeeds();
    for folder in ["out/release", "again", "all"] {
        let found = rows(&bench.path(&format!("{folder}/tables/victims-detected.csv")));
        let at = |area: &str, year: &str| status(&found, "DETV_N", area, year, "_T");
        assert_eq!([at("KHM", "2021"), at("M49_035", "2021"), at("KHM", "2022")], ["B", "B", "A"], "{folder}");
    }
}

/// Where only the ages are understood otherwise, figures of both ages together are what they were.
#[test]
fn a_break_of_one_dimension_leaves_its_totals() {
    let bench = Bench::new().file("in.csv", records()).file("b.csv", "REF_AREA,TIME_PERIOD,DIMENSION\nKHM,2021,SEX\n");
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --tables victims-by-profile --breaks b.csv --out rel").succeeds();
    let found = rows(&bench.path("rel/tables/victims-by-profile.csv"));
    assert_eq!(["F", "_T"].map(|sex| status(&found, "DETV_N", "KHM", "2021", sex)), ["B", "A"]);
}

/// What a user mistypes holds nowhere, so it is refused.
#[test]
fn an_unknown_area_or_dimension_is_refused() {
    let bench = Bench::new().file("in.csv", records());
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    for (row, message) in [
        ("Cambodia,2021,,", "error[schema/check]: there is no area `Cambodia`"),
        ("KHM,2021,SEKS,", "error[schema/check]: no table has a dimension `SEKS`"),
        ("KHM,soon,,", "error[schema/check]: the row is not an area, a year, a dimension and a note"),
    ] {
        bench.write("b.csv", format!("REF_AREA,TIME_PERIOD,DIMENSION,NOTE\n{row}\n"));
        let ran = bench.run("tabulate store --tables victims-detected --breaks b.csv --out rel");
        ran.refuses(message).refuses("b.csv:2");
        assert!(!bench.path("rel").exists());
    }
}

/// One source of an area ends and another one, which means something else by an age, continues. The user need not
/// state it.
#[test]
fn a_change_of_source_is_found() {
    let ctdc = "yearOfRegistration,gender,ageBroad,majorityStatus,citizenship,CountryOfExploitation,isForcedLabour,isSexualExploit,isOtherExploit,isSexAndLabour,isForcedMarriage,isForcedMilitary,isOrganRemoval,isSlaveryAndPractices\n"
        .to_owned()
        + &"2022,Female,30--38,Adult,KH,KH,1,0,0,0,0,0,0,0\n".repeat(20);
    let records = format!("area,year,sex,age\n{}", "KHM,2021,F,30\n".repeat(20));
    let config = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"own.csv\"\nschema = \"victim\"\n\
        [[input]]\npath = \"ctdc.csv\"\nprofile = \"ctdc-kanon\"\n[tables]\npacks = [\"victims-by-profile\"]\n";
    let bench = Bench::new().file("own.csv", records).file("ctdc.csv", ctdc).file("tipstat.toml", config);
    bench.run("run tipstat.toml --out out").succeeds();
    let found = rows(&bench.path("out/release/tables/victims-by-profile.csv"));
    assert_eq!(["2021", "2022"].map(|year| status(&found, "DETV_N", "KHM", year, "_T")), ["A", "B"]);
    // The store remembers the layouts, so a release made of it says the same.
    bench.run("tabulate out/restricted --tables victims-by-profile --out again --id x --title x").succeeds();
    let table = "tables/victims-by-profile.csv";
    let read = |folder: &str| std::fs::read(bench.path(&format!("{folder}/{table}"))).unwrap();
    assert!(read("out/release") == read("again"));
}

/// A country that reports 2019 and 2022 only: a break in 2021 is between the two, so 2022 is flagged. One that reports nothing
/// in the year of its break flags no region, and nothing is flagged before a second year is reported.
#[test]
fn a_break_in_a_year_that_is_not_told() {
    let mut text = "area,year,sex,age\n".to_owned();
    for (area, years) in [("KHM", &[2019, 2022][..]), ("THA", &[2019, 2020, 2021, 2022])] {
        years.iter().for_each(|year| text.push_str(&format!("{area},{year},F,30\n").repeat(20)));
    }
    let bench = Bench::new().file("in.csv", text).file("b.csv", "REF_AREA,TIME_PERIOD\nKHM,2021\nTHA,2019\n");
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --tables victims-detected --breaks b.csv --out rel").succeeds();
    let found = rows(&bench.path("rel/tables/victims-detected.csv"));
    let at = |area: &str| ["2019", "2020", "2021", "2022"].map(|year| status(&found, "DETV_N", area, year, "_T"));
    assert_eq!(at("THA"), ["A", "A", "A", "A"]);
    assert_eq!([at("KHM")[0].as_str(), at("KHM")[3].as_str()], ["A", "B"]);
    assert_eq!(at("M49_035"), ["A", "A", "A", "B"]);
}

/// One of two sources has no forms, and reports Thailand in 2020 only: what changes in a form is the sources. Where it reports
/// the same part of both years, as of Cambodia, nothing breaks. A release says the same when it is combined.
#[test]
fn sources_that_do_not_collect_a_dimension_break_its_comparisons() {
    let forms = "area,year,sex,age,form,count\n\
        THA,2020,F,20,SEX,50\nTHA,2020,M,20,LAB,50\nTHA,2021,F,20,SEX,100\nTHA,2021,M,20,LAB,100\n\
        KHM,2020,F,20,SEX,50\nKHM,2020,M,20,LAB,50\nKHM,2021,F,20,SEX,100\nKHM,2021,M,20,LAB,100\n";
    let others = "area,year,sex,age,count\nTHA,2020,F,20,60\nTHA,2020,M,20,40\nKHM,2020,F,20,100\nKHM,2021,M,20,200\n";
    let bench = Bench::new().file("forms.csv", forms).file("others.csv", others);
    bench.run("ingest forms.csv others.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --tables victims-by-form --out rel").succeeds();
    bench.run("combine rel --tables victims-by-form --out all").succeeds();
    for release in ["rel", "all"] {
        let found = rows(&bench.path(&format!("{release}/tables/victims-by-form.csv")));
        let at = |indicator: &str, area: &str, form: &str| {
            let is = |row: &&Row| {
                row["FORM"] == form && row["SEX"] == "_T" && row["INDICATOR"] == indicator && row["REF_AREA"] == area
            };
            found.iter().filter(is).find(|row| row["TIME_PERIOD"] == "2021").map(|row| row["OBS_STATUS"].clone())
        };
        for (area, form, expected) in [
            ("THA", "FG_SEXUAL", "B"),
            ("THA", "_K", "B"),
            ("THA", "_T", "A"),
            ("KHM", "FG_SEXUAL", "A"),
            ("M49_035", "FG_SEXUAL", "B"),
            ("M49_035", "_T", "A"),
        ] {
            assert_eq!(at("DETV_CH_PT", area, form).as_deref(), Some(expected), "{release} {area} {form}");
        }
        // The counts themselves are what they were.
        assert_eq!(at("DETV_N", "THA", "FG_SEXUAL").as_deref(), Some("A"), "{release}");
    }
}

/// An index of the first year compares it with itself, which breaks nothing, however little is shown of the sources.
#[test]
fn a_year_is_no_break_with_itself() {
    let forms = "area,year,sex,age,form,count\nTHA,2020,F,20,SEX,40\nTHA,2020,F,20,LAB,40\nTHA,2021,F,20,SEX,40\nTHA,2021,F,20,LAB,40\n";
    let others = "area,year,sex,age,count\nTHA,2020,F,20,4\nTHA,2021,F,20,4\n";
    let table = std::fs::read_to_string(project().join("schemas/indicators/victims-by-form.toml")).unwrap();
    let table = table.replacen("id = \"victims-by-form\"", "id = \"form-index\"", 1)
        + "\n[[measure]]\nid = \"DETV_FORM_IX\"\nformula = \"100 * count / count[TIME_PERIOD=first]\"\nunit = \"IX\"\n";
    let bench =
        Bench::new().file("forms.csv", forms).file("others.csv", others).file("sch/indicators/form-index.toml", table);
    bench.run("ingest forms.csv others.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --schemas sch --tables form-index --out rel").succeeds();
    let found = rows(&bench.path("rel/tables/form-index.csv"));
    let hidden = |row: &&Row| row["FORM"] == "_X" && row["INDICATOR"] == "DETV_N" && row["OBS_STATUS"] == "Q";
    assert!(found.iter().any(|row| hidden(&row)), "the part without a form is suppressed");
    let of_first = |row: &&Row| row["INDICATOR"] == "DETV_FORM_IX" && row["TIME_PERIOD"] == "2020";
    let shown: Vec<_> = found.iter().filter(of_first).filter(|row| !row["OBS_VALUE"].is_empty()).collect();
    assert!(shown.len() > 2, "{shown:?}");
    assert!(shown.iter().all(|row| row["OBS_STATUS"] == "A"), "{shown:?}");
}
