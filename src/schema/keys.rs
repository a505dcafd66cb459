//! The keys of a profile. Each has an effect or is refused.

use super::{Crosswalk, Field, FieldType, Map, Profile, Record, Unit};
use crate::error::{Error, Result};

/// The way in which a map gives its field a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapKind {
    /// One column.
    Column,
    /// Yes/no columns.
    Flags,
    /// The same code for every record.
    Constant,
    /// Columns with answers on a scale.
    Scale,
    /// A column with the date of birth and one with that of the event.
    Born,
}

impl MapKind {
    /// The keys that may stand in a map, next to those that make its kind.
    const KEYS: [&str; 5] = ["required", "codes", "crosswalk", "separator", "when"];

    /// Returns the kind of a map; none where it names several ways, or no way.
    pub fn of(map: &Map) -> Option<Self> {
        let ways = [
            (Self::Column, map.column.is_some()),
            (Self::Flags, !map.flags.is_empty()),
            (Self::Constant, map.constant.is_some()),
            (Self::Scale, !map.scale.is_empty()),
        ];
        let mut named = ways.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind);
        match (named.next(), named.next(), &map.born_before) {
            (Some(Self::Column), None, Some(_)) => Some(Self::Born),
            (Some(kind), None, None) => Some(kind),
            _ => None,
        }
    }

    /// Returns whether a field can get its value in this way.
    fn suits(self, field: &Field) -> bool {
        match self {
            Self::Column => true,
            Self::Flags => field.kind == FieldType::Set,
            Self::Constant => matches!(field.kind, FieldType::Code | FieldType::Set | FieldType::Year),
            Self::Scale => matches!(field.kind, FieldType::Code | FieldType::Set),
            Self::Born => field.kind == FieldType::Code && field.age_bands,
        }
    }

    /// Returns whether a key has an effect in a map of this kind for a field.
    fn reads(self, key: &str, field: &Field) -> bool {
        let coded = matches!(field.kind, FieldType::Code | FieldType::Set | FieldType::Year);
        let number = matches!(field.kind, FieldType::Count | FieldType::Value);
        match (self, key) {
            (Self::Column | Self::Born, "required") | (Self::Scale, "codes") => true,
            (Self::Column, "codes" | "crosswalk") => coded,
            (Self::Column, "separator") => coded || field.kind == FieldType::Pack,
            (_, "when") => coded || number,
            _ => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Flags => "flags",
            Self::Constant => "constant",
            Self::Scale => "scale",
            Self::Born => "born_before",
        }
    }
}

/// The type of a field as `schemas/` writes it.
fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Code => "code",
        FieldType::Set => "set",
        FieldType::Year => "year",
        FieldType::Pack => "pack",
        FieldType::Count => "count",
        FieldType::Value => "value",
        FieldType::Person => "person",
    }
}

