//! A file becomes raw batches with places.
//!
//! A batch is a run of whole records. Where records begin is decided here, in one pass and by one thread, with respect
//! for quotation marks; what the records say is decided by `validate`, on all threads.

mod csv;
mod sniff;
mod split;

pub use self::csv::{CsvSource, RawRecords, encoding};
pub use sniff::delimiter;

use crate::finding::Rule;

/// What a raw batch holds.
#[derive(Debug)]
pub enum Content {
    /// Whole records as they stand in the source.
    Records(Vec<u8>),
    /// One physical line that is no record, with the rule that it breaks.
    Broken(Rule),
}

/// A run of whole records, and where it begins.
#[derive(Debug)]
pub struct RawBatch {
    /// The bytes.
    pub content: Content,
    /// The physical line on which the batch begins, counted from 1.
    pub line: u64,
    /// The byte at which it begins.
    pub byte: u64,
    /// What separates fields.
    pub delimiter: u8,
}
