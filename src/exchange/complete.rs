//! What follows from the figures of one country: nodes that nobody told, from their parts.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Breakdown, Family, FamilyKind, NodeKind};
use crate::model::{Interval, Missing};

/// Where a cell comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// A figure, or the sum of figures.
    Reported,
    /// Other figures alone: it takes part in sums and is not shown.
    Implied,
    /// The country did not ask for the code. What it may be counts in the sums above it, and in nothing else.
    Unasked,
    /// A figure whose value is missing or was dropped.
    Dropped,
    /// A part of it was dropped.
    Unknown,
}

impl Basis {
    /// Returns whether the country has a number here.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Reported | Self::Implied)
    }
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownValue {
    pub value: Interval,
    pub basis: Basis,
}

pub(super) type KnownCells = BTreeMap<Vec<u16>, KnownValue>;

/// How the parts of a dimension are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// A part that is not told where another one is, is not known; elsewhere it is nobody.
    pub complete: bool,
    /// Nobody is in two parts.
    pub exclusive: bool,
}

/// What countries asked for.
pub(super) struct Asking<'a> {
    /// The node of everybody in each dimension; none in those of areas and years.
    pub totals: Vec<Option<u16>>,
    /// Whether the country of a line asked in its year for all codes of the line.
    pub asks: &'a dyn Fn(&[u16]) -> bool,
    /// Whether the figures of a line were counted from records, so that a missing code without a row holds nobody.
    pub counted: &'a dyn Fn(&[u16]) -> bool,
    /// Whether only some sources ask for a node of a dimension.
    pub by_some: &'a dyn Fn(usize, u16) -> bool,
    /// Of how many persons the country of a line at least does not know a dimension in its year.
    pub unknown: &'a dyn Fn(&[u16], usize) -> u64,
    /// How many persons are reported at least in or below each place.
    pub least: Least,
    /// Whether a node may hold persons of whom no part is reported, so that no part of it in a dimension is an implied zero.
    pub open: &'a dyn Fn(&[u16], usize) -> bool,
    /// Whether of a cell only some codes are reported that are finer in another dimension than this one.
    pub partial: &'a dyn Fn(&[u16], usize) -> bool,
    /// The dimensions of the table.
    pub dimensions: &'a [Breakdown],
}

/// How many persons are at least in places, by what is reported in or below them, in any dimension. A place that is not here
/// has nothing but zeros below it; one with a masked figure is, also where its lower bound is 0.
#[derive(Debug, Default)]
pub(super) struct Least {
    places: BTreeMap<Vec<u16>, u64>,
    /// The same with figures outside the dimensions of the table.
    all: BTreeMap<Vec<u16>, u64>,
}

impl Least {
    /// Adds up what is reported, with what `finer` figures say and those `outside` of the dimensions of the table. In `telling`
    /// dimensions of areas and years have nothing.
    pub fn of(
        cells: &KnownCells,
        finer: &BTreeMap<Vec<u16>, u64>,
        outside: BTreeMap<Vec<u16>, u64>,
        dimensions: &[Breakdown],
        telling: &[Option<Telling>],
    ) -> Self {
        let reported = cells.iter().filter(|(_, known)| known.value != Interval::exact(0));
        let mut places = finer.clone();
        for (nodes, known) in reported {
            let least = places.entry(nodes.clone()).or_default();
            *least = known.value.lower.max(*least);
        }
        let mut all = BTreeMap::new();
        if !outside.is_empty() {
            all.clone_from(&places);
            for (nodes, lower) in outside {
                let least: &mut u64 = all.entry(nodes).or_default();
                *least = lower.max(*least);
            }
            add_up(&mut all, dimensions, telling);
        }
        add_up(&mut places, dimensions, telling);
        Self { places, all }
    }

    /// Returns how many persons are at least in a place.
    pub fn get(&self, line: &[u16]) -> u64 {
        self.places.get(line).copied().unwrap_or(0)
    }

    /// Returns whether a place has nothing but zeros in and below it.
    fn is_zero(&self, line: &[u16]) -> bool {
        !self.places.contains_key(line) && !self.all.contains_key(line)
    }

