//! Figures by citizenship and by what a citizenship is to the country, which report the same persons: no two tables of one
//! release may disagree about them.
//!
//! The oracle lists all small populations that fit the figures. What is printed as a value is the value in all of them, and what
//! is printed as bounds holds all of them. Both dimensions are of one population. A code without a figure is zero in all dimensions
//! that can do without it: in both where one population allows it, else in one, else in none.

use std::collections::{BTreeMap, BTreeSet};

use crate::release_oracle::{Chance, seeds};
use crate::support::{Bench, Row, figure_profile, rows, value_or_bounds};

const FIELDS: [&str; 10] =
    ["area", "year", "subject", "sex", "age", "form", "citizenship", "citizenship_group", "unit", "value"];

/// Areas, each with the region of its own citizens.
const AREAS: [(&str, usize); 8] = [
    ("LAO", ASIA),
    ("KHM", ASIA),
    ("JPN", ASIA),
    ("DEU", EUROPE),
    ("FRA", EUROPE),
    ("GHA", AFRICA),
    ("KEN", AFRICA),
    ("NPL", ASIA),
];
const ASIA: usize = 0;
const AFRICA: usize = 1;
const EUROPE: usize = 2;
const REGIONS: [&str; 3] = ["M49_142", "M49_002", "M49_150"];
const CROSS: [&str; 3] = ["CROSS_142", "CROSS_002", "CROSS_150"];

/// Origins other than the own one, each with its region; `XXA` is stateless.
const ORIGINS: [(&str, Option<usize>); 5] =
    [("VNM", Some(ASIA)), ("NGA", Some(AFRICA)), ("AUT", Some(EUROPE)), ("XXA", None), ("R142", Some(ASIA))];

/// How many persons are of the own country, of each of `ORIGINS`, and of no known origin.
type People = [u64; ORIGINS.len() + 2];
const UNKNOWN: usize = ORIGINS.len() + 1;

/// The group of each place in a population, as seen from an area of a region.
fn group(origin: usize, home: usize) -> &'static str {
    match origin {
        0 => "DOM",
        UNKNOWN => "_U",
        origin => match ORIGINS[origin - 1] {
            (_, None) => "NOCIT",
            ("R142", Some(region)) if region == home => "_OWN",
            (_, Some(region)) => CROSS[region],
        },
    }
}

/// The figures of one area and year; those of a part of all persons are from one number to another one.
#[derive(Clone, Debug, Default)]
struct Figures {
    total: Option<u64>,
    groups: BTreeMap<String, [u64; 2]>,
    origins: BTreeMap<usize, [u64; 2]>,
}

fn is_in(code: &str, group: &str) -> bool {
    code == group || (code == "CROSS" && group.starts_with("CROSS_")) || (code == "_K" && group != "_U") || code == "_T"
}

fn of_group(people: &People, code: &str, home: usize) -> u64 {
    (0..people.len()).filter(|&origin| is_in(code, group(origin, home))).map(|origin| people[origin]).sum()
}

/// A number as it is published: itself, or in one of ten cases that it is below 3.
fn published(chance: &mut Chance, number: u64) -> [u64; 2] {
    if number < 3 && chance.in_ten(1) { [0, 2] } else { [number; 2] }
}

/// Makes figures of a population: some codes of each dimension.
fn figures(chance: &mut Chance, home: usize) -> Figures {
    let mut people: People = [0; ORIGINS.len() + 2];
    people.iter_mut().for_each(|number| *number = chance.below(3) as u64);
    let mut figures = Figures::default();
    if chance.in_ten(5) {
        figures.total = Some(people.iter().sum());
    }
    // Publishers list all of a dimension, or some of it.
    for code in ["DOM", "CROSS", "NOCIT", "CROSS_142", "CROSS_002", "CROSS_150"] {
        if chance.in_ten(3) {
            let number = published(chance, of_group(&people, code, home));
            figures.groups.insert(code.to_owned(), number);
        }
    }
    let often = *chance.of(&[0, 2, 3, 4, 5, 6, 7, 8]);
    for (origin, &count) in people[..UNKNOWN].iter().enumerate() {
        if chance.in_ten(often) {
            figures.origins.insert(origin, published(chance, count));
        }
    }
    figures
}

