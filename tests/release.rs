//! A release appears whole or not at all, and is the same wherever and however it is made.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Bench, CANARY, HEADER, contents, files_below, small_run};

#[test]
fn a_second_run_refuses_to_overwrite() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    let before = contents(&bench.path("out/release"));
    bench.run("run").fails(
        1,
        "error[release/exists]: the output exists already and was left as it is\n  --> out/release\n\
         hint: choose another place with `--out`, or pass `--force` to replace it\n",
    );
    assert_eq!(contents(&bench.path("out/release")), before);
    bench.run("run -q --force").succeeds().says("(replaced)");
    assert_eq!(contents(&bench.path("out/release")), before, "a second run gives the same bytes");
}

#[test]
fn a_dry_run_writes_nothing() {
    let bench = small_run();
    bench.run("run -q --dry-run").succeeds().says("dry run: nothing was written");
    assert!(!bench.path("out").exists());
}

#[test]
fn a_failed_run_leaves_the_former_release() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    let before = contents(&bench.path("out"));
    bench.write("records.csv", format!("{HEADER}{}", "??,2022,F,17\n".repeat(50)));
    let ran = bench.run("run -q --force");
    ran.fails(
        1,
        "error[limit/nothing-accepted]: no record was accepted\n   = finding: 50 x cell/not-in-codelist in records.csv, column `area`, first lines 2, 3, 4\n\
         hint: look at the findings above: the profile may be the wrong one\n",
    );
    assert_eq!(contents(&bench.path("out")), before);
}

/// The run is killed at different moments; each time the previous release is whole, and the next run works.
#[test]
fn a_killed_run_leaves_the_former_release() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    let before = contents(&bench.path("out/release"));
    bench.write("records.csv", format!("{HEADER}{}", "KHM,2022,F,17\nKHM,2022,M,18\n".repeat(400_000)));
    let mut killed = 0;
    for wait in [20, 60, 120, 250] {
        let mut child = bench.command("run -q --force").stdout(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(wait) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        let code = child.wait().unwrap().code();
        bench.run("verify out/release").succeeds();
        if code == Some(0) {
            break;
        }
        assert_eq!(contents(&bench.path("out/release")), before);
    }
    assert!(killed > 0, "no run lived long enough to be killed");
    bench.run("run -q --force").succeeds();
    bench.run("verify out/release").succeeds();
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    use std::io::BufRead;
    let bench = small_run();
    bench.write("records.csv", format!("{HEADER}{}", "KHM,2022,F,17\nKHM,2022,M,18\n".repeat(1_500_000)));
    let mut child = bench.command("run").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    // The records are being read now, however slow the machine is.
    assert!(lines.any(|line| line == "tipstat: read records.csv"));
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(rest.last().map(String::as_str), Some("stopped: before the end; nothing was published"));
    assert!(!bench.path("out").exists(), "the stage was removed, and the folder that was made for it");
}

#[test]
fn verify_finds_every_change() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    bench.run("verify out/release").succeeds().says("all as the manifest says");
    bench.write("out/release/extra.csv", "");
    bench.write("out/release/labels.csv", "changed");
    std::fs::remove_file(bench.path("out/release/tables/victims-by-profile.csv")).unwrap();
    bench.run("verify out/release").fails(
        1,
        "error[release/differs]: the release `small` is not what its manifest says\n  --> out/release\n\
         \x20  = changed: labels.csv\n   = missing: tables/victims-by-profile.csv\n   = not in the manifest: extra.csv\n\
         hint: do not use it; get the release again from its publisher\n",
    );
    bench.run("verify nowhere").fails(
        2,
        "error: there is no release here: `manifest.json` is missing\n  --> nowhere\nhint: name the folder `release` that `tipstat run` made\n",
    );
}

/// Sensitive values in accepted and rejected records: neither the release nor the restricted files may hold them.
#[test]
fn no_value_of_a_record_is_written_anywhere() {
    let bench = small_run();
    let mut records =
        std::fs::read_to_string(bench.path("records.csv")).unwrap().replacen("age\n", "age,person_id,form\n", 1);
    records = records.replace("Y0T17\n", "Y0T17,,SEX\n").replace("Y_GE18\n", "Y_GE18,,LAB\n");
    records.push_str(&format!("KHM,2022,F,17,{CANARY},SEX\nKHM,2022,{CANARY},17,x,SEX\nKHM,2022,F,17,y,{CANARY}\n"));
    bench.write("records.csv", records);
    bench.run("run").succeeds();
    for (name, bytes) in contents(&bench.path("out")) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(CANARY), "{name}");
    }
}

