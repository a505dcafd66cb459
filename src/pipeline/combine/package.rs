//! Packages and their figures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::job::Combine;
use super::known::FigureSchemas;
use super::meaning::{PackageStatement, digest, meanings, policy};
use super::places::is_named;
use super::published::{ReportedFigures, like_years, reported};
use super::universe::Universes;
use super::{additive, numbers};
use crate::control::Control;
use crate::disseminate::{self, SourceYears};
use crate::error::{Error, Result};
use crate::exchange::{Figure, Figures, Package, Repeated};
use crate::files::{self, Stage};
use crate::indicators::{self, Indicator, TableScope};
use crate::model::{Interval, Missing, ObsStatus};
use crate::pipeline::comparability::BreakSearch;
use crate::pipeline::context::Context;
use crate::pipeline::ledger::Books;
use crate::pipeline::line::{Line, ReleaseLedgers, left_out};
use crate::pipeline::open_store::{ReadFile, StoredRecords};
use crate::pipeline::release::{Checked, PolicyManifest, SourceManifest, bases, declared, release_of};
use crate::pipeline::tabulate::found_breaks;
use crate::pipeline::{InputReport, Job, ingest};
use crate::protect::{Policy, ProtectedTable};
use crate::schema::{Break, Coverage, Declared, Record, Unit};
use crate::store::Part;
use crate::validate::{Description, Layout};

/// Packages on their way to figures.
pub(super) struct Opening<'a> {
    pub job: &'a Combine,
    pub figure: &'a Record,
    /// All known tables.
    pub known: &'a [Indicator],
    /// Their record types.
    pub records: &'a BTreeMap<String, Record>,
    pub complete: &'a BTreeMap<String, Vec<String>>,
    pub stage: &'a Stage,
    pub control: &'a Control,
    pub sources: Vec<SourceManifest>,
    pub statements: Vec<PackageStatement>,
    /// Breaks in series that the packages report.
    pub breaks: Vec<Break>,
    /// What was found in files of figures.
    pub inputs: Vec<InputReport>,
    /// Which areas the packages declare to have reported, each with the package.
    pub coverage: Vec<(String, Declared)>,
    /// The ledger of each store of records.
    pub books: Vec<Books>,
}

impl<'a> Opening<'a> {
    /// Begins with no package.
    pub fn new(job: &'a Combine, known: &'a FigureSchemas, stage: &'a Stage, control: &'a Control) -> Self {
        let FigureSchemas { figure, tables, records, complete, .. } = known;
        Self {
            job,
            figure,
            known: tables,
            records,
            complete,
            stage,
            control,
            sources: Vec::new(),
            statements: Vec::new(),
            breaks: Vec::new(),
            inputs: Vec::new(),
            coverage: Vec::new(),
            books: Vec::new(),
        }
    }

    /// Adds the figures of a package. Returns whether its records are synthetic.
    pub fn add(&mut self, place: &Path, opened: Option<StoredRecords>, figures: &mut Figures) -> Result<bool> {
        if let Some(folder) = release_of(place) {
            return self.release(&folder, figures);
        }
        if let Some(opened) = opened {
            return match opened.record.unit {
                Unit::Figure => self.figures(&opened, figures).map(|()| false),
                Unit::Person => self.records(&opened, figures).map(|()| opened.synthetic),
            };
        }
        Err(Error::failed("there is no such package").at(files::shown(place)).hint(
            "a package is a release, a store that `tipstat ingest` made, or a publisher's file with `--profile NAME`",
        ))
    }

    fn package(&self, name: &str, exclusive: BTreeSet<String>) -> Package {
        // Two packages may bear one name, such as `release`.
        let is_known = |name: &str| self.sources.iter().any(|source| source.package == name);
        let again = (2..).map(|number| format!("{name} ({number})")).find(|name| !is_known(name));
        let name = if is_known(name) { again.unwrap_or_default() } else { name.to_owned() };
        Package { name, exclusive, complete: self.complete.keys().cloned().collect(), ..Package::default() }
    }

