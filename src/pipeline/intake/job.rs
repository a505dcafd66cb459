//! What is read, and how.

use std::io::BufWriter;
use std::path::PathBuf;

use crate::files::{self, Digested};
use crate::pipeline::Allowance;
use crate::validate::{Conflicts, Layout, Options};

/// One file to read.
#[derive(Clone, Debug)]
pub struct Job {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// Its layout.
    pub layout: Layout,
}

/// How a run reads its files.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// How strictly.
    pub options: Options,
    /// True if the first rejected record ends the run.
    pub fail_fast: bool,
    /// What happens to records of one person that differ.
    pub conflicts: Conflicts,
    /// How much of a column may be not understood.
    pub allowance: Allowance,
}

/// The list of rejects within a stage.
pub const REJECTS: &str = "rejects.parquet";

/// The writer of the list of rejects, and of what is kept of rejected records.
pub(super) type RejectsOutput = BufWriter<files::DiskFile>;

/// The writer of one file of a store.
pub(super) type StoreOutput = Digested<RejectsOutput>;
