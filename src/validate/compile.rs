//! A record type, a profile and a header become a plan: which cell gives which code, by one look-up.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::words::{Words, normal};
use crate::error::{Error, Result, nearest};
use crate::finding::{Finding, Place, Rule};
use crate::ingest::Wanted;
use crate::model::{Codelist, Missing};
use crate::schema::{
    Crosswalk, FieldType, Kind, Map, Numbers, Pack, PackList, PackType, Profile, Record, Registry, Unit,
};

/// What a text of a source means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A code of the field's list.
    Code(u16),
    /// The reporting area's own code.
    Area,
    /// It is known and refused, by a rule.
    Refused(Rule),
}

/// Text to target, byte by byte.
pub(super) type Lookup = HashMap<Box<[u8]>, Target>;

/// One column that gives codes of a field.
#[derive(Debug)]
pub(super) struct Cell {
    pub column: usize,
    pub lookup: Lookup,
    /// Texts whose case, accents and punctuation make no difference.
    pub words: Option<Arc<Words>>,
    pub separators: Vec<Box<[u8]>>,
}

/// Columns and the texts of which each must hold one.
pub(super) type When = Vec<(usize, Vec<Box<[u8]>>)>;

/// One way in which a field gets its value.
#[derive(Debug)]
pub(super) struct Source {
    pub when: When,
    pub kind: SourceKind,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum SourceKind {
    /// A column.
    Cell(Cell),
    /// Yes/no columns, each with the codes of a yes as bits.
    Flags(Vec<(usize, u64)>),
    /// The same for every record, as it is stored.
    Constant(u64),
    /// Columns with answers on a scale, and answers with their codes, the greatest last.
    Scale { columns: Vec<usize>, answers: Vec<(Box<[u8]>, u16)> },
    /// A column with the date or year of birth, and one with that of the event.
    Born { birth: usize, event: usize, ages: Lookup },
}

/// A country's own codes.
#[derive(Debug, Default)]
pub(super) struct OwnCodes {
    pub words: Words,
    /// The code of several answers, where several are allowed.
    pub several: Option<u16>,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(super) enum Take {
    /// The same for every record of the file, as it is stored.
    Constant(u64),
    /// The first source that applies and is not missing; the other value where none applies.
    Sources(Vec<Source>, u64),
    /// A column whose codes depend on the reporting area.
    Pack { column: usize, separators: Vec<Box<[u8]>>, by_area: HashMap<u16, OwnCodes>, prohibited: Vec<u16> },
    /// A column with a number or a mask.
    Number(usize),
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
    /// Field and code of what is the same for all records and does not stand in the files.
    pub set: &'a [(String, String)],
}

/// How strictly a file is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many examples of a finding are kept.
    pub samples: usize,
    /// Warnings that reject a record in this run.
    pub deny: Vec<Rule>,
    /// The key under which person ids become pseudonyms; without one no pseudonym is stored.
    pub person_key: Option<PersonKey>,
}

/// A secret under which person ids are hashed. It can be neither displayed nor serialised.
#[derive(Clone)]
pub struct PersonKey([u8; 32]);

impl PersonKey {
    /// A key from a secret text of any length.
    pub fn derive(secret: &[u8]) -> Self {
        Self(blake3::derive_key("tipstat 2026-11 pseudonyms of persons", secret))
    }

    /// A hash that nobody can repeat without the key.
    pub(super) fn hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.0)
    }
}

impl std::fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonKey(..)")
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 5, deny: Vec::new(), person_key: None }
    }
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
    crosswalks: BTreeMap<String, Arc<Crosswalk>>,
    /// Where other profiles are, to tell a user who took the wrong one.
    registry: Registry,
}

/// One column of figures, with the values that it fixes, by field.
#[derive(Debug)]
pub(super) struct Fixed {
    pub column: usize,
    pub values: Vec<Option<u64>>,
}

