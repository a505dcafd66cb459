//! What can go wrong on the way, and what is on disk afterwards: the previous store, whole, and nothing else.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tipstat::internals::files::Stage;
use tipstat::internals::pipeline::{Destination, Job, Reading, ingest_store};
use tipstat::internals::schema::Registry;
use tipstat::internals::validate::{Description, Layout};
use tipstat::{Control, Event, Verdict};

use crate::support::{Bench, HEADER, contents};

/// A store, and a larger file that is to replace it or to be added.
fn bench() -> Bench {
    let bench = Bench::new()
        .file("first.csv", format!("{HEADER}KHM,2022,F,17\nKHM,2022,M,18\n"))
        .file("large.csv", format!("{HEADER}{}", "KHM,2022,F,17\nPHL,2021,M,30\nROU,2022,F,9\n".repeat(40_000)));
    bench.run("ingest first.csv --out out/store -q").succeeds();
    bench
}

/// The previous store is as it was, and nothing is next to it.
#[track_caller]
fn nothing_happened(bench: &Bench, former: &[(String, Vec<u8>)]) {
    assert!(contents(&bench.path("out")) == former, "something is left in the folder, or the store has changed");
}

#[test]
fn a_source_that_changes_is_refused() {
    let bench = bench();
    let former = contents(&bench.path("out"));
    let registry = Registry::built_in();
    let layout = Layout::load(&registry, &Description::default()).unwrap();
    let path = bench.path("large.csv");
    let changed = Arc::new(AtomicBool::new(false));
    let (grown, once) = (path.clone(), Arc::clone(&changed));
    // Somebody saves the file while it is read.
    let control = Control::listening(move |event| {
        if matches!(event, Event::Records { .. }) && !once.swap(true, Ordering::Relaxed) {
            let mut file = std::fs::OpenOptions::new().append(true).open(&grown).unwrap();
            file.write_all(b"KHM,2022,F,17\n").unwrap();
        }
    });
    let stage = Stage::within(&bench.path("out")).unwrap();
    let to = Destination { stage: &stage, schemas: "", quarantine: None, existing: None };
    let jobs = [Job { path, layout }];
    let error = ingest_store(&jobs, to, &Reading::default(), &control).unwrap_err();
    assert!(changed.load(Ordering::Relaxed));
    assert_eq!(error.verdict(), Verdict::Failed);
    assert_eq!(error.to_string(), "the file was changed while it was read");
    drop(stage);
    nothing_happened(&bench, &former);
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let bench = bench();
    let former = contents(&bench.path("out"));
    let bytes = std::fs::read(bench.path("large.csv")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    let gzip = gzip.finish().unwrap();
    bench.write("cut.csv.gz", &gzip[..gzip.len() - 3]);
    let mut spoilt = gzip.clone();
    let middle = spoilt.len() / 2;
    spoilt[middle..middle + 64].fill(0xff);
    bench.write("spoilt.csv.gz", spoilt);
    let zstd = zstd::encode_all(bytes.as_slice(), 1).unwrap();
    bench.write("cut.csv.zst", &zstd[..zstd.len() - 9]);
    for (name, message) in [
        ("cut.csv.gz", "the compressed file ends too early"),
        ("cut.csv.zst", "the compressed file ends too early"),
        ("spoilt.csv.gz", "the compressed file (gzip) is damaged"),
    ] {
        for mode in ["--force", "--append"] {
            let ran = bench.run(&format!("ingest {name} --out out/store {mode}"));
            assert_eq!(ran.code, Some(2), "{name}: {}", ran.stderr);
            assert!(ran.stderr.contains(message) && ran.stderr.contains(&format!("--> {name}")), "{}", ran.stderr);
            nothing_happened(&bench, &former);
        }
    }
}

/// A small file that unpacks to gibibytes is refused before it has cost them.
#[test]
fn a_bomb_is_refused() {
    let bench = bench();
    let former = contents(&bench.path("out"));
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    packed.write_all(HEADER.as_bytes()).unwrap();
    let line = "KHM,2022,F,17\n".repeat(1 << 16);
    for _ in 0..400 {
        packed.write_all(line.as_bytes()).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 1 << 20);
    bench.write("bomb.csv.zst", packed);
    let ran = bench.run("ingest bomb.csv.zst --out out/store --force");
    ran.fails(
        2,
        "error: the compressed file was not read: it unpacks to more than 400 times its size, as no file of records does\n  \
         --> bomb.csv.zst\nhint: unpack it yourself and look at it; the unpacked text is read without this limit\n",
    );
    nothing_happened(&bench, &former);
}

/// A limit on the size of files stands for a full disk: the same call fails, with another number.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_the_former_store() {
    let bench = bench();
    let former = contents(&bench.path("out"));
    for flags in ["--force", "--append", "--force --quarantine out/kept --max-rejects 100%"] {
        // Blocks of 512 bytes; the shell ignores the signal, and the program inherits that.
        let script = format!(
            "trap '' XFSZ; ulimit -f 8; exec '{}' ingest large.csv --out out/store -q {flags}",
            env!("CARGO_BIN_EXE_tipstat")
        );
        let output =
            std::process::Command::new("sh").args(["-c", &script]).current_dir(bench.path("")).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{shown}");
        assert!(shown.contains("cannot write the store"), "{shown}");
        nothing_happened(&bench, &former);
    }
}

