//! Progress as events, and the request to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// Progress of a run. No event holds a value or a count of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A stage begins.
    Stage(&'static str),
    /// A file is read. Its size in bytes, where it is known.
    Input(String, Option<u64>),
    /// Bytes of the file that were read since the last such event.
    Bytes(u64),
    /// Records of the file so far.
    Records {
        /// Records read.
        read: u64,
        /// Records rejected.
        rejected: u64,
    },
}

/// The channel between a run and its caller: events go out, the request to stop comes in.
#[derive(Clone)]
pub struct Control {
    stop: Arc<AtomicBool>,
    listen: Arc<dyn Fn(Event) + Send + Sync>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("stop", &self.stop).finish_non_exhaustive()
    }
}

impl Default for Control {
    fn default() -> Self {
        Self { stop: Arc::default(), listen: Arc::new(|_| {}) }
    }
}

impl Control {
    /// Returns a control that calls this function with every event of a run.
    pub fn listening(listen: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { stop: Arc::default(), listen: Arc::new(listen) }
    }

    /// Returns a flag that ends the run at the next batch when it is set.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Sends an event to the caller.
    pub(crate) fn report(&self, event: Event) {
        (self.listen)(event);
    }

    /// Returns an error once the caller has asked the run to stop. Long loops call it again and again.
    pub(crate) fn go_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::interrupted()) } else { Ok(()) }
    }
}
