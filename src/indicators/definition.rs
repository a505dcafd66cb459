//! Indicators as data.
//!
//! The documentation of the keys is what editors show: `schema show indicator --as json-schema`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::formula::{Choice, Formula, TIME, other_year};
use crate::error::{Error, Result, suggest, visible};
use crate::files;
use crate::schema::{Populations, Record, Registry, SchemaKind, parse};

/// What a table counts: victims or different persons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// Victims: each record, or its `count`.
    #[default]
    Victims,
    /// Different persons, each once in a cell.
    Persons,
}

/// One measure of a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The code in the column `INDICATOR`.
    pub id: String,
    /// The formula: `tipstat explain indicators`. `count` is the number in the cell.
    #[serde(deserialize_with = "formula")]
    #[schemars(with = "String")]
    pub formula: Formula,
    /// SDMX unit: `NUMBER`, `PT`, `PER_100000_POP`, `IX`, `RO`.
    pub unit: String,
    /// The series of the global SDG database, where it is one.
    #[serde(default)]
    pub series: Option<String>,
    /// For a comparison of years: whether a country must report all years of the table, and not only the two.
    #[serde(default)]
    pub all_years: bool,
    /// Language to title.
    #[serde(default)]
    pub title: BTreeMap<String, String>,
}

impl Measure {
    /// Returns the year with which a figure of a year is compared, if it is with any.
    pub fn compared_with(&self, year: u16, first: Option<u16>) -> Option<u16> {
        let choice = self.formula.other_time().ok().flatten()?;
        other_year(choice, year, first)
    }
}

/// A table: its dimensions and its measures.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// The name of the table.
    pub id: String,
    /// Its place in the catalogue of the Global Report.
    pub catalogue: String,
    /// The packs of tables that include it.
    pub packs: Vec<String>,
    /// The paragraph of resolution 79/154 that asks for it.
    pub paragraph: String,
    /// The record type of its records.
    #[serde(default = "victim")]
    pub record: String,
    /// SDMX dimensions. `TIME_PERIOD` is the second one of a table with years.
    pub dimensions: Vec<String>,
    /// Dimension to the level of its code list, or to the scheme of regions of its countries. Without it the coarsest level.
    #[serde(default)]
    pub levels: BTreeMap<String, String>,
    /// Dimension to the code that all persons in the table have.
    #[serde(default)]
    pub universe: BTreeMap<String, String>,
    /// Dimension to codes that are counted in one line, that of the last code. The policy of the release says it.
    #[serde(skip)]
    pub join: BTreeMap<String, Vec<String>>,
    /// Whether victims or different persons are counted.
    #[serde(default)]
    pub counting: Counting,
    /// Language to what a reader must know.
    #[serde(default)]
    pub note: BTreeMap<String, String>,
    /// Language to title.
    pub title: BTreeMap<String, String>,
    /// The measures.
    #[serde(rename = "measure")]
    pub measures: Vec<Measure>,
}

fn victim() -> String {
    "victim".to_owned()
}

