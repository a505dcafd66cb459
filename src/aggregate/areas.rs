//! The dimension of reporting areas: countries, and the regions that hold them.

use super::breakdown::{Breakdown, Family, FamilyKind, NodeKind};
use super::forest::{Forest, NodeTree};
use crate::model::{Codelist, Missing};
use crate::schema::{Record, Region};

/// Which nodes an area dimension has.
#[derive(Clone, Copy, Debug)]
pub enum AreaNodes<'a> {
    /// Countries, and every region that holds at least two of them.
    Regions(&'a Region),
    /// Countries only, because what is counted must not be added up across them.
    CountriesWith(&'a [u16]),
}

/// Adds areas that are not known to the root of the scheme, which `root_of` names for a country of the scheme. They are in no
/// region below it. A country that the scheme does not have is in no region at all.
fn with_missing<'a>(
    trees: Vec<NodeTree>,
    missing: Vec<NodeTree>,
    root_of: impl Fn(u16) -> Option<&'a str>,
) -> Vec<NodeTree> {
    fn first(tree: &NodeTree) -> Option<u16> {
        match tree {
            NodeTree::Country(code) => Some(*code),
            NodeTree::Region(_, children) => children.iter().find_map(first),
            NodeTree::Missing(_) => None,
        }
    }
    let root = |tree: &NodeTree| first(tree).and_then(&root_of);
    let (mut inside, mut outside): (Vec<NodeTree>, Vec<NodeTree>) =
        trees.into_iter().partition(|tree| root(tree).is_some());
    let Some(code) = inside.iter().find_map(root) else {
        outside.extend(missing);
        return outside;
    };
    if let [NodeTree::Region(known, children)] = inside.as_mut_slice()
        && known.as_str() == code
    {
        children.extend(missing);
    } else {
        inside.extend(missing);
        inside = vec![NodeTree::Region(code.to_owned(), inside)];
    }
    inside.append(&mut outside);
    inside
}

impl Breakdown {
    /// Reporting areas. A region is a node only where at least two parts of it report.
    pub fn areas(record: &Record, field: usize, present: &[u16], nodes: AreaNodes<'_>) -> Self {
        let mut out = Self::empty_of_single(record, field);
        let list = record.fields[field].codes();
        let countries: Vec<_> = present.iter().copied().filter(|&code| Codelist::is_known(code)).collect();
        match nodes {
            AreaNodes::CountriesWith(counted) => {
                for code in countries.into_iter().filter(|code| counted.contains(code)) {
                    let node = out.push(list.id_of(code), NodeKind::Code(code));
                    out.expand[usize::from(code)] = vec![node];
                }
            }
            AreaNodes::Regions(scheme) => {
                let mut trees = Forest { list, scheme, min_parts: 2 }.trees(&countries);
                let missing = Missing::ALL.into_iter().filter(|missing| present.contains(&missing.code()));
                let missing: Vec<_> = missing.map(NodeTree::Missing).collect();
                if !missing.is_empty() {
                    trees = with_missing(trees, missing, |code| scheme.path(list.id_of(code)).pop());
                }
                for tree in &trees {
                    out.area(list, tree, &[]);
                }
            }
        }
        out.note_coarse_places(record);
        out
    }

    /// Adds an area below its regions. A region that has none above it is the total.
    pub(super) fn area(&mut self, list: &Codelist, tree: &NodeTree, above: &[u16]) -> u16 {
        match tree {
            NodeTree::Country(code) => {
                let node = self.push(list.id_of(*code), NodeKind::Code(*code));
                self.expand[usize::from(*code)] = above.iter().copied().chain([node]).collect();
                node
            }
            NodeTree::Missing(missing) => {
                let node = self.push(missing.id(), NodeKind::Missing(*missing));
                self.expand[usize::from(missing.code())] = above.iter().copied().chain([node]).collect();
                node
            }
            NodeTree::Region(code, children) => {
                let node = self.push(code, if above.is_empty() { NodeKind::Total } else { NodeKind::Region });
                let path: Vec<u16> = above.iter().copied().chain([node]).collect();
                let children = children.iter().map(|child| self.area(list, child, &path)).collect();
                self.families.push(Family { parent: node, children, kind: FamilyKind::Partition });
                node
            }
        }
    }
}
