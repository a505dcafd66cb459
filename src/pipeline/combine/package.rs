//! What a package is, and the figures that it tells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Combine;
use crate::disseminate::{self, Incomparable, Told};
use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::indicators::{self, Counting, Figure, Figures, Indicator, Package, Repeated, Subject};
use crate::model::Interval;
use crate::pipeline::manifest::{ReleaseManifest, SourceManifest};
use crate::pipeline::opened::Opened;
use crate::pipeline::release::{Means, declared};
use crate::pipeline::run::left_out;
use crate::pipeline::tabulate::protect_records;
use crate::pipeline::verify::release_of;
use crate::pipeline::{Control, Job, ingest, verify};
use crate::protect::Policy;
use crate::schema::{Record, Unit};
use crate::store::Part;
use crate::validate::{Description, Layout};

/// What a package says of itself.
pub(super) struct Said {
    /// What its layout changes in the meaning of the figures.
    pub declares: Vec<String>,
    /// Dimension and what it means there.
    pub meanings: BTreeMap<String, String>,
}

/// Packages on their way to figures.
pub(super) struct Opening<'a> {
    pub job: &'a Combine,
    pub figure: &'a Record,
    pub complete: &'a BTreeMap<String, Vec<String>>,
    pub stage: &'a Stage,
    pub sources: Vec<SourceManifest>,
    pub said: Vec<Said>,
}

