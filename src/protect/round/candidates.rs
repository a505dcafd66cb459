//! Units that no record has and that one could have, so that a printed combination does not prove that it exists.

use std::collections::HashSet;

use super::problem::Groups;
use super::stream::{Stream, StreamPurpose};
use crate::aggregate::Units;

/// What candidates differ in, and from which units they are made.
pub(super) struct CandidateRule<'a> {
    /// Columns that change together.
    pub attributes: &'a [Vec<usize>],
    /// Units below it have candidates.
    pub threshold: u64,
    /// The key of all choices.
    pub key: &'a [u8; 32],
}

/// Adds candidates: small units of a group with one or two attributes of another unit of it.
///
/// `groups` are the groups of the units and get those of the candidates.
pub(super) fn add(units: &mut Units, groups: &mut Vec<u32>, rule: &CandidateRule<'_>) {
    let CandidateRule { attributes, threshold, key } = *rule;
    if attributes.is_empty() {
        return;
    }
    let mut draws = Stream::new(key, StreamPurpose::Candidates);
    let mut seen: HashSet<Vec<u16>> = (0..units.len()).map(|unit| units.places(unit)).collect();
    let members = Groups::new(groups);
    for unit in 0..units.len() {
        if units.counts()[unit] >= threshold {
            continue;
        }
        let group = members.units(groups[unit] as usize);
        let donor = units.places(group[draws.below(group.len() as u64) as usize] as usize);
        let mut places = units.places(unit);
        for _ in 0..=draws.below(2) {
            for &column in &attributes[draws.below(attributes.len() as u64) as usize] {
                places[column] = donor[column];
            }
        }
        if seen.insert(places.clone()) {
            units.push(&places);
            groups.push(groups[unit]);
        }
    }
}
