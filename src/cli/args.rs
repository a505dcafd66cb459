//! The command line as a declaration.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use tipstat::pipeline::{Allowance, Limit};

/// Statistics on detected victims of trafficking in persons: validate, count, protect, publish.
#[derive(Debug, Parser)]
#[command(name = "tipstat", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 the data or the policy said no, 2 could not be carried out, 130 stopped.\n\
    Detected victims measure detection by authorities and services; they do not measure prevalence."
)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Flags that mean the same everywhere.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// A folder of schemas that is laid over the built-in ones
    #[arg(long, value_name = "DIR", env = "TIPSTAT_SCHEMAS", global = true)]
    pub schemas: Option<PathBuf>,
    /// Threads to use; 0 means all
    #[arg(long, value_name = "N", default_value_t = 0, env = "TIPSTAT_THREADS", global = true)]
    pub threads: usize,
    /// How the answer is printed
    #[arg(long, value_enum, default_value = "human", env = "TIPSTAT_FORMAT", global = true)]
    pub format: Format,
    /// Whether messages are coloured
    #[arg(long, value_enum, default_value = "auto", env = "TIPSTAT_COLOR", global = true)]
    pub color: Color,
    /// Print errors and the answer only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also print the causes of an error
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// No progress on stderr
    #[arg(long, env = "TIPSTAT_NO_PROGRESS", global = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_progress: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// From files of records to a release, as a run file says
    Run(RunArgs),
    /// Read and check files; write nothing
    Validate(ValidateArgs),
    /// Read files into a coded store
    Ingest(IngestArgs),
    /// Count every table of a store at once (confidential)
    Cube(CubeArgs),
    /// From stores that exist to a release
    Tabulate(TabulateArgs),
    /// From several countries' releases, stores or published figures to tables of regions
    Combine(CombineArgs),
    Verify(VerifyArgs),
    /// Make synthetic records
    #[command(subcommand)]
    Generate(GenerateCommand),
    /// Look at record types, code lists and everything else that schemas hold
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Look at publishers' layouts
    #[command(subcommand)]
    Profile(LookCommand),
    /// Look at tables and their formulas
    #[command(subcommand)]
    Indicator(IndicatorCommand),
    /// Explain a rule that a message names, or how tables, packs and profiles are written
    Explain {
        /// The rule, such as `cell/not-in-codelist`, or a page such as `packs`; all are listed without one
        rule: Option<String>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The run file
    #[arg(default_value = "tipstat.toml")]
    pub config: PathBuf,
    /// Where `release` and `restricted` are made
    #[arg(short, long, value_name = "DIR", default_value = "out", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Replace a former release
    #[arg(long)]
    pub force: bool,
    /// Let the run file name files outside of its folder
    #[arg(long)]
    pub allow_outside: bool,
    /// Do everything but write the outputs
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How files are read, and when they are refused.
#[derive(Debug, clap::Args)]
pub struct ReadingArgs {
    /// How many records may be rejected: a number, or a percentage such as 0.5%; none for validate, 5% otherwise
    #[arg(long, value_name = "N|P%", env = "TIPSTAT_MAX_REJECTS")]
    pub max_rejects: Option<Limit>,
    /// How many of the filled cells of a column, by persons, may be not understood: a percentage, or a number; FIELD=P% for one field; 5% otherwise
    #[arg(long, value_name = "[FIELD=]P%", value_delimiter = ',', env = "TIPSTAT_MAX_NOT_UNDERSTOOD")]
    pub max_not_understood: Vec<Allowance>,
    /// How many examples of each finding are told
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub max_shown: usize,
    /// Stop at the first rejected record
    #[arg(long)]
    pub fail_fast: bool,
    /// Reject records that break this rule, which by itself is a warning
    #[arg(long, value_name = "RULE")]
    pub deny: Vec<String>,
    /// What happens to records of one person, area and year that differ
    #[arg(long, value_enum, value_name = "HOW")]
    pub conflicts: Option<ConflictsArg>,
    /// A file with the secret under which person ids become pseudonyms; the variable TIPSTAT_PERSON_KEY may hold it instead
    #[arg(long, value_name = "FILE", env = "TIPSTAT_PERSON_KEY_FILE")]
    pub person_key_file: Option<PathBuf>,
}

/// What happens to records of one person that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConflictsArg {
    /// All are counted
    Keep,
    /// They become one record; memory holds one record for each person until all files are read
    Merge,
}

