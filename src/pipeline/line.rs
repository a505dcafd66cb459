//! The line: every stage from records to a release, in the order in which data pass them.
//!
//! ```text
//!  files ── intake ──▶ store ── draft ──▶ exact counts ── protect ──▶ safe counts ── evaluate ──▶ tables ── disseminate ──▶ release
//!           `run`      `tabulate`         confidential              │ may be published                      `combine`
//! ```
//!
//! [`run`](super::run()) begins with files: [`ingest`](super::ingest()) reads, validates, codes and stores them.
//! [`tabulate`](super::tabulate()) begins with stores. Both hand their records to [`Line::release`], which is the rest of the
//! line. [`combine`](super::combine()) adds up what is published already, so it needs [`Line::disseminate`] only. A store among
//! its packages is protected first, by [`Line::protect`].

use super::comparability::{SourceMeaning, differences};
use super::context::Context;
use super::intake::{FieldReport, rounded};
use super::ledger::{Books, JointAudit, LedgerRequest};
use super::limit::MEMORY;
use super::release::{NotCollected, Remarks, Stated, Statement, declared};
use super::rounding::{self, RecordRounding};
use super::{ReleaseConfig, rounding_key};
use crate::aggregate::Microdata;
use crate::control::{Control, Event};
use crate::disseminate::Incomparable;
use crate::error::Result;
use crate::files::Stage;
use crate::indicators::{Indicator, RecordSource, draft};
use crate::protect::{Method, Policy, Protected, RoundingKey, protect};
use crate::schema::{Record, Registry};
use crate::store::Part;

/// What every stage needs to know of the release that is made.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// The schemas.
    pub registry: &'a Registry,
    /// The release, which may name a key of rounding.
    pub release: &'a ReleaseConfig,
    /// Languages of labels.
    pub languages: &'a [String],
    /// The policy.
    pub policy: &'a Policy,
    /// By what tables are made.
    pub context: &'a Context,
    /// Events go there, and the request to stop comes from there.
    pub control: &'a Control,
}

/// Records that are counted, and what is said of their sources.
#[derive(Clone, Copy)]
pub(super) struct CountedRecords<'a> {
    /// Their type.
    pub record: &'a Record,
    /// Their files.
    pub parts: &'a [Part],
    /// The fields that the tables count.
    pub fields: &'a [usize],
    /// What the sources mean.
    pub sources: &'a [SourceMeaning<'a>],
    /// How many records have no value of each field, and why.
    pub reports: &'a [&'a FieldReport],
    /// Records read.
    pub read: u64,
    /// Records rejected.
    pub rejected: u64,
}

/// The ledgers of a release, and the stage in which its rounded records wait until they are counted.
pub(super) struct ReleaseLedgers<'a> {
    pub books: &'a mut Books,
    pub scratch: &'a Stage,
}

/// A release that was made of records.
pub(super) struct Released {
    /// Its tables.
    pub protected: Protected,
    /// Tables that were not made.
    pub not_collected: Vec<NotCollected>,
    /// Where the sources do not mean the same.
    pub differences: Vec<Incomparable>,
    /// What it says of itself.
    pub stated: Stated,
}

impl<'a> Line<'a> {
    /// Takes records down the line, into the stage `public`. The ledgers know what was published of them before.
    ///
    /// # Errors
    /// The attacker could narrow a suppressed cell, the records cannot be rounded, or a file cannot be written.
    pub fn release(
        &self,
        records: &CountedRecords<'_>,
        public: &Stage,
        ledgers: ReleaseLedgers<'_>,
    ) -> Result<Released> {
        let ReleaseLedgers { books, scratch } = ledgers;
        self.control.go_on()?;
        self.control.report(Event::Stage("aggregate"));
        let (protected, not_collected) =
            self.protect(records.record, records.parts, ReleaseLedgers { books, scratch })?;

        self.control.go_on()?;
        self.control.report(Event::Stage("disseminate"));
        let differences = differences(records.record, records.sources, records.fields);
        let remarks = Remarks {
            declares: declared(records.sources.iter().map(|source| source.profile)),
            differences: &differences,
            left_out: Some(&left_out(records.rejected, records.read)),
            legibility: &rounded(records.record, records.fields, records.reports.iter().copied()),
            not_collected: &not_collected,
            sources: Vec::new(),
            overridden: books.report().overridden.iter().cloned().collect(),
        };
        let stated = self.disseminate(public, &protected, remarks)?;
        Ok(Released { protected, not_collected, differences, stated })
    }

