//! The ledgers of the stores of one release.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::book::Book;
use super::file::{AreaYear, Choices, Ledger, PublishedRelease, ReleaseShape};
use super::plan::{DrawPlan, Present, refused};
use super::report::{LedgerReport, Overridden};
use crate::aggregate::{AreaYearKey, Units, countable, prints};
use crate::error::{Error, Result};
use crate::files::{self, Readers, Stage};
use crate::indicators::{self, Indicator};
use crate::pipeline::document::program;
use crate::pipeline::open_store::changed;
use crate::pipeline::parts::{LEDGER, RUN};
use crate::protect::{PlaceUnits, Policy, Rounded, RoundingKey, UnitFields};
use crate::schema::Record;
use crate::store::Part;

/// The ledgers of the stores of one release.
pub(in crate::pipeline) struct Books {
    books: Vec<Book>,
    /// Why a release is made in spite of a rule.
    reason: Option<String>,
    purpose: Purpose,
    report: LedgerReport,
}

/// What a release is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Purpose {
    /// For the office only. No ledger counts it as published.
    Draft,
    /// For the public.
    Publication,
}

/// A release that is to be made.
#[derive(Clone, Copy)]
pub(in crate::pipeline) struct LedgerRequest<'a> {
    /// The release.
    pub release: &'a str,
    /// Its regions.
    pub regions: &'a str,
    /// Its tables.
    pub tables: &'a [Indicator],
    /// The policy, with its method.
    pub policy: &'a Policy,
    /// The record type.
    pub record: &'a Record,
    /// All files of all stores.
    pub parts: &'a [Part],
}

/// Units of a release: those to draw, and those that keep their counts.
pub(in crate::pipeline) struct UnitDraw<'a> {
    key: &'a RoundingKey,
    plan: DrawPlan,
    prints: BTreeMap<AreaYearKey, String>,
    fields: Vec<String>,
    /// The units to draw.
    pub units: Units,
    /// The units that keep their counts.
    pub kept: Units,
    /// The true counts for which all rounded ones were drawn, where these are not the present ones.
    pub drawn_for: Option<Units>,
    /// A text that is another one for each draw.
    pub number: String,
}

/// An earlier release of the same records by suppression, with other tables.
pub(in crate::pipeline) struct Earlier {
    /// Its tables, each with a description of its cells.
    pub tables: BTreeMap<String, String>,
}

impl Books {
    /// Opens the ledgers of stores, each with its folder and its files.
    ///
    /// # Errors
    /// A ledger is damaged.
    pub fn open<'a>(
        stores: impl IntoIterator<Item = (&'a Path, Vec<Part>)>,
        reason: Option<&str>,
        purpose: Purpose,
    ) -> Result<Self> {
        let (reason, report) = (reason.map(str::to_owned), LedgerReport::default());
        let mut out = Self { books: Vec::new(), reason, purpose, report };
        for (root, parts) in stores {
            let path = root.join(LEDGER);
            let found = Ledger::read(&path)?;
            if purpose == Purpose::Publication && found.is_none() && files::exists(&files::current(&root.join(RUN))) {
                out.report.begun.push(files::shown(&path));
            }
            let before = found.as_ref().map(|(ledger, _)| ledger.clone());
            let (next, digest) = match found {
                Some((ledger, digest)) => (ledger, Some(digest)),
                None => {
                    let digests: Result<Vec<String>> = parts.iter().map(Part::digest).collect();
                    (Ledger::new(files::digest_of(digests?.concat().as_bytes())), None)
                }
            };
            out.books.push(Book { path, root: root.to_path_buf(), parts, digest, before, next });
        }
        Ok(out)
    }

    /// Returns what the ledgers have to say.
    pub fn report(&self) -> &LedgerReport {
        &self.report
    }

