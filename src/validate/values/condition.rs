//! Texts of which a column must hold one: the conditions of maps, and the filters of rows.
//!
//! Nothing counts how often a condition is not met, so a spelling must not decide it: case, accents and blanks make no
//! difference. Signs do, because `<18` and `18+` are two things, and so does the case of a single letter, which is a code.

use super::words::{folded, spaced};
use crate::ingest::RawRecords;

/// A column and the texts of which it must hold one.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// The column, counted from 0.
    pub column: usize,
    /// Its texts as the profile writes them.
    texts: Vec<Box<[u8]>>,
    /// The same, without what makes no difference.
    folded: Vec<Box<str>>,
    /// Texts that the profile names for the column elsewhere: a cell that is one of these as it stands is no other text.
    others: Vec<Box<[u8]>>,
}

/// Conditions that must all be met.
pub(crate) type Conditions = Vec<Condition>;

impl Condition {
    /// A condition of a column, for which the profile names all of `named`.
    pub fn new<'a>(column: usize, texts: &[String], named: impl Iterator<Item = &'a str>) -> Self {
        let is_word = |text: &&String| text.trim().chars().count() != 1;
        let others = named.filter(|name| !texts.iter().any(|text| text == name));
        Self {
            column,
            texts: texts.iter().map(|text| text.as_bytes().into()).collect(),
            folded: texts.iter().filter(is_word).map(|text| folded(text).collect::<String>().into()).collect(),
            others: others.map(|text| text.as_bytes().into()).collect(),
        }
    }

    /// Returns whether the record holds one of the texts.
    pub fn is_met(&self, records: &RawRecords<'_>) -> bool {
        self.holds(records.cell(self.column))
    }

    fn holds(&self, cell: &[u8]) -> bool {
        let is = |texts: &[Box<[u8]>]| texts.iter().any(|text| **text == *cell);
        is(&self.texts) || (self.folded.iter().any(|folded| is_same(cell, folded)) && !is(&self.others))
    }
}

/// Returns whether all conditions are met.
pub(crate) fn are_met(when: &[Condition], records: &RawRecords<'_>) -> bool {
    when.iter().all(|condition| condition.is_met(records))
}

/// Compares without allocating, up to the first letter that differs: it is asked for nearly every row of a filtered file.
fn is_same(cell: &[u8], folded_text: &str) -> bool {
    if cell.is_ascii() {
        return spaced(cell.iter().map(|byte| byte.to_ascii_lowercase().into())).eq(folded_text.chars());
    }
    std::str::from_utf8(cell).is_ok_and(|cell| folded(cell).eq(folded_text.chars()))
}

#[cfg(test)]
mod tests {
    use super::Condition;

    fn holds(texts: &[&str], named: &[&str], cell: &str) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Condition::new(0, &texts, named.iter().copied()).holds(cell.as_bytes())
    }

    #[test]
    fn spelling_makes_no_difference() {
        for cell in ["Total", "TOTAL", "total", " total ", "Tótal", "\u{feff}total\u{a0}"] {
            assert!(holds(&["Total"], &[], cell), "{cell}");
        }
        for cell in ["apátrida", "Apátrida", "APÁTRIDA", "apatrida", "APA\u{301}TRIDA"] {
            assert!(holds(&["x", "Apátrida"], &[], cell), "{cell}");
        }
        assert!(holds(&["All  ages"], &[], "all\u{a0}ages") && holds(&["ИТОГО"], &[], "Итого"));
        assert!(holds(&["Kadın"], &[], "KADIN") && holds(&["İstanbul"], &[], "ISTANBUL"));
        assert!(holds(&["إجمالي"], &[], "اجمالي") && holds(&["Sí"], &[], "SI"));
        assert!(holds(&[""], &[], "") && holds(&[""], &[], "\u{a0}"));
    }

    #[test]
    fn other_texts_stay_other_texts() {
        for (text, cell) in [
            ("Total", "Totals"),
            ("Total", "Tota"),
            ("Total", ""),
            ("", "Total"),
            ("<18", "18"),
            ("18+", "18"),
            ("18+", "<18"),
            ("-", ""),
            ("M", "m"),
            ("all ages", "allages"),
            ("หญิง", "หญง"),
        ] {
            assert!(!holds(&[text], &[], cell), "{text} {cell}");
        }
        assert!(holds(&["M"], &[], "M"));
        assert!(!Condition::new(0, &["ab".to_owned()], std::iter::empty()).holds(b"ab\xff"));
    }

    #[test]
    fn spellings_that_the_profile_tells_apart_stay_apart() {
        let named = ["NR", "nr"];
        assert!(holds(&["NR"], &named, "NR") && !holds(&["NR"], &named, "nr") && holds(&["nr"], &named, "nr"));
        assert!(holds(&["NR"], &named, "Nr"));
    }
}
