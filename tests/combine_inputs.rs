//! The same victims as a release, as a store of records and as published figures give the same region, and every change, index,
//! share and rate of it is that of the areas on which it says that it rests.

use std::collections::{BTreeMap, BTreeSet};

use tipstat::internals::schema::{Populations, Registry};

use crate::panels::{Panels, SCHEMES, below};
use crate::support::{Bench, Row, rows};

const AREAS: [&str; 5] = ["KHM", "THA", "VNM", "ALB", "SRB"];
const SEXES: [&str; 4] = ["F", "M", "_O", "_U"];
const AGES: [&str; 2] = ["Y0T17", "Y_GE18"];
const TABLES: &str = "victims-detected,victims-by-profile,victims-rate";

/// The year of victims whose year is unknown.
const UNKNOWN: u16 = 0;

/// Area and year to the victims of each sex and age; an area and a year that is not there did not report.
type Truth = BTreeMap<(&'static str, u16), BTreeMap<(&'static str, &'static str), u64>>;

/// A stream of numbers that a seed decides.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Five areas and four years. A random quarter is missing. No count is small, so that nothing is suppressed.
fn truth(seed: u64) -> Truth {
    let mut draws = Draws(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut truth = Truth::new();
    for area in AREAS {
        for year in 2018..=2021 {
            if draws.below(4) == 0 {
                continue;
            }
            let cells = SEXES.iter().flat_map(|sex| AGES.iter().map(move |age| (*sex, *age)));
            truth.insert((area, year), cells.map(|cell| (cell, 20 + draws.below(200))).collect());
        }
    }
    truth
}

fn records(truth: &Truth, is_read: impl Fn(&str) -> bool) -> String {
    let mut text = "area,year,sex,age,count\n".to_owned();
    for ((area, year), cells) in truth.iter().filter(|((area, _), _)| is_read(area)) {
        for ((sex, age), count) in cells.iter().filter(|(_, count)| **count > 0) {
            let year = if *year == UNKNOWN { "_U".to_owned() } else { year.to_string() };
            text.push_str(&format!("{area},{year},{sex},{age},{count}\n"));
        }
    }
    text
}

/// Returns how many victims of an area and a year have a sex and an age. Each may be all.
fn count(cells: &BTreeMap<(&'static str, &'static str), u64>, sex: &str, age: &str) -> u64 {
    let fits = |reported: &str, code: &str| code == "_T" || reported == code || (code == "_K" && reported != "_U");
    cells.iter().filter(|((s, a), _)| fits(s, sex) && fits(a, age)).map(|(_, count)| count).sum()
}

/// The figures that a publisher would make of them: a total only of zero victims, and a zero where it asked for a sex in vain.
fn figures(truth: &Truth, is_read: impl Fn(&str) -> bool) -> String {
    let mut text = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n".to_owned();
    let sexes = [("_T", "Total"), ("F", "Female"), ("M", "Male"), ("_O", "Other"), ("_U", "Unknown")];
    let ages = [("_T", "Total"), ("Y0T17", "0 to 17 years"), ("Y_GE18", "18 years or over")];
    for ((area, year), cells) in truth.iter().filter(|((area, year), _)| is_read(area) && *year != UNKNOWN) {
        for ((sex, sex_name), (age, age_name)) in sexes.iter().flat_map(|sex| ages.iter().map(move |age| (sex, age))) {
            let number = count(cells, sex, age);
            let nobody = count(cells, "_T", "_T") == 0 && (*sex, *age) != ("_T", "_T");
            if nobody {
                continue;
            }
            let subject = "Detected trafficking victims,Total,Total";
            text.push_str(&format!("{area},{subject},{sex_name},{age_name},{year},Counts,{number}\n"));
        }
    }
    text
}

fn run_file(name: &str, coverage: &str) -> String {
    let packs = TABLES.split(',').map(|table| format!("\"{table}\"")).collect::<Vec<_>>().join(", ");
    format!(
        "[release]\nid = \"{name}\"\ntitle = \"x\"\n[[input]]\npath = \"{name}.csv\"\n[tables]\npacks = [{packs}]\n{coverage}"
    )
}

/// The rows of regions of a combined release, by table, measure and codes.
fn regions(bench: &Bench, folder: &str) -> BTreeMap<String, Row> {
    let mut all = BTreeMap::new();
    for table in TABLES.split(',') {
        for row in rows(&bench.path(&format!("{folder}/tables/{table}.csv"))) {
            if !AREAS.contains(&&*row["REF_AREA"]) && row["TIME_PERIOD"] != "_U" {
                let codes = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "AGE"];
                let codes = codes.map(|name| row.get(name).map_or("_T", String::as_str));
                all.insert(format!("{table} {}", codes.join(" ")), row);
            }
        }
    }
    all
}

/// Compares two combined releases in all that their regions show.
fn same(one: &BTreeMap<String, Row>, other: &BTreeMap<String, Row>, what: &str) {
    for (key, row) in one {
        // Publishers report years one by one.
        if what.contains("figures") && row["TIME_PERIOD"] == "_T" {
            continue;
        }
        // Figures of zero victims do not state that zero are unknown.
        let Some(of_other) = other.get(key) else {
            assert!(["", "0"].contains(&&*row["OBS_VALUE"]), "{what}: {key} is missing: {row:?}");
            continue;
        };
        for column in ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND", "N_AREAS"] {
            assert_eq!(row[column], of_other[column], "{what}: {key} {column}");
        }
    }
}

