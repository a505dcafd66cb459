//! A code that only some sources ask for, and whose part is reported, is neither 0 elsewhere nor exactly that part. Every
//! expected number is computed by hand in a comment.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Bench, Random, Row, figure_profile, rows};

const FIELDS: [&str; 7] = ["area", "year", "subject", "sex", "age", "form", "value"];

/// The bounds of each cell that an area and year reports, by sex and age.
type Reported = BTreeMap<(&'static str, u16), Figures>;

/// The bounds of cells by sex and age.
type Figures = BTreeMap<(&'static str, &'static str), [u64; 2]>;

/// Combines figures into tables.
fn bench(figures: String, tables: &str) -> Bench {
    let bench = Bench::new()
        .file("sch/profiles/fig.toml", figure_profile(&[&FIELDS[..], &["unit"]].concat()))
        .file("in.csv", figures);
    bench.run(&format!("combine in.csv --profile fig --schemas sch --tables {tables} --out out -q")).succeeds();
    bench
}

/// Combines figures of 2020, each written `AREA SEX AGE FORM VALUE`, into tables.
fn combined(lines: &[&str], tables: &str) -> Bench {
    let mut text = format!("{},unit\n", FIELDS.join(","));
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [area, sex, age, form, value] = words[..] else { panic!("{line}") };
        text.push_str(&format!("{area},2020,VICTIMS,{sex},{age},{form},{value},NUMBER\n"));
    }
    bench(text, tables)
}

/// The value, the bounds or the status of a cell whose other dimensions are totals.
fn shows(bench: &Bench, table: &str, measure: &str, at: &[(&str, &str)]) -> String {
    let found = rows(&bench.path(&format!("out/tables/{table}.csv"))).into_iter().find(|row| {
        let code = |name: &str| at.iter().find(|(dimension, _)| *dimension == name).map_or("_T", |(_, code)| *code);
        row["INDICATOR"] == measure
            && row["TIME_PERIOD"] == "2020"
            && ["REF_AREA", "SEX", "AGE", "FORM"]
                .iter()
                .all(|name| row.get(*name).is_none_or(|code_found| code_found == code(name)))
    });
    let Some(row) = found else { return "no row".into() };
    match row["OBS_STATUS"].as_str() {
        "A" => row["OBS_VALUE"].clone(),
        "Q" => format!("[{}, {}]", row["LOWER_BOUND"], row["UPPER_BOUND"]),
        other => other.to_owned(),
    }
}

/// 42 women, 35 men and what is left of 145: women are 42 of 77 to 145.
#[test]
fn a_part_of_one_age_is_no_zero_of_all_ages() {
    for value in ["<5", "0"] {
        let other = format!("POL _O Y_GE18 _T {value}");
        let bench = combined(&["POL _T _T _T 145", "POL F _T _T 42", "POL M _T _T 35", &other], "victims-by-profile");
        let shows = |measure, sex| shows(&bench, "victims-by-profile", measure, &[("REF_AREA", "POL"), ("SEX", sex)]);
        assert_eq!(shows("DETV_N", "_K"), "[77, 145]");
        assert_eq!(shows("DETV_SEX_PT", "F"), "[28.9655, 54.5455]");
    }
}

/// 98 women of 101 to 155 adults; the 6 children of another sex say nothing of adults.
#[test]
fn a_part_of_one_age_is_no_zero_of_another() {
    let lines = ["FRA F Y_GE18 _T 98", "FRA M Y_GE18 _T 3", "FRA _T Y_GE18 _T 155", "FRA _O Y0T17 _T 6"];
    let bench = combined(&lines, "victims-by-profile");
    let at = |sex, age| [("REF_AREA", "FRA"), ("SEX", sex), ("AGE", age)];
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at("_K", "Y_GE18")), "[101, 155]");
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_SEX_PT", &at("F", "Y_GE18")), "[63.2258, 97.0298]");
    // 6 and what 101 leave of 155.
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at("_O", "_K")), "[6, 60]");
}

