//! What an audit found, in sentences and as data.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::attack::{Attacked, attack, is_count, terms_of};
use super::bounds::Side;
use super::certificate::Certificates;
use super::relations::{LinkedReleases, contradiction, link};
use super::release::{AuditedRelease, PrintedCell};
use super::rule::Demand;
use super::search::{CellVerdict, Judged};
use super::system::OPEN;
use crate::error::{Error, Result};

/// How many cells have each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Two tables that agree with everything published show that both ends of the required interval are possible.
    pub safe: usize,
    /// The count is known to be large, or the difference to be none or large, which the rule allows.
    pub harmless: usize,
    /// A combination of published figures narrows the cell more than the rule allows.
    pub r#unsafe: usize,
    /// Neither was shown. It counts as unsafe.
    pub undecided: usize,
}

/// What an audit found.
pub struct AuditReport {
    /// Name, id and digest of the manifest of each release.
    releases: Vec<[String; 3]>,
    /// The base, where counts are rounded, and how many counts are printed.
    rounded: Option<(i64, usize)>,
    pub(super) linked: LinkedReleases,
    attacked: Attacked,
}

/// Reads releases as one system, with the highest threshold.
pub(super) fn open(folders: &[PathBuf]) -> Result<(Vec<AuditedRelease>, LinkedReleases, i64)> {
    let releases = folders.iter().map(|folder| AuditedRelease::read(Path::new(folder))).collect::<Result<Vec<_>>>()?;
    let bases: Vec<Option<i64>> = releases.iter().map(|release| release.protection.base).collect();
    if bases.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(contradiction("some releases are rounded and others are not, or by another base"));
    }
    let threshold = releases.iter().map(|release| release.protection.threshold).max().unwrap_or(0);
    let linked = link(&releases)?;
    Ok((releases, linked, threshold))
}

/// Audits releases together, as a reader who has all of them.
///
/// # Errors
/// A folder is not a release, or the releases contradict themselves or each other.
pub fn audit(folders: &[PathBuf]) -> Result<AuditReport> {
    let (releases, linked, threshold) = open(folders)?;
    let base = releases.iter().find_map(|release| release.protection.base);
    // Printed counts of a rounded release are the counts of a possible population. Nothing but them follows from them.
    let attacked = attack(&linked, if base.is_some() { 0 } else { threshold })?;
    let rounded = base.map(|base| between(&releases, base).map(|counts| (base, counts))).transpose()?;
    let names = releases.into_iter().map(|release| [release.name, release.id, release.digest]).collect();
    Ok(AuditReport { releases: names, rounded, linked, attacked })
}

/// Counts the printed counts of rounded releases.
///
/// # Errors
/// One of them is between 0 and the base, or is suppressed.
fn between(releases: &[AuditedRelease], base: i64) -> Result<usize> {
    let rows = releases.iter().flat_map(|release| &release.tables).flat_map(|table| table.rows.values());
    let is_whole = |printed: &&PrintedCell| match printed {
        PrintedCell::Count(count) => *count == 0 || *count >= base,
        PrintedCell::Suppressed { .. } => false,
        PrintedCell::Open => true,
    };
    if rows.clone().all(|row| is_whole(&row)) {
        return Ok(rows.count());
    }
    Err(contradiction(&format!("a rounded release prints a count between 0 and {base}, or suppresses one")))
}

impl AuditReport {
    /// Returns how many suppressed cells have each verdict.
    pub fn cells(&self) -> Verdicts {
        self.count(|cell| is_count(&self.linked.system, cell))
    }

    /// Returns how many differences have each verdict: overlaps of codes, and totals without one of their parts.
    pub fn differences(&self) -> Verdicts {
        self.count(|cell| !is_count(&self.linked.system, cell))
    }

    fn count(&self, is_counted: impl Fn(u32) -> bool) -> Verdicts {
        let mut found = Verdicts::default();
        for judged in self.attacked.judged.iter().filter(|judged| is_counted(judged.cell)) {
            *match judged.verdict {
                CellVerdict::Safe { .. } => &mut found.safe,
                CellVerdict::Harmless => &mut found.harmless,
                CellVerdict::Unsafe => &mut found.r#unsafe,
                CellVerdict::Undecided => &mut found.undecided,
            } += 1;
        }
        found
    }

    /// Returns whether every cell was shown to be safe or harmless.
    pub fn is_passed(&self) -> bool {
        self.findings().next().is_none()
    }

    fn findings(&self) -> impl Iterator<Item = &Judged> {
        self.attacked.cells(|verdict| matches!(verdict, CellVerdict::Unsafe | CellVerdict::Undecided))
    }

    /// Returns the certificates.
    pub(super) fn certificates(&self) -> Certificates {
        Certificates::of(&self.linked.system, &self.attacked)
    }

    fn interval(&self, cell: u32) -> (i64, i64) {
        (self.attacked.bounds.lower[cell as usize], self.attacked.bounds.upper[cell as usize])
    }

