//! Reads all cells of some releases as one system: the same persons are one cell, and every sum is an equation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::{KeyPart, NumberedNames, PersonsKey, all_years, parts};
use super::release::{AREA, AuditedRelease, AuditedTable, PrintedCell, TIME};
use super::structure::{CodeFamily, Structure, SumKind};
use super::system::{EquationSystem, Meaning, OPEN, Relation};
use crate::error::{Error, Result};

/// A table whose rows are cells of the system.
pub(super) struct LinkedTable {
    pub id: String,
    pub record: String,
    pub dimensions: Vec<String>,
    codes: Vec<Vec<String>>,
    /// The cell of each row.
    cells: BTreeMap<Vec<u32>, u32>,
    families: Vec<Vec<LinkedFamily>>,
    leaves_lines_out: bool,
}

/// A family by the positions of its codes.
struct LinkedFamily {
    parent: u32,
    children: Vec<u32>,
    kind: SumKind,
}

/// The system of some releases, and what its cells are called.
pub(super) struct LinkedReleases {
    pub system: EquationSystem,
    pub names: NumberedNames,
    pub tables: Vec<LinkedTable>,
    /// Dimensions that follow from others: record type, dimension and source.
    pub derived: Vec<[String; 3]>,
}

/// Reads releases as one system.
///
/// # Errors
/// Published counts contradict each other.
pub(super) fn link(releases: &[AuditedRelease]) -> Result<LinkedReleases> {
    let mut linked = LinkedReleases {
        system: EquationSystem::default(),
        names: NumberedNames::default(),
        tables: Vec::new(),
        derived: Vec::new(),
    };
    let mut structure = Structure::default();
    let years: BTreeSet<&BTreeSet<String>> =
        releases.iter().map(|one| &one.years).filter(|one| !one.is_empty()).collect();
    for release in releases {
        structure.join(&release.structure);
        let years = if release.years.is_empty() && years.len() == 1 { years.first() } else { None };
        let years = years.map_or(&release.years, |only| only);
        for table in &release.tables {
            let table = read_table(&mut linked, release, table, years)?;
            linked.tables.push(table);
        }
    }
    for at in 0..linked.tables.len() {
        add_sums(&mut linked.system, &linked.tables[at], at as u16);
    }
    for at in 0..linked.tables.len() {
        add_universe(&mut linked.system, &linked.names, &linked.tables[at], (at as u16, &structure));
    }
    linked.derived = structure.derived().into_iter().collect();
    for at in 0..linked.derived.len() {
        add_derived(&mut linked, at as u16, &structure);
    }
    if let Some(equation) = linked.system.contradiction.clone() {
        let cells: Vec<String> = equation.terms.iter().take(4).map(|(cell, _)| linked.describe(*cell)).collect();
        return Err(contradiction(&format!("published counts do not add up ({})", linked.relation(equation.relation)))
            .with("cells", cells.join("; ")));
    }
    Ok(linked)
}

/// Makes the error of files that contradict each other.
pub(super) fn contradiction(what: &str) -> Error {
    Error::refused("audit/contradiction", what.to_owned()).hint(
        "releases of different records cannot be audited together; get a damaged release again from its publisher",
    )
}

impl LinkedReleases {
    /// Describes a cell.
    pub fn describe(&self, cell: u32) -> String {
        match self.system.cells[cell as usize].meaning {
            Meaning::Count(key) => self.names.describe(key),
            Meaning::Overlap(whole, _) => format!("overlap of the codes of {}", self.describe(whole)),
            Meaning::Rest(whole, part) => format!("{} without {}", self.describe(whole), self.describe(part)),
        }
    }

    /// Describes why cells add up.
    pub fn relation(&self, relation: Relation) -> String {
        let place = |table: u16, d: u16| {
            let table = self.tables.get(usize::from(table));
            table.map_or(("a table", "a dimension"), |known| {
                (known.id.as_str(), known.dimensions[usize::from(d)].as_str())
            })
        };
        match relation {
            Relation::Sum(table, d) => {
                let (table, d) = place(table, d);
                format!("codes of {d} in {table} add up")
            }
            Relation::SumOfDifferences(table, d) => {
                let (table, d) = place(table, d);
                format!("differences add up over {d} in {table}")
            }
            Relation::Definition(table, d) => {
                let (table, d) = place(table, d);
                format!("a code of {d} in {table} is part of another")
            }
            Relation::Derived(at) => {
                let [_, dimension, source] = &self.derived[usize::from(at)];
                format!("{dimension} follows from {source}")
            }
        }
    }
}

