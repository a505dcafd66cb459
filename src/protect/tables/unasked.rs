//! Comparisons of years that rest on a code which an area may not have asked for in one of them.
//!
//! Some codes are asked for by some sources only (`asked_by_some`, such as `_O` of sex). Records do not show whether an area
//! that has no victim of such a code asked for it. Where it has none in one year and some in the other, the change of its
//! region may be nothing but the new question. So the region's comparison is published only if a declaration (`[[coverage]]`
//! with codes) says what the area asked for.
//!
//! # Protection
//! The decision rests on protected counts and on declarations alone: a reader can make it from the release, and `combine` makes
//! it from published figures. So its status `L` reveals nothing, neither a hidden zero nor a small count, and the attacker needs
//! to know nothing of it. Where a count is suppressed and may be zero, it counts as zero and as not zero, whichever refuses the
//! comparison. Its bounds would be those of areas that may not have asked.

use std::collections::{BTreeMap, BTreeSet};

use super::years::ComparedYears;
use crate::aggregate::Breakdown;
use crate::indicators::{Measure, Panels, Reporting, Seen};
use crate::protect::silence::period;

/// An area and a year without a code that the area reports in another year, although nothing says that it asked for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct NotSeen {
    /// The dimension.
    pub dimension: String,
    /// The code.
    pub code: String,
    /// The area.
    pub area: String,
    /// The year.
    pub year: u16,
}

/// What is public of a code, of all persons of an area and a year.
#[derive(Clone, Copy, Debug)]
struct Count {
    lower: u64,
    upper: Option<u64>,
    is_declared: bool,
}

impl Count {
    /// That of an area which reports the code in crosses only, such as the convicted, and never of all persons.
    const UNKNOWN: Self = Self { lower: 0, upper: None, is_declared: false };
}

/// The codes of a table that only some sources ask for.
pub(super) struct SomeCodes<'a> {
    dimensions: &'a [Breakdown],
    years: ComparedYears<'a>,
    /// Dimension and node.
    codes: BTreeSet<(usize, u16)>,
    /// By area, node of the time, dimension and node. What no source reported is not there.
    counts: BTreeMap<(u16, u16, usize, u16), Count>,
}

impl<'a> SomeCodes<'a> {
    /// Reads the counts of these codes in a table of records; nothing where the table has no years or no such code.
    pub fn of(dimensions: &'a [Breakdown], seen: &[Seen], reporting: &Reporting) -> Option<Self> {
        let mut codes = BTreeSet::new();
        for (d, breakdown) in dimensions.iter().enumerate() {
            let some = breakdown
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| reporting.is_asked_by_some(&breakdown.dimension, &node.code));
            codes.extend(some.map(|(node, _)| (d, node as u16)));
        }
        let text = |d: usize, node: u16| dimensions[d].nodes[usize::from(node)].code.as_str();
        let time = period(dimensions)?;
        Self::new(dimensions, seen, codes, &|area, year, d, _| {
            reporting.declares_codes(text(0, area), text(time, year), &dimensions[d].dimension)
        })
    }

    /// Reads the counts of these codes in a table of published figures.
    pub fn of_public(
        dimensions: &'a [Breakdown],
        seen: &[Seen],
        codes: BTreeSet<(usize, u16)>,
        stated: &BTreeSet<(u16, u16, usize, u16)>,
    ) -> Option<Self> {
        Self::new(dimensions, seen, codes, &|area, year, d, node| stated.contains(&(area, year, d, node)))
    }

    /// Reads the counts of `codes`. `declares` returns for an area, a node of the time, a dimension and its node whether the area
    /// is known to have asked.
    fn new(
        dimensions: &'a [Breakdown],
        seen: &[Seen],
        mut codes: BTreeSet<(usize, u16)>,
        declares: &dyn Fn(u16, u16, usize, u16) -> bool,
    ) -> Option<Self> {
        let years = ComparedYears::of(dimensions)?;
        codes.retain(|(d, _)| *d > 0 && *d != years.time && dimensions[*d].nodes.len() > 1);
        if codes.is_empty() {
            return None;
        }
        let mut counts = BTreeMap::new();
        for cell in seen.iter().filter(|cell| cell.present) {
            let mut parts = years.parts(&cell.nodes);
            let Some(d) = parts.next() else { continue };
            if parts.next().is_some() || !codes.contains(&(d, cell.nodes[d])) {
                continue;
            }
            let time = cell.nodes[years.time];
            let is_declared = declares(cell.nodes[0], time, d, cell.nodes[d]);
            let count = Count { lower: cell.shown.lower.unwrap_or(0), upper: cell.shown.upper, is_declared };
            counts.insert((cell.nodes[0], time, d, cell.nodes[d]), count);
        }
        Some(Self { dimensions, years, codes, counts })
    }

    /// Returns the areas and years that leave open whether a comparison of a region is one, and adds nothing where it is.
    ///
    /// # Definition
    /// An area of the panel has none of the code in one of the compared years, does not declare its codes there, and has some
    /// in the other year. An area that has none in both years changes no comparison. A suppressed count that may be zero is both,
    /// and so is a count that the area does not report.
    pub fn open(&self, measure: &Measure, nodes: &[u16], panels: &Panels) -> Vec<NotSeen> {
        let time = nodes[self.years.time];
        let Some(other) = self.years.other(measure, nodes) else { return Vec::new() };
        let Some(panel) = panels.of(nodes) else { return Vec::new() };
        let mut out = Vec::new();
        for &(d, node) in self.codes.iter().filter(|(d, node)| nodes[*d] == *node) {
            for &area in panel {
                let count = |time: u16| self.counts.get(&(area, time, d, node)).copied().unwrap_or(Count::UNKNOWN);
                let (one, two) = (count(time), count(other));
                for (zero, some, at) in [(one, two, time), (two, one, other)] {
                    if zero.lower == 0 && some.upper != Some(0) && !zero.is_declared {
                        out.push(NotSeen {
                            dimension: self.dimensions[d].dimension.clone(),
                            code: self.dimensions[d].nodes[usize::from(node)].code.clone(),
                            area: self.dimensions[0].nodes[usize::from(area)].code.clone(),
                            year: self.years.year(at).unwrap_or_default(),
                        });
                    }
                }
            }
        }
        out
    }
}
