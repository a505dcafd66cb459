//! Who made a release: digests that any system can compare, signatures of minisign, and keys that speak for some areas.

use crate::support::{Bench, contents, project, skipped, small_run};

const KHM: &str = "F848F555D93D617C";
const THA: &str = "91FBF5D2091C6C1E";

/// Two releases signed with test keys, and a keyring.
pub fn signed() -> Bench {
    let bench = Bench::new();
    for (name, bytes) in contents(&project().join("tests/trust")) {
        bench.write(&name, bytes);
    }
    bench
}

/// Writes a table, and a manifest and checksums that agree with it.
pub fn forge(bench: &Bench, from: &str, to: &str) {
    forge_by(bench, |table| table.replace(from, to));
}

/// Writes a table that was changed, and a manifest and checksums that agree with it.
pub fn forge_by(bench: &Bench, change: impl Fn(&str) -> String) {
    let read = |name: &str| std::fs::read_to_string(bench.path(&format!("khm-release/{name}"))).unwrap();
    let table = change(&read("tables/victims-detected.csv"));
    let mut manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).unwrap();
    manifest["files"][0]["bytes"] = table.len().into();
    manifest["files"][0]["blake3"] = blake3::hash(table.as_bytes()).to_hex().to_string().into();
    let manifest = manifest.to_string();
    let sum = |text: &str| tipstat::internals::files::sha256_of(text.as_bytes());
    let sums = format!("{}  manifest.json\n{}  tables/victims-detected.csv\n", sum(&manifest), sum(&table));
    for (name, text) in [("tables/victims-detected.csv", table), ("manifest.json", manifest), ("SHA256SUMS", sums)] {
        bench.write(&format!("khm-release/{name}"), text);
    }
}

/// A forged value with a new manifest is as good as any other release, and only the digest and the signature show it.
#[test]
fn a_forged_release_bears_no_signature() {
    let bench = signed();
    let genuine = bench.run("verify khm-release").succeeds().stdout.clone();
    bench.run("verify khm-release --key keys/khm.pub").succeeds().says(&format!("signature:  of the key {KHM}\n"));
    forge(&bench, ",60,", ",61,");
    let forged = bench.run("verify khm-release");
    forged.succeeds().says("signature:  not checked: pass the publisher's key with `--key FILE`\n");
    let digest = |text: &str| text.lines().find(|line| line.starts_with("manifest:")).unwrap().to_owned();
    assert_ne!(digest(&genuine), digest(&forged.stdout));
    bench.run("verify khm-release --key keys/khm.pub").fails(
        1,
        &format!(
            "error[release/signature]: the signature is not that of this manifest\n  --> khm-release/manifest.json.minisig\n   \
             = key: {KHM}\nhint: do not use the release: it was changed after it was signed, or the signature is of another \
             one\nhint: get it again from its publisher\n"
        ),
    );
    bench.run("combine khm-release --keyring keys --tables glotip --out out").refuses("error[release/signature]");
    // A value that was changed and nothing else is found as before, signed or not.
    let bench = signed();
    bench.write("khm-release/tables/victims-detected.csv", "x");
    bench.run("verify khm-release --key keys/khm.pub").refuses("changed: tables/victims-detected.csv");
}

#[test]
fn a_signature_is_of_the_key_that_is_given() {
    let bench = signed();
    bench.run("verify khm-release --key keys/tha.pub").fails(
        1,
        &format!(
            "error[release/signature]: the release is signed with another key\n  --> khm-release/manifest.json.minisig\n   \
             = found: {KHM}\n   = expected: {THA}\nhint: ask the publisher which key is right, by another way than the one on \
             which the release came\n"
        ),
    );
    // The signature of another release by another key, and one by the same key.
    let other = std::fs::read(bench.path("tha-release/manifest.json.minisig")).unwrap();
    bench.write("khm-release/manifest.json.minisig", other);
    bench.run("verify khm-release --key keys/khm.pub").refuses("the release is signed with another key");
    bench.write("khm-release/manifest.json.minisig", "untrusted comment: x\nRW\n");
    bench.run("verify khm-release --key keys/khm.pub").refuses("the signature cannot be read");
    std::fs::remove_file(bench.path("khm-release/manifest.json.minisig")).unwrap();
    bench.run("verify khm-release --key keys/khm.pub").fails(
        1,
        "error[release/signature]: the release bears no signature\n  --> khm-release\n\
         hint: its publisher makes `manifest.json.minisig` with `minisign -S -m manifest.json`: put it next to `manifest.json`\n",
    );
    bench.run("verify khm-release").succeeds().says("signature:  none");
    // A file that is not a public key does not make the release wrong.
    for (key, message) in
        [("keys/khm.key", "this is a secret key: it was not used"), ("keys/keyring.toml", "no public key")]
    {
        let ran = bench.run(&format!("verify tha-release --key {key}"));
        ran.code_is(2);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
}

/// The comment that the tool shows is part of what is signed.
#[test]
fn a_trusted_comment_cannot_be_changed() {
    let bench = signed();
    let path = bench.path("khm-release/manifest.json.minisig");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("tipstat test key", "tipstat real key")).unwrap();
    bench.run("verify khm-release --key keys/khm.pub").refuses("the signature is not that of this manifest");
    std::fs::write(&path, text.replace("untrusted comment: signature", "untrusted comment: other")).unwrap();
    bench.run("verify khm-release --key keys/khm.pub").succeeds();
}

