//! Populations of countries by year, sex and age group: the denominators of rates, in a named edition.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::{read, read_of_user};
use super::{Registry, SchemaKind, parse};
use crate::error::{Error, Result};
use crate::model::Codelist;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PopulationHeader {
    id: String,
    edition: String,
    title: String,
    source: String,
    verified: bool,
    first: u16,
    last: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case)]
struct PopulationRow {
    area: String,
    year: u16,
    F_Y0T17: u64,
    F_Y_GE18: u64,
    M_Y0T17: u64,
    M_Y_GE18: u64,
}

/// By area and year: girls, women, boys, men.
type PopulationTable = BTreeMap<(String, u16), [u64; 4]>;

/// No population is larger.
const MOST: u64 = 20_000_000_000;

fn filled(rows: Vec<PopulationRow>, place: &str) -> Result<PopulationTable> {
    let mut table = PopulationTable::new();
    for row in rows {
        let key = (row.area, row.year);
        let populations = [row.F_Y0T17, row.F_Y_GE18, row.M_Y0T17, row.M_Y_GE18];
        if table.insert(key.clone(), populations).is_some() {
            let twice = format!("{} {} occurs twice", key.0, key.1);
            return Err(Error::refused("schema/check", twice).at(place));
        }
    }
    Ok(table)
}

/// Mid-year populations of one edition.
#[derive(Clone, Debug)]
pub struct Populations {
    /// The id and edition, such as `WPP@2019`.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// True if the source was seen.
    pub verified: bool,
    /// True if a user brought them along, and perhaps of some areas only.
    pub is_own: bool,
    /// By area and year: girls, women, boys, men.
    table: PopulationTable,
}

/// The sexes by which there are populations.
const SEXES: [&str; 2] = ["F", "M"];

/// The age groups by which there are populations.
const AGES: [&str; 2] = ["Y0T17", "Y_GE18"];

impl Populations {
    /// Loads an edition by name.
    pub fn load(registry: &Registry, name: &str) -> Result<Self> {
        let (name, text, table, place) = registry.with_table(SchemaKind::Reference, name)?;
        let header: PopulationHeader = parse(&text, &format!("reference/{name}.toml"))?;
        let refuse = |what: String| Error::refused("schema/check", what).at(&*place);
        if name != format!("{}@{}", header.id, header.edition) {
            return Err(refuse(format!("the file holds the edition {}@{}", header.id, header.edition)));
        }
        let populations = filled(read(&table, &place, "an area, a year and four populations")?, &place)?;
        if let Some((_, year)) = populations.keys().find(|(_, year)| !(header.first..=header.last).contains(year)) {
            return Err(refuse(format!("{year} is not between `first` and `last`")));
        }
        Ok(Self {
            name,
            title: header.title,
            source: header.source,
            verified: header.verified,
            is_own: false,
            table: populations,
        })
    }

    /// Reads populations of the user: a table with the columns `area`, `year`, `F_Y0T17`, `F_Y_GE18`, `M_Y0T17` and `M_Y_GE18`.
    ///
    /// # Errors
    /// An area is not known, or its population is zero or larger than that of the earth.
    pub fn of_user(text: &str, place: &str, name: &str, areas: &Codelist) -> Result<Self> {
        let columns = "area,year,F_Y0T17,F_Y_GE18,M_Y0T17,M_Y_GE18";
        let rows: Vec<PopulationRow> = read_of_user(text, place, "an area, a year and four whole numbers", columns)?;
        let table = filled(rows, place)?;
        for ((area, year), people) in &table {
            let refuse = |what: String| Err(Error::refused("schema/check", what).at(place));
            if areas.find(area).is_none() {
                return refuse(format!("there is no area `{area}`"));
            }
            if people.iter().any(|&people| people > MOST) || people.iter().all(|&people| people == 0) {
                return refuse(format!("the population of {area} in {year} cannot be right"));
            }
        }
        Ok(Self {
            name: format!("{name} (own populations)"),
            title: name.to_owned(),
            source: "populations of whoever made the release".to_owned(),
            verified: false,
            is_own: true,
            table,
        })
    }

    /// Refuses populations in thousands or millions: the built-in edition has about so many times as many people.
    ///
    /// # Errors
    /// An area and year has them.
    pub fn refuse_other_unit(&self, usual: &Self, place: &str) -> Result<()> {
        for ((area, year), people) in &self.table {
            let Some(known) = usual.table.get(&(area.clone(), *year)) else { continue };
            let sum = |groups: &[u64; 4]| groups.iter().sum::<u64>();
            let ratio = sum(known) / sum(people).max(1);
            let unit = match ratio {
                300..=3_000 => "thousands",
                300_000..=3_000_000 => "millions",
                _ => continue,
            };
            return Err(Error::refused("schema/check", format!("the population of {area} in {year} may be in {unit}"))
                .at(place)
                .hint("write the number of people: 16718965, and not 16719"));
        }
        Ok(())
    }

    /// Returns the population of an area in a year, of a sex (`F`, `M` or `_T`) and an age group (`Y0T17`, `Y_GE18` or `_T`).
    ///
    /// Nothing where the edition does not have it: a population of another year or group never takes its place.
    pub fn get(&self, (area, year): (&str, u16), sex: &str, age: &str) -> Option<u64> {
        let (sexes, ages) = (halves(sex, SEXES)?, halves(age, AGES)?);
        let groups = self.table.get(&(area.to_owned(), year))?;
        let sum = (0..4).filter(|at| sexes[at / 2] && ages[at % 2]).map(|at| groups[at]).sum();
        // There is no rate of an empty population.
        Some(sum).filter(|&people| people > 0)
    }

    /// Returns whether there are populations of a code of a dimension.
    pub fn has(dimension: &str, code: &str) -> bool {
        let codes = match dimension {
            "SEX" => SEXES,
            "AGE" => AGES,
            _ => return false,
        };
        halves(code, codes).is_some()
    }

    /// Returns the areas with a population in a year.
    pub fn areas(&self, year: u16) -> impl Iterator<Item = &str> {
        self.table.keys().filter(move |(_, has_year)| *has_year == year).map(|(area, _)| area.as_str())
    }
}

/// Returns which of two codes that make up all persons a code stands for; nothing where it is another code.
fn halves(code: &str, [one, other]: [&str; 2]) -> Option<[bool; 2]> {
    let halves = [code == one, code == other];
    if code == "_T" { Some([true; 2]) } else { halves.contains(&true).then_some(halves) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Albania in 2020, WPP 2019: 288,270 girls, 1,124,816 women, 323,094 boys and 1,141,620 men are 2,877,800.
    #[test]
    fn populations_add_up() {
        let wpp = Populations::load(&Registry::built_in(), "WPP").unwrap();
        let get = |sex, age| wpp.get(("ALB", 2020), sex, age).unwrap();
        assert_eq!(get("_T", "_T"), 2_877_800);
        assert_eq!(get("F", "_T") + get("M", "_T"), get("_T", "_T"));
        assert_eq!(get("F", "Y0T17") + get("F", "Y_GE18"), get("F", "_T"));
        for (area, year, sex, age) in
            [("ALB", 1999, "_T", "_T"), ("ALB", 2020, "_O", "_T"), ("ALB", 2020, "F", "_U"), ("XKX", 2020, "_T", "_T")]
        {
            assert_eq!(wpp.get((area, year), sex, age), None);
        }
        assert!(wpp.areas(2020).count() >= 199);
    }
}
