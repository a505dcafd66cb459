//! From stores that exist to a release.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

use super::comparability::{BreakSearch, SourceMeaning};
use super::context::{Context, Declarations};
use super::identity::Identity;
use super::ledger::{Books, LedgerReport};
use super::line::{CountedRecords, Line, ReleaseLedgers, Released};
use super::once::{Shared, SharedRecords, once, refuse_mix};
use super::open_store::{ReadFile, StoredRecords};
use super::release::{AuditManifest, NotCollected, Placement, ReleaseRequest, Stated};
use crate::control::{Control, Event};
use crate::disseminate::Incomparable;
use crate::error::{Error, Result};
use crate::files;
use crate::indicators;
use crate::protect::{NotSeen, Policy};
use crate::schema::{Break, Coverage, Profile, Unit};
use crate::store::Part;

/// Tables of stores.
#[derive(Clone, Debug)]
pub struct Tabulate {
    /// The stores.
    pub stores: Vec<PathBuf>,
    /// Who reported which years, where their records cannot show it.
    pub coverage: Declarations,
    /// The release that is asked for.
    pub request: ReleaseRequest,
}

/// Result of [`tabulate`].
#[derive(Debug, Serialize)]
pub struct Tabulated {
    /// The release.
    pub release: String,
    /// True if the records are synthetic.
    pub synthetic: bool,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Tables without figures.
    pub not_collected: Vec<NotCollected>,
    /// Where the sources do not mean the same.
    pub differences: Vec<Incomparable>,
    /// True if records that repeat one of another store were left out.
    pub repeated: bool,
    /// Stores with records that break the rule `record/person-conflict`: an earlier store has another record of the same
    /// person, area and year. Both count.
    pub conflicts: Vec<String>,
    /// True if a person who is in two stores is counted twice, because no key shows that it is the same person.
    pub persons_not_compared: bool,
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
    /// What the ledgers of the stores have to say.
    pub ledger: LedgerReport,
    /// The SHA-256 digest of the release's manifest.
    pub manifest_sha256: String,
    /// Where the release is.
    #[serde(flatten)]
    pub placed: Placement,
}

/// Makes a release of stores.
///
/// # Errors
/// A store cannot be read, two stores hold the same file or other records, the release exists already, or the attacker could
/// narrow a suppressed cell.
pub fn tabulate(job: &Tabulate, control: &Control) -> Result<Tabulated> {
    let request = &job.request;
    let stage = request.claim(&job.stores)?;
    control.report(Event::Stage("prepare"));
    let opened: Result<Vec<_>> =
        job.stores.iter().map(|store| StoredRecords::open(&request.registry, store, None)).collect();
    let mut opened = opened?;
    let Some(first) = opened.first() else { return Err(Error::failed("no store is named")) };
    for store in &opened {
        records_only(store)?;
        if store.record.name() != first.record.name() {
            return Err(Error::failed("the stores hold other records")
                .with("first", first.record.name())
                .with("second", store.record.name())
                .hint("make a release of each, and `tipstat combine` them"));
        }
    }
    refuse_shared(&opened)?;
    let shared = refuse_mix(&opened.iter().collect::<Vec<_>>())?;
    let scratch = stage.part("scratch")?;
    let SharedRecords { repeated, conflicts } = once(&mut opened, &scratch, "once")?;
    let record = &opened[0].record;
    let mut release = request.release.clone();
    release.synthetic |= opened.iter().any(|store| store.synthetic);
    let indicators = indicators::select_of(&request.registry, &request.tables.packs, &record.id)?;
    let mut context = Context::load(&request.registry, &request.tables, indicators)?;
    context.coverage = job.coverage.load(record)?;
    let stored = opened.iter().flat_map(|store| store.coverage.all().iter().cloned());
    context.coverage.complete(&Coverage::new(stored));
    let layouts: Result<Vec<_>> = opened.iter().map(|store| store.layouts(&request.registry)).collect();
    let layouts = layouts?;
    let fields = indicators::fields(record, &context.indicators)?;
    let policy = Policy::load(&request.registry, &release.policy)?;
    let search = BreakSearch { record, fields: &fields, threshold: policy.threshold };
    context.breaks.extend(found_breaks(&search, &opened, &layouts)?);
    let layouts = layouts.concat();
    let parts: Vec<Part> = opened.iter().flat_map(|store| store.parts.iter().map(|(_, part)| part.clone())).collect();

    let folders =
        opened.iter().map(|store| (store.folder(), store.parts.iter().map(|(_, part)| part.clone()).collect()));
    let mut books = Books::open(folders, request.reason.as_deref(), release.purpose())?;
    let sources: Vec<SourceMeaning<'_>> =
        layouts.iter().map(|(profile, absent)| SourceMeaning { profile, not_collected: absent }).collect();
    let [read, rejected] = [0, 1].map(|at| opened.iter().map(|store| store.totals[at]).sum::<u64>());
    let reports: Vec<_> = opened.iter().flat_map(|store| &store.inputs).flat_map(|input| &input.fields).collect();
    let records =
        CountedRecords { record, parts: &parts, fields: &fields, sources: &sources, reports: &reports, read, rejected };
    let line = Line {
        registry: &request.registry,
        release: &release,
        languages: &request.tables.languages,
        policy: &policy,
        context: &context,
        control,
    };
    let public = stage.part("release")?;
    let ledgers = ReleaseLedgers { books: &mut books, scratch: &scratch };
    let Released { protected, not_collected, differences, stated } = line.release(&records, &public, ledgers)?;
    let Stated { manifest, sha256 } = stated;
    control.go_on()?;
    opened.iter().try_for_each(StoredRecords::refuse_changed)?;
    if !request.dry_run {
        books.commit()?;
    }
    Ok(Tabulated {
        release: release.id.clone(),
        synthetic: release.synthetic,
        tables: protected.tables().iter().map(|table| table.indicator().id.clone()).collect(),
        not_collected,
        differences,
        repeated,
        conflicts,
        persons_not_compared: shared == Shared::NotCompared,
        not_seen: protected.not_seen(),
        unknown_area: protected.has_unknown_area(),
        areas_without_region: protected.areas_without_region(&context.regions),
        against_coverage: context.against_coverage(&protected),
        audit: manifest.audit,
        ledger: books.report().clone(),
        manifest_sha256: sha256,
        placed: request.place(&public)?,
    })
}

