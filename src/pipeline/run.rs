//! The whole line, from files to release.

use std::path::PathBuf;

use serde::Serialize;

use super::compare::differences;
use super::ingest::Reading;
use super::manifest::{AuditManifest, FileEntry, NotCollected, PolicyManifest, RunManifest};
use super::{Config, Control, Event, InputReport, Job, Limit, ReleaseManifest, ingest};
use crate::aggregate::Microdata;
use crate::disseminate::{self, About, Incomparable};
use crate::error::{Error, Result};
use crate::files::{self, Published, Stage};
use crate::indicators::{self, Indicator, Setting, Source, draft};
use crate::protect::{Policy, Protected, protect};
use crate::schema::{Populations, Record, Region, Registry, Unit};
use crate::store::Part;
use crate::validate::{Conflicts, Layout};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run file.
    pub config: Config,
    /// The schemas.
    pub registry: Registry,
    /// Where `release/` and `restricted/` are made.
    pub out: PathBuf,
    /// Whether a former release may be replaced.
    pub force: bool,
    /// Whether everything is done but the writing of the outputs.
    pub dry_run: bool,
    /// Stands before the run file's own limit.
    pub max_rejects: Option<Limit>,
    /// How files are read.
    pub reading: Reading,
}

/// What a run did: the summary at its end.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The release.
    pub release: String,
    /// Whether the records are made up.
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
    /// What the attacker found.
    pub audit: AuditManifest,
    /// The folder of the release, as the user named it; none for a dry run.
    pub release_folder: Option<String>,
    /// The restricted folder.
    pub restricted_folder: Option<String>,
    /// Whether a former release was replaced.
    pub replaced: bool,
}

/// The most records that may be rejected where nothing is said.
pub const MOST_REJECTS: Limit = Limit::Percent(5.0);

/// Bytes that counting may use beside the tables.
const MEMORY: u64 = 2 << 30;

/// Everything that is looked at before the first record is read.
struct Prepared {
    jobs: Vec<Job>,
    record: std::sync::Arc<Record>,
    indicators: Vec<Indicator>,
    fields: Vec<usize>,
    regions: Region,
    populations: Populations,
    policy: Policy,
}

impl Run {
    /// What the command line says of reading, and where it says nothing, what the run file says.
    fn reading(&self) -> Result<Reading> {
        let mut reading = self.reading.clone();
        reading.options.deny.extend(self.config.rules.rejecting()?);
        if reading.options.person_key.is_none() {
            reading.options.person_key = self.config.person_key()?;
        }
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
/// or the attacker could narrow a suppressed cell. Nothing is published then, and a former release stays as it is.
pub fn run(run: &Run, control: &Control) -> Result<Outcome> {
    let release = run.out.join("release");
    files::restore(&release);
    control.tell(Event::Stage("prepare"));
    let prepared = prepare(run)?;
    for output in [&release, &run.out.join("restricted")] {
        if files::exists(output) && !run.force && !run.dry_run {
            return Err(files::exists_already(output));
        }
    }
    let scratch = if run.dry_run { std::env::temp_dir() } else { run.out.clone() };
    Stage::sweep(&scratch);
    let stage = Stage::within(&scratch)?;

    control.tell(Event::Stage("ingest"));
    let restricted = Stage::within(stage.path())?;
    let reading = run.reading()?;
    let ingested = ingest(&prepared.jobs, &restricted, &reading, control)?;
    let [records, accepted, rejected, duplicates] = ingested.totals();
    let limit = run.max_rejects.or(run.config.limits.max_rejects).unwrap_or(MOST_REJECTS);
    let checked = ingested.check(limit).and_then(|()| {
        if accepted > 0 {
            return Ok(());
        }
        Err(Error::refused("limit/nothing-accepted", "the files hold no record: there is nothing to publish"))
    });
    if let Err(error) = checked {
        return Err(with_findings(error, &ingested.inputs));
    }

    control.go_on()?;
    control.tell(Event::Stage("aggregate"));
    let parts: Result<Vec<_>> = ingested.parts.iter().map(|path| Part::open(path)).collect();
    let parts = parts?;
    let microdata = Microdata { record: &prepared.record, parts: &parts, memory: MEMORY };
    let source = Source { registry: &run.registry, regions: &prepared.regions, microdata };
    let drafts = draft(&source, &prepared.indicators, &|| control.go_on())?;
    let not_collected: Vec<_> = drafts
        .not_collected
        .iter()
        .map(|(table, dimension)| NotCollected { table: table.clone(), dimension: dimension.clone() })
        .collect();

    control.go_on()?;
    control.tell(Event::Stage("protect"));
    let setting = Setting { populations: Some(&prepared.populations), regions: Some(&prepared.regions) };
    let protected = protect(drafts, &prepared.policy, &setting)?;

    control.go_on()?;
    control.tell(Event::Stage("disseminate"));
    let schemas = run.registry.digest()?;
    let public = Stage::within(stage.path())?;
    let differences = differences(&prepared.jobs, &ingested.inputs, &prepared.fields);
    let left_out = left_out(rejected, records);
    let sources = Sources { not_collected: &not_collected, differences: &differences, left_out: left_out.as_deref() };
    let manifest = publish_into(&public, run, &prepared, &protected, &schemas, sources)?;
    let program = program();
    let house = RunManifest {
        confidential: "exact counts of records: not for publication",
        release: &run.config.release.id,
        program: &program,
        schemas: &schemas,
        records,
        accepted,
        rejected,
        duplicates,
        inputs: &ingested.inputs,
    };
    restricted.write("run.json", &json(&house))?;
    restricted.write("audit.json", &json(&manifest.audit))?;

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
        audit: manifest.audit,
        release_folder: None,
        restricted_folder: None,
        replaced: false,
    };
    if run.dry_run {
        return Ok(outcome);
    }
    control.go_on()?;
    let house = run.out.join("restricted");
    files::publish_folder(restricted.path(), &house, true)?;
    outcome.replaced = files::publish_folder(public.path(), &release, run.force)? == Published::Replaced;
    outcome.release_folder = Some(files::shown(&release));
    outcome.restricted_folder = Some(files::shown(&house));
    Ok(outcome)
}

fn prepare(run: &Run) -> Result<Prepared> {
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
            .hint("figures may be totals of each other, so they are not added up: `tipstat ingest` stores them as they are"));
    }
    let indicators = indicators::select(&run.registry, &run.config.tables.packs)?;
    let fields = indicators::fields(&record, &indicators)?;
    let regions = Region::load(&run.registry, run.config.tables.regions.as_deref().unwrap_or("M49"))?;
    let populations = Populations::load(&run.registry, run.config.tables.populations.as_deref().unwrap_or("WPP"))?;
    let policy = Policy::load(&run.registry, &run.config.release.policy)?;
    Ok(Prepared { jobs, record, indicators, fields, regions, populations, policy })
}

