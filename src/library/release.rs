//! A release on disk, from a program.

use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;

use crate::disseminate::read_batch;
use crate::error::{Error, Result};
use crate::files;
use crate::pipeline::{self, ReleaseManifest};

/// A release whose files are those of its manifest.
///
/// ```no_run
/// let release = tipstat::Release::read("out/release")?;
/// println!("{} ({})", release.title(), release.caveat());
/// # Ok::<(), tipstat::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Release {
    folder: PathBuf,
    manifest: ReleaseManifest,
    manifest_sha256: String,
    tables: Vec<Table>,
}

/// One table of a release: one row per observation.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    path: PathBuf,
}

impl Release {
    /// Reads the manifest of a release and compares every file with its digest, as `tipstat verify` does.
    ///
    /// # Errors
    /// The folder is not a release, or a file differs from the manifest.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let named = folder.as_ref();
        let verified = pipeline::verify(named, None)?;
        if let Some(difference) = verified.differences.first() {
            return Err(Error::refused("release/differs", "a file of the release is not what its manifest says")
                .at(files::shown(&named.join(difference.path())))
                .hint("do not use it; get the release again from its publisher"));
        }
        let folder = files::current(named);
        let (manifest, manifest_sha256) = (verified.manifest, verified.manifest_sha256);
        let listed = manifest.files.iter().filter_map(|file| {
            let name = file.path.strip_prefix("tables/")?.strip_suffix(".parquet")?;
            Some(Table { name: name.to_owned(), path: folder.join(&file.path) })
        });
        let tables = listed.collect();
        Ok(Self { folder, manifest, manifest_sha256, tables })
    }

    /// The id of the release.
    pub fn id(&self) -> &str {
        &self.manifest.release
    }

    /// The title of the release.
    pub fn title(&self) -> &str {
        &self.manifest.title
    }

    /// The sentence that has to accompany every figure of it.
    pub fn caveat(&self) -> &str {
        &self.manifest.caveat
    }

    /// Returns whether the records are synthetic.
    pub fn is_synthetic(&self) -> bool {
        self.manifest.synthetic
    }

    /// The folder with its files. `manifest.json` there has all that the release says of itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The SHA-256 digest of the manifest. The manifest has the digests of all other files.
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    /// The tables, in the order of their names.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Returns a table by its name, such as `victims-by-form`.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The name of the table, which is that of its files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Parquet file of the table.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the table. Columns of codes are dictionaries. The metadata of the schema have the title, the caveat and the note.
    ///
    /// A suppressed cell has no `OBS_VALUE` and the status `Q`. A cell that is not reported has the status `L`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn to_arrow(&self) -> Result<RecordBatch> {
        read_batch(&self.path)
    }
}
