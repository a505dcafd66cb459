//! `start`: the first hour of a user with a file and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{Bench, Ran, project};
use crate::workbook::{self, Case};

const PROFILE: &str = "schemas/profiles/registro.toml";

fn text(bench: &Bench, path: &str) -> String {
    fs::read_to_string(bench.path(path)).unwrap()
}

/// The draft of a CSV file, made by `start` with a country.
fn draft(csv: &str) -> String {
    let bench = Bench::new().file("registro.csv", csv);
    bench.run("start registro.csv --area ECU").succeeds();
    text(&bench, PROFILE)
}

/// The draft without its comments, which has to be whole TOML.
fn active(draft: &str) -> String {
    toml::from_str::<toml::Table>(draft).unwrap_or_else(|error| panic!("{error}\n{draft}"));
    draft.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}

#[track_caller]
fn lacks(text: &str, part: &str) {
    assert!(!text.contains(part), "`{part}` is in:\n{text}");
}

/// The lines that the program named, by file.
fn named_lines(ran: &Ran) -> BTreeSet<(String, usize)> {
    let place = |line: &str| {
        let (path, rest) = line.trim().split_once(".toml:")?;
        let number = rest.split(':').next()?.parse().ok()?;
        Some((format!("{path}.toml"), number))
    };
    ran.stdout.lines().filter_map(place).collect()
}

/// Compares every exact count of a release with a recount of the records, and every interval. Returns how many were compared.
fn recount(bench: &Bench, cases: &[Case]) -> [usize; 2] {
    let codes: Vec<BTreeMap<&str, Vec<String>>> = cases.iter().map(workbook::codes).collect();
    let (mut exact, mut intervals) = (0, 0);
    for entry in fs::read_dir(bench.path("out/release/tables")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let at = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
        let first = at("REF_AREA");
        let last = at("OBS_VALUE");
        for row in reader.records().map(Result::unwrap) {
            let is_count = &row[at("INDICATOR")] == "DETV_N" && row[at("REF_AREA")] == *"ECU";
            let is_known = headings[first..last].iter().all(|name| codes[0].contains_key(name.as_str()));
            if !is_count || !is_known {
                continue;
            }
            let holds = |case: &BTreeMap<&str, Vec<String>>| {
                (first..last).all(|column| match (&row[column], &case[headings[column].as_str()]) {
                    ("_T", _) => true,
                    ("_K", found) => found[0] != "_U",
                    (code, found) => found.iter().any(|known| known == code || is_in_band(known, code)),
                })
            };
            let count = codes.iter().filter(|case| holds(case)).count() as f64;
            let number = |name: &str| row[at(name)].parse::<f64>().ok();
            match number("OBS_VALUE") {
                Some(value) => {
                    assert_eq!(value, count, "{}: {row:?}", path.display());
                    exact += 1;
                }
                None if &row[at("OBS_STATUS")] == "Q" => {
                    let [lower, upper] = ["LOWER_BOUND", "UPPER_BOUND"].map(number);
                    assert!(lower.is_none_or(|lower| lower <= count), "{}: {row:?} is {count}", path.display());
                    assert!(upper.is_none_or(|upper| upper >= count), "{}: {row:?} is {count}", path.display());
                    intervals += 1;
                }
                None => {}
            }
        }
    }
    [exact, intervals]
}

/// Returns whether a single age is in a band such as `Y18T24`, `Y_GE75` or `Y0T17`.
fn is_in_band(age: &str, band: &str) -> bool {
    let Ok(age) = age.parse::<u16>() else { return false };
    let bounds = match band.strip_prefix('Y') {
        Some(rest) => match (rest.strip_prefix("_GE"), rest.split_once('T')) {
            (Some(from), _) => from.parse().ok().map(|from| (from, u16::MAX)),
            (None, Some((from, to))) => from.parse().ok().zip(to.parse().ok()),
            (None, None) => rest.parse().ok().map(|only| (only, only)),
        },
        None => None,
    };
    bounds.is_some_and(|(from, to)| (from..=to).contains(&age))
}

