//! Units that no record has and that one could have, so that a printed combination does not prove that it exists.

use std::collections::HashSet;

use super::problem::Groups;
use super::stream::{Purpose, Stream};
use crate::aggregate::Units;

/// Adds candidates: small units of a group with one or two attributes of another unit of it.
///
/// `groups` are the groups of the units and get those of the candidates. `attributes` are columns that change together.
pub(super) fn add(units: &mut Units, groups: &mut Vec<u32>, attributes: &[Vec<usize>], threshold: u64, key: &[u8; 32]) {
    if attributes.is_empty() {
        return;
    }
    let mut draws = Stream::new(key, Purpose::Candidates);
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
