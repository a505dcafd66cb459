//! `generate records`.

use std::path::Path;
use std::process::ExitCode;

use tipstat::files;
use tipstat::pipeline::{Inputs, Made, Output, check_outputs};
use tipstat::synthetic::{self, Model, Request};
use tipstat::validate::{Description, Layout};
use tipstat::{Error, Result};

use super::args::{Common, GenerateCommand};
use super::printer::Printer;
use super::read;
use super::table::number;

/// Makes synthetic records.
pub fn generate(command: GenerateCommand, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let GenerateCommand::Records(args) = command;
    let registry = read::registry(common)?;
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
        let mut out = std::io::stdout().lock();
        return synthetic::generate(&mut out, &model, &layout, &request).map(|()| ExitCode::SUCCESS);
    }
    // Records of somebody else may bear the same headings, so the first record is compared as well.
    let mut start = Vec::new();
    synthetic::generate(&mut start, &model, &layout, &Request { records: 1, ..request.clone() })?;
    let start = String::from_utf8_lossy(&start).into_owned();
    let output = [Output::new(&args.out, Made::Text(start))];
    check_outputs(&output, &Inputs { schemas: common.schemas.clone(), ..Inputs::default() }, args.force)?;
    files::write_file(&args.out, args.force, |out| synthetic::generate(out, &model, &layout, &request))?;
    printer.note(&format!("{} synthetic records in {}", number(args.records), files::shown(&args.out)));
    Ok(ExitCode::SUCCESS)
}
