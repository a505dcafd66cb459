//! Programs that must not compile, each with the reason that the compiler has to give, next to one that must.
//!
//! Each is compiled against the library that these tests use. The words of the compiler change with its version, so a case
//! states the code of the error and what its first line names.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::project;

/// The newest library of a name next to the program under test.
fn library(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_tipstat")).with_file_name("deps");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_library = |path: &PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
    };
    files.filter(is_library).max_by_key(|path| path.metadata().unwrap().modified().unwrap()).unwrap()
}

fn compile(case: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let extern_of = |name: &str| format!("{name}={}", library(name).display());
    Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
        .arg(project().join("tests/refused").join(case))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=short"])
        .args([
            "--extern",
            &extern_of("tipstat"),
            "--extern",
            &extern_of("serde"),
            "--extern",
            &extern_of("serde_json"),
        ])
        .arg(format!("-Ldependency={}", library("tipstat").parent().unwrap().display()))
        .arg("--out-dir")
        .arg(folder.path())
        .output()
        .unwrap()
}

#[track_caller]
fn refused(case: &str, code: &str, named: &str) {
    let output = compile(case);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{case} compiles");
    assert!(errors.lines().any(|line| line.contains(code) && line.contains(named)), "{errors}");
}

#[test]
fn a_program_that_publishes_protected_tables_compiles() {
    let output = compile("publish_protected.rs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A cube has no way to a reader but through `protect`.
#[test]
fn a_cube_cannot_be_serialised() {
    refused("serialise_cube.rs", "E0277", "Cube: serde::Serialize");
}

/// Only `protect` can state that tables are protected.
#[test]
fn protected_tables_cannot_be_made() {
    refused("forge_protected.rs", "E0451", "Protected");
}

#[test]
fn a_type_that_is_displayed_cannot_be_marked_as_confidential() {
    refused("mark_displayed.rs", "E0283", "");
    refused("mark_serialised.rs", "E0283", "");
}
