//! What follows from the figures of one country: nodes that no figure reports, from their parts.

use std::collections::BTreeSet;

use super::asking::{Asking, is_unknown, missing_nodes};
use super::known::{Basis, KnownCells, KnownValue};
use crate::aggregate::{Breakdown, Family, FamilyKind, NodeKind};
use crate::model::Interval;

/// One dimension of a table, along which cells follow from each other.
#[derive(Clone, Copy)]
pub(super) struct Along<'a> {
    pub d: usize,
    pub asking: &'a Asking<'a>,
}

/// What the totals leave for a part.
#[derive(Clone, Copy)]
struct LeftOver {
    /// So many persons at most; nothing where no total bounds them.
    upper: Option<u64>,
    others: OtherFigures,
}

/// What figures other than its own say of a part: those of finer codes, of other dimensions, and of other parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OtherFigures {
    Nothing,
    /// Persons may be in the part.
    MayHold,
}

impl<'a> Along<'a> {
    pub fn breakdown(&self) -> &'a Breakdown {
        &self.asking.dimensions[self.d]
    }

    /// Fills in what follows.
    ///
    /// # Definition
    /// Where any part of a family is reported, the others are zero; in a dimension whose parts make up the total only what is
    /// left over is, and only where all proper codes are reported. Of a total of 0 every part is 0. A code that only some sources
    /// ask for (`_O`) is known only where its own cell is reported or the totals determine it: elsewhere it is what they leave.
    /// Others are not zero because such a code is reported. A part with something reported in another dimension or by a
    /// finer code is not zero: it is no fewer than that, and no more than the totals leave. A parent that is not reported is
    /// the sum of its parts, or where a person may be in more than one, between the largest and the sum of them.
    pub fn complete(&self, cells: &mut KnownCells) {
        self.zeros(cells);
        self.missing(cells);
        // Families are listed children first.
        for family in &self.breakdown().families {
            // Totals that follow from their parts are figures already.
            if self.is_total(family.parent) {
                continue;
            }
            let is_member = |node: u16| node == family.parent || family.children.contains(&node);
            let lines =
                cells.keys().filter(|nodes| is_member(nodes[self.d])).map(|nodes| self.at(nodes, family.parent));
            for line in lines.collect::<BTreeSet<_>>() {
                self.fill(cells, family, &line);
                if !cells.contains_key(&line)
                    && let Some(parent) = self.settled_parent(cells, family, &line)
                {
                    cells.insert(line, parent);
                }
            }
        }
        for family in self.breakdown().families.iter().rev() {
            self.below(cells, family);
        }
    }

    /// Returns a line with another node in the dimension.
    fn at(&self, line: &[u16], node: u16) -> Vec<u16> {
        let mut at = line.to_vec();
        at[self.d] = node;
        at
    }

    fn is_total(&self, node: u16) -> bool {
        self.breakdown().nodes[usize::from(node)].kind == NodeKind::Total
    }

    /// Adds the parts of totals that are 0, whether a country asked for them or not.
    fn zeros(&self, cells: &mut KnownCells) {
        let Some(total) = self.asking.totals[self.d] else { return };
        let is_zero = |(nodes, known): &(&Vec<u16>, &KnownValue)| {
            nodes[self.d] == total && known.basis.is_number() && known.value == Interval::exact(0)
        };
        let lines: Vec<_> = cells.iter().filter(is_zero).map(|(nodes, _)| nodes.clone()).collect();
        for line in lines {
            for node in (0..self.breakdown().nodes.len() as u16).filter(|node| *node != total) {
                // A figure that is reported there contradicts the total.
                self.imply_zero(cells, self.at(&line, node));
            }
        }
    }

    /// Adds zeros of the missing codes of figures that were counted: they have a row for each code that any person has. What follows
    /// from a total of 0 is no such figure: of another age the area may have persons.
    fn missing(&self, cells: &mut KnownCells) {
        let known = self.breakdown().nodes.iter().position(|node| node.kind == NodeKind::Known).map(|at| at as u16);
        let is_counted = |(nodes, cell): &(&Vec<u16>, &KnownValue)| {
            Some(nodes[self.d]) == known && cell.basis == Basis::Reported && (self.asking.counted)(nodes)
        };
        let lines: Vec<Vec<u16>> = cells.iter().filter(is_counted).map(|(nodes, _)| nodes.clone()).collect();
        for line in lines {
            for node in missing_nodes(self.breakdown()) {
                self.imply_zero(cells, self.at(&line, node));
            }
        }
    }

    /// Adds a zero to a place in and below which nothing is reported.
    fn imply_zero(&self, cells: &mut KnownCells, at: Vec<u16>) {
        if self.asking.lowers.is_zero(&at) {
            cells.entry(at).or_insert(KnownValue::implied(Interval::exact(0)));
        }
    }

    /// Adds the parts that are zero because others are reported, and those for which the country did not ask. The line is
    /// that of the parent.
    fn fill(&self, cells: &mut KnownCells, family: &Family, line: &[u16]) {
        let asking = self.asking;
        let is_left_over = |node: u16| {
            let node = &self.breakdown().nodes[usize::from(node)];
            node.code.starts_with('_') || matches!(node.kind, NodeKind::Residual(_))
        };
        let part = |&child: &u16| (child, cells.get(&self.at(line, child)).copied());
        let parts: Vec<(u16, Option<KnownValue>)> = family.children.iter().map(part).collect();
        // A part that is 0 because a wider total is says nothing of the others.
        let says = |known: &KnownValue| known.basis != Basis::Implied || known.value != Interval::exact(0);
        let saying = || parts.iter().filter(|(_, known)| known.as_ref().is_some_and(says)).map(|(child, _)| *child);
        let is_whole = || parts.iter().all(|(child, known)| is_left_over(*child) || known.is_some());
        if saying().next().is_none() || (asking.traits[self.d].complete && !is_whole()) {
            return;
        }
        let only_by_some = saying().all(|child| (asking.by_some)(self.d, child));
        // Where only some ages of the others are reported, those of this part may have another age.
        let only_partial = || saying().all(|child| (asking.partial)(&self.at(line, child), self.d));
        let is_open = (asking.open)(line, self.d)
            || self.is_unlisted(cells, family, line)
            || self.lacks_known(cells, family, line)
            || only_partial();
        for &child in &family.children {
            let at = self.at(line, child);
            if cells.contains_key(&at) {
                continue;
            }
            // A masked figure of a finer code, or of a part in another dimension, may be of persons.
            let may_hold = is_open || (asking.open)(&at, self.d) || !asking.lowers.is_zero(&at);
            let others = if may_hold { OtherFigures::MayHold } else { OtherFigures::Nothing };
            let is_zero = (asking.asks)(&at) && !asking.is_by_some(&at) && !may_hold && !only_by_some;
            let known = if is_zero && !self.is_in_wider(cells, &at) {
                KnownValue::implied(Interval::exact(0))
            } else {
                let upper = self.rest(cells, family, &at);
                self.left(cells, &at, LeftOver { upper, others })
            };
            cells.insert(at, known);
        }
    }

    /// Returns what the totals leave for a part that is not reported.
    fn left(&self, cells: &KnownCells, at: &[u16], rest: LeftOver) -> KnownValue {
        let asking = self.asking;
        let (asks, by_some) = ((asking.asks)(at), asking.is_by_some(at));
        let LeftOver { upper, others } = rest;
        let lower = asking.lowers.below(at, upper);
        let basis = match asks {
            true if by_some && lower > 0 => Basis::Reported,
            true if !by_some || upper == Some(0) => Basis::Implied,
            _ => Basis::Unasked,
        };
        let is_never_used = others == OtherFigures::Nothing && (!asks || !by_some);
        match upper {
            // The totals and what is reported below contradict each other.
            Some(upper) if upper < lower => KnownValue { value: Interval::open(), basis: Basis::Unknown },
            // A country that never reports the code is understood to have no person of it, where nothing says that there are more.
            None if is_never_used && !self.has_more(cells, at) => KnownValue { value: Interval::exact(0), basis },
            upper => KnownValue { value: Interval { lower, upper }, basis },
        }
    }

    /// Returns whether a group holds more persons than its reported parts.
    pub fn is_unlisted(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> bool {
        let Some(parent) = cells.get(line).filter(|known| known.basis.is_number()) else { return false };
        let mut parts = family.children.iter().filter_map(|&child| cells.get(&self.at(line, child)));
        let upper = parts.try_fold(0u64, |sum, part| sum.checked_add(part.value.upper?));
        upper.is_some_and(|upper| upper < parent.value.lower)
    }

    /// Returns whether a total less those of whom the dimension is unknown leaves more persons than all reported codes hold.
    fn lacks_known(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> bool {
        let reported = |node: u16| cells.get(&self.at(line, node)).filter(|known| known.basis == Basis::Reported);
        let is_known = self.breakdown().nodes[usize::from(family.parent)].kind == NodeKind::Known;
        let Some(total) = self.asking.totals[self.d].filter(|_| is_known).and_then(reported) else { return false };
        let missing: Vec<&KnownValue> = missing_nodes(self.breakdown()).filter_map(reported).collect();
        let has_unknown =
            missing_nodes(self.breakdown()).any(|node| is_unknown(self.breakdown(), node) && reported(node).is_some());
        let unknown = missing.iter().try_fold(0u64, |sum, part| sum.checked_add(part.value.upper?));
        let listed = self.listed(cells, line, family.parent);
        let both = listed.zip(unknown).and_then(|(listed, unknown)| listed.checked_add(unknown));
        has_unknown && both.is_some_and(|both| both < total.value.lower)
    }

    /// Returns whether there are more persons than the reported parts of the dimension hold, by what is reported in others.
    fn has_more(&self, cells: &KnownCells, line: &[u16]) -> bool {
        let Some(total) = self.asking.totals[self.d] else { return false };
        let upper = self.listed(cells, line, total);
        upper.is_some_and(|upper| self.asking.lowers.may_exceed(&self.at(line, total), upper))
    }

    /// Returns how many persons at most the cells in or below a node list.
    fn listed(&self, cells: &KnownCells, line: &[u16], node: u16) -> Option<u64> {
        if let Some(cell) = cells.get(&self.at(line, node)) {
            return cell.value.upper;
        }
        let families = self.breakdown().families.iter().filter(|family| family.parent == node);
        let parts = families.flat_map(|family| &family.children).collect::<BTreeSet<_>>();
        parts.into_iter().try_fold(0u64, |sum, &part| sum.checked_add(self.listed(cells, line, part)?))
    }

    /// Returns whether persons of a wider group may be here, because nothing says in which of its parts they are: a total of
    /// another dimension is reported and none of its parts is, but codes that only some sources ask for.
    fn is_in_wider(&self, cells: &KnownCells, line: &[u16]) -> bool {
        let is_reported = |at: &[u16]| cells.get(at).is_some_and(|known| known.basis == Basis::Reported);
        self.asking.totals.iter().enumerate().filter(|(e, _)| *e != self.d).any(|(e, total)| {
            let Some(total) = total.filter(|total| *total != line[e]) else { return false };
            let mut at = line.to_vec();
            at[e] = total;
            let has_persons = cells.get(&at).is_some_and(|known| known.value != Interval::exact(0));
            has_persons && is_reported(&at) && {
                let parts = (0..self.asking.dimensions[e].nodes.len() as u16).filter(|node| *node != total);
                !parts.into_iter().filter(|node| !(self.asking.by_some)(e, *node)).any(|node| {
                    at[e] = node;
                    is_reported(&at)
                })
            }
        })
    }

    /// Returns what the parts say of their parent, narrowed to what its totals leave.
    fn settled_parent(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> Option<KnownValue> {
        let mut parent = self.parent(cells, family, line)?;
        if (self.asking.open)(line, self.d) {
            // Persons whose code is not listed may be in any group.
            parent.value.upper = None;
        }
        self.narrow(&mut parent, cells, line);
        let is_unasked = !(self.asking.asks)(line)
            || (parent.value.lower == 0 && !parent.value.is_exact() && self.rests_on_unasked(cells, family, line));
        if parent.basis.is_number() && is_unasked {
            parent.basis = Basis::Unasked;
        }
        Some(parent)
    }

    /// Returns what the parts say of their parent, where all of them are there.
    fn parent(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> Option<KnownValue> {
        let mut sum = Interval::exact(0);
        let mut largest = 0;
        let mut basis = Basis::Implied;
        let (mut unasked, mut others) = (Some(0u64), Some(0u64));
        for &child in &family.children {
            let part = cells.get(&self.at(line, child))?;
            largest = largest.max(part.value.lower);
            sum = sum.checked_add(part.value)?;
            basis = match (basis, part.basis) {
                (Basis::Unknown, _) | (_, Basis::Dropped | Basis::Unknown) => Basis::Unknown,
                (Basis::Reported, _) | (_, Basis::Reported) => Basis::Reported,
                _ => Basis::Implied,
            };
            // What is left over is one number, however many codes share it.
            if part.basis == Basis::Unasked {
                unasked = unasked.zip(part.value.upper).map(|(a, b)| a.max(b));
            } else {
                others = others.zip(part.value.upper).and_then(|(a, b)| a.checked_add(b));
            }
        }
        sum.upper = others.zip(unasked).and_then(|(a, b)| a.checked_add(b));
        if basis == Basis::Unknown {
            return Some(KnownValue { value: Interval::open(), basis });
        }
        if family.kind == FamilyKind::Cover && !self.asking.traits[self.d].exclusive {
            sum.lower = largest;
        }
        Some(KnownValue { value: sum, basis })
    }

    /// Narrows a sum that is not exact to what is reported below it and to its totals.
    fn narrow(&self, parent: &mut KnownValue, cells: &KnownCells, line: &[u16]) {
        if parent.basis == Basis::Unknown || parent.value.is_exact() {
            return;
        }
        let mut value = parent.value;
        for family in self.breakdown().families.iter().filter(|family| family.children.contains(&line[self.d])) {
            value.upper = value.upper.into_iter().chain(self.rest_of_sound(cells, family, line)).min();
        }
        for (e, total) in self.asking.totals.iter().enumerate() {
            let Some(total) = total.filter(|total| *total != line[e]) else { continue };
            let mut wider = line.to_vec();
            wider[e] = total;
            let upper = cells.get(&wider).filter(|known| known.basis.is_number()).and_then(|known| known.value.upper);
            value.upper = value.upper.into_iter().chain(upper).min();
        }
        value.lower = value.lower.max(self.asking.lowers.below(line, value.upper));
        if value.upper.is_none_or(|upper| value.lower <= upper) {
            parent.value = value;
        }
    }

    /// Returns whether a cell of a code that only some sources ask for has a part that its country does not report.
    fn rests_on_unasked(&self, cells: &KnownCells, family: &Family, line: &[u16]) -> bool {
        let is_unasked =
            |&child: &u16| cells.get(&self.at(line, child)).is_some_and(|cell| cell.basis == Basis::Unasked);
        self.asking.is_by_some(line) && family.children.iter().any(is_unasked)
    }

    /// Adds the parts of groups without a reported part. They are 0, or may hold persons because others are reported.
    fn below(&self, cells: &mut KnownCells, family: &Family) {
        let asking = self.asking;
        if self.is_total(family.parent) {
            return;
        }
        let is_known = |(nodes, known): &(&Vec<u16>, &KnownValue)| {
            nodes[self.d] == family.parent
                && known.basis.is_number()
                && (known.value == Interval::exact(0)
                    || (known.basis == Basis::Implied && (asking.open)(nodes, self.d)))
        };
        let lines: Vec<_> = cells.iter().filter(is_known).map(|(nodes, known)| (nodes.clone(), *known)).collect();
        for (parent, known) in lines {
            let parts: Vec<Vec<u16>> = family.children.iter().map(|&child| self.at(&parent, child)).collect();
            if parts.iter().any(|part| cells.contains_key(part)) {
                continue;
            }
            for part in parts {
                let lower = asking.lowers.get(&part);
                let basis = if (asking.asks)(&part) { Basis::Implied } else { Basis::Unasked };
                let is_right = known.value.upper.is_none_or(|upper| lower <= upper);
                if is_right && (basis == Basis::Implied || known.basis == Basis::Reported) {
                    cells.insert(part, KnownValue { value: Interval { lower, upper: known.value.upper }, basis });
                }
            }
        }
    }
}
