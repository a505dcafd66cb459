//! Progress as events, and the request to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// What a run tells while it goes on. No event holds a value or a count of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A stage begins.
    Stage(&'static str),
    /// A file is read; its size in bytes, where it is known.
    Input(String, Option<u64>),
    /// So many bytes of the file were read since the last such event.
    Bytes(u64),
    /// So many records of the file were read by now, and so many of them rejected.
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

impl Default for Control {
    fn default() -> Self {
        Self { stop: Arc::default(), listen: Arc::new(|_| {}) }
    }
}

impl Control {
    /// Hears the events of a run.
    pub fn listening(listen: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { stop: Arc::default(), listen: Arc::new(listen) }
    }

    /// A flag that ends the run at the next batch when it is set.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Sends an event to the caller.
    pub(crate) fn tell(&self, event: Event) {
        (self.listen)(event);
    }

    /// Refuses to go on once the caller wants the run to stop. Long loops call it again and again.
    pub(crate) fn go_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::interrupted()) } else { Ok(()) }
    }
}
