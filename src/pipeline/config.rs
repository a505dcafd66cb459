//! The run file. Its documentation is what editors show: `schema show run-file --as json-schema`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::config_rules::{Limits, PersonsConfig, Rules, person_key};
use super::ledger::Purpose;
use super::paths::{is_file, is_table};
use super::rounding_key::rounding_key;
use crate::error::{Error, Result, suggest};
use crate::files::{self, FilePattern};
use crate::model::LANGUAGES;
use crate::protect::RoundingKey;
use crate::schema::{Coverage, Declared, OneOrMore, Record, parse};
use crate::validate::{Description, PersonKey};

/// The release: its id, its title, and how it is protected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseConfig {
    /// The id of the release, which is in the metadata of every table.
    pub id: String,
    /// The title of the report.
    pub title: String,
    /// The disclosure policy: `tipstat policy list`.
    #[serde(default = "default_policy")]
    pub policy: String,
    /// The licence under which the release may be used, as an SPDX id or an address.
    #[serde(default)]
    pub licence: Option<String>,
    /// Whether the records are synthetic. Every output then states it.
    #[serde(default)]
    pub synthetic: bool,
    /// Whether the release is for the office only. Every page then states it, and the ledger does not count it as published.
    #[serde(default)]
    pub draft: bool,
    /// A file with the key of rounding, relative to the run file. Only policies that round need it.
    #[serde(default)]
    pub rounding_key_file: Option<PathBuf>,
    /// The key of rounding, where the command line or the environment names one. It replaces that of the file.
    #[serde(skip)]
    pub rounding_key: Option<RoundingKey>,
}

impl ReleaseConfig {
    /// Returns what the release is for.
    pub(super) fn purpose(&self) -> Purpose {
        if self.draft { Purpose::Draft } else { Purpose::Publication }
    }

    /// Returns a release under the default policy.
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            policy: default_policy(),
            licence: None,
            synthetic: false,
            draft: false,
            rounding_key_file: None,
            rounding_key: None,
        }
    }

    /// Returns the title, with the warning where the release is a draft.
    pub(super) fn full_title(&self) -> String {
        if self.draft { format!("DRAFT, NOT FOR PUBLICATION: {}", self.title) } else { self.title.clone() }
    }

    /// Returns the key of rounding, where one is named.
    pub(super) fn rounding_key(&self) -> Result<Option<RoundingKey>> {
        match (&self.rounding_key, &self.rounding_key_file) {
            (Some(key), _) => Ok(Some(key.clone())),
            (None, Some(file)) => rounding_key(file).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Refuses a release without a name.
    pub fn check(&self) -> Result<()> {
        if self.id.trim().is_empty() {
            return Err(Error::failed("the id of the release is empty").hint("it is in the metadata of every table"));
        }
        Ok(())
    }
}

fn default_policy() -> String {
    "default".into()
}

/// Files of records in one layout.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputConfig {
    /// A file or a pattern, relative to the run file.
    pub path: String,
    /// The publisher's layout: `tipstat profile list`.
    #[serde(default)]
    pub profile: Option<String>,
    /// The record type, where the columns of the files are its fields.
    #[serde(default)]
    pub schema: Option<String>,
    /// The reporting area, where the files have no column for it.
    #[serde(default)]
    pub area: Option<String>,
    /// The delimiter of fields, where it is not found.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// The encoding, where the files are not UTF-8.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The sheet of a workbook.
    #[serde(default)]
    pub sheet: Option<String>,
    /// The office within which person ids are unique, where each office numbers its cases by itself.
    #[serde(default)]
    pub person_scope: Option<String>,
    /// Field to code, for what all records share and no column holds.
    #[serde(default, deserialize_with = "pairs")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub set: Vec<(String, String)>,
}

/// One declaration of coverage, or several.
fn declared<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Declared>, D::Error> {
    let written: Vec<toml::Value> = OneOrMore::deserialize(deserializer)?.into();
    written.into_iter().map(Declared::deserialize).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

fn pairs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    BTreeMap::deserialize(deserializer).map(|map: BTreeMap<String, String>| map.into_iter().collect())
}

impl InputConfig {
    /// Returns the layout of the files, as the run file describes it.
    pub fn description(&self) -> Description<'_> {
        Description {
            profile: self.profile.as_deref(),
            schema: self.schema.as_deref(),
            area: self.area.as_deref(),
            encoding: self.encoding.as_deref(),
            delimiter: self.delimiter.as_deref(),
            set: &self.set,
            sheet: self.sheet.as_deref(),
            person_scope: self.person_scope.as_deref(),
        }
    }
}