/// How the records are described.
#[derive(Debug, clap::Args)]
pub struct LayoutArgs {
    /// The publisher's layout
    #[arg(long, value_name = "NAME", conflicts_with = "schema")]
    pub profile: Option<String>,
    /// The record type whose own columns the files bear
    #[arg(long, value_name = "NAME[@V]")]
    pub schema: Option<String>,
    /// The reporting area, where the files do not say it
    #[arg(long, value_name = "ISO3")]
    pub area: Option<String>,
    /// The encoding of files that are not UTF-8, such as windows-1252; it is guessed without it, and that is said
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// What separates fields, such as `;` or `tab`; commas, semicolons, tabs and pipes are found without it
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Within what person ids are unique, such as an office that numbers its own cases
    #[arg(long, value_name = "NAME")]
    pub person_scope: Option<String>,
    /// What is the same for all records and does not stand in the files, such as `year=2023`
    #[arg(long, value_name = "FIELD=CODE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, code) = text.split_once('=').ok_or_else(|| format!("`{text}` is not `FIELD=CODE`"))?;
    Ok((field.trim().to_owned(), code.trim().to_owned()))
}

fn years(text: &str) -> Result<[u16; 2], String> {
    let wrong = || format!("`{text}` is not two years such as `2017-2020`");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let [first, last] = [first, last].map(|year| year.trim().parse::<u16>().map_err(|_| wrong()));
    let [first, last] = [first?, last?];
    // `2017-20` is no span that was turned round.
    if first > last && last >= 1900 {
        return Err(format!("the first year of `{text}` comes after the last: `{last}-{first}`?"));
    }
    if first == 0 || first > last { Err(wrong()) } else { Ok([first, last]) }
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
    /// Write the texts that mean no code, with how often they occur, as CSV (confidential)
    #[arg(long, value_name = "FILE")]
    pub unresolved: Option<PathBuf>,
    /// Replace a former list
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
    /// The folder of the store
    #[arg(short, long, value_name = "DIR", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Add the records to a store that exists, such as rejected ones that were corrected
    #[arg(long, conflicts_with = "force")]
    pub append: bool,
    /// Keep rejected records whole in this folder, to be corrected and fed again with `--append` (confidential)
    ///
    /// `reasons.csv` in it says why each is there. `tipstat explain quarantine` describes the folder.
    #[arg(long, value_name = "DIR")]
    pub quarantine: Option<PathBuf>,
    /// Replace a former store, and with it the records that it rejected
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

#[derive(Debug, clap::Args)]
pub struct CubeArgs {
    /// The folder of a store, from `ingest` or from `restricted` of a run
    pub store: Option<PathBuf>,
    /// Dimensions: `sex` as it was recorded, `age@group` at a level of its list, `area@M49` with regions; where a record
    /// has several values each counts, or `form:mix`, `form:first`, `form:sets`
    #[arg(long, value_name = "DIM,...", value_delimiter = ',')]
    pub dims: Vec<String>,
    /// The most dimensions that a table has
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub max_order: usize,
    /// Some tables and no others, such as `area*sex,form*age@group`
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',', conflicts_with = "max_order")]
    pub tables: Vec<String>,
    /// What is counted
    #[arg(long, value_enum, value_name = "WHAT", default_value = "victims")]
    pub measure: MeasureArg,
    /// A file such as `cube.parquet` for all tables, or a folder for a file each (confidential)
    #[arg(short, long, value_name = "PATH", env = "TIPSTAT_OUT")]
    pub out: Option<PathBuf>,
    /// The memory that may be used; what does not fit is laid aside on the disk
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = super::cube::size, env = "TIPSTAT_MEMORY")]
    pub memory: u64,
    /// Keep a base of each file of the store in this folder, so that a file which did not change is not counted again
    /// (confidential)
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Also write the base, which has each combination of codes once, with its count (confidential)
    #[arg(long, value_name = "FILE")]
    pub base_out: Option<PathBuf>,
    /// Go on from a base, of `--base-out` or of another engine
    #[arg(long, value_name = "FILE")]
    pub from_base: Option<PathBuf>,
    /// The record type, where the store does not say it
    #[arg(long, value_name = "NAME[@V]")]
    pub schema: Option<String>,
    /// Print how the tables would be counted (confidential), and count nothing
    #[arg(long)]
    pub explain: bool,
    /// Print the SQL statement with which another engine makes the base
    #[arg(long)]
    pub print_sql: bool,
    /// Replace a former output
    #[arg(long)]
    pub force: bool,
}

