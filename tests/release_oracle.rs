//! Every published figure against a recount, in releases of made-up records with gaps, rare codes, many codes a person and
//! masks: of all record types and packs of tables, several schemes of regions and policies.
//!
//! In any release two tables never disagree about one cell, no part exceeds its whole, each figure equals the recount, and
//! printed bounds contain it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::panels::Panels;
use crate::recount::{Formula, Origin, Recount, Rule, Truth, is_missing};
use crate::support::{Bench, Row, files_below, project, rows};

/// Made-up choices that are the same in every run of the tests.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    pub fn of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }

    pub fn in_ten(&mut self, times: usize) -> bool {
        self.below(10) < times
    }
}

const AREAS: [&str; 7] = ["KHM", "THA", "DEU", "FRA", "NGA", "BRA", "R150"];
const COUNTS: [&str; 10] = ["1", "2", "9", "12", "30", "47", "80", "200", "<5", "2-20"];

/// Files of records: in each, some fields are not collected, and some areas do not report some years.
pub fn records(chance: &mut Chance, record: &str, areas: &[&'static str], gaps: bool, masks: bool) -> Vec<String> {
    let definition = std::fs::read_to_string(project().join(format!("schemas/records/{record}.toml"))).unwrap();
    let definition: toml::Table = definition.parse().unwrap();
    let mut fields: Vec<(String, bool, bool, Vec<String>)> = Vec::new();
    for field in definition["field"].as_array().unwrap() {
        let text = |key: &str| field.get(key).and_then(|value| value.as_str());
        let is_listed = text("codelist").is_some() && text("id") != Some("area");
        if is_listed && field.get("pooled").is_none() && text("id") != Some("subdivision") {
            let list = project().join(format!("schemas/codelists/{}.csv", text("codelist").unwrap()));
            let codes: Vec<String> = rows(&list).iter().map(|row| row["code"].clone()).collect();
            // A few codes of each list, so that cells are neither all empty nor all different.
            let mut some: Vec<String> =
                (0..5).map(|_| chance.of(&codes).clone()).filter(|code| code != "NOT_VICTIM").collect();
            match text("id").unwrap() {
                "age" => some = ["3", "17", "20", "48", "Y0T17", "Y_GE18", "_U"].map(str::to_owned).into(),
                "citizenship" | "repatriated_from" => {
                    some =
                        ["XXA", "XXB", "R002", "R150", "R019009", "KHM", "LAO", "NGA", "AUT"].map(str::to_owned).into();
                    some.extend(AREAS.iter().filter(|area| area.len() == 3).map(ToString::to_string));
                }
                // An area that divides its persons in two ways is refused: `divisions` has the cases.
                "income" => some = ["B40", "Q1", "Q4", "R60", "_U"].map(str::to_owned).into(),
                "sex" => some = ["F", "M", "F", "M", "_O", "_U"].map(str::to_owned).into(),
                "form" => some.extend(["SEX", "LAB", "FG_LABOUR", "_U"].map(str::to_owned)),
                _ => {}
            }
            let required = field.get("required").is_some_and(|value| value.as_bool() == Some(true));
            fields.push((text("id").unwrap().to_owned(), text("type") == Some("set"), required, some));
        }
    }
    let years = ["2019", "2020", "2021"];
    let pairs: Vec<(&str, &str)> = areas.iter().flat_map(|area| years.map(|year| (*area, year))).collect();
    let pairs: Vec<_> = pairs.into_iter().filter(|_| !gaps || chance.in_ten(7)).collect();
    (0..2)
        .map(|_| {
            let present: Vec<_> =
                fields.iter().filter(|(_, _, required, _)| *required || chance.in_ten(8)).cloned().collect();
            let names: Vec<&str> = present.iter().map(|(name, ..)| name.as_str()).collect();
            let mut text = format!("area,year,{},count\n", names.join(","));
            for _ in 0..24 {
                let (area, year) = chance.of(&pairs);
                let mut cells = Vec::new();
                for (name, set, required, codes) in &present {
                    let number = if *set { 1 + chance.below(3) } else { 1 };
                    let mut cell: Vec<&str> = (0..number).map(|_| chance.of(codes).as_str()).collect();
                    cell.sort_unstable();
                    cell.dedup();
                    let is_national = name == "citizenship" && chance.in_ten(4);
                    cells.push(match () {
                        () if is_national && area.len() == 3 => (*area).to_owned(),
                        () if !required && chance.in_ten(1) => String::new(),
                        () => cell.join(";"),
                    });
                }
                let limit = if masks { COUNTS.len() } else { 8 };
                let count = chance.of(&COUNTS[..limit]);
                writeln!(text, "{area},{year},{},{count}", cells.join(",")).unwrap();
            }
            text
        })
        .collect()
}

/// The bounds of a row: its value, or what is printed where it is suppressed.
pub fn bounds(row: &Row) -> [Option<f64>; 2] {
    let number = |column: &str| row[column].parse::<f64>().ok();
    match number("OBS_VALUE") {
        Some(value) => [Some(value); 2],
        None => [number("LOWER_BOUND"), number("UPPER_BOUND")],
    }
}

pub fn columns(row: &Row, names: &[String]) -> Vec<String> {
    names.iter().map(|name| row[name].clone()).collect()
}

/// The dimensions of a table, in the order of its columns.
pub fn dimensions(file: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let at = |name: &str| names.iter().position(|heading| *heading == name).unwrap();
    names[at("INDICATOR") + 1..at("OBS_VALUE")].iter().map(ToString::to_string).collect()
}

/// Who reported all of a row.
#[derive(Clone, Copy, PartialEq)]
pub enum Reported {
    No,
    ByCountry,
    /// Some area of a region.
    InRegion,
}

/// What is wrong with a row, if anything is. The last printed decimal may be rounded; bounds are rounded outwards.
pub fn fault(row: &Row, truth: Truth, reported: Reported, last: f64) -> Option<String> {
    let [lower, upper] = bounds(row);
    let status = row["OBS_STATUS"].as_str();
    let near = |a: f64, b: f64| (a - b).abs() <= last * 0.51 + 1e-9 * b.abs();
    let wrong = match status {
        "A" | "B" | "Q" if reported == Reported::No => true,
        "A" | "B" => truth.iter().any(|truth| truth.is_none_or(|truth| !lower.is_some_and(|value| near(value, truth)))),
        "Q" => truth.iter().flatten().any(|truth| {
            lower.is_some_and(|lower| lower > truth + 1e-9 * truth.abs())
                || upper.is_some_and(|upper| upper < truth - 1e-9 * truth.abs())
        }),
        // Nothing is printed, so nothing is wrong; a figure that is said not to exist must not.
        "O" | "M" => lower.is_some() || upper.is_some() || truth.iter().any(Option::is_some),
        // It is not reported: neither a number nor a zero is known. A region may be silent of an area's zero, where the others do
        // not collect it.
        _ => {
            lower.is_some()
                || upper.is_some()
                || (reported != Reported::No
                    && truth.iter().flatten().any(|truth| *truth != 0.0 || reported == Reported::ByCountry))
        }
    };
    wrong.then(|| format!("{status} [{lower:?}, {upper:?}] and not {truth:?}"))
}

/// Returns what a row counts: the codes of its dimensions that are no totals, and those that all persons of its table have.
pub fn counted(dimensions: &[String], universe: &[(String, String)], row: &Row) -> Vec<String> {
    let mut key: Vec<String> = universe.iter().map(|(dimension, code)| format!("{dimension}={code}")).collect();
    key.extend(
        dimensions
            .iter()
            .filter(|dimension| row[*dimension] != "_T")
            .map(|dimension| format!("{dimension}={}", row[dimension])),
    );
    key.sort();
    key
}

/// Figures of all tables by what they count: two tables that print one of them must print the same.
#[derive(Default)]
struct Seen {
    cells: BTreeMap<String, (String, Row)>,
}

impl Seen {
    fn compare(&mut self, table: &str, dimensions: &[String], universe: &[(String, String)], row: &Row) {
        let key = counted(dimensions, universe, row).join(" ");
        let first = self.cells.entry(key.clone()).or_insert_with(|| (table.to_owned(), row.clone()));
        for column in ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND"] {
            assert_eq!(first.1[column], row[column], "{column} of {key} in {} and in {table}", first.0);
        }
    }
}

