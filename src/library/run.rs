//! A run file, from a program.

use std::path::{Path, PathBuf};

use super::release::Release;
use super::schemas::registry;
use crate::control::Control;
use crate::error::Result;
use crate::pipeline::{self, CommandInputs, Config, Reading, RunRequest};

/// A run file that was read and checked: which records are counted, under which policy, and where the release goes.
///
/// It does what `tipstat run` does. The file itself is described by `tipstat schema show run-file`.
///
/// ```no_run
/// let release = tipstat::Run::read("tipstat.toml")?.into_folder("out/2024").execute()?;
/// for table in release.tables() {
///     println!("{}: {} observations", table.name(), table.to_arrow()?.num_rows());
/// }
/// # Ok::<(), tipstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Run {
    file: PathBuf,
    config: Config,
    out: PathBuf,
    schemas: Option<PathBuf>,
    replace: bool,
    control: Control,
}

/// Numbers of records of a run: `read = accepted + rejected + duplicates`.
///
/// They are exact, so they are for the office that holds the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordCounts {
    /// Records read.
    pub read: u64,
    /// Records accepted.
    pub accepted: u64,
    /// Records rejected, because they break a rule.
    pub rejected: u64,
    /// Records that repeat another.
    pub duplicates: u64,
}

impl Run {
    /// Reads a run file. A folder means the `tipstat.toml` in it.
    ///
    /// # Errors
    /// The file cannot be read, has a key that is not known, or names no input.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let file = path.as_ref();
        Ok(Self {
            file: Config::file(file),
            config: Config::read(file)?,
            out: PathBuf::from("out"),
            schemas: None,
            replace: false,
            control: Control::default(),
        })
    }

    /// Writes the folders `release` and `restricted` into this folder. Without it they are written into `out`.
    #[must_use]
    pub fn into_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out = folder.into();
        self
    }

    /// Uses the schemas of this folder before the built-in ones.
    #[must_use]
    pub fn with_schemas(mut self, folder: impl Into<PathBuf>) -> Self {
        self.schemas = Some(folder.into());
        self
    }

    /// Replaces a previous release. Without it a folder that exists is an error.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replace = true;
        self
    }

    /// Sends events to this control, which can stop the run.
    #[must_use]
    pub fn controlled_by(mut self, control: &Control) -> Self {
        self.control = control.clone();
        self
    }

    /// Reads, validates, counts, protects and attacks, and writes nothing.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn rehearse(&self) -> Result<RecordCounts> {
        let outcome = pipeline::run(&RunRequest { dry_run: true, ..self.request()? }, &self.control)?;
        Ok(RecordCounts {
            read: outcome.records,
            accepted: outcome.accepted,
            rejected: outcome.rejected,
            duplicates: outcome.duplicates,
        })
    }

    /// Makes the release.
    ///
    /// # Errors
    /// A file or a schema cannot be read, too many records were rejected, the release exists already, or the attacker could
    /// narrow a suppressed cell. Nothing is published then, and a previous release stays as it is. [`Error::hints`] say what
    /// to do next.
    ///
    /// [`Error::hints`]: crate::Error::hints
    pub fn execute(&self) -> Result<Release> {
        pipeline::run(&self.request()?, &self.control)?;
        Release::read(self.out.join(pipeline::RELEASE))
    }

    fn request(&self) -> Result<RunRequest> {
        let schemas = match &self.schemas {
            Some(folder) => Some(folder.clone()),
            None => self.config.schemas()?,
        };
        Ok(RunRequest {
            config: self.config.clone(),
            // Rules of record types may be named in the run file.
            registry: registry(schemas.as_deref())?,
            out: self.out.clone(),
            force: self.replace,
            dry_run: false,
            reason: None,
            max_rejects: None,
            reading: Reading::default(),
            inputs: CommandInputs::new([self.file.clone()], schemas.as_deref()),
        })
    }
}
