//! Raw batches become coded rows and findings.
//!
//! Bad data is not an error: a batch gives the rows that were accepted **and** what was found. An error is returned
//! only where a file as a whole cannot be read in the wanted layout.

mod batch;
mod block;
mod breakdown;
mod coded;
mod figures;
mod flags;
mod persons;
mod places;
mod plan;
mod rejects;
mod row;
mod values;

pub use batch::{Validated, validate};
pub use breakdown::{Breakdowns, Unread};
pub use coded::{CodedBatch, Column, Person, Rows};
pub use figures::{Figures, looks_like_year};
pub use persons::{Conflicts, Later, Laters, PersonKey, Persons};
pub use plan::{Description, Layout, Legibility, Options, Plan, ReadCells, Reader, Records};
pub use rejects::{Reject, RejectsWriter};

pub(crate) use breakdown::UNKNOWN_BREAKDOWN;
pub use places::{By, Place, Places};
pub(crate) use plan::names_a_person;
pub use values::Marks;
pub(crate) use values::{Signs, is_personal, normal};