    /// Notes that the last package counts persons whose area is not known. They are in no country, so they are left out.
    fn note_without_area(&mut self) {
        if let Some(SourceManifest { left_out, .. }) = self.sources.last_mut() {
            let before = left_out.take().map(|text| format!("{text}; ")).unwrap_or_default();
            *left_out = Some(format!("{before}persons whose area is not known"));
        }
    }

    /// Adds a release, as its publisher made it.
    fn release(&mut self, folder: &Path, figures: &mut Figures) -> Result<bool> {
        let checked = Checked::open(folder)?;
        let keyring = self.job.keyring.as_ref().filter(|_| !is_named(&self.job.unsigned, folder));
        let signer = keyring.map(|ring| ring.signer(folder, &checked.bytes)).transpose()?;
        // An area that the key must not sign is refused wherever the release names it.
        let speaks = |area: &str| signer.map_or(Ok(()), |(key, areas)| areas.check(area, key, folder));
        if !checked.differences(folder)?.is_empty() {
            return Err(Error::refused("release/differs", "the release is not what its manifest says")
                .at(files::shown(folder))
                .hint("`tipstat verify` names the files that differ; get the release again from its publisher"));
        }
        let Checked { manifest, bytes, .. } = checked;
        if manifest.draft && !self.job.request.release.draft {
            return Err(Error::refused("release/draft", "the release is a draft, which is not for publication")
                .at(files::shown(folder))
                .hint("use the release that was published"));
        }
        manifest.breaks.iter().try_for_each(|one| speaks(&one.area))?;
        let is_combined = !manifest.sources.is_empty();
        let asked = codes_asked(&manifest.coverage);
        let recorded = recorded(&manifest.sources);
        let package =
            Package { counted: !is_combined, recorded, asked, ..self.package(&manifest.release, BTreeSet::new()) };
        let package = with_lines(package, &manifest.policy);
        self.coverage.extend(manifest.coverage.iter().map(|declared| (package.name.clone(), declared.clone())));
        self.sources.push(SourceManifest {
            blake3: Some(files::digest_of(&bytes)),
            signed_by: signer.map(|(key, _)| key.to_owned()),
            left_out: manifest.left_out.clone(),
            bases: bases(manifest.policy.base, &manifest.sources),
            ..SourceManifest::new(&package.name, "release", policy(&manifest.policy))
        });
        let mut unknown_area = false;
        let meanings = manifest.differences.iter().map(|difference| {
            let distinct: BTreeSet<&str> = difference.meanings.values().map(String::as_str).collect();
            (difference.dimension.clone(), distinct.into_iter().collect::<Vec<_>>().join("; "))
        });
        self.breaks.extend(manifest.breaks);
        let mut declares = manifest.declares.clone();
        if !manifest.overrides.is_empty() {
            let names: Vec<&str> = manifest.overrides.iter().map(|schema| schema.path.as_str()).collect();
            declares.push(format!(
                "{}: its own schemas take the place of built-in ones: {}",
                package.name,
                names.join(", ")
            ));
        }
        self.statements.push(PackageStatement { declares, meanings: meanings.collect() });
        // A combined release lists where its sources contradict themselves.
        let listed = if is_combined { Some(disseminate::read_not_additive(folder)?) } else { None };
        if is_combined {
            // What is known here bounds how many years a foreign list can state.
            let is_known = |(record, area, _): &SourceYears| {
                self.records.get(record).is_some_and(|record| Figures::is_country(record, area))
            };
            for (record, area, years) in disseminate::read_sources(folder)?.into_iter().filter(is_known) {
                years.for_each(|year| figures.state_year(&record, &area, year));
            }
        }
        let ids: BTreeSet<&str> =
            manifest.files.iter().filter_map(|file| table_id(&file.path)).map(|(id, _)| id).collect();
        let universes = Universes::new(self.known.iter().filter(|table| ids.contains(&*table.id)), self.records);
        let mut adding = figures.begin(package, Repeated::Same);
        for file in &manifest.files {
            let Some((id, ending)) = table_id(&file.path) else { continue };
            // A table that is not known here belongs to no table that could be made.
            let Some(table) = self.known.iter().find(|table| table.id == id) else { continue };
            // A release holds each table twice. Where the Parquet file was removed, the CSV file has the same figures.
            let twin = format!("tables/{id}.parquet");
            let read = match ending {
                "parquet" => disseminate::read,
                "csv" => disseminate::read_csv,
                _ => continue,
            };
            let accepts = ending == "parquet" || !manifest.files.iter().any(|file| file.path == twin);
            let record = &self.records[&table.record];
            let counts: Vec<&str> =
                table.measures.iter().filter(|one| one.formula.is_count()).map(|one| one.id.as_str()).collect();
            let path = file.path.split('/').fold(folder.to_path_buf(), |path, part| path.join(part));
            let mut all = additive::TableCounts::new(table, record);
            read(&path, &mut |row| {
                let is_count = counts.contains(&row.indicator);
                let check = if is_count { numbers::check_count } else { numbers::check };
                check(row, &files::shown(&path))?;
                if !accepts {
                    return Ok(());
                }
                let Some(status) = ObsStatus::find(row.status).filter(|_| is_count) else {
                    return Ok(());
                };
                all.add(row);
                let is_unknown = row.at.first().is_some_and(|(_, area)| *area == Missing::Unknown.id());
                unknown_area |=
                    is_unknown && (status == ObsStatus::Suppressed || row.value.is_some_and(|value| value > 0.0));
                let value = Figure::bounds(status, row.value, row.lower, row.upper);
                let figure = Figure::of(row.at.iter().copied(), value.unwrap_or(Interval::open()));
                let Some(figure) = figure.filter(|figure| Figures::is_country(record, figure.area)) else {
                    return Ok(());
                };
                speaks(figure.area)?;
                universes.accept(&mut adding, (table, &figure), status);
                Ok(())
            })?;
            all.check(listed.as_ref(), &files::shown(&path))?;
        }
        adding.finish()?;
        if unknown_area {
            self.note_without_area();
        }
        Ok(manifest.synthetic)
    }

