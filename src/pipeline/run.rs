//! The whole line, from files to release.

use std::path::PathBuf;

use serde::Serialize;

use super::comparability::{BreakSearch, SourceMeaning};
use super::context::Context;
use super::document::{checked_json, json, program};
use super::intake::{KnownInput, Reading};
use super::ledger::{Books, LedgerReport};
use super::line::{CountedRecords, Line, ReleaseLedgers, Released};
use super::output::{CommandInputs, Output, OutputKind, check_replaced, refuse_meeting};
use super::parts::RUN;
use super::release::{AuditManifest, NotCollected, RunManifest, Stated};
use super::{Config, InputReport, Job, Limit, ingest};
use crate::control::{Control, Event};
use crate::disseminate::Incomparable;
use crate::error::{Error, Result};
use crate::files::{self, Published, Readers, Stage};
use crate::indicators;
use crate::protect::{NotSeen, Policy};
use crate::schema::{Record, Registry, Unit};
use crate::store::Part;
use crate::validate::{Conflicts, Layout, PersonKey};

/// A run: what is read, how, and where the release goes.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The run file.
    pub config: Config,
    /// The schemas.
    pub registry: Registry,
    /// The folder of `release/` and `restricted/`.
    pub out: PathBuf,
    /// True if a previous release may be replaced.
    pub force: bool,
    /// True if the outputs are not written.
    pub dry_run: bool,
    /// The reason to publish what the ledger refuses, where there is one.
    pub reason: Option<String>,
    /// The limit that replaces that of the run file.
    pub max_rejects: Option<Limit>,
    /// How files are read.
    pub reading: Reading,
    /// What is read in addition to the files of the run file, so that no output replaces it.
    pub inputs: CommandInputs,
}

/// Result of [`run`].
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The release.
    pub release: String,
    /// True if the records are synthetic.
    pub synthetic: bool,
    /// Records read, accepted, rejected and set aside as duplicates.
    pub records: u64,
    /// Records accepted.
    pub accepted: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Records set aside as duplicates.
    pub duplicates: u64,
    /// A report for each file.
    pub inputs: Vec<InputReport>,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Tables that were not made.
    pub not_collected: Vec<NotCollected>,
    /// Where the sources do not mean the same.
    pub differences: Vec<Incomparable>,
    /// Areas and years whose records do not show whether a code was asked for, so that comparisons of their regions have no
    /// value.
    pub not_seen: Vec<NotSeen>,
    /// True if persons are counted whose area is not known.
    pub unknown_area: bool,
    /// Areas that no region of the scheme holds.
    pub areas_without_region: Vec<String>,
    /// Codes with counts that a declaration excludes.
    pub against_coverage: Vec<String>,
    /// What the attacker found.
    pub audit: AuditManifest,
    /// What the ledger of the store reports.
    pub ledger: LedgerReport,
    /// The folder of the release, as the user named it. None for a dry run.
    pub release_folder: Option<String>,
    /// The restricted folder.
    pub restricted_folder: Option<String>,
    /// True if a previous release was replaced.
    pub replaced: bool,
    /// The SHA-256 digest of the release's manifest, which has the digests of all its files.
    pub manifest_sha256: String,
}

/// The folder of the release.
pub const RELEASE: &str = "release";

/// The folder of confidential files.
const RESTRICTED: &str = "restricted";

/// The share of records that may be rejected by default.
pub const MOST_REJECTS: Limit = Limit::Percent(5.0);

/// What is loaded and checked before the first record is read.
struct Prepared {
    jobs: Vec<Job>,
    record: std::sync::Arc<Record>,
    fields: Vec<usize>,
    context: Context,
    policy: Policy,
}

impl RunRequest {
    /// Returns how files are read: by the command line, and else by the run file.
    fn reading(&self) -> Result<Reading> {
        let mut reading = self.reading.clone();
        reading.options.deny.extend(self.config.rules.rejecting()?);
        if reading.options.person_key.is_none() {
            reading.options.person_key = self.config.person_key()?;
        }
        reading.allowance = reading.allowance.or(&self.config.limits.max_not_understood);
        if reading.conflicts == Conflicts::default() {
            reading.conflicts = self.config.persons.conflicts;
        }
        Ok(reading)
    }
}

