//! Layouts of published figures: empty cells, breakdowns that are not read, filters, and hints.

use std::fs;

use crate::support::{Bench, Row, rows, store_rows};

/// A profile of figures of one country, with more maps behind it.
fn profile(more: &str) -> String {
    format!(
        "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"figure@1\"\n{more}\n\
         [[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"subject\"\nconstant = \"VICTIMS\"\n\
         [[map]]\nfield = \"unit\"\nconstant = \"NUMBER\"\n[[map]]\nfield = \"year\"\ncolumn = \"Year\"\n\
         [[map]]\nfield = \"value\"\ncolumn = \"Value\"\n"
    )
}

fn bench(profile: &str, text: &str) -> Bench {
    Bench::new().file("s/profiles/p.toml", profile).file("in.csv", text)
}

const SEX: &str = "[[map]]\nfield = \"sex\"\ncolumn = \"Sex\"\ncodes = { Female = \"F\", Male = \"M\" }\n";

#[test]
fn a_blank_dimension_is_decided_by_the_profile_or_refused() {
    let text = "Year,Sex,Value\n2020,,100\n2020,Female,60\n2020,Male,40\n";
    let bench = bench(&format!("{}{SEX}", profile("")), text);
    bench
        .run("validate in.csv --schemas s --profile p")
        .code_is(1)
        .says("3 records read, 2 accepted, 1 rejected")
        .says("error[figure/blank]               1  `Sex`  line 2");
    // A rejected total leaves the parts, and their sum: 100, not 200.
    let total = |bench: &Bench| {
        bench.run("combine in.csv --schemas s --profile p --tables victims-by-profile --out out --force --max-rejects 50%").succeeds();
        let table = rows(&bench.path("out/tables/victims-by-profile.csv"));
        let value_of = |sex: &str| {
            let is = |row: &&Row| row["REF_AREA"] == "KHM" && row["TIME_PERIOD"] == "2020" && row["SEX"] == sex;
            let counts = table.iter().filter(|row| row["INDICATOR"] == "DETV_N" && row["AGE"] == "_T");
            counts.filter(is).map(|row| row["OBS_VALUE"].clone()).next()
        };
        [value_of("_T"), value_of("_K"), value_of("_U")]
    };
    assert_eq!(total(&bench), [None, Some("100".into()), None]);
    let decided = profile("") + &SEX.replace("codes = {", "codes = { \"\" = \"_T\",");
    bench.write("s/profiles/p.toml", &decided);
    bench.run("validate in.csv --schemas s --profile p").succeeds().says("3 accepted, 0 rejected");
    assert_eq!(total(&bench), [Some("100".into()), Some("100".into()), None]);
    // Words for missing are a decision too.
    bench.write("s/profiles/p.toml", format!("{}{SEX}", profile("missing = [\"\"]")));
    bench.run("validate in.csv --schemas s --profile p").succeeds().says("3 accepted, 0 rejected");
}

/// The record type's own columns: every dimension of a figure, one after another.
#[test]
fn a_blank_in_any_dimension_of_the_own_columns_is_refused() {
    for field in ["sex", "age", "form", "citizenship", "citizenship_group", "repatriated_from"] {
        let text = format!(
            "area,year,subject,unit,value,{field}\nKHM,2020,VICTIMS,NUMBER,100,\nKHM,2020,VICTIMS,NUMBER,9,_T\n"
        );
        let ran = Bench::new().file("in.csv", text).run("validate in.csv --schema figure");
        ran.code_is(1).says("1 accepted, 1 rejected").says(&format!("error[figure/blank]  1  `{field}`  line 2"));
    }
}

