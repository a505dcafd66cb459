//! How a user describes the layout of files, and what is loaded for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result, nearest, suggest};
use crate::ingest::RequiredColumns;
use crate::schema::{Crosswalk, FieldType, Map, Profile, Record, Registry, SchemaKind, check_keys};
use crate::validate::values::{Answers, Extents, NoIds};

/// How a user describes the layout of a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Description<'a> {
    /// The publisher's layout.
    pub profile: Option<&'a str>,
    /// The record type whose own columns the file bears, where there is no profile.
    pub schema: Option<&'a str>,
    /// The reporting area, where the file does not say it.
    pub area: Option<&'a str>,
    /// The encoding of the text; stands before the profile's own.
    pub encoding: Option<&'a str>,
    /// What separates fields; stands before the profile's own.
    pub delimiter: Option<&'a str>,
    /// Field and code of what is the same for all records and does not stand in the files.
    pub set: &'a [(String, String)],
    /// The sheet of a workbook; stands before the profile's own.
    pub sheet: Option<&'a str>,
    /// Within what person ids are unique, such as an office that numbers its own cases; all files where nothing is said.
    pub person_scope: Option<&'a str>,
}

/// A layout that is not bound to a header yet.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The record type.
    pub record: Arc<Record>,
    /// The publisher's layout.
    pub profile: Arc<Profile>,
    /// How the text is encoded, where it is not UTF-8 and has no byte order mark.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    pub(super) person_scope: Arc<str>,
    /// Fields of which the user states the code of all records.
    pub(super) stated: BTreeSet<String>,
    pub(super) crosswalks: BTreeMap<String, Arc<Crosswalk>>,
    /// Words of yes/no columns, once a map has asked for them.
    pub(super) answers: Arc<OnceLock<Arc<Answers>>>,
    /// Words of breakdowns, once a file of figures has a column that is not read.
    pub(super) extents: Arc<OnceLock<Arc<Extents>>>,
    /// Words for no id, once a file has a column of person ids.
    pub(super) no_ids: Arc<OnceLock<Arc<NoIds>>>,
    /// Where other profiles are, for a user who took the wrong one.
    pub(super) registry: Registry,
    /// Those profiles, once a header has not fitted.
    pub(super) others: Arc<OnceLock<Arc<Others>>>,
}

/// All profiles, and the record types that they name.
#[derive(Debug)]
pub(super) struct Others {
    pub profiles: Vec<Profile>,
    pub records: BTreeMap<String, Record>,
}

impl Others {
    pub fn load(registry: &Registry) -> Result<Self> {
        let names = registry.names(SchemaKind::Profiles)?;
        let profiles: Vec<Profile> = names.iter().filter_map(|name| Profile::load(registry, name).ok()).collect();
        let named: BTreeSet<&str> = profiles.iter().map(|profile| profile.record.as_str()).collect();
        let record = |name: &str| Some((name.to_owned(), Record::load(registry, name).ok()?));
        let records = named.into_iter().filter_map(record).collect();
        Ok(Self { profiles, records })
    }
}

/// Returns what a cell holds, and loads it the first time.
pub(super) fn once<T>(cell: &OnceLock<Arc<T>>, load: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    if let Some(known) = cell.get() {
        return Ok(Arc::clone(known));
    }
    let loaded = Arc::new(load()?);
    Ok(Arc::clone(cell.get_or_init(|| loaded)))
}

impl Layout {
    /// Loads a layout: a profile by name, or a record type's own columns.
    pub fn load(registry: &Registry, description: &Description<'_>) -> Result<Self> {
        let schema = description.schema;
        let (record, profile) = match description.profile {
            Some(name) => {
                let profile = Profile::load(registry, name)?;
                let record = Record::load(registry, &profile.record)?;
                check_keys(&record, &profile)?;
                (record, profile)
            }
            None => {
                let record = Record::load(registry, schema.unwrap_or("victim"))?;
                let profile = Profile::identity(&record);
                (record, profile)
            }
        };
        let mut profile = profile;
        if let Some(sheet) = description.sheet {
            profile.sheet = Some(sheet.to_owned());
        }
        if let Some(delimiter) = description.delimiter {
            profile.delimiter = Some(single(delimiter)?);
        }
        let area = description.area.map(|id| ("area", id));
        let set = description.set.iter().map(|(field, code)| (field.as_str(), code.as_str()));
        let mut stated = BTreeSet::new();
        for (field, code) in area.into_iter().chain(set) {
            set_field(&record, &mut profile, field, code)?;
            stated.insert(field.to_owned());
        }
        let mut crosswalks = BTreeMap::new();
        let of_fields = record.fields.iter().filter_map(|field| field.words.as_ref());
        for name in profile.maps.iter().flat_map(|map| &map.crosswalks).chain(of_fields) {
            if !crosswalks.contains_key(name) {
                crosswalks.insert(name.clone(), Arc::new(Crosswalk::load(registry, name)?));
            }
        }
        let encoding = description.encoding.or(profile.encoding.as_deref()).map(crate::ingest::encoding).transpose()?;
        Ok(Self {
            record: Arc::new(record),
            profile: Arc::new(profile),
            encoding,
            person_scope: description.person_scope.unwrap_or_default().into(),
            stated,
            crosswalks,
            answers: Arc::default(),
            extents: Arc::default(),
            no_ids: Arc::default(),
            registry: registry.clone(),
            others: Arc::default(),
        })
    }

