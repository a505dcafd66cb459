//! Populations of areas and regions.

use std::collections::BTreeMap;

use super::layout::FrameLayout;
use crate::aggregate::NodeKind;
use crate::indicators::formula::Choice;
use crate::schema::{Populations, Region};

impl FrameLayout<'_> {
    pub(super) fn population(&self, nodes: &[u16], choices: &[Choice]) -> Option<f64> {
        let populations = self.setting.populations?;
        let (time, years) = self.time.as_ref()?;
        let year = years[usize::from(nodes[*time])]?;
        let code = |name: &str| -> &str {
            if let Some(choice) = choices.iter().find(|choice| choice.dimension == name) {
                return &choice.codes[0];
            }
            match self.position(name) {
                Some(d) => match &self.dimensions[d].nodes[usize::from(nodes[d])] {
                    node if node.kind == NodeKind::Total => "_T",
                    node => &node.code,
                },
                None => "_T",
            }
        };
        let area = &self.dimensions[0].nodes[usize::from(nodes[0])].code;
        populations.get((area, year), code("SEX"), code("AGE")).map(|people| people as f64)
    }

    /// Returns the population of all persons of the area and year.
    pub(super) fn people(&self, nodes: &[u16]) -> Option<f64> {
        self.setting.populations?;
        let key = (nodes[0], nodes[self.time.as_ref()?.0]);
        *self.all_persons.borrow_mut().entry(key).or_insert_with(|| {
            let total = |name: &str| Choice { dimension: name.to_owned(), codes: vec!["_T".to_owned()] };
            self.population(nodes, &[total("SEX"), total("AGE")])
        })
    }

    /// Returns the population of all countries that lie in a region, whether they report or not.
    pub(super) fn region_population(&self, nodes: &[u16]) -> Option<f64> {
        let (populations, scheme) = (self.setting.populations?, self.setting.regions?);
        let (time, years) = self.time.as_ref()?;
        let year = years[usize::from(nodes[*time])]?;
        if !self.is_region(nodes[0]) {
            return None;
        }
        let key = (nodes[0], year);
        if let Some(known) = self.people.borrow().get(&key) {
            return *known;
        }
        let code = self.dimensions[0].nodes[usize::from(nodes[0])].code.as_str();
        let knows = |area| populations.get((area, year), "_T", "_T").is_some();
        if populations.is_own && !scheme.areas(code).all(knows) {
            // A region in which some areas have no population has no known share.
            self.people.borrow_mut().insert(key, None);
            return None;
        }
        let mut years = self.inhabitants.borrow_mut();
        let of_year = years.entry(year).or_insert_with(|| inhabitants(populations, scheme, year));
        let sum = of_year.get(code).filter(|&&sum| sum > 0).map(|&sum| sum as f64);
        self.people.borrow_mut().insert(key, sum);
        sum
    }
}

/// Returns the population of each region in a year: that of all areas that have one.
fn inhabitants(populations: &Populations, scheme: &Region, year: u16) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for area in populations.areas(year) {
        let people = populations.get((area, year), "_T", "_T").unwrap_or(0);
        for region in scheme.path(area) {
            *sums.entry(region.to_owned()).or_default() += people;
        }
    }
    sums
}
