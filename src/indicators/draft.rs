//! Planning and counting the tables of a release.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Counting;
use super::{Formula, Indicator, Reporting};
use crate::aggregate::{AreaNodes, Breakdown, CountMeasure, CountWithTotals, Cube, FamilyKind, Microdata, depth_of};
use crate::confidential::confidential;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::model::{Codelist, Missing};
use crate::schema::{Coverage, Derived, Record, Region, Registry};

/// A table with exact counts. Confidential.
pub struct Draft {
    /// The definition.
    pub indicator: Indicator,
    /// The counts.
    pub cube: Cube,
}

confidential!(Draft);

/// A table without figures, because no source collects one of its dimensions.
#[derive(Clone, Debug)]
pub struct Uncollected {
    /// The definition.
    pub indicator: Indicator,
    /// Its dimensions.
    pub dimensions: Vec<Breakdown>,
    /// The dimension that no source collects.
    pub missing: String,
}

/// All tables of a release.
#[derive(Debug, Default)]
pub struct Drafts {
    /// The tables.
    pub tables: Vec<Draft>,
    /// Tables without figures.
    pub not_collected: Vec<Uncollected>,
    /// Who reported which year.
    pub reporting: Reporting,
    /// Fields that follow from others, with their index in the record type.
    pub derived: Vec<(usize, Derived)>,
}

/// Returns the fields that a set of tables needs, in the order of the record type.
pub fn fields(record: &Record, indicators: &[Indicator]) -> Result<Vec<usize>> {
    let mut fields = Vec::new();
    for indicator in indicators {
        indicator.check(record)?;
        for dimension in indicator.all_dimensions() {
            fields.extend(record.dimension(dimension));
        }
    }
    fields.sort_unstable();
    fields.dedup();
    Ok(fields)
}

/// What tables are counted from, and how finely.
pub struct RecordSource<'a> {
    /// The schemas, for schemes of regions that a table names.
    pub registry: &'a Registry,
    /// The regions of reporting areas.
    pub regions: &'a Region,
    /// The records.
    pub microdata: Microdata<'a>,
    /// Who is declared to have reported, whether there are records or not.
    pub coverage: &'a Coverage,
    /// Which tables are counted.
    pub scope: TableScope,
}

/// Which tables are counted, where no source collects one of their dimensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableScope {
    /// Those that have figures of their own.
    #[default]
    WithFigures,
    /// Those that have a total: other sources may collect the dimension, and the total belongs to their sum.
    WithTotals,
}

impl<'a> RecordSource<'a> {
    /// Counts the tables that have figures.
    pub fn new(registry: &'a Registry, regions: &'a Region, microdata: Microdata<'a>, coverage: &'a Coverage) -> Self {
        Self { registry, regions, microdata, coverage, scope: TableScope::WithFigures }
    }

    fn schemas(&self) -> TableSchemas<'a> {
        let Self { registry, regions, scope, .. } = *self;
        TableSchemas { registry, regions, record: self.microdata.record, scope }
    }
}

/// Returns the dimensions that tables would have, without counting anything. Tables without figures are left out.
pub fn dimensions(source: &RecordSource<'_>, indicators: &[Indicator]) -> Result<Vec<Vec<Breakdown>>> {
    let record = source.microdata.record;
    let values = source.microdata.values(&fields(record, indicators)?)?;
    let present = |field: usize| record.present(field, values.get(&field).map_or(&[], Vec::as_slice));
    let mut all = Vec::new();
    for indicator in indicators {
        let planned = breakdowns(&source.schemas(), indicator, &present)?;
        all.extend(planned.missing.is_none().then_some(planned.dimensions));
    }
    Ok(all)
}

