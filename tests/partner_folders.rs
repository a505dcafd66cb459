//! Folders that came from somebody else: links, pipes, unknown names and decoys are refused before anything is read or
//! changed.

use crate::support::{Bench, contents, skipped, small_run};

/// A store, a release, a folder of rejected records and one of kept bases.
fn world() -> Bench {
    let bench = small_run();
    bench.write(
        "in.csv",
        "area,year,sex,age\nKHM,2022,F,20\nKHM,2022,Q,20\n".to_owned() + &"KHM,2022,F,20\n".repeat(30),
    );
    bench.write("more.csv", "area,year,sex,age\nKHM,2021,F,20\n");
    bench.run("ingest in.csv --out store --quarantine rejected -q").succeeds();
    bench.run("cube store --dims sex --keep kept --out cube.parquet -q").succeeds();
    bench.run("run -q").succeeds();
    bench
}

/// Every command that opens a store.
const STORE: [&str; 5] = [
    "ingest more.csv --append --out store",
    "cube store --dims sex --out new.parquet",
    "tabulate store --tables victims-detected --out new",
    "combine store --tables victims-detected --out new",
    "cube --from-base store/store --dims sex --out new.parquet",
];

/// The commands that open each folder.
fn commands(folder: &str) -> Vec<&'static str> {
    match folder {
        "store" => STORE.to_vec(),
        "out/release" => vec!["verify out/release", "combine out/release --tables victims-by-profile --out new"],
        "kept" => vec!["cube store --dims sex --keep kept --out new.parquet"],
        _ => vec!["ingest rejected/0001-in.csv --append --out store"],
    }
}

/// A link in a partner's store made `--append` change the permissions of what it names.
#[cfg(unix)]
#[test]
fn a_link_is_refused_before_anything_is_changed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for (folder, name) in [
        ("store", "rejects-0002.parquet"),
        ("store", "store/0002.parquet"),
        ("store", "cubes"),
        ("out/release", "tables/more.csv"),
        ("out/release", "manifest.json.minisig"),
        ("kept", "0123456789abcdef-0123456789abcdef0123456789abcdef-0123456789abcdef.parquet"),
    ] {
        let bench = world();
        bench.write("elsewhere/mine.txt", "mine");
        let mine = bench.path("elsewhere/mine.txt");
        std::fs::set_permissions(&mine, std::fs::Permissions::from_mode(0o644)).unwrap();
        let target = if name == "cubes" { bench.path("elsewhere") } else { mine.clone() };
        symlink(target, bench.path(&format!("{folder}/{name}"))).unwrap();
        let before = contents(&bench.path("store"));
        for command in commands(folder) {
            let ran = bench.run(command);
            ran.refuses("error[folder/not-plain]").refuses("found: a link").refuses(&format!("--> {folder}/{name}"));
            assert!(!bench.path("new").exists() && !bench.path("new.parquet").exists());
        }
        assert_eq!(std::fs::metadata(&mine).unwrap().permissions().mode() & 0o777, 0o644, "{folder}/{name}");
        assert!(contents(&bench.path("store")) == before);
    }
}

/// What is a second name of somebody's file keeps the permissions of that file.
#[cfg(unix)]
#[test]
fn a_hard_link_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let bench = world();
    bench.write("elsewhere/mine.txt", "mine");
    let mine = bench.path("elsewhere/mine.txt");
    std::fs::set_permissions(&mine, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::hard_link(&mine, bench.path("store/rejects-0002.parquet")).unwrap();
    bench.run("ingest more.csv --append --out store -q");
    assert_eq!(std::fs::metadata(&mine).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
}

/// A file of rejected records that is a link is not what the note next to it says.
#[cfg(unix)]
#[test]
fn a_link_among_rejected_records_is_refused() {
    let bench = world();
    bench.write("elsewhere/0001-in.csv", "area,year,sex,age\nKHM,2022,F,21\n");
    std::fs::remove_file(bench.path("rejected/0001-in.csv")).unwrap();
    std::os::unix::fs::symlink(bench.path("elsewhere/0001-in.csv"), bench.path("rejected/0001-in.csv")).unwrap();
    let before = contents(&bench.path("store"));
    for command in commands("rejected") {
        bench.run(command).refuses("error[folder/not-plain]");
    }
    assert!(contents(&bench.path("store")) == before);
}

/// The folder of a store, and that to which records are added, may not be a link itself where it is replaced.
#[cfg(unix)]
#[test]
fn a_store_that_is_a_link_is_not_replaced() {
    let bench = world();
    std::os::unix::fs::symlink(bench.path("store"), bench.path("linked")).unwrap();
    bench.run("ingest more.csv --append --out linked").refuses("error[folder/not-plain]: the store is a link");
    bench.run("cube linked --dims sex --out new.parquet -q").succeeds();
}

/// A pipe and a device never end.
#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    for (folder, name) in [
        ("store", "run.json"),
        ("store", "store/0001.parquet"),
        ("out/release", "manifest.json"),
        ("out/release", "labels.csv"),
        ("kept", "pipe.parquet"),
        ("rejected", "quarantine.json"),
    ] {
        for make in ["mkfifo", "ln -s /dev/zero"] {
            let bench = world();
            let path = bench.path(&format!("{folder}/{name}"));
            let _ = std::fs::remove_file(&path);
            let mut words = make.split(' ');
            let mut command = std::process::Command::new(words.next().unwrap());
            assert!(command.args(words).arg(&path).status().unwrap().success());
            for command in commands(folder) {
                bench.run(command).refuses("error[folder/not-plain]");
            }
        }
    }
}

