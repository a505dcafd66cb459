//! The public files of a release, as everyone can read them: tables, structure, definitions and manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::structure::Structure;
use crate::error::{Error, Result};
use crate::files;
use crate::limits;

/// What a table says of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrintedCell {
    /// A count, which may be 0.
    Count(i64),
    /// A suppressed count, with the bounds that are printed.
    Suppressed { lower: i64, upper: Option<i64> },
    /// Neither: the cell is not defined, or its sources do not say.
    Open,
}

/// The counts of one table.
#[derive(Debug)]
pub(super) struct AuditedTable {
    pub id: String,
    /// The record type, such as `victim`.
    pub record: String,
    pub dimensions: Vec<String>,
    /// For each dimension, its codes in the order of the file.
    pub codes: Vec<Vec<String>>,
    /// For each cell, the position of its code in each dimension.
    pub rows: BTreeMap<Vec<u32>, PrintedCell>,
}

/// What a release says of its protection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Protection {
    /// Only counts of at least so many are published. 0 where the figures are public already.
    pub threshold: i64,
    /// Dimensions in which zeros are hidden; `*` means all.
    pub zeros_hidden: Vec<String>,
    /// The base, where counts are rounded.
    pub base: Option<i64>,
    /// True where tables do not have all lines, so that a missing line says nothing.
    pub leaves_lines_out: bool,
}

/// One release.
#[derive(Debug)]
pub(super) struct AuditedRelease {
    /// The folder, as the user named it.
    pub name: String,
    /// The id that its manifest states.
    pub id: String,
    pub protection: Protection,
    pub structure: Structure,
    pub tables: Vec<AuditedTable>,
    /// All years that a table shows.
    pub years: BTreeSet<String>,
    /// The BLAKE3 digest of its manifest, which lists the digests of all other files.
    pub digest: String,
}

/// Columns of a table that are neither a dimension nor a note about a cell.
const FIRST: [&str; 2] = ["TABLE", "INDICATOR"];

/// The dimension of years.
pub(super) const TIME: &str = "TIME_PERIOD";

/// The dimension of reporting areas.
pub(super) const AREA: &str = "REF_AREA";

fn foreign(path: &Path, what: impl Into<String>) -> Error {
    Error::failed(what).at(files::shown(path)).hint("name the folder of a release, or the folder that holds it")
}

