//! Loads every file of `schemas/` once, so that a broken reference is found before a run.

use super::profile::crosswalk;
use super::{FieldType, Kind, Pack, Profile, Record, Region, Registry};
use crate::error::{Error, Result};

/// Checks record types, code lists, regions, packs, crosswalks and profiles; returns how many files were checked.
///
/// Indicators, policies and synthetic models are checked by the rooms that read them.
pub fn check(registry: &Registry) -> Result<usize> {
    let mut checked = 0;
    for name in registry.names(Kind::Codelists)? {
        super::codelist::load_codelist(registry, &name)?;
        checked += 1;
    }
    for name in registry.names(Kind::Regions)? {
        Region::load(registry, &name)?;
        checked += 1;
    }
    for name in registry.names(Kind::Crosswalks)? {
        crosswalk(registry, &name)?;
        checked += 1;
    }
    for name in registry.names(Kind::Records)? {
        let record = Record::load(registry, &name)?;
        check_packs(&record)?;
        checked += 1 + record.packs.len();
    }
    for name in registry.names(Kind::Profiles)? {
        check_profile(registry, &Profile::load(registry, &name)?)?;
        checked += 1;
    }
    Ok(checked)
}

fn check_packs(record: &Record) -> Result<()> {
    let Some(area) = record.role("area") else { return Ok(()) };
    for Pack { area: country, lists, collection_prohibited, .. } in &record.packs {
        let place = format!("packs/{country}.toml");
        if record.fields[area].codes().find(country).is_none() {
            return Err(Error::refused("schema/check", format!("`{country}` is not a country")).at(place));
        }
        for field in lists.iter().map(|list| &list.field).chain(collection_prohibited) {
            if record.field(field).is_none_or(|index| record.fields[index].kind != FieldType::Pack) {
                let what = format!("`{field}` is not a field that packs define");
                return Err(Error::refused("schema/check", what).at(place));
            }
        }
    }
    Ok(())
}

fn check_profile(registry: &Registry, profile: &Profile) -> Result<()> {
    let place = format!("profiles/{}.toml", profile.id);
    let problem = |what: String| Error::refused("schema/check", what).at(place.clone());
    let record = Record::load(registry, &profile.record)?;
    for map in &profile.maps {
        let Some(index) = record.field(&map.field) else {
            return Err(problem(format!("`{}` has no field `{}`", record.name(), map.field)));
        };
        if map.column.is_some() != map.flags.is_empty() {
            return Err(problem(format!("field `{}` needs either a `column` or `flags`", map.field)));
        }
        let pairs = match &map.crosswalk {
            Some(name) => crosswalk(registry, name)?,
            None => Default::default(),
        };
        if let Some(list) = &record.fields[index].codelist {
            let codes = map.codes.values().chain(pairs.values()).chain(map.flags.values().flatten());
            for code in codes {
                if list.find(code).is_none() {
                    return Err(problem(format!("`{}` is not a code of {}", code, list.id)));
                }
            }
        }
    }
    Ok(())
}
