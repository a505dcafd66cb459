//! Where sources that are counted together do not mean the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{InputReport, Job};
use crate::disseminate::Incomparable;

/// What is said of a source that collects a field and declares nothing about it.
const COLLECTED: &str = "collected, as the record type defines it";

/// What is said of a source that does not hold a field.
const NOT_COLLECTED: &str = "not collected";

/// Fields that the sources of a run understand differently, or that only some of them hold.
///
/// Only `fields` are looked at: those that some table needs.
pub(super) fn differences(jobs: &[Job], inputs: &[InputReport], fields: &[usize]) -> Vec<Incomparable> {
    let Some(first) = jobs.first() else { return Vec::new() };
    let mut out = Vec::new();
    for &index in fields {
        let field = &first.layout.record.fields[index];
        let derived = first.layout.record.derived.iter().find(|(at, _)| *at == index).map(|(_, derived)| derived.from);
        let source = derived.map_or(field, |from| &first.layout.record.fields[from]);
        let mut meanings: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (job, input) in jobs.iter().zip(inputs) {
            let profile = &job.layout.profile;
            let meaning = if input.not_collected.contains(&source.id) {
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