    /// Returns the lower bound of a place of which the totals leave no more than `upper`. Figures outside the dimensions of
    /// the table that contradict the totals are ignored.
    fn below(&self, line: &[u16], upper: Option<u64>) -> u64 {
        let fits = |least: &&u64| upper.is_none_or(|upper| **least <= upper);
        self.all.get(line).filter(fits).copied().unwrap_or_else(|| self.get(line))
    }
}

/// Adds up what is in the parts of each place, children first.
fn add_up(places: &mut BTreeMap<Vec<u16>, u64>, dimensions: &[Breakdown], telling: &[Option<Telling>]) {
    for (d, (of, telling)) in dimensions.iter().zip(telling).enumerate() {
        let Some(telling) = telling else { continue };
        for family in &of.families {
            let adds = family.kind == FamilyKind::Partition || telling.exclusive;
            let mut parents: BTreeMap<Vec<u16>, u64> = BTreeMap::new();
            for (nodes, &lower) in places.iter().filter(|(nodes, _)| family.children.contains(&nodes[d])) {
                let mut parent = nodes.clone();
                parent[d] = family.parent;
                let least = parents.entry(parent).or_default();
                *least = if adds { least.saturating_add(lower) } else { lower.max(*least) };
            }
            for (parent, lower) in parents {
                let least = places.entry(parent).or_default();
                *least = lower.max(*least);
            }
        }
    }
}

/// Fills in what follows along one dimension.
///
/// # Definition
/// Where any part of a family is told, the others are nobody; in a dimension whose parts make up everybody only what is left
/// over is, and only where all proper codes are told. Of a total of 0 every part is 0. A code that only some sources ask for
/// (`_O`) is known only where its own cell is reported or the totals determine it: elsewhere it is what they leave. Others are
/// not nobody because such a code is reported. A part of which something is reported in another dimension or by a finer code
/// is not nobody: it is no fewer than that, and no more than the totals leave. A parent that is not told is the sum of its
/// parts, or where a person may be in several, between the largest and the sum of them.
pub(super) fn complete(cells: &mut KnownCells, d: usize, of: &Breakdown, telling: Telling, asking: &Asking<'_>) {
    zeros(cells, d, of, asking);
    missing(cells, d, of, asking);
    // Families are listed children first.
    for family in &of.families {
        // Totals that follow from their parts are figures already.
        let is_total = of.nodes[usize::from(family.parent)].kind == NodeKind::Total;
        let mut lines: BTreeSet<Vec<u16>> = BTreeSet::new();
        let member = |node: u16| node == family.parent || family.children.contains(&node);
        for nodes in cells.keys().filter(|nodes| member(nodes[d])) {
            let mut line = nodes.clone();
            line[d] = family.parent;
            lines.insert(line);
        }
        for mut line in lines {
            if !is_total {
                fill(cells, d, of, family, &mut line, telling.complete, asking);
            }
            line[d] = family.parent;
            if !is_total
                && !cells.contains_key(&line)
                && let Some(mut parent) = parent(cells, d, family, &line, telling.exclusive)
            {
                if !is_total && (asking.open)(&line, d) {
                    // Persons whose code is not listed may be in any group.
                    parent.value.upper = None;
                }
                within(&mut parent, cells, d, of, &line, asking);
                let is_unasked = !(asking.asks)(&line)
                    || (parent.value.lower == 0
                        && !parent.value.is_exact()
                        && rests_on_unasked(cells, d, family, &line, asking));
                if parent.basis.is_number() && is_unasked {
                    parent.basis = Basis::Unasked;
                }
                cells.insert(line, parent);
            }
        }
    }
    for family in of.families.iter().rev() {
        below(cells, d, of, family, asking);
    }
}

