//! How packages become one release.

use std::path::PathBuf;

use serde::Serialize;

use super::job::Combine;
use super::known::FigureSchemas;
use super::meaning;
use super::package::Opening;
use super::places;
use crate::control::{Control, Event};
use crate::disseminate::{self, Incomparable};
use crate::error::{Error, Result};
use crate::exchange::{self, CombinedTables, Figures, Overlap, Scheme, SourceRow};
use crate::files::{self, Stage};
use crate::indicators::{self, Counting};
use crate::pipeline::context::Context;
use crate::pipeline::ledger::{Books, LedgerReport};
use crate::pipeline::line::Line;
use crate::pipeline::release::{NotCollected, Placement, Remarks, SourceManifest, Stated};
use crate::pipeline::{InputReport, open_store};
use crate::protect::{NotSeen, Policy, ProtectedTable, publish};
use crate::schema::{Declared, Registry};

/// Result of [`combine`].
#[derive(Debug, Serialize)]
pub struct Combination {
    /// The release.
    pub release: String,
    /// True if some of the records are synthetic.
    pub synthetic: bool,
    /// What was found in the files of figures that it reads.
    pub inputs: Vec<InputReport>,
    /// What it combines.
    pub sources: Vec<SourceManifest>,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// True if records that repeat one of another store were left out.
    pub repeated: bool,
    /// Stores with records that break the rule `record/person-conflict`: an earlier store has another record of the same
    /// person, area and year.
    pub conflicts: Vec<String>,
    /// Tables without any figure, each with the dimension that no source reports.
    pub skipped: Vec<NotCollected>,
    /// Where the sources do not mean the same.
    pub differences: Vec<Incomparable>,
    /// Totals that their parts contradict.
    pub not_additive: usize,
    /// Counts that rest on areas which report no total, so that a part may be above its total.
    pub without_total: usize,
    /// Years of countries that an earlier package reports, so that they were left out: `KHM 2018 to 2020`, and the package.
    pub passed_over: Vec<String>,
    /// Areas and years that leave open whether an area asked for a code, so that comparisons of its regions are not published.
    pub not_seen: Vec<NotSeen>,
    /// Areas that no region of the scheme holds.
    pub areas_without_region: Vec<String>,
    /// Codes with counts that a declaration excludes.
    pub against_coverage: Vec<String>,
    /// What the ledgers of the stores have to say.
    pub ledger: LedgerReport,
    /// The SHA-256 digest of the release's manifest.
    pub manifest_sha256: String,
    /// Where the release is.
    #[serde(flatten)]
    pub placed: Placement,
}

/// Reads the figures of one release, for the search of faults.
pub(in crate::pipeline) fn read_release(job: &Combine, folder: &std::path::Path) -> Result<()> {
    static KNOWN: std::sync::LazyLock<FigureSchemas> =
        std::sync::LazyLock::new(|| FigureSchemas::load(&Registry::built_in()).expect("built-in schemas"));
    let mut figures = Figures::new(Overlap::Refuse, None);
    let control = Control::default();
    Opening::new(job, &KNOWN, &Stage::within(folder)?, &control).add(folder, None, &mut figures)?;
    figures.derive(KNOWN.records.values(), &KNOWN.figure);
    figures.not_additive(&KNOWN.additive, &KNOWN.figure);
    Ok(())
}

