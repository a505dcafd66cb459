//! Names of files that texts from elsewhere may give.

use std::ffi::OsStr;
use std::path::{Component, Path};

use super::path::shown;
use crate::error::{Error, Result};

/// Begins the names of all that is hidden alongside a target.
pub(super) const PREFIX: &str = ".tipstat-";

/// Ends the name of a previous output that was renamed aside; in a commit, the folder for all of them,
/// so that no output has that name.
pub(super) const FORMER: &str = ".former";

/// Names that Windows gives to devices, whatever follows after a point.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Returns whether a text can name a file on every system, and leads nowhere else: letters, digits, `_`, `-` and single points
/// between them, and no name of a device.
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-".contains(c);
    // File systems allow 255 bytes. Endings and the names of stages need some of them.
    text.len() <= 150
        && !text.starts_with('-')
        && text.split('.').all(|part| !part.is_empty() && part.chars().all(plain))
        && !is_device(text)
}

/// Returns whether Windows takes a name for a device.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |stem: &str| {
        let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
        number.is_some_and(|number| ["1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"].contains(&number))
    };
    DEVICES.contains(&stem.as_str()) || numbered(&stem)
}

/// Refuses an output in a place of the program's own: a later command would take it for what a killed
/// run left, and move or remove it.
pub(super) fn refuse_reserved(target: &Path) -> Result<()> {
    if !target.components().any(|part| is_reserved(part.as_os_str())) {
        return Ok(());
    }
    Err(Error::failed("tipstat uses such names for work in progress, so nothing was written")
        .at(shown(target))
        .hint("choose a name that does not begin with `.tipstat-` and does not end with `.former`"))
}

fn is_reserved(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(PREFIX.as_bytes()) || name.starts_with(b".") && name.ends_with(FORMER.as_bytes())
}

/// Returns whether a relative path with `/` stays in its folder, on every system.
pub(super) fn stays_below(path: &str) -> bool {
    let is_plain = |part: &str| {
        // What another system takes for a separator, a drive or a stream of a file.
        let is_normal = Path::new(part).components().eq([Component::Normal(part.as_ref())]);
        is_normal && !part.contains(['\\', ':', '\0'])
    };
    path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_work_in_progress_are_reserved() {
        for path in [".tipstat-commit", "a/.tipstat-x-1-0/b", ".x.former", ".former", "a/.x.former/b"] {
            assert!(refuse_reserved(Path::new(path)).is_err(), "{path}");
        }
        for path in ["store", ".tipstat", "a/x.former", "../.hidden", "/", "tipstat-commit"] {
            assert!(refuse_reserved(Path::new(path)).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_name_leads_nowhere_else_on_any_system() {
        for name in ["victims-by-form", "víctimas_2", "a.b", "console", "com", "com10", "受害者"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(151);
        for name in [
            "", ".", "..", "../a", "a/b", "a\\b", "c:a", "a.", ".a", "a..b", "a b", "-a", "NUL", "con.csv", "Com1",
            "lpt².x", "a\n", "a*", &long,
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(stays_below("tables/a.parquet") && stays_below("base.parquet") && stays_below(".former"));
        for path in ["", "/a", "a//b", "a/", "tables/../../a", "..", "a/./b", "tables/..\\a", "c:a", "a:stream"] {
            assert!(!stays_below(path), "{path:?}");
        }
    }
}