/// A pipe that was not named lets a command wait without end: in a folder of schemas, or among the files of a pattern.
#[cfg(unix)]
#[test]
fn a_pipe_that_is_found_in_a_folder_is_not_waited_for() {
    let bench = crate::support::small_run();
    let pipe = |name: &str| {
        bench.write(name, "");
        std::fs::remove_file(bench.path(name)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(bench.path(name)).status().unwrap().success());
    };
    pipe("own/policies/mine.toml");
    pipe("new/policies/default.toml");
    pipe("in/records.csv");
    bench.write("pattern.toml", crate::support::RUN_FILE.replace("records.csv", "in/*.csv"));
    for (line, place) in [
        ("policy show mine --schemas own", "own/policies/mine.toml"),
        ("run --schemas own", "own/policies/mine.toml"),
        ("validate records.csv --schema victim --schemas new", "new/policies/default.toml"),
        ("run pattern.toml", "in/records.csv"),
        ("validate in/*.csv --schema victim", "in/records.csv"),
    ] {
        let ran = bench.run(line);
        ran.refuses("error[folder/not-plain]").refuses(place).refuses("found: a pipe, a socket or a device");
    }
}

/// The owner of a lock is written into its file: where that was a link, somebody's file was overwritten.
#[cfg(unix)]
#[test]
fn a_lock_that_leads_elsewhere_overwrites_nothing() {
    for (store, line) in [
        ("store", "ingest more.csv --schema victim --out store --append"),
        ("store", "tabulate store --tables victims-by-profile --out made"),
        ("new", "ingest more.csv --schema victim --out new"),
        ("made", "tabulate store --tables victims-by-profile --out made"),
    ] {
        for kind in ["link", "dangling", "second name", "pipe"] {
            let bench = crate::support::small_run().file("more.csv", "area,year,sex,age\nKHM,2022,F,17\n");
            bench.run("ingest records.csv --schema victim --out store").succeeds();
            bench.write("precious.csv", "the only copy of some records");
            let (precious, lock) = (bench.path("precious.csv"), bench.path(&format!(".tipstat-{store}.lock")));
            match kind {
                "link" => std::os::unix::fs::symlink(&precious, &lock).unwrap(),
                "dangling" => std::os::unix::fs::symlink(bench.path("nothing"), &lock).unwrap(),
                "second name" => std::fs::hard_link(&precious, &lock).unwrap(),
                _ => assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success()),
            }
            bench.run(line).refuses("error[folder/not-plain]").refuses(".lock");
            assert_eq!(std::fs::read(&precious).unwrap(), b"the only copy of some records", "{line}: {kind}");
            assert!(!bench.path("nothing").exists() && lock.symlink_metadata().is_ok(), "{line}: {kind}");
        }
    }
}

