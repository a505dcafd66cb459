//! An oracle for figures of regions: records from which area-years were deleted, and every regional change, index, share and
//! rate computed anew from them over the areas that `panels.csv` names.
//!
//! It shares nothing with the program but the records and the public schemas (regions, populations). [`World::compare`] works
//! on the folder of any release whose records, figures or releases come from a [`World`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{Bench, Random, Row, project, rows};

/// A record: area, year, sex, age group, forms, stages of proceedings, and how many persons it stands for.
#[derive(Clone, Debug)]
pub struct Record {
    pub area: &'static str,
    pub year: u16,
    pub sex: &'static str,
    pub age: &'static str,
    pub forms: &'static str,
    pub stage: &'static str,
    pub count: u64,
}

/// Generated records. A quarter of the area-years is deleted.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub records: Vec<Record>,
}

const AREAS: [&str; 9] = ["KHM", "THA", "VNM", "FRA", "DEU", "ALB", "SRB", "NGA", "GHA"];

const YEARS: [u16; 4] = [2018, 2019, 2020, 2021];

impl World {
    /// Makes records and deletes a random quarter of their area-years.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        (0..20).for_each(|_| _ = random.below(2));
        let mut pairs: Vec<(&str, u16)> = AREAS.iter().flat_map(|&area| YEARS.map(|year| (area, year))).collect();
        for at in (1..pairs.len()).rev() {
            pairs.swap(at, random.below(at as u64 + 1) as usize);
        }
        pairs.truncate(pairs.len() - pairs.len() / 4);
        pairs.sort_unstable();
        let mut records = Vec::new();
        for (area, year) in pairs {
            for _ in 0..4 + random.below(6) {
                records.push(Record {
                    area,
                    year,
                    sex: random.of(&["F", "F", "M", "_U"]),
                    age: random.of(&["Y0T17", "Y_GE18", "Y_GE18", "_U"]),
                    forms: random.of(&["SEX", "LAB", "SEX;LAB", "BEG", "_U"]),
                    stage: random.of(&["PROSECUTED", "CONVICTED", "PROSECUTED;CONVICTED"]),
                    // Most are shown, some are suppressed.
                    count: if random.below(5) == 0 { 1 + random.below(12) } else { 20 + random.below(400) },
                });
            }
        }
        Self { records }
    }

    /// Writes the records, with the columns of their type.
    pub fn csv(&self, justice: bool) -> String {
        let mut text = format!("area,year,{}sex,age,form,count\n", if justice { "stage," } else { "" });
        for record in &self.records {
            let stage = if justice { format!("{},", record.stage) } else { String::new() };
            text.push_str(&format!(
                "{},{},{stage}{},{},{},{}\n",
                record.area, record.year, record.sex, record.age, record.forms, record.count
            ));
        }
        text
    }

    /// Returns whether an area has a record of a year, or of any year.
    pub fn reports(&self, area: &str, year: &str) -> bool {
        self.records.iter().any(|record| record.area == area && (year == "_T" || record.year.to_string() == year))
    }

    /// Counts the persons of an area who have all the codes.
    fn count(&self, area: &str, codes: &BTreeMap<String, String>) -> f64 {
        let fits = |record: &&Record| {
            codes.iter().all(|(dimension, code)| match (dimension.as_str(), code.as_str()) {
                (_, "_T") => true,
                ("TIME_PERIOD", year) => record.year.to_string() == year,
                ("SEX", code) => is(record.sex, code),
                ("AGE", code) => is(record.age, code),
                ("STAGE", code) => record.stage.split(';').any(|stage| is(stage, code)),
                ("FORM", code) => record.forms.split(';').any(|form| {
                    let group = match form {
                        "SEX" => "FG_SEXUAL",
                        "LAB" => "FG_LABOUR",
                        "BEG" => "FG_OTHER",
                        other => other,
                    };
                    form == code || is(group, code)
                }),
                other => panic!("the oracle knows no {other:?}"),
            })
        };
        self.records.iter().filter(|record| record.area == area).filter(fits).map(|record| record.count).sum::<u64>()
            as f64
    }

    /// Compares every figure of a release with the records, and returns how many it compared by kind.
    pub fn compare(&self, release: &Path, scheme: &str) -> BTreeMap<&'static str, usize> {
        let oracle = Oracle { world: self, below: below(scheme), people: people(), panels: Panels::read(release) };
        oracle.panels.check(release);
        let definitions = rows(&release.join("definitions.csv"));
        let mut compared = BTreeMap::new();
        let mut tables: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for definition in &definitions {
            let name = &definition["TABLE"];
            let table =
                tables.entry(name.clone()).or_insert_with(|| rows(&release.join("tables").join(format!("{name}.csv"))));
            let years: BTreeSet<&String> = table.iter().map(|row| &row["TIME_PERIOD"]).collect();
            let first = years.iter().find(|year| **year != "_T").map(|year| (*year).clone()).unwrap_or_default();
            for row in table.iter().filter(|row| row["INDICATOR"] == definition["INDICATOR"]) {
                if let Some(kind) = oracle.row(definition, row, &first) {
                    *compared.entry(kind).or_insert(0) += 1;
                }
            }
        }
        compared
    }
}

