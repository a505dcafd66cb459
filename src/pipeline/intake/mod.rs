//! Files to a coded store: read, validate, set duplicates aside, write.

mod ages;
mod append;
mod file;
mod ingested;
mod job;
mod legibility;
mod quarantine;
mod read;
mod read_result;
mod report;
mod rounds;
mod understood;

pub use append::ExistingStore;
pub(super) use append::append_nothing;
pub use ingested::Ingested;
pub use job::{Job, REJECTS, Reading};
pub(super) use legibility::rounded;
pub use legibility::{ColumnReport, FieldReport, PlaceReport};
pub use quarantine::Corrects;
pub(super) use quarantine::kept_files;
pub use read::{Destination, ingest, ingest_store, validate_files, validate_stream};
pub(super) use report::KnownInput;
pub use report::{FindingReport, InputReport, UNRESOLVED, Unresolved, write_unresolved};
