//! What the shown zeros alone make the same number: a smaller system that tells the attacker just as much.
//!
//! Most groups of a detailed release hold nobody, and that is shown. A sum of which all parts but one are such zeros says
//! that its total is that part, so both are one variable; sums that then read alike are one sum.

use std::collections::HashSet;

use rayon::prelude::*;

use super::System;
use super::system::{Constraint, NONE};

/// All cells that are zero because some are: those of an empty total, and a total of empty cells.
pub(super) fn zeros(system: &System, shown: &[bool]) -> Vec<bool> {
    let mut is_zero = shown.to_vec();
    let mut open: Vec<u32> = (0..system.len() as u32).filter(|&cell| shown[cell as usize]).collect();
    let mut others: Vec<u32> = system.constraints.iter().map(|constraint| constraint.children.len() as u32).collect();
    let mut empty: Vec<u32> = (0..others.len() as u32).filter(|&index| others[index as usize] == 0).collect();
    loop {
        let found = |cell: u32, is_zero: &mut [bool]| !std::mem::replace(&mut is_zero[cell as usize], true);
        if let Some(index) = empty.pop() {
            let parent = system.constraints[index as usize].parent;
            if found(parent, &mut is_zero) {
                open.push(parent);
            }
        } else if let Some(cell) = open.pop() {
            for &index in system.part_of.of(cell as usize) {
                others[index as usize] -= 1;
                if others[index as usize] == 0 {
                    empty.push(index);
                }
            }
            for &index in system.total_of.of(cell as usize) {
                let children = &system.constraints[index as usize].children;
                open.extend(children.iter().filter(|&&child| found(child, &mut is_zero)));
            }
        } else {
            return is_zero;
        }
    }
}

/// A system in which cells that must be the same number are one, and known zeros are left out.
pub(super) struct Reduced {
    pub system: System,
    /// For each cell of the whole system its variable, or [`NONE`] where it is known to be zero.
    pub of: Vec<u32>,
}

impl Reduced {
    /// Reduces a system by what is known to be zero in it.
    pub fn new(system: &System, is_zero: &[bool]) -> Self {
        let mut apart: HashSet<u32> = HashSet::new();
        loop {
            let classes = classes(system, is_zero, &apart);
            let constraints = rewritten(system, is_zero, &classes);
            let before = apart.len();
            apart.extend(constraints.iter().flat_map(repeated));
            if apart.len() == before {
                return Self::build(system, is_zero, &classes, constraints);
            }
        }
    }

    fn build(system: &System, is_zero: &[bool], classes: &[u32], constraints: Vec<Constraint>) -> Self {
        let mut of = vec![NONE; system.len()];
        let (mut hides_zero, mut detail, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        for cell in (0..system.len()).filter(|&cell| !is_zero[cell]) {
            // A class is named after its first cell.
            let class = classes[cell] as usize;
            if class == cell {
                of[cell] = hidden.len() as u32;
                hides_zero.push(true);
                detail.push(u32::MAX);
                hidden.push(true);
            }
            of[cell] = of[class];
            let number = of[cell] as usize;
            hides_zero[number] &= system.hides_zero[cell];
            hidden[number] &= system.hidden[cell];
            if !system.hidden[cell] {
                detail[number] = system.detail[cell].min(detail[number]);
            }
        }
        let number = |class: u32| of[class as usize];
        let constraints = constraints.into_iter().map(|Constraint { parent, children, partition }| Constraint {
            parent: number(parent),
            children: children.into_iter().map(number).collect(),
            partition,
        });
        let constraints = constraints.collect();
        let mut reduced = System::new(hides_zero, detail, constraints);
        reduced.hidden = hidden;
        Self { system: reduced, of }
    }
}

/// A name for each cell that all cells of the same number share: the least of them. Cells `apart` keep their own.
fn classes(system: &System, is_zero: &[bool], apart: &HashSet<u32>) -> Vec<u32> {
    let mut above: Vec<u32> = (0..system.len() as u32).collect();
    fn root(above: &mut [u32], cell: u32) -> u32 {
        let mut at = cell;
        while above[at as usize] != at {
            above[at as usize] = above[above[at as usize] as usize];
            at = above[at as usize];
        }
        at
    }
    for constraint in &system.constraints {
        let mut parts = constraint.children.iter().copied().filter(|&child| !is_zero[child as usize]);
        let (Some(part), None) = (parts.next(), parts.next()) else { continue };
        if is_zero[constraint.parent as usize] {
            continue;
        }
        let [one, other] = [part, constraint.parent].map(|cell| root(&mut above, cell));
        if !apart.contains(&one) && !apart.contains(&other) {
            above[one.max(other) as usize] = one.min(other);
        }
    }
    (0..system.len() as u32).map(|cell| root(&mut above, cell)).collect()
}

/// The sums in terms of classes, without zeros, each once and in an order of their own.
fn rewritten(system: &System, is_zero: &[bool], classes: &[u32]) -> Vec<Constraint> {
    let rewrite = |constraint: &Constraint| {
        if is_zero[constraint.parent as usize] {
            return None;
        }
        let parts = constraint.children.iter().filter(|&&child| !is_zero[child as usize]);
        let mut children: Vec<u32> = parts.map(|&child| classes[child as usize]).collect();
        children.sort_unstable();
        let parent = classes[constraint.parent as usize];
        // That a number is itself says nothing.
        let told = !children.is_empty() && children != [parent];
        told.then_some(Constraint { parent, children, partition: constraint.partition })
    };
    let mut constraints: Vec<Constraint> = system.constraints.par_iter().filter_map(rewrite).collect();
    constraints.par_sort_unstable();
    constraints.dedup();
    constraints
}

/// Classes that occur twice in a sum: there its cells must be told apart.
fn repeated(constraint: &Constraint) -> Vec<u32> {
    let mut all: Vec<u32> = constraint.children.iter().copied().chain([constraint.parent]).collect();
    all.sort_unstable();
    all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}
