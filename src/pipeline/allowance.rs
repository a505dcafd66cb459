//! How much of a column may be not understood before a run is refused.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::limit::{Limit, LimitText};
use crate::error::{Error, Result, suggest};
use crate::schema::Record;

/// The share of the filled cells of a column, by persons, that may be not understood: in general, and for single fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "AllowanceText")]
pub struct Allowance {
    all: Option<Limit>,
    fields: BTreeMap<String, Limit>,
}

/// What a run file says: one limit, or limits by field with `all` for the others.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum AllowanceText {
    One(LimitText),
    Each(BTreeMap<String, LimitText>),
}

/// The name under which a run file limits all fields that it does not name.
const ALL: &str = "all";

impl TryFrom<AllowanceText> for Allowance {
    type Error = String;

    fn try_from(text: AllowanceText) -> Result<Self, String> {
        let mut allowance = Self::default();
        match text {
            AllowanceText::One(text) => allowance.all = Some(text.try_into()?),
            AllowanceText::Each(each) => {
                for (field, text) in each {
                    allowance.set(&field, text.try_into()?);
                }
            }
        }
        Ok(allowance)
    }
}

/// A limit of the command line: `10%` for all fields, or `citizenship=20%` for one.
impl FromStr for Allowance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut allowance = Self::default();
        match text.split_once('=') {
            Some((field, text)) => allowance.set(field.trim(), text.parse()?),
            None => allowance.all = Some(text.parse()?),
        }
        Ok(allowance)
    }
}

impl Allowance {
    /// The limit where nothing is said.
    pub const DEFAULT: Limit = Limit::Percent(5.0);

    fn set(&mut self, field: &str, limit: Limit) {
        if field == ALL {
            self.all = Some(limit);
        } else {
            self.fields.insert(field.to_owned(), limit);
        }
    }

    /// Returns these limits, and those of another source where these name none. A limit for all columns that is given
    /// here replaces all limits of the other source.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        if self.all.is_some() {
            return self;
        }
        let mut fields = other.fields.clone();
        fields.extend(self.fields);
        Self { all: other.all, fields }
    }

    /// Returns these limits with those of another flag: each field and `all` hold as they were given last.
    #[must_use]
    pub fn and(mut self, later: &Self) -> Self {
        self.all = later.all.or(self.all);
        self.fields.extend(later.fields.clone());
        self
    }

    /// Returns the limit for a field.
    pub fn of(&self, field: &str) -> Limit {
        self.fields.get(field).copied().or(self.all).unwrap_or(Self::DEFAULT)
    }

    /// Returns whether so many filled cells of so many may be not understood. A cell counts as often as its record stands for
    /// a person.
    ///
    /// Where nothing is said a single cell of a single person is never too much: it is a slip of the pen, often in a column
    /// that is nearly empty. A cell of several persons is judged by its share, because it can be most of the column.
    pub fn allows(&self, field: &str, not_understood: u64, filled: u64) -> bool {
        match self.fields.get(field).copied().or(self.all) {
            Some(limit) => limit.allows(not_understood, filled),
            None => not_understood <= 1 || Self::DEFAULT.allows(not_understood, filled),
        }
    }

    /// Refuses a limit for a field that the records do not have.
    ///
    /// # Errors
    /// There is such a limit.
    pub fn check(&self, record: &Record) -> Result<()> {
        let known: Vec<&str> = record.coded().map(|(_, field)| field.id.as_str()).collect();
        match self.fields.keys().find(|field| !known.contains(&field.as_str())) {
            Some(field) => Err(Error::failed(format!(
                "`max_not_understood` names the field `{field}`, and {} has no such field with codes",
                record.name()
            ))
            .hint(suggest(field, &known))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_percentages() {
        assert_eq!("12".parse(), Ok(Limit::Count(12)));
        assert_eq!("0.5%".parse(), Ok(Limit::Percent(0.5)));
        for wrong in ["", "-1", "101%", "few", "%"] {
            assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
        }
        assert!(Limit::Percent(0.5).allows(1, 200) && !Limit::Percent(0.5).allows(2, 200));
        assert!(Limit::Count(0).allows(0, 0) && !Limit::Count(0).allows(1, 9));
    }

    fn parsed(text: &str) -> Result<Allowance, String> {
        text.parse()
    }

    #[test]
    fn a_field_comes_before_all_and_the_command_line_before_the_run_file() {
        let file: BTreeMap<String, Allowance> =
            toml::from_str("a = \"10%\"\nb = { all = \"20%\", form = \"50%\", means = 3 }\nc = 7").unwrap();
        assert_eq!(file["a"].of("form"), Limit::Percent(10.0));
        assert_eq!((file["b"].of("form"), file["b"].of("means")), (Limit::Percent(50.0), Limit::Count(3)));
        assert_eq!((file["b"].of("sex"), file["c"].of("sex")), (Limit::Percent(20.0), Limit::Count(7)));
        let flag = parsed("form=1%").unwrap();
        let both = flag.clone().or(&file["b"]);
        assert_eq!(
            (both.of("form"), both.of("means"), both.of("sex")),
            (Limit::Percent(1.0), Limit::Count(3), Limit::Percent(20.0))
        );
        assert_eq!(flag.of("sex"), Allowance::DEFAULT);
        assert_eq!(parsed("0%").unwrap().or(&file["b"]).of("form"), Limit::Percent(0.0));
        assert!(parsed("form=lots").is_err() && parsed("101%").is_err() && parsed("").is_err());
        assert!(toml::from_str::<BTreeMap<String, Allowance>>("a = { form = \"x\" }").is_err());
    }
}
