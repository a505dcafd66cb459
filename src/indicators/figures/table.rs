//! Tables of countries and regions from published figures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::asked::Asked;
use super::complete::{Asking, Basis, Cells, Known, Least, Telling, complete};
use super::finer::{Below, Finer, Lists, narrow};
use super::overlap::more;
use super::wholes::Wholes;
use super::years::{ByYear, Yearly};
use super::{Figures, NotAdditive, Subject};
use crate::aggregate::{Breakdown, FamilyKind, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::draft::breakdowns;
use crate::indicators::value::{Seen, Shown};
use crate::indicators::{Indicator, Setting};
use crate::model::{Codelist, Interval, ObsStatus};
use crate::schema::{Record, Registry};

/// A table of published figures: what its countries tell, and places for their regions.
#[derive(Clone, Debug)]
pub struct Combined {
    /// The definition.
    pub indicator: Indicator,
    /// The dimensions.
    pub dimensions: Vec<Breakdown>,
    /// The cells, in the order of their nodes.
    pub cells: Vec<Seen>,
    /// Which of them nobody told: they are nobody where others are told, or totals that nobody tells. Their counts are
    /// not shown.
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

/// By what tables are made.
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
    /// Names of the others, each with the dimension that nobody tells.
    pub not_told: Vec<(String, String)>,
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
            Err(dimension) => out.not_told.push((indicator.id.clone(), dimension)),
        }
    }
    Ok(out)
}

/// A table and the parts in it that are above a whole of the same country, or the dimension that no source reports.
type Made = std::result::Result<(Combined, Vec<NotAdditive>), String>;

/// The figures of one group of dimensions, as far as they belong to a table.
struct Group<'a> {
    key: &'a (Subject, Vec<u32>),
    dimensions: Vec<&'a str>,
    places: &'a BTreeMap<super::Place, Interval>,
    lacking: Option<&'a BTreeSet<super::Place>>,
    silent: Vec<&'a super::Place>,
    following: Option<&'a BTreeMap<super::Place, Interval>>,
    unlisted: Option<&'a BTreeSet<super::Place>>,
    marks: Option<&'a BTreeMap<super::Place, ObsStatus>>,
}

