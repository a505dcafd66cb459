//! A record type, a profile and a header become a plan: which cell gives which code, by one look-up.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result, nearest};
use crate::finding::{Finding, Place, Rule};
use crate::model::{Codelist, Missing};
use crate::schema::{FieldType, Kind, Map, Profile, Record, Registry};

/// Value to code.
pub(super) type Lookup = HashMap<Box<[u8]>, u16>;

/// How a cell that is no code is treated on its way to one.
pub(super) const STRADDLES: u16 = u16::MAX;

/// One column that gives codes of a field.
#[derive(Debug)]
pub(super) struct Cell {
    pub column: usize,
    pub lookup: Lookup,
    pub separator: Option<Box<[u8]>>,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(super) enum Take {
    /// The same for every record of the file.
    Constant(u16),
    /// Columns, the first that is not missing wins.
    Cells(Vec<Cell>),
    /// Yes/no columns, each with the codes of a yes as bits.
    Flags(Vec<(usize, u64)>),
    /// A column whose codes depend on the reporting area.
    Pack { column: usize, by_area: HashMap<u16, Lookup>, prohibited: Vec<u16> },
    /// A column with a whole number.
    Count(usize),
    /// A column with a person id.
    Person(usize),
    /// Computed from other fields.
    Derived(usize),
}

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
}

/// A layout that is not bound to a header yet.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The record type.
    pub record: Arc<Record>,
    /// The publisher's layout.
    pub profile: Arc<Profile>,
    /// The code of the reporting area, where the file itself does not say it.
    pub area: Option<u16>,
    /// How the text is encoded, where it is not UTF-8 and has no byte order mark.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    crosswalks: HashMap<String, HashMap<String, String>>,
    /// Where other profiles are, to tell a user who took the wrong one.
    registry: Registry,
}

/// What [`crate::validate::validate`] needs to know of one file.
#[derive(Debug)]
pub struct Plan {
    pub(super) record: Arc<Record>,
    pub(super) takes: Vec<Take>,
    pub(super) missing: Vec<Box<[u8]>>,
    pub(super) columns: usize,
    pub(super) source: u32,
    pub(super) samples: usize,
    pub(super) area: usize,
    /// Findings about the header.
    pub findings: Vec<Finding>,
    /// Fields that the file does not hold: they count as not collected.
    pub absent: Vec<String>,
}

impl Layout {
    /// Loads a layout: a profile by name, or a record type's own columns.
    pub fn load(registry: &Registry, description: &Description<'_>) -> Result<Self> {
        let Description { schema, area, .. } = *description;
        let (record, profile) = match description.profile {
            Some(name) => {
                let profile = Profile::load(registry, name)?;
                (Record::load(registry, &profile.record)?, profile)
            }
            None => {
                let record = Record::load(registry, schema.unwrap_or("victim"))?;
                let profile = Profile::identity(&record);
                (record, profile)
            }
        };
        let mut crosswalks = HashMap::new();
        for name in profile.maps.iter().filter_map(|map| map.crosswalk.as_ref()) {
            crosswalks.insert(name.clone(), crate::schema::crosswalk(registry, name)?.into_iter().collect());
        }
        let area = match area {
            None => None,
            Some(id) => {
                let index = record.role("area").ok_or_else(|| Error::failed("the record type has no area"))?;
                let list = record.fields[index].codes();
                Some(list.find(id).filter(|&code| Codelist::is_known(code)).ok_or_else(|| {
                    let error = Error::failed(format!("`{id}` is not a country of {}", list.id));
                    let names: Vec<_> = list.known().map(|(_, code)| &*code.id).collect();
                    match nearest(id, names) {
                        Some(name) => error.hint(format!("use ISO 3166-1 alpha-3, for instance `{name}`")),
                        None => error.hint("use ISO 3166-1 alpha-3, for instance `KHM`"),
                    }
                })?)
            }
        };
        let encoding = description.encoding.or(profile.encoding.as_deref()).map(crate::ingest::encoding).transpose()?;
        Ok(Self {
            record: Arc::new(record),
            profile: Arc::new(profile),
            area,
            encoding,
            crosswalks,
            registry: registry.clone(),
        })
    }

    /// Columns that the layout knows, for finding out the delimiter.
    pub fn wanted(&self) -> Vec<&str> {
        let columns = self.profile.maps.iter().filter_map(|map| map.column.as_deref());
        columns.chain(self.profile.maps.iter().flat_map(|map| map.flags.keys().map(String::as_str))).collect()
    }

    /// A value that a map's crosswalk turns into a code.
    pub(crate) fn word(&self, map: &Map, code: &str) -> Option<String> {
        let pairs = self.crosswalks.get(map.crosswalk.as_ref()?)?;
        pairs.iter().filter(|(_, id)| *id == code).map(|(word, _)| word.clone()).min()
    }