/// Makes tables of countries and regions from the figures of packages.
///
/// # Errors
/// A package cannot be read or is not what its manifest says, two of them report the same country and year, no figure belongs to a
/// table, or the release exists already.
pub fn combine(job: &Combine, control: &Control) -> Result<Combination> {
    let request = &job.request;
    let stage = request.claim(&job.packages)?;
    let policy = Policy::load(&request.registry, &request.release.policy)?;
    let known = FigureSchemas::load(&request.registry)?;
    let mut figures = Figures::new(job.overlap, job.years);
    let mut release = request.release.clone();
    let mut opening = Opening::new(job, &known, &stage, control);
    let (files, folders): (Vec<&PathBuf>, Vec<&PathBuf>) =
        job.packages.iter().partition(|place| files::exists(place) && !files::is_folder(&files::current(place)));
    places::refuse_twice(&folders)?;
    if job.keyring.is_some() {
        places::refuse_unsigned(&job.packages, &job.unsigned)?;
    }
    let scratch = stage.part("scratch")?;
    let (mut stores, common) = places::stores(&request.registry, &folders, &scratch)?;
    let in_use: Vec<open_store::StoreStatement> = stores.values().filter_map(|store| store.statement.clone()).collect();
    for place in folders {
        control.go_on()?;
        control.report(Event::Stage("read"));
        release.synthetic |= opening.add(place, stores.remove(place), &mut figures)?;
    }
    // A publisher's files of one layout, such as one a series, are one package.
    if !files.is_empty() {
        control.report(Event::Stage("read"));
        opening.files(&files, &mut figures)?;
    }
    let Opening { mut sources, statements, breaks, inputs, coverage, books, .. } = opening;
    let ledger = LedgerReport::of_all(books.iter().map(Books::report));

    control.go_on()?;
    control.report(Event::Stage("combine"));
    let mut reported = indicators::select(&request.registry, &request.tables.packs)?;
    reported.retain(|table| figures.has_figures(&table.record, table.counting));
    if let Some(table) = reported.iter().find(|table| table.counting == Counting::Persons) {
        return Err(Error::refused("combine/persons", format!("the table `{}` counts different persons", table.id))
            .hint("name other tables with `--tables`; `tipstat tabulate` of all stores counts each person once"));
    }
    let mut context = Context::load(&request.registry, &request.tables, reported)?;
    context.breaks.extend(breaks);
    figures.derive(context.records.values().map(|record| &**record), &known.figure);
    let mut not_additive = figures.not_additive(&known.additive, &known.figure);
    let setting = context.setting();
    let scheme = Scheme {
        registry: &request.registry,
        records: &context.records,
        setting,
        only_with_total: job.only_with_total,
    };
    let CombinedTables { tables, skipped, not_additive: exceeding } =
        exchange::combine(&figures, &context.indicators, &scheme)?;
    control.go_on()?;
    let planned: Vec<String> = tables.iter().map(|table| table.indicator.id.clone()).collect();
    let protected = publish(tables, &setting)?;
    if protected.tables().is_empty() {
        return Err(Error::refused("combine/nothing", "no figure of the packages belongs to one of the tables")
            .hint("rates are not numbers of persons, and `--years` leaves years out")
            .hint(
                "`tipstat indicator list` names the tables. The folder `tables` of a release has those that it holds",
            ));
    }
    let made: Vec<String> = protected.tables().iter().map(|table| table.indicator().id.clone()).collect();
    context.indicators.retain(|table| made.contains(&table.id));

    control.go_on()?;
    control.report(Event::Stage("disseminate"));
    let of_tables = |record: &String| context.indicators.iter().any(|table| table.record == *record);
    let rows: Vec<SourceRow> = figures.sources().into_iter().filter(|row| of_tables(&row.record)).collect();
    not_additive.extend(exchange::unlisted(&not_additive, exceeding));
    let not_additive: Vec<_> = not_additive.into_iter().filter(|row| of_tables(&row.record)).collect();
    let passed_over: Vec<String> =
        figures.passed_over().iter().map(|years| format!("{} (of {})", years.text(), years.package)).collect();
    for source in &mut sources {
        let rows_of_source: Vec<&SourceRow> = rows.iter().filter(|row| row.package == source.package).collect();
        source.areas = rows_of_source.iter().map(|row| row.area.clone()).collect();
        source.areas.sort();
        source.areas.dedup();
        let years = rows_of_source.iter().filter_map(|row| row.years);
        source.years = years.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
    }
    // What a package declares of its areas holds in the combined release as well.
    let holds = |(package, declared): &(String, Declared)| {
        sources.iter().any(|source| source.package == *package && source.areas.contains(&declared.area))
    };
    context.coverage.extend(coverage.into_iter().filter(holds).map(|(_, declared)| declared));
    let public = stage.part("release")?;
    disseminate::sources(&public, &rows)?;
    disseminate::not_additive(&public, &not_additive)?;
    let differences = meaning::differences(&sources, &statements);
    let mut declares: Vec<String> = statements.iter().flat_map(|statement| statement.declares.clone()).collect();
    declares.extend(sources.iter().filter_map(|source| {
        let what = if source.kind == "figures" { "" } else { "left out: " };
        Some(format!("{}: {what}{}", source.package, source.left_out.as_ref()?))
    }));
    let without_figure = sources.iter().filter(|source| source.areas.is_empty());
    declares.extend(without_figure.map(|source| format!("{}: none of its figures belongs to a table", source.package)));
    if !not_additive.is_empty() {
        let number = not_additive.len();
        declares.push(format!("{number} totals contradict their parts and are used as reported: not-additive.csv"));
    }
    let rows = protected.tables().iter().flat_map(ProtectedTable::observations);
    let without_total = rows.filter(|row| row.without_total.is_some()).count();
    if without_total > 0 {
        declares.push(format!(
            "{without_total} counts rest on areas that report no total, so a part may be above its total: AREAS_WITHOUT_TOTAL"
        ));
    }
    if job.only_with_total {
        declares.push("each table uses only areas that report its total in the year".to_owned());
    }
    declares.sort();
    declares.dedup();
    let mut skipped: Vec<NotCollected> =
        skipped.into_iter().map(|(table, dimension)| NotCollected { table, dimension }).collect();
    // A table without a row, because no source reports all that one of its formulas names.
    let empty = planned.into_iter().filter(|table| !made.contains(table));
    skipped.extend(empty.map(|table| NotCollected { table, dimension: "all that a formula names".into() }));
    let line = Line {
        registry: &request.registry,
        release: &release,
        languages: &request.tables.languages,
        policy: &policy,
        context: &context,
        control,
    };
    let sources_of_release = sources.clone();
    let remarks = Remarks {
        declares,
        differences: &differences,
        not_collected: &skipped,
        sources: sources_of_release,
        overridden: ledger.overridden.iter().cloned().collect(),
        ..Remarks::default()
    };
    let Stated { sha256, .. } = line.disseminate(&public, &protected, remarks)?;
    control.go_on()?;
    in_use.iter().try_for_each(open_store::StoreStatement::refuse_changed)?;
    if !request.dry_run {
        books.iter().try_for_each(Books::commit)?;
    }
    Ok(Combination {
        release: release.id.clone(),
        synthetic: release.synthetic,
        inputs,
        sources,
        tables: made,
        repeated: common.repeated,
        conflicts: common.conflicts,
        skipped,
        differences,
        not_additive: not_additive.len(),
        without_total,
        passed_over,
        not_seen: protected.not_seen(),
        areas_without_region: protected.areas_without_region(&context.regions),
        against_coverage: context.against_coverage(&protected),
        ledger,
        manifest_sha256: sha256,
        placed: request.place(&public)?,
    })
}
