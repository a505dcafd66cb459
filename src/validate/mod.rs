//! Raw batches become coded rows and findings.
//!
//! Bad data is not an error: a batch gives the rows that were accepted **and** what was found. An error is returned
//! only where a file as a whole cannot be read in the wanted layout.

mod breakdown;
mod persons;
mod plan;
mod rows;
mod totals;
mod values;

pub(crate) use breakdown::UNKNOWN_BREAKDOWN;
pub use breakdown::{Breakdowns, Unread};
pub use persons::{Conflicts, Later, Laters, PersonKey, Persons};
pub(crate) use plan::names_a_person;
pub use plan::{Description, Layout, Legibility, Options, Plan, ReadCells, Reader, Records};
pub use rows::{By, CodedBatch, Column, Person, Place, Places, Reject, RejectsWriter, Rows, Validated, validate};
pub use totals::{Figures, looks_like_year};
pub use values::Marks;
pub(crate) use values::{Signs, is_personal, normal};