/// What [`crate::validate::validate`] needs to know of one file.
#[derive(Debug)]
pub struct Plan {
    pub(super) record: Arc<Record>,
    pub(super) takes: Vec<Take>,
    pub(super) series: Vec<Fixed>,
    /// A row is passed over where one of these columns holds one of these texts.
    pub(super) skip: When,
    pub(super) missing: Vec<Box<[u8]>>,
    pub(super) numbers: Numbers,
    pub(super) columns: usize,
    pub(super) source: u32,
    pub(super) options: Options,
    pub(super) area: usize,
    /// Columns that the layout does not know.
    pub(super) unknown: Vec<usize>,
    header: Vec<String>,
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
        let mut profile = profile;
        for (field, code) in description.set {
            if record.field(field).is_none() {
                let known: Vec<_> = record.fields.iter().map(|field| field.id.as_str()).collect();
                return Err(Error::failed(format!("{} has no field `{field}`", record.name()))
                    .hint(crate::error::suggest(field, &known)));
            }
            profile.maps.retain(|map| map.field != *field);
            profile.maps.push(Map { field: field.clone(), constant: Some(code.clone()), ..Map::default() });
        }
        let mut crosswalks = BTreeMap::new();
        for name in profile.maps.iter().flat_map(|map| &map.crosswalks) {
            if !crosswalks.contains_key(name) {
                crosswalks.insert(name.clone(), Arc::new(Crosswalk::load(registry, name)?));
            }
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

    /// What to look for where the header may not be the first line.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { columns: self.profile.columns().collect(), required: self.profile.required().collect() }
    }

    /// A value that a map's crosswalk turns into a code.
    pub(crate) fn word(&self, map: &Map, code: &str) -> Option<String> {
        let pairs = self.crosswalks_of(map).flat_map(|crosswalk| &crosswalk.pairs);
        pairs.filter(|(_, id)| *id == code).map(|(word, _)| word.clone()).min()
    }

    fn crosswalks_of<'a>(&'a self, map: &'a Map) -> impl Iterator<Item = &'a Crosswalk> {
        map.crosswalks.iter().filter_map(|name| self.crosswalks.get(name).map(|crosswalk| &**crosswalk))
    }

    /// Binds the layout to the header of a file.
    ///
    /// # Errors
    /// A required column is missing, or a column looks like a direct identifier.
    pub fn bind(&self, header: &[String], source: u32, place: &str, options: &Options) -> Result<Plan> {
        self.refuse_identifiers(header, place)?;
        self.require_columns(header, place)?;
        let start = Place { source, record: 0, line: 1, byte: 0 };
        let mut findings = Vec::new();
        let mut absent = Vec::new();
        let mut takes = Vec::new();
        let series = self.series(header, place)?;
        for (index, field) in self.record.fields.iter().enumerate() {
            if let Some(derived) = self.record.derived.iter().position(|(field, _)| *field == index) {
                takes.push(Take::Derived(derived));
                continue;
            }
            if field.role.as_deref() == Some("area")
                && let Some(area) = self.area
            {
                takes.push(Take::Constant(area.into()));
                continue;
            }
            let maps: Vec<_> = self.profile.maps.iter().filter(|map| map.field == field.id).collect();
            let take = self.take(index, &maps, header)?;
            let fixed = series.iter().any(|fixed| fixed.values[index].is_some());
            let other = self.otherwise(index, Missing::NotCollected);
            if take.is_none() && field.is_coded() && !fixed && other == self.missing(index, Missing::NotCollected) {
                absent.push(field.id.clone());
                findings.push(Finding::new(Rule::named("file/absent-column"), start, None, None));
            }
            takes.push(take.unwrap_or(Take::Constant(other)));
        }
        let unknown: Vec<usize> = (0..header.len()).filter(|&column| !self.profile.knows(&header[column])).collect();
        for &column in &unknown {
            let column = Some(column as u32 + 1);
            findings.push(Finding::new(Rule::named("file/unknown-column"), start, column, None));
        }
        for (column, name) in header.iter().enumerate().filter(|(_, name)| self.profile.drops(name)) {
            if self.is_identifier(name) {
                let column = Some(column as u32 + 1);
                findings.push(Finding::new(Rule::named("file/identifier-dropped"), start, column, None));
            }
        }
        Ok(Plan {
            area: self.record.role("area").ok_or_else(|| Error::failed("the record type has no area"))?,
            record: Arc::clone(&self.record),
            takes,
            series,
            skip: self
                .profile
                .skip
                .iter()
                .filter_map(|(name, texts)| {
                    let column = header.iter().position(|found| found == name)?;
                    Some((column, texts.iter().map(|text| text.as_bytes().into()).collect()))
                })
                .collect(),
            missing: self.profile.missing.iter().map(|text| text.as_bytes().into()).collect(),
            numbers: self.profile.numbers,
            columns: header.len(),
            source,
            options: options.clone(),
            unknown,
            header: header.to_vec(),
            findings,
            absent,
        })
    }