/// No part exceeds its whole: neither a count that of a group, of the known or of all, nor a share that of its group.
pub fn parts_and_wholes(
    recount: &Recount,
    table: &str,
    dimensions: &[String],
    rows: &[&Row],
    is_count: bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    let by_key: BTreeMap<Vec<String>, &Row> = rows.iter().map(|row| (columns(row, dimensions), *row)).collect();
    for (key, row) in &by_key {
        for (at, dimension) in dimensions.iter().enumerate() {
            let mut wholes = vec![recount.group(dimension, &key[at])];
            if let Some(group) = key[at].strip_suffix("_U").filter(|group| !group.is_empty()) {
                wholes.push(Some(group.to_owned()));
            }
            if is_count && !is_missing(&key[at]) {
                wholes.push(Some("_K".into()));
            }
            wholes.push(is_count.then(|| "_T".into()));
            if dimension == "REF_AREA" && !is_count {
                continue;
            }
            for whole in wholes.into_iter().flatten().filter(|whole| *whole != key[at] && key[at] != "_T") {
                let mut key = key.clone();
                key[at] = whole;
                let Some(whole) = by_key.get(&key) else { continue };
                let ([lower, _], [_, upper]) = (bounds(row), bounds(whole));
                if lower.zip(upper).is_some_and(|(lower, upper)| lower > upper + 1e-4) {
                    let [part, areas] = [&row[&dimensions[at]], &row["N_AREAS"]];
                    faults.push(format!(
                        "{table}: {part} of {key:?} is at least {lower:?} in {areas} areas, and the whole at most {upper:?} in {}",
                        whole["N_AREAS"]
                    ));
                }
            }
        }
    }
    faults
}