/// All populations that fit the figures, of no more persons than `most` where no total says how many there are.
fn populations(figures: &Figures, home: usize, upper: u64) -> Vec<People> {
    let mut all: Vec<People> = Vec::new();
    let limit = figures.total.unwrap_or(upper);
    let mut stack: Vec<(usize, People)> = vec![(0, [0; ORIGINS.len() + 2])];
    while let Some((at, people)) = stack.pop() {
        let used: u64 = people.iter().sum();
        if at == people.len() {
            let is_total = figures.total.is_none_or(|total| total == used);
            if is_total
                && figures
                    .groups
                    .iter()
                    .all(|(code, value)| (value[0]..=value[1]).contains(&of_group(&people, code, home)))
            {
                all.push(people);
            }
            continue;
        }
        let range = figures.origins.get(&at).map_or(0..=limit.saturating_sub(used), |bounds| bounds[0]..=bounds[1]);
        for number in range {
            let mut people = people;
            people[at] = number;
            stack.push((at + 1, people));
        }
    }
    // What is not listed is zero wherever the other dimension allows it.
    let no_other_origin = |people: &People| {
        figures.origins.is_empty()
            || (0..UNKNOWN).all(|origin| people[origin] == 0 || figures.origins.contains_key(&origin))
    };
    let no_other_group = |people: &People| {
        figures.groups.is_empty()
            || (0..UNKNOWN)
                .all(|origin| people[origin] == 0 || figures.groups.keys().any(|code| is_in(code, group(origin, home))))
    };
    for keep in [[true, true], [false, true], [true, false]] {
        let fits = |people: &&People| (!keep[0] || no_other_group(people)) && (!keep[1] || no_other_origin(people));
        let some: Vec<People> = all.iter().filter(fits).copied().collect();
        if !some.is_empty() {
            return some;
        }
    }
    all
}

/// The numbers of a code of one of the two dimensions, or of an origin's region.
fn count(people: &People, code: &str, area: &str, home: usize) -> Option<u64> {
    if code == area {
        return Some(people[0]);
    }
    if let Some(place) = ORIGINS.iter().position(|(origin, _)| *origin == code) {
        return Some(people[place + 1]);
    }
    if let Some(region) = REGIONS.iter().position(|region| *region == code) {
        let nationals = if home == region { people[0] } else { 0 };
        let others =
            (0..ORIGINS.len()).filter(|&place| ORIGINS[place].1 == Some(region)).map(|place| people[place + 1]);
        return Some(nationals + others.sum::<u64>());
    }
    let known = ["DOM", "CROSS", "NOCIT", "_OWN", "_K", "_T", "_U"].contains(&code) || CROSS.contains(&code);
    if known {
        return Some(of_group(people, code, home));
    }
    // Codes that no area has.
    (code.starts_with("CROSS_") || AREAS.iter().any(|(other, _)| *other == code)).then_some(0)
}

fn bench(figures: &BTreeMap<(&str, u16), Figures>) -> Bench {
    let mut text = FIELDS.join(",") + "\n";
    for ((area, year), reported) in figures {
        let mut line = |citizenship: &str, group: &str, [value, upper]: [u64; 2]| {
            let value = if value == upper { value.to_string() } else { format!("<{}", upper + 1) };
            text.push_str(&format!("{area},{year},VICTIMS,_T,_T,_T,{citizenship},{group},NUMBER,{value}\n"));
        };
        reported.total.iter().for_each(|total| line("_T", "_T", [*total; 2]));
        reported.groups.iter().for_each(|(code, value)| line("_T", code, *value));
        for (origin, value) in &reported.origins {
            line(if *origin == 0 { area } else { ORIGINS[origin - 1].0 }, "_T", *value);
        }
    }
    Bench::new().file("sch/profiles/fig.toml", figure_profile(&FIELDS)).file("in.csv", text)
}

/// Returns what is wrong with a row whose possible values are all known.
fn fault(row: &Row, values: &[f64]) -> Option<String> {
    let number = |column: &str| row[column].parse::<f64>().ok();
    let wrong = match row["OBS_STATUS"].as_str() {
        "A" => !values.iter().all(|value| (value - number("OBS_VALUE").unwrap()).abs() < 1e-4),
        "Q" => {
            let [lower, upper] = ["LOWER_BOUND", "UPPER_BOUND"].map(number);
            values.iter().any(|value| lower.is_some_and(|lower| lower > *value + 1e-9))
                || values.iter().any(|value| upper.is_some_and(|upper| upper < *value - 1e-9))
        }
        _ => false,
    };
    let ends = [values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(f64::MIN, f64::max)];
    let shown = ["INDICATOR", "OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND"].map(|column| &*row[column]);
    wrong.then(|| format!("{shown:?} and not {ends:?}"))
}

