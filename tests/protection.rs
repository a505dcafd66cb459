//! The pattern of suppressed cells against an attacker, on random tables.

use proptest::prelude::*;
use tipstat::internals::protect::{BoundKind, Constraint, CountSystem, Policy, System, attack, suppress};
use tipstat::internals::schema::Registry;

/// A two-way table with its margins: cell (i, j) at `i * (columns + 1) + j`, the last row and column are totals.
fn table(counts: &[Vec<u64>], hides_zero: bool) -> (System, Vec<u64>) {
    let (rows, columns) = (counts.len(), counts[0].len());
    let at = |i: usize, j: usize| (i * (columns + 1) + j) as u32;
    let mut cells = vec![0; (rows + 1) * (columns + 1)];
    for (i, row) in counts.iter().enumerate() {
        for (j, &count) in row.iter().enumerate() {
            for cell in [at(i, j), at(i, columns), at(rows, j), at(rows, columns)] {
                cells[cell as usize] += count;
            }
        }
    }
    let mut sums = Vec::new();
    let all = |n: usize| 0..=n;
    for i in all(rows) {
        sums.push(Constraint {
            parent: at(i, columns),
            children: (0..columns).map(|j| at(i, j)).collect(),
            partition: true,
        });
    }
    for j in all(columns) {
        sums.push(Constraint { parent: at(rows, j), children: (0..rows).map(|i| at(i, j)).collect(), partition: true });
    }
    let detail =
        all(rows).flat_map(|i| all(columns).map(move |j| u32::from(i < rows) + u32::from(j < columns))).collect();
    (System::new(vec![hides_zero; cells.len()], detail, sums), cells)
}

fn counts() -> impl Strategy<Value = Vec<Vec<u64>>> {
    (2usize..6, 2usize..6).prop_flat_map(|(rows, columns)| {
        let count = prop_oneof![Just(0u64), 1u64..10, 10u64..40, 40u64..500];
        prop::collection::vec(prop::collection::vec(count, columns), rows)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_small_count_is_published_nor_narrowed(counts in counts(), hides_zero: bool) {
        let policy = Policy::load(&Registry::built_in(), "default").unwrap();
        let (system, cells) = table(&counts, hides_zero);
        let none = vec![false; cells.len()];
        let pattern = suppress(&CountSystem { system: &system, counts: &cells, implied: &none }, &policy, BoundKind::Upper, None).unwrap();
        let intervals = attack(&system, &pattern.published).unwrap();
        for (cell, &count) in cells.iter().enumerate() {
            prop_assert_eq!(intervals[cell], pattern.intervals[cell], "the attacker afresh finds the same");
            prop_assert!(intervals[cell].contains(count), "the truth agrees with what is published");
            match pattern.published[cell] {
                Some(shown) => {
                    prop_assert_eq!(shown, count);
                    prop_assert!(count >= 10 || (count == 0 && !hides_zero));
                }
                None => {
                    let upper = intervals[cell].upper;
                    prop_assert!(upper.is_none_or(|upper| upper >= 10), "known to be small");
                    let lower = intervals[cell].lower;
                    prop_assert!(lower >= 10 || upper.is_none_or(|upper| upper - lower >= 9), "known too well");
                    if count < 10 && hides_zero {
                        prop_assert_eq!(lower, 0, "known to exist");
                    }
                }
            }
        }
    }

    /// Without the complements the attacker finds every table with a lone small cell in a row.
    #[test]
    fn the_attacker_finds_what_is_not_covered(small in 1u64..10, large in 10u64..500) {
        let (system, cells) = table(&[vec![small, large], vec![large, large]], true);
        let published: Vec<_> = cells.iter().map(|&count| (count >= 10).then_some(count)).collect();
        let intervals = attack(&system, &published).unwrap();
        prop_assert_eq!((intervals[0].lower, intervals[0].upper), (small, Some(small)));
    }
}

/// F = 100, M = 3, T = 103: nothing can cover M but F, so F is suppressed as well. The total stays.
#[test]
fn a_lone_small_cell_takes_its_sister_with_it() {
    let policy = Policy::load(&Registry::built_in(), "default").unwrap();
    let system = System::new(
        vec![false; 3],
        vec![0, 1, 1],
        vec![Constraint { parent: 0, children: vec![1, 2], partition: true }],
    );
    let pattern = suppress(
        &CountSystem { system: &system, counts: &[103, 100, 3], implied: &[false; 3] },
        &policy,
        BoundKind::Upper,
        None,
    )
    .unwrap();
    assert_eq!(pattern.published, [Some(103), None, None]);
    // Zeros are shown, so each suppressed cell is 1 or more: what is left is 1 to 102.
    assert_eq!((pattern.intervals[2].lower, pattern.intervals[2].upper), (1, Some(102)));
}