/// What a cube counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MeasureArg {
    /// Victims, as the records tell them
    Victims,
    /// Different persons, by the pseudonyms of the store
    Persons,
}

/// What is released, and which tables.
#[derive(Debug, clap::Args)]
pub struct TablesArgs {
    /// A run file of which `[release]` and `[tables]` hold where no flag says otherwise
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The id of the release
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Its title
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The policy under which counts of records are published
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// The licence under which the release may be used
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,
    /// The records are made up: every output says so
    #[arg(long)]
    pub synthetic: bool,
    /// Packs of tables, or single ones; all without any
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// Languages of labels
    #[arg(long, value_name = "LANGUAGE,...", value_delimiter = ',')]
    pub languages: Vec<String>,
    /// The scheme of regions, or a CSV file with your own: code, parent, en
    #[arg(long, value_name = "NAME[@EDITION]|FILE.csv")]
    pub regions: Option<PathBuf>,
    /// The edition of populations for rates, or a CSV file with your own: area, year, F_Y0T17, F_Y_GE18, M_Y0T17, M_Y_GE18
    #[arg(long, value_name = "NAME[@EDITION]|FILE.csv")]
    pub populations: Option<PathBuf>,
    /// A CSV file that names breaks in series: REF_AREA, TIME_PERIOD (the first year of the new meaning), DIMENSION, NOTE
    #[arg(long, value_name = "FILE")]
    pub breaks: Option<PathBuf>,
    /// The folder of the release
    #[arg(short, long, value_name = "DIR", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Replace a former release
    #[arg(long)]
    pub force: bool,
    /// Do everything but write the output
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub struct TabulateArgs {
    /// Folders of stores, from `ingest` or from `restricted` of a run
    #[arg(required = true)]
    pub stores: Vec<PathBuf>,
    /// A CSV file that declares which areas reported, also without a record: REF_AREA, TIME_PERIOD (a year, or `2019-2021`),
    /// DIMENSION, CODES; `[[coverage]]` of `--config` and of the run that made a store holds as well
    #[arg(long, value_name = "FILE")]
    pub coverage: Option<PathBuf>,
    #[command(flatten)]
    pub tables: TablesArgs,
}

#[derive(Debug, clap::Args)]
pub struct CombineArgs {
    /// Releases, stores (records are protected first), or with `--profile` files of published figures
    #[arg(required = true)]
    pub packages: Vec<PathBuf>,
    /// The layout of packages that are files
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Combine only releases that are signed with a key of this ring, each for the areas for which its key may speak: a file,
    /// or a folder with `keyring.toml`; `tipstat explain signatures` shows how one is written
    #[arg(long, value_name = "DIR|FILE")]
    pub keyring: Option<PathBuf>,
    /// A package that needs no signature, such as your own store
    #[arg(long, value_name = "PACKAGE", requires = "keyring")]
    pub unsigned: Vec<PathBuf>,
    /// What happens where two packages report the same country and year
    #[arg(long, value_enum, value_name = "HOW", default_value = "refuse")]
    pub overlap: OverlapArg,
    /// Take these years only; an index is of the first one
    #[arg(long, value_name = "FIRST-LAST", value_parser = years)]
    pub years: Option<[u16; 2]>,
    /// Use in each table only areas that report its total in the year, so that no part is above its whole
    #[arg(long)]
    pub only_with_total: bool,
    /// How many figures of a file may be rejected: a number, or a percentage such as 0.5%
    #[arg(long, value_name = "N|P%", default_value = "5%", env = "TIPSTAT_MAX_REJECTS")]
    pub max_rejects: Limit,
    #[command(flatten)]
    pub tables: TablesArgs,
}

/// What happens where two packages report the same country and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OverlapArg {
    /// Nothing is made
    Refuse,
    /// The package that was named first is used for that year
    First,
}

