//! Figures of codes that lie below the nodes of a table.
//!
//! A table by groups of forms has no node for one form. A figure of that form says how many persons are at least in its group,
//! so the group is not a zero where it is not reported itself.

use std::collections::{BTreeMap, BTreeSet};

use super::asking::Asking;
use super::complete::Along;
use super::figure::CodesPerPerson;
use super::known::{Basis, KnownCells, KnownValue};
use super::package::PartTraits;
use crate::aggregate::{Breakdown, NodeKind};
use crate::model::{Codelist, Interval};
use crate::schema::{FieldType, Record};

/// The code lists of a table's dimensions.
pub(super) struct DimensionLists<'a> {
    dimensions: &'a [Breakdown],
    /// The list of the record type, and that of figures, which may have more codes.
    lists: Vec<(&'a Codelist, Option<&'a Codelist>)>,
    /// How many codes of each dimension a person may have.
    per_person: Vec<CodesPerPerson>,
}

/// What figures of finer codes say of the nodes above them.
#[derive(Debug, Default)]
pub(super) struct Finer {
    /// Cells with such figures alone. They are cells as others.
    pub cells: BTreeSet<Vec<u16>>,
    /// How many persons are at least in a node that has parts in the table.
    pub lower: BTreeMap<Vec<u16>, u64>,
    /// Nodes that have parts in the table, but not the reported one: any of them may hold its persons.
    pub open: BTreeSet<Vec<u16>>,
    /// The dimensions in which only some finer codes of a cell are reported, which may not hold all of its persons.
    pub partial: BTreeMap<Vec<u16>, Vec<usize>>,
}

impl Finer {
    /// Returns whether of a cell only some codes are reported that are finer in another dimension than `d`.
    pub fn is_partial(&self, line: &[u16], d: usize) -> bool {
        self.partial.get(line).is_some_and(|finer| finer.iter().any(|e| *e != d))
    }

    /// Notes that any code may hold more persons than are reported, where all known persons of a dimension are a cell.
    pub fn open_known(&mut self, known: &[u16], dimensions: &[Breakdown]) {
        for (d, breakdown) in dimensions.iter().enumerate() {
            if breakdown.nodes[usize::from(known[d])].kind != NodeKind::Known {
                continue;
            }
            for family in breakdown.families.iter().filter(|family| breakdown.lies_in(family.parent, known[d])) {
                let mut line = known.to_vec();
                line[d] = family.parent;
                self.open.insert(line);
            }
        }
    }
}

/// The figures of one area and year that lie below one place: their codes, and what is known of them.
pub(super) type Below<'a> = Vec<(Vec<&'a str>, KnownValue)>;

/// A place of a table, and figures of finer codes below it.
#[derive(Clone, Copy)]
pub(super) struct FinerFigures<'a> {
    /// The nodes of the place.
    pub nodes: &'a [u16],
    /// The dimensions of the table that the codes of the figures belong to.
    pub at: &'a [Option<usize>],
    /// The figures.
    pub figures: &'a Below<'a>,
}

impl<'a> DimensionLists<'a> {
    /// Finds the lists of dimensions whose parts have these traits.
    pub fn new(record: &'a Record, figure: &'a Record, dimensions: &'a [Breakdown], traits: &[PartTraits]) -> Self {
        let lists = dimensions.iter().map(|breakdown| {
            let of_figures = figure.dimension(&breakdown.dimension).map(|field| &**figure.fields[field].codes());
            (&**record.fields[breakdown.field].codes(), of_figures)
        });
        let sets = dimensions.iter().map(|breakdown| record.fields[breakdown.field].kind == FieldType::Set);
        let per_person = sets.zip(traits).map(|(is_set, traits)| {
            if is_set && !traits.exclusive { CodesPerPerson::Multiple } else { CodesPerPerson::One }
        });
        Self { dimensions, lists: lists.collect(), per_person: per_person.collect() }
    }

    fn code_lists(&self, d: usize) -> impl Iterator<Item = &'a Codelist> + use<'a> {
        let (record, figure) = self.lists[d];
        std::iter::once(record).chain(figure)
    }

    /// Returns the node of the nearest code above one that is not a node, or else that of all known codes; none for what is not a
    /// known code.
    pub fn node_above(&self, d: usize, code: &str) -> Option<u16> {
        let find = |code: &str| {
            self.code_lists(d).find_map(|list| Some((list, list.find(code).filter(|&code| Codelist::is_known(code))?)))
        };
        // `FG_SEXUAL_U` is a form of the group that is not reported further.
        let above = find(code).map(|(list, at)| (list, list.ancestors(at).collect::<Vec<_>>()));
        let (list, above) = above.or_else(|| {
            let (list, group) = find(code.strip_suffix("_U")?)?;
            Some((list, std::iter::once(group).chain(list.ancestors(group)).collect()))
        })?;
        let node = |code: &str| self.dimensions[d].find(code).map(|at| at as u16);
        above.into_iter().find_map(|code| node(list.id_of(code))).or_else(|| node("_K"))
    }

