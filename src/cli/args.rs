//! The command line as a declaration.

use clap::{Parser, Subcommand};

use super::audit::AuditArgs;
use super::combine::CombineArgs;
use super::common::CommonArgs;
use super::cube::CubeArgs;
use super::demo::DemoArgs;
use super::generate::GenerateCommand;
use super::ingest::{IngestArgs, ValidateArgs};
use super::key::KeyCommand;
use super::run::RunArgs;
use super::show::{IndicatorCommand, LookCommand, SchemaCommand};
use super::start::StartArgs;
use super::tabulate::TabulateArgs;
use super::verify::VerifyArgs;

/// Turns case records of detected trafficking victims into tables that are safe to publish
#[derive(Debug, Parser)]
#[command(name = "tipstat", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 refused by the data or the policy, 2 failed, 130 stopped.\n\
    Detected victims measure detection by authorities and services. They do not measure prevalence.")]
pub struct Args {
    #[command(flatten)]
    pub common: CommonArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Draft a run file and the profiles that it needs from your files
    ///
    /// Writes `tipstat.toml` and `schemas/profiles/NAME.toml`, and overwrites nothing. Certain mappings are active, and guesses are
    /// comments with their evidence. Prints what is open, with line numbers, and the next command.
    Start(StartArgs),
    /// Make a release from synthetic records that the program carries, to see what comes out
    Demo(DemoArgs),
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
    Audit(AuditArgs),
    /// Make synthetic records
    #[command(subcommand)]
    Generate(GenerateCommand),
    /// Make a key for policies that round
    #[command(subcommand)]
    Key(KeyCommand),
    /// Show, compare, check and draft record types, code lists, profiles and packs
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Show publishers' layouts
    #[command(subcommand)]
    Profile(LookCommand),
    /// Show disclosure policies in words
    #[command(subcommand)]
    Policy(LookCommand),
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
