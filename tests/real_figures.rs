//! Published files of figures against independent recomputations. Skipped, and said so, where the files are not at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::{Bench, Row, real_data, rows};

fn data() -> Option<PathBuf> {
    real_data(".")
}

/// The bounds of the world's figure in a year, and the number of its countries.
fn world(rows: &[Row], measure: &str, year: &str, at: &[(&str, &str)]) -> (f64, f64, u32) {
    let row = rows.iter().find(|row| {
        row["INDICATOR"] == measure
            && row["REF_AREA"] == "M49_001"
            && row["TIME_PERIOD"] == year
            && ["SEX", "AGE", "FORM"].iter().all(|name| {
                let code_of = at.iter().find(|(dimension, _)| dimension == name).map_or("_T", |(_, code)| code);
                row.get(*name).is_none_or(|code| code == code_of)
            })
    });
    let row = row.unwrap_or_else(|| panic!("{measure} {year} {at:?}"));
    let number = |name: &str| row[name].parse::<f64>().unwrap();
    let bounds = if row["OBS_VALUE"].is_empty() { ["LOWER_BOUND", "UPPER_BOUND"] } else { ["OBS_VALUE"; 2] };
    (number(bounds[0]), number(bounds[1]), row["N_AREAS"].parse().unwrap())
}

/// Every number was computed by a program in Python that read the same file on its own: `<5` as 0 to 4, a repeated equal
/// figure once, pseudo-areas left out.
#[test]
fn the_portal_s_file_gives_what_it_gave_to_an_independent_program() {
    let Some(data) = data() else { return };
    let bench = Bench::new();
    std::fs::copy(data.join("unodc").join("data_glotip_20230530.csv"), bench.path("in.csv")).unwrap();
    bench.run("combine in.csv --profile unodc-glotip --tables glotip --years 2017-2020 --out out -q").succeeds();
    let table = |name: &str| rows(&bench.path(&format!("out/tables/{name}.csv")));
    let detected = table("victims-detected");
    for (year, lower, upper, countries) in [
        ("2017", 44_611.0, 44_703.0, 136),
        ("2018", 46_283.0, 46_331.0, 126),
        ("2019", 49_572.0, 49_644.0, 116),
        ("2020", 47_448.0, 47_532.0, 125),
    ] {
        assert_eq!(world(&detected, "DETV_N", year, &[]), (lower, upper, countries));
    }
    let near = |found: (f64, f64, u32), expected: (f64, f64, u32)| {
        let close = |a: f64, b: f64| (a - b).abs() < 1.1e-4;
        assert!(
            close(found.0, expected.0) && close(found.1, expected.1) && found.2 == expected.2,
            "{found:?} {expected:?}"
        );
    };
    // 112 countries report 2017 and 2020, and 103 every year between. Without a panel it would be 106.1 to 106.5.
    near(world(&detected, "DETV_IX", "2020", &[]), (115.683_9, 116.028_8, 112));
    near(world(&detected, "DETV_IX_ALL", "2020", &[]), (113.535, 113.891, 103));
    let row = detected
        .iter()
        .find(|row| row["INDICATOR"] == "DETV_IX" && row["REF_AREA"] == "M49_001" && row["TIME_PERIOD"] == "2020");
    assert!(
        (row.unwrap()["MIN_WITHOUT_ONE"].parse::<f64>().unwrap() - 102.325_9).abs() < 1e-3,
        "without Great Britain"
    );
    let profile = table("victims-by-profile");
    for (sex, age, lower, upper) in [
        ("F", "Y_GE18", 40.437_9, 41.276),
        ("M", "Y_GE18", 23.608_5, 24.303_1),
        ("F", "Y0T17", 16.749_8, 17.423_6),
        ("M", "Y0T17", 17.724_6, 18.491),
    ] {
        near(world(&profile, "DETV_PROFILE_PT", "2020", &[("SEX", sex), ("AGE", age)]), (lower, upper, 106));
    }
    // Totals of victims that their parts contradict, wherever those of whom nothing is known belong.
    let listed = rows(&bench.path("out/not-additive.csv"));
    let parts_of = |dimension: &str| {
        let is_part = |row: &&Row| row["RECORD"] == "victim" && row["DIMENSION"] == dimension;
        let is_part = |row: &&Row| is_part(row) && row["OF"].is_empty() && row["PART"].is_empty();
        listed.iter().filter(is_part).count()
    };
    assert_eq!([parts_of("SEX"), parts_of("AGE")], [69, 39]);
}

