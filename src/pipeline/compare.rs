//! Where sources that are counted together do not mean the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::disseminate::Incomparable;
use crate::schema::{Profile, Record};

/// What is said of a source that collects a field and declares nothing about it.
const COLLECTED: &str = "collected, as the record type defines it";

/// What is said of a source that does not hold a field.
const NOT_COLLECTED: &str = "not collected";

/// A file that was read: in which layout, and which fields it does not hold.
pub(super) struct Described<'a> {
    pub profile: &'a Profile,
    pub not_collected: &'a [String],
}

/// Fields that the sources of a run understand differently, or that only some of them hold.
///
/// Only `fields` are looked at: those that some table needs.
pub(super) fn differences(record: &Record, sources: &[Described<'_>], fields: &[usize]) -> Vec<Incomparable> {
    let mut out = Vec::new();
    for &index in fields {
        let field = &record.fields[index];
        let derived = record.derived.iter().find(|(at, _)| *at == index).map(|(_, derived)| derived.from);
        let source = derived.map_or(field, |from| &record.fields[from]);
        let mut meanings: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for Described { profile, not_collected } in sources {
            let meaning = if not_collected.contains(&source.id) {
                NOT_COLLECTED
            } else {
                profile.meanings.get(&source.id).map_or(COLLECTED, String::as_str)
            };
            meanings.entry(&profile.id).or_default().insert(meaning.to_owned());
        }
        let distinct: BTreeSet<&String> = meanings.values().flatten().collect();
        if distinct.len() > 1 {
            out.push(Incomparable {
                dimension: field.dimension.clone().unwrap_or_else(|| field.id.clone()),
                title: field.title.clone(),
                meanings: meanings
                    .into_iter()
                    .map(|(name, texts)| (name.to_owned(), texts.into_iter().collect::<Vec<_>>().join("; ")))
                    .collect(),
            });
        }
    }
    out
}
