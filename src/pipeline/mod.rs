//! Knows all stages and their order; nobody else does.

mod config;
mod event;
mod ingest;
mod manifest;
mod run;
mod verify;

pub use config::{Config, Input, Limit, Limits, Release, Tables, matching};
pub use event::{Control, Event};
pub use ingest::{FindingReport, Ingested, InputReport, Job, REJECTS, Reading, ingest, validate_files};
pub use manifest::ReleaseManifest;
pub use run::{MOST_REJECTS, Outcome, Run, run};
pub use verify::{Difference, Verified, verify};