/// The findings are the reason of a refusal, so they are told with it.
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

fn program() -> String {
    format!("tipstat {}", env!("CARGO_PKG_VERSION"))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data");
    bytes.push(b'\n');
    bytes
}

/// What a release says of its sources.
#[derive(Clone, Copy)]
struct Sources<'a> {
    not_collected: &'a [NotCollected],
    differences: &'a [Incomparable],
    left_out: Option<&'a str>,
}

/// How much was left out, too roughly to tell anything of a person.
fn left_out(rejected: u64, records: u64) -> Option<String> {
    match (100 * rejected).checked_div(records) {
        None => None,
        Some(_) if rejected == 0 => None,
        Some(0) => Some("fewer than 1 percent of the records".into()),
        Some(percent) => Some(format!("{percent} to {} percent of the records", percent + 1)),
    }
}

/// Writes all files of a release; the manifest last.
fn publish_into(
    stage: &Stage,
    run: &Run,
    prepared: &Prepared,
    protected: &Protected,
    schemas: &str,
    sources: Sources<'_>,
) -> Result<ReleaseManifest> {
    let Sources { not_collected, differences, left_out } = sources;
    let release = &run.config.release;
    let program = program();
    let mut declares: Vec<_> = prepared
        .jobs
        .iter()
        .map(|job| &job.layout.profile)
        .flat_map(|profile| profile.declares.iter().map(|text| format!("{}: {text}", profile.id)))
        .collect();
    declares.sort();
    declares.dedup();
    let languages = match run.config.tables.languages.as_slice() {
        [] => vec!["en".to_owned()],
        languages => languages.to_vec(),
    };
    let about = About {
        release: &release.id,
        title: &release.title,
        licence: release.licence.as_deref(),
        synthetic: release.synthetic,
        caveat: &prepared.record.caveat,
        program: &program,
        schemas,
        record: &prepared.record,
        regions: &prepared.regions,
        declares: &declares,
        differences,
        left_out,
        languages: &languages,
    };
    disseminate::write(stage, protected, &about)?;
    let audit = protected.audit();
    let policy = protected.policy();
    let mut entries = Vec::new();
    for path in files::list(stage.path())? {
        let full = stage.path().join(&path);
        entries.push(FileEntry {
            path: files::slashed(&path),
            bytes: files::size(&full).unwrap_or(0),
            blake3: files::digest(&full)?,
        });
    }
    let manifest = ReleaseManifest {
        caveat: prepared.record.caveat.clone(),
        synthetic: release.synthetic,
        release: release.id.clone(),
        title: release.title.clone(),
        licence: release.licence.clone(),
        program,
        record: prepared.record.name(),
        schemas: schemas.to_owned(),
        regions: prepared.regions.name.clone(),
        declares,
        left_out: left_out.map(str::to_owned),
        differences: differences.to_vec(),
        unverified: unverified(prepared),
        policy: PolicyManifest {
            id: policy.id.clone(),
            method: "suppression".into(),
            threshold: policy.threshold,
            zeros_hidden: policy.zeros.hidden.clone(),
        },
        audit: AuditManifest {
            attacker: "knows all published cells, how they add up and which zeros are hidden; interval propagation to a fixed point, no linear programme".into(),
            cells: audit.cells,
            constraints: audit.constraints,
            blank: audit.blank,
            narrowed: audit.unsafe_cells,
        },
        not_collected: not_collected.to_vec(),
        files: entries,
    };
    stage.write("manifest.json", &json(&manifest))?;
    Ok(manifest)
}

/// Lists, schemes and packs that the tables rest on and whose source was not seen.
fn unverified(prepared: &Prepared) -> Vec<String> {
    let fields = prepared.fields.iter().map(|&field| prepared.record.fields[field].codes());
    let mut names: Vec<_> =
        fields.filter(|list| !list.verified).map(|list| format!("{}@{}", list.id, list.version)).collect();
    if !prepared.regions.verified {
        names.push(prepared.regions.name.clone());
    }
    let own = |field: &str| prepared.fields.iter().any(|&index| prepared.record.fields[index].id == field);
    for pack in prepared.record.packs.iter().filter(|pack| !pack.verified) {
        if pack.lists.iter().any(|list| own(&list.field)) {
            names.push(format!("packs/{}", pack.area));
        }
    }
    names.sort();
    names.dedup();
    names
}
