//! Formulas over counts, some known by their bounds only, evaluated by polars: the only room that knows it.
//!
//! Every cell that a formula names becomes three columns next to the row's own (`leaf`). Where a figure of a region must rest
//! on the same countries above and below the line, the columns of the countries are added up anew (`gather`). The rest is
//! arithmetic on columns (`interval`). The last plan ends with a sort, because a join promises no
//! order.

mod average;
mod codes;
mod evaluate;
mod fill;
mod frame;
mod gather;
mod interval;
mod layout;
mod leaf;
mod names;
mod panels;
mod plain;
mod population;
mod problem;
mod targets;

pub use evaluate::evaluate;

#[cfg(test)]
mod tests;
