//! `structure.csv` is enough to rebuild every sum of a release.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Bench, Row, files_below, rows};

/// Adds up the counts of each parent in each table, and compares where nothing is suppressed.
#[test]
fn the_sums_of_all_tables_follow_from_the_structure() {
    let bench = Bench::new().with_sample();
    bench.run("run -q").succeeds();
    let mut edges: BTreeMap<String, BTreeMap<(String, String), BTreeSet<String>>> = BTreeMap::new();
    for row in rows(&bench.path("out/release/structure.csv")) {
        let parts = edges.entry(row["DIMENSION"].clone()).or_default();
        parts.entry((row["PARENT"].clone(), row["KIND"].clone())).or_default().insert(row["CHILD"].clone());
    }
    let (mut sums, mut covers) = (0, 0);
    for name in files_below(&bench.path("out/release/tables")) {
        let path = bench.path("out/release/tables").join(&name);
        if path.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        let all = rows(&path);
        let counts: Vec<&Row> = all.iter().filter(|row| row["INDICATOR"] == "DETV_N").collect();
        let Some(first) = counts.first() else { continue };
        let names: Vec<String> = first.keys().filter(|name| edges.contains_key(*name)).cloned().collect();
        let key = |row: &Row, d: &str, code: &str| -> Vec<String> {
            names.iter().map(|name| if name == d { code.to_owned() } else { row[name].clone() }).collect()
        };
        let value = |row: &Row| row["OBS_VALUE"].parse::<u64>().ok();
        let cells: BTreeMap<Vec<String>, Option<u64>> =
            counts.iter().map(|row| (names.iter().map(|name| row[name].clone()).collect(), value(row))).collect();
        for (d, parents) in names.iter().map(|name| (name, &edges[name])) {
            let codes: BTreeSet<&String> = counts.iter().map(|row| &row[d]).collect();
            let is_part =
                |code: &String| parents.iter().any(|((list, _), parts)| codes.contains(list) && parts.contains(code));
            let tops: Vec<&&String> = codes.iter().filter(|code| !is_part(code)).collect();
            assert_eq!(tops.len(), 1, "{}: {d}: {tops:?}", name.display());
            for row in &counts {
                for ((parent, kind), children) in parents.iter().filter(|((parent, _), _)| *parent == row[d]) {
                    let Some(whole) = value(row) else { continue };
                    let parts: Vec<Option<u64>> =
                        children.iter().filter_map(|code| cells.get(&key(row, d, code)).copied()).collect();
                    let Some(parts) = parts.into_iter().collect::<Option<Vec<u64>>>() else { continue };
                    if parts.is_empty() {
                        continue;
                    }
                    let sum: u64 = parts.iter().sum();
                    if kind == "sum" {
                        assert_eq!(sum, whole, "{}: {d}={parent}: {row:?}", name.display());
                        sums += 1;
                    } else {
                        let largest = parts.iter().max().copied().unwrap_or(0);
                        assert!(largest <= whole && whole <= sum, "{}: {d}={parent}: {row:?}", name.display());
                        covers += 1;
                    }
                }
            }
        }
    }
    assert!(sums > 10_000 && covers > 200, "{sums} sums, {covers} covers compared");
}
