//! The list of a store's files: written with the store, and compared whenever the store is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::is_unchanged;
use crate::error::{Error, Result};
use crate::schema::{Coverage, Declared};
use crate::store::Part;
use crate::{files, limits};

/// What a store says of itself.
pub(super) const RUN: &str = "run.json";

/// The folder of a store's files.
pub(super) const STORE: &str = "store";

/// The file of the ledger of a store.
pub(super) const LEDGER: &str = "ledger.json";

/// Reads `run.json` of a store; nothing where it was changed since it was written, or by a program of an earlier version.
///
/// # Errors
/// It cannot be read, is a link or no plain file, or is too large.
pub(super) fn read_run(folder: &Path) -> Result<Option<Value>> {
    Ok(parse_run(&files::read_plain(&folder.join(RUN), limits::RUN)?))
}

/// Reads `run.json` as far as it can be read, damaged or not: it shows whose folder this is, and nothing is made of it.
///
/// # Errors
/// It cannot be read, is a link or no plain file, or is too large.
pub(super) fn read_run_mark(folder: &Path) -> Result<Option<Value>> {
    Ok(serde_json::from_slice(&files::read_plain(&folder.join(RUN), limits::RUN)?).ok())
}

/// Parses a `run.json`; nothing where its checksum is not that of its text, or it holds a number that no run can reach.
pub(super) fn parse_run(bytes: &[u8]) -> Option<Value> {
    fn is_plausible(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.as_u64().is_none_or(|number| number <= limits::COUNT),
            Value::Array(values) => values.iter().all(is_plausible),
            Value::Object(entries) => entries.values().all(is_plausible),
            _ => true,
        }
    }
    is_unchanged(bytes).then(|| serde_json::from_slice(bytes).ok())?.filter(is_plausible)
}

/// One file of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its name within `store`.
    pub file: String,
    /// Its rows.
    pub rows: u64,
    /// The BLAKE3 digest of its bytes.
    pub blake3: String,
}

/// Returns the list of a `run.json`.
///
/// # Errors
/// There is none: the store was made by an earlier version.
pub(super) fn listed(run: &Value, folder: &Path) -> Result<Vec<PartEntry>> {
    Vec::<PartEntry>::deserialize(&run["parts"]).map_err(|_| {
        Error::refused(
            "store/differs",
            "the store does not list its files, so nothing shows whether they are all there",
        )
        .at(files::shown(&folder.join(RUN)))
        .hint("it was made by an earlier version: make it again with `tipstat ingest FILE --profile NAME --out STORE`")
    })
}

/// Opens the files of a store, and compares them with its list.
///
/// # Errors
/// A file is missing, was changed, or is there and not in the list; a name is not one that the program writes; or there is a
/// link or something else that is not a plain file.
pub(super) fn compared(folder: &Path, entries: &[PartEntry]) -> Result<Vec<(PathBuf, Part)>> {
    let mut there: BTreeMap<String, PathBuf> =
        files::list_plain(folder)?.into_iter().map(|path| (files::slashed(&path), path)).collect();
    // Before any file is opened: one look at the names costs nothing.
    let listed: BTreeSet<String> = entries.iter().map(|entry| format!("{STORE}/{}", entry.file)).collect();
    if let Some(name) = there.iter().find(|(name, path)| !is_known(name, path) && !listed.contains(*name)) {
        return Err(differs(folder, name.0, "a file that is not in the list"));
    }
    let mut parts = Vec::new();
    for entry in entries {
        let name = format!("{STORE}/{}", entry.file);
        let Some(path) = there.remove(&name) else {
            return Err(differs(folder, &name, "a file of the list is missing"));
        };
        let path = folder.join(path);
        let part = Part::listed(&path, &entry.blake3)?;
        match part.filter(|part| part.all_rows() == entry.rows) {
            Some(part) => parts.push((path, part)),
            None => return Err(differs(folder, &name, "the file was changed")),
        }
    }
    Ok(parts)
}

/// Opens one file that is in the folder of a store's files, and compares it with the list of that store. Returns nothing where
/// the file is elsewhere.
///
/// # Errors
/// The file was changed, or is not in the list.
pub(super) fn compared_file(file: &Path) -> Result<Option<Part>> {
    let Some((root, run)) = store_above(file) else { return Ok(None) };
    let refused = |error: Error| error.at(files::shown(file));
    let name = files::resolved(file).strip_prefix(&root).map(files::slashed).unwrap_or_default();
    let entries = listed(&run, &root).map_err(refused)?;
    let Some(entry) = entries.iter().find(|entry| format!("{STORE}/{}", entry.file) == name) else {
        return Err(refused(differs(&root, &name, "a file that is not in the list")));
    };
    let part = Part::listed(file, &entry.blake3)?;
    part.map(Some).ok_or_else(|| refused(differs(&root, &name, "the file was changed")))
}

/// Returns the store in whose folder of files a path is, with what is said of it.
fn store_above(path: &Path) -> Option<(PathBuf, Value)> {
    let path = files::resolved(path);
    let folders = path.ancestors().filter(|folder| folder.file_name().is_some_and(|name| name == STORE));
    folders.filter_map(Path::parent).find_map(|root| {
        let run = root.join(RUN);
        // A file that cannot be read is refused like a missing list.
        files::exists(&run).then(|| (root.to_path_buf(), read_run(root).ok().flatten().unwrap_or_default()))
    })
}

/// Returns whether a path is the folder of a store's files, or below it.
pub(super) fn is_in_store(path: &Path) -> bool {
    store_above(path).is_some()
}

fn differs(folder: &Path, name: &str, found: &str) -> Error {
    let path = name.split('/').fold(folder.to_path_buf(), |path, part| path.join(part));
    Error::refused("store/differs", "the files of the store are not those of its `run.json`")
        .at(files::shown(&path))
        .with("found", found.to_owned())
        .hint("move what does not belong there out of the store; else make it again with `tipstat ingest FILE --profile NAME --out STORE`")
}

/// Returns whether a name is that of a Parquet file, on any system.
pub(super) fn is_parquet(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".parquet")
}

/// Returns whether the program or a file manager writes a file of this name next to the files of a store.
pub(super) fn is_known(name: &str, path: &Path) -> bool {
    let rejects = name.strip_prefix("rejects").and_then(|rest| rest.strip_suffix(".parquet"));
    let numbered = |rest: &str| rest.strip_prefix('-').is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    rejects.is_some_and(|rest| rest.is_empty() || numbered(rest))
        || [RUN, LEDGER, "audit.json", "base.parquet"].contains(&name)
        || name.strip_prefix("cubes/").is_some_and(is_parquet)
        || files::is_litter(path)
}

/// Returns who is declared to have reported which years in `run.json`; nothing where that cannot be read.
pub(super) fn coverage(run: &Value) -> Option<Coverage> {
    match &run["coverage"] {
        Value::Null => Some(Coverage::default()),
        declared => Vec::<Declared>::deserialize(declared).ok().map(Coverage::new),
    }
}
