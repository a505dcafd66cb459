//! Finds a schema file by kind and name: first in the user's folder, then among those in the program.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::kind::SchemaKind;
use crate::error::{Error, Result, suggest};
use crate::files;

#[derive(rust_embed::RustEmbed)]
#[folder = "schemas/"]
struct Embedded;

/// Names of the files of each kind without their endings, in the order of [`SchemaKind::ALL`].
type FileNames = [BTreeSet<String>; SchemaKind::ALL.len()];

/// Names of the schemas in the program.
static EMBEDDED: LazyLock<Arc<FileNames>> = LazyLock::new(|| {
    let mut names = FileNames::default();
    for path in Embedded::iter() {
        let kind =
            path.split_once('/').and_then(|(folder, _)| SchemaKind::ALL.iter().position(|k| k.folder() == folder));
        let name = path.split_once('/').and_then(|(_, file)| file.strip_suffix(".toml"));
        if let (Some(kind), Some(name)) = (kind, name) {
            names[kind].insert(name.to_owned());
        }
    }
    Arc::new(names)
});

/// The schemas of this run. A file in the user's folder hides the built-in one of the same name.
///
/// The user's folder is listed once, when the registry is made. To list it for each schema by name takes time that grows
/// with the square of the files: 2,000 tables took 10 s.
#[derive(Clone, Debug)]
pub struct Registry {
    folder: Option<PathBuf>,
    names: Arc<FileNames>,
    /// A profile that is named by its file, and the name that it gets by that.
    profile: Option<(String, PathBuf)>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Registry {
    /// The schemas that are part of the program.
    pub fn built_in() -> Self {
        Self { folder: None, names: Arc::clone(&EMBEDDED), profile: None }
    }

    /// The built-in schemas, and a user's own folder laid over them.
    pub fn with_folder(folder: PathBuf) -> Result<Self> {
        if !files::is_folder(&folder) {
            return Err(Error::failed("there is no such folder of schemas")
                .at(files::shown(&folder))
                .hint("`--schemas`, or `schemas` of a run file, names a folder with `profiles/NAME.toml` and the like")
                .hint("`tipstat start FILE` drafts one from your file"));
        }
        let mut names = FileNames::clone(&EMBEDDED);
        for (kind, names) in SchemaKind::ALL.iter().zip(&mut names) {
            let folder = folder.join(kind.folder());
            if files::is_folder(&folder) {
                let listed = files::list(&folder)?;
                names.extend(
                    listed.iter().filter_map(|path| Some(files::slashed(path).strip_suffix(".toml")?.to_owned())),
                );
            }
        }
        Ok(Self { folder: Some(folder), names: Arc::new(names), profile: None })
    }

    /// Returns whether a profile is named by its file and not by its name.
    pub fn is_path(named: &str) -> bool {
        named.contains(['/', '\\']) || named.ends_with(".toml")
    }

    /// Adds the profile of a file. Returns its name, which is that of the file.
    ///
    /// # Errors
    /// There is no such file, or its name is that of a built-in profile or of one in the user's folder.
    pub fn with_profile(mut self, file: &Path) -> Result<(Self, String)> {
        if !files::exists(file) || files::is_folder(file) {
            return Err(Error::failed("there is no such profile")
                .at(files::shown(file))
                .hint(
                    "a name without `/` and `.toml` is looked for among the built-in profiles and those of `--schemas`",
                )
                .hint("`tipstat start FILE` drafts a profile from your file"));
        }
        files::refuse_unending(file)?;
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let profiles = SchemaKind::Profiles as usize;
        let is_same = self.folder.as_ref().is_some_and(|folder| {
            files::resolved(&folder.join("profiles").join(format!("{name}.toml"))) == files::resolved(file)
        });
        if self.names[profiles].contains(&name) && !is_same {
            return Err(Error::failed(format!("there is another profile of the name `{name}`"))
                .at(files::shown(file))
                .hint("rename the file"));
        }
        let mut names = FileNames::clone(&self.names);
        names[profiles].insert(name.clone());
        self.names = Arc::new(names);
        self.profile = Some((name.clone(), file.to_path_buf()));
        Ok((self, name))
    }

    /// Returns where a profile is, for messages.
    pub(super) fn place_of_profile(&self, name: &str) -> String {
        match &self.profile {
            Some((known, path)) if known == name => files::shown(path),
            _ => format!("profiles/{name}.toml"),
        }
    }

    /// Names of the files of one kind without their endings, sorted.
    pub fn names(&self, kind: SchemaKind) -> Result<Vec<String>> {
        #[cfg(test)]
        tests::count(self.names[kind as usize].len());
        Ok(self.names[kind as usize].iter().cloned().collect())
    }

    /// The text of `<kind>/<file>`, where it exists.
    pub(crate) fn read(&self, kind: SchemaKind, file: &str) -> Result<Option<String>> {
        let text = |data: Vec<u8>| {
            String::from_utf8(data).unwrap_or_else(|data| String::from_utf8_lossy(data.as_bytes()).into_owned())
        };
        Ok(self.read_bytes(kind, file)?.map(|found| text(found.into_owned())))
    }

    fn read_bytes(&self, kind: SchemaKind, file: &str) -> Result<Option<Cow<'static, [u8]>>> {
        #[cfg(test)]
        tests::count(1);
        let of_user = |path: &Path| files::read_text(path).map(|text| Some(text.into_bytes().into()));
        if let Some((name, path)) = &self.profile
            && kind == SchemaKind::Profiles
            && file.strip_suffix(".toml") == Some(name)
        {
            return of_user(path);
        }
        if let Some(folder) = &self.folder {
            let path = folder.join(kind.folder()).join(file);
            if files::exists(&path) {
                files::refuse_unending(&path)?;
                return of_user(&path);
            }
        }
        Ok(Embedded::get(&format!("{}/{file}", kind.folder())).map(|found| found.data))
    }

