//! Published figures of many countries, from which tables of regions are made.
//!
//! A figure is public already: a cell of a release, with its bounds where it is suppressed, or a row of a
//! publisher's file. Nothing counted comes in here: a [`Cube`](crate::aggregate::Cube) has no way to a figure but through
//! `protect`.

mod adding;
mod additivity;
mod asking;
mod cells;
mod codes_in_use;
mod combine;
mod complete;
mod country;
mod cross;
mod derive;
mod divisions;
mod evidence;
mod figure;
mod figures;
mod finer;
mod known;
mod layout;
mod lower_bounds;
mod names;
mod open;
mod overlap;
mod package;
mod positions;
mod questions;
mod reconcile;
mod remainder;
mod report;
mod short_lists;
mod sources;
mod together;
mod totals;
mod wholes;
mod years;

pub use adding::Adding;
pub(crate) use combine::proper_parts;
pub use combine::{Combined, CombinedTables, Scheme, combine};
pub use figure::{Figure, Subject};
pub use figures::Figures;
pub use package::{Overlap, Package, Repeated};
pub use report::{NotAdditive, PassedOver, SourceRow};
pub(crate) use wholes::unlisted;