impl Opening<'_> {
    /// Adds the figures of a package; tells whether its records are made up.
    pub fn add(&mut self, place: &Path, figures: &mut Figures, control: &Control) -> Result<bool> {
        if let Some(folder) = release_of(place) {
            return self.release(&folder, figures);
        }
        if files::is_folder(place) {
            let opened = Opened::open(&self.job.registry, place, None)?;
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
        Package { name, exclusive, complete: self.complete.keys().cloned().collect() }
    }

    fn note(&mut self, package: &Package, kind: &str, blake3: String, policy: String, left_out: Option<String>) {
        self.sources.push(SourceManifest {
            package: package.name.clone(),
            kind: kind.to_owned(),
            blake3,
            policy,
            left_out,
            areas: Vec::new(),
            years: None,
        });
    }

    /// A release, as its publisher made it.
    fn release(&mut self, folder: &Path, figures: &mut Figures) -> Result<bool> {
        let verified = verify(folder)?;
        if !verified.differences.is_empty() {
            return Err(Error::refused("release/differs", "the release is not what its manifest says")
                .at(files::shown(folder))
                .hint("`tipstat verify` names the files that differ; get the release again from its publisher"));
        }
        let path = folder.join("manifest.json");
        let bytes = files::read(&path)?;
        let manifest: ReleaseManifest = serde_json::from_slice(&bytes).map_err(|cause| {
            Error::refused("release/differs", "the manifest cannot be read").at(files::shown(&path)).because(cause)
        })?;
        let package = self.package(&manifest.release, BTreeSet::new());
        let policy = policy(&manifest.policy.id, manifest.policy.threshold);
        self.note(&package, "release", files::digest_of(&bytes), policy, manifest.left_out.clone());
        let meanings = manifest.differences.iter().map(|of| {
            let texts: BTreeSet<&str> = of.meanings.values().map(String::as_str).collect();
            (of.dimension.clone(), texts.into_iter().collect::<Vec<_>>().join("; "))
        });
        self.said.push(Said { declares: manifest.declares.clone(), meanings: meanings.collect() });
        let mut rows: Vec<(Subject, Cell)> = Vec::new();
        for file in manifest.files.iter().filter(|file| file.path.starts_with("tables/")) {
            let Some(id) = file.path.strip_prefix("tables/").and_then(|path| path.strip_suffix(".parquet")) else {
                continue;
            };
            // A table that is not known here belongs to no table that could be made.
            let Ok(table) = Indicator::load(&self.job.registry, id) else { continue };
            let record = Record::load(&self.job.registry, &table.record)?;
            let subject = Subject { record: table.record.clone(), counting: table.counting };
            let counts: Vec<&str> =
                table.measures.iter().filter(|of| of.formula.is_count()).map(|of| of.id.as_str()).collect();
            let path = file.path.split('/').fold(folder.to_path_buf(), |path, part| path.join(part));
            disseminate::read(&path, &mut |told| {
                if counts.contains(&told.indicator)
                    && let Some(cell) = cell(&record, told)
                {
                    rows.push((subject.clone(), cell));
                }
                Ok(())
            })?;
        }
        figures.add(package, Repeated::Same, rows.iter().map(|(subject, cell)| (subject.clone(), cell.figure())))?;
        Ok(manifest.synthetic)
    }

    /// A store of records: what a release of it would tell.
    fn records(&mut self, opened: &Opened, figures: &mut Figures, control: &Control) -> Result<()> {
        let job = self.job;
        let wanted = indicators::select(&job.registry, &job.tables.packs)?;
        let own: Vec<Indicator> = wanted.into_iter().filter(|table| table.record == opened.record.id).collect();
        if own.is_empty() {
            return Err(Error::failed(format!("none of the tables is counted from records of `{}`", opened.record.id))
                .at(files::shown(&opened.place))
                .hint("`tipstat indicator list` tells of which records each table is"));
        }
        let means = Means::load(&job.registry, &job.tables, own)?;
        let policy = Policy::load(&job.registry, &job.release.policy)?;
        let parts: Vec<Part> = opened.parts.iter().map(|(_, part)| part.clone()).collect();
        let (protected, _) = protect_records(&job.registry, &opened.record, &parts, &means, &policy, control)?;
        let package = self.package(&opened.name(), BTreeSet::new());
        let layouts = opened.layouts(&job.registry)?;
        let [records, rejected] = opened.totals;
        let policy = self::policy(&policy.id, policy.threshold);
        self.note(&package, "records", digest(opened)?, policy, left_out(rejected, records));
        self.said.push(Said {
            declares: declared(layouts.iter().map(|(profile, _)| profile)),
            meanings: meanings(&opened.record, layouts.iter().map(|(profile, _)| profile)),
        });
        figures.add(package, Repeated::Same, protected.figures())
    }

    /// Files of published figures, in one layout.
    pub fn files(&mut self, places: &[&PathBuf], figures: &mut Figures, control: &Control) -> Result<()> {
        let job = self.job;
        let Some(profile) = &job.profile else {
            return Err(Error::failed("the layout of the file is not named")
                .at(files::shown(places[0]))
                .hint("pass `--profile NAME`; `tipstat profile list` names the layouts"));
        };
        let layout = Layout::load(&job.registry, &Description { profile: Some(profile), ..Description::default() })?;
        if layout.record.unit != Unit::Figure {
            return Err(Error::failed("the file holds records of persons")
                .at(files::shown(places[0]))
                .hint("`tipstat ingest` makes a store of them, which can be combined: they are protected first"));
        }
        let stage = Stage::within(self.stage.path())?;
        let jobs: Vec<Job> =
            places.iter().map(|place| Job { path: (*place).clone(), layout: layout.clone() }).collect();
        let ingested = ingest(&jobs, &stage, &job.reading, control)?;
        ingested.check(job.max_rejects)?;
        let mut seen = BTreeSet::new();
        if let Some(again) = ingested.inputs.iter().find(|input| !seen.insert(&input.digest)) {
            return Err(Error::refused("store/already-there", "the same file is named twice")
                .at(&*again.file)
                .hint("leave one of them out: its figures would be taken for parts of each other"));
        }
        let inputs = ingested.inputs.iter().map(|input| {
            serde_json::json!({
                "profile": input.profile,
                "digest": input.digest,
                "not_collected": input.not_collected,
            })
        });
        let mut parts = Vec::new();
        for path in &ingested.parts {
            parts.push((path.clone(), Part::open(path)?));
        }
        let place = if let [place] = places { (*place).clone() } else { PathBuf::from(profile) };
        let totals = ingested.totals();
        let opened = Opened {
            place,
            record: (*layout.record).clone(),
            parts,
            inputs: inputs.collect(),
            totals: [totals[0], totals[2]],
            synthetic: false,
        };
        self.figures(&opened, figures)
    }

    /// A store of published figures.
    fn figures(&mut self, opened: &Opened, figures: &mut Figures) -> Result<()> {
        let layouts = opened.layouts(&self.job.registry)?;
        let mut exclusive = layouts.iter().map(|(profile, _)| profile.exclusive.iter().cloned().collect());
        let first: BTreeSet<String> = exclusive.next().unwrap_or_default();
        let exclusive = exclusive.fold(first, |all, of: BTreeSet<String>| all.intersection(&of).cloned().collect());
        let package = self.package(&opened.name(), exclusive);
        // Figures are public, and so is how many of them were not understood.
        let [read, rejected] = opened.totals;
        let (rows, partial) = stored(self.figure, opened)?;
        let mut left_out = (rejected > 0)
            .then(|| format!("{rejected} of {read} figures were not taken; `tipstat validate` says which and why"));
        if partial > 0 {
            let also = left_out.take().map(|text| format!("{text}; ")).unwrap_or_default();
            left_out = Some(format!("{also}{partial} figures are no whole number of persons"));
        }
        self.note(&package, "figures", digest(opened)?, "the publisher's own".to_owned(), left_out);
        self.said.push(Said {
            declares: declared(layouts.iter().map(|(profile, _)| profile)),
            meanings: meanings(&opened.record, layouts.iter().map(|(profile, _)| profile)),
        });
        figures.add(package, Repeated::Parts, rows.iter().map(|(subject, cell)| (subject.clone(), cell.figure())))
    }
}

