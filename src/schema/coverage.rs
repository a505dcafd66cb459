//! Which areas reported which years, where records cannot show it: an office that detected no victim has no record.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::Record;
use super::table;
use crate::error::{Error, Result, nearest, suggest};
use crate::model::Codelist;

/// A declaration that an area reported some years.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The reporting area.
    pub area: String,
    /// The years that it reported: a list, a single year, or a range such as `"2019-2021"`.
    #[serde(deserialize_with = "years")]
    #[schemars(with = "YearRange")]
    pub years: Vec<u16>,
    /// The dimensions that it collected in these years, in addition to those of `codes`. Without it all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<String>,
    /// Dimension to the codes that it asked for. Without it all codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, Vec<String>>,
}

/// All declarations of who reported, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    all: Vec<Declared>,
}

/// Years as a user writes them.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum YearRange {
    One(u16),
    Text(String),
    Several(Vec<YearRange>),
}

fn years<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<u16>, D::Error> {
    let mut found = BTreeSet::new();
    expand(&YearRange::deserialize(from)?, &mut found).map_err(serde::de::Error::custom)?;
    Ok(found.into_iter().collect())
}

fn expand(range: &YearRange, into: &mut BTreeSet<u16>) -> std::result::Result<(), String> {
    match range {
        YearRange::One(year) => {
            into.insert(*year);
        }
        YearRange::Several(all) => all.iter().try_for_each(|one| expand(one, into))?,
        YearRange::Text(text) => {
            let problem = || format!("`{text}` is neither a year nor a range such as `2019-2021`");
            let year = |text: &str| text.trim().parse::<u16>().ok().filter(|year| (1000..3000).contains(year));
            let (first, last) = text.split_once(['-', '–']).unwrap_or((text, text));
            let (first, last) = year(first).zip(year(last)).filter(|(a, b)| a <= b).ok_or_else(problem)?;
            into.extend(first..=last);
        }
    }
    Ok(())
}

/// A row of a file of declarations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverageRow {
    #[serde(rename = "REF_AREA")]
    area: String,
    #[serde(rename = "TIME_PERIOD", deserialize_with = "years_of_text")]
    years: Vec<u16>,
    #[serde(rename = "DIMENSION", default)]
    dimension: String,
    #[serde(rename = "CODES", default)]
    codes: String,
}

fn years_of_text<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<u16>, D::Error> {
    let mut found = BTreeSet::new();
    expand(&YearRange::Text(String::deserialize(from)?), &mut found).map_err(serde::de::Error::custom)?;
    Ok(found.into_iter().collect())
}

impl Coverage {
    /// Collects declarations, each once.
    pub fn new(declared: impl IntoIterator<Item = Declared>) -> Self {
        let mut coverage = Self::default();
        coverage.extend(declared);
        coverage
    }

    /// Reads a file with the columns `REF_AREA`, `TIME_PERIOD`, and optionally `DIMENSION` and `CODES`.
    ///
    /// # Errors
    /// A row has no year, or names what is not known: such a declaration would silently hold nowhere.
    pub fn parse(text: &str, place: &str, record: &Record) -> Result<Self> {
        let columns = "REF_AREA,TIME_PERIOD,DIMENSION,CODES";
        let rows: Vec<CoverageRow> =
            table::read_of_user(text, place, "an area, a year or years, a dimension and its codes", columns)?;
        let mut all = Vec::new();
        for (at, row) in rows.into_iter().enumerate() {
            let codes: Vec<String> =
                row.codes.split(['+', ' ', '|']).filter(|code| !code.is_empty()).map(str::to_owned).collect();
            let (mut dimensions, mut codes_of) = (Vec::new(), BTreeMap::new());
            if !row.dimension.is_empty() {
                // Codes of one dimension say nothing of the others, as in a run file.
                match codes.is_empty() {
                    true => dimensions.push(row.dimension),
                    false => drop(codes_of.insert(row.dimension, codes)),
                }
            }
            let declared = Declared { area: row.area, years: row.years, dimensions, codes: codes_of };
            declared.check(record).map_err(|error| error.at(format!("{place}:{}", at + 2)))?;
            all.push(declared);
        }
        Ok(Self::new(all))
    }

    /// Adds declarations.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Declared>) {
        self.all.extend(more);
        self.all.sort();
        self.all.dedup();
    }

    /// Collects the areas and years of records that count zero victims, one declaration an area.
    pub fn of_zeros(declared: impl IntoIterator<Item = (String, u16)>) -> Self {
        let mut years: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
        for (area, year) in declared {
            years.entry(area).or_default().insert(year);
        }
        Self::new(years.into_iter().map(|(area, years)| Declared {
            area,
            years: years.into_iter().collect(),
            dimensions: Vec::new(),
            codes: BTreeMap::new(),
        }))
    }

    /// Adds what records or a store declare.
    ///
    /// A declaration without dimensions and codes says only that the area reported. It adds nothing where an area and year is
    /// declared already: else it would undo the dimensions that are named there.
    pub fn complete(&mut self, with: &Self) {
        let known: BTreeSet<(&str, u16)> =
            self.all.iter().flat_map(|declared| declared.years.iter().map(|year| (&*declared.area, *year))).collect();
        let mut more = with.all.clone();
        for declared in more.iter_mut().filter(|declared| declared.dimensions.is_empty() && declared.codes.is_empty()) {
            let area = declared.area.clone();
            declared.years.retain(|year| !known.contains(&(&*area, *year)));
        }
        self.extend(more.into_iter().filter(|declared| !declared.years.is_empty()));
    }

    /// Returns whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns all of them, by area.
    pub fn all(&self) -> &[Declared] {
        &self.all
    }

    /// Checks that areas, years, dimensions and codes are those of a record type.
    ///
    /// # Errors
    /// A name is not known; the hint names the nearest one.
    pub fn check(&self, record: &Record) -> Result<()> {
        self.all.iter().try_for_each(|declared| declared.check(record))
    }
}

