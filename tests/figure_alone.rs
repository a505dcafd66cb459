//! What is printed of a country follows from its own figures, whatever other countries report next to it.

use std::collections::BTreeMap;

use crate::release_oracle::seeds;
use crate::support::{Bench, Random, figure_profile, rows, value_or_bounds};

const FIELDS: [&str; 9] = ["area", "year", "subject", "sex", "age", "form", "citizenship_group", "unit", "value"];
const TABLES: [&str; 5] =
    ["victims-by-profile", "victims-by-form", "victims-by-form-and-profile", "victims-by-nationality", "sdg-detv"];

/// The printed value or bounds of each row, by table and codes.
type Printed = BTreeMap<Vec<String>, String>;

/// Combines lines of figures; returns what is printed of each country.
fn printed(lines: &[String]) -> BTreeMap<String, Printed> {
    let text = FIELDS.join(",") + "\n" + &lines.concat();
    let bench = Bench::new().file("sch/profiles/fig.toml", figure_profile(&FIELDS)).file("in.csv", text);
    let all = TABLES.join(",");
    bench.run(&format!("combine in.csv --profile fig --schemas sch --tables {all} --out out -q")).succeeds();
    let mut out: BTreeMap<String, Printed> = BTreeMap::new();
    for table in TABLES {
        let path = bench.path(&format!("out/tables/{table}.csv"));
        for row in if path.exists() { rows(&path) } else { Vec::new() } {
            let codes = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "AGE", "FORM", "CITIZENSHIP"];
            let mut key: Vec<String> = codes.iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect();
            key.push(table.to_owned());
            out.entry(row["REF_AREA"].clone()).or_default().insert(key, value_or_bounds(&row));
        }
    }
    out
}

const CODES: [&[&str]; 4] = [
    &["_T", "F", "M", "_U"],
    &["_T", "Y0T17", "Y_GE18", "_U"],
    &["_T", "FG_SEXUAL", "LAB", "DOM", "FG_OTHER", "_U"],
    &["_T", "DOM", "CROSS", "NOCIT", "_U"],
];

/// How many victims have each code of the four dimensions; each has one form.
type Truth = BTreeMap<[&'static str; 4], u64>;

/// The cells of a cross; a bit of `cross` says that it has the dimension.
fn cells(cross: u64) -> Vec<[&'static str; 4]> {
    let mut cells = vec![["_T"; 4]];
    for (d, codes) in CODES.iter().enumerate().filter(|(d, _)| cross & (1 << d) != 0) {
        let with = |cell: &[&'static str; 4]| {
            let cell = *cell;
            codes[1..].iter().map(move |code| {
                let mut cell = cell;
                cell[d] = code;
                cell
            })
        };
        cells = cells.iter().flat_map(with).collect();
    }
    cells
}

/// Figures of random victims of a country, in a few crosses of each year, which lack some cells.
fn figures(area: &str, random: &mut Random) -> Vec<String> {
    let mut lines = BTreeMap::new();
    for year in [2019, 2020] {
        let truth: Truth = cells(15).into_iter().map(|cell| (cell, random.below(9) / 7)).collect();
        for _ in 0..=random.below(3) {
            for cell in cells(random.below(16)) {
                let is_in = |codes: &[&str; 4]| {
                    codes.iter().zip(cell).all(|(code, requested)| requested == "_T" || *code == requested)
                };
                let value: u64 = truth.iter().filter(|(codes, _)| is_in(codes)).map(|(_, value)| value).sum();
                let value = if value < 5 && random.below(9) == 0 { "<5".to_owned() } else { value.to_string() };
                if random.below(10) > 0 {
                    lines.entry(format!("{area},{year},VICTIMS,{},NUMBER", cell.join(","))).or_insert(value);
                }
            }
        }
    }
    lines.into_iter().map(|(line, value)| format!("{line},{value}\n")).collect()
}

/// A code that no country but another one reports may add rows. Those that are printed without it stay as they are.
#[test]
fn a_country_is_printed_alone_as_next_to_others() {
    let mut compared = 0;
    for seed in seeds(0..3) {
        let mut differs = Vec::new();
        let mut random = Random::new(seed);
        let areas = ["KHM", "USA", "FRA", "KEN", "BRA"];
        let all: Vec<Vec<String>> = areas.iter().map(|area| figures(area, &mut random)).collect();
        let together = printed(&all.concat());
        for (area, lines) in areas.iter().zip(&all).filter(|(_, lines)| !lines.is_empty()) {
            let alone = printed(lines);
            for (key, value) in &alone[*area] {
                compared += 1;
                let other = together[*area].get(key);
                if other != Some(value) {
                    differs.push(format!("{} is {value} alone and {other:?}", key.join(" ")));
                }
            }
        }
        assert!(differs.is_empty(), "seed {seed}: {}\n{}", differs.len(), differs.join("\n"));
    }
    assert!(compared > 1000, "{compared}");
}