/// One figure, with its texts.
struct Cell {
    area: String,
    year: Option<u16>,
    at: Vec<(String, String)>,
    value: Interval,
}

impl Cell {
    fn figure(&self) -> Figure<'_> {
        let at = self.at.iter().map(|(dimension, code)| (dimension.as_str(), code.as_str())).collect();
        Figure { area: &self.area, year: self.year, at, value: self.value }
    }
}

/// The figure of a country that a row of a release tells.
fn cell(record: &Record, told: &Told<'_>) -> Option<Cell> {
    let value = match (told.status, told.value) {
        ("A", Some(value)) => Interval::exact(value as u64),
        ("Q", _) => Interval { lower: told.lower.unwrap_or(0.0) as u64, upper: told.upper.map(|upper| upper as u64) },
        _ => return None,
    };
    let (mut area, mut year, mut at) = (None, None, Vec::new());
    for &(dimension, code) in &told.at {
        match (dimension, code) {
            ("REF_AREA", code) => area = Figures::tells_of(record, code).then(|| code.to_owned()),
            (_, "_T") => {}
            ("TIME_PERIOD", code) => year = Some(code.parse().ok()?),
            _ => at.push((dimension.to_owned(), code.to_owned())),
        }
    }
    at.sort();
    Some(Cell { area: area?, year, at, value })
}

/// The numbers of persons that a store of figures tells of countries, and how many of its figures are no whole ones.
fn stored(figure: &Record, opened: &Opened) -> Result<(Vec<(Subject, Cell)>, u64)> {
    let fields: Vec<usize> = figure.coded().map(|(index, _)| index).collect();
    let field = |id: &str| {
        let at = fields.iter().position(|&index| figure.fields[index].id == id);
        at.ok_or_else(|| Error::failed(format!("`{}` has no field `{id}`", figure.name())))
    };
    let (area, year, subject, unit) = (field("area")?, field("year")?, field("subject")?, field("unit")?);
    let text = |at: usize, code: u16| figure.fields[fields[at]].codes().id_of(code).to_owned();
    let (mut out, mut partial) = (Vec::new(), 0);
    for (_, part) in &opened.parts {
        for row in part.figures(figure, &fields)? {
            let Some([lower, upper]) = row.bounds else { continue };
            let subject = text(subject, row.codes[subject]);
            let Some(of) = figure.subjects.iter().find(|of| of.code == subject) else { continue };
            let area = text(area, row.codes[area]);
            // A rate is no number of persons, and half a person is none.
            let whole = lower.fract() == 0.0 && upper.fract() == 0.0;
            if text(unit, row.codes[unit]) != "NUMBER" || !Figures::tells_of(figure, &area) {
                continue;
            }
            if !whole {
                partial += 1;
                continue;
            }
            let Ok(year) = text(year, row.codes[year]).parse() else { continue };
            let mut at: Vec<(String, String)> =
                of.codes.iter().map(|(dimension, code)| (dimension.clone(), code.clone())).collect();
            for (position, &index) in fields.iter().enumerate() {
                let field = &figure.fields[index];
                let Some(dimension) = field.dimension.as_ref().filter(|_| field.role.is_none()) else { continue };
                let code = text(position, row.codes[position]);
                if code != "_T" {
                    at.push((dimension.clone(), code));
                }
            }
            at.sort();
            let subject = Subject { record: of.record.clone(), counting: Counting::Victims };
            out.push((
                subject,
                Cell { area, year: Some(year), at, value: Interval { lower: lower as u64, upper: Some(upper as u64) } },
            ));
        }
    }
    Ok((out, partial))
}

fn policy(id: &str, threshold: u64) -> String {
    if threshold == 0 {
        return "combined from what was public".to_owned();
    }
    format!("{id} (counts below {threshold} are hidden)")
}

/// One digest for all files that were read into a store.
fn digest(opened: &Opened) -> Result<String> {
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
pub(super) fn differences(sources: &[SourceManifest], said: &[Said]) -> Vec<Incomparable> {
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
    add("CONF_STATUS", "Small counts that are not told", &|at| sources[at].policy.clone());
    let years = |at: usize| match sources[at].years {
        Some([first, last]) => format!("{first} to {last}"),
        None => "all years together".to_owned(),
    };
    add("TIME_PERIOD", "Years", &years);
    out
}
