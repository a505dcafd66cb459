//! The check of an audit: certificates are added up, and nothing is searched for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::bounds::conceded;
use super::certificate::{Certificates, Claim};
use super::check::{CertificateFault, check};
use super::relations::{LinkedReleases, contradiction};
use super::report::open;
use super::rule::Demand;
use crate::error::Result;

/// What the check of certificates found.
pub struct CheckedAudit {
    /// Cells whose certificate shows them to be safe or harmless.
    pub shown: usize,
    /// Cells that are unsafe or undecided.
    pub open: usize,
    /// Tables that agree with everything published.
    pub tables: usize,
    /// What is wrong, in words.
    pub faults: Vec<String>,
}

/// Returns what must stay possible of each cell.
fn demands(linked: &LinkedReleases, threshold: i64) -> Result<BTreeMap<u32, Demand>> {
    let system = &linked.system;
    let conceded = conceded(system).map_err(|_| contradiction("shown zeros contradict each other"))?;
    Ok(Demand::all(system, &conceded, threshold).collect())
}

/// Checks certificates against the public files of releases.
///
/// # Errors
/// A folder is not a release, or the file has no certificates.
pub fn check_certificates(folders: &[PathBuf], file: &Path) -> Result<CheckedAudit> {
    let (releases, linked, threshold) = open(folders)?;
    let is_rounded = releases.iter().any(|release| release.protection.base.is_some());
    let found = Certificates::read(file)?;
    checked(&linked, &found, if is_rounded { 0 } else { threshold })
}

/// Checks certificates against a system.
pub(super) fn checked(linked: &LinkedReleases, found: &Certificates, threshold: i64) -> Result<CheckedAudit> {
    let demands = demands(linked, threshold)?;
    let faults = check(&linked.system, &demands, found);
    let is_open = |claim: &&Claim| matches!(claim, Claim::Unsafe | Claim::Undecided);
    let open = found.claims.values().filter(is_open).count();
    Ok(CheckedAudit {
        shown: found.claims.len() - open,
        open,
        tables: if found.base.is_empty() { 0 } else { found.tables.len() + 1 },
        faults: faults.into_iter().map(|fault| describe(linked, fault)).collect(),
    })
}

fn describe(linked: &LinkedReleases, fault: CertificateFault) -> String {
    let cell = |cell: u32| {
        if (cell as usize) < linked.system.cells.len() { linked.describe(cell) } else { format!("cell {cell}") }
    };
    match fault {
        CertificateFault::Sum(table, equation) => {
            let relation = linked.relation(linked.system.equations[equation as usize].relation);
            format!("table {table} breaks a sum: {relation}")
        }
        CertificateFault::Stated(table, number) => {
            format!("table {table} has a count that the release excludes: {}", cell(number))
        }
        CertificateFault::NoCount(number) => format!("the first table has no count: {}", cell(number)),
        CertificateFault::Step(at) => format!("step {at} does not follow"),
        CertificateFault::Claim(number) => format!("no certificate shows the verdict: {}", cell(number)),
    }
}