    /// How a missing code is stored.
    fn missing(&self, field: usize, missing: Missing) -> u64 {
        self.stored(field, missing.code())
    }

    /// How a code is stored: as itself, or as one bit.
    fn stored(&self, field: usize, code: u16) -> u64 {
        if self.record.fields[field].kind == FieldType::Set { 1 << code } else { u64::from(code) }
    }

    /// The value of a field of which a record says nothing: the total in figures, missing in records of persons.
    fn otherwise(&self, field: usize, missing: Missing) -> u64 {
        let of = &self.record.fields[field];
        let Some(list) = &of.codelist else { return 1 };
        let total = list.find("_T").filter(|_| self.record.unit == Unit::Figure);
        total.map_or_else(|| self.missing(field, missing), |total| self.stored(field, total))
    }

    fn series(&self, header: &[String], place: &str) -> Result<Vec<Fixed>> {
        let mut out = Vec::new();
        for series in &self.profile.series {
            let Some(column) = header.iter().position(|name| *name == series.column) else { continue };
            let mut values = vec![None; self.record.fields.len()];
            for (field, id) in &series.codes {
                let index = self.record.field(field).ok_or_else(|| {
                    Error::refused("schema/check", format!("`{}` has no field `{field}`", self.record.name()))
                        .at(format!("profiles/{}.toml", self.profile.id))
                })?;
                values[index] = Some(self.constant(index, id)?);
            }
            out.push(Fixed { column, values });
        }
        if out.is_empty() && !self.profile.series.is_empty() {
            return Err(Error::refused("file/missing-column", "none of the columns of figures is there")
                .at(place)
                .hint(format!("`tipstat profile show {}` lists the columns that are read", self.profile.id)));
        }
        Ok(out)
    }

    fn is_identifier(&self, heading: &str) -> bool {
        names_a_person(&self.record, heading)
    }

    fn refuse_identifiers(&self, header: &[String], place: &str) -> Result<()> {
        let found = header.iter().position(|name| self.is_identifier(name) && !self.is_reduced(name));
        match found {
            Some(column) => Err(identifier(place, column, "a column looks like a direct identifier")),
            None => Ok(()),
        }
    }

    /// Whether a column is dropped by the profile, or is a date of birth of which only the age is kept.
    fn is_reduced(&self, heading: &str) -> bool {
        let birth = |map: &Map| map.born_before.is_some() && map.column.as_deref() == Some(heading);
        self.profile.drops(heading) || self.profile.maps.iter().any(birth)
    }

