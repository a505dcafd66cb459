//! `start`: the first draft of a run file and of the profiles that it needs.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use tipstat::internals::error::visible;
use tipstat::internals::files::{self, FileOutput, Readers};
use tipstat::internals::infer::{
    self, Active, DraftedFile, Need, StartDrafts, StartRequest, StartedFile, StartedLayout,
};
use tipstat::internals::pipeline::{self, CommandInputs, Existing, Output, OutputKind, claim_outputs};
use tipstat::{Error, Result};

use super::columns::number;
use super::common::CommonArgs;
use super::printer::Printer;
use super::{progress, schemas};

/// So many open questions are printed.
const SHOWN: usize = 4;

#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// Files of records: delimited text, workbooks or Parquet
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Set the country of all records, if the files have no column for it
    #[arg(long, value_name = "ISO3")]
    pub area: Option<String>,
    /// Make likely guesses active as well, and mark them
    #[arg(long)]
    pub yes: bool,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The encoding of files that are not UTF-8, such as windows-1252
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
}

/// A file that is written.
struct WrittenFile<'a> {
    path: PathBuf,
    text: &'a str,
}

/// Drafts the files and writes them where none is.
pub fn start(args: &StartArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = schemas::announced(common, printer)?;
    let run_file = PathBuf::from("tipstat.toml");
    refuse_existing(&run_file)?;
    let found: Result<Vec<_>> = args.files.iter().map(|file| pipeline::matching(file)).collect();
    let found = found?.concat();
    let request = StartRequest {
        files: &found,
        area: args.area.as_deref(),
        sheet: args.sheet.as_deref(),
        encoding: args.encoding.as_deref(),
        active: if args.yes { Active::Likely } else { Active::Certain },
    };
    let drafts = infer::start(&registry, &request, &progress::control(common))?;
    let folder = Path::new("schemas");
    let profiles = drafts.profiles.iter().map(|(name, draft)| WrittenFile {
        path: folder.join("profiles").join(format!("{name}.toml")),
        text: &draft.text,
    });
    let packs = drafts
        .packs
        .iter()
        .map(|(area, text)| WrittenFile { path: folder.join("packs").join(format!("{area}.toml")), text });
    // The run file comes last: where it is, everything else is.
    let last = drafts.run_file.iter().map(|draft| WrittenFile { path: run_file.clone(), text: &draft.text });
    let written: Vec<WrittenFile<'_>> = profiles.chain(packs).chain(last).collect();
    write(&written, &found)?;
    report(&drafts, &written, args, printer);
    written.iter().for_each(|file| printer.unprotected(&file.path));
    Ok(ExitCode::SUCCESS)
}

fn refuse_existing(path: &Path) -> Result<()> {
    if !files::exists(path) {
        return Ok(());
    }
    Err(Error::refused("release/exists", "the file exists already and was left as it is")
        .at(files::shown(path))
        .hint("`tipstat run` makes a release with it; to start anew, move it away or start in another folder"))
}

fn write(written: &[WrittenFile<'_>], inputs: &[PathBuf]) -> Result<()> {
    written.iter().try_for_each(|file| refuse_existing(&file.path))?;
    let kind = || OutputKind::Text(infer::DRAFT.into());
    let outputs: Vec<Output<'_>> = written.iter().map(|file| Output::new(&file.path, kind())).collect();
    let stages = claim_outputs(&outputs, &CommandInputs::new(inputs.to_vec(), None), Existing::Keep)?;
    for (file, stage) in written.iter().zip(&stages) {
        let output = FileOutput { path: &file.path, readers: Readers::Owner, previous: false.into() };
        output.write(stage, |out| {
            let problem = |cause| Error::failed("cannot write the draft").because(cause);
            out.write_all(file.text.as_bytes()).map_err(problem)
        })?;
    }
    Ok(())
}

/// An open question with its place.
struct Open<'a> {
    place: String,
    text: &'a str,
    need: Need,
}

/// Returns the open questions of all drafts, the ones without which nothing can be read first.
fn questions<'a>(drafts: &'a StartDrafts, folder: &Path) -> Vec<Open<'a>> {
    let written = |path: PathBuf, draft: &'a DraftedFile| {
        let path = files::slashed(&path);
        draft.questions.iter().map(move |question| Open {
            place: format!("{path}:{}", question.line),
            text: &question.text,
            need: question.need,
        })
    };
    let run_file = drafts.run_file.iter().flat_map(|draft| written(PathBuf::from("tipstat.toml"), draft));
    let profiles = drafts
        .profiles
        .iter()
        .flat_map(|(name, draft)| written(folder.join("profiles").join(format!("{name}.toml")), draft));
    let mut all: Vec<Open<'a>> = run_file.chain(profiles).collect();
    all.sort_by_key(|open| open.need);
    all
}

