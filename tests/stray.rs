//! Stray quotation marks: a pair of them hides no record, and every physical line of a file is accounted for.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use tipstat::Control;
use tipstat::internals::pipeline::{InputReport, Job, Reading, validate_files};
use tipstat::internals::schema::Registry;
use tipstat::internals::validate::{Description, Layout};

use crate::support::{Bench, CANARY, skipped};

const HEADER: &str = "area,year,sex,age,note\n";

/// Three lines that are records, with two stray marks around them.
const PAIR: &str = "KHM,2022,F,17,\"x\nKHM,2022,M,18,ok\nKHM,2022,F,19,ok\nKHM,2022,M,20,\"x\n";

fn reports(bench: &Bench, line: &str) -> Value {
    let ran = bench.run(&format!("{line} --format json --max-rejects 100%"));
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
}

/// Records, accepted and rejected ones, and the lines of each quoted cell that held records.
fn outcome(report: &Value) -> ([u64; 3], Vec<(u64, u64)>) {
    let counts = ["records", "accepted", "rejected"].map(|key| report[key].as_u64().unwrap());
    let findings = report["findings"].as_array().unwrap().iter();
    let numbers = |value: &Value| -> Vec<u64> { value.as_array().unwrap().iter().filter_map(Value::as_u64).collect() };
    let spans = findings.filter(|finding| finding["rule"] == "record/quoted-lines").flat_map(|finding| {
        assert_eq!(finding["severity"], "error");
        numbers(&finding["lines"]).into_iter().zip(numbers(&finding["last_lines"])).collect::<Vec<_>>()
    });
    (counts, spans.collect())
}

fn read(text: impl AsRef<[u8]>) -> ([u64; 3], Vec<(u64, u64)>) {
    let bench = Bench::new().file("in.csv", text);
    outcome(&reports(&bench, "validate in.csv")[0])
}

#[test]
fn a_pair_of_stray_marks_swallows_nothing() {
    let bench = Bench::new().file("in.csv", format!("{HEADER}{PAIR}"));
    let ran = bench.run("validate in.csv");
    ran.says("4 records read, 4 accepted, 0 rejected").says("error[record/quoted-lines]    1          line 2 to 5\n");
    ran.says("  5 lines: 1 of the header, 4 of records\n");
    ran.fails(
        1,
        "error[limit/rejects]: more errors were found than the limit of rejected records allows\n   \
         = found: 1 about lines, and 0 of 4 records rejected\n   = limit: 0\n\
         hint: look at the lines that the findings name: correct them, or raise `--max-rejects`\n",
    );
    bench.run("validate in.csv --fail-fast").fails(
        1,
        "error[record/quoted-lines]: a quoted cell spans lines that are records of their own\n  --> in.csv:2\n\
         hint: leave out `--fail-fast` to see all findings\n",
    );
    bench.run("explain record/quoted-lines").succeeds().says("quoted_lines = \"text\"");
    assert_eq!(read(format!("{HEADER}{PAIR}")), ([4, 4, 0], vec![(2, 5)]));
}

/// The same records in every delimiter, line end, compression and encoding.
#[test]
fn stray_marks_in_every_wrapping() {
    let text = format!("{HEADER}{PAIR}KHM,2022,F,21,\n{PAIR}KHM,2022,M,30,end\n");
    let gzip = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("comma.csv", text.clone().into_bytes()),
        ("semicolon.csv", text.replace(',', ";").into_bytes()),
        ("tab.csv", text.replace(',', "\t").into_bytes()),
        ("bar.csv", text.replace(',', "|").into_bytes()),
        ("crlf.csv", text.replace('\n', "\r\n").into_bytes()),
        ("cr.csv", text.replace('\n', "\r").into_bytes()),
        ("open.csv", text.trim_end().as_bytes().to_vec()),
        ("spaces.csv", text.replace(",2022,", ", 2022, ").into_bytes()),
        ("packed.csv.gz", gzip(text.as_bytes())),
        ("packed.csv.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
        ("wide.csv", utf16),
    ] {
        let bench = Bench::new().file(name, bytes);
        let report = &reports(&bench, &format!("validate {name}"))[0];
        assert_eq!(outcome(report), ([10, 10, 0], vec![(2, 5), (7, 10)]), "{name}");
        assert_eq!(report["lines"]["read"], 11, "{name}");
    }
}

