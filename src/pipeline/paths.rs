//! Which files a name or a pattern means.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::files::{self, FilePattern};

/// Returns whether a path is not one of a folder.
pub(super) fn is_file(path: &Path) -> bool {
    !files::is_folder(path)
}

/// The files that a name or pattern means, relative to this folder, in the order of their names.
///
/// Shells of Windows hand patterns to the program as they were typed.
pub fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    FilePattern::new(Path::new(""), pattern)?.find(None, is_file)
}

/// The files and folders that a pattern names, in the order of their names, where the shell leaves patterns as they are.
pub fn places(pattern: &Path) -> Result<Vec<PathBuf>> {
    FilePattern::new(Path::new(""), pattern)?.find(None, |_| true)
}

/// Returns whether a scheme or an edition is named by its file and not by its name.
pub(super) fn is_table(named: &Path) -> bool {
    named.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}
