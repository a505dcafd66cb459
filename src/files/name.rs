//! Names of files that texts from elsewhere may give.

use std::path::{Component, Path};

/// Begins the names of all that is hidden alongside a target.
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
