//! What the schemas say of figures.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::exchange::proper_parts;
use crate::indicators::{self, Indicator};
use crate::schema::{Parts, Record, Registry};

/// What the schemas say of figures, whatever the packages are.
pub(super) struct FigureSchemas {
    pub figure: Record,
    /// All tables that there are.
    pub tables: Vec<Indicator>,
    /// Their record types.
    pub records: BTreeMap<String, Record>,
    pub complete: BTreeMap<String, Vec<String>>,
}

impl FigureSchemas {
    pub fn load(registry: &Registry) -> Result<Self> {
        let figure = Record::load(registry, "figure")?;
        let complete = complete(registry, &figure)?;
        let tables = indicators::select(registry, &[])?;
        let mut records: BTreeMap<String, Record> = BTreeMap::new();
        for table in &tables {
            if !records.contains_key(&table.record) {
                records.insert(table.record.clone(), Record::load(registry, &table.record)?);
            }
        }
        Ok(Self { figure, tables, records, complete })
    }
}

/// The dimensions whose parts make up the total, and the parts of each that a country must report.
fn complete(registry: &Registry, figure: &Record) -> Result<BTreeMap<String, Vec<String>>> {
    let victim = Record::load(registry, "victim")?;
    let all = figure.sums.iter().filter(|sum| sum.parts == Parts::All);
    let dimensions = all.filter_map(|sum| figure.fields[figure.field(&sum.field)?].dimension.clone());
    let mut out: BTreeMap<_, _> =
        dimensions.map(|dimension| (dimension.clone(), proper_parts(&victim, &dimension))).collect();
    // Figures of prosecutions imply nothing about convictions.
    for subject in &figure.subjects {
        let record = Record::load(registry, &subject.record)?;
        out.extend(subject.codes.keys().map(|dimension| (dimension.clone(), proper_parts(&record, dimension))));
    }
    Ok(out)
}