    /// Binds the layout to the header of a file.
    ///
    /// # Errors
    /// A required column is missing, or a column looks like a direct identifier.
    pub fn bind(&self, header: &[String], source: u32, place: &str, samples: usize) -> Result<Plan> {
        self.refuse_identifiers(header, place)?;
        self.require_columns(header, place)?;
        let missing_texts: Vec<Box<[u8]>> = self.profile.missing.iter().map(|text| text.as_bytes().into()).collect();
        let mut findings = Vec::new();
        let mut absent = Vec::new();
        let mut takes = Vec::new();
        for (index, field) in self.record.fields.iter().enumerate() {
            if let Some(derived) = self.record.derived.iter().position(|(field, _)| *field == index) {
                takes.push(Take::Derived(derived));
                continue;
            }
            if field.role.as_deref() == Some("area")
                && let Some(area) = self.area
            {
                takes.push(Take::Constant(area));
                continue;
            }
            let maps: Vec<_> = self.profile.maps.iter().filter(|map| map.field == field.id).collect();
            let take = self.take(index, &maps, header)?;
            if take.is_none() && field.is_coded() {
                absent.push(field.id.clone());
                let place = Place { source, record: 0, line: 1, byte: 0 };
                findings.push(Finding { rule: Rule::named("file/absent-column"), place, column: None, found: None });
            }
            takes.push(take.unwrap_or(match field.kind {
                FieldType::Count | FieldType::Person => Take::Constant(1),
                _ => Take::Constant(Missing::NotCollected.code()),
            }));
        }
        for (column, name) in header.iter().enumerate() {
            if !self.profile.knows(name) {
                let place = Place { source, record: 0, line: 1, byte: 0 };
                let column = Some(column as u32 + 1);
                findings.push(Finding { rule: Rule::named("file/unknown-column"), place, column, found: None });
            }
        }
        Ok(Plan {
            area: self.record.role("area").ok_or_else(|| Error::failed("the record type has no area"))?,
            record: Arc::clone(&self.record),
            takes,
            missing: missing_texts,
            columns: header.len(),
            source,
            samples,
            findings,
            absent,
        })
    }

    fn refuse_identifiers(&self, header: &[String], place: &str) -> Result<()> {
        for (column, name) in header.iter().enumerate() {
            let letters: String = name.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
            if self.record.direct_identifiers.contains(&letters) {
                return Err(Error::refused("file/direct-identifier", "a column looks like a direct identifier; the file was not read")
                    .at(format!("{place}:1, column {}", column + 1))
                    .hint("remove the column where the file is made: names, contacts and identity numbers never leave the case system"));
            }
        }
        Ok(())
    }

    fn require_columns(&self, header: &[String], place: &str) -> Result<()> {
        for map in self.profile.maps.iter().filter(|map| map.required) {
            let Some(column) = &map.column else { continue };
            let constant_area = self.area.is_some()
                && self.record.field(&map.field).is_some_and(|f| self.record.fields[f].role.as_deref() == Some("area"));
            if header.contains(column) || constant_area {
                continue;
            }
            let error = Error::refused("file/missing-column", format!("the required column `{column}` is missing"))
                .at(place)
                .with("found", format!("{} columns", header.len()));
            let error = match self.fitting(header) {
                Some(name) => error.hint(format!("the header fits the profile `{name}`: try `--profile {name}`")),
                None if self.profile.id == self.record.name() => {
                    error.hint(format!("`tipstat schema show {}` lists the columns that are read", self.record.id))
                }
                None => {
                    error.hint(format!("`tipstat profile show {}` lists the columns that are read", self.profile.id))
                }
            };
            // Only a heading that is nearly the wanted one is shown: without a header, the first line holds values.
            let near = header
                .iter()
                .filter(|name| strsim::damerau_levenshtein(&name.to_lowercase(), &column.to_lowercase()) <= 2)
                .find(|name| name.len() > 3 || name.eq_ignore_ascii_case(column));
            return Err(match near {
                Some(name) => error.hint(format!("is it the column `{name}`?")),
                None => error,
            });
        }
        Ok(())
    }

    /// The profile that knows most of a header, among those that can read it. It is a hint only, so a profile that
    /// cannot be loaded is passed over.
    fn fitting(&self, header: &[String]) -> Option<String> {
        let names = self.registry.names(Kind::Profiles).ok()?;
        let profiles = names.iter().filter_map(|name| Profile::load(&self.registry, name).ok());
        let fitting = profiles.filter(|other| other.id != self.profile.id && other.fits(header));
        let known = |other: &Profile| header.iter().filter(|name| other.knows(name)).count();
        fitting.max_by_key(known).map(|other| other.id)
    }

