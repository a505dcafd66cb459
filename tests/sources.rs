//! One content in many wrappings is one store.

use std::io::Write;

use crate::support::Bench;

const RECORDS: &str = "area,year,sex,age,form,race\nBRA,2022,F,17,SEX;LAB,PARDA\nBRA,2022,M,30,LAB,\nGBR,2023,F,8,,\nBRA,2021,F,44,BEG,BRANCA\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// The records as other tools write them: years as floating-point numbers, forms as lists, nulls for what is not known.
fn columns() -> Vec<u8> {
    use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder};
    use arrow::datatypes::Int32Type;
    use std::sync::Arc;
    let mut forms = ListBuilder::new(StringBuilder::new());
    forms.append_value([Some("SEX"), Some("LAB")]);
    forms.append_value([Some("LAB")]);
    forms.append_null();
    forms.append_value([Some("BEG")]);
    let areas: DictionaryArray<Int32Type> = ["BRA", "BRA", "GBR", "BRA"].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("area", Arc::new(areas)),
        ("year", Arc::new(Float64Array::from(vec![2022.0, 2022.0, 2023.0, 2021.0]))),
        ("sex", Arc::new(StringArray::from(vec!["F", "M", "F", "F"]))),
        ("age", Arc::new(Int64Array::from(vec![17, 30, 8, 44]))),
        ("form", Arc::new(forms.finish())),
        ("race", Arc::new(StringArray::from(vec![Some("PARDA"), None, None, Some("BRANCA")]))),
    ];
    let batch = arrow::record_batch::RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The records as objects: numbers as numbers, sets as arrays, what is not known as null or left out.
fn objects() -> String {
    "{\"area\":\"BRA\",\"year\":2022,\"sex\":\"F\",\"age\":17,\"form\":[\"SEX\",\"LAB\"],\"race\":\"PARDA\"}\n\
     \n{\"year\":2022.0,\"area\":\"BRA\",\"sex\":\"M\",\"age\":\"30\",\"form\":\"LAB\",\"race\":null}\r\n\
     {\"area\":\"GBR\",\"year\":2023,\"sex\":\"F\",\"age\":8}\n\
     {\"area\":\"BRA\",\"year\":2021,\"sex\":\"F\",\"age\":44,\"form\":[\"BEG\"],\"race\":\"BRANCA\"}"
        .to_owned()
}