#[test]
fn a_key_speaks_for_its_areas() {
    let bench = signed();
    let combine = "combine khm-release tha-release --keyring keys --tables glotip --out out";
    bench.run(combine).succeeds().says(&format!("signed with the key {KHM}"));
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(bench.path("out/manifest.json")).unwrap()).unwrap();
    let signers: Vec<&str> =
        manifest["sources"].as_array().unwrap().iter().map(|source| source["signed_by"].as_str().unwrap()).collect();
    assert_eq!(signers, [KHM, THA]);

    let ring = std::fs::read_to_string(bench.path("keys/keyring.toml")).unwrap();
    let combine = "combine khm-release tha-release --keyring keys/keyring.toml --tables glotip --out new";
    bench.write("keys/keyring.toml", ring.replace("[\"KHM\"]", "[\"LAO\", \"VNM\"]"));
    bench.run(combine).fails(
        1,
        &format!(
            "error[release/key-not-allowed]: the release reports an area that its key may not speak for\n  --> khm-release\n   \
             = area: KHM\n   = key: {KHM}, for LAO, VNM\n\
             hint: ask the publisher why the area is in the release, or leave the package out\n\
             hint: where the key may speak for it, add the area to the keyring: `tipstat explain signatures`\n"
        ),
    );
    bench.write("keys/keyring.toml", ring.replace("[\"KHM\"]", "[\"*\"]"));
    bench.run(combine).succeeds();
    for (from, to, message) in [
        ("[\"KHM\"]", "[\"KHN\"]", "`KHN` is not an area of CL_AREA"),
        ("[\"KHM\"]", "[]", "does not say which areas the key may speak for"),
        ("file = \"khm.pub\"", "file = \"none.pub\"", "no such file"),
        ("file = \"khm.pub\"", "", "a key is named by `file` or by `public_key`"),
        ("file = \"khm.pub\"", "file = \"tha.pub\"", "the keyring names a key twice"),
        ("areas", "area", "unknown key `area`"),
    ] {
        bench.write("keys/keyring.toml", ring.replace(from, to));
        let ran = bench.run(combine);
        ran.code_is(2);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
    assert!(
        bench
            .run("combine khm-release --keyring nowhere --tables glotip --out o")
            .stderr
            .contains("explain signatures")
    );
}

/// Where signatures are asked for, nothing else is combined unless its user says so.
#[test]
fn a_store_does_not_stand_in_for_a_signed_release() {
    let bench = signed();
    bench.write("lao.csv", "area,year,sex,age,form\n".to_owned() + &"LAO,2021,F,20,SEX\n".repeat(40));
    bench.run("ingest lao.csv --out lao -q").succeeds();
    let combine = "combine khm-release lao --keyring keys --tables victims-detected --out out";
    bench.run(combine).fails(
        1,
        "error[release/signature]: the package is not a release, so it has no signature\n  --> lao\n\
         hint: where it is your own, pass `--unsigned lao`\n\
         hint: make a release of a store with `tipstat tabulate`, and have it signed\n",
    );
    bench.run(&format!("{combine} --unsigned other")).code_is(2);
    bench.run(&format!("{combine} --unsigned ./lao")).succeeds();
    std::fs::remove_file(bench.path("tha-release/manifest.json.minisig")).unwrap();
    let combine = "combine khm-release tha-release --keyring keys --tables victims-detected --out new";
    bench.run(combine).refuses("the release bears no signature");
    bench.run(&format!("{combine} --unsigned tha-release")).succeeds();
}

/// `SHA256SUMS` covers every file, and its line of the manifest is the digest that every command prints.
#[test]
fn any_system_can_compare_the_digests() {
    let bench = small_run();
    let ran = bench.run("run -q");
    let sums = std::fs::read_to_string(bench.path("out/release/SHA256SUMS")).unwrap();
    let named: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let there: Vec<String> = contents(&bench.path("out/release")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, there.iter().filter(|name| *name != "SHA256SUMS").collect::<Vec<_>>());
    for line in sums.lines() {
        let (digest, name) = line.split_once("  ").unwrap();
        assert_eq!(
            tipstat::internals::files::sha256_of(&std::fs::read(bench.path(&format!("out/release/{name}"))).unwrap()),
            digest
        );
    }
    let manifest = sums.lines().find(|line| line.ends_with("  manifest.json")).unwrap().split(' ').next().unwrap();
    let line = format!("manifest:   SHA-256 {manifest}\n");
    ran.says(&line);
    bench.run("verify out/release").says(&line);
    let json = format!("\"manifest_sha256\": \"{manifest}\"");
    bench.run("verify out/release --format json").says(&json);
    bench.run("run -q --force --format json").says(&json);
    for command in ["tabulate out/restricted", "combine out/release"] {
        let ran = bench.run(&format!("{command} --tables victims-by-profile --out new -q"));
        let digest = tipstat::internals::files::sha256_of(&std::fs::read(bench.path("new/manifest.json")).unwrap());
        ran.succeeds().says(&format!("manifest:   SHA-256 {digest}\n"));
        std::fs::remove_dir_all(bench.path("new")).unwrap();
    }
    let check = || {
        std::process::Command::new("sha256sum")
            .args(["-c", "SHA256SUMS"])
            .current_dir(bench.path("out/release"))
            .output()
    };
    match check() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(_) => skipped("sha256sum"),
    }
    // The checksums are no part of the manifest's list, and compared all the same.
    bench.write("out/release/SHA256SUMS", sums.replacen(manifest, &"0".repeat(64), 1));
    bench.run("verify out/release").refuses("changed: SHA256SUMS");
    std::fs::remove_file(bench.path("out/release/SHA256SUMS")).unwrap();
    bench.run("verify out/release").refuses("missing: SHA256SUMS");
}