#[test]
fn a_draft_proposes_that_a_blank_is_the_total() {
    let rows: String = (2000..2020).map(|year| format!("{year},,100\n{year},Female,60\n{year},Male,40\n")).collect();
    let bench = Bench::new().file("in.csv", format!("Year,Sex,Value\n{rows}"));
    bench.run("schema infer in.csv --record figure --out s/profiles/p.toml").succeeds();
    let draft = fs::read_to_string(bench.path("s/profiles/p.toml")).unwrap();
    assert!(draft.contains("\n# ? codes.\"\" = \"_T\"   # an empty cell: the total"), "{draft}");
    assert!(!draft.contains("# missing"), "{draft}");
    assert!(draft.contains("# field = \"unit\"") && draft.contains("`constant = \"...\"`"), "{draft}");
    // What is proposed is right once a person has decided it.
    let maps = "[[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"subject\"\nconstant = \"VICTIMS\"\n\
                [[map]]\nfield = \"unit\"\nconstant = \"NUMBER\"\n";
    bench.write("s/profiles/p.toml", draft.replace("# ? codes", "codes").replace("# codes", "codes") + maps);
    bench.run("validate in.csv --schemas s --profile p").succeeds().says("60 accepted");
}

const REGIONS: &str = "Year,Region,Value\n2020,National,100\n2020,North,60\n2020,South,40\n2021,National,90\n";

#[test]
fn a_breakdown_that_is_not_read_refuses_the_file() {
    let bench = bench(&profile(""), REGIONS);
    let refused = "error[figure/unknown-breakdown]: a column that is not read breaks the figures down\n  --> in.csv:3\n   \
                   = column: Region\n   = found: 2 figures that differ from earlier ones only in this column\n";
    for line in ["validate in.csv --max-rejects 100%", "ingest in.csv --out store --max-rejects 100%"] {
        let ran = bench.run(&format!("{line} --schemas s --profile p"));
        ran.refuses(refused).says("error[figure/unknown-breakdown]  2  `Region`  line 3, 4");
        ran.says("warning[file/unknown-column]");
    }
    bench.run("combine in.csv --schemas s --profile p --out out --max-rejects 100%").refuses(refused);
    assert!(!bench.path("store").exists() && !bench.path("out").exists());
    // A filter that leaves multiple values, and a condition, distinguish figures as well.
    for more in ["[skip]\nRegion = [\"South\"]\n", "[only]\nRegion = [\"National\", \"North\"]\n"] {
        bench.write("s/profiles/p.toml", profile("") + more);
        bench.run("validate in.csv --schemas s --profile p").refuses("[figure/unknown-breakdown]");
    }
    let when = "when = { Region = [\"National\", \"North\", \"South\"] }\n";
    bench.write("s/profiles/p.toml", profile("") + when);
    bench.run("validate in.csv --schemas s --profile p").refuses("[figure/unknown-breakdown]");
}

/// A row to which no map of the value applies has no figure that another row could repeat.
#[test]
fn a_row_without_a_figure_repeats_none() {
    let when = "when = { SchemaKind = [\"victims\"] }\n";
    let text = "Year,SchemaKind,Value\n2020,victims,100\n2020,cases,60\n";
    let bench = bench(&(profile("") + when), text);
    for text in [text, "Year,SchemaKind,Value\n2020,cases,60\n2020,victims,100\n"] {
        bench.write("in.csv", text);
        bench
            .run("validate in.csv --schemas s --profile p")
            .succeeds()
            .says("1 records read, 1 accepted")
            .says("warning[record/passed-over]");
        let _ = std::fs::remove_dir_all(bench.path("store"));
        bench.run("ingest in.csv --schemas s --profile p --out store -q").succeeds();
        assert_eq!(store_rows(&bench.path("store"), &["year", "lower", "upper"]), ["2020|100|100"]);
    }
    // Two kinds that the map reads are told apart by nothing.
    bench.write("s/profiles/p.toml", profile("") + &when.replace("]", ", \"cases\"]"));
    bench.run("validate in.csv --schemas s --profile p").refuses("[figure/unknown-breakdown]");
}

