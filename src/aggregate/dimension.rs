//! What is counted along one dimension: the values that occur, and the nodes to which each belongs.

use super::{Breakdown, NodeKind};
use crate::error::{Error, Result};

/// How a person is counted who has multiple values of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Several {
    /// Once in each value, so that the values add up to more than the persons.
    #[default]
    Each,
    /// In `MIX`, so that the values add up to the persons.
    Mix,
    /// In the first value of the code list only.
    First,
    /// In the set of all its values, which is a value of its own.
    Sets,
}

/// One dimension of a cube.
///
/// Values that belong to the same nodes are counted as one *class*, so that distinctions without a table cost nothing.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// What heads its column.
    pub id: String,
    /// The field that it counts.
    pub field: usize,
    /// The codes of its nodes, in the order of output.
    pub nodes: Vec<String>,
    /// The nodes of each class, ascending.
    pub(super) classes: Vec<Vec<u16>>,
    /// The class of each value that occurs, ascending by the value.
    values: Vec<(u64, u16)>,
}

impl Dimension {
    /// The dimension whose nodes are those of a breakdown. Its total is what a table without the dimension shows.
    ///
    /// `values` are those that occur, ascending.
    pub fn of(breakdown: &Breakdown, id: &str, several: Several, values: &[u64]) -> Result<Self> {
        Self::new(NodePlaces::without_total(breakdown), id, several, values)
    }

    /// The dimension that has all nodes of a breakdown, its total among them.
    pub(super) fn with_total(breakdown: &Breakdown, values: &[u64]) -> Result<Self> {
        Self::new(NodePlaces::all(breakdown), &breakdown.dimension, Several::Each, values)
    }

    fn new(mut places: NodePlaces<'_>, id: &str, several: Several, values: &[u64]) -> Result<Self> {
        let breakdown = places.breakdown;
        let mut nodes_of_values: Vec<(u64, Vec<u16>)> = Vec::new();
        for &value in values {
            let mut nodes = match several {
                Several::First => places.of_nodes(breakdown.nodes_of(breakdown.first_of(value))),
                Several::Mix if breakdown.is_several(value) => {
                    let mut nodes = places.of_nodes(breakdown.shared_of(value));
                    nodes.push(places.of_label("MIX".to_owned()));
                    nodes
                }
                Several::Sets if breakdown.is_several(value) || breakdown.is_partial(value) => {
                    let mut nodes = places.of_nodes(breakdown.shared_of(value));
                    nodes.push(places.of_label(breakdown.label_of(value)));
                    nodes
                }
                _ => places.of_nodes(breakdown.nodes_of(value)),
            };
            nodes.sort_unstable();
            nodes_of_values.push((value, nodes));
        }
        let mut classes: Vec<Vec<u16>> = nodes_of_values.iter().map(|(_, nodes)| nodes.clone()).collect();
        classes.sort_unstable();
        classes.dedup();
        let nodes = places.labels;
        if classes.len() > usize::from(u16::MAX) || nodes.len() > usize::from(u16::MAX) {
            return Err(Error::failed(format!("`{id}` has more than 65,535 values that are counted apart"))
                .hint("ask for a coarser level, such as `form@group`"));
        }
        let class = |nodes: &Vec<u16>| classes.partition_point(|class| class < nodes) as u16;
        let values = nodes_of_values.iter().map(|(value, nodes)| (*value, class(nodes))).collect();
        Ok(Self { id: id.to_owned(), field: breakdown.field, nodes, classes, values })
    }

    /// Returns the class of a value, or nothing for a value that did not occur when the values were read.
    pub(super) fn class_of(&self, value: u64) -> Option<u16> {
        self.values.binary_search_by_key(&value, |(value, _)| *value).ok().map(|at| self.values[at].1)
    }

    /// Returns the number of classes: one or more, so that a dimension without values has a domain.
    pub(super) fn card(&self) -> usize {
        self.classes.len().max(1)
    }

    /// Returns whether each class is one node and each node is one class, in the same order: then a count of classes is one of
    /// nodes.
    pub(super) fn is_plain(&self) -> bool {
        self.classes.len() == self.nodes.len()
            && self.classes.iter().enumerate().all(|(class, nodes)| *nodes == [class as u16])
    }
}

/// The labels of a dimension's nodes, and the place of each node of a breakdown among them.
struct NodePlaces<'a> {
    breakdown: &'a Breakdown,
    places: Vec<Option<u16>>,
    labels: Vec<String>,
}

impl<'a> NodePlaces<'a> {
    fn all(breakdown: &'a Breakdown) -> Self {
        Self::new(breakdown, |_| true)
    }

    fn without_total(breakdown: &'a Breakdown) -> Self {
        Self::new(breakdown, |kind| kind != NodeKind::Total)
    }

    fn new(breakdown: &'a Breakdown, is_placed: impl Fn(NodeKind) -> bool) -> Self {
        let mut out = Self { breakdown, places: Vec::new(), labels: Vec::new() };
        for node in &breakdown.nodes {
            let is_placed = is_placed(node.kind);
            out.places.push(is_placed.then_some(out.labels.len() as u16));
            if is_placed {
                out.labels.push(node.code.clone());
            }
        }
        out
    }

    /// Returns the places of those nodes that have one.
    fn of_nodes(&self, nodes: Vec<u16>) -> Vec<u16> {
        nodes.into_iter().filter_map(|node| self.places[usize::from(node)]).collect()
    }

    /// Returns the place of a label, which is added where it is new.
    fn of_label(&mut self, label: String) -> u16 {
        let known = self.labels.iter().position(|known| *known == label);
        known.unwrap_or_else(|| {
            self.labels.push(label);
            self.labels.len() - 1
        }) as u16
    }
}