/// Of 90 persons of another sex 7 are children: the others may be adults, of whom 143 - 60 are left.
#[test]
fn what_a_wider_cell_holds_beyond_its_parts_is_no_zero() {
    let lines = "KHM F _T _T 50;KHM F Y0T17 _T 20;KHM F Y_GE18 _T 30;KHM M _T _T 40;KHM M Y0T17 _T 10;KHM M Y_GE18 _T 30;\
                 KHM _O _T _T 90;KHM _O Y0T17 _T 7;KHM _T _T _T 180;KHM _T Y0T17 _T 37;KHM _T Y_GE18 _T 143";
    let bench = combined(&lines.split(';').collect::<Vec<_>>(), "victims-by-profile");
    let at = |sex| [("REF_AREA", "KHM"), ("SEX", sex), ("AGE", "Y_GE18")];
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at("_K")), "[60, 143]");
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_SEX_PT", &at("F")), "[20.979, 50]");
}

/// 9 in forced labour say nothing of the 20 of sexual exploitation that are left, nor of women and men in forced labour.
#[test]
fn a_part_of_one_form_is_no_zero_of_another() {
    let lines = "KHM _T _T _T 150;KHM _T _T FG_SEXUAL 100;KHM F _T FG_SEXUAL 60;KHM M _T FG_SEXUAL 20;KHM _T _T FG_LABOUR 50;\
                 KHM _O _T FG_LABOUR 9";
    let bench = combined(&lines.split(';').collect::<Vec<_>>(), "victims-by-form");
    let at = |form| [("REF_AREA", "KHM"), ("SEX", "_K"), ("FORM", form)];
    assert_eq!(shows(&bench, "victims-by-form", "DETV_N", &at("FG_SEXUAL")), "[80, 100]");
    assert_eq!(shows(&bench, "victims-by-form", "DETV_N", &at("FG_LABOUR")), "[9, 50]");
}

/// 20 of another sex of one form are 20 to 100 - 70 of all forms, in a table without forms too.
#[test]
fn a_part_outside_the_dimensions_of_a_table_counts_in_it() {
    let lines = "GBR _T _T _T 100;GBR F _T _T 40;GBR M _T _T 30;GBR _O _T FG_SEXUAL 20;IRL _T _T _T 50;IRL F _T _T 30;\
                 IRL M _T _T 10;IRL _O _T _T 10";
    let bench = combined(&lines.split(';').collect::<Vec<_>>(), "victims-by-profile,victims-by-form");
    for table in ["victims-by-profile", "victims-by-form"] {
        let shows = |area, sex| shows(&bench, table, "DETV_N", &[("REF_AREA", area), ("SEX", sex)]);
        assert_eq!(shows("GBR", "_K"), "[90, 100]");
        assert_eq!(shows("M49_154", "_O"), "[30, 40]");
    }
}

/// 73 of another sex of one form are adults, of whom the totals leave 9 in all forms. Of adults that figure is ignored, and the
/// women among the known are 2617 of 10073 to 10613.
#[test]
fn what_contradicts_the_totals_outside_of_a_table_is_ignored() {
    let lines = "GBR _T _T _T 10613;GBR F _T _T 2617;GBR M _T _T 7383;GBR _T Y_GE18 _T 5087;GBR F Y_GE18 _T 1538;\
                 GBR M Y_GE18 _T 3540;GBR _O Y_GE18 FG_SEXUAL 73";
    let bench = combined(&lines.split(';').collect::<Vec<_>>(), "victims-by-profile");
    let at = |sex, age| [("REF_AREA", "GBR"), ("SEX", sex), ("AGE", age)];
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_SEX_PT", &at("F", "_T")), "[24.6584, 25.9804]");
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at("_K", "Y_GE18")), "[5078, 5087]");
}

/// One adult, and neither a woman nor a man: the sex is another one, or not known.
#[test]
fn persons_whom_no_part_holds_may_have_a_code_that_only_some_ask_for() {
    let bench = combined(&["VNM F _T _T 0", "VNM M _T _T 0", "VNM _T Y_GE18 _T 1"], "victims-by-profile");
    let at = [("REF_AREA", "VNM"), ("SEX", "_K"), ("AGE", "_T")];
    assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &at), "[0, ]");
}

/// The cells of a population, by sex and age.
const CELLS: [(&str, &str); 12] = [
    ("F", "Y0T17"),
    ("F", "Y_GE18"),
    ("F", "_U"),
    ("M", "Y0T17"),
    ("M", "Y_GE18"),
    ("M", "_U"),
    ("_O", "Y0T17"),
    ("_O", "Y_GE18"),
    ("_O", "_U"),
    ("_U", "Y0T17"),
    ("_U", "Y_GE18"),
    ("_U", "_U"),
];

