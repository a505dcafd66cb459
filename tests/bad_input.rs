//! Every kind of bad input, with the message that its user reads.

use crate::support::{Bench, CANARY, HEADER, RUN_FILE, small_run};

fn validate(bytes: impl AsRef<[u8]>) -> crate::support::Ran {
    Bench::new().file("in.csv", bytes).run("validate in.csv")
}

#[test]
fn an_empty_file() {
    validate("").fails(
        1,
        "error[file/empty]: the file is empty: there is not even a header\n  --> in.csv\n\
         hint: make the export again, or take the file out of the run\n",
    );
    validate("\n\n  \n").fails(
        1,
        "error[file/empty]: the file is empty: there is not even a header\n  --> in.csv\n\
         hint: make the export again, or take the file out of the run\n",
    );
}

#[test]
fn a_header_only_is_valid_and_said() {
    validate(HEADER).succeeds().says("0 records read").says("warning[file/no-records]");
    let bench = Bench::new().file("records.csv", HEADER).file("tipstat.toml", RUN_FILE);
    bench.run("run").fails(1, "error[limit/nothing-accepted]: the files hold no record: there is nothing to publish\n");
    assert!(!bench.path("out/release").exists());
}

#[test]
fn a_missing_required_column_names_the_near_one() {
    validate("area,year,sexx,age\nKHM,2022,F,17\n").fails(
        1,
        "error[file/missing-column]: the required column `sex` is missing\n  --> in.csv\n   = found: 4 columns\n\
         hint: `tipstat schema show victim` lists the columns that are read\nhint: is it column 3? Its heading is nearly the same\n\
         hint: `tipstat start in.csv` drafts a profile from the file\n",
    );
}

#[test]
fn the_wrong_layout_names_the_one_that_fits() {
    let bench = Bench::new();
    bench.run("generate records -q --records 20 --profile ctdc-kanon --out in.csv");
    bench.run("validate in.csv").fails(
        1,
        "error[file/missing-column]: the required column `area` is missing\n  --> in.csv\n   = found: 28 columns\n\
         hint: the header fits the profile `ctdc-kanon`: try `--profile ctdc-kanon`\n",
    );
}

/// Shells of Windows do not expand patterns, so the program does.
#[test]
fn patterns_are_expanded() {
    let bench = Bench::new().file("b.csv", format!("{HEADER}KHM,2022,F,17\n")).file("a.csv", HEADER);
    bench.run("validate *.csv").succeeds().says("a.csv: 0 records read").says("b.csv: 1 records read");
    bench.run("validate *.tsv").fails(
        2,
        "error: no file matches the pattern\n  --> *.tsv\nhint: patterns are relative to the run file, or to this folder\n",
    );
}

#[test]
fn a_file_without_header_does_not_show_its_first_record() {
    let ran = validate(format!("KHM,2022,F,17,{CANARY}\n"));
    ran.fails(
        1,
        "error[file/missing-column]: the required column `area` is missing\n  --> in.csv\n   = found: 5 columns\n\
         hint: `tipstat schema show victim` lists the columns that are read\n\
         hint: `tipstat start in.csv` drafts a profile from the file\n",
    );
}

#[test]
fn an_unknown_profile_offers_the_nearest() {
    Bench::new()
        .file("in.csv", HEADER)
        .run("validate in.csv --profile ctdc-kannon")
        .fails(
            2,
            "error: there is no profile `ctdc-kannon`\n   = looked in: the schemas in the program\n\
             hint: did you mean `ctdc-kanon`?\nhint: a profile in a file is named by its path: `--profile ./NAME.toml`\n\
             hint: `tipstat start FILE` drafts a profile from your file\n",
        );
}

#[test]
fn a_ragged_row_is_rejected_with_its_line() {
    let bench = Bench::new().file("in.csv", format!("{HEADER}KHM,2022,F,17\nKHM,2022,F\nKHM,2022,F,17,{CANARY}\n"));
    let ran = bench.run("validate in.csv");
    ran.says("3 records read, 1 accepted, 2 rejected, 0 duplicates").says("error[record/ragged]  2    line 3, 4\n");
    ran.fails(
        1,
        "error[limit/rejects]: more records were rejected than the limit allows\n   = found: 2 of 3 records\n   = limit: 0\n\
         hint: correct the source or the profile, or raise `--max-rejects` after looking at the findings\n",
    );
    bench.run("validate in.csv --max-rejects 2").succeeds();
    bench.run("validate in.csv --max-rejects 50%").fails(
        1,
        "error[limit/rejects]: more records were rejected than the limit allows\n   = found: 2 of 3 records\n   = limit: 50%\n\
         hint: correct the source or the profile, or raise `--max-rejects` after looking at the findings\n",
    );
    bench.run("validate in.csv --fail-fast").fails(
        1,
        "error[record/ragged]: the record has more or fewer fields than the header\n  --> in.csv:3\n\
         hint: leave out `--fail-fast` to see all findings\n",
    );
}