/// The tables of the release.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// Packs of tables, or single tables. Without it all tables are made.
    #[serde(default)]
    pub packs: Vec<String>,
    /// Languages of labels: `en`, `fr`, `es`, `ar`, `ru`, `zh`.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The region scheme, or a file with another one, relative to the run file.
    #[serde(default)]
    pub regions: Option<PathBuf>,
    /// The edition of populations for rates, or a file with others, relative to the run file.
    #[serde(default)]
    pub populations: Option<PathBuf>,
    /// A file of breaks in series, relative to the run file.
    #[serde(default)]
    pub breaks: Option<PathBuf>,
}

impl Tables {
    /// Returns the files that it names.
    pub fn files(&self) -> Vec<PathBuf> {
        let named = [&self.regions, &self.populations].into_iter().flatten().filter(|named| is_table(named));
        named.map(PathBuf::from).chain(self.breaks.clone()).collect()
    }

    /// Refuses a language in which there are no labels.
    pub fn check(&self) -> Result<()> {
        for language in &self.languages {
            if !LANGUAGES.contains(&language.as_str()) {
                return Err(Error::failed(format!("`{language}` is not one of the languages of labels"))
                    .hint(suggest(language, &LANGUAGES)));
            }
        }
        Ok(())
    }
}

/// A run file: what is read, which tables are made, and under which policy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A folder of schemas that is laid over the built-in ones, relative to the run file. `--schemas` replaces it.
    #[serde(default)]
    pub schemas: Option<PathBuf>,
    /// The release: its id, its title, and how it is protected.
    pub release: ReleaseConfig,
    /// Files of records in one layout.
    #[serde(default, rename = "input")]
    pub inputs: Vec<InputConfig>,
    /// The tables of the release.
    #[serde(default)]
    pub tables: Tables,
    /// When the run is refused.
    #[serde(default)]
    pub limits: Limits,
    /// How records of one person are found.
    #[serde(default)]
    pub persons: PersonsConfig,
    /// How edit rules are applied.
    #[serde(default)]
    pub rules: Rules,
    /// Areas and the years that they reported, where records cannot show it: a declared year without a record is a zero.
    #[serde(default, rename = "coverage", deserialize_with = "declared")]
    #[schemars(with = "OneOrMore<Declared>")]
    pub declared: Vec<Declared>,
    #[serde(skip)]
    folder: PathBuf,
    /// The run file, as the user named it.
    #[serde(skip)]
    place: String,
    /// Whether paths may lead out of the run file's folder.
    #[serde(skip)]
    outside: bool,
}

/// What a run file says of a release that is made of stores or packages.
#[derive(Clone, Debug)]
pub struct ConfiguredTables {
    /// The release.
    pub release: ReleaseConfig,
    /// The tables.
    pub tables: Tables,
    /// Who reported which years.
    pub declared: Vec<Declared>,
    /// The folder of schemas.
    pub schemas: Option<PathBuf>,
}

impl Config {
    /// Reads a run file. A folder means the `tipstat.toml` in it.
    pub fn read(path: &Path) -> Result<Self> {
        let (config, place) = Self::parsed(path)?;
        config.check().map_err(|error| error.at(place))?;
        Ok(config)
    }

    /// Reads the release, the tables and the coverage of a run file, which may name no input.
    pub fn tables(path: &Path) -> Result<ConfiguredTables> {
        let (config, place) = Self::parsed(path)?;
        config.release.check().and_then(|()| config.tables.check()).map_err(|error| error.at(place))?;
        config.confine_tables()?;
        let schemas = config.schemas()?;
        Ok(ConfiguredTables { release: config.release, tables: config.tables, declared: config.declared, schemas })
    }

    /// Returns the folder of schemas, where the run file names one.
    ///
    /// # Errors
    /// The folder lies outside that of the run file, and the caller did not allow that.
    pub fn schemas(&self) -> Result<Option<PathBuf>> {
        let Some(folder) = &self.schemas else { return Ok(None) };
        self.confine(folder, &folder.to_string_lossy())?;
        Ok(Some(folder.clone()))
    }

    /// Returns who reported which years, as the run file declares it.
    ///
    /// # Errors
    /// It names an area, a year, a dimension or a code that is not known.
    pub fn coverage(&self, record: &Record) -> Result<Coverage> {
        let coverage = Coverage::new(self.declared.iter().cloned());
        coverage.check(record).map_err(|error| error.at(self.place.clone()))?;
        Ok(coverage)
    }

