//! A record type, a profile and a header become a plan: which cell gives which code, by one look-up.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::file::{Options, Plan};
use super::header_rows::{HeaderRows, is_value};
use super::layout::Layout;
use super::legibility::readers;
use super::source::{Fixed, Given, SourceKind, Take};
use crate::error::{Error, Result};
use crate::finding::{Finding, Place, Rule};
use crate::model::{Interval, Missing};
use crate::schema::{FieldType, Unit};
use crate::validate::values::{Conditions, digest_of_value, mixed};

/// The file that a header is from.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// Its number among the files of a run.
    pub number: u32,
    /// Its name, as messages show it.
    pub name: &'a str,
}

impl Layout {
    /// Binds the layout to the header of a file.
    ///
    /// # Errors
    /// A required column is missing, or a column looks like a direct identifier.
    pub fn bind(&self, header: &[String], file: SourceFile<'_>, options: &Options) -> Result<Plan> {
        let SourceFile { number: source, name: place } = file;
        let (spelled, respelled) = self.spelled(header, place)?;
        let (written, header) = (header, spelled.as_slice());
        self.refuse_identifiers(header, place)?;
        self.require_columns(header, written, place)?;
        let place_of_header = Place { source, record: 0, line: 1, byte: 0 };
        let heading_case = |&column: &usize| {
            Finding::new(Rule::named("file/heading-case"), place_of_header, Some(column as u32 + 1), None)
        };
        let mut findings: Vec<Finding> = respelled.iter().map(heading_case).collect();
        let mut absent = Vec::new();
        let mut takes = Vec::new();
        let mut unmapped = Vec::new();
        let mut start = vec![0; self.record.fields.len()];
        let mut given = vec![Given::Silent; self.record.fields.len()];
        let series = self.series(header, place)?;
        for (index, field) in self.record.fields.iter().enumerate() {
            if let Some(derived) = self.record.derived.iter().position(|(field, _)| *field == index) {
                takes.push((index, Take::Derived(derived)));
                continue;
            }
            let maps: Vec<_> = self.profile.maps.iter().filter(|map| map.field == field.id).collect();
            let take = self.take(index, &maps, header)?;
            let fixed = series.iter().any(|fixed| fixed.values[index].is_some());
            if field.required && take.is_none() && !self.is_in_series(index, &series) {
                unmapped.push(field);
            }
            given[index] = match take {
                Some(_) => Given::Taken,
                None if fixed => Given::Settled,
                None => Given::Silent,
            };
            let other = self.otherwise(index, Missing::NotCollected);
            if take.is_none() && field.is_coded() && !fixed && other == self.missing(index, Missing::NotCollected) {
                given[index] = Given::Settled;
                absent.push(field.id.clone());
                findings.push(Finding::new(Rule::named("file/absent-column"), place_of_header, None, None));
            }
            match take {
                Some(take) => takes.push((index, take)),
                None if field.is_coded() => start[index] = other,
                None => {}
            }
        }
        if !unmapped.is_empty() {
            return Err(self.unmapped(&unmapped, place));
        }
        // The status of a figure follows from its value too.
        let status = self.record.role("status").filter(|&field| self.record.fields[field].is_coded());
        let is_same = |field: usize| {
            if Some(field) == status {
                return None;
            }
            let taken = takes.iter().any(|(taken, _)| *taken == field);
            let fixed = series.iter().any(|fixed| fixed.values[field].is_some());
            (!taken && !fixed).then_some(start[field])
        };
        let same: Vec<Option<u64>> = (0..start.len()).map(is_same).collect();
        let checks = self.record.checks.iter().filter(|check| check.can_apply(|field| same[field])).cloned().collect();
        let coded = self.record.coded().map(|(index, _)| index).enumerate();
        let varying = coded.filter(|(_, field)| same[*field].is_none()).collect();
        let number = takes.iter().any(|(_, take)| matches!(take, Take::Number(_)));
        let unknown: Vec<usize> = (0..header.len()).filter(|&column| !self.profile.knows(&header[column])).collect();
        if let Some(&column) = unknown.first().filter(|_| self.profile.exact) {
            return Err(self.other_layout(written, column, place));
        }
        // Absent columns have numbers behind those of the header, so that findings can name them.
        let sources = self.absent(header, &given)?;
        let filters = self.profile.skip.keys().filter(|name| !header.contains(name)).cloned();
        let of_filters = filters.map(|name| ("file/absent-filter", name));
        let of_sources = sources.into_iter().map(|name| ("file/absent-source", name));
        let mut headings = written.to_vec();
        for (rule, name) in of_filters.chain(of_sources) {
            headings.push(name);
            let column = Some(headings.len() as u32);
            findings.push(Finding::new(Rule::named(rule), place_of_header, column, None));
        }
        for &column in &unknown {
            let column = Some(column as u32 + 1);
            findings.push(Finding::new(Rule::named("file/unknown-column"), place_of_header, column, None));
        }
        for (column, name) in header.iter().enumerate().filter(|(_, name)| self.profile.drops(name)) {
            if self.is_identifier(name) {
                let column = Some(column as u32 + 1);
                findings.push(Finding::new(Rule::named("file/identifier-dropped"), place_of_header, column, None));
            }
        }
        let (readers, first_reader) = readers(&takes);
        let unread = self.unread(header);
        let persons = takes.iter().any(|(_, take)| matches!(take, Take::Person(_)));
        Ok(Plan {
            area: self.record.role("area").ok_or_else(|| Error::failed("the record type has no area"))?,
            time: self.record.role("time"),
            person_scope: Arc::clone(&self.person_scope),
            digest: {
                let coded = self.record.coded().filter_map(|(field, _)| Some(mixed(field, same[field]?)));
                let value = if number { 0 } else { digest_of_value(Interval::exact(1)) };
                coded.fold(value, u64::wrapping_add)
            },
            counts: number || !series.is_empty(),
            same,
            varying,
            status: status.map(|field| self.flags_of(field)).transpose()?,
            no_ids: if persons { Some(self.no_ids()?) } else { None },
            persons,
            headers: {
                let answers = self.answers.get().map(|answers| &**answers);
                let numbers = numbers(&takes, self.record.role("time"), &series);
                let takes = || takes.iter().map(|(_, take)| take);
                let is_value = |at: usize, name: &str| takes().any(|take| is_value(take, at, name, answers));
                HeaderRows::new(written, self.profile.headings(), is_value, numbers)
            },
            figures: if self.record.unit == Unit::Figure { conditions_of_numbers(&takes) } else { Vec::new() },
            record: Arc::clone(&self.record),
            takes,
            readers,
            first_reader,
            start,
            checks,
            series,
            skip: self.conditions(&self.profile.skip, header).flatten().collect(),
            only: self.conditions(&self.profile.only, header).flatten().collect(),
            extents: if unread.is_empty() { None } else { Some(self.extents()?) },
            unread,
            missing: self.profile.missing.iter().map(|text| text.as_bytes().into()).collect(),
            answers: self.answers.get().cloned(),
            numbers: self.profile.numbers,
            dates: self.profile.dates,
            read: {
                // A filter reads no value of a person: a note below the table stands in such a column as well.
                let is_filter = |name: &str| self.record.unit == Unit::Person && self.profile.only_filters(name);
                let columns = self.profile.columns().filter(|name| !is_filter(name));
                let columns = columns.filter_map(|name| header.iter().position(|found| found == name));
                let distinct: BTreeSet<usize> = columns.collect();
                distinct.into_iter().collect()
            },
            columns: header.len(),
            source,
            options: options.clone(),
            unknown,
            headings,
            findings,
            absent,
        })
    }

