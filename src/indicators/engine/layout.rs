//! What is known of a measure and its table before the first row.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::names::same;
use crate::aggregate::{Breakdown, FamilyKind, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::Measure;
use crate::indicators::formula::{Choice, Formula, Gather, TIME};
use crate::indicators::value::Setting;
use crate::schema::Populations;

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
    /// Whether the formula names it; others say more about its result.
    pub named: bool,
}

impl Leaf {
    /// Returns whether an area is in no region, so that nothing says which cells these are.
    pub(super) fn is_nowhere(&self, area: u16) -> bool {
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
    pub(super) people: RefCell<BTreeMap<(u16, u16), Option<f64>>>,
    /// Populations of all persons of areas by node, and node of the time.
    pub(super) all_persons: RefCell<BTreeMap<(u16, u16), Option<f64>>>,
    /// For each year the population of every region.
    pub(super) inhabitants: RefCell<BTreeMap<u16, BTreeMap<String, u64>>>,
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
            all_persons: RefCell::default(),
            inhabitants: RefCell::default(),
        };
        let mut leaves: Vec<(Formula, bool)> = vec![(Formula::Count(Vec::new()), layout.needs_own_cell())];
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
                // An area that does not ask for codes has not found none of them.
                if let Formula::Codes(dimension) = part {
                    add(&known_of(dimension), true);
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

    /// Returns whether an area must report the cell of a row for its figure there. The row of a ratio of other cells is only
    /// a place: a publisher of both of them may give no total.
    pub fn needs_own_cell(&self) -> bool {
        let rests = |part: &Formula| part.is_count() || matches!(part, Formula::Areas(..));
        let named = |part: &Formula| matches!(part, Formula::Count(_) | Formula::Codes(_));
        let formula = &self.measure.formula;
        !self.setting.summed || formula.any(rests) || !formula.any(named)
    }

    /// Returns whether figures of regions are added up anew from their countries.
    pub fn gathers(&self) -> bool {
        let Setting { summed, limited, .. } = self.setting;
        *summed || *limited || self.other_time.is_some() || self.measure.formula.has_population()
    }

    /// Returns whether a leaf may be a count of other areas than the row's own: of another year, or of codes for which not every area
    /// asked.
    pub fn is_of_others(&self, leaf: usize) -> bool {
        let looked = &self.leaves[leaf];
        let limited = self.setting.limited && !looked.targets.is_empty() && matches!(looked.formula, Formula::Count(_));
        limited || self.is_of_year(leaf)
    }

    /// Returns whether figures of regions name the areas on which they rest.
    pub fn has_panels(&self) -> bool {
        let formula = &self.measure.formula;
        self.other_time.is_some() || formula.has_population() || formula.share_of().is_some()
    }

    /// Returns whether a leaf is a count of another year.
    pub fn is_of_year(&self, leaf: usize) -> bool {
        let is_year = |(_, target): &(usize, LeafTarget)| match (target, &self.time) {
            (LeafTarget::Moved(by, _), Some((time, _))) => by == time,
            _ => false,
        };
        matches!(self.leaves[leaf].formula, Formula::Count(_)) && self.leaves[leaf].targets.iter().any(is_year)
    }

    /// Returns the exclusive parts of the whole of a share, where its codes name them.
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

    /// Where the whole of a share is: the dimensions in which it is elsewhere than its part, and its nodes there.
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

    /// Returns whether all persons that a cell counts are in another cell as well: its areas of origin are within the other's,
    /// and so on.
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

    pub(super) fn position(&self, dimension: &str) -> Option<usize> {
        self.dimensions.iter().position(|breakdown| breakdown.dimension == dimension)
    }

    /// The position of the dimension whose codes are counted.
    pub fn codes_position(&self, name: &str) -> Result<usize> {
        self.position(name).filter(|&at| at > 0).ok_or_else(|| {
            Error::refused("schema/check", format!("the table has no dimension `{name}` whose codes could be counted"))
        })
    }

    /// The nodes of a dimension that are codes and have none below them. Nodes that may mean multiple codes are
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

    /// Returns whether an area is made up of countries.
    pub fn is_region(&self, area: u16) -> bool {
        let below = &self.below[usize::from(area)];
        matches!(self.dimensions[0].nodes[usize::from(area)].kind, NodeKind::Region | NodeKind::Total)
            && !below.is_empty()
    }

    /// Returns for each area whether all of its persons are in one of its countries.
    pub(super) fn closed(&self) -> Vec<bool> {
        let areas = &self.dimensions[0];
        let mut closed: Vec<bool> = (0..areas.nodes.len()).map(|node| self.below[node] == [node as u16]).collect();
        for family in &areas.families {
            closed[usize::from(family.parent)] = family.children.iter().all(|&child| closed[usize::from(child)]);
        }
        closed
    }

    /// Returns whether the measure means something for a cell.
    pub fn keeps(&self, nodes: &[u16]) -> bool {
        let formula = &self.measure.formula;
        let node = |d: usize| &self.dimensions[d].nodes[usize::from(nodes[d])];
        let mut keeps = true;
        formula.each(&mut |part| {
            if let Some((_, whole)) = part.share_of() {
                // A share is reported for the values that it is a share of: not for totals, nor for what is unknown.
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
                    let fits = |name: &str| {
                        choices.iter().any(|choice| choice.dimension == name)
                            || self.position(name).is_none_or(|d| Populations::has(name, &node(d).code))
                    };
                    let year = self.time.as_ref().is_some_and(|(d, years)| years[usize::from(nodes[*d])].is_some());
                    year && fits("SEX") && fits("AGE")
                }
                _ => true,
            }
        });
        // What is the same for all codes of a dimension is reported once, in its total.
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
}

/// Codes such as `R150` (Europe) that lie in the region of the country and may be the country itself.
pub(in crate::indicators) const IN_REGION: &str = "_REGION";

/// Codes such as `R019009` (Americas and Oceania) that lie in no single region and may be the country itself.
pub(in crate::indicators) const IN_WORLD: &str = "_WORLD";

/// Returns, for a cell that depends on the region of the area, a cell within it and one that contains it, whatever the region is.
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

/// All known persons of a dimension.
fn known_of(dimension: &str) -> Formula {
    Formula::Count(vec![Choice { dimension: dimension.to_owned(), codes: vec!["_K".to_owned()] }])
}

/// The choice of one code for a dimension.
fn all(choice: &Choice, code: &str) -> Choice {
    Choice { dimension: choice.dimension.clone(), codes: vec![code.to_owned()] }
}
