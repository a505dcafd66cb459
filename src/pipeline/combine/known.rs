//! What the schemas say of figures.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::exchange::proper_parts;
use crate::indicators::{self, Indicator};
use crate::schema::{FieldType, Parts, Record, Registry};

/// What the schemas say of figures, whatever the packages are.
pub(super) struct FigureSchemas {
    pub figure: Record,
    /// All tables that there are.
    pub tables: Vec<Indicator>,
    /// Their record types.
    pub records: BTreeMap<String, Record>,
    /// The dimensions whose parts make up the total, and the parts of each that a country must report.
    pub complete: BTreeMap<String, Vec<String>>,
    /// Those of them in which a person is in one part only: the parts add up to the total.
    pub additive: BTreeMap<String, Vec<String>>,
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
        // A person who was prosecuted and convicted is in both stages.
        let is_set = |record: &Record, name: &str| {
            record.dimension(name).is_some_and(|field| record.fields[field].kind == FieldType::Set)
        };
        let mut additive = complete.clone();
        additive.retain(|name, _| records.values().all(|record| !is_set(record, name)));
        Ok(Self { figure, tables, records, complete, additive })
    }
}

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
