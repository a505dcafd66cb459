//! Validation of a stream of records, from a program.

use std::io::Read;
use std::path::PathBuf;

use super::run::RecordCounts;
use super::schemas::registry;
use crate::control::Control;
use crate::error::Result;
use crate::pipeline::{FindingReport, InputReport, Reading, validate_stream};
use crate::validate::{Description, Layout};

/// Checks records of one layout, and writes nothing.
///
/// It does what `tipstat validate` does, for bytes from anywhere.
///
/// ```
/// let records = "area,year,sex,age,form\nKHM,2023,F,15,FG_SEXUAL\nKHM,2023,X,15,FG_SEXUAL\n";
/// let checked = tipstat::Validator::for_schema("victim").validate("records.csv", records.as_bytes())?;
/// assert_eq!((checked.counts().accepted, checked.counts().rejected), (1, 1));
/// for finding in checked.findings() {
///     println!("lines {:?}: {} ({})", finding.lines, finding.title, finding.rule);
/// }
/// # Ok::<(), tipstat::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Validator {
    profile: Option<String>,
    schema: Option<String>,
    area: Option<String>,
    codes: Vec<(String, String)>,
    schemas: Option<PathBuf>,
    control: Control,
}

/// Result of a validation. Bad records are findings, not errors.
#[derive(Clone, Debug)]
pub struct Validation {
    report: InputReport,
}

impl Validator {
    /// Checks records in a publisher's layout, such as `ctdc-kanon`. `tipstat profile list` lists the layouts.
    pub fn for_profile(name: impl Into<String>) -> Self {
        Self { profile: Some(name.into()), ..Self::default() }
    }

    /// Checks records whose columns are the fields of a record type, such as `victim`.
    pub fn for_schema(name: impl Into<String>) -> Self {
        Self { schema: Some(name.into()), ..Self::default() }
    }

    /// Sets the reporting area, where the records have none.
    #[must_use]
    pub fn with_area(mut self, code: impl Into<String>) -> Self {
        self.area = Some(code.into());
        self
    }

    /// Sets the code of a field that is the same for all records and is not among the columns.
    #[must_use]
    pub fn with_code(mut self, field: impl Into<String>, code: impl Into<String>) -> Self {
        self.codes.push((field.into(), code.into()));
        self
    }

    /// Uses the schemas of this folder before the built-in ones.
    #[must_use]
    pub fn with_schemas(mut self, folder: impl Into<PathBuf>) -> Self {
        self.schemas = Some(folder.into());
        self
    }

    /// Sends events to this control, which can stop the validation.
    #[must_use]
    pub fn controlled_by(mut self, control: &Control) -> Self {
        self.control = control.clone();
        self
    }

    /// Reads all records: delimited text, JSON lines or a workbook, compressed or not. Messages call the source by `name`.
    ///
    /// A Parquet file cannot be read as a stream.
    ///
    /// # Errors
    /// The layout is not known, or the source as a whole cannot be read in it: a column is missing, or one holds names.
    pub fn validate(&self, name: &str, source: impl Read + Send + 'static) -> Result<Validation> {
        let registry = registry(self.schemas.as_deref())?;
        let description = Description {
            profile: self.profile.as_deref(),
            schema: self.schema.as_deref(),
            area: self.area.as_deref(),
            set: &self.codes,
            ..Description::default()
        };
        let layout = Layout::load(&registry, &description)?;
        let report = validate_stream((name, Box::new(source)), layout, &Reading::default(), &self.control)?;
        Ok(Validation { report })
    }
}

impl Validation {
    /// Numbers of records.
    pub fn counts(&self) -> RecordCounts {
        let InputReport { records, accepted, rejected, duplicates, .. } = self.report;
        RecordCounts { read: records, accepted, rejected, duplicates }
    }

    /// The findings, by rule and column.
    pub fn findings(&self) -> &[FindingReport] {
        &self.report.findings
    }

    /// Fields of the record type for which the source has no column.
    pub fn not_collected(&self) -> &[String] {
        &self.report.not_collected
    }

    /// Returns whether all records were accepted.
    pub fn is_clean(&self) -> bool {
        self.report.rejected == 0 && self.report.line_errors == 0
    }
}
