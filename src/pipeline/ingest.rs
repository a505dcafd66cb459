//! Files to a coded store: read, validate, set duplicates aside, write.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write, stdin};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::{Control, Event, Limit};
use crate::error::{Error, Result};
use crate::files::{self, File, Stage};
use crate::finding::{Finding, Place, Rule, Severity, Tally};
use crate::ingest::{Dialect, Input, RawBatch, Source};
use crate::schema::Unit;
use crate::store::StoreWriter;
use crate::validate::{Conflicts, Figures, Layout, Options, Persons, Plan, RejectsWriter, Validated, validate};

/// One file to read.
#[derive(Clone, Debug)]
pub struct Job {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// Its layout.
    pub layout: Layout,
}

/// One kind of finding in one column of one file.
#[derive(Clone, Debug, Serialize)]
pub struct FindingReport {
    /// The rule.
    pub rule: &'static str,
    /// What the rule says.
    pub title: &'static str,
    /// What it does to a record: `error`, `warning` or `duplicate`.
    pub severity: &'static str,
    /// The column's heading.
    pub column: Option<String>,
    /// The column's number, counted from 1.
    pub column_number: Option<u32>,
    /// How often, exactly.
    pub count: u64,
    /// Physical lines of the first ones.
    pub lines: Vec<u64>,
    /// What was found in the first ones, where it may be shown.
    pub found: Vec<String>,
}

/// What became of one file. `records = accepted + rejected + duplicates`.
#[derive(Clone, Debug, Serialize)]
pub struct InputReport {
    /// The file as the user named it.
    pub file: String,
    /// The layout.
    pub profile: String,
    /// BLAKE3 digest of its bytes.
    pub digest: String,
    /// How its text is encoded.
    pub encoding: String,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
    /// How the file is compressed, where it is.
    pub compression: Option<&'static str>,
    /// What separates fields.
    pub delimiter: char,
    /// Records read.
    pub records: u64,
    /// Records accepted.
    pub accepted: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Records set aside because they repeat another.
    pub duplicates: u64,
    /// Fields that the file does not hold.
    pub not_collected: Vec<String>,
    /// What was found.
    pub findings: Vec<FindingReport>,
    /// Texts that mean no code. Confidential, and never part of a report: any text can be a name.
    #[serde(skip)]
    pub unresolved: Vec<Unresolved>,
    /// Cells with texts that are not among them, because too few records share the text.
    #[serde(skip)]
    pub rare: u64,
}

/// A text that means no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The column's heading.
    pub column: String,
    /// The text.
    pub text: String,
    /// How often it stands there.
    pub count: u64,
}

/// So often does a text stand in a file of persons before it is listed: a name seldom does.
const SHARED: u64 = 10;

/// So many different texts are kept of one file.
const MOST_TEXTS: usize = 20_000;

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

/// Where accepted rows and the list of rejects go; nowhere when files are only looked at.
struct Outlets<'a> {
    store: Option<&'a Stage>,
    rejects: Option<RejectsWriter<BufWriter<File>>>,
}

/// Reads files into `store/` within a stage, with `rejects.parquet` beside it.
pub fn ingest(jobs: &[Job], stage: &Stage, reading: &Reading, control: &Control) -> Result<Ingested> {
    let rejects = RejectsWriter::new(stage.create(REJECTS)?)?;
    read_all(jobs, Outlets { store: Some(stage), rejects: Some(rejects) }, reading, control)
}

/// Reads files and writes nothing, or a list of rejects only.
pub fn validate_files(jobs: &[Job], rejects: Option<&Stage>, reading: &Reading, control: &Control) -> Result<Ingested> {
    let rejects = rejects.map(|stage| RejectsWriter::new(stage.create(REJECTS)?)).transpose()?;
    read_all(jobs, Outlets { store: None, rejects }, reading, control)
}

/// The list of rejects within a stage.
pub const REJECTS: &str = "rejects.parquet";