/// Makes a release and checks all of it; returns what is wrong with its figures, if anything is.
fn check(seed: u64, record: &str, packs: &[&str], scheme: &str, policy: &str, masks: bool) -> Option<String> {
    let chance = &mut Chance(seed);
    let gaps = !seed.is_multiple_of(3);
    let bench = Bench::new().with_hidden_zeros();
    for (at, text) in records(chance, record, &AREAS, gaps, masks).iter().enumerate() {
        bench.write(&format!("in{at}.csv"), text);
    }
    let name = record.split('@').next().unwrap();
    bench.write(
        "tipstat.toml",
        format!(
            "[release]\nid = \"x\"\ntitle = \"x\"\nsynthetic = true\npolicy = \"{policy}\"\n[[input]]\npath = \"in*.csv\"\nschema = \"{name}\"\n\
             [tables]\npacks = {packs:?}\nregions = \"{scheme}\"\n[limits]\nmax_rejects = \"90%\"\n"
        ),
    );
    let ran = bench.run("run --schemas own -q");
    assert_eq!(
        ran.code,
        Some(0),
        "seed {seed}, {record}, {packs:?}, {scheme}, {policy}:\n{}{}",
        ran.stdout,
        ran.stderr
    );
    let release = bench.path("out/release");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(release.join("manifest.json")).unwrap()).unwrap();
    let recount = Recount::new(&[&bench.path("out/restricted")], record, manifest["regions"].as_str().unwrap());
    let definitions = rows(&release.join("definitions.csv"));
    let panels = Panels::read(&release);
    let mut seen = Seen::default();
    let (mut compared, mut suppressed) = (0, 0);
    let mut faults: Vec<String> = Vec::new();
    for file in files_below(&release.join("tables"))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "csv"))
    {
        let table = file.file_stem().unwrap().to_string_lossy().into_owned();
        let file = release.join("tables").join(file);
        let (dimensions, all) = (dimensions(&file), rows(&file));
        let measures: Vec<&Row> = definitions.iter().filter(|row| row["TABLE"] == table).collect();
        let universe: Vec<(String, String)> = measures[0]["UNIVERSE"]
            .split(';')
            .filter_map(|part| part.trim().split_once('='))
            .map(|(dimension, code)| (dimension.to_owned(), code.to_owned()))
            .collect();
        let published: Vec<BTreeSet<String>> =
            dimensions.iter().map(|dimension| all.iter().map(|row| row[dimension].clone()).collect()).collect();
        let time = dimensions.iter().position(|dimension| dimension == "TIME_PERIOD");
        let years: Vec<String> =
            time.iter().flat_map(|&at| &published[at]).filter(|year| year.parse::<u16>().is_ok()).cloned().collect();
        assert!(measures[0]["UNIVERSE"].is_empty() == universe.is_empty(), "{table}");
        assert!(universe.iter().all(|(_, code)| !code.contains('=')), "{table}: {universe:?}");
        let cells = recount.cells(&dimensions, &universe, &published);
        for measure in measures {
            let (id, formula) = (&measure["INDICATOR"], &measure["FORMULA"]);
            let of_measure: Vec<&Row> = all.iter().filter(|row| row["INDICATOR"] == *id).collect();
            let flow = Origin::of_measure(id);
            let parsed = Formula::parse(formula);
            for row in &of_measure {
                let key = columns(row, &dimensions);
                let panel = panels.of(row);
                let truth = match flow {
                    Some(origin) => cells.flow(&key[0], origin),
                    None if parsed.is_count() => cells.count(&key).map(|count| Some(count as f64)),
                    None => cells.value(&parsed, &key, &years, panel),
                };
                let last = if parsed.is_whole() || flow.is_some() {
                    0.0
                } else if parsed.has_population() {
                    1e-6
                } else {
                    1e-4
                };
                let reported = match cells.is_reported(&parsed, &key, &years) {
                    false => Reported::No,
                    true if recount.members(&key[0]).is_empty() => Reported::ByCountry,
                    true => Reported::InRegion,
                };
                // Whether areas asked for `_O` in both years is not known: `unreported` has the cases.
                let compares = id.contains("_CH_") || id.contains("_IX_");
                let may_be_unasked = compares && reported == Reported::InRegion && key.iter().any(|code| code == "_O");
                if may_be_unasked && row["OBS_STATUS"] == "L" {
                    continue;
                }
                if let Some(fault) = fault(row, truth, reported, last) {
                    faults.push(format!("{id} of {table} {key:?} is {fault}"));
                }
                let rule =
                    Rule { is_combined: false, all_years: id.contains("_ALL") && !recount.members(&key[0]).is_empty() };
                let areas = cells.rests_on(&parsed, &key, &years, rule);
                if !row["N_AREAS"].is_empty() && row["N_AREAS"] != areas.len().to_string() {
                    faults.push(format!(
                        "{id} of {table} {key:?} {} rests on {} and not on {areas:?}",
                        row["OBS_STATUS"], row["N_AREAS"]
                    ));
                }
                if parsed.is_count() {
                    seen.compare(&table, &dimensions, &universe, row);
                }
                compared += 1;
                suppressed += usize::from(row["OBS_STATUS"] == "Q");
            }
            if parsed.is_count() || parsed.is_share() {
                faults.extend(parts_and_wholes(&recount, &table, &dimensions, &of_measure, parsed.is_count()));
            }
        }
    }
    assert!(compared > 100 && suppressed > 0, "seed {seed} compares {compared} figures, {suppressed} suppressed");
    if faults.is_empty() {
        return None;
    }
    let some = faults.iter().step_by(1 + faults.len() / 12).cloned().collect::<Vec<_>>().join("\n");
    Some(format!(
        "seed {seed}, {record}, {packs:?}, {scheme}, {policy}: {} of {compared} are wrong:\n{some}",
        faults.len()
    ))
}