type Population = [u64; 12];

/// All populations of up to three victims.
fn populations() -> Vec<Population> {
    let mut all: BTreeSet<Population> = BTreeSet::from([[0; 12]]);
    for _ in 0..3 {
        let more: Vec<Population> = all
            .iter()
            .flat_map(|population| {
                (0..12).map(|cell| {
                    let mut more = *population;
                    more[cell] += 1;
                    more
                })
            })
            .collect();
        all.extend(more);
    }
    all.into_iter().collect()
}

fn count(population: &Population, sex: &str, age: &str) -> u64 {
    let fits = |reported: &str, code: &str| code == "_T" || reported == code || (code == "_K" && reported != "_U");
    CELLS.iter().zip(population).filter(|((s, a), _)| fits(s, sex) && fits(a, age)).map(|(_, count)| count).sum()
}

/// Returns a measure of a population, none for a share of zero persons.
fn measure(population: &Population, name: &str, sex: &str, age: &str) -> Option<f64> {
    let part = count(population, sex, age) as f64;
    let total = match name {
        "DETV_N" => return Some(part),
        "DETV_SEX_PT" => count(population, "_K", age),
        "DETV_AGE_PT" => count(population, sex, "_K"),
        "DETV_PROFILE_PT" => population[0] + population[1] + population[3] + population[4],
        _ => return None,
    };
    (total > 0).then(|| 100.0 * part / total as f64)
}

/// Areas and years for random figures.
const AREAS: [&str; 30] = [
    "KHM", "THA", "VNM", "LAO", "MMR", "IDN", "PHL", "MYS", "POL", "CZE", "HUN", "BGR", "ROU", "UKR", "FRA", "DEU",
    "BEL", "NLD", "AUT", "CHE", "ITA", "ESP", "PRT", "GRC", "SRB", "ALB", "GBR", "IRL", "NOR", "SWE",
];

/// Reports random cells of random populations of each area and year, some masked: the file and what it says.
fn random_figures(seed: u64, years: std::ops::RangeInclusive<u16>, all: &[Population]) -> (String, Reported) {
    let mut random = Random::new(seed);
    let mut reported = Reported::new();
    let mut text = format!("{},unit\n", FIELDS.join(","));
    for (area, year) in AREAS.iter().flat_map(|area| years.clone().map(move |year| (*area, year))) {
        let truth = random.of(all);
        let often = 25 * (1 + random.below(3));
        let figures = reported.entry((area, year)).or_default();
        for (sex, age) in ["_T", "F", "M", "_O", "_U"]
            .iter()
            .flat_map(|sex| ["_T", "Y0T17", "Y_GE18", "_U"].map(move |age| (*sex, age)))
        {
            let chance = match (sex, age) {
                ("_T", "_T") => often * 4 / 3,
                ("_O", _) => often / 2,
                ("_U", _) | (_, "_U") => often / 3,
                _ => often,
            };
            if random.below(100) < chance {
                let value = count(&truth, sex, age);
                let is_masked = random.below(7) == 0;
                figures.insert((sex, age), if is_masked { [0, 4] } else { [value; 2] });
                let value = if is_masked { "<5".to_owned() } else { value.to_string() };
                text.push_str(&format!("{area},{year},VICTIMS,{sex},{age},_T,{value},NUMBER\n"));
            }
        }
    }
    (text, reported)
}

/// Returns the populations that have all figures of an area and year.
fn possible<'p>(all: &'p [Population], figures: &Figures) -> Vec<&'p Population> {
    let has = |population: &&Population| {
        figures.iter().all(|((sex, age), [lower, upper])| (*lower..=*upper).contains(&count(population, sex, age)))
    };
    all.iter().filter(has).collect()
}

/// Returns the value of a row, or its bounds; none where it shows neither.
fn printed(row: &Row) -> Option<[f64; 2]> {
    let bound = |name: &str, open: f64| row[name].parse().unwrap_or(open);
    match row["OBS_STATUS"].as_str() {
        "A" => Some([bound("OBS_VALUE", f64::NAN); 2]),
        "Q" => Some([bound("LOWER_BOUND", 0.0), bound("UPPER_BOUND", f64::INFINITY)]),
        _ => None,
    }
}

