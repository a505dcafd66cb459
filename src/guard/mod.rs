//! Readers of other people's formats that fall over a damaged file.
//!
//! A library may panic where it should return an error. Within `guarded` a panic is an answer like another, and the hook
//! that reports defects stays silent. A failed allocation cannot be caught, so what a file says of its sizes is checked
//! before a library reads it: `columns` checks Parquet files and `book` workbooks, against the limits in `limits.rs`.

pub(crate) mod biff;
pub(crate) mod book;
pub(crate) mod columns;
mod fault;
mod guarded;
pub(crate) mod pages;
mod thrift;

pub(crate) use fault::Fault;
pub(crate) use guarded::guarded;
pub use guarded::is_guarded;
