//! A store that exists: its record type, its files, and what was read into it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::files;
use crate::schema::{Coverage, Declared, Profile, Record, Registry};
use crate::store::Part;

/// A file that was read into a store, as far as tables need to know it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ReadFile {
    /// The layout.
    #[serde(default)]
    pub profile: String,
    /// The digest of its bytes.
    #[serde(default)]
    pub digest: String,
    /// Fields that it does not hold.
    #[serde(default)]
    pub not_collected: Vec<String>,
}

/// A store as an ingest, a run or another program left it.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    /// The folder or file, as the user named it.
    pub place: PathBuf,
    /// Its record type.
    pub record: Record,
    /// Its files, each with its name below the store.
    pub parts: Vec<(PathBuf, Part)>,
    /// What was read into it.
    pub inputs: Vec<ReadFile>,
    /// Records that were read and rejected, where it is known.
    pub totals: [u64; 2],
    /// Whether the records are made up, as the run that made the store was told.
    pub synthetic: bool,
    /// Who is declared to have reported which years, as the run that made the store was told.
    pub coverage: Coverage,
}

impl Opened {
    /// Opens the store of an ingest or of a run, or one file of such a form.
    pub fn open(registry: &Registry, folder: &Path, record: Option<&str>) -> Result<Self> {
        let none = || {
            Error::failed("there is no store")
                .at(files::shown(folder))
                .hint("make one with `tipstat ingest FILE --profile NAME --out STORE`; `tipstat run` makes one in `restricted`")
        };
        let paths: Vec<PathBuf> = if files::is_folder(folder) {
            let store =
                if files::is_folder(&folder.join("store")) { folder.join("store") } else { folder.to_path_buf() };
            let parquet = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "parquet");
            files::list(&store)?.into_iter().filter(parquet).map(|path| store.join(path)).collect()
        } else if files::exists(folder) {
            vec![folder.to_path_buf()]
        } else {
            return Err(none());
        };
        if paths.is_empty() {
            return Err(none());
        }
        let mut parts = Vec::new();
        for path in paths {
            let part = Part::open(&path)?;
            parts.push((path, part));
        }
        // A user may name the folder of the files, beside which it is told what was read.
        let beside = folder.parent().filter(|above| above.join("store") == *folder).unwrap_or(folder);
        let own = [folder, beside].into_iter().map(|folder| folder.join("run.json")).find(|run| files::exists(run));
        let run: Value = if let Some(run) = own.filter(|_| files::is_folder(folder)) {
            serde_json::from_slice(&files::read(&run)?).map_err(|_| none())?
        } else {
            Value::Null
        };
        let said = record.or(run["record"].as_str()).map(str::to_owned);
        let name = said.or_else(|| parts[0].1.record()).unwrap_or_else(|| "victim".to_owned());
        let record = Record::load(registry, &name)?;
        // A run tells its inputs; an ingest those of each time that it added some.
        let runs = run["runs"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(&run));
        let inputs = runs.iter().filter_map(|run| run["inputs"].as_array()).flatten();
        let inputs = inputs.map(|input| ReadFile::deserialize(input).unwrap_or_default()).collect();
        let totals = ["records", "rejected"].map(|key| run[key].as_u64().unwrap_or(0));
        let synthetic = run["synthetic"].as_bool().unwrap_or(false);
        let declared = match &run["coverage"] {
            Value::Null => Vec::new(),
            declared => Vec::<Declared>::deserialize(declared).map_err(|_| none())?,
        };
        let coverage = Coverage::new(declared);
        Ok(Self { place: folder.to_path_buf(), record, parts, inputs, totals, synthetic, coverage })
    }

    /// The layouts in which its files were read, each with the fields that the file does not hold.
    pub fn layouts(&self, registry: &Registry) -> Result<Vec<(Profile, Vec<String>)>> {
        let read = |input: &ReadFile| {
            let name = input.profile.as_str();
            // `victim@1` is the layout with the record type's own columns.
            let profile = if name == self.record.name() {
                Profile::identity(&self.record)
            } else {
                Profile::load(registry, name).map_err(|cause| {
                    Error::failed(format!("the store was read in a layout that is not known here: `{name}`"))
                        .at(files::shown(&self.place))
                        .because(cause)
                        .hint("pass the folder that has it with `--schemas DIR`")
                })?
            };
            Ok((profile, input.not_collected.clone()))
        };
        self.inputs.iter().map(read).collect()
    }

    /// The files that hold the records of one source, each with the place of that source among the layouts. Persons with
    /// several records have a file of their own.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &Part)> {
        let number = |path: &Path| path.file_stem()?.to_str()?.parse::<usize>().ok()?.checked_sub(1);
        let parts = self.parts.iter().filter_map(move |(path, part)| Some((number(path)?, part)));
        parts.filter(|(at, _)| *at < self.inputs.len())
    }

    /// The digests of the files that were read into it.
    pub fn digests(&self) -> BTreeSet<&str> {
        self.inputs.iter().map(|input| input.digest.as_str()).filter(|digest| !digest.is_empty()).collect()
    }

    /// Its name without the folders above it.
    pub fn name(&self) -> String {
        let name = self.place.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| "store".to_owned())
    }
}
