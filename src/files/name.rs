//! Names of files that texts from elsewhere may give.

use std::io::ErrorKind;
use std::path::{Component, Path};

use super::path::shown;
use super::read::exists;
use crate::error::{Error, Result};

/// Begins the names of all that is hidden alongside a target, which is the mark of what the program may remove there.
pub(super) const PREFIX: &str = ".tipstat-";

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

/// Refuses an output in a place of the program's own, which a later command would take for what a killed run left and move or
/// remove, and a name that the system has for no file: all the work would be in vain.
pub(super) fn refuse_unusable(target: &Path) -> Result<()> {
    let unusable = |why: &str, hint: &str| Err(Error::failed(why.to_owned()).at(shown(target)).hint(hint.to_owned()));
    if target.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(PREFIX.as_bytes())) {
        return unusable(
            "tipstat uses such names for work in progress, so nothing was written",
            "choose a name that does not begin with `.tipstat-`",
        );
    }
    // `folder/.` is `folder` for the library of paths, and for no rename.
    let ends_in_point = || {
        let path = target.as_os_str().as_encoded_bytes();
        let last = path.rsplit(|byte| std::path::is_separator(char::from(*byte))).find(|part| !part.is_empty());
        last == Some(b".") && path != b"."
    };
    if ends_in_point() {
        return unusable("an output cannot be named `.`, so nothing was written", "leave out the `/.` at the end");
    }
    if !is_allowed(target) {
        return unusable("the system allows no such name, so nothing was written", "choose a shorter name");
    }
    Ok(())
}

/// Returns whether the system could give a file this path. Folders that are missing are asked for where they would be made.
fn is_allowed(target: &Path) -> bool {
    let is_allowed = |path: &Path| {
        std::fs::symlink_metadata(path).err().is_none_or(|cause| cause.kind() != ErrorKind::InvalidFilename)
    };
    let start = target.ancestors().find(|folder| exists(folder)).unwrap_or(Path::new(""));
    let missing = target.strip_prefix(start).unwrap_or(target);
    is_allowed(target) && missing.components().all(|name| is_allowed(&start.join(name)))
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
    fn names_that_cannot_be_put_into_place_are_refused() {
        let long = "a".repeat(256);
        for path in [".tipstat-commit", "a/.tipstat-x-1-0/b", "a/.", "a/./", "./.", &long, &format!("a/{long}")] {
            assert!(refuse_unusable(Path::new(path)).is_err(), "{path}");
        }
        for path in ["store", ".tipstat", ".x.former", "../.hidden", "/", ".", "./a", "a./", "a/", &long[..255]] {
            assert!(refuse_unusable(Path::new(path)).is_ok(), "{path}");
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
