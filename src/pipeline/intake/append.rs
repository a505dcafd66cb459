//! A store that exists already, to which more records are added.
//!
//! A store is never changed: a new folder is made with the previous files and the new ones, and it takes the
//! place of the old folder at once.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::ingested::Ingested;
use super::job::REJECTS;
use super::report::{FindingReport, InputReport, KnownInput};
use super::rounds::{Rejected, Rounds};
use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::finding::Rule;
use crate::pipeline::document::checked_json;
use crate::pipeline::open_store::{ReadFile, StoreStatement, damaged};
use crate::pipeline::parts::{PartEntry, RUN, compared, coverage, listed};
use crate::schema::{Coverage, Record};
use crate::store::Part;
use crate::validate::{Conflicts, PersonKey, SeenPersons, StoredPersons};

/// A store that an ingest made.
pub struct ExistingStore {
    folder: PathBuf,
    statement: StoreStatement,
    record: String,
    runs: Vec<Value>,
    entries: Vec<PartEntry>,
    parts: Vec<(PathBuf, Part)>,
    /// The fingerprint of the key of its persons.
    person_key: Option<String>,
    /// Who reported which years, as its records declare it.
    coverage: Coverage,
}

impl ExistingStore {
    /// Opens a store.
    ///
    /// # Errors
    /// There is none, it was not made by an ingest, or its files are not those that were written.
    pub fn open(folder: &Path) -> Result<Self> {
        let foreign = || {
            Error::failed("the folder is not a store to which records can be added")
                .at(files::shown(folder))
                .hint("name a folder that `tipstat ingest` made, or leave out `--append` to make one")
        };
        if !files::exists(&folder.join(RUN)) {
            return Err(foreign());
        }
        if files::is_link(folder) {
            return Err(Error::refused("folder/not-plain", "the store is a link, and a link is not replaced")
                .at(files::shown(folder))
                .hint("name the folder itself"));
        }
        let (statement, run) = StoreStatement::read(folder)?;
        let run = run.ok_or_else(|| damaged(folder))?;
        let record = run["record"].as_str().ok_or_else(foreign)?.to_owned();
        let runs = run["runs"].as_array().ok_or_else(foreign)?.clone();
        let entries = listed(&run, folder)?;
        let parts = compared(folder, &entries)?;
        let person_key = run["person_key"].as_str().map(str::to_owned);
        let coverage = coverage(&run).ok_or_else(foreign)?;
        let store =
            Self { folder: folder.to_path_buf(), statement, record, runs, entries, parts, person_key, coverage };
        // An input that cannot be read is not known again, and would be counted twice.
        if store.inputs().any(|input| ReadFile::deserialize(input).is_err()) {
            return Err(damaged(folder));
        }
        Ok(store)
    }

    /// Refuses to take the place of a store that another run has changed since it was opened: what that run added would be lost.
    ///
    /// # Errors
    /// Its `run.json` is not the one that was read.
    pub fn refuse_changed(&self) -> Result<()> {
        self.statement.refuse_changed()
    }