const TABLES: [(&str, &str); 3] =
    [("victims-by-citizenship", "CITIZENSHIP"), ("victims-by-nationality", "CITIZENSHIP"), ("flows", "ORIGIN")];

const YEARS: [u16; 2] = [2020, 2021];

/// Which citizenships of a named country somebody has, a bit for each, and of how many persons only Asia is known. Stateless
/// persons are one code.
fn origins_of(people: &People) -> (u32, u64) {
    let is_country = |origin: &usize| *origin == 0 || ORIGINS[origin - 1].0.len() == 3;
    let named = (0..UNKNOWN).filter(is_country).filter(|&origin| people[origin] > 0).map(|origin| 1 << origin).sum();
    (named, people[ORIGINS.iter().position(|(code, _)| *code == "R142").unwrap() + 1])
}

/// The least and the greatest number of citizenships: an Asian has that of a named country of Asia, or of another one.
fn numbers_of_origins(home: usize, (named, asians): (u32, u64)) -> [f64; 2] {
    let is_asian = |origin: usize| {
        named >> origin & 1 == 1 && if origin == 0 { Some(home) } else { ORIGINS[origin - 1].1 } == Some(ASIA)
    };
    let has_asian = (0..UNKNOWN).any(is_asian);
    let named = named.count_ones();
    [named + u32::from(asians > 0 && !has_asian), named + asians as u32].map(f64::from)
}

/// How many persons are from another region than that of the area.
fn from_other_regions(people: &People, home: usize) -> u64 {
    let others = (0..ORIGINS.len()).filter(|&place| ORIGINS[place].1.is_some_and(|region| region != home));
    others.map(|place| people[place + 1]).sum()
}