    /// Returns what the figures below a code say of it; none where there is none.
    fn sum(&self, d: usize, code: &str, values: &BTreeMap<&str, Interval>) -> Option<Interval> {
        let value = |code: &str| values.get(code).copied().or_else(|| self.sum(d, code, values));
        let below = |list: &'a Codelist| -> Vec<&'a str> {
            let Some(parent) = list.find(code) else { return Vec::new() };
            list.known().filter(|(_, code)| code.parent == Some(parent)).map(|(_, code)| &*code.id).collect()
        };
        let (record, figure) = self.lists[d];
        let children = below(record);
        let residual = values.get(format!("{code}_U").as_str()).copied();
        let parts: Vec<Option<Interval>> = children.iter().map(|code| value(code)).collect();
        let is_whole = !parts.is_empty() && parts.iter().all(Option::is_some);
        let reported: Vec<Interval> = parts.into_iter().flatten().chain(residual).collect();
        let add_up = |lowers: &mut dyn Iterator<Item = u64>| match self.per_person[d] {
            CodesPerPerson::Multiple => lowers.max(),
            CodesPerPerson::One => lowers.reduce(u64::saturating_add),
        };
        let all = |parts: &[Interval]| parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.upper?));
        let mut lower = add_up(&mut reported.iter().map(|part| part.lower));
        let mut upper = all(&reported).filter(|_| is_whole);
        // Codes that figures alone have, such as bands of ages, may overlap with all others. Some sets of them make up the code.
        if let Some(figure) = figure {
            let others = below(figure).into_iter().filter(|code| !children.contains(code));
            lower = lower.into_iter().chain(others.filter_map(value).map(|part| part.lower)).max();
            for (_, set) in figure.partitions.iter().filter(|(whole, _)| figure.id_of(*whole) == code) {
                let parts: Vec<Interval> = set.iter().filter_map(|&part| value(figure.id_of(part))).collect();
                lower = lower.max(add_up(&mut parts.iter().map(|part| part.lower)));
                let sum = all(&parts).filter(|_| parts.len() == set.len());
                upper = upper.into_iter().chain(sum).min();
            }
        }
        let lower = lower?;
        Some(Interval { lower, upper: upper.filter(|&upper| upper >= lower) })
    }

    /// Returns what figures of finer codes say of the place above them.
    fn known(&self, finer: &FinerFigures<'_>) -> KnownValue {
        let FinerFigures { nodes, at, figures } = *finer;
        let dropped = |known: &KnownValue| known.basis == Basis::Dropped;
        // A missing figure of a finer code leaves the cell above it without a value, which its row says.
        let basis = if figures.iter().all(|(_, known)| dropped(known)) { Basis::Dropped } else { Basis::Reported };
        let mut value = Interval::open();
        // The largest of them is always right.
        value.lower = figures.iter().map(|(_, known)| known.value.lower).max().unwrap_or(0);
        for (position, d) in at.iter().enumerate() {
            let Some(d) = *d else { continue };
            let node = self.dimensions[d].nodes[usize::from(nodes[d])].code.as_str();
            let mut lines: BTreeMap<Vec<&str>, BTreeMap<&str, Interval>> = BTreeMap::new();
            for (codes, known) in figures {
                let mut others = codes.clone();
                let code = others.remove(position);
                lines.entry(others).or_default().insert(code, known.value);
            }
            let others_are_nodes = at.iter().enumerate().all(|(other, e)| {
                let same = |code: &str, e: usize| self.dimensions[e].find(code) == Some(usize::from(nodes[e]));
                other == position || e.is_none_or(|e| figures.iter().all(|(codes, _)| same(codes[other], e)))
            });
            for values in lines.values() {
                let Some(sum) = self.sum(d, node, values) else { continue };
                value.lower = value.lower.max(sum.lower);
                if others_are_nodes {
                    value.upper = sum.upper;
                }
            }
        }
        value.upper = value.upper.filter(|&upper| value.lower <= upper);
        KnownValue { value, basis }
    }

    /// Returns what figures of finer codes say of the cell above them. Where the cell has parts in the table, `finer` notes that
    /// they may hold persons; where it may hold more than these, there is none.
    pub fn resolve(&self, below: &FinerFigures<'_>, finer: &mut Finer) -> Option<KnownValue> {
        let known = self.known(below);
        let FinerFigures { nodes, at, figures } = *below;
        let has_parts = |d: usize| self.dimensions[d].families.iter().any(|family| family.parent == nodes[d]);
        let is_finer = |(position, d): (usize, &Option<usize>)| {
            let d = (*d)?;
            figures
                .iter()
                .any(|(codes, _)| self.dimensions[d].find(codes[position]) != Some(usize::from(nodes[d])))
                .then_some(d)
        };
        let dimensions: Vec<usize> = at.iter().enumerate().filter_map(is_finer).collect();
        let has_parts = dimensions.iter().any(|&d| has_parts(d));
        if known.value.upper.is_none() {
            finer.partial.insert(nodes.to_vec(), dimensions);
        }
        if !has_parts {
            return Some(known);
        }
        // A masked figure may be of persons.
        if figures.iter().any(|(_, known)| known.value != Interval::exact(0)) {
            let lower = finer.lower.entry(nodes.to_vec()).or_default();
            *lower = lower.saturating_add(known.value.lower);
            finer.open.insert(nodes.to_vec());
        }
        // Codes that make it up say how many persons it has, and not which of its parts in the table they have.
        known.value.upper.map(|_| known)
    }
}

/// Narrows the cells that have figures of finer codes alone to what the totals and the other parts leave.
pub(super) fn narrow(cells: &mut KnownCells, finer: &Finer, asking: &Asking<'_>) {
    for line in &finer.cells {
        let Some(mut known) = cells.get(line).copied().filter(|known| known.basis == Basis::Reported) else { continue };
        if known.value.is_exact() {
            continue;
        }
        cells.remove(line);
        for d in (0..line.len()).filter(|&d| asking.totals[d].is_some()) {
            let along = Along { d, asking };
            for family in along.breakdown().families.iter().filter(|family| family.children.contains(&line[d])) {
                known.value.upper = known.value.upper.into_iter().chain(along.rest(cells, family, line)).min();
            }
        }
        // The totals and what is reported below contradict each other.
        if known.value.upper.is_some_and(|upper| upper < known.value.lower) {
            known = KnownValue { value: Interval::open(), basis: Basis::Dropped };
        }
        cells.insert(line.clone(), known);
    }
}
