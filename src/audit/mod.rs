//! The auditor: what can a reader of the public files work out?
//!
//! It reads what was written for the public, of one or several releases together: tables, `structure.csv`, `definitions.csv` and
//! the manifest. It shares no code with `protect`, so that a relation which is missing there is not missing here as well.
//!
//! - `release` and `structure` read the files.
//! - `names` and `relations` name each count by what it means, and write down every way in which counts add up.
//! - `bounds` propagates intervals, `eliminate` solves the sums, `tableau` and `search` look for tables that agree with
//!   everything published.
//! - `rule` states what must stay possible.
//! - `certificate` is what shows a verdict, and `check` adds it up again without any solver.

mod attack;
mod bounds;
mod certificate;
mod certificate_file;
mod check;
mod checked;
mod eliminate;
mod fraction;
mod modular;
mod names;
mod relations;
mod release;
mod report;
mod rule;
mod search;
mod structure;
mod system;
mod tableau;
#[cfg(test)]
mod tests;
mod write;

pub use checked::{CheckedAudit, check_certificates};
pub use report::{AuditReport, Verdicts, audit};
pub use write::CERTIFICATES;
