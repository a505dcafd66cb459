//! Which codes the figures of an area and a year use.
//!
//! A code that only some sources ask for, such as `_O` of sex, is no zero where no figure of the area and the year has it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Figures, Subject};
use crate::model::{Interval, Missing};

/// Codes of one subject that areas use in a year. Areas, dimensions and codes are numbers of [`Figures`].
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Dimension, code, area and year.
    codes: BTreeSet<(u32, u32, u32, u16)>,
    /// Dimension, area and year to the number of persons of whom it is at least not known.
    unknown: BTreeMap<(u32, u32, u16), u64>,
}

impl Asked {
    /// Reads off figures who uses some codes, each with its dimension.
    pub fn of(figures: &Figures, subject: &Subject, some: &BTreeSet<(u32, u32)>) -> Self {
        let mut asked = Self::default();
        for ((of, dimensions), places) in &figures.lacking {
            for (area, year, codes) in places.iter().filter(|_| of == subject) {
                let codes = dimensions.iter().copied().zip(codes.iter().copied()).filter(|code| some.contains(code));
                asked.codes.extend(codes.map(|(dimension, code)| (dimension, code, *area, *year)));
            }
        }
        for ((_, dimensions), places) in figures.groups.iter().filter(|((of, _), _)| of == subject) {
            for ((area, year, codes), value) in places {
                for (&dimension, &code) in dimensions.iter().zip(codes.iter()) {
                    let is_some = some.contains(&(dimension, code));
                    if !is_some && figures.names.text(code) != Missing::Unknown.id() {
                        continue;
                    }
                    let is_counted_zero =
                        *value == Interval::exact(0) && figures.are_counted(subject, dimensions, *area, *year);
                    if is_counted_zero && !figures.is_declared(subject, dimensions, (*area, *year), [dimension, code]) {
                        continue;
                    }
                    if is_some {
                        asked.codes.insert((dimension, code, *area, *year));
                    } else {
                        // Those of whom it is not known are no fewer than those of them who have some other code besides.
                        let least = asked.unknown.entry((dimension, *area, *year)).or_default();
                        *least = (*least).max(value.lower);
                    }
                }
            }
        }
        asked
    }

    /// Returns whether an area uses a code in a year, or without one in any year.
    pub fn uses(&self, dimension: u32, code: u32, area: u32, year: Option<u16>) -> bool {
        let [first, last] = year.map_or([0, u16::MAX], |year| [year; 2]);
        self.codes.range((dimension, code, area, first)..=(dimension, code, area, last)).next().is_some()
    }

    /// Returns of how many persons an area at least does not know a dimension.
    pub fn unknown(&self, dimension: u32, area: u32, year: u16) -> u64 {
        self.unknown.get(&(dimension, area, year)).copied().unwrap_or(0)
    }
}

impl Figures {
    /// Returns whether the package that reports an area and a year declares that the area asked for a code.
    fn is_declared(
        &self,
        subject: &Subject,
        dimensions: &[u32],
        (area, year): (u32, u16),
        [of, code]: [u32; 2],
    ) -> bool {
        let package = self.package_of(subject, dimensions, area, year).map(|package| &self.packages[package].asked);
        let Some(asked) = package.filter(|asked| !asked.is_empty()) else { return false };
        let text = |number: u32| self.names.text(number).to_owned();
        let code = text(code);
        let key = |code: &str| (text(area), year, text(of), code.to_owned());
        asked.contains(&key(&code)) || code.strip_suffix("_U").is_some_and(|group| asked.contains(&key(group)))
    }

    /// Returns whether the figures of an area and a year were counted from records.
    pub(super) fn are_counted(&self, subject: &Subject, dimensions: &[u32], area: u32, year: u16) -> bool {
        self.package_of(subject, dimensions, area, year).is_some_and(|package| self.packages[package].counted)
    }
}
