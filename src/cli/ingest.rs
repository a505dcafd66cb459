//! `validate` and `ingest`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use tipstat::Result;
use tipstat::internals::files::{self, FileOutput, Readers};
use tipstat::internals::pipeline::{
    self, Allowance, CommandInputs, Destination, Existing, ExistingStore, Job, Limit, Output, OutputKind, Reading,
    UNRESOLVED, claim_outputs,
};
use tipstat::internals::schema::Registry;
use tipstat::internals::validate::{Conflicts, Description, Layout, Options};

use super::columns::number;
use super::common::CommonArgs;
use super::printer::Printer;
use super::schemas;
use super::{progress, summary};

/// How files are read, and when they are refused.
#[derive(Debug, clap::Args)]
pub struct ReadingArgs {
    /// Accept this many rejected records: a number, or a percentage such as 0.5% [default: 5%, and 0 for validate]
    #[arg(long, value_name = "N|P%", env = "TIPSTAT_MAX_REJECTS")]
    pub max_rejects: Option<Limit>,
    /// Accept this share of a column's filled cells, by persons, that are not understood; FIELD=P% for one field [default: 5%]
    #[arg(long, value_name = "[FIELD=]P%", value_delimiter = ',', env = "TIPSTAT_MAX_NOT_UNDERSTOOD")]
    pub max_not_understood: Vec<Allowance>,
    /// Show this many examples of each finding
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub max_shown: usize,
    /// Stop at the first rejected record
    #[arg(long)]
    pub fail_fast: bool,
    /// Reject records that break this rule, which is a warning otherwise
    #[arg(long, value_name = "RULE")]
    pub deny: Vec<String>,
    /// Treat records of one person, area and year that differ
    #[arg(long, value_enum, value_name = "HOW")]
    pub conflicts: Option<ConflictsArg>,
    /// Read the secret for pseudonyms of person ids from this file; the variable TIPSTAT_PERSON_KEY may hold it instead
    #[arg(long, value_name = "FILE", env = "TIPSTAT_PERSON_KEY_FILE")]
    pub person_key_file: Option<PathBuf>,
}

/// What happens to records of one person that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConflictsArg {
    /// Count all of them
    Keep,
    /// Merge them into one record; needs memory for one record per person
    Merge,
}

/// How the records are described.
#[derive(Debug, clap::Args)]
pub struct LayoutArgs {
    /// Read the layout of this publisher (`tipstat profile list`), or of this file, such as `./draft.toml`
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "schema")]
    pub profile: Option<String>,
    /// Read columns named as this record type names its fields
    #[arg(long, value_name = "NAME[@V]")]
    pub schema: Option<String>,
    /// Set the reporting area, if the files have no column for it
    #[arg(long, value_name = "ISO3")]
    pub area: Option<String>,
    /// Read files that are not UTF-8 in this encoding, such as windows-1252; without it, it is guessed and reported
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Separate fields by this character, such as `;` or `tab`; commas, semicolons, tabs and pipes are detected
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
    /// Read this sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Treat person ids as unique within this scope only, such as an office that numbers its own cases
    #[arg(long, value_name = "NAME")]
    pub person_scope: Option<String>,
    /// Set a field to the same code in all records, such as `year=2023`
    #[arg(long, value_name = "FIELD=CODE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, code) = text.split_once('=').ok_or_else(|| format!("`{text}` is not `FIELD=CODE`"))?;
    Ok((field.trim().to_owned(), code.trim().to_owned()))
}

