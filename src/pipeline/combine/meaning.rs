//! What packages state of their figures, and where they do not mean the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::disseminate::Incomparable;
use crate::error::Result;
use crate::files;
use crate::pipeline::open_store::StoredRecords;
use crate::pipeline::release::{PolicyManifest, SourceManifest};
use crate::schema::{Profile, Record};

/// What a package states about itself.
pub(super) struct PackageStatement {
    /// What its layout changes in the meaning of the figures.
    pub declares: Vec<String>,
    /// Dimension and what it means there.
    pub meanings: BTreeMap<String, String>,
}

/// Describes what a policy suppresses or rounds.
pub(super) fn policy(manifest: &PolicyManifest) -> String {
    let PolicyManifest { id, threshold, base, .. } = manifest;
    match base {
        _ if *threshold == 0 => "combined from what was public".to_owned(),
        Some(base) => format!("{id} (counts are rounded, small ones to multiples of {base})"),
        None => format!("{id} (counts below {threshold} are hidden)"),
    }
}

/// Returns one digest for all files that were read into a store.
pub(super) fn digest(opened: &StoredRecords) -> Result<String> {
    let digests: Vec<&str> = opened.digests().into_iter().collect();
    match digests.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => {
            let parts: Result<Vec<String>> = opened.parts.iter().map(|(path, _)| files::digest(path)).collect();
            Ok(files::digest_of(parts?.join("\n").as_bytes()))
        }
        several => Ok(files::digest_of(several.join("\n").as_bytes())),
    }
}

/// Returns what the dimensions of a record type mean in some layouts.
pub(super) fn meanings<'a>(record: &Record, profiles: impl Iterator<Item = &'a Profile>) -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for profile in profiles {
        for (field, meaning) in &profile.meanings {
            let dimension = record.field(field).and_then(|index| record.fields[index].dimension.clone());
            out.entry(dimension.unwrap_or_else(|| field.clone())).or_default().insert(meaning);
        }
    }
    out.into_iter().map(|(name, meanings)| (name, meanings.into_iter().collect::<Vec<_>>().join("; "))).collect()
}

/// Returns where packages do not mean the same: a dimension, or what was suppressed.
pub(super) fn differences(sources: &[SourceManifest], statements: &[PackageStatement]) -> Vec<Incomparable> {
    const PLAIN: &str = "as the record type defines it";
    let named: BTreeSet<&String> = statements.iter().flat_map(|statement| statement.meanings.keys()).collect();
    let mut out = Vec::new();
    let mut add = |dimension: &str, title: &str, meaning: &dyn Fn(usize) -> String| {
        let all = |at: usize| (sources[at].package.clone(), meaning(at));
        let meanings: BTreeMap<String, String> = (0..sources.len()).map(all).collect();
        let different: BTreeSet<&String> = meanings.values().collect();
        if different.len() > 1 {
            out.push(Incomparable { dimension: dimension.to_owned(), title: title.to_owned(), meanings });
        }
    };
    for dimension in named {
        add(dimension, dimension, &|at| {
            statements[at].meanings.get(dimension).map_or(PLAIN, String::as_str).to_owned()
        });
    }
    add("CONF_STATUS", "Small counts that are not published", &|at| sources[at].policy.clone());
    let years = |at: usize| match sources[at].years {
        Some([first, last]) => format!("{first} to {last}"),
        None => "all years together".to_owned(),
    };
    add("TIME_PERIOD", "Years", &years);
    out
}
