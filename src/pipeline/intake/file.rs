//! One file, from its bytes to its rows and findings.
//!
//! Three windows of batches are in memory at a time: the next one is read, the present one is validated on all threads, and
//! the rows of the previous one are written in order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use rayon::prelude::*;

use super::ages::AgeCounts;
use super::append::ExistingStore;
use super::job::{Job, Reading, RejectsOutput, StoreOutput};
use super::legibility::{self, SHARED, UnknownCells};
use super::quarantine::{self, KeptRecords, Quarantine};
use super::read_result::{ReadResult, named};
use super::report::{AMBIGUOUS_NUMBERS, InputReport, MOST_TEXTS, ROUNDED_IDS, Unresolved};
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::{Finding, Place, Rule, ShownCell, Tally};
use crate::ingest::{Dialect, Form, Input, Lines, RawBatch, Source};
use crate::schema::{QuotedLines, Unit};
use crate::store::StoreWriter;
use crate::validate::{
    Conflicts, FileFigures, IdCounts, Legibility, LongIds, Marks, PlaceCounts, Plan, RejectsWriter, SeenPersons,
    SourceFile, Unread, UnreadColumns, Validated, validate,
};

/// Where accepted rows and the list of rejects go: nowhere when files are only checked.
pub(super) struct Outlets<'a, 'b> {
    pub persons: &'a mut SeenPersons,
    /// What the unread columns of all files of this layout hold.
    pub breakdowns: &'a mut UnreadColumns,
    pub store: Option<&'a mut StoreWriter<StoreOutput>>,
    pub rejects: Option<&'a mut RejectsWriter<RejectsOutput>>,
    pub quarantine: Option<&'a mut Quarantine<'b>>,
    /// The store to which the records are added.
    pub existing: Option<&'a ExistingStore>,
}

/// What one file has given so far.
struct Sink<'a, 'b> {
    file: &'a str,
    plan: &'a Plan,
    outlets: Outlets<'a, 'b>,
    /// The rejected records of the file.
    kept: Option<KeptRecords>,
    fail_fast: bool,
    /// The figures of the file, where it holds figures.
    figures: Option<(FileFigures, Unread)>,
    tally: Tally,
    unresolved: BTreeMap<(u32, String), u64>,
    /// How many records have each id, and ids that may have been rounded.
    ids: IdCounts,
    long_ids: LongIds,
    ages: AgeCounts,
    /// What the decimal marks of numbers may be, by column.
    marks: BTreeMap<u32, Marks>,
    /// The line of a rejected record that looks like a header, and whether any record was accepted.
    header_like: Option<u64>,
    has_accepted: bool,
    lines: Lines,
    /// Errors about lines that rejected no record by themselves.
    line_errors: u64,
    legibility: Legibility,
    legibility_by_place: PlaceCounts,
    records: u64,
    accepted: u64,
    rejected: u64,
    repeated: u64,
    /// Accepted records with the count 0, and the codes of area and year that they declare.
    zeros: u64,
    declared: BTreeSet<(u16, u16)>,
    /// The codes of area and year of rejected records.
    doubted: BTreeSet<(u16, u16)>,
}

/// One file, and where its bytes come from.
pub(super) struct JobInput<'a> {
    pub job: &'a Job,
    /// Its number among the files.
    pub source: u32,
    /// A stream that the caller opened. Without it the path of the job is opened.
    pub stream: Option<Box<dyn Read + Send>>,
}

