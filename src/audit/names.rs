//! Names by meaning: a set of persons has one key, in whatever table or release it is printed.

use std::collections::{BTreeSet, HashMap};

use super::release::{AREA, AuditedRelease, AuditedTable, TIME};
use super::structure::Structure;

/// Dimension and code, by their numbers. Dimensions in which all persons are counted are left out.
pub(super) type KeyPart = (u16, u32);

/// A set of persons: a record type, and the codes that they have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PersonsKey {
    pub record: u16,
    /// Ascending.
    pub parts: Vec<KeyPart>,
}

/// The numbers of record types, dimensions, codes and keys.
#[derive(Debug, Default)]
pub(super) struct NumberedNames {
    texts: HashMap<String, u32>,
    list: Vec<String>,
    keys: HashMap<PersonsKey, u32>,
    pub keys_list: Vec<PersonsKey>,
    /// A region is the countries that report, so they are what it is. The first name of a set is kept.
    areas: HashMap<BTreeSet<String>, u32>,
    named: BTreeSet<String>,
}

impl NumberedNames {
    pub fn text(&self, number: u32) -> &str {
        &self.list[number as usize]
    }

    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.texts.get(text) {
            return number;
        }
        let number = self.list.len() as u32;
        self.list.push(text.to_owned());
        self.texts.insert(text.to_owned(), number);
        number
    }

    pub fn find_text(&self, text: &str) -> Option<u32> {
        self.texts.get(text).copied()
    }

    pub fn dimension(&mut self, text: &str) -> u16 {
        self.number(text) as u16
    }

    /// Returns the number of a key, which is new if it was not there.
    pub fn key(&mut self, key: PersonsKey) -> u32 {
        if let Some(&number) = self.keys.get(&key) {
            return number;
        }
        let number = self.keys_list.len() as u32;
        self.keys_list.push(key.clone());
        self.keys.insert(key, number);
        number
    }

    pub fn find(&self, key: &PersonsKey) -> Option<u32> {
        self.keys.get(key).copied()
    }

    /// Returns the code of a set of countries. Two regions of the same countries have one code.
    pub fn area(&mut self, countries: BTreeSet<String>, code: &str) -> u32 {
        if let Some(&number) = self.areas.get(&countries) {
            return number;
        }
        let is_country = countries.len() == 1 && countries.contains(code);
        let list = || countries.iter().map(String::as_str).collect::<Vec<_>>().join("+");
        let name = match countries.len() {
            1 if !is_country => list(),
            _ if self.named.insert(code.to_owned()) => code.to_owned(),
            _ => format!("{code} of {}", list()),
        };
        let number = self.number(&name);
        self.areas.insert(countries, number);
        number
    }

    /// Describes a key: `REF_AREA=KHM, TIME_PERIOD=2022, FORM=FG_SEXUAL`.
    pub fn describe(&self, key: u32) -> String {
        let Some(PersonsKey { parts, .. }) = self.keys_list.get(key as usize) else { return format!("count {key}") };
        let parts = parts.iter();
        let parts: Vec<String> = parts
            .map(|(dimension, code)| format!("{}={}", self.text(u32::from(*dimension)), self.text(*code)))
            .collect();
        parts.join(", ")
    }
}

/// The countries of each area code of a table.
fn countries(table: &AuditedTable, at: usize, structure: &Structure) -> HashMap<String, BTreeSet<String>> {
    let codes = &table.codes[at];
    let families = structure.families(&table.record, AREA, codes);
    let is_parent: BTreeSet<&String> = families.iter().map(|family| &family.parent).collect();
    let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
    for code in codes.iter().filter(|code| !is_parent.contains(code)) {
        found.entry(code.clone()).or_default().insert(code.clone());
        for region in structure.above(&table.record, AREA, code) {
            found.entry(region).or_default().insert(code.clone());
        }
    }
    found
}

/// For each dimension of a table and each of its codes, the part of a key that it stands for; none where all are counted.
pub(super) fn parts(
    names: &mut NumberedNames,
    release: &AuditedRelease,
    table: &AuditedTable,
    years: &BTreeSet<String>,
) -> Vec<Vec<Option<KeyPart>>> {
    let structure = &release.structure;
    table
        .dimensions
        .iter()
        .enumerate()
        .map(|(d, dimension)| {
            let number = names.dimension(dimension);
            let areas = if dimension == AREA { countries(table, d, structure) } else { HashMap::new() };
            let codes = table.codes[d].iter();
            codes
                .map(|code| match (dimension.as_str(), code.as_str()) {
                    (AREA, _) => {
                        let countries = areas.get(code).cloned().unwrap_or_else(|| [code.clone()].into());
                        Some((number, names.area(countries, code)))
                    }
                    (TIME, "_T") => all_years(names, years),
                    (_, "_T") => None,
                    _ => Some((number, names.number(code))),
                })
                .collect()
        })
        .collect()
}

/// Returns the part of a key for all years of a release; none where no release shows a year.
pub(super) fn all_years(names: &mut NumberedNames, years: &BTreeSet<String>) -> Option<KeyPart> {
    let list: Vec<&str> = years.iter().map(String::as_str).collect();
    (!list.is_empty()).then(|| (names.dimension(TIME), names.number(&list.join("+"))))
}
