//! One dimension of a table: its nodes (totals, groups, codes), and how nodes add up.

use std::collections::BTreeSet;

use super::forest::{Forest, NodeTree};
use crate::error::Result;
use crate::model::{Codelist, Missing};
use crate::schema::{FieldType, Record, Region};

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// The total.
    Total,
    /// All persons of whom the dimension is known: the denominator of shares. Of several values one that is known is
    /// enough: `_U` next to it does not count.
    Known,
    /// A code that says something, or a group of such codes.
    Code(u16),
    /// Within a group, not further specified.
    Residual(u16),
    /// A region of reporting areas.
    Region,
    /// Not known, not collected, not answered: nothing is known of the person in this dimension.
    Missing(Missing),
}

/// One node of a breakdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The code that is printed.
    pub code: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// The only area in which the code exists, for codes of a country's own list.
    pub only_area: Option<u16>,
    /// Codes whose persons are counted here as well, because a policy joins them.
    pub joined: Vec<u16>,
}

/// How children add up to their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// Each person is in one child: the parent is the sum.
    Partition,
    /// A person may be in several children: each child is at most the parent, and the parent at most the sum.
    Cover,
}

/// A parent and the children that make it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Index of the parent node.
    pub parent: u16,
    /// Indices of its children.
    pub children: Vec<u16>,
    /// How they add up.
    pub kind: FamilyKind,
}

/// A node of persons who have one of several codes, and it is not known which: `R002` is a country of Africa.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoarseNode {
    /// Index of the node.
    pub node: u16,
    /// Codes that these persons may have, ascending, whether or not they are nodes.
    pub codes: Vec<u16>,
}

/// One dimension of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    /// The SDMX id of the dimension.
    pub dimension: String,
    /// The field that it counts.
    pub field: usize,
    /// The nodes, in the order of output.
    pub nodes: Vec<Node>,
    /// How they add up.
    pub families: Vec<Family>,
    /// Nodes of origins whose region only is known, each with the reporting areas that may be in it, ascending.
    pub broad: Vec<(u16, Vec<u16>)>,
    /// How many known codes of the field have no code below them, whether or not they are nodes. Codes that mean only a
    /// region are not among them.
    pub listed: usize,
    /// Nodes of persons who have one of several codes, and it is not known which. Those of the fewest codes come first.
    pub coarse: Vec<CoarseNode>,
    /// For each code, its nodes, the finest last.
    pub(super) expand: Vec<Vec<u16>>,
    pub(super) set: bool,
}

/// Codes of a list that become nodes, down to a depth.
struct CodeTree<'a> {
    list: &'a Codelist,
    depth: usize,
    present: &'a [u16],
    /// How the codes below a code add up to it.
    kind: FamilyKind,
}

impl Breakdown {
    /// Returns whether a person may have several codes.
    pub fn is_set(&self) -> bool {
        self.set
    }

    /// The nodes of a field down to a depth. `present` are the codes that occur in the data.
    ///
    /// Missing codes other than `_U`, and groups without further detail, are listed where they occur only. So are the codes of a
    /// division of the list next to another one that occurs.
    pub fn codes(record: &Record, field: usize, depth: usize, present: &[u16]) -> Self {
        let list = record.fields[field].codes();
        let mut out = Self::empty(record, field);
        let total = out.push("_T", NodeKind::Total);
        let known = out.push("_K", NodeKind::Known);
        let kind = out.kind_of_families();
        let tree = CodeTree { list, depth, present, kind };
        let mut tops = Vec::new();
        let used: Vec<usize> = present.iter().filter_map(|&code| list.division(code)).collect();
        let is_unused = |code: u16| !used.is_empty() && list.division(code).is_some_and(|of| !used.contains(&of));
        let is_shown = |code: u16| !is_unused(code) && (!list.where_present.contains(&code) || present.contains(&code));
        for (code, _) in list.known().filter(|(code, _)| list.code(*code).parent.is_none() && is_shown(*code)) {
            tops.push(out.subtree(&tree, code, &[total, known]));
        }
        if !record.fields[field].pooled {
            out.bind_to_areas(record, field);
        }
        out.families.push(Family { parent: known, children: tops, kind });
        out.close(total, known, present);
        out.note_coarse_groups(record);
        out
    }