    /// How a missing code is stored.
    pub(super) fn missing(&self, field: usize, missing: Missing) -> u64 {
        self.record.stored(field, missing.code())
    }

    /// The value of a field that a record says nothing of: the total in figures, missing in records of persons.
    pub(super) fn otherwise(&self, field: usize, missing: Missing) -> u64 {
        let definition = &self.record.fields[field];
        let Some(list) = &definition.codelist else { return 1 };
        if let Some(default) = definition.default {
            return self.record.stored(field, default);
        }
        let total = list.find("_T").filter(|_| self.record.unit == Unit::Figure);
        total.map_or_else(|| self.missing(field, missing), |total| self.record.stored(field, total))
    }

    /// The columns that may separate one figure from another and give no field: all but those that are ignored by name. A column
    /// of which a filter leaves several texts is one of them.
    pub(super) fn unread(&self, header: &[String]) -> Vec<usize> {
        if self.record.unit != Unit::Figure {
            return Vec::new();
        }
        let is = |name: &str| !self.profile.gives(name) && !self.profile.leaves_out(name);
        (0..header.len()).filter(|&column| is(&header[column])).collect()
    }

    pub(super) fn series(&self, header: &[String], place: &str) -> Result<Vec<Fixed>> {
        let mut out = Vec::new();
        for series in &self.profile.series {
            let Some(column) = header.iter().position(|name| *name == series.column) else { continue };
            let mut values = vec![None; self.record.fields.len()];
            for (field, id) in &series.codes {
                let index = self.record.field(field).ok_or_else(|| {
                    Error::refused("schema/check", format!("`{}` has no field `{field}`", self.record.name()))
                        .at(format!("profiles/{}.toml", self.profile.id))
                })?;
                values[index] = Some(self.constant(index, id)?);
            }
            out.push(Fixed { column, values });
        }
        if out.is_empty() && !self.profile.series.is_empty() {
            return Err(Error::refused("file/missing-column", "none of the columns of figures is there")
                .at(place)
                .hint(format!("`tipstat profile show {}` lists the columns that are read", self.profile.id)));
        }
        Ok(out)
    }

    /// Returns whether every column of figures gives a field.
    pub(super) fn is_in_series(&self, field: usize, series: &[Fixed]) -> bool {
        let figure = self.record.fields[field].kind == FieldType::Value;
        !series.is_empty() && (figure || series.iter().all(|series| series.values[field].is_some()))
    }
}

/// Returns the columns of years, dates and numbers.
fn numbers(takes: &[(usize, Take)], time: Option<usize>, series: &[Fixed]) -> Vec<usize> {
    let mut columns: Vec<usize> = series.iter().map(|fixed| fixed.column).collect();
    for (field, take) in takes {
        match take {
            Take::Number(sources) => columns.extend(sources.iter().map(|(_, column)| *column)),
            Take::Sources(sources, _) => columns.extend(sources.iter().flat_map(|source| match &source.kind {
                SourceKind::Cell(cell) if time == Some(*field) => vec![cell.column],
                SourceKind::Born(source) => vec![source.birth, source.event],
                _ => Vec::new(),
            })),
            _ => {}
        }
    }
    columns
}

/// Returns the conditions of the maps of a number, where each has one.
fn conditions_of_numbers(takes: &[(usize, Take)]) -> Vec<Conditions> {
    let sources =
        takes.iter().find_map(|(_, take)| if let Take::Number(sources) = take { Some(sources) } else { None });
    let all = sources.map(Vec::as_slice).unwrap_or_default();
    if all.iter().any(|(when, _)| when.is_empty()) {
        return Vec::new();
    }
    all.iter().map(|(when, _)| when.clone()).collect()
}
