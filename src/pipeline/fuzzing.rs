//! Readers of foreign bytes, one function each. `fuzz/` searches them for faults, and a test replays what it found.
//!
//! A function reads bytes as the program would read them from a file of its user or partner. What it returns is of no
//! interest. It must return, with bounded memory: a panic that `guard` does not catch ends the search.

use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::json;

use super::combine::read_release;
use super::document::{add_checksum, checked_json};
use super::parts::RUN;
use super::{
    Combine, Config, CubeJob, CubeRequest, CubeStore, ExistingStore, Job, Limit, Overlap, Reading, ReleaseConfig,
    ReleaseRequest, Tables, verify,
};
use crate::aggregate::{CountMeasure, LEAST_MEMORY};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::indicators::Formula;
use crate::schema::{Profile, Record, Registry, SchemaKind};
use crate::validate::{Description, Layout, SourceFile};
use crate::{guard, limits};

/// A reader by its name.
pub type NamedReader = fn(&[u8]);

/// All readers.
pub const READERS: [(&str, NamedReader); 12] = [
    ("csv", csv),
    ("ndjson", ndjson),
    ("xlsx", xlsx),
    ("ods", ods),
    ("xlsb", xlsb),
    ("parquet", parquet),
    ("store", store),
    ("base", base),
    ("release", release),
    ("run_file", run_file),
    ("profile", profile),
    ("formula", formula),
];

/// Lets a panic end the program, unless `guard` expects it.
pub fn begin() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !guard::is_guarded() {
            report(info);
        }
    }));
}

/// A folder in memory where there is one.
fn stage() -> Result<Stage> {
    let memory = PathBuf::from("/dev/shm");
    Stage::within(&if files::is_folder(&memory) { memory } else { std::env::temp_dir() })
}

/// A reader ends with a message: what happened, and what to do about it.
fn check(read: Result<()>) {
    if let Err(error) = read {
        assert!(!error.to_string().is_empty(), "an error without a message");
    }
}

/// Reads records in the columns of the record type `victim`.
fn records(name: &str, bytes: &[u8]) {
    static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
        let description = Description { schema: Some("victim"), ..Description::default() };
        Layout::load(&Registry::built_in(), &description).expect("a built-in record type")
    });
    let read = || {
        let stage = stage()?;
        stage.write(name, bytes)?;
        let jobs = [Job { path: stage.file(name)?, layout: LAYOUT.clone() }];
        super::ingest(&jobs, &stage, &Reading::default(), &Control::default()).map(drop)
    };
    check(read());
}

/// Reads delimited text, which may be compressed.
pub fn csv(bytes: &[u8]) {
    records("in.csv", bytes);
}

/// Reads a JSON object a line.
pub fn ndjson(bytes: &[u8]) {
    records("in.ndjson", bytes);
}

/// Reads a workbook of Excel.
pub fn xlsx(bytes: &[u8]) {
    records("in.xlsx", bytes);
}

/// Reads an OpenDocument workbook.
pub fn ods(bytes: &[u8]) {
    records("in.ods", bytes);
}

/// Reads a binary workbook of Excel.
pub fn xlsb(bytes: &[u8]) {
    records("in.xlsb", bytes);
}

/// Reads records as a Parquet file.
pub fn parquet(bytes: &[u8]) {
    records("in.parquet", bytes);
}

/// Counts a store or a base in two dimensions.
fn count(registry: &Registry, store: CubeStore) -> Result<()> {
    let request = CubeRequest { dimensions: vec!["sex".into(), "form".into()], max_order: 2, tables: Vec::new() };
    let (registry, memory) = (registry.clone(), LEAST_MEMORY);
    let job = CubeJob { registry, store, request, measure: CountMeasure::Victims, memory };
    job.with_request(|request| request.plan()?.count(&Control::default(), &mut |_| Ok(())))
}

/// The file of a small store, which `run.json` describes in the search.
const STORED: &[u8] = include_bytes!("fuzzing.parquet");

/// Reads a store: its file, or its `run.json` where the bytes begin with a brace.
pub fn store(bytes: &[u8]) {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::built_in);
    // To load it takes a quarter of the time of the search.
    static RECORD: LazyLock<Record> =
        LazyLock::new(|| Record::load(&REGISTRY, "victim").expect("a built-in record type"));
    let read = || {
        let stage = stage()?;
        let is_run = bytes.starts_with(b"{");
        let file = if is_run { STORED } else { bytes };
        stage.write("store/0001.parquet", file)?;
        let part = json!({"file": "0001.parquet", "rows": rows(file), "blake3": files::digest_of(file)});
        let run = json!({"record": "victim@1", "parts": [part], "runs": [{"inputs": [{"records": 1}]}]});
        // The search shall reach what is behind the checksum.
        let run = if is_run { add_checksum(bytes) } else { checked_json(&run) };
        stage.write(RUN, &run)?;
        count(&REGISTRY, CubeStore::open(&REGISTRY, stage.path(), None)?)?;
        super::intake::append_nothing(&ExistingStore::open(stage.path())?, &RECORD, &self::stage()?)
    };
    check(read());
}

/// The rows of a Parquet file, as its end says.
fn rows(bytes: &[u8]) -> u64 {
    let read = || {
        let stage = stage()?;
        stage.write("x.parquet", bytes)?;
        Ok::<_, Error>(crate::store::Part::open(&stage.file("x.parquet")?)?.all_rows())
    };
    read().unwrap_or(0)
}

