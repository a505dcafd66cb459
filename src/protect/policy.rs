//! Disclosure policies as data.
//!
//! The documentation of the keys is what editors show: `schema show policy --as json-schema`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::indicators::Indicator;
use crate::schema::{Registry, SchemaKind, parse};

/// Zeros that reveal something about persons.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HiddenZeros {
    /// Dimensions in which a zero is concealed like a small count. `*` means all dimensions.
    #[serde(default)]
    pub hidden: Vec<String>,
}

/// The method that protects counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Suppression: small counts are not published, nor counts from which they would follow.
    #[default]
    Suppress,
    /// Rounding: all tables are sums of the same rounded counts.
    Round,
    /// One of the two, depending on the tables of the release.
    Auto,
}

/// The fields whose combinations are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnitFields {
    /// All fields that any table can count, so that later releases may have any tables.
    #[default]
    All,
    /// The fields of the tables of the first release. Counts change less, and later releases may not count other fields.
    Tables,
}

/// Attributes of persons in a table from which on `auto` rounds. Suppression of so many crosses neither protects nor publishes
/// much.
const CROSSED: usize = 4;

/// A disclosure policy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The name.
    pub id: String,
    /// One line.
    pub title: String,
    /// The publication that states the rule.
    pub source: String,
    /// Whether the rule was compared with the source.
    pub verified: bool,
    /// The threshold: only counts of at least so many are published.
    pub threshold: u64,
    /// The lowest threshold that this policy may have.
    pub floor: u64,
    /// Zeros that are concealed.
    #[serde(default)]
    pub zeros: HiddenZeros,
    /// The method that protects counts.
    #[serde(default)]
    pub method: Method,
    /// Whether crosses of attributes have lines for unknown, and for all known, values. Without them tables are half as long.
    /// Denominators of shares are kept. For suppression only.
    #[serde(default = "yes")]
    pub unknown_in_crosses: bool,
    /// Tables whose counts are published first, where not all counts can be. For suppression only.
    #[serde(default)]
    pub main_tables: Vec<String>,
    /// Dimension to codes that all tables count in one line, that of the last code. `{ SEX = ["_O", "_U"] }` counts other sexes
    /// as unknown. For suppression only.
    #[serde(default)]
    pub join: BTreeMap<String, Vec<String>>,
    /// The base of rounding: small counts become multiples of it.
    #[serde(default = "default_base")]
    pub base: u64,
    /// The fields whose combinations are rounded.
    #[serde(default)]
    pub units: UnitFields,
    /// Why the method was chosen, where the policy leaves it to the release.
    #[serde(skip)]
    pub reason: Option<String>,
}

fn default_base() -> u64 {
    5
}

fn yes() -> bool {
    true
}

impl Policy {
    /// The floor of the program itself: no file can go below it.
    const FLOOR: u64 = 5;