    /// The regions of a scheme and the countries that occur in them, for a field of countries which is not the reporting area,
    /// such as a citizenship.
    pub fn origins(record: &Record, field: usize, present: &[u16], scheme: &Region) -> Self {
        let list = record.fields[field].codes();
        let countries: Vec<u16> = present.iter().copied().filter(|&code| Codelist::is_known(code)).collect();
        let mut out = Self::empty_of_single(record, field);
        let total = out.push("_T", NodeKind::Total);
        let known = out.push("_K", NodeKind::Known);
        let mut tops = Vec::new();
        for tree in (Forest { list, scheme, min_parts: 1 }).trees(&countries) {
            match tree {
                // What is known and what is in the root of the scheme is the same.
                NodeTree::Region(code, children) if scheme.is_root(&code) => {
                    tops.extend(children.iter().map(|child| out.area(list, child, &[total, known])));
                }
                tree => tops.push(out.area(list, &tree, &[total, known])),
            }
        }
        out.families.push(Family { parent: known, children: tops, kind: FamilyKind::Partition });
        out.close(total, known, present);
        if let Some((_, seen)) = record.derived.iter().find(|(_, rule)| rule.from == field) {
            let areas = record.fields[seen.against].codes();
            for (at, node) in out.nodes.iter().enumerate() {
                let NodeKind::Code(origin) = node.kind else { continue };
                let may_hold = |&area: &u16| seen.is_region(origin) && seen.may_hold(origin, area);
                let within: Vec<u16> = areas.known().map(|(area, _)| area).filter(may_hold).collect();
                if !within.is_empty() {
                    out.broad.push((at as u16, within));
                }
            }
        }
        out.note_coarse_places(record);
        out
    }

    /// Returns the breakdown with the one node of this code, if there is such a node.
    pub fn only(self, code: &str) -> Option<Self> {
        let at = self.find(code)?;
        let node = Node { only_area: None, ..self.nodes[at].clone() };
        let expand = self.expand.iter().map(|nodes| if nodes.contains(&(at as u16)) { vec![0] } else { Vec::new() });
        Some(Self {
            nodes: vec![node],
            families: Vec::new(),
            broad: Vec::new(),
            coarse: Vec::new(),
            expand: expand.collect(),
            ..self
        })
    }

    /// Returns the breakdown with these codes counted in the node of another one. Where there is no such node, or none of a code,
    /// as at a coarser level, the code stays where it is. None of them has codes below it.
    pub fn join(mut self, codes: &[u16], into: &str) -> Self {
        let Some(into) = self.find(into) else { return self };
        let path = |breakdown: &Self, code: u16| breakdown.expand[usize::from(code)].clone();
        let target = match self.nodes[into].kind {
            NodeKind::Code(code) => path(&self, code),
            NodeKind::Missing(missing) => path(&self, missing.code()),
            _ => return self,
        };
        let mut gone = Vec::new();
        for &code in codes {
            let Some(node) = self.nodes.iter().position(|node| node.kind == NodeKind::Code(code)) else { continue };
            gone.push(node as u16);
            self.expand[usize::from(code)].clone_from(&target);
            self.nodes[into].joined.push(code);
        }
        self.without(&gone)
    }

