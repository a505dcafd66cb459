//! Hand-computed tables, and what holds for all of them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::evaluate::{evaluate, has_no_cross_join, plan};
use super::layout::FrameLayout;
use crate::aggregate::{AreaNodes, Breakdown};
use crate::indicators::Measure;
use crate::indicators::formula::Formula;
use crate::indicators::value::{Evaluated, Seen, Setting, Shown, Value};
use crate::schema::{Populations, Record, Region, Registry};

/// A table of victims by area, year and further dimensions, from plain counts.
struct TestTable {
    dimensions: Vec<Breakdown>,
    cells: Vec<Seen>,
}

type TestRows<'a> = &'a [(&'a [&'a str], u64, u64)];

/// Sums rows of `area, year, sex` with their bounds into all cells.
fn table(rows: TestRows<'_>) -> TestTable {
    let registry = Registry::built_in();
    let record = Record::load(&registry, "victim").unwrap();
    let scheme = Region::load(&registry, "M49").unwrap();
    let names = ["REF_AREA", "TIME_PERIOD", "SEX"];
    let mut dimensions = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let field = record.dimension(name).unwrap();
        let list = record.fields[field].codes();
        let mut present: Vec<u16> = rows.iter().map(|(codes, ..)| list.find(codes[at]).unwrap()).collect();
        present.sort_unstable();
        present.dedup();
        dimensions.push(match at {
            0 => Breakdown::areas(&record, field, &present, AreaNodes::Regions(&scheme)),
            1 => Breakdown::years(&record, field, &present),
            _ => Breakdown::codes(&record, field, 0, &present),
        });
    }
    let mut cells: BTreeMap<Vec<u16>, (u64, u64)> = BTreeMap::new();
    for area in 0..dimensions[0].nodes.len() as u16 {
        for year in 0..dimensions[1].nodes.len() as u16 {
            for sex in 0..dimensions[2].nodes.len() as u16 {
                cells.insert(vec![area, year, sex], (0, 0));
            }
        }
    }
    let mut reports = std::collections::BTreeSet::new();
    for (codes, lower, upper) in rows {
        let nodes: Vec<Vec<u16>> = codes
            .iter()
            .zip(&dimensions)
            .map(|(code, dimension)| {
                let list = record.fields[dimension.field].codes();
                dimension.nodes_of(u64::from(list.find(code).unwrap()))
            })
            .collect();
        for &area in &nodes[0] {
            for &year in &nodes[1] {
                reports.insert((area, year));
                for &sex in &nodes[2] {
                    let cell = cells.get_mut(&vec![area, year, sex]).unwrap();
                    *cell = (cell.0 + lower, cell.1 + upper);
                }
            }
        }
    }
    let seen = cells.into_iter().map(|(nodes, (lower, upper))| Seen {
        present: reports.contains(&(nodes[0], nodes[1])),
        shown: Shown { value: (lower == upper).then_some(lower), lower: Some(lower), upper: Some(upper) },
        nodes,
        asked: true,
        is_open: false,
    });
    TestTable { cells: seen.collect(), dimensions }
}

fn measure(formula: &str) -> Measure {
    Measure {
        id: "X".into(),
        formula: Formula::parse(formula).unwrap(),
        unit: "NUMBER".into(),
        series: None,
        all_years: false,
        title: BTreeMap::new(),
    }
}

impl TestTable {
    fn evaluate(&self, measure: &Measure, setting: &Setting<'_>) -> Evaluated {
        evaluate(measure, &self.dimensions, &self.cells, setting).unwrap()
    }

    /// The value of the cell with these codes; `None` where the measure means nothing there.
    fn value(&self, evaluated: &Evaluated, codes: &[&str]) -> Option<Value> {
        let nodes: Vec<u16> =
            codes.iter().zip(&self.dimensions).map(|(code, dimension)| dimension.find(code).unwrap() as u16).collect();
        let cell = self.cells.iter().position(|cell| cell.nodes == nodes).unwrap();
        evaluated.values.iter().find(|value| value.cell == cell).cloned()
    }

    fn number(&self, evaluated: &Evaluated, codes: &[&str]) -> Option<f64> {
        self.value(evaluated, codes).unwrap().shown.value
    }
}

const ROWS: TestRows<'_> = &[
    (&["KHM", "2020", "F"], 30, 30),
    (&["KHM", "2020", "M"], 10, 10),
    (&["KHM", "2020", "_U"], 60, 60),
    (&["KHM", "2021", "F"], 90, 90),
    (&["THA", "2020", "F"], 50, 50),
    (&["THA", "2021", "F"], 25, 25),
    (&["VNM", "2021", "M"], 1000, 1000),
];

