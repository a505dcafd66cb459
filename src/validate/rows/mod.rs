//! One record after another: every cell looked up, every rule applied, and what is left to the store.

mod batch;
mod block;
mod coded;
mod cross_rule;
mod flags;
mod places;
mod rejects;
mod row;

pub use batch::{Validated, validate};
pub use coded::{CodedBatch, Column, Person, Rows};
pub use places::{By, PlaceCounts, UnknownPlace};
pub use rejects::{Reject, RejectsWriter};
