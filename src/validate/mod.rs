//! Raw batches become coded rows and findings.
//!
//! Bad data is not an error: a batch gives the rows that were accepted **and** what was found. An error is returned
//! only where a file as a whole cannot be read in the wanted layout.

mod absent;
mod batch;
mod block;
mod breakdown;
mod coded;
mod figures;
mod flags;
mod layout;
mod legibility;
mod persons;
mod places;
mod plan;
mod rejects;
mod row;
mod take;
mod values;

pub use batch::{Validated, validate};
pub use breakdown::{Breakdowns, Unread};
pub use coded::{CodedBatch, Column, Person, Rows};
pub use figures::{Figures, looks_like_year};
pub use layout::{Description, Layout};
pub use legibility::{Legibility, ReadCells, Reader, Records};
pub use persons::{Conflicts, Later, Laters, PersonKey, Persons};
pub use plan::{Options, Plan};
pub use rejects::{Reject, RejectsWriter};

pub(crate) use breakdown::UNKNOWN_BREAKDOWN;
pub(crate) use layout::names_a_person;
pub use places::{By, Place, Places};
pub use values::Marks;
pub(crate) use values::{Signs, is_personal, normal};
