//! A profile and a header become look-ups: where each field of one file gets its value from.

mod absent;
mod bind;
mod file;
mod header;
mod header_rows;
mod layout;
mod legibility;
mod source;
mod sources;

pub use bind::SourceFile;
pub use file::{Options, Plan};
pub(crate) use header::names_a_person;
pub(super) use header_rows::HeaderRow;
pub use layout::{Description, Layout};
pub use legibility::{Legibility, LostRecords, ReadCells, ReadColumn};
pub(super) use legibility::{missing, placed};
pub(super) use source::{
    BirthSource, CellSource, FieldSource, Fixed, OwnCodes, PackSource, ScaleSource, SourceKind, Take,
};
