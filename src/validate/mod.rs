//! Raw batches become coded rows and findings.
//!
//! Bad data is not an error: a batch gives the rows that were accepted **and** what was found. An error is returned
//! only where a file as a whole cannot be read in the wanted layout.

mod absent;
mod ages;
mod answers;
mod batch;
mod block;
mod breakdown;
mod coded;
mod condition;
mod dates;
mod extent;
mod figures;
mod flags;
mod identifiers;
mod layout;
mod legibility;
mod lookup;
mod number;
mod persons;
mod places;
mod plan;
mod rejects;
mod row;
mod take;
mod words;

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
pub(crate) use identifiers::{Signs, is_personal};
pub(crate) use layout::names_a_person;
pub use number::Marks;
pub use places::{By, Place, Places};
pub(crate) use words::normal;
