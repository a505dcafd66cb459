//! Protected tables become files. Nothing else can: every function here takes a [`Protected`](crate::protect::Protected).

mod about;
mod csv;
mod definitions;
mod derivation;
mod labels;
mod package;
mod panels;
mod parquet;
mod read;
mod report;
mod rounding;
mod sdmx;
mod sources;
mod structure;
mod table;
mod write;

pub use about::{About, FieldLegibility, Incomparable};
pub use read::{PublishedRow, SourceYears, read, read_batch, read_csv, read_not_additive, read_sources};
pub use sources::{not_additive, sources};
pub use write::write;
