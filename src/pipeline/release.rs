//! What a release says of itself, and its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::Release;
use super::manifest::{AuditManifest, FileEntry, NotCollected, PolicyManifest, RoundedManifest, SourceManifest};
use super::output::{Inputs, Made, Output, check_replaced, refuse_meeting};
use super::verify::{MANIFEST, SUMS, sums_of};
use super::{ReleaseManifest, Tables};
use crate::disseminate::{self, About, FieldLegibility, Incomparable};
use crate::error::Result;
use crate::files::{self, Published, Readers, Stage};
use crate::indicators::{Indicator, Setting};
use crate::model::Codelist;
use crate::protect::{Method, Protected};
use crate::schema::{
    Breaks, Coverage, Crosswalk, Declared, Override, Populations, Record, Region, Registry, load_codelist,
};

/// By what tables are made: loaded and checked before the first record is read.
pub(super) struct Means {
    /// The tables.
    pub indicators: Vec<Indicator>,
    /// The record types of the tables, by id.
    pub records: BTreeMap<String, Arc<Record>>,
    /// The scheme of regions.
    pub regions: Region,
    /// The populations.
    pub populations: Populations,
    /// From which years on figures mean something else.
    pub breaks: Breaks,
    /// Who is declared to have reported which years.
    pub coverage: Coverage,
    /// Countries by their number in M49.
    numbers: BTreeMap<String, String>,
}

impl Means {
    /// Loads what tables need beside their records.
    pub fn load(registry: &Registry, tables: &Tables, indicators: Vec<Indicator>) -> Result<Self> {
        let mut records = BTreeMap::new();
        for indicator in &indicators {
            if !records.contains_key(&indicator.record) {
                let record = Record::load(registry, &indicator.record)?;
                records.insert(indicator.record.clone(), Arc::new(record));
            }
            indicator.check(&records[&indicator.record])?;
        }
        let areas = load_codelist(registry, "CL_AREA@1")?;
        let name = |named: Option<&PathBuf>, default: &str| {
            named.map_or(default.to_owned(), |named| named.to_string_lossy().into_owned())
        };
        let regions = match own_table(tables.regions.as_deref())? {
            Some((text, place, name)) => Region::of_user(&text, &place, &name, &areas)?,
            None => Region::load(registry, &name(tables.regions.as_ref(), "M49"))?,
        };
        let populations = match own_table(tables.populations.as_deref())? {
            Some((text, place, name)) => Populations::of_user(&text, &place, &name, &areas)?,
            None => Populations::load(registry, &name(tables.populations.as_ref(), "WPP"))?,
        };
        let pairs = Crosswalk::load(registry, "M49--CL_AREA")?.pairs;
        // Of `004` and `4` the latter is the code of SDMX.
        let numbers =
            pairs.into_iter().filter(|(number, _)| !number.starts_with('0')).map(|(number, area)| (area, number));
        let breaks = match &tables.breaks {
            Some(path) => {
                let dimensions: Vec<&str> = records
                    .values()
                    .flat_map(|record| &record.fields)
                    .filter_map(|of| of.dimension.as_deref())
                    .collect();
                Breaks::parse(&files::read_text(path)?, &files::shown(path), &areas, &dimensions)?
            }
            None => Breaks::default(),
        };
        let (coverage, numbers) = (Coverage::default(), numbers.collect());
        Ok(Self { indicators, records, regions, populations, breaks, coverage, numbers })
    }

    /// Populations and regions for formulas.
    pub fn setting(&self) -> Setting<'_> {
        Setting {
            populations: Some(&self.populations),
            regions: Some(&self.regions),
            breaks: Some(&self.breaks),
            limited: false,
            summed: false,
        }
    }

    /// Whether a table divides by populations.
    fn has_rates(&self) -> bool {
        self.indicators.iter().flat_map(|table| &table.measures).any(|measure| measure.formula.has_population())
    }

    /// Lists, schemes and packs that the tables rest on and whose source was not seen.
    fn unverified(&self) -> Vec<String> {
        let mut names = Vec::new();
        for indicator in &self.indicators {
            let record = &self.records[&indicator.record];
            for field in indicator.all_dimensions().filter_map(|dimension| record.dimension(dimension)) {
                let list: &Codelist = record.fields[field].codes();
                if !list.verified {
                    names.push(format!("{}@{}", list.id, list.version));
                }
                for pack in record.packs.iter().filter(|pack| !pack.verified) {
                    if pack.lists.iter().any(|list| list.field == record.fields[field].id) {
                        names.push(format!("packs/{}", pack.area));
                    }
                }
            }
        }
        if !self.regions.verified {
            names.push(self.regions.name.clone());
        }
        if self.has_rates() && !self.populations.verified {
            names.push(self.populations.name.clone());
        }
        names.sort();
        names.dedup();
        names
    }
}

