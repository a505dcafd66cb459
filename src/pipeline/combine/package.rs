//! Packages and their figures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::job::Combine;
use super::known::FigureSchemas;
use super::{additive, numbers};
use crate::control::Control;
use crate::disseminate::{self, Incomparable};
use crate::error::{Error, Result};
use crate::exchange::{Adding, Figure, Figures, Package, Repeated, Subject};
use crate::files::{self, Stage};
use crate::indicators::{self, Counting, Indicator};
use crate::model::{Interval, Missing, ObsStatus};
use crate::pipeline::context::Context;
use crate::pipeline::ledger::Books;
use crate::pipeline::line::{Line, left_out};
use crate::pipeline::once::{SharedRecords, once, refuse_mix};
use crate::pipeline::open_store::{ReadFile, StoredRecords};
use crate::pipeline::release::{Checked, PolicyManifest, SourceManifest, declared, release_of};
use crate::pipeline::tabulate::found_breaks;
use crate::pipeline::{InputReport, Job, ingest};
use crate::protect::Policy;
use crate::schema::{Break, Coverage, Declared, Record, Registry, Unit};
use crate::store::Part;
use crate::validate::{Description, Layout, looks_like_year};

/// What a package says of itself.
pub(super) struct PackageStatement {
    /// What its layout changes in the meaning of the figures.
    pub declares: Vec<String>,
    /// Dimension and what it means there.
    pub meanings: BTreeMap<String, String>,
}