/// Names another program as the one that wrote a Parquet file.
fn of_another_engine(bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for (at, _) in bytes.windows(8).enumerate().filter(|(_, text)| *text == b"tipstat ") {
        changed[at] = b'x';
    }
    changed
}

/// Reads a base that another engine may have made.
pub fn base(bytes: &[u8]) {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::built_in);
    let read = || {
        let stage = stage()?;
        // The search shall reach what is behind the checksum, which the program asks of its own files.
        stage.write("base.parquet", &of_another_engine(bytes))?;
        count(&REGISTRY, CubeStore::base(&REGISTRY, &stage.file("base.parquet")?, Some("victim"))?)
    };
    check(read());
}

/// Reads a partner's release: a table as Parquet or CSV, or its manifest where the bytes begin with a brace.
pub fn release(bytes: &[u8]) {
    static JOB: LazyLock<Combine> = LazyLock::new(|| Combine {
        packages: Vec::new(),
        profile: None,
        request: ReleaseRequest {
            registry: Registry::built_in(),
            release: ReleaseConfig::new("x", "x"),
            tables: Tables::default(),
            out: PathBuf::from("x"),
            force: false,
            dry_run: true,
            reason: None,
            inputs: Default::default(),
        },
        overlap: Overlap::Refuse,
        years: None,
        only_with_total: false,
        reading: Reading::default(),
        max_rejects: Limit::Count(0),
        keyring: None,
        unsigned: Vec::new(),
    });
    let read = || {
        let stage = stage()?;
        let manifest = match bytes.first() {
            Some(b'{') => bytes.to_vec(),
            first => {
                let ending = if first == Some(&b'P') { "parquet" } else { "csv" };
                let path = format!("tables/victims-by-profile.{ending}");
                stage.write(&path, bytes)?;
                let manifest = json!({
                    "caveat": "", "synthetic": true, "release": "x", "title": "x", "licence": null, "program": "x",
                    "record": "victim@1", "schemas": "", "regions": "", "declares": [], "unverified": [],
                    "policy": {"id": "default", "method": "suppression", "threshold": 10, "zeros_hidden": []},
                    "audit": {"attacker": "", "cells": 0, "constraints": 0, "blank": 0, "narrowed": 0},
                    "not_collected": [],
                    "files": [{"path": path, "bytes": bytes.len(), "blake3": files::digest_of(bytes)}],
                });
                serde_json::to_vec(&manifest).unwrap_or_default()
            }
        };
        stage.write("manifest.json", &manifest)?;
        verify(stage.path(), None)?;
        read_release(&JOB, stage.path())
    };
    check(read());
}

/// Reads a run file. The files that it names are not looked for.
pub fn run_file(bytes: &[u8]) {
    let read = || {
        let stage = stage()?;
        stage.write("tipstat.toml", bytes)?;
        Config::read(&stage.file("tipstat.toml")?).map(drop)
    };
    check(read());
}

/// Reads a layout, and binds it to its own columns.
pub fn profile(bytes: &[u8]) {
    let read = || {
        let stage = stage()?;
        stage.write(&format!("{}/x.toml", SchemaKind::Profiles.folder()), bytes)?;
        let registry = Registry::with_folder(stage.path().to_path_buf())?;
        let profile = Profile::load(&registry, "x")?;
        let layout = Layout::load(&registry, &Description { profile: Some("x"), ..Description::default() })?;
        let header: Vec<String> = profile.columns().map(str::to_owned).collect();
        layout.bind(&header, SourceFile { number: 0, name: "x" }, &Default::default()).map(drop)
    };
    check(read());
}

/// Reads a formula. Written out, it is read as the same one.
pub fn formula(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Formula::parse(text) {
        Ok(formula) => {
            let written = formula.to_string();
            match Formula::parse(&written) {
                Ok(again) => assert_eq!(again, formula, "another formula than the one that was written: {written}"),
                Err(error) => assert!(exceeds_limits(&written), "a formula that was written is refused: {error}"),
            }
            check(formula.other_time().map(drop));
        }
        Err(error) => check(Err(error)),
    }
}

/// Returns whether a formula is too large to be read. Written out, the sign of `-count` becomes a product, and that of a divisor
/// a level of parentheses.
fn exceeds_limits(text: &str) -> bool {
    let (mut depth, mut deepest, mut joins, mut in_choices, mut after_operand) = (0usize, 0, 0, false, false);
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        match character {
            '+' | '-' | '*' | '/' if !in_choices => {
                joins += usize::from(after_operand);
                after_operand = false;
                continue;
            }
            '[' => in_choices = true,
            ']' => in_choices = false,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
        after_operand = character != '(';
    }
    // What is in the innermost parentheses is a level, and its sign is another one.
    text.len() > limits::FORMULA || joins > limits::FORMULA_JOINS || deepest + 2 > limits::FORMULA_DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_refused_when_written_out_only_where_it_is_too_large() {
        let signs = format!("count{}", " - -count".repeat(200));
        let nested = format!("{}1 / -count{}", "1 / -(".repeat(15), ")".repeat(15));
        for text in [&signs, &nested] {
            let written = Formula::parse(text).unwrap().to_string();
            assert!(Formula::parse(&written).is_err() && exceeds_limits(&written), "{written}");
        }
        for text in ["100 * (count / count[SEX=F+M, TIME_PERIOD=-1] - 1)", &"-".repeat(31), &"(".repeat(30)] {
            assert!(!exceeds_limits(text), "{text}");
        }
        for text in ["1 - -count", "--count", "-(count + 1) * -2", "1/(2/-3)", &signs, &nested] {
            formula(text.as_bytes());
        }
    }
}