#[test]
fn an_unclosed_quote_costs_its_own_line_only() {
    let ran = validate(format!("{HEADER}KHM,2022,F,17\nKHM,2022,\"{CANARY},17\nKHM,2022,M,18\nKHM,2022,F,30\n"));
    ran.says("4 records read, 3 accepted, 1 rejected").says("error[record/unclosed-quote]  1    line 3\n");
}

#[test]
fn invalid_utf8_is_told_and_not_shown() {
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend_from_slice("KHM,2022,F,17\nKHM,2022,Féminin,17\nKHM,2022,M,18\n".as_bytes());
    // A damaged letter in a text that is UTF-8 otherwise.
    let at = bytes.iter().position(|byte| *byte == 0xc3).unwrap();
    bytes.remove(at + 1);
    bytes.extend_from_slice("KHM,2022,Fémin,17\n".as_bytes());
    let ran = validate(&bytes);
    ran.says("4 records read, 2 accepted, 2 rejected");
    ran.says("error[cell/not-utf8]         1  `sex`  line 3; found 7 characters (not shown)\n");
    // Also where the field is optional: a spoilt column must not pass as unknown.
    let ran = validate(b"area,year,sex,age,disability\nKHM,2022,F,17,S\xed\nKHM,2022,F,17,S\xc3\xad\n");
    ran.says("error[cell/not-utf8]           1  `disability`  line 2; found 2 characters (not shown)\n");
    // In a text that is UTF-8 nowhere, the encoding is guessed, and that is said.
    let ran = validate(b"area,year,sex,age\nKHM,2022,F\xe9minin,17\nKHM,2022,F,17\n");
    ran.says("the text is encoded as windows-1252").says("warning[file/encoding-guessed]");
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let plain = validate(format!("{HEADER}KHM,2022,F,17\n"));
    let other = validate(format!("\u{feff}{}KHM,2022,F,17\r\n", HEADER.replace('\n', "\r\n")));
    assert_eq!(plain.stdout, other.stdout);
    plain.succeeds().says("1 records read, 1 accepted, 0 rejected");
}

/// The same content in any encoding that is named or marked gives the same store.
#[test]
fn encodings_that_are_named_or_marked() {
    let text = "pais;anio_deteccion;sexo;edad;fines;discapacidad;observaciones\r\n\
        BRA;2022;Mujer;17;Explotación sexual+Mendicidad;Sí;niña\r\nBRA;2022;Hombre;18 o más;Extracción de órganos;No;\"a;ñ\r\nb\"\r\n";
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(order).collect()
    };
    let bench = Bench::new()
        .file("utf8.csv", text)
        .file("latin.csv", latin)
        .file("le.csv", wide(u16::to_le_bytes))
        .file("be.csv", wide(u16::to_be_bytes));
    let store = |name: &str, flags: &str| {
        let out = name.replace(".csv", "");
        let ran = bench.run(&format!("ingest {name} --profile registro-es --out {out} -q {flags}"));
        ran.succeeds().says("2 records read, 2 accepted, 0 rejected");
        assert!(!ran.stdout.contains("recoded"), "{}", ran.stdout);
        std::fs::read(bench.path(&format!("{out}/store/0001.parquet"))).unwrap()
    };
    let expected = store("utf8.csv", "");
    assert!(store("latin.csv", "--encoding windows-1252") == expected);
    assert!(store("le.csv", "") == expected);
    assert!(store("be.csv", "") == expected);
    bench.run("validate latin.csv --profile registro-es --encoding windows-1251").says("windows-1251");
    bench.run("validate latin.csv --profile registro-es --encoding latin9000").fails(
        2,
        "error: there is no encoding `latin9000`\nhint: valid: `utf-8`, `windows-1252`, `iso-8859-1`, `utf-16le`, `utf-16be`, \
         `windows-1250`, `windows-1251`, `windows-1256`\n",
    );
}

