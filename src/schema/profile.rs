//! A profile: how one publisher's layout becomes a record type.
//!
//! The documentation of its keys is what editors show: `schema show profile --as json-schema`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::load::{OneOrMore, parse};
use super::{Record, Registry, SchemaKind};
use crate::error::Result;

/// A map: one column, a constant, or a group of flags becomes a field.
///
/// Later maps of a field are used where earlier ones are missing or do not apply.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The field of the record type.
    pub field: String,
    /// The column's heading.
    #[serde(default)]
    pub column: Option<String>,
    /// Whether the file is refused without the column.
    #[serde(default)]
    pub required: bool,
    /// Value to code, to `=area` or to `!rule`. The codes of the field are accepted as well, except single letters: `M` may be
    /// male or `Mujer`. The key `""` is the empty cell.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// Files of `crosswalks/`. An earlier one has priority.
    #[serde(default, rename = "crosswalk", deserialize_with = "one_or_more")]
    #[schemars(with = "OneOrMore<String>")]
    pub crosswalks: Vec<String>,
    /// What separates multiple values in one cell.
    #[serde(default, rename = "separator", deserialize_with = "one_or_more")]
    #[schemars(with = "OneOrMore<String>")]
    pub separators: Vec<String>,
    /// Yes/no columns, each with the codes that a yes adds.
    #[serde(default)]
    pub flags: BTreeMap<String, Vec<String>>,
    /// The same code for every record, or multiple codes joined by `;`.
    #[serde(default)]
    pub constant: Option<String>,
    /// Columns with answers on a scale. The code of the highest answer is used. Where an answer is missing, it is used only if
    /// no higher answer could change it.
    #[serde(default)]
    pub scale: Vec<String>,
    /// Column to values. The map applies where each of these columns has one of these values, in any spelling.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// For ages: the column with the date or year of the event. Then `column` has the date or year of birth, and only the
    /// age is kept.
    #[serde(default)]
    pub born_before: Option<String>,
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMore::deserialize(deserializer).map(Vec::from)
}

/// A column of figures of one kind. Each row has as many records as there are such columns.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The column's heading.
    pub column: String,
    /// Field to code.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
}

/// One column whose values give codes of multiple fields.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Levels {
    /// The column's heading.
    column: String,
    /// Whether the file is refused without the column.
    #[serde(default)]
    required: bool,
    /// Value to field to code. A field that is not named for a value is the total.
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The mark before the decimals.
    #[serde(default = "point")]
    pub decimal: char,
    /// The mark between groups of thousands, where there is one.
    #[serde(default)]
    pub thousands: Option<char>,
}

fn point() -> char {
    '.'
}

/// The order of day, month and year in a date whose year does not come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// Day, month, year: `31/12/2024`.
    Dmy,
    /// Month, day, year: `12/31/2024`.
    Mdy,
    /// Dates with the year first only: `2024-12-31`. All others are refused.
    Ymd,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { decimal: '.', thousands: None }
    }
}

/// Columns that are known and not read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// Headings.
    #[serde(default)]
    pub columns: Vec<String>,
    /// How headings begin.
    #[serde(default)]
    pub prefixes: Vec<String>,
}

/// How the lines of a quoted cell are read where each of them looks like a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuotedLines {
    /// As records, between two stray quotation marks.
    #[default]
    Records,
    /// As text of the cell, such as a pasted table.
    Text,
}

/// A publisher's layout.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name.
    pub id: String,
    /// Whose layout it is.
    pub title: String,
    /// The document or site that describes the layout.
    pub source: String,
    /// The record type of its records.
    pub record: String,
    /// The delimiter. Without it the program finds it.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// The encoding, where it is not UTF-8.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The sheet of a workbook. Without it the sheet whose header fits best.
    #[serde(default)]
    pub sheet: Option<String>,
    /// How the lines of a quoted cell are read where each of them looks like a record.
    #[serde(default)]
    pub quoted_lines: QuotedLines,
    /// Values that mean asked and not known.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Sentences on what the mapping changes in the meaning of the figures. The manifest repeats them.
    #[serde(default)]
    pub declares: Vec<String>,
    /// Field to its meaning in this source, where other sources mean something else.
    #[serde(default)]
    pub meanings: BTreeMap<String, String>,
    /// Of published figures: dimensions in which no person is counted in two parts, though a person could be.
    #[serde(default)]
    pub exclusive: Vec<String>,
    /// How numbers are written.
    #[serde(default)]
    pub numbers: Numbers,
    /// The order of dates whose year comes last. Without it such a date is used only as far as it is certain.
    #[serde(default)]
    pub dates: Option<DateOrder>,
    /// Columns, constants and flags that become fields.
    #[serde(default, rename = "map")]
    pub maps: Vec<Map>,
    /// Columns whose values give codes of multiple fields.
    #[serde(default)]
    levels: Vec<Levels>,
    /// Columns of figures.
    #[serde(default)]
    pub series: Vec<Series>,
    /// Rows that are not records, by column and value: totals and empty groups of a table. Case, accents and spaces make no
    /// difference, except for single letters and for values that the profile names in two spellings.
    #[serde(default)]
    pub skip: BTreeMap<String, Vec<String>>,
    /// Rows that are records: those in which each of these columns has one of these values.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
    /// Whether a file with a column that the profile does not name is refused.
    #[serde(default)]
    pub exact: bool,
    /// Known columns that are not read.
    #[serde(default)]
    pub ignore: Ignore,
    /// Direct identifiers that the file has and that are dropped unread.
    #[serde(default)]
    pub drop: Ignore,
}

impl Ignore {
    fn names(&self, heading: &str) -> bool {
        self.columns.iter().any(|column| column == heading)
            || self.prefixes.iter().any(|prefix| heading.starts_with(prefix.as_str()))
    }
}

