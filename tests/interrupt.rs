//! Ctrl-C is answered within a second in every stage of every command, and leaves nothing behind.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Bench, contents};

/// The promise is a second; tests run on machines that do much else.
const LIMIT: Duration = Duration::from_secs(5);

fn start(bench: &Bench, line: &str) -> Child {
    bench.command(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends the signal of Ctrl-C; returns the exit code, and how long the answer took.
fn stop(child: &mut Child) -> (Option<i32>, Duration) {
    let began = Instant::now();
    let kill = |child: &Child| Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    kill(child);
    // A signal that is ignored before the program listens would be waited for until the run is over.
    while is_ignored() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
        kill(child);
    }
    let code = child.wait().unwrap().code();
    (code, began.elapsed())
}

/// Returns whether programs ignore the signal from their start, as those of a shell in the background do (`cargo test &`).
fn is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << 1) != 0)
}

/// What the program itself has left in the folder, and in `made` which was not there before.
fn left(bench: &Bench, made: &[&str]) -> Vec<String> {
    let names = std::fs::read_dir(bench.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".tipstat") || made.contains(&name.as_str())).collect()
}

#[test]
fn every_stage_of_a_run_is_stopped() {
    let bench = Bench::new().with_sample();
    let mut stopped = 0;
    for stage in ["prepare", "ingest", "aggregate", "protect", "evaluate", "disseminate"] {
        let mut child = start(&bench, "run tipstat.toml");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == format!("tipstat: {stage}")), "{stage}");
        // The middle of a stage, and not its begin, where the program looks up.
        std::thread::sleep(Duration::from_millis(30));
        let (code, took) = stop(&mut child);
        let rest: Vec<String> = lines.collect();
        if code == Some(0) {
            // The end was nearer than the answer.
            assert!(stage == "disseminate" && bench.path("out/release/manifest.json").exists(), "{stage}");
            std::fs::remove_dir_all(bench.path("out")).unwrap();
            continue;
        }
        assert_eq!(code, Some(130), "{stage}: {rest:?}");
        assert!(took < LIMIT, "{stage} took {took:?}");
        assert_eq!(rest.last().map(String::as_str), Some("stopped: before the end; nothing was published"), "{rest:?}");
        assert_eq!(left(&bench, &["out"]), Vec::<String>::new(), "{stage}");
        stopped += 1;
    }
    assert!(stopped >= 5, "{stopped} stages were stopped");
}

/// Each change up to the first byte of the output waits in turn, as on a slow disk. The answer does
/// not wait for it.
#[test]
fn a_stop_waits_for_no_disk() {
    let bench = crate::support::small_run();
    bench.run("ingest records.csv --schema victim --out store").succeeds();
    for line in [
        "ingest records.csv --schema victim --out made/store --quarantine made/kept",
        "cube store --dims sex --out made/cubes --keep made/bases",
        "combine store --out made/a/region --tables victims-detected",
    ] {
        stop_at_each_change(&bench, line);
    }
}

fn stop_at_each_change(bench: &Bench, line: &str) {
    let (gate, log) = (bench.path("gate"), bench.path("log"));
    let change = |fault: String| {
        let mut command = bench.command(line);
        command.env("TIPSTAT_FAULT", fault).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    assert!(change(format!("log={}", log.display())).wait().unwrap().success(), "{line}");
    let changes = std::fs::read_to_string(&log).unwrap();
    let before = changes.lines().position(|change| change.contains("\"write\"")).unwrap();
    std::fs::remove_dir_all(bench.path("made")).unwrap();
    assert!(before > 5, "{changes}");
    for at in 1..=before {
        let mut child = change(format!("at={at},do=wait,gate={}", gate.display()));
        while !gate.exists() {
            assert_eq!(child.try_wait().unwrap(), None, "{line}: change {at} of {changes}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let (code, took) = stop(&mut child);
        assert_eq!(code, Some(130), "{line}: change {at} of {changes}");
        // The disk never answers, so any end shows that it was not waited for.
        assert!(took < LIMIT * 12, "{line}: change {at} took {took:?}");
        assert_eq!(left(bench, &["made"]), Vec::<String>::new(), "{line}: change {at} of {changes}");
        std::fs::remove_file(&gate).unwrap();
    }
}

/// Returns parts of the time that a command takes, which is measured first: machines differ, and do much else.
fn waits(bench: &Bench, line: &str, clear: impl Fn()) -> Vec<Duration> {
    const LONGEST: Duration = Duration::from_secs(4);
    let began = Instant::now();
    let mut child = start(bench, line);
    let mut has_ended = false;
    while !has_ended && began.elapsed() < LONGEST {
        std::thread::sleep(Duration::from_millis(5));
        has_ended = child.try_wait().unwrap().is_some();
    }
    let took = began.elapsed();
    // The number of a process that has ended may be that of another one.
    if has_ended {
        child.wait().unwrap();
    } else {
        stop(&mut child);
    }
    clear();
    [1, 15, 30, 50, 70, 90].map(|percent| took * percent / 100).to_vec()
}

#[test]
fn a_run_that_is_stopped_leaves_the_previous_release() {
    let bench = crate::support::small_run();
    bench.run("run").succeeds();
    let expected = contents(&bench.path("out"));
    let mut stopped = 0;
    for wait in waits(&bench, "run --force", || ()) {
        let mut child = start(&bench, "run --force");
        std::thread::sleep(wait);
        let (code, took) = stop(&mut child);
        // Before the program has read its command line the system ends it.
        assert!([None, Some(0), Some(130)].contains(&code), "after {wait:?}: {code:?}");
        assert!(took < LIMIT, "after {wait:?}: {took:?}");
        assert!(contents(&bench.path("out")) == expected, "after {wait:?}");
        assert_eq!(left(&bench, &[]), Vec::<String>::new(), "after {wait:?}");
        stopped += u32::from(code == Some(130));
    }
    assert!(stopped > 0, "no run was stopped");
}

#[test]
fn other_commands_are_stopped_and_leave_nothing() {
    let bench = Bench::new().with_sample();
    bench.run("ingest records/national-2021-2023.csv --out store").succeeds();
    for line in [
        "ingest records/national-2021-2023.csv --out made/store --quarantine made/kept",
        "validate records/national-2021-2023.csv --schema victim --rejects made/rejects.parquet --max-rejects 100%",
        "tabulate store --out made/tables",
        "combine store --out made/region",
        "cube store --dims area,year,sex,age@group,form,citizenship --out made/cube.parquet",
        "generate records --records 3000000 --seed 1 --out made/records.csv",
        "run tipstat.toml --dry-run --out made",
    ] {
        let clear = || drop(std::fs::remove_dir_all(bench.path("made")));
        let mut stopped = 0;
        for wait in waits(&bench, line, clear) {
            let mut child = start(&bench, line);
            std::thread::sleep(wait);
            let (code, took) = stop(&mut child);
            assert!([None, Some(0), Some(130)].contains(&code), "{line} after {wait:?}: {code:?}");
            assert!(took < LIMIT, "{line} after {wait:?}: {took:?}");
            if code == Some(0) {
                clear();
            }
            assert_eq!(left(&bench, &["made"]), Vec::<String>::new(), "{line} after {wait:?}");
            stopped += u32::from(code == Some(130));
        }
        assert!(stopped > 0, "`{line}` was not stopped at any time");
    }
}
