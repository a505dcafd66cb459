//! What stands in the column of person ids and is not an id, or not the id that it was.

use crate::support::Bench;
use crate::typed_cells::{DATE, DATE_TIME, HEADER, by_id, by_id_csv, number, ods, parquet};

/// Runs a file of records that differ by their id alone.
fn accepts(name: &str, bytes: impl AsRef<[u8]>, counts: [usize; 4]) -> crate::support::Ran {
    let ran = Bench::new().file(name, bytes).run(&format!("validate {name} --max-rejects 100%"));
    let [read, accepted, rejected, duplicates] = counts;
    ran.says(&format!("{read} records read, {accepted} accepted, {rejected} rejected, {duplicates} duplicates"));
    ran
}

fn json(ids: &[&str]) -> String {
    let line = |id: &&str| {
        format!("{{\"area\":\"KHM\",\"year\":2020,\"sex\":\"F\",\"age\":17,\"form\":\"SEX\",\"person_id\":{id}}}\n")
    };
    ids.iter().map(line).collect()
}

/// An id with marks of thousands as spreadsheets in French write them.
const NO_BREAK: &str = "202\u{a0}000\u{a0}000\u{a0}000\u{a0}000\u{a0}000";
const NARROW: &str = "202\u{202f}000\u{202f}000\u{202f}000\u{202f}000\u{202f}000";

fn twice<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    texts.iter().flat_map(|text| [*text; 2]).collect()
}

/// A number in a cell for dates that is not a day of the calendar is read as the number, and an empty date is not an id.
#[test]
fn numbers_that_are_no_days_stay_different() {
    for first in [20_230_001.0, 3_000_000.0, -30.0, 2_957_500.0] {
        for style in [DATE, DATE_TIME] {
            let ids: Vec<String> = (0..30).map(|at| number(first + f64::from(at), style)).collect();
            // Zero is none.
            accepts("in.xlsx", by_id(&ids), [30, 30, 0, 0]).succeeds();
        }
    }
    let days: Vec<String> = (1..80).map(|at| number(at, DATE)).collect();
    accepts("in.xlsx", by_id(&days), [79, 79, 0, 0]).succeeds();
    let empty = vec![number(0, DATE); 20];
    accepts("in.xlsx", by_id(&empty), [20, 20, 0, 0]).succeeds().says("warning[cell/error-id]  20");
    let empty = "<table:table-cell office:value-type=\"date\" office:date-value=\"1899-12-30\"><text:p>x</text:p></table:table-cell>";
    let cells = |cells: &[&str]| -> String {
        let text = |text: &&str| {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
        };
        cells.iter().map(text).collect()
    };
    let row = format!("<table:table-row>{}{empty}</table:table-row>", cells(&["KHM", "2020", "F", "17", "SEX"]));
    let rows = format!("<table:table-row>{}</table:table-row>{}", cells(&HEADER), row.repeat(3));
    accepts("in.ods", crate::sheets::ods(&rows), [3, 3, 0, 0]).succeeds().says("warning[cell/error-id]  3");
    // A time of zero.
    let time = "office:value-type=\"time\" office:time-value=\"PT00H00M00S\"";
    let rows = rows.replace("office:value-type=\"date\" office:date-value=\"1899-12-30\"", time);
    for rows in [rows.replace("<text:p>x</text:p>", "<text:p>00:00</text:p>"), rows] {
        accepts("in.ods", crate::sheets::ods(&rows), [3, 3, 0, 0]).succeeds();
    }
}

