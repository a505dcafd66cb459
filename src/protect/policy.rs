//! Disclosure rules as data.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::schema::{Kind, Registry, parse};

/// Which zeros tell something.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zeros {
    /// Dimensions in which a zero is hidden like a small count; `*` means everywhere.
    #[serde(default)]
    pub hidden: Vec<String>,
}

/// A disclosure policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The name.
    pub id: String,
    /// One line.
    pub title: String,
    /// Where the rule comes from.
    pub source: String,
    /// Whether the source was seen.
    pub verified: bool,
    /// Only counts of at least so many are published.
    pub threshold: u64,
    /// The least threshold that may be configured.
    pub floor: u64,
    /// Which zeros are hidden.
    #[serde(default)]
    pub zeros: Zeros,
}

impl Policy {
    /// The floor of the program itself: no file can go below it.
    const FLOOR: u64 = 5;

    /// Loads a policy by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(Kind::Policies, name)?;
        let place = format!("policies/{name}.toml");
        let policy: Self = parse(&text, &place)?;
        policy.check().map_err(|error| error.at(place))?;
        Ok(policy)
    }

    /// Refuses a threshold below the floor.
    pub fn check(&self) -> Result<()> {
        let floor = self.floor.max(Self::FLOOR);
        if self.threshold < floor {
            return Err(Error::refused(
                "policy/floor",
                format!("the threshold {} is below the floor {floor}", self.threshold),
            )
            .hint(format!("raise `threshold` to at least {floor}")));
        }
        Ok(())
    }

    /// Whether zeros are hidden in a dimension.
    pub fn hides_zeros(&self, dimension: &str) -> bool {
        self.zeros.hidden.iter().any(|hidden| hidden == "*" || hidden == dimension)
    }

    /// Whether zeros are hidden everywhere, in totals too.
    pub fn hides_all_zeros(&self) -> bool {
        self.zeros.hidden.iter().any(|hidden| hidden == "*")
    }
}
