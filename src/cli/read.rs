//! `validate` and `ingest`.

use std::path::PathBuf;
use std::process::ExitCode;

use tipstat::Result;
use tipstat::files::{self, Readers};
use tipstat::ingest::Lines;
use tipstat::pipeline::{
    self, Allowance, Destination, Former, InputReport, Inputs, Job, Limit, Made, Output, Reading, UNRESOLVED,
    claim_outputs,
};
use tipstat::schema::Registry;
use tipstat::validate::{Conflicts, Description, Layout, Options};

use super::args::{Common, ConflictsArg, IngestArgs, LayoutArgs, ReadingArgs, ValidateArgs};
use super::printer::Printer;
use super::progress;
use super::table::{align, number};
use tipstat::error::visible;

/// The schemas of this run.
pub fn registry(common: &Common) -> Result<Registry> {
    match &common.schemas {
        Some(folder) => Registry::with_folder(folder.clone()),
        None => Ok(Registry::built_in()),
    }
}

/// The schemas of this run. Those of the user's folder that take the place of built-in ones are announced, because names such
/// as that of the default policy mean something else then.
pub fn announced(common: &Common, printer: &Printer) -> Result<Registry> {
    const NAMED: usize = 5;
    let registry = registry(common)?;
    let overrides = registry.overrides()?;
    if !overrides.is_empty() {
        let names: Vec<_> = overrides.iter().take(NAMED).map(|of| visible(&of.path)).collect();
        let more = overrides.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        printer.note(&format!("warning: `--schemas` replaces built-in schemas: {}{more}", names.join(", ")));
    }
    Ok(registry)
}

/// How files are read. Rules that a record type defines are known once its layout is loaded.
pub fn reading(args: &ReadingArgs) -> Result<Reading> {
    let deny: Result<Vec<_>> = args.deny.iter().map(|id| pipeline::rule(id)).collect();
    // A secret is taken from the environment or a file, so that no list of processes shows it.
    let person_key = match (&args.person_key_file, std::env::var("TIPSTAT_PERSON_KEY")) {
        (Some(path), _) => Some(pipeline::person_key(path)?),
        (None, Ok(text)) => Some(pipeline::secret(text.trim(), "TIPSTAT_PERSON_KEY")?),
        (None, Err(_)) => None,
    };
    let conflicts = match args.conflicts {
        Some(ConflictsArg::Merge) => Conflicts::Merge,
        Some(ConflictsArg::Keep) | None => Conflicts::Keep,
    };
    let options = Options { samples: args.max_shown, deny: deny?, person_key, keep: false };
    let allowance = args.max_not_understood.iter().fold(Allowance::default(), |all, item| all.and(item));
    Ok(Reading { options, fail_fast: args.fail_fast, conflicts, allowance })
}

fn jobs(files: &[PathBuf], layout: &LayoutArgs, registry: &Registry) -> Result<Vec<Job>> {
    let description = Description {
        profile: layout.profile.as_deref(),
        schema: layout.schema.as_deref(),
        area: layout.area.as_deref(),
        encoding: layout.encoding.as_deref(),
        delimiter: layout.delimiter.as_deref(),
        set: &layout.set,
        sheet: layout.sheet.as_deref(),
        person_scope: layout.person_scope.as_deref(),
    };
    let layout = Layout::load(registry, &description)?;
    let mut jobs = Vec::new();
    for name in files {
        let paths = pipeline::matching(name)?;
        jobs.extend(paths.into_iter().map(|path| Job { path, layout: layout.clone() }));
    }
    Ok(jobs)
}

