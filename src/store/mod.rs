//! Accepted microdata, confidential: Parquet of dictionary-coded columns, one file an input.
//!
//! A column bears the field's name and holds the code's text, so that a researcher who may see the store reads it in
//! any tool. A set of codes is one value in which `;` separates the codes, in the order of the code list.
//! `_U` next to other codes, as in `_U;SEX`, says that the source holds a further value that was not understood.

mod chunk;
mod columns;
mod cube;
mod figures;
mod indexed;
mod read;
mod write;

pub use columns::{COUNT, COUNT_UPPER, FIGURE, PERSON};
pub use cube::{CodePlaces, CountRows, CountWriter, NumberColumns};
pub use figures::StoredFigure;
pub use read::{Chunk, CountColumns, Part, RowGroup, RowsRequest};
pub use write::{PersonColumn, StoreWriter, without};