    /// Returns the breakdown without some nodes that count no persons.
    fn without(mut self, gone: &[u16]) -> Self {
        let mut number = vec![None; self.nodes.len()];
        let kept = (0..self.nodes.len()).filter(|&node| !gone.contains(&(node as u16)));
        kept.enumerate().for_each(|(new, old)| number[old] = Some(new as u16));
        let new = |node: u16| number[usize::from(node)];
        let mut at = 0..;
        self.nodes.retain(|_| at.next().is_some_and(|at: u16| new(at).is_some()));
        self.families.retain(|family| new(family.parent).is_some());
        for family in &mut self.families {
            family.parent = new(family.parent).unwrap_or_default();
            family.children = family.children.iter().filter_map(|&child| new(child)).collect();
        }
        self.broad = self.broad.into_iter().filter_map(|(node, areas)| Some((new(node)?, areas))).collect();
        self.coarse.retain(|coarse| new(coarse.node).is_some());
        self.coarse.iter_mut().for_each(|coarse| coarse.node = new(coarse.node).unwrap_or_default());
        for nodes in &mut self.expand {
            *nodes = nodes.iter().filter_map(|&node| new(node)).collect();
        }
        self
    }

    /// For each node of reporting areas, the nodes of the countries that make it up; a country's is its own.
    pub fn countries(&self) -> Vec<Vec<u16>> {
        let mut countries: Vec<Vec<u16>> = (0..self.nodes.len() as u16)
            .map(|node| match self.nodes[usize::from(node)].kind {
                // Where only a region is reported (`R150`), no country is known to report.
                NodeKind::Code(_) if self.nodes[usize::from(node)].code.len() == 3 => vec![node],
                _ => Vec::new(),
            })
            .collect();
        // Families are listed children first.
        for family in &self.families {
            let below: Vec<u16> =
                family.children.iter().flat_map(|&child| countries[usize::from(child)].clone()).collect();
            countries[usize::from(family.parent)].extend(below);
        }
        countries
    }

    /// The codes that were recorded, as they were recorded, and all of them together.
    pub fn recorded(record: &Record, field: usize, present: &[u16]) -> Self {
        let list = record.fields[field].codes();
        let mut out = Self::empty(record, field);
        let total = out.push("_T", NodeKind::Total);
        let mut children = Vec::new();
        for &code in present {
            let missing = Missing::ALL.into_iter().find(|missing| missing.code() == code);
            let node = out.push(list.id_of(code), missing.map_or(NodeKind::Code(code), NodeKind::Missing));
            out.expand[usize::from(code)] = vec![total, node];
            children.push(node);
        }
        let kind = out.kind_of_families();
        out.families.push(Family { parent: total, children, kind });
        out
    }

    /// The years that occur, and all of them together.
    ///
    /// The total is always there: a table of all years and one by year are linked by it, and protection must see that.
    pub fn years(record: &Record, field: usize, present: &[u16]) -> Self {
        let mut out = Self::empty_of_single(record, field);
        let all = out.push("_T", NodeKind::Total);
        let mut parts = Vec::new();
        for &code in present.iter().filter(|&&code| Codelist::is_known(code)) {
            let node = out.push(record.fields[field].codes().id_of(code), NodeKind::Code(code));
            parts.push((code, node));
        }
        for missing in Missing::ALL.into_iter().filter(|missing| present.contains(&missing.code())) {
            parts.push((missing.code(), out.push(missing.id(), NodeKind::Missing(missing))));
        }
        for &(code, node) in &parts {
            out.expand[usize::from(code)] = vec![all, node];
        }
        let children = parts.iter().map(|(_, node)| *node).collect();
        out.families.push(Family { parent: all, children, kind: FamilyKind::Partition });
        out
    }

    /// Returns a breakdown without nodes. A person has one code or many, as the field says.
    fn empty(record: &Record, field: usize) -> Self {
        let set = record.fields[field].kind == FieldType::Set;
        Self { set, ..Self::empty_of_single(record, field) }
    }

    /// Returns a breakdown without nodes, in which a person has one code.
    pub(super) fn empty_of_single(record: &Record, field: usize) -> Self {
        let meta = &record.fields[field];
        let list = meta.codes();
        let parents: BTreeSet<u16> = list.known().filter_map(|(_, code)| code.parent).collect();
        Self {
            dimension: meta.dimension.clone().unwrap_or_else(|| meta.id.to_uppercase()),
            field,
            nodes: Vec::new(),
            families: Vec::new(),
            broad: Vec::new(),
            listed: list.known().filter(|(code, _)| !parents.contains(code)).count(),
            coarse: Vec::new(),
            expand: vec![Vec::new(); list.len()],
            set: false,
        }
    }

