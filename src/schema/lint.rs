//! Loads every file of `schemas/` once, so that a broken reference is found before a run.

use super::codelist::load_codelist;
use super::{
    Crosswalk, Field, FieldType, Map, Pack, Profile, Record, Records, Region, Registry, SchemaKind, Series, check_keys,
};
use crate::error::{Error, Result};
use crate::finding::Rule;
use crate::model::{Codelist, LANGUAGES};

/// Checks record types, code lists, regions, packs, crosswalks and profiles; returns how many files were checked.
///
/// Indicators, policies and synthetic models are checked by the rooms that read them.
pub fn check(registry: &Registry) -> Result<usize> {
    let mut checked = 0;
    for name in registry.names(SchemaKind::Codelists)? {
        check_labels(&load_codelist(registry, &name)?, &name)?;
        checked += 1;
    }
    for name in registry.names(SchemaKind::Regions)? {
        Region::load(registry, &name)?;
        checked += 1;
    }
    for name in registry.names(SchemaKind::Crosswalks)? {
        check_crosswalk(registry, &Crosswalk::load(registry, &name)?)?;
        checked += 1;
    }
    let mut records = Records::new(registry);
    for name in registry.names(SchemaKind::Records)? {
        let record = records.load(&name)?;
        check_packs(record)?;
        checked += 1 + record.packs.len();
    }
    for name in registry.names(SchemaKind::Profiles)? {
        let profile = Profile::load(registry, &name)?;
        check_profile(registry, &profile, records.load(&profile.record)?)?;
        checked += 1;
    }
    Ok(checked)
}

/// Every code needs a label in English and French, but a number that is its own label.
fn check_labels(list: &Codelist, name: &str) -> Result<()> {
    for (_, code) in list.known() {
        let number = code.id.strip_prefix('Y').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        let lacking = (0..2).find(|&language| code.labels[language].is_none());
        if let (false, Some(language)) = (number, lacking) {
            let what = format!("`{}` has no label in `{}`", code.id, LANGUAGES[language]);
            return Err(Error::refused("schema/check", what).at(format!("codelists/{name}.csv")));
        }
    }
    Ok(())
}

/// Both sides of `<list>--<list>` are codes of these lists, and nothing of the left one is uncovered, where it is a list
/// of ours; a text is never given two targets.
fn check_crosswalk(registry: &Registry, crosswalk: &Crosswalk) -> Result<()> {
    let place = format!("crosswalks/{}.toml", crosswalk.id);
    let problem = |what: String| Error::refused("schema/check", what).at(place.clone());
    let Some((from, to)) = crosswalk.id.split_once("--") else {
        return Err(problem("a crosswalk is called `<from>--<to>`".into()));
    };
    let list = |name: &str| -> Result<Option<Codelist>> {
        let known = registry.names(SchemaKind::Codelists)?;
        let found = known.iter().rev().find(|known| known.split('@').next() == Some(name));
        found.map(|name| load_codelist(registry, name)).transpose()
    };
    let (from, to) = (list(from)?, list(to)?);
    let mut seen = std::collections::BTreeMap::new();
    for (text, target) in &crosswalk.pairs {
        if let Some(rule) = target.strip_prefix(Crosswalk::REFUSED) {
            Rule::find(rule).ok_or_else(|| problem(format!("there is no rule `{rule}`")))?;
        } else if ![Crosswalk::AREA, Crosswalk::NO].contains(&target.as_str())
            && to.as_ref().is_some_and(|to| to.find(target).is_none())
        {
            return Err(problem(format!("`{target}` is not a code of the right side")));
        }
        if from.as_ref().is_some_and(|from| from.find(text).is_none()) {
            return Err(problem(format!("`{text}` is not a code of the left side")));
        }
        if let Some(other) = seen.insert(text, target).filter(|other| *other != target) {
            return Err(problem(format!("`{text}` leads to `{target}` and to `{other}`")));
        }
    }
    let uncovered =
        from.iter().flat_map(|from| from.known()).find(|(_, code)| !seen.contains_key(&code.id.to_string()));
    match uncovered {
        Some((_, code)) => Err(problem(format!("`{}` of the left side leads nowhere", code.id))),
        None => Ok(()),
    }
}

