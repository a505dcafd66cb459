//! The cells of a table as a frame: a row a cell, and what a formula needs to know of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::super::Measure;
use super::super::formula::{Choice, Formula, Gather, TIME, other_year};
use super::problem::problem;
use crate::aggregate::{Breakdown, FamilyKind, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::value::{Seen, Setting};

/// The column of a dimension.
pub(super) fn dimension(d: usize) -> String {
    format!("d{d}")
}

/// Where a leaf finds its cell in one dimension.
#[derive(Clone, Debug)]
pub(super) enum LeafTarget {
    /// In these nodes, which are added up.
    Sum(Vec<u32>),
    /// In a node that follows from the row's node in some dimension.
    Moved(usize, Vec<Option<u32>>),
    /// For each area, in several nodes that exclude each other. The first of them must be there.
    Each(Vec<Option<Vec<u32>>>),
}

/// A leaf of a formula, with the dimensions in which it looks elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub formula: Formula,
    pub targets: Vec<(usize, LeafTarget)>,
    /// Whether the formula names it; others tell more about its result.
    pub named: bool,
}

impl Leaf {
    /// Whether an area is in no region, so that nothing says which cells these are.
    fn is_nowhere(&self, area: u16) -> bool {
        let at = usize::from(area);
        self.targets.iter().any(|(_, target)| match target {
            LeafTarget::Moved(0, to) => to[at].is_none(),
            LeafTarget::Each(to) => to[at].is_none(),
            _ => false,
        })
    }

    /// How many cells it is made of.
    pub fn cells(&self) -> usize {
        let number = |target: &LeafTarget| if let LeafTarget::Sum(nodes) = target { nodes.len() } else { 1 };
        self.targets.iter().map(|(_, target)| number(target)).product()
    }
}

/// What is known of a measure and its table before the first row.
pub(super) struct FrameLayout<'a> {
    pub measure: &'a Measure,
    pub dimensions: &'a [Breakdown],
    pub setting: &'a Setting<'a>,
    pub leaves: Vec<Leaf>,
    /// For each reporting area node, the nodes of the countries below it.
    pub below: Vec<Vec<u16>>,
    /// The position of the time, and the year of each of its nodes.
    pub time: Option<(usize, Vec<Option<u16>>)>,
    /// The year with which each row is compared.
    pub other_time: Option<String>,
    /// Populations of regions by node and year.
    people: RefCell<BTreeMap<(u16, u16), Option<f64>>>,
    /// Populations of all persons of areas by node, and node of the time.
    everybody: RefCell<BTreeMap<(u16, u16), Option<f64>>>,
}

impl<'a> FrameLayout<'a> {
    pub fn new(measure: &'a Measure, dimensions: &'a [Breakdown], setting: &'a Setting<'a>) -> Result<Self> {
        let time = dimensions.iter().position(|breakdown| breakdown.dimension == TIME).map(|at| {
            let year = |node: &crate::aggregate::Node| match node.kind {
                NodeKind::Code(_) => node.code.parse().ok(),
                _ => None,
            };
            (at, dimensions[at].nodes.iter().map(year).collect())
        });
        let other_time = measure.formula.other_time()?.map(str::to_owned);
        let mut layout = Self {
            measure,
            dimensions,
            setting,
            leaves: Vec::new(),
            below: dimensions[0].countries(),
            time,
            other_time,
            people: RefCell::default(),
            everybody: RefCell::default(),
        };
        let mut leaves: Vec<(Formula, bool)> = vec![(Formula::Count(Vec::new()), true)];
        let mut add = |leaf: &Formula, named: bool| match leaves.iter_mut().find(|(known, _)| known == leaf) {
            Some((_, known)) => *known |= named,
            None => leaves.push((leaf.clone(), named)),
        };
        measure.formula.each(&mut |part| {
            if let Some((_, whole)) = part.share_of() {
                add(&Formula::Count(whole.to_vec()), true);
                let every = |code: &str| whole.iter().map(|choice| all(choice, code)).collect();
                add(&Formula::Count(every("_T")), false);
                if let Some(parts) = layout.parts(whole) {
                    add(&Formula::Count(parts), false);
                }
            } else if !matches!(part, Formula::Number(_) | Formula::Join(..)) {
                add(part, true);
                for bound in within(part).into_iter().flatten() {
                    add(&bound, false);
                }
                if let (Formula::Codes(dimension), true) = (part, setting.summed) {
                    add(&known_of(dimension), false);
                }
            }
        });
        layout.leaves = leaves
            .into_iter()
            .map(|(formula, named)| Ok(Leaf { targets: layout.targets(&formula)?, formula, named }))
            .collect::<Result<_>>()?;
        Ok(layout)
    }

