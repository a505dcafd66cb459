//! Result of an ingest, and when it is refused.

use std::path::PathBuf;

use super::report::{AMBIGUOUS_NUMBERS, FindingReport, InputReport, PLACEHOLDER_ID, ROUNDED_IDS, SHARED_ID};
use super::understood;
use crate::error::{Error, Result};
use crate::files::Stage;
use crate::pipeline::parts::{PartEntry, STORE};
use crate::pipeline::{Allowance, Limit};
use crate::schema::Coverage;
use crate::store::Part;
use crate::validate::UNKNOWN_BREAKDOWN;

/// What an ingest gave.
#[derive(Debug)]
pub struct Ingested {
    /// A report for each file.
    pub inputs: Vec<InputReport>,
    /// Files of the store within the stage.
    pub parts: Vec<PathBuf>,
    /// The same as the store lists them.
    pub entries: Vec<PartEntry>,
    /// Who reported which years, as records with a count of zero declare it.
    pub coverage: Coverage,
}

impl Ingested {
    /// Records read, accepted, rejected and set aside in all files.
    pub fn totals(&self) -> [u64; 4] {
        let sum = |part: fn(&InputReport) -> u64| self.inputs.iter().map(part).sum();
        [sum(|i| i.records), sum(|i| i.accepted), sum(|i| i.rejected), sum(|i| i.duplicates)]
    }

    /// Refuses a file whose figures are broken down by a column that is not read, what exceeds the limit of rejected
    /// records, and columns that were not understood.
    ///
    /// # Errors
    /// There is such a column, no record was accepted, too many were rejected, or a column of a file was not understood.
    pub fn check(&self, limit: Limit, allowance: &Allowance) -> Result<()> {
        for input in &self.inputs {
            let Some(found) = input.findings.iter().find(|finding| finding.rule == UNKNOWN_BREAKDOWN) else { continue };
            let column = found.column.clone().unwrap_or_default();
            return Err(Error::refused(UNKNOWN_BREAKDOWN, found.title)
                .at(format!("{}:{}", input.file, found.lines.first().copied().unwrap_or_default()))
                .with("column", column.clone())
                .with("found", format!("{} figures that differ from earlier ones only in this column", found.count))
                .hint(format!("map `{column}` in the profile, or read the rows of one value: `[only]`"))
                .hint(format!("where it is not a breakdown, ignore it by name: `[ignore] columns = [\"{column}\"]`")));
        }
        for input in &self.inputs {
            let Some(found) = input.findings.iter().find(|finding| finding.rule == AMBIGUOUS_NUMBERS) else { continue };
            return Err(Error::refused(AMBIGUOUS_NUMBERS, found.title)
                .at(format!("{}:{}", input.file, found.lines.first().copied().unwrap_or_default()))
                .with("column", format!("`{}`", found.column.as_deref().unwrap_or_default()))
                .hint("state in the profile what groups thousands: `[numbers]` with `decimal = \",\"` and `thousands = \".\"`")
                .hint("or swap both marks, where the mark comes before decimals: `tipstat explain layouts`"));
        }
        self.check_ids(limit)?;
        let [records, accepted, rejected, _] = self.totals();
        if records > 0 && accepted == 0 {
            return Err(Error::refused("limit/nothing-accepted", "no record was accepted")
                .hint("look at the findings above: the profile may be the wrong one"));
        }
        let line_errors: u64 = self.inputs.iter().map(|input| input.line_errors).sum();
        if line_errors > 0 && !limit.allows(rejected + line_errors, records) {
            return Err(Error::refused(
                "limit/rejects",
                "more errors were found than the limit of rejected records allows",
            )
            .with("found", format!("{line_errors} about lines, and {rejected} of {records} records rejected"))
            .with("limit", limit.to_string())
            .hint("look at the lines that the findings name: correct them, or raise `--max-rejects`"));
        }
        if !limit.allows(rejected, records) {
            return Err(Error::refused("limit/rejects", "more records were rejected than the limit allows")
                .with("found", format!("{rejected} of {records} records"))
                .with("limit", limit.to_string())
                .hint("correct the source or the profile, or raise `--max-rejects` after looking at the findings"));
        }
        understood::check(&self.inputs, allowance)
    }
}

impl Ingested {
    /// Refuses files in which different persons have one id.
    fn check_ids(&self, limit: Limit) -> Result<()> {
        for input in &self.inputs {
            let found = |rule: &str| input.findings.iter().find(|finding| finding.rule == rule);
            let refused = |found: &FindingReport| {
                Error::refused(found.rule, found.title)
                    .at(format!("{}:{}", input.file, found.lines.first().copied().unwrap_or_default()))
                    .with("column", format!("`{}`", found.column.as_deref().unwrap_or_default()))
            };
            if let Some(found) = found(ROUNDED_IDS) {
                return Err(refused(found)
                    .hint("export the ids again from the case system, as text: the digits are lost in this file")
                    .hint("where the ids do end with zeros, put a letter before each of them"));
            }
            if let Some(found) = found(PLACEHOLDER_ID) {
                return Err(refused(found)
                    .hint("say in the profile what stands for no id, such as `missing = [\"\", \"999\"]`: each record then counts")
                    .hint("if it is one person, put a letter before the id"));
            }
            if let Some(found) = found(SHARED_ID).filter(|_| !limit.allows(input.duplicates, input.records)) {
                return Err(refused(found)
                    .with("found", format!("{} of {} records repeat another", input.duplicates, input.records))
                    .with("limit", limit.to_string())
                    .hint(
                        "if the id stands for no id, such as `-99`, say so in the profile: `missing = [\"\", \"-99\"]`",
                    )
                    .hint("if it is one person, raise `--max-rejects` after looking at the records"));
            }
        }
        Ok(())
    }

    /// Compares the rows that are in the stage with the records that were accepted: a file that
    /// vanished while others were written would not be noticed otherwise.
    pub(super) fn compare_written(&self, stage: &Stage, former: &[PartEntry]) -> Result<()> {
        let listed = self.entries.iter().chain(former);
        for entry in listed {
            let rows = Part::open(&stage.path().join(STORE).join(&entry.file))?.all_rows();
            if rows != entry.rows {
                return Err(
                    lost().with("found", format!("{rows} rows in `{}`, and {} were written", entry.file, entry.rows))
                );
            }
        }
        let rows: u64 = self.entries.iter().map(|entry| entry.rows).sum();
        let accepted: u64 = self.inputs.iter().map(|input| input.accepted - input.declarations).sum();
        if rows == accepted {
            Ok(())
        } else {
            Err(lost().with("found", format!("{rows} rows, and {accepted} records were accepted")))
        }
    }
}

fn lost() -> Error {
    Error::failed("the rows that were written are not the records that were accepted, so nothing is published")
        .hint("something removed files of the stage, or the disk is failing: run the command again")
}
