//! One content in many wrappings is one store.

use std::io::Write;

use crate::support::Bench;

const RECORDS: &str = "area,year,sex,age,form,race\nBRA,2022,F,17,SEX;LAB,PARDA\nBRA,2022,M,30,LAB,\nGBR,2023,F,8,,\nBRA,2021,F,44,BEG,BRANCA\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
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