/// Checks files; the exit code is 1 where a record was rejected beyond the limit, which is none by default.
pub fn validate(args: ValidateArgs, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let registry = announced(common, printer)?;
    let jobs = jobs(&args.files, &args.layout, &registry)?;
    let control = progress::control(common);
    let rejects = args.rejects.as_deref().map(|path| Output::new(path, Made::Parquet));
    let unresolved = args.unresolved.as_deref().map(|path| Output::new(path, Made::Text(UNRESOLVED.into())));
    let outputs: Vec<Output<'_>> = rejects.into_iter().chain(unresolved).collect();
    let mut stages = claim_outputs(&outputs, &inputs(&jobs, &args.reading, common), args.force)?.into_iter();
    let stage = args.rejects.as_ref().and_then(|_| stages.next());
    let reading = reading(&args.reading)?;
    check_fields(&reading, &jobs)?;
    let ingested = pipeline::validate_files(&jobs, stage.as_ref(), &reading, &control)?;
    if let (Some(stage), Some(path)) = (&stage, &args.rejects) {
        files::publish_file(&stage.file(pipeline::REJECTS)?, path, args.force)?;
        printer.confidential(&format!("the rejected records are listed in {}", files::shown(path)), path);
    }
    if let Some((path, stage)) = args.unresolved.as_ref().zip(stages.next()) {
        files::write_file(&stage, path, Readers::Owner, args.force, |out| {
            pipeline::write_unresolved(out, &ingested.inputs)
        })?;
        printer.confidential(&format!("texts that mean no code are in {}", files::shown(path)), path);
    }
    report(&ingested.inputs, printer);
    ingested.check(args.reading.max_rejects.unwrap_or(Limit::Count(0)), &reading.allowance)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads files into a store.
pub fn ingest(args: IngestArgs, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let registry = announced(common, printer)?;
    let jobs = jobs(&args.files, &args.layout, &registry)?;
    let store = Output::new(&args.out, if args.append { Made::Added } else { Made::Store });
    let rejected = args.quarantine.as_deref().map(|path| Output::new(path, Made::Rejected));
    let outputs: Vec<Output<'_>> = [store].into_iter().chain(rejected).collect();
    // From here on no other run changes the store.
    let mut stages = claim_outputs(&outputs, &inputs(&jobs, &args.reading, common), args.force)?.into_iter();
    let stage = stages.next().expect("a stage for each output");
    let former = if args.append { Some(Former::open(&args.out)?) } else { None };
    let quarantine = match &args.quarantine {
        Some(path) => stages.next().map(|stage| (stage, path)),
        None => None,
    };
    let control = progress::control(common);
    let kept = quarantine.as_ref().map(|(stage, _)| stage);
    let to = Destination { stage: &stage, quarantine: kept, former: former.as_ref() };
    let reading = reading(&args.reading)?;
    check_fields(&reading, &jobs)?;
    let ingested = pipeline::ingest_store(&jobs, to, &registry.digest()?, &reading, &control)?;
    let limit = args.reading.max_rejects.unwrap_or(pipeline::MOST_REJECTS);
    let checked = ingested.check(limit, &reading.allowance);
    report(&ingested.inputs, printer);
    checked?;
    // What was rejected is there before the store says that it was.
    if let Some((stage, path)) = &quarantine {
        files::publish_folder(stage.path(), path, Readers::Owner, args.force)?;
    }
    former.iter().try_for_each(Former::refuse_changed)?;
    files::publish_folder(stage.path(), &args.out, Readers::Owner, args.force || args.append)?;
    if let Some((_, path)) = &quarantine {
        let [_, _, rejected, _] = ingested.totals();
        printer.confidential(&format!("{} rejected records are in {}", number(rejected), files::shown(path)), path);
    }
    printer.confidential(&format!("the store is in {}", files::shown(&args.out)), &args.out);
    Ok(ExitCode::SUCCESS)
}

/// Refuses limits for fields that the records do not have.
fn check_fields(reading: &Reading, jobs: &[Job]) -> Result<()> {
    jobs.first().map_or(Ok(()), |job| reading.allowance.check(&job.layout.record))
}

/// Names what is read: the files, the secret for pseudonyms, and the folder of schemas.
fn inputs(jobs: &[Job], args: &ReadingArgs, common: &Common) -> Inputs {
    let files = jobs.iter().map(|job| &job.path).chain(&args.person_key_file);
    Inputs::new(files, common.schemas.as_deref())
}

/// Prints what became of each file.
pub fn report(inputs: &[InputReport], printer: &Printer) {
    if printer.is_json() {
        printer.json(&inputs);
        return;
    }
    printer.answer(&inputs.iter().map(one).collect::<String>());
}

/// What became of one file, as text.
pub fn one(input: &InputReport) -> String {
    let mut out = format!(
        "{}: {} records read, {} accepted, {} rejected, {} duplicates\n",
        input.file,
        number(input.records),
        number(input.accepted),
        number(input.rejected),
        number(input.duplicates)
    );
    out.push_str(&lines(&input.lines));
    if input.encoding != "UTF-8" {
        out.push_str(&format!("  the text is encoded as {}\n", input.encoding));
    }
    if let Some(name) = input.compression {
        out.push_str(&format!("  the file is compressed ({name})\n"));
    }
    if let Some(sheet) = &input.sheet {
        out.push_str(&format!("  the sheet is `{}`\n", visible(sheet)));
    }
    match input.delimiter.as_str() {
        "," => {}
        "JSON" => out.push_str("  the records are JSON objects, one a line\n"),
        "\t" => out.push_str("  the fields are separated by a tab\n"),
        delimiter => out.push_str(&format!("  the fields are separated by `{}`\n", visible(delimiter))),
    }
    if !input.not_collected.is_empty() {
        out.push_str(&format!("  not collected: {}\n", input.not_collected.join(", ")));
    }
    // The findings below name every cell. Only columns that a reader should look at are named here.
    for column in input.columns.iter().filter(|column| column.percent() >= 1.0) {
        out.push_str(&format!(
            "  not understood in `{}` (field `{}`): {}\n",
            visible(&column.column),
            column.field,
            column.share("the filled cells")
        ));
    }
    let rows = input.findings.iter().filter(|finding| finding.rule != "file/absent-column").map(|finding| {
        let column = match (&finding.column, finding.column_number) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(number)) => format!("column {number}"),
            (None, None) => String::new(),
        };
        let last = finding.last_lines.iter().map(Some).chain(std::iter::repeat(None));
        let span = |(first, last): (&u64, Option<&u64>)| match last {
            Some(last) if last > first => format!("{first} to {last}"),
            _ => first.to_string(),
        };
        let lines: Vec<_> = finding.lines.iter().zip(last).map(span).collect();
        let mut found = finding.found.clone();
        found.dedup();
        let found = if found.is_empty() { String::new() } else { format!("; found {}", found.join(", ")) };
        vec![
            format!("  {}[{}]", finding.severity, finding.rule),
            number(finding.count),
            column,
            format!("line {}{found}", lines.join(", ")),
        ]
    });
    out.push_str(&align(&rows.collect::<Vec<_>>()));
    out
}

/// Lines by what they hold, as far as there are any.
fn lines(lines: &Lines) -> String {
    let parts = [
        (lines.titles, "of titles"),
        (lines.header, "of the header"),
        (lines.records, "of records"),
        (lines.skipped, "skipped by the profile"),
        (lines.blank, "blank"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(count, _)| *count > 0).collect();
    let parts: Vec<_> = parts.iter().map(|(count, what)| format!("{} {what}", number(*count))).collect();
    format!("  {} lines: {}\n", number(lines.read), parts.join(", "))
}
