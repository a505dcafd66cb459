//! Counts that are not cells of a table and add up like cells: who is in a total and not in one of its codes, or in no table that
//! is limited to a part of the persons. And codes that stand for codes of another dimension.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::linked::{KnownKeys, Linked, moved};
use super::system::{Constraint, NONE};
use crate::aggregate::{Breakdown, FamilyKind, NodeKind};
use crate::indicators::{Draft, Drafts};
use crate::schema::Derived;

/// The persons of whom a cell counts a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// The variable of their count.
    Count(u32),
    /// There can be none.
    Empty,
    /// No table counts them.
    Uncounted,
}

/// The rests that are known: who is in the first variable and not in the second.
struct Rests<'a> {
    linked: &'a mut Linked,
    constraints: &'a mut Vec<Constraint>,
    known: HashMap<(u32, u32), u32>,
}

impl Rests<'_> {
    /// Returns the rest of a whole without a part, which is new if it was not there. None where the part is larger, which counts
    /// with masked sources may be.
    fn of(&mut self, whole: u32, part: u32) -> Option<u32> {
        if let Some(&rest) = self.known.get(&(whole, part)) {
            return Some(rest);
        }
        let count = self.linked.counts[whole as usize].checked_sub(self.linked.counts[part as usize])?;
        let rest = self.linked.hide(count, whole);
        let mut children = vec![part, rest];
        children.sort_unstable();
        self.constraints.push(Constraint { parent: whole, children, partition: true });
        self.known.insert((whole, part), rest);
        Some(rest)
    }
}

/// Adds the rests of codes where a person may have several, and those of tables that are limited to one code.
///
/// Returns the rests.
pub(super) fn rests(
    drafts: &Drafts,
    linked: &mut Linked,
    constraints: &mut Vec<Constraint>,
    known: &KnownKeys<'_>,
) -> Vec<u32> {
    let cells = linked.cells.clone();
    let mut rests = Rests { linked, constraints, known: HashMap::new() };
    for (number, table) in drafts.tables.iter().enumerate() {
        let dimensions = &table.cube.dimensions;
        for (d, breakdown) in dimensions.iter().enumerate() {
            for family in breakdown.families.iter().filter(|family| family.kind == FamilyKind::Cover) {
                for &child in &family.children {
                    let whole = |cell: usize| {
                        let at = moved(dimensions, cell, (d, family.parent));
                        match cells[number][cell] {
                            _ if at != cell => Whole::Uncounted,
                            NONE => Whole::Empty,
                            whole => Whole::Count(whole),
                        }
                    };
                    let part = |cell: usize| cells[number][moved(dimensions, cell, (d, child))];
                    add(&mut rests, (table, d), &whole, &part);
                }
            }
            let Some(code) = table.indicator.universe.get(&breakdown.dimension) else { continue };
            if breakdown.nodes.len() != 1 {
                continue;
            }
            for wider in wider(drafts, &breakdown.dimension, code) {
                let whole = |cell: usize| {
                    known.with_code((number, cell), d, wider.as_deref()).map_or(Whole::Uncounted, Whole::Count)
                };
                let part = |cell: usize| cells[number][cell];
                add(&mut rests, (table, d), &whole, &part);
            }
        }
    }
    rests.known.into_values().collect()
}

/// Returns the codes that hold a code in any table, and none for all persons.
fn wider(drafts: &Drafts, dimension: &str, code: &str) -> BTreeSet<Option<String>> {
    let mut found = BTreeSet::from([None]);
    let all = drafts.tables.iter().flat_map(|table| &table.cube.dimensions);
    for breakdown in all.filter(|known| known.dimension == dimension) {
        let Some(node) = breakdown.find(code) else { continue };
        let above = (0..breakdown.nodes.len()).filter(|&at| at != node && breakdown.lies_in(node as u16, at as u16));
        let above = above.map(|at| &breakdown.nodes[at]).filter(|above| above.kind != NodeKind::Total);
        found.extend(above.map(|above| Some(above.code.clone())));
    }
    found
}

/// Adds the rests of a table, and how they add up over its other dimensions.
fn add(
    rests: &mut Rests<'_>,
    (table, d): (&Draft, usize),
    whole: &dyn Fn(usize) -> Whole,
    part: &dyn Fn(usize) -> u32,
) {
    let dimensions = &table.cube.dimensions;
    let mut layer: BTreeMap<usize, u32> = BTreeMap::new();
    for cell in 0..table.cube.len() {
        let Whole::Count(whole) = whole(cell) else { continue };
        let rest = match part(cell) {
            NONE => Some(whole),
            part if part == whole => None,
            part => rests.of(whole, part),
        };
        layer.extend(rest.map(|rest| (cell, rest)));
    }
    for (e, across) in dimensions.iter().enumerate().filter(|(e, _)| *e != d) {
        for family in across.families.iter().filter(|family| family.kind == FamilyKind::Partition) {
            for (&cell, &parent) in
                layer.iter().filter(|(cell, _)| moved(dimensions, **cell, (e, family.parent)) == **cell)
            {
                let parts = family.children.iter().map(|&child| moved(dimensions, cell, (e, child)));
                // A part that no table counts leaves the sum open.
                let counted = parts.filter(|&at| whole(at) != Whole::Empty).map(|at| layer.get(&at).copied());
                let Some(mut children) = counted.collect::<Option<Vec<u32>>>() else { continue };
                if !children.is_empty() && children != [parent] {
                    children.sort_unstable();
                    rests.constraints.push(Constraint { parent, children, partition: true });
                }
            }
        }
    }
}

