//! Names with `*`, `?` and `[...]`, and the files that they mean. A name need not be text: on Unix it is bytes.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{exists, failure, is_folder, is_stage, is_within};
use crate::error::{Error, Result};

/// A name of files as a user writes it, relative to a folder.
pub struct FilePattern {
    written: PathBuf,
    /// The folder, and the part of the name before the first wildcard.
    fixed: PathBuf,
    /// The rest; nothing where the name has no wildcard.
    steps: Vec<PatternStep>,
}

enum PatternStep {
    Name(OsString),
    /// Entries of one folder.
    Any(glob::Pattern),
    /// Any number of folders: `**`.
    Deep,
}

impl FilePattern {
    /// Reads a name. A file that exists bears its name, whatever characters are in it.
    ///
    /// # Errors
    /// The name has wildcards that cannot be understood.
    pub fn new(folder: &Path, written: &Path) -> Result<Self> {
        let plain = folder.join(written);
        let mut pattern = Self { written: written.to_path_buf(), fixed: plain.clone(), steps: Vec::new() };
        if !has_wildcard(written.as_os_str()) || exists(&plain) {
            return Ok(pattern);
        }
        pattern.fixed = folder.to_path_buf();
        for part in written.components() {
            let name = part.as_os_str();
            // The `?` of `\\?\C:\` is none.
            let is_named = matches!(part, Component::Normal(_));
            let is_fixed = pattern.steps.is_empty() && !(is_named && has_wildcard(name));
            if is_fixed {
                pattern.fixed.push(name);
            } else if name == "**" {
                pattern.steps.push(PatternStep::Deep);
            } else if has_wildcard(name) {
                let known = glob::Pattern::new(&name.to_string_lossy());
                pattern.steps.push(PatternStep::Any(known.map_err(|cause| {
                    Error::failed("the pattern of files cannot be understood").at(super::shown(written)).because(cause)
                })?));
            } else {
                pattern.steps.push(PatternStep::Name(name.to_owned()));
            }
        }
        Ok(pattern)
    }

    /// Returns the folder that is looked at before anything else is, or the file where there is no wildcard.
    pub fn fixed(&self) -> &Path {
        &self.fixed
    }

    /// Returns whether a wildcard is followed by a way up, so that the fixed part does not say what is looked at.
    pub fn climbs(&self) -> bool {
        let mut rest = self.written.components().skip_while(|part| !has_wildcard(part.as_os_str()));
        !self.steps.is_empty() && rest.any(|part| part == Component::ParentDir)
    }

    /// Returns the files and folders of this name, in the order of their names. With `within`, no folder is entered that is
    /// outside of that one, as a link may be.
    ///
    /// # Errors
    /// There is none, one is a pipe or a device, or a folder cannot be listed.
    pub fn find(&self, within: Option<&Path>, wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
        if self.steps.is_empty() {
            return Ok(vec![self.fixed.clone()]);
        }
        let mut walk = FolderWalk { within, found: Vec::new() };
        walk.at(&self.fixed, &self.steps)?;
        let mut found = walk.found;
        found.retain(|path| wanted(path));
        // Who names a pipe means it. One that is merely in the folder is waited for without end.
        found.iter().try_for_each(|path| super::refuse_unending(path))?;
        found.sort();
        found.dedup();
        if found.is_empty() {
            return Err(Error::failed("no file matches the pattern")
                .at(super::shown(&self.written))
                .hint("patterns are relative to the run file, or to this folder"));
        }
        Ok(found)
    }
}

fn has_wildcard(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}

struct FolderWalk<'a> {
    within: Option<&'a Path>,
    found: Vec<PathBuf>,
}

impl FolderWalk<'_> {
    fn at(&mut self, place: &Path, steps: &[PatternStep]) -> Result<()> {
        let Some((step, rest)) = steps.split_first() else {
            self.found.push(place.to_path_buf());
            return Ok(());
        };
        match step {
            PatternStep::Name(name) => self.enter(place.join(name), rest),
            PatternStep::Any(pattern) => entries(place)?
                .into_iter()
                .filter(|name| pattern.matches(&name.to_string_lossy()))
                .try_for_each(|name| self.enter(place.join(name), rest)),
            PatternStep::Deep => {
                if !rest.is_empty() {
                    self.at(place, rest)?;
                }
                for name in entries(place)? {
                    let path = place.join(name);
                    if rest.is_empty() {
                        self.found.push(path.clone());
                    }
                    // A link may lead to where it is.
                    if is_folder(&path) && !path.is_symlink() {
                        self.at(&path, steps)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn enter(&mut self, path: PathBuf, rest: &[PatternStep]) -> Result<()> {
        if rest.is_empty() {
            if exists(&path) {
                self.found.push(path);
            }
            return Ok(());
        }
        let may_enter = self.within.is_none_or(|folder| !path.is_symlink() || is_within(&path, folder));
        if may_enter && is_folder(&path) { self.at(&path, rest) } else { Ok(()) }
    }
}

/// The names in a folder; none where there is no such folder. What the program itself is writing is left out.
fn entries(folder: &Path) -> Result<Vec<OsString>> {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    if !is_folder(folder) {
        return Ok(Vec::new());
    }
    let names = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<std::io::Result<Vec<_>>>()
    });
    let names = names.map_err(|cause| failure("list the folder", folder, cause))?;
    Ok(names.into_iter().filter(|name| !is_stage(name.as_ref())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path, pattern: &str) -> Vec<String> {
        let found =
            FilePattern::new(folder, Path::new(pattern)).unwrap().find(None, |path| !path.is_dir()).unwrap_or_default();
        found.iter().map(|path| crate::files::slashed(path.strip_prefix(folder).unwrap())).collect()
    }

    #[test]
    fn patterns_name_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.txt", "x/d.csv", "x/y/e.csv", "[1].csv", ".tipstat-1/f.csv"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = |pattern| found(folder.path(), pattern);
        assert_eq!(found("*.csv"), ["[1].csv", "a.csv", "b.csv"]);
        assert_eq!(found("[ab].csv"), ["a.csv", "b.csv"]);
        assert_eq!(found("[1].csv"), ["[1].csv"], "a name that exists is no pattern");
        assert_eq!(found("?.csv"), ["a.csv", "b.csv"]);
        assert_eq!(found("*/*.csv"), ["x/d.csv"]);
        assert_eq!(found("x/**/*.csv"), ["x/d.csv", "x/y/e.csv"]);
        assert_eq!(found("**/*.csv"), ["[1].csv", "a.csv", "b.csv", "x/d.csv", "x/y/e.csv"]);
        assert_eq!(found("x/**"), ["x/d.csv", "x/y/e.csv"]);
        assert_eq!(found("x/../*.txt"), ["x/../c.txt"]);
        assert!(found("nothing/*.csv").is_empty() && found("*/no.csv").is_empty());
    }

    #[test]
    fn the_fixed_part_is_known_before_any_folder_is_listed() {
        let pattern = |text: &str| FilePattern::new(Path::new("in"), Path::new(text)).unwrap();
        assert_eq!(pattern("../../**/*.csv").fixed(), Path::new("in/../.."));
        assert_eq!(pattern("/**/*.x").fixed(), Path::new("/"));
        assert_eq!(pattern("a/b*/c").fixed(), Path::new("in/a"));
        assert!(pattern("*/../../x*").climbs() && !pattern("../x*").climbs() && !pattern("a").climbs());
        assert!(FilePattern::new(Path::new(""), Path::new("a[")).is_err());
    }
}
