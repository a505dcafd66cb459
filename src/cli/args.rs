//! The command line as a declaration.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use tipstat::pipeline::{Allowance, Limit};

/// Turns case records of detected trafficking victims into tables that are safe to publish
#[derive(Debug, Parser)]
#[command(name = "tipstat", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 refused by the data or the policy, 2 failed, 130 stopped.\n\
    Detected victims measure detection by authorities and services. They do not measure prevalence.")]
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
    /// Use the schemas of this folder before the built-in ones
    #[arg(long, value_name = "DIR", env = "TIPSTAT_SCHEMAS", global = true)]
    pub schemas: Option<PathBuf>,
    /// Use this many threads; 0 uses all
    #[arg(long, value_name = "N", default_value_t = 0, env = "TIPSTAT_THREADS", global = true)]
    pub threads: usize,
    /// Print results in this format
    #[arg(long, value_enum, default_value = "human", env = "TIPSTAT_FORMAT", global = true)]
    pub format: Format,
    /// Colour messages
    #[arg(long, value_enum, default_value = "auto", env = "TIPSTAT_COLOR", global = true)]
    pub color: Color,
    /// Print only errors and results
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also print the causes of an error
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show no progress
    #[arg(long, env = "TIPSTAT_NO_PROGRESS", global = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_progress: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a release from case records, as a run file describes
    Run(RunArgs),
    /// Check files of case records and write nothing
    Validate(ValidateArgs),
    /// Read case records into a coded store (confidential)
    Ingest(IngestArgs),
    /// Count every table of a store at once (confidential)
    Cube(CubeArgs),
    /// Make a release from stores
    Tabulate(TabulateArgs),
    /// Add up releases, stores or published figures of countries to regions
    Combine(CombineArgs),
    Verify(VerifyArgs),
    /// Make synthetic records
    #[command(subcommand)]
    Generate(GenerateCommand),
    /// Show, compare, check and draft record types, code lists, profiles and packs
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Show publishers' layouts
    #[command(subcommand)]
    Profile(LookCommand),
    /// Show and check tables and their formulas
    #[command(subcommand)]
    Indicator(IndicatorCommand),
    /// Explain a rule that a message names, or a topic
    Explain {
        /// A rule such as `cell/not-in-codelist`, or a topic such as `packs`; without one, all are listed
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
    /// Write the folders `release` and `restricted` into this one
    #[arg(short, long, value_name = "DIR", default_value = "out", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Replace a previous release
    #[arg(long)]
    pub force: bool,
    /// Let the run file name files outside its folder
    #[arg(long)]
    pub allow_outside: bool,
    /// Do everything except write the outputs
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

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
    /// Read the layout of this publisher (`tipstat profile list`)
    #[arg(long, value_name = "NAME", conflicts_with = "schema")]
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

#[derive(Debug, clap::Args)]
pub struct CubeArgs {
    /// The folder of a store, from `ingest` or from `restricted` of a run
    pub store: Option<PathBuf>,
    /// Count by these dimensions: `sex` as recorded, `age@group` at a level of its list, `area@M49` with regions; of
    /// multiple values each counts, or choose `form:mix`, `form:first`, `form:sets`
    #[arg(long, value_name = "DIM,...", value_delimiter = ',')]
    pub dims: Vec<String>,
    /// Count tables of up to this many dimensions
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub max_order: usize,
    /// Count only these tables, such as `area*sex,form*age@group`
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',', conflicts_with = "max_order")]
    pub tables: Vec<String>,
    /// Count victims or different persons
    #[arg(long, value_enum, value_name = "WHAT", default_value = "victims")]
    pub measure: MeasureArg,
    /// Write all tables into a file such as `cube.parquet`, or each into a file of this folder (confidential)
    #[arg(short, long, value_name = "PATH", env = "TIPSTAT_OUT")]
    pub out: Option<PathBuf>,
    /// Use at most this much memory; the rest is spilled to disk
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = super::cube::size, env = "TIPSTAT_MEMORY")]
    pub memory: u64,
    /// Keep a base of each file of the store in this folder, so that unchanged files are not counted again (confidential)
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Also write the base: each combination of codes with its count (confidential)
    #[arg(long, value_name = "FILE")]
    pub base_out: Option<PathBuf>,
    /// Start from a base, made by `--base-out` or by another engine
    #[arg(long, value_name = "FILE")]
    pub from_base: Option<PathBuf>,
    /// Set the record type, if the store does not name it
    #[arg(long, value_name = "NAME[@V]")]
    pub schema: Option<String>,
    /// Print the plan (confidential) and count nothing
    #[arg(long)]
    pub explain: bool,
    /// Print the SQL statement by which another engine makes the base
    #[arg(long)]
    pub print_sql: bool,
    /// Replace a previous output
    #[arg(long)]
    pub force: bool,
}

/// What a cube counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MeasureArg {
    /// Victims, as recorded
    Victims,
    /// Different persons, by the pseudonyms of the store
    Persons,
}

