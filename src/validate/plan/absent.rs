//! Columns that a profile reads and a file does not have.
//!
//! A field of which no column is there counts as not collected, which is reported as such. Where other columns of the field
//! are there, the rest looks complete without the absent one: its codes are in no record. So each is named, unless a column
//! stands in for it, because publishers rename their columns.

use std::collections::BTreeSet;

use super::layout::Layout;
use super::source::Given;
use crate::error::Result;
use crate::model::Missing;
use crate::schema::{Crosswalk, FieldType, Map, MapKind};

/// A map next to the other maps of its field that are read.
struct MapPlace<'a> {
    /// The field.
    index: usize,
    map: &'a Map,
    others: &'a [&'a Map],
    header: &'a [String],
}

impl Layout {
    /// The headings of columns that maps and columns of figures need and that are not there, each once. `given` is known of
    /// each field.
    pub(super) fn absent(&self, header: &[String], given: &[Given]) -> Result<Vec<String>> {
        let mut out: Vec<&String> = Vec::new();
        for (at, map) in self.profile.maps.iter().enumerate() {
            let Some(index) = self.record.field(&map.field) else { continue };
            let missing_columns: Vec<&String> = columns(map).filter(|name| !header.contains(name)).collect();
            let whole = missing_columns.len() == columns(map).count() && map.constant.is_none();
            if whole && given[index] != Given::Taken {
                // Of several names of one column the first is enough.
                let first = self.profile.maps[..at].iter().all(|other| other.field != map.field);
                let is_own_layout = self.profile.id == self.record.name();
                out.extend(
                    missing_columns.into_iter().filter(|_| given[index] == Given::Silent && first && !is_own_layout),
                );
                continue;
            }
            let others = self.profile.maps.iter().enumerate().filter(|(other, entry)| {
                *other != at && entry.field == map.field && is_read(entry, header) && has_condition_of(entry, map)
            });
            let others: Vec<&Map> = others.map(|(_, entry)| entry).collect();
            let place = MapPlace { index, map, others: &others, header };
            let stands_in = |columns: &[&String]| self.stands_in(&place, columns);
            if whole && map.flags.is_empty() && stands_in(&missing_columns)? {
                continue;
            }
            if !others.iter().any(|other| has_source_of(other, map)) {
                out.extend(map.when.keys().filter(|name| !header.contains(name)));
            }
            for name in missing_columns {
                if !stands_in(&[name])? {
                    out.push(name);
                }
            }
        }
        let (there, absent): (Vec<_>, Vec<_>) = self.profile.series.iter().partition(|s| header.contains(&s.column));
        let alone = absent.iter().filter(|series| there.iter().all(|other| other.codes != series.codes));
        // Some publishers put each column of figures into a file of its own.
        out.extend(alone.filter(|_| there.len() > 1).map(|series| &series.column));
        let mut seen = BTreeSet::new();
        Ok(out.into_iter().filter(|name| seen.insert(*name)).cloned().collect())
    }

    /// Returns whether other maps give what absent columns of a map would give.
    fn stands_in(&self, place: &MapPlace<'_>, absent: &[&String]) -> Result<bool> {
        let MapPlace { index, map, others, header } = *place;
        if others.iter().any(|other| other.constant.is_some() && self.stated.contains(&other.field)) {
            return Ok(true);
        }
        // A yes gives its own codes, and only a yes in another column can give the same.
        let mut answers = Vec::new();
        for other in others.iter().copied().chain([map]) {
            let flags = other.flags.iter().filter(|(name, _)| header.contains(name));
            answers.extend(flags.map(|(_, codes)| codes.iter().map(String::as_str).collect::<BTreeSet<_>>()));
            if other.column.as_ref().is_some_and(|name| header.contains(name)) && self.is_answer(index, other)? {
                answers.extend(codes(other));
            }
        }
        if !map.flags.is_empty() {
            let codes_of_flag =
                |name: &&String| map.flags.get(*name).map(|codes| codes.iter().map(String::as_str).collect());
            return Ok(absent.iter().filter_map(codes_of_flag).all(|codes: BTreeSet<&str>| answers.contains(&codes)));
        }
        if self.is_answer(index, map)? {
            return Ok(codes(map).is_some_and(|codes| answers.contains(&codes)));
        }
        let is_set = self.record.fields[index].kind == FieldType::Set;
        for other in others.iter().filter(|other| other.constant.is_none()) {
            let holds = match (codes(other), codes(map)) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(other), Some(given_codes)) => given_codes.is_subset(&other),
            };
            // The maps of a set unite; of one code, one column is enough.
            if !is_set || (holds && other.flags.is_empty() && !self.is_answer(index, other)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether the column of a map answers yes or no.
    fn is_answer(&self, index: usize, map: &Map) -> Result<bool> {
        let several =
            self.profile.maps.iter().filter(|entry| entry.field == map.field && entry.column.is_some()).count() > 1;
        let is_column = MapKind::of(map) == Some(MapKind::Column);
        Ok(is_column && several && self.record.fields[index].is_coded() && self.yes(index, map)?.is_some())
    }
}

/// The columns that give a map its value.
fn columns(map: &Map) -> impl Iterator<Item = &String> {
    map.column.iter().chain(&map.born_before).chain(map.flags.keys()).chain(&map.scale)
}

/// Returns whether a file gives a map what it needs.
fn is_read(map: &Map, header: &[String]) -> bool {
    let is_there = |name: &String| header.contains(name);
    let is_given = map.flags.is_empty() || map.flags.keys().any(is_there);
    let mut needed = map.column.iter().chain(&map.born_before).chain(&map.scale).chain(map.when.keys());
    is_given && needed.all(is_there)
}

/// Returns whether a map holds wherever another does, but for the names of the columns.
fn has_condition_of(map: &Map, other: &Map) -> bool {
    let texts = |map: &Map| {
        let mut texts: Vec<Vec<String>> = map.when.values().cloned().collect();
        texts.sort();
        texts
    };
    map.when.is_empty() || texts(map) == texts(other)
}

/// Returns whether two maps differ in their conditions alone.
fn has_source_of(map: &Map, other: &Map) -> bool {
    map.constant == other.constant && map.codes == other.codes && columns(map).eq(columns(other))
}

/// The codes that a map can give; nothing where it can give any.
fn codes(map: &Map) -> Option<BTreeSet<&str>> {
    let is_code =
        |id: &&str| *id != Crosswalk::NO && !id.starts_with(Crosswalk::REFUSED) && Missing::find(id).is_none();
    let ids = map.codes.values().chain(map.flags.values().flatten()).map(String::as_str).filter(is_code);
    let ids: BTreeSet<&str> = ids.collect();
    (map.crosswalks.is_empty() && !ids.is_empty()).then_some(ids)
}
