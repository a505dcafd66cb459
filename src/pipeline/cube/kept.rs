//! Bases that are kept, so that a file of a store is counted once only.
//!
//! A base is named by the digest of the file that it was counted from and by the fields that it distinguishes: a file that
//! changed has another name, and so has a base of other fields. The last part of the name is the digest of the base itself, so
//! one that was changed is not used. It is in a folder of the office.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use super::job::{CubeJob, CubeMade};
use crate::aggregate::{Breakdown, CountMeasure, CountRequest, Dimension, Several};
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::schema::FieldType;
use crate::store::{CodePlaces, CountRows, CountWriter, NumberColumns, Part};

/// Returns for each file of the store the base that was kept of it. Missing ones are made.
pub(super) fn parts(job: &CubeJob, folder: &Path, control: &Control) -> Result<(Vec<Part>, CubeMade)> {
    if job.measure == CountMeasure::Persons {
        return Err(Error::failed("a base has no persons, so different ones cannot be counted")
            .hint("leave out `--keep`, or count victims"));
    }
    let record = &job.store.record;
    let (requested, _) = job.request.tables(&job.registry, record)?;
    let base = Base::new(job, requested.iter().map(|dimension| dimension.field));
    let names: Vec<&str> = base.fields.iter().map(|&field| record.fields[field].id.as_str()).collect();
    let about = format!("tipstat {} {} {}", env!("CARGO_PKG_VERSION"), record.name(), names.join(","));
    let about = files::digest_of(about.as_bytes());
    let mut made = CubeMade::default();
    let (mut parts, mut used) = (Vec::new(), BTreeSet::new());
    // The folder of another program is left alone.
    self::there(folder)?;
    let stage = Stage::next_to(&folder.join("bases"))?;
    // The names of bases have digests of the store's files in them, which confirm a guess about a small one.
    files::make_closed(folder)?;
    let there = self::there(folder)?;
    for (_, part) in &job.store.parts {
        let start = format!("{}-{}-", &about[..16], &part.digest()?[..32]);
        let mut kept = None;
        for name in there.iter().filter(|name| name.starts_with(&start)) {
            let digest = files::digest(&folder.join(name))?;
            if *name == format!("{start}{}.parquet", &digest[..16]) {
                kept = Some((name.clone(), digest));
            }
        }
        let (name, digest) = match kept {
            Some(kept) => {
                made.kept += 1;
                kept
            }
            None => {
                control.report(Event::Stage("base"));
                base.count(vec![part.clone()], stage.create("base.parquet")?, control)?;
                let new = stage.file("base.parquet")?;
                let digest = files::digest(&new)?;
                let name = format!("{start}{}.parquet", &digest[..16]);
                files::publish_file(&new, &folder.join(&name), files::Previous::Replaced)?;
                made.counted += 1;
                (name, digest)
            }
        };
        let changed = || Error::failed("a base that is kept was changed").at(files::shown(&folder.join(&name)));
        parts.push(Part::listed(&folder.join(&name), &digest)?.ok_or_else(changed)?);
        used.insert(name);
    }
    // What was kept of files that are gone or have changed is of no use, and confidential.
    for name in self::there(folder)? {
        if name.starts_with(&about[..16]) && !used.contains(&name) {
            files::remove(&folder.join(name))?;
        }
    }
    Ok((parts, made))
}

/// Returns the names of the bases in a folder. Returns none where there is no folder yet.
///
/// # Errors
/// It holds a link, or a file that is not a base. Files are removed from the folder, so it is for bases only.
fn there(folder: &Path) -> Result<Vec<String>> {
    if !files::exists(folder) {
        return Ok(Vec::new());
    }
    let mut bases = Vec::new();
    for path in files::list_plain(folder)? {
        let name = files::slashed(&path);
        if is_base(&name) {
            bases.push(name);
        } else if !files::is_litter(&path) && !files::is_stage(&path) {
            return Err(Error::refused("store/differs", "the folder holds a file that is not a base of `--keep`")
                .at(files::shown(&folder.join(path)))
                .hint(
                    "move it away, or choose another folder with `--keep`: bases that are of no more use are removed",
                ));
        }
    }
    Ok(bases)
}

/// Returns whether a name is that of a base: what it counts, the file that was counted, and its digest.
fn is_base(name: &str) -> bool {
    let parts: Vec<&str> = name.strip_suffix(".parquet").unwrap_or_default().split('-').collect();
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([16, 32, 16]) && parts.iter().all(is_hex)
}

/// All combinations of the codes of some fields, each with its count.
pub(super) struct Base<'a> {
    job: &'a CubeJob,
    /// The fields, ascending.
    fields: Vec<usize>,
}

impl<'a> Base<'a> {
    /// Names the fields, in any order.
    pub fn new(job: &'a CubeJob, fields: impl IntoIterator<Item = usize>) -> Self {
        let mut fields: Vec<usize> = fields.into_iter().collect();
        fields.sort_unstable();
        fields.dedup();
        Self { job, fields }
    }

    /// Counts the combinations in these files.
    pub fn count(&self, parts: Vec<Part>, output: impl Write + Send, control: &Control) -> Result<u64> {
        let (job, record) = (self.job, &self.job.store.record);
        let mut dimensions = Vec::new();
        for &field in &self.fields {
            let mut values = BTreeSet::new();
            for part in &parts {
                values.extend(part.values(record, &[field])?.into_iter().flatten());
            }
            let values: Vec<u64> = values.into_iter().collect();
            let breakdown = Breakdown::recorded(record, field, &record.present(field, &values));
            let set = record.fields[field].kind == FieldType::Set;
            let several = if set { Several::Sets } else { Several::Each };
            dimensions.push(Dimension::of(&breakdown, &record.fields[field].id, several, &values)?);
        }
        let tables = [(0..dimensions.len()).collect()];
        let request = CountRequest {
            record,
            parts: &parts,
            dimensions: &dimensions,
            tables: &tables,
            measure: CountMeasure::Victims,
            memory: job.memory,
        };
        let plan = request.plan()?;
        let lists = dimensions.iter().map(|dimension| (dimension.id.clone(), dimension.nodes.clone()));
        let name = record.name();
        let about = [("tipstat.record", name.as_str()), ("tipstat.caveat", &record.caveat)];
        let mut writer = CountWriter::new(output, lists.collect(), NumberColumns::Store, &about)?;
        plan.count(control, &mut |cells| {
            let places = cells.nodes.into_iter().map(CodePlaces::Each).collect();
            writer.write(CountRows { places, lower: cells.lower, upper: cells.upper })
        })?;
        writer.finish()
    }
}