/// The records as a sheet of OpenDocument, as LibreOffice writes it: a ZIP file with the table as XML.
fn open_document() -> Vec<u8> {
    let cell = |text: &str| match text.parse::<f64>() {
        Ok(number) => format!(
            "<table:table-cell office:value-type=\"float\" office:value=\"{number}\"><text:p>{text}</text:p></table:table-cell>"
        ),
        Err(_) if text.is_empty() => "<table:table-cell/>".to_owned(),
        Err(_) => {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
        }
    };
    let rows: String = RECORDS
        .lines()
        .map(|line| format!("<table:table-row>{}</table:table-row>", line.split(',').map(cell).collect::<String>()))
        .collect();
    let names = "urn:oasis:names:tc:opendocument:xmlns";
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"{names}:office:1.0\" \
         xmlns:table=\"{names}:table:1.0\" xmlns:text=\"{names}:text:1.0\"><office:body><office:spreadsheet>\
         <table:table table:name=\"Sheet1\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_str()),
        (
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>",
        ),
    ] {
        out.start_file(name, stored).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// A store is a Parquet file of codes, so it can be read again; a damaged one is reported, and a stream is not a file.
#[test]
fn a_store_is_read_again() {
    let bench = Bench::new().file("in.csv", RECORDS);
    bench.run("ingest in.csv --out one -q").succeeds();
    bench.run("ingest one/store/0001.parquet --out two -q").succeeds();
    let read = |name: &str| std::fs::read(bench.path(name)).unwrap();
    assert!(read("one/store/0001.parquet") == read("two/store/0001.parquet"));
    let full = read("one/store/0001.parquet");
    bench.write("cut.parquet", &full[..full.len() - 9]);
    bench.run("validate cut.parquet").fails(
        1,
        "error[file/not-text]: the Parquet file is damaged or encrypted\n  --> cut.parquet\n\
         hint: write it again, without encryption, or give the file as CSV\n",
    );
}

#[test]
fn every_wrapping_of_a_content_gives_the_same_store() {
    let bench = Bench::new();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(RECORDS.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    // Two members one after another are one text.
    let (first, second) = RECORDS.as_bytes().split_at(40);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in RECORDS.lines().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row as u32 + 3, column as u16 + 1, number).unwrap(),
                Err(_) => sheet.write_string(row as u32 + 3, column as u16 + 1, cell).unwrap(),
            };
        }
    }
    let wrappings: Vec<(&str, Vec<u8>)> = vec![
        ("plain.csv", RECORDS.into()),
        ("marked.csv", format!("\u{feff}{RECORDS}").into()),
        ("crlf.csv", RECORDS.replace('\n', "\r\n").into()),
        ("cr.csv", RECORDS.replace('\n', "\r").into()),
        ("tabs.tsv", RECORDS.replace(',', "\t").into()),
        ("pipes.txt", RECORDS.replace(',', "|").into()),
        ("quoted.csv", RECORDS.replace("SEX;LAB", "\"SEX;LAB\"").into()),
        ("titled.csv", format!("Office of the rapporteur\n2022\n\n{RECORDS}").into()),
        ("utf16.csv", utf16.clone()),
        ("unmarked.csv", utf16[2..].to_vec()),
        ("packed.csv.gz", gzip(RECORDS.as_bytes())),
        ("members.csv.gz", [gzip(first), gzip(second)].concat()),
        ("utf16.csv.gz", gzip(&utf16)),
        ("packed.csv.zst", zstd::encode_all(RECORDS.as_bytes(), 3).unwrap()),
        ("book.xlsx", book.save_to_buffer().unwrap()),
        ("columns.parquet", columns()),
        ("book.ods", open_document()),
        ("lines.ndjson", objects().into()),
        ("lines.ndjson.gz", gzip(objects().as_bytes())),
        ("lines-utf16.jsonl", objects().encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    let mut expected = None;
    for (name, bytes) in wrappings {
        bench.write(name, bytes);
        bench.run(&format!("ingest {name} --out {name}-store -q")).succeeds();
        let store = std::fs::read(bench.path(&format!("{name}-store/store/0001.parquet"))).unwrap();
        match &expected {
            None => expected = Some(store),
            Some(expected) => assert!(*expected == store, "{name}"),
        }
    }
    bench.run("validate packed.csv.gz").says("the file is compressed (gzip)");
    let ran = bench.run_with_input("validate -", RECORDS);
    ran.succeeds().says("4 records read, 4 accepted");
}

/// More records than a row group holds: where batches end makes no difference to the bytes.
#[test]
fn a_long_content_gives_the_same_store_in_every_wrapping() {
    let bench = Bench::new();
    let (mut plain, mut quoted, mut lines) = ("area,year,sex,age\n".to_owned(), String::new(), String::new());
    quoted.push_str("\"area\",year,sex,age\n");
    for row in 0..140_000u32 {
        let area = ["KHM", "PHL", "ROU"][(row / 7 % 3) as usize];
        let (year, sex, age) = (2015 + row % 9, ["F", "M", "_U"][(row % 3) as usize], row % 61);
        plain.push_str(&format!("{area},{year},{sex},{age}\n"));
        quoted.push_str(&format!("\"{area}\",{year},{sex},{age}\n"));
        lines.push_str(&format!("{{\"area\":\"{area}\",\"year\":{year},\"sex\":\"{sex}\",\"age\":{age}}}\n"));
    }
    let mut expected = None;
    for (name, bytes) in [
        ("plain.csv", plain.clone().into_bytes()),
        ("crlf.csv", plain.replace('\n', "\r\n").into_bytes()),
        ("quoted.csv", quoted.into_bytes()),
        ("lines.ndjson", lines.into_bytes()),
        ("packed.csv.zst", zstd::encode_all(plain.as_bytes(), 1).unwrap()),
    ] {
        bench.write(name, bytes);
        bench.run(&format!("ingest {name} --out {name}-store -q --threads 3")).succeeds().says("140 000 accepted");
        let store = std::fs::read(bench.path(&format!("{name}-store/store/0001.parquet"))).unwrap();
        match &expected {
            None => expected = Some(store),
            Some(expected) => assert!(*expected == store, "{name}"),
        }
    }
}

/// A delimiter that is not found can be set. An unusual one is found where it makes known columns.
#[test]
fn delimiters_are_found_or_said() {
    let bench = Bench::new().file("plain.csv", RECORDS);
    bench.run("ingest plain.csv --out plain -q").succeeds();
    let expected = std::fs::read(bench.path("plain/store/0001.parquet")).unwrap();
    for (at, (delimiter, flag)) in
        [("^", ""), ("~", ""), (":", ""), ("#", "--delimiter #"), ("\t", "--delimiter tab"), ("|", "--delimiter |")]
            .into_iter()
            .enumerate()
    {
        bench.write("in.txt", RECORDS.replace(',', delimiter));
        bench.run(&format!("ingest in.txt {flag} --out s{at} -q")).succeeds();
        assert!(std::fs::read(bench.path(&format!("s{at}/store/0001.parquet"))).unwrap() == expected, "{delimiter:?}");
    }
    bench.run("validate plain.csv --delimiter ;;").fails(
        2,
        "error: `;;` is no delimiter\nhint: name one character, such as `;` or `|`, or write `tab` or `space`\n",
    );
}

/// A file that was cut off on its way is an error of the file, with nothing of it kept.
#[test]
fn a_truncated_compressed_file_is_an_error() {
    let bench = Bench::new();
    let packed = gzip(RECORDS.repeat(400).as_bytes());
    bench.write("cut.csv.gz", &packed[..packed.len() / 2]);
    let ran = bench.run("ingest cut.csv.gz --out store");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    ran.fails(
        2,
        "error: the compressed file ends too early\n  --> cut.csv.gz\nhint: it was cut off: copy or download it again\n",
    );
    assert!(!bench.path("store").exists());
    let packed = zstd::encode_all(RECORDS.repeat(400).as_bytes(), 3).unwrap();
    bench.write("cut.csv.zst", &packed[..packed.len() / 2]);
    assert_eq!(bench.run("ingest cut.csv.zst --out store").code, Some(2));
    assert!(!bench.path("store").exists());
}
