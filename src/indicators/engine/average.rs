//! Means and medians over countries. Some may have no value at all.
//!
//! A share of zero persons is not a number, and a suppressed count may or may not be zero. Such a country takes part
//! or does not, so the bounds hold for every choice of those that do.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::super::formula::Gather;
use super::interval::{PARTS, part};
use super::problem::problem;
use crate::error::Result;

/// The value of a country, as far as it is known.
struct CountryValue {
    value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    /// Whether it has one.
    sure: bool,
}

/// The names of the values of countries, and of their average.
pub(super) struct AverageNames<'a> {
    pub values: &'a str,
    pub average: &'a str,
}

/// Returns a row for each group of countries, with their average.
pub(super) fn averages(
    frame: LazyFrame,
    keys: &[String],
    names: &AverageNames<'_>,
    gather: Gather,
) -> Result<LazyFrame> {
    let numbers = PARTS.map(|this| part(names.values, this));
    let possible = part(names.values, "possible");
    let needed = keys.iter().chain(&numbers).chain([&possible]).map(|name| col(name.as_str()));
    let frame = frame.select(needed.collect::<Vec<_>>()).collect().map_err(problem)?;
    let key: Result<Vec<UInt32Chunked>> =
        keys.iter().map(|name| frame.column(name).and_then(|c| c.u32().cloned()).map_err(problem)).collect();
    let key = key?;
    let number = |name: &str| frame.column(name).and_then(|c| c.f64().cloned()).map_err(problem);
    let [value, lower, upper] = [number(&numbers[0])?, number(&numbers[1])?, number(&numbers[2])?];
    let possible = frame.column(&possible).and_then(|c| c.bool().cloned()).map_err(problem)?;
    let mut groups: BTreeMap<Vec<u32>, Vec<CountryValue>> = BTreeMap::new();
    for row in 0..frame.height() {
        let group = key.iter().map(|column| column.get(row).unwrap_or_default()).collect();
        groups.entry(group).or_default().push(CountryValue {
            value: value.get(row),
            lower: lower.get(row),
            upper: upper.get(row),
            sure: !possible.get(row).unwrap_or(true),
        });
    }
    let mut columns: Vec<Column> = (0..keys.len())
        .map(|at| Column::new(keys[at].as_str().into(), groups.keys().map(|key| key[at]).collect::<Vec<_>>()))
        .collect();
    let averaged: Vec<[Option<f64>; 3]> = groups.values().map(|countries| average(countries, gather)).collect();
    for (at, this) in PARTS.iter().enumerate() {
        let column: Vec<Option<f64>> = averaged.iter().map(|bounds| bounds[at]).collect();
        columns.push(Column::new(part(names.average, this).as_str().into(), column));
    }
    DataFrame::new(groups.len(), columns).map(DataFrame::lazy).map_err(problem)
}

/// Returns the average, and its bounds. With `t` of the countries that may have no value, it is lowest with the `t` that have
/// the lowest values, so the lowest of all is that of some such `t`.
fn average(countries: &[CountryValue], gather: Gather) -> [Option<f64>; 3] {
    let all_sure = countries.iter().all(|country| country.sure);
    let values: Option<Vec<f64>> = countries.iter().map(|country| country.value).collect();
    let value = values.filter(|_| all_sure).and_then(|values| middle(&values, gather));
    let lower = extreme(countries, gather, |country| country.lower);
    // The highest of numbers is the lowest of their negatives.
    let upper = extreme(countries, gather, |country| country.upper.map(|upper| -upper)).map(|lower| -lower);
    [value, lower, upper]
}

fn extreme(countries: &[CountryValue], gather: Gather, bound: impl Fn(&CountryValue) -> Option<f64>) -> Option<f64> {
    let values_of =
        |sure: bool| countries.iter().filter(|country| country.sure == sure).map(&bound).collect::<Option<Vec<f64>>>();
    let (mut chosen, mut rest) = (values_of(true)?, values_of(false)?);
    rest.sort_by(f64::total_cmp);
    let mut lowest = middle(&chosen, gather);
    for one in rest {
        chosen.push(one);
        let with = middle(&chosen, gather);
        lowest = lowest.into_iter().chain(with).min_by(f64::total_cmp);
    }
    lowest
}

fn middle(values: &[f64], gather: Gather) -> Option<f64> {
    let number = values.len();
    if number == 0 {
        return None;
    }
    if gather == Gather::Median {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        return Some((sorted[(number - 1) / 2] + sorted[number / 2]) / 2.0);
    }
    Some(values.iter().sum::<f64>() / number as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(lower: f64, upper: f64) -> CountryValue {
        CountryValue { value: (lower == upper).then_some(lower), lower: Some(lower), upper: Some(upper), sure: true }
    }

    /// A country that may have no value.
    fn unsure(lower: f64, upper: f64) -> CountryValue {
        CountryValue { sure: false, ..country(lower, upper) }
    }

    /// Two countries with 10 % and 20 %, and one with nothing or something between 0 and 100 %: without it the mean is 15 %,
    /// with it (10 + 20 + 0) / 3 = 10 % to (10 + 20 + 100) / 3 = 43.3 %. The median is 15 % without it, else 10 to 20 %.
    #[test]
    fn a_country_that_may_have_no_value() {
        let three = [country(10.0, 10.0), country(20.0, 20.0), unsure(0.0, 100.0)];
        assert_eq!(average(&three, Gather::Mean), [None, Some(10.0), Some(130.0 / 3.0)]);
        assert_eq!(average(&three, Gather::Median), [None, Some(10.0), Some(20.0)]);
    }

    /// A maybe of 30 % raises a mean of 15 % and never lowers it, so the lower bound is the mean without it.
    #[test]
    fn a_country_that_would_only_raise() {
        let three = [country(10.0, 10.0), country(20.0, 20.0), unsure(30.0, 30.0)];
        assert_eq!(average(&three, Gather::Mean), [None, Some(15.0), Some(20.0)]);
    }

    #[test]
    fn all_are_sure_or_none_is() {
        let two = [country(10.0, 10.0), country(20.0, 20.0)];
        assert_eq!(average(&two, Gather::Mean), [Some(15.0); 3]);
        assert_eq!(average(&[unsure(5.0, 7.0)], Gather::Mean), [None, Some(5.0), Some(7.0)]);
        assert_eq!(average(&[], Gather::Median), [None; 3]);
        let open = CountryValue { value: None, lower: Some(0.0), upper: None, sure: true };
        assert_eq!(average(&[open], Gather::Mean), [None, Some(0.0), None]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Every choice of those that take part, with any value between their bounds, is within the bounds.
        #[test]
        fn bounds_hold_every_choice(
            inputs in proptest::collection::vec((0u8..20, 0u8..20, proptest::bool::ANY, proptest::bool::ANY, 0u8..=4), 1..7),
        ) {
            let countries: Vec<CountryValue> =
                inputs.iter().map(|&(low, wide, sure, ..)| CountryValue { sure, ..country(low.into(), f64::from(low) + f64::from(wide)) }).collect();
            let truth: Vec<f64> = inputs
                .iter()
                .filter(|(_, _, sure, takes_part, _)| *sure || *takes_part)
                .map(|&(low, wide, _, _, at)| f64::from(low) + f64::from(wide) * f64::from(at) / 4.0)
                .collect();
            for gather in [Gather::Mean, Gather::Median] {
                let [_, lower, upper] = average(&countries, gather);
                if let Some(truth) = middle(&truth, gather) {
                    proptest::prop_assert!(lower.unwrap() <= truth + 1e-9 && truth <= upper.unwrap() + 1e-9);
                }
            }
        }
    }
}
