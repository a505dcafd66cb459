//! Rejected records, kept whole next to the store, so that they can be corrected and fed again.
//!
//! A file of rejected records is written as its source is: the same header, the same delimiter, one JSON object a line;
//! a sheet or columns become CSV. It is UTF-8 and always begins with the byte order mark that says so: what was said of the
//! source's encoding does no harm, and a few damaged lines are not guessed to be in another encoding. `reasons.csv` says why each record is there, a line a finding. What would be the same in
//! many lines is in small tables: `files.csv` has the file of each number, and `rules.csv` what each rule says.
//! `quarantine.json` is for `--append`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::job::RejectsOutput;
use crate::error::{Error, Result};
use crate::files::{self, CsvWriter, Digested, Stage};
use crate::finding::Rule;
use crate::ingest::{Form, Source};
use crate::limits;
use crate::pipeline::document::{checked_json, is_unchanged};
use crate::validate::{Plan, Validated};

/// The note of a folder of rejected records.
const NOTE: &str = "quarantine.json";

/// Why each record is there.
const REASONS: &str = "reasons.csv";

/// The files of rejected records, by number.
const FILES: &str = "files.csv";

/// The rules that were broken.
const RULES: &str = "rules.csv";

/// Which records a corrected file stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrects {
    /// The file from which they were rejected, as the user named it.
    pub file: String,
    /// The digest of that file.
    pub digest: String,
    /// How many they were.
    pub records: u64,
}

/// A file of rejected records, as the note names it.
#[derive(Serialize, Deserialize)]
struct Noted {
    /// The number with which its name begins.
    #[serde(skip)]
    number: u32,
    #[serde(flatten)]
    corrects: Corrects,
    /// The digest of what was written, by which a file that somebody corrected since is known.
    #[serde(default)]
    blake3: Option<String>,
}

/// Writes the rejected records of a run.
pub(super) struct Quarantine<'a> {
    stage: &'a Stage,
    reasons: CsvWriter<RejectsOutput>,
    files: BTreeMap<String, Noted>,
    /// The rules that were broken, with how often.
    rules: BTreeMap<&'static str, (u64, Rule)>,
}

/// The rejected records of one file. Nothing is written before there is one.
pub(super) struct KeptRecords {
    /// The number of the file in the run, with which its name begins.
    number: u32,
    name: String,
    /// What the file begins with.
    header: Vec<u8>,
    out: Option<Digested<RejectsOutput>>,
    records: u64,
}

impl<'a> Quarantine<'a> {
    pub fn new(stage: &'a Stage) -> Result<Self> {
        let mut reasons = CsvWriter::new(stage.create(REASONS)?);
        reasons.row(["file", "record", "line_in_source", "column", "rule"]).map_err(problem)?;
        Ok(Self { stage, reasons, files: BTreeMap::new(), rules: BTreeMap::new() })
    }

    /// Begins the records of a file, which is the one of this number in the run.
    pub fn begin(&self, source: u32, file: &str, input: &Source) -> KeptRecords {
        let name = file.rsplit('/').next().unwrap_or(file);
        let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
        let table = matches!(input, Source::Sheet(_) | Source::Parquet(_));
        let ending = match input.form() {
            Form::Json(_) if !name.ends_with("json") && !name.ends_with("jsonl") => ".ndjson",
            Form::Delimited(_) if table || name == "-" => ".csv",
            _ => "",
        };
        let name = if name == "-" { "standard-input" } else { name };
        // A name that had to be escaped is not valid on every system.
        let name = name.replace(['\\', '{', '}'], "_");
        let number = source + 1;
        KeptRecords {
            number,
            name: format!("{number:04}-{name}{ending}"),
            header: header(input),
            out: None,
            records: 0,
        }
    }

    /// Writes what a batch rejected.
    pub fn write(&mut self, kept: &mut KeptRecords, plan: &Plan, batch: &Validated) -> Result<()> {
        if batch.kept.is_empty() {
            return Ok(());
        }
        let out = match &mut kept.out {
            Some(out) => out,
            None => {
                let mut out = Digested::new(self.stage.create(&kept.name)?);
                out.write_all(&kept.header).map_err(problem)?;
                kept.out.insert(out)
            }
        };
        out.write_all(&batch.kept).map_err(problem)?;
        let mut record = None;
        for reject in &batch.rejects {
            if record != Some(reject.place.record) {
                record = Some(reject.place.record);
                kept.records += 1;
            }
            let column = reject.column.and_then(|column| plan.heading(column)).unwrap_or_default();
            let rule = reject.rule;
            let [file, record, line] =
                [kept.number.into(), kept.records, reject.place.line].map(|number: u64| number.to_string());
            self.reasons.row([&*file, &record, &line, column, rule.id()]).map_err(problem)?;
            self.rules.entry(rule.id()).or_insert((0, rule)).0 += 1;
        }
        Ok(())
    }

