//! Headers within the records: files that were appended to each other, and several tables on one sheet.

use crate::support::{Bench, figure_profile, store_rows};
use crate::typed_cells::{ods, texts, xlsx};

const HEADER: [&str; 6] = ["area", "year", "sex", "age", "form", "count"];
const ROW: [&str; 6] = ["KHM", "2020", "F", "17", "SEX", "20"];

/// The same rows in each format that has rows. An empty row has no cells.
fn files(rows: &[&[&str]]) -> Vec<(&'static str, Vec<u8>)> {
    let csv: String = rows.iter().map(|row| row.join(",") + "\n").collect();
    vec![("in.csv", csv.into_bytes()), ("in.xlsx", xlsx(&[texts("Cases", "visible", rows)])), ("in.ods", ods(rows))]
}

/// A header that is repeated as it is, with its HXL tags and blank rows, is not a record.
#[test]
fn a_repeated_header_is_skipped() {
    let tags: [&str; 6] = ["#country", "#date+year", "#sex", "#age", "#type+form", "#affected"];
    let capitals = ["Area", " YEAR ", "Sex", "age", "FORM", "Count"];
    let blank: [&str; 0] = [];
    let rows: [&[&str]; 9] = [&HEADER, &tags, &ROW, &blank, &capitals, &tags, &ROW, &HEADER, &ROW];
    for (name, bytes) in files(&rows) {
        let bench = Bench::new().file(name, bytes);
        let ran = bench.run(&format!("ingest {name} --out s"));
        ran.succeeds().says("3 records read, 3 accepted, 0 rejected").says("warning[file/repeated-header]  4");
        ran.says("9 lines: 5 of the header, 3 of records, 1 blank");
        assert_eq!(store_rows(&bench.path("s"), &["age"]).len(), 3, "{name}");
    }
    // A file that was appended with its mark, and one in which the last column is not named again.
    let text = "area,year,sex,age,form\nKHM,2020,F,17,SEX\n\u{feff}area,year,sex,age,form\nKHM,2020,F,17,SEX\narea,year,sex,age,\n";
    let ran = Bench::new().file("in.csv", text).run("validate in.csv");
    ran.succeeds().says("2 records read, 2 accepted, 0 rejected").says("warning[file/repeated-header]  2");
    // Without a count records are read many at once, and quotation marks make no difference.
    let rows = "KHM,2020,F,17,SEX\n".repeat(2000);
    let text = format!("area,year,sex,age,form\n{rows}\"area\",year,sex,age,form\n{rows}");
    let ran = Bench::new().file("in.csv", text).run("validate in.csv");
    ran.succeeds().says("4 000 records read, 4 000 accepted, 0 rejected").says("line 2002");
}

/// A header whose columns have another order, or that differs in part, begins another table: nothing is read.
#[test]
fn another_header_is_refused() {
    let blank: [&str; 0] = [];
    let others: [&[&str]; 6] = [
        &["area", "year", "sex", "count", "form", "age"],
        &["AREA", "Year", "sex", "COUNT", "form", "age"],
        &["year", "area"],
        &["area", "year", "sex", "count", "form"],
        &["area", "year", "sexo", "edad", "form", "count"],
        &["area", "year", "sex", "age", "citizenship", "count"],
    ];
    for other in others {
        for (name, bytes) in files(&[&HEADER, &ROW, &blank, other, &["KHM", "2020", "F", "20", "SEX", "17"]]) {
            let ran = Bench::new().file(name, bytes).run(&format!("validate {name} --max-rejects 100%"));
            ran.refuses("error[file/other-header]").refuses(&format!("--> {name}:4")).refuses("move line 4");
        }
    }
    // Among many records, in a file that is read many records at once.
    let rows = "KHM,2020,F,17,SEX,VNM,LAO\n".repeat(3000);
    let header = "area,year,sex,age,form,citizenship,birth_country";
    let text = format!("{header}\n{rows}area,year,sex,age,form,birth_country,citizenship\n{rows}");
    let ran = Bench::new().file("in.csv", text).run("validate in.csv");
    ran.refuses("error[file/other-header]").refuses("--> in.csv:3002");
}

/// A filter may not hide the line, and figures are read by the same rule.
#[test]
fn headers_among_figures_are_found() {
    let profile = figure_profile(&["area", "year", "sex", "value"])
        + "[[map]]\nfield = \"subject\"\nconstant = \"VICTIMS\"\n[[map]]\nfield = \"unit\"\nconstant = \"NUMBER\"\n[only]\nunit = [\"Number\"]\n";
    let bench = Bench::new().file("mine/profiles/p.toml", profile);
    let row = "KHM,2020,F,17,Number\n";
    for (line, refused) in [
        ("area,year,sex,value,unit\n", false),
        ("area,year,value,sex,unit\n", true),
        ("year,area,sex,unit,value\n", true),
    ] {
        bench.write("in.csv", format!("area,year,sex,value,unit\n{row}{line}"));
        let ran = bench.run("validate in.csv --schemas mine --profile p --max-rejects 100%");
        if refused {
            ran.refuses("error[file/other-header]").refuses("--> in.csv:3");
        } else {
            ran.succeeds().says("warning[file/repeated-header]     1").says("1 records read, 1 accepted");
        }
    }
}