    /// The columns of a leaf.
    pub fn leaf(&self, formula: &Formula) -> String {
        format!("c{}", self.leaves.iter().position(|leaf| leaf.formula == *formula).unwrap_or_default())
    }

    /// The column that says whether a part of a formula is the row's own cell, where it can be.
    pub fn same(&self, formula: &Formula) -> Option<String> {
        let at = self.leaves.iter().position(|leaf| leaf.formula == *formula)?;
        (at > 0 && matches!(formula, Formula::Count(_))).then(|| same(at))
    }

    /// Whether figures of regions are added up anew from their countries.
    pub fn gathers(&self) -> bool {
        let Setting { summed, limited, .. } = self.setting;
        *summed || *limited || self.other_time.is_some() || self.measure.formula.has_population()
    }

    /// Whether a leaf may be a count of other areas than the row's own: of another year, or of codes for which not every area
    /// asked.
    pub fn is_of_others(&self, leaf: usize) -> bool {
        let looked = &self.leaves[leaf];
        let limited = self.setting.limited && !looked.targets.is_empty() && matches!(looked.formula, Formula::Count(_));
        limited || self.is_of_year(leaf)
    }

    /// Whether figures of regions name the areas on which they rest.
    pub fn has_panels(&self) -> bool {
        let formula = &self.measure.formula;
        self.other_time.is_some() || formula.has_population() || formula.share_of().is_some()
    }

    /// Whether a leaf is a count of another year.
    pub fn is_of_year(&self, leaf: usize) -> bool {
        let is_year = |(_, target): &(usize, LeafTarget)| match (target, &self.time) {
            (LeafTarget::Moved(by, _), Some((time, _))) => by == time,
            _ => false,
        };
        matches!(self.leaves[leaf].formula, Formula::Count(_)) && self.leaves[leaf].targets.iter().any(is_year)
    }

    /// The exclusive parts of the whole of a share, where its codes tell them.
    fn parts(&self, whole: &[Choice]) -> Option<Vec<Choice>> {
        whole
            .iter()
            .map(|choice| {
                let breakdown = &self.dimensions[self.position(&choice.dimension)?];
                if choice.codes != ["_K"] {
                    return Some(choice.clone());
                }
                let known = breakdown.find("_K")? as u16;
                let family = breakdown.families.iter().find(|family| family.parent == known)?;
                let codes =
                    family.children.iter().map(|&node| breakdown.nodes[usize::from(node)].code.clone()).collect();
                (family.kind == FamilyKind::Partition).then_some(Choice { dimension: choice.dimension.clone(), codes })
            })
            .collect()
    }

    /// The leaf of all exclusive parts of a whole, and the column that says whether a row is one of them.
    pub fn others(&self, whole: &[Choice]) -> Option<(String, String)> {
        let leaf = self.leaf(&Formula::Count(self.parts(whole)?));
        let is_part = format!("{leaf}_part");
        Some((leaf, is_part))
    }

    /// Returns the leaf of each whole of a share with that of all its exclusive parts, and how many cells these are.
    pub fn wholes_and_parts(&self) -> Vec<[usize; 3]> {
        let position = |formula: Formula| self.leaves.iter().position(|leaf| leaf.formula == formula);
        let mut out = Vec::new();
        self.measure.formula.each(&mut |part| {
            let Some((_, whole)) = part.share_of() else { return };
            let parts = self.parts(whole).and_then(|parts| position(Formula::Count(parts)));
            out.extend(
                position(Formula::Count(whole.to_vec()))
                    .zip(parts)
                    .map(|(whole, parts)| [whole, parts, self.leaves[parts].cells()]),
            );
        });
        out
    }

