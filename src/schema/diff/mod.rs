//! Comparing two versions of a schema: what changed, and what each change asks of those who use it.
//!
//! Files are compared, and not what they load to, so that a version can be compared before the lists that it names
//! exist.

mod change;
mod codes;
mod compare;
mod rules;
mod side;
mod tables;

pub use change::{Change, Changes, Class};
pub use compare::diff;
