//! How a memory is shared out among those who need some of it.
//!
//! Every large allocation of a cube is one of these shares, and none grows beyond its own.

use super::condense::Combiner;
use super::dense::Width;
use super::request::CountMeasure;
use crate::error::{Error, Result};

/// What the program needs before it counts anything.
const OWN: u64 = 48 << 20;

/// The least memory in which a cube is made.
pub const LEAST_MEMORY: u64 = 128 << 20;

/// Slots of a combiner: beyond that its table leaves the faster memory.
const SLOTS: usize = 1 << 20;

/// Persons who are brought together take several times what their notes do.
const PERSONS: u64 = 32;

/// The shares of the memory.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    /// Row groups that are counted together. As many again are read meanwhile.
    pub window: usize,
    /// Bytes of all counters of a pass.
    pub counters: u64,
    /// Slots of each combiner.
    pub slots: usize,
    /// Bytes of runs before they spill to disk.
    pub runs: u64,
    /// Keys that one thread sorts at once.
    pub sorting: usize,
    /// Bytes of cells that are being returned.
    pub out: u64,
    /// Bytes of persons before they spill to disk.
    pub persons: u64,
}

/// What a budget depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct BudgetRequest {
    /// Bytes of memory.
    pub memory: u64,
    /// Threads that count.
    pub threads: usize,
    /// Bytes of the largest row group.
    pub group: u64,
    /// The numbers in which cuboids count.
    pub width: Width,
    /// What is counted: victims or persons.
    pub measure: CountMeasure,
}

impl BudgetRequest {
    /// Divides the memory.
    ///
    /// # Errors
    /// The memory is too small.
    pub fn budget(self) -> Result<Budget> {
        let Self { memory, threads, group, width, measure } = self;
        if memory < LEAST_MEMORY {
            return Err(Error::failed(format!("a cube needs {} MiB of memory at least", LEAST_MEMORY >> 20))
                .hint(format!("pass `--memory {}MiB` or more", LEAST_MEMORY >> 20)));
        }
        let all = memory - OWN;
        let threads = threads.max(1) as u64;
        // A row group that is read, one that is counted, and its pages.
        let window = (all / 4 / (2 * group).max(1)).min(4 * threads);
        if window == 0 {
            return Err(Error::failed(format!("a row group of the store takes {} MiB", group >> 20))
                .hint(format!("pass `--memory {}MiB` or more", (group * 9 + OWN) >> 20)));
        }
        let mut slots = SLOTS;
        while slots > 1 << 12 && Combiner::bytes(slots, width) * threads > all / 8 {
            slots /= 2;
        }
        let shares = match measure {
            CountMeasure::Persons => PERSONS,
            CountMeasure::Victims => 8,
        };
        Ok(Budget {
            window: window as usize,
            counters: all / 4,
            slots,
            runs: all / 8,
            sorting: (all / 8 / threads / 8) as usize,
            out: all / 8,
            persons: all / shares,
        })
    }
}

impl Budget {
    /// Refuses a bucket of persons that takes more than its share, before anything is made of it.
    pub fn allows(&self, bucket: u64) -> Result<()> {
        if bucket <= 2 * self.persons {
            return Ok(());
        }
        let needed = (bucket * PERSONS / 2 + OWN) >> 20;
        Err(Error::failed("the persons of the store are too many for this memory")
            .hint(format!("pass `--memory {}MiB` or more", needed + 1)))
    }
}