/// Cambodia reports zero victims in 2018, zero of another sex in 2019 although it asked, and did not report 2020.
#[test]
fn a_release_a_store_and_figures_of_one_country_give_the_same_region() {
    let mut truth = truth(7);
    for (at, year) in (2018..=2021).enumerate() {
        let cells = SEXES.iter().flat_map(|sex| AGES.iter().map(move |age| (*sex, *age)));
        truth.insert(("THA", year), cells.clone().map(|cell| (cell, 40 + 10 * at as u64)).collect());
        let number = |sex: &str| match (year, sex) {
            (2018, _) | (2019, "_O") => 0,
            _ => 30,
        };
        truth.insert(("KHM", year), cells.map(|(sex, age)| ((sex, age), number(sex))).collect());
    }
    truth.remove(&("KHM", 2020));
    let is_khm = |area: &str| area == "KHM";
    let coverage = "[[coverage]]\narea = \"KHM\"\nyears = [2018]\n\
        [[coverage]]\narea = \"KHM\"\nyears = [2019]\ncodes = { SEX = [\"F\", \"M\", \"_O\"] }\n";
    let bench = Bench::new()
        .file("khm.csv", records(&truth, is_khm))
        .file("khm.toml", run_file("khm", coverage))
        .file("all.csv", records(&truth, |_| true))
        .file("all.toml", run_file("all", coverage))
        .file("khm-figures.csv", figures(&truth, is_khm))
        .file("others.csv", figures(&truth, |area| area != "KHM"));
    bench.run("run khm.toml --out khm -q").succeeds();
    for (out, package) in [("a", "khm/release"), ("b", "khm/restricted"), ("c", "khm-figures.csv")] {
        bench
            .run(&format!("combine {package} others.csv --profile unodc-glotip --tables {TABLES} --out {out} -q"))
            .succeeds();
    }
    let [release, store, figures] = ["a", "b", "c"].map(|folder| regions(&bench, folder));
    assert!(release.len() > 300, "{}", release.len());
    for (one, other, what) in [
        (&release, &store, "store"),
        (&store, &release, "release"),
        (&release, &figures, "figures"),
        (&figures, &release, "release of figures"),
    ] {
        same(one, other, what);
    }
    // A run on all records shows the same of the code that is zero in Cambodia in some years.
    bench.run("run all.toml --out all -q").succeeds();
    for (key, row) in regions(&bench, "all/release") {
        // The publisher reports nothing of unknown ages.
        let is_of_code = row.get("SEX").is_some_and(|sex| sex == "_O") && row["AGE"] != "_U";
        if is_of_code && row["TIME_PERIOD"] != "_T" {
            let other = &release[&key];
            for column in ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND", "N_AREAS"] {
                assert_eq!(row[column], other[column], "{key} {column}");
            }
        }
    }
    let cell = |measure: &str, year: u16, sex: &str| {
        let row = &figures[&format!("victims-by-profile {measure} M49_035 {year} {sex} _T")];
        format!("{} {} of {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"])
    };
    let asia = |year: u16, sex: &str| -> (u64, usize) {
        let reporting = ["KHM", "THA", "VNM"].iter().filter_map(|area| truth.get(&(*area, year)));
        let counts: Vec<u64> = reporting.map(|cells| count(cells, sex, "_T")).collect();
        (counts.iter().sum(), counts.len())
    };
    for year in [2018, 2019, 2020, 2021] {
        for sex in ["F", "_O"] {
            let (sum, number) = asia(year, sex);
            assert_eq!(cell("DETV_N", year, sex), format!("{sum} A of {number}"), "{year} {sex}");
        }
    }
}

/// Returns how far a printed value may be from the true one.
fn near(value: f64, truth: f64, decimals: i32) -> bool {
    (value - truth).abs() <= 0.6 * 10f64.powi(-decimals) + truth.abs() * 1e-9
}

