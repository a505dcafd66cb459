//! An independent recount: what each figure of a release should be, by rules of its own.
//!
//! It reads the coded store and the public schemas. Of the library it uses the file of populations, and nothing that counts,
//! derives or evaluates. A record whose source is masked (`<5`) stands for an interval, so figures are counted for several
//! truths: the lower counts, the upper ones, and some in between.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use tipstat::internals::schema::{Populations, Registry};

use crate::support::{project, rows, store_rows};

/// How many truths are counted.
pub const TRUTHS: usize = 3;

/// A figure under each truth; none where it is not defined.
pub type Truth = [Option<f64>; TRUTHS];

/// Codes that say that nothing is known.
pub fn is_missing(code: &str) -> bool {
    ["_U", "_X", "_N"].contains(&code)
}

/// Parents of codes.
type Parents = BTreeMap<String, String>;

fn above(parents: &Parents, code: &str) -> Vec<String> {
    std::iter::successors(parents.get(code), |parent| parents.get(*parent)).cloned().collect()
}

/// Reads the column `parent` of a list, and of the list that it extends.
fn parents(folder: &str, name: &str) -> Parents {
    let file = project().join("schemas").join(folder);
    let head: toml::Table = std::fs::read_to_string(file.join(format!("{name}.toml"))).unwrap().parse().unwrap();
    let mut all = head.get("extends").map_or_else(Parents::new, |base| parents(folder, base.as_str().unwrap()));
    for row in rows(&file.join(format!("{name}.csv"))) {
        if !row["parent"].is_empty() {
            all.insert(row["code"].clone(), row["parent"].clone());
        }
    }
    all
}

/// Reads which codes of a list only some sources ask for.
fn asked_by_some(list: &str) -> Vec<String> {
    let file = project().join(format!("schemas/codelists/{list}.toml"));
    let head: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let codes = head.get("asked_by_some").and_then(|codes| codes.as_array()).cloned().unwrap_or_default();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Where a citizenship is, seen from an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Unknown,
    Stateless,
    Same,
    Subregion,
    Region,
    Elsewhere,
}

impl Origin {
    /// Returns the kind of citizenship that a measure of flows counts.
    pub fn of_measure(id: &str) -> Option<Self> {
        match id {
            "FLOW_DOMESTIC_N" => Some(Self::Same),
            "FLOW_SUBREGION_N" => Some(Self::Subregion),
            "FLOW_REGION_N" => Some(Self::Region),
            "FLOW_TRANSREGIONAL_N" => Some(Self::Elsewhere),
            _ => None,
        }
    }
}

/// A record of the store: codes by field, and its count under each truth.
pub struct Case {
    codes: BTreeMap<String, String>,
    counts: [u64; TRUTHS],
}

/// The records of a release, and how their codes add up.
pub struct Recount {
    cases: Vec<Case>,
    /// Dimension to field.
    fields: BTreeMap<String, String>,
    lists: BTreeMap<String, Parents>,
    /// Dimension to the codes that only some sources ask for.
    some: BTreeMap<String, Vec<String>>,
    regions: Parents,
    m49: Parents,
    populations: Populations,
}

/// How regions are made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rule {
    /// True if they are sums of published figures of countries.
    pub is_combined: bool,
    /// True if a country must report all years of the table.
    pub all_years: bool,
}

/// The cells of a table.
pub struct Cells<'a> {
    of: &'a Recount,
    pub dimensions: Vec<String>,
    counts: HashMap<Vec<String>, [u64; TRUTHS]>,
    /// Areas with a record, by year. `_T` are all years.
    pub reports: BTreeSet<(String, String)>,
    /// Area, year and dimension of the universe with a record that has something else than `_X`.
    collects: BTreeSet<(String, String, String)>,
    /// By area and year, the dimensions in which one record has something else than `_X`, among the persons of the table if there
    /// are any.
    crosses: BTreeMap<(String, String), BTreeSet<BTreeSet<String>>>,
    /// Dimensions in which all persons of the table have one code.
    universe: Vec<String>,
    cases: Vec<&'a Case>,
}