fn read_all(jobs: &[Job], mut outlets: Outlets<'_>, reading: &Reading, control: &Control) -> Result<Ingested> {
    let mut persons = Persons::new(reading.conflicts);
    let pseudonyms = reading.options.person_key.is_some();
    let mut ingested = Ingested { inputs: Vec::new(), parts: Vec::new() };
    for (source, job) in jobs.iter().enumerate() {
        let mut store = None;
        if let Some(stage) = outlets.store {
            let name = format!("store/{:04}.parquet", source + 1);
            store = Some(StoreWriter::new(stage.create(&name)?, &job.layout.record, pseudonyms, &[])?);
            ingested.parts.push(stage.file(&name)?);
        }
        let rejects = outlets.rejects.as_mut();
        ingested.inputs.push(read_one(job, source as u32, &mut persons, store.as_mut(), rejects, reading, control)?);
        if let Some(store) = store {
            store.finish()?;
        }
    }
    if let (Some(stage), Some(job), true) = (outlets.store, jobs.first(), persons.waiting() > 0) {
        // Persons with several records are known when the last file has been read.
        let name = "store/persons.parquet";
        let mut store = StoreWriter::new(stage.create(name)?, &job.layout.record, pseudonyms, &[])?;
        store.write(persons.take(&job.layout.record))?;
        store.finish()?;
        ingested.parts.push(stage.file(name)?);
    }
    if let Some(rejects) = outlets.rejects {
        rejects.finish()?;
    }
    Ok(ingested)
}

pub(super) fn open(path: &Path) -> Result<Input> {
    if path == Path::new("-") { Ok(Input::Stream(Box::new(stdin()))) } else { Ok(Input::File(files::open(path)?)) }
}

fn read_one(
    job: &Job,
    source: u32,
    persons: &mut Persons,
    mut store: Option<&mut StoreWriter<BufWriter<File>>>,
    mut rejects: Option<&mut RejectsWriter<BufWriter<File>>>,
    reading: &Reading,
    control: &Control,
) -> Result<InputReport> {
    let file = files::shown(&job.path);
    control.tell(Event::Input(file.clone(), files::size(&job.path)));
    let delimiter = job.layout.profile.delimiter.and_then(|c| u8::try_from(c).ok());
    let listener = control.clone();
    let dialect = Dialect { delimiter, encoding: job.layout.encoding, sheet: job.layout.profile.sheet.as_deref() };
    let progress = move |bytes| listener.tell(Event::Bytes(bytes));
    let mut input = Source::open(open(&job.path)?, &file, dialect, &job.layout.wanted(), progress)?;
    let plan = job.layout.bind(input.header(), source, &file, &reading.options)?;
    let figures = job.layout.record.unit == Unit::Figure;
    let mut known = Figures::default();
    let mut tally = Tally::new(reading.options.samples);
    plan.findings.iter().for_each(|finding| tally.add(finding.clone()));
    for line in 1..=input.banner() {
        let place = Place { source, record: 0, line, byte: 0 };
        tally.add(Finding::new(Rule::named("file/banner"), place, None, None));
    }
    let mut unresolved: BTreeMap<(u32, String), u64> = BTreeMap::new();
    let (mut records, mut accepted, mut rejected, mut repeated) = (0, 0, 0, 0);
    let mut window = read_window(&mut input)?;
    if let Some(first) = window.first() {
        plan.refuse_identifiers(first, &file)?;
    }
    while !window.is_empty() {
        control.go_on()?;
        // The next batches are read while these are validated.
        let (next, results) = rayon::join(|| read_window(&mut input), || validate_window(&plan, &window));
        for mut batch in results {
            let waiting = persons.waiting();
            let (count, findings) = persons.settle(&mut batch.accepted);
            findings.into_iter().for_each(|finding| batch.tally.add(finding));
            if let Some(rejects) = &mut rejects {
                rejects.write(&file, records, &batch.rejects)?;
            }
            if reading.fail_fast && batch.rejected > 0 {
                return Err(first_reject(&file, &batch));
            }
            if figures {
                known.add(&batch.accepted, records);
            }
            for (text, count) in batch.unresolved {
                if unresolved.len() < MOST_TEXTS || unresolved.contains_key(&text) {
                    *unresolved.entry(text).or_default() += count;
                }
            }
            tally.append(batch.tally, records);
            records += batch.records;
            rejected += batch.rejected;
            repeated += count;
            accepted += batch.accepted.len() as u64 + persons.waiting() - waiting;
            if let Some(store) = &mut store {
                store.write(batch.accepted)?;
            }
        }
        window = next?;
    }
    known.findings(&job.layout.record).into_iter().for_each(|finding| tally.add(finding));
    if records == 0 {
        let place = Place { source, record: 0, line: 1, byte: 0 };
        tally.add(Finding::new(Rule::named("file/no-records"), place, None, None));
    }
    if accepted + rejected + repeated != records {
        return Err(Error::failed("the records read are not those accepted, rejected and set aside")
            .at(file)
            .hint("this is a defect of the program: please report it"));
    }
    let listed = |count: u64| figures || count >= SHARED;
    Ok(InputReport {
        findings: findings(&tally, &plan),
        rare: unresolved.values().filter(|count| !listed(**count)).sum(),
        unresolved: unresolved
            .into_iter()
            .filter(|(_, count)| listed(*count))
            .map(|((column, text), count)| Unresolved {
                column: plan.heading(column).unwrap_or_default().to_owned(),
                text,
                count,
            })
            .collect(),
        file,
        profile: job.layout.profile.id.clone(),
        digest: input.digest(),
        encoding: input.encoding(),
        sheet: input.sheet().map(str::to_owned),
        compression: input.packed(),
        delimiter: char::from(input.delimiter()),
        records,
        accepted,
        rejected,
        duplicates: repeated,
        not_collected: plan.absent.clone(),
    })
}