#[derive(Debug, clap::Args)]
pub struct ValidateArgs {
    /// Files of records; `-` is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Write the list of rejected records, without values, as Parquet
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Write the values that match no code, with their frequency, as CSV (confidential)
    #[arg(long, value_name = "FILE")]
    pub unresolved: Option<PathBuf>,
    /// Replace previous lists
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

#[derive(Debug, clap::Args)]
pub struct IngestArgs {
    /// Files of records; `-` is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Write the store into this folder
    #[arg(short, long, value_name = "DIR", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Add the records to an existing store, such as corrected ones
    #[arg(long, conflicts_with = "force")]
    pub append: bool,
    /// Keep rejected records whole in this folder, to correct them and feed them with `--append` (confidential)
    ///
    /// Its file `reasons.csv` has the reason for each. `tipstat explain quarantine` describes the folder.
    #[arg(long, value_name = "DIR")]
    pub quarantine: Option<PathBuf>,
    /// Replace a previous store and its rejected records
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
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
    let options = Options { samples: args.max_shown, deny: deny?, person_key, ..Options::default() };
    let allowance = args.max_not_understood.iter().fold(Allowance::default(), |all, item| all.and(item));
    Ok(Reading { options, fail_fast: args.fail_fast, conflicts, allowance })
}

/// Returns the schemas, with the profile that is named by its file.
fn registry(layout: &mut LayoutArgs, common: &CommonArgs, printer: &Printer) -> Result<Registry> {
    let (registry, profile) = schemas::with_profile(schemas::announced(common, printer)?, layout.profile.take())?;
    layout.profile = profile;
    Ok(registry)
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
pub fn validate(mut args: ValidateArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = registry(&mut args.layout, common, printer)?;
    let jobs = jobs(&args.files, &args.layout, &registry)?;
    let control = progress::control(common);
    let rejects = args.rejects.as_deref().map(|path| Output::new(path, OutputKind::Parquet));
    let unresolved = args.unresolved.as_deref().map(|path| Output::new(path, OutputKind::Text(UNRESOLVED.into())));
    let outputs: Vec<Output<'_>> = rejects.into_iter().chain(unresolved).collect();
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut stages = claim_outputs(&outputs, &inputs(&jobs, &args.reading, common), existing)?.into_iter();
    let stage = args.rejects.as_ref().and_then(|_| stages.next());
    let reading = reading(&args.reading)?;
    check_fields(&reading, &jobs)?;
    let ingested = pipeline::validate_files(&jobs, stage.as_ref(), &reading, &control)?;
    if let (Some(stage), Some(path)) = (&stage, &args.rejects) {
        files::publish_file(&stage.file(pipeline::REJECTS)?, path, args.force.into())?;
        printer.confidential(&format!("the rejected records are listed in {}", files::shown(path)), path);
    }
    if let Some((path, stage)) = args.unresolved.as_ref().zip(stages.next()) {
        let output = FileOutput { path, readers: Readers::Owner, previous: args.force.into() };
        output.write(&stage, |out| pipeline::write_unresolved(out, &ingested.inputs))?;
        printer.confidential(&format!("values that match no code are in {}", files::shown(path)), path);
    }
    summary::report(&ingested.inputs, printer);
    ingested.check(args.reading.max_rejects.unwrap_or(Limit::Count(0)), &reading.allowance)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads files into a store.
pub fn ingest(mut args: IngestArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = registry(&mut args.layout, common, printer)?;
    let jobs = jobs(&args.files, &args.layout, &registry)?;
    let store = Output::new(&args.out, if args.append { OutputKind::Added } else { OutputKind::Store });
    let rejected = args.quarantine.as_deref().map(|path| Output::new(path, OutputKind::Rejected));
    let outputs: Vec<Output<'_>> = [store].into_iter().chain(rejected).collect();
    // From here on no other run changes the store.
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut stages = claim_outputs(&outputs, &inputs(&jobs, &args.reading, common), existing)?.into_iter();
    let stage = stages.next().expect("a stage for each output");
    let previous = if args.append { Some(ExistingStore::open(&args.out)?) } else { None };
    let quarantine = match &args.quarantine {
        Some(path) => stages.next().map(|stage| (stage, path)),
        None => None,
    };
    let control = progress::control(common);
    let kept = quarantine.as_ref().map(|(stage, _)| stage);
    let schemas = &registry.digest()?;
    let to = Destination { stage: &stage, schemas, quarantine: kept, existing: previous.as_ref() };
    let reading = reading(&args.reading)?;
    check_fields(&reading, &jobs)?;
    let ingested = pipeline::ingest_store(&jobs, to, &reading, &control)?;
    let limit = args.reading.max_rejects.unwrap_or(pipeline::MOST_REJECTS);
    let checked = ingested.check(limit, &reading.allowance);
    summary::report(&ingested.inputs, printer);
    checked?;
    // The rejected records are in place before the store states that they were rejected.
    if let Some((stage, path)) = &quarantine {
        files::publish_folder(stage.path(), path, Readers::Owner, args.force.into())?;
    }
    if previous.is_none() {
        // The ledger stays: it knows what was published of the records before.
        pipeline::keep_ledger(&args.out, &stage)?;
    }
    previous.iter().try_for_each(ExistingStore::refuse_changed)?;
    files::publish_folder(stage.path(), &args.out, Readers::Owner, (args.force || args.append).into())?;
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
fn inputs(jobs: &[Job], args: &ReadingArgs, common: &CommonArgs) -> CommandInputs {
    let files = jobs.iter().map(|job| &job.path).chain(&args.person_key_file);
    CommandInputs::new(files, common.schemas.as_deref())
}