    /// Returns the fields over which the units of a release are, in ascending order: those of units that were rounded before, so that
    /// their counts are kept. For a first release, those that the policy names.
    ///
    /// # Errors
    /// The tables count other fields, or the files hold others, and no reason was given.
    pub fn fields(&mut self, request: &LedgerRequest<'_>) -> Result<Vec<usize>> {
        let record = request.record;
        let countable = countable(record, request.parts);
        let places = ["area", "time"].into_iter().filter_map(|role| record.role(role));
        let counted = indicators::fields(record, request.tables)?.into_iter().chain(places);
        let mut counted: Vec<usize> = counted.filter(|field| countable.contains(field)).collect();
        counted.sort_unstable();
        counted.dedup();
        let rounded = self.books.iter().filter(|book| book.next.areas.iter().any(|entry| entry.rounded.is_some()));
        let mut known: Option<Vec<usize>> = None;
        for book in rounded {
            let is_of = |field: &usize| book.next.fields.contains(&record.fields[*field].id);
            let fields: Vec<usize> = countable.iter().copied().filter(is_of).collect();
            let is_kept = fields.len() == book.next.fields.len()
                && counted.iter().all(|field| fields.contains(field))
                && known.as_ref().is_none_or(|known| *known == fields);
            if !is_kept {
                if self.reason.is_none() {
                    let missing = counted.iter().find(|field| !fields.contains(field));
                    return Err(other_fields(book, missing.map(|&field| record.fields[field].id.as_str())));
                }
                self.overridden(&BTreeSet::from(["ledger/fields"]));
                known = None;
                break;
            }
            known = Some(fields);
        }
        Ok(known.unwrap_or(match request.policy.units {
            UnitFields::All => countable,
            UnitFields::Tables => counted,
        }))
    }

