//! Comparisons of years in which not the same part of the persons comes from sources that collect a dimension.
//!
//! Where one of two sources of an area has no column of forms, its persons are `_X` of the form. If it reports in one of two
//! years only, the change of each form is that of the sources. Such a comparison keeps its value and has the status of a break.
//!
//! # Protection
//! The decision rests on published counts alone, so that it reveals nothing.

use std::collections::BTreeMap;

use super::years::ComparedYears;
use crate::aggregate::{Breakdown, NodeKind};
use crate::indicators::{Measure, Seen, Shown};
use crate::model::Missing;

/// Two years are compared as they are where the parts of the persons whose source does not collect the dimension differ by at
/// most this much.
const TOLERANCE: f64 = 0.05;

/// An area, a node of the time, and a dimension.
type DimensionPlace = (u16, u16, usize);

/// How many persons of each area and year are of sources that do not collect a dimension.
pub(super) struct CollectedShares<'a> {
    years: ComparedYears<'a>,
    /// By area and node of the time.
    totals: BTreeMap<(u16, u16), Shown<u64>>,
    /// The counts of `_X`.
    not_collected: BTreeMap<DimensionPlace, Shown<u64>>,
}

impl<'a> CollectedShares<'a> {
    /// Reads the counts of a table; nothing where it has no years, or all sources collect all of its dimensions.
    pub fn of(dimensions: &'a [Breakdown], seen: &[Seen]) -> Option<Self> {
        let years = ComparedYears::of(dimensions)?;
        let is_not_collected = |kind: NodeKind| kind == NodeKind::Missing(Missing::NotCollected);
        dimensions.iter().flat_map(|breakdown| &breakdown.nodes).find(|node| is_not_collected(node.kind))?;
        let (mut totals, mut not_collected) = (BTreeMap::new(), BTreeMap::new());
        for cell in seen.iter().filter(|cell| cell.present) {
            let (area, year) = (cell.nodes[0], cell.nodes[years.time]);
            let mut parts = years.parts(&cell.nodes);
            match (parts.next(), parts.next()) {
                (None, _) => drop(totals.insert((area, year), cell.shown)),
                (Some(d), None) if is_not_collected(dimensions[d].nodes[usize::from(cell.nodes[d])].kind) => {
                    not_collected.insert((area, year, d), cell.shown);
                }
                _ => {}
            }
        }
        Some(Self { years, totals, not_collected })
    }

    /// Returns whether a figure of some areas compares years in which the sources of one of them do not collect the same part of a
    /// dimension of the figure. Where a suppressed count leaves that open, they do not.
    pub fn differ(&self, measure: &Measure, nodes: &[u16], areas: &[u16]) -> bool {
        let Some(other) = self.years.other(measure, nodes) else { return false };
        self.years.parts(nodes).any(|d| {
            areas.iter().any(|&area| {
                let shares = [nodes[self.years.time], other].map(|year| self.share((area, year, d)));
                let [Some(one), Some(two)] = shares else { return false };
                (one[1] - two[0]).max(two[1] - one[0]) > TOLERANCE
            })
        })
    }

    /// Returns the least and the greatest share of the persons of an area and a year whose source does not collect a dimension;
    /// none where the area has no person.
    fn share(&self, (area, year, d): DimensionPlace) -> Option<[f64; 2]> {
        let total = self.totals.get(&(area, year))?;
        let not_collected = self.not_collected.get(&(area, year, d));
        let ratio = |part: u64, whole: u64| if whole == 0 { 1.0 } else { (part as f64 / whole as f64).min(1.0) };
        let Some(shown) = not_collected.filter(|shown| shown.upper != Some(0)) else { return Some([0.0, 0.0]) };
        if total.upper == Some(0) {
            return None;
        }
        let lower = total.upper.map_or(0.0, |total| ratio(shown.lower.unwrap_or(0), total));
        let upper = shown.upper.map_or(1.0, |part| ratio(part, total.lower.unwrap_or(0)));
        Some([lower, upper])
    }
}