#[test]
fn stray_marks_in_every_column() {
    let rows = |marked: &dyn Fn(usize) -> String| (0..6).map(marked).collect::<String>();
    for column in 0..5 {
        let text = rows(&|row| {
            let mut cells = ["KHM", "2022", "F", "17", "note"].map(str::to_owned);
            if row == 1 || row == 4 {
                cells[column].insert(0, '"');
            }
            format!("{}\n", cells.join(","))
        });
        assert_eq!(read(format!("{HEADER}{text}")), ([6, 6, 0], vec![(3, 6)]), "column {column}");
    }
    // In different columns.
    let text = "KHM,2022,F,17,a\nKHM,2022,F,\"17,b\nKHM,2022,F,18,c\nKHM,2022,\"M,18,d\n";
    assert_eq!(read(format!("{HEADER}{text}")), ([4, 4, 0], vec![(3, 5)]));
    // Lines one after another, and a mark at the end of a cell.
    let text = "KHM,2022,F,17,\"a\nKHM,2022,M,18,b\"\n";
    assert_eq!(read(format!("{HEADER}{text}")), ([2, 2, 0], vec![(2, 3)]));
}

/// Spaces after delimiters, and a delimiter too many or too few, switch nothing off.
#[test]
fn blanks_and_ragged_lines_hide_nothing() {
    for (text, records, accepted, lines) in [
        ("KHM,2022,F,17,\"x\nKHM,2022,M,18, ok\nKHM,2022,F,19, ok\nKHM,2022,M,20, x\"\n", 4, 4, (2, 5)),
        ("KHM,2022,F,17,\"x\nKHM,2022,M,18, \nKHM,2022,M,20, \"\n", 3, 3, (2, 4)),
        ("KHM,2022,F,17,\"a,b\nKHM,2022,M,18,\"\nKHM,2022,F,19,ok\n", 3, 2, (2, 3)),
        ("KHM,2022,F,17,\"a,b\nKHM,2022,M,18,c,d\nKHM,2022,F,19,e,f\"\n", 3, 0, (2, 4)),
        ("KHM,2022,F,17,\"x\nKHM,2022,M,18\nKHM,2022,F,19\nKHM,2022,M,20\"\n", 4, 1, (2, 5)),
    ] {
        for (delimiter, end) in [(",", "\n"), (";", "\n"), ("\t", "\r\n")] {
            let text = format!("{HEADER}{text}").replace(',', delimiter).replace('\n', end);
            assert_eq!(read(&text), ([records, accepted, records - accepted], vec![lines]), "{text}");
        }
    }
    let text = "area,year,sex,age,note,form\nKHM,2022,F,17,\"x,SEX\nKHM,2022,M,18, ok,LAB\nKHM,2022,M,20, x\",SEX\n";
    assert_eq!(read(text), ([3, 3, 0], vec![(2, 4)]));
    // The lines that show it are at the end of a large file.
    let rows = |note: &str| format!("KHM,2022,F,17,{note}\n").repeat(20_000);
    for note in [" ok", " ", "ok"] {
        let text = format!("{HEADER}{}KHM,2022,F,17,\"x\n{}KHM,2022,F,17,{note}\"\n", rows("ok"), rows(note));
        assert_eq!(read(text), ([40_002, 40_002, 0], vec![(20_002, 40_003)]), "{note}");
    }
}

/// A mark that is forgotten after a quoted text is closed by the next quoted text.
#[test]
fn a_forgotten_mark_costs_its_own_line_at_most() {
    let text = "KHM,2022,F,17,\"a, b\nKHM,2022,M,18,c\nKHM,2022,M,19,\"d\"\nKHM,2022,M,20,\"e, f\"\n";
    assert_eq!(read(format!("{HEADER}{text}")), ([4, 3, 1], vec![(2, 4)]));
    let text = "KHM,2022,F,17,\"a\nKHM,2022,M,18,c\nKHM,2022,M,19,\"two\nlines\"\nKHM,2022,M,20,\n";
    assert_eq!(read(format!("{HEADER}{text}")), ([4, 4, 0], vec![(2, 4)]));
}