impl Recount {
    /// Reads the stores of a release.
    pub fn new(stores: &[&Path], record: &str, scheme: &str) -> Self {
        let text = std::fs::read_to_string(project().join(format!("schemas/records/{record}.toml"))).unwrap();
        let definition: toml::Table = text.parse().unwrap();
        let (mut fields, mut lists, mut some) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let empty = Vec::new();
        let entries = |name: &str| definition.get(name).and_then(|entry| entry.as_array()).unwrap_or(&empty).clone();
        for field in entries("field").iter().chain(&entries("derived")) {
            let text = |key: &str| field.get(key).and_then(|value| value.as_str()).map(str::to_owned);
            let Some(dimension) = text("dimension") else { continue };
            fields.insert(dimension.clone(), text("id").unwrap());
            if let Some(list) = text("codelist") {
                some.insert(dimension.clone(), asked_by_some(&list));
                lists.insert(dimension, parents("codelists", &list));
            }
        }
        let names: Vec<&str> = fields.values().map(String::as_str).chain(["count", "count_upper"]).collect();
        let read: Vec<String> = stores.iter().flat_map(|store| store_rows(store, &names)).collect();
        let case = |(at, line): (usize, String)| {
            let mut cells: Vec<String> = line.split('|').map(str::to_owned).collect();
            let [upper, lower] = [0; 2].map(|_| cells.pop().unwrap().parse().unwrap());
            let codes = names.iter().map(ToString::to_string).zip(cells).collect();
            Case { codes, counts: [lower, upper, lower + (upper - lower) * (at as u64 % 4) / 3] }
        };
        Self {
            cases: read.into_iter().enumerate().map(case).collect(),
            fields,
            lists,
            some,
            regions: parents("regions", scheme),
            m49: parents("regions", "M49@1"),
            populations: Populations::load(&Registry::built_in(), "WPP").unwrap(),
        }
    }

    /// Returns whether only some sources ask for a code.
    pub fn is_asked_by_some(&self, dimension: &str, code: &str) -> bool {
        let Some(some) = self.some.get(dimension) else { return false };
        let known = code.strip_suffix("_U").filter(|group| !group.is_empty()).unwrap_or(code);
        std::iter::once(known.to_owned())
            .chain(above(&self.lists[dimension], known))
            .any(|above_known| some.contains(&above_known))
    }

    /// Returns the countries of a region; none for a country.
    pub fn members(&self, region: &str) -> Vec<String> {
        let areas: BTreeSet<&String> = self.cases.iter().map(|case| &case.codes["area"]).collect();
        let inside =
            areas.into_iter().filter(|area| area.len() == 3 && above(&self.regions, area).contains(&region.into()));
        inside.cloned().collect()
    }

    /// Returns the continents of M49 that hold a country or a code such as `R150`.
    fn continents(&self, code: &str) -> BTreeSet<String> {
        match code {
            "R019009" => ["M49_019", "M49_009"].map(str::to_owned).into(),
            code => above(&self.m49, code).into_iter().rev().nth(1).into_iter().collect(),
        }
    }

    /// Returns how many countries lie in continents.
    fn countries(&self, continents: &BTreeSet<String>) -> usize {
        let is_in = |code: &&String| code.len() == 3 && !self.continents(code).is_disjoint(continents);
        self.m49.keys().filter(is_in).count()
    }

    /// Returns the group that contains a code of a dimension, if there is one.
    pub fn group(&self, dimension: &str, code: &str) -> Option<String> {
        match dimension {
            "REF_AREA" => self.regions.get(code).cloned(),
            "ORIGIN" | "REPATRIATED_FROM" => self.m49.get(code).cloned(),
            _ => self.lists.get(dimension)?.get(code).cloned(),
        }
    }

    /// Places a citizenship, by what M49 says of both.
    ///
    /// Of a code such as `R150` only the region is known: it may be the country of any area in Europe, and is another one
    /// for all areas elsewhere.
    fn origin(&self, origin: &str, area: &str) -> Origin {
        if is_missing(origin) {
            return Origin::Unknown;
        }
        if ["XXA", "XXB", "XXC"].contains(&origin) {
            return Origin::Stateless;
        }
        if is_missing(area) {
            return Origin::Unknown;
        }
        let (from, to) = (self.continents(origin), self.continents(area));
        let share = !from.is_disjoint(&to);
        if is_coarse(origin) || is_coarse(area) {
            return if share { Origin::Unknown } else { Origin::Elsewhere };
        }
        match (self.m49.get(origin), self.m49.get(area)) {
            _ if origin == area => Origin::Same,
            (Some(from), Some(to)) if from == to => Origin::Subregion,
            _ if share => Origin::Region,
            _ => Origin::Elsewhere,
        }
    }

    /// Returns the code of the derived citizenship.
    fn citizenship(&self, case: &Case) -> String {
        let (origin, area) = (&case.codes["citizenship"], &case.codes["area"]);
        match self.origin(origin, area) {
            Origin::Unknown => {
                if is_missing(origin) {
                    origin.clone()
                } else if is_missing(area) {
                    "_U".into()
                } else {
                    "_OWN".into()
                }
            }
            Origin::Stateless => "NOCIT".into(),
            Origin::Same => "DOM".into(),
            _ => match above(&self.m49, origin).into_iter().rev().nth(1) {
                Some(region) => region.replace("M49_", "CROSS_"),
                None => "CROSS".into(),
            },
        }
    }