/// The same on a disk that is full indeed, where one can be made.
#[cfg(target_os = "linux")]
#[test]
fn a_small_disk() {
    let bench = bench();
    std::fs::create_dir(bench.path("disk")).unwrap();
    let mount = |line: &str| {
        let mut words = line.split(' ');
        let done = std::process::Command::new(words.next().unwrap()).args(words).arg(bench.path("disk")).output();
        done.is_ok_and(|output| output.status.success())
    };
    if !mount("mount -t tmpfs -o size=24k tmpfs") {
        eprintln!("SKIPPED: a small disk cannot be made here");
        return;
    }
    let first = bench.run("ingest first.csv --out disk/store -q");
    let former = first.code.map(|_| contents(&bench.path("disk")));
    let ran = bench.run("ingest large.csv --out disk/store --force");
    let after = contents(&bench.path("disk"));
    let demo = bench.run("demo disk/demo");
    assert!(mount("umount"));
    // The hint names no option that the command does not have.
    assert_eq!(demo.code, Some(2), "{}", demo.stderr);
    assert!(demo.stderr.contains("hint: free some space, or choose another disk"), "{}", demo.stderr);
    assert!(!demo.stderr.contains("--out"), "{}", demo.stderr);
    first.succeeds();
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("the disk is full"), "{}", ran.stderr);
    assert!(former == Some(after), "the store has changed");
}

/// A user who may not write gets an error. Root may everything, so the tests switch to another user if they run as root.
#[cfg(unix)]
#[test]
fn a_right_that_is_lost_leaves_the_former_store() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let bench = bench();
    let former = contents(&bench.path("out"));
    let set =
        |path: &std::path::Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let mut command = bench.command("ingest large.csv --out out/store --force");
    let root = std::fs::metadata(bench.path("out")).unwrap().uid() == 0;
    if root {
        command.uid(65534);
    }
    set(&bench.path(""), 0o755);
    set(&bench.path("out"), 0o555);
    let output = command.output();
    set(&bench.path("out"), 0o755);
    let Ok(output) = output else {
        eprintln!("SKIPPED: the program cannot be run as another user here");
        return;
    };
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    if root && output.status.code() == Some(126) {
        eprintln!("SKIPPED: the program cannot be run as another user here");
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(shown.contains("permission denied"), "{shown}");
    nothing_happened(&bench, &former);
}

/// An output that its owner has made read-only is not replaced: it could be moved aside, and then not be removed.
#[cfg(unix)]
#[test]
fn a_read_only_output_is_refused_at_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let bench = bench();
    bench.run("tabulate out/store --tables victims-detected --out out/release -q").succeeds();
    let previous = contents(&bench.path("out"));
    let set = |name: &str, mode| {
        std::fs::set_permissions(bench.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (folder, command) in [
        ("out/store", "ingest large.csv --out out/store --force"),
        ("out/store/store", "ingest large.csv --out out/store --append"),
        ("out/release/tables", "tabulate out/store --tables victims-detected --out out/release --force"),
    ] {
        set(folder, 0o500);
        let ran = bench.run(command);
        set(folder, 0o700);
        ran.code_is(2);
        assert!(ran.stderr.contains("the previous output is read-only, so nothing was written"), "{}", ran.stderr);
        nothing_happened(&bench, &previous);
    }
    bench.run("ingest large.csv --out out/store --append -q").succeeds();
}

/// A run that is killed at any moment leaves the previous store. The next run removes what it left behind.
#[cfg(unix)]
#[test]
fn a_killed_ingest_leaves_the_former_store() {
    let bench = bench();
    let former = contents(&bench.path("out"));
    // One file may not be named twice, so each ends with other empty lines.
    for (name, more) in [("second.csv", "\n"), ("third.csv", "\n\n")] {
        let large = std::fs::read_to_string(bench.path("large.csv")).unwrap();
        bench.write(name, large + more);
    }
    for moment in [3, 20, 60] {
        let mut child =
            bench.command("ingest large.csv second.csv third.csv --out out/store --force -q").spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(moment));
        child.kill().unwrap();
        child.wait().unwrap();
        let left = contents(&bench.path("out"));
        let visible: Vec<_> = left.iter().filter(|(name, _)| !name.starts_with(".tipstat-")).collect();
        if visible.len() != former.len() || !visible.iter().zip(&former).all(|(a, b)| *a == b) {
            // It was faster than the moment: then the new store is whole.
            assert!(moment > 3);
            bench.run("validate out/store/store/0001.parquet").says("120 000 records read");
            return;
        }
    }
    bench.run("ingest large.csv --out out/store --force -q").succeeds();
    assert!(contents(&bench.path("out")).iter().all(|(name, _)| !name.starts_with('.')));
}
