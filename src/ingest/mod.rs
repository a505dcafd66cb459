//! A file becomes raw batches with places.
//!
//! A batch is a run of whole records. Where records begin is decided here, in one pass and by one thread, with respect
//! for quotation marks; what the records say is decided by `validate`, on all threads.

mod as_text;
mod batch;
mod biff;
mod blanks;
mod compression;
mod csv;
mod decode;
mod dialect;
mod field_ends;
mod json;
#[cfg(test)]
mod marks;
mod number_format;
mod parquet;
mod records;
mod rows;
mod sheet;
mod shown;
mod sniff;
mod source;
mod split;
mod stray;
mod text;
mod unquoted;

pub use self::csv::{CsvSource, encoding};
pub use self::parquet::ParquetSource;
pub use batch::{Content, Form, Lines, Note, RawBatch};
pub(crate) use blanks::trimmed;
pub use dialect::Dialect;
pub use records::RawRecords;
pub use sheet::SheetSource;
pub use sniff::{RequiredColumns, delimiter};
pub use source::{Input, Source};
pub(crate) use split::without_line_end;
pub use unquoted::Block;
