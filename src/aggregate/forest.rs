//! Countries by the regions of a scheme, as trees.

use std::collections::BTreeMap;

use crate::model::{Codelist, Missing};
use crate::schema::Region;

/// An area and what is inside it.
pub(super) enum NodeTree {
    Region(String, Vec<NodeTree>),
    Country(u16),
    Missing(Missing),
}

/// How countries become trees of regions.
#[derive(Clone, Copy)]
pub(super) struct Forest<'a> {
    pub list: &'a Codelist,
    pub scheme: &'a Region,
    /// How many parts a region needs to be in a tree. A region of one part would repeat it.
    pub min_parts: usize,
}

impl Forest<'_> {
    /// Returns the trees of these countries.
    pub fn trees(&self, countries: &[u16]) -> Vec<NodeTree> {
        self.trees_below(countries, 0)
    }

    fn trees_below(&self, countries: &[u16], depth: usize) -> Vec<NodeTree> {
        let mut trees: Vec<NodeTree> = Vec::new();
        let mut groups: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for &code in countries {
            let path = self.scheme.path(self.list.id_of(code));
            match path.len().checked_sub(depth + 1) {
                Some(at) => groups.entry(path[at]).or_default().push(code),
                None => trees.push(NodeTree::Country(code)),
            }
        }
        let mut regions = Vec::new();
        for (region, members) in groups {
            let mut children = self.trees_below(&members, depth + 1);
            if children.len() >= self.min_parts {
                regions.push(NodeTree::Region(region.to_owned(), children));
            } else {
                regions.append(&mut children);
            }
        }
        regions.append(&mut trees);
        regions
    }
}
