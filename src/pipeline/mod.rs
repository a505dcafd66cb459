//! Knows all stages and their order; nobody else does.

mod compare;
mod config;
mod cube;
mod event;
mod infer;
mod ingest;
mod manifest;
mod run;
mod verify;

pub use config::{
    Config, Input, Limit, Limits, PersonsConfig, Release, Rules, Tables, matching, person_key, rule, secret,
};
pub use cube::{CubeJob, CubeMade, CubeStore, Wanted};
pub use event::{Control, Event};
pub use infer::{Drafts, Inquiry, infer};
pub use ingest::{
    Corrects, Destination, FindingReport, Former, Ingested, InputReport, Job, REJECTS, Reading, Unresolved, ingest,
    ingest_store, validate_files, write_unresolved,
};
pub use manifest::ReleaseManifest;
pub use run::{MOST_REJECTS, Outcome, Run, run};
pub use verify::{Difference, Verified, verify};
