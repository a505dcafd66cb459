//! Binary workbooks of Excel: what the library does not read of them is read as in other workbooks.

use crate::sheets::{frame, list_of_sheets, packed, record, wide};
use crate::support::{Bench, store_rows};
use crate::typed_cells::{DATE, HEADER, STYLE_FORMATS, error, number, xlsx};

/// Errors by their codes.
const ERRORS: [(&str, u8); 8] = [
    ("#NULL!", 0x00),
    ("#DIV/0!", 0x07),
    ("#VALUE!", 0x0F),
    ("#REF!", 0x17),
    ("#NAME?", 0x1D),
    ("#NUM!", 0x24),
    ("#N/A", 0x2A),
    ("#DATA!", 0x2B),
];

/// The formula `NA()`.
const FORMULA: [u8; 13] = [0, 0, 3, 0, 0, 0, 0x41, 0x0A, 0, 0, 0, 0, 0];

/// A sheet with cells as [`xlsx`] writes them: texts, numbers in a style, and errors of formulas. What begins with `*` is a
/// text with formats within it.
pub(crate) fn xlsb(rows: &[Vec<String>], merged: &[[u32; 4]]) -> Vec<u8> {
    let mut sheet = Vec::new();
    record(&mut sheet, 0x81, &[]);
    record(&mut sheet, 0x94, &[0; 16]);
    record(&mut sheet, 0x91, &[]);
    for (at, cells) in rows.iter().enumerate() {
        record(&mut sheet, 0, &[&(at as u32).to_le_bytes()[..], &[0; 13]].concat());
        for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let value = || text.split_once("<v>").unwrap().1.split('<').next().unwrap();
            let style = text.split_once("s=\"").map_or(0, |(_, rest)| rest.split('"').next().unwrap().parse().unwrap());
            let cell = [(column as u32).to_le_bytes(), u32::to_le_bytes(style)].concat();
            let (kind, body) = if text.starts_with("<c t=\"e\"") {
                let code = ERRORS.iter().find(|(name, _)| *name == value()).map_or(0x2C, |(_, code)| *code);
                (11, [&[code][..], &FORMULA].concat())
            } else if text.starts_with("<c") {
                let value: f64 = value().parse().unwrap();
                // Whole numbers in the short form, others with a formula.
                match value.fract() == 0.0 {
                    true => (2, ((value as i32) << 2 | 2).to_le_bytes().to_vec()),
                    false => (9, [&value.to_le_bytes()[..], &FORMULA].concat()),
                }
            } else if let Some(text) = text.strip_prefix('*') {
                (62, [&[1][..], &wide(text), &[1, 0, 0, 0, 0, 0, 0, 0]].concat())
            } else {
                (6, wide(text))
            };
            record(&mut sheet, kind, &[cell, body].concat());
        }
    }
    record(&mut sheet, 0x92, &[]);
    for corners in merged {
        record(&mut sheet, 0xB0, &corners.map(u32::to_le_bytes).concat());
    }
    record(&mut sheet, 0x82, &[]);
    binary(sheet)
}

/// A workbook of one sheet, with the styles of [`xlsx`].
fn binary(sheet: Vec<u8>) -> Vec<u8> {
    let book = list_of_sheets();
    let mut styles = Vec::new();
    let formats: Vec<(u16, &str)> = STYLE_FORMATS.iter().filter_map(|(id, code)| Some((*id, (*code)?))).collect();
    record(&mut styles, 0x0116, &[]);
    record(&mut styles, 0x0267, &(formats.len() as u32).to_le_bytes());
    formats.iter().for_each(|(id, code)| record(&mut styles, 0x2C, &[&id.to_le_bytes()[..], &wide(code)].concat()));
    record(&mut styles, 0x0268, &[]);
    // The styles of names come before those of cells.
    record(&mut styles, 0x0272, &1u32.to_le_bytes());
    record(&mut styles, 0x2F, &[0; 16]);
    record(&mut styles, 0x0273, &[]);
    record(&mut styles, 0x0269, &(STYLE_FORMATS.len() as u32).to_le_bytes());
    for (id, _) in STYLE_FORMATS {
        record(&mut styles, 0x2F, &[&[0; 2][..], &id.to_le_bytes(), &[0; 12]].concat());
    }
    record(&mut styles, 0x026A, &[]);
    record(&mut styles, 0x0117, &[]);
    let mut parts = frame("bin", "worksheets/sheet1.bin");
    parts.extend([("xl/workbook.bin", book), ("xl/worksheets/sheet1.bin", sheet), ("xl/styles.bin", styles)]);
    packed(&parts)
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Files of the same rows in both forms of Excel.
fn both(rows: &[Vec<String>]) -> Bench {
    let plain: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| cell.trim_start_matches('*').to_owned()).collect()).collect();
    Bench::new().file("in.xlsb", xlsb(rows, &[])).file("in.xlsx", xlsx(&[("Cases", "visible", plain)]))
}