impl Profile {
    /// Loads a profile by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Profiles, name)?;
        let mut profile: Self = parse(&text, &registry.place_of_profile(&name))?;
        for levels in std::mem::take(&mut profile.levels) {
            profile.spread(levels);
        }
        Ok(profile)
    }

    /// A column whose texts speak of several fields is one map for each of these fields.
    fn spread(&mut self, levels: Levels) {
        let mut fields: Vec<_> = levels.codes.values().flat_map(BTreeMap::keys).cloned().collect();
        fields.sort();
        fields.dedup();
        for field in fields {
            let code = |codes: &BTreeMap<String, String>| codes.get(&field).map_or("_T", String::as_str).to_owned();
            self.maps.push(Map {
                column: Some(levels.column.clone()),
                required: levels.required,
                codes: levels.codes.iter().map(|(text, codes)| (text.clone(), code(codes))).collect(),
                field,
                ..Map::default()
            });
        }
    }

    /// Every column that a map, a series or a condition reads.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.maps
            .iter()
            .flat_map(|map| {
                let named = map.column.iter().chain(&map.born_before);
                named.chain(map.flags.keys()).chain(map.when.keys()).chain(&map.scale).map(String::as_str)
            })
            .chain(self.series.iter().map(|series| series.column.as_str()))
            .chain(self.skip.keys().chain(self.only.keys()).map(String::as_str))
    }

    /// Every text that a condition or a filter compares a column with.
    pub fn conditions_on<'a>(&'a self, heading: &'a str) -> impl Iterator<Item = &'a str> {
        let filters = self.maps.iter().map(|map| &map.when).chain([&self.skip, &self.only]);
        filters.filter_map(move |filter| filter.get(heading)).flatten().map(String::as_str)
    }

    /// Returns whether a column gives a field its value, or holds figures; a condition or a filter on it gives none.
    pub fn gives(&self, heading: &str) -> bool {
        let in_map = |map: &Map| {
            let mut columns = map.column.iter().chain(&map.born_before).chain(map.flags.keys()).chain(&map.scale);
            columns.any(|column| column == heading)
        };
        self.maps.iter().any(in_map) || self.series.iter().any(|series| series.column == heading)
    }

    /// Returns whether nothing but a filter of rows reads a column.
    pub fn only_filters(&self, heading: &str) -> bool {
        let is_filter = self.skip.contains_key(heading) || self.only.contains_key(heading);
        is_filter && !self.gives(heading) && !self.maps.iter().any(|map| map.when.contains_key(heading))
    }

    /// Returns whether a column is ignored or dropped by name.
    pub fn leaves_out(&self, heading: &str) -> bool {
        self.ignore.names(heading) || self.drop.names(heading)
    }

    /// Returns the code that a field has in every file of this layout, such as the country of a national register.
    pub fn constant(&self, field: &str) -> Option<&str> {
        self.maps.iter().filter(|map| map.field == field && map.when.is_empty()).find_map(|map| map.constant.as_deref())
    }

    /// Every heading that the profile names, read or not.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        let unread = self.ignore.columns.iter().chain(&self.drop.columns);
        self.columns().chain(unread.map(String::as_str))
    }

    /// Columns without which a file is refused.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required = self.maps.iter().filter(|map| map.required);
        required.filter_map(|map| map.column.as_deref())
    }

    /// Returns whether a heading is read, or known and not read.
    pub fn knows(&self, heading: &str) -> bool {
        self.columns().any(|column| column == heading) || self.ignore.names(heading) || self.drop.names(heading)
    }

    /// Returns whether a row is not one record with plain values: a table with totals or several figures, or dates of birth.
    pub fn is_table(&self) -> bool {
        let filtered = !self.skip.is_empty() || !self.only.is_empty();
        filtered || !self.series.is_empty() || self.maps.iter().any(|map| map.born_before.is_some())
    }

    /// Returns whether a direct identifier is known to be in a column and to be dropped.
    pub fn drops(&self, heading: &str) -> bool {
        self.drop.names(heading)
    }

    /// Returns whether a header has every column that the profile needs.
    pub fn fits(&self, header: &[String]) -> bool {
        self.required().all(|column| header.iter().any(|heading| heading == column))
    }

    /// The layout whose columns bear the record type's own names.
    ///
    /// A required field needs its column and a value in every record; elsewhere an empty cell means not known.
    pub fn identity(record: &Record) -> Self {
        let derived = |index| record.derived.iter().any(|(field, _)| *field == index);
        let given = record.fields.iter().enumerate().filter(|(index, _)| !derived(*index));
        let maps = given.flat_map(|(_, field)| {
            let map = Map {
                field: field.id.clone(),
                column: Some(field.id.clone()),
                required: field.required,
                separators: vec![";".into()],
                ..Map::default()
            };
            let scale = field.scale.iter().map(|scale| Map {
                field: field.id.clone(),
                scale: scale.columns.clone(),
                codes: scale.codes.clone(),
                ..Map::default()
            });
            std::iter::once(map).chain(scale).collect::<Vec<_>>()
        });
        Self {
            id: record.name(),
            title: format!("the columns of {}", record.name()),
            source: record.name(),
            record: record.name(),
            delimiter: None,
            encoding: None,
            sheet: None,
            quoted_lines: QuotedLines::default(),
            missing: Vec::new(),
            declares: Vec::new(),
            meanings: BTreeMap::new(),
            exclusive: Vec::new(),
            numbers: Numbers::default(),
            dates: None,
            maps: maps.collect(),
            levels: Vec::new(),
            series: Vec::new(),
            skip: BTreeMap::new(),
            only: BTreeMap::new(),
            exact: false,
            ignore: Ignore::default(),
            drop: Ignore::default(),
        }
    }
}
