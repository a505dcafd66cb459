//! Counting against polars: every cell of random tables of random records.
//!
//! The oracle shares nothing with the program but the records. It decides by its own rules to which groups a record
//! belongs, writes one row for each combination, and lets polars group and sum them.

use std::collections::HashMap;

use polars::prelude::*;
use proptest::prelude::*;
use tipstat::Control;
use tipstat::internals::aggregate::{AreaNodes, Breakdown, CountMeasure, CountWithTotals};
use tipstat::internals::schema::{Region, Registry};

use crate::support::counted;

#[derive(Clone, Debug)]
struct Person {
    area: &'static str,
    year: &'static str,
    sex: &'static str,
    age: u8,
    forms: Vec<&'static str>,
    count: u32,
}

fn person() -> impl Strategy<Value = Person> {
    (
        prop::sample::select(vec!["KHM", "PHL", "VNM", "FRA", "DEU", "NGA", "_U"]),
        prop::sample::select(vec!["2020", "2021", "_U"]),
        prop::sample::select(vec!["F", "M", "_O", "_U", "_N"]),
        // 121 stands for an age that is not known.
        prop::sample::select(vec![3u8, 8, 9, 17, 18, 23, 48, 90, 121]),
        prop::collection::vec(prop::sample::select(vec!["SEX", "LAB", "DOM", "BEG", "ORG"]), 0..4),
        1..4u32,
    )
        .prop_map(|(area, year, sex, age, forms, count)| Person { area, year, sex, age, forms, count })
}

fn areas(person: &Person) -> Vec<&'static str> {
    match person.area {
        "KHM" => vec!["KHM", "M49_035", "M49_142", "M49_001"],
        "PHL" => vec!["PHL", "M49_035", "M49_142", "M49_001"],
        "VNM" => vec!["VNM", "M49_035", "M49_142", "M49_001"],
        "FRA" => vec!["FRA", "M49_155", "M49_150", "M49_001"],
        "DEU" => vec!["DEU", "M49_155", "M49_150", "M49_001"],
        "NGA" => vec!["NGA", "M49_202", "M49_002", "M49_001"],
        other => vec![other, "M49_001"],
    }
}

fn sexes(person: &Person) -> Vec<&'static str> {
    match person.sex {
        "_U" | "_N" => vec!["_T", person.sex],
        sex => vec!["_T", "_K", sex],
    }
}

fn ages(person: &Person) -> Vec<&'static str> {
    match person.age {
        121 => vec!["_T", "_U"],
        0..=8 => vec!["_T", "_K", "Y0T17", "Y0T8"],
        9..=17 => vec!["_T", "_K", "Y0T17", "Y9T17"],
        18..=20 => vec!["_T", "_K", "Y_GE18", "Y18T20"],
        21..=23 => vec!["_T", "_K", "Y_GE18", "Y21T23"],
        _ => vec!["_T", "_K", "Y_GE18", "Y_GE48"],
    }
}

fn forms(person: &Person) -> Vec<&'static str> {
    if person.forms.is_empty() {
        return vec!["_T", "_U"];
    }
    let mut all = vec!["_T", "_K"];
    for form in &person.forms {
        all.push(form);
        all.push(match *form {
            "SEX" => "FG_SEXUAL",
            "LAB" | "DOM" => "FG_LABOUR",
            _ => "FG_OTHER",
        });
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn groups(person: &Person, dimension: &str) -> Vec<&'static str> {
    match dimension {
        "REF_AREA" => areas(person),
        "TIME_PERIOD" => vec!["_T", person.year],
        "SEX" => sexes(person),
        "AGE" => ages(person),
        _ => forms(person),
    }
}

