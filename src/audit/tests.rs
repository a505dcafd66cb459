//! The auditor against all tables of small systems, counted one by one.

use std::collections::BTreeMap;

use super::attack::{Attacked, attack};
use super::bounds::{CellBounds, Side};
use super::certificate::{Certificates, Claim};
use super::checked::checked;
use super::eliminate::{History, Solved, eliminate, is_complete};
use super::names::NumberedNames;
use super::relations::LinkedReleases;
use super::rule::{Demand, Known};
use super::search::CellVerdict;
use super::system::{EquationSystem, Meaning, OPEN, Relation};
use super::tableau::{Feasibility, Tableau};

/// Numbers that look random and are the same in each run.
struct RandomNumbers(u64);

impl RandomNumbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const THRESHOLD: i64 = 4;

/// A table of two or three rows, columns and layers with all margins, and counts. Some are suppressed.
struct Small {
    linked: LinkedReleases,
    /// Cells whose counts are free: the inner ones.
    inner: usize,
    /// For each cell, the inner cells that it is the sum of.
    parts: Vec<Vec<usize>>,
}

fn small(numbers: &mut RandomNumbers) -> Small {
    let sizes = [2 + numbers.below(2) as usize, 2 + numbers.below(2) as usize, 1 + numbers.below(2) as usize];
    let inner = sizes.iter().product::<usize>();
    let counts: Vec<i64> = (0..inner).map(|_| numbers.below(6) as i64).collect();
    let place = |at: usize| [at / (sizes[1] * sizes[2]), at / sizes[2] % sizes[1], at % sizes[2]];
    let mut system = EquationSystem::default();
    let mut parts = Vec::new();
    // Each combination of codes and totals: the total of a dimension has the number of its size.
    let mut all = Vec::new();
    for row in 0..=sizes[0] {
        for column in 0..=sizes[1] {
            for layer in 0..=sizes[2] {
                all.push([row, column, layer]);
            }
        }
    }
    let is_in = |cell: &[usize; 3], at: usize| (0..3).all(|d| cell[d] == sizes[d] || cell[d] == place(at)[d]);
    for (number, cell) in all.iter().enumerate() {
        let inner_cells: Vec<usize> = (0..inner).filter(|&at| is_in(cell, at)).collect();
        let count: i64 = inner_cells.iter().map(|&at| counts[at]).sum();
        let id = system.cell(Meaning::Count(number as u32));
        let at = &mut system.cells[id as usize];
        let chance = if count < THRESHOLD { 9 } else { 4 };
        if numbers.below(10) < chance {
            at.threshold = THRESHOLD;
            at.lower = 0;
        } else {
            at.value = Some(count);
        }
        parts.push(inner_cells);
    }
    let number = |cell: &[usize; 3]| all.iter().position(|other| other == cell).unwrap() as u32;
    for cell in &all {
        for d in (0..3).filter(|&d| cell[d] == sizes[d]) {
            let part = |code: usize| {
                let mut part = *cell;
                part[d] = code;
                (number(&part), 1)
            };
            let terms = (0..sizes[d]).map(part).chain([(number(cell), -1)]).collect();
            system.add(terms, Relation::Sum(0, d as u16));
        }
    }
    let linked = LinkedReleases { system, names: NumberedNames::default(), tables: Vec::new(), derived: Vec::new() };
    Small { linked, inner, parts }
}

/// Lists the least and the greatest count of each cell over all tables that agree with what is published. Nothing where there are
/// too many tables.
fn count_all(small: &Small) -> Option<Vec<(i64, i64)>> {
    let Small { linked, inner, parts } = small;
    let system = &linked.system;
    let published: Vec<(usize, i64)> =
        system.cells.iter().enumerate().filter_map(|(cell, entry)| Some((cell, entry.value?))).collect();
    let mut ends = vec![(OPEN, -1); system.cells.len()];
    let mut table = vec![0i64; *inner];
    let mut left = 60_000u64;
    fn fill(
        at: usize,
        table: &mut Vec<i64>,
        (parts, published): (&[Vec<usize>], &[(usize, i64)]),
        (ends, left): (&mut Vec<(i64, i64)>, &mut u64),
    ) -> Option<()> {
        *left = left.checked_sub(1)?;
        if at == table.len() {
            let count = |cell: usize| parts[cell].iter().map(|&part| table[part]).sum::<i64>();
            if published.iter().all(|&(cell, value)| count(cell) == value) {
                for (cell, ends) in ends.iter_mut().enumerate() {
                    *ends = (ends.0.min(count(cell)), ends.1.max(count(cell)));
                }
            }
            return Some(());
        }
        // No inner cell is larger than what is left of a published cell that holds it.
        let room = |&(cell, value): &(usize, i64)| {
            parts[cell]
                .contains(&at)
                .then(|| value - parts[cell].iter().filter(|&&part| part < at).map(|&part| table[part]).sum::<i64>())
        };
        let upper = published.iter().filter_map(room).min()?;
        for count in 0..=upper {
            table[at] = count;
            fill(at + 1, table, (parts, published), (&mut *ends, &mut *left))?;
        }
        table[at] = 0;
        Some(())
    }
    fill(0, &mut table, (parts, &published), (&mut ends, &mut left))?;
    Some(ends)
}

