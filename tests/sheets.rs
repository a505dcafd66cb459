//! Workbooks: rows of one number, sheets that are not read, hidden rows and merged cells.

use std::io::Write;

use serde_json::Value;

use crate::support::Bench;

const HEADER: [&str; 4] = ["area", "year", "sex", "age"];

/// Rows by their number, counted from 1.
pub(crate) type Rows<'a> = &'a [(u32, [&'a str; 4])];

pub(crate) fn packed(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in parts {
        out.start_file(*name, stored).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// What the parts of a workbook say of each other.
pub(crate) fn frame(ending: &str, target: &str) -> Vec<(&'static str, Vec<u8>)> {
    let schema = "http://schemas.openxmlformats.org";
    let types = format!(
        "<Types xmlns=\"{schema}/package/2006/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/></Types>"
    );
    let relations = |id: &str, kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{schema}/package/2006/relationships\"><Relationship Id=\"{id}\" \
             Type=\"{schema}/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/></Relationships>"
        )
        .into_bytes()
    };
    let of_book = if ending == "bin" { "xl/_rels/workbook.bin.rels" } else { "xl/_rels/workbook.xml.rels" };
    vec![
        ("[Content_Types].xml", types.into_bytes()),
        ("_rels/.rels", relations("rId1", "officeDocument", &format!("xl/workbook.{ending}"))),
        (of_book, relations("rId1", "worksheet", target)),
    ]
}

pub(crate) fn xlsx(rows: Rows<'_>) -> Vec<u8> {
    let cell = |row: u32, column: usize, text: &str| {
        let name = char::from(b'A' + column as u8);
        format!("<c r=\"{name}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let row = |(number, cells): &(u32, [&str; 4])| {
        let cells = cells.iter().enumerate().filter(|(_, text)| !text.is_empty());
        let cells: String = cells.map(|(column, text)| cell(*number, column, text)).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let rows: String = rows.iter().map(row).collect();
    let sheet = format!("<worksheet xmlns=\"{space}\"><sheetData>{rows}</sheetData></worksheet>");
    let book = format!(
        "<workbook xmlns=\"{space}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Cases\" sheetId=\"1\" r:id=\"rId1\"/>\
         </sheets></workbook>"
    );
    let mut parts = frame("xml", "worksheets/sheet1.xml");
    parts.extend([("xl/workbook.xml", book.into_bytes()), ("xl/worksheets/sheet1.xml", sheet.into_bytes())]);
    packed(&parts)
}

/// Adds a record of the binary form of Excel.
pub(crate) fn record(out: &mut Vec<u8>, kind: u16, bytes: &[u8]) {
    match kind < 0x80 {
        true => out.push(kind as u8),
        false => out.extend([(kind & 0x7f) as u8 | 0x80, (kind >> 7) as u8]),
    }
    match bytes.len() {
        length @ ..0x80 => out.push(length as u8),
        length => out.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]),
    }
    out.extend_from_slice(bytes);
}

/// A text of the binary form of Excel.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    (units.len() as u32).to_le_bytes().into_iter().chain(units.into_iter().flat_map(u16::to_le_bytes)).collect()
}

/// The binary form of Excel: records of a type, a length and bytes.
pub(crate) fn xlsb(rows: Rows<'_>) -> Vec<u8> {
    xlsb_at(rows, 0)
}

/// The part of a binary workbook that lists its sheets: one, `Cases`.
pub(crate) fn list_of_sheets() -> Vec<u8> {
    let mut book = Vec::new();
    record(&mut book, 0x83, &[]);
    record(&mut book, 0x99, &[0; 12]);
    record(&mut book, 0x8f, &[]);
    record(&mut book, 0x9c, &[[0; 4].to_vec(), vec![1, 0, 0, 0], wide("rId1"), wide("Cases")].concat());
    record(&mut book, 0x90, &[]);
    record(&mut book, 0x9d, &[0; 4]);
    record(&mut book, 0x84, &[]);
    book
}

/// Its columns begin at another one than the first.
pub(crate) fn xlsb_at(rows: Rows<'_>, first: u32) -> Vec<u8> {
    let book = list_of_sheets();
    let mut sheet = Vec::new();
    record(&mut sheet, 0x81, &[]);
    record(&mut sheet, 0x94, &[0; 16]);
    record(&mut sheet, 0x91, &[]);
    for (number, cells) in rows {
        record(&mut sheet, 0, &[&(number - 1).to_le_bytes()[..], &[0; 13]].concat());
        for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            record(&mut sheet, 6, &[&(first + column as u32).to_le_bytes()[..], &[0; 4], &wide(text)].concat());
        }
    }
    record(&mut sheet, 0x92, &[]);
    record(&mut sheet, 0x82, &[]);
    let mut parts = frame("bin", "worksheets/sheet1.bin");
    parts.extend([("xl/workbook.bin", book), ("xl/worksheets/sheet1.bin", sheet)]);
    packed(&parts)
}

fn report(name: &str, bytes: Vec<u8>) -> Value {
    let ran = Bench::new().file(name, bytes).run(&format!("validate {name} --format json --max-rejects 100%"));
    let reports: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    reports[0].clone()
}

#[test]
fn two_rows_of_one_number_are_both_read() {
    let first = ["KHM", "2022", "F", "17"];
    let second = ["KHM", "2022", "M", ""];
    let rows = [
        (1, HEADER),
        (2, first),
        (3, first),
        (3, second),
        (5, first),
        // Also where the other row of the number is far away.
        (2, second),
    ];
    for (name, bytes) in [("in.xlsx", xlsx(&rows)), ("in.xlsb", xlsb(&rows))] {
        let report = report(name, bytes);
        assert_eq!(report["records"], 5, "{name}: {report}");
        assert_eq!((&report["accepted"], &report["rejected"]), (&3.into(), &2.into()), "{name}");
        let findings = report["findings"].as_array().unwrap();
        let repeated = findings.iter().find(|finding| finding["rule"] == "record/repeated-row").expect("the finding");
        assert_eq!((&repeated["severity"], &repeated["count"]), (&"error".into(), &2.into()), "{name}");
        assert_eq!(repeated["lines"], serde_json::json!([2, 3]), "{name}");
        let lines = &report["lines"];
        assert_eq!([&lines["read"], &lines["header"], &lines["records"], &lines["blank"]], [7, 1, 5, 1], "{name}");
    }
    let rows = [(1, HEADER), (2, first), (2, first)];
    let bench = Bench::new().file("in.xlsx", xlsx(&rows));
    let ran = bench.run("validate in.xlsx");
    ran.says("2 records read, 2 accepted").says("error[record/repeated-row]  1    line 2\n").refuses("1 about lines");
}

#[test]
fn rows_of_different_numbers_are_no_finding() {
    let first = ["KHM", "2022", "F", "17"];
    let rows = [(1, ["Cases", "", "", ""]), (3, HEADER), (4, first), (7, first)];
    for (name, bytes) in [("in.xlsx", xlsx(&rows)), ("in.xlsb", xlsb(&rows))] {
        let report = report(name, bytes);
        assert_eq!((&report["records"], &report["line_errors"]), (&2.into(), &0.into()), "{name}");
        let lines = ["read", "titles", "header", "records", "blank"].map(|key| report["lines"][key].as_u64().unwrap());
        assert_eq!(lines, [7, 1, 1, 2, 3], "{name}");
    }
}

/// A workbook with sheets by name, state, rows and what follows the rows.
fn book(sheets: &[(&str, &str, Rows<'_>, &str)]) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let (mut listed, mut related, mut parts) = (String::new(), String::new(), frame("xml", "unused"));
    parts.truncate(2);
    for (at, (name, state, rows, after)) in sheets.iter().enumerate() {
        let hidden = if after.contains("autoFilter") { " hidden=\"1\"" } else { "" };
        let row = |(number, cells): &(u32, [&str; 4])| {
            let cell = |(column, text): (usize, &&str)| {
                let name = char::from(b'A' + column as u8);
                match text.strip_prefix('=') {
                    Some(formula) => format!("<c r=\"{name}{number}\">{formula}</c>"),
                    None => format!("<c r=\"{name}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
                }
            };
            let cells: String = cells.iter().enumerate().filter(|(_, text)| !text.is_empty()).map(cell).collect();
            format!("<row r=\"{number}\"{}>{cells}</row>", if *number > 1 { hidden } else { "" })
        };
        let rows: String = rows.iter().map(row).collect();
        let sheet = format!("<worksheet xmlns=\"{space}\"><sheetData>{rows}</sheetData>{after}</worksheet>");
        let (id, file) = (format!("rId{}", at + 1), format!("worksheets/sheet{}.xml", at + 1));
        listed += &format!("<sheet name=\"{name}\" sheetId=\"{}\" state=\"{state}\" r:id=\"{id}\"/>", at + 1);
        related += &format!("<Relationship Id=\"{id}\" Type=\"{relations}/worksheet\" Target=\"{file}\"/>");
        parts.push((["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"][at], sheet.into_bytes()));
    }
    let book = format!("<workbook xmlns=\"{space}\" xmlns:r=\"{relations}\"><sheets>{listed}</sheets></workbook>");
    let related = format!("<Relationships xmlns=\"{package}\">{related}</Relationships>");
    parts.extend([("xl/workbook.xml", book.into_bytes()), ("xl/_rels/workbook.xml.rels", related.into_bytes())]);
    packed(&parts)
}

/// Headings of a file whose area is stated.
const OF_ONE_AREA: [&str; 4] = ["year", "sex", "age", "citizenship"];

/// An OpenDocument workbook of one sheet.
pub(crate) fn ods(rows: &str) -> Vec<u8> {
    ods_of(&[("Cases", rows)])
}

/// An OpenDocument workbook of some sheets, each with its name and its rows.
pub(crate) fn ods_of(sheets: &[(&str, &str)]) -> Vec<u8> {
    let sheet = |(name, rows): &(&str, &str)| format!("<table:table table:name=\"{name}\">{rows}</table:table>");
    let sheets: String = sheets.iter().map(sheet).collect();
    let space = "urn:oasis:names:tc:opendocument:xmlns";
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"{space}:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" \
         manifest:media-type=\"{kind}\"/></manifest:manifest>"
    );
    let content = format!(
        "<office:document-content xmlns:office=\"{space}:office:1.0\" xmlns:table=\"{space}:table:1.0\" \
         xmlns:text=\"{space}:text:1.0\"><office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>\
         </office:document-content>"
    );
    packed(&[
        ("mimetype", kind.as_bytes().to_vec()),
        ("META-INF/manifest.xml", manifest.into_bytes()),
        ("content.xml", content.into_bytes()),
    ])
}

const RECORDS: Rows<'static> = &[(1, HEADER), (2, ["KHM", "2022", "F", "17"]), (3, ["KHM", "2022", "M", "18"])];

/// A sheet that looks like records and is not read is named, whether it is hidden or another one was asked for.
#[test]
fn sheets_that_are_not_read_are_named() {
    let other: Rows<'_> = &[(1, ["area", "year", "note", ""]), (2, ["KHM", "2021", "x", ""])];
    let list: Rows<'_> = &[(1, ["F", "Female", "", ""]), (2, ["M", "Male", "", ""])];
    let named = "warning[file/sheet-not-read]  1  `Old`  line 1\n";
    for (state, rows) in [("hidden", RECORDS), ("veryHidden", RECORDS), ("visible", other), ("hidden", other)] {
        let bytes = book(&[("Cases", "visible", RECORDS, ""), ("Old", state, rows, "")]);
        let bench = Bench::new().file("in.xlsx", bytes);
        bench.run("validate in.xlsx").succeeds().says("2 records read, 2 accepted").says(named);
    }
    let bench = Bench::new()
        .file("both.xlsx", book(&[("Cases", "visible", RECORDS, ""), ("Old", "visible", RECORDS, "")]))
        .file("list.xlsx", book(&[("Cases", "visible", RECORDS, ""), ("Old", "hidden", list, "")]));
    bench.run("validate both.xlsx").refuses("several sheets of the workbook have the header");
    bench.run("validate both.xlsx --sheet Cases").succeeds().says(named);
    let ran = bench.run("validate list.xlsx");
    ran.succeeds();
    assert!(!ran.stdout.contains("sheet-not-read"), "{}", ran.stdout);
}

/// Rows that are hidden or filtered are records; of merged cells all but one would be without their value.
#[test]
fn hidden_rows_are_read_and_merged_cells_are_an_error() {
    let bytes = book(&[("Cases", "visible", RECORDS, "<autoFilter ref=\"A1:D3\"/>")]);
    let ran = Bench::new().file("in.xlsx", bytes).run("validate in.xlsx");
    ran.succeeds().says("2 records read, 2 accepted");
    let rows: Rows<'_> = &[
        (1, ["Cases of the year", "", "", ""]),
        (2, OF_ONE_AREA),
        (3, ["2022", "F", "17", "VNM"]),
        (4, ["2022", "M", "18", ""]),
    ];
    let merged = "<mergeCells count=\"2\"><mergeCell ref=\"A1:D1\"/><mergeCell ref=\"D3:D4\"/></mergeCells>";
    let bench = Bench::new().file("in.xlsx", book(&[("Cases", "visible", rows, merged)]));
    let ran = bench.run("validate in.xlsx --area KHM");
    ran.says("error[record/merged-cells]  1    line 3 to 4\n").refuses("1 about lines");
    let cell = |text: &str, more: &str| {
        format!("<table:table-cell office:value-type=\"string\"{more}><text:p>{text}</text:p></table:table-cell>")
    };
    let row = |cells: [&str; 4], more: &str| {
        let [first @ .., last] = cells.map(|text| cell(text, ""));
        let last = if more.is_empty() { last } else { more.to_owned() };
        format!("<table:table-row>{}{last}</table:table-row>", first.concat())
    };
    let spanned = cell("VNM", " table:number-rows-spanned=\"2\"");
    let rows = row(OF_ONE_AREA, "")
        + &row(["2022", "F", "17", ""], &spanned)
        + &row(["2022", "M", "18", ""], "<table:covered-table-cell/>");
    let ran = Bench::new().file("in.ods", ods(&rows)).run("validate in.ods --area KHM");
    ran.says("2 records read, 2 accepted")
        .says("error[record/merged-cells]  1    line 2 to 3\n")
        .refuses("1 about lines");
}

/// A formula that was not computed is not an empty cell. One whose value is an empty text is.
#[test]
fn a_formula_without_a_value_is_an_error() {
    let row = |citizenship| ["2022", "F", "17", citizenship];
    let (none, computed) = ("=<f>A2</f>", "=<f>16+1</f><v>17</v>");
    let rows: Rows<'_> = &[(1, OF_ONE_AREA), (2, row(none)), (3, row("=")), (4, row("VNM")), (5, row(none))];
    let bench = Bench::new().file("in.xlsx", book(&[("Cases", "visible", rows, "")]));
    let ran = bench.run("validate in.xlsx --area KHM");
    ran.says("4 records read, 4 accepted").says("error[record/formula-without-value]  2    line 2, 5\n");
    ran.refuses("2 about lines");
    let rows: Rows<'_> = &[(1, OF_ONE_AREA), (2, row("=")), (3, row("VNM"))];
    let bench = Bench::new().file("in.xlsx", book(&[("Cases", "visible", rows, "")]));
    let ran = bench.run("validate in.xlsx --area KHM");
    assert!(!ran.stdout.contains("formula"), "{}", ran.stdout);
    let rows: Rows<'_> = &[(1, OF_ONE_AREA), (2, ["2022", "F", computed, "VNM"])];
    Bench::new().file("in.xlsx", book(&[("Cases", "visible", rows, "")])).run("validate in.xlsx --area KHM").succeeds();
}