/// Adds the parts of groups of which no part is reported, and which are 0 or may hold persons because others are reported.
fn below(cells: &mut KnownCells, d: usize, of: &Breakdown, family: &Family, asking: &Asking<'_>) {
    if of.nodes[usize::from(family.parent)].kind == NodeKind::Total {
        return;
    }
    let is_known = |(nodes, known): &(&Vec<u16>, &KnownValue)| {
        nodes[d] == family.parent
            && known.basis.is_number()
            && (known.value == Interval::exact(0) || (known.basis == Basis::Implied && (asking.open)(nodes, d)))
    };
    let lines: Vec<_> = cells.iter().filter(is_known).map(|(nodes, known)| (nodes.clone(), *known)).collect();
    for (parent, known) in lines {
        let part = |&child: &u16| {
            let mut part = parent.clone();
            part[d] = child;
            part
        };
        let parts: Vec<Vec<u16>> = family.children.iter().map(part).collect();
        if parts.iter().any(|part| cells.contains_key(part)) {
            continue;
        }
        for part in parts {
            let lower = asking.least.get(&part);
            let basis = if (asking.asks)(&part) { Basis::Implied } else { Basis::Unasked };
            let is_right = known.value.upper.is_none_or(|upper| lower <= upper);
            if is_right && (basis == Basis::Implied || known.basis == Basis::Reported) {
                cells.insert(part, KnownValue { value: Interval { lower, upper: known.value.upper }, basis });
            }
        }
    }
}

/// Adds zeros of the missing codes of figures that were counted: they have a row of each that is anybody's.
fn missing(cells: &mut KnownCells, d: usize, of: &Breakdown, asking: &Asking<'_>) {
    let missing: Vec<u16> = missing_nodes(of).collect();
    let known = of.nodes.iter().position(|node| node.kind == NodeKind::Known).map(|at| at as u16);
    let lines = cells.keys().filter(|nodes| Some(nodes[d]) == known && (asking.counted)(nodes));
    let lines: Vec<Vec<u16>> = lines.cloned().collect();
    for mut line in lines {
        for &node in &missing {
            line[d] = node;
            imply_zero(cells, &line, asking);
        }
    }
}

/// Adds a zero to a place of which nothing is reported, neither in it nor below it.
fn imply_zero(cells: &mut KnownCells, line: &[u16], asking: &Asking<'_>) {
    if asking.least.is_zero(line) {
        cells.entry(line.to_vec()).or_insert(KnownValue { value: Interval::exact(0), basis: Basis::Implied });
    }
}

/// Returns the nodes of persons of whom a dimension is not known.
fn missing_nodes(of: &Breakdown) -> impl Iterator<Item = u16> {
    let missing = of.nodes.iter().enumerate().filter(|(_, node)| matches!(node.kind, NodeKind::Missing(_)));
    missing.map(|(at, _)| at as u16)
}

/// Returns whether a cell of a code that only some sources ask for has a part that its country does not report.
fn rests_on_unasked(cells: &KnownCells, d: usize, family: &Family, line: &[u16], asking: &Asking<'_>) -> bool {
    let mut at = line.to_vec();
    is_by_some(line, asking)
        && family.children.iter().any(|&child| {
            at[d] = child;
            cells.get(&at).is_some_and(|part| part.basis == Basis::Unasked)
        })
}

/// Returns whether only some sources ask for one of the codes of a cell.
fn is_by_some(line: &[u16], asking: &Asking<'_>) -> bool {
    line.iter().enumerate().any(|(d, &node)| (asking.by_some)(d, node))
}

/// Adds the parts of totals that are 0, whether a country asked for them or not.
fn zeros(cells: &mut KnownCells, d: usize, of: &Breakdown, asking: &Asking<'_>) {
    let Some(total) = asking.totals[d] else { return };
    let zero = |(nodes, known): &(&Vec<u16>, &KnownValue)| {
        nodes[d] == total && known.basis.is_number() && known.value == Interval::exact(0)
    };
    let lines: Vec<_> = cells.iter().filter(zero).map(|(nodes, _)| nodes.clone()).collect();
    for mut line in lines {
        for node in (0..of.nodes.len() as u16).filter(|node| *node != total) {
            line[d] = node;
            // Whoever is reported there contradicts the total.
            imply_zero(cells, &line, asking);
        }
    }
}

