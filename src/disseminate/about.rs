//! What every output says about the release.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::protect::ProtectedTable;
use crate::schema::{Break, Record, Region};

/// A dimension that the sources of a release understand differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incomparable {
    /// The dimension.
    pub dimension: String,
    /// What it is.
    pub title: String,
    /// Source and what it means by it.
    pub meanings: BTreeMap<String, String>,
}

/// How much of one field the sources hold and how much of it was understood, in rounded shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldLegibility {
    /// The field of the record type.
    pub field: String,
    /// What it is.
    pub title: String,
    /// Records for which the source itself has no value.
    pub unknown: String,
    /// Records with a text that was not understood.
    pub not_understood: String,
}

/// What every output says about the release.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The release.
    pub release: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its licence.
    pub licence: Option<&'a str>,
    /// True if the records are synthetic.
    pub synthetic: bool,
    /// The sentence that is on every output.
    pub caveat: &'a str,
    /// The program and its version.
    pub program: &'a str,
    /// Digest of all schemas.
    pub schemas: &'a str,
    /// The record types of the tables, by id.
    pub records: &'a BTreeMap<String, Arc<Record>>,
    /// The region scheme.
    pub regions: &'a Region,
    /// Countries by their number in M49, as SDMX writes it: without leading zeros.
    pub numbers: &'a BTreeMap<String, String>,
    /// The attribute of tables with rounded counts: `rounded:5`.
    pub rounded: Option<&'a str>,
    /// What profiles change in the meaning of the figures.
    pub declares: &'a [String],
    /// Where the sources do not mean the same.
    pub differences: &'a [Incomparable],
    /// From which years on figures of an area mean something else.
    pub breaks: &'a [Break],
    /// How much of the sources was left out, where anything was.
    pub left_out: Option<&'a str>,
    /// How much of each field is unknown at the source, and how much was not understood.
    pub legibility: &'a [FieldLegibility],
    /// Languages of labels.
    pub languages: &'a [String],
}

impl About<'_> {
    /// The record type that a table is counted from.
    pub(super) fn record(&self, table: &ProtectedTable) -> &Record {
        &self.records[&table.indicator().record]
    }

    /// The title, with the warning where the records are made up.
    pub fn full_title(&self) -> String {
        if self.synthetic { format!("SYNTHETIC DATA: {}", self.title) } else { self.title.to_owned() }
    }
}