/// Counts the tables, all of them in one pass over the records.
pub fn draft(source: &RecordSource<'_>, indicators: &[Indicator], control: &Control) -> Result<Drafts> {
    let record = source.microdata.record;
    let mut needed = fields(record, indicators)?;
    let roles = [record.role("area"), record.role("time")];
    needed.extend(roles.into_iter().flatten());
    needed.sort_unstable();
    needed.dedup();
    let values = source.microdata.values(&needed)?;
    // Areas and years that are declared have their rows, whether there are records or not.
    let present = |field: usize| {
        let mut codes = record.present(field, values.get(&field).map_or(&[], Vec::as_slice));
        let list = |role: Option<usize>| role.filter(|role| *role == field).map(|role| record.fields[role].codes());
        for declared in source.coverage.all() {
            codes.extend(list(roles[0]).and_then(|areas| areas.find(&declared.area)));
            let years = declared.years.iter();
            codes.extend(years.filter_map(|year| list(roles[1])?.find(&year.to_string())));
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    };
    let mut out = Drafts { derived: record.derived.clone(), ..Drafts::default() };
    let mut plans: BTreeMap<Counting, Vec<(&Indicator, Vec<Breakdown>)>> = BTreeMap::new();
    for indicator in indicators {
        let planned = breakdowns(&source.schemas(), indicator, &present)?;
        match planned {
            PlannedDimensions { dimensions, missing: None } => {
                plans.entry(indicator.counting).or_default().push((indicator, dimensions));
            }
            PlannedDimensions { dimensions, missing: Some(missing) } => {
                out.not_collected.push(Uncollected { indicator: indicator.clone(), dimensions, missing });
            }
        }
    }
    let mut universes: Vec<&String> = indicators.iter().flat_map(|indicator| indicator.universe.keys()).collect();
    universes.sort();
    universes.dedup();
    // Who reported, who did not collect a dimension in which all persons of a table have one code, and by which codes areas divide
    // their persons.
    let without = universes.iter().filter_map(|dimension| not_collected(record, dimension, &present));
    let without: Vec<Breakdown> = without.collect();
    let divided = divided(record, indicators, &present);
    let parts = without.len();
    let parts_of_facts = std::iter::once(None).chain(without.into_iter().chain(divided).map(Some));
    let mut facts: Vec<Vec<Breakdown>> =
        parts_of_facts.filter_map(|part| areas_by_years(&source.schemas(), roles, &present, part)).collect();
    let mut counted: Vec<Cube> = Vec::new();
    for (counting, plans) in plans {
        let measure = match counting {
            Counting::Victims => CountMeasure::Victims,
            Counting::Persons => CountMeasure::Persons,
        };
        let (tables, mut dimensions): (Vec<&Indicator>, Vec<Vec<Breakdown>>) = plans.into_iter().unzip();
        // They cost no further reading in the first pass.
        dimensions.append(&mut facts);
        let request = CountWithTotals { microdata: &source.microdata, values: &values, tables: dimensions, measure };
        let mut made = request.count(control)?;
        counted.extend(made.split_off(tables.len()));
        if counting == Counting::Persons {
            // One person may have a record in each of two years, areas or sexes, so distinct persons never add up.
            let dimensions = made.iter_mut().flat_map(|cube| &mut cube.dimensions);
            dimensions.flat_map(|breakdown| &mut breakdown.families).for_each(|family| family.kind = FamilyKind::Cover);
        }
        out.tables
            .extend(tables.into_iter().zip(made).map(|(indicator, cube)| Draft { indicator: indicator.clone(), cube }));
    }
    out.tables.sort_by(|a, b| a.indicator.id.cmp(&b.indicator.id));
    if let Some((reported, rest)) = counted.split_first() {
        let (without, divided) = rest.split_at(parts.min(rest.len()));
        out.reporting = Reporting::of(reported, without, source.coverage, record);
        divided.iter().try_for_each(|cube| out.reporting.divide(cube, record))?;
    }
    Ok(out)
}

/// Returns the codes of dimensions that sources divide in several ways, as far as any is in use.
fn divided(record: &Record, indicators: &[Indicator], present: &dyn Fn(usize) -> Vec<u16>) -> Vec<Breakdown> {
    let names: BTreeSet<&String> = indicators.iter().flat_map(|table| table.all_dimensions()).collect();
    let is_divided = |field: &usize| {
        record.fields[*field].codelist.as_ref().is_some_and(|list| {
            let used: BTreeSet<usize> = present(*field).into_iter().filter_map(|code| list.division(code)).collect();
            used.len() > 1
        })
    };
    let fields = names.into_iter().filter_map(|name| record.dimension(name)).filter(is_divided);
    fields.map(|field| Breakdown::codes(record, field, 0, &present(field))).collect()
}

/// Returns the persons of whom a dimension is not collected; none where it always is.
fn not_collected(record: &Record, dimension: &str, present: &dyn Fn(usize) -> Vec<u16>) -> Option<Breakdown> {
    let field = record.dimension(dimension)?;
    Breakdown::codes(record, field, 0, &present(field)).only(Missing::NotCollected.id())
}

/// Returns the table that shows who reported which year, of all persons or of those `without` a dimension.
///
/// It has the dimensions of the others, so it costs no further reading.
fn areas_by_years(
    schemas: &TableSchemas<'_>,
    roles: [Option<usize>; 2],
    present: &dyn Fn(usize) -> Vec<u16>,
    without: Option<Breakdown>,
) -> Option<Vec<Breakdown>> {
    let TableSchemas { regions, record, .. } = *schemas;
    let [area, time] = roles;
    let areas = Breakdown::areas(record, area?, &present(area?), AreaNodes::Regions(regions));
    let years = time.map(|time| Breakdown::years(record, time, &present(time)));
    Some([areas].into_iter().chain(years).chain(without).collect())
}

/// The dimensions of a table.
pub(crate) struct PlannedDimensions {
    pub dimensions: Vec<Breakdown>,
    /// The one that no source collects and without which the table has no figures.
    pub missing: Option<String>,
}

/// The schemas by which the dimensions of a table are planned.
#[derive(Clone, Copy)]
pub(crate) struct TableSchemas<'a> {
    pub registry: &'a Registry,
    /// The regions of reporting areas.
    pub regions: &'a Region,
    pub record: &'a Record,
    pub scope: TableScope,
}

