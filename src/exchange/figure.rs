//! One published figure, and what it counts.

use crate::indicators::{Counting, TIME};
use crate::model::{Interval, ObsStatus};

/// The year of figures that stand for all years together.
pub(super) const TOGETHER: u16 = 0;

/// What figures count: records of a type, each of them or different persons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The record type, such as `victim`.
    pub record: String,
    /// What of them.
    pub counting: Counting,
}

/// How many codes of one dimension a person may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodesPerPerson {
    One,
    Multiple,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Figure<'a> {
    /// The country.
    pub area: &'a str,
    /// The year; none for all years together.
    pub year: Option<u16>,
    /// Dimension and code, without totals, in the order of the dimensions' names.
    pub at: Vec<(&'a str, &'a str)>,
    /// The number of persons.
    pub value: Interval,
}

impl<'a> Figure<'a> {
    /// Returns the figure of a cell that has these codes, of the reporting area and of the time among them; nothing where it is not
    /// known which year it is of.
    pub fn of(codes: impl IntoIterator<Item = (&'a str, &'a str)>, value: Interval) -> Option<Self> {
        let (mut area, mut year, mut at) = (None, None, Vec::new());
        for (dimension, code) in codes {
            match (dimension, code) {
                (AREA, code) => area = Some(code),
                (_, "_T") => {}
                (TIME, code) => year = Some(code.parse().ok()?),
                _ => at.push((dimension, code)),
            }
        }
        at.sort_unstable();
        Some(Self { area: area?, year, at, value })
    }

    /// Returns the bounds that an observation reports of a count: those of its value, or of a suppressed one.
    pub fn bounds(status: ObsStatus, value: Option<f64>, lower: Option<f64>, upper: Option<f64>) -> Option<Interval> {
        match (status, value) {
            (status, Some(value)) if status.has_value() => Some(Interval::exact(value as u64)),
            (ObsStatus::Suppressed, _) => {
                Some(Interval { lower: lower.unwrap_or(0.0) as u64, upper: upper.map(|upper| upper as u64) })
            }
            _ => None,
        }
    }
}

/// The dimension of the reporting area.
const AREA: &str = "REF_AREA";
