//! What a draft is written from: the question, and the columns that were looked at.

use std::collections::BTreeMap;
use std::path::Path;

use super::column::{ColumnContent, ColumnSample};
use super::headings::HeadingMeaning;
use crate::error::is_hidden;
use crate::finding::Rule;
use crate::schema::{Pack, Record, Registry};

/// Begins every draft, by which a previous one is known.
pub const DRAFT: &str = "# A draft by `tipstat";

/// What of a draft is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Active {
    /// Columns whose headings are certain. Codes of values are comments.
    Columns,
    /// The same, and codes of values that are certain.
    Certain,
    /// The same, and likely codes, each with a mark.
    Likely,
}

/// What is to be drafted.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// The file.
    pub file: &'a Path,
    /// The sheet of a workbook.
    pub sheet: Option<&'a str>,
    /// The encoding of the text, where it is not UTF-8.
    pub encoding: Option<&'a str>,
    /// The record type. Without it, published figures are recognised next to case records.
    pub record: Option<&'a str>,
    /// The country, whose pack is used where there is one.
    pub area: Option<&'a str>,
    /// The name of the drafted profile.
    pub name: &'a str,
    /// What of the draft is active.
    pub active: Active,
}

impl Inquiry<'_> {
    /// Returns the command that drafts.
    pub(super) fn command(&self) -> &'static str {
        if self.active == Active::Columns { "tipstat schema infer" } else { "tipstat start" }
    }
}

/// A column with what it may be.
pub(super) struct StudiedColumn {
    pub column: ColumnSample,
    pub content: ColumnContent,
    pub meaning: HeadingMeaning,
    /// The field that the heading of a group above it names.
    pub group: Option<usize>,
}

/// Everything that drafts are written from.
pub(super) struct Study<'a> {
    pub registry: &'a Registry,
    pub inquiry: &'a Inquiry<'a>,
    pub record: Record,
    pub pack: Option<Pack>,
    pub columns: Vec<StudiedColumn>,
    pub records: u64,
    /// Errors about lines, and how often each was found.
    pub notes: BTreeMap<Rule, u64>,
    pub delimiter: Option<char>,
    /// The encoding that was guessed.
    pub guessed: Option<String>,
    /// The sheet that was found among others.
    pub sheet: Option<String>,
}

/// A text as a basic string of TOML, on one line whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_hidden(c) => match u32::from(c) {
                short @ 0..=0xffff => out.push_str(&format!("\\u{short:04X}")),
                long => out.push_str(&format!("\\U{long:08X}")),
            },
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
