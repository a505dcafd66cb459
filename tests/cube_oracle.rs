//! Cubes against polars: every cell of random tables of random records, under every counting rule.
//!
//! The oracle shares nothing with the program but the records. It decides by its own rules to which nodes a record
//! belongs, writes one row for each combination, and lets polars group, sum and distinguish persons.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;
use proptest::prelude::*;
use tipstat::Control;
use tipstat::internals::aggregate::CountMeasure;
use tipstat::internals::files::Stage;
use tipstat::internals::pipeline::{CubeJob, CubeRequest, CubeStore, Destination, Job, Reading, ingest_store};
use tipstat::internals::schema::Registry;
use tipstat::internals::validate::{Description, Layout, Options, PersonKey};

use crate::support::{Bench, cube_cells};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Victim {
    id: Option<u8>,
    area: &'static str,
    year: &'static str,
    sex: &'static str,
    /// 121 stands for an age that is not known.
    age: u8,
    /// In the order of the code list.
    forms: Vec<&'static str>,
    least: u64,
    most: u64,
}

/// Forms in the order of the code list, each with its group.
const FORMS: [(&str, &str); 5] =
    [("SEX", "FG_SEXUAL"), ("LAB", "FG_LABOUR"), ("DOM", "FG_LABOUR"), ("ORG", "FG_OTHER"), ("BEG", "FG_OTHER")];

fn victim() -> impl Strategy<Value = Victim> {
    let count = prop::sample::select(vec![(1u64, 1u64), (1, 1), (1, 1), (2, 2), (7, 7), (0, 4)]);
    (
        prop::option::of(0..6u8),
        prop::sample::select(vec!["KHM", "PHL", "VNM", "FRA", "DEU", "NGA", "_U"]),
        prop::sample::select(vec!["2020", "2021", "_U"]),
        prop::sample::select(vec!["F", "M", "_O", "_U", "_N"]),
        prop::sample::select(vec![3u8, 8, 9, 17, 18, 23, 48, 90, 121]),
        prop::sample::subsequence(FORMS.map(|(form, _)| form).to_vec(), 0..4),
        count,
    )
        .prop_map(|(id, area, year, sex, age, forms, (lower, upper))| {
            // A person is one, whatever the record says.
            let (lower, upper) = if id.is_some() { (1, 1) } else { (lower, upper) };
            Victim { id, area, year, sex, age, forms, least: lower, most: upper }
        })
}

