//! Reads the files of a run one after another: reads, validates, sets duplicates aside, writes.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use super::append::{self, ExistingStore, StoreRun};
use super::file::{JobInput, Outlets, read_one};
use super::ingested::Ingested;
use super::job::{Job, REJECTS, Reading, StoreOutput};
use super::quarantine::Quarantine;
use super::read_result::ReadResult;
use super::report::{InputReport, PLACEHOLDER_ID};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::files::{Digested, Stage};
use crate::finding::Rule;
use crate::pipeline::identity::Identity;
use crate::pipeline::parts::PartEntry;
use crate::schema::{Coverage, Unit};
use crate::store::{Part, PersonColumn, StoreWriter, without};
use crate::validate::{Conflicts, IdCounts, Layout, RejectsWriter, SeenPersons, UnreadColumns};

/// Where an ingest goes.
#[derive(Clone, Copy)]
pub struct Destination<'a> {
    /// The stage of the store.
    pub stage: &'a Stage,
    /// The digest of the schemas, which the store states.
    pub schemas: &'a str,
    /// Where rejected records are kept whole.
    pub quarantine: Option<&'a Stage>,
    /// The store to which the records are added.
    pub existing: Option<&'a ExistingStore>,
}

/// What files are written into, apart from messages.
#[derive(Clone, Copy, Default)]
struct Outputs<'a> {
    store: Option<Destination<'a>>,
    /// Where a list of rejects goes, if not next to the store.
    rejects: Option<&'a Stage>,
}

/// Reads files into `store/` within a stage, with `rejects.parquet` next to it.
pub fn ingest(jobs: &[Job], stage: &Stage, reading: &Reading, control: &Control) -> Result<Ingested> {
    let store = Some(Destination { stage, schemas: "", quarantine: None, existing: None });
    read_all(jobs, Outputs { store, rejects: None }, reading, control)
}

/// Reads files into a store that can be added to, with `run.json` next to it.
///
/// # Errors
/// As [`ingest`], and where a file is in the store already, or the store holds other records.
pub fn ingest_store(jobs: &[Job], to: Destination<'_>, reading: &Reading, control: &Control) -> Result<Ingested> {
    let Some(job) = jobs.first() else { return Err(Error::failed("there is no file to read")) };
    let key = reading.options.person_key.as_ref();
    if let Some(existing) = to.existing {
        existing.check(&job.layout.record)?;
        existing.check_key(key)?;
        if reading.conflicts == Conflicts::Merge {
            return Err(Error::failed("records of one person cannot be merged with those of a store")
                .hint("ingest all files together with `--conflicts merge`, or append with `--conflicts keep`"));
        }
    }
    let mut done = read_all(jobs, Outputs { store: Some(to), rejects: None }, reading, control)?;
    if let Some(existing) = to.existing {
        done.inputs.iter().try_for_each(|input| existing.refuse_again(input))?;
        existing.check_rounds(&mut done, &job.layout.record)?;
    }
    let record = &*job.layout.record.name();
    StoreRun { existing: to.existing, record, schemas: to.schemas, key }.write(to.stage, &done)?;
    Ok(done)
}

/// Reads files and writes nothing, or a list of rejects only.
pub fn validate_files(jobs: &[Job], rejects: Option<&Stage>, reading: &Reading, control: &Control) -> Result<Ingested> {
    read_all(jobs, Outputs { store: None, rejects }, reading, control)
}

/// Reads a stream and writes nothing. Messages call it by the name.
///
/// # Errors
/// It cannot be read in this layout.
pub fn validate_stream(
    (name, stream): (&str, Box<dyn Read + Send>),
    layout: Layout,
    reading: &Reading,
    control: &Control,
) -> Result<InputReport> {
    let job = Job { path: PathBuf::from(name), layout };
    let mut persons = SeenPersons::new(reading.conflicts);
    let mut breakdowns = UnreadColumns::new(1);
    let outlets = Outlets {
        persons: &mut persons,
        breakdowns: &mut breakdowns,
        store: None,
        rejects: None,
        quarantine: None,
        existing: None,
    };
    let mut read = read_one(JobInput { job: &job, source: 0, stream: Some(stream) }, outlets, reading, control)?;
    breakdowns.findings().for_each(|finding| read.add(finding));
    let mut later = persons.later()?;
    let repeated = later.repeated(0);
    let rows = later.rows(0, |later| {
        read.note(later);
        Ok(())
    });
    for row in rows {
        row?;
    }
    read.report(repeated)
}

