//! `tabulate`.

use std::path::PathBuf;
use std::process::ExitCode;

use tipstat::Result;
use tipstat::internals::pipeline::{self, Declarations, ReleaseConfig, Tabulate, Tabulated};

use super::common::CommonArgs;
use super::printer::Printer;
use super::progress;
use super::release_args::{TablesArgs, places, release_request};
use super::summary;

#[derive(Debug, clap::Args)]
pub struct TabulateArgs {
    /// Folders of stores, from `ingest` or from `restricted` of a run
    #[arg(required = true)]
    pub stores: Vec<PathBuf>,
    /// Read from this CSV file which areas reported, also without a record: REF_AREA, TIME_PERIOD (a year, or `2019-2021`),
    /// DIMENSION, CODES; `[[coverage]]` of `--config` and of a store's own run file counts as well
    #[arg(long, value_name = "FILE")]
    pub coverage: Option<PathBuf>,
    #[command(flatten)]
    pub tables: TablesArgs,
}

/// Makes a release of stores.
pub fn tabulate(args: TabulateArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let default = ReleaseConfig::new("tables", "Detected victims");
    let (mut request, declared) = release_request(args.tables, common, printer, default)?;
    request.inputs.read.extend(args.coverage.clone());
    let coverage = Declarations { declared, file: args.coverage };
    let job = Tabulate { stores: places(&args.stores)?, coverage, request };
    let made = pipeline::tabulate(&job, &progress::control(common))?;
    if printer.is_json() {
        printer.json(&made);
    } else {
        printer.answer(&tabulated(&made));
    }
    Ok(ExitCode::SUCCESS)
}

fn tabulated(made: &Tabulated) -> String {
    let mut out = String::new();
    if made.synthetic {
        summary::synthetic(&mut out);
    }
    summary::audited(&mut out, made.tables.len(), &made.audit);
    if made.repeated {
        summary::repeated(&mut out);
    }
    summary::conflicts(&mut out, &made.conflicts);
    if made.persons_not_compared {
        out.push_str(
            "the stores were made without a person key: a person who is in two of them counts twice; \
             `tipstat ingest FILE --person-key-file FILE --out STORE` makes them comparable\n",
        );
    }
    summary::remarks(&mut out, &made.not_collected, &made.differences);
    summary::not_seen(&mut out, &made.not_seen);
    summary::areas_without_region(&mut out, &made.areas_without_region);
    summary::against_coverage(&mut out, &made.against_coverage);
    if made.unknown_area {
        summary::unknown_area(&mut out);
    }
    summary::ledger(&mut out, &made.ledger);
    summary::placed(&mut out, &made.placed, &made.manifest_sha256);
    out
}