/// Compare a release with its manifest
///
/// Every file must be in the manifest with its digest, and no other file may be there. This shows that the release is whole
/// and as its manifest describes it. It does not show who made it: whoever changes a table can write a new manifest. Compare
/// the digest of the manifest, which is printed, with the one that the publisher announces, or check the publisher's
/// signature with `--key`. `tipstat explain signatures` says how a release is signed.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The folder of a release
    pub folder: PathBuf,
    /// The publisher's public key, of the tool minisign: the release must be signed with it, as `manifest.json.minisig`
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// Synthetic records, realistic in shape
    Records(GenerateArgs),
}

#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// How many
    #[arg(long, value_name = "N")]
    pub records: u64,
    /// Where the stream of draws begins: the same seed gives the same records
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// The file; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// The layout; without one, the record type's own columns
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Reporting areas of the model, separated by commas
    #[arg(long, value_name = "ISO3,...", value_delimiter = ',')]
    pub areas: Vec<String>,
    /// The model of `schemas/synthetic`
    #[arg(long, value_name = "NAME", default_value = "victim")]
    pub model: String,
    /// Spoil about one record in sixty
    #[arg(long)]
    pub messy: bool,
    /// Replace a former file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Everything that schemas hold
    List,
    /// One record type, code list, region scheme, pack, profile, table or policy
    Show {
        /// Its name, with or without a version
        name: String,
        /// The form in which it is shown
        #[arg(long = "as", value_enum, value_name = "FORM", default_value = "toml")]
        form: FormArg,
    },
    /// Compare two versions of a record type, code list, profile or pack; the exit code is 0 where nothing has to be done
    Diff {
        /// The former one: a name, or the path of a TOML file
        a: String,
        /// The latter one
        b: String,
    },
    /// Draft a profile from a file, and with it a country pack; nothing is applied
    Infer(InferArgs),
    /// Check that all schemas fit together
    Check,
}

/// The forms in which a schema is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// As it stands
    Toml,
    /// JSON Schema, draft 2020-12
    JsonSchema,
    /// Frictionless Table Schema
    Frictionless,
    /// A page for a reader
    Markdown,
}

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
    /// The record type to which the profile leads
    #[arg(long, value_name = "NAME[@V]", default_value = "victim")]
    pub record: String,
    /// The country whose pack knows headings and words, and to which a drafted pack belongs
    #[arg(long, value_name = "ISO3")]
    pub pack: Option<String>,
    /// Where the drafted profile is written (confidential until it is checked); without it, it is printed
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where a pack is drafted from columns of race and ethnicity (confidential until it is checked)
    #[arg(long, value_name = "FILE")]
    pub pack_out: Option<PathBuf>,
    /// Replace former drafts
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub enum IndicatorCommand {
    /// All of them
    List,
    /// The definition of one of them, with its formulas
    Show {
        /// Its name
        name: String,
        /// The language of its texts
        #[arg(long, value_name = "LANGUAGE", default_value = "en")]
        language: String,
        /// As it stands in the file
        #[arg(long)]
        toml: bool,
    },
    /// Check that dimensions and codes exist, and that shares are of known values
    Check {
        /// Tables or packs; all without any
        names: Vec<String>,
        /// The record type that they are counted from, instead of the one that each names
        #[arg(long, value_name = "NAME[@V]")]
        schema: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum LookCommand {
    /// All of them
    List,
    /// One of them
    Show {
        /// Its name
        name: String,
    },
}