/// National, North and South in three files are one cell three times, as they are in one file.
#[test]
fn a_breakdown_over_several_files_refuses_them() {
    let one = |text: &str, value: u16| format!("Year,Region,Value\n2020,{text},{value}\n");
    let bench = bench(&profile(""), &one("National", 100));
    bench.write("north.csv", one("North", 60));
    bench.write("south.csv", one("South", 40));
    let refused = "error[figure/unknown-breakdown]: a column that is not read breaks the figures down\n  --> north.csv:2\n   \
                   = column: Region\n";
    let files = "in.csv north.csv south.csv --schemas s --profile p";
    for command in ["validate", "ingest --out store", "combine --out out --tables victims-detected"] {
        bench.run(&format!("{command} {files}")).refuses(refused);
    }
    assert!(!bench.path("store").exists() && !bench.path("out").exists());
    // In any order; the heading in another case and place; next to a file without the column.
    bench.run("validate south.csv in.csv --schemas s --profile p").refuses("--> in.csv:2");
    bench.write("north.csv", "Year,Value,REGION\n2020,60,North\n");
    bench.run(&format!("validate {files}")).refuses("--> north.csv:2\n   = column: REGION");
    bench.write("in.csv", "Year,Value\n2020,100\n");
    bench.run("validate in.csv south.csv --schemas s --profile p").refuses("--> south.csv:2\n   = column: Region");
    bench.run("validate south.csv in.csv --schemas s --profile p").refuses("--> south.csv:2\n   = column: Region");
    // The same text repeats a cell and breaks nothing down; another year is another cell; a name ends it.
    bench.write("in.csv", one("South", 40) + "2021,South,50\n");
    bench.run("validate in.csv south.csv --schemas s --profile p").succeeds();
    bench.write("in.csv", one("South", 100).replace("2020", "2021"));
    bench.run("validate in.csv south.csv --schemas s --profile p").succeeds();
    // The country in one year and the South in another are no series.
    bench.write("in.csv", one("National", 100).replace("2020", "2021"));
    bench.run("validate in.csv south.csv --schemas s --profile p").refuses("--> south.csv:2\n   = column: Region");
    bench.write("in.csv", one("National", 100));
    bench.write("s/profiles/p.toml", profile("") + "[ignore]\ncolumns = [\"Region\"]\n");
    bench.run("validate in.csv south.csv --schemas s --profile p").succeeds();
}

#[test]
fn a_breakdown_is_filtered_mapped_or_ignored_by_name() {
    let bench = bench(&(profile("") + "[only]\nRegion = [\"National\"]\n"), REGIONS);
    bench
        .run("validate in.csv --schemas s --profile p")
        .succeeds()
        .says("2 records read, 2 accepted")
        .says("warning[record/passed-over]  2");
    bench.run("ingest in.csv --schemas s --profile p --out store -q").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["year", "lower"]), ["2020|100", "2021|90"]);
    let made = bench.run("combine in.csv --schemas s --profile p --tables victims-detected --out out");
    // What was found in the file is printed by `combine` too.
    made.succeeds().says("in.csv: 2 records read, 2 accepted").says("warning[record/passed-over]  2");
    // Without the column nothing would be filtered.
    bench.write("other.csv", "Year,Value\n2020,100\n");
    bench
        .run("validate other.csv --schemas s --profile p")
        .refuses("the column `Region` of the filter `[only]` is missing");
    bench.write("s/profiles/p.toml", profile("") + "[skip]\nRegion = [\"North\"]\n");
    bench.run("validate other.csv --schemas s --profile p").succeeds().says("warning[file/absent-filter]");

    let text = "Year,Note,Value\n2020,first,100\n2020,again,100\n";
    bench.write("in.csv", text);
    bench.write("s/profiles/p.toml", profile(""));
    bench.run("validate in.csv --schemas s --profile p").refuses("[figure/unknown-breakdown]");
    bench.write("s/profiles/p.toml", profile("") + "[ignore]\ncolumns = [\"Note\"]\n");
    bench.run("validate in.csv --schemas s --profile p").succeeds().says("warning[figure/repeated]");
    // What does not repeat a cell is not a breakdown.
    bench.write("in.csv", "Year,Note,Value\n2020,first,100\n2021,again,100\n");
    bench.write("s/profiles/p.toml", profile(""));
    bench.run("validate in.csv --schemas s --profile p").succeeds().says("warning[file/unknown-column]");
}