/// Carries out a run.
///
/// # Errors
/// The run file or a schema is wrong, a file cannot be read, too many records were rejected, the release exists already,
/// or the attacker could narrow a suppressed cell. Nothing is published then, and a previous release stays as it is.
pub fn run(run: &RunRequest, control: &Control) -> Result<Outcome> {
    let outputs = [RELEASE, RESTRICTED].map(|name| run.out.join(name));
    let [release, office] = &outputs;
    control.report(Event::Stage("prepare"));
    let mut prepared = prepare(run)?;
    let reading = run.reading()?;
    reading.allowance.check(&prepared.record)?;
    let stage = claim(run, &outputs, &prepared.jobs)?;

    control.report(Event::Stage("ingest"));
    let restricted = stage.part(RESTRICTED)?;
    let ingested = ingest(&prepared.jobs, &restricted, &reading, control)?;
    let [records, accepted, rejected, duplicates] = ingested.totals();
    let limit = run.max_rejects.or(run.config.limits.max_rejects).unwrap_or(MOST_REJECTS);
    let checked = ingested.check(limit, &reading.allowance).and_then(|()| {
        // Zeros next to rejected records are accepted, and neither count nor declare anything.
        if ingested.entries.iter().any(|part| part.rows > 0) || !ingested.coverage.is_empty() {
            return Ok(());
        }
        Err(Error::refused("limit/nothing-accepted", "the files hold no record: there is nothing to publish"))
    });
    if let Err(error) = checked {
        return Err(with_findings(error, &ingested.inputs));
    }

    prepared.context.coverage.complete(&ingested.coverage);

    let parts: Result<Vec<_>> = ingested.parts.iter().map(|path| Part::open(path)).collect();
    let parts = parts?;
    let sources: Vec<SourceMeaning<'_>> = prepared
        .jobs
        .iter()
        .zip(&ingested.inputs)
        .map(|(job, input)| SourceMeaning { profile: &job.layout.profile, not_collected: &input.not_collected })
        .collect();
    let stored: Vec<_> = sources.iter().copied().zip(&parts).collect();
    let threshold = prepared.policy.threshold;
    let search = BreakSearch { record: &prepared.record, fields: &prepared.fields, threshold };
    let found = search.breaks(&stored)?;
    let declared_breaks = prepared.context.breaks.all().to_vec();
    prepared.context.breaks.extend(found);
    let (reason, purpose) = (run.reason.as_deref(), run.config.release.purpose());
    let mut books = Books::open([(office.as_path(), parts.clone())], reason, purpose)?;
    let reports: Vec<_> = ingested.inputs.iter().flat_map(|input| &input.fields).collect();
    let records_of_run = CountedRecords {
        record: &prepared.record,
        parts: &parts,
        fields: &prepared.fields,
        sources: &sources,
        reports: &reports,
        read: records,
        rejected,
    };
    let line = Line {
        registry: &run.registry,
        release: &run.config.release,
        languages: &run.config.tables.languages,
        policy: &prepared.policy,
        context: &prepared.context,
        control,
    };
    let public = stage.part(RELEASE)?;
    let released = line.release(&records_of_run, &public, ReleaseLedgers { books: &mut books, scratch: &stage })?;
    let Released { protected, not_collected, differences, stated: Stated { manifest, sha256 } } = released;

    let program = program();
    let of_run = RunManifest {
        confidential: "exact counts of records: not for publication",
        release: &run.config.release.id,
        run: manifest.run.as_deref(),
        program: &program,
        synthetic: run.config.release.synthetic,
        schemas: &manifest.schemas,
        overrides: &manifest.overrides,
        records,
        accepted,
        rejected,
        duplicates,
        person_key: reading.options.person_key.as_ref().map(PersonKey::fingerprint),
        parts: &ingested.entries,
        inputs: KnownInput::all(&ingested.inputs),
        coverage: prepared.context.coverage.all(),
        breaks: &declared_breaks,
    };
    restricted.write(RUN, &checked_json(&of_run))?;
    restricted.write("audit.json", &json(&manifest.audit))?;
    books.write_into(&restricted)?;

    let mut outcome = Outcome {
        release: run.config.release.id.clone(),
        synthetic: run.config.release.synthetic,
        records,
        accepted,
        rejected,
        duplicates,
        inputs: ingested.inputs,
        tables: protected.tables().iter().map(|table| table.indicator().id.clone()).collect(),
        not_collected,
        differences,
        not_seen: protected.not_seen(),
        unknown_area: protected.has_unknown_area(),
        areas_without_region: protected.areas_without_region(&prepared.context.regions),
        against_coverage: prepared.context.against_coverage(&protected),
        audit: manifest.audit,
        ledger: books.report().clone(),
        release_folder: None,
        restricted_folder: None,
        replaced: false,
        manifest_sha256: sha256,
    };
    if run.dry_run {
        return Ok(outcome);
    }
    control.go_on()?;
    // The parts of the stage are put into place with it.
    let both = [(RESTRICTED, Readers::Owner), (RELEASE, Readers::All)];
    let published = files::publish_together(&stage, &run.out, &both, run.force.into())?;
    outcome.replaced = published == Published::Replaced;
    outcome.release_folder = Some(files::shown(release));
    outcome.restricted_folder = Some(files::shown(office));
    Ok(outcome)
}