    /// Finds the full name of a schema; without a version the newest one is meant.
    pub(crate) fn resolve(&self, kind: SchemaKind, name: &str) -> Result<String> {
        let names = &self.names[kind as usize];
        if names.contains(name) {
            return Ok(name.to_owned());
        }
        // Versions of one schema are next to each other.
        let start = format!("{name}@");
        let versions = names.range::<str, _>((Bound::Included(start.as_str()), Bound::Unbounded));
        let newest = versions
            .take_while(|known| known.starts_with(&start) && !name.contains('@'))
            .max_by_key(|known| known[start.len()..].parse::<u32>().unwrap_or(0));
        match newest {
            Some(known) => Ok(known.clone()),
            None => {
                let known: Vec<_> = names.iter().map(String::as_str).collect();
                let error = Error::failed(format!("there is no {} `{name}`", kind.noun()));
                Err(self.with_places(error.hint(suggest(name, &known)), kind, name))
            }
        }
    }

    /// Names the places that were looked at, and the way to another one.
    fn with_places(&self, error: Error, kind: SchemaKind, name: &str) -> Error {
        let built_in = "the schemas in the program";
        let places = match &self.folder {
            Some(folder) => format!("{built_in}, and {}", files::shown(&folder.join(kind.folder()))),
            None => built_in.to_owned(),
        };
        let error = error.with("looked in", places);
        match (kind, &self.folder) {
            (SchemaKind::Profiles, _) if Self::is_path(name) => error.hint(
                "a run file names a profile by its name, and the folder with `profiles/NAME.toml` by `schemas = \"DIR\"`",
            ),
            (SchemaKind::Profiles, _) => error
                .hint("a profile in a file is named by its path: `--profile ./NAME.toml`")
                .hint("`tipstat start FILE` drafts a profile from your file"),
            _ => {
                let command = match kind {
                    SchemaKind::Policies => "policy",
                    SchemaKind::Indicators => "indicator",
                    _ => "schema",
                };
                error
                    .hint(format!("a folder with `{}/NAME.toml` is named by `--schemas DIR`", kind.folder()))
                    .hint(format!("`tipstat {command} list` names them all"))
            }
        }
    }

