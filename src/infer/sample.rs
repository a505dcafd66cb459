//! One file is read whole, and its columns are counted.

use std::collections::BTreeMap;

use super::column::ColumnSample;
use super::headings::KNOWN;
use super::study::Inquiry;
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Rule;
use crate::ingest::{self, Dialect, Form, Input, RequiredColumns, Source};
use crate::schema::{Pack, Record, Registry};
use crate::validate::Answers;

/// What is known of a file once it was read.
pub(super) struct FileSample {
    pub columns: Vec<ColumnSample>,
    /// The row above the header.
    pub above: Vec<String>,
    /// The line or row of the header.
    pub header_line: u64,
    pub records: u64,
    /// Errors about lines, and how often each was found.
    pub notes: BTreeMap<Rule, u64>,
    pub delimiter: Option<char>,
    /// The encoding, where it was guessed and makes a difference.
    pub guessed: Option<String>,
    /// The sheet of a workbook, and how many others hold anything.
    pub sheet: Option<(String, usize)>,
}

impl FileSample {
    /// Reads a file without a layout, to its end.
    ///
    /// # Errors
    /// The file cannot be read, or has no header.
    pub fn read(registry: &Registry, inquiry: &Inquiry<'_>, known: &KnownColumns, control: &Control) -> Result<Self> {
        let file = files::shown(inquiry.file);
        control.report(Event::Input(file.clone(), files::size(inquiry.file)));
        let mut source = open(inquiry, &file, known, control)?;
        let mut columns: Vec<ColumnSample> = source.header().iter().map(|name| ColumnSample::new(name)).collect();
        let (mut records, mut widest) = (0, 0);
        let mut notes: BTreeMap<Rule, u64> = BTreeMap::new();
        while let Some(batch) = source.next_batch()? {
            control.go_on()?;
            batch.notes.iter().for_each(|note| *notes.entry(note.rule).or_default() += 1);
            let mut lines = batch.records();
            while lines.advance().is_some() {
                columns.iter_mut().enumerate().for_each(|(index, column)| column.add(lines.cell(index)));
                records += 1;
                widest = widest.max(lines.len());
            }
        }
        let is_delimited = matches!(source.form(), Form::Delimited(_));
        if is_delimited && records > 0 {
            refuse_glued(columns.len(), widest, &file)?;
        }
        let answers = Answers::load(registry)?;
        columns.iter_mut().for_each(|column| column.finish(&answers));
        let delimiter = match source.form() {
            Form::Delimited(delimiter) => Some(char::from(delimiter)).filter(|c| *c != ',' && source.sheet().is_none()),
            Form::Json(_) => None,
        };
        Ok(Self {
            columns,
            above: source.above().to_vec(),
            header_line: source.header_line(),
            records,
            notes,
            delimiter,
            guessed: Some(source.encoding()).filter(|_| source.guessed()),
            sheet: source.sheet().map(|sheet| (sheet.to_owned(), source.unread_sheets().len())),
        })
    }
}

/// Headings by which a header is found below titles, and a table among other sheets.
pub(super) struct KnownColumns(Vec<String>);

impl KnownColumns {
    /// Collects the names of fields, known headings and those of the country's pack, each as it may be written.
    pub fn new(records: &[&Record], pack: Option<&Pack>) -> Self {
        let fields = records.iter().flat_map(|record| &record.fields).map(|field| &field.id);
        let known = fields.chain(KNOWN.headings.values().flatten()).chain(KNOWN.guesses.values().flatten());
        let known = known.chain(pack.iter().flat_map(|pack| pack.columns.keys()));
        let mut written: Vec<String> = Vec::new();
        for heading in known {
            let plain = crate::validate::normal(heading);
            written.extend([plain.replace(' ', "_"), plain.replace(' ', ""), plain, heading.clone()]);
        }
        Self(written)
    }
}

fn open(inquiry: &Inquiry<'_>, shown: &str, known: &KnownColumns, control: &Control) -> Result<Source> {
    let required = RequiredColumns { columns: known.0.iter().map(String::as_str).collect(), required: Vec::new() };
    let encoding = inquiry.encoding.map(ingest::encoding).transpose()?;
    let dialect = Dialect { delimiter: None, encoding, sheet: inquiry.sheet, quoted_text: false };
    let listener = control.clone();
    let mut source = Source::open(Input::open(inquiry.file)?, shown, dialect, &required)?;
    source.on_progress(move |bytes| listener.report(Event::Bytes(bytes)));
    Ok(source)
}

/// Refuses a file whose first record is glued to the header: that makes it twice as wide, or one column less.
fn refuse_glued(columns: usize, widest: usize, file: &str) -> Result<()> {
    if columns <= widest || columns + 1 < 2 * widest {
        return Ok(());
    }
    Err(Error::failed("the header is twice as wide as the records: a record may be glued to it")
        .at(format!("{file}:1"))
        .with("found", format!("{columns} headings, and at most {widest} cells a record"))
        .hint("put a line end after the last heading"))
}
