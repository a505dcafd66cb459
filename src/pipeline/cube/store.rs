//! A store that is counted.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;
use crate::pipeline::open_store::{StoreStatement, StoredRecords};
use crate::schema::{Record, Registry, Unit};
use crate::store::Part;

/// A store that is counted.
#[derive(Clone, Debug)]
pub struct CubeStore {
    /// Its record type.
    pub record: std::sync::Arc<Record>,
    /// Its files, each with its name below the store.
    pub parts: Vec<(PathBuf, Part)>,
    /// What it said of itself when it was opened; nothing for a base.
    statement: Option<StoreStatement>,
}

impl CubeStore {
    /// Opens the store of an ingest or of a run; one file is opened as a base.
    ///
    /// # Errors
    /// There is none, its files are not those that were written, or it holds published figures, which are never added up.
    pub fn open(registry: &Registry, folder: &Path, record: Option<&str>) -> Result<Self> {
        if files::is_folder(&files::current(folder)) {
            Self::of(StoredRecords::open(registry, folder, record)?, folder)
        } else {
            Self::base(registry, folder, record)
        }
    }

    /// Opens a base that another engine may have made: one file, or the files of one folder.
    ///
    /// # Errors
    /// There is none, or it holds published figures.
    pub fn base(registry: &Registry, place: &Path, record: Option<&str>) -> Result<Self> {
        Self::of(StoredRecords::base(registry, place, record)?, place)
    }

    fn of(opened: StoredRecords, folder: &Path) -> Result<Self> {
        let StoredRecords { record, parts, statement, .. } = opened;
        if record.unit == Unit::Figure {
            return Err(Error::failed(
                "the store holds published figures, and cubes are counted from records of persons",
            )
            .at(files::shown(folder))
            .hint("figures may be totals of each other, so they are not added up"));
        }
        Ok(Self { record: std::sync::Arc::new(record), parts, statement })
    }

    /// Refuses what was counted where another run has changed the store meanwhile.
    pub(super) fn refuse_changed(&self) -> Result<()> {
        self.statement.as_ref().map_or(Ok(()), StoreStatement::refuse_changed)
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        self.parts.iter().map(|(_, part)| part.clone()).collect()
    }
}
