//! Files to a coded store: read, validate, set duplicates aside, write.

mod one;
mod report;

use std::io::{BufWriter, stdin};
use std::path::{Path, PathBuf};

use self::one::{Outlets, read_one};
pub use self::report::{FindingReport, InputReport, Unresolved, write_unresolved};
use super::{Control, Limit};
use crate::error::{Error, Result};
use crate::files::{self, File, Stage};
use crate::ingest::Input;
use crate::store::StoreWriter;
use crate::validate::{Conflicts, Layout, Options, Persons, RejectsWriter};

/// One file to read.
#[derive(Clone, Debug)]
pub struct Job {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// Its layout.
    pub layout: Layout,
}

/// What an ingest gave.
#[derive(Debug)]
pub struct Ingested {
    /// A report for each file.
    pub inputs: Vec<InputReport>,
    /// Files of the store within the stage.
    pub parts: Vec<PathBuf>,
}

impl Ingested {
    /// Records read, accepted, rejected and set aside in all files.
    pub fn totals(&self) -> [u64; 4] {
        let sum = |part: fn(&InputReport) -> u64| self.inputs.iter().map(part).sum();
        [sum(|i| i.records), sum(|i| i.accepted), sum(|i| i.rejected), sum(|i| i.duplicates)]
    }

    /// Refuses what exceeds the limit of rejected records.
    pub fn check(&self, limit: Limit) -> Result<()> {
        let [records, accepted, rejected, _] = self.totals();
        if records > 0 && accepted == 0 {
            return Err(Error::refused("limit/nothing-accepted", "no record was accepted")
                .hint("look at the findings above: the profile may be the wrong one"));
        }
        if !limit.allows(rejected, records) {
            return Err(Error::refused("limit/rejects", "more records were rejected than the limit allows")
                .with("found", format!("{rejected} of {records} records"))
                .with("limit", limit.to_string())
                .hint("correct the source or the profile, or raise `--max-rejects` after looking at the findings"));
        }
        Ok(())
    }
}

/// How a run reads its files.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// How strictly.
    pub options: Options,
    /// Whether the first rejected record ends the run.
    pub fail_fast: bool,
    /// What happens to records of one person that differ.
    pub conflicts: Conflicts,
}

/// Reads files into `store/` within a stage, with `rejects.parquet` beside it.
pub fn ingest(jobs: &[Job], stage: &Stage, reading: &Reading, control: &Control) -> Result<Ingested> {
    read_all(jobs, Some(stage), Some(stage), reading, control)
}

/// Reads files and writes nothing, or a list of rejects only.
pub fn validate_files(jobs: &[Job], rejects: Option<&Stage>, reading: &Reading, control: &Control) -> Result<Ingested> {
    read_all(jobs, None, rejects, reading, control)
}

/// The list of rejects within a stage.
pub const REJECTS: &str = "rejects.parquet";

fn read_all(
    jobs: &[Job],
    stage: Option<&Stage>,
    rejects: Option<&Stage>,
    reading: &Reading,
    control: &Control,
) -> Result<Ingested> {
    let mut persons = Persons::new(reading.conflicts);
    let mut rejects = rejects.map(|stage| RejectsWriter::new(stage.create(REJECTS)?)).transpose()?;
    let pseudonyms = reading.options.person_key.is_some();
    let mut ingested = Ingested { inputs: Vec::new(), parts: Vec::new() };
    for (source, job) in jobs.iter().enumerate() {
        let mut store = None;
        if let Some(stage) = stage {
            let name = format!("store/{:04}.parquet", source + 1);
            store = Some(StoreWriter::new(stage.create(&name)?, &job.layout.record, pseudonyms, &[])?);
            ingested.parts.push(stage.file(&name)?);
        }
        let outlets = Outlets { persons: &mut persons, store: store.as_mut(), rejects: rejects.as_mut() };
        ingested.inputs.push(read_one(job, source as u32, outlets, reading, control)?);
        if let Some(store) = store {
            store.finish()?;
        }
    }
    if let (Some(stage), Some(job), true) = (stage, jobs.first(), persons.waiting() > 0) {
        // Persons with several records are known when the last file has been read.
        let name = "store/persons.parquet";
        let mut store = StoreWriter::new(stage.create(name)?, &job.layout.record, pseudonyms, &[])?;
        store.write(persons.take(&job.layout.record))?;
        store.finish()?;
        ingested.parts.push(stage.file(name)?);
    }
    if let Some(rejects) = rejects {
        rejects.finish()?;
    }
    Ok(ingested)
}

/// The writer of one file of a store, or of the list of rejects.
type Output = BufWriter<File>;

pub(super) fn open(path: &Path) -> Result<Input> {
    if path == Path::new("-") { Ok(Input::Stream(Box::new(stdin()))) } else { Ok(Input::File(files::open(path)?)) }
}
