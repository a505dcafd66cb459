//! Two writers, one output: nothing is lost, and nothing of one run stands next to something of another.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

#[cfg(unix)]
use crate::support::RUN_FILE;
use crate::support::{Bench, HEADER, files_below, slashed, small_run, store_rows};

/// So many rounds: `TIPSTAT_ROUNDS` sets another number.
fn rounds() -> usize {
    std::env::var("TIPSTAT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Starts the program, and lets it wait before the n-th change to the disk.
fn waiting(bench: &Bench, line: &str, change: u32) -> (Child, PathBuf) {
    let gate = bench.path("gate");
    let fault = format!("at={change},do=wait,gate={}", gate.display());
    let mut child = bench
        .command(line)
        .env("TIPSTAT_FAULT", fault)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !gate.exists() {
        assert_eq!(child.try_wait().unwrap(), None, "`{line}` makes fewer than {change} changes");
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, gate)
}

/// Hidden files and folders of the program.
fn hidden(bench: &Bench) -> Vec<String> {
    let mut all: Vec<String> = files_below(&bench.path("")).iter().map(|path| slashed(path)).collect();
    all.retain(|name| name.split('/').any(|part| part.starts_with('.')));
    all
}

#[cfg(unix)]
#[test]
fn a_second_run_is_refused_and_leaves_the_first_alone() {
    let bench = small_run();
    for (line, place) in [
        ("run --out out -q", "out/release"),
        ("ingest records.csv --schema victim --out store -q", "store"),
        ("ingest records.csv --schema victim --out new/store -q", "new/store"),
    ] {
        let (child, gate) = waiting(&bench, line, 12);
        // A clock that jumps, or a run that takes days: its stage looks old, and is still its own.
        let parent = bench.path(place).parent().unwrap().to_path_buf();
        let old = std::time::SystemTime::now() - Duration::from_secs(9 * 24 * 60 * 60);
        for entry in std::fs::read_dir(parent).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            std::fs::File::open(entry.path()).unwrap().set_modified(old).unwrap();
        }
        let ran = bench.run(line);
        let owner = format!("   = owner: process {} on `", child.id());
        assert!(ran.stderr.starts_with("error: another run is writing this output\n  --> "), "{}", ran.stderr);
        assert!(ran.stderr.contains(place) && ran.stderr.contains(&owner), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("\nhint: wait until that run ends, then run the command again; nothing was changed\n")
        );
        ran.code_is(2);
        std::fs::remove_file(gate).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(hidden(&bench), Vec::<String>::new());
    }
    bench.run("verify out/release").succeeds();
    assert_eq!(store_rows(&bench.path("new/store"), &["area"]).len(), 250);
}

/// Each adds a file of its own, again and again until it is not refused.
#[cfg(unix)]
#[test]
fn two_appends_lose_nothing() {
    let bench = Bench::new().file("first.csv", format!("{HEADER}KHM,2022,F,17\n"));
    for (name, age) in [("a", 20), ("b", 40)] {
        for round in 0..rounds() {
            bench.write(&format!("{name}-{round}.csv"), format!("{HEADER}KHM,2022,F,{age}\n") + &"\n".repeat(round));
        }
    }
    bench.run("ingest first.csv --schema victim --out store -q").succeeds();
    let mut refused = 0;
    for round in 0..rounds() {
        let add = |name: &str| {
            let mut refused = 0;
            loop {
                let ran = bench.run(&format!("ingest {name}-{round}.csv --schema victim --out store --append -q"));
                if ran.code == Some(0) {
                    return refused;
                }
                assert!(ran.stderr.contains("another run is writing this output"), "{}", ran.stderr);
                refused += 1;
            }
        };
        refused += std::thread::scope(|scope| {
            let other = scope.spawn(|| add("b"));
            add("a") + other.join().unwrap()
        });
        let run = json(&bench.path("store/run.json"));
        let expected = 1 + 2 * (round as u64 + 1);
        assert_eq!(
            [run["accepted"].as_u64(), run["runs"].as_array().map(|runs| runs.len() as u64)],
            [Some(expected); 2]
        );
        assert_eq!(store_rows(&bench.path("store"), &["area"]).len() as u64, expected);
    }
    eprintln!("{} rounds of two appends, {refused} refused and repeated", rounds());
    assert_eq!(hidden(&bench), Vec::<String>::new());
}

/// The release of one and the store of the other never stand together.
#[cfg(unix)]
#[test]
fn two_runs_into_one_folder_do_not_mix() {
    let bench = small_run();
    for (name, count) in [("a", 300), ("b", 500)] {
        bench.write(&format!("{name}.csv"), format!("{HEADER}{}", "KHM,2022,F,Y0T17\n".repeat(count)));
        bench.write(&format!("{name}.toml"), RUN_FILE.replace("records.csv", &format!("{name}.csv")));
    }
    bench.run("run a.toml --out first -q").succeeds();
    bench.run("run b.toml --out second -q").succeeds();
    let tree_of = |folder: &str| {
        let number = |name: &str| json(&bench.path(&format!("{folder}/{name}")))["run"].as_str().unwrap().to_owned();
        let records = json(&bench.path(&format!("{folder}/restricted/run.json")))["records"].as_u64().unwrap();
        assert_eq!(number("release/manifest.json"), number("restricted/run.json"), "{records}");
        (number("release/manifest.json"), records)
    };
    let known = [tree_of("first"), tree_of("second")];
    assert_ne!(known[0].0, known[1].0);
    let mut refused = 0;
    for _ in 0..rounds() {
        let run = |name: &str| bench.run(&format!("run {name}.toml --out out --force -q"));
        let both = std::thread::scope(|scope| {
            let other = scope.spawn(|| run("b"));
            [run("a"), other.join().unwrap()]
        });
        assert!(both.iter().any(|ran| ran.code == Some(0)));
        for ran in both.iter().filter(|ran| ran.code != Some(0)) {
            assert!(ran.stderr.contains("another run is writing this output"), "{}", ran.stderr);
            refused += 1;
        }
        assert!(known.contains(&tree_of("out")));
        bench.run("verify out/release").succeeds();
    }
    eprintln!("{} rounds of two runs, {refused} refused", rounds());
    assert_eq!(hidden(&bench), Vec::<String>::new());
}

/// A disk without locks, or somebody's hand: what was added meanwhile is not lost.
#[cfg(unix)]
#[test]
fn a_store_that_changes_under_an_append_is_kept() {
    let bench = Bench::new()
        .file("a.csv", format!("{HEADER}KHM,2022,F,17\n"))
        .file("b.csv", format!("{HEADER}KHM,2022,M,17\n"));
    bench.run("ingest a.csv --schema victim --out store -q").succeeds();
    let (child, gate) = waiting(&bench, "ingest b.csv --schema victim --out store --append -q", 9);
    let run = std::fs::read_to_string(bench.path("store/run.json")).unwrap() + "\n";
    bench.write("store/run.json", &run);
    std::fs::remove_file(gate).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        shown,
        "error[store/changed]: the store was changed by another run while it was in use\n  --> store/run.json\n\
         hint: nothing was written: run the same command again\n\
         hint: `tipstat explain store/changed` describes the rule and the ways out\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(bench.path("store/run.json")).unwrap(), run);
    assert_eq!(hidden(&bench), Vec::<String>::new());
}

/// The same for commands that only read a store.
#[cfg(unix)]
#[test]
fn a_store_that_changes_under_a_reader_is_refused() {
    let bench = small_run();
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    for (line, change) in [
        ("tabulate store --tables victims-by-profile --out made -q", 6),
        ("cube store --dims sex --out made.parquet -q", 4),
        ("combine store --tables victims-by-profile --out made -q", 6),
    ] {
        let (child, gate) = waiting(&bench, line, change);
        let run = std::fs::read_to_string(bench.path("store/run.json")).unwrap();
        bench.write("store/run.json", format!("{run}\n"));
        std::fs::remove_file(gate).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error[store/changed]"), "{line}: {output:?}");
        bench.write("store/run.json", run);
        assert!(!bench.path("made").exists() && !bench.path("made.parquet").exists());
    }
}

/// Rows that vanish while others are written are missed.
#[cfg(unix)]
#[test]
fn a_stage_that_is_swept_by_somebody_is_noticed() {
    let bench = small_run();
    bench.write("more.csv", format!("{HEADER}PHL,2022,F,17\n"));
    let line = "ingest records.csv more.csv --schema victim --out store -q";
    // The second file is being made.
    let (child, gate) = waiting(&bench, line, 8);
    let stage = std::fs::read_dir(bench.path("")).unwrap().flatten().map(|entry| entry.path());
    let stage = stage.into_iter().find(|path| path.is_dir() && slashed(path).contains(".tipstat-store-")).unwrap();
    let _ = std::fs::remove_dir_all(stage.join("new/store"));
    std::fs::remove_file(gate).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    assert!(!bench.path("store").exists());
}

#[test]
fn a_release_next_to_the_store_of_another_run_is_refused() {
    let bench = small_run();
    bench.run("run --out out -q").succeeds();
    bench.write("records.csv", format!("{HEADER}{}", "KHM,2022,F,Y0T17\n".repeat(300)));
    bench.run("run --out other -q").succeeds();
    std::fs::rename(bench.path("out/restricted"), bench.path("kept")).unwrap();
    std::fs::rename(bench.path("other/restricted"), bench.path("out/restricted")).unwrap();
    let message = |place: &str| {
        format!(
            "error[release/other-run]: the release and the store alongside it were made by different runs\n  \
             --> {place}\nhint: make both again: `tipstat run --force`\n"
        )
    };
    bench.run("verify out/release").fails(1, &message("out/release"));
    bench.run("tabulate out/restricted --tables victims-by-profile --out made -q").fails(1, &message("out/restricted"));
    // A store on its own has no release to compare.
    bench.run("tabulate kept --tables victims-by-profile --out made -q").succeeds();
    bench.run("verify made").succeeds();
}

/// Killed at every rename: readers find a whole release and its store, and the next command puts them into place.
#[cfg(unix)]
#[test]
fn readers_find_an_output_between_two_renames() {
    let bench = small_run();
    bench.run("run --out out -q").succeeds();
    bench.write("records.csv", format!("{HEADER}{}", "KHM,2022,F,Y0T17\n".repeat(300)));
    let log = bench.path("log");
    let line = "run --out out --force -q";
    let killed = |fault: String| {
        let output = bench.command(line).env("TIPSTAT_FAULT", fault).env("TIPSTAT_THREADS", "1").output().unwrap();
        output.status.code()
    };
    assert_eq!(killed(format!("log={}", log.display())), Some(0));
    let changes = std::fs::read_to_string(&log).unwrap();
    let renames: Vec<usize> =
        changes.lines().enumerate().filter(|(_, line)| line.starts_with("[\"rename\"")).map(|(at, _)| at + 1).collect();
    assert!(renames.len() > 3, "{renames:?}");
    let mut hidden_before = 0;
    for (round, at) in renames.iter().flat_map(|at| [*at, *at + 1]).enumerate() {
        bench.write("records.csv", format!("{HEADER}{}", "KHM,2022,F,Y0T17\n".repeat(310 + round)));
        assert_eq!(killed(format!("at={at},do=stop")), None);
        hidden_before += hidden(&bench).len();
        bench.run("verify out/release").succeeds();
        bench.run("cube out/restricted --dims sex --out cube.parquet --force -q").succeeds();
        bench.run("tabulate out/restricted --tables victims-by-profile --out made --force -q").succeeds();
        // It refuses, and has put into place what was begun.
        bench.run("run --out out -q").refuses("error[release/exists]");
        assert_eq!(hidden(&bench), Vec::<String>::new());
        bench.run("verify out/release").succeeds();
    }
    assert!(hidden_before > 0);
}

/// What a program that knows nothing of tipstat sees of `run --force`, killed before each of its renames: of each output the
/// previous one, the new one, or none. `RELIABILITY.md` states it, and the run number shows a pair of two runs.
#[cfg(unix)]
#[test]
fn other_programs_see_a_pair_of_two_runs_between_two_renames() {
    let bench = small_run();
    bench.run("run --out out -q").succeeds();
    let number = |name: &str| {
        let bytes = std::fs::read(bench.path(&format!("out/{name}"))).ok()?;
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["run"].as_str().map(str::to_owned)
    };
    let pair = || ["release/manifest.json", "restricted/run.json"].map(number);
    let old = pair();
    assert!(old[0].is_some() && old[0] == old[1]);
    std::fs::rename(bench.path("out"), bench.path("first")).unwrap();
    bench.write("records.csv", format!("{HEADER}{}", "KHM,2022,F,Y0T17\n".repeat(300)));
    let log = bench.path("log");
    let mut seen: Vec<[&str; 2]> = Vec::new();
    let mut changes = Vec::new();
    for at in 0.. {
        let _ = std::fs::remove_dir_all(bench.path("out"));
        assert!(
            std::process::Command::new("cp")
                .args(["-r", "first", "out"])
                .current_dir(bench.path(""))
                .status()
                .unwrap()
                .success()
        );
        let mut killed = bench.command("run --out out --force -q");
        let fault = match changes.get(at.max(1) - 1) {
            _ if at == 0 => format!("log={}", log.display()),
            Some(change) => format!("at={change},do=stop"),
            None => break,
        };
        let output = killed.env("TIPSTAT_FAULT", fault).env("TIPSTAT_THREADS", "1").output().unwrap();
        if at == 0 {
            assert_eq!(output.status.code(), Some(0));
            let lines = std::fs::read_to_string(&log).unwrap();
            let renames = lines.lines().enumerate().filter(|(_, line)| line.starts_with("[\"rename\""));
            changes = renames.flat_map(|(at, _)| [at + 1, at + 2]).collect();
            assert_ne!(pair()[0], old[0]);
            continue;
        }
        assert_eq!(output.status.code(), None);
        let state = |(number, old): (&Option<String>, &Option<String>)| match number {
            None => "none",
            Some(_) if number == old => "previous",
            Some(_) => "new",
        };
        let now = pair();
        let states: Vec<&str> = now.iter().zip(&old).map(state).collect();
        seen.push([states[0], states[1]]);
        // The next command that writes there ends what was begun.
        bench.run("run --out out --force -q").succeeds();
        let healed = pair();
        assert!(healed[0] == healed[1] && healed[0] != old[0], "{at}");
        assert_eq!(hidden(&bench), Vec::<String>::new(), "{at}");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen,
        [["new", "new"], ["none", "new"], ["previous", "new"], ["previous", "none"], ["previous", "previous"]]
    );
}

/// Windows renames no folder in which the process has a file open, and has no exchange.
#[cfg(target_os = "linux")]
#[test]
fn no_folder_is_renamed_while_a_file_of_it_is_open() {
    let bench = small_run();
    bench.write("more.csv", format!("{HEADER}PHL,2022,F,17\nPHL,2022,Q,17\n"));
    for line in [
        "run --out out",
        "ingest records.csv --schema victim --out store",
        "ingest more.csv --schema victim --out store --append --quarantine kept --max-rejects 90%",
        "tabulate store --tables victims-by-profile --out tables",
        "combine out/release --tables victims-by-profile --out region",
        "cube store --dims sex --out cubes",
    ] {
        for force in ["", " --force"] {
            if line.contains("--append") && !force.is_empty() {
                continue;
            }
            let mut command = bench.command(&format!("{line}{force} -q"));
            let output = command.env("TIPSTAT_FAULT", "busy=refused,exchange=off").output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{line}{force}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// What a run renames aside where the system has no exchange is put back, or removed.
#[test]
fn what_a_killed_run_renamed_aside_is_restored_or_removed() {
    let bench = small_run();
    bench.run("run --out out -q").succeeds();
    let rename = |from: &str, to: &str| std::fs::rename(bench.path(from), bench.path(to)).unwrap();
    rename("out/restricted", "out/.tipstat-restricted.previous");
    rename("out/release", "out/.tipstat-release.previous");
    bench.run("verify out/release").succeeds();
    bench.run("tabulate out/restricted --tables victims-by-profile --out made -q").succeeds();
    bench.run("run --out out -q").refuses("error[release/exists]");
    bench.run("verify out/release").succeeds();
    bench.write("out/.tipstat-restricted.previous/store/0001.parquet", "the previous one");
    bench.run("run --out out -q --force").succeeds();
    assert_eq!(hidden(&bench), Vec::<String>::new());
    // A store likewise, whichever command comes next.
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    rename("store", ".tipstat-store.previous");
    bench.run("cube store --dims sex --out cube.parquet -q").succeeds();
    bench.write("more.csv", format!("{HEADER}KHM,2022,F,17\n"));
    bench.run("ingest more.csv --schema victim --out store --append -q").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["area"]).len(), 251);
    assert_eq!(hidden(&bench), Vec::<String>::new());
}

/// A folder of the user next to an output is not the program's, whatever its name suggests.
#[test]
fn a_folder_without_the_name_of_the_program_is_left_alone() {
    let bench = small_run();
    let folders = [".former/a", ".store.former/a", ".release.former/a", "out/.restricted.former/store/0001.parquet"];
    for name in folders {
        bench.write(name, "the only copy");
    }
    for line in [
        "run --out out",
        "ingest records.csv --schema victim --out store",
        "ingest more.csv --schema victim --out store --append",
        "tabulate store --tables victims-by-profile --out release",
        "cube store --dims sex --out cubes",
    ] {
        bench.write("more.csv", format!("{HEADER}KHM,2022,F,17\n"));
        for force in ["", " --force"].iter().filter(|force| !line.contains("append") || force.is_empty()) {
            let output = bench.command(&format!("{line}{force} -q")).env("TIPSTAT_FAULT", "exchange=off").output();
            assert_eq!(output.unwrap().status.code(), Some(0), "{line}{force}");
        }
    }
    for name in folders {
        assert_eq!(std::fs::read(bench.path(name)).unwrap(), b"the only copy", "{name}");
    }
    // Nor does it stand for an output that is missing.
    std::fs::rename(bench.path("store"), bench.path("gone")).unwrap();
    bench.run("cube store --dims sex --out cube.parquet -q").code_is(2);
}

/// A dry run leaves coded records in the folder for temporary files when it is killed: closed, and until the next one.
#[cfg(unix)]
#[test]
fn a_killed_dry_run_leaves_nothing_open() {
    use std::os::unix::fs::PermissionsExt;
    let bench = small_run();
    std::fs::create_dir(bench.path("temporary")).unwrap();
    let run = |fault: &str| {
        let script = format!("umask 000; exec '{}' run --dry-run -q", env!("CARGO_BIN_EXE_tipstat"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]).current_dir(bench.path("")).env("TMPDIR", bench.path("temporary"));
        command.env("TIPSTAT_FAULT", fault).output().unwrap().status.code()
    };
    for at in [4, 8, 12, 16, 20] {
        assert_eq!(run(&format!("at={at},do=stop")), None);
        let left: Vec<_> = std::fs::read_dir(bench.path("temporary")).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "that of the run before was removed: {left:?}");
        assert_eq!(left[0].metadata().unwrap().permissions().mode() & 0o077, 0);
    }
    assert_eq!(run(""), Some(0));
    assert_eq!(std::fs::read_dir(bench.path("temporary")).unwrap().count(), 0);
    assert!(!bench.path("out").exists());
}

/// Another user lists what can be read while a run goes on, and after it was killed. Only root can become one.
#[cfg(target_os = "linux")]
#[test]
fn another_user_reads_nothing_confidential() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let bench = small_run();
    if std::fs::metadata(bench.path("")).unwrap().uid() != 0 {
        eprintln!("SKIPPED: only root can become another user");
        return;
    }
    std::fs::set_permissions(bench.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(bench.path("records.csv"), std::fs::Permissions::from_mode(0o600)).unwrap();
    bench.write("bad.csv", format!("{HEADER}KHM,2022,F,17\nKHM,2022,Q,17\n"));
    std::fs::set_permissions(bench.path("bad.csv"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let readable = || {
        let mut command = std::process::Command::new("find");
        command.args([".", "-type", "f", "-readable"]).current_dir(bench.path("")).uid(65534).gid(65534);
        let output = command.output().unwrap();
        let all = String::from_utf8(output.stdout).unwrap();
        let is_public = |name: &&str| name.contains("/release/") || ["./tipstat.toml", "./gate"].contains(name);
        all.lines().filter(|name| !is_public(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    for line in [
        "run --force -q",
        "ingest bad.csv --schema victim --out store --quarantine kept --max-rejects 90% --force -q",
        "cube store --dims sex --out cubes --keep bases --force -q",
        "validate bad.csv --schema victim --rejects r.parquet --unresolved u.csv --max-rejects 90% --force -q",
        "schema infer records.csv --out draft.toml --force -q",
    ] {
        bench.run(line).succeeds();
        assert_eq!(readable(), Vec::<String>::new(), "after `{line}`");
        for change in (3..24).step_by(3) {
            let mut killed = bench.command(line);
            killed.env("TIPSTAT_FAULT", format!("at={change},do=stop"));
            if killed.output().unwrap().status.code().is_none() {
                assert_eq!(readable(), Vec::<String>::new(), "`{line}` killed at {change}");
            }
        }
        let (child, gate) = waiting(&bench, line, 9);
        assert_eq!(readable(), Vec::<String>::new(), "during `{line}`");
        std::fs::remove_file(gate).unwrap();
        assert!(child.wait_with_output().unwrap().status.success());
    }
}

/// An output that is a link is refused; what it leads to is somebody's and stays.
#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_not_removed() {
    let bench = small_run();
    bench.run("ingest records.csv --schema victim --out elsewhere/store -q").succeeds();
    std::os::unix::fs::symlink(bench.path("elsewhere/store"), bench.path("store")).unwrap();
    bench.run("ingest records.csv --schema victim --out store --force -q").refuses("error[release/exists]");
    assert!(bench.path("store").is_symlink());
    assert_eq!(store_rows(&bench.path("elsewhere/store"), &["area"]).len(), 250);
}

/// A disk without permissions is named at the end, because nothing on it is protected.
#[cfg(unix)]
#[test]
fn a_disk_without_permissions_is_named() {
    let bench = small_run();
    let run = |line: &str| {
        let output = bench.command(line).env("TIPSTAT_FAULT", "modes=off").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let warning = |place: &str| {
        format!(
            "warning: not protected: others can read {place}, because this disk keeps no permissions\n\
             hint: move it to a folder that only you can open\n"
        )
    };
    for (line, place) in [
        ("run --no-progress", "out/restricted"),
        ("ingest records.csv --schema victim --out store --no-progress", "store"),
        ("cube store --dims sex --out cube.parquet --no-progress", "cube.parquet"),
        ("validate records.csv --schema victim --rejects r.parquet --no-progress", "r.parquet"),
        ("validate records.csv --schema victim --unresolved u.csv --no-progress", "u.csv"),
        ("schema infer records.csv --out draft.toml --no-progress", "draft.toml"),
    ] {
        let shown = run(line);
        assert!(shown.contains(&warning(place)), "{line}: {shown}");
    }
    assert!(!bench.run("cube store --dims sex --out cube2.parquet").stderr.contains("not protected"));
}
