//! Record types and code lists in the forms that others read: JSON Schema, Frictionless Table Schema, a page of text.

mod content;
mod form;
mod json;
mod markdown;

pub use form::{ExportForm, export};
