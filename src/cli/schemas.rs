//! The schemas of a run.

use std::path::{Path, PathBuf};

use tipstat::Result;
use tipstat::internals::error::visible;
use tipstat::internals::schema::{Override, Registry};

use super::common::CommonArgs;
use super::printer::Printer;

/// Returns the schemas of this run. Those of the user's folder that take the place of built-in ones are announced, also to who
/// has asked for quiet, because names such as that of the default policy mean something else then.
pub fn announced(common: &CommonArgs, printer: &Printer) -> Result<Registry> {
    of_folder(common.schemas.as_deref(), "`--schemas`", printer)
}

/// Returns the schemas of a run whose run file names a folder, and that folder. A flag stands before the run file.
pub fn configured(
    common: &CommonArgs,
    folder: Option<PathBuf>,
    printer: &Printer,
) -> Result<(Registry, Option<PathBuf>)> {
    match &common.schemas {
        Some(named) => Ok((announced(common, printer)?, Some(named.clone()))),
        None => Ok((of_folder(folder.as_deref(), "`schemas` of the run file", printer)?, folder)),
    }
}

/// Returns the schemas with a profile that is named by its file, and the name of the profile.
pub fn with_profile(registry: Registry, named: Option<String>) -> Result<(Registry, Option<String>)> {
    match named {
        Some(path) if Registry::is_path(&path) => {
            let (registry, name) = registry.with_profile(Path::new(&path))?;
            Ok((registry, Some(name)))
        }
        named => Ok((registry, named)),
    }
}

fn of_folder(folder: Option<&Path>, named_by: &str, printer: &Printer) -> Result<Registry> {
    let Some(folder) = folder else { return Ok(Registry::built_in()) };
    let registry = Registry::with_folder(folder.to_path_buf())?;
    let overrides = registry.overrides()?;
    if !overrides.is_empty() {
        printer.warn(&format!("{named_by} replaces built-in schemas: {}", named(&overrides)));
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
