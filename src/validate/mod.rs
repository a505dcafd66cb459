//! Raw batches become coded rows and findings.
//!
//! Bad data is not an error: a batch gives the rows that were accepted **and** what was found. An error is returned
//! only where a file as a whole cannot be read in the wanted layout.

mod batch;
mod compile;
mod duplicates;
mod figures;
mod identifiers;
mod number;
mod rejects;
mod words;

pub use batch::{CodedBatch, Column, Person, Validated, validate};
pub use compile::{Description, Layout, Options, PersonKey, Plan};
pub use duplicates::{Conflicts, Persons};
pub use figures::Figures;
pub use rejects::{Reject, RejectsWriter};

pub(crate) use compile::names_a_person;
pub(crate) use identifiers::{Signs, is_personal};
pub(crate) use words::normal;
