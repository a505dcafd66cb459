//! Statistics on detected victims of trafficking in persons: validate, count, protect, publish.
//!
//! The modules are the stages of the production line, in the order in which the data pass them:
//! [`ingest`] → [`validate`] → [`store`] → [`aggregate`] → [`indicators`] → [`protect`] → [`disseminate`].
//! [`pipeline`] alone knows that order. Everything before [`protect`] is confidential, and nothing confidential
//! can be written by [`disseminate`]: it accepts only a [`protect::Protected`], which only `protect` can make. A
//! [`Confidential`] type can be neither serialised nor displayed.
//!
//! Detected victims measure detection by authorities and services; they do not measure prevalence.

pub mod aggregate;
mod confidential;
mod control;
pub mod disseminate;
pub mod error;
pub mod exchange;
pub mod files;
pub mod finding;
pub mod guard;
pub mod indicators;
pub mod infer;
pub mod ingest;
mod limits;
pub mod model;
pub mod pipeline;
pub mod protect;
pub mod schema;

pub mod store;
pub mod synthetic;
pub mod validate;

pub use confidential::Confidential;
pub use control::{Control, Event};
pub use error::{Error, Result, Verdict};
#[doc(hidden)]
pub use pipeline::fuzzing;