/// Refuses a profile in which a key is ignored, or says two things.
///
/// # Errors
/// The place and the key are named.
pub fn check_keys(record: &Record, profile: &Profile) -> Result<()> {
    let problem = |what: String| {
        Err(Error::refused("schema/check", what)
            .at(format!("profiles/{}.toml", profile.id))
            .hint("`tipstat explain profiles` shows what each key does"))
    };
    for map in &profile.maps {
        let Some(field) = record.field(&map.field).map(|index| &record.fields[index]) else {
            return problem(format!("`{}` has no field `{}`", record.name(), map.field));
        };
        if let Err(what) = check_map(map, field) {
            return problem(format!("the map of `{}`: {what}", map.field));
        }
    }
    let number = |kind| matches!(kind, FieldType::Count | FieldType::Value);
    let is_number = |map: &Map| record.field(&map.field).is_some_and(|index| number(record.fields[index].kind));
    if let Some(map) = profile.maps.iter().find(|map| !profile.series.is_empty() && is_number(map)) {
        return problem(format!(
            "`[[series]]` name the columns of the figures, so a map of `{}` is ignored",
            map.field
        ));
    }
    for (name, filter) in [("skip", &profile.skip), ("only", &profile.only)] {
        if let Some((column, _)) = filter.iter().find(|(_, texts)| texts.is_empty()) {
            return problem(format!("`[{name}]`: `{column}` names no text"));
        }
    }
    if let Some(column) = profile.only.keys().find(|column| profile.skip.contains_key(*column)) {
        return problem(format!("`{column}` is both in `[only]` and in `[skip]`"));
    }
    for (name, left_out) in [("ignore", &profile.ignore), ("drop", &profile.drop)] {
        if left_out.prefixes.iter().any(String::is_empty) {
            return problem(format!("`[{name}]`: an empty prefix leaves every column out"));
        }
        let mut read = profile.columns().filter(|column| profile.gives(column));
        if let Some(column) = read.find(|column| left_out.columns.iter().any(|name| name == column)) {
            return problem(format!("`{column}` is read by a map and named in `[{name}]`"));
        }
    }
    if record.unit != Unit::Figure && !profile.exclusive.is_empty() {
        return problem("`exclusive` says something of published figures only".into());
    }
    if let Some(name) = profile.exclusive.iter().find(|name| record.dimension(name).is_none()) {
        return problem(format!("`exclusive`: `{}` has no dimension `{name}`", record.name()));
    }
    if let Some(delimiter) = profile.delimiter.filter(|c| !c.is_ascii() || "\"\r\n\0".contains(*c)) {
        return problem(format!("`{}` cannot separate fields", delimiter.escape_default()));
    }
    let numbers = profile.numbers;
    if numbers.thousands == Some(numbers.decimal) || numbers.decimal.is_alphanumeric() {
        return problem("`[numbers]`: decimals and thousands need two different signs".into());
    }
    Ok(())
}

fn check_map(map: &Map, field: &Field) -> Result<(), String> {
    let Some(kind) = MapKind::of(map) else {
        return Err("it needs a `column`, `flags`, a `scale` or a `constant`, and one only".into());
    };
    let type_name = type_name(field.kind);
    if !kind.suits(field) {
        return Err(format!("`{}` cannot give a field of the type `{type_name}`", kind.name()));
    }
    let has = |key: &str| match key {
        "required" => map.required,
        "codes" => !map.codes.is_empty(),
        "crosswalk" => !map.crosswalks.is_empty(),
        "separator" => !map.separators.is_empty(),
        _ => !map.when.is_empty(),
    };
    if let Some(key) = MapKind::KEYS.into_iter().find(|key| has(key) && !kind.reads(key, field)) {
        return Err(format!("`{key}` has no effect with `{}` for a field of the type `{type_name}`", kind.name()));
    }
    if let Some((column, _)) = map.when.iter().find(|(_, texts)| texts.is_empty()) {
        return Err(format!("`when`: `{column}` names no text, so the map never applies"));
    }
    if map.separators.iter().any(String::is_empty) {
        return Err("an empty `separator` separates nothing".into());
    }
    if let Some((column, _)) = map.flags.iter().find(|(_, codes)| codes.is_empty()) {
        return Err(format!("a yes in `{column}` adds no code"));
    }
    if kind == MapKind::Scale && map.codes.is_empty() {
        return Err("`scale` needs `codes` for its answers".into());
    }
    // What depends on the record or the cell cannot be the same for every record.
    let fixed =
        map.constant.iter().flat_map(|ids| ids.split(';')).chain(map.flags.values().flatten().map(String::as_str));
    let scale = map.codes.values().map(String::as_str).filter(|_| kind == MapKind::Scale);
    if let Some(id) = fixed.chain(scale).find(|id| *id == Crosswalk::AREA || id.starts_with(Crosswalk::REFUSED)) {
        return Err(format!("`{id}` stands for no code in `{}`", kind.name()));
    }
    if field.kind != FieldType::Set && map.constant.as_ref().is_some_and(|ids| ids.contains(';')) {
        return Err(format!("a field of the type `{type_name}` has one code"));
    }
    Ok(())
}