/// Gives the rows of a table their cells.
fn read_table(
    linked: &mut LinkedReleases,
    release: &AuditedRelease,
    table: &AuditedTable,
    years: &BTreeSet<String>,
) -> Result<LinkedTable> {
    let LinkedReleases { system, names, .. } = linked;
    let parts = parts(names, release, table, years);
    let record = names.number(&table.record) as u16;
    let extra = if table.dimensions.iter().any(|dimension| dimension == TIME) { None } else { all_years(names, years) };
    let hides: Vec<bool> = table.dimensions.iter().map(|dimension| hides_zeros(release, dimension)).collect();
    let hides_all = hides_zeros(release, "*");
    let mut cells = BTreeMap::new();
    for (codes, printed) in &table.rows {
        let mut key: Vec<KeyPart> =
            codes.iter().enumerate().filter_map(|(d, &code)| parts[d][code as usize]).chain(extra).collect();
        key.sort_unstable();
        let cell = system.cell(Meaning::Count(names.key(PersonsKey { record, parts: key })));
        cells.insert(codes.clone(), cell);
        let says = |d: usize| !["_T", "_K"].contains(&code(table, codes, d)) && !is_missing(code(table, codes, d));
        let hides_zero = hides_all || (0..codes.len()).any(|d| hides[d] && says(d));
        let at = &mut system.cells[cell as usize];
        at.hides_zero &= hides_zero;
        match *printed {
            PrintedCell::Count(value) => {
                if let Some(known) = at.value.filter(|known| *known != value) {
                    let place = linked.describe(cell);
                    return Err(contradiction(&format!("a count is published as {known} and as {value}"))
                        .at(release.name.clone())
                        .with("cell", place));
                }
                at.value = Some(value);
            }
            PrintedCell::Suppressed { lower, upper } => {
                at.lower = at.lower.max(lower).max(i64::from(!hides_zero));
                at.upper = at.upper.min(upper.unwrap_or(OPEN));
                at.threshold = at.threshold.max(release.protection.threshold);
            }
            PrintedCell::Open => {}
        }
    }
    let families = table.dimensions.iter().enumerate().map(|(d, dimension)| {
        let families = release.structure.families(&table.record, dimension, &table.codes[d]);
        families.iter().map(|family| positions(family, &table.codes[d])).collect()
    });
    Ok(LinkedTable {
        id: table.id.clone(),
        record: table.record.clone(),
        dimensions: table.dimensions.clone(),
        codes: table.codes.clone(),
        families: families.collect(),
        leaves_lines_out: release.protection.leaves_lines_out,
        cells,
    })
}

fn code<'a>(table: &'a AuditedTable, codes: &[u32], d: usize) -> &'a str {
    &table.codes[d][codes[d] as usize]
}

/// Returns whether a code says that nothing is known.
fn is_missing(code: &str) -> bool {
    ["_U", "_X", "_N"].contains(&code)
}

fn hides_zeros(release: &AuditedRelease, dimension: &str) -> bool {
    release.protection.zeros_hidden.iter().any(|hidden| hidden == dimension)
}

fn positions(family: &CodeFamily, codes: &[String]) -> LinkedFamily {
    let at = |code: &String| codes.iter().position(|known| known == code).unwrap_or_default() as u32;
    LinkedFamily { parent: at(&family.parent), children: family.children.iter().map(at).collect(), kind: family.kind }
}

/// A cell of a parent, with those of its children.
struct Parted<'a> {
    codes: &'a Vec<u32>,
    whole: u32,
    parts: Vec<u32>,
}

impl LinkedTable {
    /// Returns each cell of a parent with those of its children. A line that the table does not have cannot hold anyone, such as
    /// another country's own list.
    fn parted<'a>(
        &'a self,
        cells: &'a BTreeMap<Vec<u32>, u32>,
        d: usize,
        family: &'a LinkedFamily,
    ) -> impl Iterator<Item = Parted<'a>> + 'a {
        cells.iter().filter(move |(codes, _)| codes[d] == family.parent).filter_map(move |(codes, &whole)| {
            let mut at = codes.clone();
            let children = family.children.iter().map(|&child| {
                at[d] = child;
                cells.get(&at).copied()
            });
            let children: Vec<Option<u32>> = children.collect();
            let is_whole =
                !self.leaves_lines_out || family.kind == SumKind::Part || children.iter().all(Option::is_some);
            is_whole.then(|| Parted { codes, whole, parts: children.into_iter().flatten().collect() })
        })
    }
}