    /// Returns the run file itself, where its folder is named.
    pub fn file(path: &Path) -> PathBuf {
        if files::is_folder(path) { path.join("tipstat.toml") } else { path.to_path_buf() }
    }

    fn parsed(path: &Path) -> Result<(Self, String)> {
        let path = &Self::file(path);
        if !files::exists(path) {
            return Err(Error::failed("there is no such run file")
                .at(files::shown(path))
                .hint("name one: `tipstat run path/to/tipstat.toml`")
                .hint("or draft one from your file: `tipstat start FILE`"));
        }
        let place = files::shown(path);
        let mut config: Self = parse(&files::read_text(path)?, &place)?;
        config.place.clone_from(&place);
        config.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if let Some(schemas) = &mut config.schemas {
            *schemas = config.folder.join(&*schemas);
        }
        if let Some(breaks) = &mut config.tables.breaks {
            *breaks = config.folder.join(&*breaks);
        }
        if let Some(file) = &mut config.release.rounding_key_file {
            *file = config.folder.join(&*file);
        }
        let Tables { regions, populations, .. } = &mut config.tables;
        for table in [regions, populations].into_iter().flatten().filter(|named| is_table(named)) {
            *table = config.folder.join(&*table);
        }
        Ok((config, place))
    }

    fn check(&self) -> Result<()> {
        if self.inputs.is_empty() {
            return Err(Error::failed("the run file names no input").hint("add `[[input]]` with `path` and `profile`"));
        }
        self.release.check()?;
        for input in &self.inputs {
            if input.path.contains(char::is_control) {
                return Err(Error::failed("the path of an input holds a control character")
                    .hint("a backslash begins an escape in TOML: write `/`, or put the path in single quotes"));
            }
            if input.profile.is_some() && input.schema.is_some() {
                return Err(Error::failed(format!("the input `{}` names both a profile and a schema", input.path))
                    .hint("a profile leads to its own record type: leave `schema` out"));
            }
        }
        self.tables.check()
    }

    /// Lets paths lead out of the run file's folder. A run file may come from somebody else, so this is said by whoever
    /// runs it.
    #[must_use]
    pub fn allow_outside(mut self) -> Self {
        self.outside = true;
        self
    }

    /// The secret for pseudonyms, where the run file names one.
    pub fn person_key(&self) -> Result<Option<PersonKey>> {
        let Some(file) = &self.persons.key_file else { return Ok(None) };
        let path = self.folder.join(file);
        self.confine(&path, file)?;
        person_key(&path).map(Some)
    }

    /// The file of the secret for pseudonyms, where the run file names one.
    pub(super) fn person_key_file(&self) -> Option<PathBuf> {
        self.persons.key_file.as_ref().map(|file| self.folder.join(file))
    }

    /// The files of an input, in the order of their names.
    pub fn files(&self, input: &InputConfig) -> Result<Vec<PathBuf>> {
        let pattern = FilePattern::new(&self.folder, Path::new(&input.path))?;
        if self.outside {
            return pattern.find(None, is_file);
        }
        // A run file may come by mail: no folder outside of its own is listed.
        if pattern.climbs() {
            return Err(outside(&input.path));
        }
        self.confine(pattern.fixed(), &input.path)?;
        let folder = if self.folder == Path::new("") { Path::new(".") } else { &self.folder };
        let paths = pattern.find(Some(folder), is_file)?;
        paths.iter().try_for_each(|path| self.confine(path, &input.path))?;
        Ok(paths)
    }

    /// Refuses tables of breaks, regions or populations that lie elsewhere.
    pub fn confine_tables(&self) -> Result<()> {
        let Tables { breaks, regions, populations, .. } = &self.tables;
        let named = [regions, populations].into_iter().flatten().filter(|named| is_table(named)).map(PathBuf::as_path);
        let key = self.release.rounding_key_file.iter();
        let mut paths = named.chain(breaks.iter().chain(key).map(PathBuf::as_path));
        paths.try_for_each(|path| self.confine(path, &path.to_string_lossy()))
    }

    fn confine(&self, path: &Path, written: &str) -> Result<()> {
        if self.outside || files::is_within(path, &self.folder) {
            return Ok(());
        }
        Err(outside(written))
    }
}

fn outside(written: &str) -> Error {
    let shown = if Path::new(written).is_absolute() { files::shown(Path::new(written)) } else { written.to_owned() };
    Error::failed(format!("the run file names a file outside of its folder: `{shown}`"))
        .hint("if you trust the run file, pass `--allow-outside`; or put the file next to it")
}