    /// Returns a schema with its table: its full name, its text, and the table with its place for messages.
    pub(super) fn with_table(&self, kind: SchemaKind, name: &str) -> Result<(String, String, String, String)> {
        let (name, text) = self.text(kind, name)?;
        let place = format!("{}/{name}.csv", kind.folder());
        let table = self.read(kind, &format!("{name}.csv"))?.ok_or_else(|| {
            Error::refused("schema/check", format!("the {} has no table next to it", kind.noun())).at(&*place)
        })?;
        Ok((name, text, table, place))
    }

    /// The text of a schema that must exist, with its full name.
    pub(crate) fn text(&self, kind: SchemaKind, name: &str) -> Result<(String, String)> {
        let name = self.resolve(kind, name)?;
        let text = self.read(kind, &format!("{name}.toml"))?;
        Ok((name.clone(), text.ok_or_else(|| Error::failed(format!("cannot read the {} `{name}`", kind.noun())))?))
    }

    /// The files of a schema, name and text, for a reader.
    pub fn source(&self, kind: SchemaKind, name: &str) -> Result<Vec<(String, String)>> {
        let name = self.resolve(kind, name)?;
        let mut files = Vec::new();
        for ending in ["toml", "csv"] {
            let file = format!("{name}.{ending}");
            if let Some(text) = self.read(kind, &file)? {
                files.push((format!("{}/{file}", kind.folder()), text));
            }
        }
        Ok(files)
    }

    /// The files of the user's folder that take the place of built-in ones: files of the same name with another text, and
    /// other versions, because a name without a version means the newest.
    pub fn overrides(&self) -> Result<Vec<Override>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        fn id(file: &str) -> &str {
            file.split_once('@').map_or(file, |(id, _)| id)
        }
        let mut found = Vec::new();
        for kind in SchemaKind::ALL {
            let place = folder.join(kind.folder());
            if !files::is_folder(&place) {
                continue;
            }
            let start = format!("{}/", kind.folder());
            let built_in: BTreeSet<String> =
                Embedded::iter().filter_map(|path| path.strip_prefix(&start).map(str::to_owned)).collect();
            let ids: BTreeSet<&str> = built_in.iter().map(|file| id(file)).collect();
            for name in files::list(&place)?.iter().map(|path| files::slashed(path)) {
                let is_schema = [".toml", ".csv"].iter().any(|ending| name.ends_with(ending));
                let is_other_version = name.contains('@') && ids.contains(id(&name));
                if !is_schema || !(is_other_version || built_in.contains(&name)) {
                    continue;
                }
                files::refuse_unending(&place.join(&name))?;
                let text = plain(files::read_text(&place.join(&name))?.into_bytes().into());
                let known = Embedded::get(&format!("{start}{name}")).map(|file| plain(file.data));
                if known.as_ref() != Some(&text) {
                    found.push(Override { path: format!("{start}{name}"), blake3: files::digest_of(&text) });
                }
            }
        }
        Ok(found)
    }

    /// One digest over every schema that this run can see, for the manifest.
    pub fn digest(&self) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for kind in SchemaKind::ALL {
            for name in self.names(kind)? {
                for ending in ["toml", "csv"] {
                    let file = format!("{name}.{ending}");
                    if let Some(text) = self.read_bytes(kind, &file)? {
                        let text = plain(text);
                        let path = format!("{}/{file}", kind.folder());
                        hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes());
                        hasher.update(&(text.len() as u64).to_le_bytes()).update(&text);
                    }
                }
            }
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

/// A text with line ends of one kind: a checkout with others is the same schema.
fn plain(text: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    if !text.contains(&b'\r') {
        return text;
    }
    String::from_utf8_lossy(&text).replace("\r\n", "\n").into_bytes().into()
}