/// Adds what follows from the hierarchies of a table.
fn add_sums(system: &mut EquationSystem, table: &LinkedTable, at: u16) {
    for (d, families) in table.families.iter().enumerate() {
        let relation = Relation::Sum(at, d as u16);
        for family in families.iter().filter(|family| family.kind == SumKind::Sum) {
            for Parted { whole, parts, .. } in table.parted(&table.cells, d, family) {
                system.add(sum(whole, &parts), relation);
            }
        }
        for family in flattened(families) {
            for Parted { whole, parts, .. } in table.parted(&table.cells, d, &family) {
                system.add_implied(sum(whole, &parts), relation);
            }
        }
    }
    for (d, families) in table.families.iter().enumerate() {
        for family in families.iter().filter(|family| family.kind != SumKind::Sum) {
            add_cover(system, table, (at, d), family);
        }
    }
}

/// The terms of: a whole is the sum of its parts.
fn sum(whole: u32, parts: &[u32]) -> Vec<(u32, i64)> {
    parts.iter().map(|&part| (part, 1)).chain([(whole, -1)]).collect()
}

/// Families in which children are replaced by their own children. They follow from the others, and propagation is sharper with
/// them.
fn flattened(families: &[LinkedFamily]) -> Vec<LinkedFamily> {
    let parts = |code: u32| {
        families.iter().find(|known| known.parent == code && known.kind == SumKind::Sum).map(|known| &known.children)
    };
    let mut found = Vec::new();
    for family in families.iter().filter(|family| family.kind == SumKind::Sum) {
        let mut children = family.children.clone();
        while children.iter().any(|&child| parts(child).is_some()) {
            children =
                children.iter().flat_map(|&child| parts(child).cloned().unwrap_or_else(|| vec![child])).collect();
            found.push(LinkedFamily { parent: family.parent, children: children.clone(), kind: SumKind::Sum });
        }
    }
    found
}

/// Adds a family whose codes a person may have several of: the overlap and the rest of each child are counts as well.
fn add_cover(system: &mut EquationSystem, table: &LinkedTable, (at, d): (u16, usize), family: &LinkedFamily) {
    let relation = Relation::Definition(at, d as u16);
    let (mut overlaps, mut rests) = (BTreeMap::new(), vec![BTreeMap::new(); family.children.len()]);
    for Parted { codes, whole, parts } in table.parted(&table.cells, d, family) {
        if family.kind == SumKind::Cover && !parts.is_empty() {
            let meaning = Meaning::Overlap(whole, system.set(parts.clone()));
            overlaps.insert(codes.clone(), system.define(meaning, &sum(whole, &parts), relation));
        }
        let mut place = codes.clone();
        for (&child, rests) in family.children.iter().zip(&mut rests) {
            place[d] = child;
            if let Some(&part) = table.cells.get(&place) {
                let rest = system.define(Meaning::Rest(whole, part), &[(whole, 1), (part, -1)], relation);
                rests.insert(codes.clone(), rest);
            }
        }
    }
    for layer in rests.iter().chain([&overlaps]) {
        add_layer(system, table, (at, d), layer);
    }
}

/// Adds the sums of overlaps or rests over the dimensions other than `skip`.
fn add_layer(
    system: &mut EquationSystem,
    table: &LinkedTable,
    (at, skip): (u16, usize),
    layer: &BTreeMap<Vec<u32>, u32>,
) {
    for (d, families) in table.families.iter().enumerate().filter(|(d, _)| *d != skip) {
        for family in families.iter().filter(|family| family.kind == SumKind::Sum) {
            for Parted { codes, whole, parts } in table.parted(layer, d, family) {
                // Each line of the table that is a part must have an overlap or a rest.
                let mut place = codes.clone();
                let lines = family.children.iter().filter(|&&child| {
                    place[d] = child;
                    table.cells.contains_key(&place)
                });
                if lines.count() == parts.len() {
                    system.add_implied(sum(whole, &parts), Relation::SumOfDifferences(at, d as u16));
                }
            }
        }
    }
}

/// Adds: a table of a part of the persons counts no more than the same table of all.
fn add_universe(
    system: &mut EquationSystem,
    names: &NumberedNames,
    table: &LinkedTable,
    (at, structure): (u16, &Structure),
) {
    for (d, dimension) in table.dimensions.iter().enumerate() {
        let [code] = table.codes[d].as_slice() else { continue };
        if code == "_T" || dimension == AREA || dimension == TIME {
            continue;
        }
        let above = structure.above(&table.record, dimension, code);
        let wider = above.iter().filter(|code| *code != "_T").map(Some).chain([None]);
        for wider in wider {
            let mut layer = BTreeMap::new();
            for (codes, &part) in &table.cells {
                let Some(whole) = widened(system, names, part, (dimension, wider)) else { continue };
                if whole != part {
                    let relation = Relation::Definition(at, d as u16);
                    let rest = system.define(Meaning::Rest(whole, part), &[(whole, 1), (part, -1)], relation);
                    layer.insert(codes.clone(), rest);
                }
            }
            add_layer(system, table, (at, d), &layer);
        }
    }
}