/// Plans the dimensions of a table. `present` gives the codes of a field that occur.
pub(crate) fn breakdowns(
    schemas: &TableSchemas<'_>,
    indicator: &Indicator,
    present: &dyn Fn(usize) -> Vec<u16>,
) -> Result<PlannedDimensions> {
    plan(schemas, indicator, present).map_err(|error| {
        if error.place().is_none() { error.at(format!("indicators/{}.toml", indicator.id)) } else { error }
    })
}

fn plan(
    schemas: &TableSchemas<'_>,
    indicator: &Indicator,
    present: &dyn Fn(usize) -> Vec<u16>,
) -> Result<PlannedDimensions> {
    let TableSchemas { registry, regions, record, scope } = *schemas;
    let no_area = || Error::failed("the record type needs a field with the role `area`");
    let area = record.role("area").ok_or_else(no_area)?;
    let fields: Vec<_> = indicator.all_dimensions().filter_map(|d| record.dimension(d)).collect();
    let unpooled = fields.iter().copied().find(|&field| !record.fields[field].pooled);
    let (mut dimensions, mut missing, mut uncollected) = (Vec::new(), None, Vec::new());
    let areas: Vec<u16> = present(area).into_iter().filter(|&code| Codelist::is_known(code)).collect();
    for (&field, name) in fields.iter().zip(indicator.all_dimensions()) {
        let present = present(field);
        let level = indicator.levels.get(name).map(String::as_str);
        let list = record.fields[field].codes();
        let breakdown = if field == area {
            let with_list = unpooled.map(|unpooled| countries_with(record, unpooled, area));
            let nodes = match &with_list {
                Some(countries) if present.iter().any(|code| countries.contains(code)) => {
                    AreaNodes::CountriesWith(countries)
                }
                // No country that reports has a list of its own.
                Some(_) => {
                    let at = fields.iter().position(|&field| Some(field) == unpooled).unwrap_or(0);
                    missing = indicator.all_dimensions().nth(at).cloned();
                    AreaNodes::Regions(regions)
                }
                None => AreaNodes::Regions(regions),
            };
            Breakdown::areas(record, field, &present, nodes)
        } else if record.fields[field].role.as_deref() == Some("time") {
            Breakdown::years(record, field, &present)
        } else {
            if !Breakdown::is_collected(&present) {
                uncollected.push(name.as_str());
            }
            match level {
                Some(level) if !list.levels.iter().any(|known| known == level) => {
                    let scheme = Region::load(registry, level).map_err(|cause| {
                        let what = format!("{} has no level `{level}`, and no scheme of regions is called so", list.id);
                        Error::refused("schema/check", what).because(cause)
                    })?;
                    let mut present = present;
                    if indicator.looks_home(name) {
                        // A country in which none of its own citizens was detected has none: that is a zero.
                        let areas = areas.iter().filter_map(|&code| list.find(record.fields[area].codes().id_of(code)));
                        present.extend(areas);
                        present.sort_unstable();
                        present.dedup();
                    }
                    Breakdown::origins(record, field, &present, &scheme)
                }
                level => Breakdown::codes(record, field, depth_of(list, level)?, &present),
            }
        };
        let breakdown = match indicator.join.get(name) {
            Some(codes) => joined(breakdown, indicator, list, codes)?,
            None => breakdown,
        };
        dimensions.push(match indicator.universe.get(name) {
            Some(code) => breakdown.only(code).ok_or_else(|| {
                Error::refused("schema/check", format!("`{name}` has no code `{code}` at the level of the table"))
            })?,
            None => breakdown,
        });
    }
    if missing.is_none() && !uncollected.is_empty() {
        let is_collected = |name: &str| !uncollected.contains(&name);
        missing = match scope {
            TableScope::WithFigures => indicator.lacks(is_collected),
            TableScope::WithTotals => indicator.universe.keys().find(|name| !is_collected(name)).cloned(),
        };
    }
    Ok(PlannedDimensions { dimensions, missing })
}

