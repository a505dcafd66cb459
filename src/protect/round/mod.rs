//! Rounding over one cube: all tables of a release become sums of the same rounded counts.
//!
//! A *unit* is a distinct combination of the codes that any table of the release reads. Each unit gets a new count: a small
//! one a multiple of the base, a larger one a number that is less than the base away. Totals of areas and years stay exact
//! from the threshold on. Every printed table is then the true table of a possible population. So every relation among the
//! tables, known to us or not, holds for the printed counts, and none reveals more than the rounded units do.
//!
//! A keyed search chooses the counts that change the published cells least.

mod candidates;
mod change;
mod coarse;
mod incidence;
mod problem;
mod publish;
mod rounded;
mod seal;
mod search;
mod start;
mod stream;

pub use publish::publish_rounded;
pub use rounded::{Draw, Rounded, RoundingKey, round};
pub use seal::{Came, PlaceUnits, Unsealed};