    /// Counts the tables of records, protects the counts, and evaluates the formulas on what is protected.
    ///
    /// # Errors
    /// The attacker could narrow a suppressed cell, or the records cannot be rounded.
    pub fn protect(
        &self,
        record: &Record,
        parts: &[Part],
        ledgers: ReleaseLedgers<'_>,
    ) -> Result<(Protected, Vec<NotCollected>)> {
        let ReleaseLedgers { books, scratch } = ledgers;
        let Self { registry, release, policy, context, control, .. } = *self;
        let microdata = Microdata { record, parts, memory: MEMORY };
        let Context { regions, coverage, scope, .. } = context;
        let source = RecordSource { registry, regions, microdata, coverage, scope: *scope };
        let tables: Vec<Indicator> =
            context.indicators.iter().map(|table| Indicator { join: policy.join.clone(), ..table.clone() }).collect();
        let tables = tables.as_slice();
        let drafts = draft(&source, tables, control)?;
        let can_round = rounding::is_possible(&drafts);
        let chosen = policy.resolve(tables, can_round);
        let key = |policy: &Policy| -> Result<RoundingKey> {
            let key = rounding_key::required(release.rounding_key()?, policy)?;
            if !release.synthetic {
                rounding_key::refuse_public(&key)?;
            }
            Ok(key)
        };
        let first_key = if chosen.method == Method::Round { Some(key(&chosen)?) } else { None };
        control.go_on()?;
        control.report(Event::Stage("protect"));
        let regions = context.regions.name.as_str();
        let request = LedgerRequest { release: &release.id, regions, tables, policy: &chosen, record, parts };
        let safe = match first_key {
            Some(key) => {
                let (source, request) = (&source, &request);
                RecordRounding { source, request, key: &key, scratch, control }.round(&drafts, books)?
            }
            None => match protect(drafts, &chosen) {
                Ok(safe) => {
                    let audit = JointAudit { source: &source, request: &request, safe: &safe, control };
                    books.suppressed(&request, &mut |earlier| audit.is_safe_with(earlier))?;
                    safe
                }
                Err(error) => {
                    let rounded = policy.after_failed_audit(&error, can_round).ok_or(error)?;
                    let (request, key) = (LedgerRequest { policy: &rounded, ..request }, key(&rounded)?);
                    let drafts = draft(&source, tables, control)?;
                    let (source, request) = (&source, &request);
                    RecordRounding { source, request, key: &key, scratch, control }.round(&drafts, books)?
                }
            },
        };
        control.go_on()?;
        control.report(Event::Stage("evaluate"));
        // As the protected counts show it: where all persons with a value are rounded away, the table has no figures.
        let not_collected = safe.not_collected().map(|(table, dimension)| NotCollected { table, dimension }).collect();
        Ok((safe.evaluate(&context.setting())?, not_collected))
    }

    /// Writes all files of a release.
    ///
    /// # Errors
    /// One of them cannot be written.
    pub fn disseminate(&self, public: &Stage, protected: &Protected, mut remarks: Remarks<'_>) -> Result<Stated> {
        let regions = &self.context.regions;
        let outside = protected.areas_without_region(regions);
        if !outside.is_empty() {
            let (areas, scheme) = (outside.join(", "), &regions.name);
            remarks.declares.push(format!(
                "no region of {scheme} holds {areas}: the figures of these areas are in no sum of areas"
            ));
        }
        let statement = Statement {
            release: self.release,
            languages: self.languages,
            context: self.context,
            schemas: &self.registry.digest()?,
            overrides: &self.registry.overrides()?,
            remarks,
        };
        statement.publish(public, protected)
    }
}

/// The lowest number of records for which a share is reported: 5 percent of them are 25 records.
const FEWEST: u64 = 500;

/// Returns how much was left out, in classes too wide to identify a number of records. No class separates none from a few.
pub(super) fn left_out(rejected: u64, records: u64) -> String {
    let below = |percent: u64| 100 * u128::from(rejected) < u128::from(percent) * u128::from(records);
    let class = match () {
        () if records < FEWEST => "not shown: the sources are too small",
        () if below(5) => "fewer than 5 percent of the records",
        () if below(20) => "5 to 20 percent of the records",
        () => "20 percent of the records or more",
    };
    class.to_owned()
}

#[cfg(test)]
mod tests {
    use super::left_out;

    #[test]
    fn shares_of_rejected_records_are_wide_and_few_records_have_none() {
        assert_eq!(left_out(0, 0), "not shown: the sources are too small");
        assert_eq!((left_out(0, 499), left_out(499, 499)), (left_out(0, 0), left_out(0, 0)));
        assert_eq!(
            (left_out(0, 500), left_out(24, 500)),
            (left_out(1, 90_000), "fewer than 5 percent of the records".into())
        );
        assert_eq!(
            (left_out(25, 500), left_out(99, 500)),
            (left_out(50, 500), "5 to 20 percent of the records".into())
        );
        assert_eq!(left_out(100, 500), "20 percent of the records or more");
    }
}