/// The text, the place and the name of a table that a user names by its file.
fn own_table(named: Option<&Path>) -> Result<Option<(String, String, String)>> {
    let Some(path) = named.filter(|named| is_table(named)) else { return Ok(None) };
    let name = path.file_stem().map(|stem| files::shown(stem.as_ref())).unwrap_or_default();
    Ok(Some((files::read_text(path)?, files::shown(path), name)))
}

/// Whether a scheme or an edition is named by its file and not by its name.
pub(super) fn is_table(named: &Path) -> bool {
    named.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// What a release says of itself.
pub(super) struct Statement<'a> {
    /// Its id, title, licence.
    pub release: &'a Release,
    /// Languages of labels.
    pub languages: &'a [String],
    /// What the tables were made by.
    pub means: &'a Means,
    /// Digest of all schemas.
    pub schemas: &'a str,
    /// Files of schemas that took the place of built-in ones.
    pub overrides: &'a [Override],
    /// What profiles change in the meaning of the figures.
    pub declares: Vec<String>,
    /// Where the sources do not mean the same.
    pub differences: &'a [Incomparable],
    /// How much could not be read.
    pub left_out: Option<&'a str>,
    /// How much of each field is unknown at the source, and how much was not understood.
    pub legibility: &'a [FieldLegibility],
    /// Tables that tell nothing, because nobody collects a dimension.
    pub not_collected: &'a [NotCollected],
    /// The releases and files that it combines.
    pub sources: Vec<SourceManifest>,
}

/// What a release says of itself, as it was written.
pub(super) struct Stated {
    /// The manifest.
    pub manifest: ReleaseManifest,
    /// The SHA-256 digest of its file.
    pub sha256: String,
}

impl Statement<'_> {
    /// Writes all files of a release: the manifest after those that it lists, and the checksums after the manifest.
    pub fn publish(&self, stage: &Stage, protected: &Protected) -> Result<Stated> {
        let (release, means) = (self.release, self.means);
        let program = program();
        let english = ["en".to_owned()];
        let languages = if self.languages.is_empty() { &english[..] } else { self.languages };
        let mut names: Vec<String> = means.records.values().map(|record| record.name()).collect();
        names.sort();
        // Each record type has its sentence; that of victims stands first.
        let mut caveats: Vec<&str> = means.records.values().map(|record| record.caveat.as_str()).collect();
        caveats.sort_unstable();
        caveats.dedup();
        let caveat = &caveats.join(" ");
        let about = About {
            release: &release.id,
            title: &release.title,
            licence: release.licence.as_deref(),
            synthetic: release.synthetic,
            caveat,
            program: &program,
            schemas: self.schemas,
            records: &means.records,
            regions: &means.regions,
            numbers: &means.numbers,
            declares: &self.declares,
            differences: self.differences,
            breaks: means.breaks.all(),
            left_out: self.left_out,
            legibility: self.legibility,
            languages,
        };
        disseminate::write(stage, protected, &about)?;
        let audit = protected.audit();
        let (mut entries, mut sums) = (Vec::new(), Vec::new());
        for path in files::list(stage.path())? {
            let full = stage.path().join(&path);
            let digests = files::digests(&full)?;
            sums.push(digests.sha256);
            entries.push(FileEntry {
                path: files::slashed(&path),
                bytes: files::size(&full).unwrap_or(0),
                blake3: digests.blake3,
            });
        }
        let mut manifest = ReleaseManifest {
            run: None,
            caveat: caveat.clone(),
            synthetic: release.synthetic,
            release: release.id.clone(),
            title: release.title.clone(),
            licence: release.licence.clone(),
            program,
            record: names.join(", "),
            schemas: self.schemas.to_owned(),
            overrides: self.overrides.to_vec(),
            regions: means.regions.name.clone(),
            populations: means.has_rates().then(|| means.populations.name.clone()),
            declares: self.declares.clone(),
            left_out: self.left_out.map(str::to_owned),
            legibility: self.legibility.to_vec(),
            differences: self.differences.to_vec(),
            breaks: means.breaks.all().to_vec(),
            coverage: means.coverage.all().to_vec(),
            unverified: means.unverified(),
            policy: PolicyManifest::of(protected.policy()),
            audit: AuditManifest {
                attacker: match protected.policy() {
                    Some(policy) if policy.method == Method::Round =>
                        "none: all tables are sums of one table of rounded counts, so no relation among them reveals a true count; that they add up was checked",
                    Some(_) => "knows all published cells, how they add up and which zeros are hidden; interval propagation to a fixed point, no linear programme",
                    None => "none: every figure follows from figures that are public already",
                }
                .into(),
                cells: audit.cells,
                constraints: audit.constraints,
                blank: audit.blank,
                narrowed: audit.unsafe_cells,
                rounded: protected.rounding().map(RoundedManifest::of),
                chosen: protected.policy().and_then(|policy| {
                    let method = if policy.method == Method::Round { "round" } else { "suppress" };
                    policy.reason.as_ref().map(|reason| format!("{method}, because {reason}"))
                }),
            },
            not_collected: self.not_collected.to_vec(),
            sources: self.sources.clone(),
            checksums: Some(SUMS.to_owned()),
            files: entries,
        };
        // Everything in it is public, so the number confirms no guess about a record.
        manifest.run = Some(files::digest_of(&json(&manifest))[..32].to_owned());
        let bytes = json(&manifest);
        stage.write(MANIFEST, &bytes)?;
        let sha256 = files::sha256_of(&bytes);
        let names = manifest.files.iter().map(|file| file.path.as_str());
        let sums: BTreeMap<&str, String> = names.zip(sums).chain([(MANIFEST, sha256.clone())]).collect();
        stage.write(SUMS, sums_of(&sums).as_bytes())?;
        Ok(Stated { manifest, sha256 })
    }
}