/// Reads one file.
pub(super) fn read_one(
    input: JobInput<'_>,
    outlets: Outlets<'_, '_>,
    reading: &Reading,
    control: &Control,
) -> Result<ReadResult> {
    let JobInput { job, source, stream } = input;
    let file = files::shown(&job.path);
    // The name of a stream may be that of a file that has nothing to do with it.
    let path = stream.is_none().then_some(&job.path);
    let stamp = path.and_then(|path| files::stamp(path));
    control.report(Event::Input(file.clone(), path.and_then(|path| files::size(path))));
    let opened = match stream {
        Some(stream) => Input::Stream(stream),
        None => Input::open(&job.path)?,
    };
    let delimiter = job.layout.profile.delimiter.and_then(|c| u8::try_from(c).ok());
    let listener = control.clone();
    let profile = &job.layout.profile;
    let dialect = Dialect {
        delimiter,
        encoding: job.layout.encoding,
        sheet: profile.sheet.as_deref(),
        quoted_text: profile.quoted_lines == QuotedLines::Text,
    };
    let progress = move |bytes| listener.report(Event::Bytes(bytes));
    let mut input = Source::open(opened, &file, dialect, &job.layout.required_columns())?;
    input.on_progress(progress);
    let mut options = reading.options.clone();
    options.keep = outlets.quarantine.is_some();
    options.merge = reading.conflicts == Conflicts::Merge;
    let bound = job.layout.bind(input.header(), SourceFile { number: source, name: &file }, &options);
    let mut plan = bound.map_err(|error| with_start(error, &input, &file))?;
    for sheet in input.unread_sheets() {
        plan.add_finding(Rule::named("file/sheet-not-read"), sheet);
    }
    if let Some(existing) = outlets.existing.filter(|existing| existing.is_keyed() && plan.names_nobody()) {
        return Err(existing.other_key("the persons of the store are under a key, and none is named"));
    }
    if options.keep && plan.shares_rows() {
        return Err(Error::failed("a row of this layout holds several figures, and one alone cannot be set aside")
            .at(file)
            .hint("leave out `--quarantine`: the list of rejects names the rows and columns"));
    }
    // Windows grow, so that the first records are not waited for.
    let (mut size, max) = (rayon::current_num_threads(), rayon::current_num_threads() * 4);
    let mut window = read_window(&mut input, size)?;
    if let Some(first) = window.first() {
        plan.refuse_identifiers(first, &file)?;
    }
    plan.hide_headings(window.first());
    let plan = plan;
    let kept = outlets.quarantine.as_ref().map(|quarantine| quarantine.begin(source, &file, &input));
    let figures = job.layout.record.unit == Unit::Figure;
    let figures = figures.then(|| (FileFigures::default(), outlets.breakdowns.begin(&plan)));
    let mut sink = Sink {
        file: &file,
        plan: &plan,
        outlets,
        kept,
        fail_fast: reading.fail_fast,
        figures,
        tally: Tally::new(reading.options.samples),
        unresolved: BTreeMap::new(),
        ids: IdCounts::default(),
        ages: AgeCounts::new(&job.layout.record),
        long_ids: LongIds::default(),
        marks: BTreeMap::new(),
        header_like: None,
        has_accepted: false,
        lines: Lines::default(),
        line_errors: 0,
        legibility: plan.legibility(),
        legibility_by_place: PlaceCounts::default(),
        records: 0,
        accepted: 0,
        rejected: 0,
        repeated: 0,
        zeros: 0,
        declared: BTreeSet::new(),
        doubted: BTreeSet::new(),
    };
    plan.findings.iter().for_each(|finding| sink.tally.add(finding.clone()));
    for line in 1..=input.banner() {
        let place = Place { source, record: 0, line, byte: 0 };
        sink.tally.add(Finding::new(Rule::named("file/banner"), place, None, None));
    }
    let mut validated = Vec::new();
    while !window.is_empty() || !validated.is_empty() {
        control.go_on()?;
        size = max.min(size * 2);
        let (next, (results, written)) = rayon::join(
            || read_window(&mut input, size),
            || rayon::join(|| validate_window(&plan, &window), || sink.write(std::mem::take(&mut validated))),
        );
        written?;
        control.report(Event::Records { read: sink.records, rejected: sink.rejected });
        input.recycle(window);
        (window, validated) = (next?, results);
    }
    if path.and_then(|path| files::stamp(path)) != stamp {
        return Err(Error::failed("the file was changed while it was read")
            .at(file)
            .hint("wait until it is written, or copy it, and run again; nothing of it was kept"));
    }
    sink.finish(job, &input)
}

/// Reads the batches that are validated together: enough for every thread to have one when another is done early.
fn read_window(input: &mut Source, size: usize) -> Result<Vec<RawBatch>> {
    let mut window = Vec::with_capacity(size);
    while window.len() < size
        && let Some(batch) = input.next_batch()?
    {
        window.push(batch);
    }
    Ok(window)
}

fn validate_window(plan: &Plan, window: &[RawBatch]) -> Vec<Validated> {
    window.par_iter().map(|batch| validate(plan, batch)).collect()
}

impl Sink<'_, '_> {
    /// Writes what the next batches gave, in their order.
    fn write(&mut self, batches: Vec<Validated>) -> Result<()> {
        batches.into_iter().try_for_each(|batch| self.write_batch(batch))
    }

    /// Returns the line of a header in other words, as soon as a record below it was accepted. A line below the header of the
    /// file describes its columns, and one at the end is a remark.
    fn unknown_header(&mut self, batch: &Validated) -> Option<u64> {
        let accepted = batch.accepted.len();
        let found = self.header_like.filter(|_| accepted > 0);
        for header in &batch.header_like {
            if !self.has_accepted && header.before == 0 {
                continue;
            }
            if accepted > header.before {
                return found.or(Some(header.line));
            }
            self.header_like.get_or_insert(header.line);
        }
        self.has_accepted |= accepted > 0;
        found
    }

