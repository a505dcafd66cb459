//! A store that exists: its record type, its files, and what was read into it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::FieldReport;
use super::identity::Identity;
use super::parts::{RUN, STORE, compared, compared_file, coverage, is_in_store, is_parquet, listed, parse_run};
use super::release::refuse_other_run;
use crate::error::{Error, Result};
use crate::schema::{Break, Coverage, Profile, Record, Registry};
use crate::store::Part;
use crate::{files, limits};

/// A file that was read into a store, as far as tables need to know it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ReadFile {
    /// The layout.
    #[serde(default)]
    pub profile: String,
    /// The digest of its bytes.
    #[serde(default)]
    pub digest: String,
    /// The digest of what it unpacks to, where it is compressed.
    #[serde(default)]
    pub unpacked_digest: Option<String>,
    /// The sheet, where it is a workbook.
    #[serde(default)]
    pub sheet: Option<String>,
    /// Its records.
    #[serde(default)]
    pub records: u64,
    /// Fields that it does not hold.
    #[serde(default)]
    pub not_collected: Vec<String>,
    /// True if it names the person of each record.
    #[serde(default)]
    pub persons: bool,
    /// How many of its records have no value of each field, and why.
    #[serde(default)]
    pub fields: Vec<FieldReport>,
}

impl ReadFile {
    /// Returns by what the file is known again.
    pub fn identity(&self) -> Option<Identity> {
        Identity::new(&self.digest, self.unpacked_digest.as_deref(), self.sheet.as_deref(), self.records)
    }
}

/// A store as an ingest, a run or another program left it.
#[derive(Clone, Debug)]
pub(super) struct StoredRecords {
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
    /// True if the records are synthetic, as the run file of the store states.
    pub synthetic: bool,
    /// Who is declared to have reported which years, by the run that made the store or by its records.
    pub coverage: Coverage,
    /// The breaks in series that the run file of the store names.
    pub breaks: Vec<Break>,
    /// The fingerprint of the key under which its persons bear pseudonyms.
    pub person_key: Option<String>,
    /// What the store stated about itself when it was opened, nothing for a base.
    pub statement: Option<StoreStatement>,
}

/// What a store states about itself, as a digest that shows a later change.
#[derive(Clone, Debug)]
pub(super) struct StoreStatement {
    path: PathBuf,
    digest: String,
}

impl StoreStatement {
    /// Reads what a store states about itself.
    pub fn read(folder: &Path) -> Result<(Self, Option<Value>)> {
        let path = folder.join(RUN);
        let bytes = files::read_plain(&path, limits::RUN)?;
        Ok((Self { digest: files::digest_of(&bytes), path }, parse_run(&bytes)))
    }

    /// Refuses a store that was replaced or added to since it was opened.
    pub fn refuse_changed(&self) -> Result<()> {
        if files::digest(&self.path).is_ok_and(|digest| digest == self.digest) {
            return Ok(());
        }
        Err(changed(&self.path))
    }
}

/// Returns the refusal to write what was computed from an earlier state of a store.
pub(super) fn changed(path: &Path) -> Error {
    Error::refused("store/changed", "the store was changed by another run while it was in use")
        .at(files::shown(path))
        .hint("nothing was written: run the same command again")
}

impl StoredRecords {
    /// Opens the store of an ingest or of a run, and compares its files with its list.
    ///
    /// # Errors
    /// There is none, or its files are not those that were written.
    pub fn open(registry: &Registry, folder: &Path, record: Option<&str>) -> Result<Self> {
        let place = folder;
        let folder = &*files::current(folder);
        if !files::is_folder(folder) {
            return Err(none(place));
        }
        // A user may name the folder of the files. `run.json` is next to that folder.
        let above = folder.parent().filter(|above| above.join(STORE) == *folder);
        let has_run = |folder: &&Path| files::exists(&folder.join(RUN));
        let Some(root) = [Some(folder), above].into_iter().flatten().find(has_run) else {
            return Err(none(place));
        };
        let (statement, run) = StoreStatement::read(root)?;
        let run = run.ok_or_else(|| damaged(root))?;
        let parts = compared(root, &listed(&run, root)?)?;
        if parts.is_empty() {
            return Err(none(place));
        }
        refuse_other_run(root, &run)?;
        let record = stored_record(registry, record, &parts, &run)?;
        let opened = Self::of(place, record, parts, &run)?;
        Ok(Self { statement: Some(statement), ..opened })
    }

