//! Cubes become drafts: tables that hold counts and still their formulas.
//!
//! A formula is evaluated only after protection and sees protected counts only. [`evaluate`] therefore works on
//! intervals that `protect` hands it, and never on a cube.

mod definition;
mod draft;
mod engine;
mod formula;

pub use definition::{Counting, Indicator, Measure, select};
pub use draft::{Draft, Drafts, Source, draft, fields};
pub use engine::{Evaluated, Panel, Seen, Setting, Shown, Value, evaluate};
pub use formula::{Choice, Formula, Gather, Operator};
