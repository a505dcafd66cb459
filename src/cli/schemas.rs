//! The schemas of a run.

use tipstat::Result;
use tipstat::internals::error::visible;
use tipstat::internals::schema::{Override, Registry};

use super::common::CommonArgs;
use super::printer::Printer;

/// Returns the schemas of this run. Those of the user's folder that take the place of built-in ones are announced, also to who
/// has asked for quiet, because names such as that of the default policy mean something else then.
pub fn announced(common: &CommonArgs, printer: &Printer) -> Result<Registry> {
    let registry = match &common.schemas {
        Some(folder) => Registry::with_folder(folder.clone())?,
        None => return Ok(Registry::built_in()),
    };
    let overrides = registry.overrides()?;
    if !overrides.is_empty() {
        printer.warn(&format!("`--schemas` replaces built-in schemas: {}", named(&overrides)));
    }
    Ok(registry)
}

/// Names the first files that take the place of built-in ones, and how many more there are.
pub fn named(overrides: &[Override]) -> String {
    const NAMED: usize = 5;
    let names: Vec<_> = overrides.iter().take(NAMED).map(|schema| visible(&schema.path)).collect();
    let more = overrides.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    names.join(", ") + &more
}