    fn kind_of_families(&self) -> FamilyKind {
        if self.set { FamilyKind::Cover } else { FamilyKind::Partition }
    }

    /// The total is the known and the missing codes.
    fn close(&mut self, total: u16, known: u16, present: &[u16]) {
        let mut parts = vec![known];
        for missing in Missing::ALL {
            if missing == Missing::Unknown || present.contains(&missing.code()) {
                let node = self.push(missing.id(), NodeKind::Missing(missing));
                self.expand[usize::from(missing.code())] = vec![total, node];
                parts.push(node);
            }
        }
        self.families.push(Family { parent: total, children: parts, kind: FamilyKind::Partition });
    }

    pub(super) fn push(&mut self, code: &str, kind: NodeKind) -> u16 {
        self.nodes.push(Node { code: code.to_owned(), kind, only_area: None, joined: Vec::new() });
        (self.nodes.len() - 1) as u16
    }

    fn subtree(&mut self, tree: &CodeTree<'_>, code: u16, above: &[u16]) -> u16 {
        let list = tree.list;
        let node = self.push(list.id_of(code), NodeKind::Code(code));
        let path: Vec<u16> = above.iter().copied().chain([node]).collect();
        self.expand[usize::from(code)].clone_from(&path);
        let below: Vec<_> = list.known().filter(|(_, c)| c.parent == Some(code)).map(|(index, _)| index).collect();
        if list.depth(code) >= tree.depth || below.is_empty() {
            // Deeper codes are counted in this node.
            let mut stack = below;
            while let Some(deep) = stack.pop() {
                self.expand[usize::from(deep)].clone_from(&path);
                stack.extend(list.known().filter(|(_, c)| c.parent == Some(deep)).map(|(index, _)| index));
            }
            return node;
        }
        let mut children: Vec<_> = below.into_iter().map(|child| self.subtree(tree, child, &path)).collect();
        if tree.present.contains(&code) {
            let residual = self.push(&format!("{}_U", list.id_of(code)), NodeKind::Residual(code));
            self.expand[usize::from(code)].push(residual);
            children.push(residual);
        }
        self.families.push(Family { parent: node, children, kind: tree.kind });
        node
    }

    /// Binds codes of a country's list to that country.
    fn bind_to_areas(&mut self, record: &Record, field: usize) {
        let Some(area) = record.role("area") else { return };
        for node in &mut self.nodes {
            if let NodeKind::Code(code) = node.kind {
                let id = record.fields[field].codes().id_of(code);
                let country = id.split('_').next().unwrap_or_default();
                node.only_area = record.fields[area].codes().find(country);
            }
        }
    }

    /// Returns the nodes in which persons with a code are counted.
    pub fn nodes_with(&self, code: u16) -> &[u16] {
        self.expand.get(usize::from(code)).map_or(&[], Vec::as_slice)
    }

    /// Returns whether a node is another one, or is inside it.
    pub fn lies_in(&self, node: u16, other: u16) -> bool {
        let mut families = self.families.iter().filter(|family| family.children.contains(&node));
        node == other || families.any(|family| self.lies_in(family.parent, other))
    }

    /// The index of the node that is printed so.
    pub fn find(&self, code: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.code == code)
    }

    /// Returns whether no source collects a dimension: all that occurs is `_X`.
    pub fn is_collected(present: &[u16]) -> bool {
        present.iter().any(|&code| code != Missing::NotCollected.code())
    }
}

/// Depth of a level that is named, where the code list has it.
pub(crate) fn depth_of(list: &Codelist, level: Option<&str>) -> Result<usize> {
    let Some(level) = level else { return Ok(0) };
    list.levels.iter().position(|name| name == level).ok_or_else(|| {
        let names: Vec<_> = list.levels.iter().map(String::as_str).collect();
        crate::error::Error::refused("schema/check", format!("{} has no level `{level}`", list.id))
            .hint(crate::error::suggest(level, &names))
    })
}
