//! Cubes become drafts: tables that hold counts and still their formulas.
//!
//! A formula is evaluated only after protection and sees protected counts only. [`evaluate`] therefore works on
//! intervals that `protect` hands it, and never on a cube.

mod alternatives;
mod definition;
mod draft;
#[cfg(feature = "polars")]
mod engine;
#[cfg(not(feature = "polars"))]
#[path = "without_engine.rs"]
mod engine;
mod formula;
mod formula_reader;
mod page;
mod reporting;
mod value;

pub(crate) use alternatives::{division, others};
pub use definition::{Counting, Indicator, Measure, select, select_of};
pub use draft::{Draft, Drafts, RecordSource, TableScope, Uncollected, dimensions, draft, fields};
pub(crate) use draft::{TableSchemas, breakdowns};
pub use engine::evaluate;
pub(crate) use formula::TIME;
pub use formula::{Choice, Formula, Gather, Operator};
pub use reporting::Reporting;
pub use value::{Evaluated, Panel, Panels, Seen, Setting, Shown, Value};