/// An id of blanks that cannot be seen is none, in every format, and blanks around an id make no difference.
#[test]
fn blank_ids_are_none_in_every_format() {
    use arrow::array::StringArray;
    for blank in
        ["\u{a0}", "\u{200b}", "\u{feff}", "\u{3000}", "\u{202f}", "\u{ad}", "\u{2800}", "\u{200c}", " \u{a0}\t"]
    {
        let ids = [vec![blank; 20], vec!["p1", "p2"]].concat();
        let owned: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let quoted: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.replace('\t', "\\t"))).collect();
        let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
        let rows: Vec<[&str; 6]> = ids.iter().map(|id| ["KHM", "2020", "F", "17", "SEX", id]).collect();
        let rows: Vec<&[&str]> = std::iter::once(&HEADER[..]).chain(rows.iter().map(|row| &row[..])).collect();
        accepts("in.csv", by_id_csv(&ids), [22, 22, 0, 0]).succeeds();
        accepts("in.xlsx", by_id(&owned), [22, 22, 0, 0]).succeeds();
        accepts("in.ods", ods(&rows), [22, 22, 0, 0]).succeeds();
        accepts("in.ndjson", json(&quoted), [22, 22, 0, 0]).succeeds();
        let id = std::sync::Arc::new(StringArray::from(vec![blank]));
        let bytes = parquet(vec![("person_id", id)]);
        let bench = Bench::new().file("a.parquet", &bytes).file("b.csv", by_id_csv(&[blank]).replace(",SEX", ","));
        bench.run("validate a.parquet b.csv").succeeds().says("1 records read, 1 accepted, 0 rejected, 0 duplicates");
    }
    accepts("in.ndjson", json(&["\"\\u0000\""; 20]), [20, 20, 0, 0]).succeeds();
    // Windows-1252 has a no-break space of one byte.
    let bytes: Vec<u8> = by_id_csv(&["\u{a0}"; 20]).chars().map(|c| c as u8).collect();
    let bench = Bench::new().file("in.csv", bytes);
    bench.run("validate in.csv --encoding windows-1252").succeeds().says("20 accepted, 0 rejected, 0 duplicates");
    let ids = ["p1", "p1\u{a0}", "\u{200b}p1", "\u{feff}p1 "];
    accepts("in.csv", by_id_csv(&ids), [4, 1, 0, 3]).succeeds();
    // Other fields as well.
    let text = "\u{feff}\u{a0}area,year\u{200b},sex,age,form\nKHM\u{a0},\u{200b}2020,F\u{feff},17\u{3000},\u{a0}\n";
    let ran = Bench::new().file("in.csv", text).run("validate in.csv");
    ran.succeeds().says("1 records read, 1 accepted");
}

