//! Cubes become drafts: tables that hold counts and, for shares, still their formula.
//!
//! A formula is evaluated only after protection and sees protected counts only. [`evaluate`] therefore works on
//! intervals that `protect` hands it, and never on a cube.

mod definition;
mod draft;
mod engine;

pub use definition::{Indicator, Measure, MeasureKind, select};
pub use draft::{Draft, Drafts, draft, fields};
pub use engine::{Share, Shown, evaluate};
