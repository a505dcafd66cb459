//! A fault at every change to the disk, for every command that writes: after each, the previous output is whole or the new one
//! is, and the next command leaves nothing else. `RELIABILITY.md` names these tests.
//!
//! The program of the tests is a debug build, whose layer of files lets the n-th change fail, or stops there (`files/fault`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tipstat::internals::files::{Stage, current};

use crate::support::{Bench, HEADER, RUN_FILE, files_below};

/// A command, and the outputs that it replaces. Outputs of one group change together.
struct Case {
    line: &'static str,
    groups: &'static [&'static [&'static str]],
    /// The output that everybody may read.
    public: &'static str,
}

/// Names, contents and permissions below a folder, folders included.
type Tree = BTreeMap<String, (Option<Vec<u8>>, u32)>;

fn tree(folder: &Path) -> Tree {
    fn walk(folder: &Path, prefix: &str, into: &mut Tree) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.map(Result::unwrap) {
            let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            let path = entry.path();
            let is_folder = entry.file_type().unwrap().is_dir();
            let bytes = (!is_folder).then(|| fs::read(&path).unwrap());
            into.insert(name.clone(), (bytes, mode(&path)));
            if is_folder {
                walk(&path, &name, into);
            }
        }
    }
    let mut all = Tree::new();
    if folder.is_file() {
        all.insert(String::new(), (Some(fs::read(folder).unwrap()), mode(folder)));
    } else if folder.exists() {
        all.insert(String::new(), (None, mode(folder)));
    }
    walk(folder, "", &mut all);
    all
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> u32 {
    0
}

/// Files below a folder that other users can read.
fn open_files(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        // To open a file, others need the right to pass every folder above it.
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.map(Result::unwrap) {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let rights = mode(&entry.path());
            if entry.file_type().unwrap().is_dir() {
                if rights & 0o011 != 0 {
                    walk(&entry.path(), &format!("{name}/"), found);
                }
            } else if rights & 0o066 != 0 {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found
}

/// Copies a folder with its permissions.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to)
        } else {
            let _ = fs::copy(&from, &to).unwrap();
        }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

/// Records of the previous outputs, of the new ones, and stores and releases to start from.
fn bench() -> Bench {
    let rows = |sexes: [u32; 2]| {
        let row = |sex: &str, count: u32| format!("KHM,2022,{sex},17\n").repeat(count as usize);
        format!("{HEADER}{}{}KHM,2022,Q,17\n", row("F", sexes[0]), row("M", sexes[1]))
    };
    let run_file = |name: &str| {
        let languages = "languages = [\"en\"]\n[limits]\nmax_rejects = \"50%\"\n";
        RUN_FILE.replace("records.csv", name) + languages
    };
    Bench::new()
        .file("a.csv", rows([40, 30]))
        .file("b.csv", rows([60, 20]))
        .file("a.toml", run_file("a.csv"))
        .file("b.toml", run_file("b.csv"))
}

impl Case {
    fn outputs(&self) -> impl Iterator<Item = &'static str> {
        self.groups.iter().flat_map(|group| group.iter().copied())
    }

    /// Returns the generation of each output as the commands that read it see it: 0 for the previous one, 1 for the new one.
    fn generations(&self, folder: &Path, states: &[BTreeMap<&str, Tree>; 2], at: &str) {
        for group in self.groups {
            let seen: BTreeMap<&str, Tree> =
                group.iter().map(|name| (*name, tree(&current(&folder.join(name))))).collect();
            let is = |state: &BTreeMap<&str, Tree>| group.iter().all(|name| state[name] == seen[name]);
            assert!(states.iter().any(is), "{}: {group:?} is neither the previous nor the new one: {at}", self.line);
        }
    }

    /// Returns whether a path is in the release.
    fn is_public(&self, name: &str) -> bool {
        !self.public.is_empty() && format!("w/{name}").starts_with(&format!("{}/", self.public))
    }

    /// What every command does first: then there is nothing but the outputs.
    fn complete(&self, folder: &Path, states: &[BTreeMap<&str, Tree>; 2], at: &str) {
        for group in self.groups {
            let targets: Vec<PathBuf> = group.iter().map(|name| folder.join(name)).collect();
            drop(Stage::next_to_all(&targets.iter().map(PathBuf::as_path).collect::<Vec<_>>()).unwrap());
        }
        self.generations(folder, states, at);
        let whole = |state: &BTreeMap<&str, Tree>| state.values().map(Tree::len).sum::<usize>();
        let seen: usize = self.outputs().map(|name| tree(&folder.join(name)).len()).sum();
        assert!(states.iter().any(|state| whole(state) == seen) || self.groups.len() > 1, "{}: {at}", self.line);
        let hidden = tree(&folder.join("w")).into_keys().find(|name| {
            let name = name.trim_start_matches('/');
            name.split('/').any(|part| part.starts_with('.'))
        });
        assert_eq!(hidden, None, "{}: left behind, {at}", self.line);
    }

    /// Tries every n. `before` makes the previous outputs.
    fn every_n(&self, before: &[&str]) {
        self.try_from(before, "", |_| 1);
    }

    /// Tries every n from one on, which follows from how many changes there are. `faults` is added to what the test asks for.
    fn try_from(&self, before: &[&str], faults: &str, first: impl Fn(u64) -> u64) {
        let bench = bench();
        for line in before {
            bench.run(line).succeeds();
        }
        let template = bench.path("");
        let run = |folder: &Path, fault: &str| {
            // Whatever the umask, what is confidential is closed from its first byte.
            let script = format!("umask 000; exec '{}' {}", env!("CARGO_BIN_EXE_tipstat"), self.line);
            let mut command = std::process::Command::new("sh");
            command.args(["-c", &script]);
            let hold = folder.join("hold");
            fs::create_dir_all(&hold).unwrap();
            let fault = format!("log={},{fault}{faults}", folder.join("log").display());
            command.current_dir(folder).env("TIPSTAT_FAULT", fault).env("TIPSTAT_THREADS", "1");
            let output = command.output().unwrap();
            let shown = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!shown.contains("because of a defect"), "{shown}");
            (output.status.code(), shown)
        };
        let place = tempfile::tempdir().unwrap();
        let fresh = |name: &str| {
            let folder = place.path().join(name);
            copy(&template, &folder);
            folder
        };
        // The two states that may be seen.
        let clean = fresh("clean");
        let trees = |folder: &Path| self.outputs().map(|name| (name, tree(&folder.join(name)))).collect();
        let previous: BTreeMap<&str, Tree> = trees(&clean);
        let (code, shown) = run(&clean, "");
        assert_eq!(code, Some(0), "{}: {shown}", self.line);
        let states = [previous, trees(&clean)];
        assert!(states[0] != states[1], "{}: the outputs do not differ", self.line);
        let changes = fs::read_to_string(clean.join("log")).unwrap().lines().count() as u64;
        assert!(changes > 8, "{}: {changes} changes", self.line);
        eprintln!("{}: {changes} changes", self.line);

        let next = AtomicU64::new(first(changes));
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at > changes + 1 {
                    return;
                }
                let folder = fresh(&format!("fail-{at}"));
                let (code, shown) = run(&folder, &format!("at={at},do=fail"));
                let about = format!("change {at} of {changes} fails, exit {code:?}: {shown}");
                self.generations(&folder, &states, &about);
                self.complete(&folder, &states, &about);
                if code == Some(0) {
                    assert!(trees(&folder) == states[1], "{}: not the new output, {about}", self.line);
                } else {
                    assert_eq!(code, Some(2), "{}: {about}", self.line);
                }
                fs::remove_dir_all(&folder).unwrap();

                let folder = fresh(&format!("stop-{at}"));
                let hold = folder.join("hold").display().to_string();
                let (code, _) = run(&folder, &format!("at={at},do=stop,hold={hold}"));
                assert_eq!(code.is_some(), at > changes, "change {at} was reached");
                let open = open_files(&folder.join("w"));
                let secret = open.iter().find(|name| !self.is_public(name));
                assert_eq!(secret, None, "{}: others can read it, stopped at {at} of {changes}", self.line);
                for cut in CUTS {
                    let copied = place.path().join(format!("cut-{at}"));
                    copy(&folder, &copied);
                    if let Some(loses) = cut {
                        power_cut(&folder, &copied, loses);
                    }
                    let about = format!("stopped at {at} of {changes}, then {cut:?}");
                    self.generations(&copied, &states, &about);
                    self.complete(&copied, &states, &about);
                    if code == Some(0) {
                        assert!(trees(&copied) == states[1], "{}: lost after exit 0, {about}", self.line);
                    }
                    fs::remove_dir_all(&copied).unwrap();
                }
                fs::remove_dir_all(&folder).unwrap();
            }
        };
        std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    }
}

