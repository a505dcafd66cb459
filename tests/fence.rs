//! Readers of foreign bytes: damaged and hostile files end with a message, and take no more memory than they should.
//!
//! The readers run in a process of their own with little memory, because a failed allocation ends the process and cannot
//! be caught.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::signatures::{forge_by, signed};
use crate::support::{Bench, files_below, project, slashed};

/// Memory of the process: 512 MiB for the files, and what the program and its threads take anyway.
const KIBIBYTES: u64 = 1 << 20;

/// Files by the reader that reads them.
type Files = Vec<(String, Vec<u8>)>;

/// Gives files to their readers in a process of its own, and returns what it printed last where it did not end well.
fn read(name: &str, files: &Files) -> Result<(), String> {
    let bench = Bench::new();
    for (at, (reader, bytes)) in files.iter().enumerate() {
        bench.write(&format!("{at:06}-{reader}"), bytes);
    }
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(if cfg!(target_os = "linux") { "sh".into() } else { program.clone() });
    if cfg!(target_os = "linux") {
        command.args(["-c", &format!("ulimit -v {KIBIBYTES}; exec \"$0\" \"$@\"")]).arg(&program);
    }
    let output = command
        .args(["--exact", "fence::child", "--ignored", "--nocapture"])
        .env("TIPSTAT_FENCE", bench.path(""))
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    if output.status.success() {
        // A program of tests that finds none of that name ends well, too.
        assert!(text.contains("1 passed"), "`fence::child` did not run: {text}");
        return Ok(());
    }
    let last = text.lines().rfind(|line| line.starts_with("reading ")).unwrap_or_default().to_owned();
    let file = last.trim_start_matches("reading ").to_owned();
    if let Ok(bytes) = std::fs::read(bench.path(&file)) {
        let _ = std::fs::write(std::env::temp_dir().join(format!("fence-{name}-{file}")), bytes);
    }
    Err(format!("{name}: {last}: {}", text.lines().rev().take(12).collect::<Vec<_>>().join("\n")))
}

/// The process of its own.
#[test]
#[ignore = "reads the files of another test"]
fn child() {
    let Some(folder) = std::env::var_os("TIPSTAT_FENCE").map(PathBuf::from) else { return };
    let readers: BTreeMap<_, _> = tipstat::fuzzing::READERS.into_iter().collect();
    tipstat::fuzzing::begin();
    for path in files_below(&folder) {
        let name = slashed(&path);
        eprintln!("reading {name}");
        readers[name.split_once('-').unwrap().1](&std::fs::read(folder.join(path)).unwrap());
    }
}

const RECORDS: &[&str] = &[
    "area,year,sex,age,form,citizenship",
    "KHM,2022,F,17,SEX;LAB,KHM",
    "KHM,2022,M,9-17,LAB,VNM",
    "PHL,2023,_U,,\"SEX\",_U",
    "PHL,2023,F,adult,x,PHL",
];

const ROWS: crate::sheets::Rows<'_> =
    &[(1, ["area", "year", "sex", "age"]), (2, ["KHM", "2022", "F", "17"]), (4, ["PHL", "2023", "M", "x"])];

fn ods(cells: &str) -> Vec<u8> {
    let text = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let row = |cells: &[&str]| {
        let cells: String = cells.iter().map(|cell| text(cell)).collect();
        format!("<table:table-row>{cells}</table:table-row>")
    };
    let rows = [row(&["area", "year", "sex", "age"]), row(&["KHM", "2022", "F", "17"]), cells.to_owned()].concat();
    let names = ["office", "table", "text"]
        .map(|name| format!(" xmlns:{name}=\"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0\""));
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content{}><office:body><office:spreadsheet>\
         <table:table table:name=\"Cases\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>",
        names.concat()
    );
    crate::sheets::packed(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet".to_vec()),
        ("META-INF/manifest.xml", b"<manifest:manifest xmlns:manifest=\"urn:oasis\"/>".to_vec()),
        ("content.xml", content.into_bytes()),
    ])
}

