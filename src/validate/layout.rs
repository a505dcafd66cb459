//! A record type, a profile and a header become a plan: which cell gives which code, by one look-up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::absent::Given;
use super::legibility::readers;
use super::plan::{Fixed, Options, Plan, Take, identifier};
use super::values::{Answers, Extents, digest_of_value, mixed, normal};
use crate::error::{Error, Result, nearest, suggest};
use crate::finding::{Finding, Place, Rule};
use crate::ingest::Wanted;
use crate::model::Interval;
use crate::model::Missing;
use crate::schema::{Crosswalk, Field, FieldType, Kind, Map, Profile, Record, Registry, Unit, check_keys};

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
    person_scope: Arc<str>,
    /// Fields of which the user states the code of all records.
    pub(super) stated: BTreeSet<String>,
    pub(super) crosswalks: BTreeMap<String, Arc<Crosswalk>>,
    /// Words of yes/no columns, once a map has asked for them.
    answers: Arc<OnceLock<Arc<Answers>>>,
    /// Words of breakdowns, once a file of figures has a column that is not read.
    extents: Arc<OnceLock<Arc<Extents>>>,
    /// Where other profiles are, to tell a user who took the wrong one.
    registry: Registry,
    /// Those profiles, once a header has not fitted.
    others: Arc<OnceLock<Arc<Others>>>,
}

/// All profiles, and the record types that they name.
#[derive(Debug)]
struct Others {
    profiles: Vec<Profile>,
    records: BTreeMap<String, Record>,
}

impl Others {
    fn load(registry: &Registry) -> Result<Self> {
        let names = registry.names(Kind::Profiles)?;
        let profiles: Vec<Profile> = names.iter().filter_map(|name| Profile::load(registry, name).ok()).collect();
        let named: BTreeSet<&str> = profiles.iter().map(|of| of.record.as_str()).collect();
        let record = |name: &str| Some((name.to_owned(), Record::load(registry, name).ok()?));
        let records = named.into_iter().filter_map(record).collect();
        Ok(Self { profiles, records })
    }
}