/// No cell is reported twice, and yet the total is of the country in one year and of the North in another.
#[test]
fn a_breakdown_without_a_repeated_cell_refuses_the_file() {
    let both = SEX.replace("codes = {", "codes = { \"\" = \"_T\",");
    let bench = bench(&(profile("") + &both), "");
    let year = |year: u16, rows: [&str; 3]| {
        let cells = ["", "Female", "Male"].into_iter().zip(rows).filter(|(_, text)| *text != "-");
        cells.map(|(sex, text)| format!("{year},{sex},10,{text}\n")).collect::<String>()
    };
    let refused = "[figure/unknown-breakdown]";
    for (heading, rows) in [
        ("Region", year(2020, ["National", "National", "-"]) + &year(2021, ["North", "North", "-"])),
        ("Region", year(2020, ["National", "National", "North"])),
        ("Region", year(2020, ["North"; 3]) + &year(2021, ["South"; 3])),
        ("Part", year(2020, ["National", "National", "-"]) + &year(2021, ["North", "North", "-"])),
        ("Ámbito", year(2020, ["Total nacional", "Costa", "-"])),
        ("Part", year(2020, ["TOTAL"; 3]) + &year(2021, ["North"; 3])),
        ("Part", year(2020, ["Centre", "Centre", "Coast"])),
        ("Part", year(2020, ["Centre", "Coast", "Centre"]) + &year(2021, ["Coast", "Coast", "Centre"])),
    ] {
        bench.write("in.csv", format!("Year,Sex,Value,{heading}\n{rows}"));
        for command in ["validate in.csv", "combine in.csv --out out --tables victims-detected"] {
            bench.run(&format!("{command} --schemas s --profile p")).refuses(refused);
        }
        let named = profile("") + &both + &format!("[ignore]\ncolumns = [\"{heading}\"]\n");
        bench.write("s/profiles/p.toml", named);
        bench.run("validate in.csv --schemas s --profile p").succeeds();
        bench.write("s/profiles/p.toml", profile("") + &both);
    }
    // What each area has once, labels of codes, sources of a year, and notes break nothing down.
    for (heading, rows) in [
        ("Region", year(2020, ["Asia"; 3]) + &year(2021, ["Asia"; 3])),
        ("Sex label", year(2020, ["Total", "Women", "Men"])),
        ("Sex label", year(2020, ["Total", "Women", "Men"]) + &year(2021, ["Total", "Women", "Men"])),
        (
            "SchemaKind",
            year(2020, ["all persons", "of one sex", "of one sex"])
                + &year(2021, ["all persons", "of one sex", "of one sex"]),
        ),
        ("Source", year(2020, ["Police"; 3]) + &year(2021, ["Ministry"; 3])),
        ("Note", year(2020, ["", "revised", ""]) + &year(2021, ["", "late", "of June"])),
        ("Id", year(2020, ["1", "2", "3"]) + &year(2021, ["4", "5", "6"])),
    ] {
        bench.write("in.csv", format!("Year,Sex,Value,{heading}\n{rows}"));
        bench.run("validate in.csv --schemas s --profile p").succeeds().says("warning[file/unknown-column]");
    }
}

