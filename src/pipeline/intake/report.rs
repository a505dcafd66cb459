//! Reports on each file.

use std::io::Write;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::files::CsvWriter;
use crate::finding::{Rule, Severity, ShownCell, Tally};
use crate::ingest::Lines;

use super::legibility::{ColumnReport, FieldReport, PlaceReport, SHARED};
use super::quarantine::Corrects;
use crate::pipeline::identity::Identity;

/// Findings of one rule in one column of one file.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FindingReport {
    /// The id of the rule.
    pub rule: &'static str,
    /// The title of the rule.
    pub title: &'static str,
    /// What it does to a record: `error`, `warning` or `duplicate`.
    pub severity: &'static str,
    /// The column's heading. None where the heading may be a value.
    pub column: Option<String>,
    /// The column's number, counted from 1.
    pub column_number: Option<u32>,
    /// The exact number of findings.
    pub count: u64,
    /// Physical lines of the first findings.
    pub lines: Vec<u64>,
    /// The physical lines with which the first findings end, where they are about multiple lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last_lines: Vec<u64>,
    /// The values of the first findings, where they may be shown.
    pub found: Vec<String>,
}

impl FindingReport {
    /// A finding about a file as a whole, made once it was read.
    pub(super) fn of_file(rule: Rule, count: u64) -> Self {
        Self {
            rule: rule.id(),
            title: rule.title(),
            severity: severity(rule.severity()),
            column: None,
            column_number: None,
            count,
            lines: vec![1],
            last_lines: Vec::new(),
            found: Vec::new(),
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Duplicate => "duplicate",
        Severity::Warning => "warning",
    }
}

/// Report on one file. `records = accepted + rejected + duplicates`.
///
/// Digests are not serialised: with that of a small confidential file anyone can confirm a guess about its records, and
/// what a command prints is kept in logs. Only `KnownInput`, for `run.json`, has them.
#[derive(Clone, Debug, Serialize)]
pub struct InputReport {
    /// The file as the user named it.
    pub file: String,
    /// The layout.
    pub profile: String,
    /// BLAKE3 digest of its bytes.
    #[serde(skip)]
    pub digest: String,
    /// BLAKE3 digest of what it unpacks to, where the file is compressed.
    #[serde(skip)]
    pub unpacked_digest: Option<String>,
    /// How its text is encoded.
    pub encoding: String,
    /// The sheet, where the file is a workbook.
    pub sheet: Option<String>,
    /// How the file is compressed, where it is.
    pub compression: Option<&'static str>,
    /// What separates fields; `JSON` where records are objects.
    pub delimiter: String,
    /// Whose rejected records these are, where the file was written by a quarantine.
    #[serde(skip)]
    pub corrects: Option<Corrects>,
    /// Physical lines read, or rows of a workbook, by what they hold.
    pub lines: Lines,
    /// Errors about lines that rejected no record by themselves. Each counts once against the limit of rejects.
    pub line_errors: u64,
    /// Records read.
    pub records: u64,
    /// Records accepted.
    pub accepted: u64,
    /// How many of these have the count 0. They declare that an area reported a year, and are not stored.
    #[serde(skip_serializing_if = "is_none")]
    pub declarations: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Records set aside because they repeat another.
    pub duplicates: u64,
    /// True if a column says who a record is about.
    pub persons: bool,
    /// Fields that the file does not hold.
    pub not_collected: Vec<String>,
    /// How many cells of each column were understood.
    pub columns: Vec<ColumnReport>,
    /// How many records have no value of each field, and why.
    pub fields: Vec<FieldReport>,
    /// Areas and years in which most of a field was not understood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceReport>,
    /// What was found.
    pub findings: Vec<FindingReport>,
    /// Values that match no code. Confidential, and never part of a report: any value can be a name.
    #[serde(skip)]
    pub unresolved: Vec<Unresolved>,
    /// Cells whose values are not among them, because too few records share them.
    #[serde(skip)]
    pub rare: u64,
}

impl InputReport {
    /// Returns by what the file is known again; nothing for a file without records, which may be read any number of times.
    pub(in crate::pipeline) fn identity(&self) -> Option<Identity> {
        Identity::new(&self.digest, self.unpacked_digest.as_deref(), self.sheet.as_deref(), self.records)
    }
}

/// A report with the digests by which its file is known again. It is for `run.json`, which is confidential.
#[derive(Debug, Serialize)]
pub(in crate::pipeline) struct KnownInput<'a> {
    #[serde(flatten)]
    report: &'a InputReport,
    digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unpacked_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<&'a Corrects>,
}

