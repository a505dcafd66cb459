//! `report.html`: the main tables in one file that opens without a network.
//!
//! Main figures and a citation come first, then the tables in the order of UNODC's Global Report, and the method last.

mod cell;
mod chart;
mod notes;
mod order;
mod page;
mod section;
mod sentences;
mod text;
mod view;

pub(super) use page::html;