/// What a power cut loses, next to the contents of files that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loses {
    /// Nothing else: names are kept.
    Contents,
    /// All names that were made, changed or removed in a folder that was not synced since.
    Names,
    /// The same, but what was removed is gone.
    NamesAndRemoved,
}

/// The kill alone, and then the cuts.
const CUTS: [Option<Loses>; 4] = [None, Some(Loses::Contents), Some(Loses::Names), Some(Loses::NamesAndRemoved)];

/// A change as the program listed it.
struct Change {
    kind: String,
    path: PathBuf,
    file: Option<u64>,
    parent: Option<u64>,
    other: Option<PathBuf>,
    other_parent: Option<u64>,
}

fn changes(log: &Path) -> Vec<Change> {
    let read = |line: &str| {
        let fields: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = |at: usize| fields[at].as_str().map(PathBuf::from);
        Change {
            kind: fields[0].as_str().unwrap().to_owned(),
            path: path(1).unwrap(),
            file: fields[2].as_u64(),
            parent: fields[3].as_u64(),
            other: path(4),
            other_parent: fields[5].as_u64(),
        }
    };
    fs::read_to_string(log).unwrap().lines().map(read).collect()
}

/// Takes away from a copy of a folder what was not synced when the program stopped.
fn power_cut(original: &Path, copied: &Path, loses: Loses) {
    let original = fs::canonicalize(original).unwrap();
    let mut unsynced = BTreeSet::new();
    let mut pending: Vec<Change> = Vec::new();
    for change in changes(&original.join("log")) {
        match change.kind.as_str() {
            "write" => drop(unsynced.insert(change.file.unwrap())),
            "sync" => {
                let synced = change.file.unwrap();
                unsynced.remove(&synced);
                // A name is on the disk when the folder that holds it is.
                for pending in &mut pending {
                    for parent in [&mut pending.parent, &mut pending.other_parent] {
                        if *parent == Some(synced) {
                            *parent = None;
                        }
                    }
                }
                pending.retain(|pending| match pending.kind.as_str() {
                    "rename" | "link" | "exchange" => pending.other_parent.is_some(),
                    _ => pending.parent.is_some(),
                });
            }
            "mode" => {}
            "remove-folder" => {
                // Its number may be that of another folder soon, which is synced without it.
                for pending in &mut pending {
                    for parent in [&mut pending.parent, &mut pending.other_parent] {
                        if *parent == change.file {
                            *parent = Some(u64::MAX);
                        }
                    }
                }
                pending.push(change);
            }
            _ => pending.push(change),
        }
    }
    // Contents first, while files are where they were.
    for name in files_below(&original) {
        if inode(&original.join(&name)).is_some_and(|inode| unsynced.contains(&inode)) {
            fs::write(copied.join(name), "").unwrap();
        }
    }
    if loses == Loses::Contents {
        return;
    }
    let of_copy = |path: &Path| match path.strip_prefix(&original) {
        Ok(rest) => copied.join(rest),
        Err(_) => panic!("{} is not in {}", path.display(), original.display()),
    };
    for change in pending.into_iter().rev() {
        let (path, other) = (of_copy(&change.path), change.other.as_deref().map(of_copy));
        match (change.kind.as_str(), other) {
            ("create" | "folder", _) => remove(&path),
            ("link", Some(other)) => remove(&other),
            // The folder that it left is on the disk without it, and the other one not yet with it.
            ("rename", Some(other)) if change.parent.is_none() => remove(&other),
            ("rename", Some(other)) => fs::rename(other, path).unwrap(),
            ("exchange", Some(other)) => {
                let between = copied.join("between");
                fs::rename(&path, &between).unwrap();
                fs::rename(&other, &path).unwrap();
                fs::rename(&between, &other).unwrap();
            }
            ("replace", Some(held)) => fs::rename(held, path).unwrap(),
            // Gone with the folder that held it.
            ("remove" | "remove-folder", _) if !path.parent().unwrap().exists() => {}
            ("remove", Some(held)) if loses == Loses::Names => fs::rename(held, path).unwrap(),
            ("remove-folder", _) if loses == Loses::Names => fs::create_dir(path).unwrap(),
            ("remove" | "remove-folder", _) => {}
            (kind, _) => panic!("unknown change `{kind}`"),
        }
    }
}