    fn write_batch(&mut self, mut batch: Validated) -> Result<()> {
        if let Some(line) = batch.other_header.or_else(|| self.unknown_header(&batch)) {
            return Err(other_header(self.file, line));
        }
        let persons = &mut *self.outlets.persons;
        let waiting = persons.waiting();
        let (count, findings) = persons.settle(&mut batch.accepted, self.plan.source(), self.accepted)?;
        findings.into_iter().for_each(|finding| batch.tally.add(finding));
        if let Some(rejects) = &mut self.outlets.rejects {
            rejects.write(self.file, self.records, &batch.rejects)?;
        }
        if let (Some(quarantine), Some(kept)) = (&mut self.outlets.quarantine, &mut self.kept) {
            quarantine.write(kept, self.plan, &batch)?;
        }
        if self.fail_fast && (batch.rejected > 0 || !batch.notes.is_empty()) {
            return Err(first_reject(self.file, &batch));
        }
        if let Some((figures, unread)) = &mut self.figures {
            figures.add(&batch.accepted, self.records);
            self.outlets.breakdowns.add(unread, &batch.accepted, self.records);
        }
        for (text, count) in batch.unresolved {
            if self.unresolved.len() < MOST_TEXTS || self.unresolved.contains_key(&text) {
                *self.unresolved.entry(text).or_default() += count;
            }
        }
        for (column, marks) in &batch.marks {
            self.marks.entry(*column).or_default().append(marks);
        }
        self.ages.add(&batch.accepted);
        self.ids.add(std::mem::take(&mut batch.ids));
        batch.long_ids.iter().for_each(|line| self.long_ids.add(*line));
        self.tally.append(batch.tally, self.records);
        self.lines.header += batch.lines.header;
        self.lines.records += batch.lines.records;
        self.lines.skipped += batch.lines.skipped;
        self.lines.blank += batch.lines.blank;
        self.line_errors += batch.notes.len() as u64;
        self.legibility.add(&batch.legibility);
        self.legibility_by_place.add(&batch.legibility_by_place);
        self.records += batch.records;
        self.rejected += batch.rejected;
        self.repeated += count;
        self.zeros += batch.zeros;
        self.declared.append(&mut batch.declared);
        self.doubted.append(&mut batch.doubted);
        self.accepted += batch.accepted.len() as u64 + persons.waiting() - waiting;
        match &mut self.outlets.store {
            Some(store) => store.write(batch.accepted),
            None => Ok(()),
        }
    }