/// Audits, checks the certificates, and compares each verdict with the ends over all tables.
fn compare(small: &Small, ends: &[(i64, i64)]) -> (usize, usize) {
    let attacked = attack(&small.linked, THRESHOLD).unwrap();
    let certificates = Certificates::of(&small.linked.system, &attacked);
    let found = checked(&small.linked, &certificates, THRESHOLD).unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
    let mut unsafe_cells = 0;
    for judged in &attacked.judged {
        let expected = judged.demand.judge(ends[judged.cell as usize]);
        match judged.verdict {
            CellVerdict::Safe { .. } => assert_eq!(expected, Known::Open),
            CellVerdict::Harmless => assert_eq!(expected, Known::Harmless),
            CellVerdict::Unsafe => assert_eq!(expected, Known::Broken),
            // Fractions would do and whole numbers do not, which has no short certificate.
            CellVerdict::Undecided => assert_ne!(expected, Known::Open),
        }
        unsafe_cells += usize::from(judged.verdict == CellVerdict::Unsafe);
    }
    (attacked.judged.len(), unsafe_cells)
}

/// Asks for one number beyond each end of each cell, which must have no table, and for the end, which must have one.
fn compare_ends(system: &EquationSystem, ends: &[(i64, i64)]) {
    let bounds = CellBounds::stated(system);
    let solved: Option<Vec<Solved>> = eliminate(system, &bounds, History::Dropped).solved().into_iter().collect();
    let solved = solved.unwrap();
    assert!(is_complete(system, &bounds, &solved));
    let limits = (0..system.cells.len() as u32).map(|cell| system.stated(cell)).collect();
    let mut tableau = Tableau::new(solved, limits).unwrap();
    for (cell, &(low, high)) in ends.iter().enumerate().filter(|(cell, _)| system.cells[*cell].value.is_none()) {
        let cell = cell as u32;
        for (bound, expected) in
            [((0, low), true), ((0, low - 1), false), ((high, OPEN), true), ((high + 1, OPEN), false)]
        {
            tableau.bind(cell, bound).unwrap();
            let answer = tableau.solve(1_000_000);
            assert_eq!(answer == Feasibility::Yes, expected, "{cell} {bound:?}");
            assert_ne!(answer, Feasibility::Open);
        }
        tableau.bind(cell, system.stated(cell)).unwrap();
    }
}

#[test]
fn verdicts_and_intervals_are_those_of_all_tables() {
    let mut numbers = RandomNumbers(18);
    let (mut systems, mut cells, mut unsafe_cells) = (0, 0, 0);
    while systems < 200 {
        let small = small(&mut numbers);
        let Some(ends) = count_all(&small) else { continue };
        let (judged, broken) = compare(&small, &ends);
        compare_ends(&small.linked.system, &ends);
        systems += 1;
        cells += judged;
        unsafe_cells += broken;
    }
    assert!(cells > 2_000 && unsafe_cells > 500, "{cells} cells, {unsafe_cells} unsafe");
}