    /// Where the whole of a share is: the dimensions in which it lies elsewhere than its part, and its nodes there.
    pub fn whole_targets(&self) -> Option<Vec<(usize, LeafTarget)>> {
        let (_, whole) = self.measure.formula.share_of()?;
        let whole = Formula::Count(whole.to_vec());
        self.leaves.iter().find(|leaf| leaf.formula == whole).map(|leaf| leaf.targets.clone())
    }

    /// The leaves of the known and of all, of a share.
    pub fn known(&self) -> Option<[String; 2]> {
        let (_, whole) = self.measure.formula.share_of()?;
        let every = whole.iter().map(|choice| all(choice, "_T")).collect();
        Some([Formula::Count(whole.to_vec()), Formula::Count(every)].map(|leaf| self.leaf(&leaf)))
    }

    /// Whether everybody whom a cell counts is in another cell as well: its areas of origin lie in the other's, and so on.
    pub fn contains(&self, whole: &Formula, part: &Formula) -> bool {
        let (Formula::Count(whole), Formula::Count(part)) = (whole, part) else { return false };
        // From the narrowest to the widest; a dimension that is not named stays that of the row, which may be any.
        const WIDTHS: [&str; 6] = ["@self", "@subregion", IN_REGION, "@region", "_K", "_T"];
        let width = |codes: &[String]| match codes {
            [one] => WIDTHS.iter().position(|width| width == one),
            _ => None,
        };
        // Other codes than `_U` and the like are in `_K`.
        let is_known = |code: &String| !code.starts_with('_') || code == IN_WORLD;
        let widest = |codes: &[String]| {
            let widths = codes.iter().map(|code| width(std::slice::from_ref(code)).or(is_known(code).then_some(4)));
            widths.collect::<Option<Vec<_>>>().and_then(|widths| widths.into_iter().max())
        };
        whole.len() == part.len()
            && whole.iter().all(|broad| {
                part.iter().any(|narrow| {
                    let wider = width(&broad.codes).zip(widest(&narrow.codes)).is_some_and(|(a, b)| a >= b);
                    let more = narrow.codes.iter().all(|code| broad.codes.contains(code));
                    broad.dimension == narrow.dimension && (wider || more)
                })
            })
    }

    fn position(&self, dimension: &str) -> Option<usize> {
        self.dimensions.iter().position(|breakdown| breakdown.dimension == dimension)
    }

    fn targets(&self, leaf: &Formula) -> Result<Vec<(usize, LeafTarget)>> {
        let (Formula::Count(choices) | Formula::Population(choices)) = leaf else { return Ok(Vec::new()) };
        choices
            .iter()
            .map(|choice| {
                let at = self.position(&choice.dimension).filter(|&at| at > 0).ok_or_else(|| {
                    let what = format!("the table has no dimension `{}` to choose in", choice.dimension);
                    Error::refused("schema/check", what).with("formula", self.measure.formula.to_string())
                })?;
                let breakdown = &self.dimensions[at];
                if choice.dimension == TIME {
                    return Ok((at, LeafTarget::Moved(at, self.years(&choice.codes[0]))));
                }
                if let [code] = choice.codes.as_slice()
                    && let Some(level) = code.strip_prefix('@')
                {
                    return Ok((at, LeafTarget::Moved(0, self.home_nodes(breakdown, level))));
                }
                if choice
                    .codes
                    .iter()
                    .any(|code| code.starts_with('@') || [IN_REGION, IN_WORLD].contains(&code.as_str()))
                {
                    return Ok((at, LeafTarget::Each(self.each(breakdown, &choice.codes))));
                }
                let nodes: BTreeSet<u32> = choice
                    .codes
                    .iter()
                    .filter_map(|code| match code.as_str() {
                        "_T" => breakdown.nodes.iter().position(|node| node.kind == NodeKind::Total),
                        code => breakdown.find(code),
                    })
                    .map(|node| node as u32)
                    .collect();
                Ok((at, LeafTarget::Sum(nodes.into_iter().collect())))
            })
            .collect()
    }

