//! Tables of persons who all have one code: they say nothing of the other codes.
//!
//! A publisher that lists some forms has no victims of the others. A table of sexual exploitation alone is no such list.

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::{Adding, Figure, Subject, proper_parts};
use crate::indicators::Indicator;
use crate::model::ObsStatus;
use crate::schema::Record;

/// The tables of a package, and which dimensions they list whole.
pub(super) struct Universes<'a> {
    tables: Vec<&'a Indicator>,
    /// Record type and dimension, where the tables together are about every code.
    whole: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Universes<'a> {
    pub fn new(tables: impl Iterator<Item = &'a Indicator>, records: &BTreeMap<String, Record>) -> Self {
        let tables: Vec<&Indicator> = tables.collect();
        let mut codes: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for table in &tables {
            for (dimension, code) in &table.universe {
                codes.entry((&table.record, dimension)).or_default().insert(code);
            }
        }
        let is_whole = |((record, dimension), codes): &((&str, &str), BTreeSet<&str>)| {
            let parts = records.get(*record).map(|record| proper_parts(record, dimension)).unwrap_or_default();
            !parts.is_empty() && parts.iter().all(|part| codes.contains(part.as_str()))
        };
        let whole = codes.into_iter().filter(is_whole).map(|(key, _)| key).collect();
        Self { tables, whole }
    }

    /// Accepts a figure of a table. A missing figure is not a zero, and neither is one that its area did not report.
    pub fn accept(&self, adding: &mut Adding<'_>, (table, figure): (&'a Indicator, &Figure<'_>), status: ObsStatus) {
        let subject = Subject { record: table.record.clone(), counting: table.counting };
        for dimension in self.single(table, figure) {
            adding.list_only(&subject, figure, dimension);
        }
        match status {
            ObsStatus::Normal | ObsStatus::Suppressed => adding.take(&subject, figure),
            ObsStatus::NotCollected => adding.not_report(&subject, figure),
            status if status.has_value() => {
                adding.mark(&subject, figure, status);
                adding.take(&subject, figure);
            }
            status => {
                adding.mark(&subject, figure, status);
                adding.lack(&subject, figure);
            }
        }
    }

    /// Returns the dimensions of a figure in which the package lists one code only, where it has these others.
    fn single(&self, table: &'a Indicator, figure: &Figure<'_>) -> Vec<&'a str> {
        let lists = |dimension: &str| {
            self.whole.contains(&(table.record.as_str(), dimension))
                || self.tables.iter().any(|other| {
                    other.record == table.record
                        && other.counting == table.counting
                        && other.dimensions.iter().any(|name| name == dimension)
                        && figure.at.iter().all(|(name, _)| other.all_dimensions().any(|known| known == name))
                        && other.universe.keys().all(|name| figure.at.iter().any(|(known, _)| known == name))
                })
        };
        table.universe.keys().map(String::as_str).filter(|dimension| !lists(dimension)).collect()
    }
}
