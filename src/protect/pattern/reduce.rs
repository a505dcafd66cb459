//! What the shown zeros alone make the same number: a smaller system from which the attacker learns just as much.
//!
//! Most cells of a detailed release are zero, and that is shown. A sum whose parts are such zeros, all but one, says
//! that its total is that part, so both are one variable; sums that then read alike are one sum.

use std::collections::HashSet;

use rayon::prelude::*;

use super::system::{Constraint, NONE, System};

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
        let mut class_of = vec![NONE; system.len()];
        let (mut hides_zero, mut detail, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        let mut difference = Vec::new();
        for cell in (0..system.len()).filter(|&cell| !is_zero[cell]) {
            // A class is named after its first cell.
            let class = classes[cell] as usize;
            if class == cell {
                class_of[cell] = hidden.len() as u32;
                hides_zero.push(true);
                detail.push(u32::MAX);
                hidden.push(true);
                difference.push(false);
            }
            class_of[cell] = class_of[class];
            let number = class_of[cell] as usize;
            hides_zero[number] &= system.hides_zero[cell];
            hidden[number] &= system.hidden[cell];
            difference[number] |= system.difference[cell];
            if !system.hidden[cell] {
                detail[number] = system.detail[cell].min(detail[number]);
            }
        }
        let number = |class: u32| class_of[class as usize];
        let constraints = constraints.into_iter().map(|Constraint { parent, children, partition }| Constraint {
            parent: number(parent),
            children: children.into_iter().map(number).collect(),
            partition,
        });
        let constraints = constraints.collect();
        let mut reduced = System::new(hides_zero, detail, constraints);
        reduced.hidden = hidden;
        reduced.difference = difference;
        Self { system: reduced, of: class_of }
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
        let is_relation = !children.is_empty() && children != [parent];
        is_relation.then_some(Constraint { parent, children, partition: constraint.partition })
    };
    let mut constraints: Vec<Constraint> = system.constraints.par_iter().filter_map(rewrite).collect();
    constraints.par_sort_unstable();
    constraints.dedup();
    constraints
}

/// Classes that occur twice in a sum: there its cells must be kept apart.
fn repeated(constraint: &Constraint) -> Vec<u32> {
    let mut all: Vec<u32> = constraint.children.iter().copied().chain([constraint.parent]).collect();
    all.sort_unstable();
    all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protect::attack;

    /// 10 = a + 0 + 0: the total is its part. All else that is known of either is known of both.
    #[test]
    fn a_sum_of_one_part_is_that_part() {
        let sum = |parent, children: &[u32]| Constraint { parent, children: children.to_vec(), partition: true };
        let system =
            System::new(vec![false; 6], vec![1; 6], vec![sum(0, &[1, 2, 3]), sum(4, &[0, 5]), sum(4, &[1, 5])]);
        let is_zero = zeros(&system, &[false, false, true, true, false, false]);
        let reduced = Reduced::new(&system, &is_zero);
        assert_eq!(reduced.of, [0, 0, NONE, NONE, 1, 2]);
        assert_eq!(reduced.system.constraints, [sum(1, &[0, 2])]);
    }

    #[test]
    fn zeros_follow_over_several_sums() {
        let sum = |parent, children: &[u32]| Constraint { parent, children: children.to_vec(), partition: true };
        let system = System::new(vec![true; 6], vec![1; 6], vec![sum(0, &[1, 2]), sum(3, &[1, 4]), sum(5, &[4, 3])]);
        // Where 0 is zero, 1 and 2 are. With 4 zero as well, 3 is zero, and so is 5.
        assert_eq!(zeros(&system, &[true, false, false, false, true, false]), [true; 6]);
        assert_eq!(zeros(&system, &[true, false, false, false, false, false])[3..], [false; 3]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 512, ..Default::default() })]

        /// A table of four rows, three columns and two layers, mostly empty, with all its totals, some
        /// published: whoever looks at the smaller system knows as much of every cell, and nothing that is wrong.
        #[test]
        fn the_smaller_system_tells_as_much(
            counts in proptest::collection::vec(proptest::prop_oneof![3 => proptest::strategy::Just(0u64), 2 => 1u64..30], 24),
            shown in proptest::collection::vec(proptest::bool::ANY, 60),
            hides in proptest::collection::vec(proptest::bool::weighted(0.2), 60),
        ) {
            // A cell for each row, column and layer, where 4, 3 and 2 stand for all of them.
            let cell = |row: usize, column: usize, layer: usize| ((row * 4 + column) * 3 + layer) as u32;
            let mut all = vec![0; 60];
            let mut sums = Vec::new();
            for row in 0..5 {
                for column in 0..4 {
                    for layer in 0..3 {
                        let rows = if row == 4 { 0..4 } else { row..row + 1 };
                        for r in rows {
                            for c in if column == 3 { 0..3 } else { column..column + 1 } {
                                for l in if layer == 2 { 0..2 } else { layer..layer + 1 } {
                                    all[cell(row, column, layer) as usize] += counts[(r * 3 + c) * 2 + l];
                                }
                            }
                        }
                        let mut sum = |children: Vec<u32>| {
                            sums.push(Constraint { parent: cell(row, column, layer), children, partition: true });
                        };
                        if row == 4 {
                            sum((0..4).map(|r| cell(r, column, layer)).collect());
                        }
                        if column == 3 {
                            sum((0..3).map(|c| cell(row, c, layer)).collect());
                        }
                        if layer == 2 {
                            sum((0..2).map(|l| cell(row, column, l)).collect());
                        }
                    }
                }
            }
            let system = System::new(hides.clone(), vec![1; 60], sums);
            let known: Vec<bool> = (0..60).map(|at| all[at] == 0 && !hides[at]).collect();
            let is_zero = zeros(&system, &known);
            proptest::prop_assert!((0..60).all(|at| !is_zero[at] || all[at] == 0));
            let reduced = Reduced::new(&system, &is_zero);
            // A number is published in all cells that bear it, or in none.
            let mut published = vec![None; reduced.system.len()];
            for at in (0..60).filter(|&at| !is_zero[at]) {
                let class = reduced.of[at] as usize;
                if shown[class] {
                    proptest::prop_assert!(published[class].is_none_or(|count| count == all[at]));
                    published[class] = Some(all[at]);
                }
            }
            let whole: Vec<Option<u64>> =
                (0..60).map(|at| if is_zero[at] { Some(0) } else { published[reduced.of[at] as usize] }).collect();
            let (found, small) = (attack(&system, &whole).unwrap(), attack(&reduced.system, &published).unwrap());
            for at in (0..60).filter(|&at| !is_zero[at]) {
                let (one, other) = (found[at], small[reduced.of[at] as usize]);
                proptest::prop_assert!(one.lower <= other.lower && other.lower <= all[at]);
                proptest::prop_assert!(other.upper.is_none_or(|upper| all[at] <= upper));
                proptest::prop_assert!(one.upper.is_none_or(|upper| other.upper.is_some_and(|other| other <= upper)));
            }
        }
    }
}