/// Writes the texts that mean no code, the most frequent first, as CSV.
///
/// It is for the people who hold the files: a text may be anything, and in files of persons only those are listed that
/// stand there at least ten times.
pub fn write_unresolved(out: &mut dyn Write, inputs: &[InputReport]) -> Result<()> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let problem = |cause| Error::failed("cannot write the list of texts").because(cause);
    writeln!(out, "file,column,text,count").map_err(problem)?;
    for input in inputs {
        let mut texts: Vec<_> = input.unresolved.iter().collect();
        texts.sort_by(|a, b| (b.count, &a.column, &a.text).cmp(&(a.count, &b.column, &b.text)));
        for text in texts {
            let (file, column) = (quoted(&input.file), quoted(&text.column));
            writeln!(out, "{file},{column},{},{}", quoted(&text.text), text.count).map_err(problem)?;
        }
        if input.rare > 0 {
            let rest = format!("(texts that fewer than {SHARED} records share are not listed: they may name persons)");
            writeln!(out, "{},,{},{}", quoted(&input.file), quoted(&rest), input.rare).map_err(problem)?;
        }
    }
    Ok(())
}

fn read_window(input: &mut Source) -> Result<Vec<RawBatch>> {
    let size = rayon::current_num_threads() * 2;
    let mut window = Vec::with_capacity(size);
    while window.len() < size
        && let Some(batch) = input.next_batch()?
    {
        window.push(batch);
    }
    Ok(window)
}

fn validate_window(plan: &Plan, window: &[RawBatch]) -> Vec<Validated> {
    window.par_iter().map(|batch| validate(plan, batch)).collect()
}

fn first_reject(file: &str, batch: &Validated) -> Error {
    let reject = &batch.rejects[0];
    let place = match reject.column {
        Some(column) => format!("{file}:{}, column {column}", reject.place.line),
        None => format!("{file}:{}", reject.place.line),
    };
    Error::refused(reject.rule.id(), reject.rule.title()).at(place).hint("leave out `--fail-fast` to see all findings")
}

fn findings(tally: &Tally, plan: &Plan) -> Vec<FindingReport> {
    tally
        .totals()
        .map(|(_, rule, severity, column, total)| FindingReport {
            rule: rule.id(),
            title: rule.title(),
            severity: match severity {
                Severity::Error => "error",
                Severity::Duplicate => "duplicate",
                Severity::Warning => "warning",
            },
            column: column.and_then(|column| plan.heading(column)).map(str::to_owned),
            column_number: column,
            count: total.count,
            lines: total.samples.iter().map(|sample| sample.place.line).collect(),
            found: total.samples.iter().filter_map(|s| s.found.as_ref().map(ToString::to_string)).collect(),
        })
        .collect()
}