/// Adds the parts that are nobody because others are told, and those for which the country did not ask.
fn fill(
    cells: &mut KnownCells,
    d: usize,
    of: &Breakdown,
    family: &Family,
    line: &mut [u16],
    complete: bool,
    asking: &Asking<'_>,
) {
    let left_over = |node: u16| {
        let node = &of.nodes[usize::from(node)];
        node.code.starts_with('_') || matches!(node.kind, NodeKind::Residual(_))
    };
    let mut get = |node: u16| {
        line[d] = node;
        cells.get(line as &[u16]).copied()
    };
    let parts: Vec<(u16, Option<KnownValue>)> = family.children.iter().map(|&child| (child, get(child))).collect();
    // A part that is 0 because a wider total is says nothing of the others.
    let says = |known: &KnownValue| known.basis != Basis::Implied || known.value != Interval::exact(0);
    let saying = || parts.iter().filter(|(_, known)| known.as_ref().is_some_and(says));
    let only_by_some = saying().all(|(child, _)| (asking.by_some)(d, *child));
    let proper = parts.iter().all(|(child, known)| left_over(*child) || known.is_some());
    if saying().next().is_none() || (complete && !proper) {
        return;
    }
    line[d] = family.parent;
    let has_finer = (asking.open)(line, d) || is_unlisted(cells, d, family, line) || {
        // Where only some ages of the others are reported, those of this part may have another age.
        let mut at = line.to_vec();
        saying().all(|(child, _)| {
            at[d] = *child;
            (asking.partial)(&at, d)
        })
    };
    for &child in &family.children {
        line[d] = child;
        if cells.contains_key(line as &[u16]) {
            continue;
        }
        let (asks, by_some) = ((asking.asks)(line), is_by_some(line, asking));
        // A masked figure of a finer code, or of a part in another dimension, may be of persons.
        let has_finer = has_finer || (asking.open)(line, d) || !asking.least.is_zero(line);
        let is_zero = asks && !by_some && !has_finer && !only_by_some;
        let is_never_used = !has_finer && (!asks || !by_some);
        let known = if is_zero && !is_open(cells, d, line, asking) {
            KnownValue { value: Interval::exact(0), basis: Basis::Implied }
        } else {
            let upper = rest(cells, d, of, family, line, asking);
            let lower = asking.least.below(line, upper);
            let basis = match asks {
                true if by_some && lower > 0 => Basis::Reported,
                true if !by_some || upper == Some(0) => Basis::Implied,
                _ => Basis::Unasked,
            };
            match upper {
                // The totals and what is reported below contradict each other.
                Some(upper) if upper < lower => KnownValue { value: Interval::open(), basis: Basis::Unknown },
                // A country that never reports the code is understood to have nobody of it, where nothing says that there are more.
                None if is_never_used && !has_more(cells, d, of, line, asking) => {
                    KnownValue { value: Interval::exact(0), basis }
                }
                upper => KnownValue { value: Interval { lower, upper }, basis },
            }
        };
        cells.insert(line.to_vec(), known);
    }
}

/// Returns whether a group holds more persons than its reported parts.
pub(super) fn is_unlisted(cells: &KnownCells, d: usize, family: &Family, line: &[u16]) -> bool {
    let Some(parent) = cells.get(line).filter(|known| known.basis.is_number()) else { return false };
    let mut at = line.to_vec();
    let mut parts = family.children.iter().filter_map(|&child| {
        at[d] = child;
        cells.get(&at)
    });
    let most = parts.try_fold(0u64, |sum, part| sum.checked_add(part.value.upper?));
    most.is_some_and(|most| most < parent.value.lower)
}

/// Returns whether there are more persons than the reported parts of a dimension hold, by what is reported in others.
fn has_more(cells: &KnownCells, d: usize, of: &Breakdown, line: &[u16], asking: &Asking<'_>) -> bool {
    let Some(total) = asking.totals[d] else { return false };
    let mut at = line.to_vec();
    at[d] = total;
    let least = asking.least.get(&at);
    let mut parts = (0..of.nodes.len() as u16).filter(|&node| node != total).filter_map(|node| {
        at[d] = node;
        cells.get(&at)
    });
    parts.try_fold(0u64, |sum, part| sum.checked_add(part.value.upper?)).is_some_and(|most| most < least)
}

