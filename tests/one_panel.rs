//! All shares of one dimension rest on the same areas, so no part has a larger share than its whole.
//! The test of a published file is skipped, and says so, where the file is not at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{Bench, Row, project, real_data, rows};

/// The region that holds each code of M49.
fn parents() -> BTreeMap<String, String> {
    let table = rows(&project().join("schemas").join("regions").join("M49@1.csv"));
    table.into_iter().map(|row| (row["code"].clone(), row["parent"].clone())).collect()
}

/// Checks that every region has one panel for all its shares of origins, and that no origin exceeds the region in which it
/// lies. Returns how many pairs it compared.
fn check_origins(release: &Path) -> usize {
    let found = rows(&release.join("tables").join("flows.csv"));
    let shares: BTreeMap<(&str, &str), &Row> = found
        .iter()
        .filter(|row| row["INDICATOR"] == "FLOW_ORIGIN_PT")
        .map(|row| ((row["REF_AREA"].as_str(), row["ORIGIN"].as_str()), row))
        .collect();
    let mut panels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let parents = parents();
    let mut compared = 0;
    for ((area, origin), row) in &shares {
        panels.entry(area).or_default().insert(&row["N_AREAS"]);
        let Some(whole) = parents.get(*origin).and_then(|parent| shares.get(&(*area, parent.as_str()))) else {
            continue;
        };
        let number = |row: &Row, bound: &str| {
            let cell = if row["OBS_VALUE"].is_empty() { &row[bound] } else { &row["OBS_VALUE"] };
            cell.parse::<f64>().ok()
        };
        if let (Some(part), Some(whole)) = (number(row, "LOWER_BOUND"), number(whole, "UPPER_BOUND")) {
            assert!(part <= whole + 2e-4, "{area}: {origin} has at least {part} %, and its region at most {whole} %");
            compared += 1;
        }
    }
    let several: Vec<_> = panels.iter().filter(|(_, panels)| panels.len() > 1).collect();
    assert!(several.is_empty(), "{several:?}");
    compared
}

fn figures(rows: &[(&str, &str, u32)]) -> Bench {
    let head = "area,year,subject,sex,age,form,citizenship,citizenship_group,repatriated_from,unit,value\n";
    let line = |(area, citizenship, value): &(&str, &str, u32)| {
        format!("{area},2020,VICTIMS,_T,_T,_T,{citizenship},_T,_T,NUMBER,{value}\n")
    };
    let text: String = std::iter::once(head.to_owned()).chain(rows.iter().map(line)).collect();
    let bench = Bench::new().file("figures.csv", text);
    bench.run("ingest figures.csv --schema figure --out store -q").succeeds();
    bench.run("combine store --tables flows --out out -q").succeeds();
    bench
}

fn share(bench: &Bench, area: &str, origin: &str) -> String {
    let found = rows(&bench.path("out/tables/flows.csv"));
    let is = |row: &&Row| row["INDICATOR"] == "FLOW_ORIGIN_PT" && row["REF_AREA"] == area && row["ORIGIN"] == origin;
    let row = found.iter().find(is).unwrap_or_else(|| panic!("no share of {origin} in {area}"));
    format!("{} {} {} of {}", row["OBS_VALUE"], row["LOWER_BOUND"], row["UPPER_BOUND"], row["N_AREAS"])
}

/// Laos reports zero victims from Asia, so it reports none of its countries either. Viet Nam's share of the region rested on Cambodia
/// alone and was 40 %, within an Asia of 28.6 %.
#[test]
fn a_part_rests_on_the_areas_of_its_whole() {
    let bench = figures(&[("KHM", "VNM", 40), ("KHM", "NGA", 60), ("LAO", "NGA", 10), ("LAO", "GHA", 30)]);
    assert_eq!(share(&bench, "M49_035", "M49_142"), "28.5714   of 2");
    assert_eq!(share(&bench, "M49_035", "VNM"), "28.5714   of 2");
    assert_eq!(share(&bench, "M49_035", "NGA"), "50   of 2");
    assert_eq!(share(&bench, "M49_035", "GHA"), "21.4286   of 2");
    assert!(check_origins(&bench.path("out")) > 5);
    let panels = rows(&bench.path("out/panels.csv"));
    let of_shares: Vec<_> = panels.iter().filter(|row| row["INDICATOR"] == "FLOW_ORIGIN_PT").collect();
    assert!(of_shares.iter().any(|row| row["REF_AREA"] == "M49_035" && row["TIME_PERIOD"] == "_T"));
    assert!(of_shares.iter().all(|row| row["AREAS"] == "KHM;LAO"));
}

/// The same of records, some with empty cells.
#[test]
fn records_have_one_panel_too() {
    let mut text = "area,year,sex,age,citizenship,count\n".to_owned();
    for (at, (area, origin)) in
        [("KHM", "VNM"), ("KHM", "NGA"), ("LAO", "NGA"), ("LAO", "GHA"), ("THA", "_U"), ("THA", "MMR"), ("FRA", "NGA")]
            .into_iter()
            .enumerate()
    {
        text.push_str(&format!("{area},2020,F,30,{origin},{}\n", 3 + 25 * at));
    }
    let run = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"flows\"]\n";
    let bench = Bench::new().file("in.csv", text).file("tipstat.toml", run);
    bench.run("run -q").succeeds();
    assert!(check_origins(&bench.path("out/release")) > 10);
}

/// UNODC's file: countries report some origins by country and others by region only.
#[test]
fn the_portal_s_file_has_one_panel_for_each_region() {
    let Some(file) = real_data("unodc/data_glotip_20230530.csv") else { return };
    let bench = Bench::new();
    std::fs::copy(file, bench.path("in.csv")).unwrap();
    bench.run("combine in.csv --profile unodc-glotip --tables flows --out out -q").succeeds();
    assert!(check_origins(&bench.path("out")) > 1000);
}