    /// For each node of the time, the one with which it is compared.
    fn years(&self, choice: &str) -> Vec<Option<u32>> {
        let Some((_, years)) = &self.time else { return Vec::new() };
        let find = |year: Option<u16>| year.and_then(|year| years.iter().position(|other| *other == Some(year)));
        let first = years.iter().flatten().min().copied();
        let target = |year: u16| other_year(choice, year, first);
        years.iter().map(|year| find(year.and_then(target)).map(|node| node as u32)).collect()
    }

    /// For each country the node of another dimension that is the country itself, or the region in which it lies there: areas
    /// may be grouped by another scheme than citizenships are.
    fn home_nodes(&self, breakdown: &Breakdown, level: &str) -> Vec<Option<u32>> {
        let above = |node: u32| {
            let family = breakdown.families.iter().find(|family| family.children.contains(&(node as u16)))?;
            let parent = &breakdown.nodes[usize::from(family.parent)];
            let is_group = matches!(parent.kind, NodeKind::Region | NodeKind::Code(_));
            is_group.then_some(u32::from(family.parent))
        };
        let node = |(at, area): (usize, &crate::aggregate::Node)| {
            if self.below[at] != [at as u16] {
                return None;
            }
            let home = breakdown.find(&area.code)? as u32;
            match level {
                "self" => Some(home),
                "subregion" => above(home),
                "region" => std::iter::successors(above(home), |&node| above(node)).last(),
                _ => None,
            }
        };
        self.dimensions[0].nodes.iter().enumerate().map(node).collect()
    }

    /// Returns for each country the nodes of another dimension that any of the codes names, none of them within another.
    ///
    /// `_REGION` names codes such as `R150` (Europe) that lie in the country's region and may be the country itself,
    /// `_WORLD` those that lie in no single region, such as `R019009` (Americas and Oceania).
    fn each(&self, breakdown: &Breakdown, codes: &[String]) -> Vec<Option<Vec<u32>>> {
        let node_at = |level: &str| self.home_nodes(breakdown, level);
        let (levels, regions): (Vec<_>, _) =
            (codes.iter().filter_map(|code| code.strip_prefix('@')).map(node_at).collect(), node_at("region"));
        let nodes = |(at, area): (usize, &crate::aggregate::Node)| {
            let mut nodes = levels.iter().map(|level| level[at]).collect::<Option<Vec<u32>>>()?;
            for code in codes.iter().filter(|code| !code.starts_with('@')) {
                let NodeKind::Code(country) = area.kind else { return None };
                let broad = breakdown.broad.iter().filter(|(_, areas)| areas.binary_search(&country).is_ok());
                let in_region = |node: u16| regions[at].is_some_and(|region| breakdown.lies_in(node, region as u16));
                match code.as_str() {
                    IN_REGION => {
                        nodes.extend(broad.map(|(node, _)| u32::from(*node)).filter(|&node| in_region(node as u16)))
                    }
                    IN_WORLD => {
                        nodes.extend(broad.map(|(node, _)| u32::from(*node)).filter(|&node| !in_region(node as u16)))
                    }
                    code => nodes.extend(breakdown.find(code).map(|node| node as u32)),
                }
            }
            let all = nodes.clone();
            let is_within =
                |node: u32| all.iter().any(|&other| other != node && breakdown.lies_in(node as u16, other as u16));
            nodes.retain(|&node| !is_within(node));
            nodes.dedup();
            Some(nodes)
        };
        self.dimensions[0].nodes.iter().enumerate().map(nodes).collect()
    }