/// Every row has three errors: all are counted, and what is reported of them stays small.
#[test]
fn a_file_of_errors_is_counted_and_not_repeated() {
    let rows = 30_000;
    let text = format!("{HEADER}{}", "QQ9,20222,Q7,17\n".repeat(rows));
    let bench = Bench::new().file("in.csv", text);
    let ran = bench.run("validate in.csv --rejects rejects.parquet --format json --max-rejects 100%");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.len() + ran.stderr.len() < 10_000, "{} bytes", ran.stdout.len());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report[0]["findings"].as_array().unwrap();
    let errors: Vec<_> = findings
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| (finding["column"].as_str().unwrap(), finding["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(errors, [("area", rows as u64), ("year", rows as u64), ("sex", rows as u64)]);
    assert_eq!(report[0]["rejected"], rows as u64);
    // Three entries a row, and hardly a byte for each.
    assert!(std::fs::metadata(bench.path("rejects.parquet")).unwrap().len() < 4 * rows as u64);
}

/// A text that a spreadsheet would compute is shown as a text.
#[test]
fn formulas_are_texts() {
    let text = format!("{HEADER}{}", "KHM,2022,=1+1,17\n".repeat(12));
    let bench = Bench::new().file("in.csv", text);
    bench.run("validate in.csv --unresolved texts.csv --max-rejects 100%");
    let list = std::fs::read_to_string(bench.path("texts.csv")).unwrap();
    assert_eq!(list, "file,column,text,count\nin.csv,sex,'=1+1,12\n");
}

/// A run file may come from somebody else: what it names is next to it, unless whoever runs it allows more.
#[test]
fn a_run_file_names_what_lies_beside_it() {
    let bench = small_run();
    bench.write("elsewhere/tipstat.toml", crate::support::RUN_FILE.replace("records.csv", "../records.csv"));
    bench.run("run elsewhere/tipstat.toml").fails(
        2,
        "error: the run file names a file outside of its folder: `../records.csv`\n\
         hint: if you trust the run file, pass `--allow-outside`; or put the file next to it\n",
    );
    assert!(!bench.path("out").exists());
    bench.run("run elsewhere/tipstat.toml --allow-outside").succeeds();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../records.csv", bench.path("elsewhere/linked.csv")).unwrap();
        bench.write("elsewhere/tipstat.toml", crate::support::RUN_FILE.replace("records.csv", "link*.csv"));
        let ran = bench.run("run elsewhere/tipstat.toml --force");
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains("outside of its folder: `link*.csv`"), "{}", ran.stderr);
    }
}

#[test]
fn other_formats_are_named() {
    validate(b"PK\x03\x04rest").fails(
        1,
        "error[file/not-text]: the file is a ZIP file, and no workbook that can be read\n  --> in.csv\n\
         hint: take away its password, or save the sheet as CSV in UTF-8\n",
    );
    validate(b"a\0\0\0b\0c\x01").fails(
        1,
        "error[file/not-text]: the file is binary data, not delimited text\n  --> in.csv\nhint: save it as CSV in UTF-8\n",
    );
    validate(b" [\n {\"area\": \"KHM\"}, ").fails(
        1,
        "error[file/not-text]: the file is one JSON array\n  --> in.csv\n\
         hint: write one record a line, without commas between them: `jq -c '.[]' FILE` does so\n",
    );
    let wide: String = (0..20_000).map(|column| format!("{column},")).collect();
    validate(wide).fails(
        1,
        "error[file/too-wide]: the header has more than 16384 columns, or no end\n  --> in.csv\n\
         hint: check the delimiter, or export the columns that are needed\n",
    );
}

#[test]
fn a_folder_in_place_of_a_file() {
    Bench::new().file("in.csv/a.csv", HEADER).run("validate in.csv").fails(
        2,
        "error: cannot read the file: it is a folder\n  --> in.csv\n\
         hint: name the files in it, or use a pattern such as `in.csv/*.csv`\n",
    );
}

#[test]
fn a_file_that_is_not_there() {
    let bench = small_run();
    std::fs::remove_file(bench.path("records.csv")).unwrap();
    bench.run("run").fails(
        2,
        "error: cannot read the file: there is no such file\n  --> records.csv\nhint: check the name and the folder\n",
    );
    assert!(!bench.path("out/release").exists());
}

/// The second file vanishes while the first is read: the run notices when it comes to it, and publishes nothing.
#[test]
fn a_file_that_vanishes_during_the_run() {
    let bench = small_run();
    let run = RUN_FILE.replace("path = \"records.csv\"", "path = \"*.csv\"");
    bench.write("tipstat.toml", run);
    bench.write("zz.csv", HEADER);
    let big = format!("{HEADER}{}", "KHM,2022,F,17\n".repeat(1_500_000));
    bench.write("records.csv", big);
    let mut child = bench.command("run -q").stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::fs::remove_file(bench.path("zz.csv")).unwrap();
    let code = child.wait().unwrap().code();
    // Where the removal came before the pattern was read, the run is right to continue without the file.
    assert!(code == Some(2) || code == Some(0), "{code:?}");
    assert_eq!(bench.path("out/release").exists(), code == Some(0));
}