    /// Returns what the file has given, as far as it is known before all files are read.
    fn finish(mut self, job: &Job, input: &Source) -> Result<ReadResult> {
        let plan = self.plan;
        let of_file = |rule| {
            let place = Place { source: plan.source(), record: 0, line: 1, byte: 0 };
            Finding::new(Rule::named(rule), place, None, None)
        };
        let listed_always = self.figures.is_some();
        if let Some((figures, _)) = self.figures.take() {
            figures.findings(&job.layout.record).into_iter().for_each(|finding| self.tally.add(finding));
        }
        for note in input.notes() {
            self.tally.add(note.finding(plan.source()));
            self.line_errors += 1;
        }
        // Numbers of JSON and of columns are typed: their point is a decimal one.
        let is_text = matches!(input, Source::Csv(_) | Source::Sheet(_)) && matches!(input.form(), Form::Delimited(_));
        for (column, marks) in self.marks.iter().filter(|(_, marks)| is_text && marks.are_ambiguous()) {
            let place = Place { source: plan.source(), record: 0, line: marks.line, byte: 0 };
            self.tally.add(Finding::new(Rule::named(AMBIGUOUS_NUMBERS), place, Some(*column), None));
        }
        let column = plan.id_column().map(|column| column as u32 + 1);
        if let Some(line) = self.long_ids.line().filter(|_| self.ids.are_rounded()) {
            let place = Place { source: plan.source(), record: 0, line, byte: 0 };
            self.tally.add(Finding::new(Rule::named(ROUNDED_IDS), place, column, None));
        }
        if let Some(records) = self.ages.suspicious() {
            let place = Place { source: plan.source(), record: 0, line: 1, byte: 0 };
            let column = self.ages.field().and_then(|field| plan.column_of(field));
            let class = [1000, 100, 20].into_iter().find(|class| records > *class).unwrap_or(2);
            let shown = Some(ShownCell::MoreThan(class));
            self.tally.add(Finding::new(Rule::named("file/age-codes"), place, column, shown));
        }
        if self.records == 0 {
            self.tally.add(of_file("file/no-records"));
        }
        if input.guessed() {
            self.tally.add(of_file("file/encoding-guessed"));
        }
        let not_compared =
            |existing: &ExistingStore| plan.names_nobody() || (plan.has_persons() && !existing.is_keyed());
        if self.outlets.existing.is_some_and(not_compared) {
            self.tally.add(of_file("file/persons-not-compared"));
        }
        if let (Some(quarantine), Some(kept)) = (self.outlets.quarantine, self.kept) {
            quarantine.end(kept, self.file, &input.digest())?;
        }
        let of_source = input.lines();
        let lines = Lines {
            header: of_source.header + self.lines.header,
            records: self.lines.records,
            skipped: self.lines.skipped,
            blank: of_source.blank + self.lines.blank,
            ..of_source
        };
        if !lines.add_up() {
            return Err(Error::failed("the lines read do not add up to header, records and empty lines")
                .at(self.file)
                .hint("this is a defect of the program: please report it"));
        }
        let record = &job.layout.record;
        let unknown = UnknownCells { tally: &self.tally, unresolved: &self.unresolved };
        let columns = unknown.columns(plan, record, &self.legibility);
        let fields = legibility::fields(plan, record, &self.legibility);
        let places = legibility::places(plan, record, &self.legibility_by_place);
        let listed = |count: u64| listed_always || count >= SHARED;
        let report = InputReport {
            findings: Vec::new(),
            rare: self.unresolved.values().filter(|count| !listed(**count)).sum(),
            unresolved: self
                .unresolved
                .into_iter()
                .filter(|(_, count)| listed(*count))
                .map(|((column, text), count)| Unresolved {
                    column: plan.heading(column).unwrap_or_default().to_owned(),
                    text,
                    count,
                })
                .collect(),
            file: self.file.to_owned(),
            profile: job.layout.profile.id.clone(),
            digest: input.digest(),
            unpacked_digest: input.unpacked_digest(),
            encoding: input.encoding(),
            sheet: input.sheet().map(str::to_owned),
            compression: input.packed(),
            delimiter: input.form().name(),
            corrects: quarantine::corrected(&job.path)?,
            lines,
            line_errors: self.line_errors,
            records: self.records,
            accepted: self.accepted + self.zeros,
            declarations: self.zeros,
            rejected: self.rejected,
            duplicates: self.repeated,
            persons: plan.has_persons(),
            not_collected: plan.absent.clone(),
            columns,
            fields,
            places,
        };
        let [declared, doubted] = [&self.declared, &self.doubted].map(|codes| named(record, codes));
        let ids = self.ids.of_file(plan.source());
        let shared = ids.shared();
        let mut read = ReadResult {
            report,
            tally: self.tally,
            ids,
            id_column: column,
            header: plan.headings().to_vec(),
            columns: input.header().len(),
            declared,
            doubted,
        };
        shared.into_iter().for_each(|found| read.add_shared_id(found));
        Ok(read)
    }
}

/// Returns the refusal of a file in which another header was found.
fn other_header(file: &str, line: u64) -> Error {
    Error::refused("file/other-header", "a line within the records is a header with other columns")
        .at(format!("{file}:{line}"))
        .hint(format!("move line {line} and those after it to a file of their own (in a workbook, to another sheet): they are another table"))
        .hint("then read both, each by its own header; or bring the columns of both in the same order and delete the line")
}

fn first_reject(file: &str, batch: &Validated) -> Error {
    let note = batch.notes.first().map(|note| (note.line, None, note.rule));
    let reject = batch.rejects.first().map(|reject| (reject.place.line, reject.column, reject.rule));
    let first = note.into_iter().chain(reject).min_by_key(|(line, ..)| *line);
    let (line, column, rule) = first.expect("a record was rejected, or a line was wrong");
    let place = match column {
        Some(column) => format!("{file}:{line}, column {column}"),
        None => format!("{file}:{line}"),
    };
    Error::refused(rule.id(), rule.title()).at(place).hint("leave out `--fail-fast` to see all findings")
}

/// Adds to the refusal of a header where it was looked for, and the command that drafts a layout.
fn with_start(error: Error, input: &Source, file: &str) -> Error {
    let is_header = matches!(error.rule(), Some("file/missing-column" | "file/required-field"));
    if !is_header || error.hints().any(|hint| hint.contains("`--profile ")) {
        return error;
    }
    let error = match input.sheet() {
        Some(sheet) => {
            let others: Vec<String> = input.unread_sheets().iter().take(3).map(|name| format!("`{name}`")).collect();
            let others =
                if others.is_empty() { String::new() } else { format!("; other sheets: {}", others.join(", ")) };
            error.with("looked at", format!("row {} of the sheet `{sheet}`{others}", input.header_line()))
        }
        None => error,
    };
    let file = match file {
        "-" => "FILE".to_owned(),
        _ if file.contains(char::is_whitespace) => format!("\"{file}\""),
        _ => file.to_owned(),
    };
    error.hint(format!("`tipstat start {file}` drafts a profile from the file"))
}
