//! Published figures: masks, wide tables, workbooks, and what is wrong among them.

use crate::support::{Bench, Row, rows, store_rows};

const HEADER: &str = "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE,Source\n";

fn row(iso: &str, dimension: &str, category: &str, sex: &str, age: &str, value: &str) -> String {
    format!(
        "{iso},,,,Detected trafficking victims,{dimension},\"{category}\",{sex},{age},2019,Counts,\"{value}\",GLOTIP\n"
    )
}

/// A made-up file in the layout of the UNODC portal, with two lines above the header and every trap once.
fn portal() -> String {
    let mut text = format!("UNODC,\"=HYPERLINK(\"\"x\"\", \"\"y\"\")\",,,,,,,,,,,\n30/05/2023,,,,,,,,,,,,\n{HEADER}");
    let total = |sex, age, value| row("KHM", "Total", "Total", sex, age, value);
    text.push_str(&total("Total", "Total", "1,234"));
    text.push_str(&total("Female", "Total", "1,200"));
    text.push_str(&total("Male", "Total", "<5"));
    text.push_str(&total("Unknown", "Unknown", "30"));
    text.push_str(&row("KHM", "by citizenship", "HONDURE\u{fffd}A", "Total", "Total", "7"));
    text.push_str(&row("KHM", "by citizenship", "TÃ¼rkiye", "Total", "Total", "<5"));
    text.push_str(&row("KHM", "by citizenship", "Nationals", "Total", "Total", "900"));
    text.push_str(&row("KHM", "by citizenship", "", "Total", "Total", "9"));
    text.push_str(&row("KHM", "by citizenship", "Korea", "Total", "Total", "9"));
    text.push_str(&row("KHM", "by citizenship", "TOTAL", "Total", "Total", "9"));
    text.push_str(&row("KHM", "by citizenship", "Rohingya", "Total", "Total", "9"));
    text.push_str(&row("KHM", "by citizenship", "Viet Nam", "Total", "Total", "2,000"));
    text.push_str(&row("KHM", "by citizenship", "vietnamese", "Total", "Total", "8"));
    text.push_str(&row("KHM", "by form of exploitation", "Forced labour", "Male", "0 to 17 years", "<5"));
    text.push_str(&row("SAM", "Total", "Total", "Total", "Total", "77"));
    text.push_str(&row("THA", "Total", "Total", "Total", "Total", "50"));
    text.push_str(&row("THA", "Total", "Total", "Female", "Total", "20"));
    text.push_str(&row("THA", "Total", "Total", "Male", "Total", "<5"));
    text
}

#[test]
fn every_trap_of_a_portal_file_is_named() {
    let bench = Bench::new().file("in.csv", portal());
    let ran = bench.run("validate in.csv --profile unodc-glotip --max-rejects 100% --unresolved texts.csv");
    ran.succeeds()
        .says("18 records read, 14 accepted, 4 rejected")
        .says("warning[file/banner]")
        .says("warning[cell/damaged-text]         2")
        .says("error[cell/ambiguous]              1")
        .says("error[cell/questionnaire-remnant]  1")
        .says("error[cell/not-a-country]          1")
        .says("error[cell/pseudo-area]            1")
        // `Viet Nam` and `vietnamese` are one citizenship, with two values.
        .says("warning[figure/contradiction]      1               line 16")
        // 2,000 citizens of one country among 1,234 victims.
        .says("warning[figure/exceeds-total]      1               line 15")
        // 1,200 and at most 4 and at most 30 unknown make up 1,234: possible. 20 and at most 4 are not 50.
        .says("warning[figure/not-additive]       1               line 19");
    let texts = std::fs::read_to_string(bench.path("texts.csv")).unwrap();
    assert_eq!(
        texts,
        "file,column,text,count\nin.csv,Category,Korea,1\nin.csv,Category,Rohingya,1\nin.csv,Category,TOTAL,1\n\
         in.csv,Iso3_code,SAM,1\n"
    );
}