/// Refuses outputs that meet an input or would replace what the program did not write, and makes a stage for them.
fn claim(run: &RunRequest, outputs: &[PathBuf; 2], jobs: &[Job]) -> Result<Stage> {
    let [release, restricted] = outputs;
    let outputs = [Output::new(release, OutputKind::Release), Output::new(restricted, OutputKind::Store)];
    let mut inputs = run.inputs.clone();
    inputs.read.extend(jobs.iter().map(|job| job.path.clone()));
    inputs.read.extend(run.config.tables.files().into_iter().chain(run.config.person_key_file()));
    inputs.read.extend(run.config.release.rounding_key_file.clone());
    refuse_meeting(&outputs, &inputs)?;
    if run.dry_run {
        return Stage::temporary();
    }
    let stage = Stage::next_to_all(&[release, restricted])?;
    for output in outputs.iter().filter(|output| files::exists(output.path)) {
        if !run.force {
            return Err(files::exists_already(output.path));
        }
        check_replaced(output.path, &output.made)?;
    }
    Ok(stage)
}

fn prepare(run: &RunRequest) -> Result<Prepared> {
    let mut jobs: Vec<Job> = Vec::new();
    for input in &run.config.inputs {
        let layout = Layout::load(&run.registry, &input.description()).map_err(|error| match error.place() {
            None => error.at(format!("input `{}`", input.path)),
            Some(_) => error,
        })?;
        for path in run.config.files(input)? {
            jobs.push(Job { path, layout: layout.clone() });
        }
    }
    let record = std::sync::Arc::clone(&jobs[0].layout.record);
    if let Some(other) = jobs.iter().find(|job| job.layout.record.name() != record.name()) {
        return Err(Error::failed(format!(
            "the inputs are of different record types: {} and {}",
            record.name(),
            other.layout.record.name()
        ))
        .hint("make a run for each"));
    }
    if record.unit == Unit::Figure {
        return Err(Error::failed("the inputs are published figures, and tables are counted from records of persons")
            .hint("figures may be totals of each other: `tipstat combine FILE --profile NAME` makes tables of them"));
    }
    run.config.confine_tables()?;
    let indicators = indicators::select_of(&run.registry, &run.config.tables.packs, &record.id)?;
    let fields = indicators::fields(&record, &indicators)?;
    let mut context = Context::load(&run.registry, &run.config.tables, indicators)?;
    context.coverage = run.config.coverage(&record)?;
    let policy = Policy::load(&run.registry, &run.config.release.policy)?;
    Ok(Prepared { jobs, record, fields, context, policy })
}

/// Adds the findings to a refusal, because they are its reason.
fn with_findings(error: Error, inputs: &[InputReport]) -> Error {
    let worst = inputs.iter().flat_map(|input| {
        input.findings.iter().filter(|finding| finding.severity == "error").map(move |finding| {
            let column = finding.column.as_ref().map(|name| format!(", column `{name}`")).unwrap_or_default();
            let lines: Vec<_> = finding.lines.iter().take(3).map(ToString::to_string).collect();
            let text = format!(
                "{} x {} in {}{column}, first lines {}",
                finding.count,
                finding.rule,
                input.file,
                lines.join(", ")
            );
            (finding.count, text)
        })
    });
    let mut worst: Vec<_> = worst.collect();
    worst.sort_by(|a, b| b.cmp(a));
    worst.into_iter().take(5).fold(error, |error, (_, text)| error.with("finding", text))
}
