//! The ledger of a store, for those who only read or copy it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::Ledger;
use crate::error::Result;
use crate::files;
use crate::pipeline::parts::{LEDGER, STORE};

/// Returns what the ledger of a store says about exact counts of its records; nothing where nothing was rounded.
///
/// # Errors
/// The ledger is damaged.
pub fn rounded_records(store: &Path) -> Result<Option<String>> {
    let folder = files::current(store);
    let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == STORE));
    let root = [Some(folder.as_path()), above].into_iter().flatten().find(|root| files::exists(&root.join(LEDGER)));
    let Some((ledger, _)) = root.map(|root| Ledger::read(&root.join(LEDGER))).transpose()?.flatten() else {
        return Ok(None);
    };
    let names =
        ledger.releases.iter().filter(|known| known.shape.method == "round").map(|known| known.release.as_str());
    let names: BTreeSet<&str> = names.collect();
    Ok((!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(", ")))
}

/// Copies the ledger of a store into the stage of a store that takes its place.
///
/// # Errors
/// It cannot be copied.
pub fn keep_ledger(store: &Path, stage: &files::Stage) -> Result<()> {
    let from: PathBuf = files::current(&store.join(LEDGER));
    if files::exists(&from) { files::link_or_copy(&from, &stage.file(LEDGER)?) } else { Ok(()) }
}