#[test]
fn masked_figures_are_stored_as_intervals() {
    let bench = Bench::new().file("in.csv", portal());
    bench.run("ingest in.csv --profile unodc-glotip --out store --max-rejects 100% -q").succeeds();
    let columns = ["area", "subject", "sex", "age", "form", "citizenship", "lower", "upper", "status"];
    let rows = store_rows(&bench.path("store"), &columns);
    for expected in [
        "KHM|VICTIMS|_T|_T|_T|_T|1234|1234|A",
        "KHM|VICTIMS|M|_T|_T|_T|0|4|Q",
        "KHM|VICTIMS|_U|_U|_T|_T|30|30|A",
        "KHM|VICTIMS|_T|_T|_T|HND|7|7|A",
        "KHM|VICTIMS|_T|_T|_T|TUR|0|4|Q",
        "KHM|VICTIMS|_T|_T|_T|KHM|900|900|A",
        "KHM|VICTIMS|_T|_T|_T|_U|9|9|A",
        "KHM|VICTIMS|M|Y0T17|FG_LABOUR|_T|0|4|Q",
    ] {
        assert!(rows.iter().any(|row| row == expected), "{expected} is not in {rows:#?}");
    }
    bench.write(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\nprofile = \"unodc-glotip\"\n",
    );
    bench.run("run").fails(
        2,
        "error: the inputs are published figures, and tables are counted from records of persons\n\
         hint: figures may be totals of each other: `tipstat combine FILE --profile NAME` makes tables of them\n",
    );
}

/// Copies circulate without the two lines above the header, without the code, the regions and the source.
#[test]
fn copies_with_missing_columns_are_read_too() {
    let text = "Country,Indicator,Dimension,Category,Sex,Age,Year,VALUE\n\
        Cambodia,Detected trafficking victims,Total,Total,Total,Total,2019,\"1,234\"\n\
        Netherlands (Kingdom of the),Persons convicted,Total,Total,Male,18 years or over,2019,<5\n";
    let bench = Bench::new().file("in.csv", text);
    bench.run("ingest in.csv --profile unodc-glotip --out store -q").succeeds();
    let rows = store_rows(&bench.path("store"), &["area", "subject", "sex", "age", "lower", "upper", "unit"]);
    assert_eq!(rows, ["KHM|VICTIMS|_T|_T|1234|1234|NUMBER", "NLD|CONVICTED|M|Y_GE18|0|4|NUMBER"]);
}

/// The same content as a workbook, with the sheet behind another one: the same rows, placed by the sheet's own rows.
#[test]
fn a_workbook_is_read_like_its_text() {
    let bench = Bench::new().file("in.csv", portal());
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write_string(0, 0, "see the next sheet").unwrap();
    let sheet = book.add_worksheet().set_name("data").unwrap();
    let text = portal();
    let mut reader = csv_rows(&text);
    for (row, cells) in reader.drain(..).enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row as u32, column as u16, number).unwrap(),
                Err(_) => sheet.write_string(row as u32, column as u16, cell.as_str()).unwrap(),
            };
        }
    }
    book.save(bench.path("in.xlsx")).unwrap();
    let columns = ["area", "year", "subject", "sex", "age", "form", "citizenship", "lower", "upper", "status"];
    let mut stores = Vec::new();
    for file in ["in.csv", "in.xlsx"] {
        let ran = bench.run(&format!("validate {file} --profile unodc-glotip --max-rejects 100%"));
        ran.succeeds()
            .says("18 records read, 14 accepted, 4 rejected")
            .says("figure/contradiction]      1               line 16");
        bench.run(&format!("ingest {file} --profile unodc-glotip --out {file}-store --max-rejects 100% -q")).succeeds();
        stores.push(store_rows(&bench.path(&format!("{file}-store")), &columns));
    }
    assert_eq!(stores[0], stores[1]);
    bench.run("validate in.xlsx --profile unodc-glotip --max-rejects 100%").says("the sheet is `data`");
}