    /// The rows.
    pub fn frame(&self, cells: &[Seen]) -> Result<LazyFrame> {
        let mut columns: Vec<Column> = (0..self.dimensions.len())
            .map(|d| {
                let nodes = cells.iter().map(|cell| u32::from(cell.nodes[d]));
                Column::new(dimension(d).as_str().into(), nodes.collect::<Vec<_>>())
            })
            .collect();
        columns.push(Column::new("cell".into(), (0..cells.len() as u64).collect::<Vec<_>>()));
        let mut numbers = |name: &str, value: &dyn Fn(&Seen) -> Option<f64>| {
            columns.push(Column::new(name.into(), cells.iter().map(value).collect::<Vec<_>>()));
        };
        let float = |count: Option<u64>| count.map(|count| count as f64);
        numbers("v", &|cell| float(cell.shown.value));
        numbers("l", &|cell| Some(float(cell.shown.lower).unwrap_or(0.0)));
        numbers("u", &|cell| float(cell.shown.upper));
        for (at, leaf) in self.leaves.iter().enumerate() {
            if let Formula::Population(choices) = &leaf.formula {
                numbers(&format!("p{at}"), &|cell| self.population(&cell.nodes, choices));
            }
        }
        numbers("people", &|cell| self.people(&cell.nodes));
        numbers("of_people", &|cell| self.region_population(&cell.nodes));
        let mut flags = |name: &str, flag: &dyn Fn(&Seen) -> bool| {
            columns.push(Column::new(name.into(), cells.iter().map(flag).collect::<Vec<_>>()));
        };
        let areas = &self.dimensions[0];
        let is_country: Vec<bool> = (0..areas.nodes.len()).map(|node| self.below[node] == [node as u16]).collect();
        let closed = self.closed();
        flags("present", &|cell| cell.present);
        flags("asked", &|cell| cell.asked);
        flags("open", &|cell| cell.is_open);
        flags("country", &|cell| is_country[usize::from(cell.nodes[0])]);
        flags("region", &|cell| self.is_region(cell.nodes[0]));
        flags("closed", &|cell| closed[usize::from(cell.nodes[0])]);
        flags("keep", &|cell| self.keeps(&cell.nodes));
        for (at, leaf) in self.leaves.iter().enumerate() {
            if within(&leaf.formula).is_some() {
                flags(&nowhere(at), &|cell| is_country[usize::from(cell.nodes[0])] && leaf.is_nowhere(cell.nodes[0]));
            }
            flags(&format!("c{at}_part"), &|cell| {
                leaf.targets.iter().all(|(d, target)| match target {
                    LeafTarget::Sum(nodes) => nodes.contains(&u32::from(cell.nodes[*d])),
                    LeafTarget::Moved(..) | LeafTarget::Each(_) => false,
                })
            });
        }
        for (at, leaf) in self.leaves.iter().enumerate() {
            flags(&same(at), &|cell| {
                leaf.targets.iter().all(|(d, target)| match target {
                    LeafTarget::Moved(by, to) => {
                        to.get(usize::from(cell.nodes[*by])).copied().flatten() == Some(u32::from(cell.nodes[*d]))
                    }
                    LeafTarget::Sum(nodes) => *nodes == [u32::from(cell.nodes[*d])],
                    LeafTarget::Each(_) => false,
                })
            });
        }
        for (at, leaf) in self.leaves.iter().enumerate() {
            for (d, target) in &leaf.targets {
                if let LeafTarget::Moved(by, to) = target {
                    let to: Vec<Option<u32>> =
                        cells.iter().map(|cell| to.get(usize::from(cell.nodes[*by])).copied().flatten()).collect();
                    columns.push(Column::new(moved(at, *d).as_str().into(), to));
                }
                if let LeafTarget::Each(nodes) = target {
                    let nodes_of = |cell: &Seen| nodes[usize::from(cell.nodes[0])].as_deref().unwrap_or_default();
                    let place = |cell: &Seen| nodes_of(cell).iter().position(|&node| node == u32::from(cell.nodes[*d]));
                    let places: Vec<Option<u32>> = cells.iter().map(|cell| place(cell).map(|at| at as u32)).collect();
                    columns.push(Column::new(moved(at, *d).as_str().into(), places));
                }
            }
        }
        Ok(DataFrame::new(cells.len(), columns).map_err(problem)?.lazy())
    }

    /// The position of the dimension whose codes are counted.
    pub fn codes_position(&self, name: &str) -> Result<usize> {
        self.position(name).filter(|&at| at > 0).ok_or_else(|| {
            Error::refused("schema/check", format!("the table has no dimension `{name}` whose codes could be counted"))
        })
    }