    /// Ends the records of a file.
    pub fn end(&mut self, kept: KeptRecords, file: &str, digest: &str) -> Result<()> {
        if let Some(mut out) = kept.out {
            out.flush().map_err(problem)?;
            let corrects = Corrects { file: file.to_owned(), digest: digest.to_owned(), records: kept.records };
            self.files.insert(kept.name, Noted { number: kept.number, corrects, blake3: Some(out.digest()) });
        }
        Ok(())
    }

    /// Ends the folder.
    pub fn finish(self) -> Result<()> {
        self.reasons.finish().map_err(problem)?;
        let mut rules = CsvWriter::new(self.stage.create(RULES)?);
        rules.row(["rule", "findings", "title"]).map_err(problem)?;
        for (id, (findings, rule)) in &self.rules {
            rules.row([id, &*findings.to_string(), rule.title()]).map_err(problem)?;
        }
        rules.finish().map_err(problem)?;
        let mut files = CsvWriter::new(self.stage.create(FILES)?);
        files.row(["number", "file", "source", "records"]).map_err(problem)?;
        for (name, Noted { number, corrects: Corrects { file, records, .. }, .. }) in &self.files {
            files.row([&*number.to_string(), name, file, &records.to_string()]).map_err(problem)?;
        }
        files.finish().map_err(problem)?;
        self.stage.write(NOTE, &checked_json(&self.files))
    }
}

/// Returns what a file of rejected records begins with: the byte order mark and the header of its source.
fn header(input: &Source) -> Vec<u8> {
    let mut header = b"\xef\xbb\xbf".to_vec();
    let line = input.header_text();
    header.extend_from_slice(&line);
    if !line.is_empty() {
        header.push(b'\n');
    }
    header
}

/// Returns what a file corrects, if it is in a folder of rejected records.
///
/// # Errors
/// The note next to it, or the file next to a note, is a link or no plain file, or the note is damaged. Without it corrected
/// records would be counted as new ones.
pub(super) fn corrected(path: &Path) -> Result<Option<Corrects>> {
    let (Some(name), note) = (path.file_name(), files::parent(path).join(NOTE)) else { return Ok(None) };
    if path == Path::new("-") || !files::exists(&note) {
        return Ok(None);
    }
    let damaged = || {
        Error::failed("the note on which records a file corrects was changed, or was written by an earlier version")
            .at(files::shown(&note))
            .hint("copy it again from the folder of `--quarantine`, or move a file that corrects nothing elsewhere")
    };
    let text = files::read_plain(&note, limits::NOTE)?;
    let named = is_unchanged(&text).then(|| serde_json::from_slice::<BTreeMap<String, Value>>(&text).ok()).flatten();
    let mut named = named.ok_or_else(damaged)?;
    let Some(noted) = named.remove(&name.to_string_lossy().into_owned()) else { return Ok(None) };
    if files::is_link(path) {
        return Err(Error::refused("folder/not-plain", "the file among rejected records is a link")
            .at(files::shown(path))
            .hint("put the file itself in its place"));
    }
    let noted = serde_json::from_value::<Noted>(noted).ok();
    let noted = noted.filter(|noted| noted.corrects.records <= limits::COUNT).ok_or_else(damaged)?;
    Ok(Some(noted.corrects))
}

/// Returns the files of a folder of rejected records, each with whether it is as it was written. Nothing where the folder is
/// none of rejected records.
///
/// # Errors
/// The note or a file cannot be read.
pub(in crate::pipeline) fn kept_files(folder: &Path) -> Result<Option<BTreeMap<String, bool>>> {
    let note = folder.join(NOTE);
    if !files::exists(&note) {
        return Ok(None);
    }
    let note = files::read_plain(&note, limits::NOTE)?;
    if !is_unchanged(&note) {
        return Ok(None);
    }
    let named = serde_json::from_slice::<BTreeMap<String, Value>>(&note).unwrap_or_default();
    let noted = |(name, value)| Some((name, Noted::deserialize(&value).ok()?));
    let named: BTreeMap<String, Noted> = named.into_iter().filter_map(noted).collect();
    let mut out = BTreeMap::from([NOTE, REASONS, FILES, RULES].map(|name| (name.to_owned(), true)));
    for path in files::list_plain(folder)? {
        let name = files::slashed(&path);
        if let Some(noted) = named.get(&name) {
            let unchanged = noted.blake3 == Some(files::digest(&folder.join(path))?);
            out.insert(name, unchanged);
        }
    }
    Ok(Some(out))
}

fn problem(cause: std::io::Error) -> Error {
    Error::failed("cannot write the rejected records").because(cause)
}