fn table(figures: &Figures, indicator: &Indicator, scheme: &Scheme<'_>, figure: &Record) -> Result<Made> {
    let regions = scheme.setting.regions.ok_or_else(|| Error::failed("there is no scheme of regions"))?;
    let record = scheme
        .records
        .get(&indicator.record)
        .ok_or_else(|| Error::failed(format!("the record type `{}` was not loaded", indicator.record)))?;
    indicator.check(record)?;
    let subject = Subject { record: indicator.record.clone(), counting: indicator.counting };
    let mut groups = Vec::new();
    for (key, places) in figures.groups.iter().filter(|((of, _), _)| *of == subject) {
        let (lacking, marks) = (figures.lacking.get(key), figures.marks.get(key));
        let dimensions = &key.1;
        let dimensions: Vec<&str> = dimensions.iter().map(|&name| figures.names.text(name)).collect();
        let fits = dimensions.iter().all(|dimension| indicator.all_dimensions().any(|own| own == dimension))
            && indicator.universe.keys().all(|own| dimensions.contains(&own.as_str()));
        if fits {
            let silent = figures.silent(key).collect();
            let (following, unlisted) = (figures.following.get(key), figures.unlisted.get(key));
            groups.push(Group { key, dimensions, places, lacking, silent, following, unlisted, marks });
        }
    }
    let time = record.role("time").and_then(|field| record.fields[field].dimension.clone()).unwrap_or_default();
    let area = record.role("area").and_then(|field| record.fields[field].dimension.clone()).unwrap_or_default();
    let is_told =
        |name: &str| name == time || name == area || groups.iter().any(|group| group.dimensions.contains(&name));
    if let Some(missing) = indicator.lacks(is_told) {
        return Ok(Err(missing));
    }
    if groups.is_empty() {
        return Ok(Err(indicator.all_dimensions().last().cloned().unwrap_or_default()));
    }
    let present = |field: usize| codes(figures, record, field, &groups, [&area, &time]);
    let planned = breakdowns(scheme.registry, regions, record, indicator, &present)?;
    if let Some(dimension) = planned.missing.filter(|missing| is_told(missing)) {
        return Ok(Err(dimension));
    }
    let mut dimensions = planned.dimensions;
    let telling = tellings(figures, &subject, &groups, &dimensions);
    for (of, telling) in dimensions.iter_mut().zip(&telling) {
        // Where nobody is in two parts anywhere, the whole of a share is the sum of its parts.
        for family in of.families.iter_mut().filter(|_| telling.exclusive) {
            family.kind = FamilyKind::Partition;
        }
    }
    let asked = Questions::new(figures, &subject, record, &dimensions, &groups, [&area, &time]);
    let exclusive: Vec<bool> = telling.iter().map(|telling| telling.exclusive).collect();
    let lists = Lists::new(record, figure, &dimensions, &exclusive);
    let (mut cells, finer) = told(figures, &groups, &dimensions, [&area, &time], &lists, &telling);
    // A release shows zeros for every code of its dimensions.
    cells.retain(|line, known| known.value != Interval::exact(0) || asked.asks_all(line));
    let (asks, unknown) = (|line: &[u16]| asked.asks_all(line), |line: &[u16], d: usize| asked.unknown(line, d));
    let add_up = dimensions.iter().enumerate().zip(&telling);
    let add_up: Vec<_> = add_up.map(|((d, of), telling)| (d > 0 && of.dimension != time).then_some(*telling)).collect();
    let outside = outside(figures, &subject, indicator, (&cells, &asked), &dimensions, [&area, &time]);
    let least = Least::of(&cells, &finer.least, outside, &dimensions, &add_up);
    let totals = asked.totals.clone();
    let open = |line: &[u16], d: usize| finer.open.contains(line) || finer.partial.contains(&(line[0], d));
    let by_some = |d: usize, node: u16| asked.some[d].1.contains_key(&node);
    let counted = |line: &[u16]| asked.is_counted(line);
    let asking = Asking {
        totals,
        asks: &asks,
        counted: &counted,
        by_some: &by_some,
        unknown: &unknown,
        least,
        open: &open,
        dimensions: &dimensions,
    };
    narrow(&mut cells, &finer, &asking);
    for d in 1..dimensions.len() {
        if dimensions[d].dimension != time {
            complete(&mut cells, d, &dimensions[d], telling[d], &asking);
        }
    }
    // An area that says that it did not ask has no number there, also where its total is 0.
    for (line, known) in cells.iter_mut().filter(|(_, known)| known.basis == Basis::Implied) {
        if asked.is_silent(line) {
            known.basis = Basis::Unasked;
        }
    }
    for line in asked.silent.iter() {
        let unasked = Known { value: Interval::open(), basis: Basis::Unasked };
        cells.entry(line.clone()).or_insert(unasked);
    }
    let position = dimensions.iter().position(|of| of.dimension == time);
    let (by_some, stated) = (asked.by_some(), asked.stated(figures, &subject, &cells));
    if scheme.only_with_total {
        let with_total = with_total(&cells, &dimensions, &time);
        cells.retain(|nodes, _| with_total.contains(&(nodes[0], position.map(|at| nodes[at]))));
        let without = Wholes::new(&cells, &dimensions, position).without();
        cells.retain(|nodes, _| !without.contains(nodes));
    }
    let wholes = Wholes::new(&cells, &dimensions, position);
    let exceeding = wholes.exceeding();
    let not_additive = exceeding.iter().filter_map(|of| of.row(&indicator.record, &dimensions, position)).collect();
    let mut without_total = wholes.without();
    without_total.extend(exceeding.into_iter().map(|of| of.part));
    let reported = cells.iter().filter(|(_, known)| known.basis == Basis::Reported);
    let told: Vec<&Vec<u16>> = reported.map(|(nodes, _)| nodes).collect();
    let regions = places_of_regions(&told, &dimensions[0]);
    // A ratio of two codes stands in the total of their dimension, also where nobody tells a total.
    let totals = places_of_totals(&told, &dimensions, &time);
    let of_totals = places_of_regions(&totals.iter().collect::<Vec<_>>(), &dimensions[0]);
    let unknown = Shown { value: None, lower: Some(0), upper: None };
    let mut all: BTreeMap<Vec<u16>, (Shown<u64>, Basis)> =
        totals.into_iter().chain(of_totals).map(|nodes| (nodes, (unknown, Basis::Implied))).collect();
    all.extend(regions.into_iter().map(|nodes| (nodes, (unknown, Basis::Reported))));
    for (nodes, Known { value, basis }) in cells {
        let exact = value.upper.filter(|&upper| upper == value.lower);
        all.insert(nodes, (Shown { value: exact, lower: Some(value.lower), upper: value.upper }, basis));
    }
    let marks = flagged(figures, &groups, &dimensions, [&area, &time]);
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
        let has_share = basis != Basis::Unasked || !asked.is_silent(&nodes);
        cells.push(Seen { nodes, shown, present: basis.is_number(), asked: has_share });
    }
    let indicator = indicator.clone();
    let made = Combined { indicator, dimensions, cells, implied, without, marks, without_total, by_some, stated };
    Ok(Ok((made, not_additive)))
}

