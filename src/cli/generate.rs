//! `generate records`.

use std::io::{ErrorKind, StdoutLock, Write};
use std::path::Path;
use std::process::ExitCode;

use tipstat::files::{self, Readers};
use tipstat::pipeline::{Inputs, Made, Output, claim_outputs};
use tipstat::synthetic::{self, Model, Request};
use tipstat::validate::{Description, Layout};
use tipstat::{Error, Result};

use super::args::{Common, GenerateCommand};
use super::printer::Printer;
use super::read;
use super::table::number;

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
pub fn generate(command: GenerateCommand, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let GenerateCommand::Records(args) = command;
    let registry = read::announced(common, printer)?;
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
    let request = Request { records: args.records, seed: args.seed, messy: args.messy, areas: args.areas };
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
    synthetic::generate(&mut start, &model, &layout, &Request { records: 1, ..request.clone() })?;
    let start = String::from_utf8_lossy(&start).into_owned();
    let output = [Output::new(&args.out, Made::Text(start))];
    let stages = claim_outputs(&output, &Inputs { schemas: common.schemas.clone(), ..Inputs::default() }, args.force)?;
    files::write_file(&stages[0], &args.out, Readers::All, args.force, |out| {
        synthetic::generate(out, &model, &layout, &request)
    })?;
    printer.note(&format!("{} synthetic records in {}", number(args.records), files::shown(&args.out)));
    Ok(ExitCode::SUCCESS)
}