fn is(found: &str, code: &str) -> bool {
    found == code || (code == "_K" && !found.starts_with('_'))
}

/// The panels that a release names.
pub struct Panels {
    /// By table, indicator, area and year: `KEY` and areas.
    lines: BTreeMap<[String; 4], Vec<(String, Vec<String>)>>,
}

impl Panels {
    /// Reads `panels.csv`, and checks that its lines say how many areas they name.
    pub fn read(release: &Path) -> Self {
        let mut lines: BTreeMap<[String; 4], Vec<(String, Vec<String>)>> = BTreeMap::new();
        for row in rows(&release.join("panels.csv")) {
            let areas: Vec<String> =
                row["AREAS"].split(';').filter(|area| !area.is_empty()).map(str::to_owned).collect();
            assert_eq!(row["N_AREAS"], areas.len().to_string(), "{row:?}");
            lines.entry(Self::key(&row)).or_default().push((row["KEY"].clone(), areas));
        }
        Self { lines }
    }

    fn key(row: &Row) -> [String; 4] {
        ["TABLE", "INDICATOR", "REF_AREA", "TIME_PERIOD"].map(|name| row.get(name).cloned().unwrap_or_default())
    }

    /// Returns the areas on which a row rests: those of the line whose `KEY` names it, or of the line without one.
    pub fn of(&self, row: &Row) -> &[String] {
        let lines = self.lines.get(&Self::key(row)).map_or(&[][..], Vec::as_slice);
        let names = |key: &str| {
            !key.is_empty()
                && key.split(';').any(|one| {
                    one.split(',').all(|part| part.split_once('=').is_some_and(|(name, code)| row[name] == code))
                })
        };
        let named: Vec<_> = lines.iter().filter(|(key, _)| names(key)).collect();
        assert!(named.len() < 2, "{row:?} has several panels: {named:?}");
        let line = named.first().copied().or_else(|| lines.iter().find(|(key, _)| key.is_empty()));
        line.map_or(&[], |(_, areas)| areas)
    }

    /// Checks that each regional row of a measure that has panels rests on as many areas as its panel names. Returns how many
    /// rows have a panel of their own.
    pub fn check(&self, release: &Path) -> usize {
        let measures: BTreeSet<[&String; 2]> = self.lines.keys().map(|key| [&key[0], &key[1]]).collect();
        let tables: BTreeSet<&String> = measures.iter().map(|measure| measure[0]).collect();
        let mut counted = 0;
        for table in tables {
            let table = rows(&release.join("tables").join(format!("{table}.csv")));
            let is_measured =
                |row: &&Row| measures.contains(&[&row["TABLE"], &row["INDICATOR"]]) && row["REF_AREA"].contains('_');
            for row in table.iter().filter(is_measured) {
                let areas = self.of(row);
                assert_eq!(row["N_AREAS"], areas.len().to_string(), "{areas:?}: {row:?}");
                let shared =
                    self.lines.get(&Self::key(row)).and_then(|lines| lines.iter().find(|line| line.0.is_empty()));
                counted += usize::from(shared.is_none_or(|(_, shared)| shared != areas) && !areas.is_empty());
            }
        }
        counted
    }
}