    /// Adds the figures that a release of a store of records would publish.
    fn records(&mut self, opened: &StoredRecords, figures: &mut Figures) -> Result<()> {
        let job = self.job;
        let mut tables = indicators::select(&job.request.registry, &job.request.tables.packs)?;
        tables.retain(|table| table.record == opened.record.id);
        if tables.is_empty() {
            return Err(Error::failed(format!("none of the tables is counted from records of `{}`", opened.record.id))
                .at(files::shown(&opened.place))
                .hint("`tipstat indicator list` shows the record type of each table"));
        }
        // A table of rates alone shows no count, and what is combined are counts.
        tables.iter_mut().for_each(Indicator::add_count);
        let mut context = Context::load(&job.request.registry, &job.request.tables, tables)?;
        context.coverage = opened.coverage.clone();
        // Other packages may collect what these records do not: their totals belong to the same region.
        context.scope = TableScope::WithTotals;
        let policy = Policy::load(&job.request.registry, &job.request.release.policy)?;
        let parts: Vec<Part> = opened.parts.iter().map(|(_, part)| part.clone()).collect();
        let layouts = opened.layouts(&job.request.registry)?;
        let fields = indicators::fields(&opened.record, &context.indicators)?;
        let stores = std::slice::from_ref(opened);
        let search = BreakSearch { record: &opened.record, fields: &fields, threshold: policy.threshold };
        let found = found_breaks(&search, stores, std::slice::from_ref(&layouts))?;
        self.breaks.extend(found.iter().cloned());
        context.breaks.extend(found);
        let (reason, purpose) = (job.request.reason.as_deref(), job.request.release.purpose());
        let mut books = Books::open([(opened.folder(), parts.clone())], reason, purpose)?;
        let line = Line {
            registry: &job.request.registry,
            release: &job.request.release,
            languages: &job.request.tables.languages,
            policy: &policy,
            context: &context,
            control: self.control,
        };
        let (protected, _) =
            line.protect(&opened.record, &parts, ReleaseLedgers { books: &mut books, scratch: self.stage })?;
        self.books.push(books);
        let asked = codes_asked(opened.coverage.all());
        let package = Package { counted: true, asked, ..self.package(&opened.name(), BTreeSet::new()) };
        self.coverage.extend(opened.coverage.all().iter().map(|declared| (package.name.clone(), declared.clone())));
        let [records, rejected] = opened.totals;
        let policy = PolicyManifest::of(protected.policy());
        let package = with_lines(package, &policy);
        self.sources.push(SourceManifest {
            left_out: Some(left_out(rejected, records)),
            bases: bases(policy.base, &[]),
            ..SourceManifest::new(&package.name, "records", self::policy(&policy))
        });
        self.statements.push(PackageStatement {
            declares: declared(layouts.iter().map(|(profile, _)| profile)),
            meanings: meanings(&opened.record, layouts.iter().map(|(profile, _)| profile)),
        });
        if protected.has_unknown_area() {
            self.note_without_area();
        }
        let mut adding = figures.begin(package, Repeated::Same);
        let universes = Universes::new(protected.tables().iter().map(ProtectedTable::indicator), self.records);
        protected.figures().for_each(|(table, figure, status)| {
            universes.accept(&mut adding, (table, &figure), status);
        });
        adding.finish()
    }

