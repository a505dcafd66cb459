//! What was wrong with the data, and where.
//!
//! A finding is counted exactly and sampled sparsely: a file in which every cell is wrong must neither fill
//! the memory nor the screen. Text is made only when a finding is printed.

mod place;
mod report;
mod rule;
mod shown;

pub use place::{Finding, Place};
pub use report::{Sample, Tally, Total};
pub use rule::{Rule, Severity};
pub use shown::ShownCell;