/// Recomputes the rows of regions from the truth and from the areas that `panels.csv` names; returns how many.
fn recompute(truth: &Truth, bench: &Bench, folder: &str, scheme: &str, populations: &Populations) -> usize {
    let below = below(scheme);
    let panels = Panels::read(&bench.path(folder));
    panels.check(&bench.path(folder));
    let members =
        |region: &str| -> Vec<&str> { below[region].iter().copied().filter(|area| AREAS.contains(area)).collect() };
    let years: BTreeSet<u16> = truth.keys().map(|(_, year)| *year).filter(|year| *year != UNKNOWN).collect();
    let first = *years.first().unwrap();
    let mut compared = 0;
    for (key, row) in regions(bench, folder) {
        let (measure, region, period) = (&*row["INDICATOR"], &*row["REF_AREA"], &*row["TIME_PERIOD"]);
        let together = period == "_T";
        let year = if together { UNKNOWN } else { period.parse::<u16>().unwrap() };
        let code = |name: &str| row.get(name).map_or("_T", String::as_str).to_owned();
        let (sex, age) = (code("SEX"), code("AGE"));
        let other = match measure {
            "DETV_CH_PT" => Some(year - 1),
            "DETV_IX" | "DETV_IX_ALL" => Some(first),
            _ => None,
        };
        // An area that reports any year reports all years together.
        let reports = |area: &&str, year: u16| match together {
            true => truth.keys().any(|(country, _)| country == area),
            false => truth.contains_key(&(*area, year)),
        };
        let panel: Vec<&str> = members(region)
            .into_iter()
            .filter(|area| reports(area, year) && other.is_none_or(|other| reports(area, other)))
            .filter(|area| measure != "DETV_IX_ALL" || years.iter().all(|year| reports(area, *year)))
            .collect();
        if other.is_some() && !panel.is_empty() {
            let named: BTreeSet<&str> = panels.of(&row).iter().map(String::as_str).collect();
            assert_eq!(named, panel.iter().copied().collect(), "{folder} {key}");
        }
        let sum = |year: u16, sex: &str, age: &str| -> f64 {
            let is_in = |(country, at): &(&str, u16)| panel.contains(country) && (together || *at == year);
            let cells = truth.iter().filter(|(place, _)| is_in(place));
            cells.map(|(_, cells)| count(cells, sex, age) as f64).sum()
        };
        let people = |sex: &str, age: &str| -> f64 {
            panel.iter().map(|area| populations.get((area, year), sex, age).unwrap() as f64).sum()
        };
        let counted = || sum(year, &sex, &age);
        let (expected, decimals) = match measure {
            "DETV_N" => (counted(), 0),
            "DETV_CH_PT" => (100.0 * (counted() / sum(year - 1, &sex, &age) - 1.0), 4),
            "DETV_IX" | "DETV_IX_ALL" => (100.0 * counted() / sum(first, &sex, &age), 4),
            "DETV_SEX_PT" => (100.0 * counted() / sum(year, "_K", &age), 4),
            "DETV_AGE_PT" => (100.0 * counted() / sum(year, &sex, "_K"), 4),
            "DETV_RATE" => (1e5 * counted() / people(&sex, &age), 6),
            "DETV_RATE_TOTAL" => (1e5 * counted() / people("_T", "_T"), 6),
            _ => continue,
        };
        if panel.is_empty() || expected.is_nan() {
            assert!(["O", "L"].contains(&&*row["OBS_STATUS"]), "{folder} {key}: {row:?}");
            continue;
        }
        // An area with a number is in the panel, so that no other status can be right.
        assert_eq!(row["OBS_STATUS"], "A", "{folder} {key}: {row:?}");
        let value: f64 = row["OBS_VALUE"].parse().unwrap();
        assert!(near(value, expected, decimals), "{folder} {key}: {value} is not {expected}");
        assert_eq!(row["N_AREAS"], panel.len().to_string(), "{folder} {key}");
        compared += 1;
    }
    compared
}

/// Twenty times, the three inputs of `combine` against the panels that it prints.
#[test]
fn regions_of_random_areas_and_years_are_those_of_their_panels() {
    let populations = Populations::load(&Registry::built_in(), "WPP").unwrap();
    let seeds: Vec<u64> = (0..20).collect();
    std::thread::scope(|scope| {
        for part in seeds.chunks(10) {
            let populations = &populations;
            scope.spawn(move || {
                for &seed in part {
                    let dated = truth(seed);
                    let scheme = SCHEMES[seed as usize % SCHEMES.len()];
                    let mut truth = dated.clone();
                    for area in ["KHM", "SRB"] {
                        let cells = SEXES.iter().flat_map(|sex| AGES.iter().map(move |age| (*sex, *age)));
                        truth.insert((area, UNKNOWN), cells.map(|cell| (cell, 20 + seed)).collect());
                    }
                    let bench = Bench::new()
                        .file("all.csv", records(&truth, |_| true))
                        .file("all.toml", run_file("all", ""))
                        .file("figures.csv", figures(&truth, |_| true));
                    bench.run("run all.toml --out all -q").succeeds();
                    for (out, package) in [("a", "all/release"), ("b", "all/restricted"), ("c", "figures.csv")] {
                        let run = format!(
                            "combine {package} --profile unodc-glotip --tables {TABLES} --regions {scheme} --out {out} -q --override tests-of-one-store"
                        );
                        bench.run(&run).succeeds();
                        // Published figures have no years that are unknown.
                        let truth = if out == "c" { &dated } else { &truth };
                        let compared = recompute(truth, &bench, out, scheme, populations);
                        assert!(compared > 300, "{seed} {out}: {compared}");
                    }
                }
            });
        }
    });
}