#[test]
fn notes_of_several_lines_stay_readable() {
    let text = "KHM,2022,F,17,\"one\ntwo\"\nKHM,2022,F,17,\"one, two,\nthree, \"\"four\"\", five,\n\nsix, seven\"\n";
    assert_eq!(read(format!("{HEADER}{text}")), ([2, 2, 0], vec![]));
    let text = "note,area,year,sex,age\n\"one\ntwo\",KHM,2022,F,17\n\"one\r\ntwo\",KHM,2022,F,17\n";
    assert_eq!(read(text), ([2, 2, 0], vec![]));
    // A pasted table looks like records. A profile says that it is none.
    let table = format!("{HEADER}KHM,2022,F,17,\"see\na,b,c,d,e\nf,g,h,i,j\nthere\"\n");
    assert_eq!(read(&table), ([4, 1, 3], vec![(2, 5)]));
    let profile = "id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"victim\"\nquoted_lines = \"text\"\n\
        [[map]]\nfield = \"area\"\ncolumn = \"area\"\n[[map]]\nfield = \"year\"\ncolumn = \"year\"\n\
        [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\ncolumn = \"age\"\n[ignore]\ncolumns = [\"note\"]\n";
    let bench = Bench::new().file("in.csv", table).file("schemas/profiles/own.toml", profile);
    let report = &reports(&bench, "validate in.csv --profile own --schemas schemas")[0];
    assert_eq!(outcome(report), ([1, 1, 0], vec![]));
    assert_eq!(report["lines"]["records"], 4);
}

#[test]
fn most_of_a_large_file_between_two_marks() {
    // Longer than any record may be, and the marks far from every end of a batch.
    for width in [1, 60] {
        let note = "n".repeat(width);
        let row = |row: usize| match row {
            5000 | 55_001 => format!("KHM,2022,F,17,\"{note}\n"),
            _ => format!("KHM,2022,F,17,{note}\n"),
        };
        let text: String = (0..60_000).map(row).collect();
        assert_eq!(read(format!("{HEADER}{text}")), ([60_000, 60_000, 0], vec![(5002, 55_003)]));
    }
}

/// Wherever a batch ends, the same is found.
#[test]
fn batches_end_anywhere() {
    let batch = 1 << 18;
    let row = "KHM,2022,F,17,ok\n";
    for offset in (0..PAIR.len() + 40).step_by(3) {
        let mut text = HEADER.to_owned();
        while text.len() + row.len() < batch - offset {
            text.push_str(row);
        }
        let missing = batch - offset - text.len() - 1;
        text.insert_str(text.len() - 1, &"k".repeat(missing));
        let before = text.lines().count() as u64;
        text.push_str(PAIR);
        text.push_str(&row.repeat(4));
        let records = before - 1 + 8;
        assert_eq!(read(&text), ([records, records, 0], vec![(before + 1, before + 4)]), "{offset}");
    }
}

#[test]
fn quotation_marks_in_headings() {
    // A heading and a row, a heading that is never closed, and a title above the header.
    for (text, lines) in [
        ("area,year,sex,age,\"note\nKHM,2022,F,17,x\nKHM,2022,M,18,\"x\nKHM,2022,M,19,x\n", (1, 3)),
        ("area,year,\"sex,age,note\nKHM,2022,F,17,x\nKHM,2022,M,18,x\nKHM,2022,M,19,x\n", (1, 4)),
        ("\"Cases,\narea,year,sex,age,note\nKHM,2022,F,17,x\nKHM,2022,M,18,\"x\nKHM,2022,M,19,x\n", (1, 4)),
    ] {
        assert_eq!(read(text), ([3, 3, 0], vec![lines]), "{text}");
    }
    // Headings of two lines, as spreadsheets write them.
    let text = "area,year,sex,age,\"note of\nthe office\"\nKHM,2022,F,17,x\n";
    assert_eq!(read(text), ([1, 1, 0], vec![]));
    let report = &reports(&Bench::new().file("in.csv", text), "validate in.csv")[0]["lines"];
    assert_eq!((report["header"].as_u64(), report["read"].as_u64()), (Some(2), Some(3)));
}

/// A single carriage return ends a record, so a mark after it opens a cell.
#[test]
fn a_mark_after_a_lone_carriage_return() {
    let text = "KHM,2022,F,17,x\r\"KHM,2022,F,18,x\nKHM,2022,F,19,x\nKHM,2022,F,20,x\n\"KHM,2022,F,21,x\n";
    let (counts, spans) = read(format!("{HEADER}{text}"));
    assert_eq!(counts, [5, 5, 0]);
    assert_eq!(spans, [(3, 6)]);
}