    /// The nodes of a dimension that are codes and have none below them. Nodes of which several codes may be meant are
    /// not among them.
    pub fn finest(&self, d: usize) -> Vec<u32> {
        let breakdown = &self.dimensions[d];
        let mut others: BTreeSet<u16> = breakdown.families.iter().map(|family| family.parent).collect();
        others.extend(breakdown.coarse.iter().map(|coarse| coarse.node));
        let is_finest = |node: &u16| {
            matches!(breakdown.nodes[usize::from(*node)].kind, NodeKind::Code(_)) && !others.contains(node)
        };
        (0..breakdown.nodes.len() as u16).filter(is_finest).map(u32::from).collect()
    }

    /// The leaf of all known persons of a dimension whose codes are counted, where a list of codes may be open.
    pub fn known_of(&self, dimension: &str) -> Option<String> {
        self.setting.summed.then(|| self.leaf(&known_of(dimension)))
    }

    /// Returns whether a list of codes may not hold all of a leaf.
    pub fn is_whole(&self, leaf: &str) -> bool {
        self.wholes().any(|whole| whole == leaf)
    }

    /// The leaves of cells that a list of codes may not hold all of.
    pub fn wholes(&self) -> impl Iterator<Item = String> {
        let is_whole = |leaf: &Leaf| match &leaf.formula {
            Formula::Count(choices) => choices.iter().any(|choice| choice.codes == ["_K"]),
            _ => false,
        };
        let summed = self.setting.summed;
        self.leaves.iter().enumerate().filter(move |(_, leaf)| summed && is_whole(leaf)).map(|(at, _)| format!("c{at}"))
    }

    /// Whether an area is made up of countries.
    pub fn is_region(&self, area: u16) -> bool {
        let below = &self.below[usize::from(area)];
        matches!(self.dimensions[0].nodes[usize::from(area)].kind, NodeKind::Region | NodeKind::Total)
            && !below.is_empty()
    }

    /// For each area, whether everybody in it is in one of its countries.
    fn closed(&self) -> Vec<bool> {
        let areas = &self.dimensions[0];
        let mut closed: Vec<bool> = (0..areas.nodes.len()).map(|node| self.below[node] == [node as u16]).collect();
        for family in &areas.families {
            closed[usize::from(family.parent)] = family.children.iter().all(|&child| closed[usize::from(child)]);
        }
        closed
    }

    /// Whether the measure means something for a cell.
    pub fn keeps(&self, nodes: &[u16]) -> bool {
        let formula = &self.measure.formula;
        let node = |d: usize| &self.dimensions[d].nodes[usize::from(nodes[d])];
        let mut keeps = true;
        formula.each(&mut |part| {
            if let Some((_, whole)) = part.share_of() {
                // A share is told for the values of which it is one: not for totals, nor for what is unknown.
                keeps &= whole.iter().all(|choice| {
                    self.position(&choice.dimension).is_some_and(|d| {
                        let shown = node(d);
                        let known = matches!(shown.kind, NodeKind::Code(_) | NodeKind::Residual(_) | NodeKind::Region);
                        known && (choice.codes == ["_K"] || choice.codes.contains(&shown.code))
                    })
                });
            }
            keeps &= match part {
                Formula::Over(Gather::Sum, _) => {
                    self.is_region(nodes[0]) || self.below[usize::from(nodes[0])].len() == 1
                }
                Formula::Over(..) | Formula::Areas(..) => self.is_region(nodes[0]),
                Formula::Codes(name) => self.position(name).is_none_or(|d| node(d).kind == NodeKind::Total),
                Formula::Population(choices) => {
                    let fits = |name: &str, codes: &[&str]| {
                        choices.iter().any(|choice| choice.dimension == name)
                            || self.position(name).is_none_or(|d| codes.contains(&node(d).code.as_str()))
                    };
                    let year = self.time.as_ref().is_some_and(|(d, years)| years[usize::from(nodes[*d])].is_some());
                    year && fits("SEX", &["_T", "F", "M"]) && fits("AGE", &["_T", "Y0T17", "Y_GE18"])
                }
                _ => true,
            }
        });
        // What is the same for all codes of a dimension stands once, in its total.
        for d in 1..self.dimensions.len() {
            let mut counts =
                self.leaves.iter().skip(1).filter(|leaf| matches!(leaf.formula, Formula::Count(_))).peekable();
            let chosen = counts.peek().is_some()
                && !formula.any(Formula::is_count)
                && counts.all(|leaf| {
                    leaf.targets
                        .iter()
                        .any(|(other, target)| *other == d && !matches!(target, LeafTarget::Moved(by, _) if *by == d))
                });
            if chosen {
                keeps &= node(d).kind == NodeKind::Total;
            }
        }
        if let (Some(choice), Some((d, _))) = (&self.other_time, &self.time) {
            keeps &= self.years(choice)[usize::from(nodes[*d])].is_some();
        }
        keeps
    }

