//! Panics of a library, caught.

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

/// Returns whether a panic on this thread is expected, and not a defect of the program.
pub fn is_guarded() -> bool {
    GUARDED.get()
}
