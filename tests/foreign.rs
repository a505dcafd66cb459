//! What comes from others commands neither the terminal nor a spreadsheet nor a browser, and a run file looks at no other folder.

use std::fs;

use serde_json::Value;

use crate::support::{Bench, HEADER, RUN_FILE, files_below, small_run};

/// An escape that colours, one that titles the window, a mark that turns the line round, and a line of its own.
const HOSTILE: &str = "\u{1b}[31mred\u{1b}]0;owned\u{7}\u{202e}txt\u{9b}1m\u{2066}\u{61c}\u{e0041}";

/// Returns whether a terminal obeys some of a text.
fn commands(text: &str) -> bool {
    let turns = |c: char| {
        let is_mark = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}');
        is_mark || ('\u{2060}'..='\u{206f}').contains(&c) || ('\u{e0000}'..='\u{e007f}').contains(&c)
    };
    text.chars().any(|c| (c.is_control() && c != '\n') || turns(c))
}

#[test]
fn terminal_escapes_are_shown_and_not_sent() {
    let heading = format!("{}{HOSTILE}", HEADER.trim_end().to_owned() + ",note");
    let records = format!("{heading}\n{}", "KHM,2022,F,Y_GE18,x\n".repeat(30));
    let run_file = RUN_FILE.replace("A small release", "A \\u001b[31mred \\u202erelease");
    let bench = small_run().file("heading.csv", records).file("named.toml", &run_file);
    bench.write("odd.toml", run_file.replace("id = \"small\"", "id = \"x\\u001b[2J\\u202e\""));
    bench.run("run").succeeds();
    let manifest = fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
    bench.write("partner/manifest.json", manifest.replace("\"small\"", "\"\\u001b]0;x\\u0007\\u202e\""));
    let lines = [
        "validate heading.csv --schema victim",
        "validate heading.csv --schema victim --format json",
        "schema infer heading.csv",
        "run named.toml --out named",
        "run odd.toml --out odd",
        "combine odd/release --tables victims-by-profile --out region",
        "verify odd/release",
        "verify partner",
        "verify partner --format json",
        "explain \u{1b}[31m",
        "explain \u{1b}[31m --format json",
        "validate \u{1b}[31m.csv --schema victim",
        "validate heading.csv --schema \u{202e}victim",
        "validate heading.csv --set sex=\u{1b}[31m --schema victim",
        "\u{1b}[31m",
        "run --no-such-flag\u{1b}[31m",
    ];
    for line in lines {
        let ran = bench.run(line);
        // The draft is a document, and is sent as it is to what is not a terminal. It escapes by itself what TOML does not hold.
        assert!(!commands(&ran.stdout), "{line}: {:?}", ran.stdout);
        assert!(!commands(&ran.stderr), "{line}: {:?}", ran.stderr);
    }
    // A heading that holds a control may be a value, and is not shown at all.
    bench.run("validate heading.csv --schema victim").says("column 5");
    bench.write("turned.csv", format!("{},note\u{202e}txt\n{}", HEADER.trim_end(), "KHM,2022,F,Y_GE18,x\n".repeat(30)));
    bench.run("validate turned.csv --schema victim").says(r"`note\u{202e}txt`");
    let html = fs::read_to_string(bench.path("named/release/report.html")).unwrap();
    assert!(!commands(&html) && html.contains(r"A \u{1b}[31mred \u{202e}release"));
}

#[test]
fn a_line_end_in_a_name_makes_no_line_of_its_own() {
    let records = format!("\"area\",year,sex,age,\"note\nerror: all is lost\"\n{}", "KHM,2022,F,Y_GE18,x\n".repeat(30));
    let bench = Bench::new().file("in.csv", records);
    let ran = bench.run("validate in.csv --schema victim");
    assert!(!ran.stdout.lines().any(|line| line.starts_with("error: all")), "{}", ran.stdout);
    let ran = bench.run("explain x\nhint:forged");
    assert!(!ran.stderr.lines().any(|line| line.starts_with("hint:forged")), "{}", ran.stderr);
}

/// A country's own list with a label that is a formula, and a table with one in its title.
fn with_formulas() -> Bench {
    let formula = r#"=HYPERLINK("http://x/","y")"#;
    let list = fs::read_to_string(crate::support::project().join("schemas/codelists/CL_SEX@1.csv")).unwrap();
    let list: String = list
        .lines()
        .map(|line| match line.strip_prefix("F,,") {
            Some(rest) => format!("F,,\"{}\",{}\n", formula.replace('"', "\"\""), rest.split_once(',').unwrap().1),
            None => format!("{line}\n"),
        })
        .collect();
    let table =
        fs::read_to_string(crate::support::project().join("schemas/indicators/victims-by-profile.toml")).unwrap();
    let titled: String =
        table
            .lines()
            .map(|line| {
                if line.starts_with("en = ") { "en = \"+cmd|' /C calc'!A0\"\n".to_owned() } else { format!("{line}\n") }
            })
            .collect();
    small_run().file("own/codelists/CL_SEX@1.csv", list).file("own/indicators/victims-by-profile.toml", titled)
}

