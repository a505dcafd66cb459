//! Limits of a run: how many records may be rejected, and how much memory counting may use.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;

/// Bytes that counting may use in addition to the tables.
pub(super) const MEMORY: u64 = 2 << 30;

/// A number of records or persons, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "LimitText")]
pub enum Limit {
    /// A number.
    Count(u64),
    /// A percentage.
    Percent(f64),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum LimitText {
    Number(u64),
    Text(String),
}

impl TryFrom<LimitText> for Limit {
    type Error = String;

    fn try_from(text: LimitText) -> Result<Self, String> {
        match text {
            LimitText::Number(count) => Ok(Self::Count(count)),
            LimitText::Text(text) => text.parse(),
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || format!("`{text}` is neither a whole number nor a percentage such as `0.5%`");
        match text.trim().strip_suffix('%') {
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(problem()),
            },
            None => text.trim().parse().map(Self::Count).map_err(|_| problem()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Limit {
    /// Returns whether a part of a whole is within the limit.
    pub fn allows(self, part: u64, whole: u64) -> bool {
        match self {
            Self::Count(count) => part <= count,
            Self::Percent(percent) => part as f64 * 100.0 <= percent * whole as f64,
        }
    }
}
