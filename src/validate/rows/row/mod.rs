//! One record after another, in the same place.

mod declaration;
mod groups;
mod person;
mod read;
mod rules;
mod sources;
mod state;
mod zeros;

pub(super) use person::{person, place};
pub(super) use rules::CellRules;
pub(super) use sources::{parts, tidy};
pub(super) use state::Row;
