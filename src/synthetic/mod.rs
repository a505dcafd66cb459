//! Made-up records for trials, benches and the sample, from a model that is data.
//!
//! The same model, seed and number give the same bytes on every machine: draws are integers from a cipher stream whose
//! output is part of its definition.

mod drawing;
mod draws;
mod generate;
mod layout;
mod model;

pub use generate::{GenerateRequest, generate};
pub use model::Model;
