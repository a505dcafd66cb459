//! Which codes the figures of an area and a year use.
//!
//! A code that only some sources ask for, such as `_O` of sex, is not a zero where no figure of the area and the year has it.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::Subject;
use super::figures::Figures;
use crate::model::Missing;

/// Codes of one subject that areas use in a year. Areas, dimensions and codes are numbers of [`Figures`].
#[derive(Debug, Default)]
pub(super) struct CodesInUse {
    /// Dimension, code, area and year.
    codes: BTreeSet<(u32, u32, u32, u16)>,
    /// Dimension, area and year to the number of persons of whom it is at least not known.
    unknown: BTreeMap<(u32, u32, u16), u64>,
}

impl CodesInUse {
    /// Reads off figures who uses some codes, each with its dimension.
    pub fn of(figures: &Figures, subject: &Subject, some: &BTreeSet<(u32, u32)>) -> Self {
        let mut asked = Self::default();
        for ((other, dimensions), places) in &figures.lacking {
            for (area, year, codes) in places.iter().filter(|_| other == subject) {
                let codes = dimensions.iter().copied().zip(codes.iter().copied()).filter(|code| some.contains(code));
                asked.codes.extend(codes.map(|(dimension, code)| (dimension, code, *area, *year)));
            }
        }
        for ((_, dimensions), places) in figures.groups.iter().filter(|((other, _), _)| other == subject) {
            for ((area, year, codes), value) in places {
                for (&dimension, &code) in dimensions.iter().zip(codes.iter()) {
                    if some.contains(&(dimension, code)) {
                        asked.codes.insert((dimension, code, *area, *year));
                    } else if figures.names.text(code) == Missing::Unknown.id() {
                        // Those of whom it is not known are no fewer than those of them who have some other code besides.
                        let lower = asked.unknown.entry((dimension, *area, *year)).or_default();
                        *lower = (*lower).max(value.lower);
                    }
                }
            }
        }
        asked
    }

    /// Returns whether an area uses a code in a year, or without one in any year.
    pub fn uses(&self, [dimension, code]: [u32; 2], area: u32, year: Option<u16>) -> bool {
        let [first, last] = year.map_or([0, u16::MAX], |year| [year; 2]);
        self.codes.range((dimension, code, area, first)..=(dimension, code, area, last)).next().is_some()
    }

    /// Returns of how many persons an area at least does not know a dimension.
    pub fn unknown(&self, dimension: u32, area: u32, year: u16) -> u64 {
        self.unknown.get(&(dimension, area, year)).copied().unwrap_or(0)
    }
}

impl Figures {
    /// Returns whether a zero that is reported of a code says that the area asked for it: a publisher reports it, or the package
    /// that was counted from records declares it.
    pub(super) fn states(&self, subject: &Subject, (area, year): (u32, u16), [dimension, code]: [u32; 2]) -> bool {
        let Some(package) = self.package_of(subject, &[dimension], (area, year)) else { return false };
        if !self.is_recorded(package, area) {
            return true;
        }
        let package = &self.packages[package];
        let text = |number: u32| self.names.text(number).to_owned();
        let code = text(code);
        let key = |code: &str| (text(area), year, text(dimension), code.to_owned());
        package.asked.contains(&key(&code))
            || code.strip_suffix("_U").is_some_and(|group| package.asked.contains(&key(group)))
    }
}