    /// Returns all nodes of a dimension in which a case counts. `published` are the codes of the table.
    fn nodes(&self, dimension: &str, case: &Case, published: &BTreeSet<String>) -> BTreeSet<String> {
        let value = match dimension {
            "CITIZENSHIP" => self.citizenship(case),
            _ => case.codes[&self.fields[dimension]].clone(),
        };
        let mut nodes = BTreeSet::new();
        // A person of whom one value is known and another is not is known.
        let is_known = value.split(';').any(|code| !is_missing(code));
        for code in value.split(';').filter(|code| !is_known || !is_missing(code)) {
            match dimension {
                "REF_AREA" => {
                    nodes.insert(code.to_owned());
                    nodes.extend(above(&self.regions, code));
                    if is_missing(code) {
                        let is_root = |region: &&String| !self.regions.contains_key(*region);
                        nodes.extend(self.regions.values().filter(is_root).cloned());
                    }
                    continue;
                }
                "ORIGIN" | "REPATRIATED_FROM" => nodes.extend(above(&self.m49, code)),
                _ => nodes.extend(self.lists.get(dimension).map(|list| above(list, code)).unwrap_or_default()),
            }
            nodes.extend([code.to_owned(), "_T".to_owned()]);
            if !is_missing(code) && dimension != "TIME_PERIOD" {
                nodes.insert("_K".to_owned());
            }
        }
        for residual in published.iter().filter(|code| code.ends_with("_U") && code.len() > 2) {
            let group = &residual[..residual.len() - 2];
            let is_part = |code: &&String| self.group(dimension, code).as_deref() == Some(group);
            // A person may be in the residual and in a proper part, with two codes.
            let codes = value.split(';').filter(|code| {
                *code == group || above(&self.lists[dimension], code).iter().any(|parent| parent == group)
            });
            let lies = |code: &str| {
                std::iter::once(code.to_owned()).chain(above(&self.lists[dimension], code)).collect::<BTreeSet<_>>()
            };
            let parts: BTreeSet<String> = published.iter().filter(is_part).cloned().collect();
            if codes.clone().any(|code| lies(code).is_disjoint(&parts)) {
                nodes.insert(residual.clone());
            }
        }
        nodes
    }

    /// Counts all cells of a table in which persons have the codes of a universe.
    pub fn cells(
        &self,
        dimensions: &[String],
        universe: &[(String, String)],
        published: &[BTreeSet<String>],
    ) -> Cells<'_> {
        let none = BTreeSet::new();
        let within = |case: &&Case| universe.iter().all(|(name, code)| self.nodes(name, case, &none).contains(code));
        let cases: Vec<&Case> = self.cases.iter().filter(within).collect();
        let mut counts: HashMap<Vec<String>, [u64; TRUTHS]> = HashMap::new();
        for case in &cases {
            let mut keys = vec![Vec::new()];
            for (dimension, published) in dimensions.iter().zip(published) {
                let nodes = self.nodes(dimension, case, published);
                keys = keys
                    .iter()
                    .flat_map(|key| nodes.iter().map(move |node| [key.as_slice(), std::slice::from_ref(node)].concat()))
                    .collect();
            }
            for key in keys {
                let cell = counts.entry(key).or_default();
                cell.iter_mut().zip(case.counts).for_each(|(sum, count)| *sum += count);
            }
        }
        let universe: Vec<String> = universe.iter().map(|(name, _)| name.clone()).collect();
        let has = |case: &Case, dimension: &String| match dimension.as_str() {
            "CITIZENSHIP" => self.citizenship(case) != "_X",
            _ => self.fields.get(dimension).is_some_and(|field| case.codes[field] != "_X"),
        };
        let (mut reports, mut within, mut collects) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut crosses: BTreeMap<(String, String), BTreeSet<BTreeSet<String>>> = BTreeMap::new();
        let periods =
            |case: &Case| [case.codes["year"].clone(), "_T".into()].map(|year| (case.codes["area"].clone(), year));
        for case in &self.cases {
            reports.extend(periods(case));
            for dimension in universe.iter().filter(|name| has(case, name)) {
                collects.extend(periods(case).map(|(area, year)| (area, year, dimension.clone())));
            }
        }
        let extra: Vec<&String> = dimensions.iter().filter(|name| !universe.contains(name)).collect();
        for case in &cases {
            within.extend(periods(case));
            let seen: BTreeSet<String> = extra.iter().filter(|name| has(case, name)).map(ToString::to_string).collect();
            for period in periods(case) {
                crosses.entry(period).or_default().insert(seen.clone());
            }
        }
        // Every part of zero is zero.
        for period in reports.difference(&within) {
            let all = extra.iter().map(ToString::to_string).collect();
            crosses.entry(period.clone()).or_default().insert(all);
        }
        Cells { of: self, dimensions: dimensions.to_vec(), counts, reports, collects, crosses, universe, cases }
    }
}