/// Group and sum by polars.
fn oracle(people: &[Person], dimensions: &[&str]) -> HashMap<Vec<String>, u64> {
    let mut rows: Vec<(Vec<&str>, u64)> = Vec::new();
    for person in people {
        let mut keys = vec![Vec::new()];
        for dimension in dimensions {
            keys = keys
                .into_iter()
                .flat_map(|key| groups(person, dimension).into_iter().map(move |g| [key.clone(), vec![g]].concat()))
                .collect();
        }
        rows.extend(keys.into_iter().map(|key| (key, u64::from(person.count))));
    }
    let mut columns: Vec<Column> = dimensions
        .iter()
        .enumerate()
        .map(|(d, name)| Column::new((*name).into(), rows.iter().map(|(key, _)| key[d]).collect::<Vec<_>>()))
        .collect();
    columns.push(Column::new("n".into(), rows.iter().map(|(_, count)| *count).collect::<Vec<_>>()));
    let names: Vec<_> = dimensions.iter().map(|name| col(*name)).collect();
    let sums =
        DataFrame::new(rows.len(), columns).unwrap().lazy().group_by(names).agg([col("n").sum()]).collect().unwrap();
    let texts: Vec<_> = dimensions.iter().map(|name| sums.column(name).unwrap().str().unwrap().clone()).collect();
    let counts = sums.column("n").unwrap().u64().unwrap().clone();
    (0..sums.height())
        .map(|row| (texts.iter().map(|text| text.get(row).unwrap().to_owned()).collect(), counts.get(row).unwrap()))
        .collect()
}

fn csv(people: &[Person]) -> String {
    let mut text = "area,year,sex,age,form,count\n".to_owned();
    for person in people {
        let age = if person.age == 121 { "_U".to_owned() } else { person.age.to_string() };
        let forms = person.forms.join(";");
        text.push_str(&format!("{},{},{},{age},{forms},{}\n", person.area, person.year, person.sex, person.count));
    }
    text
}

fn compare(people: &[Person], dimensions: &[&str]) {
    let (record, base) = counted(&csv(people), None);
    let fields: Vec<usize> = dimensions.iter().map(|name| record.dimension(name).unwrap()).collect();
    let values = base.microdata().values(&fields).unwrap();
    let regions = Region::load(&Registry::built_in(), "M49").unwrap();
    let breakdowns = dimensions.iter().map(|name| {
        let field = record.dimension(name).unwrap();
        let present = record.present(field, &values[&field]);
        match *name {
            "REF_AREA" => Breakdown::areas(&record, field, &present, AreaNodes::Regions(&regions)),
            "TIME_PERIOD" => Breakdown::years(&record, field, &present),
            _ => Breakdown::codes(&record, field, 1, &present),
        }
    });
    let tables = vec![breakdowns.collect()];
    let microdata = &base.microdata();
    let request = CountWithTotals { microdata, values: &values, tables, measure: CountMeasure::Victims };
    let cube = request.count(&Control::default()).unwrap().remove(0);
    let expected = oracle(people, dimensions);
    let mut positive = 0;
    for cell in 0..cube.len() {
        let nodes = cube.nodes(cell);
        let key: Vec<_> =
            nodes.iter().zip(&cube.dimensions).map(|(&n, d)| d.nodes[usize::from(n)].code.clone()).collect();
        assert_eq!(cube.lower(cell), expected.get(&key).copied().unwrap_or(0), "{key:?}");
        positive += usize::from(cube.lower(cell) > 0);
    }
    assert!(people.is_empty() || positive > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_cell_equals_what_polars_counts(
        people in prop::collection::vec(person(), 1..40),
        wanted in prop::sample::subsequence(vec!["TIME_PERIOD", "SEX", "AGE", "FORM"], 0..4),
    ) {
        let dimensions: Vec<&str> = ["REF_AREA"].into_iter().chain(wanted).collect();
        compare(&people, &dimensions);
    }
}

#[test]
fn one_record_and_all_unknown() {
    let nobody = Person { area: "_U", year: "_U", sex: "_U", age: 121, forms: Vec::new(), count: 1 };
    compare(std::slice::from_ref(&nobody), &["REF_AREA", "SEX", "AGE", "FORM"]);
    compare(&[nobody.clone(), nobody], &["REF_AREA", "TIME_PERIOD"]);
}