/// Cambodia: 30 of 40 with a known sex, of 100 in all. The region in 2020: 80 of 90.
#[test]
fn shares_are_of_the_known() {
    let table = table(ROWS);
    let evaluated = table.evaluate(&measure("100 * count / count[SEX=_K]"), &Setting::default());
    let value = |codes: &[&str]| table.value(&evaluated, codes).unwrap();
    assert_eq!(value(&["KHM", "2020", "F"]).shown.value, Some(75.0));
    assert_eq!(value(&["KHM", "2020", "F"]).known_share, Some(0.4));
    let region = value(&["M49_035", "2020", "F"]);
    assert_eq!(region.shown.value, Some(88.8889));
    assert_eq!(region.areas, 2);
    // Without Thailand it is 75, without Cambodia 100.
    assert_eq!(region.without_one, Some([75.0, 100.0]));
    assert!(table.value(&evaluated, &["KHM", "2020", "_U"]).is_none());
    assert!(table.value(&evaluated, &["KHM", "2020", "_T"]).is_none());
    // Viet Nam reports no person in 2020: a share of zero persons is not defined.
    assert!(value(&["VNM", "2020", "F"]).undefined);
}

/// The same countries in both years: Cambodia 100 and Thailand 50 in 2020, 90 and 25 in 2021. Viet Nam's 1,000 of 2021 alone
/// would have made it 743.
#[test]
fn a_panel_holds_the_same_countries() {
    let table = table(ROWS);
    let evaluated = table.evaluate(&measure("100 * count / count[TIME_PERIOD=2020]"), &Setting::default());
    let index = table.value(&evaluated, &["M49_035", "2021", "_T"]).unwrap();
    assert_eq!(index.shown.value, Some((100.0f64 * 115.0 / 150.0 * 1e4).round() / 1e4));
    assert_eq!(index.areas, 2);
    assert_eq!(table.number(&evaluated, &["M49_035", "2020", "_T"]), Some(100.0));
    assert_eq!(table.number(&evaluated, &["KHM", "2021", "_T"]), Some(90.0));
    assert!(table.value(&evaluated, &["M49_035", "_T", "_T"]).is_none());
    let year = table.dimensions[1].find("2021").unwrap() as u16;
    let codes = |panel: &super::super::value::Panel| -> Vec<String> {
        panel.members.iter().map(|&node| table.dimensions[0].nodes[usize::from(node)].code.clone()).collect()
    };
    let panels: Vec<_> = evaluated.panels.all().iter().filter(|panel| panel.nodes.1 == Some(year)).collect();
    assert!(!panels.is_empty());
    assert!(panels.iter().all(|panel| codes(panel) == ["KHM", "THA"]));
    let change = table.evaluate(&measure("100 * (count / count[TIME_PERIOD=-1] - 1)"), &Setting::default());
    assert_eq!(table.number(&change, &["KHM", "2021", "_T"]), Some(-10.0));
    assert!(table.value(&change, &["KHM", "2020", "_T"]).is_none());
}

/// Thailand is in 2021 only one of two; the mean of the shares is that of countries, the share of all that of victims.
#[test]
fn countries_are_brought_together() {
    let table = table(ROWS);
    let setting = Setting::default();
    let number = |formula: &str, codes: &[&str]| table.number(&table.evaluate(&measure(formula), &setting), codes);
    let share = "100 * count / count[SEX=_K]";
    // Cambodia 100, Thailand 100, Viet Nam 0.
    assert_eq!(number(&format!("mean({share})"), &["M49_035", "2021", "F"]), Some(66.6667));
    assert_eq!(number(&format!("median({share})"), &["M49_035", "2021", "F"]), Some(100.0));
    assert_eq!(number("mean(count)", &["M49_035", "2020", "_T"]), Some(75.0));
    assert_eq!(number("sum(count)", &["M49_035", "2021", "_T"]), Some(1115.0));
    assert_eq!(number("areas(1)", &["M49_035", "2021", "F"]), Some(2.0));
    assert_eq!(number("areas(20, 30)", &["M49_035", "2021", "_T"]), Some(1.0));
    assert_eq!(number("codes(SEX)", &["KHM", "2020", "_T"]), Some(2.0));
    let mean = table.evaluate(&measure("mean(count)"), &setting);
    assert!(table.value(&mean, &["KHM", "2020", "_T"]).is_none());
}

