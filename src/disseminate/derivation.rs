//! What no hierarchy has: the codes that a code of a derived dimension stands for, and parts that a table is limited to.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Breakdown, NodeKind};
use crate::model::{Codelist, Missing};
use crate::protect::ProtectedTable;
use crate::schema::Record;

/// A code of a derived dimension, and the code of its source that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DerivedLine {
    /// The derived dimension.
    pub dimension: String,
    /// Its code.
    pub code: String,
    /// The dimension that it follows from.
    pub source: String,
    /// The code there.
    pub from: String,
    /// The areas where it is so, ascending; none for all areas that no other line of the code names.
    pub areas: Vec<String>,
}

/// Nodes that are printed, over all tables of a record type.
type PrintedNodes<'a> = BTreeMap<&'a str, BTreeMap<&'a str, NodeKind>>;

/// Returns the nodes of each dimension that tables print and that hold no others.
fn finest<'a>(tables: &[&'a ProtectedTable]) -> PrintedNodes<'a> {
    let mut found: PrintedNodes<'a> = BTreeMap::new();
    for (d, table, breakdown) in tables.iter().flat_map(|table| with_place(table)) {
        let printed: BTreeSet<u16> = table.observations().iter().map(|row| row.nodes[d]).collect();
        let is_parent = |node: u16| breakdown.families.iter().any(|family| family.parent == node);
        let codes = found.entry(&breakdown.dimension).or_default();
        for node in printed.into_iter().filter(|&node| !is_parent(node)) {
            let node = &breakdown.nodes[usize::from(node)];
            codes.insert(&node.code, node.kind);
        }
    }
    found
}

fn with_place(table: &ProtectedTable) -> impl Iterator<Item = (usize, &ProtectedTable, &Breakdown)> {
    table.dimensions().iter().enumerate().map(move |(d, breakdown)| (d, table, breakdown))
}

/// Returns the code that a printed node counts; none for totals, groups and regions.
fn counted(kind: NodeKind) -> Option<u16> {
    match kind {
        NodeKind::Code(code) => Some(code),
        NodeKind::Missing(missing) => Some(missing.code()),
        NodeKind::Total | NodeKind::Known | NodeKind::Residual(_) | NodeKind::Region => None,
    }
}

/// Returns, for tables of one record type, what codes of derived dimensions stand for.
pub(super) fn derived(record: &Record, tables: &[&ProtectedTable]) -> Vec<DerivedLine> {
    let printed = finest(tables);
    let mut lines = Vec::new();
    for (field, rule) in &record.derived {
        let name = |field: usize| record.fields[field].dimension.as_deref().unwrap_or_default();
        let [codes, sources, areas] = [*field, rule.from, rule.against].map(|field| printed.get(name(field)));
        let (Some(codes), Some(sources), Some(areas)) = (codes, sources, areas) else { continue };
        let list = record.fields[*field].codes();
        for (&from, code) in sources.iter().filter_map(|(from, kind)| Some((from, counted(*kind)?))) {
            let mut by_code: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (&area, against) in areas.iter().filter_map(|(area, kind)| Some((area, counted(*kind)?))) {
                if let Some(code) = printed_code(list, rule.code(code, against), codes) {
                    by_code.entry(code).or_default().push(area.to_owned());
                }
            }
            let usual = by_code.iter().max_by_key(|(_, areas)| areas.len()).map(|(code, _)| code.clone());
            lines.extend(by_code.into_iter().map(|(code, areas)| DerivedLine {
                dimension: name(*field).to_owned(),
                source: name(rule.from).to_owned(),
                from: from.to_owned(),
                areas: if Some(&code) == usual.as_ref() { Vec::new() } else { areas },
                code,
            }));
        }
    }
    lines
}

/// Returns the finest printed code that holds a code.
fn printed_code(list: &Codelist, code: u16, printed: &BTreeMap<&str, NodeKind>) -> Option<String> {
    let missing = Missing::ALL.into_iter().find(|missing| missing.code() == code).map(Missing::id);
    let ids = match missing {
        Some(id) => vec![id],
        None => std::iter::once(code).chain(list.ancestors(code)).map(|code| list.id_of(code)).collect(),
    };
    ids.into_iter().find(|id| printed.contains_key(id)).map(str::to_owned)
}

/// Returns, for tables that are limited to one code of a dimension, the code and the next wider one that a table prints: dimension,
/// wider code and code.
pub(super) fn universes<'a>(record: &Record, tables: &[&'a ProtectedTable]) -> BTreeSet<(&'a str, String, &'a str)> {
    let mut codes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (d, table, breakdown) in tables.iter().flat_map(|table| with_place(table)) {
        let printed = table.observations().iter().map(|row| breakdown.nodes[usize::from(row.nodes[d])].code.as_str());
        codes.entry(&breakdown.dimension).or_default().extend(printed);
    }
    let mut found = BTreeSet::new();
    for (_, table, breakdown) in tables.iter().flat_map(|table| with_place(table)) {
        let Some(code) = table.indicator().universe.get(&breakdown.dimension) else { continue };
        let Some(code) = breakdown.nodes.iter().map(|node| node.code.as_str()).find(|other| other == code) else {
            continue;
        };
        let list = record.fields[breakdown.field].codes();
        let above = list.find(code).into_iter().flat_map(|code| list.ancestors(code)).map(|code| list.id_of(code));
        let printed = &codes[breakdown.dimension.as_str()];
        let wider = above.chain(["_K"]).find(|id| printed.contains(id)).unwrap_or("_T");
        found.insert((breakdown.dimension.as_str(), wider.to_owned(), code));
    }
    found
}

impl DerivedLine {
    /// Returns the areas as one text.
    pub fn within(&self) -> String {
        self.areas.join(" ")
    }
}
