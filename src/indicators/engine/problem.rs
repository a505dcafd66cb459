//! The error of a formula that cannot be evaluated.

use polars::prelude::PolarsError;

use crate::error::Error;

/// Returns it with its cause.
pub(super) fn problem(cause: PolarsError) -> Error {
    Error::failed("cannot evaluate a formula").because(cause)
}