/// Returns whether only a continent is known of an area or a citizenship, as of `R150`.
fn is_coarse(code: &str) -> bool {
    code.starts_with('R') && code[1..].chars().all(|c| c.is_ascii_digit())
}

impl Cells<'_> {
    /// Returns the count of a cell.
    pub fn count(&self, key: &[String]) -> [u64; TRUTHS] {
        self.counts.get(key).copied().unwrap_or_default()
    }

    fn at(&self, dimension: &str) -> Option<usize> {
        self.dimensions.iter().position(|name| name == dimension)
    }

    fn year(&self, key: &[String]) -> String {
        self.at("TIME_PERIOD").map_or("_T".into(), |at| key[at].clone())
    }

    /// Returns whether a country reports the period of a cell and collects what the cell says: of somebody, all of it.
    pub fn is_present(&self, key: &[String]) -> bool {
        let (area, year) = (key[0].clone(), self.year(key));
        let says = |at: usize| !["_T", "_U", "_N", "_X"].contains(&key[at].as_str());
        let others = (1..key.len()).filter(|&at| self.dimensions[at] != "TIME_PERIOD" && says(at));
        let named: BTreeSet<&String> =
            others.map(|at| &self.dimensions[at]).filter(|name| !self.universe.contains(name)).collect();
        let period = (area.clone(), year.clone());
        let is_seen = |seen: &BTreeSet<String>| named.iter().all(|name| seen.contains(*name));
        self.reports.contains(&period)
            && self.crosses.get(&period).is_some_and(|crosses| crosses.iter().any(is_seen))
            && self.universe.iter().all(|name| self.collects.contains(&(area.clone(), year.clone(), name.clone())))
    }

    /// Returns whether some area of a row reports all that its formula names: then the row is not `L`.
    pub fn is_reported(&self, formula: &Formula, key: &[String], years: &[String]) -> bool {
        let context = Context { cells: self, years, truth: 0 };
        let mut leaves = Vec::new();
        formula.leaves(&mut leaves);
        let areas: BTreeSet<&String> = self.of.cases.iter().map(|case| &case.codes["area"]).collect();
        let is_part = |area: &str| area == key[0] || above(&self.of.regions, area).contains(&key[0]);
        areas.into_iter().filter(|area| is_part(area)).any(|area| {
            let key_of_area = [std::slice::from_ref(area), &key[1..]].concat();
            let is_whole = |choices: &&Choices| {
                let keys = context.keys(choices, &key_of_area);
                keys.is_some_and(|keys| keys.iter().all(|key| self.is_present(key)))
            };
            self.is_present(&key_of_area) && leaves.iter().all(is_whole)
        })
    }

    /// Returns the countries on which a row rests: those that report every cell which its formula names, in every year of it.
    ///
    /// For a share of published figures (`is_open`) the own cell need not be reported.
    pub fn rests_on(&self, formula: &Formula, key: &[String], years: &[String], rule: Rule) -> Vec<String> {
        let context = Context { cells: self, years, truth: 0 };
        let mut leaves = Vec::new();
        formula.leaves(&mut leaves);
        let own_is_open = rule.is_combined && formula.is_share();
        let members = self.of.members(&key[0]);
        let areas = if members.is_empty() { vec![key[0].clone()] } else { members };
        let is_whole = |area: &String| {
            let key_of_area = [std::slice::from_ref(area), &key[1..]].concat();
            let leaf = |choices: &&Choices| {
                let is_flow = choices
                    .iter()
                    .any(|(name, codes)| name == "ORIGIN" && codes.iter().any(|name| name.starts_with('@')));
                if is_flow {
                    let known = Choices::from([("ORIGIN".to_owned(), vec!["_K".to_owned()])]);
                    return context
                        .keys(&known, &key_of_area)
                        .is_some_and(|keys| keys.iter().all(|key| self.has(key, rule)));
                }
                let is_own = own_is_open && choices.is_empty();
                is_own
                    || context
                        .keys(choices, &key_of_area)
                        .is_some_and(|keys| keys.iter().all(|key| self.has(key, rule)))
            };
            let all_years = || {
                let at = self.at("TIME_PERIOD");
                years.iter().all(|year| {
                    let mut key_of_area = key_of_area.clone();
                    at.into_iter().for_each(|at| key_of_area[at].clone_from(year));
                    self.has(&key_of_area, rule)
                })
            };
            let people =
                !formula.has_population() || context.eval(formula, std::slice::from_ref(&key_of_area)).is_some();
            (own_is_open || self.has(&key_of_area, rule))
                && leaves.iter().all(leaf)
                && people
                && (!rule.all_years || all_years())
        };
        areas.into_iter().filter(is_whole).collect()
    }

    /// Returns whether a country has a number in a cell.
    fn has(&self, key: &[String], rule: Rule) -> bool {
        // Counted figures do not show which codes were asked for that only some sources ask for.
        let is_unasked = |at: usize| {
            let mut key = key.to_vec();
            (1..key.len()).for_each(|other| {
                if other != at && self.dimensions[other] != "TIME_PERIOD" {
                    key[other] = "_T".into();
                }
            });
            self.of.is_asked_by_some(&self.dimensions[at], &key[at]) && self.count(&key)[1] == 0
        };
        self.is_present(key) && !(rule.is_combined && (1..key.len()).any(is_unasked))
    }

    /// Returns the value of a formula for a row. `panel` are the countries on which a comparison of a region rests.
    pub fn value(&self, formula: &Formula, key: &[String], years: &[String], panel: &[String]) -> Truth {
        let members = self.of.members(&key[0]);
        let of_area = |area: &String| [std::slice::from_ref(area), &key[1..]].concat();
        let ends: Option<Vec<[f64; 2]>> = match formula {
            Formula::Areas(lower, upper) => {
                Some((0..TRUTHS).map(|variant| self.areas(key, variant, *lower, *upper)).collect())
            }
            Formula::Codes(dimension) => (0..TRUTHS).map(|variant| self.codes(key, variant, dimension)).collect(),
            _ => None,
        };
        if let Some(ends) = ends {
            let least = ends.iter().map(|bounds| bounds[0]).reduce(f64::min);
            let upper = ends.iter().map(|bounds| bounds[1]).reduce(f64::max);
            return std::array::from_fn(|truth| if truth == 1 { upper } else { least });
        }
        let each = |truth: usize| -> Option<f64> {
            let context = Context { cells: self, years, truth };
            match formula {
                Formula::Over(name, inner) => {
                    let present = members.iter().map(of_area).filter(|key| self.is_present(key));
                    middle(name, present.filter_map(|key| context.eval(inner, &[key])).collect())
                }
                formula if !members.is_empty() && formula.compares() => {
                    // The panel is that of all persons: an area of it may lack a dimension in one of the years.
                    let is_whole =
                        |key: &Vec<String>| self.is_present(key) && self.is_present(&context.compared(formula, key));
                    let keys: Vec<Vec<String>> = panel.iter().map(of_area).filter(is_whole).collect();
                    (!keys.is_empty()).then(|| context.eval(formula, &keys)).flatten()
                }
                formula if !members.is_empty() && formula.has_population() => {
                    let known = |key: &Vec<String>| {
                        self.is_present(key) && context.eval(formula, std::slice::from_ref(key)).is_some()
                    };
                    let keys: Vec<Vec<String>> = members.iter().map(of_area).filter(known).collect();
                    (!keys.is_empty()).then(|| context.eval(formula, &keys)).flatten()
                }
                formula => context.eval(formula, &[key.to_vec()]),
            }
        };
        std::array::from_fn(each)
    }

    /// Returns the bounds of the number of countries of a region whose count is between two numbers. Persons of whom
    /// only the continent is known may have been detected in any of its countries.
    fn areas(&self, key: &[String], truth: usize, lower: f64, upper: f64) -> [f64; 2] {
        let count = |area: &String| self.count(&[std::slice::from_ref(area), &key[1..]].concat())[truth];
        let is_in = |count: u64| lower <= count as f64 && count as f64 <= upper;
        let members = self.of.members(&key[0]);
        let sure: Vec<&String> = members.iter().filter(|area| is_in(count(area))).collect();
        let all: BTreeSet<&String> = self.of.cases.iter().map(|case| &case.codes["area"]).collect();
        let coarse = all.into_iter().filter(|area| is_coarse(area) && above(&self.of.regions, area).contains(&key[0]));
        let mut ends = [sure.len() as f64; 2];
        for area in coarse.filter(|area| count(area) > 0) {
            let of_continents = |other: &&&String| !self.of.continents(other).is_disjoint(&self.of.continents(area));
            let there = sure.iter().filter(of_continents).count();
            if upper.is_finite() {
                ends[0] -= there as f64;
            } else if lower <= 1.0 && there == 0 {
                ends[0] += 1.0;
            }
            ends[1] += (count(area) as f64).min((self.of.countries(&self.of.continents(area)) - there) as f64);
        }
        ends
    }

    /// Returns the least and the greatest number of citizenships of a row. Stateless persons have none. Those of whom only the
    /// continent is known have one of its countries.
    fn codes(&self, key: &[String], truth: usize, dimension: &str) -> Option<[f64; 2]> {
        let at = self.at(dimension)?;
        let field = &self.of.fields[dimension];
        let codes: BTreeSet<&str> = self.cases.iter().flat_map(|case| case.codes[field].split(';')).collect();
        let mut groups: BTreeMap<BTreeSet<String>, u64> = BTreeMap::new();
        let mut named: BTreeMap<BTreeSet<String>, u64> = BTreeMap::new();
        for code in codes.into_iter().filter(|code| !is_missing(code)) {
            let mut key = key.to_vec();
            key[at] = code.to_owned();
            let count = self.count(&key)[truth];
            let kind = if is_coarse(code) { &mut groups } else { &mut named };
            *kind.entry(self.of.continents(code)).or_default() += if is_coarse(code) { count } else { count.min(1) };
        }
        groups.retain(|_, count| *count > 0);
        named.retain(|_, count| *count > 0);
        let sum = named.values().sum::<u64>();
        // The fewest further countries that every group can do with, one in each of some continents.
        let all: Vec<String> = groups.keys().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let chosen = |bits: &u32| -> BTreeSet<&String> {
            let some = (0..all.len()).filter(|at| bits >> at & 1 == 1).map(|at| &all[at]);
            some.chain(named.keys().flatten()).collect()
        };
        let is_enough =
            |bits: &u32| groups.keys().all(|group| group.iter().any(|origin| chosen(bits).contains(origin)));
        let fewest = (0..1u32 << all.len()).filter(is_enough).map(u32::count_ones).min()?;
        // The most: first persons of one continent, then those of several.
        let mut free: BTreeMap<String, u64> = BTreeMap::new();
        for continent in &all {
            let taken =
                named.iter().filter(|(members, _)| members.contains(continent)).map(|(_, count)| count).sum::<u64>();
            let places = BTreeSet::from([continent.clone()]);
            free.insert(continent.clone(), self.of.countries(&places) as u64 - taken);
        }
        let mut order: Vec<_> = groups.iter().collect();
        order.sort_by_key(|(group, _)| group.len());
        let mut more = 0;
        for (group, count) in order {
            let mut left = *count;
            for continent in group {
                let entry = free.get_mut(continent).unwrap();
                let some = left.min(*entry);
                (left, more, *entry) = (left - some, more + some, *entry - some);
            }
        }
        Some([sum as f64 + f64::from(fewest), (sum + more) as f64])
    }

    /// Returns the value of a formula for a row of a region that is the sum of some countries.
    pub fn of_areas(&self, formula: &Formula, key: &[String], years: &[String], areas: &[String]) -> Truth {
        let keys: Vec<Vec<String>> =
            areas.iter().map(|area| [std::slice::from_ref(area), &key[1..]].concat()).collect();
        let each = |truth: usize| {
            let context = Context { cells: self, years, truth };
            match formula {
                Formula::Over(name, inner) => {
                    let values = keys.iter().filter_map(|key| context.eval(inner, std::slice::from_ref(key)));
                    middle(name, values.collect())
                }
                Formula::Areas(lower, upper) => {
                    let counts = keys.iter().map(|key| self.count(key)[truth] as f64);
                    Some(counts.filter(|count| lower <= count && count <= upper).count() as f64)
                }
                _ => (!keys.is_empty()).then(|| context.eval(formula, &keys)).flatten(),
            }
        };
        std::array::from_fn(each)
    }

    /// Returns how many persons of a row have a citizenship of a kind, by area of detection and not by derived code.
    pub fn flow(&self, area: &str, origin: Origin) -> Truth {
        let members = self.of.members(area);
        let areas = if members.is_empty() { vec![area.to_owned()] } else { members };
        std::array::from_fn(|truth| {
            let cases = self.cases.iter().filter(|case| areas.contains(&case.codes["area"]));
            let cases = cases.filter(|case| self.of.origin(&case.codes["citizenship"], &case.codes["area"]) == origin);
            Some(cases.map(|case| case.counts[truth]).sum::<u64>() as f64)
        })
    }
}

