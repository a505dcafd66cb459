//! Units with rounded counts, and how they are made.

use std::collections::BTreeMap;
use std::io::Write;

use super::candidates::{self, CandidateRule};
use super::coarse::Coarse;
use super::incidence::{CellNumbering, DistinctCells};
use super::problem::{self, Groups, Problem, Range};
use super::search::{Phase, RoundingSearch};
use super::start::Start;
use super::stream::{Stream, StreamPurpose};
use crate::aggregate::{Breakdown, Units};
use crate::confidential::confidential;
use crate::control::Control;
use crate::error::Result;
use crate::protect::Policy;
use crate::schema::Record;

/// The key of all choices. Who has it can repeat them, so it is as confidential as the records.
#[derive(Clone)]
pub struct RoundingKey(pub(super) [u8; 32]);

impl RoundingKey {
    /// Makes the key of these bytes.
    pub fn derive(secret: &[u8]) -> Self {
        Self(blake3::derive_key("tipstat 2026-11 rounding of published counts", secret))
    }

    /// Returns a number that differs between keys, and from which no key is found.
    pub fn fingerprint(&self) -> String {
        blake3::keyed_hash(&self.0, b"tipstat: the fingerprint of a key of rounding").to_hex()[..16].to_owned()
    }
}

confidential!(RoundingKey, Rounded);

/// Units with their rounded counts, candidates included.
pub struct Rounded {
    pub(super) units: Units,
    pub(super) counts: Vec<u64>,
}

impl Rounded {
    /// Returns whether all counts are 0.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// Returns the units with their rounded counts; those of 0 are left out.
    pub fn kept(&self) -> Units {
        let mut units = self.units.clone();
        units.set_counts(&self.counts);
        units.retain(|unit| self.counts[unit] > 0);
        units
    }

    /// Adds units that were rounded before.
    pub fn extend(&mut self, before: &Units) {
        self.units.append(before);
        self.counts.extend(before.counts());
    }

    /// Writes the rounded counts as a base, from which tables are counted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, record: &Record, output: impl Write + Send) -> Result<u64> {
        self.units.write(record, &self.counts, output)
    }
}

/// By what units are rounded.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// The dimensions of every table of the release.
    pub tables: &'a [&'a [Breakdown]],
    /// Those of tables that a later release may have. They are sums of the same counts, so these are chosen for them as well.
    pub later: &'a [&'a [Breakdown]],
    /// The base and the threshold.
    pub policy: &'a Policy,
    /// The key of all choices.
    pub key: &'a RoundingKey,
    /// What makes this draw another one than an earlier draw of the same records.
    pub number: &'a str,
    /// The work of the search in percent: 100 for a release. Less gives larger changes and the same protection.
    pub effort: u64,
}

/// Rounds the units over which tables are counted.
///
/// Units have all fields of the tables, and the area and the year.
///
/// # Errors
/// The run was stopped.
pub fn round(mut units: Units, record: &Record, draw: &Draw<'_>, control: &Control) -> Result<Rounded> {
    let (base, threshold) = (draw.policy.base, draw.policy.threshold);
    // Other records get other draws under the same key, so that two editions are not rounded alike where they differ.
    let key = blake3::keyed_hash(&units.digest(&draw.key.0), draw.number.as_bytes());
    let key = key.as_bytes();
    let fixed: Vec<usize> =
        ["area", "time"].into_iter().filter_map(|role| units.position(record.role(role)?)).collect();
    let mut groups = groups(&units, &fixed);
    let mut totals = vec![0; groups.iter().max().map_or(0, |&last| last as usize + 1)];
    groups.iter().zip(units.counts()).for_each(|(&group, count)| totals[group as usize] += count);
    let mut draws = Stream::new(key, StreamPurpose::Totals);
    totals.iter_mut().for_each(|total| *total = problem::total(*total, base, threshold, &mut draws));
    let attributes = attributes(&units, record, &fixed);
    candidates::add(&mut units, &mut groups, &CandidateRule { attributes: &attributes, threshold, key });
    let tables: Vec<&[Breakdown]> = draw.tables.iter().chain(draw.later).copied().collect();
    let mut cells = CellNumbering::new(&tables, &units).merged(&units, key, draw.tables.len());
    let (counts, incidence) = (units.counts().to_vec(), std::mem::take(&mut cells.incidence));
    let ranges = counts.iter().map(|&count| Range::of(count, base, threshold)).collect();
    let mut problem = Problem { counts, groups, totals, incidence, ranges, base };
    let counts = phases(&mut problem, &cells, &DrawSearch { draw, key, control })?;
    problem.check(&counts)?;
    Ok(Rounded { units, counts })
}

/// How a draw is searched for.
struct DrawSearch<'a> {
    draw: &'a Draw<'a>,
    /// The key of this draw.
    key: &'a [u8; 32],
    control: &'a Control,
}

/// Returns the rounded count of each unit.
///
/// Sums of units that the requested tables count alike come first. Then units get values within these sums that are best for tables
/// of a later release, and last all are moved a little.
fn phases(problem: &mut Problem, cells: &DistinctCells, search: &DrawSearch<'_>) -> Result<Vec<u64>> {
    let DrawSearch { draw, key, control } = *search;
    let coarse = Coarse::new(problem, cells, draw.policy.threshold, key);
    let (problem, effort) = (&*problem, draw.effort);
    let all = RoundingSearch { problem, groups: &problem.groups, weights: &cells.weights, key, effort, control };
    let Some(Coarse { problem: sums, members, sum_of }) = coarse else {
        let start = Start::new(problem, &Groups::new(&problem.groups), &problem.totals, key);
        return Ok(all.values(start, &Phase::FULL)?.values);
    };
    let keys = ["sums", "within"].map(|purpose| *blake3::keyed_hash(key, purpose.as_bytes()).as_bytes());
    let start = Start::new(&sums, &Groups::new(&sums.groups), &sums.totals, &keys[0]);
    let search =
        RoundingSearch { problem: &sums, groups: &sums.groups, weights: &cells.requested, key: &keys[0], ..all };
    let counts = search.values(start, &Phase::SUMS)?.values;
    sums.check(&counts)?;
    let start = Start::new(problem, &members, &counts, key);
    let within = RoundingSearch { groups: &sum_of, weights: &cells.plain, key: &keys[1], ..all };
    Ok(all.values(within.values(start, &Phase::WITHIN)?, &Phase::NEAR)?.values)
}

/// Numbers the groups of units: those that are alike in the fixed columns.
fn groups(units: &Units, fixed: &[usize]) -> Vec<u32> {
    let mut numbers: BTreeMap<Vec<u16>, u32> = BTreeMap::new();
    let group = |unit| {
        let places = units.places(unit);
        let new = numbers.len() as u32;
        *numbers.entry(fixed.iter().map(|&column| places[column]).collect()).or_insert(new)
    };
    (0..units.len()).map(group).collect()
}

/// Returns the columns of attributes of persons. Columns that follow from each other are together.
fn attributes(units: &Units, record: &Record, fixed: &[usize]) -> Vec<Vec<usize>> {
    let mut attributes: Vec<Vec<usize>> = Vec::new();
    let varies = |column: &usize| units.values(*column).len() > 1;
    for column in (0..units.columns()).filter(|column| !fixed.contains(column)).filter(varies) {
        let source = record.derived.iter().find(|(field, _)| *field == units.field(column));
        let source = source.and_then(|(_, rule)| units.position(rule.from));
        match source.and_then(|source| attributes.iter_mut().find(|together| together.contains(&source))) {
            Some(together) => together.push(column),
            None => attributes.push(vec![column]),
        }
    }
    attributes
}
