//! Household income in the poorest 40 percent and the rest, or in halves: of a source that asked for the one, the other is not known.

use crate::support::{Bench, rows};

const HEADER: &str = "area,year,sex,age,income,count\n";
const HALVES: &str = "THA,2020,F,Y_GE18,B50,60\nTHA,2020,F,Y_GE18,R50,40\n";
const OTHERS: &str = "KHM,2020,F,Y_GE18,B40,50\nKHM,2020,F,Y_GE18,R60,50\n";
const RUN: &str = "[release]\nid = \"x\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"in.csv\"\n\
    [tables]\npacks = [\"victims-by-income\"]\n";

/// Cells of all years and of all sexes and ages: `MEASURE AREA INCOME`.
fn cells(bench: &Bench, release: &str, cells: &[&str]) -> Vec<String> {
    let table = rows(&bench.path(&format!("{release}/tables/victims-by-income.csv")));
    let cell = |cell: &&str| {
        let words: Vec<&str> = cell.split(' ').collect();
        let row = table.iter().find(|row| {
            ["INDICATOR", "REF_AREA", "INCOME"].iter().zip(&words).all(|(name, word)| row[*name] == *word)
                && ["TIME_PERIOD", "SEX", "AGE"].iter().all(|name| row.get(*name).is_none_or(|code| code == "_T"))
        });
        row.map_or("no row".into(), |row| format!("{} {} of {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"]))
    };
    cells.iter().map(cell).collect()
}

const CELLS: [&str; 8] = [
    "DETV_N THA B40",
    "DETV_N THA B50",
    "DETV_N KHM R50",
    "DETV_N M49_035 _T",
    "DETV_N M49_035 B40",
    "DETV_N M49_035 B50",
    "DETV_INCOME_PT M49_035 B40",
    "DETV_INCOME_PT THA R60",
];
const RIGHT: [&str; 8] =
    [" L of 0", "60 A of 1", " L of 0", "200 A of 2", "50 A of 1", "60 A of 1", "50 A of 1", " L of 0"];

/// However the two countries arrive.
#[test]
fn a_division_that_an_area_does_not_use_is_not_reported() {
    let bench = Bench::new().file("in.csv", format!("{HEADER}{HALVES}{OTHERS}")).file("run.toml", RUN);
    bench.run("run run.toml --out out -q").succeeds();
    assert_eq!(cells(&bench, "out/release", &CELLS), RIGHT);
    for (area, records) in [("THA", HALVES), ("KHM", OTHERS)] {
        bench.write("in.csv", format!("{HEADER}{records}"));
        bench.run(&format!("run run.toml --out {area} -q")).succeeds();
    }
    // Alone, a country has no row of codes that it did not ask for.
    assert_eq!(cells(&bench, "THA/release", &CELLS[..2]), ["no row", "60 A of 1"]);
    for [one, other] in [["release"; 2], ["restricted"; 2], ["release", "restricted"]] {
        let line =
            format!("combine THA/{one} KHM/{other} --tables victims-by-income --synthetic --out both --force -q");
        bench.run(&line).succeeds();
        // Of a share that an area does not have a combined table has no row.
        assert_eq!(cells(&bench, "both", &CELLS[..7]), RIGHT[..7], "{one} {other}");
    }
}

#[test]
fn one_area_and_year_has_one_division() {
    let bench = Bench::new().file("run.toml", RUN);
    bench.write("in.csv", format!("{HEADER}KHM,2020,F,Y_GE18,Q1,30\nKHM,2020,F,Y_GE18,B50,50\n"));
    let what =
        "error[coverage/overlapping-codes]: KHM in 2020 divides its persons by `B40` and `R60`, and by `B50` and `R50`";
    bench.run("run run.toml --out out -q").refuses(what);
    assert!(!bench.path("out").exists());
    // Quintiles lie in the poorest 40 percent, and another year may have another division.
    let records =
        "KHM,2020,F,Y_GE18,Q1,30\nKHM,2020,F,Y_GE18,B40,50\nKHM,2020,F,Y_GE18,_U,12\nKHM,2021,F,Y_GE18,B50,50\n";
    bench.write("in.csv", format!("{HEADER}{records}"));
    bench.run("run run.toml --out out -q").succeeds();
    // No share of all years rests on a code that was asked for in one of them.
    let shown = ["DETV_N KHM B40", "DETV_N KHM B50", "DETV_INCOME_PT KHM B40"];
    assert_eq!(cells(&bench, "out/release", &shown), ["80 A of 1", "50 A of 1", " L of 0"]);
    // What one release may have, a combination of releases may have as well.
    for package in ["out/release", "out/restricted"] {
        bench
            .run(&format!("combine {package} --tables victims-by-income --synthetic --out both --force -q"))
            .succeeds();
        let combined = cells(&bench, "both", &shown);
        assert_eq!(combined[..2], ["80 A of 1", "50 A of 1"], "{package}");
        assert!(["no row", " L of 0", " O of 0"].contains(&&*combined[2]), "{package}: {combined:?}");
    }
}
