//! Indicators as data.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result, suggest};
use crate::schema::{Kind, Record, Registry, parse};

/// What a measure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeasureKind {
    /// The number of victims.
    Count,
    /// A cell in percent of the cells that `over` names.
    Share,
}

/// One measure of a table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The code in the column `INDICATOR`.
    pub id: String,
    /// What it is.
    pub kind: MeasureKind,
    /// SDMX unit: `NUMBER` or `PT`.
    pub unit: String,
    /// For a share: dimension to the codes whose sum is the denominator; the other dimensions stay as they are.
    #[serde(default)]
    pub over: BTreeMap<String, Vec<String>>,
}

/// A table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// The name of the table.
    pub id: String,
    /// Where it stands in the catalogue of the Global Report.
    pub catalogue: String,
    /// The pack that it belongs to.
    pub pack: String,
    /// The paragraph of the resolution that asks for it.
    pub paragraph: String,
    /// SDMX dimensions; the time stands second where the table has years.
    pub dimensions: Vec<String>,
    /// Dimension to the level of its code list; the coarsest where nothing is said.
    #[serde(default)]
    pub levels: BTreeMap<String, String>,
    /// What a reader must know.
    #[serde(default)]
    pub note: Option<String>,
    /// Title by language.
    pub title: BTreeMap<String, String>,
    /// The measures.
    #[serde(rename = "measure")]
    pub measures: Vec<Measure>,
}

impl Indicator {
    /// Loads a table by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(Kind::Indicators, name)?;
        parse(&text, &format!("indicators/{name}.toml"))
    }

    /// Checks that dimensions, levels and denominators exist in a record type, and that denominators are known values.
    pub fn check(&self, record: &Record) -> Result<()> {
        let problem = |what: String| Error::refused("schema/check", what).at(format!("indicators/{}.toml", self.id));
        for dimension in self.dimensions.iter().chain(self.levels.keys()) {
            let Some(field) = record.dimension(dimension) else {
                let known: Vec<_> = record.fields.iter().filter_map(|f| f.dimension.as_deref()).collect();
                return Err(problem(format!("{} has no dimension `{dimension}`", record.name()))
                    .hint(suggest(dimension, &known)));
            };
            let level = self.levels.get(dimension).map(String::as_str);
            crate::aggregate::depth_of(record.fields[field].codes(), level)
                .map_err(|error| error.at(format!("indicators/{}.toml", self.id)))?;
        }
        if self.dimensions.first().is_none_or(|d| Some(d) != role(record, "area")) {
            return Err(problem("the first dimension is the reporting area".into()));
        }
        for measure in &self.measures {
            if (measure.kind == MeasureKind::Share) == measure.over.is_empty() {
                return Err(problem(format!("`{}`: a share, and only a share, needs `over`", measure.id)));
            }
            for (dimension, codes) in &measure.over {
                if !self.dimensions.contains(dimension) {
                    return Err(problem(format!("`{}`: the table has no dimension `{dimension}`", measure.id)));
                }
                let list = record.dimension(dimension).map(|field| record.fields[field].codes());
                for code in codes {
                    let known = code == "_K"
                        || list.is_some_and(|list| list.find(code).is_some_and(crate::model::Codelist::is_known));
                    if !known {
                        let what = format!("`{}`: the denominator `{code}` is not a known value", measure.id);
                        return Err(problem(what).hint("`_K` stands for all known values"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn role<'a>(record: &'a Record, role: &str) -> Option<&'a String> {
    record.role(role).and_then(|field| record.fields[field].dimension.as_ref())
}

/// Tables by name of their pack or by their own, each once, in the order of their names.
pub fn select(registry: &Registry, names: &[String]) -> Result<Vec<Indicator>> {
    let all: Result<Vec<_>> =
        registry.names(Kind::Indicators)?.iter().map(|name| Indicator::load(registry, name)).collect();
    let all = all?;
    for name in names {
        if !all.iter().any(|table| table.id == *name || table.pack == *name) {
            let mut known: Vec<_> = all.iter().flat_map(|table| [table.pack.as_str(), &table.id]).collect();
            known.sort_unstable();
            known.dedup();
            return Err(Error::failed(format!("there is no table or pack of tables `{name}`"))
                .hint(suggest(name, &known))
                .hint("`tipstat indicator list` names them all"));
        }
    }
    let wanted = |table: &Indicator| names.is_empty() || names.contains(&table.id) || names.contains(&table.pack);
    Ok(all.into_iter().filter(wanted).collect())
}
