//! A record type: its fields, in the order of every key, with their code lists loaded.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::constraint::{Check, CheckText};
use super::field::{Derived, DerivedText, Field, FieldText, FieldType, LoadedLists, load_derived, load_field};
use super::{Pack, Registry, SchemaKind, parse};
use crate::error::{Error, Result};

/// How a heading shows that a column names persons; compared in lower case and without accents.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifiers {
    /// The record type whose identifiers hold here too.
    #[serde(default)]
    of: Option<String>,
    /// Whole headings, letters only.
    #[serde(default)]
    pub headings: Vec<String>,
    /// Words that do so anywhere in a heading.
    #[serde(default)]
    pub words: Vec<String>,
    /// Words for a name, which do so next to a word for a person.
    #[serde(default)]
    pub name_words: Vec<String>,
    /// Words for a person.
    #[serde(default)]
    pub person_words: Vec<String>,
}

impl Identifiers {
    /// With those of the record type that is named.
    fn complete(mut self, registry: &Registry) -> Result<Self> {
        let Some(record) = self.of.take() else { return Ok(self) };
        let (name, text) = registry.text(SchemaKind::Records, &record)?;
        let other: RecordText = parse(&text, &format!("records/{name}.toml"))?;
        self.headings.extend(other.identifiers.headings);
        self.words.extend(other.identifiers.words);
        self.name_words.extend(other.identifiers.name_words);
        self.person_words.extend(other.identifiers.person_words);
        Ok(self)
    }
}

/// What one record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A person, or multiple persons who are alike.
    #[default]
    Person,
    /// A published figure: it may be a total of others, so figures are never added up blindly.
    Figure,
}

/// How the figures of one dimension make up their total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parts {
    /// They add up to it.
    All,
    /// They add up to no more than it.
    Some,
    /// Each is no more than it.
    Each,
}

/// How figures of a field relate to the figure of all of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// The field.
    pub field: String,
    /// How the parts relate to the total.
    pub parts: Parts,
    /// Only figures that hold one of these codes are compared: rates of groups do not add up to the rate of all.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
}

/// Of which records a figure might have been counted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectOf {
    /// The code of the field `subject`.
    pub code: String,
    /// The record type.
    pub record: String,
    /// Dimension and code of what all such records share.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordText {
    id: String,
    version: u32,
    title: String,
    caveat: String,
    #[serde(default)]
    unit: Unit,
    #[serde(default)]
    identifiers: Identifiers,
    field: Vec<FieldText>,
    #[serde(default)]
    derived: Vec<DerivedText>,
    #[serde(default, rename = "check")]
    checks: Vec<CheckText>,
    #[serde(default, rename = "sum")]
    sums: Vec<Sum>,
    #[serde(default, rename = "subject")]
    subjects: Vec<SubjectOf>,
}

/// A record type with everything that it refers to.
#[derive(Clone, Debug)]
pub struct Record {
    /// The id, such as `victim`.
    pub id: String,
    /// The version.
    pub version: u32,
    /// What one record is.
    pub title: String,
    /// The sentence that every output carries.
    pub caveat: String,
    /// How a heading shows that a column names persons.
    pub identifiers: Identifiers,
    /// What one record is.
    pub unit: Unit,
    /// The fields, derived ones last.
    pub fields: Vec<Field>,
    /// Derived fields with their index in `fields`.
    pub derived: Vec<(usize, Derived)>,
    /// Country packs.
    pub packs: Vec<Pack>,
    /// Rules across fields.
    pub checks: Vec<Check>,
    /// How figures add up.
    pub sums: Vec<Sum>,
    /// Of which records figures might have been counted.
    pub subjects: Vec<SubjectOf>,
}

impl Record {
    /// Loads a record type and its code lists.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Records, name)?;
        let place = format!("records/{name}.toml");
        let text: RecordText = parse(&text, &place)?;
        let packs = Pack::load_all(registry)?;
        let (mut fields, mut lists) = (Vec::new(), LoadedLists::new());
        for field in text.field {
            fields.push(load_field(registry, field, &packs, &mut lists).map_err(|error| error.at(&*place))?);
        }
        let mut derived = Vec::new();
        for entry in text.derived {
            let (field, rule) = load_derived(registry, &entry, &fields).map_err(|error| error.at(&*place))?;
            derived.push((fields.len(), rule));
            fields.push(field);
        }
        let checks: Result<Vec<_>> = text.checks.into_iter().map(|check| Check::load(check, &fields)).collect();
        if let Some(sum) = text.sums.iter().find(|sum| !fields.iter().any(|field| field.id == sum.field)) {
            return Err(Error::refused("schema/check", format!("`[[sum]]`: no field `{}`", sum.field)).at(place));
        }
        Ok(Self {
            id: text.id,
            version: text.version,
            title: text.title,
            caveat: text.caveat,
            unit: text.unit,
            identifiers: text.identifiers.complete(registry).map_err(|error| error.at(&*place))?,
            fields,
            derived,
            packs,
            checks: checks.map_err(|error| error.at(&*place))?,
            sums: text.sums,
            subjects: text.subjects,
        })
    }

    /// Digits after the decimal point that a value keeps: persons are whole.
    pub fn decimals(&self) -> u32 {
        if self.unit == Unit::Person { 0 } else { 9 }
    }

    /// The id and version, such as `victim@1`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// The index of a field.
    pub fn field(&self, id: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.id == id)
    }

    /// The index of the field with a role.
    pub fn role(&self, role: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.role.as_deref() == Some(role))
    }

    /// The codes that some values of a field hold, ascending: for a set its codes one by one.
    pub fn present(&self, field: usize, values: &[u64]) -> Vec<u16> {
        if self.fields[field].kind != FieldType::Set {
            return values.iter().map(|&value| value as u16).collect();
        }
        let all = values.iter().fold(0, |all, value| all | value);
        (0..u64::BITS as u16).filter(|code| all >> code & 1 == 1).collect()
    }

    /// The index of the field of a dimension.
    pub fn dimension(&self, dimension: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.dimension.as_deref() == Some(dimension))
    }

    /// How a code of a field is stored: as itself, or as one bit.
    pub fn stored(&self, field: usize, code: u16) -> u64 {
        if self.fields[field].kind == FieldType::Set { 1 << code } else { code.into() }
    }

    /// Fields whose codes are stored, with their indices.
    pub fn coded(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.is_coded())
    }
}