/// What is released, and which tables.
#[derive(Debug, clap::Args)]
pub struct TablesArgs {
    /// Take what no flag sets from `[release]` and `[tables]` of this run file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set the id of the release
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Set the title of the release
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Protect counts of records by this policy
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Set the licence under which the release may be used
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,
    /// Mark every output as made from synthetic records
    #[arg(long)]
    pub synthetic: bool,
    /// Make these packs of tables or single tables; without any, all
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// Write labels in these languages
    #[arg(long, value_name = "LANGUAGE,...", value_delimiter = ',')]
    pub languages: Vec<String>,
    /// Use this scheme of regions, or a CSV file with your own: code, parent, en
    #[arg(long, value_name = "NAME[@EDITION]|FILE.csv")]
    pub regions: Option<PathBuf>,
    /// Use this edition of populations for rates, or a CSV file with your own: area, year, F_Y0T17, F_Y_GE18, M_Y0T17, M_Y_GE18
    #[arg(long, value_name = "NAME[@EDITION]|FILE.csv")]
    pub populations: Option<PathBuf>,
    /// Read breaks in series from this CSV file: REF_AREA, TIME_PERIOD (the first year of the new meaning), DIMENSION, NOTE
    #[arg(long, value_name = "FILE")]
    pub breaks: Option<PathBuf>,
    /// Write the release into this folder
    #[arg(short, long, value_name = "DIR", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Replace a previous release
    #[arg(long)]
    pub force: bool,
    /// Do everything except write the output
    #[arg(long)]
    pub dry_run: bool,
}

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

#[derive(Debug, clap::Args)]
pub struct CombineArgs {
    /// Releases, stores (records are protected first), or with `--profile` files of published figures
    #[arg(required = true)]
    pub packages: Vec<PathBuf>,
    /// Read packages that are files in this layout
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Combine only releases that are signed with a key of this ring, each for the areas for which its key may speak: a file,
    /// or a folder with `keyring.toml`; `tipstat explain signatures` shows how one is written
    #[arg(long, value_name = "DIR|FILE")]
    pub keyring: Option<PathBuf>,
    /// Accept this package without a signature, such as your own store
    #[arg(long, value_name = "PACKAGE", requires = "keyring")]
    pub unsigned: Vec<PathBuf>,
    /// Treat a country and year that two packages report
    #[arg(long, value_enum, value_name = "HOW", default_value = "refuse")]
    pub overlap: OverlapArg,
    /// Use only these years; the first one is the base of indices
    #[arg(long, value_name = "FIRST-LAST", value_parser = years)]
    pub years: Option<[u16; 2]>,
    /// Use only areas that report the total of a table in the year, so that no part is above its whole
    #[arg(long)]
    pub only_with_total: bool,
    /// Accept this many rejected figures of a file: a number, or a percentage such as 0.5%
    #[arg(long, value_name = "N|P%", default_value = "5%", env = "TIPSTAT_MAX_REJECTS")]
    pub max_rejects: Limit,
    #[command(flatten)]
    pub tables: TablesArgs,
}

/// What happens where two packages report the same country and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OverlapArg {
    /// Refuse to combine them
    Refuse,
    /// Use the package that is named first, for that year
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
    /// Folder of a release
    pub folder: PathBuf,
    /// Require a signature of this public key, made by minisign, in `manifest.json.minisig`
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

#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// List everything that schemas hold
    List,
    /// Show a record type, code list, region scheme, pack, profile, table or policy
    Show {
        /// Its name, with or without a version
        name: String,
        /// Show it in this form
        #[arg(long = "as", value_enum, value_name = "FORM", default_value = "toml")]
        form: FormArg,
    },
    /// Compare two versions of a record type, code list, profile or pack; exit code 0 if nothing has to be done
    Diff {
        /// The older one: a name, or the path of a TOML file
        a: String,
        /// The newer one
        b: String,
    },
    /// Draft a profile, and a country pack, from a file; nothing is applied
    Infer(InferArgs),
    /// Check that all schemas fit together
    Check,
}

/// The forms in which a schema is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// TOML, as in the file
    Toml,
    /// JSON Schema, draft 2020-12
    JsonSchema,
    /// Frictionless Table Schema
    Frictionless,
    /// A page of Markdown
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
    /// Map columns to the fields of this record type
    #[arg(long, value_name = "NAME[@V]", default_value = "victim")]
    pub record: String,
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

#[derive(Debug, Subcommand)]
pub enum IndicatorCommand {
    /// List all tables
    List,
    /// Show the definition of a table, with its formulas
    Show {
        /// Its name
        name: String,
        /// Show its labels in this language
        #[arg(long, value_name = "LANGUAGE", default_value = "en")]
        language: String,
        /// Show the file as it is
        #[arg(long)]
        toml: bool,
    },
    /// Check that dimensions and codes exist, and that shares are of known values
    Check {
        /// Tables or packs; without any, all
        names: Vec<String>,
        /// Check against this record type, instead of the one that each names
        #[arg(long, value_name = "NAME[@V]")]
        schema: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum LookCommand {
    /// List all profiles
    List,
    /// Show a profile
    Show {
        /// Its name
        name: String,
    },
}
