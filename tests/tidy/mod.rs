//! The rules of the house, read off the sources.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{files_below, project, slashed};

/// Rooms by floor; a room may name rooms of lower floors, and stages those on their left.
const FLOORS: [&[&str]; 6] = [
    &["limits", "error", "sensitive", "finding", "files", "guard"],
    &["model"],
    &["schema"],
    &["ingest", "validate", "store", "aggregate", "indicators", "protect", "disseminate", "synthetic"],
    &["pipeline"],
    &["cli"],
];

/// Which rooms may name which outside crate.
const DOORS: [(&str, &[&str]); 29] = [
    ("bytes", &["store/chunk", "guard/pages"]),
    ("chardetng", &["ingest/decode"]),
    ("chrono", &["validate/dates"]),
    ("calamine", &["ingest/sheet"]),
    ("encoding_rs", &["ingest", "validate/layout", "validate/words"]),
    ("flate2", &["ingest/packed", "guard/pages"]),
    ("csv", &["ingest/csv", "ingest/records", "disseminate/read", "schema/table"]),
    ("parquet", &["guard", "store", "disseminate/parquet", "validate/rejects"]),
    ("arrow", &["guard/columns", "ingest/columns", "store", "disseminate", "validate/rejects"]),
    ("polars", &["indicators/engine"]),
    ("rayon", &["store", "aggregate", "indicators/draft", "protect", "pipeline/ingest", "validate/ledger", "cli/mod"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("anstream", &["cli"]),
    ("anstyle", &["cli"]),
    ("ctrlc", &["cli"]),
    ("rand_chacha", &["synthetic", "protect"]),
    ("rust_embed", &["schema/registry"]),
    ("rustix", &["files"]),
    ("glob", &["files/pattern"]),
    ("minisign_verify", &["pipeline/signature"]),
    ("sha2", &["files/digested"]),
    ("tempfile", &["files"]),
    ("unicode_normalization", &["validate/words"]),
    ("xxhash_rust", &["validate"]),
    ("zip", &["guard/book", "ingest/sheet"]),
    ("zstd", &["ingest/packed"]),
];

/// What never may be linked: clients of HTTP and TLS.
///
/// polars brings `tokio` as an executor, with its socket layer unused; no crate that speaks a protocol over it is there.
const NETWORK: &[&str] = &[
    "attohttpc",
    "aws-lc-rs",
    "curl",
    "curl-sys",
    "h2",
    "hyper",
    "isahc",
    "native-tls",
    "object_store",
    "openssl",
    "openssl-sys",
    "reqwest",
    "rustls",
    "ureq",
];

struct Source {
    name: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let folder = project().join("src");
    let files = files_below(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    files
        .map(|path| Source {
            name: slashed(&path).trim_end_matches(".rs").to_owned(),
            text: std::fs::read_to_string(folder.join(path)).unwrap(),
        })
        .collect()
}

impl Source {
    fn room(&self) -> &str {
        self.name.split('/').next().unwrap()
    }

    /// The program without its unit tests and comments.
    fn code(&self) -> String {
        if self.name.ends_with("/tests") {
            return String::new();
        }
        let program = self.text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = program.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// Position of a room: its floor, and its place on the floor.
fn position(room: &str) -> Option<(usize, usize)> {
    FLOORS.iter().enumerate().find_map(|(floor, rooms)| Some((floor, rooms.iter().position(|r| *r == room)?)))
}

#[test]
fn rooms_look_down_and_stages_look_left() {
    for source in sources() {
        let Some((floor, place)) = position(source.room()) else {
            assert!(["lib", "main"].contains(&source.room()), "{} is in no known room", source.name);
            continue;
        };
        for path in source.code().split("crate::").skip(1) {
            let names: Vec<&str> = match path.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap().split(',').map(str::trim).collect(),
                None => vec![path],
            };
            for name in names {
                let other = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let Some((other_floor, other_place)) = position(other) else { continue };
                // Stages stand in the order of the data; the rooms of other floors are equals.
                let allowed = other == source.room()
                    || other_floor < floor
                    || (other_floor == floor && (floor == 0 || (floor == 3 && other_place < place)));
                assert!(allowed, "{} looks up or right to `{other}`", source.name);
            }
        }
    }
}

#[test]
fn outside_crates_come_through_their_doors() {
    for source in sources() {
        let code = source.code();
        for (name, rooms) in DOORS {
            let crossings = [
                format!("use {name}::"),
                format!("::{name}::"),
                format!(" {name}::"),
                format!("({name}::"),
                format!("<{name}::"),
            ];
            let named = crossings.iter().any(|pattern| {
                code.match_indices(pattern.as_str())
                    .any(|(at, _)| !code[..at].ends_with("super") && !code[..at].ends_with("self"))
            });
            let allowed = rooms.iter().any(|room| source.name == *room || source.name.starts_with(&format!("{room}/")));
            assert!(!named || allowed, "{} names `{name}`", source.name);
        }
        let files = source.room() == "files";
        assert!(
            files || !code.contains("std::fs::") || source.name == "pipeline/ingest" && !code.contains("fs::write"),
            "{} uses std::fs",
            source.name
        );
    }
}

/// The tests of faults see every change to the disk only if all of them go through one layer.
#[test]
fn every_change_to_the_disk_goes_through_one_layer() {
    let changes =
        ["::rename(", "::remove_", "::create", "set_permissions", "hard_link", "fs::copy", "fs::write", "tempdir"];
    for source in sources().iter().filter(|source| source.room() == "files") {
        let code = source.code().replace("disk::", "");
        let other = changes.iter().find(|change| code.contains(**change));
        let allowed = ["files/disk", "files/fault"].contains(&source.name.as_str());
        assert!(allowed || other.is_none(), "{}: {other:?}", source.name);
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut lengths = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= 800, "{} has {lines} lines", source.name);
        assert!(source.text.starts_with("//!"), "{} does not say what it is", source.name);
        lengths.push(lines);
    }
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= 200, "the median file has {} lines", lengths[lengths.len() / 2]);
    assert!(lengths[lengths.len() * 9 / 10] <= 500, "a tenth of the files is long");
}

/// Confidential types can be neither serialised nor displayed, and print their shape only.
#[test]
fn confidential_types_cannot_be_written() {
    const CONFIDENTIAL: [&str; 8] = ["Cube", "Base", "Draft", "Drafts", "CodedBatch", "RowGroup", "RawBatch", "Linked"];
    for source in sources() {
        for name in CONFIDENTIAL {
            for trait_name in ["Serialize", "fmt::Display", "Display", "ToString"] {
                assert!(
                    !source.text.contains(&format!("impl {trait_name} for {name} ")),
                    "{}: {trait_name} for {name}",
                    source.name
                );
            }
            if let Some(at) = source.text.find(&format!("pub struct {name} ")) {
                let before: String = source.text[..at].lines().rev().take(3).collect();
                assert!(!before.contains("Serialize"), "{}: {name} derives Serialize", source.name);
            }
        }
    }
}

/// A hash map is walked in an order of its own, so nothing that is walked on the way to a file may be one.
#[test]
fn no_hash_order_reaches_an_output() {
    for source in sources().iter().filter(|s| ["disseminate", "store", "indicators"].contains(&s.room())) {
        assert!(!source.code().contains("HashMap") && !source.code().contains("HashSet"), "{}", source.name);
    }
    for source in sources() {
        assert!(
            !source.code().contains("SystemTime::now") && !source.code().contains("Local::now"),
            "{} reads the clock",
            source.name
        );
    }
}

/// What is public in the library has no unit of time, no thread count, no machine in it.
#[test]
fn nothing_is_printed_by_the_library() {
    for source in sources().iter().filter(|s| s.room() != "cli") {
        for call in ["println!", "eprintln!", "print!", "dbg!"] {
            assert!(!source.code().contains(call), "{} prints", source.name);
        }
    }
}

#[test]
fn no_network_client_is_linked() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["tree", "--locked", "--edges", "normal,build", "--target", "all", "--prefix", "none", "--format", "{p}"])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("polars") && names.len() > 100, "the list of crates was read");
    for name in NETWORK {
        assert!(!names.contains(name), "`{name}` is linked");
    }
}