/// Brings the values of countries together.
fn middle(name: &str, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (sum, len) = (values.iter().sum::<f64>(), values.len());
    match (name, len) {
        (_, 0) => None,
        ("mean", _) => Some(sum / len as f64),
        ("median", _) => Some((values[(len - 1) / 2] + values[len / 2]) / 2.0),
        _ => Some(sum),
    }
}

/// Dimension and codes.
type Choices = Vec<(String, Vec<String>)>;

/// A formula of `definitions.csv`.
#[derive(Clone, Debug)]
pub enum Formula {
    Number(f64),
    Count(Choices),
    Population(Choices),
    Join(char, Box<Formula>, Box<Formula>),
    Over(String, Box<Formula>),
    Areas(f64, f64),
    Codes(String),
}

impl Formula {
    pub fn parse(text: &str) -> Self {
        let mut tokens: Vec<String> = Vec::new();
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '@' || c == '.';
            match tokens.last_mut() {
                Some(last) if is_word(c) && last.chars().all(is_word) => last.push(c),
                // The year before.
                Some(last) if last == "-" && c.is_ascii_digit() => last.push(c),
                _ => tokens.push(c.into()),
            }
        }
        tokens.reverse();
        let formula = Self::sum(&mut tokens);
        assert!(tokens.is_empty(), "{text}");
        formula
    }

    fn is_next(tokens: &mut Vec<String>, sign: &str) -> bool {
        let found = tokens.last().is_some_and(|token| token == sign);
        if found {
            tokens.pop();
        }
        found
    }

    fn sum(tokens: &mut Vec<String>) -> Self {
        let mut left = Self::product(tokens);
        loop {
            // `- 1` was read as one token.
            let negative = tokens.last().is_some_and(|token| token.len() > 1 && token.starts_with('-'));
            if negative {
                let number = tokens.pop().unwrap().parse().unwrap();
                left = Self::Join('+', Box::new(left), Box::new(Self::Number(number)));
                continue;
            }
            let sign = ['+', '-'].into_iter().find(|sign| Self::is_next(tokens, &sign.to_string()));
            let Some(sign) = sign else { return left };
            left = Self::Join(sign, Box::new(left), Box::new(Self::product(tokens)));
        }
    }

    fn product(tokens: &mut Vec<String>) -> Self {
        let mut left = Self::part(tokens);
        while let Some(sign) = ['*', '/'].into_iter().find(|sign| Self::is_next(tokens, &sign.to_string())) {
            left = Self::Join(sign, Box::new(left), Box::new(Self::part(tokens)));
        }
        left
    }

    fn part(tokens: &mut Vec<String>) -> Self {
        let token = tokens.pop().unwrap();
        let must = |tokens: &mut Vec<String>, sign: &str| assert!(Self::is_next(tokens, sign), "{sign} in {tokens:?}");
        match token.as_str() {
            "(" => {
                let inner = Self::sum(tokens);
                must(tokens, ")");
                inner
            }
            "count" => Self::Count(Self::choices(tokens)),
            "population" => Self::Population(Self::choices(tokens)),
            "areas" => {
                must(tokens, "(");
                let lower = tokens.pop().unwrap().parse().unwrap();
                let upper =
                    if Self::is_next(tokens, ",") { tokens.pop().unwrap().parse().unwrap() } else { f64::INFINITY };
                must(tokens, ")");
                Self::Areas(lower, upper)
            }
            "codes" => {
                must(tokens, "(");
                let dimension = tokens.pop().unwrap();
                must(tokens, ")");
                Self::Codes(dimension)
            }
            "mean" | "median" | "sum" => {
                must(tokens, "(");
                let inner = Self::sum(tokens);
                must(tokens, ")");
                Self::Over(token, Box::new(inner))
            }
            number => Self::Number(number.parse().unwrap()),
        }
    }

    fn choices(tokens: &mut Vec<String>) -> Choices {
        let mut choices = Vec::new();
        if !Self::is_next(tokens, "[") {
            return choices;
        }
        loop {
            let dimension = tokens.pop().unwrap();
            assert!(Self::is_next(tokens, "="));
            let mut codes = vec![tokens.pop().unwrap()];
            while Self::is_next(tokens, "+") {
                codes.push(tokens.pop().unwrap());
            }
            choices.push((dimension, codes));
            if !Self::is_next(tokens, ",") {
                assert!(Self::is_next(tokens, "]"));
                return choices;
            }
        }
    }

    fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        let inner = match self {
            Self::Join(_, left, right) => left.any(is) || right.any(is),
            Self::Over(_, inner) => inner.any(is),
            _ => false,
        };
        is(self) || inner
    }

    /// Adds the choices of all its counts.
    fn leaves<'a>(&'a self, into: &mut Vec<&'a Choices>) {
        match self {
            Self::Count(choices) => into.push(choices),
            Self::Join(_, left, right) => {
                left.leaves(into);
                right.leaves(into);
            }
            Self::Over(_, inner) => inner.leaves(into),
            _ => {}
        }
    }

    /// Returns whether it is the plain count.
    pub fn is_count(&self) -> bool {
        matches!(self, Self::Count(choices) if choices.is_empty())
    }

    /// Returns whether it counts codes.
    pub fn is_codes(&self) -> bool {
        matches!(self, Self::Codes(_))
    }

    /// Returns whether its values are whole numbers.
    pub fn is_whole(&self) -> bool {
        self.is_count() || matches!(self, Self::Areas(..) | Self::Codes(_))
    }

    /// Returns whether it is a share of the known.
    pub fn is_share(&self) -> bool {
        !matches!(self, Self::Over(..))
            && self
                .any(&|part| matches!(part, Self::Count(choices) if choices.iter().any(|(_, codes)| codes == &["_K"])))
    }

    /// Returns the year with which it compares, as it is written.
    fn year(&self) -> Option<String> {
        match self {
            Self::Count(choices) => {
                choices.iter().find(|(dimension, _)| dimension == "TIME_PERIOD").map(|(_, codes)| codes[0].clone())
            }
            Self::Join(_, left, right) => left.year().or_else(|| right.year()),
            _ => None,
        }
    }

    pub fn compares(&self) -> bool {
        self.year().is_some()
    }

    pub fn has_population(&self) -> bool {
        self.any(&|part| matches!(part, Self::Population(_)))
    }
}

