//! Stores that are counted together: a record that is in several of them counts once, and one that differs is reported.

use std::collections::BTreeSet;

use super::opened::Opened;
use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::schema::Record;
use crate::store::{Part, without};
use crate::validate::{Conflicts, Later, Persons};

/// What is known of persons who may be in several stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// They were compared, or there is nobody to compare.
    Compared,
    /// Stores were made without a key, so a person who is in two of them counts twice.
    NotCompared,
}

/// Refuses stores whose persons are under different keys, or in some under none: they cannot be compared.
pub(super) fn refuse_mix(stores: &[&Opened]) -> Result<Shared> {
    let names = |store: &&&Opened| store.inputs.iter().any(|input| input.persons);
    let keyed = stores.iter().find(|store| store.person_key.is_some());
    let Some(first) = keyed else {
        let several = stores.iter().filter(names).count() > 1;
        return Ok(if several { Shared::NotCompared } else { Shared::Compared });
    };
    let other = |store: &&&Opened| match &store.person_key {
        Some(key) => first.person_key.as_ref() != Some(key),
        None => names(store),
    };
    let Some(other) = stores.iter().find(other) else { return Ok(Shared::Compared) };
    let what = match other.person_key {
        Some(_) => "the persons of the stores are under different keys",
        None => "the persons of one store are under a key, and those of another under none",
    };
    Err(Error::refused("store/other-key", what)
        .at(files::shown(&other.place))
        .with("first", files::shown(&first.place))
        .hint("make one of them again under the key of the other: `tipstat ingest FILE --profile NAME --person-key-file FILE --out STORE`")
        .hint("otherwise a person who is in both would be counted twice"))
}

/// What stores that are counted together have in common.
#[derive(Debug, Default)]
pub(super) struct Common {
    /// Whether records that repeat one of another store were left out.
    pub repeated: bool,
    /// Stores with a record of a person, area and year of which an earlier store has another record.
    pub conflicts: Vec<String>,
}

/// Leaves out records that repeat one of an earlier store, in person and in every column, as `--append` does. Files that hold
/// some are written once more into a folder of `scratch`, from which they are read until the stores are dropped.
///
/// `ledger` lays its notes aside, so memory does not grow with the records that are there once. It holds a few numbers for
/// each record that repeats or contradicts an earlier one.
pub(super) fn once(stores: &mut [Opened], scratch: &Stage, folder: &str) -> Result<Common> {
    let has_persons = |store: &&Opened| store.parts.iter().any(|(_, part)| part.has_persons());
    if stores.iter().filter(has_persons).count() < 2 {
        return Ok(Common::default());
    }
    let record = std::sync::Arc::new(stores[0].record.clone());
    let places: Vec<String> = stores.iter().map(|store| files::shown(&store.place)).collect();
    let owners: Vec<usize> =
        stores.iter().enumerate().flat_map(|(at, store)| std::iter::repeat_n(at, store.parts.len())).collect();
    let mut parts: Vec<&mut Part> =
        stores.iter_mut().flat_map(|store| store.parts.iter_mut().map(|(_, part)| part)).collect();
    let mut later = later(&parts, &record, |_| 0)?;
    let mut conflicts = BTreeSet::new();
    if later.iter().any(|later| !later.repeats) {
        // Records that differ within one store were reported when it was made.
        let within = self::later(&parts, &record, |source| 1 + owners[source] as u128)?;
        let within: BTreeSet<(u32, u64)> =
            within.iter().filter(|of| !of.repeats).map(|of| (of.source, of.row)).collect();
        let across = later.iter().filter(|of| !of.repeats && !within.contains(&(of.source, of.row)));
        conflicts.extend(across.map(|of| owners[of.source as usize]));
    }
    later.retain(|later| later.repeats);
    for repeated in later.chunk_by(|a, b| a.source == b.source) {
        let source = repeated[0].source as usize;
        let rows: Vec<u64> = repeated.iter().map(|later| later.row).collect();
        let name = format!("{folder}/{source:04}.parquet");
        without(parts[source], scratch.create(&name)?, &record, true, &rows)?;
        *parts[source] = Part::open(&scratch.file(&name)?)?;
    }
    let conflicts = conflicts.into_iter().map(|store| places[store].clone()).collect();
    Ok(Common { repeated: !later.is_empty(), conflicts })
}

/// Returns the records of some files that are not the first of their person, area and year. Persons are compared among the
/// files for which `group` is the same.
fn later(parts: &[&mut Part], record: &Record, group: impl Fn(usize) -> u128) -> Result<Vec<Later>> {
    let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
    let mut persons = Persons::new(Conflicts::Keep);
    for (source, part) in parts.iter().enumerate().filter(|(_, part)| part.has_persons()) {
        let mut first = 0;
        // Pseudonyms are digests, so a small number makes another person of each.
        let group = group(source);
        for row_group in 0..part.row_groups() {
            let rows = part.read(record, &fields, row_group)?;
            let names: Vec<Option<u128>> =
                part.persons(row_group)?.into_iter().map(|name| name.map(|name| name ^ group)).collect();
            let place = Some((source as u32, first));
            persons.note(place, record, &rows.columns, [&rows.counts, &rows.most], &names)?;
            first += rows.counts.len() as u64;
        }
    }
    persons.later()
}