/// Rates per 100,000 with populations of WPP 2019; the region divides by the countries that report, and by no others.
#[test]
fn rates_have_the_same_countries_above_and_below() {
    let table = table(ROWS);
    let registry = Registry::built_in();
    let (wpp, m49) = (Populations::load(&registry, "WPP").unwrap(), Region::load(&registry, "M49").unwrap());
    let setting = Setting { populations: Some(&wpp), regions: Some(&m49), summed: false, ..Setting::default() };
    let evaluated = table.evaluate(&measure("100000 * count / population"), &setting);
    let people = |area, sex| wpp.get((area, 2020), sex, "_T").unwrap() as f64;
    let near = |x: f64| Some((x * 1e6).round() / 1e6);
    let female = 1e5 * 30.0 / people("KHM", "F");
    assert_eq!(table.number(&evaluated, &["KHM", "2020", "F"]), near(female));
    let both = people("KHM", "_T") + people("THA", "_T");
    let region = table.value(&evaluated, &["M49_035", "2020", "_T"]).unwrap();
    assert_eq!(region.shown.value, near(1e5 * 150.0 / both));
    let south_east = m49_population(&wpp, &m49, "M49_035");
    assert_eq!(region.coverage, near(both / south_east));
    assert!(table.value(&evaluated, &["KHM", "2020", "_U"]).is_none());
    assert!(table.value(&evaluated, &["KHM", "_T", "F"]).is_none());
    let all = table.evaluate(&measure("100000 * count / population[SEX=_T]"), &setting);
    assert_eq!(table.number(&all, &["KHM", "2020", "F"]), near(1e5 * 30.0 / people("KHM", "_T")));
}

fn m49_population(wpp: &Populations, m49: &Region, region: &str) -> f64 {
    let inside = wpp.areas(2020).filter(|area| m49.path(area).contains(&region));
    inside.map(|area| wpp.get((area, 2020), "_T", "_T").unwrap() as f64).sum()
}

/// 10 women and 0 to 4 men: women are 10/14 = 71.4 to 100 percent, men 0 to 4/14 = 28.6.
#[test]
fn bounds_of_shares_are_sharp() {
    let table = table(&[(&["KHM", "2020", "F"], 10, 10), (&["KHM", "2020", "M"], 0, 4)]);
    let evaluated = table.evaluate(&measure("100 * count / count[SEX=_K]"), &Setting::default());
    let share = |sex| table.value(&evaluated, &["KHM", "2020", sex]).unwrap().shown;
    assert_eq!(share("F"), Shown { value: None, lower: Some(71.4285), upper: Some(100.0) });
    assert_eq!(share("M"), Shown { value: None, lower: Some(0.0), upper: Some(28.5715) });
}

/// Plans join on keys and end with a sort: a cross join or an order by chance would be a defect.
#[test]
fn plans_have_no_cross_join_and_end_in_order() {
    let table = table(ROWS);
    for formula in [
        "count",
        "100 * count / count[SEX=_K]",
        "100 * count / count[TIME_PERIOD=first]",
        "100000 * count / population",
        "median(100 * count / count[SEX=F+M])",
        "codes(SEX)",
    ] {
        let (definition, setting) = (measure(formula), Setting::default());
        let layout = FrameLayout::new(&definition, &table.dimensions, &setting).unwrap();
        let plan = plan(&layout, layout.frame(&table.cells).unwrap()).unwrap();
        for frame in [Some(plan.values), plan.panels].into_iter().flatten() {
            has_no_cross_join(&frame);
            for text in [frame.describe_plan().unwrap(), frame.describe_optimized_plan().unwrap()] {
                assert!(text.to_uppercase().trim_start().starts_with("SORT BY"), "{formula}: {text}");
            }
        }
    }
}

const AREAS: [&str; 6] = ["KHM", "THA", "VNM", "FRA", "DEU", "NGA"];

fn rows() -> impl Strategy<Value = Vec<(Vec<&'static str>, u64, u64)>> {
    let row = (
        prop::sample::select(AREAS.to_vec()),
        prop::sample::select(vec!["2019", "2020", "2021"]),
        prop::sample::select(vec!["F", "M", "_U"]),
        0..40u64,
        prop::sample::select(vec![0u64, 0, 0, 4]),
    );
    prop::collection::vec(
        row.prop_map(|(area, year, sex, count, mask)| (vec![area, year, sex], count, count + mask)),
        1..40,
    )
}

