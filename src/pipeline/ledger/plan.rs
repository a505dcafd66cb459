//! Which areas and years keep their rounded counts, which are drawn anew, and which wait.

use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use super::file::{AreaYear, Choices, damaged};
use crate::aggregate::{AreaYearKey, Units};
use crate::error::{Error, Result};
use crate::files;
use crate::protect::{PlaceUnits, Policy, RoundingKey, Unsealed};
use crate::schema::Record;

/// What happens to each area and year.
pub(super) struct DrawPlan {
    /// Those that keep their rounded counts.
    pub kept: BTreeMap<AreaYearKey, AreaYear>,
    /// Those that are drawn, each with the number of its draw.
    pub drawn: BTreeMap<AreaYearKey, u32>,
    /// Of those that keep their counts, the ones whose records changed, with the records for which these were drawn.
    pub waits: BTreeMap<AreaYearKey, Unsealed>,
    /// Rules that this breaks.
    pub broken: BTreeSet<&'static str>,
}

/// What the plan is made from.
pub(super) struct Present<'a> {
    pub units: &'a Units,
    /// The units of each area and year.
    pub places: BTreeMap<AreaYearKey, Vec<usize>>,
    /// Their fingerprints.
    pub prints: BTreeMap<AreaYearKey, String>,
    /// The fields of the units.
    pub fields: &'a [String],
}

impl DrawPlan {
    /// Decides by what the ledgers say.
    ///
    /// # Errors
    /// The records were published by another method or key, and no reason is given; or a ledger was sealed by another key.
    pub fn new(
        books: &[Book],
        present: &Present<'_>,
        by: (&Policy, &RoundingKey),
        reason: Option<&str>,
    ) -> Result<Self> {
        let (policy, key) = by;
        let id = key.fingerprint();
        let mut plan =
            Self { kept: BTreeMap::new(), drawn: BTreeMap::new(), waits: BTreeMap::new(), broken: BTreeSet::new() };
        let listed = books.iter().flat_map(|book| book.next.areas.iter().map(AreaYear::place));
        let places: BTreeSet<AreaYearKey> = listed.chain(present.places.keys().cloned()).collect();
        for place in places {
            let units = present.places.get(&place).map_or(&[][..], Vec::as_slice);
            let entries: Vec<(&Book, &AreaYear)> =
                books.iter().filter_map(|book| Some((book, book.entry(&place)?))).collect();
            let mut broken = false;
            for (book, entry) in &entries {
                let rule = match &entry.rounded {
                    None => "ledger/method",
                    Some(choices) if choices.key != id => "ledger/key",
                    Some(choices) if (choices.threshold, choices.base) != (policy.threshold, policy.base) => {
                        "ledger/method"
                    }
                    Some(_) => continue,
                };
                if reason.is_none() {
                    return Err(refused(rule, book, entry, policy));
                }
                plan.broken.insert(rule);
                broken = true;
            }
            let draws = |entry: &AreaYear| entry.rounded.as_ref().map_or(0, |choices| choices.draws);
            let last = entries.iter().max_by_key(|(_, entry)| draws(entry));
            let number = last.map_or(1, |(_, entry)| draws(entry) + 1);
            let same = entries.iter().find(|(_, entry)| Some(&entry.print) == present.prints.get(&place));
            let fields_differ = entries.iter().any(|(book, _)| book.next.fields != present.fields);
            match (same, last) {
                _ if broken || fields_differ => plan.draw(place, units, number),
                (Some((_, entry)), _) => drop(plan.kept.insert(place, (*entry).clone())),
                (None, None) => plan.draw(place, units, 1),
                (None, Some((book, entry))) => {
                    let choices = entry.rounded.as_ref().expect("others are broken");
                    let before = key.unseal(&choices.sealed, &entry.print).ok_or_else(|| damaged(&book.path))?;
                    let came = before.came(&PlaceUnits { units: present.units, members: units });
                    if came.is_at_least(policy.threshold) {
                        plan.draw(place, units, number);
                    } else {
                        plan.waits.insert(place.clone(), before);
                        plan.kept.insert(place, (*entry).clone());
                    }
                }
            }
        }
        Ok(plan)
    }

