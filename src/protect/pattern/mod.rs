//! Which cells may be shown: all cells of a release as one system, and the search for a pattern of suppression.

mod bounds;
mod constraint_sum;
mod link;
mod parts;
mod reduce;
mod suppress;
mod system;

pub(super) use bounds::Bounds;
pub(super) use link::{Linked, link};
pub use suppress::{CountSystem, Pattern, suppress};
pub(super) use system::NONE;
pub use system::{Constraint, System};