/// What a run has begun is moved to its place, and the previous output aside: not through a link.
#[cfg(unix)]
#[test]
fn a_link_among_what_was_begun_is_not_followed() {
    let previous = ".tipstat-commit/.tipstat-previous";
    for link in [".tipstat-commit", ".tipstat-commit/restricted", previous, ".tipstat-restricted.previous"] {
        let bench = crate::support::small_run();
        bench.run("run").succeeds();
        bench.write("elsewhere/release/manifest.json", "of somebody");
        bench.write("elsewhere/restricted/run.json", "of somebody");
        let before = ["out", "elsewhere"].map(|folder| contents(&bench.path(folder)));
        if link.contains('/') {
            std::fs::create_dir(bench.path("out/.tipstat-commit")).unwrap();
        }
        std::os::unix::fs::symlink(bench.path("elsewhere"), bench.path(&format!("out/{link}"))).unwrap();
        bench.run("run --force").refuses("error[folder/not-plain]").refuses(link);
        // Readers use what is in its place.
        bench.run("verify out/release").succeeds();
        bench.run("cube out/restricted --dims sex --out cube.parquet").succeeds();
        std::fs::remove_file(bench.path(&format!("out/{link}"))).unwrap();
        let _ = std::fs::remove_dir(bench.path("out/.tipstat-commit"));
        assert!(["out", "elsewhere"].map(|folder| contents(&bench.path(folder))) == before, "{link}");
    }
}

/// Who may write into the folder above an output could otherwise choose what the output is.
#[cfg(unix)]
#[test]
fn what_another_user_put_among_what_was_begun_is_not_used() {
    use std::os::unix::fs::{MetadataExt, chown};
    let bench = crate::support::small_run();
    bench.run("run").succeeds();
    if std::fs::metadata(bench.path("out")).unwrap().uid() != 0 {
        eprintln!("SKIPPED: only root can give files to another user");
        return;
    }
    let release = contents(&bench.path("out/release"));
    for planted in [".tipstat-commit", ".tipstat-commit/release", ".tipstat-release.previous"] {
        let folder = if planted == ".tipstat-commit" { ".tipstat-commit/release" } else { planted };
        for (name, bytes) in &release {
            bench.write(&format!("out/{folder}/{name}"), bytes);
        }
        bench.write(&format!("out/{folder}/README.txt"), "of somebody");
        chown(bench.path(&format!("out/{planted}")), Some(65534), None).unwrap();
        bench.run("verify out/release").succeeds();
        bench.run("run --force").refuses("error[folder/not-plain]: what belongs to another user").refuses(planted);
        assert!(contents(&bench.path("out/release")) == release, "{planted}");
        let first = planted.split('/').next().unwrap();
        std::fs::remove_dir_all(bench.path(&format!("out/{first}"))).unwrap();
    }
    bench.run("run --force").succeeds();
}

/// A genuine release that waits for its place is not shown for a forged one that is there.
#[test]
fn a_decoy_that_waits_for_its_place_does_not_stand_in_for_the_folder() {
    let bench = crate::signatures::signed();
    let release = contents(&bench.path("khm-release"));
    for (name, bytes) in &release {
        bench.write(&format!(".tipstat-commit/khm-release/{name}"), bytes);
    }
    bench.run("verify khm-release --key keys/khm.pub").succeeds().says("previous:   SHA-256 ");
    crate::signatures::forge(&bench, ",60,", ",61,");
    // Its manifest agrees with it, so only the digest and the key show it.
    let shown = bench.run("verify khm-release").succeeds().stdout.clone();
    let digests: Vec<&str> = shown.lines().filter_map(|line| line.split("SHA-256 ").nth(1)).collect();
    assert!(digests.len() == 2 && digests[0] != digests[1], "{shown}");
    bench.run("verify khm-release --key keys/khm.pub").refuses("error[release/signature]");
    bench.write("khm-release/tables/victims-detected.csv", "x");
    bench.run("verify khm-release").refuses("error[release/differs]").refuses("changed: tables/victims-detected.csv");
}

/// A base of another engine is one file, or the files of a folder.
#[cfg(unix)]
#[test]
fn a_base_is_no_pipe_and_no_link() {
    let bench = world();
    let cube = |base: &str| bench.run(&format!("cube --from-base {base} --dims sex --out new.parquet"));
    bench.write("base/part.parquet", std::fs::read(bench.path("store/store/0001.parquet")).unwrap());
    let pipe = |name: &str| std::process::Command::new("mkfifo").arg(bench.path(name)).status().unwrap().success();
    assert!(pipe("pipe"));
    assert!(cube("pipe").code_is(2).stderr.contains("this is a pipe or a device"));
    std::os::unix::fs::symlink(bench.path("cube.parquet"), bench.path("base/more.parquet")).unwrap();
    cube("base").refuses("error[folder/not-plain]");
    std::fs::remove_file(bench.path("base/more.parquet")).unwrap();
    assert!(pipe("base/more.parquet"));
    cube("base").refuses("error[folder/not-plain]");
    std::fs::remove_file(bench.path("base/more.parquet")).unwrap();
    cube("base").succeeds();
}

