//! Parts of a partner's release, before anything is added up: none is above its whole, because counts of records never are.

use std::collections::{BTreeMap, BTreeSet};

use crate::disseminate::PublishedRow;
use crate::error::{Error, Result};
use crate::exchange::Figure;
use crate::indicators::{Counting, Indicator};
use crate::model::{Codelist, Interval, Missing, ObsStatus};
use crate::schema::{FieldType, Record};

/// Areas and years, by record type, with a contradicted total that a combined release lists.
pub(super) type ListedTotals = BTreeSet<[String; 3]>;

/// A count and the row that holds it.
struct CountCell {
    row: u64,
    value: Interval,
}

/// The counts of one table.
pub(super) struct TableCounts<'a> {
    table: &'a Indicator,
    record: &'a Record,
    dimensions: Vec<String>,
    cells: BTreeMap<Vec<String>, CountCell>,
}

const AREA: &str = "REF_AREA";
const TIME: &str = "TIME_PERIOD";

impl<'a> TableCounts<'a> {
    pub fn new(table: &'a Indicator, record: &'a Record) -> Self {
        Self { table, record, dimensions: Vec::new(), cells: BTreeMap::new() }
    }

    /// Adds a row of counts.
    pub fn add(&mut self, row: &PublishedRow<'_>) {
        let Some(status) = ObsStatus::find(row.status) else { return };
        let Some(value) = Figure::bounds(status, row.value, row.lower, row.upper) else { return };
        if self.dimensions.is_empty() {
            self.dimensions = row.at.iter().map(|(dimension, _)| (*dimension).to_owned()).collect();
        }
        let codes = row.at.iter().map(|(_, code)| (*code).to_owned()).collect();
        self.cells.insert(codes, CountCell { row: row.row, value });
    }

    /// Refuses a part above its whole, and for a release of records also a whole that is not the sum of its parts.
    ///
    /// # Errors
    /// There is one: the error names the first row that holds such a part. In a combined release (`listed`) a region may rest on
    /// other areas than its whole, and contradictions of its sources that it lists are allowed.
    pub fn check(&self, listed: Option<&ListedTotals>, path: &str) -> Result<()> {
        let mut wrong: BTreeMap<u64, (String, String)> = BTreeMap::new();
        for (codes, cell) in
            self.cells.iter().filter(|(codes, _)| !listed.is_some_and(|listed| self.is_listed(codes, listed)))
        {
            // In a combined release another year may rest on other areas.
            let is_compared = |d: &usize| listed.is_none() || self.dimensions[*d] != TIME;
            for d in self.parted().filter(is_compared) {
                for above in self.above(d, &codes[d]) {
                    let mut total = codes.clone();
                    total[d] = above;
                    let Some(cell_of_total) = self.cells.get(&total) else { continue };
                    if cell_of_total.value.upper.is_some_and(|upper| cell.value.lower > upper) {
                        wrong.entry(cell.row).or_insert_with(|| (self.text(codes), self.text(&total)));
                    }
                }
            }
        }
        if listed.is_none() && wrong.is_empty() {
            self.sums(&mut wrong);
        }
        let Some((row, (part, whole))) = wrong.into_iter().next() else { return Ok(()) };
        Err(Error::refused("release/not-additive", "a table of the release holds a part that does not fit its whole")
            .at(format!("{path}, row {row}"))
            .with("part", part)
            .with("whole", whole)
            .hint("get the release again from its publisher, or leave the package out"))
    }

    /// Returns the dimensions along which parts are compared.
    fn parted(&self) -> impl Iterator<Item = usize> {
        self.dimensions.iter().enumerate().filter(|(_, name)| *name != AREA).map(|(d, _)| d)
    }

    fn is_listed(&self, codes: &[String], listed: &ListedTotals) -> bool {
        let code = |name: &str| {
            self.dimensions.iter().position(|dimension| dimension == name).map_or("_T", |d| codes[d].as_str())
        };
        // Areas of a region report different cells.
        let (area, year) = (code(AREA), code(TIME));
        area.len() != 3 || listed.contains(&[self.table.record.clone(), area.to_owned(), year.to_owned()])
    }

    fn list(&self, d: usize) -> Option<&Codelist> {
        self.record.dimension(&self.dimensions[d]).and_then(|field| self.record.fields[field].codelist.as_deref())
    }

