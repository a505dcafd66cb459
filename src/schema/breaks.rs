//! Breaks in series: from which year an area's figures mean something else than before.

use serde::{Deserialize, Serialize};

use super::table;
use crate::error::{Error, Result, suggest};
use crate::model::Codelist;

/// A break: the figures of an area mean something else from a year on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Break {
    /// The reporting area.
    #[serde(rename = "REF_AREA")]
    pub area: String,
    /// The first year of the new meaning.
    #[serde(rename = "TIME_PERIOD")]
    pub year: u16,
    /// The dimension whose values mean something else; all figures where it is empty.
    #[serde(rename = "DIMENSION", default)]
    pub dimension: String,
    /// What has changed.
    #[serde(rename = "NOTE", default)]
    pub note: String,
}

/// Returns whether a character turns the direction of what is written after it.
fn is_turning(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_all(dimension: &str) -> bool {
    dimension.is_empty() || dimension == "_T"
}

/// All breaks that are known, in their order.
#[derive(Clone, Debug, Default)]
pub struct Breaks {
    all: Vec<Break>,
}

impl Breaks {
    /// Reads a file with the columns `REF_AREA`, `TIME_PERIOD`, and optionally `DIMENSION` and `NOTE`.
    ///
    /// # Errors
    /// A row has no year, or an area or a dimension that is not known: such a break would silently hold nowhere.
    pub fn parse(text: &str, place: &str, areas: &Codelist, dimensions: &[&str]) -> Result<Self> {
        let columns = "REF_AREA,TIME_PERIOD,DIMENSION,NOTE";
        let mut rows: Vec<Break> =
            table::read_of_user(text, place, "an area, a year, a dimension and a note", columns)?;
        for (at, row) in rows.iter().enumerate() {
            let refused = |what| Error::refused("schema/check", what).at(format!("{place}:{}", at + 2));
            if areas.find(&row.area).is_none() {
                return Err(refused(format!("there is no area `{}`", row.area))
                    .hint("areas are named by their ISO 3166-1 alpha-3 code, such as `GBR`"));
            }
            if !(1900..2100).contains(&row.year) {
                return Err(refused(format!("{} cannot be the year of a break", row.year)));
            }
            if !is_all(&row.dimension) && !dimensions.contains(&row.dimension.as_str()) {
                return Err(refused(format!("no table has a dimension `{}`", row.dimension))
                    .hint(suggest(&row.dimension, dimensions)));
            }
        }
        // A note goes into the report.
        rows.iter_mut().for_each(|row| row.note = row.note.replace(|c: char| c.is_control() || is_turning(c), " "));
        let mut breaks = Self::default();
        breaks.extend(rows);
        Ok(breaks)
    }

    /// Adds breaks.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Break>) {
        self.all.extend(more);
        self.all.sort();
        self.all.dedup();
    }

    /// All of them, by area and year.
    pub fn all(&self) -> &[Break] {
        &self.all
    }

    /// Returns whether figures of an area mean something else in the last of some years than in the first.
    ///
    /// `concerns` decides whether a figure is one of a dimension.
    pub fn between(&self, area: &str, [first, last]: [u16; 2], concerns: impl Fn(&str) -> bool) -> bool {
        let start = self.all.partition_point(|other| other.area.as_str() < area);
        let mut breaks = self.all[start..].iter().take_while(|other| other.area == area);
        breaks.any(|b| (first < b.year && b.year <= last) && (is_all(&b.dimension) || concerns(&b.dimension)))
    }
}