    /// Describes the audit, with at most so many findings.
    pub fn describe(&self, limit: usize) -> String {
        let mut out = String::new();
        for [name, id, _] in &self.releases {
            out += &format!("release:     `{id}` in {name}\n");
        }
        if let Some((base, counts)) = self.rounded {
            return out
                + &format!(
                    "rounded:     {counts} printed counts, none between 0 and {base}; all sums hold in print\n\
                     model:       A4, the reader knows base and method: the printed counts are those of a possible population\n"
                );
        }
        let Attacked { rank, free, .. } = &self.attacked;
        out += "model:       A0 and A1: counts are whole numbers, not negative, and the reader knows which zeros are shown\n";
        out += &format!(
            "system:      {} counts, {rank} independent sums over suppressed ones, {free} free moves\n",
            self.linked.system.cells.len()
        );
        for (name, verdicts) in [("suppressed", self.cells()), ("differences", self.differences())] {
            let Verdicts { safe, harmless, r#unsafe, undecided } = verdicts;
            out += &format!("{name:<12} {safe} safe, {harmless} harmless, {unsafe} unsafe, {undecided} undecided\n");
        }
        let findings: Vec<&Judged> = self.findings().collect();
        for judged in findings.iter().take(limit) {
            out += &format!("- {}: {}\n", self.linked.describe(judged.cell), self.verdict(judged));
        }
        if findings.len() > limit {
            out += &format!("- and {} more\n", findings.len() - limit);
        }
        out
    }

    /// Describes a verdict.
    fn verdict(&self, judged: &Judged) -> String {
        let (lower, upper) = self.interval(judged.cell);
        let known = match (lower, upper) {
            _ if lower == upper => format!("is exactly {lower}"),
            (_, OPEN..) => format!("is at least {lower}"),
            _ => format!("is from {lower} to {upper}"),
        };
        let word = match judged.verdict {
            CellVerdict::Safe { .. } => "safe",
            CellVerdict::Harmless => "harmless",
            CellVerdict::Unsafe => "unsafe",
            CellVerdict::Undecided => "undecided",
        };
        match judged.demand {
            Demand::Ends { low, high, .. } => {
                format!("{word}: {known}, and must be able to be {low} or fewer and {high} or more")
            }
            Demand::NotSmall { threshold } => {
                format!("{word}: {known}, and must not be known to be from 1 to {}", threshold - 1)
            }
        }
    }

    /// Returns the audit as data. All of it follows from public files.
    pub fn to_json(&self) -> Value {
        let verdicts = |counted: Verdicts| json!({ "safe": counted.safe, "harmless": counted.harmless, "unsafe": counted.r#unsafe, "undecided": counted.undecided });
        let releases = self.releases.iter().map(|[_, id, digest]| json!({ "release": id, "manifest_blake3": digest }));
        let findings = self.findings().map(|judged| {
            let (lower, upper) = self.interval(judged.cell);
            let kind = if is_count(&self.linked.system, judged.cell) { "suppressed" } else { "difference" };
            json!({
                "cell": self.linked.describe(judged.cell),
                "kind": kind,
                "verdict": if judged.verdict == CellVerdict::Unsafe { "unsafe" } else { "undecided" },
                "lower": lower,
                "upper": (upper < OPEN).then_some(upper),
            })
        });
        let tables: usize = self.attacked.components.iter().map(|component| component.others.len() + 1).sum();
        json!({
            "releases": releases.collect::<Vec<_>>(),
            "models": if self.rounded.is_some() { vec!["A4"] } else { vec!["A0", "A1"] },
            "passed": self.is_passed(),
            "counts": self.linked.system.cells.len(),
            "rank": self.attacked.rank,
            "free_moves": self.attacked.free,
            "tables": tables,
            "suppressed": verdicts(self.cells()),
            "differences": verdicts(self.differences()),
            "findings": findings.collect::<Vec<_>>(),
        })
    }

    /// Explains what is known of a cell, and how it follows. `key` is a name such as `REF_AREA=KHM, SEX=F`.
    ///
    /// # Errors
    /// No suppressed cell has the name.
    pub fn why(&self, key: &str) -> Result<String> {
        let parts = |text: &str| -> Vec<String> {
            let mut parts: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
            parts.sort();
            parts
        };
        let of_key = parts(key);
        let found = self.attacked.judged.iter().find(|judged| parts(&self.linked.describe(judged.cell)) == of_key);
        let judged = found.ok_or_else(|| {
            Error::failed(format!("no suppressed cell is named `{key}`"))
                .hint("copy the name of a cell from the list of `tipstat audit`")
        })?;
        let system = &self.linked.system;
        let mut out = format!("{}\n{}\n", self.linked.describe(judged.cell), self.verdict(judged));
        for step in self.attacked.steps_to([judged.cell].into_iter(), system) {
            let side = if step.side == Side::Lower { "at least" } else { "at most" };
            out += &format!("- {}: {side} {}, because\n", self.linked.describe(step.cell), step.bound);
            let terms = terms_of(system, &step.sum).unwrap_or_default();
            for (equation, _) in step.sum.iter().take(8) {
                out += &format!("    {}\n", self.linked.relation(system.equations[*equation as usize].relation));
            }
            for (cell, factor) in terms.iter().filter(|(cell, _)| *cell != step.cell).take(40) {
                let value = match system.cells[*cell as usize].value {
                    Some(value) => format!("{value}"),
                    None => "suppressed".to_owned(),
                };
                out += &format!("    {factor:+} x {} ({value})\n", self.linked.describe(*cell));
            }
        }
        Ok(out)
    }
}