#[cfg(unix)]
#[test]
fn no_permission_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let bench = small_run();
    std::fs::create_dir(bench.path("locked")).unwrap();
    std::fs::set_permissions(bench.path("locked"), std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(bench.path("locked/probe"), "").is_ok() {
        // The superuser may write everywhere: the other half of the test would prove nothing.
        std::fs::remove_file(bench.path("locked/probe")).unwrap();
        bench.write("file", "");
        bench.run("run --out file/out").fails(2, "error: cannot make the folder: not a directory\n  --> file/out\n");
        return;
    }
    bench.run("run --out locked/out").fails(
        2,
        "error: cannot make the folder: permission denied\n  --> locked/out\n\
         hint: choose a file or folder that you may use, or ask for the right\n",
    );
}

#[test]
fn a_direct_identifier_is_refused_before_any_row_is_read() {
    validate(format!("area,year,sex,age,First Name\nKHM,2022,F,17,{CANARY}\n")).fails(
        1,
        "error[file/direct-identifier]: a column looks like a direct identifier; the file was not read\n  --> in.csv:1, column 5\n\
         hint: remove the column where the file is made: names, contacts and identity numbers never leave the case system\n\
         hint: where the column must stay in the file, list the headings under `[drop] columns` of a profile: then nothing of them is read\n",
    );
}

#[test]
fn a_repeated_column_is_refused() {
    validate("area,year,sex,age,sex\nKHM,2022,F,17,F\n").fails(
        1,
        "error[file/repeated-column]: two columns have the same name\n  --> in.csv:1, columns 3 and 5\nhint: rename or remove one of them\n",
    );
}

#[test]
fn an_unknown_key_in_a_run_file_names_the_nearest() {
    let bench = small_run().file("tipstat.toml", RUN_FILE.replace("title", "titel"));
    bench.run("run").fails(
        2,
        "error: unknown key `titel`\n  --> tipstat.toml:3\n   = valid: `id`, `title`, `policy`, `licence`, `synthetic`, `draft`, `rounding_key_file`\n\
         hint: did you mean `title`?\n",
    );
}

#[test]
fn an_unknown_table_policy_or_scheme_names_the_nearest() {
    let bench = small_run().file("tipstat.toml", RUN_FILE.replace("victims-by-profile", "victim-by-profile"));
    bench.run("run").fails(
        2,
        "error: there is no table or pack of tables `victim-by-profile`\nhint: did you mean `victims-by-profile`?\n\
         hint: `tipstat indicator list` names them all\n",
    );
    let bench = small_run().file("tipstat.toml", RUN_FILE.replace("synthetic = true", "policy = \"defualt\""));
    bench.run("run").fails(
        2,
        "error: there is no policy `defualt`\n   = looked in: the schemas in the program\n\
         hint: did you mean `default`?\nhint: a folder with `policies/NAME.toml` is named by `--schemas DIR`\n\
         hint: `tipstat policy list` names them all\n",
    );
}

#[test]
fn a_policy_below_the_floor_is_refused() {
    let policy = "id = \"mild\"\ntitle = \"\"\nsource = \"\"\nverified = false\nthreshold = 3\nfloor = 2\n";
    let bench = small_run()
        .file("own/policies/mild.toml", policy)
        .file("tipstat.toml", RUN_FILE.replace("synthetic = true", "policy = \"mild\""));
    bench.run("run --schemas own").fails(
        1,
        "error[policy/floor]: the threshold 3 is below the floor 5\n  --> policies/mild.toml\n\
         hint: raise `threshold` to at least 5\n",
    );
}

/// A shifted column puts a name into every field: nothing of it may be shown, whatever the field.
#[test]
fn values_of_any_field_stay_hidden() {
    let header = "area,year,sex,age,form,citizenship,migratory_status,disability,income,race,ethnicity,location,identification,person_id,count";
    let columns = header.split(',').count();
    for shifted in 0..columns {
        let mut row =
            vec!["KHM", "2022", "F", "17", "SEX", "VNM", "NAT_RES", "PD", "Q1", "", "", "U", "IDENTIFIED", "p1", "1"];
        row[shifted] = CANARY;
        let bench = Bench::new().file("in.csv", format!("{header}\n{}\n", row.join(",")));
        bench.run("validate in.csv");
        bench.run("validate in.csv --format json");
        bench.run("validate in.csv --fail-fast -v");
        bench.run("ingest in.csv --out store");
    }
}