    /// What to look for where the header may not be the first line.
    pub fn required_columns(&self) -> RequiredColumns<'_> {
        RequiredColumns { columns: self.profile.columns().collect(), required: self.profile.required().collect() }
    }

    /// Returns the words of yes/no columns. Most layouts have no such column, so they are loaded for the first one that does.
    pub(super) fn answers(&self) -> Result<Arc<Answers>> {
        once(&self.answers, || Answers::load(&self.registry))
    }

    /// Returns the words of breakdowns.
    pub(super) fn extents(&self) -> Result<Arc<Extents>> {
        once(&self.extents, || Extents::load(&self.registry))
    }

    /// Returns the words for no id.
    pub(super) fn no_ids(&self) -> Result<Arc<NoIds>> {
        once(&self.no_ids, || NoIds::load(&self.registry))
    }

    /// A value that a map's crosswalk turns into a code.
    pub(crate) fn word(&self, map: &Map, code: &str) -> Option<String> {
        let pairs = self.crosswalks_of(map).flat_map(|crosswalk| &crosswalk.pairs);
        pairs.filter(|(_, id)| *id == code).map(|(word, _)| word.clone()).min()
    }

    pub(super) fn crosswalks_of<'a>(&'a self, map: &'a Map) -> impl Iterator<Item = &'a Crosswalk> {
        map.crosswalks.iter().filter_map(|name| self.crosswalks.get(name).map(|crosswalk| &**crosswalk))
    }
}

/// A delimiter as it is typed: one character of ASCII, or the name of one that cannot be typed well.
fn single(text: &str) -> Result<char> {
    let mut characters = text.chars();
    match (text, characters.next(), characters.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        ("space", ..) => Ok(' '),
        (_, Some(character), None) if character.is_ascii() && !"\"\r\n\0".contains(character) => Ok(character),
        _ => Err(Error::failed(format!("`{text}` is no delimiter"))
            .hint("name one character, such as `;` or `|`, or write `tab` or `space`")),
    }
}

/// Adds what a user says of all records: it stands in where the file itself says nothing.
fn set_field(record: &Record, profile: &mut Profile, field: &str, code: &str) -> Result<()> {
    let Some(index) = record.field(field) else {
        let known: Vec<_> = record.fields.iter().map(|field| field.id.as_str()).collect();
        return Err(Error::failed(format!("{} has no field `{field}`", record.name())).hint(suggest(field, &known)));
    };
    let derived = record.derived.iter().any(|(target, _)| *target == index);
    // Codes of a country's own list depend on the area of each record.
    let pack = record.fields[index].kind == FieldType::Pack;
    let Some(list) = record.fields[index].codelist.as_ref().filter(|_| !derived && !pack) else {
        return Err(Error::failed(format!("the field `{field}` cannot be set for all records"))
            .hint("only fields with codes can: what is counted, and who, stands in the file"));
    };
    if let Some(unknown) = code.split(';').find(|code| list.find(code).is_none()) {
        let error = Error::failed(format!("`{unknown}` is not a code of {}", list.id));
        if unknown == "..." {
            return Err(error.hint(format!(
                "a draft left `{field}` open: put its code in place of `...`, such as `KHM` for an area"
            )));
        }
        return Err(match nearest(unknown, list.known().map(|(_, code)| &*code.id)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("`tipstat schema show {}` lists them", list.id)),
        });
    }
    let set = |map: &Map| map.field == field && map.constant.is_some() && map.when.is_empty();
    if profile.maps.iter().any(set) {
        return Err(Error::failed(format!("the field `{field}` is set already"))
            .hint("once on the command line or in the run file, and not where the profile has it as a constant"));
    }
    profile.maps.push(Map { field: field.to_owned(), constant: Some(code.to_owned()), ..Map::default() });
    Ok(())
}
