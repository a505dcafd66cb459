//! Turns case records of detected trafficking victims into tables that are safe to publish.
//!
//! Most users run the program `tipstat`. This library does the same from Rust. Start with one of three types:
//!
//! - [`Run`] reads a run file and makes a [`Release`]: records are validated, coded, counted and protected, and the tables
//!   are attacked before they are written.
//! - [`Release`] is such a folder, from this office or another. It is compared with its digests, and each [`Table`] is an
//!   Arrow record batch.
//! - [`Validator`] checks records from any [`Read`](std::io::Read), and writes nothing.
//!
//! Bad records are findings. An [`Error`] means that the work could not be carried out or is refused, and says what to do
//! next. Everything before protection is confidential: no type of this page holds a record or an exact count of a table.
//!
//! Detected victims measure detection by authorities and services. They do not measure prevalence.
//!
//! # From records to a release
//!
//! ```
//! use std::error::Error;
//!
//! fn main() -> Result<(), Box<dyn Error>> {
//!     let folder = tempfile::tempdir()?;
//!     let folder = folder.path();
//!     let records = "area,year,sex,age,form\n".to_owned() + &"KHM,2023,F,15,FG_SEXUAL\n".repeat(12);
//!     std::fs::write(folder.join("records.csv"), records)?;
//!     std::fs::write(
//!         folder.join("tipstat.toml"),
//!         r#"
//!             [release]
//!             id = "khm-2023"
//!             title = "Detected victims, 2023"
//!
//!             [[input]]
//!             path = "records.csv"
//!             schema = "victim"
//!
//!             [tables]
//!             packs = ["victims-detected"]
//!         "#,
//!     )?;
//!     let release = tipstat::Run::read(folder.join("tipstat.toml"))?.into_folder(folder.join("out")).execute()?;
//!     let table = release.table("victims-detected").ok_or("no such table")?.to_arrow()?;
//!     println!("{}: {} observations", release.title(), table.num_rows());
//!     Ok(())
//! }
//! ```
//!
//! # Is this file of records valid?
//!
//! ```
//! use tipstat::Validator;
//!
//! fn main() -> tipstat::Result<()> {
//!     let file = "area,year,sex,age,form\nKHM,2023,F,15,FG_SEXUAL\nKHM,2023,female?,15,FG_SEXUAL\n";
//!     let checked = Validator::for_schema("victim").validate("records.csv", file.as_bytes())?;
//!     for finding in checked.findings() {
//!         println!("{} times, first in line {:?}: {}", finding.count, finding.lines.first(), finding.title);
//!     }
//!     assert!(!checked.is_clean());
//!     Ok(())
//! }
//! ```
//!
//! # Features
//!
//! - `cli` (default): the program `tipstat`. A library needs none of its dependencies.
//! - `polars` (default): the engine of formulas. Without it no release can be made, and records can be validated.

mod aggregate;
mod audit;
mod confidential;
mod control;
mod disseminate;
mod error;
mod exchange;
mod files;
mod finding;
mod guard;
mod indicators;
mod infer;
mod ingest;
mod library;
mod limits;
mod model;
mod pipeline;
mod protect;
mod schema;
mod store;
mod synthetic;
mod validate;

pub use arrow;

pub use control::{Control, Event};
pub use error::{Error, Result, Verdict};
pub use library::{RecordCounts, Release, Run, Table, Validation, Validator};
pub use pipeline::FindingReport;
#[doc(hidden)]
pub use pipeline::fuzzing;

/// The rooms, for the program, its tests and its benches. They may change with any version.
#[doc(hidden)]
pub mod internals {
    macro_rules! rooms {
        ($($room:ident),+) => { $(pub mod $room { pub use crate::$room::*; })+ };
    }

    rooms!(
        aggregate,
        audit,
        disseminate,
        error,
        exchange,
        files,
        finding,
        guard,
        indicators,
        infer,
        ingest,
        model,
        pipeline,
        protect,
        schema,
        store,
        synthetic,
        validate
    );

    pub use crate::confidential::Confidential;
}