fn remove(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else if path.exists() {
        fs::remove_file(path).unwrap();
    }
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(path).ok().map(|kind| kind.ino())
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> Option<u64> {
    None
}

const RUN: Case = Case {
    line: "run b.toml --out w/out --force -q",
    groups: &[&["w/out/release", "w/out/restricted"]],
    public: "w/out/release",
};

#[cfg(unix)]
#[test]
fn every_fault_of_run() {
    RUN.every_n(&["run a.toml --out w/out -q"]);
}

#[cfg(unix)]
#[test]
fn every_fault_of_the_first_run() {
    // Before its first sync it is like any other run.
    RUN.try_from(&[], "", |changes| changes / 2);
}

#[cfg(unix)]
#[test]
fn every_fault_of_ingest() {
    let case = Case {
        line: "ingest b.csv --schema victim --out w/store --quarantine w/kept --max-rejects 50% --force -q",
        groups: &[&["w/kept"], &["w/store"]],
        public: "",
    };
    case.every_n(&["ingest a.csv --schema victim --out w/store --quarantine w/kept --max-rejects 50% -q"]);
}

#[cfg(unix)]
#[test]
fn every_fault_of_append() {
    let case = Case {
        line: "ingest b.csv --schema victim --out w/store --append --max-rejects 50% -q",
        groups: &[&["w/store"]],
        public: "",
    };
    let before = ["ingest a.csv --schema victim --out w/store --max-rejects 50% -q"];
    case.every_n(&before);
    // The same on a disk that does not exchange folders.
    case.try_from(&before, ",exchange=off", |changes| changes / 2);
}

#[cfg(unix)]
#[test]
fn every_fault_of_tabulate() {
    let case = Case {
        line: "tabulate store --tables victims-by-profile --languages en --out w/release --force -q",
        groups: &[&["w/release"]],
        public: "w/release",
    };
    case.every_n(&[
        "ingest a.csv --schema victim --out first --max-rejects 50% -q",
        "ingest b.csv --schema victim --out store --max-rejects 50% -q",
        "tabulate first --tables victims-by-profile --languages en --out w/release -q",
    ]);
}

#[cfg(unix)]
#[test]
fn every_fault_of_combine() {
    let case = Case {
        line: "combine b/release --tables victims-by-profile --languages en --out w/region --force -q",
        groups: &[&["w/region"]],
        public: "w/region",
    };
    case.every_n(&[
        "run a.toml --out a -q",
        "run b.toml --out b -q",
        "combine a/release --tables victims-by-profile --languages en --out w/region -q",
    ]);
}

#[cfg(unix)]
#[test]
fn every_fault_of_cube() {
    let before = [
        "ingest a.csv --schema victim --out first --max-rejects 50% -q",
        "ingest b.csv --schema victim --out store --max-rejects 50% -q",
        "cube first --dims sex --out w/cubes -q",
        "cube first --dims sex --out w/cube.parquet --base-out w/base.parquet -q",
    ];
    let folder = Case { line: "cube store --dims sex --out w/cubes --force -q", groups: &[&["w/cubes"]], public: "" };
    folder.every_n(&before);
    let files = Case {
        line: "cube store --dims sex --out w/cube.parquet --base-out w/base.parquet --force -q",
        groups: &[&["w/base.parquet"], &["w/cube.parquet"]],
        public: "",
    };
    files.every_n(&before);
}

/// Commands that write one file.
#[cfg(unix)]
#[test]
fn every_fault_of_a_single_file() {
    let infer =
        Case { line: "schema infer b.csv --out w/draft.toml --force -q", groups: &[&["w/draft.toml"]], public: "" };
    infer.every_n(&["schema infer a.csv --out w/draft.toml -q"]);
    let rejects = Case {
        line: "validate b.csv --schema victim --max-rejects 50% --rejects w/r.parquet --unresolved w/u.csv --force -q",
        groups: &[&["w/r.parquet"], &["w/u.csv"]],
        public: "",
    };
    rejects.every_n(&[]);
}