    fn require_columns(&self, header: &[String], place: &str) -> Result<()> {
        for map in self.profile.maps.iter().filter(|map| map.required) {
            let Some(column) = &map.column else { continue };
            let constant_area = self.area.is_some()
                && self.record.field(&map.field).is_some_and(|f| self.record.fields[f].role.as_deref() == Some("area"));
            // Another column of the same field may stand in: publishers rename their columns.
            let stands_in = |other: &&Map| other.field == map.field && other.when == map.when;
            let mut columns = self.profile.maps.iter().filter(stands_in).filter_map(|other| other.column.as_ref());
            if columns.any(|column| header.contains(column)) || constant_area {
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
        let at = |name: &String| header.iter().position(|found| found == name);
        let column = |map: &Map| map.column.as_ref().and_then(at);
        let first = || maps.iter().find_map(|map| column(map).map(|column| (*map, column)));
        match field.kind {
            FieldType::Count | FieldType::Value => Ok(first().map(|(_, column)| Take::Number(column))),
            FieldType::Person => Ok(first().map(|(_, column)| Take::Person(column))),
            FieldType::Pack => first().map(|(map, column)| self.take_pack(index, map, column)).transpose(),
            FieldType::Code | FieldType::Set | FieldType::Year => {
                let mut sources = Vec::new();
                for map in maps {
                    // A condition on a column that is not there is never met.
                    let when: Option<When> = map
                        .when
                        .iter()
                        .map(|(name, texts)| {
                            Some((at(name)?, texts.iter().map(|text| text.as_bytes().into()).collect()))
                        })
                        .collect();
                    let Some(when) = when else { continue };
                    sources.extend(self.source(index, map, at)?.map(|kind| Source { when, kind }));
                }
                let other = self.otherwise(index, Missing::Unknown);
                Ok((!sources.is_empty()).then_some(Take::Sources(sources, other)))
            }
        }
    }

    fn source(&self, index: usize, map: &Map, at: impl Fn(&String) -> Option<usize>) -> Result<Option<SourceKind>> {
        if let Some(constant) = &map.constant {
            return Ok(Some(SourceKind::Constant(self.constant(index, constant)?)));
        }
        let mut flags = Vec::new();
        for (name, codes) in &map.flags {
            if let Some(column) = at(name) {
                flags.push((column, self.constant(index, &codes.join(";"))?));
            }
        }
        if !flags.is_empty() {
            return Ok(Some(SourceKind::Flags(flags)));
        }
        let columns: Vec<usize> = map.scale.iter().filter_map(&at).collect();
        if !columns.is_empty() {
            if columns.len() < map.scale.len() {
                return Ok(None);
            }
            let answers = map.codes.iter().map(|(answer, id)| Ok((answer.as_bytes().into(), self.code(index, id)?)));
            return Ok(Some(SourceKind::Scale { columns, answers: answers.collect::<Result<_>>()? }));
        }
        let Some(column) = map.column.as_ref().and_then(&at) else { return Ok(None) };
        if let Some(event) = &map.born_before {
            let ages = self.lookup(index, map)?;
            return Ok(at(event).map(|event| SourceKind::Born { birth: column, event, ages }));
        }
        let separators = map.separators.iter().map(|text| text.as_bytes().into()).collect();
        let words = match self.crosswalks_of(map).find(|crosswalk| crosswalk.normalised) {
            Some(crosswalk) => Some(Arc::new(self.words(index, crosswalk)?)),
            None => None,
        };
        Ok(Some(SourceKind::Cell(Cell { column, lookup: self.lookup(index, map)?, words, separators })))
    }

    /// One code, or several joined by `;`, as they are stored.
    fn constant(&self, field: usize, ids: &str) -> Result<u64> {
        if self.record.fields[field].kind != FieldType::Set {
            return self.code(field, ids).map(u64::from);
        }
        ids.split(';').try_fold(0, |bits, id| Ok(bits | 1 << self.code(field, id)?))
    }

    fn code(&self, field: usize, id: &str) -> Result<u16> {
        let problem =
            |what: String| Error::refused("schema/check", what).at(format!("profiles/{}.toml", self.profile.id));
        let of = &self.record.fields[field];
        let Some(list) = &of.codelist else { return Err(problem(format!("the field `{}` has no codes", of.id))) };
        list.find(id).ok_or_else(|| problem(format!("`{id}` is not a code of {}", list.id)))
    }

    /// What the right side of a map or a crosswalk says.
    fn target(&self, field: usize, text: &str) -> Result<Target> {
        if text == Crosswalk::AREA {
            return Ok(Target::Area);
        }
        match text.strip_prefix(Crosswalk::REFUSED) {
            Some(rule) => Rule::find(rule).map(Target::Refused).ok_or_else(|| {
                Error::refused("schema/check", format!("there is no rule `{rule}`"))
                    .hint("`tipstat explain` lists all rules")
            }),
            None => self.code(field, text).map(Target::Code),
        }
    }

    fn words(&self, field: usize, crosswalk: &Crosswalk) -> Result<Words> {
        let pairs = |pairs: &'_ [(String, String)]| -> Vec<(String, Result<Target>)> {
            pairs.iter().map(|(text, target)| (text.clone(), self.target(field, target))).collect()
        };
        let (own, labels) = (pairs(&crosswalk.pairs), pairs(&crosswalk.labels));
        Words::collect(own, labels)
    }

    fn lookup(&self, field: usize, map: &Map) -> Result<Lookup> {
        let list = self.record.fields[field].codes();
        let mut lookup = Lookup::new();
        let mut add = |value: &str, target: Target| lookup.insert(value.as_bytes().into(), target);
        for code in 0..list.len() as u16 {
            add(list.id_of(code), Target::Code(code));
        }
        if self.record.fields[field].age_bands {
            add_age_bands(list, &mut add);
        }
        for crosswalk in self.crosswalks_of(map).filter(|crosswalk| !crosswalk.normalised) {
            for (value, target) in &crosswalk.pairs {
                add(value, self.target(field, target)?);
            }
        }
        for (value, target) in &map.codes {
            let target = self.target(field, target)?;
            // Words are the same words in capitals; short codes may not be.
            if value.chars().count() > 3 {
                add(&value.to_lowercase(), target);
                add(&value.to_uppercase(), target);
            }
            add(value, target);
        }
        Ok(lookup)
    }

    fn take_pack(&self, index: usize, map: &Map, column: usize) -> Result<Take> {
        let field = &self.record.fields[index];
        let areas = self.record.role("area").map(|area| self.record.fields[area].codes());
        let mut by_area = HashMap::new();
        let mut prohibited = Vec::new();
        for pack in &self.record.packs {
            let Some(area) = areas.and_then(|areas| areas.find(&pack.area)) else { continue };
            if pack.collection_prohibited.contains(&field.id) {
                prohibited.push(area);
            }
            for own in pack.lists.iter().filter(|own| own.field == field.id) {
                by_area.insert(area, own_codes(field.codes(), pack, own)?);
            }
        }
        let mut separators: Vec<Box<[u8]>> = map.separators.iter().map(|text| text.as_bytes().into()).collect();
        if separators.is_empty() {
            separators.push(b";"[..].into());
        }
        Ok(Take::Pack { column, separators, by_area, prohibited })
    }
}

/// Whether a heading is one that the record type knows as a direct identifier.
pub(crate) fn names_a_person(record: &Record, heading: &str) -> bool {
    let plain: String = normal(heading).chars().filter(|c| c.is_alphabetic()).collect();
    record.direct_identifiers.contains(&plain)
}

/// The codes of a country's list by all their names.
fn own_codes(list: &Codelist, pack: &Pack, own: &PackList) -> Result<OwnCodes> {
    let id = |code: &str| format!("{}_{code}", pack.area);
    let mut names = Vec::new();
    let mut labels = Vec::new();
    for code in &own.codes {
        let full = id(&code.code);
        let Some(found) = list.find(&full) else { continue };
        names.extend([full, code.code.clone()].into_iter().chain(code.words.iter().cloned()).map(|name| (name, found)));
        let local = code.local.iter().chain(&code.fr).cloned();
        labels.extend(local.chain([code.en.clone()]).map(|label| (label, found)));
    }
    let several = (own.r#type == PackType::Set).then(|| list.find(&id(PackList::SEVERAL))).flatten();
    names.extend(several.map(|code| (PackList::SEVERAL.to_owned(), code)));
    let targets =
        |pairs: Vec<(String, u16)>| pairs.into_iter().map(|(text, code)| (text, Ok(Target::Code(code)))).collect();
    Ok(OwnCodes { words: Words::collect(targets(names), targets(labels))?, several })
}

impl Plan {
    /// Refuses a file in which a column that the layout does not know looks like a direct identifier.
    ///
    /// # Errors
    /// There is such a column in the batch, which should be the first of the file.
    pub fn refuse_identifiers(&self, batch: &crate::ingest::RawBatch, place: &str) -> Result<()> {
        match super::identifiers::suspicious(batch, &self.unknown) {
            Some((column, kind)) => Err(identifier(place, column, &format!("a column seems to hold {kind}"))),
            None => Ok(()),
        }
    }

    /// The heading of a column, counted from 1.
    pub fn heading(&self, column: u32) -> Option<&str> {
        self.header.get(column as usize - 1).map(String::as_str)
    }
}

fn identifier(place: &str, column: usize, what: &str) -> Error {
    Error::refused("file/direct-identifier", format!("{what}; the file was not read"))
        .at(format!("{place}:1, column {}", column + 1))
        .hint("remove the column where the file is made: names, contacts and identity numbers never leave the case system")
        .hint("where it must stay in the file, list it under `[drop] columns` of a profile: then it is never read")
}

/// Bands such as `9-17`, with any dash, and open bands such as `18+`: a band that lies within a code of the list is
/// that code's, and one that lies on both sides of 18 is told apart.
fn add_age_bands(list: &Codelist, add: &mut impl FnMut(&str, Target) -> Option<Target>) {
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
    let straddles = Rule::named("cell/straddles");
    let known: Vec<_> = list.known().filter_map(|(index, code)| Some((index, ages(&code.id)?))).collect();
    let narrowest = |from: u32, to: u32| {
        let holding = known.iter().filter(|(_, (low, high))| *low <= from && to <= *high);
        let found = holding.min_by_key(|(_, (low, high))| high - low);
        found.map_or(Target::Refused(straddles), |(index, _)| Target::Code(*index))
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