/// From the lone program and the workbook to a right release: `start`, edits in lines that it named, `run`.
#[test]
fn a_workbook_becomes_a_release_in_three_commands() {
    let cases = workbook::cases();
    for (name, bytes) in [("registro.xlsx", workbook::xlsx(&cases)), ("registro.ods", workbook::ods(&cases))] {
        let bench = Bench::new().file(name, bytes);
        let ran = bench.run(&format!("start {name}"));
        ran.succeeds().says("sheet `Registro` (1 more not read), header in line 6").says("next: ");
        assert!(ran.stdout.lines().count() <= 10, "{}", ran.stdout);
        let named = named_lines(&ran);
        let mut edits = 0;
        let mut edit = |path: &str, from: &str, to: &str| {
            let before = text(&bench, path);
            let at =
                before.lines().position(|line| line.starts_with(from)).unwrap_or_else(|| panic!("{from}:\n{before}"));
            assert!(
                named.contains(&(path.to_owned(), at + 1)),
                "line {} of {path} is not named:\n{}",
                at + 1,
                ran.stdout
            );
            bench.write(path, before.replacen(from, to, 1));
            edits += 1;
        };
        edit("tipstat.toml", "area = \"...\"", "area = \"ECU\"");
        edit(PROFILE, "# ? codes.\"M\" = \"F\"", "codes.\"M\" = \"F\"");
        assert!(edits <= 6);
        let ran = bench.run("run");
        ran.succeeds().says("200 accepted + 1 rejected + 0 duplicates");
        let [exact, intervals] = recount(&bench, &cases);
        assert!(exact > 100 && intervals > 10, "{exact} {intervals}");
        let table = text(&bench, "out/release/tables/victims-by-form.csv");
        for (form, count) in [("FG_SEXUAL", 584), ("FG_LABOUR", 479), ("FG_OTHER", 180)] {
            let all_years: u64 = table
                .lines()
                .filter(|line| line.contains(",DETV_N,ECU,_T,") && line.contains(&format!(",{form},_T,")))
                .map(|line| {
                    line.split(&format!(",{form},_T,"))
                        .nth(1)
                        .unwrap()
                        .split(',')
                        .next()
                        .unwrap()
                        .parse::<u64>()
                        .unwrap()
                })
                .sum();
            assert_eq!(all_years, count, "{form}");
        }
    }
}

#[test]
fn likely_guesses_are_taken_when_asked_for() {
    let cases = workbook::cases();
    let bench = Bench::new().file("registro.xlsx", workbook::xlsx(&cases));
    bench.run("start registro.xlsx --area ECU --yes").succeeds().says("next: `tipstat run`\n");
    has(&text(&bench, PROFILE), "\ncodes.\"M\" = \"F\"   # likely, not checked: ");
    bench.run("run").succeeds().says("200 accepted + 1 rejected");
    recount(&bench, &cases);
    // Nothing is overwritten.
    let before = text(&bench, "tipstat.toml");
    bench.run("start registro.xlsx --area ECU -q").refuses("the file exists already and was left as it is");
    assert_eq!(text(&bench, "tipstat.toml"), before);
    fs::remove_file(bench.path("tipstat.toml")).unwrap();
    bench.run("start registro.xlsx -q").refuses("schemas/profiles/registro.toml");
}

