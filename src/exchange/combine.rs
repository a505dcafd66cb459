//! Tables of countries and regions from published figures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cells::Completed;
use super::divisions::divide;
use super::figure::Subject;
use super::figures::Figures;
use super::known::{Basis, KnownValue};
use super::layout::TableLayout;
use super::positions::Group;
use super::report::NotAdditive;
use super::wholes::Wholes;
use crate::aggregate::{Breakdown, FamilyKind, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::{Formula, Indicator, Seen, Setting, Shown, TIME, TableSchemas, TableScope, breakdowns};
use crate::model::{Codelist, ObsStatus};
use crate::schema::{Record, Registry};

/// A table of published figures: what its countries report, and places for their regions.
#[derive(Clone, Debug)]
pub struct Combined {
    /// The definition.
    pub indicator: Indicator,
    /// The dimensions.
    pub dimensions: Vec<Breakdown>,
    /// The cells, in the order of their nodes.
    pub cells: Vec<Seen>,
    /// Which of them no country reports: zeros where others are reported, or totals. Their counts are not shown.
    pub implied: Vec<bool>,
    /// Why a country has no number in a cell, in the order of the cells: it did not ask for the code, or the value is missing.
    pub without: Vec<Option<ObsStatus>>,
    /// What publishers flag as something else than a normal value, by nodes.
    pub marks: BTreeMap<Vec<u16>, ObsStatus>,
    /// The cells of countries that are parts of a whole which the country does not report, or which is smaller.
    pub without_total: BTreeSet<Vec<u16>>,
    /// Dimensions and nodes that only some sources ask for.
    pub by_some: BTreeSet<(usize, u16)>,
    /// Area, time, dimension and node of a reported number that shows that the area asked for such a code.
    pub stated: BTreeSet<(u16, u16, usize, u16)>,
}

/// The schemas and settings of tables.
#[derive(Clone, Copy, Debug)]
pub struct Scheme<'a> {
    /// The schemas.
    pub registry: &'a Registry,
    /// The record types of the tables, by id.
    pub records: &'a BTreeMap<String, Arc<Record>>,
    /// Populations and regions.
    pub setting: Setting<'a>,
    /// Whether a table uses only areas that report its total in the year.
    pub only_with_total: bool,
}

/// The tables of figures.
#[derive(Clone, Debug, Default)]
pub struct CombinedTables {
    /// Those to which figures belong.
    pub tables: Vec<Combined>,
    /// Names of the others, each with the dimension that no source reports.
    pub skipped: Vec<(String, String)>,
    /// Parts that are above a whole of the same country.
    pub not_additive: Vec<NotAdditive>,
}

/// Makes tables of figures, as far as any figure belongs to them.
pub fn combine(figures: &Figures, indicators: &[Indicator], scheme: &Scheme<'_>) -> Result<CombinedTables> {
    let mut out = CombinedTables::default();
    let figure = Record::load(scheme.registry, "figure")?;
    for indicator in indicators {
        match table(figures, indicator, scheme, &figure)? {
            Ok((table, not_additive)) => {
                out.tables.push(table);
                out.not_additive.extend(not_additive);
            }
            Err(dimension) => out.skipped.push((indicator.id.clone(), dimension)),
        }
    }
    Ok(out)
}

/// A table and the parts in it that are above a whole of the same country, or the dimension that no source reports.
type CombinedTable = std::result::Result<(Combined, Vec<NotAdditive>), String>;

