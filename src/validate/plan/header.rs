//! What is wrong with a header, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use super::file::identifier;
use super::layout::{Layout, Others, once};
use crate::error::{Error, Result};
use crate::schema::{Field, Map, Profile, Record};
use crate::validate::values::normal;

impl Layout {
    /// The header in the spelling of the profile, and the columns whose headings differ from it in case.
    ///
    /// A heading that the profile has as it stands is left alone, and so is one that could be two of the profile's.
    pub(super) fn spelled(&self, header: &[String], place: &str) -> Result<(Vec<String>, Vec<usize>)> {
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
                return Err(Error::refused("file/repeated-column", "two columns have the same name in another case")
                    .at(format!("{place}:1, columns {} and {}", first + 1, column + 1))
                    .hint("rename or remove one of them"));
            }
            spelled[column] = (*name).to_owned();
            respelled.push(column);
        }
        Ok((spelled, respelled))
    }

    /// The refusal of a file with a column more than its layout has.
    pub(super) fn other_layout(&self, header: &[String], column: usize, place: &str) -> Error {
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

    /// The refusal of a file in which no column gives these required fields.
    pub(super) fn unmapped(&self, fields: &[&Field], place: &str) -> Error {
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

    pub(super) fn is_identifier(&self, heading: &str) -> bool {
        names_a_person(&self.record, heading)
    }

    pub(super) fn refuse_identifiers(&self, header: &[String], place: &str) -> Result<()> {
        let names = |&column: &usize| self.is_identifier(&header[column]) && !self.is_reduced(&header[column]);
        let found: Vec<usize> = (0..header.len()).filter(names).collect();
        match found.len() {
            0 => Ok(()),
            1 => Err(identifier(place, &found, "a column looks like a direct identifier")),
            count => Err(identifier(place, &found, &format!("{count} columns look like direct identifiers"))),
        }
    }

    /// Returns whether a column is dropped by the profile, or is a date of birth that is kept as an age.
    pub(super) fn is_reduced(&self, heading: &str) -> bool {
        let birth = |map: &Map| map.born_before.is_some() && map.column.as_deref() == Some(heading);
        self.profile.drops(heading) || self.profile.maps.iter().any(birth)
    }

    /// Refuses a header without a required column. Another layout is looked for by the headings as they are `written`.
    pub(super) fn require_columns(&self, header: &[String], written: &[String], place: &str) -> Result<()> {
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
            // weighed last. A column that the profile reads already is no other one.
            let distance = |name: &String| {
                let [name_lower, column_lower] = [name.as_str(), column.as_str()].map(str::to_lowercase);
                let letters = crate::error::distance(&name_lower, &column_lower);
                (letters, crate::error::distance(name, column))
            };
            let near = header
                .iter()
                .enumerate()
                .filter(|(_, name)| !self.profile.knows(name))
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
    pub(crate) fn fitting(&self, header: &[String]) -> Option<String> {
        let others = once(&self.others, || Others::load(&self.registry)).ok()?;
        let Others { profiles, records } = &*others;
        let of_one_country = |profile: &Profile| {
            let field = |record: &Record| Some(record.fields[record.role("area")?].id.clone());
            records.get(&profile.record).and_then(field).is_some_and(|area| profile.constant(&area).is_some())
        };
        let fields = records.values().flat_map(|record| &record.fields).map(|field| normal(&field.id));
        let national = profiles.iter().filter(|profile| of_one_country(profile));
        let generic: BTreeSet<String> = fields.chain(national.flat_map(Profile::columns).map(normal)).collect();
        let known = |profile: &Profile| header.iter().filter(|name| profile.knows(name)).count();
        let is_telling =
            |profile: &Profile| header.iter().any(|name| profile.gives(name) && !generic.contains(&normal(name)));
        let fitting = profiles.iter().filter(|profile| profile.id != self.profile.id && profile.fits(header));
        let fitting = fitting.filter(|profile| !of_one_country(profile) && is_telling(profile));
        fitting
            .filter(|profile| 2 * known(profile) >= header.len())
            .max_by_key(|profile| known(profile))
            .map(|profile| profile.id.clone())
    }
}

/// Returns whether a heading is one that the record type knows as a direct identifier.
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