/// A lone carriage return is the end of a line anywhere, also between stray marks and next to line feeds.
#[test]
fn lone_carriage_returns_end_lines() {
    let text = PAIR.trim_end().replace('\n', "\r") + "\nTHA,2022,F,19,a\n";
    let read = |text: &str| {
        let report = reports(&Bench::new().file("in.csv", text), "validate in.csv").as_array().unwrap()[0].clone();
        let lines = ["read", "header", "records", "blank"].map(|key| report["lines"][key].as_u64().unwrap());
        (outcome(&report), lines)
    };
    assert_eq!(read(&format!("{HEADER}{text}")), (([5, 5, 0], vec![(2, 5)]), [6, 1, 5, 0]));
    // Without marks, with the header's line end too, and with one at the end of the file.
    let plain = text.replace('"', "");
    assert_eq!(read(&format!("{HEADER}{plain}")), (([5, 5, 0], vec![]), [6, 1, 5, 0]));
    assert_eq!(read(&format!("{HEADER}{plain}").replacen('\n', "\r", 1)), (([5, 5, 0], vec![]), [6, 1, 5, 0]));
    assert_eq!(read(&format!("{HEADER}{}\r", plain.trim_end())), (([5, 5, 0], vec![]), [6, 1, 5, 0]));
    assert_eq!(read(&format!("{HEADER}{}", plain.replace('\r', "\r\r\n"))).1, [9, 1, 5, 3]);
    // A note of two lines stays a note.
    assert_eq!(read(&format!("{HEADER}KHM,2022,F,17,\"one\rtwo\"\n")), (([1, 1, 0], vec![]), [3, 1, 2, 0]));
    // Pieces of the file may end at any of them.
    let rows = "KHM,2022,F,17,\rKHM,2022,M,18,ok\r\n".repeat(40_000);
    assert_eq!(read(&format!("{HEADER}{rows}")), (([80_000, 80_000, 0], vec![]), [80_001, 1, 80_000, 0]));
    // Between the parts of an object it is a space.
    let object = "{\"area\":\"KHM\",\r\"year\":2022,\"sex\":\"F\",\"age\":9}\n";
    let report = &reports(&Bench::new().file("in.json", object), "validate in.json")[0];
    assert_eq!(report["records"].as_u64(), Some(1));
}

#[test]
fn a_draft_sees_the_records_between_stray_marks() {
    let rows: String = (0..40).map(|age| format!("KHM,2022,Mujer,{},x\n", 10 + age)).collect();
    let marked = |row: usize| rows.lines().nth(row).unwrap().replace(",x", ",\"x");
    let text: String = (0..40)
        .map(|row| if row == 2 || row == 38 { marked(row) } else { rows.lines().nth(row).unwrap().to_owned() } + "\n")
        .collect();
    let bench = Bench::new().file("plain.csv", format!("{HEADER}{rows}")).file("marked.csv", format!("{HEADER}{text}"));
    let draft = |name: &str| {
        let ran = bench.run(&format!("schema infer {name} --record victim"));
        ran.succeeds();
        ran.stdout.replace(name.trim_end_matches(".csv"), "NAME")
    };
    let marked = draft("marked.csv");
    let (reported, rest): (Vec<_>, Vec<_>) = marked.lines().partition(|line| line.contains("record/quoted-lines"));
    assert_eq!(
        reported,
        ["# 1 quoted cell held records: `tipstat validate` names its lines (`tipstat explain record/quoted-lines`)."]
    );
    assert_eq!(rest, draft("plain.csv").lines().collect::<Vec<_>>());
}

/// A rejected record between stray marks is kept once, and is a record when it is fed again.
#[test]
fn recovered_records_are_kept_once() {
    let text = PAIR.replace("M,18,ok", "Q,18,ok").replace("M,20,\"x", "Q,20,\"x");
    let bench = Bench::new().file("in.csv", format!("{HEADER}{text}{PAIR}"));
    bench
        .run("ingest in.csv --out store --quarantine kept --max-rejects 90% -q")
        .succeeds()
        .says("8 records read, 6 accepted, 2 rejected");
    let kept = std::fs::read_to_string(bench.path("kept/0001-in.csv")).unwrap();
    assert_eq!(kept, format!("\u{feff}{HEADER}KHM,2022,Q,18,ok\nKHM,2022,Q,20, x\n"));
    bench.write("kept/0001-in.csv", kept.replace('Q', "M"));
    bench.run("ingest kept/0001-in.csv --out store --append -q").succeeds();
    let run: Value = serde_json::from_slice(&std::fs::read(bench.path("store/run.json")).unwrap()).unwrap();
    let totals = ["records", "accepted", "rejected"].map(|key| run[key].as_u64().unwrap());
    assert_eq!(totals, [8, 8, 0]);
    assert_eq!(run["runs"][0]["inputs"][0]["lines"]["read"], 9);
}

