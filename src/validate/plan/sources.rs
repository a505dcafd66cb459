//! How a map of a profile becomes look-ups: by code, by crosswalk, by words, by bands of ages.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::layout::Layout;
use super::source::{BirthSource, CellSource, FieldSource, Flags, OwnCodes, PackSource, ScaleSource, SourceKind, Take};
use crate::error::{Error, Result};
use crate::finding::Rule;
use crate::model::{Codelist, Missing};
use crate::schema::{Crosswalk, FieldType, Map, Pack, PackList, PackType};
use crate::validate::values::{Answer, Bands, Condition, Conditions, Lookup, Target, TextTargets, WordTable};

impl Layout {
    /// Where a field's value comes from in a file with this header.
    pub(super) fn take(&self, index: usize, maps: &[&Map], header: &[String]) -> Result<Option<Take>> {
        let field = &self.record.fields[index];
        let at = |name: &String| header.iter().position(|found| found == name);
        let column = |map: &Map| map.column.as_ref().and_then(at);
        let first = || maps.iter().find_map(|map| column(map).map(|column| (*map, column)));
        match field.kind {
            FieldType::Count | FieldType::Value => {
                let sources = maps.iter().filter_map(|map| Some((self.when(map, header)?, column(map)?)));
                let sources: Vec<_> = sources.collect();
                Ok((!sources.is_empty()).then_some(Take::Number(sources)))
            }
            FieldType::Person => Ok(first().map(|(_, column)| Take::Person(column))),
            FieldType::Pack => first().map(|(map, column)| self.take_pack(index, map, column)).transpose(),
            FieldType::Code | FieldType::Set | FieldType::Year => {
                let mut sources = Vec::new();
                for map in maps {
                    let Some(when) = self.when(map, header) else { continue };
                    sources.extend(self.source((index, map), maps, at)?.map(|kind| FieldSource { when, kind }));
                }
                let other = self.otherwise(index, Missing::Unknown);
                Ok((!sources.is_empty()).then_some(Take::Sources(sources, other)))
            }
        }
    }

    /// The condition of a map; none where it is on a column that is not there, because it is never met.
    fn when(&self, map: &Map, header: &[String]) -> Option<Conditions> {
        self.conditions(&map.when, header).collect()
    }