#[test]
fn columns_below_a_merged_heading_are_flags() {
    let cases = workbook::cases();
    let bench = Bench::new().file("registro.xlsx", workbook::xlsx(&cases));
    bench.run("start registro.xlsx --area ECU").succeeds();
    let draft = active(&text(&bench, PROFILE));
    for line in ["flags.\"Sexual\" = [\"SEX\"]", "flags.\"Laboral\" = [\"LAB\"]", "flags.\"Otra\" = [\"OTH\"]"] {
        has(&draft, line);
    }
    // The row of totals is none of the records, and a name is never read.
    has(&draft, "[skip]\n\"Nombre de la víctima\" = [\"TOTAL\"]");
    has(&draft, "[drop]\ncolumns = [\"Nombre de la víctima\"]");
    // Titles of CSV files may hold such a heading, too.
    let rows = "2022,F,17,X,,No\n2022,M,30,,X,Sí\n".repeat(12);
    let csv = format!("Registro,,,,,\n,,,Forma de explotación,,\naño,sexo,edad,Sexual,Laboral,Rara\n{rows}");
    let csv = self::draft(&csv);
    has(&active(&csv), "flags.\"Laboral\" = [\"LAB\"]");
    has(&csv, "# ? flags.\"Rara\" = [\"...\"]");
}

#[test]
fn an_age_comes_from_two_dates() {
    let rows = "23/05/1990,2022-01-03,F\nno sabe,2021-12-31,M\n01/02/1999,2020-07-09,F\n".repeat(12);
    let draft = draft(&format!("Fecha de nacimiento,Fecha de detección,Sexo\n{rows}"));
    let active = active(&draft);
    has(&active, "field = \"age\"\ncolumn = \"Fecha de nacimiento\"\nborn_before = \"Fecha de detección\"\n");
    has(&active, "field = \"year\"\ncolumn = \"Fecha de detección\"\nrequired = true\n");
    has(&active, "dates = \"dmy\"");
    has(&active, "missing = [\"no sabe\"]");
    lacks(&draft, "needs years");
}

#[test]
fn words_for_missing_are_no_groups() {
    let words = [
        "s/d",
        "S/D",
        "s/i",
        "n/s",
        "no sabe",
        "no informa",
        "non précisé",
        "não consta",
        "keine Angabe",
        "н/д",
        "不明",
    ];
    let mut rows = "2022,F,17,Afro\n".repeat(12);
    words.iter().for_each(|word| rows.push_str(&format!("2022,F,17,{word}\n").repeat(12)));
    let bench = Bench::new().file("registro.csv", format!("año,sexo,edad,etnia\n{rows}"));
    bench.run("start registro.csv --area ECU").succeeds();
    let pack = text(&bench, "schemas/packs/ECU.toml");
    assert_eq!(pack.matches("{ code = ").count(), 1, "{pack}");
    let draft = text(&bench, PROFILE);
    words.iter().for_each(|word| has(&active(&draft), &format!("\"{word}\"")));
    // A country's list that nobody has checked is not read.
    has(&draft, "# field = \"ethnicity\"");
    // The code of a country is not a word for missing.
    let rows = "NA,2022,F,17\nDE,2022,F,17\nFR,2022,F,18\n".repeat(12);
    let draft = self::draft(&format!("country,year,sex,age\n{rows}"));
    lacks(&active(&draft), "missing");
    has(&draft, "# ? \"NA\" may mean that nothing is known, and is a code as well.");
}

#[test]
fn codes_of_age_bands_are_no_ages() {
    let rows: String = (0..90).map(|at| format!("2022,F,{}\n", 1 + at % 9)).collect();
    for heading in ["Age Band", "ageBroad", "grupo de edad", "age", "edad (código)"] {
        let draft = draft(&format!("Year,Sex,{heading}\n{rows}"));
        lacks(&active(&draft), "field = \"age\"");
        has(&draft, "field = \"age\"");
    }
    // Ages of children are ages.
    let rows: String = (0..90).map(|at| format!("2022,F,{}\n", 3 + at % 15)).collect();
    has(&active(&draft(&format!("Year,Sex,Age\n{rows}"))), "field = \"age\"");
}