/// The top level is what the house says; sample records are labelled; real files are never committed.
#[test]
fn the_top_level_is_as_agreed() {
    let folders: BTreeSet<_> = std::fs::read_dir(project())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !["target", "out"].contains(&name.as_str()))
        .collect();
    assert_eq!(folders, ["benches", "fuzz", "sample-data", "schemas", "src", "tests"].map(str::to_owned).into());
    let run = std::fs::read_to_string(project().join("sample-data/tipstat.toml")).unwrap();
    assert!(run.contains("synthetic = true"));
}

/// Whoever meets a rule in a message can ask `explain` for it.
#[test]
fn every_rule_that_refuses_is_explained() {
    let mut found = 0;
    for source in sources() {
        let code = source.code();
        for rest in code.split("refused(").skip(1) {
            let Some(id) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            found += 1;
            assert!(tipstat::finding::Rule::find(id).is_some(), "`{id}` of {} is not in rules.toml", source.name);
        }
    }
    assert!(found > 30, "{found}");
}

/// A promise without a test is none.
#[test]
fn every_test_that_a_promise_names_exists() {
    let text = std::fs::read_to_string(project().join("SECURITY.md")).unwrap();
    let names: Vec<(&str, &str)> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| !span.contains([' ', '/', '.']))
        .filter_map(|span| span.split_once("::"))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for (module, test) in names {
        let file = std::fs::read_to_string(project().join(format!("tests/{module}.rs"))).unwrap();
        assert!(file.contains(&format!("#[test]\nfn {test}() {{")), "{module}::{test}");
    }
}

#[test]
fn texts_under_schemas_have_unix_line_ends() {
    for path in files_below(&project().join("schemas")) {
        let bytes = std::fs::read(project().join("schemas").join(&path)).unwrap();
        assert!(!bytes.contains(&b'\r'), "{}", path.display());
        assert!(std::str::from_utf8(&bytes).is_ok(), "{}", path.display());
    }
    assert!(Path::new(&project().join(".gitattributes")).exists(), "line ends are fixed for every checkout");
}