/// Returns the years from which on figures of an area mean something else: as the run files of the stores state, and where
/// the records of an area come from sources that define a field differently.
pub(super) fn found_breaks(
    search: &BreakSearch<'_>,
    stores: &[StoredRecords],
    layouts: &[Vec<(Profile, Vec<String>)>],
) -> Result<Vec<Break>> {
    let mut sources = Vec::new();
    for (store, layouts) in stores.iter().zip(layouts) {
        sources.extend(store.numbered().map(|(at, part)| {
            let (profile, not_collected) = &layouts[at];
            (SourceMeaning { profile, not_collected }, part)
        }));
    }
    let mut all = search.breaks(&sources)?;
    all.extend(stores.iter().flat_map(|store| store.breaks.iter().cloned()));
    Ok(all)
}

/// Refuses stores into which the same file was read, and a store that is named twice. Different files may be coded alike, so
/// the files of the stores are compared by their place and not by their content.
fn refuse_shared(stores: &[StoredRecords]) -> Result<()> {
    let mut seen: BTreeMap<Identity, &StoredRecords> = BTreeMap::new();
    let mut places: BTreeMap<PathBuf, &StoredRecords> = BTreeMap::new();
    for store in stores {
        let already = |what: &str, first: &StoredRecords| {
            Error::refused("store/already-there", what.to_owned())
                .at(files::shown(&store.place))
                .with("first", files::shown(&first.place))
                .hint("leave one of them out: its records would be counted twice")
        };
        for (path, _) in &store.parts {
            if let Some(first) = places.insert(files::resolved(path), store) {
                return Err(already("the same store is named twice", first));
            }
        }
        let sources: BTreeSet<Identity> = store.inputs.iter().filter_map(ReadFile::identity).collect();
        for source in sources {
            if let Some(first) = seen.insert(source, store) {
                return Err(already("a file was read into two of the stores", first));
            }
        }
    }
    Ok(())
}

/// Refuses a store of figures: they are not counted.
fn records_only(store: &StoredRecords) -> Result<()> {
    if store.record.unit == Unit::Person {
        return Ok(());
    }
    Err(Error::failed("the store holds published figures, and tables are counted from records of persons")
        .at(files::shown(&store.place))
        .hint("`tipstat combine` makes tables of figures"))
}