#[test]
fn published_figures_are_drafted_as_figures() {
    for csv in [
        "Year,Sex,Value\n2020,F,429\n2020,M,12\n",
        "REF_AREA,TIME_PERIOD,SEX,OBS_VALUE\nKHM,2020,F,429\n",
        "geo,time_period,indicator,n\nDE,2020,x,429\n",
    ] {
        let bench = Bench::new().file("in.csv", csv);
        let ran = bench.run("start in.csv");
        ran.succeeds().says("published figures").says("tipstat combine in.csv --profile in --schemas schemas");
        assert!(!bench.path("tipstat.toml").exists());
        has(&text(&bench, "schemas/profiles/in.toml"), "record = \"figure@1\"");
        let ran = bench.run("schema infer in.csv");
        ran.succeeds().says("record = \"figure@1\"");
        has(&ran.stderr, "the rows look like published figures");
        bench.run("schema infer in.csv --record victim").succeeds().says("record = \"victim@1\"");
    }
}

#[test]
fn the_whole_file_is_looked_at() {
    // The only men are behind 100,000 women.
    let csv = format!("year,sexo,age\n{}{}", "2022,Mujer,17\n".repeat(100_000), "2022,Hombre,17\n".repeat(12));
    let draft = draft(&csv);
    has(&active(&draft), "codes.\"Hombre\" = \"M\"");
    has(&draft, "from 100012 records");
}

#[test]
fn headings_of_forms_and_of_other_lists_are_known() {
    let rows = "2022-03-04,Mujer,17,a\n2021-05-06,Hombre,30,b\n".repeat(12);
    let draft = self::draft(&format!("FECHA_HECHO,GENERO,victim/age,ageBroad\n{rows}"));
    let active = active(&draft);
    has(&active, "field = \"year\"\ncolumn = \"FECHA_HECHO\"");
    has(&active, "field = \"age\"\ncolumn = \"victim/age\"");
    has(&active, "field = \"gender\"\ncolumn = \"GENERO\"");
    // Sex is never made of gender without a decision.
    has(&draft, "# field = \"sex\"\n# column = \"GENERO\"");
    let figures = "geo,TIME_PERIOD,indicator,OBS_VALUE\nDE,2020,x,4\nFR,2020,x,5\n";
    let bench = Bench::new().file("in.csv", figures);
    bench.run("start in.csv").succeeds();
    let draft = text(&bench, "schemas/profiles/in.toml");
    has(&self::active(&draft), "field = \"area\"\ncolumn = \"geo\"");
    has(&draft, "column = \"indicator\"");
}

#[test]
fn the_sheet_with_the_table_is_found() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let cover = book.add_worksheet().set_name("Portada").unwrap();
    for row in 0..40 {
        cover.write(row, 0, "Texto de la portada").unwrap();
        cover.write(row, 1, "más texto").unwrap();
    }
    let table = book.add_worksheet().set_name("Casos").unwrap();
    // No heading is one that the program knows as it is.
    for (column, heading) in ["a1", "b1", "c1", "d1"].iter().enumerate() {
        table.write(0, column as u16, *heading).unwrap();
        for row in 1..60 {
            table.write(row, column as u16, "x").unwrap();
        }
    }
    let bench = Bench::new().file("libro.xlsx", book.save_to_buffer().unwrap());
    bench
        .run("start libro.xlsx --area ECU")
        .succeeds()
        .says("libro.xlsx: sheet `Casos` (1 more not read), header in line 1");
    has(&text(&bench, "schemas/profiles/libro.toml"), "\nsheet = \"Casos\"\n");
}

#[test]
fn a_layout_that_the_program_has_needs_no_draft() {
    let rows = "KHM,2022,F,17\nKHM,2022,M,30\n".repeat(40);
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age\n{rows}"));
    bench.run("start in.csv").succeeds().says("recognised: the headings of `victim`").says("next: `tipstat run`\n");
    assert!(!bench.path("schemas").exists());
    bench.run("run").succeeds().says("80 accepted");
    let records = fs::read(project().join("sample-data/records/ngo-ctdc-layout.csv")).unwrap();
    let bench = Bench::new().file("ngo.csv", records);
    bench.run("start ngo.csv").succeeds().says("the layout `ctdc-kanon`");
    bench.run("run").succeeds();
}

