//! `run` and `verify`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

use tipstat::disseminate::Incomparable;
use tipstat::error::visible;
use tipstat::pipeline::{self, AuditManifest, Config, Difference, Inputs, Key, NotCollected, Outcome, Run, Verified};
use tipstat::protect::NotSeen;
use tipstat::{Error, Result};

use super::args::{Common, RunArgs, VerifyArgs};
use super::printer::Printer;
use super::table::{counted, number};
use super::{progress, read};

/// Carries out a run file.
pub fn run(args: RunArgs, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let registry = read::announced(common, printer)?;
    // Rules that record types define can be named on the command line.
    tipstat::schema::load_rules(&registry)?;
    let own = [Some(Config::file(&args.config)), args.reading.person_key_file.clone()];
    let out = args.out.join("restricted");
    let run = Run {
        inputs: Inputs::new(own.into_iter().flatten(), common.schemas.as_deref()),
        config: Config::read(&args.config)?.outside(args.allow_outside),
        registry,
        out: args.out,
        force: args.force,
        dry_run: args.dry_run,
        max_rejects: args.reading.max_rejects,
        reading: read::reading(&args.reading)?,
    };
    let control = progress::control(common);
    let outcome = pipeline::run(&run, &control)?;
    if printer.is_json() {
        printer.json(&outcome);
    } else {
        printer.answer(&summary(&outcome));
    }
    if outcome.restricted_folder.is_some() {
        printer.unprotected(&out);
    }
    Ok(ExitCode::SUCCESS)
}

/// How much of some tables is hidden.
pub fn audited(out: &mut String, tables: usize, audit: &AuditManifest) {
    let share = 100.0 * audit.blank as f64 / audit.cells.max(1) as f64;
    let _ = writeln!(
        out,
        "{} of {} groups, {} of them suppressed ({share:.1} %); the attacker narrowed {}",
        counted(tables as u64, "table", "tables"),
        number(audit.cells as u64),
        number(audit.blank as u64),
        audit.narrowed
    );
}

/// What tells nothing, and what is not the same everywhere.
pub fn remarks(out: &mut String, missing: &[NotCollected], differences: &[Incomparable]) {
    for missing in missing {
        let _ = writeln!(
            out,
            "not told: {}, because no source tells {}",
            visible(&missing.table),
            visible(&missing.dimension)
        );
    }
    if !differences.is_empty() {
        let names: Vec<_> = differences.iter().map(|difference| difference.dimension.as_str()).collect();
        let _ = writeln!(
            out,
            "not the same in all sources: {}; the report says what each means by it",
            visible(&names.join(", "))
        );
    }
}

/// The digest by which a release is known, at the end of an answer.
pub fn digest(out: &mut String, sha256: &str) {
    let _ = writeln!(out, "manifest:   SHA-256 {sha256}");
}

/// Warns of codes of which records do not show whether an area asked for them, one line for each.
pub fn not_seen(out: &mut String, found: &[NotSeen]) {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for of in found {
        codes.entry(format!("{}={}", of.dimension, of.code)).or_default().push(format!("{} {}", of.area, of.year));
    }
    for (code, places) in codes {
        let more = if places.len() > 5 { format!(", and {} more", places.len() - 5) } else { String::new() };
        let _ = writeln!(
            out,
            "warning[coverage/code-not-seen]: {code} has no record in {}{more}: comparisons of their regions have no value; \
             name the codes that were asked for in `[[coverage]]`",
            places[..places.len().min(5)].join(", ")
        );
    }
}

/// Warns of persons whose area is not known.
pub fn unknown_area(out: &mut String, is_found: bool) {
    if is_found {
        out.push_str(
            "warning[coverage/area-unknown]: persons whose area is not known count in the world, and in no other region and no \
             panel; `tipstat explain coverage/area-unknown` says where\n",
        );
    }
}

fn summary(outcome: &Outcome) -> String {
    let mut out = String::new();
    if outcome.synthetic {
        out.push_str("SYNTHETIC DATA: no figure says anything about any country\n\n");
    }
    for input in &outcome.inputs {
        out.push_str(&read::one(input));
    }
    let _ = writeln!(
        out,
        "\n{} records read = {} accepted + {} rejected + {} duplicates",
        number(outcome.records),
        number(outcome.accepted),
        number(outcome.rejected),
        number(outcome.duplicates)
    );
    audited(&mut out, outcome.tables.len(), &outcome.audit);
    remarks(&mut out, &outcome.not_collected, &outcome.differences);
    not_seen(&mut out, &outcome.not_seen);
    unknown_area(&mut out, outcome.unknown_area);
    match (&outcome.release_folder, &outcome.restricted_folder) {
        (Some(release), Some(restricted)) => {
            let replaced = if outcome.replaced { " (replaced)" } else { "" };
            let _ = writeln!(out, "release:    {release}{replaced}: open report.html, or the tables");
            let _ = writeln!(out, "restricted: {restricted}: never leaves the house");
            digest(&mut out, &outcome.manifest_sha256);
        }
        _ => out.push_str("dry run: nothing was written\n"),
    }
    out
}

/// Says who signed a release, or that nothing shows who made it.
fn signature(verified: &Verified) -> String {
    match (&verified.signed_by, verified.has_signature) {
        (Some(id), _) => format!("signature:  of the key {id}\n"),
        (None, true) => "signature:  not checked: pass the publisher's key with `--key FILE`\n".to_owned(),
        (None, false) => {
            "signature:  none: compare the digest of the manifest with the one that its publisher announces\n"
                .to_owned()
        }
    }
}

/// Compares a release with its manifest.
pub fn verify(args: &VerifyArgs, printer: &Printer) -> Result<ExitCode> {
    let key = args.key.as_deref().map(Key::read).transpose()?;
    let verified = pipeline::verify(&args.folder, key.as_ref())?;
    if printer.is_json() {
        printer.json(&verified);
    } else if verified.differences.is_empty() {
        let mut out =
            format!("release `{}`: {} files, all as the manifest says\n", visible(&verified.release), verified.files);
        digest(&mut out, &verified.manifest_sha256);
        out.push_str(&signature(&verified));
        printer.answer(&out);
    }
    if verified.differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let error =
        Error::refused("release/differs", format!("the release `{}` is not what its manifest says", verified.release));
    let error = verified.differences.iter().fold(error, |error, difference| match difference {
        Difference::Changed { path } => error.with("changed", path),
        Difference::Missing { path } => error.with("missing", path),
        Difference::Unknown { path } => error.with("not in the manifest", path),
    });
    Err(error.at(tipstat::files::shown(&args.folder)).hint("do not use it; get the release again from its publisher"))
}