/// Record types with the tables that are made of them: one list at a time, so that a release stays small.
const TABLES: [(&str, &[&str]); 9] = [
    ("justice@1", &["justice"]),
    ("victim@1", &["digital", "humanitarian"]),
    ("repatriation@1", &["victims-repatriated"]),
    ("victim@1", &["flows", "victims-by-citizenship", "cedaw-by-citizenship", "victims-by-nationality"]),
    (
        "victim@1",
        &["victims-by-form", "victims-by-profile", "victims-rate", "victims-detected", "victims-by-form-detail"],
    ),
    ("victim@1", &["treaty-bodies"]),
    ("victim@1", &["sdg-16-2-2", "victims-by-age-band", "victims-by-labour-sector"]),
    ("victim@1", &["victims-by-income", "victims-by-disability", "victims-by-migratory-status", "victims-by-location"]),
    ("victim@1", &["cross-income-disability", "cross-disability-location", "cross-migratory-status-citizenship"]),
];
pub const SCHEMES: [&str; 4] = ["M49", "SDG", "WB_INCOME", "GLOTIP"];
pub const POLICIES: [&str; 3] = ["default", "hidden", "ctdc"];

/// Returns these seeds, or those that `TIPSTAT_SEEDS` names, such as `18-45`, to look further.
pub fn seeds(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let seeds = std::env::var("TIPSTAT_SEEDS").ok();
    let seeds = seeds.as_deref().and_then(|text| text.split_once('-'));
    seeds.map_or(usual, |(from, to)| from.parse().unwrap()..to.parse().unwrap())
}