/// The evaluation of a formula under one truth.
struct Context<'a> {
    cells: &'a Cells<'a>,
    years: &'a [String],
    truth: usize,
}

impl Context<'_> {
    /// Returns the value for the sum of some cells: each leaf is added up before it is used.
    fn eval(&self, formula: &Formula, keys: &[Vec<String>]) -> Option<f64> {
        let all = |number_of: &dyn Fn(&Vec<String>) -> Option<f64>| keys.iter().map(number_of).sum::<Option<f64>>();
        match formula {
            Formula::Number(number) => Some(*number),
            Formula::Join(sign, left, right) => {
                let (left, right) = (self.eval(left, keys)?, self.eval(right, keys)?);
                match sign {
                    '+' => Some(left + right),
                    '-' => Some(left - right),
                    '*' => Some(left * right),
                    _ => (right != 0.0).then(|| left / right),
                }
            }
            Formula::Count(choices) => all(&|key| self.count(choices, key)),
            Formula::Population(choices) => all(&|key| self.population(choices, key)),
            _ => unreachable!("a function within a function"),
        }
    }

    fn count(&self, choices: &Choices, key: &[String]) -> Option<f64> {
        let keys = self.keys(choices, key)?;
        Some(keys.iter().map(|key| self.cells.count(key)[self.truth] as f64).sum())
    }

    /// Returns the cells that a leaf names for a row.
    fn keys(&self, choices: &Choices, key: &[String]) -> Option<Vec<Vec<String>>> {
        let mut keys = vec![key.to_vec()];
        for (dimension, codes) in choices {
            let at = self.cells.at(dimension)?;
            let mut moved = Vec::new();
            for key in &keys {
                for code in codes {
                    let mut key = key.clone();
                    key[at] = if dimension == "TIME_PERIOD" { self.other(code, &key[at])? } else { code.clone() };
                    moved.push(key);
                }
            }
            keys = moved;
        }
        Some(keys)
    }

    /// Returns the cell of the year with which a formula compares.
    fn compared(&self, formula: &Formula, key: &[String]) -> Vec<String> {
        let mut other = key.to_vec();
        let at = self.cells.at("TIME_PERIOD").unwrap();
        if let Some(code) = formula.year() {
            other[at] = self.other(&code, &key[at]).unwrap_or_default();
        }
        other
    }

    fn other(&self, code: &str, year: &str) -> Option<String> {
        let year: i32 = year.parse().ok()?;
        let other = match code.parse::<i32>() {
            Err(_) => self.years.first()?.clone(),
            Ok(back) if back < 0 => (year + back).to_string(),
            Ok(other) => other.to_string(),
        };
        self.years.contains(&other).then_some(other)
    }

    fn population(&self, choices: &Choices, key: &[String]) -> Option<f64> {
        let code = |name: &str| -> String {
            let chosen = choices.iter().find(|(dimension, _)| dimension == name).map(|(_, codes)| codes[0].clone());
            chosen.or_else(|| self.cells.at(name).map(|at| key[at].clone())).unwrap_or_else(|| "_T".into())
        };
        let year = self.cells.year(key).parse().ok()?;
        self.cells.of.populations.get((&key[0], year), &code("SEX"), &code("AGE")).map(|people| people as f64)
    }
}