#[test]
fn when_holds_for_numbers_and_years() {
    let text = "Year,SchemaKind,Value,Other\n2020,a,1,7\n2021,b,2,8\n2022,c,3,9\n";
    let maps = profile("").replace("column = \"Value\"", "column = \"Value\"\nwhen = { SchemaKind = [\"a\"] }");
    let other = "[[map]]\nfield = \"value\"\ncolumn = \"Other\"\nwhen = { SchemaKind = [\"b\"] }\n";
    let bench = bench(&(maps + other), text);
    let ran = bench.run("ingest in.csv --schemas s --profile p --out store");
    // A row to which no map of the value applies is of another table.
    ran.succeeds().says("2 accepted").says("warning[record/passed-over]  1").says("line 4");
    let rows = store_rows(&bench.path("store"), &["year", "lower", "status"]);
    assert_eq!(rows, ["2020|1|A", "2021|8|A"]);
    // A required field to which no map applies is missing.
    let year = profile("").replace("column = \"Year\"", "column = \"Year\"\nwhen = { SchemaKind = [\"a\"] }");
    bench.write("s/profiles/p.toml", year);
    let ran = bench.run("validate in.csv --schemas s --profile p");
    ran.code_is(1).says("1 accepted, 2 rejected").says("error[cell/missing]           2");

    let records = "id = \"r\"\ntitle = \"r\"\nsource = \"r\"\nrecord = \"victim@1\"\n\
        [[map]]\nfield = \"area\"\ncolumn = \"area\"\n[[map]]\nfield = \"year\"\ncolumn = \"year\"\n\
        [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\ncolumn = \"age\"\n\
        [[map]]\nfield = \"count\"\ncolumn = \"persons\"\nwhen = { kind = [\"x\"] }\n";
    bench.write("s/profiles/r.toml", records);
    bench.write("r.csv", "area,year,sex,age,kind,persons\nKHM,2020,F,17,x,12\nKHM,2020,M,17,y,30\n");
    let ran = bench.run("ingest r.csv --schemas s --profile r --out records --max-rejects 100%");
    ran.succeeds().says("1 accepted, 1 rejected").says("error[cell/missing]");
    assert_eq!(store_rows(&bench.path("records"), &["sex", "count"]), ["F|12"]);
}

#[test]
fn no_file_is_sent_to_another_country() {
    let bench = Bench::new();
    for header in [
        "Year,UNIT_MEASURE,Value",
        "Year,Value",
        "Year,exploitation,Value",
        "Year,Units,Sex,Category,Age,Value",
        "Year,Disaggregation Level,Unit,Value",
        "Year,Series,Sex,Age,Broad citizenship,Form of exploitation,Units,Value",
        "Year,Gender,Age at exploitation,Exploitation type,Nationality,People",
        "Godina,Muškarci",
    ] {
        bench.write("in.csv", format!("{header}\n2020,1,1,1,1,1,1,1\n"));
        for layout in ["--schema figure", "--profile htcds"] {
            let ran = bench.run(&format!("validate in.csv {layout}"));
            ran.code_is(1);
            assert!(!ran.stderr.contains("fits the profile"), "{header} {layout}\n{}", ran.stderr);
        }
    }
    // Under the name of a country with generic headings another file is refused.
    bench.write("in.csv", "Year,UNIT_MEASURE,Value\n2020,NUMBER,5\n");
    bench.run("validate in.csv --profile sdg-national-usa").refuses("the required column `exploitation` is missing");
    bench.run("validate in.csv --profile sdg-national-can").refuses("a column that is not in its layout");
    // An organisation's own headings are still recognised.
    bench.write("in.csv", "Iso3_code,Country,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n");
    bench.run("validate in.csv --schema victim").refuses("the header fits the profile `unodc-glotip`");
}

/// A national profile must ask for a heading that is not on every second table, or take nothing but its own columns.
#[test]
fn profiles_of_one_country_are_recognised_by_more_than_generic_headings() {
    let registry = tipstat::internals::schema::Registry::built_in();
    for name in registry.names(tipstat::internals::schema::SchemaKind::Profiles).unwrap() {
        let profile = tipstat::internals::schema::Profile::load(&registry, &name).unwrap();
        if profile.constant("area").is_none() {
            continue;
        }
        let generic = ["year", "value", "sex", "age", "unit", "units", "category", "series", "area", "country"];
        let telling = |column: &str| !generic.contains(&column.to_lowercase().as_str());
        // Columns of figures are asked for by themselves: without any of them the file is refused.
        let is_needed = profile.required().any(telling) || !profile.series.is_empty();
        assert!(is_needed || profile.exact, "{name}");
    }
}