/// Validates and stores both files, and expects the same findings and records.
fn same(bench: &Bench, more: &str, fields: &[&str]) -> Vec<String> {
    let ran = ["in.xlsx", "in.xlsb"].map(|name| {
        let ran =
            bench.run(&format!("ingest {name} --max-rejects 100% --max-not-understood 100% {more} --out {name}-s"));
        ran.succeeds();
        (ran.stdout.replace(name, "FILE"), store_rows(&bench.path(&format!("{name}-s")), fields))
    });
    let [first, second] = ran;
    assert_eq!(first.1, second.1);
    assert_eq!(without_digest(&first.0), without_digest(&second.0));
    first.1
}

/// Lines of a report without the one that names the digest of its file.
fn without_digest(report: &str) -> Vec<&str> {
    report.lines().filter(|line| !line.contains("blake3") && !line.contains("elapsed")).collect()
}

/// An error that a formula gives is not an empty cell, in any column.
#[test]
fn errors_of_formulas_are_findings() {
    // The last one makes the library refuse the other form of Excel.
    for (text, _) in &ERRORS[..7] {
        let mut rows = vec![row(["area", "year", "sex", "age", "form", "person_id", "citizenship"])];
        for at in 0..20 {
            let id = if at % 4 == 0 { error(text) } else { format!("p{at}") };
            let form = if at % 5 == 0 { error(text) } else { "SEX".to_owned() };
            let citizenship = if at % 2 == 0 { error(text) } else { "KHM".to_owned() };
            rows.push(row(["KHM", "2020", "F", "17", &form, &id, &citizenship]));
        }
        // In a required column, at the end of the last row, and in a row without other cells.
        rows.push(row(["KHM", "2020", &error(text), "17", "SEX", "p20", "KHM"]));
        rows.push(row(["", "", "", "", "", "", &error(text)]));
        let bench = both(&rows);
        let stored = same(&bench, "", &["form", "citizenship"]);
        assert_eq!(stored.iter().filter(|row| row.ends_with("_U")).count(), 10, "{text}");
        let ran = bench.run("validate in.xlsb --max-rejects 100%");
        ran.refuses("error[limit/not-understood]").says("22 records read, 20 accepted, 2 rejected");
        ran.says("warning[cell/error-id]").says("cell/recoded-unknown");
    }
    // An error of a later version has no name.
    let rows = [HEADER.map(str::to_owned).to_vec(), row(["KHM", "2020", "F", "17", &error("#SPILL!"), "p1"])];
    let ran = Bench::new().file("in.xlsb", xlsb(&rows, &[])).run("validate in.xlsb");
    ran.succeeds().says("1 records read, 1 accepted").says("warning[cell/recoded-unknown]  1  `form`");
}

