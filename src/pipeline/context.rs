//! By what tables are made, besides their records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Tables;
use super::paths::is_table;
use crate::error::Result;
use crate::files;
use crate::indicators::{Indicator, Reporting, Setting, TableScope};
use crate::model::Codelist;
use crate::protect::Protected;
use crate::schema::{Breaks, Coverage, Crosswalk, Declared, Populations, Record, Region, Registry, load_codelist};

/// By what tables are made: loaded and checked before the first record is read.
pub(super) struct Context {
    /// The tables.
    pub indicators: Vec<Indicator>,
    /// The record types of the tables, by id.
    pub records: BTreeMap<String, Arc<Record>>,
    /// The scheme of regions.
    pub regions: Region,
    /// The populations.
    pub populations: Populations,
    /// From which years on figures mean something else.
    pub breaks: Breaks,
    /// Who is declared to have reported which years.
    pub coverage: Coverage,
    /// Which tables are counted.
    pub scope: TableScope,
    /// Countries by their number in M49.
    pub numbers: BTreeMap<String, String>,
}

impl Context {
    /// Returns codes with counts that a declaration says were not asked for.
    pub fn against_coverage(&self, protected: &Protected) -> Vec<String> {
        let of_record = |record: &Arc<Record>| protected.against_coverage(&Reporting::declared(&self.coverage, record));
        let found: BTreeSet<String> = self.records.values().flat_map(of_record).collect();
        found.into_iter().collect()
    }

    /// Loads what tables need in addition to their records.
    pub fn load(registry: &Registry, tables: &Tables, indicators: Vec<Indicator>) -> Result<Self> {
        let mut records = BTreeMap::new();
        for indicator in &indicators {
            if !records.contains_key(&indicator.record) {
                let record = Record::load(registry, &indicator.record)?;
                records.insert(indicator.record.clone(), Arc::new(record));
            }
            indicator.check(&records[&indicator.record])?;
        }
        let areas = load_codelist(registry, "CL_AREA@1")?;
        let name = |named: Option<&PathBuf>, default: &str| {
            named.map_or(default.to_owned(), |named| named.to_string_lossy().into_owned())
        };
        let regions = match own_table(tables.regions.as_deref())? {
            Some((text, place, name)) => Region::of_user(&text, &place, &name, &areas)?,
            None => Region::load(registry, &name(tables.regions.as_ref(), "M49"))?,
        };
        let populations = match own_table(tables.populations.as_deref())? {
            Some((text, place, name)) => {
                let populations = Populations::of_user(&text, &place, &name, &areas)?;
                populations.refuse_other_unit(&Populations::load(registry, "WPP")?, &place)?;
                populations
            }
            None => Populations::load(registry, &name(tables.populations.as_ref(), "WPP"))?,
        };
        let pairs = Crosswalk::load(registry, "M49--CL_AREA")?.pairs;
        // Of `004` and `4` the latter is the code of SDMX.
        let numbers =
            pairs.into_iter().filter(|(number, _)| !number.starts_with('0')).map(|(number, area)| (area, number));
        let breaks = match &tables.breaks {
            Some(path) => {
                let dimensions: Vec<&str> = records
                    .values()
                    .flat_map(|record| &record.fields)
                    .filter_map(|field| field.dimension.as_deref())
                    .collect();
                Breaks::parse(&files::read_text(path)?, &files::shown(path), &areas, &dimensions)?
            }
            None => Breaks::default(),
        };
        let (coverage, scope, numbers) = (Coverage::default(), TableScope::default(), numbers.collect());
        Ok(Self { indicators, records, regions, populations, breaks, coverage, scope, numbers })
    }

    /// Populations and regions for formulas.
    pub fn setting(&self) -> Setting<'_> {
        Setting {
            populations: Some(&self.populations),
            regions: Some(&self.regions),
            breaks: Some(&self.breaks),
            limited: false,
            summed: false,
        }
    }

    /// Returns whether a table divides by populations.
    pub fn has_rates(&self) -> bool {
        self.indicators.iter().flat_map(|table| &table.measures).any(|measure| measure.formula.has_population())
    }

    /// Lists, schemes and packs that the tables rest on and whose source was not seen.
    pub fn unverified(&self) -> Vec<String> {
        let mut names = Vec::new();
        for indicator in &self.indicators {
            let record = &self.records[&indicator.record];
            for field in indicator.all_dimensions().filter_map(|dimension| record.dimension(dimension)) {
                let list: &Codelist = record.fields[field].codes();
                if !list.verified {
                    names.push(format!("{}@{}", list.id, list.version));
                }
                for pack in record.packs.iter().filter(|pack| !pack.verified) {
                    if pack.lists.iter().any(|list| list.field == record.fields[field].id) {
                        names.push(format!("packs/{}", pack.area));
                    }
                }
            }
        }
        if !self.regions.verified {
            names.push(self.regions.name.clone());
        }
        if self.has_rates() && !self.populations.verified {
            names.push(self.populations.name.clone());
        }
        names.sort();
        names.dedup();
        names
    }
}

/// The text, the place and the name of a table that a user names by its file.
fn own_table(named: Option<&Path>) -> Result<Option<(String, String, String)>> {
    let Some(path) = named.filter(|named| is_table(named)) else { return Ok(None) };
    let name = path.file_stem().map(|stem| files::shown(stem.as_ref())).unwrap_or_default();
    Ok(Some((files::read_text(path)?, files::shown(path), name)))
}

/// Who reported which years, as a run file and a file of declarations say it.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    /// The declarations of a run file.
    pub declared: Vec<Declared>,
    /// A file of declarations.
    pub file: Option<PathBuf>,
}

impl Declarations {
    /// Returns them, checked against the code lists of a record type.
    pub(super) fn load(&self, record: &Record) -> Result<Coverage> {
        let mut coverage = Coverage::new(self.declared.iter().cloned());
        coverage.check(record)?;
        if let Some(path) = &self.file {
            let file = Coverage::parse(&files::read_text(path)?, &files::shown(path), record)?;
            coverage.extend(file.all().iter().cloned());
        }
        Ok(coverage)
    }
}