/// Prints at most ten lines: what was recognised, what was written, what is open, and the next command.
fn report(drafts: &StartDrafts, written: &[WrittenFile<'_>], args: &StartArgs, printer: &Printer) {
    let open = questions(drafts, Path::new("schemas"));
    let next = next(drafts, args, &open);
    if printer.is_json() {
        let open: Vec<_> = open
            .iter()
            .map(|open| json!({ "place": open.place, "question": open.text, "required": open.need == Need::Required }))
            .collect();
        let written: Vec<_> = written.iter().map(|file| files::slashed(&file.path)).collect();
        printer.json(&json!({ "written": written, "open": open, "next": next }));
        return;
    }
    let mut out = String::new();
    match drafts.files.as_slice() {
        [file] => one(file, &mut out),
        files => several(files, &mut out),
    }
    let names: Vec<String> = written.iter().map(|file| files::slashed(&file.path)).collect();
    let _ = writeln!(out, "wrote {}: confidential until they are checked", names.join(", "));
    if open.is_empty() {
        out.push_str("no question is open\n");
    } else {
        let required = open.iter().filter(|open| open.need == Need::Required).count();
        let _ = writeln!(out, "open questions: {}, and {required} of them before a first release", open.len());
    }
    let shown = if open.len() > SHOWN { SHOWN - 1 } else { SHOWN };
    for open in open.iter().take(shown) {
        let _ = writeln!(out, "  {}: {}", open.place, visible(open.text));
    }
    if open.len() > shown {
        let _ = writeln!(out, "  and {} more, in lines that begin with `# ?`", open.len() - shown);
    }
    let _ = writeln!(out, "next: {next}");
    printer.answer(&out);
}

/// Two lines on one file.
fn one(file: &StartedFile, out: &mut String) {
    let (drafts, name) = (&file.drafts, files::shown(&file.file));
    let sheet = match &drafts.sheet {
        Some((sheet, 0)) => format!("sheet `{}`, ", visible(sheet)),
        Some((sheet, others)) => format!("sheet `{}` ({others} more not read), ", visible(sheet)),
        None => String::new(),
    };
    let [columns, persons] = drafts.columns;
    let _ = writeln!(
        out,
        "{}: {sheet}header in line {}, {} records, {columns} columns",
        visible(&name),
        number(drafts.header_line),
        number(drafts.records)
    );
    let kind = if drafts.figures { "published figures: " } else { "" };
    let dropped =
        if persons > 0 { format!("; dropped unread, because they name persons: {persons}") } else { String::new() };
    let _ = match &file.layout {
        StartedLayout::Known(profile) => writeln!(out, "recognised: the layout `{profile}`"),
        StartedLayout::Fields => writeln!(out, "recognised: the headings of `victim`"),
        StartedLayout::Drafted(_) if drafts.fields.is_empty() => writeln!(out, "recognised: {kind}no column{dropped}"),
        StartedLayout::Drafted(_) => writeln!(out, "recognised: {kind}{}{dropped}", drafts.fields.join(", ")),
    };
}

/// One line on several files.
fn several(started: &[StartedFile], out: &mut String) {
    let records: u64 = started.iter().map(|file| file.drafts.records).sum();
    let figures = started.iter().filter(|file| file.drafts.figures).count();
    let figures = if figures > 0 { format!(", {figures} of published figures") } else { String::new() };
    let _ = writeln!(out, "{} files{figures}, {} records", started.len(), number(records));
}

/// The next command.
fn next(drafts: &StartDrafts, args: &StartArgs, open: &[Open<'_>]) -> String {
    let command = match &drafts.run_file {
        Some(_) if drafts.outside => "tipstat run --allow-outside".to_owned(),
        Some(_) => "tipstat run".to_owned(),
        None => {
            let files: Vec<String> = args.files.iter().map(|file| files::shown(file)).collect();
            let profile = match drafts.files.first().map(|file| &file.layout) {
                Some(StartedLayout::Known(name)) => name.clone(),
                Some(StartedLayout::Drafted(name)) => format!("{name} --schemas schemas"),
                _ => String::new(),
            };
            format!("tipstat combine {} --profile {profile} --tables glotip --out world", files.join(" "))
        }
    };
    match open.iter().any(|open| open.need == Need::Required) {
        true => format!("answer the questions, then `{command}`"),
        false => format!("`{command}`"),
    }
}