/// The nodes of a dimension to which a victim belongs, the total left out.
fn nodes(victim: &Victim, dimension: &str) -> Vec<String> {
    let age = victim.age;
    let group = || if age < 18 { "Y0T17" } else { "Y_GE18" };
    let forms = |rule: &dyn Fn(&[&str]) -> Vec<String>| match victim.forms.is_empty() {
        true => vec!["_U".to_owned()],
        false => rule(&victim.forms),
    };
    let groups = |codes: &[&str]| -> Vec<String> {
        let group = |form: &&str| FORMS.iter().find(|(code, _)| code == form).unwrap().1.to_owned();
        codes.iter().map(group).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let known = |mut codes: Vec<String>| {
        codes.push("_K".into());
        codes
    };
    let texts = |codes: &[&str]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    match dimension {
        "area" => texts(&[victim.area]),
        "area@M49" => texts(match victim.area {
            "KHM" => &["KHM", "M49_035", "M49_142", "M49_001"],
            "PHL" => &["PHL", "M49_035", "M49_142", "M49_001"],
            "VNM" => &["VNM", "M49_035", "M49_142", "M49_001"],
            "FRA" => &["FRA", "M49_155", "M49_150", "M49_001"],
            "DEU" => &["DEU", "M49_155", "M49_150", "M49_001"],
            "NGA" => &["NGA", "M49_202", "M49_002", "M49_001"],
            _ => &["_U", "M49_001"],
        }),
        "year" => texts(&[victim.year]),
        "sex" => texts(&[victim.sex]),
        "age" if age == 121 => texts(&["_U"]),
        "age" => vec![format!("Y{age}")],
        "age@group" | "age@band" if age == 121 => texts(&["_U"]),
        "age@group" => texts(&["_K", group()]),
        "age@band" => texts(match age {
            0..=8 => &["_K", "Y0T17", "Y0T8"],
            9..=17 => &["_K", "Y0T17", "Y9T17"],
            18..=20 => &["_K", "Y_GE18", "Y18T20"],
            21..=23 => &["_K", "Y_GE18", "Y21T23"],
            _ => &["_K", "Y_GE18", "Y_GE48"],
        }),
        "form" => forms(&texts),
        "form:first" => forms(&|codes| texts(&codes[..1])),
        "form:mix" => forms(&|codes| texts(if codes.len() > 1 { &["MIX"] } else { codes })),
        "form:sets" => forms(&|codes| vec![codes.join(";")]),
        "form@group" => forms(&|codes| known(groups(codes))),
        "form@group:mix" => forms(&|codes| match groups(codes) {
            one if one.len() == 1 => known(one),
            _ => known(vec!["MIX".into()]),
        }),
        other => panic!("no rule for {other}"),
    }
}

type Cells = BTreeMap<String, (u64, u64)>;

/// Cells by `table|node|node`, grouped and summed by polars.
fn oracle(victims: &[Victim], dimensions: &[&str], order: usize, persons: bool) -> Cells {
    let mut rows: Vec<(String, Option<u8>, u64, u64)> = Vec::new();
    for table in (0..1u32 << dimensions.len()).filter(|table| table.count_ones() as usize <= order) {
        let table_dimensions: Vec<&str> =
            (0..dimensions.len()).filter(|at| table >> at & 1 == 1).map(|at| dimensions[at]).collect();
        let name = if table_dimensions.is_empty() { "_T".to_owned() } else { table_dimensions.join("*") };
        for victim in victims {
            let mut keys = vec![name.clone()];
            for dimension in &table_dimensions {
                let its_nodes = nodes(victim, dimension);
                keys = keys.iter().flat_map(|key| its_nodes.iter().map(move |node| format!("{key}|{node}"))).collect();
            }
            rows.extend(keys.into_iter().map(|key| (key, victim.id, victim.least, victim.most)));
        }
    }
    let frame = DataFrame::new(
        rows.len(),
        vec![
            Column::new("key".into(), rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>()),
            Column::new("id".into(), rows.iter().map(|row| row.1.map(u32::from)).collect::<Vec<_>>()),
            Column::new("least".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()),
            Column::new("most".into(), rows.iter().map(|row| row.3).collect::<Vec<_>>()),
        ],
    )
    .unwrap()
    .lazy();
    let sums = |frame: LazyFrame| frame.group_by([col("key")]).agg([col("least").sum(), col("most").sum()]);
    let frames = if persons {
        let one = lit(1u64).cast(DataType::UInt64);
        let named = frame.clone().filter(col("id").is_not_null()).group_by([col("key"), col("id")]);
        let named = named.agg([]).with_columns([one.clone().alias("least"), one.alias("most")]);
        vec![sums(frame.filter(col("id").is_null())), sums(named)]
    } else {
        vec![sums(frame)]
    };
    let mut cells = Cells::new();
    for frame in frames {
        let frame = frame.collect().unwrap();
        let keys = frame.column("key").unwrap().str().unwrap().clone();
        let number = |name: &str| frame.column(name).unwrap().u64().unwrap().clone();
        let (lower, upper) = (number("least"), number("most"));
        for row in 0..frame.height() {
            let cell = cells.entry(keys.get(row).unwrap().to_owned()).or_default();
            cell.0 += lower.get(row).unwrap();
            cell.1 += upper.get(row).unwrap();
        }
    }
    // A cell that cannot hold a person is none.
    cells.retain(|_, (_, upper)| *upper > 0);
    cells
}

fn csv(victims: &[Victim]) -> String {
    let mut text = "person_id,area,year,sex,age,form,count\n".to_owned();
    for victim in victims {
        let id = victim.id.map_or(String::new(), |id| format!("p{id}"));
        let age = if victim.age == 121 { "_U".to_owned() } else { victim.age.to_string() };
        let count = if victim.least == victim.most { victim.least.to_string() } else { "<5".to_owned() };
        let forms = victim.forms.join(";");
        text.push_str(&format!("{id},{},{},{},{age},{forms},{count}\n", victim.area, victim.year, victim.sex));
    }
    text
}

fn compare(mut victims: Vec<Victim>, dimensions: &[&str], order: usize, persons: bool, memory: u64) {
    // The same record of the same person twice is a duplicate, which is not a subject of this test.
    let mut seen = BTreeSet::new();
    victims.retain(|victim| victim.id.is_none() || seen.insert(victim.clone()));
    let registry = Registry::built_in();
    let layout = Layout::load(&registry, &Description::default()).unwrap();
    let half = victims.len() / 2;
    let bench = Bench::new().file("a.csv", csv(&victims[..half])).file("b.csv", csv(&victims[half..]));
    let jobs = ["a.csv", "b.csv"].map(|name| Job { path: bench.path(name), layout: layout.clone() });
    let stage = Stage::within(&bench.path("stage")).unwrap();
    let options = Options { person_key: Some(PersonKey::derive(b"a secret of the test")), ..Options::default() };
    let to = Destination { stage: &stage, schemas: "", quarantine: None, existing: None };
    let reading = Reading { options, ..Reading::default() };
    let ingested = ingest_store(&jobs, to, &reading, &Control::default()).unwrap();
    assert_eq!(ingested.totals()[1], victims.len() as u64, "{:?}", ingested.inputs);
    let store = CubeStore::open(&registry, stage.path(), Some("victim")).unwrap();
    let request = CubeRequest {
        dimensions: dimensions.iter().map(ToString::to_string).collect(),
        max_order: order,
        tables: Vec::new(),
    };
    let measure = if persons { CountMeasure::Persons } else { CountMeasure::Victims };
    let job = CubeJob { registry, store, request, measure, memory };
    let out = Stage::within(&bench.path("out")).unwrap();
    let made = job.file(&out, None, &Control::default()).unwrap();
    let found = cube_cells(&out.path().join("cube.parquet"));
    assert_eq!(made.cells, found.len() as u64);
    let mut expected = oracle(&victims, dimensions, order, persons);
    // A region with one reporting part is not a node, and the root is the total. Other tests check which they are.
    let nodes: BTreeSet<&str> = found.keys().flat_map(|key| key.split('|')).collect();
    expected.retain(|key, _| key.split('|').skip(1).all(|node| !node.starts_with("M49_") || nodes.contains(node)));
    assert_eq!(found, expected);
    assert!(order == 0 || victims.is_empty() || found.len() > 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_cell_of_a_cube_equals_what_polars_counts(
        victims in prop::collection::vec(victim(), 0..40),
        dimensions in prop::sample::subsequence(
            vec![
                "area", "area@M49", "year", "sex", "age", "age@group", "age@band", "form", "form:first", "form:mix",
                "form:sets", "form@group", "form@group:mix",
            ],
            1..6,
        ),
        order in 0..4usize,
        persons in any::<bool>(),
        memory in prop::sample::select(vec![128u64 << 20, 1 << 33]),
    ) {
        compare(victims, &dimensions, order, persons, memory);
    }
}

#[test]
fn no_record_one_record_and_all_unknown() {
    let all = ["area@M49", "year", "sex", "age@band", "form@group:mix"];
    compare(Vec::new(), &all, 3, false, 1 << 30);
    compare(Vec::new(), &all, 3, true, 1 << 30);
    let unknown =
        Victim { id: None, area: "_U", year: "_U", sex: "_U", age: 121, forms: Vec::new(), least: 1, most: 1 };
    compare(vec![unknown.clone()], &all, 5, false, 1 << 30);
    compare(vec![unknown.clone(); 3], &all, 2, true, 1 << 30);
    let masked = Victim { least: 0, most: 4, ..unknown };
    compare(vec![masked], &all, 2, false, 1 << 30);
}
