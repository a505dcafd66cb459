//! Readers of other people's formats that fall over a damaged file.
//!
//! A library may panic where it should return an error. Within `guarded` a panic is an answer like another, and the hook
//! that reports defects stays silent. A failed allocation cannot be caught, so what a file says of its sizes is checked
//! before a library reads it: `columns` checks Parquet files and `book` workbooks, against the limits in `limits.rs`.

pub(crate) mod book;
pub(crate) mod columns;
pub(crate) mod pages;
mod thrift;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What a reader gives; nothing where it panicked. It must not be used again then.
pub(crate) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(read)).ok();
    GUARDED.set(before);
    done
}

/// Whether a panic on this thread is expected, and no defect of the program.
pub fn is_guarded() -> bool {
    GUARDED.get()
}
