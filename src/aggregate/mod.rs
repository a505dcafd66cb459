//! Microdata become cubes: parallel, in integers, with every total present. Confidential.
//!
//! A [`CountRequest`] names the tables that are wanted. They are planned as a few larger cuboids, which are counted in one pass
//! over the records, and summed up from these; what is too large for an array is sorted, and spilled to the disk
//! where the memory does not suffice.

mod breakdown;
mod budget;
mod cells;
mod coarse;
mod condense;
mod count;
mod cube;
mod cuboids;
mod dense;
mod dimension;
mod persons;
mod planned;
mod prints;
mod request;
mod rows;
mod sorted;
mod units;

pub(crate) use breakdown::depth_of;
pub use breakdown::{AreaNodes, Breakdown, CoarseNode, Family, FamilyKind, Node, NodeKind};
pub use budget::LEAST_MEMORY;
pub use cells::Cells;
pub use cube::{Cube, Microdata, cubes};
pub use dimension::{Dimension, Several};
pub use planned::{Explained, ExplainedCuboid, PlannedCount};
pub use prints::{AreaYearKey, countable, prints};
pub use request::{CountMeasure, CountRequest};
pub use rows::RecordRun;
pub use units::Units;