fn borrowed<'a>(rows: &'a [(Vec<&'static str>, u64, u64)]) -> Vec<(&'a [&'a str], u64, u64)> {
    rows.iter().map(|(codes, lower, upper)| (codes.as_slice(), *lower, *upper)).collect()
}

const FORMULAS: [&str; 7] = [
    "count",
    "100 * count / count[SEX=_K]",
    "100 * count / count[TIME_PERIOD=first]",
    "100 * (count / count[TIME_PERIOD=-1] - 1)",
    "mean(count)",
    "median(100 * count / count[SEX=F+M])",
    "areas(5, 20)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Shares of exclusive categories sum to 100; whatever the masked counts are, they lie within the bounds.
    #[test]
    fn intervals_hold_the_truth(rows in rows(), at in prop::collection::vec(0.0..=1.0f64, 40), formula in 0..FORMULAS.len()) {
        let measure = measure(FORMULAS[formula]);
        let masked = table(&borrowed(&rows));
        let truth: Vec<_> = rows
            .iter()
            .zip(&at)
            .map(|((codes, least, most), at)| {
                let count = least + ((most - least) as f64 * at).round() as u64;
                (codes.clone(), count, count)
            })
            .collect();
        let known = table(&borrowed(&truth));
        let (masked_of, known_of) =
            (masked.evaluate(&measure, &Setting::default()), known.evaluate(&measure, &Setting::default()));
        prop_assert_eq!(masked_of.values.len(), known_of.values.len());
        for (bounds, value) in masked_of.values.iter().zip(&known_of.values) {
            prop_assert_eq!(bounds.cell, value.cell);
            let Some(number) = value.shown.value else { continue };
            prop_assert!(bounds.shown.lower.is_none_or(|lower| lower <= number + 1e-4), "{bounds:?} {value:?}");
            prop_assert!(bounds.shown.upper.is_none_or(|upper| upper >= number - 1e-4), "{bounds:?} {value:?}");
            prop_assert!(bounds.shown.value.is_none_or(|exact| (exact - number).abs() < 1e-4), "{bounds:?} {value:?}");
        }
        if measure.formula.share_of().is_some() {
            let mut sums: BTreeMap<Vec<u16>, f64> = BTreeMap::new();
            for value in known_of.values.iter().filter(|value| !value.undefined) {
                *sums.entry(known.cells[value.cell].nodes[..2].to_vec()).or_default() += value.shown.value.unwrap();
            }
            prop_assert!(sums.values().all(|sum| (sum - 100.0).abs() < 1e-3), "{sums:?}");
        }
    }

    /// An unrelated country changes no index of a region in which it does not lie, and the order of rows nothing at all.
    #[test]
    fn unrelated_countries_and_orders_change_nothing(rows in rows(), formula in 0..FORMULAS.len(), more in 1..500u64) {
        let measure = measure(FORMULAS[formula]);
        let found = |rows: &[(Vec<&'static str>, u64, u64)]| -> BTreeMap<Vec<String>, String> {
            let table = table(&borrowed(rows));
            let evaluated = table.evaluate(&measure, &Setting::default());
            let code = |d: usize, node: u16| table.dimensions[d].nodes[usize::from(node)].code.clone();
            evaluated
                .values
                .iter()
                .map(|value| {
                    let nodes = &table.cells[value.cell].nodes;
                    let codes = nodes.iter().enumerate().map(|(d, &node)| code(d, node)).collect();
                    (codes, format!("{:?} {} {:?}", value.shown, value.areas, value.without_one))
                })
                .collect()
        };
        let before = found(&rows);
        let mut reversed = rows.clone();
        reversed.reverse();
        prop_assert_eq!(&found(&reversed), &before);
        let mut with = rows.clone();
        // Every year and sex is there already, so that the codes stay the same.
        for (codes, ..) in &rows {
            with.push((vec!["BRA", codes[1], codes[2]], more, more));
        }
        let after = found(&with);
        for (codes, value) in &before {
            // A region of the world may be new; the world itself holds the new country.
            if codes[0] != "M49_001" && after.contains_key(codes) && codes[0].len() == 3 {
                prop_assert_eq!(&after[codes], value, "{:?}", codes);
            }
            if ["M49_035", "M49_150", "M49_155"].contains(&codes[0].as_str()) {
                prop_assert_eq!(&after[codes], value, "{:?}", codes);
            }
        }
    }
}