/// Columns in every way in which usual writers write them.
fn columns(text: &str, lists: bool) -> Vec<u8> {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int32Array, ListArray, RecordBatch, StringArray};
    use parquet::basic::{Compression, Encoding, ZstdLevel};
    use parquet::file::properties::{WriterProperties, WriterVersion};

    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("area", Arc::new(StringArray::from(vec!["KHM", "PHL", "KHM"]))),
        ("year", Arc::new(Int32Array::from(vec![2022, 2023, 2022]))),
        ("sex", Arc::new(StringArray::from(vec![Some("F"), None, Some(text)]))),
        ("age", Arc::new(Float64Array::from(vec![Some(17.0), None, Some(31.5)]))),
    ];
    if lists {
        let forms = [Some(vec![Some(1), Some(2)]), None, Some(vec![])];
        columns.push(("form", Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(forms))));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()));
    let properties = if lists {
        let properties = properties.set_writer_version(WriterVersion::PARQUET_2_0).set_compression(Compression::SNAPPY);
        let properties = properties.set_column_encoding("sex".into(), Encoding::DELTA_BYTE_ARRAY);
        let properties = properties.set_column_encoding("area".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
        properties.set_column_encoding("year".into(), Encoding::DELTA_BINARY_PACKED).set_dictionary_enabled(false)
    } else {
        properties
    };
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Writes the first files of the corpus: `cargo test --test integration -- --ignored fence::seeds`.
#[test]
#[ignore = "writes fuzz/corpus"]
fn seeds() {
    let write = |reader: &str, name: &str, bytes: &[u8]| {
        let path = project().join("fuzz/corpus").join(reader).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let records = RECORDS.join("\n");
    write("csv", "plain", records.as_bytes());
    write(
        "csv",
        "quoted",
        format!("Cases of 2022;;\r\n{}\r\n\"KHM\";\"2022\";\"F\r\n\";17;;\r\n", RECORDS[0].replace(',', ";"))
            .as_bytes(),
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, records.as_bytes()).unwrap();
    write("csv", "gzip", &packed.finish().unwrap());
    write("csv", "zstandard", &zstd::encode_all(records.as_bytes(), 3).unwrap());
    let wide: Vec<u8> = records.encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("csv", "utf-16", &wide);
    let json = "{\"area\":\"KHM\",\"year\":2022,\"sex\":\"F\",\"age\":17,\"form\":[\"SEX\"]}\n\
                {\"area\":\"PHL\",\"year\":\"2023\",\"sex\":null,\"age\":1.5e1,\"form\":\"LAB\"}\n";
    write("ndjson", "plain", json.as_bytes());
    write("xlsx", "plain", &crate::sheets::xlsx(ROWS));
    write("xlsb", "plain", &crate::sheets::xlsb(ROWS));
    write(
        "ods",
        "plain",
        &ods(
            "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"3\"/><table:table-cell office:value-type=\"float\" office:value=\"17\" table:number-columns-repeated=\"2\"/></table:table-row>",
        ),
    );
    write("parquet", "dictionaries", &columns("M", false));
    write("parquet", "differences", &columns("F", true));
    let bench = Bench::new().file("in.csv", format!("{records}\n")).with_sample();
    bench.run("ingest in.csv --schema victim --out store --max-rejects 100% -q").succeeds();
    let read = |name: &str| std::fs::read(bench.path(name)).unwrap();
    std::fs::write(project().join("src/pipeline/fuzzing.parquet"), read("store/store/0001.parquet")).unwrap();
    write("store", "file", &read("store/store/0001.parquet"));
    write("store", "run.json", &read("store/run.json"));
    bench.run("cube store --dims area,sex,form --out cube.parquet --base-out base.parquet -q").succeeds();
    write("base", "base", &read("base.parquet"));
    write("base", "store", &read("store/store/0001.parquet"));
    let small = crate::support::small_run();
    let ran = small.run("run -q");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let read = |name: &str| std::fs::read(small.path(&format!("out/release/{name}"))).unwrap();
    write("release", "manifest.json", &read("manifest.json"));
    write("release", "table.parquet", &read("tables/victims-by-profile.parquet"));
    let table = String::from_utf8(read("tables/victims-by-profile.csv")).unwrap();
    let lines: String = table.lines().take(20).map(|line| format!("{line}\n")).collect();
    write("release", "table.csv", lines.as_bytes());
    write("run_file", "sample", &std::fs::read(project().join("sample-data/tipstat.toml")).unwrap());
    write("run_file", "small", crate::support::RUN_FILE.as_bytes());
    for profile in ["ctdc-kanon", "registro-es"] {
        write("profile", profile, &std::fs::read(project().join(format!("schemas/profiles/{profile}.toml"))).unwrap());
    }
    for (at, text) in [
        "count",
        "100 * count / count[FORM=_T]",
        "mean(100000 * (count[SEX=F+M] - 1.5) / population[AGE=_T])",
        "areas(1, 9) + codes(FORM) - -count[TIME_PERIOD=first]",
    ]
    .into_iter()
    .enumerate()
    {
        write("formula", &at.to_string(), text.as_bytes());
    }
}

fn corpus() -> Files {
    let folder = project().join("fuzz/corpus");
    let files = files_below(&folder).into_iter();
    files
        .map(|path| (slashed(&path).split('/').next().unwrap().to_owned(), std::fs::read(folder.join(&path)).unwrap()))
        .collect()
}

/// What the search found once is never found again.
#[test]
fn the_corpus_of_the_search_is_read() {
    let files = corpus();
    for (reader, _) in tipstat::fuzzing::READERS {
        assert!(files.iter().any(|(name, _)| name == reader), "no file for `{reader}`");
    }
    read("corpus", &files).unwrap();
}

/// Figures are compared for each set of dimensions: one row with 33 of them took 7 GB, and ended the program.
#[test]
fn a_table_of_many_dimensions_is_refused() {
    for (more, expected) in [(8, "error[combine/nothing]"), (9, "error[file/too-large]"), (33, "error[file/too-large]")]
    {
        let bench = signed();
        forge_by(&bench, |table| {
            let cells = |line: &str, cell: &dyn Fn(usize) -> String| {
                let at = line.match_indices(',').nth(3).unwrap().0;
                format!("{},{}{}\n", &line[..at], (0..more).map(cell).collect::<Vec<_>>().join(","), &line[at..])
            };
            let (head, rows) = table.split_once('\n').unwrap();
            let rows: String = rows.lines().map(|line| cells(line, &|_| "A".into())).collect();
            cells(head, &|number| format!("D{number}")) + &rows
        });
        bench.run("verify khm-release").succeeds();
        bench.run("combine khm-release --tables victims-detected --out out").refuses(expected);
    }
}

/// Bytes of each file of the corpus are changed, spread over it evenly, each to values that differ in kind.
#[test]
fn files_with_a_changed_byte_are_read() {
    let limit = std::env::var("TIPSTAT_FENCE_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(16);
    for (reader, _) in tipstat::fuzzing::READERS {
        let mut files = Vec::new();
        for (_, bytes) in corpus().into_iter().filter(|(name, bytes)| name == reader && bytes.len() < 1 << 14) {
            let step = (bytes.len() / limit).max(1);
            for at in (0..bytes.len()).step_by(step) {
                let old = bytes[at];
                for new in [old ^ 1, old ^ 0x80, 0xff, 0, old.wrapping_add(0x11)].into_iter().take(if step == 1 {
                    5
                } else {
                    3
                }) {
                    let mut changed = bytes.clone();
                    changed[at] = new;
                    files.push((reader.to_owned(), changed));
                }
            }
            files.push((reader.to_owned(), bytes[..bytes.len() / 2].to_vec()));
        }
        read("changed", &files).unwrap();
    }
}

/// Small files that made earlier versions ask for gigabytes.
fn killers() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let far = |text: bool| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in ["area", "year", "sex", "age"].into_iter().enumerate() {
            sheet.write(0, column as u16, name).unwrap();
        }
        let bold = rust_xlsxwriter::Format::new().set_bold();
        for row in 1..20_000 {
            if text {
                sheet.write(row, 16_383, "x").unwrap();
            } else {
                sheet.write_blank(row, 16_383, &bold).unwrap();
            }
        }
        book.save_to_buffer().unwrap()
    };
    let mut texts = std::io::Cursor::new(crate::sheets::xlsx(ROWS));
    let mut parts = zip::ZipWriter::new_append(&mut texts).unwrap();
    parts.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let list = "<sst uniqueCount=\"99999999999\"><si><t>x</t></si></sst>";
    std::io::Write::write_all(&mut parts, list.as_bytes()).unwrap();
    parts.finish().unwrap();
    let repeated = |rows: u32, columns: u32| {
        ods(&format!(
            "<table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell office:value-type=\"float\" \
             office:value=\"17\" table:number-columns-repeated=\"{columns}\"/></table:table-row>"
        ))
    };
    let corner = [ROWS, &[(1_048_576, ["KHM", "2022", "F", "17"])]].concat();
    let run = std::fs::read_to_string(project().join("fuzz/corpus/store/run.json")).unwrap();
    let run = run.replace("\"records\": 4", "\"records\": 18446744073709551615");
    assert!(run.contains("18446744073709551615"), "{run}");
    vec![
        ("xlsb", "succeeds", crate::sheets::xlsb(&corner)),
        ("xlsb", "succeeds", crate::sheets::xlsb_at(&corner, 16_380)),
        ("xlsx", "succeeds", far(false)),
        ("xlsx", "succeeds", far(true)),
        ("xlsx", "file/too-large", texts.into_inner()),
        ("ods", "file/too-large", repeated(1_000_000, 1000)),
        ("ods", "succeeds", repeated(1000, 4)),
        ("parquet", "file/too-large", columns(&"x".repeat(300 << 20), false)),
        ("store", "", run.into_bytes()),
    ]
}

#[test]
fn small_files_that_ask_for_much_are_refused() {
    let killers = killers();
    for (reader, expected, bytes) in &killers {
        assert!(bytes.len() < 1 << 20, "{reader}: {} bytes", bytes.len());
        if expected.is_empty() {
            continue;
        }
        let name = format!("in.{reader}");
        let ran = Bench::new().file(&name, bytes).run(&format!("validate {name} --max-rejects 100%"));
        match *expected {
            "succeeds" => assert!(ran.code == Some(0) || ran.stderr.contains("limit/"), "{reader}: {}", ran.stderr),
            rule => {
                ran.refuses(&format!("error[{rule}]")).refuses(&name).refuses("hint: ");
            }
        }
    }
    read("killers", &killers.into_iter().map(|(reader, _, bytes)| (reader.to_owned(), bytes)).collect()).unwrap();
}