/// A sheet a month is not one sheet. What is hidden is not read. A cell far away costs nothing. An error is not an empty cell.
#[test]
fn workbooks_lose_nothing_silently() {
    let header = ["area", "year", "sex", "age", "form"];
    let bench = Bench::new();
    let sheet = |book: &mut rust_xlsxwriter::Workbook, name: &str, rows: u32| {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        for (column, heading) in header.iter().enumerate() {
            sheet.write_string(0, column as u16, *heading).unwrap();
        }
        for row in 1..=rows {
            for (column, value) in ["KHM", "2022", "F", "17", "SEX"].iter().enumerate() {
                sheet.write_string(row, column as u16, *value).unwrap();
            }
        }
    };
    let mut months = rust_xlsxwriter::Workbook::new();
    sheet(&mut months, "Jan", 4);
    sheet(&mut months, "Feb", 7);
    months.save(bench.path("months.xlsx")).unwrap();
    bench.run("validate months.xlsx").fails(
        1,
        "error[file/several-sheets]: several sheets of the workbook have the header\n  --> months.xlsx\n   = found: 2 sheets\n\
         hint: name one with `--sheet` or `sheet` in the run file, and give the workbook once for each\n",
    );
    bench.run("validate months.xlsx --sheet Feb").succeeds().says("7 records read").says("the sheet is `Feb`");
    bench.run("validate months.xlsx --sheet Mar").fails(
        1,
        "error[file/not-text]: the workbook has no sheet `Mar`\n  --> months.xlsx\nhint: did you mean `Jan`?\n",
    );

    // A sheet of notes is not a second sheet with the header.
    let mut noted = rust_xlsxwriter::Workbook::new();
    noted.add_worksheet().set_name("notes").unwrap().write_string(0, 0, "see below").unwrap();
    sheet(&mut noted, "data", 3);
    noted.save(bench.path("noted.xlsx")).unwrap();
    bench.run("validate noted.xlsx").succeeds().says("3 records read");
    bench.run("schema infer noted.xlsx").succeeds().says("from 3 records");

    let mut hidden = rust_xlsxwriter::Workbook::new();
    sheet(&mut hidden, "now", 4);
    sheet(&mut hidden, "old", 9);
    hidden.worksheet_from_name("old").unwrap().set_hidden(true);
    let now = hidden.worksheet_from_name("now").unwrap();
    // The last cell that a sheet can have, and an empty row in the middle: lines are rows of the sheet.
    now.write_string(1_048_575, 4, "SEX").unwrap();
    now.write_string(7, 0, "KHM").unwrap();
    now.write_formula(2, 4, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    hidden.save(bench.path("hidden.xlsx")).unwrap();
    let ran = bench.run("validate hidden.xlsx --max-rejects 100%");
    ran.succeeds()
        .says("6 records read, 4 accepted, 2 rejected")
        .says("line 8, 1048576")
        .says("cell/recoded-unknown]  1  `form`  line 3");
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.into_records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// A table with a column for each group is as many records as it has groups; a missing figure is neither 0 nor masked.
#[test]
fn wide_tables_and_columns_of_levels() {
    let bench = Bench::new()
        .file(
            "hrv.csv",
            "Godina,Žrtve THB-a na 100 000 osoba,Muškarci,Žene,0-18 godina,19-30 godina,Spolna eksploatacija\n\
             2017,0.71,0.39,0.32,0.34,NA,-\n",
        )
        .file(
            "jam.csv",
            "Year,Disaggregation Level,Unit,Value\n2018,Male,\"Per 100,000 population\",0.3\n\
             2018,17 Years and Under,\"Per 100,000 population\",0\n2018,Total,\"Per 100,000 population\",0.18\n\
             2018,Unheard of,\"Per 100,000 population\",1\n",
        );
    bench.run("validate hrv.csv --profile sdg-national-hrv").succeeds().says("6 records read, 6 accepted");
    bench.run("ingest hrv.csv --profile sdg-national-hrv --out hrv -q").succeeds();
    let columns = ["area", "year", "sex", "age", "form", "unit", "lower", "upper", "status"];
    assert_eq!(
        store_rows(&bench.path("hrv"), &columns),
        [
            "HRV|2017|_T|_T|_T|PER_100000_POP|0.71|0.71|A",
            "HRV|2017|M|_T|_T|PER_100000_POP|0.39|0.39|A",
            "HRV|2017|F|_T|_T|PER_100000_POP|0.32|0.32|A",
            "HRV|2017|_T|Y0T18|_T|PER_100000_POP|0.34|0.34|A",
            "HRV|2017|_T|Y19T30|_T|PER_100000_POP|||O",
            "HRV|2017|_T|_T|FG_SEXUAL|PER_100000_POP|||O",
        ]
    );
    bench.run("ingest jam.csv --profile sdg-national-jam --out jam --max-rejects 1 -q").succeeds();
    assert_eq!(
        store_rows(&bench.path("jam"), &columns),
        [
            "JAM|2018|M|_T|_T|PER_100000_POP|0.3|0.3|A",
            "JAM|2018|_T|Y0T17|_T|PER_100000_POP|0|0|A",
            "JAM|2018|_T|_T|_T|PER_100000_POP|0.18|0.18|A",
        ]
    );
}

/// 2,020 persons in 2019 and 2,019 in 2019 look like years; 2,021 in 2019 and 2,019 in other years do not.
#[test]
fn a_year_in_the_cell_of_a_figure_is_named() {
    let row = |iso: &str, value: &str| row(iso, "Total", "Total", "Total", "Total", value);
    let text = [row("KHM", "2,020"), row("THA", "2,019"), row("VNM", "2,021"), row("PHL", "<5")].concat();
    let bench = Bench::new().file("in.csv", format!("{HEADER}{text}"));
    let ran = bench.run("validate in.csv --profile unodc-glotip");
    ran.succeeds().says("4 accepted").says("warning[figure/looks-like-year]  2").says("line 2, 3");
    bench.run("combine in.csv --profile unodc-glotip --tables victims-detected --out rel").succeeds();
    let manifest = std::fs::read_to_string(bench.path("rel/manifest.json")).unwrap();
    assert!(manifest.contains("figures that are the number of their year are used as reported: KHM 2019, THA 2019\""));
}

/// Bounds in the report are rounded as in the tables: the lower one down, the upper one up. 4 of 30,000 are no 0 percent.
#[test]
fn the_report_rounds_bounds_outwards() {
    let line = |category: &str, value: &str| {
        let dimension = if category == "Total" { "Total" } else { "by form of exploitation" };
        format!("KHM,Detected trafficking victims,{dimension},{category},Total,Total,2020,Counts,{value}\n")
    };
    let text = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n".to_owned()
        + &line("Total", "30000")
        + &line("Sexual exploitation", "<5")
        + &line("Forced labour", "29000");
    let bench = Bench::new().file("in.csv", text);
    bench.run("combine in.csv --profile unodc-glotip --tables victims-by-form --out out -q").code_is(0);
    let report = std::fs::read_to_string(bench.path("out/report.html")).unwrap();
    let shares = rows(&bench.path("out/tables/victims-by-form.csv"));
    let bounds = |form: &str| {
        let is = |row: &&Row| row["INDICATOR"] == "DETV_FORM_PT" && row["FORM"] == form && row["REF_AREA"] == "KHM";
        shares.iter().find(is).map(|row| [row["LOWER_BOUND"].clone(), row["UPPER_BOUND"].clone()]).unwrap()
    };
    assert_eq!(bounds("FG_SEXUAL"), ["0", "0.0138"]);
    assert_eq!(bounds("FG_LABOUR"), ["99.9862", "100"]);
    for (expected, wrong) in [
        ("[0, 0.014]", "[0, 0]"),
        ("[99.9, 100]", "[100, 100]"),
        ("[29\u{202f}000, 29\u{202f}004]", "[29\u{202f}000, 29\u{202f}000]"),
    ] {
        assert!(report.contains(expected) && !report.contains(wrong), "{expected}");
    }
}
