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
mod csv_header;
mod decode;
mod dialect;
mod excel_formats;
mod field_ends;
mod hashed;
mod json;
mod looks;
#[cfg(test)]
mod marks;
mod number_format;
mod parquet;
mod records;
mod rows;
mod sheet;
mod sheet_notes;
mod shown;
mod sniff;
mod source;
mod spans;
mod split;
mod stray;
mod stray_start;
mod text;
mod unquoted;

pub use self::csv::CsvSource;
pub use self::parquet::ParquetSource;
pub use batch::{Content, Form, Lines, Note, RawBatch};
pub(crate) use blanks::trimmed;
pub use decode::encoding;
pub use dialect::Dialect;
pub use records::RawRecords;
pub use sheet::SheetSource;
pub use sniff::{RequiredColumns, delimiter};
pub use source::{Input, Source};
pub(crate) use split::without_line_end;
pub use unquoted::Block;
