//! All tables of a release, linked: the same population is the same variable in every table.

use std::collections::HashMap;

use rayon::prelude::*;

use super::linked::{KnownKeys, Linked, node_of, stride};
use super::parts::{derived, rests};
use super::system::{Constraint, NONE, System};
use crate::aggregate::{Breakdown, Cube, Family, FamilyKind, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::{Counting, Draft, Drafts};
use crate::model::{Key, KeyLayout};
use crate::protect::Policy;
use crate::protect::lines::TableLines;
use crate::protect::silence::Silence;

/// One dimension over all tables: its codes, numbered.
#[derive(Default)]
struct LinkedDimension {
    numbers: HashMap<String, u64>,
}

/// Added to the detail of cells that are in no main table, so that they are offered after those that are.
const LATER: u32 = 1 << 16;

/// Links the tables of a release: the same population is the same variable in every table.
///
/// `count_of` says which of a cell's bounds is looked at; both add up in the same way.
pub(in crate::protect) fn link(
    drafts: &Drafts,
    policy: &Policy,
    count_of: impl Fn(&Cube, usize) -> u64,
) -> Result<Linked> {
    let mut names: Vec<&str> = Vec::new();
    let mut codes: Vec<LinkedDimension> = Vec::new();
    for breakdown in drafts.tables.iter().flat_map(|table| &table.cube.dimensions) {
        let dimension = number(&mut names, &breakdown.dimension);
        codes.resize_with(names.len(), LinkedDimension::default);
        let codes = &mut codes[dimension];
        for node in breakdown.nodes.iter().filter(|node| node.kind != NodeKind::Total) {
            let number = codes.numbers.len() as u64 + 1;
            codes.numbers.entry(node.code.clone()).or_insert(number);
        }
    }
    let widths: Vec<_> = codes.iter().map(|codes| KeyLayout::bits(codes.numbers.len() + 1)).collect();
    let layout = KeyLayout::new(&widths)?;

    let mut linked = Linked { system: System::default(), counts: Vec::new(), cells: Vec::new(), implied: Vec::new() };
    let mut variables: HashMap<Key, u32> = HashMap::new();
    let mut keys: Vec<Vec<Vec<u128>>> = Vec::new();
    for table in &drafts.tables {
        let cube = &table.cube;
        let part = |d: usize, node: u16| {
            let breakdown = &cube.dimensions[d];
            let dimension = names.iter().position(|name| *name == breakdown.dimension).expect("named above");
            let number = codes[dimension].numbers.get(&breakdown.nodes[usize::from(node)].code).copied();
            layout.part(
                dimension,
                number.filter(|_| breakdown.nodes[usize::from(node)].kind != NodeKind::Total).unwrap_or(0),
            )
        };
        let parts: Vec<Vec<u128>> = (0..cube.dimensions.len())
            .map(|d| (0..cube.dimensions[d].nodes.len() as u16).map(|node| part(d, node)).collect())
            .collect();
        let hidden: Vec<_> = cube.dimensions.iter().map(|d| policy.hides_zeros(&d.dimension)).collect();
        let lines = TableLines::of(table, policy);
        let has_line = |nodes: &[u16]| lines.as_ref().is_none_or(|lines| lines.has(nodes));
        let later =
            if policy.main_tables.is_empty() || policy.main_tables.contains(&table.indicator.id) { 0 } else { LATER };
        let mut cells = vec![NONE; cube.len()];
        for (cell, variable) in cells.iter_mut().enumerate() {
            let nodes = cube.nodes(cell);
            if !cube.exists(&nodes) {
                continue;
            }
            let key = Key(nodes.iter().enumerate().fold(0, |key, (d, &node)| key | parts[d][usize::from(node)]));
            let count = count_of(cube, cell);
            if let Some(&known) = variables.get(&key) {
                if linked.counts[known as usize] != count {
                    return Err(Error::failed(format!(
                        "the table `{}` counts a group differently from another table of the release",
                        table.indicator.id
                    ))
                    .hint("this is a defect of the program: please report it"));
                }
                *variable = known;
                let System { detail, left_out, .. } = &mut linked.system;
                let (detail, left_out) = (&mut detail[known as usize], &mut left_out[known as usize]);
                *detail = (*detail).min(*detail % LATER + later);
                *left_out &= !has_line(&nodes);
                continue;
            }
            let number = u32::try_from(linked.counts.len()).ok().filter(|&n| n != NONE);
            *variable = number.ok_or_else(|| Error::failed("the release has more than 4,294,967,294 cells"))?;
            variables.insert(key, *variable);
            let mut detail = 0;
            let mut hides = policy.hides_all_zeros();
            for (d, &node) in nodes.iter().enumerate() {
                let kind = cube.dimensions[d].nodes[usize::from(node)].kind;
                detail += match kind {
                    NodeKind::Total => 0,
                    NodeKind::Known | NodeKind::Region => 1,
                    NodeKind::Code(_) => 2,
                    NodeKind::Residual(_) | NodeKind::Missing(_) => 3,
                };
                hides |= hidden[d] && matches!(kind, NodeKind::Code(_) | NodeKind::Residual(_));
            }
            linked.counts.push(count);
            linked.system.detail.push(detail + later);
            linked.system.left_out.push(!has_line(&nodes));
            linked.system.hides_zero.push(hides);
            linked.implied.push(false);
        }
        linked.cells.push(cells);
        keys.push(parts);
    }
    let mut constraints = constraints(drafts, &linked.cells);
    let shown = linked.counts.len();
    let mut differences = overlaps(drafts, &mut linked, &mut constraints)?;
    // Counts of masked sources are bounds, and differences of bounds are no bounds of differences.
    if !drafts.tables.iter().any(|table| table.cube.is_masked()) {
        let number = |dimension: &str, code: &str| {
            let dimension = names.iter().position(|name| *name == dimension)?;
            Some((dimension, *codes[dimension].numbers.get(code)?))
        };
        let part = |dimension: &str, code: &str| {
            number(dimension, code).map(|(dimension, number)| layout.part(dimension, number))
        };
        let known = KnownKeys { drafts, keys: &keys, variables: &variables, part: &part };
        differences.extend(rests(drafts, &mut linked, &mut constraints, &known));
        derived(drafts, &linked, &mut constraints, &known);
    }
    constraints.par_sort_unstable();
    constraints.dedup();
    let System { hides_zero, detail, left_out, .. } = linked.system;
    linked.system = System::new(hides_zero, detail, constraints);
    linked.system.hidden[shown..].fill(true);
    differences.into_iter().for_each(|cell| linked.system.difference[cell as usize] = true);
    linked.system.left_out[..shown].copy_from_slice(&left_out);
    // The status of a cell says whether its area reported: what follows from that is not a secret, in any policy.
    concede(drafts, &mut linked);
    imply(&mut linked);
    Ok(linked)
}

/// Gives the attacker what the status of every cell says: what no source reported is zero, and the total of an area that
/// reported is not, unless somebody declares that it did.
///
/// This holds in every policy. `unodc` hides all zeros, but not that no source reported: those zeros, and all that follows from
/// them, are known.
fn concede(drafts: &Drafts, linked: &mut Linked) {
    for (table, cells) in drafts.tables.iter().zip(&linked.cells) {
        let silence = Silence::new(&table.cube, &drafts.reporting);
        for (cell, &variable) in cells.iter().enumerate().filter(|(_, variable)| **variable != NONE) {
            let hides = &mut linked.system.hides_zero[variable as usize];
            if *hides {
                let nodes = table.cube.nodes(cell);
                *hides = !silence.is_silent(cell, &nodes) && !silence.holds_somebody(&nodes);
            }
        }
    }
}

/// The parts of a zero are zero: where the zero of the group is shown, so are theirs, in every table.
fn imply(linked: &mut Linked) {
    let Linked { system, counts, implied, .. } = linked;
    let mut open: Vec<u32> = (0..system.constraints.len() as u32).collect();
    while let Some(index) = open.pop() {
        let constraint = &system.constraints[index as usize];
        let parent = constraint.parent as usize;
        if system.hidden[parent] || counts[parent] > 0 || system.hides_zero[parent] && !implied[parent] {
            continue;
        }
        for &child in &constraint.children {
            if !implied[child as usize] && system.hides_zero[child as usize] {
                implied[child as usize] = true;
                open.extend(system.total_of.of(child as usize));
            }
        }
    }
}

/// Adds what is known of overlaps, and returns them. Where a person may be in several children, the children exceed their parent by an
/// overlap, which is in no table.
///
/// The overlap is not negative, and it adds up over areas, years and sexes like any other number. A region without any
/// overlap therefore has none in its countries, and there the children are an ordinary partition: a reader knows that, so
/// the attacker must. `children = parent + overlap` is written with one more hidden cell, the sum of the children.
///
/// A cell that is a total in two such dimensions has an overlap in each, and the two are different numbers: 30 persons
/// with two forms at one stage have an overlap of 30 over forms and of 0 over stages. Each person of a cell adds to an
/// overlap the number of children less one, so over another dimension of this kind overlaps relate like the persons do:
/// none is larger than that of the total, and together they cover it.
///
/// Distinct persons have an overlap in every dimension, but their overlaps do not add up: somebody with one form in 2020 and
/// another one in 2021 is in no overlap of a year and in that of both years.
fn overlaps(drafts: &Drafts, linked: &mut Linked, constraints: &mut Vec<Constraint>) -> Result<Vec<u32>> {
    // By dimension and total. A total has one family of this kind in a dimension, the same in all tables.
    let mut overlaps: HashMap<(usize, u32), u32> = HashMap::new();
    let mut names: Vec<&str> = Vec::new();
    for (table, cells) in drafts.tables.iter().zip(&linked.cells) {
        let dimensions = &table.cube.dimensions;
        for (d, breakdown) in dimensions.iter().enumerate() {
            let dimension = number(&mut names, &breakdown.dimension);
            for family in breakdown.families.iter().filter(|family| family.kind == FamilyKind::Cover) {
                for (cell, children) in sums(cells, dimensions, d, family) {
                    let parent = cells[cell];
                    if overlaps.contains_key(&(dimension, parent)) {
                        continue;
                    }
                    let sum: u64 = children.iter().map(|&child| linked.counts[child as usize]).sum();
                    let excess = sum.checked_sub(linked.counts[parent as usize]).ok_or_else(|| {
                        Error::failed("a group is larger than all its parts")
                            .hint("this is a defect of the program: please report it")
                    })?;
                    let detail = linked.system.detail[parent as usize];
                    let [all, over] = [sum, excess].map(|count| {
                        linked.counts.push(count);
                        linked.implied.push(false);
                        linked.system.hides_zero.push(true);
                        linked.system.detail.push(detail);
                        (linked.counts.len() - 1) as u32
                    });
                    overlaps.insert((dimension, parent), over);
                    constraints.push(Constraint { parent: all, children, partition: true });
                    constraints.push(Constraint { parent: all, children: vec![parent, over], partition: true });
                }
                if table.indicator.counting == Counting::Persons {
                    continue;
                }
                let others = dimensions.iter().enumerate().filter(|(e, _)| *e != d);
                for (e, across) in others.flat_map(|(e, other)| other.families.iter().map(move |across| (e, across))) {
                    for (cell, parts) in sums(cells, dimensions, e, across) {
                        if node_of(cell, dimensions, d) != family.parent {
                            continue;
                        }
                        let mut children: Vec<_> = parts.iter().map(|part| overlaps[&(dimension, *part)]).collect();
                        children.sort_unstable();
                        let parent = overlaps[&(dimension, cells[cell])];
                        constraints.push(Constraint {
                            parent,
                            children,
                            partition: across.kind == FamilyKind::Partition,
                        });
                    }
                }
            }
        }
    }
    Ok(overlaps.into_values().collect())
}

/// Returns the number of a name, which is new if it is not in the list.
fn number<'a>(names: &mut Vec<&'a str>, name: &'a str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

/// Every cell that is the parent of a family, with the variables of its children, ascending; cells that are zero are
/// left out.
fn sums<'a>(
    cells: &'a [u32],
    dimensions: &'a [Breakdown],
    d: usize,
    family: &'a Family,
) -> impl Iterator<Item = (usize, Vec<u32>)> + 'a {
    let stride = stride(dimensions, d);
    let nodes = dimensions[d].nodes.len();
    let is_parent = move |&cell: &usize| (cell / stride) % nodes == usize::from(family.parent) && cells[cell] != NONE;
    (0..cells.len()).filter(is_parent).map(move |cell| {
        let base = cell - usize::from(family.parent) * stride;
        let parts = family.children.iter().map(|&child| cells[base + usize::from(child) * stride]);
        let mut children: Vec<_> = parts.filter(|&child| child != NONE).collect();
        children.sort_unstable();
        (cell, children)
    })
}

