//! What other programs may call: runs, releases and validators. Everything else may change with any version.

mod release;
mod run;
mod schemas;
mod validator;

pub use release::{Release, Table};
pub use run::{RecordCounts, Run};
pub use validator::{Validation, Validator};