/// The areas of each region of a scheme.
pub fn below(scheme: &str) -> BTreeMap<String, Vec<&'static str>> {
    let parents: BTreeMap<String, String> = rows(&project().join(format!("schemas/regions/{scheme}.csv")))
        .into_iter()
        .map(|row| (row["code"].clone(), row["parent"].clone()))
        .collect();
    let mut below: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for area in AREAS {
        let mut at = area.to_owned();
        while let Some(parent) = parents.get(&at).filter(|parent| !parent.is_empty()) {
            below.entry(parent.clone()).or_default().push(area);
            at.clone_from(parent);
        }
    }
    below
}

/// People by area, year, sex and age group.
fn people() -> BTreeMap<[String; 4], f64> {
    let folder = project().join("schemas/reference");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.extension().is_some_and(|ending| ending == "csv") && path.to_string_lossy().contains("WPP")
    });
    files.sort();
    let mut people = BTreeMap::new();
    for row in rows(files.last().unwrap()).iter().filter(|row| AREAS.contains(&row["area"].as_str())) {
        for (code, sex) in [("F", "F"), ("M", "M"), ("F", "_T"), ("M", "_T")] {
            for (group, age) in [("Y0T17", "Y0T17"), ("Y_GE18", "Y_GE18"), ("Y0T17", "_T"), ("Y_GE18", "_T")] {
                let number: f64 = row[&format!("{code}_{group}")].parse().unwrap();
                let key = [row["area"].clone(), row["year"].clone(), sex.to_owned(), age.to_owned()];
                *people.entry(key).or_insert(0.0) += number;
            }
        }
    }
    people
}

struct Oracle<'a> {
    world: &'a World,
    below: BTreeMap<String, Vec<&'static str>>,
    people: BTreeMap<[String; 4], f64>,
    panels: Panels,
}

/// What the oracle does with a measure.
struct Kind {
    name: &'static str,
    /// The year with which a year is compared.
    other: Option<String>,
    is_rate: bool,
}

