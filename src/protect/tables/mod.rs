//! What a published row says: formulas on protected counts, and what is said next to each figure.

mod breaks;
mod collected;
mod evaluate;
mod parallel;
mod protected;
mod public;
mod unasked;
mod years;

pub use protected::{Observation, Protected, ProtectedTable, Rounding, RoundingChange, Size};
pub use public::publish;
pub use unasked::NotSeen;