/// The codes of a field that figures tell.
fn codes(figures: &Figures, record: &Record, field: usize, groups: &[Group<'_>], own: [&str; 2]) -> Vec<u16> {
    let list = record.fields[field].codes();
    let dimension = record.fields[field].dimension.as_deref().unwrap_or_default();
    let mut found: BTreeSet<u16> = BTreeSet::new();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    for group in groups {
        let at = group.dimensions.iter().position(|name| *name == dimension);
        let following = group.following.into_iter().flat_map(BTreeMap::keys);
        for (area, year, codes) in group.places.keys().chain(group.lacking.into_iter().flatten()).chain(following) {
            if dimension == own[1] {
                found.extend(list.find(&year.to_string()));
            } else if dimension == own[0] {
                seen.insert(*area);
            } else if let Some(at) = at {
                seen.insert(codes[at]);
            }
        }
    }
    for code in seen {
        let text = figures.names.text(code);
        // `FG_SEXUAL_U` is a form of the group that is not told further.
        found.extend(list.find(text).or_else(|| list.find(text.strip_suffix("_U")?)));
    }
    found.into_iter().collect()
}

/// How the parts of each dimension are told, by all packages of a table.
fn tellings(figures: &Figures, subject: &Subject, groups: &[Group<'_>], dimensions: &[Breakdown]) -> Vec<Telling> {
    let mut packages: BTreeSet<usize> = BTreeSet::new();
    for (area, ..) in groups.iter().flat_map(|group| group.places.keys()) {
        packages.extend(figures.packages_of(subject, *area));
    }
    let telling = |of: &Breakdown| Telling {
        complete: packages.iter().any(|&of_| figures.packages[of_].complete.contains(&of.dimension)),
        exclusive: packages.iter().all(|&of_| figures.packages[of_].exclusive.contains(&of.dimension)),
    };
    dimensions.iter().map(telling).collect()
}

/// Where the figures of a table are in it.
struct Positions<'a> {
    dimensions: &'a [Breakdown],
    nodes: Vec<BTreeMap<&'a str, u16>>,
    time: &'a str,
}

impl<'a> Positions<'a> {
    fn new(dimensions: &'a [Breakdown], own: [&'a str; 2]) -> Self {
        let nodes =
            |of: &'a Breakdown| of.nodes.iter().enumerate().map(|(at, node)| (node.code.as_str(), at as u16)).collect();
        Self { dimensions, nodes: dimensions.iter().map(nodes).collect(), time: own[1] }
    }

    /// The nodes of a figure by dimensions of these names; none where the table has no place for it.
    fn of(&self, figures: &Figures, names: &[&str], place: &super::Place) -> Option<Vec<u16>> {
        self.above(figures, names, place, &|_, _| None)
    }

    /// The nodes of a figure, for codes that are none those that `above` names.
    fn above(
        &self,
        figures: &Figures,
        names: &[&str],
        (area, year, codes): &super::Place,
        above: &dyn Fn(usize, &str) -> Option<u16>,
    ) -> Option<Vec<u16>> {
        let total = |of: &Breakdown| match of.nodes.as_slice() {
            // Of a table of which everybody has one code, that code.
            [_] => Some(0),
            nodes => nodes.iter().position(|node| node.kind == NodeKind::Total).map(|at| at as u16),
        };
        let find = |(d, of): (usize, &Breakdown)| -> Option<u16> {
            if d == 0 {
                return self.nodes[0].get(figures.names.text(*area)).copied();
            }
            if of.dimension == self.time {
                return match year {
                    0 => total(of),
                    year => self.nodes[d].get(year.to_string().as_str()).copied(),
                };
            }
            match names.iter().position(|name| *name == of.dimension) {
                Some(at) => {
                    let code = figures.names.text(codes[at]);
                    self.nodes[d].get(code).copied().or_else(|| above(d, code))
                }
                None => total(of),
            }
        };
        self.dimensions.iter().enumerate().map(find).collect()
    }
}

