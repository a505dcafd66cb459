//! `key`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use tipstat::Result;
use tipstat::internals::{files, pipeline};

use super::printer::Printer;

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Write a new secret key of 256 bits into a file, which must not exist (confidential)
    New {
        /// The file
        file: PathBuf,
    },
}

/// Makes a key of rounding.
pub fn key(command: &KeyCommand, printer: &Printer) -> Result<ExitCode> {
    let KeyCommand::New { file } = command;
    pipeline::new_rounding_key(file)?;
    printer.confidential(&format!("a new key is in {}: keep it with the records", files::shown(file)), file);
    Ok(ExitCode::SUCCESS)
}
