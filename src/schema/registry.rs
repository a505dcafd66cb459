//! Finds a schema file by kind and name: first in the user's folder, then among those in the program.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::error::{Error, Result, suggest};
use crate::files;

#[derive(rust_embed::RustEmbed)]
#[folder = "schemas/"]
struct Embedded;

/// The folders of `schemas/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Record types.
    Records,
    /// Code lists.
    Codelists,
    /// Code-to-code maps.
    Crosswalks,
    /// Publishers' layouts.
    Profiles,
    /// Countries' own lists.
    Packs,
    /// Region schemes.
    Regions,
    /// Populations and other denominators.
    Reference,
    /// Tables.
    Indicators,
    /// Disclosure rules.
    Policies,
    /// Models of synthetic records.
    Synthetic,
}

impl Kind {
    /// All kinds, in the order of the folders.
    pub const ALL: [Self; 10] = [
        Self::Records,
        Self::Codelists,
        Self::Crosswalks,
        Self::Profiles,
        Self::Packs,
        Self::Regions,
        Self::Reference,
        Self::Indicators,
        Self::Policies,
        Self::Synthetic,
    ];

    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Codelists => "codelists",
            Self::Crosswalks => "crosswalks",
            Self::Profiles => "profiles",
            Self::Packs => "packs",
            Self::Regions => "regions",
            Self::Reference => "reference",
            Self::Indicators => "indicators",
            Self::Policies => "policies",
            Self::Synthetic => "synthetic",
        }
    }

    /// What one file of the folder is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Records => "record type",
            Self::Codelists => "code list",
            Self::Crosswalks => "crosswalk",
            Self::Profiles => "profile",
            Self::Packs => "country pack",
            Self::Regions => "region scheme",
            Self::Reference => "edition of populations",
            Self::Indicators => "indicator",
            Self::Policies => "policy",
            Self::Synthetic => "synthetic model",
        }
    }
}

/// The schemas of this run. A file in the user's folder hides the built-in one of the same name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    folder: Option<PathBuf>,
}

impl Registry {
    /// The schemas that are part of the program.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// The built-in schemas, and a user's own folder laid over them.
    pub fn with_folder(folder: PathBuf) -> Result<Self> {
        if !files::is_folder(&folder) {
            return Err(Error::failed("there is no such folder of schemas")
                .at(files::shown(&folder))
                .hint("`--schemas` names a folder that is laid out like `schemas/` of the project"));
        }
        Ok(Self { folder: Some(folder) })
    }

    /// Names of the files of one kind without their endings, sorted.
    pub fn names(&self, kind: Kind) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        let mut take = |path: &str| {
            if let Some(name) = path.strip_suffix(".toml") {
                names.insert(name.to_owned());
            }
        };
        for path in Embedded::iter() {
            if let Some(name) = path.strip_prefix(kind.folder()).and_then(|rest| rest.strip_prefix('/')) {
                take(name);
            }
        }
        if let Some(folder) = self.folder.as_ref().map(|folder| folder.join(kind.folder()))
            && files::is_folder(&folder)
        {
            files::list(&folder)?.iter().for_each(|path| take(&files::slashed(path)));
        }
        Ok(names.into_iter().collect())
    }

    /// The text of `<kind>/<file>`, where it exists.
    pub(crate) fn read(&self, kind: Kind, file: &str) -> Result<Option<String>> {
        if let Some(folder) = &self.folder {
            let path = folder.join(kind.folder()).join(file);
            if files::exists(&path) {
                return files::read_text(&path).map(Some);
            }
        }
        Ok(Embedded::get(&format!("{}/{file}", kind.folder()))
            .map(|found| String::from_utf8_lossy(&found.data).into_owned()))
    }

    /// Finds the full name of a schema; without a version the newest one is meant.
    pub(crate) fn resolve(&self, kind: Kind, name: &str) -> Result<String> {
        let names = self.names(kind)?;
        if names.iter().any(|known| known == name) {
            return Ok(name.to_owned());
        }
        let newest = names
            .iter()
            .filter_map(|known| known.split_once('@').filter(|(id, _)| *id == name).map(|(_, v)| (v, known)))
            .max_by_key(|(version, _)| version.parse::<u32>().unwrap_or(0));
        match newest {
            Some((_, known)) => Ok(known.clone()),
            None => {
                let known: Vec<_> = names.iter().map(String::as_str).collect();
                Err(Error::failed(format!("there is no {} `{name}`", kind.noun())).hint(suggest(name, &known)))
            }
        }
    }

    /// A schema with a table beside it: its full name, its text, and the table with its place for messages.
    pub(super) fn with_table(&self, kind: Kind, name: &str) -> Result<(String, String, String, String)> {
        let (name, text) = self.text(kind, name)?;
        let place = format!("{}/{name}.csv", kind.folder());
        let table = self.read(kind, &format!("{name}.csv"))?.ok_or_else(|| {
            Error::refused("schema/check", format!("the {} has no table beside it", kind.noun())).at(&*place)
        })?;
        Ok((name, text, table, place))
    }

    /// The text of a schema that must exist, with its full name.
    pub(crate) fn text(&self, kind: Kind, name: &str) -> Result<(String, String)> {
        let name = self.resolve(kind, name)?;
        let text = self.read(kind, &format!("{name}.toml"))?;
        Ok((name.clone(), text.ok_or_else(|| Error::failed(format!("cannot read the {} `{name}`", kind.noun())))?))
    }

    /// The files of a schema, name and text, for a reader.
    pub fn source(&self, kind: Kind, name: &str) -> Result<Vec<(String, String)>> {
        let name = self.resolve(kind, name)?;
        let mut texts = Vec::new();
        for ending in ["toml", "csv"] {
            let file = format!("{name}.{ending}");
            if let Some(text) = self.read(kind, &file)? {
                texts.push((format!("{}/{file}", kind.folder()), text));
            }
        }
        Ok(texts)
    }

    /// One digest over every schema that this run can see, for the manifest.
    pub fn digest(&self) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for kind in Kind::ALL {
            for name in self.names(kind)? {
                for ending in ["toml", "csv"] {
                    let file = format!("{name}.{ending}");
                    if let Some(text) = self.read(kind, &file)? {
                        // A checkout with other line ends is the same schema.
                        let text = text.replace("\r\n", "\n");
                        let path = format!("{}/{file}", kind.folder());
                        hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes());
                        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
                    }
                }
            }
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}