    /// Columns, and the values that they may hold; none for a column that is not there.
    pub(super) fn conditions<'a>(
        &'a self,
        texts: &'a BTreeMap<String, Vec<String>>,
        header: &'a [String],
    ) -> impl Iterator<Item = Option<Condition>> + 'a {
        texts.iter().map(|(name, texts)| {
            let at = header.iter().position(|found| found == name)?;
            Some(Condition::new(at, texts, self.profile.conditions_on(name)))
        })
    }

    fn source(
        &self,
        (index, map): (usize, &Map),
        maps: &[&Map],
        at: impl Fn(&String) -> Option<usize>,
    ) -> Result<Option<SourceKind>> {
        if let Some(constant) = &map.constant {
            return Ok(Some(SourceKind::Constant(self.constant(index, constant)?)));
        }
        let mut flags = Vec::new();
        for (name, codes) in &map.flags {
            if let Some(column) = at(name) {
                flags.push((column, self.constant(index, &codes.join(";"))?));
            }
        }
        if !flags.is_empty() {
            self.answers()?;
            return Ok(Some(SourceKind::Flags(flags)));
        }
        let columns: Vec<usize> = map.scale.iter().filter_map(&at).collect();
        if !columns.is_empty() {
            if columns.len() < map.scale.len() {
                return Ok(None);
            }
            let answers = map.codes.iter().map(|(answer, id)| Ok((answer.as_bytes().into(), self.code(index, id)?)));
            return Ok(Some(SourceKind::Scale(ScaleSource { columns, answers: answers.collect::<Result<_>>()? })));
        }
        let Some(column) = map.column.as_ref().and_then(&at) else { return Ok(None) };
        if let Some(event) = &map.born_before {
            let ages = self.lookup(index, map)?;
            return Ok(at(event).map(|event| SourceKind::Born(BirthSource { birth: column, event, ages })));
        }
        let separators = map.separators.iter().map(|text| text.as_bytes().into()).collect();
        let words = match self.crosswalks_of(map).find(|crosswalk| crosswalk.normalised) {
            Some(crosswalk) => Some(Arc::new(self.words(index, crosswalk)?)),
            None => None,
        };
        let set = self.record.fields[index].kind == FieldType::Set;
        // A column of one code field answers yes or no only where another column of the field can stand in: alone, a no
        // that has no code is a word that is not understood.
        let several = set || maps.iter().filter(|map| map.column.is_some()).count() > 1;
        let yes = if several { self.yes(index, map)? } else { None };
        let no = several && map.codes.values().any(|target| target == Crosswalk::NO);
        if no {
            self.answers()?;
        }
        Ok(Some(SourceKind::Cell(CellSource {
            column,
            set,
            lookup: self.lookup(index, map)?,
            words,
            separators,
            yes,
            no,
        })))
    }

    /// The code of a yes, where all words of a map are answers and those for yes have one code.
    pub(super) fn yes(&self, index: usize, map: &Map) -> Result<Option<u16>> {
        let mut yes = None;
        if map.codes.is_empty() {
            return Ok(None);
        }
        let answers = self.answers()?;
        for (text, target) in &map.codes {
            match answers.get(text.as_bytes()) {
                Some((Answer::Yes, _)) => match self.target(index, target)? {
                    Target::Code(code) if yes.is_none_or(|other| other == code) => yes = Some(code),
                    _ => return Ok(None),
                },
                Some(_) => {}
                // A word of the profile's own for no, next to the usual ones.
                None if target == Crosswalk::NO => {}
                None if text.is_empty() || self.profile.missing.contains(text) => {}
                None => return Ok(None),
            }
        }
        Ok(yes)
    }

    /// One code, or several joined by `;`, as they are stored.
    pub(super) fn constant(&self, field: usize, ids: &str) -> Result<u64> {
        if self.record.fields[field].kind != FieldType::Set {
            return self.code(field, ids).map(u64::from);
        }
        ids.split(';').try_fold(0, |bits, id| Ok(bits | 1 << self.code(field, id)?))
    }

    fn code(&self, field: usize, id: &str) -> Result<u16> {
        let problem =
            |what: String| Error::refused("schema/check", what).at(format!("profiles/{}.toml", self.profile.id));
        let definition = &self.record.fields[field];
        let Some(list) = &definition.codelist else {
            return Err(problem(format!("the field `{}` has no codes", definition.id)));
        };
        list.find(id).ok_or_else(|| problem(format!("`{id}` is not a code of {}", list.id)))
    }

    /// What the right side of a map or a crosswalk says.
    fn target(&self, field: usize, text: &str) -> Result<Target> {
        if text == Crosswalk::AREA {
            return Ok(Target::Area);
        }
        if text == Crosswalk::NO {
            return Ok(Target::No);
        }
        match text.strip_prefix(Crosswalk::REFUSED) {
            Some(rule) => Rule::find(rule).map(Target::Refused).ok_or_else(|| {
                Error::refused("schema/check", format!("there is no rule `{rule}`"))
                    .hint("`tipstat explain` lists all rules")
            }),
            None => self.code(field, text).map(Target::Code),
        }
    }

    fn words(&self, field: usize, crosswalk: &Crosswalk) -> Result<WordTable> {
        let pairs = |pairs: &'_ [(String, String)]| -> Vec<(String, Result<Target>)> {
            pairs.iter().map(|(text, target)| (text.clone(), self.target(field, target))).collect()
        };
        let (pairs_of_codes, labels) = (pairs(&crosswalk.pairs), pairs(&crosswalk.labels));
        WordTable::collect(pairs_of_codes, labels)
    }

    fn lookup(&self, field: usize, map: &Map) -> Result<Lookup> {
        let list = self.record.fields[field].codes();
        let mut texts = TextTargets::default();
        let mut add = |value: &str, target: Target| texts.insert(value.as_bytes().into(), target);
        // Where a profile has words of its own, a single letter is one of them or nothing: `M` is male in the code list and
        // `Mujer` in a register.
        let holds = |id: &str| map.codes.is_empty() || id.len() > 1;
        for code in (0..list.len() as u16).filter(|&code| holds(list.id_of(code))) {
            add(list.id_of(code), Target::Code(code));
        }
        let bands = self.record.fields[field].age_bands.then(|| Bands::new(list));
        if let Some(bands) = &bands {
            for (text, target) in bands.texts() {
                add(&text, target);
            }
        }
        // What the record type knows holds where the layout says nothing of its own.
        let has_codes = !map.codes.is_empty() || !map.crosswalks.is_empty();
        for (value, target) in self.words_of(field).filter(|_| !has_codes) {
            add(value, self.target(field, target)?);
        }
        // The first ones stand before the others.
        let crosswalks: Vec<_> = self.crosswalks_of(map).filter(|crosswalk| !crosswalk.normalised).collect();
        for crosswalk in crosswalks.into_iter().rev() {
            for (value, target) in &crosswalk.pairs {
                add(value, self.target(field, target)?);
            }
        }
        for (value, target) in &map.codes {
            let target = self.target(field, target)?;
            // Words are the same words in capitals; short codes may not be.
            if value.chars().count() > 3 {
                add(&value.to_lowercase(), target);
                add(&value.to_uppercase(), target);
            }
            add(value, target);
        }
        // A word for missing is missing, whatever else it could be.
        self.profile.missing.iter().filter(|text| !map.codes.contains_key(*text)).for_each(|text| {
            texts.remove(text.as_bytes());
        });
        let missing = self.profile.missing.iter().map(String::as_str);
        Ok(Lookup::new(texts, bands.map(|bands| bands.without(missing))))
    }

    /// The words that the record type itself knows for a field.
    fn words_of(&self, field: usize) -> impl Iterator<Item = (&str, &str)> {
        let crosswalk = self.record.fields[field].words.as_ref().and_then(|name| self.crosswalks.get(name));
        crosswalk.into_iter().flat_map(|words| words.pairs.iter().map(|(word, code)| (word.as_str(), code.as_str())))
    }

    /// The status of figures, with the flags that may stand in the cell of the value.
    pub(super) fn flags_of(&self, field: usize) -> Result<Flags> {
        let words: Result<_> =
            self.words_of(field).map(|(word, code)| Ok((word.as_bytes().into(), self.code(field, code)?))).collect();
        Ok(Flags { field, words: words? })
    }

    fn take_pack(&self, index: usize, map: &Map, column: usize) -> Result<Take> {
        let field = &self.record.fields[index];
        let areas = self.record.role("area").map(|area| self.record.fields[area].codes());
        let mut by_area = HashMap::new();
        let mut prohibited = Vec::new();
        for pack in &self.record.packs {
            let Some(area) = areas.and_then(|areas| areas.find(&pack.area)) else { continue };
            if pack.collection_prohibited.contains(&field.id) {
                prohibited.push(area);
            }
            for list in pack.lists.iter().filter(|list| list.field == field.id) {
                by_area.insert(area, own_codes(field.codes(), pack, list)?);
            }
        }
        let mut separators: Vec<Box<[u8]>> = map.separators.iter().map(|text| text.as_bytes().into()).collect();
        if separators.is_empty() {
            separators.push(b";"[..].into());
        }
        Ok(Take::Pack(PackSource { column, separators, by_area, prohibited }))
    }
}