#[test]
fn no_value_between_stray_marks_is_shown() {
    let text = PAIR.replace("ok", CANARY).replace("M,18", &format!("{CANARY},18"));
    let bench = Bench::new().file("in.csv", format!("{HEADER}{text}"));
    bench.run("validate in.csv").says("4 records read, 3 accepted, 1 rejected");
}

/// Empty lines, titles, notes and skipped lines are all in the sum, and the sum is what counting line ends gives.
#[test]
fn lines_add_up() {
    let titles = "Cases of the office\n\nYear 2022,\n";
    let rows = "KHM,2022,F,17,\"one\ntwo\"\n\nKHM,2022\n\r\nKHM,2022,F,18,x\nKHM,2022,F,19,\"open\nKHM,2022,M,20,x";
    let bench = Bench::new().file("in.csv", format!("{titles}{HEADER}{rows}"));
    let report = &reports(&bench, "validate in.csv")[0];
    let lines = |key: &str| report["lines"][key].as_u64().unwrap();
    assert_eq!(["titles", "header", "records", "skipped", "blank", "read"].map(lines), [2, 1, 6, 0, 3, 12]);
    let ran = bench.run("validate in.csv");
    ran.says("  12 lines: 2 of titles, 1 of the header, 6 of records, 3 blank\n");
    let objects = "\n{\"area\":\"KHM\",\"year\":2022,\"sex\":\"F\",\"age\":9}\n\n{\"area\":\n";
    let report = &reports(&Bench::new().file("in.json", objects), "validate in.json")[0]["lines"];
    assert_eq!(
        (report["records"].as_u64(), report["blank"].as_u64(), report["read"].as_u64()),
        (Some(2), Some(2), Some(4))
    );
}

/// Reads a text with the library.
fn library(bytes: &[u8]) -> InputReport {
    let bench = Bench::new().file("in.csv", bytes);
    static LAYOUT: LazyLock<Layout> =
        LazyLock::new(|| Layout::load(&Registry::built_in(), &Description::default()).unwrap());
    let mut reading = Reading::default();
    reading.options.samples = 1000;
    let jobs = [Job { path: bench.path("in.csv"), layout: LAYOUT.clone() }];
    validate_files(&jobs, None, &reading, &Control::default()).unwrap().inputs.remove(0)
}

fn spans(report: &InputReport) -> usize {
    report
        .findings
        .iter()
        .filter(|finding| finding.rule == "record/quoted-lines")
        .map(|finding| finding.lines.len())
        .sum()
}

/// A header and rows of valid records, with notes as offices write them, in any column.
fn files() -> impl Strategy<Value = (String, Vec<String>)> {
    let note = prop::sample::select(vec![
        "",
        "ok",
        "ok",
        "\"\"",
        "\"a, b\"",
        "\"two\nlines\"",
        "\"a; b,\nc\n\nd\"",
        "\"says \"\"no\"\"\"",
        "5\" tall",
        "a b",
        " ok",
        " ",
        "\" one, two\nthree, four\"",
    ]);
    let row = (prop::sample::select(vec!["F", "M"]), 1..90u8, note);
    let rows = prop::collection::vec(row, 1..60);
    (0..5usize, rows).prop_map(|(column, rows)| {
        let line = |cells: [String; 4], note: &str| {
            let mut cells = cells.to_vec();
            cells.insert(column, note.to_owned());
            cells.join(",")
        };
        let header = line(["area", "year", "sex", "age"].map(str::to_owned), "note");
        let row = |(at, (sex, age, note)): (usize, &(&str, u8, &str))| {
            // The end of this note, and the cells after it, look like a line. Only other records say that they are none.
            let is_alone = column == 1 && at % 4 != 3 && note.contains("three,");
            let note = if is_alone { "ok" } else { note };
            line(["KHM".to_owned(), "2022".to_owned(), (*sex).to_owned(), age.to_string()], note)
        };
        (header, rows.iter().enumerate().map(row).collect())
    })
}