/// Returns whether persons of a wider group may be here, because nothing tells in which of its parts they are: a total of
/// another dimension is reported and none of its parts is, but codes that only some sources ask for.
fn is_open(cells: &KnownCells, d: usize, line: &[u16], asking: &Asking<'_>) -> bool {
    let is_reported = |at: &[u16]| cells.get(at).is_some_and(|known| known.basis == Basis::Reported);
    asking.totals.iter().enumerate().filter(|(e, _)| *e != d).any(|(e, total)| {
        let Some(total) = total.filter(|total| *total != line[e]) else { return false };
        let mut at = line.to_vec();
        at[e] = total;
        let someone = cells.get(&at).is_some_and(|known| known.value != Interval::exact(0));
        someone && is_reported(&at) && {
            let parts = (0..asking.dimensions[e].nodes.len() as u16).filter(|node| *node != total);
            !parts.into_iter().filter(|node| !(asking.by_some)(e, *node)).any(|node| {
                at[e] = node;
                is_reported(&at)
            })
        }
    })
}

/// How many persons the told parts of a family leave for another part at most; nothing where no total says so.
pub(super) fn rest(
    cells: &KnownCells,
    d: usize,
    of: &Breakdown,
    family: &Family,
    line: &[u16],
    asking: &Asking<'_>,
) -> Option<u64> {
    remainder(cells, d, of, family, line, asking, |upper, taken| Some(upper.saturating_sub(taken)))
}

/// As [`rest`], where `left` tells what a total leaves of what its parts take.
fn remainder(
    cells: &KnownCells,
    d: usize,
    of: &Breakdown,
    family: &Family,
    line: &[u16],
    asking: &Asking<'_>,
    left: fn(u64, u64) -> Option<u64>,
) -> Option<u64> {
    let mut at = line.to_vec();
    let least = |at: &mut Vec<u16>, node: u16| {
        at[d] = node;
        cells.get(at as &[u16]).filter(|known| known.basis != Basis::Unasked).map_or(0, |known| known.value.lower)
    };
    let parts = family.children.iter().map(|&child| least(&mut at, child)).collect::<Vec<_>>();
    // Nobody is counted twice in parts that exclude each other only.
    let told: u64 = if family.kind == FamilyKind::Partition {
        parts.iter().fold(0, |sum, part| sum.saturating_add(*part))
    } else {
        0
    };
    let mut most: Option<u64> = None;
    let mut bound = |upper: Option<u64>, taken: u64| {
        if let Some(rest) = upper.and_then(|upper| left(upper, taken)) {
            most = Some(most.map_or(rest, |most| most.min(rest)));
        }
    };
    at[d] = family.parent;
    bound(cells.get(&at).and_then(|known| known.value.upper), told);
    // Of a group that is not reported, there are no more than the groups above it leave.
    let (mut node, mut others) = (family.parent, told);
    while let Some(above) = of.families.iter().find(|above| above.children.contains(&node)) {
        if Some(above.parent) == asking.totals[d] {
            break;
        }
        if above.kind == FamilyKind::Partition {
            let siblings = above.children.iter().filter(|child| **child != node);
            others = siblings.map(|&child| least(&mut at, child)).fold(others, u64::saturating_add);
        }
        node = above.parent;
        at[d] = node;
        bound(cells.get(&at).and_then(|known| known.value.upper), others);
    }
    if let Some(total) = asking.totals[d].filter(|total| *total != family.parent) {
        let mut taken = told;
        for node in missing_nodes(of) {
            let mut number = least(&mut at, node);
            if of.nodes[usize::from(node)].kind == NodeKind::Missing(Missing::Unknown) {
                let elsewhere = asking.totals.iter().enumerate().filter(|(e, _)| *e != d);
                let all = elsewhere.filter_map(|(e, total)| Some((e, (*total)?))).all(|(e, total)| line[e] == total);
                number = number.max(if all { (asking.unknown)(line, d) } else { 0 });
            }
            taken = taken.saturating_add(number);
        }
        at[d] = total;
        bound(cells.get(&at).and_then(|known| known.value.upper), taken);
    }
    // Of a group that has no total of its own, there are no more than of everybody. Of a code that only some sources ask for,
    // these are without those of other groups.
    let by_some = is_by_some(line, asking);
    for (e, total) in asking.totals.iter().enumerate().filter(|(e, _)| *e != d) {
        if let Some(total) = total.filter(|total| *total != line[e]) {
            let mut wider = line.to_vec();
            wider[e] = total;
            let others = if by_some { in_others(cells, e, line, asking) } else { 0 };
            bound(cells.get(&wider).and_then(|known| known.value.upper), others);
        }
    }
    if by_some {
        wider(line, asking).filter_map(|at| cells.get(&at)).for_each(|known| bound(known.value.upper, 0));
    }
    most
}

