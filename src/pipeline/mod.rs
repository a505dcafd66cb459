//! The order of the stages. No other room knows it.

mod allowance;
mod combine;
mod comparability;
mod config;
mod config_rules;
mod context;
mod cube;
mod document;
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod intake;
mod key_schema;
mod ledger;
mod limit;
mod line;
mod once;
mod open_store;
mod output;
mod parts;
mod paths;
mod release;
mod rounding;
mod rounding_key;
mod run;
mod tabulate;

pub use allowance::Allowance;
pub use combine::{Combination, Combine, Overlap, combine};
pub use config::{Config, ConfiguredTables, InputConfig, ReleaseConfig, Tables};
pub use config_rules::{Limits, PersonsConfig, Rules, person_key, rule, secret};
pub use context::Declarations;
pub use cube::{CubeJob, CubeMade, CubeRequest, CubeStore};
pub use intake::{
    ColumnReport, Corrects, Destination, ExistingStore, FieldReport, FindingReport, Ingested, InputReport, Job,
    PlaceReport, REJECTS, Reading, UNRESOLVED, Unresolved, ingest, ingest_store, validate_files, validate_stream,
    write_unresolved,
};
pub use key_schema::UserFile;
pub use ledger::{LedgerReport, Overridden, keep_ledger, rounded_records};
pub use limit::Limit;
pub use output::{CommandInputs, Existing, Output, OutputKind, claim_outputs};
pub use parts::PartEntry;
pub use paths::{matching, places};
pub use release::{
    AuditManifest, Difference, Keyring, NotCollected, Placement, ReleaseManifest, ReleaseRequest, SignerKey,
    SourceManifest, Verified, verify,
};
pub use rounding_key::{new_rounding_key, rounding_key, rounding_secret};
pub use run::{MOST_REJECTS, Outcome, RELEASE, RunRequest, run};
pub use tabulate::{Tabulate, Tabulated, tabulate};
