//! Options that every command has.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tipstat::Result;
use tipstat::internals::pipeline;
use tipstat::internals::protect::RoundingKey;

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
pub struct CommonArgs {
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
    /// Print only errors, results, and which built-in schemas are replaced
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also print the causes of an error
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show no progress
    #[arg(long, env = "TIPSTAT_NO_PROGRESS", global = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_progress: bool,
}

/// A reason, which is a sentence of one line and not nothing.
pub fn reason(text: &str) -> std::result::Result<String, String> {
    let text = text.trim();
    match text.chars().any(char::is_control) || text.len() < 8 {
        true => Err("a reason is one line of at least 8 letters, and it is public".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// Returns the key of rounding that a flag or the environment names, so that no list of processes shows it.
pub fn rounding_key(file: Option<&Path>) -> Result<Option<RoundingKey>> {
    match (file, std::env::var("TIPSTAT_ROUNDING_KEY")) {
        (Some(path), _) => pipeline::rounding_key(path).map(Some),
        (None, Ok(text)) => pipeline::rounding_secret(&text, "TIPSTAT_ROUNDING_KEY").map(Some),
        (None, Err(_)) => Ok(None),
    }
}
