//! The rules of the architecture, read off the sources.
//!
//! A rule is a function of the sources that lists what breaks it, so that `mutations` can show that it finds something.

mod house;
mod mutations;

use std::collections::BTreeSet;
use std::path::Path;

use house::{House, Source};

use crate::support::{files_below, project};

/// Rooms by floor; a room may name rooms of lower floors, and stages those on their left.
const FLOORS: [&[&str]; 6] = [
    &["limits", "error", "confidential", "control", "finding", "files", "guard"],
    &["model"],
    &["schema"],
    &[
        "audit",
        "ingest",
        "validate",
        "store",
        "aggregate",
        "indicators",
        "exchange",
        "protect",
        "disseminate",
        "synthetic",
    ],
    &["pipeline", "infer"],
    &["library", "cli"],
];

/// Which places may name which outside crate. A crate that is not here may be named nowhere.
const DOORS: [(&str, &[&str]); 40] = [
    ("anstream", &["cli"]),
    ("anstyle", &["cli"]),
    (
        "arrow",
        &[
            "audit/certificate_file",
            "guard/columns",
            "ingest/parquet",
            "store",
            "disseminate",
            "validate/rows",
            "library/release",
            "lib",
        ],
    ),
    (
        "blake3",
        &[
            "files",
            "schema/registry",
            "ingest",
            "validate/persons",
            "aggregate/prints",
            "aggregate/units",
            "protect/round",
        ],
    ),
    ("bytes", &["store/chunk", "guard/pages"]),
    ("calamine", &["ingest/sheet", "ingest/sheet_notes"]),
    ("chardetng", &["ingest/decode"]),
    ("chrono", &["validate/values"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    (
        "csv",
        &["audit/release", "ingest/csv_header", "ingest/records", "ingest/sniff", "disseminate/read", "schema/table"],
    ),
    ("ctrlc", &["cli"]),
    ("encoding_rs", &["files/read", "ingest", "validate/plan", "validate/values"]),
    ("flate2", &["ingest/compression", "guard/pages"]),
    ("getrandom", &["pipeline/rounding_key"]),
    ("glob", &["files/pattern"]),
    ("indicatif", &["cli"]),
    ("maud", &["disseminate/report"]),
    ("memchr", &["files/mark", "ingest", "validate/rows", "guard/book"]),
    ("minisign_verify", &["pipeline/release"]),
    ("parquet", &["audit/certificate_file", "guard", "store", "disseminate/parquet", "validate/rows"]),
    ("polars", &["indicators/engine"]),
    ("rand_chacha", &["synthetic", "protect/round"]),
    ("rayon", &["store", "aggregate", "protect", "pipeline/intake", "validate/persons", "cli/entry"]),
    ("rust_embed", &["schema/registry"]),
    ("rustix", &["files"]),
    ("schemars", &["schema", "validate/persons", "indicators/definition", "protect/policy", "pipeline"]),
    (
        "serde",
        &[
            "confidential",
            "finding",
            "schema",
            "ingest",
            "validate/persons",
            "aggregate/planned",
            "indicators/definition",
            "protect",
            "disseminate",
            "synthetic",
            "pipeline",
            "infer",
            "cli",
        ],
    ),
    ("quick_xml", &["ingest/excel_formats", "ingest/shown"]),
    ("serde_json", &["audit", "files/fault", "schema/export", "ingest/json", "disseminate", "pipeline", "cli"]),
    ("sha2", &["files/digested"]),
    ("strsim", &["error"]),
    ("tempfile", &["files"]),
    ("toml", &["finding/rule", "schema", "pipeline", "infer"]),
    ("unicode_normalization", &["validate/values"]),
    ("winapi_util", &["files"]),
    ("xxhash_rust", &["validate"]),
    ("zip", &["guard/book", "ingest/shown"]),
    ("zstd", &["ingest/compression"]),
];

/// What the standard library offers only to some places: the disk, the clock, the process and its streams, the network, and
/// maps without an order, which no file on the way to an output may walk.
const STD_DOORS: [(&str, &[&str]); 11] = [
    ("std::fs", &["files"]),
    ("std::net", &[]),
    ("std::io::stdout", &["cli"]),
    ("std::io::stderr", &["cli"]),
    ("std::io::stdin", &["ingest"]),
    ("std::time::Instant", &["cli"]),
    ("std::time::SystemTime", &["files/read"]),
    ("std::process", &["cli", "files", "main"]),
    ("std::env", &["cli", "files", "pipeline/fuzzing"]),
    (
        "std::collections::HashMap",
        &["audit", "ingest/json", "model/codelist", "protect", "schema/diff", "synthetic/drawing", "validate"],
    ),
    ("std::collections::HashSet", &["ingest/sniff", "protect/pattern/reduce", "protect/round"]),
];

/// Types that hold values of records or exact counts.
const CONFIDENTIAL: [&str; 14] = [
    "Cells",
    "Chunk",
    "CodedBatch",
    "CountSystem",
    "Cube",
    "Draft",
    "Linked",
    "RawBatch",
    "Rounded",
    "RoundingKey",
    "RowGroup",
    "StoredPersons",
    "Units",
    "Unsealed",
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

/// Position of a room: its floor, and its place on the floor.
fn position(room: &str) -> Option<(usize, usize)> {
    FLOORS.iter().enumerate().find_map(|(floor, rooms)| Some((floor, rooms.iter().position(|r| *r == room)?)))
}

/// Imports that run upward or to the right.
fn upward(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    for source in &house.sources {
        let Some((floor, place)) = position(source.room()) else {
            if !["lib", "main"].contains(&source.room()) {
                found.push(format!("{} is in no known room", source.name));
            }
            continue;
        };
        for path in &source.names {
            let Some(other) = path.strip_prefix("crate::").and_then(|path| path.split("::").next()) else { continue };
            let Some((other_floor, other_place)) = position(other) else {
                // `lib.rs` offers what is public, and a door for tests. No room may use them to get around the floors.
                if source.room() != "main" {
                    found.push(format!("{} names what is no room: `{path}`", source.name));
                }
                continue;
            };
            // Stages are in the order of the data. The rooms of other floors are equals.
            let is_allowed = other == source.room()
                || other_floor < floor
                || (other_floor == floor && (floor == 0 || (floor == 3 && other_place < place)));
            if !is_allowed {
                found.push(format!("{} looks up or right: `{path}`", source.name));
            }
        }
    }
    found
}

/// Rooms and places of [`FLOORS`], [`DOORS`] and [`STD_DOORS`] that do not exist, doors that are not used, and names of outside
/// crates that come through no door.
fn through_walls(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    let rooms: BTreeSet<&str> = house.sources.iter().map(Source::room).collect();
    found.extend(FLOORS.concat().iter().filter(|room| !rooms.contains(*room)).map(|room| format!("no room `{room}`")));
    let doors: Vec<_> = DOORS.iter().chain(&STD_DOORS).collect();
    for name in &house.crates {
        if !DOORS.iter().any(|(door, _)| door == name) {
            found.push(format!("the crate `{name}` has no door"));
        }
    }
    let mut used = BTreeSet::new();
    for source in &house.sources {
        for path in source.names.iter().filter(|path| !path.starts_with("crate::")) {
            if path.starts_with("std::") && path.ends_with("::*") {
                found.push(format!("{} names all of `{path}`", source.name));
            }
            let of_path =
                |door: &str| path.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            for (door, places) in doors.iter().filter(|(door, _)| of_path(door)) {
                let mut open = places.iter().filter(|place| source.is_in(place)).peekable();
                if open.peek().is_none() {
                    found.push(format!("{} names `{path}`", source.name));
                }
                used.extend(open.map(|place| (*door, *place)));
            }
        }
    }
    for (door, places) in doors {
        let closed = places.iter().filter(|place| !used.contains(&(*door, **place)));
        found.extend(closed.map(|place| format!("`{place}` does not name `{door}`")));
    }
    found
}

/// Confidential types that are not there, are not marked, or have a trait that writes them.
///
/// The mark itself holds when the program is compiled. This test holds that it is not removed.
fn unmarked(house: &House) -> Vec<String> {
    const HARMLESS: [&str; 6] = ["Clone", "Copy", "Default", "Drop", "Iterator", "From"];
    let mut found = Vec::new();
    let marks: Vec<String> = house
        .sources
        .iter()
        .flat_map(|source| &source.macros)
        .filter(|(name, _)| name == "confidential")
        .flat_map(|(_, types)| {
            types.split(',').map(|listed| listed.split('<').next().unwrap().trim().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let types: Vec<_> = house.sources.iter().map(|source| (&source.name, &source.types)).collect();
    for name in CONFIDENTIAL {
        let derived = types.iter().flat_map(|(at, types)| types.derived.iter().map(move |derive| (at, derive)));
        let derived: Vec<_> = derived.filter(|(_, (marked, _))| marked == name).collect();
        if derived.len() != 1 || marks.iter().filter(|mark| *mark == name).count() != 1 {
            found.push(format!("{} types and not one are named `{name}`, or it has no mark", derived.len()));
        }
        let implemented = types
            .iter()
            .flat_map(|(at, types)| types.implemented.iter().map(move |implementation| (at, implementation)));
        let implemented = implemented.filter(|(_, (_, target))| target == name).map(|(at, (target, _))| (at, target));
        let derived =
            derived.iter().flat_map(|(at, (_, traits))| traits.iter().map(move |derived_trait| (*at, derived_trait)));
        for (at, trait_name) in
            derived.chain(implemented).filter(|(_, trait_name)| !HARMLESS.contains(&trait_name.as_str()))
        {
            found.push(format!("{at}: `{name}` has `{trait_name}`"));
        }
    }
    found.extend(
        marks
            .iter()
            .filter(|mark| !CONFIDENTIAL.contains(&mark.as_str()))
            .map(|mark| format!("`{mark}` is not listed")),
    );
    found
}

/// Rooms that the auditor may know: it reads what was written for the public, and shares no code with those who wrote it.
const KNOWN_TO_THE_AUDITOR: [&str; 5] = ["audit", "error", "files", "guard", "limits"];

/// What the auditor shares with other rooms.
fn trusting(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    for source in house.sources.iter().filter(|source| source.room() == "audit") {
        let rooms = source.names.iter().filter_map(|path| path.strip_prefix("crate::"));
        let others = rooms.filter(|path| !KNOWN_TO_THE_AUDITOR.contains(&path.split("::").next().unwrap_or_default()));
        found.extend(others.map(|path| format!("{} trusts `{path}`", source.name)));
    }
    found
}

/// Calls that print outside `cli`.
fn printing(house: &House) -> Vec<String> {
    const CALLS: [&str; 5] = ["println", "eprintln", "print", "eprint", "dbg"];
    let library = house.sources.iter().filter(|source| source.room() != "cli");
    let calls = library.flat_map(|source| source.macros.iter().map(move |(name, _)| (&source.name, name)));
    calls.filter(|(_, name)| CALLS.contains(&name.as_str())).map(|(at, name)| format!("{at} calls `{name}!`")).collect()
}

/// All rules that read the sources.
fn broken(house: &House) -> Vec<String> {
    [upward, through_walls, unmarked, printing, trusting].iter().flat_map(|rule| rule(house)).collect()
}

#[track_caller]
fn none(found: Vec<String>) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn rooms_look_down_and_stages_look_left() {
    none(upward(House::read()));
}

#[test]
fn outside_crates_come_through_their_doors() {
    none(through_walls(House::read()));
}

/// Confidential types can be neither serialised nor displayed, and print their name only.
#[test]
fn confidential_types_cannot_be_written() {
    none(unmarked(House::read()));
}

/// The auditor is independent: a relation that the protector lacks is not missing in the audit for the same reason.
#[test]
fn the_auditor_shares_no_code_with_the_protector() {
    none(trusting(House::read()));
}

/// Names that `lib.rs` shows to other programs.
fn public_names() -> BTreeSet<String> {
    fn leaves(tree: &syn::UseTree, into: &mut BTreeSet<String>) {
        match tree {
            syn::UseTree::Path(path) => leaves(&path.tree, into),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, into)),
            syn::UseTree::Name(name) => drop(into.insert(name.ident.to_string())),
            syn::UseTree::Rename(name) => drop(into.insert(name.rename.to_string())),
            syn::UseTree::Glob(_) => drop(into.insert("*".into())),
        }
    }
    let text = std::fs::read_to_string(project().join("src/lib.rs")).unwrap();
    let is_hidden = |attributes: &[syn::Attribute]| attributes.iter().any(is_doc_hidden);
    let is_public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    let mut names = BTreeSet::new();
    for item in syn::parse_file(&text).unwrap().items {
        match item {
            syn::Item::Use(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => leaves(&item.tree, &mut names),
            syn::Item::Mod(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                names.insert(item.ident.to_string());
            }
            syn::Item::Use(_) | syn::Item::Mod(_) => {}
            _ => drop(names.insert("an item that is neither a module nor an import".into())),
        }
    }
    names
}

fn is_doc_hidden(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("doc") && list.tokens.to_string() == "hidden"
}

#[test]
fn the_public_surface_is_what_is_listed() {
    let listed =
        "Control Error Event FindingReport RecordCounts Release Result Run Table Validation Validator Verdict arrow";
    assert_eq!(public_names(), listed.split(' ').map(str::to_owned).collect());
}

#[test]
fn nothing_is_printed_by_the_library() {
    none(printing(House::read()));
}

/// The tests of faults see every change to the disk only if all of them go through one layer.
#[test]
fn every_change_to_the_disk_goes_through_one_layer() {
    let changes =
        ["::rename(", "::remove_", "::create", "set_permissions", "hard_link", "fs::copy", "fs::write", "tempdir"];
    for source in House::read().sources.iter().filter(|source| source.room() == "files") {
        let code = source.code().replace("disk::", "");
        let other = changes.iter().find(|change| code.contains(**change));
        let allowed = ["files/disk", "files/fault"].contains(&source.name.as_str());
        assert!(allowed || other.is_none(), "{}: {other:?}", source.name);
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut lengths = Vec::new();
    for source in &House::read().sources {
        let lines = source.text.lines().count();
        assert!(lines <= 800, "{} has {lines} lines", source.name);
        assert!(source.text.starts_with("//!"), "{} does not say what it is", source.name);
        lengths.push(lines);
    }
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= 200, "the median file has {} lines", lengths[lengths.len() / 2]);
    assert!(lengths[lengths.len() * 9 / 10] <= 500, "a tenth of the files is long");
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

/// The top level is what the architecture names; sample records are labelled; real files are never committed.
#[test]
fn the_top_level_is_as_agreed() {
    let folders: BTreeSet<_> = std::fs::read_dir(project())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !["target", "out"].contains(&name.as_str()))
        .collect();
    assert_eq!(
        folders,
        ["benches", "examples", "fuzz", "python", "sample-data", "schemas", "src", "tests"].map(str::to_owned).into()
    );
    let run = std::fs::read_to_string(project().join("sample-data/tipstat.toml")).unwrap();
    assert!(run.contains("synthetic = true"));
}

/// Whoever meets a rule in a message can ask `explain` for it.
#[test]
fn every_rule_that_refuses_is_explained() {
    let mut found = 0;
    for source in &House::read().sources {
        let code = source.code();
        for rest in code.split("refused(").skip(1) {
            let Some(id) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            found += 1;
            assert!(
                tipstat::internals::finding::Rule::find(id).is_some(),
                "`{id}` of {} is not in rules.toml",
                source.name
            );
        }
    }
    assert!(found > 30, "{found}");
}

/// A promise without a test is none. `module::*` and `module::name_*` stand for all tests that begin so.
#[test]
fn every_test_that_a_promise_names_exists() {
    let read = |path: &str| std::fs::read_to_string(project().join(path)).ok();
    for (document, fewest) in [("SECURITY.md", 15), ("RELIABILITY.md", 15), ("ARCHITECTURE.md", 6)] {
        let text = read(document).unwrap();
        let mut found = 0;
        for span in text.split('`').skip(1).step_by(2) {
            let Some((module, test)) = span.split_once("::") else { continue };
            let places = [format!("tests/{module}.rs"), format!("tests/{module}/mod.rs")];
            let Some(file) = places.iter().find_map(|place| read(place)) else { continue };
            let begins = format!("#[test]\nfn {test}").replace(['*', '…'], "");
            let head = format!("#[test]\nfn {test}() {{");
            let is_there = file.contains(if begins.len() == head.len() - 4 { &head } else { &begins });
            assert!(is_there, "{document} names `{span}`");
            found += 1;
        }
        assert!(found >= fewest, "{document}: {found}");
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
