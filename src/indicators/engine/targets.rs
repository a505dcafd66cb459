//! Where the leaves of a formula find their cells.

use std::collections::BTreeSet;

use super::layout::{FrameLayout, IN_REGION, IN_WORLD, LeafTarget};
use crate::aggregate::{Breakdown, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::formula::{Formula, TIME, other_year};

impl FrameLayout<'_> {
    pub(super) fn targets(&self, leaf: &Formula) -> Result<Vec<(usize, LeafTarget)>> {
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

    /// Returns for each node of the time the one with which it is compared.
    pub(super) fn years(&self, choice: &str) -> Vec<Option<u32>> {
        let Some((_, years)) = &self.time else { return Vec::new() };
        let find = |year: Option<u16>| year.and_then(|year| years.iter().position(|other| *other == Some(year)));
        let first = years.iter().flatten().min().copied();
        let target = |year: u16| other_year(choice, year, first);
        years.iter().map(|year| find(year.and_then(target)).map(|node| node as u32)).collect()
    }

    /// Returns for each country the node of another dimension that is the country itself, or its region there: areas
    /// may be grouped by another scheme than citizenships are.
    pub(super) fn home_nodes(&self, breakdown: &Breakdown, level: &str) -> Vec<Option<u32>> {
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
    pub(super) fn each(&self, breakdown: &Breakdown, codes: &[String]) -> Vec<Option<Vec<u32>>> {
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
}