#[test]
fn a_profile_is_read_from_its_path() {
    let rows = "KHM,2022,F,17\nKHM,2022,M,30\n".repeat(40);
    let bench = Bench::new().file("in.csv", format!("land,jahr,geschlecht,alter\n{rows}"));
    bench.run("schema infer in.csv --out draft.toml").succeeds();
    bench.run("validate in.csv --profile ./draft.toml").succeeds().says("80 accepted");
    bench.run("ingest in.csv --profile draft.toml --out store").succeeds();
    let ran = bench.run("validate in.csv --profile draft");
    assert_eq!(ran.code, Some(2));
    for part in [
        "there is no profile `draft`",
        "looked in: the schemas in the program",
        "`--profile ./NAME.toml`",
        "`tipstat start FILE`",
    ] {
        has(&ran.stderr, part);
    }
    assert_eq!(bench.run("validate in.csv --profile ./nothing.toml").code, Some(2));
    bench.write("htcds.toml", text(&bench, "draft.toml"));
    has(&bench.run("validate in.csv --profile ./htcds.toml").stderr, "there is another profile of the name `htcds`");
}

/// Every error of the commands that a new user types ends with the next command.
#[test]
fn every_error_of_the_first_hour_names_the_next_command() {
    let rows = "KHM,2022,F,17\n".repeat(3);
    let bench = Bench::new()
        .file("ok.csv", format!("area,year,sex,age\n{rows}"))
        .file("wrong.csv", "area,year,sex,age\nKHM,2022,Q,17\n")
        .file("other.csv", format!("land,jahr,geschlecht,alter\n{rows}"))
        .file("empty.csv", "")
        .file("bare.csv", &rows)
        .file("person.csv", "nombre,year,sex,age\nx,2022,F,17\n")
        .file("twice.csv", "sex,sex\nF,F\n")
        .file("array.json", "[{\"a\":1}]")
        .file("broken.json", "{")
        .file("page.xls", "<html><table></table></html>")
        .file("old.xls", b"\xd0\xcf\x11\xe0rest")
        .file("paper.pdf", "%PDF-1.4")
        .file("inside.zip", crate::sheets::packed(&[("cases.csv", b"a,b\n".to_vec())]))
        .file("broken.xlsx", "PK\x03\x04rest")
        .file("~$book.xlsx", "x")
        .file("._book.csv", "x")
        .file("folder/x.csv", "x")
        .file("out/release/x", "x");
    let mut wrong = Vec::new();
    let mut check = |what: &str, ran: Ran| {
        assert!(ran.code == Some(1) || ran.code == Some(2), "{what}: {:?}\n{}{}", ran.code, ran.stdout, ran.stderr);
        let last = ran.stderr.lines().rfind(|line| line.starts_with("hint: ")).unwrap_or_default();
        let all: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
        if !all.iter().any(|hint| hint.contains("`tipstat ") || hint.contains("`--")) {
            wrong.push(format!("{what}: {last}\n{}", ran.stderr));
        }
    };
    let files = [
        "none.csv",
        "none*.csv",
        "empty.csv",
        "bare.csv",
        "page.xls",
        "old.xls",
        "paper.pdf",
        "folder",
        "twice.csv",
        "array.json",
        "broken.json",
        "inside.zip",
        "broken.xlsx",
        "~$book.xlsx",
        "._book.csv",
    ];
    for file in files {
        for command in ["start", "validate"] {
            check(&format!("{command} {file}"), bench.run(&format!("{command} {file}")));
            assert!(!bench.path("tipstat.toml").exists(), "{file}");
        }
    }
    for options in ["--area XYZ", "--encoding none", "--schemas none", "--area ECUADOR"] {
        check(options, bench.run(&format!("start other.csv {options}")));
    }
    for line in [
        "person.csv",
        "other.csv",
        "wrong.csv",
        "ok.csv --area XYZ",
        "ok.csv --set none=1",
        "ok.csv --schema none",
        "ok.csv --profile none",
        "ok.csv --profile ./none.toml",
        "ok.csv --profile htcds",
        "ok.csv --encoding none",
        "ok.csv --delimiter abc",
        "ok.csv --deny none",
        "ok.csv --schemas none",
        "ok.csv --rejects ok.csv",
    ] {
        check(line, bench.run(&format!("validate {line}")));
    }
    check("run without a run file", bench.run("run"));
    let release = "[release]\nid = \"a\"\ntitle = \"b\"\n";
    let input = "[[input]]\npath = \"ok.csv\"\n";
    for (what, text) in [
        ("syntax", "[release".to_owned()),
        ("no title", "[release]\nid = \"a\"\n".to_owned()),
        ("no input", release.to_owned()),
        ("key", format!("{release}none = 1\n{input}")),
        ("no file", format!("{release}[[input]]\npath = \"none.csv\"\n")),
        ("outside", format!("{release}[[input]]\npath = \"/etc/hostname\"\n")),
        ("backslash", format!("{release}[[input]]\npath = \"C:\\users\\x.csv\"\n")),
        ("control", format!("{release}[[input]]\npath = \"records\\reg.csv\"\n")),
        ("schemas", format!("schemas = \"none\"\n{release}{input}")),
        ("profile", format!("{release}{input}profile = \"none\"\n")),
        ("path of a profile", format!("{release}{input}profile = \"x/y.toml\"\n")),
        ("profile and schema", format!("{release}{input}profile = \"htcds\"\nschema = \"victim\"\n")),
        ("open area", format!("{release}{input}area = \"...\"\n")),
        ("empty id", format!("[release]\nid = \"\"\ntitle = \"b\"\n{input}")),
        ("policy", format!("{release}policy = \"none\"\n{input}")),
        ("table", format!("{release}{input}[tables]\npacks = [\"none\"]\n")),
        ("language", format!("{release}{input}[tables]\nlanguages = [\"xx\"]\n")),
        ("regions", format!("{release}{input}[tables]\nregions = \"none\"\n")),
        ("rejects", format!("{release}[[input]]\npath = \"wrong.csv\"\n")),
        ("layout", format!("{release}[[input]]\npath = \"other.csv\"\n")),
        ("exists", format!("{release}{input}[tables]\npacks = [\"victims-detected\"]\n")),
    ] {
        bench.write("tipstat.toml", &text);
        check(what, bench.run("run"));
    }
    check("start again", bench.run("start ok.csv"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_other_kinds_are_named() {
    let bench = Bench::new()
        .file("page.xls", " <HTML><table></table></html>")
        .file("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest")
        .file("inside.zip", crate::sheets::packed(&[("cases 2024.csv", b"a,b\n".to_vec())]))
        .file("~$book.xlsx", "x");
    for (file, message) in [
        ("page.xls", "a web page, as some programs save tables under the ending `.xls`"),
        ("old.xls", "an old Excel workbook (`.xls`), or a workbook under a password"),
        ("inside.zip", "the file is a ZIP file, which holds other files"),
        ("~$book.xlsx", "the file is the lock of a workbook that is open in Excel"),
    ] {
        bench.run(&format!("validate {file}")).refuses(message);
    }
}

/// Notepad and PowerShell save UTF-16, with a mark, and Windows-1252.
#[test]
fn profiles_and_run_files_of_windows_are_read() {
    let rows = "KHM,2022,F,17\nKHM,2022,M,30\n".repeat(40);
    let profile = "id = \"mine\"\ntitle = \"mía\"\nsource = \"x\"\nrecord = \"victim@1\"\n[[map]]\nfield = \"area\"\n\
        column = \"país\"\n[[map]]\nfield = \"year\"\ncolumn = \"año\"\n[[map]]\nfield = \"sex\"\ncolumn = \"sexo\"\n\
        [[map]]\nfield = \"age\"\ncolumn = \"edad\"\n";
    let run = "schemas = \"own\"\n[release]\nid = \"año\"\ntitle = \"título\"\n[[input]]\npath = \"in.csv\"\n\
        profile = \"mine\"\n[tables]\npacks = [\"victims-detected\"]\n";
    let wide = |text: &str, order: fn(u16) -> [u8; 2]| {
        let mut bytes = order(0xfeff).to_vec();
        bytes.extend(text.encode_utf16().flat_map(order));
        bytes
    };
    let encoded = |text: &str, form: usize| match form {
        0 => wide(text, u16::to_le_bytes),
        1 => wide(text, u16::to_be_bytes),
        2 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        _ => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
    };
    for form in 0..4 {
        let bench = Bench::new()
            .file("in.csv", format!("país,año,sexo,edad\n{rows}"))
            .file("own/profiles/mine.toml", encoded(profile, form))
            .file("tipstat.toml", encoded(run, form));
        bench.run("run").succeeds().says("80 accepted");
        assert!(text(&bench, "out/release/manifest.json").contains("título"));
    }
}

/// Programs write whole numbers with a decimal where a column has empty cells.
#[test]
fn whole_numbers_with_decimals_are_whole_numbers() {
    let bench =
        Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022.0,F,17.0\nKHM,2021.00,M,30.0\nKHM,2021.5,M,30\n");
    let ran = bench.run("validate in.csv");
    ran.refuses("").says("3 records read, 2 accepted, 1 rejected");
}

#[test]
fn bands_of_ages_are_read_in_words() {
    let words =
        ["under 18", "menores de 18", "до 18 лет", "18 and over", "75 y más", "15 to 17", "de 15 a 17 años", "30"];
    let rows: String = words.iter().map(|age| format!("KHM,2022,F,{age}\n").repeat(12)).collect();
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age\n{rows}"));
    bench.run("validate in.csv").succeeds().says("96 accepted");
    // Writers of `over 18` mean 18 or 19 as the first age.
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,F,over 18\n");
    bench.run("validate in.csv").refuses("").says("1 rejected");
}

/// A run file may come from somebody else: its schemas are in its own folder.
#[test]
fn schemas_of_a_run_file_are_those_of_its_folder() {
    let rows = "KHM,2022,F,17\nKHM,2022,M,30\n".repeat(40);
    let run = "schemas = \"../own\"\n[release]\nid = \"a\"\ntitle = \"b\"\n[[input]]\npath = \"in.csv\"\n\
        [tables]\npacks = [\"victims-detected\"]\n";
    let policy = "id = \"default\"\ntitle = \"mine\"\nsource = \"x\"\nverified = false\nthreshold = 10\nfloor = 10\n";
    let bench = Bench::new()
        .file("a/in.csv", format!("area,year,sex,age\n{rows}"))
        .file("own/policies/default.toml", policy)
        .file("a/own/policies/default.toml", policy)
        .file("a/tipstat.toml", run);
    let ran = bench.run("run a/tipstat.toml");
    assert_eq!(ran.code, Some(2));
    has(&ran.stderr, "outside of its folder");
    bench.write("a/tipstat.toml", run.replace("../own", "own"));
    let ran = bench.run("run a/tipstat.toml");
    has(&ran.succeeds().stderr, "`schemas` of the run file replaces built-in schemas: policies/default.toml");
    // A store is tabulated with them as well.
    bench.run("tabulate out/restricted --config a/tipstat.toml --out again").succeeds();
}