/// A flag goes through `combine` into the table: a confidential cell has a row, and the region above it is open.
#[test]
fn flags_reach_the_combined_table() {
    let text = "area,year,subject,unit,sex,value,status\n\
        KHM,2019,VICTIMS,NUMBER,_T,100,\nKHM,2020,VICTIMS,NUMBER,_T,110,b\nKHM,2021,VICTIMS,NUMBER,_T,120,p\n\
        KHM,2021,VICTIMS,NUMBER,F,70,e\nKHM,2021,VICTIMS,NUMBER,M,50,\nTHA,2019,VICTIMS,NUMBER,_T,10,\n\
        THA,2020,VICTIMS,NUMBER,_T,20,\nTHA,2021,VICTIMS,NUMBER,_T,:,c\nTHA,2021,VICTIMS,NUMBER,F,5,\n\
        THA,2021,VICTIMS,NUMBER,M,,M\n";
    let bench = Bench::new().file("in.csv", text);
    bench.run("ingest in.csv --schema figure --out figures").succeeds();
    bench.run("combine figures --tables victims-by-profile,victims-detected --out out").succeeds();
    let value_of = |table: &str, measure: &str, area: &str, year: &str, sex: &str| -> String {
        let rows = rows(&bench.path(&format!("out/tables/{table}.csv")));
        let is = |row: &&Row| {
            row["INDICATOR"] == measure
                && row["REF_AREA"] == area
                && row["TIME_PERIOD"] == year
                && row.get("SEX").is_none_or(|code| code == sex)
                && row.get("AGE").is_none_or(|code| code == "_T")
        };
        let found = rows
            .iter()
            .find(is)
            .map(|row| ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND"].map(|name| row[name].clone()));
        found.map(|cells| cells.join("|")).unwrap_or_default()
    };
    let count = |area: &str, year: &str, sex: &str| value_of("victims-by-profile", "DETV_N", area, year, sex);
    assert_eq!(count("KHM", "2019", "_T"), "100|A||");
    assert_eq!(count("KHM", "2020", "_T"), "110|B||");
    assert_eq!(count("KHM", "2021", "_T"), "120|P||");
    assert_eq!(count("KHM", "2021", "F"), "70|E||");
    assert_eq!(count("KHM", "2021", "M"), "50|A||");
    // Confidential: nothing but that it is at least what its parts are.
    let confidential = count("THA", "2021", "_T");
    assert!(confidential.starts_with("|Q|") && confidential.ends_with('|'), "{confidential}");
    assert_eq!(count("THA", "2021", "M"), "|M||");
    // The region holds a confidential country: no exact value, and no upper bound.
    let region = count("M49_035", "2021", "_T");
    assert!(region.starts_with("|Q|1") && region.ends_with('|'), "{region}");
    assert_eq!(count("M49_035", "2019", "_T"), "110|A||");
    // The break of a total is one of the region too.
    assert_eq!(count("M49_035", "2020", "_T"), "130|B||");
}

/// Flags of publishers, in a column of their own or in the cell of the value.
#[test]
fn flags_of_published_figures_are_kept() {
    let row = |year: u16, value: &str, status: &str| format!("KHM,{year},VICTIMS,NUMBER,{value},{status}\n");
    let cases = [
        ("12", "", "12|12|A"),
        ("12", "b", "12|12|B"),
        ("12", "e", "12|12|E"),
        ("12", "p", "12|12|P"),
        ("12", "E", "12|12|E"),
        ("12", "bep", "12|12|B"),
        ("", "c", "||Q"),
        (":", "", "||O"),
        (":c", "", "||Q"),
        (": c", "", "||Q"),
        ("12 p", "", "12|12|P"),
        ("z", "", "||M"),
        ("", "", "||O"),
        ("", "M", "||M"),
        ("", "p", "||O"),
        ("<5", "", "0|4|Q"),
        ("<5", "c", "0|4|Q"),
        // What is flagged as confidential or missing has no number, whatever the cell says.
        ("12", "c", "||Q"),
        ("12", "O", "||O"),
    ];
    let rows: String = cases.iter().zip(2000..).map(|((value, status, _), year)| row(year, value, status)).collect();
    let bench = Bench::new().file("in.csv", format!("area,year,subject,unit,value,status\n{rows}"));
    let ran = bench.run("ingest in.csv --schema figure --out store");
    ran.succeeds().says("19 accepted, 0 rejected").says("warning[figure/flagged-missing]  2");
    let stored = store_rows(&bench.path("store"), &["lower", "upper", "status"]);
    assert_eq!(stored, cases.map(|(.., expected)| expected));
    // A flag that is none is an error, and two figures of one cell are compared whatever their flags are.
    bench.write("in.csv", "area,year,subject,unit,value,status\nKHM,2020,VICTIMS,NUMBER,5,w\n");
    bench.run("validate in.csv --schema figure").code_is(1).says("error[cell/not-in-codelist]");
    bench
        .write("in.csv", format!("area,year,subject,unit,value,status\n{}{}", row(2020, "5", "p"), row(2020, "6", "")));
    bench.run("validate in.csv --schema figure").succeeds().says("warning[figure/contradiction]");
    // A file without the column, and a profile that names the column only.
    bench.write("s/profiles/p.toml", profile("") + "[[map]]\nfield = \"status\"\ncolumn = \"Flag\"\n");
    bench.write("in.csv", "Year,Value,Flag\n2020,5,e\n2021,,c\n2022,7,\n");
    bench.run("ingest in.csv --schemas s --profile p --out store --force -q").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["lower", "status"]), ["5|E", "|Q", "7|A"]);
    bench.write("in.csv", "Year,Value\n2020,5\n");
    bench.run("ingest in.csv --schemas s --profile p --out store --force").succeeds().says("in.csv: 1 records");
    assert_eq!(store_rows(&bench.path("store"), &["lower", "status"]), ["5|A"]);
}

