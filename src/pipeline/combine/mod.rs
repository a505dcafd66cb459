//! Packages of several countries become tables of regions.

mod additive;
mod combination;
mod job;
mod known;
mod meaning;
mod numbers;
mod package;
mod places;
mod published;
mod universe;

pub use crate::exchange::Overlap;
pub(super) use combination::read_release;
pub use combination::{Combination, combine};
pub use job::Combine;