/// Returns what a cell holds, and loads it the first time.
fn once<T>(cell: &OnceLock<Arc<T>>, load: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
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
            registry: registry.clone(),
            others: Arc::default(),
        })
    }

    /// What to look for where the header may not be the first line.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { columns: self.profile.columns().collect(), required: self.profile.required().collect() }
    }

    /// Returns the words of yes/no columns. Most layouts have no such column, so they are loaded for the first one that does.
    pub(super) fn answers(&self) -> Result<Arc<Answers>> {
        once(&self.answers, || Answers::load(&self.registry))
    }

    /// Returns the words of breakdowns.
    fn extents(&self) -> Result<Arc<Extents>> {
        once(&self.extents, || Extents::load(&self.registry))
    }

    /// A value that a map's crosswalk turns into a code.
    pub(crate) fn word(&self, map: &Map, code: &str) -> Option<String> {
        let pairs = self.crosswalks_of(map).flat_map(|crosswalk| &crosswalk.pairs);
        pairs.filter(|(_, id)| *id == code).map(|(word, _)| word.clone()).min()
    }

    pub(super) fn crosswalks_of<'a>(&'a self, map: &'a Map) -> impl Iterator<Item = &'a Crosswalk> {
        map.crosswalks.iter().filter_map(|name| self.crosswalks.get(name).map(|crosswalk| &**crosswalk))
    }

    /// Binds the layout to the header of a file.
    ///
    /// # Errors
    /// A required column is missing, or a column looks like a direct identifier.
    pub fn bind(&self, header: &[String], source: u32, place: &str, options: &Options) -> Result<Plan> {
        let (spelled, respelled) = self.spelled(header, place)?;
        let (written, header) = (header, spelled.as_slice());
        self.refuse_identifiers(header, place)?;
        self.require_columns(header, written, place)?;
        let place_of_header = Place { source, record: 0, line: 1, byte: 0 };
        let heading_case = |&column: &usize| {
            Finding::new(Rule::named("file/heading-case"), place_of_header, Some(column as u32 + 1), None)
        };
        let mut findings: Vec<Finding> = respelled.iter().map(heading_case).collect();
        let mut absent = Vec::new();
        let mut takes = Vec::new();
        let mut unmapped = Vec::new();
        let mut start = vec![0; self.record.fields.len()];
        let mut given = vec![Given::Silent; self.record.fields.len()];
        let series = self.series(header, place)?;
        for (index, field) in self.record.fields.iter().enumerate() {
            if let Some(derived) = self.record.derived.iter().position(|(field, _)| *field == index) {
                takes.push((index, Take::Derived(derived)));
                continue;
            }
            let maps: Vec<_> = self.profile.maps.iter().filter(|map| map.field == field.id).collect();
            let take = self.take(index, &maps, header)?;
            let fixed = series.iter().any(|fixed| fixed.values[index].is_some());
            if field.required && take.is_none() && !self.is_in_series(index, &series) {
                unmapped.push(field);
            }
            given[index] = match take {
                Some(_) => Given::Taken,
                None if fixed => Given::Settled,
                None => Given::Silent,
            };
            let other = self.otherwise(index, Missing::NotCollected);
            if take.is_none() && field.is_coded() && !fixed && other == self.missing(index, Missing::NotCollected) {
                given[index] = Given::Settled;
                absent.push(field.id.clone());
                findings.push(Finding::new(Rule::named("file/absent-column"), place_of_header, None, None));
            }
            match take {
                Some(take) => takes.push((index, take)),
                None if field.is_coded() => start[index] = other,
                None => {}
            }
        }
        if !unmapped.is_empty() {
            return Err(self.unmapped(&unmapped, place));
        }
        // The status of a figure follows from its value too.
        let status = self.record.role("status").filter(|&field| self.record.fields[field].is_coded());
        let is_same = |field: usize| {
            if Some(field) == status {
                return None;
            }
            let taken = takes.iter().any(|(taken, _)| *taken == field);
            let fixed = series.iter().any(|fixed| fixed.values[field].is_some());
            (!taken && !fixed).then_some(start[field])
        };
        let same: Vec<Option<u64>> = (0..start.len()).map(is_same).collect();
        let checks = self.record.checks.iter().filter(|check| check.can_apply(|field| same[field])).cloned().collect();
        let coded = self.record.coded().map(|(index, _)| index).enumerate();
        let varying = coded.filter(|(_, field)| same[*field].is_none()).collect();
        let number = takes.iter().any(|(_, take)| matches!(take, Take::Number(_)));
        let unknown: Vec<usize> = (0..header.len()).filter(|&column| !self.profile.knows(&header[column])).collect();
        if let Some(&column) = unknown.first().filter(|_| self.profile.exact) {
            return Err(self.other_layout(written, column, place));
        }
        // Absent columns have numbers behind those of the header, so that findings can name them.
        let sources = self.absent(header, &given)?;
        let filters = self.profile.skip.keys().filter(|name| !header.contains(name)).cloned();
        let of_filters = filters.map(|name| ("file/absent-filter", name));
        let of_sources = sources.into_iter().map(|name| ("file/absent-source", name));
        let mut headings = written.to_vec();
        for (rule, name) in of_filters.chain(of_sources) {
            headings.push(name);
            let column = Some(headings.len() as u32);
            findings.push(Finding::new(Rule::named(rule), place_of_header, column, None));
        }
        for &column in &unknown {
            let column = Some(column as u32 + 1);
            findings.push(Finding::new(Rule::named("file/unknown-column"), place_of_header, column, None));
        }
        for (column, name) in header.iter().enumerate().filter(|(_, name)| self.profile.drops(name)) {
            if self.is_identifier(name) {
                let column = Some(column as u32 + 1);
                findings.push(Finding::new(Rule::named("file/identifier-dropped"), place_of_header, column, None));
            }
        }
        let (readers, first_reader) = readers(&takes);
        let unread = self.unread(header);
        Ok(Plan {
            area: self.record.role("area").ok_or_else(|| Error::failed("the record type has no area"))?,
            time: self.record.role("time"),
            person_scope: Arc::clone(&self.person_scope),
            digest: {
                let coded = self.record.coded().filter_map(|(field, _)| Some(mixed(field, same[field]?)));
                let value = if number { 0 } else { digest_of_value(Interval::exact(1)) };
                coded.fold(value, u64::wrapping_add)
            },
            counts: number || !series.is_empty(),
            same,
            varying,
            status: status.map(|field| self.flags_of(field)).transpose()?,
            persons: takes.iter().any(|(_, take)| matches!(take, Take::Person(_))),
            record: Arc::clone(&self.record),
            takes,
            readers,
            first_reader,
            start,
            checks,
            series,
            skip: self.conditions(&self.profile.skip, header).flatten().collect(),
            only: self.conditions(&self.profile.only, header).flatten().collect(),
            extents: if unread.is_empty() { None } else { Some(self.extents()?) },
            unread,
            missing: self.profile.missing.iter().map(|text| text.as_bytes().into()).collect(),
            answers: self.answers.get().cloned(),
            numbers: self.profile.numbers,
            dates: self.profile.dates,
            read: {
                let columns = self.profile.columns().filter_map(|name| header.iter().position(|found| found == name));
                let distinct: BTreeSet<usize> = columns.collect();
                distinct.into_iter().collect()
            },
            columns: header.len(),
            source,
            options: options.clone(),
            unknown,
            headings,
            findings,
            absent,
        })
    }

    /// The header in the spelling of the profile, and the columns whose headings differ from it in case.
    ///
    /// A heading that the profile has as it stands is left alone, and so is one that could be two of the profile's.
    fn spelled(&self, header: &[String], place: &str) -> Result<(Vec<String>, Vec<usize>)> {
        let exact: BTreeSet<&str> = self.profile.headings().collect();
        let mut lower: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        exact.iter().for_each(|name| lower.entry(name.to_lowercase()).or_default().push(name));
        let (mut spelled, mut respelled) = (header.to_vec(), Vec::new());
        for (column, heading) in header.iter().enumerate().filter(|(_, heading)| !exact.contains(heading.as_str())) {
            let Some([name]) = lower.get(&heading.to_lowercase()).map(Vec::as_slice) else { continue };
            if header.iter().any(|other| other == name) {
                continue;
            }
            if let Some(first) = spelled.iter().position(|other| other == name) {
                return Err(Error::refused("file/repeated-column", "two columns bear the same name in another case")
                    .at(format!("{place}:1, columns {} and {}", first + 1, column + 1))
                    .hint("rename or remove one of them"));
            }
            spelled[column] = (*name).to_owned();
            respelled.push(column);
        }
        Ok((spelled, respelled))
    }

    /// How a missing code is stored.
    fn missing(&self, field: usize, missing: Missing) -> u64 {
        self.record.stored(field, missing.code())
    }

    /// The value of a field of which a record says nothing: the total in figures, missing in records of persons.
    pub(super) fn otherwise(&self, field: usize, missing: Missing) -> u64 {
        let of = &self.record.fields[field];
        let Some(list) = &of.codelist else { return 1 };
        if let Some(default) = of.default {
            return self.record.stored(field, default);
        }
        let total = list.find("_T").filter(|_| self.record.unit == Unit::Figure);
        total.map_or_else(|| self.missing(field, missing), |total| self.record.stored(field, total))
    }

    /// The columns that may tell one figure from another and give no field: all but those that are ignored by name. A column
    /// of which a filter leaves several texts is one of them.
    fn unread(&self, header: &[String]) -> Vec<usize> {
        if self.record.unit != Unit::Figure {
            return Vec::new();
        }
        let is = |name: &str| !self.profile.gives(name) && !self.profile.leaves_out(name);
        (0..header.len()).filter(|&column| is(&header[column])).collect()
    }

    /// The refusal of a file with a column more than its layout has.
    fn other_layout(&self, header: &[String], column: usize, place: &str) -> Error {
        let error = Error::refused("file/unknown-column", "the file has a column that is not in its layout")
            .at(format!("{place}:1, column {}", column + 1));
        match self.fitting(header) {
            Some(name) => error.hint(format!("the header fits the profile `{name}`: try `--profile {name}`")),
            None => error.hint(format!(
                "the profile `{0}` reads files with these columns only: `tipstat profile show {0}`",
                self.profile.id
            )),
        }
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

    /// Whether every column of figures gives a field.
    fn is_in_series(&self, field: usize, series: &[Fixed]) -> bool {
        let figure = self.record.fields[field].kind == FieldType::Value;
        !series.is_empty() && (figure || series.iter().all(|series| series.values[field].is_some()))
    }

    /// The refusal of a file in which no column gives these required fields.
    fn unmapped(&self, fields: &[&Field], place: &str) -> Error {
        let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.id)).collect();
        let word = if fields.len() == 1 { "field" } else { "fields" };
        let what = format!("no column gives the required {word} {}", names.join(", "));
        let mut error = Error::refused("file/required-field", what).at(place);
        let columns = |field: &Field| {
            self.profile.maps.iter().filter(|map| map.field == field.id).find_map(|map| map.column.as_ref())
        };
        for field in fields {
            if let Some(column) = columns(field) {
                let what = format!("the profile reads `{}` from `{column}`, which is not in the header", field.id);
                error = error.hint(what);
            }
        }
        if fields.iter().any(|field| columns(field).is_none()) {
            error = error.hint(format!("map them in the profile `{}`: `tipstat explain profiles`", self.profile.id));
        }
        for field in fields {
            let way_out = match field.role.as_deref() {
                Some("area") => "or name the country of all records: `--area KHM`".to_owned(),
                _ if field.codelist.is_none() => continue,
                _ => format!("or state it for all records: `--set {}=CODE`, with `_X` for not collected", field.id),
            };
            error = error.hint(way_out);
        }
        error
    }

    fn is_identifier(&self, heading: &str) -> bool {
        names_a_person(&self.record, heading)
    }

    fn refuse_identifiers(&self, header: &[String], place: &str) -> Result<()> {
        let names = |&column: &usize| self.is_identifier(&header[column]) && !self.is_reduced(&header[column]);
        let found: Vec<usize> = (0..header.len()).filter(names).collect();
        match found.len() {
            0 => Ok(()),
            1 => Err(identifier(place, &found, "a column looks like a direct identifier")),
            count => Err(identifier(place, &found, &format!("{count} columns look like direct identifiers"))),
        }
    }

    /// Whether a column is dropped by the profile, or is a date of birth of which only the age is kept.
    fn is_reduced(&self, heading: &str) -> bool {
        let birth = |map: &Map| map.born_before.is_some() && map.column.as_deref() == Some(heading);
        self.profile.drops(heading) || self.profile.maps.iter().any(birth)
    }

    /// Refuses a header without a required column. Another layout is looked for by the headings as they are `written`.
    fn require_columns(&self, header: &[String], written: &[String], place: &str) -> Result<()> {
        if let Some(column) = self.profile.only.keys().find(|name| !header.contains(name)) {
            let what = format!("the column `{column}` of the filter `[only]` is missing");
            return Err(Error::refused("file/missing-column", what)
                .at(place)
                .hint("without it every row would be read, totals and their parts alike: correct the profile"));
        }
        for map in self.profile.maps.iter().filter(|map| map.required) {
            let Some(column) = &map.column else { continue };
            // Another column of the same field may stand in, because publishers rename their columns, and so may a constant.
            let stands_in = |other: &&Map| other.field == map.field && other.when == map.when;
            let mut others = self.profile.maps.iter().filter(stands_in);
            if others.any(|other| other.constant.is_some() || other.column.as_ref().is_some_and(|c| header.contains(c)))
            {
                continue;
            }
            let error = Error::refused("file/missing-column", format!("the required column `{column}` is missing"))
                .at(place)
                .with("found", format!("{} columns", header.len()));
            let error = match self.fitting(written) {
                Some(name) => error.hint(format!("the header fits the profile `{name}`: try `--profile {name}`")),
                None if self.profile.id == self.record.name() => {
                    error.hint(format!("`tipstat schema show {}` lists the columns that are read", self.record.id))
                }
                None => {
                    error.hint(format!("`tipstat profile show {}` lists the columns that are read", self.profile.id))
                }
            };
            // The nearest heading is named by its place: without a header it is a value, and `Aria` is near `area`. Case is
            // weighed last.
            let distance = |name: &String| {
                let [name_lower, column_lower] = [name.as_str(), column.as_str()].map(str::to_lowercase);
                let letters = crate::error::distance(&name_lower, &column_lower);
                (letters, crate::error::distance(name, column))
            };
            let near = header
                .iter()
                .enumerate()
                .filter(|(_, name)| distance(name).0 <= 2 && (name.len() > 3 || name.eq_ignore_ascii_case(column)))
                .min_by_key(|(_, name)| distance(name))
                .map(|(at, _)| at);
            return Err(match near {
                Some(at) => error.hint(format!("is it column {}? Its heading is nearly the same", at + 1)),
                None => error,
            });
        }
        Ok(())
    }

    /// The profile that knows most of a header, among those that can read it. It is a hint only, so a profile that
    /// cannot be loaded is skipped.
    ///
    /// A profile of one country is never offered, because it would make the country of every record that one. Nor is one
    /// of which the header has nothing but headings that any file may have, such as `Year` and `Value`: the names of
    /// fields, and what two countries or more write.
    fn fitting(&self, header: &[String]) -> Option<String> {
        let others = once(&self.others, || Others::load(&self.registry)).ok()?;
        let Others { profiles, records } = &*others;
        let of_one_country = |of: &Profile| {
            let field = |record: &Record| Some(record.fields[record.role("area")?].id.clone());
            records.get(&of.record).and_then(field).is_some_and(|area| of.constant(&area).is_some())
        };
        let fields = records.values().flat_map(|record| &record.fields).map(|field| normal(&field.id));
        let national = profiles.iter().filter(|of| of_one_country(of));
        let generic: BTreeSet<String> = fields.chain(national.flat_map(Profile::columns).map(normal)).collect();
        let known = |of: &Profile| header.iter().filter(|name| of.knows(name)).count();
        let is_telling = |of: &Profile| header.iter().any(|name| of.gives(name) && !generic.contains(&normal(name)));
        let fitting = profiles.iter().filter(|of| of.id != self.profile.id && of.fits(header));
        let fitting = fitting.filter(|of| !of_one_country(of) && is_telling(of));
        fitting.filter(|of| 2 * known(of) >= header.len()).max_by_key(|of| known(of)).map(|of| of.id.clone())
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
    let derived = record.derived.iter().any(|(of, _)| *of == index);
    // Codes of a country's own list depend on the area of each record.
    let pack = record.fields[index].kind == FieldType::Pack;
    let Some(list) = record.fields[index].codelist.as_ref().filter(|_| !derived && !pack) else {
        return Err(Error::failed(format!("the field `{field}` cannot be set for all records"))
            .hint("only fields with codes can: what is counted, and who, stands in the file"));
    };
    if let Some(unknown) = code.split(';').find(|code| list.find(code).is_none()) {
        let error = Error::failed(format!("`{unknown}` is not a code of {}", list.id));
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

/// Whether a heading is one that the record type knows as a direct identifier.
pub(crate) fn names_a_person(record: &Record, heading: &str) -> bool {
    let plain = normal(heading);
    let letters: String = plain.chars().filter(|c| c.is_alphabetic()).collect();
    let words: Vec<&str> = plain.split(' ').collect();
    let any = |list: &[String]| words.iter().any(|word| list.iter().any(|known| known == word));
    let identifiers = &record.identifiers;
    identifiers.headings.contains(&letters)
        || any(&identifiers.words)
        || (any(&identifiers.name_words) && any(&identifiers.person_words))
}