/// Puts stray marks before or after cells.
fn marked(rows: &[String], marks: &[(prop::sample::Index, usize, bool)]) -> Vec<String> {
    let mut rows = rows.to_vec();
    for (row, column, before) in marks {
        let row = row.index(rows.len());
        let row = &mut rows[row];
        let starts: Vec<usize> = std::iter::once(0).chain(row.match_indices(',').map(|(at, _)| at + 1)).collect();
        let at = match before {
            true => starts[*column],
            false => starts.get(column + 1).map_or(row.len(), |next| next - 1),
        };
        row.insert(at, '"');
    }
    rows
}

/// Line ends and delimiters of a file.
fn written(header: &str, rows: &[String], end: &str) -> String {
    let lines = std::iter::once(header.to_owned()).chain(rows.iter().cloned());
    lines.map(|line| line.replace('\n', end) + end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Marks in any place hide no record: each is read, or is in a line that a finding names.
    #[test]
    fn no_record_vanishes(
        (header, rows) in files(),
        marks in prop::collection::vec((any::<prop::sample::Index>(), 0..5usize, any::<bool>()), 0..6),
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let right = library(written(&header, &rows, end).as_bytes());
        prop_assert_eq!((right.records, right.accepted), (rows.len() as u64, rows.len() as u64));
        prop_assert_eq!(spans(&right), 0);
        let text = written(&header, &marked(&rows, &marks), end);
        let report = library(text.as_bytes());
        prop_assert_eq!(report.lines.read, text.matches('\n').count() as u64);
        prop_assert!(report.lines.add_up());
        prop_assert_eq!(report.records, report.accepted + report.rejected + report.duplicates);
        prop_assert!(report.records >= rows.len() as u64, "{} of {} records\n{}", report.records, rows.len(), text);
        prop_assert!(report.accepted <= rows.len() as u64, "{} of {} accepted\n{}", report.accepted, rows.len(), text);
    }

    /// Without notes of several lines every line is a record, whatever marks there are.
    #[test]
    fn a_reader_of_lines_finds_the_same_records(
        (header, rows) in files(),
        marks in prop::collection::vec((any::<prop::sample::Index>(), 0..5usize, any::<bool>()), 0..9),
    ) {
        let rows: Vec<String> = rows.iter().map(|row| row.replace('\n', " ")).collect();
        let text = written(&header, &marked(&rows, &marks), "\n");
        let report = library(text.as_bytes());
        prop_assert_eq!(report.records, rows.len() as u64, "{}", text);
        prop_assert_eq!(report.lines.records, rows.len() as u64);
    }
}

/// Python's module reads as many records, wherever no finding says that lines were read another way.
#[test]
fn pythons_module_reads_the_same_records() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let marks = prop::collection::vec((any::<prop::sample::Index>(), 0..5usize, any::<bool>()), 0..3);
    let files: Vec<(u64, String)> = (0..150)
        .map(|_| {
            let (header, rows) = files().new_tree(&mut runner).unwrap().current();
            let text = written(&header, &marked(&rows, &marks.new_tree(&mut runner).unwrap().current()), "\n");
            (rows.len() as u64, text)
        })
        .collect();
    let script = "import csv,io,json,sys\n\
        print(json.dumps([sum(1 for row in csv.reader(io.StringIO(text, newline='')) if row) - 1 for _, text in json.load(sys.stdin)]))";
    let python = std::env::var("TIPSTAT_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut command = Command::new(python);
    let child = command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else { return skipped("python (`TIPSTAT_PYTHON` names one)") };
    child.stdin.take().unwrap().write_all(serde_json::to_string(&files).unwrap().as_bytes()).unwrap();
    let counts: Vec<u64> = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    let (mut same, mut more) = (0, 0);
    for ((rows, text), count) in files.iter().zip(counts) {
        let report = library(text.as_bytes());
        let other = ["record/quoted-lines", "record/unclosed-quote"];
        if report.findings.iter().any(|finding| other.contains(&finding.rule)) {
            assert!(report.records >= *rows, "{text}");
            more += 1;
        } else {
            assert_eq!(report.records, count, "{text}");
            same += 1;
        }
    }
    assert!(same > 20 && more > 20, "{same} and {more} files");
}
