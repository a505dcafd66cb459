//! What a run has on the disk that is not in its place yet, so that a run that is stopped at any moment leaves nothing of it.
//!
//! A run looks often whether it should stop, but some of its steps are long and belong to other libraries. So whoever stops
//! it waits a little, then takes the right to put outputs into place, removes what is listed here, and ends the process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::disk;

/// The right to put an output into its place.
static PLACING: Mutex<()> = Mutex::new(());

/// How many outputs were put into their place.
static PLACED: AtomicU64 = AtomicU64::new(0);

/// The right to make a part of a stage, and to list it.
static MAKING: Mutex<()> = Mutex::new(());

/// Stages by their number.
static LIVE: Mutex<BTreeMap<u64, StageParts>> = Mutex::new(BTreeMap::new());

/// What a stage has on the disk.
#[derive(Default)]
pub(super) struct StageParts {
    /// Its own folder; empty until it is made.
    pub root: PathBuf,
    pub locks: Vec<PathBuf>,
    /// Folders above the target that were missing.
    pub parents: Vec<PathBuf>,
}

/// A stage that is listed, until it is dropped.
#[derive(Debug)]
pub(super) struct ListedStage(u64);

impl ListedStage {
    /// Lists a stage that has nothing on the disk yet.
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        live().insert(number, StageParts::default());
        Self(number)
    }

    /// Makes a part of the stage, and lists it. [`abandon`] waits until both are done, so that no part
    /// is on the disk and not on the list.
    pub fn make<T, E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
        list: impl FnOnce(&T, &mut StageParts),
    ) -> Result<T, E> {
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let made = make()?;
        list(&made, live().entry(self.0).or_default());
        Ok(made)
    }
}

impl Drop for ListedStage {
    fn drop(&mut self) {
        live().remove(&self.0);
    }
}

/// The number of attempts to remove a folder that another thread is filling, and to wait for a part
/// of a stage that another thread is making.
const ATTEMPTS: u32 = 50;

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

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

fn live() -> MutexGuard<'static, BTreeMap<u64, StageParts>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
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
    stop_making();
    let stages: Vec<StageParts> = std::mem::take(&mut *live()).into_values().collect();
    stages.iter().filter(|stage| !stage.root.as_os_str().is_empty()).for_each(|stage| remove(&stage.root));
    stages.iter().flat_map(|stage| &stage.locks).for_each(|lock| drop(disk::remove_file(lock)));
    // Only empty folders go, so they come after the locks of all stages.
    stages.iter().flat_map(|stage| &stage.parents).rev().for_each(|folder| drop(disk::remove_folder(folder)));
    true
}

/// Takes the right to make parts of stages for good. It waits a quarter of a second at most, because a
/// disk may not answer.
fn stop_making() {
    for _ in 0..ATTEMPTS {
        match MAKING.try_lock() {
            Ok(right) => return std::mem::forget(right),
            Err(TryLockError::Poisoned(right)) => return std::mem::forget(right.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

fn remove(folder: &Path) {
    for _ in 0..ATTEMPTS {
        let _ = disk::remove_all(folder);
        if fs::symlink_metadata(folder).is_err() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}