/// Returns whether an area can declare that it reported: a country does, and a region does not.
pub(crate) fn is_declarable(areas: &Codelist, area: &str) -> bool {
    area.len() == 3 && areas.find(area).is_some_and(Codelist::is_known)
}

impl Declared {
    fn check(&self, record: &Record) -> Result<()> {
        let refused = |what: String| Error::refused("schema/check", what);
        let list = |role: &str| record.role(role).map(|field| record.fields[field].codes());
        let known = |list: &Codelist, code: &str| list.find(code).is_some_and(Codelist::is_known);
        let near = |list: &Codelist, code: &str| {
            let names: Vec<&str> = list.known().map(|(_, code)| &*code.id).collect();
            nearest(code, names).map(|name| format!("did you mean `{name}`?"))
        };
        if let Some(areas) = list("area").filter(|areas| !is_declarable(areas, &self.area)) {
            let error = refused(format!("the coverage names an unknown area `{}`", self.area))
                .hint("areas are named by their ISO 3166-1 alpha-3 code, such as `KHM`");
            return Err(match near(areas, &self.area) {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
        if self.years.is_empty() {
            return Err(refused(format!("the coverage of `{}` names no year", self.area))
                .hint("write `years = [2020, 2021]` or `years = \"2019-2021\"`"));
        }
        if let Some(times) = list("time")
            && let Some(year) = self.years.iter().map(ToString::to_string).find(|year| !known(times, year))
        {
            let error = refused(format!("the coverage of `{}` names an unknown year {year}", self.area));
            return Err(match near(times, &year) {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
        let (area, time) = (record.role("area"), record.role("time"));
        let other = record.fields.iter().enumerate().filter(|(at, _)| Some(*at) != area && Some(*at) != time);
        let names: Vec<&str> = other.filter_map(|(_, field)| field.dimension.as_deref()).collect();
        for dimension in self.dimensions.iter().chain(self.codes.keys()) {
            if !names.contains(&dimension.as_str()) {
                return Err(refused(format!(
                    "the coverage of `{}` names an unknown dimension `{dimension}`",
                    self.area
                ))
                .hint(suggest(dimension, &names)));
            }
        }
        for (dimension, codes) in &self.codes {
            let Some(field) = record.dimension(dimension) else { continue };
            let list = record.fields[field].codes();
            if let Some(code) = codes.iter().find(|code| !known(list, code)) {
                let error = refused(format!("`{dimension}` has no code `{code}`"));
                return Err(match near(list, code) {
                    Some(hint) => error.hint(hint),
                    None => error,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Registry;

    fn victim() -> Record {
        Record::load(&Registry::built_in(), "victim").unwrap()
    }

    #[test]
    fn rows_are_declarations() {
        let text = "\u{feff}REF_AREA;TIME_PERIOD;DIMENSION;CODES\nTHA;2019-2021;;\nTHA;2021;SEX;F+M\n";
        let coverage = Coverage::parse(text, "c.csv", &victim()).unwrap();
        assert_eq!(coverage.all().len(), 2);
        assert_eq!(coverage.all()[0].years, [2019, 2020, 2021]);
        assert_eq!(coverage.all()[1].codes["SEX"], ["F", "M"]);
        assert!(coverage.all()[1].dimensions.is_empty());
    }

    /// What is mistyped would hold nowhere, so it is refused with the nearest name.
    #[test]
    fn unknown_names_are_refused() {
        for (row, message, hint) in [
            ("TAH,2021,,", "an unknown area `TAH`", "did you mean"),
            ("THA,2921,,", "an unknown year 2921", "did you mean"),
            ("THA,2021,SEKS,", "an unknown dimension `SEKS`", "did you mean `SEX`?"),
            ("THA,2021,SEX,F+N", "`SEX` has no code `N`", "did you mean"),
            ("THA,soon,,", "the row is not an area, a year or years", ""),
        ] {
            let text = format!("REF_AREA,TIME_PERIOD,DIMENSION,CODES\n{row}\n");
            let error = Coverage::parse(&text, "c.csv", &victim()).unwrap_err();
            assert!(error.to_string().contains(message), "{row}: {error}");
            assert!(error.hints().any(|found| found.contains(hint)), "{row}");
            assert_eq!(error.place(), Some("c.csv:2"), "{row}");
        }
    }
}