    /// Opens a base: one file, or the files of one folder, that another engine may have written. What is part of a store is
    /// compared with the list of that store.
    ///
    /// # Errors
    /// There is none, or a folder below it holds further files, or a store's file is not the one that was written.
    pub fn base(registry: &Registry, place: &Path, record: Option<&str>) -> Result<Self> {
        if files::is_folder(place) && is_in_store(place) {
            return Self::open(registry, place, record);
        }
        let mut parts = Vec::new();
        if files::is_folder(place) {
            for path in files::list_plain(place)?.into_iter().filter(|path| is_parquet(&files::slashed(path))) {
                let name = files::slashed(&path);
                // Engines keep unfinished copies in folders such as `_temporary`, and hide what is not a result.
                if name.contains('/') || name.starts_with(['.', '_']) {
                    return Err(Error::refused(
                        "store/differs",
                        "the folder of the base holds a file that is not part of it",
                    )
                    .at(files::shown(&place.join(path)))
                    .hint("the files of a base are in one folder: move the others away, or name one file"));
                }
                parts.push((place.join(&path), Part::base(&place.join(&path))?));
            }
        } else if files::exists(place) {
            // A pipe has no end at which the list of columns is.
            if files::stamp(place).is_none() {
                return Err(Error::failed("a base is a file, and this is a pipe or a device")
                    .at(files::shown(place))
                    .hint("write it into a file first"));
            }
            let part = compared_file(place)?.map_or_else(|| Part::base(place), Ok)?;
            parts.push((place.to_path_buf(), part));
        }
        if parts.is_empty() {
            return Err(none(place));
        }
        let record = stored_record(registry, record, &parts, &Value::Null)?;
        Self::of(place, record, parts, &Value::Null)
    }

    fn of(place: &Path, record: Record, parts: Vec<(PathBuf, Part)>, run: &Value) -> Result<Self> {
        // A run lists its inputs. An ingest lists those of each time that it added some.
        let runs = run["runs"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(run));
        let inputs = runs.iter().filter_map(|run| run["inputs"].as_array()).flatten();
        let inputs = inputs.map(ReadFile::deserialize).collect::<Result<_, _>>().map_err(|_| damaged(place))?;
        let totals = ["records", "rejected"].map(|key| run[key].as_u64().unwrap_or(0));
        let synthetic = run["synthetic"].as_bool().unwrap_or(false);
        let coverage = coverage(run).ok_or_else(|| damaged(place))?;
        let breaks = match &run["breaks"] {
            Value::Null => Vec::new(),
            breaks => Vec::deserialize(breaks).map_err(|_| damaged(place))?,
        };
        let person_key = run["person_key"].as_str().map(str::to_owned);
        Ok(Self {
            place: place.to_path_buf(),
            record,
            parts,
            inputs,
            totals,
            synthetic,
            coverage,
            breaks,
            person_key,
            statement: None,
        })
    }

    /// Returns the layouts in which its files were read, each with the fields that the file does not hold.
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

    /// Returns the files that hold the records of one source, each with the place of that source among the layouts. Persons with
    /// multiple records have a file of their own.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &Part)> {
        let number = |path: &Path| path.file_stem()?.to_str()?.parse::<usize>().ok()?.checked_sub(1);
        let parts = self.parts.iter().filter_map(move |(path, part)| Some((number(path)?, part)));
        parts.filter(|(at, _)| *at < self.inputs.len())
    }

    /// Returns the folder of its statement of what was read.
    pub fn folder(&self) -> &Path {
        self.statement.as_ref().and_then(|statement| statement.path.parent()).unwrap_or(&self.place)
    }

    /// Refuses a store that was changed since it was opened: its files may have been read in part before and in part after.
    pub fn refuse_changed(&self) -> Result<()> {
        self.statement.as_ref().map_or(Ok(()), StoreStatement::refuse_changed)
    }

    /// Returns the digests of the files that were read into it.
    pub fn digests(&self) -> BTreeSet<&str> {
        self.inputs.iter().map(|input| input.digest.as_str()).filter(|digest| !digest.is_empty()).collect()
    }

    /// Returns its name without the folders above it.
    pub fn name(&self) -> String {
        let name = self.place.file_name().map(|name| files::shown(name.as_ref()));
        name.unwrap_or_else(|| "store".to_owned())
    }
}

/// Returns the record type of a store: the requested one, else the one that `run.json` or the first file names.
fn stored_record(
    registry: &Registry,
    requested: Option<&str>,
    parts: &[(PathBuf, Part)],
    run: &Value,
) -> Result<Record> {
    let named = requested.or(run["record"].as_str()).map(str::to_owned);
    let name = named.or_else(|| parts[0].1.record()).unwrap_or_else(|| "victim".to_owned());
    Record::load(registry, &name)
}

/// Returns the refusal of a store whose `run.json` is damaged.
pub(super) fn damaged(folder: &Path) -> Error {
    Error::refused(
        "store/differs",
        "what the store states about itself was changed, or was written by an earlier version",
    )
    .at(files::shown(&folder.join(RUN)))
    .hint("take the store from a copy, or make it again with `tipstat ingest FILE --profile NAME --out STORE`")
}

fn none(place: &Path) -> Error {
    Error::failed("there is no store")
        .at(files::shown(place))
        .hint("make one with `tipstat ingest FILE --profile NAME --out STORE`; `tipstat run` makes one in `restricted`")
}
