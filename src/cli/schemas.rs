//! The schemas of a run.

use tipstat::Result;
use tipstat::internals::error::visible;
use tipstat::internals::schema::Registry;

use super::common::CommonArgs;
use super::printer::Printer;

/// The schemas of this run.
pub fn registry(common: &CommonArgs) -> Result<Registry> {
    match &common.schemas {
        Some(folder) => Registry::with_folder(folder.clone()),
        None => Ok(Registry::built_in()),
    }
}

/// The schemas of this run. Those of the user's folder that take the place of built-in ones are announced, because names such
/// as that of the default policy mean something else then.
pub fn announced(common: &CommonArgs, printer: &Printer) -> Result<Registry> {
    const NAMED: usize = 5;
    let registry = registry(common)?;
    let overrides = registry.overrides()?;
    if !overrides.is_empty() {
        let names: Vec<_> = overrides.iter().take(NAMED).map(|of| visible(&of.path)).collect();
        let more = overrides.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        printer.note(&format!("warning: `--schemas` replaces built-in schemas: {}{more}", names.join(", ")));
    }
    Ok(registry)
}
