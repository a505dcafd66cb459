//! Tables of a store, counted into files.

use std::path::Path;

use super::job::{CubeJob, CubeMade};
use super::kept::{self, Base};
use super::requested::{TOTAL, table_id};
use crate::aggregate::{Cells, CountMeasure, CountRequest, Dimension, Explained};
use crate::control::{Control, Event};
use crate::error::Result;
use crate::files::{self, Stage};
use crate::store::{CodePlaces, CountRows, CountWriter, Part};

/// The column that says to which table a cell belongs.
const TABLE: &str = "table";

/// A job whose dimensions were found.
struct Ready {
    parts: Vec<Part>,
    dimensions: Vec<Dimension>,
    tables: Vec<Vec<usize>>,
}

impl CubeJob {
    fn ready(&self, parts: Vec<Part>) -> Result<Ready> {
        let record = &self.store.record;
        let (requested, tables) = self.request.tables(&self.registry, record)?;
        let mut fields: Vec<usize> = requested.iter().map(|dimension| dimension.field).collect();
        fields.sort_unstable();
        fields.dedup();
        let mut values = vec![std::collections::BTreeSet::new(); fields.len()];
        for part in &parts {
            for (all, more) in values.iter_mut().zip(part.values(record, &fields)?) {
                all.extend(more);
            }
        }
        let mut dimensions = Vec::new();
        for dimension in &requested {
            let at = fields.partition_point(|field| *field < dimension.field);
            let values: Vec<u64> = values[at].iter().copied().collect();
            let breakdown = dimension.breakdown(record, &record.present(dimension.field, &values))?;
            dimensions.push(Dimension::of(&breakdown, &dimension.id, dimension.several, &values)?);
        }
        Ok(Ready { parts, dimensions, tables })
    }

    fn request<'a>(&'a self, ready: &'a Ready) -> CountRequest<'a> {
        CountRequest {
            record: &self.store.record,
            parts: &ready.parts,
            dimensions: &ready.dimensions,
            tables: &ready.tables,
            measure: self.measure,
            memory: self.memory,
        }
    }

