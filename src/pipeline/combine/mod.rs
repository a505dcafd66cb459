//! Packages of several countries become tables of regions.

mod additive;
mod combination;
mod job;
mod known;
mod numbers;
mod package;

pub(super) use combination::read_release;
pub use combination::{Combination, combine};
pub use job::{Combine, Overlap};