    /// Refuses persons under another key than the store's: they could not be compared, and would be counted again.
    pub(super) fn check_key(&self, key: Option<&PersonKey>) -> Result<()> {
        match (&self.person_key, key) {
            (Some(known), Some(key)) if *known != key.fingerprint() => {
                Err(self.other_key("the persons of the store are under another key"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the refusal of a file whose persons would not be compared with those of the store.
    pub(super) fn other_key(&self, what: &str) -> Error {
        Error::refused("store/other-key", what)
            .at(files::shown(&self.folder))
            .hint("pass the key with which the store was made: `--person-key-file FILE`")
            .hint("without it a person who is in the store already would be counted again")
    }

    /// Returns whether its persons have pseudonyms.
    pub(super) fn is_keyed(&self) -> bool {
        self.person_key.is_some()
    }

    /// Refuses records of another type than the store's.
    pub(super) fn check(&self, record: &Record) -> Result<()> {
        if self.record == record.name() {
            return Ok(());
        }
        Err(Error::refused("store/other-record", format!("the store holds records of `{}`", self.record))
            .at(files::shown(&self.folder))
            .with("found", format!("`{}`", record.name()))
            .hint("choose a profile of that record type, or make a store of its own"))
    }

    /// Puts the previous files into the stage of the new store, and remembers their persons.
    pub(super) fn copy_into(&self, stage: &Stage, record: &Record, persons: &mut SeenPersons) -> Result<()> {
        for name in files::list_plain(&self.folder)? {
            if files::is_litter(&name) {
                continue;
            }
            let (from, name) = (self.folder.join(&name), files::slashed(&name));
            if name == RUN {
                continue;
            }
            // The list of rejects of each run bears its number.
            let new = if name == REJECTS { rejects(0) } else { name.clone() };
            let path = stage.file(&new)?;
            files::link_or_copy(&from, &path)?;
        }
        self.parts.iter().try_for_each(|(_, part)| remember(part, record, persons))
    }

    /// Returns the largest number of its files.
    pub(super) fn parts(&self) -> Result<usize> {
        let store = files::list_plain(&self.folder.join("store"))?;
        Ok(store.iter().filter_map(|path| numbered(path)).max().unwrap_or(0))
    }

    /// Returns its files as it lists them.
    pub(super) fn entries(&self) -> &[PartEntry] {
        &self.entries
    }

    /// Returns how many ingests made it.
    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Refuses a file that is in the store already.
    pub(super) fn refuse_again(&self, input: &InputReport) -> Result<()> {
        let Some(identity) = input.identity() else { return Ok(()) };
        if !self
            .inputs()
            .filter_map(|known| ReadFile::deserialize(known).ok()?.identity())
            .any(|known| known == identity)
        {
            return Ok(());
        }
        Err(Error::refused("store/already-there", "the same file is in the store already")
            .at(&*input.file)
            .hint("leave it out: its records would be counted twice"))
    }

    /// Checks each corrected file against what earlier rounds corrected.
    ///
    /// # Errors
    /// A record of the file was corrected before, so it would be counted twice.
    pub(super) fn check_rounds(&self, done: &mut Ingested, record: &Record) -> Result<()> {
        let mut rounds = Rounds::new(record);
        for (number, input) in self.inputs().enumerate() {
            let part = self.parts.iter().find(|(path, _)| numbered(path) == Some(number + 1));
            rounds.add(input, part.map(|(_, part)| part))?;
        }
        for (input, path) in done.inputs.iter_mut().zip(&done.parts) {
            // A corrected file is known by its digests.
            let known = KnownInput::all(std::slice::from_ref(&*input));
            let value = serde_json::to_value(&known[0]).expect("plain data");
            let part = input.corrects.as_ref().map(|_| Part::open(path)).transpose()?;
            if let Some(part) = &part {
                rounds.refuse_again(&value, part).map_err(|error| error.at(&*input.file))?;
            }
            let surplus = rounds.add(&value, part.as_ref())?.surplus;
            if surplus > 0 {
                input.findings.push(FindingReport::of_file(Rule::named("file/corrects-too-many"), surplus));
            }
        }
        Ok(())
    }

    fn inputs(&self) -> impl Iterator<Item = &Value> {
        self.runs.iter().filter_map(|run| run["inputs"].as_array()).flatten()
    }
}

/// Returns the number that a file of a store bears. Each file that was read has one, counted from 1.
fn numbered(path: &Path) -> Option<usize> {
    path.file_stem()?.to_str()?.split('-').next_back()?.parse().ok()
}

/// Adds no file to a store, for the search of faults.
pub(in crate::pipeline) fn append_nothing(existing: &ExistingStore, record: &Record, stage: &Stage) -> Result<()> {
    existing.check(record)?;
    existing.copy_into(stage, record, &mut SeenPersons::new(Conflicts::Keep))?;
    let nothing =
        Ingested { inputs: Vec::new(), parts: Vec::new(), entries: Vec::new(), coverage: Coverage::default() };
    StoreRun { existing: Some(existing), record: &record.name(), schemas: "", key: None }.write(stage, &nothing)
}

/// Returns the name of the list of rejects of a run, counted from 0.
pub(super) fn rejects(run: usize) -> String {
    format!("rejects-{:04}.parquet", run + 1)
}

/// Remembers the persons of a file, so that a record which repeats one of theirs is found.
fn remember(part: &Part, record: &Record, persons: &mut SeenPersons) -> Result<()> {
    if !part.has_persons() {
        return Ok(());
    }
    let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
    for group in 0..part.row_groups() {
        let rows = part.read(record, &fields, group)?;
        let names = part.persons(group)?;
        let stored = StoredPersons { columns: &rows.columns, lower: &rows.counts, upper: &rows.most, names: &names };
        persons.remember(record, &stored)?;
    }
    Ok(())
}

/// What an ingest adds to a store, as `run.json` states it.
pub(super) struct StoreRun<'a> {
    /// The store to which the records are added.
    pub existing: Option<&'a ExistingStore>,
    /// The record type.
    pub record: &'a str,
    /// The digest of the schemas.
    pub schemas: &'a str,
    /// The key of the pseudonyms.
    pub key: Option<&'a PersonKey>,
}

impl StoreRun<'_> {
    /// Writes what the ingests of a store did: `run.json`, which is confidential.
    pub fn write(&self, stage: &Stage, done: &Ingested) -> Result<()> {
        let existing = self.existing;
        let mut parts = existing.map(|store| store.entries.clone()).unwrap_or_default();
        parts.extend(done.entries.iter().cloned());
        let person_key = self.key.map(PersonKey::fingerprint).or_else(|| existing?.person_key.clone());
        let mut coverage = existing.map(|store| store.coverage.clone()).unwrap_or_default();
        coverage.complete(&done.coverage);
        let [records, accepted, rejected, duplicates] = done.totals();
        let mut runs = existing.map(|store| store.runs.clone()).unwrap_or_default();
        runs.push(json!({
            "program": format!("tipstat {}", env!("CARGO_PKG_VERSION")),
            "schemas": self.schemas,
            "records": records,
            "accepted": accepted,
            "rejected": rejected,
            "duplicates": duplicates,
            "inputs": KnownInput::all(&done.inputs),
        }));
        // A corrected file brings no new records: they replace some that an earlier file brought.
        let inputs: Vec<&Value> = runs.iter().filter_map(|run| run["inputs"].as_array()).flatten().collect();
        let mut open = Rejected::default();
        let corrected: u64 = inputs.iter().map(|input| open.add(input).records).sum();
        let sum = |key: &str| -> u64 { inputs.iter().filter_map(|input| input[key].as_u64()).sum() };
        let mut document = json!({
            "confidential": "exact counts of records: not for publication",
            "record": self.record,
            "records": sum("records") - corrected,
            "accepted": sum("accepted"),
            "rejected": sum("rejected") - corrected,
            "duplicates": sum("duplicates"),
            "corrected": corrected,
            "person_key": person_key,
            "parts": parts,
            "runs": runs,
        });
        if !coverage.is_empty() {
            document["coverage"] = json!(coverage.all());
        }
        stage.write(RUN, &checked_json(&document))
    }
}