    /// Draws an area and year; one whose records all went has nothing to draw.
    fn draw(&mut self, place: AreaYearKey, units: &[usize], number: u32) {
        if !units.is_empty() {
            self.drawn.insert(place, number);
        }
    }

    /// Returns the units that keep their rounded counts.
    ///
    /// # Errors
    /// A unit has a code that its list does not have.
    pub fn units(&self, record: &Record, fields: &[usize]) -> Result<Units> {
        let choices = self.kept.values().filter_map(|entry| entry.rounded.as_ref()).flat_map(|choices| &choices.units);
        listed(record, fields, choices.map(|(codes, count)| (codes.as_str(), *count)))
    }

    /// Returns the true counts for which all rounded ones were drawn: those of waiting areas and years are of earlier records.
    /// Nothing where none waits.
    ///
    /// # Errors
    /// A unit has a code that its list does not have.
    pub fn drawn_for(&self, record: &Record, present: &Present<'_>) -> Result<Option<Units>> {
        if self.waits.is_empty() {
            return Ok(None);
        }
        let mut units = present.units.clone();
        let fields: Vec<usize> = (0..units.columns()).map(|column| units.field(column)).collect();
        let changed = self.waits.keys().filter_map(|place| present.places.get(place)).flatten();
        let changed: BTreeSet<usize> = changed.copied().collect();
        units.retain(|unit| !changed.contains(&unit));
        units.append(&listed(record, &fields, self.waits.values().flat_map(Unsealed::rows))?);
        Ok(Some(units))
    }

    /// Returns a text that is another one for each draw of each area and year.
    pub fn number(&self) -> String {
        self.drawn.iter().map(|((area, year), number)| format!("{area} {year} {number}\n")).collect()
    }
}

/// Makes units of their codes, separated by tabs, and their counts.
fn listed<'a>(record: &Record, fields: &[usize], rows: impl Iterator<Item = (&'a str, u64)>) -> Result<Units> {
    let rows: Vec<(Vec<&str>, u64)> = rows.map(|(codes, count)| (codes.split('\t').collect(), count)).collect();
    Units::of(record, fields, &rows).map_err(|error| {
        error.hint("the code lists changed since: use the schemas with which the records were rounded")
    })
}

impl AreaYear {
    pub fn place(&self) -> AreaYearKey {
        (self.area.clone(), self.year.clone())
    }

    /// Returns the entry of an area and year that was rounded.
    pub fn rounded(place: &AreaYearKey, print: String, choices: Choices) -> Self {
        Self { area: place.0.clone(), year: place.1.clone(), print, releases: Vec::new(), rounded: Some(choices) }
    }
}

/// Returns the refusal to publish records by another method or key.
pub(super) fn refused(rule: &'static str, book: &Book, entry: &AreaYear, policy: &Policy) -> Error {
    let was = entry.rounded.as_ref();
    let what = match rule {
        "ledger/key" => "these records were rounded by another key before",
        _ => "these records were published by another method before",
    };
    let release = entry.releases.last().map(|&at| book.next.releases[at].release.as_str()).unwrap_or_default();
    let before = match was {
        None => "suppressed, with exact counts".to_owned(),
        Some(choices) => {
            format!("rounded to {} from the threshold {} on, key {}", choices.base, choices.threshold, choices.key)
        }
    };
    let error = Error::refused(rule, what)
        .at(files::shown(&book.path))
        .with("before", format!("{before}, in the release `{release}`"))
        .with("now", format!("the policy `{}`", policy.id))
        .with("first", format!("{} {}", entry.area, entry.year));
    let error = match (rule, was) {
        ("ledger/key", _) => error.hint("pass the key with which they were rounded: `--rounding-key-file FILE`"),
        (_, None) => error.hint("use a policy that suppresses, as before: `tipstat policy list`"),
        (_, Some(_)) => error.hint("use the policy with which they were rounded: `tipstat policy list`"),
    };
    error.hint("where you must, give a reason, which the manifest names: the same command with `--override REASON`")
}
