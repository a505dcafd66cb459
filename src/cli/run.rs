//! `run`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use tipstat::Result;
use tipstat::internals::pipeline::{self, CommandInputs, Config, Outcome, RunRequest};

use super::columns::number;
use super::common::{self, CommonArgs};
use super::ingest::{self, ReadingArgs};
use super::printer::Printer;
use super::schemas;
use super::{progress, summary};

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The run file
    #[arg(default_value = "tipstat.toml")]
    pub config: PathBuf,
    /// Write the folders `release` and `restricted` into this one
    #[arg(short, long, value_name = "DIR", default_value = "out", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Replace a previous release
    #[arg(long)]
    pub force: bool,
    /// Let the run file name files outside its folder
    #[arg(long)]
    pub allow_outside: bool,
    /// Publish in spite of what the ledger of the store says of earlier releases of the same records; the manifest names this reason
    #[arg(long = "override", value_name = "REASON", value_parser = common::reason)]
    pub reason: Option<String>,
    /// Do everything except write the outputs
    #[arg(long)]
    pub dry_run: bool,
    /// Read the key by which a policy rounds from this file, made by `tipstat key new KEY`; the variable TIPSTAT_ROUNDING_KEY may hold it
    /// instead
    #[arg(long, value_name = "FILE", env = "TIPSTAT_ROUNDING_KEY_FILE")]
    pub rounding_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Carries out a run file.
pub fn run(args: RunArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let mut config = Config::read(&args.config)?;
    if args.allow_outside {
        config = config.allow_outside();
    }
    let (registry, folder) = schemas::configured(common, config.schemas()?, printer)?;
    // Rules that record types define can be named on the command line.
    tipstat::internals::schema::load_rules(&registry)?;
    let files =
        [Some(Config::file(&args.config)), args.reading.person_key_file.clone(), args.rounding_key_file.clone()];
    let out = args.out.join("restricted");
    config.release.rounding_key = common::rounding_key(args.rounding_key_file.as_deref())?;
    let run = RunRequest {
        inputs: CommandInputs::new(files.into_iter().flatten(), folder.as_deref()),
        config,
        registry,
        out: args.out,
        force: args.force,
        dry_run: args.dry_run,
        reason: args.reason,
        max_rejects: args.reading.max_rejects,
        reading: ingest::reading(&args.reading)?,
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

fn summary(outcome: &Outcome) -> String {
    let mut out = String::new();
    if outcome.synthetic {
        summary::synthetic(&mut out);
    }
    for input in &outcome.inputs {
        out.push_str(&summary::one(input));
    }
    let _ = writeln!(
        out,
        "\n{} records read = {} accepted + {} rejected + {} duplicates",
        number(outcome.records),
        number(outcome.accepted),
        number(outcome.rejected),
        number(outcome.duplicates)
    );
    summary::audited(&mut out, outcome.tables.len(), &outcome.audit);
    summary::remarks(&mut out, &outcome.not_collected, &outcome.differences);
    summary::not_seen(&mut out, &outcome.not_seen);
    summary::areas_without_region(&mut out, &outcome.areas_without_region);
    summary::against_coverage(&mut out, &outcome.against_coverage);
    if outcome.unknown_area {
        summary::unknown_area(&mut out);
    }
    summary::ledger(&mut out, &outcome.ledger);
    match (&outcome.release_folder, &outcome.restricted_folder) {
        (Some(release), Some(restricted)) => {
            let replaced = if outcome.replaced { " (replaced)" } else { "" };
            let _ = writeln!(out, "release:    {release}{replaced}: open report.html, or the tables");
            let _ = writeln!(out, "restricted: {restricted}: confidential, for your office only");
            summary::digest(&mut out, &outcome.manifest_sha256);
        }
        _ => out.push_str("dry run: nothing was written\n"),
    }
    out
}