/// Returns the dimension of a table with some of its codes counted in one line.
fn joined(breakdown: Breakdown, indicator: &Indicator, list: &Codelist, codes: &[String]) -> Result<Breakdown> {
    let named = |what: String| Error::refused("policy/join", what).hint("change `join` in the policy");
    let [codes @ .., into] = codes else { return Ok(breakdown) };
    let name = breakdown.dimension.clone();
    let find = |code: &String| {
        let index = list.find(code).filter(|&index| Codelist::is_known(index));
        index.ok_or_else(|| named(format!("`{code}` is not a code of {name} that can be joined")))
    };
    let codes: Vec<u16> = codes.iter().map(find).collect::<Result<_>>()?;
    let is_missing = Missing::ALL.into_iter().any(|missing| missing.id() == into);
    // Otherwise tables of coarser levels would count other persons under the code above.
    let parent = if is_missing { None } else { list.code(find(into)?).parent };
    if codes.iter().any(|&code| list.code(code).parent != parent) {
        return Err(named(format!("the codes of {name} that are joined are not of the same group")));
    }
    let all = codes.iter().copied().chain(list.find(into));
    if all.clone().any(|code| list.known().any(|(_, below)| below.parent == Some(code))) {
        return Err(named(format!("a code of {name} that is joined has codes below it")));
    }
    if is_missing && breakdown.is_set() {
        return Err(named(format!(
            "a person may have multiple codes of {name}, so none of them can be joined to `{into}`"
        )));
    }
    let is_named = |code: &str| codes.iter().any(|&joined| list.id_of(joined) == code);
    if indicator.universe.get(&name).is_some_and(|code| is_named(code)) {
        return Err(named(format!("the table `{}` is about a code of {name} that is joined to another", indicator.id)));
    }
    let mut is_used = false;
    for measure in &indicator.measures {
        measure.formula.each(&mut |part| match part {
            Formula::Count(choices) | Formula::Population(choices) => {
                let counted = choices.iter().filter(|choice| choice.dimension == name);
                is_used |= counted.flat_map(|choice| &choice.codes).any(|code| is_named(code));
            }
            Formula::Codes(dimension) => is_used |= *dimension == name,
            _ => {}
        });
    }
    if is_used {
        return Err(named(format!("a formula of the table `{}` needs codes of {name} that are joined", indicator.id)));
    }
    Ok(breakdown.join(&codes, into))
}

/// Returns the areas whose pack has a list for a field.
fn countries_with(record: &Record, field: usize, area: usize) -> Vec<u16> {
    let areas = record.fields[area].codes();
    let has = |pack: &&crate::schema::Pack| pack.lists.iter().any(|list| list.field == record.fields[field].id);
    let found: BTreeSet<u16> = record.packs.iter().filter(has).filter_map(|pack| areas.find(&pack.area)).collect();
    found.into_iter().collect()
}