/// Of random figures of small populations, some masked, every printed number is that of all populations of up to three victims
/// that have these figures, and every interval holds all of them.
#[test]
fn every_number_is_that_of_all_populations_with_the_figures() {
    let all = populations();
    let (text, reported) = random_figures(7, 2001..=2020, &all);
    let bench = bench(text, "victims-by-profile");
    let possible: BTreeMap<_, Vec<&Population>> =
        reported.iter().map(|(place, figures)| (*place, possible(&all, figures))).collect();
    let (mut exact, mut bounded, mut wrong) = (0, 0, Vec::new());
    for row in rows(&bench.path("out/tables/victims-by-profile.csv")) {
        let Ok(year) = row["TIME_PERIOD"].parse::<u16>() else { continue };
        let Some((place, figures)) = reported.get_key_value(&(&*row["REF_AREA"], year)) else { continue };
        // A country that reports neither the code nor a total is understood to have zero of it.
        if !figures.contains_key(&("_T", "_T")) && figures.keys().all(|(sex, _)| *sex != "_O") {
            continue;
        }
        let measured = |population: &&Population| measure(population, &row["INDICATOR"], &row["SEX"], &row["AGE"]);
        let values: Vec<f64> = possible[place].iter().filter_map(measured).collect();
        let Some([lower, upper]) = printed(&row) else { continue };
        *(if row["OBS_STATUS"] == "A" { &mut exact } else { &mut bounded }) += usize::from(!values.is_empty());
        if values.iter().any(|value| *value < lower - 1e-3 || *value > upper + 1e-3) {
            wrong.push(format!("{row:?} of {figures:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {exact} and {bounded}: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    assert!(exact > 1_000 && bounded > 500, "{exact} {bounded}");
}

/// Two years report different cells each. Every printed sum is that of all populations of up to two victims a year
/// that have the figures.
#[test]
fn every_sum_of_years_is_that_of_all_populations_with_the_figures() {
    let all: Vec<Population> =
        populations().into_iter().filter(|population| population.iter().sum::<u64>() <= 2).collect();
    let (mut exact, mut bounded, mut wrong) = (0, 0, Vec::new());
    for seed in 0..10 {
        let (text, reported) = random_figures(seed, 2001..=2002, &all);
        let possible: BTreeMap<_, Vec<&Population>> =
            reported.iter().map(|(place, figures)| (*place, possible(&all, figures))).collect();
        let bench = bench(text, "victims-by-age-band");
        for row in rows(&bench.path("out/tables/victims-by-age-band.csv")) {
            let is_shown =
                ["_T", "_K", "_U", "Y0T17", "Y_GE18"].contains(&&*row["AGE"]) && row["INDICATOR"] == "DETV_N";
            let area: &str = &row["REF_AREA"];
            let Some(area) = AREAS.iter().find(|known| is_shown && **known == area) else { continue };
            let years = || [2001, 2002].into_iter().filter(|year| !reported[&(*area, *year)].is_empty());
            // An area that reports neither the code nor a total is understood to have zero of it.
            let is_unasked = |year: u16| {
                let figures = &reported[&(*area, year)];
                !figures.contains_key(&("_T", "_T")) && figures.keys().all(|(sex, _)| *sex != "_O")
            };
            if years().any(is_unasked) {
                continue;
            }
            let [mut smallest, mut largest] = [0u64; 2];
            for year in years() {
                let counts =
                    possible[&(*area, year)].iter().map(|population| count(population, &row["SEX"], &row["AGE"]));
                smallest += counts.clone().min().unwrap();
                largest += counts.max().unwrap();
            }
            let Some([lower, upper]) = printed(&row) else { continue };
            *(if row["OBS_STATUS"] == "A" { &mut exact } else { &mut bounded }) += 1;
            if (smallest as f64) < lower || (largest as f64) > upper {
                let figures: Vec<_> = years().map(|year| &reported[&(*area, year)]).collect();
                wrong.push(format!("{row:?} of {smallest} to {largest} by {figures:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {exact} and {bounded}: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    assert!(exact > 500 && bounded > 500, "{exact} {bounded}");
}
