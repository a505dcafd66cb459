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
                // An area that is not known is in the scheme's root and in no region below it.
                if !missing.is_empty() && !trees.is_empty() {
                    let root = countries.first().and_then(|&code| scheme.path(list.id_of(code)).pop()).unwrap_or("_T");
                    match trees.as_mut_slice() {
                        [NodeTree::Region(code, children)] if code == root => children.extend(missing),
                        _ => {
                            trees.extend(missing);
                            trees = vec![NodeTree::Region(root.to_owned(), trees)];
                        }
                    }
                } else {
                    trees.extend(missing);
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