fn table(figures: &Figures, indicator: &Indicator, scheme: &Scheme<'_>, figure: &Record) -> Result<CombinedTable> {
    let regions = scheme.setting.regions.ok_or_else(|| Error::failed("there is no scheme of regions"))?;
    let record = scheme
        .records
        .get(&indicator.record)
        .ok_or_else(|| Error::failed(format!("the record type `{}` was not loaded", indicator.record)))?;
    indicator.check(record)?;
    let subject = Subject { record: indicator.record.clone(), counting: indicator.counting };
    let mut groups = Vec::new();
    for (key, places) in figures.groups.iter().filter(|((other, _), _)| *other == subject) {
        let (lacking, marks) = (figures.lacking.get(key), figures.marks.get(key));
        let dimensions = &key.1;
        let dimensions: Vec<&str> = dimensions.iter().map(|&name| figures.names.text(name)).collect();
        let fits = dimensions.iter().all(|dimension| indicator.all_dimensions().any(|name| name == dimension))
            && indicator.universe.keys().all(|name| dimensions.contains(&name.as_str()));
        if fits {
            let silent = figures.silent(key).collect();
            let (following, unlisted) = (figures.following.get(key), figures.unlisted.get(key));
            groups.push(Group { dimensions, places, lacking, silent, following, unlisted, marks });
        }
    }
    let time = record.role("time").and_then(|field| record.fields[field].dimension.clone()).unwrap_or_default();
    let area = record.role("area").and_then(|field| record.fields[field].dimension.clone()).unwrap_or_default();
    let is_reported =
        |name: &str| name == time || name == area || groups.iter().any(|group| group.dimensions.contains(&name));
    if let Some(missing) = indicator.lacks(is_reported) {
        return Ok(Err(missing));
    }
    if groups.is_empty() {
        return Ok(Err(indicator.all_dimensions().last().cloned().unwrap_or_default()));
    }
    let layout = TableLayout {
        figures,
        subject: &subject,
        indicator,
        record,
        figure,
        groups: &groups,
        area_time: [&area, &time],
    };
    let present = |field: usize| layout.codes(field);
    let schemas = TableSchemas { registry: scheme.registry, regions, record, scope: TableScope::WithFigures };
    let planned = breakdowns(&schemas, indicator, &present)?;
    if let Some(dimension) = planned.missing.filter(|missing| is_reported(missing)) {
        return Ok(Err(dimension));
    }
    let mut dimensions = planned.dimensions;
    let traits = layout.part_traits(&dimensions);
    for (breakdown, traits) in dimensions.iter_mut().zip(&traits) {
        // Where no person is in two parts anywhere, the whole of a share is the sum of its parts.
        for family in breakdown.families.iter_mut().filter(|_| traits.exclusive) {
            family.kind = FamilyKind::Partition;
        }
    }
    let Completed { mut cells, asked, open, .. } = layout.cells(&dimensions, &traits);
    let position = dimensions.iter().position(|breakdown| breakdown.dimension == time);
    let divided = divide(&mut cells, &dimensions, record, position)?;
    let (by_some, stated) = (asked.by_some(), asked.stated(figures, &subject, &cells));
    if scheme.only_with_total {
        let with_total = with_total(&cells, &dimensions, &time);
        cells.retain(|nodes, _| with_total.contains(&(nodes[0], position.map(|at| nodes[at]))));
        let without = Wholes::new(&cells, &dimensions, position).without();
        cells.retain(|nodes, _| !without.contains(nodes));
    }
    let wholes = Wholes::new(&cells, &dimensions, position);
    let exceeding = wholes.exceeding();
    let not_additive = exceeding.iter().filter_map(|part| part.row(&indicator.record, &dimensions, position)).collect();
    let mut without_total = wholes.without();
    without_total.extend(exceeding.into_iter().map(|exceeding| exceeding.part));
    let reported = cells.iter().filter(|(_, known)| known.basis == Basis::Reported);
    let reported: Vec<&Vec<u16>> = reported.map(|(nodes, _)| nodes).collect();
    let regions = places_of_regions(&reported, &dimensions[0]);
    // A ratio of two codes is in the total of their dimension, also for a country that reports no total.
    let totals = places_of_totals(&reported, indicator, &dimensions);
    let of_totals = places_of_regions(&totals.iter().collect::<Vec<_>>(), &dimensions[0]);
    let unknown = Shown { value: None, lower: Some(0), upper: None };
    let mut all: BTreeMap<Vec<u16>, (Shown<u64>, Basis)> =
        totals.into_iter().chain(of_totals).map(|nodes| (nodes, (unknown, Basis::Unknown))).collect();
    all.extend(regions.into_iter().map(|nodes| (nodes, (unknown, Basis::Reported))));
    for (nodes, KnownValue { value, basis }) in cells {
        let exact = value.upper.filter(|&upper| upper == value.lower);
        all.insert(nodes, (Shown { value: exact, lower: Some(value.lower), upper: value.upper }, basis));
    }
    let marks = layout.flagged(&dimensions);
    let (mut cells, mut implied, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for (nodes, (shown, basis)) in all {
        implied.push(basis == Basis::Implied);
        without.push(match basis {
            Basis::Unasked => Some(ObsStatus::NotCollected),
            Basis::Dropped => {
                Some(marks.get(&nodes).copied().filter(|mark| !mark.has_value()).unwrap_or(ObsStatus::Missing))
            }
            Basis::Reported | Basis::Implied | Basis::Unknown => None,
        });
        let is_silent = basis == Basis::Unasked && asked.is_silent(&nodes);
        let has_share = !is_silent && !divided.contains(&nodes) && !asked.is_asked_in_part(&nodes);
        let is_open = open.contains(&nodes);
        cells.push(Seen { nodes, shown, present: basis.is_number(), asked: has_share, is_open });
    }
    let indicator = indicator.clone();
    let made = Combined { indicator, dimensions, cells, implied, without, marks, without_total, by_some, stated };
    Ok(Ok((made, not_additive)))
}

/// Returns a place for each region and group in which a country reports something.
fn places_of_regions(reported: &[&Vec<u16>], areas: &Breakdown) -> BTreeSet<Vec<u16>> {
    let mut above: Vec<Vec<u16>> = vec![Vec::new(); areas.nodes.len()];
    for (region, countries) in areas.countries().into_iter().enumerate() {
        for country in countries.into_iter().filter(|&country| usize::from(country) != region) {
            above[usize::from(country)].push(region as u16);
        }
    }
    let mut places = BTreeSet::new();
    for nodes in reported {
        for &region in &above[usize::from(nodes[0])] {
            let mut place = (*nodes).clone();
            place[0] = region;
            places.insert(place);
        }
    }
    places
}

/// Returns the places of ratios and numbers of codes: the totals of the dimensions that each of them names, of every country that
/// reports something there.
fn places_of_totals(reported: &[&Vec<u16>], indicator: &Indicator, dimensions: &[Breakdown]) -> BTreeSet<Vec<u16>> {
    let total = |name: &str| {
        let d = dimensions.iter().skip(1).position(|breakdown| breakdown.dimension == name)? + 1;
        let total = dimensions[d].nodes.iter().position(|node| node.kind == NodeKind::Total)?;
        (name != TIME).then_some((d, total as u16))
    };
    let mut named: BTreeSet<Vec<(usize, u16)>> = BTreeSet::new();
    for measure in indicator.measures.iter().filter(|measure| !measure.formula.any(Formula::is_count)) {
        let names = measure.formula.dimensions();
        named.insert(names.into_iter().filter_map(total).collect());
    }
    let mut places = BTreeSet::new();
    for totals in named.iter().filter(|totals| !totals.is_empty()) {
        places.extend(reported.iter().map(|nodes| {
            let mut place = (*nodes).clone();
            totals.iter().for_each(|&(d, total)| place[d] = total);
            place
        }));
    }
    places
}

/// Returns the areas and years that have a total, in all dimensions in which any area reports one.
fn with_total<'c>(
    cells: impl IntoIterator<Item = (&'c Vec<u16>, &'c KnownValue)>,
    dimensions: &[Breakdown],
    time: &str,
) -> BTreeSet<(u16, Option<u16>)> {
    let cells: Vec<&Vec<u16>> =
        cells.into_iter().filter(|(_, known)| known.basis.is_number()).map(|(nodes, _)| nodes).collect();
    let time = dimensions.iter().position(|breakdown| breakdown.dimension == time);
    let totals =
        dimensions.iter().enumerate().filter(|(d, _)| *d > 0 && Some(*d) != time).filter_map(|(d, breakdown)| {
            let total = breakdown.nodes.iter().position(|node| node.kind == NodeKind::Total)? as u16;
            cells.iter().any(|nodes| nodes[d] == total).then_some((d, total))
        });
    let totals: Vec<(usize, u16)> = totals.collect();
    let is_total = |nodes: &&&Vec<u16>| totals.iter().all(|(d, total)| nodes[*d] == *total);
    cells.iter().filter(is_total).map(|nodes| (nodes[0], time.map(|at| nodes[at]))).collect()
}

/// Returns whether a code stands for a country, not for a region such as `R150` nor for what is not known.
pub(super) fn is_country(list: &Codelist, code: &str) -> bool {
    code.len() == 3 && list.find(code).is_some_and(Codelist::is_known)
}

impl Figures {
    /// Returns whether a code of a record type's reporting areas stands for one country.
    pub fn is_country(record: &Record, code: &str) -> bool {
        record.role("area").is_some_and(|area| is_country(record.fields[area].codes(), code))
    }
}

/// Returns the parts that a country must report of a dimension: all codes of the coarsest level but what is left over.
pub(crate) fn proper_parts(record: &Record, dimension: &str) -> Vec<String> {
    let Some(field) = record.dimension(dimension) else { return Vec::new() };
    let list = record.fields[field].codes();
    let tops = list.known().filter(|(_, code)| code.parent.is_none() && !code.id.starts_with('_'));
    tops.map(|(_, code)| code.id.to_string()).collect()
}
