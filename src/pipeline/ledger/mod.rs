//! The ledger of a store: what was published of its records, by which method and key, and which rounded counts were chosen.
//!
//! It is confidential, and alongside the records. It holds fingerprints of records, sealed by the key of rounding, and rounded
//! counts. It shows no exact count.

mod book;
mod books;
mod file;
mod joint;
mod keep;
mod plan;
mod report;

pub(super) use books::{Books, LedgerRequest, Purpose};
pub(super) use joint::JointAudit;
pub use keep::{keep_ledger, rounded_records};
pub use report::{LedgerReport, Overridden};
