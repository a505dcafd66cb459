//! Rounding over one cube: all tables of a release become sums of the same rounded counts.
//!
//! A *unit* is a distinct combination of the codes that any table of the release reads. Each unit gets a new count: a small
//! one a multiple of the base, a larger one a number that is less than the base away. Totals of areas and years stay exact
//! from the threshold on. Every printed table is then the true table of a possible population. So every relation among the
//! tables, known to us or not, holds for the printed counts, and none reveals more than the rounded units do.
//!
//! A keyed search chooses the counts that change the published cells least.

mod candidates;
mod incidence;
mod problem;
mod publish;
mod search;
mod start;
mod stream;

use std::collections::BTreeMap;
use std::io::Write;

use incidence::{Layout, Merged};
use problem::Problem;
pub use publish::publish_rounded;
use search::search;
use stream::{Purpose, Stream};

use super::Policy;
use crate::aggregate::{Breakdown, Units};
use crate::confidential::confidential;
use crate::control::Control;
use crate::error::Result;
use crate::schema::Record;

/// The key of all choices. Who has it can repeat them, so it is as confidential as the records.
#[derive(Clone)]
pub struct RoundingKey([u8; 32]);

impl RoundingKey {
    /// Makes the key of these bytes.
    pub fn derive(secret: &[u8]) -> Self {
        Self(blake3::derive_key("tipstat 2026-11 rounding of published counts", secret))
    }

    /// Returns a number by which keys are told apart, and from which none is found.
    pub fn fingerprint(&self) -> String {
        blake3::keyed_hash(&self.0, b"tipstat: the fingerprint of a key of rounding").to_hex()[..16].to_owned()
    }
}

confidential!(RoundingKey, Rounded);

/// Units with their rounded counts, candidates included.
pub struct Rounded {
    units: Units,
    counts: Vec<u64>,
}

impl Rounded {
    /// Returns whether all counts are 0.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// Writes the rounded counts as a base, from which tables are counted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, record: &Record, output: impl Write + Send) -> Result<u64> {
        self.units.write(record, &self.counts, output)
    }
}

/// Rounds the units over which tables are counted.
///
/// `effort` is the work of the search in percent: 100 for a release. Less gives larger changes and the same protection.
/// `tables` are the dimensions of every table of the release. Units have all fields of these, and the area and the year.
///
/// # Errors
/// The run was stopped.
pub fn round(
    mut units: Units,
    tables: &[&[Breakdown]],
    record: &Record,
    policy: &Policy,
    key: &RoundingKey,
    effort: u64,
    control: &Control,
) -> Result<Rounded> {
    let (base, threshold) = (policy.base, policy.threshold);
    // Other records get other draws under the same key, so that two editions are not rounded alike where they differ.
    let key = &units.digest(&key.0);
    let fixed: Vec<usize> =
        ["area", "time"].into_iter().filter_map(|role| units.position(record.role(role)?)).collect();
    let mut groups = groups(&units, &fixed);
    let mut totals = vec![0; groups.iter().max().map_or(0, |&last| last as usize + 1)];
    groups.iter().zip(units.counts()).for_each(|(&group, count)| totals[group as usize] += count);
    let mut draws = Stream::new(key, Purpose::Totals);
    totals.iter_mut().for_each(|total| *total = problem::total(*total, base, threshold, &mut draws));
    let attributes = attributes(&units, record, &fixed);
    candidates::add(&mut units, &mut groups, &attributes, threshold, key);
    let Merged { incidence, weights } = Layout::new(tables, &units).merged(&units, key);
    let problem = Problem { counts: units.counts().to_vec(), groups, totals, incidence, base, threshold };
    let counts = search(&problem, &weights, key, effort, control)?;
    problem.check(&counts)?;
    Ok(Rounded { units, counts })
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
    for column in (0..units.columns()).filter(|column| !fixed.contains(column)) {
        let source = record.derived.iter().find(|(field, _)| *field == units.field(column));
        let source = source.and_then(|(_, rule)| units.position(rule.from));
        match source.and_then(|source| attributes.iter_mut().find(|together| together.contains(&source))) {
            Some(together) => together.push(column),
            None => attributes.push(vec![column]),
        }
    }
    attributes
}
