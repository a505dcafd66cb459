//! Cells that have a type: errors, numbers with more digits than are kept, dates with a time, numbers shown with zeros.

use crate::sheets::packed;
use crate::support::{Bench, store_rows};

/// A sheet by its name and its state, with rows of cells. A text is a text; what begins with `<` is a cell as it is written.
pub(crate) type Sheet<'a> = (&'a str, &'a str, Vec<Vec<String>>);

/// A sheet of texts and cells.
pub(crate) fn texts<'a>(name: &'a str, state: &'a str, rows: &[&[&str]]) -> Sheet<'a> {
    (name, state, rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect())
}

/// A cell of Excel: a number in a style of [`xlsx`].
pub(crate) fn number(value: impl std::fmt::Display, style: usize) -> String {
    format!("<c s=\"{style}\"><v>{value}</v></c>")
}

/// An error of Excel.
pub(crate) fn error(text: &str) -> String {
    format!("<c t=\"e\"><v>{text}</v></c>")
}

/// Styles by their place, each a format by its number, with its code where it is not one of Excel's own: general, a date, a
/// date with a time, and formats of numbers.
pub(crate) const STYLE_FORMATS: [(u16, Option<&str>); 10] = [
    (0, None),
    (14, None),
    (22, None),
    (164, Some("00")),
    (165, Some("000\\-000")),
    (166, Some("\"<\"0")),
    (167, Some("[<5]\"<5\";0")),
    (168, Some("0\"-17\"")),
    (169, Some("#,##0;;\"-\"")),
    (41, None),
];

/// The same as the part of a workbook.
fn styles() -> String {
    let escaped = |code: &str| code.replace('<', "&lt;").replace('"', "&quot;");
    let format = |(id, code): &(u16, Option<&str>)| {
        let code = escaped((*code)?);
        Some(format!("<numFmt numFmtId=\"{id}\" formatCode=\"{code}\"/>"))
    };
    let formats: String = STYLE_FORMATS.iter().filter_map(format).collect();
    let cells: String = STYLE_FORMATS.iter().map(|(id, _)| format!("<xf numFmtId=\"{id}\"/>")).collect();
    format!("<numFmts>{formats}</numFmts><cellXfs>{cells}</cellXfs>")
}

pub(crate) const DATE: usize = 1;
pub(crate) const DATE_TIME: usize = 2;
const PADDED: usize = 3;
const GROUPED: usize = 4;