/// A file of schemas that takes the place of a built-in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its name in the folder of schemas, such as `policies/default.toml`.
    pub path: String,
    /// The BLAKE3 digest of its text.
    pub blake3: String,
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::schema::{Pack, check};

    thread_local! { static LOOKED_AT: Cell<usize> = const { Cell::new(0) } }

    /// Counts names that were listed and files that were read.
    pub(super) fn count(more: usize) {
        LOOKED_AT.set(LOOKED_AT.get() + more);
    }

    /// A folder with so many copies of a built-in schema of each kind.
    fn copies(kinds: &[(SchemaKind, &str)], count: usize) -> (tempfile::TempDir, Registry) {
        let folder = tempfile::tempdir().unwrap();
        for (kind, name) in kinds {
            let inside = folder.path().join(kind.folder());
            std::fs::create_dir(&inside).unwrap();
            for (file, text) in Registry::built_in().source(*kind, name).unwrap() {
                let ending = file.rsplit('.').next().unwrap();
                let id = name.split('@').next().unwrap();
                for number in 0..count {
                    let other = match kind {
                        SchemaKind::Crosswalks => format!("OWN{number}--{}", id.split_once("--").unwrap().1),
                        SchemaKind::Packs => ["A", "B", "C", "D"][number / 26 % 4].to_owned() + &format!("{number:02}"),
                        _ => format!("own-{number}"),
                    };
                    let text = text.replace(&format!("\"{id}\""), &format!("\"{other}\""));
                    let version = name.split_once('@').map(|(_, version)| format!("@{version}")).unwrap_or_default();
                    std::fs::write(inside.join(format!("{other}{version}.{ending}")), text).unwrap();
                }
            }
        }
        let registry = Registry::with_folder(folder.path().to_path_buf()).unwrap();
        (folder, registry)
    }

    /// Twice the files are twice the work: what is looked at grows by the same number from 8 to 16 files as to 24.
    #[test]
    fn work_grows_with_the_files_and_not_with_their_square() {
        let kinds = [
            (SchemaKind::Indicators, "victims-by-form"),
            (SchemaKind::Codelists, "CL_SEX@1"),
            (SchemaKind::Crosswalks, "M49--CL_AREA"),
            (SchemaKind::Profiles, "ctdc-kanon"),
            (SchemaKind::Packs, "GBR"),
        ];
        for schema in kinds {
            let looked_at = |count: usize| {
                let (_folder, registry) = copies(&[schema], count);
                LOOKED_AT.set(0);
                if schema.0 == SchemaKind::Packs {
                    assert!(Pack::load_all(&registry).unwrap().len() >= count);
                } else {
                    let tables = registry.names(SchemaKind::Indicators).unwrap();
                    tables
                        .iter()
                        .for_each(|name| assert_eq!(registry.text(SchemaKind::Indicators, name).unwrap().0, *name));
                    assert!(check(&registry).unwrap() + tables.len() >= count);
                }
                registry.digest().unwrap();
                LOOKED_AT.get()
            };
            let [few, more, many] = [8, 16, 24].map(looked_at);
            assert!(more - few >= 8, "{schema:?}: the copies were not looked at");
            assert_eq!(more - few, many - more, "{schema:?}: {few}, {more}, {many}");
        }
    }

    #[test]
    fn a_name_without_a_version_means_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("codelists");
        std::fs::create_dir(&inside).unwrap();
        for name in ["CL_OWN@2", "CL_OWN@10", "CL_OWN_OTHER@11", "CL_OWNER@12"] {
            std::fs::write(inside.join(format!("{name}.toml")), b"").unwrap();
        }
        let registry = Registry::with_folder(folder.path().to_path_buf()).unwrap();
        assert_eq!(registry.resolve(SchemaKind::Codelists, "CL_OWN").unwrap(), "CL_OWN@10");
        assert_eq!(registry.resolve(SchemaKind::Codelists, "CL_OWN@2").unwrap(), "CL_OWN@2");
        assert!(registry.resolve(SchemaKind::Codelists, "CL_OW").is_err());
        assert!(registry.resolve(SchemaKind::Codelists, "CL_OWN@").is_err());
    }
}