    /// Adds files of published figures, in one layout.
    pub fn files(&mut self, places: &[&PathBuf], figures: &mut Figures) -> Result<()> {
        let job = self.job;
        let Some(profile) = &job.profile else {
            return Err(Error::failed("the layout of the file is not named")
                .at(files::shown(places[0]))
                .hint("pass `--profile NAME`; `tipstat profile list` names the layouts"));
        };
        let layout =
            Layout::load(&job.request.registry, &Description { profile: Some(profile), ..Description::default() })?;
        if layout.record.unit != Unit::Figure {
            return Err(Error::failed("the file holds records of persons")
                .at(files::shown(places[0]))
                .hint("`tipstat ingest` makes a store of them, which can be combined: they are protected first"));
        }
        let stage = self.stage.part("figures")?;
        let jobs: Vec<Job> =
            places.iter().map(|place| Job { path: (*place).clone(), layout: layout.clone() }).collect();
        let ingested = ingest(&jobs, &stage, &job.reading, self.control)?;
        ingested.check(job.max_rejects, &job.reading.allowance)?;
        let inputs = ingested.inputs.iter().map(|input| ReadFile {
            profile: input.profile.clone(),
            digest: input.digest.clone(),
            unpacked_digest: input.unpacked_digest.clone(),
            sheet: input.sheet.clone(),
            records: input.records,
            not_collected: input.not_collected.clone(),
            persons: input.persons,
            fields: input.fields.clone(),
        });
        let mut parts = Vec::new();
        for path in &ingested.parts {
            parts.push((path.clone(), Part::open(path)?));
        }
        let place = if let [place] = places { (*place).clone() } else { PathBuf::from(profile) };
        let totals = ingested.totals();
        let opened = StoredRecords {
            place,
            record: (*layout.record).clone(),
            parts,
            inputs: inputs.collect(),
            totals: [totals[0], totals[2]],
            synthetic: false,
            coverage: Coverage::default(),
            breaks: Vec::new(),
            person_key: None,
            statement: None,
        };
        self.inputs = ingested.inputs;
        self.figures(&opened, figures)
    }