impl Oracle<'_> {
    /// Compares one row. Returns what it is, where the oracle knows how it is made.
    fn row(&self, definition: &Row, row: &Row, first: &str) -> Option<&'static str> {
        let formula = definition["FORMULA"].as_str();
        let (area, year) = (row["REF_AREA"].as_str(), row["TIME_PERIOD"].as_str());
        let before = |back: u16| year.parse().map(|year: u16| (year - back).to_string()).unwrap_or_default();
        let kind = match formula {
            _ if ["mean(", "median(", "sum(", "areas(", "codes("].iter().any(|name| formula.starts_with(name)) => {
                return None;
            }
            "count" => Kind { name: "count", other: None, is_rate: false },
            _ if formula.contains("TIME_PERIOD=first") => {
                Kind { name: "index", other: Some(first.to_owned()), is_rate: false }
            }
            _ if formula.contains("TIME_PERIOD=-1") => Kind { name: "change", other: Some(before(1)), is_rate: false },
            // A ratio of two codes rests on the region's own counts, so it names no panel.
            "count[STAGE=PROSECUTED] / count[STAGE=CONVICTED]" => Kind { name: "ratio", other: None, is_rate: false },
            _ if formula.contains("population") => Kind { name: "rate", other: None, is_rate: true },
            _ => Kind { name: "share", other: None, is_rate: false },
        };
        let universe = definition["UNIVERSE"].split(';').filter(|entry| !entry.is_empty()).map(|entry| {
            let (dimension, code) = entry.split_once('=').unwrap();
            (dimension.to_owned(), code.to_owned())
        });
        let key: BTreeMap<String, String> = row
            .iter()
            .filter(|(name, _)| ["TIME_PERIOD", "SEX", "AGE", "FORM", "STAGE"].contains(&name.as_str()))
            .map(|(name, code)| (name.clone(), code.clone()))
            .chain(universe)
            .collect();
        let is_region = self.below.contains_key(area);
        let has_years = year != "_T" || self.panels.lines.keys().any(|key| key[0] == row["TABLE"]);
        let needed: Vec<&str> = std::iter::once(year).chain(kind.other.as_deref()).collect();
        let is_complete = |area: &str| {
            needed.iter().all(|year| self.world.reports(area, year))
                && (!kind.is_rate || self.people_of(area, &key, formula).is_some())
        };
        let all_years = definition["INDICATOR"].contains("_ALL");
        let in_all = |area: &str| !all_years || YEARS.iter().all(|year| self.world.reports(area, &year.to_string()));
        let members: Vec<&str> = if is_region {
            self.below[area].iter().copied().filter(|area| is_complete(area) && in_all(area)).collect()
        } else {
            vec![area]
        };
        let context = || format!("{} {} {area} {key:?}: {row:?}", row["TABLE"], row["INDICATOR"]);
        let status = row["OBS_STATUS"].as_str();
        if key.get("SEX").is_some_and(|sex| sex == "_O") && status == "L" {
            // None of these records has that code, which only some sources ask for.
            assert!(
                ["OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND"].iter().all(|name| row[*name].is_empty()),
                "{}",
                context()
            );
            return None;
        }
        if is_region && !["count", "ratio"].contains(&kind.name) && has_years {
            // The areas that the release names, and no others.
            let mut expected = members.clone();
            expected.sort_unstable();
            let mut found: Vec<&str> = self.panels.of(row).iter().map(String::as_str).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "the panel of {}", context());
            assert_eq!(row["N_AREAS"], members.len().to_string(), "{}", context());
        }
        let silent = if is_region { members.is_empty() } else { !is_complete(area) };
        if silent {
            let empty = row["OBS_VALUE"].is_empty() && row["LOWER_BOUND"].is_empty() && row["UPPER_BOUND"].is_empty();
            assert!(empty && ["L", "O"].contains(&status), "nobody reports {}", context());
            assert!(is_region || status == "L" || kind.is_rate, "{}", context());
            return Some("not reported");
        }
        let truth = self.value(formula, &members, &key, &kind);
        let slack = if kind.is_rate { 6e-7 } else { 6e-5 };
        let number = |name: &str| row[name].parse::<f64>().ok();
        match (status, truth) {
            ("A" | "B", Some(truth)) => {
                let value = number("OBS_VALUE").unwrap();
                assert!((value - truth).abs() <= slack + 1e-9 * truth.abs(), "{truth}, but {}", context());
            }
            ("Q", Some(truth)) => {
                assert!(number("LOWER_BOUND").is_none_or(|lower| lower <= truth + slack), "{truth}, but {}", context());
                assert!(number("UPPER_BOUND").is_none_or(|upper| truth <= upper + slack), "{truth}, but {}", context());
            }
            // A division by what may be zero.
            ("O" | "Q", None) => {}
            _ => panic!("{truth:?}, but {}", context()),
        }
        Some(kind.name)
    }

    /// Returns the population of an area that a rate divides by.
    fn people_of(&self, area: &str, codes: &BTreeMap<String, String>, formula: &str) -> Option<f64> {
        let all = formula.contains("population[");
        let code = |name: &str| codes.get(name).filter(|_| !all).map_or("_T", String::as_str).to_owned();
        self.people.get(&[area.to_owned(), codes["TIME_PERIOD"].clone(), code("SEX"), code("AGE")]).copied()
    }

    /// Computes a formula over the sums of some areas.
    fn value(&self, formula: &str, areas: &[&str], place: &BTreeMap<String, String>, kind: &Kind) -> Option<f64> {
        let sum =
            |codes: &BTreeMap<String, String>| areas.iter().map(|area| self.world.count(area, codes)).sum::<f64>();
        let count = sum(place);
        let over = |factor: f64, below: f64| (below > 0.0).then(|| factor * count / below);
        match kind.name {
            "count" => Some(count),
            "rate" => {
                let people = areas.iter().map(|area| self.people_of(area, place, formula)).sum::<Option<f64>>()?;
                over(100_000.0, people)
            }
            "index" | "change" => {
                let mut then = place.clone();
                then.insert("TIME_PERIOD".to_owned(), kind.other.clone()?);
                let index = over(100.0, sum(&then))?;
                Some(if kind.name == "change" { index - 100.0 } else { index })
            }
            _ if formula == "count[STAGE=PROSECUTED] / count[STAGE=CONVICTED]" => {
                let stage = |code: &str| {
                    let mut codes = place.clone();
                    codes.insert("STAGE".to_owned(), code.to_owned());
                    sum(&codes)
                };
                (stage("CONVICTED") > 0.0).then(|| stage("PROSECUTED") / stage("CONVICTED"))
            }
            _ => {
                let choices = formula.strip_prefix("100 * count / count[")?.strip_suffix(']')?;
                let mut wholes = vec![place.clone()];
                for choice in choices.split(", ") {
                    let (dimension, codes) = choice.split_once('=').unwrap();
                    wholes = wholes
                        .into_iter()
                        .flat_map(|whole| {
                            codes.split('+').map(move |code| {
                                let mut whole = whole.clone();
                                whole.insert(dimension.to_owned(), code.to_owned());
                                whole
                            })
                        })
                        .collect();
                }
                over(100.0, wholes.iter().map(sum).sum())
            }
        }
    }
}

