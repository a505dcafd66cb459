//! `schema infer`: drafts of a profile and a country pack.

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use tipstat::internals::files::{self, FileOutput, Readers, Stage};
use tipstat::internals::infer::{self, Active, Inquiry};
use tipstat::internals::pipeline::{CommandInputs, Existing, Output, OutputKind, claim_outputs};
use tipstat::internals::schema::Registry;
use tipstat::{Error, Result};

use super::common::CommonArgs;
use super::printer::Printer;
use super::progress;

#[derive(Debug, clap::Args)]
pub struct InferArgs {
    /// A file of records: delimited text or a workbook
    pub file: PathBuf,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The encoding of a file that is not UTF-8, such as windows-1252
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Map columns to the fields of this record type; without it, `figure` where the rows look like published figures, and `victim`
    #[arg(long, value_name = "NAME[@V]")]
    pub record: Option<String>,
    /// Use headings and words of this country's pack
    #[arg(long, value_name = "ISO3")]
    pub pack: Option<String>,
    /// Write the draft into this file (confidential until it is checked); without it, it is printed
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Draft a pack of race and ethnicity into this file (confidential until it is checked)
    #[arg(long, value_name = "FILE")]
    pub pack_out: Option<PathBuf>,
    /// Replace previous drafts
    #[arg(long)]
    pub force: bool,
}

/// Writes drafts. A previous draft is never replaced without `--force`.
pub fn infer(args: &InferArgs, registry: &Registry, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let named = [&args.out, &args.pack_out].into_iter().flatten();
    let outputs: Vec<Output<'_>> = named.map(|path| Output::new(path, OutputKind::Text(infer::DRAFT.into()))).collect();
    let inputs = CommandInputs::new([&args.file], common.schemas.as_deref());
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut stages = claim_outputs(&outputs, &inputs, existing)?.into_iter();
    let [profile, pack] = [&args.out, &args.pack_out].map(|path| Some((path.as_deref()?, stages.next()?)));
    let name = infer::profile_name(args.out.as_deref().unwrap_or(&args.file));
    let inquiry = Inquiry {
        file: &args.file,
        sheet: args.sheet.as_deref(),
        encoding: args.encoding.as_deref(),
        record: args.record.as_deref(),
        area: args.pack.as_deref(),
        name: &name,
        active: Active::Columns,
    };
    let drafts = infer::infer(registry, &inquiry, &progress::control(common))?;
    if drafts.figures {
        printer.note(
            "the rows look like published figures, so the draft is for `figure`; `--record victim` drafts case records",
        );
    }
    if let Some((path, stage)) = &profile {
        write(stage, path, args, &drafts.profile.text)?;
        let shown = files::shown(path);
        printer.note(&format!(
            "the draft is in {shown} (confidential until it is checked): its first lines say what to check"
        ));
        printer.unprotected(path);
    }
    match (&pack, &drafts.pack) {
        (Some((path, stage)), Some(pack)) => {
            write(stage, path, args, &pack.text)?;
            let shown = files::shown(path);
            printer.note(&format!("the draft of the country pack is in {shown} (confidential until it is checked)"));
            printer.unprotected(path);
        }
        (Some(_), None) => {
            printer.note("no column was recognised as race, ethnicity or another list of the country's own")
        }
        (None, Some(_)) => {
            printer.note("columns may be of the country's own lists: `--pack-out FILE` drafts a country pack")
        }
        (None, None) => {}
    }
    if printer.is_json() {
        let pack = drafts.pack.map(|pack| pack.text).filter(|_| args.pack_out.is_some());
        printer.json(&json!({ "name": name, "records": drafts.records, "profile": drafts.profile.text, "pack": pack }));
    } else if args.out.is_none() {
        printer.document(&drafts.profile.text);
    }
    Ok(ExitCode::SUCCESS)
}

fn write(stage: &Stage, path: &Path, args: &InferArgs, text: &str) -> Result<()> {
    let output = FileOutput { path, readers: Readers::Owner, previous: args.force.into() };
    output.write(stage, |out| {
        let problem = |cause| Error::failed("cannot write the draft").because(cause);
        out.write_all(text.as_bytes()).map_err(problem)
    })
}