/// Returns the places that have the total of several dimensions instead of the code of a line.
fn wider(line: &[u16], asking: &Asking<'_>) -> impl Iterator<Item = Vec<u16>> {
    let totals = asking.totals.iter().enumerate().filter_map(|(d, total)| Some((d, (*total)?)));
    let parts: Vec<(usize, u16)> = totals.filter(|(d, total)| line[*d] != *total).collect();
    (0u32..1 << parts.len()).filter(|mask| mask.count_ones() > 1).map(move |mask| {
        let mut at = line.to_vec();
        parts.iter().enumerate().filter(|(of, _)| mask & (1 << of) != 0).for_each(|(_, (d, total))| at[*d] = *total);
        at
    })
}

/// Returns how many persons are at least in the other parts of a dimension, and among those of whom nothing is known.
fn in_others(cells: &KnownCells, e: usize, line: &[u16], asking: &Asking<'_>) -> u64 {
    let of = &asking.dimensions[e];
    let of_line = |family: &&Family| family.kind == FamilyKind::Partition && family.children.contains(&line[e]);
    let siblings = of.families.iter().filter(of_line).flat_map(|family| &family.children).copied();
    let nodes: BTreeSet<u16> = siblings.chain(missing_nodes(of)).collect();
    let mut at = line.to_vec();
    let lower = |node: u16| {
        at[e] = node;
        cells.get(&at).filter(|known| known.basis == Basis::Reported).map_or(0, |known| known.value.lower)
    };
    nodes.into_iter().filter(|node| *node != line[e]).map(lower).fold(0, u64::saturating_add)
}

/// What the parts tell of their parent, where all of them are there.
fn parent(cells: &KnownCells, d: usize, family: &Family, line: &[u16], exclusive: bool) -> Option<KnownValue> {
    let mut at = line.to_vec();
    let mut sum = Interval::exact(0);
    let mut largest = 0;
    let mut basis = Basis::Implied;
    let (mut unasked, mut others) = (Some(0u64), Some(0u64));
    for &child in &family.children {
        at[d] = child;
        let part = cells.get(&at)?;
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
    if family.kind == FamilyKind::Cover && !exclusive {
        sum.lower = largest;
    }
    Some(KnownValue { value: sum, basis })
}

/// Narrows a sum that is not exact to what is reported below it and to its totals.
fn within(parent: &mut KnownValue, cells: &KnownCells, d: usize, of: &Breakdown, line: &[u16], asking: &Asking<'_>) {
    if parent.basis == Basis::Unknown || parent.value.is_exact() {
        return;
    }
    let mut value = parent.value;
    for family in of.families.iter().filter(|family| family.children.contains(&line[d])) {
        // A total that is below its parts leaves nothing, and says nothing of another part.
        let most = remainder(cells, d, of, family, line, asking, u64::checked_sub);
        value.upper = value.upper.into_iter().chain(most).min();
    }
    for (e, total) in asking.totals.iter().enumerate() {
        let Some(total) = total.filter(|total| *total != line[e]) else { continue };
        let mut wider = line.to_vec();
        wider[e] = total;
        if let Some(most) =
            cells.get(&wider).filter(|known| known.basis.is_number()).and_then(|known| known.value.upper)
        {
            value.upper = Some(value.upper.map_or(most, |upper| upper.min(most)));
        }
    }
    value.lower = value.lower.max(asking.least.below(line, value.upper));
    if value.upper.is_none_or(|upper| value.lower <= upper) {
        parent.value = value;
    }
}
