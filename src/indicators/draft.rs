//! Planning and counting the tables of a release.

use rayon::prelude::*;

use super::Indicator;
use crate::aggregate::{AreaNodes, Base, Breakdown, Cube, depth_of, roll_up};
use crate::error::{Error, Result};
use crate::schema::{Record, Region};

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
        for dimension in &indicator.dimensions {
            fields.extend(record.dimension(dimension));
        }
    }
    fields.sort_unstable();
    fields.dedup();
    Ok(fields)
}

/// Counts the tables.
pub fn draft(record: &Record, base: &Base, indicators: &[Indicator], regions: &Region) -> Result<Drafts> {
    let mut out = Drafts::default();
    let mut plans = Vec::new();
    for indicator in indicators {
        match plan(record, base, indicator, regions)? {
            Ok(dimensions) => plans.push((indicator, dimensions)),
            Err(dimension) => out.not_collected.push((indicator.id.clone(), dimension)),
        }
    }
    let tables: Result<Vec<_>> = plans
        .into_par_iter()
        .map(|(indicator, dimensions)| {
            let cube =
                roll_up(base, dimensions).map_err(|error| error.at(format!("indicators/{}.toml", indicator.id)))?;
            Ok(Draft { indicator: indicator.clone(), cube })
        })
        .collect();
    out.tables = tables?;
    Ok(out)
}

/// The dimensions of a table, or the name of the one that nobody collects.
fn plan(
    record: &Record,
    base: &Base,
    indicator: &Indicator,
    regions: &Region,
) -> Result<Result<Vec<Breakdown>, String>> {
    let missing = || Error::failed("the record type needs a field with the role `area`");
    let area = record.role("area").ok_or_else(missing)?;
    let fields: Vec<_> = indicator.dimensions.iter().filter_map(|d| record.dimension(d)).collect();
    let unpooled = fields.iter().copied().find(|&field| !record.fields[field].pooled);
    let mut dimensions = Vec::new();
    for (&field, name) in fields.iter().zip(&indicator.dimensions) {
        let present = base.present(record, field);
        let breakdown = if field == area {
            match unpooled {
                Some(own) => {
                    let countries = countries_with(record, own, area);
                    if !present.iter().any(|code| countries.contains(code)) {
                        return Ok(Err(
                            indicator.dimensions[fields.iter().position(|&f| f == own).unwrap_or(0)].clone()
                        ));
                    }
                    Breakdown::areas(record, field, &present, AreaNodes::CountriesWith(&countries))
                }
                None => Breakdown::areas(record, field, &present, AreaNodes::Regions(regions)),
            }
        } else if record.fields[field].role.as_deref() == Some("time") {
            Breakdown::years(record, field, &present)
        } else {
            if !Breakdown::is_collected(&present) {
                return Ok(Err(name.clone()));
            }
            let depth = depth_of(record.fields[field].codes(), indicator.levels.get(name).map(String::as_str))?;
            Breakdown::codes(record, field, depth, &present)
        };
        dimensions.push(breakdown);
    }
    Ok(Ok(dimensions))
}

/// Areas whose pack has a list for a field.
fn countries_with(record: &Record, field: usize, area: usize) -> Vec<u16> {
    let areas = record.fields[area].codes();
    let has = |pack: &&crate::schema::Pack| pack.lists.iter().any(|list| list.field == record.fields[field].id);
    record.packs.iter().filter(has).filter_map(|pack| areas.find(&pack.area)).collect()
}