/// Schemes of regions.
pub const SCHEMES: [&str; 5] = ["M49@1", "GLOTIP@2018", "SDG@1", "WB_INCOME@FY2026", "GLOTIP@2016"];

fn released(seed: u64, justice: bool, packs: &str) {
    let world = World::new(seed);
    let scheme = SCHEMES[seed as usize % SCHEMES.len()];
    let record = if justice { "justice" } else { "victim" };
    let config = format!(
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\nschema = \"{record}\"\n[tables]\n\
         packs = [{packs}]\nregions = \"{scheme}\"\n"
    );
    let bench = Bench::new().file("in.csv", world.csv(justice)).file("tipstat.toml", config);
    bench.run("run -q").succeeds();
    let compared = world.compare(&bench.path("out/release"), scheme);
    let kinds: &[&str] = if justice { &["change", "share", "rate"] } else { &["change", "index", "share", "rate"] };
    for kind in ["count", "not reported"].iter().chain(kinds) {
        assert!(compared.get(kind).is_some_and(|number| *number > 3), "seed {seed}, {scheme}, {kind}: {compared:?}");
    }
    // The store gives the same release, and the oracle holds for a release of its own.
    bench
        .run(&format!(
            "tabulate out/restricted --config tipstat.toml --tables {} --out again -q",
            packs.replace('"', "")
        ))
        .succeeds();
    let again = world.compare(&bench.path("again"), scheme);
    assert_eq!(again, compared, "seed {seed}");
    // So does the release, or the store, of all countries when it is combined.
    let package = match seed % 8 {
        1 | 6 => "out/release",
        3 | 4 => "out/restricted",
        _ => return,
    };
    bench
        .run(&format!(
            "combine {package} --tables {} --regions {scheme} --out combined -q",
            packs.replace(['"', ' '], "")
        ))
        .succeeds();
    let combined = world.compare(&bench.path("combined"), scheme);
    for kind in std::iter::once(&"count").chain(kinds) {
        assert!(combined.get(kind).is_some_and(|number| *number > 3), "seed {seed}, {scheme}, {kind}: {combined:?}");
    }
}

const VICTIMS: &str = "\"victims-detected\",\"victims-by-form\",\"victims-rate\",\"sdg-detv\"";

/// Twenty seeds in all; two tests, so that they run side by side.
#[test]
fn regional_figures_rest_on_the_areas_that_the_release_names() {
    (1..=10).for_each(|seed| released(seed, false, VICTIMS));
}

#[test]
fn regional_figures_rest_on_the_areas_that_the_release_names_again() {
    (11..=20).for_each(|seed| released(seed, false, VICTIMS));
}

/// A person may be at several stages, and may have suffered several forms.
const JUSTICE: &str = "\"proceedings-by-stage\",\"convictions\",\"proceedings-ratios\",\"proceedings-by-form\"";

#[test]
fn so_do_those_of_children_and_of_justice() {
    (21..=23).for_each(|seed| released(seed, true, JUSTICE));
    (24..=25).for_each(|seed| {
        released(seed, false, "\"crc-by-form\",\"victims-detected\",\"sdg-detvsx\",\"victims-by-form-and-profile\"")
    });
}