/// Packages on their way to figures.
pub(super) struct Opening<'a> {
    pub job: &'a Combine,
    pub figure: &'a Record,
    /// All tables that there are.
    pub known: &'a [Indicator],
    /// Their record types.
    pub records: &'a BTreeMap<String, Record>,
    pub complete: &'a BTreeMap<String, Vec<String>>,
    pub stage: &'a Stage,
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
    pub fn new(job: &'a Combine, known: &'a FigureSchemas, stage: &'a Stage) -> Self {
        let FigureSchemas { figure, tables, records, complete } = known;
        Self {
            job,
            figure,
            known: tables,
            records,
            complete,
            stage,
            sources: Vec::new(),
            statements: Vec::new(),
            breaks: Vec::new(),
            inputs: Vec::new(),
            coverage: Vec::new(),
            books: Vec::new(),
        }
    }

    /// Adds the figures of a package. Returns whether its records are synthetic.
    pub fn add(
        &mut self,
        place: &Path,
        opened: Option<StoredRecords>,
        figures: &mut Figures,
        control: &Control,
    ) -> Result<bool> {
        if let Some(folder) = release_of(place) {
            return self.release(&folder, figures);
        }
        if let Some(opened) = opened {
            return match opened.record.unit {
                Unit::Figure => self.figures(&opened, figures).map(|()| false),
                Unit::Person => self.records(&opened, figures, control).map(|()| opened.synthetic),
            };
        }
        Err(Error::failed("there is no such package").at(files::shown(place)).hint(
            "a package is a release, a store that `tipstat ingest` made, or a publisher's file with `--profile NAME`",
        ))
    }

    fn package(&self, name: &str, exclusive: BTreeSet<String>) -> Package {
        // Two packages may bear one name, such as `release`.
        let taken = |name: &str| self.sources.iter().any(|source| source.package == name);
        let again = (2..).map(|number| format!("{name} ({number})")).find(|name| !taken(name));
        let name = if taken(name) { again.unwrap_or_default() } else { name.to_owned() };
        Package { name, exclusive, complete: self.complete.keys().cloned().collect(), ..Package::default() }
    }

    fn note(
        &mut self,
        package: &Package,
        kind: &str,
        blake3: Option<String>,
        policy: String,
        left_out: Option<String>,
    ) {
        self.sources.push(SourceManifest {
            package: package.name.clone(),
            kind: kind.to_owned(),
            blake3,
            signed_by: None,
            policy,
            left_out,
            areas: Vec::new(),
            years: None,
        });
    }

    /// Notes that a package counts persons whose area is not known. They are in no country, so they are left out.
    fn without_area(&mut self, note: usize, is_found: bool) {
        if is_found {
            let left_out = &mut self.sources[note].left_out;
            let before = left_out.take().map(|text| format!("{text}; ")).unwrap_or_default();
            *left_out = Some(format!("{before}persons whose area is not known"));
        }
    }

    /// A release, as its publisher made it.
    fn release(&mut self, folder: &Path, figures: &mut Figures) -> Result<bool> {
        let checked = Checked::open(folder)?;
        let keyring = self.job.keyring.as_ref().filter(|_| !is_named(&self.job.unsigned, folder));
        let signer = keyring.map(|ring| ring.signer(folder, &checked.bytes)).transpose()?;
        // What the key may not speak for is refused wherever the release speaks of it.
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
        manifest.breaks.iter().try_for_each(|of| speaks(&of.area))?;
        let is_combined = !manifest.sources.is_empty();
        let asked = asked(&manifest.coverage);
        let recorded = recorded(&manifest.sources);
        let package =
            Package { counted: !is_combined, recorded, asked, ..self.package(&manifest.release, BTreeSet::new()) };
        let package = with_lines(package, &manifest.policy);
        self.coverage.extend(manifest.coverage.iter().map(|of| (package.name.clone(), of.clone())));
        let policy = policy(&manifest.policy);
        self.note(&package, "release", Some(files::digest_of(&bytes)), policy, manifest.left_out.clone());
        if let (Some((key, _)), Some(source)) = (signer, self.sources.last_mut()) {
            source.signed_by = Some(key.to_owned());
        }
        let note = self.sources.len() - 1;
        let mut unknown_area = false;
        let meanings = manifest.differences.iter().map(|of| {
            let texts: BTreeSet<&str> = of.meanings.values().map(String::as_str).collect();
            (of.dimension.clone(), texts.into_iter().collect::<Vec<_>>().join("; "))
        });
        self.breaks.extend(manifest.breaks);
        let mut declares = manifest.declares.clone();
        if !manifest.overrides.is_empty() {
            let names: Vec<&str> = manifest.overrides.iter().map(|of| of.path.as_str()).collect();
            declares.push(format!(
                "{}: its own schemas take the place of built-in ones: {}",
                package.name,
                names.join(", ")
            ));
        }
        self.statements.push(PackageStatement { declares, meanings: meanings.collect() });
        // A combined release lists where its sources contradict themselves.
        let listed = if is_combined { Some(disseminate::read_not_additive(folder)?) } else { None };
        let mut adding = figures.begin(package, Repeated::Same);
        for file in &manifest.files {
            let Some((id, ending)) = file.path.strip_prefix("tables/").and_then(|path| path.rsplit_once('.')) else {
                continue;
            };
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
            let subject = Subject { record: table.record.clone(), counting: table.counting };
            let counts: Vec<&str> =
                table.measures.iter().filter(|of| of.formula.is_count()).map(|of| of.id.as_str()).collect();
            let path = file.path.split('/').fold(folder.to_path_buf(), |path, part| path.join(part));
            let mut all = additive::Counts::new(table, record);
            read(&path, &mut |told| {
                numbers::check(told, counts.contains(&told.indicator), &files::shown(&path))?;
                if !accepts {
                    return Ok(());
                }
                let Some(status) = ObsStatus::find(told.status).filter(|_| counts.contains(&told.indicator)) else {
                    return Ok(());
                };
                all.take(told);
                let is_unknown = told.at.first().is_some_and(|(_, area)| *area == Missing::Unknown.id());
                unknown_area |=
                    is_unknown && (status == ObsStatus::Suppressed || told.value.is_some_and(|of| of > 0.0));
                let value = Figure::told(status, told.value, told.lower, told.upper);
                let figure = Figure::of(told.at.iter().copied(), value.unwrap_or(Interval::open()));
                let Some(figure) = figure.filter(|figure| Figures::tells_of(record, figure.area)) else {
                    return Ok(());
                };
                speaks(figure.area)?;
                accept(&mut adding, &subject, &figure, status);
                Ok(())
            })?;
            all.check(listed.as_ref(), &files::shown(&path))?;
        }
        adding.finish()?;
        self.without_area(note, unknown_area);
        Ok(manifest.synthetic)
    }

    /// Adds the figures that a release of a store of records would publish.
    fn records(&mut self, opened: &StoredRecords, figures: &mut Figures, control: &Control) -> Result<()> {
        let job = self.job;
        let wanted = indicators::select(&job.request.registry, &job.request.tables.packs)?;
        let own: Vec<Indicator> = wanted.into_iter().filter(|table| table.record == opened.record.id).collect();
        if own.is_empty() {
            return Err(Error::failed(format!("none of the tables is counted from records of `{}`", opened.record.id))
                .at(files::shown(&opened.place))
                .hint("`tipstat indicator list` shows the record type of each table"));
        }
        let mut context = Context::load(&job.request.registry, &job.request.tables, own)?;
        context.coverage = opened.coverage.clone();
        let policy = Policy::load(&job.request.registry, &job.request.release.policy)?;
        let parts: Vec<Part> = opened.parts.iter().map(|(_, part)| part.clone()).collect();
        let layouts = opened.layouts(&job.request.registry)?;
        let fields = indicators::fields(&opened.record, &context.indicators)?;
        let stores = std::slice::from_ref(opened);
        let found = found_breaks(&opened.record, stores, std::slice::from_ref(&layouts), &fields)?;
        self.breaks.extend(found.iter().cloned());
        context.breaks.extend(found);
        let (reason, is_draft) = (job.request.reason.as_deref(), job.request.release.draft);
        let mut books = Books::open([(opened.folder(), parts.clone())], reason, is_draft)?;
        let line = Line {
            registry: &job.request.registry,
            release: &job.request.release,
            languages: &job.request.tables.languages,
            policy: &policy,
            context: &context,
            control,
        };
        let (protected, _) = line.protect(&opened.record, &parts, (self.stage, &mut books))?;
        self.books.push(books);
        let asked = asked(opened.coverage.all());
        let package = Package { counted: true, asked, ..self.package(&opened.name(), BTreeSet::new()) };
        self.coverage.extend(opened.coverage.all().iter().map(|of| (package.name.clone(), of.clone())));
        let [records, rejected] = opened.totals;
        let policy = PolicyManifest::of(protected.policy());
        let package = with_lines(package, &policy);
        let policy = self::policy(&policy);
        self.note(&package, "records", None, policy, Some(left_out(rejected, records)));
        self.statements.push(PackageStatement {
            declares: declared(layouts.iter().map(|(profile, _)| profile)),
            meanings: meanings(&opened.record, layouts.iter().map(|(profile, _)| profile)),
        });
        self.without_area(self.sources.len() - 1, protected.has_unknown_area());
        let mut adding = figures.begin(package, Repeated::Same);
        protected.figures().for_each(|(subject, figure, status)| accept(&mut adding, &subject, &figure, status));
        adding.finish()
    }

    /// Files of published figures, in one layout.
    pub fn files(&mut self, places: &[&PathBuf], figures: &mut Figures, control: &Control) -> Result<()> {
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
        let ingested = ingest(&jobs, &stage, &job.reading, control)?;
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

    /// A store of published figures.
    fn figures(&mut self, opened: &StoredRecords, figures: &mut Figures) -> Result<()> {
        let layouts = opened.layouts(&self.job.request.registry)?;
        let mut exclusive = layouts.iter().map(|(profile, _)| profile.exclusive.iter().cloned().collect());
        let first: BTreeSet<String> = exclusive.next().unwrap_or_default();
        let exclusive = exclusive.fold(first, |all, of: BTreeSet<String>| all.intersection(&of).cloned().collect());
        let package = self.package(&opened.name(), exclusive);
        // Figures are public, and so is how many of them were not understood.
        let [read, rejected] = opened.totals;
        let Stored { rows, lacking, marks, partial } = stored(self.figure, opened)?;
        let mut left_out = (rejected > 0)
            .then(|| format!("{rejected} of {read} figures were not taken and are missing where parts are added up; `tipstat validate` says which and why"));
        if partial > 0 {
            let also = left_out.take().map(|text| format!("{text}; ")).unwrap_or_default();
            let what = if partial == 1 { "1 figure is not a whole number" } else { "figures are not whole numbers" };
            let number = if partial == 1 { String::new() } else { format!("{partial} ") };
            left_out = Some(format!("{also}{number}{what} of persons, so nothing is known of their cells"));
        }
        self.note(&package, "figures", Some(digest(opened)?), "the publisher's own".to_owned(), left_out);
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

/// Returns whether a package is among those that need no signature. Its run's folder may be named instead.
fn is_named(unsigned: &[PathBuf], place: &Path) -> bool {
    let resolved = |place: &Path| files::resolved(&release_of(place).unwrap_or_else(|| place.to_path_buf()));
    let place = resolved(place);
    unsigned.iter().any(|named| resolved(named) == place)
}

/// Refuses packages that cannot bear a signature, where one is asked for: whoever can write into the folder of a signed
/// release could put a store in its place.
pub(super) fn refuse_unsigned(packages: &[PathBuf], unsigned: &[PathBuf]) -> Result<()> {
    if let Some(named) = unsigned.iter().find(|named| !is_named(packages, named)) {
        return Err(Error::failed("`--unsigned` names no package of the command")
            .at(files::shown(named))
            .hint("name it among the packages as well"));
    }
    match packages.iter().find(|place| release_of(place).is_none() && !is_named(unsigned, place)) {
        Some(place) => {
            let named = files::shown(place);
            Err(Error::refused("release/signature", "the package is not a release, so it has no signature")
                .at(&*named)
                .hint(format!("where it is your own, pass `--unsigned {named}`"))
                .hint("make a release of a store with `tipstat tabulate`, and have it signed"))
        }
        None => Ok(()),
    }
}

/// Returns the areas of a combined release with a source that is not a publisher's figures.
fn recorded(sources: &[SourceManifest]) -> BTreeSet<String> {
    sources.iter().filter(|of| of.kind != "figures").flat_map(|of| of.areas.iter().cloned()).collect()
}

/// The codes that areas are declared to have asked for, and all years together where they asked in one of them.
fn asked(coverage: &[Declared]) -> BTreeSet<(String, u16, String, String)> {
    let mut out = BTreeSet::new();
    for declared in coverage {
        for (dimension, code) in declared.codes.iter().flat_map(|(of, codes)| codes.iter().map(move |code| (of, code)))
        {
            let years = declared.years.iter().copied().chain([0]);
            out.extend(years.map(|year| (declared.area.clone(), year, dimension.clone(), code.clone())));
        }
    }
    out
}

/// Accepts a figure of a release. A missing figure is not a zero, and neither is one that its area did not report.
fn accept(adding: &mut Adding<'_>, subject: &Subject, figure: &Figure<'_>, status: ObsStatus) {
    match status {
        ObsStatus::Normal | ObsStatus::Suppressed => adding.take(subject, figure),
        ObsStatus::NotCollected => adding.not_report(subject, figure),
        status if status.has_value() => {
            adding.mark(subject, figure, status);
            adding.take(subject, figure);
        }
        status => {
            adding.mark(subject, figure, status);
            adding.lack(subject, figure);
        }
    }
}

/// Refuses a release or a store that is named twice.
pub(super) fn refuse_twice(places: &[&PathBuf]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for place in places {
        let folder = release_of(place).unwrap_or_else(|| (*place).clone());
        if !seen.insert(files::resolved(&folder)) {
            return Err(Error::refused("store/already-there", "the same package is named twice")
                .at(files::shown(place))
                .hint("leave one of them out: its victims would be counted twice"));
        }
    }
    Ok(())
}

/// Opens the stores among the packages. A record of two stores counts once, and stores of one country must have one key.
///
/// # Errors
/// A store cannot be read, or persons of one country are under different keys.
pub(super) fn stores(
    registry: &Registry,
    places: &[&PathBuf],
    scratch: &Stage,
) -> Result<(BTreeMap<PathBuf, StoredRecords>, SharedRecords)> {
    let mut opened = Vec::new();
    for place in places.iter().filter(|place| files::is_folder(&files::current(place)) && release_of(place).is_none()) {
        opened.push(StoredRecords::open(registry, place, None)?);
    }
    // Each country may have a key of its own: its persons are compared with those of no other country.
    let mut of_areas: BTreeMap<(String, u64), Vec<&StoredRecords>> = BTreeMap::new();
    let persons = |store: &&StoredRecords| store.record.unit == Unit::Person;
    for store in opened.iter().filter(persons) {
        let Some(area) = store.record.role("area") else { continue };
        let mut areas = BTreeSet::new();
        for (_, part) in &store.parts {
            areas.extend(part.values(&store.record, &[area])?.concat());
        }
        for area in areas {
            of_areas.entry((store.record.name(), area)).or_default().push(store);
        }
    }
    of_areas.values().try_for_each(|stores| refuse_mix(stores).map(drop))?;
    let mut of_records: BTreeMap<String, Vec<StoredRecords>> = BTreeMap::new();
    let mut out = BTreeMap::new();
    let mut common = SharedRecords::default();
    for store in opened {
        match store.record.unit {
            Unit::Person => of_records.entry(store.record.name()).or_default().push(store),
            Unit::Figure => drop(out.insert(store.place.clone(), store)),
        }
    }
    for (at, mut stores) in of_records.into_values().enumerate() {
        // A folder of its own for each record type. It must last as long as the stores, whose files are read from it later.
        let of_record = once(&mut stores, scratch, &at.to_string())?;
        common.repeated |= of_record.repeated;
        common.conflicts.extend(of_record.conflicts);
        out.extend(stores.into_iter().map(|store| (store.place.clone(), store)));
    }
    Ok((out, common))
}

/// Which figures are the number of their year, as if typed into the wrong cell.
fn like_years(rows: &[(Subject, Figure<'_>)]) -> Option<String> {
    let dated = rows.iter().filter_map(|(_, figure)| Some((figure.area, figure.year?, figure.value)));
    let like: BTreeSet<String> = dated
        .filter(|&(_, year, value)| looks_like_year(value, 1, year))
        .map(|(area, year, _)| format!("{area} {year}"))
        .collect();
    let named = like.into_iter().collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| format!("figures that are the number of their year are used as reported: {named}"))
}

/// The numbers of persons that a store of figures reports of countries.
struct Stored<'a> {
    rows: Vec<(Subject, Figure<'a>)>,
    /// Figures whose value is missing or no whole number.
    lacking: Vec<(Subject, Figure<'a>)>,
    /// What publishers flag as something else than a normal value.
    marks: Vec<(Subject, Figure<'a>, ObsStatus)>,
    /// How many of them are no whole number.
    partial: u64,
}

/// Reads the numbers of persons of a store of figures.
fn stored<'a>(figure: &'a Record, opened: &StoredRecords) -> Result<Stored<'a>> {
    let fields: Vec<usize> = figure.coded().map(|(index, _)| index).collect();
    let field = |id: &str| {
        let at = fields.iter().position(|&index| figure.fields[index].id == id);
        at.ok_or_else(|| Error::failed(format!("`{}` has no field `{id}`", figure.name())))
    };
    let (subject, unit, status) = (field("subject")?, field("unit")?, field("status").ok());
    let text = |at: usize, code: u16| figure.fields[fields[at]].codes().id_of(code);
    let mut out = Stored { rows: Vec::new(), lacking: Vec::new(), marks: Vec::new(), partial: 0 };
    // Figures in another unit, such as a share in percent.
    let mut others = Vec::new();
    let mut told: BTreeSet<Vec<FigureRow>> = BTreeSet::new();
    for (_, part) in &opened.parts {
        let rows = part.figures(figure, &fields)?;
        if opened.parts.len() > 1 && !rows.is_empty() {
            let mut all: Vec<FigureRow> = rows.iter().map(|row| (row.codes.clone(), row.bounds.map(bits))).collect();
            all.sort_unstable();
            if !told.insert(all) {
                return Err(Error::refused("store/already-there", "two of the files report the same figures")
                    .at(files::shown(&opened.place))
                    .hint("leave one of them out, such as the workbook next to the same table as CSV"));
            }
        }
        for row in rows {
            let flag = status.and_then(|at| ObsStatus::find(text(at, row.codes[at]))).unwrap_or(ObsStatus::Normal);
            // Of a confidential figure nothing is known but that there is one.
            let open = Some([0.0, f64::INFINITY]).filter(|_| flag == ObsStatus::Suppressed);
            let bounds = row.bounds.or(open);
            let subject = text(subject, row.codes[subject]);
            let Some(of) = figure.subjects.iter().find(|of| of.code == subject) else { continue };
            let kind = of.codes.iter().map(|(dimension, code)| (dimension.as_str(), code.as_str()));
            let own = fields.iter().enumerate().filter_map(|(position, &index)| {
                Some((figure.fields[index].dimension.as_deref()?, text(position, row.codes[position])))
            });
            let value = bounds.map(|[lower, upper]| Interval {
                lower: lower as u64,
                upper: upper.is_finite().then_some(upper as u64),
            });
            let told = Figure::of(kind.chain(own), value.unwrap_or(Interval::open()))
                .filter(|told| Figures::tells_of(figure, told.area));
            let Some(told) = told else { continue };
            let subject = Subject { record: of.record.clone(), counting: Counting::Victims };
            // A rate is not a number of persons.
            if text(unit, row.codes[unit]) != "NUMBER" {
                if value != Some(Interval::exact(0)) {
                    others.push((subject, told));
                }
                continue;
            }
            let is_part = |bound: &f64| bound.is_finite() && bound.fract() != 0.0;
            let is_partial = bounds.is_some_and(|bounds| bounds.iter().any(is_part));
            out.partial += u64::from(is_partial);
            if flag != ObsStatus::Normal {
                out.marks.push((subject.clone(), told.clone(), flag));
            }
            let to = if is_partial || value.is_none() { &mut out.lacking } else { &mut out.rows };
            to.push((subject, told));
        }
    }
    // A cell with a reported share and no count has at least one person, and it is not known how many.
    let missing: Vec<_> = {
        let key =
            |(subject, figure): &(Subject, Figure<'a>)| (subject.clone(), figure.area, figure.year, figure.at.clone());
        let numbers: BTreeSet<_> = if others.is_empty() { BTreeSet::new() } else { out.rows.iter().map(key).collect() };
        others.into_iter().filter(|of| !numbers.contains(&key(of))).collect()
    };
    out.lacking.extend(missing);
    Ok(out)
}

/// A figure of a file in a form that can be sorted: its codes and its bounds.
type FigureRow = (Vec<u16>, Option<[u64; 2]>);

fn bits(bounds: [f64; 2]) -> [u64; 2] {
    bounds.map(f64::to_bits)
}

/// Returns a package of records as its policy makes it. Where lines are left out, a total may exceed its parts.
fn with_lines(package: Package, policy: &PolicyManifest) -> Package {
    if policy.lines.is_empty() { package } else { Package { complete: BTreeSet::new(), ..package } }
}

fn policy(of: &PolicyManifest) -> String {
    let PolicyManifest { id, threshold, base, .. } = of;
    match base {
        _ if *threshold == 0 => "combined from what was public".to_owned(),
        Some(base) => format!("{id} (counts are rounded, small ones to multiples of {base})"),
        None => format!("{id} (counts below {threshold} are hidden)"),
    }
}

/// One digest for all files that were read into a store.
fn digest(opened: &StoredRecords) -> Result<String> {
    let digests: Vec<&str> = opened.digests().into_iter().collect();
    match digests.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => {
            let parts: Result<Vec<String>> = opened.parts.iter().map(|(path, _)| files::digest(path)).collect();
            Ok(files::digest_of(parts?.join("\n").as_bytes()))
        }
        several => Ok(files::digest_of(several.join("\n").as_bytes())),
    }
}

/// What the dimensions of a record type mean in some layouts.
fn meanings<'a>(
    record: &Record,
    profiles: impl Iterator<Item = &'a crate::schema::Profile>,
) -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for profile in profiles {
        for (field, meaning) in &profile.meanings {
            let dimension = record.field(field).and_then(|index| record.fields[index].dimension.clone());
            out.entry(dimension.unwrap_or_else(|| field.clone())).or_default().insert(meaning);
        }
    }
    out.into_iter().map(|(name, texts)| (name, texts.into_iter().collect::<Vec<_>>().join("; "))).collect()
}

/// Where packages do not mean the same: a dimension, or what was hidden.
pub(super) fn differences(sources: &[SourceManifest], said: &[PackageStatement]) -> Vec<Incomparable> {
    const PLAIN: &str = "as the record type defines it";
    let named: BTreeSet<&String> = said.iter().flat_map(|said| said.meanings.keys()).collect();
    let mut out = Vec::new();
    let mut add = |dimension: &str, title: &str, meaning: &dyn Fn(usize) -> String| {
        let all = |at: usize| (sources[at].package.clone(), meaning(at));
        let meanings: BTreeMap<String, String> = (0..sources.len()).map(all).collect();
        let different: BTreeSet<&String> = meanings.values().collect();
        if different.len() > 1 {
            out.push(Incomparable { dimension: dimension.to_owned(), title: title.to_owned(), meanings });
        }
    };
    for dimension in named {
        add(dimension, dimension, &|at| said[at].meanings.get(dimension).map_or(PLAIN, String::as_str).to_owned());
    }
    add("CONF_STATUS", "Small counts that are not published", &|at| sources[at].policy.clone());
    let years = |at: usize| match sources[at].years {
        Some([first, last]) => format!("{first} to {last}"),
        None => "all years together".to_owned(),
    };
    add("TIME_PERIOD", "Years", &years);
    out
}
