//! Which area reported which year: a fact of its own, because a zero does not show it.
//!
//! An area reported a year if it has at least one record of that year, or if it is declared. Whatever else a table
//! shows of an area and a year, it shows this: so it is public, and `protect` gives it to the attacker.

use std::collections::{BTreeMap, BTreeSet};

use super::alternatives::{divisions_used, others};
use crate::aggregate::{Breakdown, Cube, Node, NodeKind};
use crate::error::Result;
use crate::schema::{Coverage, Record};

/// The period of all years together.
pub(super) const ALL_YEARS: &str = "_T";

/// Codes of a dimension that an area did not ask for in a year, and dimensions that it did not collect.
#[derive(Clone, Debug, Default)]
struct Unasked {
    dimensions: BTreeSet<String>,
    codes: BTreeSet<(String, String)>,
}

/// Dimensions that an area collected in a year, whether a declaration names none, and the codes for which it asked.
type CollectedCodes<'a> = (BTreeSet<&'a str>, bool, BTreeMap<&'a str, BTreeSet<&'a str>>);

/// Which area and region reported which year.
#[derive(Clone, Debug, Default)]
pub struct Reporting {
    /// Areas and regions, each with its years, and `_T` for all of them together.
    reported: BTreeMap<String, BTreeSet<String>>,
    /// Those of which a declaration says so, whether there are records or not.
    declared: BTreeSet<(String, String)>,
    unasked: BTreeMap<(String, String), Unasked>,
    /// Area or region, year and dimension: no record of them has the dimension.
    uncollected: BTreeSet<(String, String, String)>,
    /// Dimension and code: only some areas ask for it.
    some: BTreeSet<(String, String)>,
    /// Area, year and dimension: a declaration names the codes that were asked for.
    with_codes: BTreeSet<(String, String, String)>,
}

/// Returns a code of a dimension, and the residual of its group.
fn with_residual(dimension: &str, id: &str) -> [(String, String); 2] {
    [id.to_owned(), format!("{id}_U")].map(|id| (dimension.to_owned(), id))
}

impl Reporting {
    /// Reads off a table of areas by years who has records, and adds who is declared to have reported. Each table of
    /// `without` counts the same for persons of whom a dimension is not collected.
    pub(super) fn of(cube: &Cube, without: &[Cube], coverage: &Coverage, record: &Record) -> Self {
        let mut out = Self::default();
        for part in without {
            // The cells are the same: the further dimension has one node.
            let is_all = |cell: usize| part.upper(cell) == cube.upper(cell) && part.lower(cell) == cube.lower(cell);
            for cell in (0..cube.len()).filter(|&cell| cube.upper(cell) > 0 && is_all(cell)) {
                let nodes = cube.nodes(cell);
                let code = |d: usize| cube.dimensions[d].nodes[usize::from(nodes[d])].code.clone();
                let year = if nodes.len() > 1 { code(1) } else { ALL_YEARS.to_owned() };
                let dimension = part.dimensions.last().map(|dimension| dimension.dimension.clone()).unwrap_or_default();
                out.uncollected.insert((code(0), year, dimension));
            }
        }
        let (areas, years) = (&cube.dimensions[0], cube.dimensions.get(1));
        for cell in (0..cube.len()).filter(|&cell| cube.upper(cell) > 0) {
            let nodes = cube.nodes(cell);
            let year = years.map_or(ALL_YEARS, |years| &years.nodes[usize::from(nodes[1])].code);
            let reported = out.reported.entry(areas.nodes[usize::from(nodes[0])].code.clone()).or_default();
            reported.extend([year.to_owned(), ALL_YEARS.to_owned()]);
        }
        let below = areas.countries();
        for declared in coverage.all() {
            let Some(node) = areas.find(&declared.area) else { continue };
            let regions = below.iter().enumerate().filter(|(_, below)| below.contains(&(node as u16)));
            let years: Vec<String> = declared.years.iter().map(ToString::to_string).collect();
            for (region, _) in regions {
                let reported = out.reported.entry(areas.nodes[region].code.clone()).or_default();
                reported.extend(years.iter().cloned().chain([ALL_YEARS.to_owned()]));
            }
            for year in years.iter().map(String::as_str).chain([ALL_YEARS]) {
                out.declared.insert((declared.area.clone(), year.to_owned()));
            }
        }
        out.ask(coverage, record);
        for (field, dimension) in record.fields.iter().filter_map(|field| Some((field, field.dimension.as_ref()?))) {
            let Some(list) = &field.codelist else { continue };
            for (code, _) in list.known().filter(|(code, _)| list.is_asked_by_some(*code)) {
                out.some.extend(with_residual(dimension, list.id_of(code)));
            }
        }
        for (declared, year) in
            coverage.all().iter().flat_map(|declared| declared.years.iter().map(move |year| (declared, year)))
        {
            let dimensions = declared.codes.keys().cloned();
            out.with_codes.extend(dimensions.map(|name| (declared.area.clone(), year.to_string(), name)));
        }
        out
    }

    /// Returns what declarations alone say.
    pub fn declared(coverage: &Coverage, record: &Record) -> Self {
        let mut out = Self::default();
        out.ask(coverage, record);
        out
    }

