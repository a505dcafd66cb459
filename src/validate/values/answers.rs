//! Answers of yes/no columns: `1` and `0`, and the words that `schemas/` lists for them in several languages.

use super::lookup::{Lookup, TextTargets};
use super::target::Target;
use super::words::WordTable;
use crate::error::{Error, Result};
use crate::schema::{Crosswalk, Registry};

/// What a cell of a yes/no column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// The source itself does not know.
    Unknown,
}

/// The words for the answers.
#[derive(Debug)]
pub(crate) struct Answers {
    /// Words as they are mostly written, numbers and marks.
    known: Lookup,
    /// The same words, whatever their case and accents.
    words: WordTable,
}

/// The crosswalk that holds the words.
const CROSSWALK: &str = "WORDS--CL_YES_NO";

/// Targets of the crosswalk with their answers. A place in this list stands for the code.
const ANSWERS: [(&str, Answer); 3] = [("YES", Answer::Yes), ("NO", Answer::No), ("_U", Answer::Unknown)];

impl Answers {
    /// Loads the words of the schemas.
    ///
    /// # Errors
    /// There is no such crosswalk, or it names another target than an answer.
    pub fn load(registry: &Registry) -> Result<Self> {
        let crosswalk = Crosswalk::load(registry, CROSSWALK)?;
        let mut texts = TextTargets::default();
        let mut words = Vec::new();
        for (text, target) in crosswalk.pairs.iter().chain(&crosswalk.labels) {
            let at = ANSWERS.iter().position(|(id, _)| id == target).ok_or_else(|| {
                Error::refused("schema/check", format!("`{target}` is not an answer of CL_YES_NO"))
                    .at(format!("crosswalks/{CROSSWALK}.csv"))
            })?;
            let target = Target::Code(at as u16);
            for spelled in [text.clone(), text.to_lowercase(), text.to_uppercase(), capitalised(text)] {
                texts.insert(spelled.into_bytes().into(), target);
            }
            // `1.0` is a number: without its point it would be `1 0`.
            if text.contains(char::is_alphabetic) {
                words.push((text.clone(), Ok(target)));
            }
        }
        Ok(Self { known: Lookup::new(texts, None), words: WordTable::collect(words, Vec::new())? })
    }

    /// Returns the answer of a cell, and whether its text had to be repaired.
    pub fn get(&self, cell: &[u8]) -> Option<(Answer, bool)> {
        let (target, damaged) = match self.known.get(cell) {
            Some(target) => (target, false),
            None => {
                let meaning = self.words.resolve(std::str::from_utf8(cell).ok()?)?;
                (meaning.target, meaning.damaged)
            }
        };
        match target {
            Target::Code(at) => Some((ANSWERS[usize::from(at)].1, damaged)),
            Target::Area | Target::No | Target::Refused(_) => None,
        }
    }
}

/// Begins a text with a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A yes and a no in each of eight languages, in any case and with or without accents.
    #[test]
    fn answers_are_known_in_eight_languages() {
        let answers = Answers::load(&Registry::built_in()).unwrap();
        let get = |text: &str| answers.get(text.as_bytes()).map(|(answer, _)| answer);
        for yes in
            ["1", "1.0", "TRUE", "True", "X", "x", "Yes", "OUI", "Sí", "SI", "sí", "نعم", "Да", "是", "Sim", "Ja"]
        {
            assert_eq!(get(yes), Some(Answer::Yes), "{yes}");
        }
        for no in ["0", "0.0", "FALSE", "No", "NON", "no", "لا", "Нет", "否", "Não", "NAO", "nein"] {
            assert_eq!(get(no), Some(Answer::No), "{no}");
        }
        for unknown in ["Unknown", "INCONNU", "Desconocido", "неизвестно", "desconhecido", "keine Angabe"] {
            assert_eq!(get(unknown), Some(Answer::Unknown), "{unknown}");
        }
        for nothing in ["", "2", "10", "1 0", "1/0", "O", "-", "yes?", "maybe", "✗", "Yes and no"] {
            assert_eq!(get(nothing), None, "{nothing}");
        }
        assert_eq!(answers.get("SÃ\u{ad}".as_bytes()), Some((Answer::Yes, true)), "text that was encoded twice");
    }
}
