//! Combined figures against a naive sum, under random masks, in any order, and next to countries that have nothing to do
//! with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use tipstat::internals::exchange::{Figure, Figures, Overlap, Package, Repeated, Scheme, Subject, combine};
use tipstat::internals::indicators::{Counting, Setting, select};
use tipstat::internals::model::Interval;
use tipstat::internals::protect::{Protected, publish};
use tipstat::internals::schema::{Populations, Record, Region, Registry};

const AREAS: [&str; 4] = ["ALB", "SRB", "KHM", "THA"];
const GROUPS: [(&str, &str); 4] = [("F", "Y0T17"), ("F", "Y_GE18"), ("M", "Y0T17"), ("M", "Y_GE18")];

/// One reported number: area, year, group (none for the total), and its bounds.
type PrintedFigure = (&'static str, u16, Option<usize>, Interval);

fn release(figures: &[PrintedFigure]) -> Protected {
    let registry = Registry::built_in();
    let subject = Subject { record: "victim".into(), counting: Counting::Victims };
    let complete: BTreeSet<String> = ["AGE", "SEX"].map(str::to_owned).into();
    let package = Package { name: "x".into(), exclusive: BTreeSet::new(), complete, ..Package::default() };
    let rows = figures.iter().map(|&(area, year, group, value)| {
        let at = group.map_or(Vec::new(), |group| vec![("AGE", GROUPS[group].1), ("SEX", GROUPS[group].0)]);
        (subject.clone(), Figure { area, year: Some(year), at, value })
    });
    let mut all = Figures::new(Overlap::Refuse, None);
    all.add(package, Repeated::Parts, rows).unwrap();
    let tables = select(&registry, &["victims-by-profile".into(), "victims-detected".into()]).unwrap();
    let records = BTreeMap::from([("victim".to_owned(), Arc::new(Record::load(&registry, "victim").unwrap()))]);
    let regions = Region::load(&registry, "M49").unwrap();
    let populations = Populations::load(&registry, "WPP").unwrap();
    let setting =
        Setting { populations: Some(&populations), regions: Some(&regions), summed: true, ..Setting::default() };
    let scheme = Scheme { registry: &registry, records: &records, setting, only_with_total: false };
    let made = combine(&all, &tables, &scheme).unwrap();
    publish(made.tables, &setting).unwrap()
}

/// Every figure of a release by its key: its bounds.
fn published(release: &Protected) -> BTreeMap<String, (Option<f64>, Option<f64>)> {
    let mut out = BTreeMap::new();
    for table in release.tables() {
        for row in table.observations() {
            let codes = row
                .nodes
                .iter()
                .zip(table.dimensions())
                .map(|(&node, breakdown)| breakdown.nodes[usize::from(node)].code.clone());
            let key = format!("{} {}", table.indicator().measures[row.measure].id, codes.collect::<Vec<_>>().join(" "));
            let bounds = (row.value.or(row.lower), row.value.or(row.upper));
            assert!(row.known_share.is_none_or(|share| (0.0..=1.0).contains(&share)), "{key}: {:?}", row.known_share);
            out.insert(format!("{} {key}", table.indicator().id), bounds);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_hold_the_truth_and_shares_sum_to_a_hundred(
        counts in prop::collection::vec(prop::collection::vec(0u64..30, 4), 8),
        present in prop::collection::vec(any::<bool>(), 32),
        widths in prop::collection::vec(prop::collection::vec((0u64..4, 0u64..4), 4), 8),
        order in any::<u64>(),
    ) {
        let (mut exact, mut masked) = (Vec::new(), Vec::new());
        for (at, of) in counts.iter().enumerate() {
            let (area, year) = (AREAS[at % 4], 2019 + (at / 4) as u16);
            for (group, &count) in of.iter().enumerate() {
                // Some countries do not report all four.
                if present[at * 4 + group] || present[at] {
                    exact.push((area, year, Some(group), Interval::exact(count)));
                    let (less, more) = widths[at][group];
                    let value = Interval { lower: count.saturating_sub(less), upper: Some(count + more) };
                    masked.push((area, year, Some(group), value));
                }
            }
            let total = of.iter().sum();
            exact.push((area, year, None, Interval::exact(total)));
            masked.push((area, year, None, Interval { lower: total.saturating_sub(2), upper: Some(total + 2) }));
        }
        let exactly = published(&release(&exact));

        // A naive sum over the countries that report all four.
        for year in [2019u16, 2020] {
            let full: Vec<usize> = (0..4)
                .filter(|area| {
                    let at = *area + 4 * usize::from(year - 2019);
                    (0..4).all(|group| present[at * 4 + group] || present[at])
                })
                .map(|area| area + 4 * usize::from(year - 2019))
                .collect();
            let sum = |group: usize| full.iter().map(|&at| counts[at][group]).sum::<u64>() as f64;
            let all: f64 = (0..4).map(sum).sum();
            let mut of_all = 0.0;
            for (group, (sex, age)) in GROUPS.iter().enumerate() {
                let key = format!("victims-by-profile DETV_PROFILE_PT M49_001 {year} {sex} {age}");
                match exactly.get(&key) {
                    Some(&(Some(value), _)) => {
                        prop_assert!((value - 100.0 * sum(group) / all).abs() < 1e-4, "{key} {value}");
                        of_all += value;
                    }
                    Some(_) => prop_assert!(all == 0.0),
                    None => prop_assert!(full.is_empty(), "{key}"),
                }
            }
            prop_assert!(all == 0.0 || (of_all - 100.0).abs() < 3e-4, "{of_all}");
            let total: u64 = (0..4).map(|area| counts[area + 4 * usize::from(year - 2019)].iter().sum::<u64>()).sum();
            let key = format!("victims-detected DETV_N M49_001 {year}");
            prop_assert_eq!(exactly[&key], (Some(total as f64), Some(total as f64)));
        }

        // Whatever is masked, the bounds hold the truth.
        for (key, (lower, upper)) in published(&release(&masked)) {
            if let Some(&(Some(value), _)) = exactly.get(&key) {
                prop_assert!(lower.is_none_or(|lower| lower <= value + 1e-4), "{key}: {value} is below {lower:?}");
                prop_assert!(upper.is_none_or(|upper| value <= upper + 1e-4), "{key}: {value} is above {upper:?}");
            }
        }

        // The order of the figures says nothing.
        let mut shuffled = exact.clone();
        let length = shuffled.len();
        (0..length).for_each(|at| shuffled.swap(at, (order as usize).wrapping_mul(at + 7) % length));
        prop_assert_eq!(&published(&release(&shuffled)), &exactly);

        // Neither does a country elsewhere, for the regions in which it does not lie.
        let mut more = exact;
        more.push(("NGA", 2019, None, Interval::exact(500)));
        more.push(("AGO", 2020, None, Interval::exact(7)));
        let after = published(&release(&more));
        for (key, value) in exactly.iter().filter(|(key, _)| key.contains(" M49_039 ") || key.contains(" M49_035 ")) {
            prop_assert_eq!(after.get(key), Some(value), "{}", key);
        }
        // Nor does it change the panel of the world: it reports one of the two years only.
        let index = "victims-detected DETV_IX M49_001 2020";
        prop_assert_eq!(after.get(index), exactly.get(index));
    }
}
