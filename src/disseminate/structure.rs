//! `structure.csv`: how the codes of each dimension add up, so that a reader can rebuild every sum from the release alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::FamilyKind;
use crate::error::Result;
use crate::files::CsvWriter;
use crate::protect::{Protected, ProtectedTable};

/// Record type, dimension, parent and child.
type Edge<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Writes each code of a table with the code that it is a part of.
///
/// # Definition
/// The parts of a `sum` add up to the whole. Those of a `cover` do not: a person may be in several of them, none of them is
/// larger than the whole, and together they are no fewer. A kind holds in all tables of the release that have both codes.
pub(super) fn csv(protected: &Protected) -> Result<Vec<u8>> {
    let mut edges: BTreeMap<Edge<'_>, FamilyKind> = BTreeMap::new();
    for table in protected.tables() {
        add(&mut edges, table);
    }
    let mut writer = CsvWriter::new(Vec::new());
    writer.row(["RECORD", "DIMENSION", "PARENT", "CHILD", "KIND"]).map_err(super::csv::problem)?;
    for ((record, dimension, parent, child), kind) in edges {
        let kind = match kind {
            FamilyKind::Partition => "sum",
            FamilyKind::Cover => "cover",
        };
        writer.row([record, dimension, parent, child, kind]).map_err(super::csv::problem)?;
    }
    writer.finish().map_err(super::csv::problem)
}

/// Adds the edges between codes that the table prints.
fn add<'a>(edges: &mut BTreeMap<Edge<'a>, FamilyKind>, table: &'a ProtectedTable) {
    let record = table.indicator().record.as_str();
    for (d, breakdown) in table.dimensions().iter().enumerate() {
        let printed: BTreeSet<u16> = table.observations().iter().map(|row| row.nodes[d]).collect();
        for family in breakdown.families.iter().filter(|family| printed.contains(&family.parent)) {
            let code = |node: u16| breakdown.nodes[usize::from(node)].code.as_str();
            for &child in family.children.iter().filter(|child| printed.contains(child)) {
                let edge = (record, breakdown.dimension.as_str(), code(family.parent), code(child));
                let kind = edges.entry(edge).or_insert(family.kind);
                // Where a person may have several codes in one table, the sum holds in none.
                if family.kind == FamilyKind::Cover {
                    *kind = FamilyKind::Cover;
                }
            }
        }
    }
}