#[test]
fn no_cell_of_a_csv_file_is_a_formula() {
    let bench = with_formulas();
    bench.run("run --schemas own").succeeds();
    bench.run("ingest records.csv --schema victim --out store").succeeds();
    bench.run("combine store --schemas own --tables victims-by-profile --out region").succeeds();
    let mut neutral = 0;
    for folder in ["out/release", "region"] {
        let names = files_below(&bench.path(folder));
        for name in names.into_iter().filter(|name| name.extension().is_some_and(|ending| ending == "csv")) {
            let path = bench.path(folder).join(&name);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&path).unwrap();
            for record in reader.records() {
                for cell in &record.unwrap() {
                    let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                    assert!(!begins || cell.parse::<f64>().is_ok(), "{}: {cell}", name.display());
                    neutral += usize::from(cell.starts_with("'=") || cell.starts_with("'+"));
                }
            }
        }
    }
    assert!(neutral >= 4, "labels and definitions of both releases: {neutral}");
}

#[test]
fn the_report_lets_a_browser_load_nothing() {
    let bench = small_run();
    let title = "<img src=http://x/ onerror='alert(1)'><script>alert(1)</script>";
    bench.write("tipstat.toml", RUN_FILE.replace("A small release", title));
    bench.run("run").succeeds();
    let html = fs::read_to_string(bench.path("out/release/report.html")).unwrap();
    let head = html.split("<title>").next().unwrap();
    assert!(head.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"), "{head}");
    for tag in ["<img", "<script", "<link", "<iframe", " onerror='"] {
        assert!(!html.contains(tag), "{tag}");
    }
    // Links lead to a place in the page or to a file of the release.
    let links: Vec<&str> = html.split("href=\"").skip(1).collect();
    assert!(links.len() > 2 && links.iter().all(|link| link.starts_with('#') || link.starts_with("tables/")));
}

#[test]
fn a_pattern_is_refused_before_a_folder_is_listed() {
    let bench = Bench::new();
    // A folder that takes seconds to walk, and one within reach of the way up.
    bench.write("outside/a.csv", HEADER);
    for folder in 0..60 {
        for name in 0..20 {
            fs::create_dir_all(bench.path(&format!("outside/{folder}/{name}/x"))).unwrap();
        }
    }
    for pattern in
        ["/**/*.x", "../../**", "../../**/*.csv", "../../outside/*.csv", "*/../../../outside/*.csv", "/*/*.csv"]
    {
        let text = RUN_FILE.replace("path = \"records.csv\"", &format!("path = \"{pattern}\""));
        bench.write("in/sub/tipstat.toml", text);
        fs::create_dir_all(bench.path("in/sub/folder")).unwrap();
        let began = std::time::Instant::now();
        let ran = bench.run("run in/sub/tipstat.toml");
        assert!(ran.stderr.contains("the run file names a file outside of its folder"), "{pattern}: {}", ran.stderr);
        ran.code_is(2);
        assert!(began.elapsed().as_secs() < 5, "{pattern} was walked");
    }
}

#[cfg(unix)]
#[test]
fn a_pattern_enters_no_folder_through_a_link() {
    let bench = small_run();
    bench.write("in/tipstat.toml", RUN_FILE.replace("records.csv", "*/records.csv"));
    std::os::unix::fs::symlink(bench.path(""), bench.path("in/link")).unwrap();
    bench.run("run in/tipstat.toml").fails(
        2,
        "error: no file matches the pattern\n  --> */records.csv\nhint: patterns are relative to the run file, or to this folder\n",
    );
    bench.run("run in/tipstat.toml --allow-outside").succeeds();
}

#[test]
fn a_schema_that_replaces_a_built_in_one_is_announced_and_listed() {
    let bench = small_run();
    let policy = fs::read_to_string(crate::support::project().join("schemas/policies/default.toml")).unwrap();
    let weak = policy.replace("threshold = 10", "threshold = 5");
    assert!(weak != policy);
    bench.write("own/policies/default.toml", &weak);
    // The same text with other line ends overrides nothing, nor does a new name.
    let same = fs::read_to_string(crate::support::project().join("schemas/policies/unodc.toml")).unwrap();
    bench.write("own/policies/unodc.toml", same.replace('\n', "\r\n"));
    bench.write("own/policies/mine.toml", weak.replace("id = \"default\"", "id = \"mine\""));
    let announced = "warning: `--schemas` replaces built-in schemas: policies/default.toml\n";
    let digest = blake3::hash(weak.as_bytes()).to_hex().to_string();
    let overrides = |file: &str| -> Value {
        let manifest: Value = serde_json::from_slice(&fs::read(bench.path(file)).unwrap()).unwrap();
        manifest["overrides"].clone()
    };
    let expected = serde_json::json!([{ "path": "policies/default.toml", "blake3": digest }]);
    for (line, manifest) in [
        ("run --schemas own", "out/release/manifest.json"),
        ("ingest records.csv --schema victim --schemas own --out store", ""),
        ("tabulate store --schemas own --tables victims-by-profile --out tables", "tables/manifest.json"),
        ("combine store --schemas own --tables victims-by-profile --out region", "region/manifest.json"),
        ("validate records.csv --schema victim --schemas own", ""),
        // Whoever looks up what a name means is warned as well, and so is who asked for quiet.
        ("policy show default --schemas own -q", ""),
        ("policy list --schemas own", ""),
        ("schema list --schemas own", ""),
        ("schema show default --schemas own", ""),
        ("profile list --schemas own", ""),
        ("indicator list --schemas own", ""),
        ("explain --schemas own", ""),
        ("run --schemas own --dry-run -q", ""),
    ] {
        let ran = bench.run(line);
        assert!(ran.succeeds().stderr.contains(announced), "{line}: {}", ran.stderr);
        if !manifest.is_empty() {
            assert_eq!(overrides(manifest), expected, "{line}");
        }
    }
    assert_eq!(overrides("out/restricted/run.json"), expected);
    let verified = bench.run("verify out/release -q --format json");
    let warning = "warning: the release was made with schemas that replace built-in ones: policies/default.toml\n";
    assert_eq!(verified.succeeds().stderr, warning);
    let printed: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(printed["overrides"], expected);
    bench.run("run --out plain").succeeds();
    assert_eq!(overrides("plain/release/manifest.json"), Value::Null);
}

#[test]
fn a_table_of_a_foreign_schema_is_not_written_elsewhere() {
    let bench = small_run();
    bench.run("ingest records.csv --schema victim --out store").succeeds();
    let table =
        fs::read_to_string(crate::support::project().join("schemas/indicators/victims-by-profile.toml")).unwrap();
    for id in ["../../../evil", "/tmp/evil", "a/b", "..\\\\evil", "c:evil", "nul", "a\\u001b[2J"] {
        let changed = table.replacen("\"victims-by-profile\"", &format!("\"{id}\""), 1);
        assert!(changed != table);
        bench.write("own/indicators/mine.toml", changed);
        for line in [
            "tabulate store --schemas own --tables glotip --out a/b/tables",
            "schema check --schemas own",
            "indicator list --schemas own",
        ] {
            let ran = bench.run(line);
            ran.refuses("error[schema/check]").refuses("  --> indicators/mine.toml").refuses("cannot name a table");
            assert!(!ran.stderr.contains('\u{1b}'));
        }
        assert!(!bench.path("a/b/tables").exists());
    }
    let made = crate::support::files_below(&bench.path(""));
    assert!(!made.iter().any(|path| path.to_string_lossy().contains("evil")), "{made:?}");
}

/// A thread that waited for the engine began the next table on top of the first, and 120 tables overflowed its stack.
#[test]
fn any_number_of_tables_is_made_at_once() {
    let bench = small_run();
    bench.run("ingest records.csv --schema victim --out store").succeeds();
    for number in 0..150 {
        let measure = "formula = \"count\"\nunit = \"NUMBER\"\ntitle = { en = \"Victims\" }\n";
        let table = format!(
            "id = \"t{number}\"\ncatalogue = \"V05\"\nparagraph = \"P\"\npacks = [\"mine\"]\ndimensions = [\"REF_AREA\", \
             \"TIME_PERIOD\", \"SEX\"]\n[title]\nen = \"Table\"\n[[measure]]\nid = \"M{number}\"\n{measure}"
        );
        bench.write(&format!("own/indicators/t{number}.toml"), table);
    }
    for command in ["tabulate", "combine"] {
        bench.run(&format!("{command} store --schemas own --tables mine --out {command} -q")).succeeds();
        assert!(bench.path(&format!("{command}/tables/t149.csv")).exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    // `año` in Latin-1, as old disks have it.
    let name = OsStr::from_bytes(b"a\xf1o-2022.csv");
    let bench = small_run();
    let records = fs::read(bench.path("records.csv")).unwrap();
    fs::create_dir(bench.path("in")).unwrap();
    fs::write(bench.path("in").join(name), records).unwrap();
    fs::write(bench.path("in/tipstat.toml"), RUN_FILE.replace("records.csv", "a*.csv")).unwrap();
    bench.run("run in/tipstat.toml").succeeds().says(r"a\xf1o-2022.csv: 250 records read, 250 accepted");
    let mut command = bench.command("ingest --schema victim --out store --quarantine kept");
    let ran = command.arg(bench.path("in").join(name)).output().unwrap();
    assert!(String::from_utf8_lossy(&ran.stdout).starts_with(r"in/a\xf1o-2022.csv: 250 records read, 250 accepted"));
    assert_eq!(ran.status.code(), Some(0));
    // A folder whose name is not text holds a run file with its own regions.
    let folder = bench.path("x").with_file_name(OsStr::from_bytes(b"\xff\xfe"));
    fs::rename(bench.path("in"), &folder).unwrap();
    let text = fs::read_to_string(folder.join("tipstat.toml")).unwrap() + "regions = \"own.csv\"\n";
    fs::write(folder.join("tipstat.toml"), text).unwrap();
    fs::write(folder.join("own.csv"), "code,parent,en\nWORLD,,World\nKHM,WORLD,\n").unwrap();
    let mut command = bench.command("run --out other");
    let ran = command.arg(folder.join("tipstat.toml")).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}
