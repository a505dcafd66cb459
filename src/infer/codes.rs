//! Which code a text may mean: by its label, as other layouts have it, or nearly. Nothing of it is applied.

use std::collections::BTreeMap;

use super::headings::{KNOWN, is_missing};
use crate::error::Result;
use crate::model::Codelist;
use crate::schema::{Crosswalk, Field, Profile, Record, Registry, SchemaKind};
use crate::validate::{is_age, normal};

/// What a text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// The field reads it by itself.
    Own,
    /// It says that nothing is known.
    Missing,
    /// A code, and by what.
    Known(String, String),
    /// A code that is likely, and by what.
    Likely(String, String),
    /// A code that is near, and by what.
    Near(String, String),
    Nothing,
}

/// The words that are known for the codes of a field.
pub(super) struct FieldWords<'a> {
    list: &'a Codelist,
    ages: bool,
    /// Words in their normal form; a later source does not change what a previous one says.
    known: BTreeMap<String, (u16, String, bool)>,
}

impl<'a> FieldWords<'a> {
    /// Labels in all languages, words of the table, and what other profiles of the record type have learnt.
    pub fn new(registry: &Registry, record: &Record, field: &'a Field, list: &'a Codelist) -> Result<Self> {
        let mut words = Self { list, ages: field.age_bands, known: BTreeMap::new() };
        for (index, code) in list.known() {
            code.labels.iter().flatten().for_each(|label| words.add(label, index, "by label"));
        }
        for (code, texts) in KNOWN.words.get(&list.id).into_iter().flatten() {
            if let Some(index) = list.find(code) {
                texts.iter().for_each(|text| words.add(text, index, "a known word"));
            }
        }
        for name in registry.names(SchemaKind::Profiles)? {
            // A profile that cannot be loaded has nothing to teach.
            let Ok(profile) = Profile::load(registry, &name) else { continue };
            if profile.record.split('@').next() != Some(&record.id) {
                continue;
            }
            for (text, code) in profile.maps.iter().filter(|map| map.field == field.id).flat_map(|map| &map.codes) {
                if let Some(index) = list.find(code).filter(|_| !text.is_empty()) {
                    words.add(text, index, &format!("as in `{name}`"));
                }
            }
        }
        Ok(words)
    }

    /// Of nested codes with one label the narrowest is meant; of others neither is certain.
    fn add(&mut self, text: &str, code: u16, how: &str) {
        let list = self.list;
        let entry = self.known.entry(normal(text)).or_insert_with(|| (code, how.to_owned(), true));
        if entry.0 != code && entry.1 == how {
            entry.2 &= list.nested(entry.0, code);
            if list.depth(code) > list.depth(entry.0) {
                entry.0 = code;
            }
        }
    }

    /// What a text may mean among the other texts of its column.
    pub fn guess_among(&self, text: &str, all: &[&str]) -> Guess {
        let is_letter = |text: &str| text.chars().count() == 1 && text.contains(char::is_alphabetic);
        match self.list.find(text).filter(|_| is_letter(text)) {
            Some(_) if self.list.id == "CL_SEX" => letter_of_sex(text, all),
            // A profile with words accepts a single letter only where it names it.
            Some(_) if all.iter().all(|other| !matches!(self.guess(other), Guess::Near(..) | Guess::Nothing)) => {
                Guess::Known(text.to_owned(), "the code itself".into())
            }
            Some(_) => Guess::Likely(text.to_owned(), "the code itself, next to words that are not known".into()),
            None => self.guess(text),
        }
    }

    /// What a text may mean.
    pub fn guess(&self, text: &str) -> Guess {
        if self.list.find(text).is_some() || self.ages && is_age(text) {
            return Guess::Own;
        }
        let plain = normal(text);
        if let Some((code, how, sure)) = self.known.get(&plain) {
            let code = self.list.id_of(*code).to_owned();
            // Numbers mean what each source makes of them.
            let sure = *sure && text.contains(char::is_alphabetic);
            return if sure {
                Guess::Known(code, how.clone())
            } else {
                Guess::Near(code, format!("{how}, not certain"))
            };
        }
        if is_missing(text) {
            return Guess::Missing;
        }
        let distance = |word: &str| crate::error::distance(&plain, word);
        let near = self.known.iter().map(|(word, (code, ..))| (distance(word), word, *code)).min();
        match near {
            Some((distance, word, code)) if distance <= plain.chars().count().max(word.chars().count()) / 3 => {
                let code = self.list.id_of(code).to_owned();
                // One letter in five or more is a slip of the pen.
                let is_slip = distance == 1 && plain.chars().count() >= 5;
                if is_slip {
                    Guess::Likely(code, "nearest label".into())
                } else {
                    Guess::Near(code, "nearest label".into())
                }
            }
            _ => Guess::Nothing,
        }
    }
}

/// What `F` and `M` mean: `M` is male next to `F`, and `mujer` next to `H` (`hombre`) or `V` (`varón`).
fn letter_of_sex(text: &str, all: &[&str]) -> Guess {
    let has = |letter: &str| all.iter().any(|other| other.eq_ignore_ascii_case(letter));
    let spanish = has("H") || has("V");
    match (text, has("F"), spanish) {
        ("F", ..) => Guess::Known("F".into(), "the code itself".into()),
        ("M", true, false) => Guess::Known("M".into(), "the code itself, because `F` is there".into()),
        ("M", false, true) => Guess::Likely("F".into(), "`mujer`, because `H` or `V` is there and `F` is not".into()),
        _ => Guess::Nothing,
    }
}