impl<'a> KnownInput<'a> {
    /// Returns the reports of files with their digests.
    pub fn all(reports: &'a [InputReport]) -> Vec<Self> {
        let known = |report: &'a InputReport| Self {
            report,
            digest: &report.digest,
            unpacked_digest: report.unpacked_digest.as_deref(),
            corrects: report.corrects.as_ref(),
        };
        reports.iter().map(known).collect()
    }
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// A value that matches no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The column's heading.
    pub column: String,
    /// The text.
    pub text: String,
    /// How often it occurs.
    pub count: u64,
}

/// The rule of a column whose decimal mark may group thousands.
pub(super) const AMBIGUOUS_NUMBERS: &str = "figure/ambiguous-numbers";

/// The rule of ids whose last digits a spreadsheet has replaced by zeros.
pub(super) const ROUNDED_IDS: &str = "file/rounded-ids";

/// The rule of an id that looks like a mark for no id.
pub(super) const PLACEHOLDER_ID: &str = "file/placeholder-id";

/// The rule of an id in a large part of the records.
pub(super) const SHARED_ID: &str = "file/shared-id";

/// The number of different values that are kept of one file.
pub(super) const MOST_TEXTS: usize = 20_000;

/// The header of the list of values that match no code.
pub const UNRESOLVED: &str = "file,column,text,count";

/// Writes the values that match no code, the most frequent first, as CSV.
///
/// It is for the people who hold the files: a text may be anything, and in files of persons only those are listed that
/// stand there at least ten times.
pub fn write_unresolved(out: &mut dyn Write, inputs: &[InputReport]) -> Result<()> {
    let problem = |cause| Error::failed("cannot write the list of values").because(cause);
    let mut rows = CsvWriter::new(out);
    rows.row(UNRESOLVED.split(',')).map_err(problem)?;
    for input in inputs {
        let mut texts: Vec<_> = input.unresolved.iter().collect();
        texts.sort_by(|a, b| (b.count, &a.column, &a.text).cmp(&(a.count, &b.column, &b.text)));
        for text in texts {
            rows.row([&*input.file, &text.column, &text.text, &text.count.to_string()]).map_err(problem)?;
        }
        if input.rare > 0 {
            let rest = format!("(values that fewer than {SHARED} records share are not listed: they may name persons)");
            rows.row([&*input.file, "", &rest, &input.rare.to_string()]).map_err(problem)?;
        }
    }
    rows.finish().map_err(problem).map(drop)
}

/// The findings of a file, as they are reported. An absent column has a heading behind those of the `columns`, and no number.
pub(super) fn findings(tally: &Tally, header: &[String], columns: usize) -> Vec<FindingReport> {
    tally
        .totals()
        .map(|(_, rule, level, column, total)| FindingReport {
            rule: rule.id(),
            title: rule.title(),
            severity: severity(level),
            column: column.and_then(|at| header.get(at as usize - 1)).filter(|name| !name.is_empty()).cloned(),
            column_number: column.filter(|column| *column as usize <= columns),
            count: total.count,
            lines: total.samples.iter().map(|sample| sample.place.line).collect(),
            last_lines: total.samples.iter().filter_map(|s| s.found.as_ref().and_then(ShownCell::last_line)).collect(),
            found: {
                let values = total.samples.iter().filter_map(|sample| sample.found.as_ref());
                values.filter(|found| found.last_line().is_none()).map(ToString::to_string).collect()
            },
        })
        .collect()
}