    fn take(&self, index: usize, maps: &[&Map], header: &[String]) -> Result<Option<Take>> {
        let field = &self.record.fields[index];
        let column = |map: &Map| map.column.as_ref().and_then(|name| header.iter().position(|found| found == name));
        match field.kind {
            FieldType::Count => Ok(maps.iter().find_map(|map| column(map)).map(Take::Count)),
            FieldType::Person => Ok(maps.iter().find_map(|map| column(map)).map(Take::Person)),
            FieldType::Pack => Ok(maps.iter().find_map(|map| column(map)).map(|column| self.take_pack(index, column))),
            FieldType::Code | FieldType::Set | FieldType::Year => {
                let mut flags = Vec::new();
                let mut cells = Vec::new();
                for map in maps {
                    for (name, codes) in &map.flags {
                        if let Some(column) = header.iter().position(|found| found == name) {
                            let bits = codes
                                .iter()
                                .map(|id| self.code(index, id))
                                .try_fold(0, |bits, code| Ok::<_, Error>(bits | 1 << code?))?;
                            flags.push((column, bits));
                        }
                    }
                    if let Some(column) = column(map) {
                        let separator = map.separator.as_deref().map(|text| text.as_bytes().into());
                        cells.push(Cell { column, lookup: self.lookup(index, map)?, separator });
                    }
                }
                Ok(match (flags.is_empty(), cells.is_empty()) {
                    (false, _) => Some(Take::Flags(flags)),
                    (true, false) => Some(Take::Cells(cells)),
                    (true, true) => None,
                })
            }
        }
    }

    fn code(&self, field: usize, id: &str) -> Result<u16> {
        let list = self.record.fields[field].codes();
        list.find(id).ok_or_else(|| {
            Error::refused("schema/check", format!("`{id}` is not a code of {}", list.id))
                .at(format!("profiles/{}.toml", self.profile.id))
        })
    }

    fn lookup(&self, field: usize, map: &Map) -> Result<Lookup> {
        let list = self.record.fields[field].codes();
        let mut lookup = Lookup::new();
        let mut add = |value: &str, code: u16| lookup.insert(value.as_bytes().into(), code);
        for code in 0..list.len() as u16 {
            add(list.id_of(code), code);
        }
        if self.record.fields[field].age_bands {
            add_age_bands(list, &mut add);
        }
        if let Some(crosswalk) = map.crosswalk.as_ref().and_then(|name| self.crosswalks.get(name)) {
            for (value, id) in crosswalk {
                add(value, self.code(field, id)?);
            }
        }
        for (value, id) in &map.codes {
            let code = self.code(field, id)?;
            // Words are the same words in capitals; short codes may not be.
            if value.chars().count() > 3 {
                add(&value.to_lowercase(), code);
                add(&value.to_uppercase(), code);
            }
            add(value, code);
        }
        Ok(lookup)
    }

    fn take_pack(&self, index: usize, column: usize) -> Take {
        let field = &self.record.fields[index];
        let areas = self.record.role("area").map(|area| self.record.fields[area].codes());
        let list = field.codes();
        let mut by_area = HashMap::new();
        let mut prohibited = Vec::new();
        for pack in &self.record.packs {
            let Some(area) = areas.and_then(|areas| areas.find(&pack.area)) else { continue };
            if pack.collection_prohibited.contains(&field.id) {
                prohibited.push(area);
            }
            for own in pack.lists.iter().filter(|own| own.field == field.id) {
                let mut lookup = Lookup::new();
                for code in &own.codes {
                    let full = format!("{}_{}", pack.area, code.code);
                    if let Some(found) = list.find(&full) {
                        lookup.insert(full.as_bytes().into(), found);
                        lookup.insert(code.code.as_bytes().into(), found);
                    }
                }
                by_area.insert(area, lookup);
            }
        }
        Take::Pack { column, by_area, prohibited }
    }
}

/// Bands such as `9-17`, with any dash, and open bands such as `18+`: a band that lies within a code of the list is
/// that code's, and one that lies on both sides of 18 is told apart.
fn add_age_bands(list: &Codelist, add: &mut impl FnMut(&str, u16) -> Option<u16>) {
    let ages = |id: &str| -> Option<(u32, u32)> {
        let rest = id.strip_prefix('Y')?;
        if let Some(from) = rest.strip_prefix("_GE") {
            return Some((from.parse().ok()?, u32::MAX));
        }
        match rest.split_once('T') {
            Some((from, to)) => Some((from.parse().ok()?, to.parse().ok()?)),
            None => rest.parse().ok().map(|age| (age, age)),
        }
    };
    let known: Vec<_> = list.known().filter_map(|(index, code)| Some((index, ages(&code.id)?))).collect();
    let narrowest = |from: u32, to: u32| {
        let holding = known.iter().filter(|(_, (low, high))| *low <= from && to <= *high);
        holding.min_by_key(|(_, (low, high))| high - low).map_or(STRADDLES, |(index, _)| *index)
    };
    for from in 0..=120u32 {
        add(&from.to_string(), narrowest(from, from));
        for open in [format!("{from}+"), format!("Y_GE{from}")] {
            add(&open, narrowest(from, u32::MAX));
        }
        for to in from + 1..=120 {
            let code = narrowest(from, to);
            for dash in ["-", "--", "–", "—"] {
                add(&format!("{from}{dash}{to}"), code);
            }
            add(&format!("Y{from}T{to}"), code);
        }
    }
}