/// Families, and what follows from them when a child is replaced by its own children.
///
/// A suppressed total between its parent and its parts says nothing of its own, and a sum that leaves it out is narrower
/// than two sums that are propagated one after another.
fn with_flattened(families: &[Family]) -> Vec<Family> {
    let mut all = families.to_vec();
    let partition = |parent: u16| families.iter().find(|f| f.parent == parent && f.kind == FamilyKind::Partition);
    for family in families.iter().filter(|family| family.kind == FamilyKind::Partition) {
        let mut children = family.children.clone();
        while children.iter().any(|&child| partition(child).is_some()) {
            children = children
                .iter()
                .flat_map(|&child| partition(child).map_or_else(|| vec![child], |parts| parts.children.clone()))
                .collect();
            all.push(Family { parent: family.parent, children: children.clone(), kind: FamilyKind::Partition });
        }
    }
    all
}

/// Every way in which cells of one table add up.
fn constraints(drafts: &Drafts, cells: &[Vec<u32>]) -> Vec<Constraint> {
    let of_table = |(table, cells): (&Draft, &Vec<u32>)| {
        let cube = &table.cube;
        let mut found = Vec::new();
        for (d, breakdown) in cube.dimensions.iter().enumerate() {
            for family in &with_flattened(&breakdown.families) {
                let partition = family.kind == FamilyKind::Partition;
                let sums = sums(cells, &cube.dimensions, d, family);
                found.extend(sums.map(|(cell, children)| Constraint { parent: cells[cell], children, partition }));
            }
        }
        found
    };
    drafts.tables.par_iter().zip(cells).flat_map_iter(of_table).collect()
}