/// What publishers flag in a table that has years.
fn flagged(
    figures: &Figures,
    groups: &[Group<'_>],
    dimensions: &[Breakdown],
    own: [&str; 2],
) -> BTreeMap<Vec<u16>, ObsStatus> {
    let positions = Positions::new(dimensions, own);
    let mut marks = BTreeMap::new();
    if dimensions.iter().all(|of| of.dimension != own[1]) {
        return marks;
    }
    for group in groups {
        for (place, status) in group.marks.into_iter().flatten() {
            marks.extend(positions.of(figures, &group.dimensions, place).map(|nodes| (nodes, *status)));
        }
    }
    marks
}

/// The cells that figures tell themselves, also those of which only parts are reported that are no nodes of the table.
fn told(
    figures: &Figures,
    groups: &[Group<'_>],
    dimensions: &[Breakdown],
    own: [&str; 2],
    lists: &Lists<'_>,
    telling: &[Telling],
) -> (Cells, Finer) {
    let positions = Positions::new(dimensions, own);
    let has_years = dimensions.iter().any(|of| of.dimension == own[1]);
    let (mut cells, mut finer) = (Cells::new(), Finer::default());
    // Without a dimension of years, what is told of all years together stands before the sum of what is told of each.
    let mut years: BTreeMap<Vec<u16>, Known> = BTreeMap::new();
    let reporting = match groups.first() {
        Some(group) if !has_years => figures.years_of(&group.key.0),
        _ => BTreeMap::new(),
    };
    for group in groups {
        // Years of which a country reports other breakdowns may hold more persons.
        let beyond: BTreeMap<u32, Option<u64>> =
            reporting.iter().map(|(area, years)| (*area, figures.beyond(group.key, *area, years))).collect();
        let reported = group.places.iter().map(|(place, &value)| (place, Known { value, basis: Basis::Reported }));
        let nothing = Known { value: Interval::open(), basis: Basis::Dropped };
        let lacking = group.lacking.into_iter().flatten().filter(|place| !group.places.contains_key(*place));
        let lacking = lacking.map(|place| (place, nothing));
        let mut below: BTreeMap<(Vec<u16>, u16), (u32, Below<'_>)> = BTreeMap::new();
        // A figure is in a cell of the table, or below one.
        let mut sort = |to: &mut ByYear, place: &super::Place, known: Known| {
            let (area, year, codes) = place;
            if let Some(at) = positions.of(figures, &group.dimensions, place) {
                to.insert((at, *year), (*area, known));
            } else if let Some(at) =
                positions.above(figures, &group.dimensions, place, &|d, code| lists.node_above(d, code))
            {
                let codes = codes.iter().map(|&code| figures.names.text(code)).collect();
                below.entry((at, *year)).or_insert((*area, Vec::new())).1.push((codes, known));
            }
        };
        let mut by_year = ByYear::new();
        reported.chain(lacking).for_each(|(place, known)| sort(&mut by_year, place, known));
        // What follows from figures of another dimension counts where there is no figure.
        let mut bounds = ByYear::new();
        for (place, &value) in group.following.into_iter().flatten() {
            sort(&mut bounds, place, Known { value, basis: Basis::Reported });
        }
        let named: Vec<Option<usize>> =
            group.dimensions.iter().map(|name| dimensions.iter().position(|of| of.dimension == *name)).collect();
        for ((at, year), (area, below)) in below {
            // In a table without years, a group may have parts of another year in the table.
            let known = if !has_years && year != super::overlap::TOGETHER {
                Some(lists.known(&at, &named, &below))
            } else {
                lists.resolve(&at, &named, &below, &mut finer)
            };
            if let Some(known) = known {
                let (_, bound) = bounds.entry((at, year)).or_insert((area, known));
                if bound.basis == known.basis {
                    bound.value = bound.value.and(known.value).unwrap_or(bound.value);
                }
            }
        }
        for (key, bound) in bounds {
            by_year.entry(key).or_insert_with_key(|(at, _)| {
                finer.cells.insert(at.clone());
                bound
            });
        }
        let mut open: BTreeSet<(u32, u16)> = BTreeSet::new();
        for place in group.unlisted.into_iter().flatten() {
            open.insert((place.0, place.1));
            if let Some(at) = positions.of(figures, &group.dimensions, place) {
                finer.open_known(&at, dimensions);
            }
        }
        if let (false, &[Some(d)]) = (has_years, named.as_slice()) {
            let yearly = Yearly {
                d,
                of: &dimensions[d],
                several: lists.has_several(d),
                complete: telling[d].complete,
                open,
                is_asked_by_some: &|code| lists.is_asked_by_some(d, code),
            };
            for (key, missing) in yearly.missing(&by_year) {
                finer.cells.insert(key.0.clone());
                by_year.insert(key, missing);
            }
        }
        let mut sums: BTreeMap<Vec<u16>, (u32, Known)> = BTreeMap::new();
        for ((at, year), (area, known)) in by_year {
            if has_years || year == 0 {
                cells.insert(at, known);
            } else {
                let nobody = Known { value: Interval::exact(0), basis: Basis::Reported };
                let (_, sum) = sums.entry(at).or_insert((area, nobody));
                sum.value = sum.value.checked_add(known.value).unwrap_or(Interval::open());
                if known.basis != Basis::Reported {
                    sum.basis = known.basis;
                }
            }
        }
        for (at, (area, mut known)) in sums {
            let beyond = beyond.get(&area).copied().unwrap_or(Some(0));
            known.value = more(known.value, beyond);
            if beyond != Some(0) {
                finer.partial.extend(named.iter().filter_map(|d| Some((at[0], (*d)?))));
            }
            years.insert(at, known);
        }
    }
    for (at, known) in years {
        cells.entry(at).or_insert(known);
    }
    (cells, finer)
}

/// How many persons at least have codes that only some sources ask for, by figures that have more dimensions than the table and
/// where nothing in it reports the code.
fn outside(
    figures: &Figures,
    subject: &Subject,
    indicator: &Indicator,
    (cells, asked): (&Cells, &Questions),
    dimensions: &[Breakdown],
    own: [&str; 2],
) -> BTreeMap<Vec<u16>, u64> {
    let positions = Positions::new(dimensions, own);
    let mut least: BTreeMap<Vec<u16>, u64> = BTreeMap::new();
    for (key, places) in figures.groups.iter().filter(|((of, _), _)| of == subject) {
        let names: Vec<&str> = key.1.iter().map(|&name| figures.names.text(name)).collect();
        let is_inside = names.iter().all(|name| indicator.all_dimensions().any(|own| own == name));
        if is_inside || !indicator.universe.keys().all(|own| names.contains(&own.as_str())) {
            continue;
        }
        for (place, value) in places.iter().filter(|(_, value)| value.lower > 0) {
            let Some(at) = positions.of(figures, &names, place) else { continue };
            if !cells.contains_key(&at) && asked.has_some(&at) {
                let lower = least.entry(at).or_default();
                *lower = value.lower.max(*lower);
            }
        }
    }
    least
}

/// What countries asked for, by the nodes of a table.
struct Questions {
    asked: Asked,
    /// For each dimension its number, and the numbers of its nodes that only some sources ask for.
    some: Vec<(Option<u32>, BTreeMap<u16, u32>)>,
    /// The numbers of the areas.
    areas: Vec<Option<u32>>,
    /// The position of the time, and the years of its nodes.
    time: Option<(usize, Vec<u16>)>,
    /// Cells of which areas say that they did not report them.
    silent: BTreeSet<Vec<u16>>,
    /// The node of everybody in each dimension but those of areas and years.
    totals: Vec<Option<u16>>,
    /// Areas and years whose figures were all counted from records.
    counted: BTreeSet<(u32, u16)>,
}

impl Questions {
    fn new(
        figures: &Figures,
        subject: &Subject,
        record: &Record,
        dimensions: &[Breakdown],
        groups: &[Group<'_>],
        own: [&str; 2],
    ) -> Self {
        let time = own[1];
        let positions = Positions::new(dimensions, own);
        let has_years = dimensions.iter().any(|of| of.dimension == time);
        let silent = groups.iter().flat_map(|group| {
            let silent = group.silent.iter().filter(|(_, year, _)| has_years || *year == super::overlap::TOGETHER);
            silent.filter_map(|place| positions.of(figures, &group.dimensions, place))
        });
        let silent = silent.collect();
        let number = |text: &str| figures.names.numbers.get(text).copied();
        let some = dimensions.iter().map(|of| {
            let list = record.fields[of.field].codes();
            let is_some = |kind| match kind {
                NodeKind::Code(code) | NodeKind::Residual(code) => list.is_asked_by_some(code),
                _ => false,
            };
            let nodes = of.nodes.iter().enumerate().filter(|(_, node)| is_some(node.kind));
            // A code that no figure has is used by no area.
            let nodes = nodes.map(|(at, node)| (at as u16, number(&node.code).unwrap_or(u32::MAX)));
            (number(&of.dimension), nodes.collect::<BTreeMap<_, _>>())
        });
        let some: Vec<_> = some.collect();
        let codes = some.iter().filter_map(|(dimension, nodes)| Some(((*dimension)?, nodes)));
        let codes = codes.flat_map(|(dimension, nodes)| nodes.values().map(move |&code| (dimension, code))).collect();
        let position = dimensions.iter().position(|of| of.dimension == time);
        let total = |(d, of): (usize, &Breakdown)| {
            let total = of.nodes.iter().position(|node| node.kind == NodeKind::Total);
            total.filter(|_| d > 0 && Some(d) != position).map(|at| at as u16)
        };
        let years = |at: usize| dimensions[at].nodes.iter().map(|node| node.code.parse().unwrap_or(0)).collect();
        Self {
            asked: Asked::of(figures, subject, &codes),
            some,
            areas: dimensions[0].nodes.iter().map(|node| number(&node.code)).collect(),
            time: position.map(|at| (at, years(at))),
            silent,
            totals: dimensions.iter().enumerate().map(total).collect(),
            counted: figures.counted(subject),
        }
    }

    /// Returns whether all figures of the area and year of a cell were counted from records.
    fn is_counted(&self, line: &[u16]) -> bool {
        let area = self.areas[usize::from(line[0])];
        area.is_some_and(|area| self.counted.contains(&(area, self.year(line).unwrap_or(super::overlap::TOGETHER))))
    }

    /// Returns whether the area of a cell says that it did not report it, or one of its codes by itself.
    fn is_silent(&self, line: &[u16]) -> bool {
        if self.silent.is_empty() {
            return false;
        }
        let totals = &self.totals;
        let alone = |d: usize| {
            let others =
                totals.iter().enumerate().map(|(e, total)| if e == d { line[e] } else { total.unwrap_or(line[e]) });
            others.collect::<Vec<u16>>()
        };
        let codes = totals.iter().enumerate().filter(|(d, total)| total.is_some_and(|total| total != line[*d]));
        let mut codes = codes.map(|(d, _)| d).peekable();
        codes.peek().is_some() && (self.silent.contains(line) || codes.any(|d| self.silent.contains(&alone(d))))
    }

    fn year(&self, line: &[u16]) -> Option<u16> {
        self.time.as_ref().map(|(at, years)| years[usize::from(line[*at])])
    }

    fn asks(&self, line: &[u16], d: usize) -> bool {
        let (dimension, some) = &self.some[d];
        let Some(&code) = some.get(&line[d]) else { return true };
        let (Some(dimension), Some(area)) = (*dimension, self.areas[usize::from(line[0])]) else { return false };
        self.asked.uses(dimension, code, area, self.year(line))
    }

    /// Returns whether the area of a cell asked for all of its codes.
    fn asks_all(&self, line: &[u16]) -> bool {
        (1..line.len()).all(|d| self.asks(line, d)) && !self.is_silent(line)
    }

    /// Returns the dimensions and nodes that only some sources ask for.
    fn by_some(&self) -> BTreeSet<(usize, u16)> {
        self.some.iter().enumerate().flat_map(|(d, (_, some))| some.keys().map(move |&node| (d, node))).collect()
    }

    /// Returns of which such codes alone a number is reported that shows that the area asked for them in the year: area, time,
    /// dimension and node.
    fn stated(&self, figures: &Figures, subject: &Subject, cells: &Cells) -> BTreeSet<(u16, u16, usize, u16)> {
        let Some((time, years)) = &self.time else { return BTreeSet::new() };
        let stated = cells.iter().filter(|(_, known)| known.basis == Basis::Reported).filter_map(|(line, _)| {
            let mut parts = (1..line.len()).filter(|&d| self.totals[d].is_some_and(|total| total != line[d]));
            let d = parts.next().filter(|_| parts.next().is_none())?;
            let (dimension, &code) = (self.some[d].0?, self.some[d].1.get(&line[d])?);
            let place = (self.areas[usize::from(line[0])]?, years[usize::from(line[*time])]);
            figures.states(subject, place, [dimension, code]).then_some((line[0], line[*time], d, line[d]))
        });
        stated.collect()
    }

    /// Returns whether only some sources ask for one of the codes of a cell.
    fn has_some(&self, line: &[u16]) -> bool {
        line.iter().zip(&self.some).any(|(node, (_, some))| some.contains_key(node))
    }

    fn unknown(&self, line: &[u16], d: usize) -> u64 {
        let (Some(dimension), Some(area)) = (self.some[d].0, self.areas[usize::from(line[0])]) else { return 0 };
        self.year(line).map_or(0, |year| self.asked.unknown(dimension, area, year))
    }
}

/// A place for each region and group of which a country tells something.
fn places_of_regions(told: &[&Vec<u16>], areas: &Breakdown) -> BTreeSet<Vec<u16>> {
    let mut above: Vec<Vec<u16>> = vec![Vec::new(); areas.nodes.len()];
    for (region, countries) in areas.countries().into_iter().enumerate() {
        for country in countries.into_iter().filter(|&country| usize::from(country) != region) {
            above[usize::from(country)].push(region as u16);
        }
    }
    let mut places = BTreeSet::new();
    for nodes in told {
        for &region in &above[usize::from(nodes[0])] {
            let mut place = (*nodes).clone();
            place[0] = region;
            places.insert(place);
        }
    }
    places
}

/// A place for the total of a dimension in which nobody tells one, beside the cells that countries tell.
fn places_of_totals(told: &[&Vec<u16>], dimensions: &[Breakdown], time: &str) -> BTreeSet<Vec<u16>> {
    let mut places = BTreeSet::new();
    for (d, of) in dimensions.iter().enumerate().skip(1).filter(|(_, of)| of.dimension != time) {
        let Some(total) = of.nodes.iter().position(|node| node.kind == NodeKind::Total) else { continue };
        let total = total as u16;
        if told.iter().all(|nodes| nodes[d] != total) {
            places.extend(told.iter().map(|nodes| {
                let mut place = (*nodes).clone();
                place[d] = total;
                place
            }));
        }
    }
    places
}

/// Returns the areas and years that have a number of everybody, in all dimensions of which any area reports a total.
fn with_total<'c>(
    cells: impl IntoIterator<Item = (&'c Vec<u16>, &'c Known)>,
    dimensions: &[Breakdown],
    time: &str,
) -> BTreeSet<(u16, Option<u16>)> {
    let cells: Vec<&Vec<u16>> =
        cells.into_iter().filter(|(_, known)| known.basis.is_number()).map(|(nodes, _)| nodes).collect();
    let time = dimensions.iter().position(|of| of.dimension == time);
    let totals = dimensions.iter().enumerate().filter(|(d, _)| *d > 0 && Some(*d) != time).filter_map(|(d, of)| {
        let total = of.nodes.iter().position(|node| node.kind == NodeKind::Total)? as u16;
        cells.iter().any(|nodes| nodes[d] == total).then_some((d, total))
    });
    let totals: Vec<(usize, u16)> = totals.collect();
    let is_total = |nodes: &&&Vec<u16>| totals.iter().all(|(d, total)| nodes[*d] == *total);
    cells.iter().filter(is_total).map(|nodes| (nodes[0], time.map(|at| nodes[at]))).collect()
}

/// Whether a code stands for a country, not for a region such as `R150` nor for what is not known.
pub(super) fn is_country(list: &Codelist, code: &str) -> bool {
    code.len() == 3 && list.find(code).is_some_and(Codelist::is_known)
}

impl Figures {
    /// Whether a code of a record type's reporting areas stands for one country.
    pub fn tells_of(record: &Record, code: &str) -> bool {
        record.role("area").is_some_and(|area| is_country(record.fields[area].codes(), code))
    }
}

/// The parts that a country must tell of a dimension: all codes of the coarsest level but what is left over.
pub(crate) fn proper_parts(record: &Record, dimension: &str) -> Vec<String> {
    let Some(field) = record.dimension(dimension) else { return Vec::new() };
    let list = record.fields[field].codes();
    let tops = list.known().filter(|(_, code)| code.parent.is_none() && !code.id.starts_with('_'));
    tops.map(|(_, code)| code.id.to_string()).collect()
}
