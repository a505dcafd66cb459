//! Which nodes a value of a field counts in.

use super::breakdown::Breakdown;
use crate::model::Codelist;

impl Breakdown {
    /// Returns the nodes in which a record is counted, by the value of its field: each node once.
    pub fn nodes_of(&self, value: u64) -> Vec<u16> {
        if !self.set {
            return self.expand[value as usize].clone();
        }
        let codes = self.codes_of(Codelist::counted(value)).into_iter();
        let mut nodes: Vec<_> = codes.flat_map(|code| self.expand[usize::from(code)].iter().copied()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Returns the codes that a value holds, as bits or as themselves.
    fn codes_of(&self, value: u64) -> Vec<u16> {
        if !self.set {
            return vec![value as u16];
        }
        (0..self.expand.len() as u16).filter(|code| value >> code & 1 == 1).collect()
    }

    /// Returns the codes that count of what a value holds.
    fn counted_of(&self, value: u64) -> Vec<u16> {
        self.codes_of(if self.set { Codelist::counted(value) } else { value })
    }

    /// Returns whether a value holds more than its codes that count: a part that was not understood.
    pub(super) fn is_partial(&self, value: u64) -> bool {
        self.set && Codelist::counted(value) != value
    }

    /// Returns whether a value counts in multiple finest nodes.
    pub(super) fn is_several(&self, value: u64) -> bool {
        let codes = self.counted_of(value);
        let mut finest = codes.iter().map(|&code| self.expand[usize::from(code)].last());
        let first = finest.next();
        finest.any(|node| Some(node) != first)
    }

    /// Returns the nodes to which each of the codes of a value belongs, above the finest ones.
    pub(super) fn shared_of(&self, value: u64) -> Vec<u16> {
        let codes = self.counted_of(value);
        let Some(&first) = codes.first() else { return Vec::new() };
        let above = |node: u16, code: u16| {
            let nodes = &self.expand[usize::from(code)];
            nodes.contains(&node) && nodes.last() != Some(&node)
        };
        let shared = |node: &&u16| codes.iter().all(|&code| above(**node, code));
        self.expand[usize::from(first)].iter().filter(shared).copied().collect()
    }

    /// Returns the first code of a value that counts, in the order of the code list, as a value.
    pub(super) fn first_of(&self, value: u64) -> u64 {
        let counted = Codelist::counted(value);
        if self.set { counted & counted.wrapping_neg() } else { value }
    }

    /// Returns the finest nodes of a value as one label, with what is not known of it.
    pub(super) fn label_of(&self, value: u64) -> String {
        let codes = self.codes_of(value);
        let finest = codes.iter().filter_map(|&code| self.expand[usize::from(code)].last());
        let mut labels: Vec<&str> = finest.map(|&node| self.nodes[usize::from(node)].code.as_str()).collect();
        labels.dedup();
        labels.join(";")
    }
}
