//! Nodes of persons who have one of several codes, and it is not known which.
//!
//! They are counted in a node of their own. The number of codes, or places, of such a person is known by its bounds only.

use super::breakdown::{Breakdown, CoarseNode, NodeKind};
use crate::model::Codelist;
use crate::schema::{ComparedSide, Record};

impl Breakdown {
    /// Notes the nodes of persons whose region is known and whose place is not, as a derived field of the record type defines them.
    pub(super) fn note_coarse_places(&mut self, record: &Record) {
        let is_about = |from: usize, against: usize| [from, against].contains(&self.field);
        let Some((_, rule)) = record.derived.iter().find(|(_, rule)| is_about(rule.from, rule.against)) else { return };
        let side = if rule.from == self.field { ComparedSide::From } else { ComparedSide::Against };
        let codes: Vec<u16> = record.fields[self.field].codes().known().map(|(code, _)| code).collect();
        let is_placeless = |code: u16| side == ComparedSide::From && rule.is_no_place(code);
        let places = |region: u16| -> Vec<u16> {
            let may_be = |place: &u16| !is_placeless(*place) && rule.may_be(region, *place, side);
            codes.iter().copied().filter(may_be).collect()
        };
        let mut countable = codes.clone();
        countable.retain(|&code| is_placeless(code) || places(code).is_empty());
        self.listed = countable.len();
        let mut coarse = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let NodeKind::Code(code) = node.kind else { continue };
            match places(code) {
                // Stateless persons are one code.
                _ if is_placeless(code) => {}
                codes if codes.is_empty() => {}
                codes => coarse.push(CoarseNode { node: at as u16, codes }),
            }
        }
        self.set_coarse(coarse);
    }

    /// Notes the nodes of persons whose group of codes is known and whose code is not, and the node of a derived field for
    /// persons whose region is known only.
    pub(super) fn note_coarse_groups(&mut self, record: &Record) {
        let open = record.derived.iter().find(|(field, _)| *field == self.field).map(|(_, rule)| rule.open());
        let open = open.filter(|&code| Codelist::is_known(code));
        let is_open = |kind: NodeKind| open.is_some_and(|code| kind == NodeKind::Code(code));
        let is_parent = |node: u16| self.families.iter().any(|family| family.parent == node);
        let mut finest = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if let NodeKind::Code(code) = node.kind
                && !is_open(node.kind)
                && !is_parent(at as u16)
            {
                finest.push((at as u16, code));
            }
        }
        let mut coarse = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let group = match node.kind {
                NodeKind::Residual(group) => self.nodes.iter().position(|other| other.kind == NodeKind::Code(group)),
                kind if is_open(kind) => None,
                _ => continue,
            };
            let is_in = |node: u16| group.is_none_or(|group| self.lies_in(node, group as u16));
            let codes = finest.iter().filter(|(node, _)| is_in(*node)).map(|(_, code)| *code).collect();
            coarse.push(CoarseNode { node: at as u16, codes });
        }
        self.listed -= usize::from(open.is_some());
        self.set_coarse(coarse);
    }

    fn set_coarse(&mut self, mut coarse: Vec<CoarseNode>) {
        for node in &mut coarse {
            node.codes.sort_unstable();
        }
        coarse.sort_by_key(|node| node.codes.len());
        self.coarse = coarse;
    }
}
