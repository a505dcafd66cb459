//! Where sources that are counted together do not mean the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::disseminate::Incomparable;
use crate::error::Result;
use crate::model::Codelist;
use crate::schema::{Break, Field, Profile, Record};
use crate::store::{CountColumns, Part, RowsRequest};

/// What is said of a source that collects a field and declares nothing about it.
const COLLECTED: &str = "collected, as the record type defines it";

/// What is said of a source that does not hold a field.
const NOT_COLLECTED: &str = "not collected";

/// A file that was read: in which layout, and which fields it does not hold.
#[derive(Clone, Copy)]
pub(super) struct SourceMeaning<'a> {
    pub profile: &'a Profile,
    pub not_collected: &'a [String],
}

impl SourceMeaning<'_> {
    /// Returns what the source means by a field, if it has it.
    fn meaning(&self, field: &str) -> Option<&str> {
        let collected = !self.not_collected.iter().any(|absent| absent == field);
        collected.then(|| self.profile.meanings.get(field).map_or(COLLECTED, String::as_str))
    }

    /// Returns the same in words, with the value that the layout gives all records.
    fn description(&self, field: &str) -> String {
        let constant = self.profile.maps.iter().find(|map| map.field == field).and_then(|map| map.constant.as_ref());
        match (self.meaning(field), constant) {
            (Some(COLLECTED), Some(code)) => format!("`{code}` for all records"),
            (meaning, _) => meaning.unwrap_or(NOT_COLLECTED).to_owned(),
        }
    }
}

/// Returns the field that a source gives: for a derived field the one that it is derived from.
fn source(record: &Record, index: usize) -> &Field {
    let derived = record.derived.iter().find(|(at, _)| *at == index).map(|(_, derived)| derived.from);
    &record.fields[derived.unwrap_or(index)]
}

/// By what changes of sources are found.
#[derive(Clone, Copy)]
pub(super) struct BreakSearch<'a> {
    pub record: &'a Record,
    /// The fields that the tables count.
    pub fields: &'a [usize],
    /// Fewer persons of an area and year make no break: its mark would show that a source has them.
    pub threshold: u64,
}

impl BreakSearch<'_> {
    /// Returns the years from which on the records of an area come from sources that define a field differently than those of
    /// its years before. Each source comes with the file of the store that holds its records.
    pub fn breaks(&self, sources: &[(SourceMeaning<'_>, &Part)]) -> Result<Vec<Break>> {
        let record = self.record;
        let differ = |&index: &usize| {
            let id = &source(record, index).id;
            sources.iter().filter_map(|(source, _)| source.meaning(id)).collect::<BTreeSet<_>>().len() > 1
        };
        let fields: Vec<usize> = self.fields.iter().copied().filter(differ).collect();
        let (Some(area), Some(time), false) = (record.role("area"), record.role("time"), fields.is_empty()) else {
            return Ok(Vec::new());
        };
        let persons = self.persons([area, time], sources)?;
        let code = |field: usize, code: u64| record.fields[field].codes().id_of(code as u16);
        let mut out = Vec::new();
        for index in fields {
            let field = &record.fields[index];
            let mut before: Option<(u64, BTreeSet<&str>)> = None;
            for (&(of_area, year), places) in &persons {
                let mut meanings: BTreeMap<&str, u64> = BTreeMap::new();
                for (&at, persons) in places {
                    if let Some(meaning) = sources[at].0.meaning(&source(record, index).id) {
                        *meanings.entry(meaning).or_default() += persons;
                    }
                }
                meanings.retain(|_, persons| *persons >= self.threshold);
                let meanings: BTreeSet<&str> = meanings.into_keys().collect();
                // A dimension that is not collected in a year does not change its meaning.
                let Ok(year) = code(time, year).parse() else { continue };
                if meanings.is_empty() || !Codelist::is_known(of_area as u16) {
                    continue;
                }
                if before.as_ref().is_some_and(|(area, known)| *area == of_area && *known != meanings) {
                    out.push(Break {
                        area: code(area, of_area).to_owned(),
                        year,
                        dimension: field.dimension.clone().unwrap_or_else(|| field.id.clone()),
                        note: meanings.iter().copied().collect::<Vec<_>>().join("; "),
                    });
                }
                before = Some((of_area, meanings));
            }
        }
        Ok(out)
    }

    /// Returns for each area and year the persons of each source.
    fn persons(&self, roles: [usize; 2], sources: &[(SourceMeaning<'_>, &Part)]) -> Result<SourcePersons> {
        let mut persons = SourcePersons::new();
        for (at, (_, part)) in sources.iter().enumerate() {
            for group in 0..part.row_groups() {
                let counts = CountColumns::Read;
                let request = RowsRequest { record: self.record, fields: &roles, row_group: group, counts };
                part.each(&request, |chunk| {
                    let ([(areas, of_area), (times, of_time)], Some((counts, _))) = (chunk.fields, chunk.counts) else {
                        return Ok(());
                    };
                    let mut sums = vec![0; areas.len() * times.len()];
                    for ((&area, &time), count) in of_area.iter().zip(*of_time).zip(counts) {
                        sums[usize::from(area) * times.len() + usize::from(time)] += count;
                    }
                    for (pair, sum) in sums.into_iter().enumerate().filter(|(_, sum)| *sum > 0) {
                        let place = (areas[pair / times.len()], times[pair % times.len()]);
                        *persons.entry(place).or_default().entry(at).or_default() += sum;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(persons)
    }
}

/// For each area and year the persons of each source.
type SourcePersons = BTreeMap<(u64, u64), BTreeMap<usize, u64>>;

/// Returns fields that the sources of a run define differently, or that only some of them hold.
///
/// Only `fields` are looked at, those that some table needs, and what is a condition of comparison: the moment to which an age
/// refers, and whether victims are identified or presumed.
pub(super) fn differences(record: &Record, sources: &[SourceMeaning<'_>], fields: &[usize]) -> Vec<Incomparable> {
    let mut out = Vec::new();
    let conditions = (0..record.fields.len()).filter(|&at| record.fields[at].role.as_deref() == Some("condition"));
    for index in fields.iter().copied().chain(conditions) {
        let field = &record.fields[index];
        let source = source(record, index);
        let mut meanings: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for other in sources {
            meanings.entry(&other.profile.id).or_default().insert(other.description(&source.id));
        }
        let distinct: BTreeSet<&String> = meanings.values().flatten().collect();
        if distinct.len() > 1 {
            out.push(Incomparable {
                dimension: field.dimension.clone().unwrap_or_else(|| field.id.clone()),
                title: field.title.clone(),
                meanings: meanings
                    .into_iter()
                    .map(|(name, distinct)| (name.to_owned(), distinct.into_iter().collect::<Vec<_>>().join("; ")))
                    .collect(),
            });
        }
    }
    out
}