/// Compares all tables of some areas with all populations; returns what is wrong, and counts the values and bounds that were
/// compared. Areas that are alone name few of the citizenships that a population may have.
fn check(seed: u64, years: usize, areas: &[(&'static str, usize)], counts: &mut [usize; 2]) -> Vec<String> {
    let chance = &mut Chance(seed);
    let mut all: BTreeMap<(&str, u16), Figures> = BTreeMap::new();
    for &(area, home) in areas {
        all.extend(YEARS[..years].iter().map(|year| ((area, *year), figures(chance, home))));
    }
    if all.values().all(|reported| reported.groups.is_empty() || reported.origins.is_empty()) {
        return Vec::new();
    }
    let bench = bench(&all);
    let tables = TABLES.map(|(table, _)| table).join(",");
    bench.run(&format!("combine in.csv --profile fig --schemas sch --tables {tables} --out out -q")).succeeds();
    let mut faults = Vec::new();
    let found =
        TABLES.map(|(table, dimension)| (table, dimension, rows(&bench.path(&format!("out/tables/{table}.csv")))));
    for &(area, home) in areas {
        // Each with two persons more than all that are listed, which shows what is not bounded.
        let people = YEARS.map(|year| {
            let Some(figures) = all.get(&(area, year)) else { return vec![People::default()] };
            let is_reported = figures.total.is_some() || !figures.groups.is_empty() || !figures.origins.is_empty();
            let listed = figures.groups.values().chain(figures.origins.values()).map(|bounds| bounds[1]).sum::<u64>();
            let people = if is_reported { populations(figures, home, listed + 2) } else { vec![People::default()] };
            assert!(!people.is_empty(), "{area} {figures:?}");
            people
        });
        for (table, dimension, found) in &found {
            let is_own = |row: &&Row| {
                row["REF_AREA"] == area
                    && ["SEX", "AGE"].iter().all(|name| row.get(*name).is_none_or(|code| code == "_T"))
            };
            for row in found.iter().filter(is_own) {
                let code = row[*dimension].as_str();
                // The possible numbers of the code and of all known persons, in one year or in both together.
                let one = |people: &Vec<People>| -> BTreeSet<[u64; 2]> {
                    let pair = |people: &People| Some([count(people, code, area, home)?, of_group(people, "_K", home)]);
                    people.iter().filter_map(pair).collect()
                };
                let pairs = match YEARS.iter().position(|year| row["TIME_PERIOD"] == year.to_string()) {
                    Some(year) => one(&people[year]),
                    None => {
                        let [first, second] = people.each_ref().map(one);
                        let both = |a: &[u64; 2]| second.iter().map(|b| [a[0] + b[0], a[1] + b[1]]).collect::<Vec<_>>();
                        first.iter().flat_map(both).collect()
                    }
                };
                let values: Vec<f64> = match row["INDICATOR"].as_str() {
                    "DETV_N" => pairs.iter().map(|[count, _]| *count as f64).collect(),
                    "DETV_CITIZENSHIP_PT" | "FLOW_ORIGIN_PT" => {
                        let known = pairs.iter().filter(|[_, known]| *known > 0);
                        known.map(|[count, known]| 100.0 * *count as f64 / *known as f64).collect()
                    }
                    "FLOW_DOMESTIC_N" => ends(&people, &|people| people[0]),
                    "FLOW_TRANSREGIONAL_N" => ends(&people, &|people| from_other_regions(people, home)),
                    "ORIGINS_N" => {
                        let [first, second] = people
                            .each_ref()
                            .map(|alternatives| alternatives.iter().map(origins_of).collect::<BTreeSet<(u32, u64)>>());
                        let both = |a: &(u32, u64)| {
                            let unions = second.iter().map(|b| (a.0 | b.0, a.1 + b.1));
                            unions.flat_map(|union| numbers_of_origins(home, union)).collect::<Vec<_>>()
                        };
                        first.iter().flat_map(both).collect()
                    }
                    _ => continue,
                };
                counts[usize::from(row["OBS_STATUS"] == "Q")] += 1;
                if let Some(fault) = fault(row, &values) {
                    let figures = YEARS.map(|year| all.get(&(area, year)));
                    faults.push(format!(
                        "seed {seed}, {table} {area} {} {code}: {fault}; {figures:?}",
                        row["TIME_PERIOD"]
                    ));
                }
            }
        }
    }
    faults
}

/// The least and the greatest sum of a number over two years.
fn ends(people: &[Vec<People>; 2], number: &dyn Fn(&People) -> u64) -> Vec<f64> {
    let ends = people.each_ref().map(|populations| {
        let numbers = || populations.iter().map(|people| number(people) as f64);
        [numbers().fold(f64::MAX, f64::min), numbers().fold(0.0, f64::max)]
    });
    [0, 1].map(|end| ends[0][end] + ends[1][end]).to_vec()
}

fn check_all(usual: std::ops::Range<u64>, years: usize, alone: bool) {
    let mut counts = [0; 2];
    let files = if alone { AREAS.len() } else { 1 };
    let mut faults: Vec<String> = Vec::new();
    for seed in seeds(usual) {
        for areas in AREAS.chunks(AREAS.len() / files) {
            faults.extend(check(seed, years, areas, &mut counts));
        }
    }
    let some: Vec<&str> = faults.iter().step_by(1 + faults.len() / 12).map(String::as_str).collect();
    assert!(faults.is_empty(), "{} of {counts:?} are wrong:\n{}", faults.len(), some.join("\n"));
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
}

#[test]
fn figures_of_both_dimensions_agree_with_every_population() {
    check_all(0..6, 1, false);
}

#[test]
fn figures_of_both_dimensions_agree_with_every_population_of_two_years() {
    check_all(0..4, 2, false);
}

/// Of the citizenships of an area that is alone, most are not named in the file.
#[test]
fn figures_of_one_area_agree_with_every_population() {
    check_all(0..4, 1, true);
}

#[test]
fn figures_of_one_area_and_two_years_agree_with_every_population() {
    check_all(4..8, 2, true);
}

/// The value or the bounds of a row, and its status.
fn shows(found: &[Row], measure: &str, area: &str, code: &str) -> String {
    let is_it = |row: &&Row| {
        row["INDICATOR"] == measure
            && row["REF_AREA"] == area
            && ["CITIZENSHIP", "ORIGIN"]
                .iter()
                .all(|dimension| row.get(*dimension).is_none_or(|dimension| dimension == code))
    };
    found.iter().find(is_it).map_or("no row".into(), value_or_bounds)
}

/// 50 own citizens in one column and 30 of Viet Nam in the other are 80 at least, and neither are all.
#[test]
fn own_citizens_and_citizens_of_another_country_are_not_both_all() {
    for (total, k, share) in [(None, "[80, ]", "[0, 62.5]"), (Some(80), "80", "62.5")] {
        let mut figures = Figures { total, ..Figures::default() };
        figures.groups.insert("DOM".into(), [50; 2]);
        figures.origins.insert(1, [30; 2]);
        let bench = bench(&BTreeMap::from([(("LAO", 2020), figures)]));
        bench
            .run("combine in.csv --profile fig --schemas sch --tables victims-by-citizenship,flows --out out -q")
            .succeeds();
        let [groups, flows] =
            ["victims-by-citizenship", "flows"].map(|table| rows(&bench.path(&format!("out/tables/{table}.csv"))));
        let of_groups = ["_K", "DOM"].map(|code| shows(&groups, "DETV_N", "LAO", code));
        let of_origins = ["_K", "LAO", "VNM"].map(|code| shows(&flows, "DETV_N", "LAO", code));
        assert_eq!(of_groups, [k, "50"]);
        assert_eq!(of_origins, [k, "50", "30"]);
        assert_eq!(shows(&groups, "DETV_CITIZENSHIP_PT", "LAO", "DOM"), share);
        assert_eq!(shows(&flows, "FLOW_DOMESTIC_N", "LAO", "_T"), "50");
    }
}

/// What `flows` prints of one area with these figures by group and by citizenship; `own` is the area itself.
fn flows(area: &'static str, total: Option<u64>, group: (&str, u64), citizenship: (&str, u64)) -> Vec<Row> {
    let mut figures = Figures { total, ..Figures::default() };
    figures.groups.insert(group.0.into(), [group.1; 2]);
    let origin = ORIGINS.iter().position(|(code, _)| *code == citizenship.0).map_or(0, |at| at + 1);
    figures.origins.insert(origin, [citizenship.1; 2]);
    let bench = bench(&BTreeMap::from([((area, 2020), figures)]));
    bench.run("combine in.csv --profile fig --schemas sch --tables flows --out out -q").succeeds();
    rows(&bench.path("out/tables/flows.csv"))
}

/// The region of a person whom only the group lists is not known, also where no other country is in the file.
#[test]
fn persons_whom_only_the_group_lists_may_be_of_any_region() {
    // One Cambodian and one other Asian: zero persons are from another region, and 2 of 2 are Asians.
    let found = flows("KHM", Some(2), ("CROSS_142", 1), ("own", 1));
    assert_eq!(shows(&found, "DETV_N", "KHM", "M49_142"), "[1, 2]");
    assert_eq!(shows(&found, "FLOW_TRANSREGIONAL_N", "KHM", "_T"), "[0, 1]");
    // 4 Nigerians and 15 of any other country, Africans perhaps.
    let found = flows("KHM", Some(19), ("CROSS", 19), ("NGA", 4));
    assert_eq!(["M49_002", "NGA"].map(|code| shows(&found, "DETV_N", "KHM", code)), ["[4, 19]", "4"]);
    // 7 Germans and 6 others, Europeans perhaps: 7 of 13 at most are German, and no bound is above another.
    let found = flows("DEU", None, ("CROSS", 6), ("own", 7));
    assert_eq!(shows(&found, "DETV_N", "DEU", "M49_150"), "[7, ]");
    assert_eq!(shows(&found, "FLOW_ORIGIN_PT", "DEU", "DEU"), "[0, 53.8462]");
}

/// The area says 10 own citizens by group and 50 by citizenship, and 4 other Africans where 9 Nigerians are listed.
#[test]
fn figures_of_both_dimensions_that_contradict_each_other_are_listed() {
    let listed = |group: (&str, u64), citizenship: (&str, u64)| {
        let mut figures = Figures::default();
        figures.groups.insert(group.0.into(), [group.1; 2]);
        let origin = ORIGINS.iter().position(|(code, _)| *code == citizenship.0).map_or(0, |at| at + 1);
        figures.origins.insert(origin, [citizenship.1; 2]);
        let bench = bench(&BTreeMap::from([(("DEU", 2020), figures)]));
        bench.run("combine in.csv --profile fig --schemas sch --tables flows --out out -q").succeeds();
        let found = rows(&bench.path("out/not-additive.csv"));
        let shown = |row: &Row| ["OF", "TOTAL_UPPER", "PARTS_LOWER", "PART"].map(|name| row[name].clone());
        found.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(listed(("DOM", 10), ("own", 50)), [["CITIZENSHIP=DOM", "10", "50", "ORIGIN=DEU"]]);
    assert_eq!(listed(("CROSS", 4), ("NGA", 9)), [["CITIZENSHIP=CROSS", "4", "9", ""]]);
}

/// A masked figure may be all that it allows: 3 of another country of 4, and the 1 whom the list of countries lacks.
#[test]
fn a_list_that_a_masked_figure_may_exceed_is_not_whole() {
    let mut figures = Figures { total: Some(4), ..Figures::default() };
    figures.groups.insert("CROSS".into(), [0, 4]);
    figures.origins.insert(1, [3; 2]);
    let bench = bench(&BTreeMap::from([(("LAO", 2020), figures)]));
    bench.run("combine in.csv --profile fig --schemas sch --tables flows --out out -q").succeeds();
    let found = rows(&bench.path("out/tables/flows.csv"));
    assert_eq!(["_K", "VNM"].map(|code| shows(&found, "DETV_N", "LAO", code)), ["[3, 4]", "3"]);
}

/// Of 8 persons 3 are Vietnamese and 5 of some other country. Where only Asia is named, they may still be Europeans.
#[test]
fn persons_whose_citizenship_nobody_names_are_counted() {
    let found = flows("KHM", Some(8), ("CROSS", 8), ("VNM", 3));
    assert_eq!(shows(&found, "FLOW_ORIGIN_PT", "KHM", "M49_142"), "[37.5, 100]");
    assert_eq!(shows(&found, "FLOW_ORIGIN_PT", "KHM", "VNM"), "37.5");
    assert_eq!(shows(&found, "ORIGINS_N", "KHM", "_T"), "[1, 6]");
    // A year without a reported citizenship, next to another country.
    let text = FIELDS.join(",")
        + "\nKHM,2019,VICTIMS,_T,_T,_T,VNM,_T,NUMBER,3\nKHM,2019,VICTIMS,_T,_T,_T,_T,_T,NUMBER,3\n\
           KHM,2020,VICTIMS,_T,_T,_T,_T,_T,NUMBER,5\nTHA,2020,VICTIMS,_T,_T,_T,FRA,_T,NUMBER,4\n\
           THA,2020,VICTIMS,_T,_T,_T,_T,_T,NUMBER,4\n";
    let bench = Bench::new().file("sch/profiles/fig.toml", figure_profile(&FIELDS)).file("in.csv", text);
    bench.run("combine in.csv --profile fig --schemas sch --tables flows --out out -q").succeeds();
    let found = rows(&bench.path("out/tables/flows.csv"));
    let origins = ["KHM", "THA", "M49_035"].map(|area| shows(&found, "ORIGINS_N", area, "_T"));
    assert_eq!(origins, ["[1, 6]", "1", "[2, 7]"]);
}

/// The French citizens in France are missing: they are not zero, and the French are in no sum.
#[test]
fn a_missing_citizenship_is_in_no_group() {
    let mut fields = FIELDS.to_vec();
    fields.insert(9, "status");
    let line = |citizenship: &str, status: &str, value: &str| {
        format!("FRA,2015,VICTIMS,_T,_T,_T,{citizenship},_T,NUMBER,{status},{value}\n")
    };
    let percent = line("FRA", "", "40").replace("NUMBER", "PT");
    for (missing, total) in [("missing", true), ("missing", false), ("fraction", true), ("percent", true)] {
        let nationals = match missing {
            "missing" => line("FRA", ":", ":"),
            "fraction" => line("FRA", "", "1.5"),
            _ => percent.clone(),
        };
        let all = if total { line("_T", "", "3") } else { String::new() };
        let text = fields.join(",") + "\n" + &nationals + &line("ARG", "", "1") + &line("_U", "", "0") + &all;
        let bench = Bench::new().file("sch/profiles/fig.toml", figure_profile(&fields)).file("in.csv", text);
        bench.run("combine in.csv --profile fig --schemas sch --tables victims-by-citizenship --out out -q").succeeds();
        let found = rows(&bench.path("out/tables/victims-by-citizenship.csv"));
        let shown = |measure, code| shows(&found, measure, "FRA", code);
        assert_eq!(shown("DETV_N", "CROSS"), "1", "{missing}");
        assert_eq!(shown("DETV_N", "_T"), if total { "3" } else { "no row" }, "{missing}");
        assert_ne!(shown("DETV_N", "_K"), "1", "{missing}");
        assert_ne!(shown("DETV_CITIZENSHIP_PT", "CROSS"), "100", "{missing}");
    }
}
