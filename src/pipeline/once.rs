//! Stores that are counted together: a record that is in several of them counts once, and one that differs is reported.

use std::collections::BTreeSet;

use super::open_store::StoredRecords;
use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::schema::Record;
use crate::store::{Part, without};
use crate::validate::{Conflicts, Later, Laters, SeenPersons, StoredPersons};

/// What is known of persons who may be in several stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// They were compared, or there are no persons to compare.
    Compared,
    /// Stores were made without a key, so a person who is in two of them counts twice.
    NotCompared,
}

/// Refuses stores whose persons are under different keys, or in some under none: they cannot be compared.
pub(super) fn refuse_mix(stores: &[&StoredRecords]) -> Result<Shared> {
    let names = |store: &&&StoredRecords| store.inputs.iter().any(|input| input.persons);
    let keyed = stores.iter().find(|store| store.person_key.is_some());
    let Some(first) = keyed else {
        let several = stores.iter().filter(names).count() > 1;
        return Ok(if several { Shared::NotCompared } else { Shared::Compared });
    };
    let other = |store: &&&StoredRecords| match &store.person_key {
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
pub(super) struct SharedRecords {
    /// True if records that repeat one of another store were left out.
    pub repeated: bool,
    /// Stores with a record of a person, area and year for which an earlier store has another record.
    pub conflicts: Vec<String>,
}

/// Leaves out records that repeat one of an earlier store, in person and in every column, as `--append` does. Files that hold
/// some are written once more into a folder of `scratch`, from which they are read until the stores are dropped.
///
/// `ledger` spills its notes, so memory grows neither with the records nor with those that repeat or contradict others.
pub(super) fn once(stores: &mut [StoredRecords], scratch: &Stage, folder: &str) -> Result<SharedRecords> {
    let has_persons = |store: &&StoredRecords| store.parts.iter().any(|(_, part)| part.has_persons());
    if stores.iter().filter(has_persons).count() < 2 {
        return Ok(SharedRecords::default());
    }
    let record = std::sync::Arc::new(stores[0].record.clone());
    let places: Vec<String> = stores.iter().map(|store| files::shown(&store.place)).collect();
    let owners: Vec<usize> =
        stores.iter().enumerate().flat_map(|(at, store)| std::iter::repeat_n(at, store.parts.len())).collect();
    let mut parts: Vec<&mut Part> =
        stores.iter_mut().flat_map(|store| store.parts.iter_mut().map(|(_, part)| part)).collect();
    let mut later = later(&parts, &record, |_| 0)?;
    // Records that differ within one store were reported when it was made.
    let within = match later.conflicts() {
        0 => None,
        _ => Some(self::later(&parts, &record, |source| 1 + owners[source] as u128)?),
    };
    let mut within = LaterWithin { later: within, next: None };
    let mut conflicts = BTreeSet::new();
    let mut common = SharedRecords::default();
    for (source, part) in parts.iter_mut().enumerate() {
        let is_repeated = later.repeated(source as u32) > 0;
        let mut rows = later.rows(source as u32, |later| {
            if !later.repeats && !within.conflicts(later)? {
                conflicts.insert(owners[source]);
            }
            Ok(())
        });
        if is_repeated {
            let name = format!("{folder}/{source:04}.parquet");
            without(part, scratch.create(&name)?, &record, &mut rows)?;
            **part = Part::open(&scratch.file(&name)?)?;
            common.repeated = true;
        }
        rows.try_for_each(|row| row.map(drop))?;
    }
    common.conflicts = conflicts.into_iter().map(|store| places[store].clone()).collect();
    Ok(common)
}

/// Later records within each of the stores, which are looked up in their order.
struct LaterWithin {
    later: Option<Laters>,
    next: Option<Later>,
}

impl LaterWithin {
    /// Returns whether a record contradicts one of its own store.
    fn conflicts(&mut self, record: &Later) -> Result<bool> {
        let Some(later) = &mut self.later else { return Ok(false) };
        loop {
            match self.next {
                Some(next) if (next.source, next.row) >= (record.source, record.row) => {
                    return Ok((next.source, next.row, next.repeats) == (record.source, record.row, false));
                }
                _ => self.next = later.next_of(record.source)?,
            }
            if self.next.is_none() {
                return Ok(false);
            }
        }
    }
}

/// Returns the records of some files that are not the first of their person, area and year. Persons are compared among the
/// files for which `group` is the same.
fn later(parts: &[&mut Part], record: &Record, group: impl Fn(usize) -> u128) -> Result<Laters> {
    let fields: Vec<usize> = record.coded().map(|(index, _)| index).collect();
    let mut persons = SeenPersons::new(Conflicts::Keep);
    for (source, part) in parts.iter().enumerate().filter(|(_, part)| part.has_persons()) {
        let mut first = 0;
        // Pseudonyms are digests, so a small number makes another person of each.
        let group = group(source);
        for row_group in 0..part.row_groups() {
            let rows = part.read(record, &fields, row_group)?;
            let names: Vec<Option<u128>> =
                part.persons(row_group)?.into_iter().map(|name| name.map(|name| name ^ group)).collect();
            let place = Some((source as u32, first));
            let stored =
                StoredPersons { columns: &rows.columns, lower: &rows.counts, upper: &rows.most, names: &names };
            persons.note(place, record, &stored)?;
            first += rows.counts.len() as u64;
        }
    }
    persons.later()
}
