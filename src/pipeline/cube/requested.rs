//! Which tables are wanted, as a user writes it.

use crate::aggregate::{AreaNodes, Breakdown, Dimension, Several, depth_of};
use crate::error::{Error, Result, suggest};
use crate::schema::{FieldType, Record, Region, Registry};

/// Tables are at most so many: each is a line of a plan and a name.
const MOST_TABLES: usize = 50_000;

/// The node of a dimension that a table does not have.
pub(super) const TOTAL: &str = "_T";

/// The tables of a cube.
#[derive(Clone, Debug, Default)]
pub struct CubeRequest {
    /// Dimensions, such as `sex`, `age@group`, `area@M49` or `form:mix`.
    pub dimensions: Vec<String>,
    /// The most dimensions that a table has.
    pub max_order: usize,
    /// Some tables and no others, each as dimensions that `*` joins; without any, all of up to that order.
    pub tables: Vec<String>,
}

/// The level of a dimension.
pub(super) enum Level {
    /// As it was recorded.
    Recorded,
    /// Down to this depth of its list.
    Depth(usize),
    /// Countries and the regions of this scheme.
    Regions(Region),
}

/// A dimension that is asked for.
pub(super) struct RequestedDimension {
    pub id: String,
    pub field: usize,
    pub level: Level,
    pub several: Several,
}

impl RequestedDimension {
    pub fn breakdown(&self, record: &Record, present: &[u16]) -> Result<Breakdown> {
        Ok(match &self.level {
            Level::Recorded => Breakdown::recorded(record, self.field, present),
            Level::Depth(depth) => Breakdown::codes(record, self.field, *depth, present),
            Level::Regions(scheme) => Breakdown::areas(record, self.field, present, AreaNodes::Regions(scheme)),
        })
    }
}

impl CubeRequest {
    /// The dimensions, and the tables as places among them, in the order of output.
    pub(super) fn tables(
        &self,
        registry: &Registry,
        record: &Record,
    ) -> Result<(Vec<RequestedDimension>, Vec<Vec<usize>>)> {
        let mut names: Vec<&str> = self.dimensions.iter().map(|name| name.trim()).collect();
        let mut lists: Vec<Vec<&str>> = Vec::new();
        for table in &self.tables {
            let list: Vec<&str> = table.split('*').map(str::trim).filter(|name| *name != TOTAL).collect();
            for name in &list {
                if !names.contains(name) {
                    names.push(name);
                }
            }
            lists.push(list);
        }
        if names.is_empty() && self.tables.is_empty() {
            return Err(
                Error::failed("no dimension is named").hint("pass some, such as `--dims area,sex,age@group,form`")
            );
        }
        if names.len() > u64::BITS as usize - 1 {
            return Err(Error::failed(format!("{} dimensions are asked for, and 63 are the most", names.len())));
        }
        let mut dimensions: Vec<RequestedDimension> = Vec::new();
        for name in &names {
            let new = ask(registry, record, name)?;
            if dimensions.iter().any(|other| other.id == new.id) {
                return Err(Error::failed(format!("the dimension `{name}` is requested twice")));
            }
            dimensions.push(new);
        }
        let mut tables: Vec<Vec<usize>> = if lists.is_empty() {
            subsets(dimensions.len(), self.max_order)?
        } else {
            let at = |name: &&str| names.iter().position(|other| other == name).unwrap_or_default();
            lists.iter().map(|list| list.iter().map(at).collect()).collect()
        };
        tables.iter_mut().for_each(|table| {
            table.sort_unstable();
            table.dedup();
        });
        tables.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        tables.dedup();
        Ok((dimensions, tables))
    }
}

/// All subsets of up to so many dimensions, the empty one included.
fn subsets(dimensions: usize, max: usize) -> Result<Vec<Vec<usize>>> {
    let mut all = vec![Vec::new()];
    let mut start = 0;
    for _ in 0..max.min(dimensions) {
        let end = all.len();
        for at in start..end {
            let first = all[at].last().map_or(0, |last: &usize| last + 1);
            for next in first..dimensions {
                let mut table = all[at].clone();
                table.push(next);
                all.push(table);
            }
            if all.len() > MOST_TABLES {
                return Err(Error::failed(format!("more than {MOST_TABLES} tables are requested"))
                    .hint("pass a lower `--max-order`, fewer `--dims`, or the `--tables` that are wanted"));
            }
        }
        start = end;
    }
    Ok(all)
}

fn ask(registry: &Registry, record: &Record, text: &str) -> Result<RequestedDimension> {
    let (rest, rule) = text.split_once(':').map_or((text, None), |(rest, rule)| (rest, Some(rule)));
    let (name, level) = rest.split_once('@').map_or((rest, None), |(name, level)| (name, Some(level)));
    let coded: Vec<&str> = record.coded().map(|(_, field)| field.id.as_str()).collect();
    let by_id = record.coded().find(|(_, field)| field.id == name).map(|(at, _)| at);
    let field = by_id.or_else(|| record.dimension(name)).ok_or_else(|| {
        Error::failed(format!("{} has no dimension `{name}`", record.name())).hint(suggest(name, &coded))
    })?;
    let list = record.fields[field].codes();
    let level = match level {
        None => Level::Recorded,
        Some(level) if list.levels.iter().any(|known| known == level) && record.role("area") != Some(field) => {
            Level::Depth(depth_of(list, Some(level))?)
        }
        // A scheme of regions bears its edition after an `@` too.
        Some(level) => match Region::load(registry, level) {
            Ok(scheme) if list.known().any(|(_, code)| !scheme.path(&code.id).is_empty()) => Level::Regions(scheme),
            Ok(_) => {
                return Err(Error::failed(format!("`{level}` is a scheme of regions, and `{name}` is not a country")));
            }
            Err(error) => {
                let names: Vec<&str> = list.levels.iter().map(String::as_str).collect();
                let what = format!("`{name}` has no level `{level}`, and no scheme of regions is called so");
                return Err(Error::failed(what).hint(suggest(level, &names)).because(error));
            }
        },
    };
    let several = match rule {
        None | Some("each") => Several::Each,
        Some(_) if record.fields[field].kind != FieldType::Set => {
            return Err(Error::failed(format!("a record has one `{name}` only, so `{text}` means nothing"))
                .hint(format!("ask for `{rest}`")));
        }
        Some("mix") => Several::Mix,
        Some("first") => Several::First,
        Some("sets") => Several::Sets,
        Some(rule) => {
            return Err(Error::failed(format!("`{rule}` is not a way to count multiple values"))
                .hint(suggest(rule, &["each", "mix", "first", "sets"])));
        }
    };
    let id = text.strip_suffix(":each").unwrap_or(text).to_owned();
    Ok(RequestedDimension { id, field, level, several })
}

/// The name of a table: its dimensions, or `_T`.
pub fn table_id(dimensions: &[Dimension], table: &[usize]) -> String {
    let names: Vec<&str> = table.iter().map(|&dimension| dimensions[dimension].id.as_str()).collect();
    if names.is_empty() { TOTAL.to_owned() } else { names.join("*") }
}
