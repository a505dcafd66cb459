//! What the ledger has to say about a release.

use serde::{Deserialize, Serialize};

/// A rule that a release was published in spite of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overridden {
    /// The rules.
    pub rules: Vec<String>,
    /// The reason, as the user gave it.
    pub reason: String,
}

/// What the ledger has to say about a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Ledgers that were begun with this release, although the store was there before.
    pub begun: Vec<String>,
    /// Areas and years that keep their previous figures, because few of their records came or went.
    pub waits: Vec<String>,
    /// Areas and years that were drawn three times or more, with the number of draws.
    pub draws: Vec<(String, u32)>,
    /// Rules that the release was published in spite of, and the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
}

impl LedgerReport {
    /// Joins what multiple ledgers have to say.
    pub(in crate::pipeline) fn of_all<'a>(reports: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for report in reports {
            all.begun.extend(report.begun.iter().cloned());
            all.waits.extend(report.waits.iter().cloned());
            all.draws.extend(report.draws.iter().cloned());
            let rules = report.overridden.iter().flat_map(|known| known.rules.clone());
            match &mut all.overridden {
                Some(known) => known.rules.extend(rules),
                None => all.overridden.clone_from(&report.overridden),
            }
        }
        if let Some(overridden) = &mut all.overridden {
            overridden.rules.sort();
            overridden.rules.dedup();
        }
        all
    }
}