fn check_all(usual: std::ops::Range<u64>) {
    let trial = |seed: u64| {
        let (record, packs) = TABLES[seed as usize % TABLES.len()];
        let scheme = SCHEMES[(seed / 2) as usize % SCHEMES.len()];
        let policy = POLICIES[(seed / 3) as usize % POLICIES.len()];
        check(seed, record, packs, scheme, policy, seed.is_multiple_of(2))
    };
    let faults: Vec<String> = seeds(usual).filter_map(trial).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn every_figure_of_any_release_is_right() {
    check_all(0..9);
}

#[test]
fn every_figure_of_further_releases_is_right() {
    check_all(9..18);
}

/// Two many-valued fields in one table: before, the zero of `FG_OTHER` was printed as 125, or the run stopped.
#[test]
fn two_many_valued_fields_are_published_with_right_bounds() {
    let run = |record: &str, pack: &str, text: &str| {
        let bench = Bench::new().file("in.csv", text).file(
            "tipstat.toml",
            format!("[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\nschema = \"{record}\"\n[tables]\npacks = [\"{pack}\"]\n"),
        );
        bench.run("run -q").succeeds();
        rows(&bench.path(&format!("out/release/tables/{pack}.csv")))
    };
    let table = run(
        "justice",
        "proceedings-by-form",
        "area,year,stage,sex,age,form,citizenship,count\nKHM,2020,PROSECUTED;CONVICTED,F,Y_GE18,SEX,KHM,125\n\
         KHM,2020,PROSECUTED,F,Y_GE18,LAB,KHM,60\nKHM,2020,CONVICTED,F,Y_GE18,LAB,KHM,55\n",
    );
    let is_other = |row: &&Row| row["INDICATOR"] == "PERSONS_N" && row["FORM"] == "FG_OTHER";
    // Stages at which there is anybody.
    let is_some = |row: &&Row| ["_T", "_K", "PROSECUTED", "CONVICTED"].contains(&row["STAGE"].as_str());
    assert_eq!(table.iter().filter(is_other).filter(is_some).count(), 8);
    for row in table.iter().filter(is_other).filter(is_some) {
        let [lower, upper] = bounds(row);
        assert!(lower == Some(0.0) && upper.is_none_or(|upper| upper >= 9.0), "{row:?}");
    }
    run(
        "justice",
        "proceedings-by-form",
        "area,year,stage,sex,age,form,citizenship,count\nTHA,2021,PROSECUTED,M,Y0T17,LAB;SEX,KHM,30\n",
    );
    run("victim", "humanitarian-by-form", "area,year,sex,age,form,humanitarian,count\nKHM,2021,F,20,SEX;LAB,NONE,40\n");
    run("victim", "digital-by-form", "area,year,sex,age,form,channel,count\nKHM,2021,F,20,SEX;LAB,GAMING;DATING,40\n");
}

/// Of `R002` only the continent is known: a person from Africa is not a citizen of Germany, and may be one of Nigeria. Of the
/// same records `flows` says the same.
#[test]
fn a_region_that_does_not_contain_the_area_is_foreign() {
    let bench = Bench::new().file(
        "in.csv",
        "area,year,sex,age,citizenship,count\nDEU,2022,F,20,DEU,50\nDEU,2022,F,20,R002,100\nDEU,2022,F,20,R150,30\n\
         NGA,2022,F,20,NGA,60\nNGA,2022,F,20,R002,40\nNGA,2022,F,20,XXA,20\n",
    );
    bench.write(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n[tables]\n\
         packs = [\"victims-by-citizenship\", \"flows\"]\n",
    );
    bench.run("run -q").succeeds();
    let table = |name: &str| rows(&bench.path(&format!("out/release/tables/{name}.csv")));
    let [citizenship, flows] = ["victims-by-citizenship", "flows"].map(table);
    let group = |indicator: &str, area: &str, code: &str| -> String {
        let is_it = |row: &&Row| {
            row["INDICATOR"] == indicator
                && row["REF_AREA"] == area
                && row["TIME_PERIOD"] == "_T"
                && row["CITIZENSHIP"] == code
        };
        citizenship.iter().find(is_it).map_or("no row".into(), |row| row["OBS_VALUE"].clone())
    };
    let of_deu = ["DOM", "CROSS", "NOCIT", "_OWN", "_U"].map(|code| group("DETV_N", "DEU", code));
    assert_eq!(of_deu, ["50", "100", "0", "30", "0"]);
    assert_eq!(group("DETV_CITIZENSHIP_PT", "DEU", "DOM"), "27.7778");
    let of_nga = ["DOM", "CROSS", "NOCIT", "_OWN", "_U"].map(|code| group("DETV_N", "NGA", code));
    assert_eq!(of_nga, ["60", "0", "20", "40", "0"]);
    let flow = |indicator: &str, area: &str| {
        let is_it = |row: &&Row| row["INDICATOR"] == indicator && row["REF_AREA"] == area && row["ORIGIN"] == "_T";
        flows.iter().find(is_it).map_or("no row".into(), |row| row["OBS_VALUE"].clone())
    };
    let kinds = ["FLOW_DOMESTIC_N", "FLOW_SUBREGION_N", "FLOW_REGION_N", "FLOW_TRANSREGIONAL_N"];
    assert_eq!(kinds.map(|kind| flow(kind, "DEU")), ["50", "0", "0", "100"]);
    // Neither the stateless nor those from somewhere in Africa come from another region.
    assert_eq!(kinds.map(|kind| flow(kind, "NGA")), ["60", "0", "0", "0"]);
    assert_eq!(kinds.map(|kind| flow(kind, "M49_001")), ["110", "0", "0", "100"]);
}

/// Cambodia notes the form of exploitation and Thailand does not: a table of one form shows no zero for Thailand, and no
/// rate of the region rests on its population.
#[test]
fn an_area_that_does_not_collect_a_universe_does_not_report_it() {
    let bench = Bench::new()
        .file("a.csv", "area,year,sex,age,form,count\nKHM,2019,F,20,SEX,60\n")
        .file("b.csv", "area,year,sex,age,count\nTHA,2019,F,20,90\n");
    bench.write(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"*.csv\"\nschema = \"victim\"\n[tables]\n\
         packs = [\"sdg-detvsx\", \"victims-by-form\"]\n",
    );
    bench.run("run -q").succeeds();
    let found = rows(&bench.path("out/release/tables/sdg-detvsx.csv"));
    let figure = |indicator: &str, area: &str| {
        let total =
            |row: &&Row| ["SEX", "AGE"].iter().all(|dimension| row[*dimension] == "_T") && row["TIME_PERIOD"] == "2019";
        let mut totals =
            found.iter().filter(total).filter(|row| row["INDICATOR"] == indicator && row["REF_AREA"] == area);
        totals.next().map(|row| ["OBS_VALUE", "OBS_STATUS", "N_AREAS"].map(|column| row[column].clone()).join(" "))
    };
    for indicator in ["DETV_N", "DETV_RATE"] {
        assert!(figure(indicator, "THA").unwrap().starts_with(" L"), "{:?}", figure(indicator, "THA"));
    }
    let rate = |area: &str| figure("DETV_RATE", area).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(rate("M49_035"), rate("KHM"));
    assert!(!rate("KHM").is_empty());
}
