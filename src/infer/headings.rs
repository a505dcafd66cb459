//! Which field a heading means: by name, by the table of headings, by a country's pack, or nearly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::schema::{Pack, Record};
use crate::validate::{names_a_person, normal};

/// The table of headings and words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownHeadings {
    pub headings: BTreeMap<String, Vec<String>>,
    /// Headings that may be those of a field and may be those of something else.
    pub guesses: BTreeMap<String, Vec<String>>,
    /// By code list and code.
    pub words: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    missing: MissingWords,
    birth: Stems,
    bands: Words,
    totals: Words,
    figures: FigureHeadings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MissingWords {
    marks: Vec<String>,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stems {
    stems: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureHeadings {
    sdmx: Vec<String>,
    values: Vec<String>,
}

/// Lists of words in their normal form.
struct WordSets {
    missing: BTreeSet<String>,
    /// Longer words for missing, without blanks.
    joined: BTreeSet<String>,
    bands: BTreeSet<String>,
    totals: BTreeSet<String>,
    sdmx: BTreeSet<String>,
    values: BTreeSet<String>,
}

static WORDS: LazyLock<WordSets> = LazyLock::new(|| {
    let set = |words: &[String]| words.iter().map(|word| normal(word)).collect::<BTreeSet<String>>();
    let long = |word: &String| word.chars().count() > 4;
    WordSets {
        missing: set(&KNOWN.missing.words),
        joined: KNOWN.missing.words.iter().map(|word| plain(word)).filter(long).collect(),
        bands: set(&KNOWN.bands.words),
        totals: set(&KNOWN.totals.words),
        sdmx: set(&KNOWN.figures.sdmx),
        values: set(&KNOWN.figures.values),
    }
});

pub(super) static KNOWN: LazyLock<KnownHeadings> =
    LazyLock::new(|| toml::from_str(include_str!("headings.toml")).expect("headings.toml is part of the program"));

/// A text without anything but its letters and digits, so that `anio_deteccion` and `Anio Detección` are one.
pub(super) fn plain(text: &str) -> String {
    normal(text).chars().filter(|c| *c != ' ').collect()
}

/// How a heading is known that is the name of its field.
pub(super) const OWN_NAME: &str = "the field's own name";

/// What a heading means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeadingMeaning {
    /// A field, and by what.
    Sure(usize, String),
    /// A field whose known heading is near.
    Near(usize, String),
    /// A field whose heading others bear as well.
    Guess(usize),
    /// It names a person.
    Person,
    /// A date or year of birth. A profile keeps the age.
    Birth,
    Nothing,
}

/// Headings that are known for the fields of a record type.
pub(super) struct Headings {
    known: BTreeMap<String, (usize, String)>,
    guesses: BTreeMap<String, usize>,
}

impl Headings {
    /// Own names stand before those of the pack, and these before the table.
    pub fn new(record: &Record, pack: Option<&Pack>) -> Self {
        let guesses = KNOWN.guesses.iter().filter_map(|(field, texts)| Some((record.field(field)?, texts)));
        // What counts victims in case records is the value of a published figure.
        let value = record.field("value").filter(|_| record.field("count").is_none());
        let counts = KNOWN.headings.get("count").into_iter().chain(KNOWN.guesses.get("count"));
        let guesses = guesses.chain(counts.filter_map(|texts| Some((value?, texts))));
        let guesses = guesses.flat_map(|(field, texts)| texts.iter().map(move |text| (plain(text), field))).collect();
        let mut headings = Self { known: BTreeMap::new(), guesses };
        let derived = |index: usize| record.derived.iter().any(|(field, _)| *field == index);
        for (index, field) in record.fields.iter().enumerate().filter(|(index, _)| !derived(*index)) {
            headings.add(&field.id, index, OWN_NAME);
            headings.add(&field.title, index, "the field's title");
        }
        for (heading, field) in pack.iter().flat_map(|pack| &pack.columns) {
            if let Some(index) = record.field(field) {
                headings.add(heading, index, "a heading of the country pack");
            }
        }
        for (field, texts) in &KNOWN.headings {
            if let Some(index) = record.field(field) {
                texts.iter().for_each(|text| headings.add(text, index, "a known heading"));
            }
        }
        headings
    }

    fn add(&mut self, text: &str, field: usize, how: &str) {
        self.known.entry(plain(text)).or_insert_with(|| (field, how.to_owned()));
    }

    /// What a heading means; one that can name a person is not guessed at. A form such as Kobo's puts the names of groups before
    /// that of a question: `victim/sex`.
    pub fn find(&self, record: &Record, heading: &str) -> HeadingMeaning {
        let whole = self.find_whole(record, heading);
        let name = heading.rsplit_once('/').filter(|_| !heading.contains(char::is_whitespace));
        match (whole, name) {
            (HeadingMeaning::Nothing | HeadingMeaning::Near(..), Some((_, name))) => {
                match self.find_whole(record, name) {
                    HeadingMeaning::Sure(field, how) => {
                        HeadingMeaning::Sure(field, format!("{how} behind the name of a group"))
                    }
                    other => other,
                }
            }
            (whole, _) => whole,
        }
    }

    fn find_whole(&self, record: &Record, heading: &str) -> HeadingMeaning {
        if names_a_person(record, heading) {
            return HeadingMeaning::Person;
        }
        let plain = plain(heading);
        if let Some((field, how)) = self.known.get(&plain) {
            return HeadingMeaning::Sure(*field, how.clone());
        }
        if let Some(field) = self.guesses.get(&plain) {
            return HeadingMeaning::Guess(*field);
        }
        let split = normal(heading);
        let personal = |word: &&str| word.chars().count() > 3 && names_a_person(record, word);
        if split.split(' ').any(|word| personal(&word)) {
            return HeadingMeaning::Person;
        }
        let distance = |known: &str| crate::error::distance(&plain, known);
        let near = self.known.iter().map(|(known, (field, _))| (distance(known), known, *field));
        let length = plain.chars().count();
        match near.min() {
            Some((distance, known, field)) if length >= 4 && distance <= 1.max(length / 5) => {
                HeadingMeaning::Near(field, known.clone())
            }
            _ => HeadingMeaning::Nothing,
        }
    }
}

/// Returns whether a text is known to mean asked and not known.
pub(super) fn is_missing(text: &str) -> bool {
    let normal = normal(text);
    if normal.is_empty() {
        return KNOWN.missing.marks.iter().any(|mark| mark == text.trim());
    }
    WORDS.missing.contains(&normal) || WORDS.joined.contains(&normal.replace(' ', ""))
}

/// Returns whether a text names a row of totals.
pub(super) fn is_total(text: &str) -> bool {
    text.chars().count() < 30 && WORDS.totals.contains(&normal(text))
}

/// Returns whether a heading speaks of birth.
pub(super) fn is_of_birth(heading: &str) -> bool {
    let plain = plain(heading);
    KNOWN.birth.stems.iter().any(|stem| plain.contains(&self::plain(stem)))
}

/// Returns whether whole numbers below a heading may be codes of bands.
pub(super) fn is_of_bands(heading: &str) -> bool {
    let normal = normal(&spaced(heading));
    WORDS.bands.contains(&normal) || normal.split(' ').any(|word| WORDS.bands.contains(word))
}

/// Returns whether a heading is one of SDMX, by which published figures are exchanged.
pub(super) fn is_of_sdmx(heading: &str) -> bool {
    WORDS.sdmx.contains(&normal(heading))
}

/// Returns whether a heading is that of a column of figures.
pub(super) fn is_of_values(heading: &str) -> bool {
    WORDS.values.contains(&normal(heading))
}

/// A heading such as `ageBroad` with blanks between its words.
fn spaced(heading: &str) -> String {
    let mut out = String::new();
    let mut previous = ' ';
    for c in heading.chars() {
        if c.is_uppercase() && previous.is_lowercase() {
            out.push(' ');
        }
        out.push(c);
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Registry;

    fn record() -> Record {
        Record::load(&Registry::built_in(), "victim").unwrap()
    }

    #[test]
    fn headings_are_known_in_any_writing() {
        let record = record();
        let headings = Headings::new(&record, None);
        let field = |heading: &str| match headings.find(&record, heading) {
            HeadingMeaning::Sure(field, _) => record.fields[field].id.clone(),
            other => format!("{other:?}"),
        };
        for (heading, id) in [
            ("sex", "sex"),
            ("Año de detección", "year"),
            ("anio_deteccion", "year"),
            ("CountryOfExploitation", "exploitation_area"),
            ("Faixa Etária", "age"),
            ("Гражданство", "citizenship"),
            ("الجنس", "sex"),
            ("Staatsangehörigkeit", "citizenship"),
            ("fines", "form"),
        ] {
            assert_eq!(field(heading), id, "{heading}");
        }
        assert_eq!(headings.find(&record, "nombre_victima"), HeadingMeaning::Person);
        assert_eq!(headings.find(&record, "Nombre del padre"), HeadingMeaning::Person);
        assert!(matches!(headings.find(&record, "nacionalidd"), HeadingMeaning::Near(..)));
        assert_eq!(headings.find(&record, "observaciones"), HeadingMeaning::Nothing);
    }

    #[test]
    fn a_pack_knows_its_own_headings() {
        let record = record();
        let pack = Pack::load(&Registry::built_in(), "ZAF").unwrap();
        let found_in = |pack| match Headings::new(&record, pack).find(&record, "population_group") {
            HeadingMeaning::Sure(field, _) => record.fields[field].id.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!((found_in(Some(&pack)), found_in(None)), ("race".into(), "ethnicity".into()));
    }

    /// A heading stands below one field, every field is one of the record type, and every word leads to a code.
    #[test]
    fn the_table_fits_the_record_type() {
        let record = record();
        let figure = Record::load(&Registry::built_in(), "figure").unwrap();
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (field, texts) in &KNOWN.headings {
            assert!(record.field(field).is_some() || figure.field(field).is_some(), "{field}");
            for text in texts {
                let other = seen.insert(plain(text), field);
                assert!(other.is_none_or(|other| other == field), "{text}: {field} and {other:?}");
                assert!(!names_a_person(&record, text), "{text}");
            }
        }
        for (list, codes) in &KNOWN.words {
            let codelist =
                record.fields.iter().filter_map(|field| field.codelist.as_ref()).find(|found| found.id == *list);
            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for (code, texts) in codes {
                assert!(codelist.unwrap().find(code).is_some(), "{list}: {code}");
                let other = texts.iter().find_map(|text| seen.insert(plain(text), code).filter(|other| other != code));
                assert_eq!(other, None, "{list}");
            }
        }
    }
}
