//! Texts in a column of person ids that are no id: persons who share one of them are not one person.

use std::collections::BTreeSet;

use super::words::folded;
use crate::error::Result;
use crate::schema::{Crosswalk, Registry};

/// The crosswalk that holds the words.
const CROSSWALK: &str = "WORDS--NO_ID";

/// Room for the letters of a word on the stack.
const ROOM: usize = 64;

/// What a text in a column of person ids is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdKind {
    /// An id.
    Id,
    /// A word or a sign for no id.
    NoId,
    /// What a spreadsheet shows where a formula found no value.
    Error,
    /// A number with fewer digits than the id had: its format, or a spreadsheet, has rounded it.
    Rounded,
}

/// The words for no id.
#[derive(Debug)]
pub(crate) struct NoIds {
    /// The letters of each word, without what makes no difference.
    words: BTreeSet<Box<[u8]>>,
    /// The length of the longest word in bytes.
    longest: usize,
    /// Errors in lower case.
    errors: BTreeSet<String>,
}

impl NoIds {
    /// Loads the words of the schemas.
    ///
    /// # Errors
    /// There is no such crosswalk.
    pub fn load(registry: &Registry) -> Result<Self> {
        let pairs = Crosswalk::load(registry, CROSSWALK)?.pairs;
        let (errors, words): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(_, target)| target == "ERROR");
        let words: BTreeSet<Box<[u8]>> = words.iter().map(|(text, _)| letters(text)).collect();
        // Accents, blanks and punctuation may stand between the letters.
        let longest = 2 * words.iter().map(|word| word.len()).max().unwrap_or_default();
        Ok(Self { words, longest, errors: errors.iter().map(|(text, _)| text.to_lowercase()).collect() })
    }

    /// Returns what a text is.
    pub fn kind(&self, text: &[u8]) -> IdKind {
        match text {
            [b'#', second, ..] if !second.is_ascii_digit() && self.is_error(text) => IdKind::Error,
            [b'E' | b'e', b'r' | b'R', ..] if self.is_error(text) => IdKind::Error,
            _ if is_rounded(text) => IdKind::Rounded,
            _ if self.is_no_id(text) => IdKind::NoId,
            _ => IdKind::Id,
        }
    }

    /// Tells whether a text is a word or a sign for no id. Nearly every id ends with a digit other than zero.
    #[inline]
    pub fn is_no_id(&self, text: &[u8]) -> bool {
        !text.iter().rev().any(|byte| (b'1'..=b'9').contains(byte)) && self.is_word(text)
    }

    /// Tells by the first bytes of a cell whether it may be an error or a rounded number, or has blanks before it.
    #[inline]
    pub fn may_be_doubtful(cell: &[u8]) -> bool {
        match cell {
            [b' ' | b'\t', ..] => true,
            [b'#', second, ..] => !second.is_ascii_digit(),
            [b'E' | b'e', b'r' | b'R', b'r' | b'R', b':', ..] => true,
            [b'0'..=b'9', b'.' | b',' | b'E' | b'e', ..] => true,
            _ => false,
        }
    }

    fn is_error(&self, text: &[u8]) -> bool {
        std::str::from_utf8(text).is_ok_and(|text| self.errors.contains(&text.to_lowercase()))
    }

    fn is_word(&self, text: &[u8]) -> bool {
        if text.iter().all(|byte| matches!(byte, b'0' | b'-' | b'_' | b'.' | b'?' | b'*' | b'#' | b'/' | b' ')) {
            return true;
        }
        if text.len() > self.longest {
            return false;
        }
        if text.is_ascii() && text.len() <= ROOM {
            let (mut plain, mut length) = ([0; ROOM], 0);
            for byte in text.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b'/') {
                plain[length] = byte.to_ascii_lowercase();
                length += 1;
            }
            return self.words.contains(&plain[..length]);
        }
        std::str::from_utf8(text).is_ok_and(|text| self.words.contains(&letters(text)))
    }
}

/// The letters of a text in lower case and without accents. A slash is one: `S/N` is a word, and `SN` may be initials.
fn letters(text: &str) -> Box<[u8]> {
    let kept: String = folded(text).filter(|c| c.is_alphanumeric() || *c == '/').collect();
    kept.into_bytes().into()
}

/// Tells whether a text is a whole number as spreadsheets write one that is too long for them: `2.02E+19`.
fn is_rounded(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| matches!(byte, b'E' | b'e')) else { return false };
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let has_digits = match mantissa {
        [first, b'.' | b',', rest @ ..] => first.is_ascii_digit() && digits(rest),
        [first] => first.is_ascii_digit(),
        _ => false,
    };
    has_digits && exponent.strip_prefix(b"+").is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_ten_languages_are_no_ids() {
        let words = NoIds::load(&Registry::built_in()).unwrap();
        let kind = |text: &str| words.kind(text.as_bytes());
        for text in [
            "unknown",
            "N/A",
            "n/d",
            "N/D",
            "s/n",
            "S/D",
            "na",
            "NULL",
            "nan",
            "-",
            "000",
            "?",
            "***",
            "0",
            "x",
            "XXX",
            "no aplica",
            "NO APLICA",
            "anonymous",
            "anónimo",
            "anonimo",
            "not available",
            "no id",
            "No-ID",
            "TBD",
            "pending",
            "Sin número",
            "SIN NUMERO",
            "не указано",
            "неизвестно",
            "Н/Д",
            "未知",
            "غير معروف",
            "não informado",
            "keine Angabe",
            "sconosciuto",
            "inconnu",
            "none given",
            "(none)",
            "[missing]",
        ] {
            assert_eq!(kind(text), IdKind::NoId, "{text}");
        }
        for text in
            ["#N/A", "#n/a", "#REF!", "#NAME?", "#DIV/0!", "#¡DIV/0!", "#NV", "#Н/Д", "#ДЕЛ/0!", "Err:502", "#VALEUR!"]
        {
            assert_eq!(kind(text), IdKind::Error, "{text}");
            assert!(NoIds::may_be_doubtful(text.as_bytes()), "{text}");
        }
        for text in ["2.02E+19", "1E+20", "1,23457E+16", "2.0200000000000000001e+19"] {
            assert_eq!(kind(text), IdKind::Rounded, "{text}");
            assert!(NoIds::may_be_doubtful(text.as_bytes()), "{text}");
        }
        for text in
            ["p1", "SN", "ND", "A0", "Ana", "#1", "#12", "#A", "E1", "Err", "5E10", "5E+", "1.5", "E+10", "12E+3"]
        {
            assert_eq!(kind(text), IdKind::Id, "{text}");
        }
    }
}