/// Records whose values are headings too, such as answers that repeat the heading of their column, stay records.
#[test]
fn answers_that_repeat_their_headings_are_records() {
    let map = |column: &str, code: &str| {
        format!("[[map]]\nfield = \"form\"\ncolumn = \"{column}\"\ncodes = {{ \"{column}\" = \"{code}\" }}\n")
    };
    let profile = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\nmissing = [\"\"]\n".to_owned()
        + &map("Sexual", "SEX")
        + &map("Laboral", "LAB");
    let bench = Bench::new()
        .file("mine/profiles/p.toml", profile)
        .file("in.csv", "Sexual,Laboral\nSexual,Laboral\nSexual,\nSexual,Laboral\n");
    let ran =
        bench.run("validate in.csv --schemas mine --profile p --area KHM --set year=2020 --set sex=F --set age=Y0T17");
    ran.succeeds().says("3 records read, 3 accepted");
    // A rejected record with a value that is a heading is a rejected record.
    let text = "area,year,sex,age,form,F,M\nKHM,2020,F,17,SEX,,\nKHM,20,F,17,SEX,F,M\n";
    let ran = Bench::new().file("in.csv", text).run("validate in.csv --max-rejects 100%");
    ran.succeeds().says("2 records read, 1 accepted, 1 rejected");
}

/// A header in words that neither the file nor its profile has begins another table, if records stand on both sides of it.
#[test]
fn a_header_in_other_words_is_refused() {
    let header = "area,year,sex,age,form,citizenship,birth_country,count\n";
    let row = "KHM,2020,F,17,SEX,VNM,LAO,20\n";
    for other in [
        "Reporting area,Year of detection,Sex,Age,Form of exploitation,Country of birth,Citizenship,Number",
        "Pays,Année,Sexe,Âge,Forme,Pays de naissance,Nationalité,Nombre",
        "area*,year*,sex*,age*,form*,born*,citizenship*,count*",
        "area:,year:,sex:,age:,form:,birth:,citizen:,count:",
        "\"Land\",\"Jahr\",\"Geschlecht\",\"Alter\",\"Form\",\"Geburtsland\",\"Nationalität\",\"Anzahl\"",
        "country,year,sex,age,type,citizenship,born,n.a.b.",
        "Land,Jahr,Geschlecht,Alter",
    ] {
        let fields = other.matches(',').count();
        let other = format!("{other}{}\n", ",".repeat(7 - fields));
        for (before, after) in [(1, 1), (100, 100), (6000, 1), (1, 6000)] {
            let text = format!("{header}{}{other}{}", row.repeat(before), row.repeat(after));
            let ran = Bench::new().file("in.csv", text).run("validate in.csv --max-rejects 100%");
            ran.refuses("error[file/other-header]").refuses(&format!("--> in.csv:{}", before + 2));
        }
        // What describes the columns, and what ends a file, is a rejected record.
        for (before, after, count) in [(0, 40, 40), (40, 0, 40)] {
            let text = format!("{header}{}{other}{}", row.repeat(before), row.repeat(after));
            let ran = Bench::new().file("in.csv", text).run("validate in.csv --max-rejects 100%");
            ran.succeeds().says(&format!("{} records read, {count} accepted, 1 rejected", count + 1));
        }
    }
    // In a file that is read many records at once, behind lines that describe the columns.
    let words = "Land,Jahr,Geschlecht,Alter,Form\n";
    let row = "KHM,2020,F,17,SEX\n".repeat(3000);
    let text = format!("area,year,sex,age,form\n{words}{row}{words}{row}");
    let ran = Bench::new().file("in.csv", text).run("validate in.csv");
    ran.refuses("error[file/other-header]").refuses("--> in.csv:3003");
}

/// Rejected records, totals, remarks and titles of parts are no headers.
#[test]
fn rejected_records_are_no_headers() {
    let header = "area,year,sex,age,form,citizenship,count\n";
    let row = "KHM,2020,F,17,SEX,VNM,20\n".repeat(50);
    for other in [
        // A value of one field is understood, a digit is in one, or the same word is in two.
        "Cambodja,unclear,F,adult,sex,VNM,many",
        "Cambodja,2O20,Femme,adultt,sexx,Vietman,many",
        "Cambodja,not sure,Femme,not sure,sexx,Vietman,many",
        "Cambodja,2020,Femme,adultt,sexx,Vietman,many",
        // The year is empty, and so is the count.
        "Cambodja,,Femme,adultt,sexx,Vietman,",
        "Total,,,,,,",
        "Region North,,,,,,",
        "Source:,Ministry of the Interior,,,,,",
        "x,x,x,x,x,x,x",
        "?,-,?,-,?,-,?",
    ] {
        let bench = Bench::new().file("in.csv", format!("{header}{row}{other}\n{row}"));
        let ran = bench.run("validate in.csv --max-rejects 100%");
        ran.succeeds().says("101 records read, 100 accepted, 1 rejected");
    }
}