/// The same of a date of birth.
#[test]
fn errors_are_no_dates_of_birth() {
    let row = |born: String| vec!["KHM".to_owned(), number(43997, DATE), "F".to_owned(), born];
    let bench = both(&[
        ["area", "found", "sex", "born"].map(str::to_owned).to_vec(),
        row(error("#N/A")),
        row(number(38000, DATE)),
    ]);
    bench.write("mine/profiles/p.toml", crate::typed_cells::BORN);
    assert_eq!(same(&bench, "--schemas mine --profile p", &["age"]), ["_U", "Y16"]);
    let ran = bench.run("validate in.xlsb --schemas mine --profile p --max-not-understood 100%");
    ran.says("warning[cell/not-a-date]");
}

/// Texts with formats within them are read, also as headings.
#[test]
fn texts_with_formats_are_read() {
    let bench = both(&[
        row(["*area", "year", "*sex", "age", "form", "*person_id"]),
        row(["*KHM", "2020", "F", "17", "*SEX", "p1"]),
        row(["KHM", "2020", "M", "17", "LAB", "*p2"]),
    ]);
    assert_eq!(same(&bench, "", &["area", "sex", "form"]), ["KHM|F|SEX", "KHM|M|LAB"]);
}

/// Formats of numbers say the same as in the other form of Excel.
#[test]
fn formats_with_a_meaning_are_read_as_shown() {
    let (padded, masked, at_most, band, dash, accounts) = (3, 5, 6, 7, 8, 9);
    let header = row(["area", "year", "sex", "age", "count", "note"]);
    let record = |age: String, count: String| row(["KHM", "2020", "F", &age, &count, "x"]);
    let bench = both(&[
        header,
        record(number(17, 0), number(5, masked)),
        record(number(17, dash), number(4, at_most)),
        record(number(12, band), number(20, at_most)),
        record(number(0, dash), number(20, accounts)),
        record(number(17, 0), number(0, accounts)),
        record(number(17, padded), number(5.5, masked)),
    ]);
    let stored = same(&bench, "", &["age", "count", "count_upper"]);
    assert_eq!(stored, ["Y17|0|4", "Y17|0|4", "Y9T17|20|20"]);
    // `0007` and `7` are two persons.
    let ids = [number(7, padded), number(7, 0), number(7, 4), "000-007".to_owned()];
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(ids.iter().map(|id| row(["KHM", "2020", "F", "17", "SEX", id])));
    assert_eq!(same(&both(&rows), "", &["age"]).len(), 3);
}

/// All but the first of merged cells are empty.
#[test]
fn merged_cells_are_an_error() {
    let rows = [
        row(["area", "year", "sex", "age", "note"]),
        row(["KHM", "2020", "F", "17", "x"]),
        row(["KHM", "2020", "M", "18", ""]),
    ];
    let ran = Bench::new().file("in.xlsb", xlsb(&rows, &[[1, 2, 4, 4]])).run("validate in.xlsb");
    ran.says("error[record/merged-cells]    1          line 2 to 3\n").refuses("1 about lines");
    // Titles, single cells and empty ones are no values of records.
    let merged = [[0, 0, 0, 4], [1, 1, 0, 0], [5, 6, 0, 1]];
    Bench::new().file("in.xlsb", xlsb(&rows, &merged)).run("validate in.xlsb").succeeds();
}

/// Cells without a column are read by no one here, so the file is refused rather than read without them.
#[test]
fn short_cells_are_refused() {
    let mut sheet = Vec::new();
    record(&mut sheet, 0x81, &[]);
    record(&mut sheet, 0x94, &[0; 16]);
    record(&mut sheet, 0x91, &[]);
    record(&mut sheet, 0, &[0; 17]);
    for (column, text) in ["area", "year", "sex", "age"].iter().enumerate() {
        record(&mut sheet, 6, &[&(column as u32).to_le_bytes()[..], &[0; 4], &wide(text)].concat());
    }
    record(&mut sheet, 13, &[0; 8]);
    record(&mut sheet, 0x92, &[]);
    record(&mut sheet, 0x82, &[]);
    let ran = Bench::new().file("in.xlsb", binary(sheet)).run("validate in.xlsb");
    ran.refuses("error[file/not-text]: the workbook has cells in a short form that is not read\n  --> in.xlsb");
    ran.refuses("save it as `.xlsx`");
}