/// A dimension of a table.
#[derive(Clone, Copy)]
struct Dimension<'a> {
    number: usize,
    table: &'a Draft,
    d: usize,
}

impl<'a> Dimension<'a> {
    /// Returns the tables that count a field in more than one code.
    fn of_field(drafts: &'a Drafts, field: usize) -> impl Iterator<Item = Self> {
        drafts.tables.iter().enumerate().filter_map(move |(number, table)| {
            let d = table
                .cube
                .dimensions
                .iter()
                .position(|breakdown| breakdown.field == field && breakdown.nodes.len() > 1)?;
            Some(Self { number, table, d })
        })
    }

    fn breakdown(&self) -> &'a Breakdown {
        &self.table.cube.dimensions[self.d]
    }

    /// Returns the cells that can hold somebody, each with its node.
    fn cells(self, linked: &'a Linked) -> impl Iterator<Item = (usize, u16)> + 'a {
        let cells = (0..self.table.cube.len()).filter(move |&cell| linked.cells[self.number][cell] != NONE);
        cells.map(move |cell| (cell, self.table.cube.nodes(cell)[self.d]))
    }

    /// Returns whether each person is in one node that has no others below it.
    fn is_flat(&self) -> bool {
        let kind = |node: u16| self.breakdown().nodes[usize::from(node)].kind;
        let families = self.breakdown().families.iter();
        families
            .clone()
            .all(|family| family.kind == FamilyKind::Partition && !matches!(kind(family.parent), NodeKind::Code(_)))
    }
}

/// Adds: the persons of a derived code are those of the codes that it stands for, area by area.
pub(super) fn derived(drafts: &Drafts, linked: &Linked, constraints: &mut Vec<Constraint>, known: &KnownKeys<'_>) {
    for (field, rule) in &drafts.derived {
        for groups in Dimension::of_field(drafts, *field) {
            let mut slices: BTreeMap<u128, Vec<(u16, u32)>> = BTreeMap::new();
            for (cell, node) in groups.cells(linked) {
                if groups.breakdown().nodes[usize::from(node)].kind != NodeKind::Total {
                    let variable = linked.cells[groups.number][cell];
                    slices.entry(known.without((groups.number, cell), groups.d)).or_default().push((node, variable));
                }
            }
            for origins in Dimension::of_field(drafts, rule.from).filter(Dimension::is_flat) {
                for (cell, node) in origins.cells(linked) {
                    // Each set of other codes is added once, at its total.
                    if origins.breakdown().nodes[usize::from(node)].kind != NodeKind::Total {
                        continue;
                    }
                    let Some(groups_there) = slices.get(&known.without((origins.number, cell), origins.d)) else {
                        continue;
                    };
                    let Some(by_group) = by_group((groups, origins), cell, rule, linked) else { continue };
                    for (node, parent) in groups_there {
                        let children = by_group.get(node).cloned().unwrap_or_default();
                        if children != [*parent] {
                            constraints.push(Constraint { parent: *parent, children, partition: true });
                        }
                    }
                }
            }
        }
    }
}

/// Returns, for each node of a derived dimension, the variables of the codes that it stands for in the area of a cell.
fn by_group(
    (groups, origins): (Dimension<'_>, Dimension<'_>),
    cell: usize,
    rule: &Derived,
    linked: &Linked,
) -> Option<BTreeMap<u16, Vec<u32>>> {
    let cube = &origins.table.cube;
    let area = cube.dimensions.iter().position(|breakdown| breakdown.field == rule.against)?;
    let NodeKind::Code(against) = cube.dimensions[area].nodes[usize::from(cube.nodes(cell)[area])].kind else {
        return None;
    };
    let mut found: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (at, origin) in origins.breakdown().nodes.iter().enumerate() {
        let code = match origin.kind {
            NodeKind::Code(code) => code,
            NodeKind::Missing(missing) => missing.code(),
            NodeKind::Total | NodeKind::Known | NodeKind::Region | NodeKind::Residual(_) => continue,
        };
        let child = linked.cells[origins.number][moved(&cube.dimensions, cell, (origins.d, at as u16))];
        if child != NONE {
            let nodes = groups.breakdown().nodes_with(rule.code(code, against)).iter();
            nodes.for_each(|&node| found.entry(node).or_default().push(child));
        }
    }
    found.values_mut().for_each(|children| children.sort_unstable());
    Some(found)
}