    /// Adds a store of published figures.
    fn figures(&mut self, opened: &StoredRecords, figures: &mut Figures) -> Result<()> {
        let layouts = opened.layouts(&self.job.request.registry)?;
        let mut exclusive = layouts.iter().map(|(profile, _)| profile.exclusive.iter().cloned().collect());
        let first: BTreeSet<String> = exclusive.next().unwrap_or_default();
        let exclusive = exclusive.fold(first, |all, more: BTreeSet<String>| all.intersection(&more).cloned().collect());
        let package = self.package(&opened.name(), exclusive);
        // Figures are public, and so is how many of them were not understood.
        let [read, rejected] = opened.totals;
        let ReportedFigures { rows, lacking, marks, partial } = reported(self.figure, opened)?;
        let mut left_out = (rejected > 0)
            .then(|| format!("{rejected} of {read} figures were not taken and are missing where parts are added up; `tipstat validate` says which and why"));
        if partial > 0 {
            let also = left_out.take().map(|text| format!("{text}; ")).unwrap_or_default();
            let what = if partial == 1 { "1 figure is not a whole number" } else { "figures are not whole numbers" };
            let number = if partial == 1 { String::new() } else { format!("{partial} ") };
            left_out = Some(format!("{also}{number}{what} of persons, so nothing is known of their cells"));
        }
        self.sources.push(SourceManifest {
            blake3: Some(digest(opened)?),
            left_out,
            ..SourceManifest::new(&package.name, "figures", "the publisher's own".to_owned())
        });
        let mut declares = declared(layouts.iter().map(|(profile, _)| profile));
        declares.extend(like_years(&rows).map(|named| format!("{}: {named}", package.name)));
        self.statements.push(PackageStatement {
            declares,
            meanings: meanings(&opened.record, layouts.iter().map(|(profile, _)| profile)),
        });
        let mut adding = figures.begin(package, Repeated::Parts);
        rows.iter().for_each(|(subject, figure)| adding.take(subject, figure));
        lacking.iter().for_each(|(subject, figure)| adding.lack(subject, figure));
        marks.iter().for_each(|(subject, figure, status)| adding.mark(subject, figure, *status));
        // Where a total is flagged, every figure of the year means something else than before.
        let broken = marks.iter().filter(|(_, figure, status)| *status == ObsStatus::Break && figure.at.is_empty());
        self.breaks.extend(broken.filter_map(|(_, figure, _)| {
            let note = "the publisher flags a break in the series".to_owned();
            Some(Break { area: figure.area.to_owned(), year: figure.year?, dimension: String::new(), note })
        }));
        adding.finish()
    }
}

/// Returns the name of a table and the ending of its file.
fn table_id(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("tables/")?.rsplit_once('.')
}

/// Returns the areas of a combined release with a source that is not a publisher's figures.
fn recorded(sources: &[SourceManifest]) -> BTreeSet<String> {
    sources.iter().filter(|source| source.kind != "figures").flat_map(|source| source.areas.iter().cloned()).collect()
}

/// Returns the codes that areas are declared to have asked for, and all years together where they asked in one of them.
fn codes_asked(coverage: &[Declared]) -> BTreeSet<(String, u16, String, String)> {
    let mut out = BTreeSet::new();
    for declared in coverage {
        for (dimension, code) in declared.codes.iter().flat_map(|(id, codes)| codes.iter().map(move |code| (id, code)))
        {
            let years = declared.years.iter().copied().chain([0]);
            out.extend(years.map(|year| (declared.area.clone(), year, dimension.clone(), code.clone())));
        }
    }
    out
}

/// Returns a package of records as its policy makes it. Where lines are left out, a total may exceed its parts.
fn with_lines(package: Package, policy: &PolicyManifest) -> Package {
    if policy.lines.is_empty() { package } else { Package { complete: BTreeSet::new(), ..package } }
}