/// A release that is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The schemas.
    pub registry: Registry,
    /// Its id, title and policy.
    pub release: Release,
    /// Which tables.
    pub tables: Tables,
    /// Its folder.
    pub out: PathBuf,
    /// Whether a former release may be replaced.
    pub force: bool,
    /// Whether everything is done but the writing of the output.
    pub dry_run: bool,
    /// What is read besides the stores or packages, so that the output does not take its place.
    pub inputs: Inputs,
}

/// Who reported which years, as a run file and a file of declarations say it.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    /// The declarations of a run file.
    pub declared: Vec<Declared>,
    /// A file of declarations.
    pub file: Option<PathBuf>,
}

impl Declarations {
    /// Returns them, checked against the code lists of a record type.
    pub(super) fn load(&self, record: &Record) -> Result<Coverage> {
        let mut coverage = Coverage::new(self.declared.iter().cloned());
        coverage.check(record)?;
        if let Some(path) = &self.file {
            let file = Coverage::parse(&files::read_text(path)?, &files::shown(path), record)?;
            coverage.extend(file.all().iter().cloned());
        }
        Ok(coverage)
    }
}

/// Where a release was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The folder, as the user named it; none for a dry run.
    pub folder: Option<String>,
    /// Whether a former release was replaced.
    pub replaced: bool,
}

impl Asked {
    /// Makes a stage for the release, after it has refused an output that would take the place of anything but a former
    /// release, or that meets an input.
    pub(super) fn claim(&self, inputs: &[PathBuf]) -> Result<Stage> {
        let Self { out, force, dry_run, .. } = self;
        let mut all = self.inputs.clone();
        all.read
            .extend(inputs.iter().cloned().chain(self.tables.files()).chain(self.release.rounding_key_file.clone()));
        refuse_meeting(&[Output::new(out, Made::Release)], &all)?;
        if *dry_run {
            return Stage::temporary();
        }
        let stage = Stage::beside(out)?;
        if !files::exists(out) {
            return Ok(stage);
        }
        if !force {
            return Err(files::exists_already(out));
        }
        check_replaced(out, &Made::Release)?;
        Ok(stage)
    }

    /// Puts a finished release into its place.
    pub(super) fn place(&self, finished: &Stage) -> Result<Placed> {
        if self.dry_run {
            return Ok(Placed::default());
        }
        let published = files::publish_folder(finished.path(), &self.out, Readers::All, self.force)?;
        Ok(Placed { folder: Some(files::shown(&self.out)), replaced: published == Published::Replaced })
    }
}

/// The program and its version.
pub(super) fn program() -> String {
    format!("tipstat {}", env!("CARGO_PKG_VERSION"))
}

/// A value as the text of a file.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data");
    bytes.push(b'\n');
    bytes
}

/// The notes of profiles, each once.
pub(super) fn declared<'a>(profiles: impl IntoIterator<Item = &'a crate::schema::Profile>) -> Vec<String> {
    let notes = profiles.into_iter().flat_map(|of| of.declares.iter().map(|text| format!("{}: {text}", of.id)));
    let mut notes: Vec<String> = notes.collect();
    notes.sort();
    notes.dedup();
    notes
}
