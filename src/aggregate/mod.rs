//! Microdata become cubes: parallel, in integers, with every total present. Confidential.
//!
//! A [`CountRequest`] names the requested tables. They are planned as a few larger cuboids, which are counted in one pass
//! over the records. The tables are summed up from these. What is too large for an array is sorted, and spilled to the
//! disk where the memory does not suffice.

mod areas;
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
mod forest;
mod node_values;
mod persons;
mod planned;
mod prints;
mod request;
mod rows;
mod sorted;
mod units;

pub use areas::AreaNodes;
pub(crate) use breakdown::depth_of;
pub use breakdown::{Breakdown, CoarseNode, Family, FamilyKind, Node, NodeKind};
pub use budget::LEAST_MEMORY;
pub use cells::Cells;
pub use cube::{CountWithTotals, Cube, Microdata};
pub use dimension::{Dimension, Several};
pub use planned::{Explained, ExplainedCuboid, PlannedCount};
pub use prints::{AreaYearKey, countable, prints};
pub use request::{CountMeasure, CountRequest};
pub use rows::RecordRun;
pub use units::Units;