#[test]
fn unknown_names_are_refused() {
    for (folder, name) in [("store", "notes.txt"), ("store", "rejects-x.parquet"), ("kept", "mine.parquet")] {
        let bench = world();
        bench.write(&format!("{folder}/{name}"), "mine");
        for command in commands(folder) {
            bench.run(command).refuses("error[store/differs]").refuses(&format!("--> {folder}/{name}"));
        }
        assert_eq!(std::fs::read(bench.path(&format!("{folder}/{name}"))).unwrap(), b"mine");
        // What file managers leave belongs to no one.
        std::fs::rename(bench.path(&format!("{folder}/{name}")), bench.path(&format!("{folder}/.DS_Store"))).unwrap();
        bench.run(commands(folder).last().unwrap()).succeeds();
    }
}

/// The named folder is forged and a genuine release is inside it: the named one counts.
#[test]
fn a_decoy_does_not_stand_in_for_the_folder() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    std::fs::rename(bench.path("out/release"), bench.path("genuine")).unwrap();
    let copy = |from: &str, to: &str| {
        for (name, bytes) in contents(&bench.path(from)) {
            bench.write(&format!("{to}/{name}"), bytes);
        }
    };
    copy("genuine", "forged");
    bench.write("forged/tables/victims-by-profile.csv", "forged");
    copy("genuine", "forged/release");
    for command in ["verify forged", "combine forged --tables victims-by-profile --out new"] {
        bench.run(command).refuses("error[release/differs]");
    }
    // Without a manifest the outer folder is not a release, whatever it holds.
    std::fs::remove_file(bench.path("forged/manifest.json")).unwrap();
    bench.run("verify forged").fails(
        2,
        "error: there is no release here: `manifest.json` is missing\n  --> forged\n\
         hint: name the folder of the release itself: `forged/release`\n",
    );
    bench.run("verify forged/release").succeeds();
}

/// A manifest without files, one that names files elsewhere, and one that names a file twice.
#[test]
fn a_list_that_is_none_is_refused() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    bench.write("secret.txt", "secret");
    let path = bench.path("out/release/manifest.json");
    let genuine: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let write = |change: &dyn Fn(&mut Vec<serde_json::Value>)| {
        let mut manifest = genuine.clone();
        change(manifest["files"].as_array_mut().unwrap());
        std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    };
    write(&|files| files.clear());
    bench.run("verify out/release").refuses("the manifest lists no table");
    bench.run("combine out/release --tables victims-by-profile --out new").refuses("the manifest lists no table");
    for name in ["../../secret.txt", "tables/../../../secret.txt", "/etc/hostname", "..\\secret.txt", ""] {
        write(&|files| {
            let (bytes, blake3) = (6, blake3::hash(b"secret").to_hex().to_string());
            files.push(serde_json::json!({ "path": name, "bytes": bytes, "blake3": blake3 }));
        });
        bench.run("verify out/release").refuses(&format!("missing: {name}\n"));
    }
    write(&|files| files.push(files[0].clone()));
    bench.run("verify out/release").refuses("missing: ");
    std::fs::write(&path, "{}").unwrap();
    bench.run("verify out/release").refuses("the manifest cannot be read");
}

/// A file of another size is known without being read, and a manifest has a size.
#[test]
fn sizes_come_before_contents() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    // Holes take no place on the disk, and would take hours to hash.
    let grow = |name: &str| {
        let file = std::fs::OpenOptions::new().write(true).open(bench.path(name)).unwrap();
        file.set_len(1 << 40).is_ok()
    };
    if !grow("out/release/labels.csv") {
        return skipped("disk that leaves out holes");
    }
    let start = std::time::Instant::now();
    bench.run("verify out/release").refuses("changed: labels.csv");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    assert!(grow("out/release/manifest.json"));
    bench.run("verify out/release").refuses("error[folder/not-plain]: the file is larger than 67108864 bytes");
    assert!(grow("out/restricted/run.json"));
    bench.run("cube out/restricted --dims sex --out new.parquet").refuses("the file is larger than");
}