    /// Decides which units are drawn and which keep their counts.
    ///
    /// # Errors
    /// The records were published by another method or key, and no reason was given.
    pub fn plan<'a>(
        &mut self,
        request: &LedgerRequest<'_>,
        units: Units,
        key: &'a RoundingKey,
    ) -> Result<UnitDraw<'a>> {
        let record = request.record;
        let indices: Vec<usize> = (0..units.columns()).map(|column| units.field(column)).collect();
        let fields: Vec<String> = units.headings().into_iter().map(str::to_owned).collect();
        let prints = prints(request.parts, record, &indices, &key.prints())?;
        let places = by_place(&units, record);
        let present = Present { units: &units, places, prints, fields: &fields };
        let plan = DrawPlan::new(&self.books, &present, (request.policy, key), self.reason.as_deref())?;
        let (kept, drawn_for) = (plan.units(record, &indices)?, plan.drawn_for(record, &present)?);
        let Present { places, prints, .. } = present;
        self.overridden(&plan.broken);
        let name = |(area, year): &AreaYearKey| format!("{area} {year}").trim().to_owned();
        self.report.waits = plan.waits.keys().map(name).collect();
        let many = plan.drawn.iter().filter(|(_, number)| **number >= MANY);
        self.report.draws = many.map(|(place, &number)| (name(place), number)).collect();
        let mut drawn = vec![false; units.len()];
        for place in plan.drawn.keys() {
            places[place].iter().for_each(|&unit| drawn[unit] = true);
        }
        let mut units = units;
        units.retain(|unit| drawn[unit]);
        Ok(UnitDraw { key, number: plan.number(), plan, prints, fields, units, kept, drawn_for })
    }

    /// Notes a rounded release. `rounded` are the units that were drawn, with their rounded counts.
    pub fn rounded(&mut self, request: &LedgerRequest<'_>, drawing: &UnitDraw<'_>, rounded: &Rounded) -> Result<()> {
        let (record, policy, truth, key) = (request.record, request.policy, &drawing.units, drawing.key);
        let mut entries: BTreeMap<AreaYearKey, AreaYear> = drawing.plan.kept.clone();
        let kept = rounded.kept();
        let (of_truth, of_rounded) = (by_place(truth, record), by_place(&kept, record));
        for (place, &draws) in &drawing.plan.drawn {
            let print = drawing.prints[place].clone();
            let sealed = key.seal(&PlaceUnits { units: truth, members: &of_truth[place] }, &print);
            let units = of_rounded.get(place).map_or(&[][..], Vec::as_slice);
            let units = units.iter().map(|&unit| (kept.texts(unit).join("\t"), kept.counts()[unit])).collect();
            let (threshold, base) = (policy.threshold, policy.base);
            let choices = Choices { key: key.fingerprint(), threshold, base, draws, sealed, units };
            entries.insert(place.clone(), AreaYear::rounded(place, print, choices));
        }
        let shape = ReleaseShape::new(policy, Some(key), request.regions, request.tables);
        let records = files::digest_of(format!("{:?}", drawing.prints).as_bytes());
        let release = self.release(request, shape, records);
        let is_only = self.books.len() == 1;
        for book in &mut self.books {
            let places = if is_only { drawing.prints.keys().cloned().collect() } else { book.places(record)? };
            let number = book.add(release.clone());
            let listed: BTreeSet<AreaYearKey> = book.next.areas.iter().map(AreaYear::place).collect();
            // An area and year without records any longer is removed.
            book.next.areas.retain(|entry| entries.contains_key(&entry.place()));
            for (place, entry) in entries.iter().filter(|(place, _)| places.contains(place) || listed.contains(place)) {
                let before =
                    book.entry(place).filter(|known| known.print == entry.print && known.rounded == entry.rounded);
                let mut releases = before.map_or(Vec::new(), |known| known.releases.clone());
                if !releases.contains(&number) {
                    releases.push(number);
                }
                book.put(AreaYear { releases, ..entry.clone() });
            }
            book.next.fields.clone_from(&drawing.fields);
        }
        Ok(())
    }

    /// Notes a release by suppression, after a comparison with earlier releases of the same records. `audit` returns true if
    /// the release and an earlier one are safe together.
    ///
    /// # Errors
    /// The records were rounded before, or their exact counts were published in other tables, the two are not safe together, and
    /// no reason was given.
    pub fn suppressed(
        &mut self,
        request: &LedgerRequest<'_>,
        audit: &mut dyn FnMut(&Earlier) -> Result<bool>,
    ) -> Result<()> {
        let fields = countable(request.record, request.parts);
        let shape = ReleaseShape::new(request.policy, None, request.regions, request.tables);
        let program = program();
        let mut broken = BTreeSet::new();
        let mut all = Vec::new();
        for book in &self.books {
            let prints = prints(request.parts, request.record, &fields, &book.salt())?;
            let records = files::digest_of(format!("{prints:?}").as_bytes());
            // A place that is noted already is not a second source.
            let is_repeated = book.next.releases.iter().any(|known| known.shape == shape && known.records == records);
            let mut earlier: BTreeSet<usize> = BTreeSet::new();
            for (place, print) in prints.iter().filter(|_| !is_repeated) {
                let Some(entry) = book.entry(place) else { continue };
                if entry.rounded.is_some() {
                    if self.reason.is_none() {
                        return Err(refused("ledger/method", book, entry, request.policy));
                    }
                    broken.insert("ledger/method");
                } else if entry.print == *print {
                    earlier.extend(&entry.releases);
                }
            }
            for release in earlier.into_iter().map(|at| &book.next.releases[at]).filter(|known| known.shape != shape) {
                let known = release.records == records && release.program == program && release.shape.is_like(&shape);
                if known && audit(&Earlier { tables: release.shape.tables.clone() })? {
                    continue;
                }
                if self.reason.is_none() {
                    return Err(exact_elsewhere(book, release, if known { AUDITED } else { NOT_REPEATABLE }));
                }
                broken.insert("ledger/other-tables");
            }
            all.push((prints, records));
        }
        self.overridden(&broken);
        let releases: Vec<PublishedRelease> =
            all.iter().map(|(_, records)| self.release(request, shape.clone(), records.clone())).collect();
        let is_only = self.books.len() == 1;
        for ((book, (prints, _)), release) in self.books.iter_mut().zip(all).zip(releases) {
            let places = if is_only { prints.keys().cloned().collect() } else { book.places(request.record)? };
            let number = book.add(release);
            for (place, print) in prints.into_iter().filter(|(place, _)| places.contains(place)) {
                let mut entry = match book.entry(&place) {
                    // Choices of rounding stay: the same records may be rounded again.
                    Some(known) if known.rounded.is_some() || known.print == print => known.clone(),
                    _ => {
                        let (area, year) = place;
                        AreaYear { area, year, print, releases: Vec::new(), rounded: None }
                    }
                };
                if !entry.releases.contains(&number) {
                    entry.releases.push(number);
                }
                book.put(entry);
            }
        }
        Ok(())
    }

    fn overridden(&mut self, broken: &BTreeSet<&'static str>) {
        let Some(reason) = self.reason.as_ref().filter(|_| !broken.is_empty()) else { return };
        let before = self.report.overridden.iter().flat_map(|known| known.rules.clone());
        let rules: BTreeSet<String> = before.chain(broken.iter().map(|rule| (*rule).to_owned())).collect();
        self.report.overridden = Some(Overridden { rules: rules.into_iter().collect(), reason: reason.clone() });
    }

    fn release(&self, request: &LedgerRequest<'_>, shape: ReleaseShape, records: String) -> PublishedRelease {
        PublishedRelease {
            release: request.release.to_owned(),
            program: program(),
            records,
            shape,
            overridden: self.report.overridden.clone(),
        }
    }

    /// Writes the ledger of the one store into a stage that takes the place of its folder. A draft leaves it as it was.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_into(&self, stage: &Stage) -> Result<()> {
        let ledger = |book: &'_ Book| match self.purpose {
            Purpose::Draft => book.before.clone(),
            Purpose::Publication => Some(book.next.clone()),
        };
        self.books.iter().filter_map(ledger).try_for_each(|ledger| stage.write(LEDGER, &ledger.bytes()))
    }

    /// Puts the ledgers into their places, before the release is put into its own: a release that is not there after a crash
    /// counts as published. A draft does not.
    ///
    /// # Errors
    /// Another run has changed a ledger or is writing the store, or it cannot be written.
    pub fn commit(&self) -> Result<()> {
        for book in self.books.iter().filter(|_| self.purpose == Purpose::Publication) {
            let bytes = book.next.bytes();
            if book.digest.as_ref() == Some(&files::digest_of(&bytes)) {
                continue;
            }
            let stage = Stage::next_to_current(&book.root)?;
            if Ledger::read(&book.path)?.map(|(_, digest)| digest) != book.digest {
                return Err(changed(&book.path));
            }
            let output =
                files::FileOutput { path: &book.path, readers: Readers::Owner, previous: files::Previous::Replaced };
            output.write(&stage, |out| {
                out.write_all(&bytes).map_err(|cause| files::failure("write the ledger", &book.path, cause))
            })?;
        }
        Ok(())
    }
}