    /// Loads a policy by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text) = registry.text(SchemaKind::Policies, name)?;
        let place = format!("policies/{name}.toml");
        let policy: Self = parse(&text, &place)?;
        policy.check().map_err(|error| error.at(place))?;
        Ok(policy)
    }

    /// Returns the policy with the method that it has for some tables, `round` or `suppress`.
    ///
    /// `auto` suppresses where all tables are of one pack and cross few attributes, and where rounding is not possible.
    #[must_use]
    pub fn resolve(&self, tables: &[Indicator], can_round: Result<(), &str>) -> Self {
        let mut resolved = self.clone();
        if self.method == Method::Auto {
            let attributes = |table: &Indicator| {
                let places = ["REF_AREA", "TIME_PERIOD"];
                table
                    .all_dimensions()
                    .filter(|dimension| {
                        !places.contains(&dimension.as_str()) && !table.universe.contains_key(*dimension)
                    })
                    .count()
            };
            let packs: BTreeSet<&str> =
                tables.iter().filter_map(|table| table.packs.first()).map(String::as_str).collect();
            let crossed = tables.iter().find(|table| attributes(table) >= CROSSED);
            let (method, reason) = match (can_round, crossed) {
                (Err(why), _) => (Method::Suppress, why.to_owned()),
                (_, Some(table)) => {
                    (Method::Round, format!("the table `{}` crosses {} attributes", table.id, attributes(table)))
                }
                _ if packs.len() > 1 => (Method::Round, format!("the tables are of {} packs", packs.len())),
                _ => (Method::Suppress, "the tables are of one pack and cross few attributes".to_owned()),
            };
            (resolved.method, resolved.reason) = (method, Some(reason));
        }
        resolved
    }

    /// Returns the policy by which tables are rounded that `auto` had suppressed, where the audit found suppressed cells that an
    /// attacker could narrow. Nothing where the policy does not leave the choice, and where they cannot be rounded.
    #[must_use]
    pub fn after_failed_audit(&self, error: &Error, can_round: Result<(), &str>) -> Option<Self> {
        let is_unsafe = error.rule() == Some("policy/disclosure");
        let reason = Some("the audit found suppressed cells that an attacker could narrow".to_owned());
        (self.method == Method::Auto && is_unsafe && can_round.is_ok()).then(|| Self {
            method: Method::Round,
            reason,
            ..self.clone()
        })
    }

    /// Describes the policy in sentences, one a line.
    pub fn describe(&self) -> String {
        let Self { id, title, threshold, base, .. } = self;
        let mut out = format!("{id}: {title}\n\n");
        let later = match self.units {
            UnitFields::All => "Later releases may have any tables (`units = \"all\"`).",
            UnitFields::Tables => {
                "Later releases may have other tables of the same fields only, and counts change less (`units = \"tables\"`)."
            }
        };
        let round = format!(
            "Counts are rounded (`method = \"round\"`): all tables are sums of one table of rounded counts, so they add up and no \
             cell is suppressed.\nSmall counts are multiples of {base}; 1 to {} is never printed. Totals of an area and year are \
             exact from {threshold} on.\n{later}\nRounding needs a secret key: `tipstat key new KEY`.\n",
            base - 1
        );
        let zeros = match self.zeros.hidden.as_slice() {
            [] => "Zeros are shown.".to_owned(),
            _ if self.hides_all_zeros() => "Zeros are hidden like small counts, in every dimension.".to_owned(),
            hidden => format!("Zeros of {} are hidden like small counts; other zeros are shown.", hidden.join(", ")),
        };
        let suppress = format!(
            "Counts are suppressed (`method = \"suppress\"`): counts below {threshold} are not shown, nor are counts from which they \
             follow.\n{zeros}\n{}",
            self.describe_lines()
        );
        out += &match self.method {
            Method::Round => round,
            Method::Suppress => suppress,
            Method::Auto => format!(
                "The method depends on the tables (`method = \"auto\"`): tables of one pack that cross fewer than {CROSSED} attributes \
                 are suppressed, all others rounded, and so are tables whose suppression the audit finds unsafe. Records of masked counts and tables of persons are suppressed as well.\n\n\
                 {suppress}\n{round}"
            ),
        };
        out + &format!("\nSource: {}\n", self.source)
    }

    /// Returns what decides on the lines of tables, as a text; empty where all tables have all lines.
    pub fn lines(&self) -> String {
        let mut parts = Vec::new();
        if !self.unknown_in_crosses {
            parts.push("no unknown in crosses".to_owned());
        }
        parts.extend(self.join.iter().map(|(dimension, codes)| format!("{dimension}: {}", codes.join("+"))));
        if !self.main_tables.is_empty() {
            parts.push(format!("first {}", self.main_tables.join("+")));
        }
        parts.join("; ")
    }

    /// Describes which lines tables have, and which are published first.
    fn describe_lines(&self) -> String {
        let mut out = String::new();
        if !self.unknown_in_crosses {
            out += "Lines for unknown values, and for all known ones, are published for one attribute at a time. Crosses of attributes \
                    have them only as denominators of shares.\n";
        }
        for (dimension, codes) in &self.join {
            if let [joined @ .., into] = codes.as_slice() {
                out += &format!("{dimension}: {} is counted in {into}.\n", joined.join(", "));
            }
        }
        if !self.main_tables.is_empty() {
            out += &format!("Counts of these tables are published first: {}.\n", self.main_tables.join(", "));
        }
        out
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
        // With a base above the threshold a group of the threshold could not have its exact total.
        if self.method != Method::Suppress && !(3..=self.threshold).contains(&self.base) {
            return Err(Error::refused(
                "policy/base",
                format!("the base {} is not between 3 and the threshold {}", self.base, self.threshold),
            )
            .hint("set `base = 5`, or leave it out"));
        }
        if self.method != Method::Suppress && !self.join.is_empty() {
            return Err(Error::refused("policy/join", "codes are joined for suppression only, and the policy rounds")
                .hint("leave `join` out, or set `method = \"suppress\"`"));
        }
        if let Some((dimension, _)) = self.join.iter().find(|(_, codes)| codes.len() < 2) {
            return Err(Error::refused("policy/join", format!("`join` needs two codes or more of {dimension}"))
                .hint(format!("write `join = {{ {dimension} = [\"_O\", \"_U\"] }}`")));
        }
        Ok(())
    }

    /// Returns whether zeros are hidden in a dimension.
    pub fn hides_zeros(&self, dimension: &str) -> bool {
        self.zeros.hidden.iter().any(|hidden| hidden == "*" || hidden == dimension)
    }

    /// Returns whether zeros are hidden everywhere, in totals too.
    pub fn hides_all_zeros(&self) -> bool {
        self.zeros.hidden.iter().any(|hidden| hidden == "*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the audit refuses is rounded where the policy leaves the choice and the records allow it, and for no other reason.
    #[test]
    fn auto_rounds_what_the_audit_refuses() {
        let policy = Policy::load(&Registry::built_in(), "default").unwrap();
        let auto = Policy { method: Method::Auto, ..policy.clone() };
        let refused = Error::refused("policy/disclosure", "the attacker could narrow suppressed cells");
        let rounded = auto.after_failed_audit(&refused, Ok(())).unwrap();
        assert_eq!((rounded.method, rounded.threshold), (Method::Round, 10));
        assert!(rounded.reason.unwrap().contains("the audit found suppressed cells"));
        assert!(auto.describe().contains("so are tables whose suppression the audit finds unsafe"));
        assert!(auto.after_failed_audit(&refused, Err("some sources mask small counts")).is_none());
        assert!(auto.after_failed_audit(&Error::failed("the disk is full"), Ok(())).is_none());
        for method in [Method::Suppress, Method::Round] {
            assert!(Policy { method, ..policy.clone() }.after_failed_audit(&refused, Ok(())).is_none());
        }
    }
}
