//! Planning and counting the tables of a release.

use std::collections::{BTreeMap, BTreeSet};

use super::Indicator;
use super::definition::Counting;
use crate::aggregate::{AreaNodes, Breakdown, Cube, Measure, Microdata, cubes, depth_of};
use crate::error::{Error, Result};
use crate::schema::{Record, Region, Registry};

/// A table with exact counts. Confidential.
#[derive(Debug)]
pub struct Draft {
    /// The definition.
    pub indicator: Indicator,
    /// The counts.
    pub cube: Cube,
}

/// All tables of a release, and those that could not be made because nobody collects what they need.
#[derive(Debug, Default)]
pub struct Drafts {
    /// The tables.
    pub tables: Vec<Draft>,
    /// Names of tables, each with the dimension that no source collects.
    pub not_collected: Vec<(String, String)>,
}

/// The fields that a set of tables needs, in the order of the record type.
pub fn fields(record: &Record, indicators: &[Indicator]) -> Result<Vec<usize>> {
    let mut fields = Vec::new();
    for indicator in indicators {
        indicator.check(record)?;
        for dimension in indicator.all_dimensions() {
            fields.extend(record.dimension(dimension));
        }
    }
    fields.sort_unstable();
    fields.dedup();
    Ok(fields)
}

/// What tables are counted from, and how finely.
pub struct Source<'a> {
    /// The schemas, for schemes of regions that a table names.
    pub registry: &'a Registry,
    /// The regions of reporting areas.
    pub regions: &'a Region,
    /// The records.
    pub microdata: Microdata<'a>,
}

/// Counts the tables, all of them in one pass over the records.
pub fn draft(source: &Source<'_>, indicators: &[Indicator], go_on: &(dyn Fn() -> Result<()> + Sync)) -> Result<Drafts> {
    let record = source.microdata.record;
    let values = source.microdata.values(&fields(record, indicators)?)?;
    let mut out = Drafts::default();
    let mut plans: BTreeMap<Counting, Vec<(&Indicator, Vec<Breakdown>)>> = BTreeMap::new();
    for indicator in indicators {
        let planned = plan(source, &values, indicator).map_err(|error| {
            if error.place().is_none() { error.at(format!("indicators/{}.toml", indicator.id)) } else { error }
        })?;
        match planned {
            Ok(dimensions) => plans.entry(indicator.counting).or_default().push((indicator, dimensions)),
            Err(dimension) => out.not_collected.push((indicator.id.clone(), dimension)),
        }
    }
    for (counting, plans) in plans {
        let measure = match counting {
            Counting::Victims => Measure::Victims,
            Counting::Persons => Measure::Persons,
        };
        let (tables, dimensions): (Vec<&Indicator>, Vec<Vec<Breakdown>>) = plans.into_iter().unzip();
        let made = cubes(&source.microdata, &values, dimensions, measure, go_on)?;
        out.tables.extend(tables.into_iter().zip(made).map(|(of, cube)| Draft { indicator: of.clone(), cube }));
    }
    out.tables.sort_by(|a, b| a.indicator.id.cmp(&b.indicator.id));
    Ok(out)
}

type Values = BTreeMap<usize, Vec<u64>>;

/// The dimensions of a table, or the name of the one that nobody collects.
fn plan(
    source: &Source<'_>,
    values: &Values,
    indicator: &Indicator,
) -> Result<std::result::Result<Vec<Breakdown>, String>> {
    let record = source.microdata.record;
    let missing = || Error::failed("the record type needs a field with the role `area`");
    let area = record.role("area").ok_or_else(missing)?;
    let present = |field: usize| record.present(field, values.get(&field).map_or(&[], Vec::as_slice));
    let fields: Vec<_> = indicator.all_dimensions().filter_map(|d| record.dimension(d)).collect();
    let unpooled = fields.iter().copied().find(|&field| !record.fields[field].pooled);
    let mut dimensions = Vec::new();
    for (&field, name) in fields.iter().zip(indicator.all_dimensions()) {
        let present = present(field);
        let level = indicator.levels.get(name).map(String::as_str);
        let list = record.fields[field].codes();
        let breakdown = if field == area {
            match unpooled {
                Some(own) => {
                    let countries = countries_with(record, own, area);
                    if !present.iter().any(|code| countries.contains(code)) {
                        let at = fields.iter().position(|&field| field == own).unwrap_or(0);
                        return Ok(Err(indicator.all_dimensions().nth(at).cloned().unwrap_or_default()));
                    }
                    Breakdown::areas(record, field, &present, AreaNodes::CountriesWith(&countries))
                }
                None => Breakdown::areas(record, field, &present, AreaNodes::Regions(source.regions)),
            }
        } else if record.fields[field].role.as_deref() == Some("time") {
            Breakdown::years(record, field, &present)
        } else {
            if !Breakdown::is_collected(&present) {
                return Ok(Err(name.clone()));
            }
            match level {
                Some(level) if !list.levels.iter().any(|known| known == level) => {
                    let scheme = Region::load(source.registry, level).map_err(|cause| {
                        let what = format!("{} has no level `{level}`, and no scheme of regions is called so", list.id);
                        Error::refused("schema/check", what).because(cause)
                    })?;
                    Breakdown::origins(record, field, &present, &scheme)
                }
                level => Breakdown::codes(record, field, depth_of(list, level)?, &present),
            }
        };
        dimensions.push(match indicator.universe.get(name) {
            Some(code) => breakdown.only(code).ok_or_else(|| {
                Error::refused("schema/check", format!("`{name}` has no code `{code}` at the level of the table"))
            })?,
            None => breakdown,
        });
    }
    Ok(Ok(dimensions))
}

/// Areas whose pack has a list for a field.
fn countries_with(record: &Record, field: usize, area: usize) -> Vec<u16> {
    let areas = record.fields[area].codes();
    let has = |pack: &&crate::schema::Pack| pack.lists.iter().any(|list| list.field == record.fields[field].id);
    let found: BTreeSet<u16> = record.packs.iter().filter(has).filter_map(|pack| areas.find(&pack.area)).collect();
    found.into_iter().collect()
}