    /// Notes what areas did not ask for. Of multiple declarations of one area and year each may add to what was asked.
    fn ask(&mut self, coverage: &Coverage, record: &Record) {
        let mut asked: BTreeMap<(&str, u16), CollectedCodes<'_>> = BTreeMap::new();
        for declared in coverage.all() {
            for &year in &declared.years {
                let (dimensions, all, codes) = asked.entry((&declared.area, year)).or_default();
                *all |= declared.dimensions.is_empty() && declared.codes.is_empty();
                dimensions.extend(declared.dimensions.iter().map(String::as_str));
                for (dimension, named) in &declared.codes {
                    codes.entry(dimension).or_default().extend(named.iter().map(String::as_str));
                }
            }
        }
        for ((area, year), (dimensions, all, codes)) in asked {
            let mut unasked = Unasked::default();
            // Codes alone leave the other dimensions as they are.
            if !all && !dimensions.is_empty() {
                let names = record.fields.iter().filter_map(|field| field.dimension.as_deref());
                let asked = |name: &&str| dimensions.contains(name) || codes.contains_key(name);
                unasked.dimensions = names.filter(|name| !asked(name)).map(str::to_owned).collect();
            }
            for (dimension, asked) in codes {
                let Some(field) = record.dimension(dimension) else { continue };
                let list = record.fields[field].codes();
                let asked: Vec<u16> = asked.iter().filter_map(|code| list.find(code)).collect();
                for (code, _) in list.known().filter(|(code, _)| !asked.iter().any(|&one| list.nested(one, *code))) {
                    unasked.codes.extend(with_residual(dimension, list.id_of(code)));
                }
            }
            if !unasked.dimensions.is_empty() || !unasked.codes.is_empty() {
                self.unasked.insert((area.to_owned(), year.to_string()), unasked);
            }
        }
    }

    /// Notes that areas did not ask for the codes of the divisions which they did not use, where no declaration names the codes.
    ///
    /// # Errors
    /// An area used several in one year.
    pub(super) fn divide(&mut self, cube: &Cube, record: &Record) -> Result<()> {
        let Some(dimension) = cube.dimensions.last().map(|breakdown| breakdown.dimension.clone()) else {
            return Ok(());
        };
        let Some(field) = record.dimension(&dimension) else { return Ok(()) };
        let list = record.fields[field].codes();
        for ((area, year), division) in divisions_used(cube, list)? {
            if self.declares_codes(&area, &year, &dimension) {
                continue;
            }
            let unasked = self.unasked.entry((area, year)).or_default();
            for code in others(list, division) {
                unasked.codes.extend(with_residual(&dimension, list.id_of(code)));
            }
        }
        Ok(())
    }

    /// Returns whether an area, or some area of a region, reported a year.
    pub fn reports(&self, area: &str, year: &str) -> bool {
        self.reported.get(area).is_some_and(|years| years.contains(year))
    }

    /// Returns whether a declaration says that an area reported a year.
    pub fn is_declared(&self, area: &str, year: &str) -> bool {
        !self.declared.is_empty() && self.declared.contains(&(area.to_owned(), year.to_owned()))
    }

    /// Returns whether no record of an area or region and a year has a dimension. Known for dimensions in which all
    /// persons of some table have one code.
    pub fn is_uncollected(&self, area: &str, year: &str, dimension: &str) -> bool {
        !self.uncollected.is_empty()
            && self.uncollected.contains(&(area.to_owned(), year.to_owned(), dimension.to_owned()))
    }

    /// Returns whether only some areas ask for a code.
    pub fn is_asked_by_some(&self, dimension: &str, code: &str) -> bool {
        !self.some.is_empty() && self.some.contains(&(dimension.to_owned(), code.to_owned()))
    }

    /// Returns whether a declaration names the codes of a dimension that an area asked for in a year.
    pub fn declares_codes(&self, area: &str, year: &str, dimension: &str) -> bool {
        !self.with_codes.is_empty()
            && self.with_codes.contains(&(area.to_owned(), year.to_owned(), dimension.to_owned()))
    }

    /// Returns whether some area did not ask for all that the tables show.
    pub fn is_limited(&self) -> bool {
        !self.unasked.is_empty()
    }

    /// Returns whether some area did not ask for all that a table of these dimensions shows.
    pub fn limits(&self, dimensions: &[Breakdown]) -> bool {
        self.unasked.values().any(|unasked| {
            let mut names = unasked.dimensions.iter().chain(unasked.codes.iter().map(|(dimension, _)| dimension));
            names.any(|name| dimensions.iter().any(|breakdown| breakdown.dimension == *name))
        })
    }

    /// Returns whether an area asked for a code in some of the years that it reported, and not in all of them.
    pub fn asks_in_part(&self, area: &str, dimension: &str, node: &Node) -> bool {
        let asks = |year: &str| self.asks((area, year), dimension, node);
        self.years(area).any(asks) && !self.years(area).all(asks)
    }

    /// The years that an area reported.
    fn years(&self, area: &str) -> impl Iterator<Item = &str> {
        self.reported.get(area).into_iter().flatten().map(String::as_str).filter(|year| *year != ALL_YEARS)
    }

    /// Returns whether an area asked for a code in a year; for all years together, whether it did in one of those that it
    /// reported.
    pub fn asks(&self, (area, year): (&str, &str), dimension: &str, node: &Node) -> bool {
        if year == ALL_YEARS {
            let mut years = self.years(area).peekable();
            return years.peek().is_none() || years.any(|year| self.asks((area, year), dimension, node));
        }
        let Some(unasked) = self.unasked.get(&(area.to_owned(), year.to_owned())) else { return true };
        let is_code = matches!(node.kind, NodeKind::Code(_) | NodeKind::Residual(_));
        let is_unasked = is_code && unasked.codes.contains(&(dimension.to_owned(), node.code.clone()));
        !(is_unasked || unasked.dimensions.contains(dimension))
    }
}
