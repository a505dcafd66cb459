//! In place of the engine, where the program is built without polars: to search its readers for faults.

use super::Measure;
use super::value::{Evaluated, Seen, Setting};
use crate::aggregate::Breakdown;
use crate::error::{Error, Result};

/// Evaluates nothing.
///
/// # Errors
/// Always: no formula can be evaluated.
pub fn evaluate(_: &Measure, _: &[Breakdown], _: &[Seen], _: &Setting<'_>) -> Result<Evaluated> {
    Err(Error::failed("this program was built without its engine").hint("build it with the default features"))
}