/// Returns the cell of the same persons with a wider code, or with any code, in one dimension.
fn widened(
    system: &EquationSystem,
    names: &NumberedNames,
    cell: u32,
    (dimension, code): (&str, Option<&String>),
) -> Option<u32> {
    let Meaning::Count(key) = system.cells[cell as usize].meaning else { return None };
    let mut key = names.keys_list[key as usize].clone();
    let at = key.parts.iter().position(|(part, _)| names.text(u32::from(*part)) == dimension)?;
    match code {
        Some(code) => key.parts[at].1 = names.find_text(code)?,
        None => drop(key.parts.remove(at)),
    }
    system.find(Meaning::Count(names.find(&key)?))
}

/// Cells by the code of one dimension, for one set of codes of the others.
type Slices = BTreeMap<Vec<KeyPart>, BTreeMap<u32, u32>>;

/// Returns the cells of a dimension, by the codes of all others.
fn slices(linked: &LinkedReleases, record: u16, dimension: u16) -> Slices {
    let mut found: Slices = BTreeMap::new();
    for (number, key) in linked.names.keys_list.iter().enumerate().filter(|(_, key)| key.record == record) {
        let Some(&(_, code)) = key.parts.iter().find(|(part, _)| *part == dimension) else { continue };
        let others = key.parts.iter().filter(|(part, _)| *part != dimension).copied().collect();
        if let Some(cell) = linked.system.find(Meaning::Count(number as u32)) {
            found.entry(others).or_default().insert(code, cell);
        }
    }
    found
}

/// Adds: the persons of a derived code are those of the codes that it stands for, area by area.
fn add_derived(linked: &mut LinkedReleases, at: u16, structure: &Structure) {
    let place = linked.derived[usize::from(at)].clone();
    let [record, dimension, source] = &place;
    let (number, area) = (linked.names.number(record) as u16, linked.names.dimension(AREA));
    let [groups, origins] = [dimension, source].map(|name| linked.names.dimension(name));
    let [groups, origins] = [groups, origins].map(|name| slices(linked, number, name));
    let mut parts_of: HashMap<u32, Option<BTreeMap<String, BTreeSet<String>>>> = HashMap::new();
    let LinkedReleases { system, names, .. } = linked;
    for (others, groups) in groups {
        let Some(origins) = origins.get(&others) else { continue };
        let Some(&(_, code)) = others.iter().find(|(part, _)| *part == area) else { continue };
        // What a code stands for depends on the country. A region has the sum of what its countries have.
        let sources = parts_of.entry(code).or_insert_with(|| {
            let is_country = !structure.has_parts(record, AREA, names.text(code));
            is_country.then(|| structure.sources(&place, names.text(code)))
        });
        let Some(sources) = sources else { continue };
        let leaves = leaves(structure, record, source, origins.keys().map(|code| names.text(*code)));
        for (code, cell) in groups {
            let Some(sources) = sources.get(names.text(code)) else { continue };
            let cell_of = |code: &String| names.find_text(code).and_then(|code| origins.get(&code)).copied();
            let printed: BTreeSet<String> = sources.iter().filter(|code| cell_of(code).is_some()).cloned().collect();
            let parts: Vec<u32> = printed.iter().filter_map(cell_of).collect();
            system.add(sum(cell, &parts), Relation::Derived(at));
            // The same with the code of the source that holds them all and least besides, which makes a short sum.
            let holds = leaves.iter().filter(|(_, below)| below.len() > 1 && printed.is_subset(below));
            if let Some((node, below)) = holds.min_by_key(|(_, below)| below.len())
                && let Some(whole) = cell_of(node)
            {
                let rest = below.difference(&printed).filter_map(cell_of);
                system.add(sum(whole, &rest.chain([cell]).collect::<Vec<_>>()), Relation::Derived(at));
            }
        }
    }
}

/// Returns, for each code, the codes below it that hold no others; of such a code itself.
fn leaves<'a>(
    structure: &Structure,
    record: &str,
    dimension: &str,
    codes: impl Iterator<Item = &'a str> + Clone,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut below: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let above: Vec<(&str, BTreeSet<String>)> =
        codes.map(|code| (code, structure.above(record, dimension, code))).collect();
    let parents: BTreeSet<&String> = above.iter().flat_map(|(_, above)| above).collect();
    for (code, above) in above.iter().filter(|(code, _)| !parents.contains(&(*code).to_owned())) {
        for holder in above.iter().map(String::as_str).chain([*code]) {
            below.entry(holder.to_owned()).or_default().insert((*code).to_owned());
        }
    }
    below
}