/// `1.000` is one or a thousand, and only the profile or another number of the column can say which.
#[test]
fn three_digits_after_every_mark_are_refused() {
    let numbers = |decimal: &str, thousands: &str| {
        format!("numbers = {{ decimal = \"{decimal}\", thousands = \"{thousands}\" }}")
    };
    let read = |more: &str, values: &[&str]| {
        let rows: String = (2000..).zip(values).map(|(year, value)| format!("{year};{value}\n")).collect();
        let bench = bench(&profile(more), &format!("Year;Value\n{rows}"));
        let ran = bench.run("validate in.csv --schemas s --profile p");
        (bench, ran)
    };
    let (_, ran) = read("", &["12", "1.000", "12.345"]);
    ran.says("error[figure/ambiguous-numbers]  1  `Value`  line 3").fails(
        1,
        "error[figure/ambiguous-numbers]: the numbers of a column may have decimals or groups of thousands\n  \
         --> in.csv:3\n   = column: `Value`\n\
         hint: state in the profile what groups thousands: `[numbers]` with `decimal = \",\"` and `thousands = \".\"`\n\
         hint: or swap both marks, where the mark comes before decimals: `tipstat explain layouts`\n",
    );
    read("numbers = { decimal = \",\" }", &["1,000", "12,345"]).1.code_is(1);
    read("", &["<1.000", "7"]).1.code_is(1);
    // Another number of the column settles it, and so does the profile.
    for (more, values) in [
        ("", &["1.000", "5.8"][..]),
        ("", &["1.000", "0.125"]),
        ("", &["1000", "12345"]),
        (&numbers(",", "."), &["1.000", "12.345"]),
        (&numbers(".", ","), &["1.000", "1,234.500"]),
    ] {
        let (_, ran) = read(more, values);
        ran.succeeds();
        assert!(!ran.stdout.contains("ambiguous"), "{}", ran.stdout);
    }
    let (bench, _) = read(&numbers(",", "."), &["1.000"]);
    bench.run("ingest in.csv --schemas s --profile p --out store -q").succeeds();
    // Whole numbers have no decimals: a count of case records is never read as one thousandth of itself.
    let bench = Bench::new().file("in.csv", "area,year,sex,age,count\nKHM,2022,F,17,1.000\nKHM,2022,F,18,2\n");
    bench.run("validate in.csv").code_is(1).says("error[cell/not-a-count]  1  `count`  line 2");
}