/// Rows of a CSV file, by the names of its columns.
struct Sheet {
    path: PathBuf,
    head: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Sheet {
    fn read(path: PathBuf) -> Result<Self> {
        let bytes = files::read_within(&path, limits::TABLE)?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let damaged = |cause: csv::Error| foreign(&path, "the file is not a table of values").because(cause);
        let head = reader.headers().map_err(damaged)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<_, _>>().map_err(damaged)?;
        Ok(Self { path, head, rows })
    }

    fn column(&self, name: &str) -> Result<usize> {
        let at = self.head.iter().position(|heading| heading == name);
        at.ok_or_else(|| foreign(&self.path, format!("the file has no column {name}")))
    }
}

impl AuditedRelease {
    /// Reads a release, or the release in an output folder.
    ///
    /// # Errors
    /// A file is missing or is not what its name says.
    pub fn read(folder: &Path) -> Result<Self> {
        let inner = folder.join("release");
        let root = if files::exists(&inner.join("manifest.json")) { inner } else { folder.to_owned() };
        let path = root.join("manifest.json");
        let text = files::read_text(&path)?;
        let manifest: serde_json::Value =
            serde_json::from_str(&text).map_err(|cause| foreign(&path, "the manifest is not JSON").because(cause))?;
        let (measures, structure) = (measures(&root)?, structure(&root)?);
        let mut tables = Vec::new();
        for name in files::list(&root.join("tables"))? {
            if name.extension().is_some_and(|extension| extension == "csv") {
                tables.extend(read_tables(root.join("tables").join(name), &measures)?);
            }
        }
        if tables.is_empty() {
            return Err(foreign(&root, "the release has no table of counts"));
        }
        let years = tables.iter().flat_map(years_of).filter(|code| *code != "_T").cloned().collect();
        Ok(Self {
            name: files::shown(folder),
            id: manifest["release"].as_str().unwrap_or_default().to_owned(),
            protection: protection(&manifest["policy"]),
            structure,
            tables,
            years,
            digest: files::digest_of(text.as_bytes()),
        })
    }
}

fn years_of(table: &AuditedTable) -> impl Iterator<Item = &String> {
    let at = table.dimensions.iter().position(|dimension| dimension == TIME);
    at.into_iter().flat_map(|at| &table.codes[at])
}

/// Returns what a manifest says of the policy.
fn protection(policy: &serde_json::Value) -> Protection {
    let hidden = policy["zeros_hidden"].as_array().into_iter().flatten();
    Protection {
        threshold: policy["threshold"].as_i64().unwrap_or(0),
        zeros_hidden: hidden.filter_map(|dimension| dimension.as_str().map(str::to_owned)).collect(),
        base: policy["base"].as_i64(),
        leaves_lines_out: policy["lines"].as_str().is_some_and(|lines| lines.contains("no unknown")),
    }
}

/// A table and a measure.
type MeasureColumns = (String, String);

/// Returns the record type of every measure that is a count.
fn measures(root: &Path) -> Result<BTreeMap<MeasureColumns, String>> {
    let sheet = Sheet::read(root.join("definitions.csv"))?;
    let [table, indicator, record, formula] =
        [sheet.column("TABLE")?, sheet.column("INDICATOR")?, sheet.column("RECORD")?, sheet.column("FORMULA")?];
    let counts = sheet.rows.iter().filter(|row| &row[formula] == "count");
    let name = |row: &csv::StringRecord| row[record].split('@').next().unwrap_or_default().to_owned();
    Ok(counts.map(|row| ((row[table].to_owned(), row[indicator].to_owned()), name(row))).collect())
}

fn structure(root: &Path) -> Result<Structure> {
    let path = root.join("structure.csv");
    if !files::exists(&path) {
        return Err(foreign(&path, "the release has no structure.csv, so that its sums cannot be rebuilt")
            .hint("make it again with this version of tipstat"));
    }
    let sheet = Sheet::read(path)?;
    let [record, dimension, parent, child, kind] = [
        sheet.column("RECORD")?,
        sheet.column("DIMENSION")?,
        sheet.column("PARENT")?,
        sheet.column("CHILD")?,
        sheet.column("KIND")?,
    ];
    let mut structure = Structure::default();
    for row in &sheet.rows {
        structure
            .add([&row[record], &row[dimension]], [&row[parent], &row[child]], &row[kind])
            .map_err(|what| foreign(&sheet.path, what))?;
    }
    let path = root.join("derived.csv");
    if files::exists(&path) {
        let sheet = Sheet::read(path)?;
        let names = ["RECORD", "DIMENSION", "CODE", "SOURCE", "CHILD", "WHERE"];
        let columns = names.into_iter().map(|name| sheet.column(name)).collect::<Result<Vec<_>>>()?;
        for row in &sheet.rows {
            let text = |at: usize| &row[columns[at]];
            structure.derive([text(0), text(1), text(2)], [text(3), text(4), text(5)]);
        }
    }
    Ok(structure)
}

/// Reads the counts of a file. A file with counts of two record types is two tables.
fn read_tables(path: PathBuf, measures: &BTreeMap<MeasureColumns, String>) -> Result<Vec<AuditedTable>> {
    let sheet = Sheet::read(path)?;
    let value = sheet.column("OBS_VALUE")?;
    let [status, lower, upper] =
        [sheet.column("OBS_STATUS")?, sheet.column("LOWER_BOUND")?, sheet.column("UPPER_BOUND")?];
    let [table, indicator] = [sheet.column(FIRST[0])?, sheet.column(FIRST[1])?];
    let dimensions: Vec<usize> = (FIRST.len()..value).collect();
    let mut tables: BTreeMap<String, AuditedTable> = BTreeMap::new();
    for row in &sheet.rows {
        let Some(record) = measures.get(&(row[table].to_owned(), row[indicator].to_owned())) else { continue };
        let number = |at: usize| count(&row[at]).map_err(|what| foreign(&sheet.path, what));
        let printed = match (number(value)?, &row[status]) {
            (Some(count), _) => PrintedCell::Count(count),
            (None, "Q") => PrintedCell::Suppressed { lower: number(lower)?.unwrap_or(0), upper: number(upper)? },
            // Not collected: no record has the code.
            (None, "L") => PrintedCell::Count(0),
            _ => PrintedCell::Open,
        };
        let entry = tables.entry(record.clone()).or_insert_with(|| AuditedTable {
            id: row[table].to_owned(),
            record: record.clone(),
            dimensions: dimensions.iter().map(|&at| sheet.head[at].clone()).collect(),
            codes: vec![Vec::new(); dimensions.len()],
            rows: BTreeMap::new(),
        });
        let nodes = dimensions.iter().enumerate().map(|(d, &at)| number_of(&mut entry.codes[d], &row[at])).collect();
        if entry.rows.insert(nodes, printed).is_some() {
            let line = row.position().map_or(0, csv::Position::line);
            return Err(Error::refused("audit/contradiction", "a table has two lines of one cell")
                .at(format!("{}:{line}", files::shown(&sheet.path)))
                .hint("get the release again from its publisher"));
        }
    }
    Ok(tables.into_values().collect())
}

/// Returns the position of a code, which is new if it is not in the list.
fn number_of(codes: &mut Vec<String>, code: &str) -> u32 {
    let at = codes.iter().position(|known| known == code).unwrap_or_else(|| {
        codes.push(code.to_owned());
        codes.len() - 1
    });
    at as u32
}

/// Returns a whole number of persons, or nothing for an empty cell.
fn count(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    // Whole numbers up to 2^53 are exact as floating-point numbers, which is how tables of measures hold them.
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if number < 0.0 || number.fract() != 0.0 || number > 9e15 {
        return Err(format!("`{text}` is not a count"));
    }
    Ok(Some(number as i64))
}
