//! `generate records`.

use std::io::{ErrorKind, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use tipstat::internals::files::{self, FileOutput, Readers};
use tipstat::internals::pipeline::{CommandInputs, Existing, Output, OutputKind, claim_outputs};
use tipstat::internals::synthetic::{self, GenerateRequest, Model};
use tipstat::internals::validate::{Description, Layout};
use tipstat::{Error, Result};

use super::columns::number;
use super::common::CommonArgs;
use super::printer::Printer;
use super::schemas;

#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// Synthetic records, realistic in shape
    Records(GenerateArgs),
}

#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// Make this many records
    #[arg(long, value_name = "N")]
    pub records: u64,
    /// Start from this seed; the same seed gives the same records
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Write them into this file; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write them in this layout; without one, with the columns of the record type
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Use only these reporting areas of the model
    #[arg(long, value_name = "ISO3,...", value_delimiter = ',')]
    pub areas: Vec<String>,
    /// Use this model of `schemas/synthetic`
    #[arg(long, value_name = "NAME", default_value = "victim")]
    pub model: String,
    /// Add a fault to about one record in sixty
    #[arg(long)]
    pub messy: bool,
    /// Replace a previous file
    #[arg(long)]
    pub force: bool,
}

/// Standard output, which notes whether its reader has closed it.
struct Stdout<'a> {
    out: StdoutLock<'a>,
    is_closed: bool,
}

impl Stdout<'_> {
    fn noted<T>(&mut self, done: std::io::Result<T>) -> std::io::Result<T> {
        self.is_closed |= done.as_ref().is_err_and(|cause| cause.kind() == ErrorKind::BrokenPipe);
        done
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let done = self.out.write(bytes);
        self.noted(done)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let done = self.out.flush();
        self.noted(done)
    }
}

/// Makes synthetic records.
pub fn generate(command: GenerateCommand, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let GenerateCommand::Records(args) = command;
    let registry = schemas::announced(common, printer)?;
    let model = Model::load(&registry, &args.model)?;
    let layout = Layout::load(
        &registry,
        &Description { profile: args.profile.as_deref(), schema: Some(&model.record), ..Description::default() },
    )?;
    if layout.record.name() != model.record {
        return Err(Error::failed(format!(
            "the model makes {}, and the profile reads {}",
            model.record,
            layout.record.name()
        )));
    }
    model.check(&layout.record)?;
    let request = GenerateRequest { records: args.records, seed: args.seed, messy: args.messy, areas: args.areas };
    if args.out == Path::new("-") {
        let mut out = Stdout { out: std::io::stdout().lock(), is_closed: false };
        let made = synthetic::generate(&mut out, &model, &layout, &request);
        let made =
            made.and_then(|()| out.flush().map_err(|cause| Error::failed("cannot write the records").because(cause)));
        // A reader that has closed the pipe has seen enough.
        return if out.is_closed { Ok(ExitCode::SUCCESS) } else { made.map(|()| ExitCode::SUCCESS) };
    }
    // Records of somebody else may bear the same headings, so the first record is compared as well.
    let mut start = Vec::new();
    synthetic::generate(&mut start, &model, &layout, &GenerateRequest { records: 1, ..request.clone() })?;
    let start = String::from_utf8_lossy(&start).into_owned();
    let output = [Output::new(&args.out, OutputKind::Text(start))];
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let stages = claim_outputs(
        &output,
        &CommandInputs { schemas: common.schemas.clone(), ..CommandInputs::default() },
        existing,
    )?;
    let output = FileOutput { path: &args.out, readers: Readers::All, previous: args.force.into() };
    output.write(&stages[0], |out| synthetic::generate(out, &model, &layout, &request))?;
    printer.note(&format!("{} synthetic records in {}", number(args.records), files::shown(&args.out)));
    Ok(ExitCode::SUCCESS)
}