/// A workbook of Excel.
pub(crate) fn xlsx(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let relation = |id: usize, kind: &str, target: &str| {
        format!("<Relationship Id=\"rId{id}\" Type=\"{relations}/{kind}\" Target=\"{target}\"/>")
    };
    let related = |all: &str| format!("<Relationships xmlns=\"{package}/relationships\">{all}</Relationships>");
    let (mut listed, mut targets) = (String::new(), relation(99, "styles", "styles.xml"));
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), format!("<Types xmlns=\"{package}/content-types\"/>")),
        ("_rels/.rels".to_owned(), related(&relation(1, "officeDocument", "xl/workbook.xml"))),
        ("xl/styles.xml".to_owned(), format!("<styleSheet xmlns=\"{space}\">{}</styleSheet>", styles())),
    ];
    for (at, (name, state, rows)) in sheets.iter().enumerate() {
        let id = at + 1;
        let cell = |number: usize, column: usize, text: &str| {
            let place = format!(" r=\"{}{number}\"", char::from(b'A' + column as u8));
            match text.strip_prefix("<c") {
                Some(rest) => format!("<c{place}{rest}"),
                None => format!("<c{place} t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            }
        };
        let row = |(at, cells): (usize, &Vec<String>)| {
            let cells = cells.iter().enumerate().filter(|(_, text)| !text.is_empty());
            let cells: String = cells.map(|(column, text)| cell(at + 1, column, text)).collect();
            format!("<row r=\"{}\">{cells}</row>", at + 1)
        };
        let rows: String = rows.iter().enumerate().map(row).collect();
        let sheet = format!("<worksheet xmlns=\"{space}\"><sheetData>{rows}</sheetData></worksheet>");
        listed += &format!("<sheet name=\"{name}\" sheetId=\"{id}\" state=\"{state}\" r:id=\"rId{id}\"/>");
        targets += &relation(id, "worksheet", &format!("worksheets/sheet{id}.xml"));
        parts.push((format!("xl/worksheets/sheet{id}.xml"), sheet));
    }
    let book = format!("<workbook xmlns=\"{space}\" xmlns:r=\"{relations}\"><sheets>{listed}</sheets></workbook>");
    parts.push(("xl/workbook.xml".to_owned(), book));
    parts.push(("xl/_rels/workbook.xml.rels".to_owned(), related(&targets)));
    let parts: Vec<_> = parts.iter().map(|(name, text)| (name.as_str(), text.clone().into_bytes())).collect();
    packed(&parts)
}

pub(crate) const HEADER: [&str; 6] = ["area", "year", "sex", "age", "form", "person_id"];

/// Records of one area and year that differ by their id alone.
pub(crate) fn by_id(ids: &[String]) -> Vec<u8> {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(ids.iter().map(|id| ["KHM", "2020", "F", "17", "SEX", id].map(str::to_owned).to_vec()));
    xlsx(&[("Cases", "visible", rows)])
}

pub(crate) fn by_id_csv(ids: &[&str]) -> String {
    let rows: String = ids.iter().map(|id| format!("KHM,2020,F,17,SEX,{id}\n")).collect();
    format!("{}\n{rows}", HEADER.join(","))
}

/// An error in the column of ids is no person, in any format and language of a spreadsheet, and each record counts.
#[test]
fn errors_are_no_ids() {
    for text in ["#N/A", "#REF!", "#NAME?"] {
        let mut ids = vec![error(text); 20];
        ids.extend((0..10).map(|at| format!("p{at}")));
        let texts: Vec<&str> = ids.iter().map(|id| if id.starts_with('<') { text } else { id }).collect();
        let bench = Bench::new().file("in.xlsx", by_id(&ids)).file("in.csv", by_id_csv(&texts));
        for name in ["in.xlsx", "in.csv"] {
            let ran = bench.run(&format!("validate {name}"));
            ran.succeeds().says("30 records read, 30 accepted, 0 rejected, 0 duplicates");
            ran.says("warning[cell/error-id]").says("20");
        }
    }
    let ids = ["#NV", "#NV", "#¡REF!", "#¡REF!", "#Н/Д", "#Н/Д", "Err:502", "Err:502", "#1", "#1"];
    let ran = Bench::new().file("in.csv", by_id_csv(&ids)).run("validate in.csv");
    ran.succeeds().says("10 records read, 9 accepted, 0 rejected, 1 duplicates");
    // A count of nobody about an error is not certain to be about nobody.
    let text = "area,year,sex,age,person_id,count\nKHM,2020,F,17,#N/A,0\n";
    Bench::new().file("in.csv", text).run("validate in.csv --max-rejects 100%").says("0 accepted, 1 rejected");
}

/// Words for no id in the languages of the project.
#[test]
fn words_for_no_id_are_none_in_every_language() {
    let words = [
        "n/d",
        "N/D",
        "s/n",
        "no aplica",
        "anonymous",
        "anónimo",
        "not available",
        "no id",
        "TBD",
        "pending",
        "неизвестно",
        "XXX",
        "x",
        "non renseigné",
        "keine Angabe",
        "sconosciuto",
        "não informado",
        "غير معروف",
        "未知",
    ];
    let twice: Vec<&str> = words.iter().flat_map(|word| [*word; 2]).collect();
    let ran = Bench::new().file("in.csv", by_id_csv(&twice)).run("validate in.csv");
    ran.succeeds().says(&format!("{0} records read, {0} accepted, 0 rejected, 0 duplicates", twice.len()));
}

/// An error is an answer of no column: `#N/A` is not `n/a`.
#[test]
fn errors_are_no_words() {
    let profile = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\n\
        [[map]]\nfield = \"area\"\ncolumn = \"area\"\n[[map]]\nfield = \"year\"\ncolumn = \"year\"\n\
        [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\ncolumn = \"age\"\n\
        [[map]]\nfield = \"form\"\nflags = { Sexual = [\"SEX\"] }\n";
    let rows = "KHM,2020,F,17,#N/A\n".repeat(10) + &"KHM,2020,F,17,yes\n".repeat(190);
    let bench =
        Bench::new().file("mine/profiles/p.toml", profile).file("in.csv", format!("area,year,sex,age,Sexual\n{rows}"));
    bench.run("validate in.csv --schemas mine --profile p").says("cell/not-a-flag").says("10");
}

/// A number of more digits than its format keeps is not an id: different persons would become one.
#[test]
fn rounded_numbers_are_no_ids() {
    let refused = |name: &str, bytes: Vec<u8>, count: usize| {
        let bench = Bench::new().file(name, bytes);
        let ran = bench.run(&format!("validate {name}"));
        ran.says(&format!("{count} records read, 0 accepted, {count} rejected")).says("error[cell/rounded-id]");
        ran.code_is(1);
    };
    let json = |id: &dyn Fn(usize) -> String| {
        let line = |at| {
            format!(
                "{{\"area\":\"KHM\",\"year\":2020,\"sex\":\"F\",\"age\":17,\"form\":\"SEX\",\"person_id\":{}}}\n",
                id(at)
            )
        };
        (1..=30).map(line).collect::<String>().into_bytes()
    };
    refused("in.ndjson", json(&|at| format!("202000000000000000{at:02}")), 30);
    refused("in.ndjson", json(&|at| format!("{at}2345678901234567.0")), 30);
    let long = |at: usize| number(format!("123456789012345{at:02}"), 0);
    refused("in.xlsx", by_id(&[long(67), long(68)]), 2);
    // What a spreadsheet writes into CSV.
    refused("in.csv", by_id_csv(&["1.23457E+16", "1.23457E+16", "2E+17"]).into_bytes(), 3);
    let texts = json(&|at| format!("\"202000000000000000{at:02}\""));
    let bench =
        Bench::new().file("text.ndjson", texts).file("in.ndjson", json(&|at| format!("20200000000000000{at:02}")));
    for name in ["text.ndjson", "in.ndjson"] {
        bench.run(&format!("validate {name}")).succeeds().says("30 records read, 30 accepted");
    }
    let short = |at: usize| number(format!("1234567890123{at:02}"), 0);
    let ran = Bench::new().file("in.xlsx", by_id(&[short(67), short(68)])).run("validate in.xlsx");
    ran.succeeds().says("2 records read, 2 accepted");
}

/// The time of a date tells ids apart in every format, and dates without a time are the same in all of them.
#[test]
fn dates_keep_their_time() {
    let ids: Vec<String> = (0..6).map(|hour| number(43997.0 + f64::from(hour) / 24.0, DATE_TIME)).collect();
    let texts = ["2020-06-15", "2020-06-15T01:00:00", "2020-06-15T02:00:00"];
    let bench = Bench::new().file("in.xlsx", by_id(&ids)).file("in.csv", by_id_csv(&texts));
    bench.run("validate in.xlsx").succeeds().says("6 records read, 6 accepted, 0 rejected, 0 duplicates");
    bench.run("validate in.xlsx in.csv").succeeds().says("3 records read, 0 accepted, 0 rejected, 3 duplicates");
}

pub(crate) const BORN: &str = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\ndates = \"dmy\"\n\
    [[map]]\nfield = \"area\"\ncolumn = \"area\"\n[[map]]\nfield = \"year\"\ncolumn = \"found\"\n\
    [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\ncolumn = \"born\"\nborn_before = \"found\"\n";

/// A year in a cell for dates, an empty date and placeholders make no one a hundred years old.
#[test]
fn ages_that_nobody_has_are_unknown() {
    let header = ["area", "found", "sex", "born"].map(str::to_owned).to_vec();
    let row = |serial: f64| vec!["KHM".to_owned(), number(43997, DATE), "F".to_owned(), number(serial, DATE)];
    let rows = [2010.0, 2012.0, 0.0, 0.5, 38000.0, 8000.0].map(row);
    let book = xlsx(&[("Cases", "visible", std::iter::once(header).chain(rows).collect())]);
    let csv =
        "area,found,sex,born\nKHM,15/06/2020,F,01/01/1900\nKHM,15/06/2020,F,30/12/1899\nKHM,15/06/2020,F,17/05/2003\n";
    let bench = Bench::new().file("mine/profiles/p.toml", BORN).file("in.xlsx", book).file("in.csv", csv);
    for (name, ages, found) in [
        ("in.xlsx", vec!["Y16", "Y98", "_U", "_U", "_U", "_U"], "warning[cell/placeholder-date]  2"),
        ("in.csv", vec!["Y17", "_U", "_U"], "warning[cell/placeholder-date]"),
    ] {
        let ran =
            bench.run(&format!("ingest {name} --schemas mine --profile p --max-not-understood 100% --out {name}-s"));
        ran.succeeds().says(found);
        let mut stored = store_rows(&bench.path(&format!("{name}-s")), &["age"]);
        stored.sort();
        assert_eq!(stored, ages, "{name}");
    }
    bench.run("validate in.xlsx --schemas mine --profile p").says("warning[cell/not-a-date]        2");
}

/// Years of birth in cells for dates, and what empty dates become, are no dates of birth, however early the victim was found.
#[test]
fn placeholders_are_no_dates_of_birth() {
    let header = ["area", "found", "sex", "born"].map(str::to_owned).to_vec();
    let row = |serial: f64| vec!["KHM".to_owned(), number(37787, DATE), "F".to_owned(), number(serial, DATE)];
    // The last was born on 15 June 1995.
    let rows = [1990.0, 1997.0, 2001.0, 1900.0, 2049.0, 1.0, 34865.0].map(row);
    let book = xlsx(&[("Cases", "visible", std::iter::once(header).chain(rows).collect())]);
    let dates = [
        "01/01/1900",
        "31/12/1899",
        "30/12/1899",
        "1900",
        "1899",
        "17/06/1905",
        "18/06/1909",
        "01/01/1904",
        "02/01/1904",
        "15/06/1995",
    ];
    let csv: String = dates.iter().map(|born| format!("KHM,15/06/1999,F,{born}\n")).collect();
    let bench = Bench::new()
        .file("mine/profiles/p.toml", BORN)
        .file("in.xlsx", book)
        .file("in.csv", format!("area,found,sex,born\n{csv}"));
    for (name, known, count) in [("in.xlsx", "Y8", 6), ("in.csv", "Y4", 9)] {
        let out = format!("{name}-s");
        let ran = bench.run(&format!("ingest {name} --schemas mine --profile p --max-not-understood 100% --out {out}"));
        ran.succeeds().says(&format!("warning[cell/placeholder-date]  {count}"));
        let mut stored = store_rows(&bench.path(&out), &["age"]);
        stored.sort();
        assert_eq!(stored, [vec![known], vec!["_U"; count]].concat(), "{name}");
    }
    // Days next to those, and a year alone that may be one of birth.
    let csv: String = ["13/03/1905", "11/08/1905", "1906"].map(|born| format!("KHM,15/06/1990,F,{born}\n")).concat();
    bench.write("in.csv", format!("area,found,sex,born\n{csv}"));
    let ran = bench.run("ingest in.csv --schemas mine --profile p --out others");
    ran.succeeds();
    assert_eq!(store_rows(&bench.path("others"), &["age"]), ["Y85", "Y84", "Y_GE48"]);
}

/// A number is read with the zeros that its format shows: `01` and `1` may be two codes, `0007` and `7` two persons.
#[test]
fn zeros_that_a_format_shows_are_read() {
    let profile = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\n\
        [[map]]\nfield = \"area\"\ncolumn = \"area\"\n[[map]]\nfield = \"year\"\ncolumn = \"year\"\n\
        [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n\
        [[map]]\nfield = \"age\"\ncolumn = \"age\"\ncodes = { \"01\" = \"Y0T17\", \"02\" = \"Y_GE18\" }\n\
        [[map]]\nfield = \"person_id\"\ncolumn = \"id\"\n";
    let row = |age: &str, id: String| ["KHM", "2020", "F", age, &id].map(str::to_owned).to_vec();
    let rows = vec![
        ["area", "year", "sex", "age", "id"].map(str::to_owned).to_vec(),
        row(&number(1, PADDED), number(7, PADDED)),
        row(&number(2, PADDED), number(7, 0)),
        row(&number(2, PADDED), number(7, GROUPED)),
        row(&number(2, PADDED), "000-007".to_owned()),
    ];
    let content = ods(&[
        &["area", "year", "sex", "age", "id"],
        &["KHM", "2020", "F", "1=01", "7=07"],
        &["KHM", "2020", "F", "2=02", "7"],
    ]);
    let bench = Bench::new()
        .file("mine/profiles/p.toml", profile)
        .file(
            "in.xlsx",
            xlsx(
                &[("Cases & more", "visible", rows.clone())].map(|(_, state, rows)| ("Cases &amp; more", state, rows)),
            ),
        )
        .file("in.ods", content);
    for (name, ages) in [("in.xlsx", vec!["Y0T17", "Y_GE18", "Y_GE18"]), ("in.ods", vec!["Y0T17", "Y_GE18"])] {
        bench.run(&format!("ingest {name} --schemas mine --profile p --out {name}-s")).succeeds();
        assert_eq!(store_rows(&bench.path(&format!("{name}-s")), &["age"]), ages, "{name}");
    }
}

/// A format that shows a mask, a band or a dash is read as it is shown, as in the CSV file that a spreadsheet makes of it.
#[test]
fn formats_with_a_meaning_are_read_as_shown() {
    let header = ["area", "year", "sex", "age", "count"].map(str::to_owned).to_vec();
    let row = |age: String, count: String| vec!["KHM".to_owned(), "2020".to_owned(), "F".to_owned(), age, count];
    let (masked, at_most, band, dash, accounts) = (5, 6, 7, 8, 9);
    let rows = vec![
        header,
        row(number(17, 0), number(5, masked)),
        row(number(17, dash), number(4, at_most)),
        row(number(12, band), number(20, at_most)),
        row(number(0, dash), number(20, accounts)),
        row(number(17, 0), number(0, accounts)),
    ];
    let shown: [&[&str]; 6] = [
        &["area", "year", "sex", "age", "count"],
        &["KHM", "2020", "F", "17", "5=&lt;5"],
        &["KHM", "2020", "F", "17", "4=&lt;5"],
        &["KHM", "2020", "F", "12=12-17", "20"],
        &["KHM", "2020", "F", "0=-", "20"],
        &["KHM", "2020", "F", "17", "0= - "],
    ];
    let csv = "area,year,sex,age,count\nKHM,2020,F,17,<5\nKHM,2020,F,17,<5\nKHM,2020,F,12-17,20\nKHM,2020,F,-,20\nKHM,2020,F,17,-\n";
    let bench = Bench::new()
        .file("in.xlsx", xlsx(&[("Cases", "visible", rows)]))
        .file("in.ods", ods(&shown))
        .file("in.csv", csv);
    for name in ["in.xlsx", "in.ods", "in.csv"] {
        let ran = bench.run(&format!("ingest {name} --max-rejects 100% --max-not-understood 100% --out {name}-s"));
        ran.succeeds().says("5 records read, 3 accepted, 2 rejected");
        let stored = store_rows(&bench.path(&format!("{name}-s")), &["age", "count", "count_upper"]);
        assert_eq!(stored, ["Y17|0|4", "Y17|0|4", "Y9T17|20|20"], "{name}");
    }
}

/// An OpenDocument workbook of one sheet. `7=07` is the number 7 that is shown as `07`; what begins with a digit is a number.
pub(crate) fn ods(rows: &[&[&str]]) -> Vec<u8> {
    let cell = |text: &&str| {
        let (value, shown) = text.split_once('=').unwrap_or((text, text));
        let of_type = if value.starts_with(|c: char| c.is_ascii_digit()) {
            format!("office:value-type=\"float\" office:value=\"{value}\"")
        } else {
            "office:value-type=\"string\"".to_owned()
        };
        format!("<table:table-cell {of_type}><text:p>{shown}</text:p></table:table-cell>")
    };
    let row =
        |cells: &&[&str]| format!("<table:table-row>{}</table:table-row>", cells.iter().map(cell).collect::<String>());
    let rows: String = rows.iter().map(row).collect();
    crate::sheets::ods(&rows)
}

/// An error of OpenDocument keeps a zero as its value: no child of age 0, no declared zero, and no id.
#[test]
fn errors_of_open_document_are_no_zeros() {
    let row = |age: &str, count: &str| {
        ods(&[
            &["area", "year", "sex", "age", "count"],
            &["KHM", "2020", "F", age, count],
            &["KHM", "2020", "M", "30", "30"],
        ])
    };
    for (name, bytes) in [("age.ods", row("0=#N/A", "20")), ("count.ods", row("5", "0=Err:502"))] {
        let ran = Bench::new().file(name, bytes).run(&format!("validate {name} --max-rejects 100%"));
        ran.succeeds().says("2 records read, 1 accepted, 1 rejected, 0 duplicates");
    }
    let ids = ods(&[
        &["area", "year", "sex", "age", "person_id"],
        &["KHM", "2020", "F", "5", "0=#N/A"],
        &["KHM", "2020", "F", "5", "0=#N/A"],
    ]);
    Bench::new().file("in.ods", ids).run("validate in.ods").succeeds().says("2 accepted").says("cell/error-id");
}

/// A sheet that was not read is named, and one whose rows are as wide as the table is refused unless a sheet is named.
#[test]
fn no_sheet_is_lost_silently() {
    let first = || texts("Cases", "visible", &[&HEADER[..4], &["KHM", "2020", "F", "17"]]);
    let second = texts("More", "visible", &[&["KHM", "2020", "M", "30"], &["KHM", "2020", "M", "31"]]);
    let bench = Bench::new().file("in.xlsx", xlsx(&[first(), second]));
    let ran = bench.run("validate in.xlsx");
    ran.refuses("error[file/several-sheets]: another sheet has rows as wide as the table\n  --> in.xlsx, sheet `More`");
    bench.run("validate in.xlsx --sheet Cases").succeeds().says("warning[file/sheet-not-read]  1  `More`");
    for rows in [&[&["país", "año", "sexo"][..], &["KHM", "2020", "M"]][..], &[&["Notes"]]] {
        let bench = Bench::new().file("in.xlsx", xlsx(&[first(), texts("Mayo", "visible", rows)]));
        bench.run("validate in.xlsx").succeeds().says("warning[file/sheet-not-read]  1  `Mayo`");
    }
    // A template that is not filled in is not a second table.
    let bench = Bench::new().file("in.xlsx", xlsx(&[texts("Form", "visible", &[&HEADER[..4]]), first()]));
    let ran = bench.run("validate in.xlsx");
    ran.succeeds().says("1 records read, 1 accepted").says("the sheet is `Cases`");
}

/// A Parquet file of one record with more columns.
pub(crate) fn parquet(more: Vec<(&str, arrow::array::ArrayRef)>) -> Vec<u8> {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use std::sync::Arc;
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let columns = [("area", text("KHM")), ("year", text("2020")), ("sex", text("F")), ("age", text("17"))];
    let rows = RecordBatch::try_from_iter(columns.into_iter().chain(more)).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
    bytes
}

/// Moments with a time zone are read as they are in UTC, and one whose zone has no known rules is not a date.
#[test]
fn moments_with_a_zone_are_read() {
    use arrow::array::TimestampMicrosecondArray;
    let profile =
        BORN.replace("column = \"year\"", "column = \"x\"").replace("\"found\"", "\"at\"").replace("born", "old");
    let profile = profile.split("[[map]]\nfield = \"age\"").next().unwrap().to_owned()
        + "[[map]]\nfield = \"age\"\ncolumn = \"age\"\n";
    for (zone, is_read) in [("UTC", true), ("+00:00", true), ("Asia/Bangkok", false)] {
        let moment = TimestampMicrosecondArray::from(vec![1_592_182_800_000_000]).with_timezone(zone);
        let bytes = parquet(vec![("at", std::sync::Arc::new(moment))]);
        let bench = Bench::new().file("in.parquet", bytes).file("s/profiles/p.toml", profile.clone());
        // A column that nothing reads does no harm.
        bench.run("validate in.parquet").succeeds().says("1 records read, 1 accepted");
        let ran = bench.run("validate in.parquet --schemas s --profile p");
        if is_read {
            ran.succeeds().says("1 records read, 1 accepted");
            continue;
        }
        ran.refuses("error[file/column-type]: the column `at` has a type that is not read\n  --> in.parquet, column 5");
        ran.refuses("Asia/Bangkok").refuses("without its zone");
    }
}

/// A type of one program alone is named, and the file is not called damaged.
#[test]
fn a_type_of_its_writer_is_named() {
    use arrow::array::{FixedSizeBinaryArray, RecordBatch};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    let id = FixedSizeBinaryArray::try_from_iter([[1u8; 16]].into_iter()).unwrap();
    let rows = RecordBatch::try_from_iter([("person_id", std::sync::Arc::new(id) as _)]).unwrap();
    // What is said of the types of columns is not what the library knows.
    let schema = KeyValue::new("ARROW:schema".to_owned(), "/////wAAAAA=".to_owned());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![schema])).build();
    let options = parquet::arrow::arrow_writer::ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true);
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new_with_options(&mut bytes, rows.schema(), options).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
    let ran = Bench::new().file("in.parquet", bytes).run("validate in.parquet");
    ran.refuses("error[file/column-type]").refuses("columns: `person_id`").refuses("Int128");
}

/// A list that holds nothing next to a value does not hold this value alone.
#[test]
fn a_null_in_a_list_is_not_understood() {
    use arrow::array::{ListBuilder, StringBuilder};
    let mut list = ListBuilder::new(StringBuilder::new());
    list.values().append_value("SEX");
    list.values().append_null();
    list.append(true);
    let json = "{\"area\":\"KHM\",\"year\":2020,\"sex\":\"F\",\"age\":17,\"form\":[\"SEX\",null]}\n";
    let bench = Bench::new()
        .file("in.parquet", parquet(vec![("form", std::sync::Arc::new(list.finish()))]))
        .file("in.ndjson", json);
    for name in ["in.parquet", "in.ndjson"] {
        let ran = bench.run(&format!("ingest {name} --max-not-understood 100% --out {name}-s"));
        ran.succeeds().says("cell/recoded-unknown");
        assert_eq!(store_rows(&bench.path(&format!("{name}-s")), &["form"]), ["_U;SEX"], "{name}");
    }
}