fn check_packs(record: &Record) -> Result<()> {
    let Some(area) = record.role("area") else { return Ok(()) };
    if record.fields.iter().all(|field| field.kind != FieldType::Pack) {
        return Ok(());
    }
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

/// Every field that each record needs is mapped. The reporting area may be left to the run (`--area`).
fn check_required(profile: &Profile, record: &Record) -> Result<(), String> {
    let in_series = |field: &Field| {
        let codes = |series: &Series| field.kind == FieldType::Value || series.codes.contains_key(&field.id);
        !profile.series.is_empty() && profile.series.iter().all(codes)
    };
    let mapped = |field: &Field| profile.maps.iter().any(|map| map.field == field.id) || in_series(field);
    let needed = |field: &&Field| field.required && field.role.as_deref() != Some("area");
    match record.fields.iter().filter(needed).find(|field| !mapped(field)) {
        Some(field) => {
            Err(format!("no map gives the field `{}`, which every record of {} needs", field.id, record.name()))
        }
        None => Ok(()),
    }
}

fn check_profile(registry: &Registry, profile: &Profile, record: &Record) -> Result<()> {
    let place = format!("profiles/{}.toml", profile.id);
    let problem = |what: String| Error::refused("schema/check", what).at(place.clone());
    check_keys(record, profile)?;
    for map in &profile.maps {
        let Some(index) = record.field(&map.field) else { continue };
        let mut pairs = Vec::new();
        let mut in_words = 0;
        for name in &map.crosswalks {
            let crosswalk = Crosswalk::load(registry, name)?;
            in_words += u8::from(crosswalk.normalised);
            pairs.extend(crosswalk.pairs);
        }
        if in_words > 1 {
            return Err(problem(format!("the map of `{}`: only one crosswalk may be `normalised`", map.field)));
        }
        if let Some(list) = &record.fields[index].codelist {
            let constant = map.constant.iter().flat_map(|codes| codes.split(';'));
            let targets = map.codes.values().chain(pairs.iter().map(|(_, target)| target));
            let codes = targets.chain(map.flags.values().flatten()).map(String::as_str).chain(constant);
            for code in codes.filter(|code| ![Crosswalk::AREA, Crosswalk::NO].contains(code)) {
                match code.strip_prefix(Crosswalk::REFUSED) {
                    Some(rule) if Rule::find(rule).is_none() => {
                        return Err(problem(format!("there is no rule `{rule}`")));
                    }
                    None if list.find(code).is_none() => {
                        return Err(problem(format!("`{}` is not a code of {}", code, list.id)));
                    }
                    _ => {}
                }
            }
        }
    }
    check_required(profile, record).map_err(problem)?;
    let reads_dates = |map: &Map| {
        let year = record.field(&map.field).is_some_and(|field| record.fields[field].kind == FieldType::Year);
        map.born_before.is_some() || (year && map.column.is_some())
    };
    if profile.dates.is_some() && !profile.maps.iter().any(reads_dates) {
        return Err(problem("`dates` says how dates are written, and no map reads any".into()));
    }
    for series in &profile.series {
        for (field, code) in &series.codes {
            let list = record.field(field).and_then(|index| record.fields[index].codelist.as_ref());
            if list.is_none_or(|list| code.split(';').any(|code| list.find(code).is_none())) {
                return Err(problem(format!("`{code}` is not a code of the field `{field}`")));
            }
        }
    }
    match profile.meanings.keys().find(|field| record.field(field).is_none()) {
        Some(field) => Err(problem(format!("`[meanings]`: `{}` has no field `{field}`", record.name()))),
        None => Ok(()),
    }
}