/// What is public shows neither exact counts of the run nor where it was made.
#[test]
fn the_release_tells_no_exact_count_and_no_path() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    let manifest = std::fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
    for word in ["accepted", "rejected", "records\"", "threads", "seed"] {
        assert!(!manifest.contains(word), "{word}");
    }
    for (name, bytes) in contents(&bench.path("out/release")) {
        let text = String::from_utf8_lossy(&bytes);
        let folder = bench.path("");
        assert!(!text.contains(&*folder.to_string_lossy()) && !text.contains("records.csv"), "{name}");
        let is_plain = name.ends_with(".csv") || name == "SHA256SUMS";
        assert!(text.contains("SYNTHETIC") || text.contains("synthetic") || is_plain, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn restricted_files_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let bench = small_run();
    bench.run("run -q").succeeds();
    let mode = |name: &str| std::fs::metadata(bench.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("out/restricted"), 0o700);
    assert_eq!(mode("out/release"), 0o755);
    // A release is public whatever its folder is called, and a store is not.
    bench.run("tabulate out/restricted --tables victims-detected --out public -q").succeeds();
    bench.write("plain.txt", "x");
    assert_eq!([mode("public"), mode("public/report.html")], [0o755, mode("plain.txt")]);
    bench.run("ingest records.csv --schema victim --out release -q --max-rejects 100%").succeeds();
    assert_eq!([mode("release"), mode("release/run.json")], [0o700, 0o600]);
}

/// `--force` replaces what the program has written, and no folder in which somebody keeps something else.
#[test]
fn a_folder_with_somebodys_file_is_not_replaced() {
    let bench = small_run();
    bench.run("ingest records.csv --schema victim --out kept -q --max-rejects 100%").succeeds();
    bench.write("kept/.DS_Store", "x");
    bench.run("ingest records.csv --schema victim --out kept --force -q --max-rejects 100%").succeeds();
    bench.write("kept/notes/letter.docx", "x");
    let ran = bench.run("ingest records.csv --schema victim --out kept --force -q --max-rejects 100%");
    ran.refuses("error[release/exists]").refuses("notes/letter.docx");
    assert!(bench.path("kept/notes/letter.docx").exists() && bench.path("kept/run.json").exists());
    // Of a release the manifest says what is the program's.
    bench.run("run -q").succeeds();
    bench.write("out/release/tables/own.csv", "x");
    bench.run("run -q --force").refuses("tables/own.csv");
    assert!(bench.path("out/release/tables/own.csv").exists());
}

/// Suppressed, zero and not collected are three different things in a released file.
#[test]
fn suppressed_zero_and_missing_differ() {
    let mut records = "area,year,sex,age,disability\n".to_owned();
    for (count, row) in [
        (30, "KHM,2022,F,17,PD\n"),
        (40, "KHM,2022,F,30,PWD\n"),
        (3, "KHM,2022,M,17,PD\n"),
        (50, "KHM,2022,M,30,PWD\n"),
        (60, "PHL,2022,F,30,_X\n"),
        (60, "PHL,2022,M,17,_X\n"),
    ] {
        records.push_str(&row.repeat(count));
    }
    let bench = small_run().file("records.csv", records);
    bench.write("tipstat.toml", crate::support::RUN_FILE.replace("victims-by-profile", "victims-by-disability"));
    bench.run("run -q").succeeds();
    let csv = std::fs::read_to_string(bench.path("out/release/tables/victims-by-disability.csv")).unwrap();
    let find = |start: &str| {
        let found = csv.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no row {start}")).to_owned()
    };
    // Three boys with a disability: suppressed, with what a reader can infer.
    let boys = find("victims-by-disability,DETV_N,KHM,_T,PD,M,Y0T17,");
    assert!(boys.contains(",,Q,C,") && !boys.contains(",3,"), "{boys}");
    // None of the kind: zero.
    assert!(find("victims-by-disability,DETV_N,KHM,_T,PWD,F,Y0T17,").contains(",0,A,F,,,"));
    // A country that does not collect the dimension: no value, and no zero.
    assert!(find("victims-by-disability,DETV_N,PHL,_T,PD,F,_T,").contains(",,L,F,,,"));
}

#[test]
fn no_input_is_a_clear_error() {
    let bench = Bench::new();
    bench.run("run").fails(
        2,
        "error: there is no such run file\n  --> tipstat.toml\n\
         hint: name one: `tipstat run path/to/tipstat.toml`\n\
         hint: or draft one from your file: `tipstat start FILE`\n",
    );
}

/// pandas with pyarrow 20 to 22 opens no file that has a dictionary whose indices are unsigned.
#[test]
fn no_parquet_file_has_unsigned_indices() {
    use arrow::datatypes::DataType;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age\n{}", "KHM,2021,F,30\n".repeat(20)));
    bench.run("ingest in.csv --schema victim --out store").succeeds();
    bench.run("tabulate store --tables victims-by-profile --out rel").succeeds();
    bench.run("cube store --dims sex,age@group --out cube.parquet").succeeds();
    bench.run("cube store --dims sex,age@group --out tables/").succeeds();
    let mut seen = 0;
    for path in files_below(&bench.path("")).iter().map(|path| bench.path("").join(path)) {
        let is_parquet = path.extension().is_some_and(|extension| extension == "parquet");
        let Some(file) = is_parquet.then(|| std::fs::File::open(&path).unwrap()) else { continue };
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        for field in builder.schema().fields() {
            if let DataType::Dictionary(keys, _) = field.data_type() {
                assert!(keys.is_signed_integer(), "{}: {}", path.display(), field.name());
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}