/// A crosswalk that resolves more texts of a column than the field does by itself.
pub(super) struct FittingCrosswalk {
    pub name: String,
    /// How many different texts it resolves, together with the field's own codes.
    pub resolved: usize,
    texts: ResolvedTexts,
}

/// Which texts a crosswalk resolves.
struct ResolvedTexts {
    normalised: bool,
    known: BTreeMap<String, ()>,
}

impl ResolvedTexts {
    fn of(crosswalk: &Crosswalk) -> Self {
        let pairs = crosswalk.pairs.iter().chain(&crosswalk.labels);
        let form = |text: &str| if crosswalk.normalised { normal(text) } else { text.to_owned() };
        let mut known: BTreeMap<_, _> = pairs.map(|(text, _)| (form(text), ())).collect();
        // What a crosswalk refuses, it does not resolve, also where it is a label.
        for (text, _) in crosswalk.pairs.iter().filter(|(_, target)| target.starts_with(Crosswalk::REFUSED)) {
            known.remove(&form(text));
        }
        Self { normalised: crosswalk.normalised, known }
    }

    fn resolve(&self, text: &str) -> bool {
        if self.normalised { self.known.contains_key(&normal(text)) } else { self.known.contains_key(text) }
    }
}

impl FittingCrosswalk {
    pub fn resolves(&self, text: &str) -> bool {
        self.texts.resolve(text)
    }
}

/// The crosswalk that resolves most of the texts; of equals the one that was made for the list.
pub(super) fn crosswalk(registry: &Registry, list: &Codelist, texts: &[&str]) -> Result<Option<FittingCrosswalk>> {
    let is_code = |text: &&&str| list.find(text).is_some();
    let mut best: Option<FittingCrosswalk> = None;
    let least = texts.iter().filter(is_code).count();
    for name in registry.names(SchemaKind::Crosswalks)? {
        let Ok(crosswalk) = Crosswalk::load(registry, &name) else { continue };
        let fits = |target: &String| {
            target == Crosswalk::AREA || target.starts_with(Crosswalk::REFUSED) || list.find(target).is_some()
        };
        if !crosswalk.pairs.iter().chain(&crosswalk.labels).all(|(_, target)| fits(target)) {
            continue;
        }
        let known = ResolvedTexts::of(&crosswalk);
        let resolved = texts.iter().filter(|text| is_code(text) || known.resolve(text)).count();
        let made_for = |name: &str| name.split_once("--").is_some_and(|(_, to)| to == list.id);
        let better =
            best.as_ref().is_none_or(|best| (resolved, made_for(&name)) > (best.resolved, made_for(&best.name)));
        if resolved > least && better {
            best = Some(FittingCrosswalk { name, resolved, texts: known });
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_guessed_and_never_more() {
        let registry = Registry::built_in();
        let record = Record::load(&registry, "victim").unwrap();
        let guess = |field: &str, text: &str| {
            let field = &record.fields[record.field(field).unwrap()];
            FieldWords::new(&registry, &record, field, field.codes()).unwrap().guess(text)
        };
        let known = |code: &str, how: &str| Guess::Known(code.into(), how.into());
        assert_eq!(guess("sex", "F"), Guess::Own);
        assert_eq!(guess("sex", "Femmes"), known("F", "by label"));
        assert_eq!(guess("sex", "Mujer"), known("F", "a known word"));
        assert_eq!(guess("sex", "Mujerr"), Guess::Likely("F".into(), "nearest label".into()));
        assert_eq!(guess("sex", "Sin dato"), Guess::Missing);
        assert_eq!(guess("sex", "xyz"), Guess::Nothing);
        assert_eq!(guess("income", "1"), Guess::Near("Q1".into(), "as in `registro-es`, not certain".into()));
        assert_eq!(guess("age", "9-17"), Guess::Own);
        assert_eq!(guess("age", "Menor de edad"), known("Y0T17", "a known word"));
        // The group and its only member bear one label.
        assert_eq!(guess("form", "explotación sexual"), known("SEX", "by label"));
        assert_eq!(guess("disability", "Sí"), known("PD", "as in `registro-es`"));
    }

    #[test]
    fn a_letter_of_sex_depends_on_the_others() {
        let guess = |text: &str, all: &[&str]| letter_of_sex(text, all);
        assert!(matches!(guess("M", &["F", "M"]), Guess::Known(code, _) if code == "M"));
        assert!(matches!(guess("M", &["H", "M", "Mujer"]), Guess::Likely(code, _) if code == "F"));
        assert!(matches!(guess("M", &["V", "M"]), Guess::Likely(code, _) if code == "F"));
        assert_eq!(guess("M", &["Mujer", "Hombre", "M"]), Guess::Nothing);
        assert_eq!(guess("M", &["F", "H", "M"]), Guess::Nothing);
        assert!(matches!(guess("F", &["F", "H", "M"]), Guess::Known(code, _) if code == "F"));
    }

    #[test]
    fn the_crosswalk_that_resolves_most_is_found() {
        let registry = Registry::built_in();
        let record = Record::load(&registry, "victim").unwrap();
        let find = |field: &str, texts: &[&str]| {
            let list = record.fields[record.field(field).unwrap()].codes();
            crosswalk(&registry, list, texts).unwrap().map(|found| (found.name, found.resolved))
        };
        assert_eq!(find("area", &["KH", "FR"]), Some(("ISO2--CL_AREA".into(), 2)));
        assert_eq!(find("area", &["KHM", "FRA"]), None);
        assert_eq!(find("citizenship", &["Colombia"]), Some(("NAMES--CL_CITIZENSHIP".into(), 1)));
        assert_eq!(find("area", &["Francia", "KHM", "Congo"]), Some(("NAMES--CL_AREA".into(), 2)));
    }
}