/// A safe table of two rows and two columns: all inner cells are suppressed.
fn square() -> LinkedReleases {
    let mut system = EquationSystem::default();
    // Inner cells 0 to 3, then the totals of rows and columns.
    for (number, value) in [None, None, None, None, Some(20), Some(30), Some(26), Some(24)].into_iter().enumerate() {
        let cell = system.cell(Meaning::Count(number as u32));
        let at = &mut system.cells[cell as usize];
        (at.value, at.threshold) = (value, if value.is_none() { 10 } else { 0 });
    }
    for (total, parts) in [(4, [0, 1]), (5, [2, 3]), (6, [0, 2]), (7, [1, 3])] {
        let terms = parts.into_iter().map(|part| (part, 1)).chain([(total, -1)]).collect();
        system.add(terms, Relation::Sum(0, 0));
    }
    LinkedReleases { system, names: NumberedNames::default(), tables: Vec::new(), derived: Vec::new() }
}

fn attacked(linked: &LinkedReleases) -> (Attacked, Certificates) {
    let attacked = attack(linked, 10).unwrap();
    let certificates = Certificates::of(&linked.system, &attacked);
    (attacked, certificates)
}

/// Cells 0 and 1 can be anything from 0 to 20. Cells 2 and 3 are at least 4 of 24 or 6 of 26, which the rule does not allow: a
/// reader learns more of their least size than shown zeros concede.
#[test]
fn a_mutation_of_a_certificate_is_found() {
    let linked = square();
    let (_, right) = attacked(&linked);
    let claims: Vec<&Claim> = right.claims.values().collect();
    assert!(matches!(claims[..], [Claim::Safe { .. }, Claim::Safe { .. }, Claim::Unsafe, Claim::Unsafe]), "{claims:?}");
    let is_right = |found: &Certificates| checked(&linked, found, 10).is_ok_and(|checked| checked.faults.is_empty());
    assert!(is_right(&right));
    let changes: [&dyn Fn(&mut Certificates); 9] = [
        &|certificates| {
            certificates.tables.pop();
        },
        &|certificates| {
            certificates.tables[0].pop();
        },
        &|certificates| certificates.base.retain(|cell, _| *cell != 0),
        &|certificates| certificates.base.extend([(1, right.base[&1] + 1)]),
        &|certificates| certificates.claims.retain(|cell, _| *cell != 0),
        &|certificates| certificates.claims.extend([(0, Claim::Safe { low: 0, high: 0 })]),
        &|certificates| certificates.claims.extend([(2, Claim::Harmless)]),
        &|certificates| certificates.steps.clear(),
        &|certificates| certificates.steps[0].bound += if certificates.steps[0].side == Side::Lower { 1 } else { -1 },
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut wrong = right.clone();
        change(&mut wrong);
        assert!(!is_right(&wrong), "change {at}");
    }
}

/// Certificates belong to what is published: with another published number they do not hold.
#[test]
fn certificates_of_other_counts_do_not_hold() {
    let (_, right) = attacked(&square());
    let mut other = square();
    other.system.cells[5].value = Some(31);
    other.system.cells[7].value = Some(25);
    assert!(checked(&other, &right, 10).is_ok_and(|checked| !checked.faults.is_empty()));
    let mut published = square();
    published.system.cells[0].value = Some(9);
    assert!(checked(&published, &right, 10).is_ok_and(|checked| !checked.faults.is_empty()));
}

#[test]
fn counts_that_agree_with_nothing_are_refused() {
    let mut linked = square();
    linked.system.cells[5].value = Some(29);
    assert!(attack(&linked, 10).is_err());
}

/// Of a total of 5 two parts remain, and nothing else is known: both are below the threshold.
#[test]
fn small_rests_are_unsafe() {
    let mut system = EquationSystem::default();
    for value in [Some(25), Some(20), None, None] {
        let next = system.cells.len() as u32;
        let cell = system.cell(Meaning::Count(next));
        let at = &mut system.cells[cell as usize];
        (at.value, at.threshold) = (value, if value.is_none() { 10 } else { 0 });
    }
    system.add(vec![(0, -1), (1, 1), (2, 1), (3, 1)], Relation::Sum(0, 0));
    let linked = LinkedReleases { system, names: NumberedNames::default(), tables: Vec::new(), derived: Vec::new() };
    let (attacked, _) = attacked(&linked);
    let verdicts: BTreeMap<u32, CellVerdict> =
        attacked.judged.iter().map(|entry| (entry.cell, entry.verdict)).collect();
    assert_eq!(verdicts, [(2, CellVerdict::Unsafe), (3, CellVerdict::Unsafe)].into());
    assert!(matches!(attacked.judged[0].demand, Demand::Ends { high: 10, .. }));
}
