//! What a run has on the disk that is not in its place yet, so that a run that is stopped at any moment leaves nothing of it.
//!
//! A run looks often whether it should stop, but some of its steps are long and belong to other libraries. So whoever stops
//! it waits a little, then takes the right to put outputs into place, removes what is listed here, and ends the process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::disk;

/// The right to put an output into its place.
static PLACING: Mutex<()> = Mutex::new(());

/// How many outputs were put into their place.
static PLACED: AtomicU64 = AtomicU64::new(0);

static LIVE: Mutex<BTreeMap<PathBuf, Rest>> = Mutex::new(BTreeMap::new());

/// What there is of a stage but its own folder.
struct Rest {
    locks: Vec<PathBuf>,
    /// Folders above the target that were missing.
    parents: Vec<PathBuf>,
}

/// A folder that another thread is filling is removed in so many attempts.
const ATTEMPTS: u32 = 50;

/// The right to put an output into its place, until it is dropped.
pub(super) struct Placing(#[allow(dead_code)] MutexGuard<'static, ()>);

impl Drop for Placing {
    fn drop(&mut self) {
        PLACED.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits for the right to put an output into its place. A run that was stopped never gets it.
pub(super) fn placing() -> Placing {
    Placing(PLACING.lock().unwrap_or_else(PoisonError::into_inner))
}

fn live() -> MutexGuard<'static, BTreeMap<PathBuf, Rest>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lists the folder of a stage, the locks that it holds, and the folders that were made for its target.
pub(super) fn list(root: &Path, locks: Vec<PathBuf>, parents: &[PathBuf]) {
    live().insert(root.to_path_buf(), Rest { locks, parents: parents.to_vec() });
}

/// Takes a stage off the list.
pub(super) fn unlist(root: &Path) {
    live().remove(root);
}

/// Returns how many outputs were put into their place so far.
pub fn placed() -> u64 {
    PLACED.load(Ordering::SeqCst)
}

/// Removes what is not in its place, unless more outputs than `placed` are in theirs: then the run is at its end. Where it
/// returns true no output is put into place any more, and the process must end.
pub fn abandon(placed: u64) -> bool {
    let right = PLACING.lock().unwrap_or_else(PoisonError::into_inner);
    if self::placed() != placed {
        return false;
    }
    std::mem::forget(right);
    let stages: Vec<(PathBuf, Rest)> = std::mem::take(&mut *live()).into_iter().collect();
    for (root, _) in &stages {
        remove(root);
    }
    for (_, rest) in &stages {
        rest.locks.iter().for_each(|lock| drop(disk::remove_file(lock)));
        // A folder in which something is stays.
        rest.parents.iter().rev().for_each(|folder| drop(disk::remove_folder(folder)));
    }
    true
}

fn remove(folder: &Path) {
    for _ in 0..ATTEMPTS {
        let _ = disk::remove_all(folder);
        if fs::symlink_metadata(folder).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
