//! Knows all stages and their order; nobody else does.

mod allowance;
mod combine;
mod compare;
mod config;
mod cube;
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod intake;
mod manifest;
mod once;
mod opened;
mod output;
mod parts;
mod release;
mod rounding;
mod run;
mod signature;
mod tabulate;
mod verify;

pub use allowance::{Allowance, Limit};
pub use combine::{Combination, Combine, Overlap, combine};
pub use config::{
    Config, Input, Limits, PersonsConfig, Release, Rules, Tables, matching, person_key, places, rule, secret,
};
pub use cube::{CubeJob, CubeMade, CubeStore, Wanted};
pub use intake::{
    ColumnReport, Corrects, Destination, FieldReport, FindingReport, Former, Ingested, InputReport, Job, PlaceReport,
    REJECTS, Reading, UNRESOLVED, Unresolved, ingest, ingest_store, validate_files, write_unresolved,
};
pub use manifest::{AuditManifest, NotCollected, ReleaseManifest, SourceManifest};
pub use output::{Inputs, Made, Output, claim_outputs};
pub use parts::PartEntry;
pub use release::{Asked, Declarations, Placed};
pub use rounding::{new_rounding_key, rounding_key, rounding_secret};
pub use run::{MOST_REJECTS, Outcome, Run, run};
pub use signature::{Key, Keyring};
pub use tabulate::{Tabulate, Tabulated, tabulate};
pub use verify::{Difference, Verified, verify};
