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

/// A store is a Parquet file of codes, so it can be read again; a damaged one is told, and a stream is not a file.
#[test]
fn a_store_is_read_again() {
    let bench = Bench::new().file("in.csv", RECORDS);
    bench.run("ingest in.csv --out one -q").succeeds();
    bench.run("ingest one/store/0001.parquet --out two -q").succeeds();
    let read = |name: &str| std::fs::read(bench.path(name)).unwrap();
    assert!(read("one/store/0001.parquet") == read("two/store/0001.parquet"));
    let whole = read("one/store/0001.parquet");
    bench.write("cut.parquet", &whole[..whole.len() - 9]);
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
        ("packed.csv.gz", gzip(RECORDS.as_bytes())),
        ("members.csv.gz", [gzip(first), gzip(second)].concat()),
        ("utf16.csv.gz", gzip(&utf16)),
        ("packed.csv.zst", zstd::encode_all(RECORDS.as_bytes(), 3).unwrap()),
        ("book.xlsx", book.save_to_buffer().unwrap()),
        ("columns.parquet", columns()),
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

/// A file that was cut off on its way is an error of the file, with nothing of it kept.
#[test]
fn a_truncated_compressed_file_is_an_error() {
    let bench = Bench::new();
    let whole = gzip(RECORDS.repeat(400).as_bytes());
    bench.write("cut.csv.gz", &whole[..whole.len() / 2]);
    let ran = bench.run("ingest cut.csv.gz --out store");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("error: cannot read the file") && ran.stderr.contains("--> cut.csv.gz"),
        "{}",
        ran.stderr
    );
    assert!(!bench.path("store").exists());
    let whole = zstd::encode_all(RECORDS.repeat(400).as_bytes(), 3).unwrap();
    bench.write("cut.csv.zst", &whole[..whole.len() / 2]);
    assert_eq!(bench.run("ingest cut.csv.zst --out store").code, Some(2));
    assert!(!bench.path("store").exists());
}
