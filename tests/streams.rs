//! A message that cannot be printed loses no run, and an answer that cannot be printed is not a success.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};

use crate::support::{Bench, contents, small_run};

/// A pipe whose reader is gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A device that is always full, where the system has one.
fn full() -> Option<Stdio> {
    OpenOptions::new().write(true).open("/dev/full").ok().map(File::into)
}

fn code(mut command: Command) -> Option<i32> {
    command.status().unwrap().code()
}

/// Command lines with messages on stderr, and their exit codes.
const LINES: [(&str, i32); 7] = [
    ("run --force", 0),
    ("ingest records.csv --schema victim --out store --force", 0),
    ("validate broken.csv --schema victim", 1),
    ("run no-such-file.toml", 2),
    ("no-such-command", 2),
    ("schema show no-such-schema", 2),
    ("generate records --records 5 --seed 1 --out made.csv --force", 0),
];

fn bench() -> Bench {
    small_run().file("broken.csv", "area,year,sex,age\nKHM,2022,?,Y_GE18\n")
}

#[test]
fn a_closed_or_full_stderr_loses_nothing() {
    let bench = bench();
    bench.run("run").succeeds();
    let expected = contents(&bench.path("out/release"));
    for (line, expected) in LINES {
        let mut command = bench.command(line);
        command.stdout(Stdio::null()).stderr(closed());
        assert_eq!(code(command), Some(expected), "{line} with a closed stderr");
        if let Some(full) = full() {
            let mut command = bench.command(line);
            command.stdout(Stdio::null()).stderr(full);
            assert_eq!(code(command), Some(expected), "{line} with a full stderr");
        }
    }
    assert!(contents(&bench.path("out/release")) == expected);
}

/// Command lines whose answer is on stdout.
const ANSWERS: [&str; 9] = [
    "--help",
    "--version",
    "schema list",
    "schema show victim",
    "man",
    "completions bash",
    "generate records --records 30000 --seed 1 --out -",
    "run --force",
    "validate records.csv --schema victim --format json",
];

/// Linux has a file that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_no_success() {
    let bench = bench();
    for line in ANSWERS {
        let mut command = bench.command(line);
        command.stdout(full().unwrap()).stderr(Stdio::null());
        assert_eq!(code(command), Some(2), "{line}");
    }
    let mut command = bench.command("schema list");
    let ran = command.stdout(full().unwrap()).stderr(Stdio::piped()).output().unwrap();
    let message = String::from_utf8(ran.stderr).unwrap();
    assert!(message.starts_with("error: cannot print the answer: the disk is full\n"), "{message}");
    let mut command = bench.command("--help");
    let ran = command.stdout(full().unwrap()).stderr(Stdio::piped()).output().unwrap();
    let message = String::from_utf8(ran.stderr).unwrap();
    assert!(message.starts_with("error: cannot print the answer: the disk is full\n"), "{message}");
}

/// Before `main`, Rust opens /dev/null in place of a closed stdout, so no output gets its number and no answer is written into
/// it. The program cannot find out that it was closed.
#[test]
fn a_closed_stdout_loses_nothing() {
    let bench = bench();
    bench.run("run").succeeds();
    let expected = contents(&bench.path("out/release"));
    for line in ["run --force", "ingest records.csv --schema victim --out store --force", "schema list"] {
        let program = bench.command("");
        let mut command = Command::new("sh");
        command.current_dir(bench.path("")).args(["-c", &format!("exec \"$0\" {line} >&- 2>&-")]);
        command.arg(program.get_program());
        assert_eq!(code(command), Some(0), "{line}");
    }
    assert!(contents(&bench.path("out/release")) == expected);
    bench.run("verify out/release").succeeds();
    bench.run("cube store --dims sex --out cube.parquet").succeeds();
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let bench = bench();
    for line in ANSWERS {
        let mut command = bench.command(line);
        command.stdout(closed()).stderr(Stdio::piped()).arg("--no-progress");
        let ran = command.output().unwrap();
        let message = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!((ran.status.code(), message.as_str()), (Some(0), ""), "{line}");
    }
}