/// Finds the areas that `panels.csv` names for a row of South-Eastern Asia in 2021, and its value.
fn named(release: &Path, table: &str, indicator: &str, codes: &[(&str, &str)]) -> String {
    let table = rows(&release.join(format!("tables/{table}.csv")));
    let region = [("INDICATOR", indicator), ("REF_AREA", "M49_035"), ("TIME_PERIOD", "2021")];
    let fits = |row: &&Row| region.iter().chain(codes).all(|(name, code)| row[*name] == *code);
    let row = table.iter().find(fits).unwrap();
    format!("{} of {}", row["OBS_VALUE"], Panels::read(release).of(row).join(";"))
}

/// Laos reports no total in 2020, and Cambodia did not ask for `_O`. The panel of all persons would give women 10 percent.
#[test]
fn each_row_has_its_panel() {
    let text = "area,year,subject,sex,age,form,citizenship,citizenship_group,repatriated_from,unit,value\n".to_owned();
    let cells = [
        ("KHM", 2020, "_T:120 F:50 M:50"),
        ("KHM", 2021, "_T:140 F:60 M:60 _O:20"),
        ("THA", 2020, "_T:110 F:50 M:50 _O:10"),
        ("THA", 2021, "_T:110 F:50 M:50 _O:10"),
        ("LAO", 2020, "F:30 M:20"),
        ("LAO", 2021, "F:30 M:20 _T:55"),
    ];
    let lines = cells.iter().flat_map(|(area, year, cells)| {
        cells.split(' ').map(move |cell| {
            let (sex, value) = cell.split_once(':').unwrap();
            format!("{area},{year},VICTIMS,{sex},_T,_T,_T,_T,_T,NUMBER,{value}\n")
        })
    });
    let bench = Bench::new().file("figures.csv", text + &lines.collect::<String>());
    bench.run("ingest figures.csv --schema figure --out store -q").succeeds();
    bench.run("combine store --tables victims-by-profile --policy unodc --out out -q").succeeds();
    let out = bench.path("out");
    let change = |sex| named(&out, "victims-by-profile", "DETV_CH_PT", &[("SEX", sex), ("AGE", "_T")]);
    assert_eq!(change("_T"), "8.6957 of KHM;THA");
    assert_eq!(change("F"), "7.6923 of KHM;LAO;THA");
    assert_eq!(change("_O"), "0 of THA");
    assert!(Panels::read(&out).check(&out) > 2);
    // Only the rows that differ have a line of their own.
    let lines = rows(&bench.path("out/panels.csv"));
    let keys: Vec<&str> = lines.iter().filter(|row| row["REF_AREA"] == "M49_035").map(|row| &*row["KEY"]).collect();
    assert_eq!(keys.iter().filter(|key| !key.is_empty()).count(), 2, "{keys:?}");
    assert!(keys.contains(&"SEX=_O,AGE=_T"), "{keys:?}");
}

/// Of records too: Thailand did not ask for `_O`.
#[test]
fn each_row_of_records_has_its_panel() {
    let records = "area,year,sex,age,form,count\nKHM,2020,F,30,SEX,50\nKHM,2020,_O,30,SEX,20\nKHM,2021,F,30,SEX,60\n\
        KHM,2021,_O,30,SEX,30\nTHA,2020,F,30,SEX,40\nTHA,2021,F,30,SEX,80\nTHA,2021,M,30,LAB,30\n";
    let run = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\n\
        packs = [\"victims-by-profile\", \"victims-by-form-and-profile\", \"victims-rate\"]\nregions = \"M49\"\n\
        [[coverage]]\narea = \"THA\"\nyears = [2020, 2021]\ncodes = { SEX = [\"F\", \"M\"] }\n";

    let bench = Bench::new().file("in.csv", records).file("tipstat.toml", run);
    bench.run("run -q").succeeds();
    let release = bench.path("out/release");
    let change = |sex| named(&release, "victims-by-profile", "DETV_CH_PT", &[("SEX", sex), ("AGE", "_T")]);
    assert_eq!(change("_T"), "81.8182 of KHM;THA");
    assert_eq!(change("_O"), "50 of KHM");
    assert!(Panels::read(&release).check(&release) > 0);
    bench.run("combine out/release --tables victims-by-profile,victims-by-form-and-profile --out all -q").succeeds();
    let all = bench.path("all");
    assert!(Panels::read(&all).check(&all) > 0);
}
