//! Which countries report a part and not the whole that contains it, or a smaller one.
//!
//! A region adds up a part over the countries that report it, and the whole over those that report the whole. Where these are
//! not the same, the part may be above the whole.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Basis, KnownCells, KnownValue};
use super::report::NotAdditive;
use crate::aggregate::{Breakdown, NodeKind};

/// The cells of countries, and which others contain each of them.
pub(super) struct Wholes<'a> {
    cells: &'a KnownCells,
    above: NodesAbove,
    /// The cells that some country reports, each as one of the first area.
    reported: BTreeSet<Vec<u16>>,
}

/// For each dimension and node, the nodes that contain it. Areas and years have none.
pub(super) struct NodesAbove(Vec<Vec<Vec<u16>>>);

impl NodesAbove {
    pub fn new(dimensions: &[Breakdown], time: Option<usize>) -> Self {
        let above = dimensions.iter().enumerate().map(|(d, breakdown)| {
            let mut above: Vec<Vec<u16>> = vec![Vec::new(); breakdown.nodes.len()];
            if d == 0 || Some(d) == time {
                return above;
            }
            // Families are listed children first, so parents come from the last one down.
            for family in breakdown.families.iter().rev() {
                let mut path = above[usize::from(family.parent)].clone();
                path.push(family.parent);
                for &child in &family.children {
                    above[usize::from(child)].clone_from(&path);
                }
            }
            above
        });
        Self(above.collect())
    }

    /// Returns the cells that contain a cell.
    pub fn of(&self, nodes: &[u16]) -> Vec<Vec<u16>> {
        let mut all = vec![nodes.to_vec()];
        for (d, above) in self.0.iter().enumerate() {
            let wider = &above[usize::from(nodes[d])];
            let narrow = all.len();
            for at in 0..narrow {
                for &node in wider {
                    let mut whole = all[at].clone();
                    whole[d] = node;
                    all.push(whole);
                }
            }
        }
        all.split_off(1)
    }
}

/// A part of a country that is above a whole of it.
pub(super) struct Exceeding {
    pub part: Vec<u16>,
    whole: Vec<u16>,
    known: [KnownValue; 2],
}

impl<'a> Wholes<'a> {
    pub fn new(cells: &'a KnownCells, dimensions: &[Breakdown], time: Option<usize>) -> Self {
        let numbers = cells.iter().filter(|(_, known)| known.basis.is_number());
        let reported = numbers.map(|(nodes, _)| of_area(nodes, 0)).collect();
        Self { cells, above: NodesAbove::new(dimensions, time), reported }
    }

    fn numbers(&self) -> impl Iterator<Item = (&'a Vec<u16>, &'a KnownValue)> {
        self.cells.iter().filter(|(_, known)| known.basis.is_number())
    }

    /// Returns the parts of countries that do not report one of the wholes that other countries report.
    pub fn without(&self) -> BTreeSet<Vec<u16>> {
        let lacks = |whole: &Vec<u16>| {
            self.reported.contains(&of_area(whole, 0))
                && !self.cells.get(whole).is_some_and(|known| known.basis.is_number())
        };
        let parts = self.numbers().filter(|(nodes, _)| self.above.of(nodes).iter().any(lacks));
        parts.map(|(nodes, _)| nodes.clone()).collect()
    }

    /// Returns the parts of countries that are above one of their wholes, whatever the masked figures are.
    pub fn exceeding(&self) -> Vec<Exceeding> {
        let mut out = Vec::new();
        for (part, known) in self.numbers() {
            for whole in self.above.of(part) {
                let Some(of_whole) = self.cells.get(&whole).filter(|cell| cell.basis.is_number()) else { continue };
                if of_whole.value.upper.is_some_and(|upper| known.value.lower > upper) {
                    out.push(Exceeding { part: part.clone(), whole, known: [*known, *of_whole] });
                }
            }
        }
        out
    }
}

impl Exceeding {
    /// Returns the row that names it, where both numbers are shown.
    pub fn row(&self, record: &str, dimensions: &[Breakdown], time: Option<usize>) -> Option<NotAdditive> {
        if self.known.iter().any(|known| known.basis != Basis::Reported) {
            return None;
        }
        let code = |d: usize, node: u16| dimensions[d].nodes[usize::from(node)].code.clone();
        let differs = |d: &usize| self.part[*d] != self.whole[*d];
        let part: Vec<(String, String)> = (0..self.part.len())
            .filter(differs)
            .map(|d| (dimensions[d].dimension.clone(), code(d, self.part[d])))
            .collect();
        let names: Vec<&str> = part.iter().map(|(dimension, _)| dimension.as_str()).collect();
        let others = (1..self.whole.len())
            .filter(|d| Some(*d) != time)
            .filter(|&d| dimensions[d].nodes[usize::from(self.whole[d])].kind != NodeKind::Total);
        let mut at: Vec<(String, String)> =
            others.map(|d| (dimensions[d].dimension.clone(), code(d, self.whole[d]))).collect();
        at.sort();
        let [parts, total] = self.known.map(|known| known.value);
        Some(NotAdditive {
            record: record.to_owned(),
            area: code(0, self.part[0]),
            year: time.and_then(|at| code(at, self.part[at]).parse().ok()),
            at,
            dimension: names.join("+"),
            part,
            total,
            parts,
        })
    }
}

/// Returns the same cell of another area.
fn of_area(nodes: &[u16], area: u16) -> Vec<u16> {
    let mut out = nodes.to_vec();
    out[0] = area;
    out
}

/// Leaves out what is listed already: several tables show the same cells.
pub(crate) fn unlisted(listed: &[NotAdditive], more: Vec<NotAdditive>) -> Vec<NotAdditive> {
    type ListedCell = (String, String, Option<u16>, Vec<(String, String)>, String);
    let key = |row: &NotAdditive| -> ListedCell {
        (row.record.clone(), row.area.clone(), row.year, row.at.clone(), row.dimension.clone())
    };
    let known: BTreeSet<ListedCell> = listed.iter().map(key).collect();
    let mut new: BTreeMap<ListedCell, NotAdditive> = BTreeMap::new();
    for row in more {
        let key = key(&row);
        if known.contains(&key) {
            continue;
        }
        // Of several parts of one total the largest is listed.
        match new.get(&key) {
            Some(listed) if listed.parts.lower > row.parts.lower => {}
            _ => drop(new.insert(key, row)),
        }
    }
    new.into_values().collect()
}
