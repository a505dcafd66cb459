//! `structure.csv`: how the codes of each dimension add up, so that a reader can rebuild every sum from the release alone.

use std::collections::{BTreeMap, BTreeSet};

use super::about::About;
use super::derivation::{DerivedLine, derived, universes};
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
/// larger than the whole, and together they are no fewer. A kind holds in all tables of the release that have both codes. A
/// `part` is what a table is limited to: it is no larger than the whole.
pub(super) fn csv(protected: &Protected, about: &About<'_>) -> Result<Vec<u8>> {
    let mut edges: BTreeMap<Edge<'_>, FamilyKind> = BTreeMap::new();
    let by_record = by_record(protected);
    protected.tables().iter().for_each(|table| add(&mut edges, table));
    let mut lines: BTreeSet<[String; 5]> = BTreeSet::new();
    for ((record, dimension, parent, child), kind) in &edges {
        let kind = match kind {
            FamilyKind::Partition => "sum",
            FamilyKind::Cover => "cover",
        };
        lines.insert([record, dimension, parent, child, kind].map(str::to_owned));
    }
    for (id, tables) in by_record {
        for (dimension, wider, code) in universes(about.record(tables[0]), &tables) {
            let is_known = edges.keys().any(|(owner, d, _, child)| (*owner, *d, *child) == (id, dimension, code));
            if !is_known {
                lines.insert([id, dimension, &wider, code, "part"].map(str::to_owned));
            }
        }
    }
    let mut writer = CsvWriter::new(Vec::new());
    writer.row(["RECORD", "DIMENSION", "PARENT", "CHILD", "KIND"]).map_err(super::csv::problem)?;
    for line in lines {
        writer.row(&line).map_err(super::csv::problem)?;
    }
    writer.finish().map_err(super::csv::problem)
}

/// Writes what the codes of derived dimensions stand for, or nothing where no table has a derived dimension and its source.
///
/// # Definition
/// A code is the sum of the codes of the dimension `SOURCE` that name it, area by area. `WHERE` lists the areas. A line without
/// areas holds in all areas that no other line of the same `CHILD` names.
pub(super) fn derived_csv(protected: &Protected, about: &About<'_>) -> Result<Option<Vec<u8>>> {
    let mut writer = CsvWriter::new(Vec::new());
    writer.row(["RECORD", "DIMENSION", "CODE", "SOURCE", "CHILD", "WHERE"]).map_err(super::csv::problem)?;
    let mut is_empty = true;
    for (id, tables) in by_record(protected) {
        for line in derived(about.record(tables[0]), &tables) {
            let within = line.within();
            let DerivedLine { dimension, code, source, from, .. } = &line;
            writer.row([id, dimension, code, source, from, &within]).map_err(super::csv::problem)?;
            is_empty = false;
        }
    }
    let bytes = writer.finish().map_err(super::csv::problem)?;
    Ok((!is_empty).then_some(bytes))
}

/// Returns the tables of each record type.
fn by_record(protected: &Protected) -> BTreeMap<&str, Vec<&ProtectedTable>> {
    let mut found: BTreeMap<&str, Vec<&ProtectedTable>> = BTreeMap::new();
    for table in protected.tables() {
        found.entry(&table.indicator().record).or_default().push(table);
    }
    found
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