/// Ids with zeros in the place of the digits that a spreadsheet does not keep are refused where most long ids end like this.
#[test]
fn ids_that_a_spreadsheet_has_shortened_are_refused() {
    for id in ["202000000000000000", "20200000000000000000", "\"202,000,000,000,000,000\"", NO_BREAK, NARROW] {
        let ran = accepts("in.csv", by_id_csv(&[id; 30]), [30, 1, 0, 29]);
        ran.refuses("error[file/rounded-ids]").refuses("--> in.csv:2");
    }
    let ids = vec!["202000000000000000".to_owned(); 2];
    accepts("in.xlsx", by_id(&ids), [2, 1, 0, 1]).refuses("error[file/rounded-ids]");
    // However few of them repeat.
    let ids: Vec<String> = (0..900).map(|at| format!("202000000000{at:03}000")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let repeated = [&ids[..], &ids[..20]].concat();
    accepts("in.csv", by_id_csv(&repeated), [920, 900, 0, 20]).refuses("error[file/rounded-ids]");
    // Ids that end with a zero by chance are real, and so are those with letters.
    let ids: Vec<String> = (1..=30).map(|at| format!("32010101010100{at:02}")).chain(["x".to_owned()]).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    accepts("in.csv", by_id_csv(&[&ids[..], &ids[9..10]].concat()), [32, 31, 0, 1]).succeeds();
    accepts("in.csv", by_id_csv(&["2020000000000010"; 2]), [2, 1, 0, 1]).succeeds();
    accepts("in.csv", by_id_csv(&["KH202000000000000000"; 2]), [2, 1, 0, 1]).succeeds();
    // Without a sign in the exponent, with either mark of decimals.
    for id in ["1.23457E11", "1.2E11", "\"1,2E11\"", "1.2e+11"] {
        accepts("in.csv", by_id_csv(&[id; 3]), [3, 0, 3, 0]).says("error[cell/rounded-id]");
    }
    // Numbers of JSON with more digits than are kept stay different.
    let ids: Vec<String> = (0..30).map(|at| format!("2020.000000000000{at:02}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    accepts("in.ndjson", json(&ids), [30, 30, 0, 0]).succeeds();
    accepts("in.ndjson", json(&["17", "17.0", "\"17\"", "17.00000000000000000"]), [4, 1, 0, 3]).succeeds();
}

/// Errors in any language, dates of nothing and marks for nothing are no ids.
#[test]
fn errors_and_marks_are_no_ids() {
    let errors = [
        "#WAARDE!",
        "#NAAM?",
        "#VÄRDEFEL!",
        "#SAKNAS!",
        "#REFERENS!",
        "#ARG!",
        "#PUUTTUU!",
        "#HIÁNYZIK",
        "#YOK",
        "#BAŞV!",
        "#I/T",
        "#DESBORDAMIENTO!",
        "#N/A N/A",
        "Fehler:502",
        "Fout:502",
        "Błąd:502",
        "Erro:502",
        "1900-01-00",
        "00/01/1900",
        "1899-12-30",
        "1900-01-01",
        "30.12.1899 00:00:00",
        "[object Object]",
    ];
    let count = 2 * errors.len();
    accepts("in.csv", by_id_csv(&twice(&errors)), [count, count, 0, 0])
        .succeeds()
        .says(&format!("warning[cell/error-id]  {count}"));
    let marks =
        ["NaT", "\\N", "'", "\"=\"\"\"\"\"", "—", "idem", "see above", "ID", "Total", "Infinity", "-inf", "Loading..."];
    let count = 2 * marks.len();
    accepts("in.csv", by_id_csv(&twice(&marks)), [count, count, 0, 0]).succeeds();
    // In OpenDocument the cell keeps a value next to its error.
    for (value, shown) in [("0", "#WAARDE!"), ("5", "Fout:502"), ("5", "Błąd:502"), ("5", "Erro:502")] {
        let id = format!("{value}={shown}");
        let row: &[&str] = &["KHM", "2020", "F", "17", "SEX", &id];
        let rows: Vec<&[&str]> = std::iter::once(&HEADER[..]).chain([row; 20]).collect();
        accepts("in.ods", ods(&rows), [20, 20, 0, 0]).succeeds().says("warning[cell/error-id]  20");
    }
    for id in ["{}", "[{\"a\":1}]"] {
        accepts("in.ndjson", json(&[id, id]), [2, 0, 2, 0]).says("error[cell/object-id]  2");
    }
    // What is an id in braces, or looks like an error in part only.
    let ids = ["{3F2504E0-4F89-41D3-9A0C-0305E82C3301}", "case:502", "#12", "#A12", "B1900"];
    accepts("in.csv", by_id_csv(&twice(&ids)), [10, 5, 0, 5]).succeeds();
}

/// One id in a large part of the records is a finding, and a refusal where it costs more persons than may be rejected.
#[test]
fn an_id_of_many_records_is_no_person() {
    let others: Vec<String> = (0..10).map(|at| format!("p{at}")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    for id in ["-99", "-1", "999", "9999"] {
        let text = by_id_csv(&[&[id; 30][..], &others].concat());
        let bench = Bench::new().file("in.csv", &text);
        let ran = bench.run("ingest in.csv --out s --max-rejects 100%");
        ran.refuses("error[file/placeholder-id]").refuses("--> in.csv:2").says("found more than 20 records");
    }
    let bench = Bench::new().file("in.csv", by_id_csv(&[&["office"; 30][..], &others].concat()));
    let ran = bench.run("ingest in.csv --out s");
    ran.refuses("error[file/shared-id]").refuses("limit: 5%").says("found more than 20 records");
    bench.run("validate in.csv --max-rejects 100%").succeeds().says("warning[file/shared-id]      1   `person_id`");
    // Persons of different sex and age are all counted, and the id is named.
    let row = |at: usize| format!("KHM,2020,{},{},SEX,office\n", ["F", "M"][at % 2], 10 + at);
    let rows: String = (0..30).map(row).collect();
    let bench = Bench::new().file("in.csv", format!("{}\n{rows}", HEADER.join(",")));
    let ran = bench.run("validate in.csv");
    ran.succeeds().says("30 accepted").says("warning[file/shared-id]").says("record/person-conflict");
    // In a register of services each person has many records.
    let ids: Vec<&str> = others.iter().flat_map(|id| [*id; 30]).collect();
    let ran = accepts("in.csv", by_id_csv(&ids), [300, 10, 0, 290]);
    assert!(!ran.stdout.contains("shared-id"), "{}", ran.stdout);
    // In a large file a part of the ids is counted.
    let rows: String = (0..30_000)
        .map(|at| format!("KHM,2020,F,17,SEX,{}\n", if at % 8 == 3 { "-99".to_owned() } else { format!("p{at}") }))
        .collect();
    let bench = Bench::new().file("in.csv", format!("{}\n{rows}", HEADER.join(",")));
    let ran = bench.run("ingest in.csv --out s");
    ran.refuses("error[file/placeholder-id]").refuses("--> in.csv:5").says("found more than 1000 records");
    bench.write("in.csv", std::fs::read_to_string(bench.path("in.csv")).unwrap().replace("-99", "office"));
    bench.run("ingest in.csv --out s").refuses("error[file/shared-id]").says("found more than 1000 records");
}

/// What looks like no id refuses the file from three records on, because the others of its persons would be lost.
#[test]
fn a_placeholder_of_few_records_is_refused() {
    for id in ["-1", "-99", "-99.0", "77", "99", "999.0", "9999", "888", "1111", "1970-01-01", "9999-12-31"] {
        let others: Vec<String> = (0..100).map(|at| format!("p{at}")).collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let few =
            Bench::new().file("in.csv", by_id_csv(&[&[id; 3][..], &others].concat())).run("ingest in.csv --out s");
        few.refuses("error[file/placeholder-id]").refuses("--> in.csv:2").refuses("column: `person_id`");
        few.refuses("missing = [\"\", \"999\"]").says("103 records read, 101 accepted");
        let two =
            Bench::new().file("in.csv", by_id_csv(&[&[id; 2][..], &others].concat())).run("ingest in.csv --out s");
        assert!(!two.succeeds().stdout.contains("[file/"), "{id}");
        // A small country.
        let small = by_id_csv(&[&[id; 10][..], &others[..2]].concat());
        let small = Bench::new().file("in.csv", small).run("ingest in.csv --out s");
        small.refuses("error[file/placeholder-id]").says("found more than 2 records");
    }
    // Five of them, or the numbers of five offices, are no five persons.
    for (ids, rule) in [
        (["99", "999", "9999", "-1", "-9"], "error[file/placeholder-id]"),
        (["101", "102", "103", "104", "105"], "error[file/shared-id]"),
    ] {
        for count in [20, 30] {
            let ids: Vec<&str> = ids.iter().flat_map(|id| vec![*id; count]).collect();
            let ran = Bench::new().file("in.csv", by_id_csv(&ids)).run("ingest in.csv --out s");
            ran.refuses(rule);
        }
    }
    // One in 20 of a thousand, and few at the end of a large file of which not all ids are counted.
    let others: Vec<String> = (0..30_000).map(|at| format!("{}", 100_000 + at)).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    for (count, all) in [(50, 960), (5, 30_000)] {
        let text = by_id_csv(&[&others[..all], &vec!["999"; count]].concat());
        let ran = Bench::new().file("in.csv", text).run("ingest in.csv --out s");
        ran.refuses("error[file/placeholder-id]").refuses(&format!("--> in.csv:{}", all + 2));
    }
    // Said in the profile, each record counts.
    let profile = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\nmissing = [\"\", \"999\"]\n"
        .to_owned()
        + &HEADER.map(|name| format!("[[map]]\nfield = \"{name}\"\ncolumn = \"{name}\"\n")).concat();
    let bench = Bench::new()
        .file("mine/profiles/p.toml", profile)
        .file("in.csv", by_id_csv(&[&others[..960], &["999"; 50]].concat()));
    let ran = bench.run("validate in.csv --schemas mine --profile p");
    ran.succeeds().says("1 010 records read, 1 010 accepted, 0 rejected, 0 duplicates");
    // In a register that numbers its persons 888 is one, unless it has far more records than others.
    let numbers: Vec<String> = (1..=900).map(|id| id.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let ran = accepts("in.csv", by_id_csv(&[&numbers[..], &["888"; 2]].concat()), [902, 900, 0, 2]);
    ran.succeeds().says("warning[file/shared-id]");
    let many = Bench::new().file("in.csv", by_id_csv(&[&numbers[..], &["888"; 9]].concat())).run("validate in.csv");
    many.refuses("error[file/placeholder-id]").refuses("--> in.csv:889");
    // Numbers below zero that a program gives are ids.
    let hashes: Vec<String> = (0..60).map(|at| format!("-{}", 82_345_678 + at / 3)).collect();
    let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let ran = accepts("in.csv", by_id_csv(&[&hashes[..], &others[..60]].concat()), [120, 80, 0, 40]);
    assert!(!ran.succeeds().stdout.contains("placeholder-id"), "{}", ran.stdout);
    // In a register of services 88 and 99 are persons as all others.
    let ids: Vec<String> = (1..=100).flat_map(|id| vec![id.to_string(); 3]).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let ran = accepts("in.csv", by_id_csv(&ids), [300, 100, 0, 200]);
    assert!(!ran.succeeds().stdout.contains("shared-id"), "{}", ran.stdout);
}

/// Words for no id in more languages, errors of more programs and time that has not begun are no ids.
#[test]
fn words_and_errors_of_more_programs_are_no_ids() {
    let errors = [
        "#REF",
        "#VALUE",
        "#Error",
        "#Num",
        "#Deleted",
        "#ERROR",
        "#NIEDOST",
        "#LIEN",
        "1904-01-01",
        "01/01/1904",
        "02/01/1904",
        "エラー:502",
        "오류:502",
        "Lỗi:502",
        "Err: 502",
        "Err.502",
        "Erreur :502",
        "12:00:00 AM",
        "0001-01-01",
        "1/0/00",
        "-1.#IND",
        "1.#QNAN",
    ];
    let count = 2 * errors.len();
    let ran = accepts("in.csv", by_id_csv(&twice(&errors)), [count, count, 0, 0]);
    ran.succeeds().says(&format!("warning[cell/error-id]  {count}"));
    let words = [
        "onbekend",
        "okänd",
        "nieznany",
        "bilinmiyor",
        "yok",
        "brak",
        "geen",
        "saknas",
        "không rõ",
        "tidak diketahui",
        "ไม่ทราบ",
        "មិនស្គាល់",
        "n/a (see note)",
        "not issued",
        "to follow",
        "none yet",
        "refused",
        "minor",
        "victim",
        "Person",
        "case",
        "test",
        "Lädt...",
        "Chargement...",
        "Cargando...",
        "Загрузка...",
        "ERROR",
        "Erreur",
        "VALUE!",
        "=#REF!",
        "&nbsp;",
        "n°",
        "N°",
        "0x0",
        "0-Jan-00",
        "០",
        "٠٠",
        "०",
        "０",
        "〇",
    ];
    let count = 2 * words.len();
    accepts("in.csv", by_id_csv(&twice(&words)), [count, count, 0, 0]).succeeds();
}

/// A mark that has few records in each file has many in all of them.
#[test]
fn a_placeholder_of_several_files_is_refused() {
    let file = |number: usize, mark: &str| {
        let ids = [format!("p{number}"), mark.to_owned(), format!("q{number}"), mark.to_owned()];
        let line = |id: &String| format!("KHM,2020,F,{},SEX,{id}\n", 20 + number);
        format!("area,year,sex,age,form,person_id\n{}", ids.iter().map(line).collect::<String>())
    };
    let files = (0..10).map(|number| format!("{number}.csv")).collect::<Vec<_>>().join(" ");
    let bench = |mark: &str| {
        (0..10).fold(Bench::new(), |bench, number| bench.file(&format!("{number}.csv"), file(number, mark)))
    };
    let ran = bench("-99").run(&format!("ingest {files} --out store"));
    ran.refuses("error[file/placeholder-id]").refuses("0.csv:3").refuses("`person_id`");
    // The same with an id of letters may be one person.
    let ran = bench("K-99").run(&format!("ingest {files} --out store --max-rejects 100%"));
    ran.succeeds();
    // Twice in one file and never again may be one person as well.
    let one = Bench::new().file("0.csv", file(0, "-99")).file("1.csv", file(1, "K7"));
    one.run("ingest 0.csv 1.csv --out store --max-rejects 100%").succeeds();
}

/// Ages that surveys use as codes for unknown are named, unless the ages near them are as frequent.
#[test]
fn ages_that_may_be_codes_are_named() {
    let file = |ages: &[u32]| {
        let line = |(at, age): (usize, &u32)| format!("KHM,2020,F,{age},SEX,p{at}\n");
        format!("area,year,sex,age,form,person_id\n{}", ages.iter().enumerate().map(line).collect::<String>())
    };
    let young: Vec<u32> = (10..40).collect();
    for (ages, is_named) in [
        (vec![99, 99, 99], true),
        (vec![98, 98, 98, 97, 99], true),
        (vec![77, 77, 77, 77, 75], true),
        (vec![88, 88, 88], true),
        (vec![99, 99], false),
        (vec![77, 77, 77, 75, 76, 78, 74], false),
        (vec![87, 87, 87, 87], false),
    ] {
        let bench = Bench::new().file("in.csv", file(&[young.clone(), ages.clone()].concat()));
        let ran = bench.run("validate in.csv");
        ran.succeeds();
        assert_eq!(ran.stdout.contains("warning[file/age-codes]"), is_named, "{ages:?}: {}", ran.stdout);
    }
    // What the explanation says makes them unknown.
    let profile = "id = \"own\"\nrecord = \"victim@1\"\ntitle = \"x\"\nsource = \"x\"\n[[map]]\nfield = \"area\"\ncolumn = \"area\"\n\
        [[map]]\nfield = \"year\"\ncolumn = \"year\"\n[[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n\
        [[map]]\nfield = \"age\"\ncolumn = \"age\"\ncodes = { \"99\" = \"_U\" }\n";
    let bench = Bench::new().file("in.csv", file(&[99; 5])).file("own/profiles/own.toml", profile);
    bench.run("ingest in.csv --schemas own --profile own --out store -q").succeeds();
    let stored = crate::support::store_rows(&bench.path("store"), &["age"]);
    assert_eq!(stored, ["_U"; 5]);
}
