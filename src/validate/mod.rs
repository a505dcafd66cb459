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
pub use breakdown::{Unread, UnreadColumns};
pub use persons::{Conflicts, IdCounts, Later, Laters, LongIds, PersonKey, SeenPersons, SharedId, StoredPersons};
pub(crate) use plan::names_a_person;
pub use plan::{Description, Layout, Legibility, LostRecords, Options, Plan, ReadCells, ReadColumn, SourceFile};
pub use rows::{
    By, CodedBatch, Column, Person, PlaceCounts, Reject, RejectsWriter, Rows, UnknownPlace, Validated, validate,
};
pub use totals::{FileFigures, looks_like_year};
pub use values::Marks;
pub(crate) use values::{Answer, Answers, Signs, is_age, is_personal, normal};
