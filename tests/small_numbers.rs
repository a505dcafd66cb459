//! Public files hold no number and no digest from which a few confidential records could be identified.

use std::fs;

use serde_json::Value;

use crate::support::{Bench, contents, files_below, slashed, small_run};

/// A run whose 250 records are followed by so many that are rejected.
fn release_with(rejected: usize) -> Bench {
    let bench = small_run();
    let records = fs::read_to_string(bench.path("records.csv")).unwrap();
    bench.write("records.csv", records + &"KHM,2022,nonsense,Y_GE18\n".repeat(rejected));
    bench.run("run --max-rejects 100").succeeds();
    bench
}

#[test]
fn a_small_release_is_the_same_whatever_was_rejected() {
    let public = |bench: &Bench| contents(&bench.path("out/release"));
    let none = public(&release_with(0));
    assert!(none == public(&release_with(1)), "one rejected record");
    assert!(none == public(&release_with(7)), "seven rejected records");
}

#[test]
fn a_combined_release_holds_no_digest_of_confidential_bytes() {
    let bench = small_run();
    bench.run("ingest records.csv --schema victim --out store").succeeds();
    bench.run("combine store --tables victims-by-profile --out region").succeeds();
    let manifest: Value = serde_json::from_slice(&fs::read(bench.path("region/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["sources"][0]["kind"], "records");
    assert!(manifest["sources"][0].get("blake3").is_none());

    let confidential = ["records.csv", "store/run.json", "store/store/0001.parquet", "tipstat.toml"];
    let digests = confidential.map(|name| blake3::hash(&fs::read(bench.path(name)).unwrap()).to_hex().to_string());
    bench.run("run").succeeds();
    for folder in ["region", "out/release"] {
        for name in files_below(&bench.path(folder)) {
            let text = String::from_utf8_lossy(&fs::read(bench.path(folder).join(&name)).unwrap()).into_owned();
            for (digest, file) in digests.iter().zip(confidential) {
                assert!(!text.contains(&digest[..16]), "{folder}/{} holds the digest of {file}", slashed(&name));
            }
        }
    }
}

#[test]
fn the_digest_of_a_public_package_stands_in_the_manifest() {
    let bench = small_run();
    bench.run("run").succeeds();
    bench.run("combine out/release --tables victims-by-profile --out region").succeeds();
    let manifest: Value = serde_json::from_slice(&fs::read(bench.path("region/manifest.json")).unwrap()).unwrap();
    let digest = blake3::hash(&fs::read(bench.path("out/release/manifest.json")).unwrap()).to_hex().to_string();
    assert_eq!(manifest["sources"][0]["blake3"], digest);
}

/// Logs keep what a command prints, and a digest confirms a guess about a small file.
#[test]
fn what_is_printed_holds_no_digest_of_confidential_files() {
    let bench = crate::support::small_run();
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    let digest = |file: &str| blake3::hash(&fs::read(bench.path(file)).unwrap()).to_hex()[..16].to_owned();
    let digests = ["records.csv", "store/store/0001.parquet", "store/run.json"].map(digest);
    for line in [
        "validate records.csv --schema victim --format json",
        "ingest records.csv --schema victim --out again --format json",
        "run --format json",
        "tabulate store --tables victims-detected --out tables --format json",
        "combine store --tables victims-detected --out region --format json",
        "cube store --dims sex --out cube.parquet --keep kept",
        "schema infer records.csv --format json",
        "ingest records.csv --schema victim --append --out store",
        "tabulate store again --tables victims-detected --out no",
    ] {
        let ran = bench.run(line);
        for digest in &digests {
            assert!(!ran.stdout.contains(digest) && !ran.stderr.contains(digest), "{line} prints a digest");
        }
    }
    // The store still knows its files again.
    assert!(fs::read_to_string(bench.path("store/run.json")).unwrap().contains(&digests[0]));
    bench.run("ingest records.csv --schema victim --append --out store").refuses("error[store/already-there]");
}

/// The names of kept bases hold digests of a store's files: no other user can list them, nor in a folder that was open before.
#[cfg(unix)]
#[test]
fn a_folder_of_kept_bases_is_closed() {
    use std::os::unix::fs::PermissionsExt;
    let bench = crate::support::small_run();
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    fs::create_dir(bench.path("kept")).unwrap();
    fs::set_permissions(bench.path("kept"), fs::Permissions::from_mode(0o775)).unwrap();
    bench.run("cube store --dims sex --keep kept --out cube.parquet").succeeds();
    assert_eq!(fs::metadata(bench.path("kept")).unwrap().permissions().mode() & 0o777, 0o700);
    // A folder with other files is refused, and stays as it is.
    bench.write("other/letter.txt", "of somebody");
    fs::set_permissions(bench.path("other"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.run("cube store --dims sex --keep other --out two.parquet").refuses("error[store/differs]");
    assert_eq!(fs::metadata(bench.path("other")).unwrap().permissions().mode() & 0o777, 0o755);
}
