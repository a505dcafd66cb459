//! Tables of rounded counts.

use std::io::Write;

use super::ledger::{Books, LedgerRequest};
use super::limit::MEMORY;
use crate::aggregate::{Breakdown, Microdata, Units};
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::files::Stage;
use crate::indicators::{self, Counting, Drafts, Indicator, RecordSource, draft};
use crate::protect::{Draw, RoundingKey, SafeCounts, publish_rounded, round};
use crate::store::Part;

/// Returns whether tables can be rounded, or why not.
pub(super) fn is_possible(drafts: &Drafts) -> std::result::Result<(), &'static str> {
    match () {
        () if drafts.tables.iter().any(|table| table.indicator.counting == Counting::Persons) => {
            Err("some tables count different persons, which do not add up")
        }
        () if drafts.tables.iter().any(|table| table.cube.is_masked()) => {
            Err("some sources mask small counts, so that records are intervals")
        }
        () => Ok(()),
    }
}

/// The rounding of the records of one release.
pub(super) struct RecordRounding<'a> {
    pub source: &'a RecordSource<'a>,
    pub request: &'a LedgerRequest<'a>,
    pub key: &'a RoundingKey,
    /// The stage in which rounded records wait until they are counted.
    pub scratch: &'a Stage,
    pub control: &'a Control,
}

impl RecordRounding<'_> {
    /// Rounds the records of tables, and counts the tables anew over the rounded records. `drafts` are the tables with true
    /// counts.
    pub fn round(&self, drafts: &Drafts, books: &mut Books) -> Result<SafeCounts> {
        let Self { source, request, key, control, .. } = *self;
        let LedgerRequest { policy, record, tables, .. } = *request;
        is_possible(drafts).map_err(|why| {
            Error::refused("policy/rounding", format!("the records cannot be rounded: {why}"))
                .hint("leave these tables or sources out, or set `method = \"suppress\"` in the policy")
        })?;
        let fields = books.fields(request)?;
        let units = Units::read(&source.microdata, &fields, control)?;
        control.report(Event::Stage("round"));
        let drawing = books.plan(request, units, key)?;
        let dimensions: Vec<&[Breakdown]> = drafts.tables.iter().map(|draft| &*draft.cube.dimensions).collect();
        let later = later(source, tables, &fields)?;
        let later: Vec<&[Breakdown]> = later.iter().map(Vec::as_slice).collect();
        let draw = Draw { tables: &dimensions, later: &later, policy, key, number: &drawing.number, effort: 100 };
        let mut rounded = round(drawing.units.clone(), record, &draw, control)?;
        books.rounded(request, &drawing, &rounded)?;
        rounded.extend(&drawing.kept);
        if rounded.is_empty() {
            return Err(Error::refused(
                "policy/rounding",
                "no area and year reaches the threshold, and all are rounded to zero",
            )
            .hint("there is nothing to publish: wait for more records"));
        }
        let counted = self.counted(&rounded.kept())?;
        // What is published of the change must not show that records of a waiting area and year changed.
        let drawn_for = drawing.drawn_for.as_ref().map(|units| self.counted(units)).transpose()?;
        publish_rounded(counted, &rounded, drawn_for.as_ref().unwrap_or(drafts), policy)
    }

    /// Counts the tables over units.
    fn counted(&self, units: &Units) -> Result<Drafts> {
        let Self { source, request, control, .. } = *self;
        // It vanishes at the end of this function: a stage is put into place with all that it holds.
        let scratch = Stage::within(self.scratch.path())?;
        let mut file = scratch.create("0001.parquet")?;
        units.write(request.record, units.counts(), &mut file)?;
        file.flush().map_err(|cause| Error::failed("cannot write the rounded counts").because(cause))?;
        let parts = [Part::open(&scratch.file("0001.parquet")?)?];
        let microdata = Microdata { record: request.record, parts: &parts, memory: MEMORY };
        draft(&RecordSource { microdata, ..*source }, request.tables, control)
    }
}

/// Returns the dimensions of the tables that a later release of the same records may have, over units of some fields.
fn later(source: &RecordSource<'_>, tables: &[Indicator], units: &[usize]) -> Result<Vec<Vec<Breakdown>>> {
    let record = source.microdata.record;
    let is_later = |table: &Indicator| {
        table.counting == Counting::Victims
            && indicators::fields(record, std::slice::from_ref(table))
                .is_ok_and(|fields| fields.iter().all(|field| units.contains(field)))
            && tables.iter().all(|requested| requested.id != table.id)
    };
    let all = indicators::select(source.registry, &[])?.into_iter().filter(|table| table.record == record.id);
    indicators::dimensions(source, &all.filter(is_later).collect::<Vec<_>>())
}