    /// Returns the codes that include a code.
    fn above(&self, d: usize, code: &str) -> Vec<String> {
        let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let is_missing = Missing::find(code).is_some();
        match code {
            "_T" => Vec::new(),
            code if code == "_K" || is_missing || self.dimensions[d] == TIME => owned(&["_T"]),
            code => {
                let mut out = owned(&["_K", "_T"]);
                let Some(list) = self.list(d) else { return out };
                let group = code.strip_suffix("_U").and_then(|group| list.find(group));
                out.extend(group.map(|group| list.id_of(group).to_owned()));
                let found = list.find(code).or(group);
                out.extend(
                    found.into_iter().flat_map(|code| list.ancestors(code)).map(|code| list.id_of(code).to_owned()),
                );
                out
            }
        }
    }

    /// Returns the codes that make up a total, where the table shows all of them.
    fn parts(&self, d: usize, whole: &str, shown: &BTreeSet<&str>) -> Vec<String> {
        let is_missing = |code: &str| Missing::find(code).is_some();
        let shown = shown.iter().copied();
        let parts: Vec<&str> = match whole {
            "_T" if self.dimensions[d] == TIME => shown.filter(|code| *code != "_T").collect(),
            "_T" => shown.filter(|code| *code == "_K" || is_missing(code)).collect(),
            "_K" => {
                let Some(list) = self.list(d) else { return Vec::new() };
                let codes: Vec<&str> = shown.filter(|code| !["_T", "_K"].contains(code) && !is_missing(code)).collect();
                // Groups that are not codes of the list, such as regions, are parts as well.
                let is_code = |code: &&str| list.find_or_group(code).is_some();
                if !codes.iter().all(is_code) {
                    return Vec::new();
                }
                let is_top = |code: &&str| list.find(code).is_some_and(|code| list.ancestors(code).next().is_none());
                codes.into_iter().filter(is_top).collect()
            }
            _ => Vec::new(),
        };
        parts.into_iter().map(str::to_owned).collect()
    }

    fn sums(&self, wrong: &mut BTreeMap<u64, (String, String)>) {
        for d in self.parted() {
            let field = self.record.dimension(&self.dimensions[d]);
            let is_set = field.is_some_and(|field| self.record.fields[field].kind == FieldType::Set);
            let shown: BTreeSet<&str> = self.cells.keys().map(|codes| codes[d].as_str()).collect();
            for whole in ["_T", "_K"] {
                let parts = self.parts(d, whole, &shown);
                // A person may be in several codes, and different persons in several years.
                let adds = self.table.counting == Counting::Victims && !(is_set && whole == "_K");
                for (codes, cell) in self.cells.iter().filter(|(codes, _)| codes[d] == whole && parts.len() > 1) {
                    let found = parts.iter().filter_map(|part| {
                        let mut at = codes.clone();
                        at[d].clone_from(part);
                        self.cells.get(&at)
                    });
                    let found: Vec<&CountCell> = found.collect();
                    if found.is_empty() {
                        continue;
                    }
                    let lower = found.iter().fold(0u64, |sum, part| sum.saturating_add(part.value.lower));
                    let upper = found.iter().try_fold(0u64, |sum, part| Some(sum.saturating_add(part.value.upper?)));
                    let is_above = adds && cell.value.upper.is_some_and(|upper| lower > upper);
                    // A policy may leave lines of unknown and of known values out of crosses: who is in them is not known here.
                    let is_left_out = |part: &String| {
                        let mut at = codes.clone();
                        at[d].clone_from(part);
                        (part == "_K" || Missing::find(part).is_some()) && !self.cells.contains_key(&at)
                    };
                    let is_below =
                        upper.is_some_and(|upper| upper < cell.value.lower) && !parts.iter().any(is_left_out);
                    if is_above || is_below {
                        let text = format!("{} of {}", parts.join(" + "), self.dimensions[d]);
                        wrong.entry(cell.row).or_insert_with(|| (text, self.text(codes)));
                    }
                }
            }
        }
    }

    fn text(&self, codes: &[String]) -> String {
        let pairs = self.dimensions.iter().zip(codes).filter(|(name, code)| *code != "_T" || *name == TIME);
        pairs.map(|(name, code)| format!("{name}={code}")).collect::<Vec<_>>().join(", ")
    }
}