/// Draws of an area and year from which on a warning is given.
const MANY: u32 = 3;

/// Returns the units of each area and year.
fn by_place(units: &Units, record: &Record) -> BTreeMap<AreaYearKey, Vec<usize>> {
    let columns = ["area", "time"].map(|role| record.role(role).and_then(|field| units.position(field)));
    let mut places: BTreeMap<AreaYearKey, Vec<usize>> = BTreeMap::new();
    for unit in 0..units.len() {
        let codes = units.texts(unit);
        let [area, year] = columns.map(|column| column.map_or(String::new(), |at| codes[at].to_owned()));
        places.entry((area, year)).or_default().push(unit);
    }
    places
}

/// Returns the refusal to draw records anew, because their units have other fields.
fn other_fields(book: &Book, missing: Option<&str>) -> Error {
    let fields = book.next.fields.join(", ");
    let error = match missing {
        Some(field) => {
            Error::refused("ledger/fields", "the records were rounded without a field that the tables count")
                .with("field", field.to_owned())
        }
        None => Error::refused("ledger/fields", "the records were rounded over fields that some files do not hold"),
    };
    error
        .at(files::shown(&book.path))
        .with("rounded over", fields)
        .hint("leave these tables or files out")
        .hint("where you must, give a reason, which the manifest names, and all is drawn anew: the same command with `--override REASON`")
}

/// Why an earlier release and a new one are refused although they could be compared.
const AUDITED: &str = "the two releases together show counts that each of them suppresses";

/// Why an earlier release and a new one could not be compared.
const NOT_REPEATABLE: &str =
    "the earlier release cannot be repeated, because its records, policy or program were others";

fn exact_elsewhere(book: &Book, release: &PublishedRelease, found: &str) -> Error {
    let what = "exact counts of the same records were published in other tables before";
    Error::refused("ledger/other-tables", what)
        .at(files::shown(&book.path))
        .with("before", format!("the release `{}`", release.release))
        .with("found", found.to_owned())
        .hint("make one release with all tables, and withdraw the earlier one")
        .hint("if the earlier one was a draft that was never shown, state it: the same command with `--override \"the draft was never shown\"`, or use a new folder")
        .hint("for the next drafts set `draft = true` under `[release]` of the run file: the ledger does not count them")
        .hint("or round: `tipstat key new KEY`, and a policy with `method = \"round\"` from the first release on")
        .hint("where you must, give a reason, which the manifest names: the same command with `--override REASON`")
}
