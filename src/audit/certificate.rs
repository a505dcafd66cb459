//! What shows each verdict to somebody who only adds up. It is made of public values only.

use std::collections::BTreeMap;

use super::attack::Attacked;
use super::bounds::Step;
use super::search::CellVerdict;
use super::system::EquationSystem;

/// What a certificate claims of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// Two tables meet its demand.
    Safe { low: u32, high: u32 },
    /// Its bounds show that it needs no protection.
    Harmless,
    /// Its bounds break the demand.
    Unsafe,
    /// Nothing is shown.
    Undecided,
}

/// All certificates of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Certificates {
    pub claims: BTreeMap<u32, Claim>,
    /// A count for every cell that no release publishes; none where no table was found.
    pub base: BTreeMap<u32, i64>,
    /// Further tables, from 1: the cells with another count than in the base.
    pub tables: Vec<Vec<(u32, i64)>>,
    /// Bounds that follow one after another.
    pub steps: Vec<Step>,
}

impl Certificates {
    /// Collects what shows the verdicts of an attack.
    pub fn of(system: &EquationSystem, attacked: &Attacked) -> Self {
        let mut found = Self::default();
        let is_whole = attacked.components.iter().all(|component| component.base.len() == component.cells.len());
        if is_whole && !attacked.components.is_empty() {
            let unknown = (0..system.cells.len() as u32).filter(|&cell| system.cells[cell as usize].value.is_none());
            found.base = unknown.map(|cell| (cell, attacked.bounds.lower[cell as usize])).collect();
        }
        // The first table of each component among those of all.
        let mut first = Vec::new();
        for component in &attacked.components {
            first.push(found.tables.len() as u32);
            if is_whole {
                found.base.extend(component.cells.iter().copied().zip(component.base.iter().copied()));
            }
            let cells = |table: &Vec<(u32, i64)>| {
                table.iter().map(|&(at, count)| (component.cells[at as usize], count)).collect()
            };
            found.tables.extend(component.others.iter().map(cells));
        }
        for judged in &attacked.judged {
            let claim = match judged.verdict {
                CellVerdict::Safe { component, tables } => {
                    let [low, high] =
                        tables.map(|table| if table == 0 { 0 } else { first[component as usize] + table });
                    Claim::Safe { low, high }
                }
                CellVerdict::Harmless => Claim::Harmless,
                CellVerdict::Unsafe => Claim::Unsafe,
                CellVerdict::Undecided => Claim::Undecided,
            };
            found.claims.insert(judged.cell, claim);
        }
        let by_bounds = found.claims.iter().filter(|(_, claim)| matches!(claim, Claim::Harmless | Claim::Unsafe));
        found.steps = attacked.steps_to(by_bounds.map(|(cell, _)| *cell), system);
        found
    }
}