fn read_all(jobs: &[Job], outputs: Outputs<'_>, reading: &Reading, control: &Control) -> Result<Ingested> {
    let Outputs { store: to, rejects } = outputs;
    let mut persons = SeenPersons::new(reading.conflicts);
    let existing = to.and_then(|to| to.existing);
    let (mut first, mut list) = (0, REJECTS.to_owned());
    if let (Some(to), Some(existing), Some(job)) = (to, existing, jobs.first()) {
        existing.copy_into(to.stage, &job.layout.record, &mut persons)?;
        first = existing.parts()?;
        list = append::rejects(existing.runs());
    }
    let rejects = rejects.or(to.map(|to| to.stage));
    let mut rejects = rejects.map(|stage| RejectsWriter::new(stage.create(&list)?)).transpose()?;
    let mut quarantine = to.and_then(|to| to.quarantine).map(Quarantine::new).transpose()?;
    let persons_of_store =
        if reading.options.person_key.is_some() { PersonColumn::Written } else { PersonColumn::Left };
    let mut ingested =
        Ingested { inputs: Vec::new(), parts: Vec::new(), entries: Vec::new(), coverage: Coverage::default() };
    let mut read: Vec<ReadResult> = Vec::new();
    let mut ids = IdCounts::default();
    let mut known = BTreeMap::new();
    let mut breakdowns: BTreeMap<&str, UnreadColumns> = BTreeMap::new();
    let create = |name: &str, job: &Job| -> Result<Option<StoreWriter<StoreOutput>>> {
        let Some(to) = to else { return Ok(None) };
        StoreWriter::new(Digested::new(to.stage.create(name)?), &job.layout.record, persons_of_store, &[]).map(Some)
    };
    for (source, job) in jobs.iter().enumerate() {
        let name = format!("store/{:04}.parquet", first + source + 1);
        let mut store = create(&name, job)?;
        let outlets = Outlets {
            persons: &mut persons,
            breakdowns: breakdowns.entry(&job.layout.profile.id).or_insert_with(|| UnreadColumns::new(jobs.len())),
            store: store.as_mut(),
            rejects: rejects.as_mut(),
            quarantine: quarantine.as_mut(),
            existing,
        };
        let mut done = read_one(JobInput { job, source: source as u32, stream: None }, outlets, reading, control)?;
        ids.append(std::mem::take(&mut done.ids));
        refuse_twice(&mut known, &done, job)?;
        read.push(done);
        if let (Some(store), Some(to)) = (store, to) {
            ingested.entries.push(entry(&name, store.end()?));
            ingested.parts.push(to.stage.file(&name)?);
        }
    }
    for finding in breakdowns.into_values().flat_map(UnreadColumns::findings) {
        read[finding.place.source as usize].add(finding);
    }
    // Where one file alone has enough of a mark, it was found there.
    if let Some(found) =
        ids.mark().filter(|_| !read.iter().any(|read| read.tally.count_of(Rule::named(PLACEHOLDER_ID)) > 0))
    {
        read[found.source as usize].add_shared_id(found);
    }
    // A rejected record of an area and year may stand for persons, so a zero next to it is not the whole count.
    let is_certain = |pair: &&(String, u16)| !read.iter().any(|read| read.doubted.contains(*pair));
    let declared = read.iter().flat_map(|read| &read.declared).filter(is_certain);
    ingested.coverage = Coverage::of_zeros(declared.cloned());
    let mut later = persons.later()?;
    for (source, mut read) in read.into_iter().enumerate() {
        control.go_on()?;
        let repeated = later.repeated(source as u32);
        let mut rows = later.rows(source as u32, |later| {
            read.note(later);
            Ok(())
        });
        if let (Some(to), true) = (to, repeated > 0) {
            // Written as it was read, and once more without the records that repeat others.
            let part = &ingested.parts[source];
            let (name, record) = ("store/without-repetitions", &jobs[source].layout.record);
            let output = Digested::new(to.stage.create(name)?);
            let written = without(&Part::open(part)?, output, record, &mut rows)?;
            let listed = &mut ingested.entries[source];
            *listed = entry(&listed.file, written);
            to.stage.replace(name, part)?;
        }
        rows.try_for_each(|row| row.map(drop))?;
        drop(rows);
        ingested.inputs.push(read.report(repeated)?);
    }
    if let (Some(to), Some(job), true) = (to, jobs.first(), persons.waiting() > 0) {
        // Persons with multiple records are known when the last file has been read.
        let name = "store/persons.parquet";
        if let Some(mut store) = create(name, job)? {
            store.write(persons.take(&job.layout.record))?;
            ingested.entries.push(entry(name, store.end()?));
            ingested.parts.push(to.stage.file(name)?);
        }
    }
    if let Some(rejects) = rejects {
        rejects.finish()?;
    }
    if let Some(quarantine) = quarantine {
        quarantine.finish()?;
    }
    if let Some(to) = to {
        ingested.compare_written(to.stage, existing.map_or(&[][..], ExistingStore::entries))?;
    }
    Ok(ingested)
}

/// Refuses a file that was read already under this name or another, compressed or not.
fn refuse_twice(known: &mut BTreeMap<Identity, String>, read: &ReadResult, job: &Job) -> Result<()> {
    let Some(identity) = read.identity() else { return Ok(()) };
    let Some(first) = known.insert(identity, read.file().to_owned()) else { return Ok(()) };
    let error = Error::refused("store/already-there", "the same file is named twice").at(read.file());
    let error = if first == read.file() { error } else { error.with("first", first) };
    Err(error.hint(match job.layout.record.unit {
        Unit::Person => "leave one of them out: its records would be counted twice",
        Unit::Figure => "leave one of them out: its figures would be taken for parts of each other",
    }))
}

/// Returns a file as the store lists it.
fn entry(name: &str, (rows, output): (u64, StoreOutput)) -> PartEntry {
    let file = name.strip_prefix("store/").unwrap_or(name).to_owned();
    PartEntry { file, rows, blake3: output.digest() }
}
