//! Microdata become cubes: parallel, in integers, with every total present. Confidential.
//!
//! The store is read once into a [`Base`]: every combination of codes that occurs, and how often. Every table is
//! rolled up from it, so that the cost of a further table does not depend on the number of records.

mod base;
mod breakdown;
mod budget;
mod cells;
mod combine;
mod count;
mod cube;
mod dense;
mod dimension;
mod persons;
mod plan;
mod request;
mod rows;
mod sorted;

pub use base::{Base, count};
pub(crate) use breakdown::depth_of;
pub use breakdown::{AreaNodes, Breakdown, Family, FamilyKind, Node, NodeKind};
pub use budget::LEAST_MEMORY;
pub use cells::Cells;
pub use cube::{Cube, roll_up};
pub use dimension::{Dimension, Several};
pub use request::{Explained, ExplainedCuboid, Measure, Planned, Request};
pub use rows::Rows;