fn formula<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Formula, D::Error> {
    Formula::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

impl Indicator {
    /// Loads a table by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Indicators, name)?;
        let place = format!("indicators/{name}.toml");
        let table: Self = parse(&text, &place)?;
        // The table is written into a file of this name, and schemas may come from elsewhere.
        if !files::is_name(&table.id) {
            return Err(Error::refused("schema/check", format!("`{}` cannot name a table", visible(&table.id)))
                .at(place)
                .hint("an `id` has letters, digits, `-` and `_`, and is not the name of a device such as `nul`"));
        }
        Ok(table)
    }

    /// Returns all dimensions of its rows: those of the table, then those in which all persons have one code.
    pub fn all_dimensions(&self) -> impl Iterator<Item = &String> {
        self.dimensions.iter().chain(self.universe.keys())
    }

    /// Adds the plain count to a table that has none. The other measures stay: they decide which nodes the table has.
    pub(crate) fn add_count(&mut self) {
        if self.measures.iter().any(|measure| measure.formula.is_count()) {
            return;
        }
        self.measures.push(Measure {
            id: "COUNT_N".to_owned(),
            formula: Formula::Count(Vec::new()),
            unit: "NUMBER".to_owned(),
            series: None,
            all_years: false,
            title: BTreeMap::new(),
        });
    }

    /// Returns the dimension without which the table has no figures, where only some are reported.
    ///
    /// Every dimension of the universe is needed; and all that one of the measures names that name any. A table of plain
    /// counts needs all its dimensions, and one of rates none.
    pub(crate) fn lacks(&self, is_reported: impl Fn(&str) -> bool) -> Option<String> {
        let lacking = |mut names: std::vec::IntoIter<String>| names.find(|name| !is_reported(name));
        if let Some(missing) = self.universe.keys().find(|name| !is_reported(name)) {
            return Some(missing.clone());
        }
        let mut first = None;
        let mut rates = false;
        for measure in &self.measures {
            let mut named: Vec<String> = Vec::new();
            measure.formula.each(&mut |part| match part {
                Formula::Count(choices) => named.extend(choices.iter().map(|choice| choice.dimension.clone())),
                Formula::Codes(dimension) => named.push(dimension.clone()),
                _ => {}
            });
            rates |= measure.formula.has_population();
            named.retain(|name| name != TIME);
            if named.is_empty() {
                continue;
            }
            let missing = lacking(named.into_iter());
            missing.as_ref()?;
            first = first.or(missing);
        }
        if first.is_some() || rates {
            return first;
        }
        lacking(self.dimensions.clone().into_iter())
    }

    /// Returns whether a formula looks in a dimension for the reporting country itself, or the region that contains it.
    pub(super) fn looks_home(&self, dimension: &str) -> bool {
        let mut looks = false;
        for measure in &self.measures {
            measure.formula.each(&mut |part| {
                if let Formula::Count(choices) = part {
                    looks |= choices.iter().any(|choice| {
                        choice.dimension == dimension && choice.codes.iter().any(|code| code.starts_with('@'))
                    });
                }
            });
        }
        looks
    }

    /// Returns the names by which a table can be requested: its own and those of its packs.
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.id).chain(&self.packs).map(String::as_str)
    }

    /// Returns the entry of a language, or the English one.
    pub fn text<'a>(by_language: &'a BTreeMap<String, String>, language: &str) -> &'a str {
        by_language.get(language).or_else(|| by_language.get("en")).map_or("", String::as_str)
    }

    /// Checks that dimensions, levels and denominators exist in a record type, and that denominators are known values.
    pub fn check(&self, record: &Record) -> Result<()> {
        let problem = |what: String| Error::refused("schema/check", what).at(format!("indicators/{}.toml", self.id));
        for dimension in self.all_dimensions().chain(self.levels.keys()) {
            if record.dimension(dimension).is_none() {
                let known: Vec<_> = record.fields.iter().filter_map(|f| f.dimension.as_deref()).collect();
                return Err(problem(format!("{} has no dimension `{dimension}`", record.name()))
                    .hint(suggest(dimension, &known)));
            }
        }
        if self.dimensions.first().is_none_or(|d| Some(d) != role(record, "area")) {
            return Err(problem("the first dimension is the reporting area".into()));
        }
        if let Some(both) = self.universe.keys().find(|dimension| self.dimensions.contains(dimension)) {
            return Err(problem(format!("`{both}` is a dimension of the table, and cannot have one code only")));
        }
        if self.title.get("en").is_none_or(String::is_empty) {
            return Err(problem("the table has no English title".into()));
        }
        for measure in &self.measures {
            let problem = |what: String| problem(format!("`{}`: {what}", measure.id));
            let (mut choices, mut dimensions, mut populated, mut wrong) = (Vec::new(), Vec::new(), false, None);
            measure.formula.each(&mut |part| match part {
                Formula::Count(found) => choices.extend(found),
                Formula::Population(found) => {
                    choices.extend(found);
                    populated = true;
                    wrong = wrong.or_else(|| found.iter().find(|choice| !has_population(choice)));
                }
                Formula::Codes(dimension) => dimensions.push(dimension),
                _ => {}
            });
            for dimension in dimensions.into_iter().chain(choices.iter().map(|choice| &choice.dimension)) {
                if !self.all_dimensions().any(|name| name == dimension) && !populated {
                    return Err(problem(format!("the table has no dimension `{dimension}`")));
                }
            }
            if let Some(Choice { dimension, codes }) = wrong {
                let what = format!("there are no populations of `{dimension}={}`", codes.join("+"));
                return Err(problem(what).hint(
                    "a population is that of the row's area and year: `population`, `population[SEX=F]` or `population[SEX=_T, AGE=Y0T17]`",
                ));
            }
            measure.formula.other_time().map_err(|error| problem(error.to_string()))?;
            if populated && !self.dimensions.iter().any(|name| name == TIME) {
                return Err(problem("a population is that of a year, and the table has no years".into()));
            }
            if measure.all_years && measure.formula.other_time()?.is_none() {
                return Err(problem("`all_years` means nothing where no years are compared".into()));
            }
            for choice in measure.formula.share_of().into_iter().flat_map(|(_, whole)| whole) {
                let list = record.dimension(&choice.dimension).map(|field| record.fields[field].codes());
                for code in &choice.codes {
                    let known = code == "_K"
                        || list.is_some_and(|list| list.find(code).is_some_and(crate::model::Codelist::is_known));
                    if !known {
                        return Err(problem(format!("the denominator `{code}` is not a known value"))
                            .hint("`_K` stands for all known values"));
                    }
                }
            }
            for choice in choices.iter().filter(|choice| choice.dimension != TIME) {
                let list = record.dimension(&choice.dimension).map(|field| record.fields[field].codes());
                let special = ["_K", "_T", "@self", "@subregion", "@region", "_REGION", "_WORLD"];
                let is_code = |code: &String| {
                    special.contains(&code.as_str()) || list.is_some_and(|list| list.find(code).is_some())
                };
                if let Some(code) = choice.codes.iter().find(|code| !is_code(code)) {
                    return Err(problem(format!("`{}` has no code `{code}`", choice.dimension)));
                }
            }
        }
        Ok(())
    }
}

