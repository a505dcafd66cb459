//! Raw batches become coded rows and findings.
//!
//! Bad data is not an error: a batch gives the rows that were accepted **and** what was found. An error is returned
//! only where a file as a whole cannot be read in the wanted layout.

mod batch;
mod compile;
mod duplicates;
mod rejects;

pub use batch::{CodedBatch, Column, Validated, validate};
pub use compile::{Description, Layout, Plan};
pub use duplicates::Duplicates;
pub use rejects::{Reject, RejectsWriter};
