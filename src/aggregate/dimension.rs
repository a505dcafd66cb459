//! What is counted along one dimension: the values that occur, and the nodes to which each belongs.

use super::{Breakdown, NodeKind};
use crate::error::{Error, Result};

/// How a person is counted who has several values of a field.
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
        Self::new(breakdown, id, several, values, false)
    }

    /// The dimension that has all nodes of a breakdown, its total among them.
    pub(super) fn with_total(breakdown: &Breakdown, values: &[u64]) -> Result<Self> {
        Self::new(breakdown, &breakdown.dimension, Several::Each, values, true)
    }

    fn new(breakdown: &Breakdown, id: &str, several: Several, values: &[u64], total: bool) -> Result<Self> {
        let mut nodes = Vec::new();
        let mut place = Vec::new();
        for node in &breakdown.nodes {
            let placed = total || node.kind != NodeKind::Total;
            place.push(placed.then_some(nodes.len() as u16));
            if placed {
                nodes.push(node.code.clone());
            }
        }
        let placed = |of: Vec<u16>| of.into_iter().filter_map(|node| place[usize::from(node)]).collect::<Vec<_>>();
        let mut named = |text: String| {
            let known = nodes.iter().position(|node| *node == text);
            known.unwrap_or_else(|| {
                nodes.push(text);
                nodes.len() - 1
            }) as u16
        };
        let mut of_values: Vec<(u64, Vec<u16>)> = Vec::new();
        for &value in values {
            let mut of = match several {
                Several::First => placed(breakdown.nodes_of(breakdown.first_of(value))),
                Several::Mix if breakdown.is_several(value) => {
                    let mut of = placed(breakdown.shared_of(value));
                    of.push(named("MIX".to_owned()));
                    of
                }
                Several::Sets if breakdown.is_several(value) || breakdown.is_partial(value) => {
                    let mut of = placed(breakdown.shared_of(value));
                    of.push(named(breakdown.text_of(value)));
                    of
                }
                _ => placed(breakdown.nodes_of(value)),
            };
            of.sort_unstable();
            of_values.push((value, of));
        }
        let mut classes: Vec<Vec<u16>> = of_values.iter().map(|(_, of)| of.clone()).collect();
        classes.sort_unstable();
        classes.dedup();
        if classes.len() > usize::from(u16::MAX) || nodes.len() > usize::from(u16::MAX) {
            return Err(Error::failed(format!("`{id}` has more than 65,535 values that are counted apart"))
                .hint("ask for a coarser level, such as `form@group`"));
        }
        let class = |of: &Vec<u16>| classes.partition_point(|class| class < of) as u16;
        let values = of_values.iter().map(|(value, of)| (*value, class(of))).collect();
        Ok(Self { id: id.to_owned(), field: breakdown.field, nodes, classes, values })
    }

    /// The class of a value; nothing for one that was not there when the values were looked at.
    pub(super) fn class_of(&self, value: u64) -> Option<u16> {
        self.values.binary_search_by_key(&value, |(value, _)| *value).ok().map(|at| self.values[at].1)
    }

    /// How many classes there are; at least one, so that a dimension without values has a domain.
    pub(super) fn card(&self) -> usize {
        self.classes.len().max(1)
    }

    /// Whether each class is one node and each node is one class, in the same order: then a count of classes is one of nodes.
    pub(super) fn is_plain(&self) -> bool {
        self.classes.len() == self.nodes.len()
            && self.classes.iter().enumerate().all(|(class, nodes)| *nodes == [class as u16])
    }
}
