//! Drafting a profile, and a country pack, from a file.
//!
//! A draft is read and corrected by a person before it is used. What is certain stands in it as a line; what is guessed
//! stands in it as a comment. A text of the file is named only where many records share it, in a column that has few
//! different texts, belongs to a field with codes, and does not look like a direct identifier.

mod codes;
mod column;
mod draft;
mod figures;
mod flags;
mod groups;
mod headings;
mod pack;
mod profile;
mod profile_head;
mod sample;
mod start;
mod study;
mod text;
mod words;

pub use draft::{CountryDraft, SchemaDrafts, infer};
pub use start::{StartDrafts, StartRequest, StartedFile, StartedLayout, profile_name, start};
pub use study::{Active, DRAFT, Inquiry};
pub use text::{DraftedFile, Need, Question};
