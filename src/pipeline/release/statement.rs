//! What a release says of itself, and its files.

use std::collections::BTreeMap;

use super::manifest::{
    AuditManifest, FileEntry, MANIFEST, NotCollected, PolicyManifest, ReleaseManifest, RoundedManifest, SUMS,
    SourceManifest, bases,
};
use super::verify::sums_of;
use crate::disseminate::{self, About, FieldLegibility, Incomparable};
use crate::error::Result;
use crate::files::{self, Stage};
use crate::pipeline::ReleaseConfig;
use crate::pipeline::context::Context;
use crate::pipeline::document::{json, program};
use crate::pipeline::ledger::Overridden;
use crate::protect::{Method, Protected};
use crate::schema::Override;

/// What a release says of itself.
pub(in crate::pipeline) struct Statement<'a> {
    /// Its id, title, licence.
    pub release: &'a ReleaseConfig,
    /// Languages of labels.
    pub languages: &'a [String],
    /// What the tables were made by.
    pub context: &'a Context,
    /// Digest of all schemas.
    pub schemas: &'a str,
    /// Files of schemas that took the place of built-in ones.
    pub overrides: &'a [Override],
    /// What it says besides its tables.
    pub remarks: Remarks<'a>,
}

/// What a release says besides its tables.
#[derive(Default)]
pub(in crate::pipeline) struct Remarks<'a> {
    /// What profiles change in the meaning of the figures.
    pub declares: Vec<String>,
    /// Where the sources do not mean the same.
    pub differences: &'a [Incomparable],
    /// How much could not be read.
    pub left_out: Option<&'a str>,
    /// How much of each field is unknown at the source, and how much was not understood.
    pub legibility: &'a [FieldLegibility],
    /// Tables that were not made, because no source reports a dimension.
    pub not_collected: &'a [NotCollected],
    /// The releases and files that it combines.
    pub sources: Vec<SourceManifest>,
    /// Rules that it is published in spite of.
    pub overridden: Vec<Overridden>,
}

/// What a release says of itself, as it was written.
pub(in crate::pipeline) struct Stated {
    /// The manifest.
    pub manifest: ReleaseManifest,
    /// The SHA-256 digest of its file.
    pub sha256: String,
}

impl Statement<'_> {
    /// Writes all files of a release: the manifest after those that it lists, and the checksums after the manifest.
    pub fn publish(&self, stage: &Stage, protected: &Protected) -> Result<Stated> {
        let (release, context, remarks) = (self.release, self.context, &self.remarks);
        let program = program();
        let english = ["en".to_owned()];
        let languages = if self.languages.is_empty() { &english[..] } else { self.languages };
        let mut names: Vec<String> = context.records.values().map(|record| record.name()).collect();
        names.sort();
        // Each record type has its sentence. That of victims is first.
        let mut caveats: Vec<&str> = context.records.values().map(|record| record.caveat.as_str()).collect();
        caveats.sort_unstable();
        caveats.dedup();
        let caveat = &caveats.join(" ");
        let title = release.full_title();
        let policy = PolicyManifest::of(protected.policy());
        let bases = bases(policy.base, &remarks.sources);
        let bases: Vec<String> = bases.iter().map(ToString::to_string).collect();
        let rounded = (!bases.is_empty()).then(|| format!("rounded:{}", bases.join(",")));
        let about = About {
            release: &release.id,
            title: &title,
            licence: release.licence.as_deref(),
            synthetic: release.synthetic,
            caveat,
            program: &program,
            schemas: self.schemas,
            records: &context.records,
            regions: &context.regions,
            numbers: &context.numbers,
            declares: &remarks.declares,
            differences: remarks.differences,
            breaks: context.breaks.all(),
            left_out: remarks.left_out,
            legibility: remarks.legibility,
            languages,
            rounded: rounded.as_deref(),
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
            title,
            draft: release.draft,
            licence: release.licence.clone(),
            program,
            record: names.join(", "),
            schemas: self.schemas.to_owned(),
            overrides: self.overrides.to_vec(),
            regions: context.regions.name.clone(),
            populations: context.has_rates().then(|| context.populations.name.clone()),
            declares: remarks.declares.clone(),
            left_out: remarks.left_out.map(str::to_owned),
            legibility: remarks.legibility.to_vec(),
            differences: remarks.differences.to_vec(),
            breaks: context.breaks.all().to_vec(),
            coverage: context.coverage.all().to_vec(),
            unverified: context.unverified(),
            policy,
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
            not_collected: remarks.not_collected.to_vec(),
            sources: remarks.sources.clone(),
            overridden: remarks.overridden.clone(),
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

/// The notes of profiles, each once.
pub(in crate::pipeline) fn declared<'a>(profiles: impl IntoIterator<Item = &'a crate::schema::Profile>) -> Vec<String> {
    let notes =
        profiles.into_iter().flat_map(|profile| profile.declares.iter().map(|text| format!("{}: {text}", profile.id)));
    let mut notes: Vec<String> = notes.collect();
    notes.sort();
    notes.dedup();
    notes
}
