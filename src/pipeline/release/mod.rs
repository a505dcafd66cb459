//! A release: where it goes, what it says of itself, who signed it, and whether it is still what it was.

mod manifest;
mod place;
mod signature;
mod statement;
mod verify;

pub use manifest::{AuditManifest, NotCollected, ReleaseManifest, SourceManifest};
pub(super) use manifest::{MANIFEST, PolicyManifest, RunManifest, SUMS, bases};
pub use place::{Placement, ReleaseRequest};
pub use signature::{Keyring, SignerKey};
pub(super) use statement::{Remarks, Stated, Statement, declared};
pub(super) use verify::{Checked, own_files, refuse_other_run, release_of};
pub use verify::{Difference, Verified, verify};