/// Rates of the global database's counts, over the same populations, by a naive loop.
#[test]
fn rates_of_the_global_series_equal_their_counts_over_the_populations() {
    let Some(data) = data() else { return };
    let bench = Bench::new();
    for series in ["detv", "detvfl", "detvog", "detvsx"] {
        let name = format!("unsd_vc_htf_{series}.csv");
        std::fs::copy(data.join("sdg").join(&name), bench.path(&name)).unwrap();
    }
    bench.run("combine unsd_vc_htf_*.csv --profile sdg-unsd --tables sdg-16-2-2 --out out -q").succeeds();
    let mut found: BTreeMap<[String; 5], String> = BTreeMap::new();
    for row in rows(&bench.path("out/sdmx/sdg-16-2-2.csv")) {
        let key = ["SERIES", "REF_AREA", "TIME_PERIOD", "SEX", "AGE"].map(|name| row[name].clone());
        assert!(found.insert(key, row["OBS_VALUE"].clone()).is_none());
    }
    let mut people: BTreeMap<[String; 3], Row> = BTreeMap::new();
    for row in rows(&data.join("reference").join("wpp2019_pop_iso3_year_sex_0_17_18plus.csv")) {
        let number = row["m49"].trim_start_matches('0').to_owned();
        people.insert([number, row["year"].clone(), row["sex"].clone()], row);
    }
    let (mut counts, mut rates, mut countries) = (0, 0, std::collections::BTreeSet::new());
    for series in ["detv", "detvfl", "detvog", "detvsx"] {
        for row in rows(&data.join("sdg").join(format!("unsd_vc_htf_{series}.csv"))) {
            let sex = match row["sex"].as_str() {
                "bothsex" => "_T",
                "female" => "F",
                "male" => "M",
                other => panic!("{other}"),
            };
            let (age, column) = match row["age"].as_str() {
                "allage" => ("_T", "pop_total"),
                "18" => ("Y_GE18", "pop_18_plus"),
                _ => ("Y0T17", "pop_0_17"),
            };
            let key =
                |name: String| [name, row["geo_area"].clone(), row["year"].clone(), sex.to_owned(), age.to_owned()];
            let victims: f64 = row[&format!("vc_htf_{series}")].parse().unwrap();
            let name = format!("VC_HTF_{}", series.to_uppercase());
            assert_eq!(found[&key(name.clone())].parse::<f64>().unwrap(), victims);
            counts += 1;
            let population = match sex {
                "F" => "female",
                "M" => "male",
                _ => "total",
            };
            let Some(count) = people.get(&[row["geo_area"].clone(), row["year"].clone(), population.to_owned()]) else {
                // Andorra and others have no population in the edition: a missing rate.
                assert!(found.get(&key(format!("{name}R"))).is_none_or(String::is_empty));
                continue;
            };
            let expected = 100_000.0 * victims / count[column].parse::<f64>().unwrap();
            let rate: f64 = found[&key(format!("{name}R"))].parse().unwrap();
            assert!((rate - expected).abs() < 5.1e-7, "{rate} {expected}");
            rates += 1;
            countries.insert(row["geo_area"].clone());
        }
    }
    assert!(counts > 4000 && rates > 3900 && countries.len() >= 50, "{counts} {rates} {}", countries.len());
}
