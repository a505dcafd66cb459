//! The schemas that a program uses.

use std::path::Path;

use crate::error::Result;
use crate::schema::{Registry, load_rules};

/// Loads the built-in schemas, with those of a folder before them, and the rules of their record types.
pub(super) fn registry(folder: Option<&Path>) -> Result<Registry> {
    let registry = match folder {
        Some(folder) => Registry::with_folder(folder.to_path_buf())?,
        None => Registry::built_in(),
    };
    load_rules(&registry)?;
    Ok(registry)
}