    /// Does something with the request for all tables.
    pub fn with_request<T>(&self, act: impl FnOnce(&CountRequest<'_>) -> Result<T>) -> Result<T> {
        let ready = self.ready(self.store.parts())?;
        act(&self.request(&ready))
    }

    /// How the tables would be counted.
    pub fn explain(&self) -> Result<Explained> {
        self.with_request(|request| Ok(request.plan()?.explain()))
    }

    /// Counts all tables into one file, `cube.parquet` of the stage.
    pub fn file(&self, stage: &Stage, keep: Option<&Path>, control: &Control) -> Result<CubeMade> {
        let (parts, mut made) = self.parts_to_count(keep, control)?;
        let ready = self.ready(parts)?;
        let request = self.request(&ready);
        control.report(Event::Stage("count"));
        let plan = request.plan()?;
        let ids: Vec<String> = ready.tables.iter().map(|table| table_id(&ready.dimensions, table)).collect();
        let mut lists = vec![(TABLE.to_owned(), ids)];
        for dimension in &ready.dimensions {
            let nodes = dimension.nodes.iter().cloned().chain([TOTAL.to_owned()]);
            lists.push((dimension.id.clone(), nodes.collect()));
        }
        let mut writer = CountWriter::new(stage.create("cube.parquet")?, lists, plan.number_columns(), &self.about())?;
        plan.count(control, &mut |cells| {
            let table = &ready.tables[cells.table];
            let mut places = vec![CodePlaces::Same(cells.table as u16)];
            let mut nodes = cells.nodes.into_iter();
            for (at, dimension) in ready.dimensions.iter().enumerate() {
                places.push(match table.contains(&at) {
                    true => CodePlaces::Each(nodes.next().unwrap_or_default()),
                    false => CodePlaces::Same(dimension.nodes.len() as u16),
                });
            }
            writer.write(CountRows { places, lower: cells.lower, upper: cells.upper })
        })?;
        made.tables = ready.tables.len();
        made.cells = writer.finish()?;
        self.store.refuse_changed()?;
        Ok(made)
    }

    /// Counts every table into a file of its own.
    pub fn folder(&self, stage: &Stage, keep: Option<&Path>, control: &Control) -> Result<CubeMade> {
        let (parts, mut made) = self.parts_to_count(keep, control)?;
        let ready = self.ready(parts)?;
        let request = self.request(&ready);
        control.report(Event::Stage("count"));
        let plan = request.plan()?;
        let about = self.about();
        let create = |table: usize| {
            let dimensions = &ready.tables[table];
            let lists =
                dimensions.iter().map(|&at| (ready.dimensions[at].id.clone(), ready.dimensions[at].nodes.clone()));
            let name = format!("{}.parquet", file_name(&table_id(&ready.dimensions, dimensions)));
            CountWriter::new(stage.create(&name)?, lists.collect(), plan.number_columns(), &about)
        };
        let mut next = 0;
        let mut open = None;
        plan.count(control, &mut |cells: Cells| {
            // A table without a cell is a file without a row.
            while next <= cells.table {
                if let Some(writer) = open.replace(create(next)?) {
                    made.cells += CountWriter::finish(writer)?;
                }
                next += 1;
            }
            let places = cells.nodes.into_iter().map(CodePlaces::Each).collect();
            let rows = CountRows { places, lower: cells.lower, upper: cells.upper };
            open.as_mut().map_or(Ok(()), |writer| writer.write(rows))
        })?;
        while next < ready.tables.len() {
            if let Some(writer) = open.replace(create(next)?) {
                made.cells += writer.finish()?;
            }
            next += 1;
        }
        if let Some(writer) = open {
            made.cells += writer.finish()?;
        }
        made.tables = ready.tables.len();
        self.store.refuse_changed()?;
        Ok(made)
    }

    /// Counts all combinations of codes into `base.parquet` of the stage: a store in which no two rows are alike.
    pub fn base(&self, stage: &Stage, control: &Control) -> Result<u64> {
        let (requested, _) = self.request.tables(&self.registry, &self.store.record)?;
        let base = Base::new(self, requested.iter().map(|dimension| dimension.field));
        let rows = base.count(self.store.parts(), stage.create("base.parquet")?, control)?;
        self.store.refuse_changed()?;
        Ok(rows)
    }

    /// The statement with which another engine makes the base, within the folder of the store's files.
    pub fn sql(&self) -> Result<String> {
        let (requested, _) = self.request.tables(&self.registry, &self.store.record)?;
        let mut fields: Vec<usize> = requested.iter().map(|dimension| dimension.field).collect();
        fields.sort_unstable();
        fields.dedup();
        let names: Vec<String> =
            fields.iter().map(|&field| format!("\"{}\"", self.store.record.fields[field].id)).collect();
        let names = names.join(", ");
        Ok(format!(
            "COPY (\n  SELECT {names},\n    CAST(sum(\"count\") AS BIGINT) AS \"count\",\n    \
             CAST(sum(\"count_upper\") AS BIGINT) AS \"count_upper\"\n  \
             FROM read_parquet('store/*.parquet')\n  GROUP BY {names}\n  ORDER BY {names}\n) TO 'base.parquet' (FORMAT parquet);\n"
        ))
    }

    /// The files to count: for each one that was counted before, the base that was kept of it.
    fn parts_to_count(&self, keep: Option<&Path>, control: &Control) -> Result<(Vec<Part>, CubeMade)> {
        match keep {
            None => Ok((self.store.parts(), CubeMade { counted: self.store.parts.len(), ..Default::default() })),
            Some(folder) => kept::parts(self, folder, control),
        }
    }

    fn about(&self) -> [(&str, &str); 2] {
        let measure = match self.measure {
            CountMeasure::Victims => "victims: each record, or its count",
            CountMeasure::Persons => "different persons",
        };
        [("tipstat.measure", measure), ("tipstat.caveat", &self.store.record.caveat)]
    }
}

/// A table's name as that of a file on any system.
fn file_name(id: &str) -> String {
    let name: String = id.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
    if files::is_device(&name) { format!("{name}_") } else { name }
}