/// Returns whether there are populations of a choice: of one sex, or of one age group.
fn has_population(choice: &Choice) -> bool {
    matches!(choice.codes.as_slice(), [code] if Populations::has(&choice.dimension, code))
}

fn role<'a>(record: &'a Record, role: &str) -> Option<&'a String> {
    record.role(role).and_then(|field| record.fields[field].dimension.as_ref())
}

/// Tables by name of a pack or by their own, each once, in the order of their names.
pub fn select(registry: &Registry, names: &[String]) -> Result<Vec<Indicator>> {
    let all: Result<Vec<_>> =
        registry.names(SchemaKind::Indicators)?.iter().map(|name| Indicator::load(registry, name)).collect();
    let all = all?;
    let known: BTreeSet<&str> = all.iter().flat_map(Indicator::names).collect();
    for name in names {
        if !known.contains(name.as_str()) {
            let known: Vec<&str> = known.iter().copied().collect();
            return Err(Error::failed(format!("there is no table or pack of tables `{name}`"))
                .hint(suggest(name, &known))
                .hint("`tipstat indicator list` names them all"));
        }
    }
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let is_requested = |table: &Indicator| names.is_empty() || table.names().any(|name| names.contains(name));
    Ok(all.into_iter().filter(is_requested).collect())
}

/// Tables by name of a pack or by their own, as far as they are counted from records of a type.
///
/// # Errors
/// One of the names has no such table.
pub fn select_of(registry: &Registry, names: &[String], record: &str) -> Result<Vec<Indicator>> {
    let all = select(registry, names)?;
    // By each name the record type of the first table, and whether one of its tables is counted from `record`.
    let mut by_name: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for (name, table) in all.iter().flat_map(|table| table.names().map(move |name| (name, table))) {
        by_name.entry(name).or_insert((&table.record, false)).1 |= table.record == record;
    }
    for name in names {
        if let Some((other, false)) = by_name.get(name.as_str()) {
            return Err(Error::failed(format!("the tables `{name}` are counted from records of the type `{other}`"))
                .with("found", format!("records of the type `{record}`"))
                .hint("`tipstat indicator list` shows the record type of each table"));
        }
    }
    Ok(all.into_iter().filter(|table| table.record == record).collect())
}