    fn population(&self, nodes: &[u16], choices: &[Choice]) -> Option<f64> {
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

    /// The population of all persons of the area and year.
    pub fn people(&self, nodes: &[u16]) -> Option<f64> {
        self.setting.populations?;
        let key = (nodes[0], nodes[self.time.as_ref()?.0]);
        *self.everybody.borrow_mut().entry(key).or_insert_with(|| {
            let total = |name: &str| Choice { dimension: name.to_owned(), codes: vec!["_T".to_owned()] };
            self.population(nodes, &[total("SEX"), total("AGE")])
        })
    }

    /// The population of all countries that lie in a region, whether they report or not.
    pub fn region_population(&self, nodes: &[u16]) -> Option<f64> {
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
            // Of a region of which some areas have no population, no share is known.
            self.people.borrow_mut().insert(key, None);
            return None;
        }
        let inside = populations.areas(year).filter(|area| scheme.path(area).contains(&code));
        let sum: u64 = inside.filter_map(|area| populations.get((area, year), "_T", "_T")).sum();
        let sum = (sum > 0).then_some(sum as f64);
        self.people.borrow_mut().insert(key, sum);
        sum
    }
}

/// Codes such as `R150` (Europe) that lie in the region of the country and may be the country itself.
pub(in crate::indicators) const IN_REGION: &str = "_REGION";

/// Codes such as `R019009` (Americas and Oceania) that lie in no single region and may be the country itself.
pub(in crate::indicators) const IN_WORLD: &str = "_WORLD";

/// For a cell that depends on the region of the area, a cell that lies in it and one that holds it, whatever the region is.
pub(super) fn within(formula: &Formula) -> Option<[Formula; 2]> {
    let Formula::Count(choices) = formula else { return None };
    let is_level = |code: &String| ["@subregion", "@region"].contains(&code.as_str());
    if !choices.iter().any(|choice| choice.codes.iter().any(is_level)) {
        return None;
    }
    let with = |code: &str| {
        let replaced = choices.iter().map(|choice| match choice.codes.iter().any(is_level) {
            true => all(choice, code),
            false => choice.clone(),
        });
        Formula::Count(replaced.collect())
    };
    Some([with("@self"), with("_K")])
}

/// The column that says whether the area is in no region, so that nothing says which cells a leaf is.
pub(super) fn nowhere(leaf: usize) -> String {
    format!("c{leaf}_nowhere")
}

/// The column that says whether a leaf is the row's own cell.
pub(super) fn same(leaf: usize) -> String {
    format!("c{leaf}_same")
}

/// The column of the node to which a leaf moves in a dimension.
pub(super) fn moved(leaf: usize, dimension: usize) -> String {
    format!("x{leaf}_{dimension}")
}

/// All known persons of a dimension.
fn known_of(dimension: &str) -> Formula {
    Formula::Count(vec![Choice { dimension: dimension.to_owned(), codes: vec!["_K".to_owned()] }])
}

/// The column that says whether a list of codes may not hold all persons of a leaf.
pub(super) fn open(leaf: &str) -> String {
    format!("{leaf}_open")
}

/// The choice of one code for a dimension.
fn all(choice: &Choice, code: &str) -> Choice {
    Choice { dimension: choice.dimension.clone(), codes: vec![code.to_owned()] }
}

/// The columns of all dimensions but the reporting area.
pub(super) fn other_dimensions(layout: &FrameLayout<'_>) -> Vec<Expr> {
    (1..layout.dimensions.len()).map(|d| col(dimension(d))).collect()
}
