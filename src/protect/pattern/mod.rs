//! Which cells may be shown: all cells of a release as one system, and the search for a pattern of suppression.

mod bounds;
mod constraint_sum;
mod link;
mod linked;
mod parts;
mod reduce;
mod suppress;
mod system;

pub(super) use bounds::Bounds;
pub(super) use link::link;
pub(super) use linked::Linked;
pub use suppress::{CountSystem, Pattern, suppress};
pub(super) use system::NONE;
pub use system::{Constraint, System};
