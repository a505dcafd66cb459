//! What one file has given, before the files are compared with each other.

use std::collections::BTreeSet;

use super::report::{self, InputReport, PLACEHOLDER_ID, SHARED_ID};
use crate::error::{Error, Result};
use crate::finding::{Finding, Place, Rule, ShownCell, Tally};
use crate::pipeline::identity::Identity;
use crate::schema::Record;
use crate::validate::{IdCounts, Later, SharedId};

/// What one file has given. Which of its records repeat others is known when all files are read.
pub(super) struct ReadResult {
    pub(super) report: InputReport,
    pub(super) tally: Tally,
    /// The headings of the file, followed by those of absent columns.
    pub(super) header: Vec<String>,
    /// The number of headings of the file.
    pub(super) columns: usize,
    /// Areas and years that records with a count of zero declare.
    pub declared: BTreeSet<(String, u16)>,
    /// How many records have each id, until they are compared with those of other files.
    pub ids: IdCounts,
    /// The number of the column of ids.
    pub id_column: Option<u32>,
    /// Areas and years of rejected records.
    pub doubted: BTreeSet<(String, u16)>,
}

impl ReadResult {
    /// Returns by what the file is recognised.
    pub fn identity(&self) -> Option<Identity> {
        self.report.identity()
    }

    /// Returns the file, as the user named it.
    pub fn file(&self) -> &str {
        &self.report.file
    }

    /// Adds what was found when other files were read.
    pub fn add(&mut self, finding: Finding) {
        self.tally.add(finding);
    }

    /// Adds that an id looks like a mark for no id, and about how many records have it.
    pub fn add_shared_id(&mut self, found: SharedId) {
        let class = [10_000, 1000, 100, 20].into_iter().find(|class| found.records > *class).unwrap_or(2);
        let rule = Rule::named(if found.is_placeholder { PLACEHOLDER_ID } else { SHARED_ID });
        let place = Place { source: found.source, record: 0, line: found.line, byte: 0 };
        self.tally.add(Finding::new(rule, place, self.id_column, Some(ShownCell::MoreThan(class))));
    }

    /// Notes a record that is not the first of its person.
    pub fn note(&mut self, later: &Later) {
        let place = Place { source: later.source, record: 0, line: later.line, byte: 0 };
        self.tally.add(Finding::new(later.rule(), place, None, None));
    }

    /// Returns the report of the file, of whose records so many repeat others.
    pub fn report(self, repeated: u64) -> Result<InputReport> {
        let mut report = self.report;
        report.accepted -= repeated;
        report.duplicates += repeated;
        report.findings = report::findings(&self.tally, &self.header, self.columns);
        if report.accepted + report.rejected + report.duplicates != report.records {
            return Err(Error::failed("the records read are not those accepted, rejected and set aside")
                .at(report.file)
                .hint("this is a defect of the program: please report it"));
        }
        Ok(report)
    }
}

/// Returns areas and years by their names.
pub(super) fn named(record: &Record, codes: &BTreeSet<(u16, u16)>) -> BTreeSet<(String, u16)> {
    let list = |role: &str| record.role(role).map(|field| record.fields[field].codes());
    let Some((areas, years)) = list("area").zip(list("time")) else { return BTreeSet::new() };
    let names = |&(area, year): &(u16, u16)| Some((areas.id_of(area).to_owned(), years.id_of(year).parse().ok()?));
    codes.iter().filter_map(names).collect()
}