/// The codes of a country's list by all their names.
fn own_codes(list: &Codelist, pack: &Pack, country: &PackList) -> Result<OwnCodes> {
    let id = |code: &str| format!("{}_{code}", pack.area);
    let mut names = Vec::new();
    let mut labels = Vec::new();
    for code in &country.codes {
        let full = id(&code.code);
        let Some(found) = list.find(&full) else { continue };
        names.extend([full, code.code.clone()].into_iter().chain(code.words.iter().cloned()).map(|name| (name, found)));
        let local = code.local.iter().chain(&code.fr).cloned();
        labels.extend(local.chain([code.en.clone()]).map(|label| (label, found)));
    }
    let several = (country.r#type == PackType::Set).then(|| list.find(&id(PackList::SEVERAL))).flatten();
    let exact = names.iter().map(|(name, code)| (name.as_bytes().into(), Target::Code(*code)));
    let lookup = Lookup::new(exact.collect(), None);
    names.extend(several.map(|code| (PackList::SEVERAL.to_owned(), code)));
    let targets =
        |pairs: Vec<(String, u16)>| pairs.into_iter().map(|(text, code)| (text, Ok(Target::Code(code)))).collect();
    Ok(OwnCodes { lookup, words: WordTable::collect(targets(names), targets(labels))?, several })
}
